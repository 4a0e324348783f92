package wecomtest

import (
	"context"
	"strings"
	"time"
)

// The kinds of orders at the cash desk (business_type), and who pays (pay_type).
const (
	deskThirdApp = 1
	deskCustom   = 2
	deskCase     = 3

	payByCustomer = 0
	payByProvider = 1
	payFree       = 2
)

const (
	confirmTime      = 72 * time.Hour // then an order waiting for the corp confirms itself
	maxFreePerDay    = 3
	maxItems         = 20
	maxDeskPage      = 2000
	maxInvoicePage   = 100
	usualInvoicePage = 50
	pagePay          = "/payforapp/"
	preorder         = "PREORDER"
)

// deskOrder is what an order of the cash desk has besides.
type deskOrder struct {
	business    int
	payType     int
	kind        OrderType
	creator     string
	caseID      string
	caseEdition string
	url         string
	waits       bool      // for the corp to confirm
	confirmBy   time.Time // then it confirms itself
}

func paytoolHandlers() map[string]handler {
	return map[string]handler{
		"paytool.open_order":          signed((*Platform).openDeskOrder),
		"paytool.close_order":         signed((*Platform).closeDeskOrder),
		"paytool.get_order_list":      signed((*Platform).listDeskOrders),
		"paytool.get_order_detail":    signed((*Platform).getDeskOrder),
		"paytool.get_invoice_list":    (*Platform).listInvoices,
		"paytool.mark_invoice_status": (*Platform).markInvoice,
	}
}

// openDeskOrder makes an order. A parameter that does not fit gets 90305, and so does
// an unknown app or edition.
func (p *Platform) openDeskOrder(c *call) (any, error) {
	desk := &deskOrder{business: int(c.amount("business_type")), payType: int(c.amount("pay_type")), creator: c.text("creator")}
	products, err := desk.products(c.object("product_list"))
	if err != nil {
		return nil, err
	}
	o := &order{id: p.newOrderID(), from: OrderFromCashDesk, at: c.now, expires: c.now.Add(orderLife), desk: desk}
	if c.text("custom_corpid") != "" {
		if o.corp, err = p.customer(c, "custom_corpid"); err != nil {
			return nil, err
		}
	}
	if err := p.fillDeskOrder(o, products, c); err != nil {
		return nil, err
	}
	desk.url = "https://" + hostOpenWork + pagePay + preorder + p.secrets.text(48, alphanumeric)
	p.shop.orders = append(p.shop.orders, o)
	p.announceDeskOrder(o, products)
	r := reply{"order_id": o.id, "order_url": desk.url}
	if desk.business != deskCase { // what a solution costs is not simulated
		r["paid_price"], r["origin_price"] = o.price()
	}
	return r, nil
}

// products is the one member of product_list that the kind of order has.
func (d *deskOrder) products(list *call) (*call, error) {
	names := map[int]string{deskThirdApp: "third_app", deskCustom: "customized_app", deskCase: "promotion_case"}
	name := names[d.business]
	if name == "" || len(list.body) != 1 || !list.has(name) {
		return nil, refusef(90305, "invalid parameter product_list: want exactly the member of business_type")
	}
	products := list.object(name)
	d.kind = OrderType(products.amount("order_type"))
	d.caseID, d.caseEdition = products.text("case_id"), products.text("promotion_edition_name")
	if d.kind < OrderNew || d.kind > OrderRenewal {
		return nil, refusef(90305, "invalid parameter order_type")
	}
	return products, nil
}

func (p *Platform) fillDeskOrder(o *order, products *call, c *call) error {
	items := products.objects("buy_info_list")
	switch {
	case o.desk.payType < payByCustomer || o.desk.payType > payFree:
		return refusef(90305, "invalid parameter pay_type")
	case c.text("bank_receipt_media_id") != "" && !p.hasReceipt(c):
		return refuse(40007)
	case o.desk.business == deskCustom && o.corp == nil:
		return refusef(90305, "missing parameter custom_corpid")
	case o.desk.business != deskCase && len(items) == 0 || len(items) > maxItems:
		return refusef(90305, "invalid parameter buy_info_list: want 1 to %d", maxItems)
	}
	for _, one := range items {
		if o.desk.business == deskCase { // the period is the whole solution's
			one.body["duration_days"], one.body["take_effect_date"] = products.body["duration_days"], products.body["take_effect_date"]
		}
		item, err := p.newDeskItem(o, one)
		if err != nil {
			return err
		}
		if o.desk.payType == payFree && p.freeOrdersToday(o.corp, item.app, c.now) >= maxFreePerDay {
			return refuse(90431)
		}
		o.items = append(o.items, item)
	}
	return nil
}

// hasReceipt tells whether the proof of payment was uploaded as one.
func (p *Platform) hasReceipt(c *call) bool {
	m, err := p.providerMedium(c.text("bank_receipt_media_id"), c.now)
	return err == nil && m.kind == receiptKind
}

func (p *Platform) freeOrdersToday(corp *Corp, app *App, now time.Time) int {
	count := 0
	for _, o := range p.shop.orders {
		if o.desk != nil && o.desk.payType == payFree && corp != nil && o.corp == corp && o.item(app) != nil &&
			endOfDay(o.at).Equal(endOfDay(now)) {
			count++
		}
	}
	return count
}

func (p *Platform) newDeskItem(o *order, one *call) (*orderItem, error) {
	app := p.apps[one.text("suiteid")]
	wanted := ThirdPartyApp
	if o.desk.business == deskCustom {
		wanted = Template
	}
	if app == nil || app.Kind != wanted {
		return nil, refusef(90305, "invalid parameter suiteid")
	}
	item := &orderItem{app: app, kind: o.desk.kind, users: one.amount("user_count"), days: one.amount("duration_days"), effect: one.text("take_effect_date")}
	if o.desk.business == deskThirdApp {
		edition, err := app.edition(one.text("edition_id"))
		if err != nil {
			return nil, refusef(90305, "invalid parameter edition_id")
		}
		item.edition = edition
	}
	if err := p.setPeriod(o, item); err != nil {
		return nil, err
	}
	if err := item.setPrice(o.desk, one); err != nil {
		return nil, err
	}
	if o.desk.payType == payFree {
		item.price = 0
	}
	return item, nil
}

// setPeriod fills in from when to when the item runs.
func (p *Platform) setPeriod(o *order, i *orderItem) error {
	state := &holdingState{}
	if o.corp != nil {
		state = p.holds(o.corp, i.app)
	}
	i.begin = p.Now()
	switch {
	case i.kind != OrderRenewal && i.users < 1:
		return refusef(90305, "invalid parameter user_count")
	case i.kind != OrderMoreUsers && i.days < 1:
		return refusef(90305, "invalid parameter duration_days")
	case i.kind == OrderMoreUsers && o.corp != nil && !p.Now().Before(state.expires):
		return refusef(90305, "more seats are only sold for an edition that has not expired")
	case i.kind == OrderMoreUsers:
		i.end = state.expires
		i.days = max(i.days, int64(state.expires.Sub(p.Now())/day))
		return nil
	case i.kind == OrderRenewal:
		i.users, i.begin = max(i.users, state.users), latest(p.Now(), state.expires)
	}
	if i.effect != "" {
		start, err := time.ParseInLocation("20060102", i.effect, chinaTime())
		if err != nil || start.After(p.Now().Add(366*day)) {
			return refusef(90305, "invalid parameter take_effect_date")
		}
		i.begin = latest(i.begin, start)
	}
	i.end = i.begin.Add(time.Duration(i.days) * day)
	return nil
}

// setPrice prices the item: by its edition and discount, or as the order says.
func (i *orderItem) setPrice(d *deskOrder, one *call) error {
	if d.business == deskCustom {
		i.origin, i.price = one.amount("total_price"), one.amount("total_price")
		if i.price < 1 {
			return refusef(90305, "invalid parameter total_price")
		}
		return nil
	}
	i.origin = i.edition.Price * i.users * i.days / 365
	i.price = i.origin
	if !one.has("discount_info") {
		return nil
	}
	const fixed, ratio = 1, 2
	switch discount := one.object("discount_info"); discount.amount("discount_type") {
	case fixed:
		off := discount.amount("discount_amount")
		if off < 1 || off > i.origin*9/10 {
			return refusef(90305, "invalid parameter discount_amount")
		}
		i.price -= off
	case ratio:
		percent := discount.amount("discount_ratio")
		if percent < 10 || percent > 99 {
			return refusef(90305, "invalid parameter discount_ratio")
		}
		i.price = i.origin * percent / 100
	default:
		return refusef(90305, "invalid parameter discount_type")
	}
	return nil
}

// announceDeskOrder tells the apps, and settles what nobody has to pay: an order
// paid on behalf or free waits for the corp's confirmation where notify_custom_corp
// wants it or it is free, at most 72 hours. The lock is held.
func (p *Platform) announceDeskOrder(o *order, products *call) {
	notify := !products.has("notify_custom_corp") || products.amount("notify_custom_corp") == 1 || o.desk.payType == payFree
	switch {
	case o.desk.payType == payByCustomer:
		p.pushAppsLater(o.events("open_order"))
	case o.corp == nil || notify:
		o.desk.waits, o.desk.confirmBy = true, p.Now().Add(confirmTime)
		p.pushAppsLater(o.events("open_order"))
	default:
		p.pushAppsLater(append(o.events("open_order"), p.settle(o)...))
	}
}

// pushAppsLater pushes after the answer. The lock is held.
func (p *Platform) pushAppsLater(pushes []appPush) {
	p.background(func(ctx context.Context) { _ = p.pushApps(ctx, pushes) })
}

// confirmDue settles the orders whose time to be confirmed has passed. The lock is held.
func (p *Platform) confirmDue() {
	for _, o := range p.shop.orders {
		if o.desk != nil && o.desk.waits && o.corp != nil && o.status == OrderUnpaid && !p.Now().Before(o.desk.confirmBy) {
			p.pushAppsLater(p.settle(o))
		}
	}
}

// deskStatus is the state with the cash desk's numbers.
func (o *order) deskStatus(now time.Time) int {
	const unpaid, paid, cancelled, expired, refundAsked, refunded, completed, waiting = 1, 2, 3, 4, 5, 6, 7, 8
	switch o.statusAt(now) {
	case OrderUnpaid:
		if o.desk.waits {
			return waiting
		}
		return unpaid
	case OrderCancelled:
		return cancelled
	case OrderExpired:
		return expired
	case OrderRefundAsked:
		return refundAsked
	case OrderRefunded:
		return refunded
	default: // paid, also if its refund was refused
		if o.desk.payType != payByCustomer {
			return completed
		}
		return paid
	}
}

// findDeskOrder finds the order of the call's order_id.
func (p *Platform) findDeskOrder(c *call) (*order, error) {
	p.confirmDue()
	o := p.findOrder(c.text("order_id"))
	if o == nil || o.desk == nil {
		return nil, refuse(90310)
	}
	return o, nil
}

func (p *Platform) closeDeskOrder(c *call) (any, error) {
	o, err := p.findDeskOrder(c)
	if err != nil {
		return nil, err
	}
	if o.statusAt(c.now) != OrderUnpaid {
		return nil, refuse(90311)
	}
	o.status = OrderCancelled
	p.pushAppsLater(o.events("cancel_order"))
	return reply{}, nil
}

// listDeskOrders takes limit 0 for the greatest page: the official example sends it.
func (p *Platform) listDeskOrders(c *call) (any, error) {
	if err := c.checkSpan(0); err != nil {
		return nil, err
	}
	p.confirmDue()
	var found []*order
	for _, o := range p.shop.orders {
		if o.desk != nil && c.between(o.at) && (!c.has("business_type") || int64(o.desk.business) == c.amount("business_type")) {
			found = append(found, o)
		}
	}
	r := reply{}
	found, err := pageOf(c, found, maxDeskPage, maxDeskPage, 40058, r)
	if err != nil {
		return nil, err
	}
	all := []any{}
	for _, o := range found {
		all = append(all, o.deskEntry(c.now))
	}
	r["pay_order_list"] = all
	return r, nil
}

func (p *Platform) getDeskOrder(c *call) (any, error) {
	o, err := p.findDeskOrder(c)
	if err != nil {
		return nil, err
	}
	entry := o.deskEntry(c.now)
	entry["business_type"], entry["pay_from"] = o.desk.business, o.desk.payType
	entry["product_list"] = o.deskProducts()
	if o.corp != nil {
		entry["custom_corp_name"] = o.corp.Name
	}
	if !o.paid.IsZero() && o.desk.payType == payByCustomer {
		entry["pay_channel"], entry["channel_order_id"], entry["paid_time"] = 1, "42"+o.id, o.paid.Unix()
	}
	return reply{"pay_order": entry}, nil
}

// OpenPayment opens the order_url of the cash desk as the corp's administrator
// and pays, or confirms what is paid for already (收银台订单). An order that names no
// corp becomes this one's. It pushes pay_for_app_success and change_editon to
// each app; what is wrong with the address or the order is a [*PageError].
func (c *Corp) OpenPayment(ctx context.Context, orderURL string) error {
	c.p.mu.Lock()
	o, err := c.p.checkPayment(orderURL)
	if err == nil && o.corp != nil && o.corp != c {
		err = pageError(0, "the order is for another corp")
	}
	var events []appPush
	if err == nil {
		o.corp, o.buyer = c, c.users[0].ID
		events = c.p.settle(o)
	}
	c.p.mu.Unlock()
	if err != nil {
		return err
	}
	return c.p.pushApps(ctx, events)
}

// checkPayment finds the unpaid order of an order_url. The lock is held.
func (p *Platform) checkPayment(orderURL string) (*order, error) {
	g, err := p.openPage(orderURL)
	if err != nil {
		return nil, err
	}
	if err := g.only(); err != nil {
		return nil, err
	}
	p.confirmDue()
	for _, o := range p.shop.orders {
		if o.desk == nil || !strings.HasSuffix(o.desk.url, g.path) {
			continue
		}
		if o.statusAt(p.Now()) != OrderUnpaid {
			return nil, pageError(0, "the order is not waiting for payment any more")
		}
		return o, nil
	}
	return nil, pageError(0, "there is no such order")
}
