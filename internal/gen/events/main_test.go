package main

import (
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/testdata"
)

func TestGeneratedPageIsCurrent(t *testing.T) {
	t.Parallel()
	want, err := generate(testdata.Files, os.DirFS(filepath.Join(root, "callback")))
	require.NoError(t, err)
	got, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(page)))
	require.NoError(t, err)
	if string(want) != string(got) {
		t.Error("docs/events.md is not what testdata/events and package callback say: run go generate ./internal/gen/events")
	}
}

const (
	suiteTable = `events:
  - {id: a, title: "a happened", receiver: command_url, form: suite, info_type: a, change_type: b, docs: [1, 2], confidence: official, ack: {deadline_ms: 1000}}`
	dataTable = `events:
  - {id: text, title: "text", receiver: data_url, form: app, msg_type: text, docs: [], confidence: peers, ack: {deadline_ms: 5000}}`
	source = `package callback

const (
	KindA Kind = "suite:a.b"
	KindText Kind = "app:text"
	KindMore Kind = "app:event.more"
)

// A tells that an x (某物) has come (甲事件). It is not (乙).
//
// More (丙).
type A struct{}

func (A) Kind() Kind { return KindA }

// Text is a text (文本消息).
type Text struct{}

func (Text) Kind() Kind { return KindText }

// More is more (更多).
type More struct{}

func (More) Kind() Kind { return KindMore }

func (x *Other) Kind() Kind { return x.kind }
`
)

func files(suite, data, source string) (table, code fstest.MapFS) {
	table = fstest.MapFS{"events/suite.yaml": {Data: []byte(suite)}, "events/data.yaml": {Data: []byte(data)}}
	return table, fstest.MapFS{"a.go": {Data: []byte(source)}, "a_test.go": {Data: []byte("not Go")}}
}

func TestGenerate(t *testing.T) {
	t.Parallel()
	text, err := generate(files(suiteTable, dataTable, source))
	require.NoError(t, err)
	for _, line := range []string{
		"2 entries, 3 types",
		"| `suite:a.b` | a happened (甲事件) | `A` | command (指令) | **1000 ms** | official | " +
			"[1](https://developer.work.weixin.qq.com/document/path/1) [2](https://developer.work.weixin.qq.com/document/path/2) |\n",
		"| `app:text` | text (文本消息) | `Text` | data (数据) | 5 s | peers |  |\n",
		"## Further kinds",
		"| `app:event.more` | 更多 | `More` |\n",
	} {
		assert.Contains(t, string(text), line)
	}
}

func TestGenerateRefuses(t *testing.T) {
	t.Parallel()
	const kindA = `package callback
const KindA Kind = "suite:a.b"
`
	for want, tt := range map[string]struct{ suite, data, source string }{
		"the table is empty":            {"meta: {}", "meta: {}", source},
		"events/suite.yaml: yaml:":      {"events: [", dataTable, source},
		"a: no type of package":         {suiteTable, dataTable, "package callback"},
		`a: unknown receiver "odd_url"`: {"events: [{id: a, form: suite, info_type: a, change_type: b, receiver: odd_url}]", dataTable, source},
		"B: has the kind":               {suiteTable, dataTable, source + "// B is (乙).\ntype B struct{}\nfunc (B) Kind() Kind { return KindA }"},
		"B: its Kind method":            {suiteTable, dataTable, source + "// B is (乙).\ntype B struct{}\nfunc (B) Kind() Kind { return KindB }"},
		"A: no Chinese title":           {suiteTable, dataTable, kindA + "// A is a. It is (甲).\ntype A struct{}\nfunc (A) Kind() Kind { return KindA }"},
		"a.go:1:1":                      {suiteTable, dataTable, "nonsense"},
	} {
		_, err := generate(files(tt.suite, tt.data, tt.source))
		require.ErrorContains(t, err, want)
	}
	_, err := generate(fstest.MapFS{}, fstest.MapFS{})
	require.ErrorIs(t, err, os.ErrNotExist)
}
