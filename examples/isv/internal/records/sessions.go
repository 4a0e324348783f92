package records

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// Session is somebody who is signed in. Corp and user id together say who it is: a
// user id alone may occur in many corps.
type Session struct {
	CorpID string
	UserID string // empty for an external administrator (外部系统管理员)
	Admin  bool   // administers CorpID
}

// Begin keeps a session for a time and returns the id for the person's cookie. The
// database has a hash of the id only: who reads a backup cannot sign in with it.
func (s *Store) Begin(ctx context.Context, session Session, life time.Duration) (id string, err error) {
	id = rand.Text()
	err = s.exec(ctx, "begin session", `INSERT INTO isv_sessions (hash, corp_id, user_id, admin, expires_at) VALUES ($1, $2, $3, $4, $5)`,
		hash(id), session.CorpID, session.UserID, session.Admin, time.Now().Add(life).UnixMilli())
	return id, err
}

// Session returns the session of an id, or [ErrNotFound].
func (s *Store) Session(ctx context.Context, id string) (Session, error) {
	var found Session
	err := s.db.QueryRowContext(ctx, `SELECT corp_id, user_id, admin FROM isv_sessions WHERE hash = $1 AND expires_at > $2`,
		hash(id), time.Now().UnixMilli()).Scan(&found.CorpID, &found.UserID, &found.Admin)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return Session{}, ErrNotFound
	case err != nil:
		return Session{}, fmt.Errorf("records: read session: %w", err)
	}
	return found, nil
}

// End ends the session of an id. Absent is no error.
func (s *Store) End(ctx context.Context, id string) error {
	return s.exec(ctx, "end session", `DELETE FROM isv_sessions WHERE hash = $1`, hash(id))
}

func hash(id string) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:])
}
