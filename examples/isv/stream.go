package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/wecom-isv/wecom/examples/isv/internal/records"
	"github.com/wecom-isv/wecom/examples/isv/internal/view"
)

const (
	streamMost  = 100              // open streams of this process
	streamPoll  = 3 * time.Second  // how soon events of other processes are seen
	streamPulse = 15 * time.Second // a line that keeps proxies from hanging up
	streamWrite = 10 * time.Second // what a browser may take to read a piece
	listLongest = 100
)

// row is an event as the page shows it.
type row struct {
	Time    string `json:"time"`
	Kind    string `json:"kind"`
	CorpID  string `json:"corp_id"`
	Handled bool   `json:"handled"`
}

// serveEvents shows the newest events.
func (s *site) serveEvents(w http.ResponseWriter, r *http.Request) error {
	found, err := s.store.records.NewestEvents(r.Context(), listLongest)
	if err != nil {
		return err
	}
	data := struct {
		Events []records.Event
		After  int64
	}{Events: found}
	if len(found) > 0 {
		data.After = found[0].ID
	}
	s.show(w, r, view.Page{Name: "events", Title: view.Text{ZH: "事件", EN: "Events"}, Script: "/static/events.js", Refresh: 10, Data: data})
	return nil
}

// serveEventStream sends the events after the one that the page or the last
// connection has seen, as they come (server-sent events).
func (s *site) serveEventStream(w http.ResponseWriter, r *http.Request) error {
	if s.streams.Add(1) > streamMost {
		s.streams.Add(-1)
		w.Header().Set("Retry-After", "30")
		http.Error(w, "too many streams", http.StatusServiceUnavailable)
		return nil
	}
	defer s.streams.Add(-1)
	seen := r.FormValue("after")
	if last := r.Header.Get("Last-Event-ID"); last != "" {
		seen = last
	}
	after, err := strconv.ParseInt(seen, 10, 64)
	if err != nil {
		http.Error(w, "after must be the number of an event", http.StatusBadRequest)
		return nil
	}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx would keep events back
	s.follow(r, &feed{w, http.NewResponseController(w), after})
	return nil
}

// feed is an open stream.
type feed struct {
	w    http.ResponseWriter
	out  *http.ResponseController
	seen int64 // the newest event that the browser has
}

// send writes to the browser at once. A deadline for each piece stands in for the
// server's WriteTimeout; without support for deadlines it goes on without one.
func (f *feed) send(format string, args ...any) error {
	_ = f.out.SetWriteDeadline(time.Now().Add(streamWrite))
	if _, err := fmt.Fprintf(f.w, format, args...); err != nil {
		return err
	}
	if err := f.out.Flush(); err != nil {
		return err
	}
	_ = f.out.SetWriteDeadline(time.Time{}) // HTTP/2 would end a quiet stream
	return nil
}

// follow runs until the browser leaves, the session ends or the server stops.
func (s *site) follow(r *http.Request, f *feed) {
	poll, pulse := time.NewTicker(streamPoll), time.NewTicker(streamPulse)
	defer poll.Stop()
	defer pulse.Stop()
	if f.send(": hello\n\n") != nil {
		return
	}
	for {
		rung := s.news.next() // before the look, so that nothing falls between
		if s.sendNews(r, f) != nil {
			return
		}
		select {
		case <-rung:
		case <-poll.C:
		case <-pulse.C:
			if f.send(": still here\n\n") != nil {
				return
			}
		case <-r.Context().Done():
			return
		case <-s.stopping:
			return
		}
	}
}

var errSignedOut = errors.New("the session of the stream has ended")

// sendNews sends what the browser has not seen. While the database does not answer
// there is no news.
func (s *site) sendNews(r *http.Request, f *feed) error {
	p, err := s.person(r) // again: sessions end while streams are open
	if err == nil && (p == nil || !operators(p, r)) {
		return errSignedOut
	}
	var fresh []records.Event
	if err == nil {
		fresh, err = s.store.records.EventsAfter(r.Context(), f.seen, listLongest)
	}
	if err != nil && r.Context().Err() == nil {
		s.logger.WarnContext(r.Context(), "the stream of events cannot be read", "error", err)
	}
	for _, e := range fresh {
		data, err := json.Marshal(row{view.Time(e.ReceivedAt), e.Kind, e.CorpID, e.Handled})
		if err != nil {
			return err
		}
		if err := f.send("id: %d\ndata: %s\n\n", e.ID, data); err != nil {
			return err
		}
		f.seen = e.ID
	}
	return nil
}
