package wecomtest

import (
	"context"
	"errors"
)

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
	if o == nil || o.corp == nil || o.parent != nil || !keepsPaid(o.status) {
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
