package wecomtest_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/wecomtest"
)

const tokenPath = "/cgi-bin/gettoken"

func TestCallsOfAPath(t *testing.T) {
	t.Parallel()
	s := newSender(t)
	_, found := s.p.LastCall(sendPath)
	assert.False(t, found)
	s.send("@all", nil)
	s.send(s.corp.Admin().ID, nil)
	last, found := s.p.LastCall(sendPath)
	require.True(t, found)
	var body struct {
		ToUser string `json:"touser"`
	}
	require.NoError(t, last.JSON(&body))
	assert.Equal(t, s.corp.Admin().ID, body.ToUser)
	var reply struct {
		MessageID string `json:"msgid"`
	}
	require.NoError(t, last.ReplyJSON(&reply))
	assert.Equal(t, s.p.Messages()[1].ID, reply.MessageID)
	first, err := s.p.AwaitCall(t.Context(), sendPath)
	require.NoError(t, err)
	assert.Contains(t, string(first.Body), "@all", "the oldest one")

	bad := wecomtest.RecordedCall{Path: "/x", Body: []byte("{")}
	require.ErrorContains(t, bad.JSON(&body), "wecomtest: /x: the request body")
	require.ErrorContains(t, bad.ReplyJSON(&body), "wecomtest: /x: the answer")
}

func TestAwait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := wecomtest.NewPlatform(t, wecomtest.WithoutServer())
		app := p.NewApp(wecomtest.AppConfig{})
		backend(p, app)
		c := newClient(t, p)
		go func() {
			time.Sleep(time.Second) // on the bubble's clock
			c.do(tokenPath+"?corpid=other&corpsecret=y", nil)
			c.do("/cgi-bin/service/get_suite_token", object{})
			_, err := app.PushTicket(t.Context())
			assert.NoError(t, err)
		}()
		call, err := p.AwaitCall(t.Context(), "/cgi-bin/service/get_suite_token")
		require.NoError(t, err)
		assert.Equal(t, 41021, call.Code)
		d, err := p.AwaitDelivery(t.Context(), "suite_ticket")
		require.NoError(t, err)
		assert.True(t, d.Delivered)

		short, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err = p.AwaitCall(short, "/nothing")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "a call of /nothing")
		_, err = p.AwaitDelivery(short, "cancel_auth")
		require.ErrorContains(t, err, "a push of cancel_auth")

		go func() {
			time.Sleep(time.Second)
			p.Close()
		}()
		_, err = p.AwaitCall(t.Context(), "/nothing")
		require.ErrorContains(t, err, "closed")
	})
}

func TestWithHistory(t *testing.T) {
	t.Parallel()
	s := newSender(t, wecomtest.WithHistory(3))
	backend(s.p, s.app)
	for i := range 10 {
		s.send("@all", object{"text": object{"content": fmt.Sprint("no. ", i)}})
		_, err := s.app.PushTicket(t.Context())
		require.NoError(t, err)
	}
	require.Len(t, s.p.Calls(), 3)
	require.Len(t, s.p.Deliveries(), 3)
	require.Len(t, s.p.Messages(), 3)
	assert.Contains(t, string(s.p.Messages()[0].Body), "no. 7", "the newest are kept")
	assert.Contains(t, string(s.p.Messages()[2].Body), "no. 9")
	assert.Len(t, s.p.Calls(sendPath), 3)
	_, err := wecomtest.Start(wecomtest.WithHistory(0))
	require.ErrorContains(t, err, "WithHistory")
}

func TestReset(t *testing.T) {
	t.Parallel()
	s := newSender(t)
	s.send("@all", nil)
	s.p.Inject(wecomtest.Fault{Code: 45009, Times: 3, Skip: 1})
	faults := s.p.Faults()
	require.Len(t, faults, 1)
	assert.Equal(t, 3, faults[0].Times)
	s.p.Reset()
	assert.Empty(t, s.p.Calls())
	assert.Empty(t, s.p.Messages())
	assert.Empty(t, s.p.Faults())
	assert.Len(t, s.p.Apps(), 1, "who is there stays")
	assert.Len(t, s.p.Corps(), 1)
	s.send("@all", nil)
}

func TestTokens(t *testing.T) {
	t.Parallel()
	s := newSender(t)
	provider := s.providerToken(s.p)
	byKind := map[wecomtest.TokenKind]wecomtest.TokenInfo{}
	for _, info := range s.p.Tokens() {
		byKind[info.Kind] = info
		assert.WithinDuration(t, s.p.Now().Add(2*time.Hour), info.ExpiresAt, time.Minute)
		assert.False(t, info.Revoked)
	}
	require.Len(t, byKind, 3)
	assert.Equal(t, s.app.ID, byKind[wecomtest.SuiteToken].SuiteID)
	assert.Equal(t, provider, byKind[wecomtest.ProviderToken].Value)
	assert.Equal(t, s.corp.ID, byKind[wecomtest.CorpToken].CorpID)
	assert.Equal(t, s.app.ID, byKind[wecomtest.CorpToken].SuiteID)

	s.p.Expire(byKind[wecomtest.CorpToken].Value)
	s.p.Expire("unknown")
	s.refused(42001, "/cgi-bin/agent/list"+s.access, nil)
	suite := "?suite_access_token=" + byKind[wecomtest.SuiteToken].Value
	s.ok("/cgi-bin/service/get_pre_auth_code"+suite, nil)
	s.p.ExpireAll(wecomtest.SuiteToken)
	s.refused(42009, "/cgi-bin/service/get_pre_auth_code"+suite, nil)
	s.p.ExpireAll()
	s.refused(42001, "/cgi-bin/service/get_customized_auth_url?provider_access_token="+provider, object{"state": "a", "templateid_list": []string{"x"}})
	ticket := s.app.IssueTicket()
	s.p.Expire(ticket)
	s.refused(40085, "/cgi-bin/service/get_suite_token", object{"suite_id": s.app.ID, "suite_secret": s.app.Secret, "suite_ticket": ticket})

	assert.Equal(t, "suite_access_token", wecomtest.SuiteToken.String())
	assert.Equal(t, "contact_token", wecomtest.ContactToken.String())
	assert.Equal(t, "TokenKind(9)", wecomtest.TokenKind(9).String())
}

func TestListenOptions(t *testing.T) {
	t.Parallel()
	listen := func() net.Listener {
		l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
		require.NoError(t, err)
		return l
	}
	l := listen()
	p := wecomtest.NewPlatform(t, wecomtest.WithListener(l))
	assert.Equal(t, "http://"+l.Addr().String(), p.URL())
	reach(t, p)
	_, err := wecomtest.Start(wecomtest.WithAddr(l.Addr().String()))
	require.ErrorContains(t, err, "listen on "+l.Addr().String())

	_, port, err := net.SplitHostPort(wecomtest.NewPlatform(t).URL()[len("http://"):])
	require.NoError(t, err)
	assert.NotEqual(t, "0", port)
	p = wecomtest.NewPlatform(t, wecomtest.WithAddr(":0"))
	assert.True(t, strings.HasPrefix(p.URL(), "http://127.0.0.1:"), "no host means loopback: %s", p.URL())
	reach(t, p)

	other := listen()
	t.Cleanup(func() { assert.NoError(t, other.Close()) })
	for want, opts := range map[string][]wecomtest.Option{
		"no host:port":     {wecomtest.WithAddr("8080")},
		"nil listener":     {wecomtest.WithListener(nil)},
		"exclude":          {wecomtest.WithAddr(":0"), wecomtest.WithListener(other)},
		"WithoutServer ex": {wecomtest.WithoutServer(), wecomtest.WithAddr(":0")},
		"WithTries":        {wecomtest.WithTries(0)},
	} {
		_, err := wecomtest.Start(opts...)
		require.ErrorContains(t, err, want)
	}
}

// reach wants the platform to answer on its URL.
func reach(t *testing.T, p *wecomtest.Platform) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.URL()+tokenPath+"?corpid=x&corpsecret=y", http.NoBody)
	require.NoError(t, err)
	assert.EqualValues(t, 40013, decode(t, new(http.Client), r)["errcode"])
}

func TestMount(t *testing.T) {
	t.Parallel()
	p := wecomtest.NewPlatform(t)
	hello := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = fmt.Fprintf(w, `{"path":%q}`, r.URL.Path) })
	require.NoError(t, p.Mount("/console/", hello))
	for _, transport := range []http.RoundTripper{http.DefaultTransport, p.Transport()} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.URL()+"/console/a", http.NoBody)
		require.NoError(t, err)
		assert.Equal(t, "/console/a", decode(t, &http.Client{Transport: transport}, r)["path"])
	}
	assert.Empty(t, p.Calls(), "it is no call of the API")
	reach(t, p)
	for want, prefix := range map[string]string{
		"is taken": "/console/a/", "begin and end": "/console", "platform itself": "/cgi-bin/x/",
	} {
		require.ErrorContains(t, p.Mount(prefix, hello), want)
	}
	require.ErrorContains(t, p.Mount("/nil/", nil), "nil handler")
	require.ErrorContains(t, p.Mount("/", hello), "begin and end")
}
