// Package sqlstore keeps what must survive in a database: permanent codes
// ([suite.CodeStore]) above all, and also tokens and tickets
// ([wecom.TokenCache]), the lock that lets one process fetch ([wecom.Locker]) and
// which events have been dealt with ([callback.Filter]).
//
//	db, err := sql.Open("sqlite", "file:wecom.db?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(2000)&_txlock=immediate")
//	...
//	store, err := sqlstore.New(db, sqlstore.SQLite)
//	...
//	err = store.Migrate(ctx) // at each start
//	...
//	api, err := wecom.New(wecom.WithTokenCache(store))
//	app, err := suite.New(api, suite.Config{ID: id, Secret: secret, Codes: store})
//
// SQLite is the durable default of one machine. PostgreSQL and MySQL serve many;
// there tokens are better off in package redisstore, with the codes here. The
// driver is yours: import modernc.org/sqlite, github.com/jackc/pgx/v5/stdlib,
// github.com/go-sql-driver/mysql or another.
//
// # Tables
//
// [Store.Migrate] creates and changes the tables wecom_tokens, wecom_locks,
// wecom_codes, wecom_events and wecom_schema with the numbered migrations that
// this package carries. Several processes may do so at once. Afterwards SELECT,
// INSERT, UPDATE and DELETE on them are all the rights that are needed. Each change
// is one statement; there are no transactions.
//
// Expired rows are replaced when their key is used again. [Store.Sweep] removes
// the others; run it once an hour or a day, as it suits you.
//
// # When the database fails
//
// Slow or down. Every operation ends with its context, and the client of package
// wecom gives 2 seconds to an operation on a token and 5 to a lock; only SQLite,
// while another process writes, waits for its busy_timeout instead. A live token
// in memory keeps working; without one the process fetches its own. A suite_ticket
// is kept in the process that received it until the next push. A call for a corp
// whose token must be fetched fails while its permanent code cannot be read.
//
// During suite.Client.Authorize. A permanent code that could not be saved is in
// the UnsavedCodeError that the caller gets, and a second call with the same
// authorisation code saves it. If the connection was lost at COMMIT, the code may
// be there although an error came back: saving it again does no harm.
//
// Empty, after a restore from an old backup. Tokens and tickets come back by
// themselves. Corps that authorised the app after the backup are unknown and have
// to authorise it again: keep the codes on the database whose backups you trust
// most.
//
// Errors name the operation and the kind of record, such as "save code", never a
// value.
//
// # Settings that matter
//
// SQLite: busy_timeout, or writers that meet fail at once; Migrate insists on it,
// and 2 seconds are plenty, since every write is one statement.
// journal_mode(WAL), so that readers do not wait; synchronous(FULL), or a power
// failure takes the last codes. PostgreSQL: synchronous_commit stays on. MySQL:
// innodb_flush_log_at_trx_commit=1.
//
// Encrypt with [suite.SealCodes] and [wecom.SealCache]: a backup then gives
// nothing away.
package sqlstore
