package watermillqueue_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill-redisstream/pkg/redisstream"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/callback"
	"github.com/wecom-isv/wecom/callback/watermillqueue"
	"github.com/wecom-isv/wecom/wecomtest"
)

// TestMain is also the program of the receiver process; see startReceiver.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == receiverArg {
		if err := receive(); err != nil {
			fmt.Fprintln(os.Stderr, "receiver:", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

const receiverArg = "run-as-receiver"

// receiver is what a receiver process is told, on its standard input.
type receiver struct {
	Listen     string `json:"listen"` // its address
	Redis      string `json:"redis"`
	Topic      string `json:"topic"`
	Partitions int    `json:"partitions"`
	Journal    string `json:"journal"` // file that each handled event is written to
	SuiteID    string `json:"suite_id"`
	Token      string `json:"token"`
	AESKey     string `json:"aes_key"`
}

// numbered is the event of the kill test.
type numbered struct {
	callback.SuiteHead
	Number int `xml:"Number"`
}

func (numbered) Kind() callback.Kind { return "suite:kill_test" }

func (r receiver) queue() (*watermillqueue.Queue, error) {
	publisher, err := redisstream.NewPublisher(redisstream.PublisherConfig{
		Client: redisClient(r.Redis), Marshaller: watermillqueue.RedisMarshaller{},
	}, nil)
	if err != nil {
		return nil, err
	}
	cfg := config()
	cfg.Topic, cfg.Partitions = r.Topic, r.Partitions
	return watermillqueue.New(publisher, cfg)
}

// receive is a vendor's backend in small: it takes callbacks, and handles them off
// the queue by writing their numbers to the journal. It runs until it is killed.
func receive() error {
	const receiverName = "receiver"
	started := time.Now()
	var r receiver
	if err := json.NewDecoder(os.Stdin).Decode(&r); err != nil {
		return err
	}
	journal, err := os.OpenFile(r.Journal, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	var mux callback.Mux
	callback.On(&mux, func(_ context.Context, _ callback.Envelope, ev numbered) error {
		_, err := journal.WriteString(strconv.Itoa(ev.Number) + "\n") // one write: whole or not at all
		return err
	})
	q, err := r.queue()
	if err != nil {
		return err
	}
	subscriber, err := redisstream.NewSubscriber(redisstream.SubscriberConfig{
		Client: redisClient(r.Redis), Unmarshaller: watermillqueue.RedisMarshaller{},
		ConsumerGroup: group, Consumer: receiverName,
		MaxIdleTime: 500 * time.Millisecond, ClaimInterval: 100 * time.Millisecond, BlockTime: 50 * time.Millisecond,
		// As the documentation of the package advises; nobody else is there to take over.
		ShouldClaimPendingMessage: func(p redis.XPendingExt) bool {
			return p.Consumer == receiverName && p.Idle > time.Since(started)
		},
		DisableIndefiniteInitialBlock: true,
	}, nil)
	if err != nil {
		return err
	}
	router, err := message.NewRouter(message.RouterConfig{}, nil)
	if err != nil {
		return err
	}
	if err := q.Handle(router, subscriber, &mux, watermillqueue.ConsumerConfig{}); err != nil {
		return err
	}
	h, err := callback.NewHandler(callback.Config{Token: r.Token, AESKey: r.AESKey, Receivers: []string{r.SuiteID}, Queue: q}, &mux)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", r.Listen)
	if err != nil {
		return err
	}
	ended := make(chan error, 2)
	go func() { ended <- router.Run(context.Background()) }()
	go func() {
		server := &http.Server{Handler: h, ReadTimeout: 5 * time.Second}
		ended <- server.Serve(listener)
	}()
	fmt.Println("ready") //nolint:forbidigo // tells the test
	return <-ended
}

// startReceiver starts this test binary as a receiver, and returns when it listens.
func startReceiver(t *testing.T, r receiver) *exec.Cmd {
	t.Helper()
	program, err := os.Executable()
	require.NoError(t, err)
	settings, err := json.Marshal(r)
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), program, receiverArg)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(settings), t.Output()
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	line, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err, "the receiver did not start")
	require.Equal(t, "ready\n", line)
	return cmd
}

// freeAddress returns a loopback address that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return l.Addr().String()
}

// A receiver process is killed (SIGKILL) ten times while the simulator pushes
// distinct events with WeCom's retry rules: three tries, repeated after a failed
// connection or a time-out. Every event that was answered with success must have
// been handled at least once when all is quiet.
//
// It pushes 2,000 events; the full size takes WECOM_TEST_EVENTS=20000:
//
//	WECOM_TEST_REDIS=127.0.0.1:6379 WECOM_TEST_EVENTS=20000 \
//		go test ./callback/watermillqueue -run TestKilledReceiver -v
func TestKilledReceiverLosesNothing(t *testing.T) { //nolint:paralleltest // it wants the machine for itself
	const kills, workers = 10, 32
	address := realRedis(t)
	events := 2000
	if s := os.Getenv("WECOM_TEST_EVENTS"); s != "" { //nolint:forbidigo // the size of the test
		n, err := strconv.Atoi(s)
		require.NoError(t, err, "WECOM_TEST_EVENTS")
		events = n
	}
	begin := time.Now()
	p := wecomtest.NewPlatform(t, wecomtest.WithRetryInterval(250*time.Millisecond))
	listen := freeAddress(t)
	app := p.NewApp(wecomtest.AppConfig{CallbackURL: "http://" + listen + "/command"})
	r := receiver{
		Listen: listen, Redis: address, Topic: "kill-" + rand.Text(), Partitions: 8,
		Journal: filepath.Join(t.TempDir(), "journal"), SuiteID: app.ID, Token: app.Token, AESKey: app.AESKey,
	}
	t.Cleanup(func() { removeStreams(t, address, r.Topic) })
	target := app.CommandTarget()
	target.Deadline = time.Second

	// The pushes, spread over many workers.
	answered := make([]atomic.Bool, events)
	var next, done, repeated atomic.Int64
	var pushers sync.WaitGroup
	process := startReceiver(t, r)
	defer func() {
		_ = process.Process.Kill()
		_ = process.Wait()
	}()
	for range workers {
		pushers.Go(func() {
			for n := int(next.Add(1)) - 1; n < events && t.Context().Err() == nil; n = int(next.Add(1)) - 1 {
				message := fmt.Sprintf("<xml><SuiteId>%s</SuiteId><InfoType>kill_test</InfoType><TimeStamp>%d</TimeStamp>"+
					"<AuthCorpId>wp%d</AuthCorpId><Number>%d</Number></xml>", app.ID, p.Now().Unix(), n%97, n)
				d, _ := p.Push(t.Context(), target, []byte(message))
				answered[n].Store(d.Delivered)
				repeated.Add(int64(len(d.Tries) - 1))
				done.Add(1)
			}
		})
	}

	// The kills, spread over the pushes.
	var downtime time.Duration
	for kill := range kills {
		threshold := int64(events * (kill + 1) / (kills + 1))
		require.Eventually(t, func() bool { return done.Load() >= threshold }, 2*time.Minute, time.Millisecond)
		require.Less(t, done.Load(), int64(events), "the pushes were over before kill %d", kill+1)
		require.NoError(t, process.Process.Kill())
		require.Error(t, process.Wait(), "a killed process does not end well")
		start := time.Now()
		process = startReceiver(t, r)
		downtime += time.Since(start)
	}
	pushers.Wait()
	pushed := time.Since(begin)

	// When all is quiet: nothing waits, nothing is pending.
	client := redisClient(address)
	defer func() { assert.NoError(t, client.Close()) }()
	q, err := r.queue()
	require.NoError(t, err)
	require.Eventually(t, func() bool { return drainedStreams(t, client, q.Topics()) }, 30*time.Second, 50*time.Millisecond)

	handled := readJournal(t, r.Journal, events)
	var success, lost, twice, unanswered int
	for n := range events {
		switch ok := answered[n].Load(); {
		case ok && handled[n] == 0:
			lost++
		case ok:
			success++
		case handled[n] > 0:
			unanswered++
		}
		if handled[n] > 1 {
			twice++
		}
	}
	t.Logf("%d events, %d kills, %d repeated tries: %d answered with success, %d of them lost, %d handled more than once; "+
		"%d handled that got no answer; pushed in %v (receiver down for %v), quiet after %v",
		events, kills, repeated.Load(), success+lost, lost, twice, unanswered,
		pushed.Round(time.Millisecond), downtime.Round(time.Millisecond), time.Since(begin).Round(time.Millisecond))
	assert.Zero(t, lost, "events that were answered with success and never handled")
	assert.Positive(t, repeated.Load(), "no push was cut off by a kill")
	assert.Greater(t, success, events*8/10, "too few were answered for the test to mean anything")
	dead, err := client.XLen(t.Context(), r.Topic+"-poison").Result()
	require.NoError(t, err)
	assert.Zero(t, dead, "events in the poison topic")
}

// readJournal counts how often each event was handled.
func readJournal(t *testing.T, name string, events int) []int {
	t.Helper()
	data, err := os.ReadFile(name)
	require.NoError(t, err)
	handled := make([]int, events)
	for line := range bytes.Lines(data) {
		n, err := strconv.Atoi(string(bytes.TrimSpace(line)))
		require.NoError(t, err)
		handled[n]++
	}
	return handled
}
