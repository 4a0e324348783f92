package register_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/register"
	"github.com/wecom-isv/wecom/wecomtest"
)

const retryLine = "retry: 2000\n\n"

// The browser is at one machine, WeCom calls another.
func TestFlowOnTwoMachines(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		var finished register.Result
		here, there := s.machine(t, func(cfg *register.FlowConfig) {
			cfg.Open = func(r *http.Request) (register.Opening, error) {
				return register.Opening{Ref: "plan " + r.URL.Query().Get("plan")}, nil
			}
			cfg.Finish = func(w http.ResponseWriter, r *http.Request, result register.Result) {
				finished = result
				http.Redirect(w, r, "/in", http.StatusSeeOther)
			}
		}), s.machine(t)
		s.receives(t, there)

		b := visit(t, here, "?plan=pro")
		assertShows(t, b.page(t, here), http.StatusOK, `data-state="ready"`)
		stream := b.listen(t, here, "")
		synctest.Wait()
		assert.Equal(t, retryLine+says(register.StateReady), stream.got())
		assert.Equal(t, "text/event-stream", stream.Header().Get("Content-Type"))

		link := b.press(t, here)
		time.Sleep(time.Second)
		synctest.Wait()
		assert.Equal(t, says(register.StateWaiting), stream.got())
		assertShows(t, b.page(t, there), http.StatusOK, `data-state="waiting"`)

		corp, err := s.platform.Register(t.Context(), link, wecomtest.RegisterForm{})
		require.NoError(t, err)
		time.Sleep(time.Second)
		synctest.Wait()
		assert.Equal(t, says(register.StateRegistered), stream.got())
		assert.True(t, stream.ended())

		told := s.toldOf()
		require.Len(t, told, 1)
		assert.Equal(t, corp.ID, told[0].CorpID)
		assert.Equal(t, corp.Admin().ID, told[0].UserID)
		assert.Equal(t, s.pkg.TemplateID, told[0].TemplateID)
		assert.Equal(t, "plan pro", told[0].Ref)
		assert.Empty(t, told[0].State)
		assert.False(t, told[0].Polled)
		assert.Contains(t, link, told[0].Code.Reveal())
		require.NoError(t, told[0].Contacts.ContactSyncSuccess(t.Context()))

		w := b.page(t, here)
		assert.Equal(t, http.StatusSeeOther, w.Code)
		assert.Equal(t, "/in", w.Header().Get("Location"))
		assert.Equal(t, "no-store", w.Header().Get("Cache-Control"))
		assert.Equal(t, register.Result{State: register.StateRegistered, CorpID: corp.ID, UserID: corp.Admin().ID, Ref: "plan pro"}, finished)
		assert.Empty(t, s.platform.Calls(infoPath), "nobody asks when the event arrives")
	})
}

func TestFlowLosesTheEvent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t) // no system-event URL: no event
		machines := []*register.Flow{s.machine(t), s.machine(t)}
		b := visit(t, machines[0], "")
		b.press(t, machines[0]) // and closes the tab: that code stays unused
		link := b.press(t, machines[0])
		streams := []*stream{b.listen(t, machines[0], ""), b.listen(t, machines[1], "")}

		time.Sleep(19 * time.Second)
		assert.Empty(t, s.platform.Calls(infoPath), "the event has its time")
		time.Sleep(3 * time.Minute)
		asked := len(s.platform.Calls(infoPath))
		assert.LessOrEqual(t, asked, 2*13, "two codes, each 15 seconds at most, whatever the number of machines")
		assert.GreaterOrEqual(t, asked, 2*8)

		corp, err := s.platform.Register(t.Context(), link, wecomtest.RegisterForm{})
		require.NoError(t, err)
		s.platform.Inject(wecomtest.Fault{Path: infoPath, Code: -1, Times: 5})
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		for _, stream := range streams {
			assert.True(t, strings.HasSuffix(stream.got(), says(register.StateRegistered)))
			assert.True(t, stream.ended())
		}
		told := s.toldOf()
		require.Len(t, told, 1)
		assert.Equal(t, corp.ID, told[0].CorpID)
		assert.True(t, told[0].Polled)
		require.NoError(t, told[0].Contacts.ContactSyncSuccess(t.Context()))
		assertShows(t, b.page(t, machines[1]), http.StatusOK, "注册成功")
	})
}

// A browser without scripts has no stream: loading the page asks as well.
func TestFlowLosesTheEventWithoutScripts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		flow := s.machine(t)
		b := visit(t, flow, "")
		link := b.press(t, flow)
		assertShows(t, b.page(t, flow), http.StatusOK, `<noscript><meta http-equiv="refresh" content="10"></noscript>`)
		_, err := s.platform.Register(t.Context(), link, wecomtest.RegisterForm{})
		require.NoError(t, err)
		time.Sleep(10 * time.Second)
		assertShows(t, b.page(t, flow), http.StatusOK, `data-state="waiting"`)
		time.Sleep(10 * time.Second)
		assertShows(t, b.page(t, flow), http.StatusOK, "注册成功")
		assert.Len(t, s.toldOf(), 1)
	})
}

func TestFlowTellsOfACorpOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		var machines []*register.Flow
		slow := func(cfg *register.FlowConfig) {
			cfg.Registered = func(ctx context.Context, reg register.Registration) error {
				time.Sleep(time.Second)
				return s.told(ctx, reg)
			}
		}
		for range 4 {
			machines = append(machines, s.machine(t, slow))
		}
		b := visit(t, machines[0], "")
		link := b.press(t, machines[0])
		corp, err := s.platform.Register(t.Context(), link, wecomtest.RegisterForm{})
		require.NoError(t, err)
		time.Sleep(20 * time.Second) // now the page may ask as well
		event := strings.Replace(registerCorp(s, b), "wpNewCorp", corp.ID, 1)
		var all sync.WaitGroup
		for range 3 {
			for _, m := range machines {
				all.Go(func() { _ = deliver(t, s, m, event) })
				all.Go(func() { b.page(t, m) })
			}
		}
		all.Wait()
		assert.Len(t, s.toldOf(), 1)
		for _, m := range machines {
			require.NoError(t, deliver(t, s, m, event), "a repetition is dealt with")
		}
		assert.Len(t, s.toldOf(), 1)
	})
}

func TestFlowTellsAgainAfterAFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		s.hookErrs = []error{errors.New("the database is down")}
		flow := s.machine(t)
		b := visit(t, flow, "")
		b.press(t, flow)
		event := registerCorp(s, b)
		require.ErrorContains(t, deliver(t, s, flow, event), "the database is down")
		assertShows(t, b.page(t, flow), http.StatusOK, `data-state="waiting"`)
		require.NoError(t, deliver(t, s, flow, event))
		assert.Len(t, s.toldOf(), 2)
		assertShows(t, b.page(t, flow), http.StatusOK, "注册成功")
	})
}

func TestFlowTellsAgainAfterAPanic(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	broken := s.machine(t, func(cfg *register.FlowConfig) {
		cfg.Registered = func(context.Context, register.Registration) error { panic("no such customer") }
	})
	flow := s.machine(t)
	b := visit(t, flow, "")
	b.press(t, flow)
	require.ErrorContains(t, deliver(t, s, broken, registerCorp(s, b)), "panic")
	require.NoError(t, deliver(t, s, flow, registerCorp(s, b)))
	assert.Len(t, s.toldOf(), 1)
}

func TestFlowOfACorpThatExisted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		flow := s.machine(t, func(cfg *register.FlowConfig) {
			cfg.Open = func(*http.Request) (register.Opening, error) { return register.Opening{Ref: "order 7"}, nil }
		})
		s.receives(t, flow)
		corp := s.platform.NewCorp("Acme")
		b := visit(t, flow, "")
		stream := b.listen(t, flow, "")
		require.NoError(t, s.platform.EnterRegisterPackage(t.Context(), b.press(t, flow), corp))
		assert.Equal(t, []register.Entry{{CorpID: corp.ID, UserID: corp.Admin().ID, TemplateID: s.pkg.TemplateID, Ref: "order 7"}}, s.entered)
		time.Sleep(time.Second)
		synctest.Wait()
		assert.Contains(t, stream.got(), says(register.StateEntered))
		assert.True(t, stream.ended())
		assertShows(t, b.page(t, flow), http.StatusOK, "您的企业已注册企业微信")

		// The person registers another corp after all; that wins, whatever comes late.
		registered := registerCorp(s, b)
		require.NoError(t, deliver(t, s, flow, registered))
		require.NoError(t, deliver(t, s, flow, strings.Replace(registered, "register_corp", "enter_register_package", 1)))
		assertShows(t, b.page(t, flow), http.StatusOK, "注册成功")
		assert.Len(t, s.entered, 2)
	})
}

// The package's own QR code carries no state, and Client.Start one of the vendor.
func TestFlowTellsOfOtherRegistrations(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	flow := s.machine(t)
	b := visit(t, flow, "")
	for i, state := range []string{"", "order42", strings.Repeat("0", 32)} {
		event := strings.Replace(registerCorp(s, b), "<State>"+b.id(), "<State>"+state, 1)
		event = strings.Replace(event, "wpNewCorp", "wpNewCorp"+string(rune('a'+i)), 1)
		require.NoError(t, deliver(t, s, flow, event))
		told := s.toldOf()
		require.Len(t, told, i+1)
		assert.Equal(t, state, told[i].State)
		assert.Empty(t, told[i].Ref)
		assert.Nil(t, told[i].Contacts)
	}
	other := strings.Replace(registerCorp(s, b), s.platform.Provider().CorpID, "wwAnotherProvider", 1)
	require.ErrorContains(t, deliver(t, s, flow, other), "wwAnotherProvider")
	odd := strings.Replace(registerCorp(s, b), "wpNewCorp", "wp/../x", 1)
	require.ErrorContains(t, deliver(t, s, flow, odd), "is no id")
	assert.Len(t, s.toldOf(), 3)
}

func TestFlowWaitsNoLonger(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		flow := s.machine(t, func(cfg *register.FlowConfig) { cfg.WaitFor = 4 * time.Minute })
		b := visit(t, flow, "")
		link := b.press(t, flow)
		stream := b.listen(t, flow, "")
		time.Sleep(4*time.Minute + time.Second)
		synctest.Wait()
		assert.True(t, strings.HasSuffix(stream.got(), says(register.StateExpired)))
		assert.True(t, stream.ended())
		assertShows(t, b.page(t, flow), http.StatusOK, "等待时间过长", `<a href="./">重新开始</a>`)

		// Late is not never: the event still finds the page.
		s.receives(t, flow)
		_, err := s.platform.Register(t.Context(), link, wecomtest.RegisterForm{})
		require.NoError(t, err)
		assertShows(t, b.page(t, flow), http.StatusOK, "注册成功")
		assert.Len(t, s.toldOf(), 1)
	})
}

// downCache fails when it is told to.
type downCache struct {
	wecom.TokenCache
	down atomic.Bool
}

var errDown = errors.New("cache down")

func (c *downCache) Load(ctx context.Context, key string) (wecom.Token, error) {
	if c.down.Load() {
		return wecom.Token{}, errDown
	}
	return c.TokenCache.Load(ctx, key)
}

func (c *downCache) Save(ctx context.Context, key string, t wecom.Token) (bool, error) {
	if c.down.Load() {
		return false, errDown
	}
	return c.TokenCache.Save(ctx, key, t)
}

// hangingCache does not answer.
type hangingCache struct{ wecom.TokenCache }

func (hangingCache) Load(ctx context.Context, _ string) (wecom.Token, error) {
	<-ctx.Done()
	return wecom.Token{}, ctx.Err()
}

func (hangingCache) Save(ctx context.Context, _ string, _ wecom.Token) (bool, error) {
	<-ctx.Done()
	return false, ctx.Err()
}

func (hangingCache) Drop(ctx context.Context, _ string, _ int64) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestFlowWithACacheThatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		flow := s.machine(t, func(cfg *register.FlowConfig) { cfg.Cache = hangingCache{} })
		b := visit(t, flow, "")
		begin := time.Now()
		assertShows(t, b.page(t, flow), http.StatusServiceUnavailable, "错误编号")
		require.ErrorIs(t, deliver(t, s, flow, registerCorp(s, b)), context.DeadlineExceeded)
		foreign := strings.Replace(registerCorp(s, b), "<State>"+b.id(), "<State>", 1)
		require.NoError(t, deliver(t, s, flow, foreign), "an event that needs nothing of the cache is not lost")
		s.hookErrs = []error{errors.New("the database is down")}
		require.ErrorContains(t, deliver(t, s, flow, foreign), "the database is down")
		assert.Len(t, s.toldOf(), 2)
		assert.Equal(t, 18*time.Second, time.Since(begin), "3 seconds for each of 6 tries")
	})
}

func TestFlowWithoutItsCache(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		cache := &downCache{TokenCache: s.cache}
		var logged bytes.Buffer
		flow := s.machine(t, func(cfg *register.FlowConfig) {
			cfg.Cache, cfg.Logger = cache, slog.New(slog.NewTextHandler(&logged, nil))
		})
		b := visit(t, flow, "")
		b.press(t, flow)
		event := registerCorp(s, b)
		stream := b.listen(t, flow, "")
		synctest.Wait()

		cache.down.Store(true)
		w := b.page(t, flow)
		assertShows(t, w, http.StatusServiceUnavailable, "错误编号")
		assert.Contains(t, logged.String(), "cache down")
		assert.Equal(t, http.StatusServiceUnavailable, b.do(t, flow, http.MethodPost, b.at("open")).Code)

		// Its Ref is in the cache: the event has to come again.
		require.ErrorIs(t, deliver(t, s, flow, event), errDown)
		assert.Empty(t, s.toldOf())
		// Another has none, and better twice than never.
		foreign := strings.Replace(event, "<State>"+b.id(), "<State>", 1)
		require.NoError(t, deliver(t, s, flow, foreign))
		assert.Len(t, s.toldOf(), 1)

		time.Sleep(time.Minute)
		synctest.Wait()
		assert.False(t, stream.ended(), "the page stays")
		assert.Equal(t, 1, strings.Count(logged.String(), "a page is not told"), "one line a stream")
		cache.down.Store(false)
		require.NoError(t, deliver(t, s, flow, event))
		time.Sleep(time.Second)
		synctest.Wait()
		assert.True(t, strings.HasSuffix(stream.got(), says(register.StateRegistered)))
		assert.True(t, stream.ended())
	})
}
