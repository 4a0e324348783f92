package wecomtest_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/wecomtest"
)

const oneDay = 24 * time.Hour

// licenseWorld is a platform with a corp that has one app, and the provider's
// system-event URL.
type licenseWorld struct {
	*client

	p        *wecomtest.Platform
	app      *wecomtest.App
	corp     *wecomtest.Corp
	system   *receiver
	provider string
}

func newLicenseWorld(t *testing.T, opts ...wecomtest.Option) *licenseWorld {
	t.Helper()
	p := wecomtest.NewPlatform(t, append(opts, wecomtest.WithoutServer())...)
	w := &licenseWorld{
		client: newClient(t, p), p: p, app: p.NewApp(wecomtest.AppConfig{}), corp: p.NewCorp("Buyer"),
		system: &receiver{token: p.Provider().Token, aesKey: p.Provider().AESKey},
	}
	p.Handle("system.example.com", w.system)
	p.Provider().SetCallbackURL("https://system.example.com/")
	_, err := w.corp.Install(t.Context(), w.app)
	require.NoError(t, err)
	w.advance(0)
	return w
}

// advance moves the clock and buys a token that lives there.
func (w *licenseWorld) advance(d time.Duration) {
	w.t.Helper()
	w.p.Advance(d)
	w.provider = "?provider_access_token=" + w.providerToken(w.p)
}

func (w *licenseWorld) call(name string, body object) object {
	w.t.Helper()
	return w.ok("/cgi-bin/license/"+name+w.provider, body)
}

func (w *licenseWorld) fails(code int, name string, body object) {
	w.t.Helper()
	w.refused(code, "/cgi-bin/license/"+name+w.provider, body)
}

func (w *licenseWorld) purchase(base, external, months int) object {
	return object{
		"corpid": w.corp.ID, "buyer_userid": "zhangsan",
		"account_count":    object{"base_count": base, "external_contact_count": external},
		"account_duration": object{"months": months},
	}
}

// buy orders, pays and returns the codes, base accounts first.
func (w *licenseWorld) buy(base, external, months int) []string {
	w.t.Helper()
	id := text(w.call("create_new_order", w.purchase(base, external, months)), "order_id")
	require.NoError(w.t, w.p.PayLicenseOrder(w.t.Context(), id))
	return w.codes(id)
}

func (w *licenseWorld) codes(orderID string) []string {
	w.t.Helper()
	var all []string
	for _, a := range w.call("list_order_account", object{"order_id": orderID})["account_list"].([]any) {
		all = append(all, text(a.(object), "active_code"))
	}
	return all
}

func (w *licenseWorld) active(code, userID string) object {
	return object{"corpid": w.corp.ID, "active_code": code, "userid": userID}
}

func (w *licenseWorld) info(code string) object {
	w.t.Helper()
	return dig(w.call("get_active_info_by_code", object{"corpid": w.corp.ID, "active_code": code}), "active_info")
}

func TestLicenseOrderIsPaidOutside(t *testing.T) {
	t.Parallel()
	w := newLicenseWorld(t)
	id := text(w.call("create_new_order", w.purchase(2, 1, 2)), "order_id")
	assert.Empty(t, w.codes(id), "no codes before the payment")
	order := dig(w.call("get_order", object{"order_id": id}), "order")
	assert.EqualValues(t, 0, order["order_status"])
	assert.EqualValues(t, 2*(2*100+500), order["price"])
	assert.NotContains(t, order, "pay_time")

	require.NoError(t, w.p.PayLicenseOrder(t.Context(), id))
	require.Len(t, w.system.all(), 1)
	event := w.system.last()
	assert.Equal(t, "license_pay_success", event.event.InfoType)
	assert.Equal(t, w.corp.ID, event.event.AuthCorpID)
	assert.Contains(t, event.message, "<OrderId><![CDATA["+id+"]]></OrderId><BuyerUserId><![CDATA[zhangsan]]>")
	assert.Len(t, w.codes(id), 3)
	assert.EqualValues(t, 1, dig(w.call("get_order", object{"order_id": id}), "order")["order_status"])
	require.Error(t, w.p.PayLicenseOrder(t.Context(), id))
	w.fails(701084, "cancel_order", object{"order_id": id, "corpid": w.corp.ID})

	require.NoError(t, w.p.RefundLicenseOrder(t.Context(), id, false))
	assert.Contains(t, w.system.last().message, "<OrderStatus>2</OrderStatus>")
	code := w.codes(id)[0]
	require.NoError(t, w.p.RefundLicenseOrder(t.Context(), id, true))
	assert.Contains(t, w.system.last().message, "<OrderStatus>1</OrderStatus>")
	w.fails(701021, "active_account", w.active(code, w.corp.Admin().ID))
}

func TestLicenseOrderIsRefused(t *testing.T) {
	t.Parallel()
	w := newLicenseWorld(t)
	w.fails(40058, "create_new_order", w.purchase(0, 0, 1))
	w.fails(40058, "create_new_order", w.purchase(1, 0, 0))
	w.fails(40058, "create_new_order", w.purchase(1, 0, 61))
	stranger := w.purchase(1, 0, 1)
	stranger["corpid"] = w.p.NewCorp("Stranger").ID
	w.fails(701015, "create_new_order", stranger)
	stranger["corpid"] = "wpnobody"
	w.fails(40013, "create_new_order", stranger)
	w.fails(701005, "get_order", object{"order_id": "nothing"})

	id := text(w.call("create_new_order", w.purchase(1, 0, 1)), "order_id")
	w.fails(41002, "cancel_order", object{"order_id": id})
	w.fails(701086, "cancel_order", object{"order_id": id, "corpid": "wpother"})
	w.call("cancel_order", object{"order_id": id, "corpid": w.corp.ID})
	require.Error(t, w.p.PayLicenseOrder(t.Context(), id))

	id = text(w.call("create_new_order", w.purchase(1, 0, 1)), "order_id")
	w.advance(30 * oneDay)
	assert.EqualValues(t, 3, dig(w.call("get_order", object{"order_id": id}), "order")["order_status"], "unpaid for too long")
}

func TestLicenseOrdersAreListedInPages(t *testing.T) {
	t.Parallel()
	w := newLicenseWorld(t)
	start := w.p.Now().Unix()
	for range 5 {
		w.call("create_new_order", w.purchase(1, 0, 1))
	}
	var ids []string
	body := object{"limit": 2, "start_time": start - 1, "end_time": start + 60}
	for {
		r := w.call("list_order", body)
		for _, o := range r["order_list"].([]any) {
			ids = append(ids, text(o.(object), "order_id"))
		}
		if number(r, "has_more") == 0 {
			break
		}
		body["cursor"] = r["next_cursor"]
	}
	assert.Len(t, slices.Compact(slices.Clone(ids)), 5)
	w.fails(701105, "list_order", object{"cursor": "?"})
	w.fails(40058, "list_order", object{"start_time": start, "end_time": start + 32*86400})
	w.fails(40058, "list_order", object{"start_time": start})
}

func TestActivateAndMerge(t *testing.T) {
	t.Parallel()
	w := newLicenseWorld(t)
	codes := w.buy(4, 1, 1)
	admin, second := w.corp.Admin().ID, w.corp.AddUser(wecomtest.User{}).ID
	w.call("active_account", w.active(codes[0], admin))
	w.fails(701003, "active_account", w.active(codes[0], second))
	w.fails(701021, "active_account", w.active("nothing", second))
	w.fails(701019, "active_account", w.active(codes[1], "nobody"))
	w.fails(701082, "active_account", w.active(codes[1], admin))
	_, err := w.corp.Change(t.Context(), w.app, wecomtest.VisibleTo([]string{admin}, nil))
	require.NoError(t, err)
	w.fails(701088, "active_account", w.active(codes[1], second))
	bound := w.info(codes[0])
	assert.EqualValues(t, 2, bound["status"])
	life := time.Unix(number(bound, "expire_time"), 0).Sub(w.p.Now())
	assert.GreaterOrEqual(t, life, 31*oneDay)
	assert.LessOrEqual(t, life, 32*oneDay, "until the midnight after its last day")

	w.advance(15 * oneDay)
	w.call("active_account", w.active(codes[1], admin))
	old := w.info(codes[0])
	assert.EqualValues(t, 5, old["status"])
	assert.Equal(t, codes[1], dig(old, "merge_info")["to_active_code"])
	merged := w.info(codes[1])
	assert.Equal(t, codes[0], dig(merged, "merge_info")["from_active_code"])
	assert.Greater(t, number(merged, "expire_time"), number(bound, "expire_time")+30*86400, "the days add up")

	r := w.call("get_active_info_by_user", object{"corpid": w.corp.ID, "userid": admin})
	assert.EqualValues(t, 1, r["active_status"])
	w.advance(80 * oneDay)
	r = w.call("get_active_info_by_user", object{"corpid": w.corp.ID, "userid": admin})
	assert.EqualValues(t, 0, r["active_status"])
	assert.EqualValues(t, 3, w.info(codes[1])["status"], "expired")
	w.call("active_account_by_type", object{"corpid": w.corp.ID, "userid": admin, "type": 2})
	w.fails(701011, "active_account_by_type", object{"corpid": w.corp.ID, "userid": admin, "type": 2})
	w.advance(400 * oneDay)
	w.fails(701012, "active_account", w.active(codes[3], admin))
	w.fails(701010, "active_account_by_type", object{"corpid": w.corp.ID, "userid": admin, "type": 1})
}

func TestBatchActivation(t *testing.T) {
	t.Parallel()
	w := newLicenseWorld(t)
	codes := w.buy(2, 0, 1)
	admin := w.corp.Admin().ID
	batch := func(items ...object) object { return object{"corpid": w.corp.ID, "active_list": items} }
	r := w.call("batch_active_account", batch(
		object{"active_code": codes[0], "userid": admin}, object{"active_code": codes[1], "userid": "nobody"},
		object{"active_code": codes[0], "userid": admin},
	))
	var got []any
	for _, one := range r["active_result"].([]any) {
		got = append(got, one.(object)["errcode"])
	}
	assert.Equal(t, []any{0.0, 701019.0, 701023.0}, got)
	w.fails(701024, "batch_active_account", batch(object{"active_code": "x", "userid": admin}))
	w.fails(701010, "batch_get_active_info_by_code", object{"corpid": w.corp.ID, "active_code_list": []string{"x"}})
	r = w.call("batch_get_active_info_by_code", object{"corpid": w.corp.ID, "active_code_list": []string{codes[1], "x"}})
	assert.Equal(t, []any{"x"}, r["invalid_active_code_list"])
	assert.Len(t, w.call("list_actived_account", object{"corpid": w.corp.ID})["account_list"], 1)
	assert.Len(t, w.corp.Licenses(), 2)
}

func TestRepeatedCodeOfABatchIsNotActivated(t *testing.T) {
	t.Parallel()
	w := newLicenseWorld(t)
	code := w.buy(1, 0, 1)[0]
	w.fails(701024, "batch_active_account", object{"corpid": w.corp.ID, "active_list": []object{
		{"active_code": code, "userid": "nobody"}, {"active_code": code, "userid": w.corp.Admin().ID},
	}})
	assert.EqualValues(t, 1, w.info(code)["status"], "unbound")
}

func TestActivateByTypeTakesTheEarliestDeadline(t *testing.T) {
	t.Parallel()
	w := newLicenseWorld(t)
	paidLater := text(w.call("create_new_order", w.purchase(1, 0, 1)), "order_id")
	earlier := w.buy(1, 0, 1)[0]
	w.advance(time.Hour)
	require.NoError(t, w.p.PayLicenseOrder(t.Context(), paidLater))
	w.call("active_account_by_type", object{"type": 1, "corpid": w.corp.ID, "userid": w.corp.Admin().ID})
	assert.EqualValues(t, 2, w.info(earlier)["status"], "bound")
}

func TestRenewal(t *testing.T) {
	t.Parallel()
	w := newLicenseWorld(t)
	codes := w.buy(1, 0, 1)
	admin := w.corp.Admin().ID
	w.call("active_account", w.active(codes[0], admin))
	before := number(w.info(codes[0]), "expire_time")
	accounts := func(jobID string, list ...object) object {
		body := object{"corpid": w.corp.ID, "account_list": list}
		if jobID != "" {
			body["jobid"] = jobID
		}
		return body
	}
	r := w.call("create_renew_order_job", accounts("", object{"userid": admin, "type": 1}, object{"userid": admin, "type": 2}, object{"userid": "nobody", "type": 1}))
	var codesOf []any
	for _, one := range r["invalid_account_list"].([]any) {
		codesOf = append(codesOf, one.(object)["errcode"])
	}
	assert.Equal(t, []any{701004.0, 701019.0}, codesOf)
	job := text(r, "jobid")
	r = w.call("create_renew_order_job", accounts(job, object{"userid": admin, "type": 1}))
	assert.EqualValues(t, 701020, r["invalid_account_list"].([]any)[0].(object)["errcode"])

	submit := func(duration object) object {
		return object{"jobid": job, "buyer_userid": "zhangsan", "account_duration": duration}
	}
	w.fails(40058, "submit_order_job", submit(object{}))
	w.fails(40058, "submit_order_job", submit(object{"months": 1, "new_expire_time": w.p.Now().Unix() + 90*86400}))
	w.fails(40058, "submit_order_job", submit(object{"new_expire_time": w.p.Now().Unix() - 10}))
	w.fails(701030, "submit_order_job", submit(object{"months": 60}))
	id := text(w.call("submit_order_job", submit(object{"months": 2})), "order_id")
	w.fails(701126, "submit_order_job", submit(object{"months": 2}))
	w.fails(701126, "create_renew_order_job", accounts(job, object{"userid": admin, "type": 1}))
	assert.Equal(t, before, number(w.info(codes[0]), "expire_time"), "unpaid")
	require.NoError(t, w.p.PayLicenseOrder(t.Context(), id))
	assert.Equal(t, before+62*86400, number(w.info(codes[0]), "expire_time"))
	account := w.call("list_order_account", object{"order_id": id})["account_list"].([]any)[0].(object)
	assert.Equal(t, admin, account["userid"])
	w.fails(701005, "submit_order_job", object{"jobid": "nothing", "buyer_userid": "z", "account_duration": object{"months": 1}})
}

func TestPayFromTheBalance(t *testing.T) {
	t.Parallel()
	w := newLicenseWorld(t, wecomtest.WithLicenseDelay(time.Minute))
	id := text(w.call("create_new_order", w.purchase(1, 0, 1)), "order_id")
	pay := object{"payer_userid": "zhangsan", "order_id": id}
	result := func(job string) object { return w.call("pay_job_result", object{"jobid": job}) }
	run := func() string {
		job := text(w.call("submit_pay_job", pay), "jobid")
		assert.EqualValues(t, 2, result(job)["status"])
		w.fails(701085, "submit_pay_job", pay)
		w.fails(701085, "cancel_order", object{"order_id": id, "corpid": w.corp.ID})
		w.advance(time.Minute)
		require.Eventually(t, func() bool { return number(result(job), "status") != 2 }, 5*time.Second, time.Millisecond)
		return job
	}
	assert.EqualValues(t, 90432, dig(result(run()), "pay_job_result")["errcode"])
	w.p.Provider().SetBalance(50)
	assert.EqualValues(t, 90433, dig(result(run()), "pay_job_result")["errcode"])
	w.p.Provider().SetBalance(1000)
	assert.EqualValues(t, 1, result(run())["status"])
	assert.EqualValues(t, 900, w.p.Provider().Balance())
	_, err := w.p.AwaitDelivery(t.Context(), "license_pay_success")
	require.NoError(t, err)
	w.fails(701084, "submit_pay_job", pay)
	assert.Len(t, w.codes(id), 1)
	assert.EqualValues(t, 900, w.ok("/cgi-bin/service/get_account_balance"+w.provider, nil)["balance"])
}

func TestAppOrdersMustCoverLicences(t *testing.T) {
	t.Parallel()
	p := wecomtest.NewPlatform(t, wecomtest.WithoutServer())
	w := &licenseWorld{client: newClient(t, p), p: p, corp: p.NewCorp("Buyer")}
	w.app = p.NewApp(wecomtest.AppConfig{Editions: []wecomtest.Edition{{ID: "E1", Price: 1}}})
	_, err := w.corp.Install(t.Context(), w.app)
	require.NoError(t, err)
	w.advance(0)
	p.Provider().SetBalance(10000)
	r := w.call("create_new_order", w.purchase(1, 0, 1))
	assert.Contains(t, r["errmsg"], "WARNING")
	job := w.call("submit_pay_job", object{"payer_userid": "z", "order_id": r["order_id"]})
	failed := dig(w.call("pay_job_result", object{"jobid": job["jobid"]}), "pay_job_result")
	assert.EqualValues(t, 701160, failed["errcode"])
	assert.EqualValues(t, 701129, failed["fail_corp_list"].([]any)[0].(object)["errcode"])
	_, err = w.corp.BuyEdition(t.Context(), w.app, wecomtest.EditionOrder{Users: 1, Days: 365})
	require.NoError(t, err)
	job = w.call("submit_pay_job", object{"payer_userid": "z", "order_id": r["order_id"]})
	assert.EqualValues(t, 1, w.call("pay_job_result", object{"jobid": job["jobid"]})["status"])
}

func TestTestCorpOrdersForFree(t *testing.T) {
	t.Parallel()
	w := newLicenseWorld(t)
	w.corp.SetTestCorp(true)
	w.fails(701027, "create_new_order", w.purchase(1001, 0, 1))
	w.fails(701028, "create_new_order", w.purchase(1, 0, 2))
	id := text(w.call("create_new_order", w.purchase(1, 0, 1)), "order_id")
	_, err := w.p.AwaitDelivery(t.Context(), "license_pay_success")
	require.NoError(t, err)
	order := dig(w.call("get_order", object{"order_id": id}), "order")
	assert.EqualValues(t, 1, order["order_status"])
	assert.EqualValues(t, 0, order["price"])
	assert.Empty(t, w.call("list_order", object{})["order_list"], "test orders are listed for their corp only")
	assert.Len(t, w.call("list_order", object{"corpid": w.corp.ID})["order_list"], 1)
	w.call("active_account", w.active(w.codes(id)[0], w.corp.Admin().ID))
	w.corp.SetTestCorp(false)
	assert.EqualValues(t, 7, dig(w.call("get_order", object{"order_id": id}), "order")["order_status"])
	assert.Empty(t, w.corp.Licenses())
}

func TestOrderForManyCorps(t *testing.T) {
	t.Parallel()
	w := newLicenseWorld(t)
	second := w.p.NewCorp("Second")
	_, err := second.Install(t.Context(), w.app)
	require.NoError(t, err)
	part := func(corp *wecomtest.Corp, more object) object {
		o := w.purchase(1, 0, 1)
		delete(o, "buyer_userid")
		o["corpid"] = corp.ID
		maps.Copy(o, more)
		return o
	}
	r := w.call("create_new_order_job", object{"buy_list": []object{
		part(w.corp, object{"auto_active_status": 0}), part(second, nil), part(w.p.NewCorp("Stranger"), nil), part(w.corp, nil),
	}})
	var refusals []any
	for _, one := range r["invalid_list"].([]any) {
		refusals = append(refusals, one.(object)["errcode"])
	}
	assert.Equal(t, []any{701015.0, 701124.0}, refusals)
	job := text(r, "jobid")
	w.fails(701125, "new_order_job_result", object{"jobid": job})
	w.call("submit_new_order_job", object{"jobid": job, "buyer_userid": "zhangsan"})
	w.fails(701126, "submit_new_order_job", object{"jobid": job, "buyer_userid": "zhangsan"})
	id := text(w.call("new_order_job_result", object{"jobid": job}), "order_id")
	w.fails(701120, "get_order", object{"order_id": id})
	w.fails(701120, "list_order_account", object{"order_id": id})
	require.NoError(t, w.p.PayLicenseOrder(t.Context(), id))
	assert.Equal(t, []string{"license_pay_success", "license_pay_success"}, w.system.kinds())

	union := w.call("get_union_order", object{"order_id": id, "limit": 1})
	assert.EqualValues(t, 8, dig(union, "order")["order_type"])
	assert.EqualValues(t, 1, union["has_more"])
	sub := union["buy_list"].([]any)[0].(object)
	assert.Equal(t, w.corp.ID, sub["corpid"])
	assert.Len(t, w.codes(text(sub, "sub_order_id")), 1)
	assert.EqualValues(t, 0, w.call("get_auto_active_status", object{"corpid": w.corp.ID})["auto_active_status"])
	assert.EqualValues(t, 1, w.call("get_auto_active_status", object{"corpid": second.ID})["auto_active_status"], "on unless switched off")
	w.fails(40058, "cancel_order", object{"order_id": id, "corpid": w.corp.ID})
	w.fails(701084, "cancel_order", object{"order_id": id})
	w.advance(8 * oneDay)
	w.fails(701005, "new_order_job_result", object{"jobid": job})
}

func TestTransferOfLicences(t *testing.T) {
	t.Parallel()
	w := newLicenseWorld(t)
	codes := w.buy(2, 0, 2)
	giver, receiver := w.corp.Admin().ID, w.corp.AddUser(wecomtest.User{}).ID
	w.call("active_account", w.active(codes[0], giver))
	move := func(from, to string) any {
		r := w.call("batch_transfer_license", object{"corpid": w.corp.ID, "transfer_list": []object{{"handover_userid": from, "takeover_userid": to}}})
		return r["transfer_result"].([]any)[0].(object)["errcode"]
	}
	assert.EqualValues(t, 701016, move(receiver, giver))
	assert.EqualValues(t, 701019, move(giver, "nobody"))
	assert.EqualValues(t, 0, move(giver, receiver))
	assert.Equal(t, receiver, w.info(codes[0])["userid"])
	assert.EqualValues(t, 701017, move(receiver, giver), "again only after 30 days")
	w.call("active_account", w.active(codes[1], giver))
	assert.EqualValues(t, 701018, move(giver, receiver), "the receiver has an account")
	w.advance(31 * oneDay)
	require.NoError(t, w.corp.RemoveUser(receiver))
	third := w.corp.AddUser(wecomtest.User{}).ID
	assert.EqualValues(t, 0, move(receiver, third), "from a member who has left")
}

func TestShareWithADownstreamCorp(t *testing.T) {
	t.Parallel()
	w := newLicenseWorld(t)
	codes := w.buy(4, 0, 1)
	down := w.p.NewCorp("Downstream")
	_, err := down.Install(t.Context(), w.app)
	require.NoError(t, err)
	share := func(codes ...string) object {
		var list []object
		for _, code := range codes {
			list = append(list, object{"active_code": code})
		}
		return object{"from_corpid": w.corp.ID, "to_corpid": down.ID, "share_list": list}
	}
	w.fails(701058, "batch_share_active_code", share(codes[0]))
	w.corp.AddDownstream(down)
	w.fails(701056, "batch_share_active_code", share(codes[0], codes[1], codes[2]))
	w.call("active_account", w.active(codes[3], w.corp.Admin().ID))
	failed := w.call("batch_share_active_code", share(codes[0], codes[3]))["share_result"].([]any)
	require.Len(t, failed, 1)
	assert.EqualValues(t, 701003, failed[0].(object)["errcode"])
	shared := w.info(codes[0])
	assert.EqualValues(t, 6, shared["status"])
	assert.Equal(t, down.ID, dig(shared, "share_info")["to_corpid"])
	w.fails(701055, "active_account", w.active(codes[0], w.corp.Admin().ID))
	w.call("active_account", object{"corpid": down.ID, "active_code": codes[0], "userid": down.Admin().ID})
	got := dig(w.call("get_active_info_by_code", object{"corpid": down.ID, "active_code": codes[0]}), "active_info")
	assert.Equal(t, w.corp.ID, dig(got, "share_info")["from_corpid"])
	assert.EqualValues(t, 2, got["status"])
}

func TestAutomaticActivation(t *testing.T) {
	t.Parallel()
	w := newLicenseWorld(t)
	status := func(n int) object { return object{"corpid": w.corp.ID, "auto_active_status": n} }
	w.fails(701071, "set_auto_active_status", status(1))
	w.fails(701071, "get_auto_active_status", object{"corpid": w.corp.ID})
	codes := w.buy(2, 1, 1)
	w.fails(701070, "set_auto_active_status", status(2))
	w.call("set_auto_active_status", status(1))

	member := w.corp.AddUser(wecomtest.User{})
	_, err := w.corp.Login(t.Context(), member, "https://open.weixin.qq.com/connect/oauth2/authorize?appid="+w.app.ID+"&"+redirectURI+"&response_type=code&scope=snsapi_base#wechat_redirect")
	require.NoError(t, err)
	d, err := w.p.AwaitDelivery(t.Context(), "auto_activate")
	require.NoError(t, err)
	event := string(d.Message)
	assert.Contains(t, event, "<Scene>1</Scene>")
	assert.Contains(t, event, "<ActiveCode><![CDATA["+codes[0]+"]]></ActiveCode>")
	assert.Contains(t, event, "<PreviousStatus>1</PreviousStatus>")

	installed := w.corp.Installations()[0]
	suite := w.suiteToken(w.app)
	send := object{"touser": w.corp.Admin().ID + "|" + member.ID, "msgtype": "text", "agentid": installed.AgentID, "text": object{"content": "hi"}}
	w.ok("/cgi-bin/message/send?access_token="+w.corpToken(suite, installed), send)
	require.Eventually(t, func() bool { return len(w.system.all()) == 3 }, 5*time.Second, time.Millisecond)
	event = w.system.last().message
	assert.Contains(t, event, "<Scene>2</Scene>")
	assert.Contains(t, event, codes[1])
	assert.Equal(t, 1, strings.Count(event, "<AccountList>"), "the other member has a licence already")

	w.advance(25 * oneDay)
	_, err = w.corp.Login(t.Context(), member, "https://open.weixin.qq.com/connect/oauth2/authorize?appid="+w.app.ID+"&"+redirectURI+"&response_type=code&scope=snsapi_base#wechat_redirect")
	require.NoError(t, err)
	require.Eventually(t, func() bool { return len(w.system.all()) == 4 }, 5*time.Second, time.Millisecond)
	event = w.system.last().message
	assert.Contains(t, event, "<PreviousStatus>2</PreviousStatus><PreviousActiveCode><![CDATA["+codes[0]+"]]>")
	assert.Contains(t, event, codes[2])
}

func TestLicenceStateOfAnApp(t *testing.T) {
	t.Parallel()
	w := newLicenseWorld(t)
	ask := object{"corpid": w.corp.ID, "suite_id": w.app.ID}
	first := w.call("get_app_license_info", ask)
	trial := dig(first, "trail_info")
	assert.EqualValues(t, 90*86400, number(trial, "end_time")-number(trial, "start_time"))
	_, err := w.corp.Cancel(t.Context(), w.app)
	require.NoError(t, err)
	w.fails(48004, "get_app_license_info", ask)
	w.advance(oneDay)
	_, err = w.corp.Install(t.Context(), w.app)
	require.NoError(t, err)
	assert.Equal(t, first["trail_info"], w.call("get_app_license_info", ask)["trail_info"], "a new installation changes nothing")
	w.corp.SetTestCorp(true)
	assert.NotContains(t, w.call("get_app_license_info", ask), "trail_info")
	w.fails(701112, "support_policy_query", object{"corpid": w.corp.ID})
}

func TestCodesTakeTheirTime(t *testing.T) {
	t.Parallel()
	w := newLicenseWorld(t, wecomtest.WithLicenseDelay(time.Hour))
	w.corp.SetTestCorp(true)
	id := text(w.call("create_new_order", w.purchase(1, 0, 1)), "order_id")
	w.fails(701022, "list_order_account", object{"order_id": id})
	w.advance(time.Hour)
	_, err := w.p.AwaitDelivery(t.Context(), "license_pay_success")
	require.NoError(t, err)
	assert.Len(t, w.codes(id), 1)
	_, err = wecomtest.Start(wecomtest.WithLicenseDelay(-1))
	require.Error(t, err)
}

func TestVoidOrderMakesNoCodes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newLicenseWorld(t, wecomtest.WithLicenseDelay(time.Hour))
		w.corp.SetTestCorp(true)
		id := text(w.call("create_new_order", w.purchase(1, 0, 1)), "order_id")
		w.corp.SetTestCorp(false)
		w.advance(time.Hour)
		synctest.Wait()
		assert.Empty(t, w.codes(id))
		assert.Empty(t, w.corp.Licenses())
		assert.Empty(t, w.system.all(), "no license_pay_success")
	})
}

// An order whose refund is declined stays paid, and its codes come.
func TestDeclinedRefundKeepsItsCodes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newLicenseWorld(t, wecomtest.WithLicenseDelay(time.Hour))
		w.corp.SetTestCorp(true)
		id := text(w.call("create_new_order", w.purchase(1, 0, 1)), "order_id")
		require.NoError(t, w.p.RefundLicenseOrder(t.Context(), id, false))
		w.fails(701022, "list_order_account", object{"order_id": id, "limit": 10})
		w.advance(2 * time.Hour)
		synctest.Wait()
		assert.Len(t, w.codes(id), 1)
	})
}
