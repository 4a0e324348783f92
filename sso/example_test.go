package sso_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/sso"
	"github.com/wecom-isv/wecom/suite"
	"github.com/wecom-isv/wecom/wecomtest"
)

func ExampleAppOAuth2() {
	page, err := sso.AppOAuth2{
		SuiteID:     "wwddddccc7775555aaa",
		RedirectURI: "https://app.example.com/wecom/oauth?next=%2Fhome",
		Scope:       sso.ScopeBase,
		State:       "3f2a9c41d0",
	}.URL()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(page)
	// Output:
	// https://open.weixin.qq.com/connect/oauth2/authorize?appid=wwddddccc7775555aaa&redirect_uri=https%3A%2F%2Fapp.example.com%2Fwecom%2Foauth%3Fnext%3D%252Fhome&response_type=code&scope=snsapi_base&state=3f2a9c41d0#wechat_redirect
}

// A builder names what its page would refuse.
func ExampleCorpOAuth2() {
	_, err := sso.CorpOAuth2{
		CorpID:      "wpAAAAcorpAAAA",
		RedirectURI: "https://app.example.com/wecom/oauth",
		Scope:       sso.ScopePrivateInfo,
	}.URL()
	fmt.Println(err)
	// Output:
	// sso: CorpOAuth2: agentid is missing: the app's agentid in the corp
}

// The page passes the object to ww.createWWLoginPanel as params.
func ExampleServiceLogin_Panel() {
	panel, err := sso.ServiceLogin{
		SuiteID:     "wwLoginSuiteId",
		RedirectURI: "https://app.example.com/wecom/login",
		State:       "3f2a9c41d0",
	}.Panel(sso.PanelLook{RedirectType: sso.RedirectCallback})
	if err != nil {
		log.Fatal(err)
	}
	params, err := json.Marshal(panel)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(params))
	// Output:
	// {"login_type":"ServiceApp","appid":"wwLoginSuiteId","redirect_uri":"https://app.example.com/wecom/login","state":"3f2a9c41d0","redirect_type":"callback"}
}

// A return without a code is a refusal; its state ends the attempt all the same.
func ExampleParseCallback() {
	for _, query := range []string{"code=4gbAr&state=3f2a9c41d0", "state=3f2a9c41d0"} {
		values, err := url.ParseQuery(query)
		if err != nil {
			log.Fatal(err)
		}
		back, err := sso.ParseCallback(values)
		fmt.Println(back.Code, back.State, errors.Is(err, sso.ErrRefused))
	}
	// Output:
	// [secret] 3f2a9c41d0 false
	//  3f2a9c41d0 true
}

// A state works once, and only in the browser that it was issued to.
func ExampleStates() {
	states, err := sso.NewStates(wecom.NewSecret(strings.Repeat("k", 32))) // in earnest: random bytes
	if err != nil {
		log.Fatal(err)
	}
	request := func(cookies ...*http.Cookie) *http.Request {
		r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, "https://app.example.com/", http.NoBody)
		for _, cookie := range cookies {
			r.AddCookie(cookie)
		}
		return r
	}

	w := httptest.NewRecorder()
	state, err := states.Start(w, request(), "/orders")
	if err != nil {
		log.Fatal(err)
	}
	reply := w.Result()
	_ = reply.Body.Close()

	_, err = states.Finish(httptest.NewRecorder(), request(), state)
	fmt.Println(err)
	next, err := states.Finish(httptest.NewRecorder(), request(reply.Cookies()...), state)
	fmt.Println(next, err)
	_, err = states.Finish(httptest.NewRecorder(), request(reply.Cookies()...), state)
	fmt.Println(err)
	// Output:
	// sso: state refused: another browser started this sign-in
	// /orders <nil>
	// sso: state refused: it was used before
}

// A member signs in to a third-party app on a simulated platform.
func ExampleApp_SignIn() {
	ctx := context.Background()
	platform, err := wecomtest.Start(wecomtest.WithoutServer())
	if err != nil {
		log.Fatal(err)
	}
	defer platform.Close()
	theirs := platform.NewApp(wecomtest.AppConfig{ID: "ww4asffe99e54c0f4c"})
	corp := platform.NewCorp("Acme")
	member := corp.AddUser(wecomtest.User{ID: "zhangsan"})

	api, err := wecom.New(wecom.WithTransport(platform.Transport()))
	if err != nil {
		log.Fatal(err)
	}
	client, err := suite.New(api, suite.Config{ID: theirs.ID, Secret: theirs.Secret})
	if err != nil {
		log.Fatal(err)
	}
	if err := client.SaveTicket(ctx, wecom.NewSecret(theirs.IssueTicket()), time.Now()); err != nil {
		log.Fatal(err)
	}

	page, err := sso.AppOAuth2{SuiteID: theirs.ID, RedirectURI: "https://app.example.com/in", Scope: sso.ScopeBase, State: "3f2a9c41d0"}.URL()
	if err != nil {
		log.Fatal(err)
	}
	returned, err := corp.Login(ctx, member, page) // the member opens the page and agrees
	if err != nil {
		log.Fatal(err)
	}
	back, err := sso.ParseCallback(returned.Query())
	if err != nil {
		log.Fatal(err)
	}
	person, err := sso.NewApp(client).SignIn(ctx, back.Code)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(person.IsMember(), person.UserID, person.CorpID == corp.ID)
	// Output:
	// true zhangsan true
}
