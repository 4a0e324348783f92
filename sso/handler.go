package sso

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/wecom-isv/wecom/internal/page"
	"github.com/wecom-isv/wecom/internal/wire"
	"github.com/wecom-isv/wecom/provider"
)

// tenantPlace is where a [HandlerConfig].LoginPath has the tenant.
const tenantPlace = "{tenant}"

// HandlerConfig is what the handlers of one site share: pass the same to each.
type HandlerConfig struct {
	// States guards the way back. Required, except by [ConsoleHandler].
	States *States
	// RedirectURI is the absolute address of the [CallbackHandler]. Its host must be
	// the trusted domain (可信域名) or login callback domain, and the [LoginHandler]
	// must run on the same host, since the browser has to bring the cookie of States
	// back. Required unless the pages have their own.
	RedirectURI string
	// Entry is how people sign in. Either it or EntryOf is required, except by
	// [ConsoleHandler].
	Entry Entry
	// EntryOf is for a site of several suites or corps: it returns the entry of one
	// of them, or [ErrNoEntry]. The callback asks again, for the same tenant.
	EntryOf func(ctx context.Context, tenant string) (Entry, error)
	// Tenant says which entry a request to [LoginHandler] is for: an id of up to
	// 128 bytes. Default: the path value tenant, which a pattern with {tenant} sets;
	// see [http.Request.PathValue].
	Tenant func(r *http.Request) string
	// InClient says whether a browser can open the OAuth2 pages. Default: [InWeCom]
	// or [InWeChat].
	InClient func(r *http.Request) bool
	// LoginPath is the path of the [LoginHandler], such as "/login", or
	// "/{tenant}/login" with EntryOf. The page of a failure offers it to start
	// again. Default: it does not.
	LoginPath string
	// Home is where people go who asked for no path; "/" unless given.
	Home string
	// Pages is for deployments other than the public one.
	Pages Pages
	// Console takes the code of the admin console: [App.SignInConsole] of the login
	// authorisation (登录授权), or [ProviderLogin.SignIn] if there is none. Required
	// by [ConsoleHandler], unused by the others.
	Console func(ctx context.Context, code provider.LoginAuthCode) (Identity, error)
	// SignedIn takes over when somebody has signed in; see [CallbackHandler] for
	// what it must do. next is a path of this site. Required by [CallbackHandler]
	// and [ConsoleHandler].
	SignedIn func(w http.ResponseWriter, r *http.Request, id Identity, next string)
	// Failed answers when a sign-in has failed. Default: a plain page in Chinese or
	// English.
	Failed func(w http.ResponseWriter, r *http.Request, f Failure)
	// Logger gets each failure with its id and cause: at Error what is wrong with
	// the site, the service or the settings, at Info what people do. Default: none.
	Logger *slog.Logger
}

// handler is a checked [HandlerConfig] with its defaults.
type handler struct {
	op  string // which handler
	cfg HandlerConfig
}

// LoginHandler starts a sign-in: it sends the browser to the OAuth2 page inside
// the client of WeCom, and to the web login elsewhere, in the language of the
// browser. GET /login?next=/orders comes back to /orders; a next that is not a
// path of this site is answered with 400.
//
// Its address is also the member entry: set it, with next, as the home page of
// the app (应用主页) and in the links of messages and menus. In the home page
// $CORPID$ stands for the corp that opens it, so "/$CORPID$/login" is one of the
// tenants of EntryOf.
//
// The login pages check the Referer (-31033): link to this handler from a page
// of your own, without "Referrer-Policy: no-referrer".
func LoginHandler(cfg HandlerConfig) (http.Handler, error) {
	h, err := newHandler("LoginHandler", cfg)
	if err != nil {
		return nil, err
	}
	if err := h.checkEntry(); err != nil {
		return nil, err
	}
	return page.Only(h.login, http.MethodGet), nil
}

// PanelHandler starts a sign-in inside the vendor's page: it answers a request of
// that page's script, GET ?next=/orders, with the [Panel] of the web login as
// JSON, for ww.createWWLoginPanel:
//
//	const params = await (await fetch("/login/panel?next=/orders")).json()
//	ww.createWWLoginPanel({el: "#login", params})
//
// The [CallbackHandler] takes what the panel brings back, with [RedirectCallback]
// as a form that the script posts, of code and state. The page of Entry.Web must
// be a [ServiceLogin] or a [CorpLogin].
func PanelHandler(cfg HandlerConfig, look PanelLook) (http.Handler, error) {
	h, err := newHandler("PanelHandler", cfg)
	if err != nil {
		return nil, err
	}
	if err := h.checkEntry(); err != nil {
		return nil, err
	}
	if cfg.EntryOf == nil {
		var p Page // nil has no panel
		if !cfg.Entry.Web.isZero() {
			p = h.fill(cfg.Entry.Web, "0", LangChinese)
		}
		if _, err := panelOf(p, look); err != nil {
			return nil, err
		}
	}
	return page.Only(func(w http.ResponseWriter, r *http.Request) { h.panel(w, r, look) }, http.MethodGet), nil
}

// newHandler checks what all handlers need and sets the defaults.
func newHandler(op string, cfg HandlerConfig) (*handler, error) {
	bad := func(param, reason string) (*handler, error) {
		return nil, &ParamError{Op: op, Param: param, Reason: reason}
	}
	cfg.Home = cmp.Or(cfg.Home, "/")
	if reason := checkNext(cfg.Home); reason != "" {
		return bad("Home", reason)
	}
	if reason := page.CheckPath(cmp.Or(cfg.LoginPath, "/")); reason != "" {
		return bad("LoginPath", reason)
	}
	if strings.ContainsAny(cfg.LoginPath, "?#") {
		return bad("LoginPath", "has a query or a fragment")
	}
	if cfg.RedirectURI != "" {
		if err := wire.CheckRedirect(cfg.RedirectURI); err != nil {
			return bad("RedirectURI", err.Error())
		}
	}
	if cfg.Tenant == nil {
		cfg.Tenant = func(r *http.Request) string { return r.PathValue("tenant") }
	}
	if cfg.InClient == nil {
		cfg.InClient = func(r *http.Request) bool { return InWeCom(r) || InWeChat(r) }
	}
	if cfg.Failed == nil {
		cfg.Failed = showFailure
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return &handler{op: op, cfg: cfg}, nil
}

// checkEntry checks what the handlers with a state need.
func (h *handler) checkEntry() error {
	cfg := h.cfg
	if cfg.States == nil {
		return &ParamError{Op: h.op, Param: "States", Reason: "is missing"}
	}
	if cfg.EntryOf != nil {
		if !cfg.Entry.InClient.isZero() || !cfg.Entry.Web.isZero() {
			return &ParamError{Op: h.op, Param: "Entry", Reason: "and EntryOf are both given"}
		}
		return nil
	}
	if err := cfg.Entry.check(); err != nil {
		return err
	}
	for _, way := range []Way{cfg.Entry.InClient, cfg.Entry.Web} {
		if way.isZero() {
			continue
		}
		if _, err := h.fill(way, "0", LangChinese).URL(); err != nil {
			return err
		}
	}
	return nil
}

// entry returns the entry of a tenant.
func (h *handler) entry(ctx context.Context, tenant string) (Entry, error) {
	if h.cfg.EntryOf == nil {
		return h.cfg.Entry, nil
	}
	e, err := h.cfg.EntryOf(ctx, tenant)
	if err != nil {
		return Entry{}, err
	}
	return e, e.check()
}

// tenant returns whose entry r is for.
func (h *handler) tenant(r *http.Request) (string, error) {
	const longest = 128
	if h.cfg.EntryOf == nil {
		return "", nil
	}
	tenant := h.cfg.Tenant(r)
	if len(tenant) > longest || strings.ContainsFunc(tenant, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return "", fmt.Errorf("%w: the tenant is longer than %d bytes or holds a control character", ErrNoEntry, longest)
	}
	return tenant, nil
}

// next returns where the query of r wants to go, which is not checked yet.
func (h *handler) next(r *http.Request) string { return cmp.Or(r.URL.Query().Get("next"), h.cfg.Home) }

// fill completes the page of a way.
func (h *handler) fill(way Way, state string, lang Lang) Page {
	return way.Page.fill(visit{redirectURI: h.cfg.RedirectURI, state: state, lang: lang, pages: h.cfg.Pages})
}

// begin starts a sign-in and returns its page. The tenant comes with an error too.
func (h *handler) begin(w http.ResponseWriter, r *http.Request, inClient bool) (p Page, tenant string, err error) {
	tenant, err = h.tenant(r)
	if err != nil {
		return nil, "", err
	}
	entry, err := h.entry(r.Context(), tenant)
	if err != nil {
		return nil, tenant, err
	}
	via, err := entry.choose(inClient)
	if err != nil {
		return nil, tenant, err
	}
	state, err := h.cfg.States.start(w, r, errand{via: via, tenant: tenant, next: h.next(r)})
	if err != nil {
		return nil, tenant, err
	}
	return h.fill(entry.way(via), state, langOf(r)), tenant, nil
}

func langOf(r *http.Request) Lang {
	if page.LangOf(r) == page.English {
		return LangEnglish
	}
	return LangChinese
}

func (h *handler) login(w http.ResponseWriter, r *http.Request) {
	p, tenant, err := h.begin(w, r, h.cfg.InClient(r))
	if err != nil {
		h.fail(w, r, errand{tenant: tenant}, err)
		return
	}
	to, err := p.URL()
	if err != nil {
		h.fail(w, r, errand{tenant: tenant}, err)
		return
	}
	http.Redirect(w, r, to, http.StatusFound) //nolint:gosec // A page of WeCom's: the request only chooses which.
}

func (h *handler) panel(w http.ResponseWriter, r *http.Request, look PanelLook) {
	p, tenant, err := h.begin(w, r, false)
	if err != nil {
		h.fail(w, r, errand{tenant: tenant}, err)
		return
	}
	params, err := panelOf(p, look)
	if err != nil {
		h.fail(w, r, errand{tenant: tenant}, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_ = json.NewEncoder(w).Encode(params) // fails if the browser has gone
}

// panelOf returns the panel of a page that has one.
func panelOf(p Page, look PanelLook) (Panel, error) {
	switch p := p.(type) {
	case ServiceLogin:
		return p.Panel(look)
	case CorpLogin:
		return p.Panel(look)
	}
	return Panel{}, &ParamError{Op: "PanelHandler", Param: "Entry.Web.Page", Reason: "must be a ServiceLogin or a CorpLogin"}
}

// retry returns the address that starts e again, "" if it is not known.
func (h *handler) retry(e errand, err error) string {
	if errors.Is(err, ErrOutsideClient) { // the same browser would get the same answer
		return ""
	}
	if h.cfg.LoginPath == "" || e.tenant == "" && strings.Contains(h.cfg.LoginPath, tenantPlace) {
		return ""
	}
	to := strings.ReplaceAll(h.cfg.LoginPath, tenantPlace, url.PathEscape(e.tenant))
	if e.next == "" {
		return to
	}
	return to + "?next=" + wire.Escape(e.next)
}
