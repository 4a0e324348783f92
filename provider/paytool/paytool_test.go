package paytool_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
	"github.com/wecom-isv/wecom/provider"
	"github.com/wecom-isv/wecom/provider/paytool"
)

const ok = `{"errcode":0,"errmsg":"ok"}`

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	api, err := wecom.New()
	require.NoError(t, err)
	vendor, err := provider.New(api, provider.Config{CorpID: "wwPROVIDER", Secret: "s"})
	require.NoError(t, err)

	_, err = paytool.New(nil, paytool.Config{Secret: "s"})
	require.ErrorContains(t, err, "provider.Client is nil")
	_, err = paytool.New(vendor, paytool.Config{})
	require.ErrorContains(t, err, "Config.Secret is missing")
	_, err = paytool.New(vendor, paytool.Config{Secret: "canary\n"})
	require.ErrorContains(t, err, "blanks around it")
	assert.NotContains(t, err.Error(), "canary")
}

func TestPain21_ClientShowsNoSecret(t *testing.T) {
	t.Parallel()
	desk, _ := newDesk(t, ok)
	require.NoError(t, desk.CloseOrder(t.Context(), "ORDER"))
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "desk", desk, "in", struct{ D *paytool.Client }{desk})
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "desk", desk, "in", struct{ d *paytool.Client }{desk})
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&log, verb+"\n", desk)
		fmt.Fprintf(&log, verb+"\n", *desk)
		fmt.Fprintf(&log, verb+"\n", struct{ d *paytool.Client }{desk})
	}
	cfg := paytool.Config{Secret: apiSecret}
	fmt.Fprintf(&log, "%v %+v %#v %x\n", cfg, cfg, &cfg, cfg)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "cfg", cfg, "in", struct{ C paytool.Config }{cfg})
	encoded, err := json.Marshal(map[string]any{"desk": desk, "cfg": cfg})
	require.NoError(t, err)
	log.Write(encoded)
	for _, secret := range []string{apiSecret, fmt.Sprintf("%x", apiSecret), "provider-secret", "provider-token-1"} {
		assert.NotContains(t, log.String(), secret)
	}
	assert.Contains(t, log.String(), "paytool.Client(wwPROVIDER)")
}

func TestSignedCall(t *testing.T) {
	t.Parallel()
	desk, p := newDesk(t, ok)
	desk.Fix("129031823", time.Unix(1548302135, 0))
	require.NoError(t, desk.CloseOrder(t.Context(), "T0Rkc2g3dWlQNzFLNTRXMDJBV25BNi95OVZZbjBPOE11N2FCWkc0STJRdz0="))

	// The vector peer-close-order.
	require.Len(t, p.sent(), 1)
	sent := p.sent()[0]
	assert.Equal(t, http.MethodPost, sent.Method)
	assert.Equal(t, "/cgi-bin/paytool/close_order", sent.Path)
	assert.Equal(t, url.Values{"provider_access_token": {"provider-token-1"}}, sent.Query)
	assert.Equal(t, map[string]any{
		"order_id":  "T0Rkc2g3dWlQNzFLNTRXMDJBV25BNi95OVZZbjBPOE11N2FCWkc0STJRdz0=",
		"nonce_str": "129031823",
		"ts":        1548302135.0,
		"sig":       "jzjAGcoLbquKfNVlpqzBJDSdUASP8J7PebdFB6CUnRg=",
	}, sent.Body)
}

// TestPain03_RefusedTokenIsRepeatedWithAFreshSignature: WeCom refuses a nonce
// that it has seen.
func TestPain03_RefusedTokenIsRepeatedWithAFreshSignature(t *testing.T) {
	t.Parallel()
	for _, code := range []int{40014, 42001, 40082, 42009} {
		desk, p := newDesk(t, fmt.Sprintf(`{"errcode":%d,"errmsg":"refused"}`, code), ok)
		require.NoError(t, desk.CloseOrder(t.Context(), "ORDER"))

		require.Len(t, p.sent(), 2)
		first, second := p.sent()[0], p.sent()[1]
		assert.Equal(t, "provider-token-1", first.Query.Get("provider_access_token"))
		assert.Equal(t, "provider-token-2", second.Query.Get("provider_access_token"))
		plain, nonce, _, sig := unsigned(t, first.Body)
		again, fresh, _, sigAgain := unsigned(t, second.Body)
		assert.Equal(t, plain, again)
		assert.NotEqual(t, nonce, fresh)
		assert.NotEqual(t, sig, sigAgain)
	}
}

func TestPain17_TokenRefusedTwiceIsTheAnswer(t *testing.T) {
	t.Parallel()
	desk, p := newDesk(t, `{"errcode":42001,"errmsg":"expired"}`)
	err := desk.CloseOrder(t.Context(), "ORDER")
	require.ErrorIs(t, err, wecom.ErrTokenRejected)
	assert.Len(t, p.sent(), 2)
}

func TestRefusedTokenWithoutAnother(t *testing.T) {
	t.Parallel()
	desk, p := newDesk(t, `{"errcode":42001,"errmsg":"expired"}`)
	first := p.transport
	tokens := 0
	first.RegisterResponder(http.MethodPost, "/cgi-bin/service/get_provider_token", func(*http.Request) (*http.Response, error) {
		if tokens++; tokens > 1 {
			return reply(`{"errcode":40001,"errmsg":"secret changed"}`), nil
		}
		return reply(`{"provider_access_token":"provider-token-1","expires_in":7200}`), nil
	})
	err := desk.CloseOrder(t.Context(), "ORDER")
	require.ErrorIs(t, err, wecom.Code(42001), "why another token was needed")
	require.ErrorIs(t, err, wecom.ErrCredential, "why there is none")
	assert.Len(t, p.sent(), 1)
}

func TestNoTokenNoCall(t *testing.T) {
	t.Parallel()
	desk, p := newDesk(t, ok)
	p.transport.RegisterResponder(http.MethodPost, "/cgi-bin/service/get_provider_token",
		httpmock.NewStringResponder(http.StatusOK, `{"errcode":40001,"errmsg":"invalid credential"}`))
	err := desk.CloseOrder(t.Context(), "ORDER")
	require.ErrorIs(t, err, wecom.ErrCredential)
	require.ErrorContains(t, err, "/cgi-bin/paytool/close_order")
	assert.Empty(t, p.sent())
}

// TestRepeats says which calls are sent again when the platform fails inside,
// each time with a signature of its own.
func TestRepeats(t *testing.T) {
	t.Parallel()
	const busy = `{"errcode":-1,"errmsg":"system busy"}`
	tests := []struct {
		name string
		call func(context.Context, *paytool.Client) error
		want int
	}{
		{"OpenOrder", func(ctx context.Context, c *paytool.Client) error {
			_, err := c.OpenOrder(ctx, thirdAppOrder())
			return err
		}, 1},
		{"CloseOrder", func(ctx context.Context, c *paytool.Client) error { return c.CloseOrder(ctx, "ORDER") }, 1},
		{"GetOrderList", func(ctx context.Context, c *paytool.Client) error {
			_, err := c.GetOrderList(ctx, paytool.GetOrderListRequest{Limit: 1})
			return err
		}, 3},
		{"GetOrderDetail", func(ctx context.Context, c *paytool.Client) error {
			_, err := c.GetOrderDetail(ctx, "ORDER")
			return err
		}, 3},
		{"GetInvoiceList", func(ctx context.Context, c *paytool.Client) error {
			_, err := c.GetInvoiceList(ctx, paytool.GetInvoiceListRequest{})
			return err
		}, 3},
		{"MarkInvoiceStatus", func(ctx context.Context, c *paytool.Client) error {
			return c.MarkInvoiceStatus(ctx, markedInvoice())
		}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				desk, p := newDesk(t, busy)
				start := time.Now()
				err := tt.call(t.Context(), desk)
				require.ErrorIs(t, err, wecom.ErrTransient)
				require.Len(t, p.sent(), tt.want)
				if tt.want == 1 {
					assert.Zero(t, time.Since(start))
					return
				}
				assert.GreaterOrEqual(t, time.Since(start), 500*time.Millisecond)
				assert.LessOrEqual(t, time.Since(start), 1500*time.Millisecond)
				nonces := make(map[any]bool)
				for _, sent := range p.sent() {
					if nonce, signed := sent.Body["nonce_str"]; signed {
						nonces[nonce] = true
					}
				}
				if strings.HasPrefix(tt.name, "GetOrder") {
					assert.Len(t, nonces, tt.want)
				} else {
					assert.Empty(t, nonces, "calls about invoices are not signed")
				}
			})
		})
	}
}

func TestRepeatedReadSucceeds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		desk, p := newDesk(t,
			`{"errcode":-1,"errmsg":"system busy"}`,
			`{"errcode":42001,"errmsg":"expired"}`,
			`{"errcode":0`,
			`{"errcode":0,"pay_order":{"order_id":"ORDER"}}`)
		r, err := desk.GetOrderDetail(t.Context(), "ORDER")
		require.NoError(t, err)
		assert.Equal(t, "ORDER", r.PayOrder.OrderID)
		assert.Len(t, p.sent(), 4, "the refused token does not count among the three tries")
	})
}

func TestWaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		desk, p := newDesk(t, `{"errcode":-1,"errmsg":"system busy"}`)
		_, err := desk.GetOrderDetail(t.Context(), "WARM-UP") // fetches the token
		require.Error(t, err)
		before := len(p.sent())

		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		start := time.Now()
		_, err = desk.GetOrderDetail(ctx, "ORDER")
		require.ErrorIs(t, err, wecom.ErrTransient, "what was wrong is worth more than that time ran out")
		assert.Equal(t, 50*time.Millisecond, time.Since(start))
		assert.Len(t, p.sent(), before+1)
	})
}

func TestErrorsHoldNoSecret(t *testing.T) {
	t.Parallel()
	desk, p := newDesk(t, ok)
	p.transport.RegisterNoResponder(func(r *http.Request) (*http.Response, error) {
		var body struct {
			Nonce string `json:"nonce_str"`
			Sig   string `json:"sig"`
		}
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			return nil, err
		}
		quoted := fmt.Sprintf("bad sig %s of nonce %s with %s", body.Sig, body.Nonce, r.URL.Query().Get("provider_access_token"))
		message, err := json.Marshal(map[string]any{"errcode": 90318, "errmsg": quoted})
		return reply(string(message)), err
	})
	err := desk.CloseOrder(t.Context(), "ORDER")
	require.ErrorIs(t, err, wecom.Code(90318))
	assert.Contains(t, err.Error(), `"bad sig [secret] of nonce [secret] with [secret]"`)

	p.transport.RegisterNoResponder(func(*http.Request) (*http.Response, error) { return nil, errors.New("line is down") })
	err = desk.CloseOrder(t.Context(), "ORDER")
	require.ErrorIs(t, err, wecom.ErrNoReply)
	assert.NotContains(t, err.Error(), "provider-token")
}

func TestDo(t *testing.T) {
	t.Parallel()
	desk, p := newDesk(t, `{"errcode":0,"refund_id":"R"}`)
	var result struct {
		RefundID string `json:"refund_id"`
	}
	err := desk.Do(t.Context(), wecom.Call{
		Path:  "/cgi-bin/paytool/refund",
		Query: url.Values{"debug": {"1"}},
		Body:  map[string]any{"order_id": "ORDER", "amount": 100, "reason": "<b> & co"},
	}, &result)
	require.NoError(t, err)
	assert.Equal(t, "R", result.RefundID)

	sent := p.sent()[0]
	assert.Equal(t, url.Values{"debug": {"1"}, "provider_access_token": {"provider-token-1"}}, sent.Query)
	plain, nonce, ts, sig := unsigned(t, sent.Body)
	assert.Equal(t, map[string]any{"order_id": "ORDER", "amount": 100.0, "reason": "<b> & co"}, plain)
	assert.Equal(t, hmacOf(fmt.Sprintf("amount=100&nonce_str=%s&order_id=ORDER&reason=<b> & co&ts=%d", nonce, ts)), sig)

	require.NoError(t, desk.Do(t.Context(), wecom.Call{Path: "/cgi-bin/paytool/nothing", Body: struct{}{}}, nil))
	plain, _, _, _ = unsigned(t, p.sent()[1].Body)
	assert.Empty(t, plain)
}

func TestDoRefuses(t *testing.T) {
	t.Parallel()
	desk, p := newDesk(t, ok)
	source := wecom.TokenFunc(func(context.Context) (wecom.Token, error) { return wecom.Token{Value: "canary"}, nil })
	tests := []struct {
		name string
		call wecom.Call
		want string
	}{
		{"another credential", wecom.Call{Path: "/x", Body: struct{}{}, Auth: wecom.Auth{Source: source, Param: "access_token"}}, "Call.Auth must be empty"},
		{"no body", wecom.Call{Path: "/x"}, "a signed call has a Body"},
		{"a file", wecom.Call{Path: "/x", Body: struct{}{}, File: &wecom.File{}}, "no File"},
		{"what is no JSON", wecom.Call{Path: "/x", Body: map[string]any{"canary": func() {}}}, "cannot be encoded"},
		{"a list", wecom.Call{Path: "/x", Body: []string{"canary"}}, "/x: the body of a signed call must be a JSON object"},
		{"a signature", wecom.Call{Path: "/x", Body: map[string]string{"sig": "canary"}}, "must not have a member sig"},
		{"a query in the path", wecom.Call{Path: "/x?token=canary", Body: []string{}}, "/x: "},
		{"no path", wecom.Call{Body: struct{}{}}, "path"},
		{"another method", wecom.Call{Path: "/x", Method: http.MethodGet, Body: struct{}{}}, "needs POST"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := desk.Do(t.Context(), tt.call, nil)
			require.ErrorContains(t, err, tt.want)
			assert.NotContains(t, err.Error(), "canary")
			assert.Empty(t, p.sent())
		})
	}
}

// TestManyAtOnce is for the race detector.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	desk, p := newDesk(t, ok)
	done := make(chan error)
	for range 8 {
		go func() { done <- desk.CloseOrder(t.Context(), "ORDER") }()
	}
	for range 8 {
		require.NoError(t, <-done)
	}
	nonces := make(map[any]bool)
	for _, sent := range p.sent() {
		nonces[sent.Body["nonce_str"]] = true
	}
	assert.Len(t, nonces, 8)
}
