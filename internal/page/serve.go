package page

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
)

// Explanation is what people are told of a failure.
type Explanation struct {
	Status      int
	Title, Text Text
}

// Explain returns an Explanation.
func Explain(status int, title, text Text) Explanation {
	return Explanation{Status: status, Title: title, Text: text}
}

// Only serves requests with one of the methods, guarded by [Guard], and answers
// others with 405. HEAD is one of them unless named: it would use up a code.
func Only(serve http.HandlerFunc, methods ...string) http.Handler {
	allow := strings.Join(methods, ", ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !slices.Contains(methods, r.Method) {
			w.Header().Set("Allow", allow)
			http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
			return
		}
		Guard(w.Header())
		serve(w, r)
	})
}

// Log writes the line of a failure and returns its id: at Error what is wrong with
// the site, at Info what people do.
func Log(ctx context.Context, logger *slog.Logger, what, handler string, status int, err error) (id string) {
	level := slog.LevelInfo
	if status >= http.StatusInternalServerError && !errors.Is(err, context.Canceled) {
		level = slog.LevelError
	}
	id = NewID()
	logger.LogAttrs(ctx, level, what, slog.String("id", id), slog.String("handler", handler),
		slog.Int("status", status), slog.Any("err", err))
	return id
}
