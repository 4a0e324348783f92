package wecomtest_test

import (
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/wecomtest"
)

const redirectURI = "redirect_uri=https%3A%2F%2Fapp.example.com%2Fback%3Fnext%3D%252Fhome"

func oauthURL(appid, scope, rest string) string {
	return "https://open.weixin.qq.com/connect/oauth2/authorize?appid=" + appid + "&" + redirectURI +
		"&response_type=code&scope=" + scope + "&state=3f2a" + rest + "#wechat_redirect"
}

func TestOAuthThirdParty(t *testing.T) {
	t.Parallel()
	p := wecomtest.NewPlatform(t)
	c := newClient(t, p)
	app := p.NewApp(wecomtest.AppConfig{TrustedDomain: "app.example.com", SensitiveOK: true})
	corp := p.NewCorp("Acme")
	user := corp.AddUser(wecomtest.User{Gender: "2"})
	_, err := corp.Install(t.Context(), app)
	require.NoError(t, err)
	suite := "?suite_access_token=" + c.suiteToken(app)
	const path = "/cgi-bin/service/auth/getuserinfo3rd"
	login := func(scope string) string {
		t.Helper()
		back, err := corp.Login(t.Context(), user, oauthURL(app.ID, scope, ""))
		require.NoError(t, err)
		assert.Equal(t, "/home", back.Query().Get("next"), "redirect_uri keeps its own query")
		assert.Equal(t, "3f2a", back.Query().Get("state"))
		return "&code=" + back.Query().Get("code")
	}

	code := login("snsapi_base")
	r := c.ok(path+suite+code, nil)
	assert.Equal(t, corp.ID, r["corpid"])
	assert.Equal(t, user.ID, r["userid"])
	assert.Equal(t, user.OpenUserID, r["open_userid"])
	assert.NotContains(t, r, "user_ticket")
	c.refused(40029, path+suite+code, nil)
	c.refused(40029, path+suite+"&code=x", nil)
	c.refused(41008, path+suite, nil)

	r = c.ok("/cgi-bin/service/getuserinfo3rd"+suite+login("snsapi_privateinfo"), nil)
	assert.Equal(t, user.ID, r["UserId"])
	assert.Equal(t, corp.ID, r["CorpId"])
	ticket := object{"user_ticket": r["user_ticket"]}
	assert.EqualValues(t, 7200, r["expires_in"])
	for _, detail := range []string{"/cgi-bin/service/auth/getuserdetail3rd", "/cgi-bin/service/getuserdetail3rd"} {
		r = c.ok(detail+suite, ticket)
		assert.Equal(t, "2", r["gender"])
		assert.Equal(t, user.ID, r["name"], "never the real name")
		c.refused(84015, detail+suite, object{"user_ticket": "x"})
		c.refused(84015, detail+"?suite_access_token="+c.suiteToken(p.NewApp(wecomtest.AppConfig{})), ticket)
	}
	c.refused(40029, path+"?suite_access_token="+c.suiteToken(p.NewApp(wecomtest.AppConfig{}))+login("snsapi_base"), nil)

	code = login("snsapi_base")
	_, err = corp.Change(t.Context(), app, wecomtest.VisibleTo(nil, nil))
	require.NoError(t, err)
	c.refused(60021, "/cgi-bin/service/auth/getuserdetail3rd"+suite, ticket)
	_, err = corp.Login(t.Context(), user, oauthURL(app.ID, "snsapi_privateinfo", ""))
	require.ErrorContains(t, err, "60021")
	p.Advance(5 * time.Minute)
	c.refused(42003, path+suite+code, nil)
	p.Advance(7200*time.Second - 5*time.Minute)
	suite = "?suite_access_token=" + c.suiteToken(app)
	c.refused(84014, "/cgi-bin/service/auth/getuserdetail3rd"+suite, ticket)

	back, err := p.LoginOutsider(t.Context(), "o123", oauthURL(app.ID, "snsapi_base", ""))
	require.NoError(t, err)
	r = c.ok(path+suite+"&code="+back.Query().Get("code"), nil)
	assert.Equal(t, object{"errcode": float64(0), "errmsg": "ok", "openid": "o123"}, r)

	back, err = corp.Refuse(t.Context(), user, oauthURL(app.ID, "snsapi_base", ""))
	require.NoError(t, err)
	assert.False(t, back.Query().Has("code"))
	assert.Equal(t, "3f2a", back.Query().Get("state"))
}

func TestOAuthCustomisedApp(t *testing.T) {
	t.Parallel()
	p := wecomtest.NewPlatform(t)
	c := newClient(t, p)
	template := p.NewTemplate(wecomtest.AppConfig{TrustedDomain: "app.example.com", SensitiveOK: true})
	corp := p.NewCorp("Acme")
	user := corp.AddUser(wecomtest.User{Mobile: "13800000000", BizMail: "a@corp.example.com", Address: "Road 1"})
	made, err := corp.Install(t.Context(), template)
	require.NoError(t, err)
	other, err := corp.Install(t.Context(), p.NewTemplate(wecomtest.AppConfig{}))
	require.NoError(t, err)
	app := p.NewApp(wecomtest.AppConfig{})
	thirdParty, err := corp.Install(t.Context(), app)
	require.NoError(t, err)
	access := func(i wecomtest.Installation) string {
		return "?access_token=" + text(c.ok("/cgi-bin/gettoken?corpid="+corp.ID+"&corpsecret="+i.PermanentCode, nil), "access_token")
	}
	agent := "&agentid=" + strconv.FormatInt(made.AgentID, 10)
	login := func(scope, rest string) string {
		t.Helper()
		back, err := corp.Login(t.Context(), user, oauthURL(corp.ID, scope, rest))
		require.NoError(t, err)
		return "&code=" + back.Query().Get("code")
	}
	const path = "/cgi-bin/auth/getuserinfo"
	assert.Equal(t, user.ID, c.ok(path+access(made)+login("snsapi_base", ""), nil)["userid"])
	c.refused(40029, path+access(other)+login("snsapi_base", agent), nil)
	r := c.ok(path+access(made)+login("snsapi_privateinfo", agent), nil)
	assert.NotContains(t, r, "expires_in")
	ticket := object{"user_ticket": r["user_ticket"]}
	detail := c.ok("/cgi-bin/auth/getuserdetail"+access(made), ticket)
	assert.Equal(t, "13800000000", detail["mobile"])
	assert.Equal(t, "Road 1", detail["address"])
	assert.Equal(t, "a@corp.example.com", detail["biz_mail"])
	c.refused(84015, "/cgi-bin/auth/getuserdetail"+access(other), ticket)
	third := "?access_token=" + c.corpToken(c.suiteToken(app), thirdParty)
	c.refused(48002, "/cgi-bin/auth/getuserdetail"+third, ticket)
	c.refused(48002, "/cgi-bin/miniprogram/jscode2session"+third+"&js_code=x&grant_type=authorization_code", nil)
	p.Advance(1800 * time.Second)
	c.refused(84014, "/cgi-bin/auth/getuserdetail"+access(made), ticket)

	suite := "?suite_access_token=" + c.suiteToken(template)
	c.refused(40029, "/cgi-bin/service/auth/getuserinfo3rd"+suite+login("snsapi_base", agent), nil)

	for name, bad := range map[string]string{
		"no agentid for privateinfo": oauthURL(corp.ID, "snsapi_privateinfo", ""),
		"unknown agentid":            oauthURL(corp.ID, "snsapi_base", "&agentid=1"),
		"third-party agentid":        oauthURL(corp.ID, "snsapi_base", "&agentid="+strconv.FormatInt(thirdParty.AgentID, 10)),
	} {
		_, err := corp.Login(t.Context(), user, bad)
		assert.ErrorAs(t, err, new(*wecomtest.PageError), name)
	}
}

func TestSignInAddressesAreChecked(t *testing.T) {
	t.Parallel()
	p := wecomtest.NewPlatform(t, wecomtest.WithProvider(wecomtest.ProviderConfig{LoginDomain: "app.example.com"}))
	app := p.NewApp(wecomtest.AppConfig{TrustedDomain: "app.example.com"})
	template := p.NewTemplate(wecomtest.AppConfig{TrustedDomain: "app.example.com"})
	login := p.NewLoginSuite(wecomtest.AppConfig{TrustedDomain: "app.example.com"})
	corp := p.NewCorp("Acme")
	user := corp.AddUser(wecomtest.User{})
	made, err := corp.Install(t.Context(), template)
	require.NoError(t, err)
	agent := "&agentid=" + strconv.FormatInt(made.AgentID, 10)
	const (
		oauth  = "https://open.weixin.qq.com/connect/oauth2/authorize?"
		web    = "https://login.work.weixin.qq.com/wwlogin/sso/login?"
		qr     = "https://open.work.weixin.qq.com/wwopen/sso/qrConnect?"
		third  = "https://open.work.weixin.qq.com/wwopen/sso/3rd_qrConnect?"
		end    = "#wechat_redirect"
		other  = "redirect_uri=https%3A%2F%2Fother.example.com"
		typ    = "&response_type=code&scope=snsapi_base"
		custom = "&login_type=CorpApp&appid="
	)
	provider := "&appid=" + p.Provider().CorpID
	for _, bad := range []struct {
		address string
		code    int
		reason  string
	}{
		{oauth + redirectURI + "&appid=" + app.ID + typ, 0, "wechat_redirect"},
		{oauth + redirectURI + "&appid=" + app.ID + "&scope=snsapi_base" + end, 0, "response_type"},
		{oauth + redirectURI + "&appid=" + app.ID + "&response_type=code&scope=x" + end, 0, "scope"},
		{oauth + redirectURI + "&appid=" + app.ID + typ + "&state=a_b" + end, 0, "state"},
		{oauth + redirectURI + "&appid=ww1" + typ + end, 0, "neither"},
		{oauth + redirectURI + "&appid=" + login.ID + typ + end, 0, "no third-party app"},
		{oauth + other + "&appid=" + app.ID + typ + end, 50001, "callback domain"},
		{oauth + "appid=" + app.ID + typ + end, 50001, "missing"},
		{oauth + "redirect_uri=https%3A%2F%2Fapp.example.com%2Fa+b&appid=" + app.ID + typ + end, 0, "percent-encoded"},
		{oauth + redirectURI + "&appid=" + app.ID + "&response_type=code&scope=snsapi_privateinfo" + end, 0, "sensitive"},
		{web + redirectURI + "&login_type=x", -31040, "login_type"},
		{web + redirectURI + "&login_type=ServiceApp&appid=ww1", -31027, "appid"},
		{web + redirectURI + "&login_type=ServiceApp&appid=" + app.ID, -31037, "login application"},
		{web + redirectURI + "&login_type=ServiceApp&appid=" + login.ID + agent, 0, "agentid"},
		{web + redirectURI + "&login_type=ServiceApp&appid=" + login.ID + "&lang=fr", 0, "lang"},
		{web + other + "&login_type=ServiceApp&appid=" + login.ID, -31020, "domain"},
		{web + "login_type=ServiceApp&appid=" + login.ID, -31035, "missing"},
		{web + redirectURI + custom + "wp1" + agent, -31027, "appid"},
		{web + redirectURI + custom + corp.ID, -31028, "agentid"},
		{web + other + custom + corp.ID + agent, -31039, "domain"},
		{qr + redirectURI + "&appid=" + corp.ID + agent + "&login_type=x", -31040, "login_type"},
		{third + redirectURI + "&appid=ww1", -31034, "not a provider"},
		{third + redirectURI + provider, 0, "no administrator"},
		{third + redirectURI + provider + "&usertype=x", 0, "usertype"},
		{third + other + provider + "&usertype=member", -31020, "domain"},
		{"https://open.work.weixin.qq.com/3rdapp/install?", 0, "sign-in page"},
		{"http://login.work.weixin.qq.com/wwlogin/sso/login?", 0, "https://"},
	} {
		_, err := corp.Login(t.Context(), user, bad.address)
		var page *wecomtest.PageError
		require.ErrorAs(t, err, &page, bad.address)
		assert.Equal(t, bad.code, page.Code, bad.address)
		assert.Contains(t, page.Error(), bad.reason, bad.address)
	}
	_, err = corp.Login(t.Context(), wecomtest.User{ID: "nobody"}, oauth+redirectURI+"&appid="+app.ID+typ+end)
	require.ErrorContains(t, err, "no such member")
	_, err = p.NewCorp("Other").Login(t.Context(), user, web+redirectURI+custom+corp.ID+agent)
	require.Error(t, err)
}

func TestWebLogin(t *testing.T) {
	t.Parallel()
	p := wecomtest.NewPlatform(t)
	c := newClient(t, p)
	login := p.NewLoginSuite(wecomtest.AppConfig{})
	template := p.NewTemplate(wecomtest.AppConfig{})
	corp := p.NewCorp("Acme")
	user := corp.AddUser(wecomtest.User{})
	made, err := corp.Install(t.Context(), template)
	require.NoError(t, err)
	_, err = corp.Install(t.Context(), login)
	require.Error(t, err, "corps do not install a login authorisation")

	back, err := corp.Login(t.Context(), user, "https://login.work.weixin.qq.com/wwlogin/sso/login?login_type=ServiceApp&appid="+login.ID+"&"+redirectURI+"&state=s1&lang=en")
	require.NoError(t, err)
	code := "&code=" + back.Query().Get("code")
	c.refused(40029, "/cgi-bin/service/auth/getuserinfo3rd?suite_access_token="+c.suiteToken(template)+code, nil)
	r := c.ok("/cgi-bin/service/auth/getuserinfo3rd?suite_access_token="+c.suiteToken(login)+code, nil)
	assert.Equal(t, user.ID, r["userid"])

	agent := strconv.FormatInt(made.AgentID, 10)
	access := "?access_token=" + text(c.ok("/cgi-bin/gettoken?corpid="+corp.ID+"&corpsecret="+made.PermanentCode, nil), "access_token")
	for _, address := range []string{
		p.URL() + "/wwlogin/sso/login?login_type=CorpApp&appid=" + corp.ID + "&agentid=" + agent + "&" + redirectURI,
		"https://open.work.weixin.qq.com/wwopen/sso/qrConnect?appid=" + corp.ID + "&agentid=" + agent + "&" + redirectURI + "&login_type=jssdk",
	} {
		back, err := corp.Login(t.Context(), user, address)
		require.NoError(t, err)
		assert.False(t, back.Query().Has("state"))
		assert.Equal(t, user.ID, c.ok("/cgi-bin/auth/getuserinfo"+access+"&code="+back.Query().Get("code"), nil)["userid"])
	}
}

func TestProviderLogin(t *testing.T) {
	t.Parallel()
	p := wecomtest.NewPlatform(t)
	c := newClient(t, p)
	app := p.NewApp(wecomtest.AppConfig{BusinessSettingURL: "https://app.example.com/settings?x=1"})
	login := p.NewLoginSuite(wecomtest.AppConfig{})
	corp := p.NewCorp("Acme")
	user := corp.AddUser(wecomtest.User{})
	_, err := corp.OpenConsole(t.Context(), app)
	require.Error(t, err, "not installed")
	made, err := corp.Install(t.Context(), app)
	require.NoError(t, err)
	const path = "/cgi-bin/service/get_login_info"
	token := "?access_token=" + c.providerToken(p)
	open := func(u wecomtest.User, usertype string) string {
		t.Helper()
		back, err := corp.Login(t.Context(), u, "https://open.work.weixin.qq.com/wwopen/sso/3rd_qrConnect?appid="+p.Provider().CorpID+"&"+redirectURI+"&state=s&usertype="+usertype)
		require.NoError(t, err)
		assert.False(t, back.Query().Has("code"))
		return back.Query().Get("auth_code")
	}
	admin := object{"auth_code": open(corp.Admin(), "admin")}
	r := c.ok(path+token, admin)
	assert.EqualValues(t, 1, r["usertype"])
	assert.Equal(t, corp.ID, dig(r, "corp_info")["corpid"])
	assert.EqualValues(t, made.AgentID, dig(r, "agent")["agentid"])
	assert.Equal(t, true, dig(r, "auth_info", "department")["writable"])
	c.refused(40078, path+token, admin)
	r = c.ok(path+token, object{"auth_code": open(user, "member")})
	assert.EqualValues(t, 5, r["usertype"])
	assert.NotContains(t, r, "agent", "administrators only")
	late := object{"auth_code": open(user, "member")}
	p.Advance(5 * time.Minute)
	c.refused(40078, path+token, late)

	jump, err := corp.OpenConsole(t.Context(), app)
	require.NoError(t, err)
	assert.Equal(t, "1", jump.Query().Get("x"))
	assert.False(t, jump.Query().Has("state"))
	assert.EqualValues(t, 1, c.ok(path+token, object{"auth_code": jump.Query().Get("auth_code")})["usertype"])
	jump, err = corp.OpenConsole(t.Context(), app)
	require.NoError(t, err)
	code := "&code=" + url.QueryEscape(jump.Query().Get("auth_code"))
	c.refused(40029, "/cgi-bin/service/auth/getuserinfo3rd?suite_access_token="+c.suiteToken(app)+code, nil)
	assert.Equal(t, corp.Admin().ID,
		c.ok("/cgi-bin/service/auth/getuserinfo3rd?suite_access_token="+c.suiteToken(login)+code, nil)["userid"])
	_, err = corp.OpenConsole(t.Context(), login)
	require.Error(t, err)
}

func TestJSCode(t *testing.T) {
	t.Parallel()
	p := wecomtest.NewPlatform(t)
	c := newClient(t, p)
	app, template := p.NewApp(wecomtest.AppConfig{}), p.NewTemplate(wecomtest.AppConfig{})
	corp := p.NewCorp("Acme")
	user := corp.AddUser(wecomtest.User{})
	made, err := corp.Install(t.Context(), template)
	require.NoError(t, err)
	code := func(app *wecomtest.App) string {
		t.Helper()
		js, err := corp.JSCode(user, app)
		require.NoError(t, err)
		return "&grant_type=authorization_code&js_code=" + js
	}
	_, err = corp.JSCode(wecomtest.User{ID: "nobody"}, app)
	require.Error(t, err)

	third := "/cgi-bin/service/miniprogram/jscode2session?suite_access_token=" + c.suiteToken(app)
	js := code(app)
	r := c.ok(third+js, nil)
	assert.Equal(t, user.OpenUserID, r["open_userid"])
	assert.NotEmpty(t, r["session_key"])
	c.refused(40029, third+js, nil)
	c.refused(40029, third+code(template), nil)
	c.refused(40058, third+"&js_code=x&grant_type=other", nil)
	access := text(c.ok("/cgi-bin/gettoken?corpid="+corp.ID+"&corpsecret="+made.PermanentCode, nil), "access_token")
	r = c.ok("/cgi-bin/miniprogram/jscode2session?access_token="+access+code(template), nil)
	assert.Equal(t, corp.ID, r["corpid"])
	assert.NotContains(t, r, "open_userid")
	c.refused(40029, "/cgi-bin/miniprogram/jscode2session?access_token="+access+code(app), nil)
}
