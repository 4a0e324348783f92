package records

import (
	"context"
	"database/sql"
	"slices"
	"time"
)

// Event is a callback that has come: what it was about, nothing of what was in it.
type Event struct {
	ID         int64 // grows
	Kind       string
	CorpID     string // empty if it is about no corp
	ReceivedAt time.Time
	Handled    bool // false: its handler failed
}

// AddEvent keeps an event. Its ID is ignored.
func (s *Store) AddEvent(ctx context.Context, e Event) error {
	return s.exec(ctx, "add event", `INSERT INTO isv_events (kind, corp_id, received_at, handled) VALUES ($1, $2, $3, $4)`,
		e.Kind, e.CorpID, e.ReceivedAt.UnixMilli(), e.Handled)
}

// NewestEvents returns up to limit events, the newest first.
func (s *Store) NewestEvents(ctx context.Context, limit int) ([]Event, error) {
	return s.events(ctx, `SELECT id, kind, corp_id, received_at, handled FROM isv_events ORDER BY id DESC LIMIT $1`, limit)
}

// EventsAfter returns the newest events after the one of the id, at most limit,
// the oldest first. On PostgreSQL an event may be committed after one with a
// greater id; a reader that follows the ids does not see it until the page is
// loaded again, which is good enough for a page that shows what goes on.
func (s *Store) EventsAfter(ctx context.Context, id int64, limit int) ([]Event, error) {
	found, err := s.events(ctx, `SELECT id, kind, corp_id, received_at, handled FROM isv_events WHERE id > $1 ORDER BY id DESC LIMIT $2`, id, limit)
	slices.Reverse(found)
	return found, err
}

func (s *Store) events(ctx context.Context, query string, args ...any) ([]Event, error) {
	return list(ctx, s.db, "read events", func(rows *sql.Rows) (Event, error) {
		var e Event
		var at int64
		err := rows.Scan(&e.ID, &e.Kind, &e.CorpID, &at, &e.Handled)
		e.ReceivedAt = time.UnixMilli(at)
		return e, err
	}, query, args...)
}
