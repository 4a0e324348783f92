package register

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

const (
	// streamPace is how often a stream looks: another machine may get the event.
	streamPace = time.Second
	// heartbeat keeps proxies from closing a quiet connection.
	heartbeat = 15 * time.Second
	// streamLife moves pages away from a machine that is about to end, and finds
	// browsers that are gone; the browser connects again by itself.
	streamLife = 5 * time.Minute
	// writeTimeout ends a stream whose browser does not read.
	writeTimeout = 10 * time.Second
	// reconnectAfter is told to the browser.
	reconnectAfter = 2 * time.Second
	// askAfter is told to it where a stream cannot be kept open.
	askAfter = 10 * time.Second
)

// errNoFlush says why there are no streams.
var errNoFlush = errors.New("register: events cannot be flushed: a middleware's http.ResponseWriter has neither Flush nor Unwrap")

// serveEvents tells a page where its registration stands, until it has ended
// (server-sent events). The id of an event is the state: a page that connects again
// hears of what is new only.
func (f *Flow) serveEvents(w http.ResponseWriter, r *http.Request) {
	t, err := f.ticket(r)
	if err != nil {
		http.Error(w, http.StatusText(http.StatusForbidden), http.StatusForbidden)
		return
	}
	known := State(r.Header.Get("Last-Event-ID"))
	if known.final() || known == StateExpired {
		w.WriteHeader(http.StatusNoContent) // the browser then stops asking
		return
	}
	select {
	case f.streams <- struct{}{}:
		defer func() { <-f.streams }()
	default:
		w.Header().Set("Retry-After", "10")
		http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
		return
	}
	s := stream{flow: f, w: w, control: http.NewResponseController(w), known: known}
	s.run(r, t.id)
}

// stream is one event stream.
type stream struct {
	flow    *Flow
	w       http.ResponseWriter
	control *http.ResponseController
	known   State     // to the page
	written time.Time // last
	failing bool      // the cache, as the log knows
}

func (s *stream) run(r *http.Request, id string) {
	h := s.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // nginx
	noStore(s.w)
	if err := s.control.SetReadDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return // a ReadTimeout of the server would end the request
	}
	if errors.Is(s.control.Flush(), http.ErrNotSupported) {
		s.answer(r, id)
		return
	}
	if s.send("retry: %d\n\n", reconnectAfter.Milliseconds()) != nil {
		return
	}
	end := time.NewTimer(streamLife)
	defer end.Stop()
	pace := time.NewTicker(streamPace)
	defer pace.Stop()
	for s.step(r, id) {
		select {
		case <-pace.C:
		case <-end.C:
			return
		case <-s.flow.closed:
			return
		case <-r.Context().Done():
			return
		}
	}
}

// answer says where the registration stands to a page that then asks again: what a
// stream writes would be held back.
func (s *stream) answer(r *http.Request, id string) {
	if s.flow.told.CompareAndSwap(false, true) {
		s.flow.warn(r.Context(), "pages learn of the end with a delay", errNoFlush)
	}
	_ = s.send("retry: %d\n\n", askAfter.Milliseconds()) // is written all the same
	s.step(r, id)
}

// step tells what is new and reports whether the stream goes on.
func (s *stream) step(r *http.Request, id string) bool {
	now, err := s.flow.look(r.Context(), id)
	if err != nil && !s.failing && r.Context().Err() == nil {
		s.flow.warn(r.Context(), "a page is not told", err)
	}
	s.failing = err != nil
	switch {
	case err == nil && now.state != s.known:
		s.known = now.state
		if s.send("id: %s\nevent: state\ndata: {\"state\":%q}\n\n", now.state, now.state) != nil {
			return false
		}
	case time.Since(s.written) >= heartbeat:
		if s.send(":\n\n") != nil {
			return false
		}
	}
	return !s.known.final() && s.known != StateExpired
}

// send writes to the browser at once, whatever the timeouts of the server.
func (s *stream) send(format string, args ...any) error {
	if err := s.setDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(s.w, format, args...); err != nil {
		return err
	}
	s.written = time.Now()
	if err := s.control.Flush(); err != nil {
		return err
	}
	return s.setDeadline(time.Time{}) // HTTP/2 ends a stream whose deadline passes, even a quiet one
}

// setDeadline bounds the writes to come, on a server that can.
func (s *stream) setDeadline(at time.Time) error {
	if err := s.control.SetWriteDeadline(at); !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}
