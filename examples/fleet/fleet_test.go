package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/examples/internal/workers/workerstest"
)

// TestMain lets the test binary be a worker, as the program is.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == workerArg {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestFleetFetchesEachTokenOnceOverSQLite(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	err := run(t.Context(), []string{"-workers", "3", "-corps", "8", "-for", "1100ms"}, workerstest.NoEnv, &out)
	require.NoError(t, err, out.String())
	assert.Contains(t, out.String(), "3 workers, 8 corps; ")
	assert.Contains(t, out.String(), "tokens in SQLite\n")
	assert.Contains(t, out.String(), "9 keys, 9 fetches; ")
	assert.GreaterOrEqual(t, strings.Count(out.String(), "tokens fetched"), 2, "a table each second and one at the end")
}

func TestFleetFetchesEachTokenOnceOverRedis(t *testing.T) {
	t.Parallel()
	address := os.Getenv("WECOM_TEST_REDIS")
	if address == "" {
		if strings.Contains(os.Getenv("WECOM_TEST_REQUIRE"), "redis") {
			t.Fatal("WECOM_TEST_REQUIRE wants a Redis, and WECOM_TEST_REDIS has no address of one")
		}
		t.Skip("WECOM_TEST_REDIS has no address of a Redis")
	}
	var out bytes.Buffer
	err := run(t.Context(), []string{"-workers", "4", "-corps", "20", "-for", "300ms"}, func(name string) string {
		assert.Equal(t, "WECOM_REDIS", name)
		return address
	}, &out)
	require.NoError(t, err, out.String())
	assert.Contains(t, out.String(), "tokens in Redis\n")
	assert.Contains(t, out.String(), "21 keys, 21 fetches; ")
	assert.NotContains(t, out.String(), address)
}

func TestInterruptEndsTheWorkers(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	out, done := workerstest.NewOutput(), make(chan error, 1)
	go func() {
		done <- run(ctx, []string{"-workers", "2", "-corps", "2", "-for", "5m"}, workerstest.NoEnv, out)
	}()
	out.Await(t, "all", done)
	cancel()
	require.ErrorIs(t, <-done, context.Canceled)
}

func TestVerdict(t *testing.T) {
	t.Parallel()
	require.NoError(t, judge(51, 51, report{Calls: 100}))
	require.ErrorContains(t, judge(51, 52, report{Calls: 100}), "52 fetches for 51 keys")
	require.ErrorContains(t, judge(51, 50, report{Calls: 100}), "50 fetches for 51 keys")
	require.ErrorContains(t, judge(51, 51, report{Calls: 100, Failed: 2, FirstError: "first"}), "2 calls failed; the first: first")
}

// A token that is fetched twice is seen, whoever fetches it.
func TestSecondFetchOfATokenIsCounted(t *testing.T) {
	t.Parallel()
	where := place{Kind: "SQLite", Address: filepath.Join(t.TempDir(), "fleet.db")}
	w, err := newWorld(t.Context(), where, 1)
	require.NoError(t, err)
	defer func() { assert.NoError(t, w.close(t.Context())) }()
	app, err := newApp(w.settings(where), w.shared)
	require.NoError(t, err)
	corp, p := app.Corp(w.corps[0]), &printer{out: io.Discard}
	require.ErrorContains(t, w.verdict(p, report{}), "1 fetches for 2 keys", "the suite token was needed for the installation")
	token, err := corp.Token(t.Context())
	require.NoError(t, err)
	require.NoError(t, w.verdict(p, report{}))
	w.platform.ForgetCalls()
	require.NoError(t, w.verdict(p, report{}), "the platform forgets, the count does not")
	require.NoError(t, corp.Reject(t.Context(), token))
	_, err = corp.Token(t.Context())
	require.NoError(t, err)
	require.ErrorContains(t, w.verdict(p, report{}), "3 fetches for 2 keys")
}

func TestReportsAddUp(t *testing.T) {
	t.Parallel()
	sum := report{Warm: true}
	sum.add(report{Calls: 1, Failed: 2, Fetches: 3, Taken: 4, LockWaits: 5, LongestLock: 7, Warm: true})
	assert.True(t, sum.Warm)
	sum.add(report{Calls: 1, Failed: 2, Fetches: 3, Taken: 4, LockWaits: 5, LongestLock: 6, FirstError: "e"})
	assert.Equal(t, report{Calls: 2, Failed: 4, Fetches: 6, Taken: 8, LockWaits: 10, LongestLock: 7, FirstError: "e"}, sum)
}

func TestBadArgumentsAreRefused(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"-workers", "0"},
		{"-workers", "65"},
		{"-corps", "0"},
		{"-corps", "10001"},
		{"-for", "0s"},
		{"-for", "11m"},
		{"-unknown"},
		{"extra"},
	} {
		require.Error(t, run(t.Context(), args, workerstest.NoEnv, io.Discard), args)
	}
	require.ErrorIs(t, run(t.Context(), []string{"-h"}, workerstest.NoEnv, io.Discard), flag.ErrHelp)
}

func TestBadRedisIsRefusedWithoutItsPassword(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"redis://:s3cret@%zz", "ftp://:s3cret@host", "redis://:s3cret@127.0.0.1:1"} {
		err := run(t.Context(), nil, func(string) string { return address }, io.Discard)
		require.ErrorContains(t, err, "WECOM_REDIS")
		assert.NotContains(t, err.Error(), "s3cret")
	}
}

func TestWorkerNeedsAParent(t *testing.T) {
	t.Parallel()
	require.ErrorContains(t, work(t.Context(), strings.NewReader(""), io.Discard), "for the parent to start")
	err := work(t.Context(), strings.NewReader("{\"secret\":\"s3cret\"\n"), io.Discard)
	require.ErrorContains(t, err, "not what the parent sends")
	assert.NotContains(t, err.Error(), "s3cret")
}

// brokenPipe is the output of a worker whose parent is gone.
type brokenPipe struct{}

var errBrokenPipe = errors.New("broken pipe")

func (brokenPipe) Write([]byte) (int, error) { return 0, errBrokenPipe }

func TestWorkerEndsWithItsParent(t *testing.T) {
	t.Parallel()
	const in = `{"base_url":"http://127.0.0.1:1","suite_id":"ww1","secret":"s","place":{"kind":"SQLite","address":"DIR/fleet.db"},"corps":["wp1"]}` + "\n"
	input := func() io.Reader { return strings.NewReader(strings.Replace(in, "DIR", t.TempDir(), 1)) }
	require.ErrorIs(t, work(t.Context(), input(), brokenPipe{}), errBrokenPipe)
	var out bytes.Buffer
	require.NoError(t, work(t.Context(), input(), &out), "it was never told to go")
	assert.Equal(t, 1, strings.Count(out.String(), "\n"), "one report: ready")
}

func TestTableIsDrawnOverTheLastOne(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := &printer{out: &out, redraw: true}
	reports := []report{{Calls: 12, Fetches: 3, LongestLock: 1500 * time.Microsecond}, {Calls: 30, LockWaits: 4}}
	p.table(reports)
	first := out.String()
	assert.NotContains(t, first, "\x1b")
	lines := strings.Split(strings.TrimSuffix(first, "\n"), "\n")
	require.Len(t, lines, 4)
	assert.Equal(t, []string{"1", "12", "0", "3", "0", "0", "2ms"}, strings.Fields(lines[1]))
	assert.Equal(t, []string{"2", "30", "0", "0", "0", "4", "0s"}, strings.Fields(lines[2]))
	assert.Equal(t, []string{"all", "42", "0", "3", "0", "4", "2ms"}, strings.Fields(lines[3]))
	p.table(reports)
	assert.Equal(t, first+"\x1b[4A\x1b[J"+first, out.String())
	p.line("done")
	p.table(reports)
	assert.NotContains(t, strings.TrimPrefix(out.String(), first+"\x1b[4A\x1b[J"+first), "\x1b", "a line in between is not drawn over")
}
