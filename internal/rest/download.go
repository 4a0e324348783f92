package rest

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"time"
)

// download is Send for a reply that may be a file. The time limit is one of
// silence, not of the whole: it covers the wait for the reply and each Read.
func (c *Client) download(ctx context.Context, req Request, use func(Reply) error) error {
	attempt, cancel := context.WithCancel(ctx)
	w := &watch{silence: c.timeout, cancel: cancel}
	w.begin()
	raw, err := c.execute(ctx, attempt, req)
	w.end()
	if err != nil {
		cancel()
		return w.explain(ctx.Err(), err)
	}
	f := &file{
		r:     timed{r: raw.Body, watch: w},
		body:  raw.Body,
		watch: w,
		wrap:  func(err error) error { return w.explain(ctx.Err(), wrap(ctx, err)) },
	}
	var start []byte
	if raw.StatusCode == http.StatusOK && raw.Header.Get("Content-Disposition") == "" {
		const enough = 512
		ahead := bufio.NewReaderSize(f.r, enough)
		if start, err = ahead.Peek(enough); err != nil && !errors.Is(err, io.EOF) {
			_ = f.Close()
			return f.wrap(err)
		}
		f.r = ahead
	}
	if req.IsFile(raw.StatusCode, raw.Header, start) {
		return use(Reply{
			Status: raw.StatusCode, ContentType: raw.Header.Get("Content-Type"), Header: raw.Header,
			File: f, Length: raw.ContentLength,
		})
	}
	defer func() { _ = f.Close() }()
	return w.explain(ctx.Err(), c.read(ctx, raw, f.r, use))
}

// file is the body of a reply.
type file struct {
	r     io.Reader     // body, perhaps with a beginning that was read ahead
	body  io.ReadCloser // of the reply
	watch *watch
	wrap  func(error) error
}

// Read reads the file; its error is io.EOF, an *Error, or the context's.
func (f *file) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = f.wrap(err)
	}
	return n, err
}

// Close ends the request.
func (f *file) Close() error {
	f.watch.cancel()
	return f.body.Close()
}

// watch ends a request for which nothing arrives for too long.
type watch struct {
	silence time.Duration // longest wait; 0: no limit
	cancel  context.CancelFunc
	timer   *time.Timer // runs while something is waited for
	late    atomic.Bool // the timer has ended the request
}

func (w *watch) begin() {
	switch {
	case w.silence <= 0:
	case w.timer == nil:
		w.timer = time.AfterFunc(w.silence, func() {
			w.late.Store(true)
			w.cancel()
		})
	default:
		w.timer.Reset(w.silence)
	}
}

func (w *watch) end() {
	if w.timer != nil {
		w.timer.Stop()
	}
}

// explain names the time limit if that is what lies behind err. ended is the
// error of the caller's context.
func (w *watch) explain(ended, err error) error {
	if _, lost := errors.AsType[*Error](err); lost && ended == nil && w.late.Load() {
		return &Error{err: timeoutError{}}
	}
	return err
}

// timed is the body under watch.
type timed struct {
	r     io.Reader
	watch *watch
}

func (t timed) Read(p []byte) (int, error) {
	t.watch.begin()
	defer t.watch.end()
	return t.r.Read(p)
}
