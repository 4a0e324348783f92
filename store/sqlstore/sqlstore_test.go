package sqlstore_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/store/sqlstore"
	"github.com/wecom-isv/wecom/suite"
)

func permanentCode(corpID, value string) suite.PermanentCode {
	return suite.PermanentCode{SuiteID: "ww1", CorpID: corpID, Code: wecom.NewSecret(value), At: time.Now()}
}

func TestNewRefusesBadInput(t *testing.T) {
	t.Parallel()
	_, err := sqlstore.New(nil, sqlstore.SQLite)
	require.ErrorContains(t, err, "nil")
	db := open(t, "sqlite", "file:none?mode=memory")
	for _, dialect := range []sqlstore.Dialect{"", "oracle", "SQLite"} {
		_, err = sqlstore.New(db, dialect)
		require.ErrorContains(t, err, "dialect")
	}
	s, err := sqlstore.New(db, sqlstore.SQLite)
	require.NoError(t, err)
	require.ErrorContains(t, s.Migrate(t.Context()), "busy_timeout")
}

func TestBadValuesAreRefused(t *testing.T) {
	t.Parallel()
	ctx, s := t.Context(), sqliteStore(t)
	long := strings.Repeat("k", 513)
	for key, value := range map[string]string{"": "canary", long: "canary", "k": ""} {
		_, err := s.Save(ctx, key, wecom.Token{Value: value, Version: 1})
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "canary")
	}
	for _, code := range []suite.PermanentCode{permanentCode("", "canary"), permanentCode(long[:129], "canary"), permanentCode("c", "")} {
		err := s.SaveCode(ctx, code)
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "canary")
	}
	for name, ttl := range map[string]time.Duration{"": time.Minute, long: time.Minute, "k": 0} {
		_, err := s.Lock(ctx, name, ttl)
		require.Error(t, err)
	}
	_, err := s.Filter(sqlstore.FilterConfig{TTL: -1})
	require.Error(t, err)
	_, err = s.Filter(sqlstore.FilterConfig{Hold: time.Microsecond})
	require.Error(t, err)
	f, err := s.Filter(sqlstore.FilterConfig{})
	require.NoError(t, err)
	_, _, err = f.Begin(ctx, long, "o")
	require.Error(t, err)
	require.Error(t, f.Commit(ctx, "", "o", nil))
}

// What was saved is there after a restart, and migrating again changes nothing.
func TestSQLiteSurvivesARestart(t *testing.T) {
	t.Parallel()
	ctx, file := t.Context(), filepath.Join(t.TempDir(), "wecom.db")
	db := open(t, "sqlite", sqliteDSN(file))
	s := newStore(t, db, sqlstore.SQLite)
	require.NoError(t, s.SaveCode(ctx, permanentCode("corp", "code")))
	_, err := s.Save(ctx, "suite/ww1/ticket", wecom.Token{Value: "ticket", Version: 7, ExpiresAt: time.Now().Add(time.Hour)})
	require.NoError(t, err)
	require.NoError(t, db.Close())

	s = newStore(t, open(t, "sqlite", sqliteDSN(file)), sqlstore.SQLite)
	code, err := s.LoadCode(ctx, "ww1", "corp")
	require.NoError(t, err)
	assert.Equal(t, "code", code.Code.Reveal())
	token, err := s.Load(ctx, "suite/ww1/ticket")
	require.NoError(t, err)
	assert.Equal(t, "ticket", token.Value)
}

// Many processes start at once on an empty database.
func TestMigrateRacing(t *testing.T) {
	t.Parallel()
	for name, connect := range map[string]func(t *testing.T) func() *sqlstore.Store{
		"SQLite": func(t *testing.T) func() *sqlstore.Store {
			t.Helper()
			file := filepath.Join(t.TempDir(), "wecom.db")
			return func() *sqlstore.Store {
				s, err := sqlstore.New(open(t, "sqlite", sqliteDSN(file)), sqlstore.SQLite)
				require.NoError(t, err)
				return s
			}
		},
		"PostgreSQL": func(t *testing.T) func() *sqlstore.Store {
			t.Helper()
			dsn := emptyPostgres(t)
			return func() *sqlstore.Store {
				s, err := sqlstore.New(open(t, "pgx", dsn), sqlstore.PostgreSQL)
				require.NoError(t, err)
				return s
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			newProcess := connect(t)
			var wg sync.WaitGroup
			for i := range 8 {
				s := newProcess()
				wg.Go(func() {
					if assert.NoError(t, s.Migrate(t.Context())) {
						assert.NoError(t, s.SaveCode(t.Context(), permanentCode(fmt.Sprint("corp", i), "code")))
					}
				})
			}
			wg.Wait()
		})
	}
}

func TestSweep(t *testing.T) {
	t.Parallel()
	for name, newStore := range map[string]func(*testing.T) *sqlstore.Store{"SQLite": sqliteStore, "PostgreSQL": postgres, "MySQL": func(t *testing.T) *sqlstore.Store { t.Helper(); return mysql(t) }} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, s := t.Context(), newStore(t)
			const dead = 1200 // more than one batch
			now := time.Now()
			for i := range dead {
				_, err := s.Save(ctx, fmt.Sprint("dead/", i), wecom.Token{Value: "the token", Version: 1, ExpiresAt: now.Add(-time.Hour)})
				require.NoError(t, err)
			}
			for key, expires := range map[string]time.Time{"live": now.Add(time.Hour), "for ever": {}, "just expired": now.Add(-time.Minute)} {
				_, err := s.Save(ctx, key, wecom.Token{Value: "the token", Version: 1, ExpiresAt: expires})
				require.NoError(t, err)
			}
			require.NoError(t, s.SaveCode(ctx, permanentCode("corp", "code")))
			unlock, err := s.Lock(ctx, "held", time.Minute)
			require.NoError(t, err)
			defer unlock()

			removed, err := s.Sweep(ctx)
			require.NoError(t, err)
			assert.EqualValues(t, dead, removed)
			for _, key := range []string{"live", "for ever"} {
				_, err = s.Load(ctx, key)
				assert.NoError(t, err)
			}
			_, err = s.LoadCode(ctx, "ww1", "corp")
			require.NoError(t, err)
			removed, err = s.Sweep(ctx)
			require.NoError(t, err)
			assert.Zero(t, removed)
		})
	}
}

// A database that is gone is an error that says what was tried, never a claim that
// nothing is there.
func TestFaultDatabaseGone(t *testing.T) {
	t.Parallel()
	db := open(t, "sqlite", sqliteDSN(filepath.Join(t.TempDir(), "wecom.db")))
	s := newStore(t, db, sqlstore.SQLite)
	require.NoError(t, db.Close())
	ctx := t.Context()
	f, err := s.Filter(sqlstore.FilterConfig{})
	require.NoError(t, err)
	for want, try := range map[string]func() error{
		"load token":   func() error { _, err := s.Load(ctx, "k"); return err },
		"save token":   func() error { _, err := s.Save(ctx, "k", wecom.Token{Value: "canary", Version: 1}); return err },
		"drop token":   func() error { return s.Drop(ctx, "k", 1) },
		"take lock":    func() error { _, err := s.Lock(ctx, "k", time.Minute); return err },
		"load code":    func() error { _, err := s.LoadCode(ctx, "ww1", "c"); return err },
		"save code":    func() error { return s.SaveCode(ctx, permanentCode("c", "canary")) },
		"drop code":    func() error { return s.DropCode(ctx, suite.PermanentCode{SuiteID: "ww1", CorpID: "c"}) },
		"begin event":  func() error { _, _, err := f.Begin(ctx, "k", "o"); return err },
		"commit event": func() error { return f.Commit(ctx, "k", "o", []byte("canary")) },
		"abort event":  func() error { return f.Abort(ctx, "k", "o") },
		"sweep":        func() error { _, err := s.Sweep(ctx); return err },
		"migrate":      func() error { return s.Migrate(ctx) },
	} {
		err := try()
		require.ErrorContains(t, err, "sqlstore: "+want)
		require.NotErrorIs(t, err, wecom.ErrNotCached)
		require.NotErrorIs(t, err, suite.ErrNoCode)
		assert.NotContains(t, err.Error(), "canary")
	}
}

// A writer that blocks the database for longer than the caller has time.
func TestFaultDatabaseSlow(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "wecom.db")
	blocker := open(t, "sqlite", sqliteDSN(file))
	s := newStore(t, open(t, "sqlite", sqliteDSN(file)), sqlstore.SQLite)
	_, err := s.Save(t.Context(), "k", wecom.Token{Value: "t", Version: 1})
	require.NoError(t, err)
	tx, err := blocker.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	begin := time.Now()
	_, err = s.Save(ctx, "k", wecom.Token{Value: "canary", Version: 2})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.Less(t, time.Since(begin), 3*time.Second, "SQLite itself waits for busy_timeout, 2 s")
	assert.NotContains(t, err.Error(), "canary")
	got, err := s.Load(t.Context(), "k")
	require.NoError(t, err, "readers do not wait for writers")
	assert.EqualValues(t, 1, got.Version)
	require.NoError(t, tx.Rollback())
}
