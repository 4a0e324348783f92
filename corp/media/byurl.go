package media

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/lenient"
	"github.com/wecom-isv/wecom/internal/poll"
	"github.com/wecom-isv/wecom/internal/valid"
	"github.com/wecom-isv/wecom/internal/wire"
)

// Scene is what a file from an address is for (场景值).
type Scene uint32

// SceneGroupWelcome is the material of group welcome messages (入群欢迎语素材), the only
// scene so far.
const SceneGroupWelcome Scene = 1

// UploadByURLRequest is a file that WeCom fetches.
type UploadByURLRequest struct {
	Scene    Scene  `json:"scene"`    // required
	Type     Type   `json:"type"`     // Video (MP4) or File, each of 6 bytes to 200 MB; required
	FileName string `json:"filename"` // the name that people see, at most 128 bytes; required
	// URL is at most 1024 bytes and must answer requests for ranges; an object in
	// Tencent COS must be readable for all. Required.
	URL string `json:"url"`
	MD5 string `json:"md5"` // of the content, at most 32 bytes; required
}

// UploadByURLResponse names the job.
type UploadByURLResponse struct {
	JobID string `json:"jobid"` // at most 128 bytes; known for 60 minutes
}

// UploadByURL begins to fetch a file from an address (生成异步上传任务).
// [Client.WaitUploadByURL] waits for its end, which an upload_media_job_finish event
// tells as well. The id that results works for the material of group welcome
// messages and for [Client.Download], not in messages.
//
// Open to third-party apps and customised apps with the customer contact right
// (客户联系). Never repeated by the client: after a lost reply the job may be running
// under an id that nobody knows, which harms nothing.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/97126 and
// https://developer.work.weixin.qq.com/document/path/96488
//
//wecom:endpoint POST /cgi-bin/media/upload_by_url
func (c *Client) UploadByURL(ctx context.Context, req UploadByURLRequest) (*UploadByURLResponse, error) {
	var v valid.Checks
	v.That(req.Scene != 0, "Scene", "is missing")
	v.That(req.Type == Video || req.Type == File, "Type", "must be video or file")
	v.Bytes("FileName", req.FileName, 1, 128)
	v.Bytes("URL", req.URL, 1, 1024)
	v.Web("URL", req.URL)
	v.Bytes("MD5", req.MD5, 1, 32)
	if err := v.Err("media: UploadByURL"); err != nil {
		return nil, err
	}
	return invoke[UploadByURLResponse](ctx, c, wecom.Call{Path: "/cgi-bin/media/upload_by_url", Body: req})
}

// GetUploadByURLResultResponse is the state of a job.
type GetUploadByURLResultResponse struct {
	Status JobStatus    `json:"status"`
	Detail UploadDetail `json:"detail,omitzero"`
}

// JobStatus is how far a job is (任务状态).
type JobStatus int32

// The states of jobs.
const (
	JobRunning  JobStatus = 1 // 处理中
	JobFinished JobStatus = 2 // 完成
	JobFailed   JobStatus = 3 // 异常失败
)

// UploadDetail is what came of a job.
type UploadDetail struct {
	ErrCode   wecom.Code `json:"errcode"`                    // not 0 for JobFailed: 830001 bad address, 830003 download, 45001 size, 301019 MD5
	ErrMsg    string     `json:"errmsg,omitzero"`            //
	MediaID   string     `json:"media_id,omitzero"`          // of JobFinished; works for 3 days
	CreatedAt int64      `json:"created_at,omitzero,string"` // of JobFinished; Unix seconds
}

// UnmarshalJSON accepts created_at as a string or as a number: both are in use.
func (d *UploadDetail) UnmarshalJSON(data []byte) error {
	var wire struct {
		ErrCode   wecom.Code    `json:"errcode"`
		ErrMsg    string        `json:"errmsg"`
		MediaID   string        `json:"media_id"`
		CreatedAt lenient.Int64 `json:"created_at"`
	}
	if err := json.Unmarshal(data, &wire); err != nil {
		return err
	}
	*d = UploadDetail{ErrCode: wire.ErrCode, ErrMsg: wire.ErrMsg, MediaID: wire.MediaID, CreatedAt: int64(wire.CreatedAt)}
	return nil
}

type jobBody struct {
	JobID string `json:"jobid"`
}

const pathUploadResult = "/cgi-bin/media/get_upload_by_url_result"

// GetUploadByURLResult returns the state of a job of [Client.UploadByURL]
// (查询异步任务结果). A job that failed is no error here: [Client.WaitUploadByURL] makes one
// of it.
//
// Open to third-party apps and customised apps with the customer contact right
// (客户联系).
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/97126 and
// https://developer.work.weixin.qq.com/document/path/96488
//
//wecom:endpoint POST /cgi-bin/media/get_upload_by_url_result
func (c *Client) GetUploadByURLResult(ctx context.Context, jobID string) (*GetUploadByURLResultResponse, error) {
	var v valid.Checks
	v.Bytes("JobID", jobID, 1, 128)
	if err := v.Err("media: GetUploadByURLResult"); err != nil {
		return nil, err
	}
	return invoke[GetUploadByURLResultResponse](ctx, c, wecom.Call{Path: pathUploadResult, Body: jobBody{jobID}, Safe: true})
}

// ErrJobFailed says that a job came to its end without a file. If the platform said
// why, the error is a [wecom.Error] as well.
var ErrJobFailed = errors.New("media: the job failed")

// WaitUploadByURL asks [Client.GetUploadByURLResult], less and less often, down to
// every ten seconds or so, until the job of [Client.UploadByURL] has ended, and
// returns what came of it. Give ctx a deadline. The error is an [ErrJobFailed] when
// there is no file, or the state is not documented.
func (c *Client) WaitUploadByURL(ctx context.Context, jobID string) (*UploadDetail, error) {
	var detail UploadDetail
	err := poll.Until(ctx, func(ctx context.Context) (done bool, err error) {
		r, err := c.GetUploadByURLResult(ctx, jobID)
		if err != nil {
			return false, err
		}
		detail = r.Detail
		switch {
		case r.Status == JobRunning:
			return false, nil
		case r.Detail.ErrCode != 0:
			return true, fmt.Errorf("%w: %w", ErrJobFailed, &wecom.Error{
				Op: pathUploadResult, Code: r.Detail.ErrCode, Message: wire.Line(r.Detail.ErrMsg), Status: http.StatusOK,
			})
		case r.Status == JobFinished && r.Detail.MediaID != "":
			return true, nil
		case r.Status == JobFinished, r.Status == JobFailed:
			return true, fmt.Errorf("%w: it ended without a file", ErrJobFailed)
		default:
			return true, fmt.Errorf("%w: status %d is unknown", ErrJobFailed, r.Status)
		}
	})
	if err != nil {
		return nil, err
	}
	return &detail, nil
}
