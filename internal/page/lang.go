// Package page is what the handlers that people open in a browser have in
// common: the choice between Chinese and English, a plain page for a message or
// a failure, and the classes of a refused state, which the package that issues
// states and those that only use them must agree on.
package page

import (
	"net/http"

	"github.com/wecom-isv/wecom/internal/browser"
)

// Lang is the language of a page, as HTML names it.
type Lang string

// The languages.
const (
	Chinese Lang = "zh-CN"
	English Lang = "en"
)

// Text is the same text in both languages.
type Text struct{ Chinese, English string }

// In returns the text in a language.
func (t Text) In(lang Lang) string {
	if lang == English {
		return t.English
	}
	return t.Chinese
}

// LangOf returns the language of the page that r asks for; see [browser.Language].
func LangOf(r *http.Request) Lang {
	if browser.Language(r) == browser.English {
		return English
	}
	return Chinese
}
