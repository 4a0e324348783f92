// Package databases opens the databases of the examples with the settings that
// store/sqlstore and store/redisstore ask for.
package databases

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"github.com/redis/go-redis/v9"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

// SQLite opens a file, which it makes readable by its owner only: permanent codes
// are in it. Writers, of several processes too, wait for each other instead of
// failing.
func SQLite(path string) (*sql.DB, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // The person who starts the program chooses the file.
	if err != nil {
		return nil, err
	}
	if err := file.Close(); err != nil {
		return nil, err
	}
	address := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: url.Values{
		"_pragma": {"journal_mode(WAL)", "synchronous(FULL)", "busy_timeout(5000)"}, "_txlock": {"immediate"},
	}.Encode()}
	return sql.Open("sqlite", address.String())
}

// PostgreSQL opens the database of a postgres:// URL. The error shows no part of it.
func PostgreSQL(ctx context.Context, address string) (*sql.DB, error) {
	db, err := sql.Open("pgx", address)
	if err != nil {
		return nil, errors.New("the PostgreSQL must be given as a postgres:// URL")
	}
	if err := db.PingContext(ctx); err != nil {
		_ = db.Close() // the other error matters
		return nil, errors.New("the PostgreSQL does not answer, or does not let this user in")
	}
	return db, nil
}

// CheckRedis takes the address of a Redis: host:port, or a redis:// URL.
func CheckRedis(address string) error {
	_, err := parseRedis(address)
	return err
}

// Redis connects to the Redis at an address that [CheckRedis] takes.
func Redis(ctx context.Context, address string) (*redis.Client, error) {
	opts, err := parseRedis(address)
	if err != nil {
		return nil, err
	}
	opts.ContextTimeoutEnabled = true // an operation ends with its context
	opts.MaxRetries, opts.DialerRetries = 1, 1
	client := redis.NewClient(opts)
	if err := client.Ping(ctx).Err(); err != nil {
		_ = client.Close() // the other error matters
		return nil, fmt.Errorf("the Redis does not answer: %w", err)
	}
	return client, nil
}

func parseRedis(address string) (*redis.Options, error) {
	if !strings.Contains(address, "://") {
		address = "redis://" + address
	}
	opts, err := redis.ParseURL(address)
	if err != nil {
		return nil, errors.New("host:port or a redis:// URL") // the text of the error could quote a password
	}
	return opts, nil
}
