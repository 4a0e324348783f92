package callback

// Kinds of the changes of contacts (通讯录变更事件), in suite form for third-party
// apps and in app form for customised (代开发) and self-built apps.
const (
	KindChangeContactCreateUser     Kind = "suite:change_contact.create_user"
	KindAppChangeContactCreateUser  Kind = "app:event.change_contact.create_user"
	KindChangeContactUpdateUser     Kind = "suite:change_contact.update_user"
	KindAppChangeContactUpdateUser  Kind = "app:event.change_contact.update_user"
	KindChangeContactDeleteUser     Kind = "suite:change_contact.delete_user"
	KindAppChangeContactDeleteUser  Kind = "app:event.change_contact.delete_user"
	KindChangeContactCreateParty    Kind = "suite:change_contact.create_party"
	KindAppChangeContactCreateParty Kind = "app:event.change_contact.create_party"
	KindChangeContactUpdateParty    Kind = "suite:change_contact.update_party"
	KindAppChangeContactUpdateParty Kind = "app:event.change_contact.update_party"
	KindChangeContactDeleteParty    Kind = "suite:change_contact.delete_party"
	KindAppChangeContactDeleteParty Kind = "app:event.change_contact.delete_party"
	KindChangeContactUpdateTag      Kind = "suite:change_contact.update_tag"
	KindAppChangeContactUpdateTag   Kind = "app:event.change_contact.update_tag"
)

// MemberData is what an event says about a member. A field is empty if it did not
// change, if the app has no permission for it, or if the form of the event does
// not have it.
type MemberData struct {
	UserID         string       `xml:"UserID"`         // user id (成员UserID)
	OpenUserID     string       `xml:"OpenUserID"`     // global id of the member for the provider; suite form only
	NewUserID      string       `xml:"NewUserID"`      // new user id, if it has changed
	Name           string       `xml:"Name"`           // name; a provider often gets the user id instead
	Department     IntCSV       `xml:"Department"`     // departments within the range of the app
	MainDepartment int64        `xml:"MainDepartment"` // main department
	IsLeaderInDept IntCSV       `xml:"IsLeaderInDept"` // 1 leader, 0 not, in the order of Department
	DirectLeader   CSV          `xml:"DirectLeader"`   // user ids of the direct leaders
	Position       string       `xml:"Position"`       // job title
	Mobile         string       `xml:"Mobile"`         // phone; sensitive
	Gender         Gender       `xml:"Gender"`         // gender
	Email          string       `xml:"Email"`          // mail; sensitive
	BizMail        string       `xml:"BizMail"`        // mail of the corp (企业邮箱); sensitive
	Status         MemberStatus `xml:"Status"`         // state of the member
	Avatar         string       `xml:"Avatar"`         // address of the avatar; sensitive
	Alias          string       `xml:"Alias"`          // alias
	Telephone      string       `xml:"Telephone"`      // land line
	Address        string       `xml:"Address"`        // address; app form only
	ExtAttr        []ExtAttr    `xml:"ExtAttr>Item"`   // custom attributes (扩展属性)
}

// Gender is the gender of a member.
type Gender int

// Genders.
const (
	GenderMale   Gender = 1
	GenderFemale Gender = 2
)

// MemberStatus is the state of a member (激活状态).
type MemberStatus int

// States of a member.
const (
	MemberActive    MemberStatus = 1 // active (已激活)
	MemberDisabled  MemberStatus = 2 // disabled (已禁用)
	MemberNotActive MemberStatus = 4 // not active (未激活); also a member who leaves
)

// ExtAttr is a custom attribute of a member (扩展属性).
type ExtAttr struct {
	Name     string      `xml:"Name"`       // name
	Type     ExtAttrType `xml:"Type"`       // which of the others are set
	Text     string      `xml:"Text>Value"` // the text
	WebTitle string      `xml:"Web>Title"`  // title of the link
	WebURL   string      `xml:"Web>Url"`    // the link
}

// ExtAttrType is the type of a custom attribute.
type ExtAttrType int

// Types of custom attributes.
const (
	ExtAttrText ExtAttrType = 0
	ExtAttrWeb  ExtAttrType = 1
)

// DepartmentData is what an event says about a department. Fields that did not
// change are zero.
type DepartmentData struct {
	ID       int64  `xml:"Id"`       // department id
	Name     string `xml:"Name"`     // name; empty or masked without the permission
	ParentID int64  `xml:"ParentId"` // parent department
	Order    int64  `xml:"Order"`    // place among its siblings, greater first
}

// TagData is what an event says about the members of a tag.
type TagData struct {
	TagID         int64  `xml:"TagId"`         // tag id
	AddUserItems  CSV    `xml:"AddUserItems"`  // user ids added
	DelUserItems  CSV    `xml:"DelUserItems"`  // user ids removed
	AddPartyItems IntCSV `xml:"AddPartyItems"` // departments added
	DelPartyItems IntCSV `xml:"DelPartyItems"` // departments removed
}

// ChangeContactCreateUser reports that a member has come into the visible range
// of the app (新增成员事件).
//
// Upsert the member. Most apps get UserID, OpenUserID, Department and Status
// only; the rest is for contact-management apps (通讯录管理) and for sensitive
// data that was granted. Read by API what else is needed.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92654
type ChangeContactCreateUser struct {
	SuiteCorpHead
	MemberData
}

// Kind returns [KindChangeContactCreateUser].
func (ChangeContactCreateUser) Kind() Kind { return KindChangeContactCreateUser }

// AppChangeContactCreateUser is [ChangeContactCreateUser] in app form, for
// customised (代开发) and self-built apps (新增成员事件).
//
// Upsert the member. Unknown: whether it also comes to the data URL of
// third-party apps, beside the suite form.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90970
type AppChangeContactCreateUser struct {
	AppEventHead
	MemberData
}

// Kind returns [KindAppChangeContactCreateUser].
func (AppChangeContactCreateUser) Kind() Kind { return KindAppChangeContactCreateUser }

// ChangeContactUpdateUser reports that a member has changed (更新成员事件).
//
// Update the fields that are there; if NewUserID is not empty, the user id
// has become that.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92654
type ChangeContactUpdateUser struct {
	SuiteCorpHead
	MemberData
}

// Kind returns [KindChangeContactUpdateUser].
func (ChangeContactUpdateUser) Kind() Kind { return KindChangeContactUpdateUser }

// AppChangeContactUpdateUser is [ChangeContactUpdateUser] in app form, for
// customised (代开发) and self-built apps (更新成员事件).
//
// Update the fields that are there; if NewUserID is not empty, the user id
// has become that. Callback URLs set after 2022-08-15 get changes of user id
// and departments only.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90970
type AppChangeContactUpdateUser struct {
	AppEventHead
	MemberData
}

// Kind returns [KindAppChangeContactUpdateUser].
func (AppChangeContactUpdateUser) Kind() Kind { return KindAppChangeContactUpdateUser }

// ChangeContactDeleteUser reports that a member has left the visible range of
// the app (删除成员事件).
//
// Mark the member as gone; the member may come back.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92654
type ChangeContactDeleteUser struct {
	SuiteCorpHead
	UserID     string `xml:"UserID"`     // user id (成员UserID)
	OpenUserID string `xml:"OpenUserID"` // global id of the member for the provider
}

// Kind returns [KindChangeContactDeleteUser].
func (ChangeContactDeleteUser) Kind() Kind { return KindChangeContactDeleteUser }

// AppChangeContactDeleteUser is [ChangeContactDeleteUser] in app form, for
// customised (代开发) and self-built apps (删除成员事件).
//
// Mark the member as gone; the member may come back.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90970
type AppChangeContactDeleteUser struct {
	AppEventHead
	UserID string `xml:"UserID"` // user id (成员UserID)
}

// Kind returns [KindAppChangeContactDeleteUser].
func (AppChangeContactDeleteUser) Kind() Kind { return KindAppChangeContactDeleteUser }

// ChangeContactCreateParty reports that a department was added (新增部门事件).
//
// Upsert the department.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92655
type ChangeContactCreateParty struct {
	SuiteCorpHead
	DepartmentData
}

// Kind returns [KindChangeContactCreateParty].
func (ChangeContactCreateParty) Kind() Kind { return KindChangeContactCreateParty }

// AppChangeContactCreateParty is [ChangeContactCreateParty] in app form, for
// customised (代开发) and self-built apps (新增部门事件).
//
// Upsert the department.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90971
type AppChangeContactCreateParty struct {
	AppEventHead
	DepartmentData
}

// Kind returns [KindAppChangeContactCreateParty].
func (AppChangeContactCreateParty) Kind() Kind { return KindAppChangeContactCreateParty }

// ChangeContactUpdateParty reports that a department has changed (更新部门事件).
//
// Update the fields that are there. Order is not sent.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92655
type ChangeContactUpdateParty struct {
	SuiteCorpHead
	DepartmentData
}

// Kind returns [KindChangeContactUpdateParty].
func (ChangeContactUpdateParty) Kind() Kind { return KindChangeContactUpdateParty }

// AppChangeContactUpdateParty is [ChangeContactUpdateParty] in app form, for
// customised (代开发) and self-built apps (更新部门事件).
//
// Update the fields that are there. Newer callback URLs get changes of
// ParentID only.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90971
type AppChangeContactUpdateParty struct {
	AppEventHead
	DepartmentData
}

// Kind returns [KindAppChangeContactUpdateParty].
func (AppChangeContactUpdateParty) Kind() Kind { return KindAppChangeContactUpdateParty }

// ChangeContactDeleteParty reports that a department was removed (删除部门事件).
//
// Delete the department.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92655
type ChangeContactDeleteParty struct {
	SuiteCorpHead
	ID int64 `xml:"Id"` // department id
}

// Kind returns [KindChangeContactDeleteParty].
func (ChangeContactDeleteParty) Kind() Kind { return KindChangeContactDeleteParty }

// AppChangeContactDeleteParty is [ChangeContactDeleteParty] in app form, for
// customised (代开发) and self-built apps (删除部门事件).
//
// Delete the department.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90971
type AppChangeContactDeleteParty struct {
	AppEventHead
	ID int64 `xml:"Id"` // department id
}

// Kind returns [KindAppChangeContactDeleteParty].
func (AppChangeContactDeleteParty) Kind() Kind { return KindAppChangeContactDeleteParty }

// ChangeContactUpdateTag reports that the members of a tag have changed
// (标签成员变更事件).
//
// Read the tag again: the order of this event and those about members is not
// guaranteed. Changes that the app made by API are not sent.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92656
type ChangeContactUpdateTag struct {
	SuiteCorpHead
	TagData
}

// Kind returns [KindChangeContactUpdateTag].
func (ChangeContactUpdateTag) Kind() Kind { return KindChangeContactUpdateTag }

// AppChangeContactUpdateTag is [ChangeContactUpdateTag] in app form, for
// customised (代开发) and self-built apps (标签成员变更事件).
//
// Read the tag again: the order of this event and those about members is not
// guaranteed.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90972
type AppChangeContactUpdateTag struct {
	AppEventHead
	TagData
}

// Kind returns [KindAppChangeContactUpdateTag].
func (AppChangeContactUpdateTag) Kind() Kind { return KindAppChangeContactUpdateTag }
