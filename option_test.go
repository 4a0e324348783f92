package wecom_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
)

type wrapsClient struct{ hc *http.Client }

func (w wrapsClient) GetClient() *http.Client { return w.hc }

func TestNewRefusesBadOptions(t *testing.T) {
	t.Parallel()
	mt, _ := answers(ok())
	for name, opts := range map[string][]wecom.Option{
		"nil option":         {nil},
		"no scheme":          {wecom.WithBaseURL("qyapi.weixin.qq.com")},
		"password":           {wecom.WithBaseURL("https://u:s3cret@h")},
		"two addresses":      {wecom.WithBaseURL("https://a"), wecom.WithBaseURL("https://b")},
		"nil client":         {wecom.WithHTTPClient(nil)},
		"nil wrapper":        {wecom.WithHTTPClientOf(nil)},
		"wrapper of nothing": {wecom.WithHTTPClientOf(wrapsClient{})},
		"two clients":        {wecom.WithHTTPClient(new(http.Client)), wecom.WithHTTPClientOf(wrapsClient{new(http.Client)})},
		"nil transport":      {wecom.WithTransport(nil)},
		"two transports":     {wecom.WithTransport(mt), wecom.WithTransport(mt)},
		"no time":            {wecom.WithTimeout(0)},
		"two timeouts":       {wecom.WithTimeout(1), wecom.WithTimeout(2)},
		"nil cache":          {wecom.WithTokenCache(nil)},
		"two caches":         {wecom.WithTokenCache(wecom.NewMemoryCache()), wecom.WithTokenCache(wecom.NewMemoryCache())},
		"nil locker":         {wecom.WithLocker(nil)},
		"two lockers":        {wecom.WithLocker(wecom.NewMemoryCache()), wecom.WithLocker(wecom.NewMemoryCache())},
		"nil logger":         {wecom.WithLogger(nil)},
		"two loggers":        {wecom.WithLogger(slog.Default()), wecom.WithLogger(slog.Default())},
		"nil observer":       {wecom.WithObserver(nil)},
	} {
		c, err := wecom.New(opts...)
		require.Error(t, err, name)
		assert.Nil(t, c, name)
		assert.Contains(t, err.Error(), "wecom: ", name)
		assert.NotContains(t, err.Error(), "s3cret", name)
	}
}

func TestHTTPClientOfAnotherLibraryIsUsed(t *testing.T) {
	t.Parallel()
	mt, calls := answers(ok())
	api := newClient(t, wecom.WithHTTPClientOf(wrapsClient{&http.Client{Transport: mt, Timeout: time.Minute}}))
	require.NoError(t, api.Do(t.Context(), wecom.Call{Path: path}, nil))
	assert.EqualValues(t, 1, calls.Load())
}

func TestBaseURLReplacesTheHost(t *testing.T) {
	t.Parallel()
	mt, _ := answers(func(r *http.Request) (*http.Response, error) {
		assert.Equal(t, "https://proxy.example/wecom"+path, r.URL.String())
		return ok()(r)
	})
	api := newClient(t, wecom.WithTransport(mt), wecom.WithBaseURL("https://proxy.example/wecom/"))
	require.NoError(t, api.Do(t.Context(), wecom.Call{Path: path}, nil))
}

func TestAttemptIsAlwaysBounded(t *testing.T) {
	t.Parallel()
	hanging := roundTripper(func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	})
	for _, tc := range []struct {
		want time.Duration
		opts []wecom.Option
	}{
		{10 * time.Second, nil},
		{10 * time.Second, []wecom.Option{wecom.WithHTTPClient(new(http.Client))}},
		{time.Minute, []wecom.Option{wecom.WithHTTPClient(&http.Client{Timeout: time.Minute})}},
		{time.Second, []wecom.Option{wecom.WithHTTPClient(&http.Client{Timeout: time.Minute}), wecom.WithTimeout(time.Second)}},
	} {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			err := newClient(t, append(tc.opts, wecom.WithTransport(hanging))...).Do(t.Context(), wecom.Call{Path: path}, nil)
			require.ErrorIs(t, err, wecom.ErrNoReply)
			assert.Equal(t, tc.want, time.Since(start))
		})
	}
}

// A cache that cannot lock: this process at least does not fetch twice at once.
func TestCacheThatDoesNotLockGetsALocker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &issuer{latency: 50 * time.Millisecond}
		api := newClient(t, wecom.WithTokenCache(justCache{wecom.NewMemoryCache()}))
		sources := []*wecom.CachedSource{api.TokenSource("k", p.fetch), api.TokenSource("k", p.fetch)}
		seen := inParallel(t, func(i int) (wecom.Token, error) { return sources[i%2].Token(t.Context()) })
		assert.Equal(t, map[string]int{"token-1": callers}, seen)
		assert.Equal(t, 1, p.count())
	})
}

// Two clients must not see each other: nothing is global.
func TestPain09_ClientsShareNothing(t *testing.T) {
	t.Parallel()
	var sources []*wecom.CachedSource
	for i := range 2 {
		sources = append(sources, newClient(t).TokenSource("suite/x/token", func(context.Context) (wecom.Token, error) {
			return wecom.NewToken(fmt.Sprint("of client ", i), 7200)
		}))
	}
	for i, source := range sources {
		token, err := source.Token(t.Context())
		require.NoError(t, err)
		assert.Equal(t, fmt.Sprint("of client ", i), token.Value)
	}
}

func TestCacheThatLocksIsTheLocker(t *testing.T) {
	t.Parallel()
	locked := 0
	cache := &flakyCache{MemoryCache: wecom.NewMemoryCache(), fail: func(op string) bool {
		if op == "lock" {
			locked++
		}
		return false
	}}
	p := &issuer{}
	_, err := newClient(t, wecom.WithTokenCache(cache)).TokenSource("k", p.fetch).Token(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 1, locked)
	_, err = newClient(t, wecom.WithTokenCache(cache), wecom.WithLocker(wecom.NewMemoryCache())).TokenSource("other", p.fetch).Token(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 1, locked, "another locker was named")
}
