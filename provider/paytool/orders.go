package paytool

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/lenient"
	"github.com/wecom-isv/wecom/internal/paging"
)

// OpenOrderRequest is an order to open.
type OpenOrderRequest struct {
	// BusinessType says what is sold. Required.
	BusinessType BusinessType `json:"business_type"`
	// CustomCorpID is the corp that buys: at most 64 bytes. Required for
	// [BusinessCustomizedApp], and for a discount of a fixed amount unless the
	// purchase is a new one.
	CustomCorpID string `json:"custom_corpid,omitzero"`
	// PayType says who pays. Required; the zero value is [PayByCustomer].
	PayType PayType `json:"pay_type"`
	// BankReceiptMediaID is the proof of payment for [PayByProvider]: the media id of
	// an upload of the provider with attachment type 3 (jpg, png, jpeg, bmp, pdf).
	BankReceiptMediaID string `json:"bank_receipt_media_id,omitzero"`
	// Creator is the user id of a member of the provider with rights on the cash
	// desk, who gets the notices. Without it all super administrators get them.
	Creator string `json:"creator,omitzero"`
	// ProductList holds what is sold: exactly the member that BusinessType says.
	ProductList ProductList `json:"product_list"`
}

// BusinessType is what an order sells (业务类型).
type BusinessType int32

// The types of business.
const (
	BusinessThirdApp      BusinessType = 1 // 第三方应用
	BusinessCustomizedApp BusinessType = 2 // 代开发应用
	BusinessPromotionCase BusinessType = 3 // 行业解决方案
)

// PayType is who pays an order (付款方式).
type PayType int32

// The ways to pay.
const (
	// PayByCustomer is an order that the corp pays (客户付款).
	PayByCustomer PayType = 0
	// PayByProvider is an order that the provider pays on behalf (服务商代付).
	PayByProvider PayType = 1
	// PayFree is a free order (免费): at most 3 for an app, a corp and a day. For an
	// industry solution only if no app in it is a recommended one.
	PayFree PayType = 2
)

// ProductList is what an order sells; one member is set.
type ProductList struct {
	ThirdApp      *ThirdAppProduct      `json:"third_app,omitzero"`
	CustomizedApp *CustomizedAppProduct `json:"customized_app,omitzero"`
	PromotionCase *PromotionCaseProduct `json:"promotion_case,omitzero"`
}

// OrderType is the kind of a purchase (购买类型).
type OrderType int32

// The kinds of purchases.
const (
	OrderNew       OrderType = 0 // new; for a third-party app also with at most one year left (新购)
	OrderMoreUsers OrderType = 1 // more seats (扩容)
	OrderRenewal   OrderType = 2 // longer (续期)
)

// Notify says whether a corp is told of an order (是否通知客户企业).
type Notify int32

// Whether a corp is told.
const (
	NotifyNo  Notify = 0
	NotifyYes Notify = 1
)

// ThirdAppProduct is a purchase of third-party apps.
type ThirdAppProduct struct {
	OrderType OrderType `json:"order_type"`
	// BuyInfoList has 1 to 20 elements. Required.
	BuyInfoList []ThirdAppItem `json:"buy_info_list"`
	// NotifyCustomCorp says whether the corp is told; nil means [NotifyYes], say
	// new(paytool.NotifyNo) otherwise. An order of [PayByProvider] or [PayFree] then
	// waits 72 hours for the corp before it confirms itself. A free order for a named
	// corp always notifies.
	NotifyCustomCorp *Notify `json:"notify_custom_corp,omitzero"`
}

// ThirdAppItem is one third-party app of a purchase.
type ThirdAppItem struct {
	SuiteID        string   `json:"suiteid"`                   // at most 64 bytes. Required.
	AppID          int64    `json:"appid,omitzero"`            // old multi-app suites only
	EditionID      string   `json:"edition_id"`                // at most 64 bytes. Required.
	UserCount      int64    `json:"user_count,omitzero"`       // 1 to 1000000, for more seats the number added; required unless a renewal or an edition of a fixed total price
	DurationDays   int64    `json:"duration_days,omitzero"`    // 1 to 1825; required for new purchases and renewals
	TakeEffectDate string   `json:"take_effect_date,omitzero"` // yyyymmdd, after today and at most a year ahead; empty: at once. Not for a new purchase while time is left
	DiscountInfo   Discount `json:"discount_info,omitzero"`
}

// Discount is a reduction of the price of a third-party app (折扣信息).
type Discount struct {
	// DiscountType says which of the next two counts. Required.
	DiscountType DiscountType `json:"discount_type"`
	// DiscountAmount is what is taken off for [DiscountFixed], in fen: 1 to 10000000
	// and at most 90% of the price, 50% for recommended apps. It is always sent.
	DiscountAmount int64 `json:"discount_amount"`
	// DiscountRatio is what is left to pay for [DiscountPercent], in percent: 10 to
	// 99, at least 50 for recommended apps. 75 takes a quarter off.
	DiscountRatio int32 `json:"discount_ratio,omitzero"`
	// DiscountRemarks has at most 256 bytes. Required.
	DiscountRemarks string `json:"discount_remarks"`
}

// DiscountType is the kind of a [Discount] (折扣类型).
type DiscountType int32

// The kinds of discounts.
const (
	DiscountFixed   DiscountType = 1 // a fixed amount (固定金额)
	DiscountPercent DiscountType = 2 // a part of the price (百分比)
)

// CustomizedAppProduct is a purchase of customised apps.
type CustomizedAppProduct struct {
	OrderType OrderType `json:"order_type"`
	// BuyInfoList has 1 to 20 elements. Required.
	BuyInfoList []CustomizedAppItem `json:"buy_info_list"`
	// NotifyCustomCorp is as in [ThirdAppProduct].
	NotifyCustomCorp *Notify `json:"notify_custom_corp,omitzero"`
}

// CustomizedAppItem is one customised app of a purchase.
type CustomizedAppItem struct {
	SuiteID        string `json:"suiteid"`                   // template id, dk…, at most 64 bytes. Required.
	UserCount      int64  `json:"user_count,omitzero"`       // 1 to 1000000; required unless a renewal
	DurationDays   int64  `json:"duration_days,omitzero"`    // 1 to 1825; required for new purchases and renewals
	TakeEffectDate string `json:"take_effect_date,omitzero"` // yyyymmdd, at most a year ahead; empty: today, for a renewal when the time is over. Not for a new purchase while time is left
	TotalPrice     int64  `json:"total_price"`               // fen, above 0. WeCom's limit is 5 million, of fen or of yuan it does not say. Required.
}

// PromotionCaseProduct is a purchase of an industry solution (行业解决方案).
type PromotionCaseProduct struct {
	OrderType            OrderType `json:"order_type"`
	CaseID               string    `json:"case_id"`                   // at most 64 bytes. Required.
	PromotionEditionName string    `json:"promotion_edition_name"`    // at most 128 bytes. Required.
	DurationDays         int64     `json:"duration_days,omitzero"`    // 1 to 1825; required for new purchases and renewals
	TakeEffectDate       string    `json:"take_effect_date,omitzero"` // yyyymmdd, after today and at most a year ahead; empty: at once
	// BuyInfoList has at most 20 elements.
	BuyInfoList []PromotionCaseItem `json:"buy_info_list,omitzero"`
	// NotifyCustomCorp is as in [ThirdAppProduct].
	NotifyCustomCorp *Notify `json:"notify_custom_corp,omitzero"`
}

// PromotionCaseItem is one app of an industry solution.
type PromotionCaseItem struct {
	SuiteID   string `json:"suiteid"`             // at most 64 bytes. Required.
	AppID     int64  `json:"appid,omitzero"`      // old multi-app suites only
	UserCount int64  `json:"user_count,omitzero"` // 1 to 1000000, for more seats the number added; required unless a renewal or an edition of a fixed total price
}

// maxItems is the number of apps in one order.
const maxItems = 20

// check refuses what cannot be an order. The amounts are for WeCom to judge.
func (r OpenOrderRequest) check() error {
	p := r.ProductList
	var items, fewest int
	switch {
	case r.BusinessType == BusinessThirdApp && p.ThirdApp != nil && p.CustomizedApp == nil && p.PromotionCase == nil:
		items, fewest = len(p.ThirdApp.BuyInfoList), 1
	case r.BusinessType == BusinessCustomizedApp && p.ThirdApp == nil && p.CustomizedApp != nil && p.PromotionCase == nil:
		items, fewest = len(p.CustomizedApp.BuyInfoList), 1
		if r.CustomCorpID == "" {
			return errors.New("CustomCorpID is missing: an order of customised apps names the corp")
		}
	case r.BusinessType == BusinessPromotionCase && p.ThirdApp == nil && p.CustomizedApp == nil && p.PromotionCase != nil:
		items = len(p.PromotionCase.BuyInfoList)
	default:
		return errors.New("ProductList must have exactly the member that BusinessType says")
	}
	if items < fewest || items > maxItems {
		return fmt.Errorf("BuyInfoList has %d elements, not %d to %d", items, fewest, maxItems)
	}
	return nil
}

// OpenOrderResponse is an order that was opened.
type OpenOrderResponse struct {
	OrderID string `json:"order_id"` // at most 64 bytes
	// OrderURL is the link at which the corp pays an order of [PayByCustomer] or
	// confirms another.
	OrderURL string `json:"order_url"`
	// OriginPrice is the price in fen; nil while it is not known.
	OriginPrice *int64 `json:"origin_price,omitzero"`
	// PaidPrice is the price in fen after discounts; nil while it is not known.
	PaidPrice *int64 `json:"paid_price,omitzero"`
}

// OpenOrder opens an order for apps (创建收款订单). The provider needs a merchant
// number (商户号) in the cash desk, except for free orders.
//
// Never repeated by the client, except after a refused token: WeCom takes no
// order number from the provider, so a second call is a second order. After a
// [wecom.ErrNoReply] look with [Client.AllOrders] whether the order is there
// before trying again.
//
// Errors: 90431 more than 3 free orders for an app, a corp and a day; 90318, 90319
// and 90348 as the package says. WeCom's list of codes has more for orders without
// naming the call: 90306 wrong merchant settings, 90345 more than 50000 yuan by
// WeChat Pay.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/98045
//
//wecom:endpoint POST /cgi-bin/paytool/open_order
func (c *Client) OpenOrder(ctx context.Context, req OpenOrderRequest) (*OpenOrderResponse, error) {
	if err := req.check(); err != nil {
		return nil, fmt.Errorf("paytool: OpenOrder: %w", err)
	}
	return invoke[OpenOrderResponse](ctx, c, wecom.Call{Path: "/cgi-bin/paytool/open_order", Body: req})
}

type orderBody struct {
	OrderID string `json:"order_id"`
}

// CloseOrder cancels an order that is not paid (取消收款订单). The provider needs a
// merchant number (商户号) in the cash desk. Never repeated by the client, except
// after a refused token.
//
// Errors: WeCom's page names none; its list of codes has 90310 no such order, 90311
// the order could not be closed and 90314 its state does not allow it.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/98046
//
//wecom:endpoint POST /cgi-bin/paytool/close_order
func (c *Client) CloseOrder(ctx context.Context, orderID string) error {
	if orderID == "" {
		return errors.New("paytool: CloseOrder: the order id is empty")
	}
	return c.Do(ctx, wecom.Call{Path: "/cgi-bin/paytool/close_order", Body: orderBody{OrderID: orderID}}, nil)
}

// GetOrderListRequest says which orders to list.
type GetOrderListRequest struct {
	// BusinessType lists one type; 0 lists all.
	BusinessType BusinessType `json:"business_type,omitzero"`
	// StartTime and EndTime bound the time of creation, in Unix seconds. WeCom states
	// neither the longest span nor what it takes without them.
	StartTime int64 `json:"start_time,omitzero"`
	EndTime   int64 `json:"end_time,omitzero"`
	// Cursor is the NextCursor of the page before; empty for the first page.
	Cursor string `json:"cursor,omitzero"`
	// Limit is the size of a page: 1 to 2000. WeCom's own example has 0, which is
	// sent as it is; what the platform makes of it is not documented.
	Limit int32 `json:"limit"`
}

// GetOrderListResponse is a page of orders.
type GetOrderListResponse struct {
	NextCursor   string  `json:"next_cursor"`
	HasMore      int32   `json:"has_more"` // 1 if there are more pages, else 0
	PayOrderList []Order `json:"pay_order_list"`
}

// Sizes of pages.
const (
	maxOrders    = 2000
	ordersAtOnce = 500 // of AllOrders
)

// GetOrderList returns a page of the orders (获取收款订单列表), without what
// [Client.GetOrderDetail] adds. [Client.AllOrders] walks through all pages.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/98053
//
//wecom:endpoint POST /cgi-bin/paytool/get_order_list
func (c *Client) GetOrderList(ctx context.Context, req GetOrderListRequest) (*GetOrderListResponse, error) {
	if req.Limit < 0 || req.Limit > maxOrders {
		return nil, fmt.Errorf("paytool: GetOrderList: Limit is %d, a page has 1 to %d orders", req.Limit, maxOrders)
	}
	return invoke[GetOrderListResponse](ctx, c, wecom.Call{Path: "/cgi-bin/paytool/get_order_list", Body: req, Safe: true})
}

// AllOrders yields all orders that req asks for, page by page with
// [Client.GetOrderList]. It begins at the first page whatever req.Cursor says; a
// Limit of 0 means pages of 500. Pages are fetched when they are wanted, ranging again
// starts over, and an error ends the sequence.
func (c *Client) AllOrders(ctx context.Context, req GetOrderListRequest) iter.Seq2[Order, error] {
	if req.Limit == 0 {
		req.Limit = ordersAtOnce
	}
	return paging.All(ctx, func(ctx context.Context, cursor string) ([]Order, string, error) {
		page := req
		page.Cursor = cursor
		r, err := c.GetOrderList(ctx, page)
		if err != nil {
			return nil, "", err
		}
		next, err := paging.Next(r.HasMore != 0, r.NextCursor)
		return r.PayOrderList, next, err
	})
}

// GetOrderDetailResponse is one order.
type GetOrderDetailResponse struct {
	PayOrder Order `json:"pay_order"`
}

// GetOrderDetail returns an order with what it sells and how it was paid
// (获取收款订单详情).
//
// Errors: WeCom's page names none; its list of codes has 90310 no such order.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/98054 and
// https://developer.work.weixin.qq.com/document/path/99361
//
//wecom:endpoint POST /cgi-bin/paytool/get_order_detail
func (c *Client) GetOrderDetail(ctx context.Context, orderID string) (*GetOrderDetailResponse, error) {
	if orderID == "" {
		return nil, errors.New("paytool: GetOrderDetail: the order id is empty")
	}
	return invoke[GetOrderDetailResponse](ctx, c, wecom.Call{
		Path: "/cgi-bin/paytool/get_order_detail",
		Body: orderBody{OrderID: orderID},
		Safe: true,
	})
}

// Order is an order of the cash desk (收款订单). [Client.GetOrderList] fills the
// members up to PayType.
type Order struct {
	OrderID      string      `json:"order_id"`
	CreateTime   int64       `json:"create_time"`   // Unix seconds
	CustomCorpID string      `json:"custom_corpid"` // masked: ww0***…7e21
	BuyContent   string      `json:"buy_content"`
	OriginPrice  int64       `json:"origin_price"` // fen
	PaidPrice    int64       `json:"paid_price"`   // fen; 0 for free orders
	OrderStatus  OrderStatus `json:"order_status"`
	OrderFrom    OrderFrom   `json:"order_from"`
	Creator      string      `json:"creator"` // user id; WeCom calls it a number and shows a text, both decode
	PayType      PayType     `json:"pay_type"`

	PayFrom        PayType       `json:"pay_from,omitzero"` // same meaning as PayType; documented, not in WeCom's example
	CustomCorpName string        `json:"custom_corp_name,omitzero"`
	PayChannel     PayChannel    `json:"pay_channel,omitzero"`      // once paid
	ChannelOrderID string        `json:"channel_order_id,omitzero"` // once paid; the number that the channel gave
	PaidTime       int64         `json:"paid_time,omitzero"`        // once paid; Unix seconds
	BusinessType   BusinessType  `json:"business_type,omitzero"`
	IncomeType     IncomeType    `json:"income_type,omitzero"`   // once settled
	IncomeTime     int64         `json:"income_time,omitzero"`   // once settled; Unix seconds
	IncomeAmount   int64         `json:"income_amount,omitzero"` // once settled; fen
	ProductList    OrderProducts `json:"product_list,omitzero"`
}

// UnmarshalJSON also accepts a number as Creator.
func (o *Order) UnmarshalJSON(data []byte) error {
	type plain Order
	wire := struct {
		*plain
		Creator lenient.String `json:"creator"`
	}{plain: (*plain)(o)}
	if err := json.Unmarshal(data, &wire); err != nil {
		return err
	}
	o.Creator = string(wire.Creator)
	return nil
}

// OrderStatus is the state of an order (订单状态).
type OrderStatus int32

// The states of orders.
const (
	OrderUnpaid          OrderStatus = 1 // 未支付
	OrderPaid            OrderStatus = 2 // 已支付
	OrderCancelled       OrderStatus = 3 // 已取消
	OrderExpired         OrderStatus = 4 // 支付过期
	OrderRefundRequested OrderStatus = 5 // 申请退款中
	OrderRefunded        OrderStatus = 6 // 已退款
	OrderCompleted       OrderStatus = 7 // 已完成
	OrderWaitingForCorp  OrderStatus = 8 // waits for the corp to confirm (待企业确认)
	OrderPartlyRefunded  OrderStatus = 9 // 已部分退款
)

// OrderFrom is who opened an order (下单来源).
type OrderFrom int32

// Who opens orders.
const (
	OrderFromCustomer OrderFrom = 1 // 客户下单
	OrderFromProvider OrderFrom = 2 // 服务商下单
)

// PayChannel is how an order was paid (支付渠道).
type PayChannel int32

// The channels.
const (
	ChannelWeChatPay PayChannel = 1 // 微信支付
	ChannelBank      PayChannel = 2 // 银行转账
)

// IncomeType is the account that the money of an order goes to (入账方式).
type IncomeType int32

// The accounts.
const (
	IncomeWeChatMerchant IncomeType = 1 // 微信商户号
	IncomeTenpayMerchant IncomeType = 2 // 财付通商户号
)

// OrderProducts is what an order sells; one member is set, by its BusinessType.
type OrderProducts struct {
	ThirdApp      *OrderProduct `json:"third_app,omitzero"`
	CustomizedApp *OrderProduct `json:"customized_app,omitzero"`
	PromotionCase *OrderProduct `json:"promotion_case,omitzero"`
}

// OrderProduct is the purchase of an order. The case, the edition and
// DurationDays belong to industry solutions.
type OrderProduct struct {
	OrderType            OrderType   `json:"order_type"`
	CaseID               string      `json:"case_id,omitzero"`
	PromotionEditionName string      `json:"promotion_edition_name,omitzero"`
	DurationDays         int64       `json:"duration_days,omitzero"` // documented, not in WeCom's example
	BuyInfoList          []OrderItem `json:"buy_info_list"`
}

// OrderItem is one app of an order.
type OrderItem struct {
	SuiteID          string `json:"suiteid"`
	AppID            int64  `json:"appid,omitzero"`      // old multi-app suites only
	EditionID        string `json:"edition_id,omitzero"` // third-party apps
	UserCount        int64  `json:"user_count"`
	DurationDays     int64  `json:"duration_days,omitzero"`
	GiftDurationDays int64  `json:"gift_duration_days,omitzero"` // days given on top; in older versions of WeCom's page only
	OriginPrice      int64  `json:"origin_price,omitzero"`       // fen
	PaidPrice        int64  `json:"paid_price,omitzero"`         // fen
	TakeEffectDate   string `json:"take_effect_date"`            // yyyymmdd
}
