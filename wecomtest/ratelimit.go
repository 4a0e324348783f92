package wecomtest

import (
	"errors"
	"slices"
	"time"
)

// RateLimit is a limit on how often the API may be called (访问频率限制). A zero
// number is no limit. Each interface is counted by itself. "One corp" is the owner
// of the credential: the corp of an access_token or contact token, the suite of a
// suite_access_token, the provider of a provider_access_token.
type RateLimit struct {
	PerMinute   int // calls of one corp; more get 45009 for 60 seconds
	PerHour     int // calls of one corp; more get 45009 for 60 minutes
	IPPerMinute int // calls from one address, of all corps together
	IPPerHour   int // the same for an hour
	Concurrent  int // calls of one corp at a time; more get 45033

	Paths  []string // interfaces that are limited, for example /cgi-bin/user/create; empty: all
	Except []string // interfaces that are not
}

// WithRateLimit limits how often the API may be called; see [RateLimit] and
// [DocumentedRateLimits]. By default there is no limit. Time is the platform's:
// [Platform.Advance] ends a block. A call that is refused is not counted, nor is
// one that a [Fault] stops or whose token is not good. A call is running, for
// Concurrent, until its reply is sent: with a latency ([WithLatency]) calls overlap.
func WithRateLimit(limits ...RateLimit) Option {
	return func(s *settings) error {
		if !areRateLimits(limits) {
			return errors.New("wecomtest: WithRateLimit: negative number")
		}
		s.rateLimits = append(s.rateLimits, limits...)
		return nil
	}
}

func areRateLimits(limits []RateLimit) bool {
	return !slices.ContainsFunc(limits, func(l RateLimit) bool {
		return min(l.PerMinute, l.PerHour, l.IPPerMinute, l.IPPerHour, l.Concurrent) < 0
	})
}

// SetRateLimits replaces the limits of [WithRateLimit] while the platform runs, and
// ends blocks; without arguments there are none.
func (p *Platform) SetRateLimits(limits ...RateLimit) error {
	if !areRateLimits(limits) {
		return errors.New("wecomtest: SetRateLimits: negative number")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.settings.rateLimits = slices.Clone(limits)
	clear(p.meters)
	return nil
}

// DocumentedRateLimits are WeCom's own figures for third-party providers, for
// [WithRateLimit]: of one corp to one interface 10000 calls a minute and 150000 an
// hour, from one address to one interface 40000 a minute and 1200000 an hour.
// Sending messages does not count. The limits of single chapters, as of jsapi
// tickets and of new accounts a month, are left out, and so is the number of
// concurrent calls, which is not documented.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90454
func DocumentedRateLimits() RateLimit {
	return RateLimit{
		PerMinute: 10_000, PerHour: 150_000, IPPerMinute: 40_000, IPPerHour: 1_200_000,
		Except: []string{"/cgi-bin/message/send"},
	}
}

func (l *RateLimit) covers(path string) bool {
	return (len(l.Paths) == 0 || slices.Contains(l.Paths, path)) && !slices.Contains(l.Except, path)
}

// meterKey is what a limit counts: calls of one owner or address to one path.
type meterKey struct {
	limit  int // number of the RateLimit
	window time.Duration
	owner  any // *Corp, *App, *Provider, or a string: an address
	path   string
}

// meter counts calls in a window that begins with the first one.
type meter struct {
	start   time.Time
	calls   int
	blocked time.Time // until then everything is refused
}

// full tells whether another call is one too many: then the block begins.
func (m *meter) full(now time.Time, q quota) bool {
	if now.Before(m.blocked) {
		return true
	}
	if !now.Before(m.start.Add(q.window)) {
		m.start, m.calls = now, 0
	}
	if m.calls < q.most {
		return false
	}
	m.blocked = now.Add(q.window)
	return true
}

// quota is one of the numbers of a RateLimit, for one owner.
type quota struct {
	most   int
	window time.Duration
	unit   string // of the window
	owner  any    // as in meterKey
	whose  string
}

// quotas are the numbers that a call counts against. owner is nil for a call
// without credential.
func (l *RateLimit) quotas(ip string, owner any) []quota {
	all := []quota{
		{l.IPPerMinute, time.Minute, "minute", ip, "one address"},
		{l.IPPerHour, time.Hour, "hour", ip, "one address"},
	}
	if owner != nil {
		all = append(all,
			quota{l.PerMinute, time.Minute, "minute", owner, "one corp"},
			quota{l.PerHour, time.Hour, "hour", owner, "one corp"})
	}
	return slices.DeleteFunc(all, func(q quota) bool { return q.most == 0 })
}

// turn is what a running call has taken of limits of concurrency.
type turn struct{ keys []meterKey }

// owner is whose calls are counted together; nil for a call without credential.
func (t *token) owner(p *Platform) any {
	switch {
	case t == nil:
		return nil
	case t.kind == SuiteToken:
		return t.app
	case t.kind == ProviderToken:
		return p.provider
	default:
		return t.contacts()
	}
}

// takeTurn counts a call against the limits, once it is certain that none of them
// refuses it. The lock is held.
func (p *Platform) takeTurn(c *call, r *RecordedCall) error {
	owner := c.token.owner(p)
	var meters []*meter
	for i := range p.settings.rateLimits {
		l := &p.settings.rateLimits[i]
		if !l.covers(r.Path) {
			continue
		}
		for _, q := range l.quotas(r.FromIP, owner) {
			m := p.meter(meterKey{limit: i, window: q.window, owner: q.owner, path: r.Path})
			if m.full(c.now, q) {
				return refusef(45009, "%s: %d calls of %s to %s in one %s", codeText(45009), q.most, q.whose, r.Path, q.unit)
			}
			meters = append(meters, m)
		}
	}
	if err := p.enter(owner, r); err != nil {
		return err
	}
	for _, m := range meters {
		m.calls++
	}
	return nil
}

// meter finds or makes a meter.
func (p *Platform) meter(key meterKey) *meter {
	if p.meters[key] == nil {
		p.meters[key] = &meter{}
	}
	return p.meters[key]
}

// enter counts a call as running until endTurn. The lock is held.
func (p *Platform) enter(owner any, r *RecordedCall) error {
	if owner == nil {
		return nil
	}
	var keys []meterKey
	for i := range p.settings.rateLimits {
		l := &p.settings.rateLimits[i]
		if l.Concurrent == 0 || !l.covers(r.Path) {
			continue
		}
		key := meterKey{limit: i, owner: owner, path: r.Path}
		if p.inFlight[key] >= l.Concurrent {
			return refusef(45033, "api concurrent out of limit: %d calls of one corp to %s at a time", l.Concurrent, r.Path)
		}
		keys = append(keys, key)
	}
	if keys == nil {
		return nil
	}
	for _, key := range keys {
		p.inFlight[key]++
	}
	r.turn = &turn{keys}
	return nil
}

// endTurn says that the reply of a call is about to be sent.
func (p *Platform) endTurn(r *RecordedCall) {
	if r.turn == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, key := range r.turn.keys {
		if p.inFlight[key]--; p.inFlight[key] == 0 {
			delete(p.inFlight, key)
		}
	}
}
