package wecomtest

import (
	"bytes"
	"context"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// choicePage is what a browser sees.
type choicePage struct {
	Title    string
	Problem  string
	Done     string
	Choices  []choice
	Refusal  bool // a sign-in may be refused
	Register bool // the form of a new corp
}

type choice struct{ Value, Label string }

var choiceTemplate = sync.OnceValues(func() (*template.Template, error) {
	return template.New("page").Parse(`<!DOCTYPE html>
<html lang="zh"><head><meta charset="utf-8"><title>{{.Title}}</title></head>
<body><h1>{{.Title}}</h1>
{{- with .Problem}}<p id="problem">{{.}}</p>{{end}}
{{- with .Done}}<p id="done">{{.}}</p>{{end}}
{{- if .Choices}}<form method="post">
{{- range .Choices}}
<p><button name="who" value="{{.Value}}">{{.Label}}</button>{{if $.Refusal}} <button name="refuse" value="{{.Value}}">取消 {{.Label}}</button>{{end}}</p>
{{- end}}</form>{{end}}
{{- if .Register}}<form method="post">
<p><input name="corp_name" placeholder="企业名称"> <input name="admin_name" placeholder="管理员姓名"> <button>注册</button></p></form>{{end}}
</body></html>
`)
})

// servePage answers a browser: a GET shows who could open the page, a click acts.
func (p *Platform) servePage(r *http.Request, body []byte) answer {
	page := choicePage{Title: pageTitle(r.URL.Path)}
	if r.Method != http.MethodPost {
		if err := p.checkReferer(r); err != nil {
			page.Problem = err.Error()
			return renderPage(http.StatusBadRequest, page)
		}
		page.Choices = p.pageChoices(r.URL.Path)
		page.Refusal = isSignIn(r.URL.Path)
		page.Register = r.URL.Path == pageRegister
		return renderPage(http.StatusOK, page)
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		page.Problem = "the form cannot be read"
		return renderPage(http.StatusBadRequest, page)
	}
	address := p.URL() + r.URL.RequestURI()
	if r.URL.Path == pageOAuth {
		address += "#" + wechatRedirect // a browser keeps the fragment to itself
	}
	to, err := p.act(r.Context(), r.URL.Path, address, form)
	switch {
	case err != nil:
		page.Problem = err.Error()
		return renderPage(http.StatusBadRequest, page)
	case to != nil:
		return answer{status: http.StatusFound, header: http.Header{"Location": {to.String()}}}
	}
	page.Done = "完成"
	return renderPage(http.StatusOK, page)
}

// act does what the form says and returns where the browser goes, if anywhere.
func (p *Platform) act(ctx context.Context, path, address string, form url.Values) (*url.URL, error) {
	if path == pageRegister {
		_, err := p.Register(ctx, address, RegisterForm{
			CorpName: form.Get("corp_name"), Admin: User{Name: form.Get("admin_name")},
		})
		return nil, err
	}
	who := form.Get("who") + form.Get("refuse")
	corpID, userID, _ := strings.Cut(who, "/")
	p.mu.Lock()
	corp := p.findCorp(corpID)
	p.mu.Unlock()
	if corp == nil {
		return nil, errors.New("wecomtest: page: choose who you are")
	}
	switch {
	case path == pageInstall:
		return corp.Authorize(ctx, address)
	case path == pageCustomAuth:
		_, err := corp.Scan(ctx, address)
		return nil, err
	case form.Has("refuse"):
		return corp.Refuse(ctx, User{ID: userID}, address)
	}
	return corp.Login(ctx, User{ID: userID}, address)
}

// pageChoices are the corps, or for a sign-in the members of all corps.
func (p *Platform) pageChoices(path string) []choice {
	if path == pageRegister {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []choice
	for _, c := range p.corps {
		if !isSignIn(path) {
			all = append(all, choice{Value: c.ID, Label: c.Name})
			continue
		}
		for _, u := range c.users {
			all = append(all, choice{Value: c.ID + "/" + u.ID, Label: c.Name + " " + u.Name})
		}
	}
	return all
}

// checkReferer refuses an install address that was not reached by a click on a
// page of the installation callback domain, as WeCom does.
func (p *Platform) checkReferer(r *http.Request) error {
	if r.URL.Path != pageInstall {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	app := p.apps[r.URL.Query().Get("suite_id")]
	if app == nil || app.cfg.RedirectDomain == "" {
		return nil
	}
	from, err := url.Parse(r.Referer())
	if err != nil || from.Host != app.cfg.RedirectDomain && from.Hostname() != app.cfg.RedirectDomain {
		return pageError(0, "redirect_uri does not match the callback domain: the Referer is missing or of another site")
	}
	return nil
}

func isSignIn(path string) bool {
	switch path {
	case pageOAuth, pageWebLogin, pageQRConnect, page3rdConnect:
		return true
	}
	return false
}

func pageTitle(path string) string {
	switch path {
	case pageInstall, pageCustomAuth:
		return "授权应用"
	case pageRegister:
		return "注册企业"
	}
	return "登录"
}

func renderPage(status int, page choicePage) answer {
	var html bytes.Buffer
	t, err := choiceTemplate()
	if err == nil {
		err = t.Execute(&html, page)
	}
	if err != nil {
		return htmlAnswer(http.StatusInternalServerError)
	}
	return answer{status: status, header: http.Header{"Content-Type": {htmlType}}, body: html.Bytes()}
}
