package callback

import "github.com/wecom-isv/wecom"

// Kinds of the events about finished jobs.
const (
	KindBatchJobResult          Kind = "suite:batch_job_result"
	KindProviderBatchJobResult  Kind = "provider:batch_job_result"
	KindAppBatchJobResult       Kind = "app:event.batch_job_result"
	KindAppUploadMediaJobFinish Kind = "app:event.upload_media_job_finish"
)

// BatchJob is the outcome of an asynchronous job (异步任务).
type BatchJob struct {
	JobID   string     `xml:"JobId"`   // job id, at most 64 characters
	JobType JobType    `xml:"JobType"` // what the job did
	ErrCode wecom.Code `xml:"ErrCode"` // 0: success
	ErrMsg  string     `xml:"ErrMsg"`  // text of ErrCode
}

// JobType is what an asynchronous job does.
type JobType string

// Types of jobs.
const (
	JobSyncUser           JobType = "sync_user"            // update members (增量更新成员)
	JobReplaceUser        JobType = "replace_user"         // replace members (全量覆盖成员)
	JobInviteUser         JobType = "invite_user"          // invite members (邀请成员关注)
	JobReplaceParty       JobType = "replace_party"        // replace departments (全量覆盖部门)
	JobExportUser         JobType = "export_user"          // export members with details (导出成员详情)
	JobExportSimpleUser   JobType = "export_simple_user"   // export members (导出成员)
	JobExportDepartment   JobType = "export_department"    // export departments (导出部门)
	JobExportTagUser      JobType = "export_taguser"       // export the members of a tag (导出标签成员)
	JobImportChainContact JobType = "import_chain_contact" // import contacts of an up- and downstream (批量导入上下游联系人)
	JobContactIDTranslate JobType = "contact_id_translate" // translate ids in a file (通讯录ID转译)
)

// BatchJobResult reports that an export of contacts is finished (异步任务完成通知).
//
// Fetch the result by the job id. The event does not name the corp: keep
// which corp a job belongs to.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/94956
type BatchJobResult struct {
	SuiteHead
	BatchJob BatchJob `xml:"BatchJob"` // the outcome
}

// Kind returns [KindBatchJobResult].
func (BatchJobResult) Kind() Kind { return KindBatchJobResult }

// ProviderBatchJobResult reports that a translation of contact ids
// (通讯录ID转译) is finished (异步任务完成通知).
//
// Fetch the result with the provider token (service/batch/getresult).
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/91875
type ProviderBatchJobResult struct {
	ProviderCorpHead
	BatchJob BatchJob `xml:"BatchJob"` // the outcome
}

// Kind returns [KindProviderBatchJobResult].
func (ProviderBatchJobResult) Kind() Kind { return KindProviderBatchJobResult }

// AppBatchJobResult reports that an asynchronous job is finished
// (异步任务完成事件推送).
//
// Fetch the result by the job id. Third-party apps get their exports as
// [BatchJobResult]. FromUserName is "sys" or a member.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90973
type AppBatchJobResult struct {
	AppEventHead
	BatchJob BatchJob `xml:"BatchJob"` // the outcome
}

// Kind returns [KindAppBatchJobResult].
func (AppBatchJobResult) Kind() Kind { return KindAppBatchJobResult }

// AppUploadMediaJobFinish reports that an asynchronous upload of media is
// finished (异步上传任务完成通知).
//
// Fetch the result by the job id.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/96219
type AppUploadMediaJobFinish struct {
	AppEventHead
	JobID string `xml:"JobId"` // job id
}

// Kind returns [KindAppUploadMediaJobFinish].
func (AppUploadMediaJobFinish) Kind() Kind { return KindAppUploadMediaJobFinish }
