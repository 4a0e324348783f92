package archtest

import (
	"maps"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
)

// designed returns a repository as it should be.
func designed() graph {
	return graph{
		"testdata":                {"embed"},
		"internal/rest":           {"net/http", resty},
		"internal/paging":         {"iter"},
		"internal/gen/codes":      {"flag", "log", "go.yaml.in/yaml/v3", "testdata"},
		"internal/apitest":        {"testing", "github.com/stretchr/testify/require", "go.yaml.in/yaml/v3", ".", "testdata", "wecomtest"},
		"internal/archtest":       nil,
		"crypto":                  {"crypto/aes", "crypto/sha1"},
		".":                       {"net/http", "internal/rest", "golang.org/x/sync/singleflight"},
		"callback":                {".", "crypto", "callback/internal/queue"},
		"callback/internal/queue": {"crypto"},
		"suite":                   {".", "callback"},
		"provider":                {".", "callback"},
		"provider/license":        {".", "provider"},
		"corp/contact":            {".", "internal/paging", "suite"},
		"corp/message":            {"."},
		"register":                {".", "provider", "corp/contact"},
		"sso":                     {".", "suite", "provider"},
		"store/redisstore":        {".", "suite", "callback", "github.com/redis/go-redis/v9"},
		"store/sqlstore":          {".", "suite", "callback"},
		"callback/watermillqueue": {"callback", "github.com/ThreeDotsLabs/watermill/message"},
		"wecomtest":               {"testing", "net/http/httptest", "testdata", "go.yaml.in/yaml/v3", ".", "suite", "callback"},
		"cmd/wecom":               {"flag", "testdata", "wecomtest", "suite"},
		"examples/internal/web":   {"net/http"},
		"examples/quickstart":     {"fmt", ".", "suite", "wecomtest", "examples/internal/web"},
	}
}

func TestRulesAcceptTheDesign(t *testing.T) {
	t.Parallel()
	assert.Empty(t, violations(designed()))
}

func TestRulesFindWrongImports(t *testing.T) {
	t.Parallel()
	tests := []struct{ pkg, imports, want string }{
		{".", "suite", ". imports suite: it stands above"},
		{".", "crypto", ". imports crypto: it stands beside"},
		{".", resty, ". imports " + resty + ": only internal/rest imports resty"},
		{".", "testdata", ". imports testdata: the tables are not for packages that a vendor links"},
		{".", "go.yaml.in/yaml/v3", ". imports go.yaml.in/yaml/v3: not among the modules that this floor may use"},
		{".", "testing", ". imports testing: test code in a package that a vendor links"},
		{".", "net/http/pprof", ". imports net/http/pprof: it registers itself in global state"},
		{".", "log", ". imports log: a library logs through the slog.Logger that it was given"},
		{".", "encoding/json/v2", ". imports encoding/json/v2: it needs an experiment flag"},
		{"crypto", ".", "crypto imports .: crypto uses the standard library only"},
		{"crypto", "internal/paging", "crypto imports internal/paging: crypto uses the standard library only"},
		{"crypto", "golang.org/x/sync/errgroup", "crypto imports golang.org/x/sync/errgroup: crypto uses the standard library only"},
		{"callback/internal/queue", "suite", "callback/internal/queue imports suite: it stands above"},
		{"callback", "suite", "callback imports suite: it stands above"},
		{"callback", "wecomtest", "callback imports wecomtest: it stands above"},
		{"suite", "provider", "suite imports provider: it stands beside"},
		{"suite", "internal/apitest", "suite imports internal/apitest: it stands above"},
		{"suite", "github.com/stretchr/testify/assert", "suite imports github.com/stretchr/testify/assert: not among the modules that this floor may use"},
		{"suite", "github.com/jarcoal/httpmock", "suite imports github.com/jarcoal/httpmock: not among the modules that this floor may use"},
		{"corp/contact", "corp/message", "corp/contact imports corp/message: it stands beside"},
		{"register", "sso", "register imports sso: it stands beside"},
		{"internal/rest", ".", "internal/rest imports .: it stands above"},
		{"internal/paging", resty, "internal/paging imports " + resty + ": only internal/rest imports resty"},
		{"internal/rest", "testdata", "internal/rest imports testdata: the tables are not for packages that a vendor links"},
		{"store/redisstore", resty, "store/redisstore imports " + resty + ": only internal/rest imports resty"},
		{"store/redisstore", "store/sqlstore", "store/redisstore imports store/sqlstore: it stands beside"},
		{"wecomtest", "provider", "wecomtest imports provider: the simulator must not repeat a client's mistakes"},
		{"wecomtest", "crypto", "wecomtest imports crypto: the simulator must not repeat a client's mistakes"},
		{"wecomtest", "github.com/stretchr/testify/require", "wecomtest imports github.com/stretchr/testify/require: not among the modules that this floor may use"},
		{"examples/quickstart", "internal/rest", "examples/quickstart imports internal/rest: examples use the public API only"},
		{"helper", "fmt", "helper has no place in the house: add it to internal/archtest"},
	}
	for _, tt := range tests {
		g := maps.Clone(designed())
		g[tt.pkg] = append([]string{tt.imports}, g[tt.pkg]...)
		assert.Equal(t, []string{tt.want}, violations(g))
	}
}

func TestReadImports(t *testing.T) {
	t.Parallel()
	source := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	g := readImports(t, fstest.MapFS{
		"client.go":                source(`package wecom; import ("net/http"; "github.com/wecom-isv/wecom/internal/rest")`),
		"client_windows.go":        source(`package wecom; import "unsafe"; import "net/http"`),
		"client_test.go":           source(`package wecom; import "testing"`),
		"suite/suite.go":           source(`package suite; import wc "github.com/wecom-isv/wecom"`),
		"suite/testdata/x/x.go":    source(`package x; import "os"`),
		"testdata/testdata.go":     source(`package testdata; import _ "embed"`),
		"testdata/api/suite.yaml":  source(`rows: []`),
		".bin/tool.go":             source(`package main`),
		"examples/quick/main.go":   source(`package main; import "github.com/wecom-isv/wecomother"`),
		"examples/_draft/draft.go": source(`package main; import "os"`),
	})
	assert.Equal(t, graph{
		".":              {"internal/rest", "net/http", "unsafe"},
		"suite":          {"."},
		"testdata":       {"embed"},
		"examples/quick": {"github.com/wecom-isv/wecomother"},
	}, g)
}
