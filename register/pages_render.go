package register

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the page, its script and its style sheet
	"encoding/hex"
	"html/template"
	"net/http"
	"strings"
	"time"

	"github.com/wecom-isv/wecom/internal/browser"
)

// Page is what a page of a [Flow] shows. Its addresses are relative to the page,
// whose own address ends in a slash and a query; they carry the signed ticket and
// the rest of that query.
//
// The script needs one element with the attribute data-register-wait, the waiting
// layer: a dialog, or any other. It holds State, Events and Self as data-state,
// data-events and data-page. A form with the attribute data-register-open shows it
// when it is sent.
type Page struct {
	State   State
	Lang    string // "zh" or "en": the parameter lang of the address, or Accept-Language
	Open    string // action of the form of the button: method="post" target="_blank"
	Self    string // this page again
	Restart string // a page for another registration
	Events  string // event stream
	Script  string // <script src defer>
	Style   string // built-in style sheet
	Refresh int    // seconds for a browser without scripts: <noscript><meta http-equiv="refresh">; 0: stay
	Problem string // what the person is told; [StateFailed] only
	ErrorID string // stands in the log with the cause; [StateFailed] only
}

// refreshSeconds is how often a page without scripts loads itself again.
const refreshSeconds = 10

// newPage fills a page in a state for r, whose address may be that of the page or
// of the button.
func newPage(r *http.Request, state State) Page {
	query := r.URL.Query()
	with := "?" + query.Encode()
	query.Del(paramTicket)
	page := Page{
		State: state, Lang: browser.Language(r),
		Open: routeOpen + with, Self: "./" + with, Restart: "./", Events: routeEvents + with,
		Script: routeScript, Style: routeStyle,
	}
	if len(query) > 0 {
		page.Restart += "?" + query.Encode()
	}
	if state == StateReady || state == StateWaiting {
		page.Refresh = refreshSeconds
	}
	return page
}

//go:embed assets/register.html
var pageSource string

//go:embed assets/register.js
var script string

//go:embed assets/register.css
var style string

func parsePage() (*template.Template, error) { return template.New("register").Parse(pageSource) }

// render is the Render of a FlowConfig without one.
func (f *Flow) render(w http.ResponseWriter, r *http.Request, page Page) {
	var html bytes.Buffer
	err := f.page.Execute(&html, struct {
		Page
		Text texts
	}{page, textsOf(page.Lang)})
	if err != nil {
		f.warn(r.Context(), "page", err)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	_, _ = w.Write(html.Bytes()) // a browser that has gone away is no concern
}

// serveAsset answers with a file that browsers keep until it changes.
func serveAsset(w http.ResponseWriter, r *http.Request, name, content string) {
	sum := sha256.Sum256([]byte(content))
	h := w.Header()
	h.Set("ETag", `"`+hex.EncodeToString(sum[:8])+`"`)
	h.Set("Cache-Control", "no-cache")
	h.Set("X-Content-Type-Options", "nosniff")
	http.ServeContent(w, r, name, time.Time{}, strings.NewReader(content))
}
