package suite_test

import (
	"context"
	"testing"

	"github.com/wecom-isv/wecom/internal/apitest"
	"github.com/wecom-isv/wecom/suite"
)

func TestOrderEndpoints(t *testing.T) {
	t.Parallel()
	apitest.Run(t, []apitest.Case{
		{
			ID: "provider.order.get", Safe: true,
			Call: onApp(func(ctx context.Context, app *suite.Client) (*suite.Order, error) {
				return app.GetOrder(ctx, "2018091822ks1sd3s")
			}),
		},
		{
			ID: "provider.order.list", Safe: true,
			Call: onApp(func(ctx context.Context, app *suite.Client) (*suite.GetOrderListResponse, error) {
				return app.GetOrderList(ctx, suite.GetOrderListRequest{StartTime: 1542091572, EndTime: 1542177972, TestMode: suite.TestOrders})
			}),
		},
		{
			ID: "provider.order.prolong_try",
			Call: onApp(func(ctx context.Context, app *suite.Client) (*suite.ProlongTryResponse, error) {
				return app.ProlongTry(ctx, suite.ProlongTryRequest{BuyerCorpID: "wx7da9abf8ac62baaa", ProlongDays: 7, AppID: 1})
			}),
		},
	})
}
