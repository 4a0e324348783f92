package license_test

import (
	"bytes"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/provider/license"
)

func TestClientShowsNoSecret(t *testing.T) {
	t.Parallel()
	c, _ := newClient(t, map[string][]string{"cancel_order": {`{"errcode":0}`}})
	require.NoError(t, c.CancelOrder(t.Context(), license.CancelOrderRequest{OrderID: "O"})) // now there is a token in memory
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		assert.Equal(t, "license.Client(wwprovider)", fmt.Sprintf(verb, c))
		fmt.Fprintf(&out, verb+"\n", struct{ c *license.Client }{c})
	}
	slog.New(slog.NewJSONHandler(&out, nil)).Info("client", "client", c)
	slog.New(slog.NewTextHandler(&out, nil)).Info("client", "client", c)
	assert.NotContains(t, out.String(), "canary")
	assert.Contains(t, out.String(), "license.Client(wwprovider)")
}

func TestClientWithoutProvider(t *testing.T) {
	t.Parallel()
	for _, c := range []*license.Client{nil, {}, license.New(nil)} {
		_, err := c.GetOrder(t.Context(), "O")
		require.ErrorContains(t, err, "provider.Client")
		assert.Equal(t, "license.Client()", c.String())
	}
}

// An activation code is as good as money.
func TestPain21_ActiveCodesStayHidden(t *testing.T) {
	t.Parallel()
	const code license.ActiveCode = "canary-code"
	var account license.Account
	require.NoError(t, json.Unmarshal([]byte(`{"active_code":"canary-code","merge_info":{"to_active_code":"canary-code"}}`), &account))
	assert.Equal(t, code, account.ActiveCode)
	assert.Equal(t, code, account.MergeInfo.ToActiveCode)

	shown := []any{
		code, account, &account,
		license.Activation{ActiveCode: code},
		license.ActiveAccountRequest{ActiveCode: code},
		license.BatchActiveAccountRequest{ActiveList: []license.Activation{{ActiveCode: code}}},
		license.BatchShareActiveCodeRequest{ShareList: []license.ActiveCode{code}},
		license.BatchGetActiveInfoByCodeResponse{InvalidActiveCodeList: []license.ActiveCode{code}},
		license.ItemResult{ActiveCode: code},
		&license.ItemErrors{Items: []license.ItemResult{{ActiveCode: code, ErrCode: 1}}},
	}
	var out bytes.Buffer
	for _, v := range shown {
		fmt.Fprintf(&out, "%v %+v %#v %s %q %x\n", v, v, v, v, v, v)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("shown", "v", v)
		slog.New(slog.NewTextHandler(&out, nil)).Info("shown", "v", v)
		encoded, err := json.Marshal(v)
		require.NoError(t, err)
		out.Write(encoded)
	}
	assert.NotContains(t, out.String(), "canary")
	assert.NotContains(t, out.String(), fmt.Sprintf("%x", "canary"))
	assert.Contains(t, out.String(), "[secret]")
	assert.Empty(t, license.ActiveCode("").String(), "an absent code does not look like one")

	stored, err := driver.DefaultParameterConverter.ConvertValue(code)
	require.NoError(t, err)
	assert.Equal(t, "canary-code", stored, "a database gets the value")
}

// The platform quotes what it was sent; neither an error nor a log line may.
func TestPain21_ActiveCodesStayOutOfErrors(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	c, _ := newClient(t, map[string][]string{
		"active_account":          {`{"errcode":701021,"errmsg":"invalid code canary-code"}`},
		"get_active_info_by_code": {`{"errcode":701021,"errmsg":"invalid code canary-code"}`},
		"batch_active_account":    {`{"errcode":701024,"errmsg":"canary-code, canary-more"}`},
		"batch_share_active_code": {`{"errcode":0,"share_result":[{"errmsg":"canary-code was given","errcode":701055,"active_code":"canary-code"}]}`},
	}, wecom.WithLogger(slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))))

	errs := []error{c.ActiveAccount(t.Context(), license.ActiveAccountRequest{CorpID: "C", UserID: "U", ActiveCode: "canary-code"})}
	_, err := c.GetActiveInfoByCode(t.Context(), "C", "canary-code")
	errs = append(errs, err)
	_, err = c.BatchActiveAccount(t.Context(), license.BatchActiveAccountRequest{CorpID: "C", ActiveList: []license.Activation{
		{ActiveCode: "canary-code", UserID: "U"}, {ActiveCode: "canary-more", UserID: "V"},
	}})
	errs = append(errs, err)
	shared, err := c.BatchShareActiveCode(t.Context(), license.BatchShareActiveCodeRequest{
		FromCorpID: "C", ToCorpID: "D", ShareList: []license.ActiveCode{"canary-code"},
	})
	errs = append(errs, err)
	assert.Equal(t, "[secret] was given", shared.ShareResult[0].ErrMsg)
	for _, err := range errs {
		require.ErrorIs(t, err, wecom.ErrLicense)
		assert.NotContains(t, fmt.Sprintf("%v %+v %#v", err, err, err), "canary")
	}
	assert.NotContains(t, log.String(), "canary")
	assert.Contains(t, log.String(), "batch_share_active_code")
}
