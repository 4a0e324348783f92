package suite_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/callback"
	"github.com/wecom-isv/wecom/sso"
	"github.com/wecom-isv/wecom/suite"
	"github.com/wecom-isv/wecom/wecomtest"
)

const vendorSite = "https://app.example"

// vendor is one machine of a vendor's site: the handlers of an installation, and
// the command URL.
type vendor struct {
	app  *suite.Client
	mux  callback.Mux
	site http.ServeMux
	cfg  suite.InstallConfig

	mu        sync.Mutex
	announced []string // corps that Authorized was called for
	hookFails error
	hookTakes time.Duration
}

// newVendor returns a machine; change may be nil.
func newVendor(t *testing.T, app *suite.Client, change func(*suite.InstallConfig)) *vendor {
	t.Helper()
	states, err := sso.NewStates(wecom.NewSecret(strings.Repeat("k", 32)))
	require.NoError(t, err)
	v := &vendor{app: app}
	v.cfg = suite.InstallConfig{
		States: states, RedirectURI: vendorSite + "/installed", AuthType: suite.AuthTypeFormal, InstallPath: "/install",
		Authorized: v.authorized,
	}
	if change != nil {
		change(&v.cfg)
	}
	install, err := app.InstallHandler(v.cfg)
	require.NoError(t, err)
	installed, err := app.InstalledHandler(v.cfg)
	require.NoError(t, err)
	v.site.Handle("/install", install)
	v.site.Handle("/installed", installed)
	app.Handle(&v.mux, suite.Hooks{Authorized: v.authorized})
	return v
}

func (v *vendor) authorized(_ context.Context, auth *suite.Authorization) error {
	time.Sleep(v.hookTakes) // nothing unless in a bubble
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.hookFails != nil {
		return v.hookFails
	}
	v.announced = append(v.announced, auth.CorpInfo.CorpID+" "+auth.CorpInfo.CorpName)
	return nil
}

// createAuth is an event with the authorisation code a1.
func (v *vendor) createAuth(t *testing.T) error {
	t.Helper()
	return push(t, &v.mux, v.app.ID(), "create_auth", time.Now(), "<AuthCode>a1</AuthCode>")
}

// tab is one installation in one browser.
type tab struct {
	state   string
	cookies []*http.Cookie
}

// get opens a page of v.
func (b tab) get(ctx context.Context, v *vendor, target string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, vendorSite+target, http.NoBody)
	r.Header.Set("Accept-Language", "en")
	for _, cookie := range b.cookies {
		r.AddCookie(cookie)
	}
	w := httptest.NewRecorder()
	v.site.ServeHTTP(w, r)
	return w
}

// begin opens the install page of v.
func begin(t *testing.T, v *vendor) tab {
	t.Helper()
	w := tab{}.get(t.Context(), v, "/install?next=/welcome")
	require.Equal(t, http.StatusOK, w.Code, w.Body.String())
	link, err := url.Parse(linkOf(t, w))
	require.NoError(t, err)
	return tab{state: link.Query().Get("state"), cookies: w.Result().Cookies()} //nolint:bodyclose // A recorder.
}

// back comes back to v with an authorisation code.
func (b tab) back(t *testing.T, v *vendor, code string) *httptest.ResponseRecorder {
	t.Helper()
	return b.get(t.Context(), v, "/installed?auth_code="+code+"&expires_in=600&state="+b.state)
}

// linkOf is the first link of a page.
func linkOf(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	link := regexp.MustCompile(`<a href="([^"]*)"`).FindStringSubmatch(w.Body.String())
	require.NotNil(t, link, w.Body.String())
	return strings.ReplaceAll(link[1], "&amp;", "&")
}

// installations is a platform that grants each code of "a…" once, after a second.
func installations(t *testing.T) *upstream {
	t.Helper()
	u := newUpstream(t)
	u.suiteTokens()
	u.on("GET", "/cgi-bin/service/get_pre_auth_code", `{"errcode":0,"errmsg":"ok","pre_auth_code":"pre","expires_in":1200}`)
	u.on("POST", "/cgi-bin/service/set_session_info", `{"errcode":0,"errmsg":"ok"}`)
	used := make(map[any]bool)
	u.handle("POST", exchangePath, func(*http.Request) (*http.Response, error) {
		u.mu.Lock()
		code, _ := u.calls[len(u.calls)-1].body["auth_code"].(string)
		refused := used[code] || !strings.HasPrefix(code, "a")
		used[code] = true
		u.mu.Unlock()
		time.Sleep(time.Second)
		if refused {
			return httpmock.NewStringResponse(http.StatusOK, `{"errcode":40078,"errmsg":"invalid auth_code"}`), nil
		}
		return httpmock.NewStringResponse(http.StatusOK, granted("wpA", "code")), nil
	})
	return u
}

func TestInstallByBrowser(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	platform := wecomtest.NewPlatform(t)
	site := httptest.NewServer(nil)
	t.Cleanup(site.Close)
	host := strings.TrimPrefix(site.URL, "http://")
	sim := platform.NewApp(wecomtest.AppConfig{RedirectDomain: host})
	customer := platform.NewCorp("Acme & Söhne")
	api, err := wecom.New(wecom.WithBaseURL(platform.URL()))
	require.NoError(t, err)
	app, err := suite.New(api, suite.Config{ID: sim.ID, Secret: sim.Secret, PageURL: platform.URL()})
	require.NoError(t, err)
	require.NoError(t, app.SaveTicket(ctx, wecom.NewSecret(sim.IssueTicket()), time.Now()))
	v := newVendor(t, app, func(cfg *suite.InstallConfig) { cfg.RedirectURI = site.URL + "/installed" })
	site.Config.Handler = &v.site

	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	client := &http.Client{Jar: jar}
	visit := func(method, address, referer, form string) (*http.Response, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(form))
		require.NoError(t, err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if referer != "" {
			r.Header.Set("Referer", referer)
		}
		reply, err := client.Do(r)
		require.NoError(t, err)
		defer func() { _ = reply.Body.Close() }()
		body, err := io.ReadAll(reply.Body)
		require.NoError(t, err)
		return reply, string(body)
	}

	reply, body := visit(http.MethodGet, site.URL+"/install?next=/welcome", "", "")
	assert.Equal(t, http.StatusOK, reply.StatusCode)
	assert.Equal(t, "no-store", reply.Header.Get("Cache-Control"))
	assert.Equal(t, "strict-origin", reply.Header.Get("Referrer-Policy"), "the platform wants a Referer")
	assert.Contains(t, body, `<html lang="zh-CN">`)
	link := regexp.MustCompile(`<a href="([^"]*)"`).FindStringSubmatch(body)
	require.NotNil(t, link)
	address := strings.ReplaceAll(link[1], "&amp;", "&")

	reply, _ = visit(http.MethodGet, address, "", "")
	assert.Equal(t, http.StatusBadRequest, reply.StatusCode, "a redirect would bring no Referer")
	reply, _ = visit(http.MethodGet, address, site.URL+"/", "")
	assert.Equal(t, http.StatusOK, reply.StatusCode)
	reply, body = visit(http.MethodPost, address, address, "who="+customer.ID) // follows the redirect
	assert.Equal(t, http.StatusOK, reply.StatusCode, body)
	assert.Equal(t, "/installed", reply.Request.URL.Path)
	assert.Contains(t, body, "Acme &amp; Söhne")
	assert.Contains(t, body, `<a href="/welcome">继续</a>`)
	assert.Equal(t, []string{customer.ID + " Acme & Söhne"}, v.announced)
	_, err = app.Corp(customer.ID).AuthInfo(ctx)
	require.NoError(t, err)

	reply, body = visit(http.MethodGet, reply.Request.URL.String(), "", "")
	assert.Equal(t, http.StatusForbidden, reply.StatusCode, "reloaded")
	assert.Contains(t, body, "安装完成，请登录")
	assert.Len(t, v.announced, 1)
	assert.Len(t, platform.Calls(exchangePath), 1)
}

// Redirect and event carry the same code to the same machine or to two that
// share the cache, in any order and at once: there is one exchange, Authorized is
// called once, and the browser is welcome.
func TestRedirectAndEventAreOneAuthorization(t *testing.T) {
	t.Parallel()
	type side struct{ first, second string }
	for name, tc := range map[string]struct {
		machines int
		order    side
		pause    time.Duration
	}{
		"redirect first, one machine":  {1, side{"redirect", "event"}, time.Minute},
		"event first, one machine":     {1, side{"event", "redirect"}, time.Minute},
		"at once, one machine":         {1, side{"event", "redirect"}, 0},
		"redirect first, two machines": {2, side{"redirect", "event"}, time.Minute},
		"event first, two machines":    {2, side{"event", "redirect"}, time.Minute},
		"at once, two machines":        {2, side{"redirect", "event"}, 0},
		"while the hook runs":          {2, side{"event", "redirect"}, 1500 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				u := installations(t)
				cache := wecom.NewMemoryCache()
				var machines []*vendor
				for range tc.machines {
					v := newVendor(t, thirdParty(t, u.api(wecom.WithTokenCache(cache)), suite.Config{}), nil)
					v.hookTakes = 2 * time.Second
					machines = append(machines, v)
				}
				here, there := machines[0], machines[len(machines)-1]
				browser := begin(t, there)
				carry := map[string]func(){
					"redirect": func() {
						w := browser.back(t, there, "a1")
						assert.Equal(t, http.StatusOK, w.Code, w.Body.String())
						assert.Contains(t, w.Body.String(), "Acme")
						assert.Equal(t, "/welcome", linkOf(t, w))
					},
					"event": func() { assert.NoError(t, here.createAuth(t)) },
				}
				var wg sync.WaitGroup
				wg.Go(carry[tc.order.first])
				time.Sleep(tc.pause)
				wg.Go(carry[tc.order.second])
				wg.Wait()
				assert.NoError(t, here.createAuth(t), "repeated")
				announced := here.announced
				if there != here {
					announced = append(announced, there.announced...)
				}
				assert.Equal(t, []string{"wpA Acme"}, announced)
				assert.Len(t, u.to(exchangePath), 1)
			})
		})
	}
}

// Machines that share nothing cannot know: the second one says what to do.
func TestInstalledOnAnotherMachineWithoutASharedCache(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := installations(t)
		here, there := newVendor(t, thirdParty(t, u.api(), suite.Config{}), nil), newVendor(t, thirdParty(t, u.api(), suite.Config{}), nil)
		browser := begin(t, there)
		require.NoError(t, here.createAuth(t))
		w := browser.back(t, there, "a1")
		assert.Equal(t, http.StatusForbidden, w.Code)
		assert.Contains(t, w.Body.String(), "If the app is in your WeCom console, just sign in")
		assert.Empty(t, there.announced)
	})
}

// A hook that fails is called again by whatever comes next, which exchanges
// nothing.
func TestAuthorizedIsCalledAgainAfterItFailed(t *testing.T) {
	t.Parallel()
	for _, first := range []string{"redirect", "event"} {
		synctest.Test(t, func(t *testing.T) {
			u := installations(t)
			v := newVendor(t, thirdParty(t, u.api(), suite.Config{}), nil)
			browser := begin(t, v)
			v.hookFails = errors.New("the database is down")
			if first == "event" {
				require.ErrorIs(t, v.createAuth(t), v.hookFails)
				v.hookFails = nil
				assert.Equal(t, http.StatusOK, browser.back(t, v, "a1").Code)
			} else {
				w := browser.back(t, v, "a1")
				assert.Equal(t, http.StatusInternalServerError, w.Code)
				assert.NotContains(t, w.Body.String(), "database")
				v.hookFails = nil
				require.NoError(t, v.createAuth(t))
			}
			assert.Equal(t, []string{"wpA Acme"}, v.announced)
			assert.Len(t, u.to(exchangePath), 1)
		})
	}
}

// A machine that died at the exchange is waited for, and not for ever.
func TestInstalledAfterAMachineDied(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := installations(t)
		cache := wecom.NewMemoryCache()
		v := newVendor(t, thirdParty(t, u.api(wecom.WithTokenCache(diesAfterSaving{cache})), suite.Config{}), nil)
		require.Error(t, v.createAuth(t))
		there := newVendor(t, thirdParty(t, u.api(wecom.WithTokenCache(cache)), suite.Config{}), nil)
		begun := time.Now()
		browser := begin(t, there)
		assert.Equal(t, http.StatusServiceUnavailable, browser.back(t, there, "a1").Code, "it may still be at it")
		again := browser.back(t, there, "a1")
		assert.Equal(t, http.StatusForbidden, again.Code, "its state is used")
		assert.Contains(t, again.Body.String(), "The app is installed")
		assert.Less(t, time.Since(begun), time.Minute)
		assert.Equal(t, []string{"wpA Acme"}, there.announced)
	})
}

// diesAfterSaving is the cache of a machine that claims an exchange and is gone.
type diesAfterSaving struct{ wecom.TokenCache }

func (c diesAfterSaving) Save(ctx context.Context, key string, t wecom.Token) (bool, error) {
	saved, err := c.TokenCache.Save(ctx, key, t)
	if strings.Contains(key, "/authorized/") {
		panic("killed")
	}
	return saved, err
}

// The store fails for the first browser: its code is still of no use to another, for
// as long as the process keeps what it could not save.
func TestInstalledIsBoundThoughTheStoreFails(t *testing.T) {
	t.Parallel()
	for _, later := range []time.Duration{time.Minute, 23 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			store := newCodes()
			store.fail = errDown
			u := installations(t)
			v := newVendor(t, thirdParty(t, u.api(wecom.WithTokenCache(wecom.NewMemoryCache())), suite.Config{Codes: store}), nil)
			assert.Equal(t, http.StatusInternalServerError, begin(t, v).back(t, v, "a1").Code)
			store.fail = nil
			time.Sleep(later)
			require.NoError(t, v.app.SaveTicket(t.Context(), wecom.NewSecret("t2"), time.Now()))
			w := begin(t, v).back(t, v, "a1")
			assert.Equal(t, http.StatusForbidden, w.Code, later)
			assert.NotContains(t, w.Body.String(), "Acme")
		})
	}
}

// A second process, to which the platform says that the code is used, does not let go
// of what the first one still holds.
func TestInstalledStaysBoundWhenAnotherProcessIsRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, cache, u := newCodes(), wecom.NewMemoryCache(), installations(t)
		process := func() *vendor {
			return newVendor(t, thirdParty(t, u.api(wecom.WithTokenCache(cache)), suite.Config{Codes: store}), nil)
		}
		holder, other := process(), process()
		store.fail = errDown
		assert.Equal(t, http.StatusInternalServerError, begin(t, holder).back(t, holder, "a1").Code)
		store.fail = nil
		assert.Equal(t, http.StatusForbidden, begin(t, other).back(t, other, "a1").Code)
		w := begin(t, holder).back(t, holder, "a1")
		assert.Equal(t, http.StatusForbidden, w.Code)
		assert.NotContains(t, w.Body.String(), "Acme")
	})
}

// What the platform refuses leaves nothing in the cache.
func TestInstalledForgetsRefusedCodes(t *testing.T) {
	t.Parallel()
	u := installations(t)
	cache := &keysSaved{TokenCache: wecom.NewMemoryCache()}
	v := newVendor(t, thirdParty(t, u.api(wecom.WithTokenCache(cache)), suite.Config{}), nil)
	assert.Equal(t, http.StatusForbidden, begin(t, v).back(t, v, "made-up").Code)
	for _, key := range cache.with("/returned/") {
		_, err := cache.Load(t.Context(), key)
		require.ErrorIs(t, err, wecom.ErrNotCached)
	}
	assert.Len(t, cache.with("/returned/"), 1)
}

// keysSaved remembers the keys that were saved.
type keysSaved struct {
	wecom.TokenCache

	mu   sync.Mutex
	keys []string
}

func (c *keysSaved) Save(ctx context.Context, key string, t wecom.Token) (bool, error) {
	c.mu.Lock()
	c.keys = append(c.keys, key)
	c.mu.Unlock()
	return c.TokenCache.Save(ctx, key, t)
}

func (c *keysSaved) with(part string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(c.keys), func(key string) bool { return !strings.Contains(key, part) })
}

// A code that leaks from a log or a history is of no use to another browser, even
// while the exchange is remembered for the event.
func TestInstalledWelcomesOneBrowser(t *testing.T) {
	t.Parallel()
	for _, machine := range []string{"the same machine", "another machine"} {
		synctest.Test(t, func(t *testing.T) {
			u := installations(t)
			cache := wecom.WithTokenCache(wecom.NewMemoryCache())
			here := newVendor(t, thirdParty(t, u.api(cache), suite.Config{}), nil)
			there := here
			if machine == "another machine" {
				there = newVendor(t, thirdParty(t, u.api(cache), suite.Config{}), nil)
			}
			require.NoError(t, here.createAuth(t))
			assert.Equal(t, http.StatusOK, begin(t, here).back(t, here, "a1").Code, "an event does not count")
			w := begin(t, there).back(t, there, "a1")
			assert.Equal(t, http.StatusForbidden, w.Code, machine)
			assert.Contains(t, w.Body.String(), "used before")
			assert.NotContains(t, w.Body.String(), "Acme")
		})
	}
}

// That holds for a code as well whose own browser was refused or got an error, and
// for as long as any machine remembers the exchange.
func TestInstalledIsBoundToTheFirstState(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]func(t *testing.T, here, there *vendor, b tab){
		"the state had expired": func(t *testing.T, here, _ *vendor, b tab) {
			t.Helper()
			time.Sleep(sso.DefaultStateLife + time.Second)
			assert.Equal(t, http.StatusForbidden, b.back(t, here, "a1").Code)
		},
		"the hook failed": func(t *testing.T, here, _ *vendor, b tab) {
			t.Helper()
			here.hookFails = errors.New("the database is down")
			assert.Equal(t, http.StatusInternalServerError, b.back(t, here, "a1").Code)
		},
		"a machine that heard of it late": func(t *testing.T, here, there *vendor, b tab) {
			t.Helper()
			assert.Equal(t, http.StatusOK, b.back(t, here, "a1").Code)
			time.Sleep(9 * time.Minute)
			assert.Equal(t, http.StatusForbidden, begin(t, there).back(t, there, "a1").Code)
			time.Sleep(3 * time.Minute)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				u := installations(t)
				cache := wecom.WithTokenCache(wecom.NewMemoryCache())
				here := newVendor(t, thirdParty(t, u.api(cache), suite.Config{}), nil)
				there := newVendor(t, thirdParty(t, u.api(cache), suite.Config{}), nil)
				first(t, here, there, begin(t, here))
				w := begin(t, there).back(t, there, "a1")
				assert.Equal(t, http.StatusForbidden, w.Code)
				assert.NotContains(t, w.Body.String(), "Acme")
			})
		})
	}
}

// A program that opens the address before the person does, in a mail gateway say,
// has the same state and no cookie: it does not lock the person out.
func TestInstalledAfterALinkScanner(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := installations(t)
		v := newVendor(t, thirdParty(t, u.api(), suite.Config{}), nil)
		browser := begin(t, v)
		assert.Equal(t, http.StatusForbidden, tab{state: browser.state}.back(t, v, "a1").Code)
		assert.Equal(t, http.StatusOK, browser.back(t, v, "a1").Code)
	})
}

// A store of used states that is down is the site's fault, and no installation is
// lost by it.
func TestInstalledWithoutTheStoreOfStates(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		u := installations(t)
		v := newVendor(t, thirdParty(t, u.api(), suite.Config{}), func(cfg *suite.InstallConfig) {
			cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
			states, err := sso.NewStates(wecom.NewSecret(strings.Repeat("k", 32)), sso.WithUsedStates(brokenStates{}))
			require.NoError(t, err)
			cfg.States = states
		})
		w := begin(t, v).back(t, v, "a1")
		assert.Equal(t, http.StatusInternalServerError, w.Code)
		assert.Contains(t, w.Body.String(), "please sign in")
		assert.Contains(t, log.String(), "level=ERROR")
		assert.Equal(t, []string{"wpA Acme"}, v.announced)
	})
}

// brokenStates is a store of used states that is down.
type brokenStates struct{}

func (brokenStates) Use(context.Context, string, time.Time) (bool, error) { return false, errDown }

// What failed for the vendor's own reasons is made good when the page is loaded
// again: nothing else has the code.
func TestInstalledAgainAfterAFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := installations(t)
		store := &failingCodes{CodeStore: suite.NewCacheCodes(wecom.NewMemoryCache()), fails: true}
		v := newVendor(t, thirdParty(t, u.api(), suite.Config{Codes: store}), nil)
		browser := begin(t, v)
		first := browser.back(t, v, "a1")
		assert.Equal(t, http.StatusInternalServerError, first.Code)
		browser.cookies = first.Result().Cookies() //nolint:bodyclose // A recorder.
		assert.Equal(t, http.StatusInternalServerError, browser.back(t, v, "a1").Code)

		store.fails = false
		again := browser.back(t, v, "a1")
		assert.Equal(t, http.StatusForbidden, again.Code, "the state was used")
		assert.Contains(t, again.Body.String(), "please sign in")
		assert.Equal(t, []string{"wpA Acme"}, v.announced)
		_, err := store.LoadCode(t.Context(), v.app.ID(), "wpA")
		require.NoError(t, err)
		assert.Len(t, u.to(exchangePath), 1)

		time.Sleep(time.Hour)
		browser.cookies = begin(t, v).cookies
		assert.Equal(t, http.StatusForbidden, browser.back(t, v, "a1").Code)
		assert.Len(t, v.announced, 1)
	})
}

// failingCodes is a store that is down at times.
type failingCodes struct {
	suite.CodeStore

	fails bool
}

func (s *failingCodes) SaveCode(ctx context.Context, code suite.PermanentCode) error {
	if s.fails {
		return errors.New("the store is down")
	}
	return s.CodeStore.SaveCode(ctx, code)
}

// Who reads the page, fetches the administrator and comes back while the link
// still works is welcome.
func TestInstalledAsLateAsTheLinkAllows(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := installations(t)
		v := newVendor(t, thirdParty(t, u.api(), suite.Config{}), nil)
		browser := begin(t, v)
		time.Sleep(19 * time.Minute) // 20 says the page
		assert.Equal(t, http.StatusOK, browser.back(t, v, "a1").Code)
	})
}

func TestInstalledGoesOnWithoutTheBrowser(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := installations(t)
		v := newVendor(t, thirdParty(t, u.api(), suite.Config{}), nil)
		browser := begin(t, v)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond) // the tab is closed
		defer cancel()
		browser.get(ctx, v, "/installed?auth_code=a1&state="+browser.state)
		assert.Equal(t, []string{"wpA Acme"}, v.announced)
	})
}

func TestInstallWithoutTheCache(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := installations(t)
		v := newVendor(t, thirdPartyOf(t, u.api(wecom.WithTokenCache(brokenCache{}))), nil)
		assert.Equal(t, http.StatusOK, begin(t, v).back(t, v, "a1").Code)
		assert.Equal(t, []string{"wpA Acme"}, v.announced)
	})
}

// thirdPartyOf is thirdParty with a cache that does not take the ticket, and a
// store of its own.
func thirdPartyOf(t *testing.T, api *wecom.Client) *suite.Client {
	t.Helper()
	app, err := suite.New(api, suite.Config{ID: "ww1", Secret: "s", Codes: newCodes()})
	require.NoError(t, err)
	require.Error(t, app.SaveTicket(t.Context(), wecom.NewSecret("ticket"), time.Now()), "kept in memory all the same")
	return app
}

func TestInstalledRefusesBadStates(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		come   func(t *testing.T, v *vendor, b tab) *httptest.ResponseRecorder
		status int
		says   string
		kept   bool // the authorisation is not lost
	}{
		"forged": {func(t *testing.T, v *vendor, b tab) *httptest.ResponseRecorder {
			t.Helper()
			b.state = strings.Repeat("ab", 40)
			return b.back(t, v, "a1")
		}, 403, "ends only in the browser", false},
		"missing": {func(t *testing.T, v *vendor, b tab) *httptest.ResponseRecorder {
			t.Helper()
			return b.get(t.Context(), v, "/installed?auth_code=a1")
		}, 403, "ends only in the browser", false},
		"given twice": {func(t *testing.T, v *vendor, b tab) *httptest.ResponseRecorder {
			t.Helper()
			return b.get(t.Context(), v, "/installed?auth_code=a1&state=x&state="+b.state)
		}, 400, "not one of the install page", false},
		"no code at all": {func(t *testing.T, v *vendor, b tab) *httptest.ResponseRecorder {
			t.Helper()
			return b.get(t.Context(), v, "/installed")
		}, 400, "not one of the install page", false},
		"of another browser": {func(t *testing.T, v *vendor, b tab) *httptest.ResponseRecorder {
			t.Helper()
			b.cookies = begin(t, v).cookies
			return b.back(t, v, "a1")
		}, 403, "please sign in", true},
		"expired": {func(t *testing.T, v *vendor, b tab) *httptest.ResponseRecorder {
			t.Helper()
			time.Sleep(sso.DefaultStateLife + time.Second)
			return b.back(t, v, "a1")
		}, 403, "please sign in", true},
		"of another browser, code used": {func(t *testing.T, v *vendor, b tab) *httptest.ResponseRecorder {
			t.Helper()
			b.cookies = nil
			return b.back(t, v, "used")
		}, 403, "used before or is too old", false},
		"consent refused": {func(t *testing.T, v *vendor, b tab) *httptest.ResponseRecorder {
			t.Helper()
			return b.get(t.Context(), v, "/installed?state="+b.state)
		}, 403, "did not agree", false},
		"consent refused elsewhere": {func(t *testing.T, v *vendor, b tab) *httptest.ResponseRecorder {
			t.Helper()
			b.cookies = nil
			return b.get(t.Context(), v, "/installed?state="+b.state)
		}, 403, "ends only in the browser", false},
		"another method": {func(t *testing.T, v *vendor, b tab) *httptest.ResponseRecorder {
			t.Helper()
			w := httptest.NewRecorder()
			v.site.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodHead, vendorSite+"/installed?auth_code=a1&state="+b.state, http.NoBody))
			return w
		}, 405, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				u := installations(t)
				v := newVendor(t, thirdParty(t, u.api(), suite.Config{}), func(cfg *suite.InstallConfig) {
					cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
					cfg.Installed = func(http.ResponseWriter, *http.Request, *suite.Authorization, string) {
						t.Error("the corp is tied to the wrong browser")
					}
				})
				w := tc.come(t, v, begin(t, v))
				assert.Equal(t, tc.status, w.Code)
				assert.Contains(t, w.Body.String(), tc.says)
				assert.Equal(t, tc.kept, len(v.announced) == 1)
				if id := regexp.MustCompile(`<code>(\w{12})</code>`).FindStringSubmatch(w.Body.String()); tc.status != 405 && assert.NotNil(t, id) {
					assert.Contains(t, log.String(), "id="+id[1])
				}
				assert.NotContains(t, w.Body.String()+log.String(), "a1")
			})
		})
	}
}

func TestInstallHandlerFails(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	u.suiteTokens()
	u.on("GET", "/cgi-bin/service/get_pre_auth_code", `{"errcode":45009,"errmsg":"api freq out of limit"}`,
		`{"errcode":0,"pre_auth_code":"pre","expires_in":1200}`)
	u.on("POST", "/cgi-bin/service/set_session_info", `{"errcode":40086,"errmsg":"invalid third appid"}`)
	var got suite.Failure
	v := newVendor(t, thirdParty(t, u.api(), suite.Config{}), func(cfg *suite.InstallConfig) {
		cfg.Failed = func(_ http.ResponseWriter, _ *http.Request, f suite.Failure) { got = f }
	})
	for _, next := range []string{"//evil.example", "https://evil.example", `/\evil.example`} {
		tab{}.get(t.Context(), v, "/install?next="+url.QueryEscape(next))
		assert.Equal(t, http.StatusBadRequest, got.Status)
	}
	assert.Empty(t, u.to("/cgi-bin/service/get_pre_auth_code"), "nothing was asked for")
	tab{}.get(t.Context(), v, "/install")
	assert.Equal(t, http.StatusServiceUnavailable, got.Status)
	assert.Equal(t, "/install", got.Retry)
	require.ErrorIs(t, got.Err, wecom.ErrRateLimited)
	tab{}.get(t.Context(), v, "/install")
	assert.Equal(t, http.StatusInternalServerError, got.Status)
	require.ErrorIs(t, got.Err, wecom.Code(40086))
	assert.NotEmpty(t, got.ID)
	assert.NotEmpty(t, got.Message)
}

func TestInstallPagesOfOnesOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := installations(t)
		v := newVendor(t, thirdParty(t, u.api(), suite.Config{}), func(cfg *suite.InstallConfig) {
			cfg.Page = func(w http.ResponseWriter, _ *http.Request, link suite.InstallLink) {
				_, _ = io.WriteString(w, `<a href="`+link.URL+`">`)
			}
			cfg.Installed = func(w http.ResponseWriter, r *http.Request, auth *suite.Authorization, next string) {
				http.Redirect(w, r, next+"?corp="+auth.Corp.ID(), http.StatusSeeOther)
			}
		})
		w := begin(t, v).back(t, v, "a1")
		assert.Equal(t, "/welcome?corp=wpA", w.Header().Get("Location"))
		assert.Equal(t, "strict-origin", w.Header().Get("Referrer-Policy"))
	})
}

func TestInstallHandlersCheckTheirConfig(t *testing.T) {
	t.Parallel()
	app := thirdParty(t, newUpstream(t).api(), suite.Config{})
	good := newVendor(t, app, nil).cfg
	for want, change := range map[string]func(*suite.InstallConfig){
		"InstallConfig.States is nil":             func(c *suite.InstallConfig) { c.States = nil },
		"InstallConfig.RedirectURI":               func(c *suite.InstallConfig) { c.RedirectURI = "/installed" },
		"InstallConfig.AuthType must be":          func(c *suite.InstallConfig) { c.AuthType = 0 },
		"InstallConfig.InstallPath is not a path": func(c *suite.InstallConfig) { c.InstallPath = "//evil.example" },
	} {
		cfg := good
		change(&cfg)
		_, err := app.InstallHandler(cfg)
		require.ErrorContains(t, err, want)
		_, err = app.InstalledHandler(cfg)
		require.ErrorContains(t, err, want)
	}
}

// The permanent code that the store did not take, and codes, are shown nowhere.
func TestPain21_InstallHandlersShowNothingSecret(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		u := installations(t)
		u.on("POST", exchangePath, granted("wpA", "CANARY"))
		store := newCodes()
		store.setFail(errors.New("disk full"))
		v := newVendor(t, thirdParty(t, u.api(), suite.Config{Codes: store}), func(cfg *suite.InstallConfig) {
			cfg.Logger = slog.New(slog.NewJSONHandler(&log, nil))
		})
		w := begin(t, v).back(t, v, "aCANARY")
		assert.Equal(t, http.StatusInternalServerError, w.Code)
		assert.Contains(t, log.String(), `"level":"ERROR"`)
		assert.Contains(t, log.String(), "disk full")
		assert.NotContains(t, log.String()+w.Body.String(), "CANARY")
	})
}
