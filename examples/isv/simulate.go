package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/wecom-isv/wecom/examples/internal/settings"
	"github.com/wecom-isv/wecom/examples/isv/internal/view"
	"github.com/wecom-isv/wecom/suite"
	"github.com/wecom-isv/wecom/wecomtest"
)

// simulation is the platform and its corps, when WeCom is simulated.
type simulation struct {
	platform *wecomtest.Platform
	app      *wecomtest.App
	login    *wecomtest.App
	pack     *wecomtest.Package
	vendor   *wecomtest.Corp // the vendor's own corp, whose administrator is the operator
	public   string
}

// One pair of keys for all callback URLs, as a vendor may enter in the console.
const (
	simulatedToken = "isvToken"
	simulatedKey   = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
)

// newSimulation starts a platform that knows a vendor whose site is at public.
func newSimulation(public string, opts ...wecomtest.Option) (*simulation, error) {
	at, err := url.Parse(public)
	if err != nil {
		return nil, err
	}
	opts = append(opts, wecomtest.WithHistory(1000), wecomtest.WithProvider(wecomtest.ProviderConfig{
		Token: simulatedToken, AESKey: simulatedKey, CallbackURL: public + "/callback/system", LoginDomain: at.Host,
	}))
	platform, err := wecomtest.Start(opts...)
	if err != nil {
		return nil, err
	}
	s := &simulation{platform: platform, public: public}
	s.app = platform.NewApp(wecomtest.AppConfig{
		Name: "示例应用", Unpublished: true, Token: simulatedToken, AESKey: simulatedKey,
		CallbackURL: public + "/callback/command", DataURL: public + "/callback/data/$CORPID$",
		RedirectDomain: at.Host, TrustedDomain: at.Host,
		HomeURL: public + "/login", BusinessSettingURL: public + "/console",
		Editions: []wecomtest.Edition{{ID: "standard", Name: "标准版", Price: 10000}, {ID: "pro", Name: "专业版", Price: 30000}},
	})
	s.login = platform.NewLoginSuite(wecomtest.AppConfig{
		Name: "示例登录", Token: simulatedToken, AESKey: simulatedKey, CallbackURL: public + "/callback/command", TrustedDomain: at.Host,
	})
	s.pack = platform.NewPackage(wecomtest.PackageConfig{Apps: []*wecomtest.App{s.app}, ContactMigration: true})
	s.vendor = platform.NewCorp("示例服务商")
	platform.NewCorp("晨光科技").AddUser(wecomtest.User{Name: "李雷"})
	platform.NewCorp("远山书店").AddUser(wecomtest.User{Name: "韩梅梅"})
	return s, nil
}

func (s *simulation) close() error {
	s.platform.Close()
	return nil
}

// configure says what the console of the simulated platform would say.
func (s *simulation) configure() config {
	cfg := config{Vendor: settings.Vendor{
		CorpID: s.platform.Provider().CorpID, ProviderSecret: s.platform.Provider().Secret,
		SuiteID: s.app.ID, SuiteSecret: s.app.Secret, Token: simulatedToken, AESKey: simulatedKey,
		BaseURL: s.platform.URL(), PublicURL: s.public, TemplateID: s.pack.TemplateID,
	}}
	cfg.loginSuiteID, cfg.loginSuiteSecret = s.login.ID, s.login.Secret
	cfg.authType = suite.AuthTypeTest
	cfg.operators = map[identity]bool{{s.vendor.ID, s.vendor.Admin().ID}: true}
	return cfg
}

// pushTickets pushes tickets as WeCom does, after the verification that the console
// does when a callback URL is saved.
func (s *simulation) pushTickets(ctx context.Context, logger *slog.Logger) {
	for _, target := range []wecomtest.Target{s.app.CommandTarget(), s.app.DataTarget(), s.platform.Provider().Target()} {
		if err := s.platform.VerifyURL(ctx, target); err != nil && ctx.Err() == nil {
			logger.ErrorContext(ctx, "a callback URL was not verified", "error", err)
		}
	}
	every := time.NewTicker(10 * time.Minute)
	defer every.Stop()
	for {
		if err := s.pushTicket(ctx, nil); err != nil && ctx.Err() == nil {
			logger.ErrorContext(ctx, "a ticket was not taken", "error", err)
		}
		select {
		case <-every.C:
		case <-ctx.Done():
			return
		}
	}
}

// simulated is something that the person plays, for a corp or for none.
type simulated func(ctx context.Context, corp *wecomtest.Corp) error

func (s *simulation) actions() map[string]simulated {
	return map[string]simulated{
		"ticket": s.pushTicket,
		"expire": func(context.Context, *wecomtest.Corp) error {
			s.platform.ExpireAll()
			return nil
		},
		"clock": func(context.Context, *wecomtest.Corp) error {
			s.platform.Advance(time.Hour)
			return nil
		},
		"install": forCorp(func(ctx context.Context, corp *wecomtest.Corp) error {
			_, err := corp.Install(ctx, s.app)
			return err
		}),
		"change": forCorp(func(ctx context.Context, corp *wecomtest.Corp) error {
			_, err := corp.Change(ctx, s.app)
			return err
		}),
		"buy": forCorp(func(ctx context.Context, corp *wecomtest.Corp) error {
			_, err := corp.BuyEdition(ctx, s.app, wecomtest.EditionOrder{Users: 10, Days: 365})
			return err
		}),
		"cancel": forCorp(func(ctx context.Context, corp *wecomtest.Corp) error {
			_, err := corp.Cancel(ctx, s.app)
			return err
		}),
	}
}

func (s *simulation) pushTicket(ctx context.Context, _ *wecomtest.Corp) error {
	_, err := s.app.PushTicket(ctx)
	_, loginErr := s.login.PushTicket(ctx)
	return errors.Join(err, loginErr)
}

var errNoCorp = errors.New("no such corp on the simulated platform")

func forCorp(do simulated) simulated {
	return func(ctx context.Context, corp *wecomtest.Corp) error {
		if corp == nil {
			return errNoCorp
		}
		return do(ctx, corp)
	}
}

// corp finds a corp by its id, nil if there is none.
func (s *simulation) corp(id string) *wecomtest.Corp {
	for _, c := range s.platform.Corps() {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// simulatedCorp and simulatedMessage are what the page shows of the platform.
type simulatedCorp struct {
	ID, Name        string
	Installed       bool
	Console, Client string
}

type simulatedMessage struct{ Corp, User, Text string }

// serveSimulate shows the corner in which WeCom is played.
func (s *site) serveSimulate(w http.ResponseWriter, r *http.Request) error {
	data := struct {
		outcome
		Now      time.Time
		Corps    []simulatedCorp
		Messages []simulatedMessage
	}{s.outcome(w, r), s.sim.platform.Now(), s.sim.corps(), s.sim.messages()}
	s.show(w, r, view.Page{Name: "simulate", Title: view.Text{ZH: "模拟企业微信", EN: "Simulate WeCom"}, Data: data})
	return nil
}

func (s *simulation) corps() []simulatedCorp {
	var all []simulatedCorp
	for _, c := range s.platform.Corps() {
		query := url.Values{"corp": {c.ID}}
		one := simulatedCorp{ID: c.ID, Name: c.Name, Console: s.platform.URL() + "/simulator/console?" + query.Encode()}
		one.Installed = slices.ContainsFunc(c.Installations(), func(i wecomtest.Installation) bool { return i.SuiteID == s.app.ID })
		query.Set("user", c.Admin().ID)
		one.Client = s.platform.URL() + "/simulator/client?" + query.Encode()
		all = append(all, one)
	}
	return all
}

func (s *simulation) messages() []simulatedMessage {
	var all []simulatedMessage
	for _, m := range s.platform.Messages() {
		var body struct {
			Text struct {
				Content string `json:"content"`
			} `json:"text"`
		}
		if json.Unmarshal(m.Body, &body) != nil {
			continue
		}
		name := m.CorpID
		if c := s.corp(m.CorpID); c != nil {
			name = c.Name
		}
		all = append(all, simulatedMessage{Corp: name, User: strings.Join(m.ToUser, ", "), Text: body.Text.Content})
	}
	slices.Reverse(all)
	return all
}

// serveSimulated does what a button of that page says.
func (s *site) serveSimulated(w http.ResponseWriter, r *http.Request) error {
	do, ok := s.sim.actions()[r.PathValue("action")]
	if !ok {
		return s.serveNothing(w, r)
	}
	done := outcome{Done: &view.Text{ZH: "模拟平台已照办。", EN: "The simulated platform has done so."}}
	if err := do(r.Context(), s.sim.corp(r.PostFormValue("corp"))); err != nil {
		s.logger.WarnContext(r.Context(), "simulation", "error", err)
		done = outcome{Problem: &view.Text{ZH: err.Error(), EN: err.Error()}}
	}
	s.leadOn(w, r, "/simulate", done)
	return nil
}
