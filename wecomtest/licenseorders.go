package wecomtest

import (
	"context"
	"errors"
	"time"
)

const (
	maxAccounts     = 1000000
	maxTestAccounts = 1000
	usualPage       = 500
	maxPage         = 1000
	badCursor       = 701105
)

func licenseOrderHandlers() map[string]handler {
	return map[string]handler{
		"license.create_new_order":       (*Platform).createLicenseOrder,
		"license.list_order":             (*Platform).listLicenseOrders,
		"license.get_order":              (*Platform).getLicenseOrder,
		"license.list_order_account":     (*Platform).listOrderAccounts,
		"license.cancel_order":           (*Platform).cancelLicenseOrder,
		"license.get_union_order":        (*Platform).getUnionOrder,
		"license.create_renew_order_job": (*Platform).createRenewJob,
		"license.submit_order_job":       (*Platform).submitRenewJob,
		"license.create_new_order_job":   (*Platform).createUnionJob,
		"license.submit_new_order_job":   (*Platform).submitUnionJob,
		"license.new_order_job_result":   (*Platform).unionJobResult,
		"license.submit_pay_job":         (*Platform).submitPayJob,
		"license.pay_job_result":         (*Platform).payJobResult,
		"provider.get_account_balance":   (*Platform).getAccountBalance,
	}
}

// purchase reads account_count and account_duration of one corp's purchase.
func (p *Platform) purchase(c *call, corp *Corp) (*licenseOrder, error) {
	count, duration := c.object("account_count"), c.object("account_duration")
	o := &licenseOrder{
		id: p.newOrderID(), kind: licensePurchase, corp: corp, at: p.Now(),
		months: duration.amount("months"), days: duration.amount("days"),
		counts: map[LicenseType]int64{
			BaseLicense: count.amount("base_count"), ExternalLicense: count.amount("external_contact_count"),
		},
	}
	base, external := o.counts[BaseLicense], o.counts[ExternalLicense]
	switch {
	case base < 0 || external < 0 || base+external == 0 || max(base, external) > maxAccounts:
		return nil, refusef(40058, "invalid parameter account_count: want 1 to %d accounts", maxAccounts)
	case o.months < 0 || o.days < 0 || o.months > 60 || o.days > 1860 || o.length() < minLicense || o.length() > maxLicense:
		return nil, refusef(40058, "invalid parameter account_duration: want 31 to 1860 days")
	case !p.hasApp(corp):
		return nil, refuse(701015)
	}
	o.price = (base*basePrice + external*externalPrice) * int64(o.length()/day) / int64(licenseMonth/day)
	return o, nil
}

// createLicenseOrder makes an order. Whether the buyer may buy is not simulated:
// every buyer_userid is accepted.
func (p *Platform) createLicenseOrder(c *call) (any, error) {
	corp, err := p.customer(c, "corpid")
	if err != nil {
		return nil, err
	}
	o, err := p.purchase(c, corp)
	if err != nil {
		return nil, err
	}
	o.buyer = c.text("buyer_userid")
	if p.licensee(corp).test {
		if max(o.counts[BaseLicense], o.counts[ExternalLicense]) > maxTestAccounts {
			return nil, refuse(701027)
		}
		if o.months != 1 || o.days != 0 {
			return nil, refuse(701028)
		}
	}
	return p.placeLicenseOrder(o), nil
}

// placeLicenseOrder keeps an order of one corp. A test corp's is free and paid at
// once. An order that the app orders of the corp do not cover carries WARNING in
// errmsg.
func (p *Platform) placeLicenseOrder(o *licenseOrder) reply {
	r := reply{"order_id": o.id}
	p.shop.licenseOrders = append(p.shop.licenseOrders, o)
	if p.licensee(o.corp).test {
		o.price = 0
		p.payLicenseOrder(o)
		p.fulfilLater(o)
		return r
	}
	if refusal, ok := errors.AsType[*apiError](p.checkAppOrders(o.corp)); ok {
		r["errmsg"] = "ok, WARNING: " + refusal.text
	}
	return r
}

// checkAppOrders is the check of the corp's app orders (应用订单校验): where it has paid
// apps of the provider only, one of them must be in a paid edition or a trial.
func (p *Platform) checkAppOrders(corp *Corp) error {
	sold, expired := false, false
	for g := range corp.living() {
		if len(g.app.cfg.Editions) == 0 {
			return nil
		}
		sold = true
		state := p.holds(corp, g.app)
		if now := p.Now(); now.Before(state.expires) || now.Before(state.trialEnd) {
			return nil
		}
		expired = expired || !state.expires.IsZero()
	}
	switch {
	case !sold:
		return nil
	case expired:
		return refuse(701130)
	}
	return refuse(701129)
}

// fulfilLater makes what was bought after the time of [WithLicenseDelay], and
// pushes license_pay_success then. The lock is held.
func (p *Platform) fulfilLater(o *licenseOrder) {
	p.at(p.Now().Add(p.settings.licenseDelay), func() {
		if !keepsPaid(o.status) { // refunded or void meanwhile
			return
		}
		messages := p.fulfil(o)
		p.background(func(ctx context.Context) { _ = p.pushSystemAll(ctx, messages) })
	})
}

// keepsPaid reports whether an order in that status is paid for good: it still is
// when a refund was declined.
func keepsPaid(status OrderStatus) bool { return status == OrderPaid || status == OrderRefundRefused }

// WithLicenseDelay makes what takes WeCom a while take d on the platform's clock:
// the codes of an order that was paid by API (701022 until then), paying from the
// balance and submitting an order of many corps (status 2 until then). By default
// everything is there at once.
func WithLicenseDelay(d time.Duration) Option {
	return func(s *settings) error {
		if d < 0 {
			return errors.New("wecomtest: WithLicenseDelay: negative duration")
		}
		s.licenseDelay = d
		return nil
	}
}

func (p *Platform) listLicenseOrders(c *call) (any, error) {
	if err := c.checkSpan(31 * day); err != nil {
		return nil, err
	}
	var corp *Corp
	if c.text("corpid") != "" {
		var err error
		if corp, err = p.customer(c, "corpid"); err != nil {
			return nil, err
		}
	}
	var found []*licenseOrder
	for _, o := range p.shop.licenseOrders {
		if c.between(o.at) && p.listed(o, corp) {
			found = append(found, o)
		}
	}
	r := reply{}
	found, err := pageOf(c, found, usualPage, maxPage, badCursor, r)
	if err != nil {
		return nil, err
	}
	all := []any{}
	for _, o := range found {
		all = append(all, map[string]any{"order_id": o.id, "order_type": o.kind})
	}
	r["order_list"] = all
	return r, nil
}

// listed tells whether a list with this corp, or with none, has the order: test
// orders only with their corp, orders of many corps only without one. A sub-order
// is presumed to be listed with its corp.
func (p *Platform) listed(o *licenseOrder, corp *Corp) bool {
	if corp != nil {
		return o.corp == corp
	}
	return o.parent == nil && (o.corp == nil || !p.licensee(o.corp).test)
}

// ownOrder finds the order of the call's order_id; one of many corps is refused.
func (p *Platform) ownOrder(c *call) (*licenseOrder, error) {
	o := p.findLicenseOrder(c.text("order_id"))
	switch {
	case o == nil:
		return nil, refuse(701005)
	case o.kind == licenseUnion:
		return nil, refuse(701120)
	}
	return o, nil
}

func (p *Platform) getLicenseOrder(c *call) (any, error) {
	o, err := p.ownOrder(c)
	if err != nil {
		return nil, err
	}
	r := o.summary(c.now)
	r["corpid"], r["account_count"], r["account_duration"] = o.corp.ID, o.count(), o.duration()
	return reply{"order": r}, nil
}

func (o *licenseOrder) summary(now time.Time) map[string]any {
	r := map[string]any{
		"order_id": o.id, "order_type": o.kind, "order_status": int(o.statusAt(now)),
		"price": o.price, "create_time": o.at.Unix(),
	}
	if !o.paid.IsZero() {
		r["pay_time"] = o.paid.Unix()
	}
	return r
}

func (o *licenseOrder) count() map[string]any {
	return map[string]any{"base_count": o.counts[BaseLicense], "external_contact_count": o.counts[ExternalLicense]}
}

// duration has the keys that were used when ordering.
func (o *licenseOrder) duration() map[string]any {
	if !o.newExpire.IsZero() {
		return map[string]any{"new_expire_time": o.newExpire.Unix()}
	}
	r := map[string]any{}
	for name, n := range map[string]int64{"months": o.months, "days": o.days} {
		if n != 0 {
			r[name] = n
		}
	}
	return r
}

func (p *Platform) listOrderAccounts(c *call) (any, error) {
	o, err := p.ownOrder(c)
	if err != nil {
		return nil, err
	}
	if keepsPaid(o.statusAt(c.now)) && !o.ready {
		return nil, refuse(701022)
	}
	accounts := []any{}
	for _, l := range o.codes {
		accounts = append(accounts, map[string]any{"active_code": l.code, "type": int(l.kind)})
	}
	if o.ready {
		for _, l := range o.renewed {
			accounts = append(accounts, map[string]any{"userid": l.user.OpenUserID, "type": int(l.kind)})
		}
	}
	r := reply{}
	r["account_list"], err = pageOf(c, accounts, usualPage, maxPage, badCursor, r)
	return r, err
}

func (p *Platform) cancelLicenseOrder(c *call) (any, error) {
	o := p.findLicenseOrder(c.text("order_id"))
	if o == nil || o.parent != nil {
		return nil, refuse(701005)
	}
	switch {
	case o.corp == nil && c.text("corpid") != "":
		return nil, refusef(40058, "corpid is not given for an order of many corps")
	case o.corp != nil && c.text("corpid") == "":
		return nil, refuse(41002)
	case o.corp != nil && c.text("corpid") != o.corp.ID:
		return nil, refuse(701086)
	case o.statusAt(c.now) != OrderUnpaid:
		return nil, refuse(701084)
	case o.paying:
		return nil, refuse(701085)
	}
	o.status = OrderCancelled
	return reply{}, nil
}

func (p *Platform) getUnionOrder(c *call) (any, error) {
	o := p.findLicenseOrder(c.text("order_id"))
	if o == nil || o.kind != licenseUnion {
		return nil, refuse(701005)
	}
	r := reply{"order": o.summary(c.now)}
	children, err := pageOf(c, o.children, usualPage, maxPage, badCursor, r)
	if err != nil {
		return nil, err
	}
	list := []any{}
	for _, child := range children {
		list = append(list, map[string]any{
			"sub_order_id": child.id, "corpid": child.corp.ID,
			"account_count": child.count(), "account_duration": child.duration(),
		})
	}
	r["buy_list"] = list
	return r, nil
}
