package wecomtest

import (
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/testdata"
)

type vector struct {
	ID           string `json:"id"`
	Token        string `json:"token"`
	AESKey       string `json:"encoding_aes_key"`
	Timestamp    string `json:"timestamp"`
	Nonce        string `json:"nonce"`
	RandomHex    string `json:"random_hex"`
	Message      string `json:"msg"`
	ReceiveID    string `json:"receive_id"`
	Encrypt      string `json:"encrypt"`
	Signature    string `json:"msg_signature"`
	WantReceiver string `json:"receive_id_expected"`
	Computed     string `json:"signature_computed"` // where the published one is wrong
	Checked      struct {
		Signature bool `json:"signature"`
		Decrypt   bool `json:"decrypt"`
	} `json:"checked"`
}

func readVectors(t *testing.T) (good, bad []vector) {
	t.Helper()
	text, err := testdata.Files.ReadFile("crypto-vectors.json")
	require.NoError(t, err)
	var file struct {
		Vectors         []vector `json:"vectors"`
		DerivedVectors  []vector `json:"derived_vectors"`
		NegativeVectors []vector `json:"negative_vectors"`
	}
	require.NoError(t, json.Unmarshal(text, &file))
	return append(file.Vectors, file.DerivedVectors...), file.NegativeVectors
}

func TestSealVectors(t *testing.T) {
	t.Parallel()
	good, bad := readVectors(t)
	require.GreaterOrEqual(t, len(good), 27)
	signatures, ciphers := 0, 0
	for _, v := range good {
		if v.Checked.Signature {
			signatures++
			c := &envelopeCipher{token: v.Token}
			assert.Equal(t, cmp.Or(v.Computed, v.Signature), c.sign(v.Timestamp, v.Nonce, v.Encrypt), v.ID)
		}
		if !v.Checked.Decrypt {
			continue
		}
		ciphers++
		c, err := newEnvelopeCipher(v.Token, v.AESKey)
		require.NoError(t, err, v.ID)
		message, receiver, err := c.open(v.Encrypt)
		require.NoError(t, err, v.ID)
		assert.Equal(t, v.ReceiveID, receiver, v.ID)
		random, err := hex.DecodeString(v.RandomHex)
		require.NoError(t, err, v.ID)
		assert.Equal(t, v.Encrypt, c.seal(random, message, receiver), v.ID)
	}
	assert.GreaterOrEqual(t, signatures, 20)
	assert.GreaterOrEqual(t, ciphers, 20)
	for _, v := range bad {
		c, err := newEnvelopeCipher(v.Token, v.AESKey)
		if err != nil || c.sign(v.Timestamp, v.Nonce, v.Encrypt) != v.Signature {
			continue
		}
		_, receiver, err := c.open(v.Encrypt)
		assert.True(t, err != nil || receiver != v.WantReceiver, v.ID)
	}
}

func TestKeyWithLineBreaksIsRefused(t *testing.T) {
	t.Parallel()
	key := strings.Repeat("a", 39) + "\n\n\n\n" // the decoder skips them: 29 bytes, in as many characters as wanted
	_, err := newEnvelopeCipher("token", key)
	require.ErrorContains(t, err, "EncodingAESKey")
}

func TestSealPads(t *testing.T) {
	t.Parallel()
	c, err := newEnvelopeCipher("t", strings.Repeat("a", 43))
	require.NoError(t, err)
	for n := range 70 {
		sealed := c.seal(make([]byte, 16), []byte(strings.Repeat("m", n)), "wp")
		raw, err := base64.StdEncoding.DecodeString(sealed)
		require.NoError(t, err)
		assert.Zero(t, len(raw)%32)
		message, receiver, err := c.open(sealed)
		require.NoError(t, err)
		assert.Len(t, message, n)
		assert.Equal(t, "wp", receiver)
	}
}

// Every example request of the table must pass the check that requests must pass.
func TestTableExamplesPassTheCheck(t *testing.T) {
	t.Parallel()
	table, err := loadTable()
	require.NoError(t, err)
	require.Greater(t, len(table), 160)
	p := NewPlatform(t, WithoutServer())
	for path, row := range table {
		assert.True(t, strings.HasPrefix(path, "/cgi-bin/"), path)
		if row.ExampleBody == "" || row.ContentType != "" {
			continue
		}
		body, err := decodeBody([]byte(row.ExampleBody))
		require.NoError(t, err, row.ID)
		if err := p.checkObject(row, "", row.Body, body); strings.HasPrefix(row.ID, "suite.get_permanent_code") {
			assert.ErrorContains(t, err, "auth_code exceed min length 64", "the example is a placeholder")
		} else {
			assert.NoError(t, err, row.ID)
		}
	}
}

// Every stateful endpoint is a row of the table, and every other one has an
// answer to give.
func TestEveryRowAnswers(t *testing.T) {
	t.Parallel()
	table, err := loadTable()
	require.NoError(t, err)
	handlers := statefulHandlers()
	rows := map[string]bool{}
	for _, row := range table {
		rows[row.ID] = true
		if _, stateful := handlers[row.ID]; stateful {
			continue
		}
		a, err := exampleAnswer(row)
		require.NoError(t, err, row.ID)
		assert.Equal(t, http.StatusOK, a.status)
	}
	for id := range handlers {
		assert.True(t, rows[id], id)
	}
}

// The values that stateful endpoints give have the types of their row.
func TestStatefulRepliesFitTheTable(t *testing.T) {
	t.Parallel()
	table, err := loadTable()
	require.NoError(t, err)
	p := NewPlatform(t, WithoutServer(), AlwaysErrcode())
	app, template := p.NewApp(AppConfig{SensitiveOK: true}), p.NewTemplate(AppConfig{SensitiveOK: true})
	login := p.NewLoginSuite(AppConfig{})
	pkg := p.NewPackage(PackageConfig{Apps: []*App{app}, ContactMigration: true})
	corp := p.NewCorp("Acme")
	ctx := t.Context()
	made, err := corp.Install(ctx, app)
	require.NoError(t, err)
	custom, err := corp.Install(ctx, template)
	require.NoError(t, err)

	covered := map[string]bool{}
	call := func(path, query string, body any) map[string]any {
		t.Helper()
		row := table[path]
		require.NotNil(t, row, path)
		values, err := url.ParseQuery(query)
		require.NoError(t, err)
		r := &RecordedCall{Method: row.Method, Path: path, Query: values, At: p.Now()}
		if f, isForm := body.(formBody); isForm {
			r.Header, r.Body = http.Header{"Content-Type": {f.contentType}}, f.text
		} else if body != nil {
			r.Body, err = json.Marshal(body)
			require.NoError(t, err)
		}
		p.mu.Lock()
		a, err := p.dispatch(row, r)
		p.mu.Unlock()
		require.NoError(t, err, path)
		covered[row.ID] = true
		if row.ExampleResponse != "" { // a download
			return nil
		}
		reply, err := decodeBody(a.body)
		require.NoError(t, err)
		fields := append([]field{{Name: "errcode", Type: "int32"}, {Name: "errmsg", Type: "string"}}, row.Result...)
		require.NoError(t, p.checkObject(row, "", fields, reply), path)
		return reply
	}
	type m = map[string]any
	get := func(r m, name string) string { s, _ := r[name].(string); return s }
	suiteToken := func(a *App) string {
		return "suite_access_token=" + get(call("/cgi-bin/service/get_suite_token", "",
			m{"suite_id": a.ID, "suite_secret": a.Secret, "suite_ticket": a.IssueTicket()}), "suite_access_token")
	}
	provider := "provider_access_token=" + get(call("/cgi-bin/service/get_provider_token", "",
		m{"corpid": p.provider.CorpID, "provider_secret": p.provider.Secret}), "provider_access_token")
	suite, dk := suiteToken(app), suiteToken(template)
	pre := get(call("/cgi-bin/service/get_pre_auth_code", suite, nil), "pre_auth_code")
	call("/cgi-bin/service/set_session_info", suite, m{"pre_auth_code": pre, "session_info": m{"auth_type": 0}})
	call("/cgi-bin/service/v2/get_permanent_code", suite, m{"auth_code": made.AuthCode})
	call("/cgi-bin/service/get_permanent_code", dk, m{"auth_code": custom.AuthCode})
	info := m{"auth_corpid": corp.ID, "permanent_code": made.PermanentCode}
	call("/cgi-bin/service/get_auth_info", suite, info)
	call("/cgi-bin/service/v2/get_auth_info", suite, info)
	access := "access_token=" + get(call("/cgi-bin/service/get_corp_token", suite, info), "access_token")
	custAccess := "access_token=" + get(call("/cgi-bin/gettoken", "corpid="+corp.ID+"&corpsecret="+custom.PermanentCode, nil), "access_token")
	call("/cgi-bin/service/get_admin_list", suite, m{"auth_corpid": corp.ID, "agentid": made.AgentID})
	call("/cgi-bin/service/get_app_qrcode", suite, m{"suite_id": app.ID, "result_type": 2})
	call("/cgi-bin/agent/get_admin_list", access, nil)
	call("/cgi-bin/agent/get_permissions", access, nil)
	call("/cgi-bin/get_jsapi_ticket", access, nil)
	call("/cgi-bin/ticket/get", access+"&type=agent_config", nil)
	call("/cgi-bin/message/send", access, m{"touser": corp.Admin().ID + "|nobody", "msgtype": "text", "agentid": made.AgentID, "text": m{"content": "hi"}})
	call("/cgi-bin/service/get_customized_auth_url", provider, m{"state": "abc", "templateid_list": []string{template.ID}})

	oauth := func(query string) string {
		back, err := corp.Login(ctx, corp.Admin(), "https://open.weixin.qq.com/connect/oauth2/authorize?redirect_uri=https%3A%2F%2Fa.example.com&response_type=code&scope=snsapi_privateinfo&"+query+"#wechat_redirect")
		require.NoError(t, err)
		return "code=" + url.QueryEscape(back.Query().Get("code"))
	}
	ticket := get(call("/cgi-bin/service/auth/getuserinfo3rd", suite+"&"+oauth("appid="+app.ID), nil), "user_ticket")
	call("/cgi-bin/service/getuserinfo3rd", suite+"&"+oauth("appid="+app.ID), nil)
	call("/cgi-bin/service/auth/getuserdetail3rd", suite, m{"user_ticket": ticket})
	call("/cgi-bin/service/getuserdetail3rd", suite, m{"user_ticket": ticket})
	agent := "appid=" + corp.ID + "&agentid=" + strconv.FormatInt(custom.AgentID, 10)
	ticket = get(call("/cgi-bin/auth/getuserinfo", custAccess+"&"+oauth(agent), nil), "user_ticket")
	call("/cgi-bin/auth/getuserdetail", custAccess, m{"user_ticket": ticket})
	js, err := corp.JSCode(corp.Admin(), app)
	require.NoError(t, err)
	call("/cgi-bin/service/miniprogram/jscode2session", suite+"&grant_type=authorization_code&js_code="+js, nil)
	js, err = corp.JSCode(corp.Admin(), template)
	require.NoError(t, err)
	call("/cgi-bin/miniprogram/jscode2session", custAccess+"&grant_type=authorization_code&js_code="+js, nil)
	back, err := corp.Login(ctx, corp.Admin(), "https://open.work.weixin.qq.com/wwopen/sso/3rd_qrConnect?redirect_uri=https%3A%2F%2Fa.example.com&appid="+p.provider.CorpID)
	require.NoError(t, err)
	call("/cgi-bin/service/get_login_info", "access_token="+strings.TrimPrefix(provider, "provider_access_token="), m{"auth_code": back.Query().Get("auth_code")})
	assert.NotEmpty(t, suiteToken(login))

	code := get(call("/cgi-bin/service/get_register_code", provider, m{"template_id": pkg.TemplateID, "state": "s"}), "register_code")
	fresh, err := p.Register(ctx, "https://open.work.weixin.qq.com/3rdservice/wework/register?register_code="+code, RegisterForm{})
	require.NoError(t, err)
	registered := call("/cgi-bin/service/get_register_info", provider, m{"register_code": code})
	contact := "access_token=" + get(registered["contact_sync"].(m), "access_token")
	callContacts(p, call, contact, access)
	callMessages(call, access, made.AgentID, corp.Admin().ID, corp.AddUser(User{}).ID)
	callAgents(call, access, made.AgentID, corp.Admin().ID)
	callShop(t, p, call, provider)
	callIDs(t, p, call, provider)
	call("/cgi-bin/agent/set_scope", contact, m{"agentid": fresh.Installations()[0].AgentID, "allow_user": []string{"a", "b"}, "allow_party": []int{1, 9}, "allow_tag": []int{1}})
	call("/cgi-bin/sync/contact_sync_success", contact, nil)

	covered["license.support_policy_query"] = true // refused always
	for id := range statefulHandlers() {
		assert.True(t, covered[id], id)
	}
}
