package wecom

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/wecom-isv/wecom/internal/shardmap"
)

// ErrNotCached is returned by [TokenCache.Load] for a key that is absent or has
// expired. Any other error means that the cache failed.
var ErrNotCached = errors.New("wecom: not in the cache")

// TokenCache is where tokens and tickets live, shared by suite, provider,
// callback and sso. Implementations are safe for concurrent use, keep what
// they are given until it expires, and may be shared by many machines.
//
// A cache that fails costs calls and latency, never correctness: the client
// goes on with the live tokens it has in memory and fetches what it lacks.
type TokenCache interface {
	// Load returns the live token of key, or ErrNotCached.
	Load(ctx context.Context, key string) (Token, error)
	// Save stores t unless a live entry of equal or greater Version is there,
	// in one atomic step, and reports whether it did.
	Save(ctx context.Context, key string, t Token) (saved bool, err error)
	// Drop removes the entry of key if its Version is at most upTo, in one
	// atomic step. An absent entry is no error.
	Drop(ctx context.Context, key string, upTo int64) error
}

// Locker lets one process of many fetch a token while the others wait for it.
// It spares calls; nothing depends on it being perfect. A [TokenCache] that is
// also a Locker is used as such.
type Locker interface {
	// Lock takes the lock of name, waiting until ctx is done. The lock ends
	// with unlock, or by itself after ttl in case the holder died. Unlocking
	// releases only the caller's own lock and does not depend on ctx.
	Lock(ctx context.Context, name string, ttl time.Duration) (unlock func(), err error)
}

// MemoryCache is a [TokenCache] and a [Locker] in this process, the default.
// Reading takes no mutex and does not allocate; a million corps fit. Expired
// entries are removed a few at a time by later writes.
type MemoryCache struct {
	tokens *shardmap.Map[Token]
	locks  *shardmap.Map[heldLock]
}

// heldLock is a lock that somebody holds; released is closed when it ends.
type heldLock struct{ released chan struct{} }

var (
	_ TokenCache = (*MemoryCache)(nil)
	_ Locker     = (*MemoryCache)(nil)
)

// NewMemoryCache returns an empty cache.
func NewMemoryCache() *MemoryCache {
	return &MemoryCache{
		tokens: shardmap.New(func(t *Token) bool { return !t.Live() }),
		locks:  shardmap.New[heldLock](nil),
	}
}

// errNotACache is the error of a MemoryCache that [NewMemoryCache] has not made.
var errNotACache = errors.New("wecom: the MemoryCache was not made by NewMemoryCache")

func (c *MemoryCache) made() bool { return c != nil && c.tokens != nil }

// Load implements [TokenCache].
func (c *MemoryCache) Load(_ context.Context, key string) (Token, error) {
	if !c.made() {
		return Token{}, errNotACache
	}
	t := c.tokens.Load(key)
	if t == nil || !t.Live() {
		return Token{}, ErrNotCached
	}
	return *t, nil
}

// Save implements [TokenCache].
func (c *MemoryCache) Save(_ context.Context, key string, t Token) (saved bool, err error) {
	if !c.made() {
		return false, errNotACache
	}
	c.tokens.Update(key, func(old *Token) *Token {
		if saved = old == nil || !old.Live() || old.Version < t.Version; saved {
			return &t
		}
		return old
	})
	return saved, nil
}

// Drop implements [TokenCache].
func (c *MemoryCache) Drop(_ context.Context, key string, upTo int64) error {
	if !c.made() {
		return errNotACache
	}
	c.tokens.Update(key, func(old *Token) *Token {
		if old != nil && old.Version <= upTo {
			return nil
		}
		return old
	})
	return nil
}

// Lock implements [Locker].
func (c *MemoryCache) Lock(ctx context.Context, name string, ttl time.Duration) (unlock func(), err error) {
	if !c.made() {
		return nil, errNotACache
	}
	mine := &heldLock{released: make(chan struct{})}
	for {
		holder := c.locks.Update(name, func(old *heldLock) *heldLock { return cmp.Or(old, mine) })
		if holder == mine {
			break
		}
		select {
		case <-holder.released:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	release := sync.OnceFunc(func() {
		c.locks.Update(name, func(*heldLock) *heldLock { return nil })
		close(mine.released)
	})
	expiry := time.AfterFunc(ttl, release)
	return func() {
		expiry.Stop()
		release()
	}, nil
}

// Format prints the type and nothing of what it holds, with every verb.
func (*MemoryCache) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "wecom.MemoryCache") }
