package provider_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/provider"
)

// corpIDs answers corpid_to_opencorpid; refusals are errcodes by corp id.
func corpIDs(refusals map[string]int) func(request, int) (string, error) {
	return func(r request, _ int) (string, error) {
		var body struct {
			CorpID string `json:"corpid"`
		}
		if err := json.Unmarshal([]byte(r.body), &body); err != nil {
			return "", err
		}
		if body.CorpID == "wwEmpty" {
			return `{"errcode":0,"errmsg":"ok"}`, nil
		}
		if code := refusals[body.CorpID]; code != 0 {
			return fmt.Sprintf(`{"errcode":%d,"errmsg":"no"}`, code), nil
		}
		return fmt.Sprintf(`{"errcode":0,"errmsg":"ok","open_corpid":"wp-%s"}`, body.CorpID), nil
	}
}

func TestConvertCorpIDs(t *testing.T) {
	t.Parallel()
	p, u := newUpstream(t, corpIDs(nil))
	got, err := p.ConvertCorpIDs(t.Context(), []string{"wwA", "wwB", "wwA", "WWA"})
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"wwA": "wp-wwA", "wwB": "wp-wwB", "WWA": "wp-WWA"}, got)
	assert.Len(t, u.requests(), 3)

	got, err = p.ConvertCorpIDs(t.Context(), nil)
	require.NoError(t, err)
	assert.Empty(t, got)
	assert.Len(t, u.requests(), 3)
}

// A corp that is refused does not keep the others from their ids.
func TestConvertCorpIDsKeepsWhatSucceeded(t *testing.T) {
	t.Parallel()
	p, _ := newUpstream(t, corpIDs(map[string]int{"ww1": 40013, "ww2": 40084, "ww3": 40058}))
	got, err := p.ConvertCorpIDs(t.Context(), []string{"wwA", "ww1", "ww2", "", "ww3", "wwEmpty", "wwB", "wwC", "wwD", "wwE"})
	assert.Equal(t, map[string]string{"wwA": "wp-wwA", "wwB": "wp-wwB", "wwC": "wp-wwC", "wwD": "wp-wwD", "wwE": "wp-wwE"}, got)
	failed, ok := errors.AsType[*provider.ConvertError](err)
	require.True(t, ok)
	require.Len(t, failed.Failed, 5)
	for id, code := range map[string]wecom.Code{"ww1": 40013, "ww2": 40084, "ww3": 40058} {
		require.ErrorIs(t, failed.Failed[id], code, id)
		require.ErrorIs(t, err, code)
	}
	for _, id := range []string{"", "wwEmpty"} {
		require.ErrorContains(t, failed.Failed[id], "empty", id)
	}
}

func TestConvertCorpIDsStops(t *testing.T) {
	t.Parallel()
	for _, code := range []int{45009, 48002, 60020} {
		refusals := make(map[string]int)
		var ids []string
		for n := range 100 {
			id := fmt.Sprintf("ww%d", n)
			ids = append(ids, id)
			refusals[id] = code
		}
		p, u := newUpstream(t, corpIDs(refusals))
		got, err := p.ConvertCorpIDs(t.Context(), ids)
		require.ErrorIs(t, err, wecom.Code(code))
		assert.Empty(t, got)
		assert.LessOrEqual(t, len(u.requests()), 4)
		failed, ok := errors.AsType[*provider.ConvertError](err)
		require.True(t, ok)
		assert.Len(t, failed.Failed, 100)
	}
}
