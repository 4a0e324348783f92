package main

import (
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSurfaceIsCurrent(t *testing.T) {
	t.Parallel()
	want, err := generate(os.DirFS(root))
	require.NoError(t, err)
	dir := filepath.Join(root, filepath.FromSlash(out))
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, entries, len(want), "a package came or went: run go generate ./internal/gen/api")
	for name, text := range want {
		got, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		if string(got) != string(text) {
			t.Errorf("the public surface differs from docs/api/%s: if that is meant, run go generate ./internal/gen/api", name)
		}
	}
}

func TestGenerate(t *testing.T) {
	t.Parallel()
	files, err := generate(fstest.MapFS{
		"a.go": {Data: []byte(`package a

import "fmt"

// B is documented.
type B struct {
	Shown  int
	hidden int
	base
}

type base struct{}

// Promoted is a method of B.
func (base) Promoted() {}

// M does.
func (b *B) M(x int) error { return fmt.Errorf("no") }

func (b *B) m() {}

func A[T any](t T) T { return t }

func a() {}

const c = 1

const (
	One Kind = iota + 1
	Two
)

type Kind int
`)},
		"a_test.go":        {Data: []byte("package a\n\nfunc TestX() {}\n")},
		"sub/b.go":         {Data: []byte("package sub\n\nvar V = 1\n")},
		"internal/x/x.go":  {Data: []byte("package x\n\nvar V = 1\n")},
		"examples/main.go": {Data: []byte("package main\n\nvar V = 1\n")},
		"none/none.go":     {Data: []byte("package none\n\nfunc f() {}\n")},
	})
	require.NoError(t, err)
	assert.Equal(t, map[string]string{
		"wecom.txt": `package a

func A[T any](t T) T

type B struct {
	Shown int
	// contains filtered or unexported fields
}

func (b *B) M(x int) error

func (B) Promoted()

type Kind int

const (
	One	Kind	= iota + 1
	Two
)
`,
		"sub.txt": "package sub\n\nvar V = 1\n",
	}, texts(files))
}

func TestGenerateNamesTheFileThatIsNoGo(t *testing.T) {
	t.Parallel()
	_, err := generate(fstest.MapFS{"a/a.go": {Data: []byte("no Go")}})
	assert.ErrorContains(t, err, "a/a.go")
}

func texts(files map[string][]byte) map[string]string {
	all := map[string]string{}
	for name, text := range files {
		all[name] = string(text)
	}
	return all
}
