package wecomtest

import (
	"fmt"
	"io/fs"
	"path"
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

	chapter string // name of the file, without suffix
}

// field is one parameter: of the query, of the body or of an object in it.
type field struct {
	Name     string  `yaml:"name"`
	Type     string  `yaml:"type"`
	Required bool    `yaml:"required"`
	Fields   []field `yaml:"fields"`
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
	return table, nil
})

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
