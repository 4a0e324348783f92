package wecom

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wecom-isv/wecom/internal/wire"
)

// When a [CachedSource] refreshes, and how long it may take.
const (
	earlyWindow = 10 * time.Minute // before expiry: one refresh in the background, callers go on
	lateWindow  = time.Minute      // before expiry: callers wait for the refresh

	flightTimeout = 15 * time.Second // a whole refresh
	cacheTimeout  = 2 * time.Second  // one operation of the cache
	lockTimeout   = 5 * time.Second  // waiting for another process
	lockTTL       = 20 * time.Second // a process that died holding the lock

	maxBackoff     = time.Minute      // between refreshes that fail while a token is live
	refusedFor     = 30 * time.Second // after a wrong secret or a cancelled authorisation
	limitedFor     = 10 * time.Second // after a rate limit, a refused ticket or a refused address
	insistedFor    = 10 * time.Second // after the platform gave a refused token again
	defaultLife    = 2 * time.Hour    // of a token that came without expires_in
	idleAfterBirth = time.Minute      // before a source that was never used counts as idle
)

// CachedSource keeps one credential: in this process, in the shared cache, and
// fetched when neither has it.
//
//   - More than 10 minutes before expiry the copy in memory is returned; that
//     takes no lock and does not allocate.
//   - From 10 minutes to 1 minute before expiry one caller starts a refresh and
//     all go on with the old token. WeCom often gives the same token again; the
//     next refresh then waits for the last minute.
//   - In the last minute, and without a token, callers wait for one refresh
//     that they share. Each waits on its own context; the refresh goes on
//     without them, for 15 seconds at most.
//   - A cache, lock or platform that fails never costs a token that is live; see
//     "When the cache fails" in the documentation of the package.
//   - A refused secret is remembered for about 30 seconds, during which nobody
//     calls: WeCom blocks the address of whoever tries wrong secrets.
//
// A CachedSource is safe for concurrent use.
type CachedSource struct {
	client *Client
	key    string
	fetch  func(context.Context) (Token, error)
	born   time.Time

	held atomic.Pointer[heldToken] // written under mu

	mu            sync.Mutex // not held during I/O or while waiting
	flight        *flight    // nil when nothing is under way
	version       int64      // greatest Version seen
	failures      int        // refreshes failed in a row
	retryAt       time.Time  // a live token is not refreshed before
	refusal       error      // returned without a call, until refusedUntil
	refusedUntil  time.Time
	rejected      Secret    // the value that the platform refused last
	insistedUntil time.Time // till then refusals of the held value are not believed
}

// heldToken is a token in memory with the times that matter for it.
type heldToken struct {
	token Token
	early time.Time // one caller refreshes
	late  time.Time // all callers wait
}

// flight is one refresh; done is closed when token and err are set.
type flight struct {
	done     chan struct{}
	token    Token
	err      error
	outdated bool // what a refusal would be about has changed; guarded by CachedSource.mu
}

var _ TokenSource = (*CachedSource)(nil)

// TokenSource returns a source that keeps its token in the cache under key and
// calls fetch for a new one. The key names every owner of the token and is no
// secret: "suite/<suite id>/corp/<corp id>/token". fetch sets Value and
// ExpiresAt; [NewToken] does. Sources with the same key share the cache entry,
// so one source per credential is enough in a process.
func (c *Client) TokenSource(key string, fetch func(context.Context) (Token, error)) *CachedSource {
	return &CachedSource{client: c, key: key, fetch: fetch, born: time.Now()}
}

// NewToken makes a token from what a token endpoint returns; expiresIn is in
// seconds. Its Version is the current time, as the caches want it.
func NewToken(value string, expiresIn int64) (Token, error) {
	if value == "" {
		return Token{}, errors.New("wecom: the platform answered without a token")
	}
	life := wire.Life(expiresIn, defaultLife)
	now := time.Now()
	return Token{Value: value, Version: now.UnixMilli(), ExpiresAt: now.Add(life).Round(0)}, nil
}

// errNotASource is the error of a CachedSource that does not come from
// [Client.TokenSource] of a Client that [New] has made.
var errNotASource = errors.New("wecom: the token source was not made by Client.TokenSource, or its Client not by New")

func (s *CachedSource) made() bool { return s != nil && s.client != nil && s.client.cache != nil }

// Token implements [TokenSource].
func (s *CachedSource) Token(ctx context.Context) (Token, error) {
	if s == nil {
		return Token{}, errNotASource
	}
	if h := s.held.Load(); h != nil && h.fresh(time.Now()) {
		return h.token, nil
	}
	return s.wait(ctx)
}

func (h *heldToken) fresh(now time.Time) bool { return now.Before(h.early) }

// wait returns a token when a refresh is due or under way.
func (s *CachedSource) wait(ctx context.Context) (Token, error) {
	if !s.made() {
		return Token{}, errNotASource
	}
	if err := ctx.Err(); err != nil {
		return Token{}, s.wrap(err)
	}
	s.mu.Lock()
	h, now := s.held.Load(), time.Now()
	live := h != nil && h.token.Live()
	switch {
	case h != nil && h.fresh(now), live && now.Before(s.retryAt):
		s.mu.Unlock()
		return h.token, nil
	case live && now.Before(h.late):
		if s.flight == nil {
			s.startFlight(ctx)
		}
		s.mu.Unlock()
		return h.token, nil
	case !live && now.Before(s.refusedUntil):
		err := s.refusal
		s.mu.Unlock()
		s.observe(ctx, TokenRefuse, now, err)
		return Token{}, err
	}
	f := s.flight
	if f == nil {
		f = s.startFlight(ctx)
	}
	s.mu.Unlock()

	t, err := s.await(ctx, f)
	s.observe(ctx, TokenWait, now, err)
	return t, err
}

// await waits for the end of f or of ctx.
func (s *CachedSource) await(ctx context.Context, f *flight) (Token, error) {
	select {
	case <-f.done:
	case <-ctx.Done():
		return Token{}, s.wrap(ctx.Err())
	}
	if f.err != nil {
		if h := s.held.Load(); h != nil && h.token.Live() {
			return h.token, nil
		}
	}
	return f.token, f.err
}

func (s *CachedSource) wrap(err error) error { return fmt.Errorf("wecom: token %s: %w", s.key, err) }

// startFlight starts a refresh; mu is held. The refresh keeps the values of ctx
// but not its cancellation: whoever asked first may leave.
func (s *CachedSource) startFlight(ctx context.Context) *flight {
	f := &flight{done: make(chan struct{})}
	s.flight = f
	go func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flightTimeout)
		defer cancel()
		// Deferred, since a fake in a test may call runtime.Goexit.
		defer s.endFlight(f)
		f.err = s.wrap(errors.New("the refresh ended without a result"))
		f.token, f.err = s.refresh(ctx, f)
	}()
	return f
}

// endFlight records the outcome of f and wakes its waiters.
func (s *CachedSource) endFlight(f *flight) {
	defer close(f.done)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.flight != f {
		return // forgotten meanwhile: its result is of no use to later callers
	}
	s.flight = nil
	if f.err == nil || f.outdated {
		s.forgetRefusal()
		return
	}
	s.failures++
	s.retryAt = time.Now().Add(jitter(min(time.Second<<min(s.failures, 10), maxBackoff)))
	s.refusal = f.err
	s.refusedUntil = time.Now().Add(rememberFor(f.err))
}

// rememberFor returns how long callers are refused with err without a new fetch.
func rememberFor(err error) time.Duration {
	switch {
	case errors.Is(err, ErrCredential), errors.Is(err, ErrNotAuthorized):
		return jitter(refusedFor)
	case errors.Is(err, ErrRateLimited), errors.Is(err, ErrTicketRejected), errors.Is(err, ErrIPNotAllowed):
		return jitter(limitedFor)
	}
	return 0
}

// refresh finds or fetches a token on behalf of f and holds it.
func (s *CachedSource) refresh(ctx context.Context, f *flight) (_ Token, err error) {
	defer func() {
		if v := recover(); v != nil {
			// In a user's cache, lock, fetch or observer; the waiters must not hang.
			err = s.wrap(fmt.Errorf("refresh panicked with a %T", v))
		}
	}()
	t, found, err := s.fromCache(ctx, f)
	if found {
		return t, nil
	}
	patience := lockTimeout
	if err != nil {
		// What another process fetches could not be found here: the lock then only
		// keeps processes from fetching all at the same moment.
		patience = cacheTimeout
	}
	unlock, locked := s.lock(ctx, patience)
	defer unlock()
	if locked {
		if t, found, _ = s.fromCache(ctx, f); found {
			return t, nil
		}
	}
	start := time.Now()
	t, err = s.fetch(ctx)
	if err == nil && t.Value == "" {
		err = errors.New("the fetch returned an empty token")
	}
	if err != nil {
		err = s.wrap(err)
	}
	s.observe(ctx, TokenFetch, start, err)
	if err != nil {
		return Token{}, err
	}
	return s.hold(ctx, f, t), nil
}

// fromCache takes the token of the shared cache if it is usable. A non-nil error
// means that the cache failed.
func (s *CachedSource) fromCache(ctx context.Context, f *flight) (t Token, found bool, err error) {
	start := time.Now()
	t, err = s.load(ctx)
	switch {
	case errors.Is(err, ErrNotCached):
		s.observe(ctx, TokenMiss, start, nil)
		return Token{}, false, nil
	case err != nil:
		s.warn(ctx, "load", err)
		err = s.wrap(fmt.Errorf("load from the cache: %w", err))
		s.observe(ctx, TokenMiss, start, err)
		return Token{}, false, err
	case !s.take(t, f):
		s.observe(ctx, TokenStale, start, nil)
		return Token{}, false, nil
	}
	s.observe(ctx, TokenHit, start, nil)
	return t, true, nil
}

func (s *CachedSource) load(ctx context.Context) (Token, error) {
	ctx, cancel := context.WithTimeout(ctx, cacheTimeout)
	defer cancel()
	return s.client.cache.Load(ctx, s.key)
}

// take holds t, which the cache had, on behalf of f, and reports whether callers
// should use it now.
func (s *CachedSource) take(t Token, f *flight) bool {
	if !t.Live() {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version = max(s.version, t.Version)
	if s.flight != f || t.Value == s.rejected.Reveal() {
		return false
	}
	now, old := time.Now(), s.held.Load()
	h := schedule(t, now)
	switch {
	case old == nil || !old.token.Live():
		// In its last minute it serves only if the fetch fails.
		s.held.Store(h)
		return now.Before(h.late)
	case t.Value == old.token.Value && t.Version > old.token.Version:
		// Another process has asked already and got the same value.
		h.early = h.late
		if !h.fresh(now) {
			return false
		}
	case t.Version <= old.token.Version, !h.fresh(now):
		return false // what is held is as good
	}
	s.held.Store(h)
	return true
}

// schedule gives t the usual windows.
func schedule(t Token, now time.Time) *heldToken {
	if t.ExpiresAt.IsZero() {
		never := now.AddDate(100, 0, 0)
		return &heldToken{token: t, early: never, late: never}
	}
	return &heldToken{token: t, early: t.ExpiresAt.Add(-earlyWindow), late: t.ExpiresAt.Add(-lateWindow)}
}

// hold keeps the token that f has fetched, here and in the cache.
func (s *CachedSource) hold(ctx context.Context, f *flight, t Token) Token {
	s.mu.Lock()
	if s.flight != f {
		s.mu.Unlock()
		return t // fetched with what has been forgotten since
	}
	now := time.Now()
	t.Version = max(now.UnixMilli(), s.version+1)
	s.version = t.Version
	h := schedule(t, now)
	left := t.ExpiresAt.Sub(now)
	old := s.held.Load()
	switch again := old != nil && old.token.Value == t.Value; {
	case t.ExpiresAt.IsZero():
	case left <= lateWindow:
		// The platform gives no more before expiry: ask again half-way.
		h.early = now.Add(left / 2)
		h.late = h.early
	case again, left <= earlyWindow:
		// Asking once more before the last minute would bring the same.
		h.early = h.late
	}
	if t.Value == s.rejected.Reveal() {
		s.insistedUntil = now.Add(insistedFor)
		s.rejected = Secret{}
	}
	s.held.Store(h)
	s.mu.Unlock()

	ctx = context.WithoutCancel(ctx)
	if s.save(ctx, t) {
		return t
	}
	// Somebody without the lock was faster: agree on the newer token.
	if newer, found, _ := s.fromCache(ctx, f); found {
		return newer
	}
	return t
}

// save puts t into the cache and reports false if a newer token is there.
func (s *CachedSource) save(ctx context.Context, t Token) bool {
	start := time.Now()
	bounded, cancel := context.WithTimeout(ctx, cacheTimeout)
	defer cancel()
	saved, err := s.client.cache.Save(bounded, s.key, t)
	if err != nil {
		s.warn(ctx, "save", err)
		err = s.wrap(fmt.Errorf("save in the cache: %w", err))
	}
	s.observe(ctx, TokenSave, start, err)
	return saved || err != nil
}

// lock waits for other processes, within bounds. Without the lock the refresh
// goes on: a call too many is better than none.
func (s *CachedSource) lock(ctx context.Context, patience time.Duration) (unlock func(), locked bool) {
	start := time.Now()
	bounded, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	unlock, err := s.client.locker.Lock(bounded, s.key, lockTTL)
	if err != nil {
		s.warn(ctx, "lock", err)
		s.observe(ctx, TokenLock, start, s.wrap(fmt.Errorf("lock: %w", err)))
		return func() {}, false
	}
	s.observe(ctx, TokenLock, start, nil)
	return unlock, true
}

func (s *CachedSource) warn(ctx context.Context, action string, err error) {
	s.client.log.WarnContext(ctx, "wecom: token cache: "+action+" failed", slog.String("key", s.key), slog.Any("err", err))
}

// Reject implements [TokenSource]: bad is no longer used, here and in the
// cache. A newer token stays.
func (s *CachedSource) Reject(ctx context.Context, bad Token) error {
	if !s.made() {
		return errNotASource
	}
	start := time.Now()
	s.mu.Lock()
	h := s.held.Load()
	current := h != nil && h.token.Value == bad.Value
	if bad.Value == "" || current && start.Before(s.insistedUntil) || !current && s.rejected.Reveal() == bad.Value {
		// Nothing to reject, or the platform has just given this very token in
		// reply to its refusal, or others have rejected it already.
		s.mu.Unlock()
		return nil
	}
	upTo := bad.Version
	if current {
		upTo = max(upTo, h.token.Version)
		s.held.Store(nil)
		s.flight = nil // what it brings may be the very token that is refused
	}
	if current || h == nil {
		s.rejected = NewSecret(bad.Value)
	}
	s.version = max(s.version, upTo)
	s.mu.Unlock()
	s.observe(ctx, TokenReject, start, nil)
	return s.drop(ctx, upTo)
}

// ForgetRefusal lets the next caller fetch at once although the last fetch was
// refused, or the one under way will be: what was missing, such as a ticket, has
// arrived.
func (s *CachedSource) ForgetRefusal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forgetRefusal()
	if s.flight != nil {
		s.flight.outdated = true
	}
}

// forgetRefusal clears what failed refreshes have left behind; mu is held.
func (s *CachedSource) forgetRefusal() {
	s.failures, s.retryAt = 0, time.Time{}
	s.refusal, s.refusedUntil = nil, time.Time{}
}

// Forget drops the token and every memory of refusals, here and in the cache:
// after cancel_auth, or when the secret behind the token has changed.
func (s *CachedSource) Forget(ctx context.Context) error {
	if !s.made() {
		return errNotASource
	}
	s.mu.Lock()
	s.forgetRefusal()
	s.held.Store(nil)
	s.flight = nil // its result belongs to the past
	s.rejected, s.insistedUntil = Secret{}, time.Time{}
	s.mu.Unlock()
	return s.drop(ctx, maxVersion)
}

// maxVersion is above the version of every token.
const maxVersion = 1<<53 - 1

func (s *CachedSource) drop(ctx context.Context, upTo int64) error {
	start := time.Now()
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), cacheTimeout)
	defer cancel()
	err := s.client.cache.Drop(bounded, s.key, upTo)
	if err != nil {
		err = s.wrap(fmt.Errorf("drop from the cache: %w", err))
	}
	s.observe(ctx, TokenDrop, start, err)
	return err
}

// Idle reports whether s holds no live token, remembers no refusal and is not
// refreshing: the owner of many sources may discard it.
func (s *CachedSource) Idle() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	h, now := s.held.Load(), time.Now()
	return s.flight == nil && (h == nil || !h.token.Live()) && now.After(s.refusedUntil) && now.Sub(s.born) > idleAfterBirth
}

// String names the key, never the token.
func (s *CachedSource) String() string { return "wecom.CachedSource(" + s.key + ")" }

// Format writes [CachedSource.String] for every verb of fmt.
func (s *CachedSource) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, s.String()) }
