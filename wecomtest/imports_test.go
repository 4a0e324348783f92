package wecomtest_test

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/wecomtest"
)

const (
	syncUser     = "/cgi-bin/batch/syncuser"
	replaceUser  = "/cgi-bin/batch/replaceuser"
	replaceParty = "/cgi-bin/batch/replaceparty"
	jobResult    = "/cgi-bin/batch/getresult"

	userHeader  = "姓名,帐号,手机号,邮箱,所在部门,职位\n"
	partyHeader = "部门名称,部门ID,父部门ID,排序\n"
)

func (o *office) tryUpload(token, kind, name, content string) object {
	o.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	f, err := w.CreateFormFile("media", name)
	require.NoError(o.t, err)
	_, err = io.WriteString(f, content)
	require.NoError(o.t, err)
	require.NoError(o.t, w.Close())
	request, err := http.NewRequestWithContext(o.t.Context(), http.MethodPost, o.base+"/cgi-bin/media/upload"+token+"&type="+kind, &body)
	require.NoError(o.t, err)
	request.Header.Set("Content-Type", w.FormDataContentType())
	return decode(o.t, o.http, request)
}

func (o *office) upload(token, kind, name, content string) string {
	o.t.Helper()
	r := o.tryUpload(token, kind, name, content)
	require.EqualValues(o.t, 0, r["errcode"], "%v", r)
	return text(r, "media_id")
}

// start begins an import and returns its jobid.
func (o *office) start(path, content string, more ...string) string {
	o.t.Helper()
	return text(o.ok(path+o.token, o.importBody(content, more...)), "jobid")
}

func (o *office) importBody(content string, more ...string) object {
	body := object{"media_id": o.upload(o.token, "file", "a.csv", content)}
	if len(more) == 3 {
		body["callback"] = object{"url": more[0], "token": more[1], "encodingaeskey": more[2]}
	}
	return body
}

// run carries an import out and returns the result.
func (o *office) run(path, content string) object {
	o.t.Helper()
	id := o.start(path, content)
	o.p.Advance(time.Second)
	return o.ok(jobResult+o.token+"&jobid="+id, nil)
}

// fails runs an import that fails as a whole.
func (o *office) fails(code int, path, content string) {
	o.t.Helper()
	id := o.start(path, content)
	o.p.Advance(time.Second)
	o.refused(code, jobResult+o.token+"&jobid="+id, nil)
}

func TestSyncUser(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.party(2, 1, "R&D")
	o.corp.DefineAttributes("爱好")
	o.person("a", object{"alias": "stays", "position": "old"})
	const header = "\uFEFF姓名,帐号,手机号,邮箱,所在部门,职位,性别,是否部门内领导,排序,别名,地址,座机,禁用,禁用项说明：(0-启用;1-禁用),爱好,unknown\n"
	r := o.run(syncUser, strings.Replace(header, "别名,", "", 1)+
		"A,a,13811111111,,1;2,new,男,0;1,3;4,addr,010,1,,旅游,x\n"+
		"B,b,+86 13822222222,,2,,2,,,,,0,,,\n"+
		"C,c,123,,2,,,,,,,,,,\n"+
		"D,d,,,2,,,,,,,,,,\n"+
		"E,e,13833333333,,R&D,,,,,,,,,,\n")
	assert.EqualValues(t, 3, r["status"])
	assert.EqualValues(t, 100, r["percentage"])
	assert.EqualValues(t, 5, r["total"])
	assert.Equal(t, "sync_user", r["type"])
	assert.Equal(t, []any{"a", "b", "c", "d", "e"}, listed(r, "result", "userid"))
	assert.Equal(t, []any{0.0, 0.0, 60103.0, 60129.0, 60123.0}, listed(r, "result", "errcode"))
	a, _ := o.corp.User("a")
	b, _ := o.corp.User("b")
	assert.Equal(t, "stays", a.Alias, "a column that is absent leaves the field alone")
	assert.Equal(t, []any{"new", "1", "13811111111", []int64{2}, []int64{3, 4}, wecomtest.MemberDisabled, "旅游"},
		[]any{a.Position, a.Gender, a.Mobile, a.LeaderOf, a.Orders, a.Status, a.Attributes[0].Text})
	assert.Len(t, a.Attributes, 1)
	assert.Equal(t, []any{"13822222222", 1}, []any{b.Mobile, b.Invitations})
	require.Len(t, o.corp.Users(), 3)
}

func TestImportFiles(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for name, c := range map[string]struct{ path, content string }{
		"header only of departments": {syncUser, partyHeader},
		"header of members":          {replaceParty, userHeader},
		"no header":                  {syncUser, "张三,zhangsan,13800000000,,1\n"},
		"GBK":                        {syncUser, "\xd0\xd5\xc3\xfb,x,y,z\n"},
		"column twice":               {syncUser, "姓名,帐号,手机号,邮箱,所在部门,姓名\n"},
		"ragged":                     {syncUser, userHeader + "a,b\n"},
		"quotes":                     {syncUser, userHeader + "\"a,b\n"},
		"blank":                      {syncUser, "\n\n\n\n\n\n\n"},
		"no number":                  {replaceParty, partyHeader + "x,two,1,\n"},
	} {
		o.refused(40092, c.path+o.token, object{"media_id": o.upload(o.token, "file", name+".csv", c.content)})
	}
	o.refused(40007, syncUser+o.token, object{"media_id": "x"})
	o.refused(40007, syncUser+o.token, object{"media_id": o.upload(o.token, "image", "a.png", "\x89PNG\r\n\x1a\n0123456789")})
	o.fails(302003, syncUser, userHeader+"A,a,13811111111,,1,\nB,A,13822222222,,1,\n")
	o.fails(302006, replaceParty, partyHeader+"x,2,1,\ny,2,1,\n")
	o.fails(302007, replaceParty, partyHeader+"x,2,1,\nx,3,1,\n")
	o.fails(302004, replaceParty, partyHeader+"x,2,3,\ny,3,2,\n")
	o.fails(302004, replaceParty, partyHeader+"x,2,9,\n")
	assert.Len(t, o.corp.Users(), 1, "a job that fails as a whole does nothing")
	assert.Len(t, o.corp.Departments(), 1)
	o.refused(48002, syncUser+o.access(o.p.NewApp(wecomtest.AppConfig{})), object{"media_id": "x"})
}

func TestReplaceUser(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for i := range 5 {
		o.person(fmt.Sprint("u", i), nil)
	}
	o.fails(302005, replaceUser, userHeader+"B,b,13822222222,,1,\n") // 5 of 6 would go
	require.Len(t, o.corp.Users(), 6)
	r := o.run(replaceUser, userHeader+"B,b,13822222222,,1,\nU,u0,13800000000,,1,\n")
	assert.Equal(t, "replace_user", r["type"])
	var left []string
	for _, u := range o.corp.Users() {
		left = append(left, u.ID)
	}
	assert.Equal(t, []string{"boss", "u0", "b"}, left, "the creator stays")
}

func TestReplaceParty(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.party(2, 1, "a")
	o.party(3, 2, "b")
	o.party(4, 1, "empty")
	o.party(5, 1, "peopled")
	o.person("a", object{"department": []int{5}})
	// b comes above a, the two take each other's name, and children come before
	// their parents.
	r := o.run(replaceParty, partyHeader+"new,6,2,7\nb,2,3,\na,3,1,9\nnew,7,6,\n,8,1,\nAcme,1,,\n")
	assert.Equal(t, "replace_party", r["type"])
	got := map[any][]any{}
	for _, item := range r["result"].([]any) {
		row := item.(object)
		got[row["partyid"]] = []any{row["action"], row["errcode"]}
	}
	assert.Equal(t, map[any][]any{
		1.0: {0.0, 0.0}, 3.0: {14.0, 0.0}, 2.0: {6.0, 0.0}, 6.0: {1.0, 0.0}, 7.0: {1.0, 0.0}, 8.0: {0.0, 60001.0},
	}, got)
	tree := func() map[int64]string {
		all := map[int64]string{}
		for _, d := range o.corp.Departments() {
			all[d.ID] = fmt.Sprint(d.ParentID, d.Name, d.Order)
		}
		return all
	}
	want := map[int64]string{1: "0Acme0", 2: "3b0", 3: "1a9", 5: "1peopled0", 6: "2new7", 7: "6new0"}
	assert.Equal(t, want, tree(), "empty departments that are not in the file go")
	o.run(syncUser, userHeader+"A,a,13811111111,,6,\n")
	delete(want, 5)
	assert.Equal(t, want, tree(), "a department goes when a later import has emptied it")
}

func TestReplacePartyKeepsNamesOfTheRest(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.party(5, 1, "peopled")
	o.person("a", object{"department": []int{5}})
	r := o.run(replaceParty, partyHeader+"peopled,6,1,\n")
	assert.Equal(t, []any{60008.0}, listed(r, "result", "errcode"))
}

func TestJobTakesTime(t *testing.T) {
	t.Parallel()
	o := newOffice(t, wecomtest.WithJobDuration(time.Minute))
	var rows strings.Builder
	for i := range 10 {
		fmt.Fprintf(&rows, "n,u%d,1380000000%d,,1,\n", i, i)
	}
	id := o.start(syncUser, userHeader+rows.String())
	state := func() []any {
		r := o.ok(jobResult+o.token+"&jobid="+id, nil)
		rows, _ := r["result"].([]any)
		return []any{r["status"], r["percentage"], r["total"], len(rows)}
	}
	assert.Equal(t, []any{1.0, 0.0, 10.0, 0}, state())
	o.refused(302008, syncUser+o.token, o.importBody(userHeader))
	o.p.Advance(33 * time.Second)
	assert.Equal(t, []any{2.0, 50.0, 10.0, 5}, state())
	assert.Len(t, o.corp.Users(), 6)
	o.p.Advance(30 * time.Second)
	assert.Len(t, o.corp.Users(), 11, "without a call, too")
	assert.Equal(t, []any{3.0, 100.0, 10.0, 10}, state())

	for range 4 {
		o.start(syncUser, userHeader)
		o.p.Advance(time.Minute)
	}
	assert.Equal(t, []any{3.0, 100.0, 10.0, 10}, state(), "the last five are kept")
	o.start(syncUser, userHeader)
	o.refused(40089, jobResult+o.token+"&jobid="+id, nil)
	o.refused(40088, jobResult+o.token+"&jobid=x", nil)
}

// The end of a job is pushed to the callback of the request, also when the clock
// is moved, and not once the platform is closed.
func TestJobCallback(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, wecomtest.WithoutServer(), wecomtest.WithJobDuration(10*time.Minute))
		v := &receiver{token: "token", aesKey: strings.Repeat("a", 43), answer: func(http.ResponseWriter, *http.Request, []byte) {}}
		o.p.Handle("vendor.example.com", v)
		callback := []string{"https://vendor.example.com/job", v.token, v.aesKey}
		o.refused(40057, syncUser+o.token, o.importBody(userHeader, "ftp://x", v.token, v.aesKey))
		o.refused(40058, syncUser+o.token, o.importBody(userHeader, callback[0], v.token, "short"))
		id := o.start(syncUser, userHeader, callback...)
		synctest.Wait()
		assert.Empty(t, v.all())
		o.p.Advance(5 * time.Minute)
		synctest.Wait()
		assert.Empty(t, v.all())
		o.p.Advance(5 * time.Minute)
		synctest.Wait()
		require.Len(t, v.all(), 1)
		got := v.last()
		assert.Equal(t, o.corp.ID, got.receiver)
		assert.Equal(t, o.corp.ID, got.event.ToUserName)
		for _, part := range []string{
			"<Event><![CDATA[batch_job_result]]></Event>", "<JobId><![CDATA[" + id + "]]></JobId>",
			"<JobType><![CDATA[sync_user]]></JobType>", "<ErrCode>0</ErrCode>", "<ErrMsg><![CDATA[ok]]></ErrMsg>",
		} {
			assert.Contains(t, got.message, part)
		}
		assert.True(t, o.p.Deliveries()[len(o.p.Deliveries())-1].Delivered)

		o = newOffice(t, wecomtest.WithoutServer(), wecomtest.WithJobDuration(10*time.Minute))
		o.p.Handle("vendor.example.com", v)
		o.start(syncUser, userHeader+"A,a,13811111111,,1,\nB,A,13822222222,,1,\n", callback...)
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		require.Len(t, v.all(), 2)
		assert.Contains(t, v.last().message, "<ErrCode>302003</ErrCode>")
		o.start(syncUser, userHeader, callback...)
		o.p.Close()
		o.p.Advance(time.Hour)
		synctest.Wait()
		assert.Len(t, v.all(), 2)
	})
}

// Files that no administrator writes do not hold up the platform.
func TestImportOfStrangeFilesEnds(t *testing.T) {
	t.Parallel()
	o := newOffice(t, wecomtest.WithJobDuration(0))
	var chain, wide strings.Builder
	for id := 2; id < 30_000; id++ {
		fmt.Fprintf(&chain, "d,%d,%d\n", id, id-1)
		fmt.Fprintf(&wide, ",c%d", id)
	}
	o.run(replaceParty, "部门名称,部门ID,父部门ID\n"+chain.String())
	assert.Len(t, o.corp.Departments(), 15, "as many as there can be levels")
	o.fails(302004, replaceParty, "部门名称,部门ID,父部门ID\na,2,3\nb,3,2\n")
	o.run(syncUser, strings.TrimSpace(userHeader)+wide.String())
}
