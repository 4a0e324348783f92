package wecomtest

import (
	"bytes"
	"embed"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

//go:embed pages
var pageFiles embed.FS

// The pages that have a template of their own.
const (
	viewInstall  = "install"
	viewScan     = "scan"
	viewSignIn   = "signin"
	viewRegister = "register"
	viewMessage  = "message"
	viewHome     = "home"
	viewConsole  = "console"
	viewClient   = "client"
	viewOrders   = "orders"
	viewPay      = "pay"
)

const (
	langZH = "zh-CN"
	langEN = "en"
)

// pageTemplates parses every page once in each language; nothing changes them
// afterwards.
var pageTemplates = sync.OnceValues(func() (map[string]*template.Template, error) {
	all := map[string]*template.Template{}
	for _, lang := range []string{langZH, langEN} {
		translate := template.FuncMap{"t": func(zh, en string) string { return pick(lang, zh, en) }}
		layout, err := template.New("").Funcs(translate).ParseFS(pageFiles, "pages/layout.html")
		if err != nil {
			return nil, err
		}
		for _, name := range []string{
			viewInstall, viewScan, viewSignIn, viewRegister, viewMessage,
			viewHome, viewConsole, viewClient, viewOrders, viewPay,
		} {
			own, err := layout.Clone()
			if err != nil {
				return nil, err
			}
			if all[lang+name], err = own.ParseFS(pageFiles, "pages/"+name+".html"); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
})

func pick(lang, zh, en string) string {
	if lang == langEN {
		return en
	}
	return zh
}

// frame is what the layout shows around every page.
type frame struct {
	Lang   string
	ZH, EN string // the same page in the other language
	Wide   bool
	Data   any
}

// show renders a page.
func (v *visit) show(status int, name string, data any) answer {
	f := frame{Lang: v.lang, ZH: v.inLanguage("zh"), EN: v.inLanguage("en"), Data: data}
	switch name {
	case viewHome, viewConsole, viewOrders:
		f.Wide = true
	}
	var html bytes.Buffer
	templates, err := pageTemplates()
	if err == nil {
		err = templates[v.lang+name].ExecuteTemplate(&html, "layout", f)
	}
	if err != nil {
		return htmlAnswer(http.StatusInternalServerError)
	}
	header := v.securityHeader()
	header.Set("Content-Type", htmlType)
	header.Set("Content-Language", v.lang)
	return answer{status: status, header: header, body: html.Bytes()}
}

// securityHeader allows a page nothing but its stylesheet. The login pages may
// stand in a frame, as ww.createWWLoginPanel puts them; no other page may.
func (v *visit) securityHeader() http.Header {
	policy := "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'"
	header := http.Header{
		"X-Content-Type-Options": {"nosniff"},
		"Referrer-Policy":        {"same-origin"},
		"Cache-Control":          {"no-store"},
	}
	switch v.request.URL.Path {
	case pageWebLogin, pageQRConnect:
	default:
		policy += "; frame-ancestors 'none'"
		header.Set("X-Frame-Options", "DENY")
	}
	header.Set("Content-Security-Policy", policy)
	return header
}

// leave sends the browser on.
func (v *visit) leave(to *url.URL) answer {
	status := http.StatusFound
	if strings.HasPrefix(v.request.URL.Path, ownPages) {
		status = http.StatusSeeOther
	}
	header := v.securityHeader()
	header.Set("Location", to.String())
	header.Set("Referrer-Policy", "no-referrer") // the address may hold a code
	return answer{status: status, header: header}
}

// messageView is a page of a few words.
type messageView struct {
	Title, Done, Warning string
	Problem              string
	Code                 int
	Meaning, Remedy      string
	Links                []link
}

type link struct{ URL, Text string }

// done tells that something is finished.
func (v *visit) done(title, text string, links ...link) answer {
	return v.show(http.StatusOK, viewMessage, messageView{Title: title, Done: text, Links: links})
}

// doneOr is done, or the problem. A callback that was not delivered is no problem
// of the person's, but a warning.
func (v *visit) doneOr(err error, title, text string, links ...link) answer {
	if err != nil && !errors.Is(err, ErrNotDelivered) {
		return v.problem(err)
	}
	view := messageView{Title: title, Done: text, Links: links}
	if err != nil {
		view.Warning = v.t("回调没有送达：", "The callback was not delivered: ") + err.Error()
	}
	return v.show(http.StatusOK, viewMessage, view)
}

// problem tells what is wrong and what to do about it.
func (v *visit) problem(err error) answer {
	view := messageView{Problem: strings.TrimPrefix(err.Error(), "wecomtest: "), Remedy: v.remedy(0)}
	if wrong, ok := errors.AsType[*PageError](err); ok {
		view.Problem, view.Code, view.Remedy = wrong.Reason, wrong.Code, v.remedy(wrong.Code)
		if wrong.Code > 0 {
			view.Meaning = codeText(wrong.Code)
		}
	}
	return v.show(http.StatusBadRequest, viewMessage, view)
}

// remedy says what to do about the number that a page shows.
func (v *visit) remedy(code int) string {
	switch code {
	case 40083:
		return v.t("检查 suite_id：它必须是本服务商的第三方应用。", "Check suite_id: it must be a third-party app of this provider.")
	case 42007:
		return v.t("预授权码有效期 20 分钟：重新调用 get_pre_auth_code，再打开新的链接。", "A pre_auth_code lives 20 minutes: call get_pre_auth_code again and open the new address.")
	case 50001, -31020, -31039:
		return v.t("redirect_uri 的域名必须与服务商后台配置的可信域名（回调域名）一致，含端口。", "The host of redirect_uri must be the trusted domain set in the provider console, port included.")
	case 60021:
		return v.t("成员不在应用的可见范围内：请管理员调整可见范围。", "The member is outside the app's visible range: the administrator can change it.")
	case 84022:
		return v.t("注册码只能打开一次，有效期 600 秒：重新调用 get_register_code。", "A register_code can be opened once within 600 seconds: call get_register_code again.")
	case 842006:
		return v.t("该企业已授权此模板：不需要再次扫码。", "The corp has authorised the template: nothing is left to do.")
	case -31027:
		return v.t("检查 appid：ServiceApp 用登录授权的 SuiteID，CorpApp 用企业的 corpid。", "Check appid: the SuiteID of the login authorisation for ServiceApp, the corpid for CorpApp.")
	case -31028:
		return v.t("检查 agentid：它必须是该企业中代开发应用的 agentid。", "Check agentid: it must be that of a customised app in this corp.")
	case -31034:
		return v.t("appid 必须是服务商的 corpid。", "appid must be the provider's corpid.")
	case -31035:
		return v.t("补上 redirect_uri，并做 URL 编码。", "Add redirect_uri, percent-encoded.")
	case -31037:
		return v.t("appid 必须是登录授权的 SuiteID，不能是普通应用的。", "appid must be the SuiteID of the login authorisation, not of an ordinary app.")
	case -31040:
		return v.t("login_type 只能是 ServiceApp 或 CorpApp。", "login_type is ServiceApp or CorpApp.")
	}
	return v.t("对照文档检查链接的参数，再从应用的页面重新打开。", "Compare the parameters of the address with the documentation, then start again from the app's page.")
}
