package callback

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// Queue takes events off a [Handler] so that it answers WeCom at once
// (ack-first): the authorisation events want an answer within 1000 ms. Implement
// it on a broker to let other processes do the work.
//
// On the consumer's side each event goes to [Mux.Dispatch], with the envelope
// that [Parse] rebuilds from env.Raw and env.Receiver if it left the process. An
// event may be dispatched more than once, never less than once after Enqueue has
// returned nil. env.Raw holds tickets, codes and personal data: what leaves the
// process must be encrypted.
//
// The suite_ticket and the events registered with [BeforeAnswer] do not go
// through the queue.
type Queue interface {
	// Enqueue returns nil when the event is safe, so that WeCom may forget it.
	// Any error, as ErrQueueFull, makes the Handler answer 503. It must return
	// when ctx ends. It is called by several goroutines at once.
	Enqueue(ctx context.Context, env Envelope) error
}

// PoolConfig sets up a [Pool]. The zero value is usable.
type PoolConfig struct {
	// Workers is the number of events that are handled at once; 0: 8.
	Workers int
	// Depth is the number of events that wait for a worker; 0: 1024. When they
	// are that many, Enqueue returns ErrQueueFull.
	Depth int
	// Timeout limits the context of one event; 0: 1 minute, negative: no limit.
	Timeout time.Duration
	// OnError is called when an event was not dealt with: with the handler's
	// error, a *PanicError, or ErrQueueClosed for an event that was still waiting
	// when Shutdown ran out of time. WeCom has its answer and will not repeat the
	// event, so this is the place to store env.Raw. It must not panic. Default:
	// none.
	OnError func(ctx context.Context, env Envelope, err error)
	// Logger gets each such error at level Error, with the kind of the event and
	// the text of the error, which is not edited. Default: none.
	Logger *slog.Logger
}

// Pool is a [Queue] inside the process: a bounded number of events wait for a
// bounded number of workers. What it holds is lost if the process is killed. It
// is safe for concurrent use.
type Pool struct {
	cfg     PoolConfig
	mux     *Mux
	ctx     context.Context //nolint:containedctx // ends when Shutdown gives up: the life of the pool, not of a call
	cancel  context.CancelFunc
	jobs    chan job
	workers sync.WaitGroup
	dropped atomic.Int64
	running atomic.Int64

	mu     sync.RWMutex // held for reading while sending to jobs
	closed bool
}

type job struct {
	ctx context.Context //nolint:containedctx // carries the values of the request, as a trace, to the worker
	env Envelope
}

// NewPool returns a pool that dispatches to mux, and starts its workers. They
// run until [Pool.Shutdown].
func NewPool(mux *Mux, cfg PoolConfig) (*Pool, error) {
	switch {
	case mux == nil:
		return nil, errors.New("callback: NewPool: nil Mux")
	case cfg.Workers < 0 || cfg.Depth < 0:
		return nil, errors.New("callback: NewPool: negative Workers or Depth")
	}
	if cfg.Workers == 0 {
		cfg.Workers = 8
	}
	if cfg.Depth == 0 {
		cfg.Depth = 1024
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = time.Minute
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	p := &Pool{cfg: cfg, mux: mux, jobs: make(chan job, cfg.Depth)}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	for range cfg.Workers {
		p.workers.Go(p.work)
	}
	return p, nil
}

// Enqueue puts env into the pool and returns at once: nil, [ErrQueueFull] or
// [ErrQueueClosed]. The event is handled on a context with the values of ctx,
// but not its end.
func (p *Pool) Enqueue(ctx context.Context, env Envelope) error {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if p.jobs == nil {
		return errors.New("callback: the Pool was not made by NewPool")
	}
	if p.closed {
		return ErrQueueClosed
	}
	select {
	case p.jobs <- job{ctx: context.WithoutCancel(ctx), env: env}:
		return nil
	default:
		return ErrQueueFull
	}
}

// Len returns the number of events that wait for a worker.
func (p *Pool) Len() int { return len(p.jobs) }

// Shutdown stops taking events, handles those that wait, and returns when all
// are done. If ctx ends first, it ends the contexts of the running handlers,
// gives up the events that still wait (see PoolConfig.OnError), and returns an
// error that wraps that of ctx and says how many were given up. Shut down the
// HTTP server first. A second call waits like the first.
func (p *Pool) Shutdown(ctx context.Context) error {
	if p.jobs == nil { // not made by NewPool: nothing runs
		return nil
	}
	p.mu.Lock()
	if !p.closed {
		p.closed = true
		close(p.jobs)
	}
	p.mu.Unlock()

	done := make(chan struct{})
	go func() {
		p.workers.Wait()
		p.cancel()
		close(done)
	}()
	var late error
	select {
	case <-done:
	case <-ctx.Done():
		late = context.Cause(ctx)
		p.cancel()
	}
	for j := range p.jobs { // none if the workers have finished
		p.dropped.Add(1)
		p.report(j, ErrQueueClosed)
	}
	if late != nil {
		return fmt.Errorf("callback: pool shut down with %d events not handled and %d in work: %w", p.dropped.Load(), p.running.Load(), late)
	}
	if n := p.dropped.Load(); n > 0 {
		return fmt.Errorf("callback: pool was shut down with %d events not handled", n)
	}
	return nil
}

// work handles events until there are no more or the pool has given up; what
// waits then is left to Shutdown.
func (p *Pool) work() {
	for p.ctx.Err() == nil {
		j, ok := <-p.jobs
		if !ok {
			return
		}
		p.handle(j)
	}
}

func (p *Pool) handle(j job) {
	p.running.Add(1)
	returned := false
	defer func() {
		p.running.Add(-1)
		if !returned { // runtime.Goexit, as by t.FailNow in a test: another worker takes over
			p.report(j, errNoReturn)
			p.workers.Go(p.work)
		}
	}()
	ctx, cancel := context.WithCancel(j.ctx)
	defer cancel()
	stop := context.AfterFunc(p.ctx, cancel)
	defer stop()
	if p.cfg.Timeout > 0 {
		var release context.CancelFunc
		ctx, release = context.WithTimeout(ctx, p.cfg.Timeout)
		defer release()
	}
	err := p.mux.Dispatch(ctx, j.env)
	returned = true
	if err != nil {
		p.report(j, err)
	}
}

// errNoReturn says that a handler ended its goroutine.
var errNoReturn = errors.New("callback: the handler did not return")

func (p *Pool) report(j job, err error) {
	logFailure(j.ctx, p.cfg.Logger, j.env.Kind, err)
	if p.cfg.OnError != nil {
		p.cfg.OnError(j.ctx, j.env, err)
	}
}

// logFailure logs that an event was not dealt with.
func logFailure(ctx context.Context, logger *slog.Logger, kind Kind, err error) {
	attrs := []slog.Attr{slog.String("kind", short(kind)), slog.String("error", err.Error())}
	if p, ok := errors.AsType[*PanicError](err); ok {
		attrs = append(attrs, slog.String("stack", string(p.Stack)))
	}
	logger.LogAttrs(ctx, slog.LevelError, "callback: event was not handled", attrs...)
}

// short limits what a message may put into a log line or an error: a kind is as long
// as the message makes it.
func short(kind Kind) string { return string(kind[:min(len(kind), 64)]) }
