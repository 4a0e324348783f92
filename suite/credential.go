package suite

import (
	"context"
	"net/http"
	"net/url"

	"github.com/wecom-isv/wecom"
)

// GetSuiteTokenResponse is the suite_access_token with what is left of its life.
type GetSuiteTokenResponse struct {
	SuiteAccessToken wecom.Secret `json:"suite_access_token"` // at most 512 bytes
	ExpiresIn        int64        `json:"expires_in"`         // seconds, normally 7200
}

// CorpToken is the access_token of the app in one corp with what is left of its
// life.
type CorpToken struct {
	AccessToken wecom.Secret `json:"access_token"` // at most 512 bytes
	ExpiresIn   int64        `json:"expires_in"`   // seconds, normally 7200
}

type getSuiteTokenBody struct {
	SuiteID     string `json:"suite_id"`
	SuiteSecret string `json:"suite_secret"`
	SuiteTicket string `json:"suite_ticket"`
}

// GetSuiteToken fetches a suite_access_token with the newest suite_ticket
// (获取第三方应用凭证, 获取代开发应用模板凭证). Every call of this package fetches one by
// itself when it needs to, and shares it: use [Client.Token], not this method,
// unless you keep tokens on your own.
//
// Errors: [wecom.ErrNoTicket] before the first push, found without a call; 40080
// wrong secret, 40083 wrong suite id, 40085 wrong or expired ticket, 60020
// address not on the provider's IP list.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90600 and
// https://developer.work.weixin.qq.com/document/path/97162
//
//wecom:endpoint POST /cgi-bin/service/get_suite_token
func (a *app) GetSuiteToken(ctx context.Context) (*GetSuiteTokenResponse, error) {
	ticket, err := a.newestTicket(ctx)
	if err != nil {
		return nil, err
	}
	return wecom.Invoke[GetSuiteTokenResponse](ctx, a.api, wecom.Call{
		Path: "/cgi-bin/service/get_suite_token",
		Body: getSuiteTokenBody{SuiteID: a.id, SuiteSecret: a.secret.Reveal(), SuiteTicket: ticket.Reveal()},
		Safe: true,
	})
}

func (a *app) fetchToken(ctx context.Context) (wecom.Token, error) {
	r, err := a.GetSuiteToken(ctx)
	if err != nil {
		return wecom.Token{}, err
	}
	return wecom.NewToken(r.SuiteAccessToken.Reveal(), r.ExpiresIn)
}

// codeBody names a corp and its permanent code.
type codeBody struct {
	AuthCorpID    string `json:"auth_corpid"`
	PermanentCode string `json:"permanent_code"`
}

// GetCorpToken fetches the access_token of a third-party app in a corp
// (获取企业凭证). [Corp.Token] does it when needed, with the permanent code that is
// kept, and shares the token: use that unless you keep tokens on your own.
//
// Errors: 40084 the code is wrong or the corp has removed the app
// ([wecom.ErrNotAuthorized]), 48003 the suite_access_token belongs to another
// suite id.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90605
//
//wecom:endpoint POST /cgi-bin/service/get_corp_token
func (a *Client) GetCorpToken(ctx context.Context, corpID string, permanentCode wecom.Secret) (*CorpToken, error) {
	return invoke[CorpToken](ctx, &a.app, wecom.Call{
		Path: "/cgi-bin/service/get_corp_token",
		Body: codeBody{AuthCorpID: corpID, PermanentCode: permanentCode.Reveal()},
		Safe: true,
	})
}

// GetToken fetches the access_token of a customised app in a corp
// (代开发授权应用access_token的获取), with its permanent code as secret. Within its life the
// platform returns the same token again. [Corp.Token] does it when needed and
// shares the token: use that unless you keep tokens on your own.
//
// Errors: 40013 wrong corp id, 40001 or 40091 wrong code
// ([wecom.ErrCredential]), for instance after a reset in the console. Repeated
// wrong codes block the calling address for an hour.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/97164
//
//wecom:endpoint GET /cgi-bin/gettoken
func (a *Template) GetToken(ctx context.Context, corpID string, permanentCode wecom.Secret) (*CorpToken, error) {
	return wecom.Invoke[CorpToken](ctx, a.api, wecom.Call{
		Method: http.MethodGet,
		Path:   "/cgi-bin/gettoken",
		Query:  url.Values{"corpid": {corpID}, "corpsecret": {permanentCode.Reveal()}},
		Safe:   true,
	})
}
