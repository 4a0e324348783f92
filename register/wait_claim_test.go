package register_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/callback"
	"github.com/wecom-isv/wecom/register"
	"github.com/wecom-isv/wecom/wecomtest"
)

// queue lets a machine serve the system-event URL with a queue.
func (s *site) queue(t *testing.T, flow *register.Flow) *callback.Pool {
	t.Helper()
	vendor := s.platform.Provider()
	var mux callback.Mux
	flow.Handle(&mux)
	pool, err := callback.NewPool(&mux, callback.PoolConfig{})
	require.NoError(t, err)
	h, err := callback.NewHandler(callback.Config{
		Token: vendor.Token, AESKey: vendor.AESKey, Receivers: []string{vendor.CorpID}, Queue: pool,
	}, &mux)
	require.NoError(t, err)
	s.platform.Handle("app.example", h)
	vendor.SetCallbackURL("https://app.example/system")
	return pool
}

// Contacts are migrated by the function that is told, on a platform that takes its
// time, while the event comes again elsewhere and the person waits.
func TestFlowMigratesWhileItIsTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		departments, users := company(6, 3, true)
		plan := newPlan(t, source(departments, users))
		var took time.Duration
		var report *register.Report
		here, there := s.machine(t, func(cfg *register.FlowConfig) {
			cfg.Registered = func(ctx context.Context, reg register.Registration) (err error) {
				begun := time.Now()
				report, err = reg.Contacts.Migrate(ctx, plan, register.MigrateConfig{CallsPerMinute: 1, IgnoreTime: true})
				took = time.Since(begun)
				return errors.Join(err, s.told(ctx, reg))
			}
		}), s.machine(t)
		pool := s.queue(t, here)
		b := visit(t, here, "")
		link := b.press(t, here)
		stream := b.listen(t, there, "waiting")
		corp, err := s.platform.Register(t.Context(), link, wecomtest.RegisterForm{})
		require.NoError(t, err)
		synctest.Wait()

		event := strings.Replace(registerCorp(s, b), "wpNewCorp", corp.ID, 1)
		time.Sleep(59 * time.Second)
		assertShows(t, b.page(t, there), http.StatusOK, `data-state="waiting"`)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		assert.Contains(t, stream.got(), says(register.StateRegistered), "nobody waits until all are in")
		assertShows(t, b.page(t, there), http.StatusOK, "注册成功")
		for range 3 {
			require.ErrorContains(t, deliver(t, s, there, event), "another process")
			time.Sleep(time.Minute)
		}
		require.NoError(t, pool.Shutdown(t.Context()))
		assert.Greater(t, took, 5*time.Minute)
		assert.Less(t, took, register.DefaultHookTimeout)
		require.NotNil(t, report)
		assert.True(t, report.Unlocked, report)
		assert.False(t, corp.ContactsLocked())
		require.NoError(t, deliver(t, s, there, event), "a repetition is dealt with")
		assert.Len(t, s.toldOf(), 1)
	})
}

// The function that is told has its time, and outlives the request that brought it.
func TestFlowOutlivesTheRequest(t *testing.T) {
	t.Parallel()
	for want, given := range map[time.Duration]time.Duration{register.DefaultHookTimeout: 0, time.Hour: time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(t)
			var left time.Duration
			flow := s.machine(t, func(cfg *register.FlowConfig) {
				cfg.HookTimeout = given
				cfg.Registered = func(ctx context.Context, _ register.Registration) error {
					deadline, _ := ctx.Deadline()
					left = time.Until(deadline)
					time.Sleep(time.Second)
					return ctx.Err()
				}
			})
			b := visit(t, flow, "")
			b.press(t, flow)
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			defer cancel()
			require.NoError(t, deliverIn(ctx, s, flow, registerCorp(s, b)))
			assert.Equal(t, want, left)
		})
	}
}

// A process that dies while it is told leaves a claim, which ends soon.
func TestFlowTellsAgainAfterADeath(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		end := make(chan struct{})
		defer close(end)
		cache := &downCache{TokenCache: s.cache}
		dying := s.machine(t, func(cfg *register.FlowConfig) {
			cfg.Cache = cache
			cfg.Registered = func(context.Context, register.Registration) error {
				<-end
				return errors.New("dead")
			}
		})
		flow := s.machine(t)
		b := visit(t, flow, "")
		b.press(t, flow)
		event := registerCorp(s, b)
		ctx := t.Context()
		go func() { _ = deliverIn(ctx, s, dying, event) }()
		time.Sleep(20*time.Minute + time.Second)
		require.ErrorContains(t, deliver(t, s, flow, event), "another process", "it lives")
		cache.down.Store(true)
		time.Sleep(50 * time.Second)
		require.ErrorContains(t, deliver(t, s, flow, event), "another process")
		assert.Empty(t, s.toldOf())
		time.Sleep(40 * time.Second)
		require.NoError(t, deliver(t, s, flow, event))
		assert.Len(t, s.toldOf(), 1)
	})
}

// A function that does not end in its time is waited for no longer.
func TestFlowTellsAgainAfterAHang(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		end := make(chan struct{})
		defer close(end)
		hanging := s.machine(t, func(cfg *register.FlowConfig) {
			cfg.HookTimeout = 10 * time.Minute
			cfg.Registered = func(context.Context, register.Registration) error {
				<-end
				return nil
			}
		})
		flow := s.machine(t)
		b := visit(t, flow, "")
		b.press(t, flow)
		event := registerCorp(s, b)
		ctx := t.Context()
		go func() { _ = deliverIn(ctx, s, hanging, event) }()
		time.Sleep(10*time.Minute + time.Second)
		require.ErrorContains(t, deliver(t, s, flow, event), "another process")
		time.Sleep(90 * time.Second)
		require.NoError(t, deliver(t, s, flow, event))
		assert.Len(t, s.toldOf(), 1)
	})
}

// A process that loses its claim, as after a pause, is told to stop, and leaves that
// of the other alone.
func TestFlowStopsWhenAnotherTakesOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		cache := &downCache{TokenCache: s.cache}
		slow := func(cfg *register.FlowConfig) {
			cfg.Registered = func(ctx context.Context, reg register.Registration) error {
				select {
				case <-ctx.Done():
					return ctx.Err()
				case <-time.After(10 * time.Minute):
					return s.told(ctx, reg)
				}
			}
		}
		first, second, third := s.machine(t, slow, func(cfg *register.FlowConfig) { cfg.Cache = cache }), s.machine(t, slow), s.machine(t)
		b := visit(t, second, "")
		b.press(t, second)
		event := registerCorp(s, b)
		ctx := t.Context()
		results := make(chan error, 2)
		go func() { results <- deliverIn(ctx, s, first, event) }()
		synctest.Wait()
		cache.down.Store(true)
		time.Sleep(95 * time.Second)
		go func() { results <- deliverIn(ctx, s, second, event) }()
		synctest.Wait()
		cache.down.Store(false)
		err := <-results
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorContains(t, err, "another process")
		time.Sleep(5 * time.Minute)
		require.ErrorContains(t, deliver(t, s, third, event), "another process")
		require.NoError(t, <-results)
		require.NoError(t, deliver(t, s, third, event))
		assert.Len(t, s.toldOf(), 1)
	})
}

// What fails late has moved the page on: loaded again, it asks again.
func TestFlowTellsAgainAfterALateFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		s.hookErrs = []error{errors.New("the database is down")}
		flow := s.machine(t, func(cfg *register.FlowConfig) {
			cfg.Registered = func(ctx context.Context, reg register.Registration) error {
				time.Sleep(2 * time.Minute)
				return s.told(ctx, reg)
			}
		})
		b := visit(t, flow, "")
		link := b.press(t, flow)
		corp, err := s.platform.Register(t.Context(), link, wecomtest.RegisterForm{})
		require.NoError(t, err)
		event := strings.Replace(registerCorp(s, b), "wpNewCorp", corp.ID, 1)
		ctx := t.Context()
		failed := make(chan error, 1)
		go func() { failed <- deliverIn(ctx, s, flow, event) }()
		time.Sleep(61 * time.Second)
		assertShows(t, b.page(t, flow), http.StatusOK, "注册成功")
		require.ErrorContains(t, <-failed, "the database is down")
		assertShows(t, b.page(t, flow), http.StatusOK, `data-state="waiting"`)
		time.Sleep(2*time.Minute + time.Second)
		assertShows(t, b.page(t, flow), http.StatusOK, "注册成功")
		told := s.toldOf()
		require.Len(t, told, 2)
		assert.True(t, told[1].Polled)
	})
}

// A page that has learnt of the corp by asking does not hang meanwhile, and its
// process survives a panic.
func TestFlowServesThePageThatAsked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t) // no event
		var calls atomic.Int64
		flow := s.machine(t, func(cfg *register.FlowConfig) {
			cfg.Registered = func(ctx context.Context, reg register.Registration) error {
				if calls.Add(1) == 1 {
					panic("no such customer")
				}
				time.Sleep(10 * time.Minute)
				return s.told(ctx, reg)
			}
		})
		b := visit(t, flow, "")
		link := b.press(t, flow)
		_, err := s.platform.Register(t.Context(), link, wecomtest.RegisterForm{})
		require.NoError(t, err)
		time.Sleep(20 * time.Second)
		assertShows(t, b.page(t, flow), http.StatusOK, `data-state="waiting"`)
		assert.EqualValues(t, 1, calls.Load())

		time.Sleep(20 * time.Second)
		begun := time.Now()
		assertShows(t, b.page(t, flow), http.StatusOK, `data-state="waiting"`)
		assert.LessOrEqual(t, time.Since(begun), 5*time.Second)
		stream := b.listen(t, flow, "waiting")
		time.Sleep(time.Minute)
		synctest.Wait()
		got := stream.got()
		assert.Contains(t, got, ":\n\n")
		assert.True(t, strings.HasSuffix(got, says(register.StateRegistered)), got)
		time.Sleep(10 * time.Minute)
		assert.EqualValues(t, 2, calls.Load())
		assert.Len(t, s.toldOf(), 1)
	})
}

// A process that is about to end begins nothing that takes long.
func TestFlowAsksNoMoreOnceClosed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t) // no event
		ending, other := s.machine(t), s.machine(t)
		b := visit(t, ending, "")
		link := b.press(t, ending)
		_, err := s.platform.Register(t.Context(), link, wecomtest.RegisterForm{})
		require.NoError(t, err)
		time.Sleep(time.Minute)
		ending.Close()
		assertShows(t, b.page(t, ending), http.StatusOK, `data-state="waiting"`)
		assert.Empty(t, s.platform.Calls(infoPath))
		assertShows(t, b.page(t, other), http.StatusOK, "注册成功")
	})
}
