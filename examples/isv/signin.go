package main

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/wecom-isv/wecom/examples/isv/internal/view"
	"github.com/wecom-isv/wecom/sso"
)

// addSignIn adds three ways in: members, administrators, and the jump from the admin
// console (业务设置).
//
//	/login     应用主页 of the app, and the button for members
//	/admin     the button for administrators and for the vendor's own staff
//	/console   业务设置 URL of the app
func (s *site) addSignIn(mux *http.ServeMux) error {
	members := s.signInConfig("/login", sso.Entry{InClient: sso.Way{
		// Decide whether you need profiles: ScopePrivateInfo asks the member for them.
		Page: sso.AppOAuth2{SuiteID: s.cfg.SuiteID, Scope: sso.ScopeBase}, SignIn: s.vendor.members.SignIn,
	}})
	if s.vendor.visitors != nil {
		members.Entry.Web = sso.Way{Page: sso.ServiceLogin{SuiteID: s.cfg.loginSuiteID}, SignIn: s.vendor.visitors.SignIn}
	}
	admins := s.signInConfig("/admin", sso.Entry{Web: sso.Way{
		Page: sso.ProviderQRLogin{CorpID: s.cfg.CorpID, UserType: sso.UserTypeAdmin}, SignIn: s.vendor.admins.SignInQR,
	}})
	for _, cfg := range []sso.HandlerConfig{members, admins} {
		start, err := sso.LoginHandler(cfg)
		if err != nil {
			return err
		}
		done, err := sso.CallbackHandler(cfg)
		if err != nil {
			return err
		}
		mux.Handle("GET "+cfg.LoginPath, start)
		mux.Handle("GET "+cfg.LoginPath+"/done", done)
	}
	console, err := sso.ConsoleHandler(s.consoleConfig())
	if err != nil {
		return err
	}
	mux.Handle("GET /console", console)
	return nil
}

func (s *site) signInConfig(path string, entry sso.Entry) sso.HandlerConfig {
	cfg := sso.HandlerConfig{
		States: s.vendor.states, RedirectURI: s.cfg.PublicURL + path + "/done", Entry: entry,
		LoginPath: path, Home: "/me", SignedIn: s.begin, Failed: s.signInFailed, Logger: s.logger,
	}
	if s.cfg.BaseURL != "" {
		cfg.Pages = sso.PagesAt(s.cfg.BaseURL)
	}
	return cfg
}

// consoleConfig makes the new identity call where there is a login authorisation
// (登录授权), else the old one.
func (s *site) consoleConfig() sso.HandlerConfig {
	cfg := s.signInConfig("/admin", sso.Entry{})
	cfg.Console, cfg.SignedIn = s.vendor.admins.SignIn, s.beginFromConsole
	if s.vendor.visitors != nil {
		cfg.Console = s.vendor.visitors.SignInConsole
	}
	return cfg
}

// beginFromConsole is begin for those who come from the admin console. Nothing ties
// that jump to this browser: an attacker could make somebody open the attacker's own
// link. So it never replaces the session of another person. The platform is asked
// whether the person administers the app; with a login authorisation the code does
// not say.
func (s *site) beginFromConsole(w http.ResponseWriter, r *http.Request, id sso.Identity, next string) {
	if p := personOf(r.Context()); p != nil && (p.CorpID != id.CorpID || p.UserID != id.UserID) {
		s.refuse(w, r, view.Text{ZH: "这个浏览器里已经登录了别人。请先退出，再从管理后台进入。", EN: "Somebody else is signed in here. Sign out first, then come from the admin console again."})
		return
	}
	admin := id.IsAdmin()
	if !admin && id.IsMember() {
		_, err := sso.FindAdmin(r.Context(), s.vendor.app.Corp(id.CorpID), id)
		if err != nil && !errors.Is(err, sso.ErrNotAdmin) {
			s.fail(w, r, err)
			return
		}
		admin = err == nil
	}
	s.beginAs(w, r, id, admin, next)
}

// signInFailed shows a sign-in that did not come about. What f.Err says is for the
// log, which has it under the id.
func (s *site) signInFailed(w http.ResponseWriter, r *http.Request, f sso.Failure) {
	s.tell(w, r, f.Status, problem{Message: view.Text{ZH: f.Message, EN: f.Message}, ID: f.ID, Retry: f.Retry})
}

// serveSignIn lets people choose between the two ways in.
func (s *site) serveSignIn(w http.ResponseWriter, r *http.Request) error {
	next := r.FormValue("next")
	to := func(path string) string {
		if next == "" {
			return path
		}
		return path + "?" + url.Values{"next": {next}}.Encode() // LoginHandler takes local paths only
	}
	data := struct {
		Needed        bool
		Member, Admin string
	}{strings.HasPrefix(next, "/"), to("/login"), to("/admin")}
	s.show(w, r, view.Page{Name: "signin", Title: view.Text{ZH: "登录", EN: "Sign in"}, Data: data})
	return nil
}

// serveMe shows who is signed in.
func (s *site) serveMe(w http.ResponseWriter, r *http.Request) error {
	name, installed, err := s.corpName(r.Context(), personOf(r.Context()).CorpID)
	if err != nil {
		return err
	}
	data := struct {
		outcome
		CorpName    string
		Installed   bool
		NoOperators bool // yet: the page says how to become one
	}{s.outcome(w, r), name, installed, len(s.cfg.operators) == 0}
	s.show(w, r, view.Page{Name: "me", Title: view.Text{ZH: "我", EN: "Me"}, Data: data})
	return nil
}
