package wecomtest

func corpHandlers() map[string]handler {
	return map[string]handler{
		"ticket.get_jsapi_ticket": (*Platform).getCorpTicket,
		"ticket.get_agent_ticket": (*Platform).getAgentTicket,
	}
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
