//go:build !nosqlite

package sqlstore_test

// The race detector takes minutes to compile this driver: without it continuous
// integration runs the tests on PostgreSQL under it.
import _ "modernc.org/sqlite"
