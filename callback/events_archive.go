package callback

import "github.com/wecom-isv/wecom"

// Kinds of the events about the archive of chats (会话内容存档) and the data zone
// (数据与智能专区).
const (
	KindConversationNewMessage         Kind = "suite:conversation_new_message"
	KindHitKeyword                     Kind = "suite:hit_keyword"
	KindChatArchiveAuditApprovedSingle Kind = "suite:chat_archive_audit_approved_single"
	KindChatArchiveAuditApprovedRoom   Kind = "suite:chat_archive_audit_approved_room"
	KindChatArchiveExportFinished      Kind = "suite:chat_archive_export_finished"
	KindAppMsgauditNotify              Kind = "app:event.msgaudit_notify"
	KindAppProgramNotify               Kind = "app:event.program_notify"
)

// ConversationNewMessage reports that there are new messages in the archive
// (产生会话回调事件).
//
// Fetch them with Token within 10 minutes.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/99682
type ConversationNewMessage struct {
	SuiteCorpHead
	Token wecom.Secret `xml:"Token"` // at most 128 bytes, valid for 10 minutes
}

// Kind returns [KindConversationNewMessage].
func (ConversationNewMessage) Kind() Kind { return KindConversationNewMessage }

// HitKeyword reports that messages have hit a keyword rule (命中关键词规则通知).
//
// Fetch the hits with Token within 10 minutes.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/97244
type HitKeyword struct {
	SuiteCorpHead
	Token wecom.Secret `xml:"Token"` // at most 128 bytes, valid for 10 minutes
}

// Kind returns [KindHitKeyword].
func (HitKeyword) Kind() Kind { return KindHitKeyword }

// ChatArchiveAuditApprovedSingle reports that a customer has agreed to the
// archiving of a single chat (客户同意进行聊天内容存档事件, 单聊).
//
// Keep the consent. This form is known from other SDKs only. The programs of the
// data zone (专区程序) get a JSON event of the same name, which does not come here.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/99532
type ChatArchiveAuditApprovedSingle struct {
	SuiteCorpHead
	OpenUserID     string `xml:"OpenUserID"`     // the member, in a single chat
	ExternalUserID string `xml:"ExternalUserID"` // the customer
	ChatID         string `xml:"ChatId"`         // the group, in a group chat
}

// Kind returns [KindChatArchiveAuditApprovedSingle].
func (ChatArchiveAuditApprovedSingle) Kind() Kind { return KindChatArchiveAuditApprovedSingle }

// ChatArchiveAuditApprovedRoom reports that a customer has agreed to the
// archiving of a group chat (客户同意进行聊天内容存档事件, 群聊).
//
// Keep the consent. This form is known from other SDKs only. Unknown: whether
// OpenUserID is there.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/99532
type ChatArchiveAuditApprovedRoom struct {
	SuiteCorpHead
	OpenUserID     string `xml:"OpenUserID"`     // the member, in a single chat
	ExternalUserID string `xml:"ExternalUserID"` // the customer
	ChatID         string `xml:"ChatId"`         // the group, in a group chat
}

// Kind returns [KindChatArchiveAuditApprovedRoom].
func (ChatArchiveAuditApprovedRoom) Kind() Kind { return KindChatArchiveAuditApprovedRoom }

// ChatArchiveExportFinished reports that an export of the archive is finished
// (会话内容导出完成通知).
//
// Fetch the result by the job id, within 24 hours. This form is known from other
// SDKs only; the official pages 99997 and 101388 show the JSON form for
// programs of the data zone (专区程序).
type ChatArchiveExportFinished struct {
	SuiteCorpHead
	JobID string `xml:"JobId"` // job id, at most 64 characters
}

// Kind returns [KindChatArchiveExportFinished].
func (ChatArchiveExportFinished) Kind() Kind { return KindChatArchiveExportFinished }

// AppMsgauditNotify reports that there are new messages in the archive of the
// corp (产生会话回调事件); self-built apps only.
//
// Fetch them with the archive SDK.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/95039
type AppMsgauditNotify struct {
	AppEventHead
}

// Kind returns [KindAppMsgauditNotify].
func (AppMsgauditNotify) Kind() Kind { return KindAppMsgauditNotify }

// AppProgramNotify reports that the program of the data zone (专区程序) has a
// notice for the app (应用接收专区通知).
//
// Fetch the notice with NotifyID within 10 minutes.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/101389
type AppProgramNotify struct {
	AppEventHead
	NotifyID    string `xml:"NotifyId"`    // at most 128 bytes, valid for 10 minutes
	NotifyScene int    `xml:"NotifyScene"` // scene that the program chose
}

// Kind returns [KindAppProgramNotify].
func (AppProgramNotify) Kind() Kind { return KindAppProgramNotify }
