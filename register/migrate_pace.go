package register

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/wecom-isv/wecom"
)

// pacer spreads calls over time, and over more of it after WeCom has said that
// they were too many.
type pacer struct {
	mu     sync.Mutex
	least  time.Duration // between two calls, as configured
	gap    time.Duration // between two calls, now
	next   time.Time     // when the next call may be sent
	until  time.Time     // end of the last pause
	pause  time.Duration // how long that was, 0 after a call that went well
	calls  int
	timed  int           // of the calls: those that went well
	taking time.Duration // what those took together
}

// A block of WeCom lasts a minute at least. That the first pauses are shorter
// helps when it was a matter of a moment, and does no harm when not.
const (
	firstPause   = 250 * time.Millisecond
	longestPause = time.Minute
	slowest      = 16 // times the configured gap
)

func newPacer(callsPerMinute int) *pacer {
	gap := time.Minute / time.Duration(callsPerMinute)
	return &pacer{least: gap, gap: gap}
}

// wait takes the next place in the row and waits for its time. Those who meet a
// pause then take a place behind it.
func (p *pacer) wait(ctx context.Context) error {
	for {
		if err := sleep(ctx, p.place()); err != nil {
			return err
		}
		if p.start() {
			return nil
		}
	}
}

// place takes the next place in the row and returns how long it is until then.
func (p *pacer) place() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	at := later(p.next, now)
	p.next = at.Add(p.gap)
	return at.Sub(now)
}

// start counts a call and reports true, unless there is a pause.
func (p *pacer) start() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Now().Before(p.until) {
		return false
	}
	p.calls++
	return true
}

// succeeded makes the pace a little faster again.
func (p *pacer) succeeded(took time.Duration) {
	const recovery = 64
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pause = 0
	p.gap = max(p.least, p.gap-p.gap/recovery)
	p.timed++
	p.taking += took
}

// limited stops all calls for a while and slows them down after that. Refusals of
// calls that were under way together count once.
func (p *pacer) limited() {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if now.Before(p.until) {
		return
	}
	p.pause = min(max(4*p.pause, firstPause), longestPause)
	p.gap = min(2*p.gap, slowest*p.least)
	p.until = now.Add(p.pause)
	p.next = later(p.next, p.until) // some have places after the pause already
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// sent counts the calls.
func (p *pacer) sent() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls
}

// perCall is what a call has taken on average, 0 before the first.
func (p *pacer) perCall() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.timed == 0 {
		return 0
	}
	return p.taking / time.Duration(p.timed)
}

const (
	mostTries = 6                      // of a call that may be repeated
	firstWait = 200 * time.Millisecond // before the second; twice as long before each further one
)

// attempt sends a call that may be carried out twice without harm. It repeats it
// after a failure inside the platform and a lost reply, up to mostTries times, after
// a refusal of the token as long as there is another, and after too many calls for
// as long as ctx and the token allow. lost says that a try before the last may have
// been carried out.
func (m *migration) attempt(ctx context.Context, call func(context.Context) error) (lost bool, err error) {
	wait := firstWait
	for try := 1; ; {
		if err := m.pace.wait(ctx); err != nil {
			return lost, err
		}
		start := time.Now()
		err := call(ctx)
		switch {
		case err == nil:
			m.pace.succeeded(time.Since(start))
			m.session.succeeded()
			return lost, nil
		case ctx.Err() != nil:
			return lost, fmt.Errorf("%w; the call under way: %w", ctx.Err(), err)
		case errors.Is(err, wecom.ErrRateLimited):
			m.pace.limited()
		case m.session.goesOn(err):
		case try < mostTries && (errors.Is(err, wecom.ErrTransient) || errors.Is(err, wecom.ErrNoReply)):
			lost = true
			try++
			if err := sleep(ctx, wait/2+rand.N(wait)); err != nil { //nolint:gosec // spreads waits, guards nothing
				return lost, err
			}
			wait *= 2
		default:
			return lost, err
		}
	}
}

// sleep waits for d, or returns the error of ctx if that ends first.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
