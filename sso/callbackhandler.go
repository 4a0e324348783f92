package sso

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/wecom-isv/wecom/internal/page"
)

// CallbackHandler ends a sign-in: it checks the state, exchanges the code and
// hands the [Identity] to cfg.SignedIn, or the [Failure] to cfg.Failed. It takes
// what [LoginHandler] and [PanelHandler] have begun, and panels begun with
// [States.Start] as ways of Entry.Web: GET with code and state, or the two in a
// form that a page posts.
//
// SignedIn must begin a new session. If the session that the browser brought
// along lived on, somebody who had planted its id in that browser (session
// fixation) would now be signed in too:
//
//	SignedIn: func(w http.ResponseWriter, r *http.Request, id sso.Identity, next string) {
//		sessions.Destroy(w, r)                          // what was before ends
//		err := sessions.Create(w, id.CorpID, id.UserID) // a new random id: HttpOnly, Secure, SameSite=Lax
//		if err != nil { … }
//		http.Redirect(w, r, next, http.StatusSeeOther)  // the address with the code leaves the history
//	}
//
// An Identity need not be a member of a corp that is your customer; see
// [Identity.IsMember] and [Identity.IsOutsider]. Key accounts by CorpID and
// UserID together.
//
// A state works once, in the browser that it was issued to: several tabs may sign
// in at the same time, while a forged or foreign state, one that is used again,
// and one that is too old are answered with 403. Somebody who comes back to a used
// address with the Back button gets a page that leads on to where they wanted to go.
func CallbackHandler(cfg HandlerConfig) (http.Handler, error) {
	h, err := newHandler("CallbackHandler", cfg)
	if err != nil {
		return nil, err
	}
	if err := h.checkEntry(); err != nil {
		return nil, err
	}
	if cfg.SignedIn == nil {
		return nil, &ParamError{Op: h.op, Param: "SignedIn", Reason: "is missing"}
	}
	return page.Only(h.callback, http.MethodGet, http.MethodPost), nil
}

func (h *handler) callback(w http.ResponseWriter, r *http.Request) {
	query, err := returned(w, r)
	if err != nil {
		h.fail(w, r, errand{}, err)
		return
	}
	e, err := h.cfg.States.finish(w, r, query.Get("state"))
	if err != nil {
		h.fail(w, r, e, err)
		return
	}
	id, err := h.exchange(r.Context(), e, query)
	if err != nil {
		h.fail(w, r, e, err)
		return
	}
	h.cfg.SignedIn(w, r, id, e.next)
}

// returned is what the browser brings back.
func returned(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	const longest = 8 << 10
	if r.Method != http.MethodPost {
		return r.URL.Query(), nil
	}
	r.Body = http.MaxBytesReader(w, r.Body, longest)
	if err := r.ParseForm(); err != nil {
		return nil, &CodeError{Op: "CallbackHandler", Param: "the form", Reason: "cannot be read"}
	}
	return r.PostForm, nil
}

// exchange says who the code belongs to.
func (h *handler) exchange(ctx context.Context, e errand, query url.Values) (Identity, error) {
	entry, err := h.entry(ctx, e.tenant)
	if err != nil {
		return Identity{}, err
	}
	way := entry.way(e.via)
	if way.isZero() {
		return Identity{}, fmt.Errorf("%w: the entry has lost the way by which the sign-in began", ErrNoEntry)
	}
	code, _, err := parseReturn("CallbackHandler", way.codeParam(), query)
	if err != nil {
		return Identity{}, err
	}
	return way.SignIn(ctx, LoginCode(code))
}
