package wecomtest_test

import (
	"maps"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/wecomtest"
)

func TestSuiteToken(t *testing.T) {
	t.Parallel()
	p := wecomtest.NewPlatform(t)
	c := newClient(t, p)
	app, other := p.NewApp(wecomtest.AppConfig{}), p.NewApp(wecomtest.AppConfig{})
	const path = "/cgi-bin/service/get_suite_token"
	ticket := app.IssueTicket()
	body := func(change object) object {
		b := object{"suite_id": app.ID, "suite_secret": app.Secret, "suite_ticket": ticket}
		maps.Copy(b, change)
		return b
	}

	r := c.ok(path, body(nil))
	assert.NotContains(t, r, "errcode", "success may lack errcode")
	assert.EqualValues(t, 7200, r["expires_in"])
	first := text(r, "suite_access_token")

	c.refused(40083, path, body(object{"suite_id": "ww0000"}))
	c.refused(40080, path, body(object{"suite_secret": "wrong"}))
	c.refused(40085, path, body(object{"suite_ticket": "wrong"}))
	c.refused(40085, path, body(object{"suite_ticket": other.IssueTicket()}))
	c.refused(41021, path, object{"suite_secret": "x", "suite_ticket": "x"})
	c.refused(41023, path, body(object{"suite_ticket": ""}))
	c.refused(41024, path, object{"suite_id": app.ID, "suite_ticket": "x"})

	second := text(c.ok(path, body(nil)), "suite_access_token")
	assert.NotEqual(t, first, second, "a new value each time")
	c.ok("/cgi-bin/service/get_pre_auth_code?suite_access_token="+first, nil)

	newer := app.IssueTicket()
	c.ok(path, body(nil))
	p.Advance(29*time.Minute + 59*time.Second)
	c.ok(path, body(nil))
	p.Advance(time.Second)
	c.refused(40085, path, body(nil))
	c.refused(40085, path, body(object{"suite_ticket": newer}))
}

func TestTokenRules(t *testing.T) {
	t.Parallel()
	token := func(t *testing.T, rule wecomtest.TokenRule) (p *wecomtest.Platform, c *client, first, second string, left any) {
		t.Helper()
		p = wecomtest.NewPlatform(t, wecomtest.WithTokenRule(rule))
		c = newClient(t, p)
		app := p.NewApp(wecomtest.AppConfig{})
		first = c.suiteToken(app)
		p.Advance(100 * time.Second)
		r := c.ok("/cgi-bin/service/get_suite_token", object{
			"suite_id": app.ID, "suite_secret": app.Secret, "suite_ticket": app.IssueTicket(),
		})
		return p, c, first, text(r, "suite_access_token"), r["expires_in"]
	}
	const path = "/cgi-bin/service/get_pre_auth_code?suite_access_token="

	_, c, first, second, left := token(t, wecomtest.SameTokenWhileAlive)
	assert.Equal(t, first, second)
	assert.InDelta(t, 7100, left, 1)
	c.ok(path+second, nil)

	p, c, first, second, left := token(t, wecomtest.NewTokenEndsOld)
	assert.NotEqual(t, first, second)
	assert.EqualValues(t, 7200, left)
	c.refused(40082, path+first, nil)
	c.ok(path+second, nil)
	p.Advance(7200 * time.Second)
	c.refused(42009, path+second, nil)
}

func TestNewestTicketOnly(t *testing.T) {
	t.Parallel()
	p := wecomtest.NewPlatform(t, wecomtest.NewestTicketOnly())
	c := newClient(t, p)
	app := p.NewApp(wecomtest.AppConfig{})
	old := app.IssueTicket()
	body := object{"suite_id": app.ID, "suite_secret": app.Secret, "suite_ticket": old}
	c.ok("/cgi-bin/service/get_suite_token", body)
	app.IssueTicket()
	c.refused(40085, "/cgi-bin/service/get_suite_token", body)
}

func TestInstallByEvent(t *testing.T) {
	t.Parallel()
	p := wecomtest.NewPlatform(t)
	c := newClient(t, p)
	app := p.NewApp(wecomtest.AppConfig{Name: "Orders"})
	events := backend(p, app)
	corp := p.NewCorp("Acme")

	_, err := app.PushTicket(t.Context())
	require.NoError(t, err)
	ticket := events.last()
	assert.Equal(t, "suite_ticket", ticket.event.InfoType)
	assert.Equal(t, app.ID, ticket.event.SuiteID)
	assert.Equal(t, app.ID, ticket.receiver)
	assert.Equal(t, app.ID, ticket.envelope.ToUserName)
	assert.Equal(t, app.ID, ticket.query.Get("app"), "the URL keeps its own query")
	suite := text(c.ok("/cgi-bin/service/get_suite_token", object{
		"suite_id": app.ID, "suite_secret": app.Secret, "suite_ticket": ticket.event.SuiteTicket,
	}), "suite_access_token")

	made, err := corp.Install(t.Context(), app, wecomtest.InstallState("s1"))
	require.NoError(t, err)
	assert.True(t, made.Delivery.Delivered)
	assert.Equal(t, "create_auth", made.Delivery.Kind)
	create := events.last().event
	assert.Equal(t, "s1", create.State)
	assert.GreaterOrEqual(t, len(create.AuthCode), 64)
	assert.Empty(t, create.AuthCorpID, "the corp is known only after the exchange")

	const v1, v2 = "/cgi-bin/service/get_permanent_code", "/cgi-bin/service/v2/get_permanent_code"
	token := "?suite_access_token=" + suite
	r := c.ok(v2+token, object{"auth_code": create.AuthCode})
	assert.EqualValues(t, 0, r["errcode"])
	assert.Equal(t, corp.ID, dig(r, "auth_corp_info")["corpid"])
	assert.Equal(t, corp.Admin().ID, dig(r, "auth_user_info")["userid"])
	assert.Equal(t, "s1", r["state"])
	assert.NotContains(t, r, "access_token")
	permanent := text(r, "permanent_code")
	c.refused(40078, v2+token, object{"auth_code": create.AuthCode})
	c.refused(40078, v1+token, object{"auth_code": create.AuthCode})
	assert.Contains(t, c.refused(40058, v2+token, object{"auth_code": "short"}), "auth_code exceed min length 64")
	c.refused(41008, v2+token, object{})

	// A second authorisation keeps the permanent code of a third-party app.
	again, err := corp.Install(t.Context(), app)
	require.NoError(t, err)
	assert.Equal(t, made.AgentID, again.AgentID)
	r = c.ok(v1+token, object{"auth_code": again.AuthCode})
	assert.NotContains(t, r, "errcode")
	assert.Equal(t, permanent, r["permanent_code"])
	agent := dig(r, "auth_info", "agent")
	assert.EqualValues(t, made.AgentID, agent["agentid"])
	assert.Equal(t, "Orders", agent["name"])
	assert.Equal(t, false, agent["is_customized_app"])
	access := text(r, "access_token")
	c.ok("/cgi-bin/agent/get_permissions?access_token="+access, object{})

	body := object{"auth_corpid": corp.ID, "permanent_code": permanent}
	r = c.ok("/cgi-bin/service/get_auth_info"+token, body)
	assert.Contains(t, dig(r, "auth_corp_info"), "corp_wxqrcode")
	r = c.ok("/cgi-bin/service/v2/get_auth_info"+token, body)
	assert.NotContains(t, dig(r, "auth_corp_info"), "corp_wxqrcode")
	c.refused(40084, "/cgi-bin/service/v2/get_auth_info"+token, object{"auth_corpid": corp.ID, "permanent_code": "x"})
	c.refused(41025, "/cgi-bin/service/v2/get_auth_info"+token, object{"auth_corpid": corp.ID})

	r = c.ok("/cgi-bin/service/get_corp_token"+token, body)
	assert.NotContains(t, r, "errcode")
	access = text(r, "access_token")
	admins := c.ok("/cgi-bin/agent/get_admin_list?access_token="+access, object{})
	assert.Equal(t, corp.Admin().ID, dig(admins, "admin")["userid"])
	c.refused(48003, "/cgi-bin/service/get_corp_token?suite_access_token="+c.suiteToken(p.NewApp(wecomtest.AppConfig{})), body)

	p.Advance(7200 * time.Second)
	c.refused(42001, "/cgi-bin/agent/get_admin_list?access_token="+access, object{})
	c.refused(42009, "/cgi-bin/service/get_corp_token"+token, body)
}

func TestAuthCodeExpires(t *testing.T) {
	t.Parallel()
	p := wecomtest.NewPlatform(t)
	c := newClient(t, p)
	app := p.NewApp(wecomtest.AppConfig{})
	made, err := p.NewCorp("Acme").Install(t.Context(), app)
	require.NoError(t, err)
	assert.Empty(t, made.Delivery.Tries, "no command URL, no event")
	suite := c.suiteToken(app)
	p.Advance(600 * time.Second)
	c.refused(40078, "/cgi-bin/service/v2/get_permanent_code?suite_access_token="+suite, object{"auth_code": made.AuthCode})
}

func TestInstallByAddress(t *testing.T) {
	t.Parallel()
	p := wecomtest.NewPlatform(t)
	c := newClient(t, p)
	app := p.NewApp(wecomtest.AppConfig{RedirectDomain: "isv.example.com"})
	events := backend(p, app)
	corp := p.NewCorp("Acme")
	suite := "?suite_access_token=" + c.suiteToken(app)

	r := c.ok("/cgi-bin/service/get_pre_auth_code"+suite, nil)
	assert.EqualValues(t, 1200, r["expires_in"])
	pre := text(r, "pre_auth_code")
	c.ok("/cgi-bin/service/set_session_info"+suite, object{"pre_auth_code": pre, "session_info": object{"auth_type": 0}})
	c.refused(40086, "/cgi-bin/service/set_session_info"+suite, object{"pre_auth_code": pre, "session_info": object{"appid": []int{1}}})
	c.refused(40058, "/cgi-bin/service/set_session_info"+suite, object{"pre_auth_code": pre, "session_info": object{"auth_type": 2}})
	c.refused(40058, "/cgi-bin/service/set_session_info"+suite, object{"pre_auth_code": pre})

	address := func(pre, redirect, state string) string {
		return "https://open.work.weixin.qq.com/3rdapp/install?suite_id=" + app.ID + "&pre_auth_code=" + pre +
			"&redirect_uri=" + url.QueryEscape(redirect) + "&state=" + url.QueryEscape(state)
	}
	const redirect = "https://isv.example.com/installed?tenant=7"
	for name, bad := range map[string]string{
		"domain":    address(pre, "https://evil.example.com/", "abc"),
		"state":     address(pre, redirect, "with-dash"),
		"code":      address("nope", redirect, "abc"),
		"unencoded": "https://open.work.weixin.qq.com/3rdapp/install?suite_id=" + app.ID + "&pre_auth_code=" + pre + "&redirect_uri=" + redirect,
		"host":      "https://example.com/3rdapp/install?suite_id=" + app.ID,
		"path":      "https://open.work.weixin.qq.com/3rdapp/other",
		"unknown":   address(pre, redirect, "abc") + "&extra=1",
	} {
		_, err := corp.Authorize(t.Context(), bad)
		assert.ErrorAs(t, err, new(*wecomtest.PageError), name)
	}

	back, err := corp.Authorize(t.Context(), address(pre, redirect, "abc123"))
	require.NoError(t, err)
	assert.Equal(t, "isv.example.com", back.Host)
	q := back.Query()
	assert.Equal(t, "7", q.Get("tenant"), "redirect_uri keeps its own query")
	assert.Equal(t, "abc123", q.Get("state"))
	assert.Equal(t, "600", q.Get("expires_in"))
	assert.Empty(t, events.all(), "no create_auth in this flow")
	c.ok("/cgi-bin/service/v2/get_permanent_code"+suite, object{"auth_code": q.Get("auth_code")})
	_, err = corp.Authorize(t.Context(), address(pre, redirect, "abc123"))
	require.Error(t, err, "one code per installation")

	pre = text(c.ok("/cgi-bin/service/get_pre_auth_code"+suite, nil), "pre_auth_code")
	p.Advance(1200 * time.Second)
	_, err = corp.Authorize(t.Context(), address(pre, redirect, "abc123"))
	var page *wecomtest.PageError
	require.ErrorAs(t, err, &page)
	assert.Equal(t, 42007, page.Code)
	c.refused(42007, "/cgi-bin/service/set_session_info"+suite, object{"pre_auth_code": pre, "session_info": object{}})
}

func TestInstallUnpublished(t *testing.T) {
	t.Parallel()
	p := wecomtest.NewPlatform(t)
	c := newClient(t, p)
	app := p.NewApp(wecomtest.AppConfig{Unpublished: true})
	corp := p.NewCorp("Acme")
	suite := "?suite_access_token=" + c.suiteToken(app)
	pre := text(c.ok("/cgi-bin/service/get_pre_auth_code"+suite, nil), "pre_auth_code")
	address := p.URL() + "/3rdapp/install?suite_id=" + app.ID + "&pre_auth_code=" + pre + "&redirect_uri=https%3A%2F%2Fisv.example.com%2F"
	_, err := corp.Authorize(t.Context(), address)
	require.ErrorContains(t, err, "auth_type 1")
	c.ok("/cgi-bin/service/set_session_info"+suite, object{"pre_auth_code": pre, "session_info": object{"auth_type": 1}})
	_, err = corp.Authorize(t.Context(), address)
	require.NoError(t, err)

	other := p.NewApp(wecomtest.AppConfig{})
	pre = text(c.ok("/cgi-bin/service/get_pre_auth_code?suite_access_token="+c.suiteToken(other), nil), "pre_auth_code")
	_, err = corp.Authorize(t.Context(), p.URL()+"/3rdapp/install?suite_id="+p.NewApp(wecomtest.AppConfig{}).ID+"&pre_auth_code="+pre+"&redirect_uri=https%3A%2F%2Fisv.example.com%2F")
	require.ErrorContains(t, err, "pre_auth_code invalid", "the code of another suite")
	template := p.NewTemplate(wecomtest.AppConfig{})
	_, err = corp.Authorize(t.Context(), p.URL()+"/3rdapp/install?suite_id="+template.ID+"&pre_auth_code=x&redirect_uri=https%3A%2F%2Fisv.example.com%2F")
	require.ErrorContains(t, err, "third-party")
}

func TestCustomisedApp(t *testing.T) {
	t.Parallel()
	p := wecomtest.NewPlatform(t)
	c := newClient(t, p)
	template := p.NewTemplate(wecomtest.AppConfig{})
	events := backend(p, template)
	corp := p.NewCorp("Acme")
	made, err := corp.Install(t.Context(), template)
	require.NoError(t, err)
	assert.NotEqual(t, template.AESKey, made.AESKey, "each customised app has keys of its own")
	suite := "?suite_access_token=" + c.suiteToken(template)

	r := c.ok("/cgi-bin/service/get_permanent_code"+suite, object{"auth_code": made.AuthCode})
	assert.NotContains(t, r, "access_token")
	agent := dig(r, "auth_info", "agent")
	assert.Equal(t, true, agent["is_customized_app"])
	assert.EqualValues(t, 0, dig(agent, "privilege")["level"])
	code := text(r, "permanent_code")
	c.refused(48002, "/cgi-bin/service/get_corp_token"+suite, object{"auth_corpid": corp.ID, "permanent_code": code})

	gettoken := func(corpID, secret string) string {
		return "/cgi-bin/gettoken?corpid=" + corpID + "&corpsecret=" + secret
	}
	r = c.ok(gettoken(corp.ID, code), nil)
	assert.EqualValues(t, 0, r["errcode"])
	access := text(r, "access_token")
	p.Advance(time.Hour)
	r = c.ok(gettoken(corp.ID, code), nil)
	assert.Equal(t, access, r["access_token"], "the same token while it lives")
	assert.InDelta(t, 3600, r["expires_in"], 1)
	c.refused(40013, gettoken("wpnobody", code), nil)
	c.refused(40001, gettoken(corp.ID, "wrong"), nil)
	c.refused(40091, gettoken(p.NewCorp("Other").ID, code), nil)
	c.refused(41002, "/cgi-bin/gettoken?corpsecret=x", nil)
	c.refused(41004, "/cgi-bin/gettoken?corpid=x", nil)

	reset, err := corp.ResetPermanentCode(t.Context(), template)
	require.NoError(t, err)
	assert.Equal(t, "reset_permanent_code", events.last().event.InfoType)
	c.refused(40014, "/cgi-bin/agent/get_admin_list?access_token="+access, object{})
	c.refused(40001, gettoken(corp.ID, code), nil)
	suite = "?suite_access_token=" + c.suiteToken(template)
	fresh := text(c.ok("/cgi-bin/service/v2/get_permanent_code"+suite, object{"auth_code": reset.AuthCode}), "permanent_code")
	assert.NotEqual(t, code, fresh)
	c.ok(gettoken(corp.ID, fresh), nil)

	_, err = corp.ResetPermanentCode(t.Context(), p.NewApp(wecomtest.AppConfig{}))
	require.Error(t, err)
}

func TestCancelAndChange(t *testing.T) {
	t.Parallel()
	p := wecomtest.NewPlatform(t)
	c := newClient(t, p)
	app := p.NewApp(wecomtest.AppConfig{})
	events := backend(p, app)
	corp := p.NewCorp("Acme")
	_, err := corp.Cancel(t.Context(), app)
	require.Error(t, err)
	_, err = corp.Change(t.Context(), app)
	require.Error(t, err)

	made, err := corp.Install(t.Context(), app)
	require.NoError(t, err)
	suite := c.suiteToken(app)
	access := c.corpToken(suite, made)
	list := "/cgi-bin/agent/get_admin_list?access_token=" + access
	info := object{"auth_corpid": corp.ID, "permanent_code": made.PermanentCode}

	_, err = corp.Change(t.Context(), app, wecomtest.VisibleTo([]string{corp.Admin().ID}, nil), wecomtest.Disabled(true))
	require.NoError(t, err)
	assert.Equal(t, "change_auth", events.last().event.InfoType)
	assert.Equal(t, corp.ID, events.last().event.AuthCorpID)
	c.refused(50003, list, object{})
	_, err = corp.Change(t.Context(), app, wecomtest.Disabled(false))
	require.NoError(t, err)
	c.ok(list, object{})
	privilege := dig(c.ok("/cgi-bin/service/v2/get_auth_info?suite_access_token="+suite, info), "auth_info", "agent", "privilege")
	assert.Equal(t, []any{corp.Admin().ID}, privilege["allow_user"])
	assert.Equal(t, []any{}, privilege["allow_party"])
	require.Len(t, corp.Installations(), 1)

	_, err = corp.Cancel(t.Context(), app)
	require.NoError(t, err)
	assert.Equal(t, "cancel_auth", events.last().event.InfoType)
	c.refused(48004, list, object{})
	c.refused(40084, "/cgi-bin/service/get_corp_token?suite_access_token="+suite, info)
	assert.Empty(t, corp.Installations())

	c.refused(40078, "/cgi-bin/service/v2/get_permanent_code?suite_access_token="+suite, object{"auth_code": made.AuthCode})
	again, err := corp.Install(t.Context(), app)
	require.NoError(t, err)
	assert.NotEqual(t, made.PermanentCode, again.PermanentCode)
	other := c.suiteToken(p.NewApp(wecomtest.AppConfig{}))
	c.refused(40078, "/cgi-bin/service/v2/get_permanent_code?suite_access_token="+other, object{"auth_code": again.AuthCode})
	c.ok("/cgi-bin/service/v2/get_permanent_code?suite_access_token="+suite, object{"auth_code": again.AuthCode})
}

func TestAdminListsAndQRCode(t *testing.T) {
	t.Parallel()
	p := wecomtest.NewPlatform(t)
	c := newClient(t, p)
	app := p.NewApp(wecomtest.AppConfig{})
	corp := p.NewCorp("Acme")
	member := corp.AddUser(wecomtest.User{})
	corp.AddUser(wecomtest.User{Role: wecomtest.RoleExternalAdmin})
	made, err := corp.Install(t.Context(), app)
	require.NoError(t, err)
	suite := "?suite_access_token=" + c.suiteToken(app)
	body := object{"auth_corpid": corp.ID, "agentid": made.AgentID}
	admins, _ := c.ok("/cgi-bin/service/get_admin_list"+suite, body)["admin"].([]any)
	require.Len(t, admins, 1, "external administrators are left out")
	c.refused(40056, "/cgi-bin/service/get_admin_list"+suite, object{"auth_corpid": corp.ID, "agentid": 1})
	c.refused(48004, "/cgi-bin/service/get_admin_list"+suite, object{"auth_corpid": "wpx", "agentid": 1})

	_, err = corp.Install(t.Context(), app, wecomtest.InstalledBy(member))
	require.NoError(t, err)
	assert.Equal(t, []any{}, c.ok("/cgi-bin/service/get_admin_list"+suite, body)["admin"])

	qr := "/cgi-bin/service/get_app_qrcode" + suite
	assert.NotEmpty(t, c.ok(qr, object{"suite_id": app.ID, "result_type": 2, "state": "abc"})["qrcode"])
	c.refused(84025, qr, object{"suite_id": app.ID, "state": "a-b"})
	c.refused(48003, qr, object{"suite_id": "ww1"})
	r, err := c.send(qr, object{"suite_id": app.ID})
	require.NoError(t, err)
	defer closeBody(t, r)
	assert.Equal(t, "image/png", r.Header.Get("Content-Type"))
	assert.Contains(t, r.Header.Get("Content-Disposition"), "attachment")
}
