// Package page is what the handlers that people open in a browser have in
// common: the choice between Chinese and English, a plain page for a message or
// a failure, and the classes of a refused state, which the package that issues
// states and those that only use them must agree on.
package page

import (
	"net/http"
	"strconv"
	"strings"
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

// LangOf returns the language that the browser prefers (Accept-Language), Chinese
// if it asks for neither.
func LangOf(r *http.Request) Lang {
	best, most := Chinese, 0.0
	for wish := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		tag, quality := parseWish(wish)
		primary, _, _ := strings.Cut(strings.ToLower(tag), "-")
		var lang Lang
		switch primary {
		case "zh":
			lang = Chinese
		case "en":
			lang = English
		default:
			continue
		}
		if quality > most {
			best, most = lang, quality
		}
	}
	return best
}

// parseWish takes "en-GB;q=0.8" apart. What cannot be read has no weight.
func parseWish(wish string) (tag string, quality float64) {
	tag, param, weighted := strings.Cut(wish, ";")
	tag = strings.TrimSpace(tag)
	if !weighted {
		return tag, 1
	}
	value, ok := strings.CutPrefix(strings.TrimSpace(param), "q=")
	if !ok {
		return tag, 0
	}
	quality, err := strconv.ParseFloat(value, 64)
	if err != nil || quality > 1 { // NaN is never the most
		return tag, 0
	}
	return tag, quality
}
