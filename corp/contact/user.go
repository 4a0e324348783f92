package contact

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"strconv"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/lenient"
	"github.com/wecom-isv/wecom/internal/paging"
	"github.com/wecom-isv/wecom/internal/valid"
)

// Users are the calls on members (成员管理). It is safe for concurrent use.
type Users struct{ token wecom.AccessToken }

// Users returns the calls on members.
func (c *Client) Users() Users { return Users{c.token} }

// User is a member (成员). Everything but UserID may be empty: most of it needs a
// right of its own, and some of it the member's consent.
type User struct {
	UserID           string          `json:"userid"`                     // the encrypted id for third-party apps
	Name             string          `json:"name,omitzero"`              // the user id for third-party apps; the name for members that a contact app made, and for customised apps with the right
	Department       []int64         `json:"department,omitzero"`        // those that the caller sees
	Order            []int64         `json:"order,omitzero"`             // one for each Department, larger first; absent when members authorise (成员授权)
	Position         string          `json:"position,omitzero"`          // 职务
	Mobile           string          `json:"mobile,omitzero"`            //
	Gender           Gender          `json:"gender,omitzero"`            // unknown also when the caller may not see it
	Email            string          `json:"email,omitzero"`             //
	BizMail          string          `json:"biz_mail,omitzero"`          // corp mailbox (企业邮箱)
	IsLeaderInDept   []int32         `json:"is_leader_in_dept,omitzero"` // one for each Department: 1 leads it, 0 does not
	DirectLeader     []string        `json:"direct_leader,omitzero"`     // user ids, at most one
	Avatar           string          `json:"avatar,omitzero"`            // address of the picture
	ThumbAvatar      string          `json:"thumb_avatar,omitzero"`      // address of the small picture
	Telephone        string          `json:"telephone,omitzero"`         // 座机
	Alias            string          `json:"alias,omitzero"`             // 别名
	EnglishName      string          `json:"english_name,omitzero"`      // of List only
	Address          string          `json:"address,omitzero"`
	OpenUserID       string          `json:"open_userid,omitzero"`     // third-party apps only, at most 64 bytes
	MainDepartment   int64           `json:"main_department,omitzero"` // if the caller sees it
	ExtAttr          ExtAttrs        `json:"extattr,omitzero"`         // custom attributes (扩展属性)
	Status           UserStatus      `json:"status,omitzero"`
	QRCode           string          `json:"qr_code,omitzero"`           // address of the personal QR code
	ExternalPosition string          `json:"external_position,omitzero"` // position that outsiders see
	ExternalProfile  ExternalProfile `json:"external_profile,omitzero"`  // what else outsiders see (对外属性)
}

// Gender is the gender of a member (性别).
type Gender string

// The genders.
const (
	GenderUnknown Gender = "0"
	GenderMale    Gender = "1"
	GenderFemale  Gender = "2"
)

// UnmarshalJSON accepts a number in place of the string that the documentation
// shows.
func (g *Gender) UnmarshalJSON(data []byte) error { return (*lenient.String)(g).UnmarshalJSON(data) }

// UserStatus says whether a member uses WeCom (激活状态).
type UserStatus int32

// The states of members.
const (
	UserActive       UserStatus = 1 // 已激活
	UserDisabled     UserStatus = 2 // 已禁用
	UserNotActivated UserStatus = 4 // 未激活
	UserLeft         UserStatus = 5 // 退出企业
)

// Switch is a setting that is on or off and that may be left out: new(contact.Off).
type Switch int32

// The settings.
const (
	Off Switch = 0
	On  Switch = 1
)

// ExtAttrs are the custom attributes of a member (扩展属性).
type ExtAttrs struct {
	Attrs []Attr `json:"attrs,omitzero"`
}

// Attr is a custom attribute. Its Name must have been defined in the console; else
// it is ignored.
type Attr struct {
	Type        AttrType         `json:"type"`
	Name        string           `json:"name"`
	Text        *AttrText        `json:"text,omitzero"`        // of AttrIsText
	Web         *AttrWeb         `json:"web,omitzero"`         // of AttrIsWeb
	MiniProgram *AttrMiniProgram `json:"miniprogram,omitzero"` // of AttrIsMiniProgram, in an ExternalProfile only
}

// AttrType is the kind of an attribute (属性类型).
type AttrType int32

// The kinds of attributes.
const (
	AttrIsText        AttrType = 0 // 文本
	AttrIsWeb         AttrType = 1 // 网页
	AttrIsMiniProgram AttrType = 2 // 小程序
)

// AttrText is a text.
type AttrText struct {
	Value string `json:"value"` // at most 64 characters; empty clears it
}

// AttrWeb is a link.
type AttrWeb struct {
	URL   string `json:"url"`   // begins with http:// or https://
	Title string `json:"title"` // at most 12 characters
}

// AttrMiniProgram is a link into a mini program.
type AttrMiniProgram struct {
	AppID    string `json:"appid"`
	PagePath string `json:"pagepath"`
	Title    string `json:"title"`
}

// ExternalProfile is what outsiders see of a member (成员对外信息).
type ExternalProfile struct {
	ExternalCorpName string         `json:"external_corp_name,omitzero"` // short name of the corp
	WechatChannels   WechatChannels `json:"wechat_channels,omitzero"`
	ExternalAttr     []Attr         `json:"external_attr,omitzero"`
}

// WechatChannels is the video account of a member (视频号).
type WechatChannels struct {
	Nickname string `json:"nickname,omitzero"`
	Status   int32  `json:"status,omitzero"` // in replies only; 1 in the documentation's example, without explanation
}

// CreateUserRequest is a new member.
type CreateUserRequest struct {
	// UserID is 1 to 64 bytes of digits, letters and _ - @ . , the first one a digit
	// or letter. It is unique without regard to case. Required.
	UserID string `json:"userid"`
	Name   string `json:"name"`           // 1 to 64 characters; required
	Alias  string `json:"alias,omitzero"` // at most 64 characters
	// Mobile is unique; the +86 may be left out. Mobile and Email must not both be
	// empty (60129).
	Mobile string `json:"mobile,omitzero"`
	// Department lists at most 100 departments. Without it, or with 0, the member
	// waits in a department of its own (待设置部门); an unknown id makes that department
	// there, see CreateUserResponse.
	Department     []int64  `json:"department,omitzero"`
	Order          []int64  `json:"order,omitzero"`             // one for each Department; 0 to 2^32-1, larger first
	Position       string   `json:"position,omitzero"`          // at most 128 characters
	Gender         Gender   `json:"gender,omitzero"`            //
	Email          string   `json:"email,omitzero"`             // 6 to 64 bytes, unique
	BizMail        string   `json:"biz_mail,omitzero"`          // 6 to 64 bytes; corp mailbox (企业邮箱)
	Telephone      string   `json:"telephone,omitzero"`         // at most 32 bytes of digits - + ,
	IsLeaderInDept []int32  `json:"is_leader_in_dept,omitzero"` // one for each Department: 1 leads it, 0 does not
	DirectLeader   []string `json:"direct_leader,omitzero"`     // at most 1 user id
	AvatarMediaID  string   `json:"avatar_mediaid,omitzero"`    // an image that was uploaded
	Enable         *Switch  `json:"enable,omitzero"`            // nil: enabled
	ExtAttr        ExtAttrs `json:"extattr,omitzero"`
	// ToInvite says whether WeCom invites the person, once a day for up to 3 working
	// days. nil means yes: a migration wants new(false).
	ToInvite         *bool           `json:"to_invite,omitzero"`
	ExternalProfile  ExternalProfile `json:"external_profile,omitzero"`
	ExternalPosition string          `json:"external_position,omitzero"` // at most 12 Chinese characters
	// Nickname is the name of the video account. The documentation lists it here,
	// its example has it in ExternalProfile.WechatChannels: prefer that.
	Nickname       string `json:"nickname,omitzero"`
	Address        string `json:"address,omitzero"` // at most 128 characters
	MainDepartment int64  `json:"main_department,omitzero"`
}

const (
	mostDepartments = 100
	longestUserID   = 64
)

func (r *CreateUserRequest) check() error {
	var c valid.Checks
	checkUserID(&c, "UserID", r.UserID)
	c.Chars("Name", r.Name, 1, 64)
	c.Chars("Alias", r.Alias, 0, 64)
	c.Chars("Position", r.Position, 0, 128)
	c.Chars("Address", r.Address, 0, 128)
	c.Bytes("Telephone", r.Telephone, 0, 32)
	if r.Email != "" {
		c.Bytes("Email", r.Email, 6, 64)
	}
	if r.BizMail != "" {
		c.Bytes("BizMail", r.BizMail, 6, 64)
	}
	checkPlaces(&c, r.Department, r.Order, r.IsLeaderInDept)
	c.Count("DirectLeader", len(r.DirectLeader), 0, 1)
	checkAttrs(&c, "ExtAttr.Attrs", r.ExtAttr.Attrs)
	checkAttrs(&c, "ExternalProfile.ExternalAttr", r.ExternalProfile.ExternalAttr)
	return c.Err("contact: Create")
}

// checkUserID checks an id that a caller gives a member.
func checkUserID(c *valid.Checks, field, id string) {
	c.Bytes(field, id, 1, longestUserID)
	for i, r := range id {
		switch {
		case r >= '0' && r <= '9', r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z':
		case i > 0 && (r == '_' || r == '-' || r == '@' || r == '.'):
		default:
			c.Fail(field, "must be of digits, letters and _ - @ . and begin with a digit or letter")
			return
		}
	}
}

// checkPlaces checks a member's departments and the lists that go with them.
func checkPlaces(c *valid.Checks, departments, order []int64, leads []int32) {
	c.Count("Department", len(departments), 0, mostDepartments)
	c.That(len(order) == 0 || len(order) == len(departments), "Order", "must have as many entries as Department")
	c.That(len(leads) == 0 || len(leads) == len(departments), "IsLeaderInDept", "must have as many entries as Department")
	valid.Each("Order", len(order), func(i int, field string) { c.Between(field, order[i], 0, mostOrder) })
	valid.Each("IsLeaderInDept", len(leads), func(i int, field string) { c.Between(field, int64(leads[i]), 0, 1) })
}

func checkAttrs(c *valid.Checks, field string, attrs []Attr) {
	valid.Each(field, len(attrs), func(i int, field string) {
		a := attrs[i]
		c.Set(field+".Name", a.Name)
		c.That(a.Text == nil || a.Type == AttrIsText, field+".Text", "does not go with the Type")
		c.That(a.Web == nil || a.Type == AttrIsWeb, field+".Web", "does not go with the Type")
		c.That(a.MiniProgram == nil || a.Type == AttrIsMiniProgram, field+".MiniProgram", "does not go with the Type")
		if a.Text != nil {
			c.Chars(field+".Text.Value", a.Text.Value, 0, 64)
		}
		if a.Web != nil {
			c.Web(field+".Web.URL", a.Web.URL)
			c.Chars(field+".Web.Title", a.Web.Title, 0, 12)
		}
	})
}

// CreateUserResponse names the departments that were made along with a member.
type CreateUserResponse struct {
	CreatedDepartments CreatedDepartments `json:"created_department_list,omitzero"`
}

// CreatedDepartments are departments that were made because a member was put into
// an id that did not exist.
type CreatedDepartments struct {
	Departments []CreatedDepartment `json:"department_info,omitzero"`
}

// CreatedDepartment is one of them.
type CreatedDepartment struct {
	Name string `json:"name"`
	ID   int64  `json:"id"`
}

// Create makes a member (创建成员).
//
// Errors: 60102 the user id exists, 60104 the mobile exists, 60106 the email exists,
// 60103 bad mobile, 60129 neither mobile nor email, 60132 lists of different length,
// 60011 no right. Needs the contact write right. Never repeated by the client: a
// second attempt after a lost reply fails with 60102 if the first was carried out.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90331
//
//wecom:endpoint POST /cgi-bin/user/create
func (u Users) Create(ctx context.Context, req CreateUserRequest) (*CreateUserResponse, error) {
	if err := req.check(); err != nil {
		return nil, err
	}
	return wecom.InvokeAs[CreateUserResponse](ctx, u.token, wecom.Call{Path: "/cgi-bin/user/create", Body: req})
}

// UpdateUserRequest says what changes. What is left out, nil, stays as it is; an
// empty value clears: Alias: new(""). Limits are those of [CreateUserRequest].
type UpdateUserRequest struct {
	UserID string `json:"userid"` // required; case does not matter
	// NewUserID replaces an id that WeCom has made up, once (else 301036).
	NewUserID string  `json:"new_userid,omitzero"`
	Name      string  `json:"name,omitzero"`
	Alias     *string `json:"alias,omitzero"`
	// Mobile is passed over in silence if the member has activated WeCom.
	Mobile         *string      `json:"mobile,omitzero"`
	Department     []int64      `json:"department,omitzero"`
	Order          []int64      `json:"order,omitzero"` // counts only together with Department
	Position       *string      `json:"position,omitzero"`
	Gender         Gender       `json:"gender,omitzero"`
	Email          *string      `json:"email,omitzero"`
	BizMail        string       `json:"biz_mail,omitzero"`       // 6 to 63 bytes; a generated one can be changed once, a chosen one never
	BizMailAlias   *MailAliases `json:"biz_mail_alias,omitzero"` // replaces all of them
	Telephone      *string      `json:"telephone,omitzero"`
	IsLeaderInDept []int32      `json:"is_leader_in_dept,omitzero"`
	DirectLeader   []string     `json:"direct_leader,omitzero"` // at most 1; []string{} clears
	AvatarMediaID  string       `json:"avatar_mediaid,omitzero"`
	Enable         *Switch      `json:"enable,omitzero"`
	ExtAttr        *ExtAttrs    `json:"extattr,omitzero"`

	ExternalProfile  *ExternalProfile `json:"external_profile,omitzero"`
	ExternalPosition *string          `json:"external_position,omitzero"`
	Nickname         *string          `json:"nickname,omitzero"`
	Address          *string          `json:"address,omitzero"`
	MainDepartment   int64            `json:"main_department,omitzero"`
}

// MailAliases are further addresses of a corp mailbox (企业邮箱别名). The zero
// MailAliases clears them.
type MailAliases struct {
	Items []string `json:"item,omitzero"` // at most 5 of 6 to 63 bytes
}

func (r *UpdateUserRequest) check() error {
	var c valid.Checks
	c.Bytes("UserID", r.UserID, 1, longestUserID)
	if r.NewUserID != "" {
		checkUserID(&c, "NewUserID", r.NewUserID)
	}
	c.Chars("Name", r.Name, 0, 64)
	text := func(field string, s *string, most int) {
		if s != nil {
			c.Chars(field, *s, 0, most)
		}
	}
	text("Alias", r.Alias, 64)
	text("Position", r.Position, 128)
	text("Address", r.Address, 128)
	text("Telephone", r.Telephone, 32)
	if r.BizMail != "" {
		c.Bytes("BizMail", r.BizMail, 6, 63)
	}
	if r.BizMailAlias != nil {
		c.Count("BizMailAlias.Items", len(r.BizMailAlias.Items), 0, 5)
		valid.Each("BizMailAlias.Items", len(r.BizMailAlias.Items), func(i int, field string) {
			c.Bytes(field, r.BizMailAlias.Items[i], 6, 63)
		})
	}
	checkPlaces(&c, r.Department, r.Order, r.IsLeaderInDept)
	c.Count("DirectLeader", len(r.DirectLeader), 0, 1)
	if r.ExtAttr != nil {
		checkAttrs(&c, "ExtAttr.Attrs", r.ExtAttr.Attrs)
	}
	if r.ExternalProfile != nil {
		checkAttrs(&c, "ExternalProfile.ExternalAttr", r.ExternalProfile.ExternalAttr)
	}
	return c.Err("contact: Update")
}

// Update changes a member (更新成员).
//
// The corp mailbox and its aliases are not changed together with the rest: after
// an error they may have been changed, or the rest without them.
//
// Errors: 60111 no such member, 60011 no right, 301036 the user id cannot be
// changed. Needs the contact write right. Never repeated by the client after a lost
// reply.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90333
//
//wecom:endpoint POST /cgi-bin/user/update
func (u Users) Update(ctx context.Context, req UpdateUserRequest) error {
	if err := req.check(); err != nil {
		return err
	}
	return wecom.DoAs(ctx, u.token, wecom.Call{Path: "/cgi-bin/user/update", Body: req}, nil)
}

// Delete removes a member, and the corp mailbox that is bound to it (删除成员).
//
// Errors: 60111 no such member, 60011 no right. Needs the contact write right. A GET
// that cannot be undone: never repeated by the client after a lost reply.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90334
//
//wecom:endpoint GET /cgi-bin/user/delete
func (u Users) Delete(ctx context.Context, userID string) error {
	if err := checkOne("contact: Delete", userID); err != nil {
		return err
	}
	return wecom.DoAs(ctx, u.token, wecom.Call{
		Method: http.MethodGet,
		Path:   "/cgi-bin/user/delete",
		Query:  url.Values{"userid": {userID}},
	}, nil)
}

// checkOne checks the id of a member that is there already.
func checkOne(op, userID string) error {
	var c valid.Checks
	c.Set("UserID", userID)
	return c.Err(op)
}

type batchDeleteBody struct {
	UserIDs []string `json:"useridlist"`
}

// BatchDelete removes 1 to 200 members (批量删除成员), all of them or none: one wrong id
// fails the call (40031).
//
// Needs the contact write right. It cannot be undone and is never repeated by the
// client after a lost reply. More than 200 are refused before anything is sent.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90335
//
//wecom:endpoint POST /cgi-bin/user/batchdelete
func (u Users) BatchDelete(ctx context.Context, userIDs []string) error {
	const most = 200
	var c valid.Checks
	c.Count("UserIDs", len(userIDs), 1, most)
	c.Unique("UserIDs", userIDs)
	if err := c.Err("contact: BatchDelete"); err != nil {
		return err
	}
	return wecom.DoAs(ctx, u.token, wecom.Call{Path: "/cgi-bin/user/batchdelete", Body: batchDeleteBody{userIDs}}, nil)
}

// Get returns a member (读取成员).
//
// Errors: 60111 no such member, 60011 out of sight. The corp's contact-sync secret
// may not call it from addresses added after 2022-08-15.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90332
//
//wecom:endpoint GET /cgi-bin/user/get
func (u Users) Get(ctx context.Context, userID string) (*User, error) {
	if err := checkOne("contact: Get", userID); err != nil {
		return nil, err
	}
	return wecom.InvokeAs[User](ctx, u.token, wecom.Call{
		Path:  "/cgi-bin/user/get",
		Query: url.Values{"userid": {userID}},
		Safe:  true,
	})
}

// ListUsersResponse holds members.
type ListUsersResponse struct {
	Users []User `json:"userlist"`
}

// SimpleList returns the members of a department, without those of the departments
// below it (获取部门成员): user id, name (the user id for third-party apps), departments
// and, for third-party apps, OpenUserID.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90336
//
//wecom:endpoint GET /cgi-bin/user/simplelist
func (u Users) SimpleList(ctx context.Context, departmentID int64) (*ListUsersResponse, error) {
	return wecom.InvokeAs[ListUsersResponse](ctx, u.token, wecom.Call{
		Path:  "/cgi-bin/user/simplelist",
		Query: url.Values{"department_id": {strconv.FormatInt(departmentID, 10)}},
		Safe:  true,
	})
}

// List returns the members of a department with all that the caller may see of
// them, without those of the departments below it (获取部门成员详情). There are no pages: it
// returns up to 30000 members at once.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90337
//
//wecom:endpoint GET /cgi-bin/user/list
func (u Users) List(ctx context.Context, departmentID int64) (*ListUsersResponse, error) {
	return wecom.InvokeAs[ListUsersResponse](ctx, u.token, wecom.Call{
		Path:  "/cgi-bin/user/list",
		Query: url.Values{"department_id": {strconv.FormatInt(departmentID, 10)}},
		Safe:  true,
	})
}

// ListIDRequest is a page of ids.
type ListIDRequest struct {
	Cursor string `json:"cursor,omitzero"` // NextCursor of the reply before; empty for the first page
	Limit  int32  `json:"limit,omitzero"`  // 1 to 10000
}

// ListIDResponse is a page of ids.
type ListIDResponse struct {
	NextCursor string           `json:"next_cursor"` // empty after the last page
	Members    []DepartmentUser `json:"dept_user"`
}

// DepartmentUser says that a member is in a department. A member of several
// departments is there several times.
type DepartmentUser struct {
	// UserID is there for the corp's contact-sync secret, OpenUserID for third
	// parties. Which of them the contact token of a registration brings is not
	// documented: see ID.
	UserID       string `json:"userid,omitzero"`
	OpenUserID   string `json:"open_userid,omitzero"`
	DepartmentID int64  `json:"department"`
}

// ID returns UserID, or OpenUserID if there is no UserID.
func (u DepartmentUser) ID() string {
	if u.UserID != "" {
		return u.UserID
	}
	return u.OpenUserID
}

// ListID returns a page of the ids of all members and of their departments
// (获取成员ID列表); see [Users.AllIDs].
//
// It is for the corp's contact-sync secret, and for a provider that the corp has
// granted contact editing.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/96021 and
// https://developer.work.weixin.qq.com/document/path/96269
//
//wecom:endpoint POST /cgi-bin/user/list_id
func (u Users) ListID(ctx context.Context, req ListIDRequest) (*ListIDResponse, error) {
	const most = 10000
	var c valid.Checks
	c.Between("Limit", int64(req.Limit), 0, most)
	if err := c.Err("contact: ListID"); err != nil {
		return nil, err
	}
	return wecom.InvokeAs[ListIDResponse](ctx, u.token, wecom.Call{Path: "/cgi-bin/user/list_id", Body: req, Safe: true})
}

// AllIDs returns the ids of all members and of their departments, over all pages
// of 10000. A member of several departments is there several times. An error ends
// the sequence.
func (u Users) AllIDs(ctx context.Context) iter.Seq2[DepartmentUser, error] {
	const most = 10000
	return paging.All(ctx, func(ctx context.Context, cursor string) ([]DepartmentUser, string, error) {
		r, err := u.ListID(ctx, ListIDRequest{Cursor: cursor, Limit: most})
		if err != nil {
			return nil, "", err
		}
		return r.Members, r.NextCursor, nil
	})
}
