package wecomtest_test

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/wecomtest"
)

const (
	createParty = "/cgi-bin/department/create"
	updateParty = "/cgi-bin/department/update"
	createUser  = "/cgi-bin/user/create"
	updateUser  = "/cgi-bin/user/update"
)

// office is a freshly registered corp, whose contacts are written with the contact
// token.
type office struct {
	*client

	p     *wecomtest.Platform
	corp  *wecomtest.Corp
	app   *wecomtest.App // a contact app in it
	made  wecomtest.Installation
	token string // ?access_token=...
}

func newOffice(t testing.TB, opts ...wecomtest.Option) *office {
	t.Helper()
	p := wecomtest.NewPlatform(t, opts...)
	o := &office{client: newClient(t, p), p: p, app: p.NewApp(wecomtest.AppConfig{ContactWrite: true})}
	pkg := p.NewPackage(wecomtest.PackageConfig{Apps: []*wecomtest.App{o.app}, ContactMigration: true})
	provider := "?provider_access_token=" + o.providerToken(p)
	code := text(o.ok("/cgi-bin/service/get_register_code"+provider, object{"template_id": pkg.TemplateID}), "register_code")
	var err error
	o.corp, err = p.Register(t.Context(), registerPage+code, wecomtest.RegisterForm{CorpName: "Acme", Admin: wecomtest.User{ID: "boss"}})
	require.NoError(t, err)
	info := o.ok("/cgi-bin/service/get_register_info"+provider, object{"register_code": code})
	o.token = "?access_token=" + text(dig(info, "contact_sync"), "access_token")
	o.made = o.corp.Installations()[0]
	return o
}

// access is the parameter of the corp token of an app that is installed in the
// office.
func (o *office) access(app *wecomtest.App) string {
	o.t.Helper()
	made, err := o.corp.Install(o.t.Context(), app)
	require.NoError(o.t, err)
	if app.Kind == wecomtest.Template {
		return "?access_token=" + text(o.ok("/cgi-bin/gettoken?corpid="+o.corp.ID+"&corpsecret="+made.PermanentCode, nil), "access_token")
	}
	return "?access_token=" + o.corpToken(o.suiteToken(app), made)
}

func (o *office) party(id, parent int64, name string) {
	o.t.Helper()
	o.ok(createParty+o.token, object{"id": id, "parentid": parent, "name": name})
}

func (o *office) person(id string, change object) {
	o.t.Helper()
	o.ok(createUser+o.token, newPerson(id, change))
}

// newPerson is the body of user/create: the mobile is made of the id.
func newPerson(id string, change object) object {
	sum := 0
	for _, r := range id {
		sum = sum*131 + int(r)
	}
	body := object{"userid": id, "name": id, "mobile": fmt.Sprintf("139%08d", sum%100_000_000), "department": []int{1}}
	maps.Copy(body, change)
	maps.DeleteFunc(body, func(_ string, v any) bool { return v == nil })
	return body
}

func listed(o object, list, field string) []any {
	all := []any{}
	items, _ := o[list].([]any)
	for _, item := range items {
		entry, _ := item.(object)
		all = append(all, entry[field])
	}
	return all
}

func TestDepartments(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.party(20, 1, "R&D")
	assert.EqualValues(t, 21, o.ok(createParty+o.token, object{"name": "Go", "name_en": "Golang", "parentid": 20, "order": 5})["id"])

	for name, c := range map[string]struct {
		code int
		body object
	}{
		"unknown parent":  {60004, object{"name": "x", "parentid": 99}},
		"bad parent":      {60124, object{"name": "x", "parentid": 0}},
		"bad id":          {60123, object{"name": "x", "parentid": 1, "id": 1}},
		"huge id":         {60123, object{"name": "x", "parentid": 1, "id": 1 << 31}},
		"id taken":        {60008, object{"name": "x", "parentid": 1, "id": 20}},
		"name taken":      {60008, object{"name": "R&D", "parentid": 1}},
		"english taken":   {60008, object{"name": "x", "name_en": "Golang", "parentid": 20}},
		"bad characters":  {60009, object{"name": "a:b", "parentid": 1}},
		"english bad":     {60009, object{"name": "x", "name_en": "a|b", "parentid": 1}},
		"long name":       {60001, object{"name": strings.Repeat("部", 65), "parentid": 1}},
		"order too large": {40058, object{"name": "x", "parentid": 1, "order": 1 << 32}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c2 := *o.client
			c2.t = t
			c2.refused(c.code, createParty+o.token, c.body)
		})
	}
	o.ok(createParty+o.token, object{"name": "R&D", "parentid": 20, "id": 30}) // another parent
	o.party(1<<31-1, 1, "the largest id")
	assert.EqualValues(t, 2, o.ok(createParty+o.token, object{"name": "x", "parentid": 1})["id"])
	require.NoError(t, o.corp.RemoveDepartment(2))
	require.NoError(t, o.corp.RemoveDepartment(1<<31-1))

	o.ok(updateParty+o.token, object{"id": 21, "order": 9})
	got := dig(o.ok("/cgi-bin/department/get"+o.token+"&id=21", nil), "department")
	assert.Equal(t, object{
		"id": 21.0, "name": "Go", "name_en": "Golang", "parentid": 20.0, "order": 9.0, "department_leader": []any{},
	}, got, "fields that are absent stay")
	o.refused(60003, updateParty+o.token, object{"id": 99})
	o.refused(60008, updateParty+o.token, object{"id": 21, "name": "R&D"})
	o.refused(60004, updateParty+o.token, object{"id": 21, "parentid": 99})
	o.refused(60010, updateParty+o.token, object{"id": 20, "parentid": 21})
	o.refused(60010, updateParty+o.token, object{"id": 20, "parentid": 20})
	o.refused(60010, updateParty+o.token, object{"id": 1, "parentid": 20})
	o.refused(60008, updateParty+o.token, object{"id": 30, "parentid": 1})
	o.ok(updateParty+o.token, object{"id": 30, "parentid": 1, "name": "Ops"})
	o.ok(createParty+o.token, object{"name": "R&D", "parentid": 20, "id": 31}) // the name is free again

	o.person("a", object{"department": []int{31}, "is_leader_in_dept": []int{1}})
	o.refused(60007, "/cgi-bin/department/delete"+o.token+"&id=1", nil)
	o.refused(60006, "/cgi-bin/department/delete"+o.token+"&id=20", nil)
	o.refused(60005, "/cgi-bin/department/delete"+o.token+"&id=31", nil)
	o.refused(60003, "/cgi-bin/department/delete"+o.token+"&id=99", nil)
	o.ok("/cgi-bin/department/delete"+o.token+"&id=30", nil)

	assert.Equal(t, []any{1.0, 20.0, 21.0, 31.0}, listed(o.ok("/cgi-bin/department/list"+o.token, nil), "department", "id"))
	assert.Equal(t, []any{20.0, 21.0, 31.0}, listed(o.ok("/cgi-bin/department/simplelist"+o.token+"&id=20", nil), "department_id", "id"))
	o.refused(60123, "/cgi-bin/department/list"+o.token+"&id=99", nil)
	o.refused(60003, "/cgi-bin/department/get"+o.token+"&id=99", nil)

	assert.Equal(t, wecomtest.Department{ID: 31, ParentID: 20, Name: "R&D", Leaders: []string{"a"}}, o.corp.Departments()[3])
	added, err := o.corp.AddDepartment(wecomtest.Department{Name: "Sales"})
	require.NoError(t, err)
	assert.EqualValues(t, 2, added.ID)
	_, err = o.corp.AddDepartment(wecomtest.Department{Name: "Sales"})
	require.ErrorContains(t, err, "60008")
	require.NoError(t, o.corp.RemoveDepartment(2))
	require.ErrorContains(t, o.corp.RemoveDepartment(1), "60007")
	require.Error(t, o.corp.RemoveDepartment(99))
}

func TestDepartmentLevels(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for id := int64(2); id <= 15; id++ { // the root is the first level
		o.party(id, id-1, "x")
	}
	o.refused(81002, createParty+o.token, object{"id": 16, "parentid": 15, "name": "x"})
	o.party(20, 1, "a")
	o.party(21, 20, "b")
	o.refused(81002, updateParty+o.token, object{"id": 20, "parentid": 14})
	o.ok(updateParty+o.token, object{"id": 20, "parentid": 13})
}

func TestContactListIsFull(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.party(2, 1, "x")
	for n := 3; n <= 30_000; n++ {
		_, err := o.corp.AddDepartment(wecomtest.Department{Name: fmt.Sprint(n), ParentID: 2})
		require.NoError(t, err)
	}
	o.refused(81001, createParty+o.token, object{"name": "y", "parentid": 1})
	o.person("a", object{"department": []int{2}})
	o.person("b", object{"department": []int{2}})
	o.refused(81001, createUser+o.token, newPerson("c", object{"department": []int{2}}))
	o.person("c", nil)
	o.refused(81001, updateUser+o.token, object{"userid": "c", "department": []int{2}})
	for n := range 3000 {
		_, err := o.corp.AddTag(wecomtest.Tag{Name: fmt.Sprint(n)})
		require.NoError(t, err)
	}
	o.refused(40068, "/cgi-bin/tag/create"+o.token, object{"tagname": "x"})
}

func TestMembers(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.party(2, 1, "R&D")
	o.party(3, 1, "Sales")
	o.corp.DefineAttributes("爱好", "主页")
	o.person("lead", nil)
	whole := object{
		"name": "张三", "alias": "zs", "mobile": "+86 138-0000-0000", "department": []int{3, 2}, "order": []int{5, 0},
		"position": "p", "gender": "2", "email": "Z@example.com", "biz_mail": "z@corp.example.com", "telephone": "020-1",
		"is_leader_in_dept": []int{0, 1}, "direct_leader": []string{"Lead"}, "address": "addr", "main_department": 2,
		"to_invite": false, "external_position": "ep",
		"extattr": object{"attrs": []object{
			{"type": 0, "name": "爱好", "text": object{"value": "旅游"}},
			{"type": 1, "name": "主页", "web": object{"url": "https://a.example.com", "title": "t"}},
			{"type": 0, "name": "nobody defined it", "text": object{"value": "x"}},
		}},
		"external_profile": object{"external_corp_name": "x", "wechat_channels": object{"nickname": "n"}},
	}
	o.person("zhangsan", whole)
	got := o.ok("/cgi-bin/user/get"+o.token+"&userid=ZhangSan", nil)
	expected := object{
		"userid": "zhangsan", "name": "张三", "alias": "zs", "mobile": "13800000000", "department": []any{3.0, 2.0}, "order": []any{5.0, 0.0},
		"position": "p", "gender": "2", "email": "Z@example.com", "biz_mail": "z@corp.example.com", "telephone": "020-1",
		"is_leader_in_dept": []any{0.0, 1.0}, "direct_leader": []any{"lead"}, "address": "addr", "main_department": 2.0,
		"external_position": "ep", "status": 4.0,
		"extattr": object{"attrs": []any{
			object{"type": 0.0, "name": "爱好", "text": object{"value": "旅游"}},
			object{"type": 1.0, "name": "主页", "web": object{"url": "https://a.example.com", "title": "t"}},
		}},
		"external_profile": object{"external_corp_name": "x", "wechat_channels": object{"nickname": "n"}},
	}
	for field, want := range expected {
		assert.Equal(t, want, got[field], field)
	}
	assert.NotContains(t, got, "open_userid", "the contact token is no third-party app's")
	u, found := o.corp.User("ZHANGSAN")
	require.True(t, found)
	assert.Zero(t, u.Invitations)
	assert.Equal(t, wecomtest.MemberNotActivated, u.Status)
	assert.Equal(t, []int64{2}, u.LeaderOf)

	for name, c := range map[string]struct {
		code   int
		change object
	}{
		"userid taken":       {60102, object{"userid": "ZhangSan"}},
		"userid form":        {40003, object{"userid": "-b"}},
		"userid length":      {40003, object{"userid": strings.Repeat("b", 65)}},
		"mobile taken":       {60104, object{"mobile": "13800000000"}},
		"mobile form":        {60103, object{"mobile": "123"}},
		"email taken":        {60106, object{"email": "z@EXAMPLE.com"}},
		"email form":         {60105, object{"email": "not a mail"}},
		"corp mail form":     {60143, object{"biz_mail": "x"}},
		"corp mail taken":    {60145, object{"biz_mail": "Z@corp.example.com"}},
		"no address":         {60129, object{"mobile": nil}},
		"blank name":         {60112, object{"name": " "}},
		"long name":          {60112, object{"name": strings.Repeat("名", 65)}},
		"leaders":            {60132, object{"department": []int{2}, "is_leader_in_dept": []int{1, 0}}},
		"orders":             {60132, object{"department": []int{2}, "order": []int{1, 0}}},
		"department twice":   {40066, object{"department": []int{2, 2}}},
		"bad department":     {60123, object{"department": []int{-2}}},
		"101 departments":    {60110, object{"department": make([]int, 101)}},
		"main department":    {40058, object{"department": []int{2}, "main_department": 3}},
		"unknown leader":     {60111, object{"direct_leader": []string{"nobody"}}},
		"position":           {301012, object{"position": strings.Repeat("x", 129)}},
		"telephone":          {301013, object{"telephone": "call me"}},
		"avatar":             {301015, object{"avatar_mediaid": "M"}},
		"gender":             {40058, object{"gender": "3"}},
		"enable":             {40058, object{"enable": 2}},
		"long external name": {40058, object{"external_position": strings.Repeat("x", 13)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c2 := *o.client
			c2.t = t
			c2.refused(c.code, createUser+o.token, newPerson("b", c.change))
		})
	}
}

func TestUpdateMember(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.party(2, 1, "R&D")
	o.corp.DefineAttributes("爱好")
	attr := func(value string) object {
		return object{"attrs": []object{{"type": 0, "name": "爱好", "text": object{"value": value}}}}
	}
	o.person("a", object{"alias": "x", "position": "p", "department": []int{1, 2}, "is_leader_in_dept": []int{1, 1}, "extattr": attr("旅游")})
	before, _ := o.corp.User("a")

	o.ok(updateUser+o.token, object{"userid": "A", "position": "q", "enable": 0})
	after, _ := o.corp.User("a")
	want := before
	want.Position, want.Status = "q", wecomtest.MemberDisabled
	assert.Equal(t, want, after, "fields that are absent stay")

	o.ok(updateUser+o.token, object{"userid": "a", "alias": "", "department": []int{2}, "enable": 1, "mobile": "", "email": "a@example.com", "extattr": attr("")})
	after, _ = o.corp.User("a")
	assert.Empty(t, after.Alias, "an empty value clears")
	assert.Equal(t, []int64{2}, after.Departments)
	assert.Equal(t, []int64{2}, after.LeaderOf)
	assert.EqualValues(t, 2, after.MainDepartment)
	assert.Empty(t, after.Mobile)
	assert.Empty(t, after.Attributes)
	assert.Equal(t, wecomtest.MemberNotActivated, after.Status)
	o.person("b", object{"mobile": before.Mobile}) // it is free again

	o.refused(60129, updateUser+o.token, object{"userid": "a", "email": ""})
	o.refused(60104, updateUser+o.token, object{"userid": "a", "mobile": before.Mobile})
	o.refused(60111, updateUser+o.token, object{"userid": "nobody"})
	o.refused(301036, updateUser+o.token, object{"userid": "a", "new_userid": "c"})
	o.refused(60132, updateUser+o.token, object{"userid": "a", "is_leader_in_dept": []int{1, 1}})

	made := o.corp.AddUser(wecomtest.User{Mobile: "13800000009"})
	o.ok(updateUser+o.token, object{"userid": made.ID, "new_userid": "chosen", "mobile": "13800000010"})
	chosen, found := o.corp.User("chosen")
	require.True(t, found)
	assert.Equal(t, "13800000009", chosen.Mobile, "the mobile of an active member is his own")
	o.refused(301036, updateUser+o.token, object{"userid": "chosen", "new_userid": "again"})
	_, found = o.corp.User(made.ID)
	assert.False(t, found)
}

func TestDeleteMembers(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for _, id := range []string{"a", "b", "c"} {
		o.person(id, nil)
	}
	const one, many = "/cgi-bin/user/delete", "/cgi-bin/user/batchdelete"
	o.refused(60111, one+o.token+"&userid=nobody", nil)
	o.refused(301005, one+o.token+"&userid=boss", nil)
	o.ok(one+o.token+"&userid=A", nil)
	o.refused(60111, "/cgi-bin/user/get"+o.token+"&userid=a", nil)
	o.refused(40031, many+o.token, object{"useridlist": []string{"b", "nobody"}})
	o.refused(40031, many+o.token, object{"useridlist": []string{}})
	o.refused(40032, many+o.token, object{"useridlist": make([]string, 201)})
	require.Len(t, o.corp.Users(), 3, "one wrong id: none is deleted")
	o.ok(many+o.token, object{"useridlist": []string{"b", "C", "c"}})
	require.Len(t, o.corp.Users(), 1)
	o.person("a", nil) // id and mobile are free again
	require.NoError(t, o.corp.RemoveUser("a"))
	require.Error(t, o.corp.RemoveUser("a"))
	require.ErrorContains(t, o.corp.RemoveUser("boss"), "301005")
}

// A member of no department, or of one that does not exist, comes into the waiting
// department.
func TestWaitingDepartment(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	assert.NotContains(t, o.ok(createUser+o.token, newPerson("a", object{"department": nil})), "created_department_list")
	r := o.ok(createUser+o.token, newPerson("b", object{"department": []int{3, 0}}))
	assert.Equal(t, object{"department_info": []any{object{"name": "3", "id": 3.0}}}, r["created_department_list"])
	departments := o.corp.Departments()
	require.Len(t, departments, 3)
	waiting := departments[1]
	assert.Contains(t, waiting.Name, "待设置")
	assert.Equal(t, waiting.ID, departments[2].ParentID)
	a, _ := o.corp.User("a")
	b, _ := o.corp.User("b")
	assert.Equal(t, []int64{waiting.ID}, a.Departments)
	assert.Equal(t, []int64{3, waiting.ID}, b.Departments)
}

func TestListMembers(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.party(2, 1, "R&D")
	o.person("a", object{"department": []int{1, 2}, "order": []int{0, 1}})
	o.person("b", object{"department": []int{2}, "order": []int{7}})
	o.person("c", object{"department": []int{2}, "order": []int{1}})
	for _, path := range []string{"/cgi-bin/user/list", "/cgi-bin/user/simplelist"} {
		assert.Equal(t, []any{"b", "a", "c"}, listed(o.ok(path+o.token+"&department_id=2", nil), "userlist", "userid"), "larger order first")
		o.refused(60123, path+o.token+"&department_id=99", nil)
	}

	const ids = "/cgi-bin/user/list_id"
	var all []any
	cursor := ""
	for page := 0; ; page++ {
		require.Less(t, page, 6)
		r := o.ok(ids+o.token, object{"cursor": cursor, "limit": 1})
		all = append(all, listed(r, "dept_user", "userid")...)
		if cursor = text(r, "next_cursor"); cursor == "" {
			break
		}
		if page == 1 {
			require.NoError(t, o.corp.RemoveUser("a")) // what was listed is gone: nothing is skipped
		}
	}
	assert.Equal(t, []any{"boss", "a", "b", "c"}, all)
	assert.Len(t, o.ok(ids+o.token, object{})["dept_user"], 3)
	o.refused(40058, ids+o.token, object{"limit": 10_001})
	o.refused(40058, ids+o.token, object{"limit": 0})
	o.refused(40058, ids+o.token, object{"cursor": "x"})
	o.refused(40058, ids+o.token, object{"cursor": "c1--3"})
	assert.NotEmpty(t, listed(o.ok(ids+o.access(o.app), object{}), "dept_user", "open_userid")[0])
	o.refused(48002, ids+o.access(o.p.NewApp(wecomtest.AppConfig{})), object{})

	open := newOffice(t, wecomtest.WithOpenListID())
	assert.Equal(t, open.corp.Admin().OpenUserID, listed(open.ok(ids+open.token, object{}), "dept_user", "open_userid")[0])
}

// Who may write, and what each kind of token is told.
func TestContactRights(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.party(2, 1, "R&D")
	o.person("a", object{"name": "张三", "position": "p", "department": []int{2}})
	reader, custom := o.access(o.p.NewApp(wecomtest.AppConfig{})), o.access(o.p.NewTemplate(wecomtest.AppConfig{}))
	writer := o.access(o.app)
	get := "/cgi-bin/user/get"

	o.refused(60011, createUser+writer, newPerson("x", nil)) // locked
	o.refused(48002, createUser+reader, newPerson("x", nil))
	o.refused(48002, "/cgi-bin/batch/invite"+reader, object{"user": []string{"a"}})
	o.ok("/cgi-bin/sync/contact_sync_success"+o.token, nil)
	o.refused(40014, createUser+o.token, newPerson("x", nil))
	o.ok(createUser+writer, newPerson("x", nil))
	o.corp.AddUser(wecomtest.User{ID: "w", Name: "王五", Mobile: "13700000000"})

	whole, none := o.ok(get+writer+"&userid=a", nil), o.ok(get+writer+"&userid=w", nil)
	assert.Equal(t, "张三", whole["name"])
	assert.NotEmpty(t, whole["mobile"])
	assert.NotEmpty(t, whole["open_userid"])
	assert.Equal(t, "w", none["name"], "a contact app sees the names of members made through the API only")
	assert.NotContains(t, none, "mobile")
	assert.Equal(t, "0", none["gender"])
	assert.Equal(t, "a", o.ok(get+reader+"&userid=a", nil)["name"])
	of := o.ok(get+custom+"&userid=a", nil)
	assert.Equal(t, "张三", of["name"])
	assert.Equal(t, "p", of["position"])
	assert.NotContains(t, of, "mobile")
	assert.NotContains(t, of, "open_userid")
	assert.Equal(t, []any{"1", "2"}, listed(o.ok("/cgi-bin/department/list"+reader, nil), "department", "name"))
	assert.Equal(t, []any{"Acme", "R&D"}, listed(o.ok("/cgi-bin/department/list"+custom, nil), "department", "name"))

	for _, app := range []*wecomtest.App{o.app, o.p.NewApp(wecomtest.AppConfig{})} {
		token := o.access(app)
		_, err := o.corp.Change(t.Context(), app, wecomtest.VisibleTo(nil, []int64{2}))
		require.NoError(t, err)
		assert.Empty(t, o.ok("/cgi-bin/user/list"+token+"&department_id=1", nil)["userlist"], "outside the visible range")
		assert.Len(t, o.ok("/cgi-bin/user/list"+token+"&department_id=2", nil)["userlist"], 1)
		o.refused(60111, get+token+"&userid=w", nil)
		if app == o.app { // a contact app sees every department, and changes those in its range
			assert.Len(t, o.ok("/cgi-bin/department/simplelist"+token, nil)["department_id"], 2)
			o.refused(60011, createParty+token, object{"name": "x", "parentid": 1})
			o.ok(createParty+token, object{"name": "x", "parentid": 2, "id": 5})
			o.refused(60011, updateParty+token, object{"id": 5, "parentid": 1})
			o.refused(60011, createUser+token, newPerson("y", object{"department": []int{1}}))
			o.refused(60011, updateUser+token, object{"userid": "w", "alias": "x"})
			o.ok("/cgi-bin/department/delete"+token+"&id=5", nil)
			continue
		}
		assert.Equal(t, []any{2.0}, listed(o.ok("/cgi-bin/department/simplelist"+token, nil), "department_id", "id"))
		o.refused(60011, "/cgi-bin/department/get"+token+"&id=1", nil)
		o.refused(60011, "/cgi-bin/department/list"+token+"&id=1", nil)
	}
}

// Under member authorisation departments are the root only, without order.
func TestMemberAuthorisationHidesDepartments(t *testing.T) {
	t.Parallel()
	p := wecomtest.NewPlatform(t)
	c := newClient(t, p)
	corp, app := p.NewCorp("Acme"), p.NewApp(wecomtest.AppConfig{})
	_, err := corp.AddDepartment(wecomtest.Department{ID: 5, Name: "R&D"})
	require.NoError(t, err)
	u := corp.AddUser(wecomtest.User{ID: "a", Departments: []int64{5}})
	made, err := corp.Install(t.Context(), app, wecomtest.InstalledBy(u))
	require.NoError(t, err)
	got := c.ok("/cgi-bin/user/get?access_token="+c.corpToken(c.suiteToken(app), made)+"&userid=a", nil)
	assert.Equal(t, []any{1.0}, got["department"])
	assert.NotContains(t, got, "order")
}

func TestAddUserReplaces(t *testing.T) {
	t.Parallel()
	corp := wecomtest.NewPlatform(t).NewCorp("Acme")
	first := corp.AddUser(wecomtest.User{ID: "a", Mobile: "13800000000", Departments: []int64{7}})
	second := corp.AddUser(wecomtest.User{ID: "A", Mobile: "13800000001"})
	assert.Equal(t, first.OpenUserID, second.OpenUserID)
	require.Len(t, corp.Users(), 2)
	assert.Equal(t, "13800000001", corp.Users()[1].Mobile)
	require.Len(t, corp.Departments(), 3, "the root, the waiting department and 7")
}

func TestTags(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.party(2, 1, "R&D")
	for _, id := range []string{"a", "b", "c"} {
		o.person(id, object{"department": []int{2}})
	}
	const create, update, get, add, del = "/cgi-bin/tag/create", "/cgi-bin/tag/update", "/cgi-bin/tag/get", "/cgi-bin/tag/addtagusers", "/cgi-bin/tag/deltagusers"
	assert.EqualValues(t, 12, o.ok(create+o.token, object{"tagname": "UI", "tagid": 12})["tagid"])
	assert.EqualValues(t, 13, o.ok(create+o.token, object{"tagname": "Go"})["tagid"])
	o.refused(40071, create+o.token, object{"tagname": "UI"})
	o.refused(40072, create+o.token, object{"tagname": strings.Repeat("签", 33)})
	o.refused(40068, create+o.token, object{"tagname": "x", "tagid": 12})
	o.ok(update+o.token, object{"tagid": 13, "tagname": "Golang"})
	o.refused(40071, update+o.token, object{"tagid": 13, "tagname": "UI"})
	o.refused(40068, update+o.token, object{"tagid": 99, "tagname": "x"})

	r := o.ok(add+o.token, object{"tagid": 12, "userlist": []string{"a", "B", "usr1", "usr2"}, "partylist": []int{2, 99}})
	assert.Equal(t, "usr1|usr2", r["invalidlist"])
	assert.Equal(t, []any{99.0}, r["invalidparty"])
	assert.NotContains(t, o.ok(add+o.token, object{"tagid": 12, "userlist": []string{"a"}}), "invalidlist")
	o.refused(40070, add+o.token, object{"tagid": 12, "userlist": []string{"usr1"}})
	o.refused(40031, del+o.token, object{"tagid": 12, "userlist": []string{"usr1"}})
	o.refused(40063, add+o.token, object{"tagid": 12})
	o.refused(81014, add+o.token, object{"tagid": 12, "userlist": make([]string, 1001)})
	o.refused(81014, add+o.token, object{"tagid": 12, "partylist": make([]int, 101)})
	assert.Equal(t, "deleted", o.ok(del+o.token, object{"tagid": 12, "userlist": []string{"b"}})["errmsg"])
	assert.Equal(t, []wecomtest.Tag{{ID: 12, Name: "UI", Users: []string{"a"}, Departments: []int64{2}}, {ID: 13, Name: "Golang"}}, o.corp.Tags())
	r = o.ok(get+o.token+"&tagid=12", nil)
	assert.Equal(t, "UI", r["tagname"])
	assert.Equal(t, []any{object{"userid": "a", "name": "a"}}, r["userlist"])
	assert.Equal(t, []any{2.0}, r["partylist"])
	o.refused(40068, get+o.token+"&tagid=99", nil)

	writer := o.access(o.app)
	o.refused(60011, create+writer, object{"tagname": "mine"})
	o.ok("/cgi-bin/sync/contact_sync_success"+o.token, nil)
	mine := o.ok(create+writer, object{"tagname": "mine"})["tagid"]
	o.refused(81011, add+writer, object{"tagid": 12, "userlist": []string{"a"}})
	o.refused(81011, get+writer+"&tagid=12", nil)
	assert.Equal(t, []any{mine}, listed(o.ok("/cgi-bin/tag/list"+writer, nil), "taglist", "tagid"))
	assert.Equal(t, o.app, o.corp.Tags()[2].App)
	require.NoError(t, o.corp.RemoveUser("a"))
	assert.Empty(t, o.corp.Tags()[0].Users, "who leaves is in no tag")
	o.ok("/cgi-bin/tag/delete"+writer+"&tagid="+fmt.Sprint(mine), nil)
	require.Len(t, o.corp.Tags(), 2)

	_, err := o.corp.AddTag(wecomtest.Tag{Name: "console", Users: []string{"b"}, Departments: []int64{2}})
	require.NoError(t, err)
	_, err = o.corp.AddTag(wecomtest.Tag{Name: "console"})
	require.Error(t, err)
	_, err = o.corp.AddTag(wecomtest.Tag{Name: "x", Users: []string{"nobody"}})
	require.Error(t, err)
}

func TestInvitations(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.party(2, 1, "R&D")
	o.party(3, 2, "Go")
	o.person("asked", nil)
	o.person("a", object{"to_invite": false})
	o.person("b", object{"to_invite": false, "department": []int{3}})
	o.person("c", object{"to_invite": false, "enable": 0})
	o.ok("/cgi-bin/tag/create"+o.token, object{"tagname": "t", "tagid": 1})
	o.ok("/cgi-bin/tag/addtagusers"+o.token, object{"tagid": 1, "partylist": []int{3}, "userlist": []string{"c"}})
	invitations := func() map[string]int {
		all := map[string]int{}
		for _, u := range o.corp.Users() {
			all[u.ID] = u.Invitations
		}
		return all
	}
	assert.Equal(t, map[string]int{"boss": 0, "asked": 1, "a": 0, "b": 0, "c": 0}, invitations())
	const invite = "/cgi-bin/batch/invite"
	r := o.ok(invite+o.token, object{"user": []string{"A", "nobody"}, "party": []int{2, 99}, "tag": []int{1, 9}})
	assert.Equal(t, []any{"nobody"}, r["invaliduser"])
	assert.Equal(t, []any{99.0}, r["invalidparty"])
	assert.Equal(t, []any{9.0}, r["invalidtag"])
	assert.Equal(t, map[string]int{"boss": 0, "asked": 1, "a": 1, "b": 1, "c": 0}, invitations(), "once in a call, and nobody who is active or disabled")
	o.refused(82001, invite+o.token, object{})
	o.refused(40032, invite+o.token, object{"user": make([]string, 1001)})
	o.refused(82002, invite+o.token, object{"party": make([]int, 101)})
	o.refused(82003, invite+o.token, object{"tag": make([]int, 101)})
}

func TestMedia(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	token := o.access(o.app)
	id := o.upload(token, "file", "报告.csv", "0123456789")
	get := func(path, span string) *http.Response {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, o.base+path, nil)
		require.NoError(t, err)
		request.Header.Set("Range", span)
		r, err := o.http.Do(request)
		require.NoError(t, err)
		return r
	}
	path := "/cgi-bin/media/get" + token + "&media_id=" + id
	for span, want := range map[string]struct {
		body, span string
		status     int
	}{
		"":             {"0123456789", "", 200},
		"bytes=2-4":    {"234", "bytes 2-4/10", 206},
		"bytes=8-":     {"89", "bytes 8-9/10", 206},
		"bytes=8-99":   {"89", "bytes 8-9/10", 206},
		"bytes=99-100": {"0123456789", "", 200},
		"bytes=4-2":    {"0123456789", "", 200},
		"lines=1-2":    {"0123456789", "", 200},
	} {
		r := get(path, span)
		body := make([]byte, 20)
		n, _ := r.Body.Read(body)
		assert.Equal(t, want.body, string(body[:n]), span)
		assert.Equal(t, want.span, r.Header.Get("Content-Range"), span)
		assert.Equal(t, want.status, r.StatusCode, span)
		closeBody(t, r)
	}
	o.refused(40007, "/cgi-bin/media/get"+token+"&media_id=x", nil)

	for name, c := range map[string]struct {
		code          int
		kind, content string
	}{
		"kind":  {40005, "folder", "0123456789"},
		"small": {40006, "file", "01234"},
		"large": {45001, "voice", strings.Repeat("x", 2<<20+1)},
		"image": {40004, "image", "this is no picture"},
	} {
		assert.EqualValues(t, c.code, o.tryUpload(token, c.kind, "a.bin", c.content)["errcode"], name)
	}
	image := o.upload(o.token, "image", "a.png", "\x89PNG\r\n\x1a\n0123456789")
	o.person("a", object{"avatar_mediaid": image})
	o.refused(301015, createUser+o.token, newPerson("b", object{"avatar_mediaid": id}))

	other := o.p.NewCorp("Other")
	made, err := other.Install(t.Context(), o.app)
	require.NoError(t, err)
	o.refused(40007, "/cgi-bin/media/get?access_token="+o.corpToken(o.suiteToken(o.app), made)+"&media_id="+id, nil)
	o.p.Advance(72 * time.Hour)
	o.refused(40007, "/cgi-bin/media/get"+o.access(o.app)+"&media_id="+id, nil)
}

func TestAddUserLeavesOutImpossibleDepartments(t *testing.T) {
	t.Parallel()
	corp := wecomtest.NewPlatform(t, wecomtest.WithoutServer()).NewCorp("Acme")
	assert.Equal(t, []int64{7}, corp.AddUser(wecomtest.User{ID: "a", Departments: []int64{0, -1, 7, 1 << 40}}).Departments)
	assert.Equal(t, []int64{1}, corp.AddUser(wecomtest.User{ID: "b", Departments: []int64{0}}).Departments)
	assert.Equal(t, []int64{1}, corp.AddUser(wecomtest.User{ID: "a", Departments: []int64{-5}}).Departments)
	placed := corp.AddUser(wecomtest.User{ID: "c", Departments: []int64{0, 7}, Orders: []int64{5, 9}, LeaderOf: []int64{-3, 7}, MainDepartment: -3})
	assert.Equal(t, []int64{9}, placed.Orders, "the order in the department that is left")
	assert.Equal(t, []int64{7}, placed.LeaderOf)
	assert.EqualValues(t, 7, placed.MainDepartment)
	require.NoError(t, corp.RemoveUser("a"))
	assert.Len(t, corp.Departments(), 3, "the root, 7 and the one that 7 was made in")
}
