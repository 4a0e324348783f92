package sso_test

import (
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/sso"
)

// leaves reports whether a browser that is on the site and follows address goes
// elsewhere. It reads addresses as browsers do (WHATWG URL), not as net/url does.
func leaves(address string) bool {
	address = strings.TrimFunc(address, func(r rune) bool { return r <= ' ' })
	address = strings.NewReplacer("\t", "", "\n", "", "\r", "", `\`, "/").Replace(address)
	return strings.HasPrefix(address, "//") || regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9+.-]*:`).MatchString(address)
}

// badNexts lead elsewhere, or nobody knows where.
var badNexts = []string{
	"//evil.example", "///evil.example", "////evil.example", `/\evil.example`, `\\evil.example`, `/\/evil.example`,
	"https://evil.example", "http:evil.example", "HTTPS://evil.example", "javascript:alert(1)", "data:text/html,x",
	"evil.example", "orders", "?a=b", "#top", " //evil.example", "\t//evil.example", "/\t/evil.example", "/\n/evil.example",
	"/\r\n//evil.example", "\x00//evil.example", "/\x7f/evil.example", "/%zz", "//", "/orders\\..\\", "/" + strings.Repeat("a", sso.MaxNext),
}

func TestNextStaysOnTheSite(t *testing.T) {
	t.Parallel()
	var who signedIn
	mux := mount(t, stub(t, &who))
	for _, next := range badNexts {
		v := arrive(mux, wecomApp, "en")
		w := v.get(t, "/login?next="+url.QueryEscape(next))
		assert.Equal(t, http.StatusBadRequest, w.Code, "%q", next)
		assert.Empty(t, v.names, "no sign-in has begun")
		assert.NotContains(t, w.Body.String(), "evil", "the page does not lead there either")
		assert.Contains(t, w.Body.String(), `<a href="/login">`)
	}
	for next, want := range map[string]string{
		"": "/", "/": "/", "/orders": "/orders", "/a?b=c&d=https://x.example/#e": "/a?b=c&d=https://x.example/#e",
		"/企业?x=1": "/%e4%bc%81%e4%b8%9a?x=1", "/@evil.example": "/@evil.example", "/a//b": "/a/b",
		"/..//evil.example": "/evil.example", "/%2f/evil.example": "/%2f/evil.example", "/%5cevil.example": "/%5cevil.example",
	} {
		v := arrive(mux, wecomApp, "en")
		state := stateOf(t, location(t, v.get(t, "/login?next="+url.QueryEscape(next))))
		assert.Equal(t, want, v.get(t, "/in?code=zhangsan&state="+state).Header().Get("Location"), "%q", next)
	}
}

// Whatever next is, it is refused or it stays on the site.
func FuzzNext(f *testing.F) {
	for _, next := range append([]string{"/orders", "/a?b=c#d", "/%2f%2fevil.example", "/.//evil.example"}, badNexts...) {
		f.Add(next)
	}
	f.Fuzz(func(t *testing.T, next string) {
		var who signedIn
		v := arrive(mount(t, stub(t, &who)), wecomApp, "en")
		w := v.get(t, "/login?next="+url.QueryEscape(next))
		if w.Code == http.StatusBadRequest {
			require.Empty(t, v.names)
			return
		}
		state := stateOf(t, location(t, w))
		back := v.get(t, "/in?code=zhangsan&state="+state)
		require.Equal(t, http.StatusSeeOther, back.Code)
		require.False(t, leaves(back.Header().Get("Location")), "%q leads to %q", next, back.Header().Get("Location"))
		again := v.get(t, "/in?code=zhangsan&state="+state)
		require.Equal(t, http.StatusForbidden, again.Code)
		for _, link := range regexp.MustCompile(`<a href="([^"]*)"`).FindAllStringSubmatch(again.Body.String(), -1) {
			require.False(t, leaves(link[1]), "%q leads to %q", next, link[1])
		}
	})
}

// Every number of the specification has a meaning of its own.
func TestPageCodes(t *testing.T) {
	t.Parallel()
	spec, err := os.ReadFile("../testdata/urls.md")
	require.NoError(t, err)
	rows := regexp.MustCompile(`(?m)^\| (-310\d\d) \|`).FindAllStringSubmatch(string(spec), -1)
	require.NotEmpty(t, rows)
	seen := make(map[string]bool)
	unknown := sso.PageCode(-1).Meaning()
	for _, row := range rows {
		number, err := strconv.Atoi(row[1])
		require.NoError(t, err)
		code := sso.PageCode(number)
		assert.NotEqual(t, unknown, code.Meaning(), number)
		assert.False(t, seen[code.Meaning()], number)
		seen[code.Meaning()] = true
		require.EqualError(t, code, "sso: login page: "+row[1]+": "+code.Meaning())
	}
	require.EqualError(t, sso.PageCode(-1), "sso: login page: -1: WeCom does not document this number")
}
