// Package view shows the pages of the vendor: templates, stylesheet and scripts,
// in Chinese and English.
package view

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"
)

var (
	//go:embed templates
	templates embed.FS
	//go:embed static
	static embed.FS
)

// Text is a text in both languages.
type Text struct {
	ZH string `json:"zh"`
	EN string `json:"en"`
}

// Person is who looks at the page.
type Person struct {
	CorpID   string
	UserID   string
	Admin    bool // of CorpID
	Operator bool // works for the vendor: sees every corp
}

// Page is what a page shows.
type Page struct {
	Name    string // of the template
	Title   Text
	Status  int    // of the answer; 0: 200
	Path    string // of the page in the other language; empty: the request's own, with its query
	Refresh int    // seconds after which a browser without scripts loads the page again; 0: never
	Script  string // address of the page's script, if it has one
	Style   string // address of a stylesheet of the page's own, if it has one
	Person  *Person
	Data    any
}

// Site is what all pages have in common.
type Site struct {
	Simulated bool
	Simulator string // address of the simulated platform
}

// Views are the pages. They are safe for concurrent use.
type Views struct {
	site  Site
	pages map[string]*template.Template
}

const layout = "layout.html"

// New reads the templates.
func New(site Site) (*Views, error) {
	base, err := template.ParseFS(templates, "templates/"+layout)
	if err != nil {
		return nil, fmt.Errorf("view: %w", err)
	}
	files, err := fs.Glob(templates, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("view: %w", err)
	}
	v := &Views{site: site, pages: make(map[string]*template.Template)}
	for _, file := range files {
		name := path.Base(file)
		if name == layout {
			continue
		}
		own, err := base.Clone()
		if err == nil {
			own, err = own.ParseFS(templates, file)
		}
		if err != nil {
			return nil, fmt.Errorf("view: %w", err)
		}
		v.pages[strings.TrimSuffix(name, ".html")] = own
	}
	return v, nil
}

// Static serves stylesheets and scripts below /static/.
func Static() http.Handler {
	files := http.FileServerFS(static)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/") {
			http.NotFound(w, r) // no lists of files
			return
		}
		w.Header().Set("Cache-Control", "public, max-age=3600")
		files.ServeHTTP(w, r)
	})
}

var errNoPage = errors.New("view: there is no such page")

// Show writes p. The error is for the log: the answer is complete, or the person has
// gone.
func (v *Views) Show(w http.ResponseWriter, r *http.Request, p Page) error {
	t := v.pages[p.Name]
	if t == nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return fmt.Errorf("%w: %q", errNoPage, p.Name)
	}
	var page bytes.Buffer // a template that fails must not leave half a page
	if err := t.ExecuteTemplate(&page, layout, frame{Page: p, Site: v.site, Lang: LanguageOf(r), here: r.URL}); err != nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return fmt.Errorf("view: %w", err)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(page.Len()))
	h.Set("Cache-Control", "no-store") // pages are about who is signed in
	if p.Status != 0 {
		w.WriteHeader(p.Status)
	}
	_, err := page.WriteTo(w)
	return err
}

// frame is what templates see.
type frame struct {
	Page
	Site
	Lang Language
	here *url.URL // of the request
}

// In is the address of the page in another language.
func (f frame) In(language string) string {
	at := url.URL{Path: f.Path, RawQuery: url.Values{"lang": {language}}.Encode()}
	if f.Path == "" {
		query := f.here.Query()
		query.Set("lang", language)
		at = url.URL{Path: f.here.Path, RawQuery: query.Encode()}
	}
	return at.String()
}

// T chooses between two texts.
func (f frame) T(zh, en string) string { return f.Pick(Text{ZH: zh, EN: en}) }

// Pick chooses the text in the language of the page.
func (f frame) Pick(t Text) string { return f.Lang.Pick(t) }

// china is where the readers are.
var china = time.FixedZone("CST", 8*60*60)

// Time writes a moment; the zero time is a dash.
func (f frame) Time(t time.Time) string { return Time(t) }

// Time writes a moment as the pages do; the zero time is a dash.
func Time(t time.Time) string {
	if t.IsZero() || t.Unix() <= 0 {
		return "–"
	}
	return t.In(china).Format("2006-01-02 15:04:05")
}

// Yuan writes an amount that is given in fen (分).
func (f frame) Yuan(fen int64) string {
	sign := ""
	if fen < 0 {
		sign, fen = "-", -fen
	}
	return fmt.Sprintf("%s¥%d.%02d", sign, fen/100, fen%100)
}

// Current marks the link to the page that is shown.
func (f frame) Current(address string) template.HTMLAttr {
	if f.here.Path == address || address != "/" && strings.HasPrefix(f.here.Path, address+"/") {
		return `aria-current="page"`
	}
	return ""
}
