package wecomtest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/wecomtest"
)

// idWorld is a corp with a third-party and a customised app.
type idWorld struct {
	*client

	p        *wecomtest.Platform
	corp     *wecomtest.Corp
	made     wecomtest.Installation
	provider string
	access   string // of the third-party app
	custom   string // of the customised app
}

func newIDWorld(t *testing.T) *idWorld {
	t.Helper()
	p := wecomtest.NewPlatform(t, wecomtest.WithoutServer())
	w := &idWorld{client: newClient(t, p), p: p, corp: p.NewCorp("Acme")}
	app, template := p.NewApp(wecomtest.AppConfig{}), p.NewTemplate(wecomtest.AppConfig{})
	var err error
	w.made, err = w.corp.Install(t.Context(), app)
	require.NoError(t, err)
	custom, err := w.corp.Install(t.Context(), template)
	require.NoError(t, err)
	w.provider = "?provider_access_token=" + w.providerToken(p)
	w.access = "?access_token=" + w.corpToken(w.suiteToken(app), w.made)
	w.custom = "?access_token=" + text(w.ok("/cgi-bin/gettoken?corpid="+w.corp.ID+"&corpsecret="+custom.PermanentCode, nil), "access_token")
	return w
}

func TestConvertCorpAndMembers(t *testing.T) {
	t.Parallel()
	w := newIDWorld(t)
	const path = "/cgi-bin/service/corpid_to_opencorpid"
	r := w.ok(path+w.provider, object{"corpid": strings.ToUpper(w.corp.PlainID())})
	assert.Equal(t, w.corp.ID, r["open_corpid"])
	w.refused(40013, path+w.provider, object{"corpid": "wwnothing"})
	w.refused(48004, path+w.provider, object{"corpid": w.p.NewCorp("Stranger").PlainID()})

	u := w.corp.AddUser(wecomtest.User{ID: "zhangsan"})
	r = w.ok("/cgi-bin/batch/userid_to_openuserid"+w.access, object{"userid_list": []string{"ZhangSan", "nobody"}})
	assert.Equal(t, u.OpenUserID, r["open_userid_list"].([]any)[0].(object)["open_userid"])
	assert.Equal(t, []any{"nobody"}, r["invalid_userid_list"])
	back := object{"open_userid_list": []string{u.OpenUserID, "zhangsan"}, "source_agentid": w.made.AgentID}
	r = w.ok("/cgi-bin/batch/openuserid_to_userid"+w.access, back)
	assert.Equal(t, "zhangsan", r["userid_list"].([]any)[0].(object)["userid"])
	assert.Equal(t, []any{"zhangsan"}, r["invalid_open_userid_list"], "a plain userid is no open one")
	back["source_agentid"] = 1
	w.refused(40056, "/cgi-bin/batch/openuserid_to_userid"+w.access, back)
}

func TestMigrationOfIDs(t *testing.T) {
	t.Parallel()
	w := newIDWorld(t)
	status := func() []any {
		var all []any
		for _, i := range w.ok("/cgi-bin/corp/get_openid_migration"+w.access, "{}")["migration_info"].([]any) {
			all = append(all, i.(object)["status"])
		}
		return all
	}
	customer := w.corp.AddCustomer(wecomtest.Customer{})
	ask := object{"external_userid_list": []string{customer.ExternalUserID, customer.OpenUserID, "wmstranger"}}
	const path = "/cgi-bin/externalcontact/get_new_external_userid"
	items := w.ok(path+w.access, ask)["items"].([]any)
	require.Len(t, items, 2, "strangers are left out")
	for _, i := range items {
		assert.Equal(t, customer.OpenUserID, i.(object)["new_external_userid"])
	}
	assert.Equal(t, []any{0.0, 0.0}, status())
	finish := object{"corpid": w.corp.ID, "openid_type": []int{1}}
	w.ok("/cgi-bin/service/finish_openid_migration"+w.provider, finish)
	assert.Equal(t, []any{1.0, 0.0}, status())
	w.ok("/cgi-bin/service/externalcontact/finish_external_userid_migration"+w.provider, object{"corpid": w.corp.ID})
	assert.Equal(t, []any{1.0, 1.0}, status())
	w.refused(48002, path+w.access, ask)
	w.ok(path+w.custom, ask)
	finish["agentid"] = w.made.AgentID
	w.refused(40056, "/cgi-bin/service/finish_openid_migration"+w.provider, finish)
	w.refused(40013, "/cgi-bin/service/externalcontact/finish_external_userid_migration"+w.provider, object{"corpid": "wp0"})
}

func TestUnionIDBecomesACustomer(t *testing.T) {
	t.Parallel()
	w := newIDWorld(t)
	who := object{"unionid": "union1", "openid": "open1"}
	const path = "/cgi-bin/idconvert/unionid_to_external_userid"
	pending := text(w.ok(path+w.access, who), "pending_id")
	assert.NotEmpty(t, pending)
	assert.Equal(t, pending, w.ok(path+w.access, who)["pending_id"])
	w.refused(84061, "/cgi-bin/externalcontact/unionid_to_external_userid"+w.access, who)

	customer := w.corp.AddCustomer(wecomtest.Customer{UnionID: "union1", OpenID: "open1"})
	assert.Equal(t, customer.OpenUserID, w.ok(path+w.access, who)["external_userid"])
	r := w.ok("/cgi-bin/idconvert/batch/external_userid_to_pending_id"+w.access, object{"external_userid": []string{customer.OpenUserID, "wm0"}})
	assert.Equal(t, []any{object{"external_userid": customer.OpenUserID, "pending_id": pending}}, r["result"])
	w.refused(48002, "/cgi-bin/externalcontact/to_service_external_userid"+w.access, object{"external_userid": customer.ExternalUserID})
	r = w.ok("/cgi-bin/externalcontact/to_service_external_userid"+w.custom, object{"external_userid": customer.ExternalUserID})
	assert.Equal(t, customer.OpenUserID, r["external_userid"])
}

func TestGroupIDsAreUpgraded(t *testing.T) {
	t.Parallel()
	w := newIDWorld(t)
	chats := object{"chat_id_list": []string{"wr1", "x"}}
	w.refused(48002, "/cgi-bin/idconvert/chatid"+w.custom, chats)
	at := func(d time.Duration) object { return object{"upgrade_time": w.p.Now().Add(d).Unix()} }
	const path = "/cgi-bin/idconvert/apply_to_upgrade_chatid"
	w.refused(48002, path+w.access, at(time.Hour))
	w.refused(40058, path+w.custom, at(8*oneDay))
	w.refused(40058, path+w.custom, at(-time.Hour))
	w.ok(path+w.custom, at(time.Hour))
	r := w.ok("/cgi-bin/idconvert/chatid"+w.custom, chats)
	assert.NotEqual(t, "wr1", r["items"].([]any)[0].(object)["new_chat_id"])
	assert.Equal(t, []any{"x"}, r["invalid_chat_id_list"])
	w.p.Advance(time.Hour)
	w.refused(48002, "/cgi-bin/idconvert/chatid"+w.custom, chats)
	w.ok("/cgi-bin/corp/apply_mass_call_ticket"+w.access, nil)
	w.refused(48002, "/cgi-bin/corp/apply_mass_call_ticket"+w.access, nil)
}

func TestSearchContacts(t *testing.T) {
	t.Parallel()
	w := newIDWorld(t)
	for _, name := range []string{"Anna", "Anja", "Hannah", "Bob"} {
		w.corp.AddUser(wecomtest.User{ID: strings.ToLower(name), Name: name, Alias: "x" + name})
	}
	_, err := w.corp.AddDepartment(wecomtest.Department{Name: "Annex"})
	require.NoError(t, err)
	search := func(body object) object {
		body["auth_corpid"] = w.corp.ID
		return w.ok("/cgi-bin/service/contact/search"+w.provider, body)
	}
	ids := func(r object) any { return dig(r, "query_result", "user")["userid"] }
	assert.Equal(t, []any{"anna", "hannah"}, ids(search(object{"query_word": "ann"})))
	assert.Len(t, dig(search(object{"query_word": "ann"}), "query_result", "party")["department_id"], 1)
	assert.Equal(t, []any{"anna"}, ids(search(object{"query_word": "Anna", "full_match_field": 1, "query_type": 1})))
	assert.Equal(t, []any{"bob"}, ids(search(object{"query_word": "xBob", "full_match_field": 2})))
	first := search(object{"query_word": "ann", "limit": 1})
	assert.Equal(t, false, first["is_last"])
	rest := search(object{"query_word": "ann", "limit": 1, "cursor": first["next_cursor"]})
	assert.Equal(t, true, rest["is_last"])
	assert.Equal(t, []any{"hannah"}, ids(rest))
	assert.Equal(t, []any{"anna"}, ids(first))

	many := w.ok("/cgi-bin/service/contact/batchsearch"+w.provider, object{
		"auth_corpid": w.corp.ID, "query_request_list": []object{{"query_word": "bob"}, {"query_word": "bob", "cursor": "?"}},
	})["query_result_list"].([]any)
	assert.Equal(t, []any{"bob"}, ids(many[0].(object)))
	assert.EqualValues(t, 40058, many[1].(object)["errcode"])
	assert.Equal(t, "?", many[1].(object)["next_cursor"])

	sort := object{"auth_corpid": w.corp.ID, "useridlist": []string{"bob", "anna"}, "sort_options": []object{{"sort_field": 0, "sort_type": 0}}}
	assert.Equal(t, []any{"anna", "bob"}, w.ok("/cgi-bin/service/contact/sort"+w.provider, sort)["useridlist"])
	sort["sort_options"] = []object{{"sort_field": 1, "sort_type": 1}}
	assert.Equal(t, []any{"bob", "anna"}, w.ok("/cgi-bin/service/contact/sort"+w.provider, sort)["useridlist"])
	sort["useridlist"] = []string{"nobody"}
	w.refused(60111, "/cgi-bin/service/contact/sort"+w.provider, sort)
	w.refused(48004, "/cgi-bin/service/contact/search"+w.provider, object{"auth_corpid": w.p.NewCorp("Stranger").ID, "query_word": "x"})
	w.refused(40056, "/cgi-bin/service/contact/search"+w.provider, object{"auth_corpid": w.corp.ID, "query_word": "x", "agentid": 5})
}
