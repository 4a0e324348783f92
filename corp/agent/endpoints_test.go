package agent_test

import (
	"context"
	"net/url"
	"testing"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/corp/agent"
	"github.com/wecom-isv/wecom/internal/apitest"
)

// inCorp is a call in a corp.
func inCorp[T any](call func(ctx context.Context, c *agent.Client) (T, error)) func(context.Context, *wecom.Client) (any, error) {
	return func(ctx context.Context, api *wecom.Client) (any, error) {
		token, err := wecom.NewAccessToken(api, apitest.Tokens(apitest.Corp))
		if err != nil {
			return nil, err
		}
		return call(ctx, agent.New(token))
	}
}

// errorOnly is inCorp for calls that return an error only.
func errorOnly(call func(ctx context.Context, c *agent.Client) error) func(context.Context, *wecom.Client) (any, error) {
	return inCorp(func(ctx context.Context, c *agent.Client) (any, error) { return nil, call(ctx, c) })
}

const exampleAgent = 1000005

var exampleQuery = url.Values{"agentid": {"1000005"}}

func exampleFigures() agent.Panel {
	figure := func(key, data string) agent.Figure {
		return agent.Figure{Key: key, Data: data, JumpURL: "http://www.qq.com", PagePath: "pages/index"}
	}
	return agent.Figures(figure("待审批", "2"), figure("带批阅作业", "4"), figure("成绩录入", "45"), figure("综合评价", "98"))
}

func exampleLines() agent.Panel {
	line := func(title string) agent.Line {
		return agent.Line{Title: title, JumpURL: "http://www.qq.com", PagePath: "pages/index"}
	}
	return agent.Lines(line("智慧校园新版设计的小程序要来啦"), line("植物百科，这是什么花"), line("周一升旗通知，全体学生必须穿校服"))
}

func template(panel agent.Panel, replace bool) func(context.Context, *wecom.Client) (any, error) {
	return errorOnly(func(ctx context.Context, c *agent.Client) error {
		return c.SetWorkbenchTemplate(ctx, agent.SetWorkbenchTemplateRequest{AgentID: exampleAgent, Panel: panel, ReplaceUserData: replace})
	})
}

func menu(m agent.Menu) func(context.Context, *wecom.Client) (any, error) {
	return errorOnly(func(ctx context.Context, c *agent.Client) error { return c.Menus().Create(ctx, exampleAgent, m) })
}

// leaf is a button in a list, with the empty list of the example.
func leaf(kind agent.ButtonType, name, key string) agent.Button {
	return agent.Button{Type: kind, Name: name, Key: key, SubButtons: []agent.Button{}}
}

func TestEndpoints(t *testing.T) {
	t.Parallel()
	apitest.Run(t, []apitest.Case{
		{
			ID: "agent.get", Safe: true, Query: exampleQuery,
			Call: inCorp(func(ctx context.Context, c *agent.Client) (*agent.App, error) { return c.Get(ctx, exampleAgent) }),
		},
		{
			ID: "agent.list", Safe: true,
			Call: inCorp(func(ctx context.Context, c *agent.Client) (*agent.ListResponse, error) { return c.List(ctx) }),
		},
		{
			ID: "agent.set",
			Call: errorOnly(func(ctx context.Context, c *agent.Client) error {
				return c.Set(ctx, agent.SetRequest{
					AgentID: exampleAgent, ReportLocation: new(agent.Off), LogoMediaID: "j5Y8X5yocspvBHcgXMSS6z1Cn9RQKREEJr4ecgLHi4YHOYP-plvom-yD9zNI0vEl",
					Name: "财经助手", Description: "内部财经服务平台", RedirectDomain: new("open.work.weixin.qq.com"),
					ReportEnter: new(agent.Off), HomeURL: new("https://open.work.weixin.qq.com"),
				})
			}),
		},
		{
			ID: "menu.create", Query: exampleQuery,
			Call: menu(agent.Menu{Buttons: []agent.Button{
				{Type: agent.ButtonClick, Name: "今日歌曲", Key: "V1001_TODAY_MUSIC"},
				{Name: "菜单", SubButtons: []agent.Button{
					{Type: agent.ButtonView, Name: "搜索", URL: "http://www.soso.com/"},
					{Type: agent.ButtonClick, Name: "赞一下我们", Key: "V1001_GOOD"},
				}},
			}}),
		},
		{
			ID: "menu.create", Example: "other_types", Query: exampleQuery,
			Call: menu(agent.Menu{Buttons: []agent.Button{
				{Name: "扫码", SubButtons: []agent.Button{
					leaf(agent.ButtonScanWait, "扫码带提示", "rselfmenu_0_0"),
					leaf(agent.ButtonScanPush, "扫码推事件", "rselfmenu_0_1"),
					{Type: agent.ButtonMiniProgram, Name: "小程序", PagePath: "pages/lunar/index", AppID: "wx4389ji4kAAA"},
				}},
				{Name: "发图", SubButtons: []agent.Button{
					leaf(agent.ButtonCamera, "系统拍照发图", "rselfmenu_1_0"),
					leaf(agent.ButtonCameraOrAlbum, "拍照或者相册发图", "rselfmenu_1_1"),
					leaf(agent.ButtonAlbum, "微信相册发图", "rselfmenu_1_2"),
				}},
				{Type: agent.ButtonLocation, Name: "发送位置", Key: "rselfmenu_2_0"},
			}}),
		},
		{
			ID: "menu.get", Safe: true, Query: exampleQuery,
			Call: inCorp(func(ctx context.Context, c *agent.Client) (*agent.Menu, error) {
				return c.Menus().Get(ctx, exampleAgent)
			}),
		},
		{
			ID: "menu.delete", Query: exampleQuery,
			Call: errorOnly(func(ctx context.Context, c *agent.Client) error { return c.Menus().Delete(ctx, exampleAgent) }),
		},
		{
			ID:   "agent.set_workbench_template",
			Call: template(agent.Picture(agent.Image{URL: "xxxx", JumpURL: "http://www.qq.com", PagePath: "pages/index"}), true),
		},
		{ID: "agent.set_workbench_template", Example: "list", Call: template(exampleLines(), false)},
		{
			ID: "agent.set_workbench_template", Example: "webview",
			Call: template(agent.Page(agent.WebView{
				URL: "http://www.qq.com", JumpURL: "http://www.qq.com", PagePath: "pages/index",
				Height: agent.SingleRow, HideTitle: true, EnableWebViewClick: true,
			}), false),
		},
		{ID: "agent.set_workbench_template", Example: "normal", Call: template(agent.Plain(), false)},
		{
			ID: "agent.get_workbench_template", Safe: true,
			Call: inCorp(func(ctx context.Context, c *agent.Client) (*agent.GetWorkbenchTemplateResponse, error) {
				return c.GetWorkbenchTemplate(ctx, exampleAgent)
			}),
		},
		{
			ID: "agent.set_workbench_data",
			Call: errorOnly(func(ctx context.Context, c *agent.Client) error {
				return c.SetWorkbenchData(ctx, exampleAgent, "test", exampleFigures())
			}),
		},
		{
			ID: "agent.batch_set_workbench_data",
			Call: errorOnly(func(ctx context.Context, c *agent.Client) error {
				return c.BatchSetWorkbenchData(ctx, exampleAgent, []string{"userid1", "userid2"},
					agent.Figures(agent.Figure{Key: "待审批", Data: "0", JumpURL: "http://www.qq.com"}))
			}),
		},
		{
			ID: "agent.get_workbench_data", Safe: true,
			Call: inCorp(func(ctx context.Context, c *agent.Client) (*agent.GetWorkbenchDataResponse, error) {
				return c.GetWorkbenchData(ctx, exampleAgent, "test")
			}),
		},
	})
}
