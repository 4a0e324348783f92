package sso

import (
	"context"
	"net/http"
	"net/url"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/provider"
	"github.com/wecom-isv/wecom/suite"
)

// App signs people in with the suite_access_token of a third-party app, or of the
// login authorisation (登录授权). It is safe for concurrent use.
type App struct{ suite *suite.Client }

// NewApp returns an App. It panics if app is nil, which means that an error of
// [suite.New] was ignored.
func NewApp(app *suite.Client) *App {
	if app == nil {
		panic("sso: NewApp: nil suite.Client")
	}
	return &App{suite: app}
}

// SignIn says who the code of [AppOAuth2] or [ServiceLogin] belongs to. Somebody
// outside any corp is an [Identity] with an OpenID, no error. Ticket is set for
// [ScopePrivateInfo] only.
//
// A code works once. It is sent a second time only when the platform refused the
// token, which leaves the code unused. Errors are those of [App.GetUserInfo3rd] and
// [ErrIncomplete].
func (a *App) SignIn(ctx context.Context, code LoginCode) (Identity, error) {
	r, err := a.GetUserInfo3rd(ctx, code)
	if err != nil {
		return Identity{}, err
	}
	return r.Identity().check()
}

// SignInConsole says which administrator came from the admin console (业务设置); see
// [ParseConsole]. The App must be made from the provider's login authorisation;
// without one use [ProviderLogin.SignIn], which also tells the rights.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/98170
func (a *App) SignInConsole(ctx context.Context, code provider.LoginAuthCode) (Identity, error) {
	return a.SignIn(ctx, LoginCode(code))
}

// SignInSchool is [App.SignIn] for an app of home-school communication (家校沟通):
// besides members it knows parents.
func (a *App) SignInSchool(ctx context.Context, code LoginCode) (Identity, error) {
	r, err := a.GetUserInfo3rdLegacy(ctx, code)
	if err != nil {
		return Identity{}, err
	}
	return r.Identity().check()
}

// SignInMiniProgram says who uses a mini program of the app, with the session_key
// of the visit. Errors are those of [App.JSCode2Session] and [ErrIncomplete].
func (a *App) SignInMiniProgram(ctx context.Context, code JSCode) (Identity, error) {
	r, err := a.JSCode2Session(ctx, code)
	if err != nil {
		return Identity{}, err
	}
	return r.Identity().check()
}

// WithProfile returns id with the profile that its ticket buys. [ErrNoUserTicket]
// says that it has no live ticket, [ErrOtherPerson] that the ticket is somebody
// else's; other errors are those of [App.GetUserDetail3rd].
func (a *App) WithProfile(ctx context.Context, id Identity) (Identity, error) {
	if !id.Ticket.Live() {
		return Identity{}, ErrNoUserTicket
	}
	r, err := a.GetUserDetail3rd(ctx, id.Ticket.Value)
	if err != nil {
		return Identity{}, err
	}
	return id.join(r.Identity())
}

// join returns i with the profile of other, which must be the same person.
func (i Identity) join(other Identity) (Identity, error) {
	if other.UserID != i.UserID || other.CorpID != "" && other.CorpID != i.CorpID {
		return Identity{}, ErrOtherPerson
	}
	i.Profile = other.Profile
	return i, nil
}

// GetUserInfo3rdResponse is who visits, as [App.GetUserInfo3rd] says it. CorpID
// and UserID are set for members, OpenID for somebody who belongs to no corp.
type GetUserInfo3rdResponse struct {
	CorpID        string       `json:"corpid,omitzero"`
	UserID        string       `json:"userid,omitzero"`
	UserTicket    wecom.Secret `json:"user_ticket,omitzero"` // at most 512 bytes
	ExpiresIn     int64        `json:"expires_in,omitzero"`  // seconds, of UserTicket
	OpenUserID    string       `json:"open_userid,omitzero"` // at most 64 bytes
	UserDocTicket wecom.Secret `json:"user_doc_ticket,omitzero"`
	OpenID        string       `json:"openid,omitzero"`
}

// Identity returns r as an [Identity]; the life of the ticket counts from now.
func (r *GetUserInfo3rdResponse) Identity() Identity {
	return Identity{
		CorpID: r.CorpID, UserID: r.UserID, OpenUserID: r.OpenUserID, OpenID: r.OpenID,
		Ticket: newTicket(r.UserTicket, r.ExpiresIn), DocTicket: r.UserDocTicket,
	}
}

// GetUserInfo3rd says who the code of an OAuth2 page or a web login belongs to
// (获取访问用户身份 / 获取登录用户身份). For a web login the App must be made from the login
// authorisation; that reply has no ticket. Use [App.SignIn] unless the reply itself
// is wanted.
//
// UserID is ciphertext while the corp has not authorised the app. WeCom's page no
// longer shows the reply for somebody who belongs to no corp: an openid, and
// neither corpid nor userid, is what older copies have.
//
// Errors: [wecom.ErrCodeRejected] for 40029 (wrong, used, or older than 5 minutes)
// and 42003 (expired); 50001 the domain of redirect_uri is not the trusted domain;
// a [*CodeError] without a call for what cannot be a code. When the reply is lost
// ([wecom.ErrNoReply]) the code may be used up.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/91121 and
// https://developer.work.weixin.qq.com/document/path/98179
//
//wecom:endpoint GET /cgi-bin/service/auth/getuserinfo3rd
func (a *App) GetUserInfo3rd(ctx context.Context, code LoginCode) (*GetUserInfo3rdResponse, error) {
	if err := checkCode("GetUserInfo3rd", "code", string(code), maxCode); err != nil {
		return nil, err
	}
	return call[GetUserInfo3rdResponse](ctx, a.suite, wecom.Call{
		Method: http.MethodGet,
		Path:   "/cgi-bin/service/auth/getuserinfo3rd",
		Query:  url.Values{"code": {string(code)}},
	})
}

// UserDetail3rd is what a third-party app learns with a user_ticket.
type UserDetail3rd struct {
	CorpID string `json:"corpid,omitzero"`
	UserID string `json:"userid,omitzero"`
	Name   string `json:"name,omitzero"` // not the real name: the userid
	Gender Gender `json:"gender,omitzero"`
	Avatar string `json:"avatar,omitzero"`
	QRCode string `json:"qr_code,omitzero"`
}

// Identity returns r as an [Identity].
func (r *UserDetail3rd) Identity() Identity {
	return Identity{
		CorpID: r.CorpID, UserID: r.UserID,
		Profile: Profile{Name: r.Name, Gender: r.Gender, Avatar: r.Avatar, QRCode: r.QRCode},
	}
}

// userTicketBody is the body of all calls that take a user_ticket.
type userTicketBody struct {
	UserTicket string `json:"user_ticket"`
}

// GetUserDetail3rd returns the profile that a user_ticket stands for
// (获取访问用户敏感信息). The member must be in the visible range of the app. Use
// [App.WithProfile] unless the reply itself is wanted.
//
// Errors: [wecom.ErrCodeRejected] for 84014 (ticket expired) and 84015 (ticket
// wrong); 60021 the member is outside the visible range; a [*CodeError] without a
// call for what cannot be a ticket.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/91122
//
//wecom:endpoint POST /cgi-bin/service/auth/getuserdetail3rd
func (a *App) GetUserDetail3rd(ctx context.Context, ticket wecom.Secret) (*UserDetail3rd, error) {
	if err := checkCode("GetUserDetail3rd", "user_ticket", ticket.Reveal(), maxCode); err != nil {
		return nil, err
	}
	return call[UserDetail3rd](ctx, a.suite, wecom.Call{
		Path: "/cgi-bin/service/auth/getuserdetail3rd",
		Body: userTicketBody{UserTicket: ticket.Reveal()},
		Safe: true,
	})
}

// GetUserInfo3rdLegacyResponse is who visits, as the old path says it. For a
// parent UserID is empty, CorpID is the first school, and ExternalUserID is that
// of the first of Parents.
type GetUserInfo3rdLegacyResponse struct {
	CorpID         string       `json:"CorpId,omitzero"`
	UserID         string       `json:"UserId,omitzero"`
	DeviceID       string       `json:"DeviceId,omitzero"`
	OpenID         string       `json:"OpenId,omitzero"`
	UserTicket     wecom.Secret `json:"user_ticket,omitzero"`
	ExpiresIn      int64        `json:"expires_in,omitzero"` // seconds, of UserTicket
	OpenUserID     string       `json:"open_userid,omitzero"`
	ExternalUserID string       `json:"external_userid,omitzero"`
	Parents        []Parent     `json:"parents,omitzero"`
}

// Identity returns r as an [Identity]; the life of the ticket counts from now.
func (r *GetUserInfo3rdLegacyResponse) Identity() Identity {
	return Identity{
		CorpID: r.CorpID, UserID: r.UserID, OpenUserID: r.OpenUserID, OpenID: r.OpenID,
		ExternalUserID: r.ExternalUserID, DeviceID: r.DeviceID, Parents: r.Parents,
		Ticket: newTicket(r.UserTicket, r.ExpiresIn),
	}
}

// GetUserInfo3rdLegacy says who the code of an OAuth2 page belongs to
// (获取访问用户身份, 家校沟通及旧路径). It is the documented path for apps of home-school
// communication, for which [App.SignInSchool] calls it. Errors are those of
// [App.GetUserInfo3rd].
//
// Deprecated: use [App.GetUserInfo3rd], or [App.SignInSchool] for schools.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/91711
//
//wecom:endpoint GET /cgi-bin/service/getuserinfo3rd
func (a *App) GetUserInfo3rdLegacy(ctx context.Context, code LoginCode) (*GetUserInfo3rdLegacyResponse, error) {
	if err := checkCode("GetUserInfo3rdLegacy", "code", string(code), maxCode); err != nil {
		return nil, err
	}
	return call[GetUserInfo3rdLegacyResponse](ctx, a.suite, wecom.Call{
		Method: http.MethodGet,
		Path:   "/cgi-bin/service/getuserinfo3rd",
		Query:  url.Values{"code": {string(code)}},
	})
}

// GetUserDetail3rdLegacy returns the profile that a user_ticket stands for
// (获取访问用户敏感信息, 旧路径). Whether WeCom still answers this path is not known: a
// refusal is a [*wecom.Error] like any other. Errors are those of
// [App.GetUserDetail3rd].
//
// Deprecated: use [App.GetUserDetail3rd].
//
//wecom:endpoint POST /cgi-bin/service/getuserdetail3rd
func (a *App) GetUserDetail3rdLegacy(ctx context.Context, ticket wecom.Secret) (*UserDetail3rd, error) {
	if err := checkCode("GetUserDetail3rdLegacy", "user_ticket", ticket.Reveal(), maxCode); err != nil {
		return nil, err
	}
	return call[UserDetail3rd](ctx, a.suite, wecom.Call{
		Path: "/cgi-bin/service/getuserdetail3rd",
		Body: userTicketBody{UserTicket: ticket.Reveal()},
		Safe: true,
	})
}

// JSSession is one visit to a mini program.
type JSSession struct {
	CorpID     string       `json:"corpid"`
	UserID     string       `json:"userid"` // ciphertext while the corp has not installed the app
	SessionKey wecom.Secret `json:"session_key"`
	OpenUserID string       `json:"open_userid,omitzero"` // third-party mini programs only; at most 64 bytes
}

// Identity returns r as an [Identity].
func (r *JSSession) Identity() Identity {
	return Identity{CorpID: r.CorpID, UserID: r.UserID, OpenUserID: r.OpenUserID, SessionKey: r.SessionKey}
}

// jsQuery is the query of both calls that take a js_code.
func jsQuery(code JSCode) url.Values {
	return url.Values{"js_code": {string(code)}, "grant_type": {"authorization_code"}}
}

// JSCode2Session says who uses a mini program that is linked with the third-party
// app (code2Session, 第三方小程序). When several suites are linked with the mini
// program, wx.qy.login must be given the suiteId.
//
// Errors: [wecom.ErrCodeRejected] for 40029; 90211 wrong suiteId at login, 90212
// the suite is not linked with the mini program; a [*CodeError] without a call for
// what cannot be a code.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92423
//
//wecom:endpoint GET /cgi-bin/service/miniprogram/jscode2session
func (a *App) JSCode2Session(ctx context.Context, code JSCode) (*JSSession, error) {
	if err := checkCode("JSCode2Session", "js_code", string(code), maxJSCode); err != nil {
		return nil, err
	}
	return call[JSSession](ctx, a.suite, wecom.Call{
		Method: http.MethodGet,
		Path:   "/cgi-bin/service/miniprogram/jscode2session",
		Query:  jsQuery(code),
	})
}

// doer attaches its credential and calls: [suite.Client], [suite.Corp].
type doer interface {
	Do(ctx context.Context, call wecom.Call, result any) error
}

// call sends c with the credential of d.
func call[T any](ctx context.Context, d doer, c wecom.Call) (*T, error) {
	result := new(T)
	if err := d.Do(ctx, c, result); err != nil {
		return nil, err
	}
	return result, nil
}
