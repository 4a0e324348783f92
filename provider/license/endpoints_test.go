package license_test

import (
	"context"
	"errors"
	"testing"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/apitest"
	"github.com/wecom-isv/wecom/provider/license"
)

func TestEndpoints(t *testing.T) {
	t.Parallel()
	client := func(api *wecom.Client) *license.Client { return license.New(newProvider(t, api)) }
	count := license.AccountCount{BaseCount: 100, ExternalContactCount: 100}
	duration := license.AccountDuration{Months: 2, Days: 20}
	apitest.Run(t, []apitest.Case{{
		ID: "license.create_new_order",
		Call: func(ctx context.Context, api *wecom.Client) (any, error) {
			return client(api).CreateNewOrder(ctx, license.CreateNewOrderRequest{
				CorpID: "wwxxx", BuyerUserID: "xxxx", AccountCount: count, AccountDuration: duration,
			})
		},
	}, {
		ID: "license.create_renew_order_job",
		Call: func(ctx context.Context, api *wecom.Client) (any, error) {
			return despiteItems(client(api).CreateRenewOrderJob(ctx, license.CreateRenewOrderJobRequest{
				CorpID: "wwxxx", JobID: "JOBID",
				AccountList: []license.RenewAccount{{UserID: "userid1", Type: license.AccountBase}},
			}))
		},
	}, {
		ID: "license.submit_order_job",
		Call: func(ctx context.Context, api *wecom.Client) (any, error) {
			return client(api).SubmitOrderJob(ctx, license.SubmitOrderJobRequest{
				JobID: "wwxxx", BuyerUserID: "xxxx", AccountDuration: license.AccountDuration{Months: 2},
			})
		},
	}, {
		ID: "license.submit_order_job", Example: "by_expiry",
		Call: func(ctx context.Context, api *wecom.Client) (any, error) {
			return client(api).SubmitOrderJob(ctx, license.SubmitOrderJobRequest{
				JobID: "wwxxx", BuyerUserID: "xxxx", AccountDuration: license.AccountDuration{NewExpireTime: 1700000000},
			})
		},
	}, {
		ID: "license.list_order", Safe: true,
		Call: func(ctx context.Context, api *wecom.Client) (any, error) {
			return client(api).ListOrder(ctx, license.ListOrderRequest{
				CorpID: "xxxxx", StartTime: 1500000000, EndTime: 1600000000, Cursor: "xxx", Limit: 10,
			})
		},
	}, {
		ID: "license.get_order", Safe: true,
		Call: func(ctx context.Context, api *wecom.Client) (any, error) {
			return client(api).GetOrder(ctx, "xxxxx")
		},
	}, {
		ID: "license.list_order_account", Safe: true,
		Call: func(ctx context.Context, api *wecom.Client) (any, error) {
			return client(api).ListOrderAccount(ctx, license.ListOrderAccountRequest{OrderID: "XXXXXXXX", Limit: 1000, Cursor: "xxxx"})
		},
	}, {
		ID: "license.cancel_order",
		Call: func(ctx context.Context, api *wecom.Client) (any, error) {
			return nil, client(api).CancelOrder(ctx, license.CancelOrderRequest{OrderID: "xxxxx", CorpID: "CORPID"})
		},
	}, {
		ID: "license.create_new_order_job",
		Call: func(ctx context.Context, api *wecom.Client) (any, error) {
			return despiteItems(client(api).CreateNewOrderJob(ctx, license.CreateNewOrderJobRequest{
				JobID: "JOBID",
				BuyList: []license.CorpPurchase{{
					CorpID: "CORPID", AccountCount: count, AccountDuration: duration,
					AutoActiveStatus: new(license.AutoActiveOn),
				}},
			}))
		},
	}, {
		ID: "license.submit_new_order_job",
		Call: func(ctx context.Context, api *wecom.Client) (any, error) {
			return nil, client(api).SubmitNewOrderJob(ctx, "BUYJOBID", "xxxx")
		},
	}, {
		ID: "license.new_order_job_result", Safe: true,
		Call: func(ctx context.Context, api *wecom.Client) (any, error) {
			return despiteItems(client(api).NewOrderJobResult(ctx, "BUYJOBID"))
		},
	}, {
		ID: "license.get_union_order", Safe: true,
		Call: func(ctx context.Context, api *wecom.Client) (any, error) {
			return client(api).GetUnionOrder(ctx, license.GetUnionOrderRequest{OrderID: "ORDERID", Limit: 1000, Cursor: "CURSOR"})
		},
	}, {
		ID: "license.submit_pay_job",
		Call: func(ctx context.Context, api *wecom.Client) (any, error) {
			return client(api).SubmitPayJob(ctx, "ORDERID", "USERID")
		},
	}, {
		ID: "license.pay_job_result", Safe: true,
		Call: func(ctx context.Context, api *wecom.Client) (any, error) {
			return despiteItems(client(api).PayJobResult(ctx, "JOBID"))
		},
	}, {
		ID: "license.active_account",
		Call: func(ctx context.Context, api *wecom.Client) (any, error) {
			return nil, client(api).ActiveAccount(ctx, license.ActiveAccountRequest{ActiveCode: "XXXXXXXX", CorpID: "CORPID", UserID: "USERID"})
		},
	}, {
		ID: "license.batch_active_account",
		Call: func(ctx context.Context, api *wecom.Client) (any, error) {
			one := license.Activation{ActiveCode: "XXXXXXXX", UserID: "USERID"}
			return client(api).BatchActiveAccount(ctx, license.BatchActiveAccountRequest{
				CorpID: "CORPID", ActiveList: []license.Activation{one, one},
			})
		},
	}, {
		ID: "license.active_account_by_type",
		Call: func(ctx context.Context, api *wecom.Client) (any, error) {
			return nil, client(api).ActiveAccountByType(ctx, license.ActiveAccountByTypeRequest{
				Type: license.AccountBase, CorpID: "CORPID", UserID: "USERID",
			})
		},
	}, {
		ID: "license.get_active_info_by_code", Safe: true,
		Call: func(ctx context.Context, api *wecom.Client) (any, error) {
			return client(api).GetActiveInfoByCode(ctx, "xxx", "XXXXXXXX")
		},
	}, {
		ID: "license.batch_get_active_info_by_code", Safe: true,
		Call: func(ctx context.Context, api *wecom.Client) (any, error) {
			return client(api).BatchGetActiveInfoByCode(ctx, license.BatchGetActiveInfoByCodeRequest{
				CorpID: "xxx", ActiveCodeList: []license.ActiveCode{"XXXXXXXX", "YYYYYYYY", "ZZZZZZZZ"},
			})
		},
	}, {
		ID: "license.list_actived_account", Safe: true,
		Call: func(ctx context.Context, api *wecom.Client) (any, error) {
			return client(api).ListActivedAccount(ctx, license.ListActivedAccountRequest{CorpID: "CORPID", Limit: 500, Cursor: "xxxx"})
		},
	}, {
		ID: "license.get_active_info_by_user", Safe: true,
		Call: func(ctx context.Context, api *wecom.Client) (any, error) {
			return client(api).GetActiveInfoByUser(ctx, "CORPID", "USERID")
		},
	}, {
		ID: "license.batch_transfer_license",
		Call: func(ctx context.Context, api *wecom.Client) (any, error) {
			one := license.Transfer{HandoverUserID: "USERID", TakeoverUserID: "USERID"}
			return client(api).BatchTransferLicense(ctx, license.BatchTransferLicenseRequest{
				CorpID: "CORPID", TransferList: []license.Transfer{one, one},
			})
		},
	}, {
		ID: "license.batch_share_active_code",
		Call: func(ctx context.Context, api *wecom.Client) (any, error) {
			return despiteItems(client(api).BatchShareActiveCode(ctx, license.BatchShareActiveCodeRequest{
				FromCorpID: "FROMCORPID", ToCorpID: "ToCORPID",
				ShareList:    []license.ActiveCode{"ACTIVE_CODE1", "ACTIVE_CODE2"},
				CorpLinkType: license.LinkUpDown,
			}))
		},
	}, {
		ID: "license.get_app_license_info", Safe: true,
		Call: func(ctx context.Context, api *wecom.Client) (any, error) {
			return client(api).GetAppLicenseInfo(ctx, license.GetAppLicenseInfoRequest{CorpID: "xxxx", SuiteID: "xxxx", AppID: 1})
		},
	}, {
		ID: "license.set_auto_active_status",
		Call: func(ctx context.Context, api *wecom.Client) (any, error) {
			return nil, client(api).SetAutoActiveStatus(ctx, "CORPID1", license.AutoActiveOn)
		},
	}, {
		ID: "license.get_auto_active_status", Safe: true,
		Call: func(ctx context.Context, api *wecom.Client) (any, error) {
			return client(api).GetAutoActiveStatus(ctx, "CORPID1")
		},
	}, {
		ID: "license.support_policy_query",
		Call: func(ctx context.Context, api *wecom.Client) (any, error) {
			return client(api).SupportPolicyQuery(ctx, "wwxxx")
		},
	}})
}

// despiteItems returns the response that stands beside failed entries or a failed
// job, which some of the table's examples have; other tests look at the errors.
func despiteItems[R any](r *R, err error) (any, error) {
	if _, ok := errors.AsType[*license.ItemErrors](err); ok {
		return r, nil
	}
	if _, ok := errors.AsType[*license.JobError](err); ok {
		return r, nil
	}
	return r, err
}
