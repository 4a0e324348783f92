package callback_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/callback"
	"github.com/wecom-isv/wecom/crypto"
)

// requireNothing checks that the event was taken and that nothing was answered.
func requireNothing(tb testing.TB, w *httptest.ResponseRecorder) {
	tb.Helper()
	require.Equal(tb, http.StatusOK, w.Code, w.Body.String())
	require.Empty(tb, w.Body.String())
}

// at returns r under another path.
func at(r *http.Request, path string) *http.Request {
	r.URL.Path = path
	return r
}

// dataURL mounts a handler of cfg as one mounts a data URL.
func dataURL(t *testing.T, cfg callback.Config, mux *callback.Mux) http.Handler {
	t.Helper()
	routes := http.NewServeMux()
	routes.Handle("/data/{corpid}", newHandler(t, cfg, mux))
	return routes
}

func TestDataURL(t *testing.T) {
	t.Parallel()
	const other, plain = "wpAnother0AAL9Z1yX2vC3bN4mK5jH6g", "wwplain0123456789"
	var reason error
	cfg := callback.Config{
		Token: accountA.token, AESKey: accountA.key, CorpPath: "corpid", VerifyReceivers: []string{providerID},
		OnReject: func(_ *http.Request, err error) { reason = err },
	}
	known := cfg
	known.AcceptReceiver = func(id string) bool { return id == corpID || id == plain || id == other }
	same := known
	same.SameCorp = func(a, b string) bool { return a == plain && b == corpID || a == corpID && b == plain }
	withSuite := cfg
	withSuite.Receivers = []string{suiteID}

	var mux callback.Mux
	handlers := map[string]http.Handler{
		"any corp": dataURL(t, cfg, &mux), "known": dataURL(t, known, &mux),
		"same": dataURL(t, same, &mux), "with suite": dataURL(t, withSuite, &mux),
	}
	text := func(to string) string {
		return strings.ReplaceAll(appEvent("<MsgType>text</MsgType>"), corpID, to)
	}
	suiteForm := suiteEvent("device_data_auth_change", "<AuthCorpId>"+corpID+"</AuthCorpId>")
	nameless := "<xml><MsgType>text</MsgType></xml>"
	tests := map[string]struct {
		handler  string
		path     string
		receiver string
		message  string
		want     error // nil: taken
		success  bool
	}{
		"all agree":                    {"any corp", corpID, corpID, text(corpID), nil, false},
		"another corp":                 {"any corp", other, other, text(other), nil, false},
		"another path":                 {"any corp", other, corpID, text(corpID), callback.ErrPath, false},
		"another case":                 {"any corp", strings.ToUpper(corpID), corpID, text(corpID), callback.ErrPath, false},
		"another ToUserName":           {"any corp", corpID, corpID, text(other), callback.ErrPath, false},
		"another receiver":             {"any corp", corpID, other, text(corpID), callback.ErrPath, false},
		"suite form":                   {"any corp", corpID, corpID, suiteForm, nil, true},
		"suite form, not about it":     {"any corp", other, other, suiteForm, nil, true},
		"no ToUserName":                {"any corp", corpID, corpID, nameless, nil, false},
		"no receiver":                  {"any corp", corpID, "-", text(corpID), crypto.ErrReceiver, false},
		"verification's path":          {"any corp", providerID, providerID, text(providerID), crypto.ErrReceiver, false},
		"known corp":                   {"known", corpID, corpID, text(corpID), nil, false},
		"unknown corp":                 {"known", "wwnobody", "wwnobody", text("wwnobody"), crypto.ErrReceiver, false},
		"two known corps":              {"known", other, corpID, text(corpID), callback.ErrPath, false},
		"two known, in the message":    {"known", corpID, corpID, text(other), callback.ErrPath, false},
		"plain id, nobody maps it":     {"known", plain, corpID, text(corpID), callback.ErrPath, false},
		"plain id in the path":         {"same", plain, corpID, text(corpID), nil, false},
		"plain receiver":               {"same", corpID, plain, text(corpID), nil, false},
		"plain id in the message":      {"same", corpID, corpID, text(plain), nil, false},
		"mapped, still another corp":   {"same", plain, corpID, text(other), callback.ErrPath, false},
		"for the suite, in app form":   {"with suite", corpID, suiteID, text(corpID), nil, true},
		"for the suite, another corp":  {"with suite", other, suiteID, text(corpID), callback.ErrPath, false},
		"for the suite, in suite form": {"with suite", corpID, suiteID, suiteForm, nil, true},
		"suite form, another corp":     {"with suite", other, suiteID, suiteForm, callback.ErrPath, false},
	}
	for name, tt := range tests {
		reason = nil
		d := delivery{account: accountA, message: tt.message, receiver: tt.receiver}
		w := serve(handlers[tt.handler], at(d.request(t), "/data/"+tt.path))
		switch {
		case tt.want != nil:
			require.Equal(t, http.StatusForbidden, w.Code, name)
			require.ErrorIs(t, reason, tt.want, name)
		case tt.success:
			requireSuccess(t, w)
		default:
			requireNothing(t, w)
		}
	}

	// WeCom verifies with the provider's corp id in both places; a corp's id opens nothing.
	for name, h := range handlers {
		w := serve(h, at(verification(t, accountA, providerID, "123"), "/data/"+providerID))
		assert.Equal(t, "123", w.Body.String(), name)
		requireRefused(t, http.StatusForbidden, serve(h, at(verification(t, accountA, corpID, "123"), "/data/"+corpID)))
	}
	// A pattern without the wildcard is noticed, and SameCorp is not asked about nothing.
	d := delivery{account: accountA, message: text(corpID), receiver: corpID}
	lax := cfg
	lax.SameCorp = func(string, string) bool { return true }
	for _, cfg := range []callback.Config{cfg, lax} {
		reason = nil
		requireRefused(t, http.StatusForbidden, d.post(t, newHandler(t, cfg, &mux)))
		require.ErrorIs(t, reason, callback.ErrPath)
	}
	// What is refused as a guest's says whether there is a resolver.
	d = delivery{account: accountA, message: text(providerID), receiver: providerID}
	for name, resolver := range map[string]bool{"any corp": false, "known": true} {
		requireRefused(t, http.StatusForbidden, serve(handlers[name], at(d.request(t), "/data/"+providerID)))
		refused, ok := errors.AsType[*crypto.ReceiverError](reason)
		require.True(t, ok)
		assert.Equal(t, providerID, refused.Got)
		assert.Equal(t, resolver, refused.Resolver, name)
	}
}

// A handler of several apps tells their data URLs apart by the signature, and the
// envelope says which app it was.
func TestDataURLOfSeveralApps(t *testing.T) {
	t.Parallel()
	var mux callback.Mux
	var apps []string
	mux.Fallback(func(_ context.Context, env callback.Envelope) error {
		apps = append(apps, env.App+" "+env.CorpID)
		return nil
	})
	var reason error
	cfg := func(a account, app string) callback.Config {
		return callback.Config{
			Token: a.token, AESKey: a.key, App: app, CorpPath: "corpid", VerifyReceivers: []string{providerID},
			OnReject: func(_ *http.Request, err error) { reason = err },
		}
	}
	h, err := callback.NewMultiHandler(&mux, cfg(accountA, "first"), cfg(accountB, "second"))
	require.NoError(t, err)
	routes := http.NewServeMux()
	routes.Handle("/data/{corpid}", h)
	for _, a := range []account{accountA, accountB} {
		d := delivery{account: a, message: appEvent("<MsgType>text</MsgType>"), receiver: corpID}
		requireNothing(t, serve(routes, at(d.request(t), "/data/"+corpID)))
		requireRefused(t, http.StatusForbidden, serve(routes, at(d.request(t), "/data/wwother")))
		assert.Equal(t, a.token, serve(routes, at(verification(t, a, providerID, a.token), "/data/"+providerID)).Body.String())
	}
	assert.Equal(t, []string{"first " + corpID, "second " + corpID}, apps)

	// The envelope must name the corp of the path, which the app must take.
	d := delivery{account: accountA, message: appEvent("<MsgType>text</MsgType>"), receiver: corpID, to: "wwother"}
	requireRefused(t, http.StatusForbidden, serve(routes, at(d.request(t), "/data/"+corpID)))
	require.ErrorIs(t, reason, callback.ErrUnknownApp)
	picky := cfg(accountA, "first")
	picky.AcceptReceiver = func(id string) bool { return id == corpID }
	h, err = callback.NewMultiHandler(&mux, picky, cfg(accountB, "second"))
	require.NoError(t, err)
	routes = http.NewServeMux()
	routes.Handle("/data/{corpid}", h)
	d = delivery{account: accountA, message: appEvent("<MsgType>text</MsgType>"), receiver: "wwother"}
	requireRefused(t, http.StatusForbidden, serve(routes, at(d.request(t), "/data/wwother")))
	require.ErrorIs(t, reason, callback.ErrUnknownApp)
}

func TestKeysAreRotated(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ before, after account }{
		"both change":       {accountA, accountB},
		"the key changes":   {accountA, account{accountA.token, accountB.key}},
		"the Token changes": {accountA, account{accountB.token, accountA.key}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var tickets []string
			var mux callback.Mux
			callback.On(&mux, func(_ context.Context, _ callback.Envelope, ev callback.SuiteTicket) error {
				tickets = append(tickets, ev.SuiteTicket.Reveal())
				return nil
			})
			old := callback.OldKey{Token: tt.before.token, AESKey: tt.before.key}
			if tt.before.token == tt.after.token {
				old.Token = ""
			}
			if tt.before.key == tt.after.key {
				old.AESKey = ""
			}
			cfg := tt.after.config()
			plain := newHandler(t, cfg, &mux)
			cfg.OldKeys = []callback.OldKey{{Token: "never", AESKey: accountB.key}, old}
			during := newHandler(t, cfg, &mux)
			other := accountA.config()
			other.Token, other.Receivers = "elsewhere", []string{"wwother"}
			multi, err := callback.NewMultiHandler(&mux, other, cfg)
			require.NoError(t, err)

			for i, h := range []http.Handler{during, multi} {
				tickets = nil
				requireSuccess(t, delivery{account: tt.before, message: ticketEvent("before")}.post(t, h))
				requireSuccess(t, delivery{account: tt.after, message: ticketEvent("after")}.post(t, h))
				assert.Equal(t, []string{"before", "after"}, tickets, i)
				for _, a := range []account{tt.before, tt.after} {
					require.Equal(t, "42", serve(h, verification(t, a, providerID, "42")).Body.String())
					requireRefused(t, http.StatusForbidden, delivery{account: a, message: ticketEvent("x"), receiver: corpID, to: suiteID}.post(t, h))
				}
				stranger := account{"stranger", accountA.key}
				requireRefused(t, http.StatusForbidden, delivery{account: stranger, message: ticketEvent("x")}.post(t, h))
			}
			assert.NotEqual(t, http.StatusOK, delivery{account: tt.before, message: ticketEvent("late")}.post(t, plain).Code)
		})
	}
}

func TestOldKeyExpires(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mux callback.Mux
		cfg := accountB.config()
		cfg.OldKeys = []callback.OldKey{
			{Token: accountA.token, AESKey: accountA.key, Until: time.Now().Add(time.Hour)},
			{Token: "older", AESKey: accountA.key},
		}
		single := newHandler(t, cfg, &mux)
		third := accountB.config()
		third.Token = "third"
		multi, err := callback.NewMultiHandler(&mux, cfg, third)
		require.NoError(t, err)
		d := delivery{account: accountA, message: ticketEvent("t")}
		time.Sleep(time.Hour - 1)
		requireSuccess(t, d.post(t, single))
		requireSuccess(t, d.post(t, multi))
		time.Sleep(time.Nanosecond)
		requireRefused(t, http.StatusForbidden, d.post(t, single))
		requireRefused(t, http.StatusForbidden, d.post(t, multi))
		for _, a := range []account{accountB, {"older", accountA.key}} {
			requireSuccess(t, delivery{account: a, message: ticketEvent("t")}.post(t, single))
		}
	})
}

func TestReplayWindow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var reason error
		var mux callback.Mux
		cfg := accountA.config()
		cfg.OnReject = func(_ *http.Request, err error) { reason = err }
		off := newHandler(t, cfg, &mux)
		cfg.ReplayWindow = 10 * time.Minute
		on := newHandler(t, cfg, &mux)
		cfg.ClockSkew = 5 * time.Second
		strict := newHandler(t, cfg, &mux)

		signed := func(at string) delivery {
			return delivery{account: accountA, message: ticketEvent("t"), at: at}
		}
		ago := func(d time.Duration) delivery { return signed(strconv.FormatInt(time.Now().Add(-d).Unix(), 10)) }
		requireSuccess(t, ago(1000*time.Hour).post(t, off))
		for age, taken := range map[time.Duration][2]bool{
			0:                              {true, true},
			10*time.Minute + 5*time.Second: {true, true},
			10*time.Minute + 6*time.Second: {true, false},
			11 * time.Minute:               {true, false},
			11*time.Minute + time.Second:   {false, false},
			-5 * time.Second:               {true, true},
			-6 * time.Second:               {true, false},
			-time.Minute:                   {true, false},
			-time.Minute - time.Second:     {false, false},
		} {
			for i, h := range []http.Handler{on, strict} {
				w := ago(age).post(t, h)
				if taken[i] {
					requireSuccess(t, w)
					continue
				}
				requireRefused(t, http.StatusForbidden, w)
				require.ErrorIs(t, reason, callback.ErrReplay, age)
			}
		}
		requireRefused(t, http.StatusForbidden, signed("99999999999999999999").post(t, on))
		require.ErrorIs(t, reason, callback.ErrReplay)
		requireRefused(t, http.StatusForbidden, signed("9223372036854775807").post(t, on))

		// What was not signed does not learn whether the time was right.
		d := ago(0)
		d.account = account{"other", accountA.key}
		requireRefused(t, http.StatusForbidden, d.post(t, on))
		require.ErrorIs(t, reason, crypto.ErrSignature)
	})
}

func TestDeadlineContext(t *testing.T) {
	t.Parallel()
	type key struct{}
	handle := func(t *testing.T, fn func(ctx context.Context)) {
		t.Helper()
		var mux callback.Mux
		mux.Fallback(func(ctx context.Context, _ callback.Envelope) error {
			fn(ctx)
			return nil
		})
		// The request's context ends, for a reason of its own, before the handler starts.
		ctx, cancel := context.WithCancelCause(context.WithValue(t.Context(), key{}, "value"))
		cancel(errors.New("the peer is gone"))
		r := delivery{account: accountA, message: suiteEvent("anything", "")}.request(t)
		requireSuccess(t, serve(newHandler(t, accountA.config(), &mux), r.WithContext(ctx)))
	}
	const limit = 4500 * time.Millisecond
	tests := map[string]func(ctx context.Context, after chan context.Context){
		"nobody asks": func(ctx context.Context, after chan context.Context) { after <- ctx },
		"asked for Err": func(ctx context.Context, _ chan context.Context) {
			require.NoError(t, ctx.Err())
			time.Sleep(limit - 1)
			require.NoError(t, ctx.Err())
			require.NoError(t, context.Cause(ctx))
			time.Sleep(time.Nanosecond)
			require.ErrorIs(t, ctx.Err(), context.DeadlineExceeded)
			require.ErrorIs(t, context.Cause(ctx), context.DeadlineExceeded)
			<-ctx.Done()
		},
		"asked for Done": func(ctx context.Context, _ chan context.Context) {
			start := time.Now()
			<-ctx.Done()
			require.Equal(t, limit, time.Since(start))
			require.ErrorIs(t, ctx.Err(), context.DeadlineExceeded)
		},
		"a child": func(ctx context.Context, _ chan context.Context) {
			child, cancel := context.WithTimeout(ctx, time.Hour)
			defer cancel()
			require.Equal(t, "value", child.Value(key{}))
			start := time.Now()
			<-child.Done()
			require.Equal(t, limit, time.Since(start))
			require.ErrorIs(t, child.Err(), context.DeadlineExceeded)
		},
		"a child that stays": func(ctx context.Context, after chan context.Context) {
			child, cancel := context.WithCancel(ctx)
			context.AfterFunc(ctx, cancel)
			after <- child
		},
		"asked too late": func(ctx context.Context, _ chan context.Context) {
			time.Sleep(2 * limit)
			require.ErrorIs(t, ctx.Err(), context.DeadlineExceeded)
		},
	}
	for name, use := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				after := make(chan context.Context, 1)
				handle(t, func(ctx context.Context) {
					at, ok := ctx.Deadline()
					require.True(t, ok)
					require.Equal(t, limit, time.Until(at))
					require.Equal(t, "value", ctx.Value(key{}))
					use(ctx, after)
				})
				select {
				case ctx := <-after: // the handler has returned: its context is over
					require.ErrorIs(t, ctx.Err(), context.Canceled)
					<-ctx.Done()
					require.Equal(t, "value", ctx.Value(key{}))
					time.Sleep(2 * limit)
					require.ErrorIs(t, ctx.Err(), context.Canceled)
				default:
				}
			})
		})
	}
}
