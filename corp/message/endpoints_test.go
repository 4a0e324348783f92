package message_test

import (
	"context"
	"errors"
	"net/url"
	"testing"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/corp/message"
	"github.com/wecom-isv/wecom/internal/apitest"
)

// inCorp is a call in a corp. That some were left out, as most examples show, is
// an error that comes with the response.
func inCorp[T any](call func(ctx context.Context, c *message.Client) (T, error)) func(context.Context, *wecom.Client) (any, error) {
	return func(ctx context.Context, api *wecom.Client) (any, error) {
		token, err := wecom.NewAccessToken(api, apitest.Tokens(apitest.Corp))
		if err != nil {
			return nil, err
		}
		r, err := call(ctx, message.New(token))
		if _, ok := errors.AsType[*message.PartialError](err); ok {
			err = nil
		}
		return r, err
	}
}

// errorOnly is inCorp for calls that return an error only.
func errorOnly(call func(ctx context.Context, c *message.Client) error) func(context.Context, *wecom.Client) (any, error) {
	return inCorp(func(ctx context.Context, c *message.Client) (any, error) { return nil, call(ctx, c) })
}

// send sends a content to the receivers of the examples.
func send(content message.Content) func(context.Context, *wecom.Client) (any, error) {
	return sendMessage(message.Message{AgentID: 1, To: exampleReceivers, Content: content})
}

func sendMessage(m message.Message) func(context.Context, *wecom.Client) (any, error) {
	return inCorp(func(ctx context.Context, c *message.Client) (*message.SendResponse, error) { return c.Send(ctx, m) })
}

// update changes a card for the receivers of the examples.
func update(card message.Card, edit ...func(r *message.UpdateTemplateCardRequest)) func(context.Context, *wecom.Client) (any, error) {
	r := message.UpdateTemplateCardRequest{
		AgentID: 1, ResponseCode: wecom.NewSecret("response_code"),
		Users: []string{"userid1", "userid2"}, Parties: []int64{2, 3}, Card: card,
	}
	for _, e := range edit {
		e(&r)
	}
	return inCorp(func(ctx context.Context, c *message.Client) (*message.UpdateTemplateCardResponse, error) {
		return c.UpdateTemplateCard(ctx, r)
	})
}

func toTags(r *message.UpdateTemplateCardRequest) { r.Tags, r.All = []int64{44, 55}, new(false) }

func replaceName(r *message.UpdateTemplateCardRequest) {
	toTags(r)
	r.Card, r.ReplaceName = nil, "replace_name"
}

// The examples' ids of departments and tags are words with blanks around the bar,
// where the platform has numbers and wants no blanks: how the two are sent is the
// matter of TestReceivers.
var exampleReceivers = message.Receivers{Users: []string{"UserID1", "UserID2", "UserID3"}, Parties: []int64{1, 2}, Tags: []int64{1, 2}}

var words = []string{"toparty", "totag"}

var (
	exampleText    = message.Text{Content: "你的快递已到，请携带工卡前往邮件中心领取。\n出发前可查看<a href=\"https://work.weixin.qq.com\">邮件中心视频实况</a>，聪明避开排队。"}
	exampleItems   = []message.Item{{Key: "会议室", Value: "402"}, {Key: "会议地点", Value: "广州TIT-402会议室"}, {Key: "会议时间", Value: "2018年8月1日 09:00-09:30"}}
	exampleSource  = message.Source{IconURL: "图片的url", Desc: "企业微信"}
	exampleBlack   = message.Source{IconURL: "图片的url", Desc: "企业微信", DescColor: message.SourceBlack}
	exampleMenu    = message.ActionMenu{Desc: "卡片副交互辅助文本说明", Actions: []message.MenuAction{{Text: "接受推送", Key: "A"}, {Text: "不再推送", Key: "B"}}}
	exampleTitle   = message.Title{Title: "欢迎使用企业微信", Desc: "您的好友正在邀请您加入企业微信"}
	exampleQuote   = message.QuoteArea{Link: message.Link{Type: message.LinkURL, URL: exampleURL}, Title: "企业微信的引用样式", QuoteText: "企业微信真好用呀真好用"}
	exampleAction  = message.Link{Type: message.LinkMiniProgram, URL: exampleURL, AppID: "小程序的appid", PagePath: "/index.html"}
	exampleButtons = []message.Button{{Text: "按钮1", Style: 1, Key: "button_key_1"}, {Text: "按钮2", Style: 2, Key: "button_key_2"}}
	exampleSubmit  = message.SubmitButton{Text: "提交", Key: "key"}
	exampleCheck   = message.Checkbox{QuestionKey: "question_key1", Mode: message.CheckMany, Options: []message.CheckOption{
		{ID: "option_id1", Text: "选择题选项1", IsChecked: true}, {ID: "option_id2", Text: "选择题选项2"},
	}}
	exampleHorizontal = []message.HorizontalItem{
		{KeyName: "邀请人", Value: "张三"},
		{Type: message.HorizontalURL, KeyName: "企业微信官网", Value: "点击访问", URL: exampleURL},
		{Type: message.HorizontalFile, KeyName: "企业微信下载", Value: "企业微信.apk", MediaID: "文件的media_id"},
		{Type: message.HorizontalUser, KeyName: "员工信息", Value: "点击查看", UserID: "zhangsan"},
	}
	exampleJumps = []message.Jump{
		{Link: message.Link{Type: message.LinkURL, URL: exampleURL}, Title: "企业微信官网"},
		{Link: message.Link{Type: message.LinkMiniProgram, AppID: "小程序的appid", PagePath: "/index.html"}, Title: "跳转小程序"},
	}
	exampleVertical = []message.Title{{Title: "惊喜红包等你来拿", Desc: "下载企业微信还能抢红包！"}}
	exampleArea     = message.ImageTextArea{
		Link: message.Link{Type: message.LinkURL, URL: exampleURL}, Title: "企业微信的左图右文样式", Desc: "企业微信真好用呀真好用",
		ImageURL: "https://img.iplaysoft.com/wp-content/uploads/2019/free-images/free_stock_photo_2x.jpg",
	}
)

const (
	exampleURL      = "https://work.weixin.qq.com"
	exampleSubTitle = "下载企业微信还能抢红包！"
	exampleMarkdown = "您的会议室已经预定，稍后会同步到`邮箱`\n>**事项详情**\n>事　项：<font color=\"info\">开会</font>\n>组织者：@miglioguan\n>参与者：@miglioguan、@kunliu、@jamdeezhou、@kanexiong、@kisonwang\n>\n>会议室：<font color=\"info\">广州TIT 1楼 301</font>\n>日　期：<font color=\"warning\">2018年5月18日</font>\n>时　间：<font color=\"comment\">上午9:00-11:00</font>\n>\n>请准时参加会议。\n>\n>如需修改会议信息，请点击：[修改会议信息](https://work.weixin.qq.com)"
)

// selections are the lists of the examples.
func selections(disable *bool) []message.Selection {
	return []message.Selection{
		{QuestionKey: "question_key1", Title: "选择器标签1", SelectedID: "selection_id1", Disable: disable, Options: []message.Option{{ID: "selection_id1", Text: "选择器选项1"}, {ID: "selection_id2", Text: "选择器选项2"}}},
		{QuestionKey: "question_key2", Title: "选择器标签2", SelectedID: "selection_id3", Disable: disable, Options: []message.Option{{ID: "selection_id3", Text: "选择器选项3"}, {ID: "selection_id4", Text: "选择器选项4"}}},
	}
}

func textNotice() message.TextNotice {
	return message.TextNotice{
		Source: exampleBlack, ActionMenu: exampleMenu, TaskID: "task_id", MainTitle: exampleTitle, QuoteArea: exampleQuote,
		Emphasis: message.Title{Title: "100", Desc: "核心数据"}, SubTitleText: exampleSubTitle,
		Horizontal: exampleHorizontal, Jumps: exampleJumps, Action: exampleAction,
	}
}

func newsNotice() message.NewsNotice {
	return message.NewsNotice{
		Source: exampleBlack, ActionMenu: exampleMenu, TaskID: "task_id", MainTitle: exampleTitle, QuoteArea: exampleQuote,
		ImageTextArea: exampleArea, CardImage: message.CardImage{URL: "图片的url", AspectRatio: 1.3}, Vertical: exampleVertical,
		Horizontal: exampleHorizontal, Jumps: exampleJumps, Action: exampleAction,
	}
}

func buttonInteraction() message.ButtonInteraction {
	return message.ButtonInteraction{
		Source: exampleSource, TaskID: "task_id", MainTitle: exampleTitle, SubTitleText: exampleSubTitle,
		Horizontal: exampleHorizontal[:3], Action: exampleAction, Selection: &selections(nil)[0], Buttons: exampleButtons,
	}
}

func voteInteraction() message.VoteInteraction {
	return message.VoteInteraction{
		Source: exampleSource, TaskID: "task_id", MainTitle: exampleTitle, Checkbox: exampleCheck, SubmitButton: exampleSubmit,
	}
}

func multipleInteraction() message.MultipleInteraction {
	return message.MultipleInteraction{
		Source: exampleSource, TaskID: "task_id", MainTitle: exampleTitle, Selections: selections(nil), SubmitButton: exampleSubmit,
	}
}

// edited returns a card after a change.
func edited[T any](card T, edit func(card *T)) T {
	edit(&card)
	return card
}

func TestEndpoints(t *testing.T) {
	t.Parallel()
	apitest.Run(t, []apitest.Case{
		{ID: "message.send", Generated: words, Call: send(exampleText)},
		{ID: "message.send", Example: "text", Generated: words, Call: send(exampleText)},
		{ID: "message.send", Example: "image", Generated: words, Call: send(message.Image{MediaID: "MEDIA_ID"})},
		{ID: "message.send", Example: "voice", Generated: words, Call: send(message.Voice{MediaID: "MEDIA_ID"})},
		{ID: "message.send", Example: "video", Generated: words, Call: send(message.Video{MediaID: "MEDIA_ID", Title: "Title", Description: "Description"})},
		{ID: "message.send", Example: "file", Generated: words, Call: send(message.File{MediaID: "1Yv-zXfHjSjU-7LH-GwtYqDGS-zz6w22KmWAT5COgP7o"})},
		{
			ID: "message.send", Example: "textcard", Generated: words,
			Call: send(message.TextCard{
				Title:       "领奖通知",
				Description: "<div class=\"gray\">2016年9月26日</div> <div class=\"normal\">恭喜你抽中iPhone 7一台，领奖码：xxxx</div><div class=\"highlight\">请于2016年10月10日前联系行政同事领取</div>",
				URL:         "URL", ButtonText: "更多",
			}),
		},
		{
			ID: "message.send", Example: "news", Generated: words,
			Call: send(message.News{Articles: []message.Article{{
				Title: "中秋节礼品领取", Description: "今年中秋节公司有豪礼相送", URL: "URL",
				PicURL: "https://res.mail.qq.com/node/ww/wwopenmng/images/independent/doc/test_pic_msg1.png",
				AppID:  "wx123123123123123", PagePath: "pages/index?userid=zhangsan&orderid=123123123",
			}}}),
		},
		{
			ID: "message.send", Example: "mpnews", Generated: words,
			Call: send(message.MPNews{Articles: []message.MPArticle{{
				Title: "Title", ThumbMediaID: "MEDIA_ID", Author: "Author", ContentSourceURL: "URL", Content: "Content", Digest: "Digest description",
			}}}),
		},
		{ID: "message.send", Example: "markdown", Generated: words, Call: send(message.Markdown{Content: exampleMarkdown})},
		{
			ID: "message.send", Example: "miniprogram_notice",
			Call: sendMessage(message.Message{
				To: message.Receivers{Users: []string{"zhangsan", "lisi"}, Parties: []int64{1, 2}, Tags: []int64{1, 2}},
				Content: message.MiniProgramNotice{
					AppID: "wx123123123123123", Page: "pages/index?userid=zhangsan&orderid=123123123", Title: "会议室预订成功通知",
					Description: "4月27日 16:16", EmphasisFirstItem: true, Items: append(exampleItems[:3:3], message.Item{Key: "参与人员", Value: "周剑轩"}),
				},
			}),
		},
		{ID: "message.send", Example: "template_card_text_notice", Generated: words, Call: send(textNotice())},
		{ID: "message.send", Example: "template_card_news_notice", Generated: words, Call: send(newsNotice())},
		{ID: "message.send", Example: "template_card_button_interaction", Generated: words, Call: send(buttonInteraction())},
		{ID: "message.send", Example: "template_card_vote_interaction", Generated: words, Call: send(voteInteraction())},
		{ID: "message.send", Example: "template_card_multiple_interaction", Generated: words, Call: send(multipleInteraction())},
		{
			ID: "message.send", Example: "template_msg", Generated: words,
			Call: sendMessage(message.Message{
				AgentID: 10086,
				To:      message.Receivers{Users: []string{"zhangsan", "lisi"}, Parties: []int64{1, 2}, Tags: []int64{1, 2}},
				Content: message.TemplateMsg{
					TemplateID: "ttxxlGlgIAwJrCTFjtndfgHPoIySyk6w", URL: "http://www.qq.com",
					MiniProgram: message.TemplateMiniProgram{AppID: "APPID", PagePath: "/index.html"}, Items: exampleItems,
					SelectedTickets: []string{"xxx", "yyy"}, OnlyUnauth: true,
				},
			}),
		},
		{
			ID: "message.recall",
			Call: errorOnly(func(ctx context.Context, c *message.Client) error {
				return c.Recall(ctx, "vcT8gGc-7dFb4bxT35ONjBDz901sLlXPZw1DAMC_Gc26qRpK-AK5sTJkkb0128t")
			}),
		},
		{ID: "message.update_template_card", Call: update(nil, replaceName)},
		{ID: "message.update_template_card", Example: "button", Call: update(nil, replaceName)},
		{ID: "message.update_template_card", Example: "template_card_text_notice", Call: update(edited(textNotice(), func(c *message.TextNotice) {
			c.Source, c.ActionMenu, c.TaskID, c.QuoteArea = exampleSource, message.ActionMenu{}, "", message.QuoteArea{}
			c.Horizontal = exampleHorizontal[:3]
		}))},
		{ID: "message.update_template_card", Example: "template_card_news_notice", Call: update(edited(newsNotice(), func(c *message.NewsNotice) {
			c.Source, c.ActionMenu, c.TaskID, c.QuoteArea = exampleSource, message.ActionMenu{}, "", message.QuoteArea{}
			c.Horizontal, c.ImageTextArea = exampleHorizontal[:3], message.ImageTextArea{}
		}))},
		{ID: "message.update_template_card", Example: "template_card_button_interaction", Call: update(edited(buttonInteraction(), func(c *message.ButtonInteraction) {
			c.TaskID, c.Selection, c.ReplaceText = "", nil, "已提交"
		}))},
		{ID: "message.update_template_card", Example: "template_card_vote_interaction", Call: update(edited(voteInteraction(), func(c *message.VoteInteraction) {
			c.TaskID, c.Checkbox.Disable, c.ReplaceText = "", new(false), "已提交"
		}))},
		{ID: "message.update_template_card", Example: "template_card_multiple_interaction", Call: update(edited(multipleInteraction(), func(c *message.MultipleInteraction) {
			c.TaskID, c.Selections, c.ReplaceText = "", selections(new(false)), "已提交"
		}), toTags)},
		{
			ID: "message.get_statistics", Safe: true,
			Call: inCorp(func(ctx context.Context, c *message.Client) (*message.GetStatisticsResponse, error) {
				return c.GetStatistics(ctx, message.Today)
			}),
		},
		{
			ID: "externalcontact.message.send",
			Call: inCorp(func(ctx context.Context, c *message.Client) (*message.SchoolSendResponse, error) {
				return c.School().Send(ctx, message.SchoolMessage{
					AgentID: 1, Parents: []string{"parent_userid1", "parent_userid2"}, Students: []string{"student_userid1", "student_userid2"},
					Classes: []string{"partyid1", "partyid2"},
					Content: message.Text{Content: "你的快递已到，请携带工卡前往邮件中心领取。\n出发前可查看<a href=\"http://work.weixin.qq.com\">邮件中心视频实况</a>，聪明避开排队。"},
				})
			}),
		},
		{
			ID: "appchat.create",
			Call: inCorp(func(ctx context.Context, c *message.Client) (*message.CreateChatResponse, error) {
				return c.Chats().Create(ctx, message.CreateChatRequest{Name: "NAME", Owner: "userid1", Users: []string{"userid1", "userid2", "userid3"}, ChatID: "CHATID"})
			}),
		},
		{
			ID: "appchat.update",
			Call: errorOnly(func(ctx context.Context, c *message.Client) error {
				return c.Chats().Update(ctx, message.UpdateChatRequest{
					ChatID: "CHATID", Name: "NAME", Owner: "userid2", AddUsers: []string{"userid1", "userid2", "userid3"}, DelUsers: []string{"userid3", "userid4"},
				})
			}),
		},
		{
			ID: "appchat.get", Safe: true, Query: url.Values{"chatid": {"CHATID"}},
			Call: inCorp(func(ctx context.Context, c *message.Client) (*message.GetChatResponse, error) {
				return c.Chats().Get(ctx, "CHATID")
			}),
		},
		{
			ID: "appchat.send",
			Call: errorOnly(func(ctx context.Context, c *message.Client) error {
				return c.Chats().Send(ctx, message.ChatMessage{ChatID: "CHATID", Content: message.Text{Content: "你的快递已到\n请携带工卡前往邮件中心领取"}})
			}),
		},
	})
}
