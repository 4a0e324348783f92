package lenient_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/internal/lenient"
)

func TestString(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]lenient.String{
		`"zhang san "`:           "zhang san ",
		`""`:                     "",
		`null`:                   "",
		`0`:                      "0",
		`1688854803437219`:       "1688854803437219",
		`18446744073709551615`:   "18446744073709551615", // beyond int64 and float64
		`"18446744073709551615"`: "18446744073709551615",
		`"\u5f20"`:               "张",
	} {
		got := lenient.String("before")
		require.NoError(t, json.Unmarshal([]byte(in), &got), in)
		assert.Equal(t, want, got, in)
	}
}

func TestStringRefuses(t *testing.T) {
	t.Parallel()
	for _, in := range []string{`true`, `["a"]`, `{"a":"secret value"}`} {
		var got lenient.String
		err := json.Unmarshal([]byte(in), &got)
		require.ErrorContains(t, err, "as an identifier", in)
		assert.NotContains(t, err.Error(), "secret value")
	}
}

func TestStringEncodes(t *testing.T) {
	t.Parallel()
	out, err := json.Marshal(lenient.String("18446744073709551615"))
	require.NoError(t, err)
	assert.JSONEq(t, `"18446744073709551615"`, string(out))
}
