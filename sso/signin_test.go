package sso_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/provider"
	"github.com/wecom-isv/wecom/sso"
	"github.com/wecom-isv/wecom/suite"
	"github.com/wecom-isv/wecom/wecomtest"
)

// world is a platform with a corp that has installed a third-party app and a
// customised app, and the clients of all that.
type world struct {
	platform *wecomtest.Platform
	corp     *wecomtest.Corp
	member   wecomtest.User

	thirdParty, loginSuite, template *wecomtest.App

	customAgent int64
	pages       sso.Pages
	app, login  *sso.App
	corpApp     *sso.CorpApp
	customCorp  *suite.Corp
	provider    *sso.ProviderLogin
}

func newWorld(t *testing.T, opts ...wecom.Option) *world {
	t.Helper()
	w := &world{platform: wecomtest.NewPlatform(t, wecomtest.WithSecrets(func(string) string { return "CANARY" }))}
	// Without sockets: net/http itself repeats a GET on a connection that breaks.
	api, err := wecom.New(append(opts, wecom.WithBaseURL(w.platform.URL()), wecom.WithTransport(w.platform.Transport()))...)
	require.NoError(t, err)
	w.pages = sso.PagesAt(w.platform.URL())
	w.thirdParty = w.platform.NewApp(wecomtest.AppConfig{SensitiveOK: true, BusinessSettingURL: "https://app.example.com/settings?from=console"})
	w.loginSuite = w.platform.NewLoginSuite(wecomtest.AppConfig{})
	w.template = w.platform.NewTemplate(wecomtest.AppConfig{SensitiveOK: true})
	w.corp = w.platform.NewCorp("Acme")
	w.member = w.corp.AddUser(wecomtest.User{Gender: "2", Mobile: "13800000000", Email: "a@example.com", Avatar: "https://img.example.com/a"})

	_, err = w.corp.Install(t.Context(), w.thirdParty)
	require.NoError(t, err)
	custom, err := w.corp.Install(t.Context(), w.template)
	require.NoError(t, err)
	w.customAgent = custom.AgentID

	w.app = sso.NewApp(w.suite(t, api, w.thirdParty))
	w.login = sso.NewApp(w.suite(t, api, w.loginSuite))
	template, err := suite.NewTemplate(api, suite.Config{ID: w.template.ID, Secret: w.template.Secret})
	require.NoError(t, err)
	require.NoError(t, template.SaveTicket(t.Context(), wecom.NewSecret(w.template.IssueTicket()), time.Now()))
	_, err = template.Authorize(t.Context(), wecom.AuthCode(custom.AuthCode))
	require.NoError(t, err)
	w.customCorp = template.Corp(w.corp.ID)
	w.corpApp = sso.NewCorpApp(w.customCorp)
	client, err := provider.New(api, provider.Config{CorpID: w.platform.Provider().CorpID, Secret: w.platform.Provider().Secret})
	require.NoError(t, err)
	w.provider = sso.NewProviderLogin(client)
	return w
}

func (w *world) suite(t *testing.T, api *wecom.Client, app *wecomtest.App) *suite.Client {
	t.Helper()
	client, err := suite.New(api, suite.Config{ID: app.ID, Secret: app.Secret})
	require.NoError(t, err)
	require.NoError(t, client.SaveTicket(t.Context(), wecom.NewSecret(app.IssueTicket()), time.Now()))
	return client
}

// visit sends the member to a page and returns what the browser brings back.
func (w *world) visit(t *testing.T, user wecomtest.User, p page) url.Values {
	t.Helper()
	back, err := w.corp.Login(t.Context(), user, address(t, p))
	require.NoError(t, err)
	return back.Query()
}

func address(t *testing.T, p page) string {
	t.Helper()
	a, err := p.URL()
	require.NoError(t, err)
	return a
}

func loginCode(t *testing.T, back url.Values) sso.LoginCode {
	t.Helper()
	got, err := sso.ParseCallback(back)
	require.NoError(t, err)
	require.Equal(t, "s1", got.State)
	return got.Code
}

func (w *world) oauth(scope sso.Scope) sso.AppOAuth2 {
	return sso.AppOAuth2{SuiteID: w.thirdParty.ID, RedirectURI: redirect + "?next=%2Fa", Scope: scope, State: "s1", Pages: w.pages}
}

func (w *world) corpOAuth(scope sso.Scope) sso.CorpOAuth2 {
	return sso.CorpOAuth2{CorpID: w.corp.ID, AgentID: w.customAgent, RedirectURI: redirect, Scope: scope, State: "s1", Pages: w.pages}
}

func TestSignInOfThirdPartyApp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, err := w.app.SignIn(t.Context(), loginCode(t, w.visit(t, w.member, w.oauth(sso.ScopeBase))))
	require.NoError(t, err)
	assert.Equal(t, sso.Identity{CorpID: w.corp.ID, UserID: w.member.ID, OpenUserID: w.member.OpenUserID}, id)
	assert.True(t, id.IsMember())
	assert.False(t, id.IsOutsider() || id.IsAdmin() || id.IsParent())

	_, err = w.app.WithProfile(t.Context(), id)
	require.ErrorIs(t, err, sso.ErrNoUserTicket)

	id, err = w.app.SignIn(t.Context(), loginCode(t, w.visit(t, w.member, w.oauth(sso.ScopePrivateInfo))))
	require.NoError(t, err)
	assert.WithinDuration(t, time.Now().Add(2*time.Hour), id.Ticket.ExpiresAt, time.Minute)
	full, err := w.app.WithProfile(t.Context(), id)
	require.NoError(t, err)
	assert.Equal(t, sso.GenderFemale, full.Profile.Gender)
	assert.Equal(t, w.member.Avatar, full.Profile.Avatar)
	assert.NotEmpty(t, full.Profile.QRCode)
	assert.Equal(t, id.OpenUserID, full.OpenUserID, "what was known stays")

	stranger := id
	stranger.UserID = "someone-else"
	_, err = w.app.WithProfile(t.Context(), stranger)
	require.ErrorIs(t, err, sso.ErrOtherPerson)
	stranger = id
	stranger.CorpID = "wpOther"
	_, err = w.app.WithProfile(t.Context(), stranger)
	require.ErrorIs(t, err, sso.ErrOtherPerson)
}

func TestSignInOfOutsider(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	back, err := w.platform.LoginOutsider(t.Context(), "oOutsider", address(t, w.oauth(sso.ScopeBase)))
	require.NoError(t, err)
	id, err := w.app.SignIn(t.Context(), loginCode(t, back.Query()))
	require.NoError(t, err, "a user outside any corp is no error")
	assert.Equal(t, sso.Identity{OpenID: "oOutsider"}, id)
	assert.True(t, id.IsOutsider())

	back, err = w.platform.LoginOutsider(t.Context(), "oOutsider", address(t, w.corpOAuth(sso.ScopeBase)))
	require.NoError(t, err)
	id, err = w.corpApp.SignIn(t.Context(), loginCode(t, back.Query()))
	require.NoError(t, err)
	assert.Equal(t, sso.Identity{OpenID: "oOutsider", AppCorpID: w.corp.ID}, id)
	assert.True(t, id.IsOutsider())
}

func TestSignInOnProviderSite(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := sso.ServiceLogin{SuiteID: w.loginSuite.ID, RedirectURI: redirect, State: "s1", Lang: sso.LangEnglish, Pages: w.pages}
	code := loginCode(t, w.visit(t, w.member, p))
	id, err := w.login.SignIn(t.Context(), code)
	require.NoError(t, err)
	assert.Equal(t, sso.Identity{CorpID: w.corp.ID, UserID: w.member.ID, OpenUserID: w.member.OpenUserID}, id)

	_, err = w.login.SignIn(t.Context(), code)
	require.ErrorIs(t, err, wecom.ErrCodeRejected, "a code works once")
	require.ErrorIs(t, err, wecom.Code(40029))
}

func TestSignInOfCustomisedApp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	want := sso.Identity{CorpID: w.corp.ID, UserID: w.member.ID, AppCorpID: w.corp.ID}
	for _, p := range []page{
		w.corpOAuth(sso.ScopeBase),
		sso.CorpLogin{CorpID: w.corp.ID, AgentID: w.customAgent, RedirectURI: redirect, State: "s1", Pages: w.pages},
		sso.CorpQRLogin{CorpID: w.corp.ID, AgentID: w.customAgent, RedirectURI: redirect, State: "s1", Pages: w.pages},
	} {
		id, err := w.corpApp.SignIn(t.Context(), loginCode(t, w.visit(t, w.member, p)))
		require.NoError(t, err)
		assert.Equal(t, want, id)
	}

	id, err := w.corpApp.SignIn(t.Context(), loginCode(t, w.visit(t, w.member, w.corpOAuth(sso.ScopePrivateInfo))))
	require.NoError(t, err)
	assert.WithinDuration(t, time.Now().Add(30*time.Minute), id.Ticket.ExpiresAt, time.Minute)
	id, err = w.corpApp.WithProfile(t.Context(), id)
	require.NoError(t, err)
	assert.Equal(t, w.member.Mobile, id.Profile.Mobile)
	assert.Equal(t, w.member.Email, id.Profile.Email)
	assert.Equal(t, sso.GenderFemale, id.Profile.Gender)

	w.platform.Advance(31 * time.Minute)
	_, err = w.corpApp.WithProfile(t.Context(), id)
	require.ErrorIs(t, err, wecom.ErrCodeRejected, "the platform says so before the clock here does")
	id.Ticket.ExpiresAt = time.Now()
	_, err = w.corpApp.WithProfile(t.Context(), id)
	require.ErrorIs(t, err, sso.ErrNoUserTicket)
}

func TestSignInOfLinkedCorp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	partner := w.platform.NewCorp("Partner")
	visitor := partner.AddUser(wecomtest.User{})
	back, err := partner.Login(t.Context(), visitor, address(t, w.corpOAuth(sso.ScopeBase)))
	require.NoError(t, err)
	id, err := w.corpApp.SignIn(t.Context(), loginCode(t, back.Query()))
	require.NoError(t, err)
	assert.Equal(t, sso.Identity{CorpID: partner.ID, UserID: visitor.ID, AppCorpID: w.corp.ID}, id)
}

func TestSignInOfAdministrator(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := sso.ProviderQRLogin{CorpID: w.platform.Provider().CorpID, RedirectURI: redirect, State: "s1", Pages: w.pages}
	got, err := sso.ParseQRCallback(w.visit(t, w.corp.Admin(), p))
	require.NoError(t, err)
	require.Equal(t, "s1", got.State)
	id, err := w.provider.SignIn(t.Context(), got.Code)
	require.NoError(t, err)
	assert.Equal(t, w.corp.ID, id.CorpID)
	assert.Equal(t, w.corp.Admin().ID, id.UserID)
	require.True(t, id.IsAdmin())
	assert.Equal(t, provider.LoginCreator, id.Admin.Type)
	assert.True(t, id.Admin.CanManage(w.customAgent))
	assert.False(t, id.Admin.CanManage(w.customAgent+1000))
	assert.NotEmpty(t, id.Admin.Departments)

	_, err = w.provider.SignIn(t.Context(), got.Code)
	require.ErrorIs(t, err, wecom.ErrCodeRejected)
	require.Len(t, w.platform.Calls("/cgi-bin/service/get_login_info"), 2)

	p.UserType = sso.UserTypeMember
	got, err = sso.ParseQRCallback(w.visit(t, w.member, p))
	require.NoError(t, err)
	id, err = w.provider.SignIn(t.Context(), got.Code)
	require.NoError(t, err)
	assert.Equal(t, w.member.ID, id.UserID)
	assert.False(t, id.IsAdmin())
	assert.False(t, id.Admin.CanManage(w.customAgent))
}

func TestSignInFromConsole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, signIn := range map[string]func(context.Context, provider.LoginAuthCode) (sso.Identity, error){
		"with a login authorisation":    w.login.SignInConsole,
		"without a login authorisation": w.provider.SignIn,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at, err := w.corp.OpenConsole(t.Context(), w.thirdParty)
			require.NoError(t, err)
			code, err := sso.ParseConsole(at.Query())
			require.NoError(t, err)
			id, err := signIn(t.Context(), code)
			require.NoError(t, err)
			assert.Equal(t, w.corp.ID, id.CorpID)
			assert.Equal(t, w.corp.Admin().ID, id.UserID)
		})
	}
}

func TestSignInOnOldPath(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, err := w.app.SignInSchool(t.Context(), loginCode(t, w.visit(t, w.member, w.oauth(sso.ScopePrivateInfo))))
	require.NoError(t, err)
	assert.Equal(t, w.corp.ID, id.CorpID)
	assert.Equal(t, w.member.ID, id.UserID)
	assert.NotEmpty(t, id.DeviceID)
	require.True(t, id.Ticket.Live())
	detail, err := w.app.GetUserDetail3rdLegacy(t.Context(), id.Ticket.Value)
	require.NoError(t, err)
	assert.Equal(t, w.member.ID, detail.Identity().UserID)
}

func TestSignInOfMiniProgram(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	js, err := w.corp.JSCode(w.member, w.thirdParty)
	require.NoError(t, err)
	id, err := w.app.SignInMiniProgram(t.Context(), sso.JSCode(js))
	require.NoError(t, err)
	assert.Equal(t, w.member.OpenUserID, id.OpenUserID)
	assert.Equal(t, w.member.ID, id.UserID)
	assert.False(t, id.SessionKey.IsZero())

	js, err = w.corp.JSCode(w.member, w.template)
	require.NoError(t, err)
	id, err = w.corpApp.SignInMiniProgram(t.Context(), sso.JSCode(js))
	require.NoError(t, err)
	assert.Equal(t, w.corp.ID, id.AppCorpID)
	assert.Equal(t, w.member.ID, id.UserID)
	assert.False(t, id.SessionKey.IsZero())
}

func TestRefusal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	back, err := w.corp.Refuse(t.Context(), w.member, address(t, w.oauth(sso.ScopePrivateInfo)))
	require.NoError(t, err)
	got, err := sso.ParseCallback(back.Query())
	require.ErrorIs(t, err, sso.ErrRefused)
	assert.Equal(t, "s1", got.State)
}

// attempts calls every endpoint of the package once with what is no code.
func attempts(w *world, code string) map[string]func(context.Context) error {
	ticket := wecom.NewSecret(code)
	return map[string]func(context.Context) error{
		"/cgi-bin/service/auth/getuserinfo3rd":        func(ctx context.Context) error { return second(w.app.SignIn(ctx, sso.LoginCode(code))) },
		"/cgi-bin/service/getuserinfo3rd":             func(ctx context.Context) error { return second(w.app.SignInSchool(ctx, sso.LoginCode(code))) },
		"/cgi-bin/service/miniprogram/jscode2session": func(ctx context.Context) error { return second(w.app.SignInMiniProgram(ctx, sso.JSCode(code))) },
		"/cgi-bin/auth/getuserinfo":                   func(ctx context.Context) error { return second(w.corpApp.SignIn(ctx, sso.LoginCode(code))) },
		"/cgi-bin/miniprogram/jscode2session":         func(ctx context.Context) error { return second(w.corpApp.SignInMiniProgram(ctx, sso.JSCode(code))) },
		"/cgi-bin/service/get_login_info":             func(ctx context.Context) error { return second(w.provider.SignIn(ctx, provider.LoginAuthCode(code))) },
		"/cgi-bin/service/auth/getuserdetail3rd":      func(ctx context.Context) error { return second(w.app.GetUserDetail3rd(ctx, ticket)) },
		"/cgi-bin/service/getuserdetail3rd":           func(ctx context.Context) error { return second(w.app.GetUserDetail3rdLegacy(ctx, ticket)) },
		"/cgi-bin/auth/getuserdetail":                 func(ctx context.Context) error { return second(w.corpApp.GetUserDetail(ctx, ticket)) },
	}
}

func second[T any](_ T, err error) error { return err }

func TestWhatCannotBeACodeIsNotSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.platform.ForgetCalls()
	for _, code := range []string{"", "a b", "a\nb", "码", strings.Repeat("x", 4096)} {
		for path, attempt := range attempts(w, code) {
			err := attempt(t.Context())
			var e *sso.CodeError
			require.ErrorAs(t, err, &e, path)
			require.ErrorIs(t, err, wecom.ErrCodeRejected)
			if len(code) > 3 {
				require.NotContains(t, err.Error(), code)
			}
		}
	}
	assert.Empty(t, w.platform.Calls())
}

// A code that got a reply, or may have got one, is never sent again; a ticket,
// which only reads, is.
func TestCodesAreSentOnce(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]wecomtest.Fault{
		"busy":       {Code: -1},
		"502":        {Status: http.StatusBadGateway},
		"lost reply": {DropReply: true},
		"cut reply":  {CutJSON: true},
		"refused":    {Code: 40029},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			for path, attempt := range attempts(w, "CODE") {
				if strings.Contains(path, "getuserdetail") {
					continue
				}
				fault.Path, fault.Times = path, 1
				end := w.platform.Inject(fault)
				require.Error(t, attempt(t.Context()), path)
				end()
				assert.Len(t, w.platform.Calls(path), 1, path)
			}
		})
	}
}

func TestTicketsMayBeSentAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for path, attempt := range attempts(w, "TICKET") {
		if !strings.Contains(path, "getuserdetail") {
			continue
		}
		w.platform.Inject(wecomtest.Fault{Path: path, Code: -1})
		require.ErrorIs(t, attempt(t.Context()), wecom.Code(84015), path)
		assert.Len(t, w.platform.Calls(path), 2, path)
	}
}

// A refused token does not use up the code.
func TestRefusedTokenIsHealed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.platform.Inject(wecomtest.Fault{Path: "/cgi-bin/service/auth/getuserinfo3rd", Code: 40082})
	w.platform.Inject(wecomtest.Fault{Path: "/cgi-bin/auth/getuserinfo", Code: 42001})
	_, err := w.app.SignIn(t.Context(), loginCode(t, w.visit(t, w.member, w.oauth(sso.ScopeBase))))
	require.NoError(t, err)
	_, err = w.corpApp.SignIn(t.Context(), loginCode(t, w.visit(t, w.member, w.corpOAuth(sso.ScopeBase))))
	require.NoError(t, err)
}

// lockedBuffer may be written from several goroutines.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// Every secret, token, ticket and code of the platform begins with CANARY.
func TestPain21_NothingSecretIsShown(t *testing.T) {
	t.Parallel()
	var out lockedBuffer
	logger := slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	w := newWorld(t, wecom.WithLogger(logger), wecom.WithObserver(func(_ context.Context, info wecom.CallInfo) {
		_, _ = fmt.Fprintf(&out, "%+v %#v\n", info, info)
	}))
	show := func(values ...any) {
		for _, value := range values {
			_, _ = fmt.Fprintf(&out, "%v %+v %#v %s %q %x\n", value, value, value, value, value, value)
			logger.Info("value", "value", value)
			slog.New(slog.NewTextHandler(&out, nil)).Info("value", "value", value)
		}
	}

	back := w.visit(t, w.member, w.oauth(sso.ScopePrivateInfo))
	require.Contains(t, back.Get("code"), "CANARY", "the test sees what it looks for")
	got, err := sso.ParseCallback(back)
	show(got, err)
	id, err := w.app.SignIn(t.Context(), got.Code)
	require.NoError(t, err)
	require.Contains(t, id.Ticket.Value.Reveal(), "CANARY")
	full, err := w.app.WithProfile(t.Context(), id)
	show(id, full, err, w.app, w.login, w.corpApp, w.provider, *w.app, *w.login, *w.corpApp, *w.provider)
	reply, err := w.app.GetUserInfo3rd(t.Context(), loginCode(t, w.visit(t, w.member, w.oauth(sso.ScopePrivateInfo))))
	show(reply, err)
	js, err := w.corp.JSCode(w.member, w.thirdParty)
	require.NoError(t, err)
	session, err := w.app.JSCode2Session(t.Context(), sso.JSCode(js))
	show(session, err)

	for _, code := range []string{"CANARYcode", "CANARY code", strings.Repeat("CANARY", 1000)} {
		for path, attempt := range attempts(w, code) {
			for _, fault := range []wecomtest.Fault{
				{}, {Code: 40029, Message: "invalid code CANARYcode"}, {Status: http.StatusBadGateway}, {DropRequest: true}, {CutJSON: true},
			} {
				fault.Path = path
				end := w.platform.Inject(fault)
				ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond) // no time for repeats
				err := attempt(ctx)
				cancel()
				end()
				require.Error(t, err)
				show(err)
			}
		}
	}
	for line := range strings.Lines(out.String()) {
		if strings.Contains(line, "CANARY") || strings.Contains(line, "43414e415259") {
			t.Fatalf("shown: %s", line)
		}
	}
}

func TestConstructorsRefuseNil(t *testing.T) {
	t.Parallel()
	assert.Panics(t, func() { sso.NewApp(nil) })
	assert.Panics(t, func() { sso.NewCorpApp(nil) })
	assert.Panics(t, func() { sso.NewProviderLogin(nil) })
}

// The whole of a sign-in, as a backend does it: two pages and nothing else.
func TestWholeSignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	states := newStates(t)
	var signedIn []sso.Identity
	mux := http.NewServeMux()
	mux.HandleFunc("GET /login", func(rw http.ResponseWriter, r *http.Request) {
		state, err := states.Start(rw, r, r.FormValue("next"))
		if err != nil {
			http.Error(rw, "bad request", http.StatusBadRequest)
			return
		}
		p := w.oauth(sso.ScopeBase)
		p.RedirectURI, p.State = "https://"+r.Host+"/back", state
		http.Redirect(rw, r, address(t, p), http.StatusFound)
	})
	mux.HandleFunc("GET /back", func(rw http.ResponseWriter, r *http.Request) {
		back, err := sso.ParseCallback(r.URL.Query())
		next, stateErr := states.Finish(rw, r, back.State)
		if err != nil || stateErr != nil {
			http.Error(rw, "start again", http.StatusForbidden)
			return
		}
		id, err := w.app.SignIn(r.Context(), back.Code)
		if err != nil {
			http.Error(rw, "start again", http.StatusForbidden)
			return
		}
		signedIn = append(signedIn, id)
		http.Redirect(rw, r, next, http.StatusFound)
	})
	b := newBrowser("https://app.example.com/login?next=/orders")
	get := func(target string) (*http.Response, string) {
		t.Helper()
		r := b.request(t)
		u, err := url.Parse(target)
		require.NoError(t, err)
		r.URL, r.RequestURI = u, target
		rw := newRecorder()
		mux.ServeHTTP(rw, r)
		b.take(t, rw)
		return rw.Result(), rw.Header().Get("Location")
	}

	_, page := get("/login?next=/orders")
	back, err := w.corp.Login(t.Context(), w.member, page)
	require.NoError(t, err)
	r, location := get(back.RequestURI())
	assert.Equal(t, http.StatusFound, r.StatusCode)
	assert.Equal(t, "/orders", location)
	require.Len(t, signedIn, 1)
	assert.Equal(t, w.member.ID, signedIn[0].UserID)

	r, _ = get(back.RequestURI())
	assert.Equal(t, http.StatusForbidden, r.StatusCode, "a reloaded page signs nobody in")
	r, _ = get("/login?next=//evil.example")
	assert.Equal(t, http.StatusBadRequest, r.StatusCode)
	calls := w.platform.Calls("/cgi-bin/service/auth/getuserinfo3rd")
	assert.Len(t, calls, 1, "a state that is refused costs no code")
}
