package callback

import "github.com/wecom-isv/wecom"

// Kinds of the events of customer acquisition (获客助手), in suite form for
// third-party apps and for the component (获客助手组件), and in app form for
// customised (代开发) and self-built apps.
const (
	KindCustomerAcquisitionPermitChange            Kind = "suite:customer_acquisition_permit_change"
	KindCustomerAcquisitionBalanceLow              Kind = "suite:customer_acquisition.balance_low"
	KindAppCustomerAcquisitionBalanceLow           Kind = "app:event.customer_acquisition.balance_low"
	KindCustomerAcquisitionBalanceExhausted        Kind = "suite:customer_acquisition.balance_exhausted"
	KindAppCustomerAcquisitionBalanceExhausted     Kind = "app:event.customer_acquisition.balance_exhausted"
	KindCustomerAcquisitionBalanceIncreased        Kind = "suite:customer_acquisition.balance_increased"
	KindAppCustomerAcquisitionBalanceIncreased     Kind = "app:event.customer_acquisition.balance_increased"
	KindCustomerAcquisitionQuotaExpireSoon         Kind = "suite:customer_acquisition.quota_expire_soon"
	KindAppCustomerAcquisitionQuotaExpireSoon      Kind = "app:event.customer_acquisition.quota_expire_soon"
	KindCustomerAcquisitionLinkUnavailable         Kind = "suite:customer_acquisition.link_unavailable"
	KindAppCustomerAcquisitionLinkUnavailable      Kind = "app:event.customer_acquisition.link_unavailable"
	KindCustomerAcquisitionDeleteLink              Kind = "suite:customer_acquisition.delete_link"
	KindAppCustomerAcquisitionDeleteLink           Kind = "app:event.customer_acquisition.delete_link"
	KindCustomerAcquisitionOpenProfile             Kind = "suite:customer_acquisition.open_profile"
	KindAppCustomerAcquisitionOpenProfile          Kind = "app:event.customer_acquisition.open_profile"
	KindCustomerAcquisitionFriendRequest           Kind = "suite:customer_acquisition.friend_request"
	KindAppCustomerAcquisitionFriendRequest        Kind = "app:event.customer_acquisition.friend_request"
	KindCustomerAcquisitionCustomerStartChat       Kind = "suite:customer_acquisition.customer_start_chat"
	KindAppCustomerAcquisitionCustomerStartChat    Kind = "app:event.customer_acquisition.customer_start_chat"
	KindCustomerAcquisitionMessageFromCustomer     Kind = "suite:customer_acquisition.message_from_customer"
	KindAppCustomerAcquisitionMessageFromCustomer  Kind = "app:event.customer_acquisition.message_from_customer"
	KindCustomerAcquisitionDelFollowUser           Kind = "suite:customer_acquisition.del_follow_user"
	KindAppCustomerAcquisitionDelFollowUser        Kind = "app:event.customer_acquisition.del_follow_user"
	KindCustomerAcquisitionServiceBalanceLow       Kind = "suite:customer_acquisition.service_balance_low"
	KindCustomerAcquisitionServiceBalanceExhausted Kind = "suite:customer_acquisition.service_balance_exhausted"
	KindCustomerAcquisitionServiceBalanceConsumed  Kind = "suite:customer_acquisition.service_balance_consumed"
	KindCustomerAcquisitionChangePrice             Kind = "suite:customer_acquisition.change_price"
)

// AcquisitionLink names a link of customer acquisition.
type AcquisitionLink struct {
	LinkID string `xml:"LinkId"` // link (获客链接ID)
	State  string `xml:"State"`  // customer_channel of the link that the customer opened; may be empty
}

// ExpiringQuota is a part of the quota that expires.
type ExpiringQuota struct {
	ExpireTime     UnixTime `xml:"ExpireTime"`     // when it expires
	ExpireQuotaNum int      `xml:"ExpireQuotaNum"` // how many units
}

// CustomerMessages names messages of a customer, to be queried with ChatKey.
type CustomerMessages struct {
	ChatKey        wecom.Secret `xml:"ChatKey"`        // for the query of the received messages, about 30 minutes
	UserID         string       `xml:"UserID"`         // the member; until 2024-12-19 only
	ExternalUserID string       `xml:"ExternalUserID"` // the customer; until 2024-12-19 only
	ChatSeq        int          `xml:"ChatSeq"`        // 3, 5 or 10 messages; until 2024-12-19 only
}

// CustomerAcquisitionPermitChange reports that the range of members who may add
// customers has changed (可添加客户的成员范围变更事件).
//
// Read the permitted members again. It has no ChangeType.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92277
type CustomerAcquisitionPermitChange struct {
	SuiteCorpHead
}

// Kind returns [KindCustomerAcquisitionPermitChange].
func (CustomerAcquisitionPermitChange) Kind() Kind { return KindCustomerAcquisitionPermitChange }

// CustomerAcquisitionBalanceLow reports that the corp has less than 20 units of
// quota left (企业使用量即将耗尽事件).
//
// Warn the corp.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/97402
type CustomerAcquisitionBalanceLow struct {
	SuiteCorpHead
}

// Kind returns [KindCustomerAcquisitionBalanceLow].
func (CustomerAcquisitionBalanceLow) Kind() Kind { return KindCustomerAcquisitionBalanceLow }

// AppCustomerAcquisitionBalanceLow is [CustomerAcquisitionBalanceLow] in app
// form, for customised (代开发) and self-built apps (企业使用量即将耗尽事件).
//
// Warn the corp.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/98958
type AppCustomerAcquisitionBalanceLow struct {
	AppEventHead
}

// Kind returns [KindAppCustomerAcquisitionBalanceLow].
func (AppCustomerAcquisitionBalanceLow) Kind() Kind { return KindAppCustomerAcquisitionBalanceLow }

// CustomerAcquisitionBalanceExhausted reports that the corp has used up its
// quota (企业使用量已经耗尽事件).
//
// Stop promoting the links of the corp.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/97402
type CustomerAcquisitionBalanceExhausted struct {
	SuiteCorpHead
}

// Kind returns [KindCustomerAcquisitionBalanceExhausted].
func (CustomerAcquisitionBalanceExhausted) Kind() Kind {
	return KindCustomerAcquisitionBalanceExhausted
}

// AppCustomerAcquisitionBalanceExhausted is
// [CustomerAcquisitionBalanceExhausted] in app form, for customised (代开发) and
// self-built apps (企业使用量已经耗尽事件).
//
// Stop promoting the links of the corp.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/98958
type AppCustomerAcquisitionBalanceExhausted struct {
	AppEventHead
}

// Kind returns [KindAppCustomerAcquisitionBalanceExhausted].
func (AppCustomerAcquisitionBalanceExhausted) Kind() Kind {
	return KindAppCustomerAcquisitionBalanceExhausted
}

// CustomerAcquisitionBalanceIncreased reports that the corp, which had none,
// has quota again (企业使用量增加事件).
//
// Promote the links of the corp again.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/97402
type CustomerAcquisitionBalanceIncreased struct {
	SuiteCorpHead
}

// Kind returns [KindCustomerAcquisitionBalanceIncreased].
func (CustomerAcquisitionBalanceIncreased) Kind() Kind {
	return KindCustomerAcquisitionBalanceIncreased
}

// AppCustomerAcquisitionBalanceIncreased is
// [CustomerAcquisitionBalanceIncreased] in app form, for customised (代开发) and
// self-built apps (企业使用量增加事件).
//
// Promote the links of the corp again.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/98958
type AppCustomerAcquisitionBalanceIncreased struct {
	AppEventHead
}

// Kind returns [KindAppCustomerAcquisitionBalanceIncreased].
func (AppCustomerAcquisitionBalanceIncreased) Kind() Kind {
	return KindAppCustomerAcquisitionBalanceIncreased
}

// CustomerAcquisitionQuotaExpireSoon reports that a part of the quota expires
// soon (获客额度即将过期事件); it is sent 14, 7, 3, 2 and 1 days before.
//
// Warn the corp.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/97402
type CustomerAcquisitionQuotaExpireSoon struct {
	SuiteCorpHead
	ExpiringQuota
}

// Kind returns [KindCustomerAcquisitionQuotaExpireSoon].
func (CustomerAcquisitionQuotaExpireSoon) Kind() Kind { return KindCustomerAcquisitionQuotaExpireSoon }

// AppCustomerAcquisitionQuotaExpireSoon is
// [CustomerAcquisitionQuotaExpireSoon] in app form, for customised (代开发) and
// self-built apps (获客额度即将过期事件).
//
// Warn the corp.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/98958
type AppCustomerAcquisitionQuotaExpireSoon struct {
	AppEventHead
	ExpiringQuota
}

// Kind returns [KindAppCustomerAcquisitionQuotaExpireSoon].
func (AppCustomerAcquisitionQuotaExpireSoon) Kind() Kind {
	return KindAppCustomerAcquisitionQuotaExpireSoon
}

// CustomerAcquisitionLinkUnavailable reports that a link has become invalid
// (获客链接异常事件).
//
// Stop using the link.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/97402
type CustomerAcquisitionLinkUnavailable struct {
	SuiteCorpHead
	LinkID string `xml:"LinkId"` // link (获客链接ID)
}

// Kind returns [KindCustomerAcquisitionLinkUnavailable].
func (CustomerAcquisitionLinkUnavailable) Kind() Kind { return KindCustomerAcquisitionLinkUnavailable }

// AppCustomerAcquisitionLinkUnavailable is
// [CustomerAcquisitionLinkUnavailable] in app form, for customised (代开发) and
// self-built apps (获客链接异常事件).
//
// Stop using the link.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/98958
type AppCustomerAcquisitionLinkUnavailable struct {
	AppEventHead
	LinkID string `xml:"LinkId"` // link (获客链接ID)
}

// Kind returns [KindAppCustomerAcquisitionLinkUnavailable].
func (AppCustomerAcquisitionLinkUnavailable) Kind() Kind {
	return KindAppCustomerAcquisitionLinkUnavailable
}

// CustomerAcquisitionDeleteLink reports that an administrator has deleted a
// link (删除获客链接事件); deletions by API are not reported.
//
// Remove the link.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/97402
type CustomerAcquisitionDeleteLink struct {
	SuiteCorpHead
	LinkID string `xml:"LinkId"` // link (获客链接ID)
}

// Kind returns [KindCustomerAcquisitionDeleteLink].
func (CustomerAcquisitionDeleteLink) Kind() Kind { return KindCustomerAcquisitionDeleteLink }

// AppCustomerAcquisitionDeleteLink is [CustomerAcquisitionDeleteLink] in app
// form, for customised (代开发) and self-built apps (删除获客链接事件).
//
// Remove the link.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/98958
type AppCustomerAcquisitionDeleteLink struct {
	AppEventHead
	LinkID string `xml:"LinkId"` // link (获客链接ID)
}

// Kind returns [KindAppCustomerAcquisitionDeleteLink].
func (AppCustomerAcquisitionDeleteLink) Kind() Kind { return KindAppCustomerAcquisitionDeleteLink }

// CustomerAcquisitionOpenProfile reports that a customer has opened the card of
// a member through a link (微信客户打开获客链接事件); only for some lines of
// business.
//
// Count it. It does not name the customer: two within one second look alike,
// so the count is a lower bound.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/97402
type CustomerAcquisitionOpenProfile struct {
	SuiteCorpHead
	AcquisitionLink
}

// Kind returns [KindCustomerAcquisitionOpenProfile].
func (CustomerAcquisitionOpenProfile) Kind() Kind { return KindCustomerAcquisitionOpenProfile }

// AppCustomerAcquisitionOpenProfile is [CustomerAcquisitionOpenProfile] in
// app form, for customised (代开发) and self-built apps (微信客户打开获客链接事件).
//
// Count it. It does not name the customer: two within one second look alike,
// so the count is a lower bound.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/98958
type AppCustomerAcquisitionOpenProfile struct {
	AppEventHead
	AcquisitionLink
}

// Kind returns [KindAppCustomerAcquisitionOpenProfile].
func (AppCustomerAcquisitionOpenProfile) Kind() Kind { return KindAppCustomerAcquisitionOpenProfile }

// CustomerAcquisitionFriendRequest reports that a customer has asked to be
// added, through a link with a State (发起好友请求事件).
//
// Count it. It does not name the customer: two within one second look alike,
// so the count is a lower bound.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/97402
type CustomerAcquisitionFriendRequest struct {
	SuiteCorpHead
	AcquisitionLink
}

// Kind returns [KindCustomerAcquisitionFriendRequest].
func (CustomerAcquisitionFriendRequest) Kind() Kind { return KindCustomerAcquisitionFriendRequest }

// AppCustomerAcquisitionFriendRequest is [CustomerAcquisitionFriendRequest]
// in app form, for customised (代开发) and self-built apps (发起好友请求事件).
//
// Count it. It does not name the customer: two within one second look alike,
// so the count is a lower bound.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/98958
type AppCustomerAcquisitionFriendRequest struct {
	AppEventHead
	AcquisitionLink
}

// Kind returns [KindAppCustomerAcquisitionFriendRequest].
func (AppCustomerAcquisitionFriendRequest) Kind() Kind {
	return KindAppCustomerAcquisitionFriendRequest
}

// CustomerAcquisitionCustomerStartChat reports that a member has received the
// first message of a customer who came through a link (成员首次收消息事件).
//
// Record the first contact. Unknown: whether LinkID and State are always
// there.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/97402
type CustomerAcquisitionCustomerStartChat struct {
	SuiteCorpHead
	CustomerRelation
	AcquisitionLink
}

// Kind returns [KindCustomerAcquisitionCustomerStartChat].
func (CustomerAcquisitionCustomerStartChat) Kind() Kind {
	return KindCustomerAcquisitionCustomerStartChat
}

// AppCustomerAcquisitionCustomerStartChat is
// [CustomerAcquisitionCustomerStartChat] in app form, for customised (代开发)
// and self-built apps (成员首次收消息事件). It has no link.
//
// Record the first contact.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/98958
type AppCustomerAcquisitionCustomerStartChat struct {
	AppEventHead
	CustomerRelation
}

// Kind returns [KindAppCustomerAcquisitionCustomerStartChat].
func (AppCustomerAcquisitionCustomerStartChat) Kind() Kind {
	return KindAppCustomerAcquisitionCustomerStartChat
}

// CustomerAcquisitionMessageFromCustomer reports that a member has received
// several messages of a customer who came through a link (成员多次收消息事件).
//
// Ask for the details with ChatKey, within about 30 minutes.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/97402
type CustomerAcquisitionMessageFromCustomer struct {
	SuiteCorpHead
	CustomerMessages
	LinkID string `xml:"LinkId"` // link (获客链接ID); until 2024-12-19 only
}

// Kind returns [KindCustomerAcquisitionMessageFromCustomer].
func (CustomerAcquisitionMessageFromCustomer) Kind() Kind {
	return KindCustomerAcquisitionMessageFromCustomer
}

// AppCustomerAcquisitionMessageFromCustomer is
// [CustomerAcquisitionMessageFromCustomer] in app form, for customised (代开发)
// and self-built apps (成员多次收消息事件). It has no link.
//
// Ask for the details with ChatKey, within about 30 minutes.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/98958
type AppCustomerAcquisitionMessageFromCustomer struct {
	AppEventHead
	CustomerMessages
}

// Kind returns [KindAppCustomerAcquisitionMessageFromCustomer].
func (AppCustomerAcquisitionMessageFromCustomer) Kind() Kind {
	return KindAppCustomerAcquisitionMessageFromCustomer
}

// CustomerAcquisitionDelFollowUser reports that a customer who came through a
// link has deleted the member (删除跟进成员事件).
//
// Record it. [ChangeExternalContactDelFollowUser] has the same ChangeType; it
// is another event.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/97402
type CustomerAcquisitionDelFollowUser struct {
	SuiteCorpHead
	CustomerRelation
	AcquisitionLink
}

// Kind returns [KindCustomerAcquisitionDelFollowUser].
func (CustomerAcquisitionDelFollowUser) Kind() Kind { return KindCustomerAcquisitionDelFollowUser }

// AppCustomerAcquisitionDelFollowUser is [CustomerAcquisitionDelFollowUser]
// in app form, for customised (代开发) and self-built apps (删除跟进成员事件).
//
// Record it. [AppChangeExternalContactDelFollowUser] has the same ChangeType;
// it is another event. Known from other SDKs only.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/98958
type AppCustomerAcquisitionDelFollowUser struct {
	AppEventHead
	CustomerRelation
	AcquisitionLink
}

// Kind returns [KindAppCustomerAcquisitionDelFollowUser].
func (AppCustomerAcquisitionDelFollowUser) Kind() Kind {
	return KindAppCustomerAcquisitionDelFollowUser
}

// CustomerAcquisitionServiceBalanceLow reports that the quota that the provider
// pays for is low (服务商获客使用量即将耗尽事件); component only.
//
// Buy more.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/99485
type CustomerAcquisitionServiceBalanceLow struct {
	SuiteCorpHead
}

// Kind returns [KindCustomerAcquisitionServiceBalanceLow].
func (CustomerAcquisitionServiceBalanceLow) Kind() Kind {
	return KindCustomerAcquisitionServiceBalanceLow
}

// CustomerAcquisitionServiceBalanceExhausted reports that the quota that the
// provider pays for is used up (服务商获客使用量已经耗尽事件); component only.
//
// Buy more.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/99485
type CustomerAcquisitionServiceBalanceExhausted struct {
	SuiteCorpHead
}

// Kind returns [KindCustomerAcquisitionServiceBalanceExhausted].
func (CustomerAcquisitionServiceBalanceExhausted) Kind() Kind {
	return KindCustomerAcquisitionServiceBalanceExhausted
}

// CustomerAcquisitionServiceBalanceConsumed reports that one unit of the quota
// that the provider pays for was used (消耗服务商使用量事件); component only.
//
// Put it down to the link. It does not name the customer: two within one
// second may look alike.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/99485
type CustomerAcquisitionServiceBalanceConsumed struct {
	SuiteCorpHead
	AcquisitionLink
	OnceKey string `xml:"OnceKey"` // once_key parameter that was added to the link; may be empty
}

// Kind returns [KindCustomerAcquisitionServiceBalanceConsumed].
func (CustomerAcquisitionServiceBalanceConsumed) Kind() Kind {
	return KindCustomerAcquisitionServiceBalanceConsumed
}

// CustomerAcquisitionChangePrice reports that the price of an addition that the
// provider pays for changes (获客链接服务商代付价格调整事件); component only.
//
// Store the new price. The official example has no SuiteId. Unknown: the
// ChangeType of the event about a successful addition (添加成功事件) that the same
// page lists; it goes to [Mux.Fallback].
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/99485
type CustomerAcquisitionChangePrice struct {
	SuiteCorpHead
	Price         int64    `xml:"Price"`         // price in fen (分)
	EffectiveTime UnixTime `xml:"EffectiveTime"` // from when it counts
}

// Kind returns [KindCustomerAcquisitionChangePrice].
func (CustomerAcquisitionChangePrice) Kind() Kind { return KindCustomerAcquisitionChangePrice }
