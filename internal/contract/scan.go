package contract

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// mark begins a directive.
const mark = "//wecom:endpoint"

// Directive is a method that claims a row of the table.
type Directive struct {
	Method, Path string // of the endpoint
	Dir          string // of the package, relative to the module: "provider/license"
	Receiver     string // name of the type, "" for a function
	Name         string // of the method
	Doc          string // its comment, directives apart
	Pos          string // file:line
}

// Endpoint returns the method and path, as [Row.Endpoint] does.
func (d *Directive) Endpoint() string { return d.Method + " " + d.Path }

// TestCase is an apitest.Case that a test file gives to apitest.Run.
type TestCase struct {
	ID  string // of the row
	Dir string // of the package, relative to the module
	Pos string // file:line
}

// Source is what the Go files of the module say about endpoints.
type Source struct {
	Directives []*Directive
	Cases      []*TestCase
}

// Root returns the directory of the module that the current directory is in.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("contract: no go.mod here or above")
		}
		dir = parent
	}
}

// Scan reads all Go files below root that belong to its module: directives from
// ordinary files, cases from tests.
func Scan(root string) (*Source, error) {
	s := scanner{root: os.DirFS(root), files: token.NewFileSet(), source: new(Source)}
	if err := fs.WalkDir(s.root, ".", s.visit); err != nil {
		return nil, fmt.Errorf("contract: %w", err)
	}
	return s.source, nil
}

type scanner struct {
	root   fs.FS
	files  *token.FileSet
	source *Source
}

func (s *scanner) visit(name string, entry fs.DirEntry, err error) error {
	switch base := path.Base(name); {
	case err != nil:
		return err
	case name == ".":
		return nil
	case entry.IsDir():
		_, err := fs.Stat(s.root, path.Join(name, "go.mod"))
		if nested := err == nil; nested || base == "testdata" || base[0] == '.' || base[0] == '_' {
			return fs.SkipDir
		}
		return nil
	case path.Ext(base) != ".go":
		return nil
	}
	text, err := fs.ReadFile(s.root, name)
	if err != nil {
		return err
	}
	return s.parse(name, text)
}

// parse adds what one file says; name is relative to the module.
func (s *scanner) parse(name string, text []byte) error {
	file, err := parser.ParseFile(s.files, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	dir := path.Dir(name)
	if strings.HasSuffix(name, "_test.go") {
		s.cases(dir, file)
		return nil
	}
	claimed := make(map[*ast.Comment]bool)
	for _, decl := range file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || f.Doc == nil {
			continue
		}
		for _, comment := range f.Doc.List {
			if !isMark(comment) {
				continue
			}
			claimed[comment] = true
			d, err := s.directive(dir, f, comment)
			if err != nil {
				return err
			}
			s.source.Directives = append(s.source.Directives, d)
		}
	}
	for _, group := range file.Comments {
		for _, comment := range group.List {
			if isMark(comment) && !claimed[comment] {
				return fmt.Errorf("%s: the directive belongs to no function", s.files.Position(comment.Pos()))
			}
		}
	}
	return nil
}

func isMark(comment *ast.Comment) bool {
	rest, ok := strings.CutPrefix(comment.Text, mark)
	return ok && (rest == "" || rest[0] == ' ' || rest[0] == '\t')
}

func (s *scanner) directive(dir string, f *ast.FuncDecl, comment *ast.Comment) (*Directive, error) {
	pos := s.files.Position(comment.Pos())
	words := strings.Fields(strings.TrimPrefix(comment.Text, mark))
	if len(words) != 2 {
		return nil, fmt.Errorf("%s: want %s METHOD /path", pos, mark)
	}
	d := &Directive{
		Method: words[0], Path: words[1],
		Dir: dir, Name: f.Name.Name, Doc: f.Doc.Text(), Pos: pos.String(),
	}
	if f.Recv != nil && len(f.Recv.List) == 1 {
		d.Receiver = typeName(f.Recv.List[0].Type)
	}
	return d, nil
}

// typeName returns the name of a receiver's type without star and parameters.
func typeName(expr ast.Expr) string {
	switch t := expr.(type) {
	case *ast.StarExpr:
		return typeName(t.X)
	case *ast.ParenExpr:
		return typeName(t.X)
	case *ast.IndexExpr:
		return typeName(t.X)
	case *ast.IndexListExpr:
		return typeName(t.X)
	case *ast.Ident:
		return t.Name
	}
	return ""
}

// cases adds the elements of every list that a test file writes out as the
// argument of apitest.Run. What is not given to it is not checked by anybody.
func (s *scanner) cases(dir string, file *ast.File) {
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || !isSelector(call.Fun, "apitest", "Run") || len(call.Args) != 2 {
			return true
		}
		list, ok := call.Args[1].(*ast.CompositeLit)
		if !ok {
			return true
		}
		for _, element := range list.Elts {
			c, ok := element.(*ast.CompositeLit)
			if !ok {
				continue
			}
			if id, ok := stringField(c, "ID"); ok {
				s.source.Cases = append(s.source.Cases, &TestCase{ID: id, Dir: dir, Pos: s.files.Position(c.Pos()).String()})
			}
		}
		return true
	})
}

func isSelector(expr ast.Expr, pkg, name string) bool {
	selector, ok := expr.(*ast.SelectorExpr)
	if !ok || selector.Sel.Name != name {
		return false
	}
	ident, ok := selector.X.(*ast.Ident)
	return ok && ident.Name == pkg
}

// stringField returns the string literal that a composite literal gives a field.
func stringField(c *ast.CompositeLit, name string) (string, bool) {
	for _, element := range c.Elts {
		pair, ok := element.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		key, ok := pair.Key.(*ast.Ident)
		if !ok || key.Name != name {
			continue
		}
		if literal, ok := pair.Value.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			value, err := strconv.Unquote(literal.Value)
			return value, err == nil
		}
	}
	return "", false
}
