package paytool_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/provider/paytool"
)

// thirdAppOrder is the order of the table's example and of a vector.
func thirdAppOrder() paytool.OpenOrderRequest {
	return paytool.OpenOrderRequest{
		BusinessType:       paytool.BusinessThirdApp,
		CustomCorpID:       "wx979abee1572365f9",
		PayType:            paytool.PayByProvider,
		BankReceiptMediaID: "MEDIA_ID_XXX",
		Creator:            "CREATOR",
		ProductList: paytool.ProductList{ThirdApp: &paytool.ThirdAppProduct{
			OrderType: paytool.OrderNew,
			BuyInfoList: []paytool.ThirdAppItem{
				{
					SuiteID:        "wx63bea8582b858ee7",
					AppID:          1,
					EditionID:      "sp7fd5170a8e807a44",
					DurationDays:   1,
					TakeEffectDate: "20221220",
					UserCount:      10,
					DiscountInfo: paytool.Discount{
						DiscountType:    paytool.DiscountPercent,
						DiscountRatio:   75,
						DiscountRemarks: "老客户优惠",
					},
				},
				{SuiteID: "wx46b0217691d307f7", AppID: 1, EditionID: "spb5625fc505870d09", DurationDays: 1, UserCount: 10},
			},
			NotifyCustomCorp: new(paytool.NotifyYes),
		}},
	}
}

func customizedAppOrder() paytool.OpenOrderRequest {
	r := thirdAppOrder()
	r.BusinessType = paytool.BusinessCustomizedApp
	r.ProductList = paytool.ProductList{CustomizedApp: &paytool.CustomizedAppProduct{
		BuyInfoList: []paytool.CustomizedAppItem{
			{SuiteID: "dk6e2ed1be411f395a", DurationDays: 30, TakeEffectDate: "20221220", UserCount: 10, TotalPrice: 250000},
			{SuiteID: "dk9b5e63db2d5d98a0", DurationDays: 10, TakeEffectDate: "20221220", UserCount: 20, TotalPrice: 2500},
		},
		NotifyCustomCorp: new(paytool.NotifyYes),
	}}
	return r
}

func promotionCaseOrder() paytool.OpenOrderRequest {
	r := thirdAppOrder()
	r.BusinessType = paytool.BusinessPromotionCase
	r.ProductList = paytool.ProductList{PromotionCase: &paytool.PromotionCaseProduct{
		CaseID:               "slne7508097f40c4f8e",
		PromotionEditionName: "固定单价",
		DurationDays:         30,
		TakeEffectDate:       "20221230",
		BuyInfoList: []paytool.PromotionCaseItem{
			{SuiteID: "wx8838a73b0f57a7b5", AppID: 2, UserCount: 10},
			{SuiteID: "wx15ab15f7b1ced876", UserCount: 20},
		},
		NotifyCustomCorp: new(paytool.NotifyYes),
	}}
	return r
}

func TestOpenOrderSendsTheExamples(t *testing.T) {
	t.Parallel()
	table := rowOf(t, "paytool.open_order")
	require.Len(t, table.BodyVariants, 2)
	tests := []struct {
		name    string
		req     paytool.OpenOrderRequest
		example string
		sig     string // of a vector
	}{
		{"third_app", thirdAppOrder(), table.ExampleBody, "5c6ZV2YFUWSA+2t4i92wUi4INQPYj3m6DArzLXkwxxk="},
		{"customized_app", customizedAppOrder(), table.BodyVariants["customized_app"], ""},
		{"promotion_case", promotionCaseOrder(), table.BodyVariants["promotion_case"], ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			desk, p := newDesk(t, table.ExampleResult)
			desk.Fix("129031823", time.Unix(1548302135, 0))
			order, err := desk.OpenOrder(t.Context(), tt.req)
			require.NoError(t, err)
			assert.Equal(t, &paytool.OpenOrderResponse{
				OrderID:     "N00000F24364063FC57FACFC5C6A0",
				OrderURL:    "https://open.work.weixin.qq.com/payforapp/PREORDERT0Rkc2g3dWlQNzFLNTRXMDJBV25BNi95OVZZbjBPOE11N2FCWkc0STJRdz0=",
				OriginPrice: new(int64(1000)),
				PaidPrice:   new(int64(900)),
			}, order)

			sent := p.sent()[0].Body
			want := decoded(t, tt.example)
			if tt.sig != "" {
				assert.Equal(t, tt.sig, sent["sig"])
			}
			delete(want, "sig") // a placeholder in all examples
			delete(sent, "sig")
			assert.Equal(t, want, sent)
		})
	}
}

// TestOpenOrderZeroIsNotEmpty: 0 means something in four places.
func TestOpenOrderZeroIsNotEmpty(t *testing.T) {
	t.Parallel()
	desk, p := newDesk(t, ok)
	desk.Fix("N", time.Unix(1, 0))
	_, err := desk.OpenOrder(t.Context(), paytool.OpenOrderRequest{
		BusinessType: paytool.BusinessThirdApp,
		PayType:      paytool.PayByCustomer,
		ProductList: paytool.ProductList{ThirdApp: &paytool.ThirdAppProduct{
			OrderType:        paytool.OrderNew,
			BuyInfoList:      []paytool.ThirdAppItem{{SuiteID: "ww1", EditionID: "sp1", DiscountInfo: paytool.Discount{DiscountType: paytool.DiscountPercent, DiscountRatio: 90, DiscountRemarks: "R"}}},
			NotifyCustomCorp: new(paytool.NotifyNo),
		}},
	})
	require.NoError(t, err)
	assert.Equal(t, `{"business_type":1,"pay_type":0,"product_list":{"third_app":{"order_type":0,"buy_info_list":[`+
		`{"suiteid":"ww1","edition_id":"sp1","discount_info":{"discount_type":2,"discount_amount":0,"discount_ratio":90,"discount_remarks":"R"}}],`+
		`"notify_custom_corp":0}},"nonce_str":"N","ts":1,"sig":"`+
		hmacOf("business_type=1&discount_amount=0&discount_ratio=90&discount_remarks=R&discount_type=2&edition_id=sp1&nonce_str=N&notify_custom_corp=0&order_type=0&pay_type=0&suiteid=ww1&ts=1")+
		`"}`, p.sent()[0].Raw)
}

// TestOpenOrderKnowsWhetherThereIsAPrice: a free order costs 0, an order without
// a price yet costs nobody knows what.
func TestOpenOrderKnowsWhetherThereIsAPrice(t *testing.T) {
	t.Parallel()
	desk, _ := newDesk(t, `{"errcode":0,"order_id":"A","order_url":"U","origin_price":500,"paid_price":0}`, `{"order_id":"B","order_url":"U"}`)
	free, err := desk.OpenOrder(t.Context(), thirdAppOrder())
	require.NoError(t, err)
	assert.Equal(t, new(int64(0)), free.PaidPrice)
	unknown, err := desk.OpenOrder(t.Context(), thirdAppOrder())
	require.NoError(t, err)
	assert.Nil(t, unknown.OriginPrice)
	assert.Nil(t, unknown.PaidPrice)
}

func TestOpenOrderRefuses(t *testing.T) {
	t.Parallel()
	desk, p := newDesk(t, ok)
	tests := []struct {
		name string
		edit func(*paytool.OpenOrderRequest)
		want string
	}{
		{"no business", func(r *paytool.OpenOrderRequest) { r.BusinessType = 0 }, "exactly the member"},
		{"another business", func(r *paytool.OpenOrderRequest) { r.BusinessType = paytool.BusinessPromotionCase }, "exactly the member"},
		{"no product", func(r *paytool.OpenOrderRequest) { r.ProductList = paytool.ProductList{} }, "exactly the member"},
		{"two products", func(r *paytool.OpenOrderRequest) {
			r.ProductList.CustomizedApp = customizedAppOrder().ProductList.CustomizedApp
		}, "exactly the member"},
		{"no item", func(r *paytool.OpenOrderRequest) { r.ProductList.ThirdApp.BuyInfoList = nil }, "0 elements, not 1 to 20"},
		{"too many items", func(r *paytool.OpenOrderRequest) {
			r.ProductList.ThirdApp.BuyInfoList = make([]paytool.ThirdAppItem, 21)
		}, "21 elements, not 1 to 20"},
		{"too many customised apps", func(r *paytool.OpenOrderRequest) {
			*r = customizedAppOrder()
			r.ProductList.CustomizedApp.BuyInfoList = make([]paytool.CustomizedAppItem, 21)
		}, "21 elements, not 1 to 20"},
		{"too many apps of a solution", func(r *paytool.OpenOrderRequest) {
			*r = promotionCaseOrder()
			r.ProductList.PromotionCase.BuyInfoList = make([]paytool.PromotionCaseItem, 21)
		}, "21 elements, not 0 to 20"},
		{"customised app of nobody", func(r *paytool.OpenOrderRequest) {
			*r = customizedAppOrder()
			r.CustomCorpID = ""
		}, "CustomCorpID is missing"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			req := thirdAppOrder()
			tt.edit(&req)
			_, err := desk.OpenOrder(t.Context(), req)
			require.ErrorContains(t, err, "paytool: OpenOrder: ")
			require.ErrorContains(t, err, tt.want)
			assert.Empty(t, p.sent())
		})
	}
}

func TestOpenOrderTakesALimitInFull(t *testing.T) {
	t.Parallel()
	desk, p := newDesk(t, ok)
	req := thirdAppOrder()
	req.ProductList.ThirdApp.BuyInfoList = make([]paytool.ThirdAppItem, 20)
	_, err := desk.OpenOrder(t.Context(), req)
	require.NoError(t, err)
	req = promotionCaseOrder()
	req.ProductList.PromotionCase.BuyInfoList = nil
	_, err = desk.OpenOrder(t.Context(), req)
	require.NoError(t, err)
	assert.NotContains(t, p.sent()[1].Raw, "buy_info_list")
}

func TestEmptyOrderIDs(t *testing.T) {
	t.Parallel()
	desk, p := newDesk(t, ok)
	require.ErrorContains(t, desk.CloseOrder(t.Context(), ""), "order id is empty")
	_, err := desk.GetOrderDetail(t.Context(), "")
	require.ErrorContains(t, err, "order id is empty")
	assert.Empty(t, p.sent())
}

func TestGetOrderListLimits(t *testing.T) {
	t.Parallel()
	desk, p := newDesk(t, ok)
	for _, limit := range []int32{-1, 2001} {
		_, err := desk.GetOrderList(t.Context(), paytool.GetOrderListRequest{Limit: limit})
		require.ErrorContains(t, err, "1 to 2000")
	}
	assert.Empty(t, p.sent())
	for _, limit := range []int32{0, 2000} {
		_, err := desk.GetOrderList(t.Context(), paytool.GetOrderListRequest{Limit: limit})
		require.NoError(t, err)
	}
	desk.Fix("N", time.Unix(1, 0))
	_, err := desk.GetOrderList(t.Context(), paytool.GetOrderListRequest{})
	require.NoError(t, err)
	plain, _, _, sig := unsigned(t, p.sent()[2].Body)
	assert.Equal(t, map[string]any{"limit": 0.0}, plain, "the example sends 0; what is not set is not sent")
	assert.Equal(t, hmacOf("limit=0&nonce_str=N&ts=1"), sig)
}

// TestOrderCreator: the page types the creator as a number and shows a text.
func TestOrderCreator(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`"zhangsan"`:           "zhangsan",
		`18446744073709551615`: "18446744073709551615",
		`null`:                 "",
	} {
		order := paytool.Order{Creator: "before"}
		require.NoError(t, json.Unmarshal([]byte(`{"order_id":"A","creator":`+in+`,"paid_price":3,"pay_type":2}`), &order))
		assert.Equal(t, paytool.Order{OrderID: "A", Creator: want, PaidPrice: 3, PayType: paytool.PayFree}, order)
	}
	var order paytool.Order
	require.NoError(t, json.Unmarshal([]byte(`{"order_id":"A"}`), &order))
	assert.Empty(t, order.Creator)
	require.Error(t, json.Unmarshal([]byte(`{"creator":{"id":1}}`), &order))
}

func TestOrderDetailVariants(t *testing.T) {
	t.Parallel()
	table := rowOf(t, "paytool.get_order_detail")
	third := paytool.OrderProducts{ThirdApp: &paytool.OrderProduct{BuyInfoList: []paytool.OrderItem{{
		SuiteID: "SUITEID", AppID: 1, EditionID: "版本名字", UserCount: 10, DurationDays: 365, OriginPrice: 10000, PaidPrice: 9000, TakeEffectDate: "20221220",
	}}}}
	solution := paytool.OrderProducts{PromotionCase: &paytool.OrderProduct{CaseID: "CASEID", PromotionEditionName: "版本名字", BuyInfoList: []paytool.OrderItem{{
		SuiteID: "SUITEID", AppID: 1, UserCount: 10, TakeEffectDate: "20221220",
	}}}}
	require.Len(t, table.ResultVariants, 2)
	for name, want := range map[string]paytool.OrderProducts{"product_list_third_app": third, "product_list_promotion_case": solution} {
		desk, _ := newDesk(t, `{"errcode":0,"pay_order":{"order_id":"A","product_list":`+table.ResultVariants[name]+`}}`)
		r, err := desk.GetOrderDetail(t.Context(), "A")
		require.NoError(t, err)
		assert.Equal(t, want, r.PayOrder.ProductList, name)
		encoded, err := json.Marshal(r.PayOrder.ProductList)
		require.NoError(t, err)
		assert.JSONEq(t, table.ResultVariants[name], string(encoded), name)
	}
}

func TestUnknownValuesSurvive(t *testing.T) {
	t.Parallel()
	const order = `{"order_id":"A","order_status":77,"order_from":78,"pay_type":79,"pay_channel":80,"income_type":81,"business_type":82,"pay_from":83,` +
		`"product_list":{"third_app":{"order_type":84,"buy_info_list":[{"suiteid":"S","gift_duration_days":30}]}}}`
	desk, _ := newDesk(t, `{"errcode":0,"pay_order":`+order+`}`)
	r, err := desk.GetOrderDetail(t.Context(), "A")
	require.NoError(t, err)
	encoded, err := json.Marshal(r.PayOrder)
	require.NoError(t, err)
	got := decoded(t, string(encoded))
	for _, name := range []string{"order_status", "order_from", "pay_type", "pay_channel", "income_type", "business_type", "pay_from"} {
		assert.Equal(t, decoded(t, order)[name], got[name], name)
	}
	assert.Equal(t, paytool.OrderType(84), r.PayOrder.ProductList.ThirdApp.OrderType)
	assert.Equal(t, int64(30), r.PayOrder.ProductList.ThirdApp.BuyInfoList[0].GiftDurationDays)
}

func ordersPage(more int, next string, ids ...string) string {
	orders := make([]string, len(ids))
	for i, id := range ids {
		orders[i] = fmt.Sprintf(`{"order_id":%q}`, id)
	}
	return fmt.Sprintf(`{"errcode":0,"has_more":%d,"next_cursor":%q,"pay_order_list":[%s]}`, more, next, strings.Join(orders, ","))
}

func TestAllOrders(t *testing.T) {
	t.Parallel()
	desk, p := newDesk(t,
		ordersPage(1, "c1", "A", "B"), ordersPage(1, "c2"), ordersPage(0, "c3", "C"), // a cursor after the last page is no page
		ordersPage(0, "", "A"))
	all := desk.AllOrders(t.Context(), paytool.GetOrderListRequest{BusinessType: paytool.BusinessThirdApp, StartTime: 5, EndTime: 6, Cursor: "ignored"})
	assert.Empty(t, p.sent())

	read := func() (ids []string) {
		for order, err := range all {
			require.NoError(t, err)
			ids = append(ids, order.OrderID)
		}
		return ids
	}
	assert.Equal(t, []string{"A", "B", "C"}, read())
	assert.Equal(t, []string{"A"}, read(), "a second range starts over")

	var cursors []any
	for _, sent := range p.sent() {
		cursors = append(cursors, sent.Body["cursor"])
		assert.InDelta(t, 500, sent.Body["limit"], 0)
		assert.InDelta(t, 1, sent.Body["business_type"], 0)
		assert.InDelta(t, 5, sent.Body["start_time"], 0)
		assert.InDelta(t, 6, sent.Body["end_time"], 0)
	}
	assert.Equal(t, []any{nil, "c1", "c2", nil}, cursors)
}

func TestAllOrdersEndsWithAnError(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		answers []string
		want    string
		calls   int
	}{
		{"a refusal", []string{ordersPage(1, "c1", "A"), `{"errcode":90305,"errmsg":"wrong"}`}, "errcode 90305", 2},
		{"a cursor that stays", []string{ordersPage(1, "c1", "A"), ordersPage(1, "c1")}, "same cursor", 2},
		{"more without a cursor", []string{ordersPage(1, "", "A")}, "gave no cursor", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			desk, p := newDesk(t, tt.answers...)
			var last error
			for _, err := range desk.AllOrders(t.Context(), paytool.GetOrderListRequest{Limit: 10}) {
				require.NoError(t, last, "nothing follows an error")
				last = err
			}
			require.ErrorContains(t, last, tt.want)
			assert.Len(t, p.sent(), tt.calls)
			assert.InDelta(t, 10, p.sent()[0].Body["limit"], 0)
		})
	}
}

func TestAllOrdersStops(t *testing.T) {
	t.Parallel()
	desk, p := newDesk(t, ordersPage(1, "c1", "A", "B"))
	for order, err := range desk.AllOrders(t.Context(), paytool.GetOrderListRequest{}) {
		require.NoError(t, err)
		assert.Equal(t, "A", order.OrderID)
		break
	}
	assert.Len(t, p.sent(), 1)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range desk.AllOrders(ctx, paytool.GetOrderListRequest{}) {
		require.ErrorIs(t, err, context.Canceled)
	}
	assert.Len(t, p.sent(), 1)
}

func TestOrderErrors(t *testing.T) {
	t.Parallel()
	desk, _ := newDesk(t, `{"errcode":90431,"errmsg":"too many free orders, hint: [1576065934_28_e0fa], from ip: 1.2.3.4, more info at https://x"}`)
	_, err := desk.OpenOrder(t.Context(), thirdAppOrder())
	var refusal *wecom.Error
	require.ErrorAs(t, err, &refusal)
	assert.Equal(t, "/cgi-bin/paytool/open_order", refusal.Op)
	require.ErrorIs(t, err, wecom.Code(90431))
}
