package contact_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/corp/contact"
	"github.com/wecom-isv/wecom/suite"
)

const done = `{"errcode":0,"errmsg":"ok"}`

// What is left out must not be sent: the platform would empty it.
func TestEmptyIsNotAbsent(t *testing.T) {
	t.Parallel()
	for want, call := range map[string]func(ctx context.Context, c *contact.Client) error{
		`{"userid":"zhangsan","alias":"","department":[],"direct_leader":[],"biz_mail_alias":{},"enable":0}`: func(ctx context.Context, c *contact.Client) error {
			return c.Users().Update(ctx, contact.UpdateUserRequest{
				UserID: "zhangsan", Alias: new(""), Department: []int64{}, DirectLeader: []string{},
				BizMailAlias: new(contact.MailAliases{}), Enable: new(contact.Off),
			})
		},
		`{"userid":"zhangsan"}`: func(ctx context.Context, c *contact.Client) error {
			return c.Users().Update(ctx, contact.UpdateUserRequest{UserID: "zhangsan"})
		},
		`{"userid":"zhangsan","name":"张三","to_invite":false}`: func(ctx context.Context, c *contact.Client) error {
			_, err := c.Users().Create(ctx, contact.CreateUserRequest{UserID: "zhangsan", Name: "张三", ToInvite: new(false)})
			return err
		},
		`{"id":2,"order":0}`: func(ctx context.Context, c *contact.Client) error {
			return c.Departments().Update(ctx, contact.UpdateDepartmentRequest{ID: 2, Order: new(int64(0))})
		},
		`{"tagname":"UI","tagid":0}`: func(ctx context.Context, c *contact.Client) error {
			_, err := c.Tags().Create(ctx, contact.CreateTagRequest{Name: "UI", ID: new(int64(0))})
			return err
		},
		`{"media_id":"M"}`: func(ctx context.Context, c *contact.Client) error {
			_, err := c.Batch().ReplaceParty(ctx, "M", contact.JobCallback{})
			return err
		},
	} {
		c, u := newClient(t, done)
		require.NoError(t, call(t.Context(), c))
		require.Len(t, u.Requests(), 1)
		assert.JSONEq(t, want, u.Requests()[0].Body)
	}
}

// Each request breaks one limit; none is sent, and the error names the field.
func TestLimits(t *testing.T) {
	t.Parallel()
	many := func(n int) []string {
		ids := make([]string, n)
		for i := range ids {
			ids[i] = fmt.Sprint("u", i)
		}
		return ids
	}
	type call = func(ctx context.Context, c *contact.Client) error
	createUser := func(edit func(r *contact.CreateUserRequest)) call {
		return func(ctx context.Context, c *contact.Client) error {
			r := contact.CreateUserRequest{UserID: "zhangsan", Name: "张三", Department: []int64{1}}
			edit(&r)
			_, err := c.Users().Create(ctx, r)
			return err
		}
	}
	updateUser := func(edit func(r *contact.UpdateUserRequest)) call {
		return func(ctx context.Context, c *contact.Client) error {
			r := contact.UpdateUserRequest{UserID: "zhangsan", Department: []int64{1}}
			edit(&r)
			return c.Users().Update(ctx, r)
		}
	}
	createDepartment := func(edit func(r *contact.CreateDepartmentRequest)) call {
		return func(ctx context.Context, c *contact.Client) error {
			r := contact.CreateDepartmentRequest{Name: "部门", ParentID: 1}
			edit(&r)
			_, err := c.Departments().Create(ctx, r)
			return err
		}
	}
	updateDepartment := func(edit func(r *contact.UpdateDepartmentRequest)) call {
		return func(ctx context.Context, c *contact.Client) error {
			r := contact.UpdateDepartmentRequest{ID: 2}
			edit(&r)
			return c.Departments().Update(ctx, r)
		}
	}
	tagUsers := func(r contact.TagMembersRequest) call {
		return func(ctx context.Context, c *contact.Client) error {
			_, err := c.Tags().AddTagUsers(ctx, r)
			_, err2 := c.Tags().DelTagUsers(ctx, r)
			if (err == nil) != (err2 == nil) {
				return nil
			}
			return err
		}
	}
	invite := func(r contact.InviteRequest) call {
		return func(ctx context.Context, c *contact.Client) error {
			_, err := c.Batch().Invite(ctx, r)
			return err
		}
	}
	attr := func(a contact.Attr) call {
		return createUser(func(r *contact.CreateUserRequest) { r.ExtAttr.Attrs = []contact.Attr{a} })
	}
	for _, tc := range []struct {
		field string
		call  call
	}{
		{"Name", createDepartment(func(r *contact.CreateDepartmentRequest) { r.Name = "" })},
		{"Name", createDepartment(func(r *contact.CreateDepartmentRequest) { r.Name = strings.Repeat("部", 65) })},
		{"Name", createDepartment(func(r *contact.CreateDepartmentRequest) { r.Name = "a:b" })},
		{"NameEn", createDepartment(func(r *contact.CreateDepartmentRequest) { r.NameEn = strings.Repeat("x", 65) })},
		{"ParentID", createDepartment(func(r *contact.CreateDepartmentRequest) { r.ParentID = 0 })},
		{"ParentID", createDepartment(func(r *contact.CreateDepartmentRequest) { r.ParentID = 1 << 32 })},
		{"Order", createDepartment(func(r *contact.CreateDepartmentRequest) { r.Order = -1 })},
		{"Order", createDepartment(func(r *contact.CreateDepartmentRequest) { r.Order = 1 << 32 })},
		{"ID", createDepartment(func(r *contact.CreateDepartmentRequest) { r.ID = 1 })},
		{"ID", updateDepartment(func(r *contact.UpdateDepartmentRequest) { r.ID = 0 })},
		{"Name", updateDepartment(func(r *contact.UpdateDepartmentRequest) { r.Name = "a?" })},
		{"NameEn", updateDepartment(func(r *contact.UpdateDepartmentRequest) { r.NameEn = new(strings.Repeat("x", 65)) })},
		{"ParentID", updateDepartment(func(r *contact.UpdateDepartmentRequest) { r.ParentID = -1 })},
		{"Order", updateDepartment(func(r *contact.UpdateDepartmentRequest) { r.Order = new(int64(-1)) })},

		{"UserID", createUser(func(r *contact.CreateUserRequest) { r.UserID = "" })},
		{"UserID", createUser(func(r *contact.CreateUserRequest) { r.UserID = "_a" })},
		{"UserID", createUser(func(r *contact.CreateUserRequest) { r.UserID = "张三" })},
		{"UserID", createUser(func(r *contact.CreateUserRequest) { r.UserID = strings.Repeat("a", 65) })},
		{"Name", createUser(func(r *contact.CreateUserRequest) { r.Name = "" })},
		{"Alias", createUser(func(r *contact.CreateUserRequest) { r.Alias = strings.Repeat("张", 65) })},
		{"Position", createUser(func(r *contact.CreateUserRequest) { r.Position = strings.Repeat("张", 129) })},
		{"Address", createUser(func(r *contact.CreateUserRequest) { r.Address = strings.Repeat("张", 129) })},
		{"Telephone", createUser(func(r *contact.CreateUserRequest) { r.Telephone = strings.Repeat("1", 33) })},
		{"Email", createUser(func(r *contact.CreateUserRequest) { r.Email = "a@b.c" })},
		{"BizMail", createUser(func(r *contact.CreateUserRequest) { r.BizMail = "a@b.c" })},
		{"Department", createUser(func(r *contact.CreateUserRequest) { r.Department = make([]int64, 101) })},
		{"Order", createUser(func(r *contact.CreateUserRequest) { r.Order = []int64{1, 2} })},
		{"Order[0]", createUser(func(r *contact.CreateUserRequest) { r.Order = []int64{1 << 32} })},
		{"IsLeaderInDept", createUser(func(r *contact.CreateUserRequest) { r.IsLeaderInDept = []int32{1, 0} })},
		{"IsLeaderInDept[0]", createUser(func(r *contact.CreateUserRequest) { r.IsLeaderInDept = []int32{2} })},
		{"DirectLeader", createUser(func(r *contact.CreateUserRequest) { r.DirectLeader = []string{"a", "b"} })},
		{"ExtAttr.Attrs[0].Name", attr(contact.Attr{})},
		{"ExtAttr.Attrs[0].Text", attr(contact.Attr{Name: "a", Type: contact.AttrIsWeb, Text: &contact.AttrText{}})},
		{"ExtAttr.Attrs[0].Web", attr(contact.Attr{Name: "a", Web: &contact.AttrWeb{}})},
		{"ExtAttr.Attrs[0].MiniProgram", attr(contact.Attr{Name: "a", MiniProgram: &contact.AttrMiniProgram{}})},
		{"ExtAttr.Attrs[0].Text.Value", attr(contact.Attr{Name: "a", Text: &contact.AttrText{Value: strings.Repeat("张", 65)}})},
		{"ExtAttr.Attrs[0].Web.URL", attr(contact.Attr{Name: "a", Type: contact.AttrIsWeb, Web: &contact.AttrWeb{URL: "a.example"}})},
		{"ExtAttr.Attrs[0].Web.Title", attr(contact.Attr{Name: "a", Type: contact.AttrIsWeb, Web: &contact.AttrWeb{URL: "http://a.example", Title: strings.Repeat("张", 13)}})},

		{"UserID", updateUser(func(r *contact.UpdateUserRequest) { r.UserID = "" })},
		{"NewUserID", updateUser(func(r *contact.UpdateUserRequest) { r.NewUserID = "-" })},
		{"Name", updateUser(func(r *contact.UpdateUserRequest) { r.Name = strings.Repeat("张", 65) })},
		{"Alias", updateUser(func(r *contact.UpdateUserRequest) { r.Alias = new(strings.Repeat("张", 65)) })},
		{"BizMail", updateUser(func(r *contact.UpdateUserRequest) { r.BizMail = strings.Repeat("a", 64) })},
		{"BizMailAlias.Items", updateUser(func(r *contact.UpdateUserRequest) {
			r.BizMailAlias = &contact.MailAliases{Items: slices.Repeat([]string{"a@b.cn"}, 6)}
		})},
		{"BizMailAlias.Items[0]", updateUser(func(r *contact.UpdateUserRequest) { r.BizMailAlias = &contact.MailAliases{Items: []string{"a"}} })},
		{"Order", updateUser(func(r *contact.UpdateUserRequest) { r.Order = []int64{1, 2} })},
		{"ExtAttr.Attrs[0].Name", updateUser(func(r *contact.UpdateUserRequest) { r.ExtAttr = &contact.ExtAttrs{Attrs: []contact.Attr{{}}} })},
		{"ExternalProfile.ExternalAttr[0].Name", updateUser(func(r *contact.UpdateUserRequest) {
			r.ExternalProfile = &contact.ExternalProfile{ExternalAttr: []contact.Attr{{}}}
		})},

		{"UserID", func(ctx context.Context, c *contact.Client) error { return c.Users().Delete(ctx, "") }},
		{"UserID", func(ctx context.Context, c *contact.Client) error { _, err := c.Users().Get(ctx, ""); return err }},
		{"UserIDs", func(ctx context.Context, c *contact.Client) error { return c.Users().BatchDelete(ctx, nil) }},
		{"UserIDs", func(ctx context.Context, c *contact.Client) error { return c.Users().BatchDelete(ctx, many(201)) }},
		{"UserIDs[1]", func(ctx context.Context, c *contact.Client) error {
			return c.Users().BatchDelete(ctx, []string{"a", "a"})
		}},
		{"Limit", func(ctx context.Context, c *contact.Client) error {
			_, err := c.Users().ListID(ctx, contact.ListIDRequest{Limit: 10001})
			return err
		}},

		{"Name", func(ctx context.Context, c *contact.Client) error {
			_, err := c.Tags().Create(ctx, contact.CreateTagRequest{Name: strings.Repeat("张", 33)})
			return err
		}},
		{"ID", func(ctx context.Context, c *contact.Client) error {
			_, err := c.Tags().Create(ctx, contact.CreateTagRequest{Name: "a", ID: new(int64(-1))})
			return err
		}},
		{"Name", func(ctx context.Context, c *contact.Client) error { return c.Tags().Update(ctx, 1, "") }},
		{"Users", tagUsers(contact.TagMembersRequest{ID: 1})},
		{"Users", tagUsers(contact.TagMembersRequest{ID: 1, Users: many(1001)})},
		{"Departments", tagUsers(contact.TagMembersRequest{ID: 1, Departments: make([]int64, 101)})},

		{"MediaID", func(ctx context.Context, c *contact.Client) error {
			_, err := c.Batch().SyncUser(ctx, contact.ImportRequest{})
			return err
		}},
		{"MediaID", func(ctx context.Context, c *contact.Client) error {
			_, err := c.Batch().ReplaceUser(ctx, contact.ImportRequest{})
			return err
		}},
		{"MediaID", func(ctx context.Context, c *contact.Client) error {
			_, err := c.Batch().ReplaceParty(ctx, "", contact.JobCallback{})
			return err
		}},
		{"JobID", func(ctx context.Context, c *contact.Client) error {
			_, err := c.Batch().GetResult(ctx, strings.Repeat("j", 65))
			return err
		}},
		{"Users", invite(contact.InviteRequest{})},
		{"Users", invite(contact.InviteRequest{Users: many(1001)})},
		{"Departments", invite(contact.InviteRequest{Departments: make([]int64, 101)})},
		{"Tags", invite(contact.InviteRequest{Tags: make([]int64, 101)})},
	} {
		c, u := newClient(t, done)
		err := tc.call(t.Context(), c)
		fault, ok := errors.AsType[*contact.FieldError](err)
		require.True(t, ok, "%s: %v", tc.field, err)
		assert.Equal(t, tc.field, fault.Field, err)
		assert.Empty(t, u.Requests(), tc.field)
	}
	// The limits themselves are allowed.
	c, u := newClient(t, done)
	require.NoError(t, c.Users().BatchDelete(t.Context(), many(200)))
	_, err := c.Tags().AddTagUsers(t.Context(), contact.TagMembersRequest{Users: many(1000), Departments: make([]int64, 100)})
	require.NoError(t, err)
	_, err = c.Users().Create(t.Context(), contact.CreateUserRequest{UserID: "0a_-@.", Name: strings.Repeat("张", 64), Department: make([]int64, 100)})
	require.NoError(t, err)
	assert.Len(t, u.Requests(), 3)
}

func TestAllIDs(t *testing.T) {
	t.Parallel()
	c, u := newClient(t,
		`{"errcode":0,"next_cursor":"c2","dept_user":[{"open_userid":"a","department":1},{"open_userid":"a","department":2}]}`,
		`{"errcode":0,"next_cursor":"","dept_user":[{"userid":"b","department":2}]}`)
	var got []string
	for member, err := range c.Users().AllIDs(t.Context()) {
		require.NoError(t, err)
		got = append(got, fmt.Sprint(member.ID(), member.DepartmentID))
	}
	assert.Equal(t, []string{"a1", "a2", "b2"}, got)
	require.Len(t, u.Requests(), 2)
	assert.JSONEq(t, `{"limit":10000}`, u.Requests()[0].Body)
	assert.JSONEq(t, `{"limit":10000,"cursor":"c2"}`, u.Requests()[1].Body)
}

func TestAllIDsEndsWithAnError(t *testing.T) {
	t.Parallel()
	c, u := newClient(t, `{"errcode":0,"next_cursor":"c2","dept_user":[{"userid":"a","department":1}]}`, `{"errcode":60011,"errmsg":"no"}`)
	var ids int
	var last error
	for _, err := range c.Users().AllIDs(t.Context()) {
		if err == nil {
			ids++
		}
		last = err
	}
	assert.Equal(t, 1, ids)
	require.ErrorIs(t, last, wecom.Code(60011))
	assert.Len(t, u.Requests(), 2)
}

func TestGenderTakesBothForms(t *testing.T) {
	t.Parallel()
	for _, reply := range []string{`{"userid":"a","gender":1}`, `{"userid":"a","gender":"1"}`} {
		c, _ := newClient(t, reply)
		user, err := c.Users().Get(t.Context(), "a")
		require.NoError(t, err)
		assert.Equal(t, contact.GenderMale, user.Gender)
	}
}

func TestPartialSuccess(t *testing.T) {
	t.Parallel()
	members := contact.TagMembersRequest{ID: 1, Users: []string{"usr1", "usr2"}, Departments: []int64{2}}
	c, u := newClient(t, `{"errcode":0,"invalidlist":"usr1| usr2","invalidparty":[2]}`)
	r, err := c.Tags().AddTagUsers(t.Context(), members)
	left, ok := errors.AsType[*contact.PartialError](err)
	require.True(t, ok)
	assert.Equal(t, &contact.PartialError{Op: "/cgi-bin/tag/addtagusers", Users: []string{"usr1", "usr2"}, Departments: []int64{2}}, left)
	require.ErrorContains(t, err, "2 members, 1 departments, 0 tags")
	require.NotErrorIs(t, err, wecom.ErrTransient)
	require.NotNil(t, r)
	assert.Equal(t, contact.UserList{"usr1", "usr2"}, r.InvalidUsers)
	assert.Len(t, u.Requests(), 1)

	c, _ = newClient(t, `{"errcode":0,"invaliduser":[],"invalidparty":[],"invalidtag":[7]}`)
	invited, err := c.Batch().Invite(t.Context(), contact.InviteRequest{Tags: []int64{7}})
	left, ok = errors.AsType[*contact.PartialError](err)
	require.True(t, ok)
	assert.Equal(t, []int64{7}, left.Tags)
	assert.NotNil(t, invited)

	for _, reply := range []string{done, `{"errcode":0,"invalidlist":"","invalidparty":[]}`, `{"errcode":0,"invalidlist":null}`} {
		c, _ = newClient(t, reply)
		_, err = c.Tags().DelTagUsers(t.Context(), members)
		require.NoError(t, err, reply)
	}
	c, _ = newClient(t, `{"errcode":40070,"errmsg":"all list invalid "}`)
	r, err = c.Tags().AddTagUsers(t.Context(), members)
	require.ErrorIs(t, err, wecom.Code(40070))
	assert.Nil(t, r)
}

func TestUserList(t *testing.T) {
	t.Parallel()
	for wire, want := range map[string]contact.UserList{
		`"a|b"`: {"a", "b"}, `["a","b"]`: {"a", "b"}, `""`: nil, `"|"`: nil, `[]`: {}, `null`: nil,
	} {
		var got contact.UserList
		require.NoError(t, json.Unmarshal([]byte(wire), &got), wire)
		assert.Equal(t, want, got, wire)
	}
	require.Error(t, json.Unmarshal([]byte(`{}`), new(contact.UserList)))
	require.Error(t, json.Unmarshal([]byte(`[1]`), new(contact.UserList)))
	out, err := json.Marshal(contact.UserList{"a", "b"})
	require.NoError(t, err)
	assert.Equal(t, `"a|b"`, string(out))
}

func TestWaitResult(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, u := newClient(t,
			`{"errcode":0,"status":1,"type":"replace_user","total":3,"percentage":0,"result":[{},{}]}`,
			`{"errcode":0,"status":2,"type":"replace_user","total":3,"percentage":50}`,
			`{"errcode":0,"status":3,"type":"replace_user","total":2,"percentage":100,"result":[{"userid":"a","errcode":0,"errmsg":"ok"},{"userid":"b","errcode":60104,"errmsg":"mobile existed"}]}`)
		start := time.Now()
		r, err := c.Batch().WaitResult(t.Context(), "JOB")
		failed, ok := errors.AsType[*contact.ItemErrors](err)
		require.True(t, ok, err)
		require.Len(t, failed.Items, 1)
		assert.Equal(t, 1, failed.Items[0].Index)
		assert.Equal(t, "b", failed.Items[0].UserID)
		require.ErrorIs(t, err, wecom.Code(60104))
		require.ErrorContains(t, err, "1 rows failed; the first is row 1")
		require.NotNil(t, r)
		assert.EqualValues(t, 100, r.Percentage)
		assert.Positive(t, time.Since(start), "there are pauses")
		assert.Len(t, u.Requests(), 3)
	})
}

func TestWaitResultOfDepartments(t *testing.T) {
	t.Parallel()
	c, _ := newClient(t, `{"errcode":0,"status":3,"type":"replace_party","result":[{"action":5,"partyid":7,"errcode":0},{"partyid":8,"errcode":60004,"errmsg":"`+strings.Repeat("长", 300)+`"}]}`)
	r, err := c.Batch().WaitResult(t.Context(), "JOB")
	failed, ok := errors.AsType[*contact.ItemErrors](err)
	require.True(t, ok)
	assert.EqualValues(t, 8, failed.Items[0].PartyID)
	assert.Less(t, len(failed.Items[0].Err.Message), 310)
	assert.Equal(t, contact.PartyCreated|contact.PartyMoved, r.Rows[0].Action)
}

func TestWaitResultEnds(t *testing.T) {
	t.Parallel()
	c, _ := newClient(t, `{"errcode":0,"status":3,"result":[{"userid":"a","errcode":0}]}`)
	_, err := c.Batch().WaitResult(t.Context(), "JOB")
	require.NoError(t, err)

	c, u := newClient(t, `{"errcode":0,"status":4}`)
	r, err := c.Batch().WaitResult(t.Context(), "JOB")
	require.ErrorIs(t, err, contact.ErrJobFailed)
	assert.NotNil(t, r)
	assert.Len(t, u.Requests(), 1)

	c, _ = newClient(t, `{"errcode":40089,"errmsg":"purged"}`)
	_, err = c.Batch().WaitResult(t.Context(), "JOB")
	require.ErrorIs(t, err, wecom.Code(40089))

	synctest.Test(t, func(t *testing.T) {
		c, _ := newClient(t, `{"errcode":0,"status":2}`)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		r, err := c.Batch().WaitResult(ctx, "JOB")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NotNil(t, r)
		assert.Equal(t, contact.JobRunning, r.Status)
	})
}

// The credential is fixed: another kind of token is refused before it is sent.
func TestPain07_OtherCredentialsAreRefused(t *testing.T) {
	t.Parallel()
	api, err := wecom.New()
	require.NoError(t, err)
	app, err := suite.New(api, suite.Config{ID: "ww1", Secret: "secret"})
	require.NoError(t, err)
	_, err = contact.New(app).Users().Get(t.Context(), "a")
	require.ErrorContains(t, err, `needs an access_token, not a token that travels as "suite_access_token"`)
	require.ErrorContains(t, contact.New(nil).Users().Delete(t.Context(), "a"), "AccessToken is nil")
}

func TestNoSecretIsPrinted(t *testing.T) {
	t.Parallel()
	r := contact.ImportRequest{MediaID: "M", Callback: contact.JobCallback{Token: wecom.NewSecret("canary-1"), AESKey: wecom.NewSecret("canary-2")}}
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v", r, r, r), "canary")
	out, err := json.Marshal(map[string]any{"callback": []any{r.Callback.Token, r.Callback.AESKey}})
	require.NoError(t, err)
	assert.NotContains(t, string(out), "canary")
}

func TestWriteUsersCSV(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	require.NoError(t, contact.WriteUsersCSV(&b, []contact.UserRow{
		{Name: "张三", UserID: "zhangsan", Mobile: "13800000000", Department: []int64{2, 3}, Order: []int64{1, 5}, Position: `经理, "一"`},
		{Name: "李四", UserID: "lisi", Email: "lisi@a.example", Department: []int64{2}, Disabled: true},
	}))
	assert.Equal(t, "姓名,帐号,手机号,邮箱,所在部门,职位,排序,禁用\n"+
		"张三,zhangsan,13800000000,,2;3,\"经理, \"\"一\"\"\",1;5,\n"+
		"李四,lisi,,lisi@a.example,2,,,1\n", b.String())

	b.Reset()
	err := contact.WriteUsersCSV(&b, []contact.UserRow{
		{Name: "张三", UserID: "zhangsan", Mobile: "1", Department: []int64{2}},
		{Name: "张三", UserID: "ZhangSan", Mobile: "1", Department: []int64{2}, Order: []int64{1, 2}, Alias: "a\nb"},
		{UserID: "x"},
	})
	for _, want := range []string{
		"rows[1].UserID is there twice", "rows[1].Order must have", "rows[1] has a control character in the column 别名",
		"rows[2].Name is missing", "rows[2].Mobile and Email", "rows[2].Department is missing",
	} {
		require.ErrorContains(t, err, want)
	}
	assert.Empty(t, b.String(), "nothing is written")
	require.ErrorIs(t, contact.WriteUsersCSV(full{}, []contact.UserRow{{Name: "a", UserID: "a", Mobile: "1", Department: []int64{1}}}), errFull)
}

var errFull = errors.New("disk full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestWriteDepartmentsCSV(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	require.NoError(t, contact.WriteDepartmentsCSV(&b, []contact.DepartmentRow{
		{Name: "公司", ID: 1}, {Name: "研发,中心", ID: 2, ParentID: 1, Order: 10},
	}))
	assert.Equal(t, "部门名称,部门ID,父部门ID,排序\n公司,1,0,\n\"研发,中心\",2,1,10\n", b.String())

	b.Reset()
	err := contact.WriteDepartmentsCSV(&b, []contact.DepartmentRow{{Name: "a|b", ID: 2, Order: -1}, {Name: "c", ID: 2, ParentID: 1}, {Name: "d\te", ParentID: 1}})
	for _, want := range []string{"rows[0].Name must not hold", "rows[0].ParentID is missing", "rows[0].Order is -1", "rows[1].ID is there twice", "rows[2].ID is 0", "rows[2] has a control character"} {
		require.ErrorContains(t, err, want)
	}
	assert.Empty(t, b.String())
}
