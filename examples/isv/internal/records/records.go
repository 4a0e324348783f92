// Package records keeps what the vendor knows besides the SDK: its customers, who
// is signed in, and which events have come. A vendor has tables like these already;
// permanent codes, tokens and tickets are in those of store/sqlstore.
package records

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations
var migrations embed.FS

// ErrNotFound says that there is no such record.
var ErrNotFound = errors.New("records: not found")

// Store is the records in a database. It is safe for concurrent use. Closing it is
// closing its sql.DB.
type Store struct{ db *sql.DB }

// Dialect is the SQL of a database. Queries are the same for both; tables are not.
type Dialect = goose.Dialect

// The dialects.
const (
	SQLite     Dialect = goose.DialectSQLite3
	PostgreSQL Dialect = goose.DialectPostgres
)

// Open brings the tables of db to the state that this program needs and returns
// the store. On PostgreSQL several processes may start at once.
func Open(ctx context.Context, db *sql.DB, dialect Dialect) (*Store, error) {
	if err := migrate(ctx, db, dialect); err != nil {
		return nil, fmt.Errorf("records: migrate: %w", err)
	}
	return &Store{db}, nil
}

func migrate(ctx context.Context, db *sql.DB, dialect Dialect) error {
	opts := []goose.ProviderOption{goose.WithTableName("isv_schema"), goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger())}
	directory := "migrations/sqlite"
	if dialect == PostgreSQL {
		directory = "migrations/postgres"
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return err
		}
		opts = append(opts, goose.WithSessionLocker(locker))
	}
	files, err := fs.Sub(migrations, directory)
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(dialect, db, files, opts...)
	if err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return err
}

// Sweep removes the sessions that have expired and the events that are older than
// keep.
func (s *Store) Sweep(ctx context.Context, keep time.Duration) error {
	now := time.Now()
	return errors.Join(
		s.exec(ctx, "sweep sessions", `DELETE FROM isv_sessions WHERE expires_at <= $1`, now.UnixMilli()),
		s.exec(ctx, "sweep events", `DELETE FROM isv_events WHERE received_at < $1`, now.Add(-keep).UnixMilli()),
	)
}

func (s *Store) exec(ctx context.Context, what, query string, args ...any) error {
	if _, err := s.db.ExecContext(ctx, query, args...); err != nil {
		return fmt.Errorf("records: %s: %w", what, err)
	}
	return nil
}

// list reads all rows of a query.
func list[T any](ctx context.Context, db *sql.DB, what string, scan func(*sql.Rows) (T, error), query string, args ...any) (all []T, err error) {
	defer func() {
		if err != nil {
			all, err = nil, fmt.Errorf("records: %s: %w", what, err)
		}
	}()
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}
