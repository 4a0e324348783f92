package wecomtest

import (
	"cmp"
	"fmt"
	"slices"
)

// detail is how much of a member a token is told.
type detail int

const (
	detailIDs   detail = iota // third-party apps: ids only, the userid in place of the name
	detailOpen                // customised apps: no sensitive data
	detailWhole               // contact tokens, and contact apps of members made through the API
)

func (t *token) detailOf(u *User) detail {
	switch {
	case t.grant == nil:
		return detailWhole
	case t.grant.app.Kind == Template:
		return detailOpen
	case t.grant.app.cfg.ContactWrite && u.byAPI:
		return detailWhole
	default:
		return detailIDs
	}
}

// isThirdParty tells whether the token is that of a third-party app in a corp,
// which is told open_userids.
func (t *token) isThirdParty() bool { return t.grant != nil && t.grant.app.Kind == ThirdPartyApp }

// basics are what every token is told of a member.
func (t *token) basics(u *User) map[string]any {
	entry := map[string]any{"userid": u.ID, "name": u.Name, "department": t.places(u).departments}
	if t.detailOf(u) == detailIDs {
		entry["name"] = u.ID
	}
	if t.isThirdParty() {
		entry["open_userid"] = u.OpenUserID
	}
	return entry
}

// places are the departments of a member that the token sees, with what belongs
// to each.
type places struct {
	departments, orders []int64
	leader              []int
}

func (t *token) places(u *User) places {
	if t.grant != nil && t.grant.byMember { // member authorisation shows the root and no order
		return places{departments: []int64{rootDepartment}}
	}
	all := places{departments: []int64{}, orders: []int64{}, leader: []int{}}
	for i, id := range u.Departments {
		if !t.seesDepartment(t.contacts().department(id)) {
			continue
		}
		var order int64
		if i < len(u.Orders) {
			order = u.Orders[i]
		}
		leader := 0
		if slices.Contains(u.LeaderOf, id) {
			leader = 1
		}
		all.departments, all.orders, all.leader = append(all.departments, id), append(all.orders, order), append(all.leader, leader)
	}
	return all
}

// entry is a member as user/get and user/list show him to the token.
func (t *token) entry(u *User) map[string]any {
	entry, level, in := t.basics(u), t.detailOf(u), t.places(u)
	entry["status"], entry["gender"] = int(u.Status), "0"
	if in.orders != nil {
		entry["order"] = in.orders
	}
	if slices.Contains(in.departments, u.MainDepartment) {
		entry["main_department"] = u.MainDepartment
	}
	if level == detailIDs {
		return entry
	}
	if in.leader != nil {
		entry["is_leader_in_dept"] = in.leader
	}
	t.addOpen(entry, u)
	if level == detailWhole {
		addSensitive(entry, u)
	}
	return entry
}

// addOpen adds what customised apps are told, too.
func (t *token) addOpen(entry map[string]any, u *User) {
	entry["position"], entry["telephone"], entry["alias"] = u.Position, u.Telephone, u.Alias
	entry["external_position"] = u.ExternalPosition
	entry["direct_leader"] = []string{}
	if leader := t.contacts().user(u.DirectLeader); leader != nil && t.sees(leader) {
		entry["direct_leader"] = []string{leader.ID}
	}
	attrs := make([]any, len(u.Attributes))
	for i, a := range u.Attributes {
		attr := map[string]any{"type": a.Type, "name": a.Name}
		if a.Type == 1 {
			attr["web"] = map[string]any{"url": a.URL, "title": a.Title}
		} else {
			attr["text"] = map[string]any{"value": a.Text}
		}
		attrs[i] = attr
	}
	entry["extattr"] = map[string]any{"attrs": attrs}
	if u.ExternalProfile != nil {
		entry["external_profile"] = u.ExternalProfile
	}
}

// addSensitive adds what apps made since 2022-06-20 are not told.
func addSensitive(entry map[string]any, u *User) {
	entry["mobile"], entry["email"], entry["biz_mail"] = u.Mobile, u.Email, u.BizMail
	entry["gender"], entry["address"], entry["qr_code"] = u.Gender, u.Address, qrCodeOf(u)
	entry["avatar"], entry["thumb_avatar"] = u.Avatar, u.Avatar+"?size=100"
}

func (p *Platform) getUser(c *call) (any, error) {
	u := c.token.contacts().user(c.text("userid"))
	if u == nil || !c.token.sees(u) {
		return nil, refuse(60111)
	}
	return reply(c.token.entry(u)), nil
}

// membersOf are the direct members of a department that the token sees: by order,
// then as they came.
func (c *call) membersOf() ([]*User, error) {
	id, _ := c.number("department_id")
	d := c.token.contacts().department(id)
	if d == nil {
		return nil, refuse(60123)
	}
	members := slices.DeleteFunc(slices.Clone(d.members), func(u *User) bool { return !c.token.sees(u) })
	slices.SortFunc(members, func(a, b *User) int {
		return cmp.Or(cmp.Compare(b.orderIn(id), a.orderIn(id)), cmp.Compare(a.serial, b.serial))
	})
	return members, nil
}

func (u *User) orderIn(department int64) int64 {
	if i := slices.Index(u.Departments, department); i >= 0 && i < len(u.Orders) {
		return u.Orders[i]
	}
	return 0
}

func (p *Platform) listUsers(c *call) (any, error) { return c.showMembers(c.token.entry) }

func (p *Platform) simpleListUsers(c *call) (any, error) { return c.showMembers(c.token.basics) }

func (c *call) showMembers(show func(*User) map[string]any) (any, error) {
	members, err := c.membersOf()
	if err != nil {
		return nil, err
	}
	all := make([]any, len(members))
	for i, u := range members {
		all[i] = show(u)
	}
	return reply{"userlist": all}, nil
}

// mostListed is the largest limit of list_id.
const mostListed = 10_000

// WithOpenListID lets user/list_id name members by open_userid also under the
// contact token of a registration. The default is the userid; the documentation
// leaves it open. Third-party apps always get the open_userid.
func WithOpenListID() Option {
	return func(s *settings) error {
		s.openListID = true
		return nil
	}
}

// listUserIDs pages through pairs of member and department. A cursor names the
// last pair of the page, so that changes between two pages do not shift the rest.
func (p *Platform) listUserIDs(c *call) (any, error) {
	if t := c.token; t.kind != ContactToken && !t.grant.app.cfg.ContactWrite {
		return nil, refuse(48002)
	}
	limit, given := c.number("limit")
	if !given {
		limit = mostListed
	}
	if limit < 1 || limit > mostListed {
		return nil, refusef(40058, "invalid parameter limit: want 1 to %d", mostListed)
	}
	var after pairCursor
	if cursor := c.text("cursor"); cursor != "" {
		if _, err := fmt.Sscanf(cursor, cursorForm, &after.member, &after.place); err != nil || after.place < 0 {
			return nil, refusef(40058, "invalid parameter cursor")
		}
	}
	pairs, next := p.pairs(c.token, after, int(limit))
	return reply{"dept_user": pairs, "next_cursor": next}, nil
}

// pairCursor is a place in the list of pairs: the member's serial and the number
// of his departments that were listed.
type pairCursor struct {
	member int64
	place  int
}

const cursorForm = "c%d-%d"

func (p *Platform) pairs(t *token, after pairCursor, limit int) (pairs []any, next string) {
	corp := t.contacts()
	pairs = []any{}
	start, _ := slices.BinarySearchFunc(corp.users, after.member, func(u *User, serial int64) int { return cmp.Compare(u.serial, serial) })
	last := after
	for _, u := range corp.users[start:] {
		if !t.sees(u) {
			continue
		}
		places := t.places(u).departments
		first := 0
		if u.serial == after.member {
			first = min(after.place, len(places))
		}
		for i, department := range places[first:] {
			if len(pairs) == limit {
				return pairs, fmt.Sprintf(cursorForm, last.member, last.place)
			}
			pair := map[string]any{"userid": u.ID, "department": department}
			if t.isThirdParty() || p.settings.openListID {
				pair = map[string]any{"open_userid": u.OpenUserID, "department": department}
			}
			pairs = append(pairs, pair)
			last = pairCursor{u.serial, first + i + 1}
		}
	}
	return pairs, ""
}
