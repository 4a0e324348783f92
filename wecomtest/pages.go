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
	if strings.HasPrefix(path, pagePay) {
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
	var how installation
	for _, opt := range opts {
		opt(&how)
	}
	g, err := c.p.openInstall(installURL)
	if err != nil {
		return nil, err
	}
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	app, redirect, err := c.p.checkInstall(g)
	if err != nil {
		return nil, err
	}
	pre := c.p.preAuth[g.get("pre_auth_code")]
	pre.used, how.test = true, pre.test
	_, code := c.authorize(app, how)
	if len(app.cfg.Editions) > 0 {
		c.p.pushAppsLater([]appPush{c.editionChanged(app)})
	}
	return back(redirect, "auth_code", code.value, "expires_in", strconv.Itoa(int(authCodeLife/time.Second)), "state", g.get("state")), nil
}

// openInstall parses an install address.
func (p *Platform) openInstall(address string) (*page, error) {
	g, err := p.openPage(address)
	if err != nil {
		return nil, err
	}
	if g.path != pageInstall {
		return nil, pageError(0, "this is not the install page")
	}
	return g, g.only("suite_id", "pre_auth_code", "redirect_uri", "state")
}

// checkInstall checks what an install address names. The lock is held.
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
		return nil, nil, pageError(0, "the app is published: auth_type must be 0 (suite.AuthTypeFormal), or make it with AppConfig.Unpublished")
	case !isState(g.get("state"), maxPageState):
		return nil, nil, pageError(0, "state must be a-zA-Z0-9, at most %d bytes", maxPageState)
	}
	redirect, err := g.redirectURI(app.cfg.RedirectDomain, 0, 0)
	return app, redirect, err
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
	c.p.mu.Lock()
	link, err := c.p.checkAuthLink(g)
	if err == nil {
		err = c.hasNone(link.templates)
	}
	c.p.mu.Unlock()
	if err != nil {
		return nil, err
	}
	var made []Installation
	for _, template := range link.templates {
		one, err := c.Install(ctx, template, InstallState(link.state))
		if made = append(made, one); err != nil {
			return made, err
		}
	}
	return made, nil
}

// checkAuthLink finds the link that an address names. The lock is held.
func (p *Platform) checkAuthLink(g *page) (*authLink, error) {
	if g.path != pageCustomAuth {
		return nil, pageError(0, "this is no authorisation link")
	}
	link := p.authLinks[g.get("auth")]
	if link == nil || !p.Now().Before(link.expires) {
		return nil, pageError(0, "the link is unknown or has expired")
	}
	return link, nil
}

// hasNone refuses templates that the corp has authorised already. The lock is held.
func (c *Corp) hasNone(templates []*App) error {
	for _, template := range templates {
		if c.p.findGrant(template, c) != nil {
			return pageError(842006, "the corp has authorised the template already")
		}
	}
	return nil
}
