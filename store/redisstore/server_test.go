package redisstore_test

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/store/redisstore"
)

// silent takes the place of the logger of go-redis, which writes to the standard
// error.
type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}

func TestMain(m *testing.M) {
	redis.SetLogger(silent{})
	os.Exit(m.Run())
}

// setting reads what the test command was given.
func setting(name string) string {
	return os.Getenv(name) //nolint:forbidigo // Tests are told by their environment where servers are.
}

// skip skips a test that needs a real Redis, or fails if there must be one.
func skip(t testing.TB, why string) {
	t.Helper()
	if slices.Contains(strings.Split(setting("WECOM_TEST_REQUIRE"), ","), "redis") {
		t.Fatalf("WECOM_TEST_REQUIRE names redis: %s", why)
	}
	t.Skip(why)
}

// server is a Redis of the test's own, on loopback, without a disk.
type server struct {
	addr  string
	dir   string
	flags []string
	mu    sync.Mutex
	cmd   *exec.Cmd
}

// startServer starts a Redis that the test may kill.
func startServer(t testing.TB, flags ...string) *server {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		skip(t, "there is no redis-server on the PATH")
	}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &server{addr: l.Addr().String(), dir: t.TempDir(), flags: flags}
	require.NoError(t, l.Close())
	s.start(t)
	t.Cleanup(s.kill)
	return s
}

// start starts the server and waits for it.
func (s *server) start(t testing.TB) {
	t.Helper()
	_, port, err := net.SplitHostPort(s.addr)
	require.NoError(t, err)
	args := append([]string{"--bind", "127.0.0.1", "--port", port, "--dir", s.dir, "--save", "", "--appendonly", "no", "--loglevel", "warning"}, s.flags...)
	cmd := exec.Command("redis-server", args...) //nolint:noctx // It is killed by Cleanup, after t.Context has ended.
	require.NoError(t, cmd.Start())
	s.mu.Lock()
	s.cmd = cmd
	s.mu.Unlock()
	client := redis.NewClient(&redis.Options{Addr: s.addr, MaxRetries: -1})
	defer func() { _ = client.Close() }()
	until(t, "redis-server answers", func() bool { return client.Ping(t.Context()).Err() == nil })
}

// kill ends the server as a crash would.
func (s *server) kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd != nil {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
		s.cmd = nil
	}
}

// realAddr is the address of a Redis that the test may fill, not flush.
func realAddr(tb testing.TB) string {
	tb.Helper()
	if addr := setting("WECOM_TEST_REDIS"); addr != "" {
		return addr
	}
	return startServer(tb).addr
}

func connect(t testing.TB, addr string) *redis.Client {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: addr, ContextTimeoutEnabled: true, MaxRetries: 1, DialerRetries: 1})
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func newStore(t *testing.T, client redis.UniversalClient) *redisstore.Store {
	t.Helper()
	s, err := redisstore.New(client, redisstore.Config{Prefix: "test:" + rand.Text() + ":"})
	require.NoError(t, err)
	return s
}

func miniStore(t *testing.T) (*redisstore.Store, *miniredis.Miniredis) {
	t.Helper()
	m := miniredis.RunT(t)
	// Its clock stands still unless it is moved.
	ctx, cancel := context.WithCancel(t.Context())
	var clock sync.WaitGroup
	clock.Go(func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for last := time.Now(); ; {
			select {
			case <-ctx.Done():
				return
			case now := <-tick.C:
				m.FastForward(now.Sub(last))
				last = now
			}
		}
	})
	t.Cleanup(func() {
		cancel()
		clock.Wait()
	})
	return newStore(t, connect(t, m.Addr())), m
}

// until waits for something to become true.
func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-ctx.Done():
			require.NoError(t, errors.New("waited in vain"), what)
		case <-tick.C:
		}
	}
}
