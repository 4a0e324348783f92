package sso_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
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
	"github.com/wecom-isv/wecom/provider"
	"github.com/wecom-isv/wecom/sso"
	"github.com/wecom-isv/wecom/suite"
	"github.com/wecom-isv/wecom/wecomtest"
)

const (
	chrome    = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
	wecomApp  = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile wxwork/5.0.0 MicroMessenger/7.0.1 Language/zh"
	wecomPC   = "Mozilla/5.0 (Windows NT 10.0) Chrome/107.0 Safari/537.36 WindowsWechat MicroMessenger WXWork/4.1.30"
	wechatApp = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile MicroMessenger/8.0.50 Language/zh_CN"

	site = "https://app.example.com"
)

// visitor is a browser in front of a site's handlers.
type visitor struct {
	*browser

	mux    *http.ServeMux
	header http.Header
}

// arrive returns a visitor with an empty browser.
func arrive(mux *http.ServeMux, userAgent, language string) *visitor {
	return &visitor{
		browser: newBrowser(site), mux: mux,
		header: http.Header{"User-Agent": {userAgent}, "Accept-Language": {language}},
	}
}

// do sends a request with the cookies of the browser and keeps those that it is given.
func (v *visitor) do(t *testing.T, method, target, form string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, site+target, strings.NewReader(form))
	maps.Copy(r.Header, v.header)
	if form != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, name := range v.names {
		r.AddCookie(&http.Cookie{Name: name, Value: v.cookies[name]})
	}
	w := httptest.NewRecorder()
	v.mux.ServeHTTP(w, r)
	v.take(t, w)
	return w
}

func (v *visitor) get(t *testing.T, target string) *httptest.ResponseRecorder {
	t.Helper()
	return v.do(t, http.MethodGet, target, "")
}

// location is where a redirect leads to.
func location(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	require.Equal(t, http.StatusFound, w.Code, w.Body.String())
	return w.Header().Get("Location")
}

// signedIn collects who has signed in.
type signedIn struct{ people []sso.Identity }

func (s *signedIn) take(w http.ResponseWriter, r *http.Request, id sso.Identity, next string) {
	s.people = append(s.people, id)
	http.Redirect(w, r, next, http.StatusSeeOther)
}

// config is a site of the third-party app and the login authorisation of w.
func (w *world) config(t *testing.T, who *signedIn) sso.HandlerConfig {
	t.Helper()
	return sso.HandlerConfig{
		States: newStates(t), RedirectURI: site + "/in", LoginPath: "/login", Home: "/home", Pages: w.pages,
		Entry: sso.Entry{
			InClient: sso.Way{Page: sso.AppOAuth2{SuiteID: w.thirdParty.ID, Scope: sso.ScopeBase}, SignIn: w.app.SignIn},
			Web:      sso.Way{Page: sso.ServiceLogin{SuiteID: w.loginSuite.ID}, SignIn: w.login.SignIn},
		},
		SignedIn: who.take,
		Console:  w.login.SignInConsole,
	}
}

// mount serves the handlers of cfg.
func mount(t *testing.T, cfg sso.HandlerConfig) *http.ServeMux {
	t.Helper()
	mux := http.NewServeMux()
	handle := func(pattern string) func(http.Handler, error) {
		return func(h http.Handler, err error) {
			t.Helper()
			require.NoError(t, err)
			mux.Handle(pattern, h)
		}
	}
	handle("/login")(sso.LoginHandler(cfg))
	handle("/{tenant}/login")(sso.LoginHandler(cfg))
	handle("/in")(sso.CallbackHandler(cfg))
	if cfg.Console != nil {
		handle("/settings")(sso.ConsoleHandler(cfg))
	}
	return mux
}

// stub is a site whose sign-ins need no platform: the code is the user id.
func stub(t *testing.T, who *signedIn) sso.HandlerConfig {
	t.Helper()
	way := sso.Way{
		Page: sso.AppOAuth2{SuiteID: "ww1", Scope: sso.ScopeBase},
		SignIn: func(_ context.Context, code sso.LoginCode) (sso.Identity, error) {
			return sso.Identity{CorpID: "wp1", UserID: string(code)}, nil
		},
	}
	return sso.HandlerConfig{
		States: newStates(t), RedirectURI: site + "/in", LoginPath: "/login", SignedIn: who.take,
		Entry: sso.Entry{InClient: way, Web: way},
	}
}

func stateOf(t *testing.T, page string) string {
	t.Helper()
	u, err := url.Parse(page)
	require.NoError(t, err)
	return u.Query().Get("state")
}

func TestHandlersChooseThePage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, tc := range map[string]struct{ agent, language, path, lang string }{
		"phone":           {wecomApp, "zh-CN", "/connect/oauth2/authorize", ""},
		"desktop client":  {wecomPC, "en", "/connect/oauth2/authorize", ""},
		"WeChat":          {wechatApp, "zh", "/connect/oauth2/authorize", ""},
		"browser":         {chrome, "zh-CN,zh;q=0.9", "/wwlogin/sso/login", "zh"},
		"English browser": {chrome, "en-US", "/wwlogin/sso/login", "en"},
		"nobody knows":    {"", "", "/wwlogin/sso/login", "zh"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var who signedIn
			v := arrive(mount(t, w.config(t, &who)), tc.agent, tc.language)
			begun := v.get(t, "/login?next=/orders%3Fpage%3D2%23top")
			assert.Equal(t, "no-store", begun.Header().Get("Cache-Control"))
			page := location(t, begun)
			u, err := url.Parse(page)
			require.NoError(t, err)
			assert.Equal(t, tc.path, u.Path)
			assert.Equal(t, tc.lang, u.Query().Get("lang"))
			back, err := w.corp.Login(t.Context(), w.member, page)
			require.NoError(t, err)

			ended := v.get(t, back.RequestURI())
			assert.Equal(t, http.StatusSeeOther, ended.Code)
			assert.Equal(t, "/orders?page=2#top", ended.Header().Get("Location"))
			assert.Equal(t, "no-store", ended.Header().Get("Cache-Control"))
			assert.Equal(t, "strict-origin", ended.Header().Get("Referrer-Policy"))
			require.Len(t, who.people, 1)
			assert.Equal(t, w.corp.ID, who.people[0].CorpID)
			assert.Equal(t, w.member.ID, who.people[0].UserID)
		})
	}
}

// A way may go on to the profile; what it returns is what SignedIn gets.
func TestHandlersWithProfile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var who signedIn
	cfg := w.config(t, &who)
	cfg.Entry.InClient = sso.Way{
		Page: sso.AppOAuth2{SuiteID: w.thirdParty.ID, Scope: sso.ScopePrivateInfo},
		SignIn: func(ctx context.Context, code sso.LoginCode) (sso.Identity, error) {
			id, err := w.app.SignIn(ctx, code)
			if err != nil {
				return sso.Identity{}, err
			}
			return w.app.WithProfile(ctx, id)
		},
	}
	v := arrive(mount(t, cfg), wecomApp, "")
	back, err := w.corp.Login(t.Context(), w.member, location(t, v.get(t, "/login")))
	require.NoError(t, err)
	assert.Equal(t, http.StatusSeeOther, v.get(t, back.RequestURI()).Code)
	require.Len(t, who.people, 1)
	assert.Equal(t, w.member.Avatar, who.people[0].Profile.Avatar)
}

func TestHandlersWithOneWay(t *testing.T) {
	t.Parallel()
	var who signedIn
	cfg := stub(t, &who)
	cfg.Entry.Web = sso.Way{}
	w := arrive(mount(t, cfg), chrome, "en").get(t, "/login")
	assert.Equal(t, http.StatusForbidden, w.Code)
	assert.Contains(t, w.Body.String(), "Please open this in WeCom")
	assert.Empty(t, w.Result().Cookies()) //nolint:bodyclose // A recorder.

	cfg = stub(t, &who)
	cfg.Entry = sso.Entry{Web: sso.Way{Page: sso.CorpLogin{CorpID: "wp1", AgentID: 1}, SignIn: cfg.Entry.Web.SignIn}}
	assert.Contains(t, location(t, arrive(mount(t, cfg), wecomApp, "").get(t, "/login")), "login_type=CorpApp")

	cfg = stub(t, &who)
	cfg.InClient = func(*http.Request) bool { return false }
	cfg.Entry.Web.Page = sso.ServiceLogin{SuiteID: "ww2", Lang: sso.LangEnglish, RedirectURI: "https://login.example.com/in"}
	page := location(t, arrive(mount(t, cfg), wecomApp, "zh").get(t, "/login"))
	assert.Contains(t, page, "redirect_uri=https%3A%2F%2Flogin.example.com%2Fin&state=")
	assert.True(t, strings.HasSuffix(page, "&lang=en"), "what a page has of its own stays")
}

// Only the old QR login brings its code back as auth_code. A page may be given as a
// pointer.
func TestHandlersReadTheCodeOfThePage(t *testing.T) {
	t.Parallel()
	for param, pages := range map[string][]sso.Page{
		"auth_code": {sso.ProviderQRLogin{CorpID: "ww1"}, &sso.ProviderQRLogin{CorpID: "ww1"}},
		"code":      {sso.ServiceLogin{SuiteID: "ww1"}, &sso.ServiceLogin{SuiteID: "ww1"}},
	} {
		for _, page := range pages {
			var who signedIn
			cfg := stub(t, &who)
			cfg.Entry.Web.Page = page
			v := arrive(mount(t, cfg), chrome, "")
			state := stateOf(t, location(t, v.get(t, "/login")))
			assert.Equal(t, http.StatusSeeOther, v.get(t, "/in?"+param+"=zhangsan&state="+state).Code, "%T", page)
			assert.Len(t, who.people, 1, "%T", page)
		}
	}
}

// Each tab has a sign-in of its own, whichever ends first.
func TestHandlersWithTwoTabs(t *testing.T) {
	t.Parallel()
	var who signedIn
	v := arrive(mount(t, stub(t, &who)), wecomApp, "")
	first := stateOf(t, location(t, v.get(t, "/login?next=/first")))
	second := stateOf(t, location(t, v.get(t, "/login?next=/second")))
	for _, tab := range []struct{ state, next string }{{second, "/second"}, {first, "/first"}} {
		w := v.get(t, "/in?code=zhangsan&state="+tab.state)
		assert.Equal(t, http.StatusSeeOther, w.Code)
		assert.Equal(t, tab.next, w.Header().Get("Location"))
	}
	assert.Len(t, who.people, 2)
}

func TestHandlersRefuseBadStates(t *testing.T) {
	t.Parallel()
	type visit struct {
		who   *signedIn
		v     *visitor
		state string
	}
	for name, tc := range map[string]struct {
		query func(t *testing.T, at visit) string
		says  string
		link  string // the first one of the page
	}{
		"none":   {func(*testing.T, visit) string { return "code=mallory" }, "began", "/login"},
		"forged": {func(*testing.T, visit) string { return "code=mallory&state=" + strings.Repeat("ab", 40) }, "began", "/login"},
		"changed": {func(_ *testing.T, at visit) string {
			return "code=mallory&state=" + strings.Map(func(r rune) rune { return '0' + (r-'0'+1)%10 }, at.state)
		}, "began", "/login"},
		"given twice": {func(_ *testing.T, at visit) string {
			return "code=mallory&state=" + strings.Repeat("ab", 40) + "&state=" + at.state
		}, "began", "/login"},
		"of another browser": {func(t *testing.T, at visit) string {
			t.Helper()
			at.v.browser = newBrowser(site)
			return "code=mallory&state=" + at.state
		}, "began", "/login"},
		"replayed": {func(t *testing.T, at visit) string {
			t.Helper()
			query := "code=zhangsan&state=" + at.state
			require.Equal(t, http.StatusSeeOther, at.v.get(t, "/in?"+query).Code)
			at.who.people = nil
			return query
		}, "works only once", "/orders?a=b&amp;c"},
		"of a key that was replaced": {func(t *testing.T, at visit) string {
			t.Helper()
			states, err := sso.NewStates(wecom.NewSecret(strings.Repeat("x", 32)))
			require.NoError(t, err)
			return "code=mallory&state=" + at.v.start(t, states, "/")
		}, "began", "/login"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var who signedIn
			v := arrive(mount(t, stub(t, &who)), wecomApp, "en")
			state := stateOf(t, location(t, v.get(t, "/login?next="+url.QueryEscape("/orders?a=b&c"))))
			w := v.get(t, "/in?"+tc.query(t, visit{&who, v, state}))
			assert.Equal(t, http.StatusForbidden, w.Code)
			assert.Empty(t, who.people)
			assert.Contains(t, w.Body.String(), tc.says)
			link := regexp.MustCompile(`<a href="([^"]*)"`).FindStringSubmatch(w.Body.String())
			require.NotNil(t, link)
			assert.Equal(t, tc.link, link[1])
			assert.Equal(t, "strict-origin", w.Header().Get("Referrer-Policy"),
				"no code goes along, but the login page sees a Referer when the person starts again")
			assert.Contains(t, w.Header().Get("Content-Security-Policy"), "default-src 'none'")
		})
	}
}

func TestHandlersRefuseLateReturns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var who signedIn
		v := arrive(mount(t, stub(t, &who)), wecomApp, "zh")
		state := stateOf(t, location(t, v.get(t, "/login")))
		time.Sleep(sso.DefaultStateLife + time.Second)
		w := v.get(t, "/in?code=zhangsan&state="+state)
		assert.Equal(t, http.StatusForbidden, w.Code)
		assert.Contains(t, w.Body.String(), "重新登录")
		assert.Empty(t, who.people)
	})
}

// The state of one tenant cannot end the sign-in of another: which it was is in
// the cookie, not in the address.
func TestHandlersOfSeveralTenants(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var who signedIn
	cfg := w.config(t, &who)
	cfg.Entry, cfg.LoginPath = sso.Entry{}, "/{tenant}/login"
	cfg.EntryOf = func(_ context.Context, tenant string) (sso.Entry, error) {
		switch tenant {
		case w.corp.ID:
			return sso.Entry{
				InClient: sso.Way{Page: sso.CorpOAuth2{CorpID: tenant, AgentID: w.customAgent, Scope: sso.ScopeBase}, SignIn: w.corpApp.SignIn},
				Web:      sso.Way{Page: sso.CorpLogin{CorpID: tenant, AgentID: w.customAgent}, SignIn: w.corpApp.SignIn},
			}, nil
		case "provider site":
			return sso.Entry{Web: sso.Way{
				Page:   sso.ProviderQRLogin{CorpID: w.platform.Provider().CorpID, UserType: sso.UserTypeMember},
				SignIn: w.provider.SignInQR,
			}}, nil
		case "broken":
			return sso.Entry{}, errors.New("the database is down")
		case "empty":
			return sso.Entry{}, nil
		case "cancelled":
			return sso.Entry{}, suite.ErrNoCode
		}
		return sso.Entry{}, sso.ErrNoEntry
	}
	mux := mount(t, cfg)
	for tenant, agent := range map[string]string{w.corp.ID: wecomApp, w.corp.ID + "?": chrome, "provider%20site": chrome} {
		v := arrive(mux, agent, "")
		path, _ := strings.CutSuffix(tenant, "?")
		page := location(t, v.get(t, "/"+path+"/login"))
		back, err := w.corp.Login(t.Context(), w.member, page)
		require.NoError(t, err)
		ended := v.get(t, back.RequestURI())
		assert.Equal(t, http.StatusSeeOther, ended.Code, ended.Body.String())
		assert.Equal(t, "/home", ended.Header().Get("Location"))

		again := v.get(t, back.RequestURI())
		assert.Contains(t, again.Body.String(), `href="/`+path+`/login?next=%2Fhome"`, "to start again in the same place")
	}
	require.Len(t, who.people, 3)
	for _, id := range who.people {
		assert.Equal(t, w.member.ID, id.UserID)
	}
	lost := arrive(mux, chrome, "").get(t, "/in?code=c&state="+strings.Repeat("ab", 40))
	assert.Equal(t, http.StatusForbidden, lost.Code)
	assert.NotContains(t, lost.Body.String(), "href", "nobody knows of which tenant it was, and //login is another host")
	for path, status := range map[string]int{
		"/wpOther/login": 404, "/login": 404, "/" + strings.Repeat("x", 129) + "/login": 404, "/a%00b/login": 404,
		"/broken/login": 500, "/empty/login": 500, "/cancelled/login": 403,
	} {
		assert.Equal(t, status, arrive(mux, chrome, "").get(t, path).Code, path)
	}
}

func TestHandlersOfARefusal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var who signedIn
	v := arrive(mount(t, w.config(t, &who)), chrome, "zh")
	back, err := w.corp.Refuse(t.Context(), w.member, location(t, v.get(t, "/login?next=/orders")))
	require.NoError(t, err)
	ended := v.get(t, back.RequestURI())
	assert.Equal(t, http.StatusForbidden, ended.Code)
	assert.Contains(t, ended.Body.String(), "<h1>已取消登录</h1>")
	assert.Contains(t, ended.Body.String(), `<a href="/login?next=%2Forders">重新登录</a>`)
	again := v.get(t, back.RequestURI())
	assert.Contains(t, again.Body.String(), "本次登录已经完成", "the attempt has ended")
	assert.Empty(t, who.people)
}

func TestPanelHandler(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var who signedIn
	cfg := w.config(t, &who)
	mux := mount(t, cfg)
	h, err := sso.PanelHandler(cfg, sso.PanelLook{RedirectType: sso.RedirectCallback})
	require.NoError(t, err)
	mux.Handle("/panel", h)
	v := arrive(mux, chrome, "en")
	got := v.get(t, "/panel?next=/orders")
	assert.Equal(t, http.StatusOK, got.Code)
	assert.Equal(t, "application/json", got.Header().Get("Content-Type"))
	assert.Equal(t, "no-store", got.Header().Get("Cache-Control"))
	var panel sso.Panel
	require.NoError(t, json.Unmarshal(got.Body.Bytes(), &panel))
	assert.Equal(t, site+"/in", panel.RedirectURI, "plain: the component encodes it")
	assert.Equal(t, sso.LangEnglish, panel.Lang)

	// The component opens the page of these parameters and hands the code to the
	// script, which posts it with the state.
	page := sso.ServiceLogin{SuiteID: panel.AppID, RedirectURI: panel.RedirectURI, State: panel.State, Pages: w.pages}
	back := w.visit(t, w.member, page)
	ended := v.do(t, http.MethodPost, "/in", back.Encode())
	assert.Equal(t, http.StatusSeeOther, ended.Code, ended.Body.String())
	assert.Equal(t, "/orders", ended.Header().Get("Location"))

	// A panel in a page that calls States itself ends in the same handler.
	page.State = v.start(t, cfg.States, "/again")
	ended = v.do(t, http.MethodPost, "/in", w.visit(t, w.member, page).Encode())
	assert.Equal(t, "/again", ended.Header().Get("Location"))
	assert.Len(t, who.people, 2)

	assert.Equal(t, http.StatusBadRequest, v.get(t, "/panel?next=//evil.example").Code)
	assert.Equal(t, http.StatusBadRequest, v.do(t, http.MethodPost, "/in", strings.Repeat("x", 9<<10)).Code)

	cfg.Entry.Web.Page = sso.ProviderQRLogin{CorpID: "ww1"}
	_, err = sso.PanelHandler(cfg, sso.PanelLook{})
	require.ErrorContains(t, err, "must be a ServiceLogin or a CorpLogin")
	cfg.Entry.Web = sso.Way{}
	_, err = sso.PanelHandler(cfg, sso.PanelLook{})
	require.ErrorContains(t, err, "must be a ServiceLogin or a CorpLogin")
}

func TestHandlersTakeOneMethod(t *testing.T) {
	t.Parallel()
	var who signedIn
	cfg := stub(t, &who)
	cfg.Console = func(context.Context, provider.LoginAuthCode) (sso.Identity, error) { return sso.Identity{}, nil }
	v := arrive(mount(t, cfg), wecomApp, "")
	for path, allow := range map[string]string{"/login": "GET", "/in": "GET, POST", "/settings": "GET"} {
		for _, method := range []string{http.MethodHead, http.MethodPut, http.MethodOptions} {
			w := v.do(t, method, path, "")
			assert.Equal(t, http.StatusMethodNotAllowed, w.Code)
			assert.Equal(t, allow, w.Header().Get("Allow"))
		}
	}
	state := stateOf(t, location(t, v.get(t, "/login")))
	v.do(t, http.MethodHead, "/in?code=zhangsan&state="+state, "")
	assert.Equal(t, http.StatusSeeOther, v.get(t, "/in?code=zhangsan&state="+state).Code, "HEAD uses nothing up")
}

func TestFailures(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		err    error
		status int
		level  string
	}{
		"a used code":        {wecom.Code(40029), 403, "INFO"},
		"busy":               {wecom.Code(-1), 503, "ERROR"},
		"too often":          {wecom.Code(45009), 503, "ERROR"},
		"no ticket":          {wecom.ErrNoTicket, 503, "ERROR"},
		"time is up":         {context.DeadlineExceeded, 503, "ERROR"},
		"the browser left":   {context.Canceled, 503, "INFO"},
		"wrong domain":       {wecom.Code(50001), 500, "ERROR"},
		"app removed":        {wecom.Code(40084), 403, "INFO"},
		"nobody is named":    {sso.ErrIncomplete, 500, "ERROR"},
		"what cannot be one": {&sso.CodeError{Op: "x", Param: "code", Reason: "is empty"}, 400, "INFO"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var who signedIn
			var out lockedBuffer
			var got sso.Failure
			cfg := stub(t, &who)
			cfg.Logger = slog.New(slog.NewJSONHandler(&out, nil))
			cfg.Entry.InClient.SignIn = func(context.Context, sso.LoginCode) (sso.Identity, error) { return sso.Identity{}, tc.err }
			own := cfg
			own.Failed = func(_ http.ResponseWriter, _ *http.Request, f sso.Failure) { got = f }
			for _, cfg := range []sso.HandlerConfig{cfg, own} {
				v := arrive(mount(t, cfg), wecomApp, "en")
				state := stateOf(t, location(t, v.get(t, "/login?next=/orders")))
				w := v.get(t, "/in?code=CANARYcode&state="+state)
				if cfg.Failed != nil {
					continue
				}
				assert.Equal(t, tc.status, w.Code)
				id := regexp.MustCompile(`<code>(\w{12})</code>`).FindStringSubmatch(w.Body.String())
				require.NotNil(t, id)
				var line struct {
					Level   string `json:"level"`
					ID      string `json:"id"`
					Handler string `json:"handler"`
					Err     string `json:"err"`
				}
				require.NoError(t, json.Unmarshal([]byte(out.String()), &line))
				assert.Equal(t, id[1], line.ID, "the page and the log have the same id")
				assert.Equal(t, tc.level, line.Level)
				assert.Equal(t, "CallbackHandler", line.Handler)
				assert.Equal(t, tc.err.Error(), line.Err)
				assert.NotContains(t, w.Body.String(), tc.err.Error())
				assert.NotContains(t, w.Body.String()+out.String(), "CANARY")
			}
			assert.Empty(t, who.people)
			require.ErrorIs(t, got.Err, tc.err)
			assert.Equal(t, tc.status, got.Status)
			assert.Equal(t, "/orders", got.Next)
			assert.Equal(t, "/login?next=%2Forders", got.Retry)
			assert.Contains(t, out.String(), got.ID)
			assert.NotEmpty(t, got.Message)
		})
	}
}

func TestConsoleHandler(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, console := range map[string]func(context.Context, provider.LoginAuthCode) (sso.Identity, error){
		"login authorisation": w.login.SignInConsole,
		"legacy call":         w.provider.SignIn,
	} {
		var who signedIn
		cfg := w.config(t, &who)
		cfg.Console = console
		v := arrive(mount(t, cfg), chrome, "en")
		back, err := w.corp.OpenConsole(t.Context(), w.thirdParty)
		require.NoError(t, err)
		ended := v.get(t, back.RequestURI())
		assert.Equal(t, http.StatusSeeOther, ended.Code, ended.Body.String())
		assert.Equal(t, "/home", ended.Header().Get("Location"))
		assert.Equal(t, "no-store", ended.Header().Get("Cache-Control"))
		require.Len(t, who.people, 1)
		assert.Equal(t, w.corp.Admin().ID, who.people[0].UserID)
		assert.Equal(t, name == "legacy call", who.people[0].IsAdmin())

		assert.Equal(t, http.StatusForbidden, v.get(t, back.RequestURI()).Code, "the code works once")
		back, err = w.corp.OpenConsole(t.Context(), w.thirdParty)
		require.NoError(t, err)
		assert.Equal(t, "/admin", v.get(t, back.RequestURI()+"&next=/admin").Header().Get("Location"))
		assert.Equal(t, http.StatusBadRequest, v.get(t, "/settings?auth_code=CANARY&next=https://evil.example").Code)
		assert.Equal(t, http.StatusBadRequest, v.get(t, "/settings").Code)
		assert.Equal(t, http.StatusBadRequest, v.get(t, "/settings?auth_code=a&auth_code=b").Code)
		assert.Len(t, who.people, 2)
	}
}

// With a login authorisation the code of any sign-in passes for one of the
// console: only the list of administrators tells.
func TestFindAdmin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	code := loginCode(t, w.visit(t, w.member, sso.ServiceLogin{SuiteID: w.loginSuite.ID, RedirectURI: redirect, State: "s1", Pages: w.pages}))
	id, err := w.login.SignInConsole(t.Context(), provider.LoginAuthCode(code))
	require.NoError(t, err)
	assert.Equal(t, w.member.ID, id.UserID)
	assert.False(t, id.IsAdmin())

	corp := w.customCorp
	_, err = sso.FindAdmin(t.Context(), corp, id)
	require.ErrorIs(t, err, sso.ErrNotAdmin)
	list, err := corp.GetAdminList(t.Context())
	require.NoError(t, err)
	require.NotEmpty(t, list.Admins)
	id.UserID = list.Admins[0].UserID
	admin, err := sso.FindAdmin(t.Context(), corp, id)
	require.NoError(t, err)
	assert.Equal(t, list.Admins[0], admin)

	id.CorpID = "wpOther"
	_, err = sso.FindAdmin(t.Context(), corp, id)
	require.ErrorIs(t, err, sso.ErrNotAdmin, "the same userid in another corp is somebody else")
	_, err = sso.FindAdmin(t.Context(), nil, id)
	require.ErrorIs(t, err, sso.ErrNotAdmin)
	id.CorpID = corp.ID()
	w.platform.Inject(wecomtest.Fault{Path: "/cgi-bin/agent/get_admin_list", Code: 48002})
	_, err = sso.FindAdmin(t.Context(), corp, id)
	require.ErrorIs(t, err, wecom.Code(48002))
}

func TestHandlersCheckTheirConfig(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*sso.HandlerConfig){
		"States is missing":                             func(c *sso.HandlerConfig) { c.States = nil },
		"InClient and Web are both missing":             func(c *sso.HandlerConfig) { c.Entry = sso.Entry{} },
		"InClient.SignIn is missing":                    func(c *sso.HandlerConfig) { c.Entry.InClient.SignIn = nil },
		"Web.Page is missing":                           func(c *sso.HandlerConfig) { c.Entry.Web.Page = nil },
		"AppOAuth2: appid is missing":                   func(c *sso.HandlerConfig) { c.Entry.Web.Page = sso.AppOAuth2{Scope: sso.ScopeBase} },
		"CorpLogin: agentid is missing":                 func(c *sso.HandlerConfig) { c.Entry.Web.Page = sso.CorpLogin{CorpID: "wp1"} },
		"CorpQRLogin: agentid is missing":               func(c *sso.HandlerConfig) { c.Entry.Web.Page = sso.CorpQRLogin{CorpID: "wp1"} },
		"AppOAuth2: redirect_uri is missing":            func(c *sso.HandlerConfig) { c.RedirectURI = "" },
		"LoginHandler: RedirectURI":                     func(c *sso.HandlerConfig) { c.RedirectURI = "/in" },
		"LoginHandler: Home is not a path on this site": func(c *sso.HandlerConfig) { c.Home = "//evil.example" },
		"LoginHandler: LoginPath is not a path on":      func(c *sso.HandlerConfig) { c.LoginPath = "https://app.example.com/login" },
		"LoginHandler: LoginPath has a query":           func(c *sso.HandlerConfig) { c.LoginPath = "/login?tenant={tenant}" },
		"LoginHandler: Entry and EntryOf are both given": func(c *sso.HandlerConfig) {
			c.EntryOf = func(context.Context, string) (sso.Entry, error) { return sso.Entry{}, nil }
		},
	} {
		var who signedIn
		cfg := stub(t, &who)
		change(&cfg)
		_, err := sso.LoginHandler(cfg)
		require.ErrorContains(t, err, want)
		require.ErrorIs(t, err, wecom.ErrBadParameter)
		_, err = sso.CallbackHandler(cfg)
		require.Error(t, err)
		_, err = sso.PanelHandler(cfg, sso.PanelLook{})
		require.Error(t, err)
	}
	var who signedIn
	cfg := stub(t, &who)
	_, err := sso.ConsoleHandler(cfg)
	require.ErrorContains(t, err, "Console is missing")
	cfg.SignedIn = nil
	_, err = sso.CallbackHandler(cfg)
	require.ErrorContains(t, err, "SignedIn is missing")
	cfg.Console = func(context.Context, provider.LoginAuthCode) (sso.Identity, error) { return sso.Identity{}, nil }
	_, err = sso.ConsoleHandler(cfg)
	require.ErrorContains(t, err, "SignedIn is missing")
}

func TestUserAgents(t *testing.T) {
	t.Parallel()
	for agent, want := range map[string][2]bool{
		chrome: {false, false}, wecomApp: {true, false}, wecomPC: {true, false}, wechatApp: {false, true}, "": {false, false},
	} {
		r := newBrowser(site).request(t)
		r.Header.Set("User-Agent", agent)
		assert.Equal(t, want, [2]bool{sso.InWeCom(r), sso.InWeChat(r)}, agent)
	}
}
