package wecomtest

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// cardCode is a response_code: the right to change one card once.
type cardCode struct {
	grant   *grant
	message string // msgid
	expires time.Time
	used    bool
}

// newCardCode makes a response_code, good for one update in 72 hours. The lock is
// held.
func (p *Platform) newCardCode(g *grant, messageID string) string {
	now := p.Now()
	prune(p.cardCodes, now, func(c *cardCode) time.Time { return c.expires })
	code := p.secrets.text(cardCodeLength, alphanumeric)
	p.cardCodes[code] = &cardCode{grant: g, message: messageID, expires: now.Add(cardCodeLife)}
	return code
}

// updatable tells whether a message is a card that can be updated: one with
// buttons, a vote or a choice, or a notice with a menu.
func updatable(c *call) bool {
	card := c.object("template_card")
	return c.text("msgtype") == "template_card" &&
		(strings.HasSuffix(card.text("card_type"), "_interaction") || card.has("action_menu"))
}

// clickedCard makes a response_code as a click on the app's newest card brings it;
// "" if the app has sent no card that answers clicks. The lock is held.
func (p *Platform) clickedCard(g *grant) string {
	for _, m := range slices.Backward(p.messages.all()) {
		if m.CorpID != g.corp.ID || m.AgentID != g.agentID || m.Type != "template_card" {
			continue
		}
		if body, err := decodeBody(m.Body); err == nil && updatable(&call{body: body}) {
			return p.newCardCode(g, m.ID)
		}
	}
	return ""
}

// updateCard changes a card once for each response_code. Receivers that did not get
// the card are named in invaliduser.
func (p *Platform) updateCard(c *call) (any, error) {
	g := c.token.grant
	if c.amount("agentid") != g.agentID {
		return nil, refuse(301002)
	}
	code := p.cardCodes[c.text("response_code")]
	if code == nil || code.grant != g || code.used || !c.now.Before(code.expires) {
		return nil, refuse(60140)
	}
	newest, err := p.newCard(c)
	if err != nil {
		return nil, err
	}
	all := c.amount("atall") == 1
	if !all && len(c.texts("userids"))+len(c.numbers("partyids"))+len(c.numbers("tagids")) == 0 {
		return nil, refuse(82101)
	}
	code.used = true
	invalid := []string{}
	if m := p.ownMessage(c, code.message); m != nil {
		m.Card = newest
		invalid = m.without(c.texts("userids"), all)
	}
	return reply{"invaliduser": invalid}, nil
}

// without are those of the ids who did not get the message.
func (m *Message) without(ids []string, all bool) []string {
	none := []string{}
	for _, id := range ids {
		if !all && !slices.ContainsFunc(m.ToUser, isUser(id)) {
			none = append(none, strings.ToLower(id))
		}
	}
	return none
}

// newCard is the button or card that an update sets; it wants exactly one.
func (p *Platform) newCard(c *call) ([]byte, error) {
	switch {
	case c.has("button") == c.has("template_card"):
		return nil, refusef(40058, "want either button or template_card")
	case c.has("button"):
		return json.Marshal(c.body["button"])
	}
	kinds := p.table["/cgi-bin/message/send"].CardTypes
	if err := checkCard(kinds, c.object("template_card"), p.settings.strict); err != nil {
		return nil, err
	}
	return json.Marshal(c.body["template_card"])
}
