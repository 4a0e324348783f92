package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/callback"
	"github.com/wecom-isv/wecom/examples/internal/databases"
	"github.com/wecom-isv/wecom/examples/isv/internal/records"
	"github.com/wecom-isv/wecom/store/redisstore"
	"github.com/wecom-isv/wecom/store/sqlstore"
	"github.com/wecom-isv/wecom/suite"
)

// storage is where the program keeps what must survive it.
//
// Decide where permanent codes live: they cannot be fetched again, so they belong
// on the database whose backups you trust most. Here that is SQLite or PostgreSQL,
// beside the customers. Everything else comes back by itself.
type storage struct {
	cache   wecom.TokenCache // tokens and tickets; also used for states and registrations
	codes   suite.CodeStore
	filter  callback.Filter
	records *records.Store

	db       *sql.DB
	tables   *sqlstore.Store
	database string // for people
	tokens   string // for people
	closers  []func() error
}

// openStorage opens what cfg names, or the SQLite file. A name never shows an
// address, which may hold a password.
func openStorage(ctx context.Context, cfg config, sqlite string) (_ *storage, err error) {
	s := new(storage)
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if err := s.openDatabase(ctx, cfg.postgres, sqlite); err != nil {
		return nil, err
	}
	if cfg.redis != "" {
		if err := s.openRedis(ctx, cfg); err != nil {
			return nil, fmt.Errorf("WECOM_REDIS: %w", err)
		}
	}
	if cfg.storeKey != "" {
		if err := s.seal(sealKey(cfg.storeKey)); err != nil {
			return nil, fmt.Errorf("WECOM_STORE_KEY: %w", err)
		}
	}
	return s, nil
}

// openDatabase opens the SQL database, which keeps everything unless there is a
// Redis too.
func (s *storage) openDatabase(ctx context.Context, postgres, sqlite string) (err error) {
	dialect, tables := sqlstore.SQLite, records.SQLite
	if postgres != "" {
		dialect, tables = sqlstore.PostgreSQL, records.PostgreSQL
		s.database = "PostgreSQL"
		if s.db, err = databases.PostgreSQL(ctx, postgres); err != nil {
			return fmt.Errorf("WECOM_POSTGRES: %w", err)
		}
	} else {
		s.database = "SQLite"
		if s.db, err = databases.SQLite(sqlite); err != nil {
			return fmt.Errorf("-db: %w", err)
		}
	}
	s.tokens = s.database
	s.closers = append(s.closers, s.db.Close)
	if s.tables, err = sqlstore.New(s.db, dialect); err != nil {
		return err
	}
	if err := s.tables.Migrate(ctx); err != nil {
		return err
	}
	if s.records, err = records.Open(ctx, s.db, tables); err != nil {
		return err
	}
	s.cache, s.codes = s.tables, s.tables
	s.filter, err = s.tables.Filter(sqlstore.FilterConfig{})
	return err
}

// openRedis takes tokens, locks and the duplicate filter to Redis, which is faster
// and what several processes should share.
func (s *storage) openRedis(ctx context.Context, cfg config) error {
	client, err := databases.Redis(ctx, cfg.redis)
	if err != nil {
		return err
	}
	s.tokens = "Redis"
	s.closers = append(s.closers, client.Close)
	store, err := redisstore.New(client, redisstore.Config{Prefix: "wecom-isv:" + cfg.SuiteID + ":"})
	if err != nil {
		return err
	}
	s.cache = store
	s.filter, err = store.Filter(redisstore.FilterConfig{})
	return err
}

// seal encrypts codes and tokens before they are stored.
func (s *storage) seal(key wecom.SealKey) (err error) {
	if s.cache, err = wecom.SealCache(s.cache, key); err != nil {
		return err
	}
	s.codes, err = suite.SealCodes(s.codes, key)
	return err
}

// sweep removes what has expired.
func (s *storage) sweep(ctx context.Context) error {
	_, err := s.tables.Sweep(ctx)
	return errors.Join(err, s.records.Sweep(ctx, keepEvents))
}

func (s *storage) close() error {
	var errs []error
	for _, end := range s.closers {
		errs = append(errs, end())
	}
	return errors.Join(errs...)
}
