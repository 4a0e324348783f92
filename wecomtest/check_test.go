package wecomtest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/wecomtest"
)

func atoi(t *testing.T, s string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(s, 10, 64)
	require.NoError(t, err)
	return n
}

func TestErrorForm(t *testing.T) {
	t.Parallel()
	p := wecomtest.NewPlatform(t)
	c := newClient(t, p)
	message := c.refused(40014, "/cgi-bin/agent/get_admin_list?access_token=x", object{})
	assert.Regexp(t, `^invalid access_token, hint: \[\d{10}_\d+_[0-9a-f]{32}\], from ip: 127\.0\.0\.1, `+
		`more info at https://open\.work\.weixin\.qq\.com/devtool/query\?e=40014$`, message)
	assert.NotContains(t, c.refused(41001, "/cgi-bin/agent/get_admin_list", object{}), "error,")
}

func TestAllowIPs(t *testing.T) {
	t.Parallel()
	p := wecomtest.NewPlatform(t)
	c := newClient(t, p)
	p.AllowIPs("203.0.113.7")
	message := c.refused(60020, "/cgi-bin/gettoken?corpid=a&corpsecret=b", nil)
	assert.Contains(t, message, "not allow to access from your ip, hint: [")
	assert.Contains(t, message, "from ip: 127.0.0.1,")

	c.http = &http.Client{Transport: p.TransportFrom("203.0.113.7")}
	c.refused(40013, "/cgi-bin/gettoken?corpid=a&corpsecret=b", nil)
	assert.Equal(t, "203.0.113.7", p.Calls()[1].FromIP)

	p.AllowIPs()
	newClient(t, p).refused(40013, "/cgi-bin/gettoken?corpid=a&corpsecret=b", nil)
}

func TestCredentialChecks(t *testing.T) {
	t.Parallel()
	p := wecomtest.NewPlatform(t)
	c := newClient(t, p)
	app := p.NewApp(wecomtest.AppConfig{})
	made, err := p.NewCorp("Acme").Install(t.Context(), app)
	require.NoError(t, err)
	suite, provider := c.suiteToken(app), c.providerToken(p)
	corp := c.corpToken(suite, made)
	const (
		suiteCall    = "/cgi-bin/service/get_pre_auth_code"
		providerCall = "/cgi-bin/service/get_register_info"
		corpCall     = "/cgi-bin/get_jsapi_ticket"
		loginCall    = "/cgi-bin/service/get_login_info"
	)
	code := object{"register_code": "x"}

	c.refused(41022, suiteCall, nil)
	c.refused(41022, suiteCall+"?access_token="+suite, nil) // the wrong parameter
	c.refused(40082, suiteCall+"?suite_access_token=x", nil)
	c.refused(40014, suiteCall+"?suite_access_token="+corp, nil) // the wrong kind
	c.refused(40014, suiteCall+"?suite_access_token="+provider, nil)
	c.refused(41001, providerCall+"?access_token="+provider, code)
	c.refused(40014, providerCall+"?provider_access_token="+suite, code)
	c.refused(84022, providerCall+"?provider_access_token="+provider, code)
	c.refused(40014, corpCall+"?access_token="+suite, nil)
	c.ok(corpCall+"?access_token="+corp, nil)
	// get_login_info wants the provider token under the name access_token.
	c.refused(41001, loginCall+"?provider_access_token="+provider, object{"auth_code": "x"})
	c.refused(40014, loginCall+"?access_token="+corp, object{"auth_code": "x"})
	c.refused(40078, loginCall+"?access_token="+provider, object{"auth_code": "x"})

	p.Revoke("unknown")
	p.Revoke(corp)
	c.refused(40014, corpCall+"?access_token="+corp, nil)
	p.RevokeAll(wecomtest.SuiteToken)
	c.refused(40082, suiteCall+"?suite_access_token="+suite, nil)
	c.refused(84022, providerCall+"?provider_access_token="+provider, code)
	p.RevokeAll()
	c.refused(40014, providerCall+"?provider_access_token="+provider, code)
	assert.NotEqual(t, provider, c.providerToken(p), "a revoked token is not repeated")
}

func TestProviderToken(t *testing.T) {
	t.Parallel()
	for _, code := range []int{0, 40082} {
		want, opts := 42001, []wecomtest.Option(nil)
		if code != 0 {
			want, opts = code, append(opts, wecomtest.WithExpiredProviderCode(code))
		}
		p := wecomtest.NewPlatform(t, opts...)
		c := newClient(t, p)
		token := c.providerToken(p)
		p.Advance(7199 * time.Second)
		assert.Equal(t, token, c.providerToken(p), "the same token while it lives")
		p.Advance(time.Second)
		c.refused(want, "/cgi-bin/service/get_register_info?provider_access_token="+token, object{"register_code": "x"})
		assert.NotEqual(t, token, c.providerToken(p))
		c.refused(40001, "/cgi-bin/service/get_provider_token", object{"corpid": p.Provider().CorpID, "provider_secret": "x"})
		c.refused(40001, "/cgi-bin/service/get_provider_token", object{"corpid": "ww", "provider_secret": p.Provider().Secret})
		c.refused(41004, "/cgi-bin/service/get_provider_token", object{"corpid": "ww"})
	}
}

func TestRequestChecks(t *testing.T) {
	t.Parallel()
	p := wecomtest.NewPlatform(t)
	c := newClient(t, p)
	app := p.NewApp(wecomtest.AppConfig{})
	suite := "?suite_access_token=" + c.suiteToken(app)
	made, err := p.NewCorp("Acme").Install(t.Context(), app)
	require.NoError(t, err)
	corp := "?access_token=" + c.corpToken(strings.TrimPrefix(suite, "?suite_access_token="), made)

	c.refused(40003, "/cgi-bin/service/v2/get_permanent_code"+suite, nil)                // GET on a POST interface
	c.refused(40058, "/cgi-bin/service/get_pre_auth_code"+suite, object{})               // the reverse
	c.refused(47001, "/cgi-bin/service/v2/get_permanent_code"+suite, "auth_code=form")   // no JSON
	c.refused(47001, "/cgi-bin/service/v2/get_permanent_code"+suite, `["list"]`)         // no object
	c.refused(47001, "/cgi-bin/service/v2/get_permanent_code"+suite, `{} {}`)            // two values
	c.refused(47001, "/cgi-bin/service/v2/get_permanent_code"+suite, `{"auth_code":"x"`) // cut
	for want, bad := range map[string]struct{ path, body string }{
		"unknown field extra":            {"/cgi-bin/service/v2/get_permanent_code" + suite, `{"auth_code":"x","extra":1}`},
		"unknown field session_info.x":   {"/cgi-bin/service/set_session_info" + suite, `{"pre_auth_code":"x","session_info":{"x":1}}`},
		"session_info.appid: want int64": {"/cgi-bin/service/set_session_info" + suite, `{"pre_auth_code":"x","session_info":{"appid":["1"]}}`},
		"appid: want an array":           {"/cgi-bin/service/set_session_info" + suite, `{"pre_auth_code":"x","session_info":{"appid":1}}`},
		"auth_type: want int32":          {"/cgi-bin/service/set_session_info" + suite, `{"pre_auth_code":"x","session_info":{"auth_type":2147483648}}`},
		"session_info: want object":      {"/cgi-bin/service/set_session_info" + suite, `{"pre_auth_code":"x","session_info":null}`},
		"auth_code: want string":         {"/cgi-bin/service/v2/get_permanent_code" + suite, `{"auth_code":12}`},
		"agentid: want int64":            {"/cgi-bin/service/get_admin_list" + suite, `{"auth_corpid":"x","agentid":1.5}`},
		"missing parameter name":         {"/cgi-bin/department/create" + corp, `{"parentid":1}`},
		"to_invite: want bool":           {"/cgi-bin/user/create" + corp, `{"userid":"a","name":"a","to_invite":1}`},
	} {
		assert.Contains(t, c.refused(40058, bad.path, bad.body), want)
	}
	assert.Contains(t, c.refused(40058, "/cgi-bin/service/get_pre_auth_code"+suite+"&x=1", nil), "unknown query parameter x")
	assert.Contains(t, c.refused(40058, "/cgi-bin/service/get_pre_auth_code"+suite+"&suite_access_token=b", nil), "2 times")
	assert.Contains(t, c.refused(40058, "/cgi-bin/user/list"+corp+"&department_id=x", nil), "want a number")
	assert.Contains(t, c.refused(40058, "/cgi-bin/user/list"+corp, nil), "missing parameter department_id")

	assert.Contains(t, c.refused(40058, "/cgi-bin/gettoken?corpid=a&corpsecret=%zz", nil), "invalid query")
	r, err := c.send("/cgi-bin/no/such", nil)
	require.NoError(t, err)
	defer closeBody(t, r)
	assert.Equal(t, http.StatusNotFound, r.StatusCode)
}

func TestAllowUnknownFields(t *testing.T) {
	t.Parallel()
	p := wecomtest.NewPlatform(t, wecomtest.AllowUnknownFields(), wecomtest.AlwaysErrcode())
	c := newClient(t, p)
	app := p.NewApp(wecomtest.AppConfig{})
	r := c.ok("/cgi-bin/service/get_suite_token?debug=1", object{
		"suite_id": app.ID, "suite_secret": app.Secret, "suite_ticket": app.IssueTicket(), "extra": 1,
	})
	assert.EqualValues(t, 0, r["errcode"])
	assert.Equal(t, "ok", r["errmsg"])
}

func TestExampleAnswersAndUpload(t *testing.T) {
	t.Parallel()
	p := wecomtest.NewPlatform(t)
	c := newClient(t, p)
	app := p.NewApp(wecomtest.AppConfig{})
	made, err := p.NewCorp("Acme").Install(t.Context(), app)
	require.NoError(t, err)
	corp := "?access_token=" + c.corpToken(c.suiteToken(app), made)

	r := c.ok("/cgi-bin/getcallbackip"+corp, nil)
	assert.Equal(t, []any{"1.2.3.4", "2.3.3.3"}, r["ip_list"])
	assert.NotEmpty(t, c.ok("/cgi-bin/get_api_domain_ip"+corp, nil)["ip_list"])

	upload := func(part, filename, content, contentType string) object {
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		f, err := w.CreateFormFile(part, filename)
		require.NoError(t, err)
		_, err = io.WriteString(f, content)
		require.NoError(t, err)
		require.NoError(t, w.Close())
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.base+"/cgi-bin/media/upload"+corp+"&type=file", &body)
		require.NoError(t, err)
		request.Header.Set("Content-Type", strings.ReplaceAll(contentType, "BOUNDARY", w.Boundary()))
		return decode(t, c.http, request)
	}
	const multi = "multipart/form-data; boundary=BOUNDARY"
	media := text(upload("media", "a.txt", "hello!", multi), "media_id")
	assert.EqualValues(t, 44001, upload("media", "a.txt", "", multi)["errcode"])
	assert.EqualValues(t, 44001, upload("media", "a.txt", "hello!", "multipart/form-data")["errcode"])
	assert.EqualValues(t, 40058, upload("file", "a.txt", "hello!", multi)["errcode"])
	assert.EqualValues(t, 40058, upload("media", "", "hello!", multi)["errcode"])

	file, err := c.send("/cgi-bin/media/get"+corp+"&media_id="+media, nil)
	require.NoError(t, err)
	defer closeBody(t, file)
	assert.Contains(t, file.Header.Get("Content-Disposition"), "attachment")
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for _, transport := range []string{"in process", "socket"} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			p := wecomtest.NewPlatform(t)
			c := newClient(t, p)
			if transport == "socket" {
				c.http = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
			}
			app := p.NewApp(wecomtest.AppConfig{})
			const path = "/cgi-bin/service/get_suite_token"
			body := object{"suite_id": app.ID, "suite_secret": app.Secret, "suite_ticket": app.IssueTicket()}

			p.Inject(wecomtest.Fault{Path: path, Skip: 1, Times: 2, Code: 45009})
			p.Inject(wecomtest.Fault{Path: "/cgi-bin/gettoken", Code: -1, Message: "busy"})
			c.ok(path, body)
			c.refused(45009, path, body)
			c.refused(45009, path, body)
			c.ok(path, body)
			assert.Contains(t, c.refused(-1, "/cgi-bin/gettoken?corpid=a&corpsecret=b", nil), "busy, hint: [")

			p.Inject(wecomtest.Fault{Status: http.StatusBadGateway})
			r, err := c.send(path, body)
			require.NoError(t, err)
			page, err := io.ReadAll(r.Body)
			require.NoError(t, err)
			require.NoError(t, r.Body.Close())
			assert.Equal(t, http.StatusBadGateway, r.StatusCode)
			assert.Contains(t, string(page), "<html>")

			p.Inject(wecomtest.Fault{CutJSON: true})
			r, err = c.send(path, body)
			require.NoError(t, err)
			half, err := io.ReadAll(r.Body)
			require.NoError(t, err)
			require.NoError(t, r.Body.Close())
			assert.NotContains(t, string(half), "}")

			// A dropped reply: the code is spent, a second call shows it.
			made, err := p.NewCorp("Acme").Install(t.Context(), app)
			require.NoError(t, err)
			exchange := "/cgi-bin/service/v2/get_permanent_code?suite_access_token=" + c.suiteToken(app)
			p.Inject(wecomtest.Fault{Path: "/cgi-bin/service/v2/get_permanent_code", DropRequest: true})
			p.Inject(wecomtest.Fault{Path: "/cgi-bin/service/v2/get_permanent_code", DropReply: true})
			for range 2 {
				_, err = c.send(exchange, object{"auth_code": made.AuthCode}) //nolint:bodyclose // No reply.
				require.Error(t, err)
			}
			c.refused(40078, exchange, object{"auth_code": made.AuthCode})
			calls := p.Calls("/cgi-bin/service/v2/get_permanent_code")
			require.Len(t, calls, 3)
			assert.Empty(t, calls[0].Reply)
			assert.Contains(t, string(calls[1].Reply), "permanent_code")
			assert.Equal(t, []int{0, 0, 200}, []int{calls[0].Status, calls[1].Status, calls[2].Status})
			assert.Equal(t, 40078, calls[2].Code)

			end := p.Inject(wecomtest.Fault{Times: -1, Code: 45033})
			for range 5 {
				c.refused(45033, path, body)
			}
			end()
			c.ok(path, body)
		})
	}
}

func TestLatency(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, p *wecomtest.Platform) {
		c := newClient(t, p)
		p.Inject(wecomtest.Fault{Path: "/cgi-bin/gettoken", Latency: 2 * time.Second, Code: 45009})
		start := time.Now()
		c.refused(45009, "/cgi-bin/gettoken?corpid=a&corpsecret=b", nil)
		assert.Equal(t, 2050*time.Millisecond, time.Since(start))

		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+"/cgi-bin/gettoken", nil)
		require.NoError(t, err)
		_, err = c.http.Do(r) //nolint:bodyclose // No reply.
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Len(t, p.Calls(), 2, "a call is recorded when it is carried out, not when it is answered")
	}, wecomtest.WithLatency(50*time.Millisecond))
}

func TestCloseEndsWaitingCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, err := wecomtest.Start(wecomtest.WithoutServer(), wecomtest.WithLatency(time.Hour))
		require.NoError(t, err)
		c := newClient(t, p)
		done := make(chan error, 1)
		go func() {
			r, err := c.send("/cgi-bin/gettoken", nil)
			if err == nil {
				err = r.Body.Close()
			}
			done <- err
		}()
		synctest.Wait()
		p.Close()
		p.Close()
		require.NoError(t, <-done)
		_, err = c.send("/cgi-bin/gettoken", nil) //nolint:bodyclose // No reply.
		require.Error(t, err)
	})
}

func TestRecordedCalls(t *testing.T) {
	t.Parallel()
	p := wecomtest.NewPlatform(t)
	c := newClient(t, p)
	app := p.NewApp(wecomtest.AppConfig{})
	token := c.suiteToken(app)
	c.ok("/cgi-bin/service/get_pre_auth_code?suite_access_token="+token, nil)
	require.Len(t, p.Calls(), 2)
	call := p.Calls("/cgi-bin/service/get_pre_auth_code")[0]
	assert.Equal(t, http.MethodGet, call.Method)
	assert.Equal(t, token, call.Query.Get("suite_access_token"))
	assert.Equal(t, 200, call.Status)
	assert.Contains(t, string(call.Reply), "pre_auth_code")
	assert.Contains(t, string(p.Calls()[0].Body), app.Secret)
	p.ForgetCalls()
	assert.Empty(t, p.Calls())
}

func TestSecretsAndSeed(t *testing.T) {
	t.Parallel()
	const marker = "CANARY"
	kinds := map[string]bool{}
	p := wecomtest.NewPlatform(t, wecomtest.WithSecrets(func(kind string) string {
		kinds[kind] = true
		return marker + "-is-cut-after-twenty-letters"
	}))
	c := newClient(t, p)
	app := p.NewApp(wecomtest.AppConfig{})
	events := backend(p, app)
	made, err := p.NewCorp("Acme").Install(t.Context(), app)
	require.NoError(t, err)
	suite := c.suiteToken(app)
	corp := c.corpToken(suite, made)
	for _, secret := range []string{
		app.Secret, app.Token, app.AESKey, made.AuthCode, made.PermanentCode, suite, corp, p.Provider().Secret, c.providerToken(p),
	} {
		assert.True(t, strings.HasPrefix(secret, marker+"iscutaftertwen"), secret)
	}
	assert.Len(t, app.AESKey, 43)
	assert.LessOrEqual(t, len(app.Token), 32)
	assert.GreaterOrEqual(t, len(made.AuthCode), 64)
	assert.NotEqual(t, suite, c.suiteToken(app))
	assert.NotEmpty(t, events.all(), "the made-up AES key works")
	assert.True(t, kinds["suite_ticket"])

	seeded := func() string {
		p := wecomtest.NewPlatform(t, wecomtest.WithSeed(7))
		app := p.NewApp(wecomtest.AppConfig{})
		return fmt.Sprint(p.Provider().CorpID, app.ID, app.Secret, app.IssueTicket(), p.NewCorp("x").ID)
	}
	first := seeded()
	assert.Equal(t, first, seeded())
}

func TestOptionErrors(t *testing.T) {
	t.Parallel()
	for _, opt := range []wecomtest.Option{
		wecomtest.WithLatency(-1), wecomtest.WithRetryInterval(-1), wecomtest.WithTokenRule(9),
		wecomtest.WithExpiredProviderCode(1), wecomtest.WithSecrets(nil),
		wecomtest.WithProvider(wecomtest.ProviderConfig{AESKey: "short"}),
	} {
		_, err := wecomtest.Start(opt)
		require.Error(t, err)
	}
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	p := wecomtest.NewPlatform(t)
	app := p.NewApp(wecomtest.AppConfig{})
	backend(p, app)
	c := newClient(t, p)
	suite := c.suiteToken(app)
	errs := make([]error, 8)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			corp := p.Corp(fmt.Sprint("corp ", i))
			made, err := corp.Install(t.Context(), app)
			_, ticketErr := app.PushTicket(t.Context())
			p.Advance(time.Millisecond)
			r, sendErr := c.send("/cgi-bin/service/v2/get_permanent_code?suite_access_token="+suite, object{"auth_code": made.AuthCode})
			if sendErr == nil {
				sendErr = r.Body.Close()
			}
			_, eventErr := corp.PushEvent(t.Context(), app, "app:msg.text", nil)
			_, awaitErr := p.AwaitDelivery(t.Context(), "text")
			_, cancelErr := corp.Cancel(t.Context(), app)
			errs[i] = errors.Join(err, ticketErr, sendErr, eventErr, awaitErr, cancelErr)
			p.Calls()
			p.Deliveries()
			p.Tokens()
			p.Messages()
			p.Faults()
		})
	}
	wg.Wait()
	require.NoError(t, errors.Join(errs...))
	for _, call := range p.Calls("/cgi-bin/service/v2/get_permanent_code") {
		assert.Zero(t, call.Code)
	}
}
