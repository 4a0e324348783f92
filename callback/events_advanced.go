package callback

// Kinds of the events about orders of advanced interfaces (高级接口, 数据与智能专区) on
// the system-event URL (系统事件接收URL).
const (
	KindAdvancedAPIPaySuccess   Kind = "provider:advanced_api_pay_success"
	KindAdvancedAPIRefund       Kind = "provider:advanced_api_refund"
	KindAdvancedAPICancel       Kind = "provider:advanced_api_cancel"
	KindAdvancedAPIInsufficient Kind = "provider:advanced_api_insufficient"
	KindAdvancedAPIExpired      Kind = "provider:advanced_api_expired"
	KindAdvancedAPITrialExpired Kind = "provider:advanced_api_trial_expired"
)

// AdvancedAPIType is an advanced interface (高级接口).
type AdvancedAPIType int

// AdvancedAPIChatContent is the interface to the contents of chats
// (会话内容数据接口).
const AdvancedAPIChatContent AdvancedAPIType = 1

// ChatContentEdition is what the interface to the contents of chats reaches.
type ChatContentEdition int

// Editions.
const (
	ChatContentAll   ChatContentEdition = 2 // internal and external chats (内外部会话)
	ChatContentVoice ChatContentEdition = 3 // also voice calls (内外部会话及语音通话)
)

// AdvancedAPIPaySuccess reports that an order of an advanced interface is paid
// (支付成功通知).
//
// Read the order.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/101401
type AdvancedAPIPaySuccess struct {
	ProviderCorpHead
	AdvancedAPIType AdvancedAPIType `xml:"AdvanceApiType"` // the interface

	OrderID     string `xml:"OrderId"`     // order number
	BuyerUserID string `xml:"BuyerUserId"` // who ordered, a user id inside the provider's corp
}

// Kind returns [KindAdvancedAPIPaySuccess].
func (AdvancedAPIPaySuccess) Kind() Kind { return KindAdvancedAPIPaySuccess }

// AdvancedAPIRefund reports how a refund of an order of an advanced interface
// was decided (退款结果通知).
//
// Update the order.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/101402
type AdvancedAPIRefund struct {
	ProviderCorpHead
	AdvancedAPIType AdvancedAPIType `xml:"AdvanceApiType"` // the interface

	OrderID     string       `xml:"OrderId"`     // order number
	OrderStatus RefundStatus `xml:"OrderStatus"` // outcome
}

// Kind returns [KindAdvancedAPIRefund].
func (AdvancedAPIRefund) Kind() Kind { return KindAdvancedAPIRefund }

// AdvancedAPICancel reports that an order of an advanced interface was
// cancelled (取消订单通知).
//
// Update the order.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/101403
type AdvancedAPICancel struct {
	ProviderCorpHead
	AdvancedAPIType AdvancedAPIType `xml:"AdvanceApiType"` // the interface

	OrderID string `xml:"OrderId"` // order number
}

// Kind returns [KindAdvancedAPICancel].
func (AdvancedAPICancel) Kind() Kind { return KindAdvancedAPICancel }

// AdvancedAPIInsufficient reports that a corp has granted more members than the
// provider has accounts of an advanced interface (接口不足通知).
//
// Buy accounts or have the range narrowed.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/100272
type AdvancedAPIInsufficient struct {
	ProviderCorpHead
	AdvancedAPIType AdvancedAPIType `xml:"AdvanceApiType"` // the interface

	Edition ChatContentEdition `xml:"ChatArchiveApi>Edition"` // edition, for AdvancedAPIChatContent
}

// Kind returns [KindAdvancedAPIInsufficient].
func (AdvancedAPIInsufficient) Kind() Kind { return KindAdvancedAPIInsufficient }

// AdvancedAPIExpired reports that what was bought of an advanced interface has
// expired (接口购买到期通知).
//
// Stop using the interface for the corp.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/100269
type AdvancedAPIExpired struct {
	ProviderCorpHead
	AdvancedAPIType AdvancedAPIType `xml:"AdvanceApiType"` // the interface

	Edition ChatContentEdition `xml:"ChatArchiveApi>Edition"` // edition, for AdvancedAPIChatContent
}

// Kind returns [KindAdvancedAPIExpired].
func (AdvancedAPIExpired) Kind() Kind { return KindAdvancedAPIExpired }

// AdvancedAPITrialExpired reports that the trial of an advanced interface has
// expired (接口试用到期通知).
//
// Stop using the interface for the corp.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/101406
type AdvancedAPITrialExpired struct {
	ProviderCorpHead
	AdvancedAPIType AdvancedAPIType `xml:"AdvanceApiType"` // the interface
}

// Kind returns [KindAdvancedAPITrialExpired].
func (AdvancedAPITrialExpired) Kind() Kind { return KindAdvancedAPITrialExpired }
