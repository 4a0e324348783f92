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

// The Version of a cache entry is the state of the work that it stands for.
const (
	workUnderWay = 1
	workDone     = 2
	noResult     = "-" // a cache may refuse an empty value
)

// returnMemory is how long a code stays bound to its state: longer than any process
// remembers the exchange or a permanent code that it could not save.
const returnMemory = unsavedMemory + codeMemory

// once lets the processes that share the cache do a piece of work for an
// authorisation code one at a time, and not again after it has succeeded: later
// callers wait, and get the result for as long as the code could live. If a
// process dies at the work, the others wait until its lease ends. mine reports
// whether this call did the work.
//
// Like a [wecom.Locker] it only spares calls: without the cache the work is done
// all the same.
func (a *app) once(ctx context.Context, what string, hash codeHash, lease time.Duration, work func(context.Context) (string, error)) (result string, mine bool, err error) {
	key := a.onceKey(what, hash)
	err = poll.Until(ctx, func(ctx context.Context) (bool, error) {
		result, mine = a.claim(ctx, key, lease)
		return mine || result != "", nil
	})
	if err != nil {
		return "", false, fmt.Errorf("suite: %s: waiting for other work on this authorisation: %w", a.id, err)
	}
	if !mine {
		return result, false, nil
	}
	succeeded := false
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cacheTimeout)
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

// claim takes the work on, or returns its result, or neither while another process
// is at it.
func (a *app) claim(ctx context.Context, key string, lease time.Duration) (result string, mine bool) {
	ctx, cancel := context.WithTimeout(ctx, cacheTimeout)
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

// bindCode binds an authorisation code to the state that it first came back with
// and refuses any other: a code from a browser history or a proxy log is of no use
// to somebody who started an installation of his own. first reports whether it was
// bound by this call. If the cache is down nobody is refused.
func (a *app) bindCode(ctx context.Context, code wecom.AuthCode, state string) (first bool, foreign error) {
	ctx, cancel := context.WithTimeout(ctx, cacheTimeout)
	defer cancel()
	cache, key, digest := a.api.Cache(), a.returnKey(code), sha256.Sum256([]byte(state))
	mine := wecom.Token{Value: hex.EncodeToString(digest[:]), Version: workDone, ExpiresAt: time.Now().Add(returnMemory).Round(0)}
	saved, err := cache.Save(ctx, key, mine)
	if err == nil && !saved {
		var bound wecom.Token
		if bound, err = cache.Load(ctx, key); err == nil && bound.Value != mine.Value {
			return false, fmt.Errorf("suite: %s: %w: another browser came back with this authorisation code", a.id, wecom.ErrCodeRejected)
		}
	}
	return err == nil && saved, nil
}

// releaseCode undoes the first bindCode of a code that the platform refuses: strangers
// must not fill the cache. A later refusal proves nothing: another process may hold
// what the code has bought.
func (a *app) releaseCode(ctx context.Context, code wecom.AuthCode) {
	ctx, cancel := context.WithTimeout(ctx, cacheTimeout)
	defer cancel()
	_ = a.api.Cache().Drop(ctx, a.returnKey(code), workDone) // else it ends by itself
}

func (a *app) returnKey(code wecom.AuthCode) string { return a.onceKey("returned", hashOf(code)) }

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
