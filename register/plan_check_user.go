package register

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/wecom-isv/wecom/corp/contact"
)

// checkUsers also sets ToInvite: see [PlanSource].
func (d *draft) checkUsers(check func(contact.CreateUserRequest) error) {
	d.byUserID = make(map[string]int, len(d.users))
	for i, u := range d.users {
		if _, again := d.byUserID[fold(u.UserID)]; !again {
			d.byUserID[fold(u.UserID)] = i
		}
	}
	nodes := make(map[int64]int, len(d.children))
	for id, children := range d.children {
		nodes[id] = len(children)
	}
	mobiles, emails, mailboxes := make(map[string]int), make(map[string]int), make(map[string]int)
	never := new(false)
	for i := range d.users {
		u := &d.users[i]
		it := item{d, KindUser, i + 1, u.UserID}
		it.failAll(check(*u))
		if first := d.byUserID[fold(u.UserID)]; first != i && u.UserID != "" {
			it.fail("UserID", "is that of user %d as well; case does not count", first+1)
		}
		if u.ToInvite != nil && *u.ToInvite {
			it.fail("ToInvite", "is true: leave it out and set MigrateConfig.Invite")
		}
		u.ToInvite = never
		it.checkTexts(u)
		if mobile, ok := normalMobile(u.Mobile); !ok && u.Mobile != "" {
			it.fail("Mobile", "is none: 11 digits, or with the country, as +852 …")
		} else {
			it.once("Mobile", mobile, mobiles)
		}
		if u.Mobile == "" && u.Email == "" {
			it.fail("Mobile", "and Email are both missing")
		}
		it.checkMail("Email", u.Email, emails)
		it.checkMail("BizMail", u.BizMail, mailboxes)
		it.checkPlaces(u, nodes)
		it.checkLeader(u)
	}
	for i, dep := range d.departments {
		if n := nodes[dep.ID]; n > mostNodes {
			item{d, KindDepartment, i + 1, strconv.FormatInt(dep.ID, 10)}.fail("", "has %d departments and members: at most %d are allowed", n, mostNodes)
		}
	}
	if n := nodes[contact.RootDepartment]; n > mostNodes {
		item{draft: d, kind: KindDepartment, id: "1"}.fail("", "has %d departments and members: at most %d are allowed", n, mostNodes)
	}
	d.checkLeaderCircles()
}

func (i item) checkTexts(u *contact.CreateUserRequest) {
	for _, text := range [...]struct{ field, text string }{
		{"Name", u.Name},
		{"Alias", u.Alias},
		{"Mobile", u.Mobile},
		{"Email", u.Email},
		{"Position", u.Position},
		{"Address", u.Address},
		{"Telephone", u.Telephone},
	} {
		i.plain(text.field, text.text)
	}
}

func (i item) checkMail(field, address string, seen map[string]int) {
	if address != "" && !isEmail(address) {
		i.fail(field, "is no address such as name@example.com")
		return
	}
	i.once(field, fold(address), seen)
}

// checkPlaces looks at a member's departments and counts them in.
func (i item) checkPlaces(u *contact.CreateUserRequest, nodes map[int64]int) {
	if len(u.Department) == 0 {
		i.fail("Department", "is missing: 1 is the root")
	}
	for n, id := range u.Department {
		field := fmt.Sprintf("Department[%d]", n)
		switch {
		case !i.draft.isDepartment(id):
			i.fail(field, "names department %d, which is not in the plan", id)
		case slices.Contains(u.Department[:n], id):
			i.fail(field, "is there twice")
		default:
			nodes[id]++
		}
	}
	if u.MainDepartment != 0 && !slices.Contains(u.Department, u.MainDepartment) {
		i.fail("MainDepartment", "is not among Department")
	}
}

func (i item) checkLeader(u *contact.CreateUserRequest) {
	for n, leader := range u.DirectLeader {
		field := fmt.Sprintf("DirectLeader[%d]", n)
		if fold(leader) == fold(u.UserID) {
			i.fail(field, "is the member")
		} else if _, ok := i.draft.byUserID[fold(leader)]; !ok {
			i.fail(field, "names %q, who is not in the plan", leader)
		}
	}
}

// leader returns the index of who leads a member, -1 if nobody does.
func (d *draft) leader(user int) int {
	u := &d.users[user]
	if len(u.DirectLeader) == 0 || fold(u.DirectLeader[0]) == fold(u.UserID) {
		return -1
	}
	if leader, ok := d.byUserID[fold(u.DirectLeader[0])]; ok {
		return leader
	}
	return -1
}

// checkLeaderCircles looks for people who lead each other: nobody of them could be
// made first.
func (d *draft) checkLeaderCircles() {
	walk := make([]int, len(d.users)) // in which walk up a member was met, from 1
	for i := range d.users {
		at := i
		for at >= 0 && walk[at] == 0 {
			walk[at] = i + 1
			at = d.leader(at)
		}
		if at >= 0 && walk[at] == i+1 {
			item{d, KindUser, i + 1, d.users[i].UserID}.fail("DirectLeader", "is part of a circle of leaders")
		}
	}
}

// ranked sorts the members so that everybody comes after his leader, and returns
// those of the same height together as well.
func (d *draft) ranked() (users []contact.CreateUserRequest, ranks [][]contact.CreateUserRequest) {
	heights := make([]int, len(d.users)) // 1 without a leader; 0: not known yet
	var sizes []int
	for i := range d.users {
		height := d.height(i, heights)
		for len(sizes) < height {
			sizes = append(sizes, 0)
		}
		sizes[height-1]++
	}
	users = make([]contact.CreateUserRequest, 0, len(d.users))
	for _, size := range sizes {
		ranks = append(ranks, users[len(users):len(users):len(users)+size])
		users = users[:len(users)+size]
	}
	for i, height := range heights {
		ranks[height-1] = append(ranks[height-1], d.users[i])
	}
	return users, ranks
}

// height counts the people from a member up to who has no leader.
func (d *draft) height(user int, heights []int) int {
	var way []int
	at := user
	for at >= 0 && heights[at] == 0 {
		way = append(way, at)
		at = d.leader(at)
	}
	height := 0
	if at >= 0 {
		height = heights[at]
	}
	for _, at := range slices.Backward(way) {
		height++
		heights[at] = height
	}
	return heights[user]
}

func (d *draft) checkTags(check func(contact.CreateTagRequest) error) {
	if len(d.tags) > mostTags {
		item{draft: d, kind: KindTag}.fail("", "there are %d: at most %d are allowed", len(d.tags), mostTags)
	}
	ids, names := make(map[string]int), make(map[string]int)
	for i, tag := range d.tags {
		it := item{d, KindTag, i + 1, strconv.FormatInt(tag.ID, 10)}
		it.failAll(check(contact.CreateTagRequest{Name: tag.Name}))
		if tag.ID < 1 {
			it.fail("ID", "must be 1 or more: without an id of yours a migration cannot be repeated safely")
		} else {
			it.once("ID", it.id, ids)
		}
		it.plain("Name", tag.Name)
		it.once("Name", tag.Name, names)
		if n := len(tag.Users) + len(tag.Departments); n > mostNodes {
			it.fail("", "has %d members and departments: at most %d are allowed", n, mostNodes)
		}
		it.checkTagged(tag)
	}
}

func (i item) checkTagged(tag Tag) {
	seen := make(map[string]bool, len(tag.Users))
	for n, id := range tag.Users {
		field := fmt.Sprintf("Users[%d]", n)
		if _, ok := i.draft.byUserID[fold(id)]; !ok {
			i.fail(field, "names %q, who is not in the plan", id)
		} else if seen[fold(id)] {
			i.fail(field, "is there twice")
		}
		seen[fold(id)] = true
	}
	for n, id := range tag.Departments {
		field := fmt.Sprintf("Departments[%d]", n)
		if !i.draft.isDepartment(id) {
			i.fail(field, "names department %d, which is not in the plan", id)
		} else if slices.Contains(tag.Departments[:n], id) {
			i.fail(field, "is there twice")
		}
	}
}
