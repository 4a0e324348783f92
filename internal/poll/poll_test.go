package poll

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestUntilDone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const questions = 12
		var asked []time.Time
		err := Until(t.Context(), func(context.Context) (bool, error) {
			asked = append(asked, time.Now())
			return len(asked) == questions, nil
		})
		require.NoError(t, err)
		require.Len(t, asked, questions)

		wait := first
		for i := 1; i < questions; i++ {
			pause := asked[i].Sub(asked[i-1])
			assert.GreaterOrEqual(t, pause, wait/2, "pause %d", i)
			assert.Less(t, pause, wait+wait/2, "pause %d", i)
			wait = min(wait+wait/2, most)
		}
		assert.Equal(t, most, wait, "the pauses reach their ceiling")
	})
}

func TestUntilAsksAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		require.NoError(t, Until(t.Context(), func(context.Context) (bool, error) { return true, nil }))
		assert.Zero(t, time.Since(start))
	})
}

func TestUntilEndsWithAnError(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	asked := 0
	err := Until(t.Context(), func(context.Context) (bool, error) {
		asked++
		return false, broken
	})
	require.ErrorIs(t, err, broken)
	assert.Equal(t, 1, asked)
}

func TestUntilEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const patience = time.Minute
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		start, asked := time.Now(), 0
		err := Until(ctx, func(context.Context) (bool, error) {
			asked++
			return false, nil
		})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, patience, time.Since(start), "not a pause longer")
		assert.Greater(t, asked, 5)

		asked = 0
		err = Until(ctx, func(context.Context) (bool, error) {
			asked++
			return true, nil
		})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Zero(t, asked, "an ended context asks nothing")
	})
}
