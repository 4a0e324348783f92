package wecomtest

import (
	"strings"
	"time"
)

// customerBy finds a customer of a corp; nil if there is none.
func (p *Platform) customerBy(corp *Corp, is func(*Customer) bool) *Customer {
	for _, customer := range p.ids.customers[corp] {
		if is(customer) {
			return customer
		}
	}
	return nil
}

func hasExternalID(id string) func(*Customer) bool {
	return func(c *Customer) bool { return c.ExternalUserID == id || c.OpenUserID == id }
}

// notMigrated refuses a third-party app whose corp has finished the migration. The
// code is not documented; 48002 is presumed.
func (p *Platform) notMigrated(c *call) error {
	g := c.token.grant
	if g.app.Kind == ThirdPartyApp && p.ids.migrated[migration{g.corp, g.app, openTypeExternal}] {
		return refuse(48002)
	}
	return nil
}

// newExternalIDs leaves ids of strangers out.
func (p *Platform) newExternalIDs(c *call) (any, error) {
	if err := p.notMigrated(c); err != nil {
		return nil, err
	}
	items := []any{}
	for _, id := range c.texts("external_userid_list") {
		if customer := p.customerBy(c.token.contacts(), hasExternalID(id)); customer != nil {
			items = append(items, map[string]any{"external_userid": id, "new_external_userid": customer.OpenUserID})
		}
	}
	return reply{"items": items}, nil
}

// newGroupMemberIDs converts ids of group members who are no customers. It takes any
// id: the platform keeps no customer groups.
func (p *Platform) newGroupMemberIDs(c *call) (any, error) {
	if err := p.notMigrated(c); err != nil {
		return nil, err
	}
	items := []any{}
	for _, id := range c.texts("external_userid_list") {
		items = append(items, map[string]any{"external_userid": id, "new_external_userid": scoped("wo", c.token.contacts(), id)})
	}
	return reply{"items": items}, nil
}

// toServiceExternalID is for customised apps; 84061 is presumed for a stranger.
func (p *Platform) toServiceExternalID(c *call) (any, error) {
	if c.token.grant.app.Kind != Template {
		return nil, refuse(48002)
	}
	customer := p.customerBy(c.token.contacts(), hasExternalID(c.text("external_userid")))
	if customer == nil {
		return nil, refuse(84061)
	}
	return reply{"external_userid": customer.OpenUserID}, nil
}

func (p *Platform) fromServiceExternalID(c *call) (any, error) {
	if _, err := p.sourceAgent(c); err != nil {
		return nil, err
	}
	customer := p.customerBy(c.token.contacts(), hasExternalID(c.text("external_userid")))
	if customer == nil {
		return nil, refuse(84061)
	}
	return reply{"external_userid": customer.ExternalUserID}, nil
}

func hasUnionID(c *call) func(*Customer) bool {
	return func(customer *Customer) bool {
		return customer.UnionID == c.text("unionid") && customer.OpenID == c.text("openid")
	}
}

// unionToExternal gives the id of a customer, or a pending_id for somebody who is
// none yet.
func (p *Platform) unionToExternal(c *call) (any, error) {
	corp := c.token.contacts()
	if customer := p.customerBy(corp, hasUnionID(c)); customer != nil {
		return reply{"external_userid": customer.OpenUserID}, nil
	}
	key := pendingKey{corp, c.text("unionid")}
	pending := p.ids.pending[key]
	if pending == nil || !c.now.Before(pending.expires) {
		prune(p.ids.pending, c.now, func(old *pendingID) time.Time { return old.expires })
		pending = &pendingID{id: "pd" + p.secrets.text(30, alphanumeric), expires: c.now.Add(pendingLife)}
		p.ids.pending[key] = pending
	}
	return reply{"pending_id": pending.id}, nil
}

// unionToExternal3rd looks in all corps that have the app, or in one.
func (p *Platform) unionToExternal3rd(c *call) (any, error) {
	infos := []any{}
	for _, g := range p.grants {
		if g.app != c.token.app || g.cancelled || c.has("corpid") && g.corp.ID != c.text("corpid") {
			continue
		}
		if customer := p.customerBy(g.corp, hasUnionID(c)); customer != nil {
			infos = append(infos, map[string]any{"corpid": g.corp.ID, "external_userid": customer.OpenUserID})
		}
	}
	return reply{"external_userid_info": infos}, nil
}

func (p *Platform) unionToCorpExternal(c *call) (any, error) {
	customer := p.customerBy(c.token.contacts(), hasUnionID(c))
	if customer == nil {
		return nil, refuse(84061)
	}
	return reply{"external_userid": customer.ExternalUserID}, nil
}

// pendingIDs answers for people whose pending_id was given before they became
// customers.
func (p *Platform) pendingIDs(c *call) (any, error) {
	result := []any{}
	for _, id := range c.texts("external_userid") {
		customer := p.customerBy(c.token.contacts(), hasExternalID(id))
		if customer == nil {
			continue
		}
		pending := p.ids.pending[pendingKey{c.token.contacts(), customer.UnionID}]
		if pending != nil && c.now.Before(pending.expires) {
			result = append(result, map[string]any{"external_userid": id, "pending_id": pending.id})
		}
	}
	return reply{"result": result}, nil
}

// convert converts ids that have a prefix; the others are invalid.
func (c *call) convert(list, prefix, from, to, invalid string) reply {
	items, bad := []any{}, []string{}
	for _, id := range c.texts(list) {
		if strings.HasPrefix(id, prefix) {
			items = append(items, map[string]any{from: id, to: scoped(prefix, c.token.contacts(), id)})
		} else {
			bad = append(bad, id)
		}
	}
	return reply{"items": items, invalid: bad}
}

// openTagIDs takes every id that begins with et: the platform keeps no tags of
// customers.
func (p *Platform) openTagIDs(c *call) (any, error) {
	return c.convert("external_tagid_list", "et", "external_tagid", "open_external_tagid", "invalid_external_tagid_list"), nil
}

// openServiceIDs takes every id that begins with wk: the platform keeps no kf accounts.
func (p *Platform) openServiceIDs(c *call) (any, error) {
	return c.convert("open_kfid_list", "wk", "open_kfid", "new_open_kfid", "invalid_open_kfid_list"), nil
}

func (p *Platform) upgradeChats(c *call) (any, error) {
	at := time.Unix(c.amount("upgrade_time"), 0)
	switch {
	case c.token.grant.app.Kind != Template:
		return nil, refuse(48002)
	case at.Before(c.now.Truncate(time.Second)) || at.After(c.now.Add(chatAhead)):
		return nil, refusef(40058, "invalid parameter upgrade_time: want a time within 7 days")
	}
	p.ids.chats[c.token.grant] = at
	return reply{}, nil
}

// newChatIDs works between apply_to_upgrade_chatid and the time of the upgrade only;
// 48002 is presumed outside. It takes every id that begins with wr: the platform
// keeps no customer groups.
func (p *Platform) newChatIDs(c *call) (any, error) {
	if !c.now.Before(p.ids.chats[c.token.grant]) {
		return nil, refuse(48002)
	}
	return c.convert("chat_id_list", "wr", "chat_id", "new_chat_id", "invalid_chat_id_list"), nil
}

// upgradeLaterChats changes nothing here: the platform keeps no customer groups.
func (p *Platform) upgradeLaterChats(c *call) (any, error) {
	if c.token.app.Kind != Template {
		return nil, refuse(48002)
	}
	return reply{}, nil
}

// massCallTicket is given once to a corp, within three months of its authorisation.
// The code for another time is not documented; 48002 is presumed.
func (p *Platform) massCallTicket(c *call) (any, error) {
	corp := c.token.contacts()
	installed := p.licensee(corp).installed[c.token.grant.app]
	if p.ids.massCall[corp] || !c.now.Before(installed.Add(massCallWithin)) {
		return nil, refuse(48002)
	}
	p.ids.massCall[corp] = true
	return reply{"mass_call_ticket": p.secrets.secret(kindMassCall)}, nil
}
