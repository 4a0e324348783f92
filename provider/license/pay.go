package license

import (
	"context"
	"fmt"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/poll"
)

// JobStatus is how far a job is.
type JobStatus int32

// The states of jobs.
const (
	JobDone    JobStatus = 1 // the order is made, or paid
	JobRunning JobStatus = 2 // ask again
	JobFailed  JobStatus = 3
)

type jobBody struct {
	JobID string `json:"jobid"`
}

type submitPayJobBody struct {
	PayerUserID string `json:"payer_userid"`
	OrderID     string `json:"order_id"`
}

// SubmitPayJobResponse is the job that pays.
type SubmitPayJobResponse struct {
	JobID string `json:"jobid"`
}

// SubmitPayJob pays an order from the balance of the provider (提交余额支付订单任务):
// a purchase or renewal for one corp, or a multi-corp order.
// [Client.WaitPayJob] waits for the outcome, which the license_pay_success event
// reports too. The payer is a member of the provider's corp, plain, who has
// signed in to the provider console, is bound to WeChat and may buy licences; the
// account statement has the name. From then on the order can be paid in no other
// way.
//
// It spends money. Never repeated by the client: after a lost reply look at the
// order before anything else.
//
// Errors: 90432 no balance account; 701084 the order is not unpaid; 701161 it is
// bound to WeChat or bank payment.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/99415
//
//wecom:endpoint POST /cgi-bin/license/submit_pay_job
func (c *Client) SubmitPayJob(ctx context.Context, orderID, payerUserID string) (*SubmitPayJobResponse, error) {
	return invoke[SubmitPayJobResponse](ctx, c, wecom.Call{
		Path: "/cgi-bin/license/submit_pay_job",
		Body: submitPayJobBody{PayerUserID: payerUserID, OrderID: orderID},
	})
}

// PayJobResultResponse is how far a payment is.
type PayJobResultResponse struct {
	Status       JobStatus  `json:"status"`
	PayJobResult PayFailure `json:"pay_job_result,omitzero"` // of a failed job
}

// PayFailure is why a payment failed.
type PayFailure struct {
	ErrCode      wecom.Code   `json:"errcode"`
	ErrMsg       string       `json:"errmsg"`
	FailCorpList []ItemResult `json:"fail_corp_list,omitzero"` // the corps that are the cause, if any, by CorpID
}

// PayJobResult returns how far a payment is (获取订单支付结果); it can be asked for 7
// days. The platform answers with success although the payment has failed: that
// is a [*JobError] here, beside the response.
//
// Errors of the job: 90433 the balance is too low; 701160 corps failed the check,
// of which 701129 no app order and 701130 app orders expired; 701147 above the
// ceiling of a payment; 48001 the payer has no right to pay; and those of
// [Client.SubmitPayJob].
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/99415
//
//wecom:endpoint POST /cgi-bin/license/pay_job_result
func (c *Client) PayJobResult(ctx context.Context, jobID string) (*PayJobResultResponse, error) {
	const path = "/cgi-bin/license/pay_job_result"
	r, err := invoke[PayJobResultResponse](ctx, c, wecom.Call{Path: path, Body: jobBody{jobID}, Safe: true})
	if err != nil {
		return nil, err
	}
	if why := r.PayJobResult; r.Status == JobFailed {
		return r, &JobError{Op: path, JobID: jobID, Code: why.ErrCode, Message: why.ErrMsg, Items: why.FailCorpList}
	}
	return r, nil
}

// WaitPayJob asks [Client.PayJobResult], with growing pauses, until the order is
// paid or the payment has failed, or ctx ends: give ctx a deadline. It returns
// what that method returns. After an error that is no [*JobError] it may be
// called again.
func (c *Client) WaitPayJob(ctx context.Context, jobID string) (*PayJobResultResponse, error) {
	return wait(ctx, "WaitPayJob", jobID, c.PayJobResult, func(r *PayJobResultResponse) JobStatus { return r.Status })
}

// wait asks for a job until it is not running any more.
func wait[R any](
	ctx context.Context, method, jobID string,
	ask func(ctx context.Context, jobID string) (*R, error), status func(*R) JobStatus,
) (last *R, err error) {
	err = poll.Until(ctx, func(ctx context.Context) (bool, error) {
		r, err := ask(ctx, jobID)
		last = r
		if err != nil {
			return true, err
		}
		switch s := status(r); s {
		case JobDone:
			return true, nil
		case JobRunning:
			return false, nil
		default:
			return true, fmt.Errorf("license: %s: job %q has the unknown status %d", method, brief(jobID), s)
		}
	})
	if err != nil && ctx.Err() != nil {
		err = fmt.Errorf("license: %s: job %q was not seen to end: %w", method, brief(jobID), err)
	}
	return last, err
}
