package view_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/examples/isv/internal/view"
)

// show answers a request for target with p.
func show(t *testing.T, p view.Page, target string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	views, err := view.New(view.Site{})
	require.NoError(t, err)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, http.NoBody)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	view.Languages(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _ = views.Show(w, r, p) })).ServeHTTP(w, r)
	return w
}

type problem struct {
	Message   view.Text
	ID, Retry string
}

func TestTextIsEscaped(t *testing.T) {
	t.Parallel()
	evil := `"><script>alert(1)</script>`
	w := show(t, view.Page{Name: "problem", Status: http.StatusForbidden, Data: problem{Message: view.Text{ZH: evil, EN: evil}, Retry: "javascript:alert(1)"}}, "/x?q="+`%22%3E%3Cscript%3E`)
	assert.Equal(t, http.StatusForbidden, w.Code)
	assert.NotContains(t, w.Body.String(), "<script>")
	assert.NotContains(t, w.Body.String(), "javascript:")
}

func TestPageThatFailsLeavesNoHalf(t *testing.T) {
	t.Parallel()
	for _, p := range []view.Page{{Name: "nowhere"}, {Name: "problem", Data: 1}} {
		w := show(t, p, "/")
		assert.Equal(t, http.StatusInternalServerError, w.Code)
		assert.NotContains(t, w.Body.String(), "<html")
	}
}

func TestLanguageLinkKeepsThePage(t *testing.T) {
	t.Parallel()
	p := view.Page{Name: "problem", Data: problem{}}
	assert.Contains(t, show(t, p, "/register/?t=1&lang=en").Body.String(), `href="/register/?lang=zh&amp;t=1"`)
	p.Path = "/"
	assert.Contains(t, show(t, p, "/installed?auth_code=secret").Body.String(), `href="/?lang=en"`)
	assert.NotContains(t, show(t, p, "/installed?auth_code=secret").Body.String(), "secret")
}

func TestLanguageIsChosenAndKept(t *testing.T) {
	t.Parallel()
	p := view.Page{Name: "problem", Data: problem{}}
	for want, headers := range map[string][]string{
		`lang="zh-CN"`: {"Accept-Language", "fr;q=0.9, zh-TW;q=0.8"},
		`lang="en"`:    {"Accept-Language", "en-GB", "Cookie", "other=1"},
	} {
		assert.Contains(t, show(t, p, "/", headers...).Body.String(), "<html "+want)
	}
	assert.Contains(t, show(t, p, "/", "Accept-Language", "zh", "Cookie", "lang=en").Body.String(), `<html lang="en"`)
	chosen := show(t, p, "/?lang=en", "Accept-Language", "zh").Result().Cookies()
	require.Len(t, chosen, 1)
	assert.Equal(t, "en", chosen[0].Value)
	assert.Empty(t, show(t, p, "/").Result().Cookies())
}

func TestTimesAreThoseOfChina(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "2026-01-02 11:04:05", view.Time(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)))
	assert.Equal(t, "–", view.Time(time.Time{}))
	assert.Equal(t, "–", view.Time(time.Unix(0, 0)))
}
