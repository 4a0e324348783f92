package suite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync/atomic"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/wire"
)

// Corp is the app in one corp that has authorised it (授权企业), and the
// access_token that goes with it. It is a [wecom.TokenSource]. Get one from
// [Client.Corp] whenever needed, or keep it; it is safe for concurrent use.
type Corp struct {
	app     *app
	id      string
	invalid error // why no call can be made
	token   *wecom.CachedSource
	retired atomic.Bool // no longer the one that app.corps has
}

var _ wecom.TokenSource = (*Corp)(nil)

// Corp returns the handle of a corp. It makes no call and cannot fail: calls for a
// corp without a permanent code return [ErrNoCode], and calls for an impossible
// corp id say so. While a corp is in use every call returns the same pointer.
func (a *app) Corp(corpID string) *Corp {
	if a.corps == nil {
		return &Corp{app: a, invalid: errNotMade}
	}
	if c := a.corps.Load(corpID); c != nil {
		return c
	}
	if err := wire.CheckID(corpID); err != nil {
		return &Corp{app: a, invalid: fmt.Errorf("suite: %s: corp id: %w", a.id, err)}
	}
	fresh := &Corp{app: a, id: corpID}
	fresh.token = a.api.TokenSource(a.key("corp", corpID, "token"), fresh.fetchToken)
	return a.corps.Update(corpID, func(old *Corp) *Corp {
		if old != nil {
			return old
		}
		return fresh
	})
}

// retire reports whether c is unused, and if so makes those who kept the pointer use
// its successor.
func (c *Corp) retire() bool {
	if c.token.Idle() {
		c.retired.Store(true)
		return true
	}
	return false
}

// ID returns the corp id, "" if the handle was made from an impossible one.
func (c *Corp) ID() string { return c.id }

// check refuses a handle that cannot make calls.
func (c *Corp) check() error {
	if c.app == nil {
		return errNotMade
	}
	return c.invalid
}

// owner returns the app, an empty one for a Corp that no app has made.
func (c *Corp) owner() *app { return cmp.Or(c.app, &app{}) }

// source returns the one token source of the corp.
func (c *Corp) source() *wecom.CachedSource {
	if c.retired.Load() {
		return c.app.Corp(c.id).token
	}
	return c.token
}

// Token returns the access_token of the app in the corp, from memory or the
// cache, else with [Client.GetCorpToken] or [Template.GetToken] as the kind of
// app demands.
func (c *Corp) Token(ctx context.Context) (wecom.Token, error) {
	if err := c.check(); err != nil {
		return wecom.Token{}, err
	}
	return c.source().Token(ctx)
}

// Reject says that the platform refused bad. A newer token stays in use.
func (c *Corp) Reject(ctx context.Context, bad wecom.Token) error {
	if err := c.check(); err != nil {
		return err
	}
	return c.source().Reject(ctx, bad)
}

// Auth is the credential of calls in this corp.
func (c *Corp) Auth() wecom.Auth {
	return wecom.Auth{Source: c, Param: wecom.ParamAccessToken}
}

// Do sends a call in this corp with its access_token, which it attaches, and
// decodes the reply into result; see [wecom.Client.Do].
func (c *Corp) Do(ctx context.Context, call wecom.Call, result any) error {
	if call.Auth.Source != nil || call.Auth.Param != "" {
		return fmt.Errorf("suite: %s: Call.Auth must be empty: the access_token of the corp is attached here", call.Path)
	}
	if err := c.check(); err != nil {
		return fmt.Errorf("suite: %s: %w", call.Path, err)
	}
	call.Auth = c.Auth()
	return c.app.api.Do(ctx, call, result)
}

// inCorp is [Corp.Do] with a result of type T.
func inCorp[T any](ctx context.Context, c *Corp, call wecom.Call) (*T, error) {
	result := new(T)
	if err := c.Do(ctx, call, result); err != nil {
		return nil, err
	}
	return result, nil
}

// AuthInfo returns what the corp has granted to the app, with the permanent code
// that is kept; see [Client.GetAuthInfoV2].
func (c *Corp) AuthInfo(ctx context.Context) (*AuthInfo, error) {
	code, err := c.code(ctx)
	if err != nil {
		return nil, err
	}
	return c.app.GetAuthInfoV2(ctx, c.id, code)
}

// code returns the permanent code that is kept.
func (c *Corp) code(ctx context.Context) (wecom.Secret, error) {
	if err := c.check(); err != nil {
		return wecom.Secret{}, err
	}
	record, err := c.app.codes.LoadCode(ctx, c.app.id, c.id)
	if err != nil {
		return wecom.Secret{}, fmt.Errorf("suite: %s in corp %s: %w", c.app.id, c.id, err)
	}
	if record.Code.IsZero() {
		return wecom.Secret{}, fmt.Errorf("suite: %s in corp %s: %w", c.app.id, c.id, errors.New("the store returned an empty permanent code"))
	}
	return record.Code, nil
}

func (c *Corp) fetchToken(ctx context.Context) (wecom.Token, error) {
	code, err := c.code(ctx)
	if err != nil {
		return wecom.Token{}, err
	}
	r, err := c.app.buy(ctx, c.id, code)
	if err != nil {
		return wecom.Token{}, err
	}
	return wecom.NewToken(r.AccessToken.Reveal(), r.ExpiresIn)
}

// forget drops the token: the permanent code behind it has changed.
func (c *Corp) forget(ctx context.Context) error { return c.source().Forget(ctx) }

// String names app and corp, never a token.
func (c *Corp) String() string { return "suite.Corp(" + c.owner().id + " in " + c.id + ")" }

// Format keeps every verb of fmt from looking inside.
func (c *Corp) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue keeps log/slog from looking inside.
func (c *Corp) LogValue() slog.Value { return slog.StringValue(c.String()) }
