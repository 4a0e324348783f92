package provider

import (
	"context"
	"net/http"

	"github.com/wecom-isv/wecom"
)

// GetAccountBalanceResponse is the prepaid account of the provider.
type GetAccountBalanceResponse struct {
	Balance int64 `json:"balance"` // fen (分)
}

// GetAccountBalance returns what is left in the prepaid account of the provider
// (充值账户余额查询), which pays for licences (接口许可) and for [AdvancedAPI.SubmitPay].
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/100137
//
//wecom:endpoint GET /cgi-bin/service/get_account_balance
func (c *Client) GetAccountBalance(ctx context.Context) (*GetAccountBalanceResponse, error) {
	return invoke[GetAccountBalanceResponse](ctx, c, wecom.Call{
		Method: http.MethodGet,
		Path:   "/cgi-bin/service/get_account_balance",
		Safe:   true,
	})
}
