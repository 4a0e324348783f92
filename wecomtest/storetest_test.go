package wecomtest_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/callback"
	"github.com/wecom-isv/wecom/suite"
	"github.com/wecom-isv/wecom/wecomtest"
)

var testSealKey = wecom.SealKey{ID: "k1", Key: wecom.NewSecret(base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32))))}

func TestMemoryCacheContract(t *testing.T) {
	t.Parallel()
	wecomtest.TestTokenCache(t, func(*testing.T) wecom.TokenCache { return wecom.NewMemoryCache() })
	wecomtest.TestLocker(t, func(*testing.T) wecom.Locker { return wecom.NewMemoryCache() })
}

func TestSealCacheContract(t *testing.T) {
	t.Parallel()
	sealed := func(t *testing.T) wecom.TokenCache {
		t.Helper()
		cache, err := wecom.SealCache(wecom.NewMemoryCache(), testSealKey)
		require.NoError(t, err)
		return cache
	}
	wecomtest.TestTokenCache(t, sealed)
	wecomtest.TestLocker(t, func(t *testing.T) wecom.Locker {
		t.Helper()
		return sealed(t).(wecom.Locker)
	})
	wecomtest.TestCodeStore(t, func(t *testing.T) suite.CodeStore {
		t.Helper()
		return suite.NewCacheCodes(sealed(t))
	})
}

func TestMemoryFilterContract(t *testing.T) {
	t.Parallel()
	wecomtest.TestFilter(t, func(t *testing.T, hold, ttl time.Duration) callback.Filter {
		t.Helper()
		f, err := callback.NewMemoryFilter(callback.MemoryFilterConfig{Hold: hold, TTL: ttl})
		require.NoError(t, err)
		return f
	})
}
