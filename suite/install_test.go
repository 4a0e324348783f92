package suite_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/suite"
)

const goldenInstall = "https://open.work.weixin.qq.com/3rdapp/install?suite_id=wwddddccc7775555aaa" +
	"&pre_auth_code=Cx_Dk6qiBE0Dmx4EmlT3oRfArPvwSQ-oa3NL_fwHM7VI08r52wazoZX2Rhpz1dEw" +
	"&redirect_uri=https%3A%2F%2Fapp.example.com%2Fwecom%2Finstalled&state=3f2a9c41d0"

func TestInstallURL(t *testing.T) {
	t.Parallel()
	api := newUpstream(t).api()
	app, err := suite.New(api, suite.Config{ID: "wwddddccc7775555aaa", Secret: "s"})
	require.NoError(t, err)
	code := wecom.NewSecret("Cx_Dk6qiBE0Dmx4EmlT3oRfArPvwSQ-oa3NL_fwHM7VI08r52wazoZX2Rhpz1dEw")
	got, err := app.InstallURL(code, "https://app.example.com/wecom/installed", "3f2a9c41d0")
	require.NoError(t, err)
	assert.Equal(t, goldenInstall, got)

	got, err = app.InstallURL(code, "https://app.example.com/wecom/installed", "")
	require.NoError(t, err)
	assert.Equal(t, strings.TrimSuffix(goldenInstall, "&state=3f2a9c41d0"), got)

	// What is special in a query comes back as it was; a blank is never a plus sign.
	odd := "http://a.example:8080/b c?x=1&y=%20+企业"
	got, err = app.InstallURL(wecom.NewSecret("a+b c&d=e#f"), odd, "")
	require.NoError(t, err)
	assert.NotContains(t, got, "+")
	u, err := url.Parse(got)
	require.NoError(t, err)
	assert.Equal(t, odd, u.Query().Get("redirect_uri"))
	assert.Equal(t, "a+b c&d=e#f", u.Query().Get("pre_auth_code"))

	for _, redirect := range []string{
		"", "app.example.com/x", "/installed", "ftp://app.example.com/", "https://", "https://app.example.com/#top",
		"https://app.example.com/#", "javascript:alert(1)", "https://a b/", "https://:80/",
	} {
		_, err = app.InstallURL(code, redirect, "")
		require.ErrorContains(t, err, "redirect", redirect)
	}
	for _, state := range []string{"a-b", "a b", "状态", "a&b", strings.Repeat("a", 129)} {
		_, err = app.InstallURL(code, "https://app.example.com/", state)
		require.ErrorContains(t, err, "state")
	}
	_, err = app.InstallURL(code, "https://app.example.com/", strings.Repeat("a", 128))
	require.NoError(t, err)
	_, err = app.InstallURL(wecom.Secret{}, "https://app.example.com/", "")
	require.ErrorContains(t, err, "empty")

	private, err := suite.New(api, suite.Config{ID: "ww1", Secret: "s", PageURL: "https://wecom.corp.example/console/"})
	require.NoError(t, err)
	got, err = private.InstallURL(code, "https://app.example.com/", "")
	require.NoError(t, err)
	assert.True(t, strings.HasPrefix(got, "https://wecom.corp.example/console/3rdapp/install?suite_id=ww1&"))
}

func TestPain19_InstallSetsAuthType(t *testing.T) {
	t.Parallel()
	for authType, wire := range map[suite.AuthType]float64{suite.AuthTypeFormal: 0, suite.AuthTypeTest: 1} {
		synctest.Test(t, func(t *testing.T) {
			u := newUpstream(t)
			u.suiteTokens()
			u.on("GET", "/cgi-bin/service/get_pre_auth_code", `{"errcode":0,"errmsg":"ok","pre_auth_code":"pre","expires_in":1200}`)
			u.on("POST", "/cgi-bin/service/set_session_info", `{"errcode":0,"errmsg":"ok"}`)
			app := thirdParty(t, u.api(), suite.Config{})
			link, err := app.Install(t.Context(), suite.InstallRequest{
				RedirectURI: "https://app.example.com/installed", State: "s1", AuthType: authType,
			})
			require.NoError(t, err)
			assert.Equal(t, []string{
				"/cgi-bin/service/get_suite_token", "/cgi-bin/service/get_pre_auth_code", "/cgi-bin/service/set_session_info",
			}, u.paths())
			assert.Equal(t, map[string]any{"pre_auth_code": "pre", "session_info": map[string]any{"auth_type": wire}},
				u.to("/cgi-bin/service/set_session_info")[0].body)
			assert.Contains(t, link.URL, "pre_auth_code=pre&")
			assert.Equal(t, 20*time.Minute, time.Until(link.ExpiresAt))
		})
	}
	// Without a choice nothing is called.
	app := thirdParty(t, newUpstream(t).api(), suite.Config{})
	_, err := app.Install(t.Context(), suite.InstallRequest{RedirectURI: "https://app.example.com/"})
	require.ErrorContains(t, err, "AuthType")
	require.ErrorContains(t, app.SetSessionInfo(t.Context(), wecom.NewSecret("pre"), suite.SessionInfo{}), "AuthType")
	_, err = app.Install(t.Context(), suite.InstallRequest{AuthType: suite.AuthTypeTest})
	require.ErrorContains(t, err, "redirect")
}

func TestInstallStopsAtTheFirstRefusal(t *testing.T) {
	t.Parallel()
	const pre, session = "/cgi-bin/service/get_pre_auth_code", "/cgi-bin/service/set_session_info"
	u := newUpstream(t)
	u.suiteTokens()
	u.on("GET", pre, `{"errcode":45009,"errmsg":"api freq out of limit"}`, `{"errcode":0,"pre_auth_code":"pre","expires_in":1200}`, `{"errcode":0}`)
	u.on("POST", session, `{"errcode":42007,"errmsg":"pre_auth_code expired"}`, `{"errcode":0}`)
	app := thirdParty(t, u.api(), suite.Config{})
	req := suite.InstallRequest{RedirectURI: "https://app.example.com/", AuthType: suite.AuthTypeFormal}
	_, err := app.Install(t.Context(), req)
	require.ErrorIs(t, err, wecom.ErrRateLimited)
	assert.Empty(t, u.to(session))
	_, err = app.Install(t.Context(), req)
	require.ErrorIs(t, err, wecom.ErrCodeRejected)
	link, err := app.Install(t.Context(), req)
	require.ErrorContains(t, err, "empty")
	assert.Zero(t, link)
}

func TestAuthTypeEncoding(t *testing.T) {
	t.Parallel()
	var info suite.SessionInfo
	require.NoError(t, json.Unmarshal([]byte(`{"appid":[1,2],"auth_type":0}`), &info))
	assert.Equal(t, suite.SessionInfo{AppIDs: []int64{1, 2}, AuthType: suite.AuthTypeFormal}, info)
	out, err := json.Marshal(suite.SessionInfo{AuthType: suite.AuthTypeTest})
	require.NoError(t, err)
	assert.JSONEq(t, `{"auth_type":1}`, string(out))
	_, err = json.Marshal(suite.SessionInfo{})
	require.Error(t, err)
	require.Error(t, json.Unmarshal([]byte(`{"auth_type":2}`), &info))
}

func TestParseInstalled(t *testing.T) {
	t.Parallel()
	got, err := suite.ParseInstalled(url.Values{"auth_code": {"code"}, "expires_in": {"599"}, "state": {"s1"}, "next": {"/home"}})
	require.NoError(t, err)
	assert.Equal(t, suite.Installed{Code: "code", State: "s1", ExpiresIn: 599 * time.Second}, got)
	for _, expires := range []string{"", "x", "-1", "99999999999999999999"} {
		got, err = suite.ParseInstalled(url.Values{"auth_code": {"code"}, "expires_in": {expires}})
		require.NoError(t, err)
		assert.Equal(t, 10*time.Minute, got.ExpiresIn)
	}

	got, err = suite.ParseInstalled(url.Values{"state": {"s1"}})
	require.ErrorIs(t, err, suite.ErrInstallRefused)
	assert.Equal(t, "s1", got.State)
	_, err = suite.ParseInstalled(url.Values{"code": {"a login code"}})
	require.ErrorIs(t, err, suite.ErrNoAuthCode)
	_, err = suite.ParseInstalled(url.Values{"auth_code": {"one", "two"}})
	require.ErrorContains(t, err, "twice")
	_, err = suite.ParseInstalled(url.Values{"auth_code": {strings.Repeat("x", 513)}})
	require.ErrorContains(t, err, "513 bytes")
}

func TestGetAppQRCode(t *testing.T) {
	t.Parallel()
	const path = "/cgi-bin/service/get_app_qrcode"
	u := newUpstream(t)
	u.suiteTokens()
	u.handle("POST", path, func(*http.Request) (*http.Response, error) {
		switch len(u.to(path)) {
		case 1:
			r := httpmock.NewBytesResponse(200, []byte("\x89PNG..."))
			r.Header.Set("Content-Type", "image/png")
			return r, nil
		case 2:
			return httpmock.NewStringResponse(200, `{"errcode":0,"errmsg":"ok","qrcode":"https://a.example/q.png"}`), nil
		case 3:
			return httpmock.NewStringResponse(200, `{"errcode":0,"qrcode":"https://a.exa`), nil
		}
		return httpmock.NewStringResponse(200, `{"errcode":48002,"errmsg":"api forbidden"}`), nil
	})
	app := thirdParty(t, u.api(), suite.Config{})
	code, err := app.GetAppQRCode(t.Context(), suite.GetAppQRCodeRequest{})
	require.NoError(t, err)
	assert.Equal(t, &suite.GetAppQRCodeResponse{Image: []byte("\x89PNG..."), ContentType: "image/png"}, code)
	assert.Equal(t, map[string]any{"suite_id": "ww1"}, u.to(path)[0].body, "defaults are the platform's")

	code, err = app.GetAppQRCode(t.Context(), suite.GetAppQRCodeRequest{
		State: "test", Style: new(suite.QRCodeFramedPrint), ResultType: suite.QRCodeURL,
	})
	require.NoError(t, err)
	assert.Equal(t, &suite.GetAppQRCodeResponse{URL: "https://a.example/q.png"}, code)
	assert.Equal(t, map[string]any{"suite_id": "ww1", "state": "test", "style": 0.0, "result_type": 2.0}, u.to(path)[1].body)

	_, err = app.GetAppQRCode(t.Context(), suite.GetAppQRCodeRequest{})
	require.ErrorIs(t, err, wecom.ErrNoReply, "cut short")
	_, err = app.GetAppQRCode(t.Context(), suite.GetAppQRCodeRequest{})
	require.ErrorIs(t, err, wecom.Code(48002))
	_, err = app.GetAppQRCode(t.Context(), suite.GetAppQRCodeRequest{State: strings.Repeat("a", 33)})
	require.ErrorContains(t, err, "32 bytes")
}
