package wecomtest

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// rootDepartment is the id of the root department.
const rootDepartment int64 = 1

// department is a node of the tree.
type department struct {
	id     int64
	parent int64 // 0: none
	name   string
	order  int64
}

// department finds a department. The lock is held.
func (c *Corp) department(id int64) *department {
	for _, d := range c.departments {
		if d.id == id {
			return d
		}
	}
	return nil
}

// under tells whether a department is another or below it. The lock is held.
func (c *Corp) under(id, ancestor int64) bool {
	for d := c.department(id); d != nil; d = c.department(d.parent) {
		if d.id == ancestor {
			return true
		}
	}
	return false
}

func contactHandlers() map[string]handler {
	return map[string]handler{
		"contact.department.create":     (*Platform).createDepartment,
		"contact.department.list":       (*Platform).listDepartments,
		"contact.department.simplelist": (*Platform).listDepartmentIDs,
		"contact.user.create":           (*Platform).createUser,
		"contact.user.get":              (*Platform).getUser,
		"contact.user.list":             (*Platform).listUsers,
		"contact.user.simplelist":       (*Platform).listUsers,
	}
}

// contacts is the corp whose contact list the token reaches.
func (t *token) contacts() *Corp {
	if t.grant != nil {
		return t.grant.corp
	}
	return t.corp
}

// writable refuses a token that may not change the contact list. What other
// writers get while the list is locked is not documented; 60011 is presumed.
func (t *token) writable() error {
	switch {
	case t.kind == ContactToken:
		return nil
	case !t.grant.app.cfg.ContactWrite:
		return refuse(48002)
	case t.grant.corp.locked:
		return refuse(60011)
	}
	return nil
}

// sees tells whether a member is shown to the token.
func (t *token) sees(u *User) bool { return t.grant == nil || t.grant.visible(u) }

func (p *Platform) createDepartment(c *call) (any, error) {
	if err := c.token.writable(); err != nil {
		return nil, err
	}
	corp := c.token.contacts()
	d := &department{name: c.text("name")}
	d.parent, _ = c.number("parentid")
	d.order, _ = c.number("order")
	switch {
	case corp.department(d.parent) == nil:
		return nil, refuse(60004)
	case utf8.RuneCountInString(d.name) > 64:
		return nil, refuse(60001)
	case strings.ContainsAny(d.name, `\:*?"<>|`):
		return nil, refuse(60009)
	}
	for _, other := range corp.departments {
		if other.parent == d.parent && other.name == d.name {
			return nil, refuse(60008)
		}
		d.id = max(d.id, other.id)
	}
	d.id++
	if id, given := c.number("id"); given {
		switch {
		case id <= rootDepartment:
			return nil, refuse(60123)
		case corp.department(id) != nil:
			return nil, refuse(60008)
		}
		d.id = id
	}
	corp.departments = append(corp.departments, d)
	return reply{"id": d.id, "errmsg": "created"}, nil
}

// subtree is the departments below and with the one that id names.
func (c *call) subtree() ([]*department, error) {
	corp := c.token.contacts()
	id, given := c.number("id")
	if given && corp.department(id) == nil {
		return nil, refuse(60123)
	}
	if !given {
		id = rootDepartment
	}
	var found []*department
	for _, d := range corp.departments {
		if corp.under(d.id, id) {
			found = append(found, d)
		}
	}
	return found, nil
}

func (p *Platform) listDepartments(c *call) (any, error) {
	found, err := c.subtree()
	if err != nil {
		return nil, err
	}
	all := []any{}
	for _, d := range found {
		all = append(all, map[string]any{"id": d.id, "name": d.name, "parentid": d.parent, "order": d.order})
	}
	return reply{"department": all}, nil
}

func (p *Platform) listDepartmentIDs(c *call) (any, error) {
	found, err := c.subtree()
	if err != nil {
		return nil, err
	}
	all := []any{}
	for _, d := range found {
		all = append(all, map[string]any{"id": d.id, "parentid": d.parent, "order": d.order})
	}
	return reply{"department_id": all}, nil
}

var userIDForm = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z_\-@.]{0,63}$`)

func (p *Platform) createUser(c *call) (any, error) {
	if err := c.token.writable(); err != nil {
		return nil, err
	}
	corp := c.token.contacts()
	u := User{
		ID: c.text("userid"), Name: c.text("name"), Mobile: c.text("mobile"), Email: c.text("email"),
		Gender: c.text("gender"), Departments: c.numbers("department"),
	}
	switch {
	case !userIDForm.MatchString(u.ID):
		return nil, refuse(40003)
	case corp.user(u.ID) != nil:
		return nil, refuse(60102)
	case u.Mobile == "" && u.Email == "":
		return nil, refuse(60129)
	}
	for _, other := range corp.users {
		if u.Mobile != "" && other.Mobile == u.Mobile {
			return nil, refuse(60104)
		}
		if u.Email != "" && other.Email == u.Email {
			return nil, refuse(60106)
		}
	}
	if leaders := c.numbers("is_leader_in_dept"); len(leaders) > 0 && len(leaders) != len(u.Departments) {
		return nil, refuse(60132)
	}
	// WeCom makes a department for an unknown id; here that is a mistake.
	for _, id := range u.Departments {
		if corp.department(id) == nil {
			return nil, refuse(60123)
		}
	}
	corp.addUser(u)
	return reply{"errmsg": "created"}, nil
}

func (u *User) entry() map[string]any {
	return map[string]any{
		"userid": u.ID, "name": u.Name, "department": u.Departments, "open_userid": u.OpenUserID,
	}
}

func (p *Platform) getUser(c *call) (any, error) {
	u := c.token.contacts().user(c.text("userid"))
	if u == nil || !c.token.sees(u) {
		return nil, refuse(60111)
	}
	return reply(u.entry()), nil
}

func (p *Platform) listUsers(c *call) (any, error) {
	corp := c.token.contacts()
	id, _ := c.number("department_id")
	if corp.department(id) == nil {
		return nil, refuse(60123)
	}
	all := []any{}
	for _, u := range corp.users {
		if slices.Contains(u.Departments, id) && c.token.sees(u) {
			all = append(all, u.entry())
		}
	}
	return reply{"userlist": all}, nil
}
