package wecomtest

import (
	"context"
	"strconv"
	"strings"
)

// WithContactEvents pushes change_contact when the contact list of a corp changes:
// by the API, by an import, or by the methods of [Corp]. The apps in the corp that
// see the member or department are told: a third-party app in the suite form on its
// command URL, a customised app in the app form on its callback URL; not the app
// whose own token made the change. Pushes run beside what caused them, one after
// the other in the order of the changes; [Platform.Deliveries] has what became of
// them. By default there are none.
//
// The events carry ids, names and departments; WeCom's own events of an update also
// carry the fields that have changed.
func WithContactEvents() Option {
	return func(s *settings) error {
		s.contactEvents = true
		return nil
	}
}

// contactEvent is a change_contact that is due.
type contactEvent struct {
	target  Target
	message []byte
}

// tellMember tells the apps about a change of a member; by is the token that made
// it, nil for the administrator. A removal is told before it is made, while the
// visible ranges still have the member. The lock is held.
func (p *Platform) tellMember(by *token, c *Corp, change string, u *User) {
	p.tell(by, c, change, func(g *grant, m *xmlMessage) bool {
		if !g.visible(u) {
			return false
		}
		m.text("UserID", u.ID)
		if g.app.Kind == ThirdPartyApp {
			m.text("OpenUserID", u.OpenUserID)
		}
		if change != "delete_user" {
			view := &token{kind: CorpToken, grant: g}
			name, _ := view.basics(u)["name"].(string)
			m.text("Name", name).text("Department", joinIDs(view.places(u).departments)).number("Status", int64(u.Status))
		}
		return true
	})
}

// tellDepartment tells the apps about a change of a department; a removal, too, is
// told before it is made.
func (p *Platform) tellDepartment(by *token, c *Corp, change string, d *department) {
	p.tell(by, c, change, func(g *grant, m *xmlMessage) bool {
		view := &token{kind: CorpToken, grant: g}
		m.number("Id", d.id)
		if change != "delete_party" {
			name, _ := view.departmentEntry(d)["name"].(string)
			m.text("Name", name).number("ParentId", d.parentID())
		}
		if change == "create_party" {
			m.number("Order", d.order)
		}
		return view.seesDepartment(d)
	})
}

// tellTag tells the apps about members and departments that came to a tag or left
// it.
func (p *Platform) tellTag(by *token, c *Corp, change *tagChange, users, departments string) {
	p.tell(by, c, "update_tag", func(g *grant, m *xmlMessage) bool {
		ids := make([]string, len(change.users.valid))
		for i, u := range change.users.valid {
			ids[i] = u.ID
		}
		m.number("TagId", change.tag.id).text(users, strings.Join(ids, ",")).text(departments, joinIDs(change.departments.valid))
		return (&token{kind: CorpToken, grant: g}).seesTag(change.tag)
	})
}

func joinIDs(ids []int64) string {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = strconv.FormatInt(id, 10)
	}
	return strings.Join(texts, ",")
}

// tell queues an event for each app of the corp but the one that made the change.
// fill writes what has changed and tells whether the app may know.
func (p *Platform) tell(by *token, c *Corp, change string, fill func(*grant, *xmlMessage) bool) {
	if !p.settings.contactEvents {
		return
	}
	for g := range c.living() {
		if g.disabled || by != nil && by.grant == g {
			continue
		}
		target, head := p.contactTarget(g)
		if head.text("ChangeType", change); target.URL != "" && fill(g, head) {
			p.outbox = append(p.outbox, contactEvent{target, head.bytes()})
		}
	}
	if len(p.outbox) > 0 && !p.telling {
		p.telling = true
		p.background(p.emptyOutbox)
	}
}

// contactTarget is where an app wants to be told, and how the message begins.
func (p *Platform) contactTarget(g *grant) (Target, *xmlMessage) {
	now := p.Now().Unix()
	if g.app.Kind == Template {
		return g.dataTarget(), newXML().text("ToUserName", g.corp.ID).text("FromUserName", "sys").
			number("CreateTime", now).text("MsgType", "event").text("Event", "change_contact")
	}
	return g.app.commandTarget(), newXML().text("SuiteId", g.app.ID).text("AuthCorpId", g.corp.ID).
		text("InfoType", "change_contact").number("TimeStamp", now)
}

// emptyOutbox pushes what is due until nothing is left.
func (p *Platform) emptyOutbox(ctx context.Context) {
	for {
		p.mu.Lock()
		if len(p.outbox) == 0 || ctx.Err() != nil {
			p.telling = false
			p.mu.Unlock()
			return
		}
		next := p.outbox[0]
		p.outbox[0] = contactEvent{} // may be collected once it is pushed
		p.outbox = p.outbox[1:]
		p.mu.Unlock()
		_, _ = p.Push(ctx, next.target, next.message) // the delivery is recorded, whether it was taken or not
	}
}
