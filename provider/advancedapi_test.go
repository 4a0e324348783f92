package provider_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/provider"
)

// An order that says nothing of its type and a new one are not the same.
func TestCreateOrderTellsZeroFromNothing(t *testing.T) {
	t.Parallel()
	p, u := newUpstream(t, inOrder(`{"errcode":0,"order_id":"O1"}`))
	req := provider.CreateOrderRequest{
		CustomCorpID: "wwA", BuyerUserID: "u",
		ChatArchiveAPI: provider.ChatArchivePurchase{Edition: provider.ChatArchiveCalls, PurchaseCount: 10},
	}
	r, err := p.AdvancedAPI().CreateOrder(t.Context(), req)
	require.NoError(t, err)
	assert.Equal(t, "O1", r.OrderID)
	req.OrderType = new(provider.AdvancedOrderNew)
	_, err = p.AdvancedAPI().CreateOrder(t.Context(), req)
	require.NoError(t, err)
	assert.Equal(t, []string{
		`{"custom_corpid":"wwA","buyer_userid":"u","chat_archive_api":{"edition":3,"purchase_count":10}}`,
		`{"custom_corpid":"wwA","buyer_userid":"u","order_type":0,"chat_archive_api":{"edition":3,"purchase_count":10}}`,
	}, u.bodies())
}

func TestAllAdvancedOrders(t *testing.T) {
	t.Parallel()
	p, u := newUpstream(t, inOrder(
		`{"errcode":0,"has_more":1,"next_cursor":"P2","order_list":[{"order_id":"A"}]}`,
		`{"errcode":0,"has_more":0,"next_cursor":"P3","order_list":[{"order_id":"B","order_status":6}]}`))
	got, err := drain(p.AdvancedAPI().AllOrders(t.Context(), provider.ListOrderRequest{StartTime: 1, EndTime: 2, Cursor: "not used"}))
	require.NoError(t, err)
	assert.Equal(t, []provider.AdvancedOrder{{OrderID: "A"}, {OrderID: "B", OrderStatus: provider.AdvancedOrderRefundRefused}}, got)
	assert.Equal(t, []string{`{"start_time":1,"end_time":2}`, `{"start_time":1,"end_time":2,"cursor":"P2"}`}, u.bodies())

	p, _ = newUpstream(t, inOrder(`{"errcode":0,"has_more":1,"order_list":[{"order_id":"A"}]}`))
	_, err = drain(p.AdvancedAPI().AllOrders(t.Context(), provider.ListOrderRequest{}))
	require.ErrorContains(t, err, "no cursor")
}
