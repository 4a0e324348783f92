package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/cmd/wecom/internal/cli"
	"github.com/wecom-isv/wecom/testdata"
)

const createAuth = `<xml><SuiteId><![CDATA[wwsuite0000000001]]></SuiteId><AuthCode><![CDATA[CANARYCODE]]></AuthCode>` +
	`<InfoType><![CDATA[create_auth]]></InfoType><TimeStamp>1403610513</TimeStamp><State><![CDATA[123]]></State></xml>`

// sealed is what encrypt --json prints.
type sealed struct {
	Query     string `json:"query"`
	Body      string `json:"body"`
	Signature string `json:"msg_signature"`
	Encrypt   string `json:"encrypt"`
}

func seal(t *testing.T, message string, args ...string) sealed {
	t.Helper()
	r := &run{env: callbackEnv(), in: message}
	r.do(t, append([]string{"encrypt", "--json", "--receiver", suiteID}, args...)...)
	require.Equal(t, cli.ExitOK, r.code, r.errs)
	var s sealed
	require.NoError(t, json.Unmarshal([]byte(r.out), &s))
	return s
}

func TestSignMatchesTheOfficialVectors(t *testing.T) {
	t.Parallel()
	text, err := testdata.Files.ReadFile("crypto-vectors.json")
	require.NoError(t, err)
	var file struct {
		Vectors []struct {
			Token     string `json:"token"`
			Timestamp string `json:"timestamp"`
			Nonce     string `json:"nonce"`
			Encrypt   string `json:"encrypt"`
			Signature string `json:"msg_signature"`
			Valid     bool   `json:"signature_valid"`
		} `json:"vectors"`
	}
	require.NoError(t, json.Unmarshal(text, &file))
	require.NotEmpty(t, file.Vectors)
	valid := 0
	for _, v := range file.Vectors {
		if v.Signature == "" {
			continue
		}
		args := []string{"sign", "--timestamp", v.Timestamp, "--nonce", v.Nonce}
		r := &run{env: map[string]string{"WECOM_TOKEN": v.Token}, in: v.Encrypt + "\n"}
		assert.Equal(t, v.Valid, r.do(t, args...).out == v.Signature+"\n")
		want := cli.ExitFailed
		if v.Valid {
			valid++
			want = cli.ExitOK
		}
		r = &run{env: map[string]string{"WECOM_TOKEN": v.Token}, in: v.Encrypt}
		assert.Equal(t, want, r.do(t, append(args, "--check", v.Signature)...).code)
	}
	assert.Positive(t, valid)
}

func TestSignCheckDoesNotTellTheRightSignature(t *testing.T) {
	t.Parallel()
	s := seal(t, createAuth, "--timestamp", "1", "--nonce", "2")
	r := &run{env: callbackEnv(), in: s.Encrypt}
	r.do(t, "sign", "--timestamp", "1", "--nonce", "2", "--check", strings.Repeat("0", 40))
	assert.Equal(t, cli.ExitFailed, r.code)
	assert.Contains(t, r.out, "the signature does not match")
	assert.NotContains(t, r.out+r.errs, s.Signature)
	r = &run{env: callbackEnv(), in: s.Encrypt}
	assert.JSONEq(t, `{"matches":true}`, r.do(t, "sign", "--json", "--timestamp", "1", "--nonce", "2", "--check", s.Signature).out)
}

func TestEncryptDecryptRoundTrip(t *testing.T) {
	t.Parallel()
	for _, form := range []string{"xml", "json"} {
		s := seal(t, createAuth, "--form", form, "--agent-id", "7")
		r := &run{env: callbackEnv(), in: s.Body}
		r.do(t, "decrypt", "--receiver", suiteID, "--query", "https://app.example.com/cb?"+s.Query)
		require.Equal(t, cli.ExitOK, r.code, r.errs)
		assert.Empty(t, r.errs)
		assert.JSONEq(t, `{"kind":"suite:create_auth","title":"授权成功通知","type":"callback.CreateAuth","receiver":"wwsuite0000000001",`+
			`"event":{"SuiteID":"wwsuite0000000001","InfoType":"create_auth","TimeStamp":1403610513,"AuthCode":"[secret]","State":"123","OpenKFIDs":null}}`, r.out)
	}
}

func TestEncryptPrintsTheQueryBesideTheBody(t *testing.T) {
	t.Parallel()
	r := &run{env: callbackEnv(), in: createAuth}
	r.do(t, "encrypt", "--receiver", suiteID, "--timestamp", "1700000000", "--nonce", "abc")
	assert.Equal(t, cli.ExitOK, r.code)
	assert.True(t, strings.HasPrefix(r.out, "<xml><ToUserName><![CDATA["+suiteID+"]]></ToUserName>"), r.out)
	assert.Contains(t, r.errs, "?msg_signature=")
	assert.Contains(t, r.errs, "&nonce=abc&timestamp=1700000000")

	echo := &run{env: callbackEnv(), in: "1616140317555161061\n"}
	echo.do(t, "encrypt", "--receiver", provider, "--echo")
	assert.True(t, strings.HasPrefix(echo.out, "?echostr="), echo.out)
}

func TestDecryptEchoAndReply(t *testing.T) {
	t.Parallel()
	s := seal(t, "1616140317555161061")
	r := &run{env: callbackEnv(), in: s.Encrypt}
	r.do(t, "decrypt")
	assert.Equal(t, cli.ExitOK, r.code)
	assert.Contains(t, r.errs, "no signature was given")
	assert.JSONEq(t, `{"kind":"verification","title":"验证URL有效性","receiver":"`+suiteID+`","echo":"1616140317555161061"}`, r.out)

	// A passive reply carries its signature in itself.
	s = seal(t, `<xml><ToUserName>u</ToUserName><FromUserName>c</FromUserName><CreateTime>1</CreateTime><MsgType>text</MsgType><Content>hi</Content></xml>`,
		"--timestamp", "1", "--nonce", "2")
	reply := "<xml><Encrypt>" + s.Encrypt + "</Encrypt><MsgSignature>" + s.Signature + "</MsgSignature><TimeStamp>1</TimeStamp><Nonce>2</Nonce></xml>"
	r = &run{env: callbackEnv(), in: reply}
	r.do(t, "decrypt")
	assert.Equal(t, cli.ExitOK, r.code, r.errs)
	assert.Empty(t, r.errs)
	assert.Contains(t, r.out, `"kind": "app:text"`)
}

func TestDecryptSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	s := seal(t, createAuth)
	otherKey := callbackEnv()
	otherKey["WECOM_ENCODING_AES_KEY"] = strings.Repeat("B", 43)
	for name, tt := range map[string]struct {
		env  map[string]string
		in   string
		args []string
		want string
	}{
		"signature": {callbackEnv(), s.Body, []string{"--signature", strings.Repeat("0", 40), "--timestamp", "1", "--nonce", "2"}, "signature does not match (-40001)"},
		"receiver":  {callbackEnv(), s.Body, []string{"--receiver", "wwother"}, "(-40005)"},
		"key":       {otherKey, s.Body, nil, "compare the EncodingAESKey"},
		"base64":    {callbackEnv(), "not*base64", nil, "(-40010)"},
	} {
		r := &run{env: tt.env, in: tt.in}
		r.do(t, append([]string{"decrypt"}, tt.args...)...)
		assert.Equal(t, cli.ExitFailed, r.code, name)
		assert.Contains(t, r.errs, tt.want, name)
		assert.Empty(t, r.out, name)
	}
	for name, in := range map[string]string{"plain": createAuth, "empty": " \n"} {
		r := &run{env: callbackEnv(), in: in}
		assert.Equal(t, cli.ExitUsage, r.do(t, "decrypt").code, name)
	}
	bad := callbackEnv()
	bad["WECOM_ENCODING_AES_KEY"] = "CANARYKEY"
	r := &run{env: bad, in: s.Body}
	r.do(t, "decrypt")
	assert.Equal(t, cli.ExitUsage, r.code)
	assert.Contains(t, r.errs, "must be 43 letters and digits")
	assert.NotContains(t, r.errs, "CANARYKEY")
}

func TestDecryptWritesTheMessageForItsOwnerOnly(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "message.xml")
	s := seal(t, createAuth)
	r := &run{env: callbackEnv(), in: s.Body}
	r.do(t, "decrypt", "--query", s.Query, "--out", file)
	require.Equal(t, cli.ExitOK, r.code, r.errs)
	assert.NotContains(t, r.out+r.errs, "CANARYCODE")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, createAuth, string(text))
	info, err := os.Stat(file)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

func TestParse(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		in   string
		code int
		want string
	}{
		"XML":          {createAuth, cli.ExitOK, `"type": "callback.CreateAuth"`},
		"JSON":         {`{"SuiteId":"ww1","InfoType":"change_auth","TimeStamp":1,"AuthCorpId":"wp1"}`, cli.ExitOK, `"kind": "suite:change_auth"`},
		"unknown kind": {`<xml><SuiteId>ww1</SuiteId><InfoType>brand_new</InfoType></xml>`, cli.ExitOK, "no type has this kind"},
		"no form":      {`<xml><A>1</A></xml>`, cli.ExitFailed, "none of the known forms"},
		"no fit":       {`<xml><SuiteId>ww1</SuiteId><InfoType>change_auth</InfoType><TimeStamp>soon</TimeStamp></xml>`, cli.ExitFailed, "does not fit its type"},
		"neither":      {"hello", cli.ExitUsage, ""},
	} {
		r := (&run{in: tt.in}).do(t, "parse")
		assert.Equal(t, tt.code, r.code, name)
		assert.Contains(t, r.out, tt.want, name)
		assert.NotContains(t, r.out, "CANARYCODE", name)
	}
	r := (&run{in: seal(t, createAuth).Body}).do(t, "parse")
	assert.Equal(t, cli.ExitUsage, r.code)
	assert.Contains(t, r.errs, "use wecom decrypt")
}
