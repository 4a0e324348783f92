package message

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/valid"
)

// Chats are the group chats of an app (应用推送消息到群聊会话). The platform keeps them for a
// corp's own apps (自建应用) whose range is the whole corp; the documentation excludes
// third-party apps explicitly. An app reaches only groups that it has made. Chats is
// safe for concurrent use.
type Chats struct{ token wecom.AccessToken }

// Chats returns the calls on group chats.
func (c *Client) Chats() Chats { return Chats{c.token} }

const longestChatName = 50

// CreateChatRequest is a new group.
type CreateChatRequest struct {
	Name   string   `json:"name,omitzero"`   // at most 50 characters
	Owner  string   `json:"owner,omitzero"`  // empty: a random one of Users
	Users  []string `json:"userlist"`        // 2 to 2000; the console may allow fewer; required
	ChatID string   `json:"chatid,omitzero"` // at most 32 of 0-9a-zA-Z, new in the corp; empty: WeCom makes one
}

// CreateChatResponse is the group that was made.
type CreateChatResponse struct {
	ChatID string `json:"chatid"`
}

// Create makes a group (创建群聊会话). Old clients show it only once it has a message.
//
// For a corp's own apps only. Limits: 1000 groups a day in a corp. Errors: 60011 no
// right. Never repeated by the client after a lost reply; with a chat id of your own
// a second attempt makes no second group.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90245
//
//wecom:endpoint POST /cgi-bin/appchat/create
func (g Chats) Create(ctx context.Context, req CreateChatRequest) (*CreateChatResponse, error) {
	var c valid.Checks
	c.Chars("Name", req.Name, 0, longestChatName)
	c.Count("Users", len(req.Users), 2, 2000)
	c.Unique("Users", req.Users)
	c.Bytes("ChatID", req.ChatID, 0, 32)
	c.That(!strings.ContainsFunc(req.ChatID, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}), "ChatID", "must be of 0-9a-zA-Z")
	if err := c.Err("message: Create"); err != nil {
		return nil, err
	}
	return wecom.InvokeAs[CreateChatResponse](ctx, g.token, wecom.Call{Path: "/cgi-bin/appchat/create", Body: req})
}

// UpdateChatRequest says what changes. What is left out stays as it is.
type UpdateChatRequest struct {
	ChatID   string   `json:"chatid"`                 // required
	Name     string   `json:"name,omitzero"`          // at most 50 characters
	Owner    string   `json:"owner,omitzero"`         // required if DelUsers holds the owner
	AddUsers []string `json:"add_user_list,omitzero"` //
	DelUsers []string `json:"del_user_list,omitzero"` //
}

// Update changes a group that this app has made (修改群聊会话).
//
// For a corp's own apps only. Limits: 1000 changes an hour in a corp. Never repeated
// by the client after a lost reply; to do so by hand harms nothing.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/98913
//
//wecom:endpoint POST /cgi-bin/appchat/update
func (g Chats) Update(ctx context.Context, req UpdateChatRequest) error {
	var c valid.Checks
	c.Set("ChatID", req.ChatID)
	c.Chars("Name", req.Name, 0, longestChatName)
	if err := c.Err("message: Update"); err != nil {
		return err
	}
	return wecom.DoAs(ctx, g.token, wecom.Call{Path: "/cgi-bin/appchat/update", Body: req}, nil)
}

// GetChatResponse holds a group.
type GetChatResponse struct {
	Chat Chat `json:"chat_info"`
}

// Chat is a group chat (群聊会话).
type Chat struct {
	ChatID string   `json:"chatid"`
	Name   string   `json:"name"`
	Owner  string   `json:"owner"`
	Users  []string `json:"userlist"`
	Type   ChatType `json:"chat_type"`
}

// ChatType is the kind of a group (群聊类型).
type ChatType int32

// The kinds of groups.
const (
	ChatOrdinary ChatType = 0 // 普通群聊
	ChatCourse   ChatType = 1 // 课程群
)

// Get returns a group that this app has made (获取群聊会话).
//
// For a corp's own apps only; the page excludes third-party apps.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/98914
//
//wecom:endpoint GET /cgi-bin/appchat/get
func (g Chats) Get(ctx context.Context, chatID string) (*GetChatResponse, error) {
	var c valid.Checks
	c.Set("ChatID", chatID)
	if err := c.Err("message: Get"); err != nil {
		return nil, err
	}
	return wecom.InvokeAs[GetChatResponse](ctx, g.token, wecom.Call{Path: "/cgi-bin/appchat/get", Query: url.Values{"chatid": {chatID}}, Safe: true})
}

// ChatMessage is a message to a group.
type ChatMessage struct {
	ChatID  string  // required
	Content Content // Text, Image, Voice, Video, File, TextCard, News, MPNews or Markdown; required
	Safe    Safety  // Shareable or NotShareable
}

type chatBody struct {
	ChatID  string `json:"chatid"`
	MsgType kind   `json:"msgtype"`
	contents
	Safe Safety `json:"safe"`
}

var chatKinds = []kind{kindText, kindImage, kindVoice, kindVideo, kindFile, kindTextCard, kindNews, kindMPNews, kindMarkdown}

// Send sends a message to a group that this app has made (应用推送消息). It cannot be taken
// back: there is no id of the message.
//
// For a corp's own apps only. Limits: 20000 messages a minute in a corp, counting
// each receiver, and 150000 to 700000 an hour by its size; a member gets at most 200
// a minute and 10000 a day from one app, and what is over is dropped without an
// error. Never repeated by the client after a lost reply.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90248
//
//wecom:endpoint POST /cgi-bin/appchat/send
func (g Chats) Send(ctx context.Context, m ChatMessage) error {
	const op = "message: Send"
	var c valid.Checks
	c.Set("ChatID", m.ChatID)
	c.Between("Safe", int64(m.Safe), int64(Shareable), int64(NotShareable))
	b := chatBody{ChatID: m.ChatID, Safe: m.Safe}
	switch {
	case missing(m.Content):
		c.Fail("Content", "is missing")
	case !slices.Contains(chatKinds, m.Content.kind()):
		c.Fail("Content", "is a %s, which group chats do not have", m.Content.kind())
	default:
		b.MsgType = m.Content.kind()
		m.Content.put(&b.contents)
		m.Content.check(&c, "Content")
	}
	if err := c.Err(op); err != nil {
		return err
	}
	return wecom.DoAs(ctx, g.token, wecom.Call{Path: "/cgi-bin/appchat/send", Body: b}, nil)
}
