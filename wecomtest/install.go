package wecomtest

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strconv"
	"strings"
)

// grant is the authorisation of one app in one corp.
type grant struct {
	app           *App
	corp          *Corp
	agentID       int64
	permanentCode string
	byMember      bool
	admin         *User
	state         string
	register      *registration // installed by a promotion package
	test          bool          // a test authorisation (测试授权)
	cancelled     bool
	disabled      bool
	allowUser     []string
	allowParty    []int64
	allowTag      []int64
	token         string // of the data URL
	aesKey        string
	agent         agent
}

// visible tells whether a member is in the app's visible range (可见范围).
func (g *grant) visible(u *User) bool {
	if slices.Contains(g.allowUser, u.ID) {
		return true
	}
	for _, id := range g.allowTag {
		if g.corp.tags[id].users[u] {
			return true
		}
	}
	return slices.ContainsFunc(u.Departments, g.covers)
}

// covers tells whether a department is in the app's visible range: it or one above
// it is allowed, or has a tag that is allowed. It need not exist.
func (g *grant) covers(department int64) bool {
	for _, allowed := range g.allowParty {
		if g.corp.under(department, allowed) {
			return true
		}
	}
	for _, id := range g.allowTag {
		for tagged := range g.corp.tags[id].departments {
			if g.corp.under(department, tagged) {
				return true
			}
		}
	}
	return false
}

// forget takes what is removed from the corp out of the visible ranges: its id may
// be given again.
func forget[ID comparable](c *Corp, id ID, in func(*grant) *[]ID) {
	for _, g := range c.grants { // cancelled ones too: codes and tickets may still lead to them
		allowed := in(g)
		*allowed = slices.DeleteFunc(*allowed, func(a ID) bool { return a == id })
	}
}

// Installation tells what an installation made.
type Installation struct {
	CorpID        string
	SuiteID       string
	AgentID       int64
	AuthCode      string // temporary authorisation code; single use, 600 s
	PermanentCode string // what the exchange of AuthCode gives; it works at once
	Token         string // callback keys of the data URL; for a customised app its own
	AESKey        string
	Delivery      Delivery // of create_auth; zero if none was pushed
}

// InstallOption changes an installation.
type InstallOption func(*installation)

type installation struct {
	state    string
	byMember *User
	register *registration
	test     bool // auth_type 1
}

// InstallState is the state of the QR code or link; it comes back in create_auth
// and in get_permanent_code.
func InstallState(state string) InstallOption {
	return func(i *installation) { i.state = state }
}

// InstalledBy makes the installation a member's (成员授权, auth_mode 1) instead of
// the administrator's: the app is then visible to that member only.
func InstalledBy(member User) InstallOption {
	return func(i *installation) { i.byMember = &member }
}

// Install authorises the app from the market, a QR code or a link: the auth code
// travels in the event create_auth only, which must be answered within 1000 ms.
// An app without a command URL gets no event. When the event is not delivered the
// installation stands and the error wraps [ErrNotDelivered]. A paid app
// ([AppConfig].Editions) gets change_editon next.
func (c *Corp) Install(ctx context.Context, app *App, opts ...InstallOption) (Installation, error) {
	var how installation
	for _, opt := range opts {
		opt(&how)
	}
	if app.Kind == LoginSuite {
		return Installation{}, errors.New("wecomtest: Install: a login authorisation is not installed by corps")
	}
	c.p.mu.Lock()
	g, code := c.authorize(app, how)
	made := g.installation(code)
	c.p.mu.Unlock()

	delivery, err := app.pushAuth(ctx, newXML().text("SuiteId", app.ID).text("AuthCode", made.AuthCode).
		text("InfoType", "create_auth").number("TimeStamp", c.p.Now().Unix()).state(how.state).bytes())
	made.Delivery = delivery
	if len(app.cfg.Editions) > 0 { // WeCom tells of the edition at once
		err = errors.Join(err, c.EditionChanged(ctx, app))
	}
	return made, err
}

// authorize makes or renews the grant and a temporary code for it. The lock is held.
func (c *Corp) authorize(app *App, how installation) (*grant, *authCode) {
	p := c.p
	g := p.findGrant(app, c)
	if g == nil {
		p.agents++
		g = &grant{
			app: app, corp: c, agentID: p.agents,
			permanentCode: p.secrets.secret(kindPermanentCode),
			allowParty:    []int64{rootDepartment},
			token:         app.Token, aesKey: app.AESKey,
		}
		if app.Kind == Template {
			g.token, g.aesKey = p.secrets.secret(kindCallbackToken), p.secrets.secret(kindAESKey)
		}
		p.grants = append(p.grants, g)
		c.grants = append(c.grants, g)
		g.noteInstallation(p.Now())
		g.beginTrial(p.Now())
	}
	g.test = how.test
	g.state, g.register = how.state, how.register
	g.admin, g.byMember = c.users[0], false
	if how.byMember != nil {
		if u := c.user(how.byMember.ID); u != nil {
			g.admin, g.byMember = u, true
			g.allowUser, g.allowParty, g.allowTag = []string{u.ID}, nil, nil
		}
	}
	return g, p.newAuthCode(g)
}

func (g *grant) installation(code *authCode) Installation {
	return Installation{
		CorpID: g.corp.ID, SuiteID: g.app.ID, AgentID: g.agentID,
		AuthCode: code.value, PermanentCode: g.permanentCode, Token: g.token, AESKey: g.aesKey,
	}
}

// living are the authorisations of a corp that have not been cancelled, in order.
// The lock is held.
func (c *Corp) living() iter.Seq[*grant] {
	return func(yield func(*grant) bool) {
		for _, g := range c.grants {
			if !g.cancelled && !yield(g) {
				return
			}
		}
	}
}

// findGrant returns the living grant of an app in a corp, or nil. The lock is held.
func (p *Platform) findGrant(app *App, corp *Corp) *grant {
	for g := range corp.living() {
		if g.app == app {
			return g
		}
	}
	return nil
}

// Cancel removes the app from the corp (取消授权): its permanent code and tokens
// stop working (40084, 48004), then cancel_auth is pushed.
func (c *Corp) Cancel(ctx context.Context, app *App) (Delivery, error) {
	c.p.mu.Lock()
	g := c.p.findGrant(app, c)
	if g != nil {
		g.cancelled = true
	}
	c.p.mu.Unlock()
	if g == nil {
		return Delivery{}, errNotInstalled
	}
	return app.pushAuth(ctx, app.event("cancel_auth").text("AuthCorpId", c.ID).bytes())
}

var errNotInstalled = errors.New("wecomtest: the app is not installed in the corp")

// ChangeOption changes an authorisation; see [Corp.Change].
type ChangeOption func(*grant)

// VisibleTo sets the visible range (可见范围) of the app: members and departments. Ids
// that do not exist are left out.
func VisibleTo(users []string, departments []int64) ChangeOption {
	return func(g *grant) {
		g.allowUser, g.allowParty, g.allowTag = nil, nil, nil
		for _, id := range users {
			if u := g.corp.user(id); u != nil {
				g.allowUser = append(g.allowUser, u.ID)
			}
		}
		for _, id := range departments {
			if g.corp.department(id) != nil {
				g.allowParty = append(g.allowParty, id)
			}
		}
	}
}

// VisibleToTags adds tags (标签) to the visible range: their members and
// departments. Tags that do not exist are left out.
func VisibleToTags(tags ...int64) ChangeOption {
	return func(g *grant) {
		for _, id := range tags {
			if g.corp.tags[id] != nil && !slices.Contains(g.allowTag, id) {
				g.allowTag = append(g.allowTag, id)
			}
		}
	}
}

// Disabled stops the app in the corp (停用): calls get 50003 until it is enabled
// again with Disabled(false).
func Disabled(disabled bool) ChangeOption {
	return func(g *grant) { g.disabled = disabled }
}

// Change changes the authorisation (变更授权) and pushes change_auth. Tokens stay
// valid. Without options only the event is pushed.
func (c *Corp) Change(ctx context.Context, app *App, opts ...ChangeOption) (Delivery, error) {
	c.p.mu.Lock()
	g := c.p.findGrant(app, c)
	state := ""
	if g != nil {
		for _, opt := range opts {
			opt(g)
		}
		state = g.state
	}
	c.p.mu.Unlock()
	if g == nil {
		return Delivery{}, errNotInstalled
	}
	return app.pushAuth(ctx, app.event("change_auth").text("AuthCorpId", c.ID).state(state).bytes())
}

// ResetPermanentCode resets the secret of a customised app (重置permanent_code):
// the old code and the tokens bought with it stop working at once, and
// reset_permanent_code carries an auth code for the new one. That the tokens end
// too is not documented; it is the stricter of the two possibilities.
func (c *Corp) ResetPermanentCode(ctx context.Context, template *App) (Installation, error) {
	if template.Kind != Template {
		return Installation{}, errors.New("wecomtest: ResetPermanentCode: only the code of a customised app can be reset")
	}
	c.p.mu.Lock()
	g := c.p.findGrant(template, c)
	var made Installation
	if g != nil {
		g.permanentCode = c.p.secrets.secret(kindPermanentCode)
		c.p.revokeGrant(g)
		made = g.installation(c.p.newAuthCode(g))
	}
	c.p.mu.Unlock()
	if g == nil {
		return made, errNotInstalled
	}
	delivery, err := template.pushAuth(ctx, newXML().text("SuiteId", template.ID).text("AuthCode", made.AuthCode).
		text("InfoType", "reset_permanent_code").number("TimeStamp", c.p.Now().Unix()).bytes())
	made.Delivery = delivery
	return made, err
}

// Installations are the apps that the corp has authorised, in order. AuthCode and
// Delivery are empty.
func (c *Corp) Installations() []Installation {
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	var all []Installation
	for g := range c.living() {
		all = append(all, g.installation(&authCode{}))
	}
	return all
}

// DataTarget is the data URL of the app for this corp (数据回调URL), or the callback
// URL of the customised app. $CORPID$ is replaced by the corpid. The ReceiveId is
// the corpid for POST and the provider's corpid for the GET verification.
func (c *Corp) DataTarget(app *App) (Target, error) {
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	g := c.p.findGrant(app, c)
	if g == nil {
		return Target{}, errNotInstalled
	}
	return g.dataTarget(), nil
}

// dataTarget is [Corp.DataTarget] of a grant. The lock is held.
func (g *grant) dataTarget() Target {
	return Target{
		URL:   strings.ReplaceAll(g.app.dataURL, corpIDPlace, g.corp.ID),
		Token: g.token, AESKey: g.aesKey,
		Receiver: g.corp.ID, VerifyReceiver: g.corp.p.provider.CorpID,
		ToUserName: g.corp.ID, AgentID: strconv.FormatInt(g.agentID, 10),
		AnyAnswer: true,
	}
}

// SendMessage lets a member send a text to the app: an app-form message on the
// data URL. A passive reply is verified, opened and returned in the delivery.
func (c *Corp) SendMessage(ctx context.Context, from User, app *App, text string) (Delivery, error) {
	target, err := c.DataTarget(app)
	if err != nil {
		return Delivery{}, err
	}
	return c.p.Push(ctx, target, newXML().text("ToUserName", c.ID).text("FromUserName", from.ID).
		number("CreateTime", c.p.Now().Unix()).text("MsgType", "text").text("Content", text).
		number("MsgId", c.p.nextMessageID()).raw("<AgentID>"+target.AgentID+"</AgentID>").bytes())
}
