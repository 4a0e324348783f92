package console

import (
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/wecom-isv/wecom/callback"
	"github.com/wecom-isv/wecom/cmd/wecom/internal/catalog"
	"github.com/wecom-isv/wecom/cmd/wecom/internal/lang"
	"github.com/wecom-isv/wecom/wecomtest"
)

const mostRows = 50 // of calls and pushes

// view is what the templates show. It holds no secret.
type view struct {
	Lang     lang.Lang
	URL      string
	Now      time.Time
	Provider string
	System   string // system-event URL
	Outcome  outcome
	Apps     []appView
	Corps    []corpView
	Tokens   []tokenView
	Calls    []callView
	Pushes   []pushView
	Events   []eventView
}

type appView struct {
	ID, Name, Kind, Command, Data string
	Installable                   bool
}

type corpView struct {
	ID, Name string
	Members  int
	Apps     []installView
}

type installView struct {
	App       appView
	Installed bool
	AgentID   int64
}

type tokenView struct {
	Handle, Kind, Owner, Left string
	Living                    bool
}

type callView struct {
	At           time.Time
	Method, Path string
	Status, Code int
	From         string
}

type pushView struct {
	At        time.Time
	Kind, URL string
	Tries     int
	Millis    int64
	Delivered bool
	Why       string
}

type eventView struct{ ID, Title string }

// T returns the text in the language of the page.
func (v view) T(en, zh string) string { return lang.T(en, zh).In(v.Lang) }

// Says returns what became of the last action.
func (v view) Says() string { return v.Outcome.Text.In(v.Lang) }

// Tag is the language as HTML names it.
func (v view) Tag() string {
	if v.Lang == lang.ZH {
		return "zh-CN"
	}
	return "en"
}

// Clock writes a time of the platform's clock.
func (v view) Clock(t time.Time) string { return t.Format("15:04:05") }

func (c *Console) view(l lang.Lang) view {
	p := c.world.Platform
	now := p.Now()
	c.mu.Lock()
	last := c.last
	c.mu.Unlock()
	v := view{
		Lang: l, URL: p.URL(), Now: now, Provider: p.Provider().CorpID, System: withoutQuery(p.Provider().Target().URL), Outcome: last,
		Calls: callViews(p.Calls()), Pushes: pushViews(p.Deliveries()),
	}
	for _, app := range p.Apps() {
		v.Apps = append(v.Apps, viewApp(app, v))
	}
	for _, corp := range p.Corps() {
		v.Corps = append(v.Corps, viewCorp(corp, v.Apps))
	}
	names := v.names()
	for _, t := range p.Tokens() {
		v.Tokens = append(v.Tokens, viewToken(t, names, now, v))
	}
	for _, e := range wecomtest.Events() {
		title := e.Title
		if chinese := catalog.EventTitle(callback.Kind(string(e.Form) + ":" + e.Kind)); l == lang.ZH && chinese != "" {
			title = chinese
		}
		v.Events = append(v.Events, eventView{e.ID, title})
	}
	return v
}

func viewApp(app *wecomtest.App, v view) appView {
	kind := v.T("third-party app", "第三方应用")
	switch app.Kind {
	case wecomtest.Template:
		kind = v.T("customised-app template", "代开发应用模板")
	case wecomtest.LoginSuite:
		kind = v.T("login authorisation", "登录授权")
	case wecomtest.ThirdPartyApp:
	}
	return appView{
		ID: app.ID, Name: app.Name, Kind: kind, Command: withoutQuery(app.CommandTarget().URL), Data: withoutQuery(app.DataTarget().URL),
		Installable: app.Kind != wecomtest.LoginSuite,
	}
}

func viewCorp(corp *wecomtest.Corp, apps []appView) corpView {
	view := corpView{ID: corp.ID, Name: corp.Name, Members: len(corp.Users())}
	installed := corp.Installations()
	for _, app := range apps {
		if !app.Installable {
			continue
		}
		i := slices.IndexFunc(installed, func(i wecomtest.Installation) bool { return i.SuiteID == app.ID })
		row := installView{App: app, Installed: i >= 0}
		if i >= 0 {
			row.AgentID = installed[i].AgentID
		}
		view.Apps = append(view.Apps, row)
	}
	return view
}

// names maps the ids on the page to names.
func (v view) names() map[string]string {
	names := map[string]string{}
	for _, a := range v.Apps {
		names[a.ID] = a.Name
	}
	for _, c := range v.Corps {
		names[c.ID] = c.Name
	}
	return names
}

func viewToken(t wecomtest.TokenInfo, names map[string]string, now time.Time, v view) tokenView {
	owner := v.T("the provider", "服务商")
	switch {
	case t.SuiteID != "" && t.CorpID != "":
		owner = names[t.SuiteID] + " @ " + names[t.CorpID]
	case t.SuiteID != "":
		owner = names[t.SuiteID]
	case t.CorpID != "":
		owner = names[t.CorpID]
	}
	view := tokenView{Handle: tokenHandle(t.Value), Kind: t.Kind.String(), Owner: owner}
	left := t.ExpiresAt.Sub(now).Truncate(time.Second)
	switch {
	case t.Revoked:
		view.Left = v.T("revoked", "已吊销")
	case left <= 0:
		view.Left = v.T("expired", "已过期")
	default:
		view.Living = true
		view.Left = fmt.Sprintf("%d:%02d:%02d", int(left.Hours()), int(left.Minutes())%60, int(left.Seconds())%60)
	}
	return view
}

// callViews are the newest calls, the newest first, without query and body.
func callViews(calls []wecomtest.RecordedCall) (views []callView) {
	for _, c := range slices.Backward(calls[max(0, len(calls)-mostRows):]) {
		views = append(views, callView{At: c.At, Method: c.Method, Path: c.Path, Status: c.Status, Code: c.Code, From: c.FromIP})
	}
	return views
}

func pushViews(deliveries []wecomtest.Delivery) (views []pushView) {
	for _, d := range slices.Backward(deliveries[max(0, len(deliveries)-mostRows):]) {
		view := pushView{At: d.At, Kind: d.Kind, URL: withoutQuery(d.URL), Tries: len(d.Tries), Delivered: d.Delivered}
		if len(d.Tries) > 0 {
			last := d.Tries[len(d.Tries)-1]
			view.Millis = last.Duration.Milliseconds()
			if last.Err != nil {
				view.Why = last.Err.Error()
			}
		}
		views = append(views, view)
	}
	return views
}

// withoutQuery returns a callback URL without its query and user, which may hold
// secrets.
func withoutQuery(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	u.RawQuery, u.User = "", nil
	return u.String()
}
