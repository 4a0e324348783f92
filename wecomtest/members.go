package wecomtest

import (
	"cmp"
	"slices"
	"strings"
)

// insertUser adds a member to the list and makes the departments of it that do
// not exist.
func (c *Corp) insertUser(u *User) []*department {
	made := c.missingDepartments(u.Departments)
	c.serial++
	u.serial = c.serial
	c.users = append(c.users, u)
	c.link(u)
	return made
}

// changeUser makes u what draft is.
func (c *Corp) changeUser(u *User, draft User) {
	c.missingDepartments(draft.Departments)
	c.unlink(u)
	*u = draft
	c.link(u)
}

// removeUser removes a member from everything.
func (c *Corp) removeUser(u *User) {
	c.unlink(u)
	i, _ := slices.BinarySearchFunc(c.users, u.serial, func(u *User, serial int64) int { return cmp.Compare(u.serial, serial) })
	c.users = slices.Delete(c.users, i, i+1)
	for _, t := range c.tags {
		delete(t.users, u)
	}
	forget(c, u.ID, func(g *grant) *[]string { return &g.allowUser })
}

// removable refuses what WeCom refuses to delete.
func (c *Corp) removable(u *User) error {
	if u == c.users[0] {
		return refuse(301005)
	}
	return nil
}

// uniqueName is what no two members have, with its index.
type uniqueName struct {
	index map[string]*User
	key   string // empty: the member has none
	code  int    // of a conflict
}

func (c *Corp) uniqueNames(u *User) []uniqueName {
	return []uniqueName{
		{c.byID, strings.ToLower(u.ID), 60102},
		{c.byMobile, u.Mobile, 60104},
		{c.byMail, strings.ToLower(u.Email), 60106},
		{c.byBizMail, strings.ToLower(u.BizMail), 60145},
	}
}

// link enters a member into the indices; of two with one mobile, which only
// AddUser makes, the first is found by it.
func (c *Corp) link(u *User) {
	for _, n := range c.uniqueNames(u) {
		if n.key != "" && n.index[n.key] == nil {
			n.index[n.key] = u
		}
	}
	for _, id := range u.Departments {
		d := c.department(id)
		d.members = append(d.members, u)
	}
}

func (c *Corp) unlink(u *User) {
	for _, n := range c.uniqueNames(u) {
		if n.index[n.key] == u {
			delete(n.index, n.key)
		}
	}
	for _, id := range u.Departments {
		d := c.department(id)
		i := slices.Index(d.members, u)
		d.members = slices.Delete(d.members, i, i+1)
	}
}

// unique refuses what another member than old has already.
func (c *Corp) unique(draft, old *User) error {
	for _, n := range c.uniqueNames(draft) {
		if other := n.index[n.key]; n.key != "" && other != nil && other != old {
			return refuse(n.code)
		}
	}
	return nil
}

// createMember carries out user/create, or a row of an import that adds a member.
func (c *Corp) createMember(r *call) (*User, []*department, error) {
	u := User{ID: r.text("userid"), Gender: "0", Role: RoleMember, Status: MemberNotActivated, byAPI: true}
	if !userIDForm.MatchString(u.ID) {
		return nil, nil, refuse(40003)
	}
	if c.user(u.ID) != nil {
		return nil, nil, refuse(60102)
	}
	if err := c.draft(&u, nil, r); err != nil {
		return nil, nil, err
	}
	u.OpenUserID = "wo" + c.p.secrets.text(30, alphanumeric)
	u.Avatar = cmp.Or(u.Avatar, c.p.newAvatar())
	if invite, given := r.body["to_invite"].(bool); (invite || !given) && u.Status == MemberNotActivated {
		u.Invitations = 1
	}
	return &u, c.insertUser(&u), nil
}

// updateMember carries out user/update, or a row of an import that changes a
// member.
func (c *Corp) updateMember(u *User, r *call) error {
	draft := u.copy()
	if id := r.text("new_userid"); id != "" && id != u.ID {
		switch {
		case !u.generated:
			return refuse(301036)
		case !userIDForm.MatchString(id):
			return refuse(40003)
		}
		draft.ID, draft.generated = id, false
	}
	if err := c.draft(&draft, u, r); err != nil {
		return err
	}
	if draft.ID != u.ID {
		c.renameVisible(u.ID, draft.ID)
	}
	c.changeUser(u, draft)
	return nil
}

// renameVisible renames a member in the visible ranges of apps.
func (c *Corp) renameVisible(from, to string) {
	for g := range c.living() {
		if i := slices.Index(g.allowUser, from); i >= 0 {
			g.allowUser[i] = to
		}
	}
}

// waitingPlace is the department 0 of requests: the waiting department.
const waitingPlace = 0

// draft reads a request into u and checks what comes out. old is the member as he
// is in the list, nil for a new one.
func (c *Corp) draft(u, old *User, r *call) error {
	for _, read := range []func(*User, *User, *call) error{readTexts, readAddresses, c.readPlaces, c.readLeader, c.readRest} {
		if err := read(u, old, r); err != nil {
			return err
		}
	}
	if u.Mobile == "" && u.Email == "" && r.setsAddress(old) {
		return refuse(60129)
	}
	if err := c.unique(u, old); err != nil {
		return err
	}
	return c.checkPlaces(u, old, r.token)
}

// setsAddress tells whether a request must leave a mobile or a mail address: one
// that makes a member or sets either. AddUser makes members with neither.
func (c *call) setsAddress(old *User) bool { return old == nil || c.has("mobile") || c.has("email") }

// checkPlaces checks that the departments of a draft take the member and that the
// token may put him there, and puts who has none into the waiting department.
func (c *Corp) checkPlaces(u, old *User, t *token) error {
	for _, id := range u.Departments {
		d := c.department(id)
		switch {
		case d == nil && !t.manages(rootDepartment), d != nil && !t.manages(id):
			return refuse(60011)
		case d != nil && (old == nil || !slices.Contains(old.Departments, id)) && d.full(1):
			return refuse(81001)
		}
	}
	if i := slices.Index(u.Departments, waitingPlace); i >= 0 {
		waiting := c.waiting().id
		if slices.Contains(u.Departments, waiting) {
			return refuse(40066)
		}
		u.Departments[i] = waiting
		u.LeaderOf = slices.DeleteFunc(u.LeaderOf, func(id int64) bool { return id == waitingPlace })
	}
	if !slices.Contains(u.Departments, u.MainDepartment) {
		u.MainDepartment = u.Departments[0]
	}
	return nil
}

func (p *Platform) createUser(c *call) (any, error) {
	if err := c.token.writable(); err != nil {
		return nil, err
	}
	corp := c.token.contacts()
	u, made, err := corp.createMember(c)
	if err != nil {
		return nil, err
	}
	p.tellMember(c.token, corp, "create_user", u)
	r := reply{"errmsg": "created"}
	if len(made) > 0 {
		departments := make([]any, len(made))
		for i, d := range made {
			departments[i] = map[string]any{"name": d.name, "id": d.id}
		}
		r["created_department_list"] = map[string]any{"department_info": departments}
	}
	return r, nil
}

// ownUser is the member that a userid names, if the token may change him.
func (c *call) ownUser(id string) (*User, error) {
	u := c.token.contacts().user(id)
	switch {
	case u == nil:
		return nil, refuse(60111)
	case !c.token.sees(u):
		return nil, refuse(60011)
	}
	return u, nil
}

func (p *Platform) updateUser(c *call) (any, error) {
	if err := c.token.writable(); err != nil {
		return nil, err
	}
	u, err := c.ownUser(c.text("userid"))
	if err != nil {
		return nil, err
	}
	corp := c.token.contacts()
	if err := corp.updateMember(u, c); err != nil {
		return nil, err
	}
	p.tellMember(c.token, corp, "update_user", u)
	return reply{"errmsg": "updated"}, nil
}

func (p *Platform) deleteUser(c *call) (any, error) {
	if err := c.token.writable(); err != nil {
		return nil, err
	}
	u, err := c.ownUser(c.text("userid"))
	if err != nil {
		return nil, err
	}
	if err := c.token.contacts().removable(u); err != nil {
		return nil, err
	}
	p.dismiss(c.token, u)
	return reply{"errmsg": "deleted"}, nil
}

// dismiss removes a member and tells the apps that saw him.
func (p *Platform) dismiss(by *token, u *User) {
	corp := by.contacts()
	p.tellMember(by, corp, "delete_user", u)
	corp.removeUser(u)
}

// mostDeleted is how many members one batchdelete takes.
const mostDeleted = 200

// deleteUsers deletes all or, when one id is wrong, none.
func (p *Platform) deleteUsers(c *call) (any, error) {
	if err := c.token.writable(); err != nil {
		return nil, err
	}
	ids := c.texts("useridlist")
	switch {
	case len(ids) == 0:
		return nil, refuse(40031)
	case len(ids) > mostDeleted:
		return nil, refuse(40032)
	}
	var doomed []*User
	for _, id := range ids {
		u, err := c.ownUser(id)
		if err != nil {
			return nil, refuse(40031)
		}
		if err := c.token.contacts().removable(u); err != nil {
			return nil, err
		}
		if !slices.Contains(doomed, u) { // an id may be there twice
			doomed = append(doomed, u)
		}
	}
	for _, u := range doomed {
		p.dismiss(c.token, u)
	}
	return reply{"errmsg": "deleted"}, nil
}
