package register

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/wecom-isv/wecom/internal/page"
)

// Names of what the page needs, below the path of the page.
const (
	routeOpen   = "open"
	routeEvents = "events"
	routeScript = "register.js"
	routeStyle  = "register.css"
)

// maxCodes is how many register codes of one page are asked about. The event
// finds the page whichever of them was used.
const maxCodes = 5

// servePage shows the button, the waiting layer, or how it ended.
func (f *Flow) servePage(w http.ResponseWriter, r *http.Request) {
	if !r.URL.Query().Has(paramTicket) {
		f.begin(w, r)
		return
	}
	t, err := f.ticket(r)
	if err != nil {
		f.refuse(w, r, http.StatusForbidden, problemTicket, err)
		return
	}
	now, err := f.look(r.Context(), t.id)
	if err != nil {
		f.refuse(w, r, http.StatusServiceUnavailable, problemLater, err)
		return
	}
	if now.state.final() && f.cfg.Finish != nil {
		noStore(w)
		f.cfg.Finish(w, r, now.result())
		return
	}
	f.show(w, r, http.StatusOK, newPage(r, now.state))
}

// begin gives the page an address of its own.
func (f *Flow) begin(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	query.Set(paramTicket, f.newTicket(w, r))
	noStore(w)
	w.Header().Set("Location", "?"+query.Encode()) // relative: the path may have been stripped
	w.WriteHeader(http.StatusSeeOther)
}

// serveOpen answers the button: the new tab goes to WeCom.
func (f *Flow) serveOpen(w http.ResponseWriter, r *http.Request) {
	t, err := f.ticket(r)
	if err != nil {
		f.refuse(w, r, http.StatusForbidden, problemTicket, err)
		return
	}
	address, err := f.openLink(r, t.id)
	if err != nil {
		f.refuse(w, r, http.StatusServiceUnavailable, problemLater, err)
		return
	}
	noStore(w)
	w.Header().Set("Location", address)
	w.WriteHeader(http.StatusSeeOther)
}

// openLink makes a link and records it before anybody can use it.
func (f *Flow) openLink(r *http.Request, id string) (string, error) {
	opening, err := f.opening(r)
	if err != nil {
		return "", err
	}
	opening.Request.State = id
	link, err := f.client.Start(r.Context(), opening.Request)
	if err != nil {
		return "", err
	}
	err = f.update(r.Context(), id, func(kept *record) bool {
		if kept.State == StateRegistered {
			return false // in another tab, meanwhile
		}
		kept.State, kept.OpenedAt, kept.Ref = StateWaiting, time.Now().Round(0), opening.Ref
		kept.Codes = append(kept.Codes, link.Code.Reveal())
		kept.Codes = slices.Clone(kept.Codes[max(0, len(kept.Codes)-maxCodes):])
		return true
	})
	if err != nil {
		return "", err
	}
	return link.URL, nil
}

// opening asks the vendor what the registration begins with.
func (f *Flow) opening(r *http.Request) (Opening, error) {
	var o Opening
	if f.cfg.Open != nil {
		var err error
		if o, err = f.cfg.Open(r); err != nil {
			return Opening{}, fmt.Errorf("register: FlowConfig.Open: %w", err)
		}
	}
	switch {
	case o.Request.State != "":
		return Opening{}, errors.New("register: FlowConfig.Open: Request.State must be empty: the Flow needs it; use Ref")
	case len(o.Ref) > MaxRef:
		return Opening{}, fmt.Errorf("register: FlowConfig.Open: Ref has %d bytes, more than %d", len(o.Ref), MaxRef)
	case o.Request.TemplateID == "":
		o.Request.TemplateID = f.cfg.TemplateID
	}
	return o, nil
}

// refuse shows a page of failure; the log has its id and the cause.
func (f *Flow) refuse(w http.ResponseWriter, r *http.Request, status int, why problem, err error) {
	p := newPage(r, StateFailed)
	p.Problem = textsOf(p.Lang).problem(why)
	p.ErrorID = page.Log(r.Context(), f.log, "register: page failed", "Flow", status, err)
	f.show(w, r, status, p)
}

// show writes a page.
func (f *Flow) show(w http.ResponseWriter, r *http.Request, status int, p Page) {
	noStore(w)
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", p.Lang)
	h.Set("Content-Security-Policy", f.policy)
	h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Add("Vary", "Accept-Language, Cookie")
	render := f.cfg.Render
	if render == nil {
		render = f.render
	}
	render(&statusWriter{ResponseWriter: w, status: status}, r, p)
}

// statusWriter sends its status with the first byte, so that whoever renders the
// page may still change headers.
type statusWriter struct {
	http.ResponseWriter
	status int
	sent   bool
}

// WriteHeader sends the header, once.
func (w *statusWriter) WriteHeader(status int) {
	if !w.sent {
		w.sent = true
		w.ResponseWriter.WriteHeader(status)
	}
}

// Write sends the header before the first byte.
func (w *statusWriter) Write(b []byte) (int, error) {
	w.WriteHeader(w.status)
	return w.ResponseWriter.Write(b)
}

// Unwrap is for [http.ResponseController].
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func noStore(w http.ResponseWriter) { w.Header().Set("Cache-Control", "no-store") }

// warn logs what the flow lives with.
func (f *Flow) warn(ctx context.Context, what string, err error) {
	f.log.LogAttrs(ctx, slog.LevelWarn, "register: "+what, slog.Any("err", err))
}
