package sqlstore

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"time"

	"github.com/wecom-isv/wecom"
)

// Load implements [wecom.TokenCache].
func (s *Store) Load(ctx context.Context, key string) (wecom.Token, error) {
	var t wecom.Token
	var expiresAt int64
	err := s.row(ctx, `SELECT value, version, expires_at FROM wecom_tokens WHERE name = ?`, key).Scan(&t.Value, &t.Version, &expiresAt)
	if errors.Is(err, sql.ErrNoRows) {
		return wecom.Token{}, wecom.ErrNotCached
	}
	if err != nil {
		return wecom.Token{}, fail(ctx, "load", kindToken, err)
	}
	if expiresAt != 0 {
		t.ExpiresAt = time.UnixMilli(expiresAt)
	}
	if !t.Live() {
		return wecom.Token{}, wecom.ErrNotCached
	}
	return t, nil
}

// Save implements [wecom.TokenCache]. The key has at most 512 bytes.
func (s *Store) Save(ctx context.Context, key string, t wecom.Token) (saved bool, err error) {
	if err := checkName(key); err != nil {
		return false, fail(ctx, "save", kindToken, err)
	}
	if t.Value == "" {
		return false, fail(ctx, "save", kindToken, errors.New("the value is empty"))
	}
	var expiresAt int64
	if !t.ExpiresAt.IsZero() {
		expiresAt = t.ExpiresAt.UnixMilli()
	}
	args := []any{key, t.Value, t.Version, expiresAt}
	writer := rand.Text()
	if s.grammar.marksRows() {
		args = append(args, writer)
	}
	args = append(args, time.Now().UnixMilli())
	saved, err = s.put(ctx, writer, `SELECT writer FROM wecom_tokens WHERE name = ?`, key, s.grammar.saveToken, args...)
	if err != nil {
		return false, fail(ctx, "save", kindToken, err, t.Value)
	}
	return saved, nil
}

// Drop implements [wecom.TokenCache].
func (s *Store) Drop(ctx context.Context, key string, upTo int64) error {
	if _, err := s.exec(ctx, `DELETE FROM wecom_tokens WHERE name = ? AND version <= ?`, key, upTo); err != nil {
		return fail(ctx, "drop", kindToken, err)
	}
	return nil
}
