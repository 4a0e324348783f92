package seal_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/internal/seal"
)

func key(id string, fill byte) seal.Key {
	return seal.Key{ID: id, Secret: base64.StdEncoding.EncodeToString([]byte(strings.Repeat(string(rune(fill)), seal.KeyBytes)))}
}

func ring(t *testing.T, keys ...seal.Key) *seal.Ring {
	t.Helper()
	r, err := seal.New(keys)
	require.NoError(t, err)
	return r
}

func TestSealAndOpen(t *testing.T) {
	t.Parallel()
	r := ring(t, key("k1", 'a'))
	for _, value := range []string{"", "v", "sealed.1.k1.!", strings.Repeat("企", 10_000)} {
		sealed := r.Seal(value, "token", "suite/a/ticket")
		if len(value) > 1 {
			assert.NotContains(t, sealed, value)
		}
		got, id, err := r.Open(sealed, "token", "suite/a/ticket")
		require.NoError(t, err)
		assert.Equal(t, value, got)
		assert.Equal(t, "k1", id)
	}
	first := r.Seal("v", "o")
	assert.NotEqual(t, first, r.Seal("v", "o"), "a nonce was used twice")
}

func TestOpensForItsOwnerOnly(t *testing.T) {
	t.Parallel()
	r := ring(t, key("k1", 'a'))
	sealed := r.Seal("v", "code", "suite", "corp")
	for _, owner := range [][]string{nil, {"code"}, {"code", "suite"}, {"code", "suite", "corq"}, {"code", "suitec", "orp"}, {"token", "suite", "corp"}, {"code", "suite", "corp", ""}, {"codesuitecorp"}} {
		_, id, err := r.Open(sealed, owner...)
		require.ErrorIs(t, err, seal.ErrBroken, "%q", owner)
		assert.Equal(t, "k1", id)
	}
}

func TestRotation(t *testing.T) {
	t.Parallel()
	before, both, after := ring(t, key("k1", 'a')), ring(t, key("k2", 'b'), key("k1", 'a')), ring(t, key("k2", 'b'))
	old, fresh := before.Seal("v", "o"), both.Seal("v", "o")

	got, id, err := both.Open(old, "o")
	require.NoError(t, err)
	assert.Equal(t, []string{"v", "k1"}, []string{got, id})
	_, id, err = after.Open(fresh, "o")
	require.NoError(t, err, "the first key seals")
	assert.Equal(t, "k2", id)
	for _, tt := range []struct {
		ring   *seal.Ring
		sealed string
		id     string
	}{{after, old, "k1"}, {before, fresh, "k2"}} {
		_, id, err = tt.ring.Open(tt.sealed, "o")
		require.ErrorIs(t, err, seal.ErrUnknownKey)
		assert.Equal(t, tt.id, id)
	}
	_, _, err = ring(t, key("k1", 'z')).Open(old, "o")
	require.ErrorIs(t, err, seal.ErrBroken, "another key of the same id")
}

func TestUnsealedValues(t *testing.T) {
	t.Parallel()
	_, _, err := ring(t, key("k1", 'a')).Open("plain", "o")
	require.ErrorIs(t, err, seal.ErrUnsealed)
	r := ring(t, key("k1", 'a'), seal.Key{ID: seal.Unsealed})
	got, id, err := r.Open("plain", "o")
	require.NoError(t, err)
	assert.Equal(t, "plain", got)
	assert.Empty(t, id)
	assert.NotContains(t, r.Seal("plain", "o"), "plain")
}

func TestEveryChangeIsFound(t *testing.T) {
	t.Parallel()
	r := ring(t, key("k1", 'a'), key("k2", 'b'), seal.Key{ID: seal.Unsealed})
	sealed := r.Seal("v", "o")
	const start = len("sealed.1.")
	for i := start; i < len(sealed); i++ {
		for _, c := range []byte("k2A._-%\x00") {
			changed := sealed[:i] + string(c) + sealed[i+1:]
			if value, _, err := r.Open(changed, "o"); err == nil && changed != sealed {
				// The last character has spare bits.
				assert.Equal(t, len(sealed)-1, i, changed)
				assert.Equal(t, "v", value)
			}
		}
		if _, _, err := r.Open(sealed[:i], "o"); assert.Error(t, err) {
			assert.NotContains(t, err.Error(), sealed[start:])
		}
	}
}

func TestBadKeys(t *testing.T) {
	t.Parallel()
	good := key("k1", 'a')
	for name, keys := range map[string][]seal.Key{
		"none":          nil,
		"unsealed only": {{ID: seal.Unsealed}},
		"no id":         {{Secret: good.Secret}},
		"dot in id":     {{ID: "a.b", Secret: good.Secret}},
		"long id":       {{ID: strings.Repeat("a", 33), Secret: good.Secret}},
		"reserved id":   {{ID: seal.Unsealed, Secret: good.Secret}},
		"twice":         {good, good},
		"no secret":     {{ID: "k1"}},
		"short":         {{ID: "k1", Secret: base64.StdEncoding.EncodeToString([]byte("canary"))}},
		"not base64":    {{ID: "k1", Secret: "canary canary canary canary canary canary"}},
		"raw":           {{ID: "k1", Secret: strings.Repeat("canary__", 4)}},
	} {
		_, err := seal.New(keys)
		require.Error(t, err, name)
		assert.NotContains(t, err.Error(), "canary", name)
		assert.NotContains(t, err.Error(), good.Secret, name)
	}
}

func TestRingShowsNoKey(t *testing.T) {
	t.Parallel()
	r := ring(t, key("k1", 'a'))
	shown := fmt.Sprintf("%+v %#v", r, r)
	assert.NotContains(t, shown, "97, 97", "key bytes")
	assert.NotContains(t, shown, "97 97")
	assert.NotContains(t, shown, "0x61616161")
	assert.NotContains(t, shown, "YWFh")
}

func FuzzOpen(f *testing.F) {
	r, err := seal.New([]seal.Key{key("k1", 'a')})
	require.NoError(f, err)
	for _, s := range []string{"", "sealed.1.", "sealed.1.k1.", "sealed.1.k1.AAAA", "sealed.2.k1.AAAA", r.Seal("v", "o"), r.Seal("v", "p")} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, sealed string) {
		if value, _, err := r.Open(sealed, "o"); err == nil && value != "v" {
			t.Errorf("%q opened", sealed)
		}
	})
}

func BenchmarkOpen(b *testing.B) {
	r, err := seal.New([]seal.Key{key("k1", 'a')})
	require.NoError(b, err)
	sealed := r.Seal(strings.Repeat("t", 128), "token", "suite/a/corp/b/token")
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := r.Open(sealed, "token", "suite/a/corp/b/token"); err != nil {
			b.Fatal(err)
		}
	}
}
