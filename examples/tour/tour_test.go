package tour_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/corp/contact"
	"github.com/wecom-isv/wecom/examples/tour"
	"github.com/wecom-isv/wecom/sso"
	"github.com/wecom-isv/wecom/suite"
	"github.com/wecom-isv/wecom/wecomtest"
)

const host = "app.example.com"

// database keeps everything in memory.
type database struct {
	suite.CodeStore

	mu        sync.Mutex
	customers map[string]string
	sessions  []string
}

func newDatabase() *database {
	return &database{CodeStore: suite.NewCacheCodes(wecom.NewMemoryCache()), customers: map[string]string{}}
}

func (d *database) AddCustomer(_ context.Context, corpID, name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.customers[corpID] = name
	return nil
}

func (d *database) RemoveCustomer(_ context.Context, corpID string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.customers, corpID)
	return nil
}

func (d *database) People(context.Context, string) (tour.People, error) {
	return tour.People{
		Departments: []contact.CreateDepartmentRequest{{ID: 2, Name: "Sales", ParentID: 1}},
		Users:       []contact.CreateUserRequest{{UserID: "lisi", Name: "李四", Mobile: "13800000001", Department: []int64{2}}},
	}, nil
}

func (d *database) NewSession(_ http.ResponseWriter, corpID, userID string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sessions = append(d.sessions, corpID+"/"+userID)
	return nil
}

func (d *database) customer(corpID string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.customers[corpID]
}

// world is a vendor on a simulated platform.
type world struct {
	platform *wecomtest.Platform
	app      *wecomtest.App
	db       *database
	vendor   *tour.Vendor
}

func newWorld(t *testing.T) *world {
	t.Helper()
	platform := wecomtest.NewPlatform(t, wecomtest.WithoutServer())
	platform.Provider().SetCallbackURL("https://" + host + "/callback/system")
	platform.Provider().SetBalance(1_000_000)
	w := &world{platform: platform, app: platform.NewApp(wecomtest.AppConfig{CallbackURL: "https://" + host + "/callback/command"}), db: newDatabase()}
	w.vendor = newVendor(t, platform, w.app, w.db)
	platform.Handle(host, w.vendor)
	_, err := w.app.PushTicket(t.Context())
	require.NoError(t, err)
	return w
}

// newVendor is a vendor's backend that knows its simulated platform.
func newVendor(t *testing.T, platform *wecomtest.Platform, app *wecomtest.App, db *database) *tour.Vendor {
	t.Helper()
	return newVendorOver(t, platform.Transport(), platform, app, db)
}

func newVendorOver(t *testing.T, transport http.RoundTripper, platform *wecomtest.Platform, app *wecomtest.App, db *database) *tour.Vendor {
	t.Helper()
	api, err := wecom.New(wecom.WithTransport(transport))
	require.NoError(t, err)
	vendor, err := tour.New(api, tour.Settings{
		CorpID: platform.Provider().CorpID, ProviderSecret: platform.Provider().Secret,
		SuiteID: app.ID, SuiteSecret: app.Secret, Token: app.Token, AESKey: app.AESKey,
		SystemToken: platform.Provider().Token, SystemKey: platform.Provider().AESKey,
		TemplateID:  platform.NewPackage(wecomtest.PackageConfig{ContactMigration: true}).TemplateID,
		Checkpoints: t.TempDir(),
		Key:         wecom.NewSecret(strings.Repeat("k", 32)),
		PageURL:     platform.URL(), Pages: sso.PagesAt(platform.URL()),
	}, db)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, vendor.Close(context.WithoutCancel(t.Context()))) })
	return vendor
}

// browser keeps cookies, as browsers do.
type browser struct {
	vendor  http.Handler
	cookies []*http.Cookie
}

func (b *browser) open(t *testing.T, method, target string) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "https://"+host+strings.TrimPrefix(target, "https://"+host), http.NoBody)
	r.Header.Set("User-Agent", "wxwork/5.0.0 MicroMessenger/7.0.1")
	for _, c := range b.cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	b.vendor.ServeHTTP(w, r)
	res := w.Result()
	t.Cleanup(func() { _ = res.Body.Close() })
	b.cookies = append(b.cookies, res.Cookies()...)
	return res
}

var link = regexp.MustCompile(`href="(https://[^"]*3rdapp/install[^"]*)"`)

func TestACustomerFromInstallationToCancellation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	corp := w.platform.NewCorp("Acme")

	// The administrator installs the app from the vendor's page.
	b := &browser{vendor: w.vendor}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+host+"/install", http.NoBody)
	page := httptest.NewRecorder()
	w.vendor.ServeHTTP(page, r)
	b.cookies = page.Result().Cookies()
	found := link.FindStringSubmatch(page.Body.String())
	require.Len(t, found, 2, page.Body.String())
	back, err := corp.Authorize(t.Context(), strings.ReplaceAll(found[1], "&amp;", "&"))
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, b.open(t, http.MethodGet, back.String()).StatusCode)
	assert.Equal(t, "Acme", w.db.customer(corp.ID))

	// A member signs in.
	member := corp.AddUser(wecomtest.User{ID: "zhangsan"})
	begun := b.open(t, http.MethodGet, "/login?next=/orders")
	require.Equal(t, http.StatusFound, begun.StatusCode)
	back, err = corp.Login(t.Context(), member, begun.Header.Get("Location"))
	require.NoError(t, err)
	in := b.open(t, http.MethodGet, back.String())
	assert.Equal(t, "/orders", in.Header.Get("Location"))
	assert.Equal(t, []string{corp.ID + "/zhangsan"}, w.db.sessions)

	// The app writes to him, and the vendor buys him a licence.
	require.NoError(t, w.vendor.Greet(t.Context(), corp.ID, "zhangsan"))
	require.Len(t, w.platform.Messages(), 1)
	require.NoError(t, w.vendor.BuyLicences(t.Context(), corp.ID, "buyer", []string{"zhangsan"}))

	// The administrator removes the app.
	_, err = corp.Cancel(t.Context(), w.app)
	require.NoError(t, err)
	assert.Eventually(t, func() bool { return w.db.customer(corp.ID) == "" }, 5*time.Second, time.Millisecond)
}

// Somebody of no corp has neither CorpID nor UserID: all of them would share one
// account.
func TestAnOutsiderGetsNoSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := &browser{vendor: w.vendor}
	begun := b.open(t, http.MethodGet, "/login")
	back, err := w.platform.LoginOutsider(t.Context(), "someone", begun.Header.Get("Location"))
	require.NoError(t, err)
	assert.Equal(t, http.StatusForbidden, b.open(t, http.MethodGet, back.String()).StatusCode)
	assert.Empty(t, w.db.sessions)
}

// oneMore is a platform whose orders have one account more than was bought.
type oneMore struct{ next http.RoundTripper }

func (o oneMore) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := o.next.RoundTrip(r)
	if err != nil || r.URL.Path != "/cgi-bin/license/list_order_account" {
		return res, err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	body = bytes.Replace(body, []byte("}]"), []byte(`},{"active_code":"MORE","type":1}]`), 1)
	res.Body, res.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	res.Header.Del("Content-Length")
	return res, nil
}

func TestAnOrderWithMoreAccountsThanMembers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	corp := w.platform.NewCorp("Acme")
	_, err := corp.Install(t.Context(), w.app)
	require.NoError(t, err)
	vendor := newVendorOver(t, oneMore{w.platform.Transport()}, w.platform, w.app, newDatabase())
	corp.AddUser(wecomtest.User{ID: "zhangsan"})
	require.NoError(t, vendor.BuyLicences(t.Context(), corp.ID, "buyer", []string{"zhangsan"}))
	require.Len(t, w.platform.Calls("/cgi-bin/license/active_account"), 1)
}

func TestInstallationFromTheMarket(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	corp := w.platform.NewCorp("Acme")
	_, err := corp.Install(t.Context(), w.app)
	require.NoError(t, err)
	assert.Eventually(t, func() bool { return w.db.customer(corp.ID) == "Acme" }, 5*time.Second, time.Millisecond)
}

func TestRegistration(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := &browser{vendor: w.vendor}
	page := b.open(t, http.MethodGet, "/register/")
	require.Equal(t, http.StatusSeeOther, page.StatusCode)
	at := "/register/" + page.Header.Get("Location")
	opened := b.open(t, http.MethodPost, strings.Replace(at, "/?", "/open?", 1))
	corp, err := w.platform.Register(t.Context(), opened.Header.Get("Location"), wecomtest.RegisterForm{CorpName: "New Ltd"})
	require.NoError(t, err)
	// Its people are moved in, its contact list is unlocked, and the page moves on.
	require.Eventually(t, func() bool { return !corp.ContactsLocked() }, 10*time.Second, time.Millisecond)
	assert.True(t, slices.ContainsFunc(corp.Users(), func(u wecomtest.User) bool { return u.ID == "lisi" && u.Departments[0] == 2 }))
	assert.Eventually(t, func() bool { return b.open(t, http.MethodGet, at).Header.Get("Location") == "/login" }, 10*time.Second, 10*time.Millisecond)
}
