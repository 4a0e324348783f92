package callback

import (
	"context"
	"errors"
	"sync"
	"time"
)

// MemoryFilterConfig sets up a [MemoryFilter]. The zero value is usable.
type MemoryFilterConfig struct {
	// Entries is the most events that are remembered; 0: 65,536, which take about
	// 15 MB, and the replies of those that were replied to. The oldest is
	// forgotten for a new one. As many may be in work at once; more are an
	// ErrFilterFull.
	Entries int
	// TTL is how long an event is remembered; 0: 1 hour.
	TTL time.Duration
	// Hold is how long an event may be in work before a repetition stops waiting
	// for it and is handled; 0: 2 minutes. It must be longer than any handler runs.
	Hold time.Duration
}

// MemoryFilter is a [Filter] inside the process, bounded in memory. Processes
// that share the load of a URL need a shared Filter instead. It is safe for
// concurrent use.
type MemoryFilter struct {
	cfg MemoryFilterConfig

	mu   sync.Mutex
	held map[string]*hold
	done map[string]record
	ring []string // keys of done, oldest at head once the ring is full
	head int
	size int
}

// hold is an event in work.
type hold struct {
	owner string
	until time.Time
	over  chan struct{} // closed by Commit and Abort
}

// record is an event that has been dealt with.
type record struct {
	until  time.Time
	answer []byte
}

// NewMemoryFilter returns an empty filter. It starts no goroutine. The error names
// a negative setting.
func NewMemoryFilter(cfg MemoryFilterConfig) (*MemoryFilter, error) {
	if cfg.Entries < 0 || cfg.TTL < 0 || cfg.Hold < 0 {
		return nil, errors.New("callback: NewMemoryFilter: negative Entries, TTL or Hold")
	}
	if cfg.Entries == 0 {
		cfg.Entries = 1 << 16
	}
	if cfg.TTL == 0 {
		cfg.TTL = time.Hour
	}
	if cfg.Hold == 0 {
		cfg.Hold = 2 * time.Minute
	}
	return &MemoryFilter{cfg: cfg, held: make(map[string]*hold), done: make(map[string]record)}, nil
}

var errNotAFilter = errors.New("callback: the MemoryFilter was not made by NewMemoryFilter")

// Begin implements [Filter]. The error is that of ctx, or [ErrFilterFull].
func (f *MemoryFilter) Begin(ctx context.Context, key, owner string) (answer []byte, done bool, err error) {
	for {
		wait, r, err := f.try(key, owner)
		if err != nil || wait == nil {
			return r.answer, wait == nil && !r.until.IsZero(), err
		}
		timer := time.NewTimer(time.Until(wait.until))
		select {
		case <-wait.over:
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, false, context.Cause(ctx)
		}
		timer.Stop()
	}
}

// try returns the hold of another, the record, or neither when owner has the key.
func (f *MemoryFilter) try(key, owner string) (*hold, record, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.held == nil {
		return nil, record{}, errNotAFilter
	}
	now := time.Now()
	if r, ok := f.done[key]; ok && now.Before(r.until) {
		return nil, r, nil
	}
	if h := f.held[key]; h != nil {
		if now.Before(h.until) {
			return h, record{}, nil
		}
		// It has been held too long: owner takes it, and its other waiters, whose
		// timers end too, wait for owner.
	} else if len(f.held) >= f.cfg.Entries {
		return nil, record{}, ErrFilterFull
	}
	f.held[key] = &hold{owner: owner, until: now.Add(f.cfg.Hold), over: make(chan struct{})}
	return nil, record{}, nil
}

// Commit implements [Filter]. It does not fail.
func (f *MemoryFilter) Commit(_ context.Context, key, _ string, answer []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.held == nil {
		return errNotAFilter
	}
	now := time.Now()
	f.forget(now)
	if _, ok := f.done[key]; !ok {
		f.remember(key)
		f.done[key] = record{until: now.Add(f.cfg.TTL), answer: answer}
	}
	f.release(key)
	return nil
}

// Abort implements [Filter]. It does not fail.
func (f *MemoryFilter) Abort(_ context.Context, key, owner string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if h := f.held[key]; h != nil && h.owner == owner {
		f.release(key)
	}
	return nil
}

// Len returns the number of events that are remembered.
func (f *MemoryFilter) Len() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.forget(time.Now())
	return len(f.done)
}

// release ends the hold of key.
func (f *MemoryFilter) release(key string) {
	if h := f.held[key]; h != nil {
		close(h.over)
		delete(f.held, key)
	}
}

// forget drops the records that have expired. All live equally long, so they are
// in the order of their ends.
func (f *MemoryFilter) forget(now time.Time) {
	for f.size > 0 && !now.Before(f.done[f.ring[f.head]].until) {
		f.dropOldest()
	}
}

// remember puts key at the end of the ring, in the place of the oldest if need be.
func (f *MemoryFilter) remember(key string) {
	switch {
	case f.size == f.cfg.Entries:
		f.dropOldest()
	case f.size == len(f.ring): // grow: the head moves to the front
		f.ring = append(append(make([]string, 0, 2*f.size+1), f.ring[f.head:]...), f.ring[:f.head]...)
		f.head = 0
		f.ring = f.ring[:min(cap(f.ring), f.cfg.Entries)]
	}
	f.ring[(f.head+f.size)%len(f.ring)] = key
	f.size++
}

func (f *MemoryFilter) dropOldest() {
	delete(f.done, f.ring[f.head])
	f.ring[f.head] = ""
	f.head = (f.head + 1) % len(f.ring)
	f.size--
}
