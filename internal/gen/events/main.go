// Command events writes docs/events.md, the list of all callbacks and of the
// types that decode them, from the event table (testdata/events) and the source
// of package callback, and the same types for the command line. Run it with go
// generate.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"log"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/wecom-isv/wecom/testdata"
)

//go:generate go run .

// root is the root of the repository, from this directory.
const root = "../../.."

// page is where the page lives below the root.
const page = "docs/events.md"

func main() {
	log.SetFlags(0)
	log.SetPrefix("events: ")
	source := os.DirFS(filepath.Join(root, "callback"))
	text, err := generate(testdata.Files, source)
	if err != nil {
		log.Fatal(err)
	}
	code, err := generateTypes(source)
	if err != nil {
		log.Fatal(err)
	}
	for file, text := range map[string][]byte{page: text, typesFile: code} {
		if err := os.WriteFile(filepath.Join(root, filepath.FromSlash(file)), text, 0o644); err != nil { //nolint:gosec // Documentation is for all to read.
			log.Fatal(err)
		}
	}
}

// generate returns the page, made from the table and the source of package
// callback.
func generate(table, source fs.FS) ([]byte, error) {
	rows, err := load(table)
	if err != nil {
		return nil, err
	}
	types, err := scan(source)
	if err != nil {
		return nil, err
	}
	return render(rows, types)
}

// row is the part of an entry of the table that the page shows.
type row struct {
	ID         string `yaml:"id"`
	Title      string `yaml:"title"`
	Receiver   string `yaml:"receiver"`
	Form       string `yaml:"form"`
	InfoType   string `yaml:"info_type"`
	MsgType    string `yaml:"msg_type"`
	Event      string `yaml:"event"`
	ChangeType string `yaml:"change_type"`
	Docs       []int  `yaml:"docs"`
	Confidence string `yaml:"confidence"`
	Ack        struct {
		DeadlineMS int `yaml:"deadline_ms"`
	} `yaml:"ack"`
}

// kind returns the callback.Kind of the row.
func (r row) kind() string {
	parts := slices.DeleteFunc([]string{r.InfoType, r.MsgType, r.Event, r.ChangeType}, func(s string) bool { return s == "" })
	return r.Form + ":" + strings.Join(parts, ".")
}

func load(table fs.FS) (rows []row, err error) {
	for _, name := range []string{"events/suite.yaml", "events/data.yaml"} {
		text, err := fs.ReadFile(table, name)
		if err != nil {
			return nil, err
		}
		var file struct {
			Events []row `yaml:"events"`
		}
		if err := yaml.Unmarshal(text, &file); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		rows = append(rows, file.Events...)
	}
	if len(rows) == 0 {
		return nil, errors.New("the table is empty")
	}
	return rows, nil
}

// eventType is a type of package callback that has a kind.
type eventType struct {
	name  string
	title string // in Chinese, from its comment
}

// scan returns the types of package callback by their kinds.
func scan(source fs.FS) (map[string]eventType, error) {
	names, err := fs.Glob(source, "*.go")
	if err != nil {
		return nil, err
	}
	comments := make(map[string]string)  // type name: comment
	constants := make(map[string]string) // constant: value
	methods := make(map[string]string)   // type name: constant that its Kind method returns
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := fs.ReadFile(source, name)
		if err != nil {
			return nil, err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, decl := range file.Decls {
			switch decl := decl.(type) {
			case *ast.GenDecl:
				scanSpecs(decl, comments, constants)
			case *ast.FuncDecl:
				if typ, constant, ok := kindMethod(decl); ok {
					methods[typ] = constant
				}
			}
		}
	}
	types := make(map[string]eventType)
	for _, name := range slices.Sorted(maps.Keys(methods)) {
		kind := constants[methods[name]]
		title, ok := title(comments[name])
		switch {
		case kind == "":
			return nil, fmt.Errorf("%s: its Kind method does not return a constant of this package", name)
		case types[kind].name != "":
			return nil, fmt.Errorf("%s: has the kind %q of %s", name, kind, types[kind].name)
		case !ok:
			return nil, fmt.Errorf("%s: no Chinese title in the first sentence of its comment", name)
		}
		types[kind] = eventType{name, title}
	}
	return types, nil
}

// scanSpecs takes the comments of types and the values of string constants.
func scanSpecs(decl *ast.GenDecl, comments, constants map[string]string) {
	for _, spec := range decl.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			comments[spec.Name.Name] = decl.Doc.Text()
		case *ast.ValueSpec:
			for i, value := range spec.Values {
				if lit, ok := value.(*ast.BasicLit); ok && decl.Tok == token.CONST && lit.Kind == token.STRING {
					constants[spec.Names[i].Name], _ = strconv.Unquote(lit.Value)
				}
			}
		}
	}
}

// kindMethod returns the type of a method func (T) Kind() Kind { return K }, and K.
func kindMethod(decl *ast.FuncDecl) (typ, constant string, ok bool) {
	if decl.Name.Name != "Kind" || decl.Recv == nil || len(decl.Body.List) != 1 {
		return "", "", false
	}
	receiver, isIdent := decl.Recv.List[0].Type.(*ast.Ident)
	ret, isReturn := decl.Body.List[0].(*ast.ReturnStmt)
	if !isIdent || !isReturn || len(ret.Results) != 1 {
		return "", "", false
	}
	result, isConstant := ret.Results[0].(*ast.Ident)
	if !isConstant {
		return "", "", false
	}
	return receiver.Name, result.Name, true
}

var parenthesis = regexp.MustCompile(`\(([^()]*\p{Han}[^()]*)\)`)

// title returns the last parenthesis with Chinese in the first sentence of a
// comment: by convention the title that the event has at WeCom.
func title(comment string) (string, bool) {
	comment = strings.Join(strings.Fields(comment), " ")
	sentence, _, _ := strings.Cut(comment, ". ")
	found := parenthesis.FindAllStringSubmatch(sentence, -1)
	if len(found) == 0 {
		return "", false
	}
	return found[len(found)-1][1], true
}

// forms are the sections of the page.
var forms = []struct{ form, heading, text string }{
	{"suite", "Suite form", "XML with `SuiteId`, `InfoType` and `TimeStamp`. The answer is `success`."},
	{"provider", "Provider form", "XML with `ServiceCorpId`, `InfoType` and `TimeStamp`. The answer is `success`."},
	{"app", "App form", "XML with `ToUserName`, `FromUserName`, `CreateTime` and `MsgType`: messages of members, and events."},
}

var receivers = map[string]string{
	"command_url":      "command (指令)",
	"data_url":         "data (数据)",
	"system_event_url": "system events (系统事件)",
}

func render(rows []row, types map[string]eventType) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, `<!-- Generated by internal/gen/events from testdata/events and package callback. DO NOT EDIT: run go generate. -->

# Callbacks

Every event and message that the event table ([testdata/events](../testdata/events)) knows, and the type of package
`+"`callback`"+` that decodes it: %d entries, %d types. What has no type goes to `+"`Mux.Fallback`"+` whole.

*URL* is the callback URL that it comes to. *Answer* is how long WeCom waits. *Source* is *official* for what WeCom
documents, *mixed* where a part is known from other SDKs only, *peers* where all of it is.
`, len(rows), len(types))
	seen := make(map[string]bool)
	for _, section := range forms {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n| kind | title | type | URL | answer | source | docs |\n| --- | --- | --- | --- | --- | --- | --- |\n",
			section.heading, section.text)
		for _, r := range rows {
			if r.Form != section.form {
				continue
			}
			kind := r.kind()
			typ, ok := types[kind]
			receiver := receivers[r.Receiver]
			switch {
			case !ok:
				return nil, fmt.Errorf("%s: no type of package callback has the kind %q", r.ID, kind)
			case receiver == "":
				return nil, fmt.Errorf("%s: unknown receiver %q", r.ID, r.Receiver)
			}
			seen[kind] = true
			fmt.Fprintf(&b, "| `%s` | %s (%s) | `%s` | %s | %s | %s | %s |\n",
				kind, r.Title, typ.title, typ.name, receiver, deadline(r.Ack.DeadlineMS), r.Confidence, links(r.Docs))
		}
	}
	further := slices.DeleteFunc(slices.Sorted(maps.Keys(types)), func(kind string) bool { return seen[kind] })
	if len(further) > 0 {
		b.WriteString("\n## Further kinds\n\nTypes whose kind is named in the entry of another event.\n\n| kind | title | type |\n| --- | --- | --- |\n")
		for _, kind := range further {
			fmt.Fprintf(&b, "| `%s` | %s | `%s` |\n", kind, types[kind].title, types[kind].name)
		}
	}
	return b.Bytes(), nil
}

func deadline(ms int) string {
	if ms%1000 == 0 && ms > 1000 {
		return strconv.Itoa(ms/1000) + " s"
	}
	return "**" + strconv.Itoa(ms) + " ms**"
}

// links returns links to pages of WeCom's documentation.
func links(docs []int) string {
	var out []string
	for _, n := range docs {
		out = append(out, fmt.Sprintf("[%d](https://developer.work.weixin.qq.com/document/path/%d)", n, n))
	}
	return strings.Join(out, " ")
}
