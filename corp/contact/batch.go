package contact

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/poll"
	"github.com/wecom-isv/wecom/internal/valid"
)

// Batch are the imports of whole files (异步批量接口) and the invitation. It is safe for
// concurrent use.
//
// An import takes a CSV file in UTF-8, uploaded as a file with media.Client.Upload
// and the same credential; [WriteUsersCSV] and [WriteDepartmentsCSV] write one. It runs
// on its own: [Batch.WaitResult] waits for its end, which the callback of the
// request, if there is one, tells as well (batch_job_result).
type Batch struct{ token wecom.AccessToken }

// Batch returns the imports.
func (c *Client) Batch() Batch { return Batch{c.token} }

// JobCallback is where the end of a job is told, apart from the app's own callback
// address.
type JobCallback struct {
	URL    string       // http or https
	Token  wecom.Secret // signs the event
	AESKey wecom.Secret // EncodingAESKey, 43 characters; seals the event
}

// ImportRequest is an import of members.
type ImportRequest struct {
	MediaID string // the uploaded CSV; required
	// ToInvite says whether WeCom invites the members that the import makes. nil means
	// yes: a migration wants new(false).
	ToInvite *bool
	Callback JobCallback // optional
}

type importBody struct {
	MediaID  string       `json:"media_id"`
	ToInvite *bool        `json:"to_invite,omitzero"`
	Callback callbackBody `json:"callback,omitzero"`
}

type callbackBody struct {
	URL    string `json:"url,omitzero"`
	Token  string `json:"token,omitzero"`
	AESKey string `json:"encodingaeskey,omitzero"`
}

func (r ImportRequest) body(op string) (importBody, error) {
	var c valid.Checks
	c.Set("MediaID", r.MediaID)
	return importBody{
		MediaID: r.MediaID, ToInvite: r.ToInvite,
		Callback: callbackBody{URL: r.Callback.URL, Token: r.Callback.Token.Reveal(), AESKey: r.Callback.AESKey.Reveal()},
	}, c.Err("contact: " + op)
}

// JobResponse names a job.
type JobResponse struct {
	JobID string `json:"jobid"` // at most 64 bytes
}

// SyncUser begins to add and change members (增量更新成员). Those in the file that are
// there are changed in the columns that the file has, those that are not are made,
// and all others stay as they are. An unknown department id makes that department
// in the waiting department (待设置部门).
//
// Errors: 40007 the file is unknown, 40092 its content is bad. Needs the contact
// write right. Never repeated by the client: after a lost reply the job may be
// running under an id that nobody knows.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/91130
//
//wecom:endpoint POST /cgi-bin/batch/syncuser
func (b Batch) SyncUser(ctx context.Context, req ImportRequest) (*JobResponse, error) {
	body, err := req.body("SyncUser")
	if err != nil {
		return nil, err
	}
	return wecom.InvokeAs[JobResponse](ctx, b.token, wecom.Call{Path: "/cgi-bin/batch/syncuser", Body: body})
}

// ReplaceUser begins to make the members what the file says (全量覆盖成员).
//
// DANGER: members that are not in the file are deleted. WeCom stops with an error
// when the file would delete more than 50 people and more than 20 % of the corp, or
// fewer than 50 people but more than 80 %. To mirror a corp as a whole run
// [Batch.ReplaceParty] first.
//
// Errors: 40007 the file is unknown, 40092 its content is bad. Needs the contact
// write right. It cannot be undone and is never repeated by the client.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/91131
//
//wecom:endpoint POST /cgi-bin/batch/replaceuser
func (b Batch) ReplaceUser(ctx context.Context, req ImportRequest) (*JobResponse, error) {
	body, err := req.body("ReplaceUser")
	if err != nil {
		return nil, err
	}
	return wecom.InvokeAs[JobResponse](ctx, b.token, wecom.Call{Path: "/cgi-bin/batch/replaceuser", Body: body})
}

// ReplaceParty begins to make the departments what the file says (全量覆盖部门).
// callback is optional.
//
// DANGER: departments that are not in the file are deleted if they are empty. The
// others stay, and go with a later import when their members have moved out.
//
// Errors: 40007 the file is unknown, 40092 its content is bad. Needs the contact
// write right. It cannot be undone and is never repeated by the client.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/91132
//
//wecom:endpoint POST /cgi-bin/batch/replaceparty
func (b Batch) ReplaceParty(ctx context.Context, mediaID string, callback JobCallback) (*JobResponse, error) {
	body, err := ImportRequest{MediaID: mediaID, Callback: callback}.body("ReplaceParty")
	if err != nil {
		return nil, err
	}
	return wecom.InvokeAs[JobResponse](ctx, b.token, wecom.Call{Path: "/cgi-bin/batch/replaceparty", Body: body})
}

// GetResultResponse is the state of a job.
type GetResultResponse struct {
	Status     JobStatus `json:"status"`
	Type       JobType   `json:"type"`
	Total      int64     `json:"total"`      // rows
	Percentage int32     `json:"percentage"` // 100 when finished
	Rows       []JobRow  `json:"result"`     // of use once Status is JobFinished; may hold empty rows before
}

// JobStatus is how far a job is (任务状态).
type JobStatus int32

// The states of jobs.
const (
	JobStarted  JobStatus = 1 // 任务开始
	JobRunning  JobStatus = 2 // 任务进行中
	JobFinished JobStatus = 3 // 任务已完成
)

// JobType is the kind of a job (操作类型).
type JobType string

// The kinds of jobs.
const (
	JobSyncUser     JobType = "sync_user"     // 增量更新成员
	JobReplaceUser  JobType = "replace_user"  // 全量覆盖成员
	JobReplaceParty JobType = "replace_party" // 全量覆盖部门
)

// JobRow is what became of a row of the file.
type JobRow struct {
	UserID  string      `json:"userid,omitzero"`  // of an import of members
	PartyID int64       `json:"partyid,omitzero"` // of an import of departments
	Action  PartyAction `json:"action,omitzero"`  // of an import of departments
	ErrCode wecom.Code  `json:"errcode"`          // 0: it went well
	ErrMsg  string      `json:"errmsg,omitzero"`
}

// PartyAction is what an import has done to a department (操作类型), a set of bits.
type PartyAction int32

// The bits of a PartyAction.
const (
	PartyCreated   PartyAction = 1 // 新建部门
	PartyRenamed   PartyAction = 2 // 更改部门名称
	PartyMoved     PartyAction = 4 // 移动部门
	PartyReordered PartyAction = 8 // 修改部门排序
)

// ErrJobFailed says that a job has a state that is not documented.
var ErrJobFailed = errors.New("contact: the job failed")

// GetResult returns the state of an import (获取异步任务结果); see [Batch.WaitResult]. Rows
// that failed are no error here.
//
// Errors: 40088 no such job, 40089 the result is gone: only the last 5 are kept.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/91133
//
//wecom:endpoint GET /cgi-bin/batch/getresult
func (b Batch) GetResult(ctx context.Context, jobID string) (*GetResultResponse, error) {
	var c valid.Checks
	c.Bytes("JobID", jobID, 1, 64)
	if err := c.Err("contact: GetResult"); err != nil {
		return nil, err
	}
	return wecom.InvokeAs[GetResultResponse](ctx, b.token, wecom.Call{Path: pathGetResult, Query: url.Values{"jobid": {jobID}}, Safe: true})
}

const pathGetResult = "/cgi-bin/batch/getresult"

// WaitResult asks [Batch.GetResult], less and less often, down to every ten seconds
// or so, until the import has finished. Give ctx a deadline. If rows failed, the
// error is an [*ItemErrors]; the response is there all the same, as it is, with the
// last state that was seen, after any other error.
func (b Batch) WaitResult(ctx context.Context, jobID string) (*GetResultResponse, error) {
	var last *GetResultResponse
	err := poll.Until(ctx, func(ctx context.Context) (done bool, err error) {
		r, err := b.GetResult(ctx, jobID)
		if err != nil {
			return false, err
		}
		last = r
		switch r.Status {
		case JobStarted, JobRunning:
			return false, nil
		case JobFinished:
			return true, r.Err()
		default:
			return true, fmt.Errorf("%w: status %d is unknown", ErrJobFailed, r.Status)
		}
	})
	return last, err
}

// Err returns an [*ItemErrors] with the rows that failed, nil if there are none.
func (r *GetResultResponse) Err() error {
	var failed []ItemError
	for i, row := range r.Rows {
		if row.ErrCode != 0 {
			failed = append(failed, itemError(pathGetResult, i, row))
		}
	}
	if failed == nil {
		return nil
	}
	return &ItemErrors{Op: pathGetResult, Items: failed}
}

// InviteRequest says whom to invite. One list at least must not be empty.
type InviteRequest struct {
	Users       []string `json:"user,omitzero"`  // at most 1000
	Departments []int64  `json:"party,omitzero"` // at most 100
	Tags        []int64  `json:"tag,omitzero"`   // at most 100
}

// InviteResponse names who was left out.
type InviteResponse struct {
	InvalidUsers       []string `json:"invaliduser,omitzero"`
	InvalidDepartments []int64  `json:"invalidparty,omitzero"`
	InvalidTags        []int64  `json:"invalidtag,omitzero"`
}

// Invite asks members by SMS or mail to use WeCom (邀请成员). Success does not mean that a
// person got it: WeCom limits invitations, and repeats each once a day for up to 3
// days. Of third-party apps only contact apps may call it.
//
// Ids that are wrong or out of sight are left out: the error is then a
// [*PartialError], and the response is there all the same. Never repeated by the
// client after a lost reply.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/91127
//
//wecom:endpoint POST /cgi-bin/batch/invite
func (b Batch) Invite(ctx context.Context, req InviteRequest) (*InviteResponse, error) {
	var c valid.Checks
	c.Count("Users", len(req.Users), 0, 1000)
	c.Count("Departments", len(req.Departments), 0, 100)
	c.Count("Tags", len(req.Tags), 0, 100)
	c.That(len(req.Users)+len(req.Departments)+len(req.Tags) > 0, "Users", "Departments and Tags are all empty")
	if err := c.Err("contact: Invite"); err != nil {
		return nil, err
	}
	const path = "/cgi-bin/batch/invite"
	r, err := wecom.InvokeAs[InviteResponse](ctx, b.token, wecom.Call{Path: path, Body: req})
	if err != nil {
		return nil, err
	}
	return r, leftOut(path, r.InvalidUsers, r.InvalidDepartments, r.InvalidTags)
}
