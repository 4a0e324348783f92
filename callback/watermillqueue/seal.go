package watermillqueue

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/callback"
)

const (
	keyLen   = 32
	maxKeyID = 32
	version  = 1
	domain   = "github.com/wecom-isv/wecom/callback/watermillqueue"
)

// sealer seals events for one topic with the first of its keys, and opens those
// of all its keys. A sealed event is
//
//	version | length of key id | key id | nonce, ciphertext and tag of AES-256-GCM
//
// with the topic and everything before the nonce as additional data.
type sealer struct {
	topic  string
	newest string
	keys   map[string]cipher.AEAD
}

func newSealer(topic string, keys []wecom.SealKey) (*sealer, error) {
	if len(keys) == 0 {
		return nil, errors.New("watermillqueue: no Keys")
	}
	s := &sealer{topic: topic, newest: keys[0].ID, keys: make(map[string]cipher.AEAD, len(keys))}
	for i, k := range keys {
		switch {
		case k == wecom.AcceptUnsealed():
			return nil, fmt.Errorf("watermillqueue: key %d of %d: a queue does not take unsealed events", i+1, len(keys))
		case !validKeyID(k.ID):
			return nil, fmt.Errorf("watermillqueue: key %d of %d: the ID is not 1 to %d of a-zA-Z0-9_-", i+1, len(keys), maxKeyID)
		case s.keys[k.ID] != nil:
			return nil, fmt.Errorf("watermillqueue: key %d of %d: the ID %q is taken", i+1, len(keys), k.ID)
		}
		var err error
		if s.keys[k.ID], err = newAEAD(k.Key); err != nil {
			return nil, fmt.Errorf("watermillqueue: key %q: %w", k.ID, err)
		}
	}
	return s, nil
}

func newAEAD(secret wecom.Secret) (cipher.AEAD, error) {
	key, err := base64.StdEncoding.DecodeString(secret.Reveal())
	if err != nil || len(key) != keyLen {
		return nil, fmt.Errorf("it is not %d random bytes in base64, as \"openssl rand -base64 %d\" prints them", keyLen, keyLen)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

func validKeyID(id string) bool {
	for i := range len(id) {
		switch c := id[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return len(id) > 0 && len(id) <= maxKeyID
}

// seal returns env, taken at the given time, sealed with the newest key.
func (s *sealer) seal(env *callback.Envelope, at time.Time) []byte {
	plain := make([]byte, 0, 16+len(env.App)+len(env.Receiver)+len(env.Raw))
	plain = binary.BigEndian.AppendUint64(plain, uint64(at.UnixMilli()))
	plain = appendText(plain, env.App)
	plain = appendText(plain, env.Receiver)
	plain = append(plain, env.Raw...)

	aead := s.keys[s.newest]
	out := make([]byte, 0, 2+len(s.newest)+len(plain)+aead.Overhead())
	out = append(out, version, byte(len(s.newest)))
	out = append(out, s.newest...)
	return aead.Seal(out, nil, plain, s.bound(out)) //nolint:gosec // no nonce: this AEAD makes a random one
}

// open is the reverse. The envelope is as [callback.Parse] makes it, with its App.
func (s *sealer) open(payload []byte) (env callback.Envelope, at time.Time, err error) {
	if len(payload) < 2 || payload[0] != version || len(payload) < 2+int(payload[1]) {
		return env, at, s.refuse("", wecom.ErrNotSealed)
	}
	header, sealed := payload[:2+int(payload[1])], payload[2+int(payload[1]):]
	id := string(header[2:])
	if !validKeyID(id) {
		return env, at, s.refuse("", wecom.ErrNotSealed)
	}
	aead := s.keys[id]
	if aead == nil {
		return env, at, s.refuse(id, wecom.ErrSealKeyUnknown)
	}
	plain, err := aead.Open(nil, nil, sealed, s.bound(header))
	if err != nil || len(plain) < 8 {
		return env, at, s.refuse(id, wecom.ErrSealBroken)
	}
	at = time.UnixMilli(int64(binary.BigEndian.Uint64(plain)))
	app, rest, okApp := cutText(plain[8:])
	receiver, raw, okReceiver := cutText(rest)
	if !okApp || !okReceiver {
		return env, at, s.refuse(id, wecom.ErrSealBroken)
	}
	env, err = callback.Parse(raw, receiver)
	env.App = app
	return env, at, err
}

func (s *sealer) refuse(keyID string, reason error) error {
	return &wecom.SealError{Name: s.topic, KeyID: keyID, Err: reason}
}

func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// cutText is the reverse of appendText.
func cutText(b []byte) (text string, rest []byte, ok bool) {
	size, n := binary.Uvarint(b)
	if n <= 0 || size > uint64(len(b)-n) {
		return "", nil, false
	}
	return string(b[n : n+int(size)]), b[n+int(size):], true
}

// bound returns the additional data for a header.
func (s *sealer) bound(header []byte) []byte {
	ad := make([]byte, 0, len(domain)+1+len(header)+len(s.topic))
	ad = append(append(ad, domain...), 0)
	ad = append(ad, header...) // tells its own length
	return append(ad, s.topic...)
}
