package sso

import (
	"context"
	"net/http"
	"net/url"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/suite"
)

// CorpApp signs people in with the access_token of an app in one corp: a
// customised app (代开发应用), or an old multi-app suite. It is safe for concurrent
// use and costs nothing to make.
type CorpApp struct{ corp *suite.Corp }

// NewCorpApp returns a CorpApp for a corp of [suite.Template.Corp] or
// [suite.Client.Corp]. It panics if corp is nil; neither of them returns that.
func NewCorpApp(corp *suite.Corp) *CorpApp {
	if corp == nil {
		panic("sso: NewCorpApp: nil suite.Corp")
	}
	return &CorpApp{corp: corp}
}

// SignIn says who the code of [CorpOAuth2] or [CorpLogin] belongs to. Members of a
// linked corp have that corp as CorpID; compare it with AppCorpID where only the
// corp's own members may in. Somebody outside is an [Identity] with an OpenID, no
// error. Ticket is set for [ScopePrivateInfo] only.
//
// A code works once. It is sent a second time only when the platform refused the
// token, which leaves the code unused. Errors are those of [CorpApp.GetUserInfo] and
// [ErrIncomplete].
func (a *CorpApp) SignIn(ctx context.Context, code LoginCode) (Identity, error) {
	r, err := a.GetUserInfo(ctx, code)
	if err != nil {
		return Identity{}, err
	}
	return r.Identity(a.corp.ID()).check()
}

// SignInMiniProgram says who uses a mini program of the app, with the session_key
// of the visit. Errors are those of [CorpApp.JSCode2Session] and [ErrIncomplete].
func (a *CorpApp) SignInMiniProgram(ctx context.Context, code JSCode) (Identity, error) {
	r, err := a.JSCode2Session(ctx, code)
	if err != nil {
		return Identity{}, err
	}
	id := r.Identity()
	id.AppCorpID = a.corp.ID()
	return id.check()
}

// WithProfile returns id with the profile that its ticket buys. [ErrNoUserTicket]
// says that it has no live ticket, [ErrOtherPerson] that the ticket is somebody
// else's; other errors are those of [CorpApp.GetUserDetail].
func (a *CorpApp) WithProfile(ctx context.Context, id Identity) (Identity, error) {
	if !id.Ticket.Live() {
		return Identity{}, ErrNoUserTicket
	}
	r, err := a.GetUserDetail(ctx, id.Ticket.Value)
	if err != nil {
		return Identity{}, err
	}
	return id.join(r.Identity(id.CorpID))
}

// GetUserInfoResponse is who visits, as [CorpApp.GetUserInfo] says it: UserID for
// members, OpenID for others, with ExternalUserID for customers.
type GetUserInfoResponse struct {
	UserID         string       `json:"userid,omitzero"`
	UserTicket     wecom.Secret `json:"user_ticket,omitzero"`     // at most 512 bytes, 1800 seconds
	UserDocTicket  wecom.Secret `json:"user_doc_ticket,omitzero"` // 30 days
	OpenID         string       `json:"openid,omitzero"`          // unique in the corp, at most 64 bytes
	ExternalUserID string       `json:"external_userid,omitzero"` // of customers of a member in the visible range
}

// Identity returns r as an [Identity]. corpID is the corp whose token was used;
// the reply does not name it. The life of the ticket counts from now.
func (r *GetUserInfoResponse) Identity(corpID string) Identity {
	id := Identity{
		AppCorpID: corpID, OpenID: r.OpenID, ExternalUserID: r.ExternalUserID,
		Ticket: newTicket(r.UserTicket, 0), DocTicket: r.UserDocTicket,
	}
	if r.UserID != "" {
		id.CorpID, id.UserID = splitUser(corpID, r.UserID)
	}
	return id
}

// GetUserInfo says who the code of an OAuth2 page or a web login belongs to
// (获取访问用户身份 / 获取用户登录身份, 代开发). The corp is the one of the token. UserID is
// "CorpId/userid" for members of linked corps (互联企业, 上下游); [CorpApp.SignIn] takes
// that apart.
//
// Calls with a good code do not count for the frequency limits. Errors:
// [wecom.ErrCodeRejected] for 40029 (wrong, used, or older than 5 minutes); 50001
// the domain of redirect_uri is not the trusted domain; 48002 the token is not of
// a customised app; a [*CodeError] without a call for what cannot be a code. When
// the reply is lost ([wecom.ErrNoReply]) the code may be used up.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/96442,
// https://developer.work.weixin.qq.com/document/path/98177 and
// https://developer.work.weixin.qq.com/document/path/91023
//
//wecom:endpoint GET /cgi-bin/auth/getuserinfo
func (a *CorpApp) GetUserInfo(ctx context.Context, code LoginCode) (*GetUserInfoResponse, error) {
	if err := checkCode("GetUserInfo", "code", string(code), maxCode); err != nil {
		return nil, err
	}
	return call[GetUserInfoResponse](ctx, a.corp, wecom.Call{
		Method: http.MethodGet,
		Path:   "/cgi-bin/auth/getuserinfo",
		Query:  url.Values{"code": {string(code)}},
	})
}

// GetUserDetailResponse is what a customised app learns with a user_ticket.
type GetUserDetailResponse struct {
	UserID  string `json:"userid"`
	Gender  Gender `json:"gender,omitzero"`
	Avatar  string `json:"avatar,omitzero"`
	QRCode  string `json:"qr_code,omitzero"`
	Mobile  string `json:"mobile,omitzero"`
	Email   string `json:"email,omitzero"`
	BizMail string `json:"biz_mail,omitzero"`
	Address string `json:"address,omitzero"`
}

// Identity returns r as an [Identity]. corpID is the corp of the member; the
// reply does not name it.
func (r *GetUserDetailResponse) Identity(corpID string) Identity {
	id := Identity{Profile: Profile{
		Gender: r.Gender, Avatar: r.Avatar, QRCode: r.QRCode,
		Mobile: r.Mobile, Email: r.Email, BizMail: r.BizMail, Address: r.Address,
	}}
	if r.UserID != "" {
		id.CorpID, id.UserID = splitUser(corpID, r.UserID)
	}
	return id
}

// GetUserDetail returns the profile that a user_ticket stands for
// (获取访问用户敏感信息, 代开发). The member must be in the visible range of the app. For
// customised apps authorised after 2022-06-28 this is the only way to mobile
// number, mail address and avatar. Use [CorpApp.WithProfile] unless the reply
// itself is wanted.
//
// Errors: [wecom.ErrCodeRejected] for 84014 (ticket expired) and 84015 (ticket
// wrong); a [*CodeError] without a call for what cannot be a ticket.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/96443 and
// https://developer.work.weixin.qq.com/document/path/95833
//
//wecom:endpoint POST /cgi-bin/auth/getuserdetail
func (a *CorpApp) GetUserDetail(ctx context.Context, ticket wecom.Secret) (*GetUserDetailResponse, error) {
	if err := checkCode("GetUserDetail", "user_ticket", ticket.Reveal(), maxCode); err != nil {
		return nil, err
	}
	return call[GetUserDetailResponse](ctx, a.corp, wecom.Call{
		Path: "/cgi-bin/auth/getuserdetail",
		Body: userTicketBody{UserTicket: ticket.Reveal()},
		Safe: true,
	})
}

// JSCode2Session says who uses a mini program of the customised app
// (code2Session, 企业自建及代开发小程序). The reply has no OpenUserID.
//
// Errors: [wecom.ErrCodeRejected] for 40029; a [*CodeError] without a call for
// what cannot be a code.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/91507
//
//wecom:endpoint GET /cgi-bin/miniprogram/jscode2session
func (a *CorpApp) JSCode2Session(ctx context.Context, code JSCode) (*JSSession, error) {
	if err := checkCode("JSCode2Session", "js_code", string(code), maxJSCode); err != nil {
		return nil, err
	}
	return call[JSSession](ctx, a.corp, wecom.Call{
		Method: http.MethodGet,
		Path:   "/cgi-bin/miniprogram/jscode2session",
		Query:  jsQuery(code),
	})
}
