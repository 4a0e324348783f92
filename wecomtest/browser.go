package wecomtest

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Paths of the simulator's own pages, which WeCom does not have.
const (
	pageHome   = "/"
	ownPages   = "/simulator/"
	pageStyle  = ownPages + "style.css"
	pageClient = ownPages + "client"
	pageAdmin  = ownPages + "console"
	pageOrders = ownPages + "orders"
)

const (
	clientCookie    = "wecomtest_client"
	maxShownCorps   = 50
	maxShownMembers = 20 // of one corp
	whoOutsider     = "outsider"
)

// errWho is the answer to a form that names no known corp or member.
func errWho() error { return pageError(0, "choose who you are") }

// isPage tells a page, which a person opens, from the API.
func isPage(path string) bool {
	return path == pageHome || strings.HasPrefix(path, ownPages) || pageHost(path) != ""
}

// visit is one request of a browser.
type visit struct {
	p       *Platform
	request *http.Request
	lang    string
	form    url.Values // what was sent; nil when the page is only looked at
	address string     // of the page, as a person would have it in the address bar
	client  string     // CORPID/USERID of the client that the browser plays; "" for none
}

// servePage answers a browser: a GET shows the page, a POST does what the form says.
func (p *Platform) servePage(r *http.Request, body []byte) answer {
	v := &visit{p: p, request: r, lang: chooseLanguage(r)}
	v.address = v.pageAddress()
	v.client = playedClient(r)
	if r.Method == http.MethodPost {
		var protection http.CrossOriginProtection
		if err := protection.Check(r); err != nil {
			return v.problem(pageError(0, "the form was sent by another site"))
		}
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return v.problem(pageError(0, "the form cannot be read"))
		}
		v.form = form
	}
	return v.answer()
}

// answer finds the page. The context of everything it does is the request's.
//
//nolint:contextcheck,nolintlint // As in background.
func (v *visit) answer() answer {
	switch path := v.request.URL.Path; path {
	case pageInstall:
		return v.install()
	case pageCustomAuth:
		return v.scan()
	case pageRegister:
		return v.register()
	case pageOAuth, pageWebLogin, pageQRConnect, page3rdConnect:
		return v.signIn()
	case pageHome:
		return v.home()
	case pageAdmin:
		return v.console()
	case pageClient:
		return v.workbench()
	case pageOrders:
		return v.orders()
	case pageStyle:
		return v.style()
	default:
		switch {
		case strings.HasPrefix(path, pagePay):
			return v.pay()
		case strings.HasPrefix(path, pageResults):
			return v.download()
		}
	}
	return htmlAnswer(http.StatusNotFound)
}

// t chooses a text by the visitor's language.
func (v *visit) t(zh, en string) string { return pick(v.lang, zh, en) }

// chooseLanguage takes ?lang, else the first language of Accept-Language that the
// pages are written in, else Chinese.
func chooseLanguage(r *http.Request) string {
	wanted := r.URL.Query().Get("lang") + "," + r.Header.Get("Accept-Language")
	for tag := range strings.SplitSeq(wanted, ",") {
		tag, _, _ = strings.Cut(strings.TrimSpace(tag), ";")
		tag, _, _ = strings.Cut(strings.ToLower(tag), "-")
		switch tag {
		case "zh":
			return langZH
		case "en":
			return langEN
		}
	}
	return langZH
}

// hasLang tells the pages that have a parameter lang on the real platform too.
func hasLang(path string) bool {
	switch path {
	case pageWebLogin, pageQRConnect, page3rdConnect:
		return true
	}
	return false
}

// pageAddress is the address as the person was given it: without the lang that a
// link of these pages added, and with the fragment that a browser keeps to itself.
func (v *visit) pageAddress() string {
	u := v.request.URL
	query := u.RawQuery
	if !hasLang(u.Path) {
		query = withoutLang(query)
	}
	address := v.p.URL() + u.EscapedPath()
	if query != "" {
		address += "?" + query
	}
	if u.Path == pageOAuth {
		address += "#" + wechatRedirect
	}
	return address
}

func withoutLang(query string) string {
	pairs := slices.DeleteFunc(strings.Split(query, "&"), func(pair string) bool {
		name, _, _ := strings.Cut(pair, "=")
		return name == "lang"
	})
	return strings.Join(pairs, "&")
}

// inLanguage is the same page in another language.
func (v *visit) inLanguage(lang string) string {
	query := withoutLang(v.request.URL.RawQuery)
	if query != "" {
		query += "&"
	}
	return v.request.URL.EscapedPath() + "?" + query + "lang=" + lang
}

func (v *visit) refused() bool { return v.form.Has("refuse") }

// who is what the form says about the person: a button's own value counts like a
// chosen one.
func (v *visit) who() string {
	if other := strings.TrimSpace(v.form.Get("other")); other != "" {
		return other
	}
	if who := v.form.Get("who"); who != "" {
		return who
	}
	return v.form.Get("refuse")
}

// chosenCorp is the corp that the form names.
func (v *visit) chosenCorp() (*Corp, error) {
	v.p.mu.Lock()
	defer v.p.mu.Unlock()
	corp := v.p.findCorp(v.who())
	if corp == nil {
		return nil, errWho()
	}
	return corp, nil
}

func (v *visit) style() answer {
	css, err := pageFiles.ReadFile("pages/style.css")
	if err != nil {
		return htmlAnswer(http.StatusNotFound)
	}
	return answer{status: http.StatusOK, header: http.Header{
		"Content-Type": {"text/css; charset=UTF-8"}, "X-Content-Type-Options": {"nosniff"},
	}, body: css}
}
