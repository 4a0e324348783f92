package jssdk

import (
	"context"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // the platform's choice
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/wecom-isv/wecom"
)

// ErrPage says that what was to be signed cannot be the address of a page. When the
// address came from a browser, answer 400.
var ErrPage = errors.New("jssdk: not the address of a page")

// Signature is what getConfigSignature and getAgentConfigSignature of ww.register
// return on the page. It is good for one address.
type Signature struct {
	Timestamp int64  `json:"timestamp"` // Unix seconds
	NonceStr  string `json:"nonceStr"`
	Signature string `json:"signature"` // SHA-1, 40 hexadecimal digits
}

// Config is the argument of wx.config.
type Config struct {
	// Beta must be true for WeCom's own functions; [Client.Config] sets it.
	Beta bool `json:"beta"`
	// Debug lets the page show the result of every call; set it while developing.
	Debug bool   `json:"debug"`
	AppID string `json:"appId"` // id of the corp
	Signature
	JSAPIList []string `json:"jsApiList"` // functions that the page will use
}

// AgentConfig is the argument of wx.agentConfig; the page adds success and fail.
type AgentConfig struct {
	CorpID  string `json:"corpid"`
	AgentID int64  `json:"agentid"` // of the app in the corp
	Signature
	JSAPIList []string `json:"jsApiList"` // functions that the page will use
}

// Config returns the argument of wx.config for the page at pageURL, which will use
// the given functions of the SDK (config接口注入权限验证配置). pageURL is the address as
// the browser has it, location.href, with its query; what follows a # is cut off.
// For what is no such address the error is an [ErrPage].
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90506
func (c *Client) Config(ctx context.Context, pageURL string, functions ...string) (*Config, error) {
	s, err := c.ConfigSignature(ctx, pageURL)
	if err != nil {
		return nil, err
	}
	return &Config{Beta: true, AppID: c.corpID, Signature: s, JSAPIList: list(functions)}, nil
}

// AgentConfig returns the argument of wx.agentConfig for the page at pageURL, which
// will use the given functions of the SDK (agentConfig). agentID is that of the app
// in the corp. pageURL is as for [Client.Config].
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90506
func (c *Client) AgentConfig(ctx context.Context, agentID int64, pageURL string, functions ...string) (*AgentConfig, error) {
	if agentID <= 0 {
		return nil, fmt.Errorf("jssdk: AgentConfig: %d is no agentid", agentID)
	}
	s, err := c.AgentConfigSignature(ctx, pageURL)
	if err != nil {
		return nil, err
	}
	return &AgentConfig{CorpID: c.corpID, AgentID: agentID, Signature: s, JSAPIList: list(functions)}, nil
}

// list keeps null off the page.
func list(functions []string) []string { return append([]string{}, functions...) }

// ConfigSignature signs the page at pageURL with the ticket of the corp. pageURL is
// as for [Client.Config].
func (c *Client) ConfigSignature(ctx context.Context, pageURL string) (Signature, error) {
	return sign(ctx, "ConfigSignature", c.corp, pageURL)
}

// AgentConfigSignature signs the page at pageURL with the ticket of the app. pageURL
// is as for [Client.Config].
func (c *Client) AgentConfigSignature(ctx context.Context, pageURL string) (Signature, error) {
	return sign(ctx, "AgentConfigSignature", c.agent, pageURL)
}

func sign(ctx context.Context, op string, tickets wecom.TokenSource, pageURL string) (Signature, error) {
	page, err := signedPart(pageURL)
	if err != nil {
		return Signature{}, err
	}
	ticket, err := tickets.Token(ctx)
	if err != nil {
		return Signature{}, fmt.Errorf("jssdk: %s: %w", op, err)
	}
	s := Signature{Timestamp: time.Now().Unix(), NonceStr: rand.Text()}
	s.Signature = digest(ticket.Value, s.NonceStr, s.Timestamp, page)
	return s, nil
}

// Sign makes the signature of a page with a ticket that was obtained elsewhere, as
// [Client.ConfigSignature] does. timestamp is in Unix seconds; nonce is random and
// new for each page, [crypto/rand.Text] makes one.
func Sign(ticket wecom.Secret, nonce string, timestamp int64, pageURL string) (Signature, error) {
	page, err := signedPart(pageURL)
	if err != nil {
		return Signature{}, err
	}
	if ticket.IsZero() || nonce == "" || strings.ContainsAny(nonce, "&=") {
		return Signature{}, errors.New("jssdk: Sign: the ticket or the nonce is empty, or the nonce holds & or =")
	}
	return Signature{Timestamp: timestamp, NonceStr: nonce, Signature: digest(ticket.Reveal(), nonce, timestamp, page)}, nil
}

// digest signs the values as they are, without any encoding.
func digest(ticket, nonce string, timestamp int64, page string) string {
	sum := sha1.Sum([]byte("jsapi_ticket=" + ticket + "&noncestr=" + nonce + //nolint:gosec // the platform's choice
		"&timestamp=" + strconv.FormatInt(timestamp, 10) + "&url=" + page))
	return hex.EncodeToString(sum[:])
}

// signedPart returns the part of an address that is signed: byte for byte what the
// browser has, without # and what follows. The error is an [ErrPage] and does not
// quote the address, whose query may hold a code.
func signedPart(pageURL string) (string, error) {
	const longest = 8192
	page, _, _ := strings.Cut(pageURL, "#")
	if len(page) > longest {
		return "", fmt.Errorf("%w: it has %d bytes, more than %d", ErrPage, len(page), longest)
	}
	if strings.ContainsFunc(page, func(r rune) bool { return r <= ' ' || r == 0x7f || strings.ContainsRune(`"<>`, r) }) {
		return "", fmt.Errorf("%w: it holds what a browser would have encoded", ErrPage)
	}
	scheme, rest, _ := strings.Cut(page, "://")
	host := rest
	if i := strings.IndexAny(rest, `/\?`); i >= 0 {
		host = rest[:i]
	}
	// What follows the host is the page's own business: a browser keeps a lone %.
	u, err := url.Parse(scheme + "://" + host)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return "", fmt.Errorf("%w: it must be absolute, http or https", ErrPage)
	case u.User != nil:
		return "", fmt.Errorf("%w: it holds a user name", ErrPage)
	}
	return page, nil
}
