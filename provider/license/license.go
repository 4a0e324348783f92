package license

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/provider"
)

// Client buys and manages the licences that a provider resells. It is safe for
// concurrent use and needs no Close.
type Client struct{ provider *provider.Client }

// New returns the licence calls of a provider.
func New(p *provider.Client) *Client { return &Client{provider: p} }

// Do sends a call with the provider_access_token and decodes the reply into
// result; see [provider.Client.Do]. It is the way to licence endpoints that this
// package lacks.
func (c *Client) Do(ctx context.Context, call wecom.Call, result any) error {
	if c == nil || c.provider == nil {
		return errors.New("license: the client was not made by New with a provider.Client")
	}
	return c.provider.Do(ctx, call, result)
}

// String names the provider, never a secret.
func (c *Client) String() string {
	if c == nil || c.provider == nil {
		return "license.Client()"
	}
	return "license.Client(" + c.provider.CorpID() + ")"
}

// Format keeps every verb of fmt from looking inside.
func (c *Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue keeps log/slog from looking inside.
func (c *Client) LogValue() slog.Value { return slog.StringValue(c.String()) }

// invoke is [Client.Do] with a result of type T.
func invoke[T any](ctx context.Context, c *Client, call wecom.Call) (*T, error) {
	result := new(T)
	if err := c.Do(ctx, call, result); err != nil {
		return nil, err
	}
	return result, nil
}

// AccountType is the type of a licence account (账号类型).
type AccountType int32

// The types of accounts.
const (
	AccountBase            AccountType = 1 // 基础账号
	AccountExternalContact AccountType = 2 // 互通账号; includes the base account
)

// ActiveCode is an activation code (账号激活码). Whoever has it can spend it, so fmt,
// log/slog and the encoders show "[secret]"; string(code) is the value, and so
// is what database/sql stores.
type ActiveCode string

// String returns "[secret]", or "" for an empty code.
func (c ActiveCode) String() string { return wecom.NewSecret(string(c)).String() }

// Format hides the value from every verb of fmt.
func (c ActiveCode) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue hides the value from log/slog.
func (c ActiveCode) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalText hides the value from encoders.
func (c ActiveCode) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText takes the value from a decoder.
func (c *ActiveCode) UnmarshalText(text []byte) error {
	*c = ActiveCode(text)
	return nil
}
