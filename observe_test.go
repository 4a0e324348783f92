package wecom_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
)

const corpKey = "suite/ww0123456789abcdef/corp/wpAbCdEf/token"

// steps records what a token observer is told.
type steps struct {
	mu   sync.Mutex
	seen []wecom.TokenInfo
}

func (s *steps) observe(_ context.Context, info wecom.TokenInfo) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, info)
}

// take returns the infos since the last take.
func (s *steps) take() []wecom.TokenInfo {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := s.seen
	s.seen = nil
	return seen
}

// events are the infos since the last take in short, "!" for a failed one.
func (s *steps) events() string {
	var b strings.Builder
	for _, info := range s.take() {
		fmt.Fprintf(&b, " %s", info.Event)
		if info.Err != nil {
			b.WriteString("!")
		}
	}
	return strings.TrimSpace(b.String())
}

func TestTokenObserverSeesEachStep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var seen steps
		p := &issuer{latency: 50 * time.Millisecond}
		cache := wecom.NewMemoryCache()
		api := newClient(t, wecom.WithTokenCache(cache), wecom.WithTokenObserver(seen.observe))
		source := api.TokenSource(corpKey, p.fetch)
		other := newClient(t, wecom.WithTokenCache(cache)).TokenSource(corpKey, p.fetch)
		token := func() wecom.Token {
			got, err := source.Token(t.Context())
			require.NoError(t, err)
			synctest.Wait()
			return got
		}

		first := token()
		infos := seen.take()
		require.Len(t, infos, 6)
		for i, want := range []struct {
			event   wecom.TokenEvent
			latency time.Duration
		}{
			{wecom.TokenMiss, 0},
			{wecom.TokenLock, 0},
			{wecom.TokenMiss, 0},
			{wecom.TokenFetch, 50 * time.Millisecond},
			{wecom.TokenSave, 0},
			{wecom.TokenWait, 50 * time.Millisecond},
		} {
			assert.Equal(t, wecom.TokenInfo{Event: want.event, Kind: "suite/corp/token", Key: corpKey, Latency: want.latency}, infos[i])
		}

		token()
		assert.Empty(t, seen.events(), "the copy in memory is no step")

		require.NoError(t, source.Reject(t.Context(), first))
		assert.Equal(t, "reject drop", seen.events())
		require.NoError(t, source.Reject(t.Context(), first))
		assert.Empty(t, seen.events(), "the same refusal again is no news")

		_, err := other.Token(t.Context()) // holds the first token still
		require.NoError(t, err)
		require.NoError(t, other.Reject(t.Context(), first))
		_, err = other.Token(t.Context())
		require.NoError(t, err)
		token()
		assert.Equal(t, "hit wait", seen.events(), "another process has fetched")

		time.Sleep(112 * time.Minute) // early window: the refresh is in the background
		token()
		time.Sleep(time.Second)
		assert.Equal(t, "stale lock stale fetch save", seen.events())
		assert.Equal(t, 3, p.count())
	})
}

func TestTokenObserverSeesRefusals(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var seen steps
		refusal := &wecom.Error{Op: "/cgi-bin/service/get_suite_token", Code: 40080}
		p := &issuer{err: refusal}
		source := newClient(t, wecom.WithTokenObserver(seen.observe)).TokenSource("suite/ww1/token", p.fetch)
		for _, want := range []string{"miss lock miss fetch! wait!", "refuse!", "refuse!"} {
			_, err := source.Token(t.Context())
			require.ErrorIs(t, err, refusal)
			assert.Equal(t, want, seen.events())
		}
	})
}

func TestTokenObserverSeesACallerWhoLeaves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var seen steps
		p := &issuer{latency: time.Second}
		source := newClient(t, wecom.WithTokenObserver(seen.observe)).TokenSource(corpKey, p.fetch)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		_, err := source.Token(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, "miss lock miss wait!", seen.events())
		time.Sleep(2 * time.Second)
		assert.Equal(t, "fetch save", seen.events(), "the fetch goes on without the caller")
	})
}

// The values of the caller's context reach the observer, for the parent of a
// span, also from a refresh that outlives the caller.
func TestTokenObserverGetsTheCallersContext(t *testing.T) {
	t.Parallel()
	type key struct{}
	events := make(chan any, 10)
	api := newClient(t, wecom.WithTokenObserver(func(ctx context.Context, _ wecom.TokenInfo) { events <- ctx.Value(key{}) }))
	p := &issuer{}
	_, err := api.TokenSource(corpKey, p.fetch).Token(context.WithValue(t.Context(), key{}, "caller"))
	require.NoError(t, err)
	for range 6 {
		assert.Equal(t, "caller", <-events)
	}
}

func TestKindHasNoIDs(t *testing.T) {
	t.Parallel()
	var seen steps
	api := newClient(t, wecom.WithTokenObserver(seen.observe))
	for key, kind := range map[string]string{
		"suite/ww0123/token":             "suite/token",
		"suite/dk0123/corp/wpXYZ/token":  "suite/corp/token",
		"suite/ww0123/corp/wpXYZ/jsapi":  "suite/corp/jsapi",
		"provider/wwProv/token":          "provider/token",
		"a/1/b/2/jsapi_agent":            "a/b/jsapi_agent",
		"wwcorp/token":                   "other",
		"wwcorp":                         "other",
		"":                               "other",
		"//":                             "other",
		"suite/ww0123/corp/wpXYZ/token/": "other",
		"ww0123/suite/corp":              "other",
		"suite/ww0123/T0KEN":             "other",
		"x/1/" + strings.Repeat("y", 62): "x/" + strings.Repeat("y", 62),
		"x/1/" + strings.Repeat("y", 63): "other",
	} {
		p := &issuer{}
		_, err := api.TokenSource(key, p.fetch).Token(t.Context())
		require.NoError(t, err)
		infos := seen.take()
		require.NotEmpty(t, infos)
		assert.Equal(t, kind, infos[0].Kind, key)
		assert.Equal(t, key, infos[0].Key)
	}
}

// The observer is the user's code: its panic is an error of the refresh, and
// nobody hangs.
func TestPanicOfATokenObserverReachesCallersAsAnError(t *testing.T) {
	t.Parallel()
	api := newClient(t, wecom.WithTokenObserver(func(_ context.Context, info wecom.TokenInfo) {
		if info.Event == wecom.TokenFetch {
			panic("s3cret")
		}
	}))
	p := &issuer{}
	_, err := api.TokenSource(corpKey, p.fetch).Token(t.Context())
	require.ErrorContains(t, err, "panicked")
	assert.NotContains(t, err.Error(), "s3cret")
}

func TestObservedTokenHitDoesNotAllocate(t *testing.T) { //nolint:paralleltest // counts allocations
	var seen steps
	p := &issuer{}
	source := newClient(t, wecom.WithTokenObserver(seen.observe)).TokenSource(corpKey, p.fetch)
	ctx := t.Context()
	_, err := source.Token(ctx)
	require.NoError(t, err)
	seen.take()
	assert.Zero(t, testing.AllocsPerRun(100, func() { _, _ = source.Token(ctx) }))
	assert.Empty(t, seen.take())
}

func TestTwoTokenObserversAreBothTold(t *testing.T) {
	t.Parallel()
	var a, b steps
	p := &issuer{}
	source := newClient(t, wecom.WithTokenObserver(a.observe), wecom.WithTokenObserver(b.observe)).TokenSource(corpKey, p.fetch)
	_, err := source.Token(t.Context())
	require.NoError(t, err)
	assert.Equal(t, a.take(), b.take())
	_, err = wecom.New(wecom.WithTokenObserver(nil))
	require.ErrorContains(t, err, "WithTokenObserver")
}

// Errors of a cache that fails name the step and the key.
func TestCacheErrorsNameTheStepAndTheKey(t *testing.T) {
	t.Parallel()
	var seen steps
	var logged bytes.Buffer
	cache := &flakyCache{MemoryCache: wecom.NewMemoryCache(), fail: func(string) bool { return true }}
	p := &issuer{}
	api := newClient(t, wecom.WithTokenCache(cache), wecom.WithTokenObserver(seen.observe), wecom.WithLogger(slog.New(slog.NewTextHandler(&logged, nil))))
	source := api.TokenSource(corpKey, p.fetch)
	token, err := source.Token(t.Context())
	require.NoError(t, err)
	err = source.Reject(t.Context(), token)
	require.ErrorIs(t, err, errCacheDown)
	require.EqualError(t, err, "wecom: token "+corpKey+": drop from the cache: cache down")

	want := map[wecom.TokenEvent]string{
		wecom.TokenMiss: "load from the cache: ",
		wecom.TokenLock: "lock: ",
		wecom.TokenSave: "save in the cache: ",
		wecom.TokenDrop: "drop from the cache: ",
	}
	for _, info := range seen.take() {
		if step, fails := want[info.Event]; fails {
			delete(want, info.Event)
			require.ErrorIs(t, info.Err, errCacheDown)
			assert.EqualError(t, info.Err, "wecom: token "+corpKey+": "+step+"cache down")
		} else {
			assert.NoError(t, info.Err, info.Event)
		}
		assert.NotContains(t, fmt.Sprintf("%+v", info), token.Value)
	}
	assert.Empty(t, want, "not seen")
	for _, step := range []string{"load", "lock", "save"} {
		assert.Contains(t, logged.String(), step+" failed")
	}
	assert.Contains(t, logged.String(), corpKey)
	assert.NotContains(t, logged.String(), token.Value)
}
