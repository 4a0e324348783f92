package wecomtest

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/wecom-isv/wecom/testdata"
)

// endpoint is one row of the endpoint table.
type endpoint struct {
	ID              string  `yaml:"id"`
	Method          string  `yaml:"method"`
	Path            string  `yaml:"path"`
	Credential      string  `yaml:"credential"`
	CredentialParam string  `yaml:"credential_param"`
	ContentType     string  `yaml:"content_type"`
	Query           []field `yaml:"query"`
	Body            []field `yaml:"body"`
	Result          []field `yaml:"result"`
	ExampleBody     string  `yaml:"example_body"`
	ExampleResult   string  `yaml:"example_result"`
	ExampleResponse string  `yaml:"example_response"`

	CardTypes   map[string]cardType `yaml:"card_types"`   // of message.send
	ButtonTypes map[string]string   `yaml:"button_types"` // of menu.create

	chapter string // name of the file, without suffix
}

// field is one parameter: of the query, of the body or of an object in it.
type field struct {
	Name     string  `yaml:"name"`
	Type     string  `yaml:"type"`
	Required bool    `yaml:"required"`
	Fields   []field `yaml:"fields"`
	As       string  `yaml:"as"` // id of a row and path in its body: that object's fields too
	Limits   limits  `yaml:",inline"`
}

// endpointTable holds the rows by path. Where two rows describe one path, the first
// in file order counts: they differ in their notes only.
type endpointTable map[string]*endpoint

// loadTable parses the table once per process; nothing changes it afterwards.
var loadTable = sync.OnceValues(func() (endpointTable, error) {
	names, err := fs.Glob(testdata.Files, "api/*.yaml")
	if err != nil {
		return nil, err
	}
	table := endpointTable{}
	for _, name := range names {
		text, err := testdata.Files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		var rows []*endpoint
		if err := yaml.Unmarshal(text, &rows); err != nil {
			return nil, fmt.Errorf("wecomtest: %s: %w", name, err)
		}
		for _, row := range rows {
			if _, known := table[row.Path]; known {
				continue
			}
			row.chapter = path.Base(name[:len(name)-len(".yaml")])
			table[row.Path] = row
		}
	}
	for _, row := range table {
		if err := table.complete(row.Body); err != nil {
			return nil, fmt.Errorf("wecomtest: %s: %w", row.ID, err)
		}
	}
	return table, nil
})

// complete adds the fields of the objects that fields are said to be like.
func (t endpointTable) complete(fields []field) error {
	for i := range fields {
		f := &fields[i]
		if f.As != "" {
			like, found := t.find(f.As)
			if !found {
				return fmt.Errorf("%s: no object %s", f.Name, f.As)
			}
			f.Fields = merged(like.Fields, f.Fields)
		}
		if err := t.complete(f.Fields); err != nil {
			return err
		}
	}
	return nil
}

// find finds a field by the id of its row and its path: message.send.template_card.
func (t endpointTable) find(name string) (field, bool) {
	for _, row := range t {
		if rest, found := strings.CutPrefix(name, row.ID+"."); found {
			if f, found := findField(row.Body, rest); found {
				return f, true
			}
		}
	}
	return field{}, false
}

func findField(fields []field, path string) (field, bool) {
	name, rest, deeper := strings.Cut(path, ".")
	i := slices.IndexFunc(fields, func(f field) bool { return f.Name == name })
	switch {
	case i < 0:
		return field{}, false
	case deeper:
		return findField(fields[i].Fields, rest)
	}
	return fields[i], true
}

// merged are the fields of both lists, in copies; what both have has the fields of
// both.
func merged(base, more []field) []field {
	all := slices.Clone(base)
	for _, f := range more {
		i := slices.IndexFunc(all, func(b field) bool { return b.Name == f.Name })
		if i < 0 {
			all = append(all, f)
			continue
		}
		all[i].Fields = merged(all[i].Fields, f.Fields)
	}
	return all
}

// loadMeanings reads the one-line meaning of every return code.
var loadMeanings = sync.OnceValues(func() (map[int]string, error) {
	text, err := testdata.Files.ReadFile("errors.yaml")
	if err != nil {
		return nil, err
	}
	var file struct {
		Codes []struct {
			Code    int    `yaml:"code"`
			Meaning string `yaml:"meaning"`
		} `yaml:"codes"`
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("wecomtest: errors.yaml: %w", err)
	}
	meanings := make(map[int]string, len(file.Codes))
	for _, c := range file.Codes {
		meanings[c.Code] = c.Meaning
	}
	return meanings, nil
})
