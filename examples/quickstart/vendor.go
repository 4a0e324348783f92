package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/callback"
	"github.com/wecom-isv/wecom/provider"
	"github.com/wecom-isv/wecom/register"
	"github.com/wecom-isv/wecom/sso"
	"github.com/wecom-isv/wecom/suite"
)

// vendor is the backend of a software vendor (服务商) with one app.
type vendor struct {
	cfg      config
	app      *suite.Client
	provider *provider.Client
	register *register.Client
	members  *sso.App
	admins   *sso.ProviderLogin
	states   *sso.States

	mux    callback.Mux
	pool   *callback.Pool
	server *http.Server
	to     *printer

	// What has happened, for the steps to wait for.
	led        chan *url.URL // where a page has led the browser
	authorized chan *suite.Authorization
	cancelled  chan string
	registered chan callback.RegisterCorp
	signedIn   chan sso.Identity
	failed     chan error
}

// newVendor wires the backend and starts its server.
func newVendor(ctx context.Context, cfg config, to *printer, logger *slog.Logger) (*vendor, error) {
	v := &vendor{
		cfg: cfg, to: to,
		led:        make(chan *url.URL, 8),
		authorized: make(chan *suite.Authorization, 8),
		cancelled:  make(chan string, 8),
		registered: make(chan callback.RegisterCorp, 8),
		signedIn:   make(chan sso.Identity, 8),
		failed:     make(chan error, 8),
	}
	opts := []wecom.Option{wecom.WithTransport(tracer{transport(), to}), wecom.WithLogger(logger)}
	pages := sso.Pages{}
	if cfg.BaseURL != "" {
		opts = append(opts, wecom.WithBaseURL(cfg.BaseURL))
		pages = sso.PagesAt(cfg.BaseURL)
	}
	api, err := wecom.New(opts...)
	if err != nil {
		return nil, err
	}
	if v.app, err = suite.New(api, suite.Config{ID: cfg.SuiteID, Secret: cfg.SuiteSecret, PageURL: cfg.BaseURL}); err != nil {
		return nil, err
	}
	if v.provider, err = provider.New(api, provider.Config{CorpID: cfg.CorpID, Secret: cfg.ProviderSecret, PageURL: cfg.BaseURL}); err != nil {
		return nil, err
	}
	v.register = register.New(v.provider)
	v.members = sso.NewApp(v.app)
	v.admins = sso.NewProviderLogin(v.provider)
	if v.states, err = sso.NewStates(wecom.NewSecret(rand.Text() + rand.Text())); err != nil {
		return nil, err
	}

	// Events: the app's own are dealt with by one call.
	v.app.Handle(&v.mux, suite.Hooks{
		Authorized: func(_ context.Context, auth *suite.Authorization) error {
			tell(v.authorized, auth)
			return nil
		},
		Cancelled: func(_ context.Context, corpID string) error {
			tell(v.cancelled, corpID)
			return nil
		},
	})
	callback.On(&v.mux, func(_ context.Context, _ callback.Envelope, ev callback.RegisterCorp) error {
		tell(v.registered, ev)
		return nil
	})
	if v.pool, err = callback.NewPool(&v.mux, callback.PoolConfig{Logger: logger}); err != nil {
		return nil, err
	}
	commands, err := callback.NewHandler(callback.Config{
		Token: cfg.Token, AESKey: cfg.AESKey, Receivers: []string{cfg.SuiteID}, VerifyReceivers: []string{cfg.CorpID},
		Queue: tracedQueue{v.pool, to}, Logger: logger,
	}, &v.mux)
	if err != nil {
		return nil, err
	}
	system, err := callback.NewHandler(callback.Config{
		Token: cfg.Token, AESKey: cfg.AESKey, Receivers: []string{cfg.CorpID}, Queue: tracedQueue{v.pool, to}, Logger: logger,
	}, &v.mux)
	if err != nil {
		return nil, err
	}

	routes := http.NewServeMux()
	routes.Handle("/callback/command", v.traced(commands))
	routes.Handle("/callback/system", v.traced(system))
	page := func(pattern string, h func(http.ResponseWriter, *http.Request) error) {
		routes.HandleFunc("GET "+pattern, func(w http.ResponseWriter, r *http.Request) {
			v.to.line("    ⇐ browser GET %s  %s", r.URL.Path, join(showQuery(r.URL.Query())))
			if err := h(w, r); err != nil {
				tell(v.failed, fmt.Errorf("%s: %w", pattern, err))
				http.Error(w, "something went wrong", http.StatusBadRequest)
			}
		})
	}
	page("/install", v.serveInstall)
	page("/installed", v.serveInstalled)
	page("/login", func(w http.ResponseWriter, r *http.Request) error {
		return v.redirect(w, r, func(state string) (string, error) {
			return sso.AppOAuth2{SuiteID: cfg.SuiteID, RedirectURI: v.cfg.PublicURL + "/login/done", Scope: sso.ScopeBase, State: state, Pages: pages}.URL()
		})
	})
	page("/login/done", v.serveLoginDone)
	page("/admin", func(w http.ResponseWriter, r *http.Request) error {
		return v.redirect(w, r, func(state string) (string, error) {
			return sso.ProviderQRLogin{CorpID: cfg.CorpID, RedirectURI: v.cfg.PublicURL + "/admin/done", State: state, UserType: sso.UserTypeAdmin, Pages: pages}.URL()
		})
	})
	page("/admin/done", v.serveAdminDone)
	page("/register", v.serveRegister)

	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", cfg.Listen)
	if err != nil {
		return nil, err
	}
	if v.cfg.PublicURL == "" {
		v.cfg.PublicURL = "http://" + listener.Addr().String()
	}
	v.server = &http.Server{Handler: routes, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = v.server.Serve(listener) }() // until close
	return v, nil
}

// close stops the server and lets the events in hand end.
func (v *vendor) close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	_ = v.server.Shutdown(ctx)
	_ = v.pool.Shutdown(ctx)
}

var linkPage = template.Must(template.New("").Parse(`<!doctype html><title>{{.Title}}</title><h1>{{.Title}}</h1><p><a href="{{.URL}}" target="{{.Target}}">{{.Title}}</a></p>`))

type link struct {
	Title, Target string
	URL           template.URL
}

// serveInstall shows the install link. WeCom wants it clicked on a page of the
// installation callback domain (安装完成回调域名), not redirected to.
func (v *vendor) serveInstall(w http.ResponseWriter, r *http.Request) error {
	state, err := v.states.Start(w, r, "/")
	if err != nil {
		return err
	}
	l, err := v.app.Install(r.Context(), suite.InstallRequest{RedirectURI: v.cfg.PublicURL + "/installed", State: state, AuthType: suite.AuthTypeTest})
	if err != nil {
		return err
	}
	if err := v.lead(l.URL); err != nil {
		return err
	}
	return linkPage.Execute(w, link{"安装应用 · Install the app", "_self", template.URL(l.URL)}) //nolint:gosec // made by the SDK
}

func (v *vendor) serveInstalled(w http.ResponseWriter, r *http.Request) error {
	back, err := suite.ParseInstalled(r.URL.Query())
	if err != nil {
		return err
	}
	if _, err := v.states.Finish(w, r, back.State); err != nil {
		return err
	}
	auth, err := v.app.Authorize(r.Context(), back.Code)
	if err != nil {
		return err
	}
	tell(v.authorized, auth)
	return thank(w)
}

func (v *vendor) serveLoginDone(w http.ResponseWriter, r *http.Request) error {
	back, err := sso.ParseCallback(r.URL.Query())
	if err != nil {
		return err
	}
	if _, err := v.states.Finish(w, r, back.State); err != nil {
		return err
	}
	return v.welcome(w, r, func(ctx context.Context) (sso.Identity, error) { return v.members.SignIn(ctx, back.Code) })
}

func (v *vendor) serveAdminDone(w http.ResponseWriter, r *http.Request) error {
	back, err := sso.ParseQRCallback(r.URL.Query())
	if err != nil {
		return err
	}
	if _, err := v.states.Finish(w, r, back.State); err != nil {
		return err
	}
	return v.welcome(w, r, func(ctx context.Context) (sso.Identity, error) { return v.admins.SignIn(ctx, back.Code) })
}

func (v *vendor) welcome(w http.ResponseWriter, r *http.Request, signIn func(context.Context) (sso.Identity, error)) error {
	who, err := signIn(r.Context())
	if err != nil {
		return err
	}
	tell(v.signedIn, who)
	return thank(w)
}

// serveRegister shows the link that registers a new corp.
func (v *vendor) serveRegister(w http.ResponseWriter, r *http.Request) error {
	l, err := v.register.Start(r.Context(), register.GetRegisterCodeRequest{TemplateID: v.cfg.TemplateID, CorpName: "示例企业", State: "quickstart"})
	if err != nil {
		return err
	}
	if err := v.lead(l.URL); err != nil {
		return err
	}
	return linkPage.Execute(w, link{"注册企业微信 · Register", "_blank", template.URL(l.URL)}) //nolint:gosec // made by the SDK
}

// redirect begins a sign-in: a state in a cookie, and off to WeCom.
func (v *vendor) redirect(w http.ResponseWriter, r *http.Request, address func(state string) (string, error)) error {
	state, err := v.states.Start(w, r, "/")
	if err != nil {
		return err
	}
	to, err := address(state)
	if err != nil {
		return err
	}
	if err := v.lead(to); err != nil {
		return err
	}
	http.Redirect(w, r, to, http.StatusFound)
	return nil
}

// lead prints where a page sends the browser.
func (v *vendor) lead(address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return errors.New("the SDK made an address that is none")
	}
	v.to.line("    ⇒ browser to %s  %s", u.Path, join(showQuery(u.Query())))
	tell(v.led, u)
	return nil
}

func thank(w http.ResponseWriter) error {
	_, err := fmt.Fprintln(w, "谢谢, 请回到终端 · Thank you. Go back to the terminal.")
	return err
}

// traced prints a callback as it arrives: what WeCom sees of it.
func (v *vendor) traced(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen := &status{ResponseWriter: w, code: http.StatusOK}
		h.ServeHTTP(seen, r)
		v.to.line("    ⇐ %s %s  %d bytes, sealed; answered %d", r.Method, r.URL.Path, max(r.ContentLength, 0), seen.code)
	})
}

type status struct {
	http.ResponseWriter
	code int
}

func (s *status) WriteHeader(code int) {
	s.code = code
	s.ResponseWriter.WriteHeader(code)
}

// tracedQueue prints an event that has been opened, before it is queued.
type tracedQueue struct {
	next callback.Queue
	to   *printer
}

func (q tracedQueue) Enqueue(ctx context.Context, env callback.Envelope) error {
	leaves := xmlLeaves(env.Raw)
	q.to.line("    ⇐ event %s", join(leaves))
	return q.next.Enqueue(ctx, env)
}

// tell passes on what has happened; if nobody has listened for long it is lost.
func tell[T any](ch chan<- T, v T) {
	select {
	case ch <- v:
	default:
	}
}

// next waits for what a person or the platform does.
func next[T any](ctx context.Context, v *vendor, what string, ch <-chan T) (T, error) {
	select {
	case got := <-ch:
		return got, nil
	case err := <-v.failed:
		var zero T
		return zero, err
	case <-ctx.Done():
		var zero T
		return zero, errors.Join(fmt.Errorf("%s did not come", what), ctx.Err())
	}
}

// transport is one of our own, as a program that shares http.DefaultTransport
// shares its limits too.
func transport() http.RoundTripper {
	return &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 16, TLSHandshakeTimeout: 5 * time.Second, IdleConnTimeout: time.Minute}
}
