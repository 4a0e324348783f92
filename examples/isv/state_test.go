package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/wecomtest"
)

// realWorld is a platform that the program knows from its environment only, as it
// knows the real one.
type realWorld struct {
	sim    *simulation
	listen string
	env    map[string]string
}

func newRealWorld(t *testing.T) *realWorld {
	t.Helper()
	listener := listen(t)
	address := listener.Addr().String()
	require.NoError(t, listener.Close())
	sim, err := newSimulation("http://" + address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = sim.close() })
	return &realWorld{sim: sim, listen: address, env: map[string]string{
		"WECOM_CORP_ID": sim.platform.Provider().CorpID, "WECOM_PROVIDER_SECRET": sim.platform.Provider().Secret,
		"WECOM_SUITE_ID": sim.app.ID, "WECOM_SUITE_SECRET": sim.app.Secret, "WECOM_TOKEN": simulatedToken, "WECOM_ENCODING_AES_KEY": simulatedKey,
		"WECOM_LOGIN_SUITE_ID": sim.login.ID, "WECOM_LOGIN_SUITE_SECRET": sim.login.Secret,
		"WECOM_PUBLIC_URL": "http://" + address, "WECOM_LISTEN": address, "WECOM_BASE_URL": sim.platform.URL(),
		"WECOM_REGISTER_TEMPLATE_ID": sim.pack.TemplateID, "WECOM_OPERATORS": sim.vendor.ID + "/" + sim.vendor.Admin().ID,
		"WECOM_DOMAIN_FILE": "WW_verify_abc123.txt=abc123",
	}}
}

// start runs the program until the returned function is called.
func (w *realWorld) start(t *testing.T, args ...string) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, ready := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, args, func(name string) string { return w.env[name] }, ready)
		_ = ready.Close()
	}()
	printed := make([]byte, 9)
	_, err := io.ReadFull(out, printed)
	require.NoError(t, err, "the program has ended")
	require.Equal(t, "Listening", string(printed))
	go func() { _, _ = io.Copy(io.Discard, out) }()
	return func() {
		cancel()
		require.NoError(t, <-ended)
	}
}

func (w *realWorld) visitor(t *testing.T) *visitor {
	t.Helper()
	v := (&world{site: &site{cfg: w.sim.configure()}}).visitor(t)
	return v
}

// lifeAcrossRestarts installs the app, restarts the program, and finds everything
// as it was.
func lifeAcrossRestarts(t *testing.T, w *realWorld, args ...string) {
	t.Helper()
	corp := w.sim.platform.Corp("晨光科技")
	operator := w.visitor(t)
	stop := w.start(t, args...)
	assert.Equal(t, "ok, but the suite_ticket: none\n", operator.get("/healthz").body)
	require.NoError(t, w.sim.pushTicket(t.Context(), nil))
	require.Equal(t, http.StatusOK, w.visitor(t).install(corp).status)
	require.Equal(t, http.StatusSeeOther, operator.signIn(w.sim.vendor, w.sim.vendor.Admin(), "/admin").status)
	require.Contains(t, operator.get("/corps/"+corp.ID).body, "示例应用")
	assert.Equal(t, http.StatusNotFound, operator.get("/simulate").status, "nothing is simulated")
	assert.Equal(t, "abc123", operator.get("/WW_verify_abc123.txt").body)
	stop()

	w.sim.platform.ForgetCalls()
	stop = w.start(t, args...)
	defer stop()
	page := operator.get("/corps/" + corp.ID)
	assert.Equal(t, http.StatusOK, page.status, "the session, the customer and its permanent code are there")
	assert.Contains(t, page.body, "示例应用")
	assert.NotContains(t, page.body, `class="problem"`)
	assert.Contains(t, operator.get("/events").body, "suite:suite_ticket")
	assert.Empty(t, w.sim.platform.Calls("/cgi-bin/service/get_suite_token", "/cgi-bin/service/get_corp_token", "/cgi-bin/service/get_provider_token"), "tokens are there too")
}

// TestFirstOperator finds out what to write into WECOM_OPERATORS.
func TestFirstOperator(t *testing.T) {
	t.Parallel()
	w := newRealWorld(t)
	first := w.env["WECOM_OPERATORS"]
	delete(w.env, "WECOM_OPERATORS")
	file := filepath.Join(t.TempDir(), "vendor.db")
	stop := w.start(t, "-db", file)
	staff := w.visitor(t)
	require.Equal(t, http.StatusSeeOther, staff.signIn(w.sim.vendor, w.sim.vendor.Admin(), "/admin").status)
	assert.Contains(t, staff.get("/me").body, first)
	assert.Equal(t, http.StatusForbidden, staff.get("/corps").status)
	stop()

	w.env["WECOM_OPERATORS"] = first
	defer w.start(t, "-db", file)()
	assert.Equal(t, http.StatusOK, staff.get("/corps").status)
	assert.NotContains(t, staff.get("/me").body, "WECOM_OPERATORS", "customers see this page too")
}

func TestRestart(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "vendor.db")
	w := newRealWorld(t)
	w.env["WECOM_STORE_KEY"] = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
	lifeAcrossRestarts(t, w, "-db", file)

	info, err := os.Stat(file)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "permanent codes are in it")
}

// redisAddress is where the Redis of the tests is.
func redisAddress(t *testing.T) string {
	t.Helper()
	address := setting("WECOM_TEST_REDIS")
	if address == "" {
		skip(t, "redis", "WECOM_TEST_REDIS is not set")
	}
	return address
}

func TestRestartWithRedis(t *testing.T) {
	t.Parallel()
	w := newRealWorld(t)
	w.env["WECOM_REDIS"] = redisAddress(t)
	lifeAcrossRestarts(t, w, "-db", filepath.Join(t.TempDir(), "vendor.db"))
}

func TestRestartWithPostgreSQL(t *testing.T) {
	t.Parallel()
	address := setting("WECOM_TEST_POSTGRES")
	if address == "" {
		skip(t, "postgres", "WECOM_TEST_POSTGRES is not set")
	}
	db, err := sql.Open("pgx", address)
	require.NoError(t, err)
	defer func() { _ = db.Close() }()
	schema := "isv_" + strings.ToLower(rand.Text()) // tables of its own
	_, err = db.ExecContext(t.Context(), "CREATE SCHEMA "+schema)
	require.NoError(t, err)
	t.Cleanup(func() { _, _ = db.ExecContext(context.WithoutCancel(t.Context()), "DROP SCHEMA "+schema+" CASCADE") })
	separator := "?"
	if strings.Contains(address, "?") {
		separator = "&"
	}
	w := newRealWorld(t)
	w.env["WECOM_POSTGRES"] = address + separator + "search_path=" + schema
	lifeAcrossRestarts(t, w)
}

// TestPain21_NothingSecretIsShown walks through the pages with a marker in every
// secret, and looks at all pages, the log and the database.
func TestPain21_NothingSecretIsShown(t *testing.T) {
	t.Parallel()
	const marker = "CANARY"
	w := newWorld(t, wecomtest.WithSecrets(func(kind string) string {
		switch kind {
		case "pre_auth_code", "register_code", "auth_code", "code", "login_auth_code":
			return "travels" // in the addresses of WeCom's own pages, through the browser
		}
		return marker
	}))
	corp, operator := w.corp("晨光科技"), w.operator(t)
	w.visitor(t).install(corp)
	for path, page := range w.everyPage(t, operator, corp) {
		for _, secret := range []string{marker, simulatedToken, simulatedKey} {
			assert.NotContains(t, page.body, secret, path)
			for _, values := range page.header {
				assert.NotContains(t, strings.Join(values, " "), secret, path)
			}
		}
	}
	require.NotEmpty(t, w.sim.platform.Calls("/cgi-bin/service/get_suite_token"))
	assert.Contains(t, w.log.String(), "wecom: call", "the log is looked at")
	for _, secret := range []string{marker, simulatedToken, simulatedKey, "travels"} {
		assert.NotContains(t, w.log.String(), secret)
	}
	for _, c := range operator.http.Jar.Cookies(mustParse(t, operator.base)) {
		if c.Name == "isv" {
			assert.NotContains(t, w.log.String(), c.Value)
			var rows int
			require.NoError(t, w.store.db.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM isv_sessions WHERE hash = $1`, c.Value).Scan(&rows))
			assert.Zero(t, rows, "the database has a hash of the session only")
		}
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	w := newRealWorld(t)
	for name, bad := range map[string]string{
		"WECOM_LOGIN_SUITE_ID": "s3cret", "WECOM_LOGIN_SUITE_SECRET": "s3cret", "WECOM_AUTH_TYPE": "s3cret", "WECOM_OPERATORS": "s3cret",
		"WECOM_DOMAIN_FILE": "s3cret", "WECOM_REDIS": "redis://:s3cret@h:p:q", "WECOM_POSTGRES": "s3cret", "WECOM_STORE_KEY": "s3cret",
	} {
		_, _, err := configFromEnv(func(n string) string {
			if n == name {
				return bad
			}
			return w.env[n]
		})
		require.ErrorContains(t, err, name)
		assert.NotContains(t, err.Error(), "s3cret", name)
	}
	err := run(t.Context(), nil, func(name string) string {
		if name == "WECOM_SUITE_ID" {
			return w.env[name]
		}
		return ""
	}, io.Discard)
	for _, name := range []string{"WECOM_CORP_ID", "WECOM_SUITE_SECRET", "WECOM_PUBLIC_URL", "WECOM_ENCODING_AES_KEY"} {
		require.ErrorContains(t, err, name+" is not set")
	}
	require.ErrorContains(t, err, "服务商管理后台")
	_, _, err = configFromEnv(func(name string) string {
		if name == "WECOM_LOGIN_SUITE_SECRET" {
			return ""
		}
		return w.env[name]
	})
	require.ErrorContains(t, err, "belong together")
	for address, wrong := range map[string]bool{"https://app.example.com": false, "https://app.example.com/": false, "https://app.example.com/isv": true} {
		_, _, err = configFromEnv(func(name string) string {
			if name == "WECOM_PUBLIC_URL" {
				return address
			}
			return w.env[name]
		})
		assert.Equal(t, wrong, err != nil, "%s: %v", address, err)
	}

	cfg, online, err := configFromEnv(func(name string) string { return w.env[name] })
	require.NoError(t, err)
	assert.True(t, online)
	assert.True(t, cfg.operators[identity{w.sim.vendor.ID, w.sim.vendor.Admin().ID}])
}

func TestFlags(t *testing.T) {
	t.Parallel()
	none := func(string) string { return "" }
	require.ErrorContains(t, run(t.Context(), []string{"-listen", "0.0.0.0:0"}, none, io.Discard), "loopback")
	require.ErrorContains(t, run(t.Context(), []string{"-listen", "nonsense"}, none, io.Discard), "-listen")
	require.ErrorContains(t, run(t.Context(), []string{"more"}, none, io.Discard), "unexpected argument")
	taken := listen(t)
	defer func() { _ = taken.Close() }()
	require.ErrorContains(t, run(t.Context(), []string{"-listen", taken.Addr().String()}, none, io.Discard), "choose another address")
}

// TestRunSimulated starts the program as "go run ./examples/isv" does.
func TestRunSimulated(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	out := new(lockedBuffer)
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, []string{"-listen", "127.0.0.1:0"}, func(string) string { return "" }, out) }()
	opened := regexp.MustCompile(`Open (http://127\.0\.0\.1:\d+)`)
	inTime(t, func() bool { return opened.MatchString(out.String()) }, "the address is printed")
	address := opened.FindStringSubmatch(out.String())[1]
	inTime(t, func() bool {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address+"/healthz", http.NoBody)
		if err != nil {
			return false
		}
		res, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			return false
		}
		defer func() { _ = res.Body.Close() }()
		text, err := io.ReadAll(res.Body)
		return err == nil && bytes.Equal(text, []byte("ok\n"))
	}, "a ticket has come by itself")
	cancel()
	require.NoError(t, <-ended)
	_, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(address, "http://"))
	require.Error(t, err)
}
