package wecom_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
)

// roundTripper answers every call.
type roundTripper func(r *http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// file replies with a body and header fields, given in pairs.
func file(status int, body io.Reader, header ...string) roundTripper {
	return func(r *http.Request) (*http.Response, error) {
		h := make(http.Header)
		for i := 0; i < len(header); i += 2 {
			h.Set(header[i], header[i+1])
		}
		return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(body), ContentLength: -1, Request: r}, nil
	}
}

func download(t *testing.T, rt http.RoundTripper, opts ...wecom.Option) (*wecom.Stream, error) {
	t.Helper()
	return wecom.Invoke[wecom.Stream](t.Context(), newClient(t, append(opts, wecom.WithTransport(rt))...), wecom.Call{Path: path})
}

func TestStreamTellsFilesFromRefusals(t *testing.T) {
	t.Parallel()
	const refused = `{"errcode":40007,"errmsg":"invalid media_id"}`
	for name, tc := range map[string]struct {
		status int
		body   string
		header []string
		want   error // nil: a file
	}{
		"a file":                    {200, "content", []string{"Content-Disposition", `attachment; filename="f"`}, nil},
		"JSON that is a file":       {200, refused, []string{"Content-Disposition", "attachment", "Content-Type", "application/json"}, nil},
		"no disposition":            {200, "content", []string{"Content-Type", "image/jpeg"}, nil},
		"nothing at all":            {200, "content", nil, nil},
		"an empty file":             {200, "", nil, nil},
		"a part":                    {206, refused, []string{"Content-Range", "bytes 0-9/20"}, nil},
		"a refusal":                 {200, refused, []string{"Content-Type", "application/json"}, wecom.Code(40007)},
		"a refusal as text":         {200, "\n " + refused, []string{"Content-Type", "text/plain"}, wecom.Code(40007)},
		"a refusal as a file":       {200, refused, []string{"Content-Disposition", "attachment", "Error-Code", "40007"}, wecom.Code(40007)},
		"status 299":                {299, "content", nil, nil},
		"no error":                  {200, "content", []string{"Content-Disposition", "attachment", "Error-Code", "0"}, nil},
		"a refusal with its status": {404, refused, []string{"Content-Disposition", "attachment"}, wecom.Code(40007)},
		"an error page":             {502, "<html>", []string{"Content-Type", "text/html"}, wecom.ErrTransient},
		"a page":                    {200, "<html>", []string{"Content-Type", "text/html; charset=utf-8"}, &wecom.Error{}},
		"a success without a file":  {200, `{"errcode":0,"errmsg":"ok"}`, nil, wecom.ErrNoReply},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := download(t, file(tc.status, strings.NewReader(tc.body), tc.header...))
			if tc.want != nil {
				assert.Nil(t, s)
				if _, anyError := tc.want.(*wecom.Error); anyError { //nolint:errorlint // a marker of this table
					_, ok := errors.AsType[*wecom.Error](err)
					assert.True(t, ok, err)
					return
				}
				require.ErrorIs(t, err, tc.want)
				return
			}
			require.NoError(t, err)
			content, err := io.ReadAll(s)
			require.NoError(t, err)
			require.NoError(t, s.Close())
			require.NoError(t, s.Close(), "again")
			assert.Equal(t, tc.body, string(content))
		})
	}
}

func TestStreamName(t *testing.T) {
	t.Parallel()
	for disposition, want := range map[string]string{
		`attachment; filename="MEDIA_ID.jpg"`:                          "MEDIA_ID.jpg",
		`attachment; filename="报告 2026.pdf"`:                           "报告 2026.pdf",
		`attachment; filename="x.pdf"; filename*=utf-8''%E6%8A%A5.pdf`: "报.pdf",
		`attachment; filename*=UTF-8''%E6%8A%A5%E5%91%8A.pdf`:          "报告.pdf",
		`attachment;filename=报告.pdf`:                                   "报告.pdf",
		`attachment; filename=报告.pdf; size=3`:                          "报告.pdf",
		`attachment; filename="../../etc/passwd"`:                      "passwd",
		`attachment; filename="..\\..\\windows\\win.ini"`:              "win.ini",
		`attachment; filename=".."`:                                    "",
		`attachment; filename="/"`:                                     "",
		`attachment; filename=""`:                                      "",
		`attachment`:                                                   "",
		"attachment; filename=\"a\tb\x7f.txt\"":                        "ab.txt",
		"attachment; filename=\"\xb1\xa8.pdf\"":                        "\ufffd.pdf",
		`attachment; filename=`:                                        "",
	} {
		s, err := download(t, file(200, strings.NewReader("x"), "Content-Disposition", disposition))
		require.NoError(t, err)
		assert.Equal(t, want, s.Name, disposition)
		require.NoError(t, s.Close())
	}
}

func TestStreamRange(t *testing.T) {
	t.Parallel()
	for contentRange, want := range map[string][2]int64{
		"bytes 0-1023/2048":    {0, 2048},
		"bytes 1024-2047/2048": {1024, 2048},
		"bytes 1024-2047/*":    {1024, -1},
		"":                     {0, -1},
		"bytes x-y/z":          {0, -1},
		"bytes 5-6/-7":         {5, -1},
		"bytes 0-0/0":          {0, 0},
	} {
		s, err := download(t, file(206, strings.NewReader("x"), "Content-Range", contentRange))
		require.NoError(t, err)
		assert.True(t, s.Partial)
		assert.Equal(t, want, [2]int64{s.Offset, s.Total}, contentRange)
		require.NoError(t, s.Close())
	}
	var got string
	s, err := wecom.Invoke[wecom.Stream](t.Context(), newClient(t, wecom.WithTransport(roundTripper(func(r *http.Request) (*http.Response, error) {
		got = r.Header.Get("Range")
		return file(206, strings.NewReader("x"))(r)
	}))), wecom.Call{Path: path, Range: "bytes=3-4"})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	assert.Equal(t, "bytes=3-4", got)
}

// slowBody gives a byte after each wait, and then nothing until the context ends.
type slowBody struct {
	ctx  context.Context //nolint:containedctx // of the request that it answers
	wait time.Duration
	left int
}

func (b *slowBody) Read(p []byte) (int, error) {
	if b.left == 0 {
		<-b.ctx.Done()
		return 0, b.ctx.Err()
	}
	time.Sleep(b.wait) // of a bubble
	b.left--
	p[0] = 'x'
	return 1, nil
}

// The time limit is one of silence: a file may take as long as it needs.
func TestStreamEndsInSilence(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, err := download(t, roundTripper(func(r *http.Request) (*http.Response, error) {
			return file(200, &slowBody{r.Context(), 9 * time.Second, 100}, "Content-Disposition", "attachment")(r)
		}), wecom.WithTimeout(10*time.Second))
		require.NoError(t, err)
		start := time.Now()
		p := make([]byte, 1)
		for range 50 {
			_, err := s.Read(p)
			require.NoError(t, err)
			time.Sleep(time.Hour) // a reader may be slow as well
		}
		rest, err := io.ReadAll(s)
		require.ErrorIs(t, err, wecom.ErrNoReply)
		require.ErrorIs(t, err, wecom.ErrTransient)
		require.ErrorContains(t, err, path+": no reply: timed out")
		assert.Len(t, rest, 50)
		assert.Equal(t, 100*9*time.Second+50*time.Hour+10*time.Second, time.Since(start))
		require.NoError(t, s.Close())
	})
}

func TestStreamWaitsForTheReplyNoLongerThanItMay(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]roundTripper{
		"no reply": func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		},
		"no beginning": func(r *http.Request) (*http.Response, error) {
			return file(200, &slowBody{ctx: r.Context()})(r)
		},
		"no end of a refusal": func(r *http.Request) (*http.Response, error) {
			return file(500, &slowBody{ctx: r.Context()})(r)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				s, err := download(t, answer, wecom.WithTimeout(10*time.Second))
				require.ErrorContains(t, err, "timed out")
				assert.Nil(t, s)
				assert.Equal(t, 10*time.Second, time.Since(start))
			})
		})
	}
}

func TestStreamEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		c := newClient(t, wecom.WithTransport(roundTripper(func(r *http.Request) (*http.Response, error) {
			return file(200, &slowBody{ctx: r.Context(), left: 1}, "Content-Disposition", "attachment")(r)
		})))
		s, err := wecom.Invoke[wecom.Stream](ctx, c, wecom.Call{Path: path})
		require.NoError(t, err)
		time.AfterFunc(time.Second, cancel)
		_, err = io.ReadAll(s)
		require.ErrorIs(t, err, context.Canceled)
		require.NotErrorIs(t, err, wecom.ErrTransient)
		require.NoError(t, s.Close())
	})
}

func TestStreamThatBreaks(t *testing.T) {
	t.Parallel()
	s, err := download(t, file(200, io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(errors.New("read https://h/p?access_token=canary: broken"))), "Content-Disposition", "attachment"))
	require.NoError(t, err)
	got, err := io.ReadAll(s)
	require.ErrorIs(t, err, wecom.ErrTransient)
	assert.NotContains(t, err.Error(), "canary")
	assert.Equal(t, "abc", string(got))
	require.NoError(t, s.Close())
}

func TestStreamOfNoCall(t *testing.T) {
	t.Parallel()
	var s wecom.Stream
	_, err := s.Read(nil)
	require.Error(t, err)
	require.NoError(t, s.Close())
}

// A refused token is renewed before the file begins.
func TestStreamAfterARefusedToken(t *testing.T) {
	t.Parallel()
	calls := 0
	c := newClient(t, wecom.WithTransport(roundTripper(func(r *http.Request) (*http.Response, error) {
		if calls++; calls == 1 {
			return file(200, strings.NewReader(`{"errcode":42001,"errmsg":"expired"}`))(r)
		}
		return file(200, strings.NewReader("content"), "Content-Disposition", "attachment")(r)
	})))
	s, err := wecom.Invoke[wecom.Stream](t.Context(), c, wecom.Call{Path: path, Auth: auth(wecom.TokenFunc(func(context.Context) (wecom.Token, error) {
		return wecom.Token{Value: "t"}, nil
	}))})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	assert.Equal(t, 2, calls)
}

func TestAccessToken(t *testing.T) {
	t.Parallel()
	source := wecom.TokenFunc(func(context.Context) (wecom.Token, error) { return wecom.Token{Value: "canary-token"}, nil })
	mt, calls := answers(func(r *http.Request) (*http.Response, error) {
		assert.Equal(t, "access_token=canary-token", r.URL.RawQuery)
		return ok()(r)
	})
	api := newClient(t, wecom.WithTransport(mt))
	token, err := wecom.NewAccessToken(api, source)
	require.NoError(t, err)
	r, err := wecom.InvokeAs[result](t.Context(), token, wecom.Call{Path: path})
	require.NoError(t, err)
	assert.Equal(t, "n", r.Name)
	require.NoError(t, wecom.DoAs(t.Context(), token, wecom.Call{Path: path}, nil))
	assert.EqualValues(t, 2, calls.Load())

	for _, other := range []wecom.Auth{auth(source), {Source: source}, {Param: wecom.ParamSuiteAccessToken}} {
		require.ErrorContains(t, token.Do(t.Context(), wecom.Call{Path: path, Auth: other}, nil), "Call.Auth must be empty")
	}
	_, err = wecom.InvokeAs[result](t.Context(), nil, wecom.Call{Path: path})
	require.ErrorContains(t, err, "AccessToken is nil")
	require.ErrorContains(t, wecom.DoAs(t.Context(), otherToken{token}, wecom.Call{Path: path}, nil), `travels as "suite_access_token"`)
	for _, make := range []func() (wecom.AccessToken, error){
		func() (wecom.AccessToken, error) { return wecom.NewAccessToken(nil, source) },
		func() (wecom.AccessToken, error) { return wecom.NewAccessToken(api, nil) },
	} {
		_, err := make()
		require.Error(t, err)
	}
	assert.EqualValues(t, 2, calls.Load())
}

// What works with a secret names itself and nothing of what it holds.
func TestPain21_HoldersOfTokensShowNothing(t *testing.T) {
	t.Parallel()
	api := newClient(t)
	source := api.TokenSource("k", func(context.Context) (wecom.Token, error) { return wecom.NewToken(canary, 7200) })
	held, err := source.Token(t.Context())
	require.NoError(t, err)
	require.Equal(t, canary, held.Value)
	token, err := wecom.NewAccessToken(api, source)
	require.NoError(t, err)
	for name, v := range map[string]any{"wecom.AccessToken": token, "wecom.Client": api, "wecom.MemoryCache": api.Cache(), "wecom.CachedSource(k)": source} {
		assert.Equal(t, strings.Repeat(name+" ", 4), fmt.Sprintf("%v %+v %#v %x ", v, v, v, v))
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("text", "v", v)
		assert.Contains(t, log.String(), name)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("json", "v", v)
		assert.NotContains(t, log.String(), canary)
	}
}

// otherToken is a credential of another kind.
type otherToken struct{ wecom.AccessToken }

func (otherToken) Auth() wecom.Auth { return wecom.Auth{Param: "suite_access_token"} }
