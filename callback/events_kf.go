package callback

import "github.com/wecom-isv/wecom"

// Kinds of the events of customer service (微信客服), in app form.
const (
	KindAppKfMsgOrEvent        Kind = "app:event.kf_msg_or_event"
	KindAppKfAccountAuthChange Kind = "app:event.kf_account_auth_change"
)

// AppKfMsgOrEvent reports that there are new messages or events of customer
// service (接收消息和事件). It has neither FromUserName nor AgentID.
//
// Fetch them with Token and OpenKFID (kf/sync_msg), with a cursor per
// OpenKFID; they stay for 3 days.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/94699
type AppKfMsgOrEvent struct {
	AppEventHead
	Token    wecom.Secret `xml:"Token"`    // valid for 10 minutes; without it sync_msg is limited strictly
	OpenKFID string       `xml:"OpenKfId"` // customer-service account (客服账号)
}

// Kind returns [KindAppKfMsgOrEvent].
func (AppKfMsgOrEvent) Kind() Kind { return KindAppKfMsgOrEvent }

// AppKfAccountAuthChange reports that the corp has changed which
// customer-service accounts the app may use (客服账号授权变更事件).
//
// Update the accounts.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/97302
type AppKfAccountAuthChange struct {
	AppEventHead
	AddOpenKFIDs []string `xml:"AuthAddOpenKfId"` // accounts granted
	DelOpenKFIDs []string `xml:"AuthDelOpenKfId"` // accounts withdrawn
}

// Kind returns [KindAppKfAccountAuthChange].
func (AppKfAccountAuthChange) Kind() Kind { return KindAppKfAccountAuthChange }
