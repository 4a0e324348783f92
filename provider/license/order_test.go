package license_test

import (
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/provider/license"
)

var purchase = license.CreateNewOrderRequest{
	CorpID: "C", BuyerUserID: "B",
	AccountCount:    license.AccountCount{BaseCount: 1},
	AccountDuration: license.AccountDuration{Months: 1},
}

func TestOrderWarningReachesTheCaller(t *testing.T) {
	t.Parallel()
	const warning = "ok. WARNING: the app order of the corp has expired"
	c, _ := newClient(t, map[string][]string{"create_new_order": {
		`{"errcode":0,"errmsg":"` + warning + `","order_id":"O1"}`,
		`{"errcode":0,"errmsg":"ok, warning: again","order_id":"O2"}`,
		`{"errcode":0,"errmsg":"ok","order_id":"O3"}`,
	}})
	for _, want := range []license.PlacedOrder{
		{OrderID: "O1", Warning: warning},
		{OrderID: "O2", Warning: "ok, warning: again"},
		{OrderID: "O3"},
	} {
		order, err := c.CreateNewOrder(t.Context(), purchase)
		require.NoError(t, err)
		assert.Equal(t, want, *order)
	}
}

func TestOrdersThatCannotBeMeant(t *testing.T) {
	t.Parallel()
	c, p := newClient(t, nil)
	for _, tt := range []struct {
		name string
		edit func(*license.CreateNewOrderRequest)
		want string
	}{
		{"no account", func(r *license.CreateNewOrderRequest) { r.AccountCount = license.AccountCount{} }, "AccountCount"},
		{"less than none", func(r *license.CreateNewOrderRequest) { r.AccountCount.ExternalContactCount = -1 }, "AccountCount"},
		{"no time", func(r *license.CreateNewOrderRequest) { r.AccountDuration = license.AccountDuration{} }, "AccountDuration"},
		{"back in time", func(r *license.CreateNewOrderRequest) { r.AccountDuration.Days = -1 }, "AccountDuration"},
		{"the time of a renewal", func(r *license.CreateNewOrderRequest) { r.AccountDuration.NewExpireTime = 1 }, "AccountDuration"},
	} {
		req := purchase
		tt.edit(&req)
		_, err := c.CreateNewOrder(t.Context(), req)
		require.ErrorContains(t, err, "CreateNewOrder: "+tt.want, tt.name)
		_, err = c.CreateNewOrderJob(t.Context(), license.CreateNewOrderJobRequest{BuyList: []license.CorpPurchase{
			{CorpID: "C", AccountCount: purchase.AccountCount, AccountDuration: purchase.AccountDuration},
			{CorpID: "D", AccountCount: req.AccountCount, AccountDuration: req.AccountDuration},
		}})
		require.ErrorContains(t, err, "CreateNewOrderJob: BuyList[1]: "+tt.want, tt.name)
	}
	for name, duration := range map[string]license.AccountDuration{
		"neither": {},
		"both":    {Months: 1, NewExpireTime: 1},
		"days":    {Months: 1, Days: 1},
		"minus":   {Months: -1},
		"before":  {NewExpireTime: -1},
	} {
		_, err := c.SubmitOrderJob(t.Context(), license.SubmitOrderJobRequest{JobID: "J", BuyerUserID: "B", AccountDuration: duration})
		require.ErrorContains(t, err, "SubmitOrderJob: AccountDuration", name)
	}
	assert.Zero(t, p.calls(), "nothing of it was sent")
}

// Money and licences: a reply that is lost leaves open whether it happened.
func TestWhatSpendsIsNeverRepeated(t *testing.T) {
	t.Parallel()
	one := []license.Activation{{ActiveCode: "code", UserID: "U"}}
	for name, call := range map[string]func(*license.Client) error{
		"create_new_order": func(c *license.Client) error {
			_, err := c.CreateNewOrder(t.Context(), purchase)
			return err
		},
		"create_renew_order_job": func(c *license.Client) error {
			_, err := c.CreateRenewOrderJob(t.Context(), license.CreateRenewOrderJobRequest{AccountList: make([]license.RenewAccount, 1)})
			return err
		},
		"submit_order_job": func(c *license.Client) error {
			_, err := c.SubmitOrderJob(t.Context(), license.SubmitOrderJobRequest{AccountDuration: license.AccountDuration{Months: 1}})
			return err
		},
		"cancel_order": func(c *license.Client) error {
			return c.CancelOrder(t.Context(), license.CancelOrderRequest{OrderID: "O"})
		},
		"create_new_order_job": func(c *license.Client) error {
			_, err := c.CreateNewOrderJob(t.Context(), license.CreateNewOrderJobRequest{BuyList: purchases(1)})
			return err
		},
		"submit_new_order_job": func(c *license.Client) error { return c.SubmitNewOrderJob(t.Context(), "J", "B") },
		"submit_pay_job": func(c *license.Client) error {
			_, err := c.SubmitPayJob(t.Context(), "O", "B")
			return err
		},
		"active_account": func(c *license.Client) error {
			return c.ActiveAccount(t.Context(), license.ActiveAccountRequest{})
		},
		"batch_active_account": func(c *license.Client) error {
			_, err := c.BatchActiveAccount(t.Context(), license.BatchActiveAccountRequest{ActiveList: one})
			return err
		},
		"active_account_by_type": func(c *license.Client) error {
			return c.ActiveAccountByType(t.Context(), license.ActiveAccountByTypeRequest{})
		},
		"batch_transfer_license": func(c *license.Client) error {
			_, err := c.BatchTransferLicense(t.Context(), license.BatchTransferLicenseRequest{TransferList: make([]license.Transfer, 1)})
			return err
		},
		"batch_share_active_code": func(c *license.Client) error {
			_, err := c.BatchShareActiveCode(t.Context(), license.BatchShareActiveCodeRequest{ShareList: []license.ActiveCode{"code"}})
			return err
		},
		"set_auto_active_status": func(c *license.Client) error {
			return c.SetAutoActiveStatus(t.Context(), "C", license.AutoActiveOn)
		},
		"support_policy_query": func(c *license.Client) error {
			_, err := c.SupportPolicyQuery(t.Context(), "C")
			return err
		},
	} {
		c, p := newClient(t, map[string][]string{name: {lost}})
		require.ErrorIs(t, call(c), wecom.ErrNoReply, name)
		assert.Len(t, p.sent(name), 1, name)

		c, p = newClient(t, map[string][]string{name: {`{"errcode":-1,"errmsg":"system busy"}`}})
		require.ErrorIs(t, call(c), wecom.ErrTransient, name)
		assert.Len(t, p.sent(name), 1, name)
	}
}

// list is what the tests of the four sequences have in common.
type list struct {
	endpoint string
	page     func(first, last int, tail string) string // a reply with items first to last
	all      func(*license.Client) iter.Seq2[string, error]
	first    string // body of the first call
	second   string // of the second, with the cursor "c1"
}

// ids maps a sequence to what identifies its items.
func ids[T any](seq iter.Seq2[T, error], id func(T) string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for item, err := range seq {
			if !yield(id(item), err) {
				return
			}
		}
	}
}

func pageOf(member, item string) func(first, last int, tail string) string {
	return func(first, last int, tail string) string {
		var items []string
		for i := first; i <= last; i++ {
			items = append(items, fmt.Sprintf(item, i))
		}
		return `{"errcode":0,"errmsg":"ok","` + member + `":[` + strings.Join(items, ",") + `]` + tail + `}`
	}
}

func lists(t *testing.T) []list {
	t.Helper()
	return []list{{
		endpoint: "list_order",
		page:     pageOf("order_list", `{"order_id":"%d","order_type":1}`),
		all: func(c *license.Client) iter.Seq2[string, error] {
			req := license.ListOrderRequest{CorpID: "C", Limit: 2, Cursor: "ignored"}
			return ids(c.AllOrders(t.Context(), req), func(o license.OrderRef) string { return o.OrderID })
		},
		first:  `{"corpid":"C","limit":2}`,
		second: `{"corpid":"C","cursor":"c1","limit":2}`,
	}, {
		endpoint: "list_order_account",
		page:     pageOf("account_list", `{"active_code":"%d","type":1}`),
		all: func(c *license.Client) iter.Seq2[string, error] {
			req := license.ListOrderAccountRequest{OrderID: "O", Limit: 2, Cursor: "ignored"}
			return ids(c.AllOrderAccounts(t.Context(), req), func(a license.Account) string { return string(a.ActiveCode) })
		},
		first:  `{"order_id":"O","limit":2}`,
		second: `{"order_id":"O","limit":2,"cursor":"c1"}`,
	}, {
		endpoint: "get_union_order",
		page:     pageOf("buy_list", `{"sub_order_id":"%d"}`),
		all: func(c *license.Client) iter.Seq2[string, error] {
			req := license.GetUnionOrderRequest{OrderID: "O", Limit: 2, Cursor: "ignored"}
			return ids(c.AllSubOrders(t.Context(), req), func(s license.SubOrder) string { return s.SubOrderID })
		},
		first:  `{"order_id":"O","limit":2}`,
		second: `{"order_id":"O","limit":2,"cursor":"c1"}`,
	}, {
		endpoint: "list_actived_account",
		page:     pageOf("account_list", `{"userid":"%d","type":2}`),
		all: func(c *license.Client) iter.Seq2[string, error] {
			req := license.ListActivedAccountRequest{CorpID: "C", Limit: 2, Cursor: "ignored"}
			return ids(c.AllActivedAccounts(t.Context(), req), func(a license.Account) string { return a.UserID })
		},
		first:  `{"corpid":"C","limit":2}`,
		second: `{"corpid":"C","limit":2,"cursor":"c1"}`,
	}}
}

func read(seq iter.Seq2[string, error]) (items []string, err error) {
	for item, err := range seq {
		if err != nil {
			return items, err
		}
		items = append(items, item)
	}
	return items, nil
}

func TestSequencesReadAllPages(t *testing.T) {
	t.Parallel()
	for _, l := range lists(t) {
		for name, end := range map[string]string{
			"cursor absent":   `,"has_more":0`,
			"cursor empty":    `,"has_more":0,"next_cursor":""`,
			"cursor repeated": `,"has_more":0,"next_cursor":"c1"`,
			"cursor new":      `,"has_more":0,"next_cursor":"c2"`,
		} {
			t.Run(l.endpoint+"/"+name, func(t *testing.T) {
				t.Parallel()
				two := []string{l.page(1, 2, `,"has_more":1,"next_cursor":"c1"`), l.page(3, 3, end)}
				c, p := newClient(t, map[string][]string{l.endpoint: append(two, two...)})
				all := l.all(c)
				assert.Empty(t, p.sent(l.endpoint), "lazy")
				for range 2 { // the second range starts over
					items, err := read(all)
					require.NoError(t, err)
					assert.Equal(t, []string{"1", "2", "3"}, items)
				}
				assert.Equal(t, []string{l.first, l.second, l.first, l.second}, p.sent(l.endpoint))
			})
		}
	}
}

func TestSequencesEndEarly(t *testing.T) {
	t.Parallel()
	for _, l := range lists(t) {
		t.Run(l.endpoint, func(t *testing.T) {
			t.Parallel()
			more := l.page(1, 2, `,"has_more":1,"next_cursor":"c1"`)

			c, p := newClient(t, map[string][]string{l.endpoint: {more}})
			for item, err := range l.all(c) {
				require.NoError(t, err)
				assert.Equal(t, "1", item)
				break
			}
			assert.Len(t, p.sent(l.endpoint), 1, "the second page was not wanted")

			c, _ = newClient(t, map[string][]string{l.endpoint: {more, `{"errcode":701105,"errmsg":"cursor"}`}})
			items, err := read(l.all(c))
			require.ErrorIs(t, err, wecom.Code(701105))
			assert.Equal(t, []string{"1", "2"}, items)

			c, p = newClient(t, map[string][]string{l.endpoint: {more}})
			_, err = read(l.all(c))
			require.ErrorContains(t, err, "same cursor")
			assert.Len(t, p.sent(l.endpoint), 2)

			c, _ = newClient(t, map[string][]string{l.endpoint: {l.page(1, 2, `,"has_more":1,"next_cursor":""`)}})
			_, err = read(l.all(c))
			if l.endpoint == "list_actived_account" { // whose page says that an empty cursor is the end
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, "no cursor")
			}
		})
	}
}

func TestAllOrdersSplitsLongTimes(t *testing.T) {
	t.Parallel()
	c, p := newClient(t, map[string][]string{"list_order": {
		`{"errcode":0,"has_more":1,"next_cursor":"c","order_list":[{"order_id":"1","order_type":1}]}`,
		`{"errcode":0,"has_more":0,"order_list":[{"order_id":"2","order_type":1}]}`,
		`{"errcode":0,"has_more":0,"order_list":[{"order_id":"2","order_type":1},{"order_id":"3","order_type":8}]}`, // 2 lies on the border
		`{"errcode":0,"has_more":0,"order_list":[]}`,
	}})
	const day = 24 * 60 * 60
	const start = 1700000000
	all := c.AllOrders(t.Context(), license.ListOrderRequest{StartTime: start, EndTime: start + 70*day})
	var got []license.OrderRef
	for order, err := range all {
		require.NoError(t, err)
		got = append(got, order)
	}
	assert.Equal(t, []license.OrderRef{{"1", license.OrderPurchase}, {"2", license.OrderPurchase}, {"3", license.OrderUnion}}, got)
	window := func(from, to int, cursor string) string {
		return fmt.Sprintf(`{"start_time":%d,"end_time":%d%s}`, start+from*day, start+to*day, cursor)
	}
	assert.Equal(t, []string{
		window(0, 31, ""), window(0, 31, `,"cursor":"c"`), window(31, 62, ""), window(62, 70, ""),
	}, p.sent("list_order"))
}

func TestAllOrdersKeepsShortTimes(t *testing.T) {
	t.Parallel()
	const span = 31 * 24 * 60 * 60
	for name, req := range map[string]license.ListOrderRequest{
		"31 days":   {StartTime: 1700000000, EndTime: 1700000000 + span},
		"no times":  {},
		"no start":  {EndTime: 1700000000},
		"no end":    {StartTime: 1700000000},
		"backwards": {StartTime: 1700000000, EndTime: 1},
	} {
		c, p := newClient(t, map[string][]string{"list_order": {`{"errcode":0,"has_more":0,"order_list":[]}`}})
		for order, err := range c.AllOrders(t.Context(), req) {
			assert.Fail(t, "there is no order", "%v %v", order, err)
		}
		assert.Len(t, p.sent("list_order"), 1, name)
	}
}
