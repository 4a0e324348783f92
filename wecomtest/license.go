package wecomtest

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"
)

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
	payJob     string
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

// bind gives an account to a member (激活): with the account of the same kind that
// the member has still, it is merged, and the days add up.
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
	return slices.ContainsFunc(p.grants, func(g *grant) bool {
		return g.corp == corp && !g.cancelled && g.visible(u)
	})
}

// hasApp tells whether the corp has authorised an app of the provider.
func (p *Platform) hasApp(corp *Corp) bool {
	return slices.ContainsFunc(p.grants, func(g *grant) bool { return g.corp == corp && !g.cancelled })
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

// SetTestCorp makes the corp a test corp of the provider (服务商测试企业), or ends it:
// its licence orders cost nothing and are paid at once, within the limits of test
// corps. Its unfinished test orders become void at the end.
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

// PayLicenseOrder pays an order of licences outside the API, as a person does in
// the provider console (支付): the codes are made or the accounts renewed, and
// license_pay_success is pushed to the system-event URL, for an order of many corps
// once for each. The order is paid also when the event was not delivered; the error
// then wraps [ErrNotDelivered].
func (p *Platform) PayLicenseOrder(ctx context.Context, orderID string) error {
	p.mu.Lock()
	o := p.findLicenseOrder(orderID)
	switch {
	case o == nil || o.parent != nil:
		p.mu.Unlock()
		return errors.New("wecomtest: PayLicenseOrder: there is no such order")
	case o.statusAt(p.Now()) != OrderUnpaid:
		p.mu.Unlock()
		return errors.New("wecomtest: PayLicenseOrder: the order is not unpaid any more")
	}
	messages := p.finishLicenseOrder(o)
	p.mu.Unlock()
	return p.pushSystemAll(ctx, messages)
}

func (p *Platform) pushSystemAll(ctx context.Context, messages []*xmlMessage) error {
	var errs []error
	for _, message := range messages {
		errs = append(errs, p.pushSystem(ctx, message))
	}
	return errors.Join(errs...)
}

// finishLicenseOrder marks an order as paid and makes what was bought. It returns
// the events that tell of it. The lock is held.
func (p *Platform) finishLicenseOrder(o *licenseOrder) []*xmlMessage {
	p.payLicenseOrder(o)
	return p.fulfil(o)
}

func (p *Platform) payLicenseOrder(o *licenseOrder) {
	for _, one := range append([]*licenseOrder{o}, o.children...) {
		one.status, one.paid = OrderPaid, p.Now()
		if one.corp == nil {
			continue
		}
		licensee := p.licensee(one.corp)
		licensee.bought = true
		if one.parent != nil {
			licensee.auto = one.autoActive
		}
	}
}

// fulfil makes the codes of a paid order, or renews its accounts.
func (p *Platform) fulfil(o *licenseOrder) []*xmlMessage {
	orders := o.children
	if o.corp != nil {
		orders = []*licenseOrder{o}
	}
	var messages []*xmlMessage
	for _, one := range orders {
		one.ready = true
		if one.kind == licenseRenewal {
			one.renew()
		} else {
			p.makeCodes(one)
		}
		messages = append(messages, p.systemEvent("license_pay_success", one.corp.ID).
			text("OrderId", one.id).text("BuyerUserId", o.buyer))
	}
	return messages
}

func (p *Platform) makeCodes(o *licenseOrder) {
	for _, kind := range []LicenseType{BaseLicense, ExternalLicense} {
		for range o.counts[kind] {
			l := &license{
				code: p.secrets.secret(kindActiveCode), kind: kind, corp: o.corp,
				validFor: o.length(), made: o.paid, order: o,
			}
			o.codes = append(o.codes, l)
			p.shop.licenses[l.code] = l
		}
	}
}

// renew lengthens the accounts of a renewal.
func (o *licenseOrder) renew() {
	for _, l := range o.renewed {
		switch {
		case !o.newExpire.IsZero():
			l.expires = endOfDay(o.newExpire)
		default:
			l.expires = endOfDay(l.expires.Add(o.length() - day)) // it ends at midnight already
		}
	}
}

// RefundLicenseOrder decides about the refund of a paid order of licences (退款):
// license_refund is pushed to the system-event URL. When it is agreed, the codes of
// the order are dead; what a renewal added is not taken back.
func (p *Platform) RefundLicenseOrder(ctx context.Context, orderID string, agreed bool) error {
	const refunded, refused = 1, 2
	p.mu.Lock()
	o := p.findLicenseOrder(orderID)
	if o == nil || o.corp == nil || o.parent != nil || o.status != OrderPaid && o.status != OrderRefundRefused {
		p.mu.Unlock()
		return errors.New("wecomtest: RefundLicenseOrder: there is no such paid order of one corp")
	}
	status := refused
	o.status = OrderRefundRefused
	if agreed {
		status, o.status = refunded, OrderRefunded
		p.endCodes(o)
	}
	message := p.systemEvent("license_refund", o.corp.ID).text("OrderId", o.id).number("OrderStatus", int64(status))
	p.mu.Unlock()
	return p.pushSystem(ctx, message)
}

func (p *Platform) endCodes(o *licenseOrder) {
	for _, l := range o.codes {
		l.refunded = true
		if l.user != nil {
			l.expires = p.Now()
		}
	}
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

// AutoScene is what sets off an automatic activation (自动激活).
type AutoScene int

// What sets it off.
const (
	SceneOpenApp  AutoScene = 1 // 成员主动访问应用
	SceneSend     AutoScene = 2 // 服务商调用消息推送接口
	SceneExternal AutoScene = 3 // 服务商调用互通接口
)

// autoActivate gives unused codes to members who have no licence, or one that ends
// within seven days, where the corp has automatic activation on; one auto_activate
// is pushed for all. A base account is taken first, an external-contact one when
// there is none; whether the trial of the app must be over is not simulated. The
// lock is held.
func (p *Platform) autoActivate(corp *Corp, users []*User, scene AutoScene) {
	if !p.licensee(corp).auto {
		return
	}
	message := p.systemEvent("auto_activate", corp.ID).number("Scene", int64(scene))
	activated := false
	for _, u := range users {
		if l := p.autoActivateOne(corp, u, message); l != nil {
			activated = true
		}
	}
	if activated {
		p.pushLater(message)
	}
}

// members are those of the userids that there are. The lock is held.
func (c *Corp) members(ids []string) []*User {
	var all []*User
	for _, id := range ids {
		if u := c.user(id); u != nil {
			all = append(all, u)
		}
	}
	return all
}

func (p *Platform) autoActivateOne(corp *Corp, u *User, message *xmlMessage) *license {
	const none, ending, over = 1, 2, 3
	now := p.Now()
	old := p.current(u, ExternalLicense)
	if old == nil || !now.Before(old.expires) {
		old = cmp.Or(p.current(u, BaseLicense), old)
	}
	previous := none
	switch {
	case old == nil:
	case !now.Before(old.expires):
		previous = over
	case old.expires.Sub(now) > autoWithin:
		return nil
	default:
		previous = ending
	}
	l := cmp.Or(p.unused(corp, BaseLicense, now), p.unused(corp, ExternalLicense, now))
	if l == nil {
		return nil
	}
	p.bind(l, u, now)
	message.raw("<AccountList>").text("ActiveCode", l.code).number("Type", int64(l.kind)).
		number("ExpireTime", l.expires.Unix()).text("UserId", u.OpenUserID).number("PreviousStatus", int64(previous))
	if old != nil {
		message.text("PreviousActiveCode", old.code)
	}
	message.raw("</AccountList>")
	return l
}

// unused is the unbound code of a kind whose time to be activated ends first; nil
// if there is none.
func (p *Platform) unused(corp *Corp, kind LicenseType, now time.Time) *license {
	for _, l := range p.licensesOf(corp) { // the oldest first
		if l.kind == kind && l.corp == corp && l.statusFor(corp, now) == licenseUnbound && now.Before(l.made.Add(activateWithin)) {
			return l
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
