package console_test

import (
	"context"
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
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/cmd/wecom/internal/console"
)

// setting reads what the test command was given.
func setting(name string) string {
	return os.Getenv(name)
}

func required(what string) bool {
	return slices.Contains(strings.Split(setting("WECOM_TEST_REQUIRE"), ","), what)
}

// chromium finds the browser; without one the test is skipped, or fails if there
// must be one.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{setting("WECOM_TEST_CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	const why = "there is no Chromium: set WECOM_TEST_CHROMIUM to its path"
	if required("chromium") {
		t.Fatal("WECOM_TEST_REQUIRE names chromium: " + why)
	}
	t.Skip(why)
	return ""
}

// newBrowser starts a Chromium that the end of the test closes.
func newBrowser(t *testing.T) context.Context {
	t.Helper()
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
	return ctx
}

// tab is a page that somebody has open.
type tab struct {
	t   *testing.T
	ctx context.Context //nolint:containedctx // chromedp keeps the page in it

	mu       sync.Mutex
	problems []string // what the browser complained about
}

// open opens a tab of a browser of its own, with that width and language.
func open(browser context.Context, t *testing.T, width int64, language string) *tab {
	t.Helper()
	ctx, closeTab := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(closeTab)
	p := &tab{t: t, ctx: ctx}
	require.NoError(t, chromedp.Listen(ctx, p.listen))
	_, err := chromedp.Call(ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 800, DeviceScaleFactor: 1, Mobile: width < 500})
	require.NoError(t, err)
	_, err = chromedp.Call(ctx, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{UserAgent: "Chrome", AcceptLanguage: language})
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

const patience = 30 * time.Second

// run does something in the page.
func (p *tab) run(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	require.NoError(p.t, chromedp.Do(ctx, actions...))
}

// holds evaluates a condition; between two pages none holds.
func (p *tab) holds(condition string) bool {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	holds, err := chromedp.Run(ctx, chromedp.Evaluate[bool](condition))
	return err == nil && holds
}

// until waits for a condition.
func (p *tab) until(condition string) {
	p.t.Helper()
	require.Eventually(p.t, func() bool { return p.holds(condition) }, patience, 50*time.Millisecond, condition)
}

// press clicks on a button and waits for what the status says then.
func (p *tab) press(selector, says string) {
	p.t.Helper()
	p.run(chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
	p.until(`document.readyState === "complete" && document.getElementById("status").textContent.includes("` + says + `")`)
}

func (p *tab) screenshot(name string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	require.NoError(p.t, err)
	require.NoError(p.t, os.WriteFile(filepath.Join(p.t.ArtifactDir(), name+".png"), picture, 0o600))
}

// violation is something that axe-core finds.
type violation struct {
	ID     string `json:"id"`
	Impact string `json:"impact"`
	Help   string `json:"help"`
}

// accessible fails if axe-core finds something serious on the page.
func (p *tab) accessible() {
	p.t.Helper()
	source, err := os.ReadFile(setting("WECOM_TEST_AXE"))
	if err != nil {
		if required("axe") {
			p.t.Fatal("WECOM_TEST_REQUIRE names axe: set WECOM_TEST_AXE to the path of axe.min.js")
		}
		p.t.Log("accessibility is not checked: WECOM_TEST_AXE does not name axe.min.js")
		return
	}
	p.run(chromedp.Evaluate[chromedp.Void](string(source)))
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	found, err := chromedp.Run(ctx, chromedp.Evaluate[[]violation](`axe.run().then(r => r.violations)`, chromedp.EvalAwaitPromise))
	require.NoError(p.t, err)
	for _, v := range found {
		assert.NotContains(p.t, []string{"serious", "critical"}, v.Impact, "%s: %s", v.ID, v.Help)
	}
}

func (p *tab) noProblems() {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	assert.Empty(p.t, p.problems)
}

// The console by mouse: every button does what it says, and the page says so.
func TestConsoleInTheBrowser(t *testing.T) {
	t.Parallel()
	browser := newBrowser(t)
	s := newSite(t)
	p := open(browser, t, 1280, "en")
	p.run(chromedp.Navigate(s.Platform.URL()+console.Prefix), chromedp.WaitVisible(chromedp.CSS("h1")))
	p.accessible()

	p.press(`input[value="`+s.app.ID+`"] ~ button[value=ticket]`, "suite_ticket pushed and answered")
	row := `input[value="` + s.corp.ID + `"] ~ `
	p.press(row+`button[value=install]`, "create_auth pushed and answered")
	require.Len(t, s.corp.Installations(), 1)
	p.press(`.fields button[value=event]`, "suite_ticket pushed and answered")

	// What happens meanwhile appears by itself.
	require.False(t, p.holds(`document.getElementById("live").textContent.includes("get_suite_token")`))
	body := `{"suite_id":"` + s.app.ID + `","suite_secret":"` + s.app.Secret + `","suite_ticket":"` + s.app.IssueTicket() + `"}`
	s.do(t, "POST", "/cgi-bin/service/get_suite_token", map[string][]string{"Content-Type": {"application/json"}}, body)
	p.until(`document.getElementById("live").textContent.includes("get_suite_token")`)
	p.until(`document.getElementById("live").textContent.includes("1:59:5")`)
	p.accessible()
	p.screenshot("console-desktop")

	p.press(`#live button[value=expire]`, "suite_access_token has expired")
	p.press(row+`button[value=cancel]`, "cancel_auth pushed and answered")
	assert.Empty(t, s.corp.Installations())
	p.noProblems()
}

// In Chinese, on a phone, nothing needs to be scrolled sideways but the tables.
func TestConsoleOnAPhone(t *testing.T) {
	t.Parallel()
	browser := newBrowser(t)
	s := newSite(t)
	_, err := s.corp.Install(t.Context(), s.app)
	require.NoError(t, err)
	p := open(browser, t, 390, "zh-CN")
	p.run(chromedp.Navigate(s.Platform.URL()+console.Prefix), chromedp.WaitVisible(chromedp.CSS("h1")))
	assert.True(t, p.holds(`document.documentElement.lang === "zh-CN"`))
	assert.True(t, p.holds(`document.querySelector("h1").textContent === "模拟企业微信"`))
	assert.True(t, p.holds(`document.documentElement.scrollWidth <= window.innerWidth`), "the page is wider than the phone")
	p.accessible()
	p.screenshot("console-phone")
	p.run(chromedp.Click(chromedp.CSS(`a[hreflang=en]`)))
	p.until(`document.querySelector("h1") && document.querySelector("h1").textContent === "Simulated WeCom"`)
	p.noProblems()
}
