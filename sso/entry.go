package sso

import (
	"cmp"
	"context"
	"net/http"
	"strings"
)

// Entry is how people sign in to one app: inside the client of WeCom and with
// any other browser. Either may be missing. Without InClient everybody uses Web;
// without Web, people outside the client are told to open the app in it, with
// [ErrOutsideClient].
//
//	third-party app (第三方应用)       AppOAuth2    ServiceLogin of the login authorisation (登录授权)
//	customised app (代开发应用)        CorpOAuth2   CorpLogin
//	provider without authorisation   AppOAuth2    ProviderQRLogin
type Entry struct{ InClient, Web Way }

// Way is one way to sign in: a page, and the call that takes the code which the
// page brings back.
type Way struct {
	// Page is the sign-in page. State is set by the handlers; RedirectURI, Lang and
	// Pages too where they are empty.
	Page Page
	// SignIn exchanges the code: [App.SignIn], [App.SignInSchool], [CorpApp.SignIn],
	// [ProviderLogin.SignInQR], or a function that goes on from there, such as to
	// [App.WithProfile].
	SignIn func(ctx context.Context, code LoginCode) (Identity, error)
}

// Page is a sign-in page: [AppOAuth2], [CorpOAuth2], [ServiceLogin],
// [CorpLogin], [ProviderQRLogin] or [CorpQRLogin].
type Page interface {
	// URL returns the address to send the browser to, or a [*ParamError].
	URL() (string, error)
	// fill returns the page with the state and, where it has none of its own, the
	// rest of v.
	fill(v visit) Page
}

// visit is what a page needs to know of one sign-in.
type visit struct {
	redirectURI string
	state       string
	lang        Lang
	pages       Pages
}

func (p AppOAuth2) fill(v visit) Page {
	p.RedirectURI, p.State, p.Pages = cmp.Or(p.RedirectURI, v.redirectURI), v.state, cmp.Or(p.Pages, v.pages)
	return p
}

func (p CorpOAuth2) fill(v visit) Page {
	p.RedirectURI, p.State, p.Pages = cmp.Or(p.RedirectURI, v.redirectURI), v.state, cmp.Or(p.Pages, v.pages)
	return p
}

func (p ServiceLogin) fill(v visit) Page {
	p.RedirectURI, p.State, p.Pages = cmp.Or(p.RedirectURI, v.redirectURI), v.state, cmp.Or(p.Pages, v.pages)
	p.Lang = cmp.Or(p.Lang, v.lang)
	return p
}

func (p CorpLogin) fill(v visit) Page {
	p.RedirectURI, p.State, p.Pages = cmp.Or(p.RedirectURI, v.redirectURI), v.state, cmp.Or(p.Pages, v.pages)
	p.Lang = cmp.Or(p.Lang, v.lang)
	return p
}

func (p ProviderQRLogin) fill(v visit) Page {
	p.RedirectURI, p.State, p.Pages = cmp.Or(p.RedirectURI, v.redirectURI), v.state, cmp.Or(p.Pages, v.pages)
	p.Lang = cmp.Or(p.Lang, v.lang)
	return p
}

func (p CorpQRLogin) fill(v visit) Page {
	p.RedirectURI, p.State, p.Pages = cmp.Or(p.RedirectURI, v.redirectURI), v.state, cmp.Or(p.Pages, v.pages)
	p.Lang = cmp.Or(p.Lang, v.lang)
	return p
}

// codeParam is the name of the parameter that the page brings the code back in.
// Page may be a pointer; what fill returns never is.
func (w Way) codeParam() string {
	if _, old := w.Page.fill(visit{}).(ProviderQRLogin); old {
		return "auth_code"
	}
	return "code"
}

func (w Way) isZero() bool { return w.Page == nil && w.SignIn == nil }

// check refuses a way that no handler can go.
func (w Way) check(name string) error {
	switch {
	case w.isZero():
		return nil
	case w.Page == nil:
		return &ParamError{Op: "Entry", Param: name + ".Page", Reason: "is missing"}
	case w.SignIn == nil:
		return &ParamError{Op: "Entry", Param: name + ".SignIn", Reason: "is missing"}
	}
	return nil
}

func (e Entry) check() error {
	if e.InClient.isZero() && e.Web.isZero() {
		return &ParamError{Op: "Entry", Param: "InClient", Reason: "and Web are both missing"}
	}
	return cmp.Or(e.InClient.check("InClient"), e.Web.check("Web"))
}

// via says which of the two ways of an [Entry] a sign-in takes.
type via string

const (
	viaClient via = "client"
	viaWeb    via = "web"
)

// choose returns the way for a browser that is inside the client, or is not.
func (e Entry) choose(inClient bool) (via, error) {
	switch {
	case e.Web.isZero() && !inClient:
		return "", ErrOutsideClient
	case e.InClient.isZero(), !inClient:
		return viaWeb, nil
	}
	return viaClient, nil
}

// way returns the way that a sign-in took. One that did not begin in a handler
// began with a panel.
func (e Entry) way(v via) Way {
	if v == viaClient {
		return e.InClient
	}
	return e.Web
}

// InWeCom reports whether r comes from the browser of the WeCom client (企业微信),
// by its User-Agent: it has "wxwork" in it, as "wxwork/5.0.0 MicroMessenger/7.0.1".
func InWeCom(r *http.Request) bool { return agentHas(r, "wxwork") }

// InWeChat reports whether r comes from the browser of WeChat (微信), by its
// User-Agent. That of the WeCom client names WeChat too and does not count. The
// OAuth2 pages open in WeChat for members who use the WeChat plug-in (微信插件,
// 微工作台) of their corp.
func InWeChat(r *http.Request) bool { return agentHas(r, "micromessenger") && !InWeCom(r) }

func agentHas(r *http.Request, what string) bool {
	return strings.Contains(strings.ToLower(r.UserAgent()), what)
}
