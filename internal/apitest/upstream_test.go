package apitest

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
)

// TestUpstream: the replies come in turn, the last one for ever; the requests are
// kept as they arrived, without the token.
func TestUpstream(t *testing.T) {
	t.Parallel()
	token, u := NewUpstream(t, `{"id":"first"}`, `{"id":"last"}`)
	assert.Empty(t, u.Requests())
	for _, want := range []string{"first", "last", "last"} {
		r, err := wecom.InvokeAs[thing](t.Context(), token, wecom.Call{Path: "/x", Query: url.Values{"id": {"1"}}})
		require.NoError(t, err)
		assert.Equal(t, want, r.ID)
	}
	require.NoError(t, token.Do(t.Context(), wecom.Call{Path: "/y", Body: map[string]int{"n": 1}}, nil))
	got := u.Requests()
	require.Len(t, got, 4)
	assert.Equal(t, Request{Method: http.MethodGet, Path: "/x", Query: url.Values{"id": {"1"}}}, got[0])
	assert.Equal(t, Request{
		Method: http.MethodPost, Path: "/y", Query: url.Values{}, ContentType: "application/json; charset=utf-8", Body: `{"n":1}`,
	}, got[3])
}
