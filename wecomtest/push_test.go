package wecomtest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/wecomtest"
)

func TestPushOverASocket(t *testing.T) {
	t.Parallel()
	p := wecomtest.NewPlatform(t)
	app := p.NewApp(wecomtest.AppConfig{})
	v := &receiver{token: app.Token, aesKey: app.AESKey}
	server := httptest.NewServer(v)
	defer server.Close()

	_, err := app.PushTicket(t.Context())
	require.Error(t, err, "no command URL yet")
	app.SetCallbackURL(server.URL + "/command")
	d, err := app.PushTicket(t.Context())
	require.NoError(t, err)
	assert.True(t, d.Delivered)
	assert.Equal(t, "suite_ticket", d.Kind)
	require.Len(t, d.Tries, 1)
	assert.Equal(t, "success", string(d.Tries[0].Body))
	assert.Equal(t, v.last().message, string(d.Message))
	assert.Contains(t, string(d.Message), "<InfoType> <![CDATA[suite_ticket]]>", "WeCom's own blank")
	assert.Equal(t, d, p.Deliveries()[0])
	assert.NoError(t, p.VerifyURL(t.Context(), app.CommandTarget()))

	server.Close()
	d, err = app.PushTicket(t.Context())
	require.ErrorIs(t, err, wecomtest.ErrNotDelivered)
	assert.Len(t, d.Tries, 3, "a failed connection is tried three times")
}

// inBubble runs a test in a synctest bubble on a platform without sockets.
func inBubble(t *testing.T, f func(t *testing.T, p *wecomtest.Platform), opts ...wecomtest.Option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f(t, wecomtest.NewPlatform(t, append(opts, wecomtest.WithoutServer())...))
	})
}

func TestPushDeadlines(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, p *wecomtest.Platform) {
		app := p.NewApp(wecomtest.AppConfig{})
		events := backend(p, app)
		corp := p.NewCorp("Acme")
		var delay atomic.Int64 // late handlers of one try still run in the next
		events.answer = func(w http.ResponseWriter, _ *http.Request, message []byte) {
			time.Sleep(time.Duration(delay.Load())) // the bubble's clock
			_, _ = w.Write(message)
		}
		elapsed := func(f func() (wecomtest.Delivery, error)) (time.Duration, wecomtest.Delivery, error) {
			start := time.Now()
			d, err := f()
			return time.Since(start), d, err
		}
		install := func() (wecomtest.Delivery, error) {
			made, err := corp.Install(t.Context(), app)
			return made.Delivery, err
		}
		ticket := func() (wecomtest.Delivery, error) { return app.PushTicket(t.Context()) }

		delay.Store(int64(999 * time.Millisecond))
		_, _, err := elapsed(install)
		require.NoError(t, err)

		delay.Store(int64(1001 * time.Millisecond))
		took, d, err := elapsed(install)
		require.ErrorIs(t, err, wecomtest.ErrNotDelivered)
		require.ErrorContains(t, err, "no answer within 1s")
		assert.Equal(t, 3*time.Second, took)
		assert.Len(t, d.Tries, 3)
		_, _, err = elapsed(ticket)
		require.NoError(t, err, "a ticket has five seconds")

		delay.Store(int64(5001 * time.Millisecond))
		took, _, err = elapsed(ticket)
		require.ErrorIs(t, err, wecomtest.ErrNotDelivered)
		assert.Equal(t, 15*time.Second, took)
	})
}

func TestPushRetries(t *testing.T) {
	t.Parallel()
	answers := func(statuses ...int) func(http.ResponseWriter, *http.Request, []byte) {
		n := 0
		return func(w http.ResponseWriter, _ *http.Request, message []byte) {
			status := statuses[min(n, len(statuses)-1)]
			n++
			if status == 0 {
				panic("the receiver crashes")
			}
			w.WriteHeader(status)
			_, _ = w.Write(message)
		}
	}
	inBubble(t, func(t *testing.T, p *wecomtest.Platform) {
		app := p.NewApp(wecomtest.AppConfig{})
		events := backend(p, app)

		events.answer = answers(500)
		d, err := app.PushTicket(t.Context())
		require.ErrorIs(t, err, wecomtest.ErrNotDelivered)
		assert.Len(t, d.Tries, 1, "a completed answer is not followed by another try")
		assert.Equal(t, 500, d.Tries[0].Status)

		events.answer = answers(0, 0, 200)
		d, err = app.PushTicket(t.Context())
		require.NoError(t, err)
		require.Len(t, d.Tries, 3)
		all := events.all()[1:]
		require.Len(t, all, 3)
		assert.Equal(t, all[0].message, all[2].message, "the message stays")
		assert.NotEqual(t, all[0].envelope.Encrypt, all[2].envelope.Encrypt, "the random prefix changes")
		assert.NotEqual(t, all[0].query.Get("nonce"), all[2].query.Get("nonce"))

		events.answer = func(w http.ResponseWriter, _ *http.Request, _ []byte) { _, _ = w.Write([]byte("success\n")) }
		d, err = app.PushTicket(t.Context())
		require.ErrorContains(t, err, `"success\n"`)
		assert.Len(t, d.Tries, 1)
	})
	inBubble(t, func(t *testing.T, p *wecomtest.Platform) {
		app := p.NewApp(wecomtest.AppConfig{})
		backend(p, app).answer = answers(503, 302, 200)
		start := time.Now()
		d, err := app.PushTicket(t.Context())
		require.NoError(t, err)
		assert.Len(t, d.Tries, 3)
		assert.Equal(t, 20*time.Second, time.Since(start))
	}, wecomtest.RetryOnStatus(), wecomtest.WithRetryInterval(10*time.Second))
}

func TestVerifyURL(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, p *wecomtest.Platform) {
		app := p.NewApp(wecomtest.AppConfig{})
		events := backend(p, app)
		target := app.CommandTarget()
		require.NoError(t, p.VerifyURL(t.Context(), target))

		for want, answer := range map[string]func(w http.ResponseWriter, r *http.Request, message []byte){
			"in quotes": func(w http.ResponseWriter, _ *http.Request, m []byte) {
				_, _ = w.Write([]byte(`"` + string(m) + `"`))
			},
			"byte order mark": func(w http.ResponseWriter, _ *http.Request, m []byte) { _, _ = w.Write(append([]byte("\uFEFF"), m...)) },
			"line breaks":     func(w http.ResponseWriter, _ *http.Request, m []byte) { _, _ = w.Write(append(m, '\n')) },
			"status 500":      func(w http.ResponseWriter, _ *http.Request, _ []byte) { w.WriteHeader(http.StatusInternalServerError) },
			"still encrypted": func(w http.ResponseWriter, r *http.Request, _ []byte) {
				_, _ = w.Write([]byte(r.URL.Query().Get("echostr")))
			},
			"not the decrypted text": func(w http.ResponseWriter, _ *http.Request, m []byte) { _, _ = w.Write(m[:19]) },
			"no answer within 1s":    func(_ http.ResponseWriter, _ *http.Request, _ []byte) { time.Sleep(2 * time.Second) },
		} {
			events.answer = answer
			require.ErrorContains(t, p.VerifyURL(t.Context(), target), want)
			time.Sleep(2 * time.Second) // the bubble's clock: a late handler comes to its end
			synctest.Wait()
		}
		events.answer = nil
		events.token = "other"
		require.ErrorContains(t, p.VerifyURL(t.Context(), target), "status 403")
		require.Error(t, p.VerifyURL(t.Context(), wecomtest.Target{}))
	})
}

func TestVerifyURLReceiver(t *testing.T) {
	t.Parallel()
	p := wecomtest.NewPlatform(t)
	app := p.NewApp(wecomtest.AppConfig{})
	events := backend(p, app)
	var got string
	events.answer = func(w http.ResponseWriter, r *http.Request, message []byte) {
		_, got, _ = events.open(r.URL.Query(), r.URL.Query().Get("echostr"))
		_, _ = w.Write(message)
	}
	var path string
	require.NoError(t, p.VerifyURL(t.Context(), app.CommandTarget()))
	assert.Equal(t, p.Provider().CorpID, got, "the GET verification carries the provider's corpid")

	events.answer = func(w http.ResponseWriter, r *http.Request, message []byte) {
		_, got, _ = events.open(r.URL.Query(), r.URL.Query().Get("echostr"))
		path = r.URL.Path
		_, _ = w.Write(message)
	}
	require.NoError(t, p.VerifyURL(t.Context(), app.DataTarget()))
	assert.Equal(t, p.Provider().CorpID, got)
	assert.Equal(t, "/data/"+p.Provider().CorpID, path, "$CORPID$ is the provider's corpid here")
}

func TestSendMessage(t *testing.T) {
	t.Parallel()
	p := wecomtest.NewPlatform(t)
	app := p.NewApp(wecomtest.AppConfig{})
	events := backend(p, app)
	corp := p.NewCorp("Acme")
	user := corp.AddUser(wecomtest.User{ID: "zhangsan"})
	_, err := corp.SendMessage(t.Context(), user, app, "hello")
	require.Error(t, err, "not installed")
	made, err := corp.Install(t.Context(), app)
	require.NoError(t, err)

	reply := ""
	var path string
	events.answer = func(w http.ResponseWriter, r *http.Request, _ []byte) {
		path = r.URL.Path
		_, _ = w.Write([]byte(reply))
	}
	d, err := corp.SendMessage(t.Context(), user, app, "a ]]> b")
	require.NoError(t, err, "an empty answer is no reply")
	assert.Nil(t, d.Reply)
	assert.Equal(t, "text", d.Kind)
	got := events.last()
	assert.Equal(t, "/data/"+corp.ID, path, "$CORPID$ is replaced")
	assert.Equal(t, "a ]]> b", got.event.Content)
	assert.Equal(t, corp.ID, got.event.ToUserName)
	assert.Equal(t, "zhangsan", got.event.FromUserName)
	assert.Equal(t, made.AgentID, got.event.AgentID)
	assert.Equal(t, corp.ID, got.receiver)
	assert.Equal(t, corp.ID, got.envelope.ToUserName)

	reply = events.seal("<xml>hi</xml>", corp.ID)
	d, err = corp.SendMessage(t.Context(), user, app, "hello")
	require.NoError(t, err)
	assert.Equal(t, "<xml>hi</xml>", string(d.Reply))

	for want, bad := range map[string]string{
		"is for":    events.seal("hi", "wpother"),
		"signature": strings.Replace(reply, "<Nonce><![CDATA[2", "<Nonce><![CDATA[3", 1),
		"no XML":    "hello",
	} {
		reply = bad
		_, err = corp.SendMessage(t.Context(), user, app, "hello")
		require.ErrorContains(t, err, want)
	}
}

func TestPushAnything(t *testing.T) {
	t.Parallel()
	p := wecomtest.NewPlatform(t)
	app := p.NewApp(wecomtest.AppConfig{})
	events := backend(p, app)
	target := app.CommandTarget()
	target.Receiver = p.Provider().CorpID // reported for some create_auth deliveries
	target.JSON = true
	d, err := p.Push(t.Context(), target, []byte(`{"InfoType":"change_contact","ChangeType":"create_user"}`))
	require.NoError(t, err)
	assert.Equal(t, "change_contact.create_user", d.Kind)
	assert.Equal(t, p.Provider().CorpID, events.last().receiver)
	assert.Equal(t, app.ID, events.last().envelope.ToUserName)

	target.AESKey = "short"
	_, err = p.Push(t.Context(), target, nil)
	require.ErrorContains(t, err, "43")

	p.Advance(time.Hour)
	target = app.CommandTarget()
	d, err = p.Push(t.Context(), target, []byte("<xml><MsgType>event</MsgType><Event>click</Event></xml>"))
	require.NoError(t, err)
	assert.Equal(t, "event.click", d.Kind)
	assert.InDelta(t, time.Now().Add(time.Hour).Unix(), atoi(t, events.last().query.Get("timestamp")), 5)
}

func TestTrimmedTickets(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, p *wecomtest.Platform) {
		app := p.NewApp(wecomtest.AppConfig{})
		backend(p, app)
		d, err := app.PushTicket(t.Context())
		require.NoError(t, err)
		assert.Contains(t, string(d.Message), "<InfoType><![CDATA[suite_ticket]]>")
	}, wecomtest.TrimmedTickets())
}
