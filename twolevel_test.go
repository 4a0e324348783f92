package wecom_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
)

// These tests hold what the section "When the cache fails" of the package
// documentation promises.

// fleet is two processes and the store that they share, which can be put away.
type fleet struct {
	issuer
	store atomic.Pointer[flakyCache]
	a, b  *wecom.CachedSource
}

func newFleet(t *testing.T) *fleet {
	t.Helper()
	f := &fleet{issuer: issuer{latency: 50 * time.Millisecond}}
	f.comesBack()
	f.a, f.b = f.process(t), f.process(t)
	return f
}

// process starts one more process, with nothing in memory.
func (f *fleet) process(t *testing.T) *wecom.CachedSource {
	t.Helper()
	return newClient(t, wecom.WithTokenCache(f)).TokenSource(corpKey, f.fetch)
}

// comesBack replaces the store by an empty one that works.
func (f *fleet) comesBack() { f.store.Store(&flakyCache{MemoryCache: wecom.NewMemoryCache()}) }

// goesDown refuses at once whatever the store is asked.
func (f *fleet) goesDown() {
	f.store.Store(&flakyCache{MemoryCache: wecom.NewMemoryCache(), fail: func(string) bool { return true }})
}

// hangs lets the store answer far too late.
func (f *fleet) hangs() {
	f.store.Store(&flakyCache{MemoryCache: wecom.NewMemoryCache(), slow: func() time.Duration { return time.Hour }})
}

func (f *fleet) Load(ctx context.Context, key string) (wecom.Token, error) {
	return f.store.Load().Load(ctx, key)
}

func (f *fleet) Save(ctx context.Context, key string, t wecom.Token) (bool, error) {
	return f.store.Load().Save(ctx, key, t)
}

func (f *fleet) Drop(ctx context.Context, key string, upTo int64) error {
	return f.store.Load().Drop(ctx, key, upTo)
}

func (f *fleet) Lock(ctx context.Context, name string, ttl time.Duration) (func(), error) {
	return f.store.Load().Lock(ctx, name, ttl)
}

// mustToken returns the token of the process and how long it took.
func mustToken(t *testing.T, source *wecom.CachedSource) (wecom.Token, time.Duration) {
	t.Helper()
	start := time.Now()
	token, err := source.Token(t.Context())
	require.NoError(t, err)
	require.True(t, token.Live())
	return token, time.Since(start)
}

func TestCopyInMemoryIsBelievedUntilItIsRefusedOrDue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t)
		first, _ := mustToken(t, f.a)
		same, _ := mustToken(t, f.b)
		require.Equal(t, first, same)

		// a replaces the token; b hears of it when the platform refuses its copy.
		require.NoError(t, f.a.Reject(t.Context(), first))
		second, _ := mustToken(t, f.a)
		require.Equal(t, "token-2", second.Value)
		old, _ := mustToken(t, f.b)
		assert.Equal(t, first, old)
		require.NoError(t, f.b.Reject(t.Context(), old))
		got, took := mustToken(t, f.b)
		assert.Equal(t, second, got)
		assert.Zero(t, took, "taken from the cache")
		assert.Equal(t, 2, f.count())

		// What nobody refuses is believed until ten minutes before its expiry.
		third := wecom.Token{Value: "of a third process", Version: second.Version + 1, ExpiresAt: time.Now().Add(4 * time.Hour)}
		saved, err := f.Save(t.Context(), corpKey, third)
		require.NoError(t, err)
		require.True(t, saved)
		time.Sleep(time.Until(second.ExpiresAt) - 10*time.Minute - time.Second)
		got, _ = mustToken(t, f.b)
		assert.Equal(t, second, got)
		time.Sleep(2 * time.Second)
		got, took = mustToken(t, f.b)
		assert.Equal(t, second, got, "still good for this call")
		assert.Zero(t, took)
		synctest.Wait()
		got, _ = mustToken(t, f.b)
		assert.Equal(t, third, got)
		assert.Equal(t, 2, f.count())
	})
}

func TestForgetEndsTheCopyOfItsOwnProcess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t)
		first, _ := mustToken(t, f.a)
		_, _ = mustToken(t, f.b)
		require.NoError(t, f.a.Forget(t.Context()))
		kept, _ := mustToken(t, f.b)
		assert.Equal(t, first, kept)
		second, _ := mustToken(t, f.a)
		assert.Equal(t, "token-2", second.Value)
	})
}

func TestPain22_SlowCacheDelaysColdKeysOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t)
		first, _ := mustToken(t, f.a)
		f.hangs()
		got, took := mustToken(t, f.a)
		assert.Equal(t, first, got)
		assert.Zero(t, took)

		time.Sleep(111 * time.Minute) // early window
		got, took = mustToken(t, f.a)
		assert.Equal(t, first, got)
		assert.Zero(t, took, "the refresh is in the background")
		time.Sleep(15 * time.Second)
		got, took = mustToken(t, f.a)
		assert.Equal(t, "token-2", got.Value)
		assert.Zero(t, took)

		_, took = mustToken(t, f.b)
		assert.Equal(t, (2+2+2)*time.Second+50*time.Millisecond, took, "load, lock, fetch, save")
		assert.Equal(t, 3, f.count())
	})
}

func TestPain22_CacheDownCostsOneFetchInEachProcess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t)
		first, _ := mustToken(t, f.a)
		f.goesDown()
		got, took := mustToken(t, f.a)
		assert.Equal(t, first, got)
		assert.Zero(t, took)
		for range 10 {
			got, _ = mustToken(t, f.b)
			assert.Equal(t, "token-2", got.Value)
		}
		assert.Equal(t, 2, f.count())

		time.Sleep(119*time.Minute + 30*time.Second) // last minute: a refresh is waited for
		got, took = mustToken(t, f.a)
		assert.Equal(t, "token-3", got.Value)
		assert.Equal(t, 50*time.Millisecond, took)

		f.comesBack()
		got, _ = mustToken(t, f.b)
		assert.Equal(t, "token-4", got.Value, "token-3 never reached the cache")
		c := f.process(t)
		got, _ = mustToken(t, c)
		assert.Equal(t, "token-4", got.Value, "the first refresh after the trouble is shared")
		assert.Equal(t, 4, f.count())
	})
}

func TestPain22_EmptyCacheCostsOneFetch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t)
		first, _ := mustToken(t, f.a)
		_, _ = mustToken(t, f.b)
		time.Sleep(time.Hour)
		f.comesBack()
		for _, source := range []*wecom.CachedSource{f.a, f.b} {
			got, took := mustToken(t, source)
			assert.Equal(t, first, got)
			assert.Zero(t, took)
		}
		assert.Equal(t, 1, f.count())

		c, d := f.process(t), f.process(t)
		second, _ := mustToken(t, c)
		assert.Equal(t, "token-2", second.Value)
		got, _ := mustToken(t, d)
		assert.Equal(t, second, got)

		time.Sleep(51 * time.Minute) // the first is due: those who hold it take the second
		for _, source := range []*wecom.CachedSource{f.a, f.b} {
			_, _ = mustToken(t, source)
			synctest.Wait()
			got, _ := mustToken(t, source)
			assert.Equal(t, second, got)
		}
		assert.Equal(t, 2, f.count())
	})
}

// A refusal while the cache is down is remembered here: what the cache still has
// is not taken again.
func TestPain22_RefusalWhileTheCacheIsDownIsRemembered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t)
		first, _ := mustToken(t, f.a)
		store := f.store.Load()
		f.goesDown()
		require.ErrorIs(t, f.a.Reject(t.Context(), first), errCacheDown)
		f.store.Store(store) // back, with the refused token in it
		got, _ := mustToken(t, f.a)
		assert.Equal(t, "token-2", got.Value)
		got, _ = mustToken(t, f.b)
		assert.Equal(t, "token-2", got.Value, "and the refused one has been replaced for all")
		assert.Equal(t, 2, f.count())
	})
}

// droppingCache remembers what it was last told to drop.
type droppingCache struct {
	justCache

	upTo int64
}

func (c *droppingCache) Drop(_ context.Context, _ string, upTo int64) error {
	c.upTo = upTo
	return nil
}

// Forget drops whatever version is there, by a number that every store can compare.
func TestForgetDropsEveryVersion(t *testing.T) {
	t.Parallel()
	cache := new(droppingCache)
	p := &issuer{}
	require.NoError(t, newClient(t, wecom.WithTokenCache(cache)).TokenSource("k", p.fetch).Forget(t.Context()))
	assert.Equal(t, int64(1)<<53-1, cache.upTo)
}

// oddCache keeps nothing and answers as a cache does that others use too.
type oddCache struct {
	justCache

	loaded wecom.Token // what Load finds; none if it has no value
	saved  bool        // what Save says
}

func (c *oddCache) Load(context.Context, string) (wecom.Token, error) {
	if c.loaded.Value == "" {
		return wecom.Token{}, wecom.ErrNotCached
	}
	return c.loaded, nil
}

func (c *oddCache) Save(context.Context, string, wecom.Token) (bool, error) { return c.saved, nil }

// A cache of the user's own may give what has expired.
func TestExpiredTokenOfTheCacheIsNotTaken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var seen steps
		p := &issuer{}
		cache := &oddCache{loaded: wecom.Token{Value: "expired", Version: 1, ExpiresAt: time.Now()}, saved: true}
		source := newClient(t, wecom.WithTokenCache(cache), wecom.WithTokenObserver(seen.observe)).TokenSource(corpKey, p.fetch)
		got, _ := mustToken(t, source)
		assert.Equal(t, "token-1", got.Value)
		assert.Equal(t, "stale lock stale fetch save wait", seen.events())
	})
}

// Of two tokens with the same version the one in hand is as good.
func TestTokenOfTheSameVersionIsNotTaken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var seen steps
		p := &issuer{}
		cache := &oddCache{saved: true}
		source := newClient(t, wecom.WithTokenCache(cache), wecom.WithTokenObserver(seen.observe)).TokenSource(corpKey, p.fetch)
		first, _ := mustToken(t, source)
		cache.loaded = wecom.Token{Value: "other", Version: first.Version, ExpiresAt: first.ExpiresAt.Add(time.Hour)}
		time.Sleep(time.Until(first.ExpiresAt) - 9*time.Minute)
		seen.take()
		_, _ = mustToken(t, source)
		synctest.Wait()
		assert.Equal(t, "stale lock stale fetch save", seen.events())
		second, _ := mustToken(t, source)
		assert.Equal(t, "token-2", second.Value)
	})
}

// A newer token kept the fetched one out of the cache and was dropped before it
// could be read.
func TestFetchedTokenServesWhenTheNewerOneIsGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var seen steps
		p := &issuer{}
		source := newClient(t, wecom.WithTokenCache(&oddCache{saved: false}), wecom.WithTokenObserver(seen.observe)).TokenSource(corpKey, p.fetch)
		got, _ := mustToken(t, source)
		assert.Equal(t, "token-1", got.Value)
		assert.Equal(t, "miss lock miss fetch save miss wait", seen.events())
		again, _ := mustToken(t, source)
		assert.Equal(t, got, again)
		assert.Equal(t, 1, p.count())
	})
}
