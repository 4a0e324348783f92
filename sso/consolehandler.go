package sso

import (
	"context"
	"fmt"
	"net/http"

	"github.com/wecom-isv/wecom/internal/page"
	"github.com/wecom-isv/wecom/suite"
)

// ConsoleHandler is the business settings page of an app (业务设置), the entry of
// administrators who come from the admin console (从企业微信管理后台发起登录): it
// exchanges the auth_code with cfg.Console and hands the [Identity] to
// cfg.SignedIn. They go on to cfg.Home, or to a path of this site that the address
// set in the provider console (服务商后台) has as its parameter next.
//
// There is no state: anybody can make somebody's browser open this address with
// a code of their own. So SignedIn must begin a new session, as it must for
// [CallbackHandler], and should show whose it is; if the browser has a session of
// somebody else, let the person confirm the change.
//
// Arriving here is no proof of being an administrator: a login authorisation
// (登录授权) takes the code of any sign-in. [Identity.IsAdmin] is the proof with
// [ProviderLogin.SignIn], [FindAdmin] with [App.SignInConsole].
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/98170
func ConsoleHandler(cfg HandlerConfig) (http.Handler, error) {
	h, err := newHandler("ConsoleHandler", cfg)
	if err != nil {
		return nil, err
	}
	if cfg.Console == nil {
		return nil, &ParamError{Op: h.op, Param: "Console", Reason: "is missing: App.SignInConsole or ProviderLogin.SignIn"}
	}
	if cfg.SignedIn == nil {
		return nil, &ParamError{Op: h.op, Param: "SignedIn", Reason: "is missing"}
	}
	return page.Only(h.console, http.MethodGet), nil
}

func (h *handler) console(w http.ResponseWriter, r *http.Request) {
	next := h.next(r)
	if reason := checkNext(next); reason != "" {
		h.fail(w, r, errand{}, &ParamError{Op: h.op, Param: "next", Reason: reason})
		return
	}
	code, err := ParseConsole(r.URL.Query())
	if err != nil {
		h.fail(w, r, errand{}, err)
		return
	}
	id, err := h.cfg.Console(r.Context(), code)
	if err != nil {
		h.fail(w, r, errand{}, err)
		return
	}
	h.cfg.SignedIn(w, r, id, next)
}

// FindAdmin returns what id may do as an administrator of the app in corp
// (应用管理员), or [ErrNotAdmin]; corp must be that of id. Other errors are those of
// [suite.Corp.GetAdminList].
//
// The platform's list leaves out external administrators (外部系统管理员) and is
// empty where a member has authorised the app (成员授权).
func FindAdmin(ctx context.Context, corp *suite.Corp, id Identity) (suite.Admin, error) {
	if corp == nil || !id.IsMember() || id.CorpID != corp.ID() {
		return suite.Admin{}, fmt.Errorf("%w: no member of the corp", ErrNotAdmin)
	}
	list, err := corp.GetAdminList(ctx)
	if err != nil {
		return suite.Admin{}, err
	}
	for _, admin := range list.Admins {
		if admin.UserID == id.UserID {
			return admin, nil
		}
	}
	return suite.Admin{}, ErrNotAdmin
}
