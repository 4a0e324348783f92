package callback

// Kinds of the events of documents (文档), smart sheets (智能表格), the drive (微盘)
// and mail (邮件), in app form.
const (
	KindAppDocChangeDocMemberChange                      Kind = "app:event.doc_change.doc_member_change"
	KindAppDocChangeDeleteDoc                            Kind = "app:event.doc_change.delete_doc"
	KindAppDocChangeFormComplete                         Kind = "app:event.doc_change.form_complete"
	KindAppDocChangeDeleteForm                           Kind = "app:event.doc_change.delete_form"
	KindAppDocChangeFormSettingsChange                   Kind = "app:event.doc_change.form_settings_change"
	KindAppSmartSheetChangeAddField                      Kind = "app:event.smart_sheet_change.add_filed"
	KindAppSmartSheetChangeUpdateField                   Kind = "app:event.smart_sheet_change.update_filed"
	KindAppSmartSheetChangeDeleteField                   Kind = "app:event.smart_sheet_change.delete_filed"
	KindAppSmartSheetChangeAddRecord                     Kind = "app:event.smart_sheet_change.add_record"
	KindAppSmartSheetChangeUpdateRecord                  Kind = "app:event.smart_sheet_change.update_record"
	KindAppSmartSheetChangeDeleteRecord                  Kind = "app:event.smart_sheet_change.delete_record"
	KindAppWedriveInsufficientCapacity                   Kind = "app:event.wedrive_insufficient_capacity"
	KindAppWedriveSpaceChangeDismissSpace                Kind = "app:event.wedrive_space_change.dismiss_space"
	KindAppWedriveSpaceChangeSpaceMemberChange           Kind = "app:event.wedrive_space_change.space_member_change"
	KindAppWedriveSpaceChangeSpaceSecuritySettingsChange Kind = "app:event.wedrive_space_change.space_security_settings_change"
	KindAppWedriveFileChangeCreateFile                   Kind = "app:event.wedrive_file_change.create_file"
	KindAppWedriveFileChangeRenameFile                   Kind = "app:event.wedrive_file_change.rename_file"
	KindAppWedriveFileChangeUpdateFile                   Kind = "app:event.wedrive_file_change.update_file"
	KindAppWedriveFileChangeDeleteFile                   Kind = "app:event.wedrive_file_change.delete_file"
	KindAppWedriveFileChangeMoveFile                     Kind = "app:event.wedrive_file_change.move_file"
	KindAppAppEmailChangeReceiveEmail                    Kind = "app:event.app_email_change.receive_email"
)

// Documents names documents.
type Documents struct {
	DocIDs []string `xml:"DocId"` // documents
}

// Forms names forms (收集表).
type Forms struct {
	FormIDs []string `xml:"FormId"` // forms
}

// SheetFields names fields of a smart sheet. FromUserName of its events is a
// tmp_external_userid if the change was made by somebody outside the corp.
type SheetFields struct {
	DocID    string   `xml:"DocId"`   // document
	SheetID  string   `xml:"SheetId"` // sheet in it (子表)
	FieldIDs []string `xml:"FieldId"` // fields, at most 1000; more come in further events
}

// SheetRecords names records of a smart sheet. FromUserName of its events is a
// tmp_external_userid if the change was made by somebody outside the corp.
type SheetRecords struct {
	DocID     string   `xml:"DocId"`    // document
	SheetID   string   `xml:"SheetId"`  // sheet in it (子表)
	RecordIDs []string `xml:"RecordId"` // records, at most 1000; more come in further events
}

// DriveSpaces names spaces of the drive.
type DriveSpaces struct {
	SpaceIDs []string `xml:"SpaceId"` // spaces
}

// DriveFiles names files of the drive.
type DriveFiles struct {
	FileIDs []string `xml:"FileId"` // files
}

// AppDocChangeDocMemberChange reports that the members of documents have
// changed (修改文档成员事件).
//
// Read the documents again. Only those created by API are reported.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/97839
type AppDocChangeDocMemberChange struct {
	AppEventHead
	Documents
}

// Kind returns [KindAppDocChangeDocMemberChange].
func (AppDocChangeDocMemberChange) Kind() Kind { return KindAppDocChangeDocMemberChange }

// AppDocChangeDeleteDoc reports that documents were deleted (删除文档事件).
//
// Delete them. Only those created by API are reported.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/97840
type AppDocChangeDeleteDoc struct {
	AppEventHead
	Documents
}

// Kind returns [KindAppDocChangeDeleteDoc].
func (AppDocChangeDeleteDoc) Kind() Kind { return KindAppDocChangeDeleteDoc }

// AppDocChangeFormComplete reports that forms were filled in (收集表完成事件).
//
// Read the answers. Only those created by API are reported.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/97841
type AppDocChangeFormComplete struct {
	AppEventHead
	Forms
}

// Kind returns [KindAppDocChangeFormComplete].
func (AppDocChangeFormComplete) Kind() Kind { return KindAppDocChangeFormComplete }

// AppDocChangeDeleteForm reports that forms were deleted (删除收集表事件).
//
// Delete them. Only those created by API are reported.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/98055
type AppDocChangeDeleteForm struct {
	AppEventHead
	Forms
}

// Kind returns [KindAppDocChangeDeleteForm].
func (AppDocChangeDeleteForm) Kind() Kind { return KindAppDocChangeDeleteForm }

// AppDocChangeFormSettingsChange reports that the settings of forms have
// changed (修改收集表设置事件).
//
// Read the forms again. Only those created by API are reported.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/98056
type AppDocChangeFormSettingsChange struct {
	AppEventHead
	Forms
}

// Kind returns [KindAppDocChangeFormSettingsChange].
func (AppDocChangeFormSettingsChange) Kind() Kind { return KindAppDocChangeFormSettingsChange }

// AppSmartSheetChangeAddField reports that fields of a smart sheet created by API
// were added (新增字段事件). WeCom spells it add_filed.
//
// Read the fields.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/101016
type AppSmartSheetChangeAddField struct {
	AppEventHead
	SheetFields
}

// Kind returns [KindAppSmartSheetChangeAddField].
func (AppSmartSheetChangeAddField) Kind() Kind { return KindAppSmartSheetChangeAddField }

// AppSmartSheetChangeUpdateField reports that fields of a smart sheet created by
// API have changed (更新字段事件). WeCom spells it update_filed.
//
// Read the fields.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/101016
type AppSmartSheetChangeUpdateField struct {
	AppEventHead
	SheetFields
}

// Kind returns [KindAppSmartSheetChangeUpdateField].
func (AppSmartSheetChangeUpdateField) Kind() Kind { return KindAppSmartSheetChangeUpdateField }

// AppSmartSheetChangeDeleteField reports that fields of a smart sheet created by
// API were deleted (删除字段事件). WeCom spells it delete_filed.
//
// Delete them.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/101016
type AppSmartSheetChangeDeleteField struct {
	AppEventHead
	SheetFields
}

// Kind returns [KindAppSmartSheetChangeDeleteField].
func (AppSmartSheetChangeDeleteField) Kind() Kind { return KindAppSmartSheetChangeDeleteField }

// AppSmartSheetChangeAddRecord reports that records of a smart sheet created by
// API were added (新增记录事件).
//
// Read the records.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/101017
type AppSmartSheetChangeAddRecord struct {
	AppEventHead
	SheetRecords
}

// Kind returns [KindAppSmartSheetChangeAddRecord].
func (AppSmartSheetChangeAddRecord) Kind() Kind { return KindAppSmartSheetChangeAddRecord }

// AppSmartSheetChangeUpdateRecord reports that records of a smart sheet created by
// API have changed (更新记录事件).
//
// Read the records.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/101017
type AppSmartSheetChangeUpdateRecord struct {
	AppEventHead
	SheetRecords
}

// Kind returns [KindAppSmartSheetChangeUpdateRecord].
func (AppSmartSheetChangeUpdateRecord) Kind() Kind { return KindAppSmartSheetChangeUpdateRecord }

// AppSmartSheetChangeDeleteRecord reports that records of a smart sheet created by
// API were deleted (删除记录事件).
//
// Delete them.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/101017
type AppSmartSheetChangeDeleteRecord struct {
	AppEventHead
	SheetRecords
}

// Kind returns [KindAppSmartSheetChangeDeleteRecord].
func (AppSmartSheetChangeDeleteRecord) Kind() Kind { return KindAppSmartSheetChangeDeleteRecord }

// AppWedriveInsufficientCapacity reports that the drive of the corp is more
// than 90 percent full (微盘容量不足事件); at most once a day.
//
// Tell the corp.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/97972
type AppWedriveInsufficientCapacity struct {
	AppEventHead
}

// Kind returns [KindAppWedriveInsufficientCapacity].
func (AppWedriveInsufficientCapacity) Kind() Kind { return KindAppWedriveInsufficientCapacity }

// AppWedriveSpaceChangeDismissSpace reports that spaces of the drive were
// dissolved (解散空间事件).
//
// Mark them as dissolved.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/97973
type AppWedriveSpaceChangeDismissSpace struct {
	AppEventHead
	DriveSpaces
}

// Kind returns [KindAppWedriveSpaceChangeDismissSpace].
func (AppWedriveSpaceChangeDismissSpace) Kind() Kind { return KindAppWedriveSpaceChangeDismissSpace }

// AppWedriveSpaceChangeSpaceMemberChange reports that the members of spaces of
// the drive have changed (空间成员变更事件).
//
// Read the spaces again.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/97973
type AppWedriveSpaceChangeSpaceMemberChange struct {
	AppEventHead
	DriveSpaces
}

// Kind returns [KindAppWedriveSpaceChangeSpaceMemberChange].
func (AppWedriveSpaceChangeSpaceMemberChange) Kind() Kind {
	return KindAppWedriveSpaceChangeSpaceMemberChange
}

// AppWedriveSpaceChangeSpaceSecuritySettingsChange reports that the security
// settings of spaces of the drive have changed (空间安全设置变更事件).
//
// Read the spaces again.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/97973
type AppWedriveSpaceChangeSpaceSecuritySettingsChange struct {
	AppEventHead
	DriveSpaces
}

// Kind returns [KindAppWedriveSpaceChangeSpaceSecuritySettingsChange].
func (AppWedriveSpaceChangeSpaceSecuritySettingsChange) Kind() Kind {
	return KindAppWedriveSpaceChangeSpaceSecuritySettingsChange
}

// AppWedriveFileChangeCreateFile reports that files of the drive were made
// (新建文件事件).
//
// Read the files.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/97975
type AppWedriveFileChangeCreateFile struct {
	AppEventHead
	DriveFiles
}

// Kind returns [KindAppWedriveFileChangeCreateFile].
func (AppWedriveFileChangeCreateFile) Kind() Kind { return KindAppWedriveFileChangeCreateFile }

// AppWedriveFileChangeRenameFile reports that files of the drive were renamed
// (重命名文件事件).
//
// Read the files.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/97975
type AppWedriveFileChangeRenameFile struct {
	AppEventHead
	DriveFiles
}

// Kind returns [KindAppWedriveFileChangeRenameFile].
func (AppWedriveFileChangeRenameFile) Kind() Kind { return KindAppWedriveFileChangeRenameFile }

// AppWedriveFileChangeUpdateFile reports that files of the drive have changed
// (更新文件事件).
//
// Read the files.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/97975
type AppWedriveFileChangeUpdateFile struct {
	AppEventHead
	DriveFiles
}

// Kind returns [KindAppWedriveFileChangeUpdateFile].
func (AppWedriveFileChangeUpdateFile) Kind() Kind { return KindAppWedriveFileChangeUpdateFile }

// AppWedriveFileChangeDeleteFile reports that files of the drive were deleted
// (删除文件事件).
//
// Delete them.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/97975
type AppWedriveFileChangeDeleteFile struct {
	AppEventHead
	DriveFiles
}

// Kind returns [KindAppWedriveFileChangeDeleteFile].
func (AppWedriveFileChangeDeleteFile) Kind() Kind { return KindAppWedriveFileChangeDeleteFile }

// AppWedriveFileChangeMoveFile reports that files of the drive were moved
// (移动文件事件).
//
// Read the files.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/97975
type AppWedriveFileChangeMoveFile struct {
	AppEventHead
	DriveFiles
}

// Kind returns [KindAppWedriveFileChangeMoveFile].
func (AppWedriveFileChangeMoveFile) Kind() Kind { return KindAppWedriveFileChangeMoveFile }

// AppAppEmailChangeReceiveEmail reports that the mailbox of the app has
// received mail (应用邮箱收到邮件事件).
//
// List the new mail.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/97517
type AppAppEmailChangeReceiveEmail struct {
	AppEventHead
	Amount int `xml:"Amount"` // number of new mails
}

// Kind returns [KindAppAppEmailChangeReceiveEmail].
func (AppAppEmailChangeReceiveEmail) Kind() Kind { return KindAppAppEmailChangeReceiveEmail }
