package crypto

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // The protocol signs with SHA-1.
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"log/slog"
	"math"
	"slices"
	"strings"
	"sync"
)

const (
	keyChars   = 43 // characters of an EncodingAESKey: base64 of 32 bytes without the "="
	tokenChars = 32 // most characters of a Token
	maxPadding = 32 // PKCS#7 block of the protocol, twice the block of the cipher
	randomSize = 16 // random bytes at the head of the plaintext
	headerSize = randomSize + 4
	sigChars   = 2 * sha1.Size
)

// Codec signs, verifies, opens and seals the messages of one callback URL, whose
// Token and EncodingAESKey it holds. Make it with [New] once and keep it; it is
// safe for concurrent use. Printing it shows neither of the two.
type Codec struct {
	p **keys // fmt reads unexported fields, and through one pointer if the verb is wrong
}

// keys is what a Codec works with.
type keys struct {
	token string
	block cipher.Block
	iv    [aes.BlockSize]byte
	pool  sync.Pool // of *scratch
}

// Sealed is an encrypted and signed message, with the names of the query
// parameters that come with it.
type Sealed struct {
	Signature string // msg_signature: 40 lower-case hexadecimal digits
	Timestamp string // timestamp: Unix time in seconds, as text
	Nonce     string // nonce
	Encrypt   []byte // base64 text: Encrypt of the envelope on POST, echostr on GET
}

// Message is an opened message. Both parts alias the buffer that was given to
// [Codec.Open]. Body holds secrets (tickets, codes, tokens): fmt, log/slog and
// the encoders show only its length.
type Message struct {
	Body     []byte // the event or message: XML or JSON; on GET the echo text
	Receiver []byte // the id it was sealed for (ReceiveId)
}

// String tells the size only.
func (m Message) String() string { return fmt.Sprintf("crypto.Message(%d bytes)", len(m.Body)) }

// Format writes [Message.String] for every verb.
func (m Message) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, m.String()) }

// LogValue hides the message from log/slog.
func (m Message) LogValue() slog.Value { return slog.StringValue(m.String()) }

// MarshalText hides the message from encoders.
func (m Message) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// New returns the codec for the Token and EncodingAESKey that are set for a
// callback URL. Token is 1 to 32 letters and digits, else the error is an
// [ErrToken]. EncodingAESKey is 43 letters and digits, else it is an [ErrKey]; its
// last character carries two spare bits, which are ignored. Blanks are not trimmed.
func New(token, encodingAESKey string) (*Codec, error) {
	switch {
	case len(token) == keyChars && len(encodingAESKey) <= tokenChars:
		return nil, fmt.Errorf("%w: it is as long as an EncodingAESKey; are the two swapped?", ErrToken)
	case token == "" || len(token) > tokenChars:
		return nil, fmt.Errorf("%w: %d characters, not 1 to %d", ErrToken, len(token), tokenChars)
	case !alphanumeric(token):
		return nil, fmt.Errorf("%w: not only letters and digits", ErrToken)
	case len(encodingAESKey) != keyChars:
		return nil, fmt.Errorf("%w: %d characters, not %d", ErrKey, len(encodingAESKey), keyChars)
	case !alphanumeric(encodingAESKey):
		return nil, fmt.Errorf("%w: not only letters and digits", ErrKey)
	}
	key, err := base64.RawStdEncoding.DecodeString(encodingAESKey) // not Strict: the spare bits may be set
	if err != nil {
		return nil, ErrKey
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, ErrKey
	}
	k := &keys{token: token, block: block, iv: [aes.BlockSize]byte(key)}
	k.pool.New = func() any { return k.newScratch() }
	return &Codec{&k}, nil
}

// alphanumeric reports whether s has ASCII letters and digits only.
func alphanumeric(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool {
		return (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z')
	})
}

func (c *Codec) keys() *keys { return *c.p }

// check refuses a Codec that [New] has not made.
func (c *Codec) check() error {
	if c == nil || c.p == nil {
		return fmt.Errorf("%w: the Codec was not made by New", ErrKey)
	}
	return nil
}

// Sign returns the msg_signature of encrypt: the lower-case hexadecimal SHA-1 of
// token, timestamp, nonce and encrypt in the order of their bytes. It is empty if
// [New] has not made the Codec.
func (c *Codec) Sign(timestamp, nonce string, encrypt []byte) string {
	if c.check() != nil {
		return ""
	}
	k := c.keys()
	s := k.scratch()
	defer k.pool.Put(s)
	s.sign(k.token, timestamp, nonce, encrypt)
	return string(s.hex[:])
}

// Verify checks the signature of m in constant time and nothing else: not the
// age of its timestamp, which is the receiver's choice. The error is an
// [ErrSignature]. Upper-case digits are refused, as by the official libraries.
func (c *Codec) Verify(m Sealed) error {
	if err := c.check(); err != nil {
		return err
	}
	k := c.keys()
	s := k.scratch()
	defer k.pool.Put(s)
	return s.verify(k.token, m)
}

// Open verifies and decrypts m, and checks that it was sealed for one of the
// allowed receivers; nil allows none. The steps are taken in this order, and the
// first that fails ends it: [ErrSignature], [ErrBase64], [ErrCiphertext],
// [ErrPadding], [ErrLayout], [ErrReceiver].
//
// The plaintext is written into the memory of dst, from its beginning, if its
// capacity is at least base64.StdEncoding.DecodedLen(len(m.Encrypt)); then
// Open allocates nothing. Else it allocates once. dst must not overlap m.Encrypt.
// After an error the content of dst is undefined.
//
// Open does not limit the size of m: limit what is read from the network.
func (c *Codec) Open(dst []byte, m Sealed, allowed *Receivers) (Message, error) {
	if err := c.check(); err != nil {
		return Message{}, err
	}
	msg, err := c.keys().open(dst, m)
	if err != nil {
		return Message{}, err
	}
	if err := allowed.check(msg.Receiver); err != nil {
		return Message{}, err
	}
	return msg, nil
}

// open does all of Open but the check of the receiver.
func (k *keys) open(dst []byte, m Sealed) (Message, error) {
	s := k.scratch()
	defer k.pool.Put(s)
	if err := s.verify(k.token, m); err != nil {
		return Message{}, err
	}

	dst = slices.Grow(dst[:0], base64.StdEncoding.DecodedLen(len(m.Encrypt)))
	n, err := base64.StdEncoding.Decode(dst[:cap(dst)], m.Encrypt)
	if err != nil {
		return Message{}, ErrBase64
	}
	if n == 0 || n%aes.BlockSize != 0 {
		return Message{}, fmt.Errorf("%w: %d bytes", ErrCiphertext, n)
	}
	plain := dst[:n]
	s.decrypter(k).CryptBlocks(plain, plain)
	return split(plain)
}

// split checks padding and layout of a plaintext:
// 16 random bytes, 4 bytes of big-endian length, message, receiver, padding.
func split(plain []byte) (Message, error) {
	pad := int(plain[len(plain)-1])
	if pad == 0 || pad > maxPadding || pad > len(plain) {
		return Message{}, ErrPadding
	}
	plain, padding := plain[:len(plain)-pad], plain[len(plain)-pad:]
	for _, b := range padding {
		if int(b) != pad {
			return Message{}, ErrPadding
		}
	}
	if len(plain) < headerSize {
		return Message{}, fmt.Errorf("%w: shorter than its header", ErrLayout)
	}
	rest := plain[headerSize:]
	n := binary.BigEndian.Uint32(plain[randomSize:])
	if uint64(n) > uint64(len(rest)) { // never 20+n: that wraps in 32 bits
		return Message{}, fmt.Errorf("%w: the length field points past the end", ErrLayout)
	}
	return Message{Body: rest[:n:n], Receiver: rest[n:len(rest):len(rest)]}, nil
}

// Seal encrypts msg for receiver and signs it: a passive reply (被动回复), or what
// a simulator of the platform pushes. In a reply, receiver is the one of the
// message that is answered ("" for an app of an individual subject); timestamp
// and nonce may be those of its query. The error is an [ErrReply] unless timestamp
// is 1 to 20 decimal digits, nonce 1 to 128 bytes of printable ASCII, receiver at
// most 128 bytes, and msg shorter than 4 GiB.
func (c *Codec) Seal(msg []byte, receiver, timestamp, nonce string) (Sealed, error) {
	if err := c.check(); err != nil {
		return Sealed{}, err
	}
	var random [randomSize]byte
	rand.Read(random[:]) // never fails: it ends the process instead
	return c.seal(random, msg, receiver, timestamp, nonce)
}

// seal is Seal with the random bytes given.
func (c *Codec) seal(random [randomSize]byte, msg []byte, receiver, timestamp, nonce string) (Sealed, error) {
	switch {
	case timestamp == "" || len(timestamp) > 20 || strings.Trim(timestamp, "0123456789") != "":
		return Sealed{}, fmt.Errorf("%w: timestamp is not 1 to 20 decimal digits", ErrReply)
	case nonce == "" || len(nonce) > 128 || strings.ContainsFunc(nonce, func(c rune) bool { return c < ' ' || c > '~' }):
		return Sealed{}, fmt.Errorf("%w: nonce is not 1 to 128 bytes of printable ASCII", ErrReply)
	case len(receiver) > maxID:
		return Sealed{}, fmt.Errorf("%w: receiver of %d bytes", ErrReply, len(receiver))
	case uint64(len(msg)) > math.MaxUint32-1024:
		return Sealed{}, fmt.Errorf("%w: message of %d bytes", ErrReply, len(msg))
	}
	n := headerSize + len(msg) + len(receiver)
	pad := maxPadding - n%maxPadding
	plain := make([]byte, 0, n+pad)
	plain = append(plain, random[:]...)
	plain = binary.BigEndian.AppendUint32(plain, uint32(len(msg)))
	plain = append(plain, msg...)
	plain = append(plain, receiver...)
	for range pad {
		plain = append(plain, byte(pad))
	}
	k := c.keys()
	cipher.NewCBCEncrypter(k.block, k.iv[:]).CryptBlocks(plain, plain)
	encrypt := base64.StdEncoding.AppendEncode(nil, plain)
	return Sealed{
		Signature: c.Sign(timestamp, nonce, encrypt),
		Timestamp: timestamp,
		Nonce:     nonce,
		Encrypt:   encrypt,
	}, nil
}

// scratch is what one operation needs and the next can use again.
type scratch struct {
	sha1 hash.Hash
	cbc  interface { // nil until needed
		cipher.BlockMode
		SetIV(iv []byte)
	}
	sum  [sha1.Size]byte
	hex  [sigChars]byte
	text [128]byte // strings on their way to the hash, which takes bytes
}

func (k *keys) newScratch() *scratch {
	return &scratch{sha1: sha1.New()} //nolint:gosec // The protocol signs with SHA-1.
}

func (k *keys) scratch() *scratch { return k.pool.Get().(*scratch) }

// decrypter returns a block mode at the start of a message. A block mode carries
// state from block to block, so that of the last message must be set back.
func (s *scratch) decrypter(k *keys) cipher.BlockMode {
	if s.cbc != nil {
		s.cbc.SetIV(k.iv[:])
		return s.cbc
	}
	mode := cipher.NewCBCDecrypter(k.block, k.iv[:])
	s.cbc, _ = mode.(interface {
		cipher.BlockMode
		SetIV(iv []byte)
	})
	return mode
}

// sign leaves the signature in s.hex.
func (s *scratch) sign(token, timestamp, nonce string, encrypt []byte) {
	a, b, c := token, timestamp, nonce
	if b < a {
		a, b = b, a
	}
	if c < b {
		b, c = c, b
	}
	if b < a {
		a, b = b, a
	}
	s.sha1.Reset()
	written := false
	for _, text := range [...]string{a, b, c} {
		if !written && string(encrypt) < text {
			s.sha1.Write(encrypt)
			written = true
		}
		for len(text) > 0 {
			n := copy(s.text[:], text)
			s.sha1.Write(s.text[:n])
			text = text[n:]
		}
	}
	if !written {
		s.sha1.Write(encrypt)
	}
	s.sha1.Sum(s.sum[:0])
	hex.Encode(s.hex[:], s.sum[:])
}

// verify compares the signature of m with the right one.
func (s *scratch) verify(token string, m Sealed) error {
	switch len(m.Signature) {
	case sigChars:
	case 0:
		return fmt.Errorf("%w: there is none", ErrSignature)
	default:
		return fmt.Errorf("%w: %d characters, not %d", ErrSignature, len(m.Signature), sigChars)
	}
	s.sign(token, m.Timestamp, m.Nonce, m.Encrypt)
	got := s.text[:copy(s.text[:], m.Signature)]
	if subtle.ConstantTimeCompare(got, s.hex[:]) == 1 {
		return nil
	}
	if slices.Contains(m.Encrypt, ' ') {
		return fmt.Errorf("%w: the text holds a blank; was a + of the query decoded to one?", ErrSignature)
	}
	return ErrSignature
}
