// Package contract reads the two halves of the contract that the tests join:
// the endpoint table (testdata/api) and the directives of the methods that claim
// its rows:
//
//	//wecom:endpoint POST /cgi-bin/service/get_suite_token
//
// The rules themselves are this package's tests.
package contract

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/wecom-isv/wecom/testdata"
)

// Row is one endpoint as the table describes it.
type Row struct {
	Chapter string `yaml:"-"` // name of the file, without suffix

	ID              string  `yaml:"id"`
	Title           string  `yaml:"title"` // Chinese; several are split by " / "
	Doc             []int   `yaml:"doc"`   // numbers of the official pages
	Method          string  `yaml:"method"`
	Path            string  `yaml:"path"`
	Credential      string  `yaml:"credential"`       // kind of token, or "none"
	CredentialParam string  `yaml:"credential_param"` // query parameter that carries it
	ContentType     string  `yaml:"content_type"`     // of the request; "": JSON
	RequestHeaders  []Field `yaml:"request_headers"`
	Query           []Field `yaml:"query"`
	Body            []Field `yaml:"body"`
	Result          []Field `yaml:"result"` // errcode and errmsg apart

	ExampleBody           string            `yaml:"example_body"`
	ExampleBodyVariants   map[string]string `yaml:"example_body_variants"`
	Examples              map[string]string `yaml:"examples"` // further bodies
	ExampleMultipart      string            `yaml:"example_multipart"`
	ExampleResult         string            `yaml:"example_result"`
	ExampleResultVariants map[string]string `yaml:"example_result_variants"` // whole, or one object of it
	ExampleResponse       string            `yaml:"example_response"`        // of a reply that is not JSON
	ExampleResponseRange  string            `yaml:"example_response_range"`

	Notes       []string                  `yaml:"notes"`
	Confidence  string                    `yaml:"confidence"`  // official, or peers
	ThirdParty  string                    `yaml:"third_party"` // yes, no or unknown; "": as the chapter
	Sources     string                    `yaml:"sources"`
	Limits      map[string]any            `yaml:"limits"`
	ButtonTypes map[string]string         `yaml:"button_types"`
	CardTypes   map[string]map[string]any `yaml:"card_types"`
}

// Field is one parameter of the query, the body or the result, or of an object
// in them. An object without Fields is described elsewhere or open.
type Field struct {
	Name     string  `yaml:"name"`
	Type     string  `yaml:"type"` // string, int32, int64, uint32, float64, bool, object, file, bytes, array<...>
	Required bool    `yaml:"required"`
	Note     string  `yaml:"note"`
	Fields   []Field `yaml:"fields"`
	As       string  `yaml:"as"`      // id of a row and path in its body: this object has that one's fields too
	Limits   Limits  `yaml:",inline"` // what the note says, for programs
}

// Limits are the bounds of a parameter; what is zero is unbounded. In a list they
// hold for each element, MinItems and MaxItems apart. An optional parameter that is
// empty or 0 counts as absent. What WeCom cuts silently has no limit here.
type Limits struct {
	Enum     []any    `yaml:"enum"` // texts or integers
	Min      *float64 `yaml:"min"`
	Max      *float64 `yaml:"max"`
	MinBytes int      `yaml:"min_bytes"`
	MaxBytes int      `yaml:"max_bytes"`
	MinChars int      `yaml:"min_chars"` // Unicode characters
	MaxChars int      `yaml:"max_chars"`
	MaxWidth int      `yaml:"max_width"` // Chinese characters; others count half
	MaxParts int      `yaml:"max_parts"` // joined with |
	MinItems int      `yaml:"min_items"`
	MaxItems int      `yaml:"max_items"`
	Code     int      `yaml:"code"` // errcode of what breaks them; 0: 40058
}

// IsZero reports whether there are no limits.
func (l *Limits) IsZero() bool { return reflect.ValueOf(*l).IsZero() }

// Element returns the type of the elements if f is a list.
func (f Field) Element() (elem string, isList bool) {
	elem, isList = strings.CutPrefix(f.Type, "array<")
	if !isList {
		return f.Type, false
	}
	return strings.CutSuffix(elem, ">")
}

// Endpoint returns the method and path, as directives write them.
func (r *Row) Endpoint() string { return r.Method + " " + r.Path }

// BodyExample returns the example of the body that name stands for: a key of
// examples or example_body_variants, or "" for example_body.
func (r *Row) BodyExample(name string) (body string, ok bool) {
	if name == "" {
		return r.ExampleBody, true
	}
	if body, ok = r.Examples[name]; ok {
		return body, true
	}
	body, ok = r.ExampleBodyVariants[name]
	return body, ok
}

// Old reports whether the platform has replaced or ended the endpoint: its
// method carries a "Deprecated:" paragraph.
func (r *Row) Old() bool {
	return strings.Contains(r.Title, "旧") || slices.ContainsFunc(r.Notes, func(note string) bool {
		return strings.HasPrefix(note, "superseded by") || strings.HasPrefix(note, "no longer maintained") || strings.HasPrefix(note, "Dead:")
	})
}

// Titles returns the Chinese titles without what follows in brackets.
func (r *Row) Titles() []string {
	var titles []string
	for title := range strings.SplitSeq(r.Title, " / ") {
		if i := strings.IndexAny(title, "(（"); i > 0 {
			title = title[:i]
		}
		titles = append(titles, strings.TrimSpace(title))
	}
	return titles
}

// load reads the table once; whoever gets rows must not change them.
var load = sync.OnceValues(func() ([]*Row, error) {
	names, err := fs.Glob(testdata.Files, "api/*.yaml")
	if err != nil {
		return nil, err
	}
	var table []*Row
	for _, name := range names {
		text, err := testdata.Files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		rows, err := Parse(strings.TrimSuffix(path.Base(name), ".yaml"), text)
		if err != nil {
			return nil, err
		}
		table = append(table, rows...)
	}
	return table, nil
})

// Load returns the whole table, in the order of the files and of their rows. The
// rows are shared: do not change them.
func Load() ([]*Row, error) {
	rows, err := load()
	return slices.Clone(rows), err
}

// Find returns the row with the given id.
func Find(id string) (*Row, error) {
	rows, err := load()
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(rows, func(r *Row) bool { return r.ID == id }); i >= 0 {
		return rows[i], nil
	}
	return nil, fmt.Errorf("contract: the endpoint table has no row %q", id)
}

// Chapters returns the chapters of rows, sorted.
func Chapters(rows []*Row) []string {
	set := make(map[string]bool)
	for _, r := range rows {
		set[r.Chapter] = true
	}
	return slices.Sorted(maps.Keys(set))
}

// Parse reads one file of the table. A key that Row does not have is an error,
// so that nothing the table says goes unseen.
func Parse(chapter string, text []byte) ([]*Row, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	var rows []*Row
	if err := decoder.Decode(&rows); err != nil {
		return nil, fmt.Errorf("contract: %s.yaml: %w", chapter, err)
	}
	if err := decoder.Decode(new(any)); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("contract: %s.yaml: more than one document", chapter)
	}
	for i, r := range rows {
		if r == nil || r.ID == "" {
			return nil, fmt.Errorf("contract: %s.yaml: row %d has no id", chapter, i+1)
		}
		r.Chapter = chapter
	}
	return rows, nil
}
