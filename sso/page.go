package sso

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/wecom-isv/wecom/internal/wire"
)

// Scope says what an OAuth2 page (网页授权) asks the member for.
type Scope string

// The scopes.
const (
	// ScopeBase is silent and gives the ids of the member (静默授权).
	ScopeBase Scope = "snsapi_base"
	// ScopePrivateInfo asks the member and gives a user_ticket besides (手动授权).
	// The app needs the permission for sensitive member information (成员敏感信息)
	// and the member must be in its visible range.
	ScopePrivateInfo Scope = "snsapi_privateinfo"
)

// Lang is the language of a login page; empty leaves the choice to WeCom.
type Lang string

// The languages.
const (
	LangChinese Lang = "zh"
	LangEnglish Lang = "en"
)

// Pages says where the sign-in pages live. An empty field means the public
// address; a private deployment (私有化部署) and a simulated platform have others.
// Each is a scheme and a host, with a path to put before that of the page if need be.
type Pages struct {
	OAuth2  string // https://open.weixin.qq.com
	Login   string // https://login.work.weixin.qq.com
	QRLogin string // https://open.work.weixin.qq.com
}

// PagesAt returns Pages that all live under base.
func PagesAt(base string) Pages { return Pages{OAuth2: base, Login: base, QRLogin: base} }

// The public pages.
const (
	publicOAuth2  = "https://open.weixin.qq.com"
	publicLogin   = "https://login.work.weixin.qq.com"
	publicQRLogin = "https://open.work.weixin.qq.com"

	pathOAuth2          = "/connect/oauth2/authorize"
	pathLogin           = "/wwlogin/sso/login"
	pathCorpQRLogin     = "/wwopen/sso/qrConnect"
	pathProviderQRLogin = "/wwopen/sso/3rd_qrConnect"
)

// Limits of the parameters.
const (
	maxState    = 128
	maxRedirect = 2048
)

// AppOAuth2 is the address that signs a member in inside the WeCom client, for
// a third-party app (构造第三方应用网页授权链接). The code it brings back goes to
// [App.SignIn]. Outside the client use [ServiceLogin] or [CorpLogin].
//
// An old multi-app suite (tj) has no such address: build a [CorpOAuth2] for each
// corp and use [CorpApp.SignIn].
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/91120
type AppOAuth2 struct {
	// SuiteID is the id of the third-party app. Required.
	SuiteID string
	// RedirectURI is where the browser returns, plain; its host must be the app's
	// trusted domain (可信域名), else the exchange of the code fails with 50001.
	// Required.
	RedirectURI string
	// Scope is required.
	Scope Scope
	// State comes back with the code: a-zA-Z0-9, at most 128 bytes, from
	// [States.Start]. Without one anybody can sign a member in as somebody else.
	State string
	// Pages is for deployments other than the public one.
	Pages Pages
}

// URL returns the address to send the browser to, or a [*ParamError].
func (p AppOAuth2) URL() (string, error) {
	b := newBuilder("AppOAuth2", p.Pages.OAuth2, publicOAuth2, pathOAuth2)
	b.appID(p.SuiteID, "the suite_id of a third-party app")
	switch {
	case strings.HasPrefix(p.SuiteID, "dk"):
		b.fail("appid", "is the id of a customised-app template (代开发模板), which signs in with CorpOAuth2")
	case strings.HasPrefix(p.SuiteID, "tj"):
		b.fail("appid", "is the id of an old multi-app suite, which signs in with CorpOAuth2")
	}
	b.redirectURI(p.RedirectURI)
	b.set("response_type", "code")
	b.scope(p.Scope)
	b.set("state", b.strictState(p.State))
	return b.finish("#wechat_redirect")
}

// CorpOAuth2 is the address that signs a member in inside the WeCom client, for
// the customised app of one corp (构造代开发应用网页授权链接). The code it brings
// back goes to [CorpApp.SignIn].
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/96441
type CorpOAuth2 struct {
	// CorpID is the corp as the provider knows it. Required.
	CorpID string
	// RedirectURI is as in [AppOAuth2]. Required.
	RedirectURI string
	// Scope is required.
	Scope Scope
	// State is as in [AppOAuth2].
	State string
	// AgentID is the app in that corp: required for [ScopePrivateInfo], and of use
	// always, since the automatic activation of a licence needs it.
	AgentID int64
	// Pages is for deployments other than the public one.
	Pages Pages
}

// URL returns the address to send the browser to, or a [*ParamError].
func (p CorpOAuth2) URL() (string, error) {
	b := newBuilder("CorpOAuth2", p.Pages.OAuth2, publicOAuth2, pathOAuth2)
	b.corpID(p.CorpID)
	b.redirectURI(p.RedirectURI)
	b.set("response_type", "code")
	b.scope(p.Scope)
	b.set("state", b.strictState(p.State))
	if p.AgentID != 0 || p.Scope == ScopePrivateInfo {
		b.agentID(p.AgentID)
	}
	return b.finish("#wechat_redirect")
}

// ServiceLogin is the address of the web login for the provider's own site
// (企业微信Web登录, 登录授权). Members of any corp may sign in with any browser; one
// whose corp has not authorised the provider has ciphertext ids. The code goes
// to [App.SignIn] of an App made from the login authorisation.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/98170
type ServiceLogin struct {
	// SuiteID is that of the provider's login authorisation (登录授权), which is
	// neither an app nor the provider's corpid. Required.
	SuiteID string
	// RedirectURI is where the browser returns, plain; its host must be the
	// callback domain of the login authorisation. Required.
	RedirectURI string
	// State is as in [AppOAuth2]. WeCom documents no limits here; the same apply.
	State string
	// Lang is optional.
	Lang Lang
	// Pages is for deployments other than the public one.
	Pages Pages
}

// URL returns the address to send the browser to, or a [*ParamError].
func (p ServiceLogin) URL() (string, error) { return p.builder().finish("") }

func (p ServiceLogin) builder() *builder {
	b := newBuilder("ServiceLogin", p.Pages.Login, publicLogin, pathLogin)
	b.set("login_type", "ServiceApp")
	b.appID(p.SuiteID, "the SuiteID of the login authorisation (登录授权)")
	if strings.HasPrefix(p.SuiteID, "dk") {
		b.fail("appid", "is the id of a customised-app template (代开发模板), not of a login authorisation")
	}
	b.redirectURI(p.RedirectURI)
	b.setIf("state", b.strictState(p.State))
	b.lang(p.Lang)
	return b
}

// CorpLogin is the address of the web login for the customised app of one corp
// (企业微信Web登录, 代开发应用). Only members of that corp can sign in. The code goes
// to [CorpApp.SignIn].
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/98171
type CorpLogin struct {
	// CorpID is the corp as the provider knows it. Required.
	CorpID string
	// AgentID is the app in that corp. Required.
	AgentID int64
	// RedirectURI is where the browser returns, plain; its host must be the web
	// callback domain or the trusted domain of the app. Required.
	RedirectURI string
	// State is as in [ServiceLogin].
	State string
	// Lang is optional.
	Lang Lang
	// Pages is for deployments other than the public one.
	Pages Pages
}

// URL returns the address to send the browser to, or a [*ParamError].
func (p CorpLogin) URL() (string, error) { return p.builder().finish("") }

func (p CorpLogin) builder() *builder {
	b := newBuilder("CorpLogin", p.Pages.Login, publicLogin, pathLogin)
	b.set("login_type", "CorpApp")
	b.corpID(p.CorpID)
	b.agentID(p.AgentID)
	b.redirectURI(p.RedirectURI)
	b.setIf("state", b.strictState(p.State))
	b.lang(p.Lang)
	return b
}

// UserType says who may sign in through a [ProviderQRLogin].
type UserType string

// The kinds of user.
const (
	UserTypeAdmin  UserType = "admin"  // administrators, with WeChat or WeCom; the default
	UserTypeMember UserType = "member" // members, with WeCom
)

// ProviderQRLogin is the address of the old QR login for the provider's site
// (从服务商网站发起登录, 3rd_qrConnect). It brings back an auth_code for
// [ProviderLogin.SignIn]; see [ParseQRCallback]. New sites use [ServiceLogin],
// which needs a login authorisation.
//
// The page's documentation is gone; what is known of it comes from those who use it.
type ProviderQRLogin struct {
	// CorpID is the corpid of the provider itself. Required.
	CorpID string
	// RedirectURI is where the browser returns, plain; its host must be under the
	// login domain set in the provider console. Required.
	RedirectURI string
	// State comes back with the code: at most 128 bytes, from [States.Start].
	State string
	// UserType is optional.
	UserType UserType
	// Lang is optional; empty means what the browser asks for.
	Lang Lang
	// Pages is for deployments other than the public one.
	Pages Pages
}

// URL returns the address to send the browser to, or a [*ParamError].
func (p ProviderQRLogin) URL() (string, error) {
	b := newBuilder("ProviderQRLogin", p.Pages.QRLogin, publicQRLogin, pathProviderQRLogin)
	b.appID(p.CorpID, "the corpid of the provider")
	b.redirectURI(p.RedirectURI)
	b.setIf("state", b.looseState(p.State))
	switch p.UserType {
	case "", UserTypeAdmin, UserTypeMember:
		b.setIf("usertype", string(p.UserType))
	default:
		b.fail("usertype", "must be admin or member")
	}
	b.lang(p.Lang)
	return b.finish("")
}

// CorpQRLogin is the old QR login of a corp's app (企业微信扫码登录, qrConnect), as a
// page of its own or, with [CorpQRLogin.WwLogin], inside the vendor's page. The
// code goes to [CorpApp.SignIn].
//
// Deprecated: WeCom has replaced it by [CorpLogin] and its panel, and is said to
// have taken it off line at the end of 2023; private deployments may still have it.
type CorpQRLogin struct {
	// CorpID is the corp as the provider knows it. Required.
	CorpID string
	// AgentID is the app in that corp. Required.
	AgentID int64
	// RedirectURI is where the browser returns, plain. Required.
	RedirectURI string
	// State comes back with the code: at most 128 bytes, from [States.Start].
	State string
	// Lang is optional.
	Lang Lang
	// Pages is for deployments other than the public one.
	Pages Pages
}

// URL returns the address to send the browser to, or a [*ParamError].
func (p CorpQRLogin) URL() (string, error) { return p.builder().finish("") }

func (p CorpQRLogin) builder() *builder {
	b := newBuilder("CorpQRLogin", p.Pages.QRLogin, publicQRLogin, pathCorpQRLogin)
	b.corpID(p.CorpID)
	b.agentID(p.AgentID)
	b.redirectURI(p.RedirectURI)
	b.setIf("state", b.looseState(p.State))
	b.lang(p.Lang)
	return b
}

// WwLogin is the parameter object of new WwLogin(...) in wwLogin-1.2.7.js; encode
// it as JSON into the page. RedirectURI and Href are percent-encoded, as that
// script wants them.
//
// Deprecated: use [Panel].
type WwLogin struct {
	ID          string `json:"id"`
	CorpID      string `json:"appid"`
	AgentID     int64  `json:"agentid,string"`
	RedirectURI string `json:"redirect_uri"`
	State       string `json:"state,omitzero"`
	Href        string `json:"href,omitzero"`
	Lang        Lang   `json:"lang,omitzero"`
}

// WwLogin returns the parameters that show the QR code in the element with the
// id elementID. styleSheet is the https address of a CSS file, or empty.
//
// Deprecated: use [CorpLogin.Panel].
func (p CorpQRLogin) WwLogin(elementID, styleSheet string) (WwLogin, error) {
	b := p.builder()
	if elementID == "" {
		b.fail("id", "is missing: the id of the element that receives the QR code")
	}
	if styleSheet != "" {
		if u, err := url.Parse(styleSheet); err != nil || u.Scheme != "https" || u.Host == "" {
			b.fail("href", "must be an https address of a style sheet")
		}
	}
	if b.err != nil {
		return WwLogin{}, b.err
	}
	return WwLogin{
		ID: elementID, CorpID: p.CorpID, AgentID: p.AgentID, RedirectURI: wire.Escape(p.RedirectURI),
		State: p.State, Href: wire.Escape(styleSheet), Lang: p.Lang,
	}, nil
}

// builder makes one address. It keeps the parameters in the order of the calls,
// which is that of the documentation, and remembers the first error.
type builder struct {
	name string
	out  strings.Builder
	sep  byte
	err  error
}

func newBuilder(name, base, public, path string) *builder {
	b := &builder{name: name, sep: '?'}
	if base == "" {
		base = public
	}
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" || strings.ContainsAny(base, "?#") {
		b.fail("Pages", "must be an http or https address without query and fragment")
	}
	b.out.Grow(512)
	b.out.WriteString(strings.TrimRight(base, "/"))
	b.out.WriteString(path)
	return b
}

// fail keeps the first error.
func (b *builder) fail(param, reason string) {
	if b.err == nil {
		b.err = &ParamError{Op: b.name, Param: param, Reason: reason}
	}
}

func (b *builder) set(param, value string) {
	b.out.WriteByte(b.sep)
	b.sep = '&'
	b.out.WriteString(param)
	b.out.WriteByte('=')
	b.out.WriteString(wire.Escape(value))
}

func (b *builder) setIf(param, value string) {
	if value != "" {
		b.set(param, value)
	}
}

func (b *builder) finish(fragment string) (string, error) {
	if b.err != nil {
		return "", b.err
	}
	b.out.WriteString(fragment)
	return b.out.String(), nil
}

// appID sets a suite_id or corpid. What says in an error what belongs there.
func (b *builder) appID(id, what string) {
	switch {
	case id == "":
		b.fail("appid", "is missing: "+what)
	case strings.ContainsFunc(id, func(r rune) bool { return !isAlphanumeric(r) && r != '-' && r != '_' }):
		b.fail("appid", "holds a character that no id has; wanted is "+what)
	}
	b.set("appid", id)
}

func (b *builder) corpID(corpID string) {
	b.appID(corpID, "the corpid of the corp")
	if strings.HasPrefix(corpID, "dk") {
		b.fail("appid", "is the id of a customised-app template (代开发模板); wanted is the corpid of the corp")
	}
}

func (b *builder) agentID(agentID int64) {
	if agentID <= 0 {
		b.fail("agentid", "is missing: the app's agentid in the corp")
	}
	b.set("agentid", strconv.FormatInt(agentID, 10))
}

func (b *builder) scope(scope Scope) {
	switch scope {
	case ScopeBase, ScopePrivateInfo:
	case "":
		b.fail("scope", "is missing: snsapi_base or snsapi_privateinfo")
	default:
		b.fail("scope", "must be snsapi_base or snsapi_privateinfo")
	}
	b.set("scope", string(scope))
}

func (b *builder) lang(lang Lang) {
	switch lang {
	case "", LangChinese, LangEnglish:
		b.setIf("lang", string(lang))
	default:
		b.fail("lang", "must be zh or en")
	}
}

// redirectURI sets where the browser returns. WeCom adds code and state to its
// query, so it must not have them already: nobody could tell which one counts.
func (b *builder) redirectURI(address string) {
	u, err := url.Parse(address)
	switch {
	case address == "":
		b.fail("redirect_uri", "is missing")
	case len(address) > maxRedirect:
		b.fail("redirect_uri", fmt.Sprintf("is longer than %d bytes", maxRedirect))
	case err != nil:
		b.fail("redirect_uri", "cannot be parsed as an address")
	case u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "":
		b.fail("redirect_uri", "must be an absolute http or https address, not percent-encoded: the builder encodes it")
	case u.User != nil:
		b.fail("redirect_uri", "must not hold a user or password")
	case strings.Contains(address, "#"):
		b.fail("redirect_uri", "must not hold a fragment")
	default:
		query, err := url.ParseQuery(u.RawQuery)
		if err != nil {
			b.fail("redirect_uri", "has a query that cannot be parsed")
		}
		for _, param := range []string{"code", "auth_code", "state"} {
			if query.Has(param) {
				b.fail("redirect_uri", "must not have the parameter "+param+" itself: WeCom adds it")
			}
		}
	}
	b.set("redirect_uri", address)
}

// strictState checks a state of a page that takes a-zA-Z0-9 only.
func (b *builder) strictState(state string) string {
	if strings.ContainsFunc(state, func(r rune) bool { return !isAlphanumeric(r) }) {
		b.fail("state", "must be made of a-z, A-Z and 0-9 only")
	}
	return b.looseState(state)
}

// looseState checks a state of a page whose characters are not documented.
func (b *builder) looseState(state string) string {
	if len(state) > maxState {
		b.fail("state", fmt.Sprintf("is longer than %d bytes", maxState))
	}
	if strings.ContainsFunc(state, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		b.fail("state", "holds a blank, a control character or a character that is not ASCII")
	}
	return state
}

func isAlphanumeric(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}
