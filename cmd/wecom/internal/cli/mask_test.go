package cli

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/cmd/wecom/internal/catalog"
)

func TestMaskJSON(t *testing.T) {
	t.Parallel()
	masked, ok := maskJSON([]byte(`{"errcode":0,"errmsg":"ok","access_token":"CANARY","id":9007199254740993,
		"auth_info":{"permanent_code":"CANARY","agent":[{"agentid":1,"secret":"CANARY"}]},"code_list":["CANARY"],
		"callback":{"EncodingAESKey":"CANARY"},"url":"https://x/y?a=1&access_token=CANARY&b=2","qr_code":"https://x/q","empty_token":""}`))
	require.True(t, ok)
	text, err := json.Marshal(masked)
	require.NoError(t, err)
	assert.NotContains(t, string(text), "CANARY")
	assert.JSONEq(t, `{"errcode":0,"errmsg":"ok","access_token":"[secret]","id":9007199254740993,
		"auth_info":{"permanent_code":"[secret]","agent":[{"agentid":1,"secret":"[secret]"}]},"code_list":["[secret]"],
		"callback":{"EncodingAESKey":"[secret]"},"url":"https://x/y?a=1&access_token=[secret]&b=2","qr_code":"https://x/q","empty_token":""}`, string(text))
	_, ok = maskJSON([]byte("<html>CANARY"))
	assert.False(t, ok)
}

// The names are those of the endpoint table: what a table calls a token, a ticket,
// a secret or a code is one. The list of the others is short enough to be read.
func TestSecretNamesOfTheTable(t *testing.T) {
	t.Parallel()
	table, err := catalog.Endpoints()
	require.NoError(t, err)
	secret := map[string]bool{}
	var collect func(fields []catalog.Field)
	collect = func(fields []catalog.Field) {
		for _, f := range fields {
			if isSecretName(f.Name) {
				secret[f.Name] = true
			}
			collect(f.Fields)
		}
	}
	for _, e := range table {
		collect(e.Result)
	}
	for _, name := range []string{
		"access_token", "suite_access_token", "provider_access_token", "permanent_code", "pre_auth_code", "register_code",
		"ticket", "user_ticket", "session_key", "active_code",
	} {
		assert.Contains(t, secret, name)
	}
	for _, name := range []string{"errcode", "corpid", "userid", "media_id", "expires_in", "qr_code", "corp_wxqrcode", "contact_postcode"} {
		assert.False(t, isSecretName(name), name)
	}
}

func TestMaskAddress(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "https://a/b?x=1&msg_signature=[secret]&timestamp=2&echostr=[secret]", maskAddress("https://a/b?x=1&msg_signature=CANARY&timestamp=2&echostr=CANARY%2B"))
	assert.Equal(t, "https://a/b?code=[secret]&state=s#f", maskAddress("https://a/b?code=CANARY&state=s#f"))
	assert.Equal(t, "https://a/b?errcode=60020", maskAddress("https://a/b?errcode=60020"))
	assert.Equal(t, "http://[secret]@a:1/b", maskAddress("http://user:CANARY@a:1/b"))
	assert.Equal(t, "http://[secret]@a/b", maskAddress("http://user:CAN@ARY@a/b"))
	assert.Equal(t, "https://a/b@c?mail=x@y", maskAddress("https://a/b@c?mail=x@y"))
}
