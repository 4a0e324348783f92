package wecomtest

import "strconv"

func (p *Platform) createDepartment(c *call) (any, error) {
	if err := c.token.writable(); err != nil {
		return nil, err
	}
	corp := c.token.contacts()
	d := department{name: c.text("name"), nameEn: c.text("name_en")}
	d.order, _ = c.number("order")
	parent, _ := c.number("parentid")
	id, given := c.number("id")
	if given && id == 0 {
		return nil, refuse(60123)
	}
	d.id = id
	if corp.department(parent) != nil && !c.token.manages(parent) {
		return nil, refuse(60011)
	}
	made, err := corp.addDepartment(d, parent, corp.nameTaken)
	if err != nil {
		return nil, err
	}
	p.tellDepartment(c.token, corp, "create_party", made)
	return reply{"id": made.id, "errmsg": "created"}, nil
}

// updateDepartment changes the fields that the request has.
func (p *Platform) updateDepartment(c *call) (any, error) {
	d, err := c.ownDepartment()
	if err != nil {
		return nil, err
	}
	corp, draft := c.token.contacts(), *d
	if c.has("name") {
		draft.name = c.text("name")
	}
	if c.has("name_en") {
		draft.nameEn = c.text("name_en")
	}
	if order, given := c.number("order"); given {
		draft.order = order
	}
	if draft.parent, err = c.newParent(d); err != nil {
		return nil, err
	}
	if err := checkDepartment(&draft); err != nil {
		return nil, err
	}
	moved := draft.parent != d.parent
	if moved {
		if err := checkMove(d, draft.parent); err != nil {
			return nil, err
		}
	}
	if (moved || draft.name != d.name) && corp.named(draft.parent, draft.name, false) ||
		(moved || draft.nameEn != d.nameEn) && corp.named(draft.parent, draft.nameEn, true) {
		return nil, refuse(60008)
	}
	corp.setDepartment(d, &draft)
	p.tellDepartment(c.token, corp, "update_party", d)
	return reply{"errmsg": "updated"}, nil
}

// setDepartment gives d the names, the order and the parent of draft.
func (c *Corp) setDepartment(d, draft *department) {
	c.countNames(d, -1)
	d.name, d.nameEn, d.order = draft.name, draft.nameEn, draft.order
	c.countNames(d, 1)
	if draft.parent != d.parent {
		c.moveDepartment(d, draft.parent)
	}
}

// ownDepartment is the department that id names, if the token may change it.
func (c *call) ownDepartment() (*department, error) {
	if err := c.token.writable(); err != nil {
		return nil, err
	}
	id, _ := c.number("id")
	d := c.token.contacts().department(id)
	switch {
	case d == nil:
		return nil, refuse(60003)
	case !c.token.manages(id):
		return nil, refuse(60011)
	}
	return d, nil
}

// newParent is the parent that a request gives a department; its old one if the
// request names none.
func (c *call) newParent(d *department) (*department, error) {
	id, given := c.number("parentid")
	if !given || id == d.parentID() {
		return d.parent, nil
	}
	parent := c.token.contacts().department(id)
	switch {
	case !isDepartmentID(id):
		return nil, refuse(60124)
	case parent == nil:
		return nil, refuse(60004)
	case !c.token.manages(id):
		return nil, refuse(60011)
	}
	return parent, nil
}

func (p *Platform) deleteDepartment(c *call) (any, error) {
	d, err := c.ownDepartment()
	if err != nil {
		return nil, err
	}
	if err := c.token.contacts().removeDepartment(c.token, d); err != nil {
		return nil, err
	}
	return reply{"errmsg": "deleted"}, nil
}

// subtree is the departments below and with the one that id names, as far as the
// token sees them, by id.
func (c *call) subtree() ([]*department, error) {
	corp := c.token.contacts()
	id, given := c.number("id")
	if !given {
		id = rootDepartment
	}
	top := corp.department(id)
	if top == nil {
		return nil, refuse(60123)
	}
	if given && !c.token.seesDepartment(top) {
		return nil, refuse(60011)
	}
	var found []*department
	for _, d := range corp.sortedDepartments() {
		if d.within(top) && c.token.seesDepartment(d) {
			found = append(found, d)
		}
	}
	return found, nil
}

// departmentEntry shows a department as far as the token may see it.
func (t *token) departmentEntry(d *department) map[string]any {
	entry := map[string]any{"id": d.id, "name": d.name, "name_en": d.nameEn, "parentid": d.parentID(), "order": d.order}
	if t.grant != nil && t.grant.app.Kind == ThirdPartyApp && !t.grant.app.cfg.ContactWrite {
		entry["name"] = strconv.FormatInt(d.id, 10)
		delete(entry, "name_en")
	}
	if t.seesStructure() {
		entry["department_leader"] = d.leaders()
	}
	return entry
}

func (p *Platform) listDepartments(c *call) (any, error) {
	found, err := c.subtree()
	if err != nil {
		return nil, err
	}
	all := make([]any, len(found))
	for i, d := range found {
		all[i] = c.token.departmentEntry(d)
	}
	return reply{"department": all}, nil
}

func (p *Platform) listDepartmentIDs(c *call) (any, error) {
	found, err := c.subtree()
	if err != nil {
		return nil, err
	}
	all := make([]any, len(found))
	for i, d := range found {
		all[i] = map[string]any{"id": d.id, "parentid": d.parentID(), "order": d.order}
	}
	return reply{"department_id": all}, nil
}

func (p *Platform) getDepartment(c *call) (any, error) {
	id, _ := c.number("id")
	d := c.token.contacts().department(id)
	switch {
	case d == nil:
		return nil, refuse(60003)
	case !c.token.seesDepartment(d):
		return nil, refuse(60011)
	}
	return reply{"department": c.token.departmentEntry(d)}, nil
}
