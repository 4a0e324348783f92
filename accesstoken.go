package wecom

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
)

// AccessToken is a credential that travels as access_token: an app in a corp
// (suite.Corp), or the contact token of a registration (register.Contacts).
// [NewAccessToken] makes one of any other source, such as the token of a
// self-built app (自建应用).
type AccessToken interface {
	// Auth is the token and the parameter that it travels in.
	Auth() Auth
	// Do sends call with the token, which it attaches.
	Do(ctx context.Context, call Call, result any) error
}

// NewAccessToken returns the credential whose tokens source gives. [TokenFunc]
// makes a source of a function, [Client.TokenSource] one that is cached and shared.
func NewAccessToken(c *Client, source TokenSource) (AccessToken, error) {
	if c == nil || source == nil {
		return nil, errors.New("wecom: NewAccessToken: the Client or the source is nil")
	}
	return &accessToken{client: c, source: source}, nil
}

type accessToken struct {
	client *Client
	source TokenSource
}

func (a *accessToken) Auth() Auth { return Auth{Source: a.source, Param: ParamAccessToken} }

func (a *accessToken) Do(ctx context.Context, call Call, result any) error {
	if call.Auth.Source != nil || call.Auth.Param != "" {
		return fmt.Errorf("wecom: %s: Call.Auth must be empty: the access_token is attached here", call.Path)
	}
	call.Auth = a.Auth()
	return a.client.Do(ctx, call, result)
}

// String names the type, never a token; Format and LogValue keep fmt and log/slog
// from looking inside.
func (*accessToken) String() string               { return "wecom.AccessToken" }
func (a *accessToken) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, a.String()) }
func (a *accessToken) LogValue() slog.Value       { return slog.StringValue(a.String()) }

// InvokeAs is [AccessToken.Do] with a result of type T. It refuses a credential
// of another kind, such as that of a suite or a provider.
func InvokeAs[T any](ctx context.Context, token AccessToken, call Call) (*T, error) {
	result := new(T)
	if err := DoAs(ctx, token, call, result); err != nil {
		return nil, err
	}
	return result, nil
}

// DoAs is [AccessToken.Do] with a check of the kind of token before it.
func DoAs(ctx context.Context, token AccessToken, call Call, result any) error {
	if token == nil {
		return fmt.Errorf("wecom: %s: the AccessToken is nil", call.Path)
	}
	if param := token.Auth().Param; param != ParamAccessToken {
		return fmt.Errorf("wecom: %s: the call needs an access_token, not a token that travels as %q", call.Path, param)
	}
	return token.Do(ctx, call, result)
}
