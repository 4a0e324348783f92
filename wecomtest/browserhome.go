package wecomtest

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

type homeView struct {
	Now        string
	ProviderID string
	Client     string // whose client the browser plays
	Apps       []homeApp
	Corps      []homeCorp
}

type homeApp struct{ ID, Name, Kind, HomeURL string }

type homeCorp struct {
	ID, Name string
	Members  int
	Locked   bool
	Users    []member
	More     int // that are not shown
}

// home lists what there is, so that a developer can walk by hand.
func (v *visit) home() answer {
	if v.form.Has("leave") {
		return play(v.leave(&url.URL{Path: pageHome}), "")
	}
	v.p.mu.Lock()
	defer v.p.mu.Unlock()
	view := homeView{Now: v.p.Now().In(chinaTime()).Format(time.RFC3339), ProviderID: v.p.provider.CorpID}
	if u := v.p.findMember(v.client); u != nil {
		view.Client = u.Name
	}
	for _, app := range v.p.sortedApps() {
		one := homeApp{ID: app.ID, Name: app.Name, Kind: v.kind(app.Kind)}
		if !strings.Contains(app.cfg.HomeURL, corpIDPlace) {
			one.HomeURL = app.cfg.HomeURL
		}
		view.Apps = append(view.Apps, one)
	}
	for _, c := range v.p.corps {
		if len(view.Corps) == maxShownCorps {
			break
		}
		shown := v.members(c)
		view.Corps = append(view.Corps, homeCorp{
			ID: c.ID, Name: c.Name, Members: len(c.users), Locked: c.locked, Users: shown.Members, More: shown.More,
		})
	}
	return v.show(http.StatusOK, viewHome, view)
}

// sortedApps are the apps by name. The lock is held.
func (p *Platform) sortedApps() []*App {
	all := make([]*App, 0, len(p.apps))
	for _, app := range p.apps {
		all = append(all, app)
	}
	slices.SortFunc(all, func(a, b *App) int { return strings.Compare(a.Name+a.ID, b.Name+b.ID) })
	return all
}

func (v *visit) kind(k AppKind) string {
	switch k {
	case Template:
		return v.t("代开发应用模板", "customised-app template")
	case LoginSuite:
		return v.t("登录授权", "login authorisation")
	case ThirdPartyApp:
	}
	return v.t("第三方应用", "third-party app")
}

// queryCorp is the corp of the address; nil if there is none.
func (v *visit) queryCorp() *Corp {
	v.p.mu.Lock()
	defer v.p.mu.Unlock()
	return v.p.findCorp(v.request.URL.Query().Get("corp"))
}

// app is the app that the form names; nil if there is none.
func (v *visit) app(field string) *App {
	v.p.mu.Lock()
	defer v.p.mu.Unlock()
	return v.p.apps[v.form.Get(field)]
}

func errNoCorpPage() error { return pageError(0, "there is no such corp") }
func errNoAppForm() error  { return pageError(0, "there is no such app") }

type consoleView struct {
	Corp      namedCorp
	Admin     string
	Locked    bool
	Done      string
	Installed []consoleApp
	Market    []namedApp
}

type consoleApp struct {
	ID, Name string
	AgentID  int64
	Edition  string
	Settings bool // it has a business settings page
	Sold     bool // in editions
}

// console is the corp's admin console (管理后台).
func (v *visit) console() answer {
	corp := v.queryCorp()
	if corp == nil {
		return v.problem(errNoCorpPage())
	}
	if v.form == nil {
		return v.showConsole(corp, "")
	}
	app := v.app("app")
	if app == nil {
		return v.problem(errNoAppForm())
	}
	ctx := v.request.Context()
	var err error
	done := ""
	switch v.form.Get("action") {
	case "settings":
		to, err := corp.OpenConsole(ctx, app)
		if err != nil {
			return v.problem(err)
		}
		return v.leave(to)
	case "install":
		_, err = corp.Install(ctx, app)
		done = v.t("已安装 ", "Installed: ") + app.Name
	case "cancel":
		_, err = corp.Cancel(ctx, app)
		done = v.t("已删除 ", "Removed: ") + app.Name
	case "buy":
		err = v.buyFirstEdition(ctx, corp, app)
		done = v.t("已购买一年 ", "Bought for a year: ") + app.Name
	default:
		err = pageError(0, "unknown action")
	}
	if err != nil && !errors.Is(err, ErrNotDelivered) {
		return v.problem(err)
	}
	return v.showConsole(corp, v.warned(done, err))
}

// warned adds to a text that a callback was not delivered.
func (v *visit) warned(done string, err error) string {
	if err != nil {
		done += v.t("；回调没有送达：", "; the callback was not delivered: ") + err.Error()
	}
	return done
}

func (v *visit) buyFirstEdition(ctx context.Context, corp *Corp, app *App) error {
	_, err := corp.BuyEdition(ctx, app, EditionOrder{Users: 10, Days: 365})
	return err
}

func (v *visit) showConsole(corp *Corp, done string) answer {
	v.p.mu.Lock()
	defer v.p.mu.Unlock()
	view := consoleView{Corp: namedCorp{corp.ID, corp.Name}, Admin: corp.users[0].Name, Locked: corp.locked, Done: done}
	for _, app := range v.p.sortedApps() {
		g := v.p.findGrant(app, corp)
		switch {
		case app.Kind == LoginSuite:
		case g == nil && app.Kind == ThirdPartyApp:
			view.Market = append(view.Market, namedApp{app.ID, app.Name})
		case g != nil:
			view.Installed = append(view.Installed, consoleApp{
				ID: app.ID, Name: app.Name, AgentID: g.agentID, Edition: v.edition(corp, app),
				Settings: app.cfg.BusinessSettingURL != "", Sold: len(app.cfg.Editions) > 0,
			})
		}
	}
	return v.show(http.StatusOK, viewConsole, view)
}

// edition is the corp's edition of an app, in words. The lock is held.
func (v *visit) edition(corp *Corp, app *App) string {
	state := v.p.holds(corp, app)
	if state.expires.IsZero() {
		return ""
	}
	return state.edition.Name + v.t(" 至 ", " until ") + state.expires.In(chinaTime()).Format(time.DateOnly)
}

type clientView struct {
	Corp     namedCorp
	User     string
	UserID   string
	Done     string
	Apps     []clientApp
	Messages []string
	Playing  bool
}

type clientApp struct {
	ID, Name string
	AgentID  int64
	Home     bool
	Chat     bool // it has a data URL
}

// workbench is WeCom's client of one member (工作台).
func (v *visit) workbench() answer {
	corp := v.queryCorp()
	if corp == nil {
		return v.problem(errNoCorpPage())
	}
	v.p.mu.Lock()
	u := corp.user(v.request.URL.Query().Get("user"))
	var person User
	if u != nil {
		person = u.copy()
	}
	v.p.mu.Unlock()
	if u == nil {
		return v.problem(pageError(0, "no such member in the corp"))
	}
	who := corp.ID + "/" + person.ID
	switch {
	case v.form.Has("open"):
		return v.openApp(corp, who)
	case v.form.Has("play"):
		here := *v.request.URL
		here.Scheme, here.Host = "", ""
		return play(v.leave(&here), who)
	case v.form.Has("say"):
		return v.say(corp, person)
	}
	return v.showWorkbench(corp, person, "")
}

// openApp opens an app's home page as the member: from now on the browser plays
// the member's client.
func (v *visit) openApp(corp *Corp, who string) answer {
	app := v.app("open")
	if app == nil {
		return v.problem(errNoAppForm())
	}
	to, err := url.Parse(strings.ReplaceAll(app.cfg.HomeURL, corpIDPlace, corp.ID))
	if err != nil || to.Host == "" {
		return v.problem(pageError(0, "the app has no home page"))
	}
	return play(v.leave(to), who)
}

func (v *visit) say(corp *Corp, person User) answer {
	app := v.app("say")
	if app == nil {
		return v.problem(errNoAppForm())
	}
	d, err := corp.SendMessage(v.request.Context(), person, app, v.form.Get("text"))
	if err != nil && !errors.Is(err, ErrNotDelivered) {
		return v.problem(err)
	}
	done := v.t("已发送", "Sent")
	if len(d.Reply) > 0 {
		done += v.t("，收到被动回复", ", and a passive reply came back")
	}
	return v.showWorkbench(corp, person, v.warned(done, err))
}

func (v *visit) showWorkbench(corp *Corp, person User, done string) answer {
	v.p.mu.Lock()
	defer v.p.mu.Unlock()
	view := clientView{
		Corp: namedCorp{corp.ID, corp.Name}, User: person.Name, UserID: person.ID, Done: done,
		Playing: v.client == corp.ID+"/"+person.ID,
	}
	u := corp.user(person.ID) // nil: removed meanwhile
	for g := range corp.living() {
		if u == nil || !g.visible(u) {
			continue
		}
		view.Apps = append(view.Apps, clientApp{
			ID: g.app.ID, Name: g.app.Name, AgentID: g.agentID,
			Home: g.app.cfg.HomeURL != "", Chat: g.app.dataURL != "",
		})
	}
	for _, m := range v.p.messages.all() {
		if m.CorpID == corp.ID && slices.Contains(m.ToUser, person.ID) && !m.Recalled {
			view.Messages = append(view.Messages, messageText(m.Body))
		}
	}
	slices.Reverse(view.Messages)
	view.Messages = view.Messages[:min(len(view.Messages), maxShownMembers)]
	return v.show(http.StatusOK, viewClient, view)
}

// messageText is what a person sees of a message: its text or title, or its type.
func messageText(body []byte) string {
	var m struct {
		Type string `json:"msgtype"`
		Text struct {
			Content string `json:"content"`
		} `json:"text"`
		Markdown struct {
			Content string `json:"content"`
		} `json:"markdown"`
		TextCard struct {
			Title string `json:"title"`
		} `json:"textcard"`
	}
	if json.Unmarshal(body, &m) != nil {
		return ""
	}
	for _, text := range []string{m.Text.Content, m.Markdown.Content, m.TextCard.Title} {
		if text != "" {
			return text
		}
	}
	return "[" + m.Type + "]"
}
