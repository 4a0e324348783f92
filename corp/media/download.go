package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/url"
	"time"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/valid"
)

// Get returns a file as it arrives (获取临时素材): one that an app of the corp has
// uploaded, or that came with a message. Close it. For files that may exceed 20 MB
// take [Client.Download].
//
// Open to third-party apps and customised apps. Errors: 40007 the id is unknown or
// older than 3 days, 830002 the file is too large to come in one piece. Repeated
// after a failure of the platform only until the file begins to arrive.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90390 and
// https://developer.work.weixin.qq.com/document/path/96486
//
//wecom:endpoint GET /cgi-bin/media/get
func (c *Client) Get(ctx context.Context, mediaID string) (*wecom.Stream, error) {
	return c.piece(ctx, mediaID, "")
}

// GetRange is [Client.Get] for the bytes from offset on, n of them or as many as
// there are: at most 20 MB. Under encrypted storage (加密存储) the platform may want a
// piece other than the last to be a multiple of 16 bytes. [wecom.Stream.Partial]
// says whether the platform has heeded the range.
func (c *Client) GetRange(ctx context.Context, mediaID string, offset, n int64) (*wecom.Stream, error) {
	var v valid.Checks
	v.That(offset >= 0, "offset", "is negative")
	v.Between("n", n, 1, piece)
	if err := v.Err("media: GetRange"); err != nil {
		return nil, err
	}
	return c.piece(ctx, mediaID, span(offset, n))
}

// piece is what the platform gives out at a time; a multiple of 16.
const piece = 20 * mb

func span(offset, n int64) string { return fmt.Sprintf("bytes=%d-%d", offset, offset+n-1) }

func (c *Client) piece(ctx context.Context, mediaID, span string) (*wecom.Stream, error) {
	var v valid.Checks
	v.Set("MediaID", mediaID)
	if err := v.Err("media: Get"); err != nil {
		return nil, err
	}
	return invoke[wecom.Stream](ctx, c, wecom.Call{
		Path:  "/cgi-bin/media/get",
		Query: url.Values{"media_id": {mediaID}},
		Range: span,
		Safe:  true,
	})
}

// GetJSSDK returns the recording that a page made with the JS-SDK's uploadVoice, as
// it arrives (获取高清语音素材): speex of 16 kHz, which needs WeChat's own decoder along
// with the speex library. [Client.Get] has the same in AMR of 8 kHz. Close it.
//
// Open to third-party apps and customised apps. The client must be 2.4 or newer and
// not on HarmonyOS. Errors: 40007 the id is unknown or older than 3 days.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90391 and
// https://developer.work.weixin.qq.com/document/path/96487
//
//wecom:endpoint GET /cgi-bin/media/get/jssdk
func (c *Client) GetJSSDK(ctx context.Context, mediaID string) (*wecom.Stream, error) {
	var v valid.Checks
	v.Set("MediaID", mediaID)
	if err := v.Err("media: GetJSSDK"); err != nil {
		return nil, err
	}
	return invoke[wecom.Stream](ctx, c, wecom.Call{
		Path:  "/cgi-bin/media/get/jssdk",
		Query: url.Values{"media_id": {mediaID}},
		Safe:  true,
	})
}

// Downloaded says what [Client.Download] has written.
type Downloaded struct {
	Name        string // of the file, without directories; from outside, and may be empty
	ContentType string
	Size        int64 // bytes written
}

// Download writes a file to w, whatever its size: in one piece if the platform
// gives it so, else in pieces of 20 MB. When a connection breaks it goes on from
// where it was, and gives up after the third break without a byte in between. What
// w was given before an error stays there; Size says how much, with an error too.
//
// Errors are those of [Client.Get], and those of w.
func (c *Client) Download(ctx context.Context, mediaID string, w io.Writer) (*Downloaded, error) {
	d := download{c: c, mediaID: mediaID, w: w, total: -1}
	err := d.run(ctx)
	return &d.done, err
}

// download is a download under way. done.Size is where it stands.
type download struct {
	c       *Client
	mediaID string
	w       io.Writer
	done    Downloaded
	total   int64 // size of the file, -1 while it is unknown
	pieces  bool  // the platform gives pieces only
}

const (
	tries     = 3 // without a byte in between
	firstWait = 500 * time.Millisecond
)

func (d *download) run(ctx context.Context) error {
	for failures, wait := 0, firstWait; ; {
		before := d.done.Size
		last, err := d.next(ctx)
		switch {
		case err == nil && last:
			return nil
		case err == nil:
			continue
		case !d.pieces && d.done.Size == 0 && errors.Is(err, errTooLarge):
			d.pieces = true
			continue
		case !errors.Is(err, wecom.ErrTransient):
			return err
		}
		if d.done.Size > before {
			failures, wait = 0, firstWait
		}
		if failures++; failures >= tries {
			return err
		}
		if !sleep(ctx, wait/2+rand.N(wait)) { //nolint:gosec // spreads waits, guards nothing
			return err
		}
		wait *= 4
	}
}

// errTooLarge says that a file comes in pieces only.
const errTooLarge = wecom.Code(830002)

// Faults of a platform that could otherwise spoil the file, or go on for ever.
var (
	errNoProgress = errors.New("media: the platform gave an empty piece")
	errChanged    = errors.New("media: the platform gave another part of the file than was asked for")
)

// next fetches the next piece and reports whether it was the last.
func (d *download) next(ctx context.Context) (last bool, err error) {
	const block = 16 // what encrypted storage counts in
	from := d.done.Size / block * block
	var s *wecom.Stream
	if d.pieces || from > 0 {
		n := int64(piece)
		if d.total >= 0 {
			n = min(n, d.total-from)
		}
		s, err = d.c.GetRange(ctx, d.mediaID, from, n)
	} else {
		from = 0
		s, err = d.c.Get(ctx, d.mediaID)
	}
	if err != nil {
		return false, err
	}
	defer func() { _ = s.Close() }()
	switch {
	case !s.Partial:
		from = 0 // the whole file, from its beginning
	case s.Offset != from:
		return false, errChanged
	}
	if s.Total >= 0 {
		d.total = s.Total
	}
	if d.done.Name == "" {
		d.done.Name = s.Name
	}
	if d.done.ContentType == "" {
		d.done.ContentType = s.ContentType
	}
	start := d.done.Size
	switch _, err := io.CopyN(io.Discard, s, start-from); {
	case errors.Is(err, io.EOF):
		return false, errChanged
	case err != nil:
		return false, err
	}
	n, err := io.Copy(d.w, s)
	d.done.Size += n
	switch {
	case err != nil:
		return false, err
	case !s.Partial, d.done.Size == d.total:
		return true, nil
	case d.total < 0 && start-from+n < piece:
		return true, nil // a short piece is the last if nothing says how many there are
	case n == 0:
		return false, errNoProgress
	}
	return false, nil
}

// sleep waits for d and reports false if ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
