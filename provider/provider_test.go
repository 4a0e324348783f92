package provider_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/provider"
)

const tokenPath = "/cgi-bin/service/get_provider_token"

// replies answers each path with its replies in order, the last one again and
// again, and records the requests as "path?query body".
func replies(t *testing.T, byPath map[string][]string, opts ...wecom.Option) (api *wecom.Client, requests func() []string) {
	t.Helper()
	mock, seen, count := httpmock.NewMockTransport(), []string(nil), map[string]int{}
	mock.RegisterNoResponder(func(r *http.Request) (*http.Response, error) {
		path := r.URL.Path
		list := byPath[path]
		if list == nil {
			t.Errorf("unexpected call of %s", path)
			return httpmock.NewStringResponse(http.StatusNotFound, ""), nil
		}
		var body []byte
		if r.Body != nil {
			var err error
			if body, err = io.ReadAll(r.Body); err != nil {
				return nil, err
			}
		}
		seen = append(seen, r.Method+" "+r.URL.RequestURI()+" "+string(body))
		reply := list[min(count[path], len(list)-1)]
		count[path]++
		return httpmock.NewStringResponse(http.StatusOK, reply), nil
	})
	api, err := wecom.New(append([]wecom.Option{wecom.WithTransport(mock)}, opts...)...)
	require.NoError(t, err)
	return api, func() []string { return seen }
}

func newProvider(t *testing.T, api *wecom.Client) *provider.Client {
	t.Helper()
	p, err := provider.New(api, provider.Config{CorpID: "wwprovider", Secret: "provider-secret"})
	require.NoError(t, err)
	return p
}

func TestNewChecksConfig(t *testing.T) {
	t.Parallel()
	api, _ := replies(t, nil)
	for _, tt := range []struct {
		cfg  provider.Config
		want string
	}{
		{provider.Config{Secret: "s"}, "Config.CorpID"},
		{provider.Config{CorpID: "a/b", Secret: "s"}, "Config.CorpID"},
		{provider.Config{CorpID: strings.Repeat("a", 129), Secret: "s"}, "129 bytes"},
		{provider.Config{CorpID: "ww1"}, "Config.Secret is missing"},
		{provider.Config{CorpID: "ww1", Secret: " s"}, "blanks"},
		{provider.Config{CorpID: "ww1", Secret: "s", PageURL: "ftp://x"}, "PageURL"},
		{provider.Config{CorpID: "ww1", Secret: "s", PageURL: "https://x/?a=b"}, "PageURL"},
	} {
		_, err := provider.New(api, tt.cfg)
		require.ErrorContains(t, err, tt.want)
	}
	_, err := provider.New(nil, provider.Config{CorpID: "ww1", Secret: "s"})
	require.ErrorContains(t, err, "nil")
	p, err := provider.New(api, provider.Config{CorpID: "ww1", Secret: "s", PageURL: "http://127.0.0.1:80/"})
	require.NoError(t, err)
	assert.Equal(t, "http://127.0.0.1:80", p.PageURL())
	assert.Equal(t, provider.DefaultPageURL, newProvider(t, api).PageURL())
	assert.Equal(t, "ww1", p.CorpID())
	assert.Same(t, api, p.API())
}

func TestTokenIsFetchedOnceAndHealed(t *testing.T) {
	t.Parallel()
	api, requests := replies(t, map[string][]string{
		tokenPath:      {`{"provider_access_token":"one","expires_in":7200}`, `{"provider_access_token":"two","expires_in":7200}`},
		"/cgi-bin/any": {`{"errcode":0}`, `{"errcode":42009}`, `{"errcode":0}`},
	})
	p := newProvider(t, api)
	for range 2 {
		require.NoError(t, p.Do(t.Context(), wecom.Call{Path: "/cgi-bin/any"}, nil))
	}
	assert.Equal(t, []string{
		`POST ` + tokenPath + ` {"corpid":"wwprovider","provider_secret":"provider-secret"}`,
		"GET /cgi-bin/any?provider_access_token=one ",
		"GET /cgi-bin/any?provider_access_token=one ",
		`POST ` + tokenPath + ` {"corpid":"wwprovider","provider_secret":"provider-secret"}`,
		"GET /cgi-bin/any?provider_access_token=two ",
	}, requests())
	cached, err := api.Cache().Load(t.Context(), "provider/wwprovider/token")
	require.NoError(t, err)
	assert.Equal(t, "two", cached.Value)

	require.NoError(t, p.Reject(t.Context(), cached))
	_, err = api.Cache().Load(t.Context(), "provider/wwprovider/token")
	require.ErrorIs(t, err, wecom.ErrNotCached)
	err = p.Do(t.Context(), wecom.Call{Path: "/cgi-bin/any", Auth: p.Auth()}, nil)
	require.ErrorContains(t, err, "Auth must be empty")
}

func TestGetLoginInfo(t *testing.T) {
	t.Parallel()
	const path = "/cgi-bin/service/get_login_info"
	api, requests := replies(t, map[string][]string{
		tokenPath: {`{"errcode":0,"provider_access_token":"one","expires_in":7200}`},
		path: {
			`{"errcode":0,"usertype":4,"user_info":{"userid":"u"},"corp_info":{"corpid":"wpA"},
			"auth_info":{"department":[{"id":"2","writable":"true"},{"id":3,"writable":false}]}}`,
			`{"errcode":-1,"errmsg":"system busy"}`,
		},
	})
	p := newProvider(t, api)
	info, err := p.GetLoginInfo(t.Context(), "login-code")
	require.NoError(t, err)
	assert.Equal(t, provider.LoginGradedAdmin, info.UserType)
	assert.Equal(t, []provider.LoginDepartment{{ID: 2, Writable: true}, {ID: 3}}, info.AuthInfo.Departments)
	assert.Equal(t, `POST `+path+`?access_token=one {"auth_code":"login-code"}`, requests()[1])

	_, err = p.GetLoginInfo(t.Context(), "another-code")
	require.ErrorIs(t, err, wecom.ErrTransient)
	assert.Len(t, requests(), 3, "a code is never sent again after a reply")
	_, err = p.GetLoginInfo(t.Context(), "")
	require.ErrorContains(t, err, "empty")
	require.Error(t, json.Unmarshal([]byte(`{"id":"x"}`), new(provider.LoginDepartment)))
}

func TestGetCustomizedAuthURL(t *testing.T) {
	t.Parallel()
	const path = "/cgi-bin/service/get_customized_auth_url"
	api, requests := replies(t, map[string][]string{
		tokenPath: {`{"provider_access_token":"one","expires_in":7200}`},
		path:      {`{"errcode":0,"qrcode_url":"https://x","expires_in":864000}`, `{"errcode":842006,"errmsg":"authorised"}`},
	})
	p := newProvider(t, api)
	good := provider.GetCustomizedAuthURLRequest{State: "test", TemplateIDs: []string{"dk1"}}
	link, err := p.GetCustomizedAuthURL(t.Context(), good)
	require.NoError(t, err)
	assert.Equal(t, &provider.GetCustomizedAuthURLResponse{QRCodeURL: "https://x", ExpiresIn: 864000}, link)
	_, err = p.GetCustomizedAuthURL(t.Context(), good)
	require.ErrorIs(t, err, wecom.Code(842006))

	sent := len(requests())
	for _, bad := range []provider.GetCustomizedAuthURLRequest{
		{TemplateIDs: []string{"dk1"}},
		{State: "a-b", TemplateIDs: []string{"dk1"}},
		{State: strings.Repeat("a", 33), TemplateIDs: []string{"dk1"}},
		{State: "test"},
		{State: "test", TemplateIDs: make([]string, 10)},
	} {
		_, err = p.GetCustomizedAuthURL(t.Context(), bad)
		require.Error(t, err)
	}
	assert.Len(t, requests(), sent)
}

func TestPrintingShowsNoSecret(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	text := slog.New(slog.NewTextHandler(&out, nil))
	api, _ := replies(t, map[string][]string{
		tokenPath:                         {`{"provider_access_token":"CANARY-token","expires_in":7200}`},
		"/cgi-bin/service/get_login_info": {`{"errcode":40078,"errmsg":"bad CANARY-login-code, token CANARY-token"}`},
	}, wecom.WithLogger(log))
	cfg := provider.Config{CorpID: "ww1", Secret: "CANARY-secret"}
	p, err := provider.New(api, cfg)
	require.NoError(t, err)
	token, err := p.GetProviderToken(t.Context())
	require.NoError(t, err)
	require.Equal(t, "CANARY-token", token.ProviderAccessToken.Reveal())
	code := provider.LoginAuthCode("CANARY-login-code")
	_, refused := p.GetLoginInfo(t.Context(), code)
	require.ErrorIs(t, refused, wecom.ErrCodeRejected)

	for _, v := range []any{cfg, &cfg, p, *token, token, code, &code, struct{ C provider.LoginAuthCode }{code}, refused} {
		fmt.Fprintf(&out, "%v %+v %#v %s %q\n", v, v, v, v, v)
		log.Info("value", slog.Any("v", v))
		text.Info("value", slog.Any("v", v))
		_ = json.NewEncoder(&out).Encode(v)
	}
	require.NoError(t, xml.NewEncoder(&out).Encode(code))
	assert.NotContains(t, out.String(), "CANARY")
	assert.Contains(t, out.String(), "provider.Client(ww1)")

	var decoded provider.LoginAuthCode
	require.NoError(t, json.Unmarshal([]byte(`"login"`), &decoded))
	assert.Equal(t, provider.LoginAuthCode("login"), decoded)
	assert.Empty(t, provider.LoginAuthCode("").String())
}
