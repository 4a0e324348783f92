package page

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"html/template"
	"net/http"
	"strconv"
	"sync"
)

// Message is a page that says one thing and leads on from there.
type Message struct {
	Status int // 0: 200
	Title  string
	Text   string
	ID     string // what support finds the log line by; ""
	Links  []Link
}

// Link is where a page leads to. The first one of a page looks like a button.
type Link struct {
	URL  string // from our own code: http, https or a path
	Text string
}

// NewID returns the random id of one incident: 60 bits, easy to read out.
func NewID() string { return rand.Text()[:12] }

// Guard sets the headers of an answer whose address may hold a code: nothing
// stores it, and its links pass on the name of the site only. They do pass that
// on, because the platform's login pages refuse visitors without a Referer (-31033).
func Guard(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "strict-origin")
}

// Write answers r with the page, in the language of r. It runs no script and
// loads nothing.
func (m Message) Write(w http.ResponseWriter, r *http.Request) {
	var html bytes.Buffer
	t, csp := layout()
	lang := LangOf(r)
	err := t.Execute(&html, struct {
		Message

		Lang    Lang
		IDLabel string
	}{m, lang, Text{Chinese: "编号", English: "Reference"}.In(lang)})
	if err != nil { // cannot happen: the template is ours and only reads fields
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	Guard(h)
	h.Set("Content-Language", string(lang))
	h.Set("Content-Length", strconv.Itoa(html.Len()))
	h.Set("Content-Security-Policy", csp)
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Add("Vary", "Accept-Language")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(max(m.Status, http.StatusOK))
	_, _ = w.Write(html.Bytes()) // fails if the browser has gone
}

const style = `:root{color-scheme:light dark}` +
	`body{font:1.0625rem/1.6 system-ui,"PingFang SC","Microsoft YaHei",sans-serif;margin:0;padding:1.5rem}` +
	`main{max-width:34rem;margin:10vh auto 0}` +
	`h1{font-size:1.5rem;line-height:1.3}` +
	`p{overflow-wrap:anywhere}` +
	`a{display:inline-block;margin:0 1rem .75rem 0;padding:.6rem 0}` +
	`a:first-child{background:#1a56b0;color:#fff;padding:.6rem 1.25rem;border-radius:.375rem;text-decoration:none}` +
	`a:focus-visible{outline:3px solid #e58a00;outline-offset:2px}` +
	`small{opacity:.8}`

// layout returns the template and the policy that allows its style and no more.
var layout = sync.OnceValues(func() (*template.Template, string) {
	t := template.Must(template.New("message").Parse(`<!DOCTYPE html>
<html lang="{{.Lang}}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{.Title}}</title><style>` + style + `</style></head>
<body><main>
<h1>{{.Title}}</h1>
{{with .Text}}<p>{{.}}</p>{{end}}
{{- if .Links}}
<nav>{{range .Links}}<a href="{{.URL}}">{{.Text}}</a>{{end}}</nav>{{end}}
{{- with .ID}}
<p><small>{{$.IDLabel}} <code>{{.}}</code></small></p>{{end}}
</main></body></html>
`))
	sum := sha256.Sum256([]byte(style))
	return t, "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
})
