package watermillqueue_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/callback"
	"github.com/wecom-isv/wecom/callback/watermillqueue"
)

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(*watermillqueue.Config)
		want   string
	}{
		"no topic":           {func(c *watermillqueue.Config) { c.Topic = "" }, "no Topic"},
		"no keys":            {func(c *watermillqueue.Config) { c.Keys = nil }, "no Keys"},
		"short key":          {func(c *watermillqueue.Config) { c.Keys[0].Key = secretOf("a", 16) }, `key "a": it is not 32 random bytes in base64`},
		"no base64":          {func(c *watermillqueue.Config) { c.Keys[0].Key = wecom.NewSecret("aaaaaaaaaaaaaaaa!") }, `key "a": it is not 32 random bytes in base64`},
		"unsealed":           {func(c *watermillqueue.Config) { c.Keys = append(c.Keys, wecom.AcceptUnsealed()) }, "key 2 of 2: a queue does not take unsealed events"},
		"key without an id":  {func(c *watermillqueue.Config) { c.Keys[0].ID = "" }, "key 1 of 1: the ID is not"},
		"odd key id":         {func(c *watermillqueue.Config) { c.Keys[0].ID = "a b" }, "key 1 of 1: the ID is not"},
		"long key id":        {func(c *watermillqueue.Config) { c.Keys[0].ID = strings.Repeat("a", 33) }, "key 1 of 1: the ID is not"},
		"key id twice":       {func(c *watermillqueue.Config) { c.Keys = append(c.Keys, key("a")) }, `key 2 of 2: the ID "a" is taken`},
		"negative partition": {func(c *watermillqueue.Config) { c.Partitions = -1 }, "Partitions -1 is not between 0 and 1024"},
		"many partitions":    {func(c *watermillqueue.Config) { c.Partitions = 1025 }, "Partitions 1025 is not between 0 and 1024"},
		"negative in flight": {func(c *watermillqueue.Config) { c.MaxInFlight = -1 }, "negative MaxInFlight"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config()
			tc.change(&cfg)
			q, err := watermillqueue.New(newBroker(), cfg)
			require.ErrorContains(t, err, tc.want)
			assert.NotContains(t, err.Error(), "aaaaaaaaaaaaaaaa", "the bytes of a key")
			assert.Nil(t, q)
		})
	}
	_, err := watermillqueue.New(nil, config())
	require.ErrorContains(t, err, "nil publisher")
}

func TestPain21_KeysDoNotPrint(t *testing.T) {
	t.Parallel()
	cfg := config()
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "key", cfg.Keys[0], "queue", fmt.Sprintf("%+v %#v", newQueue(t, newBroker(), cfg), cfg.Keys[0]))
	encoded, err := json.Marshal(cfg.Keys)
	require.NoError(t, err)
	printed := fmt.Sprintf("%v %+v %#v %s", cfg.Keys, cfg.Keys, cfg.Keys, cfg.Keys[0]) + log.String() + string(encoded)
	assert.NotContains(t, printed, "aaaaaaaa")
	assert.NotContains(t, printed, "97 97 97")
	assert.NotContains(t, printed, "0x61, 0x61")
	assert.NotContains(t, printed, "YWFhYWFh")
	assert.Contains(t, printed, "[secret]")
}

func TestEnqueueAndOpen(t *testing.T) {
	t.Parallel()
	for name, raw := range map[string]string{
		"xml":          string(createAuth(t).Raw),
		"json":         `{"SuiteId":"` + suiteID + `","InfoType":"create_auth","TimeStamp":"1403610513","AuthCode":"` + secret + `"}`,
		"unknown form": "<xml><Something>" + secret + "</Something></xml>",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBroker()
			q := newQueue(t, b, config())
			env := parse(t, raw)
			env.App = "an app"
			require.NoError(t, q.Enqueue(t.Context(), env))

			msgs := b.waiting(topic)
			require.Len(t, msgs, 1)
			assert.NotContains(t, string(msgs[0].Payload), secret)
			assert.NotContains(t, string(msgs[0].Payload), suiteID)
			assert.Equal(t, string(env.Kind), msgs[0].Metadata.Get(watermillqueue.MetadataKind))
			assert.Regexp(t, "^[0-9a-f]{16}$", msgs[0].Metadata.Get(watermillqueue.MetadataOrder))
			assert.Len(t, msgs[0].Metadata, 2)

			msgs[0].Metadata.Set(watermillqueue.MetadataKind, "forged") // must not matter
			got, err := q.Open(msgs[0])
			require.NoError(t, err)
			assert.Equal(t, env, got)
		})
	}
}

// sealed returns a payload for createAuth.
func sealed(tb testing.TB, cfg watermillqueue.Config) message.Payload {
	tb.Helper()
	b := newBroker()
	require.NoError(tb, newQueue(tb, b, cfg).Enqueue(tb.Context(), createAuth(tb)))
	return b.waiting(cfg.Topic)[0].Payload
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	q := newQueue(t, newBroker(), config())
	good := sealed(t, config())
	open := func(payload message.Payload) error {
		_, err := q.Open(message.NewMessage("", payload))
		return err
	}
	require.NoError(t, open(good))
	for i := range good {
		bad := append(message.Payload{}, good...)
		bad[i] ^= 0x40
		err := open(bad)
		require.Error(t, err, "byte %d changed", i)
		assert.True(t, errors.Is(err, wecom.ErrNotSealed) || errors.Is(err, wecom.ErrSealKeyUnknown) || errors.Is(err, wecom.ErrSealBroken))
		require.Error(t, open(good[:i]), "cut to %d bytes", i)
	}
	require.ErrorIs(t, open([]byte("hello")), wecom.ErrNotSealed)
	require.ErrorIs(t, open(nil), wecom.ErrNotSealed)

	other := config()
	other.Topic = "another"
	_, err := newQueue(t, newBroker(), other).Open(message.NewMessage("", good))
	require.ErrorIs(t, err, wecom.ErrSealBroken, "an event of another topic")

	same := config()
	same.Keys[0].Key = key("b").Key
	_, err = newQueue(t, newBroker(), same).Open(message.NewMessage("", good))
	require.ErrorIs(t, err, wecom.ErrSealBroken, "the same key id, another key")
}

func TestKeysAreRotated(t *testing.T) {
	t.Parallel()
	with := func(ids ...string) watermillqueue.Config {
		cfg := config()
		cfg.Keys = nil
		for _, id := range ids {
			cfg.Keys = append(cfg.Keys, key(id))
		}
		return cfg
	}
	open := func(cfg watermillqueue.Config, payload message.Payload) error {
		_, err := newQueue(t, newBroker(), cfg).Open(message.NewMessage("", payload))
		return err
	}
	first, second := sealed(t, with("a", "b")), sealed(t, with("b", "a"))
	require.NoError(t, open(with("b", "a"), first), "the old key still opens")
	require.NoError(t, open(with("a", "b"), second), "the new key opens before it seals")
	require.NoError(t, open(with("b"), second), "the first key is the one that seals")
	err := open(with("b"), first)
	require.ErrorIs(t, err, wecom.ErrSealKeyUnknown)
	refused, ok := errors.AsType[*wecom.SealError](err)
	require.True(t, ok)
	assert.Equal(t, []string{topic, "a"}, []string{refused.Name, refused.KeyID})
	again := sealed(t, with("a", "b"))
	assert.NotEqual(t, first, again, "no two events look alike")
}

func TestPartitions(t *testing.T) {
	t.Parallel()
	b := newBroker()
	cfg := config()
	cfg.Partitions = 4
	q := newQueue(t, b, cfg)
	require.Equal(t, []string{topic + "-0", topic + "-1", topic + "-2", topic + "-3"}, q.Topics())
	for corp := range 40 {
		for user := range 3 {
			require.NoError(t, q.Enqueue(t.Context(), changed(t, fmt.Sprint("wp", corp), fmt.Sprint(user))))
		}
	}
	where, used := map[string]string{}, 0
	for _, topic := range q.Topics() {
		msgs := b.waiting(topic)
		used += min(len(msgs), 1)
		for _, m := range msgs {
			env, err := q.Open(m)
			require.NoError(t, err)
			if first, seen := where[env.CorpID]; seen {
				assert.Equal(t, first, topic, "one corp in two partitions")
			}
			where[env.CorpID] = topic
			order, err := watermillqueue.OrderKey(topic, m)
			require.NoError(t, err)
			assert.Equal(t, m.Metadata[watermillqueue.MetadataOrder], order)
			assert.NotContains(t, order, env.CorpID)
		}
	}
	assert.Len(t, where, 40)
	assert.Equal(t, 4, used, "partitions that got anything")
	assert.Equal(t, []string{topic}, newQueue(t, b, config()).Topics())
}

func TestPain23_EnqueueKeepsToItsTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		stuck := publisher(func(string, *message.Message) error { <-release; return nil })
		cfg := config()
		cfg.MaxInFlight = 1
		var seen journal
		cfg.Observer = seen.observe
		q := newQueue(t, stuck, cfg)

		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 900*time.Millisecond)
		defer cancel()
		require.ErrorIs(t, q.Enqueue(ctx, createAuth(t)), context.DeadlineExceeded)
		assert.Equal(t, 900*time.Millisecond, time.Since(start))
		assert.Equal(t, watermillqueue.StageEnqueue, seen.last().Stage)
		assert.Equal(t, 900*time.Millisecond, seen.last().Duration)

		require.ErrorIs(t, q.Enqueue(t.Context(), createAuth(t)), callback.ErrQueueFull, "the first is still on its way")
		close(release)
		synctest.Wait()
		require.NoError(t, q.Enqueue(t.Context(), createAuth(t)))
		require.ErrorIs(t, q.Enqueue(ctx, createAuth(t)), context.DeadlineExceeded, "no time left")
		assert.Equal(t, "enqueue! enqueue! enqueue enqueue!", seen.stages())
	})
}

func TestEnqueueReportsThePublisher(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	cfg := config()
	cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
	q := newQueue(t, publisher(func(string, *message.Message) error { return errDown }), cfg)
	require.ErrorIs(t, q.Enqueue(t.Context(), createAuth(t)), errDown)

	q = newQueue(t, publisher(func(_ string, m *message.Message) error { panic(string(m.Payload) + secret) }), cfg)
	err := q.Enqueue(t.Context(), createAuth(t))
	require.EqualError(t, err, "watermillqueue: publish: the publisher panicked with a string")
	assert.Empty(t, log.String(), "the Handler logs what Enqueue returns")
}

func FuzzOpen(f *testing.F) {
	good := sealed(f, config())
	f.Add([]byte(nil))
	f.Add([]byte{1, 1, 'a'})
	f.Add([]byte{1, 255, 'a'})
	f.Add([]byte(good))
	f.Add([]byte(good[:len(good)-1]))
	q, want := newQueue(f, newBroker(), config()), createAuth(f)
	f.Fuzz(func(t *testing.T, payload []byte) {
		env, err := q.Open(message.NewMessage("", payload))
		if err == nil { // only what the queue itself has sealed
			assert.Equal(t, want, env)
		}
	})
}
