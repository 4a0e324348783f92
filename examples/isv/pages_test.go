package main

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/wecomtest"
)

// kinds of people, for the table of routes.
type people struct{ nobody, member, admin, operator *visitor }

func (w *world) people(t *testing.T, corp *wecomtest.Corp) people {
	t.Helper()
	member := corp.AddUser(wecomtest.User{Name: "member"})
	p := people{nobody: w.visitor(t), member: w.visitor(t), admin: w.visitor(t), operator: w.operator(t)}
	require.Equal(t, http.StatusSeeOther, p.member.signIn(corp, member, "/login").status)
	require.Equal(t, http.StatusSeeOther, p.admin.signIn(corp, corp.Admin(), "/admin").status)
	return p
}

func TestWhoSeesWhat(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	corp, other := w.corp("晨光科技"), w.corp("远山书店")
	for _, c := range []*wecomtest.Corp{corp, other} {
		require.Equal(t, http.StatusOK, w.visitor(t).install(c).status)
	}
	p := w.people(t, corp)
	const ok, login, no, missing = http.StatusOK, http.StatusSeeOther, http.StatusForbidden, http.StatusNotFound
	for path, want := range map[string][4]int{
		"/":                    {ok, ok, ok, ok},
		"/install":             {ok, ok, ok, ok},
		"/signin":              {ok, ok, ok, ok},
		"/simulate":            {ok, ok, ok, ok},
		"/healthz":             {ok, ok, ok, ok},
		"/static/isv.css":      {ok, ok, ok, ok},
		"/static/":             {missing, missing, missing, missing},
		"/nowhere":             {missing, missing, missing, missing},
		"/me":                  {login, ok, ok, ok},
		"/corps":               {login, no, no, ok},
		"/orders":              {login, no, no, ok},
		"/events":              {login, no, no, ok},
		"/health":              {login, no, no, ok},
		"/corps/" + corp.ID:    {login, no, ok, ok},
		"/corps/" + other.ID:   {login, no, no, ok},
		"/corps/wpNobodyAtAll": {login, no, no, missing},
	} {
		for i, v := range []*visitor{p.nobody, p.member, p.admin, p.operator} {
			assert.Equal(t, want[i], v.get(path).status, "%s, %d", path, i)
		}
	}
	assert.Equal(t, "/signin?next=%2Fhealth", p.nobody.get("/health").to())
}

func TestCustomersActForTheirOwnCorpOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	corp, other := w.corp("晨光科技"), w.corp("远山书店")
	for _, c := range []*wecomtest.Corp{corp, other} {
		w.visitor(t).install(c)
	}
	p := w.people(t, corp)
	text := func(user wecomtest.User) url.Values { return url.Values{"user": {user.ID}, "text": {"hello"}} }
	me := corp.Users()[len(corp.Users())-1]

	assert.Equal(t, http.StatusForbidden, p.nobody.post("/corps/"+corp.ID+"/messages", text(me)).status)
	assert.Equal(t, http.StatusForbidden, p.member.post("/corps/"+corp.ID+"/messages", text(corp.Admin())).status, "to somebody else")
	assert.Equal(t, http.StatusForbidden, p.admin.post("/corps/"+other.ID+"/messages", text(other.Admin())).status, "in another corp")
	assert.Equal(t, http.StatusForbidden, p.admin.post("/corps/"+corp.ID+"/licences", url.Values{"accounts": {"1"}, "months": {"1"}, "buyer": {"b"}}).status)
	assert.Empty(t, w.sim.platform.Messages())

	assert.Equal(t, "/me", p.member.post("/corps/"+corp.ID+"/messages", text(me)).to())
	assert.Contains(t, p.member.get("/me").body, "消息已发送")
	assert.NotContains(t, p.member.get("/me").body, "消息已发送", "an outcome is shown once")
	assert.Equal(t, "/corps/"+corp.ID, p.admin.post("/corps/"+corp.ID+"/messages", text(me)).to())
	require.Len(t, w.sim.platform.Messages(), 2)
	assert.Equal(t, []string{me.ID}, w.sim.platform.Messages()[0].ToUser)
	assert.Contains(t, p.nobody.get("/simulate").body, "hello", "the simulated members show what they got")

	bad := p.admin.post("/corps/"+corp.ID+"/messages", url.Values{"user": {"nobody"}, "text": {"hello"}})
	assert.Equal(t, http.StatusSeeOther, bad.status)
	assert.Contains(t, p.admin.get("/corps/"+corp.ID).body, `class="problem"`)
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.operator(t)
	for _, headers := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Sec-Fetch-Site", "", "Origin", "https://evil.example"}} {
		answer := v.post("/logout", nil, headers...)
		assert.Equal(t, http.StatusForbidden, answer.status)
	}
	assert.Equal(t, http.StatusOK, v.get("/corps").status, "the session goes on")
	assert.Equal(t, http.StatusSeeOther, v.post("/logout", nil).status)
	assert.Equal(t, http.StatusSeeOther, v.get("/corps").status, "the session has ended")
}

func TestLargeFormsAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	corp, v := w.corp("晨光科技"), w.visitor(t)
	v.install(corp)
	v.signIn(corp, corp.Admin(), "/admin")
	form := url.Values{"user": {corp.Admin().ID}, "text": {"hello"}, "rest": {strings.Repeat("x", largestForm)}}
	v.post("/corps/"+corp.ID+"/messages", form)
	assert.Empty(t, w.sim.platform.Messages())
	form.Del("rest")
	v.post("/corps/"+corp.ID+"/messages", form)
	assert.Len(t, w.sim.platform.Messages(), 1)
}

func TestCookiesOverHTTPS(t *testing.T) {
	t.Parallel()
	s := new(site)
	s.cfg.PublicURL = "https://app.example.com"
	w := httptest.NewRecorder()
	s.setCookie(w, sessionCookie, "value", 60)
	s.leadOn(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", http.NoBody), "/me", outcome{Done: &failed})
	cookies := w.Result().Cookies()
	require.Len(t, cookies, 2)
	for _, c := range cookies {
		assert.True(t, strings.HasPrefix(c.Name, "__Host-"), "%s: another host of the domain could set it", c.Name)
		assert.True(t, c.Secure && c.HttpOnly && c.Path == "/" && c.Domain == "", c.Name)
	}
}

// everyPage visits every page that an operator can see.
func (w *world) everyPage(t *testing.T, v *visitor, corp *wecomtest.Corp) map[string]answer {
	t.Helper()
	pages := make(map[string]answer)
	for _, path := range []string{"/", "/install", "/signin", "/me", "/corps", "/corps/" + corp.ID, "/orders", "/events", "/health", "/simulate", "/nowhere", "/installed", "/login/done"} {
		pages[path] = v.get(path)
	}
	pages["/register/"] = v.get(v.base + "/register/" + strings.TrimPrefix(v.get("/register/").to(), "/register/"))
	return pages
}

func TestPagesAreSafeAndWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	corp := w.corp("晨光科技")
	w.visitor(t).install(corp)
	inline := regexp.MustCompile(`<script(?:>| (?:[^s]|s[^r]))|\son\w+=|\sstyle=|<style|javascript:`)
	for path, page := range w.everyPage(t, w.operator(t), corp) {
		assert.Contains(t, page.header.Get("Content-Security-Policy"), "default-src 'none'", path)
		assert.NotContains(t, page.header.Get("Content-Security-Policy"), "unsafe", path)
		assert.Equal(t, "nosniff", page.header.Get("X-Content-Type-Options"), path)
		assert.Equal(t, "no-store", page.header.Get("Cache-Control"), path)
		assert.Contains(t, page.header.Get("Referrer-Policy"), "origin", "%s: the install page of WeCom needs one", path)
		assert.Empty(t, inline.FindString(page.body), path)
		assert.Contains(t, page.body, `<html lang="zh-CN">`, path)
		assert.Equal(t, 1, strings.Count(page.body, "<h1>"), path)
		assert.True(t, strings.HasSuffix(strings.TrimSpace(page.body), "</html>"), path)
		assert.NotContains(t, page.body, "ZgotmplZ", path)
	}
}

func TestLanguages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.visitor(t)
	assert.Contains(t, v.get("/").body, "安装应用")
	assert.Contains(t, v.get("/", "Accept-Language", "fr, en;q=0.8").body, "Install the app")
	assert.Contains(t, v.get("/?lang=en").body, "Install the app")
	assert.Contains(t, v.get("/signin", "Accept-Language", "zh-CN").body, "Sign in as member", "the choice is remembered")
	assert.Contains(t, v.get("/login/done?code=CODE&state=00").body, "please quote", "the handlers of the SDK follow the choice")
	assert.Contains(t, v.get("/signin?lang=zh").body, "成员登录")
	assert.Contains(t, v.get("/signin?lang=nonsense").body, "成员登录")
}

func TestCustomerComesAndGoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	corp, operator := w.corp("晨光科技"), w.operator(t)
	assert.NotContains(t, operator.get("/corps").body, corp.ID)

	assert.Contains(t, w.visitor(t).install(corp).body, "晨光科技")
	page := operator.get("/corps/" + corp.ID)
	for _, part := range []string{"晨光科技", "示例应用", corp.Admin().ID} {
		assert.Contains(t, page.body, part)
	}
	admin := w.visitor(t)
	require.Equal(t, http.StatusSeeOther, admin.signIn(corp, corp.Admin(), "/admin").status)

	_, err := corp.Cancel(t.Context(), w.sim.app)
	require.NoError(t, err)
	require.Eventually(t, func() bool { return !strings.Contains(operator.get("/corps").body, corp.ID) }, 10*time.Second, 10*time.Millisecond)
	assert.Equal(t, http.StatusSeeOther, admin.get("/me").status, "the corp's sessions have ended")
	assert.Equal(t, http.StatusNotFound, operator.get("/corps/"+corp.ID).status)

	// From the market, as the simulation's button does it.
	require.Equal(t, http.StatusSeeOther, operator.post("/simulate/install", url.Values{"corp": {corp.ID}}).status)
	require.Eventually(t, func() bool { return strings.Contains(operator.get("/corps").body, corp.ID) }, 10*time.Second, 10*time.Millisecond)
}

func TestHealth(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	corp, operator := w.corp("晨光科技"), w.operator(t)
	w.visitor(t).install(corp)
	require.Equal(t, http.StatusOK, operator.get("/corps/"+corp.ID).status) // fetches a token of the corp
	page := operator.get("/health").body
	assert.Equal(t, 5, strings.Count(page, `data-state="ok"`)-strings.Count(page, `data-state="ok">SQLite`), "tickets of app and login, tokens of app, provider and corp")
	assert.Contains(t, operator.get("/healthz").body, "ok\n")

	// A token that the platform has ended heals itself.
	require.Equal(t, http.StatusSeeOther, operator.post("/simulate/expire", nil).status)
	assert.NotContains(t, operator.get("/corps/"+corp.ID).body, `class="problem"`)
	assert.Regexp(t, `data-state="ok">SQLite`, operator.get("/health").body)

	require.NoError(t, w.store.db.Close())
	assert.Equal(t, http.StatusServiceUnavailable, operator.get("/healthz").status)
	assert.Equal(t, http.StatusInternalServerError, operator.get("/corps").status, "a page that fails says so, with an id for the log")
}

func TestOrders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	corp, operator := w.corp("晨光科技"), w.operator(t)
	w.visitor(t).install(corp)
	order := url.Values{"accounts": {"5"}, "months": {"2"}, "buyer": {"zhangsan"}}
	require.Equal(t, "/corps/"+corp.ID, operator.post("/corps/"+corp.ID+"/licences", order).to())
	assert.Contains(t, operator.get("/corps/"+corp.ID).body, "订单已创建")
	calls := w.sim.platform.Calls("/cgi-bin/license/create_new_order")
	require.Len(t, calls, 1)
	assert.JSONEq(t, `{"corpid":"`+corp.ID+`","buyer_userid":"zhangsan","account_count":{"base_count":5},"account_duration":{"months":2}}`, string(calls[0].Body))
	page := operator.get("/orders")
	assert.Equal(t, http.StatusOK, page.status)
	assert.NotContains(t, page.body, `class="problem"`)

	orders := w.sim.platform.LicenseOrders()
	require.Len(t, orders, 1)
	assert.Contains(t, page.body, orders[0].ID)
	assert.Contains(t, page.body, "待支付")
	require.NoError(t, w.sim.platform.PayLicenseOrder(t.Context(), orders[0].ID))
	require.Equal(t, http.StatusSeeOther, operator.post("/simulate/buy", url.Values{"corp": {corp.ID}}).status)
	require.Equal(t, http.StatusSeeOther, operator.post("/simulate/clock", nil).status)
	page = operator.get("/orders")
	assert.NotContains(t, page.body, "待支付")
	assert.Regexp(t, `标准版 （测试）</td><td>已支付`, page.body)

	order.Set("accounts", "many")
	operator.post("/corps/"+corp.ID+"/licences", order)
	assert.Regexp(t, `role="alert">[^<]*填写的内容不对`, operator.get("/corps/"+corp.ID).body)
	assert.Len(t, w.sim.platform.Calls("/cgi-bin/license/create_new_order"), 1)
}
