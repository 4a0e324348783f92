package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/examples/isv/internal/view"
	"github.com/wecom-isv/wecom/provider/license"
	"github.com/wecom-isv/wecom/suite"
)

const (
	ordersBack = 30 * 24 * time.Hour
	ordersMost = 50 // the page makes one call for each licence order
)

// account is a licence account (接口许可账号) as the page shows it. Activation codes
// are worth money: they are not shown.
type account struct {
	UserID             string
	Type               view.Text
	Activated, Expires time.Time
}

// licences fills in what the corp has of licences.
func (s *site) licences(ctx context.Context, page *corpPage) (err error) {
	corpID := page.Customer.CorpID
	if page.Licence, err = s.vendor.licences.GetAppLicenseInfo(ctx, license.GetAppLicenseInfoRequest{CorpID: corpID, SuiteID: s.cfg.SuiteID}); err != nil {
		return err
	}
	page.TrialEnd = unix(page.Licence.TrialInfo.EndTime)
	for a, err := range s.vendor.licences.AllActivedAccounts(ctx, license.ListActivedAccountRequest{CorpID: corpID}) {
		if err != nil {
			return err
		}
		if page.Accounts = append(page.Accounts, account{a.UserID, accountType(a.Type), unix(a.ActiveTime), unix(a.ExpireTime)}); len(page.Accounts) == listLongest {
			break
		}
	}
	return nil
}

// serveOrder orders licence accounts for a corp. The order is unpaid: nothing is
// spent here.
func (s *site) serveOrder(w http.ResponseWriter, r *http.Request) error {
	corpID := r.PathValue("corpid")
	done := view.Text{ZH: "订单已创建，请在服务商管理后台支付。", EN: "The order has been made. Pay it in the provider console."}
	s.finish(w, r, "/corps/"+url.PathEscape(corpID), done, s.order(r, corpID))
	return nil
}

func (s *site) order(r *http.Request, corpID string) error {
	accounts, err1 := strconv.ParseInt(r.PostFormValue("accounts"), 10, 32)
	months, err2 := strconv.ParseInt(r.PostFormValue("months"), 10, 32)
	if errors.Join(err1, err2) != nil {
		return fmt.Errorf("%w: accounts and months must be numbers", wecom.ErrBadParameter)
	}
	placed, err := s.vendor.licences.CreateNewOrder(r.Context(), license.CreateNewOrderRequest{
		CorpID: corpID, BuyerUserID: r.PostFormValue("buyer"),
		AccountCount: license.AccountCount{BaseCount: accounts}, AccountDuration: license.AccountDuration{Months: int32(months)},
	})
	if err == nil && placed.Warning != "" {
		s.logger.WarnContext(r.Context(), "licence order", "order", placed.OrderID, "warning", placed.Warning)
	}
	return err
}

// licenceOrder and editionOrder are orders as the page shows them.
type licenceOrder struct {
	ID, CorpID            string
	Type, State           view.Text
	Base, External, Price int64
	Ordered, Paid         time.Time
}

type editionOrder struct {
	ID, CorpID, Name   string
	Test               bool // of a test authorisation (测试授权)
	State              view.Text
	Users, Days, Price int64
	Paid               time.Time
}

// serveOrders shows the orders of the last days, of all corps.
func (s *site) serveOrders(w http.ResponseWriter, r *http.Request) error {
	var data struct {
		Licences       []licenceOrder
		LicenceProblem *view.Text
		Editions       []editionOrder
		EditionProblem *view.Text
	}
	now := s.now()
	var err error
	data.Licences, err = s.licenceOrders(r.Context(), now.Add(-ordersBack), now)
	data.LicenceProblem = s.explain(r.Context(), err)
	data.Editions, err = s.editionOrders(r.Context(), now.Add(-ordersBack), now)
	data.EditionProblem = s.explain(r.Context(), err)
	s.show(w, r, view.Page{Name: "orders", Title: view.Text{ZH: "订单", EN: "Orders"}, Data: data})
	return nil
}

func (s *site) licenceOrders(ctx context.Context, from, to time.Time) (all []licenceOrder, err error) {
	for ref, err := range s.vendor.licences.AllOrders(ctx, license.ListOrderRequest{StartTime: from.Unix(), EndTime: to.Unix()}) {
		if err != nil {
			return all, err
		}
		if ref.OrderType == license.OrderUnion {
			continue // of many corps at once: GetUnionOrder has its parts
		}
		found, err := s.vendor.licences.GetOrder(ctx, ref.OrderID)
		if err != nil {
			return all, err
		}
		o := found.Order
		all = append(all, licenceOrder{
			ID: o.OrderID, CorpID: o.CorpID, Type: licenceType(o.OrderType), State: orderState(o.OrderStatus), Price: o.Price,
			Base: o.AccountCount.BaseCount, External: o.AccountCount.ExternalContactCount, Ordered: unix(o.CreateTime), Paid: unix(o.PayTime),
		})
		if len(all) == ordersMost {
			break
		}
	}
	return all, nil
}

func (s *site) editionOrders(ctx context.Context, from, to time.Time) (all []editionOrder, err error) {
	for _, mode := range []suite.TestMode{suite.RealOrders, suite.TestOrders} {
		for o, err := range s.vendor.app.AllOrders(ctx, suite.GetOrderListRequest{StartTime: from.Unix(), EndTime: to.Unix(), TestMode: mode}) {
			if err != nil {
				return all, err
			}
			all = append(all, editionOrder{
				ID: o.OrderID, CorpID: o.PaidCorpID, Name: o.EditionName, Test: mode == suite.TestOrders, State: orderState(o.OrderStatus),
				Users: o.UserCount, Days: o.OrderPeriod, Price: o.Price, Paid: unix(o.PaidTime),
			})
		}
	}
	return all, nil
}

// now is the time by the platform's clock, which can be put forward if it is
// simulated.
func (s *site) now() time.Time {
	if s.sim != nil {
		return s.sim.platform.Now()
	}
	return time.Now()
}

// unix reads a time of the platform, of which 0 is none.
func unix(seconds int64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0)
}

func accountType(t license.AccountType) view.Text {
	if t == license.AccountExternalContact {
		return view.Text{ZH: "互通账号", EN: "external contact"}
	}
	return view.Text{ZH: "基础账号", EN: "base"}
}

func licenceType(t license.OrderType) view.Text {
	switch t {
	case license.OrderPurchase:
		return view.Text{ZH: "购买", EN: "purchase"}
	case license.OrderRenewal:
		return view.Text{ZH: "续期", EN: "renewal"}
	default:
		return view.Text{ZH: "迁移", EN: "migration"}
	}
}

// orderState names the state of an order: those of licences and of editions have the
// same numbers, and licences one more.
func orderState[T license.OrderStatus | suite.OrderStatus](state T) view.Text {
	names := []view.Text{
		license.OrderUnpaid: {ZH: "待支付", EN: "unpaid"}, license.OrderPaid: {ZH: "已支付", EN: "paid"},
		license.OrderCancelled: {ZH: "已取消", EN: "cancelled"}, license.OrderExpired: {ZH: "已过期", EN: "expired"},
		license.OrderRefundRequested: {ZH: "退款中", EN: "refund requested"}, license.OrderRefunded: {ZH: "已退款", EN: "refunded"},
		license.OrderRefundRefused: {ZH: "退款被拒", EN: "refund refused"}, license.OrderVoid: {ZH: "已失效", EN: "void"},
	}
	if state < 0 || int(state) >= len(names) {
		return view.Text{ZH: "未知", EN: "unknown"}
	}
	return names[state]
}
