package wecom_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/testdata"
)

// codeTable is testdata/errors.yaml, read without the generator's help.
type codeTable struct {
	Meta struct {
		Classes yaml.Node `yaml:"classes"`
		Retry   yaml.Node `yaml:"retry_after_values"`
	} `yaml:"meta"`
	Codes []struct {
		Code       wecom.Code `yaml:"code"`
		Class      string     `yaml:"class"`
		RetryAfter string     `yaml:"retry_after"`
		Meaning    string     `yaml:"meaning"`
	} `yaml:"codes"`
}

func readCodeTable(t *testing.T) codeTable {
	t.Helper()
	data, err := testdata.Files.ReadFile("errors.yaml")
	require.NoError(t, err)
	var table codeTable
	require.NoError(t, yaml.Unmarshal(data, &table))
	require.Greater(t, len(table.Codes), 900, "the table was cut")
	return table
}

// keys returns the keys of a YAML mapping in the order of the file.
func keys(node yaml.Node) []string {
	var names []string
	for i := 0; i < len(node.Content); i += 2 {
		names = append(names, node.Content[i].Value)
	}
	return names
}

// codeSentinels are the classes that a code can match. ErrNoTicket and ErrNoReply are
// not among them: they are found locally.
func codeSentinels() []error {
	return []error{
		wecom.ErrTokenRejected, wecom.ErrCredential, wecom.ErrTicketRejected, wecom.ErrCodeRejected,
		wecom.ErrNotAuthorized, wecom.ErrPermission, wecom.ErrIPNotAllowed, wecom.ErrRateLimited,
		wecom.ErrTransient, wecom.ErrNotFound, wecom.ErrBadParameter, wecom.ErrLicense, wecom.ErrConflict,
	}
}

// matches returns the classes that c is in.
func matches(c wecom.Code) []error {
	var in []error
	for _, sentinel := range codeSentinels() {
		if errors.Is(c, sentinel) {
			in = append(in, sentinel)
		}
	}
	return in
}

func TestCodeTable(t *testing.T) {
	t.Parallel()
	bySentinel := map[string][]error{
		"auth_token_invalid": {wecom.ErrTokenRejected, wecom.ErrCredential},
		"auth_token_expired": {wecom.ErrTokenRejected, wecom.ErrCredential},
		"suite_ticket":       {wecom.ErrTicketRejected},
		"suite_token":        {wecom.ErrTokenRejected, wecom.ErrCredential},
		"provider_token":     {wecom.ErrTokenRejected, wecom.ErrCredential},
		"permission":         {wecom.ErrPermission},
		"ip_whitelist":       {wecom.ErrIPNotAllowed},
		"rate_limit":         {wecom.ErrRateLimited},
		"transient":          {wecom.ErrTransient},
		"not_found":          {wecom.ErrNotFound},
		"bad_parameter":      {wecom.ErrBadParameter},
		"license":            {wecom.ErrLicense},
		"conflict":           {wecom.ErrConflict},
	}
	for _, row := range readCodeTable(t).Codes {
		c := row.Code
		assert.Equal(t, row.Class, c.Class().String(), "class of %d", int(c))
		assert.Equal(t, row.RetryAfter, c.Advice().String(), "advice for %d", int(c))
		assert.Equal(t, row.Meaning, c.Meaning(), "meaning of %d", int(c))
		assert.Equal(t, fmt.Sprintf("errcode %d: %s", int(c), row.Meaning), c.Error())

		in := matches(c)
		if row.Class == "other" {
			assert.Empty(t, in, "code %d of class other", int(c))
			continue
		}
		allowed := bySentinel[row.Class]
		var own int // exactly one of the sentinels of its class
		for _, sentinel := range in {
			if slices.Contains(allowed, sentinel) {
				own++
			}
		}
		assert.Equal(t, 1, own, "code %d of class %s is in %v", int(c), row.Class, in)
		assert.LessOrEqual(t, len(in), 2, "code %d is in %v", int(c), in)
		assert.False(t, errors.Is(c, wecom.ErrNoTicket) || errors.Is(c, wecom.ErrNoReply), "code %d in a local class", int(c))
	}
}

func TestCodeClassesExactly(t *testing.T) {
	t.Parallel()
	exactly := map[error][]wecom.Code{
		wecom.ErrTokenRejected: {40014, 40082, 42001, 42009},
		wecom.ErrCredential: {
			40001, 40013, 40080, 40083, 40086, 40091, 40106, 41001, 41004, 41022, 41024,
			42012, 42021, 45031, 48003, 90307, 710400, 710401, 710402,
		},
		wecom.ErrTicketRejected: {40085, 41023},
		wecom.ErrCodeRejected: {
			40029, 40077, 40078, 40207, 42003, 42007, 42013, 42022, 43016, 84014, 84015, 84022, 84071, 84075,
		},
		wecom.ErrNotAuthorized: {40084, 48002, 48004, 48006, 50003},
		wecom.ErrIPNotAllowed:  {60020, 90308, 301042},
	}
	table := readCodeTable(t)
	for sentinel, want := range exactly {
		var got []wecom.Code
		for _, row := range table.Codes {
			if errors.Is(row.Code, sentinel) {
				got = append(got, row.Code)
			}
		}
		slices.Sort(got)
		assert.Equal(t, want, got, "%v", sentinel)
	}
}

func TestCodeInSeveralClasses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		code wecom.Code
		in   []error
	}{
		{0, nil},
		{-1, []error{wecom.ErrTransient}},
		{40013, []error{wecom.ErrCredential, wecom.ErrBadParameter}},
		{40078, []error{wecom.ErrCodeRejected, wecom.ErrBadParameter}},
		{43016, []error{wecom.ErrCodeRejected, wecom.ErrPermission}},
		{45009, []error{wecom.ErrRateLimited}},
		{48002, []error{wecom.ErrNotAuthorized, wecom.ErrPermission}},
	}
	for _, tt := range tests {
		assert.Equal(t, tt.in, matches(tt.code), "code %d", int(tt.code))
	}
}

func TestUnknownCode(t *testing.T) {
	t.Parallel()
	const minInt = -1 << 31
	for _, c := range []wecom.Code{minInt, -2, 1, 40002, 99999999, 1<<31 - 1} {
		assert.Equal(t, wecom.ClassOther, c.Class())
		assert.Equal(t, wecom.RetryNever, c.Advice())
		assert.Empty(t, c.Meaning())
		assert.Equal(t, fmt.Sprintf("errcode %d", int(c)), c.Error())
		assert.Empty(t, matches(c))
	}
}

func TestCodeIsItself(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("moving a member: %w", wecom.Code(60111))
	require.ErrorIs(t, err, wecom.Code(60111))
	require.NotErrorIs(t, err, wecom.Code(60112))
	assert.Equal(t, "https://open.work.weixin.qq.com/devtool/query?e=60111", wecom.Code(60111).MoreInfo())
}

// uncomparable is an error whose values panic when they are compared.
type uncomparable struct{ text []string }

func (u uncomparable) Error() string { return strings.Join(u.text, " ") }

func TestCodeIsSurvivesAnyTarget(t *testing.T) {
	t.Parallel()
	target := uncomparable{text: []string{"x"}}
	assert.NotPanics(t, func() { assert.NotErrorIs(t, wecom.Code(40014), target) })
	assert.False(t, wecom.Code(40014).Is(nil))
}

// The table and the constants name the same classes and the same advice, in the same order.
func TestCodeEnumerationsFollowTheTable(t *testing.T) {
	t.Parallel()
	table := readCodeTable(t)

	var classes []string
	for c := wecom.ClassAuthTokenInvalid; c <= wecom.ClassOther; c++ {
		classes = append(classes, c.String())
	}
	assert.Equal(t, keys(table.Meta.Classes), classes)
	assert.Equal(t, "Class(0)", wecom.Class(0).String())
	assert.Equal(t, "Class(15)", (wecom.ClassOther + 1).String())

	inTable := keys(table.Meta.Retry)
	var advice []string
	for r := wecom.RetryNever; r <= wecom.RetryConfigurationChange; r++ {
		advice = append(advice, r.String())
	}
	assert.Equal(t, inTable, advice)
	assert.Equal(t, "Retry(0)", wecom.Retry(0).String())
	assert.Equal(t, "Retry(10)", (wecom.RetryConfigurationChange + 1).String())
}

func TestCodeLookupDoesNotAllocate(t *testing.T) { //nolint:paralleltest // AllocsPerRun counts the whole process.
	var found bool
	allocs := testing.AllocsPerRun(100, func() {
		found = wecom.Code(640035).Meaning() != "" && wecom.Code(42001).Is(wecom.ErrTokenRejected)
	})
	assert.True(t, found)
	assert.Zero(t, allocs)
}

func BenchmarkCodeIs(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if !wecom.Code(45009).Is(wecom.ErrRateLimited) {
			b.Fatal("45009 is a rate limit")
		}
	}
}
