package suite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/shardmap"
	"github.com/wecom-isv/wecom/internal/wire"
)

// DefaultPageURL is the address of the platform's own pages, which browsers open.
const DefaultPageURL = wire.PageURL

// Config says which app a client is for.
type Config struct {
	// ID is the suite id (SuiteID) of a third-party app, ww…, or the template id
	// of customised apps, dk…, from the provider console. Required.
	ID string
	// Secret is the secret of that app or template. Required. The client hides
	// it; drop the Config after use.
	Secret string `json:"-"`
	// Codes keeps the permanent codes. The default keeps them in the token cache
	// without expiry and is as durable as that cache is; the cache in memory
	// loses them at the end of the process.
	Codes CodeStore
	// PageURL replaces [DefaultPageURL], for private deployments (私有化部署) and
	// simulated platforms.
	PageURL string
}

// String hides the secret from fmt.
func (c Config) String() string { return "suite.Config(" + c.ID + ")" }

// Format hides the secret from every verb of fmt.
func (c Config) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue hides the secret from log/slog.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// Client is a third-party app (第三方应用), or the login authorisation (登录授权)
// of the provider. It is safe for concurrent use and needs no Close.
type Client struct{ app }

// Template is a template of customised apps (代开发应用模板). It is safe for
// concurrent use and needs no Close.
type Template struct{ app }

// app is what a third-party app and a template have in common.
type app struct {
	kind    string // name of the exported type
	api     *wecom.Client
	id      string
	secret  wecom.Secret
	codes   CodeStore
	pageURL string

	token  *wecom.CachedSource
	ticket atomic.Pointer[wecom.Token] // newest that this process has seen
	corps  *shardmap.Map[Corp]
	// buy fetches the access token of a corp with its permanent code.
	buy func(ctx context.Context, corpID string, code wecom.Secret) (*CorpToken, error)

	mu        sync.Mutex // of exchanges; never held during I/O
	exchanges map[codeHash]*exchange
}

var (
	_ wecom.TokenSource = (*Client)(nil)
	_ wecom.TokenSource = (*Template)(nil)
)

// New returns the client of a third-party app, or of the login authorisation
// (登录授权) of the provider, which has a suite id of its own. A template id
// (dk…) is an error: see [NewTemplate].
func New(api *wecom.Client, cfg Config) (*Client, error) {
	c := new(Client)
	if strings.HasPrefix(cfg.ID, "dk") {
		return nil, fmt.Errorf("suite: New: %q is the id of a customised-app template (代开发应用模板): use NewTemplate", wire.Brief(cfg.ID))
	}
	if err := c.init("Client", api, cfg); err != nil {
		return nil, fmt.Errorf("suite: New: %w", err)
	}
	c.buy = c.GetCorpToken
	return c, nil
}

// NewTemplate returns the client of a template of customised apps. The id of a
// third-party app (ww…, wx…, tj…) is an error: see [New].
func NewTemplate(api *wecom.Client, cfg Config) (*Template, error) {
	t := new(Template)
	for _, prefix := range []string{"ww", "wx", "tj"} {
		if strings.HasPrefix(cfg.ID, prefix) {
			return nil, fmt.Errorf("suite: NewTemplate: %q is the id of a third-party app (第三方应用): use New", wire.Brief(cfg.ID))
		}
	}
	if err := t.init("Template", api, cfg); err != nil {
		return nil, fmt.Errorf("suite: NewTemplate: %w", err)
	}
	t.buy = t.GetToken
	return t, nil
}

func (a *app) init(kind string, api *wecom.Client, cfg Config) error {
	if api == nil {
		return errors.New("the wecom.Client is nil")
	}
	if err := wire.CheckID(cfg.ID); err != nil {
		return fmt.Errorf("Config.ID: %w: it is the suite id or template id from the provider console (服务商后台)", err)
	}
	if err := wire.CheckSecret(cfg.Secret); err != nil {
		return fmt.Errorf("Config.Secret %w: it is the secret of the app or template from the provider console (服务商后台)", err)
	}
	page, err := wire.Base(cfg.PageURL)
	if err != nil {
		return fmt.Errorf("Config.PageURL %w", err)
	}
	a.kind, a.api, a.id, a.pageURL = kind, api, cfg.ID, page
	a.secret = wecom.NewSecret(cfg.Secret)
	a.codes = cfg.Codes
	if a.codes == nil {
		a.codes = NewCacheCodes(api.Cache())
	}
	a.token = api.TokenSource(a.key("token"), a.fetchToken)
	a.corps = shardmap.New((*Corp).retire)
	a.exchanges = make(map[codeHash]*exchange)
	return nil
}

// errNotMade is the error of a Client, Template or Corp that is a zero value.
var errNotMade = errors.New("suite: the app was not made by New or NewTemplate")

// ID returns the suite id or template id.
func (a *app) ID() string { return a.id }

// API returns the engine that the app sends its calls with.
func (a *app) API() *wecom.Client { return a.api }

// Token returns the suite_access_token (第三方应用凭证), from memory or the cache, else
// with [Client.GetSuiteToken]. The error is a [wecom.ErrNoTicket] until the
// first suite_ticket has arrived.
func (a *app) Token(ctx context.Context) (wecom.Token, error) { return a.token.Token(ctx) }

// Reject says that the platform refused the suite_access_token bad.
func (a *app) Reject(ctx context.Context, bad wecom.Token) error { return a.token.Reject(ctx, bad) }

// Auth is the credential of calls that take the suite_access_token of this app.
func (a *app) Auth() wecom.Auth {
	return wecom.Auth{Source: a.token, Param: wecom.ParamSuiteAccessToken}
}

// Do sends a call that takes the suite_access_token, which it attaches, and
// decodes the reply into result; see [wecom.Client.Do]. It is the way to
// endpoints that this package lacks. Calls in a corp go through [Corp.Do].
func (a *app) Do(ctx context.Context, call wecom.Call, result any) error {
	if call.Auth.Source != nil || call.Auth.Param != "" {
		return fmt.Errorf("suite: %s: Call.Auth must be empty: the suite_access_token is attached here", call.Path)
	}
	call.Auth = a.Auth()
	return a.api.Do(ctx, call, result)
}

// String names the app, never a secret.
func (a *app) String() string { return "suite." + a.kind + "(" + a.id + ")" }

// Format keeps every verb of fmt from looking inside.
func (a *app) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, a.String()) }

// LogValue keeps log/slog from looking inside.
func (a *app) LogValue() slog.Value { return slog.StringValue(a.String()) }

// key names something of this app in the cache.
func (a *app) key(parts ...string) string {
	return "suite/" + a.id + "/" + strings.Join(parts, "/")
}

// invoke is app.Do with a result of type T.
func invoke[T any](ctx context.Context, a *app, call wecom.Call) (*T, error) {
	result := new(T)
	if err := a.Do(ctx, call, result); err != nil {
		return nil, err
	}
	return result, nil
}
