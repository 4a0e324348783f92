package callback_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/callback"
)

func parse(tb testing.TB, message string) callback.Envelope {
	tb.Helper()
	env, err := callback.Parse([]byte(message), suiteID)
	require.NoError(tb, err)
	return env
}

type nameless struct{}

func (nameless) Kind() callback.Kind { return "" }

func TestOnPanicsOnMistakes(t *testing.T) {
	t.Parallel()
	ticket := func(context.Context, callback.Envelope, callback.SuiteTicket) error { return nil }
	var mux callback.Mux
	callback.On(&mux, ticket)
	callback.On(&mux, ticket, callback.ForSuite("a"))
	callback.On(&mux, ticket, callback.ForSuite("b"))
	mux.Fallback(func(context.Context, callback.Envelope) error { return nil })

	assert.PanicsWithValue(t, `callback: On: "suite:suite_ticket" has a handler already`, func() { callback.On(&mux, ticket) })
	assert.PanicsWithValue(t, `callback: On: "suite:suite_ticket" has a handler for suite "b" already`, func() { callback.On(&mux, ticket, callback.ForSuite("b")) })
	assert.PanicsWithValue(t, "callback: On: callback_test.nameless has an empty kind", func() {
		callback.On(&mux, func(context.Context, callback.Envelope, nameless) error { return nil })
	})
	assert.PanicsWithValue(t, "callback: On: *callback.CreateAuth is not a plain event type; register the type that it points to", func() {
		callback.On(&mux, func(context.Context, callback.Envelope, *callback.CreateAuth) error { return nil })
	})
	assert.Panics(t, func() {
		callback.On(&mux, func(context.Context, callback.Envelope, callback.Event) error { return nil })
	})
	assert.PanicsWithValue(t, "callback: On: nil handler for callback.CreateAuth", func() { callback.On[callback.CreateAuth](&mux, nil) })
	assert.PanicsWithValue(t, "callback: Fallback: nil handler", func() { new(callback.Mux).Fallback(nil) })
	assert.PanicsWithValue(t, "callback: Fallback: set already", func() {
		mux.Fallback(func(context.Context, callback.Envelope) error { return nil })
	})
}

func TestDispatchBySuite(t *testing.T) {
	t.Parallel()
	var got []string
	to := func(name string) func(context.Context, callback.Envelope, callback.CancelAuth) error {
		return func(context.Context, callback.Envelope, callback.CancelAuth) error {
			got = append(got, name)
			return nil
		}
	}
	var mux callback.Mux
	callback.On(&mux, to("a"), callback.ForSuite("wwa"))
	callback.On(&mux, to("b"), callback.ForSuite("wwb"))
	mux.Fallback(func(context.Context, callback.Envelope) error {
		got = append(got, "fallback")
		return nil
	})
	event := suiteEvent("cancel_auth", "")
	for _, id := range []string{"wwa", "wwb", "wwc", "WWA"} {
		require.NoError(t, mux.Dispatch(t.Context(), parse(t, strings.Replace(event, suiteID, id, 1))))
	}
	callback.On(&mux, to("all"))
	for _, id := range []string{"wwa", "wwc"} {
		require.NoError(t, mux.Dispatch(t.Context(), parse(t, strings.Replace(event, suiteID, id, 1))))
	}
	assert.Equal(t, []string{"a", "b", "fallback", "fallback", "a", "all"}, got)
}

func TestDispatchReturnsWhatHappened(t *testing.T) {
	t.Parallel()
	failure := errors.New("no")
	var mux callback.Mux
	require.NoError(t, mux.Dispatch(t.Context(), parse(t, ticketEvent("t"))), "nobody is there")
	callback.On(&mux, func(context.Context, callback.Envelope, callback.CancelAuth) error { return failure })
	callback.On(&mux, func(context.Context, callback.Envelope, callback.CreateAuth) error { panic(failure) })
	callback.On(&mux, func(context.Context, callback.Envelope, numbered) error { return nil })
	callback.On(&mux, func(_ context.Context, _ callback.Envelope, _ callback.ChangeAuth) error {
		return &callback.DecodeError{Kind: "mine", Err: failure}
	})
	require.Equal(t, failure, mux.Dispatch(t.Context(), parse(t, suiteEvent("cancel_auth", ""))))

	stop, ok := errors.AsType[*callback.PanicError](mux.Dispatch(t.Context(), parse(t, suiteEvent("create_auth", ""))))
	require.True(t, ok)
	assert.Equal(t, callback.KindCreateAuth, stop.Kind)
	assert.Equal(t, failure, stop.Value)
	assert.Contains(t, string(stop.Stack), "mux_test.go")
	assert.Equal(t, `callback: handler of "suite:create_auth" panicked with a *errors.errorString`, stop.Error())

	require.NotErrorIs(t, stop, failure, "what a handler panics with may hold the message")

	decode, ok := errors.AsType[*callback.DecodeError](mux.Dispatch(t.Context(), parse(t, suiteEvent("numbered", "<Number>x</Number>"))))
	require.True(t, ok)
	assert.EqualValues(t, "suite:numbered", decode.Kind)

	// A decode error of the handler's own does not send the event to Fallback.
	mux.Fallback(func(context.Context, callback.Envelope) error { return errors.New("fallback") })
	require.ErrorIs(t, mux.Dispatch(t.Context(), parse(t, suiteEvent("change_auth", ""))), failure)
	require.EqualError(t, mux.Dispatch(t.Context(), parse(t, suiteEvent("numbered", "<Number>x</Number>"))), "fallback")
}

func TestMuxWhileHandlersAreRegistered(t *testing.T) {
	t.Parallel()
	var mux callback.Mux
	env := parse(t, ticketEvent("t"))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 100 {
				assert.NoError(t, mux.Dispatch(context.Background(), env))
			}
		})
	}
	for _, id := range []string{"a", "b", "c", suiteID} {
		callback.On(&mux, func(context.Context, callback.Envelope, callback.SuiteTicket) error { return nil }, callback.ForSuite(id))
	}
	wg.Wait()
}
