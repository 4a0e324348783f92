package wecomtest_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/wecomtest"
)

func TestCloseCutsConnectionsThatHang(t *testing.T) {
	t.Parallel()
	p, err := wecomtest.Start()
	require.NoError(t, err)
	reading := make(chan struct{})
	require.NoError(t, p.Mount("/stream/", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(reading)
		<-r.Context().Done()
	})))
	for _, request := range []string{
		"POST /cgi-bin/service/get_suite_token HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{", // the rest never comes
		"GET /stream/ HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		connection, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(p.URL(), "http://"))
		require.NoError(t, err)
		t.Cleanup(func() { _ = connection.Close() })
		_, err = io.WriteString(connection, request)
		require.NoError(t, err)
	}
	<-reading
	closed := make(chan struct{})
	go func() { p.Close(); close(closed) }()
	select {
	case <-closed:
	case <-time.After(20 * time.Second):
		t.Fatal("Close waits for a client that never ends its request")
	}
}

func TestTooLargeABodyIsRefused(t *testing.T) {
	t.Parallel()
	p := wecomtest.NewPlatform(t, wecomtest.WithoutServer())
	r, err := newClient(t, p).send("/cgi-bin/service/get_suite_token", strings.Repeat(" ", 32<<20+1))
	require.NoError(t, err)
	defer closeBody(t, r)
	assert.Equal(t, http.StatusRequestEntityTooLarge, r.StatusCode)
}

func TestHostileBodiesAreRefused(t *testing.T) {
	t.Parallel()
	c := newClient(t, wecomtest.NewPlatform(t, wecomtest.WithoutServer()))
	for name, body := range map[string]string{
		"deep":     strings.Repeat(`{"a":`, 20_000) + "1" + strings.Repeat("}", 20_000),
		"two":      `{"suite_id":"a"} {}`,
		"list":     `[]`,
		"null":     `null`,
		"not text": "{\"suite_id\":\"\xff\xfe\"}",
		"half":     `{"suite_id":`,
	} {
		assert.Contains(t, c.refused(47001, "/cgi-bin/service/get_suite_token", body), "data format error", name)
	}
}

// A receiver in process has what a server would give it, and its panic is told.
func TestReceiversInProcess(t *testing.T) {
	t.Parallel()
	p := wecomtest.NewPlatform(t, wecomtest.WithoutServer())
	require.NoError(t, p.Mount("/echo/", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			_, _ = w.Write(append(body, "read"...))
		}
	})))
	r, err := newClient(t, p).send("/echo/", nil)
	require.NoError(t, err)
	defer closeBody(t, r)
	body, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	assert.Equal(t, "read", string(body))

	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.URL()+"/echo/", nil)
	require.NoError(t, err)
	request.Body = nil
	r, err = p.Transport().RoundTrip(request)
	require.NoError(t, err)
	defer closeBody(t, r)

	p.Handle("panics.test", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("out of cheese") }))
	app := p.NewApp(wecomtest.AppConfig{CallbackURL: "http://panics.test/"})
	_, err = app.PushTicket(t.Context())
	require.ErrorIs(t, err, wecomtest.ErrNotDelivered)
	assert.ErrorContains(t, err, "out of cheese")
}

// Clients, pushes, the clock, resets and the end may all come at once. The bubble
// fails the test if a goroutine is left behind.
func TestEverythingAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, err := wecomtest.Start(wecomtest.WithoutServer(), wecomtest.WithHistory(20), wecomtest.WithContactEvents(),
			wecomtest.WithControl(), wecomtest.WithRateLimit(wecomtest.RateLimit{PerMinute: 50, Concurrent: 2}))
		require.NoError(t, err)
		p.Handle("vendor.test", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "success") }))
		app := p.NewApp(wecomtest.AppConfig{CallbackURL: "http://vendor.test/", ContactWrite: true})
		other := p.NewApp(wecomtest.AppConfig{CallbackURL: "http://vendor.test/"})
		corp := p.NewCorp("Acme")
		c := newClient(t, p)
		made, err := corp.Install(t.Context(), app)
		require.NoError(t, err)
		access := "?access_token=" + c.corpToken(c.suiteToken(app), made)

		halfway := make(chan struct{})
		var busy sync.WaitGroup
		for _, work := range []func(n int){
			func(n int) {
				c.try(createUser+access, fmt.Sprintf(`{"userid":"a%d","name":"n","mobile":"138%08d"}`, n, n))
			},
			func(n int) {
				if n == 15 {
					close(halfway)
				}
			},
			func(n int) { c.try("/cgi-bin/user/delete"+access+"&userid=a"+strconv.Itoa(n), "") },
			func(int) { _, _ = app.PushTicket(t.Context()) },
			func(int) {
				_, _ = corp.Install(t.Context(), other)
				_, _ = corp.Cancel(t.Context(), other)
			},
			func(int) { p.Advance(time.Second) },
			func(int) { p.EndFaults(); p.LastCall("/cgi-bin/user/get"); p.Tokens() },
			func(int) { p.Inject(wecomtest.Fault{DropReply: true}); p.Faults() },
			func(int) { c.try("/wecomtest/v1/reset", "") },
			func(int) { corp.Users(); corp.Departments(); corp.Installations() },
		} {
			busy.Go(func() {
				for n := range 30 {
					work(n)
				}
			})
		}
		busy.Go(func() {
			_, err := p.AwaitCall(t.Context(), "/never")
			assert.Error(t, err, "the platform ends before")
		})
		busy.Go(func() {
			<-halfway
			p.Close()
		})
		busy.Wait()
	})
}

// try makes a call whose outcome does not matter.
func (c *client) try(pathAndQuery, body string) {
	c.t.Helper()
	if r, err := c.send(pathAndQuery, body); err == nil {
		closeBody(c.t, r)
	}
}

// A push that its caller gives up says so, and is not tried again.
func TestPushIsGivenUp(t *testing.T) {
	t.Parallel()
	p := wecomtest.NewPlatform(t, wecomtest.WithoutServer())
	ctx, cancel := context.WithCancel(t.Context())
	p.Handle("slow.test", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	}))
	d, err := p.NewApp(wecomtest.AppConfig{CallbackURL: "http://slow.test/"}).PushTicket(ctx)
	require.ErrorIs(t, err, wecomtest.ErrNotDelivered)
	require.ErrorContains(t, err, "given up by the caller")
	assert.Len(t, d.Tries, 1)
}
