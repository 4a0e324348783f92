package callback_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/callback"
)

func newPool(tb testing.TB, mux *callback.Mux, cfg callback.PoolConfig) *callback.Pool {
	tb.Helper()
	p, err := callback.NewPool(mux, cfg)
	require.NoError(tb, err)
	return p
}

func TestPoolDrains(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var running, most, done int
		var mux callback.Mux
		mux.Fallback(func(context.Context, callback.Envelope) error {
			mu.Lock()
			running++
			most = max(most, running)
			mu.Unlock()
			<-time.After(time.Second) // on the clock of synctest
			mu.Lock()
			defer mu.Unlock()
			running--
			done++
			return nil
		})
		pool := newPool(t, &mux, callback.PoolConfig{Workers: 3, Depth: 10})
		start := time.Now()
		for range 9 {
			require.NoError(t, pool.Enqueue(t.Context(), parse(t, ticketEvent("t"))))
		}
		require.NoError(t, pool.Shutdown(t.Context()))
		assert.Equal(t, 9, done)
		assert.Equal(t, 3, most)
		assert.Equal(t, 3*time.Second, time.Since(start))
		require.ErrorIs(t, pool.Enqueue(t.Context(), callback.Envelope{}), callback.ErrQueueClosed)
		require.NoError(t, pool.Shutdown(t.Context()))
	})
}

func TestPoolIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var mux callback.Mux
		mux.Fallback(func(context.Context, callback.Envelope) error {
			<-release
			return nil
		})
		pool := newPool(t, &mux, callback.PoolConfig{Workers: 2, Depth: 3})
		env := parse(t, ticketEvent("t"))
		for range 2 {
			require.NoError(t, pool.Enqueue(t.Context(), env))
		}
		synctest.Wait()
		for range 3 {
			require.NoError(t, pool.Enqueue(t.Context(), env))
		}
		assert.Equal(t, 3, pool.Len())
		require.ErrorIs(t, pool.Enqueue(t.Context(), env), callback.ErrQueueFull)
		close(release)
		synctest.Wait()
		require.NoError(t, pool.Enqueue(t.Context(), env))
		require.NoError(t, pool.Shutdown(t.Context()))
	})
}

func TestPoolShutdownGivesUpInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mux callback.Mux
		callback.On(&mux, func(ctx context.Context, _ callback.Envelope, _ callback.CancelAuth) error {
			<-ctx.Done()
			return context.Cause(ctx)
		})
		var mu sync.Mutex
		undone := make(map[string]error)
		pool := newPool(t, &mux, callback.PoolConfig{Workers: 1, Timeout: -1, OnError: func(_ context.Context, env callback.Envelope, err error) {
			mu.Lock()
			defer mu.Unlock()
			undone[env.Receiver] = err
		}})
		for _, receiver := range []string{"first", "second", "third"} {
			env := parse(t, suiteEvent("cancel_auth", ""))
			env.Receiver = receiver
			require.NoError(t, pool.Enqueue(t.Context(), env))
			synctest.Wait()
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		start := time.Now()
		err := pool.Shutdown(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "2 events")
		assert.Equal(t, 5*time.Second, time.Since(start))
		synctest.Wait() // the running one has met the end of its context
		mu.Lock()
		defer mu.Unlock()
		assert.Equal(t, map[string]error{"first": context.Canceled, "second": callback.ErrQueueClosed, "third": callback.ErrQueueClosed}, undone)
		require.ErrorContains(t, pool.Shutdown(t.Context()), "2 events")
	})
}

func TestPoolReportsErrorsAndPanics(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		type key struct{}
		failure := errors.New("no")
		answered := make(chan struct{})
		var mux callback.Mux
		callback.On(&mux, func(ctx context.Context, _ callback.Envelope, _ callback.CancelAuth) error {
			<-answered
			assert.Equal(t, "trace", ctx.Value(key{}))
			require.NoError(t, ctx.Err())
			deadline, _ := ctx.Deadline()
			assert.Equal(t, time.Minute, time.Until(deadline))
			return failure
		})
		callback.On(&mux, func(_ context.Context, _ callback.Envelope, ev callback.CreateAuth) error { panic(string(ev.AuthCode)) })
		var log bytes.Buffer
		var got []error
		pool := newPool(t, &mux, callback.PoolConfig{Workers: 1, Logger: slog.New(slog.NewTextHandler(&log, nil)), OnError: func(ctx context.Context, env callback.Envelope, err error) {
			assert.Equal(t, "trace", ctx.Value(key{}))
			assert.NotEmpty(t, env.Raw)
			got = append(got, err)
		}})
		ctx, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, "trace"))
		require.NoError(t, pool.Enqueue(ctx, parse(t, suiteEvent("create_auth", "<AuthCode>canary</AuthCode>"))))
		require.NoError(t, pool.Enqueue(ctx, parse(t, suiteEvent("cancel_auth", ""))))
		cancel() // the answer has gone out
		close(answered)
		require.NoError(t, pool.Shutdown(t.Context()))
		require.Len(t, got, 2)
		_, ok := errors.AsType[*callback.PanicError](got[0])
		assert.True(t, ok)
		assert.Equal(t, failure, got[1])
		assert.Contains(t, log.String(), "suite:create_auth")
		assert.Contains(t, log.String(), "suite:cancel_auth")
		assert.NotContains(t, log.String(), "canary")
	})
}

func TestPoolTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var got error
		var mux callback.Mux
		mux.Fallback(func(ctx context.Context, _ callback.Envelope) error {
			<-ctx.Done()
			got = ctx.Err()
			return nil
		})
		pool := newPool(t, &mux, callback.PoolConfig{Workers: 1, Timeout: time.Second})
		start := time.Now()
		require.NoError(t, pool.Enqueue(t.Context(), parse(t, ticketEvent("t"))))
		require.NoError(t, pool.Shutdown(t.Context()))
		require.ErrorIs(t, got, context.DeadlineExceeded)
		assert.Equal(t, time.Second, time.Since(start))
	})
}

func TestPoolWhileShuttingDown(t *testing.T) {
	t.Parallel()
	var handled, taken atomic.Int64
	var mux callback.Mux
	mux.Fallback(func(context.Context, callback.Envelope) error {
		handled.Add(1)
		return nil
	})
	pool := newPool(t, &mux, callback.PoolConfig{Workers: 4, Depth: 16})
	env := parse(t, ticketEvent("t"))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				switch err := pool.Enqueue(context.Background(), env); {
				case err == nil:
					taken.Add(1)
				case errors.Is(err, callback.ErrQueueClosed):
					return
				}
			}
		})
	}
	for taken.Load() < 100 {
		require.NoError(t, t.Context().Err())
	}
	require.NoError(t, pool.Shutdown(t.Context()))
	wg.Wait()
	assert.Equal(t, taken.Load(), handled.Load())
}

func TestNewPoolErrors(t *testing.T) {
	t.Parallel()
	_, err := callback.NewPool(nil, callback.PoolConfig{})
	require.ErrorContains(t, err, "nil Mux")
	_, err = callback.NewPool(new(callback.Mux), callback.PoolConfig{Workers: -1})
	require.ErrorContains(t, err, "negative")
}

// TestQueueAcrossProcesses shows what a durable queue has to carry.
func TestQueueAcrossProcesses(t *testing.T) {
	t.Parallel()
	for _, message := range []string{
		suiteEvent("create_auth", "<AuthCode>code</AuthCode><State>s</State>"),
		`{"SuiteId":"` + suiteID + `","InfoType":"create_auth","TimeStamp":1403610513,"AuthCode":"code","State":"s"}`,
	} {
		var got callback.CreateAuth
		var envelope callback.Envelope
		var consumer callback.Mux
		callback.On(&consumer, func(_ context.Context, env callback.Envelope, ev callback.CreateAuth) error {
			got, envelope = ev, env
			return nil
		})
		queue := new(durableQueue)
		cfg := accountA.config()
		cfg.Queue = queue
		var producer callback.Mux // no handler on this side
		requireSuccess(t, delivery{account: accountA, message: message}.post(t, newHandler(t, cfg, &producer)))
		env, err := callback.Parse(queue.raw, queue.receiver)
		require.NoError(t, err)
		require.NoError(t, consumer.Dispatch(t.Context(), env))
		assert.EqualValues(t, "code", got.AuthCode)
		assert.Equal(t, queue.sent, envelope)
	}
}

type durableQueue struct {
	raw      []byte
	receiver string
	sent     callback.Envelope
}

func (q *durableQueue) Enqueue(_ context.Context, env callback.Envelope) error {
	q.raw, q.receiver, q.sent = bytes.Clone(env.Raw), env.Receiver, env
	return nil
}
