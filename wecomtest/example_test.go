package wecomtest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"strings"

	"github.com/wecom-isv/wecom/wecomtest"
)

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
