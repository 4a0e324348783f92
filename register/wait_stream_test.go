package register_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/register"
	"github.com/wecom-isv/wecom/wecomtest"
)

func TestStreamConnectsAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		flow := s.machine(t)
		b := visit(t, flow, "")
		b.press(t, flow)
		first := b.listen(t, flow, "")
		synctest.Wait()
		assert.Equal(t, retryLine+says(register.StateWaiting), first.got())
		first.stop()
		synctest.Wait()
		assert.True(t, first.ended())

		again := b.listen(t, flow, "waiting")
		synctest.Wait()
		assert.Equal(t, retryLine, again.got(), "it knows")
		behind := b.listen(t, flow, "ready")
		synctest.Wait()
		assert.Equal(t, retryLine+says(register.StateWaiting), behind.got(), "it missed something")

		require.NoError(t, deliver(t, s, flow, registerCorp(s, b)))
		time.Sleep(time.Second)
		synctest.Wait()
		assert.Equal(t, says(register.StateRegistered), again.got())
		late := b.listen(t, flow, "waiting")
		synctest.Wait()
		assert.Equal(t, retryLine+says(register.StateRegistered), late.got())
		assert.True(t, late.ended())

		w := b
		w.header = http.Header{"Last-Event-Id": {"registered"}}
		assert.Equal(t, http.StatusNoContent, w.do(t, flow, http.MethodGet, b.at("events")).Code, "the browser stops")
	})
}

func TestStreamBeatsAndEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		flow := newSite(t).machine(t)
		b := visit(t, flow, "")
		stream := b.listen(t, flow, "")
		time.Sleep(14 * time.Second)
		assert.Equal(t, retryLine+says(register.StateReady), stream.got())
		time.Sleep(2 * time.Second)
		assert.Equal(t, ":\n\n", stream.got())
		time.Sleep(4 * time.Minute)
		assert.False(t, stream.ended())
		assert.Equal(t, 16, strings.Count(stream.got(), ":\n\n"))
		time.Sleep(time.Minute)
		assert.True(t, stream.ended(), "so that pages find the machines that are left")
	})
}

func TestStreamsAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		flow := newSite(t).machine(t, func(cfg *register.FlowConfig) { cfg.MaxStreams = 2 })
		b := visit(t, flow, "")
		first, second := b.listen(t, flow, ""), b.listen(t, flow, "")
		synctest.Wait()
		w := b.do(t, flow, http.MethodGet, b.at("events"))
		assert.Equal(t, http.StatusServiceUnavailable, w.Code)
		assert.Equal(t, "10", w.Header().Get("Retry-After"))
		assertShows(t, b.page(t, flow), http.StatusOK, `data-state="ready"`)

		first.stop()
		synctest.Wait()
		third := b.listen(t, flow, "")
		synctest.Wait()
		assert.Equal(t, retryLine+says(register.StateReady), third.got())

		flow.Close()
		flow.Close()
		synctest.Wait()
		assert.True(t, second.ended())
		assert.True(t, third.ended())
		late := b.listen(t, flow, "")
		synctest.Wait()
		assert.True(t, late.ended())
	})
}

// A server with time-outs, and a shutdown while a page waits.
func TestStreamOverHTTP(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	flow := s.machine(t)
	mux := http.NewServeMux()
	mux.Handle("/in/register/", http.StripPrefix("/in", flow))
	srv := httptest.NewUnstartedServer(mux)
	srv.Config.WriteTimeout, srv.Config.ReadTimeout = 700*time.Millisecond, 700*time.Millisecond
	srv.Config.RegisterOnShutdown(flow.Close)
	srv.Start()
	t.Cleanup(srv.Close)
	client := srv.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	send := func(method, address string, cookies ...*http.Cookie) *http.Response {
		r, err := http.NewRequestWithContext(t.Context(), method, address, http.NoBody)
		require.NoError(t, err)
		for _, c := range cookies {
			r.AddCookie(c)
		}
		reply, err := client.Do(r)
		require.NoError(t, err)
		t.Cleanup(func() { _ = reply.Body.Close() })
		return reply
	}
	begun := send(http.MethodGet, srv.URL+"/in/register/")
	page, err := begun.Location()
	require.NoError(t, err)
	require.Equal(t, "/in/register/", page.Path, "the prefix was stripped from the request only")
	at := func(name string) string { return srv.URL + "/in/register/" + name + "?" + page.RawQuery }

	events := bufio.NewReader(send(http.MethodGet, at("events"), begun.Cookies()...).Body)
	next := func() string {
		for {
			line, err := events.ReadString('\n')
			require.NoError(t, err)
			if data, found := strings.CutPrefix(line, "data: "); found {
				return strings.TrimSpace(data)
			}
		}
	}
	assert.JSONEq(t, `{"state":"ready"}`, next())
	link := send(http.MethodPost, at("open"), begun.Cookies()...).Header.Get("Location")
	assert.JSONEq(t, `{"state":"waiting"}`, next(), "a second later, after the time-outs of the server")
	assert.NotEmpty(t, link)

	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	require.NoError(t, srv.Config.Shutdown(ctx), "the open stream does not hold it up")
	_, err = events.ReadString('\x00')
	require.Error(t, err)
	_, err = s.platform.Register(t.Context(), link, wecomtest.RegisterForm{})
	require.NoError(t, err)
}
