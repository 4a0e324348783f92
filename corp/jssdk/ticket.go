package jssdk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/shardmap"
	"github.com/wecom-isv/wecom/internal/wire"
)

// Credential is an app in a corp, such as a suite.Corp.
type Credential interface {
	// API returns the engine that calls are sent with.
	API() *wecom.Client
	// Auth is the access_token of the app in the corp.
	Auth() wecom.Auth
	// ID returns the id of the corp, as the provider sees it.
	ID() string
	// Key returns the key in the cache for what belongs to this app in this corp
	// and has the given name.
	Key(name string) string
}

// Client signs pages of one app in one corp. It is safe for concurrent use and
// needs no Close.
type Client struct {
	cred   Credential
	corp   *wecom.CachedSource // corp identity
	agent  *wecom.CachedSource // app identity
	corpID string
}

// New returns a client for an app in a corp. Its tickets are held in memory by the
// client and in the token cache of the credential's engine: keep the client, or
// let [Clients] do it.
func New(cred Credential) (*Client, error) {
	if err := check(cred); err != nil {
		return nil, fmt.Errorf("jssdk: New: %w", err)
	}
	return newClient(cred), nil
}

func check(cred Credential) error {
	if cred == nil || cred.API() == nil {
		return errors.New("the credential or its wecom.Client is nil")
	}
	if err := wire.CheckID(cred.ID()); err != nil {
		return fmt.Errorf("corp id of the credential: %w", err)
	}
	return nil
}

func newClient(cred Credential) *Client {
	c := &Client{cred: cred, corpID: cred.ID()}
	c.corp = cred.API().TokenSource(cred.Key("jsapi"), fetch(c.GetJSAPITicket))
	c.agent = cred.API().TokenSource(cred.Key("jsapi_agent"), fetch(c.GetAgentTicket))
	return c
}

// String names the corp, never a ticket.
func (c *Client) String() string { return "jssdk.Client(" + c.corpID + ")" }

// Format keeps every verb of fmt from looking inside.
func (c *Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue keeps log/slog from looking inside.
func (c *Client) LogValue() slog.Value { return slog.StringValue(c.String()) }

// TicketResponse is a ticket with what is left of its life.
type TicketResponse struct {
	Ticket    wecom.Secret `json:"ticket"`     // at most 512 bytes
	ExpiresIn int64        `json:"expires_in"` // seconds, normally 7200
}

// GetJSAPITicket fetches the ticket that speaks for the corp
// (获取企业的jsapi_ticket). [Client.Config] fetches it when it needs to, and shares it:
// use that unless you keep tickets on your own.
//
// Limits: 400 calls an hour and corp, 100 an hour and app; 45009 beyond. Whether a
// second call brings the same ticket is not documented, so no ticket is fetched
// before it is due.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90506 and
// https://developer.work.weixin.qq.com/document/path/96909
//
//wecom:endpoint GET /cgi-bin/get_jsapi_ticket
func (c *Client) GetJSAPITicket(ctx context.Context) (*TicketResponse, error) {
	return c.get(ctx, wecom.Call{Path: "/cgi-bin/get_jsapi_ticket", Safe: true})
}

// GetAgentTicket fetches the ticket that speaks for the app
// (获取应用的jsapi_ticket). [Client.AgentConfig] fetches it when it needs to, and shares
// it: use that unless you keep tickets on your own. No other app can use it, not
// even in the same corp (42012), and it does not replace the ticket of the corp.
//
// Limits: not documented apart from those of [Client.GetJSAPITicket]; take them to
// be the same.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90506 and
// https://developer.work.weixin.qq.com/document/path/96909
//
//wecom:endpoint GET /cgi-bin/ticket/get
func (c *Client) GetAgentTicket(ctx context.Context) (*TicketResponse, error) {
	return c.get(ctx, wecom.Call{Path: "/cgi-bin/ticket/get", Query: url.Values{"type": {"agent_config"}}, Safe: true})
}

func (c *Client) get(ctx context.Context, call wecom.Call) (*TicketResponse, error) {
	if c.cred == nil {
		return nil, errors.New("jssdk: the Client was not made by New")
	}
	call.Auth = c.cred.Auth()
	return wecom.Invoke[TicketResponse](ctx, c.cred.API(), call)
}

// fetch makes a ticket of a reply.
func fetch(get func(context.Context) (*TicketResponse, error)) func(context.Context) (wecom.Token, error) {
	return func(ctx context.Context) (wecom.Token, error) {
		r, err := get(ctx)
		if err != nil {
			return wecom.Token{}, err
		}
		return wecom.NewToken(r.Ticket.Reveal(), r.ExpiresIn)
	}
}

// Forget drops both tickets, here and in the cache: after the app has been removed
// and installed again, or when pages report 42012 or 40093 although the address
// is right. The next signature fetches new ones, whose number per hour is limited:
// do not let visitors trigger it.
func (c *Client) Forget(ctx context.Context) error {
	return errors.Join(c.corp.Forget(ctx), c.agent.Forget(ctx))
}

// Clients keeps a [Client] for each app in each corp that is in use, so that a
// ticket in memory serves every request. It is safe for concurrent use and needs
// no Close.
type Clients struct{ clients *shardmap.Map[Client] }

// NewClients returns an empty set of clients.
func NewClients() *Clients {
	return &Clients{clients: shardmap.New(func(c *Client) bool { return c.corp.Idle() && c.agent.Idle() })}
}

// Client returns the client of cred. While it is in use every call with the same
// app and corp returns the same one. Credentials of different engines belong into
// different sets.
func (s *Clients) Client(cred Credential) (*Client, error) {
	if err := check(cred); err != nil {
		return nil, fmt.Errorf("jssdk: Clients: %w", err)
	}
	key := cred.Key("jsapi")
	if c := s.clients.Load(key); c != nil {
		return c, nil
	}
	fresh := newClient(cred)
	return s.clients.Update(key, func(old *Client) *Client {
		if old != nil {
			return old
		}
		return fresh
	}), nil
}
