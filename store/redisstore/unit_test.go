package redisstore_test

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/store/redisstore"
	"github.com/wecom-isv/wecom/suite"
)

func TestNewRefusesBadInput(t *testing.T) {
	t.Parallel()
	_, err := redisstore.New(nil, redisstore.Config{})
	require.ErrorContains(t, err, "nil")
	for _, client := range []redis.UniversalClient{
		redis.NewClient(&redis.Options{}), redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{"127.0.0.1:1"}}), redis.NewRing(&redis.RingOptions{}),
	} {
		_, err = redisstore.New(client, redisstore.Config{})
		require.ErrorContains(t, err, "ContextTimeoutEnabled")
		require.NoError(t, client.Close())
	}
	good := connect(t, "127.0.0.1:1")
	for _, prefix := range []string{"a b", "企业:", "a\n", strings.Repeat("a", 65)} {
		_, err = redisstore.New(good, redisstore.Config{Prefix: prefix})
		require.ErrorContains(t, err, "Prefix")
	}
	s := newStore(t, good)
	for _, cfg := range []redisstore.FilterConfig{{TTL: -1}, {Hold: -time.Hour}, {TTL: time.Microsecond}} {
		_, err = s.Filter(cfg)
		require.Error(t, err)
	}
	for _, ttl := range []time.Duration{0, -1, time.Microsecond} {
		_, err = s.Lock(t.Context(), "k", ttl)
		require.ErrorContains(t, err, "millisecond")
	}
}

// A lock may be wanted for a day as well as for a fetch.
func TestLockLastsAsLongAsItIsAskedFor(t *testing.T) {
	t.Parallel()
	s, m := miniStore(t)
	for _, ttl := range []time.Duration{time.Minute, time.Hour, 24 * time.Hour, 300 * 24 * time.Hour} {
		name := ttl.String()
		unlock, err := s.Lock(t.Context(), name, ttl)
		require.NoError(t, err, name)
		require.Len(t, m.Keys(), 1)
		assert.InDelta(t, ttl, m.TTL(m.Keys()[0]), float64(30*time.Second), "the server's clock runs meanwhile")
		unlock()
		assert.Empty(t, m.Keys())
	}
}

func TestPrefixesAreApart(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	a, m := miniStore(t)
	b, err := redisstore.New(connect(t, m.Addr()), redisstore.Config{})
	require.NoError(t, err)
	_, err = a.Save(ctx, "k", wecom.Token{Value: "a", Version: 1})
	require.NoError(t, err)
	_, err = b.Load(ctx, "k")
	require.ErrorIs(t, err, wecom.ErrNotCached)
	_, err = b.Save(ctx, "k", wecom.Token{Value: "b", Version: 1, ExpiresAt: time.Now().Add(time.Hour)})
	require.NoError(t, err)
	require.NoError(t, b.SaveCode(ctx, suite.PermanentCode{SuiteID: "s", CorpID: "c", Code: wecom.NewSecret("x"), At: time.Now()}))
	unlock, err := b.Lock(ctx, "k", time.Minute)
	require.NoError(t, err)
	defer unlock()
	for key, life := range map[string]bool{"wecom:token:k": true, "wecom:lock:k": true, "wecom:code:suite/s/corp/c": false} {
		require.True(t, m.Exists(key), key)
		assert.Equal(t, life, m.TTL(key) > 0, key)
	}
}

// Records of the past and of the future.
func TestStoredRecords(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s, m := miniStore(t)
	prefix := strings.TrimSuffix(keyOf(t, s, m.Keys), "token:probe")

	require.NoError(t, m.Set(prefix+"token:k", fmt.Sprintf(`{"v":1,"value":"t","version":7,"expires_at":%d,"later":true}`, time.Now().Add(time.Hour).UnixMilli())))
	got, err := s.Load(ctx, "k")
	require.NoError(t, err)
	assert.Equal(t, []any{"t", int64(7)}, []any{got.Value, got.Version})
	require.NoError(t, m.Set(prefix+"code:suite/s/corp/c", `{"v":1,"code":"p","at":1700000000000}`))
	code, err := s.LoadCode(ctx, "s", "c")
	require.NoError(t, err)
	assert.Equal(t, "p", code.Code.Reveal())
	assert.Equal(t, time.UnixMilli(1700000000000), code.At)

	for _, text := range []string{`{"v":2,"value":"canary","version":3}`, `canary`, `"canary"`, `[]`, `{}`, ``, `null`, `{"v":1}`, `{"v":1,"value":"canary","version":"x"}`} {
		require.NoError(t, m.Set(prefix+"token:k", text))
		_, err = s.Load(ctx, "k")
		require.Error(t, err, text)
		require.NotErrorIs(t, err, wecom.ErrNotCached, text)
		assert.NotContains(t, err.Error(), "canary")
		require.NoError(t, m.Set(prefix+"code:suite/s/corp/c", text))
		_, err = s.LoadCode(ctx, "s", "c")
		require.Error(t, err, text)
		require.NotErrorIs(t, err, suite.ErrNoCode, text)
		assert.NotContains(t, err.Error(), "canary")

		// What nobody can read is in nobody's way.
		saved, err := s.Save(ctx, "k", wecom.Token{Value: "new", Version: 4})
		require.NoError(t, err, text)
		assert.True(t, saved, text)
	}
	// A later format keeps version where it is, so that releases can run side by side.
	require.NoError(t, m.Set(prefix+"token:k", `{"v":2,"other":"t","version":9}`))
	saved, err := s.Save(ctx, "k", wecom.Token{Value: "old", Version: 8})
	require.NoError(t, err)
	assert.False(t, saved)
	require.NoError(t, s.Drop(ctx, "k", 8))
	assert.True(t, m.Exists(prefix+"token:k"))
}

// keyOf saves a token and returns the key that appears.
func keyOf(t *testing.T, s *redisstore.Store, keys func() []string) string {
	t.Helper()
	_, err := s.Save(t.Context(), "probe", wecom.Token{Value: "t", Version: 1})
	require.NoError(t, err)
	require.Len(t, keys(), 1)
	return keys()[0]
}

func TestBadValuesAreRefused(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s, m := miniStore(t)
	for _, value := range []string{"", "canary\xff"} {
		_, err := s.Save(ctx, "k", wecom.Token{Value: value, Version: 1})
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "canary")
		err = s.SaveCode(ctx, suite.PermanentCode{SuiteID: "s", CorpID: "c", Code: wecom.NewSecret(value)})
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "canary")
	}
	for _, ids := range [][2]string{{"", "c"}, {"s", ""}, {"s/corp/x", "c"}, {"s", "c/x"}} {
		require.Error(t, s.SaveCode(ctx, suite.PermanentCode{SuiteID: ids[0], CorpID: ids[1], Code: wecom.NewSecret("x")}))
		_, err := s.LoadCode(ctx, ids[0], ids[1])
		require.Error(t, err)
		require.Error(t, s.DropCode(ctx, suite.PermanentCode{SuiteID: ids[0], CorpID: ids[1]}))
	}
	assert.Empty(t, m.Keys())
}

func TestPain21_StoreShowsNoPassword(t *testing.T) {
	t.Parallel()
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1", Password: "canary", ContextTimeoutEnabled: true})
	defer func() { _ = client.Close() }()
	s := newStore(t, client)
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v", s, s, s), "canary")
}

func BenchmarkLoad(b *testing.B) {
	benchmark(b, func(s *redisstore.Store) error {
		_, err := s.Load(b.Context(), "suite/ww1/corp/wp1/token")
		return err
	})
}

func BenchmarkSave(b *testing.B) {
	version := int64(1)
	benchmark(b, func(s *redisstore.Store) error {
		version++
		_, err := s.Save(b.Context(), "suite/ww1/corp/wp1/token", wecom.Token{Value: strings.Repeat("t", 200), Version: version, ExpiresAt: time.Now().Add(time.Hour)})
		return err
	})
}

func BenchmarkLock(b *testing.B) {
	benchmark(b, func(s *redisstore.Store) error {
		unlock, err := s.Lock(b.Context(), "suite/ww1/corp/wp1/token", time.Minute)
		if err == nil {
			unlock()
		}
		return err
	})
}

// benchmark measures f on a Redis on loopback.
func benchmark(b *testing.B, f func(*redisstore.Store) error) {
	b.Helper()
	s, err := redisstore.New(connect(b, startServer(b).addr), redisstore.Config{})
	require.NoError(b, err)
	_, err = s.Save(b.Context(), "suite/ww1/corp/wp1/token", wecom.Token{Value: strings.Repeat("t", 200), Version: 1, ExpiresAt: time.Now().Add(time.Hour)})
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		if err := f(s); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCorps prints what a corp costs in Redis, a token of 214 bytes and a
// permanent code of 200, and how long a process that starts takes to read the
// tokens of all. A million corps:
//
//	WECOM_TEST_CORPS=1000000 go test -run '^$' -bench Corps -benchtime 1x .
func BenchmarkCorps(b *testing.B) {
	corps := 10_000
	if given := setting("WECOM_TEST_CORPS"); given != "" {
		var err error
		corps, err = strconv.Atoi(given)
		require.NoError(b, err)
	}
	ctx, client := b.Context(), connect(b, startServer(b).addr)
	s, err := redisstore.New(client, redisstore.Config{})
	require.NoError(b, err)
	before := usedMemory(b, client)
	expires := time.Now().Add(2 * time.Hour)
	each := func(f func(corpID string) error) {
		const workers = 64
		var wg sync.WaitGroup
		for w := range workers {
			wg.Go(func() {
				for i := w; i < corps; i += workers {
					if err := f(fmt.Sprintf("wpjVCWDQAA%022d", i)); err != nil {
						b.Error(err)
						return
					}
				}
			})
		}
		wg.Wait()
	}
	key := func(corpID string) string { return "suite/ww4asffe9xxx4c0f4c/corp/" + corpID + "/token" }
	each(func(corpID string) error {
		if err := s.SaveCode(ctx, suite.PermanentCode{SuiteID: "ww4asffe9xxx4c0f4c", CorpID: corpID, Code: wecom.NewSecret(strings.Repeat("c", 200)), At: time.Now()}); err != nil {
			return err
		}
		_, err := s.Save(ctx, key(corpID), wecom.Token{Value: strings.Repeat("t", 214), Version: 1_700_000_000_000, ExpiresAt: expires})
		return err
	})
	bytes := float64(usedMemory(b, client)-before) / float64(corps)
	for b.Loop() {
		each(func(corpID string) error {
			_, err := s.Load(ctx, key(corpID))
			return err
		})
	}
	b.ReportMetric(bytes, "redis-B/corp")
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*corps), "µs/corp")
}

func usedMemory(b *testing.B, client *redis.Client) int64 {
	b.Helper()
	info, err := client.Info(b.Context(), "memory").Result()
	require.NoError(b, err)
	_, after, found := strings.Cut(info, "used_memory:")
	require.True(b, found)
	line, _, _ := strings.Cut(after, "\r\n")
	n, err := strconv.ParseInt(line, 10, 64)
	require.NoError(b, err)
	return n
}
