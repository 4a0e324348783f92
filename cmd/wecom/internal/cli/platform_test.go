package cli_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/callback"
	"github.com/wecom-isv/wecom/cmd/wecom/internal/cli"
	"github.com/wecom-isv/wecom/wecomtest"
)

// vendor is a backend that takes every event, and counts them.
func vendor(t *testing.T) (address string, count *atomic.Int64) {
	t.Helper()
	count = new(atomic.Int64)
	var mux callback.Mux
	mux.Fallback(func(context.Context, callback.Envelope) error { count.Add(1); return nil })
	receivers := []string{suiteID, provider, "wpcorp"}
	h, err := callback.NewHandler(callback.Config{Token: token, AESKey: key, Receivers: receivers, VerifyReceivers: []string{provider}}, &mux)
	require.NoError(t, err)
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL, count
}

func eventEnv() map[string]string {
	env := callbackEnv()
	env["WECOM_AUTH_CORP_ID"] = "wpcorp"
	return env
}

func TestTrigger(t *testing.T) {
	t.Parallel()
	address, count := vendor(t)
	r := (&run{env: eventEnv()}).do(t, "trigger", "create_auth", "--to", address, "--set", "State=abc")
	assert.Equal(t, cli.ExitOK, r.code, r.errs)
	assert.Contains(t, r.out, "✓ suite:create_auth")
	assert.Contains(t, r.out, "of 1000 ms")
	assert.Contains(t, r.out, `HTTP 200 "success"`)
	assert.Equal(t, int64(1), count.Load())

	r = (&run{env: eventEnv()}).do(t, "trigger", "app:click", "--to", address, "--json", "--form", "json")
	require.Equal(t, cli.ExitOK, r.code, r.errs)
	var doc struct {
		ID         string `json:"id"`
		Delivered  bool   `json:"delivered"`
		DeadlineMS int64  `json:"deadline_ms"`
	}
	require.NoError(t, json.Unmarshal([]byte(r.out), &doc))
	assert.True(t, doc.Delivered)
	assert.Equal(t, "app:click", doc.ID)
	assert.Equal(t, int64(5000), doc.DeadlineMS)
}

func TestTriggerAllCounts(t *testing.T) {
	t.Parallel()
	address, count := vendor(t)
	r := (&run{env: eventEnv()}).do(t, "trigger", "--all", "--to", address)
	all := len(wecomtest.Events())
	assert.Equal(t, cli.ExitOK, r.code, r.out)
	assert.Contains(t, r.out, fmt.Sprintf("%d events sent, %d answered right within their deadline, 0 not", all, all))
	assert.Equal(t, int64(all), count.Load())
}

// Without the URL of their kind events are skipped among all, and refused alone.
func TestTriggerAllSkipsEventsWithoutURL(t *testing.T) {
	t.Parallel()
	address, count := vendor(t)
	known := 0
	for _, e := range wecomtest.Events() {
		if e.Receiver == wecomtest.CommandURL {
			known++
		}
	}
	skipped := len(wecomtest.Events()) - known
	require.NotZero(t, skipped)
	r := (&run{env: callbackEnv()}).do(t, "trigger", "--all", "--to", "command="+address)
	assert.Equal(t, cli.ExitOK, r.code, r.out+r.errs)
	assert.Contains(t, r.out, fmt.Sprintf("%d events sent, %d answered right within their deadline, 0 not", known, known))
	assert.Contains(t, r.out, fmt.Sprintf("%d events skipped: their URL is not known", skipped))
	assert.Equal(t, int64(known), count.Load())

	r = (&run{env: callbackEnv()}).do(t, "--lang", "zh", "trigger", "--all", "--to", "command="+address)
	assert.Contains(t, r.out, fmt.Sprintf("跳过 %d 个事件：其 URL 未知", skipped))

	r = (&run{env: callbackEnv()}).do(t, "trigger", "--all", "--json", "--to", "command="+address)
	require.Equal(t, cli.ExitOK, r.code, r.errs)
	var doc struct {
		Sent     int               `json:"sent"`
		Answered int               `json:"answered"`
		Failed   int               `json:"failed"`
		Skipped  int               `json:"skipped"`
		Results  []json.RawMessage `json:"results"`
	}
	require.NoError(t, json.Unmarshal([]byte(r.out), &doc))
	assert.Equal(t, []int{known, known, 0, skipped}, []int{doc.Sent, doc.Answered, doc.Failed, doc.Skipped})
	assert.Len(t, doc.Results, known)
}

// What the platform says of a try is there in both languages.
func TestTriesAreExplainedInChinese(t *testing.T) {
	t.Parallel()
	for want, answer := range map[string]http.HandlerFunc{
		"：应答的 HTTP 状态为 418\n":           func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) },
		`：应答为 "ok"，应为 "success"` + "\n": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok")) },
		"：连接失败：":                        func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		server := httptest.NewServer(answer)
		t.Cleanup(server.Close)
		r := (&run{env: eventEnv()}).do(t, "--lang", "zh", "trigger", "create_auth", "--to", server.URL)
		assert.Equal(t, cli.ExitFailed, r.code)
		assert.Contains(t, r.out, want)
	}
	for want, body := range map[string]string{
		"：被动回复不是 XML 信封\n": "hello",
		"：被动回复的签名错误\n":     "<xml><Encrypt>x</Encrypt></xml>",
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) }))
		t.Cleanup(server.Close)
		r := (&run{env: eventEnv()}).do(t, "--lang", "zh", "trigger", "app:msg.text", "--to", server.URL)
		assert.Contains(t, r.out, want)
	}
}

func TestTriggerSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`"success"`)) }))
	t.Cleanup(server.Close)
	r := (&run{env: eventEnv()}).do(t, "trigger", "create_auth", "--to", server.URL)
	assert.Equal(t, cli.ExitFailed, r.code)
	assert.Contains(t, r.out, "✗ suite:create_auth")
	assert.Contains(t, r.out, `want "success"`)

	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"create_auth", "--to", server.URL, "--set", "Stat=1"}, "has no field Stat; did you mean State"},
		{[]string{"create_auth", "--to", server.URL, "--set", "TimeStamp=soon"}, "the event cannot be made"},
		{[]string{"create_auth", "--to", "data=" + server.URL}, "goes to a command_url: give it with --to"},
		{[]string{"create_auth", "--to", "nonsense"}, "not an absolute http address"},
	} {
		r := (&run{env: eventEnv()}).do(t, append([]string{"trigger"}, tt.args...)...)
		assert.Equal(t, cli.ExitUsage, r.code, tt.want)
		assert.Contains(t, r.errs, tt.want)
	}
	env := callbackEnv()
	r = (&run{env: env}).do(t, "trigger", "app:click", "--to", server.URL)
	assert.Equal(t, cli.ExitUsage, r.code)
	assert.Contains(t, r.errs, "set $WECOM_AUTH_CORP_ID or --corp")
}

// simulated is a platform with one app, and the settings for it.
func simulated(t *testing.T, opts ...wecomtest.Option) (*wecomtest.Platform, *wecomtest.App, map[string]string) {
	t.Helper()
	p := wecomtest.NewPlatform(t, append(opts, wecomtest.WithControl())...)
	app := p.NewApp(wecomtest.AppConfig{})
	return p, app, map[string]string{
		"WECOM_BASE_URL": p.URL(), "WECOM_CORP_ID": p.Provider().CorpID, "WECOM_PROVIDER_SECRET": p.Provider().Secret,
		"WECOM_SUITE_ID": app.ID, "WECOM_SUITE_SECRET": app.Secret, "WECOM_TOKEN": app.Token, "WECOM_ENCODING_AES_KEY": app.AESKey,
	}
}

func TestTriggerViaSimulator(t *testing.T) {
	t.Parallel()
	p, app, env := simulated(t)
	var got atomic.Int64
	p.Handle("vendor.test", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		got.Add(1)
		_, _ = w.Write([]byte("success"))
	}))
	app.SetCallbackURL("http://vendor.test/command")
	r := (&run{env: env}).do(t, "trigger", "suite_ticket", "--via", p.URL())
	assert.Equal(t, cli.ExitOK, r.code, r.errs)
	assert.Equal(t, int64(1), got.Load())

	p.Handle("vendor.test", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	r = (&run{env: env}).do(t, "trigger", "suite_ticket", "--via", p.URL())
	assert.Equal(t, cli.ExitFailed, r.code, r.errs)
	assert.Contains(t, r.out, "HTTP 418")

	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	r = (&run{env: env}).do(t, "trigger", "suite_ticket", "--via", server.URL)
	assert.Equal(t, cli.ExitUnable, r.code)
	assert.Contains(t, r.errs, "no simulator with a control API answers there")
	r = (&run{env: env}).do(t, "trigger", "--lang", "zh", "suite_ticket", "--via", server.URL)
	assert.Contains(t, r.errs, "模拟器没有发送 suite:suite_ticket: 该地址没有带控制接口的模拟器应答")
	r = (&run{env: env}).do(t, "trigger", "--lang", "zh", "suite_ticket", "--via", p.URL(), "--suite", "wwnobody")
	assert.Equal(t, cli.ExitUnable, r.code)
	assert.Contains(t, r.errs, `模拟器没有发送 suite:suite_ticket: 模拟器拒绝了请求: no app "wwnobody"`)
}

// The command of the documentation works without settings: the only app is meant.
func TestTriggerViaFindsTheOnlyApp(t *testing.T) {
	t.Parallel()
	p, app, _ := simulated(t)
	p.Handle("vendor.test", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("success")) }))
	trigger := func(args ...string) *run {
		return wecom(t, append([]string{"trigger", "--via", p.URL()}, args...)...)
	}
	r := trigger("suite_ticket")
	assert.Equal(t, cli.ExitUsage, r.code)
	assert.Contains(t, r.errs, "suite:suite_ticket goes to a command_url, and the simulator knows none")

	login := p.NewLoginSuite(wecomtest.AppConfig{CallbackURL: "http://vendor.test/login"})
	r = trigger("suite_ticket")
	assert.Equal(t, cli.ExitOK, r.code, r.errs)
	assert.Contains(t, r.out, "http://vendor.test/login", "nothing else can take it")
	assert.NotEmpty(t, login.ID)

	app.SetCallbackURL("http://vendor.test/command")
	r = trigger("suite_ticket")
	assert.Equal(t, cli.ExitOK, r.code, r.errs)
	assert.Contains(t, r.out, "http://vendor.test/command", "rather than the login authorisation")

	other := p.NewApp(wecomtest.AppConfig{CallbackURL: "http://vendor.test/other"})
	r = trigger("suite_ticket")
	assert.Equal(t, cli.ExitUsage, r.code)
	assert.Contains(t, r.errs, "set $WECOM_SUITE_ID or --suite")
	assert.Contains(t, r.errs, app.ID)
	assert.Contains(t, r.errs, other.ID)
	assert.NotContains(t, r.errs, login.ID)
	r = trigger("suite_ticket", "--lang", "zh")
	assert.Contains(t, r.errs, "请设置 $WECOM_SUITE_ID 或 --suite：该事件发给某个应用")
	r = trigger("suite_ticket", "--suite", other.ID)
	assert.Equal(t, cli.ExitOK, r.code, r.errs)
	assert.Contains(t, r.out, "http://vendor.test/other")
}

func TestTriggerAllViaSkipsEventsWithoutURL(t *testing.T) {
	t.Parallel()
	p, app, _ := simulated(t)
	r := wecom(t, "trigger", "--all", "--via", p.URL())
	assert.Equal(t, cli.ExitUsage, r.code)
	assert.Contains(t, r.errs, "nothing was sent")

	p.Handle("vendor.test", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("success")) }))
	sent := map[wecomtest.EventReceiver]int{}
	for _, e := range wecomtest.Events() {
		sent[e.Receiver]++
	}
	app.SetCallbackURL("http://vendor.test/command")
	for _, args := range [][]string{{}, {"--suite", app.ID}} {
		r = wecom(t, append([]string{"trigger", "--all", "--via", p.URL()}, args...)...)
		assert.Equal(t, cli.ExitOK, r.code, r.errs)
		assert.Contains(t, r.out, fmt.Sprintf("%d events sent", sent[wecomtest.CommandURL]))
		assert.Contains(t, r.out, fmt.Sprintf("%d events skipped", sent[wecomtest.DataURL]+sent[wecomtest.SystemEventURL]))
	}
}

func TestVerifyURL(t *testing.T) {
	t.Parallel()
	address, _ := vendor(t)
	r := (&run{env: callbackEnv()}).do(t, "verify-url", address)
	assert.Equal(t, cli.ExitOK, r.code, r.out+r.errs)
	assert.Contains(t, r.out, "✓ WeCom would save this URL")
	assert.Contains(t, r.out, "✓ a wrong signature is refused")

	env := callbackEnv()
	env["WECOM_TOKEN"] = "another"
	r = (&run{env: env}).do(t, "verify-url", address, "--json")
	assert.Equal(t, cli.ExitFailed, r.code)
	var doc struct {
		OK       bool `json:"ok"`
		Findings []struct {
			ID string `json:"id"`
		} `json:"findings"`
	}
	require.NoError(t, json.Unmarshal([]byte(r.out), &doc))
	assert.False(t, doc.OK)
	assert.Contains(t, r.out, `"id": "signature"`)
}

func TestCall(t *testing.T) {
	t.Parallel()
	p, app, env := simulated(t)
	corp := p.NewCorp("Acme")
	made, err := corp.Install(t.Context(), app)
	require.NoError(t, err)
	dir := t.TempDir()
	call := func(args ...string) *run {
		return (&run{env: env, dir: dir}).do(t, append([]string{"call"}, args...)...)
	}
	r := call("suite.get_pre_auth_code")
	require.Equal(t, cli.ExitOK, r.code, r.errs)
	assert.Contains(t, r.out, `"pre_auth_code": "[secret]"`)

	// The permanent code is kept, and used by what follows.
	code := filepath.Join(t.TempDir(), "code.json")
	require.NoError(t, os.WriteFile(code, []byte(`{"auth_code":"`+made.AuthCode+`"}`), 0o600))
	out := filepath.Join(t.TempDir(), "reply.json")
	r = call("suite.get_permanent_code_v2", "--body", "@"+code, "--out", out)
	require.Equal(t, cli.ExitOK, r.code, r.errs)
	assert.NotContains(t, r.out+r.errs, made.PermanentCode)
	assert.Contains(t, r.errs, "the permanent code of "+corp.ID+" is kept")
	whole, err := os.ReadFile(out)
	require.NoError(t, err)
	assert.Contains(t, string(whole), made.PermanentCode)

	r = call("suite.get_auth_info", "--corp", corp.ID)
	require.Equal(t, cli.ExitOK, r.code, r.errs)
	assert.Contains(t, r.out, corp.ID)
	r = call("contact.user.get", "--corp", corp.ID, "--query", "userid="+corp.Admin().ID)
	require.Equal(t, cli.ExitOK, r.code, r.errs)
	assert.Contains(t, r.out, corp.Admin().ID)
	assert.Equal(t, cli.ExitOK, call("provider.get_provider_token").code)
	assert.Equal(t, cli.ExitOK, call("suite.get_suite_token").code)

	// One token for all of it: the file keeps it between the runs.
	before := len(p.Calls("/cgi-bin/service/get_suite_token"))
	require.Equal(t, cli.ExitOK, call("suite.get_pre_auth_code").code)
	assert.Len(t, p.Calls("/cgi-bin/service/get_suite_token"), before)

	// A refusal says what to do.
	r = call("suite.set_session_info", "--body", `{"pre_auth_code":"wrong","session_info":{}}`)
	assert.Equal(t, cli.ExitFailed, r.code)
	assert.Contains(t, r.errs, "errcode 4")
	r = call("suite.get_auth_info", "--corp", "wpnobody")
	assert.Equal(t, cli.ExitUsage, r.code)
	assert.Contains(t, r.errs, "no permanent code is kept for wpnobody")

	// Downloads and uploads.
	image := filepath.Join(t.TempDir(), "logo.png")
	require.NoError(t, os.WriteFile(image, []byte("\x89PNG\r\n\x1a\n0000000000"), 0o600))
	r = call("media.upload", "--corp", corp.ID, "--query", "type=image", "--file", image)
	require.Equal(t, cli.ExitOK, r.code, r.errs)
	var media struct {
		ID string `json:"media_id"`
	}
	require.NoError(t, json.Unmarshal([]byte(r.out), &media))
	got := filepath.Join(t.TempDir(), "got.png")
	r = call("media.get", "--corp", corp.ID, "--query", "media_id="+media.ID, "--out", got)
	require.Equal(t, cli.ExitOK, r.code, r.errs)
	assert.FileExists(t, got)
}

func TestCallOfATemplate(t *testing.T) {
	t.Parallel()
	p := wecomtest.NewPlatform(t, wecomtest.WithControl())
	template, corp := p.NewTemplate(wecomtest.AppConfig{}), p.NewCorp("Acme")
	made, err := corp.Install(t.Context(), template)
	require.NoError(t, err)
	env := map[string]string{
		"WECOM_BASE_URL": p.URL(), "WECOM_SUITE_ID": template.ID, "WECOM_SUITE_SECRET": template.Secret,
		"WECOM_AUTH_CORP_ID": corp.ID, "WECOM_PERMANENT_CODE": made.PermanentCode,
	}
	for _, id := range []string{"corp.gettoken", "agent.list", "suite.get_auth_info_v2"} {
		r := (&run{env: env}).do(t, "call", id)
		assert.Equal(t, cli.ExitOK, r.code, "%s: %s", id, r.errs)
		assert.NotContains(t, r.out, made.PermanentCode)
	}
	assert.Len(t, p.Calls("/cgi-bin/gettoken"), 2)
}

// Secrets that are typed as a part of an argument are warned about, and may stand
// in a file.
func TestTypedSecretsAreWarnedAbout(t *testing.T) {
	t.Parallel()
	address, _ := vendor(t)
	_, _, env := simulated(t)
	file := filepath.Join(t.TempDir(), "ticket")
	require.NoError(t, os.WriteFile(file, []byte("CANARY\n"), 0o600))
	const warning = "stays in the shell's history"
	for _, tt := range []struct {
		env  map[string]string
		args []string
		warn bool
	}{
		{eventEnv(), []string{"trigger", "suite_ticket", "--to", address, "--set", "SuiteTicket=CANARY"}, true},
		{eventEnv(), []string{"trigger", "suite_ticket", "--to", address, "--set", "SuiteTicket=@" + file}, false},
		{eventEnv(), []string{"trigger", "create_auth", "--to", address, "--set", "State=@x"}, false},
		{env, []string{"call", "suite.get_permanent_code_v2", "--body", `{"auth_code":"CANARY"}`}, true},
		{env, []string{"call", "suite.get_pre_auth_code", "--unchecked", "--query", "code=CANARY"}, true},
		{env, []string{"call", "suite.set_session_info", "--body", `{"session_info":{},"pre_auth_code":"CANARY"}`}, true},
		{env, []string{"call", "suite.get_auth_info", "--body", `{"auth_corpid":"x"}`}, false},
	} {
		r := (&run{env: tt.env}).do(t, tt.args...)
		assert.Equal(t, tt.warn, strings.Contains(r.errs, warning), "%v: %s", tt.args, r.errs)
		assert.NotContains(t, r.out+r.errs, "CANARY", "%v", tt.args)
	}
}

// A simulator that was started anew knows no ticket of the old one.
func TestCallAfterTheSimulatorWasRestarted(t *testing.T) {
	t.Parallel()
	p, _, env := simulated(t)
	dir := t.TempDir()
	require.Equal(t, cli.ExitOK, (&run{env: env, dir: dir}).do(t, "call", "suite.get_pre_auth_code").code)
	p.Advance(time.Hour) // the ticket dies, by the platform's clock only
	p.RevokeAll()
	r := (&run{env: env, dir: dir}).do(t, "call", "suite.get_pre_auth_code")
	assert.Equal(t, cli.ExitOK, r.code, r.errs)
}

func TestCallWithoutTicketSaysWhatToDo(t *testing.T) {
	t.Parallel()
	p := wecomtest.NewPlatform(t) // without a control API, as the real one
	app := p.NewApp(wecomtest.AppConfig{})
	env := map[string]string{"WECOM_BASE_URL": p.URL(), "WECOM_SUITE_ID": app.ID, "WECOM_SUITE_SECRET": app.Secret}
	r := (&run{env: env}).do(t, "call", "suite.get_pre_auth_code")
	assert.Equal(t, cli.ExitUnable, r.code)
	assert.Contains(t, r.errs, "no suite_ticket yet")
	env["WECOM_SUITE_TICKET"] = app.IssueTicket()
	r = (&run{env: env}).do(t, "call", "suite.get_pre_auth_code")
	assert.Equal(t, cli.ExitOK, r.code, r.errs)
}

func TestCallRefusesATokenFileOfOthers(t *testing.T) {
	t.Parallel()
	_, _, env := simulated(t)
	store := filepath.Join(t.TempDir(), "tokens.json")
	require.NoError(t, os.WriteFile(store, []byte("{}"), 0o600))
	require.NoError(t, os.Chmod(store, 0o644))
	r := (&run{env: env}).do(t, "call", "suite.get_pre_auth_code", "--store", store)
	assert.Equal(t, cli.ExitUsage, r.code)
	assert.Contains(t, r.errs, "chmod 600")
}

func TestDoctor(t *testing.T) {
	t.Parallel()
	_, _, env := simulated(t)
	r := (&run{env: env}).do(t, "doctor")
	assert.Equal(t, cli.ExitOK, r.code, r.out)
	for _, want := range []string{"✓ $WECOM_ENCODING_AES_KEY is well formed", "✓ the clock of this machine is right", "✓ provider_access_token: works", "✓ suite_access_token: works", "failures: 0"} {
		assert.Contains(t, r.out, want)
	}
}

// A token that was given says nothing about the settings: doctor buys one of its own.
func TestDoctorBuysTheTokenOfTheCorp(t *testing.T) {
	t.Parallel()
	p, app, env := simulated(t)
	corp := p.NewCorp("Acme")
	made, err := corp.Install(t.Context(), app)
	require.NoError(t, err)
	env["WECOM_AUTH_CORP_ID"], env["WECOM_PERMANENT_CODE"], env["WECOM_ACCESS_TOKEN"] = corp.ID, made.PermanentCode, "given"
	r := (&run{env: env}).do(t, "doctor")
	assert.Equal(t, cli.ExitOK, r.code, r.out)
	assert.Contains(t, r.out, "✓ access_token: works")
	assert.Len(t, p.Calls("/cgi-bin/service/get_corp_token"), 1)
}

// Several parts of a command need the same secret.
func TestNobodyIsAskedOrWarnedTwice(t *testing.T) {
	t.Parallel()
	_, app, env := simulated(t)
	delete(env, "WECOM_SUITE_SECRET")
	for _, args := range [][]string{{"doctor", "--suite-secret", "-"}, {"call", "suite.get_suite_token"}} {
		asked := 0
		r := (&run{env: env, ask: func(string) (string, error) {
			asked++
			return app.Secret, nil
		}}).do(t, args...)
		assert.Equal(t, cli.ExitOK, r.code, r.out+r.errs)
		assert.Equal(t, 1, asked, args)
	}
	r := (&run{env: env}).do(t, "doctor", "--suite-secret", app.Secret)
	assert.Equal(t, cli.ExitOK, r.code, r.out)
	assert.Equal(t, 1, strings.Count(r.errs, "stays in the shell's history"))
}

func TestDoctorFindings(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(p *wecomtest.Platform, env map[string]string)
		args   []string
		want   []string
	}{
		"key with padding": {
			func(_ *wecomtest.Platform, env map[string]string) { env["WECOM_ENCODING_AES_KEY"] += "=" },
			[]string{"--offline"},
			[]string{"has 44 characters", "leave out the = at the end"},
		},
		"corp id as suite id": {
			func(_ *wecomtest.Platform, env map[string]string) { env["WECOM_SUITE_ID"] = env["WECOM_CORP_ID"] },
			[]string{"--offline"},
			[]string{"are the same", "企业信息"},
		},
		"one secret twice": {
			func(_ *wecomtest.Platform, env map[string]string) {
				env["WECOM_SUITE_SECRET"] = env["WECOM_PROVIDER_SECRET"]
			},
			[]string{"--offline"},
			[]string{"$WECOM_PROVIDER_SECRET and $WECOM_SUITE_SECRET are the same"},
		},
		"no id": {
			func(_ *wecomtest.Platform, env map[string]string) { env["WECOM_SUITE_ID"] = "suite" },
			[]string{"--offline"},
			[]string{"does not look like", "it begins with"},
		},
		"short secret": {
			func(_ *wecomtest.Platform, env map[string]string) { env["WECOM_SUITE_SECRET"] = "abc" },
			[]string{"--offline"},
			[]string{"has 3 characters: too few"},
		},
		"address not allowed": {
			func(p *wecomtest.Platform, _ map[string]string) { p.AllowIPs("10.9.8.7") },
			nil,
			[]string{"the address 127.0.0.1 is not on the IP list (60020)", "add the address"},
		},
		"wrong secret": {
			func(_ *wecomtest.Platform, env map[string]string) {
				env["WECOM_SUITE_SECRET"] = strings.Repeat("x", 43)
			},
			nil,
			[]string{"suite_access_token: refused with errcode 40080"},
		},
		"no API": {
			func(_ *wecomtest.Platform, env map[string]string) { env["WECOM_BASE_URL"] = "http://127.0.0.1:1" },
			nil,
			[]string{"the API at 127.0.0.1:1: nobody listens on that port"},
		},
		"callback": {
			func(*wecomtest.Platform, map[string]string) {},
			[]string{"--callback", "http://127.0.0.1:1/x"},
			[]string{"Callback URL http://127.0.0.1:1/x", "nobody listens on that port"},
		},
	} {
		p, _, env := simulated(t)
		tt.change(p, env)
		r := (&run{env: env}).do(t, append([]string{"doctor"}, tt.args...)...)
		assert.Equal(t, cli.ExitFailed, r.code, name)
		for _, want := range tt.want {
			assert.Contains(t, r.out, want, name)
		}
	}
}

func TestDoctorNotWeCom(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
		_, _ = w.Write([]byte("hello"))
	}))
	t.Cleanup(server.Close)
	r := (&run{env: map[string]string{"WECOM_BASE_URL": server.URL}}).do(t, "doctor")
	assert.Contains(t, r.out, "answers, but not as WeCom's API")

	skewed := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
		_, _ = w.Write([]byte(`{"errcode":41001}`))
	}))
	t.Cleanup(skewed.Close)
	r = (&run{env: map[string]string{"WECOM_BASE_URL": skewed.URL}}).do(t, "doctor", "--json")
	assert.Equal(t, cli.ExitFailed, r.code)
	assert.Contains(t, r.out, "the clock of this machine is 1h0m0s off")
}

// Every secret of the run begins with a marker, which no output may hold.
func TestNoSecretInAnyOutput(t *testing.T) {
	t.Parallel()
	const canary = "CANARY"
	p, app, env := simulated(t, wecomtest.WithSecrets(func(string) string { return canary }))
	corp := p.NewCorp("Acme")
	made, err := corp.Install(t.Context(), app)
	require.NoError(t, err)
	require.Contains(t, app.Secret, canary)
	env["WECOM_AUTH_CORP_ID"], env["WECOM_PERMANENT_CODE"] = corp.ID, made.PermanentCode
	address, _ := vendor(t)
	dir := t.TempDir()
	message := strings.ReplaceAll(createAuth, "CANARYCODE", canary)
	body := filepath.Join(dir, "body")
	require.NoError(t, os.WriteFile(body, []byte(`{"auth_code":"`+made.AuthCode+`"}`), 0o600))
	for _, args := range [][]string{
		{"call", "suite.get_suite_token"},
		{"call", "suite.get_pre_auth_code"},
		{"call", "suite.get_corp_token"},
		{"call", "suite.get_permanent_code_v2", "--body", "@" + body},
		{"call", "suite.get_permanent_code", "--body", "@" + body},
		{"call", "suite.get_auth_info"},
		{"call", "ticket.get_jsapi_ticket"},
		{"call", "provider.get_provider_token"},
		{"call", "provider.get_provider_token", "--body", `{"provider_secret":"` + app.Secret + `"}`},
		{"doctor"},
		{"doctor", "--callback", address},
		{"doctor", "--suite-secret", app.Secret},
		{"verify-url", address},
		{"trigger", "suite_ticket", "--to", address},
		{"trigger", "suite_ticket", "--to", address, "--set", "SuiteTicket=" + canary},
		{"trigger", "suite_ticket", "--to", address, "--set", "SuiteTicke=" + canary},
		{"parse"},
		{"decrypt"},
		{"decrypt", "--token", canary + "!"},
		{"sign", "--timestamp", "1", "--nonce", "2"},
		{"encrypt", "--receiver", suiteID},
	} {
		for _, lang := range []string{"en", "zh"} {
			for _, form := range []string{"--json", "--json=false"} {
				r := &run{env: env, in: message, dir: dir}
				r.do(t, append(args, "--lang", lang, form)...)
				assert.NotContains(t, r.out, canary, "%v %s", args, form)
				assert.NotContains(t, r.errs, canary, "%v %s", args, form)
			}
		}
	}
}
