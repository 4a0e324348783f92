package browser_test

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/internal/browser"
)

func request(t *testing.T, target string, header ...string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, http.NoBody)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	return r
}

func TestLanguage(t *testing.T) {
	t.Parallel()
	const accept = "Accept-Language"
	tests := []struct {
		name, target string
		header       []string
		want         string
	}{
		{"nothing said", "/", nil, browser.Chinese},
		{"English", "/", []string{accept, "en-GB,en;q=0.9,zh;q=0.8"}, browser.English},
		{"Chinese first", "/", []string{accept, "zh-CN,zh;q=0.9,en;q=0.8"}, browser.Chinese},
		{"order is not preference", "/", []string{accept, "zh;q=0.3, EN-us;q=0.4"}, browser.English},
		{"English after a language that we do not have", "/", []string{accept, "fr,en;q=0.1"}, browser.English},
		{"none that we have", "/", []string{accept, "fr,*;q=0.5"}, browser.Chinese},
		{"refused", "/", []string{accept, "en;q=0"}, browser.Chinese},
		{"not a number", "/", []string{accept, "en;q=high,zh;q=0.1"}, browser.Chinese},
		{"two lines", "/", []string{accept, "fr", accept, "en"}, browser.English},
		{"spaces", "/", []string{accept, "en ; q=0.8 , zh ; q=0.9"}, browser.Chinese},
		{"empty wishes", "/", []string{accept, ",;,en"}, browser.English},
		{"the first of equals", "/", []string{accept, "zh-Hans-CN;q=0.4,en-US;q=0.4"}, browser.Chinese},
		{"no number at all", "/", []string{accept, "en;q=NaN"}, browser.Chinese},
		{"out of range", "/", []string{accept, "en;q=7, zh;q=0.2"}, browser.Chinese},
		{"below zero", "/", []string{accept, "\x00;q=\xff,en;q=-1,zh;q=0.00000001"}, browser.Chinese},
		{"a longer word", "/", []string{accept, "english"}, browser.Chinese},
		{"the parameter wins", "/?lang=en", []string{accept, "zh"}, browser.English},
		{"an unknown parameter", "/?lang=fr", []string{accept, "en"}, browser.Chinese},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tt.want, browser.Language(request(t, tt.target, tt.header...)))
		})
	}
}

func TestSecure(t *testing.T) {
	t.Parallel()
	assert.False(t, browser.Secure(request(t, "/")))
	assert.False(t, browser.Secure(request(t, "/", "X-Forwarded-Proto", "http, https")))
	assert.True(t, browser.Secure(request(t, "/", "X-Forwarded-Proto", " HTTPS, http")))
	r := request(t, "/")
	r.TLS = new(tls.ConnectionState)
	assert.True(t, browser.Secure(r))
}

func TestSetCookie(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	browser.SetCookie(w, browser.CookieName("n", true), "v", true, 60)
	browser.SetCookie(w, browser.CookieName("n", false), "", false, -1)
	require.Equal(t, []string{
		"__Host-n=v; Path=/; Max-Age=60; HttpOnly; Secure; SameSite=Lax",
		"n=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax",
	}, w.Header().Values("Set-Cookie"))
}
