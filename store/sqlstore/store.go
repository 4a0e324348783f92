package sqlstore

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	mathrand "math/rand/v2"
	"os"
	"strings"
	"time"

	"github.com/pressly/goose/v3"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/suite"
)

// Migrations of several processes may run at once and one may see the other half
// done: each statement says IF NOT EXISTS or the like, so that it can be repeated.
//
//go:embed migrations
var migrations embed.FS

// Store is a [wecom.TokenCache], a [wecom.Locker] and a [suite.CodeStore] in a
// database. It is safe for concurrent use, by any number of processes. Closing it
// is closing its sql.DB.
type Store struct {
	db      *sql.DB
	grammar *grammar
	dialect Dialect
}

var (
	_ wecom.TokenCache = (*Store)(nil)
	_ wecom.Locker     = (*Store)(nil)
	_ suite.CodeStore  = (*Store)(nil)
)

// New returns a store that uses db. It does not connect; call [Store.Migrate]
// before anything else.
func New(db *sql.DB, dialect Dialect) (*Store, error) {
	if db == nil {
		return nil, errors.New("sqlstore: New: the database is nil")
	}
	g, err := dialect.grammar()
	if err != nil {
		return nil, fmt.Errorf("sqlstore: New: %w", err)
	}
	return &Store{db: db, grammar: g, dialect: dialect}, nil
}

// Migrate brings the tables to the state that this release needs. It is for every
// start of every process: without anything to do it only reads. It needs the right
// to create tables when there is something to do.
func (s *Store) Migrate(ctx context.Context) error {
	if s.dialect == SQLite {
		var timeout int
		if err := s.db.QueryRowContext(ctx, "PRAGMA busy_timeout").Scan(&timeout); err != nil {
			return fail(ctx, "migrate", "schema", err)
		}
		if timeout == 0 {
			return errors.New("sqlstore: migrate: busy_timeout is not set, so that writers which meet would fail: add _pragma=busy_timeout(2000) to the name of the database")
		}
	}
	files, err := fs.Sub(migrations, "migrations/"+string(s.dialect))
	if err != nil {
		return fail(ctx, "migrate", "schema", err)
	}
	// Another process may be at it: then this one fails somewhere, and finds the
	// work done when it tries again.
	const tries = 20
	for try := 1; ; try++ {
		err := s.migrate(ctx, files)
		if err == nil {
			return nil
		}
		if try == tries || sleep(ctx, longestWait) != nil {
			return fail(ctx, "migrate", "schema", err)
		}
	}
}

func (s *Store) migrate(ctx context.Context, files fs.FS) error {
	p, err := goose.NewProvider(s.grammar.migrations, s.db, files,
		goose.WithTableName("wecom_schema"), goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return err
}

// sweepBatch is how many rows one statement of Sweep removes.
const sweepBatch = 1000

// sweepSlack keeps rows for processes whose clock is slow.
const sweepSlack = 5 * time.Minute

// Sweep removes what expired more than 5 minutes ago, a thousand rows at a time,
// and returns how many rows it removed. Nothing depends on it but space.
func (s *Store) Sweep(ctx context.Context) (removed int64, err error) {
	before := time.Now().Add(-sweepSlack).UnixMilli()
	for _, table := range []string{"wecom_tokens", "wecom_locks", "wecom_events"} {
		for {
			result, err := s.exec(ctx, fmt.Sprintf(s.grammar.sweep, table), before, before)
			if err != nil {
				return removed, fail(ctx, "sweep", table, err)
			}
			n, err := result.RowsAffected()
			if err != nil {
				return removed, fail(ctx, "sweep", table, err)
			}
			removed += n
			if n < sweepBatch {
				break
			}
		}
	}
	return removed, nil
}

func (s *Store) exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return s.db.ExecContext(ctx, s.grammar.bind(query), args...)
}

func (s *Store) row(ctx context.Context, query string, args ...any) *sql.Row {
	return s.db.QueryRowContext(ctx, s.grammar.bind(query), args...)
}

// put carries out an INSERT that replaces the row under a condition, and reports
// whether the row is now ours. For MySQL the row's mark tells, which check reads.
func (s *Store) put(ctx context.Context, mark, check, name, query string, args ...any) (bool, error) {
	result, err := s.exec(ctx, query, args...)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	if err != nil || n == 0 || !s.grammar.marksRows() {
		return n != 0, err
	}
	var there string
	switch err := s.row(ctx, check, name).Scan(&there); {
	case errors.Is(err, sql.ErrNoRows):
		return false, nil
	case err != nil:
		return false, err
	}
	return there == mark, nil
}

// The kinds of rows, for errors.
const (
	kindToken = "token"
	kindLock  = "lock"
	kindCode  = "code"
	kindEvent = "event"
)

const longestName = 512 // of a key, in bytes

func checkName(name string) error {
	if name == "" || len(name) > longestName {
		return fmt.Errorf("the key has %d bytes, not 1 to %d", len(name), longestName)
	}
	return nil
}

// fail says what was tried when err came back. Drivers may quote arguments: an
// error that shows one of the secrets is not shown.
func fail(ctx context.Context, operation, kind string, err error, secrets ...string) error {
	for _, secret := range secrets {
		if secret != "" && strings.Contains(err.Error(), secret) {
			err = errors.New("the error of the driver shows a value and is kept back")
			break
		}
	}
	// Drivers tell the end of a context in many ways.
	ended := ctx.Err()
	if deadline, ok := ctx.Deadline(); ok && ended == nil && errors.Is(err, os.ErrDeadlineExceeded) && !time.Now().Before(deadline) {
		ended = context.DeadlineExceeded
	}
	if ended != nil && !errors.Is(err, ended) {
		err = fmt.Errorf("%w: %w", ended, err)
	}
	return fmt.Errorf("sqlstore: %s %s: %w", operation, kind, err)
}

// sleep waits for half of d to d, or until ctx ends, whose error it returns.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d/2 + mathrand.N(d/2+1)) //nolint:gosec // Jitter, no secret.
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
