package suite

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/wecom-isv/wecom"
)

// ticketLife is how long a suite_ticket works. A new one comes every 10 minutes,
// so that two pushes may be lost.
const ticketLife = 30 * time.Minute

// cacheTimeout bounds one use of the cache: a cache that hangs must cost neither the
// ticket at hand, nor the answer to its push, nor an installation.
const cacheTimeout = 2 * time.Second

// SaveTicket keeps a suite_ticket that was pushed at the given time (TimeStamp
// of the push; zero means now). A ticket older than the one that is kept changes
// nothing: pushes may arrive late and in any order. It works for 30 minutes from
// its push. [Client.Handle] calls it for every push.
//
// The ticket is kept in the cache, for all processes, and in this process, where
// it works even if the cache fails; that failure is returned.
func (a *app) SaveTicket(ctx context.Context, ticket wecom.Secret, at time.Time) error {
	const longest = 512
	if n := len(ticket.Reveal()); n == 0 || n > longest {
		return fmt.Errorf("suite: %s: a suite_ticket has 1 to %d bytes, not %d", a.id, longest, n)
	}
	if at.IsZero() {
		at = time.Now()
	}
	if a.api == nil {
		return errNotMade
	}
	newest := a.keepTicket(wecom.Token{Value: ticket.Reveal(), Version: at.Unix(), ExpiresAt: at.Add(ticketLife).Round(0)})
	a.token.ForgetRefusal()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cacheTimeout)
	defer cancel()
	if _, err := a.api.Cache().Save(ctx, a.key("ticket"), newest); err != nil {
		return fmt.Errorf("suite: %s: the suite_ticket is kept in this process only: %w", a.id, err)
	}
	return nil
}

// keepTicket keeps t in this process unless a newer ticket is there, and returns
// the newest.
func (a *app) keepTicket(t wecom.Token) wecom.Token {
	for {
		old := a.ticket.Load()
		if old != nil && old.Version >= t.Version {
			return *old
		}
		if a.ticket.CompareAndSwap(old, &t) {
			return t
		}
	}
}

// newestTicket returns the newest live suite_ticket of the cache and of this
// process.
func (a *app) newestTicket(ctx context.Context) (wecom.Secret, error) {
	if a.api == nil {
		return wecom.Secret{}, errNotMade
	}
	bounded, cancel := context.WithTimeout(ctx, cacheTimeout)
	cached, err := a.api.Cache().Load(bounded, a.key("ticket"))
	cancel()
	if err == nil && cached.Live() {
		a.keepTicket(cached)
	}
	held := a.ticket.Load()
	if held != nil && held.Live() {
		if cached.Version < held.Version && (err == nil || errors.Is(err, wecom.ErrNotCached)) {
			// The cache was down when the ticket came, or has lost it, and other
			// processes need it too. If it cannot be saved now either, we have it.
			bounded, cancel := context.WithTimeout(ctx, cacheTimeout)
			_, _ = a.api.Cache().Save(bounded, a.key("ticket"), *held)
			cancel()
		}
		return wecom.NewSecret(held.Value), nil
	}
	const advice = "the platform pushes one every 10 minutes, for 30 minutes of use, to the command URL (指令回调URL) of the app: " +
		"check that address, or push one by hand from the provider console; a cache in memory is empty after a restart (wecom.WithTokenCache)"
	switch {
	case err != nil && !errors.Is(err, wecom.ErrNotCached):
		return wecom.Secret{}, fmt.Errorf("suite: %s: %w: the cache failed: %w; %s", a.id, wecom.ErrNoTicket, err, advice)
	case held != nil:
		return wecom.Secret{}, fmt.Errorf("suite: %s: %w: the newest was pushed at %s and has expired by the clock of this machine; %s",
			a.id, wecom.ErrNoTicket, time.Unix(held.Version, 0).UTC().Format(time.RFC3339), advice)
	}
	return wecom.Secret{}, fmt.Errorf("suite: %s: %w: %s", a.id, wecom.ErrNoTicket, advice)
}
