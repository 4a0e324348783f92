package callback

import (
	"time"

	"github.com/wecom-isv/wecom"
)

// Kinds of the events about corps on the system-event URL (系统事件接收URL).
const (
	KindRegisterCorp                 Kind = "provider:register_corp"
	KindEnterRegisterPackage         Kind = "provider:enter_register_package"
	KindAgreeExternalUserIDMigration Kind = "provider:agree_external_userid_migration"
)

// RegisterCorp reports that an enterprise was registered through a promotion link
// or QR code (注册完成回调事件).
//
// Create the customer's account. If ContactSync holds a token, move the contacts
// with it and call contact_sync_success before it expires: until then the
// corp's administrator cannot edit them. The authorisation of the apps follows
// separately as [CreateAuth]. Answer within 5 seconds.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90585
type RegisterCorp struct {
	ProviderHead
	RegisterCode wecom.Secret `xml:"RegisterCode"` // code of the registration link, at most 512 bytes
	AuthCorpID   string       `xml:"AuthCorpId"`   // the new corp; may be an encrypted id, case-sensitive
	ContactSync  ContactSync  `xml:"ContactSync"`  // zero unless the template has contact migration (通讯录迁移)
	AuthUserInfo AuthUserInfo `xml:"AuthUserInfo"` // the administrator who registered
	State        string       `xml:"State"`        // state given to get_register_code; may be empty
	TemplateID   string       `xml:"TemplateId"`   // promotion package (推广包ID), at most 128 bytes
}

// Kind returns [KindRegisterCorp].
func (RegisterCorp) Kind() Kind { return KindRegisterCorp }

// ContactSync is the right to fill the contacts of a new corp (通讯录迁移).
type ContactSync struct {
	AccessToken wecom.Secret `xml:"AccessToken"` // access token for contact calls only
	ExpiresIn   int          `xml:"ExpiresIn"`   // seconds, counted from the event; 1800 in the documentation
}

// Lifetime returns ExpiresIn as a duration.
func (c ContactSync) Lifetime() time.Duration { return time.Duration(c.ExpiresIn) * time.Second }

// EnterRegisterPackage reports that a member of an existing enterprise has scanned
// the QR code of a promotion package (已注册企业扫推广包二维码事件).
//
// Link the corp and the member to the promotion channel. Answer within 5 seconds.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/98071
type EnterRegisterPackage struct {
	ProviderHead
	AuthCorpID   string       `xml:"AuthCorpId"`   // corp of the member; may be an encrypted id, case-sensitive
	AuthUserInfo AuthUserInfo `xml:"AuthUserInfo"` // the member who scanned
	RegisterCode wecom.Secret `xml:"RegisterCode"` // code of the registration link, at most 512 bytes; may be empty
	State        string       `xml:"State"`        // state given to get_register_code; may be empty
	TemplateID   string       `xml:"TemplateId"`   // promotion package (推广包ID), at most 128 bytes
}

// Kind returns [KindEnterRegisterPackage].
func (EnterRegisterPackage) Kind() Kind { return KindEnterRegisterPackage }

// AgreeExternalUserIDMigration reports that a corp has agreed to the new ids of its
// customers (同意授权转换external_userid事件).
//
// Convert the stored external user ids within the time allowed, then call
// finish_openid_migration. It arrives as XML or as JSON. Unknown: which URL it
// comes to; as it names the provider and no suite, that is presumably the
// system-event URL.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/96516
type AgreeExternalUserIDMigration struct {
	ProviderCorpHead
}

// Kind returns [KindAgreeExternalUserIDMigration].
func (AgreeExternalUserIDMigration) Kind() Kind { return KindAgreeExternalUserIDMigration }
