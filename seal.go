package wecom

import (
	"context"
	"errors"
	"fmt"

	"github.com/wecom-isv/wecom/internal/seal"
)

// Why a stored value does not open; each comes inside a [*SealError].
var (
	// ErrSealKeyUnknown says that the value is sealed under a key that was not
	// given: SealError.KeyID names it.
	ErrSealKeyUnknown = seal.ErrUnknownKey
	// ErrNotSealed says that the value was stored before sealing began, or by
	// somebody who does not seal; see [AcceptUnsealed].
	ErrNotSealed = seal.ErrUnsealed
	// ErrSealBroken says that the value was changed, or moved from another entry,
	// or that the key of its id is not the one that sealed it.
	ErrSealBroken = seal.ErrBroken
)

// SealError says that a stored value could not be opened. It holds nothing of
// the value.
type SealError struct {
	Name  string // of the entry: "suite/<suite id>/corp/<corp id>/token"
	KeyID string // of the key that sealed it; empty if it was not sealed
	Err   error  // [ErrSealKeyUnknown], [ErrNotSealed] or [ErrSealBroken]
}

// Error names the entry and the key.
func (e *SealError) Error() string {
	if e.KeyID == "" {
		return fmt.Sprintf("wecom: the stored value of %s: %v", e.Name, e.Err)
	}
	return fmt.Sprintf("wecom: the stored value of %s, key %q: %v", e.Name, e.KeyID, e.Err)
}

// Unwrap returns the reason.
func (e *SealError) Unwrap() error { return e.Err }

// SealKey is an AES-256 key for what a store keeps.
type SealKey struct {
	// ID names the key in what it seals: 1 to 32 of a-zA-Z0-9_-, for example the
	// month it was made. One id never names two keys.
	ID string
	// Key is 32 random bytes in base64, as "openssl rand -base64 32" prints them.
	Key Secret
}

// AcceptUnsealed stands among the keys of [SealCache] or suite.SealCodes while a
// store is moved to sealing: values that were stored unsealed are then taken as
// they are. Whoever can write to the store can plant values as long as it is
// there; take it out when all values have been stored anew.
func AcceptUnsealed() SealKey { return SealKey{ID: seal.Unsealed} }

// SealCache keeps tokens and tickets in inner encrypted, for a cache that others
// can read: AES-256-GCM, bound to the key of the entry, so that a value does not
// open under another key. Version and expiry stay readable, as inner needs them.
//
// The first key seals, all keys open. To rotate, give the new key to all
// processes as the second, then make it the first, and take the old one out
// after 2 hours, the life of a token; permanent codes that [suite.CacheCodes]
// keeps in this cache do not expire and need their key forever. A key is good
// for 4 billion values: a million corps take a year.
//
// A value that does not open is a [*SealError] of Load; the client then fetches
// a new token, which replaces it. If inner is a [Locker], the result is one too.
//
// [suite.CacheCodes]: https://pkg.go.dev/github.com/wecom-isv/wecom/suite#CacheCodes
func SealCache(inner TokenCache, keys ...SealKey) (TokenCache, error) {
	if inner == nil {
		return nil, errors.New("wecom: SealCache: the cache is nil")
	}
	ringKeys := make([]seal.Key, len(keys))
	for i, k := range keys {
		ringKeys[i] = seal.Key{ID: k.ID, Secret: k.Key.Reveal()}
	}
	ring, err := seal.New(ringKeys)
	if err != nil {
		return nil, fmt.Errorf("wecom: SealCache: %w", err)
	}
	cache := &sealedCache{inner: inner, ring: ring}
	if locker, ok := inner.(Locker); ok {
		return &sealedLockingCache{sealedCache: cache, Locker: locker}, nil
	}
	return cache, nil
}

type sealedCache struct {
	inner TokenCache
	ring  *seal.Ring
}

type sealedLockingCache struct {
	*sealedCache
	Locker
}

// sealedToken is what tokens are bound to besides their key: no permanent code
// opens as a token.
const sealedToken = "token"

func (c *sealedCache) Load(ctx context.Context, key string) (Token, error) {
	t, err := c.inner.Load(ctx, key)
	if err != nil {
		return Token{}, err
	}
	value, keyID, err := c.ring.Open(t.Value, sealedToken, key)
	if err != nil {
		return Token{}, &SealError{Name: key, KeyID: keyID, Err: err}
	}
	t.Value = value
	return t, nil
}

func (c *sealedCache) Save(ctx context.Context, key string, t Token) (saved bool, err error) {
	t.Value = c.ring.Seal(t.Value, sealedToken, key)
	return c.inner.Save(ctx, key, t)
}

func (c *sealedCache) Drop(ctx context.Context, key string, upTo int64) error {
	return c.inner.Drop(ctx, key, upTo)
}
