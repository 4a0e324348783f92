package rest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// replying gives each request a reply with this body.
func replying(header http.Header, body io.Reader) transport {
	return func(r *http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: http.StatusOK, Header: header, Request: r, ContentLength: -1,
			Body: struct {
				io.Reader
				io.Closer
			}{untilDone{r.Context(), body}, io.NopCloser(nil)},
		}, nil
	}
}

// untilDone ends with its context, as the body of a reply does.
type untilDone struct {
	ctx context.Context //nolint:containedctx // A body has that of its request.
	r   io.Reader
}

func (u untilDone) Read(p []byte) (int, error) {
	type result struct {
		n   int
		err error
	}
	read := make(chan result, 1)
	go func() {
		n, err := u.r.Read(p)
		read <- result{n, err}
	}()
	select {
	case got := <-read:
		return got.n, got.err
	case <-u.ctx.Done():
		return 0, u.ctx.Err()
	}
}

// slow waits before each read, and gives a byte at a time.
type slow struct {
	r    io.Reader
	wait time.Duration
}

func (s slow) Read(p []byte) (int, error) {
	time.Sleep(s.wait)
	return s.r.Read(p[:min(1, len(p))])
}

var attachment = http.Header{"Content-Disposition": {"attachment"}}

// get asks for what may be a file: all that has an attachment, or begins with "F".
func get(ctx context.Context, t *testing.T, cfg Config) (Reply, error) {
	t.Helper()
	cfg.BaseURL, cfg.MaxReply = "https://h", 1<<20
	c, err := New(cfg)
	require.NoError(t, err)
	var got Reply
	err = c.Send(ctx, Request{
		Method: "GET", Path: "/", Query: "access_token=s3cret",
		IsFile: func(_ int, header http.Header, start []byte) bool {
			return header.Get("Content-Disposition") != "" || strings.HasPrefix(string(start), "F")
		},
	}, func(r Reply) error {
		got = r
		got.Body = append([]byte(nil), r.Body...)
		return nil
	})
	return got, err
}

func TestFileIsHandedOverUnread(t *testing.T) {
	t.Parallel()
	long := "F" + strings.Repeat("x", 100_000)
	for _, header := range []http.Header{attachment, {}} {
		reply, err := get(t.Context(), t, Config{Transport: replying(header, strings.NewReader(long))})
		require.NoError(t, err)
		require.NotNil(t, reply.File)
		assert.EqualValues(t, -1, reply.Length)
		assert.Empty(t, reply.Body)
		got, err := io.ReadAll(reply.File)
		require.NoError(t, err)
		assert.Equal(t, long, string(got), "with the beginning that was looked at")
		require.NoError(t, reply.File.Close())
	}
}

func TestReplyThatIsNoFileIsRead(t *testing.T) {
	t.Parallel()
	long := "{" + strings.Repeat("x", 100_000)
	for _, body := range []string{long, "", "{}"} {
		reply, err := get(t.Context(), t, Config{Transport: replying(http.Header{}, strings.NewReader(body))})
		require.NoError(t, err)
		assert.Nil(t, reply.File)
		assert.Equal(t, body, string(reply.Body))
	}
}

func TestFileThatBreaksIsAnErrorWithoutAddress(t *testing.T) {
	t.Parallel()
	broken := func() io.Reader {
		return io.MultiReader(strings.NewReader("F"), iotest.ErrReader(errors.New("reading https://h/?access_token=s3cret: reset")))
	}
	_, err := get(t.Context(), t, Config{Transport: replying(http.Header{}, broken())})
	requireLost(t, err)
	reply, err := get(t.Context(), t, Config{Transport: replying(attachment, broken())})
	require.NoError(t, err)
	_, err = io.ReadAll(reply.File)
	requireLost(t, err)
	_, err = get(t.Context(), t, Config{Transport: transport(func(*http.Request) (*http.Response, error) { return nil, errors.New("refused") })})
	requireLost(t, err)
}

func requireLost(t *testing.T, err error) {
	t.Helper()
	_, ok := errors.AsType[*Error](err)
	require.True(t, ok, "%v", err)
	require.NotContains(t, err.Error(), "s3cret")
}

// A large file takes longer than any limit; silence does not.
func TestDownloadIsLimitedBySilence(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := Config{Timeout: time.Second, Transport: replying(attachment, slow{strings.NewReader("0123456789"), 900 * time.Millisecond})}
		reply, err := get(t.Context(), t, cfg)
		require.NoError(t, err)
		start := time.Now()
		time.Sleep(time.Hour) // the reader's own time does not count
		got, err := io.ReadAll(reply.File)
		require.NoError(t, err)
		assert.Equal(t, "0123456789", string(got))
		assert.Equal(t, time.Hour+11*900*time.Millisecond, time.Since(start))

		cfg.Transport = replying(attachment, slow{strings.NewReader("0"), 1100 * time.Millisecond})
		reply, err = get(t.Context(), t, cfg)
		require.NoError(t, err)
		start = time.Now()
		_, err = reply.File.Read(make([]byte, 1))
		requireLost(t, err)
		assert.True(t, isTimeout(err))
		assert.Equal(t, time.Second, time.Since(start))

		cfg.Transport = transport(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		start = time.Now()
		_, err = get(t.Context(), t, cfg)
		requireLost(t, err)
		assert.True(t, isTimeout(err))
		assert.Equal(t, time.Second, time.Since(start), "the wait for the reply")
		time.Sleep(2 * time.Second) // the readers that were left behind come to their end
	})
}

func TestDownloadEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		cfg := Config{Timeout: time.Minute, Transport: replying(attachment, slow{strings.NewReader("0"), 2 * time.Second})}
		reply, err := get(ctx, t, cfg)
		require.NoError(t, err)
		_, err = reply.File.Read(make([]byte, 1))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, context.DeadlineExceeded, err, "nothing was lost: the caller has had enough")
		time.Sleep(2 * time.Second)
	})
}

// upload sends content through rt.
func upload(t *testing.T, rt transport, content io.Reader, size int64) error {
	t.Helper()
	_, err := send(t, Config{BaseURL: "https://h", Timeout: time.Second, Transport: rt},
		Request{Method: "POST", Path: "/", Stream: content, StreamSize: size, StreamType: "text/plain", Once: true})
	return err
}

func TestUploadIsSentAsItIs(t *testing.T) {
	t.Parallel()
	require.NoError(t, upload(t, func(r *http.Request) (*http.Response, error) {
		got, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		assert.Equal(t, "content", string(got))
		assert.EqualValues(t, 7, r.ContentLength)
		assert.Equal(t, "text/plain", r.Header.Get("Content-Type"))
		return replying(http.Header{}, strings.NewReader("{}"))(r)
	}, strings.NewReader("content"), 7))
}

// The limit of an attempt has a second more for each 32 KB of a file.
func TestLargeUploadHasMoreTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hanging := func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}
		for size, limit := range map[int64]time.Duration{1: time.Second, 32<<10 - 1: time.Second, 64 << 10: 3 * time.Second} {
			start := time.Now()
			err := upload(t, hanging, strings.NewReader(""), size)
			requireLost(t, err)
			assert.Equal(t, limit, time.Since(start), size)
		}
	})
}

// A reply may come while the file is still being sent: whoever gets it has the
// reader of the file for himself.
func TestReaderIsLeftAloneAfterTheReply(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var body io.Reader
		early := func(r *http.Request) (*http.Response, error) {
			body = r.Body
			go func() { _, _ = r.Body.Read(make([]byte, 1)) }()
			synctest.Wait() // the read is under way
			return replying(http.Header{}, strings.NewReader("{}"))(r)
		}
		start := time.Now()
		require.NoError(t, upload(t, early, slow{strings.NewReader("content"), 500 * time.Millisecond}, 7))
		assert.Equal(t, 500*time.Millisecond, time.Since(start), "the read under way is waited for")
		_, err := body.Read(make([]byte, 1))
		require.ErrorContains(t, err, "the request is over")

		// A reader that hangs is not waited for longer than the attempt may take.
		start = time.Now()
		require.NoError(t, upload(t, early, slow{strings.NewReader("content"), time.Minute}, 7))
		assert.Equal(t, time.Second, time.Since(start))
		time.Sleep(time.Minute)
	})
}
