package paytool

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/testdata"
)

// vector is a row of paytool-vectors.json.
type vector struct {
	Name         string          `json:"name"`
	Secret       string          `json:"secret"`
	Body         json.RawMessage `json:"body"`
	StringToSign string          `json:"string_to_sign"`
	Signature    string          `json:"signature"`
}

func vectors(t *testing.T) []vector {
	t.Helper()
	data, err := testdata.Files.ReadFile("api/paytool-vectors.json")
	require.NoError(t, err)
	var file struct {
		Vectors []vector `json:"vectors"`
	}
	require.NoError(t, json.Unmarshal(data, &file))
	require.Len(t, file.Vectors, 4)
	return file.Vectors
}

func TestVectors(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			text, err := stringToSign(v.Body)
			require.NoError(t, err)
			assert.Equal(t, v.StringToSign, text)
			assert.Equal(t, v.Signature, signature(wecom.NewSecret(v.Secret), text))
		})
	}
}

// TestSignVectors gives the signer the bodies without what it puts in.
func TestSignVectors(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			var want map[string]any
			require.NoError(t, json.Unmarshal(v.Body, &want))
			s := signer{
				secret: wecom.NewSecret(v.Secret),
				nonce:  func() string { return want["nonce_str"].(string) },
				now:    func() time.Time { return time.Unix(int64(want["ts"].(float64)), 0) },
			}
			var plain map[string]json.RawMessage
			require.NoError(t, json.Unmarshal(v.Body, &plain))
			delete(plain, "nonce_str")
			delete(plain, "ts")
			body, err := json.Marshal(plain)
			require.NoError(t, err)
			before := string(body)

			signed, err := s.sign(body)
			require.NoError(t, err)
			assert.Equal(t, before, string(body), "the body given stays as it is, for the next attempt")

			var got map[string]any
			require.NoError(t, json.Unmarshal(signed, &got))
			want["sig"] = v.Signature
			assert.Equal(t, want, got)
		})
	}
}

func TestStringToSign(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body, want string
	}{
		{"nothing", `{}`, ""},
		{"scalars", `{"s":"text","n":12,"t":true,"f":false}`, "f=false&n=12&s=text&t=true"},
		{"zero stays", `{"order_type":0,"discount_amount":0}`, "discount_amount=0&order_type=0"},
		{"empty ones go", `{"a":"","b":null,"c":{},"d":[],"e":["",null],"f":" "}`, "f= "},
		{"depth does not show", `{"a":{"b":{"c":1}},"d":[{"e":2},{"e":3}]}`, "c=1&e=2&e=3"},
		{"a list of scalars repeats its name", `{"ids":["b","a","b"],"l":[[1],[2,[3]]]}`, "ids=a&ids=b&ids=b&l=1&l=2&l=3"},
		{"values sort as text", `{"l":[{"unit_price":100000},{"unit_price":90000}]}`, "unit_price=100000&unit_price=90000"},
		{"= sorts against the next character", `{"a":1,"a1":2,"a_b":3,"A":4}`, "A=4&a1=2&a=1&a_b=3"},
		{"nothing is escaped", `{"a":"\u003cx&y=z\u003e 台/%","b":"\u2028"}`, "a=<x&y=z> 台/%&b=\u2028"},
		{"digits as they are", `{"a":9007199254740993,"b":18446744073709551616,"c":-1,"d":1.50}`, "a=9007199254740993&b=18446744073709551616&c=-1&d=1.50"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := stringToSign([]byte(tt.body))
			require.NoError(t, err)
			assert.Equal(t, tt.want, got)
		})
	}
}

func TestSignRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body, want string
	}{
		{"a list", `["canary"]`, "must be a JSON object"},
		{"a text", `"canary"`, "must be a JSON object"},
		{"null", `null`, "must be a JSON object"},
		{"a nonce of the caller", `{"nonce_str":"canary"}`, "member nonce_str"},
		{"a time of the caller", `{"ts":1}`, "member ts"},
		{"a signature of the caller", `{"sig":"canary"}`, "member sig"},
		{"an exponent", `{"list":[{"price":1e3}]}`, "number in member price has an exponent"},
		{"a large exponent", `{"price":1E+21}`, "number in member price has an exponent"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newSigner(wecom.NewSecret("key"))
			_, err := s.sign([]byte(tt.body))
			require.ErrorContains(t, err, tt.want)
			assert.NotContains(t, err.Error(), "canary")
		})
	}
}

func TestSignInnerMembersMayHaveTheNames(t *testing.T) {
	t.Parallel()
	s := newSigner(wecom.NewSecret("key"))
	_, err := s.sign([]byte(`{"inner":{"ts":1,"sig":"x"}}`))
	require.NoError(t, err)
}

func TestNoncesAreFreshAndShort(t *testing.T) {
	t.Parallel()
	s := newSigner(wecom.NewSecret("key"))
	seen := make(map[string]bool)
	before := time.Now().Unix()
	for range 200 {
		signed, err := s.sign([]byte(`{}`))
		require.NoError(t, err)
		var got struct {
			Nonce string `json:"nonce_str"`
			TS    int64  `json:"ts"`
			Sig   string `json:"sig"`
		}
		require.NoError(t, json.Unmarshal(signed, &got))
		assert.False(t, seen[got.Nonce], "a nonce came twice")
		seen[got.Nonce] = true
		assert.GreaterOrEqual(t, len(got.Nonce), 20)
		assert.LessOrEqual(t, len(got.Nonce), 32)
		assert.GreaterOrEqual(t, got.TS, before)
		assert.LessOrEqual(t, got.TS, time.Now().Unix())
		assert.Equal(t, signature(s.secret, fmt.Sprintf("nonce_str=%s&ts=%d", got.Nonce, got.TS)), got.Sig)
	}
}

// The properties of flattening, each on random objects.

// tree makes random JSON values whose pairs it knows.
type tree struct {
	r     *rand.Rand
	pairs []string
}

// value returns a random value that stands under name and notes its pairs.
func (g *tree) value(name string, depth int) any {
	kinds := 7
	if depth == 0 {
		kinds = 5 // scalars only
	}
	switch g.r.IntN(kinds) {
	case 0:
		return nil
	case 1:
		return ""
	case 2:
		s := g.text()
		g.pairs = append(g.pairs, name+"="+s)
		return s
	case 3:
		n := g.r.Int64N(1<<62) - g.r.Int64N(1<<62)
		if g.r.IntN(3) == 0 {
			n = 0
		}
		g.pairs = append(g.pairs, name+"="+strconv.FormatInt(n, 10))
		return n
	case 4:
		b := g.r.IntN(2) == 0
		g.pairs = append(g.pairs, fmt.Sprintf("%s=%t", name, b))
		return b
	case 5:
		list := make([]any, g.r.IntN(4))
		for i := range list {
			list[i] = g.value(name, depth-1)
		}
		return list
	default:
		return g.object(depth - 1)
	}
}

func (g *tree) object(depth int) map[string]any {
	object := make(map[string]any)
	for range g.r.IntN(6) {
		name := g.text()
		if _, taken := object[name]; !taken {
			object[name] = g.value(name, depth)
		}
	}
	return object
}

// text returns a short text of characters that could be mistaken.
func (g *tree) text() string {
	alphabet := []rune(`ab_A1=&"\<> 台é` + "\n\u2028")
	out := make([]rune, 1+g.r.IntN(4))
	for i := range out {
		out[i] = alphabet[g.r.IntN(len(alphabet))]
	}
	return string(out)
}

func TestFlatteningProperties(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	flatten := func(v any) string {
		body, err := json.Marshal(v)
		require.NoError(t, err)
		text, err := stringToSign(body)
		require.NoError(t, err)
		return text
	}
	for range 2000 {
		g := &tree{r: r}
		object := g.object(3)
		got := flatten(object)

		slices.SortFunc(g.pairs, func(a, b string) int { return slices.Compare([]byte(a), []byte(b)) })
		require.Equal(t, strings.Join(g.pairs, "&"), got, "a pair for each scalar that is not empty, sorted by bytes")

		require.Equal(t, got, flatten(map[string]any{"outer": object}), "an object around changes nothing")
		require.Equal(t, got, flatten(map[string]any{"outer": []any{object}}), "a list around changes nothing")
		require.Equal(t, got, flatten(map[string]any{"outer": []any{nil, object, ""}, "more": map[string]any{}}), "what is empty changes nothing")

		twice := slices.Sorted(slices.Values(append(slices.Clone(g.pairs), g.pairs...)))
		require.Equal(t, strings.Join(twice, "&"), flatten(map[string]any{"outer": []any{object, object}}), "what comes twice is signed twice")
	}
}

// TestAnyChangeChangesTheSignature: a signature that left something out would
// let that be changed on the way.
func TestAnyChangeChangesTheSignature(t *testing.T) {
	t.Parallel()
	secret := wecom.NewSecret("key")
	sig := func(secret wecom.Secret, body string) string {
		text, err := stringToSign([]byte(body))
		require.NoError(t, err)
		return signature(secret, text)
	}
	base := sig(secret, `{"order_id":"A","n":[{"price":1},{"price":2}],"zero":0}`)
	for _, other := range []string{
		`{"order_id":"B","n":[{"price":1},{"price":2}],"zero":0}`,
		`{"order_id":"A","n":[{"price":1},{"price":3}],"zero":0}`,
		`{"order_id":"A","n":[{"price":1},{"price":2},{"price":2}],"zero":0}`,
		`{"order_id":"A","n":[{"price":1},{"price":2}]}`,
	} {
		assert.NotEqual(t, base, sig(secret, other), other)
	}
	assert.NotEqual(t, base, sig(wecom.NewSecret("kez"), `{"order_id":"A","n":[{"price":1},{"price":2}],"zero":0}`))
	assert.Equal(t, base, sig(secret, `{"zero":0,"n":[{"price":2},{"price":1}],"order_id":"A"}`), "order does not matter")
}

func FuzzStringToSign(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":[{"b":0},null,"",true],"c":"台"}`, `{"a":1e9}`, `null`, `[`, `{"a":{"a":{"a":-1.5}}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		text, err := stringToSign(body)
		if err != nil {
			return
		}
		if !json.Valid(body) {
			return // what follows the object
		}
		wrapped, err := stringToSign(slices.Concat([]byte(`{"outer":[`), body, []byte(`]}`)))
		require.NoError(t, err)
		require.Equal(t, text, wrapped)
	})
}
