package contract_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/internal/contract"
)

// write makes a module of files, given by name and text.
func write(t *testing.T, files map[string]string) (root string) {
	t.Helper()
	root = t.TempDir()
	for name, text := range files {
		file := filepath.Join(root, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o750))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	}
	return root
}

const method = `package x

// Get gets it.
//
// It is good.
//
//wecom:endpoint POST /cgi-bin/x/get
func (c *Client[T]) Get() {}
`

func TestScan(t *testing.T) {
	t.Parallel()
	source, err := contract.Scan(write(t, map[string]string{
		"go.mod":           "module x\n",
		"a/b/x.go":         method,
		"a/b/x_test.go":    "package x\n\nfunc TestX(t *testing.T) {\n\tapitest.Run(t, []apitest.Case{{ID: \"x.get\"}, {Safe: true, ID: `x.put`}, more()})\n\tapitest.Run(t, others)\n}\n\nvar others = []apitest.Case{{ID: \"x.never\"}}\n",
		"a/f.go":           "package a\n\n// F is a function.\n//\n//wecom:endpoint GET /cgi-bin/g\nfunc F() {}\n",
		"a/plain.go":       "package a\n\n// A mention of //wecom:endpoint is none.\n//wecom:endpoints are other things.\nvar x int\n",
		"nested/go.mod":    "module nested\n",
		"nested/x.go":      method,
		"testdata/x.go":    method,
		".hidden/x.go":     method,
		"_old/x.go":        method,
		"a/notes.txt":      method,
		"a/b/more_test.go": method,
	}))
	require.NoError(t, err)
	assert.Equal(t, []*contract.Directive{
		{Method: "POST", Path: "/cgi-bin/x/get", Dir: "a/b", Receiver: "Client", Name: "Get", Doc: "Get gets it.\n\nIt is good.\n", Pos: "a/b/x.go:7:1"},
		{Method: "GET", Path: "/cgi-bin/g", Dir: "a", Name: "F", Doc: "F is a function.\n", Pos: "a/f.go:5:1"},
	}, source.Directives)
	assert.Equal(t, []*contract.TestCase{
		{ID: "x.get", Dir: "a/b", Pos: "a/b/x_test.go:4:32"},
		{ID: "x.put", Dir: "a/b", Pos: "a/b/x_test.go:4:47"},
	}, source.Cases)
}

func TestScanRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"two words too few": {"package x\n\n//wecom:endpoint\nfunc F() {}\n", "x.go:3:1: want //wecom:endpoint METHOD /path"},
		"a word too many":   {"package x\n\n//wecom:endpoint GET /x twice\nfunc F() {}\n", "x.go:3:1: want //wecom:endpoint METHOD /path"},
		"on nothing":        {"package x\n\n//wecom:endpoint GET /x\n\n// F is a function.\nfunc F() {}\n", "x.go:3:1: the directive belongs to no function"},
		"on a type":         {"package x\n\n//wecom:endpoint GET /x\ntype T struct{}\n", "x.go:3:1: the directive belongs to no function"},
		"broken":            {"package x\n\nfunc {\n", "x.go:3:6: expected 'IDENT'"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := contract.Scan(write(t, map[string]string{"x.go": c.text}))
			assert.ErrorContains(t, err, c.want)
		})
	}
}

func TestRoot(t *testing.T) {
	t.Parallel()
	root, err := contract.Root()
	require.NoError(t, err)
	assert.FileExists(t, filepath.Join(root, "internal", "contract", "scan.go"))
}
