package contract_test

import (
	"fmt"
	"go/ast"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/internal/contract"
)

// undone lists the chapters of the table that have rows without a method. Where
// there is a method in them, it is checked like any other. It is empty: a new
// chapter may stand here while it is being bound.
var undone []string

// names lists the methods that are not called as the last part of the path says,
// by row and with the reason.
var names = map[string]struct{ name, reason string }{
	"idconvert.externalcontact_unionid_to_external_userid": {"ExternalContactUnionIDToExternalUserID", "/idconvert/unionid_to_external_userid has the name"},
	"idconvert.groupchat_get_new_external_userid":          {"GroupChatGetNewExternalUserID", "/externalcontact/get_new_external_userid has the name"},
	"identity.getuserdetail3rd_legacy":                     {"GetUserDetail3rdLegacy", "/service/auth/getuserdetail3rd has the name"},
	"identity.getuserinfo3rd_legacy":                       {"GetUserInfo3rdLegacy", "/service/auth/getuserinfo3rd has the name"},
	"media.get_jssdk":                                      {"GetJSSDK", "/media/get/jssdk is a variant of get, and its last part alone says nothing"},
	"ticket.get_agent_ticket":                              {"GetAgentTicket", "ticket/get says nothing of what it gets, and GetJSAPITicket stands beside it"},
}

// words says how the parts of a path, between "/" and "_", are written in Go
// where a capital first letter is not enough: initialisms, and words that the
// platform has written as one.
var words = map[string]string{
	"addtagusers":      "AddTagUsers",
	"api":              "API",
	"batchdelete":      "BatchDelete",
	"batchsearch":      "BatchSearch",
	"chatid":           "ChatID",
	"corpid":           "CorpID",
	"deltagusers":      "DelTagUsers",
	"getcallbackip":    "GetCallbackIP",
	"getresult":        "GetResult",
	"gettoken":         "GetToken",
	"getuserdetail":    "GetUserDetail",
	"getuserdetail3rd": "GetUserDetail3rd",
	"getuserinfo":      "GetUserInfo",
	"getuserinfo3rd":   "GetUserInfo3rd",
	"groupchat":        "GroupChat",
	"id":               "ID",
	"ip":               "IP",
	"jsapi":            "JSAPI",
	"jscode2session":   "JSCode2Session",
	"jssdk":            "JSSDK",
	"kfid":             "KFID",
	"opencorpid":       "OpenCorpID",
	"openid":           "OpenID",
	"openuserid":       "OpenUserID",
	"qrcode":           "QRCode",
	"replaceparty":     "ReplaceParty",
	"replaceuser":      "ReplaceUser",
	"simplelist":       "SimpleList",
	"syncuser":         "SyncUser",
	"tagid":            "TagID",
	"unionid":          "UnionID",
	"uploadimg":        "UploadImg",
	"url":              "URL",
	"userid":           "UserID",
}

// methodName returns what the method of an endpoint is called.
func methodName(r *contract.Row) string {
	if exception, ok := names[r.ID]; ok {
		return exception.name
	}
	return pathName(r)
}

// pathName returns what the path makes of it.
func pathName(r *contract.Row) string {
	segments := strings.Split(r.Path, "/")
	var b strings.Builder
	for word := range strings.SplitSeq(segments[len(segments)-1], "_") {
		if known, ok := words[word]; ok {
			b.WriteString(known)
		} else if word != "" {
			b.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
	}
	if slices.Contains(segments, "v2") {
		b.WriteString("V2")
	}
	return b.String()
}

// TestContract joins the table, the methods and the cases.
func TestContract(t *testing.T) {
	t.Parallel()
	rows, err := contract.Load()
	require.NoError(t, err)
	root, err := contract.Root()
	require.NoError(t, err)
	source, err := contract.Scan(root)
	require.NoError(t, err)
	require.Greater(t, len(source.Directives), 25)
	assert.Empty(t, strings.Join(breaches(rows, source, undone), "\n"))
	for id, exception := range names {
		row, err := contract.Find(id)
		require.NoError(t, err)
		assert.NotEmpty(t, exception.reason, id)
		assert.NotEqual(t, exception.name, pathName(row), "%s needs no exception", id)
	}
	for _, chapter := range undone {
		assert.Contains(t, contract.Chapters(rows), chapter)
	}
}

// breaches returns one line for each rule that is broken:
//
//   - a directive names an endpoint of the table, and no other does;
//   - the method is exported and named after the endpoint;
//   - its comment begins with the name and holds the Chinese title, the link to
//     the official page and, for an old endpoint, the paragraph that says so;
//   - every endpoint of a chapter that is done has a method;
//   - every row with a method has a case in the package of the method.
func breaches(rows []*contract.Row, source *contract.Source, undone []string) []string {
	var found []string
	breach := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }

	byEndpoint, byID := make(map[string][]*contract.Row), make(map[string]*contract.Row)
	for _, r := range rows {
		byEndpoint[r.Endpoint()] = append(byEndpoint[r.Endpoint()], r)
		byID[r.ID] = r
	}
	claimed := make(map[string]*contract.Directive)
	for _, d := range source.Directives {
		if other := claimed[d.Endpoint()]; other != nil {
			breach("%s: %s has a method already, at %s", d.Pos, d.Endpoint(), other.Pos)
		}
		claimed[d.Endpoint()] = d
		if len(byEndpoint[d.Endpoint()]) == 0 {
			breach("%s: the endpoint table has no %s", d.Pos, d.Endpoint())
			continue
		}
		found = append(found, methodBreaches(d, byEndpoint[d.Endpoint()])...)
	}

	tested := make(map[string]bool)
	for _, c := range source.Cases {
		r := byID[c.ID]
		switch {
		case r == nil:
			breach("%s: the endpoint table has no row %q", c.Pos, c.ID)
		case claimed[r.Endpoint()] == nil:
			breach("%s: no method claims %s, %s", c.Pos, c.ID, r.Endpoint())
		case claimed[r.Endpoint()].Dir != c.Dir:
			breach("%s: the method of %s is in %s: its case belongs there", c.Pos, c.ID, claimed[r.Endpoint()].Dir)
		default:
			tested[r.Endpoint()] = true
		}
	}
	for _, r := range rows {
		d := claimed[r.Endpoint()]
		switch {
		case d == nil && !slices.Contains(undone, r.Chapter):
			breach("%s: no method has the directive //wecom:endpoint %s", r.ID, r.Endpoint())
		case d != nil && !tested[r.Endpoint()]:
			breach("%s: %s.%s has no apitest.Case in %s", r.ID, d.Receiver, d.Name, d.Dir)
		}
	}
	return found
}

var (
	docLink    = regexp.MustCompile(`https://developer\.work\.weixin\.qq\.com/document/path/(\d+)`)
	deprecated = regexp.MustCompile(`(?m)^Deprecated: \S`)
	blank      = regexp.MustCompile(`\s+`)
)

// methodBreaches checks the method of d against the rows of its endpoint. Where
// there are several, the method is that of the first.
func methodBreaches(d *contract.Directive, rows []*contract.Row) []string {
	var found []string
	breach := func(format string, args ...any) {
		found = append(found, fmt.Sprintf("%s: %s.%s: ", d.Pos, d.Receiver, d.Name)+fmt.Sprintf(format, args...))
	}
	row := rows[0]
	if !ast.IsExported(d.Name) {
		breach("is not exported")
	}
	if want := methodName(row); d.Name != want {
		breach("is %s in the table, which makes it %s", row.ID, want)
	}
	if !strings.HasPrefix(d.Doc, d.Name+" ") {
		breach("the comment does not begin with the name")
	}
	// Chinese text is wrapped without blanks.
	text := blank.ReplaceAllString(d.Doc, "")
	has := func(title string) bool { return strings.Contains(text, blank.ReplaceAllString(title, "")) }
	if titles := row.Titles(); !slices.ContainsFunc(titles, has) {
		breach("the comment lacks the title %s", strings.Join(titles, " or "))
	}
	linked := slices.ContainsFunc(docLink.FindAllStringSubmatch(d.Doc, -1), func(m []string) bool {
		return slices.ContainsFunc(row.Doc, func(n int) bool { return m[1] == fmt.Sprint(n) })
	})
	if len(row.Doc) > 0 && !linked {
		breach("the comment lacks a link to any of the pages %v", row.Doc)
	}
	switch isOld := deprecated.MatchString(d.Doc); {
	case row.Old() && !isOld:
		breach("the endpoint is old and the comment has no Deprecated: paragraph")
	case !row.Old() && isOld:
		breach("the method is deprecated and the table does not say that the endpoint is old")
	}
	return found
}

func TestMethodName(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/cgi-bin/service/get_suite_token":               "GetSuiteToken",
		"/cgi-bin/service/v2/get_auth_info":              "GetAuthInfoV2",
		"/cgi-bin/service/get_app_qrcode":                "GetAppQRCode",
		"/cgi-bin/service/get_customized_auth_url":       "GetCustomizedAuthURL",
		"/cgi-bin/batch/userid_to_openuserid":            "UserIDToOpenUserID",
		"/cgi-bin/miniprogram/jscode2session":            "JSCode2Session",
		"/cgi-bin/service/auth/getuserinfo3rd":           "GetUserInfo3rd",
		"/cgi-bin/idconvert/upgrade_chatid_for_new_corp": "UpgradeChatIDForNewCorp",
	} {
		assert.Equal(t, want, methodName(&contract.Row{Path: path}))
	}
	assert.Equal(t, "GetUserInfo3rdLegacy", methodName(&contract.Row{ID: "identity.getuserinfo3rd_legacy", Path: "/cgi-bin/service/getuserinfo3rd"}))
}

// TestBreaches proves that each rule of TestContract can fail.
func TestBreaches(t *testing.T) {
	t.Parallel()
	row := func() *contract.Row {
		return &contract.Row{
			Chapter: "x", ID: "x.get", Title: "获取 (v1) / 读取", Doc: []int{90600, 90601},
			Method: "POST", Path: "/cgi-bin/x/get_url",
		}
	}
	directive := func() *contract.Directive {
		return &contract.Directive{
			Method: "POST", Path: "/cgi-bin/x/get_url", Dir: "x", Receiver: "Client", Name: "GetURL", Pos: "x/x.go:7",
			Doc: "GetURL gets it (读\n取).\n\nWeCom docs: https://developer.work.weixin.qq.com/document/path/90601\n",
		}
	}
	aCase := func() *contract.TestCase { return &contract.TestCase{ID: "x.get", Dir: "x", Pos: "x/x_test.go:5"} }
	run := func(edit func(r *contract.Row, s *contract.Source), undone ...string) []string {
		r := row()
		s := &contract.Source{Directives: []*contract.Directive{directive()}, Cases: []*contract.TestCase{aCase()}}
		edit(r, s)
		return breaches([]*contract.Row{r}, s, undone)
	}
	require.Empty(t, run(func(*contract.Row, *contract.Source) {}))

	t.Run("a row without a method", func(t *testing.T) {
		t.Parallel()
		bare := func(_ *contract.Row, s *contract.Source) { *s = contract.Source{} }
		assert.Equal(t, []string{"x.get: no method has the directive //wecom:endpoint POST /cgi-bin/x/get_url"}, run(bare))
		assert.Empty(t, run(bare, "x"))
	})
	for name, c := range map[string]struct {
		edit func(r *contract.Row, s *contract.Source)
		want string
	}{
		"a method without a row": {
			func(r *contract.Row, _ *contract.Source) { r.Path = "/cgi-bin/x/other" },
			"x/x.go:7: the endpoint table has no POST /cgi-bin/x/get_url",
		},
		"the wrong HTTP method": {
			func(_ *contract.Row, s *contract.Source) { s.Directives[0].Method = "GET" },
			"x/x.go:7: the endpoint table has no GET /cgi-bin/x/get_url",
		},
		"two methods": {
			func(_ *contract.Row, s *contract.Source) {
				second := directive()
				second.Pos = "x/y.go:9"
				s.Directives = append(s.Directives, second)
			},
			"x/y.go:9: POST /cgi-bin/x/get_url has a method already, at x/x.go:7",
		},
		"no case": {
			func(_ *contract.Row, s *contract.Source) { s.Cases = nil },
			"x.get: Client.GetURL has no apitest.Case in x",
		},
		"a case elsewhere": {
			func(_ *contract.Row, s *contract.Source) { s.Cases[0].Dir = "y" },
			"x/x_test.go:5: the method of x.get is in x: its case belongs there",
		},
		"a case of no row": {
			func(_ *contract.Row, s *contract.Source) { s.Cases[0].ID = "x.put" },
			`x/x_test.go:5: the endpoint table has no row "x.put"`,
		},
		"the name": {
			func(_ *contract.Row, s *contract.Source) { s.Directives[0].Name = "GetUrl" },
			"x/x.go:7: Client.GetUrl: is x.get in the table, which makes it GetURL",
		},
		"not exported": {
			func(_ *contract.Row, s *contract.Source) { s.Directives[0].Name = "getURL" },
			"x/x.go:7: Client.getURL: is not exported",
		},
		"the first word": {
			func(_ *contract.Row, s *contract.Source) { s.Directives[0].Doc = "It " + s.Directives[0].Doc },
			"x/x.go:7: Client.GetURL: the comment does not begin with the name",
		},
		"the title": {
			func(r *contract.Row, _ *contract.Source) { r.Title = "设置 (v1) / 删除" },
			"x/x.go:7: Client.GetURL: the comment lacks the title 设置 or 删除",
		},
		"the link": {
			func(r *contract.Row, _ *contract.Source) { r.Doc = []int{9060} },
			"x/x.go:7: Client.GetURL: the comment lacks a link to any of the pages [9060]",
		},
		"old": {
			func(r *contract.Row, _ *contract.Source) { r.Notes = []string{"no longer maintained"} },
			"x/x.go:7: Client.GetURL: the endpoint is old and the comment has no Deprecated: paragraph",
		},
		"not old": {
			func(_ *contract.Row, s *contract.Source) { s.Directives[0].Doc += "\nDeprecated: use another.\n" },
			"x/x.go:7: Client.GetURL: the method is deprecated and the table does not say that the endpoint is old",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Contains(t, run(c.edit), c.want)
		})
	}
}
