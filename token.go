package wecom

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"
)

// Token is one short-lived credential: an access token or a ticket.
//
// fmt and log/slog do not show Value, except where the Token stands in an
// unexported field of yours: fmt reads past methods there. JSON shows it, since
// caches store tokens so: whoever can read the cache can act as the vendor.
type Token struct {
	Value string `json:"value"`
	// Version orders the tokens of one key: larger is newer. It stays below
	// 1<<53 so that every store can compare it.
	Version int64 `json:"version"`
	// ExpiresAt is when the token stops working; zero means never.
	ExpiresAt time.Time `json:"expires_at,omitzero"`
}

// Live reports whether t has a value and has not expired.
func (t Token) Live() bool {
	return t.Value != "" && (t.ExpiresAt.IsZero() || time.Now().Before(t.ExpiresAt))
}

// String shows version and expiry.
func (t Token) String() string {
	expires := "never"
	if !t.ExpiresAt.IsZero() {
		expires = t.ExpiresAt.Format(time.RFC3339)
	}
	return fmt.Sprintf("{%s version %d expires %s}", mask(t.Value), t.Version, expires)
}

// Format hides the value from every verb of fmt.
func (t Token) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, t.String()) }

// LogValue hides the value from log/slog.
func (t Token) LogValue() slog.Value { return slog.StringValue(t.String()) }

// TokenSource gives the token that a call carries.
type TokenSource interface {
	// Token returns a token that is good now.
	Token(ctx context.Context) (Token, error)
	// Reject says that the platform refused bad. A newer token than bad stays
	// in use.
	Reject(ctx context.Context, bad Token) error
}

// TokenFunc is a [TokenSource] that asks elsewhere each time, for example a
// central token service. Its Reject does nothing.
type TokenFunc func(ctx context.Context) (Token, error)

// Token calls f.
func (f TokenFunc) Token(ctx context.Context) (Token, error) {
	if f == nil {
		return Token{}, errors.New("wecom: the TokenFunc is nil")
	}
	return f(ctx)
}

// Reject does nothing.
func (TokenFunc) Reject(context.Context, Token) error { return nil }

// Auth is the credential of a [Call]: a source, and the query parameter that
// its token travels in. WeCom takes tokens in the query only, also for POST.
type Auth struct {
	Source TokenSource
	Param  string
}

// Names of the query parameters that carry tokens.
const (
	ParamAccessToken         = "access_token"
	ParamSuiteAccessToken    = "suite_access_token"
	ParamProviderAccessToken = "provider_access_token"
)
