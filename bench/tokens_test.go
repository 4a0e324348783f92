package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/wecom-isv/wecom"
)

// floorToken is what a token hit costs at least: an atomic pointer and a look at
// the clock.
type floorToken struct {
	p atomic.Pointer[wecom.Token]
}

func (f *floorToken) Token(context.Context) (wecom.Token, error) {
	if t := f.p.Load(); t != nil && time.Now().Before(t.ExpiresAt) {
		return *t, nil
	}
	return wecom.Token{}, wecom.ErrNotCached
}

// BenchmarkTokenHit takes a token that is in memory.
func BenchmarkTokenHit(b *testing.B) {
	api, err := wecom.New()
	require.NoError(b, err)
	source := api.TokenSource("bench", func(context.Context) (wecom.Token, error) {
		return wecom.NewToken("token", 7200)
	})
	t, err := source.Token(b.Context())
	require.NoError(b, err)
	floor := new(floorToken)
	floor.p.Store(&t)
	reuse := oauth2.ReuseTokenSource(&oauth2.Token{AccessToken: t.Value, Expiry: t.ExpiresAt}, nil)

	for _, bc := range []struct {
		name string
		hit  func(context.Context) error
	}{
		{"floor", func(ctx context.Context) error { _, err := floor.Token(ctx); return err }},
		{"oauth2", func(context.Context) error { _, err := reuse.Token(); return err }},
		{"wecom", func(ctx context.Context) error { _, err := source.Token(ctx); return err }},
	} {
		b.Run("serial/"+bc.name, func(b *testing.B) {
			b.ReportAllocs()
			ctx := b.Context()
			for b.Loop() {
				if err := bc.hit(ctx); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("parallel/"+bc.name, func(b *testing.B) {
			b.ReportAllocs()
			ctx := b.Context()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := bc.hit(ctx); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}

// BenchmarkColdKey lets 200 callers ask at once for a token that nobody has, from
// an endpoint that takes 50 ms.
func BenchmarkColdKey(b *testing.B) {
	const (
		callers = 200
		latency = 50 * time.Millisecond
	)
	var upstream atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		upstream.Add(1)
		time.Sleep(latency)
		_, _ = io.WriteString(w, `{"access_token":"token","expires_in":7200}`)
	}))
	b.Cleanup(srv.Close)
	api, err := wecom.New(wecom.WithBaseURL(srv.URL))
	require.NoError(b, err)
	fetch := func(ctx context.Context) (wecom.Token, error) {
		var reply struct {
			AccessToken string `json:"access_token"`
			ExpiresIn   int64  `json:"expires_in"`
		}
		if err := api.Do(ctx, wecom.Call{Path: "/cgi-bin/gettoken"}, &reply); err != nil {
			return wecom.Token{}, err
		}
		return wecom.NewToken(reply.AccessToken, reply.ExpiresIn)
	}
	b.Run("floor", func(b *testing.B) {
		var waits []time.Duration
		for b.Loop() {
			start := time.Now()
			req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, srv.URL, http.NoBody)
			require.NoError(b, err)
			reply, err := srv.Client().Do(req)
			require.NoError(b, err)
			_, err = io.Copy(io.Discard, reply.Body)
			require.NoError(b, err)
			require.NoError(b, reply.Body.Close())
			waits = append(waits, time.Since(start))
		}
		reportWaits(b, waits)
	})
	b.Run("wecom", func(b *testing.B) {
		upstream.Store(0)
		var waits []time.Duration
		var mu sync.Mutex
		rounds := 0
		for b.Loop() {
			rounds++
			source := api.TokenSource(fmt.Sprint("cold", rand.Int()), fetch)
			var wg sync.WaitGroup
			for range callers {
				wg.Go(func() {
					start := time.Now()
					_, err := source.Token(b.Context())
					waited := time.Since(start)
					mu.Lock()
					defer mu.Unlock()
					waits = append(waits, waited)
					if err != nil {
						b.Error(err)
					}
				})
			}
			wg.Wait()
		}
		b.ReportMetric(float64(upstream.Load())/float64(rounds), "calls/round")
		reportWaits(b, waits)
	})
}

// reportWaits reports the median and the 99th of 100 waits.
func reportWaits(b *testing.B, waits []time.Duration) {
	b.Helper()
	slices.Sort(waits)
	b.ReportMetric(float64(waits[len(waits)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(waits[len(waits)*99/100].Microseconds())/1000, "p99-ms")
}

// BenchmarkMillionCorps prints what a corp costs in memory: its source with a
// live token, and its entry in the cache. The bytes of key and token value are
// counted in: about 76 and 128.
func BenchmarkMillionCorps(b *testing.B) {
	const corps = 1_000_000
	value := func(i int) string { return fmt.Sprintf("%0128d", i) }
	for b.Loop() {
		before := heap()
		api, err := wecom.New()
		require.NoError(b, err)
		sources := make([]*wecom.CachedSource, corps)
		for i := range sources {
			sources[i] = api.TokenSource(fmt.Sprintf("suite/ww4asffe99e54c0f4c/corp/wpAAAAAAAAAAAAAAAAAAA%07d/token", i),
				func(context.Context) (wecom.Token, error) { return wecom.NewToken(value(i), 7200) })
			if _, err := sources[i].Token(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(heap()-before)/corps, "B/corp")
		// Expired entries go a few at a time: no single write may take long.
		var writes []time.Duration
		for i := range 100_000 {
			start := time.Now()
			_, _ = api.Cache().Save(b.Context(), fmt.Sprint("new", i), wecom.Token{Value: "v", Version: 1})
			writes = append(writes, time.Since(start))
		}
		slices.Sort(writes)
		b.ReportMetric(float64(writes[len(writes)*999/1000].Microseconds()), "p99.9-µs/write")
		runtime.KeepAlive(sources)
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
