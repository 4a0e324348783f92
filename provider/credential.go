package provider

import (
	"context"

	"github.com/wecom-isv/wecom"
)

// GetProviderTokenResponse is the provider_access_token with what is left of its
// life.
type GetProviderTokenResponse struct {
	ProviderAccessToken wecom.Secret `json:"provider_access_token"` // at most 512 bytes
	ExpiresIn           int64        `json:"expires_in"`            // seconds, normally 7200
}

type getProviderTokenBody struct {
	CorpID         string `json:"corpid"`
	ProviderSecret string `json:"provider_secret"`
}

// GetProviderToken fetches a provider_access_token (获取服务商凭证). Within its life the
// platform returns the same token again. Every call of this package fetches one
// by itself when it needs to, and shares it: use [Client.Token], not this method,
// unless you keep tokens on your own.
//
// Errors: 40001 the secret or corp id is wrong, typically because it is the
// secret of an app; 60020 the address is not on the provider's IP list.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/91200
//
//wecom:endpoint POST /cgi-bin/service/get_provider_token
func (c *Client) GetProviderToken(ctx context.Context) (*GetProviderTokenResponse, error) {
	return wecom.Invoke[GetProviderTokenResponse](ctx, c.api, wecom.Call{
		Path: "/cgi-bin/service/get_provider_token",
		Body: getProviderTokenBody{CorpID: c.corpID, ProviderSecret: c.secret.Reveal()},
		Safe: true,
	})
}

func (c *Client) fetchToken(ctx context.Context) (wecom.Token, error) {
	r, err := c.GetProviderToken(ctx)
	if err != nil {
		return wecom.Token{}, err
	}
	return wecom.NewToken(r.ProviderAccessToken.Reveal(), r.ExpiresIn)
}
