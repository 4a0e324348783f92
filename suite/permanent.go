package suite

import (
	"context"

	"github.com/wecom-isv/wecom"
)

// GetPermanentCodeV2Response is the reply of [Client.GetPermanentCodeV2].
type GetPermanentCodeV2Response struct {
	PermanentCode wecom.Secret `json:"permanent_code"` // at most 512 bytes; for a customised app it is the app's secret
	AuthCorpInfo  CorpInfo     `json:"auth_corp_info"` // CorpID and CorpName only
	// AuthUserInfo is the administrator; every field may be empty.
	AuthUserInfo AuthUser `json:"auth_user_info,omitzero"`
	// RegisterCodeInfo comes with an installation through a promotion QR code
	// (推广二维码), not with a member's authorisation.
	RegisterCodeInfo RegisterCodeInfo `json:"register_code_info,omitzero"`
	// State is that of the QR code or link.
	State string `json:"state,omitzero"`
}

// GetPermanentCodeResponse is the reply of [Client.GetPermanentCode].
type GetPermanentCodeResponse struct {
	AccessToken      wecom.Secret     `json:"access_token,omitzero"` // of the corp; absent for customised apps
	ExpiresIn        int64            `json:"expires_in,omitzero"`   // seconds; absent for customised apps
	PermanentCode    wecom.Secret     `json:"permanent_code"`        // at most 512 bytes
	DealerCorpInfo   DealerCorp       `json:"dealer_corp_info,omitzero"`
	AuthCorpInfo     CorpInfo         `json:"auth_corp_info"`
	AuthInfo         AgentList        `json:"auth_info,omitzero"`      // absent for a contacts app without an entity app
	AuthUserInfo     AuthUser         `json:"auth_user_info,omitzero"` // every field may be empty
	RegisterCodeInfo RegisterCodeInfo `json:"register_code_info,omitzero"`
	State            string           `json:"state,omitzero"`        // of the QR code or link
	EditionInfo      EditionInfo      `json:"edition_info,omitzero"` // app of paid editions only
}

// Agent returns the app in the corp, the zero Agent if the platform names none.
func (g *GetPermanentCodeResponse) Agent() Agent { return g.AuthInfo.first() }

// AuthUser is the administrator who authorised the app (授权管理员).
type AuthUser struct {
	UserID     string `json:"userid"`
	OpenUserID string `json:"open_userid"` // at most 64 bytes
	Name       string `json:"name"`
	Avatar     string `json:"avatar"` // address of a picture
}

// RegisterCodeInfo is the promotion package that a corp came through (推广包).
type RegisterCodeInfo struct {
	RegisterCode wecom.Secret `json:"register_code"`
	TemplateID   string       `json:"template_id"`
	State        string       `json:"state,omitzero"` // if get_register_code was given one
}

type authCodeBody struct {
	AuthCode string `json:"auth_code"`
}

// GetPermanentCodeV2 exchanges a temporary authorisation code for the permanent
// code of a corp (获取企业永久授权码). The code works once: nothing is repeated after a
// reply, and a caller who loses the result loses the installation.
// [Client.Authorize] keeps the permanent code before it returns: prefer it.
//
// Errors, all of class [wecom.ErrCodeRejected] or [wecom.ErrBadParameter]: 40078
// the code is wrong, used or older than 10 minutes; 40058 it is shorter than 64
// bytes.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/100776 and
// https://developer.work.weixin.qq.com/document/path/97163
//
//wecom:endpoint POST /cgi-bin/service/v2/get_permanent_code
func (a *app) GetPermanentCodeV2(ctx context.Context, code wecom.AuthCode) (*GetPermanentCodeV2Response, error) {
	return invoke[GetPermanentCodeV2Response](ctx, a, wecom.Call{
		Path: "/cgi-bin/service/v2/get_permanent_code",
		Body: authCodeBody{AuthCode: string(code)},
	})
}

// GetPermanentCode exchanges a temporary authorisation code for the permanent
// code of a corp (获取企业永久授权码), together with what the corp has granted and, for a
// third-party app, a first access_token. It is slow;
// [Client.GetPermanentCodeV2] is what the platform recommends during
// installation. The same warning holds: the code works once.
//
// Errors: as [Client.GetPermanentCodeV2].
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90603 and
// https://developer.work.weixin.qq.com/document/path/91911
//
//wecom:endpoint POST /cgi-bin/service/get_permanent_code
func (a *app) GetPermanentCode(ctx context.Context, code wecom.AuthCode) (*GetPermanentCodeResponse, error) {
	return invoke[GetPermanentCodeResponse](ctx, a, wecom.Call{
		Path: "/cgi-bin/service/get_permanent_code",
		Body: authCodeBody{AuthCode: string(code)},
	})
}
