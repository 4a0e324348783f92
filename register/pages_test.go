package register_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/register"
	"github.com/wecom-isv/wecom/wecomtest"
)

func TestFlowPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	flow := s.machine(t)
	b := visit(t, flow, "?plan=pro&lang=en")
	assert.Equal(t, "__Host-wecom_register", b.cookie.Name)

	w := b.page(t, flow)
	assertShows(t, w, http.StatusOK, `<html lang="en">`, "Keep this page open", `target="_blank"`, `rel="noopener"`, `aria-live="polite"`,
		`<script src="register.js" defer>`)
	h := w.Header()
	assert.Equal(t, "text/html; charset=utf-8", h.Get("Content-Type"))
	assert.Equal(t, "en", h.Get("Content-Language"))
	assert.Equal(t, "no-store", h.Get("Cache-Control"))
	assert.Equal(t, "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "+
		"form-action 'self' https://open.work.weixin.qq.com https://*.weixin.qq.com; base-uri 'none'; frame-ancestors 'none'", h.Get("Content-Security-Policy"))
	assert.NotRegexp(t, `<script>|<style|style=|onclick`, w.Body.String(), "what the policy forbids")
	for _, name := range []string{"open", "events"} {
		assert.Contains(t, w.Body.String(), name+"?lang=en&amp;plan=pro&amp;t=", "the query of the page goes along")
	}

	code := mustQuery(t, b.press(t, flow)).Get("register_code")
	for _, state := range []string{"waiting", "registered"} {
		page := b.page(t, flow)
		assert.Contains(t, strings.ToLower(page.Body.String()), state)
		assert.NotContains(t, page.Body.String()+fmt.Sprint(page.Header()), code)
		require.NoError(t, deliver(t, s, flow, registerCorp(s, b)))
	}
	assert.Equal(t, http.StatusOK, b.do(t, flow, http.MethodHead, b.address).Code)
}

func mustQuery(t *testing.T, address string) url.Values {
	t.Helper()
	u, err := url.Parse(address)
	require.NoError(t, err)
	return u.Query()
}

func TestFlowServesAssets(t *testing.T) {
	t.Parallel()
	flow := newSite(t).machine(t)
	for name, kind := range map[string]string{"register.js": "text/javascript", "register.css": "text/css"} {
		b := new(tab)
		w := b.do(t, flow, http.MethodGet, "https://app.example/register/"+name)
		require.Equal(t, http.StatusOK, w.Code)
		assert.Contains(t, w.Header().Get("Content-Type"), kind)
		b.header = http.Header{"If-None-Match": {w.Header().Get("Etag")}}
		assert.Equal(t, http.StatusNotModified, b.do(t, flow, http.MethodGet, "https://app.example/register/"+name).Code)
	}
	b := new(tab)
	assert.Equal(t, http.StatusNotFound, b.do(t, flow, http.MethodGet, "https://app.example/register/other").Code)
	for _, tt := range []struct{ method, name, allow string }{
		{http.MethodGet, "open", "POST"}, {http.MethodPost, "", "GET, HEAD"}, {http.MethodHead, "events", "GET"}, {http.MethodDelete, "open", "POST"},
	} {
		w := b.do(t, flow, tt.method, "https://app.example/register/"+tt.name)
		assert.Equal(t, http.StatusMethodNotAllowed, w.Code, "%s %s", tt.method, tt.name)
		assert.Equal(t, tt.allow, w.Header().Get("Allow"))
	}
}

// Two tabs of a browser are two registrations.
func TestFlowInTwoTabs(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	flow := s.machine(t)
	s.receives(t, flow)
	one := visit(t, flow, "")
	w := one.do(t, flow, http.MethodGet, "https://app.example/register/")
	two := &tab{cookie: one.cookie, address: "https://app.example/register/" + w.Header().Get("Location")}
	assert.Equal(t, one.cookie.Value, w.Result().Cookies()[0].Value, "the browser keeps its mark") //nolint:bodyclose // A recorder.
	link := one.press(t, flow)
	two.press(t, flow)
	_, err := s.platform.Register(t.Context(), link, wecomtest.RegisterForm{})
	require.NoError(t, err)
	assertShows(t, one.page(t, flow), http.StatusOK, "注册成功")
	assertShows(t, two.page(t, flow), http.StatusOK, `data-state="waiting"`)
}

func TestFlowRefusesTickets(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		flow := s.machine(t)
		victim := visit(t, flow, "")
		victim.press(t, flow)
		require.NoError(t, deliver(t, s, flow, registerCorp(s, victim)))
		assertShows(t, victim.page(t, flow), http.StatusOK, "注册成功")

		stranger := visit(t, flow, "")
		otherKey := visit(t, s.machine(t, func(cfg *register.FlowConfig) { cfg.Key = wecom.NewSecret(strings.Repeat("k", 32)) }), "")
		forged := func(address string, cookie *http.Cookie) *tab { return &tab{address: address, cookie: cookie} }
		cookie := func(value string) *http.Cookie {
			return &http.Cookie{Name: victim.cookie.Name, Value: value}
		}
		last := victim.address[:len(victim.address)-1]
		tests := map[string]*tab{
			"another browser":       forged(victim.address, stranger.cookie),
			"no cookie":             forged(victim.address, nil),
			"a cookie made up":      forged(victim.address, cookie(strings.Repeat("0", 32))),
			"a cookie cut":          forged(victim.address, cookie(victim.cookie.Value[:30])),
			"a cookie in capitals":  forged(victim.address, cookie(strings.ToUpper(victim.cookie.Value))),
			"another key":           otherKey,
			"a ticket changed":      forged(last+flip(victim.address), victim.cookie),
			"a ticket cut":          forged(last, victim.cookie),
			"a ticket prolonged":    forged(prolong(victim.address), victim.cookie),
			"no ticket":             forged("https://app.example/register/?t=", victim.cookie),
			"not a ticket":          forged("https://app.example/register/?t="+strings.Repeat("z", 80), victim.cookie),
			"the id of another one": forged(strings.Replace(stranger.address, stranger.id(), victim.id(), 1), stranger.cookie),
		}
		calls := len(s.platform.Calls(codePath))
		check := func(name string, b *tab) {
			assertShows(t, b.page(t, flow), http.StatusForbidden, "此页面属于另一个浏览器", "重新开始")
			assert.Equal(t, http.StatusForbidden, b.do(t, flow, http.MethodPost, b.at("open")).Code, name)
			assert.Equal(t, http.StatusForbidden, b.do(t, flow, http.MethodGet, b.at("events")).Code, name)
		}
		for name, b := range tests {
			check(name, b)
		}
		time.Sleep(48 * time.Hour)
		check("too old", victim)
		assert.Len(t, s.platform.Calls(codePath), calls)
	})
}

// flip returns another last digit than that of s.
func flip(s string) string {
	if strings.HasSuffix(s, "0") {
		return "1"
	}
	return "0"
}

// prolong adds a bit to the expiry in the ticket of an address.
func prolong(address string) string {
	at := strings.Index(address, "t=") + 2 + 32 + 6
	return address[:at] + "1" + address[at+1:]
}

func TestFlowOpen(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	var logged bytes.Buffer
	var opening register.Opening
	var refusal error
	flow := s.machine(t, func(cfg *register.FlowConfig) {
		cfg.Logger = slog.New(slog.NewTextHandler(&logged, nil))
		cfg.Open = func(*http.Request) (register.Opening, error) { return opening, refusal }
	})
	b := visit(t, flow, "")
	press := func() *httptest.ResponseRecorder { return b.do(t, flow, http.MethodPost, b.at("open")) }

	opening.Request = register.GetRegisterCodeRequest{CorpName: "Acme", AdminMobile: "13800000000"}
	require.Equal(t, http.StatusSeeOther, press().Code)
	calls := s.platform.Calls(codePath)
	require.Len(t, calls, 1)
	assert.JSONEq(t, `{"template_id":"`+s.pkg.TemplateID+`","corp_name":"Acme","admin_mobile":"13800000000","state":"`+b.id()+`"}`, string(calls[0].Body))

	for _, tt := range []struct {
		opening register.Opening
		err     error
		cause   string
	}{
		{register.Opening{Request: register.GetRegisterCodeRequest{State: "mine"}}, nil, "State must be empty"},
		{register.Opening{Ref: strings.Repeat("r", register.MaxRef+1)}, nil, "Ref has 513 bytes"},
		{register.Opening{}, errors.New("no more trials"), "no more trials"},
		{register.Opening{Request: register.GetRegisterCodeRequest{TemplateID: "unknown"}}, nil, "84020"},
	} {
		logged.Reset()
		opening, refusal = tt.opening, tt.err
		w := press()
		assertShows(t, w, http.StatusServiceUnavailable, "请稍后再试")
		assert.NotContains(t, w.Body.String(), tt.cause, "the person is told a number")
		id := regexp.MustCompile(`错误编号: (\w{12})<`).FindStringSubmatch(w.Body.String())
		require.Len(t, id, 2)
		assert.Contains(t, logged.String(), "id="+id[1])
		assert.Contains(t, logged.String(), tt.cause)
	}
}

func TestFlowRender(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	var pages []register.Page
	flow := s.machine(t, func(cfg *register.FlowConfig) {
		cfg.Render = func(w http.ResponseWriter, _ *http.Request, page register.Page) {
			pages = append(pages, page)
			w.Header().Set("Content-Security-Policy", "default-src 'self'")
			_, _ = w.Write([]byte("mine"))
		}
	})
	b := visit(t, flow, "?lang=en&plan=pro")
	w := b.page(t, flow)
	assertShows(t, w, http.StatusOK, "mine")
	assert.Equal(t, "default-src 'self'", w.Header().Get("Content-Security-Policy"))
	b.cookie = nil
	assertShows(t, b.page(t, flow), http.StatusForbidden, "mine")

	require.Len(t, pages, 2)
	query := b.address[strings.Index(b.address, "?"):]
	assert.Equal(t, register.Page{
		State: register.StateReady, Lang: "en", Open: "open" + query, Self: "./" + query, Restart: "./?lang=en&plan=pro",
		Events: "events" + query, Script: "register.js", Style: "register.css", Refresh: 10,
	}, pages[0])
	assert.Equal(t, register.StateFailed, pages[1].State)
	assert.Contains(t, pages[1].Problem, "another browser")
	assert.NotEmpty(t, pages[1].ErrorID)
	assert.Zero(t, pages[1].Refresh)
}

func TestFlowBehindAProxy(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	plain := s.machine(t)
	https := s.machine(t, func(cfg *register.FlowConfig) { cfg.HTTPS = true })
	setCookie := func(flow *register.Flow, header http.Header) string {
		b := &tab{header: header}
		return b.do(t, flow, http.MethodGet, "http://app.example/register/").Header().Get("Set-Cookie")
	}
	assert.NotContains(t, setCookie(plain, nil), "Secure")
	for _, cookie := range []string{setCookie(https, nil), setCookie(plain, http.Header{"X-Forwarded-Proto": {"https"}})} {
		assert.Regexp(t, `^__Host-wecom_register=[0-9a-f]{32}; Path=/; Max-Age=172800; HttpOnly; Secure; SameSite=Lax$`, cookie)
	}
}

func TestNewFlowChecksConfig(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	good := register.FlowConfig{Key: wecom.NewSecret(flowKey), TemplateID: "tpl", Registered: s.told}
	_, err := register.NewFlow(nil, good)
	require.ErrorContains(t, err, "Client is nil")
	for want, spoil := range map[string]func(*register.FlowConfig){
		"FlowConfig.Key is shorter than 32 bytes":      func(c *register.FlowConfig) { c.Key = wecom.NewSecret(flowKey[:31]) },
		"FlowConfig.TemplateID is missing":             func(c *register.FlowConfig) { c.TemplateID = "" },
		"FlowConfig.Registered is nil":                 func(c *register.FlowConfig) { c.Registered = nil },
		"FlowConfig.WaitFor must be from 0 to 24h0m0s": func(c *register.FlowConfig) { c.WaitFor = 25 * time.Hour },
		"FlowConfig.HookTimeout is negative":           func(c *register.FlowConfig) { c.HookTimeout = -1 },
		"FlowConfig.MaxStreams is negative":            func(c *register.FlowConfig) { c.MaxStreams = -1 },
	} {
		cfg := good
		spoil(&cfg)
		_, err := register.NewFlow(s.client(t), cfg)
		require.ErrorContains(t, err, want)
		assert.NotContains(t, err.Error(), "CANARY")
	}
}

func TestFlowPrintsNoSecret(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s := newSite(t)
	cfg := register.FlowConfig{Key: wecom.NewSecret(flowKey), TemplateID: "tpl", Registered: s.told, Logger: log, Cache: &downCache{TokenCache: s.cache}}
	flow, err := register.NewFlow(s.client(t, wecom.WithLogger(log)), cfg)
	require.NoError(t, err)
	s.hookErrs = []error{errors.New("fails")}
	event := strings.Replace(registerCorp(s, visit(t, flow, "")), "<AuthUserInfo>",
		"<ContactSync><AccessToken>CANARY-contact</AccessToken><ExpiresIn>1800</ExpiresIn></ContactSync><AuthUserInfo>", 1)
	failed := deliver(t, s, flow, event)
	require.Error(t, failed)
	told := s.toldOf()
	require.Len(t, told, 1)
	require.Equal(t, "CANARY-code", told[0].Code.Reveal())
	for _, v := range []any{flow, cfg, told[0], &told[0], failed} {
		fmt.Fprintf(&out, "%v %+v %#v %s %q\n", v, v, v, v, v)
		log.Info("value", slog.Any("v", v))
	}
	assert.NotContains(t, out.String(), "CANARY")
	assert.NotContains(t, out.String(), fmt.Sprintf("%v", []byte("CANARY")))
}
