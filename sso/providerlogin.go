package sso

import (
	"context"

	"github.com/wecom-isv/wecom/provider"
)

// ProviderLogin signs people in with the provider_access_token: the old QR login
// of the provider's site, and the jump from the admin console where the provider
// has no login authorisation. It is safe for concurrent use.
type ProviderLogin struct{ provider *provider.Client }

// NewProviderLogin returns a ProviderLogin. It panics if p is nil, which means that
// an error of [provider.New] was ignored.
func NewProviderLogin(p *provider.Client) *ProviderLogin {
	if p == nil {
		panic("sso: NewProviderLogin: nil provider.Client")
	}
	return &ProviderLogin{provider: p}
}

// SignIn says who the code of [ProviderQRLogin] or of the admin console belongs
// to. For administrators Admin is set. An external administrator (外部系统管理员) is in
// no contact list: CorpID and Admin are then all there is.
//
// A code works once. It is sent a second time only when the platform refused the
// token, which leaves the code unused. Errors are those of
// [provider.Client.GetLoginInfo] and [ErrIncomplete]; a [*CodeError] without a call
// for what cannot be a code.
func (p *ProviderLogin) SignIn(ctx context.Context, code provider.LoginAuthCode) (Identity, error) {
	if err := checkCode("ProviderLogin.SignIn", "auth_code", string(code), maxCode); err != nil {
		return Identity{}, err
	}
	r, err := p.provider.GetLoginInfo(ctx, code)
	if err != nil {
		return Identity{}, err
	}
	return FromLoginInfo(r).check()
}

// SignInQR is [ProviderLogin.SignIn] for a [Way] with a [ProviderQRLogin]: the
// handlers carry all codes as LoginCode.
func (p *ProviderLogin) SignInQR(ctx context.Context, code LoginCode) (Identity, error) {
	return p.SignIn(ctx, provider.LoginAuthCode(code))
}

// Admin is what an administrator may do in the corp, as
// [provider.Client.GetLoginInfo] says it.
type Admin struct {
	Type        provider.LoginUserType     `json:"type"`
	Agents      []provider.LoginAgent      `json:"agents,omitempty"`      // apps that the administrator may use or manage
	Departments []provider.LoginDepartment `json:"departments,omitempty"` // departments that the administrator may see
}

// CanManage reports whether the administrator may manage the app (管理权限), rather
// than use it.
func (a *Admin) CanManage(agentID int64) bool {
	if a == nil {
		return false
	}
	for _, agent := range a.Agents {
		if agent.AgentID == agentID {
			return agent.AuthType == provider.AgentManage
		}
	}
	return false
}

// FromLoginInfo returns the reply of [provider.Client.GetLoginInfo] as an
// [Identity]. Admin is set for the four kinds of administrator that are known,
// and for no other rank.
func FromLoginInfo(r *provider.GetLoginInfoResponse) Identity {
	id := Identity{
		CorpID: r.CorpInfo.CorpID, UserID: r.UserInfo.UserID, OpenUserID: r.UserInfo.OpenUserID,
		Profile: Profile{Name: r.UserInfo.Name, Avatar: r.UserInfo.Avatar},
	}
	switch r.UserType {
	case provider.LoginCreator, provider.LoginInternalAdmin, provider.LoginExternalAdmin, provider.LoginGradedAdmin:
		id.Admin = &Admin{Type: r.UserType, Agents: r.Agents, Departments: r.AuthInfo.Departments}
	case provider.LoginMember:
	}
	return id
}
