package wecomtest

import (
	"net/http"
	"net/url"
)

type namedCorp struct{ ID, Name string }

// corps are those to choose from. The lock is held.
func (p *Platform) namedCorps() []namedCorp {
	var all []namedCorp
	for _, c := range p.corps {
		if len(all) < maxShownCorps {
			all = append(all, namedCorp{ID: c.ID, Name: c.Name})
		}
	}
	return all
}

type namedApp struct{ ID, Name string }

type installView struct {
	App        namedApp
	Test       bool
	Privileges []string
	Corps      []namedCorp
}

// install is the consent of an administrator (授权应用).
func (v *visit) install() answer {
	view, err := v.installView()
	switch {
	case err != nil:
		return v.problem(err)
	case v.form == nil:
		return v.show(http.StatusOK, viewInstall, view)
	case v.refused():
		return v.done(v.t("已取消授权", "Declined"),
			v.t("没有授权任何应用。WeCom 文档没有说明取消后的跳转，因此停在此页。",
				"Nothing was authorised. Where WeCom goes after a refusal is not documented, so this page stays."))
	}
	corp, err := v.chosenCorp()
	if err != nil {
		return v.problem(err)
	}
	to, err := corp.Authorize(v.request.Context(), v.address)
	if err != nil {
		return v.problem(err)
	}
	return v.leave(to)
}

func (v *visit) installView() (*installView, error) {
	g, err := v.p.openInstall(v.address)
	if err != nil {
		return nil, err
	}
	v.p.mu.Lock()
	defer v.p.mu.Unlock()
	app, _, err := v.p.checkInstall(g)
	if err != nil {
		return nil, err
	}
	if err := v.checkReferer(app); v.form == nil && err != nil {
		return nil, err
	}
	return &installView{
		App:        namedApp{app.ID, app.Name},
		Test:       v.p.preAuth[g.get("pre_auth_code")].test,
		Privileges: v.privileges(app),
		Corps:      v.p.namedCorps(),
	}, nil
}

// privileges says in words what an app asks for.
func (v *visit) privileges(app *App) []string {
	var all []string
	switch max(app.cfg.Level, 1) {
	case 1:
		all = append(all, v.t("通讯录基本信息只读", "read the basic contacts"))
	case 2:
		all = append(all, v.t("通讯录全部信息只读", "read all contact data"))
	case 3:
		all = append(all, v.t("通讯录全部信息读写", "read and write all contact data"))
	case 4:
		all = append(all, v.t("单个基本信息只读", "read the basic data of single members"))
	case 5:
		all = append(all, v.t("通讯录全部信息只写", "write all contact data"))
	}
	if app.cfg.SensitiveOK {
		all = append(all, v.t("成员敏感信息（需成员同意）", "sensitive member information, with each member's consent"))
	}
	return append(all, app.cfg.Permissions...)
}

// checkReferer refuses an install address that was not reached by a click on a
// page of the installation callback domain, as WeCom does. The page's own links
// to its other language are fine.
func (v *visit) checkReferer(app *App) error {
	if app.cfg.RedirectDomain == "" {
		return nil
	}
	from, err := url.Parse(v.request.Referer())
	if err == nil && (from.Host == app.cfg.RedirectDomain || from.Hostname() == app.cfg.RedirectDomain ||
		from.Host == v.request.Host && from.Path == pageInstall) {
		return nil
	}
	return pageError(0, "redirect_uri does not match the callback domain: the Referer is missing or of another site")
}

type scanView struct {
	Templates []namedApp
	Corps     []namedCorp
}

// scan is the consent to customised apps (代开发应用授权).
func (v *visit) scan() answer {
	view, err := v.scanView()
	title := v.t("授权代开发应用", "Authorise customised apps")
	switch {
	case err != nil:
		return v.problem(err)
	case v.form == nil:
		return v.show(http.StatusOK, viewScan, view)
	case v.refused():
		return v.done(title, v.t("没有授权任何应用。", "Nothing was authorised."))
	}
	corp, err := v.chosenCorp()
	if err != nil {
		return v.problem(err)
	}
	_, err = corp.Scan(v.request.Context(), v.address)
	return v.doneOr(err, title, v.t("授权完成。", "Authorised."), v.consoleLink(corp))
}

func (v *visit) scanView() (*scanView, error) {
	g, err := v.p.openPage(v.address)
	if err != nil {
		return nil, err
	}
	v.p.mu.Lock()
	defer v.p.mu.Unlock()
	found, err := v.p.checkAuthLink(g)
	if err != nil {
		return nil, err
	}
	view := &scanView{Corps: v.p.namedCorps()}
	for _, app := range found.templates {
		view.Templates = append(view.Templates, namedApp{app.ID, app.Name})
	}
	return view, nil
}

func (v *visit) consoleLink(corp *Corp) link {
	return link{URL: pageAdmin + "?corp=" + url.QueryEscape(corp.ID), Text: v.t("管理后台 · ", "Admin console · ") + corp.Name}
}

type registerView struct {
	TemplateID string
	Apps       []namedApp
	Migration  bool
	Corps      []namedCorp
}

// register is the registration form (注册企业微信). Looking at it does not spend the
// register_code, sending it does.
func (v *visit) register() answer {
	view, err := v.registerView()
	switch {
	case err != nil:
		return v.problem(err)
	case v.form == nil:
		return v.show(http.StatusOK, viewRegister, view)
	case v.form.Has("enter"):
		return v.enterPackage()
	}
	corp, err := v.p.Register(v.request.Context(), v.address, RegisterForm{
		CorpName: v.form.Get("corp_name"),
		Admin:    User{Name: v.form.Get("admin_name"), Mobile: v.form.Get("admin_mobile")},
	})
	if corp == nil {
		return v.problem(err)
	}
	return v.doneOr(err, v.t("注册完成", "Registered"),
		v.t("企业已创建，可以关闭此页，回到服务商的页面。", "The corp has been made. Close this page and go back to the provider's."), v.consoleLink(corp))
}

func (v *visit) enterPackage() answer {
	corp, err := v.chosenCorp()
	if err != nil {
		return v.problem(err)
	}
	err = v.p.EnterRegisterPackage(v.request.Context(), v.address, corp)
	return v.doneOr(err, v.t("已进入推广包", "Entered"),
		v.t("服务商会收到 enter_register_package。", "The provider is told by enter_register_package."), v.consoleLink(corp))
}

func (v *visit) registerView() (*registerView, error) {
	v.p.mu.Lock()
	defer v.p.mu.Unlock()
	r, err := v.p.checkRegister(v.address)
	if err != nil {
		return nil, err
	}
	view := &registerView{TemplateID: r.pkg.TemplateID, Migration: r.pkg.ContactMigration, Corps: v.p.namedCorps()}
	for _, app := range r.pkg.Apps {
		view.Apps = append(view.Apps, namedApp{app.ID, app.Name})
	}
	return view, nil
}
