package sso_test

import (
	"encoding/json"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/sso"
)

// page is any of the builders.
type page interface{ URL() (string, error) }

// The addresses are the examples of testdata/urls.md.
func TestGoldenAddresses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		page page
		want string
	}{
		"U1": {
			sso.AppOAuth2{
				SuiteID: "wwddddccc7775555aaa", RedirectURI: "https://app.example.com/wecom/oauth?next=%2Fhome",
				Scope: sso.ScopeBase, State: "3f2a9c41d0",
			},
			"https://open.weixin.qq.com/connect/oauth2/authorize?appid=wwddddccc7775555aaa&redirect_uri=https%3A%2F%2Fapp.example.com%2Fwecom%2Foauth%3Fnext%3D%252Fhome&response_type=code&scope=snsapi_base&state=3f2a9c41d0#wechat_redirect",
		},
		"U2 official, silent": {
			sso.CorpOAuth2{CorpID: "wxCorpId", RedirectURI: "http://api.3dept.com/cgi-bin/query?action=get", Scope: sso.ScopeBase},
			// The page writes the escapes in lower case; they mean the same.
			upperEscapes("https://open.weixin.qq.com/connect/oauth2/authorize?appid=wxCorpId&redirect_uri=http%3a%2f%2fapi.3dept.com%2fcgi-bin%2fquery%3faction%3dget&response_type=code&scope=snsapi_base&state=#wechat_redirect"),
		},
		"U2 with member information": {
			sso.CorpOAuth2{
				CorpID: "wpAAAAcorpAAAA", RedirectURI: "https://app.example.com/wecom/oauth",
				Scope: sso.ScopePrivateInfo, State: "3f2a9c41d0", AgentID: 1000014,
			},
			"https://open.weixin.qq.com/connect/oauth2/authorize?appid=wpAAAAcorpAAAA&redirect_uri=https%3A%2F%2Fapp.example.com%2Fwecom%2Foauth&response_type=code&scope=snsapi_privateinfo&state=3f2a9c41d0&agentid=1000014#wechat_redirect",
		},
		"U3": {
			sso.ServiceLogin{SuiteID: "wwLoginSuiteId", RedirectURI: "http://work.weixin.qq.com", State: "WWLogin"},
			"https://login.work.weixin.qq.com/wwlogin/sso/login?login_type=ServiceApp&appid=wwLoginSuiteId&redirect_uri=http%3A%2F%2Fwork.weixin.qq.com&state=WWLogin",
		},
		"U4": {
			sso.CorpLogin{
				CorpID: "wpAAAAcorpAAAA", AgentID: 1000014, RedirectURI: "https://app.example.com/wecom/login",
				State: "3f2a9c41d0", Lang: sso.LangEnglish,
			},
			"https://login.work.weixin.qq.com/wwlogin/sso/login?login_type=CorpApp&appid=wpAAAAcorpAAAA&agentid=1000014&redirect_uri=https%3A%2F%2Fapp.example.com%2Fwecom%2Flogin&state=3f2a9c41d0&lang=en",
		},
		"U6": {
			sso.CorpQRLogin{CorpID: "ww100000a5f2191", AgentID: 1000000, RedirectURI: "http://www.oa.com", State: "web_login@gyoss9"},
			"https://open.work.weixin.qq.com/wwopen/sso/qrConnect?appid=ww100000a5f2191&agentid=1000000&redirect_uri=http%3A%2F%2Fwww.oa.com&state=web_login%40gyoss9",
		},
		"U7": {
			sso.ProviderQRLogin{
				CorpID: "ww100000a5f2191", RedirectURI: "http://www.oa.com", State: "web_login@gyoss9",
				UserType: sso.UserTypeAdmin, Lang: sso.LangChinese,
			},
			"https://open.work.weixin.qq.com/wwopen/sso/3rd_qrConnect?appid=ww100000a5f2191&redirect_uri=http%3A%2F%2Fwww.oa.com&state=web_login%40gyoss9&usertype=admin&lang=zh",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := tc.page.URL()
			require.NoError(t, err)
			assert.Equal(t, tc.want, got)
		})
	}
}

// upperEscapes writes percent escapes as Go and most others do.
func upperEscapes(s string) string {
	out := []byte(s)
	for i := 0; i+2 < len(out); i++ {
		if out[i] == '%' {
			copy(out[i+1:], strings.ToUpper(string(out[i+1:i+3])))
		}
	}
	return string(out)
}

// The frame that the component of U5 opens has the parameters of the object that
// it was given, and the component's version.
func TestGoldenPanel(t *testing.T) {
	t.Parallel()
	frame, err := url.Parse("https://login.work.weixin.qq.com/wwlogin/sso/login?login_type=ServiceApp&appid=wwLoginSuiteId&redirect_uri=https%3A%2F%2Fapp.example.com%2Fwecom%2Flogin&state=3f2a9c41d0&redirect_type=callback&panel_size=middle&lang=en&version=2.4.4")
	require.NoError(t, err)
	want := map[string]string{}
	for name, values := range frame.Query() {
		want[name] = values[0]
	}
	delete(want, "version")

	panel, err := sso.ServiceLogin{
		SuiteID: "wwLoginSuiteId", RedirectURI: "https://app.example.com/wecom/login", State: "3f2a9c41d0", Lang: sso.LangEnglish,
	}.Panel(sso.PanelLook{RedirectType: sso.RedirectCallback, PanelSize: sso.PanelMiddle})
	require.NoError(t, err)
	text, err := json.Marshal(panel)
	require.NoError(t, err)
	got := map[string]string{}
	require.NoError(t, json.Unmarshal(text, &got))
	assert.Equal(t, want, got)
}

func TestPanelOfCorpLogin(t *testing.T) {
	t.Parallel()
	login := sso.CorpLogin{CorpID: "wpAAAAcorpAAAA", AgentID: 1000014, RedirectURI: "https://app.example.com/in?a=b&c=d"}
	panel, err := login.Panel(sso.PanelLook{ColorScheme: sso.ColorAuto})
	require.NoError(t, err)
	text, err := json.Marshal(panel)
	require.NoError(t, err)
	assert.JSONEq(t, `{"login_type":"CorpApp","appid":"wpAAAAcorpAAAA","agentid":"1000014","redirect_uri":"https://app.example.com/in?a=b&c=d","color_scheme":"auto"}`, string(text))
	assert.NotContains(t, string(text), "&", "fit for a script element")

	for param, look := range map[string]sso.PanelLook{
		"redirect_type": {RedirectType: "parent"},
		"panel_size":    {PanelSize: "large"},
		"color_scheme":  {ColorScheme: "blue"},
	} {
		_, err := login.Panel(look)
		requireParamError(t, err, param)
	}
	login.AgentID = 0
	_, err = login.Panel(sso.PanelLook{})
	requireParamError(t, err, "agentid")
}

func TestWwLogin(t *testing.T) {
	t.Parallel()
	login := sso.CorpQRLogin{CorpID: "ww100000a5f2191", AgentID: 1000000, RedirectURI: "http://www.oa.com/a b", State: "s1", Lang: sso.LangChinese}
	params, err := login.WwLogin("qr", "https://cdn.example.com/qr.css")
	require.NoError(t, err)
	text, err := json.Marshal(params)
	require.NoError(t, err)
	assert.JSONEq(t, `{"id":"qr","appid":"ww100000a5f2191","agentid":"1000000","redirect_uri":"http%3A%2F%2Fwww.oa.com%2Fa%20b","state":"s1","href":"https%3A%2F%2Fcdn.example.com%2Fqr.css","lang":"zh"}`, string(text))

	_, err = login.WwLogin("", "")
	requireParamError(t, err, "id")
	for _, href := range []string{"http://cdn.example.com/qr.css", "qr.css", "javascript:alert(1)"} {
		_, err = login.WwLogin("qr", href)
		requireParamError(t, err, "href")
	}
}

func requireParamError(t *testing.T, err error, param string) {
	t.Helper()
	var e *sso.ParamError
	require.ErrorAs(t, err, &e)
	require.Equal(t, param, e.Param, err.Error())
	require.ErrorIs(t, err, wecom.ErrBadParameter)
}

const redirect = "https://app.example.com/in"

func TestBadParameters(t *testing.T) {
	t.Parallel()
	app := sso.AppOAuth2{SuiteID: "ww1", RedirectURI: redirect, Scope: sso.ScopeBase, State: "s1"}
	corp := sso.CorpOAuth2{CorpID: "wp1", RedirectURI: redirect, Scope: sso.ScopeBase, State: "s1", AgentID: 1}
	_, err := app.URL()
	require.NoError(t, err)
	_, err = corp.URL()
	require.NoError(t, err)

	appWith := func(change func(*sso.AppOAuth2)) page {
		changed := app
		change(&changed)
		return changed
	}
	for name, tc := range map[string]struct {
		page  page
		param string
	}{
		"no suite id":               {appWith(func(p *sso.AppOAuth2) { p.SuiteID = "" }), "appid"},
		"template id":               {appWith(func(p *sso.AppOAuth2) { p.SuiteID = "dk1" }), "appid"},
		"multi-app suite":           {appWith(func(p *sso.AppOAuth2) { p.SuiteID = "tj1" }), "appid"},
		"suite id with a parameter": {appWith(func(p *sso.AppOAuth2) { p.SuiteID = "ww1&scope=x" }), "appid"},
		"no scope":                  {appWith(func(p *sso.AppOAuth2) { p.Scope = "" }), "scope"},
		"unknown scope":             {appWith(func(p *sso.AppOAuth2) { p.Scope = "snsapi_userinfo" }), "scope"},
		"state with a dash":         {appWith(func(p *sso.AppOAuth2) { p.State = "6ba7b810-9dad" }), "state"},
		"state in base64":           {appWith(func(p *sso.AppOAuth2) { p.State = "ab+/" }), "state"},
		"state with a parameter":    {appWith(func(p *sso.AppOAuth2) { p.State = "a&appid=b" }), "state"},
		"state not ASCII":           {appWith(func(p *sso.AppOAuth2) { p.State = "状态" }), "state"},
		"state too long":            {appWith(func(p *sso.AppOAuth2) { p.State = strings.Repeat("a", 129) }), "state"},
		"pages not http":            {appWith(func(p *sso.AppOAuth2) { p.Pages.OAuth2 = "open.weixin.qq.com" }), "Pages"},
		"pages with a query":        {appWith(func(p *sso.AppOAuth2) { p.Pages = sso.PagesAt("https://e.com?x=1") }), "Pages"},
		"pages with empty fragment": {appWith(func(p *sso.AppOAuth2) { p.Pages = sso.PagesAt("https://e.com/#") }), "Pages"},

		"no redirect_uri":            {appWith(func(p *sso.AppOAuth2) { p.RedirectURI = "" }), "redirect_uri"},
		"redirect_uri relative":      {appWith(func(p *sso.AppOAuth2) { p.RedirectURI = "/in" }), "redirect_uri"},
		"redirect_uri without host":  {appWith(func(p *sso.AppOAuth2) { p.RedirectURI = "https:///in" }), "redirect_uri"},
		"redirect_uri port only":     {appWith(func(p *sso.AppOAuth2) { p.RedirectURI = "https://:443/in" }), "redirect_uri"},
		"redirect_uri encoded":       {appWith(func(p *sso.AppOAuth2) { p.RedirectURI = "https%3A%2F%2Fapp.example.com" }), "redirect_uri"},
		"redirect_uri of a script":   {appWith(func(p *sso.AppOAuth2) { p.RedirectURI = "javascript:alert(1)" }), "redirect_uri"},
		"redirect_uri with fragment": {appWith(func(p *sso.AppOAuth2) { p.RedirectURI = redirect + "#x" }), "redirect_uri"},
		"redirect_uri empty frag":    {appWith(func(p *sso.AppOAuth2) { p.RedirectURI = redirect + "#" }), "redirect_uri"},
		"redirect_uri with password": {appWith(func(p *sso.AppOAuth2) { p.RedirectURI = "https://u:p@e.com/" }), "redirect_uri"},
		"redirect_uri with newline":  {appWith(func(p *sso.AppOAuth2) { p.RedirectURI = redirect + "\n" }), "redirect_uri"},
		"redirect_uri with code":     {appWith(func(p *sso.AppOAuth2) { p.RedirectURI = redirect + "?code=1" }), "redirect_uri"},
		"redirect_uri with state":    {appWith(func(p *sso.AppOAuth2) { p.RedirectURI = redirect + "?a=b&state=" }), "redirect_uri"},
		"redirect_uri bad query":     {appWith(func(p *sso.AppOAuth2) { p.RedirectURI = redirect + "?a=%zz" }), "redirect_uri"},
		"redirect_uri too long":      {appWith(func(p *sso.AppOAuth2) { p.RedirectURI = redirect + strings.Repeat("a", 2048) }), "redirect_uri"},

		"template as corp":           {sso.CorpOAuth2{CorpID: "dk1", RedirectURI: redirect, Scope: sso.ScopeBase}, "appid"},
		"privateinfo without agent":  {sso.CorpOAuth2{CorpID: "wp1", RedirectURI: redirect, Scope: sso.ScopePrivateInfo}, "agentid"},
		"negative agent":             {sso.CorpOAuth2{CorpID: "wp1", RedirectURI: redirect, Scope: sso.ScopeBase, AgentID: -1}, "agentid"},
		"login for a template":       {sso.ServiceLogin{SuiteID: "dk1", RedirectURI: redirect}, "appid"},
		"login with bad language":    {sso.ServiceLogin{SuiteID: "ww1", RedirectURI: redirect, Lang: "fr"}, "lang"},
		"login state not plain":      {sso.ServiceLogin{SuiteID: "ww1", RedirectURI: redirect, State: "a_b"}, "state"},
		"corp login without agent":   {sso.CorpLogin{CorpID: "wp1", RedirectURI: redirect}, "agentid"},
		"corp login without corp":    {sso.CorpLogin{AgentID: 1, RedirectURI: redirect}, "appid"},
		"QR login without corp":      {sso.ProviderQRLogin{RedirectURI: redirect}, "appid"},
		"QR login of unknown users":  {sso.ProviderQRLogin{CorpID: "ww1", RedirectURI: redirect, UserType: "guest"}, "usertype"},
		"QR state with a blank":      {sso.ProviderQRLogin{CorpID: "ww1", RedirectURI: redirect, State: "a b"}, "state"},
		"QR state too long":          {sso.ProviderQRLogin{CorpID: "ww1", RedirectURI: redirect, State: strings.Repeat("a", 129)}, "state"},
		"old QR login without agent": {sso.CorpQRLogin{CorpID: "ww1", RedirectURI: redirect}, "agentid"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := tc.page.URL()
			requireParamError(t, err, tc.param)
			assert.Empty(t, got)
		})
	}
}

// An error quotes nothing of what it refuses: addresses and states may hold what
// belongs to the person.
func TestParamErrorQuotesNothing(t *testing.T) {
	t.Parallel()
	for _, p := range []page{
		sso.AppOAuth2{SuiteID: "CANARY!", RedirectURI: redirect, Scope: sso.ScopeBase},
		sso.AppOAuth2{SuiteID: "ww1", RedirectURI: "CANARY://x", Scope: sso.ScopeBase},
		sso.AppOAuth2{SuiteID: "ww1", RedirectURI: "https://CANARY\x7f/", Scope: sso.ScopeBase},
		sso.AppOAuth2{SuiteID: "ww1", RedirectURI: redirect, Scope: "CANARY"},
		sso.AppOAuth2{SuiteID: "ww1", RedirectURI: redirect, Scope: sso.ScopeBase, State: "CANARY!"},
		sso.AppOAuth2{SuiteID: "ww1", RedirectURI: redirect, Scope: sso.ScopeBase, Pages: sso.PagesAt("CANARY")},
	} {
		_, err := p.URL()
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "CANARY")
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	at := sso.PagesAt("http://127.0.0.1:8080/sim/")
	for _, tc := range []struct {
		page page
		want string
	}{
		{sso.AppOAuth2{SuiteID: "ww1", RedirectURI: redirect, Scope: sso.ScopeBase, Pages: at}, "/connect/oauth2/authorize?appid=ww1&"},
		{sso.CorpOAuth2{CorpID: "wp1", RedirectURI: redirect, Scope: sso.ScopeBase, Pages: at}, "/connect/oauth2/authorize?appid=wp1&"},
		{sso.ServiceLogin{SuiteID: "ww1", RedirectURI: redirect, Pages: at}, "/wwlogin/sso/login?login_type=ServiceApp&"},
		{sso.CorpLogin{CorpID: "wp1", AgentID: 1, RedirectURI: redirect, Pages: at}, "/wwlogin/sso/login?login_type=CorpApp&"},
		{sso.ProviderQRLogin{CorpID: "ww1", RedirectURI: redirect, Pages: at}, "/wwopen/sso/3rd_qrConnect?appid=ww1&"},
		{sso.CorpQRLogin{CorpID: "ww1", AgentID: 1, RedirectURI: redirect, Pages: at}, "/wwopen/sso/qrConnect?appid=ww1&"},
	} {
		got, err := tc.page.URL()
		require.NoError(t, err)
		assert.True(t, strings.HasPrefix(got, "http://127.0.0.1:8080/sim"+tc.want), got)
	}
}

// State not escaped or hard-coded: whatever goes in comes out of the address
// again, as one value, and nothing else does.
func TestPainState_ValuesSurviveTheAddress(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	pick := func(alphabet string, n int) string {
		letters := []rune(alphabet)
		var b strings.Builder
		for range n {
			b.WriteRune(letters[rng.IntN(len(letters))])
		}
		return b.String()
	}
	const plain = "abcXYZ019"
	for range 500 {
		redirectURI := "https://app.example.com/" + pick("ab/ +%&=?企业é~'()*!;:@$,.-_", rng.IntN(40))
		if u, err := url.Parse(redirectURI); err != nil {
			continue
		} else if _, err := url.ParseQuery(u.RawQuery); err != nil {
			continue
		}
		state := pick(plain, rng.IntN(129))
		loose := pick(plain+"@&=+%#?/-_.~", rng.IntN(129))

		got := parseBack(t, sso.AppOAuth2{SuiteID: "ww1", RedirectURI: redirectURI, Scope: sso.ScopePrivateInfo, State: state})
		assert.Equal(t, "wechat_redirect", got.Fragment)
		assert.Equal(t, url.Values{
			"appid": {"ww1"}, "redirect_uri": {redirectURI}, "response_type": {"code"}, "scope": {"snsapi_privateinfo"}, "state": {state},
		}, got.Query())

		got = parseBack(t, sso.ProviderQRLogin{CorpID: "ww1", RedirectURI: redirectURI, State: "s" + loose[:min(len(loose), 127)], Lang: sso.LangEnglish})
		assert.Empty(t, got.Fragment)
		assert.Equal(t, url.Values{
			"appid": {"ww1"}, "redirect_uri": {redirectURI}, "state": {"s" + loose[:min(len(loose), 127)]}, "lang": {"en"},
		}, got.Query())
	}
}

func parseBack(t *testing.T, p page) *url.URL {
	t.Helper()
	address, err := p.URL()
	require.NoError(t, err)
	assert.NotContains(t, address, "+", "a + is not safe for a blank")
	assert.NotContains(t, address, " ")
	u, err := url.Parse(address)
	require.NoError(t, err)
	return u
}
