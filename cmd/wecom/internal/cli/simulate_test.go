package cli_test

import (
	"context"
	"encoding/json"
	"net"
	"os"
	"os/exec"
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
	config := func(text string) string {
		file := filepath.Join(t.TempDir(), "world.yaml")
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		return file
	}
	r := simulate(t, new(run), "--config", config(description), "--command-url", "http://127.0.0.1:1/c", "--data-url", "http://127.0.0.1:1/d", "--system-url", "http://127.0.0.1:1/s", "--ticket-every", "0", "--no-console")
	assert.Equal(t, cli.ExitOK, r.code, r.errs)
	assert.NotContains(t, r.out+r.errs, "CANARY")
	r = simulate(t, new(run), "--config", config(strings.ReplaceAll(description, ", token: CANARYtoken", "")), "--command-url", "http://127.0.0.1:1/c", "--ticket-every", "0", "--no-console")
	require.Equal(t, cli.ExitOK, r.code, r.errs)
	assert.Contains(t, r.out, "WECOM_SUITE_ID=wwsuite0000000001")
	assert.NotContains(t, r.out, "/console/")
	r = (&run{in: "aps: []"}).do(t, "simulate", "--addr", "127.0.0.1:0", "--config", "-")
	assert.Equal(t, cli.ExitUsage, r.code)
	assert.Contains(t, r.errs, "--config: ")
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

// What is written is read by a shell: a value in it must stay one.
func TestSimulateWritesWhatAShellReads(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, touched := filepath.Join(dir, "env"), filepath.Join(dir, "touched")
	public := "http://vendor.test/$HOME/$(touch " + touched + ");&`id`"
	r := simulate(t, new(run), "--public-url", public, "--write-env", file)
	require.Equal(t, cli.ExitOK, r.code, r.errs)
	env, err := godotenv.Read(file)
	require.NoError(t, err)
	assert.Equal(t, public, env["WECOM_PUBLIC_URL"])
	shell := exec.CommandContext(t.Context(), "sh", "-c", `. "$1"; printf %s "$WECOM_PUBLIC_URL"`, "sh", file)
	out, err := shell.Output()
	require.NoError(t, err)
	assert.Equal(t, public, string(out))
	assert.NoFileExists(t, touched)

	for _, value := range []string{"http://vendor.test/it's", "http://vendor.test/\u0085x"} {
		r = simulate(t, new(run), "--public-url", value, "--write-env", file)
		assert.Equal(t, cli.ExitUsage, r.code, value)
		assert.Contains(t, r.errs, "the value of WECOM_PUBLIC_URL has a quote or a line break")
	}
}

func TestSimulateRefusesAddresses(t *testing.T) {
	t.Parallel()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	taken := listener.Addr().String()
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"--addr", taken}, taken + " is in use, perhaps by another simulator: choose another --addr"},
		{[]string{"--addr", "nonsense"}, `WithAddr: "nonsense" is no host:port`},
		{[]string{"--public-url", "ftp://vendor.test"}, "--public-url is no http or https address"},
		{[]string{"--public-url", "http://user:CANARY@vendor.test"}, "--public-url is no http or https address"},
	} {
		r := simulate(t, new(run), tt.args...)
		assert.Equal(t, cli.ExitUsage, r.code, tt.want)
		assert.Contains(t, r.errs, tt.want)
		assert.NotContains(t, r.out+r.errs, "CANARY")
	}
}
