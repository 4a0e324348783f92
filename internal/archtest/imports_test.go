package archtest

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// repository is the root of the checkout, seen from this directory.
const repository = "../.."

func TestImportDirections(t *testing.T) {
	t.Parallel()
	g := readImports(t, os.DirFS(repository))
	require.Contains(t, g, ".", "the root package was not found")
	require.Contains(t, g, "internal/rest")
	for _, v := range violations(g) {
		t.Error(v)
	}
}

// The contract suites import the packages that they judge. The simulator beside
// them must not, or it would repeat a client's mistakes.
func TestSimulatorImportsNoClient(t *testing.T) {
	t.Parallel()
	const suites = "storetest.go"
	files, err := filepath.Glob(filepath.Join(repository, "wecomtest", "*.go"))
	require.NoError(t, err)
	require.Contains(t, files, filepath.Join(repository, "wecomtest", suites))
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") || filepath.Base(name) == suites {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		require.NoError(t, err)
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			require.NoError(t, err)
			own := imported == module || strings.HasPrefix(imported, module+"/")
			assert.False(t, own && directory(imported) != "testdata", "%s imports %s", name, imported)
		}
	}
}

// What a vendor's binary gets from the whole SDK, dependencies of dependencies included.
func TestLinkedModules(t *testing.T) {
	t.Parallel()
	g := readImports(t, os.DirFS(repository))
	args := []string{"list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}"}
	for pkg := range g {
		if f, _, ok := locate(pkg); ok && f.linked {
			args = append(args, path.Join(module, pkg))
		}
	}
	// The result of go list changes with these files; reading them tells the test cache so.
	for _, name := range []string{"go.mod", "go.work"} {
		_, err := os.ReadFile(filepath.Join(repository, name))
		require.NoError(t, err)
	}
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = repository
	cmd.Stderr = t.Output()
	out, err := cmd.Output()
	require.NoError(t, err)

	modules := strings.Fields(string(out))
	slices.Sort(modules)
	modules = slices.Compact(modules)
	require.Contains(t, modules, module)
	assert.Subset(t, []string{module, resty, "golang.org/x/net", "golang.org/x/sync"}, modules,
		"a dependency that vendors would have to carry")
}

// readImports parses the import lines of every package below root, whatever its
// module. Files of all build constraints count; test files do not.
func readImports(t *testing.T, root fs.FS) graph {
	t.Helper()
	g := graph{}
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != "." && skipDir(name):
			return fs.SkipDir
		case entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		src, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ImportsOnly)
		if err != nil {
			return err
		}
		pkg := path.Dir(name)
		imports := g[pkg]
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			imports = append(imports, directory(imported))
		}
		slices.Sort(imports)
		g[pkg] = slices.Compact(imports)
		return nil
	})
	require.NoError(t, err)
	return g
}

// skipDir says which directories hold no packages: hidden ones and testdata,
// except the package of the tables.
func skipDir(name string) bool {
	base := path.Base(name)
	return strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") || base == "testdata" && name != "testdata"
}

// directory turns an import path of this repository into its directory and
// leaves others as they are.
func directory(imported string) string {
	if imported == module {
		return "."
	}
	if dir, ok := strings.CutPrefix(imported, module+"/"); ok {
		return dir
	}
	return imported
}
