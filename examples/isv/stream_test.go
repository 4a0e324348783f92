package main

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/examples/isv/internal/records"
)

func mustParse(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	require.NoError(t, err)
	return u
}

// stream opens the stream of events and returns its lines.
func (v *visitor) stream(ctx context.Context, address string, headers ...string) (*http.Response, *bufio.Scanner) {
	v.t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, v.base+address, http.NoBody)
	require.NoError(v.t, err)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := v.http.Do(req)
	require.NoError(v.t, err)
	v.t.Cleanup(func() { _ = res.Body.Close() })
	return res, bufio.NewScanner(res.Body)
}

// data returns the next event of a stream.
func data(t *testing.T, lines *bufio.Scanner) string {
	t.Helper()
	for lines.Scan() {
		if text, found := strings.CutPrefix(lines.Text(), "data: "); found {
			return text
		}
	}
	require.Fail(t, "the stream has ended")
	return ""
}

// newest is the number of the newest event.
func (w *world) newest(t *testing.T) int64 {
	t.Helper()
	found, err := w.store.records.NewestEvents(t.Context(), 1)
	require.NoError(t, err)
	require.Len(t, found, 1)
	return found[0].ID
}

func TestEventStream(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	operator := w.operator(t)
	after := w.newest(t)
	res, lines := operator.stream(t.Context(), fmt.Sprintf("/events/stream?after=%d", after))
	require.Equal(t, "text/event-stream", res.Header.Get("Content-Type"))
	_, err := w.sim.app.PushTicket(t.Context())
	require.NoError(t, err)
	first := data(t, lines)
	assert.Contains(t, first, `"kind":"suite:suite_ticket"`)
	assert.Contains(t, first, `"handled":true`)

	// Another process has noted one: it is found without being told.
	require.NoError(t, w.store.records.AddEvent(t.Context(), records.Event{Kind: "elsewhere", ReceivedAt: time.Now()}))
	assert.Contains(t, data(t, lines), `"kind":"elsewhere"`)

	// A browser that comes back gets what it has missed.
	_, again := operator.stream(t.Context(), "/events/stream?after=0", "Last-Event-ID", fmt.Sprint(after))
	assert.Equal(t, first, data(t, again))

	assert.Equal(t, http.StatusBadRequest, operator.get("/events/stream?after=x").status)
	assert.Equal(t, http.StatusSeeOther, w.visitor(t).get("/events/stream?after=0").status, "not for everybody")

	w.streams.Add(streamMost)
	assert.Equal(t, http.StatusServiceUnavailable, operator.get("/events/stream?after=0").status)
	w.streams.Add(-streamMost)

	require.NoError(t, w.stop(), "open streams do not keep the program from ending")
	for lines.Scan() { // what was sent before
	}
}

func TestEventStreamEndsWithTheSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	operator := w.operator(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, lines := operator.stream(ctx, fmt.Sprintf("/events/stream?after=%d", w.newest(t)))
	require.True(t, lines.Scan(), "the stream is open")

	require.Equal(t, http.StatusSeeOther, operator.post("/logout", nil).status)
	require.NoError(t, w.sim.pushTicket(t.Context(), nil))
	for lines.Scan() {
		assert.NotContains(t, lines.Text(), "data:", "who has left sees no more")
	}
	assert.NoError(t, ctx.Err(), "the stream ends by itself")
}

// TestFailedEventIsShownAsSuch lets the store fail in the middle of an event.
func TestFailedEventIsShownAsSuch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	operator := w.operator(t)
	_, err := w.store.db.ExecContext(t.Context(), `DROP TABLE isv_customers`)
	require.NoError(t, err)
	_, err = w.corp("晨光科技").Install(t.Context(), w.sim.app)
	require.NoError(t, err, "WeCom has its answer before the work")
	w.notes(t, func(e records.Event) bool { return e.Kind == "suite:create_auth" && !e.Handled })
	assert.Contains(t, operator.get("/events").body, `data-state="bad"`)
	assert.Contains(t, w.log.String(), "event was not handled")
}

func TestForgedCallbacksAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.visitor(t)
	for _, path := range []string{"/callback/command", "/callback/system", "/callback/data/" + w.corp("晨光科技").ID} {
		answer := v.send(http.MethodPost, path+"?msg_signature=00&timestamp=1&nonce=1", strings.NewReader(`<xml><Encrypt>AAAA</Encrypt></xml>`))
		assert.GreaterOrEqual(t, answer.status, 400, path)
		assert.Less(t, answer.status, 500, path)
	}
	before, err := w.store.records.NewestEvents(t.Context(), 100)
	require.NoError(t, err)
	for _, e := range before {
		assert.Equal(t, "suite:suite_ticket", e.Kind)
	}
}

func TestDataURL(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	corp := w.corp("晨光科技")
	w.visitor(t).install(corp)
	target, err := corp.DataTarget(w.sim.app)
	require.NoError(t, err)
	require.NoError(t, w.sim.platform.VerifyURL(t.Context(), target))
	_, err = w.sim.platform.Push(t.Context(), target, fmt.Appendf(nil,
		`<xml><ToUserName>%s</ToUserName><FromUserName>u</FromUserName><CreateTime>1</CreateTime><MsgType>event</MsgType><Event>enter_agent</Event><AgentID>1</AgentID></xml>`, corp.ID))
	require.NoError(t, err)
	w.notes(t, func(e records.Event) bool {
		return e.Kind == "app:event.enter_agent" && e.CorpID == corp.ID && e.Handled
	})
}

// notes waits until an event has been noted.
func (w *world) notes(t *testing.T, wanted func(records.Event) bool) {
	t.Helper()
	inTime(t, func() bool {
		found, err := w.store.records.NewestEvents(t.Context(), 100)
		require.NoError(t, err)
		return slices.ContainsFunc(found, wanted)
	}, "the event is noted")
}
