package wecomtest

import (
	"errors"
	"time"
)

// codeUse says which call takes a code.
type codeUse int

const (
	useOAuth3rd      codeUse = iota + 1 // OAuth2 of a third-party app
	useOAuthCorp                        // OAuth2 or login of a customised app
	useWebLogin                         // web login of the provider's site
	useProviderLogin                    // old QR login of the provider's site
	useConsole                          // jump from the admin console
	useJS                               // wx.qy.login in a mini program
)

// userCode is a code that says who signs in; single use, five minutes.
type userCode struct {
	visitor

	use     codeUse
	app     *App
	owner   *Corp  // useOAuthCorp: the corp that appid named
	grant   *grant // of the app in the visitor's corp, if there is one
	private bool   // a user_ticket comes with it
	expires time.Time
	used    bool
}

// userTicket buys a member's sensitive data.
type userTicket struct {
	app     *App
	grant   *grant
	user    *User
	expires time.Time
}

// newUserCode registers a code and returns its value. The lock is held.
func (p *Platform) newUserCode(code *userCode, kind string) string {
	now, value := p.Now(), p.secrets.secret(kind)
	prune(p.userCodes, now, func(c *userCode) time.Time { return c.expires })
	code.expires = now.Add(userCodeLife)
	p.userCodes[value] = code
	return value
}

// spend uses a code up. fits says whether the calling credential may use it.
func (p *Platform) spend(c *call, value string, fits func(*userCode) bool) (*userCode, error) {
	code := p.userCodes[value]
	if code == nil || code.used || !fits(code) {
		return nil, refuse(40029)
	}
	if !c.now.Before(code.expires) {
		return nil, refuse(42003)
	}
	code.used = true
	return code, nil
}

// fitsSuite tells whether the suite of the token may use a code.
func fitsSuite(app *App) func(*userCode) bool {
	return func(code *userCode) bool {
		if code.use == useConsole {
			return app.Kind == LoginSuite
		}
		return (code.use == useOAuth3rd || code.use == useWebLogin) && code.app == app
	}
}

func identityHandlers() map[string]handler {
	return map[string]handler{
		"identity.getuserinfo3rd":          (*Platform).getUserInfo3rd,
		"identity.getuserinfo3rd_legacy":   (*Platform).getUserInfo3rdLegacy,
		"identity.getuserdetail3rd":        (*Platform).getUserDetail3rd,
		"identity.getuserdetail3rd_legacy": (*Platform).getUserDetail3rd,
		"identity.getuserinfo":             (*Platform).getUserInfo,
		"identity.getuserdetail":           (*Platform).getUserDetail,
		"identity.jscode2session3rd":       (*Platform).jsCode2Session3rd,
		"identity.jscode2session":          (*Platform).jsCode2Session,
		"provider.get_login_info":          (*Platform).getLoginInfo,
	}
}

// newUserTicket makes a user_ticket where the code asked for one and the member
// is in the visible range.
func (p *Platform) newUserTicket(code *userCode, life time.Duration) string {
	if !code.private || code.grant == nil || code.user == nil || !code.grant.visible(code.user) {
		return ""
	}
	now, value := p.Now(), p.secrets.secret(kindUserTicket)
	prune(p.userTicket, now, func(t *userTicket) time.Time { return t.expires })
	p.userTicket[value] = &userTicket{app: code.app, grant: code.grant, user: code.user, expires: now.Add(life)}
	return value
}

func (p *Platform) getUserInfo3rd(c *call) (any, error) {
	code, err := p.spend(c, c.text("code"), fitsSuite(c.token.app))
	if err != nil {
		return nil, err
	}
	if code.user == nil {
		return reply{"openid": code.openID}, nil
	}
	r := reply{"corpid": code.corp.ID, "userid": code.user.ID, "open_userid": code.user.OpenUserID}
	if ticket := p.newUserTicket(code, userTicketLife); ticket != "" {
		r["user_ticket"], r["expires_in"] = ticket, int64(userTicketLife/time.Second)
	}
	return r, nil
}

func (p *Platform) getUserInfo3rdLegacy(c *call) (any, error) {
	code, err := p.spend(c, c.text("code"), fitsSuite(c.token.app))
	if err != nil {
		return nil, err
	}
	device := p.secrets.hex(32)
	if code.user == nil {
		return reply{"OpenId": code.openID, "DeviceId": device}, nil
	}
	r := reply{
		"CorpId": code.corp.ID, "UserId": code.user.ID, "DeviceId": device, "open_userid": code.user.OpenUserID,
	}
	if ticket := p.newUserTicket(code, userTicketLife); ticket != "" {
		r["user_ticket"], r["expires_in"] = ticket, int64(userTicketLife/time.Second)
	}
	return r, nil
}

// ticketOwner finds a user_ticket; it may be used again while it lives.
func (p *Platform) ticketOwner(c *call, fits func(*userTicket) bool) (*userTicket, error) {
	ticket := p.userTicket[c.text("user_ticket")]
	switch {
	case ticket == nil || !fits(ticket):
		return nil, refuse(84015)
	case !c.now.Before(ticket.expires):
		return nil, refuse(84014)
	case !ticket.grant.visible(ticket.user):
		return nil, refuse(60021)
	}
	return ticket, nil
}

func (p *Platform) getUserDetail3rd(c *call) (any, error) {
	ticket, err := p.ticketOwner(c, func(t *userTicket) bool { return t.app == c.token.app })
	if err != nil {
		return nil, err
	}
	u := ticket.user
	return reply{
		"corpid": ticket.grant.corp.ID, "userid": u.ID, "name": u.ID, // never the real name
		"gender": u.Gender, "avatar": u.Avatar, "qr_code": qrCodeOf(u),
	}, nil
}

func qrCodeOf(u *User) string {
	return "https://open.work.weixin.qq.com/wwopen/userQRCode?vcode=" + u.OpenUserID
}

func (p *Platform) getUserInfo(c *call) (any, error) {
	if c.token.grant.app.Kind != Template {
		return nil, refuse(48002)
	}
	code, err := p.spend(c, c.text("code"), func(code *userCode) bool {
		return code.use == useOAuthCorp && code.owner == c.token.grant.corp &&
			(code.grant == nil || code.grant == c.token.grant)
	})
	if err != nil {
		return nil, err
	}
	if code.user == nil {
		return reply{"openid": code.openID}, nil
	}
	if code.corp != code.owner { // a linked corp
		return reply{"userid": code.corp.ID + "/" + code.user.ID}, nil
	}
	r := reply{"userid": code.user.ID}
	if ticket := p.newUserTicket(code, corpTicketLife); ticket != "" {
		r["user_ticket"] = ticket
	}
	return r, nil
}

func (p *Platform) getUserDetail(c *call) (any, error) {
	if c.token.grant.app.Kind != Template {
		return nil, refuse(48002)
	}
	ticket, err := p.ticketOwner(c, func(t *userTicket) bool { return t.grant == c.token.grant })
	if err != nil {
		return nil, err
	}
	u := ticket.user
	r := reply{"userid": u.ID, "gender": u.Gender, "avatar": u.Avatar, "qr_code": qrCodeOf(u)}
	for name, value := range map[string]string{
		"mobile": u.Mobile, "email": u.Email, "biz_mail": u.BizMail, "address": u.Address,
	} {
		if value != "" {
			r[name] = value
		}
	}
	return r, nil
}

// JSCode is what wx.qy.login gives in a mini program of the app: a js_code,
// single use, five minutes.
func (c *Corp) JSCode(user User, app *App) (string, error) {
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	u := c.user(user.ID)
	if u == nil {
		return "", errors.New("wecomtest: JSCode: no such member in the corp")
	}
	code := &userCode{use: useJS, app: app, grant: c.p.findGrant(app, c), visitor: visitor{corp: c, user: u}}
	return c.p.newUserCode(code, kindJSCode), nil
}

// session spends a js_code and makes the reply that both calls share.
func (p *Platform) session(c *call, fits func(*userCode) bool) (*userCode, reply, error) {
	if c.text("grant_type") != "authorization_code" {
		return nil, nil, refusef(40058, "invalid grant_type")
	}
	code, err := p.spend(c, c.text("js_code"), func(code *userCode) bool { return code.use == useJS && fits(code) })
	if err != nil {
		return nil, nil, err
	}
	return code, reply{
		"corpid": code.corp.ID, "userid": code.user.ID, "session_key": p.secrets.secret(kindSessionKey),
	}, nil
}

func (p *Platform) jsCode2Session3rd(c *call) (any, error) {
	code, r, err := p.session(c, func(code *userCode) bool { return code.app == c.token.app })
	if err != nil {
		return nil, err
	}
	r["open_userid"] = code.user.OpenUserID
	return r, nil
}

func (p *Platform) jsCode2Session(c *call) (any, error) {
	if c.token.grant.app.Kind != Template {
		return nil, refuse(48002)
	}
	_, r, err := p.session(c, func(code *userCode) bool { return code.grant != nil && code.grant == c.token.grant })
	return r, err
}

// getLoginInfo takes the code of the old QR login or of the console jump.
func (p *Platform) getLoginInfo(c *call) (any, error) {
	code := p.userCodes[c.text("auth_code")]
	if code == nil || code.used || !c.now.Before(code.expires) ||
		code.use != useProviderLogin && code.use != useConsole {
		return nil, refuse(40078)
	}
	code.used = true
	u := code.user
	r := reply{
		"usertype": int(u.Role),
		"user_info": map[string]any{
			"userid": u.ID, "open_userid": u.OpenUserID, "name": u.ID, "avatar": u.Avatar,
		},
		"corp_info": map[string]any{"corpid": code.corp.ID},
	}
	if u.Role == RoleMember {
		return r, nil
	}
	agents := []any{}
	for g := range code.corp.living() {
		agents = append(agents, map[string]any{"agentid": g.agentID, "auth_type": 1})
	}
	r["agent"] = agents
	r["auth_info"] = map[string]any{"department": []any{map[string]any{"id": rootDepartment, "writable": true}}}
	return r, nil
}
