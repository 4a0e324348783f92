package wecomtest

import (
	"encoding/json"
	"slices"
	"strings"
)

func corpHandlers() map[string]handler {
	return map[string]handler{
		"message.send":            (*Platform).sendMessage,
		"ticket.get_jsapi_ticket": (*Platform).getCorpTicket,
		"ticket.get_agent_ticket": (*Platform).getAgentTicket,
	}
}

// Message is an application message that an app has sent (发送应用消息).
type Message struct {
	ID      string
	CorpID  string
	AgentID int64
	ToUser  []string // receivers that are in the visible range
	Body    []byte   // the request
}

// Messages are the application messages sent so far, oldest first.
func (p *Platform) Messages() []Message {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.messages)
}

func (p *Platform) sendMessage(c *call) (any, error) {
	g := c.token.grant
	if id, given := c.number("agentid"); !given || id != g.agentID {
		return nil, refuse(40056)
	}
	var sent, invalid []string
	if c.text("touser") == "@all" || c.text("toparty") != "" || c.text("totag") != "" {
		for _, u := range g.corp.users {
			if g.visible(u) {
				sent = append(sent, u.ID)
			}
		}
	}
	for id := range strings.SplitSeq(c.text("touser"), "|") {
		if id == "" || id == "@all" || slices.Contains(sent, id) {
			continue
		}
		if u := g.corp.user(id); u != nil && g.visible(u) {
			sent = append(sent, u.ID)
		} else {
			invalid = append(invalid, strings.ToLower(id))
		}
	}
	if len(sent) == 0 {
		return nil, refuse(81013)
	}
	body, err := json.Marshal(c.body)
	if err != nil {
		return nil, err
	}
	m := Message{ID: p.secrets.text(64, alphanumeric), CorpID: g.corp.ID, AgentID: g.agentID, ToUser: sent, Body: body}
	p.messages = append(p.messages, m)
	r := reply{"msgid": m.ID}
	if len(invalid) > 0 {
		r["invaliduser"] = strings.Join(invalid, "|")
	}
	return r, nil
}

func (p *Platform) getCorpTicket(c *call) (any, error) { return p.jsTicket(c, "corp") }

func (p *Platform) getAgentTicket(c *call) (any, error) {
	if c.text("type") != "agent_config" {
		return nil, refusef(40058, "invalid type")
	}
	return p.jsTicket(c, "agent")
}

func (p *Platform) jsTicket(c *call, use string) (any, error) {
	t := p.issue(tokenKey{use: use, owner: c.token.grant}, p.settings.tokenRule, kindJSTicket, c.now, nil)
	return reply{"ticket": t.value, "expires_in": secondsLeft(t.expires, c.now)}, nil
}
