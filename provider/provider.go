package provider

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/wire"
)

// DefaultPageURL is the address of the platform's own pages, which browsers open.
const DefaultPageURL = wire.PageURL

// Config says which provider a client is for.
type Config struct {
	// CorpID is the corp id of the provider itself. Required.
	CorpID string
	// Secret is the provider secret (ProviderSecret) from the provider console, not
	// the secret of an app. Required. The client hides it; drop the Config after
	// use.
	Secret string `json:"-"`
	// PageURL replaces [DefaultPageURL], for private deployments (私有化部署) and
	// simulated platforms.
	PageURL string
}

// String hides the secret from fmt.
func (c Config) String() string { return "provider.Config(" + c.CorpID + ")" }

// Format hides the secret from every verb of fmt.
func (c Config) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue hides the secret from log/slog.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// Client is the service provider. It is safe for concurrent use and needs no
// Close.
type Client struct {
	api     *wecom.Client
	corpID  string
	secret  wecom.Secret
	pageURL string
	token   *wecom.CachedSource
}

var _ wecom.TokenSource = (*Client)(nil)

// New returns the client of a provider.
func New(api *wecom.Client, cfg Config) (*Client, error) {
	if api == nil {
		return nil, errors.New("provider: New: the wecom.Client is nil")
	}
	if err := wire.CheckID(cfg.CorpID); err != nil {
		return nil, fmt.Errorf("provider: New: Config.CorpID: %w: it is the corp id of the provider, from the provider console (服务商后台)", err)
	}
	if err := wire.CheckSecret(cfg.Secret); err != nil {
		return nil, fmt.Errorf("provider: New: Config.Secret %w: it is the provider secret from the provider console (服务商后台)", err)
	}
	page, err := wire.Base(cfg.PageURL)
	if err != nil {
		return nil, fmt.Errorf("provider: New: Config.PageURL %w", err)
	}
	c := &Client{api: api, corpID: cfg.CorpID, secret: wecom.NewSecret(cfg.Secret), pageURL: page}
	c.token = api.TokenSource("provider/"+cfg.CorpID+"/token", c.fetchToken)
	return c, nil
}

// CorpID returns the corp id of the provider.
func (c *Client) CorpID() string { return c.corpID }

// API returns the engine that the client sends its calls with.
func (c *Client) API() *wecom.Client { return c.api }

// PageURL returns the address of the platform's own pages, without a slash at the
// end.
func (c *Client) PageURL() string { return c.pageURL }

// Token returns the provider_access_token (服务商凭证), from memory or the cache, else
// with [Client.GetProviderToken].
func (c *Client) Token(ctx context.Context) (wecom.Token, error) { return c.token.Token(ctx) }

// Reject says that the platform refused bad. A newer token stays in use.
func (c *Client) Reject(ctx context.Context, bad wecom.Token) error { return c.token.Reject(ctx, bad) }

// Auth is the credential of calls that take the provider_access_token.
func (c *Client) Auth() wecom.Auth {
	return wecom.Auth{Source: c.token, Param: wecom.ParamProviderAccessToken}
}

// Do sends a call that takes the provider_access_token, which it attaches, and
// decodes the reply into result; see [wecom.Client.Do]. It is the way to
// endpoints that this package lacks.
func (c *Client) Do(ctx context.Context, call wecom.Call, result any) error {
	if c == nil {
		return fmt.Errorf("provider: %s: the provider.Client is nil", call.Path)
	}
	if call.Auth.Source != nil || call.Auth.Param != "" {
		return fmt.Errorf("provider: %s: Call.Auth must be empty: the provider_access_token is attached here", call.Path)
	}
	call.Auth = c.Auth()
	return c.api.Do(ctx, call, result)
}

// String names the provider, never a secret.
func (c *Client) String() string { return "provider.Client(" + c.corpID + ")" }

// Format keeps every verb of fmt from looking inside.
func (c *Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue keeps log/slog from looking inside.
func (c *Client) LogValue() slog.Value { return slog.StringValue(c.String()) }
