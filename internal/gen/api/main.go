// Command api writes the public surface of the module to docs/api, one file per
// package: every exported declaration, without comments and bodies. What changes
// for users is thereby seen in review. Run it with go generate ./internal/gen/api.
package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/printer"
	"go/token"
	"io/fs"
	"log"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

//go:generate go run .

const (
	root = "../../.." // of the repository, seen from here
	out  = "docs/api"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("api: ")
	if _, err := os.Stat(filepath.Join(root, "go.work")); err != nil {
		log.Fatal("run it with go generate: ", err) // it replaces a whole directory
	}
	files, err := generate(os.DirFS(root))
	if err != nil {
		log.Fatal(err)
	}
	dir := filepath.Join(root, filepath.FromSlash(out))
	if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o755)); err != nil { //nolint:gosec // For all to read.
		log.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil { //nolint:gosec // For all to read.
			log.Fatal(err)
		}
	}
}

// generate returns the files of docs/api by their names.
func generate(repository fs.FS) (map[string][]byte, error) {
	files := map[string][]byte{}
	err := fs.WalkDir(repository, ".", func(dir string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case !entry.IsDir():
			return nil
		case hidden(dir):
			return fs.SkipDir
		}
		text, err := surface(repository, dir)
		if err != nil || text == nil {
			return err
		}
		name := cmp.Or(strings.Trim(strings.ReplaceAll(dir, "/", "."), "."), "wecom") + ".txt"
		files[name] = text
		return nil
	})
	return files, err
}

// hidden tells the directories that users cannot import from.
func hidden(dir string) bool {
	base := path.Base(dir)
	return dir != "." && strings.HasPrefix(base, ".") ||
		slices.Contains([]string{"internal", "testdata", "examples", "cmd", "bench", "docs"}, base)
}

// surface prints the exported declarations of the package in dir, nil if there
// is none.
func surface(repository fs.FS, dir string) ([]byte, error) {
	names, err := fs.Glob(repository, path.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := fs.ReadFile(repository, name)
		if err != nil {
			return nil, err
		}
		file, err := parser.ParseFile(fset, name, source, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	if len(files) == 0 {
		return nil, nil
	}
	// Package doc drops what is not exported and finds promoted methods.
	pkg, err := doc.NewFromFiles(fset, files, dir)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	declarations := declarationsOf(pkg)
	if len(declarations) == 0 {
		return nil, nil
	}
	text := bytes.NewBufferString("package " + pkg.Name + "\n")
	for _, d := range declarations {
		text.WriteByte('\n')
		if err := printer.Fprint(text, fset, d); err != nil {
			return nil, fmt.Errorf("%s: %w", dir, err)
		}
		text.WriteByte('\n')
	}
	return text.Bytes(), nil
}

// declarationsOf lists constants, variables and functions, then each type with
// what belongs to it.
func declarationsOf(pkg *doc.Package) []ast.Decl {
	var all []ast.Decl
	values := func(values []*doc.Value) {
		for _, v := range values {
			all = append(all, v.Decl)
		}
	}
	funcs := func(funcs []*doc.Func) {
		for _, f := range funcs {
			f.Decl.Body = nil
			all = append(all, f.Decl)
		}
	}
	values(pkg.Consts)
	values(pkg.Vars)
	funcs(pkg.Funcs)
	for _, t := range pkg.Types {
		all = append(all, t.Decl)
		values(t.Consts)
		values(t.Vars)
		funcs(t.Funcs)
		funcs(t.Methods)
	}
	return all
}
