package wecom_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
)

const canary = "CANARY-7d1f"

type holder struct {
	Secret  wecom.Secret   `json:"secret" xml:"secret"`
	Code    wecom.AuthCode `json:"code" xml:"code"`
	Token   wecom.Token    `json:"-" xml:"-"`
	private wecom.Secret
	pointer *wecom.Secret
}

func TestSecretsHideThemselves(t *testing.T) {
	t.Parallel()
	s := wecom.NewSecret(canary)
	h := holder{s, canary, wecom.Token{Value: canary, Version: 1, ExpiresAt: time.Now()}, s, &s}
	var out bytes.Buffer
	for _, v := range []any{h, &h, []any{h}, map[string]holder{"k": h}, h.Secret, h.Code, h.Token, &h.Token, []wecom.Token{h.Token}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		slog.New(slog.NewTextHandler(&out, nil)).Info("m", "v", v)
	}
	for _, v := range []any{h, &h, h.Secret, h.Code} {
		slog.New(slog.NewJSONHandler(&out, nil)).Info("m", "v", v)
		data, err := json.Marshal(v)
		require.NoError(t, err)
		out.Write(data)
	}
	data, err := xml.Marshal(h)
	require.NoError(t, err)
	out.Write(data)
	assert.NotContains(t, out.String(), canary)
	assert.NotContains(t, out.String(), fmt.Sprintf("%x", canary))
	assert.NotContains(t, out.String(), fmt.Sprintf("%X", canary))
	assert.Contains(t, out.String(), "[secret]")
}

func TestSecretsDecode(t *testing.T) {
	t.Parallel()
	var h holder
	require.NoError(t, json.Unmarshal([]byte(`{"secret":"`+canary+`","code":"`+canary+`"}`), &h))
	assert.Equal(t, canary, h.Secret.Reveal())
	assert.Equal(t, canary, string(h.Code))
	h = holder{}
	require.NoError(t, xml.Unmarshal([]byte(`<x><secret>`+canary+`</secret><code>`+canary+`</code></x>`), &h))
	assert.Equal(t, canary, h.Secret.Reveal())
	assert.Equal(t, canary, string(h.Code))
	require.Error(t, json.Unmarshal([]byte(`{"secret":5}`), &h))
}

func TestEmptySecretsShowThatTheyAreEmpty(t *testing.T) {
	t.Parallel()
	assert.True(t, wecom.NewSecret("").IsZero())
	assert.Empty(t, wecom.Secret{}.Reveal())
	assert.Equal(t, "||", fmt.Sprintf("|%v%v|", wecom.Secret{}, wecom.AuthCode("")))
}

func TestTokenSurvivesJSON(t *testing.T) {
	t.Parallel()
	token := wecom.Token{Value: "v", Version: 1<<53 - 1, ExpiresAt: time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)}
	data, err := json.Marshal(token)
	require.NoError(t, err)
	var back wecom.Token
	require.NoError(t, json.Unmarshal(data, &back))
	assert.Equal(t, token, back)
	data, err = json.Marshal(wecom.Token{Value: "v", Version: 1})
	require.NoError(t, err)
	assert.JSONEq(t, `{"value":"v","version":1}`, string(data))
}
