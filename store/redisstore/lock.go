package redisstore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"net"
	"sync"
	"time"

	"github.com/go-redsync/redsync/v4"
)

// How often a lock is asked for while another process has it.
const (
	firstWait   = 10 * time.Millisecond
	longestWait = 250 * time.Millisecond
	unlockTime  = time.Second // then the lock is left to end by itself
	tryTime     = time.Hour   // redsync needs a limit for each try; in fact the context ends it
)

// Lock implements [wecom.Locker]. While the lock is taken it asks again after 5
// to 10 ms, then less and less often, up to every 250 ms. If Redis fails it
// returns at once: fetching without a lock is better than waiting.
func (s *Store) Lock(ctx context.Context, name string, ttl time.Duration) (unlock func(), err error) {
	if ttl < time.Millisecond {
		return nil, fmt.Errorf("redisstore: lock: it must last a millisecond or more, not %v", ttl)
	}
	owner := rand.Text()
	mutex := s.locks.NewMutex(s.key(kindLock, name),
		redsync.WithExpiry(ttl),
		redsync.WithTimeoutFactor(float64(tryTime)/float64(ttl)),
		redsync.WithValue(owner),
		redsync.WithGenValueFunc(func() (string, error) { return owner, nil }),
	)
	release := sync.OnceFunc(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), unlockTime)
		defer cancel()
		// A lock that cannot be released ends with its ttl.
		_, _ = mutex.UnlockContext(ctx)
	})
	for wait := firstWait; ; wait = min(2*wait, longestWait) {
		err := mutex.TryLockContext(ctx)
		if err == nil {
			return release, nil
		}
		if failure, ok := errors.AsType[*redsync.RedisError](err); ok {
			if dial, ok := errors.AsType[*net.OpError](err); !ok || dial.Op != "dial" {
				release() // it may be ours: the reply may have been lost
			}
			return nil, fail(ctx, "take", kindLock, failure.Err)
		}
		if err := sleep(ctx, wait); err != nil {
			return nil, fmt.Errorf("redisstore: take %s: %w", kindLock, err)
		}
	}
}

// sleep waits for half of d to d, or until ctx ends, whose error it returns.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d/2 + mathrand.N(d/2+1)) //nolint:gosec // Jitter, no secret.
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
