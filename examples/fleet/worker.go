package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/suite"
)

const (
	workerArg = "-worker" // the only argument of a worker
	callers   = 32        // goroutines in each worker
	pause     = 20 * time.Millisecond
	reportGap = 200 * time.Millisecond
	contended = 5 * time.Millisecond // a lock that took longer was held by another worker
)

// settings tell a worker what to do. They come on its standard input: secrets
// belong neither into arguments nor into the environment.
type settings struct {
	BaseURL string   `json:"base_url"`
	SuiteID string   `json:"suite_id"`
	Secret  string   `json:"secret"`
	Place   place    `json:"place"`
	Corps   []string `json:"corps"`
}

// report is what a worker says of itself on its standard output, a line each
// time. The first one says that it is ready.
type report struct {
	Calls       int64         `json:"calls"`
	Failed      int64         `json:"failed"`
	Fetches     int64         `json:"fetches"`      // tokens fetched from the platform
	Taken       int64         `json:"taken"`        // tokens that another process has fetched
	LockWaits   int64         `json:"lock_waits"`   // locks that another process held
	LongestLock time.Duration `json:"longest_lock"` // wait for a lock
	FirstError  string        `json:"first_error"`
	Warm        bool          `json:"warm"` // every corp has been called
}

// add makes r the sum of r and other.
func (r *report) add(other report) {
	r.Calls += other.Calls
	r.Failed += other.Failed
	r.Fetches += other.Fetches
	r.Taken += other.Taken
	r.LockWaits += other.LockWaits
	r.LongestLock = max(r.LongestLock, other.LongestLock)
	if r.FirstError == "" {
		r.FirstError = other.FirstError
	}
	r.Warm = r.Warm && other.Warm
}

// worker is one process of the fleet.
type worker struct {
	app   *suite.Client
	corps []string

	mu   sync.Mutex
	seen report
}

// work is a worker's life: settings and a line that says go come in, reports go
// out, and it ends with its input.
func work(ctx context.Context, in io.Reader, out io.Writer) (err error) {
	input := bufio.NewReader(in)
	line, err := input.ReadBytes('\n')
	if err != nil {
		return errors.New("no settings: this is for the parent to start")
	}
	var s settings
	if err := json.Unmarshal(line, &s); err != nil {
		return errors.New("the settings are not what the parent sends")
	}
	shared, err := s.Place.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, shared.close()) }()
	w := &worker{corps: s.Corps}
	w.app, err = newApp(s, shared, wecom.WithTokenObserver(w.observeToken))
	if err != nil {
		return err
	}
	reports := json.NewEncoder(out)
	if err := reports.Encode(w.report()); err != nil {
		return err
	}
	if _, err := input.ReadBytes('\n'); err != nil {
		return nil // the parent has changed its mind
	}

	steady, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		_, _ = input.ReadByte() // nothing more comes before the end
		stop()
	}()
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.callEach(ctx)
		w.callOn(steady)
	}()
	tick := time.NewTicker(reportGap)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if err := reports.Encode(w.report()); err != nil {
				return err // the parent is gone
			}
		case <-done:
			return reports.Encode(w.report())
		}
	}
}

// callEach calls every corp once, many at a time and in an order of its own.
func (w *worker) callEach(ctx context.Context) {
	var group errgroup.Group
	group.SetLimit(callers)
	for _, i := range rand.Perm(len(w.corps)) { //nolint:gosec // G404: an order, not a secret.
		group.Go(func() error {
			w.call(ctx, w.corps[i])
			return nil
		})
	}
	_ = group.Wait() // no call returns an error: they are counted
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen.Warm = true
}

// callOn calls some corp again and again until ctx is done.
func (w *worker) callOn(ctx context.Context) {
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for ctx.Err() == nil {
				i := rand.IntN(len(w.corps)) //nolint:gosec // G404: a choice, not a secret.
				w.call(context.WithoutCancel(ctx), w.corps[i])
				select {
				case <-ctx.Done():
				case <-time.After(pause):
				}
			}
		})
	}
	wg.Wait()
}

// call makes one call in the name of a corp and counts it.
func (w *worker) call(ctx context.Context, corpID string) {
	_, err := w.app.Corp(corpID).GetPermissions(ctx)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen.Calls++
	if err != nil {
		w.seen.Failed++
		if w.seen.FirstError == "" {
			w.seen.FirstError = err.Error() // the errors of the SDK hold no secret
		}
	}
}

func (w *worker) observeToken(_ context.Context, info wecom.TokenInfo) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch info.Event {
	case wecom.TokenFetch:
		if info.Err == nil {
			w.seen.Fetches++
		}
	case wecom.TokenHit:
		w.seen.Taken++
	case wecom.TokenLock:
		if info.Latency >= contended {
			w.seen.LockWaits++
		}
		w.seen.LongestLock = max(w.seen.LongestLock, info.Latency)
	default:
	}
}

func (w *worker) report() report {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.seen
}
