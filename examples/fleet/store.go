package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/examples/internal/databases"
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
		if err := databases.CheckRedis(redisAddress); err != nil {
			return place{}, fmt.Errorf("WECOM_REDIS must be %w", err)
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
	client, err := databases.Redis(ctx, p.Address)
	if err != nil {
		return nil, fmt.Errorf("WECOM_REDIS: %w", err)
	}
	s, err := redisstore.New(client, redisstore.Config{Prefix: p.Prefix})
	if err != nil {
		_ = client.Close() // the other error matters
		return nil, err
	}
	return &store{cache: s, locker: s, codes: s, close: client.Close}, nil
}

func (p place) openSQLite(ctx context.Context) (*store, error) {
	db, err := databases.SQLite(p.Address)
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
