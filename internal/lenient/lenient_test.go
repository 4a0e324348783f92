package lenient_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/internal/lenient"
)

func TestInt64(t *testing.T) {
	t.Parallel()
	for wire, want := range map[string]lenient.Int64{
		`7`: 7, `"7"`: 7, `" 7 "`: 7, `-1`: -1, `""`: 0, `null`: 0, `9223372036854775807`: 1<<63 - 1,
	} {
		var v struct {
			N lenient.Int64 `json:"n"`
		}
		require.NoError(t, json.Unmarshal([]byte(`{"n":`+wire+`}`), &v), wire)
		assert.Equal(t, want, v.N)
	}
	out, err := json.Marshal(lenient.Int64(7))
	require.NoError(t, err)
	assert.Equal(t, "7", string(out))
	for _, wire := range []string{`"canary"`, `1.5`, `{}`, `[1]`, `true`, `9223372036854775808`} {
		var n lenient.Int64
		err := json.Unmarshal([]byte(wire), &n)
		require.Error(t, err, wire)
		assert.NotContains(t, err.Error(), "canary")
	}
}

func TestBool(t *testing.T) {
	t.Parallel()
	for wire, want := range map[string]lenient.Bool{
		`true`: true, `false`: false, `"true"`: true, `"False"`: false, `1`: true, `0`: false, `"1"`: true, `""`: false, `null`: false,
	} {
		var v struct {
			B lenient.Bool `json:"b"`
		}
		require.NoError(t, json.Unmarshal([]byte(`{"b":`+wire+`}`), &v), wire)
		assert.Equal(t, want, v.B, wire)
	}
	for _, wire := range []string{`"canary"`, `2`, `{}`, `[]`} {
		var b lenient.Bool
		err := json.Unmarshal([]byte(wire), &b)
		require.Error(t, err, wire)
		assert.NotContains(t, err.Error(), "canary")
	}
}

func TestStringList(t *testing.T) {
	t.Parallel()
	for wire, want := range map[string]lenient.StringList{
		`"a"`:       {Items: []string{"a"}, Single: true},
		`["a"]`:     {Items: []string{"a"}},
		`["a","b"]`: {Items: []string{"a", "b"}},
		`[]`:        {Items: []string{}},
		`null`:      {},
	} {
		var l lenient.StringList
		require.NoError(t, json.Unmarshal([]byte(wire), &l), wire)
		assert.Equal(t, want, l)
		out, err := json.Marshal(l)
		require.NoError(t, err)
		assert.Equal(t, wire, string(out))
	}
	// A second element turns the single form into a list.
	out, err := json.Marshal(lenient.StringList{Items: []string{"a", "b"}, Single: true})
	require.NoError(t, err)
	assert.Equal(t, `["a","b"]`, string(out))
	for _, wire := range []string{`1`, `{}`, `[1]`, `"\x"`} {
		require.Error(t, json.Unmarshal([]byte(wire), new(lenient.StringList)), wire)
	}
}
