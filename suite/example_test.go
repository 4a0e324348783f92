package suite_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"time"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/callback"
	"github.com/wecom-isv/wecom/provider"
	"github.com/wecom-isv/wecom/sso"
	"github.com/wecom-isv/wecom/suite"
	"github.com/wecom-isv/wecom/wecomtest"
)

// simulated is an engine that talks to a simulated platform.
func simulated() (*wecomtest.Platform, *wecom.Client) {
	platform, err := wecomtest.Start(wecomtest.WithoutServer())
	if err != nil {
		panic(err)
	}
	api, err := wecom.New(wecom.WithBaseURL(platform.URL()), wecom.WithTransport(platform.Transport()))
	if err != nil {
		panic(err)
	}
	return platform, api
}

// An administrator installs the app from a page of the vendor.
func ExampleClient_Install() {
	ctx := context.Background()
	platform, api := simulated()
	defer platform.Close()
	console := platform.NewApp(wecomtest.AppConfig{ID: "ww4asffe99e54c0f4c"})
	app, err := suite.New(api, suite.Config{ID: console.ID, Secret: console.Secret})
	if err != nil {
		panic(err)
	}
	// In a server app.Handle(&mux, suite.Hooks{}) saves the tickets.
	if err := app.SaveTicket(ctx, wecom.NewSecret(console.IssueTicket()), time.Now()); err != nil {
		panic(err)
	}

	link, err := app.Install(ctx, suite.InstallRequest{
		RedirectURI: "https://app.example.com/installed",
		State:       "3f2a9c41d0", // random, and bound to the browser
		AuthType:    suite.AuthTypeFormal,
	})
	if err != nil {
		panic(err)
	}
	redirect, err := platform.NewCorp("Acme").Authorize(ctx, link.URL) // a person does this
	if err != nil {
		panic(err)
	}

	back, err := suite.ParseInstalled(redirect.Query())
	if err != nil {
		panic(err)
	}
	auth, err := app.Authorize(ctx, back.Code)
	if err != nil {
		panic(err)
	}
	permissions, err := auth.Corp.GetPermissions(ctx)
	if err != nil {
		panic(err)
	}
	fmt.Println(back.State, auth.CorpInfo.CorpName, permissions.AppPermissions)
	// Output: 3f2a9c41d0 Acme [contact:base:base]
}

// The two handlers of an installation that begins on the vendor's site.
func ExampleClient_InstallHandler() {
	platform, api := simulated()
	defer platform.Close()
	console := platform.NewApp(wecomtest.AppConfig{ID: "ww4asffe99e54c0f4c"})
	app, err := suite.New(api, suite.Config{ID: console.ID, Secret: console.Secret})
	if err != nil {
		panic(err)
	}
	if err := app.SaveTicket(context.Background(), wecom.NewSecret(console.IssueTicket()), time.Now()); err != nil {
		panic(err)
	}

	states, err := sso.NewStates(wecom.NewSecret("in earnest: 32 random bytes, the same on every machine"))
	if err != nil {
		panic(err)
	}
	var pageLink suite.InstallLink
	cfg := suite.InstallConfig{
		States:      states,
		RedirectURI: "https://app.example.com/installed",
		AuthType:    suite.AuthTypeFormal,
		InstallPath: "/install",
		Authorized: func(_ context.Context, auth *suite.Authorization) error { // that of suite.Hooks too
			fmt.Println("a new customer:", auth.CorpInfo.CorpName)
			return nil
		},
		Page: func(_ http.ResponseWriter, _ *http.Request, link suite.InstallLink) { pageLink = link }, // a page that links to it
		Installed: func(w http.ResponseWriter, r *http.Request, _ *suite.Authorization, next string) {
			http.Redirect(w, r, next, http.StatusSeeOther)
		},
	}
	install, err := app.InstallHandler(cfg)
	if err != nil {
		panic(err)
	}
	installed, err := app.InstalledHandler(cfg)
	if err != nil {
		panic(err)
	}

	browse := func(page http.Handler, address string, cookies ...*http.Cookie) *http.Response {
		r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, address, http.NoBody)
		for _, cookie := range cookies {
			r.AddCookie(cookie)
		}
		w := httptest.NewRecorder()
		page.ServeHTTP(w, r)
		return w.Result()
	}
	begun := browse(install, "https://app.example.com/install?next=/welcome")
	_ = begun.Body.Close()
	back, err := platform.NewCorp("Acme").Authorize(context.Background(), pageLink.URL) // the administrator agrees
	if err != nil {
		panic(err)
	}
	ended := browse(installed, back.String(), begun.Cookies()...)
	_ = ended.Body.Close()
	fmt.Println(ended.StatusCode, ended.Header.Get("Location"))
	// Output:
	// a new customer: Acme
	// 303 /welcome
}

// Several apps share one Mux.
func ExampleClient_Handle() {
	api, err := wecom.New()
	if err != nil {
		panic(err)
	}
	crm, err := suite.New(api, suite.Config{ID: "ww1111111111111111", Secret: "secret of the app"})
	if err != nil {
		panic(err)
	}
	desk, err := suite.NewTemplate(api, suite.Config{ID: "dk2222222222222222", Secret: "secret of the template"})
	if err != nil {
		panic(err)
	}
	var mux callback.Mux
	crm.Handle(&mux, suite.Hooks{
		Cancelled: func(_ context.Context, corpID string) error {
			fmt.Println("delete the data of", corpID)
			return nil
		},
	})
	desk.Handle(&mux, suite.Hooks{})

	// What a callback.Handler does with a decrypted message:
	env, err := callback.Parse([]byte(`<xml><SuiteId>ww1111111111111111</SuiteId><InfoType>cancel_auth</InfoType>`+
		`<TimeStamp>1403610513</TimeStamp><AuthCorpId>wpAAAA</AuthCorpId></xml>`), "ww1111111111111111")
	if err != nil {
		panic(err)
	}
	fmt.Println(mux.Dispatch(context.Background(), env))
	// Output:
	// delete the data of wpAAAA
	// <nil>
}

func ExampleParseInstalled() {
	query, _ := url.ParseQuery("state=3f2a9c41d0")
	back, err := suite.ParseInstalled(query)
	fmt.Println(errors.Is(err, suite.ErrInstallRefused), back.State)
	// Output: true 3f2a9c41d0
}

// A corp that has not authorised the app, and a ticket that has not arrived.
func ExampleClient_Corp() {
	api, err := wecom.New()
	if err != nil {
		panic(err)
	}
	app, err := suite.New(api, suite.Config{ID: "ww1111111111111111", Secret: "secret of the app"})
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	err = app.Corp("wpAAAA").Do(ctx, wecom.Call{Path: "/cgi-bin/user/get"}, nil)
	fmt.Println(errors.Is(err, suite.ErrNoCode))
	_, err = app.Token(ctx)
	fmt.Println(errors.Is(err, wecom.ErrNoTicket))
	// Output:
	// true
	// true
}

// A customised app (代开发应用): an administrator scans the code of the template, and
// the authorisation arrives.
func ExampleNewTemplate() {
	ctx := context.Background()
	platform, api := simulated()
	defer platform.Close()
	console := platform.NewTemplate(wecomtest.AppConfig{Name: "考勤"})

	template, err := suite.NewTemplate(api, suite.Config{ID: console.ID, Secret: console.Secret})
	if err != nil {
		panic(err)
	}
	// In a server template.Handle(&mux, suite.Hooks{…}) does this and the last step.
	if err := template.SaveTicket(ctx, wecom.NewSecret(console.IssueTicket()), time.Now()); err != nil {
		panic(err)
	}
	vendor, err := provider.New(api, provider.Config{CorpID: platform.Provider().CorpID, Secret: platform.Provider().Secret})
	if err != nil {
		panic(err)
	}
	link, err := vendor.GetCustomizedAuthURL(ctx, provider.GetCustomizedAuthURLRequest{
		State: "spring2026", TemplateIDs: []string{template.ID()},
	})
	if err != nil {
		panic(err)
	}

	scanned, err := platform.NewCorp("Acme").Scan(ctx, link.QRCodeURL) // a person does this
	if err != nil {
		panic(err)
	}
	auth, err := template.Authorize(ctx, wecom.AuthCode(scanned[0].AuthCode))
	if err != nil {
		panic(err)
	}
	_, err = auth.Corp.Token(ctx)
	fmt.Println(auth.CorpInfo.CorpName, auth.State, err)
	// Output: Acme spring2026 <nil>
}

// Permanent codes in a store that others can read.
func ExampleSealCodes() {
	ctx := context.Background()
	db := suite.NewCacheCodes(wecom.NewMemoryCache()) // in earnest: a sqlstore.Store, or your own table
	key := wecom.SealKey{ID: "2026-08", Key: wecom.NewSecret("bmV3ZXN0LCBmcm9tIHZhdWx0OiAzMiByYW5kLiBieXQ=")}
	codes, err := suite.SealCodes(db, key) // give it to Config.Codes
	if err != nil {
		panic(err)
	}
	code := suite.PermanentCode{SuiteID: "ww1", CorpID: "wpA", Code: wecom.NewSecret("plain"), At: time.Now()}
	if err := codes.SaveCode(ctx, code); err != nil {
		panic(err)
	}

	stored, err := db.LoadCode(ctx, "ww1", "wpA")
	if err != nil {
		panic(err)
	}
	opened, err := codes.LoadCode(ctx, "ww1", "wpA")
	if err != nil {
		panic(err)
	}
	fmt.Println(stored.Code.Reveal()[:len("sealed.1.2026-08.")], opened.Code.Reveal())
	// Output: sealed.1.2026-08. plain
}

// Any number of ids, a thousand in a call; what cannot be converted is told apart
// from what has failed.
func ExampleCorp_ConvertUserIDs() {
	ctx := context.Background()
	platform, api := simulated()
	defer platform.Close()
	console := platform.NewApp(wecomtest.AppConfig{})
	app, err := suite.New(api, suite.Config{ID: console.ID, Secret: console.Secret})
	if err != nil {
		panic(err)
	}
	if err := app.SaveTicket(ctx, wecom.NewSecret(console.IssueTicket()), time.Now()); err != nil {
		panic(err)
	}
	acme := platform.NewCorp("Acme")
	acme.AddUser(wecomtest.User{ID: "zhangsan", OpenUserID: "woZhangSan"})
	installation, err := acme.Install(ctx, console)
	if err != nil {
		panic(err)
	}
	auth, err := app.Authorize(ctx, wecom.AuthCode(installation.AuthCode))
	if err != nil {
		panic(err)
	}

	open, invalid, err := auth.Corp.ConvertUserIDs(ctx, []string{"zhangsan", "nobody"})
	if err != nil { // a *suite.ConvertError: which ids, and why; the others are there
		panic(err)
	}
	fmt.Println(open, invalid)
	// Output: map[zhangsan:woZhangSan] [nobody]
}
