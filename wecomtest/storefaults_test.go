package wecomtest_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/callback"
	"github.com/wecom-isv/wecom/suite"
	"github.com/wecom-isv/wecom/wecomtest"
)

// brokenCache is a good cache with something changed.
type brokenCache struct {
	*wecom.MemoryCache
	key  func(string) string
	load func(context.Context, string) (wecom.Token, error)
	save func(context.Context, string, wecom.Token) (bool, error)
	drop func(context.Context, string, int64) error
	lock func(context.Context, string, time.Duration) (func(), error)
}

func (c *brokenCache) name(key string) string {
	if c.key != nil {
		return c.key(key)
	}
	return key
}

func (c *brokenCache) Load(ctx context.Context, key string) (wecom.Token, error) {
	if c.load != nil {
		return c.load(ctx, key)
	}
	return c.MemoryCache.Load(ctx, c.name(key))
}

func (c *brokenCache) Save(ctx context.Context, key string, t wecom.Token) (bool, error) {
	if c.save != nil {
		return c.save(ctx, key, t)
	}
	return c.MemoryCache.Save(ctx, c.name(key), t)
}

func (c *brokenCache) Drop(ctx context.Context, key string, upTo int64) error {
	if c.drop != nil {
		return c.drop(ctx, key, upTo)
	}
	return c.MemoryCache.Drop(ctx, c.name(key), upTo)
}

func (c *brokenCache) Lock(ctx context.Context, name string, ttl time.Duration) (func(), error) {
	if c.lock != nil {
		return c.lock(ctx, name, ttl)
	}
	return c.MemoryCache.Lock(ctx, name, ttl)
}

// brokenCaches are faults that caches have had, each with the subtest that must
// find it.
var brokenCaches = map[string]func(c *brokenCache){
	"Versions/the last writer wins": func(c *brokenCache) {
		c.save = func(ctx context.Context, key string, t wecom.Token) (bool, error) {
			_ = c.MemoryCache.Drop(ctx, key, 1<<53)
			return c.MemoryCache.Save(ctx, key, t)
		}
	},
	"Versions/versions are rounded": func(c *brokenCache) {
		c.save = func(ctx context.Context, key string, t wecom.Token) (bool, error) {
			t.Version = int64(float32(t.Version))
			return c.MemoryCache.Save(ctx, key, t)
		}
	},
	"EqualVersions/everybody is told that it saved": func(c *brokenCache) {
		c.save = func(ctx context.Context, key string, t wecom.Token) (bool, error) {
			_, err := c.MemoryCache.Save(ctx, key, t)
			return true, err
		}
	},
	"RacingVersions/read, then write": func(c *brokenCache) {
		c.save = func(ctx context.Context, key string, t wecom.Token) (bool, error) {
			if old, err := c.MemoryCache.Load(ctx, key); err == nil && old.Version >= t.Version {
				return false, nil
			}
			runtime.Gosched()
			_ = c.MemoryCache.Drop(ctx, key, 1<<53)
			return c.MemoryCache.Save(ctx, key, t)
		}
	},
	"RacingTickets/the last push wins": func(c *brokenCache) {
		c.save = func(ctx context.Context, key string, t wecom.Token) (bool, error) {
			_ = c.MemoryCache.Drop(ctx, key, 1<<53)
			return c.MemoryCache.Save(ctx, key, t)
		}
	},
	"Drop/newer versions go too": func(c *brokenCache) {
		c.drop = func(ctx context.Context, key string, _ int64) error { return c.MemoryCache.Drop(ctx, key, 1<<53) }
	},
	"RacingDrops/read, then drop": func(c *brokenCache) {
		c.drop = func(ctx context.Context, key string, upTo int64) error {
			if old, err := c.MemoryCache.Load(ctx, key); err != nil || old.Version > upTo {
				return err
			}
			runtime.Gosched()
			return c.MemoryCache.Drop(ctx, key, 1<<53)
		}
	},
	"Keys/case does not count": func(c *brokenCache) { c.key = strings.ToLower },
	"Keys/blanks do not count": func(c *brokenCache) { c.key = func(key string) string { return strings.TrimRight(key, " ") } },
	"Keys/long keys are cut":   func(c *brokenCache) { c.key = func(key string) string { return key[:min(len(key), 36)] } },
	"Expiry/nothing expires": func(c *brokenCache) {
		c.save = func(ctx context.Context, key string, t wecom.Token) (bool, error) {
			t.ExpiresAt = time.Time{}
			return c.MemoryCache.Save(ctx, key, t)
		}
	},
	"RoundTrip/seconds only": func(c *brokenCache) {
		c.save = func(ctx context.Context, key string, t wecom.Token) (bool, error) {
			t.ExpiresAt = t.ExpiresAt.Truncate(time.Second).Add(-time.Second)
			return c.MemoryCache.Save(ctx, key, t)
		}
	},
	"Values/values are cut": func(c *brokenCache) {
		c.save = func(ctx context.Context, key string, t wecom.Token) (bool, error) {
			t.Value = t.Value[:min(len(t.Value), 255)]
			return c.MemoryCache.Save(ctx, key, t)
		}
	},
	"CancelledCaller/a failure is told as a miss": func(c *brokenCache) {
		c.load = func(ctx context.Context, key string) (wecom.Token, error) {
			if ctx.Err() != nil {
				return wecom.Token{}, wecom.ErrNotCached
			}
			return c.MemoryCache.Load(ctx, key)
		}
	},
	"CancelledCaller/the error shows the value": func(c *brokenCache) {
		c.save = func(ctx context.Context, key string, t wecom.Token) (bool, error) {
			if ctx.Err() != nil {
				return false, errors.New("cannot save " + t.Value)
			}
			return c.MemoryCache.Save(ctx, key, t)
		}
	},
	"Exclusion/no lock at all": func(c *brokenCache) {
		c.lock = func(context.Context, string, time.Duration) (func(), error) { return func() {}, nil }
	},
	"Owner/anybody unlocks": func(c *brokenCache) {
		var mu sync.Mutex
		held := map[string]func(){}
		c.lock = func(ctx context.Context, name string, ttl time.Duration) (func(), error) {
			unlock, err := c.MemoryCache.Lock(ctx, name, ttl)
			if err != nil {
				return nil, err
			}
			mu.Lock()
			defer mu.Unlock()
			held[name] = unlock
			return func() {
				mu.Lock()
				defer mu.Unlock()
				held[name]()
			}, nil
		}
	},
	"Bounded/the lock gives up by itself": func(c *brokenCache) {
		c.lock = func(ctx context.Context, name string, ttl time.Duration) (func(), error) {
			ctx, cancel := context.WithTimeout(ctx, time.Millisecond)
			defer cancel()
			return c.MemoryCache.Lock(ctx, name, ttl)
		}
	},
	"UnlockAfterward/the lock ends with the context": func(c *brokenCache) {
		c.lock = func(ctx context.Context, name string, ttl time.Duration) (func(), error) {
			unlock, err := c.MemoryCache.Lock(ctx, name, ttl)
			if err == nil {
				context.AfterFunc(ctx, unlock)
			}
			return unlock, err
		}
	},
}

// brokenCodes is a good store with something changed.
type brokenCodes struct {
	suite.CodeStore
	load func(ctx context.Context, suiteID, corpID string) (suite.PermanentCode, error)
	save func(context.Context, suite.PermanentCode) error
}

func (s *brokenCodes) LoadCode(ctx context.Context, suiteID, corpID string) (suite.PermanentCode, error) {
	if s.load != nil {
		return s.load(ctx, suiteID, corpID)
	}
	return s.CodeStore.LoadCode(ctx, suiteID, corpID)
}

func (s *brokenCodes) SaveCode(ctx context.Context, code suite.PermanentCode) error {
	if s.save != nil {
		return s.save(ctx, code)
	}
	return s.CodeStore.SaveCode(ctx, code)
}

var brokenCodeStores = map[string]func(s *brokenCodes){
	"Replace/the latest time wins": func(s *brokenCodes) {
		s.save = func(ctx context.Context, code suite.PermanentCode) error {
			if old, err := s.CodeStore.LoadCode(ctx, code.SuiteID, code.CorpID); err == nil && old.At.After(code.At) {
				return nil
			}
			return s.CodeStore.SaveCode(ctx, code)
		}
	},
	"Owners/corp ids are not case sensitive": func(s *brokenCodes) {
		s.save = func(ctx context.Context, code suite.PermanentCode) error {
			code.CorpID = strings.ToLower(code.CorpID)
			return s.CodeStore.SaveCode(ctx, code)
		}
		s.load = func(ctx context.Context, suiteID, corpID string) (suite.PermanentCode, error) {
			code, err := s.CodeStore.LoadCode(ctx, suiteID, strings.ToLower(corpID))
			code.CorpID = corpID
			return code, err
		}
	},
	"CancelledCaller/a failure is told as a miss": func(s *brokenCodes) {
		s.load = func(ctx context.Context, suiteID, corpID string) (suite.PermanentCode, error) {
			if ctx.Err() != nil {
				return suite.PermanentCode{}, suite.ErrNoCode
			}
			return s.CodeStore.LoadCode(ctx, suiteID, corpID)
		}
	},
}

// brokenFilter is a good filter with something changed.
type brokenFilter struct {
	*callback.MemoryFilter
	begin  func(ctx context.Context, key, owner string) ([]byte, bool, error)
	commit func(ctx context.Context, key, owner string, answer []byte) error
	abort  func(ctx context.Context, key, owner string) error
}

func (f *brokenFilter) Begin(ctx context.Context, key, owner string) ([]byte, bool, error) {
	if f.begin != nil {
		return f.begin(ctx, key, owner)
	}
	return f.MemoryFilter.Begin(ctx, key, owner)
}

func (f *brokenFilter) Commit(ctx context.Context, key, owner string, answer []byte) error {
	if f.commit != nil {
		return f.commit(ctx, key, owner, answer)
	}
	return f.MemoryFilter.Commit(ctx, key, owner, answer)
}

func (f *brokenFilter) Abort(ctx context.Context, key, owner string) error {
	if f.abort != nil {
		return f.abort(ctx, key, owner)
	}
	return f.MemoryFilter.Abort(ctx, key, owner)
}

var brokenFilters = map[string]func(f *brokenFilter){
	"Commit/the answer is forgotten": func(f *brokenFilter) {
		f.begin = func(ctx context.Context, key, owner string) ([]byte, bool, error) {
			_, done, err := f.MemoryFilter.Begin(ctx, key, owner)
			return nil, done, err
		}
	},
	"Abort/nothing is given back": func(f *brokenFilter) {
		f.abort = func(ctx context.Context, key, owner string) error {
			return f.MemoryFilter.Commit(ctx, key, owner, nil)
		}
	},
	"Racing/everybody holds the key": func(f *brokenFilter) {
		f.begin = func(context.Context, string, string) ([]byte, bool, error) { return nil, false, nil }
	},
	"Keys/case does not count": func(f *brokenFilter) {
		f.begin = func(ctx context.Context, key, owner string) ([]byte, bool, error) {
			return f.MemoryFilter.Begin(ctx, strings.ToUpper(key), owner)
		}
		f.commit = func(ctx context.Context, key, owner string, answer []byte) error {
			return f.MemoryFilter.Commit(ctx, strings.ToUpper(key), owner, answer)
		}
	},
}

// brokenVar tells a copy of the test binary which fault to judge.
const brokenVar = "WECOM_TEST_BROKEN"

// Every fault is found, by the subtest that is there for it.
func TestContractSuitesFindFaults(t *testing.T) {
	t.Parallel()
	var faults []string
	for _, suite := range []struct {
		name  string
		names []string
	}{{"cache", names(brokenCaches)}, {"codes", names(brokenCodeStores)}, {"filter", names(brokenFilters)}} {
		for _, fault := range suite.names {
			faults = append(faults, suite.name+"/"+fault)
		}
	}
	slots := make(chan struct{}, 2)
	for _, fault := range faults {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			slots <- struct{}{}
			defer func() { <-slots }()
			subtest := strings.Split(fault, "/")[1]
			var out []byte
			var err error
			for range 5 { // a fault that only shows when two writers meet may hide once
				judge := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestBrokenStore$/^"+subtest+"$", "-test.v")
				judge.Env = append(os.Environ(), brokenVar+"="+fault) //nolint:forbidigo // The judge is a copy of this test.
				if out, err = judge.CombinedOutput(); err != nil {
					break
				}
			}
			require.Error(t, err, "the fault was not found")
			assert.Contains(t, string(out), "--- FAIL: TestBrokenStore/"+subtest, string(out))
		})
	}
}

func names[V any](m map[string]V) []string {
	var all []string
	for name := range m {
		all = append(all, name)
	}
	return all
}

// TestBrokenStore is a process of [TestContractSuitesFindFaults]. It must fail.
func TestBrokenStore(t *testing.T) {
	t.Parallel()
	kind, fault, _ := strings.Cut(os.Getenv(brokenVar), "/") //nolint:forbidigo // Set by TestContractSuitesFindFaults.
	switch kind {
	case "cache":
		broken := func() *brokenCache {
			c := &brokenCache{MemoryCache: wecom.NewMemoryCache()}
			brokenCaches[fault](c)
			return c
		}
		wecomtest.TestTokenCache(t, func(*testing.T) wecom.TokenCache { return broken() })
		wecomtest.TestLocker(t, func(*testing.T) wecom.Locker { return broken() })
	case "codes":
		wecomtest.TestCodeStore(t, func(*testing.T) suite.CodeStore {
			s := &brokenCodes{CodeStore: suite.NewCacheCodes(wecom.NewMemoryCache())}
			brokenCodeStores[fault](s)
			return s
		})
	case "filter":
		wecomtest.TestFilter(t, func(t *testing.T, hold, ttl time.Duration) callback.Filter {
			t.Helper()
			inner, err := callback.NewMemoryFilter(callback.MemoryFilterConfig{Hold: hold, TTL: ttl})
			require.NoError(t, err)
			f := &brokenFilter{MemoryFilter: inner}
			brokenFilters[fault](f)
			return f
		})
	default:
		t.Skip("a part of TestContractSuitesFindFaults")
	}
}
