package valid_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/internal/valid"
)

func TestChecks(t *testing.T) {
	t.Parallel()
	var good valid.Checks
	good.Set("A", "x")
	good.Bytes("B", "张", 1, 3)
	good.Chars("C", "张三", 1, 2)
	good.Chars("C", "", 0, 2)
	good.Count("D", 2, 1, 2)
	good.Between("E", 3, 3, 3)
	good.Web("F", "")
	good.Web("F", "http://a")
	good.Web("F", "https://a")
	good.Unique("G", []string{"a", "b"})
	good.That(true, "H", "is wrong")
	require.NoError(t, good.Err("op"))

	for want, check := range map[string]func(c *valid.Checks){
		"A is missing":                                   func(c *valid.Checks) { c.Set("A", "") },
		"B is missing":                                   func(c *valid.Checks) { c.Bytes("B", "", 1, 3) },
		"B has 6 bytes: at most 5 are allowed":           func(c *valid.Checks) { c.Bytes("B", "张三", 0, 5) },
		"C has 3 characters: 1 to 2 are allowed":         func(c *valid.Checks) { c.Chars("C", "张三丰", 1, 2) },
		"D has 7 entries: 1 to 6 are allowed":            func(c *valid.Checks) { c.Count("D", 7, 1, 6) },
		"E is 4: 1 to 3 are allowed":                     func(c *valid.Checks) { c.Between("E", 4, 1, 3) },
		"F must begin with http:// or https://":          func(c *valid.Checks) { c.Web("F", "ftp://a") },
		"G[1] is empty; G[2] is there twice":             func(c *valid.Checks) { c.Unique("G", []string{"a", "", "a"}) },
		"H is wrong":                                     func(c *valid.Checks) { c.That(false, "H", "is wrong") },
		"I[0].X is missing; I[1].X is missing":           func(c *valid.Checks) { valid.Each("I", 2, func(_ int, f string) { c.Set(f+".X", "") }) },
		"J has 1 characters: 4 to 12 are allowed; K bad": func(c *valid.Checks) { c.Chars("J", "x", 4, 12); c.Fail("K", "bad") },
	} {
		var c valid.Checks
		check(&c)
		err := c.Err("op")
		require.EqualError(t, err, "op: "+want)
		field, ok := errors.AsType[*valid.FieldError](err)
		require.True(t, ok)
		assert.True(t, strings.HasPrefix(want, field.Field))
	}
}
