package crypto

import (
	"bytes"
	"crypto/aes"
	"encoding/base64"
	"encoding/binary"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// FuzzOpen opens signed texts: data as it is, or encrypted first, so that
// padding and layout are reached too. The result must be that of reference.
func FuzzOpen(f *testing.F) {
	f.Add([]byte(""), false)
	f.Add([]byte("AAAA"), false)
	f.Add([]byte(base64.StdEncoding.EncodeToString(make([]byte, 16))), false)
	f.Add([]byte(base64.StdEncoding.EncodeToString(make([]byte, 17))), false)
	f.Add(make([]byte, 16), true)
	f.Add(layout(3, "abc", testID), true)
	f.Add(layout(0, "", ""), true)
	f.Add(layout(4, "abc", ""), true)
	f.Add(layout(1<<32-1, "abc", testID), true)
	f.Add(layout(1<<32-20, "abc", testID), true)
	f.Add(bytes.Repeat([]byte{32}, 32), true)
	v := readVectors(f)
	for _, v := range append(append(v.Vectors, v.Derived...), v.Negative...) {
		f.Add([]byte(v.Encrypt), false)
	}
	c := newCodec(f, testToken, testKey)
	all := Individual().WithResolver(func(string) bool { return true })
	key, err := base64.StdEncoding.DecodeString(testKey + "=")
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, data []byte, encrypt bool) {
		if encrypt {
			data = encryptRaw(t, data[:len(data)/16*16])
		}
		msg, err := c.Open(nil, signed(data), all)
		body, receiver, ok := reference(key, data)
		if ok != (err == nil) {
			t.Fatalf("Open: %v, reference: %v", err, ok)
		}
		if err != nil && OfficialCode(err) == 0 {
			t.Fatalf("no typed error: %v", err)
		}
		if ok && (!bytes.Equal(body, msg.Body) || !bytes.Equal(receiver, msg.Receiver)) {
			t.Fatalf("Open: %q for %q, reference: %q for %q", msg.Body, msg.Receiver, body, receiver)
		}
	})
}

// reference opens a text slowly, block by block, in the words of the
// specification.
func reference(key, encrypt []byte) (body, receiver []byte, ok bool) {
	text, err := base64.StdEncoding.DecodeString(string(encrypt))
	if err != nil || len(text) == 0 || len(text)%16 != 0 {
		return nil, nil, false
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, nil, false
	}
	var plain []byte
	before := key[:16]
	for ; len(text) > 0; text = text[16:] {
		out := make([]byte, 16)
		block.Decrypt(out, text[:16])
		for i := range out {
			out[i] ^= before[i]
		}
		plain, before = append(plain, out...), text[:16]
	}
	p := int64(plain[len(plain)-1])
	if p < 1 || p > 32 || p > int64(len(plain)) {
		return nil, nil, false
	}
	end := int64(len(plain)) - p
	if !bytes.Equal(plain[end:], bytes.Repeat([]byte{byte(p)}, int(p))) || end < 20 {
		return nil, nil, false
	}
	n := int64(binary.BigEndian.Uint32(plain[16:20]))
	if 20+n > end || end-20-n > maxID {
		return nil, nil, false
	}
	return plain[20 : 20+n], plain[20+n : end], true
}

// FuzzSealOpen seals and opens again, and puts the reply into both envelopes.
func FuzzSealOpen(f *testing.F) {
	f.Add([]byte(""), "", "1", "1")
	f.Add([]byte("<xml></xml>"), testID, testTime, testNonce)
	f.Add([]byte("AAAA"), "", "00000000000000000000", "~ ")
	f.Add(make([]byte, 16), "wp", "]]>", "]]>")
	f.Add(make([]byte, 12), "\xff", "1", "]]><Evil/>")
	for _, v := range readVectors(f).Vectors {
		f.Add([]byte(v.Msg), v.ReceiveID, v.Timestamp, v.Nonce)
	}
	c := newCodec(f, testToken, testKey)
	f.Fuzz(func(t *testing.T, msg []byte, receiver, timestamp, nonce string) {
		m, err := c.Seal(msg, receiver, timestamp, nonce)
		if err != nil {
			require.ErrorIs(t, err, ErrReply)
			return
		}
		require.Equal(t, bareSign(testToken, timestamp, nonce, m.Encrypt), m.Signature)
		allowed := Individual()
		if receiver != "" {
			allowed = allowed.WithResolver(func(id string) bool { return id == receiver })
		}
		got, err := c.Open(nil, m, allowed)
		require.NoError(t, err)
		require.Equal(t, string(msg), string(got.Body))
		require.Equal(t, receiver, string(got.Receiver))
		_, err = c.Open(nil, m, nil)
		require.ErrorIs(t, err, ErrReceiver)
		require.True(t, utf8.ValidString(err.Error()))

		requireReply(t, m, m.Signature, m.Timestamp, m.Nonce, string(m.Encrypt))
		for _, body := range [][]byte{m.AppendXML(nil), m.AppendJSON(nil)} {
			env, err := ParseEnvelope(body)
			require.NoError(t, err)
			require.Equal(t, m.Encrypt, env.Encrypt)
		}
	})
}

// FuzzParseEnvelope compares the scanners with the readers of the standard
// library: what a scanner accepts, these accept as the same envelope.
func FuzzParseEnvelope(f *testing.F) {
	for _, s := range []string{
		"", "AAAA", "<", "{", "<xml></xml>", "{}",
		"<xml><Encrypt><![CDATA[AAAA]]></Encrypt></xml>",
		"<xml> <Encrypt> AAAA\r\n</Encrypt> </xml> ",
		"<xml><ToUserName> <![CDATA[a]]> </ToUserName><AgentId>1</AgentId><Encrypt>![CDATA[AAAA]]</Encrypt></xml>",
		"<xml><X>a]]>b</X><Encrypt>A</Encrypt></xml>",
		"<xml><Encrypt>A</Encrypt><Encrypt>B</Encrypt></xml>",
		"<xml xmlns=\"a\"><b:Encrypt xmlns:b=\"c\">A</b:Encrypt></xml>",
		"\ufeff<?xml version=\"1.0\"?><!DOCTYPE a><xml><Encrypt>&#65;</Encrypt></xml>",
		`{"tousername":"a","encrypt":"AAAA","agentid":"1"}`,
		`{"ENCRYPT":"AAAA","encrypt":"BBBB","agentid":218}`,
		`{"encrypt":"A\/A","agentid":1.50e3,"x":[{"encrypt":"B"}]}`,
		`{"encrypt":"A","agentid":-0}`, `{"encrypt":"A","touſername":"x"}`,
	} {
		f.Add([]byte(s))
	}
	for _, v := range readVectors(f).Vectors {
		f.Add([]byte(v.Envelope))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		kept := bytes.Clone(body)
		env, err := ParseEnvelope(body)
		require.Equal(t, kept, body, "the body is left alone")
		if err != nil {
			require.ErrorIs(t, err, ErrEnvelope)
			require.Empty(t, env)
		} else {
			require.NotEmpty(t, env.Encrypt)
		}
		if fast, ok := scanXML(body); ok {
			slow, err := decodeXML(body)
			require.NoError(t, err)
			requireSame(t, slow, fast)
		}
		if len(body) > 0 && body[0] == '{' {
			if fast, ok := scanJSON(body); ok {
				slow, err := decodeJSON(body)
				require.NoError(t, err)
				requireSame(t, slow, fast)
			}
		}
	})
}

// requireSame compares two envelopes; no Encrypt is as good as an empty one.
func requireSame(t *testing.T, want, got Envelope) {
	t.Helper()
	require.Equal(t, string(want.Encrypt), string(got.Encrypt))
	want.Encrypt, got.Encrypt = nil, nil
	require.Equal(t, want, got)
}
