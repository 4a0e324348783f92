package crypto

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1" //nolint:gosec // The protocol signs with SHA-1.
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	testToken = "QDG6eK"
	testKey   = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
	testID    = "wx5823bf96d3bd56c7"
	testTime  = "1700000000"
	testNonce = "1234567890"
)

func bareAES(tb testing.TB, key []byte) cipher.Block {
	tb.Helper()
	block, err := aes.NewCipher(key)
	require.NoError(tb, err)
	return block
}

// bareSign is the signature by the letter of the specification.
func bareSign(token, timestamp, nonce string, encrypt []byte) string {
	parts := []string{token, timestamp, nonce, string(encrypt)}
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, ""))) //nolint:gosec // The protocol signs with SHA-1.
	return hex.EncodeToString(sum[:])
}

// encryptRaw encrypts whole blocks as they are, without layout or padding.
func encryptRaw(tb testing.TB, blocks []byte) []byte {
	tb.Helper()
	key, err := base64.StdEncoding.DecodeString(testKey + "=")
	require.NoError(tb, err)
	out := make([]byte, len(blocks))
	cipher.NewCBCEncrypter(bareAES(tb, key), key[:aes.BlockSize]).CryptBlocks(out, blocks)
	return []byte(base64.StdEncoding.EncodeToString(out))
}

// signed puts a valid signature to encrypt.
func signed(encrypt []byte) Sealed {
	return Sealed{
		Signature: bareSign(testToken, testTime, testNonce, encrypt),
		Timestamp: testTime,
		Nonce:     testNonce,
		Encrypt:   encrypt,
	}
}

// layout returns a padded plaintext whose length field is n.
func layout(n uint32, msg, receiver string) []byte {
	p := binary.BigEndian.AppendUint32([]byte("0123456789abcdef"), n)
	p = append(append(p, msg...), receiver...)
	pad := 32 - len(p)%32
	return append(p, bytes.Repeat([]byte{byte(pad)}, pad)...)
}

// ending returns 32 bytes, zeros that end in tail.
func ending(tail ...byte) []byte {
	return append(make([]byte, 32-len(tail)), tail...)
}

// No cipher text may panic, whatever its length, padding or length field, even
// with a valid signature.
func TestPain12_MalformedCipherTextIsATypedError(t *testing.T) {
	t.Parallel()
	zeros := func(n int) []byte { return []byte(base64.StdEncoding.EncodeToString(make([]byte, n))) }
	for _, tc := range []struct {
		name    string
		encrypt []byte
		want    error
	}{
		{"nil", nil, ErrCiphertext},
		{"empty", []byte{}, ErrCiphertext},
		{"line breaks only", []byte("\r\n"), ErrCiphertext},
		{"AAAA", []byte("AAAA"), ErrCiphertext},
		{"no base64", []byte("not*base64*"), ErrBase64},
		{"base64 cut", []byte("AAAAA"), ErrBase64},
		{"base64 for URLs", []byte("__-_"), ErrBase64},
		{"one zero block", zeros(16), ErrPadding},
		{"15 bytes", zeros(15), ErrCiphertext},
		{"17 bytes", zeros(17), ErrCiphertext},
		{"31 bytes", zeros(31), ErrCiphertext},
		{"pad 0", encryptRaw(t, ending(0)), ErrPadding},
		{"pad 33", encryptRaw(t, bytes.Repeat([]byte{33}, 64)), ErrPadding},
		{"pad 255", encryptRaw(t, bytes.Repeat([]byte{255}, 512)), ErrPadding},
		{"pad longer than the text", encryptRaw(t, bytes.Repeat([]byte{17}, 16)), ErrPadding},
		{"pad of two values", encryptRaw(t, ending(3, 2, 3)), ErrPadding},
		{"pad only", encryptRaw(t, bytes.Repeat([]byte{32}, 32)), ErrLayout},
		{"pad only, one block", encryptRaw(t, bytes.Repeat([]byte{16}, 16)), ErrLayout},
		{"19 bytes", encryptRaw(t, ending(bytes.Repeat([]byte{13}, 13)...)), ErrLayout},
		{"length one too many", encryptRaw(t, layout(4, "abc", "")), ErrLayout},
		{"length 2^31", encryptRaw(t, layout(1<<31, "abc", testID)), ErrLayout},
		{"length 2^32-1", encryptRaw(t, layout(1<<32-1, "abc", testID)), ErrLayout},
		{"20+length wraps to 0", encryptRaw(t, layout(1<<32-20, "abc", testID)), ErrLayout},
		{"20+length wraps to 19", encryptRaw(t, layout(1<<32-20+19, "abc", testID)), ErrLayout},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			msg, err := newCodec(t, testToken, testKey).Open(nil, signed(tc.encrypt), receivers(t, testID))
			require.ErrorIs(t, err, tc.want)
			assert.Less(t, OfficialCode(err), -40000)
			assert.Empty(t, msg)
		})
	}
}

// What other peers may send and a strict reader would refuse.
func TestOpenAccepts(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		encrypt []byte
	}{
		{"padded to 16", encryptRaw(t, append(layout(1, "a", testID)[:39], bytes.Repeat([]byte{9}, 9)...))},
		{"a whole block of padding", encryptRaw(t, layout(26, strings.Repeat("a", 26), testID))},
		{"length field at the limit", encryptRaw(t, layout(0, "", testID))},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			msg, err := newCodec(t, testToken, testKey).Open(nil, signed(tc.encrypt), receivers(t, testID))
			require.NoError(t, err)
			assert.Equal(t, testID, string(msg.Receiver))
		})
	}
}

// Every length of message and kind of receiver comes back as it went in.
func TestSealOpenRoundTrip(t *testing.T) {
	t.Parallel()
	c := newCodec(t, testToken, testKey)
	text := bytes.Repeat([]byte("企业微信<xml>]]>\x00\xff"), 20)
	var buf []byte
	for _, id := range []string{"", "d", testID, "wpAbCdEfGhIjKlMnOpQrStUvWxYz012345", strings.Repeat("x", maxID)} {
		allowed := receivers(t, id)
		for n := range 201 {
			m, err := c.Seal(text[:n], id, testTime, testNonce)
			require.NoError(t, err)
			raw, err := base64.StdEncoding.Strict().DecodeString(string(m.Encrypt))
			require.NoError(t, err)
			require.Zero(t, len(raw)%32, "padded to 32, not 16")
			require.Len(t, raw, (20+n+len(id))/32*32+32, "1 to 32 bytes of padding")

			buf = slices.Grow(buf[:0], base64.StdEncoding.DecodedLen(len(m.Encrypt)))
			msg, err := c.Open(buf, m, allowed)
			require.NoError(t, err)
			require.Equal(t, text[:n], append([]byte{}, msg.Body...))
			require.Equal(t, id, string(msg.Receiver))
		}
	}
}

func TestOpenUsesDst(t *testing.T) {
	t.Parallel()
	c := newCodec(t, testToken, testKey)
	m, err := c.Seal([]byte("hello"), testID, testTime, testNonce)
	require.NoError(t, err)
	need := base64.StdEncoding.DecodedLen(len(m.Encrypt))
	kept := slices.Clone(m.Encrypt)

	dst := make([]byte, 3, need)
	msg, err := c.Open(dst, m, receivers(t, testID))
	require.NoError(t, err)
	assert.Same(t, &dst[:need][headerSize], &msg.Body[0], "written into dst")
	assert.Equal(t, kept, m.Encrypt, "the input is left alone")

	// Appending to a part must not write over the next one.
	_ = append(msg.Body, "XXXX"...)
	assert.Equal(t, testID, string(msg.Receiver))

	small := make([]byte, 0, need-1)
	msg, err = c.Open(small, m, receivers(t, testID))
	require.NoError(t, err)
	assert.Equal(t, "hello", string(msg.Body))
	assert.Equal(t, make([]byte, need-1), small[:need-1], "a buffer that is too small is not touched")
}

// Two messages on one codec: a block mode that is kept would spoil the second.
func TestCodecKeepsNoState(t *testing.T) {
	t.Parallel()
	c := newCodec(t, testToken, testKey)
	allowed := receivers(t, testID)
	good, err := c.Seal([]byte("same"), testID, testTime, testNonce)
	require.NoError(t, err)
	for range 20 { // the race detector drops pooled memory at random
		// A chain that goes on from the last message garbles the first block; only
		// here does that one hold more than random bytes.
		_, err := c.Open(nil, signed(encryptRaw(t, bytes.Repeat([]byte{16}, 16))), allowed)
		require.ErrorIs(t, err, ErrLayout)
		msg, err := c.Open(nil, good, allowed)
		require.NoError(t, err)
		require.Equal(t, "same", string(msg.Body))
		_, err = c.Open(nil, signed(encryptRaw(t, ending(0))), allowed)
		require.ErrorIs(t, err, ErrPadding)
		_, err = c.Open(nil, signed([]byte("*")), allowed)
		require.ErrorIs(t, err, ErrBase64)
	}
}

func TestCodecIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	c := newCodec(t, testToken, testKey)
	base, err := NewReceivers(testID)
	require.NoError(t, err)
	allowed := base.WithResolver(func(id string) bool { return strings.HasPrefix(id, "wp") })
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			var buf [512]byte
			for i := range 100 {
				want, id := fmt.Sprintf("message %d of %d", i, g), testID
				if i%2 == 0 {
					id = fmt.Sprintf("wp%030d", g)
				}
				m, err := c.Seal([]byte(want), id, testTime, fmt.Sprint(i))
				if !assert.NoError(t, err) {
					return
				}
				msg, err := c.Open(buf[:0], m, allowed)
				if !assert.NoError(t, err) || !assert.Equal(t, want, string(msg.Body)) || !assert.Equal(t, id, string(msg.Receiver)) {
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestSignatureIsChecked(t *testing.T) {
	t.Parallel()
	c := newCodec(t, testToken, testKey)
	allowed := receivers(t, testID)
	good, err := c.Seal([]byte("hello"), testID, testTime, testNonce)
	require.NoError(t, err)
	require.NoError(t, c.Verify(good))

	change := func(f func(*Sealed)) Sealed {
		m := good
		m.Encrypt = slices.Clone(good.Encrypt)
		f(&m)
		return m
	}
	bad := map[string]Sealed{
		"none":             change(func(m *Sealed) { m.Signature = "" }),
		"zero value":       {},
		"one short":        change(func(m *Sealed) { m.Signature = m.Signature[:39] }),
		"one long":         change(func(m *Sealed) { m.Signature += "0" }),
		"prefix only":      change(func(m *Sealed) { m.Signature = m.Signature[:1] }),
		"blank behind":     change(func(m *Sealed) { m.Signature += " " }),
		"huge":             change(func(m *Sealed) { m.Signature = strings.Repeat("0", 1<<16) }),
		"not hexadecimal":  change(func(m *Sealed) { m.Signature = strings.Repeat("é", 20) }),
		"upper case":       change(func(m *Sealed) { m.Signature = strings.ToUpper(m.Signature) }),
		"other timestamp":  change(func(m *Sealed) { m.Timestamp = "1700000001" }),
		"no timestamp":     change(func(m *Sealed) { m.Timestamp = "" }),
		"other nonce":      change(func(m *Sealed) { m.Nonce += "0" }),
		"other text":       change(func(m *Sealed) { m.Encrypt[0] ^= 1 }),
		"text cut":         change(func(m *Sealed) { m.Encrypt = m.Encrypt[:20] }),
		"signed by others": change(func(m *Sealed) { m.Signature = bareSign("other", testTime, testNonce, m.Encrypt) }),
	}
	for i := range good.Signature {
		bad[fmt.Sprintf("digit %d", i)] = change(func(m *Sealed) {
			b := []byte(m.Signature)
			b[i] = "0123456789abcdef"[(strings.IndexByte("0123456789abcdef", b[i])+1)%16]
			m.Signature = string(b)
		})
	}
	for name, m := range bad {
		require.ErrorIs(t, c.Verify(m), ErrSignature, name)
		msg, err := c.Open(nil, m, allowed)
		require.ErrorIs(t, err, ErrSignature, name)
		assert.Empty(t, msg, name)
		right := bareSign(testToken, m.Timestamp, m.Nonce, m.Encrypt)
		assert.NotContains(t, err.Error(), right, "the right signature helps a forger")
	}
}

// A "+" of echostr that became a blank is the common cause of a wrong signature.
func TestSignatureErrorExplainsBlank(t *testing.T) {
	t.Parallel()
	m := signed([]byte("AA+A"))
	m.Encrypt = []byte("AA A")
	err := newCodec(t, testToken, testKey).Verify(m)
	require.ErrorIs(t, err, ErrSignature)
	assert.ErrorContains(t, err, "blank")
}

// The four strings are ordered by their bytes, whichever comes first.
func TestSignOrder(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("n", 1000) // longer than the scratch memory
	texts := []string{"", "0", "1", "A", "AA", "Z", "a", "z", "zz", long, "é", "\xff"}
	for _, token := range []string{"0", "A", "AA", "a", "zz"} {
		c := newCodec(t, token, testKey)
		for _, timestamp := range texts {
			for _, nonce := range texts {
				for _, encrypt := range texts {
					require.Equal(t, bareSign(token, timestamp, nonce, []byte(encrypt)), c.Sign(timestamp, nonce, []byte(encrypt)))
				}
			}
		}
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, token, key string
		want             error
	}{
		{"no token", "", testKey, ErrToken},
		{"token of 33", strings.Repeat("a", 33), testKey, ErrToken},
		{"token with newline", "token\n", testKey, ErrToken},
		{"token with blank", " token", testKey, ErrToken},
		{"token beyond ASCII", "tökén", testKey, ErrToken},
		{"swapped", testKey, testToken, ErrToken},
		{"key with newline", testToken, testKey[:42] + "\n", ErrKey},
		{"key with plus", testToken, testKey[:42] + "+", ErrKey},
		{"key with slash", testToken, "/" + testKey[1:], ErrKey},
		{"key beyond ASCII", testToken, testKey[:41] + "é", ErrKey},
	} {
		c, err := New(tc.token, tc.key)
		require.ErrorIs(t, err, tc.want, tc.name)
		assert.Nil(t, c, tc.name)
		assert.NotContains(t, err.Error(), testKey, tc.name)
		assert.NotContains(t, err.Error(), testToken, tc.name)
	}
	for _, key := range []string{testToken, strings.Repeat("a", 32)} {
		_, err := New(testKey, key)
		require.ErrorContains(t, err, "swapped")
	}
	_, err := New(strings.Repeat("a", 32), testKey)
	require.NoError(t, err)
}

func TestCodecThatNewDidNotMakeRefuses(t *testing.T) {
	t.Parallel()
	good := signed([]byte("AAAA"))
	for _, c := range []*Codec{nil, {}} {
		assert.Empty(t, c.Sign(testTime, testNonce, nil))
		_, opened := c.Open(nil, good, receivers(t, testID))
		_, sealed := c.Seal([]byte("x"), testID, testTime, testNonce)
		for _, err := range []error{c.Verify(good), opened, sealed} {
			require.ErrorIs(t, err, ErrKey)
			require.ErrorContains(t, err, "not made by New")
		}
	}
}

func TestSealRefuses(t *testing.T) {
	t.Parallel()
	c := newCodec(t, testToken, testKey)
	for _, tc := range []struct{ name, receiver, timestamp, nonce string }{
		{"no timestamp", testID, "", testNonce},
		{"sign", testID, "-1", testNonce},
		{"decimal point", testID, "1.5", testNonce},
		{"element in timestamp", testID, "1</TimeStamp>", testNonce},
		{"timestamp of 21 digits", testID, strings.Repeat("1", 21), testNonce},
		{"no nonce", testID, testTime, ""},
		{"newline in nonce", testID, testTime, "a\nb"},
		{"nonce beyond ASCII", testID, testTime, "é"},
		{"nonce of 129 bytes", testID, testTime, strings.Repeat("a", 129)},
		{"receiver of 129 bytes", strings.Repeat("a", 129), testTime, testNonce},
	} {
		m, err := c.Seal([]byte("x"), tc.receiver, tc.timestamp, tc.nonce)
		require.ErrorIs(t, err, ErrReply, tc.name)
		assert.Equal(t, -40011, OfficialCode(err), tc.name)
		assert.Empty(t, m, tc.name)
	}
}

func TestSealAccepts(t *testing.T) {
	t.Parallel()
	c := newCodec(t, testToken, testKey)
	for _, tc := range []struct{ name, receiver, timestamp, nonce string }{
		{"timestamp of 20 digits", testID, strings.Repeat("1", 20), testNonce},
		{"nonce of 128 bytes", testID, testTime, strings.Repeat("a", 128)},
		{"first and last of the printable", testID, testTime, " ~"},
		{"receiver of 128 bytes", strings.Repeat("a", 128), testTime, testNonce},
	} {
		m, err := c.Seal([]byte("x"), tc.receiver, tc.timestamp, tc.nonce)
		require.NoError(t, err, tc.name)
		msg, err := c.Open(nil, m, receivers(t, tc.receiver))
		require.NoError(t, err, tc.name)
		assert.Equal(t, "x", string(msg.Body), tc.name)
	}
}

func TestSealIsRandom(t *testing.T) {
	t.Parallel()
	c := newCodec(t, testToken, testKey)
	a, err := c.Seal([]byte("x"), testID, testTime, testNonce)
	require.NoError(t, err)
	b, err := c.Seal([]byte("x"), testID, testTime, testNonce)
	require.NoError(t, err)
	assert.NotEqual(t, a.Encrypt[:20], b.Encrypt[:20], "the first block is random")
}

// Whatever prints a codec or an opened message shows no secret.
func TestPrintingShowsNoSecret(t *testing.T) {
	t.Parallel()
	c := newCodec(t, testToken, testKey)
	m, err := c.Seal([]byte("ticket-canary"), testID, testTime, testNonce)
	require.NoError(t, err)
	msg, err := c.Open(nil, m, receivers(t, testID))
	require.NoError(t, err)
	var out bytes.Buffer
	for _, v := range []any{c, *c, msg, &msg, struct{ M Message }{msg}, struct{ c *Codec }{c}, struct{ c Codec }{*c}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x", "%q"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		slog.New(slog.NewJSONHandler(&out, nil)).Info("json", "v", v)
		slog.New(slog.NewTextHandler(&out, nil)).Info("text", "v", v)
	}
	key, err := base64.StdEncoding.DecodeString(testKey + "=")
	require.NoError(t, err)
	for _, secret := range []string{
		testToken, testKey, "ticket-canary",
		hex.EncodeToString([]byte(testToken)), hex.EncodeToString(key[:8]), hex.EncodeToString([]byte("ticket")),
		fmt.Sprint(key[:4])[1:], fmt.Sprint([]byte("ticket"))[1:12],
	} {
		secret = strings.TrimSuffix(secret, "]")
		assert.NotContains(t, out.String(), secret)
	}
}

func TestOfficialCode(t *testing.T) {
	t.Parallel()
	for err, code := range map[error]int{
		ErrSignature: -40001, ErrEnvelope: -40002, ErrKey: -40004, ErrReceiver: -40005, ErrCiphertext: -40007,
		ErrPadding: -40007, ErrLayout: -40008, ErrBase64: -40010, ErrReply: -40011, ErrToken: 0, ErrReceiverID: 0,
	} {
		assert.Equal(t, code, OfficialCode(err), err)
		assert.Equal(t, code, OfficialCode(fmt.Errorf("callback: %w", err)), err)
	}
	assert.Zero(t, OfficialCode(nil))
	assert.Zero(t, OfficialCode(errors.New("other")))
}
