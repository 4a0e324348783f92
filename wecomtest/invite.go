package wecomtest

// inviteUsers asks members to use WeCom (邀请成员): each of them once in a call;
// active and disabled members are passed over.
func (p *Platform) inviteUsers(c *call) (any, error) {
	if c.token.kind != ContactToken && !c.token.grant.app.cfg.ContactWrite {
		return nil, refuse(48002)
	}
	corp := c.token.contacts()
	userIDs, departmentIDs, tagIDs := c.texts("user"), c.numbers("party"), c.numbers("tag")
	if len(userIDs)+len(departmentIDs)+len(tagIDs) == 0 {
		return nil, refuse(82001)
	}
	chosen := map[*User]bool{}
	invalidUsers, invalidParties, invalidTags := []string{}, []int64{}, []int64{}
	for _, id := range userIDs {
		if u := corp.user(id); u != nil && c.token.sees(u) {
			chosen[u] = true
		} else {
			invalidUsers = append(invalidUsers, id)
		}
	}
	for _, id := range departmentIDs {
		if d := corp.department(id); d != nil && c.token.manages(id) {
			d.each(func(u *User) { chosen[u] = true })
		} else {
			invalidParties = append(invalidParties, id)
		}
	}
	for _, id := range tagIDs {
		if t := corp.tags[id]; t != nil && c.token.seesTag(t) {
			corp.eachTagged(t, func(u *User) { chosen[u] = true })
		} else {
			invalidTags = append(invalidTags, id)
		}
	}
	for u := range chosen {
		if u.Status == MemberNotActivated && c.token.sees(u) {
			u.Invitations++
		}
	}
	return reply{"invaliduser": invalidUsers, "invalidparty": invalidParties, "invalidtag": invalidTags}, nil
}

// each calls f for the members in a department and below it, maybe more than once.
func (d *department) each(f func(*User)) {
	for _, u := range d.members {
		f(u)
	}
	for _, child := range d.children {
		child.each(f)
	}
}

// eachTagged calls f for the members of a tag, maybe more than once.
func (c *Corp) eachTagged(t *tag, f func(*User)) {
	for u := range t.users {
		f(u)
	}
	for id := range t.departments {
		c.department(id).each(f)
	}
}
