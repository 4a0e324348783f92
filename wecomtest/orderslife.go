package wecomtest

import (
	"context"
	"errors"
	"time"
)

// BuyEdition orders an edition and pays for it: open_order, pay_for_app_success
// and change_editon are pushed.
func (c *Corp) BuyEdition(ctx context.Context, app *App, what EditionOrder) (Order, error) {
	made, opened := c.OrderEdition(ctx, app, what)
	if made.ID == "" {
		return made, opened
	}
	paid := c.p.PayOrder(ctx, made.ID)
	for _, o := range c.p.Orders() {
		if o.ID == made.ID {
			made = o
		}
	}
	return made, errors.Join(opened, paid)
}

// PayOrder pays an order (支付): what it buys begins, and pay_for_app_success and
// change_editon are pushed. An order of the cash desk that names no corp is paid
// by the corp that opens it, see [Corp.OpenPayment].
func (p *Platform) PayOrder(ctx context.Context, orderID string) error {
	p.mu.Lock()
	o := p.findOrder(orderID)
	if err := o.mayPay(p.Now()); err != nil {
		p.mu.Unlock()
		return err
	}
	events := p.settle(o)
	p.mu.Unlock()
	return p.pushApps(ctx, events)
}

func (o *order) mayPay(now time.Time) error {
	switch {
	case o == nil:
		return errNoOrder
	case o.corp == nil:
		return errors.New("wecomtest: no corp has opened the order yet; Corp.OpenPayment does")
	case o.statusAt(now) != OrderUnpaid:
		return errors.New("wecomtest: the order is not unpaid any more")
	}
	return nil
}

// settle marks an order as paid and gives the corp what it has bought. It returns
// the events that tell of it. The lock is held.
func (p *Platform) settle(o *order) []appPush {
	o.status, o.paid = OrderPaid, p.Now()
	for _, i := range o.items {
		p.holds(o.corp, i.app).add(i)
	}
	return o.events("pay_for_app_success", "change_editon")
}

// add gives what an item buys.
func (h *holdingState) add(i *orderItem) {
	h.edition = i.edition
	switch i.kind {
	case OrderMoreUsers:
		h.users += i.users
		return
	case OrderNew, OrderEditionChange:
		h.users = i.users
	case OrderRenewal:
	}
	h.expires = i.end
}

// CancelOrder closes an unpaid order (取消订单) and pushes cancel_order.
func (p *Platform) CancelOrder(ctx context.Context, orderID string) error {
	p.mu.Lock()
	o := p.findOrder(orderID)
	if o == nil || o.statusAt(p.Now()) != OrderUnpaid {
		p.mu.Unlock()
		return errors.New("wecomtest: CancelOrder: there is no such unpaid order")
	}
	o.status = OrderCancelled
	events := o.events("cancel_order")
	p.mu.Unlock()
	return p.pushApps(ctx, events)
}

// ChangeOrderPrice gives an unpaid order of one app another price (改价): as on the
// real platform it gets a new number, and change_order names both.
func (p *Platform) ChangeOrderPrice(ctx context.Context, orderID string, price int64) (Order, error) {
	p.mu.Lock()
	o := p.findOrder(orderID)
	if o == nil || o.corp == nil || o.statusAt(p.Now()) != OrderUnpaid || len(o.items) != 1 {
		p.mu.Unlock()
		return Order{}, errors.New("wecomtest: ChangeOrderPrice: there is no such unpaid order of one app")
	}
	item := o.items[0]
	o.id, item.price = p.newOrderID(), price
	changed := o.public(p.Now())
	message := item.app.event("change_order").text("PaidCorpId", o.corp.ID).text("OldOrderId", orderID).text("NewOrderId", o.id)
	p.mu.Unlock()
	return changed, p.pushApps(ctx, []appPush{{item.app, message}})
}

// RefundOrder decides about the refund of a paid order (退款). When it is agreed, what
// was bought ends, and refund and change_editon are pushed; a refusal changes the
// order's status only.
func (p *Platform) RefundOrder(ctx context.Context, orderID string, agreed bool) error {
	p.mu.Lock()
	o := p.findOrder(orderID)
	if o == nil || !keepsPaid(o.status) && o.status != OrderRefundAsked {
		p.mu.Unlock()
		return errors.New("wecomtest: RefundOrder: there is no such paid order")
	}
	var events []appPush
	o.status = OrderRefundRefused
	if agreed {
		o.status = OrderRefunded
		for _, i := range o.items {
			p.holds(o.corp, i.app).takeBack(i)
		}
		events = o.events("refund", "change_editon")
	}
	p.mu.Unlock()
	return p.pushApps(ctx, events)
}

// AskRefund marks a paid order as one whose refund was asked for (申请退款中). No event
// tells of it.
func (p *Platform) AskRefund(orderID string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	o := p.findOrder(orderID)
	if o == nil || o.status != OrderPaid {
		return errors.New("wecomtest: AskRefund: there is no such paid order")
	}
	o.status = OrderRefundAsked
	return nil
}

// takeBack undoes what an item gave.
func (h *holdingState) takeBack(i *orderItem) {
	if i.kind == OrderMoreUsers {
		h.users -= i.users
		return
	}
	h.expires = i.begin
}

// appPush is an event on its way to an app's command URL.
type appPush struct {
	app     *App
	message *xmlMessage
}

// events are events about an order, for each of its apps. An order that no corp
// has taken yet has none. The lock is held.
func (o *order) events(infoTypes ...string) []appPush {
	if o.corp == nil {
		return nil
	}
	var all []appPush
	told := map[*App]bool{}
	for _, i := range o.items {
		if told[i.app] {
			continue
		}
		told[i.app] = true
		for _, infoType := range infoTypes {
			message := i.app.event(infoType).text("PaidCorpId", o.corp.ID)
			switch infoType {
			case "open_order":
				message.text("OrderId", o.id).text("OperatorId", o.buyer)
			case "change_editon": // carries no order number
			default:
				message.text("OrderId", o.id)
			}
			all = append(all, appPush{i.app, message})
		}
	}
	return all
}

// pushApps pushes to the command URLs of apps; an app without one gets nothing.
func (p *Platform) pushApps(ctx context.Context, pushes []appPush) error {
	var errs []error
	for _, one := range pushes {
		target := one.app.CommandTarget()
		if target.URL == "" {
			continue
		}
		_, err := p.Push(ctx, target, one.message.bytes())
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// EditionChanged pushes change_editon (版本变更), as WeCom does also when a trial or an
// edition ends by itself: the platform's clock does not push.
func (c *Corp) EditionChanged(ctx context.Context, app *App) error {
	return c.p.pushApps(ctx, []appPush{c.editionChanged(app)})
}

func (c *Corp) editionChanged(app *App) appPush {
	return appPush{app, app.event("change_editon").text("PaidCorpId", c.ID)}
}
