package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/suite"
)

// LoadCode implements [suite.CodeStore].
func (s *Store) LoadCode(ctx context.Context, suiteID, corpID string) (suite.PermanentCode, error) {
	var value string
	var at int64
	err := s.row(ctx, `SELECT code, obtained_at FROM wecom_codes WHERE suite_id = ? AND corp_id = ?`, suiteID, corpID).Scan(&value, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return suite.PermanentCode{}, suite.ErrNoCode
	}
	if err != nil {
		return suite.PermanentCode{}, fail(ctx, "load", kindCode, err)
	}
	return suite.PermanentCode{SuiteID: suiteID, CorpID: corpID, Code: wecom.NewSecret(value), At: time.UnixMilli(at)}, nil
}

// SaveCode implements [suite.CodeStore]: when it returns nil the database has
// committed.
func (s *Store) SaveCode(ctx context.Context, code suite.PermanentCode) error {
	const longest = 128
	for _, id := range []string{code.SuiteID, code.CorpID} {
		if id == "" || len(id) > longest {
			return fail(ctx, "save", kindCode, fmt.Errorf("a suite or corp id has %d bytes, not 1 to %d", len(id), longest))
		}
	}
	value := code.Code.Reveal()
	if value == "" {
		return fail(ctx, "save", kindCode, errors.New("the permanent code is empty"))
	}
	if _, err := s.exec(ctx, s.grammar.saveCode, code.SuiteID, code.CorpID, value, code.At.UnixMilli()); err != nil {
		return fail(ctx, "save", kindCode, err, value)
	}
	return nil
}

// DropCode implements [suite.CodeStore].
func (s *Store) DropCode(ctx context.Context, code suite.PermanentCode) error {
	const statement = `DELETE FROM wecom_codes WHERE suite_id = ? AND corp_id = ? AND obtained_at = ?`
	if _, err := s.exec(ctx, statement, code.SuiteID, code.CorpID, code.At.UnixMilli()); err != nil {
		return fail(ctx, "drop", kindCode, err)
	}
	return nil
}
