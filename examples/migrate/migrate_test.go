package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/examples/internal/workers/workerstest"
	"github.com/wecom-isv/wecom/register"
	"github.com/wecom-isv/wecom/wecomtest"
)

// TestMain lets the test binary be a worker, as the program is.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == workerArg {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestMigrateACompany(t *testing.T) {
	t.Parallel()
	for _, importFrom := range []string{"-1", "50"} {
		t.Run("import from "+importFrom, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			err := run(t.Context(), []string{"-people", "120", "-departments", "12", "-faults", "0.02", "-rate", "600000", "-invite", "-import-from", importFrom},
				workerstest.NoEnv, strings.NewReader(""), &out, nil)
			require.NoError(t, err, out.String())
			for _, want := range []string{
				"12 departments, 120 people; ", "users: 120 of 120\n", "all of the plan is there, and 1 beside it", "contacts     unlocked",
				"the corp has 12 departments and 120 members", "carried out 1 times",
			} {
				assert.Contains(t, out.String(), want)
			}
		})
	}
}

func TestMigrateFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		return path
	}
	users := file("users.csv", "\ufeff姓名,帐号,手机号,邮箱,所在部门,职位,性别\n张三,zhangsan,13800000000,,2;3,工程师,男\n李四,lisi,,lisi@example.com,1,,\n")
	departments := file("departments.csv", "部门名称,部门ID,父部门ID,排序\n研发,2,1,\n后端,3,2,\n")
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), []string{"-csv", users, "-departments-csv", departments}, workerstest.NoEnv, strings.NewReader(""), &out, nil), out.String())
	assert.Contains(t, out.String(), "the corp has 2 departments and 2 members")

	bad := file("bad.csv", "姓名,帐号,手机号,所在部门\n张三,z,138,2\n李四,Z,13800000000,1\n")
	err := run(t.Context(), []string{"-csv", bad}, workerstest.NoEnv, strings.NewReader(""), io.Discard, nil)
	require.EqualError(t, err, "the plan has 3 problems, nothing was sent:\n"+
		"  user 1 (z): Mobile is none: 11 digits, or with the country, as +852 …\n"+
		"  user 1 (z): Department[0] names department 2, which is not in the plan\n"+
		"  user 2 (Z): UserID is that of user 1 as well; case does not count")
	err = run(t.Context(), []string{"-csv", filepath.Join(dir, "none.csv")}, workerstest.NoEnv, strings.NewReader(""), io.Discard, nil)
	require.ErrorIs(t, err, os.ErrNotExist)
}

// Ctrl-C stops the worker in the middle, Enter starts another that goes on, and the
// end of the input ends it all.
func TestInterruptAndGoOn(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, input string
		goesOn      bool
	}{{"go on", "\n", true}, {"give up", "", false}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			interrupts := make(chan os.Signal, 1) // as signal.Notify needs it
			out, done := workerstest.NewOutput(), make(chan error, 1)
			go func() {
				done <- run(t.Context(), []string{"-people", "200", "-departments", "20", "-import-from", "-1", "-rate", "6000"}, workerstest.NoEnv, strings.NewReader(tt.input), out, interrupts)
			}()
			out.Await(t, "departments: 20 of 20", done)
			interrupts <- os.Interrupt
			err := <-done
			assert.Contains(t, out.String(), "stopped in step users, at ")
			if !tt.goesOn {
				require.ErrorIs(t, err, errInterrupted)
				return
			}
			require.NoError(t, err, out.String())
			assert.Contains(t, out.String(), "earlier runs: 1")
			assert.Contains(t, out.String(), "the corp has 20 departments and 200 members")
		})
	}
}

// cancelling takes what a program prints, and calls cancel at some text.
type cancelling struct {
	text   bytes.Buffer
	at     string
	cancel context.CancelFunc
}

func (c *cancelling) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte(c.at)) {
		c.cancel()
	}
	return c.text.Write(p)
}

// Ctrl-C comes when all is done: the report is shown all the same.
func TestInterruptAtTheEnd(t *testing.T) {
	t.Parallel()
	w, err := newWorld(t.Context(), 0)
	require.NoError(t, err)
	defer func() { assert.NoError(t, w.close()) }()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out := &cancelling{at: "finish: 1 of 1", cancel: cancel}
	o := options{People: 3, Departments: 1, Parallel: 1, Rate: 6000, Checkpoint: filepath.Join(t.TempDir(), "checkpoint.json")}
	require.NoError(t, migrate(ctx, w.job(o), out))
	require.Error(t, ctx.Err())
	assert.Contains(t, out.text.String(), "contacts     unlocked")
}

// A worker does not outlive the context of its parent.
func TestWorkerEndsWithTheContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w, err := newWorld(ctx, 0)
	require.NoError(t, err)
	defer func() { assert.NoError(t, w.close()) }()
	out := &cancelling{at: "departments: ", cancel: cancel}
	o := options{People: 300, Departments: 3, ImportFrom: -1, Parallel: 1, Rate: 600, Checkpoint: filepath.Join(t.TempDir(), "checkpoint.json")}
	require.ErrorIs(t, w.runWorker(ctx, o, out, nil), context.Canceled)
	assert.True(t, w.corp.ContactsLocked())
}

// The process is killed three times, in the middle of everything. The others take
// it up, and in the end each is there once. WECOM_TEST_MIGRATE=full does it with a
// large corp.
func TestKilledThreeTimes(t *testing.T) {
	t.Parallel()
	people, departments := 300, 30
	if os.Getenv("WECOM_TEST_MIGRATE") == "full" {
		people, departments = 20000, 500
	}
	for _, importFrom := range []int{-1, 100} {
		t.Run(fmt.Sprint("import from ", importFrom), func(t *testing.T) {
			t.Parallel()
			killed(t, people, departments, importFrom)
		})
	}
}

func killed(t *testing.T, people, departments, importFrom int) {
	t.Helper()
	start := time.Now()
	w, err := newWorld(t.Context(), 0.02)
	require.NoError(t, err)
	defer func() { assert.NoError(t, w.close()) }()
	o := options{
		People: people, Departments: departments, ImportFrom: importFrom, Parallel: 4, Rate: 6_000_000,
		Checkpoint: filepath.Join(t.TempDir(), "checkpoint.json"), Invite: true,
	}
	// After so many calls: in the departments, in the middle of it, and near the end.
	expected := int64(people + 2*departments)
	if importFrom > 0 {
		expected = int64(2 * departments)
	}
	kills := []int64{int64(departments) / 2, expected / 2, expected}
	die := make(chan struct{}, 1)
	var mu sync.Mutex
	w.gate.called = func(n int64) {
		mu.Lock()
		defer mu.Unlock()
		if len(kills) > 0 && n >= kills[0] {
			kills = kills[1:]
			die <- struct{}{}
		}
	}
	runs := 0
	for {
		runs++
		out := workerstest.NewOutput()
		command, err := w.startWorker(o, out)
		require.NoError(t, err)
		ended := make(chan error, 1)
		go func() { ended <- command.Wait() }()
		select {
		case <-die:
			require.NoError(t, command.Process.Kill())
			require.Error(t, <-ended)
			continue
		case err := <-ended:
			require.NoError(t, err, out)
		}
		t.Logf("%d people, %d departments, %d processes, %d calls, %v\n%s", people, departments, runs, w.gate.calls.Load(), time.Since(start).Round(time.Millisecond), out)
		break
	}
	assert.Equal(t, 4, runs)
	require.NoError(t, w.verdict(newDisplay(io.Discard)))
	assertTree(t, w.corp, people, departments)
}

// assertTree compares the corp with the company.
func assertTree(t *testing.T, corp *wecomtest.Corp, people, departments int) {
	t.Helper()
	tree, users := company(people, departments)
	there := corp.Departments()
	require.Len(t, there, departments+1)
	for i, d := range there[1:] { // by id, as the company is made
		want := tree[i]
		require.Equal(t, fmt.Sprint(want.ID, want.ParentID, want.Name, want.Order), fmt.Sprint(d.ID, d.ParentID, d.Name, d.Order))
	}
	members := map[string]wecomtest.User{}
	for _, u := range corp.Users() {
		members[u.ID] = u
	}
	require.Len(t, members, people+1)
	require.Len(t, corp.Users(), people+1, "nobody is there twice")
	for _, want := range users {
		got, ok := members[want.UserID]
		require.True(t, ok, want.UserID)
		require.Equal(t, fmt.Sprint(want.Name, want.Mobile, want.Position, want.Department, len(want.IsLeaderInDept)),
			fmt.Sprint(got.Name, got.Mobile, got.Position, got.Departments, len(got.LeaderOf)), want.UserID)
		require.LessOrEqual(t, got.Invitations, 1, "nobody is invited twice")
	}
}

func TestRealPlatformNeedsSettings(t *testing.T) {
	t.Parallel()
	env := map[string]string{"WECOM_CORP_ID": "ww0123456789", "WECOM_PROVIDER_SECRET": "short"}
	err := run(t.Context(), nil, func(name string) string { return env[name] }, strings.NewReader(""), io.Discard, nil)
	require.ErrorContains(t, err, "WECOM_PROVIDER_SECRET is malformed")
	require.ErrorContains(t, err, "WECOM_REGISTER_CODE is not set")
	assert.NotContains(t, err.Error(), "short")
}

// With settings the process itself migrates; here to a platform that is simulated
// all the same.
func TestMigrateWithSettings(t *testing.T) {
	t.Parallel()
	w, err := newWorld(t.Context(), 0)
	require.NoError(t, err)
	defer func() { assert.NoError(t, w.close()) }()
	j := w.job(options{})
	env := map[string]string{
		"WECOM_CORP_ID": j.CorpID, "WECOM_PROVIDER_SECRET": j.ProviderSecret, "WECOM_REGISTER_CODE": j.RegisterCode, "WECOM_BASE_URL": j.BaseURL,
	}
	getenv := func(name string) string { return env[name] }
	checkpoint := filepath.Join(t.TempDir(), "checkpoint.json")
	args := []string{"-people", "20", "-departments", "2", "-checkpoint", checkpoint}
	interrupts := make(chan os.Signal, 1)
	interrupts <- os.Interrupt
	err = run(t.Context(), args, getenv, strings.NewReader(""), io.Discard, interrupts)
	if err != nil { // the signal was faster, as it nearly always is
		require.ErrorIs(t, err, errInterrupted)
	}
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), args, getenv, strings.NewReader(""), &out, interrupts))
	assertTree(t, w.corp, 20, 2)
	for _, secret := range []string{j.ProviderSecret, j.RegisterCode} {
		assert.NotContains(t, out.String()+fmt.Sprintf("%v %+v %#v", j, j, j), secret)
	}
	kept, err := os.ReadFile(checkpoint)
	require.NoError(t, err)
	assert.NotContains(t, string(kept), j.RegisterCode)
}

func TestBadArgumentsAreRefused(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"-people", "-1"},
		{"-people", "100001"},
		{"-departments", "0"},
		{"-faults", "0.6"},
		{"-rate", "0"},
		{"-departments-csv", "d.csv"},
		{"-unknown"},
		{"extra"},
	} {
		require.Error(t, run(t.Context(), args, workerstest.NoEnv, strings.NewReader(""), io.Discard, nil), args)
	}
	var help bytes.Buffer
	require.ErrorIs(t, run(t.Context(), []string{"-h"}, workerstest.NoEnv, strings.NewReader(""), &help, nil), flag.ErrHelp)
	assert.Contains(t, help.String(), "WECOM_REGISTER_CODE")
}

func TestWorkerNeedsAParent(t *testing.T) {
	t.Parallel()
	require.ErrorContains(t, work(t.Context(), strings.NewReader(""), io.Discard), "for the parent to start")
}

// A worker that fails is not started again.
func TestWorkerFails(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w, err := newWorld(ctx, 0)
	require.NoError(t, err)
	defer func() { assert.NoError(t, w.close()) }()
	err = w.runWorker(ctx, options{People: 1, Departments: 1, Parallel: 99, Rate: 1, Checkpoint: filepath.Join(t.TempDir(), "c")}, io.Discard, nil)
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)
}

func TestDisplayWithoutTerminal(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	d := newDisplay(&out)
	d.progress(register.Progress{Step: register.StepUsers, Done: 0, Total: 3})
	d.shown = time.Now().Add(-time.Minute)
	d.progress(register.Progress{Step: register.StepUsers, Done: 0, Total: 3})
	d.shown = time.Now().Add(-time.Minute)
	d.progress(register.Progress{Step: register.StepUsers, Done: 1, Total: 3, Left: 2 * time.Second})
	d.progress(register.Progress{Step: register.StepCheck, Done: 1, Total: 1})
	d.end()
	assert.Equal(t, "users: 0 of 3\nusers: 1 of 3, 2s left\nusers: 1 of 3\ncheck: 1 of 1\n", out.String())

	out.Reset()
	d = newDisplay(&out)
	d.terminal = true
	d.progress(register.Progress{Step: register.StepUsers, Done: 1, Total: 3})
	d.progress(register.Progress{Step: register.StepUsers, Done: 3, Total: 3})
	d.end()
	assert.Contains(t, out.String(), "users")
	assert.Contains(t, out.String(), "3/3")
}
