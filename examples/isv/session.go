package main

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/wecom-isv/wecom/examples/isv/internal/records"
	"github.com/wecom-isv/wecom/examples/isv/internal/view"
	"github.com/wecom-isv/wecom/sso"
)

// sessionLife is how long somebody stays signed in. Decide it by what your app can
// do: a member who leaves the corp stays signed in for as long.
const sessionLife = 12 * time.Hour

// begin gives the person a new session.
//
// Decide whom of a corp you take for its administrator: WeCom says so of those of
// the corp's parts (分级管理员) as well. sso.Admin.CanManage tells who manages your app.
func (s *site) begin(w http.ResponseWriter, r *http.Request, id sso.Identity, next string) {
	s.beginAs(w, r, id, id.IsAdmin(), next)
}

// beginAs gives the person a new session. Whatever session the browser had before
// ends, so that nobody can plant one of his own (session fixation).
func (s *site) beginAs(w http.ResponseWriter, r *http.Request, id sso.Identity, admin bool, next string) {
	if !id.IsMember() && !admin {
		s.refuse(w, r, view.Text{ZH: "只有企业成员可以登录。", EN: "Only members of a corp can sign in."})
		return
	}
	s.end(r)
	session := records.Session{CorpID: id.CorpID, UserID: id.UserID, Admin: admin}
	value, err := s.store.records.Begin(r.Context(), session, sessionLife)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.setCookie(w, sessionCookie, value, int(sessionLife.Seconds()))
	http.Redirect(w, r, next, http.StatusSeeOther)
}

// serveLogout ends the session.
func (s *site) serveLogout(w http.ResponseWriter, r *http.Request) error {
	s.end(r)
	s.setCookie(w, sessionCookie, "", -1)
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}

func (s *site) end(r *http.Request) {
	cookie, err := r.Cookie(s.cookieName(sessionCookie))
	if err != nil {
		return
	}
	if err := s.store.records.End(r.Context(), cookie.Value); err != nil {
		s.logger.WarnContext(r.Context(), "a session was not ended", "error", err)
	}
}

const sessionCookie = "isv"

// cookieName begins with __Host- where browsers allow it: then no other host of the
// domain can set the cookie.
func (s *site) cookieName(name string) string {
	if s.cfg.https() {
		return "__Host-" + name
	}
	return name
}

// setCookie sets a cookie for a time in seconds; a negative one removes it.
func (s *site) setCookie(w http.ResponseWriter, name, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure wherever the site is.
		Name: s.cookieName(name), Value: value, Path: "/", MaxAge: maxAge,
		// Lax, and not Strict: people come here by links from WeCom.
		HttpOnly: true, Secure: s.cfg.https(), SameSite: http.SameSiteLaxMode,
	})
}

// person returns who sends the request, nil if nobody is signed in.
func (s *site) person(r *http.Request) (*view.Person, error) {
	cookie, err := r.Cookie(s.cookieName(sessionCookie))
	if err != nil {
		return nil, nil //nolint:nilnil,nilerr // Nobody is signed in.
	}
	session, err := s.store.records.Session(r.Context(), cookie.Value)
	switch {
	case errors.Is(err, records.ErrNotFound):
		return nil, nil //nolint:nilnil // Nobody is signed in.
	case err != nil:
		return nil, err
	}
	return &view.Person{
		CorpID: session.CorpID, UserID: session.UserID, Admin: session.Admin,
		Operator: s.cfg.operators[identity{session.CorpID, session.UserID}],
	}, nil
}

// personKey is where the pages of people who are signed in find them.
type personKey struct{}

func personOf(ctx context.Context) *view.Person {
	p, _ := ctx.Value(personKey{}).(*view.Person)
	return p
}

// introduce looks up who sends the request.
func (s *site) introduce(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, err := s.person(r)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), personKey{}, p)))
	})
}

// right says whether somebody who is signed in may see a page.
type right func(p *view.Person, r *http.Request) bool

// The rights. A corp's own people see their corp and no other.
var (
	anybody   right = func(*view.Person, *http.Request) bool { return true }
	operators right = func(p *view.Person, _ *http.Request) bool { return p.Operator }
	ownAdmins right = func(p *view.Person, r *http.Request) bool {
		return p.Operator || p.Admin && p.CorpID == r.PathValue("corpid")
	}
	ownMembers right = func(p *view.Person, r *http.Request) bool {
		return p.Operator || p.CorpID == r.PathValue("corpid")
	}
)

// signedIn serves a page to those who have the right to it.
func (s *site) signedIn(may right, h pageFunc) http.Handler {
	return s.page(func(w http.ResponseWriter, r *http.Request) error {
		p := personOf(r.Context())
		switch {
		case p == nil && r.Method == http.MethodGet:
			http.Redirect(w, r, "/signin?"+url.Values{"next": {r.URL.Path}}.Encode(), http.StatusSeeOther)
			return nil
		case p == nil || !may(p, r):
			s.refuse(w, r, view.Text{ZH: "你没有查看这个页面的权限。", EN: "You have no right to see this page."})
			return nil
		}
		return h(w, r)
	})
}
