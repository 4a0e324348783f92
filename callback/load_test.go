package callback_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/callback"
	"github.com/wecom-isv/wecom/crypto"
)

// loadVariable makes TestLoad run, for the time it holds:
//
//	WECOM_TEST_LOAD=2m go test ./callback -run TestLoad -v
const loadVariable = "WECOM_TEST_LOAD"

// TestLoad pushes distinct events over loopback HTTP as fast as the machine takes
// them, ack-first with a pool and a duplicate filter, and prints what the answers
// took. Pusher and receiver share the machine.
func TestLoad(t *testing.T) { //nolint:paralleltest // It measures: nothing else may run.
	length, err := time.ParseDuration(os.Getenv(loadVariable)) //nolint:forbidigo // Tests may be told what to do.
	if err != nil {
		t.Skip("set " + loadVariable + " to a time, as 2m")
	}
	const (
		connections = 16
		limit       = time.Second // of WeCom's, for the answer
		repeatEvery = 10          // one push in so many is a repetition
	)
	var handled, repeats, failures atomic.Int64
	var mux callback.Mux
	callback.On(&mux, func(_ context.Context, _ callback.Envelope, ev callback.CreateAuth) error {
		if ev.AuthCode == "" {
			failures.Add(1)
		}
		handled.Add(1)
		return nil
	})
	filter, err := callback.NewMemoryFilter(callback.MemoryFilterConfig{Entries: 10_000})
	require.NoError(t, err)
	mux.Dedupe(callback.DedupeConfig{Filter: filter, OnRepeat: func(context.Context, callback.Envelope) { repeats.Add(1) }})
	pool, err := callback.NewPool(&mux, callback.PoolConfig{OnError: func(context.Context, callback.Envelope, error) { failures.Add(1) }})
	require.NoError(t, err)
	cfg := accountA.config()
	cfg.Queue = pool
	server := httptest.NewServer(newHandler(t, cfg, &mux))
	defer server.Close()
	codec, err := crypto.New(accountA.token, accountA.key)
	require.NoError(t, err)
	client := &http.Client{Transport: &http.Transport{
		MaxIdleConnsPerHost: connections,
		DialContext:         (&net.Dialer{Timeout: limit}).DialContext,
	}}

	var accepted, busy atomic.Int64
	push := func(id int64) time.Duration {
		message := suiteEvent("create_auth", fmt.Sprintf("<AuthCode>code-%d</AuthCode><State>%s</State>", id, strings.Repeat("s", 200)))
		sealed, err := codec.Seal([]byte(message), suiteID, "1403610513", "1372623149")
		if !assert.NoError(t, err) {
			return 0
		}
		body := "<xml><ToUserName><![CDATA[" + suiteID + "]]></ToUserName><Encrypt><![CDATA[" + string(sealed.Encrypt) + "]]></Encrypt></xml>"
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"?"+query(sealed), strings.NewReader(body))
		if !assert.NoError(t, err) {
			return 0
		}
		start := time.Now()
		resp, err := client.Do(r)
		if !assert.NoError(t, err) {
			return 0
		}
		answer, err := io.ReadAll(resp.Body)
		took := time.Since(start)
		assert.NoError(t, err)
		assert.NoError(t, resp.Body.Close())
		switch {
		case resp.StatusCode == http.StatusOK && bytes.Equal(answer, []byte("success")):
			accepted.Add(1)
		case resp.StatusCode == http.StatusServiceUnavailable:
			busy.Add(1)
		default:
			failures.Add(1)
		}
		return took
	}
	heap := func() float64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc) / (1 << 20)
	}

	var next atomic.Int64
	run := func(until time.Time) []time.Duration {
		var wg sync.WaitGroup
		took := make([][]time.Duration, connections)
		for i := range took {
			wg.Go(func() {
				for n := 1; time.Now().Before(until); n++ {
					id := next.Add(1)
					if n%repeatEvery == 0 {
						id -= connections
					}
					took[i] = append(took[i], push(id))
				}
			})
		}
		wg.Wait()
		return slices.Concat(took...)
	}
	run(time.Now().Add(length / 10)) // pools and filter fill
	before := heap()
	stop := make(chan struct{})
	stood := make(chan time.Duration)
	go func() { stood <- standstill(stop) }()
	start, done := time.Now(), accepted.Load()
	took := run(start.Add(length))
	elapsed := time.Since(start)
	close(stop)
	still := <-stood
	done = accepted.Load() - done
	slices.Sort(took)
	count := len(took)
	p50, p99, longest := took[count/2], took[count*99/100], took[count-1]
	after := heap()
	require.NoError(t, pool.Shutdown(t.Context()))
	t.Logf("%d pushes in %v, %.0f per second; accepted %d, queue full %d", count, elapsed.Round(time.Millisecond), float64(count)/elapsed.Seconds(), done, busy.Load())
	t.Logf("answer: p50 %v, p99 %v, longest %v; heap %.1f MiB before, %.1f MiB after", p50, p99, longest, before, after)
	t.Logf("handled %d, repetitions dropped %d; the machine kept a clock tick waiting for at most %v", handled.Load(), repeats.Load(), still)

	assert.Zero(t, failures.Load())
	assert.Less(t, longest-still, limit, "longer than a machine that is shared explains")
	assert.Equal(t, accepted.Load(), handled.Load()+repeats.Load(), "every event that was answered with success was dealt with")
	assert.Positive(t, repeats.Load())
	assert.Less(t, after, before+8, "memory is flat")
}

// standstill returns how late a clock tick was at most until stop: what other
// programs on the machine cost, or a receiver that keeps all processors to itself.
func standstill(stop <-chan struct{}) (longest time.Duration) {
	const period = 5 * time.Millisecond
	for {
		due := time.Now().Add(period)
		select {
		case <-stop:
			return longest
		case <-time.After(period):
			longest = max(longest, time.Since(due))
		}
	}
}
