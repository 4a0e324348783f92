package main

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/wecomtest"
)

func TestSignInIsBoundToTheBrowserAndWorksOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	corp := w.corp("晨光科技")
	v := w.visitor(t)
	start := v.get("/login")
	back, err := corp.Login(t.Context(), corp.Admin(), start.to())
	require.NoError(t, err)

	other := w.visitor(t).get(back.String())
	assert.GreaterOrEqual(t, other.status, 400, "another browser")
	forged := *back
	query := forged.Query()
	query.Set("state", strings.Repeat("0", 80))
	forged.RawQuery = query.Encode()
	assert.GreaterOrEqual(t, v.get(forged.String()).status, 400, "a state that was never issued")
	assert.Empty(t, w.sim.platform.Calls("/cgi-bin/service/auth/getuserinfo3rd"), "no code was spent")

	require.Equal(t, http.StatusSeeOther, v.get(back.String()).status)
	assert.GreaterOrEqual(t, v.get(back.String()).status, 400, "a second time")
	assert.Len(t, w.sim.platform.Calls("/cgi-bin/service/auth/getuserinfo3rd"), 1)
}

func TestRefusedSignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	corp := w.corp("晨光科技")
	v := w.visitor(t)
	back, err := corp.Refuse(t.Context(), corp.Admin(), v.get("/login?next=/me").to())
	require.NoError(t, err)
	page := v.get(back.String())
	assert.Equal(t, http.StatusForbidden, page.status)
	assert.Contains(t, link(t, page.body, "/login?"), "next=%2Fme", "the person may try again")
	assert.Equal(t, http.StatusSeeOther, v.get("/me").status)
}

func TestNextStaysOnTheSite(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, next := range []string{"//evil.example", "https://evil.example", `/\evil.example`, "/%0aevil"} {
		answer := w.visitor(t).get("/login?" + url.Values{"next": {next}}.Encode())
		if answer.status == http.StatusFound {
			assert.NotContains(t, answer.to(), "evil", next)
			continue
		}
		assert.Equal(t, http.StatusBadRequest, answer.status, next)
	}
}

func TestSessionBeginsAnew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	corp := w.corp("晨光科技")
	v := w.visitor(t)
	site, err := url.Parse(v.base)
	require.NoError(t, err)
	v.http.Jar.SetCookies(site, []*http.Cookie{{Name: "isv", Value: "planted", Path: "/"}})
	done := v.signIn(corp, corp.Admin(), "/login")
	var session *http.Cookie
	for _, line := range done.header.Values("Set-Cookie") {
		if c, err := http.ParseSetCookie(line); err == nil && c.Name == "isv" {
			session = c
		}
	}
	require.NotNil(t, session)
	assert.NotEqual(t, "planted", session.Value)
	assert.True(t, session.HttpOnly)
	assert.Equal(t, http.SameSiteLaxMode, session.SameSite)
	_, err = w.store.records.Session(t.Context(), session.Value)
	require.NoError(t, err)
	v.signIn(corp, corp.Admin(), "/admin")
	_, err = w.store.records.Session(t.Context(), session.Value)
	require.Error(t, err, "the old session ended with the new one")
}

func TestInsideTheClient(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	corp := w.corp("晨光科技")
	v := w.visitor(t)
	start := v.get("/login", "User-Agent", "Mozilla/5.0 (iPhone) wxwork/4.1.0 MicroMessenger/7.0.1")
	assert.Contains(t, start.to(), "/connect/oauth2/authorize?")
	back, err := corp.Login(t.Context(), corp.Admin(), start.to())
	require.NoError(t, err)
	assert.Equal(t, "/me", v.get(back.String()).to())
}

func TestAdminConsole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	corp, other := w.corp("晨光科技"), w.corp("远山书店")
	for _, c := range []*wecomtest.Corp{corp, other} {
		w.visitor(t).install(c)
	}
	open := func(c *wecomtest.Corp) string {
		address, err := c.OpenConsole(t.Context(), w.sim.app)
		require.NoError(t, err)
		return address.String()
	}
	v := w.visitor(t)
	done := v.get(open(corp))
	require.Equal(t, http.StatusSeeOther, done.status, done.body)
	assert.Contains(t, v.get("/me").body, corp.ID)
	assert.Equal(t, http.StatusForbidden, v.get(open(other)).status, "nobody is signed in as somebody else behind his back")
	assert.Contains(t, v.get("/me").body, corp.ID)
	assert.Equal(t, http.StatusSeeOther, v.get(open(corp)).status, "the same person may come again")
}

func TestRegister(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.visitor(t)
	corp := v.register(w, "新企业")
	inTime(t, func() bool { return !corp.ContactsLocked() }, "the contacts are unlocked")
	inTime(t, func() bool {
		_, err := w.store.records.Customer(t.Context(), corp.ID)
		return err == nil
	}, "the app comes with the corp")
	assert.Equal(t, http.StatusSeeOther, v.get("/me").status, "who has begun a registration is not signed in by it")
}

// register registers a corp and waits until the page knows of it.
func (v *visitor) register(w *world, name string) *wecomtest.Corp {
	v.t.Helper()
	page := v.everyRedirect("/register/")
	open := v.send(http.MethodPost, page.form(v.t), strings.NewReader(url.Values{"corp_name": {name}}.Encode()),
		"Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin")
	require.Equal(v.t, http.StatusSeeOther, open.status, open.body)
	require.Contains(v.t, v.get(page.address).body, `data-state="waiting"`)
	corp, err := w.sim.platform.Register(v.t.Context(), open.to(), wecomtest.RegisterForm{CorpName: name})
	require.NoError(v.t, err)
	inTime(v.t, func() bool { return strings.Contains(v.get(page.address).body, "企业已注册") }, "the page goes on")
	return corp
}

// formPage is a page with a form, at an absolute address.
type formPage struct {
	answer
	address string
}

// everyRedirect follows redirects inside the site.
func (v *visitor) everyRedirect(path string) formPage {
	v.t.Helper()
	at, err := url.Parse(v.base + path)
	require.NoError(v.t, err)
	for range 5 {
		a := v.get(at.String())
		if a.to() == "" {
			return formPage{a, at.String()}
		}
		next, err := url.Parse(a.to())
		require.NoError(v.t, err)
		at = at.ResolveReference(next)
	}
	require.Fail(v.t, "redirects do not end")
	return formPage{}
}

// form returns the absolute address that the page's form is sent to.
func (p formPage) form(t *testing.T) string {
	t.Helper()
	_, rest, found := strings.Cut(p.body, `data-register-open`)
	require.True(t, found, p.body)
	before := strings.TrimSuffix(p.body, rest)
	_, action, _ := strings.Cut(before[strings.LastIndex(before, "<form"):], `action="`)
	action, _, _ = strings.Cut(action, `"`)
	at, err := url.Parse(p.address)
	require.NoError(t, err)
	to, err := url.Parse(strings.ReplaceAll(action, "&amp;", "&"))
	require.NoError(t, err)
	return at.ResolveReference(to).String()
}

// shuttle sends every second request to another process of the site.
type shuttle struct {
	site, other string
	requests    atomic.Int64
}

func (s *shuttle) RoundTrip(r *http.Request) (*http.Response, error) {
	if s.requests.Add(1)%2 == 0 {
		r = r.Clone(r.Context())
		r.Host, r.URL.Host = s.site, s.other
	}
	return http.DefaultTransport.RoundTrip(r)
}

// twoProcesses goes through the flows while each begins in one process of the site
// and ends in another: they share the stores and nothing else.
func twoProcesses(t *testing.T, w *world) {
	second, err := newSite(t.Context(), w.cfg, w.file, w.sim, w.logger)
	require.NoError(t, err)
	listener := listen(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- second.serve(ctx, listener) }()
	t.Cleanup(func() {
		cancel()
		assert.NoError(t, <-ended)
	})

	corp, v := w.corp("晨光科技"), w.visitor(t)
	v.http.Transport = &shuttle{site: mustParse(t, v.base).Host, other: listener.Addr().String()}
	require.Contains(t, v.install(corp).body, corp.Name)
	back, err := corp.Login(t.Context(), corp.Admin(), v.get("/login").to())
	require.NoError(t, err)
	require.Equal(t, "/me", v.get(back.String()).to())
	for range 2 {
		assert.Equal(t, http.StatusOK, v.get("/me").status, "each process knows the session that the other has begun")
		assert.GreaterOrEqual(t, v.get(back.String()).status, 400, "and that the state was used")
		v.get("/") // so that the next round has them the other way round
	}
	text := url.Values{"user": {corp.Admin().ID}, "text": {"hello"}}
	assert.Equal(t, "/me", v.post("/corps/"+corp.ID+"/messages", text).to())
	assert.Contains(t, v.get("/me").body, "消息已发送")
	v.register(w, "新企业")
	require.Equal(t, http.StatusSeeOther, v.post("/logout", nil).status)
	for range 2 {
		assert.Equal(t, http.StatusSeeOther, v.get("/me").status, "nobody is signed in anywhere")
	}
}

func TestTwoProcesses(t *testing.T) {
	t.Parallel()
	twoProcesses(t, newWorld(t))
}

func TestTwoProcessesWithRedis(t *testing.T) {
	t.Parallel()
	twoProcesses(t, newWorldWith(t, redisAddress(t)))
}
