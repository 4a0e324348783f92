package cli_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/joho/godotenv"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/cmd/wecom/internal/cli"
)

// simulate starts the platform and ends it at once, as a signal does.
func simulate(t *testing.T, r *run, args ...string) *run {
	t.Helper()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	r.ctx = ended
	return r.do(t, append([]string{"simulate", "--addr", "127.0.0.1:0"}, args...)...)
}

var port = regexp.MustCompile(`127\.0\.0\.1:\d+`)

func TestSimulateGolden(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"en", "zh"} {
		r := simulate(t, new(run), "--seed", "1", "--lang", lang, "--public-url", "https://app.example.com")
		assert.Equal(t, cli.ExitOK, r.code, r.errs)
		golden(t, "simulate."+lang, port.ReplaceAllString(r.out, "127.0.0.1:PORT"))
	}
}

func TestSimulateWritesTheEnvironment(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "env")
	r := simulate(t, new(run), "--public-url", "http://localhost:8080", "--write-env", file, "--json", "--corp", "Acme")
	require.Equal(t, cli.ExitOK, r.code, r.errs)
	var doc struct {
		URL         string `json:"url"`
		Console     string `json:"console"`
		EnvFile     string `json:"env_file"`
		Environment []struct {
			Name  string `json:"name"`
			Value string `json:"value"`
		} `json:"environment"`
	}
	require.NoError(t, json.Unmarshal([]byte(r.out), &doc))
	env, err := godotenv.Read(file)
	require.NoError(t, err)
	assert.Equal(t, doc.URL, env["WECOM_BASE_URL"])
	assert.Equal(t, doc.URL+"/console/", doc.Console)
	assert.Equal(t, "localhost:8080", env["WECOM_LISTEN"])
	assert.Len(t, env["WECOM_ENCODING_AES_KEY"], 43)
	for _, v := range doc.Environment {
		if strings.Contains(v.Name, "SECRET") || v.Name == "WECOM_TOKEN" || v.Name == "WECOM_ENCODING_AES_KEY" {
			assert.Equal(t, "[secret]", v.Value, v.Name)
			continue
		}
		assert.Equal(t, env[v.Name], v.Value)
	}
	info, err := os.Stat(file)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

func TestSimulateReadsADescription(t *testing.T) {
	t.Parallel()
	const description = "apps: [{id: wwsuite0000000001, name: A, token: CANARYtoken}]\ncorps: [{name: Acme}]\n"
	r := simulate(t, &run{in: description}, "--config", "-", "--command-url", "http://127.0.0.1:1/c", "--data-url", "http://127.0.0.1:1/d", "--system-url", "http://127.0.0.1:1/s", "--ticket-every", "0", "--no-console")
	assert.Equal(t, cli.ExitOK, r.code, r.errs)
	assert.NotContains(t, r.out+r.errs, "CANARY")
	r = simulate(t, &run{in: strings.ReplaceAll(description, ", token: CANARYtoken", "")}, "--config", "-", "--command-url", "http://127.0.0.1:1/c", "--ticket-every", "0", "--no-console")
	require.Equal(t, cli.ExitOK, r.code, r.errs)
	assert.Contains(t, r.out, "WECOM_SUITE_ID=wwsuite0000000001")
	assert.NotContains(t, r.out, "/console/")
	r = simulate(t, &run{in: "aps: []"}, "--config", "-")
	assert.Equal(t, cli.ExitUsage, r.code)
	assert.Contains(t, r.errs, "aps not found")
}

func TestSimulateWarnsOfOtherMachines(t *testing.T) {
	t.Parallel()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	r := (&run{ctx: ended}).do(t, "simulate", "--addr", "0.0.0.0:0")
	assert.Equal(t, cli.ExitOK, r.code)
	assert.Contains(t, r.errs, "there is no password")
	r = simulate(t, new(run))
	assert.NotContains(t, r.errs, "there is no password")
}
