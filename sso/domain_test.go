package sso_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/sso"
)

func TestDomainHandler(t *testing.T) {
	t.Parallel()
	files := map[string]string{"WW_verify_8c1MRqKp.txt": "8c1MRqKp", "MP_verify_a.txt": "<b>a</b>\n"}
	h, err := sso.DomainHandler(files)
	require.NoError(t, err)
	files["WW_verify_8c1MRqKp.txt"] = "changed" // of no effect

	tests := []struct {
		method, path string
		status       int
		body         string
	}{
		{http.MethodGet, "/WW_verify_8c1MRqKp.txt", http.StatusOK, "8c1MRqKp"},
		{http.MethodGet, "/WW_verify_8c1MRqKp.txt?x=1", http.StatusOK, "8c1MRqKp"},
		{http.MethodGet, "/MP_verify_a.txt", http.StatusOK, "<b>a</b>\n"},
		{http.MethodHead, "/MP_verify_a.txt", http.StatusOK, ""},
		{http.MethodPost, "/MP_verify_a.txt", http.StatusMethodNotAllowed, ""},
		{http.MethodGet, "/", http.StatusNotFound, ""},
		{http.MethodPost, "/", http.StatusNotFound, ""},
		{http.MethodGet, "/ww_verify_8c1mrqkp.txt", http.StatusNotFound, ""},
		{http.MethodGet, "/WW_verify_other.txt", http.StatusNotFound, ""},
		{http.MethodGet, "/x/WW_verify_8c1MRqKp.txt", http.StatusNotFound, ""},
		{http.MethodGet, "//WW_verify_8c1MRqKp.txt", http.StatusNotFound, ""},
		{http.MethodGet, "/../WW_verify_8c1MRqKp.txt", http.StatusNotFound, ""},
		{http.MethodGet, "/WW_verify_8c1MRqKp.txt/", http.StatusNotFound, ""},
	}
	for _, tt := range tests {
		u, err := url.Parse("https://app.example.com" + tt.path)
		require.NoError(t, err)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, (&http.Request{Method: tt.method, URL: u}).WithContext(t.Context()))
		assert.Equal(t, tt.status, w.Code, tt.path)
		switch tt.status {
		case http.StatusOK:
			assert.Equal(t, tt.body, w.Body.String())
			assert.Equal(t, "text/plain; charset=utf-8", w.Header().Get("Content-Type"))
			assert.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
			assert.NotEqual(t, "0", w.Header().Get("Content-Length"))
		case http.StatusMethodNotAllowed:
			assert.Equal(t, "GET, HEAD", w.Header().Get("Allow"))
		}
	}

	// Over a socket, where net/http checks Content-Length.
	server := httptest.NewServer(h)
	defer server.Close()
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		req, err := http.NewRequestWithContext(t.Context(), method, server.URL+"/WW_verify_8c1MRqKp.txt", http.NoBody)
		require.NoError(t, err)
		res, err := server.Client().Do(req)
		require.NoError(t, err)
		assert.EqualValues(t, len("8c1MRqKp"), res.ContentLength, method)
		require.NoError(t, res.Body.Close())
	}
}

func TestDomainHandlerRefuses(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{
		"":                          "x",
		"WW_verify_.txt":            "x",
		"WW_verify_a":               "x",
		"WW_verify_a.txt\n":         "x",
		"/WW_verify_a.txt":          "x",
		"../WW_verify_a.txt":        "x",
		"WW_verify_a/b.txt":         "x",
		"WW_verify_a.html":          "x",
		"ww_verify_a.txt":           "x",
		"XX_verify_a.txt":           "x",
		"index.html":                "x",
		"WW_verify_a.txt.txt":       "x",
		"WW_verify_empty.txt":       "",
		"WW_verify_big.txt":         strings.Repeat("x", 1025),
		"WW_verify_" + longID():     "x",
		"MP_verify_" + "é" + ".txt": "x",
	} {
		_, err := sso.DomainHandler(map[string]string{"WW_verify_good.txt": "good", name: content})
		require.ErrorIs(t, err, wecom.ErrBadParameter, name)
		assert.Less(t, len(err.Error()), 200)
	}
	h, err := sso.DomainHandler(nil)
	require.NoError(t, err)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/WW_verify_a.txt", http.NoBody))
	assert.Equal(t, http.StatusNotFound, w.Code)
}

func longID() string { return strings.Repeat("a", 5000) + ".txt" }
