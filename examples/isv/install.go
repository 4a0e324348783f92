package main

import (
	"net/http"
	"strings"

	"github.com/wecom-isv/wecom/examples/isv/internal/view"
	"github.com/wecom-isv/wecom/register"
	"github.com/wecom-isv/wecom/suite"
)

// addInstall adds the page with the install link, and the one that the administrator
// comes back to.
//
// Decide how often strangers may open this page and the one of newFlow: each costs
// a call or two. A proxy in front is the place for such a limit.
func (s *site) addInstall(mux *http.ServeMux) error {
	cfg := suite.InstallConfig{
		States: s.vendor.states, RedirectURI: s.cfg.PublicURL + "/installed", AuthType: s.cfg.authType, InstallPath: "/install",
		Authorized: s.installed, Logger: s.logger,
		Page: func(w http.ResponseWriter, r *http.Request, link suite.InstallLink) {
			s.show(w, r, view.Page{Name: "install", Title: view.Text{ZH: "安装应用", EN: "Install the app"}, Data: link})
		},
		Installed: func(w http.ResponseWriter, r *http.Request, auth *suite.Authorization, _ string) {
			s.show(w, r, view.Page{Name: "installed", Title: view.Text{ZH: "安装完成", EN: "Installed"}, Path: "/", Data: auth})
		},
		Failed: func(w http.ResponseWriter, r *http.Request, f suite.Failure) {
			s.tell(w, r, f.Status, problem{Message: view.Text{ZH: f.Message, EN: f.Message}, ID: f.ID, Retry: f.Retry})
		},
	}
	install, err := s.vendor.app.InstallHandler(cfg)
	if err != nil {
		return err
	}
	installed, err := s.vendor.app.InstalledHandler(cfg)
	if err != nil {
		return err
	}
	mux.Handle("GET /install", install)
	mux.Handle("GET /installed", installed)
	return nil
}

// newFlow makes the registration page, which waits until the new corp is there.
func (s *site) newFlow() error {
	key, err := deriveKey(s.cfg, "registrations")
	if err != nil {
		return err
	}
	s.flow, err = register.NewFlow(s.vendor.register, register.FlowConfig{
		Key: key, TemplateID: s.cfg.TemplateID, Cache: s.store.cache,
		Open: func(r *http.Request) (register.Opening, error) {
			return register.Opening{Request: register.GetRegisterCodeRequest{CorpName: r.PostFormValue("corp_name")}}, nil
		},
		Registered: s.registered, HTTPS: s.cfg.https(), Logger: s.logger,
		Render: s.renderRegister,
		Finish: func(w http.ResponseWriter, r *http.Request, res register.Result) {
			// To have begun a registration does not prove that somebody administers the
			// new corp: nobody is signed in here.
			s.renderRegister(w, r, register.Page{State: res.State})
		},
	})
	return err
}

func (s *site) renderRegister(w http.ResponseWriter, r *http.Request, p register.Page) {
	title := view.Text{ZH: "注册企业", EN: "Register a corp"}
	page := view.Page{Name: "register", Title: title, Refresh: p.Refresh, Script: p.Script, Data: p}
	if r.Method != http.MethodGet {
		page.Path = "/register/"
	}
	// The flow's policy lets its form lead to WeCom; our stylesheet has small images.
	policy := w.Header().Get("Content-Security-Policy")
	w.Header().Set("Content-Security-Policy", strings.Replace(policy, "img-src 'self';", "img-src 'self' data:;", 1))
	s.show(w, r, page)
}
