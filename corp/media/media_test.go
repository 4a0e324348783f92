package media_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/corp/media"
)

const (
	mb       = 1 << 20
	uploaded = `{"errcode":0,"errmsg":"","type":"file","media_id":"M1","created_at":"1380000000","url":"http://p.example"}`
)

func TestUpload(t *testing.T) {
	t.Parallel()
	c, u := newClient(t, uploaded)
	r, err := c.Upload(t.Context(), media.File, wecom.File{Name: "报告.pdf", Size: 6, Reader: strings.NewReader("mytext and what the size leaves out")})
	require.NoError(t, err)
	assert.Equal(t, &media.UploadResponse{Type: media.File, MediaID: "M1", CreatedAt: 1380000000}, r)
	got := u.Requests()
	require.Len(t, got, 1)
	assert.Equal(t, "type=file", got[0].Query.Encode())
	_, params, err := mime.ParseMediaType(got[0].ContentType)
	require.NoError(t, err)
	part, err := multipart.NewReader(strings.NewReader(got[0].Body), params["boundary"]).NextPart()
	require.NoError(t, err)
	assert.Contains(t, part.Header.Get("Content-Disposition"), `filename="报告.pdf"`, "raw UTF-8: the platform decodes nothing")
	content, err := io.ReadAll(part)
	require.NoError(t, err)
	assert.Equal(t, "mytext", string(content))
}

func TestUploadLimits(t *testing.T) {
	t.Parallel()
	type upload = func(ctx context.Context, c *media.Client, kind media.Type, file wecom.File) error
	byMethod := map[string]upload{
		"Upload": func(ctx context.Context, c *media.Client, kind media.Type, file wecom.File) error {
			_, err := c.Upload(ctx, kind, file)
			return err
		},
		"UploadImg": func(ctx context.Context, c *media.Client, _ media.Type, file wecom.File) error {
			_, err := c.UploadImg(ctx, file)
			return err
		},
		"UploadAttachment": func(ctx context.Context, c *media.Client, kind media.Type, file wecom.File) error {
			_, err := c.UploadAttachment(ctx, kind, media.ForMoments, file)
			return err
		},
	}
	for _, tc := range []struct {
		method string
		kind   media.Type
		most   int64 // 0: not allowed
	}{
		{"Upload", media.Image, 10 * mb},
		{"Upload", media.Voice, 2 * mb},
		{"Upload", media.Video, 10 * mb},
		{"Upload", media.File, 20 * mb},
		{"Upload", "pdf", 0},
		{"Upload", "", 0},
		{"UploadImg", media.Image, 2 * mb},
		{"UploadAttachment", media.Image, 10 * mb},
		{"UploadAttachment", media.Video, 10 * mb},
		{"UploadAttachment", media.File, 10 * mb},
		{"UploadAttachment", media.Voice, 0},
	} {
		c, u := newClient(t, uploaded)
		send := func(size int64) error {
			return byMethod[tc.method](t.Context(), c, tc.kind, wecom.File{Name: "f", Size: size, Reader: io.LimitReader(zeros{}, size)})
		}
		for _, size := range []int64{-1, 0, 5, tc.most + 1} {
			err := send(size)
			fault, ok := errors.AsType[*media.FieldError](err)
			require.True(t, ok, "%s %s of %d: %v", tc.method, tc.kind, size, err)
			assert.Contains(t, []string{"Type", "File.Size"}, fault.Field)
		}
		assert.Empty(t, u.Requests())
		if tc.most > 0 {
			require.NoError(t, send(6))
			require.NoError(t, send(tc.most))
		}
	}
	c, u := newClient(t, uploaded)
	_, err := c.UploadAttachment(t.Context(), media.Image, 0, exampleFile())
	require.ErrorContains(t, err, "Attachment is missing")
	assert.Empty(t, u.Requests())
}

// zeros is a file without an end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestCreatedAtTakesBothForms(t *testing.T) {
	t.Parallel()
	for _, in := range []string{`{"created_at":"1380000000"}`, `{"created_at":1380000000}`} {
		var r media.UploadResponse
		require.NoError(t, json.Unmarshal([]byte(in), &r))
		assert.EqualValues(t, 1380000000, r.CreatedAt)
		var a media.UploadAttachmentResponse
		require.NoError(t, json.Unmarshal([]byte(in), &a))
		assert.EqualValues(t, 1380000000, a.CreatedAt)
		var d media.UploadDetail
		require.NoError(t, json.Unmarshal([]byte(in), &d))
		assert.EqualValues(t, 1380000000, d.CreatedAt)
	}
	for _, v := range []any{new(media.UploadResponse), new(media.UploadAttachmentResponse), new(media.UploadDetail)} {
		require.Error(t, json.Unmarshal([]byte(`{"created_at":[]}`), v))
	}
}

func TestUploadByURLLimits(t *testing.T) {
	t.Parallel()
	good := media.UploadByURLRequest{Scene: media.SceneGroupWelcome, Type: media.File, FileName: "f", URL: "https://a.example/f", MD5: "m"}
	for field, edit := range map[string]func(r *media.UploadByURLRequest){
		"Scene":    func(r *media.UploadByURLRequest) { r.Scene = 0 },
		"Type":     func(r *media.UploadByURLRequest) { r.Type = media.Image },
		"FileName": func(r *media.UploadByURLRequest) { r.FileName = strings.Repeat("x", 129) },
		"URL":      func(r *media.UploadByURLRequest) { r.URL = "ftp://a.example" },
		"MD5":      func(r *media.UploadByURLRequest) { r.MD5 = strings.Repeat("0", 33) },
	} {
		c, u := newClient(t, `{"errcode":0,"jobid":"j"}`)
		bad := good
		edit(&bad)
		_, err := c.UploadByURL(t.Context(), bad)
		fault, ok := errors.AsType[*media.FieldError](err)
		require.True(t, ok, field)
		assert.Equal(t, field, fault.Field)
		assert.Empty(t, u.Requests())
		_, err = c.UploadByURL(t.Context(), good)
		require.NoError(t, err)
	}
	c, _ := newClient(t, uploaded)
	_, err := c.GetUploadByURLResult(t.Context(), "")
	require.ErrorContains(t, err, "JobID is missing")
}

func TestWaitUploadByURL(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, u := newClient(t, `{"errcode":0,"status":1}`, `{"errcode":0,"status":1,"detail":{}}`,
			`{"errcode":0,"status":2,"detail":{"errcode":0,"errmsg":"ok","media_id":"M1","created_at":1380000000}}`)
		start := time.Now()
		detail, err := c.WaitUploadByURL(t.Context(), "JOB")
		require.NoError(t, err)
		assert.Equal(t, "M1", detail.MediaID)
		assert.Positive(t, time.Since(start))
		assert.Len(t, u.Requests(), 3)
	})
}

// The outer errcode is 0 although the job failed.
func TestWaitUploadByURLOfAJobThatFails(t *testing.T) {
	t.Parallel()
	for reply, want := range map[string]error{
		`{"errcode":0,"status":3,"detail":{"errcode":301019,"errmsg":"md5 not match"}}`: wecom.Code(301019),

		`{"errcode":0,"status":2,"detail":{"errcode":830003,"errmsg":"download"}}`: wecom.Code(830003),

		`{"errcode":0,"status":3,"detail":{"errcode":0}}`: media.ErrJobFailed,
		`{"errcode":0,"status":2}`:                        media.ErrJobFailed,
		`{"errcode":0,"status":9}`:                        media.ErrJobFailed,
	} {
		c, u := newClient(t, reply)
		detail, err := c.WaitUploadByURL(t.Context(), "JOB")
		require.ErrorIs(t, err, media.ErrJobFailed, reply)
		require.ErrorIs(t, err, want, reply)
		assert.Nil(t, detail)
		assert.Len(t, u.Requests(), 1)
	}
	c, _ := newClient(t, `{"errcode":60011,"errmsg":"no"}`)
	_, err := c.WaitUploadByURL(t.Context(), "JOB")
	require.ErrorIs(t, err, wecom.Code(60011))
	require.NotErrorIs(t, err, media.ErrJobFailed)
}

// storage serves one file, as the platform does.
type storage struct {
	content  []byte
	whole    int64 // largest reply without Range; 0: no limit
	breakAt  []int // after how many bytes the n-th reply breaks; 0: not
	noRange  bool  // Range is passed over
	noTotal  bool  // Content-Range does not say how long the file is
	shift    int64 // pieces begin that much later than they should
	requests []string
}

func (s *storage) RoundTrip(r *http.Request) (*http.Response, error) {
	span := r.Header.Get("Range")
	s.requests = append(s.requests, span)
	refused := func(text string) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(text)), Request: r}, nil
	}
	header := http.Header{
		"Content-Disposition": {`attachment; filename="报告.pdf"`},
		"Content-Type":        {"application/pdf"},
	}
	body, status := s.content, http.StatusOK
	if span == "" || s.noRange {
		if s.whole > 0 && int64(len(body)) > s.whole {
			return refused(`{"errcode":830002,"errmsg":"file too large"}`)
		}
	} else {
		var from, to int64
		if _, err := fmt.Sscanf(span, "bytes=%d-%d", &from, &to); err != nil || to-from+1 > 20*mb || from >= int64(len(body)) {
			return refused(`{"errcode":830002,"errmsg":"range"}`)
		}
		to = min(to+1, int64(len(body)))
		body, status = body[from:to], http.StatusPartialContent
		total := strconv.Itoa(len(s.content))
		if s.noTotal {
			total = "*"
		}
		header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%s", from+s.shift, to-1, total))
	}
	res := &http.Response{
		StatusCode: status, Header: header, ContentLength: int64(len(body)), Request: r,
		Body: io.NopCloser(bytes.NewReader(body)),
	}
	if n := len(s.requests); n <= len(s.breakAt) && s.breakAt[n-1] > 0 {
		res.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body[:s.breakAt[n-1]]), iotest.ErrReader(io.ErrUnexpectedEOF)))
	}
	return res, nil
}

func newStorage(t *testing.T, s *storage) *media.Client {
	t.Helper()
	return onTransport(t, wecom.WithTransport(s))
}

func onTransport(t *testing.T, opt wecom.Option) *media.Client {
	t.Helper()
	api, err := wecom.New(opt)
	require.NoError(t, err)
	token, err := wecom.NewAccessToken(api, wecom.TokenFunc(func(context.Context) (wecom.Token, error) {
		return wecom.Token{Value: "token"}, nil
	}))
	require.NoError(t, err)
	return media.New(token)
}

// pattern is n bytes that differ from place to place.
func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i>>16) ^ byte(i>>8)*7 ^ byte(i)*31
	}
	return b
}

func TestGet(t *testing.T) {
	t.Parallel()
	s := &storage{content: []byte("the content")}
	c := newStorage(t, s)
	stream, err := c.Get(t.Context(), "M1")
	require.NoError(t, err)
	defer func() { require.NoError(t, stream.Close()) }()
	assert.Equal(t, "报告.pdf", stream.Name)
	assert.Equal(t, "application/pdf", stream.ContentType)
	assert.EqualValues(t, 11, stream.Size)
	assert.False(t, stream.Partial)
	content, err := io.ReadAll(stream)
	require.NoError(t, err)
	assert.Equal(t, "the content", string(content))

	part, err := c.GetRange(t.Context(), "M1", 4, 3)
	require.NoError(t, err)
	content, err = io.ReadAll(part)
	require.NoError(t, err)
	require.NoError(t, part.Close())
	assert.Equal(t, "con", string(content))
	assert.True(t, part.Partial)
	assert.EqualValues(t, 4, part.Offset)
	assert.EqualValues(t, 11, part.Total)
	assert.EqualValues(t, 3, part.Size)
	assert.Equal(t, []string{"", "bytes=4-6"}, s.requests)
}

func TestGetChecksItsInput(t *testing.T) {
	t.Parallel()
	c, u := newClient(t, uploaded)
	_, err := c.Get(t.Context(), "")
	require.ErrorContains(t, err, "MediaID is missing")
	_, err = c.GetJSSDK(t.Context(), "")
	require.ErrorContains(t, err, "MediaID is missing")
	_, err = c.GetRange(t.Context(), "M", -1, 1)
	require.ErrorContains(t, err, "offset")
	for _, n := range []int64{0, 20*mb + 1} {
		_, err = c.GetRange(t.Context(), "M", 0, n)
		require.ErrorContains(t, err, "are allowed")
	}
	assert.Empty(t, u.Requests())
}

// compare takes what it begins with, and nothing else.
type compare []byte

func (c *compare) Write(p []byte) (int, error) {
	if !bytes.HasPrefix(*c, p) {
		return 0, errors.New("the content is another")
	}
	*c = (*c)[len(p):]
	return len(p), nil
}

func TestDownload(t *testing.T) {
	t.Parallel()
	content := pattern(45*mb + 7)
	for name, tc := range map[string]struct {
		storage  *storage
		size     int
		requests []string
	}{
		"in one piece":          {&storage{}, 1000, []string{""}},
		"in pieces":             {&storage{whole: 20 * mb}, 45*mb + 7, []string{"", "bytes=0-20971519", "bytes=20971520-41943039", "bytes=41943040-47185926"}},
		"a multiple":            {&storage{whole: 20 * mb}, 40 * mb, []string{"", "bytes=0-20971519", "bytes=20971520-41943039"}},
		"without a total":       {&storage{whole: 20 * mb, noTotal: true}, 20*mb + 7, []string{"", "bytes=0-20971519", "bytes=20971520-41943039"}},
		"a break":               {&storage{breakAt: []int{500}}, 1000, []string{"", "bytes=496-999"}},
		"a break at once":       {&storage{breakAt: []int{7, 9}}, 1000, []string{"", "", ""}},
		"a break without range": {&storage{breakAt: []int{500}, noRange: true}, 1000, []string{"", "bytes=496-999"}},
		"breaks and progress":   {&storage{breakAt: []int{100, 200, 300, 100}}, 1000, []string{"", "bytes=96-999", "bytes=288-999", "bytes=576-999", "bytes=672-999"}},
		"a break between":       {&storage{whole: 20 * mb, breakAt: []int{0, 0, 33}}, 21 * mb, []string{"", "bytes=0-20971519", "bytes=20971520-22020095", "bytes=20971552-22020095"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.storage.content = content[:tc.size]
			synctest.Test(t, func(t *testing.T) {
				c := newStorage(t, tc.storage)
				var got compare = tc.storage.content
				d, err := c.Download(t.Context(), "M1", &got)
				require.NoError(t, err)
				assert.Equal(t, &media.Downloaded{Name: "报告.pdf", ContentType: "application/pdf", Size: int64(tc.size)}, d)
				assert.Empty(t, got, "all of it was written")
				assert.Equal(t, tc.requests, tc.storage.requests)
			})
		})
	}
}

var errFull = errors.New("disk full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestDownloadFails(t *testing.T) {
	t.Parallel()
	t.Run("refused", func(t *testing.T) {
		t.Parallel()
		c, u := newClient(t, `{"errcode":40007,"errmsg":"invalid media_id"}`)
		d, err := c.Download(t.Context(), "M1", io.Discard)
		require.ErrorIs(t, err, wecom.Code(40007))
		assert.Zero(t, d.Size)
		assert.Len(t, u.Requests(), 1)
	})
	t.Run("no piece either", func(t *testing.T) {
		t.Parallel()
		c, u := newClient(t, `{"errcode":830002,"errmsg":"too large"}`)
		_, err := c.Download(t.Context(), "M1", io.Discard)
		require.ErrorIs(t, err, wecom.Code(830002))
		assert.Len(t, u.Requests(), 2)
	})
	t.Run("the writer", func(t *testing.T) {
		t.Parallel()
		s := &storage{content: pattern(100)}
		_, err := newStorage(t, s).Download(t.Context(), "M1", full{})
		require.ErrorIs(t, err, errFull)
		assert.Len(t, s.requests, 1)
	})
	t.Run("another part", func(t *testing.T) {
		t.Parallel()
		s := &storage{content: pattern(21 * mb), whole: 20 * mb, shift: 16}
		var b bytes.Buffer
		_, err := newStorage(t, s).Download(t.Context(), "M1", &b)
		require.ErrorContains(t, err, "another part of the file")
		assert.Zero(t, b.Len())
	})
	t.Run("it breaks again and again", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s := &storage{content: pattern(1000), breakAt: []int{160, 1, 1, 1, 1, 1}}
			var b bytes.Buffer
			d, err := newStorage(t, s).Download(t.Context(), "M1", &b)
			require.ErrorIs(t, err, wecom.ErrNoReply)
			assert.EqualValues(t, 161, d.Size)
			assert.Equal(t, pattern(1000)[:161], b.Bytes(), "what was written is right")
			assert.Equal(t, []string{"", "bytes=160-999", "bytes=160-999", "bytes=160-999"}, s.requests)
		})
	})
	t.Run("the context ends", func(t *testing.T) {
		t.Parallel()
		s := &storage{content: pattern(1000), breakAt: []int{160}}
		ctx, cancel := context.WithCancel(t.Context())
		_, err := newStorage(t, s).Download(ctx, "M1", writerFunc(func(p []byte) (int, error) {
			cancel()
			return len(p), nil
		}))
		require.Error(t, err)
		assert.Len(t, s.requests, 1)
	})
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// A file is not held in memory, and the connection serves the next call.
func TestDownloadOverASocket(t *testing.T) { //nolint:paralleltest // it measures what is allocated
	content := pattern(20 * mb)
	var connections atomic.Int64
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Disposition", `attachment; filename="f"`)
		_, _ = w.Write(content)
	}))
	srv.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	srv.Start()
	t.Cleanup(srv.Close)
	c := onTransport(t, wecom.WithBaseURL(srv.URL))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 2 {
		var got compare = content
		_, err := c.Download(t.Context(), "M1", &got)
		require.NoError(t, err)
		assert.Empty(t, got)
	}
	runtime.ReadMemStats(&after)
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(2*mb))
	assert.EqualValues(t, 1, connections.Load())
}
