package tour_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/wecomtest"
)

// What a test of a vendor's own code looks like.
func TestYourOwnCode(t *testing.T) {
	t.Parallel()
	site := http.NewServeMux()
	backend := httptest.NewServer(site)
	t.Cleanup(backend.Close)
	ctx, db := t.Context(), newDatabase()

	// [test]
	platform := wecomtest.NewPlatform(t)
	app := platform.NewApp(wecomtest.AppConfig{CallbackURL: backend.URL + "/callback/command"})
	yours := newVendor(t, platform, app, db) // its API and its pages are at platform.URL()
	site.Handle("/", yours)

	_, err := app.PushTicket(ctx) // suite_ticket arrives, sealed and signed
	require.NoError(t, err)
	corp := platform.NewCorp("Acme")
	_, err = corp.Install(ctx, app) // create_auth arrives, and is answered before the work is done
	require.NoError(t, err)
	require.Eventually(t, func() bool { return db.customer(corp.ID) == "Acme" }, 5*time.Second, time.Millisecond)

	require.NoError(t, yours.Greet(ctx, corp.ID, corp.Admin().ID))
	require.Len(t, platform.Messages(), 1)
	require.Len(t, platform.Calls("/cgi-bin/service/v2/get_permanent_code"), 1)
	// [/test]
}
