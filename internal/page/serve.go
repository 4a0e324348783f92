package page

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Explanation is what people are told of a failure.
type Explanation struct {
	Of          []error // the classes of errors that it is for; none: every error
	Status      int
	Title, Text Text
}

// Explain returns the first of all that is for err. The last one must be for every
// error.
func Explain(err error, all []Explanation) Explanation {
	i := slices.IndexFunc(all, func(e Explanation) bool {
		return len(e.Of) == 0 || slices.ContainsFunc(e.Of, func(class error) bool { return errors.Is(err, class) })
	})
	return all[i]
}

// CheckPath says why a browser cannot be sent to path, "" if it is a path of this
// site. Browsers take // and /\ for the start of a host, and skip tabs and newlines.
func CheckPath(path string) string {
	switch {
	case !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//"):
		return "is not a path on this site"
	case strings.ContainsFunc(path, func(r rune) bool { return r == '\\' || r < ' ' || r == 0x7f }):
		return "holds a backslash or a control character"
	}
	if _, err := url.Parse(path); err != nil {
		return "is not a path on this site"
	}
	return ""
}

// Only serves requests with one of the methods, guarded by [Guard], and answers
// all others with 405: HEAD too, since it would use up a code.
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

// Log writes one line about a failure and returns its id: at Error what is wrong
// with the site, at Info what people do.
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
