package paytool

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/paging"
)

// GetInvoiceListRequest says which invoices to list.
type GetInvoiceListRequest struct {
	// StartTime and EndTime bound the time of application, in Unix seconds; both or
	// neither. WeCom states neither the longest span nor what it takes without them.
	StartTime int64 `json:"start_time,omitzero"`
	EndTime   int64 `json:"end_time,omitzero"`
	// Cursor is the NextCursor of the page before; empty for the first page.
	Cursor string `json:"cursor,omitzero"`
	// Limit is the size of a page: at most 100, 50 if it is 0.
	Limit int32 `json:"limit,omitzero"`
}

const maxInvoices = 100 // on a page

// GetInvoiceListResponse is a page of invoices.
type GetInvoiceListResponse struct {
	HasMore     int32     `json:"has_more"` // 1 if there are more pages, else 0
	NextCursor  string    `json:"next_cursor"`
	InvoiceList []Invoice `json:"invoice_list"`
}

// Invoice is an invoice that a corp applied for (发票). It holds personal and bank
// data.
type Invoice struct {
	OrderID           string        `json:"order_id"`
	CustomCorpID      string        `json:"custom_corpid"`
	ApplyTime         int64         `json:"apply_time"` // Unix seconds
	InvoiceType       InvoiceType   `json:"invoice_type"`
	PaidPrice         int64         `json:"paid_price"` // fen
	InvoiceStatus     InvoiceStatus `json:"invoice_status"`
	InvoiceTitle      string        `json:"invoice_title"`
	TaxNumber         string        `json:"tax_number"`
	SendWay           SendWay       `json:"send_way"`
	ContactName       string        `json:"contact_name"`
	ContactTel        string        `json:"contact_tel"`
	ContactAddr       string        `json:"contact_addr"` // province|city|district
	ContactPostcode   string        `json:"contact_postcode"`
	ReceiveEmail      string        `json:"receive_email"`
	CompanyAddr       string        `json:"company_addr"`
	CompanyTel        string        `json:"company_tel"`
	BankName          string        `json:"bank_name"`
	BankAccountNumber string        `json:"bank_account_number"`
	InvoiceNote       string        `json:"invoice_note"`
}

// InvoiceType is the kind of an invoice (发票类型).
type InvoiceType int32

// The kinds of invoices.
const (
	InvoiceOrdinary   InvoiceType = 0 // 普通发票
	InvoiceSpecialVAT InvoiceType = 1 // 增值税专用发票
)

// InvoiceStatus is the state of an invoice (开票状态).
type InvoiceStatus int32

// The states of invoices.
const (
	InvoiceInProgress InvoiceStatus = 0 // 开票中
	InvoiceMailed     InvoiceStatus = 1 // on paper, mailed (已寄出)
	InvoiceSent       InvoiceStatus = 2 // electronic, sent (已发送)
	InvoiceCancelled  InvoiceStatus = 3 // the corp may apply again (已取消)
)

// SendWay is how a corp wants its invoice (发票收取方式).
type SendWay int32

// The ways to send invoices.
const (
	SendUndecided SendWay = 0 // 待定
	SendByCourier SendWay = 1 // 快递
	SendByEmail   SendWay = 2 // 电子邮箱
)

// GetInvoiceList returns a page of the invoices that corps applied for
// (获取发票列表). The provider needs a merchant number (商户号) in the cash desk. The
// call is not signed. [Client.AllInvoices] walks through all pages.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/99436
//
//wecom:endpoint POST /cgi-bin/paytool/get_invoice_list
func (c *Client) GetInvoiceList(ctx context.Context, req GetInvoiceListRequest) (*GetInvoiceListResponse, error) {
	if req.Limit < 0 || req.Limit > maxInvoices {
		return nil, fmt.Errorf("paytool: GetInvoiceList: Limit is %d, a page has at most %d invoices", req.Limit, maxInvoices)
	}
	if (req.StartTime == 0) != (req.EndTime == 0) {
		return nil, errors.New("paytool: GetInvoiceList: StartTime and EndTime go together")
	}
	r := new(GetInvoiceListResponse)
	err := c.provider.Do(ctx, wecom.Call{Path: "/cgi-bin/paytool/get_invoice_list", Body: req, Safe: true}, r)
	if err != nil {
		return nil, err
	}
	return r, nil
}

// AllInvoices yields all invoices that req asks for, page by page with
// [Client.GetInvoiceList]. It begins at the first page whatever req.Cursor says; a
// Limit of 0 means pages of 100. Pages are fetched when they are wanted, ranging
// again starts over, and an error ends the sequence.
func (c *Client) AllInvoices(ctx context.Context, req GetInvoiceListRequest) iter.Seq2[Invoice, error] {
	if req.Limit == 0 {
		req.Limit = maxInvoices
	}
	return paging.All(ctx, func(ctx context.Context, cursor string) ([]Invoice, string, error) {
		page := req
		page.Cursor = cursor
		r, err := c.GetInvoiceList(ctx, page)
		if err != nil {
			return nil, "", err
		}
		next, err := paging.Next(r.HasMore != 0, r.NextCursor)
		return r.InvoiceList, next, err
	})
}

// MarkInvoiceStatusRequest is what became of an application for an invoice.
type MarkInvoiceStatusRequest struct {
	// OrderID is the order. Required.
	OrderID string `json:"order_id"`
	// OperUserID is the user id of a member of the provider with rights on invoices.
	// Required.
	OperUserID string `json:"oper_userid"`
	// InvoiceStatus is [InvoiceMailed], [InvoiceSent] or [InvoiceCancelled]. Required.
	InvoiceStatus InvoiceStatus `json:"invoice_status"`
	// InvoiceNote is shown to the corp: at most 200 bytes. Required.
	InvoiceNote string `json:"invoice_note"`
}

// MarkInvoiceStatus says that an invoice was mailed, sent or cancelled
// (标记开票状态). The provider needs a merchant number (商户号) in the cash desk. The
// call is not signed.
//
// It has no effect on an invoice that is issued already, and the reply does not
// say so: read the state with [Client.GetInvoiceList]. Never repeated by the
// client, except after a refused token.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/99437
//
//wecom:endpoint POST /cgi-bin/paytool/mark_invoice_status
func (c *Client) MarkInvoiceStatus(ctx context.Context, req MarkInvoiceStatusRequest) error {
	const longestNote = 200
	switch {
	case req.OrderID == "" || req.OperUserID == "" || req.InvoiceNote == "":
		return errors.New("paytool: MarkInvoiceStatus: OrderID, OperUserID and InvoiceNote are required")
	case req.InvoiceStatus == InvoiceInProgress:
		return errors.New("paytool: MarkInvoiceStatus: InvoiceStatus is missing: mailed, sent or cancelled")
	case len(req.InvoiceNote) > longestNote:
		return fmt.Errorf("paytool: MarkInvoiceStatus: InvoiceNote has %d bytes, more than %d", len(req.InvoiceNote), longestNote)
	}
	return c.provider.Do(ctx, wecom.Call{Path: "/cgi-bin/paytool/mark_invoice_status", Body: req}, nil)
}
