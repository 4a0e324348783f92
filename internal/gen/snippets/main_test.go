package main

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPagesAreCurrent(t *testing.T) {
	t.Parallel()
	read := func(name string) ([]byte, error) { return os.ReadFile(filepath.Join(root, filepath.FromSlash(name))) }
	for _, page := range pages() {
		got, err := read(page)
		require.NoError(t, err)
		want, err := fill(got, read)
		require.NoError(t, err, page)
		assert.Contains(t, string(got), "<!-- code:", "%s holds no piece of code", page)
		if string(got) != string(want) {
			t.Errorf("the code in %s is not what the files say: run go generate ./internal/gen/snippets", page)
		}
	}
}

const source = `package x

func f() {
	// [one]
	if a {

		b()
	}
	// [/one]
	c()
	// [one]
	d()
	// [/one]
	// [open]
}
`

func TestFill(t *testing.T) {
	t.Parallel()
	read := func(name string) ([]byte, error) {
		if name != "x.go" {
			return nil, errors.New("no file")
		}
		return []byte(source), nil
	}
	page := func(marker, code string) string {
		return "text\n\n<!-- code: " + marker + " -->\n```go\n" + code + "```\n\nmore\n\n```go\nuntouched\n```\n"
	}
	filled, err := fill([]byte(page("x.go#one", "old\n")), read)
	require.NoError(t, err)
	assert.Equal(t, page("x.go#one", "if a {\n\n\tb()\n}\nd()\n"), string(filled))

	for marker, problem := range map[string]string{
		"x.go#two":  "x.go#two: no such piece",
		"x.go#open": "x.go#open: the piece does not end",
		"y.go#one":  "y.go#one: no file",
	} {
		kept, err := fill([]byte(page(marker, "old\n")), read)
		require.ErrorContains(t, err, problem)
		assert.Equal(t, page(marker, "old\n"), string(kept))
	}
	_, err = fill([]byte("<!-- code: x.go#one -->\nno block\n"), read)
	assert.ErrorContains(t, err, "not followed")
}
