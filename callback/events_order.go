package callback

// Kinds of the events about orders of the app (应用订单, 收银台) on the command URL
// (指令回调URL).
const (
	KindOpenOrder        Kind = "suite:open_order"
	KindChangeOrder      Kind = "suite:change_order"
	KindPayForAppSuccess Kind = "suite:pay_for_app_success"
	KindRefund           Kind = "suite:refund"
	KindChangeEdition    Kind = "suite:change_editon"
	KindCancelOrder      Kind = "suite:cancel_order"
)

// OpenOrder reports that a corp has placed an order for the app (下单成功通知).
//
// Read the order (get_order).
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/91929
type OpenOrder struct {
	SuiteOrderHead
	OrderID    string `xml:"OrderId"`    // order number, at most 32 characters
	OperatorID string `xml:"OperatorId"` // member who ordered; empty if the provider or an agent did
}

// Kind returns [KindOpenOrder].
func (OpenOrder) Kind() Kind { return KindOpenOrder }

// ChangeOrder reports that the price of an order has changed, which gives it a
// new number (改单通知).
//
// Replace the old number by the new one.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/91930
type ChangeOrder struct {
	SuiteOrderHead
	OldOrderID string `xml:"OldOrderId"` // number until now
	NewOrderID string `xml:"NewOrderId"` // number from now on
}

// Kind returns [KindChangeOrder].
func (ChangeOrder) Kind() Kind { return KindChangeOrder }

// PayForAppSuccess reports that an order is paid (支付成功通知).
//
// Read the order (get_order) and grant the edition.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/91931
type PayForAppSuccess struct {
	SuiteOrderHead
	OrderID string `xml:"OrderId"` // order number, at most 32 characters
}

// Kind returns [KindPayForAppSuccess].
func (PayForAppSuccess) Kind() Kind { return KindPayForAppSuccess }

// Refund reports that an order is refunded (退款通知).
//
// Read the order (get_order), then withdraw or shorten the edition.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/91932
type Refund struct {
	SuiteOrderHead
	OrderID string `xml:"OrderId"` // order number, at most 32 characters
}

// Kind returns [KindRefund].
func (Refund) Kind() Kind { return KindRefund }

// ChangeEdition reports that the edition that a corp has of the app has changed
// (应用版本变更通知): by installation, purchase, renewal, expiry, refund or trial.
//
// Read the edition again (get_auth_info or get_order_list); there is no order
// number. WeCom spells the event change_editon; change_edition is taken too.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/91933
type ChangeEdition struct {
	SuiteOrderHead
}

// Kind returns [KindChangeEdition].
func (ChangeEdition) Kind() Kind { return KindChangeEdition }

// CancelOrder reports that an order was cancelled (取消订单通知).
//
// Mark the order as cancelled.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/99353
type CancelOrder struct {
	SuiteOrderHead
	OrderID string `xml:"OrderId"` // order number, at most 32 characters
}

// Kind returns [KindCancelOrder].
func (CancelOrder) Kind() Kind { return KindCancelOrder }
