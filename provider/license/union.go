package license

import (
	"context"
	"fmt"
	"iter"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/paging"
)

// CorpPurchase is what a multi-corp order buys for one corp.
type CorpPurchase struct {
	CorpID          string          `json:"corpid"`
	AccountCount    AccountCount    `json:"account_count"`
	AccountDuration AccountDuration `json:"account_duration"` // Months and Days
	// AutoActiveStatus sets the automatic activation of the corp. Nil means on;
	// new(license.AutoActiveOff) turns it off.
	AutoActiveStatus *AutoActiveStatus `json:"auto_active_status,omitzero"`
}

// CreateNewOrderJobRequest is what a multi-corp order consists of.
type CreateNewOrderJobRequest struct {
	BuyList []CorpPurchase `json:"buy_list"`       // a job holds at most 100000 corps, each once
	JobID   string         `json:"jobid,omitzero"` // a job to add to; none starts a new one
}

// CreateNewOrderJobResponse is the job and what it did not take.
type CreateNewOrderJobResponse struct {
	JobID       string       `json:"jobid"`
	InvalidList []ItemResult `json:"invalid_list,omitzero"` // by CorpID
}

// CreateNewOrderJob collects purchases for many corps (创建多企业新购任务) in a new job
// or an existing one, 10 in a call and as many calls as that takes. Then
// [Client.SubmitNewOrderJob] makes the order; a job that is not submitted has no
// effect.
//
// Corps that the platform rejects are an [*ItemErrors] beside a response whose
// job holds the others. When a later one of several calls fails, the response
// has the job so far and the error says how many corps it was given. Never
// repeated by the client: after a lost reply start a new job.
//
// Errors: 701121 a test corp; 701122 no corp is valid; 701123 the job is full;
// 701124 a corp is given twice; 701126 the job is submitted.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/98892
//
//wecom:endpoint POST /cgi-bin/license/create_new_order_job
func (c *Client) CreateNewOrderJob(ctx context.Context, req CreateNewOrderJobRequest) (*CreateNewOrderJobResponse, error) {
	const path, inCall, inJob = "/cgi-bin/license/create_new_order_job", 10, 100_000
	if err := checkCount("CreateNewOrderJob", "BuyList", len(req.BuyList), inJob); err != nil {
		return nil, err
	}
	for i, purchase := range req.BuyList {
		if err := purchase.check(); err != nil {
			return nil, fmt.Errorf("license: CreateNewOrderJob: BuyList[%d]: %w", i, err)
		}
	}
	job, err := fill(path, req.JobID, req.BuyList, inCall, func(jobID string, part []CorpPurchase) (job, error) {
		body := CreateNewOrderJobRequest{BuyList: part, JobID: jobID}
		r, err := invoke[CreateNewOrderJobResponse](ctx, c, wecom.Call{Path: path, Body: body})
		if err != nil {
			return job{}, err
		}
		return job{r.JobID, r.InvalidList}, nil
	})
	if job.id == "" {
		return nil, err
	}
	return &CreateNewOrderJobResponse{JobID: job.id, InvalidList: job.rejected}, err
}

func (p CorpPurchase) check() error {
	if err := p.AccountCount.check(); err != nil {
		return err
	}
	return p.AccountDuration.checkPurchase()
}

type submitNewOrderJobBody struct {
	JobID       string `json:"jobid"`
	BuyerUserID string `json:"buyer_userid"`
}

// SubmitNewOrderJob has an order made of a job (提交多企业新购订单);
// [Client.WaitNewOrderJob] waits for it. The buyer is a member of the provider's
// corp, plain, who has signed in to the provider console, is bound to WeChat and
// may buy licences. Never repeated by the client; a second call for the same job
// is refused.
//
// Errors: 701126 already submitted; 701122 no corp is valid.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/98892
//
//wecom:endpoint POST /cgi-bin/license/submit_new_order_job
func (c *Client) SubmitNewOrderJob(ctx context.Context, jobID, buyerUserID string) error {
	return c.Do(ctx, wecom.Call{
		Path: "/cgi-bin/license/submit_new_order_job",
		Body: submitNewOrderJobBody{JobID: jobID, BuyerUserID: buyerUserID},
	}, nil)
}

// NewOrderJobResultResponse is how far a multi-corp order is.
type NewOrderJobResultResponse struct {
	Status   JobStatus    `json:"status"`
	OrderID  string       `json:"order_id,omitzero"`  // once the job is done
	FailList []ItemResult `json:"fail_list,omitzero"` // corps that the order leaves out, by CorpID
}

// NewOrderJobResult returns how far a multi-corp order is (获取多企业新购订单提交结果);
// it can be asked for 7 days. A job that has failed is a [*JobError]. One that is
// done without some of the corps is an [*ItemErrors] that names these. The
// response is there in both cases.
//
// Errors: 701125 the job has not been submitted.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/98892
//
//wecom:endpoint POST /cgi-bin/license/new_order_job_result
func (c *Client) NewOrderJobResult(ctx context.Context, jobID string) (*NewOrderJobResultResponse, error) {
	const path = "/cgi-bin/license/new_order_job_result"
	r, err := invoke[NewOrderJobResultResponse](ctx, c, wecom.Call{Path: path, Body: jobBody{jobID}, Safe: true})
	if err != nil {
		return nil, err
	}
	switch r.Status {
	case JobFailed:
		return r, &JobError{Op: path, JobID: jobID, Items: r.FailList}
	case JobDone:
		return r, itemErrors(path, r.FailList)
	default: // it runs: the corps that have failed so far are not the outcome
		return r, nil
	}
}

// WaitNewOrderJob asks [Client.NewOrderJobResult], with growing pauses, until the
// order is made or has failed, or ctx ends: give ctx a deadline. It returns what
// that method returns, so an [*ItemErrors] comes with the order id. After any
// other error it may be called again.
func (c *Client) WaitNewOrderJob(ctx context.Context, jobID string) (*NewOrderJobResultResponse, error) {
	return wait(ctx, "WaitNewOrderJob", jobID, c.NewOrderJobResult, func(r *NewOrderJobResultResponse) JobStatus { return r.Status })
}

// SubOrder is the part of a multi-corp order that is for one corp (子订单).
type SubOrder struct {
	SubOrderID      string          `json:"sub_order_id"` // for [Client.ListOrderAccount]
	CorpID          string          `json:"corpid"`       // encrypted
	AccountCount    AccountCount    `json:"account_count"`
	AccountDuration AccountDuration `json:"account_duration"`
}

// GetUnionOrderRequest says which order is wanted.
type GetUnionOrderRequest struct {
	OrderID string `json:"order_id"`        // required
	Limit   int32  `json:"limit,omitzero"`  // parts in a page: default 500, at most 1000
	Cursor  string `json:"cursor,omitzero"` // NextCursor of the page before
}

// GetUnionOrderResponse is a multi-corp order with a page of its parts.
type GetUnionOrderResponse struct {
	Order      Order      `json:"order"`
	HasMore    int32      `json:"has_more"`             // 0 no, 1 yes
	NextCursor string     `json:"next_cursor,omitzero"` // means nothing when HasMore is 0
	BuyList    []SubOrder `json:"buy_list"`
}

// GetUnionOrder returns a multi-corp order and a page of its parts
// (获取多企业订单详情); [Client.AllSubOrders] returns all parts.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/98893 and
// https://developer.work.weixin.qq.com/document/path/98888
//
//wecom:endpoint POST /cgi-bin/license/get_union_order
func (c *Client) GetUnionOrder(ctx context.Context, req GetUnionOrderRequest) (*GetUnionOrderResponse, error) {
	return invoke[GetUnionOrderResponse](ctx, c, wecom.Call{Path: "/cgi-bin/license/get_union_order", Body: req, Safe: true})
}

// AllSubOrders returns all parts of a multi-corp order, page by page; req.Cursor
// is ignored. An error ends the sequence, which is lazy and may be ranged over
// again.
func (c *Client) AllSubOrders(ctx context.Context, req GetUnionOrderRequest) iter.Seq2[SubOrder, error] {
	return paging.All(ctx, func(ctx context.Context, cursor string) ([]SubOrder, string, error) {
		page := req
		page.Cursor = cursor
		r, err := c.GetUnionOrder(ctx, page)
		if err != nil {
			return nil, "", err
		}
		next, err := paging.Next(r.HasMore != 0, r.NextCursor)
		return r.BuyList, next, err
	})
}
