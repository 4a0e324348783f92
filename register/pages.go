package register

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/callback"
)

// Limits and defaults of a [Flow].
const (
	// DefaultWait is how long a page waits for the registration.
	DefaultWait = time.Hour
	// DefaultHookTimeout is how long FlowConfig.Registered has: as long as the token
	// that may fill the contacts lives.
	DefaultHookTimeout = 30 * time.Minute
	// DefaultStreams is how many event streams a process keeps open at once.
	DefaultStreams = 1000
	// MaxRef is the longest Ref of an [Opening], in bytes.
	MaxRef = 512

	minFlowKey = 32
	maxWait    = 24 * time.Hour // get_register_info answers no longer
)

// FlowConfig is what [NewFlow] needs.
type FlowConfig struct {
	// Key signs what the pages hold: at least 32 random bytes, the same in every
	// process of the site. Required.
	Key wecom.Secret
	// TemplateID is the promotion package (推广包ID). Required unless each Opening
	// names one.
	TemplateID string
	// Open says what a registration begins with; r is the request of the button,
	// with the query of the page. Each press costs a call to WeCom and an entry of
	// the cache for a day, and strangers can press too: an error, for instance for an
	// address that presses too often, shows a page of failure. Optional.
	Open func(r *http.Request) (Opening, error)
	// Registered is told of each new corp; see [Registration]. Required.
	Registered func(ctx context.Context, reg Registration) error
	// HookTimeout is how long Registered has; [DefaultHookTimeout] unless given. It
	// counts alone: the end of the request and the Timeout of a [callback.Pool] do not
	// cut Registered short. Its context also ends when another process has taken over,
	// as after a pause of this one.
	HookTimeout time.Duration
	// Entered is told of a corp that existed already. Events are repeated, so it
	// must be idempotent. Optional.
	Entered func(ctx context.Context, entry Entry) error
	// Finish answers the waiting page when it moves on, also when the person loads
	// it again: usually it redirects to the sign-in. See [Result] for what it must
	// not do. Unless given, a page says what happened.
	Finish func(w http.ResponseWriter, r *http.Request, result Result)
	// Render writes the page in your own look. The status and the headers are set,
	// the Content-Security-Policy among them; it may change headers before it
	// writes. Unless given, a plain page is shown, in Chinese or English.
	Render func(w http.ResponseWriter, r *http.Request, page Page)
	// Cache keeps the state of the registrations, where all machines see it. Unless
	// given it is the token cache of the Client.
	Cache wecom.TokenCache
	// WaitFor is how long a page waits; [DefaultWait] unless given, at most 24 hours.
	WaitFor time.Duration
	// MaxStreams bounds the event streams of this process; [DefaultStreams] unless
	// given. Pages beyond it load themselves again every few seconds instead.
	MaxStreams int
	// HTTPS says that browsers see the site over https whatever the requests look
	// like, for a proxy that ends TLS and does not set X-Forwarded-Proto.
	HTTPS bool
	// Logger receives what went wrong, under the id that the person sees. Optional.
	Logger *slog.Logger
}

// Opening is what a registration begins with.
type Opening struct {
	// Request is passed on to WeCom. State must be empty: the Flow needs it. An
	// empty TemplateID means that of the FlowConfig.
	Request GetRegisterCodeRequest
	// Ref is your own reference, such as the number of an order: at most [MaxRef]
	// bytes. It comes back in [Registration], [Entry] and [Result]; WeCom does not
	// see it.
	Ref string
}

// Registration is a corp that has been registered (注册完成).
//
// FlowConfig.Registered creates the customer's account, and if Contacts is set
// migrates the contacts with [Contacts.Migrate], or starts a job of its own that does.
// It has FlowConfig.HookTimeout. The page moves on when it has returned nil, or
// after a minute, though it goes on: create the account first. It occupies a worker
// of the [callback.Pool] all the time: PoolConfig.Workers must leave room for other
// events. Without a queue WeCom hangs up, which does not end it.
//
// While it runs, no other process tells of the corp; a repeated event fails
// meanwhile. Its success is recorded, and neither a repeated event nor another
// process tells of the corp again. After an error it may be told again at once, after
// the death of its process within 90 seconds, and it is told twice if the cache failed
// at the wrong moment: so it must be idempotent, as Migrate is.
//
// Who tells again is a page that still waits, or is loaded again after an error; and
// an event that comes again. WeCom repeats none that it has an answer to, and a
// queue answers at once: keep what PoolConfig.OnError gets, and dispatch it again.
// After the death of the process nothing tells again if the page has moved on or was
// closed: keep Code, and go on with [Client.Migrate].
type Registration struct {
	CorpID     string // the new corp
	UserID     string // the administrator who registered
	TemplateID string // promotion package (推广包ID)
	Ref        string // that of the Opening
	// State is that of the event if the registration did not begin on a page of the
	// Flow: with [Client.Start], or empty with the package's own QR code.
	State    string
	Code     wecom.Secret // for [Client.GetRegisterInfo], within 24 hours of its making
	Contacts *Contacts    // nil unless the package migrates contacts (通讯录迁移)
	Polled   bool         // learnt by asking: the event is late or lost
}

// Entry is a corp that existed already when a member opened the promotion
// package (已注册企业进入推广包). WeCom leads the member to install the apps.
type Entry struct {
	CorpID     string
	UserID     string // the member
	TemplateID string // promotion package (推广包ID)
	Ref        string // that of the Opening
	State      string // as in [Registration]
}

// Result is how the registration ended that this browser has begun.
//
// It does not say that the person at this browser is the administrator: whoever
// begins a registration can give the link to somebody else. Never make a session
// from it; let the person sign in.
type Result struct {
	State  State // [StateRegistered] or [StateEntered]
	CorpID string
	UserID string // who registered, or entered
	Ref    string // that of the Opening
}

// Flow is the pages of a registration by promotion link (推广二维码), as WeCom advises
// them: a button opens the registration in a new tab, the old page waits, and
// moves on when the corp is there. It learns so from register_corp, or by asking
// when the event is lost, on whichever machine; the machines share the cache. The
// page is told by server-sent events; without scripts it loads itself again.
//
// A page is bound to the browser that it was made for, by a signed ticket in its
// address and a cookie: nobody watches another's registration.
//
//	flow.Handle(&systemEvents)           // the mux of the system-event URL
//	mux.Handle("/register/", flow)       // any path that ends in a slash
//	srv.RegisterOnShutdown(flow.Close)   // ends the open event streams
//
// If the event is lost and no page waits any more, nobody asks: a vendor who must
// know keeps the code of his own [Client.Start].
//
// A Flow is safe for concurrent use.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90578
type Flow struct {
	client *Client
	cfg    FlowConfig // but for the key, which fmt would show
	key    wecom.Secret
	cache  boundedCache
	log    *slog.Logger

	policy string // Content-Security-Policy
	page   *template.Template

	streams chan struct{} // a place for each
	told    atomic.Bool   // the log, that streams cannot be flushed
	closed  chan struct{}
	close   func()
}

var _ http.Handler = (*Flow)(nil)

// NewFlow returns the pages that register corps through c.
func NewFlow(c *Client, cfg FlowConfig) (*Flow, error) {
	if c == nil {
		return nil, errors.New("register: NewFlow: the Client is nil")
	}
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("register: NewFlow: %w", err)
	}
	page, err := parsePage()
	if err != nil {
		return nil, fmt.Errorf("register: NewFlow: %w", err)
	}
	closed := make(chan struct{})
	f := &Flow{
		client: c, cfg: cfg, key: cfg.Key,
		cache:   boundedCache{cfg.Cache},
		log:     cmp.Or(cfg.Logger, slog.New(slog.DiscardHandler)),
		policy:  contentPolicy(c.provider.PageURL()),
		page:    page,
		streams: make(chan struct{}, cmp.Or(cfg.MaxStreams, DefaultStreams)),
		closed:  closed,
		close:   sync.OnceFunc(func() { close(closed) }),
	}
	f.cfg.Key = wecom.Secret{}
	f.cfg.WaitFor = cmp.Or(cfg.WaitFor, DefaultWait)
	f.cfg.HookTimeout = cmp.Or(cfg.HookTimeout, DefaultHookTimeout)
	if cfg.Cache == nil {
		f.cache.inner = c.provider.API().Cache()
	}
	return f, nil
}

// check names the first field that is not usable.
func (c *FlowConfig) check() error {
	switch {
	case len(c.Key.Reveal()) < minFlowKey:
		return fmt.Errorf("FlowConfig.Key is shorter than %d bytes", minFlowKey)
	case c.TemplateID == "" && c.Open == nil:
		return errors.New("FlowConfig.TemplateID is missing: the id of the promotion package (推广包) from the provider console")
	case c.Registered == nil:
		return errors.New("FlowConfig.Registered is nil: nobody would learn of a new corp")
	case c.WaitFor < 0 || c.WaitFor > maxWait:
		return fmt.Errorf("FlowConfig.WaitFor must be from 0 to %v", maxWait)
	case c.HookTimeout < 0:
		return errors.New("FlowConfig.HookTimeout is negative")
	case c.MaxStreams < 0:
		return errors.New("FlowConfig.MaxStreams is negative")
	}
	return nil
}

// contentPolicy lets a page load and ask nothing but its own site. The form of
// the button is redirected to WeCom, which counts as its action.
func contentPolicy(pageURL string) string {
	origin := ""
	if u, err := url.Parse(pageURL); err == nil {
		origin = " " + u.Scheme + "://" + u.Host
	}
	return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
		"form-action 'self'" + origin + " https://*.weixin.qq.com; base-uri 'none'; frame-ancestors 'none'"
}

// Handle registers the events register_corp and enter_register_package with mux,
// which serves the system-event URL (系统事件接收URL). Registrations that did not begin on
// a page of the Flow are told as well.
//
// An error of the event means that it has to come again: a function of the
// FlowConfig failed, another process is at it, or the cache could not be read.
func (f *Flow) Handle(mux *callback.Mux) {
	callback.On(mux, func(ctx context.Context, _ callback.Envelope, ev callback.RegisterCorp) error {
		return f.registered(ctx, ev)
	})
	callback.On(mux, func(ctx context.Context, _ callback.Envelope, ev callback.EnterRegisterPackage) error {
		return f.entered(ctx, ev)
	})
}

// Close ends the event streams, and those that are opened later at once, so that
// [http.Server.Shutdown] does not wait for them. The pages ask again elsewhere: this
// process asks WeCom for none of them any more.
//
// It does not end a FlowConfig.Registered that runs. If an event has begun it,
// [callback.Pool.Shutdown] waits for it, or without a queue the Shutdown of the
// server, as long as they may; if a page has asked, nobody waits. What is cut short by
// the end of the process is told again as after its death; see [Registration].
func (f *Flow) Close() { f.close() }

func (f *Flow) isClosed() bool {
	select {
	case <-f.closed:
		return true
	default:
		return false
	}
}

// ServeHTTP serves the page at the path of the Flow and what the page needs below
// it. The path must end in a slash; it may have been stripped.
func (f *Flow) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, name := path.Split(r.URL.Path)
	allowed := []string{http.MethodGet, http.MethodHead}
	switch name {
	case routeOpen:
		allowed = []string{http.MethodPost}
	case routeEvents:
		allowed = []string{http.MethodGet}
	}
	if !slices.Contains(allowed, r.Method) {
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	switch name {
	case "":
		f.servePage(w, r)
	case routeOpen:
		f.serveOpen(w, r)
	case routeEvents:
		f.serveEvents(w, r)
	case routeScript:
		serveAsset(w, r, name, script)
	case routeStyle:
		serveAsset(w, r, name, style)
	default:
		http.NotFound(w, r)
	}
}

// Format prints whose registrations they are, with every verb.
func (f *Flow) Format(s fmt.State, _ rune) {
	_, _ = io.WriteString(s, "register.Flow("+f.client.provider.CorpID()+")")
}
