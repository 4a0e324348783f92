package wecomtest

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"
)

// importFile is the file that a request names.
func (c *call) importFile(p *Platform, needed ...string) (*importTable, error) {
	if err := c.token.writable(); err != nil {
		return nil, err
	}
	m, err := p.medium(c, c.text("media_id"))
	if err != nil {
		return nil, err
	}
	if m.kind != "file" {
		return nil, refusef(40007, "the media_id is not that of a file")
	}
	return readTable(m.content, needed...)
}

// memberImport is an import of members.
type memberImport struct {
	p       *Platform
	corp    *Corp
	token   *token
	bodies  []map[string]any
	listed  map[string]bool // userids of the file in lower case
	replace bool            // members who are not in the file are deleted
}

func (p *Platform) syncUsers(c *call) (any, error) { return p.importMembers(c, "sync_user", false) }

func (p *Platform) replaceUsers(c *call) (any, error) {
	return p.importMembers(c, "replace_user", true)
}

func (p *Platform) importMembers(c *call, kind string, replace bool) (any, error) {
	table, err := c.importFile(p, "姓名", "帐号", "手机号", "邮箱", "所在部门")
	if err != nil {
		return nil, err
	}
	m := &memberImport{p: p, corp: c.token.contacts(), token: c.token, listed: map[string]bool{}, replace: replace}
	columns := memberColumns()
	for _, row := range table.rows {
		body := table.memberBody(row, columns, m.corp.attributes)
		if invite, given := c.body["to_invite"]; given {
			body["to_invite"] = invite
		}
		m.bodies = append(m.bodies, body)
	}
	return p.startJob(c, &importJob{kind: kind, prepare: m.prepare, run: m.run, finish: m.finish})
}

// prepare refuses a file that repeats a userid, and one that would delete most of
// the corp.
func (m *memberImport) prepare() (int, error) {
	for _, body := range m.bodies {
		id := strings.ToLower((&call{body: body}).text("userid"))
		if m.listed[id] {
			return len(m.bodies), refuse(302003)
		}
		m.listed[id] = true
	}
	if m.replace && tooMany(len(m.absent()), len(m.corp.users)) {
		return len(m.bodies), refusef(302005, "%s: the file would delete too many members", codeText(302005))
	}
	return len(m.bodies), nil
}

// tooMany is WeCom's safety stop: over 50 members and over a fifth of all, or
// fewer than 50 and over four fifths. Its code is not documented; 302005 is
// presumed.
func tooMany(deleted, all int) bool {
	return deleted > 50 && deleted*5 > all || deleted < 50 && deleted*5 > all*4
}

// absent are the members who are not in the file; the creator cannot be deleted
// and is not counted.
func (m *memberImport) absent() []*User {
	var all []*User
	for _, u := range m.corp.users[1:] {
		if !m.listed[strings.ToLower(u.ID)] {
			all = append(all, u)
		}
	}
	return all
}

// run carries out one row: it changes the member or adds one.
func (m *memberImport) run(row int) any {
	r := &call{body: m.bodies[row], token: m.token}
	item := map[string]any{"userid": r.text("userid"), "errcode": 0, "errmsg": "ok"}
	if err := m.apply(r); err != nil {
		item["errcode"], item["errmsg"] = rowError(err)
	}
	return item
}

func (m *memberImport) apply(r *call) error {
	switch {
	case !areNumbers(r.body, "department"):
		return refuse(60123)
	case !areNumbers(r.body, "order"), !areNumbers(r.body, "is_leader_in_dept"):
		return refusef(40058, "invalid parameter: want numbers with ; between them")
	}
	if old := m.corp.user(r.text("userid")); old != nil {
		if err := m.corp.updateMember(old, r); err != nil {
			return err
		}
		m.p.tellMember(m.token, m.corp, "update_user", old)
		return nil
	}
	u, _, err := m.corp.createMember(r)
	if err == nil {
		m.p.tellMember(m.token, m.corp, "create_user", u)
	}
	return err
}

func rowError(err error) (code int, text string) {
	if refusal, refused := errors.AsType[*apiError](err); refused {
		return refusal.code, refusal.text
	}
	return -1, err.Error()
}

// finish deletes who is not in the file, and then departments that a replaceparty
// has left standing because of their members.
func (m *memberImport) finish() {
	if m.replace {
		for _, u := range m.absent() {
			m.p.dismiss(m.token, u)
		}
	}
	m.corp.sweep(m.token)
}

// sweep deletes outdated departments that have become empty.
func (c *Corp) sweep(by *token) {
	outdated := slices.DeleteFunc(c.sortedDepartments(), func(d *department) bool { return !d.outdated })
	slices.SortFunc(outdated, func(a, b *department) int { return cmp.Compare(b.level(), a.level()) }) // children first
	for _, d := range outdated {
		_ = c.removeDepartment(by, d) // one that is not empty stays
	}
}

// departmentRow is a row of a replaceparty.
type departmentRow struct {
	name   string
	id     int64
	parent int64
	order  int64 // 0: leave it alone
}

// departmentImport is an import of departments.
type departmentImport struct {
	p      *Platform
	corp   *Corp
	token  *token
	rows   []departmentRow
	levels map[int64]int // of the ids in the file; the root's is 1
}

func (p *Platform) replaceDepartments(c *call) (any, error) {
	table, err := c.importFile(p, "部门名称", "部门ID", "父部门ID")
	if err != nil {
		return nil, err
	}
	m := &departmentImport{p: p, corp: c.token.contacts(), token: c.token}
	if m.rows, err = table.departmentRows(); err != nil {
		return nil, err
	}
	return p.startJob(c, &importJob{kind: "replace_party", prepare: m.prepare, run: m.run, finish: m.finish})
}

func (t *importTable) departmentRows() ([]departmentRow, error) {
	rows := make([]departmentRow, len(t.rows))
	for i, cells := range t.rows {
		row := &rows[i]
		for j, column := range t.columns {
			cell := strings.TrimSpace(cells[j])
			var err error
			switch column {
			case "部门名称":
				row.name = cell
			case "部门ID":
				row.id, err = strconv.ParseInt(cell, 10, 64)
			case "父部门ID":
				row.parent, err = strconv.ParseInt(cmp.Or(cell, "0"), 10, 64)
			case "排序":
				row.order, err = strconv.ParseInt(cmp.Or(cell, "0"), 10, 64)
			}
			if err != nil {
				return nil, refusef(40092, "import file has invalid content: row %d: %s is no number", i+1, column)
			}
		}
	}
	return rows, nil
}

// prepare checks the tree that the file describes and sorts the rows so that
// parents come first.
func (m *departmentImport) prepare() (int, error) {
	byID := make(map[int64]*departmentRow, len(m.rows))
	names := map[siblingKey]bool{}
	for i := range m.rows {
		row := &m.rows[i]
		key := siblingKey{row.parent, row.name}
		switch {
		case byID[row.id] != nil:
			return len(m.rows), refuse(302006)
		case names[key]:
			return len(m.rows), refuse(302007)
		}
		byID[row.id], names[key] = row, true
	}
	m.levels = map[int64]int{rootDepartment: 1} // which need not be in the file
	for _, row := range m.rows {
		if !m.setLevel(byID, row.id) {
			return len(m.rows), refuse(302004)
		}
	}
	slices.SortStableFunc(m.rows, func(a, b departmentRow) int { return cmp.Compare(m.levels[a.id], m.levels[b.id]) })
	return len(m.rows), nil
}

// siblingKey is what must be unique in a file.
type siblingKey struct {
	parent int64
	name   string
}

// setLevel finds the level of a department and of those above it; false if they do
// not lead up to the root: a parent is missing, or there is a loop.
func (m *departmentImport) setLevel(byID map[int64]*departmentRow, id int64) bool {
	var path []int64
	for m.levels[id] == 0 {
		row := byID[id]
		if row == nil || len(path) == len(byID) {
			return false
		}
		path, id = append(path, id), row.parent
	}
	level := m.levels[id]
	for _, below := range slices.Backward(path) {
		level++
		m.levels[below] = level
	}
	return true
}

// lists tells whether the file has a department; the root always counts as listed.
func (m *departmentImport) lists(id int64) bool { return m.levels[id] > 0 }

// What an import has done to a department, as bits.
const (
	partyCreated   = 1
	partyRenamed   = 2
	partyMoved     = 4
	partyReordered = 8
)

func (m *departmentImport) run(i int) any {
	row := m.rows[i]
	action, err := m.apply(row)
	item := map[string]any{"partyid": row.id, "action": action, "errcode": 0, "errmsg": "ok"}
	if err != nil {
		item["action"] = 0
		item["errcode"], item["errmsg"] = rowError(err)
	}
	return item
}

func (m *departmentImport) apply(row departmentRow) (action int, err error) {
	d, parent := m.corp.department(row.id), m.corp.department(row.parent)
	switch {
	case d == nil && parent != nil && !m.token.manages(row.parent),
		d != nil && !m.token.manages(row.id),
		d != nil && parent != d.parent && !m.token.manages(row.parent):
		return 0, refuse(60011)
	case d == nil:
		d, err = m.corp.addDepartment(department{id: row.id, name: row.name, order: row.order}, row.parent, m.nameTaken)
		if err == nil {
			m.p.tellDepartment(m.token, m.corp, "create_party", d)
		}
		return partyCreated, err
	case d.parent != nil && parent == nil:
		return 0, refuse(60004) // its row has failed
	}
	draft := *d
	draft.name = row.name
	draft.order = cmp.Or(row.order, d.order)
	if d.parent != nil {
		draft.parent = parent
	}
	return m.change(d, &draft)
}

// change makes d what draft is.
func (m *departmentImport) change(d, draft *department) (action int, err error) {
	if err := checkDepartment(draft); err != nil {
		return 0, err
	}
	if draft.name != d.name {
		action |= partyRenamed
	}
	if draft.parent != d.parent {
		if err := checkMove(d, draft.parent); err != nil {
			return 0, err
		}
		action |= partyMoved
	}
	if draft.order != d.order {
		action |= partyReordered
	}
	if action&(partyRenamed|partyMoved) != 0 && m.nameTaken(draft) {
		return 0, refuse(60008)
	}
	d.outdated = false
	if action != 0 {
		m.corp.setDepartment(d, draft)
		m.p.tellDepartment(m.token, m.corp, "update_party", d)
	}
	return action, nil
}

// nameTaken tells whether a sibling that is not in the file has the name. Of those
// in it two may have one name on the way from the old tree to the new one.
func (m *departmentImport) nameTaken(d *department) bool {
	return m.corp.named(d.parent, d.name, false) && slices.ContainsFunc(d.parent.children, func(other *department) bool {
		return other.name == d.name && !m.lists(other.id)
	})
}

// finish deletes the departments that are not in the file and empty; the others
// go when a later import has moved their members out.
func (m *departmentImport) finish() {
	for id, d := range m.corp.departments {
		d.outdated = !m.lists(id) && m.token.manages(id)
	}
	m.corp.sweep(m.token)
}
