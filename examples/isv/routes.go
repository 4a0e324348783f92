package main

import (
	"net/http"

	"github.com/wecom-isv/wecom/examples/isv/internal/view"
	"github.com/wecom-isv/wecom/sso"
)

// largestForm is the most that a form may send, in bytes.
const largestForm = 64 << 10

// newHandler makes the routes. The callback URLs are added by listen.
func (s *site) newHandler() (http.Handler, error) {
	pages := http.NewServeMux()
	for _, add := range []func(*http.ServeMux) error{s.addInstall, s.addSignIn, s.addDomainFile} {
		if err := add(pages); err != nil {
			return nil, err
		}
	}
	pages.Handle("GET /{$}", s.page(s.serveHome))
	pages.Handle("/register/", s.flow)
	pages.Handle("GET /signin", s.page(s.serveSignIn))
	pages.Handle("POST /logout", s.page(s.serveLogout))
	pages.Handle("GET /me", s.signedIn(anybody, s.serveMe))
	pages.Handle("GET /corps", s.signedIn(operators, s.serveCorps))
	pages.Handle("GET /corps/{corpid}", s.signedIn(ownAdmins, s.serveCorp))
	pages.Handle("POST /corps/{corpid}/messages", s.signedIn(ownMembers, s.serveSend))
	pages.Handle("POST /corps/{corpid}/licences", s.signedIn(operators, s.serveOrder))
	pages.Handle("GET /orders", s.signedIn(operators, s.serveOrders))
	pages.Handle("GET /events", s.signedIn(operators, s.serveEvents))
	pages.Handle("GET /events/stream", s.signedIn(operators, s.serveEventStream))
	pages.Handle("GET /health", s.signedIn(operators, s.serveHealth))
	if s.sim != nil {
		pages.Handle("GET /simulate", s.page(s.serveSimulate))
		pages.Handle("POST /simulate/{action}", s.page(s.serveSimulated))
	}
	pages.Handle("/", s.page(s.serveNothing))

	// A form of another site must not act in the name of who is signed in here.
	forms := http.NewCrossOriginProtection()
	forms.SetDenyHandler(s.page(func(w http.ResponseWriter, r *http.Request) error {
		s.refuse(w, r, view.Text{ZH: "请求来自别的网站，已拒绝。", EN: "The request came from another site and was refused."})
		return nil
	}))

	outer := http.NewServeMux()
	outer.Handle("GET /static/", view.Static())
	outer.Handle("GET /healthz", s.page(s.serveHealthz))
	outer.HandleFunc("/callback/", func(w http.ResponseWriter, r *http.Request) { s.callbacks.urls.ServeHTTP(w, r) })
	outer.Handle("/", s.introduce(forms.Handler(http.MaxBytesHandler(pages, largestForm))))
	return s.headers(view.Languages(outer)), nil
}

// headers sets what browsers should know about every page. The SDK's handlers set
// stricter ones where they need.
func (s *site) headers(next http.Handler) http.Handler {
	// Scripts and styles come from files of ours only; the stylesheet has small images
	// in it. WeCom's pages are reached by links and redirects, never in a frame.
	const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		// WeCom's install page wants to see the origin that it is reached from.
		h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		if s.cfg.https() {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// addDomainFile serves the file that proves that the trusted domain is ours.
func (s *site) addDomainFile(mux *http.ServeMux) error {
	if s.cfg.domainFile == "" {
		return nil
	}
	h, err := sso.DomainHandler(map[string]string{s.cfg.domainFile: s.cfg.domainContent})
	if err != nil {
		return err
	}
	mux.Handle("GET /"+s.cfg.domainFile, h)
	return nil
}

// serveNothing answers for addresses that do not exist.
func (s *site) serveNothing(w http.ResponseWriter, r *http.Request) error {
	s.tell(w, r, http.StatusNotFound, problem{Message: view.Text{ZH: "没有这个页面。", EN: "There is no such page."}})
	return nil
}
