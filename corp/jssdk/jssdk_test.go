package jssdk_test

import (
	"context"
	"encoding/json"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/corp/jssdk"
	"github.com/wecom-isv/wecom/suite"
)

var _ jssdk.Credential = (*suite.Corp)(nil)

// corp is an app in a corp whose token never changes.
type corp struct {
	api *wecom.Client
	id  string
}

func (c corp) API() *wecom.Client     { return c.api }
func (c corp) ID() string             { return c.id }
func (c corp) Key(name string) string { return "suite/ww1/corp/" + c.id + "/" + name }
func (c corp) Auth() wecom.Auth {
	return wecom.Auth{Param: wecom.ParamAccessToken, Source: wecom.TokenFunc(func(context.Context) (wecom.Token, error) {
		return wecom.Token{Value: "token-of-" + c.id}, nil
	})}
}

// platform gives numbered tickets and counts them.
type platform struct {
	mock  *httpmock.MockTransport
	mu    sync.Mutex
	count map[string]int
	wait  time.Duration
}

func newPlatform() *platform {
	p := &platform{mock: httpmock.NewMockTransport(), count: make(map[string]int)}
	for path, kind := range map[string]string{"/cgi-bin/get_jsapi_ticket": "corp", "/cgi-bin/ticket/get": "agent"} {
		p.mock.RegisterResponder(http.MethodGet, wecom.DefaultBaseURL+path, func(r *http.Request) (*http.Response, error) {
			time.Sleep(p.wait) // of a bubble
			p.mu.Lock()
			defer p.mu.Unlock()
			p.count[kind]++
			return httpmock.NewStringResponse(http.StatusOK, fmt.Sprintf(
				`{"errcode":0,"errmsg":"ok","ticket":"%s-ticket-%d-%s","expires_in":7200}`,
				kind, p.count[kind], r.URL.Query().Get("access_token"))), nil
		})
	}
	return p
}

func (p *platform) calls(kind string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.count[kind]
}

func (p *platform) api(t *testing.T, opts ...wecom.Option) *wecom.Client {
	t.Helper()
	api, err := wecom.New(append(opts, wecom.WithTransport(p.mock))...)
	require.NoError(t, err)
	return api
}

func newClient(t *testing.T, cred jssdk.Credential) *jssdk.Client {
	t.Helper()
	c, err := jssdk.New(cred)
	require.NoError(t, err)
	return c
}

// The vector of the documentation.
const (
	vectorTicket    = "sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg"
	vectorNonce     = "Wm3WZYTPz0wzccnW"
	vectorTime      = 1414587457
	vectorURL       = "http://mp.weixin.qq.com?params=value"
	vectorSignature = "0f9de62fce790f9a083d5c99e95740ceb90c27ed"
)

func TestSignVector(t *testing.T) {
	t.Parallel()
	for _, address := range []string{vectorURL, vectorURL + "#", vectorURL + "#/route?x=1", vectorURL + "#a#b"} {
		s, err := jssdk.Sign(wecom.NewSecret(vectorTicket), vectorNonce, vectorTime, address)
		require.NoError(t, err)
		assert.Equal(t, jssdk.Signature{Timestamp: vectorTime, NonceStr: vectorNonce, Signature: vectorSignature}, s)
	}
	// Every byte of the address counts, encoded or not.
	for _, address := range []string{vectorURL + "&", "http://mp.weixin.qq.com/?params=value", "https://mp.weixin.qq.com?params=value", "http://mp.weixin.qq.com?params=%76alue"} {
		s, err := jssdk.Sign(wecom.NewSecret(vectorTicket), vectorNonce, vectorTime, address)
		require.NoError(t, err)
		assert.NotEqual(t, vectorSignature, s.Signature, address)
	}
}

func TestSignChecksInput(t *testing.T) {
	t.Parallel()
	ticket := wecom.NewSecret(vectorTicket)
	for _, address := range []string{
		"", "#", "mp.weixin.qq.com/", "//mp.weixin.qq.com/", "/page", "ftp://a.example/", "javascript:alert(1)", "http:page",
		"https://", "https:///page", "https://:443/", "https://?code=SECRETCODE", "https://user:SECRETCODE@a.example/",
		"https://a.example/a page?code=SECRETCODE", "https://a.example/?q=<script>SECRETCODE", "https://a.example/\nx",
		"https://a.example/?code=SECRETCODE&x=" + strings.Repeat("x", 9000), "file:///etc/passwd", "https://a.exa mple/",
	} {
		_, err := jssdk.Sign(ticket, vectorNonce, vectorTime, address)
		require.ErrorIs(t, err, jssdk.ErrPage, address)
		assert.NotContains(t, err.Error(), "SECRETCODE")
		assert.NotContains(t, err.Error(), "a.example")
	}
	for _, address := range []string{
		"https://a.example", "https://a.example/", "https://a.example:8443/x?y", "http://[2001:db8::1]/", "https://a.example/100%/?a=%zz&b=|{}^`\\",
		"https://a.example/?next=http://b.example/@c", "https://例子.example/路径",
	} {
		_, err := jssdk.Sign(ticket, vectorNonce, vectorTime, address)
		require.NoError(t, err, address)
	}
	for _, nonce := range []string{"", "a&timestamp=1", "a=b"} {
		_, err := jssdk.Sign(ticket, nonce, vectorTime, vectorURL)
		require.Error(t, err)
		assert.NotContains(t, err.Error(), vectorTicket)
	}
	_, err := jssdk.Sign(wecom.Secret{}, vectorNonce, vectorTime, vectorURL)
	require.Error(t, err)
}

func TestConfig(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPlatform()
		js := newClient(t, corp{p.api(t), "wpA"})
		const page = "https://app.example.com/page?corp=wpA"
		cfg, err := js.Config(t.Context(), page+"#top", "scanQRCode", "openEnterpriseChat")
		require.NoError(t, err)
		assert.True(t, cfg.Beta)
		assert.False(t, cfg.Debug)
		assert.Equal(t, "wpA", cfg.AppID)
		assert.Equal(t, time.Now().Unix(), cfg.Timestamp)
		assert.GreaterOrEqual(t, len(cfg.NonceStr), 20)
		assert.Equal(t, []string{"scanQRCode", "openEnterpriseChat"}, cfg.JSAPIList)
		want, err := jssdk.Sign(wecom.NewSecret("corp-ticket-1-token-of-wpA"), cfg.NonceStr, cfg.Timestamp, page)
		require.NoError(t, err)
		assert.Equal(t, want, cfg.Signature)

		agent, err := js.AgentConfig(t.Context(), 1000247, page, "selectExternalContact")
		require.NoError(t, err)
		assert.Equal(t, "wpA", agent.CorpID)
		assert.EqualValues(t, 1000247, agent.AgentID)
		assert.NotEqual(t, cfg.NonceStr, agent.NonceStr)
		want, err = jssdk.Sign(wecom.NewSecret("agent-ticket-1-token-of-wpA"), agent.NonceStr, agent.Timestamp, page)
		require.NoError(t, err)
		assert.Equal(t, want, agent.Signature)

		_, err = js.AgentConfig(t.Context(), 0, page)
		require.Error(t, err)
		_, err = js.Config(t.Context(), "/page")
		require.ErrorIs(t, err, jssdk.ErrPage)
		assert.Equal(t, []int{1, 1}, []int{p.calls("corp"), p.calls("agent")})
	})
}

// The page gets what the JavaScript objects are called in the documentation, and
// never a ticket.
func TestConfigOnThePage(t *testing.T) {
	t.Parallel()
	p := newPlatform()
	js := newClient(t, corp{p.api(t), "wpA"})
	cfg, err := js.Config(t.Context(), "https://app.example.com/")
	require.NoError(t, err)
	agent, err := js.AgentConfig(t.Context(), 7, "https://app.example.com/", "a</script>")
	require.NoError(t, err)

	text, err := json.Marshal(cfg)
	require.NoError(t, err)
	assert.JSONEq(t, fmt.Sprintf(`{"beta":true,"debug":false,"appId":"wpA","timestamp":%d,"nonceStr":%q,"signature":%q,"jsApiList":[]}`,
		cfg.Timestamp, cfg.NonceStr, cfg.Signature.Signature), string(text))
	text, err = json.Marshal(agent)
	require.NoError(t, err)
	assert.JSONEq(t, fmt.Sprintf(`{"corpid":"wpA","agentid":7,"timestamp":%d,"nonceStr":%q,"signature":%q,"jsApiList":["a</script>"]}`,
		agent.Timestamp, agent.NonceStr, agent.Signature.Signature), string(text))

	var page strings.Builder
	require.NoError(t, template.Must(template.New("").Parse(`<script>wx.config({{.C}});wx.agentConfig({{.A}});</script>`)).
		Execute(&page, map[string]any{"C": cfg, "A": agent}))
	assert.Equal(t, 1, strings.Count(page.String(), "</script>"))
	assert.Contains(t, page.String(), `"nonceStr":"`+cfg.NonceStr+`"`)
	assert.NotContains(t, page.String(), "ticket")
}

// TestTicketsAreShared: limits are low, so 200 pages and a second process cost
// one call for each kind of ticket.
func TestTicketsAreShared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPlatform()
		p.wait = time.Second
		cache := wecom.NewMemoryCache()
		clients := jssdk.NewClients()
		first := corp{p.api(t, wecom.WithTokenCache(cache)), "wpA"}
		var wg sync.WaitGroup
		for range 200 {
			wg.Go(func() {
				js, err := clients.Client(first)
				if assert.NoError(t, err) {
					_, err = js.Config(t.Context(), "https://app.example.com/")
					assert.NoError(t, err)
					_, err = js.AgentConfig(t.Context(), 1, "https://app.example.com/")
					assert.NoError(t, err)
				}
			})
		}
		wg.Wait()
		second := newClient(t, corp{p.api(t, wecom.WithTokenCache(cache)), "wpA"})
		_, err := second.Config(t.Context(), "https://app.example.com/")
		require.NoError(t, err)
		assert.Equal(t, []int{1, 1}, []int{p.calls("corp"), p.calls("agent")})

		for _, key := range []string{"suite/ww1/corp/wpA/jsapi", "suite/ww1/corp/wpA/jsapi_agent"} {
			token, err := cache.Load(t.Context(), key)
			require.NoError(t, err, key)
			assert.True(t, token.Live())
		}

		// They are renewed before they expire, and not sooner.
		time.Sleep(100 * time.Minute)
		_, err = second.Config(t.Context(), "https://app.example.com/")
		require.NoError(t, err)
		assert.Equal(t, 1, p.calls("corp"))
		time.Sleep(21 * time.Minute)
		_, err = second.Config(t.Context(), "https://app.example.com/")
		require.NoError(t, err)
		assert.Equal(t, 2, p.calls("corp"))
	})
}

// A ticket of one app or corp must not sign for another.
func TestPain09_TicketsDoNotCrossCorps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPlatform()
		api := p.api(t)
		for _, id := range []string{"wpA", "wpB"} {
			js := newClient(t, corp{api, id})
			cfg, err := js.Config(t.Context(), vectorURL)
			require.NoError(t, err)
			ticket := fmt.Sprintf("corp-ticket-%d-token-of-%s", p.calls("corp"), id)
			want, err := jssdk.Sign(wecom.NewSecret(ticket), cfg.NonceStr, cfg.Timestamp, vectorURL)
			require.NoError(t, err)
			assert.Equal(t, want, cfg.Signature)
		}
		assert.Equal(t, 2, p.calls("corp"))
	})
}

func TestForget(t *testing.T) {
	t.Parallel()
	p := newPlatform()
	js := newClient(t, corp{p.api(t), "wpA"})
	for n := range 2 {
		_, err := js.ConfigSignature(t.Context(), vectorURL)
		require.NoError(t, err)
		_, err = js.AgentConfigSignature(t.Context(), vectorURL)
		require.NoError(t, err)
		assert.Equal(t, []int{n + 1, n + 1}, []int{p.calls("corp"), p.calls("agent")})
		require.NoError(t, js.Forget(t.Context()))
	}
}

func TestRefusedTicketCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		mock := httpmock.NewMockTransport()
		mock.RegisterNoResponder(httpmock.NewStringResponder(http.StatusOK, `{"errcode":45009,"errmsg":"reach max api daily quota limit"}`))
		api, err := wecom.New(wecom.WithTransport(mock))
		require.NoError(t, err)
		js := newClient(t, corp{api, "wpA"})
		for range 5 {
			_, err = js.Config(t.Context(), vectorURL)
			require.ErrorIs(t, err, wecom.ErrRateLimited)
			require.ErrorContains(t, err, "ConfigSignature")
			assert.NotContains(t, err.Error(), "token-of")
			assert.NotContains(t, err.Error(), "mp.weixin")
		}
		assert.Equal(t, 1, mock.GetTotalCallCount(), "a limit that is reached is not hammered")
	})
}

func TestClientsKeepsOnePerCorp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPlatform()
		api := p.api(t)
		clients := jssdk.NewClients()
		a, err := clients.Client(corp{api, "wpA"})
		require.NoError(t, err)
		b, err := clients.Client(corp{api, "wpB"})
		require.NoError(t, err)
		assert.NotSame(t, a, b)
		again, err := clients.Client(corp{api, "wpA"})
		require.NoError(t, err)
		assert.Same(t, a, again)
	})
}

func TestNewChecksCredential(t *testing.T) {
	t.Parallel()
	p := newPlatform()
	for _, cred := range []jssdk.Credential{nil, corp{nil, "wpA"}, corp{p.api(t), ""}, corp{p.api(t), "wp/A"}} {
		_, err := jssdk.New(cred)
		require.Error(t, err)
		_, err = jssdk.NewClients().Client(cred)
		require.Error(t, err)
	}
}

func TestClientShowsNoTicket(t *testing.T) {
	t.Parallel()
	p := newPlatform()
	var log strings.Builder
	api := p.api(t, wecom.WithLogger(slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	js := newClient(t, corp{api, "wpA"})
	_, err := js.Config(t.Context(), vectorURL)
	require.NoError(t, err)
	r, err := js.GetAgentTicket(t.Context())
	require.NoError(t, err)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "client", js, "reply", r)
	for _, text := range []string{fmt.Sprintf("%v %+v %#v %s", js, js, js, js), fmt.Sprintf("%+v", r), log.String()} {
		assert.NotContains(t, text, "-ticket-")
		assert.NotContains(t, text, "token-of")
	}
	assert.Equal(t, "jssdk.Client(wpA)", js.String())
}
