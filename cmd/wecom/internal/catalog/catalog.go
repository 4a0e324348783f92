// Package catalog is what the command line knows of WeCom (企业微信): the endpoint
// table with the Go method of each row, and the types of the callbacks.
package catalog

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/agnivade/levenshtein"
	"go.yaml.in/yaml/v3"

	"github.com/wecom-isv/wecom/callback"
	"github.com/wecom-isv/wecom/testdata"
)

// DocsURL is where WeCom's pages are; a page number follows it.
const DocsURL = "https://developer.work.weixin.qq.com/document/path/"

// Endpoint is one row of the endpoint table.
type Endpoint struct {
	ID              string   `json:"id"                         yaml:"id"` // "suite.get_auth_info"
	Title           string   `json:"title"                      yaml:"title"`
	Method          string   `json:"method"                     yaml:"method"`
	Path            string   `json:"path"                       yaml:"path"`
	Credential      string   `json:"credential"                 yaml:"credential"` // kind of token, or "none"
	CredentialParam string   `json:"credential_param,omitempty" yaml:"credential_param"`
	ContentType     string   `json:"content_type,omitempty"     yaml:"content_type"` // of the request; "": JSON
	Query           []Field  `json:"query,omitempty"            yaml:"query"`
	Body            []Field  `json:"body,omitempty"             yaml:"body"`
	Result          []Field  `json:"result,omitempty"           yaml:"result"`
	ExampleBody     string   `json:"example_body,omitempty"     yaml:"example_body"`
	ExampleResponse string   `json:"-"                          yaml:"example_response"` // of a reply that is a file
	Notes           []string `json:"notes,omitempty"            yaml:"notes"`
	Confidence      string   `json:"confidence"                 yaml:"confidence"` // official, or peers
	Doc             []int    `json:"doc"                        yaml:"doc"`

	Chapter    string   `json:"chapter"              yaml:"-"`
	Go         []string `json:"go"                   yaml:"-"` // methods that call it
	Deprecated bool     `json:"deprecated,omitempty" yaml:"-"`
}

// Field is one parameter of a query, a body or a result, or of an object in it.
type Field struct {
	Name     string  `json:"name"               yaml:"name"`
	Type     string  `json:"type"               yaml:"type"`
	Required bool    `json:"required,omitempty" yaml:"required"`
	Note     string  `json:"note,omitempty"     yaml:"note"`
	Fields   []Field `json:"fields,omitempty"   yaml:"fields"`
}

// Upload reports whether the request is a file.
func (e *Endpoint) Upload() bool { return strings.HasPrefix(e.ContentType, "multipart/") }

// Download reports whether the reply is a file.
func (e *Endpoint) Download() bool { return e.ExampleResponse != "" }

// load reads the table once; nobody changes it.
var load = sync.OnceValues(func() ([]*Endpoint, error) {
	names, err := fs.Glob(testdata.Files, "api/*.yaml")
	if err != nil {
		return nil, err
	}
	var table []*Endpoint
	for _, name := range names {
		text, err := testdata.Files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		var rows []*Endpoint
		if err := yaml.Unmarshal(text, &rows); err != nil {
			return nil, fmt.Errorf("catalog: %s: %w", name, err)
		}
		for _, row := range rows {
			row.Chapter = strings.TrimSuffix(path.Base(name), ".yaml")
			row.Go, row.Deprecated = methods(row.Method + " " + row.Path)
		}
		table = append(table, rows...)
	}
	if len(table) == 0 {
		return nil, errors.New("catalog: the endpoint table is empty")
	}
	return table, nil
})

// Endpoints returns the whole table, in its order. The rows are shared: do not
// change them.
func Endpoints() ([]*Endpoint, error) {
	table, err := load()
	return slices.Clone(table), err
}

// UnknownEndpointError says that no endpoint has the name.
type UnknownEndpointError struct {
	Name    string
	Nearest []string // ids that look alike, the best first
}

// Error names the endpoint and those that look alike.
func (e *UnknownEndpointError) Error() string {
	text := fmt.Sprintf("no endpoint is called %q", e.Name)
	if len(e.Nearest) > 0 {
		text += "; did you mean " + strings.Join(e.Nearest, ", ") + "?"
	}
	return text
}

// Find returns the endpoints that name may mean: a row by its id, a path, the
// last part of an id or of a path, a Go method, or a Chinese title. Several rows
// may share such a name. The error is an [*UnknownEndpointError].
func Find(name string) ([]*Endpoint, error) {
	table, err := load()
	if err != nil {
		return nil, err
	}
	for _, fits := range []func(*Endpoint) bool{
		func(e *Endpoint) bool { return e.ID == name || e.Path == name },
		func(e *Endpoint) bool { return last(e.ID, ".") == name || last(e.Path, "/") == name },
		func(e *Endpoint) bool {
			return strings.HasSuffix(e.Path, "/"+strings.Trim(name, "/")) || slices.ContainsFunc(e.Go, func(method string) bool {
				return strings.EqualFold(method, name) || strings.EqualFold(last(method, "."), name)
			})
		},
		func(e *Endpoint) bool { return !ascii(name) && strings.Contains(e.Title, name) },
	} {
		var found []*Endpoint
		for _, e := range table {
			if fits(e) {
				found = append(found, e)
			}
		}
		if len(found) > 0 {
			return found, nil
		}
	}
	ids := make([]string, len(table))
	for i, e := range table {
		ids[i] = e.ID
	}
	return nil, &UnknownEndpointError{Name: name, Nearest: Nearest(name, ids)}
}

// Nearest returns up to five of names that look like name, the best first: those
// that hold it, and those that differ in a third of the letters at most, whole
// or after the last dot.
func Nearest(name string, names []string) []string {
	const most = 5
	type candidate struct {
		name     string
		distance int
	}
	var found []candidate
	wanted := strings.ToLower(name)
	for _, n := range names {
		d := distance(wanted, strings.ToLower(n))
		if strings.Contains(strings.ToLower(n), wanted) {
			d = min(d, 1)
		}
		if d <= max(2, len(wanted)/3) {
			found = append(found, candidate{n, d})
		}
	}
	slices.SortStableFunc(found, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(a.name, b.name))
	})
	var nearest []string
	for _, c := range found[:min(len(found), most)] {
		nearest = append(nearest, c.name)
	}
	return nearest
}

// distance is the smaller edit distance to name and to its last part.
func distance(wanted, name string) int {
	return min(levenshtein.ComputeDistance(wanted, name), levenshtein.ComputeDistance(wanted, last(name, ".")))
}

func last(s, sep string) string { return s[strings.LastIndex(s, sep)+1:] }

func ascii(s string) bool { return !strings.ContainsFunc(s, func(r rune) bool { return r > '~' }) }

// Decode decodes a callback into the event type of its kind and returns a
// pointer to it, nil if no type has the kind.
func Decode(env callback.Envelope) (callback.Event, error) {
	ev := newEvent(env.Kind)
	if ev == nil {
		return nil, nil //nolint:nilnil // New kinds are no error.
	}
	if err := env.Decode(ev); err != nil {
		return nil, err
	}
	return ev, nil
}

// EventTitle returns WeCom's own title of a kind, "" if no type has it.
func EventTitle(kind callback.Kind) string { return eventTitle(kind) }
