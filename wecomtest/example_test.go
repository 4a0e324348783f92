package wecomtest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"strings"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/callback"
	"github.com/wecom-isv/wecom/suite"
	"github.com/wecom-isv/wecom/wecomtest"
)

// A backend is tested against the platform: the corp installs the app, and the
// backend exchanges the code that it was pushed.
func Example() {
	p, err := wecomtest.Start(wecomtest.WithoutServer()) // in a test: wecomtest.NewPlatform(t)
	if err != nil {
		log.Fatal(err)
	}
	defer p.Close()
	app := p.NewApp(wecomtest.AppConfig{CallbackURL: "https://vendor.example.com/command"})
	p.Handle("vendor.example.com", newBackend(p, app)) // or an httptest.Server, without WithoutServer

	ctx := context.Background()
	if _, err := app.PushTicket(ctx); err != nil {
		log.Fatal(err)
	}
	if _, err := p.NewCorp("Acme").Install(ctx, app); err != nil {
		log.Fatal(err)
	}
	call, err := p.AwaitCall(ctx, "/cgi-bin/service/v2/get_permanent_code")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(call.Method, call.Path, call.Code)
	// Output:
	// POST /cgi-bin/service/v2/get_permanent_code 0
}

// newBackend is what is tested: a vendor's callback handler.
func newBackend(p *wecomtest.Platform, app *wecomtest.App) http.Handler {
	api, err := wecom.New(wecom.WithTransport(p.Transport()))
	if err != nil {
		log.Fatal(err)
	}
	client, err := suite.New(api, suite.Config{ID: app.ID, Secret: app.Secret})
	if err != nil {
		log.Fatal(err)
	}
	var mux callback.Mux
	client.Handle(&mux, suite.Hooks{})
	h, err := callback.NewHandler(callback.Config{Token: app.Token, AESKey: app.AESKey, Receivers: []string{app.ID}}, &mux)
	if err != nil {
		log.Fatal(err)
	}
	return h
}

// Any event of the table can be pushed, with chosen fields.
func ExampleNewEvent() {
	message, err := wecomtest.NewEvent("app:click", wecomtest.Fields{"FromUserName": "zhangsan", "EventKey": "menu_1", "CreateTime": 1408091189})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(message))
	_, err = wecomtest.NewEvent("app:click", wecomtest.Fields{"EventKy": "menu_1"})
	fmt.Println(err)
	// Output:
	// <xml><ToUserName><![CDATA[toUser]]></ToUserName><FromUserName><![CDATA[zhangsan]]></FromUserName><CreateTime>1408091189</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[click]]></Event><EventKey><![CDATA[menu_1]]></EventKey><AgentID>1</AgentID></xml>
	// wecomtest: event app:click has no one element "EventKy"; did you mean EventKey, Event?
}

// A client gets a suite_access_token; the platform wants the secret and a ticket
// that it has issued.
func ExampleStart() {
	p, err := wecomtest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer p.Close()
	app := p.NewApp(wecomtest.AppConfig{ID: "ww4asffe99e54c0f4c"})

	ask := func(ticket string) {
		body := fmt.Sprintf(`{"suite_id":%q,"suite_secret":%q,"suite_ticket":%q}`, app.ID, app.Secret, ticket)
		request, err := http.NewRequestWithContext(context.Background(), http.MethodPost,
			p.URL()+"/cgi-bin/service/get_suite_token", strings.NewReader(body))
		if err != nil {
			log.Fatal(err)
		}
		response, err := (&http.Client{Transport: p.Transport()}).Do(request)
		if err != nil {
			log.Fatal(err)
		}
		defer func() { _ = response.Body.Close() }()
		var reply struct {
			Code  int    `json:"errcode"`
			Token string `json:"suite_access_token"`
			Life  int    `json:"expires_in"`
		}
		if err := json.NewDecoder(response.Body).Decode(&reply); err != nil {
			log.Fatal(err)
		}
		fmt.Println(reply.Code, reply.Token != "", reply.Life)
	}
	ask("made up")
	ask(app.IssueTicket())
	// Output:
	// 40085 false 0
	// 0 true 7200
}
