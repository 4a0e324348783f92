package crypto

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// openFor opens a message that was sealed for id.
func openFor(t *testing.T, id string, allowed *Receivers) error {
	t.Helper()
	c := newCodec(t, testToken, testKey)
	m, err := c.Seal([]byte("ticket-canary"), id, testTime, testNonce)
	require.NoError(t, err)
	msg, err := c.Open(nil, m, allowed)
	if err != nil {
		assert.Empty(t, msg)
		assert.NotContains(t, err.Error(), "canary")
	} else {
		assert.Equal(t, id, string(msg.Receiver))
	}
	return err
}

// The id differs between URL verification, suite events and data events: a set
// per URL, and an error that says which kind came and which was expected.
func TestPain08_ReceiverErrorNamesBoth(t *testing.T) {
	t.Parallel()
	allowed, err := NewReceivers("dk1111111111111111", "tj2222222222222222", testID)
	require.NoError(t, err)
	require.NoError(t, openFor(t, testID, allowed))
	require.NoError(t, openFor(t, "dk1111111111111111", allowed))

	err = openFor(t, "wpAbCdEf", allowed)
	require.ErrorIs(t, err, ErrReceiver)
	assert.Equal(t, -40005, OfficialCode(err))
	e, ok := errors.AsType[*ReceiverError](err)
	require.True(t, ok)
	assert.Equal(t, &ReceiverError{
		Got:     "wpAbCdEf",
		Allowed: []string{"dk1111111111111111", "tj2222222222222222", testID},
	}, e)
	assert.Equal(t, `crypto: message is for another receiver: got "wpAbCdEf" (encrypted corp id), allowed: `+
		`"dk1111111111111111" (customised-app template id), "tj2222222222222222" (suite id), "wx5823bf96d3bd56c7" (corp or suite id)`, err.Error())
}

func TestReceiversAreExact(t *testing.T) {
	t.Parallel()
	id := "wpAbCdEfGhIjKlMnOp"
	allowed, err := NewReceivers(id)
	require.NoError(t, err)
	assert.True(t, allowed.Accepts(id))
	for _, other := range []string{"", id[:17], id + "x", " " + id, strings.ToLower(id), strings.ToUpper(id), "x", id + "\x00"} {
		assert.False(t, allowed.Accepts(other), "%q", other)
		require.ErrorIs(t, openFor(t, other, allowed), ErrReceiver, "%q", other)
	}
}

// A check that was forgotten refuses; it does not accept.
func TestReceiversZeroAcceptsNothing(t *testing.T) {
	t.Parallel()
	none, err := NewReceivers()
	require.NoError(t, err)
	for _, r := range []*Receivers{nil, {}, none} {
		for _, id := range []string{"", testID} {
			assert.False(t, r.Accepts(id))
			err := openFor(t, id, r)
			require.ErrorIs(t, err, ErrReceiver)
			assert.ErrorContains(t, err, "allowed: nobody")
		}
	}
}

func TestReceiversEmptyIDOnlyForIndividual(t *testing.T) {
	t.Parallel()
	require.NoError(t, openFor(t, "", Individual()))
	err := openFor(t, testID, Individual())
	require.ErrorIs(t, err, ErrReceiver)
	assert.ErrorContains(t, err, "individual subject")

	// A resolver that says yes to all is not asked for the empty id.
	none, err := NewReceivers()
	require.NoError(t, err)
	all := none.WithResolver(func(string) bool { return true })
	require.NoError(t, openFor(t, testID, all))
	err = openFor(t, "", all)
	require.ErrorIs(t, err, ErrReceiver)
	assert.ErrorContains(t, err, "what the resolver accepts")
}

func TestReceiversResolver(t *testing.T) {
	t.Parallel()
	var asked []string
	base, err := NewReceivers(testID)
	require.NoError(t, err)
	r := base.WithResolver(func(id string) bool {
		asked = append(asked, id)
		return id == "wpKnown"
	})
	require.NoError(t, openFor(t, testID, r))
	require.NoError(t, openFor(t, "wpKnown", r))
	require.ErrorIs(t, openFor(t, "wpOther", r), ErrReceiver)
	assert.Equal(t, []string{"wpKnown", "wpOther"}, asked, "asked only for ids that are not in the set")
	require.ErrorIs(t, openFor(t, "wpKnown", base), ErrReceiver, "the set it was made from has not changed")

	assert.True(t, (*Receivers)(nil).WithResolver(func(string) bool { return true }).Accepts("x"))
	long := strings.Repeat("x", maxID+1)
	assert.False(t, r.WithResolver(func(string) bool { return true }).Accepts(long), "longer than any id")
}

func TestNewReceiversRefuses(t *testing.T) {
	t.Parallel()
	_, err := NewReceivers(strings.Repeat("x", maxID), "!~")
	require.NoError(t, err)
	for _, id := range []string{"", " ", testID + "\n", "\t" + testID, "a b", "企业", "a\x00", strings.Repeat("x", maxID+1)} {
		r, err := NewReceivers(testID, id)
		require.ErrorIs(t, err, ErrReceiverID, "%q", id)
		assert.ErrorContains(t, err, "number 2")
		assert.Nil(t, r)
	}
}

// An id that came from outside is cut and quoted before it goes into a text.
func TestReceiverErrorIsSafeToLog(t *testing.T) {
	t.Parallel()
	allowed, err := NewReceivers(strings.Split("a b c d e f g h i j k", " ")...)
	require.NoError(t, err)
	err = allowed.check([]byte("x\n\x1b[31m\xff" + strings.Repeat("y", 1<<16)))
	require.ErrorIs(t, err, ErrReceiver)
	assert.Less(t, len(err.Error()), 600)
	assert.NotContains(t, err.Error(), "\n")
	assert.NotContains(t, err.Error(), "\x1b")
	assert.ErrorContains(t, err, "3 more")
	assert.NotContains(t, err.Error(), `"i"`)
	assert.NotContains(t, err.Error(), `"k"`)
}

func TestReceiversString(t *testing.T) {
	t.Parallel()
	r, err := NewReceivers("b", "a")
	require.NoError(t, err)
	assert.Equal(t, "[a b]", r.String())
	assert.Equal(t, "[]", (*Receivers)(nil).String())
}
