package paytool_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/apitest"
	"github.com/wecom-isv/wecom/provider"
	"github.com/wecom-isv/wecom/provider/paytool"
)

func TestEndpoints(t *testing.T) {
	t.Parallel()
	const orderID = "T0Rkc2g3dWlQNzFLNTRXMDJBV25BNi95OVZZbjBPOE11N2FCWkc0STJRdz0="
	desk := func(api *wecom.Client) *paytool.Client {
		vendor, err := provider.New(api, provider.Config{CorpID: "wwPROVIDER", Secret: "provider-secret"})
		require.NoError(t, err)
		desk, err := paytool.New(vendor, paytool.Config{Secret: apiSecret})
		require.NoError(t, err)
		desk.Fix("129031823", time.Unix(1548302135, 0))
		return desk
	}
	// The sig of all examples is one and the same placeholder; TestSignVectors and
	// TestOpenOrderSendsTheExamples check it.
	sig := []string{"sig"}
	apitest.Run(t, []apitest.Case{
		{
			ID:        "paytool.open_order",
			Generated: sig,
			Call: func(ctx context.Context, api *wecom.Client) (any, error) {
				return desk(api).OpenOrder(ctx, thirdAppOrder())
			},
		},
		{
			ID:        "paytool.open_order",
			Example:   "customized_app",
			Generated: sig,
			Call: func(ctx context.Context, api *wecom.Client) (any, error) {
				return desk(api).OpenOrder(ctx, customizedAppOrder())
			},
		},
		{
			ID:        "paytool.open_order",
			Example:   "promotion_case",
			Generated: sig,
			Call: func(ctx context.Context, api *wecom.Client) (any, error) {
				return desk(api).OpenOrder(ctx, promotionCaseOrder())
			},
		},
		{
			ID:        "paytool.close_order",
			Generated: sig,
			Call: func(ctx context.Context, api *wecom.Client) (any, error) {
				return nil, desk(api).CloseOrder(ctx, orderID)
			},
		},
		{
			ID:        "paytool.get_order_list",
			Generated: sig,
			Safe:      true,
			Call: func(ctx context.Context, api *wecom.Client) (any, error) {
				return desk(api).GetOrderList(ctx, paytool.GetOrderListRequest{
					BusinessType: paytool.BusinessThirdApp,
					StartTime:    1670643437,
					EndTime:      1671507437,
					Cursor:       "tJzlB9tdqfh-g7i_J-ehOz_TWcd7dSKa39_AqCIeMFw",
				})
			},
		},
		{
			ID:        "paytool.get_order_detail",
			Generated: sig,
			Safe:      true,
			Call: func(ctx context.Context, api *wecom.Client) (any, error) {
				return desk(api).GetOrderDetail(ctx, orderID)
			},
		},
		{
			ID:   "paytool.get_invoice_list",
			Safe: true,
			Call: func(ctx context.Context, api *wecom.Client) (any, error) {
				return desk(api).GetInvoiceList(ctx, paytool.GetInvoiceListRequest{
					StartTime: 1680000000,
					EndTime:   1680003600,
					Cursor:    "CURSOR",
					Limit:     50,
				})
			},
		},
		{
			ID: "paytool.mark_invoice_status",
			Call: func(ctx context.Context, api *wecom.Client) (any, error) {
				return nil, desk(api).MarkInvoiceStatus(ctx, markedInvoice())
			},
		},
	})
}
