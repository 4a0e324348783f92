package agent

import (
	"context"
	"net/url"
	"strconv"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/valid"
)

// Client calls with one credential. It is safe for concurrent use, holds nothing
// and needs no Close.
type Client struct{ token wecom.AccessToken }

// New returns a client for an app in a corp, a suite.Corp, or for another
// credential that travels as access_token. It makes no call and cannot fail: with
// a credential of another kind each call says so.
func New(token wecom.AccessToken) *Client { return &Client{token} }

// FieldError names the field of a request that is outside the documented limits:
// Field is its name, as "Buttons[0].SubButtons[2].Key", Problem what is wrong with it.
// Nothing was sent. [errors.AsType] finds the first; the text of the error has all.
type FieldError = valid.FieldError

// App is an app in a corp (应用).
type App struct {
	AgentID        int64          `json:"agentid"`
	Name           string         `json:"name"`
	SquareLogoURL  string         `json:"square_logo_url"`
	Description    string         `json:"description,omitzero"`
	Users          VisibleUsers   `json:"allow_userinfos,omitzero"` // who sees it (可见范围); absent when there are none, as are the next two
	Parties        VisibleParties `json:"allow_partys,omitzero"`
	Tags           VisibleTags    `json:"allow_tags,omitzero"`
	Close          Switch         `json:"close"`                     // On: switched off (停用)
	RedirectDomain string         `json:"redirect_domain,omitzero"`  // trusted domain (可信域名)
	ReportLocation Switch         `json:"report_location_flag"`      // On: when a conversation is entered (进入会话上报)
	ReportEnter    Switch         `json:"isreportenter"`             // On: there are enter_agent events
	HomeURL        string         `json:"home_url,omitzero"`         // 应用主页
	PublishStatus  PublishStatus  `json:"customized_publish_status"` // of customised apps only
}

// VisibleUsers are members who see an app.
type VisibleUsers struct {
	Users []VisibleUser `json:"user,omitzero"`
}

// VisibleUser is a member who sees an app.
type VisibleUser struct {
	UserID string `json:"userid"`
}

// VisibleParties are departments whose members see an app.
type VisibleParties struct {
	IDs []int64 `json:"partyid,omitzero"`
}

// VisibleTags are tags whose members see an app.
type VisibleTags struct {
	IDs []int64 `json:"tagid,omitzero"`
}

// Switch is a setting that is on or off; in a request it may be left out:
// new(agent.Off).
type Switch int32

// The settings.
const (
	Off Switch = 0
	On  Switch = 1
)

// PublishStatus says how far a customised app is (代开发应用的发布状态).
type PublishStatus int32

// The states of customised apps.
const (
	PublishToDevelop PublishStatus = 0 // 待开发: authorised, not made yet
	PublishDeveloped PublishStatus = 1 // 开发中: made, not online
	PublishOnline    PublishStatus = 2 // 已上线
	PublishUpdated   PublishStatus = 3 // 存在未上线版本: online, with a version that is not
)

func agentQuery(agentID int64) url.Values {
	return url.Values{"agentid": {strconv.FormatInt(agentID, 10)}}
}

// Get returns the settings of the app that the token is for (获取指定的应用详情).
//
// Open to third-party apps and customised apps. Errors: 301002 the agent id is not
// that of the token.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90363 and
// https://developer.work.weixin.qq.com/document/path/96448
//
//wecom:endpoint GET /cgi-bin/agent/get
func (c *Client) Get(ctx context.Context, agentID int64) (*App, error) {
	return wecom.InvokeAs[App](ctx, c.token, wecom.Call{Path: "/cgi-bin/agent/get", Query: agentQuery(agentID), Safe: true})
}

// ListResponse holds apps.
type ListResponse struct {
	Apps []ListedApp `json:"agentlist"`
}

// ListedApp is an app in a list.
type ListedApp struct {
	AgentID       int64  `json:"agentid"`
	Name          string `json:"name"`
	SquareLogoURL string `json:"square_logo_url"`
}

// List returns the apps that the token stands for, normally one
// (获取access_token对应的应用列表). It tells the agent id of a customised app.
//
// Open to third-party apps and customised apps.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90363 and
// https://developer.work.weixin.qq.com/document/path/96448
//
//wecom:endpoint GET /cgi-bin/agent/list
func (c *Client) List(ctx context.Context) (*ListResponse, error) {
	return wecom.InvokeAs[ListResponse](ctx, c.token, wecom.Call{Path: "/cgi-bin/agent/list", Safe: true})
}

// SetRequest says what changes. What is left out stays as it is.
type SetRequest struct {
	AgentID        int64   `json:"agentid"`                       // required
	ReportLocation *Switch `json:"report_location_flag,omitzero"` // On: when a conversation is entered
	LogoMediaID    string  `json:"logo_mediaid,omitzero"`         // an uploaded square image
	Name           string  `json:"name,omitzero"`                 // at most 32 characters
	Description    string  `json:"description,omitzero"`          // 4 to 120 characters
	RedirectDomain *string `json:"redirect_domain,omitzero"`      // trusted domain; its ownership must be proven, else calls from pages stay restricted (85005)
	ReportEnter    *Switch `json:"isreportenter,omitzero"`        // On: enter_agent events
	HomeURL        *string `json:"home_url,omitzero"`             // begins with http:// or https://
}

// Set changes the settings of an app (设置应用).
//
// For a corp's own apps only: third-party and customised apps are set up in the
// provider's console, and the page is reported to bar them. Errors: 45022 the name,
// 45004 the description, 85005 the domain. Never repeated by the client after a lost
// reply; to do so by hand harms nothing.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90228
//
//wecom:endpoint POST /cgi-bin/agent/set
func (c *Client) Set(ctx context.Context, req SetRequest) error {
	var v valid.Checks
	checkAgent(&v, req.AgentID)
	v.Chars("Name", req.Name, 0, 32)
	if req.Description != "" {
		v.Chars("Description", req.Description, 4, 120)
	}
	if req.HomeURL != nil {
		v.Web("HomeURL", *req.HomeURL)
	}
	if err := v.Err("agent: Set"); err != nil {
		return err
	}
	return wecom.DoAs(ctx, c.token, wecom.Call{Path: "/cgi-bin/agent/set", Body: req}, nil)
}

func checkAgent(c *valid.Checks, agentID int64) { c.That(agentID != 0, "AgentID", "is missing") }
