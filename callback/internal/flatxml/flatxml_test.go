package flatxml_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/wecom-isv/wecom/callback/internal/flatxml"
)

// examples returns the XML of every event and passive reply in the table, by id.
func examples(tb testing.TB) map[string]string {
	tb.Helper()
	type row struct {
		ID      string `yaml:"id"`
		Form    string `yaml:"form"`
		Example string `yaml:"example"`
	}
	out := make(map[string]string)
	for _, name := range []string{"suite.yaml", "data.yaml"} {
		text, err := os.ReadFile("../../../testdata/events/" + name)
		require.NoError(tb, err)
		var table struct {
			Events  []row `yaml:"events"`
			Replies []row `yaml:"replies"`
		}
		require.NoError(tb, yaml.Unmarshal(text, &table))
		for _, r := range append(table.Events, table.Replies...) {
			require.NotEmpty(tb, r.Example, r.ID)
			out[r.Form+"/"+r.ID] = r.Example
		}
	}
	require.GreaterOrEqual(tb, len(out), 217)
	return out
}

// element is an element as a tree, which holds everything that a document says.
type element struct {
	Name     string
	Text     string
	Children []element
}

// clean applies to text that encoding/xml has read what the scanner leaves out.
func clean(text string) string {
	text = strings.TrimSpace(text)
	if inner, ok := strings.CutPrefix(text, "![CDATA["); ok {
		if inner, ok = strings.CutSuffix(inner, "]]"); ok {
			text = inner
		}
	}
	return strings.TrimSpace(text)
}

// stdTree reads doc with encoding/xml.
func stdTree(doc string) (element, error) {
	d := xml.NewDecoder(strings.NewReader(doc))
	stack := []element{{}}
	for {
		tok, err := d.Token()
		if err != nil {
			return element{}, err
		}
		top := &stack[len(stack)-1]
		switch tok := tok.(type) {
		case xml.StartElement:
			stack = append(stack, element{Name: tok.Name.Local})
		case xml.CharData:
			top.Text += string(tok)
		case xml.EndElement:
			e := *top
			e.Text = clean(e.Text)
			if len(e.Children) > 0 {
				e.Text = ""
			}
			stack = stack[:len(stack)-1]
			parent := &stack[len(stack)-1]
			parent.Children = append(parent.Children, e)
			if len(stack) == 1 {
				return e, nil
			}
		}
	}
}

// flatTree reads doc with the scanner: each element both as text and as children.
func flatTree(doc string) (element, bool) {
	s, root, ok := flatxml.Open([]byte(doc))
	if !ok {
		return element{}, false
	}
	return flatElement(s, root)
}

func flatElement(s flatxml.Scanner, name []byte) (element, bool) {
	text := s // a copy: the same element a second time
	e := element{Name: string(name)}
	value, ok := text.Text(name)
	if !ok {
		return element{}, false
	}
	for {
		child, more, ok := s.Child(name)
		if !ok {
			return element{}, false
		}
		if !more {
			break
		}
		sub, ok := flatElement(s, child)
		if !ok || !s.Skip(child) {
			return element{}, false
		}
		e.Children = append(e.Children, sub)
	}
	if e.Children == nil {
		e.Text = clean(string(value))
	}
	return e, true
}

func TestScannerReadsEveryExampleAsEncodingXML(t *testing.T) {
	t.Parallel()
	for id, doc := range examples(t) {
		want, err := stdTree(doc)
		require.NoError(t, err, id)
		got, ok := flatTree(doc)
		require.True(t, ok, "%s is declined", id)
		assert.Equal(t, want, got, id)

		canonical, err := flatxml.Canonical([]byte("<?xml version=\"1.0\"?><!DOCTYPE xml><!--c-->\n" + doc))
		require.NoError(t, err, id)
		got, ok = flatTree(string(canonical))
		require.True(t, ok, id)
		assert.Equal(t, want, got, "%s, canonical", id)
	}
}

// structFor makes a struct type with a field for every element of e: text as
// []string, elements with children as slices of structs.
func structFor(e element) reflect.Type {
	var names []string
	byName := make(map[string][]element)
	for _, c := range e.Children {
		if byName[c.Name] == nil {
			names = append(names, c.Name)
		}
		byName[c.Name] = append(byName[c.Name], c)
	}
	fields := make([]reflect.StructField, 0, len(names))
	for i, name := range names {
		var all element // the children of all elements of the name
		for _, c := range byName[name] {
			all.Children = append(all.Children, c.Children...)
		}
		typ := reflect.TypeFor[string]()
		if all.Children != nil {
			typ = structFor(all)
		}
		fields = append(fields, reflect.StructField{
			Name: fmt.Sprintf("F%d", i), Type: reflect.SliceOf(typ), Tag: reflect.StructTag(`xml:"` + name + `"`),
		})
	}
	return reflect.StructOf(fields)
}

// cleanStrings applies clean to every string in v.
func cleanStrings(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(clean(v.String()))
	case reflect.Slice:
		for i := range v.Len() {
			cleanStrings(v.Index(i))
		}
	case reflect.Struct:
		for _, f := range v.Fields() {
			cleanStrings(f)
		}
	default:
	}
}

func TestUnmarshalDecodesEveryExampleAsEncodingXML(t *testing.T) {
	t.Parallel()
	for id, doc := range examples(t) {
		tree, err := stdTree(doc)
		require.NoError(t, err, id)
		typ := structFor(tree)
		want, got := reflect.New(typ), reflect.New(typ)
		require.NoError(t, xml.Unmarshal([]byte(doc), want.Interface()), id)
		require.NoError(t, flatxml.Unmarshal([]byte(doc), got.Interface()), id)
		cleanStrings(want.Elem())
		cleanStrings(got.Elem())
		assert.Equal(t, want.Interface(), got.Interface(), id)
		assert.False(t, got.Elem().IsZero(), id)
	}
}

type upper string

func (u *upper) UnmarshalText(b []byte) error {
	if string(b) == "bad" {
		return errors.New("bad value: bad")
	}
	*u = upper(bytes.ToUpper(b))
	return nil
}

type list []string

func (l *list) UnmarshalText(b []byte) error {
	*l = strings.Split(string(b), ",")
	return nil
}

type base struct {
	ID    string
	Count int
}

type item struct {
	Name  string  `xml:"Name"`
	Price float64 `xml:"Price"`
}

type tree struct {
	Name string `xml:"Name"`
	Kids []tree `xml:"Kid"`
}

type everything struct {
	base
	Text      string `xml:"Text,omitempty"`
	Bytes     []byte
	Int       int64   `xml:"Int"`
	Small     int8    `xml:"Small"`
	Uint      uint16  `xml:"Uint"`
	Float     float64 `xml:"Float"`
	Bool      bool    `xml:"Bool"`
	Pointer   *int    `xml:"Pointer"`
	Upper     upper   `xml:"Upper"`
	List      list    `xml:"List"`
	Uppers    []upper `xml:"Uppers"`
	Deep      string  `xml:"A>B>C"`
	Deeper    []int   `xml:"A>D"`
	Item      item    `xml:"Item"`
	ItemPtr   *item   `xml:"ItemPtr"`
	Items     []item  `xml:"Items>item"`
	ItemPtrs  []*item `xml:"Ptrs"`
	Tree      *tree   `xml:"Tree"`
	Ignored   string  `xml:"-"`
	unwritten string  //nolint:unused // must be passed over
}

var documents = map[string]string{
	"flat":             `<xml><ID>a</ID><Count>3</Count><Text>t</Text><Bytes>b</Bytes><Int>-5</Int><Small>7</Small><Uint>9</Uint><Float>1.5</Float><Bool>true</Bool></xml>`,
	"cdata":            `<xml><ID><![CDATA[a]]></ID><Text><![CDATA[<b>&amp;]]></Text><Int><![CDATA[42]]></Int></xml>`,
	"split cdata":      `<xml><Text><![CDATA[a]]]]><![CDATA[>b]]></Text></xml>`,
	"text and cdata":   `<xml><Text>a<![CDATA[b]]> c<![CDATA[ d ]]>e</Text></xml>`,
	"comment in text":  `<xml><Text>a<!-- x -->b</Text><!-- y --></xml>`,
	"entities":         `<xml><Text>&lt;&gt;&amp;&quot;&apos;&#65;&#x4f01;</Text></xml>`,
	"line ends":        "<xml>\r\n<Text>a\r\nb\rc\n</Text><Bytes><![CDATA[\r\r\n]]></Bytes></xml>",
	"empty elements":   `<xml><ID/><Text></Text><Int/><Int></Int><Bool/><Uint></Uint><Float/><Item/><ItemPtr></ItemPtr><Upper/></xml>`,
	"blank in tags":    `<xml ><ID >a</ID ><Text />` + "<Int\n>1</Int\t></xml>",
	"numbers in blank": `<xml><Int> 12 </Int><Float> 1e3 </Float><Bool> 1 </Bool></xml>`,
	"pointer":          `<xml><Pointer>4</Pointer><ItemPtr><Name>n</Name></ItemPtr></xml>`,
	"text unmarshaler": `<xml><Upper>abc</Upper><List>a,b,c</List><Uppers>x</Uppers><Uppers>y</Uppers></xml>`,
	"paths":            `<xml><A><B><C>deep</C></B><D>1</D><D>2</D></A><A><D>3</D></A></xml>`,
	"structs":          `<xml><Item><Name>n</Name><Price>2.5</Price><Other><Name>no</Name></Other></Item></xml>`,
	"lists":            `<xml><Items><item><Name>1</Name></item><item><Name>2</Name></item></Items><Items><item><Name>3</Name></item></Items><Ptrs><Price>1</Price></Ptrs><Ptrs/></xml>`,
	"recursive":        `<xml><Tree><Name>a</Name><Kid><Name>b</Name><Kid><Name>c</Name></Kid></Kid><Kid/></Tree></xml>`,
	"repeated":         `<xml><ID>a</ID><ID>b</ID><Int>1</Int><Int>2</Int><Item><Name>x</Name></Item><Item><Price>1</Price></Item></xml>`,
	"unknown":          `<xml><No><Text>x</Text><Deep><Int>1</Int></Deep></No><Text>yes</Text><Ignored>i</Ignored><unwritten>u</unwritten></xml>`,
	"children in leaf": `<xml><Text>a<b>no</b>c</Text></xml>`,
	"text in struct":   `<xml>text<Item>x<Name>n</Name>y<![CDATA[z]]></Item>&lt;</xml>`,
	"behind the root":  `<xml><ID>a</ID></xml></xml> & <`,
	"prologue":         `<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE xml [<!ENTITY a "b">]><xml><ID>a</ID></xml>`,
	"attributes":       `<xml a="1"><ID b="2">a</ID><Text xml:lang='zh'><![CDATA[c]]></Text></xml>`,
	"namespace":        `<x:xml xmlns:x="u"><x:ID>a</x:ID></x:xml>`,
	"byte order mark":  "\ufeff \n<xml><ID>a</ID></xml>",
	"chinese":          `<xml><Text>企业微信</Text><名>x</名><ID><![CDATA[张三😀]]></ID></xml>`,
	"root only":        `<xml/>`,
}

func TestUnmarshalAgreesWithEncodingXML(t *testing.T) {
	t.Parallel()
	for name, doc := range documents {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var want everything
			require.NoError(t, xml.Unmarshal([]byte(doc), &want)) //nolint:musttag // some fields go by their name
			got := everything{Text: "from before", Uppers: []upper{"old"}}
			require.NoError(t, flatxml.Unmarshal([]byte(doc), &got))
			assert.Equal(t, want, got)
		})
	}
}

func TestUnmarshalIsLenient(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		doc  string
		want everything
	}{
		"blanks around cdata":  {"<xml><Text> \n<![CDATA[ a ]]>\t</Text></xml>", everything{Text: " a "}},
		"blanks around id":     {"<xml><ID> <![CDATA[ a ]]> </ID></xml>", everything{base: base{ID: "a"}}},
		"blanks in text stay":  {"<xml><Text> a </Text></xml>", everything{Text: " a "}},
		"blank text stays":     {"<xml><Text> </Text></xml>", everything{Text: " "}},
		"entity and blanks":    {"<xml><Text>&lt; &gt; </Text></xml>", everything{Text: "< > "}},
		"literal cdata":        {"<xml><Text>![CDATA[a]]</Text><ID> ![CDATA[b]] </ID></xml>", everything{base: base{ID: "b"}, Text: "a"}},
		"literal cdata inside": {"<xml><Text><![CDATA[![CDATA[a]] ]]></Text></xml>", everything{Text: "![CDATA[a]] "}},
		"other case":           {"<xml><id>a</id><TEXT>b</TEXT><a><b><c>d</c></b></a></xml>", everything{base: base{ID: "a"}, Text: "b", Deep: "d"}},
		"exact case wins":      {"<xml><Text>a</Text><TEXTS>c</TEXTS></xml>", everything{Text: "a"}},
		"control characters":   {"<xml><Text>a\x08b</Text></xml>", everything{Text: "a\x08b"}},
		"numbers in cdata":     {"<xml><Int> <![CDATA[ 7 ]]></Int></xml>", everything{Int: 7}},
		"blank number":         {"<xml><Int> </Int><Uint><![CDATA[]]></Uint><Bool>\n</Bool><Float> </Float></xml>", everything{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got everything
			require.NoError(t, flatxml.Unmarshal([]byte(tt.doc), &got))
			assert.Equal(t, tt.want, got)
		})
	}
}

func TestUnmarshalRefuses(t *testing.T) {
	t.Parallel()
	for _, doc := range []string{
		"", " ", "<", "<xml", "<xml>", "</xml>", "<xml></xm>", "<xml><ID>", "<xml><ID>a</xml>", "<xml><ID>a</ID>", "<xml><ID>a</ID",
		"<xml><ID><![CDATA[a</ID></xml>", "<xml><!-- a</xml>", "<xml><!-- a -- b --></xml>", "<xml><ID>&nbsp;</ID></xml>",
		"<xml><ID>&#x110000;</ID></xml>", "<xml><ID>&#;</ID></xml>", "<xml><ID>&lt</ID></xml>", "<xml><1a/></xml>", "<xml><a", "<xml><a/", "<xml></",
		"text", `{"a":1}`, "<xml><No><ID></No></ID></xml>", "<xml>" + strings.Repeat("<a>", 400) + strings.Repeat("</a>", 400) + "</xml>",
		"<xml><Tree>" + strings.Repeat("<Kid>", 400) + strings.Repeat("</Kid>", 400) + "</Tree></xml>",
	} {
		var v everything
		require.ErrorIs(t, flatxml.Unmarshal([]byte(doc), &v), flatxml.ErrSyntax, "%.60q", doc)
	}
}

func TestUnmarshalErrorNamesTheElementAndNoValue(t *testing.T) {
	t.Parallel()
	for element, value := range map[string]string{
		"Int": "canary", "Small": "300", "Uint": "-1", "Float": "canary", "Bool": "canary", "Upper": "bad", "Pointer": "1.5",
	} {
		for _, form := range []string{"<xml><%[1]s>%[2]s</%[1]s></xml>", "<xml a='1'><%[1]s>%[2]s</%[1]s></xml>"} {
			var v everything
			err := flatxml.Unmarshal(fmt.Appendf(nil, form, element, value), &v)
			field, ok := errors.AsType[*flatxml.FieldError](err)
			require.True(t, ok, "%v", err)
			assert.Equal(t, element, field.Element)
			assert.NotContains(t, err.Error(), value)
		}
	}
}

func TestUnmarshalLeavesOtherTypesToEncodingXML(t *testing.T) {
	t.Parallel()
	type attribute struct {
		Name string `xml:"name,attr"`
		Text string `xml:",chardata"`
	}
	var v struct {
		XMLName xml.Name
		Items   []attribute `xml:"item"`
	}
	require.NoError(t, flatxml.Unmarshal([]byte(`<root><item name="a">b</item></root>`), &v))
	assert.Equal(t, "root", v.XMLName.Local)
	assert.Equal(t, []attribute{{"a", "b"}}, v.Items)

	var number struct {
		Any []attribute `xml:",any"`
		Int int         `xml:"Int"`
	}
	err := flatxml.Unmarshal([]byte(`<root><Int>canary</Int></root>`), &number)
	require.ErrorIs(t, err, flatxml.ErrNoFit)
	assert.NotContains(t, err.Error(), "canary")

	var nested struct{ Outer struct{ Inner []attribute } } // declined two levels below
	require.NoError(t, flatxml.Unmarshal([]byte(`<root><Outer><Inner name="a"/></Outer></root>`), &nested))
	assert.Equal(t, []attribute{{Name: "a"}}, nested.Outer.Inner)
}

func TestUnmarshalTarget(t *testing.T) {
	t.Parallel()
	for _, v := range []any{nil, everything{}, (*everything)(nil), new(string), new(map[string]string)} {
		require.ErrorIs(t, flatxml.Unmarshal([]byte("<xml/>"), v), flatxml.ErrTarget, "%T", v)
	}
}

func TestUnmarshalEmbedding(t *testing.T) {
	t.Parallel()
	type inner struct{ ID, Name string }
	var shadow struct {
		inner
		Name string
	}
	require.NoError(t, flatxml.Unmarshal([]byte("<xml><ID>1</ID><Name>outer</Name></xml>"), &shadow))
	assert.Equal(t, "1", shadow.ID)
	assert.Equal(t, "outer", shadow.Name)
	assert.Empty(t, shadow.inner.Name)
}

func TestUnmarshalTakesASecondName(t *testing.T) {
	t.Parallel()
	type answer struct {
		Options []string `xml:"OptionIds>OptionId" alt:"OpitonIds>OpitonId"`
		After   string   `xml:"After"`
	}
	for _, doc := range []string{
		"<xml><OptionIds><OptionId>a</OptionId><OptionId>b</OptionId></OptionIds><After>c</After></xml>",
		"<xml><OpitonIds><OpitonId>a</OpitonId><OpitonId> b </OpitonId></OpitonIds><After>c</After></xml>",
		"<xml><After>c</After><OptionIds><OptionId>a</OptionId></OptionIds><OpitonIds><OpitonId>b</OpitonId></OpitonIds></xml>",
	} {
		var v answer
		require.NoError(t, flatxml.Unmarshal([]byte(doc), &v))
		assert.Equal(t, answer{[]string{"a", "b"}, "c"}, v, doc)
	}
	var clash struct {
		A string `xml:"A" alt:"B"`
		B string `xml:"B"`
	}
	require.NoError(t, flatxml.Unmarshal([]byte("<xml><A>a</A><B>b</B></xml>"), &clash), "left to encoding/xml")
	assert.Equal(t, "b", clash.B)
}

func TestUnmarshalMendsBrokenCDATA(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		doc  string
		want everything
	}{
		"last":             {"<xml><Int>1</Int><Text><![CDATA[a]]</Text></xml>", everything{Int: 1, Text: "a"}},
		"first":            {"<xml><ID><![CDATA[a]]</ID><Text><![CDATA[b]]></Text></xml>", everything{base: base{ID: "a"}, Text: "b"}},
		"all":              {"\ufeff<xml><ID><![CDATA[a]]</ID>\n<Text ><![CDATA[b]]</Text ><Int><![CDATA[3]]</Int></xml>", everything{base: base{ID: "a"}, Text: "b", Int: 3}},
		"nested":           {"<xml><Item>\n<Name> <![CDATA[a]]</Name></Item></xml>", everything{Item: item{Name: "a"}}},
		"stray end tags":   {"</xml>\n</xml><xml><ID>a</ID></xml>", everything{base: base{ID: "a"}}},
		"both":             {"</xml><xml><ID><![CDATA[a]]</ID></xml>", everything{base: base{ID: "a"}}},
		"text stays":       {"<xml><Text><![CDATA[a]]</ID>]]></Text><ID><![CDATA[b]]</ID></xml>", everything{base: base{ID: "b"}, Text: "a]]</ID>"}},
		"well formed":      {"<xml><Text><![CDATA[a]]</Text><ID>b</ID>]]></Text><ID>c</ID></xml>", everything{base: base{ID: "c"}, Text: "a]]</Text><ID>b</ID>"}},
		"well, attributes": {"<xml a='1'><Text><![CDATA[a]]</Text><ID>b</ID>]]></Text></xml>", everything{Text: "a]]</Text><ID>b</ID>"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var v everything
			require.NoError(t, flatxml.Unmarshal([]byte(tt.doc), &v))
			assert.Equal(t, tt.want, v)
		})
	}
	for _, doc := range []string{
		"<xml><ID><![CDATA[a]]<Text>b</Text></ID></xml>", "<xml><![CDATA[a]]</xml", "</", "</xml", "<![CDATA[a]]</", "x<![CDATA[a]]</x>",
		"<xml><ID><![CDATA[a]]</ID><ID><![CDATA[b</ID></xml>", "<><![CDATA[a]]</>",
	} {
		var v everything
		require.ErrorIs(t, flatxml.Unmarshal([]byte(doc), &v), flatxml.ErrSyntax, doc)
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	const doc = "<xml><Scan><Type>qr</Type><Result><![CDATA[ a<b ]]></Result><Id> 7 </Id></Scan><Scan><type>bar</type></Scan><Empty/><Lit>![CDATA[x]]</Lit></xml>"
	for path, want := range map[string]string{
		"Scan>Type": "bar", "Scan>Result": " a<b ", "scan>id": "7", "Empty": "", "Scan": "", "Lit": "x",
	} {
		for _, prologue := range []string{"", "<?xml version='1.0'?>"} {
			text, found, err := flatxml.Find([]byte(prologue+doc), path)
			require.NoError(t, err)
			assert.True(t, found, path)
			assert.Equal(t, want, text, path)
		}
	}
	for _, path := range []string{"", ">", "Scan>", "Type", "xml>Scan", "Scan>Type>x", "Empty>x"} {
		_, found, err := flatxml.Find([]byte(doc), path)
		require.NoError(t, err)
		assert.False(t, found, path)
	}
	_, _, err := flatxml.Find([]byte("<xml><a>"), "a")
	require.ErrorIs(t, err, flatxml.ErrSyntax)
}

func TestFromJSON(t *testing.T) {
	t.Parallel()
	const doc = "\ufeff" + ` {"ID": "a<&>", "Count": "", "Int": 9007199254740993, "Float": 1.5, "Bool": true, "Text": null, "Uppers": ["a", "b"],
		"A": {"B": {"C": "d"}, "D": [1, 2]}, "Items": {"item": [{"Name": "x"}, {"Name": "y"}]}, "no name": {"ID": "z"}, "1": [2], "Ptrs": [[{"Price": 1}]], "Empty": {}, "None": []}`
	out, err := flatxml.FromJSON([]byte(doc))
	require.NoError(t, err)
	var v everything
	require.NoError(t, flatxml.Unmarshal(out, &v))
	assert.Equal(t, everything{
		base: base{ID: "a<&>"}, Int: 9007199254740993, Float: 1.5, Bool: true, Uppers: []upper{"A", "B"}, Deep: "d", Deeper: []int{1, 2},
		Items: []item{{Name: "x"}, {Name: "y"}}, ItemPtrs: []*item{{Price: 1}},
	}, v)

	for _, bad := range []string{"", "[]", "1", "null x", `{"a":}`, `{"a":1`, `{"a":1}}`, `{"a":1} {"b":2}`, strings.Repeat(`{"a":`, 400) + "1" + strings.Repeat("}", 400)} {
		_, err := flatxml.FromJSON([]byte(bad))
		require.ErrorIs(t, err, flatxml.ErrSyntax, "%.40q", bad)
	}
}

// FuzzUnmarshal holds the decoder against encoding/xml: what that decodes,
// this decodes to the same, but for the leniency that is documented.
func FuzzUnmarshal(f *testing.F) {
	for _, doc := range documents {
		f.Add([]byte(doc))
	}
	for _, doc := range examples(f) {
		f.Add([]byte(doc))
	}
	type fuzzed struct {
		SuiteID  string   `xml:"SuiteId"`
		InfoType string   `xml:"InfoType"`
		Text     string   `xml:"Text"`
		Number   int      `xml:"Int"`
		Names    []string `xml:"Items>item>Name"`
		Item     struct {
			Name string `xml:"Name"`
		} `xml:"Item"`
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		var want, got fuzzed
		wantErr := xml.Unmarshal(doc, &want)
		gotErr := flatxml.Unmarshal(doc, &got)
		if wantErr != nil || differsOnPurpose(doc) {
			return
		}
		if gotErr != nil {
			t.Fatalf("encoding/xml takes it: %v", gotErr)
		}
		cleanStrings(reflect.ValueOf(&want).Elem())
		cleanStrings(reflect.ValueOf(&got).Elem())
		if !reflect.DeepEqual(want, got) {
			t.Fatalf("encoding/xml: %+v\nflatxml: %+v", want, got)
		}
	})
}

// differsOnPurpose reports whether doc has elements that match a field of fuzzed
// in another case only, lies deeper than the limit, has names that encoding/xml
// reads in its own way, or text that hides in a literal CDATA.
func differsOnPurpose(doc []byte) bool {
	if bytes.Contains(doc, []byte("![CDATA[")) && bytes.Count(doc, []byte("![CDATA[")) != bytes.Count(doc, []byte("<![CDATA[")) {
		return true
	}
	d := xml.NewDecoder(bytes.NewReader(doc))
	for {
		tok, err := d.Token()
		if err != nil {
			return !errors.Is(err, io.EOF) && d.InputOffset() == 0
		}
		start, ok := tok.(xml.StartElement)
		if !ok {
			continue
		}
		name := start.Name.Local
		if start.Name.Space != "" || strings.ContainsRune(name, ':') {
			return true
		}
		for _, field := range []string{"SuiteId", "InfoType", "Text", "Int", "Items", "item", "Name", "Item"} {
			if name != field && strings.EqualFold(name, field) {
				return true
			}
		}
		if d.InputOffset() > 3*256 && bytes.Count(doc, []byte("<")) > 256 {
			return true
		}
	}
}

func BenchmarkUnmarshal(b *testing.B) {
	type event struct {
		SuiteID     string `xml:"SuiteId"`
		InfoType    string `xml:"InfoType"`
		TimeStamp   int64  `xml:"TimeStamp"`
		SuiteTicket string `xml:"SuiteTicket"`
	}
	doc := []byte(examples(b)["suite/suite_ticket"])
	b.Run("flatxml", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var v event
			if err := flatxml.Unmarshal(doc, &v); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encoding-xml", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var v event
			if err := xml.Unmarshal(doc, &v); err != nil {
				b.Fatal(err)
			}
		}
	})
}
