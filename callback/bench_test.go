package callback_test

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1" //nolint:gosec // The protocol signs with SHA-1.
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/callback"
	"github.com/wecom-isv/wecom/crypto"
)

// loads are the messages of the benchmarks: a suite_ticket of 400 bytes and a
// text message of 8 KB.
func loads() map[string]string {
	ticket := ticketEvent("")
	text := appEvent("<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[]]></Content><MsgId>1234567890123456</MsgId><AgentID>1</AgentID>")
	return map[string]string{
		"400B": strings.Replace(ticket, "<SuiteTicket><![CDATA[", "<SuiteTicket><![CDATA["+strings.Repeat("t", 400-len(ticket)), 1),
		"8KB":  strings.Replace(text, "<Content><![CDATA[", "<Content><![CDATA["+strings.Repeat("企业微信 hello ", (8192-len(text))/19), 1),
	}
}

func benchMux() *callback.Mux {
	mux := new(callback.Mux)
	callback.On(mux, func(_ context.Context, _ callback.Envelope, ev callback.SuiteTicket) error {
		if ev.SuiteTicket.IsZero() {
			return errors.New("no ticket")
		}
		return nil
	})
	callback.On(mux, func(_ context.Context, _ callback.Envelope, ev callback.TextMessage) error {
		if ev.Content == "" || ev.MsgID == 0 {
			return errors.New("no content")
		}
		return nil
	})
	return mux
}

// floor opens a callback with the bare standard library and finds the elements
// with a hand scanner, all in buffers that are reused.
type floor struct {
	token     string
	iv        []byte
	mode      cipher.BlockMode
	plain     []byte
	signed    []byte
	hexDigits [40]byte
}

func newFloor(tb testing.TB, a account) *floor {
	tb.Helper()
	key, err := base64.StdEncoding.DecodeString(a.key + "=")
	require.NoError(tb, err)
	block, err := aes.NewCipher(key)
	require.NoError(tb, err)
	return &floor{token: a.token, iv: key[:16], mode: cipher.NewCBCDecrypter(block, key[:16]), plain: make([]byte, 16<<10), signed: make([]byte, 0, 32<<10)}
}

// between returns what stands between two marks.
func between(doc []byte, from, to string) []byte {
	i := bytes.Index(doc, []byte(from))
	if i < 0 {
		return nil
	}
	doc = doc[i+len(from):]
	return doc[:bytes.Index(doc, []byte(to))]
}

func (f *floor) handle(body []byte, signature, timestamp, nonce string) int {
	encrypt := between(body, "<Encrypt><![CDATA[", "]]>")
	f.signed = append(f.signed[:0], nonce...) // in the order of floorRequest
	f.signed = append(f.signed, timestamp...)
	f.signed = append(append(f.signed, f.token...), encrypt...)
	sum := sha1.Sum(f.signed) //nolint:gosec // as above
	hex.Encode(f.hexDigits[:], sum[:])
	if subtle.ConstantTimeCompare(f.hexDigits[:], []byte(signature)) != 1 {
		return 0
	}
	n, err := base64.StdEncoding.Decode(f.plain, encrypt)
	if err != nil {
		return 0
	}
	plain := f.plain[:n]
	f.mode.(interface{ SetIV(iv []byte) }).SetIV(f.iv)
	f.mode.CryptBlocks(plain, plain)
	msg := plain[20 : 20+binary.BigEndian.Uint32(plain[16:])]
	found := 0
	for _, name := range []string{"<ToUserName><![CDATA[", "<SuiteId><![CDATA[", "<InfoType><![CDATA[", "<SuiteTicket><![CDATA[", "<Content><![CDATA[", "<FromUserName><![CDATA["} {
		found += len(between(msg, name, "]]>"))
	}
	return found
}

// floorRequest returns a request of d whose signed parts sort as the floor has
// them: nonce, timestamp, Token, encrypted message. That begins with random bytes.
func floorRequest(tb testing.TB, d delivery) (body []byte, q url.Values) {
	tb.Helper()
	for {
		r := d.request(tb)
		body, err := io.ReadAll(r.Body)
		require.NoError(tb, err)
		q := r.URL.Query()
		if slices.IsSorted([]string{q.Get("nonce"), q.Get("timestamp"), d.token, string(between(body, "<Encrypt><![CDATA[", "]]>"))}) {
			return body, q
		}
	}
}

// plainWay is what the standard library offers: encoding/xml for the envelope
// and for the message.
func plainWay(codec *crypto.Codec, receivers *crypto.Receivers, body []byte, signature, timestamp, nonce string, ev any) error {
	var outer struct {
		ToUserName string `xml:"ToUserName"`
		Encrypt    string `xml:"Encrypt"`
	}
	if err := xml.Unmarshal(body, &outer); err != nil {
		return err
	}
	msg, err := codec.Open(nil, crypto.Sealed{Signature: signature, Timestamp: timestamp, Nonce: nonce, Encrypt: []byte(outer.Encrypt)}, receivers)
	if err != nil {
		return err
	}
	return xml.Unmarshal(msg.Body, ev)
}

// BenchmarkDecode measures envelope, signature, decryption, dispatch and typed
// decoding, without HTTP.
func BenchmarkDecode(b *testing.B) {
	for _, size := range []string{"400B", "8KB"} {
		d := delivery{account: accountA, message: loads()[size], receiver: suiteID}
		body, q := floorRequest(b, d)
		signature, timestamp, nonce := q.Get("msg_signature"), q.Get("timestamp"), q.Get("nonce")
		codec, err := crypto.New(d.token, d.key)
		require.NoError(b, err)
		receivers, err := crypto.NewReceivers(suiteID)
		require.NoError(b, err)

		b.Run(size+"/floor", func(b *testing.B) {
			f := newFloor(b, d.account)
			if f.handle(body, signature, timestamp, nonce) == 0 {
				b.Fatal("not opened")
			}
			b.ReportAllocs()
			for b.Loop() {
				f.handle(body, signature, timestamp, nonce)
			}
		})
		b.Run(size+"/callback", func(b *testing.B) {
			mux := benchMux()
			b.ReportAllocs()
			for b.Loop() {
				outer, err := crypto.ParseEnvelope(body)
				if err != nil {
					b.Fatal(err)
				}
				dst := make([]byte, 0, base64.StdEncoding.DecodedLen(len(outer.Encrypt)))
				msg, err := codec.Open(dst, crypto.Sealed{Signature: signature, Timestamp: timestamp, Nonce: nonce, Encrypt: outer.Encrypt}, receivers)
				if err != nil {
					b.Fatal(err)
				}
				env, err := callback.Parse(msg.Body, string(msg.Receiver))
				if err != nil {
					b.Fatal(err)
				}
				if err := mux.Dispatch(context.Background(), env); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(size+"/encoding-xml", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var ev any = new(callback.SuiteTicket)
				if size == "8KB" {
					ev = new(callback.TextMessage)
				}
				if err := plainWay(codec, receivers, body, signature, timestamp, nonce, ev); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// discard is a response that is written to nowhere.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
func (d discard) WriteHeader(int)             {}

// BenchmarkHandlerPOST measures a whole request through the handler.
func BenchmarkHandlerPOST(b *testing.B) {
	for _, size := range []string{"400B", "8KB"} {
		b.Run(size, func(b *testing.B) {
			h := newHandler(b, accountA.config(), benchMux())
			r := delivery{account: accountA, message: loads()[size]}.request(b)
			body, err := io.ReadAll(r.Body)
			require.NoError(b, err)
			reader := bytes.NewReader(body)
			r.Body = io.NopCloser(reader)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			requireSuccess(b, w)
			out := discard{make(http.Header)}
			b.ReportAllocs()
			for b.Loop() {
				reader.Reset(body)
				h.ServeHTTP(out, r)
			}
		})
	}
}

func TestFloorOpensWhatWeOpen(t *testing.T) {
	t.Parallel()
	for size, message := range loads() {
		d := delivery{account: accountA, message: message, receiver: suiteID}
		body, q := floorRequest(t, d)
		f := newFloor(t, accountA)
		require.Positive(t, f.handle(body, q.Get("msg_signature"), q.Get("timestamp"), q.Get("nonce")), size)
		require.InDelta(t, map[string]int{"400B": 400, "8KB": 8192}[size], len(message), 20)
	}
}
