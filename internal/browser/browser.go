// Package browser holds the small rules about browsers that the pages of several
// packages share: cookies, the scheme they see, the language they prefer.
package browser

import (
	"net/http"
	"strconv"
	"strings"
)

// The languages that pages are written in.
const (
	Chinese = "zh"
	English = "en"
)

// hostPrefix makes a browser refuse the cookie from other hosts and over http.
const hostPrefix = "__Host-"

// Secure reports whether the browser that sent r talks https, to us or to a proxy
// that says so in X-Forwarded-Proto.
func Secure(r *http.Request) bool {
	first, _, _ := strings.Cut(r.Header.Get("X-Forwarded-Proto"), ",")
	return r.TLS != nil || strings.EqualFold(strings.TrimSpace(first), "https")
}

// CookieName returns the name under which a browser keeps a cookie.
func CookieName(name string, secure bool) string {
	if secure {
		return hostPrefix + name
	}
	return name
}

// SetCookie sets a cookie for the whole site that no script reads and that other
// sites do not send along, except with a link. name comes from [CookieName]; a
// negative maxAge, in seconds, deletes the cookie.
func SetCookie(w http.ResponseWriter, name, value string, secure bool, maxAge int) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure wherever the browser talks https.
		Name: name, Value: value, Path: "/", MaxAge: maxAge,
		Secure: secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// Language returns the language of the page that r asks for: what its parameter
// "lang" says, else what Accept-Language prefers, else [Chinese].
func Language(r *http.Request) string {
	if lang := r.URL.Query().Get("lang"); lang != "" {
		return known(lang)
	}
	best, weight := "", 0.0
	for header := range strings.SplitSeq(strings.Join(r.Header.Values("Accept-Language"), ","), ",") {
		tag, params, _ := strings.Cut(header, ";")
		if lang, q := strings.TrimSpace(tag), quality(params); q > weight && (isLang(lang, Chinese) || isLang(lang, English)) {
			best, weight = lang, q
		}
	}
	return known(best)
}

// known returns one of the languages, [Chinese] for all others.
func known(tag string) string {
	if isLang(tag, English) {
		return English
	}
	return Chinese
}

// isLang reports whether tag, such as en-GB, is a kind of lang.
func isLang(tag, lang string) bool {
	primary, _, _ := strings.Cut(tag, "-")
	return strings.EqualFold(primary, lang)
}

// quality reads "q=0.8"; 1 if there is none, 0 if it cannot be read.
func quality(params string) float64 {
	value, found := strings.CutPrefix(strings.ToLower(strings.TrimSpace(params)), "q=")
	if !found {
		return 1
	}
	q, err := strconv.ParseFloat(value, 64)
	if err != nil || q < 0 || q > 1 {
		return 0
	}
	return q
}
