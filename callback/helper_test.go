package callback_test

import (
	"cmp"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/callback"
	"github.com/wecom-isv/wecom/crypto"
)

const (
	suiteID    = "ww4asffe99e54c0f4c"
	providerID = "wwddddccc7775555aab"
	corpID     = "wpQxo0CgAAL9Z1yX2vC3bN4mK5jH6gF"
)

// account is the Token and key of one callback URL, on both sides.
type account struct{ token, key string }

var (
	accountA = account{"QDG6eK", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"}
	accountB = account{"hJqcu3uJ9Tn2gXPmxx2w9kkCkCE2EPYo", "6qkdMrq68nTKduznJYO1A37W2oEgpkMUvkttRToqhUt"}
)

func (a account) config() callback.Config {
	return callback.Config{Token: a.token, AESKey: a.key, Receivers: []string{suiteID}, VerifyReceivers: []string{providerID}}
}

// delivery is a callback as WeCom sends it.
type delivery struct {
	account
	message  string
	receiver string // default: suiteID
	to       string // ToUserName of the envelope; default: the receiver
	json     bool
	query    string // further query parameters
	at       string // timestamp of the query; default: one of 2014
}

func (d delivery) seal(tb testing.TB) crypto.Sealed {
	tb.Helper()
	codec, err := crypto.New(d.token, d.key)
	require.NoError(tb, err)
	sealed, err := codec.Seal([]byte(d.message), d.receiver, cmp.Or(d.at, "1403610513"), "1372623149")
	require.NoError(tb, err)
	return sealed
}

func query(s crypto.Sealed) string {
	return "msg_signature=" + s.Signature + "&timestamp=" + s.Timestamp + "&nonce=" + url.QueryEscape(s.Nonce)
}

// request returns the POST of d.
func (d delivery) request(tb testing.TB) *http.Request {
	tb.Helper()
	if d.receiver == "" {
		d.receiver = suiteID
	}
	if d.receiver == "-" {
		d.receiver = ""
	}
	if d.to == "" {
		d.to = d.receiver
	}
	sealed := d.seal(tb)
	body := "<xml>\n <ToUserName><![CDATA[" + d.to + "]]></ToUserName>\n <AgentID><![CDATA[]]></AgentID>\n <Encrypt><![CDATA[" + string(sealed.Encrypt) + "]]></Encrypt>\n</xml>"
	if d.json {
		text, err := json.Marshal(map[string]any{"tousername": d.to, "encrypt": string(sealed.Encrypt), "agentid": 218})
		require.NoError(tb, err)
		body = string(text)
	}
	return httptest.NewRequestWithContext(tb.Context(), http.MethodPost, "/callback?"+query(sealed)+d.query, strings.NewReader(body))
}

// post sends d to h.
func (d delivery) post(tb testing.TB, h http.Handler) *httptest.ResponseRecorder {
	tb.Helper()
	return serve(h, d.request(tb))
}

func serve(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// verification returns the GET by which WeCom verifies a URL.
func verification(tb testing.TB, a account, receiver, echo string) *http.Request {
	tb.Helper()
	sealed := delivery{account: a, message: echo, receiver: receiver}.seal(tb)
	return httptest.NewRequestWithContext(tb.Context(), http.MethodGet, "/callback?"+query(sealed)+"&echostr="+url.QueryEscape(string(sealed.Encrypt)), nil)
}

func newHandler(tb testing.TB, cfg callback.Config, mux *callback.Mux) *callback.Handler {
	tb.Helper()
	h, err := callback.NewHandler(cfg, mux)
	require.NoError(tb, err)
	return h
}

// requireSuccess checks that WeCom takes the event for delivered.
func requireSuccess(tb testing.TB, w *httptest.ResponseRecorder) {
	tb.Helper()
	require.Equal(tb, http.StatusOK, w.Code, w.Body.String())
	require.Equal(tb, "success", w.Body.String())
}

// requireRefused checks that the answer tells the status and nothing else.
func requireRefused(tb testing.TB, status int, w *httptest.ResponseRecorder) {
	tb.Helper()
	require.Equal(tb, status, w.Code)
	require.Equal(tb, http.StatusText(status)+"\n", w.Body.String())
}

func suiteEvent(infoType, more string) string {
	return "<xml><SuiteId><![CDATA[" + suiteID + "]]></SuiteId><InfoType><![CDATA[" + infoType + "]]></InfoType><TimeStamp>1403610513</TimeStamp>" + more + "</xml>"
}

func ticketEvent(ticket string) string {
	return suiteEvent("suite_ticket", "<SuiteTicket><![CDATA["+ticket+"]]></SuiteTicket>")
}

func appEvent(more string) string {
	return "<xml><ToUserName><![CDATA[" + corpID + "]]></ToUserName><FromUserName><![CDATA[sys]]></FromUserName><CreateTime>1403610513</CreateTime>" + more + "</xml>"
}

// vector is a published message from testdata/crypto-vectors.json.
type vector struct {
	ID        string `json:"id"`
	Token     string `json:"token"`
	Key       string `json:"encoding_aes_key"`
	Timestamp string `json:"timestamp"`
	Nonce     string `json:"nonce"`
	Encrypt   string `json:"encrypt"`
	Signature string `json:"msg_signature"`
	Valid     bool   `json:"signature_valid"`
	Envelope  string `json:"envelope"`
	Message   string `json:"msg"`
	Receiver  string `json:"receive_id"`
	Kind      string `json:"kind"`
}

func vectors(tb testing.TB) []vector {
	tb.Helper()
	text, err := os.ReadFile("../testdata/crypto-vectors.json")
	require.NoError(tb, err)
	var file struct {
		Vectors []vector `json:"vectors"`
	}
	require.NoError(tb, json.Unmarshal(text, &file))
	require.NotEmpty(tb, file.Vectors)
	return file.Vectors
}

// textLogger returns a logger of everything.
func textLogger(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
}
