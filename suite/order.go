package suite

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/wecom-isv/wecom"
)

// Order is an order of an edition of the app (应用版本付费订单).
type Order struct {
	OrderID     string      `json:"orderid"`
	OrderStatus OrderStatus `json:"order_status"`
	OrderType   OrderType   `json:"order_type"`
	PaidCorpID  string      `json:"paid_corpid"` // corp that uses the app
	// OperatorID is the member who ordered; absent for an order that the provider
	// placed and for one that costs nothing.
	OperatorID          string     `json:"operator_id,omitzero"`
	SuiteID             string     `json:"suiteid"`
	AppID               int64      `json:"appid,omitzero"` // old multi-app suites only
	EditionID           string     `json:"edition_id"`
	EditionName         string     `json:"edition_name"`
	Price               int64      `json:"price"`        // to be paid, fen (分)
	UserCount           int64      `json:"user_count"`   // seats
	OrderPeriod         int64      `json:"order_period"` // days
	OrderTime           int64      `json:"order_time"`   // Unix seconds
	PaidTime            int64      `json:"paid_time"`    // Unix seconds
	BeginTime           int64      `json:"begin_time"`   // of what was bought, Unix seconds
	EndTime             int64      `json:"end_time"`     // of what was bought, Unix seconds
	OrderFrom           OrderFrom  `json:"order_from"`
	OperatorCorpID      string     `json:"operator_corpid,omitzero"`  // corp that ordered
	ServiceShareAmount  int64      `json:"service_share_amount"`      // for the provider, fen (分)
	PlatformShareAmount int64      `json:"platform_share_amount"`     // for the platform, fen (分)
	DealerShareAmount   int64      `json:"dealer_share_amount"`       // for the agent provider, fen (分)
	DealerCorpInfo      DealerCorp `json:"dealer_corp_info,omitzero"` // once an agent provider (代理商) has registered the deal
}

// OrderStatus is the state of an order (订单状态).
type OrderStatus int32

// The states of orders.
const (
	OrderUnpaid          OrderStatus = 0 // 未支付
	OrderPaid            OrderStatus = 1 // 已支付
	OrderCancelled       OrderStatus = 2 // 已关闭
	OrderExpired         OrderStatus = 3 // unpaid and expired (未支付，已过期)
	OrderRefundRequested OrderStatus = 4 // 申请退款中
	OrderRefunded        OrderStatus = 5 // 申请退款成功
	OrderRefundRefused   OrderStatus = 6 // 退款被拒绝
)

// OrderType is what an order is for (订单类型).
type OrderType int32

// The kinds of orders.
const (
	OrderNew           OrderType = 0 // 新购应用
	OrderMoreUsers     OrderType = 1 // 扩容应用个数
	OrderRenewal       OrderType = 2 // 续期应用时间
	OrderEditionChange OrderType = 3 // 变更版本
)

// OrderFrom says who placed an order (下单来源).
type OrderFrom int32

// Who places orders.
const (
	OrderFromCorp     OrderFrom = 0 // 企业下单
	OrderFromProvider OrderFrom = 1 // 服务商代下单
	OrderFromDealer   OrderFrom = 2 // 代理商代下单
	OrderFromCashDesk OrderFrom = 3 // cash desk of the provider (服务商收银台)
)

type getOrderBody struct {
	OrderID string `json:"orderid"`
}

// GetOrder returns an order of an edition of this app (获取订单详情), whose id came
// with an order event or from [Client.GetOrderList].
//
// Errors: 84080 and 90310 there is no such order ([wecom.ErrNotFound]).
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/91909
//
//wecom:endpoint POST /cgi-bin/service/get_order
func (a *Client) GetOrder(ctx context.Context, orderID string) (*Order, error) {
	return invoke[Order](ctx, &a.app, wecom.Call{
		Path: "/cgi-bin/service/get_order",
		Body: getOrderBody{OrderID: orderID},
		Safe: true,
	})
}

// GetOrderListRequest says which orders to list.
type GetOrderListRequest struct {
	StartTime int64    `json:"start_time"` // Unix seconds; required
	EndTime   int64    `json:"end_time"`   // Unix seconds; required
	TestMode  TestMode `json:"test_mode,omitzero"`
}

// TestMode tells real authorisations from tests (测试模式).
type TestMode int32

// The modes.
const (
	RealOrders TestMode = 0 // orders of real authorisations (正式授权)
	TestOrders TestMode = 1 // orders of test authorisations (测试授权)
)

// GetOrderListResponse holds the orders.
type GetOrderListResponse struct {
	Orders []Order `json:"order_list"`
}

// GetOrderList returns the orders of editions of this app within a time
// (获取订单列表). It has no pages; see [Client.AllOrders]. How long a time the
// platform takes at once is not established.
//
// Errors: 90349 too many orders: ask for a shorter time.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/91910
//
//wecom:endpoint POST /cgi-bin/service/get_order_list
func (a *Client) GetOrderList(ctx context.Context, req GetOrderListRequest) (*GetOrderListResponse, error) {
	if req.StartTime > req.EndTime {
		return nil, errors.New("suite: GetOrderList: StartTime is after EndTime")
	}
	return invoke[GetOrderListResponse](ctx, &a.app, wecom.Call{
		Path: "/cgi-bin/service/get_order_list",
		Body: req,
		Safe: true,
	})
}

// tooManyRecords is the refusal of a time with too many orders.
const tooManyRecords = wecom.Code(90349)

// AllOrders returns the orders of editions of this app within a time, each once.
// A time with too many orders for one call is halved until each part fits; the
// parts follow in the order of time. An error ends the sequence.
func (a *Client) AllOrders(ctx context.Context, req GetOrderListRequest) iter.Seq2[Order, error] {
	return func(yield func(Order, error) bool) {
		// Whether the platform counts the ends of the time in is not established, so
		// parts share theirs, and an order that comes twice is left out once.
		seen := make(map[string]struct{})
		for todo := []GetOrderListRequest{req}; len(todo) > 0; {
			part := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			r, err := a.GetOrderList(ctx, part)
			if middle := part.StartTime + (part.EndTime-part.StartTime)/2; errors.Is(err, tooManyRecords) && middle > part.StartTime {
				late, early := part, part
				late.StartTime, early.EndTime = middle, middle
				todo = append(todo, late, early)
				continue
			}
			if err != nil {
				yield(Order{}, err)
				return
			}
			for _, order := range r.Orders {
				if _, again := seen[order.OrderID]; again {
					continue
				}
				seen[order.OrderID] = struct{}{}
				if !yield(order, nil) {
					return
				}
			}
		}
	}
}

// ProlongTryRequest is the prolongation of a trial.
type ProlongTryRequest struct {
	BuyerCorpID string `json:"buyer_corpid"`   // corp that tries the app; required
	ProlongDays int32  `json:"prolong_days"`   // days to add; at most 60 days of trial in all; required
	AppID       int64  `json:"appid,omitzero"` // old multi-app suites only
}

// ProlongTryResponse is when the trial ends now.
type ProlongTryResponse struct {
	TryEndTime int64 `json:"try_end_time"` // Unix seconds
}

// ProlongTry prolongs a corp's trial of this app (延长试用期). The trial must be timed,
// and may be over. Each call adds days, so it is never repeated by the client:
// after a lost reply compare the ExpiredTime of the [Edition] in
// [Client.GetAuthInfo].
//
// Errors: 90352 the trial would exceed 60 days in all.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/91913
//
//wecom:endpoint POST /cgi-bin/service/prolong_try
func (a *Client) ProlongTry(ctx context.Context, req ProlongTryRequest) (*ProlongTryResponse, error) {
	const most = 60
	if req.ProlongDays < 1 || req.ProlongDays > most {
		return nil, fmt.Errorf("suite: ProlongTry: ProlongDays is %d: 1 to %d are allowed", req.ProlongDays, most)
	}
	return invoke[ProlongTryResponse](ctx, &a.app, wecom.Call{
		Path: "/cgi-bin/service/prolong_try",
		Body: req,
	})
}
