package register

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"

	"github.com/wecom-isv/wecom"
)

// session is the contact token of a migration, which may be another one in the
// course of it. It is safe for concurrent use.
type session struct {
	renew  func(context.Context) (*Contacts, error) // nil: not possible
	flight chan struct{}                            // held by who renews

	mu      sync.Mutex
	now     *Contacts
	renewed int // times since the last call that went well
}

// mostRenewals is how many tokens are fetched in a row without one that works.
const mostRenewals = 3

func newSession(c *Contacts, renew func(context.Context) (*Contacts, error)) *session {
	return &session{renew: renew, flight: make(chan struct{}, 1), now: c}
}

func (s *session) current() *Contacts {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// succeeded says that the platform has taken the token.
func (s *session) succeeded() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.renewed = 0
}

// usable returns a credential whose token has neither ended nor expired.
func (s *session) usable(ctx context.Context) (*Contacts, error) {
	c := s.current()
	_, ended := c.Token(ctx)
	if ended == nil {
		return c, nil
	}
	if s.renew == nil {
		return nil, ended
	}
	select {
	case s.flight <- struct{}{}:
		defer func() { <-s.flight }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if other := s.current(); other != c {
		return other, nil // renewed meanwhile
	}
	if !s.mayRenew() {
		return nil, fmt.Errorf("%w; so were the last %d that MigrateConfig.Renew gave", ended, mostRenewals)
	}
	fresh, err := s.renew(ctx)
	if err == nil && fresh == nil {
		err = errors.New("MigrateConfig.Renew returned nil")
	}
	if err != nil {
		return nil, fmt.Errorf("%w; and there is no other: %w", ended, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = fresh
	return fresh, nil
}

// provesEnd reports whether the refusal of the token in use says that it was ended:
// if there may be another one, that one is to be asked.
func (s *session) provesEnd() bool { return s.renew == nil && s.current().provesEnd() }

func (s *session) mayRenew() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.renewed++
	return s.renewed <= mostRenewals
}

// Token gives the token in use, after it was renewed if it must be.
func (s *session) Token(ctx context.Context) (wecom.Token, error) {
	c, err := s.usable(ctx)
	if err != nil {
		return wecom.Token{}, err
	}
	return c.Token(ctx)
}

// Reject ends the token in use if it is the refused one.
func (s *session) Reject(ctx context.Context, bad wecom.Token) error {
	return s.current().Reject(ctx, bad)
}

// Auth implements [wecom.AccessToken].
func (s *session) Auth() wecom.Auth { return wecom.Auth{Source: s, Param: wecom.ParamAccessToken} }

// Do implements [wecom.AccessToken].
func (s *session) Do(ctx context.Context, call wecom.Call, result any) error {
	call.Auth = s.Auth()
	return s.current().api.Do(ctx, call, result)
}

// goesOn reports whether the platform has refused the token and there may be
// another.
func (s *session) goesOn(err error) bool {
	return s.renew != nil && errors.Is(err, wecom.ErrTokenRejected) &&
		!errors.Is(err, ErrContactTokenEnded) && !errors.Is(err, ErrContactTokenExpired)
}

// Format keeps every verb of fmt from looking inside.
func (*session) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "register.session") }

// LogValue keeps log/slog from looking inside.
func (*session) LogValue() slog.Value { return slog.StringValue("register.session") }
