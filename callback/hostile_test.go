package callback_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/callback"
	"github.com/wecom-isv/wecom/crypto"
)

const (
	oneKey   = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	otherKey = "bbcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
)

// sealed returns msg as WeCom would send it.
func sealed(t *testing.T, token, key, receiver, msg string) (crypto.Sealed, url.Values) {
	t.Helper()
	c, err := crypto.New(token, key)
	require.NoError(t, err)
	s, err := c.Seal([]byte(msg), receiver, "1700000000", "nonce")
	require.NoError(t, err)
	return s, url.Values{"msg_signature": {s.Signature}, "timestamp": {s.Timestamp}, "nonce": {s.Nonce}}
}

// deliver posts msg with any ToUserName outside and returns the status.
func deliver(t *testing.T, h http.Handler, token, key, toUserName, receiver, msg string) int {
	t.Helper()
	s, q := sealed(t, token, key, receiver, msg)
	body := "<xml><ToUserName><![CDATA[" + toUserName + "]]></ToUserName><Encrypt><![CDATA[" + string(s.Encrypt) + "]]></Encrypt></xml>"
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/?"+q.Encode(), bytes.NewBufferString(body)))
	return w.Code
}

const createAuth = "<xml><SuiteId>wwsuite</SuiteId><InfoType>create_auth</InfoType><TimeStamp>1700000000</TimeStamp><AuthCode>C</AuthCode></xml>"

func suiteConfig() callback.Config {
	return callback.Config{Token: "tokensuite", AESKey: oneKey, Receivers: []string{"wwsuite"}, VerifyReceivers: []string{"wwprovider"}}
}

// The provider's corp id outside says nothing about whose event it is: a suite
// and the system-event URL share a handler.
func TestPain10_SignatureNamesTheApp(t *testing.T) {
	t.Parallel()
	var mux callback.Mux
	handled := 0
	mux.Fallback(func(context.Context, callback.Envelope) error { handled++; return nil })
	h, err := callback.NewMultiHandler(&mux, suiteConfig(), callback.Config{Token: "tokensystem", AESKey: otherKey, Receivers: []string{"wwprovider"}})
	require.NoError(t, err)
	for _, receiver := range []string{"wwsuite", "wwprovider"} {
		assert.Equal(t, http.StatusOK, deliver(t, h, "tokensuite", oneKey, "wwprovider", receiver, createAuth))
	}
	assert.Equal(t, 2, handled)
}

func TestIndividualAppSharesAHandler(t *testing.T) {
	t.Parallel()
	var mux callback.Mux
	h, err := callback.NewMultiHandler(&mux, callback.Config{Token: "tokenone", AESKey: otherKey, Individual: true}, suiteConfig())
	require.NoError(t, err)
	for _, toUserName := range []string{"", "wwanything"} {
		assert.Equal(t, http.StatusOK, deliver(t, h, "tokenone", otherKey, toUserName, "", "<xml><ToUserName>u</ToUserName><MsgType>text</MsgType></xml>"))
	}
}

func TestNobodyIsAskedAboutWhatAStrangerWrote(t *testing.T) {
	t.Parallel()
	var mux callback.Mux
	h, err := callback.NewMultiHandler(&mux, suiteConfig(), callback.Config{
		Token: "tokendata", AESKey: otherKey, VerifyReceivers: []string{"wwprovider"},
		AcceptReceiver: func(string) bool { t.Error("asked"); return false },
	})
	require.NoError(t, err)
	assert.Equal(t, http.StatusForbidden, deliver(t, h, "stranger", oneKey, strings.Repeat("x", 500<<10), "x", "<xml/>"))
}

// The signature of a delivery is as good for an echo text: who has recorded one
// must not get it decrypted.
func TestRecordedDeliveryIsNotDecryptedAsAnEcho(t *testing.T) {
	t.Parallel()
	var mux callback.Mux
	h, err := callback.NewHandler(suiteConfig(), &mux)
	require.NoError(t, err)
	for _, msg := range []string{"<xml><SuiteTicket>s3cret</SuiteTicket></xml>", "\ufeff \n<xml>s3cret</xml>", `{"SuiteTicket":"s3cret"}`} {
		s, q := sealed(t, "tokensuite", oneKey, "wwsuite", msg)
		q.Set("echostr", string(s.Encrypt))
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/?"+q.Encode(), nil))
		assert.Equal(t, http.StatusForbidden, w.Code)
		assert.NotContains(t, w.Body.String(), "s3cret")
	}
}

// hangingFilter answers nothing from the given step on.
type hangingFilter struct {
	*callback.MemoryFilter
	begin, commit bool
}

func (f hangingFilter) Begin(ctx context.Context, key, owner string) ([]byte, bool, error) {
	if f.begin { // as the filters of our stores do: a third of the time
		end, _ := ctx.Deadline()
		time.Sleep(time.Until(end) / 3)
		return nil, false, context.DeadlineExceeded
	}
	return f.MemoryFilter.Begin(ctx, key, owner)
}

func (f hangingFilter) Commit(ctx context.Context, key, owner string, answer []byte) error {
	if f.commit {
		<-ctx.Done()
		return ctx.Err()
	}
	return f.MemoryFilter.Commit(ctx, key, owner, answer)
}

// A shared filter that hangs costs neither the event nor the 1000 ms of an
// authorisation event.
func TestPain23_HangingFilterCostsNothing(t *testing.T) {
	t.Parallel()
	for _, f := range []hangingFilter{{begin: true}, {commit: true}, {begin: true, commit: true}} {
		synctest.Test(t, func(t *testing.T) {
			inner, err := callback.NewMemoryFilter(callback.MemoryFilterConfig{})
			require.NoError(t, err)
			f.MemoryFilter = inner
			var mux callback.Mux
			failures, handled := 0, 0
			mux.Dedupe(callback.DedupeConfig{Filter: f, OnError: func(context.Context, callback.Envelope, error) { failures++ }})
			mux.Fallback(func(context.Context, callback.Envelope) error { handled++; return nil })
			h, err := callback.NewHandler(suiteConfig(), &mux)
			require.NoError(t, err)
			start := time.Now()
			assert.Equal(t, http.StatusOK, deliver(t, h, "tokensuite", oneKey, "wwsuite", "wwsuite", createAuth))
			assert.Less(t, time.Since(start), time.Second)
			assert.Equal(t, 1, handled)
			assert.Positive(t, failures)
		})
	}
}

func envelope(t *testing.T, suiteID string) callback.Envelope {
	t.Helper()
	env, err := callback.Parse([]byte("<xml><SuiteId>"+suiteID+"</SuiteId><InfoType>x</InfoType></xml>"), "r")
	require.NoError(t, err)
	return env
}

// A fake of a test that calls t.FailNow ends the goroutine of the handler.
func TestPoolOutlivesAHandlerThatExits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mux callback.Mux
		handled := 0
		mux.Fallback(func(_ context.Context, env callback.Envelope) error {
			if env.SuiteID == "bad" {
				runtime.Goexit()
			}
			handled++
			return nil
		})
		var reported []error
		p, err := callback.NewPool(&mux, callback.PoolConfig{Workers: 1, OnError: func(_ context.Context, _ callback.Envelope, err error) { reported = append(reported, err) }})
		require.NoError(t, err)
		for _, id := range []string{"bad", "good"} {
			require.NoError(t, p.Enqueue(t.Context(), envelope(t, id)))
		}
		synctest.Wait()
		assert.Equal(t, 1, handled)
		assert.Len(t, reported, 1)
		require.NoError(t, p.Shutdown(t.Context()))
	})
}

func TestShutdownCountsWhatIsInWork(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mux callback.Mux
		block := make(chan struct{})
		handled := 0
		mux.Fallback(func(context.Context, callback.Envelope) error {
			if handled++; handled > 1 {
				<-block
			}
			return nil
		})
		p, err := callback.NewPool(&mux, callback.PoolConfig{Workers: 1})
		require.NoError(t, err)
		for _, what := range []string{"quick", "slow"} {
			require.NoError(t, p.Enqueue(t.Context(), envelope(t, what)))
		}
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorContains(t, p.Shutdown(ctx), "and 1 in work")
		close(block)
	})
}

func TestErrorsQuoteAKindInPart(t *testing.T) {
	t.Parallel()
	long := callback.Kind("suite:" + strings.Repeat("x", 1<<20))
	for _, err := range []error{
		&callback.PanicError{Kind: long, Value: "text"},
		&callback.PanicError{Kind: long, Value: new(runtime.TypeAssertionError)},
		&callback.DecodeError{Kind: long, Err: io.EOF},
	} {
		assert.Less(t, len(err.Error()), 200)
		assert.Contains(t, err.Error(), "suite:xxx")
	}
}
