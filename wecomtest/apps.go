package wecomtest

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"
)

// ProviderConfig is a service provider (服务商); empty fields are made up.
type ProviderConfig struct {
	CorpID      string // of the provider itself
	Secret      string // provider_secret
	Token       string // of the system-event URL
	AESKey      string // EncodingAESKey of the system-event URL
	CallbackURL string // system-event URL (系统事件接收URL)
	LoginDomain string // authorised login domain of the old QR login; empty: any

	CashierSecret string // signs calls of the cash desk (收银台API调用密钥)
}

// Provider is the service provider. The fields do not change.
type Provider struct {
	CorpID string
	Secret string
	Token  string
	AESKey string

	CashierSecret string // signs calls of the cash desk (收银台API调用密钥)

	p           *Platform
	loginDomain string
	callbackURL string
}

func newProvider(p *Platform, cfg ProviderConfig) *Provider {
	return &Provider{
		CorpID:        cmp.Or(cfg.CorpID, "ww"+p.secrets.hex(16)),
		Secret:        cmp.Or(cfg.Secret, p.secrets.secret(kindProviderSecret)),
		Token:         cmp.Or(cfg.Token, p.secrets.secret(kindCallbackToken)),
		AESKey:        cmp.Or(cfg.AESKey, p.secrets.secret(kindAESKey)),
		CashierSecret: cmp.Or(cfg.CashierSecret, p.secrets.secret(kindCashierSecret)),

		p:           p,
		loginDomain: cfg.LoginDomain,
		callbackURL: cfg.CallbackURL,
	}
}

func (v *Provider) check() error {
	_, err := newEnvelopeCipher(v.Token, v.AESKey)
	return err
}

// SetCallbackURL sets the system-event URL (系统事件接收URL).
func (v *Provider) SetCallbackURL(url string) {
	v.p.mu.Lock()
	defer v.p.mu.Unlock()
	v.callbackURL = url
}

// Target is the system-event URL. The ReceiveId is the provider's corpid, for
// POST and GET (inferred, not documented).
func (v *Provider) Target() Target {
	v.p.mu.Lock()
	defer v.p.mu.Unlock()
	return Target{
		URL: v.callbackURL, Token: v.Token, AESKey: v.AESKey,
		Receiver: v.CorpID, VerifyReceiver: v.CorpID, ToUserName: v.CorpID,
	}
}

// corpIDPlace is the place of the corpid in a data URL.
const corpIDPlace = "$CORPID$"

// AppKind is what an [App] is.
type AppKind int

const (
	// ThirdPartyApp is a third-party app (第三方应用).
	ThirdPartyApp AppKind = iota
	// Template is a customised-app template (代开发应用模板).
	Template
	// LoginSuite is the provider's login authorisation (登录授权).
	LoginSuite
)

// AppConfig describes an app; empty fields are made up or absent.
type AppConfig struct {
	ID     string // suite_id or template id; no two apps share one
	Name   string
	Secret string // suite_secret
	Token  string // of the callback URLs
	AESKey string // EncodingAESKey of the callback URLs

	CallbackURL string // command URL (指令回调URL)
	DataURL     string // data URL (数据回调URL); $CORPID$ is replaced. For a template: URL of the apps made from it

	RedirectDomain     string // installation callback domain (安装完成回调域名); empty: any
	TrustedDomain      string // OAuth2 and login callback domain (可信域名); empty: any
	BusinessSettingURL string // business settings (业务设置) page
	HomeURL            string // home page (应用主页), opened from the workbench; $CORPID$ is replaced by the corpid

	Editions  []Edition // of a paid app; empty: free
	TrialDays int       // timed trial of a paid app from its first installation; -1: unlimited

	Unpublished  bool     // installable with auth_type 1 only
	Level        int      // privilege.level of a third-party app; 0: 1 (basic contacts)
	Permissions  []string // of agent/get_permissions; nil: contact:base:base
	ContactWrite bool     // a contacts app: its corp token may change the contact list
	SensitiveOK  bool     // may ask for snsapi_privateinfo
}

// App is a third-party app, a template or the login authorisation, each with its
// own secret, suite_ticket and callback keys. The fields do not change.
type App struct {
	Kind   AppKind
	ID     string
	Name   string
	Secret string
	Token  string
	AESKey string

	p           *Platform
	cfg         AppConfig
	callbackURL string
	dataURL     string
	ticket      *suiteTicket // newest
}

// suiteTicket is a suite_ticket (应用票据).
type suiteTicket struct {
	value   string
	app     *App
	expires time.Time
}

// NewApp adds a third-party app (第三方应用), suite_id ww...
func (p *Platform) NewApp(cfg AppConfig) *App { return p.addApp(ThirdPartyApp, "ww", cfg) }

// NewTemplate adds a customised-app template (代开发应用模板), template id dk...
func (p *Platform) NewTemplate(cfg AppConfig) *App { return p.addApp(Template, "dk", cfg) }

// NewLoginSuite adds the provider's login authorisation (登录授权), suite_id ww...
func (p *Platform) NewLoginSuite(cfg AppConfig) *App { return p.addApp(LoginSuite, "ww", cfg) }

func (p *Platform) addApp(kind AppKind, prefix string, cfg AppConfig) *App {
	app := &App{
		Kind:        kind,
		ID:          cmp.Or(cfg.ID, prefix+p.secrets.hex(16)),
		Name:        cmp.Or(cfg.Name, "app"),
		Secret:      cmp.Or(cfg.Secret, p.secrets.secret(kindSuiteSecret)),
		Token:       cmp.Or(cfg.Token, p.secrets.secret(kindCallbackToken)),
		AESKey:      cmp.Or(cfg.AESKey, p.secrets.secret(kindAESKey)),
		p:           p,
		cfg:         cfg,
		callbackURL: cfg.CallbackURL,
		dataURL:     cfg.DataURL,
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.apps[app.ID] = app
	return app
}

// SetCallbackURL sets the command URL (指令回调URL).
func (a *App) SetCallbackURL(url string) {
	a.p.mu.Lock()
	defer a.p.mu.Unlock()
	a.callbackURL = url
}

// SetDataURL sets the data URL (数据回调URL); $CORPID$ in it is replaced on
// delivery. For a template it is the callback URL of the apps made from it.
func (a *App) SetDataURL(url string) {
	a.p.mu.Lock()
	defer a.p.mu.Unlock()
	a.dataURL = url
}

// CommandTarget is the command URL: the ReceiveId is the suite id for POST and
// the provider's corpid for the GET verification.
func (a *App) CommandTarget() Target {
	a.p.mu.Lock()
	defer a.p.mu.Unlock()
	return a.commandTarget()
}

// commandTarget is [App.CommandTarget]. The lock is held.
func (a *App) commandTarget() Target {
	return Target{
		URL: a.callbackURL, Token: a.Token, AESKey: a.AESKey,
		Receiver: a.ID, VerifyReceiver: a.p.provider.CorpID, ToUserName: a.ID,
	}
}

// DataTarget is the data URL as the console verifies it: $CORPID$ is the
// provider's corpid, and so is the ReceiveId. [Corp.DataTarget] is the one that
// messages of a corp go to.
func (a *App) DataTarget() Target {
	a.p.mu.Lock()
	defer a.p.mu.Unlock()
	id := a.p.provider.CorpID
	return Target{
		URL: strings.ReplaceAll(a.dataURL, corpIDPlace, id), Token: a.Token, AESKey: a.AESKey,
		Receiver: id, VerifyReceiver: id, ToUserName: id, AnyAnswer: true,
	}
}

// IssueTicket makes a suite_ticket without pushing it, for tests that have no
// callback URL. It works for 30 minutes.
func (a *App) IssueTicket() string {
	a.p.mu.Lock()
	defer a.p.mu.Unlock()
	now := a.p.Now()
	t := &suiteTicket{value: a.p.secrets.secret(kindSuiteTicket), app: a, expires: now.Add(ticketLife)}
	a.ticket = t
	prune(a.p.tickets, now, func(t *suiteTicket) time.Time { return t.expires })
	a.p.tickets[t.value] = t
	return t.value
}

// PushTicket makes a new suite_ticket and pushes it to the command URL (推送
// suite_ticket), as WeCom does every 10 minutes. The ticket works for 30 minutes
// also when the push failed.
func (a *App) PushTicket(ctx context.Context) (Delivery, error) {
	target := a.CommandTarget()
	if target.URL == "" {
		return Delivery{}, errors.New("wecomtest: PushTicket: the app has no CallbackURL")
	}
	blank := " " // WeCom's
	if a.p.settings.trimmedTickets {
		blank = ""
	}
	message := newXML().text("SuiteId", a.ID).
		raw("<InfoType>"+blank+"<![CDATA[suite_ticket]]></InfoType>").
		number("TimeStamp", a.p.Now().Unix()).
		text("SuiteTicket", a.IssueTicket()).bytes()
	return a.p.Push(ctx, target, message)
}

// pushAuth pushes an authorisation event, to be answered within 1000 ms. An app
// without a command URL gets none.
func (a *App) pushAuth(ctx context.Context, message []byte) (Delivery, error) {
	target := a.CommandTarget()
	if target.URL == "" {
		return Delivery{}, nil
	}
	target.Deadline = authDeadline
	return a.p.Push(ctx, target, message)
}

func (a *App) event(infoType string) *xmlMessage {
	return newXML().text("SuiteId", a.ID).text("InfoType", infoType).number("TimeStamp", a.p.Now().Unix())
}
