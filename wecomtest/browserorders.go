package wecomtest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

type ordersView struct {
	Balance string
	Done    string
	Groups  []orderGroup
}

type orderGroup struct {
	Title  string
	Orders []orderRow
}

type orderRow struct {
	ID, Corp, What, Price, State string
	Actions                      []orderAction
}

type orderAction struct{ Value, Text string }

// orders lists what was ordered and plays the person who pays outside the API.
func (v *visit) orders() answer {
	if v.form == nil {
		return v.showOrders("")
	}
	id, action := v.form.Get("order"), v.form.Get("action")
	err := v.p.actOnOrder(v.request.Context(), id, action)
	if err != nil && !errors.Is(err, ErrNotDelivered) {
		return v.problem(err)
	}
	return v.showOrders(v.warned(v.t("完成：", "Done: ")+id, err))
}

// actOnOrder pays, cancels or refunds an order of any kind.
func (p *Platform) actOnOrder(ctx context.Context, id, action string) error {
	p.mu.Lock()
	edition, license, advanced := p.findOrder(id), p.findLicenseOrder(id), p.findAdvanced(id)
	p.mu.Unlock()
	switch {
	case edition != nil:
		switch action {
		case "pay":
			return p.PayOrder(ctx, id)
		case "cancel":
			return p.CancelOrder(ctx, id)
		case "refund", "refuse":
			return p.RefundOrder(ctx, id, action == "refund")
		}
	case license != nil:
		switch action {
		case "pay":
			return p.PayLicenseOrder(ctx, id)
		case "refund", "refuse":
			return p.RefundLicenseOrder(ctx, id, action == "refund")
		}
	case advanced != nil:
		switch action {
		case "pay":
			return p.PayAdvancedOrder(ctx, id)
		case "refund", "refuse":
			return p.RefundAdvancedOrder(ctx, id, action == "refund")
		}
	}
	return pageError(0, "there is no such order, or nothing of the kind can be done to it")
}

func (v *visit) showOrders(done string) answer {
	view := ordersView{Balance: yuan(v.p.provider.Balance()), Done: done, Groups: []orderGroup{
		{Title: v.t("应用版本与收银台", "Editions of apps, and the cash desk")},
		{Title: v.t("接口许可", "Licences")},
		{Title: v.t("数据与智能专区", "Advanced interfaces")},
	}}
	for _, o := range v.p.Orders() {
		view.Groups[0].add(v.editionRow(o))
	}
	for _, o := range v.p.LicenseOrders() {
		view.Groups[1].add(v.licenseRow(o))
	}
	for _, o := range v.p.AdvancedOrders() {
		what := v.t("会话内容 版本 ", "chat content, edition ") + strconv.Itoa(o.Edition) + " × " + strconv.FormatInt(o.Count, 10)
		view.Groups[2].add(v.orderRow(o.ID, o.CorpID, what, o.Price, o.Status))
	}
	return v.show(http.StatusOK, viewOrders, view)
}

// add puts the newest first.
func (g *orderGroup) add(row orderRow) { g.Orders = slices.Insert(g.Orders, 0, row) }

func (v *visit) editionRow(o Order) orderRow {
	var items []string
	for _, i := range o.Items {
		name := i.EditionName
		if name == "" {
			name = i.SuiteID
		}
		items = append(items, fmt.Sprintf("%s × %d, %d %s", name, i.Users, i.Days, v.t("天", "days")))
	}
	row := v.orderRow(o.ID, o.CorpID, strings.Join(items, "; "), o.Price, o.Status)
	if o.Status != OrderUnpaid {
		return row
	}
	if o.CorpID == "" { // only its own page knows who pays
		row.Actions = nil
	}
	row.Actions = append(row.Actions, orderAction{"cancel", v.t("取消", "Cancel")})
	return row
}

func (v *visit) licenseRow(o LicenseOrder) orderRow {
	what := fmt.Sprintf("%s %d, %s %d", v.t("基础", "base"), o.Base, v.t("互通", "external"), o.External)
	row := v.orderRow(o.ID, o.CorpID, what, o.Price, o.Status)
	if o.ParentOrderID != "" {
		row.Actions = nil
	}
	return row
}

func (v *visit) orderRow(id, corpID, what string, price int64, status OrderStatus) orderRow {
	row := orderRow{ID: id, What: what, Price: yuan(price), State: v.state(status)}
	v.p.mu.Lock()
	if corp := v.p.findCorp(corpID); corp != nil {
		row.Corp = corp.Name
	}
	v.p.mu.Unlock()
	switch status {
	case OrderUnpaid:
		row.Actions = []orderAction{{"pay", v.t("支付", "Pay")}}
	case OrderPaid, OrderRefundAsked:
		row.Actions = []orderAction{{"refund", v.t("退款", "Refund")}, {"refuse", v.t("拒绝退款", "Refuse a refund")}}
	default:
	}
	return row
}

func (v *visit) state(s OrderStatus) string {
	switch s {
	case OrderUnpaid:
		return v.t("未支付", "unpaid")
	case OrderPaid:
		return v.t("已支付", "paid")
	case OrderCancelled:
		return v.t("已取消", "cancelled")
	case OrderExpired:
		return v.t("已过期", "expired")
	case OrderRefundAsked:
		return v.t("申请退款中", "refund asked for")
	case OrderRefunded:
		return v.t("已退款", "refunded")
	case OrderRefundRefused:
		return v.t("退款被拒绝", "refund refused")
	default:
		return v.t("已失效", "void")
	}
}

// yuan writes fen as yuan.
func yuan(fen int64) string { return fmt.Sprintf("¥%d.%02d", fen/100, fen%100) }

type payView struct {
	ID, What      string
	Price, Origin string
	Corp          string
	Confirm       bool // it is paid for already
	Corps         []namedCorp
}

// pay is the page of an order of the cash desk (收银台).
func (v *visit) pay() answer {
	view, err := v.payView()
	switch {
	case err != nil:
		return v.problem(err)
	case v.form == nil:
		return v.show(http.StatusOK, viewPay, view)
	}
	corp, err := v.chosenCorp()
	if err != nil {
		return v.problem(err)
	}
	err = corp.OpenPayment(v.request.Context(), v.address)
	return v.doneOr(err, v.t("支付完成", "Paid"), v.t("订单已完成。", "The order is settled."), v.consoleLink(corp))
}

func (v *visit) payView() (*payView, error) {
	v.p.mu.Lock()
	defer v.p.mu.Unlock()
	o, err := v.p.checkPayment(v.address)
	if err != nil {
		return nil, err
	}
	price, origin := o.price()
	view := &payView{
		ID: o.id, What: o.content(), Price: yuan(price), Origin: yuan(origin),
		Confirm: o.desk.payType != payByCustomer, Corps: v.p.namedCorps(),
	}
	if o.corp != nil {
		view.Corp, view.Corps = o.corp.Name, []namedCorp{{o.corp.ID, o.corp.Name}}
	}
	return view, nil
}
