package wecomtest

import (
	"context"
	"errors"
	"time"
)

const (
	chatEditionBoth  = 2 // internal and external chats
	chatEditionVoice = 3 // and voice calls

	advancedUpgrade = 3 // order_type; the others are those of editions

	advancedYear  = 365 * day // what an order buys; its length is not a parameter
	advancedPrice = 1000      // fen for an account and a year; made up
	renewBefore   = 60 * day
	effectWithin  = 90 * day
)

// advancedOrder is an order of an advanced interface (数据与智能专区).
type advancedOrder struct {
	id         string
	corp       *Corp
	buyer      string
	kind       int
	status     OrderStatus
	at         time.Time
	edition    int
	count      int64
	price      int64
	begin, end time.Time
}

// AdvancedOrder is an order of the chat content interface (数据与智能专区).
type AdvancedOrder struct {
	ID         string
	CorpID     string
	Type       int // 0 new, 1 more seats, 2 renewal, 3 upgrade
	Status     OrderStatus
	Edition    int // 2 internal and external chats, 3 voice calls too
	Count      int64
	Price      int64 // fen, by a made-up price
	Begin, End time.Time
}

// AdvancedOrders are the orders of advanced interfaces, oldest first.
func (p *Platform) AdvancedOrders() []AdvancedOrder {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []AdvancedOrder
	for _, o := range p.shop.advanced {
		all = append(all, AdvancedOrder{
			ID: o.id, CorpID: o.corp.ID, Type: o.kind, Status: o.statusAt(p.Now()),
			Edition: o.edition, Count: o.count, Price: o.price, Begin: o.begin, End: o.end,
		})
	}
	return all
}

func (o *advancedOrder) statusAt(now time.Time) OrderStatus {
	if o.status == OrderUnpaid && !now.Before(o.at.Add(orderLife)) {
		return OrderExpired
	}
	return o.status
}

func (p *Platform) findAdvanced(id string) *advancedOrder {
	for _, o := range p.shop.advanced {
		if o.id == id {
			return o
		}
	}
	return nil
}

// advancedEvent begins an event about an order.
func (p *Platform) advancedEvent(infoType string, o *advancedOrder) *xmlMessage {
	return p.systemEvent(infoType, o.corp.ID).text("AdvanceApiType", "1").text("OrderId", o.id)
}

// PayAdvancedOrder pays an order of an advanced interface outside the API, and
// pushes advanced_api_pay_success to the system-event URL.
func (p *Platform) PayAdvancedOrder(ctx context.Context, orderID string) error {
	p.mu.Lock()
	o := p.findAdvanced(orderID)
	if o == nil || o.statusAt(p.Now()) != OrderUnpaid {
		p.mu.Unlock()
		return errors.New("wecomtest: PayAdvancedOrder: there is no such unpaid order")
	}
	message := p.payAdvanced(o)
	p.mu.Unlock()
	return p.pushSystem(ctx, message)
}

func (p *Platform) payAdvanced(o *advancedOrder) *xmlMessage {
	o.status = OrderPaid
	return p.advancedEvent("advanced_api_pay_success", o).text("BuyerUserId", o.buyer)
}

// RefundAdvancedOrder decides about the refund of a paid order of an advanced
// interface, and pushes advanced_api_refund to the system-event URL.
func (p *Platform) RefundAdvancedOrder(ctx context.Context, orderID string, agreed bool) error {
	const refunded, refused = 1, 2
	p.mu.Lock()
	o := p.findAdvanced(orderID)
	if o == nil || !keepsPaid(o.status) {
		p.mu.Unlock()
		return errors.New("wecomtest: RefundAdvancedOrder: there is no such paid order")
	}
	status := refused
	o.status = OrderRefundRefused
	if agreed {
		status, o.status = refunded, OrderRefunded
	}
	message := p.advancedEvent("advanced_api_refund", o).number("OrderStatus", int64(status))
	p.mu.Unlock()
	return p.pushSystem(ctx, message)
}

func advancedHandlers() map[string]handler {
	return map[string]handler{
		"provider.advanced_api.create_order":      (*Platform).createAdvanced,
		"provider.advanced_api.cancel_order":      (*Platform).cancelAdvanced,
		"provider.advanced_api.submit_pay":        (*Platform).submitAdvancedPay,
		"provider.advanced_api.list_order":        (*Platform).listAdvanced,
		"provider.advanced_api.get_order":         (*Platform).getAdvanced,
		"provider.advanced_api.get_corp_buy_info": (*Platform).getAdvancedHoldings,
	}
}

// createAdvanced makes an order of a year. The codes of wrong orders are not
// documented: they get 40058.
func (p *Platform) createAdvanced(c *call) (any, error) {
	corp, err := p.customer(c, "custom_corpid")
	if err != nil {
		return nil, err
	}
	if kind := c.amount("advanced_api_type"); kind > 1 || !c.has("chat_archive_api") {
		return nil, refusef(40058, "invalid parameter advanced_api_type: want 1, with chat_archive_api")
	}
	wanted := c.object("chat_archive_api")
	o := &advancedOrder{
		id: p.newOrderID(), corp: corp, buyer: c.text("buyer_userid"), kind: int(c.amount("order_type")), at: c.now,
		edition: int(wanted.amount("edition")), count: wanted.amount("purchase_count"),
	}
	if o.edition != chatEditionBoth && o.edition != chatEditionVoice {
		return nil, refusef(40058, "invalid parameter edition: want 2 or 3")
	}
	if err := p.setAdvancedPeriod(o, wanted); err != nil {
		return nil, err
	}
	if o.count < 1 || o.count > maxAccounts {
		return nil, refusef(40058, "invalid parameter purchase_count: want 1 to %d", maxAccounts)
	}
	o.price = o.count * advancedPrice * int64(o.end.Sub(o.begin)/day) / int64(advancedYear/day)
	p.shop.advanced = append(p.shop.advanced, o)
	return reply{"order_id": o.id}, nil
}

// setAdvancedPeriod fills in from when to when the order runs.
func (p *Platform) setAdvancedPeriod(o *advancedOrder, wanted *call) error {
	held := p.newestAdvanced(o.corp, o.edition)
	o.begin = o.at
	if t := wanted.amount("take_effect_time"); t != 0 {
		o.begin = time.Unix(t, 0)
		if o.begin.Before(endOfDay(o.at).Add(-day)) || o.begin.After(o.at.Add(effectWithin)) {
			return refusef(40058, "invalid parameter take_effect_time: want today, or a day within 90 days")
		}
	}
	o.end = o.begin.Add(advancedYear)
	switch o.kind {
	case int(OrderNew):
		return nil
	case int(OrderMoreUsers):
		if held == nil || !o.at.Before(held.end) {
			return refusef(40058, "more seats are only sold for an edition that has not expired")
		}
		o.end = held.end
		return nil
	case int(OrderRenewal):
		if held == nil || o.at.Before(held.end.Add(-renewBefore)) {
			return refusef(40058, "a renewal opens 60 days before the end")
		}
		if o.count == 0 {
			o.count = held.count
		}
		o.begin = latest(o.begin, held.end)
		o.end = o.begin.Add(advancedYear)
		return nil
	case advancedUpgrade:
		held = p.newestAdvanced(o.corp, chatEditionBoth)
		if held == nil || !o.at.Before(held.end) || o.edition != chatEditionVoice {
			return refusef(40058, "an upgrade is only sold from an edition 2 that has not expired")
		}
		return nil
	}
	return refusef(40058, "invalid parameter order_type: want 0 to 3")
}

// newestAdvanced is the order that an edition of the corp runs on; nil if there is none.
func (p *Platform) newestAdvanced(corp *Corp, edition int) *advancedOrder {
	var newest *advancedOrder
	for _, o := range p.shop.advanced {
		if o.corp == corp && o.edition == edition && o.status == OrderPaid && (newest == nil || o.end.After(newest.end)) {
			newest = o
		}
	}
	return newest
}

// unpaidAdvanced finds the order of the call, which must be unpaid.
func (p *Platform) unpaidAdvanced(c *call) (*advancedOrder, error) {
	o := p.findAdvanced(c.text("order_id"))
	switch {
	case o == nil:
		return nil, refuse(701005)
	case o.statusAt(c.now) != OrderUnpaid:
		return nil, refuse(701084)
	}
	return o, nil
}

func (p *Platform) cancelAdvanced(c *call) (any, error) {
	o, err := p.unpaidAdvanced(c)
	if err != nil {
		return nil, err
	}
	o.status = OrderCancelled
	p.pushLater(p.advancedEvent("advanced_api_cancel", o))
	return reply{}, nil
}

func (p *Platform) submitAdvancedPay(c *call) (any, error) {
	o, err := p.unpaidAdvanced(c)
	switch {
	case err != nil:
		return nil, err
	case !p.shop.opened:
		return nil, refuse(90432)
	case p.shop.balance < o.price:
		return nil, refuse(90433)
	}
	p.shop.balance -= o.price
	p.pushLater(p.payAdvanced(o))
	return reply{}, nil
}

func (p *Platform) listAdvanced(c *call) (any, error) {
	if err := c.checkSpan(0); err != nil {
		return nil, err
	}
	all := []any{}
	for _, o := range p.shop.advanced {
		if corpID := c.text("custom_corpid"); corpID != "" && corpID != o.corp.ID || !c.between(o.at) || c.has("end_time") && o.at.Unix() == c.amount("end_time") {
			continue
		}
		all = append(all, map[string]any{
			"order_id": o.id, "order_type": o.kind, "order_status": int(o.statusAt(c.now)), "create_time": o.at.Unix(),
		})
	}
	r := reply{}
	page, err := pageOf(c, all, usualPage, maxPage, badCursor, r)
	r["order_list"] = page
	return r, err
}

func (p *Platform) getAdvanced(c *call) (any, error) {
	o := p.findAdvanced(c.text("order_id"))
	if o == nil {
		return nil, refuse(701005)
	}
	return reply{"order": map[string]any{
		"advanced_api_type": 1, "order_id": o.id, "order_type": o.kind, "order_status": int(o.statusAt(c.now)),
		"custom_corpid": o.corp.ID, "create_time": o.at.Unix(), "buyer_userid": o.buyer, "paid_price": o.price,
		"chat_archive_api": map[string]any{
			"edition": o.edition, "purchase_count": o.count, "purchase_duration_days": int64(o.end.Sub(o.begin) / day),
			"take_effect_time": o.begin.Unix(), "end_time": o.end.Unix(),
		},
	}}, nil
}

// getAdvancedHoldings adds up the seats of each edition.
func (p *Platform) getAdvancedHoldings(c *call) (any, error) {
	corp, err := p.customer(c, "custom_corpid")
	if err != nil {
		return nil, err
	}
	editions := []any{}
	for _, edition := range []int{chatEditionBoth, chatEditionVoice} {
		newest := p.newestAdvanced(corp, edition)
		if newest == nil {
			continue
		}
		var seats int64
		begin := newest.begin
		for _, o := range p.shop.advanced {
			if o.corp == corp && o.edition == edition && o.status == OrderPaid && o.end.Equal(newest.end) {
				seats += o.count
				if o.begin.Before(begin) {
					begin = o.begin
				}
			}
		}
		editions = append(editions, map[string]any{
			"edition": edition, "purchase_count": seats, "begin_time": begin.Unix(), "end_time": newest.end.Unix(),
		})
	}
	return reply{"chat_archive_api_buy_info": map[string]any{"edition_list": editions}}, nil
}
