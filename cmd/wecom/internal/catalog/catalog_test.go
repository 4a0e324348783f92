package catalog_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/wecom-isv/wecom/callback"
	"github.com/wecom-isv/wecom/cmd/wecom/internal/catalog"
	"github.com/wecom-isv/wecom/testdata"
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
	calls := map[string]string{}
	for _, e := range table {
		assert.NotEmpty(t, e.Go, e.ID)
		for _, method := range e.Go {
			assert.Regexp(t, `^[a-z]+(/[a-z]+)?\.[A-Z]\w+\.[A-Z]\w+$`, method, e.ID)
			assert.Contains(t, []string{"", e.Method + " " + e.Path}, calls[method], "%s calls two endpoints", method)
			calls[method] = e.Method + " " + e.Path
		}
		assert.False(t, seen[e.ID], e.ID)
		seen[e.ID] = true
	}
}

func TestEveryEndpointIsFoundByEachOfItsNames(t *testing.T) {
	t.Parallel()
	table, err := catalog.Endpoints()
	require.NoError(t, err)
	for _, e := range table {
		for _, name := range append([]string{e.Path, e.Title}, e.Go...) {
			found, err := catalog.Find(name)
			require.NoError(t, err, name)
			assert.Contains(t, ids(found), e.ID, name)
		}
		found, err := catalog.Find(e.ID)
		require.NoError(t, err, e.ID)
		assert.Equal(t, []string{e.ID}, ids(found))
	}
}

func TestTableIsTheCallersOwn(t *testing.T) {
	t.Parallel()
	first, err := catalog.Endpoints()
	require.NoError(t, err)
	second, err := catalog.Endpoints()
	require.NoError(t, err)
	slices.Reverse(first)
	assert.Equal(t, second[0].ID, first[len(first)-1].ID)
	assert.NotEqual(t, second[0].ID, first[0].ID)
}

func TestWhichEndpointsCarryFiles(t *testing.T) {
	t.Parallel()
	table, err := catalog.Endpoints()
	require.NoError(t, err)
	downloads := map[string]bool{}
	for _, e := range table {
		takesFile := slices.ContainsFunc(e.Body, func(f catalog.Field) bool { return f.Type == "file" })
		assert.Equal(t, takesFile, e.Upload(), e.ID)
		downloads[e.ID] = e.Download()
	}
	assert.True(t, downloads["media.get"])
	assert.False(t, downloads["media.upload"], "its reply is JSON")
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

// TestEveryEventIsKnown decodes the example of every row of the event table.
func TestEveryEventIsKnown(t *testing.T) {
	t.Parallel()
	rows := 0
	for _, name := range []string{"events/suite.yaml", "events/data.yaml"} {
		text, err := testdata.Files.ReadFile(name)
		require.NoError(t, err)
		var file struct {
			Events []struct {
				ID      string `yaml:"id"`
				Example string `yaml:"example"`
			} `yaml:"events"`
		}
		require.NoError(t, yaml.Unmarshal(text, &file))
		for _, row := range file.Events {
			rows++
			env, err := callback.Parse([]byte(row.Example), "")
			require.NoError(t, err, row.ID)
			assertKnown(t, env)
		}
	}
	assert.GreaterOrEqual(t, rows, 217)
}

// TestEveryChangeOfAChainIsKnown is about the kinds that share a row.
func TestEveryChangeOfAChainIsKnown(t *testing.T) {
	t.Parallel()
	for _, kind := range []callback.Kind{
		callback.KindAppChangeChainUpdateChain, callback.KindAppChangeChainDeleteChain, callback.KindAppChangeChainCreateGroup,
		callback.KindAppChangeChainUpdateGroup, callback.KindAppChangeChainDeleteGroup, callback.KindAppChangeChainCorpJoin,
		callback.KindAppChangeChainUpdateCorp, callback.KindAppChangeChainRemoveCorp,
	} {
		_, change, _ := strings.Cut(string(kind), "change_chain.")
		env, err := callback.Parse([]byte("<xml><ToUserName>ww1</ToUserName><MsgType>event</MsgType><Event>change_chain</Event><ChangeType>"+
			change+"</ChangeType></xml>"), "ww1")
		require.NoError(t, err)
		require.Equal(t, kind, env.Kind)
		assertKnown(t, env)
	}
}

// assertKnown checks that the callback decodes into the type of its kind, and
// that the kind has a Chinese title.
func assertKnown(t *testing.T, env callback.Envelope) {
	t.Helper()
	ev, err := catalog.Decode(env)
	require.NoError(t, err, env.Kind)
	require.NotNil(t, ev, env.Kind)
	assert.Equal(t, env.Kind, ev.Kind())
	title := catalog.EventTitle(env.Kind)
	assert.True(t, strings.ContainsFunc(title, func(r rune) bool { return unicode.Is(unicode.Han, r) }), "%s: %q", env.Kind, title)
}

func TestDecodeRefusesWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	env, err := callback.Parse([]byte(`<xml><SuiteId>ww1</SuiteId><InfoType>suite_ticket</InfoType><TimeStamp>soon</TimeStamp></xml>`), "ww1")
	require.NoError(t, err)
	ev, err := catalog.Decode(env)
	assert.Nil(t, ev)
	refusal, ok := errors.AsType[*callback.DecodeError](err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, callback.KindSuiteTicket, refusal.Kind)
}
