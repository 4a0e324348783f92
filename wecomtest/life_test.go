package wecomtest_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/wecomtest"
)

// The life of an app with nothing but loopback sockets on both sides: what a
// vendor needs to test without an account.
func TestPain25_LifeOfAnAppOffline(t *testing.T) {
	t.Parallel()
	p := wecomtest.NewPlatform(t)
	c := &client{t: t, base: p.URL(), http: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
	app := p.NewApp(wecomtest.AppConfig{})
	events := &receiver{token: app.Token, aesKey: app.AESKey}
	server := httptest.NewServer(events)
	defer server.Close()
	app.SetCallbackURL(server.URL + "/command")
	app.SetDataURL(server.URL + "/data/$CORPID$")
	require.NoError(t, p.VerifyURL(t.Context(), app.CommandTarget()))

	_, err := app.PushTicket(t.Context())
	require.NoError(t, err)
	suite := "?suite_access_token=" + text(c.ok("/cgi-bin/service/get_suite_token", object{
		"suite_id": app.ID, "suite_secret": app.Secret, "suite_ticket": events.last().event.SuiteTicket,
	}), "suite_access_token")
	corp := p.Corp("Acme")
	assert.Same(t, corp, p.Corp("Acme"))
	assert.Same(t, corp, p.Corp(corp.ID))
	_, err = corp.Install(t.Context(), app)
	require.NoError(t, err)
	r := c.ok("/cgi-bin/service/v2/get_permanent_code"+suite, object{"auth_code": events.last().event.AuthCode})
	body := object{"auth_corpid": corp.ID, "permanent_code": r["permanent_code"]}
	access := "?access_token=" + text(c.ok("/cgi-bin/service/get_corp_token"+suite, body), "access_token")
	c.ok("/cgi-bin/agent/get_admin_list"+access, object{})
	_, err = corp.SendMessage(t.Context(), corp.Admin(), app, "你好")
	require.NoError(t, err)
	assert.Equal(t, "你好", events.last().event.Content)
	_, err = corp.Cancel(t.Context(), app)
	require.NoError(t, err)
	assert.Equal(t, corp.ID, events.last().event.AuthCorpID)
	c.refused(48004, "/cgi-bin/agent/get_admin_list"+access, object{})

	var kinds []string
	for _, d := range p.Deliveries() {
		kinds = append(kinds, d.Kind)
	}
	assert.Equal(t, []string{"suite_ticket", "create_auth", "text", "cancel_auth"}, kinds)
}
