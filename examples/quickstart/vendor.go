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
	cfg    config
	pages  sso.Pages
	to     *printer
	logger *slog.Logger

	app      *suite.Client
	provider *provider.Client
	register *register.Client
	members  *sso.App
	admins   *sso.ProviderLogin
	states   *sso.States

	mux    callback.Mux
	pool   *callback.Pool
	site   *http.ServeMux
	server *http.Server

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
		cfg: cfg, to: to, logger: logger,
		site:       http.NewServeMux(),
		led:        make(chan *url.URL, 8),
		authorized: make(chan *suite.Authorization, 8),
		cancelled:  make(chan string, 8),
		registered: make(chan callback.RegisterCorp, 8),
		signedIn:   make(chan sso.Identity, 8),
		failed:     make(chan error, 8),
	}
	if cfg.BaseURL != "" {
		v.pages = sso.PagesAt(cfg.BaseURL)
	}
	if err := v.makeClients(); err != nil {
		return nil, err
	}
	if err := v.receiveEvents(); err != nil {
		return nil, err
	}
	v.servePages()
	if err := v.listen(ctx); err != nil {
		return nil, errors.Join(err, v.pool.Shutdown(ctx))
	}
	return v, nil
}

// newAPI returns an API client that prints its calls.
func (v *vendor) newAPI(opts ...wecom.Option) (*wecom.Client, error) {
	opts = append(opts, wecom.WithTransport(tracer{transport(), v.to}), wecom.WithLogger(v.logger))
	if v.cfg.BaseURL != "" {
		opts = append(opts, wecom.WithBaseURL(v.cfg.BaseURL))
	}
	return wecom.New(opts...)
}

func (v *vendor) makeClients() error {
	api, err := v.newAPI()
	if err != nil {
		return err
	}
	if v.app, err = suite.New(api, suite.Config{ID: v.cfg.SuiteID, Secret: v.cfg.SuiteSecret, PageURL: v.cfg.BaseURL}); err != nil {
		return err
	}
	if v.provider, err = provider.New(api, provider.Config{CorpID: v.cfg.CorpID, Secret: v.cfg.ProviderSecret, PageURL: v.cfg.BaseURL}); err != nil {
		return err
	}
	v.register = register.New(v.provider)
	v.members = sso.NewApp(v.app)
	v.admins = sso.NewProviderLogin(v.provider)
	v.states, err = sso.NewStates(wecom.NewSecret(rand.Text() + rand.Text()))
	return err
}

// receiveEvents mounts both callback URLs. One call deals with the app's own
// events.
func (v *vendor) receiveEvents() error {
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
	pool, err := callback.NewPool(&v.mux, callback.PoolConfig{Logger: v.logger})
	if err != nil {
		return err
	}
	v.pool = pool
	command := callback.Config{
		Token: v.cfg.Token, AESKey: v.cfg.AESKey, Receivers: []string{v.cfg.SuiteID}, VerifyReceivers: []string{v.cfg.CorpID},
		Queue: tracedQueue{pool, v.to}, Logger: v.logger,
	}
	system := command
	system.Receivers = []string{v.cfg.CorpID}
	for path, cfg := range map[string]callback.Config{"/callback/command": command, "/callback/system": system} {
		handler, err := callback.NewHandler(cfg, &v.mux)
		if err != nil {
			return err
		}
		v.site.Handle(path, v.traced(handler))
	}
	return nil
}

func (v *vendor) servePages() {
	v.page("/install", v.serveInstall)
	v.page("/installed", v.serveInstalled)
	v.page("/login", v.serveLogin)
	v.page("/login/done", v.serveLoginDone)
	v.page("/admin", v.serveAdmin)
	v.page("/admin/done", v.serveAdminDone)
	v.page("/register", v.serveRegister)
}

// page mounts a page whose errors end the step that waits for it. A refused state
// does not: somebody has reloaded the page, or a stranger has opened it.
func (v *vendor) page(path string, serve func(http.ResponseWriter, *http.Request) error) {
	v.site.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
		v.to.line("    ⇐ browser GET %s  %s", r.URL.Path, join(showQuery(r.URL.Query())))
		if err := serve(w, r); err != nil {
			if !errors.Is(err, sso.ErrState) {
				tell(v.failed, fmt.Errorf("%s: %w", path, err))
			}
			http.Error(w, "something went wrong", http.StatusBadRequest)
		}
	})
}

// listen starts the server, which runs until close.
func (v *vendor) listen(ctx context.Context) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", v.cfg.Listen)
	if err != nil {
		return err
	}
	if v.cfg.PublicURL == "" {
		v.cfg.PublicURL = "http://" + listener.Addr().String()
	}
	v.server = &http.Server{Handler: v.site, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = v.server.Serve(listener) }()
	return nil
}

// close stops the server and waits for the events in hand.
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

func (v *vendor) serveLogin(w http.ResponseWriter, r *http.Request) error {
	return v.redirect(w, r, func(state string) (string, error) {
		return sso.AppOAuth2{
			SuiteID: v.cfg.SuiteID, RedirectURI: v.cfg.PublicURL + "/login/done", Scope: sso.ScopeBase, State: state, Pages: v.pages,
		}.URL()
	})
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

func (v *vendor) serveAdmin(w http.ResponseWriter, r *http.Request) error {
	return v.redirect(w, r, func(state string) (string, error) {
		return sso.ProviderQRLogin{
			CorpID: v.cfg.CorpID, RedirectURI: v.cfg.PublicURL + "/admin/done", State: state, UserType: sso.UserTypeAdmin, Pages: v.pages,
		}.URL()
	})
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
		return errors.New("the SDK made an address that cannot be parsed")
	}
	v.to.line("    ⇒ browser to %s  %s", u.Path, join(showQuery(u.Query())))
	tell(v.led, u)
	return nil
}

func thank(w http.ResponseWriter) error {
	_, err := fmt.Fprintln(w, "谢谢, 请回到终端 · Thank you. Go back to the terminal.")
	return err
}

// traced prints a callback as the outside sees it: still sealed.
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
	q.to.line("    ⇐ event %s", join(xmlLeaves(env.Raw)))
	return q.next.Enqueue(ctx, env)
}

// tell passes on what has happened. It never blocks: what does not fit is lost.
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

// transport returns a transport of its own: http.DefaultTransport is shared with
// the whole program, and so are its limits.
func transport() http.RoundTripper {
	return &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 16, TLSHandshakeTimeout: 5 * time.Second, IdleConnTimeout: time.Minute}
}
