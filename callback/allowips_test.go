package callback_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/callback"
)

// answering is a handler that answers with a status.
func answering(status int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if status != 0 {
			w.WriteHeader(status)
		}
	})
}

func loadNothing(context.Context) ([]string, error) { return nil, errors.New("not now") }

func allowIPs(t *testing.T, next http.Handler, cfg callback.AllowIPsConfig) *callback.AddressFilter {
	t.Helper()
	if cfg.Load == nil {
		cfg.Load = loadNothing
	}
	f, err := callback.AllowIPs(next, cfg)
	require.NoError(t, err)
	return f
}

// from is a request from addr.
func from(t *testing.T, addr string, forwarded ...string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/callback", nil)
	r.RemoteAddr = addr
	for _, line := range forwarded {
		r.Header.Add("X-Forwarded-For", line)
	}
	return r
}

var weComList = []string{"101.226.103.*", " 140.207.54.73", "2402:4e00::/32", "10.1.0.0/16"}

func TestAllowIPsEnforced(t *testing.T) {
	t.Parallel()
	f := allowIPs(t, answering(http.StatusOK), callback.AllowIPsConfig{Initial: weComList, Always: []string{"127.0.0.1"}, Enforce: true})
	for addr, want := range map[string]int{
		"101.226.103.61:4711":          200,
		"101.226.104.61:4711":          403,
		"140.207.54.73:1":              200,
		"140.207.54.74:1":              403,
		"10.1.255.255:1":               200,
		"[2402:4e00:1::1]:1":           200,
		"[2403::1]:1":                  403,
		"[::ffff:101.226.103.1]:1":     200,
		"127.0.0.1:80":                 200,
		"127.0.0.1":                    200,
		"":                             403,
		"@":                            403,
		"101.226.103.61:4711, 1.2.3.4": 403,
	} {
		assert.Equal(t, want, serve(f, from(t, addr)).Code, addr)
		// A header that nobody said to trust changes nothing.
		assert.Equal(t, want, serve(f, from(t, addr, "101.226.103.1")).Code, addr)
	}
	requireRefused(t, http.StatusForbidden, serve(f, from(t, "8.8.8.8:1")))
}

func TestAllowIPsBehindProxies(t *testing.T) {
	t.Parallel()
	one := allowIPs(t, answering(http.StatusOK), callback.AllowIPsConfig{Initial: weComList, Enforce: true, Header: "X-Forwarded-For"})
	two := allowIPs(t, answering(http.StatusOK), callback.AllowIPsConfig{Initial: weComList, Enforce: true, Header: "x-forwarded-for", Hops: 2})
	for _, tt := range []struct {
		forwarded []string
		one, two  int
	}{
		{nil, 403, 403},
		{[]string{""}, 403, 403},
		{[]string{"101.226.103.1"}, 200, 403},
		{[]string{"101.226.103.1, 8.8.8.8"}, 403, 200}, // with one proxy the first entry is the client's invention
		{[]string{"101.226.103.1", "8.8.8.8"}, 403, 200},
		{[]string{"8.8.8.8,101.226.103.1:4711"}, 200, 403},
		{[]string{"8.8.8.8, [2402:4e00::1]"}, 200, 403},
		{[]string{"8.8.8.8, [2402:4e00::1]:4711 , 1.1.1.1"}, 403, 200},
		{[]string{"101.226.103.1, unknown"}, 403, 200},
	} {
		assert.Equal(t, tt.one, serve(one, from(t, "101.226.103.1:1", tt.forwarded...)).Code, tt.forwarded)
		assert.Equal(t, tt.two, serve(two, from(t, "101.226.103.1:1", tt.forwarded...)).Code, tt.forwarded)
	}
}

func TestAllowIPsAlertsOnly(t *testing.T) {
	t.Parallel()
	type stranger struct {
		addr   string
		status int
	}
	tell := func(cfg callback.AllowIPsConfig, status int, addr string) (int, []stranger, string) {
		var told []stranger
		var log strings.Builder
		cfg.Initial, cfg.Logger = weComList, textLogger(&log)
		cfg.OnStranger = func(r *http.Request, addr netip.Addr, status int) {
			assert.Equal(t, "/callback", r.URL.Path)
			told = append(told, stranger{addr.String(), status})
		}
		code := serve(allowIPs(t, answering(status), cfg), from(t, addr)).Code
		synctest.Wait()
		return code, told, log.String()
	}
	synctest.Test(t, func(t *testing.T) {
		for _, status := range []int{0, 200} { // 0: the handler writes nothing
			code, told, log := tell(callback.AllowIPsConfig{}, status, "8.8.8.8:1")
			assert.Equal(t, 200, code)
			assert.Equal(t, []stranger{{"8.8.8.8", 200}}, told)
			assert.Contains(t, log, "level=WARN msg=\"callback: accepted from an address that is not on WeCom's list\" address=8.8.8.8")
		}
		// Scanners have no signature: no alert.
		code, told, log := tell(callback.AllowIPsConfig{}, 403, "8.8.8.8:1")
		assert.Equal(t, 403, code)
		assert.Empty(t, told)
		assert.NotContains(t, log, "8.8.8.8")
		_, told, log = tell(callback.AllowIPsConfig{}, 200, "101.226.103.1:1")
		assert.Empty(t, told)
		assert.NotContains(t, log, "101.226.103.1")
		code, told, log = tell(callback.AllowIPsConfig{Enforce: true}, 200, "8.8.8.8:1")
		assert.Equal(t, 403, code)
		assert.Equal(t, []stranger{{"8.8.8.8", 403}}, told)
		assert.Contains(t, log, "level=DEBUG")
		_, told, _ = tell(callback.AllowIPsConfig{Header: "X-Real-IP"}, 200, "8.8.8.8:1")
		assert.Equal(t, []stranger{{"invalid IP", 200}}, told)
	})
}

func TestAllowIPsRefreshes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var loads atomic.Int64
		answer := func() ([]string, error) { return []string{"1.1.1.1"}, nil }
		var ended error
		f := allowIPs(t, answering(http.StatusOK), callback.AllowIPsConfig{Enforce: true, Load: func(ctx context.Context) ([]string, error) {
			loads.Add(1)
			select {
			case <-time.After(time.Second): // the answer does not wait for it
			case <-ctx.Done():
				ended = ctx.Err()
			}
			return answer()
		}})
		get := func(addr string) int {
			start := time.Now()
			ctx, cancel := context.WithCancel(t.Context())
			cancel() // the load outlives the request
			code := serve(f, from(t, addr+":1").WithContext(ctx)).Code
			assert.Zero(t, time.Since(start))
			return code
		}
		pass := func(d time.Duration) {
			time.Sleep(d)
			synctest.Wait()
		}
		for range 10 { // until a list is known nobody is a stranger
			require.Equal(t, 200, get("8.8.8.8"))
		}
		synctest.Wait()
		require.EqualValues(t, 1, loads.Load(), "one at a time")
		pass(2 * time.Second)
		require.NoError(t, ended)
		require.Equal(t, 403, get("8.8.8.8"))
		require.Equal(t, 200, get("1.1.1.1"))
		require.EqualValues(t, 1, loads.Load())

		// A stranger makes it look again, no sooner than after ten minutes.
		answer = func() ([]string, error) { return []string{"8.8.8.8", "nonsense"}, nil }
		pass(10 * time.Minute)
		require.Equal(t, 200, get("1.1.1.1"))
		synctest.Wait()
		require.EqualValues(t, 1, loads.Load())
		require.Equal(t, 403, get("8.8.8.8"))
		pass(2 * time.Second)
		require.Equal(t, 200, get("8.8.8.8"))
		require.EqualValues(t, 2, loads.Load())

		// What fails leaves the old list, and is tried again after ten minutes.
		answer = func() ([]string, error) { return nil, errors.New("down") }
		pass(24 * time.Hour)
		for range 3 {
			require.Equal(t, 200, get("8.8.8.8"))
			pass(2 * time.Second)
		}
		require.EqualValues(t, 3, loads.Load())
		require.Equal(t, 200, get("8.8.8.8"))
		answer = func() ([]string, error) { return []string{}, nil }
		pass(10 * time.Minute)
		require.Equal(t, 200, get("8.8.8.8"))
		pass(2 * time.Second)
		require.EqualValues(t, 4, loads.Load())
		require.Equal(t, 200, get("8.8.8.8"))
		answer = func() ([]string, error) { panic("a fault of the program") }
		pass(10 * time.Minute)
		require.Equal(t, 200, get("8.8.8.8"))
		pass(2 * time.Second)
		require.EqualValues(t, 5, loads.Load())

		// By hand.
		answer = func() ([]string, error) { return []string{"9.9.9.9"}, nil }
		require.NoError(t, f.Refresh(t.Context()))
		require.Equal(t, 200, get("9.9.9.9"))
		answer = func() ([]string, error) { return nil, errors.New("down") }
		require.ErrorContains(t, f.Refresh(t.Context()), "down")
		answer = func() ([]string, error) { return []string{"nonsense"}, nil }
		require.ErrorContains(t, f.Refresh(t.Context()), "empty")
		require.Equal(t, 200, get("9.9.9.9"))
		synctest.Wait()
	})
}

func TestAllowIPsLoadsWhenItIsDue(t *testing.T) {
	t.Parallel()
	for addr, due := range map[string]time.Duration{"8.8.8.8:1": 10 * time.Minute, "1.1.1.1:1": 24 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			loads := 0
			f := allowIPs(t, answering(http.StatusOK), callback.AllowIPsConfig{Load: func(context.Context) ([]string, error) {
				loads++
				return []string{"1.1.1.1"}, nil
			}})
			require.NoError(t, f.Refresh(t.Context()))
			time.Sleep(due - time.Second)
			serve(f, from(t, addr))
			synctest.Wait()
			require.Equal(t, 1, loads, addr)
			time.Sleep(time.Second)
			serve(f, from(t, addr))
			synctest.Wait()
			require.Equal(t, 2, loads, addr)
		})
	}
}

func TestAllowIPsTellsOfEntriesItCannotRead(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	list := []string{"1.1.1.1"}
	f := allowIPs(t, answering(http.StatusOK), callback.AllowIPsConfig{
		Logger: textLogger(&log),
		Load:   func(context.Context) ([]string, error) { return list, nil },
	})
	require.NoError(t, f.Refresh(t.Context()))
	assert.Empty(t, log.String())
	list = []string{"1.1.1.1", "nonsense", "1.1.1"}
	require.NoError(t, f.Refresh(t.Context()))
	assert.Contains(t, log.String(), "level=WARN")
	assert.Contains(t, log.String(), "entries=2")
}

func TestAllowIPsTellsWhyItCouldNotLoad(t *testing.T) {
	t.Parallel()
	for want, load := range map[string]func() ([]string, error){
		"":                                  func() ([]string, error) { return []string{"1.1.1.1"}, nil },
		"list of addresses was not loaded":  func() ([]string, error) { return nil, errors.New("down") },
		"loading the list of addresses pan": func() ([]string, error) { panic("canary") },
	} {
		synctest.Test(t, func(t *testing.T) {
			var log strings.Builder
			f := allowIPs(t, answering(http.StatusOK), callback.AllowIPsConfig{
				Logger: textLogger(&log),
				Load:   func(context.Context) ([]string, error) { return load() },
			})
			serve(f, from(t, "8.8.8.8:1"))
			synctest.Wait()
			if want == "" {
				assert.Empty(t, log.String())
				return
			}
			assert.Contains(t, log.String(), want)
			assert.Equal(t, 1, strings.Count(log.String(), "\n"))
			assert.NotContains(t, log.String(), "canary")
		})
	}
}

func TestAllowIPsLoadHasATimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		done := make(chan time.Duration, 1)
		f := allowIPs(t, answering(http.StatusOK), callback.AllowIPsConfig{Load: func(ctx context.Context) ([]string, error) {
			<-ctx.Done()
			done <- time.Since(start)
			return nil, ctx.Err()
		}})
		serve(f, from(t, "8.8.8.8:1"))
		assert.Equal(t, 30*time.Second, <-done)
	})
}

func TestAllowIPsLoadsOneAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var loads, most, running atomic.Int64
		f := allowIPs(t, answering(http.StatusOK), callback.AllowIPsConfig{Every: time.Second, Load: func(context.Context) ([]string, error) {
			loads.Add(1)
			most.Store(max(most.Load(), running.Add(1)))
			time.Sleep(10 * time.Second)
			running.Add(-1)
			return weComList, nil
		}})
		for range 30 {
			serve(f, from(t, "8.8.8.8:1"))
			time.Sleep(1100 * time.Millisecond)
		}
		synctest.Wait()
		assert.EqualValues(t, 1, most.Load())
		assert.EqualValues(t, 3, loads.Load())
		time.Sleep(20 * time.Second)
	})
}

func TestAllowIPsErrors(t *testing.T) {
	t.Parallel()
	for want, cfg := range map[string]callback.AllowIPsConfig{
		"no Load":              {},
		"negative Every":       {Load: loadNothing, Every: -1},
		"negative Every or":    {Load: loadNothing, Hops: -1},
		"header Forwarded":     {Load: loadNothing, Header: "forwarded"},
		"1 entries of Always":  {Load: loadNothing, Always: []string{"x"}},
		"2 entries of Initial": {Load: loadNothing, Initial: []string{"x", "1.1.1.1", "1.1.1"}},
	} {
		_, err := callback.AllowIPs(answering(0), cfg)
		require.ErrorContains(t, err, want)
	}
	_, err := callback.AllowIPs(nil, callback.AllowIPsConfig{Load: loadNothing})
	require.ErrorContains(t, err, "nil handler")
}

// The check keeps the response controller of the server reachable.
func TestAllowIPsUnwraps(t *testing.T) {
	t.Parallel()
	var flushed error
	f := allowIPs(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		flushed = http.NewResponseController(w).Flush()
	}), callback.AllowIPsConfig{Initial: weComList})
	w := serve(f, from(t, "8.8.8.8:1"))
	require.NoError(t, flushed)
	assert.True(t, w.Flushed)
}
