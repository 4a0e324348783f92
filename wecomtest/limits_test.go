package wecomtest

import (
	"bytes"
	"encoding/json"
	"fmt"
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
