package register

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Progress is how far a migration is.
type Progress struct {
	Step        Step
	Done, Total int           // of this step
	Elapsed     time.Duration // since this run began
	Left        time.Duration // what the rest of this step takes at its pace so far; 0: not known yet
}

// progress tells how far the migration is.
type progress struct {
	tell  func(Progress) // may be nil
	log   *slog.Logger
	start time.Time

	mu      sync.Mutex
	now     Progress
	skipped int       // of now.Done: took no time
	began   time.Time // the step
	logged  time.Time
}

// logEvery is how often a step that takes long is logged.
const logEvery = 10 * time.Second

func newProgress(start time.Time, tell func(Progress), log *slog.Logger) *progress {
	if tell == nil {
		tell = func(Progress) {}
	}
	return &progress{tell: tell, log: log, start: start}
}

// begin starts a step of so many items.
func (p *progress) begin(step Step, total int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.began, p.logged, p.skipped = time.Now(), time.Now(), 0
	p.now = Progress{Step: step, Total: total, Elapsed: time.Since(p.start)}
	p.tell(p.now)
}

// step counts one more item of the step.
func (p *progress) step(ctx context.Context) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.set(ctx, p.now.Done+1)
}

// skip counts n more items for which there was nothing to do: they say nothing
// about the pace.
func (p *progress) skip(ctx context.Context, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.skipped += n
	p.set(ctx, p.now.Done+n)
}

// at says how many items of the step are done.
func (p *progress) at(ctx context.Context, done int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.set(ctx, done)
}

// set tells of a change; mu is held.
func (p *progress) set(ctx context.Context, done int) {
	now := time.Now()
	p.now.Done, p.now.Elapsed, p.now.Left = min(done, p.now.Total), now.Sub(p.start), 0
	if worked := p.now.Done - p.skipped; worked > 0 {
		p.now.Left = time.Duration(float64(now.Sub(p.began)) / float64(worked) * float64(p.now.Total-p.now.Done))
	}
	p.tell(p.now)
	if now.Sub(p.logged) >= logEvery {
		p.logged = now
		p.logNow(ctx, "register: migration goes on")
	}
}

// finish says that all items of the step are done.
func (p *progress) finish(ctx context.Context) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.set(ctx, p.now.Total)
	p.logNow(ctx, "register: migration step is done")
}

func (p *progress) logNow(ctx context.Context, text string) {
	p.log.InfoContext(ctx, text, slog.String("step", string(p.now.Step)), slog.Int("done", p.now.Done), slog.Int("total", p.now.Total),
		slog.Duration("elapsed", p.now.Elapsed), slog.Duration("left", p.now.Left))
}

// position is how far the step is.
func (p *progress) position() (done, total int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now.Done, p.now.Total
}
