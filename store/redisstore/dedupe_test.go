package redisstore_test

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/callback"
	"github.com/wecom-isv/wecom/store/redisstore"
)

// deduped dispatches one event as WeCom's tries do, through a Mux that drops
// repetitions by a filter on client, and counts how often it is handled.
type deduped struct {
	mux     callback.Mux
	handled atomic.Int32
	fails   atomic.Int32 // so many times the handler fails first
}

func newDeduped(t *testing.T, client redis.UniversalClient) *deduped {
	t.Helper()
	store, err := redisstore.New(client, redisstore.Config{})
	require.NoError(t, err)
	filter, err := store.Filter(redisstore.FilterConfig{})
	require.NoError(t, err)
	d := new(deduped)
	d.mux.Dedupe(callback.DedupeConfig{Filter: filter})
	d.mux.Fallback(func(context.Context, callback.Envelope) error {
		d.handled.Add(1)
		if d.fails.Add(-1) >= 0 {
			return errors.New("handler failed")
		}
		return nil
	})
	return d
}

func (d *deduped) try(t *testing.T) error {
	t.Helper()
	env, err := callback.Parse([]byte("<xml><SuiteId>s</SuiteId><InfoType>create_auth</InfoType><AuthCode>c</AuthCode></xml>"), "s")
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 900*time.Millisecond) // of an authorisation event
	defer cancel()
	return d.mux.Dispatch(ctx, env)
}

func TestPain23_EventIsHandledThoughRedisHangs(t *testing.T) {
	t.Parallel()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for { // connections that are never answered
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { _ = conn.Close() })
		}
	}()
	client := redis.NewClient(&redis.Options{Addr: listener.Addr().String(), ContextTimeoutEnabled: true, MaxRetries: 1, DialerRetries: 1})
	t.Cleanup(func() { _ = client.Close() })
	d := newDeduped(t, client)
	require.NoError(t, d.try(t))
	assert.EqualValues(t, 1, d.handled.Load())
}

// loseReply lets the first script run and loses its reply.
type loseReply struct{ done atomic.Bool }

func (*loseReply) DialHook(next redis.DialHook) redis.DialHook { return next }

func (*loseReply) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func (l *loseReply) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		err := next(ctx, cmd)
		ran := err == nil || errors.Is(err, redis.Nil)
		if name := cmd.Name(); (name == "evalsha" || name == "eval") && ran && l.done.CompareAndSwap(false, true) {
			cmd.SetErr(errors.New("connection reset by peer"))
			return cmd.Err()
		}
		return err
	}
}

// The store holds the key, its reply is lost, the handler fails: the repetition
// must not wait for somebody who is not at work.
func TestRepetitionIsHandledAfterALostReply(t *testing.T) {
	t.Parallel()
	client := redis.NewClient(&redis.Options{Addr: miniredis.RunT(t).Addr(), ContextTimeoutEnabled: true})
	t.Cleanup(func() { _ = client.Close() })
	client.AddHook(new(loseReply))
	d := newDeduped(t, client)
	d.fails.Store(1)
	require.Error(t, d.try(t))
	require.NoError(t, d.try(t))
	assert.EqualValues(t, 2, d.handled.Load())
	require.NoError(t, d.try(t))
	assert.EqualValues(t, 2, d.handled.Load(), "now it is dealt with")
}
