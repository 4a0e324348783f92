package wecom_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
)

func TestMemoryCacheKeepsTheNewestVersion(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, ctx := wecom.NewMemoryCache(), t.Context()
		_, err := c.Load(ctx, "k")
		require.ErrorIs(t, err, wecom.ErrNotCached)

		token := func(version int64) wecom.Token {
			return wecom.Token{Value: fmt.Sprint("v", version), Version: version, ExpiresAt: time.Now().Add(time.Hour)}
		}
		for _, step := range []struct {
			version int64
			saved   bool
			want    string
		}{{5, true, "v5"}, {4, false, "v5"}, {5, false, "v5"}, {6, true, "v6"}} {
			saved, err := c.Save(ctx, "k", token(step.version))
			require.NoError(t, err)
			assert.Equal(t, step.saved, saved)
			got, err := c.Load(ctx, "k")
			require.NoError(t, err)
			assert.Equal(t, step.want, got.Value)
		}

		require.NoError(t, c.Drop(ctx, "k", 5))
		_, err = c.Load(ctx, "k")
		require.NoError(t, err, "newer than what was dropped")
		require.NoError(t, c.Drop(ctx, "absent", 5))
		require.NoError(t, c.Drop(ctx, "k", 6))
		_, err = c.Load(ctx, "k")
		require.ErrorIs(t, err, wecom.ErrNotCached)

		_, err = c.Save(ctx, "k", token(9))
		require.NoError(t, err)
		time.Sleep(time.Hour)
		_, err = c.Load(ctx, "k")
		require.ErrorIs(t, err, wecom.ErrNotCached, "expired")
		saved, err := c.Save(ctx, "k", token(1))
		require.NoError(t, err)
		assert.True(t, saved, "an expired entry does not stand in the way")
	})
}

func TestPain15_DropTouchesOneKeyOnly(t *testing.T) {
	t.Parallel()
	c, ctx := wecom.NewMemoryCache(), t.Context()
	for _, key := range []string{"suite/a/corp/x", "suite/a/corp/x/token", "suite/a/corp/xy/token", "suite/a/ticket"} {
		_, err := c.Save(ctx, key, wecom.Token{Value: "v", Version: 1})
		require.NoError(t, err)
	}
	require.NoError(t, c.Drop(ctx, "suite/a/corp/x", 1))
	for _, key := range []string{"suite/a/corp/x/token", "suite/a/corp/xy/token", "suite/a/ticket"} {
		_, err := c.Load(ctx, key)
		assert.NoError(t, err, key)
	}
}

func TestPain22_MemoryCacheUnderConcurrency(t *testing.T) {
	t.Parallel()
	c, ctx := wecom.NewMemoryCache(), t.Context()
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for version := range int64(2000) {
				key := fmt.Sprint(version % 7)
				_, _ = c.Save(ctx, key, wecom.Token{Value: "v", Version: version})
				if token, err := c.Load(ctx, key); err == nil && token.Version < version {
					t.Errorf("an older version replaced a newer one")
				}
			}
		})
	}
	wg.Wait()
}

func TestMemoryCacheLock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := wecom.NewMemoryCache()
		unlock, err := c.Lock(t.Context(), "k", time.Minute)
		require.NoError(t, err)
		other, err := c.Lock(t.Context(), "other", time.Minute)
		require.NoError(t, err)
		other()

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = c.Lock(ctx, "k", time.Minute)
		require.ErrorIs(t, err, context.DeadlineExceeded)

		var order []string
		var wg sync.WaitGroup
		wg.Go(func() {
			second, err := c.Lock(t.Context(), "k", time.Minute)
			assert.NoError(t, err)
			order = append(order, "second")
			second()
		})
		synctest.Wait()
		order = append(order, "first")
		unlock()
		wg.Wait()
		assert.Equal(t, []string{"first", "second"}, order)

		// Unlocking late must not release the lock of the next holder.
		_, err = c.Lock(t.Context(), "k", time.Minute)
		require.NoError(t, err)
		unlock()
		ctx, cancel = context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = c.Lock(ctx, "k", time.Minute)
		require.ErrorIs(t, err, context.DeadlineExceeded)

		time.Sleep(time.Minute) // the holder has vanished; its lock ends by itself
		ctx, cancel = context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		again, err := c.Lock(ctx, "k", time.Minute)
		require.NoError(t, err)
		again()
	})
}

func TestMemoryCacheHitDoesNotAllocate(t *testing.T) { //nolint:paralleltest // counts allocations
	c, ctx := wecom.NewMemoryCache(), t.Context()
	_, err := c.Save(ctx, "suite/x/corp/y/token", wecom.Token{Value: "v", Version: 1, ExpiresAt: time.Now().Add(time.Hour)})
	require.NoError(t, err)
	assert.Zero(t, testing.AllocsPerRun(100, func() { _, _ = c.Load(ctx, "suite/x/corp/y/token") }))
}

func BenchmarkMemoryCacheLoad(b *testing.B) {
	c, ctx := wecom.NewMemoryCache(), b.Context()
	keys := make([]string, 100_000)
	for i := range keys {
		keys[i] = fmt.Sprintf("suite/ww4asffe99e54c0f4c/corp/wp%027d/token", i)
		_, _ = c.Save(ctx, keys[i], wecom.Token{Value: "v", Version: 1, ExpiresAt: time.Now().Add(time.Hour)})
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if _, err := c.Load(ctx, keys[i%len(keys)]); err != nil {
			b.Fatal(err)
		}
		i++
	}
}
