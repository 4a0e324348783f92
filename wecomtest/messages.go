package wecomtest

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	recallTime       = 24 * time.Hour
	duplicateTime    = 1800 * time.Second // the default of duplicate_check_interval
	everybody        = "@all"
	messageIDLength  = 64
	cardCodeLife     = 72 * time.Hour
	cardCodeLength   = 48
	codeNoRecipients = 82001
	codeUnreachable  = 81013
)

// Message is an application message that an app has sent (发送应用消息).
type Message struct {
	ID      string // msgid; a message to a group has none
	CorpID  string
	AgentID int64
	ChatID  string    // of a group (appchat/send)
	Type    string    // msgtype
	ToUser  []string  // receivers that are in the visible range
	Body    []byte    // the request
	At      time.Time // on the platform's clock

	Recalled bool   // taken back by message/recall
	Card     []byte // the newest button or template_card that update_template_card has set
}

func messageHandlers() map[string]handler {
	return map[string]handler{
		"message.send":                 (*Platform).sendMessage,
		"message.recall":               (*Platform).recallMessage,
		"message.update_template_card": (*Platform).updateCard,
		"message.get_statistics":       (*Platform).countMessages,
	}
}

// sendMessage checks the content and resolves the receivers. A repeated message
// (enable_duplicate_check) gets the msgid of the first one and is not recorded; what
// WeCom answers is not documented. Not simulated: whom a selected_ticket_list
// reaches, unlicenseduser, and the numbers of messages that one member or corp gets.
func (p *Platform) sendMessage(c *call) (any, error) {
	g := c.token.grant
	if c.amount("agentid") != g.agentID {
		return nil, refuse(301002)
	}
	if err := p.checkMessage(c); err != nil {
		return nil, err
	}
	to, err := c.receivers()
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(c.body)
	if err != nil {
		return nil, err
	}
	r := to.leftOut()
	if first, repeated := p.repeated(c, body); repeated {
		r["msgid"] = first.ID
		return r, nil
	}
	m := Message{
		ID: p.secrets.text(messageIDLength, alphanumeric), CorpID: g.corp.ID, AgentID: g.agentID,
		Type: c.text("msgtype"), ToUser: to.users, Body: body, At: c.now,
	}
	p.messages.add(m)
	p.autoActivate(g.corp, g.corp.members(to.users), SceneSend)
	r["msgid"] = m.ID
	if updatable(c) {
		r["response_code"] = p.newCardCode(g, m.ID)
	}
	return r, nil
}

// repeated finds the message that this one repeats within its interval. Bodies are
// compared as JSON values; whether the order of keys matters to WeCom is not
// documented.
func (p *Platform) repeated(c *call, body []byte) (Message, bool) {
	if c.amount("enable_duplicate_check") != 1 {
		return Message{}, false
	}
	interval := duplicateTime
	if seconds := c.amount("duplicate_check_interval"); seconds > 0 {
		interval = time.Duration(seconds) * time.Second
	}
	g := c.token.grant
	same := p.messages.where(func(m Message) bool {
		return m.CorpID == g.corp.ID && m.AgentID == g.agentID && c.now.Sub(m.At) < interval && slices.Equal(m.Body, body)
	})
	if len(same) == 0 {
		return Message{}, false
	}
	return same[0], true
}

// receivers are whom a message reaches, and the ids that reach nobody.
type receivers struct {
	users       []string
	seen        map[string]bool
	noUser      []string
	noParty     []string
	noTag       []string
	byTicket    bool
	namedNobody bool
}

// receivers resolves touser, toparty and totag in the app's visible range.
func (c *call) receivers() (*receivers, error) {
	to := &receivers{seen: map[string]bool{}, byTicket: len(c.texts("selected_ticket_list")) > 0}
	users, parties, tags := parts(c.text("touser")), parts(c.text("toparty")), parts(c.text("totag"))
	to.namedNobody = len(users)+len(parties)+len(tags) == 0
	if slices.Equal(users, []string{everybody}) {
		users, parties, tags = nil, nil, nil
		for _, u := range c.token.grant.corp.users {
			c.reach(to, u)
		}
	}
	for _, id := range users {
		if !c.reach(to, c.token.grant.corp.user(id)) {
			to.noUser = append(to.noUser, strings.ToLower(id))
		}
	}
	for _, id := range parties {
		if !c.reachDepartment(to, id) {
			to.noParty = append(to.noParty, id)
		}
	}
	for _, id := range tags {
		if !c.reachTag(to, id) {
			to.noTag = append(to.noTag, id)
		}
	}
	switch {
	case len(to.users) > 0 || to.byTicket:
		return to, nil
	case to.namedNobody:
		return nil, refuse(codeNoRecipients)
	}
	return nil, refuse(codeUnreachable)
}

// parts are the ids of a list joined with |, without the blanks that WeCom's own
// examples have around them.
func parts(joined string) []string {
	var all []string
	for part := range strings.SplitSeq(joined, "|") {
		if part = strings.TrimSpace(part); part != "" {
			all = append(all, part)
		}
	}
	return all
}

// reach adds a member; false if the app does not see him.
func (c *call) reach(to *receivers, u *User) bool {
	if u == nil || !c.token.sees(u) {
		return false
	}
	if !to.seen[u.ID] {
		to.seen[u.ID] = true
		to.users = append(to.users, u.ID)
	}
	return true
}

func (c *call) reachDepartment(to *receivers, text string) bool {
	id, err := strconv.ParseInt(text, 10, 64)
	d := c.token.grant.corp.department(id)
	if err != nil || d == nil || !c.token.manages(id) {
		return false
	}
	d.each(func(u *User) { c.reach(to, u) })
	return true
}

func (c *call) reachTag(to *receivers, text string) bool {
	corp := c.token.grant.corp
	id, err := strconv.ParseInt(text, 10, 64)
	t := corp.tags[id]
	if err != nil || t == nil || !c.token.seesTag(t) && !slices.Contains(c.token.grant.allowTag, id) {
		return false
	}
	corp.eachTagged(t, func(u *User) { c.reach(to, u) })
	return true
}

// leftOut begins the reply with those who were left out.
func (to *receivers) leftOut() reply {
	r := reply{}
	for name, ids := range map[string][]string{"invaliduser": to.noUser, "invalidparty": to.noParty, "invalidtag": to.noTag} {
		if len(ids) > 0 {
			r[name] = strings.Join(ids, "|")
		}
	}
	return r
}

// ownMessage finds a message of the token's app by its msgid, for a change in
// place.
func (p *Platform) ownMessage(c *call, id string) *Message {
	g := c.token.grant
	kept := p.messages.all()
	i := slices.IndexFunc(kept, func(m Message) bool {
		return m.ID == id && m.CorpID == g.corp.ID && m.AgentID == g.agentID
	})
	if i < 0 {
		return nil
	}
	return &kept[i]
}

// recallMessage takes a message back within 24 hours. The code for a msgid that
// is unknown is not documented; 42052 is presumed, as for one that is too old. To
// take back a message twice succeeds.
func (p *Platform) recallMessage(c *call) (any, error) {
	m := p.ownMessage(c, c.text("msgid"))
	if m == nil || c.now.Sub(m.At) > recallTime {
		return nil, refuse(42052)
	}
	m.Recalled = true
	return reply{}, nil
}

// countMessages tells how many messages the app has sent today or yesterday: a
// message counts once for each receiver.
func (p *Platform) countMessages(c *call) (any, error) {
	g := c.token.grant
	until := endOfDay(c.now)
	if c.amount("time_type") == 1 {
		until = until.Add(-day)
	}
	count := 0
	for _, m := range p.messages.all() {
		if m.CorpID == g.corp.ID && m.AgentID == g.agentID && m.At.Before(until) && !m.At.Before(until.Add(-day)) {
			count += len(m.ToUser)
		}
	}
	statistics := []any{}
	if count > 0 {
		statistics = append(statistics, map[string]any{"agentid": g.agentID, "app_name": g.app.Name, "count": count})
	}
	return reply{"statistics": statistics}, nil
}
