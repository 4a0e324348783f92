package view

import (
	"net/http"
	"time"

	"golang.org/x/text/language"
)

// Language is a language of the pages.
type Language string

// The languages. Chinese is what a browser gets that asks for neither.
const (
	Chinese Language = "zh-CN"
	English Language = "en"
)

// Pick chooses the text in the language.
func (l Language) Pick(t Text) string {
	if l == English {
		return t.EN
	}
	return t.ZH
}

const languageCookie = "lang"

// Languages decides in which language a request is answered: by ?lang=, which is
// remembered in a cookie, by that cookie, by Accept-Language. It writes the decision
// to Accept-Language, so that the handlers of the SDK follow it as well.
func Languages(next http.Handler) http.Handler {
	matcher := language.NewMatcher([]language.Tag{language.Chinese, language.English})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		wishes := []string{r.Header.Get("Accept-Language")}
		if c, err := r.Cookie(languageCookie); err == nil {
			wishes = append([]string{c.Value}, wishes...)
		}
		asked := r.URL.Query().Get("lang")
		if asked != "" {
			wishes = append([]string{asked}, wishes...)
		}
		chosen := Chinese
		if _, index := language.MatchStrings(matcher, wishes...); index == 1 {
			chosen = English
		}
		if asked != "" {
			http.SetCookie(w, &http.Cookie{ //nolint:gosec // No secret: which language somebody reads.
				Name: languageCookie, Value: string(chosen), Path: "/", MaxAge: int((365 * 24 * time.Hour).Seconds()),
				HttpOnly: true, SameSite: http.SameSiteLaxMode,
			})
		}
		r = r.Clone(r.Context())
		r.Header.Set("Accept-Language", string(chosen))
		next.ServeHTTP(w, r)
	})
}

// LanguageOf returns the language that [Languages] decided on.
func LanguageOf(r *http.Request) Language {
	if Language(r.Header.Get("Accept-Language")) == English {
		return English
	}
	return Chinese
}
