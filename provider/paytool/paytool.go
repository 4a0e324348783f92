package paytool

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/wire"
	"github.com/wecom-isv/wecom/provider"
)

// Config says what a client signs with.
type Config struct {
	// Secret is the secret of the cash desk's API (收银台API调用密钥), from the provider
	// console (工具 > 收银台). It is neither the provider secret nor that of an app.
	// Required. The client hides it; drop the Config after use.
	Secret string `json:"-"`
}

// String hides the secret from fmt.
func (c Config) String() string { return "paytool.Config" }

// Format hides the secret from every verb of fmt.
func (c Config) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue hides the secret from log/slog.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// Client is the cash desk of a provider. It is safe for concurrent use and needs
// no Close.
type Client struct {
	provider *provider.Client
	signer   signer
}

// New returns the cash desk of p.
func New(p *provider.Client, cfg Config) (*Client, error) {
	if p == nil {
		return nil, errors.New("paytool: New: the provider.Client is nil")
	}
	if err := wire.CheckSecret(cfg.Secret); err != nil {
		return nil, fmt.Errorf("paytool: New: Config.Secret %w: it is the secret of the cash desk's API (收银台API调用密钥) from the provider console", err)
	}
	return &Client{provider: p, signer: newSigner(wecom.NewSecret(cfg.Secret))}, nil
}

// Do signs a call and sends it with the provider_access_token. It is the way to
// signed endpoints that this package lacks; those without a signature go through
// [provider.Client.Do].
//
// The Body must encode as a JSON object without nonce_str, ts and sig, which are
// put in here, and without numbers in exponent form, for which WeCom gives no
// rule. Each attempt has a signature of its own.
func (c *Client) Do(ctx context.Context, call wecom.Call, result any) error {
	op, _, _ := strings.Cut(call.Path, "?") // a query may hold a token
	switch {
	case c == nil || c.provider == nil:
		return fmt.Errorf("paytool: %s: the client was not made by New", op)
	case call.Auth.Source != nil || call.Auth.Param != "":
		return fmt.Errorf("paytool: %s: Call.Auth must be empty: the provider_access_token is attached here", op)
	case call.Body == nil || call.File != nil:
		return fmt.Errorf("paytool: %s: a signed call has a Body and no File", op)
	}
	plain, err := json.Marshal(call.Body)
	if err != nil {
		// The text of the error could quote the body.
		return fmt.Errorf("paytool: %s: body of type %T cannot be encoded as JSON", op, call.Body)
	}
	if _, err := c.signer.sign(plain); err != nil {
		return fmt.Errorf("paytool: %s: %w", op, err)
	}
	call.Body = signedBody{&c.signer, plain}
	return c.provider.Do(ctx, call, result)
}

// signedBody signs itself whenever it is encoded: for each attempt of a call.
type signedBody struct {
	signer *signer
	plain  []byte
}

// MarshalJSON implements [json.Marshaler].
func (b signedBody) MarshalJSON() ([]byte, error) { return b.signer.sign(b.plain) }

// invoke is Client.Do with a result of type T.
func invoke[T any](ctx context.Context, c *Client, call wecom.Call) (*T, error) {
	result := new(T)
	if err := c.Do(ctx, call, result); err != nil {
		return nil, err
	}
	return result, nil
}

// String names the provider, never a secret.
func (c *Client) String() string {
	if c == nil || c.provider == nil {
		return "paytool.Client()"
	}
	return "paytool.Client(" + c.provider.CorpID() + ")"
}

// Format keeps every verb of fmt from looking inside.
func (c *Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue keeps log/slog from looking inside.
func (c *Client) LogValue() slog.Value { return slog.StringValue(c.String()) }
