package wecomtest

// contactList is what a corp keeps of its departments, members and tags (通讯录),
// with what finds them fast. The platform's lock guards it.
type contactList struct {
	departments    map[int64]*department
	lastDepartment int64 // the largest id that was given
	names          map[siblingName]int
	users          []*User // in the order of their arrival; the first one is the creator
	serial         int64   // of the last member
	byID           map[string]*User
	byMobile       map[string]*User
	byMail         map[string]*User
	byBizMail      map[string]*User
	tags           map[int64]*tag
	attributes     map[string]bool // custom attributes of the console
	jobs           []*importJob    // the newest ones, the oldest first
	oldJobs        []string        // ids of those whose result is gone, the oldest first
	locked         bool            // by a registration
}

func newContactList(corpName string) contactList {
	c := contactList{
		departments: map[int64]*department{}, names: map[siblingName]int{},
		byID: map[string]*User{}, byMobile: map[string]*User{}, byMail: map[string]*User{}, byBizMail: map[string]*User{},
		tags: map[int64]*tag{}, attributes: map[string]bool{},
		lastDepartment: rootDepartment,
	}
	c.departments[rootDepartment] = &department{id: rootDepartment, name: corpName}
	c.names[siblingName{name: corpName}] = 1
	return c
}

func contactHandlers() map[string]handler {
	return map[string]handler{
		"contact.department.create":     (*Platform).createDepartment,
		"contact.department.update":     (*Platform).updateDepartment,
		"contact.department.delete":     (*Platform).deleteDepartment,
		"contact.department.list":       (*Platform).listDepartments,
		"contact.department.simplelist": (*Platform).listDepartmentIDs,
		"contact.department.get":        (*Platform).getDepartment,
		"contact.user.create":           (*Platform).createUser,
		"contact.user.update":           (*Platform).updateUser,
		"contact.user.delete":           (*Platform).deleteUser,
		"contact.user.batchdelete":      (*Platform).deleteUsers,
		"contact.user.get":              (*Platform).getUser,
		"contact.user.list":             (*Platform).listUsers,
		"contact.user.simplelist":       (*Platform).simpleListUsers,
		"contact.user.list_id":          (*Platform).listUserIDs,
		"contact.tag.create":            (*Platform).createTag,
		"contact.tag.update":            (*Platform).updateTag,
		"contact.tag.delete":            (*Platform).deleteTag,
		"contact.tag.get":               (*Platform).getTag,
		"contact.tag.addtagusers":       (*Platform).addTagUsers,
		"contact.tag.deltagusers":       (*Platform).delTagUsers,
		"contact.tag.list":              (*Platform).listTags,
		"contact.batch.syncuser":        (*Platform).syncUsers,
		"contact.batch.replaceuser":     (*Platform).replaceUsers,
		"contact.batch.replaceparty":    (*Platform).replaceDepartments,
		"contact.batch.getresult":       (*Platform).getJobResult,
		"contact.batch.invite":          (*Platform).inviteUsers,
	}
}

// has tells whether the body has a field, empty or not.
func (c *call) has(name string) bool {
	_, present := c.body[name]
	return present
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

// manages tells whether a writer may change a department: it must be in the app's
// visible range. The department need not exist.
func (t *token) manages(id int64) bool {
	return t.grant == nil || t.grant.covers(id)
}

// sees tells whether a member is shown to the token.
func (t *token) sees(u *User) bool { return t.grant == nil || t.grant.visible(u) }

// seesStructure tells whether the token sees all departments and who leads them:
// a contact token and a contact app do.
func (t *token) seesStructure() bool { return t.grant == nil || t.grant.app.cfg.ContactWrite }

// seesDepartment tells whether a department is shown to the token.
func (t *token) seesDepartment(d *department) bool { return t.seesStructure() || t.manages(d.id) }

// settled locks the platform for a method of a corp, brings the imports up to now
// and returns the unlocking.
func (c *Corp) settled() func() {
	c.p.mu.Lock()
	c.p.runJobs(c.p.Now())
	return c.p.mu.Unlock
}
