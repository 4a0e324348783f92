package paytool_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/provider/paytool"
)

func markedInvoice() paytool.MarkInvoiceStatusRequest {
	return paytool.MarkInvoiceStatusRequest{OrderID: "ORDERID", OperUserID: "USERID", InvoiceStatus: paytool.InvoiceMailed, InvoiceNote: "NOTE"}
}

func TestGetInvoiceListRefuses(t *testing.T) {
	t.Parallel()
	desk, p := newDesk(t, ok)
	for want, req := range map[string]paytool.GetInvoiceListRequest{
		"Limit is 101, a page has at most 100": {Limit: 101},
		"Limit is -1":                          {Limit: -1},
		"EndTime go together":                  {StartTime: 1},
		"StartTime and EndTime":                {EndTime: 1},
	} {
		_, err := desk.GetInvoiceList(t.Context(), req)
		require.ErrorContains(t, err, want)
	}
	assert.Empty(t, p.sent())

	_, err := desk.GetInvoiceList(t.Context(), paytool.GetInvoiceListRequest{})
	require.NoError(t, err)
	assert.JSONEq(t, `{}`, p.sent()[0].Raw, "not signed, and nothing that was not asked for")
}

func TestAllInvoices(t *testing.T) {
	t.Parallel()
	page := func(more int, next string, ids ...string) string {
		invoices := make([]string, len(ids))
		for i, id := range ids {
			invoices[i] = fmt.Sprintf(`{"order_id":%q,"invoice_status":3}`, id)
		}
		return fmt.Sprintf(`{"has_more":%d,"next_cursor":%q,"invoice_list":[%s]}`, more, next, strings.Join(invoices, ","))
	}
	desk, p := newDesk(t, page(1, "c1", "A", "B"), page(0, "c1", "C"))
	var ids []string
	for invoice, err := range desk.AllInvoices(t.Context(), paytool.GetInvoiceListRequest{Cursor: "ignored"}) {
		require.NoError(t, err)
		assert.Equal(t, paytool.InvoiceCancelled, invoice.InvoiceStatus)
		ids = append(ids, invoice.OrderID)
	}
	assert.Equal(t, []string{"A", "B", "C"}, ids)
	require.Len(t, p.sent(), 2)
	assert.JSONEq(t, `{"limit":100}`, p.sent()[0].Raw)
	assert.JSONEq(t, `{"limit":100,"cursor":"c1"}`, p.sent()[1].Raw)

	desk, p = newDesk(t, page(1, "c1", "A"), `{"errcode":45009,"errmsg":"slow down"}`)
	var last error
	for _, err := range desk.AllInvoices(t.Context(), paytool.GetInvoiceListRequest{Limit: 7}) {
		last = err
	}
	require.ErrorContains(t, last, "errcode 45009")
	assert.JSONEq(t, `{"limit":7}`, p.sent()[0].Raw)
}

func TestMarkInvoiceStatusRefuses(t *testing.T) {
	t.Parallel()
	desk, p := newDesk(t, ok)
	for want, edit := range map[string]func(*paytool.MarkInvoiceStatusRequest){
		"OrderID, OperUserID":                func(r *paytool.MarkInvoiceStatusRequest) { r.OrderID = "" },
		"OperUserID and InvoiceNote":         func(r *paytool.MarkInvoiceStatusRequest) { r.OperUserID = "" },
		"InvoiceNote are required":           func(r *paytool.MarkInvoiceStatusRequest) { r.InvoiceNote = "" },
		"InvoiceStatus is missing":           func(r *paytool.MarkInvoiceStatusRequest) { r.InvoiceStatus = 0 },
		"has 201 bytes, more than 200":       func(r *paytool.MarkInvoiceStatusRequest) { r.InvoiceNote = strings.Repeat("张", 67) },
		"InvoiceNote has 300 bytes, more th": func(r *paytool.MarkInvoiceStatusRequest) { r.InvoiceNote = strings.Repeat("x", 300) },
	} {
		req := markedInvoice()
		edit(&req)
		require.ErrorContains(t, desk.MarkInvoiceStatus(t.Context(), req), want)
	}
	assert.Empty(t, p.sent())

	req := markedInvoice()
	req.InvoiceNote = strings.Repeat("x", 200)
	require.NoError(t, desk.MarkInvoiceStatus(t.Context(), req))
	assert.Len(t, p.sent(), 1)
}
