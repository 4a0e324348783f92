package callback_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/callback"
)

// What its constructor has not made lets nothing through.
func TestWhatWasNotMadeIsRefused(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	for _, h := range []http.Handler{new(callback.Handler), new(callback.AddressFilter)} {
		for _, r := range []*http.Request{
			delivery{account: accountA, message: ticketEvent("t")}.request(t),
			httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil),
		} {
			requireRefused(t, http.StatusInternalServerError, serve(h, r))
		}
	}
	require.ErrorContains(t, new(callback.AddressFilter).Refresh(ctx), "not made by AllowIPs")

	pool := new(callback.Pool)
	require.ErrorContains(t, pool.Enqueue(ctx, parse(t, ticketEvent("t"))), "not made by NewPool")
	require.NoError(t, pool.Shutdown(ctx))

	filter := new(callback.MemoryFilter)
	_, _, err := filter.Begin(ctx, "key", "owner")
	require.ErrorContains(t, err, "not made by NewMemoryFilter")
	require.ErrorContains(t, filter.Commit(ctx, "key", "owner", nil), "not made by NewMemoryFilter")
	require.NoError(t, filter.Abort(ctx, "key", "owner"))
}
