package wecomtest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	mostTags       = 3000
	longestTagName = 32 // characters
	mostTagNodes   = 30_000
	mostTagUsers   = 1000 // in one call
	mostTagParties = 100
)

// Tag is a tag of a corp (标签).
type Tag struct {
	ID          int64
	Name        string
	Users       []string // userids
	Departments []int64
	App         *App // whose token made it; nil: the administrator or a contact token
}

// tag is a tag; it belongs to the app that made it.
type tag struct {
	id          int64
	name        string
	owner       *App // nil: the administrator or a contact token
	users       map[*User]bool
	departments map[int64]bool
}

func (t *tag) sortedUsers() []*User {
	return slices.SortedFunc(maps.Keys(t.users), func(a, b *User) int { return cmp.Compare(a.serial, b.serial) })
}

func (t *tag) public() Tag {
	all := Tag{ID: t.id, Name: t.name, Departments: slices.Sorted(maps.Keys(t.departments)), App: t.owner}
	for _, u := range t.sortedUsers() {
		all.Users = append(all.Users, u.ID)
	}
	return all
}

// Tags are the tags by id.
func (c *Corp) Tags() []Tag {
	defer c.settled()()
	all := make([]Tag, 0, len(c.tags))
	for _, id := range slices.Sorted(maps.Keys(c.tags)) {
		all = append(all, c.tags[id].public())
	}
	return all
}

// AddTag adds a tag as the administrator does, or for an app when t.App is set. ID
// 0 is chosen. Members and departments that do not exist are an error.
func (c *Corp) AddTag(t Tag) (Tag, error) {
	defer c.settled()()
	fresh := tag{id: t.ID, name: t.Name, owner: t.App}
	users, departments := c.tagNodes(t.Users, t.Departments)
	if len(users.invalid)+len(departments.invalid) > 0 {
		return Tag{}, fmt.Errorf("wecomtest: AddTag: no such member or department: %v %v", users.invalid, departments.invalid)
	}
	made, err := c.addTag(fresh, t.ID != 0)
	if err != nil {
		return Tag{}, fmt.Errorf("wecomtest: AddTag: %w", err)
	}
	made.add(users.valid, departments.valid)
	return made.public(), nil
}

func (t *tag) add(users []*User, departments []int64) {
	for _, u := range users {
		t.users[u] = true
	}
	for _, id := range departments {
		t.departments[id] = true
	}
}

// addTag adds a tag; without an id it gets the largest plus one. What WeCom gives
// for an id that is taken and for one tag too many is not documented; 40068 is
// presumed.
func (c *Corp) addTag(t tag, withID bool) (*tag, error) {
	if err := c.checkTagName(t.name); err != nil {
		return nil, err
	}
	if !withID {
		for id := range c.tags {
			t.id = max(t.id, id)
		}
		t.id++
	}
	switch {
	case t.id < 0 || t.id > largestID, c.tags[t.id] != nil:
		return nil, refuse(40068)
	case len(c.tags) >= mostTags:
		return nil, refusef(40068, "more than %d tags", mostTags)
	}
	t.users, t.departments = map[*User]bool{}, map[int64]bool{}
	c.tags[t.id] = &t
	return &t, nil
}

func (c *Corp) checkTagName(name string) error {
	switch n := utf8.RuneCountInString(name); {
	case n == 0:
		return refuse(40071)
	case n > longestTagName:
		return refuse(40072)
	}
	for _, other := range c.tags {
		if other.name == name {
			return refuse(40071)
		}
	}
	return nil
}

// divided is a list, split into what is valid and what is not.
type divided[V, I any] struct {
	valid   []V
	invalid []I
}

// tagNodes looks up what a tag call names.
func (c *Corp) tagNodes(userIDs []string, departmentIDs []int64) (users divided[*User, string], departments divided[int64, int64]) {
	for _, id := range userIDs {
		if u := c.user(id); u != nil {
			users.valid = append(users.valid, u)
		} else {
			users.invalid = append(users.invalid, id)
		}
	}
	for _, id := range departmentIDs {
		if c.department(id) != nil {
			departments.valid = append(departments.valid, id)
		} else {
			departments.invalid = append(departments.invalid, id)
		}
	}
	return users, departments
}

// maker is the app whose tags a token makes and changes; nil for a contact token.
func (t *token) maker() *App {
	if t.grant == nil {
		return nil
	}
	return t.grant.app
}

// seesTag tells whether a tag is shown to the token: an app sees only its own.
func (t *token) seesTag(tag *tag) bool { return t.grant == nil || tag.owner == t.grant.app }

// ownTag is the tag that tagid names, if the token may change it.
func (c *call) ownTag() (*tag, error) {
	if err := c.token.writable(); err != nil {
		return nil, err
	}
	id, _ := c.number("tagid")
	t := c.token.contacts().tags[id]
	switch {
	case t == nil:
		return nil, refuse(40068)
	case t.owner != c.token.maker():
		return nil, refuse(81011)
	}
	return t, nil
}

func (p *Platform) createTag(c *call) (any, error) {
	if err := c.token.writable(); err != nil {
		return nil, err
	}
	id, given := c.number("tagid")
	made, err := c.token.contacts().addTag(tag{id: id, name: c.text("tagname"), owner: c.token.maker()}, given)
	if err != nil {
		return nil, err
	}
	return reply{"tagid": made.id, "errmsg": "created"}, nil
}

func (p *Platform) updateTag(c *call) (any, error) {
	t, err := c.ownTag()
	if err != nil {
		return nil, err
	}
	if name := c.text("tagname"); name != t.name {
		if err := c.token.contacts().checkTagName(name); err != nil {
			return nil, err
		}
		t.name = name
	}
	return reply{"errmsg": "updated"}, nil
}

func (p *Platform) deleteTag(c *call) (any, error) {
	t, err := c.ownTag()
	if err != nil {
		return nil, err
	}
	delete(c.token.contacts().tags, t.id)
	forget(c.token.contacts(), t.id, func(g *grant) *[]int64 { return &g.allowTag })
	return reply{"errmsg": "deleted"}, nil
}

func (p *Platform) getTag(c *call) (any, error) {
	id, _ := c.number("tagid")
	t := c.token.contacts().tags[id]
	switch {
	case t == nil:
		return nil, refuse(40068)
	case !c.token.seesTag(t):
		return nil, refuse(81011)
	}
	users, departments := []any{}, []int64{}
	for _, u := range t.sortedUsers() {
		if c.token.sees(u) {
			entry := c.token.basics(u)
			users = append(users, map[string]any{"userid": entry["userid"], "name": entry["name"]})
		}
	}
	for _, id := range slices.Sorted(maps.Keys(t.departments)) {
		if c.token.seesDepartment(c.token.contacts().department(id)) {
			departments = append(departments, id)
		}
	}
	return reply{"tagname": t.name, "userlist": users, "partylist": departments}, nil
}

// tagChange is what a call adds to a tag or takes from it.
type tagChange struct {
	tag         *tag
	users       divided[*User, string]
	departments divided[int64, int64]
}

// tagChange reads the lists of a call; when nothing in them is valid it is refused
// with noneValid.
func (c *call) tagChange(noneValid int) (*tagChange, error) {
	t, err := c.ownTag()
	if err != nil {
		return nil, err
	}
	userIDs, departmentIDs := c.texts("userlist"), c.numbers("partylist")
	switch {
	case len(userIDs)+len(departmentIDs) == 0:
		return nil, refuse(40063)
	case len(userIDs) > mostTagUsers || len(departmentIDs) > mostTagParties:
		return nil, refuse(81014)
	}
	change := &tagChange{tag: t}
	change.users, change.departments = c.token.contacts().tagNodes(userIDs, departmentIDs)
	if len(change.users.valid)+len(change.departments.valid) == 0 {
		return nil, refusef(noneValid, "all list invalid ")
	}
	return change, nil
}

// reply names what was left out.
func (t *tagChange) reply(text string) reply {
	r := reply{"errmsg": text}
	if len(t.users.invalid) > 0 {
		r["invalidlist"] = strings.Join(t.users.invalid, "|")
	}
	if len(t.departments.invalid) > 0 {
		r["invalidparty"] = t.departments.invalid
	}
	return r
}

func (p *Platform) addTagUsers(c *call) (any, error) {
	change, err := c.tagChange(40070)
	if err != nil {
		return nil, err
	}
	t := change.tag
	if len(t.users)+len(t.departments)+len(change.users.valid)+len(change.departments.valid) > mostTagNodes {
		return nil, refuse(81003)
	}
	t.add(change.users.valid, change.departments.valid)
	p.tellTag(c.token, c.token.contacts(), change, "AddUserItems", "AddPartyItems")
	return change.reply("ok"), nil
}

func (p *Platform) delTagUsers(c *call) (any, error) {
	change, err := c.tagChange(40031)
	if err != nil {
		return nil, err
	}
	for _, u := range change.users.valid {
		delete(change.tag.users, u)
	}
	for _, id := range change.departments.valid {
		delete(change.tag.departments, id)
	}
	p.tellTag(c.token, c.token.contacts(), change, "DelUserItems", "DelPartyItems")
	return change.reply("deleted"), nil
}

func (p *Platform) listTags(c *call) (any, error) {
	corp := c.token.contacts()
	all := []any{}
	for _, id := range slices.Sorted(maps.Keys(corp.tags)) {
		if t := corp.tags[id]; c.token.seesTag(t) {
			all = append(all, map[string]any{"tagid": t.id, "tagname": t.name})
		}
	}
	return reply{"taglist": all}, nil
}
