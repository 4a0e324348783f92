package callback

import "github.com/wecom-isv/wecom"

// Kinds of the authorisation events on the command URL (指令回调URL).
const (
	KindSuiteTicket        Kind = "suite:suite_ticket"
	KindCreateAuth         Kind = "suite:create_auth"
	KindChangeAuth         Kind = "suite:change_auth"
	KindCancelAuth         Kind = "suite:cancel_auth"
	KindResetPermanentCode Kind = "suite:reset_permanent_code"
	KindDelAuth            Kind = "suite:del_auth"
)

// SuiteTicket is the push of a new suite_ticket (推送suite_ticket), every 10
// minutes; the console can push one by hand.
//
// Store the ticket for its SuiteID where all processes find it, unless the
// stored one has a later TimeStamp: an old push may arrive late. It is valid for
// 30 minutes and buys the suite_access_token. Answer within 5 seconds; the
// handler of this event always runs before the answer, with or without a
// [Queue].
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90628
type SuiteTicket struct {
	SuiteHead
	SuiteTicket wecom.Secret `xml:"SuiteTicket"` // at most 512 bytes
}

// Kind returns [KindSuiteTicket].
func (SuiteTicket) Kind() Kind { return KindSuiteTicket }

// CreateAuth reports that a corp has authorised the app (授权成功通知). It is also
// sent for the customer-acquisition component, the customer-service component
// (客服组件) and the chat-archive interface, each with a SuiteID of its own.
//
// Answer within 1000 ms, so before any call of the API; then exchange AuthCode
// for the permanent code, within 10 minutes and once only. The corp is known
// only after the exchange: the event carries no corp id. WeCom does not send it
// for an installation that started on the provider's own page: there the code
// comes with the redirect.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90642
type CreateAuth struct {
	SuiteHead
	AuthCode  wecom.AuthCode `xml:"AuthCode"`                            // temporary authorisation code (临时授权码)
	State     string         `xml:"State"`                               // state of the install link or promotion QR code; may be empty
	OpenKFIDs []string       `xml:"ExtraInfo>AuthOpenKfIdList>OpenKfId"` // customer-service accounts (客服账号) granted; that component only
}

// Kind returns [KindCreateAuth].
func (CreateAuth) Kind() Kind { return KindCreateAuth }

// ChangeAuth reports that an authorisation has changed (变更授权通知): visible
// range, mode or permissions, the app enabled or disabled, the granted links or
// accounts of a component. For contact-management apps (通讯录管理) a cancelled
// authorisation arrives in this form.
//
// Answer within 1000 ms; then read the authorisation again (get_auth_info) and
// replace the stored one. The corp's access token stays valid.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90642
type ChangeAuth struct {
	SuiteHead
	AuthCorpID string   `xml:"AuthCorpId"`                          // corp concerned; may be an encrypted id, case-sensitive
	State      string   `xml:"State"`                               // state of the install link, for changes made through one
	OpenKFIDs  []string `xml:"ExtraInfo>AuthOpenKfIdList>OpenKfId"` // customer-service accounts (客服账号); that component only
}

// Kind returns [KindChangeAuth].
func (ChangeAuth) Kind() Kind { return KindChangeAuth }

// CancelAuth reports that a corp has withdrawn its authorisation (取消授权通知).
//
// Answer within 1000 ms; then drop the permanent code and the tokens of the
// corp, and delete its data: the provider is obliged to. Calls for the corp fail
// from now on; do not repeat them.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90642
type CancelAuth struct {
	SuiteHead
	AuthCorpID string `xml:"AuthCorpId"` // corp concerned; may be an encrypted id, case-sensitive
}

// Kind returns [KindCancelAuth].
func (CancelAuth) Kind() Kind { return KindCancelAuth }

// ResetPermanentCode reports that an administrator has reset the permanent code,
// that is the secret, of a customised app (重置永久授权码通知, 代开发应用).
//
// Answer within 1000 ms; then exchange AuthCode for the new permanent code,
// within 10 minutes and once only, and replace the old one, which has stopped
// working. The corp is known only after the exchange: the event carries no corp id.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/94758
type ResetPermanentCode struct {
	SuiteHead
	AuthCode wecom.AuthCode `xml:"AuthCode"` // temporary authorisation code (临时授权码)
}

// Kind returns [KindResetPermanentCode].
func (ResetPermanentCode) Kind() Kind { return KindResetPermanentCode }

// DelAuth reports that an authorisation was deleted (删除授权通知).
//
// Treat it like [CancelAuth]. Unknown: whether WeCom ever sends it; one other SDK
// knows it, no official page does.
type DelAuth struct {
	SuiteCorpHead
}

// Kind returns [KindDelAuth].
func (DelAuth) Kind() Kind { return KindDelAuth }
