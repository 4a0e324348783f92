package suite_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/suite"
)

func TestNewChecksConfig(t *testing.T) {
	t.Parallel()
	api := newUpstream(t).api()
	tests := []struct {
		cfg  suite.Config
		want string
	}{
		{suite.Config{Secret: "s"}, "Config.ID: the id is empty"},
		{suite.Config{ID: "ww1"}, "Config.Secret is missing"},
		{suite.Config{ID: "ww/1", Secret: "s"}, "Config.ID"},
		{suite.Config{ID: "ww 1", Secret: "s"}, "Config.ID"},
		{suite.Config{ID: "ww" + strings.Repeat("1", 200), Secret: "s"}, "202 bytes"},
		{suite.Config{ID: "ww1", Secret: "s\n"}, "blanks"},
		{suite.Config{ID: "ww1", Secret: "s", PageURL: "open.work.weixin.qq.com"}, "PageURL"},
	}
	for _, tt := range tests {
		_, err := suite.New(api, tt.cfg)
		require.ErrorContains(t, err, tt.want)
		assert.NotContains(t, err.Error(), "s\n")
	}
	_, err := suite.New(nil, suite.Config{ID: "ww1", Secret: "s"})
	require.ErrorContains(t, err, "nil")
	for _, id := range []string{"ww1", "wx1", "tj1", "other"} {
		app, err := suite.New(api, suite.Config{ID: id, Secret: "s"})
		require.NoError(t, err)
		assert.Equal(t, id, app.ID())
	}
}

func TestPain18_ConstructorsTellKindsApart(t *testing.T) {
	t.Parallel()
	api := newUpstream(t).api()
	_, err := suite.New(api, suite.Config{ID: "dk1", Secret: "s"})
	require.ErrorContains(t, err, "use NewTemplate")
	for _, id := range []string{"ww1", "wx1", "tj1"} {
		_, err = suite.NewTemplate(api, suite.Config{ID: id, Secret: "s"})
		require.ErrorContains(t, err, "use New")
	}
}

// The mock fails the test on any other call: a template never asks
// get_corp_token (48002), a third-party app never gettoken.
func TestPain18_EachKindBuysTheCorpTokenItsWay(t *testing.T) {
	t.Parallel()
	t.Run("third-party app", func(t *testing.T) {
		t.Parallel()
		u := newUpstream(t)
		u.suiteTokens()
		u.on("POST", "/cgi-bin/service/get_corp_token", `{"access_token":"corp-token","expires_in":7200}`)
		app := thirdParty(t, u.api(), suite.Config{Codes: newCodes(record("ww1", "wpA", "code-A"))})

		token, err := app.Corp("wpA").Token(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "corp-token", token.Value)
		got := u.to("/cgi-bin/service/get_corp_token")
		require.Len(t, got, 1)
		assert.Equal(t, "suite-token-1", got[0].query.Get("suite_access_token"))
		assert.Equal(t, map[string]any{"auth_corpid": "wpA", "permanent_code": "code-A"}, got[0].body)
	})
	t.Run("customised app", func(t *testing.T) {
		t.Parallel()
		u := newUpstream(t)
		u.on("GET", "/cgi-bin/gettoken", `{"errcode":0,"errmsg":"ok","access_token":"corp-token","expires_in":7200}`)
		tpl := customized(t, u.api(), suite.Config{Codes: newCodes(record("dk1", "wpA", "code-A"))})

		token, err := tpl.Corp("wpA").Token(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "corp-token", token.Value)
		got := u.to("/cgi-bin/gettoken")
		require.Len(t, got, 1)
		assert.Equal(t, "corpid=wpA&corpsecret=code-A", got[0].query.Encode())
	})
}

func TestPain07_TokenKindIsFixed(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	u.suiteTokens()
	u.on("POST", "/cgi-bin/service/get_corp_token", `{"access_token":"corp-token","expires_in":7200}`)
	u.on("POST", "/cgi-bin/agent/get_permissions", `{"errcode":0,"app_permissions":["contact:base:base"]}`)
	u.on("POST", "/cgi-bin/service/v2/get_auth_info", `{"errcode":0,"auth_corp_info":{"corpid":"wpA"}}`)
	app := thirdParty(t, u.api(), suite.Config{Codes: newCodes(record("ww1", "wpA", "code-A"))})
	corp := app.Corp("wpA")

	_, err := corp.GetPermissions(t.Context())
	require.NoError(t, err)
	_, err = corp.AuthInfo(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "access_token=corp-token", u.to("/cgi-bin/agent/get_permissions")[0].query.Encode())
	assert.Equal(t, "suite_access_token=suite-token-1", u.to("/cgi-bin/service/v2/get_auth_info")[0].query.Encode())

	// A caller cannot bring another token.
	before := len(u.paths())
	foreign := wecom.Call{Path: "/cgi-bin/agent/get_permissions", Auth: corp.Auth()}
	require.ErrorContains(t, app.Do(t.Context(), foreign, nil), "Auth must be empty")
	require.ErrorContains(t, corp.Do(t.Context(), foreign, nil), "Auth must be empty")
	assert.Len(t, u.paths(), before)
}

func TestSuiteTokenIsHealedOnce(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	u.suiteTokens()
	u.on("POST", "/cgi-bin/service/v2/get_auth_info",
		`{"errcode":42009,"errmsg":"suite_access_token expired"}`, `{"errcode":0,"auth_corp_info":{"corpid":"wpA"}}`, `{"errcode":40082}`)
	app := thirdParty(t, u.api(), suite.Config{})
	_, err := app.GetAuthInfoV2(t.Context(), "wpA", wecom.NewSecret("p"))
	require.NoError(t, err)
	_, err = app.GetAuthInfoV2(t.Context(), "wpA", wecom.NewSecret("p"))
	require.ErrorIs(t, err, wecom.ErrTokenRejected)
	var tokens []string
	for _, c := range u.to("/cgi-bin/service/v2/get_auth_info") {
		tokens = append(tokens, c.query.Get("suite_access_token"))
	}
	assert.Equal(t, []string{"suite-token-1", "suite-token-2", "suite-token-2", "suite-token-2"}, tokens)

	// A late refusal of an old token leaves the new one in use.
	current, err := app.Token(t.Context())
	require.NoError(t, err)
	require.NoError(t, app.Reject(t.Context(), wecom.Token{Value: "suite-token-1", Version: 1}))
	again, err := app.Token(t.Context())
	require.NoError(t, err)
	assert.Equal(t, current.Value, again.Value)
}

func TestPain04_TicketLivesThirtyMinutes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := newUpstream(t)
		u.suiteTokens()
		app, err := suite.New(u.api(), suite.Config{ID: "ww1", Secret: "s"})
		require.NoError(t, err)

		_, err = app.Token(t.Context())
		require.ErrorIs(t, err, wecom.ErrNoTicket)
		require.ErrorContains(t, err, "指令回调URL")
		assert.Empty(t, u.paths(), "without a ticket nothing is called")

		require.NoError(t, app.SaveTicket(t.Context(), wecom.NewSecret("ticket-1"), time.Now()))
		time.Sleep(30*time.Minute - time.Second)
		_, err = app.GetSuiteToken(t.Context())
		require.NoError(t, err, "two lost pushes are no problem")

		time.Sleep(time.Second)
		_, err = app.GetSuiteToken(t.Context())
		require.ErrorIs(t, err, wecom.ErrNoTicket)
		require.ErrorContains(t, err, "pushed at 2000-01-01T00:00:00Z and has expired")

		require.NoError(t, app.SaveTicket(t.Context(), wecom.NewSecret("ticket-2"), time.Now()))
		_, err = app.Token(t.Context())
		require.NoError(t, err, "a new ticket heals at once")
		calls := u.to("/cgi-bin/service/get_suite_token")
		require.Len(t, calls, 2)
		assert.Equal(t, map[string]any{"suite_id": "ww1", "suite_secret": "s", "suite_ticket": "ticket-1"}, calls[0].body)
		assert.Equal(t, "ticket-2", calls[1].body["suite_ticket"])
	})
}

// A refused ticket is remembered for seconds; the push that follows must not
// have to wait for that.
func TestNewTicketEndsMemoryOfRefusal(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	u.on("POST", "/cgi-bin/service/get_suite_token",
		`{"errcode":40085,"errmsg":"invalid suite ticket"}`,
		`{"suite_access_token":"suite-token","expires_in":7200}`)
	app := thirdParty(t, u.api(), suite.Config{})
	for range 3 {
		_, err := app.Token(t.Context())
		require.ErrorIs(t, err, wecom.ErrTicketRejected)
	}
	assert.Len(t, u.paths(), 1)
	require.NoError(t, app.SaveTicket(t.Context(), wecom.NewSecret("fresh"), time.Now().Add(time.Second)))
	token, err := app.Token(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "suite-token", token.Value)
}

func TestPain05_LatePushLoses(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	u.suiteTokens()
	api := u.api() // two nodes share its cache
	one, err := suite.New(api, suite.Config{ID: "ww1", Secret: "s"})
	require.NoError(t, err)
	two, err := suite.New(api, suite.Config{ID: "ww1", Secret: "s"})
	require.NoError(t, err)

	now := time.Now()
	require.NoError(t, one.SaveTicket(t.Context(), wecom.NewSecret("new"), now))
	require.NoError(t, one.SaveTicket(t.Context(), wecom.NewSecret("old"), now.Add(-10*time.Minute)))
	require.NoError(t, two.SaveTicket(t.Context(), wecom.NewSecret("older"), now.Add(-20*time.Minute)))
	for _, app := range []*suite.Client{one, two} {
		_, err := app.GetSuiteToken(t.Context())
		require.NoError(t, err)
	}
	for _, c := range u.to("/cgi-bin/service/get_suite_token") {
		assert.Equal(t, "new", c.body["suite_ticket"])
	}
}

func TestTicketSurvivesFailingCache(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	u.suiteTokens()
	app, err := suite.New(u.api(wecom.WithTokenCache(brokenCache{})), suite.Config{ID: "ww1", Secret: "s"})
	require.NoError(t, err)

	_, err = app.Token(t.Context())
	require.ErrorIs(t, err, wecom.ErrNoTicket)
	require.ErrorIs(t, err, errDown, "the reason may be the cache")

	require.ErrorIs(t, app.SaveTicket(t.Context(), wecom.NewSecret("ticket"), time.Now()), errDown)
	token, err := app.Token(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "suite-token-1", token.Value)
}

// A cache that lost the ticket gets it again from a process that still has it.
func TestTicketIsPutBackIntoAnEmptyCache(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	u.suiteTokens()
	cache := wecom.NewMemoryCache()
	app, err := suite.New(u.api(wecom.WithTokenCache(cache)), suite.Config{ID: "ww1", Secret: "s"})
	require.NoError(t, err)
	require.NoError(t, app.SaveTicket(t.Context(), wecom.NewSecret("ticket"), time.Now()))
	require.NoError(t, cache.Drop(t.Context(), "suite/ww1/ticket", 1<<53-1)) // FLUSHALL
	_, err = app.Token(t.Context())
	require.NoError(t, err)
	kept, err := cache.Load(t.Context(), "suite/ww1/ticket")
	require.NoError(t, err)
	assert.Equal(t, "ticket", kept.Value)
}

// hangingCache never answers.
type hangingCache struct{}

func (hangingCache) Load(ctx context.Context, _ string) (wecom.Token, error) {
	<-ctx.Done()
	return wecom.Token{}, ctx.Err()
}

func (hangingCache) Save(ctx context.Context, _ string, _ wecom.Token) (bool, error) {
	<-ctx.Done()
	return false, ctx.Err()
}

func (hangingCache) Drop(ctx context.Context, _ string, _ int64) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestPain22_HangingCacheDoesNotCostTheTicketAtHand(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := newUpstream(t)
		u.suiteTokens()
		app, err := suite.New(u.api(wecom.WithTokenCache(hangingCache{})), suite.Config{ID: "ww1", Secret: "s"})
		require.NoError(t, err)
		require.Error(t, app.SaveTicket(t.Context(), wecom.NewSecret("ticket"), time.Now()))
		start := time.Now()
		token, err := app.Token(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "suite-token-1", token.Value)
		assert.Less(t, time.Since(start), 12*time.Second)
	})
}

func TestSaveTicketChecksLength(t *testing.T) {
	t.Parallel()
	app, err := suite.New(newUpstream(t).api(), suite.Config{ID: "ww1", Secret: "s"})
	require.NoError(t, err)
	require.Error(t, app.SaveTicket(t.Context(), wecom.Secret{}, time.Now()))
	long := strings.Repeat("x", 513)
	err = app.SaveTicket(t.Context(), wecom.NewSecret(long), time.Now())
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "xxx")
	require.NoError(t, app.SaveTicket(t.Context(), wecom.NewSecret(long[:512]), time.Time{}))
}

func TestPain09_AppsDoNotShareTokens(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	u.handle("POST", "/cgi-bin/service/get_suite_token", func(*http.Request) (*http.Response, error) {
		calls := u.to("/cgi-bin/service/get_suite_token")
		id := calls[len(calls)-1].body["suite_id"]
		return httpmock.NewStringResponse(200, fmt.Sprintf(`{"suite_access_token":"token of %v","expires_in":7200}`, id)), nil
	})
	u.handle("POST", "/cgi-bin/service/get_corp_token", func(*http.Request) (*http.Response, error) {
		calls := u.to("/cgi-bin/service/get_corp_token")
		c := calls[len(calls)-1]
		return httpmock.NewStringResponse(200, fmt.Sprintf(`{"access_token":"%s with %v","expires_in":7200}`, c.query.Get("suite_access_token"), c.body["permanent_code"])), nil
	})
	api := u.api()
	store := newCodes(record("ww1", "wpA", "code1"), record("ww2", "wpA", "code2"))
	for id, want := range map[string]string{"ww1": "token of ww1 with code1", "ww2": "token of ww2 with code2"} {
		token, err := thirdParty(t, api, suite.Config{ID: id, Codes: store}).Corp("wpA").Token(t.Context())
		require.NoError(t, err)
		assert.Equal(t, want, token.Value)
		cached, err := api.Cache().Load(t.Context(), "suite/"+id+"/corp/wpA/token")
		require.NoError(t, err)
		assert.Equal(t, want, cached.Value)
	}
}

func TestPain15_ExpiredTokenCostsNothingElse(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	u.suiteTokens()
	u.on("POST", "/cgi-bin/service/get_corp_token",
		`{"access_token":"A1","expires_in":7200}`, `{"access_token":"B1","expires_in":7200}`, `{"access_token":"A2","expires_in":7200}`)
	u.on("POST", "/cgi-bin/agent/get_permissions",
		`{"errcode":42001,"errmsg":"access_token expired"}`, `{"errcode":0,"app_permissions":[]}`)
	api := u.api()
	app := thirdParty(t, api, suite.Config{Codes: newCodes(record("ww1", "wpA", "cA"), record("ww1", "wpB", "cB"))})
	for _, id := range []string{"wpA", "wpB"} {
		_, err := app.Corp(id).Token(t.Context())
		require.NoError(t, err)
	}

	_, err := app.Corp("wpA").GetPermissions(t.Context())
	require.NoError(t, err)
	var tokens []string
	for _, c := range u.to("/cgi-bin/agent/get_permissions") {
		tokens = append(tokens, c.query.Get("access_token"))
	}
	assert.Equal(t, []string{"A1", "A2"}, tokens)

	// What is not concerned is neither dropped nor fetched again.
	for key, want := range map[string]string{
		"suite/ww1/ticket": "ticket", "suite/ww1/token": "suite-token-1", "suite/ww1/corp/wpB/token": "B1", "suite/ww1/corp/wpA/token": "A2",
	} {
		cached, err := api.Cache().Load(t.Context(), key)
		require.NoError(t, err)
		assert.Equal(t, want, cached.Value)
	}
	assert.Len(t, u.to("/cgi-bin/service/get_suite_token"), 1)
	assert.Len(t, u.to("/cgi-bin/service/get_corp_token"), 3)
}

func TestPain02_BothVersionsHaveTheirPath(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	u.suiteTokens()
	paths := []string{
		"/cgi-bin/service/get_permanent_code", "/cgi-bin/service/v2/get_permanent_code",
		"/cgi-bin/service/get_auth_info", "/cgi-bin/service/v2/get_auth_info",
	}
	for _, path := range paths {
		u.on("POST", path, `{"errcode":0,"permanent_code":"p","auth_corp_info":{"corpid":"wpA"}}`)
	}
	app := thirdParty(t, u.api(), suite.Config{})
	_, err := app.GetPermanentCode(t.Context(), "auth-code")
	require.NoError(t, err)
	_, err = app.GetPermanentCodeV2(t.Context(), "auth-code")
	require.NoError(t, err)
	_, err = app.GetAuthInfo(t.Context(), "wpA", wecom.NewSecret("p"))
	require.NoError(t, err)
	_, err = app.GetAuthInfoV2(t.Context(), "wpA", wecom.NewSecret("p"))
	require.NoError(t, err)
	assert.Equal(t, paths, u.paths()[1:])
}

func TestPrintingShowsNoSecret(t *testing.T) {
	t.Parallel()
	const canary = "CANARY"
	u := newUpstream(t)
	u.on("POST", "/cgi-bin/service/get_suite_token", `{"suite_access_token":"CANARY-suite-token","expires_in":7200}`)
	u.on("POST", "/cgi-bin/service/v2/get_permanent_code",
		`{"errcode":0,"permanent_code":"CANARY-permanent","auth_corp_info":{"corpid":"wpA","corp_name":"n"},"register_code_info":{"register_code":"CANARY-register","template_id":"t"}}`,
		`{"errcode":40078,"errmsg":"invalid auth_code CANARY-auth-2, hint: [1]"}`,
		`{"errcode":0,"permanent_code":"CANARY-permanent-3","auth_corp_info":{"corpid":"wpB","corp_name":"n"}}`)
	u.on("POST", "/cgi-bin/service/get_corp_token", `{"access_token":"CANARY-corp-token","expires_in":7200}`)
	u.on("GET", "/cgi-bin/service/get_pre_auth_code", `{"errcode":0,"pre_auth_code":"CANARY-pre","expires_in":1200}`)
	u.on("POST", "/cgi-bin/service/set_session_info", `{"errcode":0}`)
	u.on("GET", "/cgi-bin/gettoken", `{"errcode":40001,"errmsg":"invalid credential CANARY-code"}`)
	var out bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	text := slog.New(slog.NewTextHandler(&out, nil))
	show := func(values ...any) {
		for _, v := range values {
			fmt.Fprintf(&out, "%v %+v %#v %s %q\n", v, v, v, v, v)
			log.Info("value", slog.Any("v", v))
			text.Info("value", slog.Any("v", v))
		}
	}
	api := u.api(wecom.WithLogger(log))
	store := newCodes()
	cfg := suite.Config{ID: "ww1", Secret: "CANARY-secret", Codes: store}
	show(cfg, &cfg)
	encoded, err := json.Marshal(struct{ C suite.Config }{suite.Config{ID: "ww1", Secret: "CANARY-secret"}}) //nolint:musttag // what it shows is the question
	require.NoError(t, err)
	out.Write(encoded)
	app, err := suite.New(api, cfg)
	require.NoError(t, err)
	require.NoError(t, app.SaveTicket(t.Context(), wecom.NewSecret("CANARY-ticket"), time.Now()))

	auth, err := app.Authorize(t.Context(), "CANARY-auth-1")
	require.NoError(t, err)
	_, err = auth.Corp.Token(t.Context())
	require.NoError(t, err)
	_, refused := app.Authorize(t.Context(), "CANARY-auth-2")
	require.ErrorIs(t, refused, wecom.ErrCodeRejected)
	store.setFail(errors.New("disk full"))
	_, unsaved := app.Authorize(t.Context(), "CANARY-auth-3")
	require.Error(t, unsaved)
	link, err := app.Install(t.Context(), suite.InstallRequest{RedirectURI: "https://a.example/b", AuthType: suite.AuthTypeFormal})
	require.NoError(t, err)
	require.Contains(t, link.URL, canary)
	template, err := suite.NewTemplate(api, suite.Config{ID: "dk1", Secret: "CANARY-secret", Codes: newCodes(record("dk1", "wpA", "CANARY-code"))})
	require.NoError(t, err)
	_, wrong := template.Corp("wpA").Token(t.Context())
	require.ErrorIs(t, wrong, wecom.ErrCredential)

	show(app, template, auth, *auth, auth.Corp, refused, unsaved, wrong, link, &link, record("ww1", "wpA", "CANARY-code"),
		suite.Installed{Code: "CANARY-auth"})
	e, ok := errors.AsType[*suite.UnsavedCodeError](unsaved)
	require.True(t, ok)
	require.Equal(t, "CANARY-permanent-3", e.Code.Reveal())
	show(*e)
	assert.NotContains(t, out.String(), canary)
	assert.Contains(t, out.String(), "suite.Client(ww1)")
	assert.Contains(t, out.String(), "wecom: call", "the log was on")
}
