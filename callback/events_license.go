package callback

import "github.com/wecom-isv/wecom"

// Kinds of the events about licences (接口调用许可) on the system-event URL
// (系统事件接收URL), and of the notice that a member lacks one.
const (
	KindLicensePaySuccess   Kind = "provider:license_pay_success"
	KindLicenseRefund       Kind = "provider:license_refund"
	KindAutoActivate        Kind = "provider:auto_activate"
	KindAppUnlicensedNotify Kind = "app:event.unlicensed_notify"
)

// RefundStatus is the outcome of a refund.
type RefundStatus int

// Outcomes of a refund.
const (
	RefundDone    RefundStatus = 1 // refunded (退款成功)
	RefundRefused RefundStatus = 2 // refused (退款被拒绝)
)

// ActivatedAccount is a licence that was given to a member.
type ActivatedAccount struct {
	ActiveCode         wecom.Secret  `xml:"ActiveCode"`         // activation code (激活码)
	Type               LicenseType   `xml:"Type"`               // type of licence
	ExpireTime         UnixTime      `xml:"ExpireTime"`         // when it expires
	UserID             string        `xml:"UserId"`             // the member
	PreviousStatus     LicenseStatus `xml:"PreviousStatus"`     // what the member had before
	PreviousActiveCode wecom.Secret  `xml:"PreviousActiveCode"` // code that the member had before, if any
}

// LicenseType is the type of a licence (账号类型).
type LicenseType int

// Types of licences.
const (
	LicenseBasic        LicenseType = 1 // basic (基础账号)
	LicenseInterconnect LicenseType = 2 // interconnect (互通账号)
)

// LicenseStatus is what licence a member had.
type LicenseStatus int

// States of a licence.
const (
	LicenseNone    LicenseStatus = 1 // none
	LicenseValid   LicenseStatus = 2 // valid, for 7 days or less
	LicenseExpired LicenseStatus = 3 // expired
)

// ActivationScene is what made WeCom activate a licence.
type ActivationScene int

// Scenes.
const (
	ActivatedByVisit        ActivationScene = 1 // the member opened the app
	ActivatedByMessage      ActivationScene = 2 // the provider sent a message
	ActivatedByInterconnect ActivationScene = 3 // the provider called an interconnect interface (互通接口)
)

// LicensePaySuccess reports that an order of licences is paid and its codes are
// made (支付成功通知); for a large order that takes a while.
//
// List the codes of the order and activate them.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/95804
type LicensePaySuccess struct {
	ProviderCorpHead
	OrderID     string `xml:"OrderId"`     // order number; the sub-order of an order for several corps
	BuyerUserID string `xml:"BuyerUserId"` // who ordered, a user id inside the provider's corp
}

// Kind returns [KindLicensePaySuccess].
func (LicensePaySuccess) Kind() Kind { return KindLicensePaySuccess }

// LicenseRefund reports how a refund of an order of licences was decided
// (退款结果通知).
//
// Update the order.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/95805
type LicenseRefund struct {
	ProviderCorpHead
	OrderID     string       `xml:"OrderId"`     // order number
	OrderStatus RefundStatus `xml:"OrderStatus"` // outcome
}

// Kind returns [KindLicenseRefund].
func (LicenseRefund) Kind() Kind { return KindLicenseRefund }

// AutoActivate reports that WeCom has activated licences by itself
// (自动激活回调通知).
//
// Record the accounts.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/95994
type AutoActivate struct {
	ProviderCorpHead
	Scene       ActivationScene    `xml:"Scene"`       // why
	AccountList []ActivatedAccount `xml:"AccountList"` // the licences
}

// Kind returns [KindAutoActivate].
func (AutoActivate) Kind() Kind { return KindAutoActivate }

// AppUnlicensedNotify reports that a member without a valid licence has opened
// the app (接口许可失效通知); only for members in its visible range.
//
// Offer to activate a licence for FromUserName.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/95716
type AppUnlicensedNotify struct {
	AppEventHead
}

// Kind returns [KindAppUnlicensedNotify].
func (AppUnlicensedNotify) Kind() Kind { return KindAppUnlicensedNotify }
