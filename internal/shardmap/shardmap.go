// Package shardmap is a string-keyed map for very many entries that are read
// far more often than written: reading takes no lock and does not allocate.
package shardmap

import (
	"hash/maphash"
	"sync"
	"sync/atomic"
)

const (
	shardBits   = 6
	shardCount  = 1 << shardBits
	minBuckets  = 8
	sweepStride = 4 // buckets looked at per insertion
)

// Map maps strings to *V. It is safe for concurrent use. Values are replaced,
// never changed in place.
type Map[V any] struct {
	seed   maphash.Seed
	dead   func(*V) bool
	shards [shardCount]shard[V]
}

type shard[V any] struct {
	table  atomic.Pointer[table[V]]
	mu     sync.Mutex // writers; never held during I/O
	count  int
	cursor int // next bucket to sweep
}

// table is a hash table with chains. Nodes never change their key or table, so
// that a reader who holds an outgrown table still finds what was there.
type table[V any] struct {
	buckets []atomic.Pointer[node[V]]
}

type node[V any] struct {
	key   string
	value atomic.Pointer[V]
	next  atomic.Pointer[node[V]]
}

// New returns an empty map. Entries for which dead reports true are removed a
// few at a time whenever something is written; a nil dead keeps everything.
func New[V any](dead func(*V) bool) *Map[V] {
	return &Map[V]{seed: maphash.MakeSeed(), dead: dead}
}

func (m *Map[V]) locate(key string) (*shard[V], uint64) {
	h := maphash.String(m.seed, key)
	return &m.shards[h%shardCount], h >> shardBits
}

func (t *table[V]) bucket(hash uint64) *atomic.Pointer[node[V]] {
	return &t.buckets[hash&uint64(len(t.buckets)-1)]
}

// find returns the node of key and the link that points to it.
func (t *table[V]) find(key string, hash uint64) (*node[V], *atomic.Pointer[node[V]]) {
	link := t.bucket(hash)
	for n := link.Load(); n != nil; n = link.Load() {
		if n.key == key {
			return n, link
		}
		link = &n.next
	}
	return nil, nil
}

// Load returns the value of key, nil if there is none.
func (m *Map[V]) Load(key string) *V {
	s, hash := m.locate(key)
	t := s.table.Load()
	if t == nil {
		return nil
	}
	if n, _ := t.find(key, hash); n != nil {
		return n.value.Load()
	}
	return nil
}

// Update replaces the value of key by what f makes of it and returns the new
// value. nil means absent, both ways. No other write to key happens meanwhile;
// f must not use the map.
func (m *Map[V]) Update(key string, f func(old *V) *V) *V {
	s, hash := m.locate(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.table.Load()
	if t == nil {
		t = &table[V]{buckets: make([]atomic.Pointer[node[V]], minBuckets)}
		s.table.Store(t)
	}
	n, link := t.find(key, hash)
	if n == nil {
		v := f(nil)
		if v != nil {
			s.insert(t, key, hash, v)
			m.grow(s)
			m.sweep(s)
		}
		return v
	}
	v := f(n.value.Load())
	if v == nil {
		s.remove(n, link)
		return nil
	}
	n.value.Store(v)
	m.sweep(s)
	return v
}

// Len counts the entries, dead ones that are not yet swept included.
func (m *Map[V]) Len() int {
	total := 0
	for i := range m.shards {
		s := &m.shards[i]
		s.mu.Lock()
		total += s.count
		s.mu.Unlock()
	}
	return total
}

func (s *shard[V]) insert(t *table[V], key string, hash uint64, v *V) {
	n := &node[V]{key: key}
	n.value.Store(v)
	head := t.bucket(hash)
	n.next.Store(head.Load())
	head.Store(n)
	s.count++
}

// remove unlinks n. A reader that stands on n goes on along its chain.
func (s *shard[V]) remove(n *node[V], link *atomic.Pointer[node[V]]) {
	link.Store(n.next.Load())
	n.value.Store(nil)
	s.count--
}

func (m *Map[V]) grow(s *shard[V]) {
	old := s.table.Load()
	if s.count <= len(old.buckets) {
		return
	}
	bigger := &table[V]{buckets: make([]atomic.Pointer[node[V]], 2*len(old.buckets))}
	s.count = 0
	for i := range old.buckets {
		for n := old.buckets[i].Load(); n != nil; n = n.next.Load() {
			_, hash := m.locate(n.key)
			s.insert(bigger, n.key, hash, n.value.Load())
		}
	}
	s.table.Store(bigger)
}

func (m *Map[V]) sweep(s *shard[V]) {
	if m.dead == nil {
		return
	}
	t := s.table.Load()
	for range sweepStride {
		s.cursor = (s.cursor + 1) % len(t.buckets)
		link := &t.buckets[s.cursor]
		for n := link.Load(); n != nil; n = link.Load() {
			if m.dead(n.value.Load()) {
				s.remove(n, link)
				continue
			}
			link = &n.next
		}
	}
}
