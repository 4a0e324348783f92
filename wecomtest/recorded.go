package wecomtest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// RecordedCall is one API request and its answer. Secrets are recorded as sent.
type RecordedCall struct {
	Method string
	Path   string
	Query  url.Values // without pairs that cannot be parsed
	Header http.Header
	Body   []byte
	FromIP string
	At     time.Time // on the platform's clock

	Status int    // of the answer; 0 if the connection was cut
	Code   int    // errcode of the answer; 0 also if it has none
	Reply  []byte // body of the answer, also if it was never delivered

	rawQuery string
	turn     *turn // of a call that counts against a limit of concurrency
}

// JSON decodes the request body into v.
func (c RecordedCall) JSON(v any) error { return c.decode("request body", c.Body, v) }

// ReplyJSON decodes the answer into v.
func (c RecordedCall) ReplyJSON(v any) error { return c.decode("answer", c.Reply, v) }

func (c RecordedCall) decode(what string, body []byte, v any) error {
	if err := json.Unmarshal(body, v); err != nil {
		return fmt.Errorf("wecomtest: %s: the %s: %w", c.Path, what, err)
	}
	return nil
}

// history keeps the newest entries, at most limit of them; 0: all.
type history[T any] struct {
	entries []T
	limit   int
	added   int // ever
}

// add appends an entry. Old ones are dropped in bulk, so that it stays cheap.
func (h *history[T]) add(entry T) {
	h.entries = append(h.entries, entry)
	h.added++
	if h.limit > 0 && len(h.entries) >= 2*h.limit {
		h.entries = slices.Clone(h.all())
	}
}

// all is what is kept, oldest first. It is shared: clone it before it leaves the lock.
func (h *history[T]) all() []T {
	if h.limit > 0 && len(h.entries) > h.limit {
		return h.entries[len(h.entries)-h.limit:]
	}
	return h.entries
}

// since are the entries after the first n that were ever added, as far as they are
// kept.
func (h *history[T]) since(n int) []T {
	all := h.all()
	return all[max(0, len(all)-(h.added-n)):]
}

func (h *history[T]) clear() { h.entries = nil }

// where are the entries that match, oldest first.
func (h *history[T]) where(match func(T) bool) []T {
	var found []T
	for _, entry := range h.all() {
		if match(entry) {
			found = append(found, entry)
		}
	}
	return found
}

func toPaths(paths []string) func(RecordedCall) bool {
	return func(c RecordedCall) bool { return len(paths) == 0 || slices.Contains(paths, c.Path) }
}

// Calls are the recorded API requests, oldest first: all of them, or those to
// the given paths.
func (p *Platform) Calls(paths ...string) []RecordedCall {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls.where(toPaths(paths))
}

// LastCall is the newest recorded request to a path; false if there is none.
func (p *Platform) LastCall(path string) (RecordedCall, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, call := range slices.Backward(p.calls.all()) {
		if call.Path == path {
			return call, true
		}
	}
	return RecordedCall{}, false
}

// Deliveries are all pushes so far, oldest first.
func (p *Platform) Deliveries() []Delivery {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.deliveries.all())
}

// Messages are the application messages sent so far, oldest first; those taken
// back have Recalled set.
func (p *Platform) Messages() []Message {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.messages.all())
}

// AwaitCall is the oldest recorded request to a path; it waits until there is
// one. The error says that ctx or the platform ended before. [Platform.ForgetCalls]
// begins anew.
func (p *Platform) AwaitCall(ctx context.Context, path string) (RecordedCall, error) {
	return await(ctx, p, "a call of "+path, &p.calls, toPaths([]string{path}))
}

// AwaitDelivery is the oldest recorded push of a kind ([Delivery.Kind]), delivered
// or not; it waits until there is one. The error says that ctx or the platform
// ended before.
func (p *Platform) AwaitDelivery(ctx context.Context, kind string) (Delivery, error) {
	return await(ctx, p, "a push of "+kind, &p.deliveries, func(d Delivery) bool { return d.Kind == kind })
}

var errClosed = errors.New("the platform was closed")

// await waits until an entry matches.
func await[T any](ctx context.Context, p *Platform, what string, in *history[T], match func(T) bool) (T, error) {
	for seen := 0; ; {
		p.mu.Lock()
		entries := in.since(seen)
		seen = in.added
		i := slices.IndexFunc(entries, match)
		if i >= 0 {
			found := entries[i]
			p.mu.Unlock()
			return found, nil
		}
		if p.recorded == nil {
			p.recorded = make(chan struct{})
		}
		next := p.recorded
		p.mu.Unlock()
		select {
		case <-next:
		case <-ctx.Done():
			return *new(T), fmt.Errorf("wecomtest: waiting for %s: %w", what, ctx.Err())
		case <-p.done:
			return *new(T), fmt.Errorf("wecomtest: waiting for %s: %w", what, errClosed)
		}
	}
}

// announce wakes those who wait for an entry. The lock is held.
func (p *Platform) announce() {
	if p.recorded != nil {
		close(p.recorded)
		p.recorded = nil
	}
}

// ForgetCalls drops the recorded API requests and deliveries, so that a test can
// count from here.
func (p *Platform) ForgetCalls() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls.clear()
	p.deliveries.clear()
}

// Reset drops everything recorded (requests, pushes, messages) and all faults.
// Apps, corps, their authorisations and tokens stay, and so does the clock.
func (p *Platform) Reset() {
	p.ForgetCalls()
	p.EndFaults()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.messages.clear()
}

// Apps are the third-party apps, templates and login authorisations, by id.
func (p *Platform) Apps() []*App {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := make([]*App, 0, len(p.apps))
	for _, app := range p.apps {
		all = append(all, app)
	}
	slices.SortFunc(all, func(a, b *App) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

// Corps are the customer corps, oldest first.
func (p *Platform) Corps() []*Corp {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.corps)
}
