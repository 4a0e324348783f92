package wecomtest

import (
	"errors"
	"time"
)

// InvoiceStatus is the state of an invoice (开票状态).
type InvoiceStatus int

// The states of invoices.
const (
	InvoiceInProgress InvoiceStatus = iota // 待开票
	InvoiceMailed                          // 已邮寄
	InvoiceSent                            // 已发送
	InvoiceCancelled                       // 已取消
)

// Invoice is a customer's application for an invoice (发票). ApplyInvoice fills in
// the corp, the price and the time; Status and Note are the provider's answer.
type Invoice struct {
	OrderID     string
	CorpID      string
	At          time.Time
	Special     bool // special VAT invoice (增值税专用发票)
	Price       int64
	Status      InvoiceStatus
	Title       string
	TaxNumber   string
	SendWay     int // 0 open, 1 courier, 2 e-mail
	ContactName string
	ContactTel  string
	ContactAddr string // province|city|district
	Email       string
	Note        string
}

// ApplyInvoice lets the customer of a paid order of the cash desk ask for an
// invoice (申请开票), again also after the provider cancelled the last one.
func (p *Platform) ApplyInvoice(invoice Invoice) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	o := p.findOrder(invoice.OrderID)
	if o == nil || o.desk == nil || o.status != OrderPaid {
		return errors.New("wecomtest: ApplyInvoice: there is no such paid order of the cash desk")
	}
	if old := p.findInvoice(o.id); old != nil && old.Status != InvoiceCancelled {
		return errors.New("wecomtest: ApplyInvoice: the order has an invoice already")
	}
	invoice.CorpID, invoice.At, invoice.Status = o.corp.ID, p.Now(), InvoiceInProgress
	invoice.Price, _ = o.price()
	p.shop.invoices = append(p.shop.invoices, &invoice)
	return nil
}

// findInvoice finds the newest invoice of an order. The lock is held.
func (p *Platform) findInvoice(orderID string) *Invoice {
	var found *Invoice
	for _, invoice := range p.shop.invoices {
		if invoice.OrderID == orderID {
			found = invoice
		}
	}
	return found
}

// Invoices are the applications so far, oldest first.
func (p *Platform) Invoices() []Invoice {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []Invoice
	for _, invoice := range p.shop.invoices {
		all = append(all, *invoice)
	}
	return all
}

func (p *Platform) listInvoices(c *call) (any, error) {
	if err := c.checkSpan(0); err != nil {
		return nil, err
	}
	var found []*Invoice
	for _, invoice := range p.shop.invoices {
		if c.between(invoice.At) {
			found = append(found, invoice)
		}
	}
	r := reply{}
	found, err := pageOf(c, found, usualInvoicePage, maxInvoicePage, 40058, r)
	if err != nil {
		return nil, err
	}
	all := []any{}
	for _, invoice := range found {
		all = append(all, invoice.entry())
	}
	r["invoice_list"] = all
	return r, nil
}

func (v *Invoice) entry() map[string]any {
	kind := 0
	if v.Special {
		kind = 1
	}
	return map[string]any{
		"order_id": v.OrderID, "custom_corpid": v.CorpID, "apply_time": v.At.Unix(), "invoice_type": kind,
		"paid_price": v.Price, "invoice_status": int(v.Status), "invoice_title": v.Title, "tax_number": v.TaxNumber,
		"send_way": v.SendWay, "contact_name": v.ContactName, "contact_tel": v.ContactTel, "contact_addr": v.ContactAddr,
		"receive_email": v.Email, "invoice_note": v.Note,
	}
}

// markInvoice records what the provider did. An invoice that was issued stays as it
// is, and the reply does not say so.
func (p *Platform) markInvoice(c *call) (any, error) {
	invoice := p.findInvoice(c.text("order_id"))
	if invoice == nil {
		return nil, refuse(90310)
	}
	status := InvoiceStatus(c.amount("invoice_status"))
	if status < InvoiceMailed || status > InvoiceCancelled {
		return nil, refusef(90305, "invalid parameter invoice_status")
	}
	if invoice.Status == InvoiceInProgress {
		invoice.Status, invoice.Note = status, c.text("invoice_note")
	}
	return reply{}, nil
}
