package suite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/page"
	"github.com/wecom-isv/wecom/internal/wire"
)

// States guards the way of a browser to a page of the platform and back. Package
// sso has it: sso.States. The error of a refused state is an sso.ErrState.
type States interface {
	// Start returns a state of a-zA-Z0-9 for the address of the page, bound to the
	// browser. next is a path of this site, "" for "/"; what cannot be one is a
	// [wecom.ErrBadParameter].
	Start(w http.ResponseWriter, r *http.Request, next string) (state string, err error)
	// Finish accepts a state once, from the browser that it was issued to, and
	// returns next.
	Finish(w http.ResponseWriter, r *http.Request, state string) (next string, err error)
}

// InstallConfig is what [Client.InstallHandler] and [Client.InstalledHandler]
// share: pass the same to both.
type InstallConfig struct {
	// States guards the way back: an sso.States. Required.
	States States
	// RedirectURI is the address of the InstalledHandler: see
	// [InstallRequest].RedirectURI. The InstallHandler must be on the same host.
	// Required.
	RedirectURI string
	// AuthType must be chosen.
	AuthType AuthType
	// Authorized is told about the authorisation: the same function as
	// [Hooks].Authorized, so that it is called once whichever comes first, the
	// redirect or a create_auth event. Optional.
	Authorized func(ctx context.Context, auth *Authorization) error
	// Page shows the page that leads to link.URL. The administrator must click: see
	// [Client.Install]. Default: a plain page in Chinese or English.
	Page func(w http.ResponseWriter, r *http.Request, link InstallLink)
	// Installed answers the browser that comes back; next is a path of this site.
	// auth.AuthUser, which may be empty, is the administrator: to sign them in, begin
	// a new session. Default: a plain page that leads on to next.
	Installed func(w http.ResponseWriter, r *http.Request, auth *Authorization, next string)
	// InstallPath is the path of the InstallHandler, such as "/install". The page of
	// a failure offers it to start again. Default: it does not.
	InstallPath string
	// Failed answers when there is no installation. Default: a plain page in Chinese
	// or English.
	Failed func(w http.ResponseWriter, r *http.Request, f Failure)
	// Logger gets each failure with its id and cause: at Error what is wrong with
	// the site, the service or the settings, at Info what people do. Default: none.
	Logger *slog.Logger
}

// settleTimeout bounds an installation whose browser has left.
const settleTimeout = exchangeTimeout + announceLease

// installer is a checked [InstallConfig] with its defaults.
type installer struct {
	app *Client
	op  string // which handler
	cfg InstallConfig
}

// InstallHandler starts the installation of the app from a page of the provider
// (从服务商网站发起授权): it answers GET ?next=/welcome with a page whose link opens the
// platform's install page, made by [Client.Install] for this browser. It does not
// redirect, because the platform wants a Referer of the installation callback
// domain (安装完成回调域名): the handler must be on that domain. Each page takes two
// calls to the platform, so do not let strangers load it without end.
//
// A customised app (代开发应用) has no such page: its customers scan the QR code of
// provider.Client.GetCustomizedAuthURL, and [Hooks].Authorized is told.
//
// Afterwards the administrator comes to the [Client.InstalledHandler], and from
// there to next.
func (a *Client) InstallHandler(cfg InstallConfig) (http.Handler, error) {
	h, err := a.newInstaller("InstallHandler", cfg)
	if err != nil {
		return nil, err
	}
	return page.Only(h.install, http.MethodGet), nil
}

// InstalledHandler ends the installation: it checks the state, does what
// [Client.Authorize] does, calls cfg.Authorized and answers the browser.
//
// There is one exchange and one call of Authorized for an authorisation, whatever
// comes first, the browser or a create_auth event with the same code, in this or
// in another process that shares the token cache. It goes on when the browser
// leaves. A code belongs to the state that it first came back with: whoever finds a
// used one, in a browser history or the log of a proxy, is answered with 403.
//
// A state that was not issued here is answered with 403 and the code is not looked
// at. With one that has expired, was used before, or is of another browser, the
// authorisation is kept and announced, since the redirect is its only carrier, but
// the browser is answered with 403: nobody can plant a corp in the session of
// somebody else. If the store of used states fails it is kept and announced as
// well, and the answer is 500.
//
// If the [CodeStore] or Authorized fails, the answer is 500, and they are called
// again only when the person loads the page again, or by an event. So Authorized
// should put its work into a queue, or find on its own which corps have a permanent
// code and no record.
func (a *Client) InstalledHandler(cfg InstallConfig) (http.Handler, error) {
	h, err := a.newInstaller("InstalledHandler", cfg)
	if err != nil {
		return nil, err
	}
	return page.Only(h.installed, http.MethodGet), nil
}

// newInstaller checks cfg and sets the defaults.
func (a *Client) newInstaller(op string, cfg InstallConfig) (*installer, error) {
	bad := func(reason string) (*installer, error) {
		return nil, fmt.Errorf("suite: %s: InstallConfig.%s", op, reason)
	}
	if cfg.States == nil {
		return bad("States is nil: it is an sso.States")
	}
	if err := wire.CheckRedirect(cfg.RedirectURI); err != nil {
		return bad("RedirectURI: " + err.Error())
	}
	if !cfg.AuthType.chosen() {
		return bad("AuthType must be AuthTypeFormal or AuthTypeTest")
	}
	if reason := page.CheckPath(cmp.Or(cfg.InstallPath, "/")); reason != "" {
		return bad("InstallPath " + reason)
	}
	if cfg.Page == nil {
		cfg.Page = showInstall
	}
	if cfg.Installed == nil {
		cfg.Installed = showInstalled
	}
	if cfg.Failed == nil {
		cfg.Failed = showFailure
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return &installer{app: a, op: op, cfg: cfg}, nil
}

func (h *installer) install(w http.ResponseWriter, r *http.Request) {
	state, err := h.cfg.States.Start(w, r, r.URL.Query().Get("next"))
	if err != nil {
		if errors.Is(err, wecom.ErrBadParameter) {
			err = fmt.Errorf("%w: %w", page.ErrNext, err)
		}
		h.fail(w, r, nil, err)
		return
	}
	link, err := h.app.Install(r.Context(), InstallRequest{RedirectURI: h.cfg.RedirectURI, State: state, AuthType: h.cfg.AuthType})
	if err != nil {
		h.fail(w, r, nil, err)
		return
	}
	h.cfg.Page(w, r, link)
}

func (h *installer) installed(w http.ResponseWriter, r *http.Request) {
	back, err := ParseInstalled(r.URL.Query())
	if err != nil && back.State == "" {
		h.fail(w, r, nil, err)
		return
	}
	next, refused := h.cfg.States.Finish(w, r, back.State)
	if err != nil { // the administrator did not agree
		h.fail(w, r, nil, cmp.Or(refused, err))
		return
	}
	if refused != nil && !beganHere(refused) {
		h.fail(w, r, nil, refused)
		return
	}
	auth, foreign, err := h.settle(r.Context(), back)
	switch {
	case err != nil:
		h.fail(w, r, nil, err)
	case foreign != nil:
		h.fail(w, r, nil, foreign)
	case refused != nil:
		h.fail(w, r, auth, refused)
	default:
		h.cfg.Installed(w, r, auth, next)
	}
}

// beganHere reports whether a refused state is of an installation that began here.
func beganHere(refused error) bool {
	return !errors.Is(refused, page.ErrState) || // the store of used states failed
		errors.Is(refused, page.ErrStateExpired) ||
		errors.Is(refused, page.ErrStateReplayed) ||
		errors.Is(refused, page.ErrStateOtherBrowser)
}

// settle authorises and announces, whether the browser waits for it or not.
// foreign is set if the code belongs to another installation; see [app.bindCode].
func (h *installer) settle(ctx context.Context, back Installed) (auth *Authorization, foreign, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	// First of all: whatever fails next, the code must not be left to others.
	first, foreign := h.app.bindCode(ctx, back.Code, back.State)
	auth, err = h.app.Authorize(ctx, back.Code)
	if err != nil {
		if first && errors.Is(err, wecom.ErrCodeRejected) {
			h.app.releaseCode(ctx, back.Code) // of no use to anybody
		}
		return nil, nil, err
	}
	if err := h.app.announce(ctx, back.Code, auth, h.cfg.Authorized); err != nil {
		return nil, nil, err
	}
	return auth, foreign, nil
}
