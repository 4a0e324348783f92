package crypto

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// vector is one entry of testdata/crypto-vectors.json.
type vector struct {
	ID                string `json:"id"`
	Kind              string `json:"kind"`
	Token             string `json:"token"`
	Key               string `json:"encoding_aes_key"`
	Timestamp         string `json:"timestamp"`
	Nonce             string `json:"nonce"`
	Encrypt           string `json:"encrypt"`
	Signature         string `json:"msg_signature"`
	SignatureValid    *bool  `json:"signature_valid"`
	SignatureComputed string `json:"signature_computed"`
	Envelope          string `json:"envelope"`
	RandomHex         string `json:"random_hex"`
	MsgLen            int    `json:"msg_len"`
	Msg               string `json:"msg"`
	ReceiveID         string `json:"receive_id"`
	Expected          string `json:"receive_id_expected"`
	ExpectError       *int   `json:"expect_error"`
	Alternatives      []int  `json:"alternatives"`
}

type vectorFile struct {
	Vectors  []vector `json:"vectors"`
	Derived  []vector `json:"derived_vectors"`
	Negative []vector `json:"negative_vectors"`
	BadKeys  []struct {
		Key         string `json:"key"`
		Why         string `json:"why"`
		ExpectError int    `json:"expect_error"`
	} `json:"bad_keys"`
	GoodKeys []struct {
		Key          string `json:"key"`
		AESKeyHex    string `json:"aes_key_hex"`
		IVHex        string `json:"iv_hex"`
		TrailingBits int    `json:"trailing_bits"`
	} `json:"good_keys"`
	Sort []struct {
		Token     string `json:"token"`
		Timestamp string `json:"timestamp"`
		Nonce     string `json:"nonce"`
		Encrypt   string `json:"encrypt"`
		SHA1      string `json:"sha1"`
	} `json:"sort_vectors"`
}

// readVectors reads the known answers and makes sure that none are missing.
func readVectors(tb testing.TB) vectorFile {
	tb.Helper()
	raw, err := os.ReadFile("../testdata/crypto-vectors.json")
	require.NoError(tb, err)
	var f vectorFile
	require.NoError(tb, json.Unmarshal(raw, &f))
	require.Len(tb, f.Vectors, 16)
	require.NotEmpty(tb, f.Derived)
	require.Len(tb, f.Negative, 19)
	require.NotEmpty(tb, f.BadKeys)
	require.NotEmpty(tb, f.GoodKeys)
	require.NotEmpty(tb, f.Sort)
	return f
}

// sealed returns what a vector would bring in, with the given signature.
func (v vector) sealed(signature string) Sealed {
	return Sealed{Signature: signature, Timestamp: v.Timestamp, Nonce: v.Nonce, Encrypt: []byte(v.Encrypt)}
}

func newCodec(tb testing.TB, token, key string) *Codec {
	tb.Helper()
	c, err := New(token, key)
	require.NoError(tb, err)
	return c
}

// receivers returns the set of one id, or that of an individual subject for "".
func receivers(tb testing.TB, id string) *Receivers {
	tb.Helper()
	if id == "" {
		return Individual()
	}
	r, err := NewReceivers(id)
	require.NoError(tb, err)
	return r
}

func TestVectors(t *testing.T) {
	t.Parallel()
	f := readVectors(t)
	for _, v := range append(f.Vectors, f.Derived...) {
		t.Run(v.ID, func(t *testing.T) {
			t.Parallel()
			key, signatureOnly := v.Key, v.Kind == "signature-only"
			if signatureOnly {
				key = testKey // the source keeps its own
			}
			c := newCodec(t, v.Token, key)

			right := v.Signature
			if v.SignatureComputed != "" {
				right = v.SignatureComputed
			}
			assert.Equal(t, right, c.Sign(v.Timestamp, v.Nonce, []byte(v.Encrypt)))
			require.NoError(t, c.Verify(v.sealed(right)))
			if v.SignatureValid != nil && !*v.SignatureValid {
				require.ErrorIs(t, c.Verify(v.sealed(v.Signature)), ErrSignature)
				_, err := c.Open(nil, v.sealed(v.Signature), receivers(t, v.ReceiveID))
				require.ErrorIs(t, err, ErrSignature)
			}
			if signatureOnly {
				return
			}

			msg, err := c.Open(nil, v.sealed(right), receivers(t, v.ReceiveID))
			require.NoError(t, err)
			assert.Equal(t, v.Msg, string(msg.Body))
			assert.Len(t, msg.Body, v.MsgLen)
			assert.Equal(t, v.ReceiveID, string(msg.Receiver))

			random, err := hex.DecodeString(v.RandomHex)
			require.NoError(t, err)
			again, err := c.seal([randomSize]byte(random), []byte(v.Msg), v.ReceiveID, v.Timestamp, v.Nonce)
			require.NoError(t, err)
			assert.Equal(t, v.Encrypt, string(again.Encrypt), "sealed again with the same random bytes")
			assert.Equal(t, right, again.Signature)

			if v.Envelope != "" {
				env, err := ParseEnvelope([]byte(v.Envelope))
				require.NoError(t, err)
				assert.Equal(t, v.Encrypt, string(env.Encrypt))
				assert.Equal(t, v.Kind == "post-json", env.JSON)
				assert.NotEmpty(t, env.ToUserName)
			}
		})
	}
}

func TestNegativeVectors(t *testing.T) {
	t.Parallel()
	for _, v := range readVectors(t).Negative {
		t.Run(v.ID, func(t *testing.T) {
			t.Parallel()
			c := newCodec(t, v.Token, v.Key)
			_, err := c.Open(nil, v.sealed(v.Signature), receivers(t, v.Expected))
			require.Error(t, err)
			if v.ExpectError == nil {
				// The vector leaves upper case to us: the comparison is exact.
				assert.Equal(t, "neg-signature-uppercase", v.ID)
				assert.Equal(t, -40001, OfficialCode(err))
			} else {
				assert.Contains(t, append(v.Alternatives, *v.ExpectError), OfficialCode(err))
			}
			for _, secret := range []string{v.Token, v.Key, c.Sign(v.Timestamp, v.Nonce, []byte(v.Encrypt))} {
				assert.NotContains(t, err.Error(), secret)
			}
		})
	}
}

func TestBadKeys(t *testing.T) {
	t.Parallel()
	for _, v := range readVectors(t).BadKeys {
		c, err := New("token", v.Key)
		require.ErrorIs(t, err, ErrKey, v.Why)
		assert.Equal(t, v.ExpectError, OfficialCode(err), v.Why)
		assert.Nil(t, c, v.Why)
		if v.Key != "" {
			assert.NotContains(t, err.Error(), v.Key)
		}
	}
}

// Strict base64 decoders refuse a key whose last character carries spare bits.
func TestPain24_KeyWithTrailingBits(t *testing.T) {
	t.Parallel()
	spare := 0
	for _, v := range readVectors(t).GoodKeys {
		c := newCodec(t, "token", v.Key)
		assert.Equal(t, v.IVHex, hex.EncodeToString(c.keys().iv[:]))

		// The whole key shows in what it encrypts: compare with the bare cipher.
		key, err := hex.DecodeString(v.AESKeyHex)
		require.NoError(t, err)
		got, want := make([]byte, 16), make([]byte, 16)
		c.keys().block.Encrypt(got, []byte("0123456789abcdef"))
		bareAES(t, key).Encrypt(want, []byte("0123456789abcdef"))
		assert.Equal(t, want, got)
		if v.TrailingBits != 0 {
			spare++
		}
	}
	assert.Positive(t, spare, "keys with spare bits among the vectors")
}

func TestSortVectors(t *testing.T) {
	t.Parallel()
	for _, v := range readVectors(t).Sort {
		c := newCodec(t, v.Token, testKey)
		assert.Equal(t, v.SHA1, c.Sign(v.Timestamp, v.Nonce, []byte(v.Encrypt)))
	}
}
