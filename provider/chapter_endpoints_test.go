package provider_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/apitest"
	"github.com/wecom-isv/wecom/provider"
)

// errorOnly is onProvider for calls that return an error only.
func errorOnly(call func(ctx context.Context, p *provider.Client) error) func(context.Context, *wecom.Client) (any, error) {
	return onProvider(func(ctx context.Context, p *provider.Client) (any, error) { return nil, call(ctx, p) })
}

// search is the query of the examples.
var search = provider.SearchQuery{
	QueryWord: "zhangsan", QueryType: provider.QueryUsers, QueryRange: provider.QueryDeparted,
	Limit: 50, FullMatchField: provider.MatchName, Cursor: "CURSOR",
}

func TestChapterEndpoints(t *testing.T) {
	t.Parallel()
	apitest.Run(t, []apitest.Case{
		{
			ID: "provider.corpid_to_opencorpid", Safe: true,
			Call: onProvider(func(ctx context.Context, p *provider.Client) (*provider.CorpIDToOpenCorpIDResponse, error) {
				return p.CorpIDToOpenCorpID(ctx, "xxxxx")
			}),
		},
		{
			ID: "provider.batch.userid_to_openuserid", Safe: true,
			Call: onProvider(func(ctx context.Context, p *provider.Client) (*provider.UserIDToOpenUserIDResponse, error) {
				return p.UserIDToOpenUserID(ctx, "BOTID", []string{"wojigengoegeojgoe", "wosgjeiogng"})
			}),
		},
		{
			ID: "provider.finish_openid_migration",
			Call: errorOnly(func(ctx context.Context, p *provider.Client) error {
				return p.FinishOpenIDMigration(ctx, provider.FinishOpenIDMigrationRequest{
					CorpID: "xxxxx", AgentID: 1111,
					OpenIDTypes: []provider.OpenIDType{provider.OpenIDUserAndCorp, provider.OpenIDExternalUser},
				})
			}),
		},
		{
			ID: "provider.finish_external_userid_migration",
			Call: errorOnly(func(ctx context.Context, p *provider.Client) error {
				return p.FinishExternalUserIDMigration(ctx, "xxxxx")
			}),
		},
		{
			ID: "provider.contact.id_translate",
			Call: onProvider(func(ctx context.Context, p *provider.Client) (*provider.IDTranslateResponse, error) {
				return p.Contact().IDTranslate(ctx, provider.IDTranslateRequest{
					AuthCorpID: "wwxxxx", MediaIDs: []string{"1G6nrLmr5EC3MMb_-zK1dDdzmd0p7cNliYu9V5w7o8K0"},
					OutputFileName: "学习手册", OutputFileFormat: provider.OutputPDF,
				})
			}),
		},
		{
			ID: "provider.batch.get_result", Safe: true, Query: url.Values{"jobid": {"JOBID"}},
			Call: onProvider(func(ctx context.Context, p *provider.Client) (*provider.GetResultResponse, error) {
				return p.GetResult(ctx, "JOBID")
			}),
		},
		{
			ID: "provider.contact.search", Safe: true,
			Call: onProvider(func(ctx context.Context, p *provider.Client) (*provider.SearchResponse, error) {
				return p.Contact().Search(ctx, provider.SearchRequest{AuthCorpID: "wwxxxxxx", AgentID: 1000046, SearchQuery: search})
			}),
		},
		{
			ID: "provider.contact.batchsearch", Safe: true,
			Call: onProvider(func(ctx context.Context, p *provider.Client) (*provider.BatchSearchResponse, error) {
				r, err := p.Contact().BatchSearch(ctx, provider.BatchSearchRequest{
					AuthCorpID: "wwxxxxxx", AgentID: 1000046, Queries: []provider.SearchQuery{search},
				})
				if _, partial := errors.AsType[*provider.ItemErrors](err); partial {
					return r, nil // the example has an item that failed
				}
				if err == nil {
					return nil, errors.New("the item that failed is not reported")
				}
				return r, err
			}),
		},
		{
			ID: "provider.contact.sort", Safe: true,
			Call: onProvider(func(ctx context.Context, p *provider.Client) (*provider.SortResponse, error) {
				return p.Contact().Sort(ctx, provider.SortRequest{
					AuthCorpID: "wwxxxxxx", UserIDs: []string{"zhangshan", "lisi"},
					Options: []provider.SortOption{{Order: provider.SortDescending}, {Field: provider.SortByAlias}},
				})
			}),
		},
		{
			ID: "provider.media.upload", Query: url.Values{"type": {"file"}},
			Call: onProvider(func(ctx context.Context, p *provider.Client) (*provider.UploadResponse, error) {
				return p.Upload(ctx, provider.UploadRequest{Type: provider.MediaFile, File: wecom.File{
					Name: apitest.FileName, Size: int64(len(apitest.FileText)), Reader: strings.NewReader(apitest.FileText),
				}})
			}),
		},
		{
			ID: "provider.get_account_balance", Safe: true,
			Call: onProvider(func(ctx context.Context, p *provider.Client) (*provider.GetAccountBalanceResponse, error) {
				return p.GetAccountBalance(ctx)
			}),
		},
		{
			ID: "provider.device.add",
			Call: onProvider(func(ctx context.Context, p *provider.Client) (*provider.AddDeviceResponse, error) {
				return p.AddDevice(ctx, provider.AddDeviceRequest{ModelID: "hwme7a11fc60a668689", DeviceSN: "WXWK001"})
			}),
		},
		{
			ID: "provider.device.get_auth_info", Safe: true,
			Call: onProvider(func(ctx context.Context, p *provider.Client) (*provider.GetDeviceAuthInfoResponse, error) {
				return p.GetDeviceAuthInfo(ctx, "WXWK001")
			}),
		},
		{
			ID: "provider.device.reset_secret_no",
			Call: errorOnly(func(ctx context.Context, p *provider.Client) error {
				return p.ResetSecretNo(ctx, "WXWK001")
			}),
		},
		{
			ID: "provider.device.list", Safe: true,
			Call: onProvider(func(ctx context.Context, p *provider.Client) (*provider.ListDeviceResponse, error) {
				return p.ListDevice(ctx, provider.ListDeviceRequest{Offset: 1, Limit: 10})
			}),
		},
		{
			ID: "provider.device.fetch_log",
			Call: errorOnly(func(ctx context.Context, p *provider.Client) error {
				return p.FetchDeviceLog(ctx, provider.FetchDeviceLogRequest{DeviceSN: "WXWK001", Hint: "device_log/20190101"})
			}),
		},
		{
			ID: "provider.device.delete",
			Call: errorOnly(func(ctx context.Context, p *provider.Client) error {
				return p.DelDevice(ctx, "WXWK001")
			}),
		},
		{
			ID: "provider.device.set_printer_support_state",
			Call: errorOnly(func(ctx context.Context, p *provider.Client) error {
				return p.SetPrinterSupportState(ctx, "WXWK001", provider.PrinterNotSupported)
			}),
		},
		{
			ID: "provider.device.get_feature", Safe: true,
			Call: onProvider(func(ctx context.Context, p *provider.Client) (*provider.GetDeviceFeatureResponse, error) {
				return p.GetDeviceFeature(ctx, "SN")
			}),
		},
		{
			ID: "provider.advanced_api.create_order",
			Call: onProvider(func(ctx context.Context, p *provider.Client) (*provider.CreateOrderResponse, error) {
				return p.AdvancedAPI().CreateOrder(ctx, provider.CreateOrderRequest{
					AdvancedAPIType: provider.AdvancedChatArchive, CustomCorpID: "wwxxx", BuyerUserID: "xxxx",
					OrderType: new(provider.AdvancedOrderMoreUsers),
					ChatArchiveAPI: provider.ChatArchivePurchase{
						Edition: provider.ChatArchiveCalls, OldEdition: provider.ChatArchiveChats,
						PurchaseCount: 100, TakeEffectTime: 1704038400,
						OldEditionInfo:    provider.EditionPeriod{BeginTime: 1704038000, EndTime: 1704038000},
						TargetEditionInfo: provider.EditionPeriod{BeginTime: 1704038000, EndTime: 1704038000},
					},
				})
			}),
		},
		{
			ID: "provider.advanced_api.cancel_order",
			Call: errorOnly(func(ctx context.Context, p *provider.Client) error {
				return p.AdvancedAPI().CancelOrder(ctx, "xxxxx")
			}),
		},
		{
			ID: "provider.advanced_api.submit_pay",
			Call: errorOnly(func(ctx context.Context, p *provider.Client) error {
				return p.AdvancedAPI().SubmitPay(ctx, "ORDERID", "USERID")
			}),
		},
		{
			ID: "provider.advanced_api.list_order", Safe: true,
			Call: onProvider(func(ctx context.Context, p *provider.Client) (*provider.ListOrderResponse, error) {
				return p.AdvancedAPI().ListOrder(ctx, provider.ListOrderRequest{
					CustomCorpID: "xxxxx", StartTime: 1500000000, EndTime: 1600000000,
					AdvancedAPIType: provider.AdvancedChatArchive, Cursor: "xxx", Limit: 10,
				})
			}),
		},
		{
			ID: "provider.advanced_api.get_order", Safe: true,
			Call: onProvider(func(ctx context.Context, p *provider.Client) (*provider.GetOrderResponse, error) {
				return p.AdvancedAPI().GetOrder(ctx, "xxxxx")
			}),
		},
		{
			ID: "provider.advanced_api.get_corp_buy_info", Safe: true,
			Call: onProvider(func(ctx context.Context, p *provider.Client) (*provider.GetCorpBuyInfoResponse, error) {
				return p.AdvancedAPI().GetCorpBuyInfo(ctx, provider.AdvancedChatArchive, "xxxxx")
			}),
		},
	})
}
