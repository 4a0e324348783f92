package wecomtest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/wecom-isv/wecom/wecomtest"
)

// FuzzPlatform sends any request: the platform never panics and always answers,
// on the API in JSON with an errcode, or not at all with a page that says so.
func FuzzPlatform(f *testing.F) {
	p := wecomtest.NewPlatform(f, wecomtest.WithoutServer(), wecomtest.WithControl(), wecomtest.WithHistory(10), wecomtest.AlwaysErrcode())
	app, corp := p.NewApp(wecomtest.AppConfig{ContactWrite: true}), p.NewCorp("Acme")
	made, err := corp.Install(f.Context(), app)
	if err != nil {
		f.Fatal(err)
	}
	c := newClient(f, p)
	suite, provider := c.suiteToken(app), c.providerToken(p)
	access := c.corpToken(suite, made)

	f.Add("POST", "/cgi-bin/message/send", "", "application/json", []byte(`{"touser":"@all","msgtype":"text","agentid":1000001,"text":{"content":"x"}}`))
	f.Add("POST", "/cgi-bin/user/create", "", "application/json", []byte(`{"userid":"a","name":"A","mobile":"13800000000","department":[1],"extattr":{"attrs":[]}}`))
	f.Add("POST", "/cgi-bin/menu/create", "agentid=1000001", "", []byte(`{"button":[{"name":"x","sub_button":[{"name":"y","type":"view","url":"u"}]}]}`))
	f.Add("POST", "/cgi-bin/message/send", "", "", []byte(`{"touser":"@all","msgtype":"template_card","agentid":1000001,"template_card":{"card_type":"vote_interaction","checkbox":[1]}}`))
	f.Add("POST", "/cgi-bin/message/update_template_card", "", "", []byte(`{"agentid":1000001,"response_code":"x","template_card":{"card_type":null}}`))
	f.Add("GET", "/cgi-bin/gettoken", "corpid=%zz&corpsecret=;", "", []byte(nil))
	f.Add("POST", "/cgi-bin/media/upload", "type=file", "multipart/form-data; boundary=x", []byte("--x\r\nContent-Disposition: form-data; name=\"media\"; filename=\"a\"\r\n\r\nabcdef\r\n--x--"))
	f.Add("POST", "/wecomtest/v1/events", "", "application/json", []byte(`{"id":"suite_ticket","fields":{"SuiteTicket":["x"]}}`))
	f.Add("POST", "/wecomtest/v1/faults", "", "application/json", []byte(`{"times":-1,"latency":"1ns","cut_json":true}`))
	f.Add("GET", "/connect/oauth2/authorize", "appid=x&redirect_uri=%2F", "", []byte(nil))
	f.Add("DELETE", "/", "", "", []byte{0xff})
	f.Fuzz(func(t *testing.T, method, path, query, contentType string, body []byte) {
		path = "/" + strings.TrimPrefix(path, "/")
		if strings.HasPrefix(path, "/wecomtest/v1/faults") || strings.HasPrefix(path, "/wecomtest/v1/ips") {
			defer p.Reset()
			defer p.AllowIPs()
		}
		tokens := url.Values{"suite_access_token": {suite}, "provider_access_token": {provider}, "access_token": {access}}
		for name := range tokens { // one credential at a time, as the rows want it
			one := url.Values{name: tokens[name]}.Encode()
			r := &http.Request{
				Method: method, Host: "127.0.0.1",
				URL:    &url.URL{Scheme: "https", Host: "127.0.0.1", Path: path, RawQuery: query + "&" + one},
				Header: http.Header{"Content-Type": {contentType}}, Body: io.NopCloser(bytes.NewReader(body)),
			}
			response, err := p.Transport().RoundTrip(r.WithContext(t.Context()))
			if err != nil {
				t.Fatalf("no answer to %s %q: %v", method, path, err)
			}
			answer, err := io.ReadAll(response.Body)
			if err != nil || response.StatusCode < 200 || response.StatusCode > 599 {
				t.Fatalf("%s %q: status %d, %v", method, path, response.StatusCode, err)
			}
			if strings.HasPrefix(response.Header.Get("Content-Type"), "application/json") && !json.Valid(answer) {
				t.Fatalf("%s %q: not JSON: %s", method, path, answer)
			}
		}
	})
}
