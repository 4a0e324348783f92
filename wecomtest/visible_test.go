package wecomtest_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/wecomtest"
)

// permitted are the ids in privilege of get_auth_info for an app of the office.
func (o *office) permitted(app *wecomtest.App, list string) any {
	o.t.Helper()
	for _, made := range o.corp.Installations() {
		if made.SuiteID == app.ID {
			info := o.ok("/cgi-bin/service/v2/get_auth_info?suite_access_token="+o.suiteToken(app),
				object{"auth_corpid": made.CorpID, "permanent_code": made.PermanentCode})
			return dig(info, "auth_info", "agent", "privilege")[list]
		}
	}
	o.t.Fatal("the app is not installed")
	return nil
}

func TestVisibleToTags(t *testing.T) {
	t.Parallel()
	o := newOffice(t, wecomtest.WithoutServer())
	o.party(2, 1, "Dev")
	o.party(3, 2, "Tests")
	for id, department := range map[string]int64{"tagged": 1, "below": 3, "outside": 1} {
		o.corp.AddUser(wecomtest.User{ID: id, Departments: []int64{department}})
	}
	tag, err := o.corp.AddTag(wecomtest.Tag{Name: "t", Users: []string{"tagged"}, Departments: []int64{2}})
	require.NoError(t, err)
	app := o.p.NewApp(wecomtest.AppConfig{})
	access := o.access(app)
	_, err = o.corp.Change(t.Context(), app, wecomtest.VisibleTo(nil, nil), wecomtest.VisibleToTags(tag.ID, 99))
	require.NoError(t, err)

	assert.Equal(t, []any{float64(tag.ID)}, o.permitted(app, "allow_tag"))
	o.ok("/cgi-bin/user/get"+access+"&userid=tagged", nil)
	below := o.ok("/cgi-bin/user/get"+access+"&userid=below", nil)
	assert.Equal(t, []any{float64(3)}, below["department"], "a department below the tagged one is in the range")
	o.refused(60111, "/cgi-bin/user/get"+access+"&userid=outside", nil)
	o.ok("/cgi-bin/department/get"+access+"&id=3", nil)
	o.refused(60011, "/cgi-bin/department/get"+access+"&id=1", nil)

	agent := o.corp.Installations()[1].AgentID
	send := func(to object) object {
		to["agentid"], to["msgtype"], to["text"] = agent, "text", object{"content": "x"}
		return o.ok("/cgi-bin/message/send"+access, to)
	}
	r := send(object{"totag": strconv.FormatInt(tag.ID, 10), "toparty": "1"})
	assert.Equal(t, "1", r["invalidparty"])
	assert.NotContains(t, r, "invalidtag", "the administrator's tag is in the range")
	assert.ElementsMatch(t, []string{"tagged", "below"}, o.p.Messages()[0].ToUser)
}

// What is removed leaves the visible range: an id that is given again is another's.
func TestRemovedLeaveTheVisibleRange(t *testing.T) {
	t.Parallel()
	o := newOffice(t, wecomtest.WithoutServer())
	o.party(2, 1, "Dev")
	o.corp.AddUser(wecomtest.User{ID: "Ann"})
	o.corp.AddUser(wecomtest.User{ID: "Bob"})
	o.ok("/cgi-bin/tag/create"+o.token, object{"tagname": "t", "tagid": 7})
	o.ok("/cgi-bin/tag/addtagusers"+o.token, object{"tagid": 7, "userlist": []string{"Bob"}})
	app := o.p.NewApp(wecomtest.AppConfig{})
	access := o.access(app)
	_, err := o.corp.Change(t.Context(), app, wecomtest.VisibleTo([]string{"ann", "nobody"}, []int64{2, 99}), wecomtest.VisibleToTags(7))
	require.NoError(t, err)
	assert.Equal(t, []any{"Ann"}, o.permitted(app, "allow_user"), "only who is there")

	require.NoError(t, o.corp.RemoveUser("Ann"))
	o.ok("/cgi-bin/department/delete"+o.token+"&id=2", nil)
	o.ok("/cgi-bin/tag/delete"+o.token+"&tagid=7", nil)
	for _, list := range []string{"allow_user", "allow_party", "allow_tag"} {
		assert.Equal(t, []any{}, o.permitted(app, list), list)
	}
	o.corp.AddUser(wecomtest.User{ID: "Ann"})
	o.ok("/cgi-bin/tag/create"+o.token, object{"tagname": "u", "tagid": 7})
	o.ok("/cgi-bin/tag/addtagusers"+o.token, object{"tagid": 7, "userlist": []string{"Bob"}})
	for _, id := range []string{"Ann", "Bob"} {
		o.refused(60111, "/cgi-bin/user/get"+access+"&userid="+id, nil)
	}
}

// With thousands of corps each is found by its own id and code.
func TestManyCorps(t *testing.T) {
	t.Parallel()
	p := wecomtest.NewPlatform(t, wecomtest.WithoutServer(), wecomtest.WithHistory(10))
	c := newClient(t, p)
	app, template := p.NewApp(wecomtest.AppConfig{}), p.NewTemplate(wecomtest.AppConfig{})
	var apps, templates []wecomtest.Installation
	for i := range 2000 {
		corp := p.NewCorp(fmt.Sprint("corp ", i))
		made, err := corp.Install(t.Context(), app)
		require.NoError(t, err)
		apps = append(apps, made)
		made, err = corp.Install(t.Context(), template)
		require.NoError(t, err)
		templates = append(templates, made)
	}
	suite := c.suiteToken(app)
	for _, i := range []int{0, 1000, 1999} {
		assert.NotEmpty(t, c.corpToken(suite, apps[i]))
		c.ok("/cgi-bin/gettoken?corpid="+templates[i].CorpID+"&corpsecret="+templates[i].PermanentCode, nil)
	}
	c.refused(40091, "/cgi-bin/gettoken?corpid="+templates[0].CorpID+"&corpsecret="+templates[1].PermanentCode, nil)
	c.refused(40001, "/cgi-bin/gettoken?corpid="+templates[0].CorpID+"&corpsecret=x", nil)
	c.refused(40013, "/cgi-bin/gettoken?corpid=wpx&corpsecret="+templates[1].PermanentCode, nil)
	for _, wrong := range []object{
		{"auth_corpid": apps[0].CorpID, "permanent_code": apps[1].PermanentCode},
		{"auth_corpid": "wpx", "permanent_code": apps[1].PermanentCode},
	} {
		c.refused(40084, "/cgi-bin/service/get_corp_token?suite_access_token="+suite, wrong)
	}
	c.refused(48003, "/cgi-bin/service/get_corp_token?suite_access_token="+suite,
		object{"auth_corpid": templates[5].CorpID, "permanent_code": templates[5].PermanentCode})
}
