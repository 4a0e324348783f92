package wecom_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
)

const path = "/cgi-bin/some/endpoint"

type result struct {
	Name string `json:"name"`
}

// answers returns a transport that gives the replies in turn, the last one for
// ever, and counts.
func answers(replies ...httpmock.Responder) (*httpmock.MockTransport, *atomic.Int64) {
	calls := new(atomic.Int64)
	mt := httpmock.NewMockTransport()
	mt.RegisterNoResponder(func(r *http.Request) (*http.Response, error) {
		n := int(calls.Add(1))
		return replies[min(n, len(replies))-1](r)
	})
	return mt, calls
}

func text(status int, body string) httpmock.Responder {
	return httpmock.NewStringResponder(status, body)
}

func ok() httpmock.Responder { return text(200, `{"errcode":0,"errmsg":"ok","name":"n"}`) }

func refusal(code int) httpmock.Responder {
	return text(200, fmt.Sprintf(`{"errcode":%d,"errmsg":"some text, hint: [1576065934_28_e0fae07666aa64636023c1fa7e8f49a4], from ip: 9.30.0.138, more info at https://open.work.weixin.qq.com/devtool/query?e=%d"}`, code, code))
}

func auth(source wecom.TokenSource) wecom.Auth {
	return wecom.Auth{Source: source, Param: wecom.ParamAccessToken}
}

func TestDoSendsWhatTheCallSays(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		call              wecom.Call
		method, query, ct string
		body              string
	}{
		"get":               {wecom.Call{Path: path, Query: url.Values{"b": {"x y"}, "a": {"1"}}}, "GET", "a=1&b=x+y", "", ""},
		"post":              {wecom.Call{Path: path, Body: map[string]string{"a": "<张三>"}}, "POST", "", "application/json; charset=utf-8", `{"a":"<张三>"}`},
		"post without body": {wecom.Call{Path: path, Method: "POST"}, "POST", "", "", ""},
		"token goes first":  {wecom.Call{Path: path, Query: url.Values{"a": {"1"}}, Auth: auth(wecom.TokenFunc(func(context.Context) (wecom.Token, error) { return wecom.Token{Value: "t/+="}, nil }))}, "GET", "access_token=t%2F%2B%3D&a=1", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mt, calls := answers(func(r *http.Request) (*http.Response, error) {
				assert.Equal(t, tc.method, r.Method)
				assert.Equal(t, "https://qyapi.weixin.qq.com"+path, r.URL.Scheme+"://"+r.URL.Host+r.URL.Path)
				assert.Equal(t, tc.query, r.URL.RawQuery)
				assert.Equal(t, tc.ct, r.Header.Get("Content-Type"))
				assert.Empty(t, r.Header.Get("Referer"))
				if tc.body != "" {
					body, err := io.ReadAll(r.Body)
					assert.NoError(t, err)
					assert.JSONEq(t, tc.body, string(body))
					assert.EqualValues(t, len(body), r.ContentLength)
				}
				return ok()(r)
			})
			got, err := wecom.Invoke[result](t.Context(), newClient(t, wecom.WithTransport(mt)), tc.call)
			require.NoError(t, err)
			assert.Equal(t, "n", got.Name)
			assert.EqualValues(t, 1, calls.Load())
		})
	}
}

func TestDoUnderstandsReplies(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		reply httpmock.Responder
		check func(t *testing.T, err error)
	}{
		"errcode absent":      {text(200, `{"name":"n"}`), nil},
		"errcode last":        {text(200, `{"name":"n","errmsg":"ok","errcode":0}`), nil},
		"blanks and BOM":      {text(200, "\ufeff \n{ \"errcode\" : 0 , \"name\" : \"n\" }\n"), nil},
		"content type is odd": {httpmock.NewStringResponder(200, `{"errcode":0,"name":"n"}`).HeaderSet(http.Header{"Content-Type": {"text/html"}}), nil},
		"status 299":          {text(299, `{"errcode":0,"name":"n"}`), nil},
		"unknown field":       {text(200, `{"errcode":0,"name":"n","warning_msg":"old TLS","x":{"y":[1]}}`), nil},
		"refusal": {refusal(60111), func(t *testing.T, err error) {
			e, ok := errors.AsType[*wecom.Error](err)
			require.True(t, ok)
			assert.Equal(t, &wecom.Error{Op: path, Code: 60111, Message: "some text", Hint: "1576065934_28_e0fae07666aa64636023c1fa7e8f49a4", FromIP: "9.30.0.138", Status: 200}, e)
			require.ErrorIs(t, err, wecom.Code(60111))
			require.NotErrorIs(t, err, wecom.ErrTransient)
		}},
		"address not allowed":                 {refusal(60020), func(t *testing.T, err error) { require.ErrorIs(t, err, wecom.ErrIPNotAllowed) }},
		"errcode starts with 0 only in looks": {text(200, `{"errcode":0.5}`), func(t *testing.T, err error) { require.Error(t, err) }},
		"refusal with status 500": {text(500, `{"errcode":45009,"errmsg":"x"}`), func(t *testing.T, err error) {
			require.ErrorIs(t, err, wecom.ErrRateLimited)
		}},
		"error page": {text(502, "<html>bad gateway</html>"), func(t *testing.T, err error) {
			require.ErrorIs(t, err, wecom.ErrTransient)
			assert.NotContains(t, err.Error(), "html>")
			e, ok := errors.AsType[*wecom.Error](err)
			require.True(t, ok)
			assert.Equal(t, 502, e.Status)
			require.ErrorIs(t, err, wecom.ErrNoReply)
		}},
		"error page in JSON's clothes": {text(503, "{not json"), func(t *testing.T, err error) { require.ErrorIs(t, err, wecom.ErrTransient) }},
		"too many requests":            {text(429, ""), func(t *testing.T, err error) { require.ErrorIs(t, err, wecom.ErrRateLimited) }},
		"status 404":                   {text(404, `{}`), func(t *testing.T, err error) { require.Error(t, err); require.NotErrorIs(t, err, wecom.ErrTransient) }},
		"page with 200":                {text(200, "<html>login</html>"), func(t *testing.T, err error) { require.ErrorIs(t, err, wecom.ErrNoReply) }},
		"empty":                        {text(200, ""), func(t *testing.T, err error) { require.Error(t, err) }},
		"cut": {text(200, `{"errcode":0,"name":"n`), func(t *testing.T, err error) {
			require.ErrorIs(t, err, wecom.ErrNoReply)
			require.ErrorIs(t, err, wecom.ErrTransient)
		}},
		"cut behind errcode": {text(200, `{"errcode":0`), func(t *testing.T, err error) { require.ErrorIs(t, err, wecom.ErrTransient) }},
		"other shape": {text(200, `{"errcode":0,"name":{"first":"s3cret"}}`), func(t *testing.T, err error) {
			require.Error(t, err)
			require.NotErrorIs(t, err, wecom.ErrTransient)
			assert.NotContains(t, err.Error(), "s3cret")
		}},
		"lost": {httpmock.NewErrorResponder(errors.New("connection reset")), func(t *testing.T, err error) {
			require.NotErrorIs(t, err, wecom.ErrRateLimited)
			require.ErrorIs(t, err, wecom.ErrNoReply)
			require.ErrorIs(t, err, wecom.ErrTransient)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mt, calls := answers(tc.reply)
			got, err := wecom.Invoke[result](t.Context(), newClient(t, wecom.WithTransport(mt)), wecom.Call{Path: path})
			if tc.check == nil {
				require.NoError(t, err)
				assert.Equal(t, "n", got.Name)
			} else {
				assert.Nil(t, got)
				tc.check(t, err)
				assert.Equal(t, 1, strings.Count(err.Error(), path), err)
			}
			assert.EqualValues(t, 1, calls.Load(), "not marked safe: sent once")
		})
	}
}

func TestPain03_RefusedTokenIsReplacedAndTheCallRepeatedOnce(t *testing.T) {
	t.Parallel()
	for _, code := range []int{40014, 42001, 40082, 42009} {
		synctest.Test(t, func(t *testing.T) {
			mt, calls := answers(refusal(code), ok())
			api := newClient(t, wecom.WithTransport(mt))
			p := &issuer{}
			source := api.TokenSource("k", p.fetch)
			err := api.Do(t.Context(), wecom.Call{Path: path, Auth: auth(source), Body: struct{}{}}, nil)
			require.NoError(t, err)
			assert.EqualValues(t, 2, calls.Load())
			assert.Equal(t, 2, p.count())
		})
	}
}

func TestPain17_RefusedTwiceIsAnError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		mt, calls := answers(refusal(40014))
		api := newClient(t, wecom.WithTransport(mt))
		p := &issuer{}
		err := api.Do(t.Context(), wecom.Call{Path: path, Auth: auth(api.TokenSource("k", p.fetch)), Safe: true}, nil)
		require.ErrorIs(t, err, wecom.ErrTokenRejected)
		assert.EqualValues(t, 2, calls.Load())
		assert.Equal(t, 2, p.count())
	})
}

// A cache that is down does not keep the refused token in use.
func TestPain22_RefusedTokenIsReplacedThoughTheCacheIsDown(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	cache := &flakyCache{MemoryCache: wecom.NewMemoryCache(), fail: func(op string) bool { return op == "drop" }}
	mt, calls := answers(refusal(42001), ok())
	api := newClient(t, wecom.WithTransport(mt), wecom.WithTokenCache(cache), wecom.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	p := &issuer{}
	require.NoError(t, api.Do(t.Context(), wecom.Call{Path: path, Auth: auth(api.TokenSource("k", p.fetch))}, nil))
	assert.EqualValues(t, 2, calls.Load())
	assert.Equal(t, 2, p.count())
	assert.Contains(t, log.String(), "a refused token could not be dropped")
	assert.Contains(t, log.String(), path)
	assert.NotContains(t, log.String(), "token-")
}

// A token that cannot be replaced: the refusal is what the caller must know.
func TestRefusalIsNotLostWhenThereIsNoOtherToken(t *testing.T) {
	t.Parallel()
	mt, calls := answers(refusal(40014))
	api := newClient(t, wecom.WithTransport(mt))
	errEnded := errors.New("ended")
	given := 0
	source := wecom.TokenFunc(func(context.Context) (wecom.Token, error) {
		if given++; given > 1 {
			return wecom.Token{}, errEnded
		}
		return wecom.Token{Value: "only one"}, nil
	})
	err := api.Do(t.Context(), wecom.Call{Path: path, Auth: auth(source)}, nil)
	require.ErrorIs(t, err, wecom.ErrTokenRejected)
	require.ErrorIs(t, err, errEnded)
	assert.EqualValues(t, 1, calls.Load())
}

// 200 callers whose token dies at once cause one refetch, and all succeed.
func TestPain06_RefusalSeenByManyCausesOneRefetch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		mt := httpmock.NewMockTransport()
		mt.RegisterNoResponder(func(r *http.Request) (*http.Response, error) {
			time.Sleep(20 * time.Millisecond)
			if r.URL.Query().Get("access_token") == "token-1" {
				return refusal(42001)(r)
			}
			return ok()(r)
		})
		api := newClient(t, wecom.WithTransport(mt))
		p := &issuer{latency: 50 * time.Millisecond}
		source := api.TokenSource("k", p.fetch)
		seen := inParallel(t, func(int) (wecom.Token, error) {
			got, err := wecom.Invoke[result](t.Context(), api, wecom.Call{Path: path, Auth: auth(source)})
			if err != nil {
				return wecom.Token{}, err
			}
			return wecom.Token{Value: got.Name}, nil
		})
		assert.Equal(t, map[string]int{"n": callers}, seen)
		assert.Equal(t, 2, p.count())
	})
}

func TestTokenFailureStopsTheCall(t *testing.T) {
	t.Parallel()
	mt, calls := answers(ok())
	api := newClient(t, wecom.WithTransport(mt))
	for _, source := range []wecom.TokenFunc{
		func(context.Context) (wecom.Token, error) { return wecom.Token{}, wecom.ErrNoTicket },
		func(context.Context) (wecom.Token, error) { return wecom.Token{}, nil },
	} {
		require.Error(t, api.Do(t.Context(), wecom.Call{Path: path, Auth: auth(source)}, nil))
	}
	assert.Zero(t, calls.Load(), "never sent without its token")
}

func TestSafeCallsAreTriedAgain(t *testing.T) {
	t.Parallel()
	lost := httpmock.NewErrorResponder(errors.New("connection reset"))
	for name, tc := range map[string]struct {
		replies []httpmock.Responder
		safe    bool
		calls   int64
		fails   bool
	}{
		"busy, then well":     {[]httpmock.Responder{refusal(-1), ok()}, true, 2, false},
		"lost, then well":     {[]httpmock.Responder{lost, ok()}, true, 2, false},
		"502, cut, then well": {[]httpmock.Responder{text(502, "x"), text(200, `{"errcode":0,`), ok()}, true, 3, false},
		"busy for ever":       {[]httpmock.Responder{refusal(-1)}, true, 3, true},
		"not safe, busy":      {[]httpmock.Responder{refusal(-1), ok()}, false, 1, true},
		"not safe, lost":      {[]httpmock.Responder{lost, ok()}, false, 1, true},
		"business error":      {[]httpmock.Responder{refusal(60111), ok()}, true, 1, true},
		"rate limit":          {[]httpmock.Responder{refusal(45009), ok()}, true, 1, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			mt, calls := answers(tc.replies...)
			start := time.Now()
			err := newClient(t, wecom.WithTransport(mt)).Do(t.Context(), wecom.Call{Path: path, Safe: tc.safe}, nil)
			assert.Equal(t, tc.fails, err != nil, "%s: %v", name, err)
			assert.Equal(t, tc.calls, calls.Load(), name)
			bounds := map[int64][2]time.Duration{ // 200 ms before the second try, 800 ms before the third, give or take the half
				2: {100 * time.Millisecond, 300 * time.Millisecond},
				3: {500 * time.Millisecond, 1500 * time.Millisecond},
			}[tc.calls]
			assert.GreaterOrEqual(t, time.Since(start), bounds[0], name)
			assert.LessOrEqual(t, time.Since(start), bounds[1], name)
		})
	}
}

func TestCallEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		mt, calls := answers(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := newClient(t, wecom.WithTransport(mt)).Do(ctx, wecom.Call{Path: path, Safe: true}, nil)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.EqualValues(t, 1, calls.Load())
		assert.Contains(t, err.Error(), path)

		// And while it waits before the next try.
		mt, calls = answers(refusal(-1))
		ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		require.Error(t, newClient(t, wecom.WithTransport(mt)).Do(ctx, wecom.Call{Path: path, Safe: true}, nil))
		assert.EqualValues(t, 1, calls.Load())
	})
}

func TestTimeoutBoundsAnAttempt(t *testing.T) {
	t.Parallel()
	block := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-block }))
	t.Cleanup(srv.Close)
	t.Cleanup(func() { close(block) })
	api := newClient(t, wecom.WithBaseURL(srv.URL), wecom.WithTimeout(20*time.Millisecond))
	err := api.Do(t.Context(), wecom.Call{Path: path}, nil)
	require.ErrorIs(t, err, wecom.ErrNoReply)
	assert.NotContains(t, err.Error(), srv.URL)
}

func TestMalformedCallsAreRefused(t *testing.T) {
	t.Parallel()
	mt, calls := answers(ok())
	api := newClient(t, wecom.WithTransport(mt))
	for name, call := range map[string]wecom.Call{
		"no slash":           {Path: "cgi-bin/x"},
		"empty":              {},
		"query":              {Path: "/x?access_token=s3cret"},
		"climbs":             {Path: "/cgi-bin/../x"},
		"fragment":           {Path: "/x#y"},
		"unencodable":        {Path: path, Body: map[string]any{"s3cret": func() {}}},
		"body with GET":      {Path: path, Method: "GET", Body: 1},
		"param alone":        {Path: path, Auth: wecom.Auth{Param: "access_token"}},
		"token in the query": {Path: path, Query: url.Values{"access_token": {"s3cret"}}, Auth: auth(wecom.TokenFunc(nil))},
		"source alone":       {Path: path, Auth: wecom.Auth{Source: wecom.TokenFunc(nil)}},
	} {
		err := api.Do(t.Context(), call, nil)
		require.Error(t, err, name)
		assert.NotContains(t, err.Error(), "s3cret", name)
	}
	assert.Zero(t, calls.Load())
}

func TestRawReply(t *testing.T) {
	t.Parallel()
	png := httpmock.NewBytesResponder(200, []byte{0x89, 'P', 'N', 'G'}).HeaderSet(http.Header{"Content-Type": {"image/png"}})
	mt, _ := answers(png, refusal(60111), text(502, "x"), text(200, `{"errcode":0,"name":"n"}`))
	api := newClient(t, wecom.WithTransport(mt))
	raw, err := wecom.Invoke[wecom.RawReply](t.Context(), api, wecom.Call{Path: path})
	require.NoError(t, err)
	assert.Equal(t, &wecom.RawReply{ContentType: "image/png", Body: []byte{0x89, 'P', 'N', 'G'}}, raw)
	_, err = wecom.Invoke[wecom.RawReply](t.Context(), api, wecom.Call{Path: path})
	require.ErrorIs(t, err, wecom.Code(60111))
	_, err = wecom.Invoke[wecom.RawReply](t.Context(), api, wecom.Call{Path: path})
	require.ErrorIs(t, err, wecom.ErrTransient)
	raw, err = wecom.Invoke[wecom.RawReply](t.Context(), api, wecom.Call{Path: path})
	require.NoError(t, err)
	assert.JSONEq(t, `{"errcode":0,"name":"n"}`, string(raw.Body))
}

func TestObserverSeesEveryAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		mt, _ := answers(refusal(-1), httpmock.NewErrorResponder(errors.New("reset")), ok())
		var seen []wecom.CallInfo
		api := newClient(t, wecom.WithTransport(mt), wecom.WithObserver(func(_ context.Context, info wecom.CallInfo) { seen = append(seen, info) }))
		require.NoError(t, api.Do(t.Context(), wecom.Call{Path: path, Body: []int{1}, Safe: true}, nil))
		require.Len(t, seen, 3)
		for i, info := range seen {
			assert.Equal(t, path, info.Op)
			assert.Equal(t, i+1, info.Attempt)
			assert.Equal(t, 3, info.RequestBytes)
		}
		assert.Equal(t, wecom.Code(-1), seen[0].Code)
		require.ErrorIs(t, seen[1].Err, wecom.ErrNoReply)
		assert.Zero(t, seen[1].Status)
		require.NoError(t, seen[2].Err)
		assert.Equal(t, 200, seen[2].Status)
		assert.Equal(t, len(`{"errcode":0,"errmsg":"ok","name":"n"}`), seen[2].ResponseBytes)
	})
}

// TestPain21_NothingSecretIsPrinted makes the platform and the transport quote
// whatever was sent, and looks at every output.
func TestPain21_NothingSecretIsPrinted(t *testing.T) {
	t.Parallel()
	const canary = "CANARY_0123456789"
	echo := func(r *http.Request) (*http.Response, error) {
		body := ""
		if r.Body != nil {
			b, _ := io.ReadAll(r.Body)
			body = string(b)
		}
		msg, _ := json.Marshal("bad: " + r.URL.String() + " " + body + " " + canary + ", hint: [" + canary + "], from ip: " + canary)
		return httpmock.NewStringResponse(200, `{"errcode":40001,"errmsg":`+string(msg)+`}`), nil
	}
	quote := func(r *http.Request) (*http.Response, error) { return nil, fmt.Errorf("cannot reach %s", r.URL) }
	redirect := httpmock.NewStringResponder(302, "").HeaderSet(http.Header{"Location": {"https://elsewhere.example/?t=" + canary}})
	for name, reply := range map[string]httpmock.Responder{"echo": echo, "quote": quote, "redirect": redirect, "shape": text(200, `{"errcode":0,"name":["`+canary+`"]}`), "cut": text(200, `{"errcode":0,"name":"`+canary)} {
		synctest.Test(t, func(t *testing.T) {
			var log bytes.Buffer
			mt, _ := answers(reply)
			var infos []wecom.CallInfo
			api := newClient(t, wecom.WithTransport(mt),
				wecom.WithLogger(slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))),
				wecom.WithObserver(func(_ context.Context, i wecom.CallInfo) { infos = append(infos, i) }))
			source := api.TokenSource("k", func(context.Context) (wecom.Token, error) { return wecom.NewToken(canary, 7200) })
			_, err := wecom.Invoke[result](t.Context(), api, wecom.Call{
				Path: path, Query: url.Values{"code": {canary}}, Auth: auth(source), Safe: true,
				Body: map[string]any{"suite_secret": canary, "nested": map[string]any{"list": []string{canary}}},
			})
			require.Error(t, err, name)
			var out strings.Builder
			fmt.Fprintf(&out, "%v %+v %#v %s %+v %+v %#v", err, err, err, log.String(), infos, source, source)
			for e := err; e != nil; e = errors.Unwrap(e) {
				fmt.Fprintf(&out, "%v %+v %#v", e, e, e)
			}
			token, tokenErr := source.Token(t.Context())
			require.NoError(t, tokenErr)
			fmt.Fprintf(&out, "%v %+v %#v %d %x", token, token, token, token, struct{ T wecom.Token }{token})
			assert.NotContains(t, out.String(), canary, name)
			assert.NotContains(t, strings.ToLower(out.String()), fmt.Sprintf("%x", canary), name)
		})
	}
}

func TestDebugLogTellsOfEachAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		mt, _ := answers(refusal(-1), ok())
		api := newClient(t, wecom.WithTransport(mt), wecom.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))))
		require.NoError(t, api.Do(t.Context(), wecom.Call{Path: path, Safe: true}, nil))
		lines := strings.Split(strings.TrimSpace(log.String()), "\n")
		require.Len(t, lines, 2)
		assert.Contains(t, lines[0], "op="+path+" attempt=1 latency=0s status=200 code=-1 ")
		assert.Contains(t, lines[0], " err.op="+path)
		assert.Contains(t, lines[1], " attempt=2 latency=0s status=200 code=0 ")
		assert.NotContains(t, lines[1], "err")
	})
}

// A short value that was sent may be the beginning of a secret.
func TestRedactionHidesLongValuesFirst(t *testing.T) {
	t.Parallel()
	mt, _ := answers(text(200, `{"errcode":40001,"errmsg":"bad abcdefCANARY and CA+NARY 1 and arrayCANARY"}`))
	for range 20 { // maps have no order
		err := newClient(t, wecom.WithTransport(mt)).Do(t.Context(), wecom.Call{
			Path: path, Query: url.Values{"key": {"CA+NARY 1"}},
			Body: map[string]any{"name": "abcdef", "secret": "abcdefCANARY", "list": []any{"arrayCANARY"}},
		}, nil)
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "CANARY")
		assert.NotContains(t, err.Error(), "NARY 1")
	}
}

// What is shorter than any secret stays: hiding it would mangle the text.
func TestRedactionSparesShortValues(t *testing.T) {
	t.Parallel()
	mt, _ := answers(text(200, `{"errcode":40001,"errmsg":"bad abcde and abcdef"}`))
	err := newClient(t, wecom.WithTransport(mt)).Do(t.Context(), wecom.Call{Path: path, Body: map[string]string{"a": "abcde", "b": "abcdef"}}, nil)
	require.ErrorContains(t, err, "bad abcde and [secret]")
}

// Public identifiers stay readable: without them an error helps nobody.
func TestRefusalKeepsIdentifiers(t *testing.T) {
	t.Parallel()
	mt, _ := answers(text(200, `{"errcode":60111,"errmsg":"userid not found: zhangsan of wwcorp000001"}`))
	err := newClient(t, wecom.WithTransport(mt)).Do(t.Context(), wecom.Call{Path: path, Body: map[string]string{"userid": "zhangsan", "corpid": "wwcorp000001"}}, nil)
	require.ErrorContains(t, err, "zhangsan of wwcorp000001")
}

func TestErrmsgForms(t *testing.T) {
	t.Parallel()
	for errmsg, want := range map[string]wecom.Error{
		"invalid access_token": {Message: "invalid access_token"},
		"access_token expired, hint: [1576065934_28_e0fa], from ip: 9.30.0.138, more info at https://open.work.weixin.qq.com/devtool/query?e=42001": {Message: "access_token expired", Hint: "1576065934_28_e0fa", FromIP: "9.30.0.138"},
		"TEXT, hint: [h], from ip: , more info at https://x": {Message: "TEXT", Hint: "h"},
		" invalid auth_code, hint: [h], from ip: 1.2.3.4":    {Message: "invalid auth_code", Hint: "h", FromIP: "1.2.3.4"},
		"text, from ip: 1.2.3.4":                             {Message: "text", FromIP: "1.2.3.4"},
		", hint: [, from ip: ":                               {},
		"":                                                   {},
		"t, hint: [" + strings.Repeat("h", 500) + "], from ip: " + strings.Repeat("i", 500): {Message: "t", Hint: strings.Repeat("h", 300) + "…", FromIP: strings.Repeat("i", 300) + "…"},
		strings.Repeat("长", 500): {Message: strings.Repeat("长", 100) + "…"},
	} {
		body, err := json.Marshal(map[string]any{"errcode": 60111, "errmsg": errmsg})
		require.NoError(t, err)
		mt, _ := answers(text(200, string(body)))
		err = newClient(t, wecom.WithTransport(mt)).Do(t.Context(), wecom.Call{Path: path}, nil)
		got, ok := errors.AsType[*wecom.Error](err)
		require.True(t, ok, errmsg)
		want.Op, want.Code, want.Status = path, 60111, 200
		assert.Equal(t, &want, got)
	}
}
