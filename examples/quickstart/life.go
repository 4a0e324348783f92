package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/callback"
	"github.com/wecom-isv/wecom/register"
	"github.com/wecom-isv/wecom/suite"
)

// people are everybody but the vendor: WeCom itself, and the customers.
type people interface {
	// patience is how long a step may take.
	patience() time.Duration
	// pushTicket makes WeCom push a suite_ticket.
	pushTicket(ctx context.Context) error
	// visit lets a person open a page of the vendor.
	visit(ctx context.Context, path string) error
	// agree lets that person consent to what the page has led to.
	agree(ctx context.Context) error
	// spoil makes WeCom refuse the token that corp holds, and returns the corp to
	// call with.
	spoil(ctx context.Context, corp *suite.Corp) (*suite.Corp, error)
	// cancel makes the corp remove the app.
	cancel(ctx context.Context, corpID string) error
}

// life is the story so far.
type life struct {
	*vendor
	people people
	corp   *suite.Corp // installed from the vendor's page
	agent  suite.Agent
	admin  string // user id

	registration callback.RegisterCorp
	newCorp      *suite.Corp // registered by promotion link
}

// live runs all steps in order. Each checks its own result.
func live(ctx context.Context, to *printer, v *vendor, p people) error {
	l := &life{vendor: v, people: p}
	for _, step := range []struct {
		title string
		run   func(context.Context) (string, error)
	}{
		{"suite_ticket 推送 · ticket push", l.ticket},
		{"第三方应用凭证 suite_access_token · suite token", l.suiteToken},
		{"预授权码与安装链接 · pre-auth code and install link", l.installLink},
		{"安装授权与回跳 · installation and redirect", l.install},
		{"永久授权码 permanent_code · permanent code", l.permanentCode},
		{"企业 access_token · corp token", l.corpToken},
		{"调用企业接口 · API calls in the corp", l.apiCall},
		{"成员登录 · sign-in of a member", l.memberSignIn},
		{"管理员登录 · sign-in of an administrator", l.adminSignIn},
		{"推广注册新企业 register_corp · registration of a new corp", l.registerCorp},
		{"通讯录迁移 contact_sync_success · contact migration", l.migrate},
		{"令牌被提前收回后自愈 · a revoked token is healed", l.heal},
		{"取消授权 cancel_auth · the corp removes the app", l.cancel},
	} {
		to.heading(step.title)
		ctx, done := context.WithTimeout(ctx, p.patience())
		result, err := step.run(ctx)
		done()
		if err != nil {
			return fmt.Errorf("step %d, %s: %w", to.step, step.title, err)
		}
		to.line("    ✓ %s", result)
	}
	to.line("\nAll %d steps passed.", to.step)
	return nil
}

func (l *life) ticket(ctx context.Context) (string, error) {
	if _, err := l.app.Token(ctx); !errors.Is(err, wecom.ErrNoTicket) {
		return "", errors.Join(errors.New("before the first push the error should be wecom.ErrNoTicket"), err)
	}
	if err := l.people.pushTicket(ctx); err != nil {
		return "", err
	}
	ticket, err := l.app.API().Cache().Load(ctx, "suite/"+l.app.ID()+"/ticket")
	for errors.Is(err, wecom.ErrNotCached) && sleep(ctx, time.Second) {
		ticket, err = l.app.API().Cache().Load(ctx, "suite/"+l.app.ID()+"/ticket")
	}
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("the ticket (%d bytes) was kept before the answer; it works until %s", len(ticket.Value), ticket.ExpiresAt.Format(time.TimeOnly)), nil
}

func (l *life) suiteToken(ctx context.Context) (string, error) {
	token, err := l.app.Token(ctx)
	if err != nil {
		return "", err
	}
	again, err := l.app.Token(ctx)
	if err != nil {
		return "", err
	}
	if !token.Live() || again != token {
		return "", errors.New("the token is not kept")
	}
	return fmt.Sprintf("fetched once, kept in memory until %s", token.ExpiresAt.Format(time.TimeOnly)), nil
}

func (l *life) installLink(ctx context.Context) (string, error) {
	if err := l.people.visit(ctx, "/install"); err != nil {
		return "", err
	}
	link, err := next(ctx, l.vendor, "the visit of the page", l.led)
	if err != nil {
		return "", err
	}
	if link.Query().Get("suite_id") != l.app.ID() || link.Query().Get("pre_auth_code") == "" {
		return "", errors.New("the link is not for this app")
	}
	return "the administrator has the link; it works for 20 minutes", nil
}

func (l *life) install(ctx context.Context) (string, error) {
	if err := l.people.agree(ctx); err != nil {
		return "", err
	}
	auth, err := next(ctx, l.vendor, "the installation", l.authorized)
	if err != nil {
		return "", err
	}
	l.corp = auth.Corp
	return fmt.Sprintf("%s (%s) has installed the app; the state of the browser was right", auth.CorpInfo.CorpName, l.corp.ID()), nil
}

func (l *life) permanentCode(ctx context.Context) (string, error) {
	kept, err := suite.NewCacheCodes(l.app.API().Cache()).LoadCode(ctx, l.app.ID(), l.corp.ID())
	if err != nil {
		return "", err
	}
	info, err := l.corp.AuthInfo(ctx)
	if err != nil {
		return "", err
	}
	l.agent = info.Agent()
	if l.agent.AgentID == 0 {
		return "", errors.New("the corp has granted no agent")
	}
	return fmt.Sprintf("a code of %d bytes is kept and works; agentid %d", len(kept.Code.Reveal()), l.agent.AgentID), nil
}

func (l *life) corpToken(ctx context.Context) (string, error) {
	token, err := l.corp.Token(ctx)
	if err != nil {
		return "", err
	}
	if !token.Live() {
		return "", errors.New("the token is dead on arrival")
	}
	return fmt.Sprintf("kept in memory until %s", token.ExpiresAt.Format(time.TimeOnly)), nil
}

func (l *life) apiCall(ctx context.Context) (string, error) {
	admins, err := l.corp.GetAdminList(ctx)
	if err != nil {
		return "", err
	}
	if len(admins.Admins) == 0 {
		return "", errors.New("the app has no administrator")
	}
	l.admin = admins.Admins[0].UserID
	// An endpoint without a method of its own: Do.
	message := wecom.Call{Path: "/cgi-bin/message/send", Body: map[string]any{
		"touser": l.admin, "agentid": l.agent.AgentID, "msgtype": "text", "text": map[string]string{"content": "应用已安装"},
	}}
	var sent struct {
		MsgID string `json:"msgid"`
	}
	if err := l.corp.Do(ctx, message, &sent); err != nil {
		return "", err
	}
	if sent.MsgID == "" {
		return "", errors.New("the message has no id")
	}
	return "administrators listed, a message sent to " + l.admin, nil
}

func (l *life) memberSignIn(ctx context.Context) (string, error) {
	if err := l.walk(ctx, "/login"); err != nil {
		return "", err
	}
	who, err := next(ctx, l.vendor, "the sign-in", l.signedIn)
	if err != nil {
		return "", err
	}
	if !who.IsMember() || who.CorpID != l.corp.ID() {
		return "", errors.New("somebody else signed in")
	}
	return fmt.Sprintf("%s of %s", who.UserID, who.CorpID), nil
}

func (l *life) adminSignIn(ctx context.Context) (string, error) {
	if err := l.walk(ctx, "/admin"); err != nil {
		return "", err
	}
	who, err := next(ctx, l.vendor, "the sign-in", l.signedIn)
	if err != nil {
		return "", err
	}
	if !who.IsAdmin() || who.CorpID != l.corp.ID() {
		return "", errors.New("that is no administrator of the corp")
	}
	return fmt.Sprintf("%s of %s, an administrator", who.UserID, who.CorpID), nil
}

func (l *life) registerCorp(ctx context.Context) (string, error) {
	if err := l.walk(ctx, "/register"); err != nil {
		return "", err
	}
	var err error
	if l.registration, err = next(ctx, l.vendor, "register_corp", l.registered); err != nil {
		return "", err
	}
	if l.registration.State != "quickstart" {
		return "", errors.New("the state of the register code is not that of the event")
	}
	// The apps of the package are installed with an event each.
	auth, err := next(ctx, l.vendor, "create_auth", l.authorized)
	if err != nil {
		return "", err
	}
	l.newCorp = auth.Corp
	if l.newCorp.ID() != l.registration.AuthCorpID {
		return "", errors.New("another corp installed the app")
	}
	return fmt.Sprintf("%s is registered and has the app", l.newCorp.ID()), nil
}

func (l *life) migrate(ctx context.Context) (string, error) {
	contacts, err := l.register.FromEvent(l.registration)
	if err != nil {
		return "", err
	}
	var department struct {
		ID int64 `json:"id"`
	}
	if err := contacts.Do(ctx, wecom.Call{Path: "/cgi-bin/department/create", Body: map[string]any{"name": "研发部", "parentid": 1}}, &department); err != nil {
		return "", err
	}
	user := map[string]any{"userid": "zhangsan", "name": "张三", "mobile": "13800000000", "department": []int64{department.ID}}
	if err := contacts.Do(ctx, wecom.Call{Path: "/cgi-bin/user/create", Body: user}, nil); err != nil {
		return "", err
	}
	info, err := l.newCorp.AuthInfo(ctx)
	if err != nil {
		return "", err
	}
	scope, err := contacts.SetScope(ctx, register.SetScopeRequest{AgentID: info.Agent().AgentID, AllowParty: []int64{department.ID}})
	if err != nil {
		return "", err
	}
	if len(scope.InvalidParty) > 0 {
		return "", errors.New("the department is not accepted")
	}
	if err := contacts.ContactSyncSuccess(ctx); err != nil {
		return "", err
	}
	if _, err := contacts.Token(ctx); !errors.Is(err, register.ErrContactTokenEnded) {
		return "", errors.New("the contact token should have ended")
	}
	return "a department, a member and the app's visible range are set; the contacts are unlocked", nil
}

func (l *life) heal(ctx context.Context) (string, error) {
	corp, err := l.people.spoil(ctx, l.corp)
	if err != nil {
		return "", err
	}
	before, err := corp.Token(ctx)
	if err != nil {
		return "", err
	}
	if _, err := corp.GetPermissions(ctx); err != nil {
		return "", err
	}
	after, err := corp.Token(ctx)
	if err != nil {
		return "", err
	}
	if after == before {
		return "", errors.New("the refused token is still held")
	}
	return "refused, replaced, repeated once: the caller noticed nothing", nil
}

func (l *life) cancel(ctx context.Context) (string, error) {
	if err := l.people.cancel(ctx, l.corp.ID()); err != nil {
		return "", err
	}
	corpID, err := next(ctx, l.vendor, "cancel_auth", l.cancelled)
	if err != nil {
		return "", err
	}
	if corpID != l.corp.ID() {
		return "", errors.New("another corp cancelled")
	}
	if _, err := l.corp.Token(ctx); !errors.Is(err, suite.ErrNoCode) {
		return "", errors.Join(errors.New("after cancel_auth the error should be suite.ErrNoCode"), err)
	}
	return "permanent code and token are dropped", nil
}

// walk lets a person open a page and consent.
func (l *life) walk(ctx context.Context, path string) error {
	if err := l.people.visit(ctx, path); err != nil {
		return err
	}
	return l.people.agree(ctx)
}

// sleep waits for d and reports false if ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func join(leaves []string) string { return strings.Join(leaves, " ") }
