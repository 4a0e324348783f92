package wecomtest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/wecomtest"
)

const registerPage = "https://open.work.weixin.qq.com/3rdservice/wework/register?register_code="

func TestRegisterAndMigrate(t *testing.T) {
	t.Parallel()
	p := wecomtest.NewPlatform(t)
	c := newClient(t, p)
	app := p.NewApp(wecomtest.AppConfig{ContactWrite: true})
	events := backend(p, app)
	system := &receiver{token: p.Provider().Token, aesKey: p.Provider().AESKey}
	p.Handle("system.example.com", system)
	p.Provider().SetCallbackURL("https://system.example.com/")
	require.NoError(t, p.VerifyURL(t.Context(), p.Provider().Target()))
	pkg := p.NewPackage(wecomtest.PackageConfig{Apps: []*wecomtest.App{app}, ContactMigration: true})
	provider := "?provider_access_token=" + c.providerToken(p)
	const codePath, infoPath = "/cgi-bin/service/get_register_code", "/cgi-bin/service/get_register_info"

	c.refused(84019, codePath+provider, object{"corp_name": "x"})
	c.refused(84020, codePath+provider, object{"template_id": "x"})
	c.refused(84025, codePath+provider, object{"template_id": pkg.TemplateID, "state": "a-b"})
	r := c.ok(codePath+provider, object{"template_id": pkg.TemplateID, "state": "s1"})
	assert.EqualValues(t, 600, r["expires_in"])
	code := text(r, "register_code")
	c.refused(84021, infoPath+provider, object{})
	c.refused(84022, infoPath+provider, object{"register_code": "x"})
	c.refused(84024, infoPath+provider, object{"register_code": code})

	corp, err := p.Register(t.Context(), registerPage+code, wecomtest.RegisterForm{CorpName: "Fresh", Admin: wecomtest.User{ID: "boss"}})
	require.NoError(t, err)
	assert.True(t, corp.ContactsLocked())
	got := system.last()
	assert.Equal(t, "register_corp", got.event.InfoType)
	assert.Equal(t, p.Provider().CorpID, got.receiver)
	assert.Equal(t, p.Provider().CorpID, got.event.ServiceCorpID)
	assert.Equal(t, corp.ID, got.event.AuthCorpID)
	assert.Equal(t, code, got.event.RegisterCode)
	assert.Equal(t, "boss", got.event.UserID)
	assert.Equal(t, "s1", got.event.State)
	assert.Equal(t, pkg.TemplateID, got.event.TemplateID)
	assert.EqualValues(t, 1800, got.event.ContactLife)
	create := events.last().event
	assert.Equal(t, "create_auth", create.InfoType)
	_, err = p.Register(t.Context(), registerPage+code, wecomtest.RegisterForm{})
	require.ErrorContains(t, err, "used already")

	exchange := "/cgi-bin/service/v2/get_permanent_code?suite_access_token=" + c.suiteToken(app)
	r = c.ok(exchange, object{"auth_code": create.AuthCode})
	assert.Equal(t, object{"register_code": code, "template_id": pkg.TemplateID, "state": "s1"}, r["register_code_info"])

	p.Advance(10 * time.Minute)
	r = c.ok(infoPath+provider, object{"register_code": code})
	assert.Equal(t, got.event.ContactToken, dig(r, "contact_sync")["access_token"])
	assert.InDelta(t, 1200, dig(r, "contact_sync")["expires_in"], 1)

	contact := "?access_token=" + got.event.ContactToken
	made := corp.Installations()[0]
	access := "?access_token=" + c.corpToken(c.suiteToken(app), made)
	newUser := object{"userid": "zhangsan", "name": "张三", "mobile": "13800000000", "to_invite": false}
	c.refused(60011, "/cgi-bin/user/create"+access, newUser) // locked for everybody else
	c.refused(40014, "/cgi-bin/agent/set_scope"+access, object{"agentid": made.AgentID})
	c.refused(84023, "/cgi-bin/sync/contact_sync_success"+access, nil)
	c.refused(40014, "/cgi-bin/agent/get_admin_list"+contact, object{})

	id := c.ok("/cgi-bin/department/create"+contact, object{"name": "R&D", "parentid": 1})["id"]
	assert.EqualValues(t, 2, id)
	newUser["department"] = []int{2}
	assert.Equal(t, "created", c.ok("/cgi-bin/user/create"+contact, newUser)["errmsg"])
	r = c.ok("/cgi-bin/agent/set_scope"+contact, object{
		"agentid": made.AgentID, "allow_user": []string{"boss", "ghost"}, "allow_party": []int{2, 7}, "allow_tag": []int{3},
	})
	assert.Equal(t, []any{"ghost"}, r["invaliduser"])
	assert.Equal(t, []any{7.0}, r["invalidparty"])
	assert.Equal(t, []any{3.0}, r["invalidtag"])
	c.refused(40056, "/cgi-bin/agent/set_scope"+contact, object{"agentid": 1})
	info := func() object {
		return dig(c.ok("/cgi-bin/service/v2/get_auth_info?suite_access_token="+c.suiteToken(app),
			object{"auth_corpid": corp.ID, "permanent_code": made.PermanentCode}), "auth_info", "agent", "privilege")
	}
	assert.Equal(t, []any{"boss"}, info()["allow_user"])
	assert.Equal(t, []any{2.0}, info()["allow_party"])
	c.ok("/cgi-bin/agent/set_scope"+contact, object{"agentid": made.AgentID, "allow_party": []int{1}})
	assert.Empty(t, info()["allow_user"], "a list that is left out is emptied")
	assert.Equal(t, []any{1.0}, info()["allow_party"])

	c.ok("/cgi-bin/sync/contact_sync_success"+contact, nil)
	assert.False(t, corp.ContactsLocked())
	c.refused(40014, "/cgi-bin/sync/contact_sync_success"+contact, nil)
	c.refused(40014, "/cgi-bin/department/list"+contact, nil)
	assert.NotContains(t, c.ok(infoPath+provider, object{"register_code": code}), "contact_sync")
	newUser["userid"], newUser["mobile"] = "lisi", "13800000001"
	c.ok("/cgi-bin/user/create"+access, newUser)
	p.Advance(24 * time.Hour)
	provider = "?provider_access_token=" + c.providerToken(p)
	c.refused(84024, infoPath+provider, object{"register_code": code})
}

func TestRegisterCodeExpires(t *testing.T) {
	t.Parallel()
	p := wecomtest.NewPlatform(t)
	c := newClient(t, p)
	pkg := p.NewPackage(wecomtest.PackageConfig{})
	provider := "?provider_access_token=" + c.providerToken(p)
	code := text(c.ok("/cgi-bin/service/get_register_code"+provider, object{"template_id": pkg.TemplateID}), "register_code")
	p.Advance(600 * time.Second)
	for _, address := range []string{registerPage + code, registerPage + "x", registerPage + code + "&state=x", "https://open.work.weixin.qq.com/3rdapp/install?"} {
		_, err := p.Register(t.Context(), address, wecomtest.RegisterForm{})
		require.ErrorAs(t, err, new(*wecomtest.PageError), address)
	}
}

func TestContactTokenExpires(t *testing.T) {
	t.Parallel()
	p := wecomtest.NewPlatform(t)
	c := newClient(t, p)
	pkg := p.NewPackage(wecomtest.PackageConfig{ContactMigration: true})
	provider := "?provider_access_token=" + c.providerToken(p)
	code := text(c.ok("/cgi-bin/service/get_register_code"+provider, object{"template_id": pkg.TemplateID}), "register_code")
	_, err := p.Register(t.Context(), p.URL()+"/3rdservice/wework/register?register_code="+code, wecomtest.RegisterForm{})
	require.NoError(t, err, "without a system-event URL there is no push")
	contact := text(dig(c.ok("/cgi-bin/service/get_register_info"+provider, object{"register_code": code}), "contact_sync"), "access_token")
	c.ok("/cgi-bin/department/list?access_token="+contact, nil)
	p.Advance(1800 * time.Second)
	c.refused(42001, "/cgi-bin/department/list?access_token="+contact, nil)
}

func TestEnterRegisterPackage(t *testing.T) {
	t.Parallel()
	p := wecomtest.NewPlatform(t)
	c := newClient(t, p)
	system := &receiver{token: p.Provider().Token, aesKey: p.Provider().AESKey}
	p.Handle("system.example.com", system)
	p.Provider().SetCallbackURL("https://system.example.com/")
	pkg := p.NewPackage(wecomtest.PackageConfig{ContactMigration: true})
	corp := p.NewCorp("Acme")
	provider := "?provider_access_token=" + c.providerToken(p)
	code := text(c.ok("/cgi-bin/service/get_register_code"+provider, object{"template_id": pkg.TemplateID}), "register_code")
	require.NoError(t, p.EnterRegisterPackage(t.Context(), registerPage+code, corp))
	got := system.last().event
	assert.Equal(t, "enter_register_package", got.InfoType)
	assert.Equal(t, corp.ID, got.AuthCorpID)
	assert.Equal(t, corp.Admin().ID, got.UserID)
	assert.Empty(t, got.ContactToken)
	assert.False(t, corp.ContactsLocked())
	c.refused(84024, "/cgi-bin/service/get_register_info"+provider, object{"register_code": code})
	require.Error(t, p.EnterRegisterPackage(t.Context(), registerPage+code, corp))
}

func TestCustomizedAuthURL(t *testing.T) {
	t.Parallel()
	p := wecomtest.NewPlatform(t)
	c := newClient(t, p)
	template := p.NewTemplate(wecomtest.AppConfig{})
	events := backend(p, template)
	provider := "?provider_access_token=" + c.providerToken(p)
	const path = "/cgi-bin/service/get_customized_auth_url"
	body := func(state string, ids ...string) object { return object{"state": state, "templateid_list": ids} }
	c.refused(842004, path+provider, body("s", make([]string, 10)...))
	c.refused(842003, path+provider, body("s", p.NewApp(wecomtest.AppConfig{}).ID))
	c.refused(842002, path+provider, body("s", p.NewTemplate(wecomtest.AppConfig{Unpublished: true}).ID))
	c.refused(84025, path+provider, body("s-1", template.ID))
	r := c.ok(path+provider, body("s1", template.ID))
	assert.EqualValues(t, 864000, r["expires_in"])
	link := text(r, "qrcode_url")

	for _, name := range []string{"one", "two"} { // many scans are allowed
		corp := p.NewCorp(name)
		made, err := corp.Scan(t.Context(), link)
		require.NoError(t, err)
		require.Len(t, made, 1)
		assert.Equal(t, "s1", events.last().event.State)
		_, err = corp.Scan(t.Context(), link)
		require.ErrorContains(t, err, "842006")
	}
	p.Advance(864000 * time.Second)
	_, err := p.NewCorp("late").Scan(t.Context(), link)
	require.Error(t, err)
	_, err = p.NewCorp("late").Scan(t.Context(), registerPage)
	require.Error(t, err)
}

func TestJSTickets(t *testing.T) {
	t.Parallel()
	p := wecomtest.NewPlatform(t, wecomtest.WithTokenRule(wecomtest.SameTokenWhileAlive))
	c := newClient(t, p)
	app := p.NewApp(wecomtest.AppConfig{})
	made, err := p.NewCorp("Acme").Install(t.Context(), app)
	require.NoError(t, err)
	access := "?access_token=" + c.corpToken(c.suiteToken(app), made)
	corp := c.ok("/cgi-bin/get_jsapi_ticket"+access, nil)
	agent := c.ok("/cgi-bin/ticket/get"+access+"&type=agent_config", nil)
	assert.NotEqual(t, corp["ticket"], agent["ticket"])
	assert.EqualValues(t, 7200, corp["expires_in"])
	assert.Equal(t, corp["ticket"], c.ok("/cgi-bin/get_jsapi_ticket"+access, nil)["ticket"])
	c.refused(40058, "/cgi-bin/ticket/get"+access+"&type=x", nil)
	c.refused(40014, "/cgi-bin/get_jsapi_ticket?access_token="+text(corp, "ticket"), nil)
}
