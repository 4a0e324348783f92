package cli_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/cmd/wecom/internal/cli"
)

// hostile is text that would write into the title of a terminal, colour it, and
// turn its direction.
const hostile = "\x1b]0;title\a\x1b[31m\u009b31m\u202etxt"

// steering reports whether a terminal would take a part of s for a command.
func steering(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool {
		return r != '\n' && unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
	})
}

func answering(t *testing.T, status int, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	require.NoError(t, err)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write(text)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestAnswersDoNotSteerTheTerminal(t *testing.T) {
	t.Parallel()
	refusal := answering(t, http.StatusOK, map[string]any{"errcode": 60020, "errmsg": hostile + ", hint: [" + hostile + "], from ip: " + hostile})
	success := answering(t, http.StatusOK, map[string]any{"errcode": 0, "errmsg": hostile, "name": hostile})
	control := answering(t, http.StatusBadRequest, map[string]any{"error": hostile})
	failed := answering(t, http.StatusBadGateway, map[string]any{"error": "x", "delivery": map[string]any{
		"url": "http://" + hostile, "tries": []any{map[string]any{"status": 200, "body": hostile, "error": hostile}},
	}})
	event := "<xml><InfoType>" + "suite_ticket" + "</InfoType><SuiteId>ww\u009b31m\u202e</SuiteId></xml>"
	for _, tt := range []struct {
		base string
		args []string
		code int
	}{
		{refusal, []string{"call", "contact.user.get", "--query", "userid=x"}, cli.ExitFailed},
		{refusal, []string{"doctor"}, cli.ExitFailed},
		{success, []string{"call", "contact.user.get", "--query", "userid=x"}, cli.ExitOK},
		{control, []string{"trigger", "suite_ticket", "--via", control}, cli.ExitUnable},
		{failed, []string{"trigger", "suite_ticket", "--via", failed}, cli.ExitFailed},
		{"", []string{"trigger", "create_auth", "--to", refusal}, cli.ExitFailed},
		{"", []string{"verify-url", refusal}, cli.ExitFailed},
		{"", []string{"parse"}, cli.ExitOK},
	} {
		for _, form := range []string{"--json", "--json=false"} {
			env := eventEnv()
			env["WECOM_BASE_URL"], env["WECOM_ACCESS_TOKEN"] = tt.base, "token"
			env["WECOM_PROVIDER_SECRET"], env["WECOM_CORP_ID"] = strings.Repeat("x", 43), provider
			r := (&run{env: env, in: event}).do(t, append(tt.args, form)...)
			assert.Equal(t, tt.code, r.code, "%v: %s", tt.args, r.errs)
			assert.False(t, steering(r.out+r.errs), "%v: %q %q", tt.args, r.out, r.errs)
		}
	}
	r := (&run{env: map[string]string{"WECOM_BASE_URL": success, "WECOM_ACCESS_TOKEN": "token"}}).do(t, "call", "contact.user.get", "--query", "userid=x")
	var reply struct {
		Name string `json:"name"`
	}
	require.NoError(t, json.Unmarshal([]byte(r.out), &reply))
	assert.Equal(t, hostile, reply.Name, "a program reads what was sent")
}

// An address may hold a password, and its query a token.
func TestAddressesAreMasked(t *testing.T) {
	t.Parallel()
	const address = "http://user:CANARY@127.0.0.1:1/x?token=CANARY"
	for _, args := range [][]string{
		{"trigger", "create_auth", "--to", address},
		{"trigger", "create_auth", "--to", "http://user:CANARY@127.0.0.1:1:2/x"},
		{"trigger", "create_auth", "--to", "file:///CANARY"},
		{"trigger", "create_auth", "--to", "commnd=" + address},
		{"trigger", "create_auth", "--via", address},
		{"verify-url", address},
		{"doctor", "--callback", address},
		{"doctor", "--base-url", address},
		{"call", "suite.get_pre_auth_code", "--base-url", address},
	} {
		for _, form := range []string{"--json", "--json=false"} {
			r := (&run{env: eventEnv()}).do(t, append(args, form)...)
			assert.NotEqual(t, cli.ExitOK, r.code, args)
			assert.NotContains(t, r.out+r.errs, "CANARY", "%v %s", args, form)
		}
	}
}

// What is sent to the simulator may hold a ticket: it goes nowhere else.
func TestViaFollowsNoRedirect(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the request went on") }))
	t.Cleanup(elsewhere.Close)
	server := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	t.Cleanup(server.Close)
	r := (&run{env: eventEnv()}).do(t, "trigger", "suite_ticket", "--via", server.URL)
	assert.Equal(t, cli.ExitUnable, r.code)
}

// A person who ends a command that waits for input has ended it.
func TestInterruptWhileWaitingForInput(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"parse"},
		{"decrypt"},
		{"sign", "--timestamp", "1", "--nonce", "2"},
		{"encrypt", "--receiver", suiteID},
		{"call", "suite.get_pre_auth_code", "--body", "-"},
		{"simulate", "--addr", "127.0.0.1:0", "--config", "-"},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			silent, end := io.Pipe()
			defer func() { _ = end.Close() }()
			code := make(chan int, 1)
			go func() {
				code <- cli.Main(ctx, args, cli.System{
					In: silent, Out: io.Discard, Err: io.Discard,
					Getenv:    func(name string) string { return callbackEnv()[name] },
					ConfigDir: func() (string, error) { return t.TempDir(), nil },
				})
			}()
			synctest.Wait()
			require.Empty(t, code, "%v waits", args)
			cancel()
			assert.Equal(t, cli.ExitInterrupted, <-code, args)
		})
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

// A command whose output is lost has not done its work.
func TestOutputThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"code", "60020"}, {"code", "60020", "--json"}, {"--help"}, {"endpoint", "--list"}, {"completion", "bash"}} {
		var errs strings.Builder
		code := cli.Main(t.Context(), args, cli.System{In: strings.NewReader(""), Out: full{}, Err: &errs, Getenv: func(string) string { return "" }})
		assert.Equal(t, cli.ExitUnable, code, args)
		assert.Contains(t, errs.String(), "the output cannot be written: no space left", args)
	}
}

// A permanent code cannot be fetched twice: it is kept even if the reply can be
// written nowhere.
func TestPermanentCodeIsKeptBeforeAllElse(t *testing.T) {
	t.Parallel()
	p, app, env := simulated(t)
	corp := p.NewCorp("Acme")
	made, err := corp.Install(t.Context(), app)
	require.NoError(t, err)
	dir := t.TempDir()
	body := filepath.Join(dir, "body")
	require.NoError(t, os.WriteFile(body, []byte(`{"auth_code":"`+made.AuthCode+`"}`), 0o600))
	r := (&run{env: env, dir: dir}).do(t, "call", "suite.get_permanent_code_v2", "--body", "@"+body, "--out", filepath.Join(dir, "missing", "reply"))
	assert.Equal(t, cli.ExitUnable, r.code)
	assert.Contains(t, r.errs, "the reply cannot be written")
	r = (&run{env: env, dir: dir}).do(t, "call", "suite.get_auth_info", "--corp", corp.ID)
	assert.Equal(t, cli.ExitOK, r.code, r.errs)
}

func TestCallSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	_, _, env := simulated(t)
	call := func(args ...string) *run { return (&run{env: env}).do(t, append([]string{"call"}, args...)...) }
	r := call("contact.user.get", "--corp", "wpnobody", "--query", "userid=x")
	assert.Equal(t, cli.ExitUsage, r.code)
	assert.Contains(t, r.errs, "no permanent code is kept for wpnobody: set $WECOM_PERMANENT_CODE")
	r = call("suite.get_pre_auth_code", "--body", "{} {}")
	assert.Equal(t, cli.ExitUsage, r.code)
	assert.Contains(t, r.errs, "--body is no JSON object")
	r = call("suite.get_pre_auth_code", "--store", t.TempDir())
	assert.Equal(t, cli.ExitUsage, r.code)
	assert.Contains(t, r.errs, "is a directory, a link or a device: name a file")
	env["WECOM_TOKEN_FILE"] = filepath.Join(t.TempDir(), "missing")
	delete(env, "WECOM_TOKEN")
	r = (&run{env: env}).do(t, "decrypt")
	assert.Equal(t, cli.ExitUsage, r.code)
	assert.Contains(t, r.errs, "$WECOM_TOKEN_FILE: the file cannot be read")
	r = wecom(t, "--env-file", filepath.Join(t.TempDir(), "missing"), "code", "0")
	assert.Equal(t, cli.ExitUsage, r.code)
	assert.Contains(t, r.errs, "no such file")
}
