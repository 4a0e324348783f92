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
	massCall  map[*Corp]bool
}

type pendingKey struct {
	corp    *Corp
	unionID string
}

type pendingID struct {
	id      string
	expires time.Time
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
		chats: map[*grant]time.Time{}, massCall: map[*Corp]bool{},
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
	for g := range corp.living() {
		if !which(g) {
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
	found, invalid := []any{}, []string{}
	for _, id := range c.texts("userid_list") {
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
	source, err := p.sourceAgent(c)
	if err != nil {
		return nil, err
	}
	found, invalid := []any{}, []string{}
	for _, id := range c.texts("open_userid_list") {
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
	for g := range c.token.contacts().living() {
		if g.agentID == c.amount("source_agentid") {
			return g, nil
		}
	}
	return nil, refuse(40056)
}
