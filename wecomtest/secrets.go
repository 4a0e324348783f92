package wecomtest

import (
	crand "crypto/rand"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"sync"
)

// Kinds of secret values, as given to the function of [WithSecrets].
const (
	kindSuiteSecret    = "suite_secret"
	kindProviderSecret = "provider_secret"
	kindCallbackToken  = "callback_token"
	kindAESKey         = "encoding_aes_key"
	kindSuiteTicket    = "suite_ticket"
	kindSuiteToken     = "suite_access_token"
	kindProviderToken  = "provider_access_token"
	kindCorpToken      = "access_token"
	kindContactToken   = "contact_token"
	kindPreAuthCode    = "pre_auth_code"
	kindAuthCode       = "auth_code"
	kindPermanentCode  = "permanent_code"
	kindUserCode       = "code"
	kindLoginCode      = "login_auth_code"
	kindJSCode         = "js_code"
	kindUserTicket     = "user_ticket"
	kindSessionKey     = "session_key"
	kindJSTicket       = "jsapi_ticket"
	kindRegisterCode   = "register_code"
	kindCashierSecret  = "cashier_secret"
	kindActiveCode     = "active_code"
	kindMassCall       = "mass_call_ticket"
)

const (
	alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	hexDigits    = "0123456789abcdef"
)

// secretMaker makes up identifiers and secrets. It has its own lock, so that it
// can be used with and without the platform's.
type secretMaker struct {
	mu       sync.Mutex
	random   io.Reader
	supplied func(kind string) string
}

func newSecretMaker(seed *uint64, supplied func(string) string) *secretMaker {
	m := &secretMaker{random: crand.Reader, supplied: supplied}
	if seed != nil {
		var key [32]byte
		binary.LittleEndian.PutUint64(key[:], *seed)
		m.random = rand.NewChaCha8(key)
	}
	return m
}

// bytes returns n random bytes.
func (m *secretMaker) bytes(n int) []byte {
	b := make([]byte, n)
	m.mu.Lock()
	defer m.mu.Unlock()
	// Neither source fails: crypto/rand ends the program instead.
	_, _ = io.ReadFull(m.random, b)
	return b
}

// text returns n random characters of alphabet, which has at most 256.
func (m *secretMaker) text(n int, alphabet string) string {
	b := m.bytes(n)
	for i := range b {
		b[i] = alphabet[int(b[i])%len(alphabet)]
	}
	return string(b)
}

func (m *secretMaker) hex(n int) string { return m.text(n, hexDigits) }

// secret makes a value of the kind with the length that WeCom's values have:
// what the caller of WithSecrets supplied, completed with random characters so
// that no two values are equal.
func (m *secretMaker) secret(kind string) string {
	n := secretLength(kind)
	var head string
	if m.supplied != nil {
		head = keepAlphanumeric(m.supplied(kind), maxSupplied)
	}
	return head + m.text(n-len(head), alphanumeric)
}

// maxSupplied is how much of a supplied value is used; it leaves 12 random
// characters in the shortest kind.
const maxSupplied = 20

func secretLength(kind string) int {
	switch kind {
	case kindCallbackToken:
		return 32
	case kindAESKey, kindSuiteSecret, kindProviderSecret, kindPermanentCode, kindJSCode, kindSessionKey, kindActiveCode:
		return 43
	case kindAuthCode, kindPreAuthCode:
		return 88
	case kindSuiteTicket, kindCashierSecret:
		return 64
	case kindUserCode, kindLoginCode, kindRegisterCode:
		return 48
	default:
		return 128
	}
}

func keepAlphanumeric(s string, limit int) string {
	kept := make([]byte, 0, limit)
	for i := 0; i < len(s) && len(kept) < limit; i++ {
		c := s[i]
		if '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' {
			kept = append(kept, c)
		}
	}
	return string(kept)
}
