package tour_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/wecomtest"
)

// What a test of a vendor's own code looks like.
func TestYourOwnCode(t *testing.T) {
	t.Parallel()
	site := http.NewServeMux()
	backend := httptest.NewServer(site)
	t.Cleanup(backend.Close)
	ctx := t.Context()

	// [test]
	platform := wecomtest.NewPlatform(t)
	app := platform.NewApp(wecomtest.AppConfig{CallbackURL: backend.URL + "/wecom/command"})
	site.Handle("/", newBackend(t, platform, app)) // yours, with wecom.WithBaseURL(platform.URL())

	_, err := app.PushTicket(ctx) // suite_ticket arrives, sealed and signed
	require.NoError(t, err)
	_, err = platform.NewCorp("Acme").Install(ctx, app) // create_auth arrives
	require.NoError(t, err)
	_, err = platform.AwaitCall(ctx, "/cgi-bin/service/v2/get_permanent_code") // your backend has bought the code
	require.NoError(t, err)
	// [/test]
}
