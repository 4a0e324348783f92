package provider_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/provider"
)

// What cannot be right is refused here, and the error names the limit.
func TestLimits(t *testing.T) {
	t.Parallel()
	p, u := newUpstream(t, inOrder(`{"errcode":0}`))
	contact, orders := p.Contact(), p.AdvancedAPI()
	long := strings.Repeat("9", 129)
	for name, tt := range map[string]struct {
		want string
		call func(ctx context.Context) error
	}{
		"no query": {"1 to 50", func(ctx context.Context) error {
			_, err := contact.BatchSearch(ctx, provider.BatchSearchRequest{})
			return err
		}},
		"51 queries": {"1 to 50", func(ctx context.Context) error {
			_, err := contact.BatchSearch(ctx, provider.BatchSearchRequest{Queries: make([]provider.SearchQuery, 51)})
			return err
		}},
		"nobody": {"1 to 1000", func(ctx context.Context) error { _, err := contact.Sort(ctx, provider.SortRequest{}); return err }},
		"1001 people": {"1 to 1000", func(ctx context.Context) error {
			_, err := contact.Sort(ctx, provider.SortRequest{UserIDs: make([]string, 1001)})
			return err
		}},
		"no file": {"1 to 20", func(ctx context.Context) error {
			_, err := contact.IDTranslate(ctx, provider.IDTranslateRequest{OutputFileName: "a"})
			return err
		}},
		"21 files": {"1 to 20", func(ctx context.Context) error {
			_, err := contact.IDTranslate(ctx, provider.IDTranslateRequest{MediaIDs: make([]string, 21), OutputFileName: "a"})
			return err
		}},
		"two files without a name": {"OutputFileName", func(ctx context.Context) error {
			_, err := contact.IDTranslate(ctx, provider.IDTranslateRequest{MediaIDs: make([]string, 2)})
			return err
		}},
		"no job":   {"1 to 64", func(ctx context.Context) error { _, err := p.GetResult(ctx, ""); return err }},
		"long job": {"1 to 64", func(ctx context.Context) error { _, err := p.WaitResult(ctx, long); return err }},
		"no corp to migrate": {"required", func(ctx context.Context) error {
			return p.FinishOpenIDMigration(ctx, provider.FinishOpenIDMigrationRequest{OpenIDTypes: []provider.OpenIDType{1}})
		}},
		"nothing to migrate": {"required", func(ctx context.Context) error {
			return p.FinishOpenIDMigration(ctx, provider.FinishOpenIDMigrationRequest{CorpID: "wwA"})
		}},
		"no corp":    {"empty", func(ctx context.Context) error { return p.FinishExternalUserIDMigration(ctx, "") }},
		"no corp id": {"empty", func(ctx context.Context) error { _, err := p.CorpIDToOpenCorpID(ctx, ""); return err }},
		"no bot":     {"bot", func(ctx context.Context) error { _, err := p.UserIDToOpenUserID(ctx, "", []string{"a"}); return err }},
		"no ids":     {"1 to 1000", func(ctx context.Context) error { _, err := p.UserIDToOpenUserID(ctx, "B", nil); return err }},
		"1001 ids": {"1 to 1000", func(ctx context.Context) error {
			_, err := p.UserIDToOpenUserID(ctx, "B", make([]string, 1001))
			return err
		}},
		"half a time": {"together", func(ctx context.Context) error {
			_, err := orders.ListOrder(ctx, provider.ListOrderRequest{StartTime: 1})
			return err
		}},
		"long hint": {"at most 128", func(ctx context.Context) error {
			return p.FetchDeviceLog(ctx, provider.FetchDeviceLogRequest{DeviceSN: "SN", Hint: long})
		}},
	} {
		require.ErrorContains(t, tt.call(t.Context()), tt.want, name)
	}
	for _, sn := range []string{"", long} {
		_, err := p.AddDevice(t.Context(), provider.AddDeviceRequest{ModelID: "hwm1", DeviceSN: sn})
		require.ErrorContains(t, err, "1 to 128")
		_, err = p.GetDeviceAuthInfo(t.Context(), sn)
		require.ErrorContains(t, err, "1 to 128")
		_, err = p.GetDeviceFeature(t.Context(), sn)
		require.ErrorContains(t, err, "1 to 128")
		require.ErrorContains(t, p.ResetSecretNo(t.Context(), sn), "1 to 128")
		require.ErrorContains(t, p.DelDevice(t.Context(), sn), "1 to 128")
		require.ErrorContains(t, p.SetPrinterSupportState(t.Context(), sn, true), "1 to 128")
		require.ErrorContains(t, p.FetchDeviceLog(t.Context(), provider.FetchDeviceLogRequest{DeviceSN: sn}), "1 to 128")
	}
	assert.Empty(t, u.requests())
}

// What changes something is sent once, whatever becomes of the reply; what only
// reads is sent three times.
func TestOnlyReadsAreRepeated(t *testing.T) {
	t.Parallel()
	type call func(ctx context.Context, p *provider.Client) error
	order := func(p *provider.Client) provider.AdvancedAPI { return p.AdvancedAPI() }
	once := map[string]call{
		"IDTranslate": func(ctx context.Context, p *provider.Client) error {
			_, err := p.Contact().IDTranslate(ctx, provider.IDTranslateRequest{MediaIDs: []string{"M"}})
			return err
		},
		"FinishOpenIDMigration": func(ctx context.Context, p *provider.Client) error {
			return p.FinishOpenIDMigration(ctx, provider.FinishOpenIDMigrationRequest{CorpID: "wwA", OpenIDTypes: []provider.OpenIDType{provider.OpenIDUserAndCorp}})
		},
		"FinishExternalUserIDMigration": func(ctx context.Context, p *provider.Client) error {
			return p.FinishExternalUserIDMigration(ctx, "wwA")
		},
		"Upload": func(ctx context.Context, p *provider.Client) error {
			_, err := p.Upload(ctx, provider.UploadRequest{Type: provider.MediaFile, File: wecom.File{Name: "f", Size: 6, Reader: strings.NewReader("mytext")}})
			return err
		},
		"AddDevice": func(ctx context.Context, p *provider.Client) error {
			_, err := p.AddDevice(ctx, provider.AddDeviceRequest{DeviceSN: "SN"})
			return err
		},
		"ResetSecretNo": func(ctx context.Context, p *provider.Client) error { return p.ResetSecretNo(ctx, "SN") },
		"DelDevice":     func(ctx context.Context, p *provider.Client) error { return p.DelDevice(ctx, "SN") },
		"FetchDeviceLog": func(ctx context.Context, p *provider.Client) error {
			return p.FetchDeviceLog(ctx, provider.FetchDeviceLogRequest{DeviceSN: "SN"})
		},
		"SetPrinterSupportState": func(ctx context.Context, p *provider.Client) error { return p.SetPrinterSupportState(ctx, "SN", true) },
		"CreateOrder": func(ctx context.Context, p *provider.Client) error {
			_, err := order(p).CreateOrder(ctx, provider.CreateOrderRequest{})
			return err
		},
		"CancelOrder": func(ctx context.Context, p *provider.Client) error { return order(p).CancelOrder(ctx, "O") },
		"SubmitPay":   func(ctx context.Context, p *provider.Client) error { return order(p).SubmitPay(ctx, "O", "u") },
	}
	reads := map[string]call{
		"Search": func(ctx context.Context, p *provider.Client) error {
			_, err := p.Contact().Search(ctx, zhang)
			return err
		},
		"BatchSearch": func(ctx context.Context, p *provider.Client) error {
			_, err := p.Contact().BatchSearch(ctx, provider.BatchSearchRequest{Queries: make([]provider.SearchQuery, 1)})
			return err
		},
		"Sort": func(ctx context.Context, p *provider.Client) error {
			_, err := p.Contact().Sort(ctx, provider.SortRequest{UserIDs: []string{"a"}})
			return err
		},
		"GetResult":         func(ctx context.Context, p *provider.Client) error { _, err := p.GetResult(ctx, "J"); return err },
		"GetAccountBalance": func(ctx context.Context, p *provider.Client) error { _, err := p.GetAccountBalance(ctx); return err },
		"GetDeviceAuthInfo": func(ctx context.Context, p *provider.Client) error {
			_, err := p.GetDeviceAuthInfo(ctx, "SN")
			return err
		},
		"ListDevice": func(ctx context.Context, p *provider.Client) error {
			_, err := p.ListDevice(ctx, provider.ListDeviceRequest{})
			return err
		},
		"GetDeviceFeature": func(ctx context.Context, p *provider.Client) error {
			_, err := p.GetDeviceFeature(ctx, "SN")
			return err
		},
		"ListOrder": func(ctx context.Context, p *provider.Client) error {
			_, err := order(p).ListOrder(ctx, provider.ListOrderRequest{})
			return err
		},
		"GetOrder": func(ctx context.Context, p *provider.Client) error { _, err := order(p).GetOrder(ctx, "O"); return err },
		"GetCorpBuyInfo": func(ctx context.Context, p *provider.Client) error {
			_, err := order(p).GetCorpBuyInfo(ctx, provider.AdvancedChatArchive, "wwA")
			return err
		},
		"CorpIDToOpenCorpID": func(ctx context.Context, p *provider.Client) error {
			_, err := p.CorpIDToOpenCorpID(ctx, "wwA")
			return err
		},
		"UserIDToOpenUserID": func(ctx context.Context, p *provider.Client) error {
			_, err := p.UserIDToOpenUserID(ctx, "B", []string{"a"})
			return err
		},
	}
	answers := map[string]func(request, int) (string, error){
		"system busy": inOrder(`{"errcode":-1,"errmsg":"system busy"}`),
		"reply lost":  func(request, int) (string, error) { return "", errLost },
	}
	for what, answer := range answers {
		check := func(calls map[string]call, times int) {
			for name, do := range calls {
				t.Run(name+", "+what, func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						p, u := newUpstream(t, answer)
						require.ErrorIs(t, do(t.Context(), p), wecom.ErrTransient)
						assert.Len(t, u.requests(), times)
					})
				})
			}
		}
		check(once, 1)
		check(reads, 3)
	}
}

func TestConvertUserIDs(t *testing.T) {
	t.Parallel()
	var ids []string
	for i := range 2500 {
		ids = append(ids, "u"+strconv.Itoa(i))
	}
	ids = append(ids, "u7", "") // twice, and none
	convert := func(r request) string {
		var body struct {
			IDs []string `json:"open_userid_list"`
		}
		assert.NoError(t, json.Unmarshal([]byte(r.body), &body))
		var items []string
		for _, id := range body.IDs {
			if id != "u7" {
				items = append(items, fmt.Sprintf(`{"userid":%q,"open_userid":"o"}`, id))
			}
		}
		return `{"errcode":0,"open_corpid":"wpA","items":[` + strings.Join(items, ",") + `],"invalid_open_userid_list":["u7"]}`
	}
	p, u := newUpstream(t, func(r request, _ int) (string, error) { return convert(r), nil })
	got, err := p.ConvertUserIDs(t.Context(), "BOT", ids)
	require.NoError(t, err)
	assert.Len(t, got.OpenUserIDs, 2499)
	assert.Equal(t, "o", got.OpenUserIDs["u2499"])
	assert.ElementsMatch(t, []string{"", "u7"}, got.Invalid)
	assert.Equal(t, "wpA", got.OpenCorpID)
	assert.Len(t, u.requests(), 3)

	// One call fails: the others count.
	var failed atomic.Int32
	p, _ = newUpstream(t, func(r request, _ int) (string, error) {
		if strings.Contains(r.body, `"u1500"`) {
			failed.Add(1)
			return `{"errcode":40058,"errmsg":"invalid"}`, nil
		}
		return convert(r), nil
	})
	got, err = p.ConvertUserIDs(t.Context(), "BOT", ids)
	partial, ok := errors.AsType[*provider.ConvertError](err)
	require.True(t, ok, "%v", err)
	require.ErrorIs(t, err, wecom.Code(40058))
	require.ErrorContains(t, err, "no answer for 1000 ids: ")
	assert.Len(t, partial.Failed, 1000)
	require.ErrorIs(t, partial.Failed["u1500"], wecom.Code(40058))
	assert.Len(t, got.OpenUserIDs, 1499)
	assert.EqualValues(t, 1, failed.Load())

	got, err = p.ConvertUserIDs(t.Context(), "BOT", nil)
	require.NoError(t, err)
	assert.Empty(t, got.OpenUserIDs)
}

// What befalls every call ends the whole.
func TestConvertUserIDsGivesUp(t *testing.T) {
	t.Parallel()
	p, u := newUpstream(t, inOrder(`{"errcode":48002,"errmsg":"api forbidden"}`))
	ids := make([]string, 20000)
	for i := range ids {
		ids[i] = strconv.Itoa(i)
	}
	_, err := p.ConvertUserIDs(t.Context(), "BOT", ids)
	partial, ok := errors.AsType[*provider.ConvertError](err)
	require.True(t, ok)
	assert.Len(t, partial.Failed, len(ids))
	assert.LessOrEqual(t, len(u.requests()), 4, "those under way at once")
}
