package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// setting reads what the test command was given.
func setting(name string) string {
	return os.Getenv(name)
}

// skip skips a test that needs something, or fails if it must be there.
func skip(t *testing.T, what, why string) {
	t.Helper()
	if slices.Contains(strings.Split(setting("WECOM_TEST_REQUIRE"), ","), what) {
		t.Fatalf("WECOM_TEST_REQUIRE names %s: %s", what, why)
	}
	t.Skip(why)
}

// chromium finds the browser.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{setting("WECOM_TEST_CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	skip(t, "chromium", "there is no Chromium: set WECOM_TEST_CHROMIUM to its path")
	return ""
}

// axe finds axe-core, "" if it is not there and need not be.
func axe(t *testing.T) string {
	t.Helper()
	source, err := os.ReadFile(setting("WECOM_TEST_AXE"))
	if err != nil {
		if slices.Contains(strings.Split(setting("WECOM_TEST_REQUIRE"), ","), "axe") {
			t.Fatal("WECOM_TEST_REQUIRE names axe: set WECOM_TEST_AXE to the path of axe.min.js")
		}
		t.Log("accessibility is not checked: WECOM_TEST_AXE does not name axe.min.js")
	}
	return string(source)
}

// browser is one running Chromium.
type browser struct {
	ctx context.Context //nolint:containedctx // the life of the process, as chromedp wants it
	axe string
}

// patience is how long a page may take.
const patience = 30 * time.Second

func newBrowser(t *testing.T) *browser {
	t.Helper()
	b := &browser{axe: axe(t)}
	flags := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(chromium(t)), chromedp.UserDataDir(t.TempDir()),
		chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.DisableGPU, chromedp.NoSandbox, chromedp.Headless,
	}
	for _, name := range []string{"disable-quic", "disable-background-networking", "disable-component-update", "disable-sync", "disable-extensions", "hide-scrollbars", "no-proxy-server"} {
		flags = append(flags, chromedp.Flag(name, true))
	}
	allocator, stop := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), flags...)
	t.Cleanup(stop)
	ctx, closeBrowser := chromedp.NewContext(allocator)
	t.Cleanup(closeBrowser)
	require.NoError(t, chromedp.Do(ctx)) // starts it
	b.ctx = ctx
	return b
}

// device is what the person holds.
type device struct {
	name          string
	width, height int64
	phone, dark   bool
	language      string
}

const (
	desktopAgent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36"
	clientAgent  = "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Mobile Safari/537.36 wxwork/5.0.0 MicroMessenger/7.0.1"
)

func (d device) agent() string {
	if d.phone {
		return clientAgent // people have the app open in WeCom
	}
	return desktopAgent
}

func desktop(language string) device {
	return device{name: "desktop", width: 1280, height: 800, language: language}
}

func phone(language string) device {
	return device{name: "phone", width: 390, height: 844, phone: true, language: language}
}

// atNight prefers dark colours.
func (d device) atNight() device {
	d.name, d.dark = d.name+"-dark", true
	return d
}

func (d device) scheme() string {
	if d.dark {
		return "dark"
	}
	return "light"
}

// tab is a page that somebody has open.
type tab struct {
	t   *testing.T
	w   *world
	b   *browser
	ctx context.Context //nolint:containedctx // chromedp keeps the page in it
	dev device

	mu       sync.Mutex
	problems []string // what the browser complained about
}

// person opens a browser of its own, with no cookies.
func (b *browser) person(t *testing.T, w *world, dev device) *tab {
	t.Helper()
	ctx, closeTab := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(closeTab)
	return b.open(ctx, t, w, dev)
}

// another opens one more tab of the same person.
func (p *tab) another() *tab {
	p.t.Helper()
	id := chromedp.FromContext(p.ctx).BrowserContextID
	ctx, closeTab := chromedp.NewContext(p.b.ctx, chromedp.WithExistingBrowserContext(id))
	p.t.Cleanup(closeTab)
	return p.b.open(ctx, p.t, p.w, p.dev)
}

func (b *browser) open(ctx context.Context, t *testing.T, w *world, dev device) *tab {
	t.Helper()
	p := &tab{t: t, w: w, b: b, ctx: ctx, dev: dev}
	require.NoError(t, chromedp.Listen(ctx, p.listen))
	_, err := chromedp.Call(ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: dev.width, Height: dev.height, DeviceScaleFactor: 1, Mobile: dev.phone})
	require.NoError(t, err)
	_, err = chromedp.Call(ctx, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{UserAgent: dev.agent(), AcceptLanguage: dev.language})
	require.NoError(t, err)
	_, err = chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: dev.scheme()}}})
	require.NoError(t, err)
	_, err = chromedp.Call(ctx, cdplog.Enable, cdp.Empty{})
	require.NoError(t, err)
	return p
}

// listen notes scripts that fail and what the content security policy forbids.
func (p *tab) listen(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *cdplog.EventEntryAdded:
		if e.Entry.Level == cdplog.EntryLevelError && e.Entry.Source != cdplog.EntrySourceNetwork {
			p.problems = append(p.problems, e.Entry.Text)
		}
	case *runtime.EventExceptionThrown:
		p.problems = append(p.problems, e.ExceptionDetails.Text)
	}
}

// run does something in the page that has no result.
func (p *tab) run(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	require.NoError(p.t, chromedp.Do(ctx, actions...))
}

// ask does something in the page that has a result.
func ask[T any](p *tab, action chromedp.Action[T]) (T, error) {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, action)
}

func css(selector string) chromedp.CSS { return chromedp.CSS(selector) }

// visit opens a path of the site.
func (p *tab) visit(path string) {
	p.t.Helper()
	p.run(chromedp.Navigate(p.w.cfg.PublicURL+path), chromedp.WaitVisible(css("h1")))
}

// follow clicks on something that leads to another page.
func (p *tab) follow(selector string) {
	p.t.Helper()
	before := p.address()
	p.run(chromedp.Click(css(selector), chromedp.NodeVisible))
	p.until("another page", func() bool { return p.address() != before && p.ready() })
}

// submit clicks on something after which the same page is loaded again.
func (p *tab) submit(selector string) {
	p.t.Helper()
	p.run(chromedp.Evaluate[chromedp.Void](`window.old = true`), chromedp.Click(css(selector), chromedp.NodeVisible))
	p.until("a new page", func() bool { return p.holds(`!window.old`) && p.ready() })
}

func (p *tab) ready() bool {
	return p.holds(`document.readyState === "complete" && !!document.querySelector("h1")`)
}

// holds evaluates a condition; between two pages none holds.
func (p *tab) holds(condition string) bool {
	holds, err := ask(p, chromedp.Evaluate[bool](condition))
	return err == nil && holds
}

func (p *tab) until(what string, condition func() bool) {
	p.t.Helper()
	if !assert.Eventually(p.t, condition, patience, 20*time.Millisecond, what) {
		p.shot("stuck")
		p.t.FailNow()
	}
}

func (p *tab) address() string {
	at, err := ask(p, chromedp.Location())
	if err != nil {
		return ""
	}
	return at
}

// at reports whether the browser shows a path of the site.
func (p *tab) at(path string) bool { return strings.HasPrefix(p.address(), p.w.cfg.PublicURL+path) }

func (p *tab) text() string {
	p.t.Helper()
	text, err := ask(p, chromedp.Text(css("body")))
	require.NoError(p.t, err)
	return text
}

// look keeps a picture of the page and checks it: nothing forbidden was tried, it
// fits the width, and axe-core finds nothing serious.
func (p *tab) look(name string) {
	p.t.Helper()
	p.shot(name)
	p.mu.Lock()
	assert.Empty(p.t, p.problems, name)
	p.problems = nil
	p.mu.Unlock()
	assert.True(p.t, p.holds(`document.documentElement.scrollWidth <= window.innerWidth`), "%s is wider than the screen", name)
	p.checkAccess(name)
}

// shot keeps a picture of the page if the tests run with -artifacts: it takes a
// quarter of their time.
func (p *tab) shot(name string) {
	p.t.Helper()
	_, err := chromedp.Call(p.ctx, cdppage.BringToFront, cdp.Empty{}) // others are not drawn
	require.NoError(p.t, err)
	if keep := flag.Lookup("test.artifacts"); keep == nil || keep.Value.String() != "true" {
		return
	}
	picture, err := ask(p, chromedp.FullScreenshot(100))
	require.NoError(p.t, err)
	file := fmt.Sprintf("%s-%s-%s.png", name, p.dev.name, p.dev.language)
	require.NoError(p.t, os.WriteFile(filepath.Join(p.t.ArtifactDir(), file), picture, 0o600))
}

// finding is one of axe-core's.
type finding struct {
	ID     string `json:"id"`
	Impact string `json:"impact"`
	Help   string `json:"help"`
	Nodes  []struct {
		HTML    string `json:"html"`
		Summary string `json:"failureSummary"`
	} `json:"nodes"`
}

func (p *tab) checkAccess(name string) {
	p.t.Helper()
	if p.b.axe == "" {
		return
	}
	p.run(chromedp.Evaluate[chromedp.Void](p.b.axe))
	found, err := ask(p, chromedp.Evaluate[[]finding](`axe.run().then(r => r.violations)`, chromedp.EvalAwaitPromise))
	require.NoError(p.t, err)
	for _, f := range found {
		say := p.t.Log
		if f.Impact == "serious" || f.Impact == "critical" {
			say = p.t.Error
		}
		say(fmt.Sprintf("%s: axe: %s: %s (%s)", name, f.Impact, f.Help, f.ID))
		for _, n := range f.Nodes {
			say(n.HTML, n.Summary)
		}
	}
}

// popup waits for the tab that an action opens.
func (p *tab) popup(action func()) *tab {
	p.t.Helper()
	opened := chromedp.WaitNewTarget(p.ctx, func(info *target.Info) bool { return info.Type == "page" })
	action()
	select {
	case id := <-opened:
		ctx, closeTab := chromedp.NewContext(p.ctx, chromedp.WithTargetID(id))
		p.t.Cleanup(closeTab)
		q := p.b.open(ctx, p.t, p.w, p.dev)
		q.run(chromedp.Reload()) // as the device would have asked for it
		q.until("the new tab", q.ready)
		return q
	case <-time.After(patience):
		require.Fail(p.t, "no tab was opened")
		return nil
	}
}

// choose says on a page of the simulated platform who it is, and agrees or not.
func (p *tab) choose(who, button string) {
	p.t.Helper()
	p.run(chromedp.Click(css(fmt.Sprintf(`input[name="who"][value^=%q]`, who))))
	p.follow(fmt.Sprintf(`button[name=%q]`, button))
}

// inTime fails a test that waits for something that is not of the browser.
func inTime(t *testing.T, condition func() bool, what string) {
	t.Helper()
	require.Eventually(t, condition, patience, 20*time.Millisecond, what)
}
