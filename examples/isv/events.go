package main

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/wecom-isv/wecom/callback"
	"github.com/wecom-isv/wecom/examples/isv/internal/records"
	"github.com/wecom-isv/wecom/suite"
)

// keepEvents is how long the list of events goes back.
const keepEvents = 30 * 24 * time.Hour

// callbacks is the way of an event through the program: a URL's handler verifies
// and opens it, the pool takes it off the handler so that WeCom is answered at once,
// the journal notes it, events deals with it.
type callbacks struct {
	events  callback.Mux // what is done about each kind
	journal callback.Mux // sees every event; hands it on to events
	pool    *callback.Pool
	urls    *http.ServeMux
}

// listen wires the three callback URLs.
func (s *site) listen() (err error) {
	c := &s.callbacks
	hooks := suite.Hooks{Authorized: s.installed, Changed: s.changed, Cancelled: s.cancelled}
	s.vendor.app.Handle(&c.events, hooks)
	if s.vendor.login != nil {
		s.vendor.login.Handle(&c.events, suite.Hooks{}) // its tickets; who authorises it is no customer yet
	}
	s.flow.Handle(&c.events)
	c.events.Fallback(func(ctx context.Context, env callback.Envelope) error {
		// Decide which other events matter to you: docs/events.md lists them all.
		s.logger.DebugContext(ctx, "event without a handler", "kind", env.Kind)
		return nil
	})
	c.events.Dedupe(callback.DedupeConfig{Filter: s.store.filter, OnError: func(ctx context.Context, _ callback.Envelope, err error) {
		s.logger.WarnContext(ctx, "the duplicate filter failed; the event is handled", "error", err)
	}})
	c.journal.Fallback(func(ctx context.Context, env callback.Envelope) error {
		err := c.events.Dispatch(ctx, env)
		s.note(ctx, env, err)
		return err
	})
	// Decide whether an event may be lost when the process is killed between the
	// answer and the work: callback/watermillqueue keeps it on a broker.
	if c.pool, err = callback.NewPool(&c.journal, callback.PoolConfig{Logger: s.logger}); err != nil {
		return err
	}
	return s.openURLs()
}

// openURLs makes the handlers of the callback URLs, all with one pair of keys.
func (s *site) openURLs() error {
	cfg, suites := s.cfg, []string{s.cfg.SuiteID}
	if cfg.loginSuiteID != "" {
		suites = append(suites, cfg.loginSuiteID)
	}
	urls := map[string]callback.Config{
		"/callback/command":       {Receivers: suites, VerifyReceivers: []string{cfg.CorpID}},               // 指令回调URL
		"/callback/data/{corpid}": {CorpPath: "corpid", VerifyReceivers: []string{cfg.CorpID}},              // 数据回调URL
		"/callback/system":        {Receivers: []string{cfg.CorpID}, VerifyReceivers: []string{cfg.CorpID}}, // 系统事件接收URL
	}
	s.callbacks.urls = http.NewServeMux()
	for pattern, url := range urls {
		url.Token, url.AESKey, url.App = cfg.Token, cfg.AESKey, cfg.SuiteID
		url.Queue, url.Logger = s.callbacks.pool, s.logger
		h, err := callback.NewHandler(url, &s.callbacks.journal)
		if err != nil {
			return err
		}
		s.callbacks.urls.Handle(pattern, h)
	}
	return nil
}

// note keeps what kind of event has come, and tells the pages that show it. Nothing
// of the event's content is kept: it holds tickets, codes and personal data.
func (s *site) note(ctx context.Context, env callback.Envelope, handled error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	event := records.Event{Kind: string(env.Kind), CorpID: env.CorpID, ReceivedAt: time.Now(), Handled: handled == nil}
	if err := s.store.records.AddEvent(ctx, event); err != nil {
		s.logger.WarnContext(ctx, "the event is not in the list", "kind", env.Kind, "error", err)
		return
	}
	s.news.tell()
}

// bell tells everybody who waits that something has happened.
type bell struct {
	mu   sync.Mutex
	rung chan struct{}
}

// next returns a channel that is closed at the next tell.
func (b *bell) next() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.rung == nil {
		b.rung = make(chan struct{})
	}
	return b.rung
}

func (b *bell) tell() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.rung != nil {
		close(b.rung)
		b.rung = nil
	}
}
