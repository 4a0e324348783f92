package provider

import (
	"context"
	"errors"
	"iter"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/paging"
)

// AdvancedAPI buys advanced interfaces (高级接口, 数据与智能专区) for customers of the
// provider. It is safe for concurrent use. Orders of editions of an app are in
// package suite, those of interface licences in package license.
type AdvancedAPI struct{ c *Client }

// AdvancedAPI returns the calls on advanced interfaces.
func (c *Client) AdvancedAPI() AdvancedAPI { return AdvancedAPI{c} }

// AdvancedAPIType is an advanced interface.
type AdvancedAPIType int32

// AdvancedChatArchive is the interface to the content of chats (会话内容), the only
// one so far.
const AdvancedChatArchive AdvancedAPIType = 1

// AdvancedOrderType is what an order is for (订单类型).
type AdvancedOrderType int32

// The kinds of orders.
const (
	AdvancedOrderNew       AdvancedOrderType = 0 // 新购
	AdvancedOrderMoreUsers AdvancedOrderType = 1 // more seats (扩容)
	AdvancedOrderRenewal   AdvancedOrderType = 2 // 续期
	AdvancedOrderUpgrade   AdvancedOrderType = 3 // another edition (升级)
)

// AdvancedOrderStatus is the state of an order (订单状态).
type AdvancedOrderStatus int32

// The states of orders.
const (
	AdvancedOrderUnpaid          AdvancedOrderStatus = 0 // 待支付
	AdvancedOrderPaid            AdvancedOrderStatus = 1 // 已支付
	AdvancedOrderCancelled       AdvancedOrderStatus = 2 // 已取消
	AdvancedOrderExpired         AdvancedOrderStatus = 3 // unpaid and expired (未支付，已过期)
	AdvancedOrderRefundRequested AdvancedOrderStatus = 4 // 申请退款中
	AdvancedOrderRefunded        AdvancedOrderStatus = 5 // 退款成功
	AdvancedOrderRefundRefused   AdvancedOrderStatus = 6 // 退款被拒绝
)

// ChatArchiveEdition is an edition of the interface to chats (版本).
type ChatArchiveEdition int32

// The editions.
const (
	ChatArchiveInternal ChatArchiveEdition = 1 // chats inside the corp; no longer sold
	ChatArchiveChats    ChatArchiveEdition = 2 // chats inside the corp and with others
	ChatArchiveCalls    ChatArchiveEdition = 3 // these and voice calls
)

// AdvancedOrder is an order of an advanced interface. A list fills OrderID,
// OrderType, OrderStatus and CreateTime only.
type AdvancedOrder struct {
	AdvancedAPIType AdvancedAPIType     `json:"advanced_api_type,omitzero"`
	OrderID         string              `json:"order_id"`
	OrderType       AdvancedOrderType   `json:"order_type"`
	OrderStatus     AdvancedOrderStatus `json:"order_status"`
	CustomCorpID    string              `json:"custom_corpid,omitzero"` // encrypted for the provider
	CreateTime      int64               `json:"create_time"`            // Unix seconds
	BuyerUserID     string              `json:"buyer_userid,omitzero"`
	PaidPrice       int64               `json:"paid_price,omitzero"`       // to be paid, fen (分)
	ChatArchiveAPI  ChatArchiveOrder    `json:"chat_archive_api,omitzero"` // of AdvancedChatArchive
}

// ChatArchiveOrder is what an order buys of the interface to chats.
type ChatArchiveOrder struct {
	Edition              ChatArchiveEdition `json:"edition"`
	PurchaseCount        int64              `json:"purchase_count"`          // seats
	PurchaseDurationDays int64              `json:"purchase_duration_days"`  // days
	TakeEffectTime       int64              `json:"take_effect_time"`        // Unix seconds
	EndTime              int64              `json:"end_time"`                // Unix seconds
	OriginalPrice        int64              `json:"original_price,omitzero"` // fen (分); of an upgrade
}

// CreateOrderRequest is what to order.
type CreateOrderRequest struct {
	AdvancedAPIType AdvancedAPIType `json:"advanced_api_type,omitzero"` // default: AdvancedChatArchive
	CustomCorpID    string          `json:"custom_corpid"`              // corp of the customer; required
	// BuyerUserID is a member of the provider's own corp, by plain userid, with the
	// right to buy or manage advanced interfaces. Required.
	BuyerUserID string `json:"buyer_userid"`
	// OrderType is by default AdvancedOrderNew for a first purchase; to say that,
	// or any other type, use new(AdvancedOrderNew).
	OrderType *AdvancedOrderType `json:"order_type,omitzero"`
	// ChatArchiveAPI is required for AdvancedChatArchive.
	ChatArchiveAPI ChatArchivePurchase `json:"chat_archive_api,omitzero"`
}

// ChatArchivePurchase is what to buy of the interface to chats.
type ChatArchivePurchase struct {
	Edition    ChatArchiveEdition `json:"edition"`              // for an upgrade the new one; required
	OldEdition ChatArchiveEdition `json:"old_edition,omitzero"` // of an upgrade: only and by default ChatArchiveChats
	// PurchaseCount is the number of seats, 1 to 1000000. A renewal without it keeps
	// the seats; other orders need it.
	PurchaseCount int64 `json:"purchase_count,omitzero"`
	// TakeEffectTime is when a new edition, or the renewal of one that has expired,
	// begins: Unix seconds, today or within 90 days.
	TakeEffectTime int64 `json:"take_effect_time,omitzero"`
	// OldEditionInfo and TargetEditionInfo are the periods of an upgrade's two
	// editions; the rules for them are not established.
	OldEditionInfo    EditionPeriod `json:"old_edition_info,omitzero"`
	TargetEditionInfo EditionPeriod `json:"target_edition_info,omitzero"`
}

// EditionPeriod is the time of an edition, in Unix seconds.
type EditionPeriod struct {
	BeginTime int64 `json:"begin_time,omitzero"`
	EndTime   int64 `json:"end_time,omitzero"`
}

// CreateOrderResponse names the order. That the platform calls it order_id is
// known from another SDK: should OrderID be empty, [AdvancedAPI.AllOrders] has the
// order.
type CreateOrderResponse struct {
	OrderID string `json:"order_id"`
}

// CreateOrder orders an advanced interface for a customer (下单购买); pay with
// [AdvancedAPI.SubmitPay]. A renewal opens 60 days before the end; more seats and
// upgrades need an edition that has not expired.
//
// Never repeated by the client: there is no number by which the platform could
// tell the same order. After a lost reply look for it with
// [AdvancedAPI.AllOrders]; an order that nobody pays lapses.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/100257
//
//wecom:endpoint POST /cgi-bin/advanced_api/create_order
func (a AdvancedAPI) CreateOrder(ctx context.Context, req CreateOrderRequest) (*CreateOrderResponse, error) {
	return invoke[CreateOrderResponse](ctx, a.c, wecom.Call{
		Path: "/cgi-bin/advanced_api/create_order",
		Body: req,
	})
}

type orderBody struct {
	OrderID string `json:"order_id"`
}

// CancelOrder cancels an order that is unpaid and has not lapsed (取消订单). Never
// repeated by the client.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/100258
//
//wecom:endpoint POST /cgi-bin/advanced_api/cancel_order
func (a AdvancedAPI) CancelOrder(ctx context.Context, orderID string) error {
	return a.c.Do(ctx, wecom.Call{
		Path: "/cgi-bin/advanced_api/cancel_order",
		Body: orderBody{OrderID: orderID},
	}, nil)
}

type submitPayBody struct {
	PayerUserID string `json:"payer_userid"`
	OrderID     string `json:"order_id"`
}

// SubmitPay pays an order from the prepaid account of the provider
// (使用余额支付订单). payerUserID is a member of the provider's own corp, by plain
// userid, for the statement. Afterwards the order cannot be paid in another way.
// An event tells of the payment; [AdvancedAPI.GetOrder] shows it as well.
//
// Never repeated by the client.
//
// Errors: 90432 no prepaid account, 90433 balance too low, 48001 the member may
// not pay, 701084 the order is not unpaid, 701147 over the limit of one payment.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/100259
//
//wecom:endpoint POST /cgi-bin/advanced_api/submit_pay
func (a AdvancedAPI) SubmitPay(ctx context.Context, orderID, payerUserID string) error {
	return a.c.Do(ctx, wecom.Call{
		Path: "/cgi-bin/advanced_api/submit_pay",
		Body: submitPayBody{PayerUserID: payerUserID, OrderID: orderID},
	}, nil)
}

// ListOrderRequest says which orders to list.
type ListOrderRequest struct {
	CustomCorpID string `json:"custom_corpid,omitzero"` // empty: orders for all customers
	// StartTime and EndTime bound the time of the order, in Unix seconds: from
	// StartTime, before EndTime. Give both or none.
	StartTime       int64           `json:"start_time,omitzero"`
	EndTime         int64           `json:"end_time,omitzero"`
	AdvancedAPIType AdvancedAPIType `json:"advanced_api_type,omitzero"` // default: AdvancedChatArchive
	Cursor          string          `json:"cursor,omitzero"`            // NextCursor of the reply before
	Limit           int32           `json:"limit,omitzero"`             // default 500, at most 1000
}

// ListOrderResponse is a page of orders.
type ListOrderResponse struct {
	NextCursor string          `json:"next_cursor,omitzero"`
	HasMore    int32           `json:"has_more"` // 1: there are more pages; 0: this is the last
	Orders     []AdvancedOrder `json:"order_list"`
}

// ListOrder returns orders of advanced interfaces, a page at a time
// (获取订单列表); see [AdvancedAPI.AllOrders].
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/100260
//
//wecom:endpoint POST /cgi-bin/advanced_api/list_order
func (a AdvancedAPI) ListOrder(ctx context.Context, req ListOrderRequest) (*ListOrderResponse, error) {
	if (req.StartTime == 0) != (req.EndTime == 0) {
		return nil, errors.New("provider: ListOrder: StartTime and EndTime go together")
	}
	return invoke[ListOrderResponse](ctx, a.c, wecom.Call{
		Path: "/cgi-bin/advanced_api/list_order",
		Body: req,
		Safe: true,
	})
}

// AllOrders returns orders of advanced interfaces over all pages; req.Cursor is
// not used. An error ends the sequence.
func (a AdvancedAPI) AllOrders(ctx context.Context, req ListOrderRequest) iter.Seq2[AdvancedOrder, error] {
	return paging.All(ctx, func(ctx context.Context, cursor string) ([]AdvancedOrder, string, error) {
		page := req // a copy for each page: the sequence may be ranged over twice, or at once
		page.Cursor = cursor
		r, err := a.ListOrder(ctx, page)
		if err != nil {
			return nil, "", err
		}
		next, err := paging.Next(r.HasMore != 0, r.NextCursor)
		return r.Orders, next, err
	})
}

// GetOrderResponse is an order.
type GetOrderResponse struct {
	Order AdvancedOrder `json:"order"`
}

// GetOrder returns an order of an advanced interface (获取订单详情).
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/100261
//
//wecom:endpoint POST /cgi-bin/advanced_api/get_order
func (a AdvancedAPI) GetOrder(ctx context.Context, orderID string) (*GetOrderResponse, error) {
	return invoke[GetOrderResponse](ctx, a.c, wecom.Call{
		Path: "/cgi-bin/advanced_api/get_order",
		Body: orderBody{OrderID: orderID},
		Safe: true,
	})
}

type getCorpBuyInfoBody struct {
	AdvancedAPIType AdvancedAPIType `json:"advanced_api_type"`
	CustomCorpID    string          `json:"custom_corpid"`
}

// GetCorpBuyInfoResponse is what a customer has.
type GetCorpBuyInfoResponse struct {
	ChatArchiveAPI ChatArchiveBuyInfo `json:"chat_archive_api_buy_info,omitzero"` // of AdvancedChatArchive
}

// ChatArchiveBuyInfo is what a customer has of the interface to chats.
type ChatArchiveBuyInfo struct {
	// Editions leaves out trials. It has the newest period of each edition, twice
	// the same edition if one period runs and another has yet to begin.
	Editions []BoughtEdition `json:"edition_list"`
}

// BoughtEdition is one period of an edition.
type BoughtEdition struct {
	Edition       ChatArchiveEdition `json:"edition"`
	PurchaseCount int64              `json:"purchase_count"` // seats
	BeginTime     int64              `json:"begin_time"`     // Unix seconds
	EndTime       int64              `json:"end_time"`       // Unix seconds; may be over
}

// GetCorpBuyInfo returns what a customer has of an advanced interface
// (获取企业已购信息).
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/100271
//
//wecom:endpoint POST /cgi-bin/advanced_api/get_corp_buy_info
func (a AdvancedAPI) GetCorpBuyInfo(ctx context.Context, api AdvancedAPIType, customCorpID string) (*GetCorpBuyInfoResponse, error) {
	return invoke[GetCorpBuyInfoResponse](ctx, a.c, wecom.Call{
		Path: "/cgi-bin/advanced_api/get_corp_buy_info",
		Body: getCorpBuyInfoBody{AdvancedAPIType: api, CustomCorpID: customCorpID},
		Safe: true,
	})
}
