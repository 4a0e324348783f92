package wecomtest

import (
	"cmp"
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

// User is a member of a corp. ID and OpenUserID are the ids as this provider sees
// them: made up in the encrypted form (wo...) when empty.
type User struct {
	ID          string
	OpenUserID  string
	Name        string
	Gender      string // "1" male, "2" female
	Avatar      string
	Mobile      string
	Email       string
	Departments []int64 // empty: the root department
	Role        Role    // zero: RoleMember
}

// Corp is a customer corp (企业). The fields do not change.
type Corp struct {
	ID   string // encrypted corpid, wp...
	Name string

	p           *Platform
	users       []*User // the first one is the creator
	departments []*department
	locked      bool // contact list locked by a registration
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
		departments: []*department{{id: rootDepartment, name: name}},
	}
	admin.Role = RoleCreator
	admin.Name = cmp.Or(admin.Name, "admin")
	c.addUser(admin)
	p.corps = append(p.corps, c)
	return c
}

// Corp returns the corp with this corpid or name, or a new one of that name.
func (p *Platform) Corp(idOrName string) *Corp {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c := p.findCorp(idOrName); c != nil {
		return c
	}
	for _, c := range p.corps {
		if c.Name == idOrName {
			return c
		}
	}
	return p.addCorp(idOrName, User{})
}

// findCorp looks a corpid up; the encrypted form is case-sensitive. The lock is held.
func (p *Platform) findCorp(id string) *Corp {
	for _, c := range p.corps {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// Admin is the administrator who created the corp.
func (c *Corp) Admin() User {
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	return c.users[0].copy()
}

// AddUser adds a member and returns it with what was made up.
func (c *Corp) AddUser(u User) User {
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	return c.addUser(u).copy()
}

// Users are the members, in the order of their arrival.
func (c *Corp) Users() []User {
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	all := make([]User, len(c.users))
	for i, u := range c.users {
		all[i] = u.copy()
	}
	return all
}

func (c *Corp) addUser(u User) *User {
	s := c.p.secrets
	u.OpenUserID = cmp.Or(u.OpenUserID, "wo"+s.text(30, alphanumeric))
	u.ID = cmp.Or(u.ID, u.OpenUserID)
	u.Name = cmp.Or(u.Name, u.ID)
	u.Gender = cmp.Or(u.Gender, "1")
	u.Avatar = cmp.Or(u.Avatar, "https://wework.qpic.cn/wwpic/"+s.hex(16)+"/0")
	u.Role = cmp.Or(u.Role, RoleMember)
	if len(u.Departments) == 0 {
		u.Departments = []int64{rootDepartment}
	}
	u.Departments = slices.Clone(u.Departments)
	c.users = append(c.users, &u)
	return &u
}

func (u *User) copy() User {
	v := *u
	v.Departments = slices.Clone(u.Departments)
	return v
}

// user finds a member; userids ignore case. The lock is held.
func (c *Corp) user(id string) *User {
	for _, u := range c.users {
		if strings.EqualFold(u.ID, id) {
			return u
		}
	}
	return nil
}
