package register_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/callback"
	"github.com/wecom-isv/wecom/provider"
	"github.com/wecom-isv/wecom/register"
	"github.com/wecom-isv/wecom/wecomtest"
)

// The pages of a registration on a vendor's site: a browser presses the button,
// a person registers in the new tab, and the old page moves on.
func ExampleFlow() {
	platform, err := wecomtest.Start()
	if err != nil {
		panic(err)
	}
	defer platform.Close()
	vendor := platform.Provider()
	pkg := platform.NewPackage(wecomtest.PackageConfig{})
	api, err := wecom.New(wecom.WithBaseURL(platform.URL()))
	if err != nil {
		panic(err)
	}
	p, err := provider.New(api, provider.Config{CorpID: vendor.CorpID, Secret: vendor.Secret, PageURL: platform.URL()})
	if err != nil {
		panic(err)
	}

	flow, err := register.NewFlow(register.New(p), register.FlowConfig{
		Key:        wecom.NewSecret("32 random bytes that all machines share"),
		TemplateID: pkg.TemplateID,
		Open: func(r *http.Request) (register.Opening, error) {
			return register.Opening{Ref: "order " + r.URL.Query().Get("order")}, nil
		},
		Registered: func(_ context.Context, reg register.Registration) error { // your database
			fmt.Println("a new customer, from", reg.Ref)
			return nil
		},
		Finish: func(w http.ResponseWriter, r *http.Request, _ register.Result) {
			http.Redirect(w, r, "/login", http.StatusSeeOther) // who is at the browser is for the sign-in to say
		},
	})
	if err != nil {
		panic(err)
	}
	var events callback.Mux
	flow.Handle(&events)
	system, err := callback.NewHandler(callback.Config{Token: vendor.Token, AESKey: vendor.AESKey, Receivers: []string{vendor.CorpID}}, &events)
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/callback/system", system) // 系统事件接收URL
	mux.Handle("/register/", flow)
	site := httptest.NewServer(mux)
	defer site.Close()
	site.Config.RegisterOnShutdown(flow.Close)
	vendor.SetCallbackURL(site.URL + "/callback/system")

	begun := send(http.MethodGet, site.URL+"/register/?order=42")
	page := site.URL + "/register/" + begun.Header.Get("Location")
	opened := send(http.MethodPost, strings.Replace(page, "/?", "/open?", 1), begun.Cookies()...)
	if _, err := platform.Register(context.Background(), opened.Header.Get("Location"), wecomtest.RegisterForm{}); err != nil {
		panic(err)
	}
	fmt.Println("the page goes to", send(http.MethodGet, page, begun.Cookies()...).Header.Get("Location"))
	// Output:
	// a new customer, from order 42
	// the page goes to /login
}

// send is a browser that does not follow redirects.
func send(method, address string, cookies ...*http.Cookie) *http.Response {
	r, err := http.NewRequestWithContext(context.Background(), method, address, http.NoBody)
	if err != nil {
		panic(err)
	}
	for _, c := range cookies {
		r.AddCookie(c)
	}
	reply, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		panic(err)
	}
	_ = reply.Body.Close()
	return reply
}
