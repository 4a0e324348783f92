package wecomtest

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"
)

const (
	pendingLife    = 90 * day
	massCallWithin = 90 * day // of the authorisation
	chatAhead      = 7 * day
	maxConverted   = 1000
	maxChats       = 100

	openTypeMember   = 1 // userid and corpid
	openTypeExternal = 3 // external_userid and the like
)

// idBook is what the platform knows about ids besides members: customers, and who
// has moved to the provider's ids.
type idBook struct {
	customers map[*Corp][]*Customer
	pending   map[pendingKey]*pendingID
	migrated  map[migration]bool
	chats     map[*grant]time.Time // when the ids of customer groups change
	newChats  map[*App]bool        // corps that authorise later begin with the new ids
	massCall  map[*Corp]bool
}

type pendingKey struct {
	corp    *Corp
	unionID string
}

type pendingID struct {
	id   string
	made time.Time
}

// migration is the switch of an app in a corp to one kind of ids.
type migration struct {
	corp *Corp
	app  *App
	kind int64
}

func newIDBook() idBook {
	return idBook{
		customers: map[*Corp][]*Customer{}, pending: map[pendingKey]*pendingID{}, migrated: map[migration]bool{},
		chats: map[*grant]time.Time{}, newChats: map[*App]bool{}, massCall: map[*Corp]bool{},
	}
}

// Customer is an external contact (客户) of a corp. AddCustomer makes up what is empty.
type Customer struct {
	ExternalUserID string // as the corp knows it, wm...
	OpenUserID     string // as the provider knows it, wo...
	UnionID        string
	OpenID         string
}

// AddCustomer adds an external contact (客户), for the calls that convert ids.
func (c *Corp) AddCustomer(customer Customer) Customer {
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	customer.ExternalUserID = cmp.Or(customer.ExternalUserID, "wm"+c.p.secrets.text(30, alphanumeric))
	customer.OpenUserID = cmp.Or(customer.OpenUserID, scoped("wo", c, customer.ExternalUserID))
	customer.UnionID = cmp.Or(customer.UnionID, "o"+c.p.secrets.text(27, alphanumeric))
	customer.OpenID = cmp.Or(customer.OpenID, "o"+c.p.secrets.text(27, alphanumeric))
	c.p.ids.customers[c] = append(c.p.ids.customers[c], &customer)
	return customer
}

// PlainID is the corpid as the corp itself knows it, ww...; corpid_to_opencorpid
// turns it into ID.
func (c *Corp) PlainID() string {
	sum := sha256.Sum256([]byte(c.ID))
	return "ww" + hex.EncodeToString(sum[:8])
}

// scoped is an id as the provider sees it: the same for the same id of a corp, and
// different between corps.
func scoped(prefix string, corp *Corp, id string) string {
	sum := sha256.Sum256([]byte(corp.ID + "/" + id))
	text := make([]byte, 30)
	for i := range text {
		text[i] = alphanumeric[int(sum[i])%len(alphanumeric)]
	}
	return prefix + string(text)
}

func idHandlers() map[string]handler {
	return map[string]handler{
		"provider.corpid_to_opencorpid":                        (*Platform).openCorpID,
		"provider.finish_openid_migration":                     (*Platform).finishMigration,
		"provider.finish_external_userid_migration":            (*Platform).finishExternalMigration,
		"idconvert.get_openid_migration":                       (*Platform).getMigration,
		"idconvert.userid_to_openuserid":                       (*Platform).openUserIDs,
		"idconvert.openuserid_to_userid":                       (*Platform).plainUserIDs,
		"idconvert.get_new_external_userid":                    (*Platform).newExternalIDs,
		"idconvert.groupchat_get_new_external_userid":          (*Platform).newGroupMemberIDs,
		"idconvert.to_service_external_userid":                 (*Platform).toServiceExternalID,
		"idconvert.from_service_external_userid":               (*Platform).fromServiceExternalID,
		"idconvert.unionid_to_external_userid":                 (*Platform).unionToExternal,
		"idconvert.unionid_to_external_userid_3rd":             (*Platform).unionToExternal3rd,
		"idconvert.externalcontact_unionid_to_external_userid": (*Platform).unionToCorpExternal,
		"idconvert.batch_external_userid_to_pending_id":        (*Platform).pendingIDs,
		"idconvert.external_tagid":                             (*Platform).openTagIDs,
		"idconvert.open_kfid":                                  (*Platform).openServiceIDs,
		"idconvert.apply_to_upgrade_chatid":                    (*Platform).upgradeChats,
		"idconvert.chatid":                                     (*Platform).newChatIDs,
		"idconvert.upgrade_chatid_for_new_corp":                (*Platform).upgradeLaterChats,
		"idconvert.apply_mass_call_ticket":                     (*Platform).massCallTicket,
	}
}

// openCorpID takes the plain corpid, in any case, of a corp that has authorised the
// provider; an id that is the provider's already comes back unchanged, which is
// not documented.
func (p *Platform) openCorpID(c *call) (any, error) {
	for _, corp := range p.corps {
		if corp.ID != c.text("corpid") && !strings.EqualFold(corp.PlainID(), c.text("corpid")) {
			continue
		}
		if !p.hasApp(corp) {
			return nil, refuse(48004)
		}
		return reply{"open_corpid": corp.ID}, nil
	}
	return nil, refuse(40013)
}

// finishMigration switches one customised app, or all third-party apps of the corp.
func (p *Platform) finishMigration(c *call) (any, error) {
	corp, err := p.customer(c, "corpid")
	if err != nil {
		return nil, err
	}
	kinds := c.numbers("openid_type")
	if len(kinds) == 0 || slices.ContainsFunc(kinds, func(k int64) bool { return k != openTypeMember && k != openTypeExternal }) {
		return nil, refusef(40058, "invalid parameter openid_type: want 1, 3 or both")
	}
	if !c.has("agentid") {
		return reply{}, p.migrate(corp, kinds, func(g *grant) bool { return g.app.Kind == ThirdPartyApp })
	}
	agentID := c.amount("agentid")
	return reply{}, p.migrate(corp, kinds, func(g *grant) bool { return g.app.Kind == Template && g.agentID == agentID })
}

// finishExternalMigration is the older form for external_userid alone.
func (p *Platform) finishExternalMigration(c *call) (any, error) {
	corp, err := p.customer(c, "corpid")
	if err != nil {
		return nil, err
	}
	return reply{}, p.migrate(corp, []int64{openTypeExternal}, func(g *grant) bool { return g.app.Kind == ThirdPartyApp })
}

func (p *Platform) migrate(corp *Corp, kinds []int64, which func(*grant) bool) error {
	found := false
	for _, g := range p.grants {
		if g.corp != corp || g.cancelled || !which(g) {
			continue
		}
		found = true
		for _, kind := range kinds {
			p.ids.migrated[migration{corp, g.app, kind}] = true
		}
	}
	if !found {
		return refuse(40056)
	}
	return nil
}

// getMigration tells how far the app of the token is in its corp. Every corp counts
// as one that authorised before the upgrade: 0 until finish_openid_migration,
// although its ids are the provider's from the start.
func (p *Platform) getMigration(c *call) (any, error) {
	infos := []any{}
	for _, kind := range []int64{openTypeMember, openTypeExternal} {
		status := 0
		if p.ids.migrated[migration{c.token.contacts(), c.token.grant.app, kind}] {
			status = 1
		}
		infos = append(infos, map[string]any{"openid_type": kind, "status": status})
	}
	return reply{"migration_info": infos}, nil
}

// openUserIDs converts members in the visible range.
func (p *Platform) openUserIDs(c *call) (any, error) {
	ids := c.texts("userid_list")
	if len(ids) > maxConverted {
		return nil, refuse(40032)
	}
	found, invalid := []any{}, []string{}
	for _, id := range ids {
		if u := c.token.contacts().user(id); u != nil && c.token.sees(u) {
			found = append(found, map[string]any{"userid": id, "open_userid": u.OpenUserID})
		} else {
			invalid = append(invalid, id)
		}
	}
	return reply{"open_userid_list": found, "invalid_userid_list": invalid}, nil
}

// plainUserIDs is meant for an app that the corp built itself. The platform has no
// such apps and takes any token of the corp.
func (p *Platform) plainUserIDs(c *call) (any, error) {
	ids := c.texts("open_userid_list")
	if len(ids) > maxConverted {
		return nil, refuse(40032)
	}
	source, err := p.sourceAgent(c)
	if err != nil {
		return nil, err
	}
	found, invalid := []any{}, []string{}
	for _, id := range ids {
		i := slices.IndexFunc(source.corp.users, func(u *User) bool {
			return u.OpenUserID == id && c.token.sees(u) && source.visible(u)
		})
		if i < 0 {
			invalid = append(invalid, id)
			continue
		}
		found = append(found, map[string]any{"open_userid": id, "userid": source.corp.users[i].ID})
	}
	return reply{"userid_list": found, "invalid_open_userid_list": invalid}, nil
}

// sourceAgent is the app that source_agentid names in the corp.
func (p *Platform) sourceAgent(c *call) (*grant, error) {
	for _, g := range p.grants {
		if g.corp == c.token.contacts() && !g.cancelled && g.agentID == c.amount("source_agentid") {
			return g, nil
		}
	}
	return nil, refuse(40056)
}

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

// newGroupMemberIDs converts ids of people who are no customers: any id of theirs.
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
	if old := p.ids.pending[key]; old == nil || !c.now.Before(old.made.Add(pendingLife)) {
		p.ids.pending[key] = &pendingID{id: "pd" + p.secrets.text(30, alphanumeric), made: c.now}
	}
	return reply{"pending_id": p.ids.pending[key].id}, nil
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
		if pending != nil && c.now.Before(pending.made.Add(pendingLife)) {
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
	if len(c.texts("chat_id_list")) > maxChats {
		return nil, refuse(40058)
	}
	return c.convert("chat_id_list", "wr", "chat_id", "new_chat_id", "invalid_chat_id_list"), nil
}

func (p *Platform) upgradeLaterChats(c *call) (any, error) {
	if c.token.app.Kind != Template {
		return nil, refuse(48002)
	}
	p.ids.newChats[c.token.app] = true
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
