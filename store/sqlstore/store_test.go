package sqlstore_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/callback"
	"github.com/wecom-isv/wecom/store/sqlstore"
	"github.com/wecom-isv/wecom/suite"
	"github.com/wecom-isv/wecom/wecomtest"
)

// contract runs the contract suites on stores that newStore makes.
func contract(t *testing.T, newStore func(t *testing.T) *sqlstore.Store) {
	t.Helper()
	wecomtest.TestTokenCache(t, func(t *testing.T) wecom.TokenCache { t.Helper(); return newStore(t) })
	wecomtest.TestLocker(t, func(t *testing.T) wecom.Locker { t.Helper(); return newStore(t) })
	wecomtest.TestCodeStore(t, func(t *testing.T) suite.CodeStore { t.Helper(); return newStore(t) })
	wecomtest.TestFilter(t, func(t *testing.T, hold, ttl time.Duration) callback.Filter {
		t.Helper()
		f, err := newStore(t).Filter(sqlstore.FilterConfig{Hold: hold, TTL: ttl})
		require.NoError(t, err)
		return f
	})
}

func TestContractOnSQLite(t *testing.T) {
	t.Parallel()
	contract(t, sqliteStore)
}

// postgres returns a store in a database of its own on PostgreSQL.
func postgres(t *testing.T) *sqlstore.Store {
	t.Helper()
	return newStore(t, open(t, "pgx", emptyPostgres(t)), sqlstore.PostgreSQL)
}

// emptyPostgres makes a database on the server that WECOM_TEST_POSTGRES names, or
// on one of the test's own.
func emptyPostgres(t *testing.T) (dsn string) {
	t.Helper()
	dsn = setting("WECOM_TEST_POSTGRES")
	if dsn == "" {
		dsn = startServer(t).dsn()
	}
	u, err := url.Parse(dsn)
	require.NoError(t, err)
	u.Path = "/" + createDatabase(t, "pgx", dsn)
	return u.String()
}

func TestContractOnPostgreSQL(t *testing.T) {
	t.Parallel()
	s := postgres(t)
	contract(t, func(*testing.T) *sqlstore.Store { return s })
}

// mysql returns a store in a database of its own on the server that
// WECOM_TEST_MYSQL names as the Go driver does: user:password@tcp(host:3306)/.
func mysql(t *testing.T, options ...string) *sqlstore.Store {
	t.Helper()
	dsn := setting("WECOM_TEST_MYSQL")
	if dsn == "" {
		skip(t, "mysql", "WECOM_TEST_MYSQL names no server")
	}
	server, given, found := strings.Cut(dsn, ")/")
	require.True(t, found, "WECOM_TEST_MYSQL has no database part")
	_, given, _ = strings.Cut(given, "?")
	name := createDatabase(t, "mysql", dsn)
	return newStore(t, open(t, "mysql", server+")/"+name+"?"+strings.Join(append(options, given), "&")), sqlstore.MySQL)
}

func TestContractOnMySQL(t *testing.T) {
	t.Parallel()
	for name, option := range map[string]string{"Changed": "clientFoundRows=false", "Found": "clientFoundRows=true"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := mysql(t, option)
			contract(t, func(*testing.T) *sqlstore.Store { return s })
		})
	}
}
