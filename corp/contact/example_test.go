package contact_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"

	"github.com/jarcoal/httpmock"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/corp/contact"
)

// exampleCorp is an app in a corp; a program takes suite.Client.Corp.
func exampleCorp(reply string) wecom.AccessToken {
	mock := httpmock.NewMockTransport()
	mock.RegisterNoResponder(httpmock.NewStringResponder(http.StatusOK, reply))
	api, err := wecom.New(wecom.WithTransport(mock))
	if err != nil {
		panic(err)
	}
	corp, err := wecom.NewAccessToken(api, wecom.TokenFunc(func(context.Context) (wecom.Token, error) {
		return wecom.Token{Value: "token"}, nil
	}))
	if err != nil {
		panic(err)
	}
	return corp
}

func ExampleUsers_AllIDs() {
	c := contact.New(exampleCorp(`{"errcode":0,"dept_user":[{"open_userid":"woA","department":1},{"open_userid":"woB","department":2}]}`))
	for member, err := range c.Users().AllIDs(context.Background()) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(member.ID(), member.DepartmentID)
	}
	// Output:
	// woA 1
	// woB 2
}

func ExampleBatch_WaitResult() {
	c := contact.New(exampleCorp(`{"errcode":0,"status":3,"type":"sync_user","total":2,"percentage":100,"result":[
		{"userid":"zhangsan","errcode":0,"errmsg":"ok"},{"userid":"lisi","errcode":60104,"errmsg":"mobile existed"}]}`))
	r, err := c.Batch().WaitResult(context.Background(), "JOB")
	if failed, ok := errors.AsType[*contact.ItemErrors](err); ok {
		fmt.Println(len(failed.Items), "of", r.Total, "failed:", failed.Items[0].UserID, errors.Is(err, wecom.Code(60104)))
	}
	// Output: 1 of 2 failed: lisi true
}

func ExampleWriteUsersCSV() {
	err := contact.WriteUsersCSV(os.Stdout, []contact.UserRow{
		{Name: "张三", UserID: "zhangsan", Mobile: "13800000000", Department: []int64{2, 3}},
		{Name: "李四", UserID: "lisi", Email: "lisi@a.example", Department: []int64{2}, Position: "经理"},
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// 姓名,帐号,手机号,邮箱,所在部门,职位
	// 张三,zhangsan,13800000000,,2;3,
	// 李四,lisi,,lisi@a.example,2,经理
}
