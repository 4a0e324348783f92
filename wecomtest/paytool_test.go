package wecomtest_test

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"sort"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/wecomtest"
)

// signCashier signs a body of the cash desk, written against the description of
// the signature and not against the platform's code.
func signCashier(key string, body object) object {
	var pairs []string
	var add func(name string, value any)
	add = func(name string, value any) {
		switch v := value.(type) {
		case object:
			for n, inner := range v {
				add(n, inner)
			}
		case []object:
			for _, inner := range v {
				add(name, inner)
			}
		default:
			if s := fmt.Sprint(v); s != "" {
				pairs = append(pairs, name+"="+s)
			}
		}
	}
	add("", body)
	sort.Strings(pairs)
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(strings.Join(pairs, "&")))
	body["sig"] = base64.StdEncoding.EncodeToString(mac.Sum(nil))
	return body
}

// stamped adds a fresh nonce and the time, and signs.
func (w *shopWorld) stamped(body object) object {
	delete(body, "sig")
	body["nonce_str"], body["ts"] = rand.Text(), w.p.Now().Unix()
	return signCashier(w.p.Provider().CashierSecret, body)
}

func (w *shopWorld) desk(name string, body object) object {
	w.t.Helper()
	return w.ok("/cgi-bin/paytool/"+name+"?provider_access_token="+w.providerToken(w.p), w.stamped(body))
}

func (w *shopWorld) deskRefused(code int, name string, body object) {
	w.t.Helper()
	w.refused(code, "/cgi-bin/paytool/"+name+"?provider_access_token="+w.providerToken(w.p), w.stamped(body))
}

// thirdApp is an order of a year for ten seats of the app.
func (w *shopWorld) thirdApp(payType int, more object) object {
	item := object{"suiteid": w.app.ID, "edition_id": "E1", "user_count": 10, "duration_days": 365}
	maps.Copy(item, more)
	return object{
		"business_type": 1, "custom_corpid": w.corp.ID, "pay_type": payType,
		"product_list": object{"third_app": object{"order_type": 0, "buy_info_list": []object{item}}},
	}
}

func (w *shopWorld) deskStatus(id string) any {
	w.t.Helper()
	return dig(w.desk("get_order_detail", object{"order_id": id}), "pay_order")["order_status"]
}

func TestCashDeskOrderIsPaidByItsPage(t *testing.T) {
	t.Parallel()
	w := newShopWorld(t)
	body := w.thirdApp(0, object{"discount_info": object{"discount_type": 2, "discount_ratio": 75, "discount_remarks": "老客户"}})
	delete(body, "custom_corpid")
	r := w.desk("open_order", body)
	id, address := text(r, "order_id"), text(r, "order_url")
	assert.EqualValues(t, 10*editionPrice, r["origin_price"])
	assert.EqualValues(t, 10*editionPrice*75/100, r["paid_price"])
	assert.EqualValues(t, 1, w.deskStatus(id))
	require.ErrorContains(t, w.p.PayOrder(t.Context(), id), "Corp.OpenPayment")
	assert.Empty(t, w.got.kinds(), "nobody to tell of")

	require.NoError(t, w.corp.OpenPayment(t.Context(), address))
	assert.Equal(t, []string{"pay_for_app_success", "change_editon"}, w.got.kinds())
	detail := dig(w.desk("get_order_detail", object{"order_id": id}), "pay_order")
	assert.EqualValues(t, 2, detail["order_status"])
	assert.Equal(t, "Buyer", detail["custom_corp_name"])
	assert.Contains(t, detail["custom_corpid"], "***")
	assert.EqualValues(t, 3, w.order(id)["order_from"], "service/get_order has it too")

	require.ErrorContains(t, w.corp.OpenPayment(t.Context(), address), "not waiting for payment")
	w.deskRefused(90311, "close_order", object{"order_id": id})
	w.deskRefused(90310, "close_order", object{"order_id": "nothing"})
}

func TestCashDeskOrderIsClosed(t *testing.T) {
	t.Parallel()
	w := newShopWorld(t)
	r := w.desk("open_order", w.thirdApp(0, nil))
	w.desk("close_order", object{"order_id": r["order_id"]})
	assert.EqualValues(t, 3, w.deskStatus(text(r, "order_id")))
	_, err := w.p.AwaitDelivery(t.Context(), "cancel_order")
	require.NoError(t, err)
	require.Error(t, w.corp.OpenPayment(t.Context(), text(r, "order_url")))
	require.ErrorContains(t, w.p.NewCorp("other").OpenPayment(t.Context(), text(w.desk("open_order", w.thirdApp(0, nil)), "order_url")), "another corp")
}

func TestCashDeskOrderPaidOnBehalfWaitsForTheCorp(t *testing.T) {
	t.Parallel()
	w := newShopWorld(t)
	id := text(w.desk("open_order", w.thirdApp(1, nil)), "order_id")
	assert.EqualValues(t, 8, w.deskStatus(id))
	w.advance(73 * time.Hour)
	assert.EqualValues(t, 7, w.deskStatus(id), "confirmed by itself")
	_, err := w.p.AwaitDelivery(t.Context(), "pay_for_app_success")
	require.NoError(t, err)

	quiet := func(payType int) object {
		o := w.thirdApp(payType, nil)
		o["product_list"].(object)["third_app"].(object)["notify_custom_corp"] = 0
		return o
	}
	assert.EqualValues(t, 7, w.deskStatus(text(w.desk("open_order", quiet(1)), "order_id")), "nobody is asked")
	r := w.desk("open_order", quiet(2))
	assert.EqualValues(t, 8, w.deskStatus(text(r, "order_id")), "the corp is always told of a free order")
	assert.EqualValues(t, 0, r["paid_price"])
	w.desk("open_order", quiet(2))
	w.desk("open_order", quiet(2))
	w.deskRefused(90431, "open_order", quiet(2))
	w.advance(25 * time.Hour)
	w.desk("open_order", quiet(2))
}

func TestCashDeskOrderWithANewPriceIsOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newShopWorld(t)
		old := text(w.desk("open_order", w.thirdApp(1, nil)), "order_id")
		changed, err := w.p.ChangeOrderPrice(t.Context(), old, 100)
		require.NoError(t, err)
		w.deskRefused(90310, "get_order_detail", object{"order_id": old})
		w.advance(73 * time.Hour)
		listed := w.desk("get_order_list", object{"limit": 10})["pay_order_list"].([]any)
		require.Len(t, listed, 1)
		assert.Equal(t, changed.ID, listed[0].(object)["order_id"])
		synctest.Wait()
		assert.ElementsMatch(t, []string{"open_order", "change_order", "pay_for_app_success", "change_editon"}, w.got.kinds())
	})
}

func TestCashDeskSignature(t *testing.T) {
	t.Parallel()
	w := newShopWorld(t)
	path := "/cgi-bin/paytool/get_order_list?provider_access_token=" + w.providerToken(w.p)
	good := w.stamped(object{"limit": 10})
	w.ok(path, good)
	w.refused(90318, path, good)
	late := w.stamped(object{"limit": 10})
	late["ts"] = w.p.Now().Add(-16 * time.Minute).Unix()
	w.refused(90319, path, late)
	forged := w.stamped(object{"limit": 10})
	forged["limit"] = 11
	w.refused(90305, path, forged)
	w.p.Advance(16 * time.Minute)
	good["ts"] = w.p.Now().Unix()
	delete(good, "sig")
	w.ok(path, signCashier(w.p.Provider().CashierSecret, good))
}

func TestCashDeskOrderIsRefused(t *testing.T) {
	t.Parallel()
	w := newShopWorld(t)
	change := func(edit func(o, app object)) object {
		o := w.thirdApp(0, nil)
		edit(o, o["product_list"].(object)["third_app"].(object))
		return o
	}
	item := func(app object) object { return app["buy_info_list"].([]object)[0] }
	for name, body := range map[string]object{
		"product of another kind": change(func(o, _ object) { o["business_type"] = 2 }),
		"unknown app":             change(func(_, app object) { item(app)["suiteid"] = "wwnothing" }),
		"unknown edition":         change(func(_, app object) { item(app)["edition_id"] = "E9" }),
		"no seats":                change(func(_, app object) { delete(item(app), "user_count") }),
		"no duration":             change(func(_, app object) { delete(item(app), "duration_days") }),
		"more seats of nothing":   change(func(_, app object) { app["order_type"] = 1 }),
		"day that is none":        change(func(_, app object) { item(app)["take_effect_date"] = "20261399" }),
		"discount over the price": change(func(_, app object) {
			item(app)["discount_info"] = object{"discount_type": 1, "discount_amount": 9999999, "discount_remarks": "x"}
		}),
	} {
		r := w.do("/cgi-bin/paytool/open_order?provider_access_token="+w.providerToken(w.p), w.stamped(body))
		assert.EqualValues(t, 90305, r["errcode"], "%s: %v", name, r["errmsg"])
	}
	w.deskRefused(40013, "open_order", change(func(o, _ object) { o["custom_corpid"] = "wpnobody" }))
	w.deskRefused(40007, "open_order", change(func(o, _ object) { o["bank_receipt_media_id"] = "nothing" }))
	assert.Empty(t, w.p.Orders())
}

func TestCashDeskOtherBusinesses(t *testing.T) {
	t.Parallel()
	w := newShopWorld(t)
	template := w.p.NewTemplate(wecomtest.AppConfig{Name: "CRM"})
	custom := w.desk("open_order", object{
		"business_type": 2, "custom_corpid": w.corp.ID, "pay_type": 0,
		"product_list": object{"customized_app": object{"order_type": 0, "buy_info_list": []object{
			{"suiteid": template.ID, "user_count": 10, "duration_days": 30, "total_price": 2500},
		}}},
	})
	assert.EqualValues(t, 2500, custom["paid_price"])
	solution := w.desk("open_order", object{
		"business_type": 3, "custom_corpid": w.corp.ID, "pay_type": 0,
		"product_list": object{"promotion_case": object{
			"order_type": 0, "case_id": "sl1", "promotion_edition_name": "固定单价", "duration_days": 30,
			"buy_info_list": []object{{"suiteid": w.app.ID, "user_count": 10}},
		}},
	})
	assert.NotContains(t, solution, "paid_price")
	detail := dig(w.desk("get_order_detail", object{"order_id": solution["order_id"]}), "pay_order", "product_list", "promotion_case")
	assert.Equal(t, "sl1", detail["case_id"])
	assert.EqualValues(t, 30, detail["duration_days"])

	list := w.desk("get_order_list", object{"limit": 1})
	assert.EqualValues(t, 1, list["has_more"])
	next := w.desk("get_order_list", object{"limit": 1, "cursor": list["next_cursor"]})
	assert.EqualValues(t, 0, next["has_more"])
	only := w.desk("get_order_list", object{"limit": 10, "business_type": 2})["pay_order_list"].([]any)
	require.Len(t, only, 1)
	assert.Equal(t, custom["order_id"], only[0].(object)["order_id"])
}

func TestInvoices(t *testing.T) {
	t.Parallel()
	w := newShopWorld(t)
	r := w.desk("open_order", w.thirdApp(0, nil))
	id := text(r, "order_id")
	invoice := wecomtest.Invoice{OrderID: id, Title: "买方", TaxNumber: "91", SendWay: 2, Email: "a@example.com"}
	require.Error(t, w.p.ApplyInvoice(invoice), "unpaid")
	require.NoError(t, w.p.PayOrder(t.Context(), id))
	require.NoError(t, w.p.ApplyInvoice(invoice))
	require.Error(t, w.p.ApplyInvoice(invoice), "there is one already")
	provider := "?provider_access_token=" + w.providerToken(w.p)
	entry := w.ok("/cgi-bin/paytool/get_invoice_list"+provider, object{})["invoice_list"].([]any)[0].(object)
	assert.Equal(t, "买方", entry["invoice_title"])
	assert.EqualValues(t, 10*editionPrice, entry["paid_price"])
	mark := func(status int) object {
		return object{"order_id": id, "oper_userid": "zhangsan", "invoice_status": status, "invoice_note": "note"}
	}
	w.ok("/cgi-bin/paytool/mark_invoice_status"+provider, mark(3))
	assert.Equal(t, wecomtest.InvoiceCancelled, w.p.Invoices()[0].Status)
	require.NoError(t, w.p.ApplyInvoice(invoice), "again after it was cancelled")
	w.ok("/cgi-bin/paytool/mark_invoice_status"+provider, mark(2))
	w.ok("/cgi-bin/paytool/mark_invoice_status"+provider, mark(1))
	assert.Equal(t, wecomtest.InvoiceSent, w.p.Invoices()[1].Status, "what was issued stays")
	w.refused(90310, "/cgi-bin/paytool/mark_invoice_status"+provider, object{"order_id": "x", "oper_userid": "z", "invoice_status": 1, "invoice_note": "n"})
}
