package agent

import (
	"context"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/valid"
)

// PanelType is what an app shows on the workbench (模版类型).
type PanelType string

// The kinds of panels.
const (
	PanelKeyData PanelType = "keydata" // 关键数据型: up to 4 figures
	PanelImage   PanelType = "image"   // 图片型
	PanelList    PanelType = "list"    // 列表型: up to 3 lines
	PanelWebView PanelType = "webview" // 网页型
	PanelNormal  PanelType = "normal"  // 取消自定义模式: the icon only
)

// Panel is what an app shows on the workbench. [Figures], [Picture], [Lines], [Page]
// and [Plain] make one. It has the part that Type names, and no other; empty
// settings of a corp have no Type.
//
// A click opens JumpURL if the home page of the app is a web page, and PagePath if
// it is a mini program; without either the home page, or the conversation.
type Panel struct {
	Type    PanelType `json:"type"`
	KeyData *KeyData  `json:"keydata,omitzero"`
	Image   *Image    `json:"image,omitzero"`
	List    *List     `json:"list,omitzero"`
	WebView *WebView  `json:"webview,omitzero"`
}

// KeyData are figures.
type KeyData struct {
	Items []Figure `json:"items"` // at most 4
}

// Figure is a number with a label.
type Figure struct {
	Key      string `json:"key,omitzero"` // label, at most 64 characters
	Data     string `json:"data"`         // the number as text, 1 to 64 characters; required
	JumpURL  string `json:"jump_url,omitzero"`
	PagePath string `json:"pagepath,omitzero"`
}

// Image is a picture.
type Image struct {
	URL      string `json:"url"` // about 3.35 times as wide as high; required
	JumpURL  string `json:"jump_url,omitzero"`
	PagePath string `json:"pagepath,omitzero"`
}

// List are lines of text.
type List struct {
	Items []Line `json:"items"` // at most 3
}

// Line is a line of text.
type Line struct {
	Title    string `json:"title"` // 1 to 128 bytes; required
	JumpURL  string `json:"jump_url,omitzero"`
	PagePath string `json:"pagepath,omitzero"`
}

// WebView is a page inside the panel.
type WebView struct {
	URL                string        `json:"url"`      // required
	JumpURL            string        `json:"jump_url"` // of no effect with EnableWebViewClick
	PagePath           string        `json:"pagepath"`
	Height             WebViewHeight `json:"height,omitzero"`
	HideTitle          bool          `json:"hide_title,omitzero"`
	EnableWebViewClick bool          `json:"enable_webview_click,omitzero"` // links in the page work, as wxwork://openurl?url= with the encoded address
}

// WebViewHeight is how high a page is (高度).
type WebViewHeight string

// The heights of pages.
const (
	SingleRow WebViewHeight = "single_row" // 106 px, 147 without a title
	DoubleRow WebViewHeight = "double_row" // 171 px, 212 without a title; what an empty height means
)

// Figures makes a panel of figures.
func Figures(items ...Figure) Panel {
	return Panel{Type: PanelKeyData, KeyData: &KeyData{Items: items}}
}

// Picture makes a panel of a picture.
func Picture(image Image) Panel { return Panel{Type: PanelImage, Image: &image} }

// Lines makes a panel of lines.
func Lines(items ...Line) Panel { return Panel{Type: PanelList, List: &List{Items: items}} }

// Page makes a panel of a page.
func Page(view WebView) Panel { return Panel{Type: PanelWebView, WebView: &view} }

// Plain makes no panel: the icon.
func Plain() Panel { return Panel{Type: PanelNormal} }

// check checks a panel, which must be filled if it is for some members.
func (p *Panel) check(c *valid.Checks, forMembers bool) {
	switch p.Type {
	case PanelKeyData, PanelImage, PanelList, PanelWebView:
	case PanelNormal:
		c.That(!forMembers, "Panel.Type", "must not be normal for some members only")
	default:
		c.Fail("Panel.Type", "is %q, which is none of keydata, image, list, webview and normal", p.Type)
	}
	for _, part := range []struct {
		kind  PanelType
		field string
		there bool
	}{
		{PanelKeyData, "Panel.KeyData", p.KeyData != nil},
		{PanelImage, "Panel.Image", p.Image != nil},
		{PanelList, "Panel.List", p.List != nil},
		{PanelWebView, "Panel.WebView", p.WebView != nil},
	} {
		c.That(!part.there || part.kind == p.Type, part.field, "does not go with the Type")
		c.That(part.there || part.kind != p.Type || !forMembers, part.field, "is missing")
	}
	if d := p.KeyData; d != nil {
		c.Count("Panel.KeyData.Items", len(d.Items), 1, 4)
		valid.Each("Panel.KeyData.Items", len(d.Items), func(i int, field string) {
			c.Chars(field+".Key", d.Items[i].Key, 0, 64)
			c.Chars(field+".Data", d.Items[i].Data, 1, 64)
		})
	}
	if p.Image != nil {
		c.Set("Panel.Image.URL", p.Image.URL)
	}
	if l := p.List; l != nil {
		c.Count("Panel.List.Items", len(l.Items), 1, 3)
		valid.Each("Panel.List.Items", len(l.Items), func(i int, field string) { c.Bytes(field+".Title", l.Items[i].Title, 1, 128) })
	}
	if v := p.WebView; v != nil {
		c.Set("Panel.WebView.URL", v.URL)
		c.That(v.Height == "" || v.Height == SingleRow || v.Height == DoubleRow, "Panel.WebView.Height", "must be single_row or double_row")
	}
}

// SetWorkbenchTemplateRequest says what an app shows.
type SetWorkbenchTemplateRequest struct {
	AgentID int64 `json:"agentid"` // required
	// Panel is required. Its content is what members see who have none of their own,
	// and may be missing.
	Panel
	ReplaceUserData bool `json:"replace_user_data,omitzero"` // overwrites what members have of their own
}

// SetWorkbenchTemplate picks what the app shows on the workbench of all members
// (设置应用在工作台展示的模版).
//
// Open to third-party apps and customised apps. Never repeated by the client after
// a lost reply; to do so by hand harms nothing.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/94620 and
// https://developer.work.weixin.qq.com/document/path/96454
//
//wecom:endpoint POST /cgi-bin/agent/set_workbench_template
func (c *Client) SetWorkbenchTemplate(ctx context.Context, req SetWorkbenchTemplateRequest) error {
	var v valid.Checks
	checkAgent(&v, req.AgentID)
	req.Panel.check(&v, false)
	if err := v.Err("agent: SetWorkbenchTemplate"); err != nil {
		return err
	}
	return wecom.DoAs(ctx, c.token, wecom.Call{Path: "/cgi-bin/agent/set_workbench_template", Body: req}, nil)
}

// GetWorkbenchTemplateResponse is what an app shows.
type GetWorkbenchTemplateResponse struct {
	Panel                // Type is empty if nothing was set
	ReplaceUserData bool `json:"replace_user_data"`
}

type agentBody struct {
	AgentID int64 `json:"agentid"`
}

// GetWorkbenchTemplate returns what the app shows on the workbench of all members
// (获取应用在工作台展示的模版).
//
// Open to third-party apps and customised apps.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/94620 and
// https://developer.work.weixin.qq.com/document/path/96454
//
//wecom:endpoint POST /cgi-bin/agent/get_workbench_template
func (c *Client) GetWorkbenchTemplate(ctx context.Context, agentID int64) (*GetWorkbenchTemplateResponse, error) {
	return wecom.InvokeAs[GetWorkbenchTemplateResponse](ctx, c.token, wecom.Call{
		Path: "/cgi-bin/agent/get_workbench_template",
		Body: agentBody{agentID},
		Safe: true,
	})
}

type userPanelBody struct {
	AgentID int64  `json:"agentid"`
	UserID  string `json:"userid"`
	Panel
}

// SetWorkbenchData fills the panel of one member (设置应用在用户工作台展示的数据). The kind must
// be that of the template.
//
// Open to third-party apps and customised apps. Limits: 10 calls a minute for a
// member. Errors: 60011 the member is out of sight. Never repeated by the client
// after a lost reply; to do so by hand harms nothing.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/94620 and
// https://developer.work.weixin.qq.com/document/path/96454
//
//wecom:endpoint POST /cgi-bin/agent/set_workbench_data
func (c *Client) SetWorkbenchData(ctx context.Context, agentID int64, userID string, panel Panel) error {
	var v valid.Checks
	checkAgent(&v, agentID)
	v.Set("UserID", userID)
	panel.check(&v, true)
	if err := v.Err("agent: SetWorkbenchData"); err != nil {
		return err
	}
	return wecom.DoAs(ctx, c.token, wecom.Call{Path: "/cgi-bin/agent/set_workbench_data", Body: userPanelBody{agentID, userID, panel}}, nil)
}

type usersPanelBody struct {
	AgentID int64    `json:"agentid"`
	UserIDs []string `json:"userid_list"`
	Panel   Panel    `json:"data"`
}

// BatchSetWorkbenchData fills the panels of 1 to 1000 members with the same content
// (批量设置应用在用户工作台展示的数据). The kind must be that of the template. Nothing says for
// which members it failed, nor whether one wrong id fails the call: more than 1000
// are refused before anything is sent.
//
// Open to third-party apps and customised apps. Limits: 100000 members a minute for
// an app. Never repeated by the client after a lost reply; to do so by hand harms
// nothing.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/94620 and
// https://developer.work.weixin.qq.com/document/path/96454
//
//wecom:endpoint POST /cgi-bin/agent/batch_set_workbench_data
func (c *Client) BatchSetWorkbenchData(ctx context.Context, agentID int64, userIDs []string, panel Panel) error {
	var v valid.Checks
	checkAgent(&v, agentID)
	v.Count("UserIDs", len(userIDs), 1, 1000)
	v.Unique("UserIDs", userIDs)
	panel.check(&v, true)
	if err := v.Err("agent: BatchSetWorkbenchData"); err != nil {
		return err
	}
	return wecom.DoAs(ctx, c.token, wecom.Call{Path: "/cgi-bin/agent/batch_set_workbench_data", Body: usersPanelBody{agentID, userIDs, panel}}, nil)
}

// GetWorkbenchDataResponse is what a member sees.
type GetWorkbenchDataResponse struct {
	Panel Panel `json:"data"`
}

type agentUserBody struct {
	AgentID int64  `json:"agentid"`
	UserID  string `json:"userid"`
}

// GetWorkbenchData returns what a member sees on the workbench
// (获取应用在用户工作台展示的数据): the member's own, or that of the template if that
// overwrites it.
//
// Open to third-party apps and customised apps. Errors: 60011 the member is out of
// sight.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/94620 and
// https://developer.work.weixin.qq.com/document/path/96454
//
//wecom:endpoint POST /cgi-bin/agent/get_workbench_data
func (c *Client) GetWorkbenchData(ctx context.Context, agentID int64, userID string) (*GetWorkbenchDataResponse, error) {
	var v valid.Checks
	v.Set("UserID", userID)
	if err := v.Err("agent: GetWorkbenchData"); err != nil {
		return nil, err
	}
	return wecom.InvokeAs[GetWorkbenchDataResponse](ctx, c.token, wecom.Call{
		Path: "/cgi-bin/agent/get_workbench_data",
		Body: agentUserBody{agentID, userID},
		Safe: true,
	})
}
