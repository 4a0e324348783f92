package media_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/corp/media"
)

// inTurn gives replies in turn, the last one for ever.
type inTurn struct {
	replies []func() *http.Response
	calls   int
}

func (f *inTurn) RoundTrip(*http.Request) (*http.Response, error) {
	f.calls++
	return f.replies[min(f.calls, len(f.replies))-1](), nil
}

// answer is a reply with a body that breaks after its content, if it breaks.
func answer(status int, contentRange, content string, breaks bool) func() *http.Response {
	return func() *http.Response {
		h := http.Header{"Content-Disposition": {"attachment"}}
		if contentRange != "" {
			h.Set("Content-Range", contentRange)
		}
		var body io.Reader = strings.NewReader(content)
		if breaks {
			body = io.MultiReader(body, iotest.ErrReader(io.ErrUnexpectedEOF))
		}
		return &http.Response{StatusCode: status, Header: h, ContentLength: -1, Body: io.NopCloser(body)}
	}
}

func refused() *http.Response {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"errcode":830002,"errmsg":"too large"}`))}
}

// A platform that does not keep to its own ranges must not spoil a file, nor keep
// the download going for ever.
func TestDownloadFromAnOddPlatform(t *testing.T) {
	t.Parallel()
	const head = "0123456789abcdef"
	for name, tc := range map[string]struct {
		replies []func() *http.Response
		want    string // part of the error
		written string
		calls   int
	}{
		"the file has shrunk": {[]func() *http.Response{answer(200, "", head+"gh", true), answer(200, "", "0123", false)}, "another part of the file", head + "gh", 2},
		"the part has shrunk": {[]func() *http.Response{answer(200, "", head+"gh", true), answer(206, "bytes 16-16/40", "g", false)}, "another part of the file", head + "gh", 2},
		"nothing more comes":  {[]func() *http.Response{refused, answer(206, "bytes 0-15/40", head, false), answer(206, "bytes 16-16/40", "", false)}, "an empty piece", head, 3},
		"the end comes late":  {[]func() *http.Response{refused, answer(206, "bytes 0-15/18", head, false), answer(206, "bytes 16-17/18", "gh", false)}, "", head + "gh", 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				platform := &inTurn{replies: tc.replies}
				var b bytes.Buffer
				d, err := onTransport(t, wecom.WithTransport(platform)).Download(t.Context(), "M1", &b)
				if tc.want == "" {
					require.NoError(t, err)
				} else {
					require.ErrorContains(t, err, tc.want)
				}
				assert.Equal(t, tc.written, b.String())
				assert.EqualValues(t, b.Len(), d.Size)
				assert.Equal(t, tc.calls, platform.calls)
			})
		})
	}
}

func TestDownloadEndsInAPause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		platform := &inTurn{replies: []func() *http.Response{answer(200, "", "0123", true)}}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		d, err := onTransport(t, wecom.WithTransport(platform)).Download(ctx, "M1", io.Discard)
		require.ErrorIs(t, err, wecom.ErrNoReply)
		assert.EqualValues(t, 4, d.Size)
		assert.Equal(t, 1, platform.calls)
	})
}

func TestLongMessagesOfThePlatformAreCut(t *testing.T) {
	t.Parallel()
	c, _ := newClient(t, `{"errcode":0,"status":3,"detail":{"errcode":830001,"errmsg":"`+strings.Repeat("长", 300)+`"}}`)
	_, err := c.WaitUploadByURL(t.Context(), "JOB")
	require.ErrorIs(t, err, media.ErrJobFailed)
	assert.Less(t, len(err.Error()), 600)
}
