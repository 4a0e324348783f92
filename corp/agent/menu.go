package agent

import (
	"context"
	"net/http"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/valid"
)

// Menus are the calls on the menu at the foot of an app's conversation
// (自定义菜单). They are for a corp's own apps: the menus of third-party and customised
// apps are made in the provider's console. It is safe for concurrent use.
type Menus struct{ token wecom.AccessToken }

// Menus returns the calls on menus.
func (c *Client) Menus() Menus { return Menus{c.token} }

// Menu is the whole menu of an app.
type Menu struct {
	Buttons []Button `json:"button"` // 1 to 3
}

// Button is a button of a menu, or the head of a list of them. A head has a Name
// and SubButtons only.
type Button struct {
	Type       ButtonType `json:"type,omitzero"`
	Name       string     `json:"name"`                // at most 16 bytes, in a list 40; required
	Key        string     `json:"key,omitzero"`        // at most 128 bytes; of every type that raises an event
	URL        string     `json:"url,omitzero"`        // of ButtonView; at most 1024 bytes, https is better
	AppID      string     `json:"appid,omitzero"`      // of ButtonMiniProgram; bound to the corp
	PagePath   string     `json:"pagepath,omitzero"`   // of ButtonMiniProgram
	SubButtons []Button   `json:"sub_button,omitzero"` // 1 to 5 buttons of a head; a button in a list has none
}

// ButtonType is what a button does (菜单的响应动作类型).
type ButtonType string

// What buttons do. All but ButtonView and ButtonMiniProgram need a Key and raise an
// event with it.
const (
	ButtonClick         ButtonType = "click"              // 点击推事件
	ButtonView          ButtonType = "view"               // 跳转URL
	ButtonScanPush      ButtonType = "scancode_push"      // 扫码推事件: scans and shows the result
	ButtonScanWait      ButtonType = "scancode_waitmsg"   // 扫码推事件且弹出“消息接收中”提示框: scans and waits for a message
	ButtonCamera        ButtonType = "pic_sysphoto"       // 弹出系统拍照发图
	ButtonCameraOrAlbum ButtonType = "pic_photo_or_album" // 弹出拍照或者相册发图
	ButtonAlbum         ButtonType = "pic_weixin"         // 弹出企业微信相册发图器
	ButtonLocation      ButtonType = "location_select"    // 弹出地理位置选择器
	ButtonMiniProgram   ButtonType = "view_miniprogram"   // 跳转到小程序
)

func (m *Menu) check(c *valid.Checks) {
	c.Count("Buttons", len(m.Buttons), 1, 3)
	valid.Each("Buttons", len(m.Buttons), func(i int, field string) {
		head := &m.Buttons[i]
		c.Bytes(field+".Name", head.Name, 1, 16)
		if len(head.SubButtons) == 0 {
			head.check(c, field)
			return
		}
		c.That(head.Type == "" && head.Key == "" && head.URL == "" && head.AppID == "" && head.PagePath == "",
			field+".SubButtons", "go with a Name and nothing else")
		c.Count(field+".SubButtons", len(head.SubButtons), 1, 5)
		valid.Each(field+".SubButtons", len(head.SubButtons), func(j int, field string) {
			b := &head.SubButtons[j]
			c.Bytes(field+".Name", b.Name, 1, 40)
			c.That(len(b.SubButtons) == 0, field+".SubButtons", "cannot be below SubButtons: a menu has two levels")
			b.check(c, field)
		})
	})
}

// check checks what a button does. A type that is not known here is left to the
// platform.
func (b *Button) check(c *valid.Checks, field string) {
	c.Bytes(field+".Key", b.Key, 0, 128)
	c.Bytes(field+".URL", b.URL, 0, 1024)
	switch b.Type {
	case "":
		c.Fail(field+".Type", "is missing, and there are no SubButtons")
	case ButtonView:
		c.Set(field+".URL", b.URL)
		c.Web(field+".URL", b.URL)
	case ButtonMiniProgram:
		c.Set(field+".AppID", b.AppID)
		c.Set(field+".PagePath", b.PagePath)
	case ButtonClick, ButtonScanPush, ButtonScanWait, ButtonCamera, ButtonCameraOrAlbum, ButtonAlbum, ButtonLocation:
		c.Set(field+".Key", b.Key)
	}
}

// Create makes the menu of an app, in place of the one that is there (创建菜单).
//
// For a corp's own apps only. Errors: 40016 to 40027 the buttons. Never repeated by
// the client after a lost reply; to do so by hand harms nothing.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90231
//
//wecom:endpoint POST /cgi-bin/menu/create
func (m Menus) Create(ctx context.Context, agentID int64, menu Menu) error {
	var c valid.Checks
	checkAgent(&c, agentID)
	menu.check(&c)
	if err := c.Err("agent: Create"); err != nil {
		return err
	}
	return wecom.DoAs(ctx, m.token, wecom.Call{Path: "/cgi-bin/menu/create", Query: agentQuery(agentID), Body: menu}, nil)
}

// Get returns the menu of an app (获取菜单).
//
// For a corp's own apps only. Errors: 46003 there is no menu.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90232
//
//wecom:endpoint GET /cgi-bin/menu/get
func (m Menus) Get(ctx context.Context, agentID int64) (*Menu, error) {
	return wecom.InvokeAs[Menu](ctx, m.token, wecom.Call{Path: "/cgi-bin/menu/get", Query: agentQuery(agentID), Safe: true})
}

// Delete removes the whole menu of an app (删除菜单).
//
// For a corp's own apps only. A GET that changes things: never repeated by the
// client after a lost reply.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90233
//
//wecom:endpoint GET /cgi-bin/menu/delete
func (m Menus) Delete(ctx context.Context, agentID int64) error {
	return wecom.DoAs(ctx, m.token, wecom.Call{Method: http.MethodGet, Path: "/cgi-bin/menu/delete", Query: agentQuery(agentID)}, nil)
}
