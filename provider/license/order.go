package license

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"strings"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/paging"
)

// AccountCount is how many accounts of each type an order has (账号个数). At most
// 1000000 of a type, for a test corp 1000; not both 0.
type AccountCount struct {
	BaseCount            int64 `json:"base_count,omitzero"`             // 基础账号
	ExternalContactCount int64 `json:"external_contact_count,omitzero"` // 互通账号
}

func (n AccountCount) check() error {
	if n.BaseCount < 0 || n.ExternalContactCount < 0 || n == (AccountCount{}) {
		return errNoAccounts
	}
	return nil
}

// AccountDuration is for how long an order buys accounts (账号购买时长).
//
// A purchase takes Months and Days, together 31 to 1860 days, for a test corp
// one month and no days. A renewal takes either Months, at most 60, for a test
// corp 1; or NewExpireTime, later than today and within 1860 days, not for test
// corps. A reply has what was ordered by.
type AccountDuration struct {
	Months        int32 `json:"months,omitzero"` // of 31 days each
	Days          int32 `json:"days,omitzero"`
	NewExpireTime int64 `json:"new_expire_time,omitzero"` // Unix seconds; the platform goes on to the midnight that ends that day
}

func (d AccountDuration) checkPurchase() error {
	if d.NewExpireTime != 0 || d.Months < 0 || d.Days < 0 || d.Months == 0 && d.Days == 0 {
		return errPurchase
	}
	return nil
}

func (d AccountDuration) checkRenewal() error {
	if d.Days != 0 || d.Months < 0 || d.NewExpireTime < 0 || (d.Months == 0) == (d.NewExpireTime == 0) {
		return errRenewal
	}
	return nil
}

// OrderType is the kind of an order (订单类型).
type OrderType int32

// The kinds of orders.
const (
	OrderPurchase          OrderType = 1 // 购买账号
	OrderRenewal           OrderType = 2 // 续期账号
	OrderVersionMigration  OrderType = 5 // 应用版本付费迁移订单
	OrderContractMigration OrderType = 6 // 历史合同迁移订单
	OrderUnion             OrderType = 8 // 多企业新购订单, the parent; only listed without a corp
)

// OrderStatus is the state of an order (订单状态).
type OrderStatus int32

// The states of orders. A multi-corp order has the first four only.
const (
	OrderUnpaid          OrderStatus = 0 // 待支付
	OrderPaid            OrderStatus = 1 // 已支付
	OrderCancelled       OrderStatus = 2 // 已取消: closed before it was paid
	OrderExpired         OrderStatus = 3 // 未支付，订单已过期
	OrderRefundRequested OrderStatus = 4 // 申请退款中
	OrderRefunded        OrderStatus = 5 // 退款成功
	OrderRefundRefused   OrderStatus = 6 // 退款被拒绝
	OrderVoid            OrderStatus = 7 // 订单已失效: of a corp that is no test corp any more
)

// Order is an order of licences (订单). A reply fills what it has: a multi-corp
// order has neither corp, count nor duration, its [SubOrder]s have.
type Order struct {
	OrderID         string          `json:"order_id"`
	OrderType       OrderType       `json:"order_type"`
	OrderStatus     OrderStatus     `json:"order_status"`
	CorpID          string          `json:"corpid,omitzero"` // encrypted
	Price           int64           `json:"price"`           // fen
	AccountCount    AccountCount    `json:"account_count,omitzero"`
	AccountDuration AccountDuration `json:"account_duration,omitzero"`
	CreateTime      int64           `json:"create_time"`       // Unix seconds
	PayTime         int64           `json:"pay_time,omitzero"` // Unix seconds; 0 until paid and for migration orders
}

// OrderRef is an order as a list names it; [Client.GetOrder] has the rest, for
// an [OrderUnion] [Client.GetUnionOrder].
type OrderRef struct {
	OrderID   string    `json:"order_id"`
	OrderType OrderType `json:"order_type"`
}

// PlacedOrder is an order that has just been made. It is unpaid.
type PlacedOrder struct {
	OrderID string `json:"order_id"`
	// Warning is what the platform says when the corp's orders of the app do not
	// cover this one (应用订单校验), which will keep it from being paid; "" if all is
	// well.
	Warning string `json:"-"`
}

// UnmarshalJSON takes the warning out of errmsg, where the platform hides it.
func (o *PlacedOrder) UnmarshalJSON(data []byte) error {
	var wire struct {
		OrderID string `json:"order_id"`
		ErrMsg  string `json:"errmsg"`
	}
	if err := json.Unmarshal(data, &wire); err != nil {
		return err
	}
	*o = PlacedOrder{OrderID: wire.OrderID}
	if strings.Contains(strings.ToUpper(wire.ErrMsg), "WARNING") {
		o.Warning = wire.ErrMsg
	}
	return nil
}

// CreateNewOrderRequest is a purchase of accounts. All members are required.
type CreateNewOrderRequest struct {
	CorpID string `json:"corpid"`
	// BuyerUserID is a member of the provider's corp, plain, who has signed in to
	// the provider console, is bound to WeChat and may buy licences.
	BuyerUserID     string          `json:"buyer_userid"`
	AccountCount    AccountCount    `json:"account_count"`
	AccountDuration AccountDuration `json:"account_duration"` // Months and Days
}

// CreateNewOrder orders accounts for a corp (下单购买账号). The order is unpaid: pay it
// in the provider console or with [Client.SubmitPayJob]. Look at
// [PlacedOrder.Warning].
//
// Every call makes an order, and there is no order number of your own to tell two
// apart. Never repeated by the client: after a lost reply
// ([wecom.ErrNoReply]) look for the order with [Client.AllOrders] first.
//
// Errors: 701015 the corp has authorised no app of the provider; 701032 another
// order is unpaid; 701027 and 701028 limits of a test corp; 701131 to 701133
// limits of trial purchases; 701135 longer than the order of the app.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/95644 and
// https://developer.work.weixin.qq.com/document/path/97182
//
//wecom:endpoint POST /cgi-bin/license/create_new_order
func (c *Client) CreateNewOrder(ctx context.Context, req CreateNewOrderRequest) (*PlacedOrder, error) {
	if err := req.AccountCount.check(); err != nil {
		return nil, fmt.Errorf("license: CreateNewOrder: %w", err)
	}
	if err := req.AccountDuration.checkPurchase(); err != nil {
		return nil, fmt.Errorf("license: CreateNewOrder: %w", err)
	}
	return invoke[PlacedOrder](ctx, c, wecom.Call{Path: "/cgi-bin/license/create_new_order", Body: req})
}

// ListOrderRequest says which orders are wanted. All members are optional.
type ListOrderRequest struct {
	// CorpID is the corp; without one the orders of all corps are listed, the
	// multi-corp ones among them. Test orders are listed for a test corp only.
	CorpID    string `json:"corpid,omitzero"`
	StartTime int64  `json:"start_time,omitzero"` // Unix seconds of the order; only together with EndTime
	EndTime   int64  `json:"end_time,omitzero"`   // Unix seconds; at most 31 days after StartTime
	Cursor    string `json:"cursor,omitzero"`     // NextCursor of the page before
	Limit     int32  `json:"limit,omitzero"`      // orders in a page: default 500, at most 1000
}

// ListOrderResponse is a page of orders.
type ListOrderResponse struct {
	NextCursor string     `json:"next_cursor,omitzero"` // means nothing when HasMore is 0; may be absent, empty or the old one
	HasMore    int32      `json:"has_more"`             // 0 no, 1 yes
	OrderList  []OrderRef `json:"order_list"`
}

// ListOrder returns a page of the orders (获取订单列表); [Client.AllOrders] returns all.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/95647
//
//wecom:endpoint POST /cgi-bin/license/list_order
func (c *Client) ListOrder(ctx context.Context, req ListOrderRequest) (*ListOrderResponse, error) {
	return invoke[ListOrderResponse](ctx, c, wecom.Call{Path: "/cgi-bin/license/list_order", Body: req, Safe: true})
}

// AllOrders returns all orders that req asks for, page by page; its Cursor is
// ignored. The time between StartTime and EndTime may be of any length: it is
// asked for in windows of 31 days, the earliest first. No order comes twice. An
// error ends the sequence, which is lazy and may be ranged over again.
func (c *Client) AllOrders(ctx context.Context, req ListOrderRequest) iter.Seq2[OrderRef, error] {
	return func(yield func(OrderRef, error) bool) {
		// The page does not say which ends of a window belong to it, so neighbours
		// share a second, and the orders in it are recognised.
		var before map[string]struct{}
		for window := range windows(req) {
			seen := make(map[string]struct{})
			for order, err := range c.ordersIn(ctx, window) {
				if err != nil {
					yield(OrderRef{}, err)
					return
				}
				seen[order.OrderID] = struct{}{}
				if _, again := before[order.OrderID]; again {
					continue
				}
				if !yield(order, nil) {
					return
				}
			}
			before = seen
		}
	}
}

// ordersIn returns the orders of one window.
func (c *Client) ordersIn(ctx context.Context, window ListOrderRequest) iter.Seq2[OrderRef, error] {
	return paging.All(ctx, func(ctx context.Context, cursor string) ([]OrderRef, string, error) {
		page := window
		page.Cursor = cursor
		r, err := c.ListOrder(ctx, page)
		if err != nil {
			return nil, "", err
		}
		next, err := paging.Next(r.HasMore != 0, r.NextCursor)
		return r.OrderList, next, err
	})
}

// windows splits the time of req into what the platform accepts.
func windows(req ListOrderRequest) iter.Seq[ListOrderRequest] {
	const span = 31 * 24 * 60 * 60 // seconds
	return func(yield func(ListOrderRequest) bool) {
		for req.StartTime != 0 && req.EndTime-req.StartTime > span {
			window := req
			window.EndTime = req.StartTime + span
			if !yield(window) {
				return
			}
			req.StartTime = window.EndTime
		}
		yield(req)
	}
}

type orderBody struct {
	OrderID string `json:"order_id"`
}

// GetOrderResponse is the reply of [Client.GetOrder].
type GetOrderResponse struct {
	Order Order `json:"order"`
}

// GetOrder returns an order of one corp (获取订单详情).
//
// Errors: 701120 the order is of many corps, see [Client.GetUnionOrder]; 701005
// no such order.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/95648
//
//wecom:endpoint POST /cgi-bin/license/get_order
func (c *Client) GetOrder(ctx context.Context, orderID string) (*GetOrderResponse, error) {
	return invoke[GetOrderResponse](ctx, c, wecom.Call{Path: "/cgi-bin/license/get_order", Body: orderBody{orderID}, Safe: true})
}

// ListOrderAccountRequest says whose accounts are wanted.
type ListOrderAccountRequest struct {
	OrderID string `json:"order_id"`        // required; of a multi-corp order the SubOrderID
	Limit   int32  `json:"limit,omitzero"`  // accounts in a page: default 500, at most 1000
	Cursor  string `json:"cursor,omitzero"` // NextCursor of the page before
}

// ListOrderAccountResponse is a page of accounts.
type ListOrderAccountResponse struct {
	NextCursor string `json:"next_cursor,omitzero"` // means nothing when HasMore is 0
	HasMore    int32  `json:"has_more"`             // 0 no, 1 yes
	// AccountList has the ActiveCode of what was bought, or the UserID of what was
	// renewed, and the Type.
	AccountList []Account `json:"account_list"`
}

// ListOrderAccount returns a page of the accounts of an order
// (获取订单中的账号列表); [Client.AllOrderAccounts] returns all. There are none until
// the order is paid.
//
// Errors: 701022 the codes are still being made ([wecom.ErrLicense], try later;
// the license_pay_success event says when they are there).
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/95649
//
//wecom:endpoint POST /cgi-bin/license/list_order_account
func (c *Client) ListOrderAccount(ctx context.Context, req ListOrderAccountRequest) (*ListOrderAccountResponse, error) {
	return invoke[ListOrderAccountResponse](ctx, c, wecom.Call{Path: "/cgi-bin/license/list_order_account", Body: req, Safe: true})
}

// AllOrderAccounts returns all accounts of an order, page by page; req.Cursor is
// ignored. An error ends the sequence, which is lazy and may be ranged over again.
func (c *Client) AllOrderAccounts(ctx context.Context, req ListOrderAccountRequest) iter.Seq2[Account, error] {
	return paging.All(ctx, func(ctx context.Context, cursor string) ([]Account, string, error) {
		page := req
		page.Cursor = cursor
		r, err := c.ListOrderAccount(ctx, page)
		if err != nil {
			return nil, "", err
		}
		next, err := paging.Next(r.HasMore != 0, r.NextCursor)
		return r.AccountList, next, err
	})
}

// CancelOrderRequest names the order.
type CancelOrderRequest struct {
	OrderID string `json:"order_id"`
	CorpID  string `json:"corpid,omitzero"` // required for an order of one corp; empty for a multi-corp order
}

// CancelOrder cancels an order that is not paid yet (取消订单). Never repeated by the
// client.
//
// Errors: 701084 the order is not unpaid; 701086 it is of another corp; 701085
// it is busy, try later.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/96106
//
//wecom:endpoint POST /cgi-bin/license/cancel_order
func (c *Client) CancelOrder(ctx context.Context, req CancelOrderRequest) error {
	return c.Do(ctx, wecom.Call{Path: "/cgi-bin/license/cancel_order", Body: req}, nil)
}
