package wecom_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
)

const callers = 200

// issuer is a token endpoint that counts.
type issuer struct {
	mu      sync.Mutex
	fetches int
	latency time.Duration
	err     error
	value   string        // given while it lives; "" gives a new value each time
	life    time.Duration // 0: two hours
	until   time.Time     // end of value
}

func (p *issuer) fetch(ctx context.Context) (wecom.Token, error) {
	p.mu.Lock()
	latency := p.latency
	p.mu.Unlock()
	select {
	case <-time.After(latency):
	case <-ctx.Done():
		return wecom.Token{}, ctx.Err()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fetches++
	if p.err != nil {
		return wecom.Token{}, p.err
	}
	life := p.life
	if life == 0 {
		life = 2 * time.Hour
	}
	value := fmt.Sprintf("token-%d", p.fetches)
	if p.value != "" {
		if !time.Now().Before(p.until) {
			p.value, p.until = value, time.Now().Add(life)
		}
		value, life = p.value, time.Until(p.until)
	}
	return wecom.NewToken(value, int64(life.Seconds()))
}

func (p *issuer) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fetches
}

func (p *issuer) set(f func(*issuer)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f(p)
}

func newClient(t testing.TB, opts ...wecom.Option) *wecom.Client {
	t.Helper()
	api, err := wecom.New(opts...)
	require.NoError(t, err)
	return api
}

// inParallel calls f from many goroutines and returns the values they got.
func inParallel(t *testing.T, f func(i int) (wecom.Token, error)) map[string]int {
	t.Helper()
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		seen = map[string]int{}
	)
	for i := range callers {
		wg.Go(func() {
			token, err := f(i)
			mu.Lock()
			defer mu.Unlock()
			if assert.NoError(t, err) {
				seen[token.Value]++
			}
		})
	}
	wg.Wait()
	return seen
}

func TestPain06_ColdKeyIsFetchedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &issuer{latency: 50 * time.Millisecond}
		source := newClient(t).TokenSource("k", p.fetch)
		start := time.Now()
		seen := inParallel(t, func(int) (wecom.Token, error) { return source.Token(t.Context()) })
		assert.Equal(t, map[string]int{"token-1": callers}, seen)
		assert.Equal(t, 1, p.count())
		assert.Equal(t, 50*time.Millisecond, time.Since(start), "nobody waits longer than the fetch")
	})
}

func TestPain05_MachinesShareOneFetch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &issuer{latency: 50 * time.Millisecond}
		shared := wecom.NewMemoryCache()
		machines := make([]*wecom.CachedSource, 8)
		for i := range machines {
			machines[i] = newClient(t, wecom.WithTokenCache(shared)).TokenSource("k", p.fetch)
		}
		seen := inParallel(t, func(i int) (wecom.Token, error) { return machines[i%len(machines)].Token(t.Context()) })
		assert.Equal(t, map[string]int{"token-1": callers}, seen)
		assert.Equal(t, 1, p.count())
	})
}

func TestPain06_CancelledCallerFailsNobodyElse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &issuer{latency: 50 * time.Millisecond}
		source := newClient(t).TokenSource("k", p.fetch)
		first, cancel := context.WithCancel(t.Context())
		left := make(chan error)
		go func() {
			_, err := source.Token(first)
			left <- err
		}()
		synctest.Wait() // the first caller has started the fetch
		others := make(chan error)
		go func() {
			_, err := source.Token(t.Context())
			others <- err
		}()
		synctest.Wait()
		cancel()
		require.ErrorIs(t, <-left, context.Canceled)
		require.NoError(t, <-others)
		assert.Equal(t, 1, p.count())
	})
}

func TestEndedContextIsNotServed(t *testing.T) {
	t.Parallel()
	p := &issuer{}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := newClient(t).TokenSource("k", p.fetch).Token(ctx)
	require.ErrorIs(t, err, context.Canceled)
	assert.Zero(t, p.count())
}

func TestRefreshWindows(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &issuer{}
		source := newClient(t).TokenSource("k", p.fetch)
		value := func() string {
			token, err := source.Token(t.Context())
			require.NoError(t, err)
			return token.Value
		}
		assert.Equal(t, "token-1", value())

		time.Sleep(110*time.Minute - time.Second) // just over 10 minutes are left
		assert.Equal(t, "token-1", value())
		assert.Equal(t, 1, p.count())

		p.set(func(p *issuer) { p.latency = 100 * time.Millisecond })
		time.Sleep(2 * time.Second) // in the early window: callers go on with the old token
		start := time.Now()
		assert.Equal(t, "token-1", value())
		assert.Equal(t, "token-1", value())
		assert.Zero(t, time.Since(start), "nobody waits")
		time.Sleep(time.Second)
		assert.Equal(t, "token-2", value())
		assert.Equal(t, 2, p.count(), "one caller refreshes")

		time.Sleep(119*time.Minute + 30*time.Second) // in the last minute: callers wait
		start = time.Now()
		assert.Equal(t, "token-3", value())
		assert.Equal(t, 100*time.Millisecond, time.Since(start))
	})
}

// Not only the first token is replaced before anybody has to wait.
func TestEveryTokenHasItsEarlyWindow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &issuer{latency: 100 * time.Millisecond}
		source := newClient(t).TokenSource("k", p.fetch)
		token, _ := mustToken(t, source)
		for range 3 {
			time.Sleep(time.Until(token.ExpiresAt) - 9*time.Minute)
			old, took := mustToken(t, source)
			assert.Equal(t, token, old)
			assert.Zero(t, took)
			time.Sleep(time.Second)
			token, took = mustToken(t, source)
			assert.NotEqual(t, old, token)
			assert.Zero(t, took)
		}
		assert.Equal(t, 4, p.count())
	})
}

func TestFailedRefreshKeepsTheTokenAndBacksOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &issuer{}
		source := newClient(t).TokenSource("k", p.fetch)
		_, err := source.Token(t.Context())
		require.NoError(t, err)
		p.set(func(p *issuer) { p.err = errors.New("down") })

		time.Sleep(110 * time.Minute)
		for range 10 * 60 { // a caller each second, until the token expires
			token, err := source.Token(t.Context())
			require.NoError(t, err)
			require.Equal(t, "token-1", token.Value)
			time.Sleep(time.Second)
		}
		assert.Less(t, p.count(), 40, "the endpoint is not hammered")
		assert.Greater(t, p.count(), 5, "and not given up")

		_, err = source.Token(t.Context())
		require.ErrorContains(t, err, "down")
		p.set(func(p *issuer) { p.err = nil })
		token, err := source.Token(t.Context())
		require.NoError(t, err)
		assert.NotEqual(t, "token-1", token.Value)
	})
}

// While a token lives, gettoken and get_provider_token give it again.
func TestSameValueIsNotAskedForAgainBeforeTheLastMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &issuer{value: "unset", life: 2 * time.Hour}
		shared := wecom.NewMemoryCache()
		a := newClient(t, wecom.WithTokenCache(shared)).TokenSource("k", p.fetch)
		b := newClient(t, wecom.WithTokenCache(shared)).TokenSource("k", p.fetch)
		for elapsed := time.Duration(0); elapsed < 4*time.Hour-time.Minute; elapsed += time.Second {
			for _, source := range []*wecom.CachedSource{a, b} {
				token, err := source.Token(t.Context())
				require.NoError(t, err)
				require.True(t, token.Live())
			}
			time.Sleep(time.Second)
			switch elapsed {
			case 109 * time.Minute:
				require.Equal(t, 1, p.count())
			case 118 * time.Minute:
				require.Equal(t, 2, p.count(), "one early try, which the other process learns of")
			}
		}
		assert.LessOrEqual(t, p.count(), 2*10, "the last minute is halved, not hammered")
	})
}

// A process that starts late gets what is left of a token's life.
func TestShortLifeIsNotRefreshedAtOnce(t *testing.T) {
	t.Parallel()
	for _, left := range []time.Duration{10 * time.Minute, 8 * time.Minute, time.Minute, 40 * time.Second, 2 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			p := &issuer{value: "held", until: time.Now().Add(left)}
			source := newClient(t).TokenSource("k", p.fetch)
			for range 10 {
				_, err := source.Token(t.Context())
				require.NoError(t, err)
			}
			synctest.Wait()
			assert.Equal(t, 1, p.count(), left)
		})
	}
}

func TestPain03_RejectedValueIsReplacedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &issuer{latency: 50 * time.Millisecond}
		source := newClient(t).TokenSource("k", p.fetch)
		bad, err := source.Token(t.Context())
		require.NoError(t, err)
		seen := inParallel(t, func(int) (wecom.Token, error) {
			if err := source.Reject(t.Context(), bad); err != nil {
				return wecom.Token{}, err
			}
			return source.Token(t.Context())
		})
		assert.Equal(t, map[string]int{"token-2": callers}, seen)
		assert.Equal(t, 2, p.count())
	})
}

func TestLateRefusalOfAnOldTokenKeepsTheNewOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &issuer{}
		cache := wecom.NewMemoryCache()
		source := newClient(t, wecom.WithTokenCache(cache)).TokenSource("k", p.fetch)
		old, err := source.Token(t.Context())
		require.NoError(t, err)
		require.NoError(t, source.Reject(t.Context(), old))
		fresh, err := source.Token(t.Context())
		require.NoError(t, err)
		require.Equal(t, "token-2", fresh.Value)

		require.NoError(t, source.Reject(t.Context(), old))
		again, err := source.Token(t.Context())
		require.NoError(t, err)
		assert.Equal(t, fresh, again)
		cached, err := cache.Load(t.Context(), "k")
		require.NoError(t, err)
		assert.Equal(t, "token-2", cached.Value)

		// A process that never saw the old token refuses it just as well.
		other := newClient(t, wecom.WithTokenCache(cache)).TokenSource("k", p.fetch)
		require.NoError(t, other.Reject(t.Context(), old))
		again, err = other.Token(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "token-2", again.Value)
		assert.Equal(t, 2, p.count())
	})
}

// A refusal by a process that has not had the token before: other processes may
// have had it from there.
func TestRefusalOfATokenNotHeldReachesTheCache(t *testing.T) {
	t.Parallel()
	for _, down := range []bool{false, true} {
		p := &issuer{}
		cache := &flakyCache{MemoryCache: wecom.NewMemoryCache(), fail: func(op string) bool { return down && op == "drop" }}
		bad, _ := mustToken(t, newClient(t, wecom.WithTokenCache(cache)).TokenSource("k", p.fetch))
		other := newClient(t, wecom.WithTokenCache(cache)).TokenSource("k", p.fetch)
		err := other.Reject(t.Context(), bad)
		_, cached := cache.Load(t.Context(), "k")
		if down {
			require.ErrorIs(t, err, errCacheDown)
			require.NoError(t, cached)
		} else {
			require.NoError(t, err)
			require.ErrorIs(t, cached, wecom.ErrNotCached)
		}
		token, _ := mustToken(t, other)
		assert.Equal(t, "token-2", token.Value)
	}
}

// The cache may bring a refused value back: a drop that failed, a slow writer.
func TestRejectedValueIsNotTakenFromTheCache(t *testing.T) {
	t.Parallel()
	p := &issuer{}
	cache := &flakyCache{MemoryCache: wecom.NewMemoryCache()}
	source := newClient(t, wecom.WithTokenCache(cache)).TokenSource("k", p.fetch)
	bad, err := source.Token(t.Context())
	require.NoError(t, err)
	cache.fail = func(op string) bool { return op == "drop" }
	require.ErrorIs(t, source.Reject(t.Context(), bad), errCacheDown)
	token, err := source.Token(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "token-2", token.Value)
	cached, err := cache.Load(t.Context(), "k")
	require.NoError(t, err)
	assert.Equal(t, "token-2", cached.Value, "the newer version replaces the refused one")
}

// The platform refuses a token and gives the same one again: asking on and on
// would only block the address.
func TestInsistedTokenIsNotFetchedOnEveryRefusal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &issuer{value: "same", until: time.Now().Add(time.Hour)}
		source := newClient(t).TokenSource("k", p.fetch)
		for range 60 {
			token, err := source.Token(t.Context())
			require.NoError(t, err)
			require.NoError(t, source.Reject(t.Context(), token))
			time.Sleep(500 * time.Millisecond)
		}
		assert.LessOrEqual(t, p.count(), 2+30/10)
	})
}

func TestRefusedSecretIsRemembered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &issuer{err: &wecom.Error{Op: "/cgi-bin/service/get_suite_token", Code: 40080}}
		source := newClient(t).TokenSource("k", p.fetch)
		for range 10 {
			_, err := source.Token(t.Context())
			require.ErrorIs(t, err, wecom.ErrCredential)
			time.Sleep(time.Second)
		}
		assert.Equal(t, 1, p.count())

		time.Sleep(time.Minute)
		_, err := source.Token(t.Context())
		require.ErrorIs(t, err, wecom.Code(40080))
		assert.Equal(t, 2, p.count())

		p.set(func(p *issuer) { p.err = nil })
		source.ForgetRefusal()
		_, err = source.Token(t.Context())
		require.NoError(t, err)
	})
}

// What a refresh lacked arrives while it is under way: its refusal is out of date.
func TestRefusalOfARefreshUnderWayIsForgottenToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &issuer{latency: time.Second, err: &wecom.Error{Op: "/cgi-bin/service/get_suite_token", Code: 40085}}
		source := newClient(t).TokenSource("k", p.fetch)
		refused := make(chan error)
		go func() {
			_, err := source.Token(t.Context())
			refused <- err
		}()
		synctest.Wait()
		source.ForgetRefusal()
		require.ErrorIs(t, <-refused, wecom.ErrTicketRejected)
		p.set(func(p *issuer) { p.err = nil })
		_, err := source.Token(t.Context())
		require.NoError(t, err)
	})
}

func TestMissingTicketIsNotRemembered(t *testing.T) {
	t.Parallel()
	p := &issuer{err: fmt.Errorf("suite: %w", wecom.ErrNoTicket)}
	source := newClient(t).TokenSource("k", p.fetch)
	_, err := source.Token(t.Context())
	require.ErrorIs(t, err, wecom.ErrNoTicket)
	p.set(func(p *issuer) { p.err = nil })
	_, err = source.Token(t.Context())
	require.NoError(t, err)
}

func TestForgetDropsWhatAFlightBrings(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &issuer{latency: 100 * time.Millisecond}
		cache := wecom.NewMemoryCache()
		source := newClient(t, wecom.WithTokenCache(cache)).TokenSource("k", p.fetch)
		go func() { _, _ = source.Token(t.Context()) }()
		synctest.Wait()
		require.NoError(t, source.Forget(t.Context()))
		time.Sleep(time.Second)
		_, err := cache.Load(t.Context(), "k")
		require.ErrorIs(t, err, wecom.ErrNotCached, "fetched with what has been forgotten")
		token, err := source.Token(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "token-2", token.Value)
	})
}

func TestPanicOfAFetchReachesCallersAsAnError(t *testing.T) {
	t.Parallel()
	source := newClient(t).TokenSource("k", func(context.Context) (wecom.Token, error) { panic("s3cret") })
	_, err := source.Token(t.Context())
	require.ErrorContains(t, err, "panicked")
	assert.NotContains(t, err.Error(), "s3cret")
}

func TestEmptyTokenIsRefused(t *testing.T) {
	t.Parallel()
	source := newClient(t).TokenSource("k", func(context.Context) (wecom.Token, error) { return wecom.Token{}, nil })
	_, err := source.Token(t.Context())
	require.ErrorContains(t, err, "empty token")
	_, err = wecom.NewToken("", 7200)
	require.Error(t, err)
}

func TestNewTokenBoundsTheLife(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for expiresIn, life := range map[int64]time.Duration{
			7200: 2 * time.Hour, 1: time.Second, 0: 2 * time.Hour, -5: 2 * time.Hour, 1 << 62: 365 * 24 * time.Hour,
		} {
			token, err := wecom.NewToken("v", expiresIn)
			require.NoError(t, err)
			assert.Equal(t, life, time.Until(token.ExpiresAt), expiresIn)
		}
	})
}

func TestPain16_StuckLockDelaysButDoesNotBlock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &issuer{}
		cache := wecom.NewMemoryCache()
		_, err := cache.Lock(t.Context(), "k", time.Hour) // a holder that never unlocks
		require.NoError(t, err)
		source := newClient(t, wecom.WithTokenCache(cache)).TokenSource("k", p.fetch)
		start := time.Now()
		_, err = source.Token(t.Context())
		require.NoError(t, err)
		assert.Equal(t, 5*time.Second, time.Since(start))
	})
}

// A lock loser takes what the winner has fetched.
func TestPain16_LockIsFollowedByASecondLook(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &issuer{}
		cache := wecom.NewMemoryCache()
		unlock, err := cache.Lock(t.Context(), "k", time.Minute)
		require.NoError(t, err)
		source := newClient(t, wecom.WithTokenCache(cache)).TokenSource("k", p.fetch)
		got := make(chan wecom.Token)
		go func() {
			token, err := source.Token(t.Context())
			assert.NoError(t, err)
			got <- token
		}()
		synctest.Wait()
		fromOther, err := wecom.NewToken("from the other", 7200)
		require.NoError(t, err)
		_, err = cache.Save(t.Context(), "k", fromOther)
		require.NoError(t, err)
		unlock()
		assert.Equal(t, "from the other", (<-got).Value)
		assert.Zero(t, p.count())
	})
}

var errCacheDown = errors.New("cache down")

// flakyCache fails when fail says so and may be slow.
type flakyCache struct {
	*wecom.MemoryCache
	fail func(op string) bool
	slow func() time.Duration
}

func (c *flakyCache) trouble(ctx context.Context, op string) error {
	if c.slow != nil {
		select {
		case <-time.After(c.slow()):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if c.fail != nil && c.fail(op) {
		return errCacheDown
	}
	return nil
}

func (c *flakyCache) Load(ctx context.Context, key string) (wecom.Token, error) {
	if err := c.trouble(ctx, "load"); err != nil {
		return wecom.Token{}, err
	}
	return c.MemoryCache.Load(ctx, key)
}

func (c *flakyCache) Save(ctx context.Context, key string, token wecom.Token) (bool, error) {
	if err := c.trouble(ctx, "save"); err != nil {
		return false, err
	}
	return c.MemoryCache.Save(ctx, key, token)
}

func (c *flakyCache) Drop(ctx context.Context, key string, upTo int64) error {
	if err := c.trouble(ctx, "drop"); err != nil {
		return err
	}
	return c.MemoryCache.Drop(ctx, key, upTo)
}

func (c *flakyCache) Lock(ctx context.Context, name string, ttl time.Duration) (func(), error) {
	if err := c.trouble(ctx, "lock"); err != nil {
		return nil, err
	}
	return c.MemoryCache.Lock(ctx, name, ttl)
}

// TestPain22_CacheTroubleNeverCostsALiveToken plays a day of random faults: a
// cache that fails or is slow, a platform that fails, refusals. Whenever a
// token is live or can be fetched, callers get one, and fetches stay bounded.
func TestPain22_CacheTroubleNeverCostsALiveToken(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 1))
			var cacheDown, platformDown atomic.Bool
			cache := &flakyCache{
				MemoryCache: wecom.NewMemoryCache(),
				fail:        func(string) bool { return cacheDown.Load() },
				slow: func() time.Duration {
					if cacheDown.Load() {
						return time.Duration(rand.IntN(4)) * time.Second
					}
					return 0
				},
			}
			p := &issuer{}
			fetch := func(ctx context.Context) (wecom.Token, error) {
				if platformDown.Load() {
					p.set(func(p *issuer) { p.fetches++ })
					return wecom.Token{}, errors.New("platform down")
				}
				return p.fetch(ctx)
			}
			source := newClient(t, wecom.WithTokenCache(cache)).TokenSource("k", fetch)
			var held wecom.Token
			rejects := 0
			for range 24 * 60 { // a day, by the minute
				cacheDown.Store(rng.IntN(3) == 0)
				platformDown.Store(rng.IntN(4) == 0)
				token, err := source.Token(t.Context())
				if err != nil {
					require.True(t, platformDown.Load(), "seed %d: %v", seed, err)
					require.False(t, held.Live(), "seed %d: a live token was lost: %v", seed, err)
				} else {
					require.True(t, token.Live())
					held = token
				}
				if rng.IntN(100) == 0 && held.Live() {
					rejects++
					_ = source.Reject(t.Context(), held) // the cache may be down
					held = wecom.Token{}
				}
				time.Sleep(time.Minute)
			}
			assert.Less(t, p.count(), 60+3*rejects, "seed %d", seed)
		})
	}
}

func TestVersionsGrow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // the clock stands still: the versions must not
		p := &issuer{}
		source := newClient(t).TokenSource("k", p.fetch)
		var last int64
		for range 5 {
			token, err := source.Token(t.Context())
			require.NoError(t, err)
			require.Greater(t, token.Version, last)
			require.Less(t, token.Version, int64(1)<<53)
			last = token.Version
			require.NoError(t, source.Reject(t.Context(), token))
		}
	})
}

func TestIdle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &issuer{}
		source := newClient(t).TokenSource("k", p.fetch)
		assert.False(t, source.Idle(), "just made")
		time.Sleep(time.Minute)
		assert.False(t, source.Idle(), "its first user may be on the way")
		time.Sleep(time.Second)
		assert.True(t, source.Idle(), "never used")
		_, err := source.Token(t.Context())
		require.NoError(t, err)
		assert.False(t, source.Idle(), "holds a token")
		time.Sleep(3 * time.Hour)
		assert.True(t, source.Idle(), "expired")
	})
}

func TestTokenHitDoesNotAllocate(t *testing.T) { //nolint:paralleltest // counts allocations
	p := &issuer{}
	source := newClient(t).TokenSource("k", p.fetch)
	ctx := t.Context()
	_, err := source.Token(ctx)
	require.NoError(t, err)
	assert.Zero(t, testing.AllocsPerRun(100, func() { _, _ = source.Token(ctx) }))
}

func TestTokenWithoutExpiryIsKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fetches := 0
		source := newClient(t).TokenSource("k", func(context.Context) (wecom.Token, error) {
			fetches++
			return wecom.Token{Value: "for ever"}, nil
		})
		for range 3 {
			_, err := source.Token(t.Context())
			require.NoError(t, err)
			time.Sleep(1000 * time.Hour)
		}
		assert.Equal(t, 1, fetches)
	})
}

// A refresh that began before the refusal brings the dead token once more: that
// is not the platform insisting on it.
func TestRefusalDuringARefreshIsBelieved(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &issuer{value: "old", until: time.Now().Add(5 * time.Minute)}
		source := newClient(t).TokenSource("k", p.fetch)
		old, err := source.Token(t.Context())
		require.NoError(t, err)

		time.Sleep(4*time.Minute + 30*time.Second) // a refresh starts in the last minute
		p.set(func(p *issuer) { p.latency = time.Second })
		go func() { _, _ = source.Token(t.Context()) }()
		time.Sleep(500 * time.Millisecond)
		require.NoError(t, source.Reject(t.Context(), old)) // while it is in the air
		time.Sleep(time.Second)                             // and has landed with the same value
		p.set(func(p *issuer) { p.value, p.until = "new", time.Now().Add(time.Hour) })
		for range 3 {
			token, err := source.Token(t.Context())
			require.NoError(t, err)
			if token.Value == old.Value {
				require.NoError(t, source.Reject(t.Context(), token))
				continue
			}
			assert.Equal(t, "new", token.Value)
			return
		}
		t.Error("the dead token is handed out again and again")
	})
}

// A fake of a test that calls t.FailNow ends the goroutine of the refresh.
func TestRefreshThatExitsHangsNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source := newClient(t).TokenSource("k", func(context.Context) (wecom.Token, error) {
			runtime.Goexit()
			return wecom.Token{}, nil
		})
		_, err := source.Token(t.Context())
		require.ErrorContains(t, err, "without a result")
	})
}

func TestCancelledAuthorisationIsRemembered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &issuer{err: &wecom.Error{Op: "/cgi-bin/service/get_corp_token", Code: 40084}}
		source := newClient(t).TokenSource("k", p.fetch)
		for range 5 {
			_, err := source.Token(t.Context())
			require.ErrorIs(t, err, wecom.ErrNotAuthorized)
			time.Sleep(time.Second)
		}
		assert.Equal(t, 1, p.count())
	})
}

// Two processes without a common lock fetch at once: both end with one token.
func TestProcessesAgreeOnTheNewerToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cache := &flakyCache{MemoryCache: wecom.NewMemoryCache(), fail: func(op string) bool { return op == "lock" }}
		p := &issuer{latency: time.Second}
		slow := newClient(t, wecom.WithTokenCache(cache)).TokenSource("k", p.fetch)
		go func() { _, _ = slow.Token(t.Context()) }()
		time.Sleep(500 * time.Millisecond)
		// Meanwhile another process, whose clock is ahead, has saved its token.
		ahead := wecom.Token{Value: "of the other", Version: time.Now().Add(time.Minute).UnixMilli(), ExpiresAt: time.Now().Add(2 * time.Hour)}
		_, err := cache.Save(t.Context(), "k", ahead)
		require.NoError(t, err)
		time.Sleep(time.Second)
		token, err := slow.Token(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "of the other", token.Value)

		// A refusal of that token is replaced by a version above it.
		require.NoError(t, slow.Reject(t.Context(), token))
		token, err = slow.Token(t.Context())
		require.NoError(t, err)
		assert.Greater(t, token.Version, ahead.Version)
	})
}
