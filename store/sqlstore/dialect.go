package sqlstore

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"
)

// Dialect is the SQL that a database speaks.
type Dialect string

// The dialects.
const (
	SQLite     Dialect = "sqlite"   // 3.42 or newer
	PostgreSQL Dialect = "postgres" // 12 or newer
	MySQL      Dialect = "mysql"    // MySQL 8.0 or MariaDB 10.6, or newer
)

// grammar is what differs between the dialects.
type grammar struct {
	migrations goose.Dialect
	numbered   bool // placeholders are $1, $2
	// now is the time of the database, in milliseconds since 1970. Locks and events
	// end by it, so that clocks of processes that differ do not matter.
	now string

	saveToken, saveCode, takeLock, beginEvent, commitEvent string

	// sweep removes up to sweepBatch rows of a table that expired before a time,
	// which is given once for each question mark.
	sweep string
}

// marksRows is true for MySQL: the count of INSERT … ON DUPLICATE KEY UPDATE does
// not always say whether the row is ours, so a column of it tells.
func (g *grammar) marksRows() bool { return g.migrations == goose.DialectMySQL }

// replaceIf completes INSERT for the dialects that have ON CONFLICT: the row that
// is there is replaced if the condition holds.
func replaceIf(table, key, columns, condition string) string {
	var set []string
	for column := range strings.SplitSeq(columns, ", ") {
		set = append(set, column+" = excluded."+column)
	}
	sql := "ON CONFLICT (" + key + ") DO UPDATE SET " + strings.Join(set, ", ")
	if condition != "" {
		sql += " WHERE " + strings.ReplaceAll(condition, "old.", table+".")
	}
	return sql
}

func standard(migrations goose.Dialect, now string) *grammar {
	return &grammar{
		migrations: migrations,
		numbered:   migrations == goose.DialectPostgres,
		now:        now,
		saveToken: `INSERT INTO wecom_tokens (name, value, version, expires_at) VALUES (?, ?, ?, ?) ` +
			replaceIf("wecom_tokens", "name", "value, version, expires_at", "old.version < excluded.version OR (old.expires_at <> 0 AND old.expires_at <= ?)"),
		saveCode: `INSERT INTO wecom_codes (suite_id, corp_id, code, obtained_at) VALUES (?, ?, ?, ?) ` +
			replaceIf("wecom_codes", "suite_id, corp_id", "code, obtained_at", ""),
		takeLock: `INSERT INTO wecom_locks (name, owner, expires_at) VALUES (?, ?, ` + now + ` + ?) ` +
			replaceIf("wecom_locks", "name", "owner, expires_at", "old.expires_at <= "+now),
		beginEvent: `INSERT INTO wecom_events (name, owner, done, answer, expires_at) VALUES (?, ?, 0, ?, ` + now + ` + ?) ` +
			replaceIf("wecom_events", "name", "owner, done, answer, expires_at", "old.expires_at <= "+now),
		commitEvent: `INSERT INTO wecom_events (name, owner, done, answer, expires_at) VALUES (?, ?, 1, ?, ` + now + ` + ?) ` +
			replaceIf("wecom_events", "name", "owner, done, answer, expires_at", "old.done = 0 OR old.expires_at <= "+now),
		// What was renewed meanwhile stays: the condition is there twice.
		sweep: `DELETE FROM %[1]s WHERE expires_at <> 0 AND expires_at <= ? AND name IN (` +
			`SELECT name FROM %[1]s WHERE expires_at <> 0 AND expires_at <= ? LIMIT ` + strconv.Itoa(sweepBatch) + `)`,
	}
}

// duplicate completes INSERT for MySQL. The mark is a column that tells whose row
// it is: it is set first, if the condition holds, and the others follow it.
func duplicate(mark, condition, columns string) string {
	set := []string{mark + " = IF(" + condition + ", VALUES(" + mark + "), " + mark + ")"}
	for column := range strings.SplitSeq(columns, ", ") {
		set = append(set, column+" = IF("+mark+" = VALUES("+mark+"), VALUES("+column+"), "+column+")")
	}
	return "ON DUPLICATE KEY UPDATE " + strings.Join(set, ", ")
}

func mysql() *grammar {
	const now = "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6)) DIV 1000"
	return &grammar{
		migrations: goose.DialectMySQL,
		now:        now,
		saveToken: `INSERT INTO wecom_tokens (name, value, version, expires_at, writer) VALUES (?, ?, ?, ?, ?) ` +
			duplicate("writer", "version < VALUES(version) OR (expires_at <> 0 AND expires_at <= ?)", "value, version, expires_at"),
		saveCode: `INSERT INTO wecom_codes (suite_id, corp_id, code, obtained_at) VALUES (?, ?, ?, ?) ` +
			`ON DUPLICATE KEY UPDATE code = VALUES(code), obtained_at = VALUES(obtained_at)`,
		takeLock: `INSERT INTO wecom_locks (name, owner, expires_at) VALUES (?, ?, ` + now + ` + ?) ` +
			duplicate("owner", "expires_at <= "+now, "expires_at"),
		beginEvent: `INSERT INTO wecom_events (name, owner, done, answer, expires_at) VALUES (?, ?, 0, ?, ` + now + ` + ?) ` +
			duplicate("owner", "expires_at <= "+now, "done, answer, expires_at"),
		commitEvent: `INSERT INTO wecom_events (name, owner, done, answer, expires_at) VALUES (?, ?, 1, ?, ` + now + ` + ?) ` +
			duplicate("owner", "done = 0 OR expires_at <= "+now, "done, answer, expires_at"),
		sweep: `DELETE FROM %[1]s WHERE expires_at <> 0 AND expires_at <= ? AND expires_at <= ? LIMIT ` + strconv.Itoa(sweepBatch),
	}
}

func (d Dialect) grammar() (*grammar, error) {
	switch d {
	case SQLite:
		return standard(goose.DialectSQLite3, "CAST(unixepoch('subsec') * 1000 AS INTEGER)"), nil
	case PostgreSQL:
		return standard(goose.DialectPostgres, "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)"), nil
	case MySQL:
		return mysql(), nil
	}
	return nil, fmt.Errorf("%q is no dialect: use SQLite, PostgreSQL or MySQL", string(d))
}

// bind turns the question marks of query into the placeholders of the dialect.
func (g *grammar) bind(query string) string {
	if !g.numbered {
		return query
	}
	var b strings.Builder
	n := 0
	for part := range strings.SplitSeq(query, "?") {
		if n > 0 {
			b.WriteString("$" + strconv.Itoa(n))
		}
		b.WriteString(part)
		n++
	}
	return b.String()
}
