package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/internal/contract"
)

func TestEndpointsPageIsCurrent(t *testing.T) {
	t.Parallel()
	root, err := contract.Root()
	require.NoError(t, err)
	outputs, err := generate(root)
	require.NoError(t, err)
	want := outputs[page]
	got, err := os.ReadFile(filepath.Join(root, page))
	require.NoError(t, err)
	if string(want) != string(got) {
		t.Errorf("%s is not what the endpoint table and the directives say: run go generate ./internal/gen/endpoints", page)
	}
}

// TestEveryRowIsOnThePage does not trust the generator that wrote the page.
func TestEveryRowIsOnThePage(t *testing.T) {
	t.Parallel()
	root, err := contract.Root()
	require.NoError(t, err)
	rows, err := contract.Load()
	require.NoError(t, err)
	outputs, err := generate(root)
	require.NoError(t, err)
	text := outputs[page]
	lines := strings.Count(string(text), "\n| `")
	assert.Equal(t, len(rows), lines)
	for _, r := range rows {
		assert.Contains(t, string(text), "\n| `"+r.Endpoint()+"` | ", r.ID)
	}
	for _, chapter := range contract.Chapters(rows) {
		assert.NotEqual(t, chapter, title(chapter), "the chapter has a title on the page")
	}
	assert.Contains(t, string(text), "| `POST /cgi-bin/service/get_suite_token` | 获取第三方应用凭证 / 获取代开发应用模板凭证 | `suite.Client.GetSuiteToken`, `suite.Template.GetSuiteToken` |")
	assert.Contains(t, string(text), "| `POST /cgi-bin/paytool/open_order` | 创建收款订单 | `provider/paytool.Client.OpenOrder` | provider_access_token | "+
		"[98045](https://developer.work.weixin.qq.com/document/path/98045) | official |\n")
}

func TestRender(t *testing.T) {
	t.Parallel()
	rows := []*contract.Row{
		{Chapter: "zebra", ID: "z", Title: "a|b<c", Method: "GET", Path: "/cgi-bin/z", Credential: "none", Confidence: "peers"},
		{
			Chapter: "provider", ID: "p", Title: "登录 (旧)", Method: "POST", Path: "/cgi-bin/p", Doc: []int{90001, 90002},
			Credential: "provider_access_token", CredentialParam: "access_token", Confidence: "official",
		},
		{Chapter: "suite", ID: "s", Title: "标题", Method: "POST", Path: "/cgi-bin/s", Credential: "access_token", CredentialParam: "access_token", Confidence: "official"},
		{Chapter: "suite", ID: "s2", Title: "二", Method: "POST", Path: "/cgi-bin/s2", Credential: "access_token", CredentialParam: "access_token", Confidence: "official"},
	}
	text, err := render(rows, map[string]method{
		"POST /cgi-bin/p":  {names: []string{"provider.Client.P"}},
		"POST /cgi-bin/s":  {names: []string{"suite.Client.S", "suite.Template.S"}},
		"POST /cgi-bin/s2": {names: []string{"suite.S2"}, deprecated: true},
	})
	require.NoError(t, err)
	got, ok := strings.CutPrefix(string(text), head)
	require.True(t, ok)
	assert.Equal(t, "| chapter | endpoints | bound |\n| --- | ---: | ---: |\n"+
		"| [Apps and corps (第三方应用与代开发应用)](#suite) | 2 | 2 |\n"+
		"| [Service provider (服务商)](#provider) | 1 | 1 |\n"+
		"| [zebra](#zebra) | 1 | 0 |\n"+
		"| | 4 | 3 |\n"+
		"\n<a id=\"suite\"></a>\n\n## Apps and corps (第三方应用与代开发应用)\n\n"+
		"| endpoint | title | Go | credential | docs | status |\n| --- | --- | --- | --- | --- | --- |\n"+
		"| `POST /cgi-bin/s` | 标题 | `suite.Client.S`, `suite.Template.S` | access_token |  | official |\n"+
		"| `POST /cgi-bin/s2` | 二 | `suite.S2` | access_token |  | official, deprecated |\n"+
		"\n<a id=\"provider\"></a>\n\n## Service provider (服务商)\n\n"+
		"| endpoint | title | Go | credential | docs | status |\n| --- | --- | --- | --- | --- | --- |\n"+
		"| `POST /cgi-bin/p` | 登录 (旧) | `provider.Client.P` | provider_access_token as access_token | "+
		"[90001](https://developer.work.weixin.qq.com/document/path/90001), [90002](https://developer.work.weixin.qq.com/document/path/90002) | official, deprecated |\n"+
		"\n<a id=\"zebra\"></a>\n\n## zebra\n\n"+
		"| endpoint | title | Go | credential | docs | status |\n| --- | --- | --- | --- | --- | --- |\n"+
		"| `GET /cgi-bin/z` | a\\|b&lt;c |  | none |  | peers, not bound yet |\n", got)

	_, err = render(rows, map[string]method{"GET /cgi-bin/nowhere": {names: []string{"suite.Client.Nowhere"}}})
	require.EqualError(t, err, "the endpoint table has no GET /cgi-bin/nowhere, which suite.Client.Nowhere claims")
	_, err = render(nil, nil)
	require.ErrorContains(t, err, "is empty")
}

func TestNewMethod(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{
		"suite/a.go":      {Data: []byte("package suite\ntype Template struct{ *app }\ntype hidden struct{ app }\ntype Other struct{ app app }\ntype Alone struct{ other }")},
		"suite/b.go":      {Data: []byte("package suite\ntype Client struct{ app; n int }\ntype app struct{}")},
		"suite/b_test.go": {Data: []byte("package suite\ntype Fake struct{ app }")},
		"broken/a.go":     {Data: []byte("package")},
	}
	m, err := newMethod(files, &contract.Directive{Dir: "suite", Receiver: "app", Name: "Do", Doc: "Do does.\n\nDeprecated: use Make.\n"})
	require.NoError(t, err)
	assert.Equal(t, method{names: []string{"suite.Client.Do", "suite.Template.Do"}, deprecated: true}, m)

	m, err = newMethod(files, &contract.Directive{Dir: "suite", Receiver: "Corp", Name: "Do", Doc: "Do does what Deprecated: does not."})
	require.NoError(t, err)
	assert.Equal(t, method{names: []string{"suite.Corp.Do"}}, m)

	m, err = newMethod(files, &contract.Directive{Dir: "sso", Name: "Do"})
	require.NoError(t, err)
	assert.Equal(t, []string{"sso.Do"}, m.names)

	_, err = newMethod(files, &contract.Directive{Dir: "suite", Receiver: "nobody", Name: "Do", Pos: "suite/a.go:7"})
	require.EqualError(t, err, "suite/a.go:7: no exported type has the method Do")
	_, err = newMethod(files, &contract.Directive{Dir: "broken", Receiver: "app", Name: "Do"})
	require.Error(t, err)
}
