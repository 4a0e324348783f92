package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/cmd/wecom/internal/cli"
	"github.com/wecom-isv/wecom/wecomtest"
)

var update = flag.Bool("update", false, "write the golden files again")

const (
	token    = "QDG6eK"
	key      = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
	provider = "wwprovider00000001"
	suiteID  = "wwsuite0000000001"
)

// run is one call of the program and what it did.
type run struct {
	env       map[string]string
	in        string
	ask       func(string) (string, error)
	dir       string // of the user's settings
	terminal  bool
	ctx       context.Context //nolint:containedctx // Of the one call; nil: that of the test.
	code      int
	out, errs string
}

// do runs the program in this process.
func (r *run) do(t *testing.T, args ...string) *run {
	t.Helper()
	if r.dir == "" {
		r.dir = t.TempDir()
	}
	var out, errs bytes.Buffer
	if r.ctx == nil {
		r.ctx = t.Context()
	}
	r.code = cli.Main(r.ctx, args, cli.System{
		In: strings.NewReader(r.in), Out: &out, Err: &errs,
		Getenv:    func(name string) string { return r.env[name] },
		Terminal:  r.terminal,
		Ask:       r.ask,
		ConfigDir: func() (string, error) { return r.dir, nil },
	})
	r.out, r.errs = out.String(), errs.String()
	return r
}

// wecom runs the program without settings and input.
func wecom(t *testing.T, args ...string) *run {
	t.Helper()
	return new(run).do(t, args...)
}

func callbackEnv() map[string]string {
	return map[string]string{
		"WECOM_TOKEN": token, "WECOM_ENCODING_AES_KEY": key, "WECOM_CORP_ID": provider, "WECOM_SUITE_ID": suiteID,
	}
}

// golden compares text with a file.
func golden(t *testing.T, name, text string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o750))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err, "run go test ./internal/cli -update")
	assert.Equal(t, string(want), text, "if it is as it should be: go test ./internal/cli -update")
}

func TestHelpGolden(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"en", "zh"} {
		for _, name := range []string{
			"", "simulate", "trigger", "verify-url", "decrypt", "parse", "encrypt", "sign", "code", "endpoint", "call", "doctor", "completion",
		} {
			args := []string{"--lang", lang}
			file := "help"
			if name != "" {
				args = append(args, name, "--help")
				file += "-" + name
			}
			r := wecom(t, args...)
			assert.Equal(t, cli.ExitOK, r.code)
			assert.Empty(t, r.errs)
			golden(t, file+"."+lang, r.out)
		}
	}
}

func TestOutputGolden(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{
		"code":          {"code", "60020", "-1", "40014", "0", "-40001", "99999"},
		"code.zh":       {"code", "--lang=zh", "60020", "40085", "-40001", "-40005"},
		"code.json":     {"code", "--json", "40084"},
		"endpoint":      {"endpoint", "get_pre_auth_code"},
		"endpoint.zh":   {"--lang", "zh", "endpoint", "suite.set_session_info"},
		"endpoint.json": {"endpoint", "suite.get_pre_auth_code", "--json"},
		"endpoint-many": {"endpoint", "get"},
		"endpoint-list": {"endpoint", "--list", "ticket"},
		"trigger-list":  {"trigger", "--list", "--lang", "zh"},
	} {
		golden(t, name, wecom(t, args...).out)
	}
}

func TestLanguage(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		env  map[string]string
		args []string
		want string
	}{
		"none":             {nil, nil, "Usage:"},
		"LANG":             {map[string]string{"LANG": "zh_CN.UTF-8"}, nil, "用法："},
		"LC_ALL wins":      {map[string]string{"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, nil, "Usage:"},
		"flag wins":        {map[string]string{"LANG": "en_GB.UTF-8"}, []string{"--lang", "zh"}, "用法："},
		"another language": {map[string]string{"LANG": "fr_FR.UTF-8"}, nil, "Usage:"},
	} {
		r := (&run{env: tt.env}).do(t, tt.args...)
		assert.Contains(t, r.out, tt.want, name)
	}
	r := wecom(t, "--lang", "fr", "code", "1")
	assert.Equal(t, cli.ExitUsage, r.code)
	assert.Contains(t, r.errs, "--lang is zh or en")
}

func TestUsageErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"triger"}, `there is no command "triger"; did you mean trigger?`},
		{[]string{"--lang", "zh", "triger"}, `没有命令 "triger"；是不是 trigger？`},
		{[]string{"code"}, "name a code"},
		{[]string{"code", "abc"}, `"abc" is no return code`},
		{[]string{"code", "--nonsense"}, "bad flag: unknown flag: --nonsense"},
		{[]string{"endpoint"}, "name one endpoint"},
		{[]string{"endpoint", "get_permanant_code"}, "did you mean suite.get_permanent_code"},
		{[]string{"endpoint", "--list", "suit"}, "did you mean suite"},
		{[]string{"trigger"}, "name one event"},
		{[]string{"trigger", "create_auth", "--all"}, "name one event"},
		{[]string{"trigger", "creat_auth", "--to", "http://127.0.0.1:1"}, "did you mean suite:create_auth"},
		{[]string{"trigger", "create_auth"}, "--to is needed"},
		{[]string{"trigger", "create_auth", "--to", "http://127.0.0.1:1", "--via", "http://127.0.0.1:1"}, "exclude each other"},
		{[]string{"trigger", "create_auth", "--to", "http://127.0.0.1:1", "--set", "State"}, "--set wants Name=value"},
		{[]string{"trigger", "create_auth", "--to", "http://127.0.0.1:1", "--form", "yaml"}, "--form is xml or json"},
		{[]string{"trigger", "create_auth", "--to", "http://127.0.0.1:1", "--tries", "0"}, "--tries is 1 or more"},
		{[]string{"trigger", "create_auth", "--via", "nonsense"}, "not an absolute http address"},
		{[]string{"verify-url"}, "want 1 argument(s), not 0: URL"},
		{[]string{"sign", "x"}, "sign takes no arguments"},
		{[]string{"help", "nothing"}, `there is no command "nothing"`},
		{[]string{"completion", "tcsh"}, `no completion for "tcsh"`},
		{[]string{"--env-file", "testdata/nothing", "code", "1"}, "open testdata/nothing: no such file"},
		{[]string{"call", "get_permanent_code"}, "may mean suite.get_permanent_code_v2, suite.get_permanent_code: give the id"},
		{[]string{"call", "suite.get_pre_auth_code", "--body", "[]"}, "--body is no JSON object"},
		{[]string{"call", "suite.get_pre_auth_code", "--body", "@testdata/nothing"}, "--body: the file cannot be read"},
		{[]string{"call", "suite.get_pre_auth_code", "--query", "x"}, "--query wants name=value"},
		{[]string{"call", "suite.get_pre_auth_code", "--query", "x=1"}, `has no parameter "x" here`},
		{[]string{"call", "suite.set_session_info", "--body", `{"session_info":{}}`}, "needs pre_auth_code"},
		{[]string{"call", "suite.set_session_info", "--body", `{"pre_auth_code":"x","session_inf":{},"session_info":{}}`}, "did you mean session_info"},
		{[]string{"call", "media.upload", "--query", "type=image"}, "give it with --file"},
		{[]string{"call", "suite.get_pre_auth_code", "--file", "x"}, "uploads no file"},
		{[]string{"call", "suite.get_pre_auth_code"}, "set $WECOM_SUITE_ID or --suite"},
		{[]string{"simulate", "--config", "testdata/nothing"}, "--config: the file cannot be read"},
		{[]string{"simulate", "--addr", "nonsense"}, `"nonsense" is no host:port`},
		{[]string{"simulate", "--public-url", "nonsense"}, "--public-url is no http or https address"},
		{[]string{"doctor", "x"}, "doctor takes no arguments"},
	} {
		r := wecom(t, tt.args...)
		assert.Equal(t, cli.ExitUsage, r.code, "%v: %s", tt.args, r.errs)
		assert.Contains(t, r.errs, tt.want, "%v", tt.args)
		assert.Empty(t, r.out, "%v", tt.args)
	}
}

func TestErrorsAsJSON(t *testing.T) {
	t.Parallel()
	r := wecom(t, "--json", "endpoint", "nothing_like_that_at_all")
	assert.Equal(t, cli.ExitUsage, r.code)
	assert.JSONEq(t, `{"error":"no endpoint is called \"nothing_like_that_at_all\"","exit_code":2}`, r.out)
}

func TestExitCodeOfUnknownCode(t *testing.T) {
	t.Parallel()
	assert.Equal(t, cli.ExitOK, wecom(t, "code", "60020").code)
	assert.Equal(t, cli.ExitFailed, wecom(t, "code", "99999").code)
}

func TestNegativeCodesAreNoFlags(t *testing.T) {
	t.Parallel()
	type doc struct {
		Code int `json:"code"`
	}
	var docs []doc
	r := wecom(t, "code", "-1", "--json", "60020", "-40001")
	require.Equal(t, cli.ExitOK, r.code, r.errs)
	require.NoError(t, json.Unmarshal([]byte(r.out), &docs))
	assert.Equal(t, []doc{{-1}, {60020}, {-40001}}, docs)
}

func TestColoursOnlyOnATerminal(t *testing.T) {
	t.Parallel()
	const escape = "\x1b["
	assert.NotContains(t, wecom(t, "code", "60020").out, escape)
	assert.Contains(t, (&run{terminal: true}).do(t, "code", "60020").out, escape)
	assert.NotContains(t, (&run{terminal: true, env: map[string]string{"NO_COLOR": "1"}}).do(t, "code", "60020").out, escape)
	assert.NotContains(t, (&run{terminal: true, env: map[string]string{"TERM": "dumb"}}).do(t, "code", "60020").out, escape)
	assert.NotContains(t, (&run{terminal: true}).do(t, "--no-color", "code", "60020").out, escape)
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		assert.Contains(t, wecom(t, "completion", shell).out, "wecom", shell)
	}
	events := wecom(t, "__complete", "trigger", "").out
	assert.Contains(t, events, "suite:create_auth\t")
	assert.Equal(t, len(wecomtest.Events()), strings.Count(events, "\t"))
	assert.Contains(t, wecom(t, "__complete", "trigger", "create_auth", "--set", "").out, "State=\t")
	assert.Contains(t, wecom(t, "__complete", "call", "").out, "suite.get_auth_info\t")
	assert.Contains(t, wecom(t, "__complete", "help", "").out, "verify-url")
}

// Where a secret comes from: flag with @file or a prompt, environment, file of the
// environment; a flag that carries it is warned about.
func TestSecretsComeFromAnywhereButTheHistory(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(file, []byte(token+"\n"), 0o600))
	sign := []string{"sign", "--timestamp", "1409659813", "--nonce", "1372623149"}
	want := new(run)
	want.env, want.in = map[string]string{"WECOM_TOKEN": token}, "ENCRYPT"
	want.do(t, sign...)
	require.Equal(t, cli.ExitOK, want.code)
	require.Len(t, strings.TrimSpace(want.out), 40)

	for name, tt := range map[string]struct {
		env  map[string]string
		args []string
		ask  func(string) (string, error)
	}{
		"file of the environment": {env: map[string]string{"WECOM_TOKEN_FILE": file}},
		"flag with a file":        {args: []string{"--token", "@" + file}},
		"flag with a prompt":      {args: []string{"--token", "-"}, ask: func(string) (string, error) { return token, nil }},
		"prompt when missing":     {ask: func(string) (string, error) { return token, nil }},
	} {
		r := &run{env: tt.env, in: "ENCRYPT", ask: tt.ask}
		r.do(t, append(sign, tt.args...)...)
		assert.Equal(t, want.out, r.out, name)
		assert.Empty(t, r.errs, name)
	}

	r := &run{in: "ENCRYPT"}
	r.do(t, append(sign, "--token", token)...)
	assert.Equal(t, want.out, r.out)
	assert.Contains(t, r.errs, "stays in the shell's history; use $WECOM_TOKEN, --token @file or --token -")
	assert.NotContains(t, r.errs, token)

	r = (&run{in: "ENCRYPT"}).do(t, append(sign, "--token", "@"+file+".missing")...)
	assert.Equal(t, cli.ExitUsage, r.code)
	r = (&run{in: "ENCRYPT"}).do(t, append(sign, "--token", "-")...)
	assert.Equal(t, cli.ExitUsage, r.code)
	assert.Contains(t, r.errs, "there is no terminal to ask")
	r = (&run{in: "ENCRYPT", ask: func(string) (string, error) { return "", errors.New("closed") }}).do(t, append(sign, "--token", "-")...)
	assert.Equal(t, cli.ExitUnable, r.code)
}

func TestEnvFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "env")
	require.NoError(t, os.WriteFile(file, []byte("WECOM_TOKEN="+token+"\n# a comment\nWECOM_ENCODING_AES_KEY='"+key+"'\n"), 0o600))
	args := []string{"--env-file", file, "sign", "--timestamp", "1", "--nonce", "2"}
	below := (&run{in: "E"}).do(t, args...)
	require.Equal(t, cli.ExitOK, below.code, below.errs)
	above := (&run{in: "E", env: map[string]string{"WECOM_TOKEN": "other"}}).do(t, args...)
	assert.NotEqual(t, below.out, above.out, "the environment wins")

	require.NoError(t, os.WriteFile(file, []byte("'CANARY"), 0o600))
	r := (&run{}).do(t, args...)
	assert.Equal(t, cli.ExitUsage, r.code)
	assert.NotContains(t, r.errs, "CANARY")
}
