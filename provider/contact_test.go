package provider_test

import (
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/provider"
)

// drain reads a sequence to its end.
func drain[T any](seq iter.Seq2[T, error]) (items []T, err error) {
	for item, e := range seq {
		if e != nil {
			err = errors.Join(err, e)
			continue
		}
		items = append(items, item)
	}
	return items, err
}

var zhang = provider.SearchRequest{AuthCorpID: "wwA", SearchQuery: provider.SearchQuery{QueryWord: "zhang", Cursor: "not used"}}

func TestAllHits(t *testing.T) {
	t.Parallel()
	pages := []string{
		`{"errcode":0,"query_result":{"user":{"userid":["a","b"],"open_userid":["oa","ob"]},"party":{"department_id":[7]},
			"dismiss_user":{"userid":["c"],"open_userid":["oc"]}},"is_last":false,"next_cursor":"P2"}`,
		`{"errcode":0,"query_result":{},"is_last":false,"next_cursor":"P3"}`, // all out of sight
		`{"errcode":0,"query_result":{"user":{"userid":["d"]}},"is_last":true,"next_cursor":"P4"}`,
	}
	p, u := newUpstream(t, func(_ request, n int) (string, error) { return pages[n%len(pages)], nil })
	hits := p.Contact().AllHits(t.Context(), zhang)
	assert.Empty(t, u.requests(), "nothing is asked before it is wanted")
	for range 2 {
		got, err := drain(hits)
		require.NoError(t, err)
		assert.Equal(t, []provider.SearchHit{
			{UserID: "a", OpenUserID: "oa"},
			{UserID: "b", OpenUserID: "ob"},
			{UserID: "c", OpenUserID: "oc", Dismissed: true},
			{DepartmentID: 7},
			{UserID: "d"},
		}, got)
	}
	first, second, third := `{"auth_corpid":"wwA","query_word":"zhang"}`,
		`{"auth_corpid":"wwA","query_word":"zhang","cursor":"P2"}`, `{"auth_corpid":"wwA","query_word":"zhang","cursor":"P3"}`
	assert.Equal(t, []string{first, second, third, first, second, third}, u.bodies())
}

// Nothing promises that the two lists of ids belong together.
func TestAllHitsOfListsThatAreNoPairs(t *testing.T) {
	t.Parallel()
	for user, want := range map[string][]provider.SearchHit{
		`{"userid":["a","b"],"open_userid":["ob"]}`:              {{UserID: "a"}, {UserID: "b"}},
		`{"userid":["a"],"open_userid":["oa","ob"]}`:             {{UserID: "a"}},
		`{"open_userid":["oa","ob"]}`:                            {{OpenUserID: "oa"}, {OpenUserID: "ob"}},
		`{"userid":[],"open_userid":["oa"]}`:                     {{OpenUserID: "oa"}},
		`{"userid":["a","b"]}`:                                   {{UserID: "a"}, {UserID: "b"}},
		`{"userid":null,"open_userid":null}`:                     nil,
		`{"userid":["a","b"],"open_userid":["oa","ob"],"x":[1]}`: {{UserID: "a", OpenUserID: "oa"}, {UserID: "b", OpenUserID: "ob"}},
	} {
		p, _ := newUpstream(t, inOrder(`{"errcode":0,"query_result":{"user":`+user+`},"is_last":true}`))
		got, err := drain(p.Contact().AllHits(t.Context(), zhang))
		require.NoError(t, err)
		assert.Equal(t, want, got, user)
	}
}

func TestAllHitsEndsWithAnError(t *testing.T) {
	t.Parallel()
	page := `{"errcode":0,"query_result":{"user":{"userid":["a"]}},"is_last":false,"next_cursor":%q}`
	for name, tt := range map[string]struct {
		second, want string
		hits         int
	}{
		"refusal":             {`{"errcode":60011,"errmsg":"no privilege"}`, "60011", 1},
		"cursor stays":        {fmt.Sprintf(page, "P2"), "same cursor", 2},
		"more without cursor": {fmt.Sprintf(page, ""), "no cursor", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, u := newUpstream(t, inOrder(fmt.Sprintf(page, "P2"), tt.second))
			got, err := drain(p.Contact().AllHits(t.Context(), zhang))
			require.ErrorContains(t, err, tt.want)
			assert.Len(t, got, tt.hits)
			assert.Len(t, u.requests(), 2)
		})
	}
}

func TestBatchSearchReportsWhatFailed(t *testing.T) {
	t.Parallel()
	p, u := newUpstream(t, inOrder(`{"errcode":0,"errmsg":"ok","query_result_list":[
		{"query_request":{"query_word":"zhangsan"},"query_result":{"user":{"userid":["a"]}},"is_last":true},
		{"query_request":{"query_word":"lisilisi","cursor":"C"},"query_result":{},"is_last":false,"next_cursor":"C","errcode":-1,"errmsg":"system error at lisilisi"},
		{"query_request":{"query_word":"wangwu"},"query_result":{},"is_last":false,"errcode":60011,"errmsg":"`+strings.Repeat("坏", 500)+`"}]}`))
	r, err := p.Contact().BatchSearch(t.Context(), provider.BatchSearchRequest{
		AuthCorpID: "wwA",
		Queries:    []provider.SearchQuery{{QueryWord: "zhangsan"}, {QueryWord: "lisilisi", Cursor: "C"}, {QueryWord: "wangwu"}},
	})
	failed, ok := errors.AsType[*provider.ItemErrors](err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, "/cgi-bin/service/contact/batchsearch", failed.Op)
	require.Len(t, failed.Items, 2)
	assert.Equal(t, 1, failed.Items[0].Index)
	assert.Equal(t, "system error at [secret]", failed.Items[0].Err.Message)
	assert.Equal(t, 2, failed.Items[1].Index)
	assert.Less(t, len(failed.Items[1].Err.Message), 320)
	require.ErrorIs(t, err, wecom.ErrTransient)
	require.ErrorIs(t, err, wecom.Code(60011))
	require.NotErrorIs(t, err, wecom.ErrRateLimited)
	require.ErrorContains(t, err, "2 items failed; the first is item 1: ")
	assert.NotContains(t, err.Error(), "lisilisi")

	require.Len(t, r.Results, 3, "the response is there all the same")
	assert.Equal(t, []string{"a"}, r.Results[0].QueryResult.User.UserID)
	assert.Equal(t, "C", r.Results[1].NextCursor)
	assert.Len(t, u.requests(), 1, "an item that failed is not repeated")
}

func TestBatchSearchWithoutFailure(t *testing.T) {
	t.Parallel()
	p, _ := newUpstream(t, inOrder(`{"errcode":0,"query_result_list":[{"query_request":{"query_word":"a"},"query_result":{},"is_last":true,"errcode":0,"errmsg":"ok"}]}`))
	r, err := p.Contact().BatchSearch(t.Context(), provider.BatchSearchRequest{AuthCorpID: "wwA", Queries: make([]provider.SearchQuery, 50)})
	require.NoError(t, err)
	assert.Len(t, r.Results, 1)
}

func TestItemErrorsText(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "provider: /p: 0 items failed", (&provider.ItemErrors{Op: "/p"}).Error())
}

// The zero values of a sort mean something and are sent.
func TestSortSendsZeros(t *testing.T) {
	t.Parallel()
	p, u := newUpstream(t, inOrder(`{"errcode":0,"useridlist":["b","a"]}`))
	r, err := p.Contact().Sort(t.Context(), provider.SortRequest{AuthCorpID: "wwA", UserIDs: []string{"a", "b"}, Options: make([]provider.SortOption, 1)})
	require.NoError(t, err)
	assert.Equal(t, []string{"b", "a"}, r.UserIDs)
	_, err = p.Contact().Sort(t.Context(), provider.SortRequest{AuthCorpID: "wwA", UserIDs: []string{"a"}})
	require.NoError(t, err)
	assert.Equal(t, []string{
		`{"auth_corpid":"wwA","useridlist":["a","b"],"sort_options":[{"sort_field":0,"sort_type":0}]}`,
		`{"auth_corpid":"wwA","useridlist":["a"]}`,
	}, u.bodies())
}
