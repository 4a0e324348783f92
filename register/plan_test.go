package register_test

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/corp/contact"
	"github.com/wecom-isv/wecom/register"
)

func dep(id, parent int64, name string) contact.CreateDepartmentRequest {
	return contact.CreateDepartmentRequest{ID: id, ParentID: parent, Name: name}
}

// person is a member whom nothing is wrong with.
func person(id string, number int, departments ...int64) contact.CreateUserRequest {
	return contact.CreateUserRequest{UserID: id, Name: "员工" + id, Mobile: fmt.Sprintf("138%08d", number), Department: departments}
}

func source(departments []contact.CreateDepartmentRequest, users []contact.CreateUserRequest, tags ...register.Tag) register.PlanSource {
	return register.PlanSource{Departments: register.Items(departments), Users: register.Items(users), Tags: register.Items(tags)}
}

func newPlan(t testing.TB, src register.PlanSource) *register.Plan {
	t.Helper()
	plan, err := register.NewPlan(src)
	require.NoError(t, err)
	return plan
}

// problems returns the texts of everything that is wrong with src.
func problems(t *testing.T, src register.PlanSource) []string {
	t.Helper()
	plan, err := register.NewPlan(src)
	assert.Nil(t, plan)
	wrong, ok := errors.AsType[*register.PlanError](err)
	require.True(t, ok, "%v", err)
	var texts []string
	for _, p := range wrong.Problems {
		texts = append(texts, p.String())
	}
	return texts
}

func TestPlan(t *testing.T) {
	t.Parallel()
	leader := person("boss", 1, 1)
	led := person("led", 2, 2)
	led.DirectLeader = []string{"BOSS"}
	departments := []contact.CreateDepartmentRequest{dep(3, 2, "后端"), dep(2, 1, "研发")}
	tag := register.Tag{ID: 1, Name: "骨干", Users: []string{"Led"}, Departments: []int64{1, 3}}
	plan := newPlan(t, source(departments, []contact.CreateUserRequest{led, leader}, tag))
	assert.Equal(t, []int{2, 2, 1}, []int{plan.Departments(), plan.Users(), plan.Tags()})
	assert.Equal(t, "register.Plan(2 departments, 2 users, 1 tags)", plan.String())
	assert.Len(t, plan.Fingerprint(), 32)

	slices.Reverse(departments)
	again := newPlan(t, source(departments, []contact.CreateUserRequest{leader, led}, tag))
	assert.Equal(t, plan.Fingerprint(), again.Fingerprint(), "the order does not matter")
	led.Position = "工程师"
	other := newPlan(t, source(departments, []contact.CreateUserRequest{leader, led}, tag))
	assert.NotEqual(t, plan.Fingerprint(), other.Fingerprint())

	empty := newPlan(t, register.PlanSource{})
	assert.Zero(t, empty.Departments()+empty.Users()+empty.Tags())
}

func TestPlanReportsAllDepartmentProblems(t *testing.T) {
	t.Parallel()
	long := dep(20, 1, strings.Repeat("长", 65))
	odd := dep(21, 1, "a:b")
	twin := dep(22, 1, "twin")
	twin.NameEn = "Twin"
	twin2 := dep(23, 1, "twin")
	twin2.NameEn = "Twin"
	assert.Equal(t, []string{
		"department 1 (20): Name has 65 characters: 1 to 64 are allowed",
		`department 2 (21): Name must not hold any of \ : * ? " < > |`,
		"department 4 (23): Name is that of department 3 as well",
		"department 4 (23): NameEn is that of department 3 as well",
		"department 5 (1): ID must be 0 or 2 to 4294967295",
		"department 5 (1): ID is that of the root, which is there already: leave it out",
		"department 6 (0): ID is missing: without an id of yours a migration cannot be repeated safely",
		"department 7 (22): ID is that of department 3 as well",
		"department 8 (24): Name is missing",
		"department 9 (25): ParentID is 0: 1 to 4294967295 are allowed",
		"department 10 (26): Name has a control character",
		"department 11 (27): Order is -1: 0 to 4294967295 are allowed",
		"department 12 (28): ParentID names department 99, which is not in the plan",
	}, problems(t, source([]contact.CreateDepartmentRequest{
		long, odd, twin, twin2, dep(1, 1, "root"), dep(0, 1, "none"), dep(22, 1, "again"), dep(24, 1, ""), dep(25, 0, "orphan"),
		dep(26, 1, "a\tb"),
		{ID: 27, ParentID: 1, Name: "order", Order: -1},
		dep(28, 99, "lost"),
	}, nil)))
}

func TestPlanFindsCirclesAndDepth(t *testing.T) {
	t.Parallel()
	// 2 → 3 → 4 → 2 is a circle, 5 hangs on it, 6 is its own parent.
	assert.Equal(t, []string{
		"department 1 (2): ParentID makes a circle: the department would be below itself",
		"department 5 (6): ParentID makes a circle: the department would be below itself",
	}, problems(t, source([]contact.CreateDepartmentRequest{
		dep(2, 3, "a"), dep(3, 4, "b"), dep(4, 2, "c"), dep(5, 4, "d"), dep(6, 6, "e"),
	}, nil)))

	var deep []contact.CreateDepartmentRequest
	for i := range int64(16) {
		deep = append(deep, dep(i+2, i+1, "level"))
	}
	assert.Equal(t, []string{"department 16 (17): ParentID puts it on level 16: at most 15 are allowed"}, problems(t, source(deep, nil)))
	newPlan(t, source(deep[:15], nil))
}

func TestPlanReportsAllUserProblems(t *testing.T) {
	t.Parallel()
	user := func(id string, number int, change func(*contact.CreateUserRequest)) contact.CreateUserRequest {
		u := person(id, number, 1)
		change(&u)
		return u
	}
	found := problems(t, source([]contact.CreateDepartmentRequest{dep(2, 1, "研发")}, []contact.CreateUserRequest{
		user("zhang", 1, func(u *contact.CreateUserRequest) { u.Email = "a@b.com" }),
		user("ZHANG", 2, func(u *contact.CreateUserRequest) { u.Email = "A@B.com" }),
		user("li", 3, func(u *contact.CreateUserRequest) { u.Mobile = "+86 138-0000 0001" }),
		user("wang", 4, func(u *contact.CreateUserRequest) { u.Mobile = "" }),
		user("bad id", 5, func(u *contact.CreateUserRequest) { u.Name = "" }),
		user("m1", 6, func(u *contact.CreateUserRequest) { u.Mobile = "1380000" }),
		user("m2", 7, func(u *contact.CreateUserRequest) { u.Mobile = "+1 abc" }),
		user("m3", 8, func(u *contact.CreateUserRequest) { u.Mobile = "1.38E+10" }),
		user("e1", 9, func(u *contact.CreateUserRequest) { u.Email = "nobody.example" }),
		user("d1", 10, func(u *contact.CreateUserRequest) { u.Department = nil }),
		user("d2", 11, func(u *contact.CreateUserRequest) { u.Department = []int64{2, 9, 2} }),
		user("d3", 12, func(u *contact.CreateUserRequest) { u.IsLeaderInDept = []int32{1, 0}; u.MainDepartment = 2 }),
		user("l1", 13, func(u *contact.CreateUserRequest) { u.DirectLeader = []string{"nobody"} }),
		user("l2", 14, func(u *contact.CreateUserRequest) { u.DirectLeader = []string{"L2"} }),
		user("l3", 15, func(u *contact.CreateUserRequest) { u.DirectLeader = []string{"l4"} }),
		user("l4", 16, func(u *contact.CreateUserRequest) { u.DirectLeader = []string{"l3"} }),
		user("inv", 17, func(u *contact.CreateUserRequest) { u.ToInvite = new(true) }),
		user("pos", 18, func(u *contact.CreateUserRequest) { u.Position = "a\nb" }),
		user("hk", 19, func(u *contact.CreateUserRequest) { u.Mobile = "+852 5123 4567" }),
	}))
	assert.Equal(t, []string{
		"user 2 (ZHANG): UserID is that of user 1 as well; case does not count",
		"user 2 (ZHANG): Email is that of user 1 as well",
		"user 3 (li): Mobile is that of user 1 as well",
		"user 4 (wang): Mobile and Email are both missing",
		"user 5 (bad id): UserID must be of digits, letters and _ - @ . and begin with a digit or letter",
		"user 5 (bad id): Name is missing",
		"user 6 (m1): Mobile is none: 11 digits, or with the country, as +852 …",
		"user 7 (m2): Mobile is none: 11 digits, or with the country, as +852 …",
		"user 8 (m3): Mobile is none: 11 digits, or with the country, as +852 …",
		"user 9 (e1): Email is no address such as name@example.com",
		"user 10 (d1): Department is missing: 1 is the root",
		"user 11 (d2): Department[1] names department 9, which is not in the plan",
		"user 11 (d2): Department[2] is there twice",
		"user 12 (d3): IsLeaderInDept must have as many entries as Department",
		"user 12 (d3): MainDepartment is not among Department",
		`user 13 (l1): DirectLeader[0] names "nobody", who is not in the plan`,
		"user 14 (l2): DirectLeader[0] is the member",
		"user 17 (inv): ToInvite is true: leave it out and set MigrateConfig.Invite",
		"user 18 (pos): Position has a control character",
		"user 15 (l3): DirectLeader is part of a circle of leaders",
	}, found)
	for _, text := range found {
		assert.NotContains(t, text, "138000", "no mobile is quoted")
		assert.NotContains(t, strings.ToLower(text), "a@b.com", "no email is quoted")
	}
}

func TestPlanReportsAllTagProblems(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []string{
		"tag 1 (0): ID must be 1 or more: without an id of yours a migration cannot be repeated safely",
		`tag 1 (0): Users[0] names "nobody", who is not in the plan`,
		"tag 1 (0): Users[2] is there twice",
		"tag 1 (0): Departments[0] names department 7, which is not in the plan",
		"tag 1 (0): Departments[2] is there twice",
		"tag 3 (2): ID is that of tag 2 as well",
		"tag 3 (2): Name is that of tag 2 as well",
		"tag 4 (3): Name has 33 characters: 1 to 32 are allowed",
	}, problems(t, source(nil, []contact.CreateUserRequest{person("u", 1, 1)},
		register.Tag{Name: "zero", Users: []string{"nobody", "u", "U"}, Departments: []int64{7, 1, 1}},
		register.Tag{ID: 2, Name: "twin"}, register.Tag{ID: 2, Name: "twin"},
		register.Tag{ID: 3, Name: strings.Repeat("字", 33)},
	)))
}

func TestPlanTooLarge(t *testing.T) {
	t.Parallel()
	var departments []contact.CreateDepartmentRequest
	for i := range int64(30000) {
		departments = append(departments, dep(i+2, 1, fmt.Sprintf("部门%d", i)))
	}
	found := problems(t, source(departments, []contact.CreateUserRequest{person("u", 1, 1)}))
	assert.Equal(t, []string{
		"department: there are 30000: at most 29999 are allowed beside the root",
		"department (1): has 30001 departments and members: at most 30000 are allowed",
	}, found)

	var tags []register.Tag
	for i := range int64(3001) {
		tags = append(tags, register.Tag{ID: i + 1, Name: fmt.Sprint(i)})
	}
	assert.Equal(t, []string{"tag: there are 3001: at most 3000 are allowed"}, problems(t, source(nil, nil, tags...)))
}

func TestPlanErrorIsShort(t *testing.T) {
	t.Parallel()
	users := make([]contact.CreateUserRequest, 30)
	_, err := register.NewPlan(register.PlanSource{Users: register.Items(users)})
	require.ErrorContains(t, err, "problems; user 1: UserID is missing; ")
	require.ErrorContains(t, err, "more")
	assert.Less(t, len(err.Error()), 1000)
}

func TestPlanEndsWithItsSource(t *testing.T) {
	t.Parallel()
	broken := func(yield func(contact.CreateUserRequest, error) bool) {
		yield(contact.CreateUserRequest{}, io.ErrUnexpectedEOF)
	}
	_, err := register.NewPlan(register.PlanSource{Users: broken})
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.ErrorContains(t, err, "the users cannot be read")
}
