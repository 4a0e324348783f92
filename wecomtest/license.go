package wecomtest

import "time"

// LicenseType is a kind of licensed account (账号类型).
type LicenseType int

// The kinds of accounts.
const (
	BaseLicense     LicenseType = 1 // 基础账号
	ExternalLicense LicenseType = 2 // 互通账号, a base account too
)

// OrderVoid is the state of a test order of licences whose corp is no test corp any
// more (订单已失效). The other states of licence orders are those of editions.
const OrderVoid OrderStatus = 7

const (
	licenseMonth   = 31 * day
	maxLicense     = 1860 * day // stacked validity: five years
	minLicense     = 31 * day
	activateWithin = 365 * day // of a code; the real time is not in the tables
	mergeWithin    = 20 * day  // left of an old code that a new one may replace
	autoWithin     = 7 * day   // left of an old code that is replaced automatically
	moveOnceIn     = 30 * day
	licenseTrial   = 90 * day
	jobLife        = 7 * day // its result can be read so long
	basePrice      = 100     // fen for an account and a month of 31 days; made up
	externalPrice  = 500
)

// Licence orders, with the numbers of order_type.
const (
	licensePurchase = 1
	licenseRenewal  = 2
	licenseUnion    = 8
)

// license is an account and its activation code (激活码).
type license struct {
	code     string
	kind     LicenseType
	corp     *Corp // that may use it
	from     *Corp // upstream corp that gave it
	validFor time.Duration
	made     time.Time
	order    *licenseOrder

	user      *User // nil until it is bound
	activated time.Time
	expires   time.Time
	movedAt   time.Time
	mergedTo  *license
	merged    *license // the old code that this one replaced
	refunded  bool
}

// boundKey finds the account of a kind that a member has.
type boundKey struct {
	user *User
	kind LicenseType
}

// licensee is what a corp has to do with licences.
type licensee struct {
	test       bool
	bought     bool
	auto       bool
	renewals   int // of a test corp
	downstream []*Corp
	installed  map[*App]time.Time // first installation
}

// licensee finds or makes a corp's state. The lock is held.
func (p *Platform) licensee(corp *Corp) *licensee {
	if p.shop.licensees[corp] == nil {
		p.shop.licensees[corp] = &licensee{installed: map[*App]time.Time{}}
	}
	return p.shop.licensees[corp]
}

// licenseOrder is an order of licences (接口许可订单).
type licenseOrder struct {
	id         string
	kind       int
	corp       *Corp // nil for an order of many corps
	buyer      string
	status     OrderStatus
	at         time.Time
	paid       time.Time
	counts     map[LicenseType]int64
	months     int64
	days       int64
	newExpire  time.Time // of a renewal up to a day
	price      int64
	codes      []*license // once they have been made
	ready      bool       // they have
	renewed    []*license
	parent     *licenseOrder
	children   []*licenseOrder
	autoActive bool // of a child
	paying     bool // a job pays it or has paid it
}

func (o *licenseOrder) statusAt(now time.Time) OrderStatus {
	if o.parent != nil {
		return o.parent.statusAt(now)
	}
	if o.status == OrderUnpaid && !now.Before(o.at.Add(orderLife)) {
		return OrderExpired
	}
	return o.status
}

func (o *licenseOrder) length() time.Duration {
	return time.Duration(o.months)*licenseMonth + time.Duration(o.days)*day
}

// LicenseOrder is an order of licences (接口许可订单).
type LicenseOrder struct {
	ID            string
	Type          int // 1 purchase, 2 renewal, 8 purchase for many corps
	CorpID        string
	Status        OrderStatus
	BuyerID       string
	Base          int64 // accounts of each kind
	External      int64
	Price         int64 // fen, by made-up prices
	At, PaidAt    time.Time
	ActiveCodes   []string // of a paid purchase
	SubOrderIDs   []string // of a purchase for many corps
	ParentOrderID string   // of one of those
}

// LicenseOrders are the orders of licences, oldest first; one for many corps comes
// before its sub-orders.
func (p *Platform) LicenseOrders() []LicenseOrder {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []LicenseOrder
	for _, o := range p.shop.licenseOrders {
		all = append(all, o.public(p.Now()))
	}
	return all
}

func (o *licenseOrder) public(now time.Time) LicenseOrder {
	v := LicenseOrder{
		ID: o.id, Type: o.kind, Status: o.statusAt(now), BuyerID: o.buyer,
		Base: o.counts[BaseLicense], External: o.counts[ExternalLicense], Price: o.price, At: o.at, PaidAt: o.paid,
	}
	if o.corp != nil {
		v.CorpID = o.corp.ID
	}
	for _, l := range o.codes {
		v.ActiveCodes = append(v.ActiveCodes, l.code)
	}
	for _, child := range o.children {
		v.SubOrderIDs = append(v.SubOrderIDs, child.id)
	}
	if o.parent != nil {
		v.ParentOrderID = o.parent.id
	}
	return v
}

// License is an account as a corp has it.
type License struct {
	ActiveCode string
	Type       LicenseType
	UserID     string // "" until it is bound
	ExpiresAt  time.Time
}

// Licenses are the corp's accounts that can be used: unbound ones, and those that
// are bound and have not expired.
func (c *Corp) Licenses() []License {
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	var all []License
	for _, l := range c.p.licensesOf(c) {
		switch l.statusFor(c, c.p.Now()) {
		case licenseUnbound:
			all = append(all, License{ActiveCode: l.code, Type: l.kind})
		case licenseBound, licenseWaiting:
			all = append(all, License{ActiveCode: l.code, Type: l.kind, UserID: l.user.ID, ExpiresAt: l.expires})
		}
	}
	return all
}

// licensesOf are the accounts that a corp bought or was given, oldest first. The
// lock is held.
func (p *Platform) licensesOf(corp *Corp) []*license {
	var all []*license
	for _, o := range p.shop.licenseOrders {
		for _, l := range o.codes {
			if l.corp == corp || l.from == corp {
				all = append(all, l)
			}
		}
	}
	return all
}

// The states of an account, with the numbers of get_active_info_by_code.
const (
	licenseUnbound = iota + 1
	licenseBound
	licenseExpired
	licenseWaiting // for its transfer: the member left while automatic activation is on
	licenseMerged
	licenseShared
)

// statusFor is the state as the asking corp sees it.
func (l *license) statusFor(asking *Corp, now time.Time) int {
	switch {
	case l.from == asking:
		return licenseShared
	case l.mergedTo != nil:
		return licenseMerged
	case l.refunded:
		return licenseExpired
	case l.user == nil:
		return licenseUnbound
	case !now.Before(l.expires):
		return licenseExpired
	case l.corp.user(l.user.ID) == nil && l.corp.p.licensee(l.corp).auto:
		return licenseWaiting
	}
	return licenseBound
}

// current is the account of a kind that a member has, also if it has expired; nil
// if there never was one. The lock is held.
func (p *Platform) current(u *User, kind LicenseType) *license {
	return p.shop.bound[boundKey{u, kind}]
}

// bind gives an account to a member (激活). An account of the same kind that the
// member still has is merged into it, and its days are added.
func (p *Platform) bind(l *license, u *User, now time.Time) {
	expires := now.Add(l.validFor)
	if old := p.current(u, l.kind); old != nil && now.Before(old.expires) {
		expires = expires.Add(old.expires.Sub(now))
		old.mergedTo, old.expires, l.merged = l, now, old
	}
	l.user, l.activated, l.expires = u, now, endOfDay(expires)
	p.shop.bound[boundKey{u, l.kind}] = l
}

// licensed finds a member by userid or open_userid. The lock is held.
func (c *Corp) licensed(id string) *User {
	if u := c.user(id); u != nil {
		return u
	}
	for _, u := range c.users {
		if u.OpenUserID == id {
			return u
		}
	}
	return nil
}

// visibleToApps tells whether an app of the provider sees the member.
func (p *Platform) visibleToApps(corp *Corp, u *User) bool {
	for g := range corp.living() {
		if g.visible(u) {
			return true
		}
	}
	return false
}

// hasApp tells whether the corp has authorised an app of the provider.
func (p *Platform) hasApp(corp *Corp) bool {
	for range corp.living() {
		return true
	}
	return false
}

// SetBalance opens the provider's prepaid account (充值账户) with so many fen: what
// submit_pay_job pays from. Without it paying by balance fails with 90432.
func (v *Provider) SetBalance(fen int64) {
	v.p.mu.Lock()
	defer v.p.mu.Unlock()
	v.p.shop.balance, v.p.shop.opened = fen, true
}

// Balance is what is left in the provider's prepaid account, in fen.
func (v *Provider) Balance() int64 {
	v.p.mu.Lock()
	defer v.p.mu.Unlock()
	return v.p.shop.balance
}

// SetTestCorp makes the corp a test corp of the provider (服务商测试企业), or an
// ordinary one again. Licence orders of a test corp cost nothing and are paid at
// once, within the limits of test corps; they become void when it ceases to be one.
func (c *Corp) SetTestCorp(test bool) {
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	licensee := c.p.licensee(c)
	if licensee.test && !test {
		for _, o := range c.p.shop.licenseOrders {
			if o.corp == c && o.price == 0 {
				o.status = OrderVoid
				c.p.endCodes(o)
			}
		}
	}
	licensee.test = test
}

// AddDownstream makes another corp a downstream corp (下游企业) of this one, with the
// provider's apps shared: codes may be given to it.
func (c *Corp) AddDownstream(downstream *Corp) {
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	licensee := c.p.licensee(c)
	licensee.downstream = append(licensee.downstream, downstream)
}

// findLicenseOrder finds an order or sub-order by its number. The lock is held.
func (p *Platform) findLicenseOrder(id string) *licenseOrder {
	for _, o := range p.shop.licenseOrders {
		if o.id == id {
			return o
		}
	}
	return nil
}

// noteInstallation keeps the time of an app's first installation in a corp, from
// which its licence trial runs. The lock is held.
func (g *grant) noteInstallation(now time.Time) {
	installed := g.corp.p.licensee(g.corp).installed
	if _, before := installed[g.app]; !before {
		installed[g.app] = now
	}
}
