package redisstore

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/wecom-isv/wecom/callback"
)

// FilterConfig sets up a [Filter]. The zero value is usable.
type FilterConfig struct {
	// TTL is how long an event is remembered; 0: 6 hours. A million events take
	// about 150 MB.
	TTL time.Duration
	// Hold is how long an event may be in work, at most, before a repetition stops
	// waiting for it and is handled; 0: 2 minutes. Where the context of Begin has a
	// deadline, as in a callback.Handler, it ends a second after that: WeCom repeats
	// within seconds, and a process that was killed must not hold an event longer.
	Hold time.Duration
}

// Filter is a [callback.Filter] in Redis, for processes that share the load of a
// callback URL. It is safe for concurrent use.
//
// When Redis is down, callback.Mux handles the event all the same, and a
// repetition too; when Redis comes back empty, events of before are forgotten.
type Filter struct {
	store                *Store
	ttl, hold            time.Duration
	begin, commit, abort *redis.Script
}

var _ callback.Filter = (*Filter)(nil)

// Filter returns a duplicate filter for callback.Mux.Dedupe. The error names a
// setting that is negative or below a millisecond.
func (s *Store) Filter(cfg FilterConfig) (*Filter, error) {
	f := &Filter{
		store:  s,
		ttl:    cmp.Or(cfg.TTL, 6*time.Hour),
		hold:   cmp.Or(cfg.Hold, 2*time.Minute),
		begin:  redis.NewScript(beginScript),
		commit: redis.NewScript(commitScript),
		abort:  redis.NewScript(abortScript),
	}
	if f.ttl < time.Millisecond || f.hold < time.Millisecond {
		return nil, errors.New("redisstore: Filter: FilterConfig.TTL and Hold must be a millisecond or more")
	}
	return f, nil
}

// eventRecord is an event in Redis: in work by Owner, or done.
type eventRecord struct {
	Format int    `json:"v"`
	Owner  string `json:"owner,omitzero"`
	Done   bool   `json:"done,omitzero"`
	Answer []byte `json:"answer,omitzero"`
}

// beginScript takes the key; the record of the new owner and how long it holds.
// It returns what is there.
const beginScript = `
local there = redis.call('GET', KEYS[1])
if not there then redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) end
return there
`

// isDone begins the other scripts.
const isDone = `
local there = redis.call('GET', KEYS[1])
local ok, record = pcall(cjson.decode, there or '')
if not ok or type(record) ~= 'table' then record = {} end
`

// commitScript takes the key; the record and how long it stays. The first record
// stays.
const commitScript = isDone + `
if not record.done then redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) end
return 1
`

// abortScript takes the key and the owner.
const abortScript = isDone + `
if not record.done and record.owner == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
`

// Begin implements [callback.Filter]. While another process holds the key it asks
// again after 5 to 10 ms, then less and less often, up to every 250 ms.
func (f *Filter) Begin(ctx context.Context, key, owner string) (answer []byte, done bool, err error) {
	mine, err := json.Marshal(eventRecord{Format: format, Owner: owner})
	if err != nil {
		return nil, false, fail(ctx, "begin", kindEvent, err)
	}
	hold := f.hold
	if end, ok := ctx.Deadline(); ok { // no handler runs longer, and WeCom repeats within seconds
		hold = max(min(hold, time.Until(end)+time.Second), time.Millisecond)
	}
	for wait := firstWait; ; wait = min(2*wait, longestWait) {
		bounded, cancel := brief(ctx)
		there, err := f.begin.Run(bounded, f.store.client, []string{f.store.key(kindEvent, key)}, mine, hold.Milliseconds()).Text()
		cancel()
		if errors.Is(err, redis.Nil) {
			return nil, false, nil
		}
		if err != nil {
			return nil, false, fail(ctx, "begin", kindEvent, err)
		}
		var record eventRecord
		if err := decode([]byte(there), &record, &record.Format); err != nil {
			return nil, false, fail(ctx, "begin", kindEvent, err)
		}
		switch {
		case record.Done:
			return record.Answer, true, nil
		case record.Owner == owner: // the reply of the first try was lost
			return nil, false, nil
		}
		if err := sleep(ctx, wait); err != nil {
			return nil, false, fmt.Errorf("redisstore: begin %s: %w", kindEvent, err)
		}
	}
}

// Commit implements [callback.Filter].
func (f *Filter) Commit(ctx context.Context, key, _ string, answer []byte) error {
	text, err := json.Marshal(eventRecord{Format: format, Done: true, Answer: answer})
	if err != nil {
		return fail(ctx, "commit", kindEvent, err)
	}
	if _, err := f.store.run(ctx, f.commit, f.store.key(kindEvent, key), text, f.ttl.Milliseconds()); err != nil {
		return fail(ctx, "commit", kindEvent, err)
	}
	return nil
}

// Abort implements [callback.Filter].
func (f *Filter) Abort(ctx context.Context, key, owner string) error {
	if _, err := f.store.run(ctx, f.abort, f.store.key(kindEvent, key), owner); err != nil {
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
