package register_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/corp/contact"
	"github.com/wecom-isv/wecom/register"
)

// readUsers reads a file that is right.
func readUsers(t *testing.T, file string) []contact.CreateUserRequest {
	t.Helper()
	var users []contact.CreateUserRequest
	for u, err := range register.ReadUsersCSV(strings.NewReader(file)) {
		require.NoError(t, err)
		users = append(users, u)
	}
	return users
}

func TestReadUsersCSV(t *testing.T) {
	t.Parallel()
	// The template of today, with the mark that Excel writes, and a custom attribute.
	users := readUsers(t, "\ufeff姓名,帐号,手机号,邮箱,所在部门,职位,性别,是否部门内领导,排序,别名,地址,座机,禁用,禁用项说明：(0-启用;1-禁用),工号\r\n"+
		"张三,zhangsan,13800000000,zhangsan@example.com,2;3,\"工程师, 后端\",男,1;0,10；20,jack,广州,020-123456,1,,G001\r\n"+
		",,,,,,,,,,,,,,\r\n"+
		" 李四 , lisi ,13800000001,,1,,2,,,,,,0,,\r\n")
	require.Len(t, users, 2)
	assert.Equal(t, contact.CreateUserRequest{
		Name: "张三", UserID: "zhangsan", Mobile: "13800000000", Email: "zhangsan@example.com", Department: []int64{2, 3},
		Position: "工程师, 后端", Gender: contact.GenderMale, IsLeaderInDept: []int32{1, 0}, Order: []int64{10, 20},
		Alias: "jack", Address: "广州", Telephone: "020-123456", Enable: new(contact.Off),
		ExtAttr: contact.ExtAttrs{Attrs: []contact.Attr{{Name: "工号", Text: &contact.AttrText{Value: "G001"}}}},
	}, users[0])
	assert.Equal(t, contact.CreateUserRequest{
		Name: "李四", UserID: "lisi", Mobile: "13800000001", Department: []int64{1}, Gender: contact.GenderFemale,
	}, users[1])
}

func TestReadUsersCSVOfFormerYears(t *testing.T) {
	t.Parallel()
	want := []contact.CreateUserRequest{{Name: "张三", UserID: "zhangsan", Mobile: "13800000000", Department: []int64{1}, Position: "经理"}}
	assert.Equal(t, want, readUsers(t, "姓名,帐号,手机号,邮箱,所在部门,职位\n张三,zhangsan,13800000000,,1,经理\n"))
	assert.Equal(t, want, readUsers(t, "姓名,帐号,微信号,手机号,邮箱,所在部门,职位\n张三,zhangsan,wx,13800000000,,1,经理\n"))
	assert.Equal(t, want, readUsers(t, "职务,姓名,账号,手机号,所在部门\n经理,张三,zhangsan,13800000000,1")) // another order, another spelling
}

// What contact.WriteUsersCSV writes is read.
func TestReadUsersCSVReadsWhatContactWrites(t *testing.T) {
	t.Parallel()
	var file strings.Builder
	require.NoError(t, contact.WriteUsersCSV(&file, []contact.UserRow{{
		Name: "张三", UserID: "z", Email: "z@example.com", Department: []int64{2, 1}, Order: []int64{1, 2}, Disabled: true, Telephone: "1",
	}}))
	assert.Equal(t, []contact.CreateUserRequest{{
		Name: "张三", UserID: "z", Email: "z@example.com", Department: []int64{2, 1}, Order: []int64{1, 2}, Enable: new(contact.Off), Telephone: "1",
	}}, readUsers(t, file.String()))
}

func TestReadDepartmentsCSV(t *testing.T) {
	t.Parallel()
	file := "部门名称,部门ID,父部门ID,排序,英文名称\n总公司,1,0,\n研发,2,1,10,R&D\n后端,3,2,,\n"
	var departments []contact.CreateDepartmentRequest
	for d, err := range register.ReadDepartmentsCSV(strings.NewReader(file)) {
		require.NoError(t, err)
		departments = append(departments, d)
	}
	assert.Equal(t, []contact.CreateDepartmentRequest{
		{Name: "研发", ID: 2, ParentID: 1, Order: 10, NameEn: "R&D"}, {Name: "后端", ID: 3, ParentID: 2},
	}, departments)
}

// What is wrong with cells is reported with all else that is wrong.
func TestPlanReportsCells(t *testing.T) {
	t.Parallel()
	departments := register.ReadDepartmentsCSV(strings.NewReader("部门名称,部门ID,父部门ID,城市\n研发,2,x,\n财务,3,1,广州\n"))
	users := register.ReadUsersCSV(strings.NewReader("姓名,帐号,手机号,所在部门,性别,是否部门内领导,禁用\n" +
		"张三,zhangsan,13800000000,研发,?,maybe,yes\n李四,lisi,13800000001,1;3,,,,,more\n"))
	assert.Equal(t, []string{
		"department 1 (2): 父部门ID is no whole number",
		"department 2 (3): 城市 is no column of departments",
		"user 1 (zhangsan): 所在部门 is no whole number",
		"user 1 (zhangsan): 性别 is none of 男, 女, 1 and 2",
		"user 1 (zhangsan): 是否部门内领导 is none of 1, 0, 是 and 否",
		"user 1 (zhangsan): 禁用 is none of 1, 0, 是 and 否",
		"user 2 (lisi): has the column 9, which has no title",
		"department 1 (2): ParentID is 0: 1 to 4294967295 are allowed",
		"user 1 (zhangsan): Department is missing: 1 is the root",
	}, problems(t, register.PlanSource{Departments: departments, Users: users}))
}

// Rows are counted alike, whoever finds them wrong, with a row of the root as well.
func TestPlanCountsRowsOfAFile(t *testing.T) {
	t.Parallel()
	departments := register.ReadDepartmentsCSV(strings.NewReader("部门名称,部门ID,父部门ID,排序\n总公司,1,0,x\n研发,2,7,\n财务,3,1,x\n"))
	assert.Equal(t, []string{
		"department 2 (3): 排序 is no whole number",
		"department 1 (2): ParentID names department 7, which is not in the plan",
	}, problems(t, register.PlanSource{Departments: departments}))
}

func TestReadCSVRefusesOtherFiles(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ file, want string }{
		"empty":           {"", "the file is empty"},
		"no titles":       {"张三,zhangsan\n", "the column 姓名 is missing in the first row"},
		"twice":           {"姓名,帐号,账号\n", "the column 账号 is there twice in the first row"},
		"no id":           {"姓名,手机号\n", "the column 帐号 is missing in the first row"},
		"GBK":             {"\xd0\xd5\xc3\xfb,\xd5\xca\xba\xc5\n", "is not UTF-8"},
		"GBK in a row":    {"姓名,帐号\n\xd5\xc5\xc8\xfd,z\n", "is not UTF-8: save it as CSV UTF-8: line 2"},
		"UTF-16":          {"\xff\xfe\xd3\x59", "is not UTF-8"},
		"an open quote":   {"姓名,帐号\n\"张三,z\n", "line 2 of the file is no CSV"},
		"quote in a cell": {"姓名,帐号\n张\"三,z\n", "line 2 of the file is no CSV"},
	} {
		var last error
		for _, err := range register.ReadUsersCSV(strings.NewReader(tt.file)) {
			last = err
		}
		require.ErrorContains(t, last, tt.want, name)
		assert.Equal(t, strings.Contains(tt.want, "UTF-8"), errors.Is(last, register.ErrNotUTF8), name)
	}
	broken := errors.New("disk on fire")
	_, err := register.NewPlan(register.PlanSource{Users: register.ReadUsersCSV(iotest.ErrReader(broken))})
	require.ErrorIs(t, err, broken)
}

// Whoever stops early is not called again.
func TestReadCSVStops(t *testing.T) {
	t.Parallel()
	for _, err := range register.ReadUsersCSV(strings.NewReader("姓名,帐号\na,a\nb,b\n")) {
		require.NoError(t, err)
		break
	}
	for _, err := range register.ReadDepartmentsCSV(strings.NewReader("部门名称,部门ID,父部门ID\na,2,1\nb,3,1\n")) {
		require.NoError(t, err)
		break
	}
	for item, err := range register.Items([]int{1, 2}) {
		require.NoError(t, err)
		require.Equal(t, 1, item)
		break
	}
}

func FuzzReadUsersCSV(f *testing.F) {
	f.Add("姓名,帐号,所在部门\n张三,z,1;2\n")
	f.Add("\ufeff姓名,帐号,性别,禁用\n张三,z,男,1\n")
	f.Add("姓名,帐号\n\"")
	f.Fuzz(func(t *testing.T, file string) {
		var users []contact.CreateUserRequest
		whole := true
		for u, err := range register.ReadUsersCSV(strings.NewReader(file)) {
			whole = whole && err == nil
			users = append(users, u)
		}
		if _, err := register.NewPlan(register.PlanSource{Users: register.Items(users)}); err != nil || !whole || len(users) == 0 {
			return
		}
		// What makes a plan can be imported.
		rows := make([]contact.UserRow, len(users))
		for i, u := range users {
			rows[i] = contact.UserRow{Name: u.Name, UserID: u.UserID, Mobile: u.Mobile, Email: u.Email, Department: slices.Clone(u.Department), Position: u.Position, Alias: u.Alias, Address: u.Address, Telephone: u.Telephone}
		}
		if err := contact.WriteUsersCSV(new(strings.Builder), rows); err != nil {
			t.Fatal(err)
		}
	})
}
