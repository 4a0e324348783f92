package probe_test

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/callback"
	"github.com/wecom-isv/wecom/cmd/wecom/internal/lang"
	"github.com/wecom-isv/wecom/cmd/wecom/internal/probe"
	"github.com/wecom-isv/wecom/cmd/wecom/internal/report"
	"github.com/wecom-isv/wecom/crypto"
)

const (
	token    = "QDG6eK"
	key      = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
	provider = "wwprovider00000001"
	suiteID  = "wwsuite0000000001"
)

func codec(t *testing.T) *crypto.Codec {
	t.Helper()
	c, err := crypto.New(token, key)
	require.NoError(t, err)
	return c
}

// opened returns the text of a verification as a careless handler finds it: it
// checks neither signature nor receiver.
func opened(t *testing.T, r *http.Request) string {
	t.Helper()
	q := r.URL.Query()
	c := codec(t)
	sealed := crypto.Sealed{Timestamp: q.Get("timestamp"), Nonce: q.Get("nonce"), Encrypt: []byte(q.Get("echostr"))}
	sealed.Signature = c.Sign(sealed.Timestamp, sealed.Nonce, sealed.Encrypt)
	none, err := crypto.NewReceivers()
	require.NoError(t, err)
	m, err := c.Open(nil, sealed, none.WithResolver(func(string) bool { return true }))
	if err != nil {
		return "cannot be opened"
	}
	return string(m.Body)
}

func run(t *testing.T, h http.Handler) probe.Result {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return probe.Run(t.Context(), probe.Config{URL: server.URL + "/cb?app=1", Codec: codec(t), Receiver: provider, Others: []string{suiteID}})
}

// ids are the findings that are not in order.
func ids(r probe.Result) (found []string) {
	for _, f := range r.Findings {
		if f.Level != report.OK && f.ID != "local" {
			found = append(found, f.ID)
		}
	}
	return found
}

func handler(t *testing.T, cfg callback.Config) http.Handler {
	t.Helper()
	cfg.Token, cfg.AESKey = cmp.Or(cfg.Token, token), cmp.Or(cfg.AESKey, key)
	h, err := callback.NewHandler(cfg, new(callback.Mux))
	require.NoError(t, err)
	return h
}

func TestOurHandlerPasses(t *testing.T) {
	t.Parallel()
	r := run(t, handler(t, callback.Config{Receivers: []string{suiteID}, VerifyReceivers: []string{provider}}))
	assert.Empty(t, ids(r))
	assert.False(t, report.Failed(r.Findings))
	assert.Equal(t, http.StatusOK, r.Status)
	assert.Positive(t, r.Duration)
}

func TestRefusalsAreExplained(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []string{"status", "receiver"}, ids(run(t, handler(t, callback.Config{Receivers: []string{suiteID}}))), "another receiver")
	assert.Equal(t, []string{"status", "signature"}, ids(run(t, handler(t, callback.Config{Receivers: []string{provider}, Token: "another"}))), "another Token")
	other := callback.Config{Receivers: []string{provider}, AESKey: strings.Repeat("B", 43)}
	assert.Contains(t, ids(run(t, handler(t, other))), "status", "another key")

	// A handler that tells a wrong signature from a wrong key.
	keyless := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		if codec(t).Sign(q.Get("timestamp"), q.Get("nonce"), []byte(q.Get("echostr"))) != q.Get("msg_signature") {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		w.WriteHeader(http.StatusBadRequest)
	})
	assert.Equal(t, []string{"status", "token_ok"}, ids(run(t, keyless)))
}

func TestAnswersAreJudged(t *testing.T) {
	t.Parallel()
	answer := func(form func(echo string, r *http.Request) string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, form(opened(t, r), r))
		})
	}
	plain := func(format string) http.Handler {
		return answer(func(echo string, _ *http.Request) string { return fmt.Sprintf(format, echo) })
	}
	fixed := func(text string) http.Handler {
		return answer(func(string, *http.Request) string { return text })
	}
	for name, tt := range map[string]struct {
		h    http.Handler
		want []string
	}{
		"BOM":        {plain("\ufeff%s"), []string{"bom"}},
		"quotes":     {plain("%q"), []string{"quotes"}},
		"line break": {plain("%s\n"), []string{"blanks"}},
		"wrapped":    {plain(`{"code":0,"data":"%s"}`), []string{"wrapped"}},
		"page":       {plain("<html>%s</html>"), []string{"wrapped"}},
		"layout":     {plain("0123456789abcdef\x00\x00\x00\x17%swwprovider"), []string{"layout"}},
		"encrypted":  {answer(func(_ string, r *http.Request) string { return r.URL.Query().Get("echostr") }), []string{"encrypted"}},
		"empty":      {fixed(""), []string{"empty", "signature"}},
		"success":    {fixed("success"), []string{"success", "signature"}},
		"other page": {fixed("<!doctype html>"), []string{"page", "signature"}},
		"overflow":   {fixed("9223372036854775807"), []string{"number", "signature"}},
		"float":      {answer(func(echo string, _ *http.Request) string { return echo[:1] + "." + echo[1:5] + "e+22" }), nil},
		"other":      {fixed("hello"), []string{"body", "signature"}},
		"careless":   {plain("%s"), []string{"unsigned", "any_receiver"}},
		"redirect":   {http.RedirectHandler("/elsewhere", http.StatusFound), []string{"redirect"}},
		"not found":  {http.NotFoundHandler(), []string{"status"}},
		"panic":      {http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), []string{"connection"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := ids(run(t, tt.h))
			if tt.want == nil {
				require.NotEmpty(t, got)
				assert.Equal(t, "number", got[0])
				return
			}
			assert.Equal(t, tt.want, got)
		})
	}
}

func TestExtraParameterMustNotDisturb(t *testing.T) {
	t.Parallel()
	good := handler(t, callback.Config{Receivers: []string{suiteID}, VerifyReceivers: []string{provider}})
	r := run(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("from") {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		good.ServeHTTP(w, r)
	}))
	assert.Equal(t, []string{"extra"}, ids(r))
	assert.False(t, report.Failed(r.Findings), "WeCom sends none today")
}

func TestConnections(t *testing.T) {
	t.Parallel()
	tls := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(tls.Close)
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	for address, want := range map[string]string{
		tls.URL: "tls",
		"https" + strings.TrimPrefix(plain.URL, "http"): "tls",
		"http://127.0.0.1:1":                            "refused",
		"http://no-such-host.invalid":                   "dns",
		"ftp://example.com":                             "url",
		"/callback":                                     "url",
		"http://a b":                                    "url",
	} {
		r := probe.Run(t.Context(), probe.Config{URL: address, Codec: codec(t), Receiver: provider})
		require.True(t, report.Failed(r.Findings), address)
		assert.Equal(t, want, ids(r)[0], address)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := probe.Run(ctx, probe.Config{URL: plain.URL, Codec: codec(t), Receiver: provider})
	assert.Equal(t, []string{"cancelled"}, ids(r))
	assert.Equal(t, "no answer within 10 s", probe.Unreachable(context.DeadlineExceeded, 10*time.Second).What.EN)
}

// inProcess answers without a socket, so that the clock of a bubble runs.
type inProcess struct{ h http.Handler }

func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	w := httptest.NewRecorder()
	p.h.ServeHTTP(w, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return w.Result(), nil
}

func TestTimeIsJudged(t *testing.T) {
	t.Parallel()
	good := handler(t, callback.Config{Receivers: []string{suiteID}, VerifyReceivers: []string{provider}})
	for after, want := range map[time.Duration][]string{
		100 * time.Millisecond: nil,
		600 * time.Millisecond: {"nearly_slow"},
		2 * time.Second:        {"slow"},
		10 * time.Second:       {"timeout"},
	} {
		synctest.Test(t, func(t *testing.T) {
			late := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				select {
				case <-time.After(after):
					good.ServeHTTP(w, r)
				case <-r.Context().Done():
				}
			})
			r := probe.Run(t.Context(), probe.Config{URL: "https://app.example.com/cb", Codec: codec(t), Receiver: provider, Transport: inProcess{late}})
			assert.Equal(t, want, ids(r), after)
		})
	}
}

// The data URL is verified with the provider's own corp id in the place of $CORPID$.
func TestDataURL(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.Handle("/data/{corpid}", handler(t, callback.Config{CorpPath: "corpid", VerifyReceivers: []string{provider}}))
	r := probe.Run(t.Context(), probe.Config{URL: "https://app.example.com/data/$CORPID$", Codec: codec(t), Receiver: provider, Transport: inProcess{mux}})
	assert.Empty(t, ids(r))
}

func TestFindingsAreInBothLanguagesAndHoldNoSecret(t *testing.T) {
	t.Parallel()
	r := run(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.URL.RawQuery) }))
	require.NotEmpty(t, r.Findings)
	for _, f := range r.Findings {
		assert.NotEmpty(t, f.What.In(lang.EN))
		assert.NotEmpty(t, f.What.In(lang.ZH))
		assert.NotContains(t, f.What.EN+f.Remedy.EN, token)
		assert.NotContains(t, f.What.EN+f.Remedy.EN, "echostr=")
		assert.NotContains(t, f.What.EN+f.Remedy.EN, "%!")
		assert.NotContains(t, f.What.ZH+f.Remedy.ZH, "%!")
	}
}
