package wecomtest

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1" //nolint:gosec // WeCom's callback signature is SHA-1.
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
)

const (
	padBlock = 32 // of WeCom's PKCS#7 padding: twice the block of AES
	keySize  = 32
)

// envelopeCipher seals and opens callback messages with one Token and
// EncodingAESKey pair.
type envelopeCipher struct {
	token string
	key   []byte
}

func newEnvelopeCipher(token, encodingAESKey string) (*envelopeCipher, error) {
	if len(encodingAESKey) != 43 {
		return nil, fmt.Errorf("wecomtest: EncodingAESKey has %d characters, want 43", len(encodingAESKey))
	}
	// Not strict: the two spare bits of the last character may be set. The decoder
	// skips line breaks, so the length of the key is not certain yet.
	key, err := base64.StdEncoding.DecodeString(encodingAESKey + "=")
	if err != nil || len(key) != keySize {
		return nil, errors.New("wecomtest: EncodingAESKey is not base64")
	}
	return &envelopeCipher{token: token, key: key}, nil
}

func (c *envelopeCipher) sign(timestamp, nonce, encrypt string) string {
	parts := []string{c.token, timestamp, nonce, encrypt}
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, ""))) //nolint:gosec // As above.
	return hex.EncodeToString(sum[:])
}

// seal returns the base64 text of 16 random bytes, length, message and
// receiver, padded and encrypted.
func (c *envelopeCipher) seal(random, message []byte, receiver string) string {
	plain := slices.Concat(random, binary.BigEndian.AppendUint32(nil, uint32(len(message))), message, []byte(receiver))
	pad := padBlock - len(plain)%padBlock
	plain = append(plain, bytes.Repeat([]byte{byte(pad)}, pad)...)
	block, err := aes.NewCipher(c.key)
	if err != nil {
		panic(err) // newEnvelopeCipher has checked the length of the key
	}
	cipher.NewCBCEncrypter(block, c.key[:aes.BlockSize]).CryptBlocks(plain, plain)
	return base64.StdEncoding.EncodeToString(plain)
}

// open reverses seal. It is used for passive replies.
func (c *envelopeCipher) open(encrypt string) (message []byte, receiver string, err error) {
	sealed, err := base64.StdEncoding.DecodeString(encrypt)
	if err != nil {
		return nil, "", errors.New("wecomtest: cipher text is not base64")
	}
	if len(sealed) == 0 || len(sealed)%aes.BlockSize != 0 {
		return nil, "", errors.New("wecomtest: cipher text is not a multiple of 16 bytes")
	}
	block, err := aes.NewCipher(c.key)
	if err != nil {
		return nil, "", err
	}
	cipher.NewCBCDecrypter(block, c.key[:aes.BlockSize]).CryptBlocks(sealed, sealed)
	pad := int(sealed[len(sealed)-1])
	if pad < 1 || pad > padBlock || pad > len(sealed) ||
		!bytes.Equal(sealed[len(sealed)-pad:], bytes.Repeat([]byte{byte(pad)}, pad)) {
		return nil, "", errors.New("wecomtest: bad padding")
	}
	plain := sealed[:len(sealed)-pad]
	if len(plain) < 20 {
		return nil, "", errors.New("wecomtest: message too short")
	}
	size := uint64(binary.BigEndian.Uint32(plain[16:20]))
	if size > uint64(len(plain)-20) {
		return nil, "", errors.New("wecomtest: length field overruns the message")
	}
	return plain[20 : 20+size], string(plain[20+size:]), nil
}
