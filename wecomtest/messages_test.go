package wecomtest_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/wecomtest"
)

// sender is an installed app that sends messages.
type sender struct {
	*client

	p      *wecomtest.Platform
	app    *wecomtest.App
	corp   *wecomtest.Corp
	made   wecomtest.Installation
	access string // query with the token
}

func newSender(t *testing.T, opts ...wecomtest.Option) *sender {
	t.Helper()
	p := wecomtest.NewPlatform(t, append(opts, wecomtest.WithoutServer())...)
	s := &sender{client: newClient(t, p), p: p, app: p.NewApp(wecomtest.AppConfig{}), corp: p.NewCorp("Acme")}
	made, err := s.corp.Install(t.Context(), s.app)
	require.NoError(t, err)
	s.made = made
	s.access = "?access_token=" + s.corpToken(s.suiteToken(s.app), made)
	return s
}

const sendPath = "/cgi-bin/message/send"

// message is a text to a receiver with changed fields; nil leaves one out.
func (s *sender) message(to string, changed object) object {
	m := object{"touser": to, "msgtype": "text", "agentid": s.made.AgentID, "text": object{"content": "hi"}}
	for name, value := range changed {
		if m[name] = value; value == nil {
			delete(m, name)
		}
	}
	return m
}

func (s *sender) send(to string, changed object) object {
	s.t.Helper()
	return s.ok(sendPath+s.access, s.message(to, changed))
}

// upload stores a file and returns its media_id.
func (s *sender) upload(kind, name, content string) string {
	s.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("media", name)
	require.NoError(s.t, err)
	_, err = part.Write([]byte(content))
	require.NoError(s.t, err)
	require.NoError(s.t, form.Close())
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.base+"/cgi-bin/media/upload"+s.access+"&type="+kind, &body)
	require.NoError(s.t, err)
	r.Header.Set("Content-Type", form.FormDataContentType())
	response, err := s.http.Do(r)
	require.NoError(s.t, err)
	defer closeBody(s.t, response)
	var reply object
	require.NoError(s.t, json.NewDecoder(response.Body).Decode(&reply))
	return text(reply, "media_id")
}

func TestMessageReceivers(t *testing.T) {
	t.Parallel()
	s := newSender(t)
	admin := s.corp.Admin().ID
	dev, err := s.corp.AddDepartment(wecomtest.Department{Name: "Dev", ParentID: 1})
	require.NoError(t, err)
	alice := s.corp.AddUser(wecomtest.User{ID: "Alice", Departments: []int64{dev.ID}})
	tag, err := s.corp.AddTag(wecomtest.Tag{Name: "own", App: s.app, Users: []string{"Alice"}})
	require.NoError(t, err)
	foreign, err := s.corp.AddTag(wecomtest.Tag{Name: "foreign", Users: []string{"Alice"}})
	require.NoError(t, err)
	id := func(n int64) string { return strconv.FormatInt(n, 10) }
	last := func() wecomtest.Message { all := s.p.Messages(); return all[len(all)-1] }

	s.send("@all", nil)
	assert.ElementsMatch(t, []string{admin, "Alice"}, last().ToUser)
	s.send("", object{"toparty": id(dev.ID) + " | 99"})
	assert.Equal(t, []string{"Alice"}, last().ToUser)
	r := s.send("alice|NOBODY", object{"toparty": id(dev.ID) + "|99", "totag": id(tag.ID) + "|" + id(foreign.ID)})
	assert.Equal(t, []string{"Alice"}, last().ToUser, "once, however often he is named")
	assert.Equal(t, "nobody", r["invaliduser"])
	assert.Equal(t, "99", r["invalidparty"])
	assert.Equal(t, id(foreign.ID), r["invalidtag"], "the tag of another app")
	assert.Equal(t, last().ID, r["msgid"])
	assert.Equal(t, "text", last().Type)

	s.refused(82001, sendPath+s.access, s.message("", nil))
	s.refused(81013, sendPath+s.access, s.message("nobody", nil))
	s.refused(81013, sendPath+s.access, s.message("", object{"toparty": "x"}))
	s.refused(301002, sendPath+s.access, s.message("Alice", object{"agentid": 1}))
	s.refused(40032, sendPath+s.access, s.message(strings.Repeat("a|", 1000)+"a", nil))

	_, err = s.corp.Change(t.Context(), s.app, wecomtest.VisibleTo([]string{"Alice"}, nil))
	require.NoError(t, err)
	r = s.send("Alice|"+admin, object{"toparty": "1"})
	assert.Equal(t, []string{alice.ID}, last().ToUser, "only the visible range")
	assert.Equal(t, strings.ToLower(admin), r["invaliduser"])
	assert.Equal(t, "1", r["invalidparty"])
}

func TestMessageContent(t *testing.T) {
	t.Parallel()
	s := newSender(t)
	admin := s.corp.Admin().ID
	png := s.upload("image", "a.png", "\x89PNG\r\n\x1a\nxxxx")
	file := s.upload("file", "a.txt", "some text")
	card := func(changed object) object {
		c := object{
			"card_type": "button_interaction", "task_id": "t", "main_title": object{"title": "Go?"},
			"button_list": []object{{"text": "Yes", "key": "y"}, {"text": "No", "key": "n"}},
		}
		for name, value := range changed {
			if c[name] = value; value == nil {
				delete(c, name)
			}
		}
		return object{"msgtype": "template_card", "text": nil, "template_card": c}
	}
	notice := func(changed object) object {
		c := object{
			"card_type": "text_notice", "main_title": object{"title": "News"}, "button_list": nil, "task_id": nil,
			"card_action": object{"type": 1, "url": "https://example.com"},
		}
		maps.Copy(c, changed)
		return card(c)
	}
	for name, m := range map[string]object{
		"image":         {"msgtype": "image", "text": nil, "image": object{"media_id": png}},
		"file":          {"msgtype": "file", "text": nil, "file": object{"media_id": file}, "safe": 1},
		"markdown":      {"msgtype": "markdown", "text": nil, "markdown": object{"content": "**b**"}},
		"news":          {"msgtype": "news", "text": nil, "news": object{"articles": []object{{"title": "T", "url": "https://example.com"}}}},
		"buttons":       card(nil),
		"notice":        notice(nil),
		"notice, link":  notice(object{"jump_list": []object{{"type": 2, "title": "T", "appid": "wx1"}}}),
		"a long text":   {"text": object{"content": strings.Repeat("x", 3000)}}, // WeCom cuts it
		"zero for none": {"enable_id_trans": 0, "duplicate_check_interval": 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s.send(admin, m)
		})
	}
	for name, c := range map[string]struct {
		code int
		m    object
	}{
		"unknown type":        {40008, object{"msgtype": "song"}},
		"a field as the type": {40008, object{"msgtype": "safe"}},
		"no content":          {82004, object{"text": nil}},
		"empty text":          {44004, object{"text": object{"content": ""}}},
		"two contents":        {40058, object{"markdown": object{"content": "x"}}},
		"unknown media":       {40007, object{"msgtype": "image", "text": nil, "image": object{"media_id": "x"}}},
		"wrong media":         {40007, object{"msgtype": "image", "text": nil, "image": object{"media_id": file}}},
		"safe news":           {40074, object{"msgtype": "news", "text": nil, "safe": 1, "news": object{"articles": []object{{"title": "T"}}}}},
		"safe 2":              {40058, object{"safe": 2}},
		"nine articles":       {45008, object{"msgtype": "news", "text": nil, "news": object{"articles": slicesOf(9, object{"title": "T"})}}},
		"no article":          {45008, object{"msgtype": "news", "text": nil, "news": object{"articles": []object{}}}},
		"a long interval":     {40058, object{"duplicate_check_interval": 14401}},
		"card type":           {42031, card(object{"card_type": "poster"})},
		"card without title":  {42033, card(object{"main_title": object{"desc": "x"}})},
		"card without task":   {42014, card(object{"task_id": nil})},
		"menu without task":   {42014, notice(object{"action_menu": object{"action_list": []object{{"text": "A", "key": "a"}}}})},
		"no buttons":          {42038, card(object{"button_list": nil})},
		"a button's key":      {42039, card(object{"button_list": []object{{"text": "Yes"}}})},
		"equal keys":          {42039, card(object{"button_list": []object{{"text": "Yes", "key": "y"}, {"text": "No", "key": "y"}}})},
		"no action":           {42045, notice(object{"card_action": nil})},
		"an action's app":     {42030, notice(object{"card_action": object{"type": 2}})},
		"another card's part": {40058, notice(object{"select_list": []object{}})},
		"a line's file":       {42029, notice(object{"horizontal_content_list": []object{{"type": 2, "keyname": "K"}}})},
		"seven lines":         {42035, notice(object{"horizontal_content_list": slicesOf(7, object{"keyname": "K"})})},
		"a key without text":  {42043, card(object{"button_selection": object{"question_key": strings.Repeat("k", 1025), "option_list": []object{{"id": "1", "text": "A"}}}})},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s.refused(c.code, sendPath+s.access, s.message(admin, c.m))
		})
	}
}

func slicesOf(n int, one object) []object {
	all := make([]object, n)
	for i := range all {
		all[i] = one
	}
	return all
}

func TestMessagesAreRecalledAndCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // a clock that begins in the morning of a day in China
		s := newSender(t)
		admin := s.corp.Admin().ID
		count := func(day int) any {
			r := s.ok("/cgi-bin/message/get_statistics"+s.access, object{"time_type": day})
			return dig(r, "statistics")["count"]
		}
		first := s.send(admin, nil)
		assert.EqualValues(t, 1, count(0))

		s.ok("/cgi-bin/message/recall"+s.access, object{"msgid": first["msgid"]})
		assert.True(t, s.p.Messages()[0].Recalled)
		s.refused(42052, "/cgi-bin/message/recall"+s.access, object{"msgid": "unknown"})

		late := s.send(admin, nil)
		s.p.Advance(25 * time.Hour)
		s.access = "?access_token=" + s.corpToken(s.suiteToken(s.app), s.made)
		s.refused(42052, "/cgi-bin/message/recall"+s.access, object{"msgid": late["msgid"]})
		assert.EqualValues(t, 2, count(1), "a day later they are yesterday's")

		again := object{"enable_duplicate_check": 1, "duplicate_check_interval": 600}
		sent := s.send(admin, again)
		n := len(s.p.Messages())
		assert.Equal(t, sent["msgid"], s.send(admin, again)["msgid"], "a repeated message is not sent again")
		assert.Len(t, s.p.Messages(), n)
		s.p.Advance(11 * time.Minute)
		assert.NotEqual(t, sent["msgid"], s.send(admin, again)["msgid"])
	})
}

func TestCardsAreUpdatedOnce(t *testing.T) {
	t.Parallel()
	s := newSender(t)
	admin := s.corp.Admin().ID
	const path = "/cgi-bin/message/update_template_card"
	vote := object{"msgtype": "template_card", "text": nil, "template_card": object{
		"card_type": "vote_interaction", "task_id": "t", "main_title": object{"title": "Lunch"},
		"checkbox":      object{"question_key": "q", "option_list": []object{{"id": "a", "text": "A", "is_checked": true}}},
		"submit_button": object{"key": "go"},
	}}
	sent := s.send(admin, vote)
	update := func(changed object) object {
		u := object{"agentid": s.made.AgentID, "response_code": sent["response_code"], "userids": []string{admin, "Other"}, "button": object{"replace_name": "Done"}}
		for name, value := range changed {
			if u[name] = value; value == nil {
				delete(u, name)
			}
		}
		return u
	}
	s.refused(301002, path+s.access, update(object{"agentid": 1}))
	s.refused(60140, path+s.access, update(object{"response_code": "x"}))
	s.refused(40058, path+s.access, update(object{"button": nil}))
	s.refused(40058, path+s.access, update(object{"template_card": object{"card_type": "text_notice"}}))
	s.refused(82101, path+s.access, update(object{"userids": nil}))
	s.refused(42031, path+s.access, update(object{"button": nil, "template_card": object{"card_type": "x"}}))
	assert.Equal(t, []any{"other"}, s.ok(path+s.access, update(nil))["invaliduser"])
	assert.JSONEq(t, `{"replace_name":"Done"}`, string(s.p.Messages()[0].Card))
	s.refused(60140, path+s.access, update(nil))

	notice := object{"card_type": "text_notice", "main_title": object{"title": "Done"}, "card_action": object{"type": 1, "url": "https://example.com"}}
	v := backend(s.p, s.app)
	_, err := s.corp.PushEvent(t.Context(), s.app, "app:template_card_event", nil)
	require.NoError(t, err)
	click := leaves(t, []byte(v.last().message))["ResponseCode"]
	s.ok(path+s.access, update(object{"response_code": click, "button": nil, "template_card": notice}))

	late := s.send(admin, vote)["response_code"]
	s.p.Advance(73 * time.Hour)
	s.access = "?access_token=" + s.corpToken(s.suiteToken(s.app), s.made)
	s.refused(60140, path+s.access, update(object{"response_code": late}))
	assert.NotContains(t, s.send(admin, nil), "response_code", "a text cannot be updated")
}

func TestChats(t *testing.T) {
	t.Parallel()
	s := newSender(t)
	admin, bob := s.corp.Admin().ID, s.corp.AddUser(wecomtest.User{ID: "bob"}).ID
	create := func(changed object) object {
		c := object{"name": strings.Repeat("名", 60), "userlist": []string{admin, "BOB"}, "chatid": "chat1"}
		maps.Copy(c, changed)
		return c
	}
	const path = "/cgi-bin/appchat/"
	s.refused(86006, path+"create"+s.access, create(object{"userlist": []string{admin}}))
	s.refused(86006, path+"create"+s.access, create(object{"userlist": []string{admin, admin}}))
	s.refused(86007, path+"create"+s.access, create(object{"userlist": []string{admin, "nobody"}}))
	s.refused(86005, path+"create"+s.access, create(object{"owner": "nobody"}))
	s.refused(86001, path+"create"+s.access, create(object{"chatid": "a-b"}))
	s.refused(86205, path+"create"+s.access, create(object{"chatid": strings.Repeat("a", 33)}))
	assert.Equal(t, "chat1", s.ok(path+"create"+s.access, create(nil))["chatid"])
	s.refused(86215, path+"create"+s.access, create(nil))

	info := func() object { return dig(s.ok(path+"get"+s.access+"&chatid=chat1", nil), "chat_info") }
	assert.Equal(t, strings.Repeat("名", 50), info()["name"], "a long name is cut")
	assert.Equal(t, admin, info()["owner"])
	carl := s.corp.AddUser(wecomtest.User{ID: "carl"}).ID
	s.refused(86005, path+"update"+s.access, object{"chatid": "chat1", "del_user_list": []string{admin}, "add_user_list": []string{carl}})
	s.ok(path+"update"+s.access, object{"chatid": "chat1", "owner": bob, "name": "New", "del_user_list": []string{admin}, "add_user_list": []string{carl}})
	assert.Equal(t, []any{bob, carl}, info()["userlist"])
	assert.Equal(t, "New", info()["name"])
	s.refused(86006, path+"update"+s.access, object{"chatid": "chat1", "del_user_list": []string{carl}})

	s.ok(path+"send"+s.access, object{"chatid": "chat1", "msgtype": "text", "text": object{"content": "hi"}})
	m := s.p.Messages()[0]
	assert.Equal(t, "chat1", m.ChatID)
	assert.Equal(t, []string{bob, carl}, m.ToUser)
	s.refused(44004, path+"send"+s.access, object{"chatid": "chat1", "msgtype": "text", "text": object{"content": ""}})
	s.refused(86003, path+"send"+s.access, object{"chatid": "other", "msgtype": "text", "text": object{"content": "hi"}})
}

func TestAgents(t *testing.T) {
	t.Parallel()
	s := newSender(t)
	agent := "&agentid=" + strconv.FormatInt(s.made.AgentID, 10)
	path := func(call string) string { return "/cgi-bin/" + call + s.access }

	s.refused(301002, path("agent/get")+"&agentid=1", nil)
	assert.EqualValues(t, s.made.AgentID, s.ok(path("agent/get")+agent, nil)["agentid"])
	s.refused(45022, path("agent/set"), object{"agentid": s.made.AgentID, "name": strings.Repeat("x", 33)})
	s.refused(45004, path("agent/set"), object{"agentid": s.made.AgentID, "description": "x"})
	s.refused(40007, path("agent/set"), object{"agentid": s.made.AgentID, "logo_mediaid": "x"})
	s.ok(path("agent/set"), object{"agentid": s.made.AgentID, "name": "Renamed", "description": "What it does"})
	s.ok(path("agent/set"), object{"agentid": s.made.AgentID, "isreportenter": 1})
	got := s.ok(path("agent/get")+agent, nil)
	assert.Equal(t, "Renamed", got["name"])
	assert.Equal(t, "What it does", got["description"], "what is left out stays")
	assert.Equal(t, "Renamed", dig(s.ok(path("agent/list"), nil), "agentlist")["name"])

	menu := func(buttons ...object) object { return object{"button": buttons} }
	s.refused(46003, path("menu/get")+agent, nil)
	for code, m := range map[int]object{
		40016: menu(slicesOf(4, object{"name": "x", "type": "click", "key": "k"})...),
		40017: menu(object{"name": "x"}),
		40018: menu(object{"name": strings.Repeat("x", 17), "type": "click", "key": "k"}),
		40022: menu(object{"name": "x", "sub_button": []object{{"name": "y", "sub_button": []object{{"name": "z"}}}}}),
		40023: menu(object{"name": "x", "sub_button": slicesOf(6, object{"name": "y", "type": "click", "key": "k"})}),
		40024: menu(object{"name": "x", "sub_button": []object{{"name": "y", "type": "z"}}}),
		40025: menu(object{"name": "x", "sub_button": []object{{"name": strings.Repeat("y", 41), "type": "click"}}}),
		40058: menu(object{"name": "x", "type": "view"}),
	} {
		s.refused(code, path("menu/create")+agent, m)
	}
	s.ok(path("menu/create")+agent, menu(object{"name": "x", "sub_button": []object{{"name": strings.Repeat("y", 40), "type": "view", "url": "https://example.com"}}}))
	assert.Equal(t, "x", dig(s.ok(path("menu/get")+agent, nil), "button")["name"])
	s.ok(path("menu/delete")+agent, nil)
	s.refused(46003, path("menu/get")+agent, nil)
}

func TestWorkbenchPanels(t *testing.T) {
	t.Parallel()
	s := newSender(t)
	admin := s.corp.Admin().ID
	path := func(call string) string { return "/cgi-bin/agent/" + call + s.access }
	body := func(fields object) object {
		fields["agentid"] = s.made.AgentID
		return fields
	}
	page := object{"url": "https://example.com"}
	member := func() object {
		return dig(s.ok(path("get_workbench_data"), body(object{"userid": admin})), "data")
	}
	assert.Empty(t, s.ok(path("get_workbench_template"), body(object{}))["type"])
	s.refused(94001, path("set_workbench_data"), body(object{"userid": admin, "type": "webview", "webview": page}))
	s.ok(path("set_workbench_template"), body(object{"type": "webview", "webview": page}))
	assert.Equal(t, "webview", member()["type"])
	s.refused(94001, path("set_workbench_data"), body(object{"userid": admin, "type": "image", "image": page}))
	s.refused(40058, path("set_workbench_data"), body(object{"userid": admin, "type": "webview"}))
	s.refused(60011, path("set_workbench_data"), body(object{"userid": "nobody", "type": "webview", "webview": page}))
	own := object{"url": "https://example.com/own"}
	s.ok(path("batch_set_workbench_data"), body(object{"userid_list": []string{admin}, "data": object{"type": "webview", "webview": own}}))
	assert.Equal(t, own["url"], dig(member(), "webview")["url"])
	s.ok(path("set_workbench_template"), body(object{"type": "webview", "webview": page, "replace_user_data": true}))
	assert.Equal(t, page["url"], dig(member(), "webview")["url"], "the template's replaces all")
	s.ok(path("set_workbench_template"), body(object{"type": "normal"}))
	assert.Empty(t, s.ok(path("get_workbench_template"), body(object{}))["type"])
	s.refused(94001, path("set_workbench_template"), body(object{"type": "tiles"}))
	s.refused(94006, path("set_workbench_template"), body(object{"type": "list", "list": object{"items": slicesOf(4, object{"title": "x"})}}))
}
