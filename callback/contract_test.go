package callback_test

import (
	"bytes"
	"cmp"
	"encoding"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/callback"
)

// row is an entry of testdata/events.
type row struct {
	ID         string `yaml:"id"`
	Form       string `yaml:"form"`
	InfoType   string `yaml:"info_type"`
	MsgType    string `yaml:"msg_type"`
	Event      string `yaml:"event"`
	ChangeType string `yaml:"change_type"`
	Alias      string `yaml:"alias"`
	Example    string `yaml:"example"`
	Ack        struct {
		DeadlineMS int64 `yaml:"deadline_ms"`
	} `yaml:"ack"`
	Fields []struct {
		Type string `yaml:"type"`
		Path string `yaml:"path"`
		Note string `yaml:"note"`
	} `yaml:"fields"`
}

// readTable reads testdata/events.
var readTable = sync.OnceValues(func() (rows []row, err error) {
	for _, name := range []string{"suite.yaml", "data.yaml"} {
		text, err := os.ReadFile("../testdata/events/" + name)
		if err != nil {
			return nil, err
		}
		var file struct {
			Events []row `yaml:"events"`
		}
		if err := yaml.Unmarshal(text, &file); err != nil {
			return nil, err
		}
		rows = append(rows, file.Events...)
	}
	return rows, nil
})

// table returns the rows of testdata/events.
func table(tb testing.TB) []row {
	tb.Helper()
	rows, err := readTable()
	require.NoError(tb, err)
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

// numeric holds the paths of the elements that are numbers.
func (r row) numeric() map[string]bool {
	out := make(map[string]bool)
	for _, f := range r.Fields {
		if slices.Contains([]string{"int", "int64", "[]int", "csv_int", "float"}, f.Type) {
			out[strings.ReplaceAll(strings.TrimPrefix(f.Path, "/xml/"), "[]", "")] = true
		}
	}
	return out
}

// typesByKind returns the types by their kinds.
func typesByKind(tb testing.TB) map[callback.Kind]callback.Event {
	tb.Helper()
	byKind := make(map[callback.Kind]callback.Event)
	for _, ev := range types {
		require.Nil(tb, byKind[ev.Kind()], "%q has two types", ev.Kind())
		byKind[ev.Kind()] = ev
	}
	return byKind
}

func TestEveryRowHasItsType(t *testing.T) {
	t.Parallel()
	byKind := typesByKind(t)
	left := maps.Clone(byKind)
	for _, r := range table(t) {
		assert.Contains(t, byKind, r.kind(), r.ID)
		delete(left, r.kind())
	}
	for kind := range left { // the row of create_chain lists them
		assert.Contains(t, []callback.Kind{
			callback.KindAppChangeChainUpdateChain, callback.KindAppChangeChainDeleteChain, callback.KindAppChangeChainCreateGroup,
			callback.KindAppChangeChainUpdateGroup, callback.KindAppChangeChainDeleteGroup, callback.KindAppChangeChainCorpJoin,
			callback.KindAppChangeChainUpdateCorp, callback.KindAppChangeChainRemoveCorp,
		}, kind)
	}
}

// TestTypeNamesSayTheKind holds the types against the rule of the package
// comment.
func TestTypeNamesSayTheKind(t *testing.T) {
	t.Parallel()
	words := map[string]string{
		"api": "API", "ip": "IP", "vip": "VIP", "userid": "UserID", // initialisms
		"editon": "Edition", "filed": "Field", // misspelt by WeCom
	}
	for _, ev := range types {
		form, rest, _ := strings.Cut(string(ev.Kind()), ":")
		rest, isEvent := strings.CutPrefix(rest, "event.")
		var name strings.Builder
		switch {
		case form == "app" && isEvent:
			name.WriteString("App")
		case ev.Kind() == callback.KindProviderBatchJobResult: // also in suite form
			name.WriteString("Provider")
		}
		for word := range strings.FieldsFuncSeq(rest, func(r rune) bool { return r == '.' || r == '_' }) {
			word = strings.ToLower(word)
			name.WriteString(cmp.Or(words[word], strings.ToUpper(word[:1])+word[1:]))
		}
		if form == "app" && !isEvent {
			name.WriteString("Message")
		}
		assert.Equal(t, name.String(), reflect.TypeOf(ev).Name(), ev.Kind())
	}
}

func TestEveryExampleIsRecognised(t *testing.T) {
	t.Parallel()
	for _, r := range table(t) {
		env := parse(t, r.Example)
		assert.Equal(t, r.kind(), env.Kind, r.ID)
		assert.Equal(t, r.Form, env.Form.String(), r.ID)
		wantTime := int64(0)
		for _, l := range leaves(t, r.Example) {
			switch {
			case l.path == "TimeStamp" && r.Form != "app", l.path == "CreateTime" && r.Form == "app":
				_, err := fmt.Sscan(l.text, &wantTime)
				require.NoError(t, err, r.ID)
			case l.path == "AuthCorpId", l.path == "PaidCorpId", l.path == "ToUserName":
				assert.Equal(t, l.text, env.CorpID, r.ID)
			}
		}
		assert.Equal(t, time.Unix(wantTime, 0), env.At, r.ID)
		if r.Alias != "" {
			name := cmp.Or(r.ChangeType, r.InfoType)
			other := strings.NewReplacer(name, r.Alias, r.Alias, name).Replace(r.Example)
			require.NotEqual(t, r.Example, other, r.ID)
			assert.Equal(t, r.kind(), parse(t, other).Kind, r.ID)
		}
	}
}

// leaf is an element without children.
type leaf struct{ path, text string }

// leaves lists the elements of doc that have no children, in document order,
// with the path below the root.
func leaves(tb testing.TB, doc string) (out []leaf) {
	tb.Helper()
	var walk func(n *node, path string)
	walk = func(n *node, path string) {
		if len(n.children) == 0 {
			text := strings.TrimSpace(n.text)
			if literal, found := strings.CutPrefix(text, "![CDATA["); found {
				text = strings.TrimSuffix(literal, "]]")
			}
			out = append(out, leaf{path, text})
		}
		for _, c := range n.children {
			walk(c, strings.TrimPrefix(path+"/"+c.name, "/"))
		}
	}
	walk(readTree(tb, doc), "")
	return out
}

// decodeAs decodes doc into a new value of ev's type.
func decodeAs(tb testing.TB, ev callback.Event, doc string) any {
	tb.Helper()
	v := reflect.New(reflect.Indirect(reflect.ValueOf(ev)).Type())
	require.NoError(tb, parse(tb, doc).Decode(v.Interface()), doc)
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

// sameText reports whether two elements say the same, one of them with a number
// written in another way.
func sameText(a, b string) bool {
	if a == b {
		return true
	}
	x, err := strconv.ParseFloat(a, 64)
	y, err2 := strconv.ParseFloat(b, 64)
	return err == nil && err2 == nil && x == y
}

// requireNothingLost decodes doc into the type of ev, encodes it back, and
// checks that every element is there with its value.
func requireNothingLost(t *testing.T, ev callback.Event, doc string) {
	t.Helper()
	v := decodeAs(t, ev, doc)
	hidden := secrets(reflect.ValueOf(v))
	back := leaves(t, encode(t, v))
	for _, want := range leaves(t, doc) {
		if want.text == "" { // as good as absent
			continue
		}
		i := slices.IndexFunc(back, func(got leaf) bool {
			return got.path == want.path && (sameText(got.text, want.text) || got.text == "[secret]" && slices.Contains(hidden, want.text))
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
	byKind := typesByKind(t)
	for _, r := range table(t) {
		t.Run(r.Form+"/"+r.ID, func(t *testing.T) {
			t.Parallel()
			ev := byKind[r.kind()]
			require.NotNil(t, ev)
			requireNothingLost(t, ev, r.Example)
			requireNothingLost(t, ev, r.fromFields())
			requireSecretsHidden(t, ev, r)

			want := decodeAs(t, ev, r.Example)
			for name, doc := range equalMutations(t, r) {
				assert.Equal(t, want, decodeAs(t, ev, doc), name)
			}
			for _, doc := range lesserMutations(t, r) {
				requireNothingLost(t, ev, doc)
			}
			twice := readTree(t, r.Example)
			twice.children = slices.Concat(twice.children, twice.children)
			double(reflect.ValueOf(want).Elem())
			assert.Equal(t, want, decodeAs(t, ev, twice.String()), "of repeated elements the last counts, lists are joined")
		})
	}
}

// TestFieldsHaveTheTypeOfTheTable holds the Go types against the column type.
func TestFieldsHaveTheTypeOfTheTable(t *testing.T) {
	t.Parallel()
	byKind := typesByKind(t)
	for _, r := range table(t) {
		fields := make(map[string]reflect.Type)
		leafTypes(reflect.TypeOf(byKind[r.kind()]), "/xml/", fields)
		for _, f := range r.Fields {
			path := strings.ReplaceAll(f.Path, "[]", "")
			got := fields[path]
			if strings.HasSuffix(f.Type, "group") {
				assert.Nil(t, got, "%s %s", r.ID, path)
				continue
			}
			if !assert.NotNil(t, got, "%s %s", r.ID, path) {
				continue
			}
			want := f.Type
			if strings.HasPrefix(f.Note, "Unix seconds") && f.Type == "int64" {
				want = "time"
			}
			assert.Contains(t, tableTypes(got), want, "%s %s is a %v", r.ID, path, got)
		}
	}
}

// leafTypes lists the types of the fields that hold text, by their paths.
func leafTypes(typ reflect.Type, prefix string, out map[string]reflect.Type) {
	for f := range typ.Fields() {
		tag, _, _ := strings.Cut(f.Tag.Get("xml"), ",")
		path, inner := prefix+strings.ReplaceAll(tag, ">", "/"), f.Type
		if inner.Kind() == reflect.Slice && inner.Elem().Kind() == reflect.Struct {
			inner = inner.Elem()
		}
		_, text := reflect.TypeAssert[encoding.TextMarshaler](reflect.Zero(inner))
		switch {
		case f.Anonymous:
			leafTypes(inner, prefix, out)
		case inner.Kind() == reflect.Struct && !text:
			leafTypes(inner, path+"/", out)
		default:
			out[path] = f.Type
		}
	}
}

// tableTypes returns how the table may call a Go type.
func tableTypes(typ reflect.Type) []string {
	switch typ {
	case reflect.TypeFor[wecom.Secret]():
		return []string{"string"}
	case reflect.TypeFor[callback.CSV]():
		return []string{"csv"}
	case reflect.TypeFor[callback.IntCSV]():
		return []string{"csv_int"}
	case reflect.TypeFor[callback.UnixTime]():
		return []string{"time", "int64"}
	}
	switch typ.Kind() {
	case reflect.String:
		return []string{"string"}
	case reflect.Int:
		return []string{"int"}
	case reflect.Int64:
		return []string{"int", "int64"}
	case reflect.Float64:
		return []string{"float"}
	case reflect.Slice:
		return []string{"[]" + tableTypes(typ.Elem())[0]}
	default:
		return nil
	}
}

// requireSecretsHidden checks that the elements that hold secrets do not print.
func requireSecretsHidden(t *testing.T, ev callback.Event, r row) {
	t.Helper()
	names := []string{"SuiteTicket", "AuthCode", "ContactSync/AccessToken", "WelcomeCode", "Token", "ChatKey", "ResponseCode"}
	doc := r.fromFields()
	printed := fmt.Sprintf("%+v", decodeAs(t, ev, doc))
	for _, l := range leaves(t, doc) {
		if slices.Contains(names, l.path) {
			assert.NotContains(t, printed, l.text, "%T prints %s", ev, l.path)
		}
	}
}

// double appends to each list what it holds. Lists written with commas are text.
func double(v reflect.Value) {
	for _, f := range v.Fields() {
		if _, text := reflect.TypeAssert[encoding.TextMarshaler](f); text {
			continue
		}
		switch f.Kind() {
		case reflect.Slice:
			f.Set(reflect.AppendSlice(f, f))
		case reflect.Struct:
			double(f)
		default:
		}
	}
}

// fromFields makes a message that has every element of the row, two of those
// that repeat, so that elements which the example leaves out are tested too.
func (r row) fromFields() string {
	root := &node{name: "xml"}
	repeated := make(map[*node]bool)
	for i, f := range r.Fields {
		at := root
		for part := range strings.SplitSeq(strings.TrimPrefix(f.Path, "/xml/"), "/") {
			name, isList := strings.CutSuffix(part, "[]")
			n := slices.IndexFunc(at.children, func(c *node) bool { return c.name == name })
			if n < 0 {
				n = len(at.children)
				at.children = append(at.children, &node{name: name})
			}
			at = at.children[n]
			repeated[at] = repeated[at] || isList
		}
		switch f.Type {
		case "group", "[]group":
		case "int", "int64", "[]int", "csv_int", "float":
			at.text = strconv.Itoa(i + 1)
		default:
			at.text = fmt.Sprintf("value%d", i+1)
		}
		switch at.name {
		case "InfoType":
			at.text = r.InfoType
		case "MsgType":
			at.text = r.MsgType
		}
	}
	var multiply func(n *node)
	multiply = func(n *node) {
		var children []*node
		for _, c := range n.children {
			multiply(c)
			children = append(children, c)
			if repeated[c] {
				children = append(children, c)
			}
		}
		n.children = children
	}
	multiply(root)
	return root.String()
}

// node is an element of a message.
type node struct {
	name, text string
	cdata      bool
	children   []*node
}

// readTree reads a message.
func readTree(tb testing.TB, doc string) *node {
	tb.Helper()
	d := xml.NewDecoder(strings.NewReader(doc))
	stack := []*node{{}}
	for {
		from := d.InputOffset()
		tok, err := d.Token()
		require.NoError(tb, err, doc)
		top := stack[len(stack)-1]
		switch tok := tok.(type) {
		case xml.StartElement:
			n := &node{name: tok.Name.Local}
			top.children = append(top.children, n)
			stack = append(stack, n)
		case xml.CharData:
			if strings.HasPrefix(doc[from:], "<![CDATA[") {
				top.text, top.cdata = string(tok), true
			} else if !top.cdata && strings.TrimSpace(string(tok)) != "" {
				top.text = string(tok)
			}
		case xml.EndElement:
			if stack = stack[:len(stack)-1]; len(stack) == 1 {
				return top
			}
		}
	}
}

// String writes the message.
func (n *node) String() string {
	return n.write(func(n *node, _ string) string {
		return "<" + n.name + ">" + n.value() + "</" + n.name + ">"
	}, "")
}

func (n *node) value() string {
	if n.cdata {
		return "<![CDATA[" + n.text + "]]>"
	}
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(n.text)) // a Builder does not fail
	return b.String()
}

// write writes the message, each element without children as leaf writes it.
func (n *node) write(leaf func(n *node, path string) string, path string) string {
	if len(n.children) == 0 {
		return leaf(n, path)
	}
	var b strings.Builder
	for _, c := range n.children {
		b.WriteString(c.write(leaf, strings.TrimPrefix(path+"/"+c.name, "/")))
	}
	return "<" + n.name + ">" + b.String() + "</" + n.name + ">"
}

// walk calls fn for each element below n.
func (n *node) walk(fn func(parent *node, i int)) {
	for i, c := range n.children {
		fn(n, i)
		c.walk(fn)
	}
}

// JSON writes the message as WeCom writes JSON: elements of one name are a list.
func (n *node) JSON(tb testing.TB) string {
	tb.Helper()
	quoted, err := json.Marshal(n.text)
	require.NoError(tb, err)
	if len(n.children) == 0 {
		return string(quoted)
	}
	var members []string
	for _, name := range n.names() {
		var values []string
		for _, c := range n.children {
			if c.name == name {
				values = append(values, c.JSON(tb))
			}
		}
		value := values[0]
		if len(values) > 1 {
			value = "[" + strings.Join(values, ",") + "]"
		}
		members = append(members, strconv.Quote(name)+":"+value)
	}
	return "{" + strings.Join(members, ", ") + "}"
}

// names lists the names of the children of n.
func (n *node) names() (names []string) {
	for _, c := range n.children {
		if !slices.Contains(names, c.name) {
			names = append(names, c.name)
		}
	}
	return names
}

// reverse turns the order of the elements round, but for that of lists.
func (n *node) reverse() {
	names := n.names()
	slices.SortStableFunc(n.children, func(a, b *node) int {
		return slices.Index(names, b.name) - slices.Index(names, a.name)
	})
	for _, c := range n.children {
		c.reverse()
	}
}

// equalMutations returns variants of the example that say the same.
func equalMutations(tb testing.TB, r row) map[string]string {
	tb.Helper()
	root := readTree(tb, r.Example)
	numeric := r.numeric()
	out := map[string]string{
		"as it is": root.String(),
		"json":     root.JSON(tb),
		"attributes": "<?xml version='1.0'?>" + root.write(func(n *node, _ string) string {
			return "<" + n.name + " a='b'>" + n.value() + "</" + n.name + "><!-- c -->"
		}, ""),
		"padded": "\ufeff\r\n" + root.write(func(n *node, path string) string {
			value := n.value()
			if isID := strings.HasSuffix(strings.ToLower(n.name), "id"); isID && n.cdata {
				value = strings.NewReplacer("[CDATA[", "[CDATA[ ", "]]>", "\t]]>").Replace(value)
			}
			if n.cdata || numeric[path] {
				value = "\n " + value + "\t"
			}
			return "\r\n<" + n.name + " >" + value + "</" + n.name + " >"
		}, ""),
		"other case": root.write(func(n *node, _ string) string {
			name := strings.ToUpper(n.name)
			return "<" + name + ">" + n.value() + "</" + name + ">"
		}, ""),
		"stray end tag": "</xml>" + root.String(),
	}
	reversed := readTree(tb, r.Example)
	reversed.reverse()
	out["reversed"] = reversed.String()

	extra := readTree(tb, r.Example)
	more := func(n *node) {
		news := []*node{{name: "New", children: []*node{{name: "A", text: "1"}, {name: "Id", text: "x"}}}, {name: "Newer"}}
		n.children = slices.Concat(news[:1], n.children, news[1:])
	}
	extra.walk(func(parent *node, i int) {
		if n := parent.children[i]; len(n.children) > 0 && n.name != "New" {
			defer more(n)
		}
	})
	more(extra)
	out["extra"] = extra.String()

	root.walk(func(parent *node, i int) {
		n := parent.children[i]
		if !n.cdata || i+1 < len(parent.children) && parent.children[i+1].name == n.name {
			return // before an element of the same name the message stays well formed
		}
		name := fmt.Sprintf("broken CDATA %s %d", n.name, i)
		out[name] = root.write(func(c *node, _ string) string {
			if c == n {
				return "<" + n.name + "><![CDATA[" + n.text + "]]</" + n.name + ">"
			}
			return "<" + c.name + ">" + c.value() + "</" + c.name + ">"
		}, "")
	})
	return out
}

// lesserMutations returns variants of the example without one of its elements,
// or with one that is empty.
func lesserMutations(tb testing.TB, r row) (docs []string) {
	tb.Helper()
	root := readTree(tb, r.Example)
	root.walk(func(parent *node, i int) {
		all := parent.children
		parent.children = slices.Delete(slices.Clone(all), i, i+1)
		docs = append(docs, root.String())
		parent.children = slices.Clone(all)
		parent.children[i] = &node{name: all[i].name}
		docs = append(docs, root.String())
		parent.children = all
	})
	return docs
}

// types holds a value of every type of this package.
var types = []callback.Event{
	callback.TextMessage{},
	callback.ImageMessage{},
	callback.VoiceMessage{},
	callback.VideoMessage{},
	callback.LocationMessage{},
	callback.LinkMessage{},
	callback.CustomerAcquisitionPermitChange{},
	callback.CustomerAcquisitionBalanceLow{},
	callback.AppCustomerAcquisitionBalanceLow{},
	callback.CustomerAcquisitionBalanceExhausted{},
	callback.AppCustomerAcquisitionBalanceExhausted{},
	callback.CustomerAcquisitionBalanceIncreased{},
	callback.AppCustomerAcquisitionBalanceIncreased{},
	callback.CustomerAcquisitionQuotaExpireSoon{},
	callback.AppCustomerAcquisitionQuotaExpireSoon{},
	callback.CustomerAcquisitionLinkUnavailable{},
	callback.AppCustomerAcquisitionLinkUnavailable{},
	callback.CustomerAcquisitionDeleteLink{},
	callback.AppCustomerAcquisitionDeleteLink{},
	callback.CustomerAcquisitionOpenProfile{},
	callback.AppCustomerAcquisitionOpenProfile{},
	callback.CustomerAcquisitionFriendRequest{},
	callback.AppCustomerAcquisitionFriendRequest{},
	callback.CustomerAcquisitionCustomerStartChat{},
	callback.AppCustomerAcquisitionCustomerStartChat{},
	callback.CustomerAcquisitionMessageFromCustomer{},
	callback.AppCustomerAcquisitionMessageFromCustomer{},
	callback.CustomerAcquisitionDelFollowUser{},
	callback.AppCustomerAcquisitionDelFollowUser{},
	callback.CustomerAcquisitionServiceBalanceLow{},
	callback.CustomerAcquisitionServiceBalanceExhausted{},
	callback.CustomerAcquisitionServiceBalanceConsumed{},
	callback.CustomerAcquisitionChangePrice{},
	callback.AdvancedAPIPaySuccess{},
	callback.AdvancedAPIRefund{},
	callback.AdvancedAPICancel{},
	callback.AdvancedAPIInsufficient{},
	callback.AdvancedAPIExpired{},
	callback.AdvancedAPITrialExpired{},
	callback.AppSubscribe{},
	callback.AppUnsubscribe{},
	callback.AppEnterAgent{},
	callback.AppLocation{},
	callback.AppShareAgentChange{},
	callback.AppShareChainChange{},
	callback.AppInactiveAlert{},
	callback.AppCloseInactiveAgent{},
	callback.AppReopenInactiveAgent{},
	callback.AppLowActiveAlert{},
	callback.AppLowActive{},
	callback.AppActiveRestored{},
	callback.AppChangeAppAdmin{},
	callback.AppSwitchWorkbenchMode{},
	callback.AppOpenApprovalChange{},
	callback.AppSysApprovalChange{},
	callback.ConversationNewMessage{},
	callback.HitKeyword{},
	callback.ChatArchiveAuditApprovedSingle{},
	callback.ChatArchiveAuditApprovedRoom{},
	callback.ChatArchiveExportFinished{},
	callback.AppMsgauditNotify{},
	callback.AppProgramNotify{},
	callback.ChangeContactCreateUser{},
	callback.AppChangeContactCreateUser{},
	callback.ChangeContactUpdateUser{},
	callback.AppChangeContactUpdateUser{},
	callback.ChangeContactDeleteUser{},
	callback.AppChangeContactDeleteUser{},
	callback.ChangeContactCreateParty{},
	callback.AppChangeContactCreateParty{},
	callback.ChangeContactUpdateParty{},
	callback.AppChangeContactUpdateParty{},
	callback.ChangeContactDeleteParty{},
	callback.AppChangeContactDeleteParty{},
	callback.ChangeContactUpdateTag{},
	callback.AppChangeContactUpdateTag{},
	callback.AppChangeChainCreateChain{},
	callback.AppChangeChainUpdateChain{},
	callback.AppChangeChainDeleteChain{},
	callback.AppChangeChainCreateGroup{},
	callback.AppChangeChainUpdateGroup{},
	callback.AppChangeChainDeleteGroup{},
	callback.AppChangeChainCorpJoin{},
	callback.AppChangeChainUpdateCorp{},
	callback.AppChangeChainRemoveCorp{},
	callback.AppSecurityChangeDomainIP{},
	callback.AppSubmitVIPAccountApproval{},
	callback.AppFinishVIPAccountApproval{},
	callback.ChangeExternalContactAddExternalContact{},
	callback.AppChangeExternalContactAddExternalContact{},
	callback.ChangeExternalContactEditExternalContact{},
	callback.AppChangeExternalContactEditExternalContact{},
	callback.ChangeExternalContactAddHalfExternalContact{},
	callback.AppChangeExternalContactAddHalfExternalContact{},
	callback.ChangeExternalContactDelExternalContact{},
	callback.AppChangeExternalContactDelExternalContact{},
	callback.ChangeExternalContactDelFollowUser{},
	callback.AppChangeExternalContactDelFollowUser{},
	callback.ChangeExternalContactTransferFail{},
	callback.AppChangeExternalContactTransferFail{},
	callback.AppChangeExternalContactMsgAuditApproved{},
	callback.ChangeExternalChatCreate{},
	callback.AppChangeExternalChatCreate{},
	callback.ChangeExternalChatUpdate{},
	callback.AppChangeExternalChatUpdate{},
	callback.ChangeExternalChatDismiss{},
	callback.AppChangeExternalChatDismiss{},
	callback.ChangeExternalTagCreate{},
	callback.AppChangeExternalTagCreate{},
	callback.ChangeExternalTagUpdate{},
	callback.AppChangeExternalTagUpdate{},
	callback.ChangeExternalTagDelete{},
	callback.AppChangeExternalTagDelete{},
	callback.ChangeExternalTagShuffle{},
	callback.AppChangeExternalTagShuffle{},
	callback.AppDocChangeDocMemberChange{},
	callback.AppDocChangeDeleteDoc{},
	callback.AppDocChangeFormComplete{},
	callback.AppDocChangeDeleteForm{},
	callback.AppDocChangeFormSettingsChange{},
	callback.AppSmartSheetChangeAddField{},
	callback.AppSmartSheetChangeUpdateField{},
	callback.AppSmartSheetChangeDeleteField{},
	callback.AppSmartSheetChangeAddRecord{},
	callback.AppSmartSheetChangeUpdateRecord{},
	callback.AppSmartSheetChangeDeleteRecord{},
	callback.AppWedriveInsufficientCapacity{},
	callback.AppWedriveSpaceChangeDismissSpace{},
	callback.AppWedriveSpaceChangeSpaceMemberChange{},
	callback.AppWedriveSpaceChangeSpaceSecuritySettingsChange{},
	callback.AppWedriveFileChangeCreateFile{},
	callback.AppWedriveFileChangeRenameFile{},
	callback.AppWedriveFileChangeUpdateFile{},
	callback.AppWedriveFileChangeDeleteFile{},
	callback.AppWedriveFileChangeMoveFile{},
	callback.AppAppEmailChangeReceiveEmail{},
	callback.AddDevice{},
	callback.DelDevice{},
	callback.RemarkDeviceName{},
	callback.ErrorReport{},
	callback.FetchLogFinish{},
	callback.ConnectInfo{},
	callback.DisconnectInfo{},
	callback.DeviceFeatureChange{},
	callback.BatchJobResult{},
	callback.ProviderBatchJobResult{},
	callback.AppBatchJobResult{},
	callback.AppUploadMediaJobFinish{},
	callback.AppKfMsgOrEvent{},
	callback.AppKfAccountAuthChange{},
	callback.LicensePaySuccess{},
	callback.LicenseRefund{},
	callback.AutoActivate{},
	callback.AppUnlicensedNotify{},
	callback.AppClick{},
	callback.AppView{},
	callback.AppViewMiniprogram{},
	callback.AppScancodePush{},
	callback.AppScancodeWaitmsg{},
	callback.AppPicSysphoto{},
	callback.AppPicPhotoOrAlbum{},
	callback.AppPicWeixin{},
	callback.AppLocationSelect{},
	callback.AppTemplateCardEvent{},
	callback.AppTemplateCardMenuEvent{},
	callback.AppTaskcardClick{},
	callback.AppLivingStatusChange{},
	callback.AppMeetingChangeModifyMeeting{},
	callback.AppMeetingChangeCancelMeeting{},
	callback.AppMeetingStatisticsStartMeeting{},
	callback.AppModifyCalendar{},
	callback.AppDeleteCalendar{},
	callback.AppAddSchedule{},
	callback.AppModifySchedule{},
	callback.AppDeleteSchedule{},
	callback.AppRespondSchedule{},
	callback.AppBookMeetingRoom{},
	callback.AppCancelMeetingRoom{},
	callback.OpenOrder{},
	callback.ChangeOrder{},
	callback.PayForAppSuccess{},
	callback.Refund{},
	callback.ChangeEdition{},
	callback.CancelOrder{},
	callback.CorpArchAuth{},
	callback.ApproveSpecialAuth{},
	callback.CancelSpecialAuth{},
	callback.AuthDataPermission{},
	callback.ExpireRemindDataPermission{},
	callback.ShareAgentChange{},
	callback.ShareChainChange{},
	callback.DeviceDataAuthChange{},
	callback.RegisterCorp{},
	callback.EnterRegisterPackage{},
	callback.AgreeExternalUserIDMigration{},
	callback.ChangeSchoolContactCreateDepartment{},
	callback.AppChangeSchoolContactCreateDepartment{},
	callback.ChangeSchoolContactUpdateDepartment{},
	callback.AppChangeSchoolContactUpdateDepartment{},
	callback.ChangeSchoolContactDeleteDepartment{},
	callback.AppChangeSchoolContactDeleteDepartment{},
	callback.ChangeSchoolContactCreateStudent{},
	callback.AppChangeSchoolContactCreateStudent{},
	callback.ChangeSchoolContactUpdateStudent{},
	callback.AppChangeSchoolContactUpdateStudent{},
	callback.ChangeSchoolContactDeleteStudent{},
	callback.AppChangeSchoolContactDeleteStudent{},
	callback.ChangeSchoolContactCreateParent{},
	callback.AppChangeSchoolContactCreateParent{},
	callback.ChangeSchoolContactUpdateParent{},
	callback.AppChangeSchoolContactUpdateParent{},
	callback.ChangeSchoolContactDeleteParent{},
	callback.AppChangeSchoolContactDeleteParent{},
	callback.ChangeSchoolContactSubscribe{},
	callback.AppChangeSchoolContactSubscribe{},
	callback.ChangeSchoolContactUnsubscribe{},
	callback.AppChangeSchoolContactUnsubscribe{},
	callback.ChangeSchoolContactBatch{},
	callback.SuiteTicket{},
	callback.CreateAuth{},
	callback.ChangeAuth{},
	callback.CancelAuth{},
	callback.ResetPermanentCode{},
	callback.DelAuth{},
}
