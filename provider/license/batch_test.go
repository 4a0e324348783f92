package license_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/provider/license"
)

// The outer errcode of a batch is 0 although entries failed; the type of theirs
// is not documented.
func TestBatchReportsEachFailure(t *testing.T) {
	t.Parallel()
	for name, format := range map[string]string{"numbers": "%d", "strings": `"%d"`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code := func(n int) string { return fmt.Sprintf(format, n) }
			c, p := newClient(t, map[string][]string{
				"batch_active_account": {`{"errcode":0,"errmsg":"ok","active_result":[
					{"active_code":"code1","userid":"wo1","errcode":` + code(0) + `},
					{"active_code":"code2","userid":"wo2","errcode":` + code(701003) + `},
					{"active_code":"code3","userid":"wo3","errcode":` + code(701081) + `}]}`},
				"batch_transfer_license": {`{"errcode":0,"errmsg":"ok","transfer_result":[
					{"handover_userid":"wo1","takeover_userid":"wo2","errcode":` + code(0) + `},
					{"handover_userid":"wo3","takeover_userid":"wo4","errcode":` + code(701017) + `}]}`},
			})
			active, err := c.BatchActiveAccount(t.Context(), license.BatchActiveAccountRequest{CorpID: "C", ActiveList: []license.Activation{
				{ActiveCode: "code1", UserID: "u1"}, {ActiveCode: "code2", UserID: "u2"}, {ActiveCode: "code3", UserID: "u3"},
			}})
			failed, ok := errors.AsType[*license.ItemErrors](err)
			require.True(t, ok, "%v", err)
			assert.Equal(t, []license.ItemResult{
				{ActiveCode: "code1", UserID: "wo1"},
				{ActiveCode: "code2", UserID: "wo2", ErrCode: 701003},
				{ActiveCode: "code3", UserID: "wo3", ErrCode: 701081},
			}, active.ActiveResult, "the response is complete")
			assert.Equal(t, active.ActiveResult[1:], failed.Items)
			require.ErrorIs(t, err, wecom.Code(701003))
			require.ErrorIs(t, err, wecom.Code(701081))
			require.NotErrorIs(t, err, wecom.Code(701017))
			require.EqualError(t, err, "license: /cgi-bin/license/batch_active_account: failed for 2 entries: "+
				`active code "[secret]", userid "wo2": `+wecom.Code(701003).Error()+"; "+
				`active code "[secret]", userid "wo3": `+wecom.Code(701081).Error())
			assert.Equal(t, []string{`{"corpid":"C","active_list":[{"active_code":"code1","userid":"u1"},` +
				`{"active_code":"code2","userid":"u2"},{"active_code":"code3","userid":"u3"}]}`}, p.sent("batch_active_account"))

			moved, err := c.BatchTransferLicense(t.Context(), license.BatchTransferLicenseRequest{CorpID: "C", TransferList: []license.Transfer{
				{HandoverUserID: "u1", TakeoverUserID: "u2"}, {HandoverUserID: "u3", TakeoverUserID: "u4"},
			}})
			require.ErrorIs(t, err, wecom.Code(701017))
			require.ErrorContains(t, err, `from "wo3", to "wo4"`)
			assert.Len(t, moved.TransferResult, 2)
		})
	}
}

func TestBatchWithoutFailures(t *testing.T) {
	t.Parallel()
	c, p := newClient(t, map[string][]string{
		"batch_active_account":    {`{"errcode":0,"active_result":[{"active_code":"code1","userid":"wo1","errcode":0}]}`},
		"batch_transfer_license":  {`{"errcode":0,"transfer_result":[{"handover_userid":"wo1","takeover_userid":"wo2","errcode":0}]}`},
		"batch_share_active_code": {`{"errcode":0}`, `{"errcode":0,"share_result":[]}`, `{"errcode":0,"share_result":null}`},
		"create_renew_order_job":  {`{"errcode":0,"jobid":"J","invalid_account_list":[]}`},
	})
	_, err := c.BatchActiveAccount(t.Context(), license.BatchActiveAccountRequest{ActiveList: make([]license.Activation, 1)})
	require.NoError(t, err)
	_, err = c.BatchTransferLicense(t.Context(), license.BatchTransferLicenseRequest{TransferList: make([]license.Transfer, 1)})
	require.NoError(t, err)
	_, err = c.CreateRenewOrderJob(t.Context(), license.CreateRenewOrderJobRequest{AccountList: renewals(1)})
	require.NoError(t, err)
	for range 3 { // a list of failures that is absent, empty or null
		shared, err := c.BatchShareActiveCode(t.Context(), license.BatchShareActiveCodeRequest{
			FromCorpID: "A", ToCorpID: "B", ShareList: []license.ActiveCode{"code1", "code2"}, CorpLinkType: license.LinkLinked,
		})
		require.NoError(t, err)
		assert.Empty(t, shared.ShareResult)
	}
	assert.JSONEq(t, `{"from_corpid":"A","to_corpid":"B","share_list":[{"active_code":"code1"},{"active_code":"code2"}],"corp_link_type":1}`,
		p.sent("batch_share_active_code")[0])
}

// What a list of failures names has failed, whatever its errcode.
func TestListsOfFailuresAreFailures(t *testing.T) {
	t.Parallel()
	c, _ := newClient(t, map[string][]string{
		"batch_share_active_code": {`{"errcode":0,"share_result":[{"active_code":"code1"}]}`},
		"create_renew_order_job":  {`{"errcode":0,"jobid":"J","invalid_account_list":[{"userid":"u0","type":1}]}`},
	})
	_, err := c.BatchShareActiveCode(t.Context(), license.BatchShareActiveCodeRequest{ShareList: []license.ActiveCode{"code1"}})
	require.ErrorContains(t, err, "failed for 1 entries")
	_, err = c.CreateRenewOrderJob(t.Context(), license.CreateRenewOrderJobRequest{AccountList: renewals(1)})
	require.ErrorContains(t, err, "failed for 1 entries")
}

func TestItemWithABrokenCode(t *testing.T) {
	t.Parallel()
	for _, code := range []string{`"canary"`, `{}`, `[1]`, `1.5`, `true`} {
		c, _ := newClient(t, map[string][]string{"batch_transfer_license": {`{"errcode":0,"transfer_result":[{"errcode":` + code + `}]}`}})
		_, err := c.BatchTransferLicense(t.Context(), license.BatchTransferLicenseRequest{TransferList: make([]license.Transfer, 1)})
		require.ErrorIs(t, err, wecom.ErrNoReply, code)
		assert.NotContains(t, err.Error(), "canary")
	}
}

func TestLimitsOfLists(t *testing.T) {
	t.Parallel()
	c, p := newClient(t, nil)
	for method, call := range map[string]func(n int) error{
		"BatchActiveAccount: ActiveList": func(n int) error {
			_, err := c.BatchActiveAccount(t.Context(), license.BatchActiveAccountRequest{ActiveList: make([]license.Activation, n)})
			return err
		},
		"BatchTransferLicense: TransferList": func(n int) error {
			_, err := c.BatchTransferLicense(t.Context(), license.BatchTransferLicenseRequest{TransferList: make([]license.Transfer, n)})
			return err
		},
		"BatchShareActiveCode: ShareList": func(n int) error {
			_, err := c.BatchShareActiveCode(t.Context(), license.BatchShareActiveCodeRequest{ShareList: make([]license.ActiveCode, n)})
			return err
		},
	} {
		require.ErrorContains(t, call(0), method+" is empty")
		require.ErrorContains(t, call(1001), method+" has 1001 entries, more than 1000")
	}
	_, err := c.CreateRenewOrderJob(t.Context(), license.CreateRenewOrderJobRequest{})
	require.ErrorContains(t, err, "AccountList is empty")
	_, err = c.CreateRenewOrderJob(t.Context(), license.CreateRenewOrderJobRequest{AccountList: make([]license.RenewAccount, 2_000_001)})
	require.ErrorContains(t, err, "more than 2000000")
	_, err = c.CreateNewOrderJob(t.Context(), license.CreateNewOrderJobRequest{})
	require.ErrorContains(t, err, "BuyList is empty")
	_, err = c.CreateNewOrderJob(t.Context(), license.CreateNewOrderJobRequest{BuyList: make([]license.CorpPurchase, 100_001)})
	require.ErrorContains(t, err, "more than 100000")
	_, err = c.BatchGetActiveInfoByCode(t.Context(), license.BatchGetActiveInfoByCodeRequest{CorpID: "C"})
	require.ErrorContains(t, err, "ActiveCodeList is empty")
	assert.Zero(t, p.calls(), "nothing of it was sent")
}

func TestFullBatchIsOneCall(t *testing.T) {
	t.Parallel()
	c, p := newClient(t, map[string][]string{"batch_active_account": {`{"errcode":0,"active_result":[]}`}})
	_, err := c.BatchActiveAccount(t.Context(), license.BatchActiveAccountRequest{ActiveList: make([]license.Activation, 1000)})
	require.NoError(t, err)
	require.Len(t, p.sent("batch_active_account"), 1)
	assert.Equal(t, 1000, strings.Count(p.sent("batch_active_account")[0], "active_code"))
}

func TestCodesAreReadInParts(t *testing.T) {
	t.Parallel()
	const path = "batch_get_active_info_by_code"
	replies := []string{
		`{"errcode":0,"active_info_list":[{"active_code":"a","type":1,"status":1}],"invalid_active_code_list":["x"]}`,
		`{"errcode":0,"active_info_list":[{"active_code":"b","type":2,"status":42}]}`,
		`{"errcode":0,"active_info_list":[],"invalid_active_code_list":["y"]}`,
	}
	codes := slices.Repeat([]license.ActiveCode{"c"}, 2001)
	want := license.BatchGetActiveInfoByCodeResponse{
		ActiveInfoList: []license.Account{
			{ActiveCode: "a", Type: license.AccountBase, Status: license.CodeUnbound},
			{ActiveCode: "b", Type: license.AccountExternalContact, Status: 42}, // a status of the future survives
		},
		InvalidActiveCodeList: []license.ActiveCode{"x", "y"},
	}
	c, p := newClient(t, map[string][]string{path: replies})
	all, err := c.BatchGetActiveInfoByCode(t.Context(), license.BatchGetActiveInfoByCodeRequest{CorpID: "C", ActiveCodeList: codes})
	require.NoError(t, err)
	assert.Equal(t, want, *all)
	require.Len(t, p.sent(path), 3)
	for i, n := range []int{1000, 1000, 1} {
		assert.Equal(t, n, strings.Count(p.sent(path)[i], `"c"`))
	}

	c, _ = newClient(t, map[string][]string{path: {replies[0], replies[1], `{"errcode":701015,"errmsg":"no app"}`}})
	all, err = c.BatchGetActiveInfoByCode(t.Context(), license.BatchGetActiveInfoByCodeRequest{CorpID: "C", ActiveCodeList: codes})
	require.ErrorIs(t, err, wecom.Code(701015))
	want.InvalidActiveCodeList = want.InvalidActiveCodeList[:1]
	assert.Equal(t, want, *all, "what was read is kept")
}

// Replies without what is optional decode to nothing, not to something.
func TestAbsentIsNotZero(t *testing.T) {
	t.Parallel()
	c, _ := newClient(t, map[string][]string{
		"get_app_license_info":    {`{"errcode":0,"license_status":0}`},
		"get_active_info_by_user": {`{"errcode":0,"active_status":0}`},
		"get_active_info_by_code": {`{"errcode":0,"active_info":{"active_code":"code1","type":1,"status":1,"create_time":1640966400}}`},
	})
	app, err := c.GetAppLicenseInfo(t.Context(), license.GetAppLicenseInfoRequest{CorpID: "C", SuiteID: "S"})
	require.NoError(t, err)
	assert.Equal(t, license.GetAppLicenseInfoResponse{LicenseStatus: license.CheckOff}, *app)
	user, err := c.GetActiveInfoByUser(t.Context(), "C", "U")
	require.NoError(t, err)
	assert.Equal(t, license.GetActiveInfoByUserResponse{ActiveStatus: license.NotActivated}, *user)
	code, err := c.GetActiveInfoByCode(t.Context(), "C", "code1")
	require.NoError(t, err)
	assert.Equal(t, license.Account{
		ActiveCode: "code1", Type: license.AccountBase, Status: license.CodeUnbound, CreateTime: 1640966400,
	}, code.ActiveInfo)
}
