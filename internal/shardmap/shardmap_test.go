package shardmap_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/internal/shardmap"
)

func set(v int) func(*int) *int { return func(*int) *int { return &v } }
func remove(*int) *int          { return nil }

// TestAgainstBuiltinMap plays random operations on both kinds of map.
func TestAgainstBuiltinMap(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	m, want := shardmap.New[int](nil), map[string]int{}
	for step := range 100_000 {
		key := fmt.Sprint(rng.IntN(5000))
		if rng.IntN(3) == 0 {
			m.Update(key, remove)
			delete(want, key)
		} else {
			m.Update(key, set(step))
			want[key] = step
		}
	}
	require.Equal(t, len(want), m.Len())
	for i := range 5000 {
		key := fmt.Sprint(i)
		got := m.Load(key)
		if v, ok := want[key]; ok {
			require.NotNil(t, got)
			require.Equal(t, v, *got)
		} else {
			require.Nil(t, got)
		}
	}
}

func TestUpdateReturnsTheNewValue(t *testing.T) {
	t.Parallel()
	m := shardmap.New[int](nil)
	assert.Nil(t, m.Load("a"))
	assert.Nil(t, m.Update("a", remove))
	first := m.Update("a", set(1))
	require.NotNil(t, first)
	again := m.Update("a", func(old *int) *int { return old })
	assert.Same(t, first, again)
	assert.Nil(t, m.Update("a", remove))
	assert.Zero(t, m.Len())
}

// TestReadersNeverMissWhatIsThere grows and shrinks the map under readers of
// keys that stay.
func TestReadersNeverMissWhatIsThere(t *testing.T) {
	t.Parallel()
	m := shardmap.New[int](nil)
	const stay = 500
	for i := range stay {
		m.Update(fmt.Sprint("stay", i), set(i))
	}
	var wg sync.WaitGroup
	var done atomic.Bool
	for range 4 {
		wg.Go(func() {
			for i := 0; !done.Load(); i = (i + 1) % stay {
				if v := m.Load(fmt.Sprint("stay", i)); v == nil || *v != i {
					t.Errorf("stay%d: got %v", i, v)
					return
				}
			}
		})
	}
	for round := range 2 {
		for i := range 5_000 {
			m.Update(fmt.Sprint("come", i), set(round))
		}
		for i := range 5_000 {
			m.Update(fmt.Sprint("come", i), remove)
		}
	}
	done.Store(true)
	wg.Wait()
	assert.Equal(t, stay, m.Len())
}

func TestConcurrentUpdatesLoseNothing(t *testing.T) {
	t.Parallel()
	m := shardmap.New[int](nil)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 10_000 {
				m.Update(fmt.Sprint(i%100), func(old *int) *int {
					if old == nil {
						return new(1)
					}
					return new(*old + 1)
				})
			}
		})
	}
	wg.Wait()
	for i := range 100 {
		assert.Equal(t, 800, *m.Load(fmt.Sprint(i)))
	}
}

func TestDeadEntriesAreSweptByWrites(t *testing.T) {
	t.Parallel()
	const dead = -1
	m := shardmap.New(func(v *int) bool { return *v == dead })
	const n = 20_000
	for i := range n {
		m.Update(fmt.Sprint(i), set(dead))
	}
	assert.Less(t, m.Len(), n/10, "most were swept while others were written")
	for i := range n {
		m.Update("live", set(i))
		m.Update(fmt.Sprint("x", i), set(dead))
	}
	assert.Less(t, m.Len(), 1000)
	require.NotNil(t, m.Load("live"))
}

func TestLoadDoesNotAllocate(t *testing.T) { //nolint:paralleltest // counts allocations
	m := shardmap.New[int](nil)
	m.Update("suite/x/corp/y/token", set(1))
	key := "suite/x/corp/y/token"
	assert.Zero(t, testing.AllocsPerRun(100, func() { m.Load(key) }))
}
