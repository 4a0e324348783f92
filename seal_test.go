package wecom_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
)

func sealKey(id, fill string) wecom.SealKey {
	return wecom.SealKey{ID: id, Key: wecom.NewSecret(base64.StdEncoding.EncodeToString([]byte(strings.Repeat(fill, 32))))}
}

func sealCache(t *testing.T, inner wecom.TokenCache, keys ...wecom.SealKey) wecom.TokenCache {
	t.Helper()
	c, err := wecom.SealCache(inner, keys...)
	require.NoError(t, err)
	return c
}

func TestSealCacheHidesValuesFromTheStore(t *testing.T) {
	t.Parallel()
	ctx, inner := t.Context(), wecom.NewMemoryCache()
	c := sealCache(t, inner, sealKey("k1", "a"))
	token := wecom.Token{Value: "canary", Version: 7, ExpiresAt: time.Now().Add(time.Hour)}
	saved, err := c.Save(ctx, "suite/a/token", token)
	require.NoError(t, err)
	require.True(t, saved)

	stored, err := inner.Load(ctx, "suite/a/token")
	require.NoError(t, err)
	assert.NotContains(t, stored.Value, "canary")
	assert.Equal(t, []any{token.Version, token.ExpiresAt}, []any{stored.Version, stored.ExpiresAt})
	got, err := c.Load(ctx, "suite/a/token")
	require.NoError(t, err)
	assert.Equal(t, token, got)
}

func TestSealCacheDropsAndMissesAsItsInside(t *testing.T) {
	t.Parallel()
	ctx, inner := t.Context(), wecom.NewMemoryCache()
	c := sealCache(t, inner, sealKey("k1", "a"))
	_, err := c.Load(ctx, "k")
	require.ErrorIs(t, err, wecom.ErrNotCached)
	_, err = c.Save(ctx, "k", wecom.Token{Value: "v", Version: 5})
	require.NoError(t, err)
	require.NoError(t, c.Drop(ctx, "k", 4))
	_, err = c.Load(ctx, "k")
	require.NoError(t, err, "newer than what was dropped")
	require.NoError(t, c.Drop(ctx, "k", 5))
	for _, cache := range []wecom.TokenCache{c, inner} {
		_, err = cache.Load(ctx, "k")
		require.ErrorIs(t, err, wecom.ErrNotCached)
	}
}

func TestSealCacheOpensForItsKeyOnly(t *testing.T) {
	t.Parallel()
	ctx, inner := t.Context(), wecom.NewMemoryCache()
	c := sealCache(t, inner, sealKey("k1", "a"))
	_, err := c.Save(ctx, "suite/a/corp/x/token", wecom.Token{Value: "canary", Version: 1})
	require.NoError(t, err)
	stored, err := inner.Load(ctx, "suite/a/corp/x/token")
	require.NoError(t, err)
	_, err = inner.Save(ctx, "suite/a/corp/y/token", stored)
	require.NoError(t, err)

	_, err = c.Load(ctx, "suite/a/corp/y/token")
	require.ErrorIs(t, err, wecom.ErrSealBroken)
	require.NotErrorIs(t, err, wecom.ErrNotCached, "the cache failed; the entry is there")
	assert.NotContains(t, err.Error(), stored.Value)
}

func TestSealCacheRotation(t *testing.T) {
	t.Parallel()
	ctx, inner := t.Context(), wecom.NewMemoryCache()
	old, rotated := sealCache(t, inner, sealKey("2026-10", "a")), sealCache(t, inner, sealKey("2026-11", "b"), sealKey("2026-10", "a"))
	_, err := old.Save(ctx, "k", wecom.Token{Value: "v1", Version: 1})
	require.NoError(t, err)
	got, err := rotated.Load(ctx, "k")
	require.NoError(t, err)
	assert.Equal(t, "v1", got.Value)

	_, err = rotated.Save(ctx, "k", wecom.Token{Value: "v2", Version: 2})
	require.NoError(t, err)
	_, err = old.Load(ctx, "k")
	require.ErrorIs(t, err, wecom.ErrSealKeyUnknown)
	failure, ok := errors.AsType[*wecom.SealError](err)
	require.True(t, ok)
	assert.Equal(t, "2026-11", failure.KeyID)
	assert.Equal(t, "k", failure.Name)
	assert.Contains(t, err.Error(), "2026-11")
	assert.NotContains(t, err.Error(), "v2")
}

func TestSealCacheMigration(t *testing.T) {
	t.Parallel()
	ctx, inner := t.Context(), wecom.NewMemoryCache()
	_, err := inner.Save(ctx, "k", wecom.Token{Value: "canary", Version: 1})
	require.NoError(t, err)

	strict, lax := sealCache(t, inner, sealKey("k1", "a")), sealCache(t, inner, sealKey("k1", "a"), wecom.AcceptUnsealed())
	_, err = strict.Load(ctx, "k")
	require.ErrorIs(t, err, wecom.ErrNotSealed)
	assert.NotContains(t, err.Error(), "canary")
	got, err := lax.Load(ctx, "k")
	require.NoError(t, err)
	assert.Equal(t, "canary", got.Value)

	got.Version++
	_, err = lax.Save(ctx, "k", got)
	require.NoError(t, err)
	got, err = strict.Load(ctx, "k")
	require.NoError(t, err, "what is saved is sealed")
	assert.Equal(t, "canary", got.Value)
}

// justCache hides the locks of the cache inside.
type justCache struct{ wecom.TokenCache }

func TestSealCacheKeepsTheLocker(t *testing.T) {
	t.Parallel()
	locking := sealCache(t, wecom.NewMemoryCache(), sealKey("k1", "a"))
	locker, ok := locking.(wecom.Locker)
	require.True(t, ok)
	unlock, err := locker.Lock(t.Context(), "k", time.Minute)
	require.NoError(t, err)
	unlock()
	_, ok = sealCache(t, justCache{wecom.NewMemoryCache()}, sealKey("k1", "a")).(wecom.Locker)
	assert.False(t, ok)
}

func TestSealCacheRefusesBadInput(t *testing.T) {
	t.Parallel()
	_, err := wecom.SealCache(nil, sealKey("k1", "a"))
	require.Error(t, err)
	for _, keys := range [][]wecom.SealKey{
		nil, {{}}, {wecom.AcceptUnsealed()}, {sealKey("k1", "a"), sealKey("k1", "b")}, {{ID: "k1", Key: wecom.NewSecret("canary")}}, {sealKey("a.b", "c")},
	} {
		_, err := wecom.SealCache(wecom.NewMemoryCache(), keys...)
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "canary")
	}
}

// A source whose cached token no longer opens fetches a new one, which replaces it.
func TestSealCacheHealsItself(t *testing.T) {
	t.Parallel()
	ctx, inner := t.Context(), wecom.NewMemoryCache()
	_, err := sealCache(t, inner, sealKey("lost", "a")).Save(ctx, "k", wecom.Token{Value: "old", Version: 1, ExpiresAt: time.Now().Add(time.Hour)})
	require.NoError(t, err)
	cache := sealCache(t, inner, sealKey("k1", "b"))
	var logged bytes.Buffer
	api, err := wecom.New(wecom.WithTokenCache(cache), wecom.WithLogger(slog.New(slog.NewTextHandler(&logged, nil))))
	require.NoError(t, err)
	got, err := api.TokenSource("k", func(context.Context) (wecom.Token, error) { return wecom.NewToken("fresh", 7200) }).Token(ctx)
	require.NoError(t, err)
	assert.Equal(t, "fresh", got.Value)
	got, err = cache.Load(ctx, "k")
	require.NoError(t, err)
	assert.Equal(t, "fresh", got.Value)
	assert.Contains(t, logged.String(), "lost", "the log names the key that is missing")
}

func TestPain21_SealingShowsNoSecret(t *testing.T) {
	t.Parallel()
	key := sealKey("k1", "a")
	secret := key.Key.Reveal()
	cache := sealCache(t, wecom.NewMemoryCache(), key)
	text, err := json.Marshal(map[string]any{"key": key.Key})
	require.NoError(t, err)
	shown := fmt.Sprintf("%v %+v %#v %s %v %+v %#v", key, key, key, text, cache, cache, cache)
	for _, leak := range []string{secret, strings.Repeat("a", 32), "97 97 97", "0x61, 0x61", "61616161"} {
		assert.NotContains(t, shown, leak)
	}
}
