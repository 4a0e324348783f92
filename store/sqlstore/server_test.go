package sqlstore_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/store/sqlstore"
)

// setting reads what the test command was given.
func setting(name string) string {
	return os.Getenv(name) //nolint:forbidigo // Tests are told by their environment where servers are.
}

// skip skips a test that needs a real server, or fails if there must be one.
func skip(t *testing.T, server, why string) {
	t.Helper()
	if slices.Contains(strings.Split(setting("WECOM_TEST_REQUIRE"), ","), server) {
		t.Fatalf("WECOM_TEST_REQUIRE names %s: %s", server, why)
	}
	t.Skip(why)
}

// server is a PostgreSQL of the test's own, on loopback, in a temporary directory.
type server struct {
	bin, dir, port string
	as             *syscall.SysProcAttr
	mu             sync.Mutex
	process        *os.Process
	ended          <-chan struct{}
}

// startServer starts a PostgreSQL that the test may kill.
func startServer(t *testing.T) *server {
	t.Helper()
	s := &server{bin: findBin(t), as: unprivileged(t)}
	// The directories of t.TempDir are closed to other users.
	dir, err := os.MkdirTemp("", "sqlstore") //nolint:usetesting // See above.
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s.dir = dir
	if s.as.Credential != nil {
		require.NoError(t, os.Chown(dir, int(s.as.Credential.Uid), int(s.as.Credential.Gid)))
	}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	_, s.port, err = net.SplitHostPort(l.Addr().String())
	require.NoError(t, err)
	require.NoError(t, l.Close())
	initdb := s.command("initdb", "--pgdata", filepath.Join(s.dir, "data"), "--auth", "trust", "--username", "postgres", "--encoding", "UTF8", "--no-locale", "--no-sync")
	out, err := initdb.CombinedOutput()
	require.NoError(t, err, string(out))
	s.start(t)
	t.Cleanup(s.kill)
	return s
}

func findBin(t *testing.T) string {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	require.NoError(t, err)
	if path, err := exec.LookPath("initdb"); err == nil {
		found = append(found, path)
	}
	if len(found) == 0 {
		skip(t, "postgres", "there is no initdb on the PATH or below /usr/lib/postgresql")
	}
	return filepath.Dir(found[len(found)-1])
}

// unprivileged is how to start a server that refuses to run as root.
func unprivileged(t *testing.T) *syscall.SysProcAttr {
	t.Helper()
	if os.Geteuid() != 0 {
		return new(syscall.SysProcAttr)
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		skip(t, "postgres", "PostgreSQL does not run as root, and there is no user postgres")
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	require.NoError(t, err)
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	require.NoError(t, err)
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
}

func (s *server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.bin, name), args...) //nolint:noctx // It is ended by Cleanup, after t.Context has ended.
	cmd.SysProcAttr, cmd.Dir = s.as, s.dir
	return cmd
}

// start starts the server and waits for it. After a crash the first tries end at
// once, as long as processes of the old server are there.
func (s *server) start(t *testing.T) {
	t.Helper()
	db := open(t, "pgx", s.dsn())
	defer func() { _ = db.Close() }()
	ended := s.launch(t)
	until(t, "PostgreSQL answers", func() bool {
		select {
		case <-ended:
			ended = s.launch(t)
			return false
		default:
			return db.PingContext(t.Context()) == nil
		}
	})
}

// launch starts the server; ended is closed when its process has ended.
func (s *server) launch(t *testing.T) (ended <-chan struct{}) {
	t.Helper()
	cmd := s.command("postgres", "-D", filepath.Join(s.dir, "data"), "-p", s.port, "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "log_min_messages=fatal", "-c", "max_connections=200")
	require.NoError(t, cmd.Start())
	over := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(over)
	}()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.process, s.ended = cmd.Process, over
	return over
}

// kill ends the server as a crash would: its backends notice and end.
func (s *server) kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.process.Kill()
	<-s.ended
}

func (s *server) dsn() string {
	return "postgres://postgres@127.0.0.1:" + s.port + "/postgres?sslmode=disable"
}

func open(t *testing.T, driver, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func newStore(t *testing.T, db *sql.DB, dialect sqlstore.Dialect) *sqlstore.Store {
	t.Helper()
	s, err := sqlstore.New(db, dialect)
	require.NoError(t, err)
	require.NoError(t, s.Migrate(t.Context()))
	return s
}

// sqliteDSN names a database file with the settings of the package documentation.
func sqliteDSN(file string) string {
	return "file:" + file + "?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(2000)&_txlock=immediate"
}

func sqliteStore(t *testing.T) *sqlstore.Store {
	t.Helper()
	return newStore(t, open(t, "sqlite", sqliteDSN(filepath.Join(t.TempDir(), "wecom.db"))), sqlstore.SQLite)
}

// createDatabase makes an empty database on a server that others use too, and
// returns its name.
func createDatabase(t *testing.T, driver, dsn string) (name string) {
	t.Helper()
	admin := open(t, driver, dsn)
	name = "wecom_test_" + strings.ToLower(rand.Text())
	_, err := admin.ExecContext(t.Context(), "CREATE DATABASE "+name)
	require.NoError(t, err)
	t.Cleanup(func() { _, _ = admin.ExecContext(context.WithoutCancel(t.Context()), "DROP DATABASE "+name) })
	return name
}

// until waits for something to become true.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-ctx.Done():
			require.NoError(t, errors.New("waited in vain"), what)
		case <-tick.C:
		}
	}
}
