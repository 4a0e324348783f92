package redisstore_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/callback"
	"github.com/wecom-isv/wecom/store/redisstore"
	"github.com/wecom-isv/wecom/suite"
	"github.com/wecom-isv/wecom/wecomtest"
)

// contract runs the contract suites on stores that newStore makes.
func contract(t *testing.T, newStore func(t *testing.T) *redisstore.Store) {
	t.Helper()
	wecomtest.TestTokenCache(t, func(t *testing.T) wecom.TokenCache { t.Helper(); return newStore(t) })
	wecomtest.TestLocker(t, func(t *testing.T) wecom.Locker { t.Helper(); return newStore(t) })
	wecomtest.TestCodeStore(t, func(t *testing.T) suite.CodeStore { t.Helper(); return newStore(t) })
	wecomtest.TestFilter(t, func(t *testing.T, hold, ttl time.Duration) callback.Filter {
		t.Helper()
		f, err := newStore(t).Filter(redisstore.FilterConfig{Hold: hold, TTL: ttl})
		require.NoError(t, err)
		return f
	})
}

func TestContractOnMiniredis(t *testing.T) {
	t.Parallel()
	contract(t, func(t *testing.T) *redisstore.Store {
		t.Helper()
		s, _ := miniStore(t)
		return s
	})
}

func TestContractOnRedis(t *testing.T) {
	t.Parallel()
	client := connect(t, realAddr(t))
	contract(t, func(t *testing.T) *redisstore.Store {
		t.Helper()
		return newStore(t, client)
	})
	require.NoError(t, client.Ping(t.Context()).Err())
}
