package provider_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/provider"
)

const running = `{"errcode":0,"status":2,"type":"contact_id_translate"}`

func TestWaitResult(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, u := newUpstream(t, inOrder(
			`{"errcode":0,"errmsg":"ok","status":1,"type":"contact_id_translate","result":{}}`, running, running,
			`{"errcode":0,"status":3,"type":"contact_id_translate","result":{"contact_id_translate":{"url":"https://a.example/f"}}}`))
		start := time.Now()
		r, err := p.WaitResult(t.Context(), "JOB")
		require.NoError(t, err)
		assert.Equal(t, "https://a.example/f", r.Result.ContactIDTranslate.URL)
		assert.Positive(t, time.Since(start), "there are pauses")
		got := u.requests()
		require.Len(t, got, 4)
		assert.Equal(t, "jobid=JOB", got[0].query.Encode())
	})
}

func TestWaitResultEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, u := newUpstream(t, inOrder(running))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start := time.Now()
		r, err := p.WaitResult(ctx, "JOB")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, time.Minute, time.Since(start))
		require.NotNil(t, r, "the last state is there")
		assert.Equal(t, provider.JobRunning, r.Status)
		assert.Greater(t, len(u.requests()), 3)
	})
}

func TestWaitResultOfAJobThatFails(t *testing.T) {
	t.Parallel()
	for reply, want := range map[string]string{
		`{"errcode":0,"status":3,"type":"contact_id_translate"}`:                                              "without a file",
		`{"errcode":0,"status":3,"type":"contact_id_translate","result":{"contact_id_translate":{"url":""}}}`: "without a file",
		`{"errcode":0,"status":4,"type":"contact_id_translate"}`:                                              "status 4 is unknown",
		`{"errcode":0,"status":3}`: "without a file",
		`{"errcode":0}`:            "status 0 is unknown",
	} {
		p, u := newUpstream(t, inOrder(reply))
		r, err := p.WaitResult(t.Context(), "JOB")
		require.ErrorIs(t, err, provider.ErrJobFailed, reply)
		require.ErrorContains(t, err, want)
		assert.NotNil(t, r)
		assert.Len(t, u.requests(), 1)
	}
}

func TestWaitResultEndsWithARefusal(t *testing.T) {
	t.Parallel()
	p, u := newUpstream(t, inOrder(`{"errcode":60011,"errmsg":"no privilege"}`))
	r, err := p.WaitResult(t.Context(), "JOB")
	require.ErrorIs(t, err, wecom.Code(60011))
	require.NotErrorIs(t, err, provider.ErrJobFailed)
	assert.Nil(t, r)
	assert.Len(t, u.requests(), 1)
}

// A job of another kind has another result.
func TestWaitResultOfAnotherKind(t *testing.T) {
	t.Parallel()
	p, _ := newUpstream(t, inOrder(`{"errcode":0,"status":3,"type":"new_kind","result":{"new_kind":{"x":1}}}`))
	r, err := p.WaitResult(t.Context(), "JOB")
	require.NoError(t, err)
	assert.Equal(t, provider.JobType("new_kind"), r.Type)
}
