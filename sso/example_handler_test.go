package sso_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/provider"
	"github.com/wecom-isv/wecom/sso"
	"github.com/wecom-isv/wecom/suite"
	"github.com/wecom-isv/wecom/wecomtest"
)

// newSignIn returns a simulated platform with a member, and what a vendor's
// backend has in earnest: the client of a third-party app.
func newSignIn() (*wecomtest.Platform, *wecomtest.App, *suite.Client, *wecomtest.Corp, wecomtest.User) {
	platform, err := wecomtest.Start(wecomtest.WithoutServer())
	if err != nil {
		log.Fatal(err)
	}
	theirs := platform.NewApp(wecomtest.AppConfig{ID: "ww4asffe99e54c0f4c", BusinessSettingURL: "https://app.example.com/settings"})
	corp := platform.NewCorp("Acme")
	if _, err := corp.Install(context.Background(), theirs); err != nil {
		log.Fatal(err)
	}
	api, err := wecom.New(wecom.WithTransport(platform.Transport()))
	if err != nil {
		log.Fatal(err)
	}
	app, err := suite.New(api, suite.Config{ID: theirs.ID, Secret: theirs.Secret})
	if err != nil {
		log.Fatal(err)
	}
	if err := app.SaveTicket(context.Background(), wecom.NewSecret(theirs.IssueTicket()), time.Now()); err != nil {
		log.Fatal(err)
	}
	return platform, theirs, app, corp, corp.AddUser(wecomtest.User{ID: "zhangsan"})
}

// open is what a browser in the WeCom client does.
func open(site http.Handler, target string, cookies []*http.Cookie) *http.Response {
	r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, target, http.NoBody)
	r.Header.Set("User-Agent", "wxwork/5.0.0 MicroMessenger/7.0.1")
	for _, cookie := range cookies {
		r.AddCookie(cookie)
	}
	w := httptest.NewRecorder()
	site.ServeHTTP(w, r)
	return w.Result()
}

// A site at which the members of all customers sign in.
func ExampleLoginHandler() {
	platform, _, app, corp, member := newSignIn()
	defer platform.Close()
	states, err := sso.NewStates(wecom.NewSecret(strings.Repeat("k", 32))) // in earnest: random bytes, the same on every machine
	if err != nil {
		log.Fatal(err)
	}

	cfg := sso.HandlerConfig{
		States:      states,
		RedirectURI: "https://app.example.com/in",
		LoginPath:   "/login",
		Entry: sso.Entry{
			InClient: sso.Way{
				Page:   sso.AppOAuth2{SuiteID: app.ID(), Scope: sso.ScopeBase},
				SignIn: sso.NewApp(app).SignIn,
			},
			// Web: sso.Way{Page: sso.ServiceLogin{SuiteID: login.ID()}, SignIn: sso.NewApp(login).SignIn},
		},
		SignedIn: func(w http.ResponseWriter, r *http.Request, id sso.Identity, next string) {
			if !id.IsMember() { // of no corp: there is an OpenID only
				http.Error(w, "members only", http.StatusForbidden)
				return
			}
			fmt.Println("a new session for", id.UserID)
			http.SetCookie(w, &http.Cookie{Name: "__Host-session", Value: "random", Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode})
			http.Redirect(w, r, next, http.StatusSeeOther)
		},
	}
	login, err := sso.LoginHandler(cfg)
	if err != nil {
		log.Fatal(err)
	}
	callback, err := sso.CallbackHandler(cfg)
	if err != nil {
		log.Fatal(err)
	}
	var site http.ServeMux
	site.Handle("/login", login)
	site.Handle("/in", callback)

	begun := open(&site, "https://app.example.com/login?next=/orders", nil)
	_ = begun.Body.Close()
	back, err := corp.Login(context.Background(), member, begun.Header.Get("Location")) // the member agrees
	if err != nil {
		log.Fatal(err)
	}
	for range 2 { // the second time by the Back button
		ended := open(&site, back.String(), begun.Cookies())
		_ = ended.Body.Close()
		fmt.Println(ended.StatusCode, ended.Header.Get("Location"))
	}
	// Output:
	// a new session for zhangsan
	// 303 /orders
	// 403
}

// The business settings page: an administrator comes from the admin console.
func ExampleConsoleHandler() {
	platform, theirs, app, corp, _ := newSignIn()
	defer platform.Close()
	vendor, err := provider.New(app.API(), provider.Config{CorpID: platform.Provider().CorpID, Secret: platform.Provider().Secret})
	if err != nil {
		log.Fatal(err)
	}
	settings, err := sso.ConsoleHandler(sso.HandlerConfig{
		Console: sso.NewProviderLogin(vendor).SignIn, // App.SignInConsole with a login authorisation (登录授权)
		Home:    "/admin",
		SignedIn: func(w http.ResponseWriter, r *http.Request, id sso.Identity, next string) {
			fmt.Println(id.UserID == corp.Admin().ID, id.IsAdmin()) // without IsAdmin: sso.FindAdmin
			http.Redirect(w, r, next, http.StatusSeeOther)
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	visit, err := corp.OpenConsole(context.Background(), theirs)
	if err != nil {
		log.Fatal(err)
	}
	ended := open(settings, visit.String(), nil)
	_ = ended.Body.Close()
	fmt.Println(ended.Header.Get("Location"))
	// Output:
	// true true
	// /admin
}
