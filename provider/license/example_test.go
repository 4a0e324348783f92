package license_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/provider"
	"github.com/wecom-isv/wecom/provider/license"
)

// answers is a platform that gives each endpoint one reply.
type answers map[string]string

func (a answers) RoundTrip(r *http.Request) (*http.Response, error) {
	body := a[path.Base(r.URL.Path)]
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(bytes.NewBufferString(body)), Request: r}, nil
}

// Buy accounts, pay them from the balance, give them to members.
func Example() {
	ctx := context.Background()
	api, err := wecom.New(wecom.WithTransport(answers{
		"get_provider_token":   `{"provider_access_token":"TOKEN","expires_in":7200}`,
		"create_new_order":     `{"errcode":0,"errmsg":"ok","order_id":"OI00000FA5"}`,
		"submit_pay_job":       `{"errcode":0,"errmsg":"ok","jobid":"JOB"}`,
		"pay_job_result":       `{"errcode":0,"errmsg":"ok","status":1}`,
		"list_order_account":   `{"errcode":0,"errmsg":"ok","has_more":0,"account_list":[{"active_code":"CODE1","type":1},{"active_code":"CODE2","type":1}]}`,
		"batch_active_account": `{"errcode":0,"errmsg":"ok","active_result":[{"active_code":"CODE1","userid":"woA","errcode":0},{"active_code":"CODE2","userid":"woB","errcode":701088}]}`,
	}))
	if err != nil {
		panic(err)
	}
	p, err := provider.New(api, provider.Config{CorpID: "wwprovider", Secret: "SECRET"})
	if err != nil {
		panic(err)
	}

	lic := license.New(p)
	order, err := lic.CreateNewOrder(ctx, license.CreateNewOrderRequest{
		CorpID: "wpcustomer", BuyerUserID: "zhangsan",
		AccountCount:    license.AccountCount{BaseCount: 2},
		AccountDuration: license.AccountDuration{Months: 12},
	})
	if err != nil {
		panic(err)
	}
	fmt.Println("ordered", order.OrderID)

	job, err := lic.SubmitPayJob(ctx, order.OrderID, "zhangsan")
	if err != nil {
		panic(err)
	}
	if _, err := lic.WaitPayJob(ctx, job.JobID); err != nil {
		panic(err)
	}
	fmt.Println("paid")

	members := []string{"woA", "woB"}
	batch := license.BatchActiveAccountRequest{CorpID: "wpcustomer"}
	for account, err := range lic.AllOrderAccounts(ctx, license.ListOrderAccountRequest{OrderID: order.OrderID}) {
		if err != nil {
			panic(err)
		}
		batch.ActiveList = append(batch.ActiveList, license.Activation{
			ActiveCode: account.ActiveCode, UserID: members[len(batch.ActiveList)],
		})
	}
	_, err = lic.BatchActiveAccount(ctx, batch)
	if failed, ok := errors.AsType[*license.ItemErrors](err); ok {
		for _, item := range failed.Items {
			fmt.Println("no account for", item.UserID, "with", item.ActiveCode, "because of", int(item.ErrCode))
		}
	} else if err != nil {
		panic(err)
	}
	// Output:
	// ordered OI00000FA5
	// paid
	// no account for woB with [secret] because of 701088
}
