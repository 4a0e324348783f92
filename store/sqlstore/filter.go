package sqlstore

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"time"

	"github.com/wecom-isv/wecom/callback"
)

// FilterConfig sets up a [Filter]. The zero value is usable.
type FilterConfig struct {
	// TTL is how long an event is remembered; 0: 6 hours.
	TTL time.Duration
	// Hold is how long an event may be in work, at most, before a repetition stops
	// waiting for it and is handled; 0: 2 minutes. Where the context of Begin has a
	// deadline, as in a callback.Handler, it ends a second after that: WeCom repeats
	// within seconds, and a process that was killed must not hold an event longer.
	Hold time.Duration
}

// Filter is a [callback.Filter] in a database, for processes that share the load
// of a callback URL. It is safe for concurrent use. [Store.Sweep] removes what has
// expired.
type Filter struct {
	store     *Store
	ttl, hold time.Duration
}

var _ callback.Filter = (*Filter)(nil)

// Filter returns a duplicate filter for callback.Mux.Dedupe. The error names a
// setting that is negative or below a millisecond.
func (s *Store) Filter(cfg FilterConfig) (*Filter, error) {
	f := &Filter{store: s, ttl: cmp.Or(cfg.TTL, 6*time.Hour), hold: cmp.Or(cfg.Hold, 2*time.Minute)}
	if f.ttl < time.Millisecond || f.hold < time.Millisecond {
		return nil, errors.New("sqlstore: Filter: FilterConfig.TTL and Hold must be a millisecond or more")
	}
	return f, nil
}

// Begin implements [callback.Filter]. While another process holds the key it looks
// again after 5 to 10 ms, then less and less often, up to every 250 ms.
func (f *Filter) Begin(ctx context.Context, key, owner string) (answer []byte, done bool, err error) {
	if err := checkName(key); err != nil {
		return nil, false, fail(ctx, "begin", kindEvent, err)
	}
	s, hold := f.store, f.hold
	if end, ok := ctx.Deadline(); ok { // no handler runs longer, and WeCom repeats within seconds
		hold = max(min(hold, time.Until(end)+time.Second), time.Millisecond)
	}
	for wait := firstWait; ; wait = min(2*wait, longestWait) {
		bounded, cancel := brief(ctx)
		mine, err := s.put(bounded, owner, `SELECT owner FROM wecom_events WHERE name = ? AND done = 0`, key,
			s.grammar.beginEvent, key, owner, []byte{}, hold.Milliseconds())
		cancel()
		if err != nil {
			return nil, false, fail(ctx, "begin", kindEvent, err)
		}
		if mine {
			return nil, false, nil
		}
		bounded, cancel = brief(ctx)
		answer, done, err := f.answer(bounded, key)
		cancel()
		if err != nil {
			return nil, false, fail(ctx, "begin", kindEvent, err)
		}
		if done {
			return answer, true, nil
		}
		if wait, err = s.watch(ctx, brief, `SELECT 1 FROM wecom_events WHERE name = ? AND done = 0 AND expires_at > `+s.grammar.now, key, wait); err != nil {
			return nil, false, fail(ctx, "begin", kindEvent, err)
		}
	}
}

// answer returns what was committed for key, if that is still good.
func (f *Filter) answer(ctx context.Context, key string) (answer []byte, done bool, err error) {
	query := `SELECT answer FROM wecom_events WHERE name = ? AND done = 1 AND expires_at > ` + f.store.grammar.now
	err = f.store.row(ctx, query, key).Scan(&answer)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	return answer, err == nil, err
}

// Commit implements [callback.Filter].
func (f *Filter) Commit(ctx context.Context, key, _ string, answer []byte) error {
	if err := checkName(key); err != nil {
		return fail(ctx, "commit", kindEvent, err)
	}
	if answer == nil {
		answer = []byte{}
	}
	// What is done belongs to nobody.
	if _, err := f.store.exec(ctx, f.store.grammar.commitEvent, key, rand.Text(), answer, f.ttl.Milliseconds()); err != nil {
		return fail(ctx, "commit", kindEvent, err, string(answer))
	}
	return nil
}

// Abort implements [callback.Filter].
func (f *Filter) Abort(ctx context.Context, key, owner string) error {
	if _, err := f.store.exec(ctx, `DELETE FROM wecom_events WHERE name = ? AND owner = ? AND done = 0`, key, owner); err != nil {
		return fail(ctx, "abort", kindEvent, err)
	}
	return nil
}

// brief gives one look at the store a third of the time that ctx leaves, and 2
// seconds at most: if the store hangs, the event can still be handled.
func brief(ctx context.Context) (context.Context, context.CancelFunc) {
	d := 2 * time.Second
	if end, ok := ctx.Deadline(); ok {
		d = min(d, time.Until(end)/3)
	}
	return context.WithTimeout(ctx, d)
}
