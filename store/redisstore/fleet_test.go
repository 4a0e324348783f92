package redisstore_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	mathrand "math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/store/redisstore"
	"github.com/wecom-isv/wecom/suite"
	"github.com/wecom-isv/wecom/wecomtest"
)

// fleetJob is what a worker process is told.
type fleetJob struct {
	Redis      string   `json:"redis"`
	Prefix     string   `json:"prefix"`
	Platform   string   `json:"platform"`
	SuiteID    string   `json:"suite_id"`
	Secret     string   `json:"secret"`
	Goroutines int      `json:"goroutines"`
	Corps      []string `json:"corps"`
}

// fleetResult is what a worker process tells.
type fleetResult struct {
	Calls   int             `json:"calls"`
	Waits   []time.Duration `json:"waits"` // of the calls that found no token in memory
	Failed  int             `json:"failed"`
	Example string          `json:"example"` // of an error
}

// fleetJobVar carries the job to a worker, a copy of the test binary.
const fleetJobVar = "WECOM_TEST_FLEET_JOB"

// fleetSize is how many processes ask for the tokens of how many corps, each with
// so many goroutines.
type fleetSize struct{ processes, goroutines, corps int }

// fullFleet is the size that the project is measured with.
func fullFleet() fleetSize { return fleetSize{8, 200, 500} }

// fleetReport is what a run of the fleet cost.
type fleetReport struct {
	size                  fleetSize
	calls                 int
	took                  time.Duration
	fetches, suiteFetches int
	waits                 []time.Duration // sorted; of the calls that found no token in memory
}

// wait returns how long that share of the waits took at most.
func (r fleetReport) wait(share float64) time.Duration {
	return r.waits[int(share*float64(len(r.waits)-1))]
}

// Many processes ask for the tokens of many corps at once, all cold: each token
// is bought once. The full size, 8 processes with 200 goroutines and 500 corps:
//
//	WECOM_TEST_FLEET=full go test -run TestFleet -v .
func TestFleet(t *testing.T) {
	t.Parallel()
	size := fleetSize{3, 50, 60}
	if setting("WECOM_TEST_FLEET") == "full" {
		size = fullFleet()
	}
	r := measureFleet(t, size)
	assert.Equal(t, size.corps, r.fetches, "each corp's token is bought once")
	assert.Equal(t, 1, r.suiteFetches, "the suite token is bought once")
	at := func(share float64) time.Duration { return r.wait(share).Round(time.Millisecond) }
	t.Logf("%d processes, %d goroutines each, %d corps: %d calls in %v, %d fetches of corp tokens, %d of the suite token",
		size.processes, size.goroutines, size.corps, r.calls, r.took.Round(time.Millisecond), r.fetches, r.suiteFetches)
	t.Logf("the %d calls without a token in memory waited p50 %v, p99 %v, at most %v (a fetch takes 30 ms)", len(r.waits), at(0.5), at(0.99), at(1))
}

// BenchmarkFleet prints what [TestFleet] counts, at its full size.
func BenchmarkFleet(b *testing.B) {
	for b.Loop() {
		r := measureFleet(b, fullFleet())
		b.ReportMetric(float64(r.fetches)/float64(r.size.corps), "fetches/corp")
		b.ReportMetric(float64(r.wait(0.5).Microseconds())/1000, "p50-ms")
		b.ReportMetric(float64(r.wait(0.99).Microseconds())/1000, "p99-ms")
	}
}

// measureFleet runs a fleet of that size against one Redis and one platform.
func measureFleet(tb testing.TB, size fleetSize) fleetReport {
	tb.Helper()
	addr := realAddr(tb)
	platform := wecomtest.NewPlatform(tb, wecomtest.WithLatency(30*time.Millisecond))
	app := platform.NewApp(wecomtest.AppConfig{})
	job := fleetJob{
		Redis: addr, Prefix: fmt.Sprintf("fleet:%d:", mathrand.Uint64()), Platform: platform.URL(),
		SuiteID: app.ID, Secret: app.Secret, Goroutines: size.goroutines,
	}
	store, err := redisstore.New(connect(tb, addr), redisstore.Config{Prefix: job.Prefix})
	require.NoError(tb, err)
	for i := range size.corps {
		made, _ := platform.NewCorp(fmt.Sprint("Corp ", i)).Install(tb.Context(), app) // there is no callback URL to push to
		require.NotEmpty(tb, made.PermanentCode)
		require.NoError(tb, store.SaveCode(tb.Context(), suite.PermanentCode{
			SuiteID: app.ID, CorpID: made.CorpID, Code: wecom.NewSecret(made.PermanentCode), At: time.Now(),
		}))
		job.Corps = append(job.Corps, made.CorpID)
	}
	require.NoError(tb, fleetApp(tb, job).SaveTicket(tb.Context(), wecom.NewSecret(app.IssueTicket()), time.Now()))

	begin := time.Now()
	results := runFleet(tb, job, size.processes)
	report := fleetReport{size: size, took: time.Since(begin)}
	for _, r := range results {
		assert.Zero(tb, r.Failed, r.Example)
		report.calls += r.Calls
		report.waits = append(report.waits, r.Waits...)
	}
	require.Equal(tb, size.processes*size.goroutines*size.corps, report.calls)
	require.NotEmpty(tb, report.waits)
	slices.Sort(report.waits)
	report.fetches = len(platform.Calls("/cgi-bin/service/get_corp_token"))
	report.suiteFetches = len(platform.Calls("/cgi-bin/service/get_suite_token"))
	return report
}

// fleetApp is the app as each process of the fleet has it.
func fleetApp(tb testing.TB, job fleetJob) *suite.Client {
	tb.Helper()
	store, err := redisstore.New(connect(tb, job.Redis), redisstore.Config{Prefix: job.Prefix})
	require.NoError(tb, err)
	api, err := wecom.New(wecom.WithBaseURL(job.Platform), wecom.WithTokenCache(store))
	require.NoError(tb, err)
	app, err := suite.New(api, suite.Config{ID: job.SuiteID, Secret: job.Secret, Codes: store})
	require.NoError(tb, err)
	return app
}

// runFleet runs job in several processes that begin at the same time.
func runFleet(tb testing.TB, job fleetJob, processes int) []fleetResult {
	tb.Helper()
	text, err := json.Marshal(job)
	require.NoError(tb, err)
	results := make([]fleetResult, processes)
	ready, begin := make(chan struct{}, processes), make(chan struct{})
	var wg sync.WaitGroup
	for i := range processes {
		worker := exec.CommandContext(tb.Context(), os.Args[0], "-test.run=^TestFleetWorker$", "-test.v=false")
		worker.Env = append(os.Environ(), fleetJobVar+"="+string(text)) //nolint:forbidigo // The worker is a copy of this test.
		worker.Stderr = tb.Output()
		stdin, err := worker.StdinPipe()
		require.NoError(tb, err)
		stdout, err := worker.StdoutPipe()
		require.NoError(tb, err)
		require.NoError(tb, worker.Start())
		wg.Go(func() {
			lines := bufio.NewScanner(stdout)
			lines.Buffer(nil, 64<<20)
			for lines.Scan() {
				switch line := lines.Text(); {
				case line == "ready":
					ready <- struct{}{}
					<-begin
					_, err := stdin.Write([]byte("go\n"))
					assert.NoError(tb, err)
				case strings.HasPrefix(line, "{"):
					assert.NoError(tb, json.Unmarshal([]byte(line), &results[i]))
				}
			}
			assert.NoError(tb, worker.Wait())
		})
	}
	for range processes {
		select {
		case <-ready:
		case <-time.After(time.Minute):
			tb.Error("a worker did not start")
		}
	}
	close(begin)
	wg.Wait()
	return results
}

// TestFleetWorker is a process of [TestFleet].
func TestFleetWorker(t *testing.T) {
	t.Parallel()
	text := setting(fleetJobVar)
	if text == "" {
		t.Skip("a part of TestFleet")
	}
	var job fleetJob
	require.NoError(t, json.Unmarshal([]byte(text), &job))
	app := fleetApp(t, job)
	out := bufio.NewWriter(os.Stdout)
	say := func(line string) {
		_, err := out.WriteString(line + "\n")
		require.NoError(t, err)
		require.NoError(t, out.Flush())
	}
	say("ready")
	_, err := bufio.NewReader(os.Stdin).ReadString('\n')
	require.NoError(t, err)

	var mu sync.Mutex
	var result fleetResult
	var wg sync.WaitGroup
	for range job.Goroutines {
		wg.Go(func() {
			var mine fleetResult
			for _, i := range mathrand.Perm(len(job.Corps)) {
				begin := time.Now()
				_, err := app.Corp(job.Corps[i]).Token(t.Context())
				// What is in memory comes in less than a microsecond; a Redis needs more.
				if waited := time.Since(begin); waited > time.Millisecond {
					mine.Waits = append(mine.Waits, waited)
				}
				mine.Calls++
				if err != nil {
					mine.Failed++
					mine.Example = err.Error()
				}
			}
			mu.Lock()
			defer mu.Unlock()
			result.Calls += mine.Calls
			result.Failed += mine.Failed
			result.Waits = append(result.Waits, mine.Waits...)
			if mine.Example != "" {
				result.Example = mine.Example
			}
		})
	}
	wg.Wait()
	line, err := json.Marshal(result)
	require.NoError(t, err)
	say(string(line))
}
