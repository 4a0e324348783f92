package sso

import (
	"container/heap"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/wecom-isv/wecom"
)

// CacheUsedStates is a [UsedStates] in a [wecom.TokenCache] that processes share,
// such as a redisstore.Store or a sqlstore.Store. While the cache is down nobody can
// finish signing in.
//
// A CacheUsedStates is safe for concurrent use.
type CacheUsedStates struct{ cache wecom.TokenCache }

var _ UsedStates = (*CacheUsedStates)(nil)

// NewCacheUsedStates keeps used states in cache until they expire, under
// sso/state/<id>.
func NewCacheUsedStates(cache wecom.TokenCache) *CacheUsedStates {
	return &CacheUsedStates{cache: cache}
}

// Use implements [UsedStates].
func (c *CacheUsedStates) Use(ctx context.Context, id string, expires time.Time) (first bool, err error) {
	if c == nil || c.cache == nil {
		return false, errors.New("sso: used states: the CacheUsedStates was not made by NewCacheUsedStates with a cache")
	}
	// Of several Saves of the same version the first wins.
	return c.cache.Save(ctx, "sso/state/"+id, wecom.Token{Value: "used", Version: 1, ExpiresAt: expires})
}

// defaultUsed is how many used states a process remembers, in some 15 MB.
const defaultUsed = 100_000

// MemoryUsedStates is the [UsedStates] of one process.
//
// It remembers a bounded number. When there are more, it forgets those that
// expire soonest and from then on refuses, with [ErrStateExpired], every state
// that expires no later: a flood of sign-ins shortens the time that a person may
// take and never lets a state work twice.
//
// A MemoryUsedStates is safe for concurrent use and needs no Close.
type MemoryUsedStates struct {
	limit int

	mu    sync.Mutex
	byID  map[string]struct{}
	queue usedQueue // what expires soonest is first
	floor time.Time // what expires no later may have been forgotten
}

var _ UsedStates = (*MemoryUsedStates)(nil)

// NewMemoryUsedStates returns a store that remembers up to limit states, 100,000
// if limit is not positive.
func NewMemoryUsedStates(limit int) *MemoryUsedStates {
	if limit <= 0 {
		limit = defaultUsed
	}
	return &MemoryUsedStates{limit: limit, byID: make(map[string]struct{})}
}

// Use implements [UsedStates]. It fails only with [ErrStateExpired].
func (m *MemoryUsedStates) Use(_ context.Context, id string, expires time.Time) (first bool, err error) {
	now := time.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	for len(m.queue) > 0 && !now.Before(m.queue[0].expires) {
		m.forget()
	}
	if _, used := m.byID[id]; used {
		return false, nil
	}
	if !now.Before(expires) || !m.floor.Before(expires) {
		return false, ErrStateExpired
	}
	m.byID[id] = struct{}{}
	heap.Push(&m.queue, usedState{id: id, expires: expires})
	for len(m.queue) > m.limit {
		m.floor = m.queue[0].expires
		m.forget()
	}
	return true, nil
}

// forget drops the state that expires soonest; mu is held.
func (m *MemoryUsedStates) forget() {
	delete(m.byID, m.queue[0].id)
	heap.Pop(&m.queue)
}

type usedState struct {
	id      string
	expires time.Time
}

// usedQueue is a [heap.Interface].
type usedQueue []usedState

func (q usedQueue) Len() int           { return len(q) }
func (q usedQueue) Less(i, j int) bool { return q[i].expires.Before(q[j].expires) }
func (q usedQueue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *usedQueue) Push(x any)        { *q = append(*q, x.(usedState)) }

func (q *usedQueue) Pop() any {
	old := *q
	last := old[len(old)-1]
	old[len(old)-1] = usedState{}
	*q = old[:len(old)-1]
	return last
}
