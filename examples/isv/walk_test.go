package main

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestBrowser walks through every flow in a real browser: in both languages, at a
// desk and on a phone.
func TestBrowser(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	for _, dev := range []device{desktop("zh-CN"), desktop("en"), phone("zh-CN"), phone("en").atNight()} {
		t.Run(fmt.Sprintf("walk %s %s", dev.name, dev.language), func(t *testing.T) { walk(b.person(t, newWorld(t), dev)) })
	}
	for name, test := range map[string]func(*testing.T, *browser){
		"refused consent": refusedConsent, "forged and replayed state": forgedState, "two tabs at once": twoTabs,
		"keyboard": keyboard, "language": chosenLanguage, "admin console": fromConsole,
	} {
		t.Run(name, func(t *testing.T) { test(t, b) })
	}
}

// walk is the way of a customer, and then of the vendor's staff, through every page.
func walk(p *tab) {
	w, corp := p.w, p.w.corp("晨光科技")

	p.visit("/")
	p.look("01-home")
	p.follow(`main a[href="/install"]`)
	p.look("02-install")
	p.follow(`main a[role=button]`)
	p.look("03-consent")
	p.choose(corp.ID, "agree")
	require.True(p.t, p.at("/installed"), p.address())
	p.look("04-installed")

	registerCorp(p)

	p.visit("/signin")
	p.look("08-signin")
	p.follow(`main a[href="/login"]`)
	p.look("09-member")
	p.choose(corp.ID+"/"+corp.Users()[1].ID, "agree")
	require.True(p.t, p.at("/me"), p.address())
	assert.Contains(p.t, p.text(), corp.ID)
	p.submit(`main form button`)
	p.look("10-me")
	require.Len(p.t, w.sim.platform.Messages(), 1)
	p.follow(`nav form button`)

	p.visit("/corps/" + corp.ID)
	require.True(p.t, p.at("/signin?next="), p.address())
	p.follow(`main a[href^="/admin"]`)
	p.look("11-admin")
	p.choose(w.sim.vendor.ID, "agree")
	require.True(p.t, p.at("/corps/"+corp.ID), p.address())
	p.run(chromedp.SetValue(css(`input[name=accounts]`), "7"))
	p.submit(`form[action$="/licences"] button`)
	p.look("12-corp")
	for i, page := range []string{"corps", "orders", "events", "health", "simulate", "nowhere"} {
		p.visit("/" + page)
		if page == "events" {
			liveEvents(p)
		}
		p.look(fmt.Sprintf("%d-%s", 13+i, page))
	}
	assert.NotEmpty(p.t, w.sim.platform.Deliveries())
}

// registerCorp registers a corp in a new tab while the old one waits.
func registerCorp(p *tab) {
	p.visit("/register/")
	p.look("05-register")
	p.run(chromedp.SendKeys(css(`input[name=corp_name]`), "新企业"))
	form := p.popup(func() { p.run(chromedp.Click(css(`main > form button`))) })
	p.until("the waiting layer", func() bool { return p.holds(`document.querySelector("dialog").matches(":modal")`) })
	p.look("06-waiting")
	assert.True(p.t, p.holds(`document.querySelector("dialog").contains(document.activeElement)`), "the focus is in the layer")
	form.look("06-form")
	form.run(chromedp.SetValue(css(`input[name=corp_name]`), "新企业"), chromedp.SetValue(css(`input[name=admin_name]`), "张三"))
	form.submit(`button[name=agree]`)
	form.look("06-form-done")
	p.until("the waiting page goes on", func() bool { return p.holds(`!!document.querySelector(".notice")`) })
	p.look("07-registered")
}

// liveEvents sees an event arrive without loading the page again.
func liveEvents(p *tab) {
	p.until("the stream is open", func() bool {
		return p.holds(`document.getElementById("stream-status").textContent === document.getElementById("stream-status").dataset.open`)
	})
	before := len(p.w.sim.platform.Deliveries())
	p.run(chromedp.Evaluate[chromedp.Void](`window.old = true`))
	require.NoError(p.t, p.w.sim.pushTicket(p.t.Context(), nil))
	require.Greater(p.t, len(p.w.sim.platform.Deliveries()), before)
	p.until("the event is shown", func() bool { return p.holds(`document.querySelectorAll("tr.fresh").length >= 2`) })
	assert.True(p.t, p.holds(`window.old`), "the page was not loaded again")
	assert.Contains(p.t, p.text(), "suite:suite_ticket")
}

// refusedConsent declines the sign-in and then the installation.
func refusedConsent(t *testing.T, b *browser) {
	w := newWorld(t)
	corp, p := w.corp("晨光科技"), b.person(t, w, desktop("zh-CN"))
	p.visit("/login?next=/me")
	p.choose(corp.ID, "refuse")
	require.True(t, p.at("/login/done"), p.address())
	p.look("20-refused")
	p.follow(`main a[role=button]`)
	p.choose(corp.ID, "agree")
	assert.True(t, p.at("/me"), "after a refusal the person may agree: %s", p.address())

	p.visit("/install")
	p.follow(`main a[role=button]`)
	p.submit(`button[name=refuse]`)
	customers, err := w.store.records.Customers(t.Context())
	require.NoError(t, err)
	assert.Empty(t, customers)
}

// forgedState comes back with a state of somebody else's, an invented one, and one
// that was used.
func forgedState(t *testing.T, b *browser) {
	w := newWorld(t)
	corp, p, thief := w.corp("晨光科技"), b.person(t, w, desktop("en")), b.person(t, w, desktop("en"))

	thief.visit("/login")
	attack, err := corp.Login(t.Context(), corp.Users()[1], thief.address())
	require.NoError(t, err)
	open := func(address string) {
		p.run(chromedp.Navigate(address), chromedp.WaitVisible(css("h1")))
	}
	open(attack.String())
	p.look("21-state-of-another-browser")
	assert.Contains(t, p.text(), "That did not work")
	p.visit("/me")
	assert.True(t, p.at("/signin"), "nobody is signed in")

	p.visit("/login")
	back, err := corp.Login(t.Context(), corp.Admin(), p.address())
	require.NoError(t, err)
	forged := *back
	query := forged.Query()
	query.Set("state", strings.Repeat("5", len(query.Get("state"))))
	forged.RawQuery = query.Encode()
	open(forged.String())
	p.look("22-forged-state")
	assert.Contains(t, p.text(), "That did not work")

	open(back.String())
	require.True(t, p.at("/me"), p.address())
	open(back.String())
	p.look("23-replayed-state")
	assert.Contains(t, p.text(), "That did not work")
	p.visit("/me")
	assert.True(t, p.at("/me"), "the session goes on")
}

// twoTabs signs in and installs in two tabs that are open at once.
func twoTabs(t *testing.T, b *browser) {
	w := newWorld(t)
	corp, p := w.corp("晨光科技"), b.person(t, w, desktop("zh-CN"))
	p.visit("/login?next=/me")
	q := p.another()
	q.visit("/login?next=/install")
	p.choose(corp.ID, "agree")
	assert.True(t, p.at("/me"), p.address())
	q.choose(corp.ID, "agree")
	assert.True(t, q.at("/install"), "each tab goes on where it wanted: %s", q.address())

	p.visit("/install")
	for i, one := range []*tab{p, q} {
		one.follow(`main a[role=button]`)
		one.choose([]string{corp.ID, w.corp("远山书店").ID}[i], "agree")
		assert.True(t, one.at("/installed"), one.address())
	}
	customers, err := w.store.records.Customers(t.Context())
	require.NoError(t, err)
	assert.Len(t, customers, 2)
}

// keyboard uses the site without a mouse.
func keyboard(t *testing.T, b *browser) {
	p := b.person(t, newWorld(t), desktop("zh-CN"))
	p.visit("/")
	p.run(chromedp.KeyEvent(kb.Tab))
	assert.True(t, p.holds(`document.activeElement.className === "skip"`), "the first stop leads past the navigation")
	p.shot("24-skip")
	p.run(chromedp.KeyEvent(kb.Enter))
	p.until("the text has the focus", func() bool { return p.holds(`document.activeElement.id === "main"`) })
	p.run(chromedp.KeyEvent(kb.Tab))
	assert.True(t, p.holds(`document.activeElement.getAttribute("href") === "/install"`))
	assert.True(t, p.holds(`getComputedStyle(document.activeElement).outlineStyle !== "none" || getComputedStyle(document.activeElement).boxShadow !== "none" || getComputedStyle(document.activeElement).backgroundColor !== "rgba(0, 0, 0, 0)"`), "the focus is seen")
	p.run(chromedp.KeyEvent(kb.Enter))
	p.until("the link is followed", func() bool { return p.at("/install") && p.ready() })
}

// chosenLanguage changes the language against what the browser asks for.
func chosenLanguage(t *testing.T, b *browser) {
	p := b.person(t, newWorld(t), phone("zh-CN"))
	p.visit("/signin?next=/me")
	p.follow(`nav a[hreflang=en]`)
	assert.True(t, p.holds(`document.documentElement.lang === "en"`))
	assert.True(t, p.holds(`document.querySelector('main a[href^="/login"]').search === "?next=%2Fme"`), "the page is the same")
	p.visit("/register/")
	assert.Contains(t, p.text(), "Register a corp")
	p.follow(`nav a[hreflang="zh-CN"]`)
	assert.Contains(t, p.text(), "注册")
}

// fromConsole comes from the admin console of the simulated platform.
func fromConsole(t *testing.T, b *browser) {
	w := newWorld(t)
	corp, p := w.corp("晨光科技"), b.person(t, w, desktop("zh-CN"))
	_, err := corp.Install(t.Context(), w.sim.app)
	require.NoError(t, err)
	p.visit("/simulate")
	p.follow(fmt.Sprintf(`main a[href*="/simulator/console?corp=%s"]`, url.QueryEscape(corp.ID)))
	p.look("25-console")
	p.follow(`button[value=settings]`)
	require.True(t, p.at("/me"), p.address())
	assert.Contains(t, p.text(), "企业管理员")
}
