package wecomtest

import (
	"maps"
	"slices"
	"time"
)

// statefulHandlers are the endpoints that have state, by row of the table.
func statefulHandlers() map[string]handler {
	all := map[string]handler{}
	for _, some := range []map[string]handler{
		suiteHandlers(), providerHandlers(), identityHandlers(), contactHandlers(), mediaHandlers(), corpHandlers(),
		messageHandlers(), agentHandlers(), chatHandlers(),
		orderHandlers(), paytoolHandlers(), advancedHandlers(), licenseOrderHandlers(), licenseAccountHandlers(),
		idHandlers(), searchHandlers(), translateHandlers(),
	} {
		maps.Copy(all, some)
	}
	return all
}

func suiteHandlers() map[string]handler {
	return map[string]handler{
		"suite.get_suite_token":       guarded((*Platform).getSuiteToken),
		"suite.get_pre_auth_code":     (*Platform).getPreAuthCode,
		"suite.set_session_info":      (*Platform).setSessionInfo,
		"suite.get_permanent_code":    (*Platform).getPermanentCode,
		"suite.get_permanent_code_v2": (*Platform).getPermanentCodeV2,
		"suite.get_auth_info":         (*Platform).getAuthInfo,
		"suite.get_auth_info_v2":      (*Platform).getAuthInfoV2,
		"suite.get_corp_token":        (*Platform).getCorpToken,
		"suite.get_admin_list":        (*Platform).getSuiteAdminList,
		"suite.get_app_qrcode":        (*Platform).getAppQRCode,
		"corp.gettoken":               guarded((*Platform).getToken),
		"agent.get_admin_list":        (*Platform).getAdminList,
		"agent.get_permissions":       (*Platform).getPermissions,
	}
}

// preAuthCode is a pre_auth_code (预授权码).
type preAuthCode struct {
	app     *App
	expires time.Time
	test    bool // auth_type 1
	used    bool
}

// authCode is a temporary authorisation code (临时授权码).
type authCode struct {
	value   string
	grant   *grant
	expires time.Time
	used    bool
}

// newAuthCode makes a temporary code for a grant. The lock is held.
func (p *Platform) newAuthCode(g *grant) *authCode {
	now := p.Now()
	code := &authCode{value: p.secrets.secret(kindAuthCode), grant: g, expires: now.Add(authCodeLife)}
	prune(p.authCodes, now, func(c *authCode) time.Time { return c.expires })
	p.authCodes[code.value] = code
	return code
}

func (p *Platform) getSuiteToken(c *call) (any, error) {
	app := p.apps[c.text("suite_id")]
	if app == nil {
		return nil, refuse(40083)
	}
	if c.text("suite_secret") != app.Secret {
		return nil, refuse(40080)
	}
	ticket := p.tickets[c.text("suite_ticket")]
	if ticket == nil || ticket.app != app || !c.now.Before(ticket.expires) ||
		p.settings.newestTicketOnly && ticket != app.ticket {
		return nil, refuse(40085)
	}
	t := p.issue(tokenKey{kind: SuiteToken, owner: app}, p.settings.tokenRule, kindSuiteToken, c.now,
		func(t *token) { t.app = app })
	return reply{"suite_access_token": t.value, "expires_in": secondsLeft(t.expires, c.now)}, nil
}

func (p *Platform) getPreAuthCode(c *call) (any, error) {
	value := p.secrets.secret(kindPreAuthCode)
	prune(p.preAuth, c.now, func(c *preAuthCode) time.Time { return c.expires })
	p.preAuth[value] = &preAuthCode{app: c.token.app, expires: c.now.Add(preAuthCodeLife)}
	return reply{"pre_auth_code": value, "expires_in": int64(preAuthCodeLife / time.Second)}, nil
}

func (p *Platform) setSessionInfo(c *call) (any, error) {
	code := p.preAuth[c.text("pre_auth_code")]
	if code == nil || code.app != c.token.app || code.used {
		return nil, refusef(40058, "invalid pre_auth_code")
	}
	if !c.now.Before(code.expires) {
		return nil, refuse(42007)
	}
	session := c.object("session_info")
	if len(session.numbers("appid")) > 0 {
		return nil, refuse(40086) // only old multi-app suites have appids
	}
	switch authType := session.amount("auth_type"); authType {
	case 0, 1:
		code.test = authType == 1
	default:
		return nil, refusef(40058, "invalid auth_type")
	}
	return reply{}, nil
}

func objectOf(v any) map[string]any {
	object, _ := v.(map[string]any)
	return object
}

// exchange spends a temporary code of the token's suite.
func (p *Platform) exchange(c *call) (*grant, error) {
	code := p.authCodes[c.text("auth_code")]
	if code == nil || code.used || code.grant.app != c.token.app || code.grant.cancelled || !c.now.Before(code.expires) {
		return nil, refuse(40078)
	}
	code.used = true
	return code.grant, nil
}

func (p *Platform) getPermanentCodeV2(c *call) (any, error) {
	g, err := p.exchange(c)
	if err != nil {
		return nil, err
	}
	r := reply{
		"permanent_code": g.permanentCode,
		"auth_corp_info": map[string]any{"corpid": g.corp.ID, "corp_name": g.corp.Name},
		"auth_user_info": g.authUserInfo(),
	}
	g.addOrigin(r)
	g.addEdition(r, c.now)
	return r, nil
}

func (p *Platform) getPermanentCode(c *call) (any, error) {
	g, err := p.exchange(c)
	if err != nil {
		return nil, err
	}
	r := reply{
		"permanent_code": g.permanentCode,
		"auth_corp_info": g.corpInfo(true),
		"auth_info":      g.authInfo(),
		"auth_user_info": g.authUserInfo(),
	}
	g.addOrigin(r)
	g.addEdition(r, c.now)
	if g.app.Kind != Template { // a customised app uses gettoken
		t := p.corpToken(g, p.settings.tokenRule, c.now)
		r["access_token"], r["expires_in"] = t.value, secondsLeft(t.expires, c.now)
	}
	return r, nil
}

func (p *Platform) corpToken(g *grant, rule TokenRule, now time.Time) *token {
	return p.issue(tokenKey{kind: CorpToken, owner: g}, rule, kindCorpToken, now, func(t *token) { t.grant = g })
}

// addOrigin adds where the authorisation came from.
func (g *grant) addOrigin(r reply) {
	if g.state != "" {
		r["state"] = g.state
	}
	if g.register == nil {
		return
	}
	info := map[string]any{"register_code": g.register.code, "template_id": g.register.pkg.TemplateID}
	if g.register.state != "" {
		info["state"] = g.register.state
	}
	r["register_code_info"] = info
}

func (g *grant) authUserInfo() map[string]any {
	return map[string]any{
		"userid": g.admin.ID, "open_userid": g.admin.OpenUserID, "name": g.admin.ID, "avatar": g.admin.Avatar,
	}
}

func (g *grant) corpInfo(withQRCode bool) map[string]any {
	info := map[string]any{
		"corpid": g.corp.ID, "corp_name": g.corp.Name, "corp_type": "unverified",
		"corp_square_logo_url": "https://wework.qpic.cn/wwpic/corp/0", "corp_user_max": 200,
		"subject_type": 1, "corp_scale": "1-50人", "corp_industry": "IT服务", "corp_sub_industry": "互联网和相关服务",
	}
	if g.byMember {
		info["corp_scale"], info["corp_industry"], info["corp_sub_industry"] = "", "", ""
	}
	if withQRCode {
		info["corp_wxqrcode"] = "https://p.qpic.cn/pic_wework/qrcode/0"
	}
	return info
}

func (g *grant) authInfo() map[string]any {
	level := max(g.app.cfg.Level, 1)
	if g.app.Kind == Template {
		level = 0
	}
	mode := 0
	if g.byMember {
		mode = 1
	}
	return map[string]any{"agent": []any{map[string]any{
		"agentid": g.agentID, "name": g.app.Name,
		"round_logo_url": "https://wework.qpic.cn/wwpic/round/0", "square_logo_url": "https://wework.qpic.cn/wwpic/square/0",
		"auth_mode": mode, "is_customized_app": g.app.Kind == Template,
		"privilege": map[string]any{
			"level": level, "allow_party": list(g.allowParty), "allow_user": list(g.allowUser), "allow_tag": list(g.allowTag),
			"extra_party": []int64{}, "extra_user": []string{}, "extra_tag": []int64{},
		},
	}}}
}

// list encodes an empty list as [].
func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// grantByCode finds the grant that a permanent code of the token's suite is for.
func (p *Platform) grantByCode(c *call) (*grant, error) {
	corp := p.findCorp(c.text("auth_corpid"))
	if corp == nil {
		return nil, refuse(40084)
	}
	for g := range corp.living() {
		switch {
		case g.permanentCode != c.text("permanent_code"):
		case g.app != c.token.app:
			return nil, refuse(48003)
		default:
			return g, nil
		}
	}
	return nil, refuse(40084)
}

func (p *Platform) getAuthInfo(c *call) (any, error)   { return p.authInfoReply(c, true) }
func (p *Platform) getAuthInfoV2(c *call) (any, error) { return p.authInfoReply(c, false) }

func (p *Platform) authInfoReply(c *call, withQRCode bool) (any, error) {
	g, err := p.grantByCode(c)
	if err != nil {
		return nil, err
	}
	r := reply{"auth_corp_info": g.corpInfo(withQRCode), "auth_info": g.authInfo()}
	g.addEdition(r, c.now)
	return r, nil
}

func (p *Platform) getCorpToken(c *call) (any, error) {
	g, err := p.grantByCode(c)
	if err != nil {
		return nil, err
	}
	if g.app.Kind == Template {
		return nil, refuse(48002)
	}
	t := p.corpToken(g, p.settings.tokenRule, c.now)
	return reply{"access_token": t.value, "expires_in": secondsLeft(t.expires, c.now)}, nil
}

// getToken is gettoken of a customised app. The code for a secret that was reset
// or whose app was removed is not documented; 40001 is presumed.
func (p *Platform) getToken(c *call) (any, error) {
	corp := p.findCorp(c.text("corpid"))
	if corp == nil {
		return nil, refuse(40013)
	}
	has := func(g *grant) bool {
		return g.permanentCode == c.text("corpsecret") && g.app.Kind == Template && !g.cancelled
	}
	if i := slices.IndexFunc(corp.grants, has); i >= 0 {
		t := p.corpToken(corp.grants[i], SameTokenWhileAlive, c.now)
		return reply{"access_token": t.value, "expires_in": secondsLeft(t.expires, c.now)}, nil
	}
	if slices.ContainsFunc(p.grants, has) { // another corp's
		return nil, refuse(40091)
	}
	return nil, refuse(40001)
}

// admins are the administrators that the admin lists show: external ones are
// left out, and under member authorisation the list is empty.
func (g *grant) admins(withOpenID bool) []any {
	all := []any{}
	if g.byMember {
		return all
	}
	for _, u := range g.corp.users {
		if u.Role != RoleCreator && u.Role != RoleAdmin && u.Role != RoleGradedAdmin {
			continue
		}
		admin := map[string]any{"userid": u.ID, "auth_type": 1}
		if withOpenID {
			admin["open_userid"] = u.OpenUserID
		}
		all = append(all, admin)
	}
	return all
}

func (p *Platform) getSuiteAdminList(c *call) (any, error) {
	corp := p.findCorp(c.text("auth_corpid"))
	if corp == nil {
		return nil, refuse(48004)
	}
	g := p.findGrant(c.token.app, corp)
	switch {
	case g == nil:
		return nil, refuse(48004)
	case g.agentID != c.amount("agentid"):
		return nil, refuse(40056)
	}
	return reply{"admin": g.admins(true)}, nil
}

func (p *Platform) getAdminList(c *call) (any, error) {
	return reply{"admin": c.token.grant.admins(false)}, nil
}

func (p *Platform) getPermissions(c *call) (any, error) {
	permissions := c.token.grant.app.cfg.Permissions
	if permissions == nil {
		permissions = []string{"contact:base:base"}
	}
	return reply{"app_permissions": permissions}, nil
}

// getAppQRCode gives a picture or, for result_type 2, an address.
func (p *Platform) getAppQRCode(c *call) (any, error) {
	if c.text("suite_id") != c.token.app.ID {
		return nil, refuse(48003)
	}
	if c.token.app.cfg.Unpublished || c.token.app.Kind != ThirdPartyApp {
		return nil, refuse(48002)
	}
	if !isState(c.text("state"), 32) {
		return nil, refuse(84025)
	}
	if c.amount("result_type") == 2 {
		return reply{"qrcode": "https://open.work.weixin.qq.com/wwopen/mng/qrcode/" + p.secrets.hex(16)}, nil
	}
	return &file{contentType: "image/png", name: "qrcode.png", body: []byte("\x89PNG\r\n\x1a\n")}, nil
}

// isState tells whether a state is acceptable: a-zA-Z0-9, at most limit bytes.
func isState(state string, limit int) bool {
	return len(state) <= limit && keepAlphanumeric(state, limit) == state
}
