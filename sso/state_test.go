package sso_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/sso"
)

const stateKey = "CANARY-key-of-thirty-two-bytes-or-more"

func newStates(t *testing.T, opts ...sso.StatesOption) *sso.States {
	t.Helper()
	states, err := sso.NewStates(wecom.NewSecret(stateKey), opts...)
	require.NoError(t, err)
	return states
}

// browser keeps cookies by name, as a browser does for one host.
type browser struct {
	base    string
	names   []string // in the order of their creation
	cookies map[string]string
}

func newBrowser(base string) *browser { return &browser{base: base, cookies: map[string]string{}} }

func (b *browser) request(t *testing.T) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, b.base, http.NoBody)
	for _, name := range b.names {
		r.AddCookie(&http.Cookie{Name: name, Value: b.cookies[name]})
	}
	return r
}

// take keeps what a response sets.
func (b *browser) take(t *testing.T, w *httptest.ResponseRecorder) []*http.Cookie {
	t.Helper()
	set := w.Result().Cookies() //nolint:bodyclose // A recorder.
	for _, cookie := range set {
		b.forget(cookie.Name)
		if cookie.MaxAge >= 0 {
			b.names = append(b.names, cookie.Name)
			b.cookies[cookie.Name] = cookie.Value
		}
	}
	return set
}

func (b *browser) forget(name string) {
	kept := b.names[:0:0]
	for _, n := range b.names {
		if n != name {
			kept = append(kept, n)
		}
	}
	b.names = kept
	delete(b.cookies, name)
}

func (b *browser) start(t *testing.T, s *sso.States, next string) string {
	t.Helper()
	w := httptest.NewRecorder()
	state, err := s.Start(w, b.request(t), next)
	require.NoError(t, err)
	b.take(t, w)
	return state
}

func (b *browser) finish(t *testing.T, s *sso.States, state string) (string, error) {
	t.Helper()
	w := httptest.NewRecorder()
	next, err := s.Finish(w, b.request(t), state)
	b.take(t, w)
	if err != nil {
		require.Empty(t, next)
	}
	return next, err
}

func TestState(t *testing.T) {
	t.Parallel()
	states := newStates(t)
	alice := newBrowser("https://app.example.com/login")
	state := alice.start(t, states, "/orders?page=2#top")
	assert.Regexp(t, `^[0-9a-f]{80}$`, state)

	next, err := alice.finish(t, states, state)
	require.NoError(t, err)
	assert.Equal(t, "/orders?page=2#top", next)

	next, err = alice.finish(t, states, alice.start(t, states, ""))
	require.NoError(t, err)
	assert.Equal(t, "/", next)
}

func TestStateOfEveryPage(t *testing.T) {
	t.Parallel()
	state := newBrowser("https://app.example.com/").start(t, newStates(t), "/")
	for _, p := range []page{
		sso.AppOAuth2{SuiteID: "ww1", RedirectURI: redirect, Scope: sso.ScopeBase, State: state},
		sso.CorpLogin{CorpID: "wp1", AgentID: 1, RedirectURI: redirect, State: state},
		sso.ProviderQRLogin{CorpID: "ww1", RedirectURI: redirect, State: state},
	} {
		assert.Equal(t, state, parseBack(t, p).Query().Get("state"))
	}
}

func TestStateCookie(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		base   string
		header string
		opts   []sso.StatesOption
		secure bool
	}{
		"https":                       {base: "https://app.example.com/", secure: true},
		"http":                        {base: "http://localhost:8080/"},
		"https ended by a proxy":      {base: "http://app.example.com/", header: "https", secure: true},
		"https ended by two":          {base: "http://app.example.com/", header: "HTTPS, http", secure: true},
		"http by a proxy":             {base: "http://app.example.com/", header: "http"},
		"https ended by a mute proxy": {base: "http://app.example.com/", opts: []sso.StatesOption{sso.WithHTTPS()}, secure: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			states := newStates(t, append(tc.opts, sso.WithCookieName("login"))...)
			b := newBrowser(tc.base)
			request := func() *http.Request {
				r := b.request(t)
				if tc.header != "" {
					r.Header.Set("X-Forwarded-Proto", tc.header)
				}
				return r
			}
			w := httptest.NewRecorder()
			state, err := states.Start(w, request(), "/private/path")
			require.NoError(t, err)
			set := b.take(t, w)
			require.Len(t, set, 1)
			cookie := set[0]
			assert.Equal(t, tc.secure, cookie.Secure)
			assert.Equal(t, tc.secure, strings.HasPrefix(cookie.Name, "__Host-login_"), cookie.Name)
			assert.Equal(t, !tc.secure, strings.HasPrefix(cookie.Name, "login_"), cookie.Name)
			assert.True(t, cookie.HttpOnly)
			assert.Equal(t, http.SameSiteLaxMode, cookie.SameSite)
			assert.Equal(t, "/", cookie.Path)
			assert.Empty(t, cookie.Domain)
			assert.InDelta(t, sso.DefaultStateLife.Seconds(), cookie.MaxAge, 1)
			assert.NotContains(t, state, cookie.Value)
			assert.NotContains(t, cookie.Value, state[:32])
			assert.Equal(t, "no-store", w.Header().Get("Cache-Control"))

			w = httptest.NewRecorder()
			next, err := states.Finish(w, request(), state)
			require.NoError(t, err)
			assert.Equal(t, "/private/path", next)
			assert.Equal(t, "no-store", w.Header().Get("Cache-Control"))
		})
	}
}

func TestStateMissing(t *testing.T) {
	t.Parallel()
	_, err := newBrowser("https://a.example/").finish(t, newStates(t), "")
	require.ErrorIs(t, err, sso.ErrStateMissing)
	require.ErrorIs(t, err, sso.ErrState)
}

func TestPainState_Forged(t *testing.T) {
	t.Parallel()
	states := newStates(t)
	b := newBrowser("https://a.example/")
	state := b.start(t, states, "/")

	forged := []string{"STATE", "0", strings.Repeat("0", 80), strings.Repeat("z", 80), state + "00", state[:78], strings.Repeat("a", 1<<16)}
	for i := range len(state) {
		digit := byte('0')
		if state[i] == '0' {
			digit = '1'
		}
		forged = append(forged, state[:i]+string(digit)+state[i+1:])
	}
	for _, s := range forged {
		_, err := b.finish(t, states, s)
		require.ErrorIs(t, err, sso.ErrStateForged, s)
		require.ErrorIs(t, err, sso.ErrState)
		require.NotContains(t, err.Error(), s)
	}

	other, err := sso.NewStates(wecom.NewSecret(strings.Repeat("k", 32)))
	require.NoError(t, err)
	_, err = b.finish(t, other, state)
	require.ErrorIs(t, err, sso.ErrStateForged, "signed with another key")
	_, err = b.finish(t, newStates(t, sso.WithCookieName("other")), state)
	require.ErrorIs(t, err, sso.ErrStateForged, "issued for another purpose")

	_, err = b.finish(t, states, state)
	require.NoError(t, err, "none of these attempts has used it up")
}

// An attacker starts a sign-in, keeps the code of the own account, and makes the
// victim open the return address.
func TestPainState_OtherBrowser(t *testing.T) {
	t.Parallel()
	states := newStates(t)
	attacker, victim := newBrowser("https://a.example/"), newBrowser("https://a.example/")
	state := attacker.start(t, states, "/transfer")

	_, err := victim.finish(t, states, state)
	require.ErrorIs(t, err, sso.ErrStateOtherBrowser)

	victim.start(t, states, "/") // a sign-in of the victim's own changes nothing
	_, err = victim.finish(t, states, state)
	require.ErrorIs(t, err, sso.ErrStateOtherBrowser)

	// Nor does a cookie of the victim's under the name that the attack needs.
	require.Len(t, victim.names, 1)
	victim.cookies[attacker.names[0]] = victim.cookies[victim.names[0]]
	victim.names = append(victim.names, attacker.names[0])
	_, err = victim.finish(t, states, state)
	require.ErrorIs(t, err, sso.ErrStateOtherBrowser)

	next, err := attacker.finish(t, states, state)
	require.NoError(t, err, "the victim's attempts have not used it up")
	assert.Equal(t, "/transfer", next)
}

func TestStateCookieCannotBeChanged(t *testing.T) {
	t.Parallel()
	states := newStates(t)
	b := newBrowser("https://a.example/")
	state := b.start(t, states, "/aaaaaaaaaaaa")
	name := b.names[0]
	good := b.cookies[name]
	for i := range len(good) {
		digit := "7"
		if good[i] == '7' {
			digit = "8"
		}
		b.cookies[name] = good[:i] + digit + good[i+1:]
		_, err := b.finish(t, states, state)
		require.ErrorIs(t, err, sso.ErrStateOtherBrowser, "byte %d", i)
	}
	for _, value := range []string{"", ".", "x", "L2V2aWw.", "L2V2aWw", good + "00"} {
		b.cookies[name] = value
		_, err := b.finish(t, states, state)
		require.ErrorIs(t, err, sso.ErrStateOtherBrowser, value)
	}
	b.cookies[name] = good
	_, err := b.finish(t, states, state)
	require.NoError(t, err)
}

func TestPainState_Replayed(t *testing.T) {
	t.Parallel()
	states := newStates(t)
	b := newBrowser("https://a.example/")
	state := b.start(t, states, "/")
	name := b.names[0]
	value := b.cookies[name]

	_, err := b.finish(t, states, state)
	require.NoError(t, err)
	_, err = b.finish(t, states, state)
	require.ErrorIs(t, err, sso.ErrStateReplayed, "a reloaded page")

	b.cookies[name] = value // kept by an attacker, or by a second tab
	_, err = b.finish(t, states, state)
	require.ErrorIs(t, err, sso.ErrStateReplayed)

	b.forget(name)
	_, err = b.finish(t, states, state)
	require.ErrorIs(t, err, sso.ErrStateOtherBrowser)
}

func TestStateUsedOnceByManyAtOnce(t *testing.T) {
	t.Parallel()
	states := newStates(t)
	b := newBrowser("https://a.example/")
	state := b.start(t, states, "/")
	var won, replayed atomic.Int32
	var wg sync.WaitGroup
	for range 50 {
		r := b.request(t)
		wg.Go(func() {
			switch _, err := states.Finish(httptest.NewRecorder(), r, state); {
			case err == nil:
				won.Add(1)
			case errors.Is(err, sso.ErrStateReplayed):
				replayed.Add(1)
			}
		})
	}
	wg.Wait()
	assert.EqualValues(t, 1, won.Load())
	assert.EqualValues(t, 49, replayed.Load())
}

func TestStateExpired(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for life, opts := range map[time.Duration][]sso.StatesOption{
			sso.DefaultStateLife: nil,
			time.Minute:          {sso.WithStateLife(time.Minute)},
		} {
			states := newStates(t, opts...)
			b := newBrowser("https://a.example/")
			early, late := b.start(t, states, "/early"), b.start(t, states, "/late")
			time.Sleep(life - time.Millisecond)
			next, err := b.finish(t, states, early)
			require.NoError(t, err)
			assert.Equal(t, "/early", next)
			time.Sleep(time.Millisecond)
			_, err = b.finish(t, states, late)
			require.ErrorIs(t, err, sso.ErrStateExpired)
			require.ErrorIs(t, err, sso.ErrState)
			_, err = b.finish(t, states, early)
			require.ErrorIs(t, err, sso.ErrStateExpired, "forgotten as used, and of no use")
		}
	})
}

func TestStateOfSeveralTabs(t *testing.T) {
	t.Parallel()
	states := newStates(t)
	b := newBrowser("https://a.example/")
	tabs := map[string]string{}
	for i := range 8 {
		path := fmt.Sprintf("/tab/%d", i)
		tabs[path] = b.start(t, states, path)
	}
	for path, state := range tabs {
		next, err := b.finish(t, states, state)
		require.NoError(t, err)
		assert.Equal(t, path, next)
	}
}

func TestStateCookiesStayFew(t *testing.T) {
	t.Parallel()
	const others = "__Host-wecom_sso_other_0123456789abcdef" // of a States named wecom_sso_other
	for length, kept := range map[int]int{1: 8, 300: 8, sso.MaxNext: 5} {
		states := newStates(t)
		b := newBrowser("https://a.example/")
		b.names, b.cookies["session"], b.cookies[others] = []string{"session", others}, "s", "o"
		var all []string
		for i := range 30 {
			all = append(all, b.start(t, states, "/"+strings.Repeat("x", length-1)))
			if i == 25 { // a used one makes room before an open one does
				_, err := b.finish(t, states, all[24])
				require.NoError(t, err)
			}
		}
		assert.Len(t, b.names, kept+2, "and those that are not ours")
		assert.Equal(t, "o", b.cookies[others])
		assert.Equal(t, "s", b.cookies["session"])
		assert.Less(t, len(b.request(t).Header.Get("Cookie")), 4<<10+100, "half of what nginx takes")
		if kept == 8 {
			_, err := b.finish(t, states, all[21])
			require.NoError(t, err)
		}
		for _, state := range all[26:] {
			_, err := b.finish(t, states, state)
			require.NoError(t, err)
		}
		_, err := b.finish(t, states, all[20])
		require.ErrorIs(t, err, sso.ErrStateOtherBrowser)
	}
}

func TestStateNextMustBeLocal(t *testing.T) {
	t.Parallel()
	states := newStates(t)
	b := newBrowser("https://a.example/")
	for _, next := range []string{
		"https://evil.example/", "//evil.example", "///evil.example", `/\evil.example`, `\\evil.example`, "/\t/evil.example",
		"/a\nb", "/a\x00", "/\x7f", "javascript:alert(1)", "evil", "evil.example/x", "?x=1", "#x", " /x", "/%zz",
		"/" + strings.Repeat("x", sso.MaxNext), "/\r\nSet-Cookie: a=b", "/\u0085\x00",
	} {
		w := httptest.NewRecorder()
		state, err := states.Start(w, b.request(t), next)
		requireParamError(t, err, "next")
		assert.Empty(t, state)
		assert.Empty(t, w.Header(), "nothing was begun")
		if len(next) > 3 {
			assert.NotContains(t, err.Error(), next)
		}
	}
	for _, next := range []string{"/", "/a/b?c=//d&e=https://f/#g", "/企业", "/%2F%2Fevil", "/" + strings.Repeat("x", sso.MaxNext-1)} {
		got, err := b.finish(t, states, b.start(t, states, next))
		require.NoError(t, err)
		assert.Equal(t, next, got)
	}
}

func TestNewStatesRefuses(t *testing.T) {
	t.Parallel()
	_, err := sso.NewStates(wecom.NewSecret(strings.Repeat("k", 31)))
	requireParamError(t, err, "key")
	for param, opt := range map[string]sso.StatesOption{
		"life":   sso.WithStateLife(0),
		"name":   sso.WithCookieName("a b"),
		"store":  sso.WithUsedStates(nil),
		"option": nil,
	} {
		_, err = sso.NewStates(wecom.NewSecret(strings.Repeat("k", 32)), opt)
		requireParamError(t, err, param)
	}
	_, err = sso.NewStates(wecom.NewSecret(strings.Repeat("k", 32)), sso.WithStateLife(25*time.Hour))
	requireParamError(t, err, "life")
	_, err = sso.NewStates(wecom.NewSecret(strings.Repeat("k", 32)), sso.WithCookieName(""))
	requireParamError(t, err, "name")
}

func TestStatesHideTheirKey(t *testing.T) {
	t.Parallel()
	states := newStates(t)
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "states", states)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "states", states)
	var shown strings.Builder
	shown.WriteString(log.String())
	for _, value := range []any{states, *states} {
		shown.WriteString(fmt.Sprintf("%v %+v %#v %s %x", value, value, value, value, value))
	}
	assert.NotContains(t, shown.String(), "CANARY")
	assert.NotContains(t, shown.String(), "67 65 78 65 82 89", "as bytes")
	assert.NotContains(t, shown.String(), "43414e415259", "in hexadecimal")
}

// storeFunc is a UsedStates.
type storeFunc func(id string, expires time.Time) (bool, error)

func (f storeFunc) Use(_ context.Context, id string, expires time.Time) (bool, error) {
	return f(id, expires)
}

func TestUsedStatesSharedByProcesses(t *testing.T) {
	t.Parallel()
	down := errors.New("store is down")
	cache := wecom.NewMemoryCache()
	one, two := newStates(t, sso.WithUsedStates(sso.NewCacheUsedStates(cache))), newStates(t, sso.WithUsedStates(sso.NewCacheUsedStates(cache)))
	b := newBrowser("https://a.example/")
	state := b.start(t, one, "/next")
	name := b.names[0]
	value := b.cookies[name]
	next, err := b.finish(t, two, state)
	require.NoError(t, err)
	assert.Equal(t, "/next", next)
	b.cookies[name] = value
	_, err = b.finish(t, one, state)
	require.ErrorIs(t, err, sso.ErrStateReplayed)

	var ids []string
	broken := newStates(t, sso.WithUsedStates(storeFunc(func(id string, expires time.Time) (bool, error) {
		ids = append(ids, id)
		assert.WithinDuration(t, time.Now().Add(sso.DefaultStateLife), expires, time.Minute)
		return true, down
	})))
	state = b.start(t, broken, "/")
	_, err = b.finish(t, broken, state)
	require.ErrorIs(t, err, down, "a store that is down accepts nothing")
	require.NotErrorIs(t, err, sso.ErrState)
	require.NotErrorIs(t, err, wecom.ErrBadParameter)
	require.Len(t, ids, 1)
	assert.Regexp(t, `^[0-9a-f]{32}$`, ids[0])
}

func TestMemoryUsedStates(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, now := t.Context(), time.Now()
		m := sso.NewMemoryUsedStates(3)
		use := func(id string, after time.Duration) (bool, error) { return m.Use(ctx, id, now.Add(after)) }
		for i, id := range []string{"b", "c", "a"} {
			first, err := use(id, time.Duration(i+1)*time.Minute)
			require.NoError(t, err)
			require.True(t, first)
		}
		first, err := use("d", 4*time.Minute) // b, which expires first, makes room
		require.NoError(t, err)
		require.True(t, first)
		for id, after := range map[string]time.Duration{"c": 2 * time.Minute, "a": 3 * time.Minute, "d": 4 * time.Minute} {
			first, err = use(id, after)
			require.NoError(t, err)
			require.False(t, first, id)
		}
		_, err = use("b", time.Minute)
		require.ErrorIs(t, err, sso.ErrStateExpired, "forgotten, so not taken for new")
		_, err = use("e", time.Minute)
		require.ErrorIs(t, err, sso.ErrStateExpired, "cannot be told from one that was forgotten")

		time.Sleep(3 * time.Minute)
		_, err = use("a", 3*time.Minute)
		require.ErrorIs(t, err, sso.ErrStateExpired)
		for _, id := range []string{"f", "g"} { // with d there is room for two
			first, err = use(id, 10*time.Minute)
			require.NoError(t, err)
			require.True(t, first)
		}
		first, err = use("d", 4*time.Minute)
		require.NoError(t, err)
		require.False(t, first)
	})
}

func BenchmarkStates(b *testing.B) {
	states, err := sso.NewStates(wecom.NewSecret(stateKey))
	require.NoError(b, err)
	r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "https://a.example/", http.NoBody)
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		state, err := states.Start(w, r, "/next")
		if err != nil {
			b.Fatal(err)
		}
		back := r.Clone(b.Context())
		back.Header.Set("Cookie", strings.SplitN(w.Header().Get("Set-Cookie"), ";", 2)[0])
		if _, err := states.Finish(httptest.NewRecorder(), back, state); err != nil {
			b.Fatal(err)
		}
	}
}
