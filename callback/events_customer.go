package callback

import "github.com/wecom-isv/wecom"

// Kinds of the events about customers (客户联系), in suite form for third-party
// apps and in app form for customised (代开发) and self-built apps.
const (
	KindChangeExternalContactAddExternalContact        Kind = "suite:change_external_contact.add_external_contact"
	KindAppChangeExternalContactAddExternalContact     Kind = "app:event.change_external_contact.add_external_contact"
	KindChangeExternalContactEditExternalContact       Kind = "suite:change_external_contact.edit_external_contact"
	KindAppChangeExternalContactEditExternalContact    Kind = "app:event.change_external_contact.edit_external_contact"
	KindChangeExternalContactAddHalfExternalContact    Kind = "suite:change_external_contact.add_half_external_contact"
	KindAppChangeExternalContactAddHalfExternalContact Kind = "app:event.change_external_contact.add_half_external_contact"
	KindChangeExternalContactDelExternalContact        Kind = "suite:change_external_contact.del_external_contact"
	KindAppChangeExternalContactDelExternalContact     Kind = "app:event.change_external_contact.del_external_contact"
	KindChangeExternalContactDelFollowUser             Kind = "suite:change_external_contact.del_follow_user"
	KindAppChangeExternalContactDelFollowUser          Kind = "app:event.change_external_contact.del_follow_user"
	KindChangeExternalContactTransferFail              Kind = "suite:change_external_contact.transfer_fail"
	KindAppChangeExternalContactTransferFail           Kind = "app:event.change_external_contact.transfer_fail"
	KindAppChangeExternalContactMsgAuditApproved       Kind = "app:event.change_external_contact.msg_audit_approved"
	KindChangeExternalChatCreate                       Kind = "suite:change_external_chat.create"
	KindAppChangeExternalChatCreate                    Kind = "app:event.change_external_chat.create"
	KindChangeExternalChatUpdate                       Kind = "suite:change_external_chat.update"
	KindAppChangeExternalChatUpdate                    Kind = "app:event.change_external_chat.update"
	KindChangeExternalChatDismiss                      Kind = "suite:change_external_chat.dismiss"
	KindAppChangeExternalChatDismiss                   Kind = "app:event.change_external_chat.dismiss"
	KindChangeExternalTagCreate                        Kind = "suite:change_external_tag.create"
	KindAppChangeExternalTagCreate                     Kind = "app:event.change_external_tag.create"
	KindChangeExternalTagUpdate                        Kind = "suite:change_external_tag.update"
	KindAppChangeExternalTagUpdate                     Kind = "app:event.change_external_tag.update"
	KindChangeExternalTagDelete                        Kind = "suite:change_external_tag.delete"
	KindAppChangeExternalTagDelete                     Kind = "app:event.change_external_tag.delete"
	KindChangeExternalTagShuffle                       Kind = "suite:change_external_tag.shuffle"
	KindAppChangeExternalTagShuffle                    Kind = "app:event.change_external_tag.shuffle"
)

// CustomerRelation is a customer and the member who serves that customer.
type CustomerRelation struct {
	UserID         string `xml:"UserID"`         // the member (成员UserID)
	ExternalUserID string `xml:"ExternalUserID"` // the customer (外部联系人), an id within provider and corp
}

// NewCustomer is a customer who was added just now.
type NewCustomer struct {
	CustomerRelation
	State       string       `xml:"State"`       // state of the link or QR code (联系我) that the customer used; may be empty
	WelcomeCode wecom.Secret `xml:"WelcomeCode"` // for one welcome message (欢迎语) within 20 seconds; empty if one was sent
}

// RemoveSource is why a relation with a customer was removed.
type RemoveSource string

// RemovedByTransfer is a removal by a hand-over (在职继承). There is no source if
// the member removed the customer.
const RemovedByTransfer RemoveSource = "DELETE_BY_TRANSFER"

// TransferFailure is why a hand-over of a customer failed.
type TransferFailure string

// Reasons.
const (
	TransferRefused       TransferFailure = "customer_refused"      // the customer refused
	TransferLimitExceeded TransferFailure = "customer_limit_exceed" // the new member has too many customers
)

// GroupChat names a customer group.
type GroupChat struct {
	ChatID string `xml:"ChatId"` // group id (客户群ID)
}

// GroupChatUpdate is what has changed in a customer group.
type GroupChatUpdate struct {
	GroupChat
	UpdateDetail  GroupChatChange `xml:"UpdateDetail"`       // what has changed
	JoinScene     JoinScene       `xml:"JoinScene"`          // how members joined; GroupChatAddMember only
	QuitScene     QuitScene       `xml:"QuitScene"`          // how members left; GroupChatDelMember only
	MemChangeCnt  int             `xml:"MemChangeCnt"`       // number of members concerned
	MemChangeList []string        `xml:"MemChangeList>Item"` // members concerned: user ids and external user ids
	LastMemVer    string          `xml:"LastMemVer"`         // version of the members before
	CurMemVer     string          `xml:"CurMemVer"`          // version of the members after
}

// GroupChatChange is what can change in a customer group.
type GroupChatChange string

// Changes of a customer group.
const (
	GroupChatAddMember    GroupChatChange = "add_member"    // members joined
	GroupChatDelMember    GroupChatChange = "del_member"    // members left
	GroupChatChangeOwner  GroupChatChange = "change_owner"  // new owner
	GroupChatChangeName   GroupChatChange = "change_name"   // new name
	GroupChatChangeNotice GroupChatChange = "change_notice" // new notice
)

// JoinScene is how a member joined a customer group.
type JoinScene int

// Ways to join.
const (
	JoinInvited JoinScene = 0 // invited by a member
	JoinQRCode  JoinScene = 3 // by QR code
)

// QuitScene is how a member left a customer group.
type QuitScene int

// Ways to leave.
const (
	QuitLeft    QuitScene = 0 // left
	QuitRemoved QuitScene = 1 // removed by the owner
)

// CustomerTag names a customer tag (企业客户标签) or a group of them.
type CustomerTag struct {
	ID         string  `xml:"Id"`         // id of the tag or of the group
	TagType    TagType `xml:"TagType"`    // which of both
	StrategyID string  `xml:"StrategyId"` // rule group (规则组) that the tag belongs to, if any
}

// TagType distinguishes a tag from a group of tags.
type TagType string

// Types of tags.
const (
	TagTypeTag   TagType = "tag"       // one tag
	TagTypeGroup TagType = "tag_group" // a group
)

// ChangeExternalContactAddExternalContact reports that a member has added a
// customer (添加企业客户事件).
//
// Record the relation; with WelcomeCode, send the welcome message within 20
// seconds.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92277
type ChangeExternalContactAddExternalContact struct {
	SuiteCorpHead
	NewCustomer
}

// Kind returns [KindChangeExternalContactAddExternalContact].
func (ChangeExternalContactAddExternalContact) Kind() Kind {
	return KindChangeExternalContactAddExternalContact
}

// AppChangeExternalContactAddExternalContact is
// [ChangeExternalContactAddExternalContact] in app form, for customised (代开发)
// and self-built apps (添加企业客户事件).
//
// Record the relation; with WelcomeCode, send the welcome message within 20
// seconds.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/96361
type AppChangeExternalContactAddExternalContact struct {
	AppEventHead
	NewCustomer
}

// Kind returns [KindAppChangeExternalContactAddExternalContact].
func (AppChangeExternalContactAddExternalContact) Kind() Kind {
	return KindAppChangeExternalContactAddExternalContact
}

// ChangeExternalContactEditExternalContact reports that a member has changed
// the remark or the tags of a customer (编辑企业客户事件).
//
// Read the customer again.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92277
type ChangeExternalContactEditExternalContact struct {
	SuiteCorpHead
	CustomerRelation
}

// Kind returns [KindChangeExternalContactEditExternalContact].
func (ChangeExternalContactEditExternalContact) Kind() Kind {
	return KindChangeExternalContactEditExternalContact
}

// AppChangeExternalContactEditExternalContact is
// [ChangeExternalContactEditExternalContact] in app form, for customised
// (代开发) and self-built apps (编辑企业客户事件).
//
// Read the customer again.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/96361
type AppChangeExternalContactEditExternalContact struct {
	AppEventHead
	CustomerRelation
}

// Kind returns [KindAppChangeExternalContactEditExternalContact].
func (AppChangeExternalContactEditExternalContact) Kind() Kind {
	return KindAppChangeExternalContactEditExternalContact
}

// ChangeExternalContactAddHalfExternalContact reports that a customer has added
// a member who wants no verification (外部联系人免验证添加成员事件): the member
// has not added the customer yet.
//
// Record the one-sided relation; with WelcomeCode, a welcome message is
// possible within 20 seconds.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92277
type ChangeExternalContactAddHalfExternalContact struct {
	SuiteCorpHead
	NewCustomer
}

// Kind returns [KindChangeExternalContactAddHalfExternalContact].
func (ChangeExternalContactAddHalfExternalContact) Kind() Kind {
	return KindChangeExternalContactAddHalfExternalContact
}

// AppChangeExternalContactAddHalfExternalContact is
// [ChangeExternalContactAddHalfExternalContact] in app form, for customised
// (代开发) and self-built apps (外部联系人免验证添加成员事件).
//
// Record the one-sided relation; with WelcomeCode, a welcome message is
// possible within 20 seconds.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/96361
type AppChangeExternalContactAddHalfExternalContact struct {
	AppEventHead
	NewCustomer
}

// Kind returns [KindAppChangeExternalContactAddHalfExternalContact].
func (AppChangeExternalContactAddHalfExternalContact) Kind() Kind {
	return KindAppChangeExternalContactAddHalfExternalContact
}

// ChangeExternalContactDelExternalContact reports that a member has deleted a
// customer (删除企业客户事件).
//
// Remove the relation.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92277
type ChangeExternalContactDelExternalContact struct {
	SuiteCorpHead
	CustomerRelation
	Source RemoveSource `xml:"Source"` // why, if not by the member
}

// Kind returns [KindChangeExternalContactDelExternalContact].
func (ChangeExternalContactDelExternalContact) Kind() Kind {
	return KindChangeExternalContactDelExternalContact
}

// AppChangeExternalContactDelExternalContact is
// [ChangeExternalContactDelExternalContact] in app form, for customised (代开发)
// and self-built apps (删除企业客户事件).
//
// Remove the relation.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/96361
type AppChangeExternalContactDelExternalContact struct {
	AppEventHead
	CustomerRelation
	Source RemoveSource `xml:"Source"` // why, if not by the member
}

// Kind returns [KindAppChangeExternalContactDelExternalContact].
func (AppChangeExternalContactDelExternalContact) Kind() Kind {
	return KindAppChangeExternalContactDelExternalContact
}

// ChangeExternalContactDelFollowUser reports that a customer has deleted a
// member (删除跟进成员事件).
//
// Remove the relation.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92277
type ChangeExternalContactDelFollowUser struct {
	SuiteCorpHead
	CustomerRelation
}

// Kind returns [KindChangeExternalContactDelFollowUser].
func (ChangeExternalContactDelFollowUser) Kind() Kind { return KindChangeExternalContactDelFollowUser }

// AppChangeExternalContactDelFollowUser is
// [ChangeExternalContactDelFollowUser] in app form, for customised (代开发) and
// self-built apps (删除跟进成员事件).
//
// Remove the relation.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/96361
type AppChangeExternalContactDelFollowUser struct {
	AppEventHead
	CustomerRelation
}

// Kind returns [KindAppChangeExternalContactDelFollowUser].
func (AppChangeExternalContactDelFollowUser) Kind() Kind {
	return KindAppChangeExternalContactDelFollowUser
}

// ChangeExternalContactTransferFail reports that the hand-over of a customer to
// another member has failed (客户接替失败事件).
//
// Mark the hand-over as failed.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92277
type ChangeExternalContactTransferFail struct {
	SuiteCorpHead
	FailReason TransferFailure `xml:"FailReason"` // why
	CustomerRelation
}

// Kind returns [KindChangeExternalContactTransferFail].
func (ChangeExternalContactTransferFail) Kind() Kind { return KindChangeExternalContactTransferFail }

// AppChangeExternalContactTransferFail is [ChangeExternalContactTransferFail]
// in app form, for customised (代开发) and self-built apps (客户接替失败事件).
//
// Mark the hand-over as failed.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/96361
type AppChangeExternalContactTransferFail struct {
	AppEventHead
	FailReason TransferFailure `xml:"FailReason"` // why
	CustomerRelation
}

// Kind returns [KindAppChangeExternalContactTransferFail].
func (AppChangeExternalContactTransferFail) Kind() Kind {
	return KindAppChangeExternalContactTransferFail
}

// AppChangeExternalContactMsgAuditApproved reports that a customer has agreed
// to the archiving of the chat with a member, for customised (代开发) and
// self-built apps (客户同意进行聊天内容存档事件).
//
// Keep the consent; with WelcomeCode, a welcome message is possible within 20
// seconds.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92005
type AppChangeExternalContactMsgAuditApproved struct {
	AppEventHead
	CustomerRelation
	WelcomeCode wecom.Secret `xml:"WelcomeCode"` // for one welcome message (欢迎语); empty if one was sent or they have talked
}

// Kind returns [KindAppChangeExternalContactMsgAuditApproved].
func (AppChangeExternalContactMsgAuditApproved) Kind() Kind {
	return KindAppChangeExternalContactMsgAuditApproved
}

// ChangeExternalChatCreate reports that a customer group was made (客户群创建事件).
//
// Read the group.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92277
type ChangeExternalChatCreate struct {
	SuiteCorpHead
	GroupChat
}

// Kind returns [KindChangeExternalChatCreate].
func (ChangeExternalChatCreate) Kind() Kind { return KindChangeExternalChatCreate }

// AppChangeExternalChatCreate is [ChangeExternalChatCreate] in app form, for
// customised (代开发) and self-built apps (客户群创建事件).
//
// Read the group.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/96361
type AppChangeExternalChatCreate struct {
	AppEventHead
	GroupChat
}

// Kind returns [KindAppChangeExternalChatCreate].
func (AppChangeExternalChatCreate) Kind() Kind { return KindAppChangeExternalChatCreate }

// ChangeExternalChatUpdate reports that a customer group has changed
// (客户群变更事件).
//
// If LastMemVer is the version that is stored, apply the change; if not, read
// the group again.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92277
type ChangeExternalChatUpdate struct {
	SuiteCorpHead
	GroupChatUpdate
}

// Kind returns [KindChangeExternalChatUpdate].
func (ChangeExternalChatUpdate) Kind() Kind { return KindChangeExternalChatUpdate }

// AppChangeExternalChatUpdate is [ChangeExternalChatUpdate] in app form, for
// customised (代开发) and self-built apps (客户群变更事件).
//
// If LastMemVer is the version that is stored, apply the change; if not, read
// the group again.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/96361
type AppChangeExternalChatUpdate struct {
	AppEventHead
	GroupChatUpdate
}

// Kind returns [KindAppChangeExternalChatUpdate].
func (AppChangeExternalChatUpdate) Kind() Kind { return KindAppChangeExternalChatUpdate }

// ChangeExternalChatDismiss reports that a customer group was dissolved
// (客户群解散事件).
//
// Mark the group as dissolved.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92277
type ChangeExternalChatDismiss struct {
	SuiteCorpHead
	GroupChat
}

// Kind returns [KindChangeExternalChatDismiss].
func (ChangeExternalChatDismiss) Kind() Kind { return KindChangeExternalChatDismiss }

// AppChangeExternalChatDismiss is [ChangeExternalChatDismiss] in app form,
// for customised (代开发) and self-built apps (客户群解散事件).
//
// Mark the group as dissolved.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/96361
type AppChangeExternalChatDismiss struct {
	AppEventHead
	GroupChat
}

// Kind returns [KindAppChangeExternalChatDismiss].
func (AppChangeExternalChatDismiss) Kind() Kind { return KindAppChangeExternalChatDismiss }

// ChangeExternalTagCreate reports that a customer tag or a group of them was
// made (企业客户标签创建事件).
//
// Read the tag.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92277
type ChangeExternalTagCreate struct {
	SuiteCorpHead
	CustomerTag
}

// Kind returns [KindChangeExternalTagCreate].
func (ChangeExternalTagCreate) Kind() Kind { return KindChangeExternalTagCreate }

// AppChangeExternalTagCreate is [ChangeExternalTagCreate] in app form, for
// customised (代开发) and self-built apps (企业客户标签创建事件).
//
// Read the tag.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/96361
type AppChangeExternalTagCreate struct {
	AppEventHead
	CustomerTag
}

// Kind returns [KindAppChangeExternalTagCreate].
func (AppChangeExternalTagCreate) Kind() Kind { return KindAppChangeExternalTagCreate }

// ChangeExternalTagUpdate reports that a customer tag or a group of them has
// changed (企业客户标签变更事件).
//
// Read the tag again.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92277
type ChangeExternalTagUpdate struct {
	SuiteCorpHead
	CustomerTag
}

// Kind returns [KindChangeExternalTagUpdate].
func (ChangeExternalTagUpdate) Kind() Kind { return KindChangeExternalTagUpdate }

// AppChangeExternalTagUpdate is [ChangeExternalTagUpdate] in app form, for
// customised (代开发) and self-built apps (企业客户标签变更事件).
//
// Read the tag again.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/96361
type AppChangeExternalTagUpdate struct {
	AppEventHead
	CustomerTag
}

// Kind returns [KindAppChangeExternalTagUpdate].
func (AppChangeExternalTagUpdate) Kind() Kind { return KindAppChangeExternalTagUpdate }

// ChangeExternalTagDelete reports that a customer tag or a group of them was
// deleted (企业客户标签删除事件).
//
// Delete the tag or the group.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92277
type ChangeExternalTagDelete struct {
	SuiteCorpHead
	CustomerTag
}

// Kind returns [KindChangeExternalTagDelete].
func (ChangeExternalTagDelete) Kind() Kind { return KindChangeExternalTagDelete }

// AppChangeExternalTagDelete is [ChangeExternalTagDelete] in app form, for
// customised (代开发) and self-built apps (企业客户标签删除事件).
//
// Delete the tag or the group.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/96361
type AppChangeExternalTagDelete struct {
	AppEventHead
	CustomerTag
}

// Kind returns [KindAppChangeExternalTagDelete].
func (AppChangeExternalTagDelete) Kind() Kind { return KindAppChangeExternalTagDelete }

// ChangeExternalTagShuffle reports that customer tags were put into another
// order (企业客户标签重排事件).
//
// Read the order of the tags in the group, or of all groups if ID is empty.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92277
type ChangeExternalTagShuffle struct {
	SuiteCorpHead
	ID         string `xml:"Id"`         // group of tags; may be empty
	StrategyID string `xml:"StrategyId"` // rule group (规则组) that the tags belong to, if any
}

// Kind returns [KindChangeExternalTagShuffle].
func (ChangeExternalTagShuffle) Kind() Kind { return KindChangeExternalTagShuffle }

// AppChangeExternalTagShuffle is [ChangeExternalTagShuffle] in app form, for
// customised (代开发) and self-built apps (企业客户标签重排事件).
//
// Read the order of the tags in the group, or of all groups if ID is empty.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/96361
type AppChangeExternalTagShuffle struct {
	AppEventHead
	ID         string `xml:"Id"`         // group of tags; may be empty
	StrategyID string `xml:"StrategyId"` // rule group (规则组) that the tags belong to, if any
}

// Kind returns [KindAppChangeExternalTagShuffle].
func (AppChangeExternalTagShuffle) Kind() Kind { return KindAppChangeExternalTagShuffle }
