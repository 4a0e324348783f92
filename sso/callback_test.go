package sso_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/provider"
	"github.com/wecom-isv/wecom/sso"
)

func query(t *testing.T, raw string) url.Values {
	t.Helper()
	values, err := url.ParseQuery(raw)
	require.NoError(t, err)
	return values
}

func TestParseCallback(t *testing.T) {
	t.Parallel()
	got, err := sso.ParseCallback(query(t, "next=%2Fhome&code=CODE-1_x.y&state=abc&appid=ww1"))
	require.NoError(t, err)
	assert.Equal(t, sso.Callback{Code: "CODE-1_x.y", State: "abc"}, got)

	got, err = sso.ParseCallback(query(t, "code=CODE"))
	require.NoError(t, err, "a page without state is the caller's choice")
	assert.Equal(t, sso.Callback{Code: "CODE"}, got)

	for _, raw := range []string{"state=abc", "code=&state=abc"} {
		got, err = sso.ParseCallback(query(t, raw))
		require.ErrorIs(t, err, sso.ErrRefused, raw)
		assert.Equal(t, sso.Callback{State: "abc"}, got, "the attempt can be ended")
	}
	for raw, param := range map[string]string{
		"":                                      "code",
		"auth_code=A&expires_in=600":            "code",
		"auth_code=A&code=":                     "code",
		"code=A&code=B&state=abc":               "code",
		"code=A&state=abc&state=def":            "state",
		"code=a%20b&state=abc":                  "code",
		"code=a%0Ab&state=abc":                  "code",
		"code=%E7%A0%81&state=abc":              "code",
		"state=abc&code=" + long("x", 513):      "code",
		"code=&code=x&state=" + long("y", 1000): "code",
	} {
		got, err = sso.ParseCallback(query(t, raw))
		requireCodeError(t, err, param)
		assert.Empty(t, string(got.Code))
	}
	_, err = sso.ParseCallback(query(t, "state=abc&code="+long("x", 512)))
	require.NoError(t, err)
}

func long(s string, n int) string { return strings.Repeat(s, n) }

func requireCodeError(t *testing.T, err error, param string) {
	t.Helper()
	var e *sso.CodeError
	require.ErrorAs(t, err, &e)
	require.Equal(t, param, e.Param, err.Error())
	require.ErrorIs(t, err, wecom.ErrCodeRejected)
	require.NotErrorIs(t, err, sso.ErrRefused)
}

func TestParseQRCallback(t *testing.T) {
	t.Parallel()
	got, err := sso.ParseQRCallback(query(t, "auth_code=xxx&state=abc&expires_in=600"))
	require.NoError(t, err)
	assert.Equal(t, sso.QRCallback{Code: "xxx", State: "abc"}, got)

	got, err = sso.ParseQRCallback(query(t, "state=abc"))
	require.ErrorIs(t, err, sso.ErrRefused)
	assert.Equal(t, "abc", got.State)

	_, err = sso.ParseQRCallback(query(t, "code=xxx"))
	requireCodeError(t, err, "auth_code")
}

func TestParseConsole(t *testing.T) {
	t.Parallel()
	u, err := url.Parse("https://app.example.com/wecom/settings?auth_code=xxxxxxxxxxxxxxxx")
	require.NoError(t, err)
	code, err := sso.ParseConsole(u.Query())
	require.NoError(t, err)
	assert.Equal(t, provider.LoginAuthCode("xxxxxxxxxxxxxxxx"), code)

	for _, raw := range []string{"", "state=abc", "code=x", "auth_code=a&auth_code=b"} {
		_, err = sso.ParseConsole(query(t, raw))
		requireCodeError(t, err, "auth_code")
	}
	code, err = sso.ParseConsole(query(t, "auth_code=a&state=x&state=y"))
	require.NoError(t, err, "the page has no state")
	assert.Equal(t, provider.LoginAuthCode("a"), code)
}

func TestCodesHideThemselves(t *testing.T) {
	t.Parallel()
	const canary = "CANARY"
	values := []any{
		sso.LoginCode(canary),
		sso.JSCode(canary),
		sso.Callback{Code: canary, State: "s"},
		sso.QRCallback{Code: canary, State: "s"},
		struct {
			Login sso.LoginCode
			JS    sso.JSCode
		}{canary, canary},
		sso.UserTicket{Value: wecom.NewSecret(canary)},
		sso.Identity{UserID: "u", Ticket: sso.UserTicket{Value: wecom.NewSecret(canary)}, DocTicket: wecom.NewSecret(canary), SessionKey: wecom.NewSecret(canary)},
	}
	for _, value := range values {
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "v", value)
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "v", value)
		text, err := json.Marshal(value)
		require.NoError(t, err)
		shown := fmt.Sprintf("%v %+v %#v %s %q %x %d", value, value, value, value, value, value, value) + log.String() + string(text)
		assert.NotContains(t, shown, canary)
		assert.NotContains(t, shown, "43414e415259", "in hexadecimal")
		assert.Contains(t, shown, "[secret]")
	}
	text, err := xml.Marshal(sso.LoginCode(canary))
	require.NoError(t, err)
	assert.NotContains(t, string(text), canary)
	assert.Empty(t, sso.LoginCode("").String())
	assert.Empty(t, sso.JSCode("").String())

	var posted struct {
		Code sso.LoginCode `json:"code"`
		JS   sso.JSCode    `json:"js"`
	}
	require.NoError(t, json.Unmarshal([]byte(`{"code":"a","js":"b"}`), &posted))
	assert.Equal(t, "ab", string(posted.Code)+string(posted.JS))
}
