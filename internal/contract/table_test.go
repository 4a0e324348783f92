package contract_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/internal/contract"
)

// TestTable checks the endpoint table itself.
func TestTable(t *testing.T) {
	t.Parallel()
	rows, err := contract.Load()
	require.NoError(t, err)
	require.Greater(t, len(rows), 160)
	faults := tableFaults(rows)
	for _, known := range accepted {
		rest := slices.DeleteFunc(slices.Clone(faults), func(f string) bool { return strings.HasPrefix(f, known) })
		assert.Less(t, len(rest), len(faults), "no longer so, remove it: %s", known)
		faults = rest
	}
	assert.Empty(t, strings.Join(faults, "\n"))
}

// accepted lists how faults begin that are the platform's own.
var accepted = []string{
	// Documented as a list, shown as a string.
	"suite.get_auth_info_v2: example_result: auth_corp_info.corp_ex_name.name_list is no list: xx",
	// The cards are described at message.send.
	"message.update_template_card: example of the body: template_card.",
	// One of the published examples leaves it out.
	"message.send: example of the body: agentid is required and not in the example",
}

// tableFaults returns one line for each fault of rows.
func tableFaults(rows []*contract.Row) []string {
	var faults []string
	ids := make(map[string]bool)
	endpoints := make(map[string]*contract.Row)
	for _, r := range rows {
		fault := func(format string, args ...any) { faults = append(faults, r.ID+": "+fmt.Sprintf(format, args...)) }
		if ids[r.ID] {
			fault("the id is there twice")
		}
		ids[r.ID] = true
		// One call may stand in two chapters: the same method then serves both.
		if other := endpoints[r.Endpoint()]; other != nil && !sameCall(r, other) {
			fault("%s differs from %s", r.Endpoint(), other.ID)
		}
		endpoints[r.Endpoint()] = r
		if r.Title == "" {
			fault("no title")
		}
		if r.Method != "GET" && r.Method != "POST" {
			fault("method %q", r.Method)
		}
		if !strings.HasPrefix(r.Path, "/cgi-bin/") || strings.ContainsAny(r.Path, "? #") || strings.HasSuffix(r.Path, "/") {
			fault("path %q", r.Path)
		}
		if !slices.Contains([]string{"official", "peers"}, r.Confidence) {
			fault("confidence %q", r.Confidence)
		}
		if !slices.Contains([]string{"", "yes", "no", "unknown"}, r.ThirdParty) {
			fault("third_party %q", r.ThirdParty)
		}
		if slices.ContainsFunc(r.Doc, func(n int) bool { return n < 10000 }) {
			fault("doc %v", r.Doc)
		}
		switch r.Credential {
		case "none":
			if r.CredentialParam != "" {
				fault("a parameter for no credential")
			}
		case "access_token", "suite_access_token":
			if r.CredentialParam != r.Credential {
				fault("%s travels as %s", r.Credential, r.CredentialParam)
			}
		case "provider_access_token":
			if r.CredentialParam != r.Credential && r.ID != "provider.get_login_info" {
				fault("%s travels as %s", r.Credential, r.CredentialParam)
			}
		default:
			fault("credential %q", r.Credential)
		}
		if r.Method == "GET" && (len(r.Body) > 0 || r.ExampleBody != "") {
			fault("a GET has a body")
		}
		for name, fields := range map[string][]contract.Field{"query": r.Query, "body": r.Body, "result": r.Result} {
			for _, f := range fieldFaults(fields) {
				fault("%s: %s", name, f)
			}
		}
		faults = append(faults, exampleFaults(r)...)
	}
	return faults
}

func sameCall(a, b *contract.Row) bool {
	return a.Credential == b.Credential && a.ContentType == b.ContentType && slices.EqualFunc(a.Query, b.Query, func(x, y contract.Field) bool {
		return x.Name == y.Name && x.Type == y.Type
	})
}

var plainTypes = []string{"string", "int32", "int64", "uint32", "float64", "bool", "object", "file", "bytes"}

func fieldFaults(fields []contract.Field) []string {
	var faults []string
	names := make(map[string]bool)
	for _, f := range fields {
		if f.Name == "" || names[f.Name] {
			faults = append(faults, fmt.Sprintf("name %q is empty or there twice", f.Name))
		}
		names[f.Name] = true
		elem, _ := f.Element()
		if !slices.Contains(plainTypes, elem) {
			faults = append(faults, fmt.Sprintf("%s has type %q", f.Name, f.Type))
		}
		if len(f.Fields) > 0 && elem != "object" {
			faults = append(faults, fmt.Sprintf("%s is no object and has fields", f.Name))
		}
		for _, inner := range fieldFaults(f.Fields) {
			faults = append(faults, f.Name+"."+inner)
		}
	}
	return faults
}

// exampleFaults checks that the examples parse, hold only what the row knows, and
// hold what it says every request has.
func exampleFaults(r *contract.Row) []string {
	var faults []string
	fault := func(format string, args ...any) { faults = append(faults, r.ID+": "+fmt.Sprintf(format, args...)) }
	if r.ContentType == "" {
		bodies := []string{r.ExampleBody}
		for _, more := range []map[string]string{r.Examples, r.ExampleBodyVariants} {
			for _, body := range more {
				bodies = append(bodies, body)
			}
		}
		for _, text := range bodies {
			if text == "" {
				if len(r.Body) > 0 && slices.ContainsFunc(r.Body, func(f contract.Field) bool { return f.Required }) {
					fault("no example of the body")
				}
				continue
			}
			v, err := parse(text)
			if err != nil {
				fault("body %s: %v", text, err)
				continue
			}
			for _, f := range mismatches(r.Body, v, true) {
				fault("example of the body: %s", f)
			}
		}
	}
	v, err := parse(r.ExampleResult)
	if err != nil {
		fault("example_result: %v", err)
	}
	for _, f := range mismatches(r.Result, withoutStatus(v), false) {
		fault("example_result: %s", f)
	}
	for name, text := range r.ExampleResultVariants {
		if v, err = parse(text); err != nil {
			fault("example_result_variants.%s: %v", name, err)
		} else if !fits(r.Result, withoutStatus(v)) {
			fault("example_result_variants.%s: has fields that no object of the result has", name)
		}
	}
	return faults
}

func parse(text string) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err != nil {
		return nil, err
	}
	if _, isObject := v.(map[string]any); !isObject || decoder.More() {
		return nil, fmt.Errorf("%.40s is not one object", text)
	}
	return v, nil
}

func withoutStatus(v any) any {
	if object, ok := v.(map[string]any); ok {
		delete(object, "errcode")
		delete(object, "errmsg")
	}
	return v
}

// fits reports whether v is an example of the object with fields, or of an
// object in it.
func fits(fields []contract.Field, v any) bool {
	return len(mismatches(fields, v, false)) == 0 || slices.ContainsFunc(fields, func(f contract.Field) bool {
		return len(f.Fields) > 0 && fits(f.Fields, v)
	})
}

// mismatches compares an example with the fields of its object.
func mismatches(fields []contract.Field, v any, request bool) []string {
	object, ok := v.(map[string]any)
	if !ok {
		return []string{fmt.Sprintf("%v is no object", v)}
	}
	var faults []string
	for name, value := range object {
		i := slices.IndexFunc(fields, func(f contract.Field) bool { return f.Name == name })
		if i < 0 {
			faults = append(faults, name+" is not in the row")
			continue
		}
		for _, f := range valueFaults(fields[i], value, request) {
			faults = append(faults, name+f)
		}
	}
	for _, f := range fields {
		if _, there := object[f.Name]; request && f.Required && !there {
			faults = append(faults, f.Name+" is required and not in the example")
		}
	}
	slices.Sort(faults)
	return faults
}

func valueFaults(f contract.Field, value any, request bool) []string {
	elem, isList := f.Element()
	if !isList {
		return plainFaults(f, elem, value, request)
	}
	list, ok := value.([]any)
	if !ok {
		return []string{fmt.Sprintf(" is no list: %v", value)}
	}
	var faults []string
	for _, element := range list {
		faults = append(faults, plainFaults(f, elem, element, request)...)
	}
	return faults
}

func plainFaults(f contract.Field, elem string, value any, request bool) []string {
	fine := false
	switch elem {
	case "string":
		_, fine = value.(string)
	case "bool":
		_, fine = value.(bool)
	case "int32", "int64", "uint32":
		var n json.Number
		if n, fine = value.(json.Number); fine {
			_, err := n.Int64()
			fine = err == nil
		}
	case "float64":
		_, fine = value.(json.Number)
	case "object":
		if len(f.Fields) == 0 {
			_, fine = value.(map[string]any)
			break
		}
		var faults []string
		for _, inner := range mismatches(f.Fields, value, request) {
			faults = append(faults, "."+inner)
		}
		return faults
	}
	if !fine {
		return []string{fmt.Sprintf(" is no %s: %v", elem, value)}
	}
	return nil
}

// TestTableFaults proves that the check above finds what it is there to find.
func TestTableFaults(t *testing.T) {
	t.Parallel()
	const good = `
- id: x.get
  title: 获取
  doc: [90600]
  method: POST
  path: /cgi-bin/x/get
  credential: access_token
  credential_param: access_token
  query: []
  body:
    - {name: id, type: string, required: true}
  result:
    - {name: list, type: "array<object>", fields: [{name: n, type: int64}]}
  example_body: '{"id":"1"}'
  example_result: '{"errcode":0,"errmsg":"ok","list":[{"n":1}]}'
  notes: []
  confidence: official
`
	rows, err := contract.Parse("x", []byte(good))
	require.NoError(t, err)
	require.Empty(t, tableFaults(rows))

	for name, c := range map[string]struct{ old, new, want string }{
		"method":           {"method: POST", "method: PUT", `method "PUT"`},
		"path":             {"/cgi-bin/x/get", "/x", `path "/x"`},
		"credential":       {"credential: access_token", "credential: token", `credential "token"`},
		"param":            {"credential_param: access_token", "credential_param: token", "travels as token"},
		"type":             {"type: int64", "type: integer", `n has type "integer"`},
		"unknown field":    {`{"id":"1"}`, `{"id":"1","no":2}`, "no is not in the row"},
		"missing field":    {`{"id":"1"}`, `{}`, "id is required"},
		"no body":          {`'{"id":"1"}'`, `''`, "no example of the body"},
		"wrong type":       {`[{"n":1}]`, `[{"n":"1"}]`, "list.n is no int64: 1"},
		"no list":          {`[{"n":1}]`, `{"n":1}`, "list is no list"},
		"result, deep":     {`[{"n":1}]`, `[{"m":1}]`, "list.m is not in the row"},
		"not JSON":         {`{"id":"1"}`, `{"id":}`, "invalid character"},
		"twice":            {"fields: [", "fields: [{name: n, type: string}, ", `name "n" is empty or there twice`},
		"confidence":       {"official", "guess", `confidence "guess"`},
		"doc":              {"90600", "9", "doc [9]"},
		"GET with a body":  {"method: POST", "method: GET", "a GET has a body"},
		"fields of string": {`type: "array<object>", `, `type: string, `, "is no object and has fields"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := strings.Replace(good, c.old, c.new, 1)
			require.NotEqual(t, good, text)
			rows, err := contract.Parse("x", []byte(text))
			require.NoError(t, err)
			assert.Contains(t, strings.Join(tableFaults(rows), "\n"), c.want)
		})
	}

	t.Run("id twice", func(t *testing.T) {
		t.Parallel()
		rows, err := contract.Parse("x", []byte(good+good))
		require.NoError(t, err)
		assert.Equal(t, []string{"x.get: the id is there twice"}, tableFaults(rows))
	})
	t.Run("unknown key", func(t *testing.T) {
		t.Parallel()
		_, err := contract.Parse("x", []byte(strings.Replace(good, "notes:", "remarks:", 1)))
		assert.ErrorContains(t, err, "field remarks not found")
	})
	t.Run("no id", func(t *testing.T) {
		t.Parallel()
		_, err := contract.Parse("x", []byte(strings.Replace(good, "id: x.get", "id: ''", 1)))
		assert.EqualError(t, err, "contract: x.yaml: row 1 has no id")
	})
	t.Run("two documents", func(t *testing.T) {
		t.Parallel()
		_, err := contract.Parse("x", []byte(good+"---\n"+good))
		assert.EqualError(t, err, "contract: x.yaml: more than one document")
	})
}

func TestRow(t *testing.T) {
	t.Parallel()
	row, err := contract.Find("suite.get_admin_list")
	require.NoError(t, err)
	assert.Equal(t, "suite", row.Chapter)
	assert.Equal(t, "POST /cgi-bin/service/get_admin_list", row.Endpoint())
	assert.Equal(t, []string{"获取应用的管理员列表"}, row.Titles())
	assert.True(t, row.Old())

	row, err = contract.Find("suite.get_suite_token")
	require.NoError(t, err)
	assert.Equal(t, []string{"获取第三方应用凭证", "获取代开发应用模板凭证"}, row.Titles())
	assert.False(t, row.Old())

	row, err = contract.Find("license.submit_order_job")
	require.NoError(t, err)
	body, ok := row.BodyExample("")
	assert.True(t, ok)
	assert.Equal(t, row.ExampleBody, body)
	body, ok = row.BodyExample("by_expiry")
	assert.True(t, ok)
	assert.Contains(t, body, "new_expire_time")
	_, ok = row.BodyExample("nonsense")
	assert.False(t, ok)

	_, err = contract.Find("suite.nonsense")
	assert.EqualError(t, err, `contract: the endpoint table has no row "suite.nonsense"`)
}
