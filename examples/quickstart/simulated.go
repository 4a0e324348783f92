package main

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"time"

	"github.com/wecom-isv/wecom/suite"
	"github.com/wecom-isv/wecom/wecomtest"
)

// simulation is everybody but the vendor, in this process: the platform, a
// customer, and the customer's browser.
type simulation struct {
	site     string // address of the vendor
	platform *wecomtest.Platform
	app      *wecomtest.App
	customer *wecomtest.Corp
	browser  *http.Client
	path     string // of the page that was opened last
	address  string // where it leads
}

// One pair of keys for both callback URLs, as a vendor may enter in the console.
const (
	simulatedToken = "quickstartToken"
	simulatedKey   = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
)

func runSimulated(ctx context.Context, to *printer, logger *slog.Logger, opts ...wecomtest.Option) error {
	opts = append(opts, wecomtest.WithProvider(wecomtest.ProviderConfig{Token: simulatedToken, AESKey: simulatedKey}))
	platform, err := wecomtest.Start(opts...)
	if err != nil {
		return err
	}
	defer platform.Close()
	app := platform.NewApp(wecomtest.AppConfig{Name: "示例应用", Token: simulatedToken, AESKey: simulatedKey, Unpublished: true})
	pack := platform.NewPackage(wecomtest.PackageConfig{Apps: []*wecomtest.App{app}, ContactMigration: true})

	v, err := newVendor(ctx, config{
		CorpID: platform.Provider().CorpID, ProviderSecret: platform.Provider().Secret,
		SuiteID: app.ID, SuiteSecret: app.Secret, Token: simulatedToken, AESKey: simulatedKey,
		BaseURL: platform.URL(), Listen: "127.0.0.1:0", TemplateID: pack.TemplateID,
	}, to, logger)
	if err != nil {
		return err
	}
	defer v.close(context.WithoutCancel(ctx))
	app.SetCallbackURL(v.cfg.PublicURL + "/callback/command")
	platform.Provider().SetCallbackURL(v.cfg.PublicURL + "/callback/system")
	to.line("WeCom quickstart, offline: the platform is simulated at %s, the vendor is at %s", platform.URL(), v.cfg.PublicURL)

	people, err := newSimulation(v.cfg.PublicURL, platform, app)
	if err != nil {
		return err
	}
	return live(ctx, to, v, people)
}

func newSimulation(site string, platform *wecomtest.Platform, app *wecomtest.App) (*simulation, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	return &simulation{
		site: site, platform: platform, app: app, customer: platform.NewCorp("示例客户"),
		browser: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}, nil
}

func (s *simulation) patience() time.Duration { return 10 * time.Second }

func (s *simulation) pushTicket(ctx context.Context) error {
	for _, target := range []wecomtest.Target{s.app.CommandTarget(), s.platform.Provider().Target()} {
		// What the console does when a callback URL is saved.
		if err := s.platform.VerifyURL(ctx, target); err != nil {
			return err
		}
	}
	_, err := s.app.PushTicket(ctx)
	return err
}

func (s *simulation) visit(ctx context.Context, path string) (err error) {
	s.path = path
	if s.address, err = s.open(ctx, s.site+path); err == nil && s.address == "" {
		err = errors.New("the page leads nowhere")
	}
	return err
}

// agree follows the link or redirect to WeCom, agrees there, and comes back.
func (s *simulation) agree(ctx context.Context) (err error) {
	var back *url.URL
	switch s.path {
	case "/install":
		back, err = s.customer.Authorize(ctx, s.address)
	case "/login", "/admin":
		back, err = s.customer.Login(ctx, s.customer.Admin(), s.address)
	case "/register":
		_, err = s.platform.Register(ctx, s.address, wecomtest.RegisterForm{CorpName: "新注册企业"})
	default:
		err = fmt.Errorf("nobody knows what to do at %s", s.path)
	}
	if err != nil || back == nil {
		return err
	}
	_, err = s.open(ctx, back.String())
	return err
}

var href = regexp.MustCompile(`<a href="([^"]+)"`)

// open gets a page in the browser and returns where it leads.
func (s *simulation) open(ctx context.Context, address string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	res, err := s.browser.Do(req)
	if err != nil {
		return "", errors.New("the page did not open")
	}
	defer func() { _ = res.Body.Close() }()
	page, err := io.ReadAll(res.Body)
	if err != nil {
		return "", err
	}
	if to := res.Header.Get("Location"); to != "" {
		return to, nil
	}
	if link := href.FindSubmatch(page); link != nil {
		return html.UnescapeString(string(link[1])), nil
	}
	return "", nil
}

func (s *simulation) spoil(ctx context.Context, corp *suite.Corp) (*suite.Corp, error) {
	token, err := corp.Token(ctx)
	if err != nil {
		return nil, err
	}
	s.platform.Revoke(token.Value)
	return corp, nil
}

func (s *simulation) cancel(ctx context.Context, _ string) error {
	_, err := s.customer.Cancel(ctx, s.app)
	return err
}
