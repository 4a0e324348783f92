package suite_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/suite"
)

const ordersPath = "/cgi-bin/service/get_order_list"

// ledger answers get_order_list with the orders of the times given, at most most
// of them at once. It counts both ends of the time in.
func ledger(u *upstream, most int, times ...int64) {
	u.suiteTokens()
	u.handle("POST", ordersPath, func(r *http.Request) (*http.Response, error) {
		body, err := r.GetBody()
		if err != nil {
			return nil, err
		}
		text, err := io.ReadAll(body)
		if err != nil {
			return nil, err
		}
		var span struct {
			Start int64 `json:"start_time"`
			End   int64 `json:"end_time"`
		}
		if err := json.Unmarshal(text, &span); err != nil {
			return nil, err
		}
		list := []string{}
		for i, at := range times {
			if span.Start <= at && at <= span.End {
				list = append(list, fmt.Sprintf(`{"orderid":"O%d","order_time":%d}`, i, at))
			}
		}
		if len(list) > most {
			return httpmock.NewStringResponse(http.StatusOK, `{"errcode":90349,"errmsg":"too many records"}`), nil
		}
		return httpmock.NewStringResponse(http.StatusOK, `{"errcode":0,"order_list":[`+strings.Join(list, ",")+`]}`), nil
	})
}

func orderIDs(t *testing.T, app *suite.Client, req suite.GetOrderListRequest) (ids []string, err error) {
	t.Helper()
	for order, e := range app.AllOrders(t.Context(), req) {
		if e != nil {
			err = errors.Join(err, e)
			continue
		}
		ids = append(ids, order.OrderID)
	}
	return ids, err
}

func TestAllOrders(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	ledger(u, 2, 0, 10, 50, 51, 99, 100)
	app := thirdParty(t, u.api(), suite.Config{})
	for range 2 { // each range starts over
		ids, err := orderIDs(t, app, suite.GetOrderListRequest{StartTime: 0, EndTime: 100, TestMode: suite.TestOrders})
		require.NoError(t, err)
		assert.Equal(t, []string{"O0", "O1", "O2", "O3", "O4", "O5"}, ids, "each once, in the order of time")
	}
	for _, call := range u.to(ordersPath) {
		assert.EqualValues(t, 1, call.body["test_mode"])
	}

	ids, err := orderIDs(t, app, suite.GetOrderListRequest{StartTime: 50, EndTime: 98})
	require.NoError(t, err)
	assert.Equal(t, []string{"O2", "O3"}, ids)
	calls := u.to(ordersPath)
	assert.Equal(t, map[string]any{"start_time": 50., "end_time": 98.}, calls[len(calls)-1].body, "one call does if it can")
}

// A second with too many orders cannot be halved.
func TestAllOrdersEndsWithAnError(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	ledger(u, 1, 0, 70, 70)
	app := thirdParty(t, u.api(), suite.Config{})
	ids, err := orderIDs(t, app, suite.GetOrderListRequest{StartTime: 0, EndTime: 100})
	require.ErrorIs(t, err, wecom.Code(90349))
	assert.Equal(t, []string{"O0"}, ids)
	assert.Less(t, len(u.to(ordersPath)), 20)

	_, err = orderIDs(t, app, suite.GetOrderListRequest{StartTime: 2, EndTime: 1})
	require.ErrorContains(t, err, "after EndTime")
}

func TestAllOrdersStops(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	ledger(u, 1, 0, 100)
	app := thirdParty(t, u.api(), suite.Config{})
	for order, err := range app.AllOrders(t.Context(), suite.GetOrderListRequest{EndTime: 100}) {
		require.NoError(t, err)
		assert.Equal(t, "O0", order.OrderID)
		break
	}
	assert.Len(t, u.to(ordersPath), 2, "the later half is not asked for")
}

// Each call adds days.
func TestProlongTryIsNotRepeated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const path = "/cgi-bin/service/prolong_try"
		u := newUpstream(t)
		u.suiteTokens()
		u.on("POST", path, `{"errcode":-1,"errmsg":"system busy"}`)
		app := thirdParty(t, u.api(), suite.Config{})
		_, err := app.ProlongTry(t.Context(), suite.ProlongTryRequest{BuyerCorpID: "wwA", ProlongDays: 60})
		require.ErrorIs(t, err, wecom.ErrTransient)
		assert.Len(t, u.to(path), 1)

		for _, days := range []int32{0, -7, 61} {
			_, err = app.ProlongTry(t.Context(), suite.ProlongTryRequest{BuyerCorpID: "wwA", ProlongDays: days})
			require.ErrorContains(t, err, "1 to 60")
		}
		assert.Len(t, u.to(path), 1)
	})
}
