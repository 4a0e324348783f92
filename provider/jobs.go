package provider

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/poll"
)

// ErrJobFailed says that a job came to its end without a result.
var ErrJobFailed = errors.New("provider: the job failed")

// IDTranslateRequest says which files to translate.
type IDTranslateRequest struct {
	AuthCorpID string `json:"auth_corpid"` // corp whose names are filled in; required
	// MediaIDs are 1 to 20 files from [Client.Upload]: xls, xlsx, doc, docx, csv or
	// txt, the latter two in UTF-8. Required.
	MediaIDs []string `json:"media_id_list"`
	// OutputFileName is the name of the resulting zip, without its suffix. It may
	// itself hold templates. Required for more than one file; a single file
	// without it is not zipped.
	OutputFileName   string           `json:"output_file_name,omitzero"`
	OutputFileFormat OutputFileFormat `json:"output_file_format,omitzero"`
}

// OutputFileFormat is what files are converted to (输出文件格式); empty: each keeps its
// format.
type OutputFileFormat string

// OutputPDF is the only conversion. Files that share a name up to the suffix
// become name_xlsx.pdf, name_docx.pdf and so on.
const OutputPDF OutputFileFormat = "pdf"

// IDTranslateResponse names the job.
type IDTranslateResponse struct {
	JobID string `json:"jobid"` // at most 64 bytes
}

// IDTranslate begins to put names into files in place of ids (异步通讯录id转译), so that
// a member of the corp can read them; the provider sees no names. The files hold
// $userName=ID$, $userAlias=ID$, $userAliasOrName=ID$ and $departmentName=ID$, with
// CORPID/ID in place of ID for members of another corp that has authorised the
// provider. What is unknown or out of sight stays as it is written.
//
// [Client.WaitResult] waits for the end of the job; a batch_job_result event to
// the provider's system event URL (系统事件接收URL) reports it as well. Never repeated
// by the client: after a lost reply the job may be running under an id that
// nobody knows, which does no harm.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/91846
//
//wecom:endpoint POST /cgi-bin/service/contact/id_translate
func (c Contact) IDTranslate(ctx context.Context, req IDTranslateRequest) (*IDTranslateResponse, error) {
	const most = 20
	switch n := len(req.MediaIDs); {
	case n == 0 || n > most:
		return nil, fmt.Errorf("provider: IDTranslate: MediaIDs has %d entries: 1 to %d are allowed", n, most)
	case n > 1 && req.OutputFileName == "":
		return nil, errors.New("provider: IDTranslate: more than one file needs an OutputFileName")
	}
	return invoke[IDTranslateResponse](ctx, c.c, wecom.Call{
		Path: "/cgi-bin/service/contact/id_translate",
		Body: req,
	})
}

// GetResultResponse is the state of a job.
type GetResultResponse struct {
	Status JobStatus `json:"status"`
	Type   JobType   `json:"type"`
	Result JobResult `json:"result,omitzero"` // once Status is JobFinished
}

// JobStatus is how far a job is (任务状态).
type JobStatus int32

// The states of jobs.
const (
	JobStarted  JobStatus = 1 // 任务开始
	JobRunning  JobStatus = 2 // 任务进行中
	JobFinished JobStatus = 3 // 任务已完成
)

// JobType is the kind of a job (任务类型).
type JobType string

// JobContactIDTranslate is the job of [Contact.IDTranslate].
const JobContactIDTranslate JobType = "contact_id_translate"

// JobResult is what a job has made.
type JobResult struct {
	ContactIDTranslate TranslatedFile `json:"contact_id_translate,omitzero"`
}

// TranslatedFile is the file that [Contact.IDTranslate] has made.
type TranslatedFile struct {
	// URL is for a signed-in member of the corp, not for the provider: a plain
	// link, without the download attribute. It works for 24 hours.
	URL string `json:"url"`
}

// GetResult returns the state of a job (获取异步任务结果) that this provider began;
// [Client.WaitResult] waits for its end.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/91882
//
//wecom:endpoint GET /cgi-bin/service/batch/getresult
func (c *Client) GetResult(ctx context.Context, jobID string) (*GetResultResponse, error) {
	const longest = 64
	if jobID == "" || len(jobID) > longest {
		return nil, fmt.Errorf("provider: GetResult: the job id has %d bytes: 1 to %d are allowed", len(jobID), longest)
	}
	return invoke[GetResultResponse](ctx, c, wecom.Call{
		Method: http.MethodGet,
		Path:   "/cgi-bin/service/batch/getresult",
		Query:  url.Values{"jobid": {jobID}},
		Safe:   true,
	})
}

// WaitResult asks [Client.GetResult], with pauses that grow to about ten seconds,
// until the job has finished. Give ctx a deadline. The error is an [ErrJobFailed]
// when the job finished without a result or has a state that is not documented;
// the response is there all the same.
func (c *Client) WaitResult(ctx context.Context, jobID string) (*GetResultResponse, error) {
	var last *GetResultResponse
	err := poll.Until(ctx, func(ctx context.Context) (done bool, err error) {
		r, err := c.GetResult(ctx, jobID)
		if err != nil {
			return false, err
		}
		last = r
		switch r.Status {
		case JobStarted, JobRunning:
			return false, nil
		case JobFinished:
			if cmp.Or(r.Type, JobContactIDTranslate) == JobContactIDTranslate && r.Result.ContactIDTranslate.URL == "" {
				return true, fmt.Errorf("%w: it finished without a file", ErrJobFailed)
			}
			return true, nil
		default:
			return true, fmt.Errorf("%w: status %d is unknown", ErrJobFailed, r.Status)
		}
	})
	return last, err
}
