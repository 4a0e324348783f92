package wecomtest

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"time"
)

// PackageConfig is a promotion package (推广包).
type PackageConfig struct {
	TemplateID       string // made up when empty
	Apps             []*App // installed in the new corp
	ContactMigration bool   // the new corp's contacts are locked until contact_sync_success
}

// Package is a promotion package. The fields do not change.
type Package struct {
	TemplateID       string
	Apps             []*App
	ContactMigration bool
}

// NewPackage adds a promotion package (推广包); WeCom allows up to 15 apps in one.
func (p *Platform) NewPackage(cfg PackageConfig) *Package {
	pkg := &Package{
		TemplateID:       cmp.Or(cfg.TemplateID, "tpl"+p.secrets.hex(16)),
		Apps:             append([]*App(nil), cfg.Apps...),
		ContactMigration: cfg.ContactMigration,
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.packages[pkg.TemplateID] = pkg
	return pkg
}

// registration is a register_code (注册码) and what became of it.
type registration struct {
	code    string
	pkg     *Package
	state   string
	made    time.Time
	visited bool
	corp    *Corp // the new corp, once it is there
	contact *token
}

// RegisterForm is what a person fills in; empty fields are made up.
type RegisterForm struct {
	CorpName string
	Admin    User
}

// visitRegister opens the registration page; the visit spends the code.
func (p *Platform) visitRegister(address string) (*registration, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r, err := p.checkRegister(address)
	if err != nil {
		return nil, err
	}
	r.visited = true
	return r, nil
}

// checkRegister finds the registration that an address is for. The lock is held.
func (p *Platform) checkRegister(address string) (*registration, error) {
	g, err := p.openPage(address)
	if err != nil {
		return nil, err
	}
	if g.path != pageRegister {
		return nil, pageError(0, "this is not the registration page")
	}
	if err := g.only("register_code"); err != nil {
		return nil, err
	}
	r := p.registers[g.get("register_code")]
	switch {
	case r == nil:
		return nil, pageError(84022, "register_code invalid")
	case r.visited:
		return nil, pageError(84022, "register_code was used already")
	case !p.Now().Before(r.made.Add(registerCodeLife)):
		return nil, pageError(84022, "register_code expired")
	}
	return r, nil
}

// Register opens the registration address (推广二维码注册) and registers a new
// corp. The visit spends the code. Then, as on the real platform: with contact
// migration the contact list is locked and a contact token made, register_corp is
// pushed to the system-event URL, and the apps of the package are installed with
// the root department as visible range and create_auth each.
//
// The corp is there also when a push was not delivered; the error then wraps
// [ErrNotDelivered]. A provider without a system-event URL gets no event.
func (p *Platform) Register(ctx context.Context, registerURL string, form RegisterForm) (*Corp, error) {
	r, err := p.visitRegister(registerURL)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	corp := p.addCorp(cmp.Or(form.CorpName, "new corp"), form.Admin)
	admin := corp.users[0].ID
	message := newXML().text("ServiceCorpId", p.provider.CorpID).text("InfoType", "register_corp").
		number("TimeStamp", p.Now().Unix()).text("RegisterCode", r.code).text("AuthCorpId", corp.ID)
	if r.pkg.ContactMigration {
		corp.locked = true
		r.contact = &token{
			kind: ContactToken, value: p.secrets.secret(kindContactToken),
			expires: p.Now().Add(contactTokenLife), corp: corp,
		}
		p.keepToken(r.contact, p.Now())
		message.raw("<ContactSync>").text("AccessToken", r.contact.value).
			number("ExpiresIn", int64(contactTokenLife/time.Second)).raw("</ContactSync>")
	}
	r.corp = corp
	p.mu.Unlock()

	message.raw("<AuthUserInfo>").text("UserId", admin).raw("</AuthUserInfo>").
		state(r.state).text("TemplateId", r.pkg.TemplateID)
	errs := []error{p.pushSystem(ctx, message)}
	for _, app := range r.pkg.Apps {
		_, err := corp.Install(ctx, app, func(i *installation) { i.state, i.register = r.state, r })
		errs = append(errs, err)
	}
	return corp, errors.Join(errs...)
}

// EnterRegisterPackage opens the registration address as the administrator of a
// corp that exists already: the visit spends the code and
// enter_register_package is pushed; get_register_info stays at 84024.
func (p *Platform) EnterRegisterPackage(ctx context.Context, registerURL string, corp *Corp) error {
	r, err := p.visitRegister(registerURL)
	if err != nil {
		return err
	}
	return p.pushSystem(ctx, newXML().text("ServiceCorpId", p.provider.CorpID).
		text("InfoType", "enter_register_package").number("TimeStamp", p.Now().Unix()).
		text("AuthCorpId", corp.ID).raw("<AuthUserInfo>").text("UserId", corp.Admin().ID).raw("</AuthUserInfo>").
		text("RegisterCode", r.code).state(r.state).text("TemplateId", r.pkg.TemplateID))
}

// pushSystem pushes to the system-event URL, if there is one.
func (p *Platform) pushSystem(ctx context.Context, message *xmlMessage) error {
	target := p.provider.Target()
	if target.URL == "" {
		return nil
	}
	_, err := p.Push(ctx, target, message.bytes())
	return err
}

func providerHandlers() map[string]handler {
	return map[string]handler{
		"provider.get_provider_token":      guarded((*Platform).getProviderToken),
		"provider.get_customized_auth_url": (*Platform).getCustomizedAuthURL,
		"register.get_register_code":       (*Platform).getRegisterCode,
		"register.get_register_info":       (*Platform).getRegisterInfo,
		"register.set_scope":               (*Platform).setScope,
		"register.contact_sync_success":    (*Platform).contactSyncSuccess,
	}
}

func (p *Platform) getProviderToken(c *call) (any, error) {
	if c.text("corpid") != p.provider.CorpID || c.text("provider_secret") != p.provider.Secret {
		return nil, refuse(40001)
	}
	t := p.issue(tokenKey{kind: ProviderToken, owner: p.provider}, SameTokenWhileAlive, kindProviderToken, c.now, nil)
	return reply{"provider_access_token": t.value, "expires_in": secondsLeft(t.expires, c.now)}, nil
}

func (p *Platform) getCustomizedAuthURL(c *call) (any, error) {
	if state := c.text("state"); state == "" || !isState(state, maxLinkState) {
		return nil, refuse(84025)
	}
	ids := c.texts("templateid_list")
	if len(ids) < 1 || len(ids) > 9 {
		return nil, refuse(842004)
	}
	link := &authLink{state: c.text("state"), expires: c.now.Add(authLinkLife)}
	for _, id := range ids {
		app := p.apps[id]
		switch {
		case app == nil || app.Kind != Template:
			return nil, refuse(842003)
		case app.cfg.Unpublished:
			return nil, refuse(842002)
		}
		link.templates = append(link.templates, app)
	}
	id := p.secrets.hex(32)
	prune(p.authLinks, c.now, func(l *authLink) time.Time { return l.expires })
	p.authLinks[id] = link
	return reply{
		"qrcode_url": "https://" + hostOpenWork + pageCustomAuth + "?auth=" + url.QueryEscape(id),
		"expires_in": int64(authLinkLife / time.Second),
	}, nil
}

func (p *Platform) getRegisterCode(c *call) (any, error) {
	pkg := p.packages[c.text("template_id")]
	if pkg == nil {
		return nil, refuse(84020)
	}
	if !isState(c.text("state"), maxPageState) {
		return nil, refuse(84025)
	}
	r := &registration{code: p.secrets.secret(kindRegisterCode), pkg: pkg, state: c.text("state"), made: c.now}
	prune(p.registers, c.now, func(r *registration) time.Time { return r.made.Add(registerInfoLife) })
	p.registers[r.code] = r
	return reply{"register_code": r.code, "expires_in": int64(registerCodeLife / time.Second)}, nil
}

// getRegisterInfo repeats the contact token with what is left of its life and
// leaves contact_sync out once the token has ended; neither is documented.
func (p *Platform) getRegisterInfo(c *call) (any, error) {
	r := p.registers[c.text("register_code")]
	switch {
	case r == nil:
		return nil, refuse(84022)
	case r.corp == nil || !c.now.Before(r.made.Add(registerInfoLife)):
		return nil, refuse(84024)
	}
	info := reply{
		"corpid": r.corp.ID, "auth_user_info": map[string]any{"userid": r.corp.users[0].ID},
		"template_id": r.pkg.TemplateID,
	}
	if r.state != "" {
		info["state"] = r.state
	}
	if r.contact != nil && r.contact.alive(c.now) {
		info["contact_sync"] = map[string]any{
			"access_token": r.contact.value, "expires_in": secondsLeft(r.contact.expires, c.now),
		}
	}
	return info, nil
}

// setScope replaces the visible range (可见范围) of an app of the new corp.
func (p *Platform) setScope(c *call) (any, error) {
	for g := range c.token.corp.living() {
		if g.agentID == c.amount("agentid") {
			return g.setScope(c), nil
		}
	}
	return nil, refuse(40056)
}

// setScope replaces the visible range; a list that is left out is emptied.
func (g *grant) setScope(c *call) reply {
	g.allowUser, g.allowParty, g.allowTag = nil, nil, nil
	invalidUser, invalidParty, invalidTag := []string{}, []int64{}, []int64{}
	for _, id := range c.texts("allow_user") {
		if u := g.corp.user(id); u != nil {
			g.allowUser = append(g.allowUser, u.ID)
		} else {
			invalidUser = append(invalidUser, id)
		}
	}
	for _, id := range c.numbers("allow_party") {
		if g.corp.department(id) != nil {
			g.allowParty = append(g.allowParty, id)
		} else {
			invalidParty = append(invalidParty, id)
		}
	}
	for _, id := range c.numbers("allow_tag") {
		if g.corp.tags[id] != nil {
			g.allowTag = append(g.allowTag, id)
		} else {
			invalidTag = append(invalidTag, id)
		}
	}
	return reply{"invaliduser": invalidUser, "invalidparty": invalidParty, "invalidtag": invalidTag}
}

// contactSyncSuccess unlocks the contact list and ends the token.
func (p *Platform) contactSyncSuccess(c *call) (any, error) {
	if c.token.kind != ContactToken {
		return nil, refuse(84023)
	}
	c.token.revoked = true
	c.token.corp.locked = false
	return reply{}, nil
}

// ContactsLocked tells whether the corp's contact list is locked by a
// registration that has not called contact_sync_success yet.
func (c *Corp) ContactsLocked() bool {
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	return c.locked
}
