package jssdk_test

import (
	"context"
	"fmt"
	"html/template"
	"net/http"
	"net/http/httptest"
	"regexp"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/corp/jssdk"
)

// A page with both identities. html/template makes JavaScript of the arguments.
func Example() {
	api, err := wecom.New(wecom.WithTransport(newPlatform().mock)) // wecom.New() is the real platform
	if err != nil {
		panic(err)
	}
	pages := jssdk.NewClients()
	page := template.Must(template.New("page").Parse("<script>\nwx.config({{.Config}});\nwx.agentConfig({{.Agent}});\n</script>"))

	handler := func(w http.ResponseWriter, r *http.Request) {
		js, err := pages.Client(corp{api, "wpCorp"}) // app.Corp(corpID) of package suite
		if err != nil {
			http.Error(w, "no such corp", http.StatusNotFound)
			return
		}
		address := "https://app.example.com" + r.URL.RequestURI() // as the browser has it
		config, err := js.Config(r.Context(), address, "scanQRCode")
		if err != nil {
			http.Error(w, "try again later", http.StatusBadGateway)
			return
		}
		agent, err := js.AgentConfig(r.Context(), 1000247, address, "selectExternalContact")
		if err != nil {
			http.Error(w, "try again later", http.StatusBadGateway)
			return
		}
		_ = page.Execute(w, map[string]any{"Config": config, "Agent": agent}) // fails if the browser has gone
	}

	w := httptest.NewRecorder()
	handler(w, httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/report?week=7", http.NoBody))
	changing := regexp.MustCompile(`"timestamp":\d{10},"nonceStr":"[0-9A-Z]{26}","signature":"[0-9a-f]{40}"`)
	fmt.Println(changing.ReplaceAllString(w.Body.String(), "…"))
	// Output:
	// <script>
	// wx.config({"beta":true,"debug":false,"appId":"wpCorp",…,"jsApiList":["scanQRCode"]});
	// wx.agentConfig({"corpid":"wpCorp","agentid":1000247,…,"jsApiList":["selectExternalContact"]});
	// </script>
}
