package archtest

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// unwanted is text that has no business in the repository.
type unwanted struct {
	what  string
	where *regexp.Regexp // matched against each line
	only  string         // ending of the file names that it is about, "" for all
}

func unwantedText() []unwanted {
	return []unwanted{
		{what: "path of one machine", where: regexp.MustCompile(`(?:^|[^\w.~/-])/(?:work|tmp|root|home/\w+|Users/\w+|workspace)/`)},
		{what: "host of a package registry", where: regexp.MustCompile(`(?:proxy|sum)\.golang\.org|goproxy\.\w+|registry\.\w+\.\w+|pypi\.org`)},
		{what: "merge conflict", where: regexp.MustCompile(`^(?:<{7}|>{7}) `)},
		{what: "unfinished work", where: regexp.MustCompile(`\b(?:TO[D]O|FIX[M]E)\b`), only: ".go"},
	}
}

func TestNoUnwantedText(t *testing.T) {
	t.Parallel()
	var files int
	for _, line := range readUnwanted(t, os.DirFS(repository), &files) {
		t.Error(line)
	}
	require.Greater(t, files, 20, "the repository was not found")
}

func TestUnwantedTextIsFound(t *testing.T) {
	t.Parallel()
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	var files int
	found := readUnwanted(t, fstest.MapFS{
		"a.go":      file("package a\n// see /" + "tmp/notes\n// TO" + "DO: all of it\n"),
		"b.md":      file("TO" + "DO lists are welcome here\nGOPROXY=https://proxy." + "golang.org\n"),
		"c.go":      file("package c // https://example.com/home/page/ and a/tmp/b are fine\n"),
		"d.txt":     file("<<<<<" + "<< ours\n"),
		"image.bin": file("\x00/" + "tmp/notes"),
		".bin/tool": file("/" + "tmp/notes"),
		".ci/run":   file("cd /" + "home/me/wecom\n"),
		"x.test":    file("/" + "tmp/notes"),
	}, &files)
	assert.Equal(t, []string{
		".ci/run:1: path of one machine",
		"a.go:2: path of one machine",
		"a.go:3: unfinished work",
		"b.md:2: host of a package registry",
		"d.txt:1: merge conflict",
	}, found)
	assert.Equal(t, 5, files)
}

// readUnwanted returns "file:line: what" for all unwanted text below root and
// adds the number of text files to files.
func readUnwanted(t *testing.T, root fs.FS, files *int) []string {
	t.Helper()
	rules := unwantedText()
	var found []string
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			if base := path.Base(name); strings.HasPrefix(base, ".") && !slices.Contains([]string{".", ".ci", ".github"}, base) {
				return fs.SkipDir
			}
			return nil
		case !entry.Type().IsRegular() || slices.Contains([]string{".test", ".prof", ".out"}, path.Ext(name)):
			return nil // git ignores these
		}
		data, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		if bytes.IndexByte(data, 0) >= 0 {
			return nil // not text
		}
		*files++
		number := 0
		for line := range strings.Lines(string(data)) {
			number++
			for _, u := range rules {
				if strings.HasSuffix(name, u.only) && u.where.MatchString(line) {
					found = append(found, fmt.Sprintf("%s:%d: %s", name, number, u.what))
				}
			}
		}
		return nil
	})
	require.NoError(t, err)
	return found
}
