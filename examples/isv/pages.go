package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/corp/message"
	"github.com/wecom-isv/wecom/examples/isv/internal/records"
	"github.com/wecom-isv/wecom/examples/isv/internal/view"
	"github.com/wecom-isv/wecom/provider/license"
	"github.com/wecom-isv/wecom/suite"
)

func (s *site) serveHome(w http.ResponseWriter, r *http.Request) error {
	s.show(w, r, view.Page{Name: "home", Title: view.Text{ZH: "示例服务商", EN: "Sample Vendor"}})
	return nil
}

// serveCorps lists the customers.
func (s *site) serveCorps(w http.ResponseWriter, r *http.Request) error {
	customers, err := s.store.records.Customers(r.Context())
	if err != nil {
		return err
	}
	s.show(w, r, view.Page{Name: "corps", Title: view.Text{ZH: "客户", EN: "Customers"}, Data: customers})
	return nil
}

// corpPage is one customer. What the platform did not tell is a problem of that part
// of the page only.
type corpPage struct {
	outcome
	Customer       records.Customer
	Info           *suite.AuthInfo
	InfoProblem    *view.Text
	Admins         *suite.AdminList
	AdminsProblem  *view.Text
	Licence        *license.GetAppLicenseInfoResponse
	TrialEnd       time.Time
	Accounts       []account
	LicenceProblem *view.Text
	Buyer          string
}

// serveCorp shows one customer, as the platform knows it now.
func (s *site) serveCorp(w http.ResponseWriter, r *http.Request) error {
	customer, err := s.store.records.Customer(r.Context(), r.PathValue("corpid"))
	switch {
	case errors.Is(err, records.ErrNotFound):
		return s.serveNothing(w, r)
	case err != nil:
		return err
	}
	ctx, corp := r.Context(), s.vendor.app.Corp(customer.CorpID)
	page := corpPage{outcome: s.outcome(w, r), Customer: customer, Buyer: personOf(ctx).UserID}
	page.Info, err = corp.AuthInfo(ctx)
	page.InfoProblem = s.explain(ctx, err)
	page.Admins, err = corp.GetAdminList(ctx)
	page.AdminsProblem = s.explain(ctx, err)
	err = s.licences(ctx, &page)
	page.LicenceProblem = s.explain(ctx, err)
	name := customer.Name
	if name == "" {
		name = customer.CorpID
	}
	s.show(w, r, view.Page{Name: "corp", Title: view.Text{ZH: name, EN: name}, Data: page})
	return nil
}

// corpName returns the name of a corp and whether it has installed the app.
func (s *site) corpName(ctx context.Context, corpID string) (name string, installed bool, err error) {
	customer, err := s.store.records.Customer(ctx, corpID)
	if errors.Is(err, records.ErrNotFound) {
		return "", false, nil
	}
	return customer.Name, err == nil, err
}

// serveSend sends a message to one member. Plain members may send to themselves.
func (s *site) serveSend(w http.ResponseWriter, r *http.Request) error {
	corpID, user, p := r.PathValue("corpid"), r.PostFormValue("user"), personOf(r.Context())
	if !ownAdmins(p, r) && user != p.UserID {
		s.refuse(w, r, view.Text{ZH: "成员只能给自己发消息。", EN: "Members may send messages to themselves only."})
		return nil
	}
	back := "/corps/" + url.PathEscape(corpID)
	if !ownAdmins(p, r) {
		back = "/me"
	}
	err := s.send(r.Context(), s.vendor.app.Corp(corpID), user, r.PostFormValue("text"))
	s.finish(w, r, back, view.Text{ZH: "消息已发送。", EN: "The message has been sent."}, err)
	return nil
}

func (s *site) send(ctx context.Context, corp *suite.Corp, user, text string) error {
	info, err := corp.AuthInfo(ctx)
	if err != nil {
		return err
	}
	_, err = message.New(corp).Send(ctx, message.Message{
		AgentID: info.Agent().AgentID, To: message.ToUsers(user), Content: message.Text{Content: text},
	})
	return err
}

// explain says in a line why the platform did not do something, and logs it.
func (s *site) explain(ctx context.Context, err error) *view.Text {
	if err == nil {
		return nil
	}
	s.logger.WarnContext(ctx, "the platform was of no help", "error", err)
	if refused, ok := errors.AsType[*wecom.Error](err); ok {
		code := fmt.Sprintf("%d %s", refused.Code, refused.Code.Meaning())
		return &view.Text{ZH: "企业微信拒绝了：" + code, EN: "WeCom refused: " + code}
	}
	switch {
	case errors.Is(err, wecom.ErrNoTicket):
		return &view.Text{ZH: "还没有收到 suite_ticket，企业微信每十分钟推送一次。", EN: "No suite_ticket has arrived yet; WeCom pushes one every ten minutes."}
	case errors.Is(err, suite.ErrNoCode):
		return &view.Text{ZH: "这个企业没有授权应用。", EN: "This corp has not authorised the app."}
	case errors.Is(err, wecom.ErrBadParameter):
		return &view.Text{ZH: "填写的内容不对。", EN: "What was entered cannot be right."}
	}
	if left, ok := errors.AsType[*message.PartialError](err); ok && len(left.Users)+len(left.Unlicensed) > 0 {
		return &view.Text{ZH: "没有送达：成员不在可见范围内，或没有接口许可。", EN: "Not delivered: the member is out of sight of the app or has no licence."}
	}
	return &view.Text{ZH: "没能从企业微信取得，请稍后再试。", EN: "WeCom did not tell. Please try again later."}
}
