package contact_test

import (
	"context"
	"errors"
	"net/url"
	"testing"
	"time"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/corp/contact"
	"github.com/wecom-isv/wecom/internal/apitest"
	"github.com/wecom-isv/wecom/provider"
	"github.com/wecom-isv/wecom/register"
	"github.com/wecom-isv/wecom/suite"
)

// The credentials that the package is for.
var (
	_ wecom.AccessToken = (*suite.Corp)(nil)
	_ wecom.AccessToken = (*register.Contacts)(nil)
)

// inCorp is a call in a corp.
func inCorp[T any](call func(ctx context.Context, c *contact.Client) (T, error)) func(context.Context, *wecom.Client) (any, error) {
	return func(ctx context.Context, api *wecom.Client) (any, error) {
		token, err := wecom.NewAccessToken(api, apitest.Tokens(apitest.Corp))
		if err != nil {
			return nil, err
		}
		return call(ctx, contact.New(token))
	}
}

// tolerant is inCorp for a call whose example leaves some out, which is an error
// that comes with the response.
func tolerant[T any](call func(ctx context.Context, c *contact.Client) (*T, error)) func(context.Context, *wecom.Client) (any, error) {
	return inCorp(func(ctx context.Context, c *contact.Client) (*T, error) {
		r, err := call(ctx, c)
		if _, ok := errors.AsType[*contact.PartialError](err); ok {
			err = nil
		}
		return r, err
	})
}

// errorOnly is inCorp for calls that return an error only.
func errorOnly(call func(ctx context.Context, c *contact.Client) error) func(context.Context, *wecom.Client) (any, error) {
	return inCorp(func(ctx context.Context, c *contact.Client) (any, error) { return nil, call(ctx, c) })
}

// The two credentials that the package is made for: an app in a corp, and the
// contact token of a registration, whose refusal is final.
func TestCredentials(t *testing.T) {
	t.Parallel()
	remove := func(ctx context.Context, token wecom.AccessToken) (any, error) {
		return nil, contact.New(token).Users().BatchDelete(ctx, []string{"zhangsan", "lisi"})
	}
	apitest.Run(t, []apitest.Case{
		{
			ID: "contact.user.batchdelete",
			Call: func(ctx context.Context, api *wecom.Client) (any, error) {
				app, err := suite.New(api, suite.Config{ID: "ww1", Secret: "secret"})
				if err != nil {
					return nil, err
				}
				if err := app.SaveTicket(ctx, wecom.NewSecret("ticket"), time.Now()); err != nil {
					return nil, err
				}
				code := suite.PermanentCode{SuiteID: "ww1", CorpID: "wpCorp", Code: wecom.NewSecret("permanent"), At: time.Now()}
				if err := suite.NewCacheCodes(api.Cache()).SaveCode(ctx, code); err != nil {
					return nil, err
				}
				return remove(ctx, app.Corp("wpCorp"))
			},
		},
		{
			ID: "contact.user.batchdelete", Token: apitest.Contact,
			Call: func(ctx context.Context, api *wecom.Client) (any, error) {
				p, err := provider.New(api, provider.Config{CorpID: "wwProvider", Secret: "secret"})
				if err != nil {
					return nil, err
				}
				token := wecom.NewSecret(apitest.Value(apitest.Contact, 1))
				return remove(ctx, register.New(p).Contacts(token, time.Now().Add(30*time.Minute)))
			},
		},
	})
}

var (
	exampleAttrs = []contact.Attr{
		{Type: contact.AttrIsText, Name: "文本名称", Text: &contact.AttrText{Value: "文本"}},
		{Type: contact.AttrIsWeb, Name: "网页名称", Web: &contact.AttrWeb{URL: "http://www.test.com", Title: "标题"}},
	}
	exampleProfile = contact.ExternalProfile{
		ExternalCorpName: "企业简称",
		WechatChannels:   contact.WechatChannels{Nickname: "视频号名称"},
		ExternalAttr: append(exampleAttrs[:2:2], contact.Attr{
			Type: contact.AttrIsMiniProgram, Name: "测试app",
			MiniProgram: &contact.AttrMiniProgram{AppID: "wx8bd80126147dFAKE", PagePath: "/index", Title: "my miniprogram"},
		}),
	}
	exampleCallback = contact.JobCallback{URL: "xxx", Token: wecom.NewSecret("xxx"), AESKey: wecom.NewSecret("xxx")}
)

const exampleAvatar = "2-G6nrLmr5EC3MNb_-zL1dDdzkd0p7cNliYu9V5w7o8K0"

func TestEndpoints(t *testing.T) {
	t.Parallel()
	apitest.Run(t, []apitest.Case{
		{
			ID: "contact.department.create",
			Call: inCorp(func(ctx context.Context, c *contact.Client) (*contact.CreateDepartmentResponse, error) {
				return c.Departments().Create(ctx, contact.CreateDepartmentRequest{Name: "广州研发中心", NameEn: "RDGZ", ParentID: 1, Order: 1, ID: 2})
			}),
		},
		{
			ID: "contact.department.update",
			Call: errorOnly(func(ctx context.Context, c *contact.Client) error {
				return c.Departments().Update(ctx, contact.UpdateDepartmentRequest{
					ID: 2, Name: "广州研发中心", NameEn: new("RDGZ"), ParentID: 1, Order: new(int64(1)),
				})
			}),
		},
		{
			ID: "contact.department.delete", Query: url.Values{"id": {"2"}},
			Call: errorOnly(func(ctx context.Context, c *contact.Client) error { return c.Departments().Delete(ctx, 2) }),
		},
		{
			ID: "contact.department.list", Safe: true, Query: url.Values{"id": {"2"}},
			Call: inCorp(func(ctx context.Context, c *contact.Client) (*contact.ListDepartmentsResponse, error) {
				return c.Departments().List(ctx, 2)
			}),
		},
		{
			ID: "contact.department.simplelist", Safe: true,
			Call: inCorp(func(ctx context.Context, c *contact.Client) (*contact.SimpleListDepartmentsResponse, error) {
				return c.Departments().SimpleList(ctx, 0)
			}),
		},
		{
			ID: "contact.department.get", Safe: true, Query: url.Values{"id": {"2"}},
			Call: inCorp(func(ctx context.Context, c *contact.Client) (*contact.GetDepartmentResponse, error) {
				return c.Departments().Get(ctx, 2)
			}),
		},
		{
			ID: "contact.user.create",
			Call: inCorp(func(ctx context.Context, c *contact.Client) (*contact.CreateUserResponse, error) {
				return c.Users().Create(ctx, contact.CreateUserRequest{
					UserID: "zhangsan", Name: "张三", Alias: "jackzhang", Mobile: "+86 13800000000",
					Department: []int64{1, 2}, Order: []int64{10, 40}, Position: "产品经理", Gender: contact.GenderMale,
					Email: "zhangsan@qq.com", BizMail: "zhangsan@tencent.com", Telephone: "020-123456",
					IsLeaderInDept: []int32{1, 0}, DirectLeader: []string{"lisi"}, AvatarMediaID: exampleAvatar,
					Enable: new(contact.On), ExtAttr: contact.ExtAttrs{Attrs: exampleAttrs}, ToInvite: new(true),
					ExternalProfile: exampleProfile, ExternalPosition: "高级产品经理",
					Address: "广州市海珠区新港中路", MainDepartment: 1,
				})
			}),
		},
		{
			ID: "contact.user.update",
			Call: errorOnly(func(ctx context.Context, c *contact.Client) error {
				return c.Users().Update(ctx, contact.UpdateUserRequest{
					UserID: "zhangsan", Name: "李四", Alias: new("jackzhang"), Mobile: new("13800000000"),
					Department: []int64{1}, Order: []int64{10}, Position: new("后台工程师"), Gender: contact.GenderMale,
					Email: new("zhangsan@qq.com"), BizMail: "zhangsan@tencent.com", Telephone: new("020-123456"),
					BizMailAlias:   &contact.MailAliases{Items: []string{"jack@tencent.com", "hr@tencent.com"}},
					IsLeaderInDept: []int32{1}, DirectLeader: []string{"lisi"}, AvatarMediaID: exampleAvatar,
					Enable: new(contact.On), ExtAttr: &contact.ExtAttrs{Attrs: exampleAttrs},
					ExternalProfile: &exampleProfile, ExternalPosition: new("工程师"),
					Address: new("广州市海珠区新港中路"), MainDepartment: 1,
				})
			}),
		},
		{
			ID: "contact.user.delete", Query: url.Values{"userid": {"zhangsan"}},
			Call: errorOnly(func(ctx context.Context, c *contact.Client) error { return c.Users().Delete(ctx, "zhangsan") }),
		},
		{
			ID: "contact.user.batchdelete",
			Call: errorOnly(func(ctx context.Context, c *contact.Client) error {
				return c.Users().BatchDelete(ctx, []string{"zhangsan", "lisi"})
			}),
		},
		{
			ID: "contact.user.get", Safe: true, Query: url.Values{"userid": {"zhangsan"}},
			Call: inCorp(func(ctx context.Context, c *contact.Client) (*contact.User, error) {
				return c.Users().Get(ctx, "zhangsan")
			}),
		},
		{
			ID: "contact.user.simplelist", Safe: true, Query: url.Values{"department_id": {"1"}},
			Call: inCorp(func(ctx context.Context, c *contact.Client) (*contact.ListUsersResponse, error) {
				return c.Users().SimpleList(ctx, 1)
			}),
		},
		{
			ID: "contact.user.list", Safe: true, Query: url.Values{"department_id": {"1"}},
			Call: inCorp(func(ctx context.Context, c *contact.Client) (*contact.ListUsersResponse, error) {
				return c.Users().List(ctx, 1)
			}),
		},
		{
			ID: "contact.user.list_id", Safe: true,
			Call: inCorp(func(ctx context.Context, c *contact.Client) (*contact.ListIDResponse, error) {
				return c.Users().ListID(ctx, contact.ListIDRequest{Cursor: "xxxxxxx", Limit: 10000})
			}),
		},
		{
			ID: "contact.tag.create",
			Call: inCorp(func(ctx context.Context, c *contact.Client) (*contact.CreateTagResponse, error) {
				return c.Tags().Create(ctx, contact.CreateTagRequest{Name: "UI", ID: new(int64(12))})
			}),
		},
		{
			ID:   "contact.tag.update",
			Call: errorOnly(func(ctx context.Context, c *contact.Client) error { return c.Tags().Update(ctx, 12, "UI design") }),
		},
		{
			ID: "contact.tag.delete", Query: url.Values{"tagid": {"12"}},
			Call: errorOnly(func(ctx context.Context, c *contact.Client) error { return c.Tags().Delete(ctx, 12) }),
		},
		{
			ID: "contact.tag.get", Safe: true, Query: url.Values{"tagid": {"12"}},
			Call: inCorp(func(ctx context.Context, c *contact.Client) (*contact.GetTagResponse, error) {
				return c.Tags().Get(ctx, 12)
			}),
		},
		{
			ID: "contact.tag.addtagusers",
			Call: tolerant(func(ctx context.Context, c *contact.Client) (*contact.TagMembersResponse, error) {
				return c.Tags().AddTagUsers(ctx, contact.TagMembersRequest{ID: 12, Users: []string{"user1", "user2"}, Departments: []int64{4}})
			}),
		},
		{
			ID: "contact.tag.deltagusers",
			Call: tolerant(func(ctx context.Context, c *contact.Client) (*contact.TagMembersResponse, error) {
				return c.Tags().DelTagUsers(ctx, contact.TagMembersRequest{ID: 12, Users: []string{"user1", "user2"}, Departments: []int64{2, 4}})
			}),
		},
		{
			ID: "contact.tag.list", Safe: true,
			Call: inCorp(func(ctx context.Context, c *contact.Client) (*contact.ListTagsResponse, error) {
				return c.Tags().List(ctx)
			}),
		},
		{
			ID: "contact.batch.syncuser",
			Call: inCorp(func(ctx context.Context, c *contact.Client) (*contact.JobResponse, error) {
				return c.Batch().SyncUser(ctx, contact.ImportRequest{MediaID: "xxxxxx", ToInvite: new(true), Callback: exampleCallback})
			}),
		},
		{
			ID: "contact.batch.replaceuser",
			Call: inCorp(func(ctx context.Context, c *contact.Client) (*contact.JobResponse, error) {
				return c.Batch().ReplaceUser(ctx, contact.ImportRequest{MediaID: "xxxxxx", ToInvite: new(true), Callback: exampleCallback})
			}),
		},
		{
			ID: "contact.batch.replaceparty",
			Call: inCorp(func(ctx context.Context, c *contact.Client) (*contact.JobResponse, error) {
				return c.Batch().ReplaceParty(ctx, "xxxxxx", exampleCallback)
			}),
		},
		{
			ID: "contact.batch.getresult", Safe: true, Query: url.Values{"jobid": {"xxxxx"}},
			Call: inCorp(func(ctx context.Context, c *contact.Client) (*contact.GetResultResponse, error) {
				return c.Batch().GetResult(ctx, "xxxxx")
			}),
		},
		{
			ID: "contact.batch.invite",
			Call: tolerant(func(ctx context.Context, c *contact.Client) (*contact.InviteResponse, error) {
				return c.Batch().Invite(ctx, contact.InviteRequest{
					Users: []string{"UserID1", "UserID2", "UserID3"}, Departments: []int64{1, 2, 3}, Tags: []int64{101, 102, 103},
				})
			}),
		},
	})
}
