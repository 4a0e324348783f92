package idbatch_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/internal/idbatch"
)

var (
	errFatal   = errors.New("fatal")
	errOfThese = errors.New("these ids")
)

func onlyThese(err error) bool { return errors.Is(err, errOfThese) }

// convert answers for every id that does not begin with "bad".
func convert(_ context.Context, ids []string) (map[string]string, error) {
	out := make(map[string]string)
	for _, id := range ids {
		if len(id) < 3 || id[:3] != "bad" {
			out[id] = "new-" + id
		}
	}
	return out, nil
}

func numbers(from, to int) []string {
	var ids []string
	for n := from; n < to; n++ {
		ids = append(ids, strconv.Itoa(n))
	}
	return ids
}

func TestRunSplits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var underWay, most atomic.Int64
		sizes := make(chan int, 100)
		out := idbatch.Run(t.Context(), numbers(0, 95), 10, onlyThese, func(ctx context.Context, ids []string) (map[string]string, error) {
			underWay.Add(1)
			time.Sleep(time.Second) // till all that may begin have begun
			if n := underWay.Load(); n > most.Load() {
				most.Store(n)
			}
			time.Sleep(time.Second)
			underWay.Add(-1)
			sizes <- len(ids)
			return convert(ctx, ids)
		})
		close(sizes)
		got := slices.Collect(func(yield func(int) bool) {
			for n := range sizes {
				if !yield(n) {
					return
				}
			}
		})
		slices.Sort(got)
		assert.Equal(t, []int{5, 10, 10, 10, 10, 10, 10, 10, 10, 10}, got)
		assert.EqualValues(t, idbatch.Parallel, most.Load())
		assert.Len(t, out.IDs, 95)
		assert.Equal(t, "new-94", out.IDs["94"])
		assert.Empty(t, out.Invalid)
		assert.Nil(t, out.Failed)
		assert.Empty(t, out.Errs)
	})
}

func TestRunSortsOutIDs(t *testing.T) {
	t.Parallel()
	calls := 0
	given := []string{"a", "bad1", "a", "", "A", "bad2", "bad1", ""}
	before := slices.Clone(given)
	out := idbatch.Run(t.Context(), given, 100, onlyThese, func(ctx context.Context, ids []string) (map[string]string, error) {
		calls++
		assert.Equal(t, []string{"a", "bad1", "A", "bad2"}, ids)
		m, err := convert(ctx, ids)
		m["never asked"] = "x"
		return m, err
	})
	assert.Equal(t, 1, calls)
	assert.Equal(t, map[string]string{"a": "new-a", "A": "new-A"}, out.IDs)
	assert.Equal(t, []string{"", "bad1", "bad2"}, out.Invalid)
	assert.Equal(t, before, given, "the caller's list was changed")
}

func TestRunWithoutIDs(t *testing.T) {
	t.Parallel()
	for _, ids := range [][]string{nil, {}, {""}} {
		out := idbatch.Run(t.Context(), ids, 10, onlyThese, func(context.Context, []string) (map[string]string, error) {
			t.Error("a call without ids")
			return nil, nil //nolint:nilnil // never reached
		})
		assert.Empty(t, out.IDs)
		assert.NotNil(t, out.IDs)
		assert.Empty(t, out.Failed)
	}
}

// An error that is about the ids of one call leaves the other calls alone.
func TestRunGoesOn(t *testing.T) {
	t.Parallel()
	out := idbatch.Run(t.Context(), numbers(0, 50), 10, onlyThese, func(ctx context.Context, ids []string) (map[string]string, error) {
		if ids[0] == "20" {
			return nil, errOfThese
		}
		return convert(ctx, ids)
	})
	assert.Len(t, out.IDs, 40)
	require.Len(t, out.Failed, 10)
	require.ErrorIs(t, out.Failed["29"], errOfThese)
	assert.Equal(t, []error{errOfThese}, out.Errs)
}

// Any other error ends the run; what is under way is kept.
func TestRunStops(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int64
		out := idbatch.Run(t.Context(), numbers(0, 100), 10, onlyThese, func(ctx context.Context, ids []string) (map[string]string, error) {
			calls.Add(1)
			if ids[0] == "10" {
				time.Sleep(time.Second / 2) // till the others are under way
				return nil, errFatal
			}
			time.Sleep(time.Second)
			require.NoError(t, ctx.Err(), "a call under way was cut short")
			return convert(ctx, ids)
		})
		assert.EqualValues(t, idbatch.Parallel, calls.Load())
		assert.Len(t, out.IDs, 30)
		assert.Len(t, out.Failed, 70)
		require.ErrorIs(t, out.Failed["10"], errFatal)
		require.ErrorIs(t, out.Failed["99"], errFatal)
		assert.Empty(t, out.Invalid)
		assert.Equal(t, []error{errFatal}, out.Errs)
	})
}

// A call that answers with nothing at all has answered.
func TestRunEmptyReply(t *testing.T) {
	t.Parallel()
	out := idbatch.Run(t.Context(), []string{"a", "b"}, 1, onlyThese, func(context.Context, []string) (map[string]string, error) {
		return nil, nil //nolint:nilnil // a reply without a list
	})
	assert.Equal(t, []string{"a", "b"}, out.Invalid)
	assert.Empty(t, out.Failed)
}
