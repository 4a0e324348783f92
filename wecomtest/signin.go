package wecomtest

import (
	"context"
	"net/url"
	"strconv"
	"strings"
)

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

// signInPage is a sign-in page whose address is right: what it will make, and who
// may sign in on it.
type signInPage struct {
	redirect    *url.URL
	code        *userCode
	corp        *Corp // only its members; nil: those of every corp
	membersOnly bool  // nobody from outside the corps
	adminsOnly  bool
	sensitive   bool // asks for sensitive member information (snsapi_privateinfo)
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
	s, err := p.openSignIn(g)
	if err != nil {
		return nil, err
	}
	if err := p.admit(s, v); err != nil {
		return nil, err
	}
	if refused {
		return back(s.redirect, "state", g.get("state")), nil
	}
	if s.code.fromOwnCorp() {
		p.autoActivate(v.corp, []*User{v.user}, SceneOpenApp)
	}
	name, kind := "code", kindUserCode
	if s.code.use == useProviderLogin {
		name, kind = "auth_code", kindLoginCode
	}
	return back(s.redirect, name, p.newUserCode(s.code, kind), "state", g.get("state")), nil
}

// openSignIn checks the address of a sign-in page. The lock is held.
func (p *Platform) openSignIn(g *page) (*signInPage, error) {
	switch g.path {
	case pageOAuth:
		return p.openOAuth(g)
	case pageWebLogin:
		return p.openWebLogin(g)
	case pageQRConnect:
		return p.openQRConnect(g)
	case page3rdConnect:
		return p.open3rdConnect(g)
	}
	return nil, pageError(0, "this is not a sign-in page")
}

// admit checks who wants to sign in and makes the code his. The lock is held.
func (p *Platform) admit(s *signInPage, v *visitor) error {
	switch {
	case s.membersOnly && v.user == nil:
		return pageError(0, "only members of a corp can log in")
	case s.corp != nil && v.corp != s.corp:
		return pageError(0, "only members of that corp can log in")
	case s.adminsOnly && v.user.Role == RoleMember:
		return pageError(0, "the member is no administrator")
	}
	if s.code.use == useOAuth3rd && v.corp != nil {
		s.code.grant = p.findGrant(s.code.app, v.corp)
	}
	s.code.visitor = *v
	if s.sensitive && (!s.code.fromOwnCorp() || !s.code.grant.visible(v.user)) {
		return pageError(60021, "the member is outside the app's visible range")
	}
	return nil
}

// fromOwnCorp tells whether the visitor is a member of a corp that has the app:
// userids and department ids of other corps may be the same.
func (c *userCode) fromOwnCorp() bool {
	return c.grant != nil && c.user != nil && c.grant.corp == c.corp
}

// openOAuth is 网页授权: appid is a suite_id (third-party app) or a corpid
// (customised app).
func (p *Platform) openOAuth(g *page) (*signInPage, error) {
	if err := g.only("appid", "redirect_uri", "response_type", "scope", "state", "agentid"); err != nil {
		return nil, err
	}
	scope := g.get("scope")
	switch {
	case g.fragment != wechatRedirect:
		return nil, pageError(0, "the address must end with #%s", wechatRedirect)
	case g.get("response_type") != "code":
		return nil, pageError(0, "response_type must be code")
	case scope != scopeBase && scope != scopePrivate && scope != scopeUserinfo:
		return nil, pageError(0, "scope is unknown")
	case !isState(g.get("state"), maxPageState):
		return nil, pageError(0, "state must be a-zA-Z0-9, at most %d bytes", maxPageState)
	}
	s := &signInPage{
		code:      &userCode{use: useOAuth3rd, private: scope != scopeBase},
		sensitive: scope == scopePrivate,
	}
	if err := p.findOAuthApp(g, s.code); err != nil {
		return nil, err
	}
	domain := ""
	if s.code.app != nil {
		domain = s.code.app.cfg.TrustedDomain
	}
	var err error
	if s.redirect, err = g.redirectURI(domain, 50001, 50001); err != nil {
		return nil, err
	}
	if s.sensitive && !s.code.app.cfg.SensitiveOK {
		return nil, pageError(0, "the app may not ask for sensitive member information")
	}
	return s, nil
}

// findOAuthApp resolves appid, and agentid for a customised app.
func (p *Platform) findOAuthApp(g *page, code *userCode) error {
	if app := p.apps[g.get("appid")]; app != nil {
		if app.Kind != ThirdPartyApp || strings.HasPrefix(app.ID, "tj") {
			return pageError(0, "appid is no third-party app that signs in by OAuth2")
		}
		code.app = app
		return nil
	}
	corp := p.findCorp(g.get("appid"))
	if corp == nil {
		return pageError(0, "appid is neither a suite_id nor a corpid")
	}
	code.use, code.owner = useOAuthCorp, corp
	if g.get("agentid") != "" {
		return p.findAgent(g, corp, code)
	}
	if code.private {
		return pageError(0, "agentid is needed for %s", scopePrivate)
	}
	return nil
}

// findAgent resolves agentid to a customised app of the corp.
func (p *Platform) findAgent(g *page, corp *Corp, code *userCode) error {
	for candidate := range corp.living() {
		if strconv.FormatInt(candidate.agentID, 10) != g.get("agentid") {
			continue
		}
		if candidate.app.Kind != Template {
			return pageError(-31028, "agentid is no customised app")
		}
		code.grant, code.app = candidate, candidate.app
		return nil
	}
	return pageError(-31028, "agentid unknown")
}

// openWebLogin is 企业微信Web登录, with the error numbers that the page shows.
func (p *Platform) openWebLogin(g *page) (*signInPage, error) {
	if err := g.only("login_type", "appid", "agentid", "redirect_uri", "state", "lang",
		"redirect_type", "panel_size", "version", "color_scheme"); err != nil {
		return nil, err
	}
	if err := g.checkLang(); err != nil {
		return nil, err
	}
	switch g.get("login_type") {
	case loginServiceApp:
		return p.openServiceLogin(g)
	case loginCorpApp:
		return p.openCorpLogin(g, -31039)
	}
	return nil, pageError(-31040, "bad login_type")
}

func (g *page) checkLang() error {
	switch g.get("lang") {
	case "", "zh", "en":
		return nil
	}
	return pageError(0, "lang must be zh or en")
}

// openServiceLogin is a login with the provider's login authorisation (登录授权).
func (p *Platform) openServiceLogin(g *page) (*signInPage, error) {
	app := p.apps[g.get("appid")]
	switch {
	case app == nil:
		return nil, pageError(-31027, "bad appid")
	case app.Kind != LoginSuite:
		return nil, pageError(-31037, "appid is not a login application")
	case g.get("agentid") != "":
		return nil, pageError(0, "agentid is not used with %s", loginServiceApp)
	}
	redirect, err := g.redirectURI(app.cfg.TrustedDomain, -31035, -31020)
	if err != nil {
		return nil, err
	}
	return &signInPage{redirect: redirect, code: &userCode{use: useWebLogin, app: app}, membersOnly: true}, nil
}

// openCorpLogin is a login with the corpid and agentid of a customised app.
func (p *Platform) openCorpLogin(g *page, domainCode int) (*signInPage, error) {
	corp := p.findCorp(g.get("appid"))
	if corp == nil {
		return nil, pageError(-31027, "bad appid")
	}
	code := &userCode{use: useOAuthCorp, owner: corp}
	if err := p.findAgent(g, corp, code); err != nil {
		return nil, err
	}
	redirect, err := g.redirectURI(code.app.cfg.TrustedDomain, -31035, domainCode)
	if err != nil {
		return nil, err
	}
	return &signInPage{redirect: redirect, code: code, corp: corp, membersOnly: true}, nil
}

// openQRConnect is the old QR login of a corp's app (企业微信扫码登录).
func (p *Platform) openQRConnect(g *page) (*signInPage, error) {
	if err := g.only("appid", "agentid", "redirect_uri", "state", "login_type", "style", "href", "lang"); err != nil {
		return nil, err
	}
	if t := g.get("login_type"); t != "" && t != "jssdk" {
		return nil, pageError(-31040, "bad login_type")
	}
	return p.openCorpLogin(g, -31020)
}

// open3rdConnect is the old QR login of the provider's site (第三方网站扫码登录).
func (p *Platform) open3rdConnect(g *page) (*signInPage, error) {
	if err := g.only("appid", "redirect_uri", "state", "usertype", "lang"); err != nil {
		return nil, err
	}
	if err := g.checkLang(); err != nil {
		return nil, err
	}
	if g.get("appid") != p.provider.CorpID {
		return nil, pageError(-31034, "the corp is not a provider")
	}
	redirect, err := g.redirectURI(p.provider.loginDomain, -31035, -31020)
	if err != nil {
		return nil, err
	}
	s := &signInPage{redirect: redirect, code: &userCode{use: useProviderLogin}, membersOnly: true}
	switch g.get("usertype") {
	case "", "admin":
		s.adminsOnly = true
	case "member":
	default:
		return nil, pageError(0, "usertype must be admin or member")
	}
	return s, nil
}
