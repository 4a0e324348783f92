package catalog_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/callback"
	"github.com/wecom-isv/wecom/cmd/wecom/internal/catalog"
)

func ids(rows []*catalog.Endpoint) []string {
	var all []string
	for _, e := range rows {
		all = append(all, e.ID)
	}
	return all
}

func TestEveryEndpointHasAMethodAndItsOwnID(t *testing.T) {
	t.Parallel()
	table, err := catalog.Endpoints()
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(table), 166)
	seen := map[string]bool{}
	for _, e := range table {
		assert.NotEmpty(t, e.Go, e.ID)
		assert.False(t, seen[e.ID], e.ID)
		seen[e.ID] = true
		found, err := catalog.Find(e.ID)
		require.NoError(t, err)
		assert.Contains(t, ids(found), e.ID)
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]string{
		"suite.get_auth_info":              {"suite.get_auth_info"},
		"/cgi-bin/service/get_suite_token": {"suite.get_suite_token"},
		"get_permanent_code":               {"suite.get_permanent_code_v2", "suite.get_permanent_code"},
		"v2/get_permanent_code":            {"suite.get_permanent_code_v2"},
		"suite.Client.GetPreAuthCode":      {"suite.get_pre_auth_code"},
		"getpreauthcode":                   {"suite.get_pre_auth_code"},
		"获取预授权码":                           {"suite.get_pre_auth_code"},
	} {
		found, err := catalog.Find(name)
		require.NoError(t, err, name)
		assert.Equal(t, want, ids(found), name)
	}
}

func TestFindNamesWhatLooksAlike(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"get_permanant_code":   "suite.get_permanent_code",
		"suite.get_suite_tokn": "suite.get_suite_token",
	} {
		_, err := catalog.Find(name)
		unknown, ok := errors.AsType[*catalog.UnknownEndpointError](err)
		require.True(t, ok, name)
		assert.Contains(t, unknown.Nearest, want, name)
		assert.ErrorContains(t, err, "did you mean")
		assert.LessOrEqual(t, len(unknown.Nearest), 5)
	}
	_, err := catalog.Find("zzzzzzzzzzzzzzzzzzzzzz")
	assert.EqualError(t, err, `no endpoint is called "zzzzzzzzzzzzzzzzzzzzzz"`)
}

func TestDecode(t *testing.T) {
	t.Parallel()
	env, err := callback.Parse([]byte(`<xml><SuiteId>ww1</SuiteId><InfoType>suite_ticket</InfoType><SuiteTicket>SECRET</SuiteTicket></xml>`), "ww1")
	require.NoError(t, err)
	ev, err := catalog.Decode(env)
	require.NoError(t, err)
	ticket, ok := ev.(*callback.SuiteTicket)
	require.True(t, ok, "%T", ev)
	assert.Equal(t, "SECRET", ticket.SuiteTicket.Reveal())
	assert.Equal(t, "推送suite_ticket", catalog.EventTitle(env.Kind))

	env, err = callback.Parse([]byte(`<xml><SuiteId>ww1</SuiteId><InfoType>brand_new</InfoType></xml>`), "ww1")
	require.NoError(t, err)
	ev, err = catalog.Decode(env)
	require.NoError(t, err)
	assert.Nil(t, ev)
	assert.Empty(t, catalog.EventTitle(env.Kind))
}
