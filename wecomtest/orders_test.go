package wecomtest_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/wecomtest"
)

// shopWorld is a platform with one paid app in one corp.
type shopWorld struct {
	*client

	p     *wecomtest.Platform
	app   *wecomtest.App
	corp  *wecomtest.Corp
	got   *receiver // on the app's command URL
	suite string
}

const editionPrice = 36500 // fen: a yuan for a day and seat

func newShopWorld(t *testing.T) *shopWorld {
	t.Helper()
	p := wecomtest.NewPlatform(t, wecomtest.WithoutServer())
	w := &shopWorld{client: newClient(t, p), p: p, corp: p.NewCorp("Buyer")}
	w.app = p.NewApp(wecomtest.AppConfig{
		Editions: []wecomtest.Edition{{ID: "E1", Name: "标准版", Price: editionPrice}, {ID: "E2", Name: "专业版", Price: 2 * editionPrice}},
	})
	w.got = backend(p, w.app)
	_, err := w.corp.Install(t.Context(), w.app)
	require.NoError(t, err)
	require.Equal(t, []string{"change_editon"}, w.got.kinds(), "a paid app is told its edition")
	w.got.received = nil
	w.suite = "?suite_access_token=" + w.suiteToken(w.app)
	return w
}

// advance moves the clock and buys a token that lives there.
func (w *shopWorld) advance(d time.Duration) {
	w.t.Helper()
	w.p.Advance(d)
	w.suite = "?suite_access_token=" + w.suiteToken(w.app)
}

// kinds are the events that the receiver got, without authorisations.
func (v *receiver) kinds() []string {
	var all []string
	for _, r := range v.all() {
		if kind := r.event.InfoType; kind != "create_auth" && kind != "suite_ticket" {
			all = append(all, kind)
		}
	}
	return all
}

func number(o object, name string) int64 {
	n, _ := o[name].(float64)
	return int64(n)
}

func (w *shopWorld) order(id string) object {
	w.t.Helper()
	return w.ok("/cgi-bin/service/get_order"+w.suite, object{"orderid": id})
}

func TestBuyEdition(t *testing.T) {
	t.Parallel()
	w := newShopWorld(t)
	made, err := w.corp.OrderEdition(t.Context(), w.app, wecomtest.EditionOrder{EditionID: "E2", Users: 10, Days: 30})
	require.NoError(t, err)
	assert.Equal(t, []string{"open_order"}, w.got.kinds())
	assert.Contains(t, w.got.last().message, "<OperatorId><![CDATA["+w.corp.Admin().ID+"]]></OperatorId>")
	unpaid := w.order(made.ID)
	assert.EqualValues(t, 0, unpaid["order_status"])
	assert.EqualValues(t, 2*100*10*30, unpaid["price"])
	assert.EqualValues(t, 0, unpaid["paid_time"])

	require.NoError(t, w.p.PayOrder(t.Context(), made.ID))
	assert.Equal(t, []string{"open_order", "pay_for_app_success", "change_editon"}, w.got.kinds())
	paid := w.order(made.ID)
	assert.EqualValues(t, 1, paid["order_status"])
	assert.Equal(t, w.corp.ID, paid["paid_corpid"])
	assert.Equal(t, "专业版", paid["edition_name"])
	assert.EqualValues(t, 30*24*3600, number(paid, "end_time")-number(paid, "begin_time"))
	require.Error(t, w.p.PayOrder(t.Context(), made.ID), "paid already")

	other := "?suite_access_token=" + w.suiteToken(w.p.NewApp(wecomtest.AppConfig{}))
	w.refused(84080, "/cgi-bin/service/get_order"+other, object{"orderid": made.ID})
	w.refused(84080, "/cgi-bin/service/get_order"+w.suite, object{"orderid": "nothing"})
}

func TestOrderList(t *testing.T) {
	t.Parallel()
	w := newShopWorld(t)
	first, err := w.corp.BuyEdition(t.Context(), w.app, wecomtest.EditionOrder{Users: 1, Days: 10})
	require.NoError(t, err)
	start := w.p.Now().Unix()
	w.advance(48 * time.Hour)
	_, err = w.corp.BuyEdition(t.Context(), w.app, wecomtest.EditionOrder{Type: wecomtest.OrderMoreUsers, Users: 2})
	require.NoError(t, err)

	ids := func(body object) []string {
		var all []string
		for _, o := range w.ok("/cgi-bin/service/get_order_list"+w.suite, body)["order_list"].([]any) {
			all = append(all, text(o.(object), "orderid"))
		}
		return all
	}
	assert.Len(t, ids(object{"start_time": start - 10, "end_time": w.p.Now().Unix()}), 2)
	assert.Equal(t, []string{first.ID}, ids(object{"start_time": start - 10, "end_time": start + 10}))
	assert.Empty(t, ids(object{"start_time": start - 10, "end_time": w.p.Now().Unix(), "test_mode": 1}))
	w.refused(40058, "/cgi-bin/service/get_order_list"+w.suite, object{"start_time": start, "end_time": start - 1})
}

func TestEditionOfTheAuthorisation(t *testing.T) {
	t.Parallel()
	w := newShopWorld(t)
	agent := func() object {
		i := w.corp.Installations()[0]
		r := w.ok("/cgi-bin/service/get_auth_info"+w.suite, object{"auth_corpid": i.CorpID, "permanent_code": i.PermanentCode})
		return r["edition_info"].(object)["agent"].([]any)[0].(object)
	}
	assert.EqualValues(t, 0, agent()["app_status"], "unpaid")
	_, err := w.corp.BuyEdition(t.Context(), w.app, wecomtest.EditionOrder{Users: 5, Days: 10})
	require.NoError(t, err)
	assert.EqualValues(t, 3, agent()["app_status"])
	assert.EqualValues(t, 5, agent()["user_limit"])
	renewed, err := w.corp.BuyEdition(t.Context(), w.app, wecomtest.EditionOrder{Type: wecomtest.OrderRenewal, Days: 10})
	require.NoError(t, err)
	assert.Equal(t, renewed.Items[0].End.Unix(), number(agent(), "expired_time"))
	w.advance(19 * 24 * time.Hour)
	assert.EqualValues(t, 3, agent()["app_status"])
	w.advance(2 * 24 * time.Hour)
	assert.EqualValues(t, 4, agent()["app_status"], "expired")
	require.NoError(t, w.corp.EditionChanged(t.Context(), w.app))
	assert.Equal(t, "change_editon", w.got.last().event.InfoType)
}

func TestTrialOfAPaidApp(t *testing.T) {
	t.Parallel()
	p := wecomtest.NewPlatform(t, wecomtest.WithoutServer())
	c := newClient(t, p)
	app := p.NewApp(wecomtest.AppConfig{Editions: []wecomtest.Edition{{ID: "E1"}}, TrialDays: 15})
	corp := p.NewCorp("Buyer")
	made, err := corp.Install(t.Context(), app)
	require.NoError(t, err)
	suite := "?suite_access_token=" + c.suiteToken(app)
	status := func() any {
		r := c.ok("/cgi-bin/service/v2/get_auth_info"+suite, object{"auth_corpid": corp.ID, "permanent_code": made.PermanentCode})
		return r["edition_info"].(object)["agent"].([]any)[0].(object)["app_status"]
	}
	assert.EqualValues(t, 1, status())
	const path = "/cgi-bin/service/prolong_try"
	r := c.ok(path+suite, object{"buyer_corpid": corp.ID, "prolong_days": 40})
	assert.WithinDuration(t, p.Now().Add(55*24*time.Hour), time.Unix(number(r, "try_end_time"), 0), time.Minute)
	c.refused(90352, path+suite, object{"buyer_corpid": corp.ID, "prolong_days": 6})
	p.Advance(56 * 24 * time.Hour)
	suite = "?suite_access_token=" + c.suiteToken(app)
	assert.EqualValues(t, 2, status(), "over")
	c.ok(path+suite, object{"buyer_corpid": corp.ID, "prolong_days": 3})
	assert.EqualValues(t, 1, status(), "prolonged after its end")

	free := p.NewApp(wecomtest.AppConfig{})
	_, err = corp.Install(t.Context(), free)
	require.NoError(t, err)
	suite = "?suite_access_token=" + c.suiteToken(free)
	c.refused(90351, path+suite, object{"buyer_corpid": corp.ID, "prolong_days": 3})
	c.refused(48004, path+suite, object{"buyer_corpid": p.NewCorp("other").ID, "prolong_days": 3})
	c.refused(40013, path+suite, object{"buyer_corpid": "wpnobody", "prolong_days": 3})
}

func TestOrderIsCancelledRepricedAndRefunded(t *testing.T) {
	t.Parallel()
	w := newShopWorld(t)
	ctx := t.Context()
	buy := wecomtest.EditionOrder{Users: 1, Days: 10}
	cancelled, err := w.corp.OrderEdition(ctx, w.app, buy)
	require.NoError(t, err)
	require.NoError(t, w.p.CancelOrder(ctx, cancelled.ID))
	assert.EqualValues(t, 2, w.order(cancelled.ID)["order_status"])
	require.Error(t, w.p.CancelOrder(ctx, cancelled.ID))
	require.Error(t, w.p.PayOrder(ctx, cancelled.ID))

	old, err := w.corp.OrderEdition(ctx, w.app, buy)
	require.NoError(t, err)
	changed, err := w.p.ChangeOrderPrice(ctx, old.ID, 77)
	require.NoError(t, err)
	assert.Contains(t, w.got.last().message, "<OldOrderId><![CDATA["+old.ID+"]]></OldOrderId><NewOrderId><![CDATA["+changed.ID)
	w.refused(84080, "/cgi-bin/service/get_order"+w.suite, object{"orderid": old.ID})
	assert.EqualValues(t, 77, w.order(changed.ID)["price"])

	require.NoError(t, w.p.PayOrder(ctx, changed.ID))
	require.NoError(t, w.p.AskRefund(changed.ID))
	assert.EqualValues(t, 4, w.order(changed.ID)["order_status"])
	require.NoError(t, w.p.RefundOrder(ctx, changed.ID, false))
	assert.EqualValues(t, 6, w.order(changed.ID)["order_status"])
	require.NoError(t, w.p.RefundOrder(ctx, changed.ID, true))
	assert.EqualValues(t, 5, w.order(changed.ID)["order_status"])
	assert.Equal(t, []string{
		"open_order", "cancel_order", "open_order", "change_order", "pay_for_app_success", "change_editon", "refund", "change_editon",
	}, w.got.kinds())

	late, err := w.corp.OrderEdition(ctx, w.app, buy)
	require.NoError(t, err)
	w.advance(20 * 24 * time.Hour)
	assert.EqualValues(t, 3, w.order(late.ID)["order_status"], "unpaid for too long")
	require.Error(t, w.p.PayOrder(ctx, late.ID))
}

func TestOrderIsRefusedWithAReason(t *testing.T) {
	t.Parallel()
	w := newShopWorld(t)
	for name, what := range map[string]wecomtest.EditionOrder{
		"no seats":               {Days: 10},
		"no days":                {Users: 10},
		"unknown edition":        {EditionID: "E9", Users: 1, Days: 1},
		"more seats of nothing":  {Type: wecomtest.OrderMoreUsers, Users: 1},
		"renewal of nothing":     {Type: wecomtest.OrderRenewal, Days: 1},
		"a type there is not":    {Type: 9, Users: 1, Days: 1},
		"more seats without any": {Type: wecomtest.OrderMoreUsers},
	} {
		_, err := w.corp.BuyEdition(t.Context(), w.app, what)
		require.ErrorContains(t, err, "wecomtest: ", name)
	}
	_, err := w.corp.BuyEdition(t.Context(), w.p.NewApp(wecomtest.AppConfig{}), wecomtest.EditionOrder{Users: 1, Days: 1})
	require.ErrorContains(t, err, "AppConfig.Editions")
	assert.Empty(t, w.p.Orders())
	require.Error(t, w.p.PayOrder(t.Context(), "nothing"))
	require.Error(t, w.p.RefundOrder(t.Context(), "nothing", true))
	require.Error(t, w.p.AskRefund("nothing"))
}

func TestUndeliveredOrderStands(t *testing.T) {
	t.Parallel()
	w := newShopWorld(t)
	w.got.answer = func(rw http.ResponseWriter, _ *http.Request, _ []byte) { rw.WriteHeader(http.StatusTeapot) }
	made, err := w.corp.BuyEdition(t.Context(), w.app, wecomtest.EditionOrder{Users: 1, Days: 1})
	require.ErrorIs(t, err, wecomtest.ErrNotDelivered)
	assert.Equal(t, wecomtest.OrderPaid, made.Status)
}

func TestAdvancedOrders(t *testing.T) {
	t.Parallel()
	w := newShopWorld(t)
	system := &receiver{token: w.p.Provider().Token, aesKey: w.p.Provider().AESKey}
	w.p.Handle("system.example.com", system)
	w.p.Provider().SetCallbackURL("https://system.example.com/")
	provider := "?provider_access_token=" + w.providerToken(w.p)
	base := "/cgi-bin/advanced_api/"
	order := func(kind int, api object) object {
		return object{"custom_corpid": w.corp.ID, "buyer_userid": "zhangsan", "order_type": kind, "chat_archive_api": api}
	}
	w.refused(40058, base+"create_order"+provider, order(2, object{"edition": 2}))
	w.refused(40058, base+"create_order"+provider, order(0, object{"edition": 2}))
	w.refused(40058, base+"create_order"+provider, order(3, object{"edition": 3, "purchase_count": 1}))
	id := text(w.ok(base+"create_order"+provider, order(0, object{"edition": 2, "purchase_count": 10})), "order_id")
	pay := object{"order_id": id, "payer_userid": "zhangsan"}
	w.refused(90432, base+"submit_pay"+provider, pay)
	w.p.Provider().SetBalance(1)
	w.refused(90433, base+"submit_pay"+provider, pay)
	w.p.Provider().SetBalance(1000000)
	w.ok(base+"submit_pay"+provider, pay)
	w.refused(701084, base+"cancel_order"+provider, object{"order_id": id})
	_, err := w.p.AwaitDelivery(t.Context(), "advanced_api_pay_success")
	require.NoError(t, err)
	more := text(w.ok(base+"create_order"+provider, order(1, object{"edition": 2, "purchase_count": 5})), "order_id")
	require.NoError(t, w.p.PayAdvancedOrder(t.Context(), more))
	holdings := w.ok(base+"get_corp_buy_info"+provider, object{"advanced_api_type": 1, "custom_corpid": w.corp.ID})
	edition := dig(holdings, "chat_archive_api_buy_info")["edition_list"].([]any)[0].(object)
	assert.EqualValues(t, 15, edition["purchase_count"])
	require.NoError(t, w.p.RefundAdvancedOrder(t.Context(), more, true))
	assert.Equal(t, wecomtest.OrderRefunded, w.p.AdvancedOrders()[1].Status)
	assert.EqualValues(t, 5, dig(w.ok(base+"get_order"+provider, object{"order_id": more}), "order")["order_status"])
	w.refused(701005, base+"get_order"+provider, object{"order_id": "nothing"})
	assert.ElementsMatch(t, []string{"advanced_api_pay_success", "advanced_api_pay_success", "advanced_api_refund"}, system.kinds())
}
