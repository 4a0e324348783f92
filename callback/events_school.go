package callback

// Kinds of the changes of school contacts (家校通讯录变更事件), in suite form for
// third-party apps and in app form for customised (代开发) and self-built apps.
const (
	KindChangeSchoolContactCreateDepartment    Kind = "suite:change_school_contact.create_department"
	KindAppChangeSchoolContactCreateDepartment Kind = "app:event.change_school_contact.create_department"
	KindChangeSchoolContactUpdateDepartment    Kind = "suite:change_school_contact.update_department"
	KindAppChangeSchoolContactUpdateDepartment Kind = "app:event.change_school_contact.update_department"
	KindChangeSchoolContactDeleteDepartment    Kind = "suite:change_school_contact.delete_department"
	KindAppChangeSchoolContactDeleteDepartment Kind = "app:event.change_school_contact.delete_department"
	KindChangeSchoolContactCreateStudent       Kind = "suite:change_school_contact.create_student"
	KindAppChangeSchoolContactCreateStudent    Kind = "app:event.change_school_contact.create_student"
	KindChangeSchoolContactUpdateStudent       Kind = "suite:change_school_contact.update_student"
	KindAppChangeSchoolContactUpdateStudent    Kind = "app:event.change_school_contact.update_student"
	KindChangeSchoolContactDeleteStudent       Kind = "suite:change_school_contact.delete_student"
	KindAppChangeSchoolContactDeleteStudent    Kind = "app:event.change_school_contact.delete_student"
	KindChangeSchoolContactCreateParent        Kind = "suite:change_school_contact.create_parent"
	KindAppChangeSchoolContactCreateParent     Kind = "app:event.change_school_contact.create_parent"
	KindChangeSchoolContactUpdateParent        Kind = "suite:change_school_contact.update_parent"
	KindAppChangeSchoolContactUpdateParent     Kind = "app:event.change_school_contact.update_parent"
	KindChangeSchoolContactDeleteParent        Kind = "suite:change_school_contact.delete_parent"
	KindAppChangeSchoolContactDeleteParent     Kind = "app:event.change_school_contact.delete_parent"
	KindChangeSchoolContactSubscribe           Kind = "suite:change_school_contact.subscribe"
	KindAppChangeSchoolContactSubscribe        Kind = "app:event.change_school_contact.subscribe"
	KindChangeSchoolContactUnsubscribe         Kind = "suite:change_school_contact.unsubscribe"
	KindAppChangeSchoolContactUnsubscribe      Kind = "app:event.change_school_contact.unsubscribe"
	KindChangeSchoolContactBatch               Kind = "suite:change_school_contact_batch"
)

// SchoolContact names a department, a student or a parent.
type SchoolContact struct {
	ID string `xml:"Id"` // department id, user id of the student or of the parent
}

// RenamedSchoolContact names a student or a parent whose id may have changed.
type RenamedSchoolContact struct {
	SchoolContact
	NewID string `xml:"NewId"` // new user id, if it has changed
}

// SchoolChange is one change of a [ChangeSchoolContactBatch].
type SchoolChange struct {
	TimeStamp  UnixTime `xml:"TimeStamp"`  // when it happened
	ChangeType string   `xml:"ChangeType"` // as create_student
	ID         string   `xml:"Id"`         // department id, user id of the student or of the parent
	NewID      string   `xml:"NewId"`      // new user id, if it has changed
}

// ChangeSchoolContactCreateDepartment reports that a department of a school was
// added (新增家校通讯录部门事件).
//
// Read the department by API. WeCom also spells it create_deparmtment.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92050
type ChangeSchoolContactCreateDepartment struct {
	SuiteCorpHead
	SchoolContact
}

// Kind returns [KindChangeSchoolContactCreateDepartment].
func (ChangeSchoolContactCreateDepartment) Kind() Kind {
	return KindChangeSchoolContactCreateDepartment
}

// AppChangeSchoolContactCreateDepartment is
// [ChangeSchoolContactCreateDepartment] in app form, for customised (代开发) and
// self-built apps (新增家校通讯录部门事件). Apps need the right to read the school
// contacts.
//
// Read the department by API. WeCom also spells it create_deparmtment.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92052
type AppChangeSchoolContactCreateDepartment struct {
	AppEventHead
	SchoolContact
}

// Kind returns [KindAppChangeSchoolContactCreateDepartment].
func (AppChangeSchoolContactCreateDepartment) Kind() Kind {
	return KindAppChangeSchoolContactCreateDepartment
}

// ChangeSchoolContactUpdateDepartment reports that a department of a school has
// changed (更新家校通讯录部门事件).
//
// Read the department by API. WeCom also spells it update_deparmtment.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92050
type ChangeSchoolContactUpdateDepartment struct {
	SuiteCorpHead
	SchoolContact
}

// Kind returns [KindChangeSchoolContactUpdateDepartment].
func (ChangeSchoolContactUpdateDepartment) Kind() Kind {
	return KindChangeSchoolContactUpdateDepartment
}

// AppChangeSchoolContactUpdateDepartment is
// [ChangeSchoolContactUpdateDepartment] in app form, for customised (代开发) and
// self-built apps (更新家校通讯录部门事件). Apps need the right to read the school
// contacts.
//
// Read the department by API. WeCom also spells it update_deparmtment.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92052
type AppChangeSchoolContactUpdateDepartment struct {
	AppEventHead
	SchoolContact
}

// Kind returns [KindAppChangeSchoolContactUpdateDepartment].
func (AppChangeSchoolContactUpdateDepartment) Kind() Kind {
	return KindAppChangeSchoolContactUpdateDepartment
}

// ChangeSchoolContactDeleteDepartment reports that a department of a school was
// removed (删除家校通讯录部门事件).
//
// Delete the record. WeCom also spells it delete_deparmtment.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92050
type ChangeSchoolContactDeleteDepartment struct {
	SuiteCorpHead
	SchoolContact
}

// Kind returns [KindChangeSchoolContactDeleteDepartment].
func (ChangeSchoolContactDeleteDepartment) Kind() Kind {
	return KindChangeSchoolContactDeleteDepartment
}

// AppChangeSchoolContactDeleteDepartment is
// [ChangeSchoolContactDeleteDepartment] in app form, for customised (代开发) and
// self-built apps (删除家校通讯录部门事件). Apps need the right to read the school
// contacts.
//
// Delete the record. WeCom also spells it delete_deparmtment.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92052
type AppChangeSchoolContactDeleteDepartment struct {
	AppEventHead
	SchoolContact
}

// Kind returns [KindAppChangeSchoolContactDeleteDepartment].
func (AppChangeSchoolContactDeleteDepartment) Kind() Kind {
	return KindAppChangeSchoolContactDeleteDepartment
}

// ChangeSchoolContactCreateStudent reports that a student was added (新增学生事件).
//
// Read the student by API.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92051
type ChangeSchoolContactCreateStudent struct {
	SuiteCorpHead
	SchoolContact
}

// Kind returns [KindChangeSchoolContactCreateStudent].
func (ChangeSchoolContactCreateStudent) Kind() Kind { return KindChangeSchoolContactCreateStudent }

// AppChangeSchoolContactCreateStudent is [ChangeSchoolContactCreateStudent]
// in app form, for customised (代开发) and self-built apps (新增学生事件). Apps need
// the right to read the school contacts.
//
// Read the student by API.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92032
type AppChangeSchoolContactCreateStudent struct {
	AppEventHead
	SchoolContact
}

// Kind returns [KindAppChangeSchoolContactCreateStudent].
func (AppChangeSchoolContactCreateStudent) Kind() Kind {
	return KindAppChangeSchoolContactCreateStudent
}

// ChangeSchoolContactUpdateStudent reports that a student has changed
// (更新学生事件).
//
// Read the student by API. If NewID is not empty, the user id has become
// that.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92051
type ChangeSchoolContactUpdateStudent struct {
	SuiteCorpHead
	RenamedSchoolContact
}

// Kind returns [KindChangeSchoolContactUpdateStudent].
func (ChangeSchoolContactUpdateStudent) Kind() Kind { return KindChangeSchoolContactUpdateStudent }

// AppChangeSchoolContactUpdateStudent is [ChangeSchoolContactUpdateStudent]
// in app form, for customised (代开发) and self-built apps (更新学生事件). Apps need
// the right to read the school contacts.
//
// Read the student by API. If NewID is not empty, the user id has become
// that.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92032
type AppChangeSchoolContactUpdateStudent struct {
	AppEventHead
	RenamedSchoolContact
}

// Kind returns [KindAppChangeSchoolContactUpdateStudent].
func (AppChangeSchoolContactUpdateStudent) Kind() Kind {
	return KindAppChangeSchoolContactUpdateStudent
}

// ChangeSchoolContactDeleteStudent reports that a student was removed
// (删除学生事件).
//
// Delete the record.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92051
type ChangeSchoolContactDeleteStudent struct {
	SuiteCorpHead
	SchoolContact
}

// Kind returns [KindChangeSchoolContactDeleteStudent].
func (ChangeSchoolContactDeleteStudent) Kind() Kind { return KindChangeSchoolContactDeleteStudent }

// AppChangeSchoolContactDeleteStudent is [ChangeSchoolContactDeleteStudent]
// in app form, for customised (代开发) and self-built apps (删除学生事件). Apps need
// the right to read the school contacts.
//
// Delete the record.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92032
type AppChangeSchoolContactDeleteStudent struct {
	AppEventHead
	SchoolContact
}

// Kind returns [KindAppChangeSchoolContactDeleteStudent].
func (AppChangeSchoolContactDeleteStudent) Kind() Kind {
	return KindAppChangeSchoolContactDeleteStudent
}

// ChangeSchoolContactCreateParent reports that a parent was added (新增家长事件).
//
// Read the parent by API.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92051
type ChangeSchoolContactCreateParent struct {
	SuiteCorpHead
	SchoolContact
}

// Kind returns [KindChangeSchoolContactCreateParent].
func (ChangeSchoolContactCreateParent) Kind() Kind { return KindChangeSchoolContactCreateParent }

// AppChangeSchoolContactCreateParent is [ChangeSchoolContactCreateParent] in
// app form, for customised (代开发) and self-built apps (新增家长事件). Apps need the
// right to read the school contacts.
//
// Read the parent by API.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92032
type AppChangeSchoolContactCreateParent struct {
	AppEventHead
	SchoolContact
}

// Kind returns [KindAppChangeSchoolContactCreateParent].
func (AppChangeSchoolContactCreateParent) Kind() Kind { return KindAppChangeSchoolContactCreateParent }

// ChangeSchoolContactUpdateParent reports that a parent has changed (更新家长事件).
//
// Read the parent by API. If NewID is not empty, the user id has become that.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92051
type ChangeSchoolContactUpdateParent struct {
	SuiteCorpHead
	RenamedSchoolContact
}

// Kind returns [KindChangeSchoolContactUpdateParent].
func (ChangeSchoolContactUpdateParent) Kind() Kind { return KindChangeSchoolContactUpdateParent }

// AppChangeSchoolContactUpdateParent is [ChangeSchoolContactUpdateParent] in
// app form, for customised (代开发) and self-built apps (更新家长事件). Apps need the
// right to read the school contacts.
//
// Read the parent by API. If NewID is not empty, the user id has become that.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92032
type AppChangeSchoolContactUpdateParent struct {
	AppEventHead
	RenamedSchoolContact
}

// Kind returns [KindAppChangeSchoolContactUpdateParent].
func (AppChangeSchoolContactUpdateParent) Kind() Kind { return KindAppChangeSchoolContactUpdateParent }

// ChangeSchoolContactDeleteParent reports that a parent was removed (删除家长事件).
//
// Delete the record.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92051
type ChangeSchoolContactDeleteParent struct {
	SuiteCorpHead
	SchoolContact
}

// Kind returns [KindChangeSchoolContactDeleteParent].
func (ChangeSchoolContactDeleteParent) Kind() Kind { return KindChangeSchoolContactDeleteParent }

// AppChangeSchoolContactDeleteParent is [ChangeSchoolContactDeleteParent] in
// app form, for customised (代开发) and self-built apps (删除家长事件). Apps need the
// right to read the school contacts.
//
// Delete the record.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92032
type AppChangeSchoolContactDeleteParent struct {
	AppEventHead
	SchoolContact
}

// Kind returns [KindAppChangeSchoolContactDeleteParent].
func (AppChangeSchoolContactDeleteParent) Kind() Kind { return KindAppChangeSchoolContactDeleteParent }

// ChangeSchoolContactSubscribe reports that a parent follows the notices of the
// school (家长关注事件).
//
// Read the parent by API.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92051
type ChangeSchoolContactSubscribe struct {
	SuiteCorpHead
	SchoolContact
}

// Kind returns [KindChangeSchoolContactSubscribe].
func (ChangeSchoolContactSubscribe) Kind() Kind { return KindChangeSchoolContactSubscribe }

// AppChangeSchoolContactSubscribe is [ChangeSchoolContactSubscribe] in app
// form, for customised (代开发) and self-built apps (家长关注事件). Apps need the
// right to read the school contacts.
//
// Read the parent by API.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92032
type AppChangeSchoolContactSubscribe struct {
	AppEventHead
	SchoolContact
}

// Kind returns [KindAppChangeSchoolContactSubscribe].
func (AppChangeSchoolContactSubscribe) Kind() Kind { return KindAppChangeSchoolContactSubscribe }

// ChangeSchoolContactUnsubscribe reports that a parent has stopped following
// the notices of the school (家长取消关注事件).
//
// Read the parent by API.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92051
type ChangeSchoolContactUnsubscribe struct {
	SuiteCorpHead
	SchoolContact
}

// Kind returns [KindChangeSchoolContactUnsubscribe].
func (ChangeSchoolContactUnsubscribe) Kind() Kind { return KindChangeSchoolContactUnsubscribe }

// AppChangeSchoolContactUnsubscribe is [ChangeSchoolContactUnsubscribe] in
// app form, for customised (代开发) and self-built apps (家长取消关注事件). Apps need
// the right to read the school contacts.
//
// Read the parent by API.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92032
type AppChangeSchoolContactUnsubscribe struct {
	AppEventHead
	SchoolContact
}

// Kind returns [KindAppChangeSchoolContactUnsubscribe].
func (AppChangeSchoolContactUnsubscribe) Kind() Kind { return KindAppChangeSchoolContactUnsubscribe }

// ChangeSchoolContactBatch reports several changes of school contacts at
// once (家校通讯录批量变更事件).
//
// Handle each change like the event of its ChangeType.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/97281
type ChangeSchoolContactBatch struct {
	SuiteCorpHead
	ChangeList []SchoolChange `xml:"ChangeList"` // the changes
}

// Kind returns [KindChangeSchoolContactBatch].
func (ChangeSchoolContactBatch) Kind() Kind { return KindChangeSchoolContactBatch }
