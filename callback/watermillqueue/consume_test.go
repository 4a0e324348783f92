package watermillqueue_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/message/router/middleware"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/callback"
	"github.com/wecom-isv/wecom/callback/watermillqueue"
)

const poison = topic + "-poison"

// bench is a queue, a broker and a running consumer, inside a synctest bubble.
type bench struct {
	*watermillqueue.Queue
	broker *broker
	mux    callback.Mux
	seen   journal
	log    lockedBuilder
	router *message.Router
	ran    chan error
}

type lockedBuilder struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lockedBuilder) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuilder) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// newBench prepares a queue; start runs its consumer.
func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{broker: newBroker(), ran: make(chan error, 1)}
	cfg := config()
	cfg.Observer = b.seen.observe
	cfg.Logger = slog.New(slog.NewTextHandler(&b.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	b.Queue = newQueue(t, b.broker, cfg)
	return b
}

func (b *bench) start(t *testing.T, cfg watermillqueue.ConsumerConfig) {
	t.Helper()
	everything := slog.New(slog.NewTextHandler(&b.log, &slog.HandlerOptions{Level: slog.LevelDebug - 8}))
	router, err := message.NewRouter(message.RouterConfig{}, watermill.NewSlogLogger(everything))
	require.NoError(t, err)
	b.router = router
	require.NoError(t, b.Handle(router, b.broker, &b.mux, cfg))
	go func() { b.ran <- router.Run(context.WithoutCancel(t.Context())) }()
	<-router.Running()
}

// close closes the router and returns how long it took.
func (b *bench) close(t *testing.T) time.Duration {
	t.Helper()
	start := time.Now()
	require.NoError(t, b.router.Close())
	require.NoError(t, <-b.ran)
	return time.Since(start)
}

// inBubble runs f with a clock of its own.
func inBubble(t *testing.T, f func(*testing.T, *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(t, newBench(t)) })
}

func TestHandle(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, b *bench) {
		var got callback.Envelope
		callback.On(&b.mux, func(ctx context.Context, env callback.Envelope, ev callback.CreateAuth) error {
			deadline, _ := ctx.Deadline()
			assert.Equal(t, 10*time.Second, time.Until(deadline))
			assert.Equal(t, secret, string(ev.AuthCode))
			time.Sleep(3 * time.Second)
			got = env
			return nil
		})
		env := createAuth(t)
		require.NoError(t, b.Enqueue(t.Context(), env))
		time.Sleep(10 * time.Second) // nobody was there to handle it
		b.start(t, watermillqueue.ConsumerConfig{})
		time.Sleep(time.Minute)
		b.close(t)

		assert.Equal(t, env, got)
		acked, nacked := b.broker.counts()
		assert.Equal(t, []int{1, 0}, []int{acked, nacked})
		assert.Empty(t, b.broker.waiting(poison))
		assert.Equal(t, "enqueue try", b.seen.stages())
		last := b.seen.last()
		assert.Equal(t, watermillqueue.Info{
			Stage: watermillqueue.StageTry, Kind: callback.KindCreateAuth, Topic: topic,
			Try: 1, Duration: 3 * time.Second, Age: last.Age,
		}, last)
		assert.InDelta(t, 13, last.Age.Seconds(), 0.002)
	})
}

func TestRetriesBackOff(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, b *bench) {
		var at []time.Time
		callback.On(&b.mux, func(context.Context, callback.Envelope, callback.CreateAuth) error {
			at = append(at, time.Now())
			if len(at) < 4 {
				return errors.New("not yet")
			}
			return nil
		})
		require.NoError(t, b.Enqueue(t.Context(), createAuth(t)))
		b.start(t, watermillqueue.ConsumerConfig{Tries: 4, Delay: time.Second, MaxDelay: 2 * time.Second})
		time.Sleep(time.Minute)
		b.close(t)

		require.Len(t, at, 4)
		for i, want := range []time.Duration{time.Second, 2 * time.Second, 2 * time.Second} {
			assert.InDelta(t, want.Seconds(), at[i+1].Sub(at[i]).Seconds(), want.Seconds()/2+0.001, "delay %d", i+1)
		}
		assert.Equal(t, "enqueue try! try! try! try", b.seen.stages())
		assert.Equal(t, 4, b.seen.last().Try)
		assert.Empty(t, b.broker.waiting(poison))
	})
}

// wrong is create_auth with a field that its text does not fit.
type wrong struct {
	AuthCode int `xml:"AuthCode"`
}

func (wrong) Kind() callback.Kind { return callback.KindCreateAuth }

func TestPoison(t *testing.T) {
	t.Parallel()
	failing := func(err error) func(*callback.Mux) {
		return func(m *callback.Mux) {
			callback.On(m, func(context.Context, callback.Envelope, callback.CreateAuth) error { return err })
		}
	}
	refused := &wecom.Error{Op: "/cgi-bin/service/get_permanent_code", Code: 45009, Message: secret}
	for name, tc := range map[string]struct {
		handler func(*callback.Mux)
		cfg     watermillqueue.ConsumerConfig
		payload message.Payload // instead of an event
		stages  string
		reason  string
	}{
		"error": {
			handler: failing(errors.New("cannot use " + secret)), stages: "try! try! try! poison!",
			reason: "not handled in 3 tries: error of type *errors.errorString",
		},
		"refused by WeCom": {
			handler: failing(fmt.Errorf("install %s: %w", secret, refused)), stages: "try! try! try! poison!",
			reason: "not handled in 3 tries: errcode 45009",
		},
		"permanent": {
			handler: failing(fmt.Errorf("x: %w", watermillqueue.Permanent(errors.New(secret)))), stages: "try! poison!",
			reason: "not handled in 1 try: error of type *errors.errorString",
		},
		"permanent with a code": {
			handler: failing(watermillqueue.Permanent(refused)), stages: "try! poison!",
			reason: "not handled in 1 try: errcode 45009",
		},
		"panic": {
			handler: func(m *callback.Mux) {
				callback.On(m, func(_ context.Context, _ callback.Envelope, ev callback.CreateAuth) error {
					panic("lost " + string(ev.AuthCode))
				})
			},
			stages: "try! try! try! poison!",
			reason: `not handled in 3 tries: callback: handler of "suite:create_auth" panicked with a string`,
		},
		"message does not fit": {
			handler: func(m *callback.Mux) {
				callback.On(m, func(context.Context, callback.Envelope, wrong) error { return nil })
			},
			stages: "try! poison!",
			reason: `not handled in 1 try: callback: decode "suite:create_auth": `,
		},
		"out of time": {
			handler: func(m *callback.Mux) {
				callback.On(m, func(ctx context.Context, _ callback.Envelope, _ callback.CreateAuth) error {
					<-ctx.Done()
					return fmt.Errorf("%s: %w", secret, ctx.Err())
				})
			},
			stages: "try! try! try! poison!", reason: "not handled in 3 tries: out of time",
		},
		"own reason": {
			handler: failing(refused), stages: "try! try! try! poison!", reason: "not handled in 3 tries: too many calls",
			cfg: watermillqueue.ConsumerConfig{Reason: func(err error) string {
				if errors.Is(err, wecom.ErrRateLimited) {
					return "too many calls"
				}
				return "other"
			}},
		},
		"unknown key": {
			payload: sealed(t, watermillqueue.Config{Topic: topic, Keys: []wecom.SealKey{key("z")}}), stages: "poison!",
			reason: `the event cannot be opened: wecom: the stored value of wecom-callbacks, key "z": it is sealed under a key that was not given`,
		},
		"broken seal": {
			payload: sealed(t, watermillqueue.Config{Topic: "another", Keys: config().Keys}), stages: "poison!",
			reason: `the event cannot be opened: wecom: the stored value of wecom-callbacks, key "a": it does not open`,
		},
		"not an event": {
			payload: message.Payload(`{"hello":"` + secret + `"}`), stages: "poison!",
			reason: "the event cannot be opened: wecom: the stored value of wecom-callbacks: it is not sealed",
		},
		"not a message": {
			payload: sealedRaw(t, "<xml><a>"+secret+"</b></xml>"), stages: "poison!", reason: "the event is neither XML nor JSON",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T, b *bench) {
				if tc.handler != nil {
					tc.handler(&b.mux)
				}
				if tc.payload == nil {
					tc.payload = sealed(t, config())
				}
				require.NoError(t, b.broker.Publish(topic, message.NewMessage("the id", tc.payload)))
				tc.cfg.Tries = 3
				b.start(t, tc.cfg)
				time.Sleep(5 * time.Minute)
				b.close(t)

				assert.Equal(t, tc.stages, b.seen.stages())
				acked, nacked := b.broker.counts()
				assert.Equal(t, []int{1, 0}, []int{acked, nacked}, "acknowledged once, never given back")
				dead := b.broker.waiting(poison)
				require.Len(t, dead, 1)
				assert.Equal(t, "the id", dead[0].UUID)
				assert.Equal(t, tc.payload, dead[0].Payload, "still sealed")
				assert.Equal(t, topic, dead[0].Metadata.Get(middleware.PoisonedTopicKey))
				assert.Contains(t, dead[0].Metadata.Get(middleware.ReasonForPoisonedKey), "watermillqueue: "+tc.reason)
				assert.NotContains(t, fmt.Sprint(dead[0].Metadata), secret)
				assert.Contains(t, b.log.String(), "event went to the poison topic")
			})
		})
	}
}

// What lies in the poison topic can be looked at and, when the cause is gone,
// published again.
func TestPoisonIsRepeatable(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, b *bench) {
		failure, handled := errDown, 0
		callback.On(&b.mux, func(context.Context, callback.Envelope, callback.CreateAuth) error {
			handled++
			return failure
		})
		require.NoError(t, b.Enqueue(t.Context(), createAuth(t)))
		b.start(t, watermillqueue.ConsumerConfig{Tries: 1})
		time.Sleep(time.Minute)
		dead := b.broker.waiting(poison)
		require.Len(t, dead, 1)
		env, err := b.Open(dead[0])
		require.NoError(t, err)
		assert.Equal(t, createAuth(t), env)

		failure = nil
		require.NoError(t, b.broker.Publish(dead[0].Metadata.Get(middleware.PoisonedTopicKey), dead[0]))
		time.Sleep(time.Minute)
		b.close(t)
		assert.Equal(t, 2, handled)
		assert.Equal(t, "enqueue try! poison! try", b.seen.stages())
		assert.Len(t, b.broker.waiting(poison), 1)
	})
}

// sealedRaw returns a payload for a message that Parse does not take.
func sealedRaw(t *testing.T, raw string) message.Payload {
	t.Helper()
	b := newBroker()
	require.NoError(t, newQueue(t, b, config()).Enqueue(t.Context(), callback.Envelope{Receiver: suiteID, Raw: []byte(raw)}))
	return b.waiting(topic)[0].Payload
}

// What the broker and the router see, the router's own log at its most talkative
// included, holds nothing of the event or of the handler's error. (Config.Logger
// gets the error; here there is none.)
func TestPain21_NothingSecretInBrokerOrRouter(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, b *bench) {
		b.Queue = newQueue(t, b.broker, config())
		callback.On(&b.mux, func(_ context.Context, env callback.Envelope, ev callback.CreateAuth) error {
			return fmt.Errorf("cannot use %s of %s", string(ev.AuthCode), env.Raw)
		})
		require.NoError(t, b.Enqueue(t.Context(), createAuth(t)))
		b.broker.failPoison(true)
		b.start(t, watermillqueue.ConsumerConfig{Tries: 2})
		time.Sleep(10 * time.Second) // given back again and again
		b.broker.failPoison(false)
		time.Sleep(10 * time.Second)
		b.close(t)
		dead := b.broker.waiting(poison)
		require.Len(t, dead, 1)
		require.Contains(t, b.log.String(), "Handler returned error", "the router speaks")
		for _, canary := range []string{secret, suiteID, "SuiteId", "aaaaaaaa"} {
			assert.NotContains(t, b.log.String(), canary)
			assert.NotContains(t, string(dead[0].Payload)+fmt.Sprint(dead[0].Metadata), canary)
		}
	})
}

func TestGivenBackWhenThePoisonTopicIsDown(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, b *bench) {
		foreign := message.NewMessage("foreign", []byte("no event"))
		require.NoError(t, b.broker.Publish(topic, foreign))
		require.NoError(t, b.Enqueue(t.Context(), createAuth(t)))
		var handled atomic.Int64
		b.mux.Fallback(func(context.Context, callback.Envelope) error { handled.Add(1); return nil })
		b.broker.failPoison(true)
		b.start(t, watermillqueue.ConsumerConfig{})
		time.Sleep(10*time.Second + 500*time.Millisecond)
		acked, nacked := b.broker.counts()
		assert.Equal(t, []int{0, 10}, []int{acked, nacked}, "once a second, no faster")
		assert.Zero(t, handled.Load(), "order is kept")

		b.broker.failPoison(false)
		time.Sleep(10 * time.Second)
		b.close(t)
		acked, _ = b.broker.counts()
		assert.Equal(t, 2, acked)
		assert.EqualValues(t, 1, handled.Load())
		require.Len(t, b.broker.waiting(poison), 1)
		assert.Equal(t, "foreign", b.broker.waiting(poison)[0].UUID)
		assert.Contains(t, b.seen.stages(), "return! return! poison! try")
	})
}

func TestObserverThatPanics(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, b *bench) {
		cfg := config()
		var calls atomic.Int64
		cfg.Observer = func(_ context.Context, info watermillqueue.Info) {
			if info.Stage == watermillqueue.StageTry && calls.Add(1) == 1 {
				panic(secret)
			}
		}
		cfg.Logger = slog.New(slog.NewTextHandler(&b.log, nil))
		b.Queue = newQueue(t, b.broker, cfg)
		require.NoError(t, b.Enqueue(t.Context(), createAuth(t)))
		b.start(t, watermillqueue.ConsumerConfig{})
		time.Sleep(10 * time.Second)
		b.close(t)
		acked, nacked := b.broker.counts()
		assert.Equal(t, []int{1, 1}, []int{acked, nacked})
		assert.Contains(t, b.log.String(), "panicked with a string")
		assert.NotContains(t, b.log.String(), secret)
	})
}

func TestCloseWaitsForHandlers(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, b *bench) {
		var finished bool
		callback.On(&b.mux, func(ctx context.Context, _ callback.Envelope, _ callback.CreateAuth) error {
			time.Sleep(8 * time.Second)
			finished = ctx.Err() == nil
			return nil
		})
		require.NoError(t, b.Enqueue(t.Context(), createAuth(t)))
		require.NoError(t, b.Enqueue(t.Context(), createAuth(t)))
		b.start(t, watermillqueue.ConsumerConfig{})
		time.Sleep(3 * time.Second)
		took := b.close(t)

		assert.True(t, finished, "the handler was let finish")
		acked, _ := b.broker.counts()
		assert.Equal(t, 1, acked, "and its event acknowledged")
		assert.Len(t, b.broker.waiting(topic), 1, "the next one waits for another process")
		assert.Less(t, took, 6*time.Second)
		assert.Equal(t, "enqueue enqueue try", b.seen.stages())
	})
}

func TestCloseGivesRetriesBack(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, b *bench) {
		callback.On(&b.mux, func(context.Context, callback.Envelope, callback.CreateAuth) error { return errDown })
		require.NoError(t, b.Enqueue(t.Context(), createAuth(t)))
		b.start(t, watermillqueue.ConsumerConfig{Delay: time.Hour, MaxDelay: time.Hour})
		time.Sleep(time.Second)
		assert.Less(t, b.close(t), time.Second, "nobody waits for the hour to pass")
		assert.Len(t, b.broker.waiting(topic), 1)
		assert.Empty(t, b.broker.waiting(poison), "no poison: its tries were not used up")
		assert.Equal(t, "enqueue try! return!", b.seen.stages())
	})
}

func TestCloseGivesUpOnHandlers(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, b *bench) {
		callback.On(&b.mux, func(ctx context.Context, _ callback.Envelope, _ callback.CreateAuth) error {
			<-ctx.Done()
			return ctx.Err()
		})
		require.NoError(t, b.Enqueue(t.Context(), createAuth(t)))
		b.start(t, watermillqueue.ConsumerConfig{Timeout: time.Hour, Drain: 5 * time.Second})
		time.Sleep(time.Second)
		took := b.close(t)
		assert.InDelta(t, 5, took.Seconds(), 0.5)
		assert.Len(t, b.broker.waiting(topic), 1)
		assert.Empty(t, b.broker.waiting(poison))
	})
}

func TestEndOfTheContextCloses(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, b *bench) {
		var finished atomic.Bool
		callback.On(&b.mux, func(ctx context.Context, _ callback.Envelope, _ callback.CreateAuth) error {
			time.Sleep(2 * time.Second)
			finished.Store(ctx.Err() == nil)
			return nil
		})
		require.NoError(t, b.Enqueue(t.Context(), createAuth(t)))
		router, err := message.NewRouter(message.RouterConfig{}, nil)
		require.NoError(t, err)
		require.NoError(t, b.Handle(router, b.broker, &b.mux, watermillqueue.ConsumerConfig{}))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.NoError(t, router.Run(ctx))
		assert.True(t, finished.Load())
		acked, _ := b.broker.counts()
		assert.Equal(t, 1, acked)
	})
}

func TestHandleRefuses(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	router, err := message.NewRouter(message.RouterConfig{}, nil)
	require.NoError(t, err)
	ok := watermillqueue.ConsumerConfig{}
	require.ErrorContains(t, b.Handle(nil, b.broker, &b.mux, ok), "nil router")
	require.ErrorContains(t, b.Handle(router, nil, &b.mux, ok), "nil router, subscriber")
	require.ErrorContains(t, b.Handle(router, b.broker, nil, ok), "or mux")
	require.ErrorContains(t, b.Handle(router, b.broker, &b.mux, watermillqueue.ConsumerConfig{Tries: -1}), "negative Tries")
	circle := watermillqueue.ConsumerConfig{PoisonTopic: b.Topics()[0]}
	require.ErrorContains(t, b.Handle(router, b.broker, &b.mux, circle), "PoisonTopic is a topic of the queue")
	require.NoError(t, b.Handle(router, b.broker, &b.mux, ok))
	require.ErrorContains(t, b.Handle(router, b.broker, &b.mux, ok), `a handler "wecom-callbacks" already`)
	assert.NoError(t, watermillqueue.Permanent(nil))
}

func TestHandleAddsAllHandlersOrNone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	cfg := config()
	cfg.Partitions = 3
	queue := newQueue(t, b.broker, cfg)
	router, err := message.NewRouter(message.RouterConfig{}, nil)
	require.NoError(t, err)
	router.AddConsumerHandler(queue.Topics()[1], "another", b.broker, func(*message.Message) error { return nil })
	require.ErrorContains(t, queue.Handle(router, b.broker, &b.mux, watermillqueue.ConsumerConfig{}), `a handler "wecom-callbacks-1" already`)
	assert.Len(t, router.Handlers(), 1)
}

func TestMaxHold(t *testing.T) {
	t.Parallel()
	// 5 tries of 10 s; delays of 0.5, 1, 2, 4 s and half as much on top.
	assert.Equal(t, 50*time.Second+11250*time.Millisecond, watermillqueue.ConsumerConfig{}.MaxHold())
	assert.Equal(t, 3*time.Second+3*time.Second/2+3*time.Second, watermillqueue.ConsumerConfig{
		Tries: 3, Timeout: time.Second, Delay: time.Second, MaxDelay: 2 * time.Second,
	}.MaxHold())
	assert.Zero(t, watermillqueue.ConsumerConfig{Tries: -1}.MaxHold())
}
