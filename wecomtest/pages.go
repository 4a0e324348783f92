package wecomtest

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// PageError is what a person sees instead of the page: the address is wrong.
// Code is the number that the page shows, or 0 where none is documented.
type PageError struct {
	Code   int
	Reason string
}

// Error describes the page without the address, which may hold a code.
func (e *PageError) Error() string {
	if e.Code == 0 {
		return "wecomtest: page: " + e.Reason
	}
	return fmt.Sprintf("wecomtest: page: %d %s", e.Code, e.Reason)
}

func pageError(code int, format string, args ...any) *PageError {
	return &PageError{Code: code, Reason: fmt.Sprintf(format, args...)}
}

// Pages and the hosts they live on.
const (
	pageOAuth       = "/connect/oauth2/authorize"
	pageWebLogin    = "/wwlogin/sso/login"
	pageQRConnect   = "/wwopen/sso/qrConnect"
	page3rdConnect  = "/wwopen/sso/3rd_qrConnect"
	pageInstall     = "/3rdapp/install"
	pageRegister    = "/3rdservice/wework/register"
	pageCustomAuth  = "/wwopen/customized/auth"
	hostOpenWeixin  = "open.weixin.qq.com"
	hostLogin       = "login.work.weixin.qq.com"
	hostOpenWork    = "open.work.weixin.qq.com"
	maxPageState    = 128
	maxLinkState    = 32
	scopeBase       = "snsapi_base"
	scopePrivate    = "snsapi_privateinfo"
	scopeUserinfo   = "snsapi_userinfo"
	wechatRedirect  = "wechat_redirect"
	loginServiceApp = "ServiceApp"
	loginCorpApp    = "CorpApp"
)

// page is an address that a browser opened.
type page struct {
	path     string
	fragment string
	query    url.Values
}

// pageHost is the real host of a page; "" if there is no such page.
func pageHost(path string) string {
	switch path {
	case pageOAuth:
		return hostOpenWeixin
	case pageWebLogin:
		return hostLogin
	case pageQRConnect, page3rdConnect, pageInstall, pageRegister, pageCustomAuth:
		return hostOpenWork
	}
	return ""
}

// openPage parses an address of a page. The host must be the real one of that
// page or the platform's own; parameters must be known, given once and encoded.
func (p *Platform) openPage(address string) (*page, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, pageError(0, "the address cannot be parsed")
	}
	host := pageHost(u.Path)
	if host == "" {
		return nil, pageError(0, "there is no page %s", u.Path)
	}
	if address := u.Scheme + "://" + u.Host; address != p.URL() && address != "https://"+host {
		return nil, pageError(0, "the page %s lives on https://%s", u.Path, host)
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, pageError(0, "the query cannot be parsed")
	}
	for pair := range strings.SplitSeq(u.RawQuery, "&") {
		if name, value, _ := strings.Cut(pair, "="); name == "redirect_uri" && strings.ContainsAny(value, "+:/?#") {
			return nil, pageError(0, "redirect_uri is not percent-encoded as one component")
		}
	}
	return &page{path: u.Path, fragment: u.Fragment, query: query}, nil
}

// only refuses parameters that the page does not have: most often they are the
// rest of a redirect_uri that was not encoded.
func (g *page) only(names ...string) error {
	for name, values := range g.query {
		if !slices.Contains(names, name) {
			return pageError(0, "unknown parameter %s", name)
		}
		if len(values) > 1 {
			return pageError(0, "parameter %s is given %d times", name, len(values))
		}
	}
	return nil
}

func (g *page) get(name string) string { return g.query.Get(name) }

// redirectURI parses redirect_uri and checks its host against a domain.
func (g *page) redirectURI(domain string, emptyCode, domainCode int) (*url.URL, error) {
	raw := g.get("redirect_uri")
	if raw == "" {
		return nil, pageError(emptyCode, "redirect_uri missing")
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, pageError(domainCode, "redirect_uri is not an absolute http address")
	}
	if domain != "" && u.Host != domain && u.Hostname() != domain {
		return nil, pageError(domainCode, "redirect_uri is not under the callback domain %s", domain)
	}
	return u, nil
}

// back appends parameters to the query that redirect_uri has already.
func back(redirect *url.URL, pairs ...string) *url.URL {
	u := *redirect
	var added []string
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			added = append(added, pairs[i]+"="+url.QueryEscape(pairs[i+1]))
		}
	}
	if u.RawQuery != "" {
		added = append([]string{u.RawQuery}, added...)
	}
	u.RawQuery = strings.Join(added, "&")
	return &u
}

// Authorize opens the install address (安装应用, 3rdapp/install) as the corp's
// administrator and agrees. It returns where the browser is sent: redirect_uri
// with auth_code, expires_in and state. No create_auth is pushed in this flow.
// What is wrong with the address is a [*PageError]; a spent or expired
// pre_auth_code is one too (42007 for the latter).
func (c *Corp) Authorize(_ context.Context, installURL string, opts ...InstallOption) (*url.URL, error) {
	g, err := c.p.openPage(installURL)
	if err != nil {
		return nil, err
	}
	if g.path != pageInstall {
		return nil, pageError(0, "this is not the install page")
	}
	if err := g.only("suite_id", "pre_auth_code", "redirect_uri", "state"); err != nil {
		return nil, err
	}
	var how installation
	for _, opt := range opts {
		opt(&how)
	}
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	app, redirect, err := c.p.checkInstall(g)
	if err != nil {
		return nil, err
	}
	c.p.preAuth[g.get("pre_auth_code")].used = true
	_, code := c.authorize(app, how)
	return back(redirect, "auth_code", code.value, "expires_in", strconv.Itoa(int(authCodeLife/time.Second)), "state", g.get("state")), nil
}

func (p *Platform) checkInstall(g *page) (*App, *url.URL, error) {
	app := p.apps[g.get("suite_id")]
	switch {
	case app == nil:
		return nil, nil, pageError(40083, "suite_id unknown")
	case app.Kind != ThirdPartyApp:
		return nil, nil, pageError(0, "only a third-party app can be installed through this page")
	}
	pre := p.preAuth[g.get("pre_auth_code")]
	switch {
	case pre == nil || pre.app != app || pre.used:
		return nil, nil, pageError(0, "pre_auth_code invalid")
	case !p.Now().Before(pre.expires):
		return nil, nil, pageError(42007, "pre_auth_code expired")
	case app.cfg.Unpublished && !pre.test:
		return nil, nil, pageError(0, "the app is not published: set_session_info with auth_type 1 is needed")
	case !app.cfg.Unpublished && pre.test:
		return nil, nil, pageError(0, "the app is published: auth_type must be 0")
	case !isState(g.get("state"), maxPageState):
		return nil, nil, pageError(0, "state must be a-zA-Z0-9, at most %d bytes", maxPageState)
	}
	redirect, err := g.redirectURI(app.cfg.RedirectDomain, 0, 0)
	return app, redirect, err
}

// Login opens a sign-in address as a member of the corp and agrees: OAuth2 in the
// client, web login, or one of the two old QR logins. Every parameter is checked;
// what is wrong is a [*PageError]. It returns where the browser is sent:
// redirect_uri with code (auth_code for the provider's old QR login) and state.
func (c *Corp) Login(_ context.Context, user User, pageURL string) (*url.URL, error) {
	return c.p.signIn(&visitor{corp: c, userID: user.ID}, pageURL, false)
}

// Refuse opens a sign-in address like [Corp.Login], but the member declines: the
// redirect carries state and no code. How WeCom shows a refusal today is not
// documented; this is what older pages describe.
func (c *Corp) Refuse(_ context.Context, user User, pageURL string) (*url.URL, error) {
	return c.p.signIn(&visitor{corp: c, userID: user.ID}, pageURL, true)
}

// LoginOutsider opens an OAuth2 address as somebody who belongs to no corp: the
// code then gives an openid only.
func (p *Platform) LoginOutsider(_ context.Context, openID, pageURL string) (*url.URL, error) {
	return p.signIn(&visitor{openID: openID}, pageURL, false)
}

// visitor is who opens a sign-in page.
type visitor struct {
	corp   *Corp // nil: an outsider
	userID string
	openID string
	user   *User
}

func (p *Platform) signIn(v *visitor, address string, refused bool) (*url.URL, error) {
	g, err := p.openPage(address)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if v.corp != nil {
		if v.user = v.corp.user(v.userID); v.user == nil {
			return nil, pageError(0, "no such member in the corp")
		}
	}
	var redirect *url.URL
	var code *userCode
	switch g.path {
	case pageOAuth:
		redirect, code, err = p.openOAuth(g, v)
	case pageWebLogin:
		redirect, code, err = p.openWebLogin(g, v)
	case pageQRConnect:
		redirect, code, err = p.openQRConnect(g, v)
	case page3rdConnect:
		redirect, code, err = p.open3rdConnect(g, v)
	default:
		err = pageError(0, "this is not a sign-in page")
	}
	if err != nil {
		return nil, err
	}
	if refused {
		return back(redirect, "state", g.get("state")), nil
	}
	code.visitor = *v
	name, kind := "code", kindUserCode
	if code.use == useProviderLogin {
		name, kind = "auth_code", kindLoginCode
	}
	return back(redirect, name, p.newUserCode(code, kind), "state", g.get("state")), nil
}

// openOAuth is 网页授权: appid is a suite_id (third-party app) or a corpid
// (customised app).
func (p *Platform) openOAuth(g *page, v *visitor) (*url.URL, *userCode, error) {
	if err := g.only("appid", "redirect_uri", "response_type", "scope", "state", "agentid"); err != nil {
		return nil, nil, err
	}
	scope := g.get("scope")
	switch {
	case g.fragment != wechatRedirect:
		return nil, nil, pageError(0, "the address must end with #%s", wechatRedirect)
	case g.get("response_type") != "code":
		return nil, nil, pageError(0, "response_type must be code")
	case scope != scopeBase && scope != scopePrivate && scope != scopeUserinfo:
		return nil, nil, pageError(0, "scope is unknown")
	case !isState(g.get("state"), maxPageState):
		return nil, nil, pageError(0, "state must be a-zA-Z0-9, at most %d bytes", maxPageState)
	}
	code := &userCode{use: useOAuth3rd, private: scope != scopeBase}
	if app := p.apps[g.get("appid")]; app != nil {
		if app.Kind != ThirdPartyApp || strings.HasPrefix(app.ID, "tj") {
			return nil, nil, pageError(0, "appid is no third-party app that signs in by OAuth2")
		}
		code.app = app
		if v.corp != nil {
			code.grant = p.findGrant(app, v.corp)
		}
	} else {
		corp := p.findCorp(g.get("appid"))
		if corp == nil {
			return nil, nil, pageError(0, "appid is neither a suite_id nor a corpid")
		}
		code.use, code.owner = useOAuthCorp, corp
		if g.get("agentid") == "" {
			if code.private {
				return nil, nil, pageError(0, "agentid is needed for %s", scopePrivate)
			}
		} else if err := p.findAgent(g, corp, code); err != nil {
			return nil, nil, err
		}
	}
	domain := ""
	if code.app != nil {
		domain = code.app.cfg.TrustedDomain
	}
	redirect, err := g.redirectURI(domain, 50001, 50001)
	if err != nil {
		return nil, nil, err
	}
	if scope == scopePrivate {
		if !code.app.cfg.SensitiveOK {
			return nil, nil, pageError(0, "the app may not ask for sensitive member information")
		}
		if v.user == nil || code.grant == nil || !code.grant.visible(v.user) {
			return nil, nil, pageError(60021, "the member is outside the app's visible range")
		}
	}
	return redirect, code, nil
}

// findAgent resolves agentid to a customised app of the corp.
func (p *Platform) findAgent(g *page, corp *Corp, code *userCode) error {
	for _, candidate := range p.grants {
		if candidate.corp == corp && !candidate.cancelled && strconv.FormatInt(candidate.agentID, 10) == g.get("agentid") {
			if candidate.app.Kind != Template {
				return pageError(-31028, "agentid is no customised app")
			}
			code.grant, code.app = candidate, candidate.app
			return nil
		}
	}
	return pageError(-31028, "agentid unknown")
}

// openWebLogin is 企业微信Web登录, with the error numbers that the page shows.
func (p *Platform) openWebLogin(g *page, v *visitor) (*url.URL, *userCode, error) {
	if err := g.only("login_type", "appid", "agentid", "redirect_uri", "state", "lang",
		"redirect_type", "panel_size", "version", "color_scheme"); err != nil {
		return nil, nil, err
	}
	if err := g.checkLang(); err != nil {
		return nil, nil, err
	}
	if v.user == nil {
		return nil, nil, pageError(0, "only members of a corp can log in")
	}
	switch g.get("login_type") {
	case loginServiceApp:
		app := p.apps[g.get("appid")]
		switch {
		case app == nil:
			return nil, nil, pageError(-31027, "bad appid")
		case app.Kind != LoginSuite:
			return nil, nil, pageError(-31037, "appid is not a login application")
		case g.get("agentid") != "":
			return nil, nil, pageError(0, "agentid is not used with %s", loginServiceApp)
		}
		redirect, err := g.redirectURI(app.cfg.TrustedDomain, -31035, -31020)
		return redirect, &userCode{use: useWebLogin, app: app}, err
	case loginCorpApp:
		return p.openCorpLogin(g, v, -31039)
	}
	return nil, nil, pageError(-31040, "bad login_type")
}

func (g *page) checkLang() error {
	switch g.get("lang") {
	case "", "zh", "en":
		return nil
	}
	return pageError(0, "lang must be zh or en")
}

// openCorpLogin is a login with the corpid and agentid of a customised app.
func (p *Platform) openCorpLogin(g *page, v *visitor, domainCode int) (*url.URL, *userCode, error) {
	corp := p.findCorp(g.get("appid"))
	if corp == nil {
		return nil, nil, pageError(-31027, "bad appid")
	}
	code := &userCode{use: useOAuthCorp, owner: corp}
	if err := p.findAgent(g, corp, code); err != nil {
		return nil, nil, err
	}
	redirect, err := g.redirectURI(code.app.cfg.TrustedDomain, -31035, domainCode)
	if err != nil {
		return nil, nil, err
	}
	if v.corp != corp {
		return nil, nil, pageError(0, "only members of that corp can log in")
	}
	return redirect, code, nil
}

// openQRConnect is the old QR login of a corp's app (企业微信扫码登录).
func (p *Platform) openQRConnect(g *page, v *visitor) (*url.URL, *userCode, error) {
	if err := g.only("appid", "agentid", "redirect_uri", "state", "login_type", "style", "href", "lang"); err != nil {
		return nil, nil, err
	}
	if t := g.get("login_type"); t != "" && t != "jssdk" {
		return nil, nil, pageError(-31040, "bad login_type")
	}
	return p.openCorpLogin(g, v, -31020)
}

// open3rdConnect is the old QR login of the provider's site (第三方网站扫码登录).
func (p *Platform) open3rdConnect(g *page, v *visitor) (*url.URL, *userCode, error) {
	if err := g.only("appid", "redirect_uri", "state", "usertype", "lang"); err != nil {
		return nil, nil, err
	}
	if err := g.checkLang(); err != nil {
		return nil, nil, err
	}
	if g.get("appid") != p.provider.CorpID {
		return nil, nil, pageError(-31034, "the corp is not a provider")
	}
	redirect, err := g.redirectURI(p.provider.loginDomain, -31035, -31020)
	if err != nil {
		return nil, nil, err
	}
	if v.user == nil {
		return nil, nil, pageError(0, "only members of a corp can log in")
	}
	switch g.get("usertype") {
	case "", "admin":
		if v.user.Role == RoleMember {
			return nil, nil, pageError(0, "the member is no administrator")
		}
	case "member":
	default:
		return nil, nil, pageError(0, "usertype must be admin or member")
	}
	return redirect, &userCode{use: useProviderLogin}, nil
}

// OpenConsole is the jump from the admin console (应用业务设置): the administrator
// opens the app's business settings page. It returns that address with a login
// auth_code, good for getuserinfo3rd with the token of the login authorisation
// and for get_login_info.
func (c *Corp) OpenConsole(_ context.Context, app *App) (*url.URL, error) {
	u, err := url.Parse(app.cfg.BusinessSettingURL)
	if err != nil || u.Host == "" {
		return nil, pageError(0, "the app has no business settings page")
	}
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	if c.p.findGrant(app, c) == nil {
		return nil, errNotInstalled
	}
	code := &userCode{use: useConsole, visitor: visitor{corp: c, user: c.users[0]}}
	return back(u, "auth_code", c.p.newUserCode(code, kindLoginCode)), nil
}

// authLink is a link made by get_customized_auth_url.
type authLink struct {
	templates []*App
	state     string
	expires   time.Time
}

// Scan scans the QR code of a customised-app authorisation link (带参授权链接) as
// the corp's administrator: every template in it is installed, with create_auth
// each. A template that the corp has already is refused with 842006.
func (c *Corp) Scan(ctx context.Context, qrcodeURL string) ([]Installation, error) {
	g, err := c.p.openPage(qrcodeURL)
	if err != nil {
		return nil, err
	}
	if g.path != pageCustomAuth {
		return nil, pageError(0, "this is no authorisation link")
	}
	c.p.mu.Lock()
	link := c.p.authLinks[g.get("auth")]
	if link == nil || !c.p.Now().Before(link.expires) {
		c.p.mu.Unlock()
		return nil, pageError(0, "the link is unknown or has expired")
	}
	for _, template := range link.templates {
		if c.p.findGrant(template, c) != nil {
			c.p.mu.Unlock()
			return nil, pageError(842006, "the corp has authorised the template already")
		}
	}
	c.p.mu.Unlock()
	var made []Installation
	for _, template := range link.templates {
		one, err := c.Install(ctx, template, InstallState(link.state))
		if made = append(made, one); err != nil {
			return made, err
		}
	}
	return made, nil
}
