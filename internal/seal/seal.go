// Package seal encrypts values for stores that others can read: AES-256-GCM under
// one of several named keys, bound to what the value belongs to.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// Why a value does not open.
var (
	ErrUnknownKey = errors.New("it is sealed under a key that was not given")
	ErrUnsealed   = errors.New("it is not sealed")
	ErrBroken     = errors.New("it does not open: it was changed or moved, or the key of that id is another one")
)

// Unsealed is the id of the key that opens values which were never sealed.
const Unsealed = "unsealed"

// KeyBytes is the size of a key.
const KeyBytes = 32

const (
	prefix    = "sealed.1."
	longestID = 32
)

// Key is one key of a ring.
type Key struct {
	ID     string // 1 to 32 of a-zA-Z0-9_-
	Secret string // 32 bytes in base64; none for [Unsealed]
}

// Ring seals under its first key and opens under each. It is safe for concurrent
// use.
type Ring struct {
	newest   string
	keys     map[string]cipher.AEAD
	unsealed bool
}

// New returns a ring of keys. Its errors name ids, never keys.
func New(keys []Key) (*Ring, error) {
	r := &Ring{keys: make(map[string]cipher.AEAD, len(keys))}
	for i, k := range keys {
		if k.ID == Unsealed && k.Secret == "" {
			r.unsealed = true
			continue
		}
		if !isID(k.ID) || k.ID == Unsealed {
			return nil, fmt.Errorf("key %d of %d: the id must be 1 to %d of a-zA-Z0-9_- and not %q", i+1, len(keys), longestID, Unsealed)
		}
		if r.keys[k.ID] != nil {
			return nil, fmt.Errorf("two keys have the id %q", k.ID)
		}
		aead, err := newAEAD(k.Secret)
		if err != nil {
			return nil, fmt.Errorf("key %q: %w", k.ID, err)
		}
		r.keys[k.ID] = aead
		if r.newest == "" {
			r.newest = k.ID
		}
	}
	if r.newest == "" {
		return nil, errors.New("no key is given")
	}
	return r, nil
}

func newAEAD(secret string) (cipher.AEAD, error) {
	key, err := base64.StdEncoding.DecodeString(secret)
	if err != nil || len(key) != KeyBytes {
		return nil, fmt.Errorf("it must be %d random bytes in base64, as \"openssl rand -base64 %d\" prints them", KeyBytes, KeyBytes)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

func isID(s string) bool {
	odd := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
	}
	return s != "" && len(s) <= longestID && !strings.ContainsFunc(s, odd)
}

// Seal encrypts value for owner under the newest key: it opens for the same
// owner only.
func (r *Ring) Seal(value string, owner ...string) string {
	sealed := r.keys[r.newest].Seal(nil, nil, []byte(value), bind(r.newest, owner)) //nolint:gosec // This AEAD makes its nonces.
	return prefix + r.newest + "." + base64.RawURLEncoding.EncodeToString(sealed)
}

// Open decrypts what Seal made for owner. keyID is the key that sealed it, also
// when that key is not there. The error is one of this package's, and holds
// nothing of the value.
func (r *Ring) Open(sealed string, owner ...string) (value, keyID string, err error) {
	rest, found := strings.CutPrefix(sealed, prefix)
	if !found {
		if r.unsealed {
			return sealed, "", nil
		}
		return "", "", ErrUnsealed
	}
	keyID, text, found := strings.Cut(rest, ".")
	if !found || !isID(keyID) {
		return "", "", ErrBroken
	}
	aead := r.keys[keyID]
	if aead == nil {
		return "", keyID, ErrUnknownKey
	}
	ciphertext, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return "", keyID, ErrBroken
	}
	plain, err := aead.Open(nil, nil, ciphertext, bind(keyID, owner))
	if err != nil {
		return "", keyID, ErrBroken
	}
	return string(plain), keyID, nil
}

// bind makes the additional data; no two owners have the same.
func bind(keyID string, owner []string) []byte {
	data := []byte("wecom " + prefix + keyID)
	for _, part := range owner {
		data = binary.BigEndian.AppendUint32(data, uint32(len(part)))
		data = append(data, part...)
	}
	return data
}
