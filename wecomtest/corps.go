package wecomtest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Role is the position of a member towards the administration, with the numbers
// of get_login_info.
type Role int

const (
	// RoleCreator created the corp (创建者).
	RoleCreator Role = iota + 1
	// RoleAdmin is an internal system administrator (内部系统管理员).
	RoleAdmin
	// RoleExternalAdmin is an external system administrator (外部系统管理员).
	RoleExternalAdmin
	// RoleGradedAdmin is a graded administrator (分级管理员).
	RoleGradedAdmin
	// RoleMember is a plain member (成员).
	RoleMember
)

// MemberStatus says whether a member uses WeCom (激活状态), with WeCom's numbers.
type MemberStatus int

const (
	// MemberActive uses WeCom (已激活).
	MemberActive MemberStatus = 1
	// MemberDisabled may not (已禁用).
	MemberDisabled MemberStatus = 2
	// MemberNotActivated has not begun to (未激活).
	MemberNotActivated MemberStatus = 4
)

// User is a member of a corp. ID and OpenUserID are the ids as this provider sees
// them: made up in the encrypted form (wo...) when empty.
type User struct {
	ID         string
	OpenUserID string
	Name       string
	Alias      string
	Gender     string // "1" male, "2" female, "0" unknown
	Avatar     string
	Mobile     string // without +86; other countries with + and their code
	Email      string
	BizMail    string
	Position   string
	Telephone  string
	Address    string
	Nickname   string // of the video account

	BizMailAlias     []string
	Departments      []int64 // empty: the root department
	Orders           []int64 // one for each of Departments, larger first; empty: all 0
	LeaderOf         []int64 // those of Departments that the member leads
	MainDepartment   int64   // 0: the first of Departments
	DirectLeader     string  // userid
	Attributes       []Attribute
	ExternalPosition string
	ExternalProfile  json.RawMessage // as it was sent; nil: none

	Role        Role         // zero: RoleMember
	Status      MemberStatus // zero: MemberActive
	Invitations int          // that were sent, by to_invite or batch/invite

	serial    int64 // of the arrival
	byAPI     bool  // made through the API: contact apps see everything
	generated bool  // the ID was made up and can be changed once
}

// Attribute is a custom attribute (自定义字段) of a member; see [Corp.DefineAttributes].
type Attribute struct {
	Name  string
	Type  int    // 0 text, 1 web
	Text  string // of a text
	URL   string // of a web page
	Title string // of a web page
}

// Corp is a customer corp (企业). The fields do not change.
type Corp struct {
	ID   string // encrypted corpid, wp...
	Name string

	p      *Platform
	grants []*grant // of the apps that it has or had, in order
	contactList
}

// NewCorp adds a corp with an administrator ([Corp.Admin]) and a root department.
func (p *Platform) NewCorp(name string) *Corp {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.addCorp(name, User{})
}

// addCorp makes a corp whose creator is admin. The lock is held.
func (p *Platform) addCorp(name string, admin User) *Corp {
	c := &Corp{
		ID:          "wp" + p.secrets.text(30, alphanumeric),
		Name:        name,
		p:           p,
		contactList: newContactList(name),
	}
	admin.Role = RoleCreator
	admin.Name = cmp.Or(admin.Name, "admin")
	c.addUser(admin)
	p.corps = append(p.corps, c)
	p.corpByID[c.ID] = c
	return c
}

// Corp returns the corp with this corpid or name, or a new one of that name.
func (p *Platform) Corp(idOrName string) *Corp {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c := p.corpNamed(idOrName); c != nil {
		return c
	}
	return p.addCorp(idOrName, User{})
}

// corpNamed finds a corp by its corpid or name. The lock is held.
func (p *Platform) corpNamed(idOrName string) *Corp {
	if c := p.findCorp(idOrName); c != nil {
		return c
	}
	for _, c := range p.corps {
		if c.Name == idOrName {
			return c
		}
	}
	return nil
}

// findCorp looks a corpid up; the encrypted form is case-sensitive. The lock is held.
func (p *Platform) findCorp(id string) *Corp { return p.corpByID[id] }

// Admin is the administrator who created the corp.
func (c *Corp) Admin() User {
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	return c.users[0].copy()
}

// AddUser adds a member, as the administrator does but without WeCom's checks, and
// returns it with what was made up. A member with the same ID is replaced; a
// department that does not exist is made, unless its id is impossible (below 1, or
// over 32 bits): that one is left out.
func (c *Corp) AddUser(u User) User {
	defer c.settled()()
	added := c.addUser(u)
	return added.copy()
}

// RemoveUser removes a member as the administrator does; the creator stays.
func (c *Corp) RemoveUser(id string) error {
	defer c.settled()()
	u := c.user(id)
	if u == nil {
		return fmt.Errorf("wecomtest: RemoveUser: %w", refuse(60111))
	}
	if err := c.removable(u); err != nil {
		return fmt.Errorf("wecomtest: RemoveUser: %w", err)
	}
	c.p.tellMember(nil, c, "delete_user", u)
	c.removeUser(u)
	return nil
}

// Users are the members, in the order of their arrival.
func (c *Corp) Users() []User {
	defer c.settled()()
	all := make([]User, len(c.users))
	for i, u := range c.users {
		all[i] = u.copy()
	}
	return all
}

// size is the number of members.
func (c *Corp) size() int {
	defer c.settled()()
	return len(c.users)
}

// User returns the member with this userid, ignoring case.
func (c *Corp) User(id string) (User, bool) {
	defer c.settled()()
	u := c.user(id)
	if u == nil {
		return User{}, false
	}
	return u.copy(), true
}

// DefineAttributes defines custom attributes (自定义字段) as the administrator does in
// the console. Others in extattr or in a CSV file are ignored, as by WeCom.
func (c *Corp) DefineAttributes(names ...string) {
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	for _, name := range names {
		c.attributes[name] = true
	}
}

func (c *Corp) addUser(u User) *User {
	old := c.user(u.ID)
	if old != nil {
		u.OpenUserID, u.Role = cmp.Or(u.OpenUserID, old.OpenUserID), cmp.Or(u.Role, old.Role)
		u.serial, u.byAPI = old.serial, old.byAPI
	}
	s := c.p.secrets
	u.OpenUserID = cmp.Or(u.OpenUserID, "wo"+s.text(30, alphanumeric))
	u.generated = u.ID == ""
	u.ID = cmp.Or(u.ID, u.OpenUserID)
	u.Name = cmp.Or(u.Name, u.ID)
	u.Gender = cmp.Or(u.Gender, "1")
	u.Avatar = cmp.Or(u.Avatar, c.p.newAvatar())
	u.Role = cmp.Or(u.Role, RoleMember)
	u.Status = cmp.Or(u.Status, MemberActive)
	if mobile, ok := cleanMobile(u.Mobile); ok {
		u.Mobile = mobile
	}
	u.dropImpossibleDepartments()
	if len(u.Departments) == 0 {
		u.Departments = []int64{rootDepartment}
	}
	u.MainDepartment = cmp.Or(u.MainDepartment, u.Departments[0])
	added := u.copy()
	if old != nil {
		c.changeUser(old, added)
		c.p.tellMember(nil, c, "update_user", old)
		return old
	}
	c.insertUser(&added)
	c.p.tellMember(nil, c, "create_user", &added)
	return &added
}

// dropImpossibleDepartments leaves out ids that no department can have, with the
// place of the member there.
func (u *User) dropImpossibleDepartments() {
	var departments, orders []int64
	for i, id := range u.Departments {
		if !isDepartmentID(id) {
			continue
		}
		departments = append(departments, id)
		if i < len(u.Orders) {
			orders = append(orders, u.Orders[i])
		}
	}
	u.Departments, u.Orders = departments, orders
	u.LeaderOf = slices.DeleteFunc(slices.Clone(u.LeaderOf), func(id int64) bool { return !isDepartmentID(id) })
	if !isDepartmentID(u.MainDepartment) {
		u.MainDepartment = 0
	}
}

func (p *Platform) newAvatar() string {
	return "https://wework.qpic.cn/wwpic/" + p.secrets.hex(16) + "/0"
}

func (u *User) copy() User {
	v := *u
	v.BizMailAlias = slices.Clone(u.BizMailAlias)
	v.Departments = slices.Clone(u.Departments)
	v.Orders = slices.Clone(u.Orders)
	v.LeaderOf = slices.Clone(u.LeaderOf)
	v.Attributes = slices.Clone(u.Attributes)
	v.ExternalProfile = slices.Clone(u.ExternalProfile)
	return v
}

// user finds a member; userids ignore case. The lock is held.
func (c *Corp) user(id string) *User { return c.byID[strings.ToLower(id)] }
