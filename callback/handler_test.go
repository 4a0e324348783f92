package callback_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/callback"
	"github.com/wecom-isv/wecom/crypto"
)

func TestHandlerAnswersTheOfficialVectors(t *testing.T) {
	t.Parallel()
	verified, delivered := 0, 0
	for _, v := range vectors(t) {
		if !v.Valid || v.Receiver == "" {
			continue
		}
		var got []string
		var mux callback.Mux
		mux.Fallback(func(_ context.Context, env callback.Envelope) error {
			got = append(got, string(env.Raw))
			return nil
		})
		h := newHandler(t, callback.Config{Token: v.Token, AESKey: v.Key, Receivers: []string{v.Receiver}}, &mux)
		q := "/?msg_signature=" + v.Signature + "&timestamp=" + v.Timestamp + "&nonce=" + v.Nonce
		switch {
		case v.Kind == "get-verify":
			w := serve(h, httptest.NewRequestWithContext(t.Context(), http.MethodGet, q+"&echostr="+url.QueryEscape(v.Encrypt), nil))
			require.Equal(t, http.StatusOK, w.Code, v.ID)
			assert.Equal(t, v.Message, w.Body.String(), v.ID)
			verified++
		case strings.HasPrefix(v.Message, "<xml>") && v.Envelope != "":
			requireNothing(t, serve(h, httptest.NewRequestWithContext(t.Context(), http.MethodPost, q, strings.NewReader(v.Envelope))))
			assert.Equal(t, []string{v.Message}, got, v.ID)
			delivered++
		}
	}
	assert.Positive(t, verified)
	assert.Positive(t, delivered)
}

func TestHandlerOverHTTP(t *testing.T) {
	t.Parallel()
	var ticket atomic.Pointer[string]
	var mux callback.Mux
	callback.On(&mux, func(_ context.Context, env callback.Envelope, ev callback.SuiteTicket) error {
		assert.Equal(t, time.Unix(1403610513, 0), env.At)
		ticket.Store(new(ev.SuiteTicket.Reveal()))
		return nil
	})
	srv := httptest.NewServer(newHandler(t, accountA.config(), &mux))
	defer srv.Close()

	out := delivery{account: accountA, message: ticketEvent("ticket-1")}.request(t)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL+out.URL.String(), out.Body)
	require.NoError(t, err)
	resp, err := srv.Client().Do(req)
	require.NoError(t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Equal(t, "success", string(body))
	assert.Equal(t, "text/plain; charset=utf-8", resp.Header.Get("Content-Type"))
	require.NotNil(t, ticket.Load())
	assert.Equal(t, "ticket-1", *ticket.Load())
}

func TestPain08_ReceiverPerMethod(t *testing.T) {
	t.Parallel()
	const echo = "16163320374716161031733" // more than 64 bits
	rejected := make(chan error, 1)
	cfg := accountA.config()
	cfg.OnReject = func(_ *http.Request, err error) { rejected <- err }
	var mux callback.Mux
	h := newHandler(t, cfg, &mux)

	for _, id := range []string{providerID, suiteID} {
		w := serve(h, verification(t, accountA, id, echo))
		require.Equal(t, http.StatusOK, w.Code, id)
		assert.Equal(t, echo, w.Body.String(), id)
	}
	requireRefused(t, http.StatusForbidden, serve(h, verification(t, accountA, corpID, echo)))
	require.ErrorIs(t, <-rejected, crypto.ErrReceiver)

	create := suiteEvent("create_auth", "<AuthCode>c</AuthCode>")
	requireSuccess(t, delivery{account: accountA, message: create}.post(t, h))
	// create_auth has been seen encrypted for the provider.
	requireSuccess(t, delivery{account: accountA, message: create, receiver: providerID}.post(t, h))

	for name, d := range map[string]delivery{
		"a corp":                       {message: create, receiver: corpID},
		"another case":                 {message: create, receiver: strings.ToUpper(suiteID)},
		"the empty id":                 {message: create, receiver: "-"},
		"provider, message of an app":  {message: appEvent("<MsgType>text</MsgType>"), receiver: providerID},
		"provider, another suite":      {message: strings.ReplaceAll(create, suiteID, "wwother"), receiver: providerID},
		"a name in the outer envelope": {message: create, receiver: corpID, to: suiteID},
	} {
		d.account = accountA
		requireRefused(t, http.StatusForbidden, d.post(t, h))
		got, ok := errors.AsType[*crypto.ReceiverError](<-rejected)
		require.True(t, ok, name)
		if d.receiver != "-" {
			assert.Contains(t, got.Error(), d.receiver, name)
		}
		assert.Contains(t, got.Error(), suiteID, name)
	}
}

func TestHandlerAcceptReceiver(t *testing.T) {
	t.Parallel()
	known := map[string]bool{corpID: true, "wwplain": true}
	cfg := callback.Config{
		Token: accountA.token, AESKey: accountA.key, VerifyReceivers: []string{providerID},
		AcceptReceiver: func(id string) bool { return known[id] },
	}
	var mux callback.Mux
	h := newHandler(t, cfg, &mux)
	text := appEvent("<MsgType>text</MsgType>")
	requireNothing(t, delivery{account: accountA, message: text, receiver: corpID}.post(t, h))
	// The plain id outside, the encrypted one inside: both known.
	requireNothing(t, delivery{account: accountA, message: text, receiver: "wwplain"}.post(t, h))
	requireRefused(t, http.StatusForbidden, delivery{account: accountA, message: text, receiver: "wwstranger"}.post(t, h))
	stranger := strings.ReplaceAll(text, corpID, "wwstranger")
	requireRefused(t, http.StatusForbidden, delivery{account: accountA, message: stranger, receiver: corpID}.post(t, h))
	requireSuccess(t, delivery{account: accountA, message: suiteEvent("device_data_auth_change", ""), receiver: corpID}.post(t, h))
	assert.Equal(t, http.StatusOK, serve(h, verification(t, accountA, providerID, "1")).Code)
}

func TestHandlerIndividual(t *testing.T) {
	t.Parallel()
	var mux callback.Mux
	h := newHandler(t, callback.Config{Token: accountA.token, AESKey: accountA.key, Individual: true}, &mux)
	requireNothing(t, delivery{account: accountA, message: appEvent("<MsgType>text</MsgType>"), receiver: "-"}.post(t, h))
	requireRefused(t, http.StatusForbidden, delivery{account: accountA, message: appEvent(""), receiver: corpID}.post(t, h))
}

func TestPain10_SecondSuiteKeepsItsTicket(t *testing.T) {
	t.Parallel()
	const second = "wwsecond"
	cfgB := accountB.config()
	cfgB.Receivers = []string{second}
	tickets := make(map[string]string)
	var general []string
	var mux callback.Mux
	for _, id := range []string{suiteID, second} {
		callback.On(&mux, func(_ context.Context, env callback.Envelope, ev callback.SuiteTicket) error {
			assert.Equal(t, id, env.SuiteID)
			assert.Equal(t, id, ev.SuiteID)
			tickets[id] = ev.SuiteTicket.Reveal()
			return nil
		}, callback.ForSuite(id))
	}
	callback.On(&mux, func(_ context.Context, env callback.Envelope, ev callback.CreateAuth) error {
		general = append(general, env.SuiteID+" "+string(ev.AuthCode))
		return nil
	})
	h, err := callback.NewMultiHandler(&mux, accountA.config(), cfgB)
	require.NoError(t, err)

	ticketB := strings.ReplaceAll(ticketEvent("ticket-b"), suiteID, second)
	requireSuccess(t, delivery{account: accountA, message: ticketEvent("ticket-a")}.post(t, h))
	requireSuccess(t, delivery{account: accountB, message: ticketB, receiver: second}.post(t, h))
	assert.Equal(t, map[string]string{suiteID: "ticket-a", second: "ticket-b"}, tickets)

	// The envelope may name the provider: the signature tells the app.
	create := suiteEvent("create_auth", "<AuthCode>code</AuthCode>")
	createB := strings.ReplaceAll(create, suiteID, second)
	requireSuccess(t, delivery{account: accountB, message: createB, receiver: second, to: providerID}.post(t, h))
	requireSuccess(t, delivery{account: accountA, message: create, receiver: providerID}.post(t, h))
	assert.Equal(t, []string{second + " code", suiteID + " code"}, general)

	// Verification names nobody.
	for _, a := range []account{accountA, accountB} {
		w := serve(h, verification(t, a, providerID, a.token))
		assert.Equal(t, a.token, w.Body.String())
	}

	for name, d := range map[string]delivery{
		"keys of one, name of the other":      {account: accountB, message: ticketB, receiver: second, to: suiteID},
		"receiver of the other":               {account: accountA, message: ticketB, receiver: second, to: suiteID},
		"nobody's name":                       {account: accountA, message: ticketEvent("x"), to: "wwnobody"},
		"no name":                             {account: accountA, message: ticketEvent("x"), to: " "},
		"provider's name, keys of a third":    {account: account{"third", accountA.key}, message: ticketEvent("x"), to: providerID},
		"for the provider, the other's suite": {account: accountA, message: createB, receiver: providerID},
	} {
		w := d.post(t, h)
		require.Equal(t, http.StatusForbidden, w.Code, name)
	}
	assert.Equal(t, map[string]string{suiteID: "ticket-a", second: "ticket-b"}, tickets)
	assert.Len(t, general, 2)
}

func TestPain10_HandlersByPath(t *testing.T) {
	t.Parallel()
	got := make(map[string]string)
	routes := http.NewServeMux()
	for path, a := range map[string]account{"/a": accountA, "/b": accountB} {
		var mux callback.Mux
		callback.On(&mux, func(_ context.Context, _ callback.Envelope, ev callback.SuiteTicket) error {
			got[path] += ev.SuiteTicket.Reveal()
			return nil
		})
		routes.Handle(path, newHandler(t, a.config(), &mux))
	}
	to := func(path string, d delivery) *httptest.ResponseRecorder {
		r := d.request(t)
		r.URL.Path = path
		return serve(routes, r)
	}
	requireSuccess(t, to("/a", delivery{account: accountA, message: ticketEvent("ticket-a")}))
	requireSuccess(t, to("/b", delivery{account: accountB, message: ticketEvent("ticket-b")}))
	requireRefused(t, http.StatusForbidden, to("/b", delivery{account: accountA, message: ticketEvent("ticket-c")}))
	assert.Equal(t, map[string]string{"/a": "ticket-a", "/b": "ticket-b"}, got)
}

func TestMultiHandlerWhileKeysChange(t *testing.T) {
	t.Parallel()
	var mux callback.Mux
	h, err := callback.NewMultiHandler(&mux, accountA.config(), accountB.config())
	require.NoError(t, err)
	for _, a := range []account{accountA, accountB} {
		requireSuccess(t, delivery{account: a, message: ticketEvent("t")}.post(t, h))
	}
}

func TestPain11_SuccessAfterTheTicketIsStored(t *testing.T) {
	t.Parallel()
	stored := false
	var mux callback.Mux
	callback.On(&mux, func(context.Context, callback.Envelope, callback.SuiteTicket) error {
		stored = true
		return nil
	})
	w := delivery{account: accountA, message: ticketEvent("t")}.post(t, newHandler(t, accountA.config(), &mux))
	assert.True(t, stored)
	requireSuccess(t, w)
	assert.NotContains(t, w.Body.String(), "\n")
}

func TestPain13_SecondCallbackOnTheSameHandler(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	var mux callback.Mux
	callback.On(&mux, func(context.Context, callback.Envelope, callback.SuiteTicket) error {
		calls.Add(1)
		return nil
	})
	h := newHandler(t, accountA.config(), &mux)
	for i := range 3 {
		require.Equal(t, http.StatusOK, serve(h, verification(t, accountA, providerID, "1")).Code, i)
		requireSuccess(t, delivery{account: accountA, message: ticketEvent("t")}.post(t, h))
		requireRefused(t, http.StatusForbidden, delivery{account: accountB, message: ticketEvent("t")}.post(t, h))
	}
	assert.EqualValues(t, 3, calls.Load())

	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				w := delivery{account: accountA, message: ticketEvent("t")}.post(t, h)
				assert.Equal(t, "success", w.Body.String())
			}
		})
	}
	wg.Wait()
	assert.EqualValues(t, 163, calls.Load())
}

func TestPain14_EmptyAgentIDAndUnknownEvents(t *testing.T) {
	t.Parallel()
	cfg := accountA.config()
	cfg.Receivers = []string{corpID, suiteID}
	messages := map[string]callback.Kind{
		appEvent("<MsgType>event</MsgType><Event>click</Event><AgentID></AgentID>"):                 "app:event.click",
		appEvent("<MsgType>event</MsgType><Event>never_seen</Event>"):                               "app:event.never_seen",
		appEvent("<MsgType>never_seen</MsgType><AgentID>x</AgentID>"):                               "app:never_seen",
		appEvent("<Event>no_type</Event>"):                                                          "app:event.no_type",
		suiteEvent("never_seen", "<Nested><Deep>1</Deep></Nested>"):                                 "suite:never_seen",
		suiteEvent("change_contact", "<ChangeType><![CDATA[update_party]]></ChangeType><Id>2</Id>"): "suite:change_contact.update_party",
		suiteEvent("change_contact", "<ChangeType> delete_party </ChangeType><Id>2</Id>"):           "suite:change_contact.delete_party",
		suiteEvent("create_auth", "<ChangeType>new</ChangeType>"):                                   "suite:create_auth.new",
		"<xml><ServiceCorpId>wwp</ServiceCorpId><InfoType>never_seen</InfoType></xml>":              "provider:never_seen",
		"<xml><Hello>1</Hello></xml>":                                                               "",
		"<xml/>":                                                                                    "",
		`{"hello": 1}`:                                                                              "",
	}
	var none callback.Mux
	quiet := newHandler(t, cfg, &none)
	var mux callback.Mux
	callback.On(&mux, func(_ context.Context, env callback.Envelope, _ callback.CreateAuth) error {
		return fmt.Errorf("%v went to the wrong handler", env)
	})
	var got []callback.Envelope
	mux.Fallback(func(_ context.Context, env callback.Envelope) error {
		got = append(got, env)
		return nil
	})
	h := newHandler(t, cfg, &mux)
	for message, kind := range messages {
		got = nil
		d := delivery{account: accountA, message: message, receiver: corpID}
		for _, h := range []http.Handler{quiet, h} {
			w := d.post(t, h)
			require.Equal(t, http.StatusOK, w.Code)
			require.Equal(t, strings.HasPrefix(string(kind), "app:"), w.Body.Len() == 0, message)
		}
		require.Len(t, got, 1, message)
		assert.Equal(t, kind, got[0].Kind, message)
		assert.Equal(t, message, string(got[0].Raw))
		assert.Equal(t, corpID, got[0].Receiver)
		assert.NoError(t, got[0].Err)
	}
}

func TestEventThatDoesNotFitItsType(t *testing.T) {
	t.Parallel()
	d := delivery{account: accountA, message: suiteEvent("numbered", "<Number>canary</Number>")}
	var mux callback.Mux
	callback.On(&mux, func(context.Context, callback.Envelope, numbered) error { return errors.New("called") })
	h := newHandler(t, accountA.config(), &mux)
	requireRefused(t, http.StatusInternalServerError, d.post(t, h))

	var got callback.Envelope
	mux.Fallback(func(_ context.Context, env callback.Envelope) error {
		got = env
		return nil
	})
	requireSuccess(t, d.post(t, h))
	assert.Equal(t, d.message, string(got.Raw))
	decode, ok := errors.AsType[*callback.DecodeError](got.Err)
	require.True(t, ok)
	assert.Contains(t, decode.Error(), "Number")
	assert.NotContains(t, decode.Error(), "canary")
}

type numbered struct {
	Number int
}

func (numbered) Kind() callback.Kind { return "suite:numbered" }

func TestPain23_AckFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var done atomic.Int64
		var mux callback.Mux
		callback.On(&mux, func(ctx context.Context, _ callback.Envelope, _ callback.CreateAuth) error {
			<-release // a slow call of the API
			done.Add(1)
			return ctx.Err()
		})
		tickets := 0
		callback.On(&mux, func(context.Context, callback.Envelope, callback.SuiteTicket) error {
			tickets++
			return nil
		})
		cancelled := 0
		callback.On(&mux, func(context.Context, callback.Envelope, callback.CancelAuth) error {
			cancelled++
			return nil
		}, callback.BeforeAnswer())
		pool, err := callback.NewPool(&mux, callback.PoolConfig{Workers: 1, Depth: 2})
		require.NoError(t, err)
		cfg := accountA.config()
		cfg.Queue = pool
		h := newHandler(t, cfg, &mux)

		create := delivery{account: accountA, message: suiteEvent("create_auth", "<AuthCode>c</AuthCode>")}
		start := time.Now()
		requireSuccess(t, create.post(t, h))
		synctest.Wait() // the worker has it
		requireSuccess(t, create.post(t, h))
		requireSuccess(t, create.post(t, h))
		assert.Zero(t, done.Load())
		assert.Equal(t, 2, pool.Len())

		// Full: said honestly, and nobody waits.
		requireRefused(t, http.StatusServiceUnavailable, create.post(t, h))
		// These do not queue.
		requireSuccess(t, delivery{account: accountA, message: ticketEvent("t")}.post(t, h))
		requireSuccess(t, delivery{account: accountA, message: suiteEvent("cancel_auth", "")}.post(t, h))
		assert.Equal(t, 1, tickets)
		assert.Equal(t, 1, cancelled)
		assert.Zero(t, time.Since(start))

		close(release)
		require.NoError(t, pool.Shutdown(t.Context()))
		assert.EqualValues(t, 3, done.Load())
		requireRefused(t, http.StatusServiceUnavailable, create.post(t, h))
	})
}

func TestTicketWithoutHandlerDoesNotQueue(t *testing.T) {
	t.Parallel()
	var mux callback.Mux
	seen := 0
	mux.Fallback(func(context.Context, callback.Envelope) error {
		seen++
		return nil
	})
	cfg := accountA.config()
	cfg.Queue = refusingQueue{}
	h := newHandler(t, cfg, &mux)
	requireSuccess(t, delivery{account: accountA, message: ticketEvent("t")}.post(t, h))
	requireRefused(t, http.StatusServiceUnavailable, delivery{account: accountA, message: suiteEvent("cancel_auth", "")}.post(t, h))
	assert.Equal(t, 1, seen)
}

type refusingQueue struct{}

func (refusingQueue) Enqueue(context.Context, callback.Envelope) error {
	return errors.New("broker is down")
}

func TestHandlerJSON(t *testing.T) {
	t.Parallel()
	var got callback.RegisterCorp
	var envelope callback.Envelope
	var mux callback.Mux
	callback.On(&mux, func(_ context.Context, env callback.Envelope, ev callback.RegisterCorp) error {
		got, envelope = ev, env
		return nil
	})
	cfg := accountA.config()
	cfg.Receivers = []string{providerID}
	h := newHandler(t, cfg, &mux)
	for _, message := range []string{
		`{"ServiceCorpId":"wwp","InfoType":"register_corp","TimeStamp":1502682173,"AuthCorpId":"wwc","ContactSync":{"AccessToken":"tok","ExpiresIn":1800},"AuthUserInfo":{"UserId":"u"}}`,
		"\ufeff\n" + `{"servicecorpid":"wwp","infotype":"register_corp","timestamp":"1502682173","authcorpid":"wwc","contactsync":{"accesstoken":"tok","expiresin":"1800"},"authuserinfo":{"userid":"u"},"state":null}`,
	} {
		requireSuccess(t, delivery{account: accountA, message: message, receiver: providerID, json: true}.post(t, h))
		assert.True(t, envelope.JSON)
		assert.Equal(t, callback.FormProvider, envelope.Form)
		assert.Equal(t, "wwc", envelope.CorpID)
		assert.Equal(t, message, string(envelope.Raw))
		assert.Equal(t, "tok", got.ContactSync.AccessToken.Reveal())
		assert.Equal(t, 30*time.Minute, got.ContactSync.Lifetime())
		assert.Equal(t, callback.UnixTime(1502682173), got.TimeStamp)
		assert.Equal(t, "u", got.AuthUserInfo.UserID)
		got = callback.RegisterCorp{}
	}
}

func TestHandlerRefusesMethods(t *testing.T) {
	t.Parallel()
	var mux callback.Mux
	h := newHandler(t, accountA.config(), &mux)
	for _, method := range []string{http.MethodPut, http.MethodHead, http.MethodDelete, http.MethodOptions, "PROPFIND"} {
		w := serve(h, httptest.NewRequestWithContext(t.Context(), method, "/", nil))
		requireRefused(t, http.StatusMethodNotAllowed, w)
		assert.Equal(t, "GET, POST", w.Header().Get("Allow"))
	}
}

func TestHandlerRefuses(t *testing.T) {
	t.Parallel()
	var mux callback.Mux
	mux.Fallback(func(context.Context, callback.Envelope) error { return errors.New("reached") })
	cfg := accountA.config()
	cfg.MaxBody = 2048
	h := newHandler(t, cfg, &mux)
	good := delivery{account: accountA, message: suiteEvent("x", "")}
	signed := good.request(t).URL.RawQuery
	body := func() string {
		b, err := io.ReadAll(good.request(t).Body)
		require.NoError(t, err)
		return string(b)
	}()
	const anything = "/?msg_signature=0123456789012345678901234567890123456789&timestamp=1&nonce=2"
	post := func(target, body string) *http.Request {
		return httptest.NewRequestWithContext(t.Context(), http.MethodPost, target, strings.NewReader(body))
	}
	announced := httptest.NewRequestWithContext(t.Context(), http.MethodPost, anything, iotest.ErrReader(errors.New("the body was read")))
	announced.ContentLength = cfg.MaxBody + 1
	chunked := post(anything, strings.Repeat("<", 3000))
	chunked.ContentLength = -1
	broken := httptest.NewRequestWithContext(t.Context(), http.MethodPost, anything, iotest.ErrReader(errors.New("connection reset")))
	unread := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", iotest.ErrReader(errors.New("the body was read")))
	sealedAs := func(message string) *http.Request {
		return delivery{account: accountA, message: message}.request(t)
	}
	otherKey := delivery{account: account{accountA.token, accountB.key}, message: ticketEvent("t")}

	bare := post(anything, "")
	bare.Body = nil

	tests := map[string]struct {
		request *http.Request
		status  int
	}{
		"no body":                   {bare, http.StatusBadRequest},
		"no query":                  {unread, http.StatusForbidden},
		"short signature":           {post("/?msg_signature=abc", body), http.StatusForbidden},
		"wrong signature":           {post(anything, body), http.StatusForbidden},
		"signature of another body": {post("/?"+signed, strings.Replace(body, "CDATA[", "CDATA[AAAA", 3)), http.StatusForbidden},
		"upper case":                {post("/?"+strings.Replace(signed, signed[14:54], strings.ToUpper(signed[14:54]), 1), body), http.StatusForbidden},
		"announced too large":       {announced, http.StatusRequestEntityTooLarge},
		"too large":                 {chunked, http.StatusRequestEntityTooLarge},
		"cut body":                  {broken, http.StatusBadRequest},
		"empty body":                {post(anything, ""), http.StatusBadRequest},
		"no envelope":               {post(anything, "hello"), http.StatusBadRequest},
		"no Encrypt":                {post(anything, "<xml></xml>"), http.StatusBadRequest},
		"another key":               {otherKey.request(t), http.StatusBadRequest},
		"text":                      {sealedAs("hello"), http.StatusBadRequest},
		"empty message":             {sealedAs(""), http.StatusBadRequest},
		"broken XML":                {sealedAs("<xml><InfoType>"), http.StatusBadRequest},
		"broken JSON":               {sealedAs(`{"InfoType":`), http.StatusBadRequest},
		"verification unsigned":     {httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/?echostr=AAAA", nil), http.StatusForbidden},
		"verification empty":        {httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil), http.StatusForbidden},
		"verification, wrong":       {httptest.NewRequestWithContext(t.Context(), http.MethodGet, anything+"&echostr=AAAA", nil), http.StatusForbidden},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := serve(h, tt.request)
			requireRefused(t, tt.status, w)
			assert.Equal(t, tt.status == http.StatusRequestEntityTooLarge, w.Header().Get("Connection") == "close", "the rest of the body is not read")
		})
	}
}

func TestHandlerIgnoresOtherParameters(t *testing.T) {
	t.Parallel()
	var mux callback.Mux
	h := newHandler(t, accountA.config(), &mux)
	for _, extra := range []string{"&callback_format=json", "&corpid=%zz;&&=&x", "&timestamp=9&nonce=9&msg_signature=9"} {
		requireSuccess(t, delivery{account: accountA, message: ticketEvent("t"), query: extra}.post(t, h))
	}
}

// A parameter that cannot be read is as good as none: the next of its name counts.
func TestHandlerPassesOverBrokenParameters(t *testing.T) {
	t.Parallel()
	var mux callback.Mux
	h := newHandler(t, accountA.config(), &mux)
	r := delivery{account: accountA, message: ticketEvent("t")}.request(t)
	r.URL.RawQuery = "msg_signature=%zz&timestamp=%&nonce=%2&" + r.URL.RawQuery
	requireSuccess(t, serve(h, r))
	r = delivery{account: accountA, message: ticketEvent("t")}.request(t)
	r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "nonce=", "nonce=%zz", 1)
	requireRefused(t, http.StatusForbidden, serve(h, r))
}

// A + in the query is a blank, at the head of a value too.
func TestHandlerDecodesTheQuery(t *testing.T) {
	t.Parallel()
	var mux callback.Mux
	h := newHandler(t, accountA.config(), &mux)
	codec, err := crypto.New(accountA.token, accountA.key)
	require.NoError(t, err)
	for _, nonce := range []string{"+", " ", "a b", " b", "%20", "100%"} {
		sealed, err := codec.Seal([]byte(ticketEvent("t")), suiteID, "1403610513", nonce)
		require.NoError(t, err)
		body := "<xml><Encrypt>" + string(sealed.Encrypt) + "</Encrypt></xml>"
		requireSuccess(t, serve(h, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/callback?"+query(sealed), strings.NewReader(body))))
	}
	r := delivery{account: accountA, message: ticketEvent("t")}.request(t)
	r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "&nonce=", "&timestamp=9&nonce=", 1)
	requireSuccess(t, serve(h, r))
}

func TestMaxBodyIsInclusive(t *testing.T) {
	t.Parallel()
	var mux callback.Mux
	d := delivery{account: accountA, message: suiteEvent("x", "")}
	size := d.request(t).ContentLength
	for limit, status := range map[int64]int{size: http.StatusOK, size - 1: http.StatusRequestEntityTooLarge} {
		cfg, other := accountA.config(), accountB.config()
		cfg.MaxBody, other.MaxBody = limit, 2*size
		multi, err := callback.NewMultiHandler(&mux, cfg, other)
		require.NoError(t, err)
		for _, h := range []http.Handler{newHandler(t, cfg, &mux), multi} {
			assert.Equal(t, status, d.post(t, h).Code)
			chunked := d.request(t)
			chunked.ContentLength = -1
			assert.Equal(t, status, serve(h, chunked).Code)
		}
	}
}

// Each app of a handler has its own limit; the largest is what is read.
func TestMaxBodyIsThatOfTheApp(t *testing.T) {
	t.Parallel()
	var mux callback.Mux
	small, large := accountA.config(), accountB.config()
	small.MaxBody, large.MaxBody = 1024, 4096
	h, err := callback.NewMultiHandler(&mux, small, large)
	require.NoError(t, err)
	message := suiteEvent("x", "<Y>"+strings.Repeat("y", 1000)+"</Y>")
	requireSuccess(t, delivery{account: accountB, message: message}.post(t, h))
	requireRefused(t, http.StatusRequestEntityTooLarge, delivery{account: accountA, message: message}.post(t, h))
}

// What is opened is sent back as it is.
func TestVerificationOfOddTexts(t *testing.T) {
	t.Parallel()
	var mux callback.Mux
	h := newHandler(t, accountA.config(), &mux)
	for _, echo := range []string{"", " ", "\ufeff", "0", "a<b"} {
		w := serve(h, verification(t, accountA, providerID, echo))
		require.Equal(t, http.StatusOK, w.Code)
		assert.Equal(t, echo, w.Body.String())
	}
}

func TestVerificationSurvivesAProxyThatDecodesPlus(t *testing.T) {
	t.Parallel()
	var mux callback.Mux
	h := newHandler(t, accountA.config(), &mux)
	for range 200 { // until the random part has given a plus
		r := verification(t, accountA, providerID, "1")
		if !strings.Contains(r.URL.RawQuery, "%2B") {
			continue
		}
		r.URL.RawQuery = strings.ReplaceAll(r.URL.RawQuery, "%2B", "+")
		require.Equal(t, "1", serve(h, r).Body.String())
		return
	}
	t.Fatal("no plus in 200 messages")
}

func TestHandlerErrorsAndPanics(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	cfg := accountA.config()
	cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
	var mux callback.Mux
	callback.On(&mux, func(context.Context, callback.Envelope, callback.CancelAuth) error {
		return errors.New("database is away")
	})
	callback.On(&mux, func(_ context.Context, env callback.Envelope, ev callback.CreateAuth) error {
		panic(fmt.Sprintf("%s %s", env.Raw, string(ev.AuthCode)))
	})
	callback.On(&mux, func(_ context.Context, _ callback.Envelope, ev callback.ChangeAuth) error {
		return errors.New([]string{}[len(ev.State)])
	})
	h := newHandler(t, cfg, &mux)

	requireRefused(t, http.StatusInternalServerError, delivery{account: accountA, message: suiteEvent("cancel_auth", "")}.post(t, h))
	assert.Contains(t, log.String(), "database is away")
	assert.Contains(t, log.String(), "suite:cancel_auth")
	log.Reset()

	requireRefused(t, http.StatusInternalServerError, delivery{account: accountA, message: suiteEvent("create_auth", "<AuthCode>canary</AuthCode>")}.post(t, h))
	assert.Contains(t, log.String(), "panicked with a string")
	assert.Contains(t, log.String(), "handler_test.go")
	assert.NotContains(t, log.String(), "canary")
	log.Reset()

	requireRefused(t, http.StatusInternalServerError, delivery{account: accountA, message: suiteEvent("change_auth", "")}.post(t, h))
	assert.Contains(t, log.String(), "index out of range [0] with length 0")
	_, ok := errors.AsType[runtime.Error](mux.Dispatch(t.Context(), parse(t, suiteEvent("change_auth", ""))))
	assert.True(t, ok, "an error of the runtime can be told apart")
}

func TestHandlerContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		type key struct{}
		var left time.Duration
		var during error
		var mux callback.Mux
		look := func(ctx context.Context) {
			deadline, ok := ctx.Deadline()
			require.True(t, ok)
			left, during = time.Until(deadline), ctx.Err()
			assert.Equal(t, "trace", ctx.Value(key{}))
		}
		callback.On(&mux, func(ctx context.Context, _ callback.Envelope, _ callback.CreateAuth) error {
			look(ctx)
			return nil
		})
		callback.On(&mux, func(ctx context.Context, _ callback.Envelope, _ callback.SuiteTicket) error {
			look(ctx)
			return nil
		})
		callback.On(&mux, func(ctx context.Context, _ callback.Envelope, _ callback.CancelAuth) error {
			<-ctx.Done()
			return ctx.Err()
		})
		mux.Fallback(func(ctx context.Context, _ callback.Envelope) error {
			look(ctx)
			return nil
		})
		h := newHandler(t, accountA.config(), &mux)
		cfg := accountA.config()
		cfg.Timeout = 2 * time.Second
		slow := newHandler(t, cfg, &mux)

		for infoType, want := range map[string]time.Duration{
			"create_auth": 900 * time.Millisecond, "device_data_auth_change": 900 * time.Millisecond,
			"suite_ticket": 4500 * time.Millisecond, "anything": 4500 * time.Millisecond,
		} {
			// The peer has gone already: the work is done all the same.
			ctx, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, "trace"))
			cancel()
			r := delivery{account: accountA, message: suiteEvent(infoType, "")}.request(t)
			requireSuccess(t, serve(h, r.WithContext(ctx)))
			assert.Equal(t, want, left, infoType)
			require.NoError(t, during)
			r = delivery{account: accountA, message: suiteEvent(infoType, "")}.request(t)
			requireSuccess(t, serve(slow, r.WithContext(ctx)))
			assert.Equal(t, 2*time.Second, left, infoType)
		}

		start := time.Now()
		requireRefused(t, http.StatusInternalServerError, delivery{account: accountA, message: suiteEvent("cancel_auth", "")}.post(t, h))
		assert.Equal(t, 900*time.Millisecond, time.Since(start))
	})
}

func TestNewHandlerErrors(t *testing.T) {
	t.Parallel()
	good := accountA.config()
	var mux callback.Mux
	tests := map[string]struct {
		change func(*callback.Config)
		want   string
	}{
		"token":          {func(c *callback.Config) { c.Token = "" }, "Token"},
		"key":            {func(c *callback.Config) { c.AESKey = accountA.key[1:] }, "EncodingAESKey"},
		"no receivers":   {func(c *callback.Config) { c.Receivers = nil }, "Receivers"},
		"empty receiver": {func(c *callback.Config) { c.Receivers = []string{""} }, "receiver"},
		"individual":     {func(c *callback.Config) { c.Individual = true }, "Individual"},
		"individual, path": {func(c *callback.Config) {
			*c = callback.Config{Token: c.Token, AESKey: c.AESKey, Individual: true, CorpPath: "corpid"}
		}, "CorpPath"},
		"cannot be verified": {func(c *callback.Config) {
			c.Receivers, c.VerifyReceivers, c.CorpPath = nil, nil, "corpid"
		}, "VerifyReceivers"},
		"empty old key":    {func(c *callback.Config) { c.OldKeys = make([]callback.OldKey, 1) }, "number 1 of OldKeys is empty"},
		"bad old key":      {func(c *callback.Config) { c.OldKeys = []callback.OldKey{{AESKey: "short"}} }, "number 1 of OldKeys: crypto: bad EncodingAESKey"},
		"negative window":  {func(c *callback.Config) { c.ReplayWindow = -1 }, "ReplayWindow"},
		"negative skew":    {func(c *callback.Config) { c.ClockSkew = -1 }, "ClockSkew"},
		"large":            {func(c *callback.Config) { c.MaxBody = 2 << 20 }, "MaxBody"},
		"negative size":    {func(c *callback.Config) { c.MaxBody = -1 }, "MaxBody"},
		"negative timeout": {func(c *callback.Config) { c.Timeout = -1 }, "Timeout"},
	}
	for name, tt := range tests {
		cfg := good
		tt.change(&cfg)
		_, err := callback.NewHandler(cfg, &mux)
		require.ErrorContains(t, err, tt.want, name)
		assert.NotContains(t, err.Error(), accountA.key[1:], name)
		assert.Equal(t, strings.Contains(tt.want, "OldKeys"), strings.Contains(err.Error(), "OldKeys"), name)
	}
	largest := good
	largest.MaxBody = crypto.MaxEnvelope
	_, err := callback.NewHandler(largest, &mux)
	require.NoError(t, err)
	_, err = callback.NewHandler(good, nil)
	require.ErrorContains(t, err, "Mux")
	_, err = callback.NewMultiHandler(&mux)
	require.ErrorContains(t, err, "no Config")
	_, err = callback.NewMultiHandler(&mux, good, good)
	require.ErrorContains(t, err, "config 2 of 2: its Token")
	other := accountB.config()
	other.OldKeys = []callback.OldKey{{AESKey: accountA.key}, {Token: "older"}}
	_, err = callback.NewMultiHandler(&mux, good, other)
	require.NoError(t, err)
	other.OldKeys = append(other.OldKeys, callback.OldKey{Token: accountA.token})
	_, err = callback.NewMultiHandler(&mux, good, other)
	require.ErrorContains(t, err, "config 2 of 2: its Token")
}

// TestNothingSecretIsShown runs everything that can be printed or logged, with a
// canary in every secret.
func TestNothingSecretIsShown(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	handlers := []slog.Handler{
		slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}),
		slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}),
	}
	secret := account{"canaryToken", "canary" + accountA.key[6:]}
	for _, sh := range handlers {
		logger := slog.New(sh)
		var mux callback.Mux
		callback.On(&mux, func(ctx context.Context, env callback.Envelope, ev callback.SuiteTicket) error {
			logger.InfoContext(ctx, "ticket", "env", env, "ev", ev)
			fmt.Fprintf(&log, "%v %+v %#v %s %v %+v %#v\n", env, env, env, env, ev, ev, ev)
			panic(ev)
		})
		callback.On(&mux, func(ctx context.Context, env callback.Envelope, ev callback.CreateAuth) error {
			logger.InfoContext(ctx, "create", "env", &env, "ev", &ev)
			fmt.Fprintf(&log, "%v %+v %#v\n", ev, &ev, ev)
			return fmt.Errorf("failed: %v %+v", env, ev)
		})
		callback.On(&mux, func(ctx context.Context, _ callback.Envelope, ev callback.RegisterCorp) error {
			logger.InfoContext(ctx, "register", "ev", ev)
			fmt.Fprintf(&log, "%v %+v %#v\n", ev, ev, ev)
			return nil
		})
		callback.On(&mux, func(context.Context, callback.Envelope, numbered) error { return nil })
		cfg := callback.Config{Token: secret.token, AESKey: secret.key, Receivers: []string{suiteID}, Logger: logger}
		cfg.OldKeys = []callback.OldKey{{Token: "canaryOld", AESKey: secret.key}}
		logger.Info("key", "old", cfg.OldKeys[0])
		fmt.Fprintf(&log, "%v %+v %#v\n", cfg.OldKeys, cfg.OldKeys, cfg.OldKeys)
		cfg.OnReject = func(_ *http.Request, err error) { fmt.Fprintf(&log, "%v %+v\n", err, err) }
		h := newHandler(t, cfg, &mux)
		logger.Info("config", "cfg", cfg, "handler", h)
		fmt.Fprintf(&log, "%v %+v %#v %v %+v %#v\n", cfg, cfg, cfg, h, h, h)
		pool := newPool(t, &mux, callback.PoolConfig{})
		assert.Equal(t, "callback.Pool callback.Mux callback.Handler", fmt.Sprintf("%+v %#v %v", pool, &mux, h))
		for _, message := range []string{
			ticketEvent("canary"), suiteEvent("create_auth", "<AuthCode>canary</AuthCode>"), suiteEvent("unknown", "<Body>canary</Body>"),
			`<xml><ServiceCorpId>p</ServiceCorpId><InfoType>register_corp</InfoType><ContactSync><AccessToken>canary</AccessToken></ContactSync></xml>`,
			suiteEvent("numbered", "<Number>canary</Number>"), "canary", "<xml>canary", "<xml><canary>", `{"canary"`, `{"a":"canary"`,
		} {
			for _, d := range []delivery{
				{account: secret, message: message},
				{account: secret, message: message, receiver: corpID},
				{account: account{"other", secret.key}, message: message},
				{account: account{secret.token, accountB.key}, message: message},
			} {
				w := d.post(t, h)
				fmt.Fprintln(&log, w.Code, w.Header(), w.Body)
			}
		}
	}
	assert.NotContains(t, log.String(), "canary")
	assert.Contains(t, log.String(), "[secret]")
	for _, reason := range []string{"signature missing or wrong", "another receiver", "cannot be decrypted", "neither XML nor JSON", "was not handled"} {
		assert.Contains(t, log.String(), reason)
	}
}
