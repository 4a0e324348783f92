package wecomtest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/wecomtest"
)

// controller calls the control API over a socket, as a test in another language
// does.
type controller struct {
	t    *testing.T
	p    *wecomtest.Platform
	base string
}

func newController(t *testing.T, opts ...wecomtest.Option) *controller {
	t.Helper()
	p := wecomtest.NewPlatform(t, append(opts, wecomtest.WithControl())...)
	return &controller{t: t, p: p, base: p.URL() + "/wecomtest/v1/"}
}

func (c *controller) request(method, path string, body any, change func(*http.Request)) (status int, reply object) {
	c.t.Helper()
	reader := io.Reader(http.NoBody)
	if body != nil {
		text, err := json.Marshal(body)
		require.NoError(c.t, err)
		reader = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, reader)
	require.NoError(c.t, err)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if change != nil {
		change(r)
	}
	response, err := new(http.Client).Do(r)
	require.NoError(c.t, err)
	defer closeBody(c.t, response)
	require.Contains(c.t, response.Header.Get("Content-Type"), "application/json")
	require.NoError(c.t, json.NewDecoder(response.Body).Decode(&reply))
	return response.StatusCode, reply
}

func (c *controller) ok(method, path string, body any) object {
	c.t.Helper()
	status, reply := c.request(method, path, body, nil)
	require.Equal(c.t, http.StatusOK, status, "%s %s: %v", method, path, reply)
	return reply
}

func (c *controller) refused(want int, method, path string, body any) string {
	c.t.Helper()
	status, reply := c.request(method, path, body, nil)
	require.Equal(c.t, want, status, "%s %s: %v", method, path, reply)
	return text(reply, "error")
}

// The whole life of an app, by HTTP alone.
func TestControlLife(t *testing.T) {
	t.Parallel()
	c := newController(t)
	v := &receiver{}
	vendor := httptest.NewServer(v)
	t.Cleanup(vendor.Close)

	app := c.ok("POST", "apps", object{"name": "App", "callback_url": vendor.URL + "/command", "data_url": vendor.URL + "/data/$CORPID$"})
	id := text(app, "id")
	v.token, v.aesKey = text(app, "token"), text(app, "aes_key")
	assert.Equal(t, "third_party", app["kind"])
	c.ok("POST", "apps/"+id+"/verify", object{})
	c.ok("POST", "apps/"+id+"/verify", object{"url": "data"})
	d := c.ok("POST", "apps/"+id+"/ticket", nil)
	assert.Equal(t, true, d["delivered"])
	assert.Equal(t, "suite_ticket", d["kind"])
	ticket := text(c.ok("POST", "apps/"+id+"/ticket", object{"push": false}), "suite_ticket")
	assert.NotEmpty(t, ticket)

	corp := c.ok("POST", "corps", object{"name": "Acme"})
	corpID := text(corp, "corpid")
	user := c.ok("POST", "corps/Acme/users", object{"userid": "bob", "name": "Bob", "role": 2})
	assert.Equal(t, "bob", user["userid"])
	made := c.ok("POST", "corps/"+corpID+"/install", object{"suite_id": id, "state": "s1"})
	assert.Equal(t, true, dig(made, "delivery")["delivered"])
	assert.Equal(t, text(made, "auth_code"), v.last().event.AuthCode)
	assert.Equal(t, "s1", v.last().event.State)

	api := newClient(t, c.p)
	suite := text(api.ok("/cgi-bin/service/get_suite_token", object{"suite_id": id, "suite_secret": app["secret"], "suite_ticket": ticket}), "suite_access_token")
	api.ok("/cgi-bin/service/v2/get_permanent_code?suite_access_token="+suite, object{"auth_code": made["auth_code"]})
	access := text(api.ok("/cgi-bin/service/get_corp_token?suite_access_token="+suite, object{"auth_corpid": corpID, "permanent_code": made["permanent_code"]}), "access_token")
	api.ok("/cgi-bin/message/send?access_token="+access, object{"touser": "bob", "msgtype": "text", "agentid": made["agentid"], "text": object{"content": "hi"}})
	assert.Equal(t, "bob", dig(c.ok("GET", "messages", nil), "messages")["touser"].([]any)[0])

	c.ok("POST", "corps/Acme/message", object{"suite_id": id, "userid": "bob", "text": "hello"})
	assert.Equal(t, "hello", v.last().event.Content)
	c.ok("POST", "corps/Acme/change", object{"suite_id": id, "disabled": true})
	api.refused(50003, "/cgi-bin/agent/list?access_token="+access, nil)
	c.ok("POST", "corps/Acme/change", object{"suite_id": id, "disabled": false, "users": []string{"bob"}})
	pushed := c.ok("POST", "events", object{"id": "app:click", "suite_id": id, "corp": "Acme", "fields": object{"EventKey": "menu1", "CreateTime": 5}})
	assert.Equal(t, "event.click", pushed["kind"])
	assert.Contains(t, v.last().message, "menu1")
	assert.Contains(t, v.last().message, "<CreateTime>5</CreateTime>")
	c.ok("POST", "events", object{"id": "cancel_auth", "url": vendor.URL, "token": v.token, "aes_key": v.aesKey, "receiver": id})
	assert.Equal(t, id, v.last().event.SuiteID)
	c.ok("POST", "events", object{"id": "suite_ticket", "suite_id": id})

	c.ok("POST", "tokens/expire", object{"kinds": []string{"suite_access_token"}})
	api.refused(42009, "/cgi-bin/service/get_pre_auth_code?suite_access_token="+suite, nil)
	c.ok("POST", "tokens/revoke", object{"value": access})
	api.refused(40014, "/cgi-bin/agent/list?access_token="+access, nil)

	c.ok("POST", "corps/Acme/cancel", object{"suite_id": id})
	assert.Equal(t, "cancel_auth", v.last().event.InfoType)
	assert.Equal(t, "the app is not installed in the corp", c.refused(http.StatusConflict, "POST", "corps/Acme/cancel", object{"suite_id": id}))

	state := c.ok("GET", "", nil)
	assert.Equal(t, id, dig(state, "apps")["id"])
	assert.Equal(t, c.p.URL(), state["url"])
	assert.NotEmpty(t, state["tokens"])
	assert.Equal(t, "suite_ticket", dig(c.ok("GET", "deliveries?kind=suite_ticket&limit=1", nil), "deliveries")["kind"])
	call := dig(c.ok("GET", "calls?path=/cgi-bin/agent/list&limit=1", nil), "calls")
	assert.EqualValues(t, 40014, call["errcode"])
	c.ok("POST", "reset", nil)
	assert.Empty(t, c.ok("GET", "calls", nil)["calls"])
	assert.Empty(t, c.ok("GET", "messages", nil)["messages"])
}

func TestControlTemplates(t *testing.T) {
	t.Parallel()
	c := newController(t)
	template := text(c.ok("POST", "apps", object{"kind": "template"}), "id")
	assert.Equal(t, "login", c.ok("POST", "apps", object{"kind": "login"})["kind"])
	c.ok("POST", "corps", object{"name": "Acme"})
	made := c.ok("POST", "corps/Acme/install", object{"suite_id": template})
	assert.NotContains(t, made, "delivery", "no URL, no push")
	again := c.ok("POST", "corps/Acme/reset_permanent_code", object{"suite_id": template})
	assert.NotEqual(t, made["permanent_code"], again["permanent_code"])
	c.ok("PUT", "apps/"+template+"/urls", object{"callback_url": "http://127.0.0.1:1/x"})
	assert.Equal(t, "http://127.0.0.1:1/x", c.ok("PUT", "apps/"+template+"/urls", object{"data_url": "http://127.0.0.1:1/d"})["callback_url"])
	status, reply := c.request("POST", "apps/"+template+"/ticket", nil, nil)
	assert.Equal(t, http.StatusBadGateway, status)
	assert.Equal(t, false, dig(reply, "delivery")["delivered"], "what was tried is shown")
	assert.Len(t, dig(reply, "delivery")["tries"], 3)
	c.refused(http.StatusBadGateway, "POST", "apps/"+template+"/verify", nil)
	assert.Equal(t, "http://127.0.0.1:1/s", c.ok("PUT", "provider/url", object{"callback_url": "http://127.0.0.1:1/s"})["callback_url"])
	assert.Len(t, c.ok("GET", "events", nil)["events"], 217)
}

func TestControlClockAndFaults(t *testing.T) {
	t.Parallel()
	c := newController(t)
	before := c.p.Now()
	c.ok("POST", "clock", object{"advance": "2h"})
	assert.WithinDuration(t, before.Add(2*time.Hour), c.p.Now(), time.Minute)

	api := newClient(t, c.p)
	c.ok("POST", "faults", object{"path": "/cgi-bin/gettoken", "code": 45009, "times": 2, "latency": "1ms"})
	assert.Equal(t, "1ms", dig(c.ok("GET", "", nil), "faults")["latency"])
	api.refused(45009, "/cgi-bin/gettoken?corpid=x&corpsecret=y", nil)
	c.ok("DELETE", "faults", nil)
	api.refused(40013, "/cgi-bin/gettoken?corpid=x&corpsecret=y", nil)
	provider := api.providerToken(c.p)
	c.ok("PUT", "limits", object{"limits": []object{{"per_minute": 1, "paths": []string{"/cgi-bin/service/get_customized_auth_url"}}}})
	link := func() int {
		r := api.do("/cgi-bin/service/get_customized_auth_url?provider_access_token="+provider, object{"state": "a", "templateid_list": []string{"x"}})
		return int(r["errcode"].(float64))
	}
	assert.Equal(t, []int{842003, 45009}, []int{link(), link()})
	c.ok("PUT", "limits", object{"documented": true})
	assert.Equal(t, 842003, link())
	assert.Contains(t, c.refused(http.StatusBadRequest, "PUT", "limits", object{"limits": []object{{"per_hour": -1}}}), "negative")
	c.ok("PUT", "ips", object{"allow": []string{"10.0.0.1"}})
	api.refused(60020, "/cgi-bin/gettoken?corpid=x&corpsecret=y", nil)
	c.ok("PUT", "ips", object{})
	api.refused(40013, "/cgi-bin/gettoken?corpid=x&corpsecret=y", nil)
}

func TestControlRefuses(t *testing.T) {
	t.Parallel()
	c := newController(t)
	app := text(c.ok("POST", "apps", object{}), "id")
	c.ok("POST", "corps", object{"name": "Acme"})
	for _, r := range []struct {
		status       int
		method, path string
		body         any
		want         string
	}{
		{404, "GET", "nothing", nil, "GET /wecomtest/v1/ lists them"},
		{404, "DELETE", "apps", nil, "no call DELETE"},
		{404, "POST", "apps/none/ticket", nil, "no app"},
		{404, "POST", "corps/none/users", object{}, "no corp"},
		{404, "POST", "corps/Acme/install", object{"suite_id": "none"}, "no app"},
		{404, "POST", "corps/Acme/install", object{"suite_id": app, "userid": "none"}, "userid"},
		{404, "POST", "events", object{"id": "suite_tickt", "suite_id": app}, "suite:suite_ticket"},
		{400, "POST", "events", object{"id": "suite_ticket", "suite_id": app, "fields": object{"X": 1}}, `"X"`},
		{400, "POST", "events", object{"id": "suite_ticket"}, "goes to the command_url"},
		{409, "POST", "apps", object{"id": app}, "is there"},
		{400, "POST", "apps", object{"kind": "robot"}, "kind"},
		{400, "POST", "apps", object{"aes_key": "short"}, "EncodingAESKey has 5 characters"},
		{400, "POST", "apps", object{"colour": "red"}, "colour"},
		{400, "POST", "corps", object{}, "name is missing"},
		{400, "POST", "corps/Acme/users", object{"role": 9}, "role"},
		{400, "POST", "corps/Acme/users", object{"departments": []int{1, 0}}, "departments"},
		{400, "POST", "apps/" + app + "/verify", object{"url": "home"}, "command or data"},
		{400, "POST", "tokens/expire", object{"kinds": []string{"cookie"}}, "kinds"},
		{400, "POST", "tokens/revoke", object{"kinds": []string{"access_token"}, "value": "x"}, "exclude"},
		{400, "POST", "clock", object{"advance": "-1h"}, "forward"},
		{400, "POST", "clock", object{"advance": "soon"}, "2h"},
		{400, "POST", "faults", object{"latency": "slow"}, "latency"},
		{400, "POST", "faults", object{"status": 5}, "status"},
		{400, "GET", "calls?limit=0", nil, "limit"},
		{400, "GET", "messages?limit=x", nil, "limit"},
	} {
		assert.Contains(t, c.refused(r.status, r.method, r.path, r.body), r.want, "%s %s %v", r.method, r.path, r.body)
	}
}

// Pages of other sites, open in a browser on the same machine, get nowhere.
func TestControlKeepsOtherSitesOut(t *testing.T) {
	t.Parallel()
	c := newController(t, wecomtest.WithControl("simulator.test"))
	for name, change := range map[string]func(*http.Request){
		"another host":          func(r *http.Request) { r.Host = "evil.example.com" },
		"a host that resolves":  func(r *http.Request) { r.Host = "rebind.example.com:8080" },
		"no host":               func(r *http.Request) { r.Host = "0.0.0.0" },
		"another origin":        func(r *http.Request) { r.Header.Set("Origin", "https://evil.example.com") },
		"the browser says it":   func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
		"an origin of its own?": func(r *http.Request) { r.Header.Set("Origin", "null") },
	} {
		status, reply := c.request("POST", "reset", nil, change)
		assert.Equal(t, http.StatusForbidden, status, "%s: %v", name, reply)
	}
	status, _ := c.request("GET", "", nil, func(r *http.Request) { r.Host = "evil.example.com" })
	assert.Equal(t, http.StatusForbidden, status, "reading too")
	status, _ = c.request("POST", "corps", object{"name": "A"}, func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") })
	assert.Equal(t, http.StatusUnsupportedMediaType, status, "what a form can send")

	for _, host := range []string{"localhost:1", "127.0.0.1", "[::1]:99", "simulator.test", "simulator.test:80"} {
		status, reply := c.request("POST", "reset", nil, func(r *http.Request) { r.Host = host })
		assert.Equal(t, http.StatusOK, status, "%s: %v", host, reply)
	}
	status, _ = c.request("POST", "reset", nil, func(r *http.Request) { r.Header.Set("Origin", strings.TrimSuffix(c.base, "/wecomtest/v1/")) })
	assert.Equal(t, http.StatusOK, status, "the platform's own pages may")
}

func TestControlIsOffByDefault(t *testing.T) {
	t.Parallel()
	p := wecomtest.NewPlatform(t, wecomtest.WithoutServer())
	r, err := newClient(t, p).send("/wecomtest/v1/reset", object{})
	require.NoError(t, err)
	closeBody(t, r)
	assert.Equal(t, http.StatusNotFound, r.StatusCode)
	_, err = wecomtest.Start(wecomtest.WithControl(""))
	require.ErrorContains(t, err, "empty host")

	p = wecomtest.NewPlatform(t, wecomtest.WithoutServer(), wecomtest.WithControl())
	r, err = newClient(t, p).send("/wecomtest/v1/reset", "")
	require.NoError(t, err)
	closeBody(t, r)
	assert.Equal(t, http.StatusOK, r.StatusCode, "also without a socket")
}
