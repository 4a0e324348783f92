// Package console is the web page of the simulated platform: what is there, what
// was called and pushed, and buttons for what a person would do.
package console

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"html/template"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/wecom-isv/wecom/cmd/wecom/internal/lang"
	"github.com/wecom-isv/wecom/cmd/wecom/internal/world"
	"github.com/wecom-isv/wecom/wecomtest"
)

// Prefix is where the console is on the platform's server.
const Prefix = "/console/"

//go:embed page.html live.html console.css console.js
var files embed.FS

// Config changes who may open the console.
type Config struct {
	Hosts []string // allowed in the Host header, beside loopback names
}

// Console is the page and its actions. It is an [http.Handler], safe for
// concurrent use. No page of it holds a secret.
type Console struct {
	world *world.World
	hosts []string
	pages *template.Template
	serve http.Handler

	mu   sync.Mutex
	last outcome // of the last action, shown until the next
}

// outcome is what became of an action.
type outcome struct {
	Text   lang.Text
	Failed bool
}

// New returns the console of a running platform.
func New(w *world.World, cfg Config) *Console {
	c := &Console{world: w, hosts: cfg.Hosts, pages: template.Must(template.ParseFS(files, "*.html"))}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Prefix+"{$}", c.page)
	mux.HandleFunc("GET "+Prefix+"live", c.live)
	mux.HandleFunc("POST "+Prefix+"do", c.do)
	mux.HandleFunc("GET "+Prefix+"console.css", asset("console.css", "text/css; charset=utf-8"))
	mux.HandleFunc("GET "+Prefix+"console.js", asset("console.js", "text/javascript; charset=utf-8"))
	c.serve = http.NewCrossOriginProtection().Handler(mux)
	return c
}

// ServeHTTP serves the console under the host names that are allowed: a foreign site
// may let a name of its own resolve to this machine (DNS rebinding).
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cache-Control", "no-store")
	if !c.allowed(r.Host) {
		http.Error(w, "this host name is not allowed: open the console at a loopback address, or name the host with --host", http.StatusForbidden)
		return
	}
	const most = 64 << 10
	r.Body = http.MaxBytesReader(w, r.Body, most)
	c.serve.ServeHTTP(w, r)
}

func (c *Console) allowed(hostPort string) bool {
	host, _, err := net.SplitHostPort(hostPort)
	if err != nil {
		host = strings.Trim(hostPort, "[]")
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsLoopback() || strings.EqualFold(host, "localhost") {
		return true
	}
	own, err := url.Parse(c.world.Platform.URL())
	return err == nil && own.Host == hostPort || slices.ContainsFunc(c.hosts, func(h string) bool {
		return strings.EqualFold(h, host) || strings.EqualFold(h, hostPort)
	})
}

func asset(name, contentType string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		text, err := files.ReadFile(name)
		if err != nil {
			http.Error(w, "missing", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(text) // a browser that has gone away is no concern
	}
}

// cookie keeps the chosen language.
const cookie = "wecom_console_lang"

// language is what the person chose, else what the browser prefers.
func language(w http.ResponseWriter, r *http.Request) lang.Lang {
	if l, ok := lang.Parse(r.FormValue("lang")); ok {
		http.SetCookie(w, &http.Cookie{ //nolint:gosec // A language is no secret, and the console is served over plain HTTP.
			Name: cookie, Value: string(l), Path: Prefix, HttpOnly: true, SameSite: http.SameSiteStrictMode,
		})
		return l
	}
	if chosen, err := r.Cookie(cookie); err == nil {
		if l, ok := lang.Parse(chosen.Value); ok {
			return l
		}
	}
	for tag := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		tag, _, _ = strings.Cut(strings.TrimSpace(tag), ";")
		if l, ok := lang.Parse(tag); ok {
			return l
		}
	}
	return lang.EN
}

func (c *Console) page(w http.ResponseWriter, r *http.Request) { c.render(w, r, "page.html") }

// live is the part of the page that the script renews.
func (c *Console) live(w http.ResponseWriter, r *http.Request) { c.render(w, r, "live.html") }

func (c *Console) render(w http.ResponseWriter, r *http.Request, name string) {
	var b bytes.Buffer
	if err := c.pages.ExecuteTemplate(&b, name, c.view(language(w, r))); err != nil {
		http.Error(w, "the page cannot be made", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = b.WriteTo(w) // a browser that has gone away is no concern
}

// do carries out one action and goes back to the page.
func (c *Console) do(w http.ResponseWriter, r *http.Request) {
	result, err := c.act(r)
	if err != nil {
		result = outcome{Text: lang.Both(strings.TrimPrefix(err.Error(), "wecomtest: ")), Failed: true}
		if e, ok := errors.AsType[*lang.Error](err); ok {
			result.Text = e.Text
		}
	}
	c.mu.Lock()
	c.last = result
	c.mu.Unlock()
	http.Redirect(w, r, Prefix+"#status", http.StatusSeeOther)
}

func (c *Console) act(r *http.Request) (outcome, error) {
	ctx := r.Context()
	switch action := r.PostFormValue("action"); action {
	case "ticket":
		app, err := c.app(r)
		if err != nil {
			return outcome{}, err
		}
		d, err := app.PushTicket(ctx)
		return delivered(d), err
	case "install":
		app, corp, err := c.both(r)
		if err != nil {
			return outcome{}, err
		}
		made, err := corp.Install(ctx, app)
		return delivered(made.Delivery), err
	case "cancel":
		app, corp, err := c.both(r)
		if err != nil {
			return outcome{}, err
		}
		d, err := corp.Cancel(ctx, app)
		return delivered(d), err
	case "event":
		d, err := c.pushEvent(r)
		return delivered(d), err
	case "expire":
		return c.expire(r.PostFormValue("token"))
	case "expire_all":
		c.world.Platform.ExpireAll()
		return outcome{Text: lang.T("every token has expired", "所有凭证均已过期")}, nil
	}
	return outcome{}, &lang.Error{Text: lang.T("there is no such action", "没有这个操作")}
}

func (c *Console) pushEvent(r *http.Request) (wecomtest.Delivery, error) {
	id := r.PostFormValue("event")
	if r.PostFormValue("corp") == "" || id == "suite:suite_ticket" { // a ticket concerns no corp
		app, err := c.app(r)
		if err != nil {
			return wecomtest.Delivery{}, err
		}
		return app.PushEvent(r.Context(), id, nil)
	}
	app, corp, err := c.both(r)
	if err != nil {
		return wecomtest.Delivery{}, err
	}
	return corp.PushEvent(r.Context(), app, id, nil)
}

func (c *Console) app(r *http.Request) (*wecomtest.App, error) {
	id := r.PostFormValue("app")
	apps := c.world.Platform.Apps()
	if i := slices.IndexFunc(apps, func(a *wecomtest.App) bool { return a.ID == id }); i >= 0 {
		return apps[i], nil
	}
	return nil, &lang.Error{Text: lang.T("there is no such app", "没有这个应用")}
}

func (c *Console) both(r *http.Request) (*wecomtest.App, *wecomtest.Corp, error) {
	app, err := c.app(r)
	if err != nil {
		return nil, nil, err
	}
	id := r.PostFormValue("corp")
	corps := c.world.Platform.Corps()
	if i := slices.IndexFunc(corps, func(corp *wecomtest.Corp) bool { return corp.ID == id }); i >= 0 {
		return app, corps[i], nil
	}
	return nil, nil, &lang.Error{Text: lang.T("there is no such corp", "没有这个企业")}
}

// expire ends the token with that handle.
func (c *Console) expire(handle string) (outcome, error) {
	for _, t := range c.world.Platform.Tokens() {
		if tokenHandle(t.Value) == handle {
			c.world.Platform.Expire(t.Value)
			return outcome{Text: lang.T("the %s has expired", "%s 已过期").With(t.Kind.String())}, nil
		}
	}
	return outcome{}, &lang.Error{Text: lang.T("there is no such token", "没有这个凭证")}
}

// tokenHandle names a token on the page without showing it.
func tokenHandle(value string) string {
	sum := sha256.Sum256([]byte(value))
	return hex.EncodeToString(sum[:8])
}

func delivered(d wecomtest.Delivery) outcome {
	if len(d.Tries) == 0 {
		return outcome{Text: lang.T("done; no callback URL is set, so nothing was pushed", "已完成；没有设置回调 URL，因此没有推送")}
	}
	last := d.Tries[len(d.Tries)-1]
	return outcome{Text: lang.T("%s pushed and answered in %d ms", "%s 已推送，%d 毫秒内应答").With(cmp.Or(d.Kind, "?"), last.Duration.Milliseconds())}
}
