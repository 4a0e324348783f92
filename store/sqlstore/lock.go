package sqlstore

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"
)

// How often a lock is asked for while another process has it.
const (
	firstWait   = 10 * time.Millisecond
	longestWait = 250 * time.Millisecond
	unlockTime  = time.Second // then the lock is left to end by itself
)

// Lock implements [wecom.Locker] with a row that has an owner and an end, by the
// clock of the database. While another has it, Lock looks again after 5 to 10 ms,
// then less and less often, up to every 250 ms. If the database fails it returns
// at once. The name has at most 512 bytes.
func (s *Store) Lock(ctx context.Context, name string, ttl time.Duration) (unlock func(), err error) {
	if err := checkName(name); err != nil {
		return nil, fail(ctx, "take", kindLock, err)
	}
	if ttl < time.Millisecond {
		return nil, fail(ctx, "take", kindLock, fmt.Errorf("it must last a millisecond or more, not %v", ttl))
	}
	owner := rand.Text()
	release := sync.OnceFunc(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), unlockTime)
		defer cancel()
		// A lock that cannot be released ends with its ttl.
		_, _ = s.exec(ctx, `DELETE FROM wecom_locks WHERE name = ? AND owner = ?`, name, owner)
	})
	for wait := firstWait; ; wait = min(2*wait, longestWait) {
		mine, err := s.put(ctx, owner, `SELECT owner FROM wecom_locks WHERE name = ?`, name, s.grammar.takeLock, name, owner, ttl.Milliseconds())
		if err != nil {
			release() // it may be ours: the reply may have been lost
			return nil, fail(ctx, "take", kindLock, err)
		}
		if mine {
			return release, nil
		}
		if wait, err = s.watch(ctx, context.WithCancel, `SELECT 1 FROM wecom_locks WHERE name = ? AND expires_at > `+s.grammar.now, name, wait); err != nil {
			return nil, fail(ctx, "take", kindLock, err)
		}
	}
}

// boundFunc derives the context of one statement.
type boundFunc func(context.Context) (context.Context, context.CancelFunc)

// watch looks at the row that query finds, less and less often, until it is gone:
// reading costs less than trying to write. bound limits each look. It returns the
// last pause.
func (s *Store) watch(ctx context.Context, bound boundFunc, query, name string, wait time.Duration) (time.Duration, error) {
	for ; ; wait = min(2*wait, longestWait) {
		if err := sleep(ctx, wait); err != nil {
			return wait, err
		}
		bounded, cancel := bound(ctx)
		var one int
		err := s.row(bounded, query, name).Scan(&one)
		cancel()
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return wait, nil
		case err != nil:
			return wait, err
		}
	}
}
