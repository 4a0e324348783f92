package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/joho/godotenv"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/wecomtest"
)

// patience is how long a process may take to do what it was started for.
const patience = 60 * time.Second

// isv is the example backend, from this directory.
const isv = "../../examples/isv"

// binary builds a program once for all tests.
type binary struct {
	dir  string
	once sync.Once
	file string
	err  error
}

var (
	command = &binary{dir: "."}
	backend = &binary{dir: isv}
)

// path is where the program is.
func (b *binary) path(t *testing.T) string {
	t.Helper()
	b.once.Do(func() {
		dir, err := os.MkdirTemp("", "wecom-e2e-") //nolint:usetesting // Shared by tests; TestMain removes it.
		if err != nil {
			b.err = err
			return
		}
		b.file = filepath.Join(dir, "program")
		build := exec.Command("go", "build", "-o", b.file, ".") //nolint:noctx // Shared by tests.
		build.Dir = b.dir
		if out, err := build.CombinedOutput(); err != nil {
			b.err = errors.New(string(out))
		}
	})
	require.NoError(t, b.err)
	return b.file
}

func TestMain(m *testing.M) {
	code := m.Run()
	for _, b := range []*binary{command, backend} {
		if b.file != "" {
			_ = os.RemoveAll(filepath.Dir(b.file))
		}
	}
	os.Exit(code)
}

// environment has nothing of the settings that the machine may have.
func environment(settings map[string]string) []string {
	env := slices.DeleteFunc(os.Environ(), func(s string) bool {
		return strings.HasPrefix(s, "WECOM_") || strings.HasPrefix(s, "LC_") || strings.HasPrefix(s, "LANG")
	})
	for name, value := range settings {
		env = append(env, name+"="+value)
	}
	return env
}

// run runs the command to its end.
func run(t *testing.T, settings map[string]string, args ...string) (code int, out, errs string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), command.path(t), args...)
	var stdout, stderr bytes.Buffer
	cmd.Env, cmd.Stdout, cmd.Stderr = environment(settings), &stdout, &stderr
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode(), stdout.String(), stderr.String()
	}
	require.NoError(t, err)
	return 0, stdout.String(), stderr.String()
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		args []string
		want int
	}{
		{[]string{"code", "60020"}, 0},
		{[]string{"code", "99999"}, 1},
		{[]string{"nothing"}, 2},
		{[]string{"parse"}, 2},
		{[]string{"trigger", "suite_ticket", "--via", "http://127.0.0.1:1"}, 3},
	} {
		code, _, errs := run(t, nil, tt.args...)
		assert.Equal(t, tt.want, code, "%v: %s", tt.args, errs)
	}
}

// process is a program that runs until the end of the test.
type process struct {
	cmd *exec.Cmd
	log *bytes.Buffer // of the standard error, for failures
	out io.Reader
}

func start(t *testing.T, file string, settings map[string]string, args ...string) *process {
	t.Helper()
	p := &process{cmd: exec.CommandContext(context.WithoutCancel(t.Context()), file, args...), log: new(bytes.Buffer)}
	p.cmd.Env, p.cmd.Dir, p.cmd.Stderr = environment(settings), t.TempDir(), p.log
	if file == backend.file {
		p.cmd.Stdout = p.log // nobody reads it
	} else {
		pipe, err := p.cmd.StdoutPipe()
		require.NoError(t, err)
		p.out = pipe
	}
	require.NoError(t, p.cmd.Start())
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
		if t.Failed() {
			t.Logf("%s: %s", filepath.Base(file), p.log)
		}
	})
	return p
}

// simulator starts wecom simulate for a backend at public and returns its address
// and what it wrote for the backend.
func simulator(t *testing.T, public string) (p *process, address string, settings map[string]string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "env")
	p = start(t, command.path(t), nil, "simulate", "--json", "--addr", "127.0.0.1:0", "--public-url", public, "--write-env", file)
	var doc struct {
		URL string `json:"url"`
	}
	require.NoError(t, json.NewDecoder(p.out).Decode(&doc))
	require.NotEmpty(t, doc.URL)
	settings, err := godotenv.Read(file)
	require.NoError(t, err)
	info, err := os.Stat(file)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	return p, doc.URL, settings
}

// freeAddress is a loopback address that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	return listener.Addr().String()
}

// request sends JSON to an address and returns the answer.
func request(t *testing.T, method, address, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return 0, ""
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(text)
}

func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	require.Eventually(t, condition, patience, 50*time.Millisecond, what)
}

// counted is what trigger --all --json prints.
type counted struct {
	Sent     int `json:"sent"`
	Answered int `json:"answered"`
	Failed   int `json:"failed"`
	Skipped  int `json:"skipped"`
	Results  []struct {
		ID         string `json:"id"`
		Delivered  bool   `json:"delivered"`
		DeadlineMS int64  `json:"deadline_ms"`
		Tries      []struct {
			Status int     `json:"status"`
			Body   any     `json:"body"`
			Millis float64 `json:"ms"`
			Error  string  `json:"error"`
		} `json:"tries"`
	} `json:"results"`
}

// The simulator, the example backend and the command that sends events, each a
// process of its own: every event of the tables is answered right within its
// deadline, sent by the simulator and sent by the command itself.
func TestEveryEventIsAnsweredByTheExample(t *testing.T) {
	t.Parallel()
	listen := freeAddress(t)
	public := "http://" + listen
	_, platform, settings := simulator(t, public)
	assert.Equal(t, platform, settings["WECOM_BASE_URL"])
	assert.Equal(t, listen, settings["WECOM_LISTEN"])

	start(t, backend.path(t), settings)
	eventually(t, "the backend answers", func() bool {
		status, _ := request(t, http.MethodGet, public+"/", "")
		return status == http.StatusOK
	})
	for _, path := range []string{"command", "data/$CORPID$", "system"} {
		code, out, errs := run(t, settings, "verify-url", public+"/callback/"+path)
		assert.Equal(t, 0, code, "%s\n%s%s", path, out, errs)
	}

	// The corp installs the app: now it has a data URL, and codes that work.
	code, out, errs := run(t, nil, "trigger", "suite_ticket", "--via", platform) // to the only app that is none for logging in
	require.Equal(t, 0, code, out+errs)
	corp := settings["WECOM_AUTH_CORP_ID"]
	status, answer := request(t, http.MethodPost, platform+"/wecomtest/v1/corps/"+corp+"/install", `{"suite_id":"`+settings["WECOM_SUITE_ID"]+`"}`)
	require.Equal(t, http.StatusOK, status, answer)
	eventually(t, "the backend has bought the permanent code", func() bool {
		_, calls := request(t, http.MethodGet, platform+"/wecomtest/v1/calls", "")
		return strings.Contains(calls, "get_permanent_code")
	})

	for name, args := range map[string][]string{
		"the simulator": {"--via", platform},
		"the command":   {"--to", "command=" + public + "/callback/command", "--to", "data=" + public + "/callback/data/$CORPID$", "--to", "system=" + public + "/callback/system"},
	} {
		code, out, errs := run(t, settings, append([]string{"trigger", "--all", "--json"}, args...)...)
		var got counted
		require.NoError(t, json.Unmarshal([]byte(out), &got), errs)
		slowest := map[string]float64{}
		for _, r := range got.Results {
			require.NotEmpty(t, r.Tries, r.ID)
			last := r.Tries[len(r.Tries)-1]
			assert.True(t, r.Delivered, "%s: %v", r.ID, last)
			assert.Less(t, last.Millis, float64(r.DeadlineMS), r.ID)
			slowest[r.ID] = last.Millis
		}
		assert.Equal(t, 0, code, errs)
		assert.Equal(t, len(wecomtest.Events()), got.Sent)
		assert.Equal(t, got.Sent, got.Answered)
		assert.Zero(t, got.Failed)
		assert.Zero(t, got.Skipped)
		t.Logf("sent by %s: %d events, %d answered right within their deadline; slowest %.1f ms", name, got.Sent, got.Answered, slices.Max(slices.Collect(maps.Values(slowest))))
	}

	code, out, errs = run(t, settings, "doctor", "--store", filepath.Join(t.TempDir(), "tokens.json"))
	assert.Equal(t, 0, code, out+errs)
}

// A signal ends the simulator, with success: it did what it was started for.
func TestSimulatorEndsOnASignal(t *testing.T) {
	t.Parallel()
	p, platform, _ := simulator(t, "http://127.0.0.1:1")
	status, page := request(t, http.MethodGet, platform+"/console/", "")
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, page, "Simulated WeCom")
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	rest, err := io.ReadAll(p.out)
	require.NoError(t, err)
	assert.Empty(t, string(rest))
	require.NoError(t, p.cmd.Wait())
	status, _ = request(t, http.MethodGet, platform+"/console/", "")
	assert.Zero(t, status)
}
