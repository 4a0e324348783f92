package main

import (
	"encoding/base64"
	"encoding/json"
	"net/http"

	"github.com/wecom-isv/wecom/examples/isv/internal/view"
)

// outcome is what a form has led to, shown once on the page that follows it.
type outcome struct {
	Done    *view.Text `json:"done,omitempty"`
	Problem *view.Text `json:"problem,omitempty"`
}

const (
	outcomeCookie = "isv_outcome" // and not in the address, where others could write a text of theirs
	outcomeLife   = 60            // seconds
)

// finish leads the browser on after a form, with what has come of it.
func (s *site) finish(w http.ResponseWriter, r *http.Request, next string, done view.Text, err error) {
	if err != nil {
		s.leadOn(w, r, next, outcome{Problem: s.explain(r.Context(), err)})
		return
	}
	s.leadOn(w, r, next, outcome{Done: &done})
}

// leadOn redirects to a page, so that a reload does not send the form again.
func (s *site) leadOn(w http.ResponseWriter, r *http.Request, next string, o outcome) {
	text, err := json.Marshal(o)
	if err == nil {
		s.setCookie(w, outcomeCookie, base64.RawURLEncoding.EncodeToString(text), outcomeLife)
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
}

// outcome takes what leadOn has left.
func (s *site) outcome(w http.ResponseWriter, r *http.Request) (o outcome) {
	cookie, err := r.Cookie(s.cookieName(outcomeCookie))
	if err != nil {
		return outcome{}
	}
	s.setCookie(w, outcomeCookie, "", -1)
	text, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil || json.Unmarshal(text, &o) != nil {
		return outcome{}
	}
	return o
}
