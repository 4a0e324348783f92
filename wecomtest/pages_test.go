package wecomtest_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/wecomtest"
)

// browser is a browser with cookies that follows no redirects.
type browser struct {
	t    *testing.T
	http *http.Client
	lang string
}

func newBrowser(t *testing.T, lang string) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &browser{t: t, lang: lang, http: &http.Client{
		Jar: jar, Transport: &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// shown is what a browser got.
type shown struct {
	status int
	header http.Header
	body   string
	to     *url.URL
}

// open looks at a page, or sends a form there when one is given.
func (b *browser) open(address string, form url.Values) shown {
	b.t.Helper()
	return b.from(address, form, http.Header{})
}

func (b *browser) from(address string, form url.Values, header http.Header) shown {
	b.t.Helper()
	method, content := http.MethodGet, io.Reader(http.NoBody)
	if form != nil {
		method, content = http.MethodPost, strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(b.t.Context(), method, address, content)
	require.NoError(b.t, err)
	r.Header = header
	r.Header.Set("Accept-Language", b.lang)
	response, err := b.http.Do(r)
	require.NoError(b.t, err)
	defer closeBody(b.t, response)
	body, err := io.ReadAll(response.Body)
	require.NoError(b.t, err)
	got := shown{status: response.StatusCode, header: response.Header, body: string(body)}
	got.to, _ = response.Location() // nil where the browser stays
	return got
}

// pageWorld is a platform with everything that has a page.
type pageWorld struct {
	p        *wecomtest.Platform
	c        *client
	app      *wecomtest.App
	template *wecomtest.App
	login    *wecomtest.App
	corp     *wecomtest.Corp
	member   wecomtest.User
	provider string
}

func newPageWorld(t *testing.T, opts ...wecomtest.Option) *pageWorld {
	t.Helper()
	p := wecomtest.NewPlatform(t, opts...)
	w := &pageWorld{
		p: p, c: newClient(t, p), corp: p.NewCorp("示例企业"),
		app: p.NewApp(wecomtest.AppConfig{
			Name: "协同文档", HomeURL: "https://isv.example.com/home?corp=$CORPID$", BusinessSettingURL: "https://isv.example.com/settings",
			Level: 3, SensitiveOK: true, Editions: []wecomtest.Edition{{ID: "E1", Name: "专业版", Price: editionPrice}},
		}),
		template: p.NewTemplate(wecomtest.AppConfig{Name: "CRM"}), login: p.NewLoginSuite(wecomtest.AppConfig{Name: "网站"}),
	}
	w.member = w.corp.AddUser(wecomtest.User{Name: "张三"})
	_, err := w.corp.Install(t.Context(), w.app)
	require.NoError(t, err)
	w.provider = "?provider_access_token=" + w.c.providerToken(p)
	return w
}

func (w *pageWorld) installAddress() string {
	pre := text(w.c.ok("/cgi-bin/service/get_pre_auth_code?suite_access_token="+w.c.suiteToken(w.app), nil), "pre_auth_code")
	return w.p.URL() + "/3rdapp/install?suite_id=" + w.app.ID + "&pre_auth_code=" + pre + "&" + redirectURI + "&state=s1"
}

func (w *pageWorld) oauthAddress(scope string) string {
	return w.p.URL() + "/connect/oauth2/authorize?appid=" + w.app.ID + "&" + redirectURI + "&response_type=code&scope=" + scope + "&state=s1"
}

func (w *pageWorld) loginAddress() string {
	return w.p.URL() + "/wwlogin/sso/login?login_type=ServiceApp&appid=" + w.login.ID + "&" + redirectURI + "&state=s1"
}

func (w *pageWorld) registerAddress(pkg *wecomtest.Package) string {
	code := text(w.c.ok("/cgi-bin/service/get_register_code"+w.provider, object{"template_id": pkg.TemplateID}), "register_code")
	return w.p.URL() + "/3rdservice/wework/register?register_code=" + code
}

func (w *pageWorld) scanAddress() string {
	link := text(w.c.ok("/cgi-bin/service/get_customized_auth_url"+w.provider,
		object{"state": "s1", "templateid_list": []string{w.template.ID}}), "qrcode_url")
	return strings.Replace(link, "https://open.work.weixin.qq.com", w.p.URL(), 1)
}

func (w *pageWorld) payAddress(t *testing.T) string {
	t.Helper()
	shop := &shopWorld{client: w.c, p: w.p, app: w.app, corp: w.corp}
	r := shop.desk("open_order", shop.thirdApp(0, nil))
	return strings.Replace(text(r, "order_url"), "https://open.work.weixin.qq.com", w.p.URL(), 1)
}

func (w *pageWorld) consoleAddress() string {
	return w.p.URL() + "/simulator/console?corp=" + w.corp.ID
}

func (w *pageWorld) clientAddress() string {
	return w.p.URL() + "/simulator/client?corp=" + w.corp.ID + "&user=" + w.member.ID
}

var (
	heading   = regexp.MustCompile(`<h1[ >]`)
	input     = regexp.MustCompile(`<input [^>]*>`)
	hanzi     = regexp.MustCompile(`\p{Han}`)
	styleAttr = regexp.MustCompile(` (style|onclick|onload)=`)
)

// Every page is one that everybody can use, in both languages.
func TestPagesAreWellMade(t *testing.T) {
	t.Parallel()
	w := newPageWorld(t)
	pkg := w.p.NewPackage(wecomtest.PackageConfig{Apps: []*wecomtest.App{w.app}, ContactMigration: true})
	for name, address := range map[string]string{
		"home": w.p.URL() + "/", "install": w.installAddress(), "scan": w.scanAddress(),
		"oauth": w.oauthAddress("snsapi_privateinfo"), "login": w.loginAddress(), "register": w.registerAddress(pkg),
		"console": w.consoleAddress(), "client": w.clientAddress(), "orders": w.p.URL() + "/simulator/orders", "pay": w.payAddress(t),
	} {
		for lang, code := range map[string]string{"zh-CN,zh;q=0.9,en;q=0.8": "zh-CN", "fr,en-US;q=0.9": "en", "": "zh-CN"} {
			page := newBrowser(t, lang).open(address, nil)
			require.Equal(t, http.StatusOK, page.status, "%s: %s", name, page.body)
			assert.Contains(t, page.body, `<html lang="`+code+`">`, name)
			assert.Len(t, heading.FindAllString(page.body, -1), 1, name)
			assert.Contains(t, page.body, "simulated, not WeCom", name)
			assert.Contains(t, page.body, `<main id="main"`, name)
			assert.NotContains(t, page.body, "<script", name)
			assert.Empty(t, styleAttr.FindString(page.body), name)
			for _, field := range input.FindAllStringIndex(page.body, -1) {
				if text := page.body[field[0]:field[1]]; !strings.Contains(text, `type="hidden"`) {
					before := page.body[:field[0]]
					assert.Greater(t, strings.LastIndex(before, "<label"), strings.LastIndex(before, "</label>"), "%s: %s has no label", name, text)
				}
			}
			policy := page.header.Get("Content-Security-Policy")
			assert.Contains(t, policy, "default-src 'none'", name)
			assert.Equal(t, "nosniff", page.header.Get("X-Content-Type-Options"), name)
			assert.Equal(t, name == "login", !strings.Contains(policy, "frame-ancestors 'none'"), "%s: only the login page may stand in a frame", name)
		}
		switched := newBrowser(t, "zh").open(address+separator(address)+"lang=en", nil)
		assert.Contains(t, switched.body, `<html lang="en">`, name)
		assert.Contains(t, switched.body, `hreflang="zh"`, name)
		assert.Empty(t, untranslated(switched.body), name)
	}
	css := newBrowser(t, "").open(w.p.URL()+"/simulator/style.css", nil)
	assert.Contains(t, css.header.Get("Content-Type"), "text/css")
	assert.Equal(t, http.StatusNotFound, newBrowser(t, "").open(w.p.URL()+"/simulator/nothing", nil).status)
}

func separator(address string) string {
	if strings.Contains(address, "?") {
		return "&"
	}
	return "?"
}

// untranslated finds Chinese on an English page, but for names and what is marked
// as Chinese.
func untranslated(page string) []string {
	page = regexp.MustCompile(`lang="zh-CN"[^>]*>[^<]*<`).ReplaceAllString(page, "<")
	for _, name := range []string{"示例企业", "协同文档", "网站", "张三", "专业版"} {
		page = strings.ReplaceAll(page, name, "")
	}
	return hanzi.FindAllString(page, -1)
}

func TestPageTellsWhatIsWrong(t *testing.T) {
	t.Parallel()
	w := newPageWorld(t)
	wrong := strings.Replace(w.loginAddress(), w.login.ID, w.app.ID, 1)
	page := newBrowser(t, "zh").open(wrong, nil)
	assert.Equal(t, http.StatusBadRequest, page.status)
	assert.Contains(t, page.body, `id="problem-code">-31037<`)
	assert.Contains(t, page.body, "登录授权的 SuiteID")
	page = newBrowser(t, "en").open(wrong, nil)
	assert.Contains(t, page.body, "What to do")
	page = newBrowser(t, "zh").open(w.loginAddress()+"&lang=fr", nil)
	assert.Contains(t, page.body, "lang must be zh or en", "a parameter of WeCom's own is checked")
	page = newBrowser(t, "zh").open(w.p.URL()+"/simulator/console?corp=nobody", nil)
	assert.Equal(t, http.StatusBadRequest, page.status)
	assert.NotContains(t, page.body, "wecomtest:")
}

// A published app that is installed for a test is refused with both ways out.
func TestPageTellsHowAPublishedAppIsInstalled(t *testing.T) {
	t.Parallel()
	w := newPageWorld(t)
	address, err := url.Parse(w.installAddress())
	require.NoError(t, err)
	w.c.ok("/cgi-bin/service/set_session_info?suite_access_token="+w.c.suiteToken(w.app),
		object{"pre_auth_code": address.Query().Get("pre_auth_code"), "session_info": object{"auth_type": 1}})
	page := newBrowser(t, "en").open(address.String(), nil)
	assert.Equal(t, http.StatusBadRequest, page.status)
	assert.Contains(t, page.body, "auth_type must be 0 (suite.AuthTypeFormal), or make it with AppConfig.Unpublished")
}

func TestPageRefusesFormsOfOtherSites(t *testing.T) {
	t.Parallel()
	w := newPageWorld(t)
	b := newBrowser(t, "zh")
	form := url.Values{"action": {"cancel"}, "app": {w.app.ID}}
	for _, header := range []http.Header{
		{"Sec-Fetch-Site": {"cross-site"}, "Content-Type": {"application/x-www-form-urlencoded"}},
		{"Origin": {"https://evil.example.com"}},
	} {
		assert.Equal(t, http.StatusBadRequest, b.from(w.consoleAddress(), form, header).status)
	}
	assert.Len(t, w.corp.Installations(), 1)
	assert.Equal(t, http.StatusOK, b.from(w.consoleAddress(), form, http.Header{"Sec-Fetch-Site": {"same-origin"}}).status)
	assert.Empty(t, w.corp.Installations())
}

func TestPageInstallIsDeclined(t *testing.T) {
	t.Parallel()
	w := newPageWorld(t)
	address := w.installAddress()
	page := newBrowser(t, "zh").open(address, nil)
	assert.Contains(t, page.body, "通讯录全部信息读写")
	page = newBrowser(t, "zh").open(address, url.Values{"who": {w.corp.ID}, "refuse": {"1"}})
	assert.Equal(t, http.StatusOK, page.status)
	assert.Contains(t, page.body, `id="done"`)
	page = newBrowser(t, "zh").open(address, url.Values{"who": {w.corp.ID}, "agree": {"1"}})
	assert.Equal(t, http.StatusFound, page.status, "the code was not spent")
	assert.NotEmpty(t, page.to.Query().Get("auth_code"))
	assert.Equal(t, "no-referrer", page.header.Get("Referrer-Policy"))
}

func TestBrowserPlaysTheClient(t *testing.T) {
	t.Parallel()
	w := newPageWorld(t)
	b := newBrowser(t, "zh")
	page := b.open(w.clientAddress(), nil)
	assert.Contains(t, page.body, "协同文档")
	page = b.open(w.clientAddress(), url.Values{"open": {w.app.ID}})
	require.Equal(t, http.StatusSeeOther, page.status)
	assert.Equal(t, "https://isv.example.com/home?corp="+w.corp.ID, page.to.String())

	page = b.open(w.oauthAddress("snsapi_base"), nil)
	require.Equal(t, http.StatusFound, page.status, "silent, as in the client")
	r := w.c.ok("/cgi-bin/service/auth/getuserinfo3rd?suite_access_token="+w.c.suiteToken(w.app)+"&code="+page.to.Query().Get("code"), nil)
	assert.Equal(t, w.member.ID, r["userid"])

	page = b.open(w.oauthAddress("snsapi_privateinfo"), nil)
	require.Equal(t, http.StatusOK, page.status, "asks for sensitive information")
	assert.Contains(t, page.body, `value="`+w.corp.ID+"/"+w.member.ID+`" checked`)
	assert.Contains(t, b.open(w.p.URL()+"/", nil).body, "退出客户端")
	b.open(w.p.URL()+"/", url.Values{"leave": {"1"}})
	assert.Equal(t, http.StatusOK, b.open(w.oauthAddress("snsapi_base"), nil).status, "asks again")

	page = b.open(w.clientAddress(), url.Values{"play": {"1"}})
	assert.Equal(t, http.StatusSeeOther, page.status)
	assert.Equal(t, http.StatusFound, b.open(w.oauthAddress("snsapi_base"), nil).status)
}

func TestPageSignsAnOutsiderIn(t *testing.T) {
	t.Parallel()
	w := newPageWorld(t)
	page := newBrowser(t, "zh").open(w.oauthAddress("snsapi_base"), url.Values{"who": {"outsider"}})
	require.NotNil(t, page.to)
	r := w.c.ok("/cgi-bin/service/auth/getuserinfo3rd?suite_access_token="+w.c.suiteToken(w.app)+"&code="+page.to.Query().Get("code"), nil)
	assert.NotEmpty(t, r["openid"])
	page = newBrowser(t, "zh").open(w.loginAddress(), url.Values{"who": {"outsider"}})
	assert.Equal(t, http.StatusBadRequest, page.status)
	page = newBrowser(t, "zh").open(w.loginAddress(), url.Values{"other": {w.corp.ID + "/" + w.member.ID}})
	assert.Equal(t, http.StatusFound, page.status, "typed in")
}

func TestClientShowsMessagesAndWrites(t *testing.T) {
	t.Parallel()
	w := newPageWorld(t)
	got := backend(w.p, w.app)
	i := w.corp.Installations()[0]
	w.c.ok("/cgi-bin/message/send?access_token="+w.c.corpToken(w.c.suiteToken(w.app), i),
		object{"touser": w.member.ID, "msgtype": "text", "agentid": i.AgentID, "text": object{"content": "你好 <b>"}})
	b := newBrowser(t, "zh")
	assert.Contains(t, b.open(w.clientAddress(), nil).body, "你好 &lt;b&gt;")
	page := b.open(w.clientAddress(), url.Values{"say": {w.app.ID}, "text": {"收到"}})
	assert.Contains(t, page.body, `id="done"`)
	assert.Equal(t, "收到", got.last().event.Content)
	assert.Equal(t, w.member.ID, got.last().event.FromUserName)
}

func TestAdminConsole(t *testing.T) {
	t.Parallel()
	w := newPageWorld(t)
	got := backend(w.p, w.app)
	b := newBrowser(t, "zh")
	act := func(action string) shown {
		return b.open(w.consoleAddress(), url.Values{"action": {action}, "app": {w.app.ID}})
	}
	page := act("settings")
	require.Equal(t, http.StatusSeeOther, page.status)
	assert.Equal(t, "isv.example.com", page.to.Host)
	r := w.c.ok("/cgi-bin/service/get_login_info?access_token="+strings.TrimPrefix(w.provider, "?provider_access_token="),
		object{"auth_code": page.to.Query().Get("auth_code")})
	assert.Equal(t, w.corp.Admin().ID, dig(r, "user_info")["userid"])
	assert.Contains(t, act("buy").body, "专业版 至 ")
	assert.Contains(t, act("cancel").body, "应用市场")
	assert.Contains(t, act("install").body, "agentid")
	assert.Equal(t, []string{"open_order", "pay_for_app_success", "change_editon", "cancel_auth", "change_editon"}, got.kinds())
	assert.Equal(t, http.StatusBadRequest, act("nothing").status)
	got.answer = func(rw http.ResponseWriter, _ *http.Request, _ []byte) { rw.WriteHeader(http.StatusTeapot) }
	assert.Contains(t, act("cancel").body, "回调没有送达")
}

func TestRegistrationForm(t *testing.T) {
	t.Parallel()
	w := newPageWorld(t)
	pkg := w.p.NewPackage(wecomtest.PackageConfig{Apps: []*wecomtest.App{w.app}})
	address := w.registerAddress(pkg)
	b := newBrowser(t, "zh")
	assert.Contains(t, b.open(address, nil).body, "协同文档")
	page := b.open(address, url.Values{"corp_name": {"新企业"}, "admin_name": {"李四"}, "admin_mobile": {"13800138000"}, "agree": {"1"}})
	assert.Contains(t, page.body, `id="done"`)
	assert.Equal(t, "13800138000", w.p.Corp("新企业").Admin().Mobile)
	page = b.open(address, nil)
	assert.Equal(t, http.StatusBadRequest, page.status)
	assert.Contains(t, page.body, `id="problem-code">84022<`)

	page = b.open(w.registerAddress(pkg), url.Values{"who": {w.corp.ID}, "enter": {"1"}})
	assert.Contains(t, page.body, "enter_register_package")
}

func TestOrdersPage(t *testing.T) {
	t.Parallel()
	w := newPageWorld(t)
	b := newBrowser(t, "zh")
	made, err := w.corp.OrderEdition(t.Context(), w.app, wecomtest.EditionOrder{Users: 1, Days: 365})
	require.NoError(t, err)
	license := text(w.c.ok("/cgi-bin/license/create_new_order"+w.provider, object{
		"corpid": w.corp.ID, "buyer_userid": "z", "account_count": object{"base_count": 1}, "account_duration": object{"months": 1},
	}), "order_id")
	act := func(id, action string) shown {
		return b.open(w.p.URL()+"/simulator/orders", url.Values{"order": {id}, "action": {action}})
	}
	assert.Contains(t, b.open(w.p.URL()+"/simulator/orders", nil).body, "¥365.00")
	assert.Contains(t, act(made.ID, "pay").body, "已支付")
	assert.Contains(t, act(license, "pay").body, "已支付")
	assert.Contains(t, act(license, "refund").body, "已退款")
	assert.Contains(t, act(made.ID, "refuse").body, "退款被拒绝")
	assert.Equal(t, http.StatusBadRequest, act("nothing", "pay").status)
	assert.Equal(t, http.StatusBadRequest, act(license, "nothing").status)

	pay := w.payAddress(t)
	page := b.open(pay, url.Values{"who": {w.corp.ID}, "agree": {"1"}})
	assert.Contains(t, page.body, `id="done"`)
	assert.Equal(t, http.StatusBadRequest, b.open(pay, nil).status, "paid already")
}

func TestTranslatedFileIsDownloaded(t *testing.T) {
	t.Parallel()
	w := newPageWorld(t, wecomtest.WithJobDuration(time.Minute))
	system := &receiver{token: w.p.Provider().Token, aesKey: w.p.Provider().AESKey}
	w.p.Handle("system.example.com", system)
	w.p.Provider().SetCallbackURL("https://system.example.com/")
	file := func(name, content string) string {
		return text(w.c.sendFile("/cgi-bin/service/media/upload"+w.provider+"&type=file", name, content), "media_id")
	}
	text1 := file("a.txt", "$userName="+w.member.ID+"$ 在 $departmentName=1$，$userAliasOrName="+w.member.ID+"$ $userName=nobody$")
	start := object{"auth_corpid": w.corp.ID, "media_id_list": []string{text1}}
	job := text(w.c.ok("/cgi-bin/service/contact/id_translate"+w.provider, start), "jobid")
	result := "/cgi-bin/service/batch/getresult" + w.provider + "&jobid=" + job
	assert.EqualValues(t, 2, w.c.ok(result, nil)["status"])
	w.p.Advance(time.Minute)
	r := w.c.ok(result, nil)
	assert.EqualValues(t, 3, r["status"])
	address := text(dig(r, "result", "contact_id_translate"), "url")
	got := newBrowser(t, "").open(address, nil)
	assert.Equal(t, "张三 在 示例企业，张三 $userName=nobody$", got.body)
	assert.Contains(t, got.header.Get("Content-Disposition"), "attachment")
	_, err := w.p.AwaitDelivery(t.Context(), "batch_job_result")
	require.NoError(t, err)
	assert.Contains(t, system.last().message, "<JobId><![CDATA["+job+"]]></JobId><JobType><![CDATA[contact_id_translate]]>")

	start["media_id_list"] = []string{text1, file("b.csv", "a,b,c,d")}
	w.c.refused(40058, "/cgi-bin/service/contact/id_translate"+w.provider, start)
	start["media_id_list"] = []string{"nothing"}
	w.c.refused(40007, "/cgi-bin/service/contact/id_translate"+w.provider, start)
	w.c.refused(40088, "/cgi-bin/service/batch/getresult"+w.provider+"&jobid=nothing", nil)
}
