package wecomtest

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

type (
	tableObject = map[string]any
	tableCall   = func(path, query string, body any) map[string]any
)

// callShop calls every endpoint about orders and licences once.
func callShop(t *testing.T, p *Platform, call tableCall, provider string) {
	t.Helper()
	ctx := t.Context()
	app := p.NewApp(AppConfig{Editions: []Edition{{ID: "E1", Name: "协同版", Price: 36500}}, TrialDays: 15})
	corp := p.NewCorp("Buyer")
	_, err := corp.Install(ctx, app)
	require.NoError(t, err)
	suite := "suite_access_token=" + call("/cgi-bin/service/get_suite_token", "",
		tableObject{"suite_id": app.ID, "suite_secret": app.Secret, "suite_ticket": app.IssueTicket()})["suite_access_token"].(string)

	call("/cgi-bin/service/prolong_try", suite, tableObject{"buyer_corpid": corp.ID, "prolong_days": 7})
	order, err := corp.BuyEdition(ctx, app, EditionOrder{Users: 10, Days: 365})
	require.NoError(t, err)
	call("/cgi-bin/service/get_order", suite, tableObject{"orderid": order.ID})
	call("/cgi-bin/service/get_order_list", suite, tableObject{"start_time": 1, "end_time": p.Now().Unix()})
	callCashDesk(t, p, call, provider, app, corp)
	callLicenses(t, p, call, provider, app, corp)
	callAdvanced(p, call, provider, corp)
}

func callCashDesk(t *testing.T, p *Platform, call tableCall, provider string, app *App, corp *Corp) {
	t.Helper()
	signed := func(name string, body tableObject) map[string]any {
		body["nonce_str"], body["ts"] = p.secrets.hex(16), p.Now().Unix()
		text, err := json.Marshal(body)
		require.NoError(t, err)
		parsed, err := decodeBody(text)
		require.NoError(t, err)
		body["sig"] = cashierSignature(p.provider.CashierSecret, parsed)
		return call("/cgi-bin/paytool/"+name, provider, body)
	}
	open := func() string {
		return signed("open_order", tableObject{
			"business_type": 1, "custom_corpid": corp.ID, "pay_type": 0,
			"product_list": tableObject{"third_app": tableObject{
				"order_type": 2, "buy_info_list": []tableObject{{"suiteid": app.ID, "edition_id": "E1", "duration_days": 365}},
			}},
		})["order_id"].(string)
	}
	id := open()
	require.NoError(t, p.PayOrder(t.Context(), id))
	signed("get_order_list", tableObject{"limit": 10})
	signed("get_order_detail", tableObject{"order_id": id})
	signed("close_order", tableObject{"order_id": open()})
	require.NoError(t, p.ApplyInvoice(Invoice{OrderID: id, Title: "Buyer"}))
	call("/cgi-bin/paytool/get_invoice_list", provider, tableObject{})
	call("/cgi-bin/paytool/mark_invoice_status", provider, tableObject{
		"order_id": id, "oper_userid": "zhangsan", "invoice_status": 2, "invoice_note": "sent",
	})
}

func callLicenses(t *testing.T, p *Platform, call tableCall, provider string, app *App, corp *Corp) {
	t.Helper()
	license := func(name string, body tableObject) map[string]any {
		return call("/cgi-bin/license/"+name, provider, body)
	}
	p.Provider().SetBalance(1000000)
	count, month := tableObject{"base_count": 2, "external_contact_count": 1}, tableObject{"months": 1}
	place := func() string {
		return license("create_new_order", tableObject{
			"corpid": corp.ID, "buyer_userid": "zhangsan", "account_count": count, "account_duration": month,
		})["order_id"].(string)
	}
	id := place()
	license("cancel_order", tableObject{"order_id": place(), "corpid": corp.ID})
	license("pay_job_result", tableObject{"jobid": license("submit_pay_job", tableObject{"payer_userid": "zhangsan", "order_id": id})["jobid"]})
	license("get_order", tableObject{"order_id": id})
	license("list_order", tableObject{})
	license("list_order_account", tableObject{"order_id": id})
	call("/cgi-bin/service/get_account_balance", provider, nil)
	codes := p.LicenseOrders()[0].ActiveCodes
	admin, second := corp.Admin().ID, corp.AddUser(User{}).ID
	license("active_account", tableObject{"corpid": corp.ID, "userid": admin, "active_code": codes[0]})
	license("batch_active_account", tableObject{"corpid": corp.ID, "active_list": []tableObject{{"userid": second, "active_code": codes[1]}}})
	license("active_account_by_type", tableObject{"corpid": corp.ID, "userid": admin, "type": 2})
	license("get_active_info_by_code", tableObject{"corpid": corp.ID, "active_code": codes[0]})
	license("batch_get_active_info_by_code", tableObject{"corpid": corp.ID, "active_code_list": []string{codes[0], "none"}})
	license("list_actived_account", tableObject{"corpid": corp.ID})
	license("get_active_info_by_user", tableObject{"corpid": corp.ID, "userid": admin})
	license("get_app_license_info", tableObject{"corpid": corp.ID, "suite_id": app.ID})
	license("set_auto_active_status", tableObject{"corpid": corp.ID, "auto_active_status": 1})
	license("get_auto_active_status", tableObject{"corpid": corp.ID})
	job := license("create_renew_order_job", tableObject{"corpid": corp.ID, "account_list": []tableObject{{"userid": admin, "type": 1}, {"userid": "nobody", "type": 1}}})
	license("submit_order_job", tableObject{"jobid": job["jobid"], "buyer_userid": "zhangsan", "account_duration": month})
	third := corp.AddUser(User{}).ID
	license("batch_transfer_license", tableObject{"corpid": corp.ID, "transfer_list": []tableObject{{"handover_userid": second, "takeover_userid": third}}})
	down := p.NewCorp("Downstream")
	corp.AddDownstream(down)
	license("batch_share_active_code", tableObject{"from_corpid": corp.ID, "to_corpid": down.ID, "share_list": []tableObject{{"active_code": codes[0]}}})
	job = license("create_new_order_job", tableObject{"buy_list": []tableObject{{"corpid": corp.ID, "account_count": count, "account_duration": month}, {"corpid": down.ID, "account_count": count, "account_duration": month}}})
	license("submit_new_order_job", tableObject{"jobid": job["jobid"], "buyer_userid": "zhangsan"})
	union := license("new_order_job_result", tableObject{"jobid": job["jobid"]})
	license("get_union_order", tableObject{"order_id": union["order_id"]})
}

func callAdvanced(p *Platform, call tableCall, provider string, corp *Corp) {
	advanced := func(name string, body tableObject) map[string]any {
		return call("/cgi-bin/advanced_api/"+name, provider, body)
	}
	place := func() any {
		return advanced("create_order", tableObject{
			"advanced_api_type": 1, "custom_corpid": corp.ID, "buyer_userid": "zhangsan", "order_type": 0,
			"chat_archive_api": tableObject{"edition": 2, "purchase_count": 10},
		})["order_id"]
	}
	p.Provider().SetBalance(1000000)
	id := place()
	advanced("cancel_order", tableObject{"order_id": place()})
	advanced("submit_pay", tableObject{"order_id": id, "payer_userid": "zhangsan"})
	advanced("get_order", tableObject{"order_id": id})
	advanced("list_order", tableObject{"limit": 5})
	advanced("get_corp_buy_info", tableObject{"advanced_api_type": 1, "custom_corpid": corp.ID})
}

// callIDs calls every endpoint that converts, searches or translates ids once.
func callIDs(t *testing.T, p *Platform, call tableCall, provider string) {
	t.Helper()
	app, template, corp := p.NewApp(AppConfig{}), p.NewTemplate(AppConfig{}), p.NewCorp("Converted")
	made, err := corp.Install(t.Context(), app)
	require.NoError(t, err)
	custom, err := corp.Install(t.Context(), template)
	require.NoError(t, err)
	suite := func(a *App) string {
		return "suite_access_token=" + call("/cgi-bin/service/get_suite_token", "",
			tableObject{"suite_id": a.ID, "suite_secret": a.Secret, "suite_ticket": a.IssueTicket()})["suite_access_token"].(string)
	}
	access := "access_token=" + call("/cgi-bin/service/get_corp_token", suite(app),
		tableObject{"auth_corpid": corp.ID, "permanent_code": made.PermanentCode})["access_token"].(string)
	custAccess := "access_token=" + call("/cgi-bin/gettoken", "corpid="+corp.ID+"&corpsecret="+custom.PermanentCode, nil)["access_token"].(string)
	admin, customer := corp.Admin(), corp.AddCustomer(Customer{})

	call("/cgi-bin/service/corpid_to_opencorpid", provider, tableObject{"corpid": corp.PlainID()})
	call("/cgi-bin/batch/userid_to_openuserid", access, tableObject{"userid_list": []string{admin.ID, "nobody"}})
	call("/cgi-bin/batch/openuserid_to_userid", access, tableObject{"open_userid_list": []string{admin.OpenUserID, "nobody"}, "source_agentid": made.AgentID})
	call("/cgi-bin/corp/get_openid_migration", access, nil)
	external := tableObject{"external_userid_list": []string{customer.ExternalUserID}}
	call("/cgi-bin/externalcontact/get_new_external_userid", access, external)
	external["chat_id"] = "wr1"
	call("/cgi-bin/externalcontact/groupchat/get_new_external_userid", access, external)
	call("/cgi-bin/externalcontact/to_service_external_userid", custAccess, tableObject{"external_userid": customer.ExternalUserID})
	call("/cgi-bin/externalcontact/from_service_external_userid", access, tableObject{"external_userid": customer.OpenUserID, "source_agentid": made.AgentID})
	who := tableObject{"unionid": customer.UnionID, "openid": customer.OpenID}
	call("/cgi-bin/idconvert/unionid_to_external_userid", access, who)
	call("/cgi-bin/externalcontact/unionid_to_external_userid", access, who)
	call("/cgi-bin/service/externalcontact/unionid_to_external_userid_3rd", suite(app), who)
	call("/cgi-bin/idconvert/batch/external_userid_to_pending_id", access, tableObject{"external_userid": []string{customer.ExternalUserID}})
	call("/cgi-bin/idconvert/external_tagid", access, tableObject{"external_tagid_list": []string{"et1", "x"}})
	call("/cgi-bin/idconvert/open_kfid", access, tableObject{"open_kfid_list": []string{"wk1", "x"}})
	call("/cgi-bin/idconvert/apply_to_upgrade_chatid", custAccess, tableObject{"upgrade_time": p.Now().Unix() + 3600})
	call("/cgi-bin/idconvert/chatid", custAccess, tableObject{"chat_id_list": []string{"wr1", "x"}})
	call("/cgi-bin/idconvert/upgrade_chatid_for_new_corp", suite(template), nil)
	call("/cgi-bin/corp/apply_mass_call_ticket", access, nil)
	call("/cgi-bin/service/finish_openid_migration", provider, tableObject{"corpid": corp.ID, "openid_type": []int{1}})
	call("/cgi-bin/service/externalcontact/finish_external_userid_migration", provider, tableObject{"corpid": corp.ID})

	in := tableObject{"auth_corpid": corp.ID, "query_word": "ad"}
	call("/cgi-bin/service/contact/search", provider, in)
	call("/cgi-bin/service/contact/batchsearch", provider, tableObject{"auth_corpid": corp.ID, "query_request_list": []tableObject{{"query_word": "ad"}, {"query_word": "ad", "cursor": "?"}}})
	call("/cgi-bin/service/contact/sort", provider, tableObject{"auth_corpid": corp.ID, "useridlist": []string{admin.ID}})
	file := call("/cgi-bin/service/media/upload", provider+"&type=file", newForm("names.txt", "Hello $userName="+admin.ID+"$"))
	job := call("/cgi-bin/service/contact/id_translate", provider, tableObject{"auth_corpid": corp.ID, "media_id_list": []any{file["media_id"]}})
	call("/cgi-bin/service/batch/getresult", provider+"&jobid="+job["jobid"].(string), nil)
}
