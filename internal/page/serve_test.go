package page_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/wecom-isv/wecom/internal/page"
)

func TestExplainTakesTheFirstThatFits(t *testing.T) {
	t.Parallel()
	errBusy, errOther := errors.New("busy"), errors.New("other")
	all := []page.Explanation{
		{Of: []error{page.ErrStateExpired}, Status: 1},
		{Of: []error{errBusy, page.ErrState}, Status: 2},
		{Status: 3},
	}
	for err, status := range map[error]int{
		page.ErrStateExpired: 1, page.ErrStateForged: 2, fmt.Errorf("w: %w", errBusy): 2, errOther: 3,
	} {
		assert.Equal(t, status, page.Explain(err, all).Status, err)
	}
}

func TestOnlyServesItsMethods(t *testing.T) {
	t.Parallel()
	served := 0
	h := page.Only(func(http.ResponseWriter, *http.Request) { served++ }, http.MethodGet, http.MethodPost)
	for method, status := range map[string]int{
		http.MethodGet: http.StatusOK, http.MethodPost: http.StatusOK,
		http.MethodHead: http.StatusMethodNotAllowed, http.MethodDelete: http.StatusMethodNotAllowed,
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, "/?code=c", http.NoBody))
		assert.Equal(t, status, w.Code, method)
		if status == http.StatusOK {
			assert.Equal(t, "no-store", w.Header().Get("Cache-Control"))
			assert.Equal(t, "strict-origin", w.Header().Get("Referrer-Policy"))
		} else {
			assert.Equal(t, "GET, POST", w.Header().Get("Allow"))
		}
	}
	assert.Equal(t, 2, served)
}

func TestLogIsLoudAboutTheSiteOnly(t *testing.T) {
	t.Parallel()
	failure := errors.New("failure")
	for _, tc := range []struct {
		status int
		err    error
		level  string
	}{
		{http.StatusInternalServerError, failure, "ERROR"},
		{http.StatusBadGateway, failure, "ERROR"},
		{http.StatusInternalServerError, fmt.Errorf("w: %w", context.Canceled), "INFO"},
		{http.StatusForbidden, failure, "INFO"},
	} {
		var log bytes.Buffer
		id := page.Log(t.Context(), slog.New(slog.NewTextHandler(&log, nil)), "refused", "login", tc.status, tc.err)
		assert.Len(t, id, 12)
		assert.Contains(t, log.String(), fmt.Sprintf("level=%s msg=refused id=%s handler=login status=%d err=", tc.level, id, tc.status))
	}
}
