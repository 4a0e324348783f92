package callback_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/callback"
)

func newFilter(tb testing.TB, cfg callback.MemoryFilterConfig) *callback.MemoryFilter {
	tb.Helper()
	f, err := callback.NewMemoryFilter(cfg)
	require.NoError(tb, err)
	return f
}

// The rows that other SDKs lost: same second, same sender, no MsgId, and yet
// different events. None is dropped; each repetition is.
func TestPain01_DedupeDropsNothingButRepetitions(t *testing.T) {
	t.Parallel()
	second := strings.ReplaceAll(suiteEvent("x", ""), suiteID, "wwsecond")
	distinct := []delivery{
		{message: suiteEvent("x", "")},
		{message: suiteEvent("x", "<ChangeType>a</ChangeType>")},
		{message: suiteEvent("x", "<ChangeType>b</ChangeType>")},
		{message: suiteEvent("x", "<AuthCorpId>c</AuthCorpId>")},
		{message: second, receiver: "wwsecond"},
		{message: appEvent("<MsgType>event</MsgType><Event>view</Event><EventKey>1</EventKey>"), receiver: corpID},
		{message: appEvent("<MsgType>event</MsgType><Event>view</Event><EventKey>2</EventKey>"), receiver: corpID},
		{message: appEvent("<MsgType>event</MsgType><Event>view</Event><EventKey>2</EventKey>"), receiver: "wwplain"},
		{message: appEvent("<MsgType>text</MsgType><MsgId>1</MsgId>"), receiver: corpID},
		{message: appEvent("<MsgType>text</MsgType><MsgId>1</MsgId> "), receiver: corpID},
	}
	handled, repeats := 0, 0
	filter := newFilter(t, callback.MemoryFilterConfig{})
	handlers := make([]http.Handler, 0, 3)
	for _, app := range []string{"", "one", "two"} { // apps that share the filter, and the bytes of an event
		var mux callback.Mux
		mux.Fallback(func(context.Context, callback.Envelope) error {
			handled++
			return nil
		})
		mux.Dedupe(callback.DedupeConfig{Filter: filter, OnRepeat: func(context.Context, callback.Envelope) { repeats++ }})
		handlers = append(handlers, newHandler(t, callback.Config{
			Token: accountA.token, AESKey: accountA.key, App: app,
			Receivers: []string{suiteID, "wwsecond", corpID, "wwplain"},
		}, &mux))
	}
	for round := range 3 {
		for _, h := range handlers {
			for i, d := range distinct {
				d.account = accountA
				// A repetition is encrypted anew, and may be signed at another time.
				d.at = []string{"1403610513", "1403610600", "1403610700"}[round]
				require.Equal(t, http.StatusOK, d.post(t, h).Code, i)
			}
		}
		assert.Equal(t, 3*len(distinct), handled)
		assert.Equal(t, round*3*len(distinct), repeats)
	}
	assert.Equal(t, 3*len(distinct), filter.Len())

	// Off by default.
	handled = 0
	var mux callback.Mux
	mux.Fallback(func(context.Context, callback.Envelope) error {
		handled++
		return nil
	})
	h := newHandler(t, accountA.config(), &mux)
	for range 2 {
		requireSuccess(t, delivery{account: accountA, message: suiteEvent("x", "")}.post(t, h))
	}
	assert.Equal(t, 2, handled)
}

func TestDedupeRecordsSuccessOnly(t *testing.T) {
	t.Parallel()
	var calls []string
	outcome := map[string]func() error{
		"cancel_auth": func() error { return errors.New("no") },
		"change_auth": func() error { panic("no") },
		"create_auth": func() error { runtime.Goexit(); return nil },
	}
	var mux callback.Mux
	run := func(env callback.Envelope) error {
		name := strings.TrimPrefix(string(env.Kind), "suite:")
		calls = append(calls, name)
		if fail := outcome[name]; fail != nil {
			delete(outcome, name) // the second time it works
			return fail()
		}
		return nil
	}
	callback.On(&mux, func(_ context.Context, env callback.Envelope, _ callback.CancelAuth) error { return run(env) })
	mux.Fallback(func(_ context.Context, env callback.Envelope) error { return run(env) })
	mux.Dedupe(callback.DedupeConfig{Filter: newFilter(t, callback.MemoryFilterConfig{})})
	dispatch := func(env callback.Envelope) error {
		var wg sync.WaitGroup // Goexit ends the goroutine
		err := errors.New("no return")
		wg.Go(func() { err = mux.Dispatch(t.Context(), env) })
		wg.Wait()
		return err
	}
	for _, name := range []string{"cancel_auth", "change_auth", "create_auth"} {
		calls = nil
		env := parse(t, suiteEvent(name, ""))
		require.Error(t, dispatch(env), name)
		for range 3 {
			require.NoError(t, dispatch(env), name)
		}
		assert.Equal(t, []string{name, name}, calls)
	}
}

// Tickets pass: to store one twice does no harm. And so does what nobody handles.
func TestDedupePasses(t *testing.T) {
	t.Parallel()
	tickets := 0
	var mux callback.Mux
	filter := newFilter(t, callback.MemoryFilterConfig{})
	mux.Dedupe(callback.DedupeConfig{Filter: filter})
	callback.On(&mux, func(context.Context, callback.Envelope, callback.SuiteTicket) error {
		tickets++
		return nil
	})
	for range 2 {
		require.NoError(t, mux.Dispatch(t.Context(), parse(t, ticketEvent("t"))))
		require.NoError(t, mux.Dispatch(t.Context(), parse(t, suiteEvent("nobody", ""))))
	}
	assert.Equal(t, 2, tickets)
	assert.Zero(t, filter.Len())

	assert.PanicsWithValue(t, "callback: Dedupe: set already", func() { mux.Dedupe(callback.DedupeConfig{Filter: filter}) })
	assert.PanicsWithValue(t, "callback: Dedupe: nil Filter", func() { new(callback.Mux).Dedupe(callback.DedupeConfig{}) })
}

// WeCom repeats because it did not get the reply: the repetition gets it.
func TestRepeatedMessageGetsTheSameReply(t *testing.T) {
	t.Parallel()
	asked := 0
	var mux callback.Mux
	callback.Answer(&mux, func(context.Context, callback.Envelope, callback.TextMessage) (callback.Reply, error) {
		asked++
		return callback.TextReply{Content: fmt.Sprint("answer ", asked)}, nil
	})
	mux.Dedupe(callback.DedupeConfig{Filter: newFilter(t, callback.MemoryFilterConfig{})})
	h := newHandler(t, corpConfig(), &mux)
	for range 3 {
		got := opened(t, accountA, corpID, delivery{account: accountA, message: text("hi"), receiver: corpID}.post(t, h))
		assert.Contains(t, got, "answer 1")
	}
	got := opened(t, accountA, corpID, delivery{account: accountA, message: text("hello"), receiver: corpID}.post(t, h))
	assert.Contains(t, got, "answer 2")
}

func TestConcurrentRepetitionsWaitForTheFirst(t *testing.T) {
	t.Parallel()
	for _, queued := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			var handled, repeats atomic.Int64
			var mux callback.Mux
			callback.On(&mux, func(context.Context, callback.Envelope, callback.CancelAuth) error {
				time.Sleep(500 * time.Millisecond)
				if handled.Add(1) == 1 {
					return errors.New("the first fails, the next in line takes over")
				}
				return nil
			})
			mux.Dedupe(callback.DedupeConfig{
				Filter:   newFilter(t, callback.MemoryFilterConfig{}),
				OnRepeat: func(context.Context, callback.Envelope) { repeats.Add(1) },
				OnError:  func(_ context.Context, _ callback.Envelope, err error) { t.Error(err) },
			})
			cfg := accountA.config()
			cfg.Timeout = 4 * time.Second
			if queued {
				pool, err := callback.NewPool(&mux, callback.PoolConfig{})
				require.NoError(t, err)
				defer func() { require.NoError(t, pool.Shutdown(t.Context())) }()
				cfg.Queue = pool
			}
			h := newHandler(t, cfg, &mux)
			var failed atomic.Int64
			start := time.Now()
			var wg sync.WaitGroup
			for range 6 {
				wg.Go(func() {
					if w := (delivery{account: accountA, message: suiteEvent("cancel_auth", "")}).post(t, h); w.Code != http.StatusOK {
						failed.Add(1)
					}
				})
			}
			wg.Wait()
			if queued {
				assert.Zero(t, time.Since(start))
				time.Sleep(time.Second)
				synctest.Wait()
			} else {
				assert.Equal(t, time.Second, time.Since(start))
				assert.EqualValues(t, 1, failed.Load())
			}
			assert.EqualValues(t, 2, handled.Load())
			assert.EqualValues(t, 4, repeats.Load())
		})
	}
}

func TestRepetitionThatCannotWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var handled atomic.Int64
		var mux callback.Mux
		callback.On(&mux, func(context.Context, callback.Envelope, callback.CancelAuth) error {
			handled.Add(1)
			time.Sleep(time.Minute) // deaf to its context
			return nil
		})
		mux.Dedupe(callback.DedupeConfig{Filter: newFilter(t, callback.MemoryFilterConfig{})})
		h := newHandler(t, accountA.config(), &mux)
		d := delivery{account: accountA, message: suiteEvent("cancel_auth", "")}
		var wg sync.WaitGroup
		wg.Go(func() { requireSuccess(t, d.post(t, h)) })
		synctest.Wait()
		start := time.Now()
		// Not known to be dealt with, so not said to be.
		requireRefused(t, http.StatusInternalServerError, d.post(t, h))
		assert.Equal(t, 900*time.Millisecond, time.Since(start))
		wg.Wait()
		requireSuccess(t, d.post(t, h))
		assert.EqualValues(t, 1, handled.Load())
	})
}

// brokenFilter fails where it is told to.
type brokenFilter struct {
	callback.Filter
	begin, record error
}

func (f brokenFilter) Begin(ctx context.Context, key, owner string) ([]byte, bool, error) {
	if f.begin != nil {
		return nil, false, f.begin
	}
	return f.Filter.Begin(ctx, key, owner)
}

func (f brokenFilter) Commit(ctx context.Context, key, owner string, answer []byte) error {
	if f.record != nil {
		return f.record
	}
	if err := ctx.Err(); err != nil { // the handler's context is over, this one is not
		return err
	}
	return f.Filter.Commit(ctx, key, owner, answer)
}

func (f brokenFilter) Abort(context.Context, string, string) error { return f.record }

func TestFilterThatIsAwayLosesNothing(t *testing.T) {
	t.Parallel()
	away := errors.New("store is away")
	for name, f := range map[string]brokenFilter{
		"begin":  {begin: away},
		"record": {record: away},
	} {
		f.Filter = newFilter(t, callback.MemoryFilterConfig{})
		handled := 0
		var seen []error
		var mux callback.Mux
		mux.Fallback(func(context.Context, callback.Envelope) error {
			handled++
			return nil
		})
		mux.Dedupe(callback.DedupeConfig{Filter: f, OnError: func(_ context.Context, env callback.Envelope, err error) {
			assert.EqualValues(t, "suite:x", env.Kind)
			seen = append(seen, err)
		}})
		require.NoError(t, mux.Dispatch(t.Context(), parse(t, suiteEvent("x", ""))), name)
		assert.Equal(t, 1, handled, name)
		assert.Equal(t, []error{away}, seen, name)
	}
}

func TestFilterRecordsWhenTheTimeIsUp(t *testing.T) {
	t.Parallel()
	handled := 0
	var mux callback.Mux
	ctx, cancel := context.WithCancel(t.Context())
	mux.Fallback(func(context.Context, callback.Envelope) error {
		handled++
		cancel()
		return nil
	})
	mux.Dedupe(callback.DedupeConfig{
		Filter:  brokenFilter{Filter: newFilter(t, callback.MemoryFilterConfig{})},
		OnError: func(_ context.Context, _ callback.Envelope, err error) { t.Error(err) },
	})
	require.NoError(t, mux.Dispatch(ctx, parse(t, suiteEvent("x", ""))))
	require.NoError(t, mux.Dispatch(t.Context(), parse(t, suiteEvent("x", ""))))
	assert.Equal(t, 1, handled)
}

// TestFilter holds what every Filter must do, shown on the one in memory.
func TestFilter(t *testing.T) {
	t.Parallel()
	run := func(name string, test func(t *testing.T, f *callback.MemoryFilter)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				test(t, newFilter(t, callback.MemoryFilterConfig{TTL: time.Hour, Hold: time.Minute}))
			})
		})
	}
	begin := func(t *testing.T, f callback.Filter, key, owner string) (string, bool) {
		t.Helper()
		answer, done, err := f.Begin(t.Context(), key, owner)
		require.NoError(t, err)
		return string(answer), done
	}
	run("commit", func(t *testing.T, f *callback.MemoryFilter) {
		_, done := begin(t, f, "k", "a")
		require.False(t, done)
		require.NoError(t, f.Commit(t.Context(), "k", "a", []byte("answer")))
		answer, done := begin(t, f, "k", "b")
		require.True(t, done)
		require.Equal(t, "answer", answer)
		_, done = begin(t, f, "other", "b")
		require.False(t, done)
	})
	run("abort", func(t *testing.T, f *callback.MemoryFilter) {
		begin(t, f, "k", "a")
		require.NoError(t, f.Abort(t.Context(), "k", "somebody else"))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, _, err := f.Begin(ctx, "k", "b")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NoError(t, f.Abort(t.Context(), "k", "a"))
		_, done := begin(t, f, "k", "b")
		require.False(t, done)
		require.NoError(t, f.Abort(t.Context(), "never begun", "a"))
	})
	run("waiters wake one by one", func(t *testing.T, f *callback.MemoryFilter) {
		begin(t, f, "k", "a")
		var first, second, repeats atomic.Int64
		var wg sync.WaitGroup
		for i := range 5 {
			wg.Go(func() {
				owner := fmt.Sprint(i)
				_, done := begin(t, f, "k", owner)
				switch {
				case done:
					repeats.Add(1)
				case first.Add(1) == 1:
					time.Sleep(time.Second)
					assert.NoError(t, f.Abort(t.Context(), "k", owner))
				default:
					second.Add(1)
					time.Sleep(time.Second)
					assert.NoError(t, f.Commit(t.Context(), "k", owner, nil))
				}
			})
		}
		synctest.Wait()
		require.NoError(t, f.Abort(t.Context(), "k", "a"))
		wg.Wait()
		assert.EqualValues(t, 1, second.Load())
		assert.EqualValues(t, 3, repeats.Load())
	})
	run("a holder that crashed does not block", func(t *testing.T, f *callback.MemoryFilter) {
		begin(t, f, "k", "crashed")
		start := time.Now()
		_, done := begin(t, f, "k", "b")
		require.False(t, done)
		require.Equal(t, time.Minute, time.Since(start))
		// It was only slow: what it says late counts, but takes nothing from b.
		require.NoError(t, f.Abort(t.Context(), "k", "crashed"))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, _, err := f.Begin(ctx, "k", "c")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NoError(t, f.Commit(t.Context(), "k", "crashed", nil))
		require.NoError(t, f.Abort(t.Context(), "k", "b"))
		_, done = begin(t, f, "k", "d")
		require.True(t, done)
	})
	run("forgets in time", func(t *testing.T, f *callback.MemoryFilter) {
		begin(t, f, "k", "a")
		require.NoError(t, f.Commit(t.Context(), "k", "a", nil))
		time.Sleep(time.Hour - 1)
		_, done := begin(t, f, "k", "b")
		require.True(t, done)
		require.Equal(t, 1, f.Len())
		time.Sleep(time.Nanosecond)
		_, done = begin(t, f, "k", "b")
		require.False(t, done)
		require.Zero(t, f.Len())
		require.NoError(t, f.Commit(t.Context(), "k", "b", nil))
		_, done = begin(t, f, "k", "c")
		require.True(t, done)
	})
}

func TestMemoryFilterIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const entries = 100
		f := newFilter(t, callback.MemoryFilterConfig{Entries: entries, TTL: time.Hour, Hold: time.Minute})
		// The filter agrees with a simple model of it, over expiry and overflow.
		type remembered struct {
			key   string
			until time.Time
		}
		var model []remembered
		random := rand.New(rand.NewPCG(1, 2))
		for range 5000 {
			if random.IntN(50) == 0 {
				time.Sleep(time.Duration(random.IntN(int(time.Hour))))
			}
			for len(model) > 0 && !time.Now().Before(model[0].until) {
				model = model[1:]
			}
			key := fmt.Sprint(random.IntN(3 * entries))
			want := slices.ContainsFunc(model, func(r remembered) bool { return r.key == key })
			_, done, err := f.Begin(t.Context(), key, "o")
			require.NoError(t, err)
			require.Equal(t, want, done)
			if !done {
				require.NoError(t, f.Commit(t.Context(), key, "o", nil))
				model = append(model, remembered{key, time.Now().Add(time.Hour)})
				model = model[max(0, len(model)-entries):]
			}
			require.Equal(t, len(model), f.Len())
		}
		require.Len(t, model, entries)

		for i := range entries {
			_, done, err := f.Begin(t.Context(), fmt.Sprint("held ", i), "o")
			require.NoError(t, err)
			require.False(t, done)
		}
		_, _, err := f.Begin(t.Context(), "one more", "o")
		require.ErrorIs(t, err, callback.ErrFilterFull)
		require.NoError(t, f.Abort(t.Context(), "held 0", "o"))
		_, _, err = f.Begin(t.Context(), "one more", "o")
		require.NoError(t, err)
	})
	for _, cfg := range []callback.MemoryFilterConfig{{Entries: -1}, {TTL: -1}, {Hold: -1}} {
		_, err := callback.NewMemoryFilter(cfg)
		require.ErrorContains(t, err, "negative")
	}
}

func BenchmarkDedupe(b *testing.B) {
	for _, size := range []string{"400B", "8KB"} {
		b.Run(size, func(b *testing.B) {
			mux := benchMux()
			f := newFilter(b, callback.MemoryFilterConfig{})
			mux.Dedupe(callback.DedupeConfig{Filter: f})
			env := parse(b, strings.Replace(loads()[size], "suite_ticket", "other_event", 1))
			mux.Fallback(func(context.Context, callback.Envelope) error { return nil })
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				n++
				env.App = fmt.Sprint(n) // an event that is new
				if err := mux.Dispatch(b.Context(), env); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
