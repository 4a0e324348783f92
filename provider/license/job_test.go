package license_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/provider/license"
)

func renewals(n int) []license.RenewAccount {
	list := make([]license.RenewAccount, n)
	for i := range list {
		list[i] = license.RenewAccount{UserID: fmt.Sprint("u", i), Type: license.AccountBase}
	}
	return list
}

func purchases(n int) []license.CorpPurchase {
	list := make([]license.CorpPurchase, n)
	for i := range list {
		list[i] = license.CorpPurchase{
			CorpID:          fmt.Sprint("c", i),
			AccountCount:    license.AccountCount{BaseCount: 1},
			AccountDuration: license.AccountDuration{Months: 1},
		}
	}
	return list
}

// shapes returns job and number of entries of each body.
func shapes(t *testing.T, bodies []string, list string) (got []string) {
	t.Helper()
	for _, body := range bodies {
		var b map[string]json.RawMessage
		require.NoError(t, json.Unmarshal([]byte(body), &b))
		var entries []json.RawMessage
		require.NoError(t, json.Unmarshal(b[list], &entries))
		got = append(got, fmt.Sprintf("%s %d from %s", b["jobid"], len(entries), entries[0]))
	}
	return got
}

func TestRenewalIsCollectedInOneJob(t *testing.T) {
	t.Parallel()
	c, p := newClient(t, map[string][]string{"create_renew_order_job": {
		`{"errcode":0,"jobid":"J","invalid_account_list":[{"userid":"u1","type":1,"errcode":701020,"errmsg":"twice"}]}`,
		`{"errcode":0,"jobid":"J"}`,
		`{"errcode":0,"jobid":"J","invalid_account_list":[{"userid":"u2002","type":1,"errcode":701004,"errmsg":""}]}`,
	}})
	job, err := c.CreateRenewOrderJob(t.Context(), license.CreateRenewOrderJobRequest{CorpID: "C", AccountList: renewals(2500)})
	failed, ok := errors.AsType[*license.ItemErrors](err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, "J", job.JobID)
	assert.Equal(t, []license.ItemResult{
		{UserID: "u1", Type: license.AccountBase, ErrCode: 701020, ErrMsg: "twice"},
		{UserID: "u2002", Type: license.AccountBase, ErrCode: 701004},
	}, job.InvalidAccountList)
	assert.Equal(t, job.InvalidAccountList, failed.Items)
	require.ErrorIs(t, err, wecom.Code(701004))
	require.ErrorIs(t, err, wecom.Code(701020))
	assert.Equal(t, []string{
		` 1000 from {"userid":"u0","type":1}`,
		`"J" 1000 from {"userid":"u1000","type":1}`,
		`"J" 500 from {"userid":"u2000","type":1}`,
	}, shapes(t, p.sent("create_renew_order_job"), "account_list"))
}

func TestJobsAreCollectedAsFarAsTheyGo(t *testing.T) {
	t.Parallel()
	const rejected = `{"errcode":0,"jobid":"J","invalid_list":[{"corpid":"c3","errcode":701121,"errmsg":"test"}]}`
	c, p := newClient(t, map[string][]string{"create_new_order_job": {rejected, `{"errcode":0,"jobid":"J"}`, `{"errcode":701123,"errmsg":"full"}`}})
	job, err := c.CreateNewOrderJob(t.Context(), license.CreateNewOrderJobRequest{JobID: "J", BuyList: purchases(25)})
	require.ErrorIs(t, err, wecom.Code(701123))
	require.ErrorContains(t, err, `20 of 25 entries were given to job "J"`)
	failed, ok := errors.AsType[*license.ItemErrors](err)
	require.True(t, ok, "what was rejected before is not hidden")
	assert.Equal(t, []license.ItemResult{{CorpID: "c3", ErrCode: 701121, ErrMsg: "test"}}, failed.Items)
	assert.Equal(t, &license.CreateNewOrderJobResponse{JobID: "J", InvalidList: failed.Items}, job)
	first := `from {"corpid":"c%d","account_count":{"base_count":1},"account_duration":{"months":1}}`
	assert.Equal(t, []string{
		fmt.Sprintf(`"J" 10 `+first, 0), fmt.Sprintf(`"J" 10 `+first, 10), fmt.Sprintf(`"J" 5 `+first, 20),
	}, shapes(t, p.sent("create_new_order_job"), "buy_list"))

	c, _ = newClient(t, map[string][]string{"create_new_order_job": {`{"errcode":701123,"errmsg":"full"}`}})
	job, err = c.CreateNewOrderJob(t.Context(), license.CreateNewOrderJobRequest{JobID: "J", BuyList: purchases(25)})
	require.ErrorIs(t, err, wecom.Code(701123))
	assert.Nil(t, job, "nothing was given to the job")
}

func TestJobWithoutAName(t *testing.T) {
	t.Parallel()
	c, p := newClient(t, map[string][]string{"create_renew_order_job": {`{"errcode":0}`}})
	job, err := c.CreateRenewOrderJob(t.Context(), license.CreateRenewOrderJobRequest{CorpID: "C", AccountList: renewals(1001)})
	require.ErrorContains(t, err, "names no job")
	assert.Nil(t, job)
	assert.Len(t, p.sent("create_renew_order_job"), 1, "the rest would have gone to another job")
}

func TestAutoActiveOffIsSent(t *testing.T) {
	t.Parallel()
	c, p := newClient(t, map[string][]string{
		"create_new_order_job":   {`{"errcode":0,"jobid":"J"}`},
		"set_auto_active_status": {`{"errcode":0}`},
	})
	list := purchases(3)
	list[1].AutoActiveStatus = new(license.AutoActiveOff)
	list[2].AutoActiveStatus = new(license.AutoActiveOn)
	_, err := c.CreateNewOrderJob(t.Context(), license.CreateNewOrderJobRequest{BuyList: list})
	require.NoError(t, err)
	const rest = `"account_count":{"base_count":1},"account_duration":{"months":1}`
	assert.Equal(t, []string{`{"buy_list":[{"corpid":"c0",` + rest + `},{"corpid":"c1",` + rest +
		`,"auto_active_status":0},{"corpid":"c2",` + rest + `,"auto_active_status":1}]}`}, p.sent("create_new_order_job"))

	require.NoError(t, c.SetAutoActiveStatus(t.Context(), "C", license.AutoActiveOff))
	assert.Equal(t, []string{`{"corpid":"C","auto_active_status":0}`}, p.sent("set_auto_active_status"))
}

func TestWaitForOrder(t *testing.T) {
	t.Parallel()
	const (
		running  = `{"errcode":0,"errmsg":"ok","status":2}`
		withLoss = `{"errcode":0,"status":2,"fail_list":[{"corpid":"c1","errcode":701124,"errmsg":"again"}]}`
	)
	for _, tt := range []struct {
		name  string
		end   string
		check func(t *testing.T, r *license.NewOrderJobResultResponse, err error)
	}{
		{"made", `{"errcode":0,"status":1,"order_id":"O"}`, func(t *testing.T, r *license.NewOrderJobResultResponse, err error) {
			require.NoError(t, err)
			assert.Equal(t, license.NewOrderJobResultResponse{Status: license.JobDone, OrderID: "O"}, *r)
		}},
		{"made without some", `{"errcode":0,"status":1,"order_id":"O","fail_list":[{"corpid":"c1","errcode":701124,"errmsg":"again"}]}`, func(t *testing.T, r *license.NewOrderJobResultResponse, err error) {
			failed, ok := errors.AsType[*license.ItemErrors](err)
			require.True(t, ok, "%v", err)
			require.ErrorIs(t, err, wecom.Code(701124))
			assert.Equal(t, "c1", failed.Items[0].CorpID)
			assert.Equal(t, "O", r.OrderID, "the order is there")
		}},
		{"failed", `{"errcode":0,"status":3,"fail_list":[{"corpid":"c1","errcode":701124,"errmsg":"again"}]}`, func(t *testing.T, r *license.NewOrderJobResultResponse, err error) {
			failed, ok := errors.AsType[*license.JobError](err)
			require.True(t, ok, "%v", err)
			assert.Equal(t, "J", failed.JobID)
			assert.Equal(t, r.FailList, failed.Items)
			require.ErrorIs(t, err, wecom.Code(701124))
		}},
		{"refused", `{"errcode":701125,"errmsg":"not submitted"}`, func(t *testing.T, r *license.NewOrderJobResultResponse, err error) {
			require.ErrorIs(t, err, wecom.Code(701125))
			assert.Nil(t, r)
		}},
		{"unknown", `{"errcode":0,"status":9}`, func(t *testing.T, r *license.NewOrderJobResultResponse, err error) {
			require.ErrorContains(t, err, "unknown status 9")
			assert.EqualValues(t, 9, r.Status)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, p := newClient(t, map[string][]string{"new_order_job_result": {running, withLoss, tt.end, running}})
				start := time.Now()
				r, err := c.WaitNewOrderJob(t.Context(), "J")
				tt.check(t, r, err)
				assert.Equal(t, []string{`{"jobid":"J"}`, `{"jobid":"J"}`, `{"jobid":"J"}`}, p.sent("new_order_job_result"))
				assert.Greater(t, time.Since(start), 500*time.Millisecond, "with pauses")
				assert.Less(t, time.Since(start), 5*time.Second)
			})
		})
	}
}

func TestWaitForPayment(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, _ := newClient(t, map[string][]string{"pay_job_result": {
			`{"errcode":0,"status":2}`, `{"errcode":0,"status":1}`, // the first job
			`{"errcode":0,"status":2}`, `{"errcode":0,"status":3,"pay_job_result":{"errcode":90433,"errmsg":"balance"}}`,
		}})
		r, err := c.WaitPayJob(t.Context(), "J1")
		require.NoError(t, err)
		assert.Equal(t, license.JobDone, r.Status)

		r, err = c.WaitPayJob(t.Context(), "J2")
		require.ErrorIs(t, err, wecom.Code(90433))
		assert.Equal(t, license.JobFailed, r.Status)
	})
}

// The outer errcode is 0 although nothing was paid.
func TestFailedPaymentIsAnError(t *testing.T) {
	t.Parallel()
	c, _ := newClient(t, map[string][]string{"pay_job_result": {`{"errcode":0,"errmsg":"ok","status":3,"pay_job_result":
		{"errcode":701160,"errmsg":"check","fail_corp_list":[{"corpid":"ww1","errcode":701129,"errmsg":"no order"},{"corpid":"ww2","errcode":701130,"errmsg":""}]}}`}})
	r, err := c.PayJobResult(t.Context(), "J")
	failed, ok := errors.AsType[*license.JobError](err)
	require.True(t, ok, "%v", err)
	want := &license.JobError{
		Op: "/cgi-bin/license/pay_job_result", JobID: "J", Code: 701160, Message: "check",
		Items: []license.ItemResult{{CorpID: "ww1", ErrCode: 701129, ErrMsg: "no order"}, {CorpID: "ww2", ErrCode: 701130}},
	}
	assert.Equal(t, want, failed)
	assert.Equal(t, license.JobFailed, r.Status)
	for _, code := range []wecom.Code{701160, 701129, 701130} {
		require.ErrorIs(t, err, code)
	}
	require.ErrorIs(t, err, wecom.ErrLicense)
	require.NotErrorIs(t, err, wecom.Code(0))
	for _, part := range []string{"pay_job_result", `job "J" failed`, `"check"`, `corpid "ww1"`, "errcode 701129", `"no order"`, `corpid "ww2"`} {
		require.ErrorContains(t, err, part)
	}
	require.EqualError(t, &license.JobError{Op: "/p", JobID: "J"}, `license: /p: job "J" failed`)
}

func TestWaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, p := newClient(t, map[string][]string{"pay_job_result": {`{"errcode":0,"status":2}`}})
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		start := time.Now()
		_, err := c.WaitPayJob(ctx, "J")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, `WaitPayJob: job "J"`)
		assert.Equal(t, 30*time.Second, time.Since(start))
		assert.Greater(t, len(p.sent("pay_job_result")), 3)
		assert.Less(t, len(p.sent("pay_job_result")), 30, "the pauses grow")
	})
}

func TestErrorsStayShort(t *testing.T) {
	t.Parallel()
	items := make([]license.ItemResult, 1000)
	for i := range items {
		items[i] = license.ItemResult{UserID: fmt.Sprint("u", i), ErrCode: 701003, ErrMsg: strings.Repeat("长", 1000)}
	}
	err := &license.ItemErrors{Op: "/p", Items: items}
	text := err.Error()
	assert.Less(t, len(text), 1200)
	assert.Contains(t, text, "failed for 1000 entries")
	assert.Contains(t, text, `userid "u0": errcode 701003`)
	assert.Contains(t, text, "and 997 more")
	assert.NotContains(t, text, "�")
	assert.Equal(t, []error{wecom.Code(701003)}, err.Unwrap(), "each code once")
}
