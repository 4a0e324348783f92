package license

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/wecom-isv/wecom"
)

// RenewAccount is an account to be renewed.
type RenewAccount struct {
	UserID string      `json:"userid"`
	Type   AccountType `json:"type"`
}

// CreateRenewOrderJobRequest is what a renewal consists of.
type CreateRenewOrderJobRequest struct {
	CorpID string `json:"corpid"`
	// AccountList is what to renew. A job holds at most 1000000 accounts of each
	// type.
	AccountList []RenewAccount `json:"account_list"`
	// JobID is a job to add to; none starts a new one.
	JobID string `json:"jobid,omitzero"`
}

// CreateRenewOrderJobResponse is the job and what it did not take.
type CreateRenewOrderJobResponse struct {
	JobID              string       `json:"jobid"`
	InvalidAccountList []ItemResult `json:"invalid_account_list,omitzero"` // by UserID and Type
}

// CreateRenewOrderJob collects accounts for a renewal (创建续期任务) in a new job or an
// existing one, 1000 in a call and as many calls as that takes. Then
// [Client.SubmitOrderJob] makes the order; a job that is not submitted has no
// effect.
//
// Accounts that the platform rejects are an [*ItemErrors] beside a response whose
// job holds the others. When a later one of several calls fails, the response
// has the job so far and the error says how many accounts it was given. Never
// repeated by the client: after a lost reply start a new job.
//
// Errors of accounts: 701004 nothing active to renew; 701019 no such member;
// 701020 given twice. Errors of the call: 701014 the job is full; 701126 the job
// is submitted.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/95646 and
// https://developer.work.weixin.qq.com/document/path/97183
//
//wecom:endpoint POST /cgi-bin/license/create_renew_order_job
func (c *Client) CreateRenewOrderJob(ctx context.Context, req CreateRenewOrderJobRequest) (*CreateRenewOrderJobResponse, error) {
	const path, inCall, inJob = "/cgi-bin/license/create_renew_order_job", 1000, 2_000_000
	if err := checkCount("CreateRenewOrderJob", "AccountList", len(req.AccountList), inJob); err != nil {
		return nil, err
	}
	job, err := fill(path, req.JobID, req.AccountList, inCall, func(jobID string, part []RenewAccount) (job, error) {
		body := CreateRenewOrderJobRequest{CorpID: req.CorpID, AccountList: part, JobID: jobID}
		r, err := invoke[CreateRenewOrderJobResponse](ctx, c, wecom.Call{Path: path, Body: body})
		if err != nil {
			return job{}, err
		}
		return job{r.JobID, r.InvalidAccountList}, nil
	})
	if job.id == "" {
		return nil, err
	}
	return &CreateRenewOrderJobResponse{JobID: job.id, InvalidAccountList: job.rejected}, err
}

// job is a job that is being filled.
type job struct {
	id       string
	rejected []ItemResult
}

// fill hands list to a job, at most inCall entries at a time. The job that it
// returns has no id if nothing was handed over.
func fill[E any](path, jobID string, list []E, inCall int, add func(jobID string, part []E) (job, error)) (filled job, err error) {
	given := 0
	for part := range slices.Chunk(list, inCall) {
		next, err := add(jobID, part)
		if err == nil && next.id == "" {
			err = fmt.Errorf("license: %s: the reply names no job", path)
		}
		switch {
		case err != nil && given == 0:
			return job{}, err
		case err != nil:
			err = fmt.Errorf("license: %d of %d entries were given to job %q: %w", given, len(list), brief(jobID), err)
			return filled, errors.Join(err, itemErrors(path, filled.rejected))
		}
		jobID = next.id
		given += len(part)
		filled.id = jobID
		filled.rejected = append(filled.rejected, next.rejected...)
	}
	return filled, itemErrors(path, filled.rejected)
}

// SubmitOrderJobRequest says for how long and for whom a job renews. All members
// are required.
type SubmitOrderJobRequest struct {
	JobID string `json:"jobid"`
	// BuyerUserID is a member of the provider's corp, plain, who has signed in to
	// the provider console, is bound to WeChat and may buy licences.
	BuyerUserID     string          `json:"buyer_userid"`
	AccountDuration AccountDuration `json:"account_duration"` // either Months or NewExpireTime
}

// SubmitOrderJob makes an order of a renewal (提交续期订单). The order is there at once
// and unpaid: pay it in the provider console or with [Client.SubmitPayJob].
// Never repeated by the client; a second call for the same job is refused.
//
// Errors: 701126 already submitted; 701010 nothing in the job is valid; 701030
// beyond five years in all; 701029 a test corp may renew once.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/95646 and
// https://developer.work.weixin.qq.com/document/path/97183
//
//wecom:endpoint POST /cgi-bin/license/submit_order_job
func (c *Client) SubmitOrderJob(ctx context.Context, req SubmitOrderJobRequest) (*PlacedOrder, error) {
	if err := req.AccountDuration.checkRenewal(); err != nil {
		return nil, fmt.Errorf("license: SubmitOrderJob: %w", err)
	}
	return invoke[PlacedOrder](ctx, c, wecom.Call{Path: "/cgi-bin/license/submit_order_job", Body: req})
}
