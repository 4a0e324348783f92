package records

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Customer is a corp that has installed the app.
type Customer struct {
	CorpID      string
	Name        string
	InstalledBy string // user id of the administrator; may be empty
	InstalledAt time.Time
}

// SaveCustomer keeps c in place of what was there. The time of the first
// installation stays.
func (s *Store) SaveCustomer(ctx context.Context, c Customer) error {
	return s.exec(ctx, "save customer", `
		INSERT INTO isv_customers (corp_id, name, installed_by, installed_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (corp_id) DO UPDATE SET name = excluded.name, installed_by = excluded.installed_by`,
		c.CorpID, c.Name, c.InstalledBy, c.InstalledAt.UnixMilli())
}

// DropCustomer removes a corp with everything that is kept about it, as WeCom
// obliges a provider to do when the corp has removed the app: all of it or, with an
// error, nothing. Absent is no error.
func (s *Store) DropCustomer(ctx context.Context, corpID string) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("records: drop customer: %w", err)
		}
	}()
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing after Commit
	for _, query := range []string{
		`DELETE FROM isv_sessions WHERE corp_id = $1`,
		`DELETE FROM isv_events WHERE corp_id = $1`,
		`DELETE FROM isv_customers WHERE corp_id = $1`,
	} {
		if _, err := tx.ExecContext(ctx, query, corpID); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// Customers returns all corps, the newest first.
func (s *Store) Customers(ctx context.Context) ([]Customer, error) {
	return s.customers(ctx, `SELECT corp_id, name, installed_by, installed_at FROM isv_customers ORDER BY installed_at DESC, corp_id`)
}

// Customer returns one corp, or [ErrNotFound].
func (s *Store) Customer(ctx context.Context, corpID string) (Customer, error) {
	found, err := s.customers(ctx, `SELECT corp_id, name, installed_by, installed_at FROM isv_customers WHERE corp_id = $1`, corpID)
	if err == nil && len(found) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Customer{}, err
	}
	return found[0], nil
}

func (s *Store) customers(ctx context.Context, query string, args ...any) ([]Customer, error) {
	return list(ctx, s.db, "read customers", func(rows *sql.Rows) (Customer, error) {
		var c Customer
		var at int64
		err := rows.Scan(&c.CorpID, &c.Name, &c.InstalledBy, &at)
		c.InstalledAt = time.UnixMilli(at)
		return c, err
	}, query, args...)
}
