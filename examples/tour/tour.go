// Package tour is the code that the README shows: the backend of a vendor
// (服务商) on one page. Its test walks a customer through all of it, against the
// simulated platform. examples/isv is the same with pages, a database and
// shutdown.
package tour

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/callback"
	"github.com/wecom-isv/wecom/corp/contact"
	"github.com/wecom-isv/wecom/corp/message"
	"github.com/wecom-isv/wecom/provider"
	"github.com/wecom-isv/wecom/provider/license"
	"github.com/wecom-isv/wecom/register"
	"github.com/wecom-isv/wecom/sso"
	"github.com/wecom-isv/wecom/suite"
)

// Settings are what the provider console (服务商后台) says.
type Settings struct {
	CorpID, ProviderSecret string       // 服务商信息
	SuiteID, SuiteSecret   string       // 应用信息
	Token, AESKey          string       // 回调配置 of the app
	SystemToken, SystemKey string       // 系统事件接收
	TemplateID             string       // 推广二维码
	Key                    wecom.Secret // 32 random bytes of your own, the same on every machine
	Checkpoints            string       // directory of the migrations under way
	PageURL                string       // empty but for simulated platforms and private deployments
	Pages                  sso.Pages
}

// Database is the vendor's own.
type Database interface {
	suite.CodeStore
	AddCustomer(ctx context.Context, corpID, name string) error
	RemoveCustomer(ctx context.Context, corpID string) error
	People(ctx context.Context, ref string) (People, error)
	NewSession(w http.ResponseWriter, corpID, userID string) error
}

// People are those who move into the contact list of a new corp.
type People struct {
	Departments []contact.CreateDepartmentRequest
	Users       []contact.CreateUserRequest
}

// Vendor is the backend.
type Vendor struct {
	api      *wecom.Client
	app      *suite.Client
	provider *provider.Client
	db       Database
	set      Settings
	states   *sso.States
	mux      callback.Mux
	pool     *callback.Pool
	site     http.ServeMux
}

// New makes the backend on api; Close ends it.
func New(api *wecom.Client, set Settings, db Database) (*Vendor, error) {
	v := &Vendor{api: api, set: set, db: db}
	var err error
	if v.provider, err = provider.New(api, provider.Config{CorpID: set.CorpID, Secret: set.ProviderSecret, PageURL: set.PageURL}); err != nil {
		return nil, err
	}
	for _, part := range []func() error{v.receive, v.signIn, v.install, v.register} {
		if err := part(); err != nil {
			return nil, err
		}
	}
	return v, nil
}

func (v *Vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) { v.site.ServeHTTP(w, r) }

// Close waits for what is being worked on.
func (v *Vendor) Close(ctx context.Context) error { return v.pool.Shutdown(ctx) }

func (v *Vendor) receive() error {
	api, set, db := v.api, v.set, v.db
	// [receive]
	app, err := suite.New(api, suite.Config{ // 第三方应用
		ID: set.SuiteID, Secret: set.SuiteSecret,
		Codes: db, // permanent codes cannot be fetched again: they belong into your database
	})
	if err != nil {
		return err
	}
	app.Handle(&v.mux, suite.Hooks{ // suite_ticket, create_auth, cancel_auth … are dealt with; these are told
		Authorized: v.authorized,
		Cancelled:  db.RemoveCustomer,
	})
	pool, err := callback.NewPool(&v.mux, callback.PoolConfig{Logger: slog.Default()}) // answer first, work later; what waits ends with the process
	if err != nil {
		return err
	}
	command, err := callback.NewHandler(callback.Config{
		Token: set.Token, AESKey: set.AESKey, Queue: pool, Logger: slog.Default(), // at Debug also what is refused
		Receivers: []string{set.SuiteID}, VerifyReceivers: []string{set.CorpID},
	}, &v.mux)
	if err != nil {
		return err
	}
	v.site.Handle("/callback/command", command) // 指令回调URL
	// [/receive]
	v.app, v.pool = app, pool
	return nil
}

// authorized is told of each new authorisation, whichever way it came.
func (v *Vendor) authorized(ctx context.Context, auth *suite.Authorization) error {
	return v.db.AddCustomer(ctx, auth.Corp.ID(), auth.CorpInfo.CorpName)
}

func (v *Vendor) signIn() error {
	app, db := v.app, v.db
	// [signin]
	states, err := sso.NewStates(v.set.Key) // signed, bound to the browser, single use in this process; for more see WithUsedStates
	if err != nil {
		return err
	}
	cfg := sso.HandlerConfig{
		States: states, RedirectURI: "https://app.example.com/in", LoginPath: "/login", Pages: v.set.Pages,
		Entry: sso.Entry{
			InClient: sso.Way{Page: sso.AppOAuth2{SuiteID: app.ID(), Scope: sso.ScopeBase}, SignIn: sso.NewApp(app).SignIn},
		},
		SignedIn: func(w http.ResponseWriter, r *http.Request, id sso.Identity, next string) {
			if !id.IsMember() { // of no corp: WeCom names such people by an OpenID
				http.Error(w, "members only", http.StatusForbidden)
				return
			}
			if err := db.NewSession(w, id.CorpID, id.UserID); err != nil { // a new session, never the old one
				http.Error(w, "no session", http.StatusInternalServerError)
				return
			}
			http.Redirect(w, r, next, http.StatusSeeOther)
		},
	}
	login, err := sso.LoginHandler(cfg)
	if err != nil {
		return err
	}
	in, err := sso.CallbackHandler(cfg)
	if err != nil {
		return err
	}
	v.site.Handle("/login", login) // 应用主页
	v.site.Handle("/in", in)       // under 可信域名
	// [/signin]
	v.states = states
	return nil
}

func (v *Vendor) install() error {
	app, states := v.app, v.states
	// [install]
	cfg := suite.InstallConfig{
		States: states, RedirectURI: "https://app.example.com/installed",
		AuthType: suite.AuthTypeFormal, Authorized: v.authorized,
	}
	start, err := app.InstallHandler(cfg) // a page with the link to WeCom's consent
	if err != nil {
		return err
	}
	installed, err := app.InstalledHandler(cfg) // the administrator comes back; the permanent code is kept first
	if err != nil {
		return err
	}
	v.site.Handle("/install", start)
	v.site.Handle("/installed", installed) // under 安装完成回调域名
	// [/install]
	return nil
}

func (v *Vendor) register() error {
	set, vendor := v.set, v.provider
	// [register]
	flow, err := register.NewFlow(register.New(vendor), register.FlowConfig{
		Key:        set.Key,
		TemplateID: set.TemplateID, // 推广包ID
		Registered: func(ctx context.Context, reg register.Registration) error {
			if reg.Contacts == nil { // the package migrates no contacts
				return nil
			}
			return v.migrate(ctx, reg)
		},
		Finish: func(w http.ResponseWriter, r *http.Request, _ register.Result) {
			http.Redirect(w, r, "/login", http.StatusSeeOther)
		},
	})
	if err != nil {
		return err
	}
	flow.Handle(&v.mux) // register_corp
	system, err := callback.NewHandler(callback.Config{
		Token: set.SystemToken, AESKey: set.SystemKey, Queue: v.pool, Receivers: []string{set.CorpID},
	}, &v.mux)
	if err != nil {
		return err
	}
	v.site.Handle("/register/", flow)         // a page with a button, the waiting layer, server-sent events
	v.site.Handle("/callback/system", system) // 系统事件接收URL
	// [/register]
	return nil
}

// migrate fills the contact list of a corp that has just registered, and unlocks
// it.
func (v *Vendor) migrate(ctx context.Context, reg register.Registration) error {
	people, err := v.db.People(ctx, reg.Ref)
	if err != nil {
		return err
	}
	// [migrate]
	plan, err := register.NewPlan(register.PlanSource{
		Departments: register.Items(people.Departments), Users: register.Items(people.Users),
	})
	if err != nil {
		return err // *register.PlanError: every item that is wrong, and nothing was sent
	}
	report, err := reg.Contacts.Migrate(ctx, plan, register.MigrateConfig{
		Checkpoint: register.FileCheckpoint(v.set.Checkpoints + "/" + reg.CorpID), // killed? The next run goes on
		Logger:     slog.Default(),
	})
	if report != nil {
		slog.InfoContext(ctx, report.String()) // created, skipped, refused and why
	}
	// [/migrate]
	return err
}

// Greet sends a message to a member.
func (v *Vendor) Greet(ctx context.Context, corpID, userID string) error {
	// [call]
	corp := v.app.Corp(corpID) // in any process that shares the cache and the database
	info, err := corp.AuthInfo(ctx)
	if err != nil {
		return err
	}
	agentID := info.Agent().AgentID // of the app in this corp: keep it
	sent, err := message.New(corp).Send(ctx, message.Message{
		AgentID: agentID, To: message.ToUsers(userID), Content: message.Text{Content: "你好"},
	})
	switch {
	case errors.Is(err, wecom.ErrRateLimited):
		return err // later
	case err != nil:
		return err // *wecom.Error: Code, Hint, FromIP … and never a token
	}
	slog.InfoContext(ctx, "sent", "msgid", sent.MsgID)
	// [/call]
	return nil
}

// BuyLicences buys base accounts for a month and gives them to members.
func (v *Vendor) BuyLicences(ctx context.Context, corpID, buyer string, users []string) error {
	vendor := v.provider
	// [licence]
	licences := license.New(vendor)
	order, err := licences.CreateNewOrder(ctx, license.CreateNewOrderRequest{
		CorpID: corpID, BuyerUserID: buyer,
		AccountCount:    license.AccountCount{BaseCount: int64(len(users))},
		AccountDuration: license.AccountDuration{Months: 1},
	})
	if err != nil {
		return err
	}
	job, err := licences.SubmitPayJob(ctx, order.OrderID, buyer)
	if err != nil {
		return err
	}
	if _, err := licences.WaitPayJob(ctx, job.JobID); err != nil {
		return err
	}
	for account, err := range licences.AllOrderAccounts(ctx, license.ListOrderAccountRequest{OrderID: order.OrderID}) {
		if err != nil {
			return err
		}
		if len(users) == 0 {
			break
		}
		user := users[0]
		users = users[1:]
		if err := licences.ActiveAccount(ctx, license.ActiveAccountRequest{CorpID: corpID, UserID: user, ActiveCode: account.ActiveCode}); err != nil {
			return err
		}
	}
	// [/licence]
	return nil
}
