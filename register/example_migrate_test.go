package register_test

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/corp/contact"
	"github.com/wecom-isv/wecom/provider"
	"github.com/wecom-isv/wecom/register"
	"github.com/wecom-isv/wecom/wecomtest"
)

// The people of a company that has just registered move in.
func ExampleContacts_Migrate() {
	ctx := context.Background()
	platform, err := wecomtest.Start(wecomtest.WithoutServer())
	if err != nil {
		panic(err)
	}
	defer platform.Close()
	pkg := platform.NewPackage(wecomtest.PackageConfig{ContactMigration: true})
	api, err := wecom.New(wecom.WithBaseURL(platform.URL()), wecom.WithTransport(platform.Transport()))
	if err != nil {
		panic(err)
	}
	p, err := provider.New(api, provider.Config{CorpID: platform.Provider().CorpID, Secret: platform.Provider().Secret})
	if err != nil {
		panic(err)
	}
	reg := register.New(p)
	link, err := reg.Start(ctx, register.GetRegisterCodeRequest{TemplateID: pkg.TemplateID})
	if err != nil {
		panic(err)
	}
	corp, err := platform.Register(ctx, link.URL, wecomtest.RegisterForm{CorpName: "Acme"}) // a person does this
	if err != nil {
		panic(err)
	}
	info, err := reg.GetRegisterInfo(ctx, link.Code)
	if err != nil {
		panic(err)
	}
	contacts, err := reg.FromInfo(info) // or a Registration of Flow
	if err != nil {
		panic(err)
	}

	plan, err := register.NewPlan(register.PlanSource{
		Departments: register.Items([]contact.CreateDepartmentRequest{{ID: 2, ParentID: contact.RootDepartment, Name: "销售"}}),
		Users: register.ReadUsersCSV(strings.NewReader("姓名,帐号,手机号,所在部门\n" + // WeCom's template
			"张三,zhangsan,13800000001,2\n李四,lisi,13800000002,2\n")),
	})
	if err != nil {
		panic(err) // a *register.PlanError: every item that is wrong; nothing was sent
	}
	report, err := contacts.Migrate(ctx, plan, register.MigrateConfig{}) // in earnest with a Checkpoint
	if err != nil {
		panic(err)
	}
	fmt.Println(report.Users.Created, "people moved in, complete:", report.Complete())
	fmt.Println("still locked:", corp.ContactsLocked())
	// Output:
	// 2 people moved in, complete: true
	// still locked: false
}

// All that is wrong with a plan is told before anything is sent.
func ExampleNewPlan() {
	_, err := register.NewPlan(register.PlanSource{
		Users: register.Items([]contact.CreateUserRequest{
			{UserID: "zhangsan", Name: "张三", Mobile: "13800000001", Department: []int64{1}},
			{UserID: "ZhangSan", Name: "张三丰", Mobile: "13800000002", Department: []int64{7}},
		}),
	})
	if wrong, ok := errors.AsType[*register.PlanError](err); ok {
		for _, problem := range wrong.Problems {
			fmt.Println(problem)
		}
	}
	// Output:
	// user 2 (ZhangSan): UserID is that of user 1 as well; case does not count
	// user 2 (ZhangSan): Department[0] names department 7, which is not in the plan
}
