package contact

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/valid"
)

// Tags are the calls on tags (标签管理). A tag belongs to the app that has made it:
// only that app changes it, and a third-party app sees no others. It is safe for
// concurrent use.
type Tags struct{ token wecom.AccessToken }

// Tags returns the calls on tags.
func (c *Client) Tags() Tags { return Tags{c.token} }

// Tag is a tag (标签).
type Tag struct {
	ID   int64  `json:"tagid"`
	Name string `json:"tagname"` // unique, at most 32 characters
}

const longestTag = 32

// CreateTagRequest is a new tag.
type CreateTagRequest struct {
	Name string `json:"tagname"`        // 1 to 32 characters, unique; required
	ID   *int64 `json:"tagid,omitzero"` // not negative; nil: one more than the largest
}

// CreateTagResponse is the tag that was made.
type CreateTagResponse struct {
	ID int64 `json:"tagid"`
}

// Create makes a tag (创建标签). There can be 3000.
//
// Errors: 40071 the name is taken or bad, 40068 bad id. Never repeated by the client
// after a lost reply; with an id of your own a second attempt makes no second tag.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90346
//
//wecom:endpoint POST /cgi-bin/tag/create
func (g Tags) Create(ctx context.Context, req CreateTagRequest) (*CreateTagResponse, error) {
	var c valid.Checks
	c.Chars("Name", req.Name, 1, longestTag)
	c.That(req.ID == nil || *req.ID >= 0, "ID", "is negative")
	if err := c.Err("contact: Create"); err != nil {
		return nil, err
	}
	return wecom.InvokeAs[CreateTagResponse](ctx, g.token, wecom.Call{Path: "/cgi-bin/tag/create", Body: req})
}

// Update renames a tag of this app (更新标签名字).
//
// Errors: 40068 no such tag, 81011 it belongs to another app. Never repeated by the
// client after a lost reply; to do so by hand harms nothing.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90347
//
//wecom:endpoint POST /cgi-bin/tag/update
func (g Tags) Update(ctx context.Context, id int64, name string) error {
	var c valid.Checks
	c.Chars("Name", name, 1, longestTag)
	if err := c.Err("contact: Update"); err != nil {
		return err
	}
	return wecom.DoAs(ctx, g.token, wecom.Call{Path: "/cgi-bin/tag/update", Body: Tag{ID: id, Name: name}}, nil)
}

// Delete removes a tag of this app (删除标签).
//
// A GET that changes things: never repeated by the client after a lost reply.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90348
//
//wecom:endpoint GET /cgi-bin/tag/delete
func (g Tags) Delete(ctx context.Context, id int64) error {
	return wecom.DoAs(ctx, g.token, wecom.Call{Method: http.MethodGet, Path: "/cgi-bin/tag/delete", Query: tagQuery(id)}, nil)
}

func tagQuery(id int64) url.Values { return url.Values{"tagid": {strconv.FormatInt(id, 10)}} }

// GetTagResponse is who has a tag. Who is out of sight is left out.
type GetTagResponse struct {
	Name        string    `json:"tagname"`
	Users       []TagUser `json:"userlist"`
	Departments []int64   `json:"partylist"`
}

// TagUser is a member with a tag.
type TagUser struct {
	UserID string `json:"userid"`
	Name   string `json:"name,omitzero"` // of third parties for contact apps only
}

// Get returns the members and departments that have a tag (获取标签成员).
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90349
//
//wecom:endpoint GET /cgi-bin/tag/get
func (g Tags) Get(ctx context.Context, id int64) (*GetTagResponse, error) {
	return wecom.InvokeAs[GetTagResponse](ctx, g.token, wecom.Call{Path: "/cgi-bin/tag/get", Query: tagQuery(id), Safe: true})
}

// TagMembersRequest says who gets or loses a tag. One list at least must not be
// empty.
type TagMembersRequest struct {
	ID          int64    `json:"tagid"`              // required
	Users       []string `json:"userlist,omitzero"`  // at most 1000
	Departments []int64  `json:"partylist,omitzero"` // at most 100
}

func (r *TagMembersRequest) check(op string) error {
	var c valid.Checks
	c.Count("Users", len(r.Users), 0, 1000)
	c.Count("Departments", len(r.Departments), 0, 100)
	c.That(len(r.Users)+len(r.Departments) > 0, "Users", "and Departments are both empty")
	return c.Err(op)
}

// TagMembersResponse names who was left out.
type TagMembersResponse struct {
	InvalidUsers       UserList `json:"invalidlist,omitzero"`
	InvalidDepartments []int64  `json:"invalidparty,omitzero"`
}

// UserList is a list of user ids that the platform joins with a bar: "a|b".
type UserList []string

// UnmarshalJSON reads the joined form, and a list.
func (l *UserList) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '[' {
		return json.Unmarshal(data, (*[]string)(l))
	}
	var joined string
	if err := json.Unmarshal(data, &joined); err != nil {
		return err
	}
	*l = nil
	for id := range strings.SplitSeq(joined, "|") {
		if id = strings.TrimSpace(id); id != "" {
			*l = append(*l, id)
		}
	}
	return nil
}

// MarshalJSON writes the joined form.
func (l UserList) MarshalJSON() ([]byte, error) { return json.Marshal(strings.Join(l, "|")) }

// AddTagUsers gives a tag of this app to members and departments (增加标签成员). Who has
// it already keeps it.
//
// Ids that are wrong or out of sight are left out: the error is then a
// [*PartialError], and the response is there all the same. If none is left, the
// call fails with 40070.
//
// Errors: 40068 no such tag, 81011 it belongs to another app, 81003 it has 30000
// members. Never repeated by the client after a lost reply; to do so by hand harms
// nothing.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90350
//
//wecom:endpoint POST /cgi-bin/tag/addtagusers
func (g Tags) AddTagUsers(ctx context.Context, req TagMembersRequest) (*TagMembersResponse, error) {
	if err := req.check("contact: AddTagUsers"); err != nil {
		return nil, err
	}
	return g.members(ctx, wecom.Call{Path: "/cgi-bin/tag/addtagusers", Body: req})
}

// DelTagUsers takes a tag of this app from members and departments (删除标签成员).
//
// Ids that are wrong or out of sight are left out: the error is then a
// [*PartialError], and the response is there all the same. If none is left, the
// call fails with 40031.
//
// Errors: 40068 no such tag, 81011 it belongs to another app. Never repeated by the
// client after a lost reply; to do so by hand harms nothing.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90351
//
//wecom:endpoint POST /cgi-bin/tag/deltagusers
func (g Tags) DelTagUsers(ctx context.Context, req TagMembersRequest) (*TagMembersResponse, error) {
	if err := req.check("contact: DelTagUsers"); err != nil {
		return nil, err
	}
	return g.members(ctx, wecom.Call{Path: "/cgi-bin/tag/deltagusers", Body: req})
}

func (g Tags) members(ctx context.Context, call wecom.Call) (*TagMembersResponse, error) {
	r, err := wecom.InvokeAs[TagMembersResponse](ctx, g.token, call)
	if err != nil {
		return nil, err
	}
	return r, leftOut(call.Path, r.InvalidUsers, r.InvalidDepartments, nil)
}

// ListTagsResponse holds tags.
type ListTagsResponse struct {
	Tags []Tag `json:"taglist"`
}

// List returns the tags (获取标签列表); a third-party app gets those that it has made.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90352
//
//wecom:endpoint GET /cgi-bin/tag/list
func (g Tags) List(ctx context.Context) (*ListTagsResponse, error) {
	return wecom.InvokeAs[ListTagsResponse](ctx, g.token, wecom.Call{Path: "/cgi-bin/tag/list", Safe: true})
}
