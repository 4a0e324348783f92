package console_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/cmd/wecom/internal/console"
	"github.com/wecom-isv/wecom/cmd/wecom/internal/world"
	"github.com/wecom-isv/wecom/wecomtest"
)

// site is a platform with a console and a backend that takes everything.
type site struct {
	*world.World
	app  *wecomtest.App
	corp *wecomtest.Corp
}

func newSite(t *testing.T, opts ...wecomtest.Option) *site {
	t.Helper()
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("success")) }))
	t.Cleanup(backend.Close)
	var cfg world.Config
	require.NoError(t, cfg.Fill(backend.URL))
	w, err := world.Start(cfg, backend.URL, "", opts...)
	require.NoError(t, err)
	t.Cleanup(w.Close)
	require.NoError(t, w.Platform.Mount(console.Prefix, console.New(w, console.Config{Hosts: []string{"console.test"}})))
	return &site{World: w, app: w.Apps[0], corp: w.Platform.Corps()[0]}
}

// get opens a page.
func (s *site) get(t *testing.T, path string, header http.Header) (*http.Response, string) {
	t.Helper()
	return s.do(t, http.MethodGet, path, header, "")
}

// post submits a form as the console's own page does.
func (s *site) post(t *testing.T, form url.Values, header http.Header) (*http.Response, string) {
	t.Helper()
	if header == nil {
		header = http.Header{}
	}
	header.Set("Content-Type", "application/x-www-form-urlencoded")
	return s.do(t, http.MethodPost, "/console/do", header, form.Encode())
}

func (s *site) do(t *testing.T, method, path string, header http.Header, body string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, s.Platform.URL()+path, strings.NewReader(body))
	require.NoError(t, err)
	if header != nil {
		request.Header = header
		request.Host = header.Get("Host")
		header.Del("Host")
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	require.NoError(t, err)
	defer func() { require.NoError(t, response.Body.Close()) }()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response, string(text)
}

func TestPageShowsWhatIsThere(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, err := s.corp.Install(t.Context(), s.app)
	require.NoError(t, err)
	response, page := s.get(t, "/console/", http.Header{"Accept-Language": {"zh-CN,zh;q=0.9"}})
	assert.Equal(t, http.StatusOK, response.StatusCode)
	for _, want := range []string{`<html lang="zh-CN">`, "模拟企业微信", s.app.ID, s.corp.Name, s.corp.ID, "推送 ticket", "取消授权", "create_auth", "已应答", "/callback/command"} {
		assert.Contains(t, page, want)
	}
	assert.NotContains(t, page, "<script>", "no inline script")
	_, page = s.get(t, "/console/", nil)
	assert.Contains(t, page, `<html lang="en">`)
	response, page = s.get(t, "/console/?lang=zh", nil)
	assert.Contains(t, page, "模拟企业微信")
	require.Len(t, response.Cookies(), 1)
	_, page = s.get(t, "/console/live", http.Header{"Cookie": {response.Cookies()[0].String()}})
	assert.Contains(t, page, "凭证")
	assert.NotContains(t, page, "<html")
}

func TestHeadersOfEveryAnswer(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for path, contentType := range map[string]string{
		"/console/": "text/html; charset=utf-8", "/console/live": "text/html; charset=utf-8",
		"/console/console.css": "text/css; charset=utf-8", "/console/console.js": "text/javascript; charset=utf-8",
	} {
		response, body := s.get(t, path, nil)
		assert.Equal(t, http.StatusOK, response.StatusCode, path)
		assert.Equal(t, contentType, response.Header.Get("Content-Type"), path)
		assert.Contains(t, response.Header.Get("Content-Security-Policy"), "default-src 'none'", path)
		assert.Equal(t, "nosniff", response.Header.Get("X-Content-Type-Options"), path)
		assert.NotEmpty(t, body, path)
	}
	response, _ := s.get(t, "/console/nothing", nil)
	assert.Equal(t, http.StatusNotFound, response.StatusCode)
}

func TestButtons(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	press := func(form url.Values) string {
		response, _ := s.post(t, form, nil)
		require.Equal(t, http.StatusSeeOther, response.StatusCode)
		assert.Equal(t, "/console/#status", response.Header.Get("Location"))
		_, page := s.get(t, "/console/", nil)
		return regexp.MustCompile(`<p id="status"[^>]*>([^<]*)`).FindStringSubmatch(page)[1]
	}
	both := func(action string) url.Values {
		return url.Values{"action": {action}, "app": {s.app.ID}, "corp": {s.corp.ID}}
	}
	assert.Contains(t, press(both("ticket")), "suite_ticket pushed and answered in ")
	assert.Contains(t, press(both("install")), "create_auth pushed and answered")
	assert.Len(t, s.corp.Installations(), 1)
	form := both("event")
	form.Set("event", "app:click")
	assert.Contains(t, press(form), "event.click pushed and answered")
	form.Set("event", "suite:suite_ticket")
	form.Set("corp", "")
	assert.Contains(t, press(form), "suite_ticket pushed")
	form.Set("event", "nothing")
	assert.Contains(t, press(form), "no event")
	assert.Contains(t, press(both("cancel")), "cancel_auth pushed and answered")
	assert.Empty(t, s.corp.Installations())
	assert.Contains(t, press(both("cancel")), "not installed")
	assert.Contains(t, press(both("explode")), "there is no such action")
	assert.Contains(t, press(url.Values{"action": {"install"}, "app": {"x"}}), "there is no such app")
	assert.Contains(t, press(url.Values{"action": {"install"}, "app": {s.app.ID}, "corp": {"x"}}), "there is no such corp")
	assert.Contains(t, press(url.Values{"action": {"expire"}, "token": {"x"}}), "there is no such token")
	assert.Contains(t, press(url.Values{"action": {"expire_all"}}), "every token has expired")
}

func TestExpireOneToken(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	body := `{"corpid":"` + s.Platform.Provider().CorpID + `","provider_secret":"` + s.Platform.Provider().Secret + `"}`
	response, reply := s.do(t, http.MethodPost, "/cgi-bin/service/get_provider_token", http.Header{"Content-Type": {"application/json"}}, body)
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.Contains(t, reply, "provider_access_token")
	_, page := s.get(t, "/console/", nil)
	assert.Contains(t, page, "1:59:5")
	handle := regexp.MustCompile(`name="token" value="([0-9a-f]{16})"`).FindStringSubmatch(page)
	require.NotNil(t, handle)
	assert.NotContains(t, page, s.Platform.Tokens()[0].Value)
	s.post(t, url.Values{"action": {"expire"}, "token": {handle[1]}}, nil)
	_, page = s.get(t, "/console/", nil)
	assert.Contains(t, page, "the provider_access_token has expired")
	assert.Contains(t, page, "<td class=\"number\">expired</td>")
}

// A page of another site, in a browser of the same machine, can do nothing.
func TestOtherSitesAreKeptOut(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	install := url.Values{"action": {"install"}, "app": {s.app.ID}, "corp": {s.corp.ID}}
	for name, header := range map[string]http.Header{
		"cross-site":          {"Sec-Fetch-Site": {"cross-site"}},
		"another port":        {"Sec-Fetch-Site": {"same-site"}},
		"old browser":         {"Origin": {"https://evil.example"}},
		"rebound name":        {"Host": {"evil.example"}},
		"rebound with port":   {"Host": {"evil.example:7070"}},
		"looks like loopback": {"Host": {"127.0.0.1.evil.example"}},
	} {
		response, _ := s.post(t, install, header)
		assert.Equal(t, http.StatusForbidden, response.StatusCode, name)
	}
	assert.Empty(t, s.corp.Installations())
	response, page := s.get(t, "/console/", http.Header{"Host": {"evil.example"}})
	assert.Equal(t, http.StatusForbidden, response.StatusCode)
	assert.NotContains(t, page, s.app.ID)
	for _, host := range []string{"localhost:7070", "[::1]:7070", "console.test", "console.test:80", "127.0.0.1"} {
		response, _ := s.get(t, "/console/", http.Header{"Host": {host}})
		assert.Equal(t, http.StatusOK, response.StatusCode, host)
	}
	response, _ = s.get(t, "/console/do?action=install&app="+s.app.ID+"&corp="+s.corp.ID, nil)
	assert.Equal(t, http.StatusMethodNotAllowed, response.StatusCode)
	assert.Empty(t, s.corp.Installations())
}

func TestNoSecretOnAnyPage(t *testing.T) {
	t.Parallel()
	const canary = "CANARY"
	s := newSite(t, wecomtest.WithSecrets(func(string) string { return canary }))
	_, err := s.corp.Install(t.Context(), s.app)
	require.NoError(t, err)
	_, err = s.app.PushTicket(t.Context())
	require.NoError(t, err)
	p := s.Platform.Provider()
	require.Contains(t, p.Secret, canary)
	s.do(t, http.MethodPost, "/cgi-bin/service/get_provider_token", http.Header{"Content-Type": {"application/json"}}, `{"corpid":"`+p.CorpID+`","provider_secret":"`+p.Secret+`"}`)
	require.NotEmpty(t, s.Platform.Tokens())
	s.app.SetCallbackURL("http://user:" + canary + "@127.0.0.1:1/cb?token=" + canary)
	s.post(t, url.Values{"action": {"ticket"}, "app": {s.app.ID}}, nil)
	_, page := s.get(t, "/console/", nil)
	require.Contains(t, page, `<p id="status" role="status" tabindex="-1" class="bad">`, "the push has failed, and the page says so")
	for _, path := range []string{"/console/", "/console/live"} {
		_, page := s.get(t, path, nil)
		assert.NotContains(t, page, canary, path)
	}
}
