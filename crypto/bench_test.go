package crypto

import (
	"bytes"
	"crypto/cipher"
	"crypto/sha1" //nolint:gosec // The protocol signs with SHA-1.
	"encoding/base64"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

var benchSizes = []struct {
	name string
	size int
}{{"400B", 400}, {"8KB", 8 << 10}}

// BenchmarkOpen compares Open with its floor: AES-CBC, SHA-1 and base64 of the
// standard library on the same bytes, into buffers that are used again.
func BenchmarkOpen(b *testing.B) {
	for _, bs := range benchSizes {
		c := newCodec(b, testToken, testKey)
		allowed := receivers(b, testID)
		m, err := c.Seal(bytes.Repeat([]byte("a"), bs.size), testID, testTime, testNonce)
		require.NoError(b, err)
		buf := make([]byte, base64.StdEncoding.DecodedLen(len(m.Encrypt)))

		b.Run(bs.name+"/floor", func(b *testing.B) {
			b.SetBytes(int64(len(m.Encrypt)))
			b.ReportAllocs()
			key, err := base64.StdEncoding.DecodeString(testKey + "=")
			require.NoError(b, err)
			mode := cipher.NewCBCDecrypter(bareAES(b, key), key[:16]).(interface {
				cipher.BlockMode
				SetIV(iv []byte)
			})
			hash := sha1.New() //nolint:gosec // The protocol signs with SHA-1.
			head := []byte(testNonce + testTime + testToken)
			var sum [sha1.Size]byte
			for b.Loop() {
				hash.Reset()
				hash.Write(head)
				hash.Write(m.Encrypt)
				hash.Sum(sum[:0])
				n, err := base64.StdEncoding.Decode(buf, m.Encrypt)
				if err != nil {
					b.Fatal(err)
				}
				mode.SetIV(key[:16])
				mode.CryptBlocks(buf[:n], buf[:n])
			}
		})
		b.Run(bs.name+"/crypto", func(b *testing.B) {
			b.SetBytes(int64(len(m.Encrypt)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.Open(buf, m, allowed); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkOpenParallel shows that a codec is shared without a lock.
func BenchmarkOpenParallel(b *testing.B) {
	c := newCodec(b, testToken, testKey)
	allowed := receivers(b, testID)
	m, err := c.Seal(bytes.Repeat([]byte("a"), 400), testID, testTime, testNonce)
	require.NoError(b, err)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		buf := make([]byte, base64.StdEncoding.DecodedLen(len(m.Encrypt)))
		for pb.Next() {
			if _, err := c.Open(buf, m, allowed); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

func BenchmarkSeal(b *testing.B) {
	c := newCodec(b, testToken, testKey)
	for _, bs := range benchSizes {
		msg := bytes.Repeat([]byte("a"), bs.size)
		b.Run(bs.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.Seal(msg, testID, testTime, testNonce); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkParseEnvelope compares the scanners with the readers of the standard
// library that stand behind them.
func BenchmarkParseEnvelope(b *testing.B) {
	for _, bs := range benchSizes {
		text := bytes.Repeat([]byte("A"), bs.size)
		xml := []byte("<xml><ToUserName><![CDATA[" + testID + "]]></ToUserName><AgentID><![CDATA[218]]></AgentID><Encrypt><![CDATA[" + string(text) + "]]></Encrypt></xml>")
		json := []byte(`{"tousername":"` + testID + `","encrypt":` + strconv.Quote(string(text)) + `,"agentid":"218"}`)
		for _, bm := range []struct {
			name  string
			body  []byte
			parse func([]byte) (Envelope, error)
		}{
			{"xml/std", xml, decodeXML},
			{"xml/crypto", xml, ParseEnvelope},
			{"json/std", json, decodeJSON},
			{"json/crypto", json, ParseEnvelope},
		} {
			b.Run(bs.name+"/"+bm.name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := bm.parse(bm.body); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
