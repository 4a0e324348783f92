package wecom_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
)

// onlyReader hides all but Read.
type onlyReader struct{ io.Reader }

// uploadServer refuses the first refusals calls and looks at what arrives.
func uploadServer(t *testing.T, refusals int64, name, content string) (address string, calls *atomic.Int64) {
	t.Helper()
	calls = new(atomic.Int64)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Positive(t, r.ContentLength, "not chunked")
		form, err := r.MultipartReader()
		if !assert.NoError(t, err) {
			return
		}
		part, err := form.NextPart()
		if !assert.NoError(t, err) {
			return
		}
		disposition := part.Header.Get("Content-Disposition")
		assert.Contains(t, disposition, `filename="`+name+`"`, "raw UTF-8, no filename*")
		assert.Equal(t, "media", part.FormName())
		got, err := io.ReadAll(part)
		assert.NoError(t, err)
		assert.Equal(t, content, string(got))
		_, err = form.NextPart()
		assert.ErrorIs(t, err, io.EOF)
		if calls.Add(1) <= refusals {
			_, _ = io.WriteString(w, `{"errcode":42001,"errmsg":"expired"}`)
			return
		}
		_, _ = io.WriteString(w, `{"errcode":0,"errmsg":"ok","name":"n"}`)
	}))
	t.Cleanup(srv.Close)
	return srv.URL, calls
}

func TestUploadStreamsOnePart(t *testing.T) {
	t.Parallel()
	address, calls := uploadServer(t, 0, `报告 \"2026\".pdf`, "content")
	var sent int
	api := newClient(t, wecom.WithBaseURL(address), wecom.WithObserver(func(_ context.Context, info wecom.CallInfo) { sent = info.RequestBytes }))
	for name, reader := range map[string]io.Reader{
		"longer than Size":         strings.NewReader("content and more"),
		"ends with its last bytes": iotest.DataErrReader(strings.NewReader("content")),
		"gives little at a time":   iotest.OneByteReader(strings.NewReader("content")),
	} {
		file := &wecom.File{Name: `报告 "2026".pdf`, Size: 7, Reader: onlyReader{reader}}
		got, err := wecom.Invoke[result](t.Context(), api, wecom.Call{Path: path, File: file})
		require.NoError(t, err, name)
		assert.Equal(t, "n", got.Name)
		assert.Greater(t, sent, 7, "the file and the form around it")
	}
	assert.EqualValues(t, 3, calls.Load())
}

func TestUploadIsRepeatedAfterARefusalIfItCanBe(t *testing.T) {
	t.Parallel()
	address, calls := uploadServer(t, 1, "a.txt", "content")
	api := newClient(t, wecom.WithBaseURL(address))
	p := &issuer{}
	reader := strings.NewReader("skipped content")
	_, err := reader.Seek(8, io.SeekStart)
	require.NoError(t, err)
	call := wecom.Call{Path: path, Auth: auth(api.TokenSource("k", p.fetch)), File: &wecom.File{Name: "a.txt", Size: 7, Reader: reader}}
	require.NoError(t, api.Do(t.Context(), call, nil))
	assert.EqualValues(t, 2, calls.Load())

	address, calls = uploadServer(t, 1, "a.txt", "content")
	api = newClient(t, wecom.WithBaseURL(address))
	call = wecom.Call{Path: path, Auth: auth(api.TokenSource("k", p.fetch)), File: &wecom.File{Name: "a.txt", Size: 7, Reader: onlyReader{strings.NewReader("content")}}}
	fetched := p.count()
	require.ErrorIs(t, api.Do(t.Context(), call, nil), wecom.ErrTokenRejected)
	assert.EqualValues(t, 1, calls.Load())
	_, err = call.Auth.Source.Token(t.Context())
	require.NoError(t, err)
	assert.Equal(t, fetched+2, p.count(), "the refused token is not used again")
}

// brokenSeeker fails the seeks that are not to be had.
type brokenSeeker struct {
	io.Reader
	good int // seeks that work
}

func (s *brokenSeeker) Seek(int64, int) (int64, error) {
	if s.good--; s.good < 0 {
		return 0, errors.New("disk is gone")
	}
	return 0, nil
}

func TestUploadThatCannotBeReadAgainFails(t *testing.T) {
	t.Parallel()
	for good, sent := range map[int]int64{0: 0, 1: 1} {
		mt, calls := answers(refusal(42001), ok())
		api := newClient(t, wecom.WithTransport(mt))
		p := &issuer{}
		file := &wecom.File{Name: "a.txt", Size: 7, Reader: &brokenSeeker{strings.NewReader("content"), good}}
		err := api.Do(t.Context(), wecom.Call{Path: path, Auth: auth(api.TokenSource("k", p.fetch)), File: file}, nil)
		require.ErrorContains(t, err, "wecom: "+path)
		require.ErrorContains(t, err, "disk is gone")
		assert.Equal(t, sent, calls.Load())
	}
}

// A server that answers before it has read the whole file: the next attempt and
// the caller have the reader for themselves.
func TestUploadIsOverWhenItIsAnswered(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if calls.Add(1) == 1 {
			_, _ = io.WriteString(w, `{"errcode":42001,"errmsg":"expired"}`)
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, `{"errcode":0}`)
	}))
	t.Cleanup(srv.Close)
	api := newClient(t, wecom.WithBaseURL(srv.URL))
	p := &issuer{}
	reader := bytes.NewReader(make([]byte, 4<<20))
	call := wecom.Call{Path: path, Auth: auth(api.TokenSource("k", p.fetch)), File: &wecom.File{Name: "a", Size: reader.Size(), Reader: reader}}
	require.NoError(t, api.Do(t.Context(), call, nil))
	_, err := reader.Seek(0, io.SeekStart) // races with nothing
	require.NoError(t, err)
}

func TestUploadRefusesBadFiles(t *testing.T) {
	t.Parallel()
	mt, calls := answers(ok())
	api := newClient(t, wecom.WithTransport(mt))
	good := strings.NewReader("content")
	for name, file := range map[string]*wecom.File{
		"no reader": {Name: "a", Size: 7}, "no size": {Name: "a", Reader: good}, "no name": {Size: 7, Reader: good},
		"slash": {Name: "/a", Size: 7, Reader: good}, "backslash": {Name: `a\b`, Size: 7, Reader: good},
		"control": {Name: "a\x1fb", Size: 7, Reader: good}, "delete": {Name: "a\x7fb", Size: 7, Reader: good},
		"colon": {Name: "a:b", Size: 7, Reader: good}, "line break": {Name: "a\r\nX: y", Size: 7, Reader: good},
	} {
		require.Error(t, api.Do(t.Context(), wecom.Call{Path: path, File: file}, nil), name)
	}
	require.Error(t, api.Do(t.Context(), wecom.Call{Path: path, Body: 1, File: &wecom.File{Name: "a", Size: 7, Reader: good}}, nil))
	require.Error(t, api.Do(t.Context(), wecom.Call{Path: path, Method: "GET", File: &wecom.File{Name: "a", Size: 7, Reader: good}}, nil))
	assert.Zero(t, calls.Load())
}

func TestUploadOfAShortFileFails(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	t.Cleanup(srv.Close)
	err := newClient(t, wecom.WithBaseURL(srv.URL)).Do(t.Context(), wecom.Call{Path: path, File: &wecom.File{Name: "a", Size: 100, Reader: strings.NewReader("content")}}, nil)
	require.ErrorContains(t, err, "shorter than its Size")
}

// zeros never ends.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestUploadDoesNotHoldTheFileInMemory(t *testing.T) { //nolint:paralleltest // counts allocations
	const size = 16 << 20
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		assert.NoError(t, err)
		assert.Greater(t, n, int64(size))
		_, _ = io.WriteString(w, `{}`)
	}))
	defer srv.Close()
	api := newClient(t, wecom.WithBaseURL(srv.URL))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	require.NoError(t, api.Do(t.Context(), wecom.Call{Path: path, File: &wecom.File{Name: "a", Size: size, Reader: zeros{}}}, nil))
	runtime.ReadMemStats(&after)
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(2<<20))
}
