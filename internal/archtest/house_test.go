package archtest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// module is the path of the root module. Directories and import paths agree in
// the whole repository, nested modules included.
const module = "github.com/wecom-isv/wecom"

// graph maps each package of the repository to what its files import, tests
// apart. Our own packages are named by their directory ("." is the root), others
// by their import path.
type graph map[string][]string

// floor is a row of packages that stand on everything below and know nothing of
// what is above or beside them.
type floor struct {
	packages []string // directories; "x/..." is x and everything below it
	siblings bool     // its packages may import each other
	linked   bool     // a vendor's backend links them: few dependencies, no test code
	modules  []string // third-party modules that they may import; nil for nested modules: any
	nested   bool     // they are modules of their own, with their own go.mod
}

// house returns the floors from the roof to the cellar.
func house() []floor {
	const xsync = "golang.org/x/sync"
	return []floor{
		{packages: []string{"internal/gen/...", "internal/archtest", "internal/apitest/...", "internal/contract/..."}, siblings: true, modules: []string{"go.yaml.in/yaml/v3", "github.com/stretchr/testify", "github.com/jarcoal/httpmock"}},
		{packages: []string{"examples/...", "cmd/...", "bench"}, siblings: true, nested: true},
		{packages: []string{"wecomtest"}, modules: []string{"go.yaml.in/yaml/v3", xsync}},
		{packages: []string{"store/redisstore", "store/sqlstore", "callback/watermillqueue", "otelwecom"}, nested: true},
		{packages: []string{"register", "sso"}, linked: true, modules: []string{xsync}},
		{packages: []string{"provider/license", "provider/paytool", "corp/..."}, linked: true, modules: []string{xsync}},
		{packages: []string{"suite", "provider"}, linked: true, modules: []string{xsync}},
		{packages: []string{"callback"}, linked: true, modules: []string{xsync}},
		{packages: []string{".", "crypto"}, linked: true, modules: []string{xsync}},
		{packages: []string{"internal/..."}, siblings: true, linked: true, modules: []string{resty, xsync}},
		{packages: []string{"testdata"}},
	}
}

// judged are the packages whose interfaces the contract suites of wecomtest are
// about. The rest of wecomtest, the simulator, imports none of ours.
var judged = []string{".", "suite", "callback"}

const resty = "github.com/go-resty/resty/v2"

// locate returns the floor that pkg belongs to and its number, counted from the
// roof. The first pattern that fits wins.
func locate(pkg string) (f floor, number int, ok bool) {
	for number, f := range house() {
		fits := func(pattern string) bool { return within(owner(pkg), pattern) }
		if slices.ContainsFunc(f.packages, fits) {
			return f, number, true
		}
	}
	return floor{}, 0, false
}

// owner returns the package that a private package such as
// "callback/internal/queue" is a part of, and any other package itself.
func owner(pkg string) string {
	parent, _, _ := strings.Cut(pkg, "/internal/")
	return parent
}

// within reports whether path is what pattern names.
func within(path, pattern string) bool {
	if dir, subtree := strings.CutSuffix(pattern, "/..."); subtree {
		return path == dir || strings.HasPrefix(path, dir+"/")
	}
	return path == pattern
}

// violations returns one line for each import that the house forbids, sorted.
func violations(g graph) []string {
	var found []string
	for _, pkg := range slices.Sorted(maps.Keys(g)) {
		if _, _, ok := locate(pkg); !ok {
			found = append(found, pkg+" has no place in the house: add it to internal/archtest")
			continue
		}
		for _, imported := range g[pkg] {
			if reason := forbidden(g, pkg, imported); reason != "" {
				found = append(found, fmt.Sprintf("%s imports %s: %s", pkg, imported, reason))
			}
		}
	}
	return found
}

// forbidden says why pkg, which has a place, may not import what it imports, ""
// if it may.
func forbidden(g graph, pkg, imported string) string {
	if _, own := g[imported]; own {
		return forbiddenOwn(pkg, imported)
	}
	if host, _, _ := strings.Cut(imported, "/"); strings.Contains(host, ".") {
		return forbiddenModule(pkg, imported)
	}
	return forbiddenStd(pkg, imported)
}

// forbiddenOwn judges an import of another package of the repository.
func forbiddenOwn(pkg, imported string) string {
	from, above, _ := locate(pkg)
	_, below, ok := locate(imported)
	switch {
	case !ok:
		return "it has no place in the house"
	case owner(pkg) == owner(imported):
		return ""
	case owner(pkg) == "crypto":
		return "crypto uses the standard library only"
	case owner(pkg) == "wecomtest" && !slices.Contains(judged, imported) && imported != "testdata":
		return "the simulator must not repeat a client's mistakes"
	case imported == "testdata" && from.linked:
		return "the tables are not for packages that a vendor links"
	case within(pkg, "examples/...") && within(imported, "internal/..."):
		return "examples use the public API only"
	case above > below:
		return "it stands above"
	case above == below && !from.siblings:
		return "it stands beside"
	}
	return ""
}

// forbiddenModule judges an import of a third-party module.
func forbiddenModule(pkg, imported string) string {
	from, _, _ := locate(pkg)
	switch {
	case within(imported, resty+"/..."):
		if pkg != "internal/rest" {
			return "only internal/rest imports resty"
		}
		return ""
	case owner(pkg) == "crypto":
		return "crypto uses the standard library only"
	case from.nested:
		return "" // its own go.mod pays for it
	}
	for _, m := range from.modules {
		if within(imported, m+"/...") {
			return ""
		}
	}
	return "not among the modules that this floor may use"
}

// forbiddenStd judges an import of the standard library.
func forbiddenStd(pkg, imported string) string {
	if strings.HasPrefix(imported, "encoding/json/") {
		return "it needs an experiment flag"
	}
	if from, _, _ := locate(pkg); !from.linked {
		return ""
	}
	switch imported {
	case "testing", "net/http/httptest", "testing/synctest":
		return "test code in a package that a vendor links"
	case "flag", "expvar", "net/http/pprof":
		return "it registers itself in global state"
	case "log":
		return "a library logs through the slog.Logger that it was given"
	case "C", "plugin":
		return "vendors build without cgo"
	}
	return ""
}
