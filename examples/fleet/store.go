package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/redis/go-redis/v9"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/store/redisstore"
	"github.com/wecom-isv/wecom/store/sqlstore"
	"github.com/wecom-isv/wecom/suite"
)

// place says where the store is that the processes share. Address may hold a
// password: it is not for printing.
type place struct {
	Kind    string `json:"kind"`    // "Redis" or "SQLite"
	Address string `json:"address"` // of the server, or path of the file
	Prefix  string `json:"prefix"`  // of the keys in Redis: one for each run
}

// store is what the processes share.
type store struct {
	cache  wecom.TokenCache
	locker wecom.Locker
	codes  suite.CodeStore
	close  func() error
}

// choosePlace takes the Redis at the given address, or a file of its own.
func choosePlace(redisAddress string) (place, error) {
	if redisAddress != "" {
		if !strings.Contains(redisAddress, "://") {
			redisAddress = "redis://" + redisAddress
		}
		if _, err := redis.ParseURL(redisAddress); err != nil {
			// The text of the error could quote a password.
			return place{}, errors.New("WECOM_REDIS must be host:port or a redis:// URL")
		}
		return place{Kind: "Redis", Address: redisAddress, Prefix: "wecom-fleet-" + rand.Text()[:8] + ":"}, nil
	}
	dir, err := os.MkdirTemp("", "wecom-fleet-")
	if err != nil {
		return place{}, err
	}
	return place{Kind: "SQLite", Address: filepath.Join(dir, "fleet.db")}, nil
}

// remove removes the file. What is in Redis is dropped with the world, or expires.
func (p place) remove() error {
	if p.Kind != "SQLite" {
		return nil
	}
	return os.RemoveAll(filepath.Dir(p.Address))
}

// open opens the store in one process.
func (p place) open(ctx context.Context) (*store, error) {
	if p.Kind == "Redis" {
		return p.openRedis(ctx)
	}
	return p.openSQLite(ctx)
}

func (p place) openRedis(ctx context.Context) (*store, error) {
	opts, err := redis.ParseURL(p.Address)
	if err != nil {
		return nil, errors.New("the address of the Redis is malformed")
	}
	opts.ContextTimeoutEnabled = true // an operation ends with its context
	client := redis.NewClient(opts)
	if err := client.Ping(ctx).Err(); err != nil {
		_ = client.Close() // the other error matters
		return nil, fmt.Errorf("the Redis of WECOM_REDIS does not answer: %w", err)
	}
	s, err := redisstore.New(client, redisstore.Config{Prefix: p.Prefix})
	if err != nil {
		_ = client.Close() // the other error matters
		return nil, err
	}
	return &store{cache: s, locker: s, codes: s, close: client.Close}, nil
}

func (p place) openSQLite(ctx context.Context) (*store, error) {
	// Writers of several processes wait for each other instead of failing.
	address := url.URL{Scheme: "file", Opaque: (&url.URL{Path: p.Address}).EscapedPath(), RawQuery: url.Values{
		"_pragma": {"journal_mode(WAL)", "synchronous(FULL)", "busy_timeout(5000)"}, "_txlock": {"immediate"},
	}.Encode()}
	db, err := sql.Open("sqlite", address.String())
	if err != nil {
		return nil, err
	}
	s, err := sqlstore.New(db, sqlstore.SQLite)
	if err == nil {
		err = s.Migrate(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &store{cache: s, locker: s, codes: s, close: db.Close}, nil
}
