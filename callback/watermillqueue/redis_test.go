package watermillqueue_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill-redisstream/pkg/redisstream"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/callback"
	"github.com/wecom-isv/wecom/callback/watermillqueue"
	"github.com/wecom-isv/wecom/wecomtest"
)

const group = "wecom"

// realRedis returns the address of a Redis server that tests may use, or skips
// the test. WECOM_TEST_REDIS is the address; when WECOM_TEST_REQUIRE names redis,
// a missing one is a failure.
func realRedis(t *testing.T) string {
	t.Helper()
	address := os.Getenv("WECOM_TEST_REDIS")    //nolint:forbidigo // how tests are told about servers
	required := os.Getenv("WECOM_TEST_REQUIRE") //nolint:forbidigo // the same
	if address == "" && slices.Contains(strings.Split(required, ","), "redis") {
		t.Fatal("WECOM_TEST_REQUIRE wants redis, but WECOM_TEST_REDIS names no server")
	}
	if address == "" {
		t.Skip("needs a Redis server: set WECOM_TEST_REDIS to its address")
	}
	return address
}

// onRedis runs f on miniredis, and on a real Redis if there is one.
func onRedis(t *testing.T, f func(t *testing.T, address, topic string)) {
	t.Helper()
	t.Run("miniredis", func(t *testing.T) {
		t.Parallel()
		f(t, miniredis.RunT(t).Addr(), topic)
	})
	t.Run("redis", func(t *testing.T) {
		t.Parallel()
		address := realRedis(t)
		own := topic + "-" + rand.Text()
		t.Cleanup(func() { removeStreams(t, address, own) })
		f(t, address, own)
	})
}

// removeStreams deletes the keys of one test.
func removeStreams(t *testing.T, address, prefix string) {
	t.Helper()
	client := redisClient(address)
	defer func() { assert.NoError(t, client.Close()) }()
	ctx := context.WithoutCancel(t.Context())
	keys, err := client.Keys(ctx, prefix+"*").Result()
	assert.NoError(t, err)
	if len(keys) > 0 {
		assert.NoError(t, client.Del(ctx, keys...).Err())
	}
}

func redisClient(address string) *redis.Client { return redis.NewClient(&redis.Options{Addr: address}) }

func redisPublisher(t *testing.T, address string) *redisstream.Publisher {
	t.Helper()
	p, err := redisstream.NewPublisher(redisstream.PublisherConfig{
		Client: redisClient(address), Marshaller: watermillqueue.RedisMarshaller{},
	}, nil)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, p.Close()) })
	return p
}

func redisSubscriber(t *testing.T, address string, maxIdle time.Duration) *redisstream.Subscriber {
	t.Helper()
	s, err := redisstream.NewSubscriber(redisstream.SubscriberConfig{
		Client: redisClient(address), Unmarshaller: watermillqueue.RedisMarshaller{},
		ConsumerGroup: group, Consumer: "test", MaxIdleTime: maxIdle,
		BlockTime: 20 * time.Millisecond, ClaimInterval: 50 * time.Millisecond,
		DisableIndefiniteInitialBlock: true,
	}, nil)
	require.NoError(t, err)
	return s
}

// run runs a consumer on Redis and returns the function that ends it.
func run(t *testing.T, q *watermillqueue.Queue, s *redisstream.Subscriber, mux *callback.Mux, cfg watermillqueue.ConsumerConfig) (stop func()) {
	t.Helper()
	router, err := message.NewRouter(message.RouterConfig{}, nil)
	require.NoError(t, err)
	require.NoError(t, q.Handle(router, s, mux, cfg))
	ran := make(chan error, 1)
	go func() { ran <- router.Run(context.WithoutCancel(t.Context())) }()
	<-router.Running()
	stop = sync.OnceFunc(func() {
		assert.NoError(t, router.Close())
		assert.NoError(t, <-ran)
		assert.NoError(t, s.Close())
	})
	t.Cleanup(stop)
	return stop
}

// pending returns how many entries of the streams were delivered and not acknowledged.
func pending(t *testing.T, client *redis.Client, topics []string) (n int64) {
	t.Helper()
	for _, topic := range topics {
		p, err := client.XPending(t.Context(), topic, group).Result()
		require.NoError(t, err)
		n += p.Count
	}
	return n
}

// Pushed by the simulator, through the Handler and Redis, to the handlers of a Mux:
// each event once, those of a corp in their order, two corps at the same time.
func TestRedisEndToEnd(t *testing.T) {
	t.Parallel()
	onRedis(t, func(t *testing.T, address, topic string) {
		cfg := config()
		cfg.Topic, cfg.Partitions = topic, 4
		q := newQueue(t, redisPublisher(t, address), cfg)

		var mu sync.Mutex
		got := map[string][]string{}
		var total atomic.Int64
		var mux callback.Mux
		mux.Fallback(func(_ context.Context, env callback.Envelope) error {
			var user struct {
				UserID string `xml:"UserID"`
			}
			if err := env.Decode(&user); err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			got[env.CorpID] = append(got[env.CorpID], user.UserID)
			total.Add(1)
			return nil
		})

		p := wecomtest.NewPlatform(t)
		app := p.NewApp(wecomtest.AppConfig{CallbackURL: "http://receiver.test/command"})
		h, err := callback.NewHandler(callback.Config{
			Token: app.Token, AESKey: app.AESKey, Receivers: []string{app.ID}, Queue: q,
		}, &mux)
		require.NoError(t, err)
		p.Handle("receiver.test", h)

		const corps, users = 5, 10
		var pushing sync.WaitGroup
		for corp := range corps {
			pushing.Go(func() {
				for user := range users {
					event := changed(t, fmt.Sprint("wp", corp), fmt.Sprint(user))
					_, err := p.Push(t.Context(), app.CommandTarget(), event.Raw)
					assert.NoError(t, err)
				}
			})
		}
		stop := run(t, q, redisSubscriber(t, address, time.Minute), &mux, watermillqueue.ConsumerConfig{})
		pushing.Wait()
		require.Eventually(t, func() bool { return total.Load() >= corps*users }, 10*time.Second, 5*time.Millisecond)
		stop()

		require.Len(t, got, corps)
		for corp, users := range got {
			assert.Equal(t, []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}, users, corp)
		}
		client := redisClient(address)
		defer func() { assert.NoError(t, client.Close()) }()
		assert.Zero(t, pending(t, client, q.Topics()), "everything is acknowledged")
	})
}

// An entry that nobody of us wrote, and one that the default marshaller wrote, end
// no subscription.
func TestRedisForeignEntries(t *testing.T) {
	t.Parallel()
	onRedis(t, func(t *testing.T, address, topic string) {
		cfg := config()
		cfg.Topic = topic
		q := newQueue(t, redisPublisher(t, address), cfg)
		client := redisClient(address)
		defer func() { assert.NoError(t, client.Close()) }()
		require.NoError(t, client.XAdd(t.Context(), &redis.XAddArgs{Stream: topic, Values: []string{"hello", "world"}}).Err())
		entry, err := redisstream.DefaultMarshallerUnmarshaller{}.Marshal(topic, message.NewMessage("by default", sealed(t, cfg)))
		require.NoError(t, err)
		require.NoError(t, client.XAdd(t.Context(), &redis.XAddArgs{Stream: topic, Values: entry}).Err())

		var handled atomic.Int64
		var mux callback.Mux
		callback.On(&mux, func(context.Context, callback.Envelope, callback.CreateAuth) error { handled.Add(1); return nil })
		stop := run(t, q, redisSubscriber(t, address, time.Minute), &mux, watermillqueue.ConsumerConfig{})
		require.Eventually(t, func() bool { return handled.Load() == 1 }, 10*time.Second, 5*time.Millisecond)
		stop()

		dead, err := client.XRange(t.Context(), topic+"-poison", "-", "+").Result()
		require.NoError(t, err)
		require.Len(t, dead, 1)
		assert.Equal(t, "world", dead[0].Values["meta:hello"], "nothing of it is lost")
		assert.Equal(t, "watermillqueue: the event cannot be opened: wecom: the stored value of "+topic+": it is not sealed", dead[0].Values["meta:reason_poisoned"])
		assert.Equal(t, topic, dead[0].Values["meta:topic_poisoned"])
		assert.Zero(t, pending(t, client, []string{topic}))
	})
}

// An event that the first process could not finish is handled by the next one.
func TestRedisUnfinishedEventComesBack(t *testing.T) {
	t.Parallel()
	onRedis(t, func(t *testing.T, address, topic string) {
		cfg := config()
		cfg.Topic = topic
		q := newQueue(t, redisPublisher(t, address), cfg)
		require.NoError(t, q.Enqueue(t.Context(), createAuth(t)))
		const maxIdle = 200 * time.Millisecond

		tried := make(chan struct{}, 1)
		var first callback.Mux
		first.Fallback(func(context.Context, callback.Envelope) error {
			tried <- struct{}{}
			return errors.New("not today")
		})
		stop := run(t, q, redisSubscriber(t, address, maxIdle), &first, watermillqueue.ConsumerConfig{Delay: time.Hour, MaxDelay: time.Hour})
		<-tried
		stop()

		handled := make(chan callback.Envelope, 1)
		var second callback.Mux
		second.Fallback(func(_ context.Context, env callback.Envelope) error { handled <- env; return nil })
		stop = run(t, q, redisSubscriber(t, address, maxIdle), &second, watermillqueue.ConsumerConfig{})
		select {
		case env := <-handled:
			assert.Equal(t, createAuth(t), env)
		case <-time.After(10 * time.Second):
			t.Fatal("the event did not come back")
		}
		stop()
	})
}

func TestRedisMarshaller(t *testing.T) {
	t.Parallel()
	m := watermillqueue.RedisMarshaller{}
	want := message.NewMessage("id", []byte("payload\x00\xff"))
	want.Metadata.Set("a", "1")
	want.Metadata.Set("uuid", "not the id")
	entry, err := m.Marshal(topic, want)
	require.NoError(t, err)
	for k, v := range entry { // as Redis gives it back
		if b, ok := v.([]byte); ok {
			entry[k] = string(b)
		}
	}
	got, err := m.Unmarshal(entry)
	require.NoError(t, err)
	assert.True(t, want.Equals(got), "%v", got)

	got, err = m.Unmarshal(map[string]any{"n": 5, "payload": nil})
	require.NoError(t, err)
	assert.Equal(t, "5", got.Metadata.Get("n"))
}

// drainedStreams reports whether every entry of the streams was delivered and
// acknowledged.
func drainedStreams(t *testing.T, client *redis.Client, topics []string) bool {
	t.Helper()
	for _, topic := range topics {
		groups, err := client.XInfoGroups(t.Context(), topic).Result()
		require.NoError(t, err)
		for _, g := range groups {
			if g.Lag != 0 || g.Pending != 0 {
				return false
			}
		}
	}
	return true
}
