package records_test

import (
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/examples/internal/databases"
	"github.com/wecom-isv/wecom/examples/isv/internal/records"
)

func open(t *testing.T) *records.Store {
	t.Helper()
	db, err := databases.SQLite(filepath.Join(t.TempDir(), "records.db"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	for range 2 { // the second start finds the tables there
		_, err = records.Open(t.Context(), db, records.SQLite)
		require.NoError(t, err)
	}
	store, err := records.Open(t.Context(), db, records.SQLite)
	require.NoError(t, err)
	return store
}

func TestCustomers(t *testing.T) {
	t.Parallel()
	s, ctx := open(t), t.Context()
	_, err := s.Customer(ctx, "wpA")
	require.ErrorIs(t, err, records.ErrNotFound)

	first := time.UnixMilli(1_700_000_000_000)
	require.NoError(t, s.SaveCustomer(ctx, records.Customer{CorpID: "wpA", Name: "A", InstalledAt: first}))
	require.NoError(t, s.SaveCustomer(ctx, records.Customer{CorpID: "wpa", Name: "another: ids differ in case", InstalledAt: first.Add(time.Hour)}))
	require.NoError(t, s.SaveCustomer(ctx, records.Customer{CorpID: "wpA", Name: "A, renamed", InstalledBy: "u", InstalledAt: first.Add(2 * time.Hour)}))
	all, err := s.Customers(ctx)
	require.NoError(t, err)
	require.Len(t, all, 2)
	assert.Equal(t, records.Customer{CorpID: "wpA", Name: "A, renamed", InstalledBy: "u", InstalledAt: first}, all[1])

	id, err := s.Begin(ctx, records.Session{CorpID: "wpA", UserID: "u"}, time.Hour)
	require.NoError(t, err)
	require.NoError(t, s.AddEvent(ctx, records.Event{Kind: "k", CorpID: "wpA", ReceivedAt: first}))
	require.NoError(t, s.AddEvent(ctx, records.Event{Kind: "k", CorpID: "wpa", ReceivedAt: first}))
	require.NoError(t, s.DropCustomer(ctx, "wpA"))
	require.NoError(t, s.DropCustomer(ctx, "wpA"))
	_, err = s.Session(ctx, id)
	require.ErrorIs(t, err, records.ErrNotFound)
	left, err := s.NewestEvents(ctx, 10)
	require.NoError(t, err)
	require.Len(t, left, 1, "of the corp that is left")
	assert.Equal(t, "wpa", left[0].CorpID)
}

func TestCustomerIsDroppedWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	db, err := databases.SQLite(filepath.Join(t.TempDir(), "records.db"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	s, err := records.Open(t.Context(), db, records.SQLite)
	require.NoError(t, err)
	id, err := s.Begin(t.Context(), records.Session{CorpID: "wpA", UserID: "u"}, time.Hour)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), `DROP TABLE isv_customers`)
	require.NoError(t, err)
	require.ErrorContains(t, s.DropCustomer(t.Context(), "wpA"), "records: drop customer")
	_, err = s.Session(t.Context(), id)
	require.NoError(t, err)
}

func TestSessionsExpire(t *testing.T) {
	t.Parallel()
	s, ctx := open(t), t.Context()
	live, err := s.Begin(ctx, records.Session{CorpID: "c", UserID: "u", Admin: true}, time.Hour)
	require.NoError(t, err)
	over, err := s.Begin(ctx, records.Session{CorpID: "c", UserID: "u"}, -time.Second)
	require.NoError(t, err)
	require.NoError(t, s.Sweep(ctx, time.Hour))
	found, err := s.Session(ctx, live)
	require.NoError(t, err)
	assert.Equal(t, records.Session{CorpID: "c", UserID: "u", Admin: true}, found)
	for _, id := range []string{over, "", "invented"} {
		_, err = s.Session(ctx, id)
		require.ErrorIs(t, err, records.ErrNotFound)
	}
	require.NoError(t, s.End(ctx, live))
	require.NoError(t, s.End(ctx, live))
	_, err = s.Session(ctx, live)
	require.ErrorIs(t, err, records.ErrNotFound)
}

func TestEvents(t *testing.T) {
	t.Parallel()
	s, ctx := open(t), t.Context()
	var writers sync.WaitGroup
	for range 4 {
		writers.Go(func() {
			for range 5 {
				assert.NoError(t, s.AddEvent(ctx, records.Event{Kind: "k", ReceivedAt: time.Now(), Handled: true}))
			}
		})
	}
	writers.Wait()
	require.NoError(t, s.AddEvent(ctx, records.Event{Kind: "old", ReceivedAt: time.Now().Add(-2 * time.Hour)}))
	newest, err := s.NewestEvents(ctx, 3)
	require.NoError(t, err)
	require.Len(t, newest, 3)
	assert.Equal(t, "old", newest[0].Kind)
	assert.False(t, newest[0].Handled)
	assert.Greater(t, newest[1].ID, newest[2].ID)

	require.NoError(t, s.Sweep(ctx, time.Hour))
	after, err := s.EventsAfter(ctx, newest[2].ID-3, 2)
	require.NoError(t, err)
	require.Len(t, after, 2, "no more than asked for, and those are the newest")
	assert.Equal(t, []int64{newest[2].ID, newest[1].ID}, []int64{after[0].ID, after[1].ID})
	after, err = s.EventsAfter(ctx, newest[1].ID, 10)
	require.NoError(t, err)
	assert.Empty(t, after, "what is old is swept")
}
