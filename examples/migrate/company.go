package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/wecom-isv/wecom/corp/contact"
	"github.com/wecom-isv/wecom/register"
)

// readPlan is what the corp shall have: the files, or a made-up company, which is
// the same each time.
func readPlan(o options) (*register.Plan, error) {
	if o.UsersCSV == "" {
		departments, users := company(o.People, o.Departments)
		return register.NewPlan(register.PlanSource{Departments: register.Items(departments), Users: register.Items(users)})
	}
	var src register.PlanSource
	users, err := os.Open(o.UsersCSV)
	if err != nil {
		return nil, err
	}
	defer func() { _ = users.Close() }() // it was only read
	src.Users = register.ReadUsersCSV(users)
	if o.DepartmentsCSV != "" {
		departments, err := os.Open(o.DepartmentsCSV)
		if err != nil {
			return nil, err
		}
		defer func() { _ = departments.Close() }()
		src.Departments = register.ReadDepartmentsCSV(departments)
	}
	plan, err := register.NewPlan(src)
	if wrong, ok := errors.AsType[*register.PlanError](err); ok {
		return nil, listed(wrong.Problems)
	}
	return plan, err
}

// listed is everything that is wrong, one in a line.
func listed(problems []register.Problem) error {
	const most = 50
	lines := []string{fmt.Sprintf("the plan has %d problems, nothing was sent:", len(problems))}
	for _, p := range problems[:min(len(problems), most)] {
		lines = append(lines, p.String())
	}
	if left := len(problems) - most; left > 0 {
		lines = append(lines, fmt.Sprintf("… and %d more", left))
	}
	return errors.New(strings.Join(lines, "\n  "))
}

// company makes up a corp: divisions, departments and teams, each with somebody who
// leads it.
func company(people, departments int) ([]contact.CreateDepartmentRequest, []contact.CreateUserRequest) {
	const (
		firstID  = 2  // after the root
		branches = 10 // of the root, and of each department
	)
	tree := make([]contact.CreateDepartmentRequest, departments)
	for i := range tree {
		parent := int64(contact.RootDepartment)
		if i >= branches {
			parent = int64(i/branches-1) + firstID
		}
		tree[i] = contact.CreateDepartmentRequest{
			ID: int64(i) + firstID, ParentID: parent, Order: int64(departments - i),
			Name: pick([]string{"研发", "产品", "设计", "销售", "市场", "财务", "人事", "行政", "法务", "客服"}, i) + fmt.Sprintf("%d部", i+1),
		}
	}
	users := make([]contact.CreateUserRequest, people)
	for i := range users {
		u := contact.CreateUserRequest{
			UserID: fmt.Sprintf("user%05d", i+1), Mobile: fmt.Sprintf("139%08d", i), Department: []int64{int64(i%departments) + firstID},
			Name: pick([]string{"赵", "钱", "孙", "李", "周", "吴", "郑", "王", "冯", "陈", "褚", "卫"}, i/7) +
				pick([]string{"伟", "芳", "娜", "敏", "静", "强", "磊", "洋", "艳", "勇", "杰", "娟", "涛", "超"}, i) +
				pick([]string{"", "华", "明", "平"}, i/3),
			Position: pick([]string{"工程师", "经理", "专员", "顾问", "主管"}, i),
		}
		if i < departments {
			u.Position, u.IsLeaderInDept = "负责人", []int32{1}
		}
		users[i] = u
	}
	slices.Reverse(users) // the order does not matter
	return tree, users
}

func pick(words []string, i int) string { return words[i%len(words)] }
