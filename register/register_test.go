package register_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/callback"
	"github.com/wecom-isv/wecom/provider"
	"github.com/wecom-isv/wecom/register"
)

const (
	tokenPath   = "/cgi-bin/service/get_provider_token"
	codePath    = "/cgi-bin/service/get_register_code"
	infoPath    = "/cgi-bin/service/get_register_info"
	scopePath   = "/cgi-bin/agent/set_scope"
	successPath = "/cgi-bin/sync/contact_sync_success"
)

// platform answers each path with its replies in order, the last one again and
// again; "lost" cuts the connection. It records the requests.
type platform struct {
	replies map[string][]string
	seen    []string
}

func (p *platform) RoundTrip(r *http.Request) (*http.Response, error) {
	path, body := r.URL.Path, []byte(nil)
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	p.seen = append(p.seen, strings.TrimSpace(r.Method+" "+r.URL.RequestURI()+" "+string(body)))
	list := p.replies[path]
	if len(list) == 0 {
		return nil, errors.New("no such path")
	}
	if len(list) > 1 {
		p.replies[path] = list[1:]
	}
	switch list[0] {
	case "lost":
		return nil, errors.New("connection reset")
	case "502":
		return httpmock.NewStringResponse(http.StatusBadGateway, "<html>"), nil
	}
	return httpmock.NewStringResponse(http.StatusOK, list[0]), nil
}

// calls counts the requests to a path.
func (p *platform) calls(path string) int {
	return len(p.to(path))
}

func (p *platform) to(path string) []string {
	var found []string
	for _, s := range p.seen {
		if strings.Contains(s, path) {
			found = append(found, s)
		}
	}
	return found
}

func newClient(t *testing.T, p *platform, opts ...wecom.Option) *register.Client {
	t.Helper()
	if p.replies == nil {
		p.replies = make(map[string][]string)
	}
	p.replies[tokenPath] = []string{`{"provider_access_token":"provider-token","expires_in":7200}`}
	api, err := wecom.New(append([]wecom.Option{wecom.WithTransport(p)}, opts...)...)
	require.NoError(t, err)
	vendor, err := provider.New(api, provider.Config{CorpID: "wwprovider", Secret: "s"})
	require.NoError(t, err)
	return register.New(vendor)
}

func TestStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &platform{replies: map[string][]string{codePath: {`{"errcode":0,"register_code":"pIKi3wRPNWCGF-pyP-YU5KWjDDD","expires_in":600}`}}}
		link, err := newClient(t, p).Start(t.Context(), register.GetRegisterCodeRequest{TemplateID: "tpl", State: "TestState123"})
		require.NoError(t, err)
		assert.Equal(t, "https://open.work.weixin.qq.com/3rdservice/wework/register?register_code=pIKi3wRPNWCGF-pyP-YU5KWjDDD", link.URL)
		assert.Equal(t, "pIKi3wRPNWCGF-pyP-YU5KWjDDD", link.Code.Reveal())
		assert.Equal(t, 10*time.Minute, time.Until(link.ExpiresAt))
		assert.Equal(t, []string{"POST " + codePath + `?provider_access_token=provider-token {"template_id":"tpl","state":"TestState123"}`}, p.to(codePath))
	})
}

func TestLinkEscapesTheCode(t *testing.T) {
	t.Parallel()
	const odd = "a+b c&d=e#f/企"
	link := newClient(t, new(platform)).Link(wecom.NewSecret(odd))
	assert.NotContains(t, link, "+")
	u, err := url.Parse(link)
	require.NoError(t, err)
	assert.Equal(t, url.Values{"register_code": {odd}}, u.Query())
}

func TestGetRegisterCodeChecksRequest(t *testing.T) {
	t.Parallel()
	p := &platform{replies: map[string][]string{codePath: {`{"errcode":84020,"errmsg":"invalid templateid"}`, `{"errcode":0}`, "lost"}}}
	c := newClient(t, p)
	for _, req := range []register.GetRegisterCodeRequest{
		{}, {TemplateID: strings.Repeat("t", 129)}, {TemplateID: "t", State: "a-b"}, {TemplateID: "t", State: strings.Repeat("a", 129)},
	} {
		_, err := c.GetRegisterCode(t.Context(), req)
		require.Error(t, err)
	}
	assert.Empty(t, p.seen)
	_, err := c.GetRegisterCode(t.Context(), register.GetRegisterCodeRequest{TemplateID: "t"})
	require.ErrorIs(t, err, wecom.Code(84020))
	_, err = c.Start(t.Context(), register.GetRegisterCodeRequest{TemplateID: "t"})
	require.ErrorContains(t, err, "without a registration code")
	_, err = c.Start(t.Context(), register.GetRegisterCodeRequest{TemplateID: "t"})
	require.ErrorIs(t, err, wecom.ErrNoReply)
	assert.Equal(t, 3, p.calls(codePath), "each call makes a code: it is never repeated")
}

func TestGetRegisterInfo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &platform{replies: map[string][]string{infoPath: {
			`{"errcode":84024,"errmsg":"no register info"}`,
			`{"errcode":84022,"errmsg":"invalid register_code"}`,
			`{"errcode":0,"corpid":"wpNew","template_id":"tpl"}`,
			`{"errcode":0,"corpid":"wpNew","contact_sync":{"access_token":"contact-token","expires_in":1700},"auth_user_info":{"userid":"u"},"template_id":"tpl"}`,
		}}}
		c := newClient(t, p)
		code := wecom.NewSecret("register-code")
		_, err := c.GetRegisterInfo(t.Context(), code)
		require.ErrorIs(t, err, register.ErrPending)
		require.ErrorIs(t, err, wecom.Code(84024))
		_, err = c.GetRegisterInfo(t.Context(), code)
		require.NotErrorIs(t, err, register.ErrPending)
		require.ErrorIs(t, err, wecom.ErrCodeRejected)

		info, err := c.GetRegisterInfo(t.Context(), code)
		require.NoError(t, err)
		_, err = c.FromInfo(info)
		require.ErrorIs(t, err, register.ErrNoContactSync)

		info, err = c.GetRegisterInfo(t.Context(), code)
		require.NoError(t, err)
		assert.Equal(t, "u", info.AuthUserInfo.UserID)
		time.Sleep(time.Minute) // the token ages while the caller does something else
		contacts, err := c.FromInfo(info)
		require.NoError(t, err)
		assert.Equal(t, 1640*time.Second, time.Until(contacts.ExpiresAt()))
		token, err := contacts.Token(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "contact-token", token.Value)

		kept := &register.GetRegisterInfoResponse{ContactSync: register.ContactSync{AccessToken: wecom.NewSecret("x")}}
		contacts, err = c.FromInfo(kept)
		require.NoError(t, err)
		assert.Equal(t, 30*time.Minute, time.Until(contacts.ExpiresAt()))

		_, err = c.GetRegisterInfo(t.Context(), wecom.Secret{})
		require.ErrorContains(t, err, "empty")
		assert.Equal(t, 4, p.calls(infoPath))
	})
}

func TestFromEvent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, new(platform))
		_, err := c.FromEvent(callback.RegisterCorp{})
		require.ErrorIs(t, err, register.ErrNoContactSync)

		ev := callback.RegisterCorp{ContactSync: callback.ContactSync{AccessToken: wecom.NewSecret("contact-token"), ExpiresIn: 1800}}
		ev.TimeStamp = callback.UnixTime(time.Now().Unix())
		time.Sleep(10 * time.Minute) // in a queue
		contacts, err := c.FromEvent(ev)
		require.NoError(t, err)
		assert.Equal(t, 20*time.Minute, time.Until(contacts.ExpiresAt()))

		ev.TimeStamp, ev.ContactSync.ExpiresIn = 0, 0
		contacts, err = c.FromEvent(ev)
		require.NoError(t, err)
		assert.Equal(t, 30*time.Minute, time.Until(contacts.ExpiresAt()))
	})
}

func TestContactTokenIsNotRenewed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &platform{replies: map[string][]string{"/cgi-bin/user/get": {`{"errcode":0}`, `{"errcode":40014,"errmsg":"invalid access_token"}`}}}
		c := newClient(t, p)
		contacts := c.Contacts(wecom.NewSecret("contact-token"), time.Now().Add(30*time.Minute))
		query := url.Values{"userid": {"u"}}
		call := wecom.Call{Path: "/cgi-bin/user/get", Query: query}
		require.NoError(t, contacts.Do(t.Context(), call, nil))
		assert.Equal(t, []string{"GET /cgi-bin/user/get?access_token=contact-token&userid=u"}, p.seen)
		assert.Equal(t, url.Values{"userid": {"u"}}, query, "the caller's query is not changed")

		err := contacts.Do(t.Context(), call, nil)
		require.ErrorIs(t, err, wecom.Code(40014))
		assert.Len(t, p.seen, 2, "a refusal is final")
		err = contacts.Do(t.Context(), call, nil)
		require.ErrorIs(t, err, register.ErrContactTokenEnded)
		require.ErrorIs(t, err, wecom.ErrTokenRejected)
		require.NotErrorIs(t, err, register.ErrContactTokenExpired)
		assert.Len(t, p.seen, 2)

		// As a credential of the engine it is final too.
		contacts = c.Contacts(wecom.NewSecret("contact-token"), time.Now().Add(30*time.Minute))
		require.NoError(t, contacts.Reject(t.Context(), wecom.Token{Value: "another"}))
		_, err = contacts.Token(t.Context())
		require.NoError(t, err)
		require.NoError(t, contacts.Reject(t.Context(), wecom.Token{Value: "contact-token"}))
		_, err = contacts.Auth().Source.Token(t.Context())
		require.ErrorIs(t, err, register.ErrContactTokenEnded)
		require.ErrorContains(t, contacts.Do(t.Context(), wecom.Call{Path: "/x", Auth: contacts.Auth()}, nil), "Auth must be empty")

		contacts = c.Contacts(wecom.NewSecret("contact-token"), time.Now().Add(30*time.Minute))
		time.Sleep(30 * time.Minute)
		err = contacts.Do(t.Context(), call, nil)
		require.ErrorIs(t, err, register.ErrContactTokenExpired)
		require.ErrorIs(t, err, wecom.ErrTokenRejected)
		assert.Len(t, p.seen, 2)
	})
}

func TestSetScopeSendsEveryList(t *testing.T) {
	t.Parallel()
	p := &platform{replies: map[string][]string{scopePath: {`{"errcode":0,"invaliduser":["x"],"invalidparty":[2],"invalidtag":[3]}`, `{"errcode":0}`}}}
	contacts := newClient(t, p).Contacts(wecom.NewSecret("contact-token"), time.Now().Add(time.Hour))
	got, err := contacts.SetScope(t.Context(), register.SetScopeRequest{AgentID: 1, AllowParty: []int64{1, 2}})
	require.NoError(t, err)
	assert.Equal(t, &register.SetScopeResponse{InvalidUser: []string{"x"}, InvalidParty: []int64{2}, InvalidTag: []int64{3}}, got)
	_, err = contacts.SetScope(t.Context(), register.SetScopeRequest{})
	require.NoError(t, err)
	assert.Equal(t, []string{
		"POST " + scopePath + `?access_token=contact-token {"agentid":1,"allow_user":[],"allow_party":[1,2],"allow_tag":[]}`,
		"POST " + scopePath + `?access_token=contact-token {"agentid":0,"allow_user":[],"allow_party":[],"allow_tag":[]}`,
	}, p.seen)
}

func TestContactSyncSuccess(t *testing.T) {
	t.Parallel()
	const refused, busy, denied, done = `{"errcode":40014}`, `{"errcode":-1}`, `{"errcode":84023}`, `{"errcode":0}`
	tests := []struct {
		name    string
		replies []string
		errs    []error // of one call after another
	}{
		{"accepted", []string{done}, []error{nil, register.ErrContactTokenEnded}},
		{"reply lost, then refused: it was carried out", []string{"lost", refused}, []error{wecom.ErrNoReply, nil, register.ErrContactTokenEnded}},
		{"gateway failed, then refused", []string{"502", refused}, []error{wecom.ErrTransient, nil}},
		{"failed inside, then accepted", []string{busy, done}, []error{wecom.ErrTransient, nil}},
		{"refused at first: it was not", []string{refused}, []error{wecom.Code(40014), register.ErrContactTokenEnded}},
		{"denied, then refused", []string{denied, refused}, []error{wecom.Code(84023), wecom.Code(40014)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := &platform{replies: map[string][]string{successPath: tt.replies}}
			contacts := newClient(t, p).Contacts(wecom.NewSecret("contact-token"), time.Now().Add(time.Hour))
			for i, want := range tt.errs {
				err := contacts.ContactSyncSuccess(t.Context())
				require.ErrorIs(t, err, want, "call %d", i+1)
			}
			assert.Equal(t, "GET "+successPath+"?access_token=contact-token", p.seen[0])
			assert.LessOrEqual(t, len(p.seen), len(tt.errs), "a call with a side effect is not repeated")
		})
	}
}

// The token may have run out instead: then nobody knows that the lists are unlocked.
func TestContactSyncSuccessAfterExpiry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &platform{replies: map[string][]string{successPath: {"lost"}}}
		contacts := newClient(t, p).Contacts(wecom.NewSecret("contact-token"), time.Now().Add(time.Minute))
		require.ErrorIs(t, contacts.ContactSyncSuccess(t.Context()), wecom.ErrNoReply)
		time.Sleep(time.Minute)
		require.ErrorIs(t, contacts.ContactSyncSuccess(t.Context()), register.ErrContactTokenExpired)
		assert.Len(t, p.seen, 1)
	})
}

func TestPrintingShowsNoSecret(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	text := slog.New(slog.NewTextHandler(&out, nil))
	p := &platform{replies: map[string][]string{
		codePath:    {`{"errcode":0,"register_code":"CANARY-register","expires_in":600}`},
		infoPath:    {`{"errcode":0,"corpid":"wpNew","contact_sync":{"access_token":"CANARY-contact","expires_in":1800}}`, `{"errcode":84024,"errmsg":"CANARY-register"}`},
		successPath: {`{"errcode":40014,"errmsg":"invalid CANARY-contact"}`},
	}}
	c := newClient(t, p, wecom.WithLogger(log))
	link, err := c.Start(t.Context(), register.GetRegisterCodeRequest{TemplateID: "t"})
	require.NoError(t, err)
	require.Contains(t, link.URL, "CANARY")
	info, err := c.GetRegisterInfo(t.Context(), link.Code)
	require.NoError(t, err)
	contacts, err := c.FromInfo(info)
	require.NoError(t, err)
	_, pending := c.GetRegisterInfo(t.Context(), link.Code)
	require.ErrorIs(t, pending, register.ErrPending)
	refused := contacts.ContactSyncSuccess(t.Context())
	require.Error(t, refused)
	for _, v := range []any{c, link, &link, info, *info, contacts, pending, refused} {
		fmt.Fprintf(&out, "%v %+v %#v %s %q\n", v, v, v, v, v)
		log.Info("value", slog.Any("v", v))
		text.Info("value", slog.Any("v", v))
	}
	assert.NotContains(t, out.String(), "CANARY")
	assert.Contains(t, out.String(), "wecom: call", "the log was on")
}
