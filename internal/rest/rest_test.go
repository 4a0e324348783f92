package rest

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func send(t *testing.T, cfg Config, req Request) (Reply, error) {
	t.Helper()
	if cfg.MaxReply == 0 {
		cfg.MaxReply = 1 << 20
	}
	c, err := New(cfg)
	require.NoError(t, err)
	var got Reply
	err = c.Send(t.Context(), req, func(r Reply) error {
		got = r
		got.Body = bytes.Clone(r.Body)
		return nil
	})
	return got, err
}

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv.URL
}

func TestTheGivenClientIsNotChanged(t *testing.T) {
	t.Parallel()
	address := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
	})
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	hc := &http.Client{Jar: jar, Timeout: time.Minute}
	_, err = send(t, Config{BaseURL: address, HTTPClient: hc, Timeout: time.Second}, Request{Method: "GET", Path: "/"})
	require.NoError(t, err)
	assert.Nil(t, hc.Transport)
	assert.Nil(t, hc.CheckRedirect)
	assert.Equal(t, time.Minute, hc.Timeout)
	assert.Same(t, jar, hc.Jar)
	u, err := url.Parse(address)
	require.NoError(t, err)
	assert.Empty(t, jar.Cookies(u), "the jar of the given client is not used")
}

func TestCookiesAreNotKept(t *testing.T) {
	t.Parallel()
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		assert.Empty(t, r.Cookies())
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
	})
	c, err := New(Config{BaseURL: address, MaxReply: 10})
	require.NoError(t, err)
	for range 2 {
		require.NoError(t, c.Send(t.Context(), Request{Method: "GET", Path: "/"}, func(Reply) error { return nil }))
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	var followed atomic.Bool
	elsewhere := serve(t, func(http.ResponseWriter, *http.Request) { followed.Store(true) })
	for _, status := range []int{301, 302, 303, 307, 308} {
		address := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere, status) })
		for _, method := range []string{"GET", "POST"} { // net/http writes a page for GET only
			reply, err := send(t, Config{BaseURL: address}, Request{Method: method, Path: "/", Query: "access_token=s3cret"})
			require.NoError(t, err)
			assert.Equal(t, status, reply.Status)
		}
	}
	assert.False(t, followed.Load())
}

func TestNothingIsRepeated(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	for _, status := range []int{200, 429, 500, 502, 503} {
		calls.Store(0)
		address := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			calls.Add(1)
			w.WriteHeader(status)
		})
		_, err := send(t, Config{BaseURL: address}, Request{Method: "POST", Path: "/", Body: []byte("{}")})
		require.NoError(t, err)
		assert.EqualValues(t, 1, calls.Load())
	}
}

func TestNothingIsPrinted(t *testing.T) { //nolint:paralleltest // looks at what the process prints
	r, w, err := os.Pipe()
	require.NoError(t, err)
	stderr, stdout := os.Stderr, os.Stdout
	os.Stderr, os.Stdout = w, w
	log.SetOutput(w)
	_, err = send(t, Config{BaseURL: "http://127.0.0.1:1"}, Request{Method: "POST", Path: "/x", Query: "access_token=s3cret"})
	os.Stderr, os.Stdout = stderr, stdout
	log.SetOutput(stderr)
	require.Error(t, err)
	require.NoError(t, w.Close())
	printed, err := io.ReadAll(r)
	require.NoError(t, err)
	assert.Empty(t, string(printed))
}

func TestReplyIsReadWhateverItCallsItself(t *testing.T) {
	t.Parallel()
	for _, contentType := range []string{"application/json", "text/html", "text/plain; charset=utf-8", ""} {
		address := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"] = []string{contentType}
			_, _ = io.WriteString(w, `{"errcode":40014}`)
		})
		reply, err := send(t, Config{BaseURL: address}, Request{Method: "GET", Path: "/"})
		require.NoError(t, err)
		assert.Equal(t, `{"errcode":40014}`, string(reply.Body), contentType)
	}
}

// net/http repeats a GET by itself when a connection that it has kept breaks.
func TestRequestOfOnceIsNotRepeatedByNetHTTP(t *testing.T) {
	t.Parallel()
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		for _, once := range []bool{true, false} {
			var calls atomic.Int64
			address := serve(t, func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				assert.NoError(t, err)
				assert.Empty(t, body)
				assert.Empty(t, r.TransferEncoding)
				if r.URL.Path == "/drop" && calls.Add(1) == 1 {
					conn, _, err := http.NewResponseController(w).Hijack()
					assert.NoError(t, err)
					_ = conn.Close()
				}
			})
			c, err := New(Config{BaseURL: address, MaxReply: 10})
			require.NoError(t, err)
			use := func(Reply) error { return nil }
			require.NoError(t, c.Send(t.Context(), Request{Method: "GET", Path: "/warm"}, use), "a connection is kept")
			err = c.Send(t.Context(), Request{Method: method, Path: "/drop", Once: once}, use)
			if once || method == http.MethodPost {
				require.Error(t, err)
				assert.EqualValues(t, 1, calls.Load())
			} else {
				require.NoError(t, err)
				assert.EqualValues(t, 2, calls.Load(), "if this changes, Once is no longer needed")
			}
		}
	}
}

func TestReplyIsBounded(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]http.HandlerFunc{
		"with length": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 101)) },
		"endless": func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				_, _ = w.Write(make([]byte, 4096))
			}
		},
		"a bomb": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = z.Write(make([]byte, 10<<20))
			_ = z.Close()
		},
	} {
		_, err := send(t, Config{BaseURL: serve(t, h), MaxReply: 100}, Request{Method: "GET", Path: "/"})
		require.ErrorIs(t, err, ErrTooLarge, name)
	}
	exact := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 100)) })
	reply, err := send(t, Config{BaseURL: exact, MaxReply: 100}, Request{Method: "GET", Path: "/"})
	require.NoError(t, err)
	assert.Len(t, reply.Body, 100)
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestErrorsNameNoAddress(t *testing.T) {
	t.Parallel()
	for name, cause := range map[string]error{
		"quotes the address":     errors.New(`GET "https://h/x?access_token=s3cret": refused`),
		"wraps an address error": &url.Error{Op: "Get", URL: "https://h/?t=s3cret", Err: &url.Error{Op: "Get", URL: "https://h/?t=s3cret", Err: io.ErrUnexpectedEOF}},
		"plain":                  io.ErrUnexpectedEOF,
	} {
		_, err := send(t, Config{BaseURL: "https://h", Transport: transport(func(*http.Request) (*http.Response, error) { return nil, cause })},
			Request{Method: "GET", Path: "/x", Query: "access_token=s3cret"})
		require.Error(t, err, name)
		_, ok := errors.AsType[*Error](err)
		assert.True(t, ok, name)
		for e := err; e != nil; e = errors.Unwrap(e) {
			assert.NotContains(t, e.Error(), "s3cret", name)
		}
		_, ok = errors.AsType[*url.Error](err)
		assert.False(t, ok, name)
		if name != "quotes the address" {
			require.ErrorIs(t, err, io.ErrUnexpectedEOF, name)
		}
	}
}

func TestTimeoutStaysATimeout(t *testing.T) {
	t.Parallel()
	_, err := send(t, Config{BaseURL: "https://h", Timeout: time.Millisecond, Transport: transport(func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	})}, Request{Method: "GET", Path: "/x", Query: "access_token=s3cret"})
	require.Error(t, err)
	assert.True(t, isTimeout(err))
	assert.NotContains(t, err.Error(), "s3cret")
}

func TestEndedContextIsTheError(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	c, err := New(Config{BaseURL: "https://h", MaxReply: 1, Transport: transport(func(*http.Request) (*http.Response, error) {
		cancel()
		return nil, errors.New("something else")
	})})
	require.NoError(t, err)
	require.ErrorIs(t, c.Send(ctx, Request{Method: "GET", Path: "/"}, nil), context.Canceled)
}

func TestCutReplyIsAnError(t *testing.T) {
	t.Parallel()
	address := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "{")
	})
	_, err := send(t, Config{BaseURL: address}, Request{Method: "GET", Path: "/"})
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}

func TestBaseURL(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"https://h": "https://h", "http://127.0.0.1:8080/": "http://127.0.0.1:8080", "https://h/wecom/": "https://h/wecom",
	} {
		got, err := ParseBaseURL(in)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	for _, bad := range []string{"", "h", "//h", "ftp://h", "https://", "https://u:s3cret@h", "https://h?x=1", "https://h?", "https://h#f", "https://h\x00", "%zz"} {
		_, err := ParseBaseURL(bad)
		require.Error(t, err, bad)
		assert.NotContains(t, err.Error(), "s3cret")
	}
}

func TestBasePathIsKept(t *testing.T) {
	t.Parallel()
	address := serve(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.URL.String()) })
	reply, err := send(t, Config{BaseURL: address + "/proxy/"}, Request{Method: "GET", Path: "/cgi-bin/{x}", Query: "a=1"})
	require.NoError(t, err)
	assert.True(t, strings.HasPrefix(string(reply.Body), "/proxy/cgi-bin/"), string(reply.Body))
	assert.True(t, strings.HasSuffix(string(reply.Body), "?a=1"))
}
