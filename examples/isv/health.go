package main

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/examples/isv/internal/view"
)

// meter counts the calls of this process.
type meter struct {
	calls, failures atomic.Int64

	mu   sync.Mutex
	last *failure
}

// failure is a call that failed: what it was, never what it said or was told.
type failure struct {
	At      time.Time
	Op      string
	Code    wecom.Code
	Meaning string
}

func (m *meter) observe(_ context.Context, info wecom.CallInfo) {
	m.calls.Add(1)
	if info.Err == nil {
		return
	}
	m.failures.Add(1)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last = &failure{At: time.Now(), Op: info.Op, Code: info.Code, Meaning: info.Code.Meaning()}
}

func (m *meter) lastFailure() *failure {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.last
}

// credential is a ticket or token as the page shows it: times, and no value.
type credential struct {
	Name, Owner    string
	Level          string // "ok", "warn", "bad"
	State          view.Text
	Since, Expires time.Time
}

// serveHealth shows how tickets and tokens are.
func (s *site) serveHealth(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	customers, err := s.store.records.Customers(ctx)
	if err != nil {
		return err
	}
	suiteKey := "suite/" + s.cfg.SuiteID
	credentials := []credential{
		s.ticket(ctx, "suite_ticket", s.cfg.SuiteID),
		s.token(ctx, "suite_access_token", s.cfg.SuiteID, suiteKey+"/token"),
		s.token(ctx, "provider_access_token", s.cfg.CorpID, "provider/"+s.cfg.CorpID+"/token"),
	}
	if s.cfg.loginSuiteID != "" {
		credentials = append(credentials, s.ticket(ctx, "suite_ticket", s.cfg.loginSuiteID))
	}
	for _, c := range customers[:min(len(customers), listLongest)] {
		credentials = append(credentials, s.token(ctx, "access_token", c.Name, suiteKey+"/corp/"+c.CorpID+"/token"))
	}
	data := struct {
		Credentials      []credential
		Database, Tokens string
		DatabaseOK       bool
		Waiting          int
		Calls, Failures  int64
		LastFailure      *failure
	}{
		credentials, s.store.database, s.store.tokens, s.store.db.PingContext(ctx) == nil, s.callbacks.pool.Len(),
		s.vendor.meter.calls.Load(), s.vendor.meter.failures.Load(), s.vendor.meter.lastFailure(),
	}
	s.show(w, r, view.Page{Name: "health", Title: view.Text{ZH: "健康", EN: "Health"}, Data: data})
	return nil
}

var (
	missing = view.Text{ZH: "没有", EN: "none"}
	unknown = view.Text{ZH: "读不到", EN: "cannot be read"}
	expired = view.Text{ZH: "已过期", EN: "expired"}
	live    = view.Text{ZH: "有效", EN: "live"}
)

// ticket looks at a suite_ticket. Its version is the time of its push.
func (s *site) ticket(ctx context.Context, name, suiteID string) credential {
	t, err := s.store.cache.Load(ctx, "suite/"+suiteID+"/ticket")
	c := credential{Name: name, Owner: suiteID}
	if err == nil {
		c.Since = time.Unix(t.Version, 0)
	}
	c.judge(t, err, "bad") // without one nothing works
	return c
}

// token looks at a token. One that is missing is fetched when it is needed.
func (s *site) token(ctx context.Context, name, owner, key string) credential {
	t, err := s.store.cache.Load(ctx, key)
	c := credential{Name: name, Owner: owner}
	if err == nil {
		c.Since = time.UnixMilli(t.Version)
	}
	c.judge(t, err, "warn")
	return c
}

func (c *credential) judge(t wecom.Token, err error, ifMissing string) {
	c.Expires = t.ExpiresAt
	switch {
	case errors.Is(err, wecom.ErrNotCached):
		c.Level, c.State = ifMissing, missing
	case err != nil:
		c.Level, c.State = "bad", unknown
	case !t.Live():
		c.Level, c.State = ifMissing, expired
	default:
		c.Level, c.State = "ok", live
	}
}

// serveHealthz is for the load balancer: can this process serve customers? A missing
// ticket is no reason to take it out of service, since the other processes have none
// either: watch the text for an alert.
func (s *site) serveHealthz(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if s.store.db.PingContext(ctx) != nil {
		http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
		return nil
	}
	text := "ok\n"
	if ticket := s.ticket(ctx, "", s.cfg.SuiteID); ticket.Level != "ok" {
		text = "ok, but the suite_ticket: " + ticket.State.EN + "\n"
	}
	_, err := w.Write([]byte(text))
	return err
}
