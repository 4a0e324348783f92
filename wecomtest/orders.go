package wecomtest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"
)

// Edition is an edition of a paid app (应用版本).
type Edition struct {
	ID    string
	Name  string
	Price int64 // fen for one seat and a year of 365 days
}

// OrderStatus is the state of an order (订单状态), with the numbers of
// service/get_order.
type OrderStatus int

// The states of orders.
const (
	OrderUnpaid        OrderStatus = iota // 未支付
	OrderPaid                             // 已支付
	OrderCancelled                        // 已关闭
	OrderExpired                          // 未支付，已过期
	OrderRefundAsked                      // 申请退款中
	OrderRefunded                         // 退款成功
	OrderRefundRefused                    // 退款被拒绝
)

// OrderType is what an order is for (订单类型), with the numbers of
// service/get_order.
type OrderType int

// The kinds of orders.
const (
	OrderNew           OrderType = iota // 新购
	OrderMoreUsers                      // 扩容
	OrderRenewal                        // 续期
	OrderEditionChange                  // 变更版本
)

// OrderFrom says who placed an order (下单来源).
type OrderFrom int

// Who places orders.
const (
	OrderFromCorp     OrderFrom = iota // 企业
	OrderFromProvider                  // 服务商代下单
	OrderFromDealer                    // 代理商代下单
	OrderFromCashDesk                  // 服务商收银台
)

// EditionOrder is what a corp orders. Users and Days are required, but for Users of a
// renewal and Days of more seats; the rest may be left out.
type EditionOrder struct {
	EditionID string // empty: the app's first edition
	Type      OrderType
	Users     int64 // seats; those to add for OrderMoreUsers
	Days      int64
	Price     int64 // fen; 0: by the edition's price
	From      OrderFrom
	Buyer     User // empty: the corp's administrator
}

// Order is an order of editions of apps (应用版本付费订单), or of the cash desk
// (收银台). Orders of the former kind have one item.
type Order struct {
	ID          string
	CorpID      string // "" until a corp has opened an order of the cash desk that names none
	Status      OrderStatus
	From        OrderFrom
	BuyerID     string // userid; "" if the provider ordered
	Price       int64  // to be paid, fen
	OriginPrice int64  // without discount, fen
	Items       []OrderItem
	At          time.Time
	PaidAt      time.Time
	PaymentURL  string // order_url of the cash desk
}

// OrderItem is what an order buys for one app.
type OrderItem struct {
	SuiteID     string
	EditionID   string
	EditionName string
	Type        OrderType
	Users       int64
	Days        int64
	Price       int64 // fen
	Begin, End  time.Time
}

// order is an order and what only the platform knows of it.
type order struct {
	id      string
	corp    *Corp
	status  OrderStatus
	from    OrderFrom
	buyer   string
	at      time.Time
	paid    time.Time
	test    bool // of a test authorisation
	items   []*orderItem
	desk    *deskOrder // nil unless it was made at the cash desk
	expires time.Time  // while unpaid
}

type orderItem struct {
	app        *App
	edition    Edition
	kind       OrderType
	users      int64
	days       int64
	price      int64
	origin     int64
	effect     string // take_effect_date as it was given
	begin, end time.Time
}

// holdingState is what a corp has of an app: its trial and its edition.
type holdingState struct {
	edition    Edition
	users      int64
	expires    time.Time // of the edition; zero: never bought
	trialBegin time.Time
	trialEnd   time.Time
}

// holds finds or makes the state of an app in a corp. The lock is held.
func (p *Platform) holds(corp *Corp, app *App) *holdingState {
	key := holding{corp, app}
	if p.shop.editions[key] == nil {
		p.shop.editions[key] = &holdingState{}
	}
	return p.shop.editions[key]
}

// statusAt is the status; an unpaid order expires by itself.
func (o *order) statusAt(now time.Time) OrderStatus {
	if o.status == OrderUnpaid && !now.Before(o.expires) {
		return OrderExpired
	}
	return o.status
}

func (o *order) price() (toPay, origin int64) {
	for _, i := range o.items {
		toPay, origin = toPay+i.price, origin+i.origin
	}
	return toPay, origin
}

// item finds what the order buys for an app; nil if nothing.
func (o *order) item(app *App) *orderItem {
	for _, i := range o.items {
		if i.app == app {
			return i
		}
	}
	return nil
}

// public is the order as tests see it. The lock is held.
func (o *order) public(now time.Time) Order {
	price, origin := o.price()
	v := Order{
		ID: o.id, Status: o.statusAt(now), From: o.from, BuyerID: o.buyer,
		Price: price, OriginPrice: origin, At: o.at, PaidAt: o.paid,
	}
	if o.corp != nil {
		v.CorpID = o.corp.ID
	}
	if o.desk != nil {
		v.PaymentURL = o.desk.url
	}
	for _, i := range o.items {
		v.Items = append(v.Items, OrderItem{
			SuiteID: i.app.ID, EditionID: i.edition.ID, EditionName: i.edition.Name, Type: i.kind,
			Users: i.users, Days: i.days, Price: i.price, Begin: i.begin, End: i.end,
		})
	}
	return v
}

// Orders are the orders of editions and of the cash desk, oldest first.
func (p *Platform) Orders() []Order {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []Order
	for _, o := range p.shop.orders {
		all = append(all, o.public(p.Now()))
	}
	return all
}

// findOrder finds an order by its number. The lock is held.
func (p *Platform) findOrder(id string) *order {
	for _, o := range p.shop.orders {
		if o.id == id {
			return o
		}
	}
	return nil
}

// errNoOrder is what the methods return for an unknown number.
var errNoOrder = errors.New("wecomtest: there is no such order")

// OrderEdition orders an edition of an app (下单): open_order is pushed to the app's
// command URL. The app must have been sold in editions ([AppConfig].Editions). As
// with every push, the order stands when the event was not delivered, and the
// error wraps [ErrNotDelivered].
func (c *Corp) OrderEdition(ctx context.Context, app *App, what EditionOrder) (Order, error) {
	c.p.mu.Lock()
	item, err := c.newItem(app, what)
	if err != nil {
		c.p.mu.Unlock()
		return Order{}, err
	}
	o := &order{
		id: c.p.newOrderID(), corp: c, from: what.From, at: c.p.Now(),
		expires: c.p.Now().Add(orderLife), items: []*orderItem{item},
	}
	if g := c.p.findGrant(app, c); g != nil {
		o.test = g.test
	}
	if what.From == OrderFromCorp {
		o.buyer = cmp.Or(what.Buyer.ID, c.users[0].ID)
	}
	c.p.shop.orders = append(c.p.shop.orders, o)
	made, events := o.public(c.p.Now()), o.events("open_order")
	c.p.mu.Unlock()
	return made, c.p.pushApps(ctx, events)
}

func (p *Platform) newOrderID() string { return "N" + p.secrets.hex(28) }

// newItem checks what is ordered and prices it. The lock is held.
func (c *Corp) newItem(app *App, what EditionOrder) (*orderItem, error) {
	edition, err := app.edition(what.EditionID)
	if err != nil {
		return nil, err
	}
	state, now := c.p.holds(c, app), c.p.Now()
	item := &orderItem{app: app, edition: edition, kind: what.Type, users: what.Users, days: what.Days, begin: now}
	switch what.Type {
	case OrderNew, OrderEditionChange:
		if what.Users < 1 || what.Days < 1 {
			return nil, errors.New("wecomtest: OrderEdition: a purchase needs Users and Days")
		}
	case OrderMoreUsers:
		if what.Users < 1 || !now.Before(state.expires) {
			return nil, errors.New("wecomtest: OrderEdition: more seats need Users, and an edition that has not expired")
		}
		item.days = int64((state.expires.Sub(now) + day - 1) / day)
	case OrderRenewal:
		if what.Days < 1 || state.expires.IsZero() {
			return nil, errors.New("wecomtest: OrderEdition: a renewal needs Days, and an edition that was bought")
		}
		item.users, item.begin = state.users, latest(now, state.expires)
	default:
		return nil, fmt.Errorf("wecomtest: OrderEdition: unknown type %d", what.Type)
	}
	item.end = item.begin.Add(time.Duration(item.days) * day)
	item.origin = edition.Price * item.users * item.days / 365
	item.price = cmp.Or(what.Price, item.origin)
	return item, nil
}

func latest(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// edition finds an edition; "" is the first one.
func (a *App) edition(id string) (Edition, error) {
	for _, e := range a.cfg.Editions {
		if id == "" || e.ID == id {
			return e, nil
		}
	}
	return Edition{}, errors.New("wecomtest: the app is not sold in that edition (AppConfig.Editions)")
}
