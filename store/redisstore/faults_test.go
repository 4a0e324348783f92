package redisstore_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/store/redisstore"
	"github.com/wecom-isv/wecom/suite"
	"github.com/wecom-isv/wecom/wecomtest"
)

// proxy stands between a client and a Redis, to be slow and to cut connections.
type proxy struct {
	listener net.Listener
	target   string
	delay    atomic.Int64 // of each reply
	wg       sync.WaitGroup
	mu       sync.Mutex
	conns    map[net.Conn]struct{}
	closed   bool
}

func startProxy(t *testing.T, target string) *proxy {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &proxy{listener: l, target: target, conns: make(map[net.Conn]struct{})}
	p.wg.Go(p.accept)
	t.Cleanup(func() {
		_ = l.Close()
		p.mu.Lock()
		p.closed = true
		p.mu.Unlock()
		p.cut()
		p.wg.Wait()
	})
	return p
}

func (p *proxy) addr() string { return p.listener.Addr().String() }

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		backend, err := new(net.Dialer).DialContext(context.Background(), "tcp", p.target)
		if err != nil {
			_ = client.Close()
			continue
		}
		p.mu.Lock()
		p.conns[client], p.conns[backend] = struct{}{}, struct{}{}
		closed := p.closed
		p.mu.Unlock()
		if closed {
			p.cut()
		}
		p.wg.Go(func() { p.copy(backend, client, func() {}) })
		p.wg.Go(func() {
			p.copy(client, backend, func() {
				if d := time.Duration(p.delay.Load()); d > 0 {
					<-time.After(d)
				}
			})
		})
	}
}

func (p *proxy) copy(to, from net.Conn, before func()) {
	defer func() { _, _ = to.Close(), from.Close() }()
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		before()
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}

// cut ends all connections that there are.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		_ = c.Close()
		delete(p.conns, c)
	}
}

// node is a process of the vendor's: its own client, memory and log.
type node struct {
	api   *wecom.Client
	store *redisstore.Store
	log   *lockedBuffer
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func startNode(t *testing.T, addr string, opts ...wecom.Option) *node {
	t.Helper()
	store, err := redisstore.New(connect(t, addr), redisstore.Config{})
	require.NoError(t, err)
	n := &node{store: store, log: new(lockedBuffer)}
	n.api, err = wecom.New(append(opts, wecom.WithTokenCache(store), wecom.WithLogger(slog.New(slog.NewTextHandler(n.log, nil))))...)
	require.NoError(t, err)
	return n
}

// upstream counts what is bought, by key.
type upstream struct{ fetches atomic.Int64 }

func (u *upstream) source(n *node, key string) *wecom.CachedSource {
	return n.api.TokenSource(key, func(context.Context) (wecom.Token, error) {
		return wecom.NewToken(fmt.Sprint("canary-", u.fetches.Add(1)), 7200)
	})
}

func TestFaultRedisStoppedAndStarted(t *testing.T) {
	t.Parallel()
	ctx, server := t.Context(), startServer(t)
	platform := wecomtest.NewPlatform(t, wecomtest.WithoutServer())
	sim := platform.NewApp(wecomtest.AppConfig{})
	opts := []wecom.Option{wecom.WithBaseURL(platform.URL()), wecom.WithTransport(platform.Transport())}
	newApp := func(n *node) *suite.Client {
		app, err := suite.New(n.api, suite.Config{ID: sim.ID, Secret: sim.Secret})
		require.NoError(t, err)
		return app
	}
	a, b := startNode(t, server.addr, opts...), startNode(t, server.addr, opts...)
	var bought upstream
	warm := bought.source(a, "warm")
	before, err := warm.Token(ctx)
	require.NoError(t, err)
	appA, appB := newApp(a), newApp(b)

	server.kill()

	// What is in memory works, and what is not there is bought by each process.
	again, err := warm.Token(ctx)
	require.NoError(t, err)
	assert.Equal(t, before.Value, again.Value)
	begin := time.Now()
	_, err = bought.source(b, "cold").Token(ctx)
	require.NoError(t, err)
	assert.Less(t, time.Since(begin), 2*time.Second, "a Redis that refuses connections must not cost the time of one that is slow")
	assert.EqualValues(t, 2, bought.fetches.Load())
	t.Logf("with Redis down a cold token took %v", time.Since(begin).Round(time.Millisecond))

	// A ticket that is pushed now works in the process that got it.
	err = appA.SaveTicket(ctx, wecom.NewSecret(sim.IssueTicket()), time.Now())
	require.ErrorContains(t, err, "redisstore: save token")
	_, err = appA.Token(ctx)
	require.NoError(t, err)
	_, err = appB.Token(ctx)
	require.ErrorIs(t, err, wecom.ErrNoTicket)
	assert.NotContains(t, a.log.String()+b.log.String(), "canary")
	assert.Contains(t, b.log.String(), "redisstore: load token", "the log says which store failed at what")

	server.start(t) // empty

	// The next push reaches all of them again.
	until(t, "a ticket is saved after the outage", func() bool {
		return appA.SaveTicket(ctx, wecom.NewSecret(sim.IssueTicket()), time.Now().Add(time.Second)) == nil
	})
	until(t, "the other process has the ticket", func() bool {
		_, err := appB.Token(ctx)
		return err == nil
	})
}

func TestFaultFlushAll(t *testing.T) {
	t.Parallel()
	ctx, server := t.Context(), startServer(t)
	const keys = 40
	var bought upstream
	ask := func(n *node) {
		t.Helper()
		var wg sync.WaitGroup
		for i := range keys {
			wg.Go(func() {
				_, err := bought.source(n, fmt.Sprint("key", i)).Token(ctx)
				assert.NoError(t, err)
			})
		}
		wg.Wait()
	}
	ask(startNode(t, server.addr))
	ask(startNode(t, server.addr))
	require.EqualValues(t, keys, bought.fetches.Load())

	admin := connect(t, server.addr)
	require.NoError(t, admin.FlushAll(ctx).Err())
	require.NoError(t, admin.ScriptFlush(ctx).Err())

	// Three processes without anything in memory, at once.
	var wg sync.WaitGroup
	for range 3 {
		n := startNode(t, server.addr)
		wg.Go(func() { ask(n) })
	}
	wg.Wait()
	assert.EqualValues(t, 2*keys, bought.fetches.Load(), "each token is bought once more")
}

func TestFaultTwoSecondsLatency(t *testing.T) {
	t.Parallel()
	ctx, p := t.Context(), startProxy(t, realAddr(t))
	n := startNode(t, p.addr())
	var bought upstream
	key := fmt.Sprint("latency/", time.Now().UnixNano())
	warm := bought.source(n, key)
	_, err := warm.Token(ctx)
	require.NoError(t, err)
	p.delay.Store(int64(2 * time.Second))

	begin := time.Now()
	_, err = warm.Token(ctx)
	require.NoError(t, err)
	assert.Less(t, time.Since(begin), 100*time.Millisecond, "a token in memory does not wait for Redis")

	// 2 s to load, 5 s and 1 s for the lock, 2 s to save.
	begin = time.Now()
	_, err = bought.source(n, key+"/cold").Token(ctx)
	require.NoError(t, err)
	took := time.Since(begin)
	assert.Less(t, took, 12*time.Second)
	assert.EqualValues(t, 2, bought.fetches.Load())
	t.Logf("with 2 s of latency a cold token took %v", took.Round(time.Millisecond))

	// The operation ends with its context, not with the time-outs of the client.
	short, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
	defer cancel()
	begin = time.Now()
	_, err = n.store.Load(short, key)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	_, err = n.store.Lock(short, key, time.Minute)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.Less(t, time.Since(begin), 1900*time.Millisecond)
}

func TestFaultConnectionsCut(t *testing.T) {
	t.Parallel()
	ctx, p := t.Context(), startProxy(t, realAddr(t))
	store := newStore(t, connect(t, p.addr()))
	stop := make(chan struct{})
	var cutter sync.WaitGroup
	cutter.Go(func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				p.cut()
			}
		}
	})
	const writers, each = 16, 20
	var failures atomic.Int64
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				version := int64(i*writers + w)
				token := wecom.Token{Value: fmt.Sprint("v", version), Version: version, ExpiresAt: time.Now().Add(time.Hour)}
				for {
					if _, err := store.Save(ctx, "k", token); err == nil {
						break
					}
					failures.Add(1)
				}
			}
		})
	}
	wg.Wait()
	close(stop)
	cutter.Wait()
	until(t, "Redis can be reached", func() bool {
		got, err := store.Load(ctx, "k")
		return err == nil && assert.EqualValues(t, writers*each-1, got.Version)
	})
	t.Logf("%d saves, %d had to be repeated", writers*each, failures.Load())
}

// lockVar tells a copy of the test binary which lock to take, on which Redis.
const lockVar = "WECOM_TEST_LOCK"

func TestFaultHolderKilled(t *testing.T) {
	t.Parallel()
	const ttl = time.Second
	addr := realAddr(t)
	name := fmt.Sprint("killed/", time.Now().UnixNano())
	holder := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestLockHolder$", "-test.v=false")
	holder.Env = append(os.Environ(), lockVar+"="+addr+" "+name+" "+ttl.String()) //nolint:forbidigo // The holder is a copy of this test.
	stdout, err := holder.StdoutPipe()
	require.NoError(t, err)
	stdin, err := holder.StdinPipe()
	require.NoError(t, err)
	defer func() { _ = stdin.Close() }()
	require.NoError(t, holder.Start())
	line, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "locked\n", line)
	require.NoError(t, holder.Process.Kill())
	killed := time.Now()
	_ = holder.Wait()

	n := startNode(t, addr)
	unlock, err := n.store.Lock(t.Context(), name, time.Minute)
	require.NoError(t, err)
	unlock()
	waited := time.Since(killed)
	assert.Less(t, waited, ttl+2*time.Second, "the lock of a dead process ends by itself")
	t.Logf("the lock of a killed process was free %v after its death; it was taken for %v", waited.Round(time.Millisecond), ttl)
}

// TestLockHolder is the process that [TestFaultHolderKilled] kills.
func TestLockHolder(t *testing.T) {
	t.Parallel()
	job := strings.Fields(setting(lockVar))
	if len(job) != 3 {
		t.Skip("a part of TestFaultHolderKilled")
	}
	ttl, err := time.ParseDuration(job[2])
	require.NoError(t, err)
	_, err = startNode(t, job[0]).store.Lock(t.Context(), job[1], ttl)
	require.NoError(t, err)
	_, err = os.Stdout.WriteString("locked\n")
	require.NoError(t, err)
	_, _ = io.Copy(io.Discard, os.Stdin) // until it is killed
}

// Clocks that differ by a minute cost calls, never the newest token.
func TestFaultClockSkew(t *testing.T) {
	t.Parallel()
	addr := realAddr(t)
	for _, skew := range []time.Duration{time.Minute, -time.Minute} {
		ctx, n := t.Context(), startNode(t, addr)
		key := fmt.Sprint("skew/", time.Now().UnixNano())
		// Saved by a process whose clock is wrong.
		wrong := time.Now().Add(skew)
		_, err := n.store.Save(ctx, key, wecom.Token{Value: "theirs", Version: wrong.UnixMilli(), ExpiresAt: wrong.Add(2 * time.Hour)})
		require.NoError(t, err)
		var bought upstream
		source := bought.source(n, key)
		got, err := source.Token(ctx)
		require.NoError(t, err)
		require.Equal(t, "theirs", got.Value)
		// The platform refuses it: the one bought next takes its place for everybody.
		require.NoError(t, source.Reject(ctx, got))
		mine, err := source.Token(ctx)
		require.NoError(t, err)
		assert.Equal(t, "canary-1", mine.Value)
		other, err := bought.source(startNode(t, addr), key).Token(ctx)
		require.NoError(t, err)
		assert.Equal(t, "canary-1", other.Value)
		assert.EqualValues(t, 1, bought.fetches.Load())
	}
}

// The server quotes the arguments of a command that it does not know.
func TestPain21_RepliesShowNoValue(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	server := startServer(t, "--rename-command", "EVALSHA", "", "--rename-command", "SET", "")
	raw := connect(t, server.addr)
	require.ErrorContains(t, raw.Set(ctx, "k", "canary", 0).Err(), "canary", "this server quotes nothing: the test is void")

	store := newStore(t, raw)
	_, err := store.Save(ctx, "k", wecom.Token{Value: "canary", Version: 1})
	require.ErrorContains(t, err, "redisstore: save token: ERR unknown command")
	assert.NotContains(t, err.Error(), "canary")
	reply, ok := errors.AsType[*redisstore.ReplyError](err)
	require.True(t, ok)
	assert.NotContains(t, reply.Text, "canary")
	err = store.SaveCode(ctx, suite.PermanentCode{SuiteID: "ww1", CorpID: "c", Code: wecom.NewSecret("canary"), At: time.Now()})
	require.ErrorContains(t, err, "redisstore: save code: ERR unknown command")
	assert.NotContains(t, err.Error(), "canary")
}

// The rights that the package documentation names are enough, on a server and on
// a cluster.
func TestDocumentedRights(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	_, rule, found := strings.Cut(string(text), "ACL SETUSER ")
	require.True(t, found)
	rule, more, _ := strings.Cut(rule, "\n")
	rights := strings.Fields(rule)
	_, more, found = strings.Cut(more, "With sentinel or a cluster add ")
	require.True(t, found)
	more, _, _ = strings.Cut(more, ".")
	for word := range strings.FieldsSeq(more) {
		if word = strings.Trim(word, ","); strings.HasPrefix(word, "+") {
			rights = append(rights, word)
		}
	}
	for name, flags := range map[string][]string{"Server": nil, "Cluster": {"--cluster-enabled", "yes"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, server := t.Context(), startServer(t, flags...)
			admin := connect(t, server.addr)
			given := rights
			if flags != nil {
				require.NoError(t, admin.Do(ctx, "CLUSTER", "ADDSLOTSRANGE", 0, 16383).Err())
				until(t, "the cluster is up", func() bool { return admin.Set(ctx, "k", "v", 0).Err() == nil })
			} else {
				given = strings.Fields(rule)
			}
			args := []any{"ACL", "SETUSER"}
			for _, word := range given {
				args = append(args, word)
			}
			require.NoError(t, admin.Do(ctx, args...).Err())
			client := redis.NewUniversalClient(&redis.UniversalOptions{
				Addrs: []string{server.addr}, Username: "wecom", Password: "password", ContextTimeoutEnabled: true, IsClusterMode: flags != nil,
			})
			t.Cleanup(func() { _ = client.Close() })
			require.Error(t, client.FlushAll(ctx).Err(), "the user may do anything: the test is void")
			contract(t, func(t *testing.T) *redisstore.Store {
				t.Helper()
				s, err := redisstore.New(client, redisstore.Config{})
				require.NoError(t, err)
				return s
			})
		})
	}
}
