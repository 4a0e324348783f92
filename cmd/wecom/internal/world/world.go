package world

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/wecom-isv/wecom/wecomtest"
)

// World is a running simulated platform with its apps, corps and one promotion
// package. It is safe for concurrent use.
type World struct {
	Platform *wecomtest.Platform
	Apps     []*wecomtest.App
	Package  *wecomtest.Package // with every app that corps install

	public string
	listen string
}

// Start starts the platform that cfg describes. The caller closes it.
func Start(cfg Config, public, listen string, opts ...wecomtest.Option) (*World, error) {
	v := cfg.Provider
	opts = append(opts, wecomtest.WithProvider(wecomtest.ProviderConfig{
		CorpID: v.CorpID, Secret: v.Secret, Token: v.Token, AESKey: v.AESKey, CallbackURL: v.CallbackURL, LoginDomain: v.LoginDomain,
	}))
	platform, err := wecomtest.Start(opts...)
	if err != nil {
		return nil, err
	}
	w := &World{Platform: platform, public: public, listen: listen}
	if err := w.build(cfg); err != nil {
		platform.Close()
		return nil, err
	}
	return w, nil
}

func (w *World) build(cfg Config) error {
	provider := w.Platform.Provider()
	var installed []*wecomtest.App
	for i, c := range cfg.Apps {
		settings := c.app(provider.Token, provider.AESKey)
		var app *wecomtest.App
		switch c.Kind {
		case "", "third_party":
			app = w.Platform.NewApp(settings)
		case "template":
			app = w.Platform.NewTemplate(settings)
		case "login":
			app = w.Platform.NewLoginSuite(settings)
		default:
			return fmt.Errorf("world: apps[%d].kind is third_party, template or login", i)
		}
		w.Apps = append(w.Apps, app)
		if app.Kind == wecomtest.ThirdPartyApp {
			installed = append(installed, app)
		}
	}
	for _, c := range cfg.Corps {
		corp := w.Platform.NewCorp(c.Name)
		for _, u := range c.Users {
			corp.AddUser(wecomtest.User{ID: u.ID, Name: u.Name, Mobile: u.Mobile, Email: u.Email})
		}
	}
	const mostApps = 15 // in one package
	w.Package = w.Platform.NewPackage(wecomtest.PackageConfig{Apps: installed[:min(len(installed), mostApps)], ContactMigration: true})
	return nil
}

// Close ends the platform.
func (w *World) Close() { w.Platform.Close() }

// Variable is one line of the environment of a vendor's backend.
type Variable struct {
	Name, Value string
	Secret      bool
}

// Environment is what a vendor's backend must be told to work with this platform,
// by the names that the examples of this repository read. The values are test
// data, made up by the platform.
func (w *World) Environment() []Variable {
	provider := w.Platform.Provider()
	vars := []Variable{
		{"WECOM_BASE_URL", w.Platform.URL(), false},
		{"WECOM_CORP_ID", provider.CorpID, false},
		{"WECOM_PROVIDER_SECRET", provider.Secret, true},
		{"WECOM_REGISTER_TEMPLATE_ID", w.Package.TemplateID, false},
	}
	if app := w.first(wecomtest.ThirdPartyApp, wecomtest.Template); app != nil {
		vars = append(vars, Variable{"WECOM_SUITE_ID", app.ID, false}, Variable{"WECOM_SUITE_SECRET", app.Secret, true},
			Variable{"WECOM_TOKEN", app.Token, true}, Variable{"WECOM_ENCODING_AES_KEY", app.AESKey, true})
	}
	if login := w.first(wecomtest.LoginSuite); login != nil {
		vars = append(vars, Variable{"WECOM_LOGIN_SUITE_ID", login.ID, false}, Variable{"WECOM_LOGIN_SUITE_SECRET", login.Secret, true})
	}
	if corps := w.Platform.Corps(); len(corps) > 0 {
		vars = append(vars, Variable{"WECOM_AUTH_CORP_ID", corps[0].ID, false})
	}
	if w.public != "" {
		vars = append(vars, Variable{"WECOM_PUBLIC_URL", w.public, false})
	}
	if w.listen != "" {
		vars = append(vars, Variable{"WECOM_LISTEN", w.listen, false})
	}
	return vars
}

func (w *World) first(kinds ...wecomtest.AppKind) *wecomtest.App {
	for _, app := range w.Apps {
		if slices.Contains(kinds, app.Kind) {
			return app
		}
	}
	return nil
}

const (
	firstRetry = 2 * time.Second  // after a push that nobody took
	lastRetry  = 30 * time.Second // when nobody has taken one for long
)

// PushTickets pushes a suite_ticket to every app that has a command URL, and again
// after each interval, as WeCom does every 10 minutes, until ctx is done. A push
// that is not taken is tried again soon: the backend may start after the platform.
// pushed hears of every push.
func (w *World) PushTickets(ctx context.Context, every time.Duration, pushed func(app *wecomtest.App, err error)) {
	schedules := make([]*schedule, len(w.Apps))
	for i, app := range w.Apps {
		schedules[i] = &schedule{app: app, retry: firstRetry}
	}
	for len(schedules) > 0 {
		next := slices.MinFunc(schedules, func(a, b *schedule) int { return a.due.Compare(b.due) })
		if !sleepUntil(ctx, next.due) {
			return
		}
		if next.app.CommandTarget().URL == "" { // it may be given one
			next.done(nil, every)
			continue
		}
		_, err := next.app.PushTicket(ctx)
		if ctx.Err() != nil {
			return
		}
		next.done(err, every)
		pushed(next.app, err)
	}
}

// schedule says when an app gets its next ticket.
type schedule struct {
	app   *wecomtest.App
	due   time.Time
	retry time.Duration // if the next push is not taken
}

// done plans the next push after one that ended with err.
func (s *schedule) done(err error, every time.Duration) {
	pause := every
	if err != nil {
		pause = min(s.retry, every)
		s.retry = min(2*s.retry, lastRetry)
	} else {
		s.retry = firstRetry
	}
	s.due = time.Now().Add(pause)
}

// sleepUntil reports whether t came before the end of ctx.
func sleepUntil(ctx context.Context, t time.Time) bool {
	timer := time.NewTimer(time.Until(t))
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
