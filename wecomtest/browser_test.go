package wecomtest_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/wecomtest"
)

// visit opens a page as a browser would, over the loopback server, and returns
// the status, the body and where the browser is sent. form nil: a GET.
func visit(t *testing.T, address, referer string, form url.Values) (status int, body string, to *url.URL) {
	t.Helper()
	browser := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	method, content := http.MethodGet, io.Reader(http.NoBody)
	if form != nil {
		method, content = http.MethodPost, strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(t.Context(), method, address, content)
	require.NoError(t, err)
	r.Header.Set("Referer", referer)
	response, err := browser.Do(r)
	require.NoError(t, err)
	defer closeBody(t, response)
	page, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	if response.StatusCode == http.StatusFound {
		to, err = response.Location()
		require.NoError(t, err)
	}
	return response.StatusCode, string(page), to
}

func TestBrowserInstall(t *testing.T) {
	t.Parallel()
	p := wecomtest.NewPlatform(t)
	c := newClient(t, p)
	app := p.NewApp(wecomtest.AppConfig{RedirectDomain: "isv.example.com"})
	corp := p.NewCorp("<Acme & Sons>")
	suite := "?suite_access_token=" + c.suiteToken(app)
	pre := text(c.ok("/cgi-bin/service/get_pre_auth_code"+suite, nil), "pre_auth_code")
	address := p.URL() + "/3rdapp/install?suite_id=" + app.ID + "&pre_auth_code=" + pre +
		"&redirect_uri=https%3A%2F%2Fisv.example.com%2Fdone&state=s1"

	status, page, _ := visit(t, address, "", nil)
	assert.Equal(t, http.StatusBadRequest, status)
	assert.Contains(t, page, "Referer")
	status, page, _ = visit(t, address, "https://isv.example.com/install", nil)
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, page, `value="`+corp.ID+`"`)
	assert.Contains(t, page, "&lt;Acme &amp; Sons&gt;")
	status, _, _ = visit(t, address, "", url.Values{"who": {"wpnobody"}})
	assert.Equal(t, http.StatusBadRequest, status)
	status, _, to := visit(t, address, "", url.Values{"who": {corp.ID}})
	require.Equal(t, http.StatusFound, status)
	assert.Equal(t, "s1", to.Query().Get("state"))
	c.ok("/cgi-bin/service/v2/get_permanent_code"+suite, object{"auth_code": to.Query().Get("auth_code")})
	status, page, _ = visit(t, address, "", url.Values{"who": {corp.ID}})
	assert.Equal(t, http.StatusBadRequest, status)
	assert.Contains(t, page, "pre_auth_code invalid")
	assert.Empty(t, p.Calls("/3rdapp/install"), "pages are no API calls")
}

func TestBrowserSignIn(t *testing.T) {
	t.Parallel()
	p := wecomtest.NewPlatform(t)
	c := newClient(t, p)
	app := p.NewApp(wecomtest.AppConfig{})
	corp := p.NewCorp("Acme")
	user := corp.AddUser(wecomtest.User{Name: "张三"})
	address := p.URL() + "/connect/oauth2/authorize?appid=" + app.ID + "&" + redirectURI + "&response_type=code&scope=snsapi_base&state=s1"
	_, page, _ := visit(t, address, "", nil)
	assert.Contains(t, page, "张三")
	who := corp.ID + "/" + user.ID
	_, _, to := visit(t, address, "", url.Values{"who": {who}})
	require.NotNil(t, to)
	r := c.ok("/cgi-bin/service/auth/getuserinfo3rd?suite_access_token="+c.suiteToken(app)+"&code="+to.Query().Get("code"), nil)
	assert.Equal(t, user.ID, r["userid"])
	_, _, to = visit(t, address, "", url.Values{"refuse": {who}})
	require.NotNil(t, to)
	assert.False(t, to.Query().Has("code"))
}

func TestBrowserRegisterAndScan(t *testing.T) {
	t.Parallel()
	p := wecomtest.NewPlatform(t)
	c := newClient(t, p)
	pkg, template := p.NewPackage(wecomtest.PackageConfig{}), p.NewTemplate(wecomtest.AppConfig{})
	provider := "?provider_access_token=" + c.providerToken(p)
	code := text(c.ok("/cgi-bin/service/get_register_code"+provider, object{"template_id": pkg.TemplateID}), "register_code")
	address := p.URL() + "/3rdservice/wework/register?register_code=" + code
	_, page, _ := visit(t, address, "", nil)
	assert.Contains(t, page, "corp_name")
	status, page, _ := visit(t, address, "", url.Values{"corp_name": {"Fresh"}, "admin_name": {"Boss"}})
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, page, `id="done"`)
	corp := p.Corp("Fresh")
	assert.Equal(t, "Boss", corp.Admin().Name)

	link := text(c.ok("/cgi-bin/service/get_customized_auth_url"+provider,
		object{"state": "s1", "templateid_list": []string{template.ID}}), "qrcode_url")
	link = strings.Replace(link, "https://open.work.weixin.qq.com", p.URL(), 1)
	status, _, _ = visit(t, link, "", url.Values{"who": {corp.ID}})
	assert.Equal(t, http.StatusOK, status)
	assert.Len(t, corp.Installations(), 1)
}

func TestSecretLockout(t *testing.T) {
	t.Parallel()
	p := wecomtest.NewPlatform(t, wecomtest.WithSecretLockout(3))
	c := newClient(t, p)
	const path = "/cgi-bin/service/get_provider_token"
	good := object{"corpid": p.Provider().CorpID, "provider_secret": p.Provider().Secret}
	for range 3 {
		c.refused(40001, path, object{"corpid": p.Provider().CorpID, "provider_secret": "wrong"})
	}
	c.refused(45009, path, good)
	c.http = &http.Client{Transport: p.TransportFrom("203.0.113.7")}
	c.ok(path, good)
	c = newClient(t, p)
	p.Advance(time.Hour)
	c.ok(path, good)
	_, err := wecomtest.Start(wecomtest.WithSecretLockout(0))
	require.Error(t, err)
}
