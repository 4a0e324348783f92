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

// Many processes ask for the tokens of many corps at once, all cold: each token
// is bought once. The full size, 8 processes with 200 goroutines and 500 corps:
//
//	WECOM_TEST_FLEET=full go test -run TestFleet -v .
func TestFleet(t *testing.T) {
	t.Parallel()
	processes, goroutines, corps := 3, 50, 60
	if setting("WECOM_TEST_FLEET") == "full" {
		processes, goroutines, corps = 8, 200, 500
	}
	addr := realAddr(t)
	platform := wecomtest.NewPlatform(t, wecomtest.WithLatency(30*time.Millisecond))
	app := platform.NewApp(wecomtest.AppConfig{})
	job := fleetJob{
		Redis: addr, Prefix: fmt.Sprintf("fleet:%d:", mathrand.Uint64()), Platform: platform.URL(),
		SuiteID: app.ID, Secret: app.Secret, Goroutines: goroutines,
	}
	store, err := redisstore.New(connect(t, addr), redisstore.Config{Prefix: job.Prefix})
	require.NoError(t, err)
	for i := range corps {
		made, _ := platform.NewCorp(fmt.Sprint("Corp ", i)).Install(t.Context(), app) // there is no callback URL to push to
		require.NotEmpty(t, made.PermanentCode)
		require.NoError(t, store.SaveCode(t.Context(), suite.PermanentCode{
			SuiteID: app.ID, CorpID: made.CorpID, Code: wecom.NewSecret(made.PermanentCode), At: time.Now(),
		}))
		job.Corps = append(job.Corps, made.CorpID)
	}
	require.NoError(t, fleetApp(t, job).SaveTicket(t.Context(), wecom.NewSecret(app.IssueTicket()), time.Now()))

	begin := time.Now()
	results := runFleet(t, job, processes)
	took := time.Since(begin)

	var all fleetResult
	for _, r := range results {
		assert.Zero(t, r.Failed, r.Example)
		all.Calls += r.Calls
		all.Waits = append(all.Waits, r.Waits...)
	}
	assert.Equal(t, processes*goroutines*corps, all.Calls)
	fetches, suiteFetches := len(platform.Calls("/cgi-bin/service/get_corp_token")), len(platform.Calls("/cgi-bin/service/get_suite_token"))
	assert.Equal(t, corps, fetches, "each corp's token is bought once")
	assert.Equal(t, 1, suiteFetches, "the suite token is bought once")
	slices.Sort(all.Waits)
	require.NotEmpty(t, all.Waits)
	at := func(share float64) time.Duration {
		return all.Waits[int(share*float64(len(all.Waits)-1))].Round(time.Millisecond)
	}
	t.Logf("%d processes, %d goroutines each, %d corps: %d calls in %v, %d fetches of corp tokens, %d of the suite token",
		processes, goroutines, corps, all.Calls, took.Round(time.Millisecond), fetches, suiteFetches)
	t.Logf("the %d calls without a token in memory waited p50 %v, p99 %v, at most %v (a fetch takes 30 ms)", len(all.Waits), at(0.5), at(0.99), at(1))
}

// fleetApp is the app as each process of the fleet has it.
func fleetApp(t *testing.T, job fleetJob) *suite.Client {
	t.Helper()
	store, err := redisstore.New(connect(t, job.Redis), redisstore.Config{Prefix: job.Prefix})
	require.NoError(t, err)
	api, err := wecom.New(wecom.WithBaseURL(job.Platform), wecom.WithTokenCache(store))
	require.NoError(t, err)
	app, err := suite.New(api, suite.Config{ID: job.SuiteID, Secret: job.Secret, Codes: store})
	require.NoError(t, err)
	return app
}

// runFleet runs job in several processes that begin at the same time.
func runFleet(t *testing.T, job fleetJob, processes int) []fleetResult {
	t.Helper()
	text, err := json.Marshal(job)
	require.NoError(t, err)
	results := make([]fleetResult, processes)
	ready, begin := make(chan struct{}, processes), make(chan struct{})
	var wg sync.WaitGroup
	for i := range processes {
		worker := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFleetWorker$", "-test.v=false")
		worker.Env = append(os.Environ(), fleetJobVar+"="+string(text)) //nolint:forbidigo // The worker is a copy of this test.
		worker.Stderr = t.Output()
		stdin, err := worker.StdinPipe()
		require.NoError(t, err)
		stdout, err := worker.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, worker.Start())
		wg.Go(func() {
			lines := bufio.NewScanner(stdout)
			lines.Buffer(nil, 64<<20)
			for lines.Scan() {
				switch line := lines.Text(); {
				case line == "ready":
					ready <- struct{}{}
					<-begin
					_, err := stdin.Write([]byte("go\n"))
					assert.NoError(t, err)
				case strings.HasPrefix(line, "{"):
					assert.NoError(t, json.Unmarshal([]byte(line), &results[i]))
				}
			}
			assert.NoError(t, worker.Wait())
		})
	}
	for range processes {
		select {
		case <-ready:
		case <-time.After(time.Minute):
			t.Error("a worker did not start")
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
