package suite_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/callback"
	"github.com/wecom-isv/wecom/provider"
	"github.com/wecom-isv/wecom/suite"
	"github.com/wecom-isv/wecom/wecomtest"
)

// world is a vendor's backend beside a simulated platform, without sockets.
type world struct {
	platform *wecomtest.Platform
	api      *wecom.Client
	events   chan string
	auths    chan *suite.Authorization
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{
		platform: wecomtest.NewPlatform(t, wecomtest.WithoutServer()),
		events:   make(chan string, 16),
		auths:    make(chan *suite.Authorization, 16),
	}
	var err error
	w.api, err = wecom.New(wecom.WithBaseURL(w.platform.URL()), wecom.WithTransport(w.platform.Transport()))
	require.NoError(t, err)
	return w
}

func (w *world) hooks() suite.Hooks {
	authorized := func(event string) func(context.Context, *suite.Authorization) error {
		return func(_ context.Context, auth *suite.Authorization) error {
			w.events <- event + " " + auth.Corp.ID()
			w.auths <- auth
			return nil
		}
	}
	return suite.Hooks{
		Authorized: authorized("authorized"),
		Reset:      authorized("reset"),
		Changed: func(_ context.Context, corp *suite.Corp, _ callback.ChangeAuth) error {
			w.events <- "changed " + corp.ID()
			return nil
		},
		Cancelled: func(_ context.Context, corpID string) error {
			w.events <- "cancelled " + corpID
			return nil
		},
	}
}

// serve mounts a command URL for app that answers first.
func (w *world) serve(t *testing.T, app *wecomtest.App, handle func(*callback.Mux, suite.Hooks)) {
	t.Helper()
	var mux callback.Mux
	handle(&mux, w.hooks())
	pool, err := callback.NewPool(&mux, callback.PoolConfig{OnError: func(_ context.Context, env callback.Envelope, err error) {
		t.Errorf("%v: %v", env, err)
	}})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, pool.Shutdown(context.WithoutCancel(t.Context()))) })
	h, err := callback.NewHandler(callback.Config{
		Token: app.Token, AESKey: app.AESKey, Receivers: []string{app.ID},
		VerifyReceivers: []string{w.platform.Provider().CorpID}, Queue: pool,
	}, &mux)
	require.NoError(t, err)
	host := "app.example"
	w.platform.Handle(host, h)
	app.SetCallbackURL("https://" + host + "/command")
	require.NoError(t, w.platform.VerifyURL(t.Context(), app.CommandTarget()))
	_, err = app.PushTicket(t.Context())
	require.NoError(t, err)
}

func (w *world) event(t *testing.T) string {
	t.Helper()
	select {
	case e := <-w.events:
		return e
	case <-t.Context().Done():
		return "the test ended"
	case <-time.After(10 * time.Second):
		return "no event"
	}
}

func TestLifeOfAThirdPartyApp(t *testing.T) {
	t.Parallel()
	ctx, w := t.Context(), newWorld(t)
	sim := w.platform.NewApp(wecomtest.AppConfig{Unpublished: true, RedirectDomain: "app.example"})
	app, err := suite.New(w.api, suite.Config{ID: sim.ID, Secret: sim.Secret})
	require.NoError(t, err)
	w.serve(t, sim, app.Handle)

	// Installation from the vendor's own page: no event, the redirect carries the code.
	customer := w.platform.NewCorp("Acme")
	link, err := app.Install(ctx, suite.InstallRequest{RedirectURI: "https://app.example/done?next=%2Fhome", State: "s1", AuthType: suite.AuthTypeTest})
	require.NoError(t, err)
	redirect, err := customer.Authorize(ctx, link.URL)
	require.NoError(t, err)
	back, err := suite.ParseInstalled(redirect.Query())
	require.NoError(t, err)
	assert.Equal(t, "s1", back.State)
	assert.Equal(t, "/home", redirect.Query().Get("next"))
	auth, err := app.Authorize(ctx, back.Code)
	require.NoError(t, err)
	corp := auth.Corp
	assert.Equal(t, customer.ID, corp.ID())

	// Work in the corp; the platform revokes tokens early.
	info, err := corp.AuthInfo(ctx)
	require.NoError(t, err)
	assert.NotZero(t, info.Agent().AgentID)
	for range 2 {
		permissions, err := corp.GetPermissions(ctx)
		require.NoError(t, err)
		assert.NotEmpty(t, permissions.AppPermissions)
		_, err = corp.GetAdminList(ctx)
		require.NoError(t, err)
		_, err = app.GetAdminList(ctx, corp.ID(), info.Agent().AgentID)
		require.NoError(t, err)
		w.platform.RevokeAll()
	}

	_, err = customer.Change(ctx, sim, wecomtest.VisibleTo(nil, []int64{1}))
	require.NoError(t, err)
	assert.Equal(t, "changed "+corp.ID(), w.event(t))

	// Cancelled and come back at once: the second installation must survive.
	_, err = customer.Cancel(ctx, sim)
	require.NoError(t, err)
	assert.Equal(t, "cancelled "+corp.ID(), w.event(t))
	_, err = corp.Token(ctx)
	require.ErrorIs(t, err, suite.ErrNoCode)
	_, err = customer.Install(ctx, sim)
	require.NoError(t, err)
	assert.Equal(t, "authorized "+corp.ID(), w.event(t))
	_, err = corp.GetPermissions(ctx)
	require.NoError(t, err, "the old handle goes on")
}

func TestLifeOfATemplate(t *testing.T) {
	t.Parallel()
	ctx, w := t.Context(), newWorld(t)
	sim := w.platform.NewTemplate(wecomtest.AppConfig{})
	tpl, err := suite.NewTemplate(w.api, suite.Config{ID: sim.ID, Secret: sim.Secret})
	require.NoError(t, err)
	w.serve(t, sim, tpl.Handle)
	vendor, err := provider.New(w.api, provider.Config{CorpID: w.platform.Provider().CorpID, Secret: w.platform.Provider().Secret})
	require.NoError(t, err)

	customer := w.platform.NewCorp("Acme")
	link, err := vendor.GetCustomizedAuthURL(ctx, provider.GetCustomizedAuthURLRequest{State: "spring", TemplateIDs: []string{tpl.ID()}})
	require.NoError(t, err)
	_, err = customer.Scan(ctx, link.QRCodeURL)
	require.NoError(t, err)
	require.Equal(t, "authorized "+customer.ID, w.event(t))
	auth := <-w.auths
	assert.Equal(t, "spring", auth.State)
	_, err = auth.Corp.GetPermissions(ctx)
	require.NoError(t, err)
	info, err := auth.Corp.AuthInfo(ctx)
	require.NoError(t, err)
	assert.True(t, info.Agent().IsCustomizedApp)

	// The administrator resets the secret: the event brings the new one.
	_, err = customer.ResetPermanentCode(ctx, sim)
	require.NoError(t, err)
	require.Equal(t, "reset "+customer.ID, w.event(t))
	_, err = auth.Corp.GetPermissions(ctx)
	require.NoError(t, err)
	calls := w.platform.Calls("/cgi-bin/gettoken")
	require.Len(t, calls, 2)
	assert.NotEqual(t, calls[0].Query.Get("corpsecret"), calls[1].Query.Get("corpsecret"))

	_, err = customer.Cancel(ctx, sim)
	require.NoError(t, err)
	require.Equal(t, "cancelled "+customer.ID, w.event(t))
	_, err = auth.Corp.Token(ctx)
	require.ErrorIs(t, err, suite.ErrNoCode)
}

// Without a queue events are handled before the answer; a quick exchange fits.
func TestSynchronousHandler(t *testing.T) {
	t.Parallel()
	ctx, w := t.Context(), newWorld(t)
	sim := w.platform.NewApp(wecomtest.AppConfig{})
	app, err := suite.New(w.api, suite.Config{ID: sim.ID, Secret: sim.Secret})
	require.NoError(t, err)
	var mux callback.Mux
	app.Handle(&mux, w.hooks())
	h, err := callback.NewHandler(callback.Config{Token: sim.Token, AESKey: sim.AESKey, Receivers: []string{sim.ID}}, &mux)
	require.NoError(t, err)
	w.platform.Handle("app.example", http.Handler(h))
	sim.SetCallbackURL("https://app.example/")
	_, err = sim.PushTicket(ctx)
	require.NoError(t, err)
	customer := w.platform.NewCorp("Acme")
	installation, err := customer.Install(ctx, sim)
	require.NoError(t, err)
	assert.True(t, installation.Delivery.Delivered)
	assert.Equal(t, "authorized "+customer.ID, w.event(t))
	code, err := suite.NewCacheCodes(w.api.Cache()).LoadCode(ctx, sim.ID, customer.ID)
	require.NoError(t, err)
	assert.Equal(t, installation.PermanentCode, code.Code.Reveal())

	// The exchange cannot be made: WeCom does not get its success.
	w.platform.Inject(wecomtest.Fault{Path: exchangePath, Code: 45009})
	_, err = w.platform.NewCorp("Other").Install(ctx, sim)
	require.ErrorIs(t, err, wecomtest.ErrNotDelivered)
}
