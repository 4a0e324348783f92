// Command snippets puts pieces of Go files into the documentation, so that what
// people read is what the tests compile. A page names a piece in a comment before
// its code block:
//
//	<!-- code: examples/tour/tour.go#install -->
//
// and the Go file marks it with two comments of their own line, // [install] and
// // [/install]. Run it with go generate ./internal/gen/snippets.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

//go:generate go run .

const root = "../../.." // of the repository, seen from here

// pages returns the pages that hold pieces, relative to the root.
func pages() []string { return []string{"README.md", "README.zh-CN.md"} }

func main() {
	log.SetFlags(0)
	log.SetPrefix("snippets: ")
	repository, err := os.OpenRoot(root)
	if err != nil {
		log.Fatal(err)
	}
	for _, page := range pages() {
		old, err := repository.ReadFile(page)
		if err != nil {
			log.Fatal(err)
		}
		text, err := fill(old, repository.ReadFile)
		if err != nil {
			log.Fatalf("%s: %v", page, err)
		}
		if err := os.WriteFile(filepath.Join(root, page), text, 0o644); err != nil { //nolint:gosec // For all to read.
			log.Fatal(err)
		}
	}
}

var marked = regexp.MustCompile("(?ms)^<!-- code: ([^ #]+)#([^ ]+) -->\n```go\n.*?^```$")

// fill replaces each marked code block of page by the piece that it names.
func fill(page []byte, read func(name string) ([]byte, error)) ([]byte, error) {
	var problems []error
	filled := marked.ReplaceAllFunc(page, func(block []byte) []byte {
		names := marked.FindSubmatch(block)
		file, name := string(names[1]), string(names[2])
		source, err := read(file)
		if err == nil {
			var code string
			if code, err = piece(string(source), name); err == nil {
				return fmt.Appendf(nil, "<!-- code: %s#%s -->\n```go\n%s```", file, name, code)
			}
		}
		problems = append(problems, fmt.Errorf("%s#%s: %w", file, name, err))
		return block
	})
	if want := bytes.Count(page, []byte("<!-- code:")); want != len(marked.FindAll(page, -1)) {
		problems = append(problems, errors.New("a marker is not followed by a block of Go"))
	}
	return filled, errors.Join(problems...)
}

// piece returns the lines of source between the marks of name, shifted left as
// far as they go together.
func piece(source, name string) (string, error) {
	var lines []string
	inside, found := false, false
	for line := range strings.Lines(source) {
		switch strings.TrimSpace(line) {
		case "// [" + name + "]":
			inside, found = true, true
			continue
		case "// [/" + name + "]":
			inside = false
			continue
		}
		if inside {
			lines = append(lines, line)
		}
	}
	switch {
	case !found:
		return "", errors.New("no such piece")
	case inside:
		return "", errors.New("the piece does not end")
	}
	indent := -1
	for _, line := range lines {
		if text := strings.TrimLeft(line, "\t"); strings.TrimSpace(line) != "" && (indent < 0 || len(line)-len(text) < indent) {
			indent = len(line) - len(text)
		}
	}
	var code strings.Builder
	for _, line := range lines {
		if strings.TrimSpace(line) == "" {
			code.WriteByte('\n')
			continue
		}
		code.WriteString(line[indent:])
	}
	return code.String(), nil
}
