package sqlstore_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/store/sqlstore"
)

// hanging is a database in which no statement changes or finds a row. It answers
// so many statements, then each hangs until its context ends.
type hanging struct{ answers int }

func (h *hanging) Connect(context.Context) (driver.Conn, error) { return hangingConn{h}, nil }
func (*hanging) Driver() driver.Driver                          { return nil }

func (h *hanging) answer(ctx context.Context) error {
	if h.answers--; h.answers >= 0 {
		return nil
	}
	<-ctx.Done()
	return ctx.Err()
}

type hangingConn struct{ *hanging }

func (c hangingConn) ExecContext(ctx context.Context, _ string, _ []driver.NamedValue) (driver.Result, error) {
	return driver.RowsAffected(0), c.answer(ctx)
}

func (c hangingConn) QueryContext(ctx context.Context, _ string, _ []driver.NamedValue) (driver.Rows, error) {
	return noRows{}, c.answer(ctx)
}

func (hangingConn) Prepare(string) (driver.Stmt, error) { return nil, errors.ErrUnsupported }
func (hangingConn) Begin() (driver.Tx, error)           { return nil, errors.ErrUnsupported }
func (hangingConn) Close() error                        { return nil }

type noRows struct{}

func (noRows) Columns() []string         { return []string{"column"} }
func (noRows) Close() error              { return nil }
func (noRows) Next([]driver.Value) error { return io.EOF }

// Wherever the database begins to hang, an authorisation event, which must be
// answered within a second, can still be handled without it.
func TestPain23_BeginLeavesTimeToHandleTheEvent(t *testing.T) {
	t.Parallel()
	for answers := range 4 { // put, answer, watch, put again
		synctest.Test(t, func(t *testing.T) {
			db := sql.OpenDB(&hanging{answers: answers})
			defer func() { _ = db.Close() }()
			s, err := sqlstore.New(db, sqlstore.SQLite)
			require.NoError(t, err)
			f, err := s.Filter(sqlstore.FilterConfig{})
			require.NoError(t, err)
			ctx, cancel := context.WithTimeout(t.Context(), 900*time.Millisecond)
			defer cancel()
			_, _, err = f.Begin(ctx, "k", "o")
			require.ErrorIs(t, err, context.DeadlineExceeded)
			end, _ := ctx.Deadline()
			assert.Greater(t, time.Until(end), 500*time.Millisecond, answers)
		})
	}
}
