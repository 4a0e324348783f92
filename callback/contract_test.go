package callback_test

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/callback"
)

// done holds the event type of each row of testdata/events that has one. A type
// is finished when its row is here; the list is complete when it is as long as
// the table.
var done = map[string]callback.Event{
	"suite_ticket":           callback.SuiteTicket{},
	"create_auth":            callback.CreateAuth{},
	"create_auth.extra_info": callback.CreateAuth{},
	"change_auth":            callback.ChangeAuth{},
	"cancel_auth":            callback.CancelAuth{},
	"reset_permanent_code":   callback.ResetPermanentCode{},
	"register_corp":          callback.RegisterCorp{},
	"enter_register_package": callback.EnterRegisterPackage{},
}

type row struct {
	ID         string `yaml:"id"`
	Form       string `yaml:"form"`
	InfoType   string `yaml:"info_type"`
	MsgType    string `yaml:"msg_type"`
	Event      string `yaml:"event"`
	ChangeType string `yaml:"change_type"`
	Example    string `yaml:"example"`
	Ack        struct {
		DeadlineMS int64 `yaml:"deadline_ms"`
	} `yaml:"ack"`
	Fields []struct {
		Type string `yaml:"type"`
		Path string `yaml:"path"`
	} `yaml:"fields"`
}

// table returns the rows of testdata/events.
func table(tb testing.TB) []row {
	tb.Helper()
	var rows []row
	for _, name := range []string{"suite.yaml", "data.yaml"} {
		text, err := os.ReadFile("../testdata/events/" + name)
		require.NoError(tb, err)
		var file struct {
			Events []row `yaml:"events"`
		}
		require.NoError(tb, yaml.Unmarshal(text, &file))
		rows = append(rows, file.Events...)
	}
	require.GreaterOrEqual(tb, len(rows), 217)
	return rows
}

// kind returns the kind that the columns of the row ask for.
func (r row) kind() callback.Kind {
	parts := []string{cmp.Or(r.InfoType, r.MsgType)}
	for _, part := range []string{r.Event, r.ChangeType} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return callback.Kind(r.Form + ":" + strings.Join(parts, "."))
}

func TestEveryExampleIsRecognised(t *testing.T) {
	t.Parallel()
	for _, r := range table(t) {
		env, err := callback.Parse([]byte(r.Example), suiteID)
		require.NoError(t, err, r.ID)
		want := r.kind()
		if strings.Contains(r.Example, "deparmtment") { // the table says that both spellings occur
			want = callback.Kind(strings.ReplaceAll(string(want), "department", "deparmtment"))
		}
		assert.Equal(t, want, env.Kind, r.ID)
		assert.Equal(t, r.Form, env.Form.String(), r.ID)
		wantTime := int64(0)
		for _, l := range leaves(t, r.Example) {
			switch {
			case l.path == "TimeStamp" && r.Form != "app", l.path == "CreateTime" && r.Form == "app":
				_, err := fmt.Sscan(l.text, &wantTime)
				require.NoError(t, err, r.ID)
			case l.path == "AuthCorpId" || l.path == "ToUserName":
				assert.Equal(t, l.text, env.CorpID, r.ID)
			}
		}
		assert.Equal(t, time.Unix(wantTime, 0), env.At, r.ID)
	}
}

// leaf is an element without children.
type leaf struct{ path, text string }

// leaves lists the elements of doc that have no children, in document order,
// with the path below the root.
func leaves(tb testing.TB, doc string) []leaf {
	tb.Helper()
	var out []leaf
	var path []string
	var text string
	children := []bool{false}
	d := xml.NewDecoder(strings.NewReader(doc))
	for {
		tok, err := d.Token()
		require.NoError(tb, err)
		switch tok := tok.(type) {
		case xml.StartElement:
			children[len(children)-1] = true
			path, children, text = append(path, tok.Name.Local), append(children, false), ""
		case xml.CharData:
			text += string(tok)
		case xml.EndElement:
			if !children[len(children)-1] {
				out = append(out, leaf{strings.Join(path[1:], "/"), strings.TrimSpace(text)})
			}
			path, children = path[:len(path)-1], children[:len(children)-1]
			if len(path) == 0 {
				return out
			}
			text = ""
		}
	}
}

// decodeAs decodes doc into a new value of ev's type.
func decodeAs(tb testing.TB, ev callback.Event, doc string) any {
	tb.Helper()
	v := reflect.New(reflect.TypeOf(ev))
	require.NoError(tb, parse(tb, doc).Decode(v.Interface()))
	return v.Interface()
}

// encode writes v as XML. Secrets come out as [secret].
func encode(tb testing.TB, v any) string {
	tb.Helper()
	var b bytes.Buffer
	require.NoError(tb, xml.NewEncoder(&b).EncodeElement(v, xml.StartElement{Name: xml.Name{Local: "xml"}}))
	return b.String()
}

// secrets lists the secrets in v.
func secrets(v reflect.Value) (out []string) {
	switch x := v.Interface().(type) {
	case wecom.Secret:
		return []string{x.Reveal()}
	case wecom.AuthCode:
		return []string{string(x)}
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			out = secrets(v.Elem())
		}
	case reflect.Struct:
		for _, f := range v.Fields() {
			out = append(out, secrets(f)...)
		}
	case reflect.Slice:
		for i := range v.Len() {
			out = append(out, secrets(v.Index(i))...)
		}
	default:
	}
	return out
}

// requireNothingLost decodes doc into the type of ev, encodes it back, and
// checks that every element is there with its value.
func requireNothingLost(t *testing.T, ev callback.Event, doc string) {
	t.Helper()
	v := decodeAs(t, ev, doc)
	hidden := secrets(reflect.ValueOf(v))
	back := leaves(t, encode(t, v))
	for _, want := range leaves(t, doc) {
		i := slices.IndexFunc(back, func(got leaf) bool {
			return got.path == want.path && (got.text == want.text || got.text == "[secret]" && slices.Contains(hidden, want.text))
		})
		require.GreaterOrEqual(t, i, 0, "%T loses %+v: %+v", ev, want, back)
		back = slices.Delete(back, i, i+1)
	}
	// What is left was not in the document, so it is empty.
	for _, rest := range back {
		require.Contains(t, []string{"", "0"}, rest.text, "%T makes up %+v", ev, rest)
	}
}

func TestEventContract(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for _, r := range table(t) {
		ev, ok := done[r.ID]
		if !ok {
			continue
		}
		seen[r.ID] = true
		t.Run(r.ID, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, r.kind(), ev.Kind())
			requireNothingLost(t, ev, r.Example)
			requireNothingLost(t, ev, r.fromFields())
			for name, doc := range mutations(t, r.Example) {
				v := decodeAs(t, ev, doc)
				if name == "blanks" || name == "reversed" || name == "twice" || name == "extra" {
					assert.Equal(t, decodeAs(t, ev, r.Example), v, name)
				}
			}
		})
	}
	for id := range done {
		assert.True(t, seen[id], "%s is not in the table", id)
	}
}

// fromFields makes a message that has every element of the table, two of those
// that repeat, so that elements which the example leaves out are tested too.
func (r row) fromFields() string {
	type node struct {
		name     string
		leaf     string
		repeated bool
		children []*node
	}
	root := &node{name: "xml"}
	for i, f := range r.Fields {
		at := root
		for part := range strings.SplitSeq(strings.TrimPrefix(f.Path, "/xml/"), "/") {
			name, repeated := strings.CutSuffix(part, "[]")
			n := slices.IndexFunc(at.children, func(c *node) bool { return c.name == name })
			if n < 0 {
				n = len(at.children)
				at.children = append(at.children, &node{name: name, repeated: repeated})
			}
			at = at.children[n]
		}
		switch f.Type {
		case "group", "[]group":
		case "int", "int64", "[]int", "csv_int", "float":
			at.leaf = fmt.Sprint(i + 1)
		default:
			at.leaf = fmt.Sprintf("value%d", i+1)
		}
		if at.name == "InfoType" {
			at.leaf = r.InfoType
		}
	}
	var write func(n *node) string
	write = func(n *node) string {
		inner := n.leaf
		for _, c := range n.children {
			inner += write(c)
		}
		out := "<" + n.name + ">" + inner + "</" + n.name + ">"
		if n.repeated {
			out += out
		}
		return out
	}
	return write(root)
}

// mutations returns variants of a message whose root has one element per line.
func mutations(tb testing.TB, example string) map[string]string {
	tb.Helper()
	var parts []string // the elements under the root
	d := xml.NewDecoder(strings.NewReader(example))
	depth, from := 0, int64(0)
	for depth >= 0 {
		at := d.InputOffset()
		tok, err := d.Token()
		require.NoError(tb, err)
		switch tok.(type) {
		case xml.StartElement:
			if depth++; depth == 2 {
				from = at
			}
		case xml.EndElement:
			if depth == 2 {
				parts = append(parts, example[from:d.InputOffset()])
			}
			if depth--; depth == 0 {
				depth = -1
			}
		}
	}
	require.NotEmpty(tb, parts)
	wrap := func(parts []string) string { return "<xml>" + strings.Join(parts, "") + "</xml>" }
	reversed := slices.Clone(parts)
	slices.Reverse(reversed)
	out := map[string]string{
		"blanks":   "\ufeff\r\n" + strings.NewReplacer("<![CDATA[", "\n <![CDATA[", "]]>", "]]>\t", "</xml>", "</xml >").Replace(example),
		"reversed": wrap(reversed),
		"extra":    wrap(append([]string{"<New><A>1</A><A/></New>", "<Newer/>"}, parts...)),
	}
	if !strings.Contains(example, "OpenKfId") { // a list would be twice as long
		out["twice"] = wrap(append(slices.Clone(parts), parts...))
	}
	for i := range parts {
		out[fmt.Sprintf("without %d", i)] = wrap(slices.Delete(slices.Clone(parts), i, i+1))
		name := parts[i][1:strings.IndexByte(parts[i], '>')]
		empty := slices.Clone(parts)
		empty[i] = "<" + name + "></" + name + ">"
		out[fmt.Sprintf("empty %d", i)] = wrap(empty)
	}
	return out
}

func TestEventsByValue(t *testing.T) {
	t.Parallel()
	examples := make(map[string]string)
	for _, r := range table(t) {
		examples[r.ID] = r.Example
	}
	head := callback.SuiteHead{SuiteID: "ww4asffe99e54c0f4c", TimeStamp: 1403610513}
	suite := func(infoType string) callback.SuiteHead {
		h := head
		h.InfoType = infoType
		return h
	}
	for id, want := range map[string]callback.Event{
		"suite_ticket": &callback.SuiteTicket{SuiteHead: suite("suite_ticket"), SuiteTicket: wecom.NewSecret("asdfasfdasdfasdf")},
		"create_auth":  &callback.CreateAuth{SuiteHead: suite("create_auth"), AuthCode: "AUTHCODE", State: "123"},
		"create_auth.extra_info": &callback.CreateAuth{
			SuiteHead: suite("create_auth"), AuthCode: "AUTHCODE", State: "123", OpenKfIDs: []string{"wkxxxx1", "wkxxxx2"},
		},
		"change_auth": &callback.ChangeAuth{SuiteHead: suite("change_auth"), AuthCorpID: "wxf8b4f85f3a794e77", State: "abc"},
		"cancel_auth": &callback.CancelAuth{SuiteHead: suite("cancel_auth"), AuthCorpID: "wxf8b4f85f3a794e77"},
		"reset_permanent_code": &callback.ResetPermanentCode{
			SuiteHead: callback.SuiteHead{SuiteID: "dk4asffe99e54c0f4c", InfoType: "reset_permanent_code", TimeStamp: 1403610513}, AuthCode: "AUTHCODE",
		},
		"register_corp": &callback.RegisterCorp{
			ProviderHead: callback.ProviderHead{ServiceCorpID: providerID, InfoType: "register_corp", TimeStamp: 1502682173},
			RegisterCode: "pIKi3wRPNWCGF-pyP-YU5KWjDDD", AuthCorpID: "wwddddccc7775555aaa", State: "state1", TemplateID: "tpl1test",
			ContactSync:  callback.ContactSync{AccessToken: wecom.NewSecret("accesstoken000001"), ExpiresIn: 1800},
			AuthUserInfo: callback.AuthUserInfo{UserID: "zhangshan"},
		},
		"enter_register_package": &callback.EnterRegisterPackage{
			ProviderHead: callback.ProviderHead{ServiceCorpID: providerID, InfoType: "enter_register_package", TimeStamp: 1671632600},
			RegisterCode: "pIKi3wRPNWCGF-YU5KWjD", AuthCorpID: "wwddddccc7775555aaa", State: "state1", TemplateID: "tpl1test",
			AuthUserInfo: callback.AuthUserInfo{UserID: "zhangshan"},
		},
	} {
		assert.Equal(t, want, decodeAs(t, done[id], examples[id]), id)
	}
	assert.Equal(t, time.Unix(1403610513, 0), head.TimeStamp.Time())
	assert.True(t, callback.UnixTime(0).Time().IsZero())
}
