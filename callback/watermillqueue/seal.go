package watermillqueue

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/wecom-isv/wecom/callback"
)

// Errors of [Queue.Open]. Compare with [errors.Is].
var (
	// ErrFormat is a message that no [Queue] has published.
	ErrFormat = errors.New("watermillqueue: not a sealed event")
	// ErrUnknownKey is an event sealed with a key that is not in Config.Keys. The
	// error that wraps it names the id of the key.
	ErrUnknownKey = errors.New("watermillqueue: sealed with an unknown key")
	// ErrSealed is an event that does not open: it was changed, it comes from
	// another topic, or a key with the same id but other bytes sealed it.
	ErrSealed = errors.New("watermillqueue: seal broken")
)

// Key is an AES-256 key that events are sealed with. fmt, log/slog and the
// encoders show its id only.
type Key struct {
	// ID tells keys apart: 1 to 32 letters, digits, dots, hyphens and underscores.
	// It travels with each event in the clear.
	ID string
	// Bytes is the key, 32 random bytes ("openssl rand -base64 32", decoded).
	Bytes []byte `json:"-" xml:"-" yaml:"-"`
}

// String shows the id of the key.
func (k Key) String() string { return "watermillqueue.Key(" + k.ID + ")" }

// GoString shows the id of the key.
func (k Key) GoString() string { return k.String() }

// LogValue shows the id of the key.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.String()) }

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

func newSealer(topic string, keys []Key) (*sealer, error) {
	if len(keys) == 0 {
		return nil, errors.New("watermillqueue: no Keys")
	}
	s := &sealer{topic: topic, newest: keys[0].ID, keys: make(map[string]cipher.AEAD, len(keys))}
	for i, k := range keys {
		switch {
		case !validKeyID(k.ID):
			return nil, fmt.Errorf("watermillqueue: key %d of %d: the ID is not 1 to %d letters, digits, dots, hyphens or underscores", i+1, len(keys), maxKeyID)
		case s.keys[k.ID] != nil:
			return nil, fmt.Errorf("watermillqueue: key %d of %d: the ID %q is taken", i+1, len(keys), k.ID)
		case len(k.Bytes) != keyLen:
			return nil, fmt.Errorf("watermillqueue: key %q has %d bytes, not %d", k.ID, len(k.Bytes), keyLen)
		}
		block, err := aes.NewCipher(k.Bytes)
		if err != nil {
			return nil, fmt.Errorf("watermillqueue: key %q: %w", k.ID, err)
		}
		if s.keys[k.ID], err = cipher.NewGCMWithRandomNonce(block); err != nil {
			return nil, fmt.Errorf("watermillqueue: key %q: %w", k.ID, err)
		}
	}
	return s, nil
}

func validKeyID(id string) bool {
	for i := range len(id) {
		switch c := id[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '.', c == '-', c == '_':
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
		return env, at, ErrFormat
	}
	header, sealed := payload[:2+int(payload[1])], payload[2+int(payload[1]):]
	id := string(header[2:])
	if !validKeyID(id) {
		return env, at, ErrFormat
	}
	aead := s.keys[id]
	if aead == nil {
		return env, at, fmt.Errorf("%w: %q", ErrUnknownKey, id)
	}
	plain, err := aead.Open(nil, nil, sealed, s.bound(header))
	if err != nil {
		return env, at, ErrSealed
	}
	if len(plain) < 8 {
		return env, at, ErrFormat
	}
	at = time.UnixMilli(int64(binary.BigEndian.Uint64(plain)))
	app, rest, okApp := cutText(plain[8:])
	receiver, raw, okReceiver := cutText(rest)
	if !okApp || !okReceiver {
		return env, at, ErrFormat
	}
	env, err = callback.Parse(raw, receiver)
	env.App = app
	return env, at, err
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
