package page_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/internal/page"
)

func get(t *testing.T, acceptLanguage string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
	r.Header.Set("Accept-Language", acceptLanguage)
	return r
}

func TestLangOf(t *testing.T) {
	t.Parallel()
	assert.Equal(t, page.Chinese, page.LangOf(get(t, "zh-TW;q=0.5, fr")))
	assert.Equal(t, page.Chinese, page.LangOf(get(t, "")))
	assert.Equal(t, page.English, page.LangOf(get(t, "zh-TW;q=0.5, en;q=0.7")))
}

func TestMessage(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	page.Message{
		Status: http.StatusForbidden, Title: "<Denied>", Text: `"quoted" & <b>`, ID: "ABC",
		Links: []page.Link{{URL: "/login?next=%2Fa&x=1", Text: "Again"}, {URL: "javascript:alert(1)", Text: "Evil"}},
	}.Write(w, get(t, "en"))
	body := w.Body.String()
	assert.Equal(t, http.StatusForbidden, w.Code)
	assert.Contains(t, body, `<html lang="en">`)
	assert.Contains(t, body, "<h1>&lt;Denied&gt;</h1>")
	assert.Contains(t, body, "<p>&#34;quoted&#34; &amp; &lt;b&gt;</p>")
	assert.Contains(t, body, `<a href="/login?next=%2Fa&amp;x=1">Again</a>`)
	assert.Contains(t, body, "Reference <code>ABC</code>")
	assert.NotContains(t, body, "javascript:")
	assert.NotContains(t, body, "<script")

	h := w.Header()
	assert.Equal(t, "no-store", h.Get("Cache-Control"))
	assert.Equal(t, "strict-origin", h.Get("Referrer-Policy"))
	assert.Equal(t, "nosniff", h.Get("X-Content-Type-Options"))
	assert.Equal(t, "en", h.Get("Content-Language"))
	_, rest, _ := strings.Cut(body, "<style>")
	style, _, _ := strings.Cut(rest, "</style>")
	sum := sha256.Sum256([]byte(style))
	assert.Contains(t, h.Get("Content-Security-Policy"),
		"default-src 'none'; style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'", "the policy allows the style")
}

func TestShortMessage(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	page.Message{Title: "安装"}.Write(w, get(t, ""))
	assert.Equal(t, http.StatusOK, w.Code)
	assert.Contains(t, w.Body.String(), `<html lang="zh-CN">`)
	assert.NotContains(t, w.Body.String(), "<nav>")
	assert.NotContains(t, w.Body.String(), "<code>")
}

func TestCheckPath(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/", "/a/b?c=//d#e", "/%2F%2Fevil", "/企业", "/.//evil.example"} {
		assert.Empty(t, page.CheckPath(path), "%q", path)
	}
	for _, path := range []string{"", "a", "//evil", `/\evil`, "/\t/evil", "/a\x00", "/\x7f", "/%zz", "https://evil", " /"} {
		assert.NotEmpty(t, page.CheckPath(path), "%q", path)
	}
}

func TestNewID(t *testing.T) {
	t.Parallel()
	first, second := page.NewID(), page.NewID()
	assert.Regexp(t, "^[A-Z2-7]{12}$", first)
	assert.NotEqual(t, first, second)
	require.ErrorIs(t, page.ErrStateReplayed, page.ErrState)
}
