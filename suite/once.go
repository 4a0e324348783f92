package suite

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/poll"
)

// codeHash stands for an authorisation code in memory and in the cache.
type codeHash [sha256.Size]byte

func hashOf(code wecom.AuthCode) codeHash { return sha256.Sum256([]byte(code)) }

// What the cache has of work that is done once: the Version of the entry.
const (
	workUnderWay = 1
	workDone     = 2
	noResult     = "-" // a cache may refuse to keep nothing

	onceCacheTimeout = 2 * time.Second
)

// once has the processes that share the cache do a piece of work for an
// authorisation code one at a time, and not again when it has succeeded: who comes
// later waits, and gets the result for as long as the code could live. A process
// that died at the work is waited for until lease ends. mine says that this call
// did the work.
//
// It spares calls, as a [wecom.Locker] does: without the cache the work is done
// all the same.
func (a *app) once(ctx context.Context, what string, hash codeHash, lease time.Duration, work func(context.Context) (string, error)) (result string, mine bool, err error) {
	key := a.onceKey(what, hash)
	err = poll.Until(ctx, func(ctx context.Context) (bool, error) {
		result, mine = a.claim(ctx, key, lease)
		return mine || result != "", nil
	})
	if err != nil || !mine {
		return result, false, err
	}
	succeeded := false
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), onceCacheTimeout)
		defer cancel()
		if !succeeded { // also if the work panicked
			_ = a.api.Cache().Drop(ctx, key, workUnderWay)
			return
		}
		_, _ = a.api.Cache().Save(ctx, key, wecom.Token{Value: result, Version: workDone, ExpiresAt: time.Now().Add(codeMemory).Round(0)})
	}()
	result, err = work(ctx)
	succeeded = err == nil
	return result, true, err
}

// claim takes the work on, or returns its result, or neither while somebody else
// is at it.
func (a *app) claim(ctx context.Context, key string, lease time.Duration) (result string, mine bool) {
	ctx, cancel := context.WithTimeout(ctx, onceCacheTimeout)
	defer cancel()
	cache := a.api.Cache()
	saved, err := cache.Save(ctx, key, wecom.Token{Value: noResult, Version: workUnderWay, ExpiresAt: time.Now().Add(lease).Round(0)})
	if saved || err != nil {
		return "", true
	}
	t, err := cache.Load(ctx, key)
	switch {
	case err == nil && t.Version >= workDone:
		return t.Value, false
	case err == nil, errors.Is(err, wecom.ErrNotCached):
		return "", false
	}
	return "", true
}

// welcome refuses a browser with an authorisation code that another browser has
// come back with. A cache that is down lets both in.
func (a *app) welcome(ctx context.Context, code wecom.AuthCode) error {
	ctx, cancel := context.WithTimeout(ctx, onceCacheTimeout)
	defer cancel()
	first, err := a.api.Cache().Save(ctx, a.onceKey("returned", hashOf(code)), wecom.Token{
		Value: noResult, Version: workDone, ExpiresAt: time.Now().Add(codeMemory).Round(0),
	})
	if err == nil && !first {
		return fmt.Errorf("suite: %s: %w: another browser came back with this authorisation code", a.id, wecom.ErrCodeRejected)
	}
	return nil
}

func (a *app) onceKey(what string, hash codeHash) string {
	return a.key(what, hex.EncodeToString(hash[:16]))
}

// announceLease is how long a hook may take before another process calls it too.
const announceLease = time.Minute

// announce calls hook, unless the authorisation of that code has been announced.
func (a *app) announce(ctx context.Context, code wecom.AuthCode, auth *Authorization, hook func(context.Context, *Authorization) error) error {
	if hook == nil {
		return nil
	}
	_, _, err := a.once(ctx, "announced", hashOf(code), announceLease, func(ctx context.Context) (string, error) {
		return noResult, hook(ctx, auth)
	})
	return err
}
