// Package probe does what WeCom does when a callback URL is saved (验证URL有效性), and
// finds out what is wrong with the answer.
package probe

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/wecom-isv/wecom/cmd/wecom/internal/report"
	"github.com/wecom-isv/wecom/crypto"
)

const (
	deadline = time.Second      // of WeCom
	patience = 6 * time.Second  // of the probe, to tell slow from dead
	tight    = deadline / 2     // an answer later than that is a risk
	maxReply = 64 << 10         // of an answer
	corpID   = "$CORPID$"       // in a data URL
	stranger = "wwprobe0000000" // a receiver that nobody is
)

// Config says what to probe.
type Config struct {
	URL      string
	Codec    *crypto.Codec
	Receiver string   // the id that WeCom seals the verification for: the provider's corp id
	Others   []string // ids that the URL may accept by mistake: suite id, corp ids
	// Transport replaces the transport of the requests, for tests.
	Transport http.RoundTripper
}

// Result is what a probe has found.
type Result struct {
	Findings []report.Finding
	Status   int           // of the answer to the verification; 0: none
	Duration time.Duration // until the whole answer was there
}

// Run verifies the URL as WeCom does. If that fails it asks further, until it can
// say why; if it succeeds it looks whether the URL also refuses what it must.
func Run(ctx context.Context, cfg Config) Result {
	p := prober{cfg: cfg}
	address, findings := p.address()
	if address == nil {
		return Result{Findings: findings}
	}
	p.target = address
	good := p.ask(ctx, question{receiver: cfg.Receiver})
	result := Result{Findings: findings, Status: good.status, Duration: good.duration}
	result.Findings = append(result.Findings, p.judge(good)...)
	switch {
	case good.err != nil || ctx.Err() != nil:
	case good.body == good.echo:
		result.Findings = append(result.Findings, p.askWrong(ctx)...)
	case unrelated(good):
		result.Findings = append(result.Findings, p.askWhy(ctx, good)...)
	}
	return result
}

type prober struct {
	cfg    Config
	target *url.URL
}

// question is one verification, right or wrong on purpose.
type question struct {
	receiver  string
	signature string // replaces the right one
	extra     bool   // one query parameter more
}

// answer is what came back.
type answer struct {
	echo     string // the text that was to come back
	encrypt  string // the same, encrypted
	status   int
	body     string
	duration time.Duration
	err      error
}

// ask sends one verification.
func (p *prober) ask(ctx context.Context, q question) answer {
	a := answer{echo: newEcho()}
	sealed, err := p.seal(a.echo, q.receiver)
	if err != nil {
		a.err = err
		return a
	}
	a.encrypt = string(sealed.Encrypt)
	address := *p.target
	query := "msg_signature=" + cmp.Or(q.signature, sealed.Signature) + "&timestamp=" + sealed.Timestamp +
		"&nonce=" + sealed.Nonce + "&echostr=" + url.QueryEscape(a.encrypt)
	if q.extra {
		query += "&from=probe"
	}
	if address.RawQuery != "" {
		query = address.RawQuery + "&" + query
	}
	address.RawQuery = query
	p.get(ctx, address.String(), &a)
	return a
}

// get fills a with the answer of the address. Its errors never hold the query.
func (p *prober) get(ctx context.Context, address string, a *answer) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		a.err = errors.New("the URL cannot be requested")
		return
	}
	request.Header.Set("User-Agent", "Mozilla/4.0") // as WeCom's
	transport := p.cfg.Transport
	if transport == nil {
		own := &http.Transport{DisableKeepAlives: true}
		defer own.CloseIdleConnections()
		transport = own
	}
	start := time.Now()
	response, err := transport.RoundTrip(request) // follows no redirect, as WeCom
	if err != nil {
		a.duration, a.err = time.Since(start), err
		return
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxReply))
	a.duration = time.Since(start)
	a.status, a.body, a.err = response.StatusCode, string(body), err
}

// seal seals the echo so that its text holds the characters that careless
// decoding of a query spoils.
func (p *prober) seal(echo, receiver string) (sealed crypto.Sealed, err error) {
	const tries = 200
	timestamp := strconv.FormatInt(time.Now().Unix(), 10)
	for range tries {
		sealed, err = p.cfg.Codec.Seal([]byte(echo), receiver, timestamp, digits(10))
		text := string(sealed.Encrypt)
		if err != nil || strings.Contains(text, "+") && strings.Contains(text, "/") {
			break
		}
	}
	return sealed, err
}

// newEcho returns a number that no 64-bit integer holds, as WeCom's may be.
func newEcho() string { return "9" + digits(22) }

func digits(n int) string {
	var b strings.Builder
	for range n {
		d, err := rand.Int(rand.Reader, big.NewInt(10))
		if err != nil {
			d = big.NewInt(7) // crypto/rand ends the program before it fails
		}
		b.WriteString(d.String())
	}
	return b.String()
}
