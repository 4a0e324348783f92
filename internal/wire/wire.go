// Package wire knows the small rules that the platform has for values of every
// kind: ids, states, addresses.
package wire

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode"
)

// PageURL is where the platform's own pages live that a browser opens.
const PageURL = "https://open.work.weixin.qq.com"

// Life returns seconds as a duration, fallback if the platform gave none. More
// than a year is taken for a year, so that nothing overflows.
func Life(seconds int64, fallback time.Duration) time.Duration {
	const year = 365 * 24 * time.Hour
	if seconds <= 0 {
		return fallback
	}
	return time.Duration(min(seconds, int64(year/time.Second))) * time.Second
}

// CheckID refuses ids that cannot be the platform's. Ids stand in cache keys,
// where a slash would let one corp read the entries of another.
func CheckID(id string) error {
	const longest = 128
	switch {
	case id == "":
		return errors.New("the id is empty")
	case len(id) > longest:
		return fmt.Errorf("the id has %d bytes, more than %d", len(id), longest)
	case strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' || r == '/' }):
		return fmt.Errorf("%q is no id: it holds a slash, a blank or what is not ASCII", id)
	}
	return nil
}

// CheckSecret refuses what cannot be a secret and names the fault, never the
// value.
func CheckSecret(secret string) error {
	if secret == "" {
		return errors.New("is missing")
	}
	if strings.TrimSpace(secret) != secret {
		return errors.New("has blanks around it")
	}
	return nil
}

// CheckState refuses a state that the platform does not carry back. An empty
// state passes.
func CheckState(state string, longest int) error {
	if len(state) > longest || strings.ContainsFunc(state, notLetterOrDigit) {
		return fmt.Errorf("the state must be of a-zA-Z0-9 and have %d bytes at most", longest)
	}
	return nil
}

func notLetterOrDigit(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9')
}

// CheckRedirect refuses an address that the platform does not send a browser
// back to. The error does not quote the address.
func CheckRedirect(address string) error {
	u, err := url.Parse(address)
	if err != nil || !isHTTP(u) || strings.Contains(address, "#") {
		return errors.New("must be an absolute http or https address without fragment")
	}
	return nil
}

// Base returns address, or [PageURL] if it is empty, without a slash at the end.
func Base(address string) (string, error) {
	u, err := url.Parse(cmp.Or(address, PageURL))
	if err != nil || !isHTTP(u) || strings.ContainsAny(address, "?#") {
		return "", errors.New("must be an absolute http or https address without query")
	}
	return strings.TrimRight(u.String(), "/"), nil
}

func isHTTP(u *url.URL) bool {
	return (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != ""
}

// Escape encodes one component of a query. A plus sign for a blank is not safe
// with the platform.
func Escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// Brief keeps a value from outside, such as an id, at a length fit for an error.
func Brief(s string) string { return Shorten(s, 40) }

// Line makes a text from outside, such as an errmsg, fit for a log line and a
// terminal: of limited length, and without characters that cannot be seen.
func Line(s string) string {
	visible := strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, s)
	return Shorten(visible, 300)
}

// Shorten keeps the first bytes of s, at most so many, and marks that there were
// more. It cuts no character in two.
func Shorten(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
