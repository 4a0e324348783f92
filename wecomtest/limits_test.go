package wecomtest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// limited parses one field of a row.
func limited(t *testing.T, text string) field {
	t.Helper()
	var f field
	require.NoError(t, yaml.Unmarshal([]byte(text), &f))
	return f
}

func jsonValue(t *testing.T, text string) any {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.UseNumber()
	var v any
	require.NoError(t, decoder.Decode(&v))
	return v
}

func TestCheckLimits(t *testing.T) {
	t.Parallel()
	long := func(n int) string { return fmt.Sprintf("%q", strings.Repeat("x", n)) }
	for name, c := range map[string]struct {
		field string
		good  []string
		bad   []string
	}{
		"bytes":             {`{type: string, min_bytes: 2, max_bytes: 6}`, []string{`"xx"`, long(6), `"企业"`}, []string{`"x"`, long(7), `"企业微"`}},
		"characters":        {`{type: string, max_chars: 2}`, []string{`"企业"`}, []string{`"企业微"`}},
		"width":             {`{type: string, max_width: 2}`, []string{`"企业"`, `"abcd"`, `"企ab"`}, []string{`"企业a"`, `"abcde"`}},
		"parts":             {`{type: string, max_parts: 2}`, []string{`"a|b"`, `"@all"`}, []string{`"a|b|c"`}},
		"texts of an enum":  {`{type: string, enum: [video, file]}`, []string{`"file"`}, []string{`"image"`}},
		"digits of an enum": {`{type: string, enum: ["1", "2"]}`, []string{`"1"`}, []string{`"3"`}},
		"numbers":           {`{type: int32, enum: [1, 2]}`, []string{`1`, `2`}, []string{`3`, `-1`}},
		"range":             {`{type: int64, min: 1, max: 10}`, []string{`1`, `10`}, []string{`11`, `-3`}},
		"fractions":         {`{type: float64, min: 1.3, max: 2.25}`, []string{`1.3`, `2`}, []string{`1.29`, `2.26`}},
		"items":             {`{type: array<string>, max_items: 2, required: true}`, []string{`[]`, `["a","b"]`}, []string{`["a","b","c"]`}},
		"no items":          {`{type: array<string>, min_items: 1, required: true}`, []string{`["a"]`}, []string{`[]`}},
		"of the items":      {`{type: array<int32>, enum: [0, 1]}`, []string{`[0,1]`}, []string{`[0,2]`}},
		"a large number":    {`{type: int64, max: 4294967295}`, []string{`4294967295`}, []string{`4294967296`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := limited(t, c.field)
			for _, good := range c.good {
				assert.NoError(t, checkLimits("f", &f, jsonValue(t, good)), good)
			}
			for _, bad := range c.bad {
				var refusal *apiError
				require.ErrorAs(t, checkLimits("f", &f, jsonValue(t, bad)), &refusal, bad)
				assert.Equal(t, 40058, refusal.code, "without a documented code")
			}
		})
	}

	t.Run("an optional zero value counts as absent", func(t *testing.T) {
		t.Parallel()
		for field, zero := range map[string]string{
			`{type: string, min_bytes: 2}`:        `""`,
			`{type: int32, enum: [1]}`:            `0`,
			`{type: float64, min: 1}`:             `0.0`,
			`{type: array<string>, min_items: 1}`: `[]`,
		} {
			f := limited(t, field)
			require.NoError(t, checkLimits("f", &f, jsonValue(t, zero)), field)
			f.Required = true
			require.Error(t, checkLimits("f", &f, jsonValue(t, zero)), field)
		}
	})
	t.Run("the documented code", func(t *testing.T) {
		t.Parallel()
		f := limited(t, `{type: string, max_bytes: 1, code: 60001}`)
		var refusal *apiError
		require.ErrorAs(t, checkLimits("dept.name", &f, "xx"), &refusal)
		assert.Equal(t, 60001, refusal.code)
		assert.Contains(t, refusal.text, "dept.name exceed max length 1")
	})
}

func TestTableCompletesObjects(t *testing.T) {
	t.Parallel()
	table, err := loadTable()
	require.NoError(t, err)
	row := table["/cgi-bin/message/update_template_card"]
	require.NotNil(t, row)
	title, found := findField(row.Body, "template_card.main_title.title")
	assert.True(t, found, "a field of message.send")
	assert.Equal(t, "string", title.Type)
	for _, path := range []string{
		"template_card.replace_text", "template_card.checkbox.disable", "template_card.checkbox.mode",
		"template_card.select_list.disable", "template_card.select_list.option_list.id",
	} {
		_, found := findField(row.Body, path)
		assert.True(t, found, path)
	}
	_, found = findField(table["/cgi-bin/message/send"].Body, "template_card.replace_text")
	assert.False(t, found, "what is copied from stays as it is")

	broken := endpointTable{"/x": {ID: "x", Body: []field{{Name: "a", Type: "object", As: "y.b"}}}}
	require.EqualError(t, broken.complete(broken["/x"].Body), "a: no object y.b")
}

// Every limit of the table is kept: an example with a value beyond it gets the
// limit's code.
func TestEveryLimitIsKept(t *testing.T) {
	t.Parallel()
	table, err := loadTable()
	require.NoError(t, err)
	p := NewPlatform(t, WithoutServer())
	limited, tried := 0, 0
	for _, row := range table {
		eachLimit(row.Body, nil, func(f *field, path []string) {
			limited++
			for _, bad := range beyond(f) {
				body, ok := withValue(t, row, path, bad)
				if !ok {
					continue // the example has no such object
				}
				tried++
				var refusal *apiError
				name := row.ID + " " + strings.Join(path, ".")
				require.ErrorAs(t, p.checkObject(row, "", row.Body, body), &refusal, name)
				assert.Equal(t, cmp.Or(f.Limits.Code, 40058), refusal.code, name)
				assert.Contains(t, refusal.text, strings.Join(path, "."), name)
			}
		})
	}
	t.Logf("%d limits, %d values beyond them", limited, tried)
	assert.Greater(t, limited, 250)
	assert.Greater(t, tried, 150)
}

// eachLimit calls see for the fields that have limits, the innermost first.
func eachLimit(fields []field, path []string, see func(*field, []string)) {
	for i := range fields {
		f := &fields[i]
		at := append(slices.Clone(path), f.Name)
		eachLimit(f.Fields, at, see)
		if !reflect.ValueOf(f.Limits).IsZero() {
			see(f, at)
		}
	}
}

// beyond are values of the field's type that break its limits; for a list a number
// of elements.
func beyond(f *field) []any {
	l := &f.Limits
	var bad []any
	if l.MaxItems > 0 {
		bad = append(bad, l.MaxItems+1)
	}
	one := func(v any) {
		if strings.HasPrefix(f.Type, "array<") {
			v = []any{v}
		}
		bad = append(bad, v)
	}
	if most := l.MaxBytes + l.MaxChars + 2*l.MaxWidth; most > 0 {
		one(strings.Repeat("x", most+1))
	}
	if l.MaxParts > 0 {
		one(strings.Repeat("x|", l.MaxParts) + "x")
	}
	if l.MinBytes+l.MinChars > 1 {
		one("x")
	}
	if len(l.Enum) > 0 {
		if _, isText := l.Enum[0].(string); isText {
			one("none of them")
		} else {
			one(json.Number("-7"))
		}
	}
	if l.Max != nil {
		one(json.Number(strconv.FormatFloat(*l.Max+1, 'f', -1, 64)))
	}
	if l.Min != nil && *l.Min > 0 {
		one(json.Number("0.5")) // no integer: for fractions only
	}
	if f.Type != "float64" {
		bad = slices.DeleteFunc(bad, func(v any) bool { return v == json.Number("0.5") })
	}
	return bad
}

// withValue is the row's example with a value at a path; an int stands for so
// many elements like the first one.
func withValue(t *testing.T, row *endpoint, path []string, value any) (map[string]any, bool) {
	t.Helper()
	body, err := decodeBody([]byte(row.ExampleBody))
	require.NoError(t, err)
	at := body
	for _, name := range path[:len(path)-1] {
		inner := at[name]
		if list, isList := inner.([]any); isList && len(list) > 0 {
			inner = list[0]
		}
		object, isObject := inner.(map[string]any)
		if !isObject {
			return nil, false
		}
		at = object
	}
	name := path[len(path)-1]
	if n, isCount := value.(int); isCount {
		list, isList := at[name].([]any)
		if !isList || len(list) == 0 {
			return nil, false
		}
		value = slices.Repeat(list[:1], n)
	}
	if at == nil {
		return nil, false
	}
	at[name] = value
	return body, true
}
