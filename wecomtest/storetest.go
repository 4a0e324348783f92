package wecomtest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/callback"
	"github.com/wecom-isv/wecom/suite"
)

// The contract suites. They know nothing of the simulator and the simulator
// knows nothing of them: this file alone imports packages of the module.

const (
	storeWriters = 16               // at once, on one entry
	storePrompt  = 5 * time.Second  // what must not hang is over by then
	storeLife    = 30 * time.Second // an entry that is to outlive its test
	maxVersion   = 1<<53 - 1        // the greatest Version that there is
)

// TestTokenCache checks that a [wecom.TokenCache] keeps its contract: it is what
// the caches of this module are tested with, for your own.
//
//	func TestMyCache(t *testing.T) {
//		wecomtest.TestTokenCache(t, func(t *testing.T) wecom.TokenCache { return mycache.New(t) })
//	}
//
// newCache is called once for each subtest and may return the same cache each
// time, with entries in it: keys are random. It takes about a second.
func TestTokenCache(t *testing.T, newCache func(t *testing.T) wecom.TokenCache) {
	t.Helper()
	for name, test := range map[string]func(cacheTest){
		"RoundTrip":       cacheTest.roundTrip,
		"Versions":        cacheTest.versions,
		"Drop":            cacheTest.drop,
		"Expiry":          cacheTest.expiry,
		"Keys":            cacheTest.keys,
		"Values":          cacheTest.values,
		"EqualVersions":   cacheTest.equalVersions,
		"RacingVersions":  cacheTest.racingVersions,
		"RacingDrops":     cacheTest.racingDrops,
		"RacingTickets":   cacheTest.racingTickets,
		"CancelledCaller": cacheTest.cancelled,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(cacheTest{T: t, cache: newCache(t), key: "wecomtest/" + rand.Text()})
		})
	}
}

// cacheTest is one subtest on a key of its own.
type cacheTest struct {
	*testing.T
	cache wecom.TokenCache
	key   string
}

func liveToken(value string, version int64) wecom.Token {
	return wecom.Token{Value: value, Version: version, ExpiresAt: time.Now().Add(storeLife).Round(0)}
}

func (t cacheTest) save(key string, token wecom.Token) bool {
	t.Helper()
	saved, err := t.cache.Save(t.Context(), key, token)
	if err != nil {
		t.Fatalf("Save %s: %v", key, err)
	}
	return saved
}

// wants fails unless the entry of key is the one that is wanted.
func (t cacheTest) wants(key, value string, version int64) wecom.Token {
	t.Helper()
	got, err := t.cache.Load(t.Context(), key)
	if err != nil {
		t.Fatalf("Load %s: %v; version %d was saved", key, err, version)
	}
	if got.Value != value || got.Version != version {
		t.Fatalf("Load %s gave version %d, want %d (same value: %t)", key, got.Version, version, got.Value == value)
	}
	return got
}

func (t cacheTest) wantsNone(key, why string) {
	t.Helper()
	if got, err := t.cache.Load(t.Context(), key); !errors.Is(err, wecom.ErrNotCached) {
		t.Fatalf("Load %s gave version %d and error %v, want ErrNotCached: %s", key, got.Version, err, why)
	}
}

func (t cacheTest) dropUpTo(key string, upTo int64) {
	t.Helper()
	if err := t.cache.Drop(t.Context(), key, upTo); err != nil {
		t.Fatalf("Drop %s up to %d: %v", key, upTo, err)
	}
}

func (t cacheTest) roundTrip() {
	t.wantsNone(t.key, "nothing was saved")
	want := liveToken("value", 7)
	if !t.save(t.key, want) {
		t.Fatal("Save into an empty entry reported false")
	}
	got := t.wants(t.key, "value", 7)
	if d := got.ExpiresAt.Sub(want.ExpiresAt).Abs(); d > time.Millisecond {
		t.Errorf("ExpiresAt moved by %v; a millisecond is allowed", d)
	}
	forever := t.key + "/forever"
	t.save(forever, wecom.Token{Value: "value", Version: 1})
	if got := t.wants(forever, "value", 1); !got.ExpiresAt.IsZero() {
		t.Errorf("a token without expiry came back with ExpiresAt %v", got.ExpiresAt)
	}
}

func (t cacheTest) versions() {
	for i, step := range []struct {
		version int64
		saved   bool
		newest  int64
	}{
		{-62135596800000, true, -62135596800000}, // the zero time
		{0, true, 0},
		{5, true, 5},
		{4, false, 5},
		{5, false, 5},
		{6, true, 6},
		{time.Now().UnixMilli(), true, 0},
		{maxVersion - 1, true, maxVersion - 1},
		{maxVersion, true, maxVersion}, // one more: no store may round
		{maxVersion, false, maxVersion},
		{maxVersion - 1, false, maxVersion},
	} {
		if saved := t.save(t.key, liveToken(fmt.Sprint("v", step.version), step.version)); saved != step.saved {
			t.Fatalf("step %d: Save of version %d reported %t, want %t", i, step.version, saved, step.saved)
		}
		if step.newest != 0 {
			t.wants(t.key, fmt.Sprint("v", step.newest), step.newest)
		}
	}
	// An older token that lives for ever does not win either.
	if t.save(t.key, wecom.Token{Value: "old", Version: 1}) {
		t.Error("an older version replaced a newer one because it does not expire")
	}
}

func (t cacheTest) drop() {
	t.dropUpTo(t.key, maxVersion) // absent: no error
	t.save(t.key, liveToken("v5", 5))
	t.dropUpTo(t.key, 4)
	t.wants(t.key, "v5", 5)
	t.dropUpTo(t.key, 5)
	t.wantsNone(t.key, "it was dropped")
	if !t.save(t.key, liveToken("v3", 3)) {
		t.Error("a dropped entry stood in the way of an older version")
	}
	t.wants(t.key, "v3", 3)
	t.save(t.key, wecom.Token{Value: "v6", Version: 6})
	t.dropUpTo(t.key, maxVersion)
	t.wantsNone(t.key, "it was dropped, although it does not expire")
}

func (t cacheTest) expiry() {
	t.save(t.key+"/past", wecom.Token{Value: "v", Version: 1, ExpiresAt: time.Now().Add(-time.Minute)})
	t.wantsNone(t.key+"/past", "it had expired when it was saved")

	const life = 300 * time.Millisecond
	end := time.Now().Add(life)
	t.save(t.key, wecom.Token{Value: "brief", Version: 9, ExpiresAt: end})
	for {
		_, err := t.cache.Load(t.Context(), t.key)
		now := time.Now()
		if errors.Is(err, wecom.ErrNotCached) {
			if before := end.Sub(now); before > 10*time.Millisecond {
				t.Fatalf("the entry was gone %v before it expired", before)
			}
			break
		}
		if err != nil {
			t.Fatalf("Load: %v", err)
		}
		if late := now.Sub(end); late > storePrompt {
			t.Fatalf("the entry was there %v after it had expired", late)
		}
		pause(t.Context(), 5*time.Millisecond)
	}
	if !t.save(t.key, liveToken("older", 1)) {
		t.Error("an expired entry stood in the way of an older version")
	}
	t.wants(t.key, "older", 1)

	// The new expiry counts, not the one of the entry that was replaced.
	t.save(t.key+"/longer", wecom.Token{Value: "brief", Version: 1, ExpiresAt: time.Now().Add(life)})
	t.save(t.key+"/longer", liveToken("long", 2))
	t.save(t.key+"/never", wecom.Token{Value: "brief", Version: 1, ExpiresAt: time.Now().Add(life)})
	t.save(t.key+"/never", wecom.Token{Value: "never", Version: 2})
	pause(t.Context(), life+50*time.Millisecond)
	t.wants(t.key+"/longer", "long", 2)
	t.wants(t.key+"/never", "never", 2)
}

func (t cacheTest) keys() {
	keys := []string{
		t.key, t.key + "/", t.key + "/a", t.key + "/A", t.key + "/a ", t.key + " /a", t.key + "/a/b", t.key + "/*", t.key + "/%", t.key + "/_",
		t.key + "/?", t.key + "/[a]", t.key + "/{a}", t.key + "/{}", t.key + "/a:b", t.key + `/"'` + "`" + `\`, t.key + "/;--", t.key + "/$1", t.key + "/ä", t.key + "/企业微信",
		t.key + "/suite/" + strings.Repeat("s", 128) + "/corp/" + strings.Repeat("c", 128) + "/agent_ticket",
	}
	for i, key := range keys {
		t.save(key, liveToken(key, int64(i)))
	}
	for i, key := range keys {
		t.wants(key, key, int64(i))
	}
	for i, key := range keys {
		t.dropUpTo(key, maxVersion)
		t.wantsNone(key, "it was dropped")
		for j, other := range keys[i+1:] {
			t.wants(other, other, int64(i+1+j))
		}
	}
}

func (t cacheTest) values() {
	for i, value := range []string{
		"a", " ", `"'\;--%s$1{}`, "line\nline\ttab", "企业微信 🎫", "<&>\u2028", "null", "0", strings.Repeat("t", 512), strings.Repeat("大", 8<<10),
	} {
		key := fmt.Sprint(t.key, "/", i)
		t.save(key, liveToken(value, 1))
		t.wants(key, value, 1)
	}
}

// Of those who save the same version at once, exactly one is told that it did.
func (t cacheTest) equalVersions() {
	for version := range int64(10) {
		var winners atomic.Int32
		var winner atomic.Value
		race(storeWriters, func(writer int) {
			value := fmt.Sprint("writer ", writer)
			saved, err := t.cache.Save(t.Context(), t.key, liveToken(value, version))
			if err != nil {
				t.Errorf("Save: %v", err)
			}
			if saved {
				winners.Add(1)
				winner.Store(value)
			}
		})
		if n := winners.Load(); n != 1 {
			t.Fatalf("version %d: %d of %d writers were told that they saved it, want 1", version, n, storeWriters)
		}
		t.wants(t.key, winner.Load().(string), version)
	}
}

// Writers who come in any order leave the newest behind, and nobody ever sees
// the entry go back.
func (t cacheTest) racingVersions() {
	const each = 30
	versions := mathrand.Perm(storeWriters * each) //nolint:gosec // An order, no secret.
	race(storeWriters, func(writer int) {
		seen := int64(-1)
		for _, v := range versions[writer*each : (writer+1)*each] {
			version := int64(v)
			if _, err := t.cache.Save(t.Context(), t.key, liveToken(fmt.Sprint("v", version), version)); err != nil {
				t.Errorf("Save: %v", err)
				return
			}
			got, err := t.cache.Load(t.Context(), t.key)
			if err != nil {
				t.Errorf("Load: %v", err)
				return
			}
			if got.Version < max(seen, version) || got.Value != fmt.Sprint("v", got.Version) {
				t.Errorf("version %d was there after %d", got.Version, max(seen, version))
				return
			}
			seen = got.Version
		}
	})
	const newest = storeWriters*each - 1
	t.wants(t.key, fmt.Sprint("v", newest), newest)
}

// Whoever drops an old version never drops a newer one.
func (t cacheTest) racingDrops() {
	for version := int64(1); version < 60; version += 2 {
		t.save(t.key, liveToken("old", version))
		race(4, func(part int) {
			if part == 0 {
				if saved, err := t.cache.Save(t.Context(), t.key, liveToken("new", version+1)); err != nil || !saved {
					t.Errorf("Save of version %d: %t, %v", version+1, saved, err)
				}
				return
			}
			if err := t.cache.Drop(t.Context(), t.key, version); err != nil {
				t.Errorf("Drop: %v", err)
			}
		})
		t.wants(t.key, "new", version+1)
	}
}

// Sixteen processes get the pushes of a suite_ticket late and in any order; the
// next process to start buys its token with the newest.
func (t cacheTest) racingTickets() {
	const each = 8
	id := "ww" + strings.ToLower(rand.Text())
	now := time.Now().Truncate(time.Second)
	pushes := mathrand.Perm(storeWriters * each) //nolint:gosec // An order, no secret.
	start := func(sent *atomic.Value) *suite.Client {
		api, err := wecom.New(wecom.WithTokenCache(t.cache), wecom.WithTransport(ticketCatcher{sent}))
		if err != nil {
			t.Fatal(err)
		}
		app, err := suite.New(api, suite.Config{ID: id, Secret: "secret"})
		if err != nil {
			t.Fatal(err)
		}
		return app
	}
	var none atomic.Value
	processes := make([]*suite.Client, storeWriters)
	for i := range processes {
		processes[i] = start(&none)
	}
	race(storeWriters, func(process int) {
		for _, push := range pushes[process*each : (process+1)*each] {
			at := now.Add(-time.Duration(push) * time.Second)
			if err := processes[process].SaveTicket(t.Context(), wecom.NewSecret(fmt.Sprint("ticket ", push)), at); err != nil {
				t.Errorf("SaveTicket: %v", err)
			}
		}
	})
	// And the oldest of all comes last, to a process that knows of no other.
	if err := start(&none).SaveTicket(t.Context(), wecom.NewSecret("late ticket"), now.Add(-storeWriters*each*time.Second)); err != nil {
		t.Errorf("SaveTicket: %v", err)
	}
	var sent atomic.Value
	if _, err := start(&sent).Token(t.Context()); err != nil {
		t.Fatalf("a process that starts afterwards has no suite token: %v", err)
	}
	if got := sent.Load(); got != "ticket 0" {
		t.Errorf("a process that starts afterwards uses %q, want the newest, ticket 0", got)
	}
}

// ticketCatcher answers get_suite_token and keeps the ticket that was sent.
type ticketCatcher struct{ sent *atomic.Value }

func (c ticketCatcher) RoundTrip(r *http.Request) (*http.Response, error) {
	var body struct {
		Ticket string `json:"suite_ticket"`
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		return nil, err
	}
	c.sent.Store(body.Ticket)
	return &http.Response{
		StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Content-Type": {"application/json"}},
		Body:   io.NopCloser(strings.NewReader(`{"errcode":0,"errmsg":"ok","suite_access_token":"token","expires_in":7200}`)),
	}, nil
}

// A caller who has gone gets an error or the truth, at once, and no secret.
func (t cacheTest) cancelled() {
	t.save(t.key, liveToken("canary-1", 1))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	begin := time.Now()
	got, err := t.cache.Load(ctx, t.key)
	switch {
	case err == nil && got.Version != 1, errors.Is(err, wecom.ErrNotCached):
		t.Errorf("Load: version %d, error %v; a cancelled caller must not be told that nothing is there", got.Version, err)
	case err != nil && !errors.Is(err, context.Canceled):
		t.Errorf("Load: %v, want context.Canceled inside", err)
	}
	noCanary(t.T, "Load", err)
	saved, err := t.cache.Save(ctx, t.key, liveToken("canary-2", 2))
	noCanary(t.T, "Save", err)
	if now := t.wantsEither(1, 2); err == nil && saved != (now == 2) {
		t.Errorf("Save reported %t without an error; version %d is there", saved, now)
	}
	err = t.cache.Drop(ctx, t.key, maxVersion)
	noCanary(t.T, "Drop", err)
	if err == nil {
		t.wantsNone(t.key, "Drop reported no error")
	}
	if d := time.Since(begin); d > storePrompt {
		t.Errorf("a cancelled caller waited %v", d)
	}
}

func (t cacheTest) wantsEither(versions ...int64) int64 {
	t.Helper()
	got, err := t.cache.Load(t.Context(), t.key)
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	for _, v := range versions {
		if got.Version == v {
			return v
		}
	}
	t.Fatalf("version %d is there, want one of %v", got.Version, versions)
	return 0
}

// TestLocker checks that a [wecom.Locker] keeps its contract. newLocker is called
// once for each subtest and may return the same locker each time: names are
// random. It takes about two seconds.
func TestLocker(t *testing.T, newLocker func(t *testing.T) wecom.Locker) {
	t.Helper()
	for name, test := range map[string]func(lockTest){
		"Exclusion":       lockTest.exclusion,
		"Names":           lockTest.names,
		"Bounded":         lockTest.bounded,
		"HandOver":        lockTest.handOver,
		"DeadHolder":      lockTest.deadHolder,
		"Owner":           lockTest.owner,
		"UnlockAfterward": lockTest.unlockAfterward,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(lockTest{T: t, locker: newLocker(t), name: "wecomtest/" + rand.Text()})
		})
	}
}

type lockTest struct {
	*testing.T
	locker wecom.Locker
	name   string
}

func (t lockTest) lock(name string, ttl time.Duration) (unlock func()) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), storeLife)
	defer cancel()
	unlock, err := t.locker.Lock(ctx, name, ttl)
	if err != nil {
		t.Fatalf("Lock %s: %v", name, err)
	}
	return unlock
}

// isFree reports whether the lock of name can be had within d.
func (t lockTest) isFree(name string, d time.Duration) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	unlock, err := t.locker.Lock(ctx, name, storeLife)
	if err != nil {
		return false
	}
	unlock()
	return true
}

const glance = 150 * time.Millisecond // long enough to see that a lock is taken

func (t lockTest) exclusion() {
	var inside, worst, passed atomic.Int32
	race(storeWriters, func(int) {
		for range 3 {
			ctx, cancel := context.WithTimeout(t.Context(), storeLife)
			unlock, err := t.locker.Lock(ctx, t.name, storeLife)
			cancel()
			if err != nil {
				t.Errorf("Lock: %v", err)
				return
			}
			if n := inside.Add(1); n > 1 {
				worst.Store(n)
			}
			pause(t.Context(), time.Millisecond)
			inside.Add(-1)
			passed.Add(1)
			unlock()
		}
	})
	if n := worst.Load(); n > 1 {
		t.Errorf("%d holders of one lock at once", n)
	}
	if n := passed.Load(); n != 3*storeWriters {
		t.Errorf("%d of %d got the lock", n, 3*storeWriters)
	}
}

func (t lockTest) names() {
	names := []string{t.name, t.name + "/", t.name + "/a", t.name + "/A", t.name + "/a ", t.name + "/*", t.name + "/%", t.name + "/{a}"}
	for i, name := range names {
		unlock := t.lock(name, storeLife)
		defer unlock()
		for _, other := range names[i+1:] {
			if !t.isFree(other, storePrompt) {
				t.Errorf("the lock of %q stands in the way of %q", name, other)
			}
		}
	}
}

// Waiting ends with the context, not with the lock.
func (t lockTest) bounded() {
	defer t.lock(t.name, storeLife)()
	ctx, cancel := context.WithTimeout(t.Context(), glance)
	defer cancel()
	begin := time.Now()
	unlock, err := t.locker.Lock(ctx, t.name, storeLife)
	waited := time.Since(begin)
	if err == nil {
		unlock()
		t.Fatal("a lock was given twice")
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Lock: %v, want context.DeadlineExceeded inside", err)
	}
	if waited < glance-5*time.Millisecond || waited > glance+storePrompt {
		t.Errorf("Lock waited %v with a context of %v", waited, glance)
	}

	ctx, cancel = context.WithCancel(t.Context())
	cancel()
	begin = time.Now()
	if unlock, err := t.locker.Lock(ctx, t.name, storeLife); err == nil {
		unlock()
		t.Error("a lock was given twice, to a cancelled caller")
	}
	if waited := time.Since(begin); waited > storePrompt {
		t.Errorf("a cancelled caller waited %v", waited)
	}
	// Nor does what a cancelled caller tried stand in the way of others.
	free := t.name + "/free"
	if unlock, err := t.locker.Lock(ctx, free, storeLife); err == nil {
		unlock()
	}
	if !t.isFree(free, storePrompt) {
		t.Error("a cancelled caller left a lock behind")
	}
}

func (t lockTest) handOver() {
	unlock := t.lock(t.name, storeLife)
	got := make(chan time.Time, 1)
	var wg sync.WaitGroup
	wg.Go(func() {
		ctx, cancel := context.WithTimeout(t.Context(), storeLife)
		defer cancel()
		next, err := t.locker.Lock(ctx, t.name, storeLife)
		if err != nil {
			t.Errorf("Lock: %v", err)
			close(got)
			return
		}
		got <- time.Now()
		next()
	})
	pause(t.Context(), glance)
	select {
	case <-got:
		t.Error("a waiter got a lock that is held")
	default:
	}
	released := time.Now()
	unlock()
	wg.Wait()
	if at, ok := <-got; ok {
		if late := at.Sub(released); late > time.Second {
			t.Errorf("a waiter got the lock %v after it was free; a second is allowed", late)
		}
	}
}

// A holder who has died loses the lock when its time is over, and not before.
func (t lockTest) deadHolder() {
	const ttl = 500 * time.Millisecond
	begin := time.Now()
	_ = t.lock(t.name, ttl) // never unlocked
	unlock := t.lock(t.name, storeLife)
	defer unlock()
	if d := time.Since(begin); d < ttl-100*time.Millisecond || d > ttl+storePrompt {
		t.Errorf("the lock of a dead holder ended after %v, want %v", d, ttl)
	}
}

// Who unlocks late does not release the lock of the next holder.
func (t lockTest) owner() {
	late := t.lock(t.name, 250*time.Millisecond)
	next := t.lock(t.name, storeLife)
	late()
	if t.isFree(t.name, glance) {
		t.Fatal("a late unlock released the lock of another holder")
	}
	next()
	third := t.lock(t.name, storeLife)
	next() // a second time
	late()
	if t.isFree(t.name, glance) {
		t.Fatal("a second unlock released the lock of another holder")
	}
	third()
	if !t.isFree(t.name, storePrompt) {
		t.Error("the lock is not free after unlock")
	}
}

// Unlocking does not depend on the context of Lock.
func (t lockTest) unlockAfterward() {
	ctx, cancel := context.WithCancel(t.Context())
	unlock, err := t.locker.Lock(ctx, t.name, storeLife)
	if err != nil {
		t.Fatalf("Lock: %v", err)
	}
	cancel()
	if t.isFree(t.name, glance) {
		t.Error("the lock ended with the context of Lock")
	}
	unlock()
	if !t.isFree(t.name, storePrompt) {
		t.Error("unlock did nothing after the context of Lock had ended")
	}
}

// TestCodeStore checks that a [suite.CodeStore] keeps its contract. newStore is
// called once for each subtest and may return the same store each time: ids are
// random. Whether codes survive a crash is not for a test to say.
func TestCodeStore(t *testing.T, newStore func(t *testing.T) suite.CodeStore) {
	t.Helper()
	for name, test := range map[string]func(codeTest){
		"RoundTrip":       codeTest.roundTrip,
		"Replace":         codeTest.replace,
		"DropOld":         codeTest.dropOld,
		"Owners":          codeTest.owners,
		"Racing":          codeTest.racing,
		"CancelledCaller": codeTest.cancelled,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(codeTest{T: t, store: newStore(t), suiteID: "ww" + rand.Text(), corpID: "wp" + rand.Text()})
		})
	}
}

type codeTest struct {
	*testing.T
	store           suite.CodeStore
	suiteID, corpID string
}

func (t codeTest) code(value string, at time.Time) suite.PermanentCode {
	return suite.PermanentCode{SuiteID: t.suiteID, CorpID: t.corpID, Code: wecom.NewSecret(value), At: at}
}

func (t codeTest) save(code suite.PermanentCode) {
	t.Helper()
	if err := t.store.SaveCode(t.Context(), code); err != nil {
		t.Fatalf("SaveCode: %v", err)
	}
}

func (t codeTest) wants(suiteID, corpID, value string) suite.PermanentCode {
	t.Helper()
	got, err := t.store.LoadCode(t.Context(), suiteID, corpID)
	if err != nil {
		t.Fatalf("LoadCode %s %s: %v", suiteID, corpID, err)
	}
	if got.SuiteID != suiteID || got.CorpID != corpID {
		t.Fatalf("LoadCode %s %s gave the code of %s %s", suiteID, corpID, got.SuiteID, got.CorpID)
	}
	if got.Code.Reveal() != value {
		t.Fatalf("LoadCode %s %s gave another code", suiteID, corpID)
	}
	return got
}

func (t codeTest) wantsNone(suiteID, corpID string) {
	t.Helper()
	if _, err := t.store.LoadCode(t.Context(), suiteID, corpID); !errors.Is(err, suite.ErrNoCode) {
		t.Fatalf("LoadCode %s %s: %v, want ErrNoCode", suiteID, corpID, err)
	}
}

func (t codeTest) load(suiteID, corpID string) suite.PermanentCode {
	t.Helper()
	kept, err := t.store.LoadCode(t.Context(), suiteID, corpID)
	if err != nil {
		t.Fatalf("LoadCode: %v", err)
	}
	return kept
}

func (t codeTest) drop(code suite.PermanentCode) {
	t.Helper()
	if err := t.store.DropCode(t.Context(), code); err != nil {
		t.Fatalf("DropCode: %v", err)
	}
}

// A corp that has authorised the app again keeps its new code.
func (t codeTest) dropOld() {
	now := time.Now()
	for _, later := range []time.Duration{time.Hour, time.Second, -time.Second, -time.Hour} { // clocks differ
		t.save(t.code("old", now))
		old := t.load(t.suiteID, t.corpID)
		t.save(t.code("new", now.Add(later)))
		t.drop(old)
		t.wants(t.suiteID, t.corpID, "new")
		t.drop(t.load(t.suiteID, t.corpID))
		t.wantsNone(t.suiteID, t.corpID)
	}
}

func (t codeTest) roundTrip() {
	t.wantsNone(t.suiteID, t.corpID)
	for _, value := range []string{"c", strings.Repeat("c", 512), `"'\;--%s$1{} 企业`} {
		now := time.Now()
		t.save(t.code(value, now))
		got := t.wants(t.suiteID, t.corpID, value)
		if d := got.At.Sub(now).Abs(); d > 100*time.Millisecond {
			t.Errorf("At moved by %v; some milliseconds are allowed: DropCode tells codes apart by it", d)
		}
	}
	kept := t.load(t.suiteID, t.corpID)
	t.drop(kept)
	t.wantsNone(t.suiteID, t.corpID)
	t.drop(kept) // absent
}

// What is saved last counts, also when the clock of the machine says otherwise.
func (t codeTest) replace() {
	now := time.Now()
	for i, at := range []time.Time{now, now.Add(time.Minute), now.Add(-time.Hour), now.Add(-time.Hour), {}} {
		value := fmt.Sprint("code ", i)
		t.save(t.code(value, at))
		t.wants(t.suiteID, t.corpID, value)
	}
}

func (t codeTest) owners() {
	type owner struct{ suiteID, corpID string }
	owners := []owner{
		{t.suiteID, t.corpID},
		{t.suiteID, t.corpID + "x"},
		{t.suiteID + "x", t.corpID},
		{t.suiteID, strings.ToLower(t.corpID)}, // corp ids are case sensitive
		{t.suiteID, t.corpID[:len(t.corpID)-1]},
		{t.corpID, t.suiteID},
		{t.suiteID, t.corpID + "%"},
		{t.suiteID, t.corpID + "*"},
		{t.suiteID, strings.Repeat("c", 128)},
		{"ww_" + rand.Text() + strings.Repeat("s", 99), strings.Repeat("c", 128)},
	}
	for _, o := range owners {
		t.save(suite.PermanentCode{SuiteID: o.suiteID, CorpID: o.corpID, Code: wecom.NewSecret(o.suiteID + o.corpID), At: time.Now()})
	}
	for i, o := range owners {
		t.wants(o.suiteID, o.corpID, o.suiteID+o.corpID)
		t.drop(t.load(o.suiteID, o.corpID))
		t.wantsNone(o.suiteID, o.corpID)
		for _, other := range owners[i+1:] {
			t.wants(other.suiteID, other.corpID, other.suiteID+other.corpID)
		}
	}
}

// Many machines save the codes of many corps, and of one, at once.
func (t codeTest) racing() {
	race(storeWriters, func(writer int) {
		mine := t.code(fmt.Sprint("code ", writer), time.Now())
		mine.CorpID += fmt.Sprint(writer)
		if err := t.store.SaveCode(t.Context(), mine); err != nil {
			t.Errorf("SaveCode: %v", err)
		}
		// That of the corp they share may be one writer's only, and whole.
		ours := t.code(fmt.Sprint("code ", writer), time.Now())
		for range 3 {
			if err := t.store.SaveCode(t.Context(), ours); err != nil {
				// CacheCodes gives up after some tries; then nothing may be claimed.
				return
			}
			if _, err := t.store.LoadCode(t.Context(), t.suiteID, t.corpID); err != nil {
				t.Errorf("LoadCode: %v", err)
			}
		}
	})
	for writer := range storeWriters {
		t.wants(t.suiteID, t.corpID+fmt.Sprint(writer), fmt.Sprint("code ", writer))
	}
	got, err := t.store.LoadCode(t.Context(), t.suiteID, t.corpID)
	if err != nil || !strings.HasPrefix(got.Code.Reveal(), "code ") {
		t.Errorf("LoadCode after the race: %v", err)
	}
}

func (t codeTest) cancelled() {
	t.save(t.code("canary-1", time.Now()))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	got, err := t.store.LoadCode(ctx, t.suiteID, t.corpID)
	if errors.Is(err, suite.ErrNoCode) || err == nil && got.Code.Reveal() != "canary-1" {
		t.Errorf("LoadCode: %v; a cancelled caller must not be told that nothing is there", err)
	}
	noCanary(t.T, "LoadCode", err)
	err = t.store.SaveCode(ctx, t.code("canary-2", time.Now()))
	noCanary(t.T, "SaveCode", err)
	if err == nil {
		t.wants(t.suiteID, t.corpID, "canary-2")
	}
	if err = t.store.DropCode(ctx, t.load(t.suiteID, t.corpID)); err == nil {
		t.wantsNone(t.suiteID, t.corpID)
	}
}

// TestFilter checks that a [callback.Filter] keeps its contract. newFilter is called
// once for each subtest and may return filters on one store: keys are random. hold
// is how long a key may be held, ttl how long what was committed is kept. It takes
// about two seconds.
func TestFilter(t *testing.T, newFilter func(t *testing.T, hold, ttl time.Duration) callback.Filter) {
	t.Helper()
	for name, test := range map[string]struct {
		run       func(filterTest)
		hold, ttl time.Duration
	}{
		"Commit":      {filterTest.commit, storeLife, storeLife},
		"Abort":       {filterTest.abort, storeLife, storeLife},
		"Keys":        {filterTest.keys, storeLife, storeLife},
		"Racing":      {filterTest.racing, storeLife, storeLife},
		"TakeOver":    {filterTest.takeOver, storeLife, storeLife},
		"Bounded":     {filterTest.bounded, storeLife, storeLife},
		"DeadHolder":  {filterTest.deadHolder, filterHold, storeLife},
		"Forgetting":  {filterTest.forgetting, storeLife, filterHold},
		"LateHolders": {filterTest.late, filterHold, storeLife},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.run(filterTest{T: t, filter: newFilter(t, test.hold, test.ttl), key: strings.Repeat("k", 17) + rand.Text()})
		})
	}
}

const filterHold = 800 * time.Millisecond // where a test waits for the end of it

type filterTest struct {
	*testing.T
	filter callback.Filter
	key    string
}

// begin asks for key in the name of owner; what happens within a reasonable time.
func (t filterTest) begin(key, owner string) (answer []byte, done bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), storeLife)
	defer cancel()
	answer, done, err := t.filter.Begin(ctx, key, owner)
	if err != nil {
		t.Fatalf("Begin: %v", err)
	}
	return answer, done
}

func (t filterTest) wantsHold(key, owner, why string) {
	t.Helper()
	if _, done := t.begin(key, owner); done {
		t.Fatalf("Begin says that the event has been dealt with: %s", why)
	}
}

func (t filterTest) wantsDone(key string, answer []byte) {
	t.Helper()
	got, done := t.begin(key, "somebody")
	if !done {
		t.Fatal("Begin says that the event has not been dealt with; it was committed")
	}
	if !bytes.Equal(got, answer) {
		t.Fatalf("Begin gave an answer of %d bytes, want the %d bytes that were committed", len(got), len(answer))
	}
}

// isHeld reports whether Begin waits for another.
func (t filterTest) isHeld(key string) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), glance)
	defer cancel()
	_, _, err := t.filter.Begin(ctx, key, "a passer-by")
	return err != nil
}

func (t filterTest) commitFor(key, owner string, answer []byte) {
	t.Helper()
	if err := t.filter.Commit(t.Context(), key, owner, answer); err != nil {
		t.Fatalf("Commit: %v", err)
	}
}

func (t filterTest) abortFor(key, owner string) {
	t.Helper()
	if err := t.filter.Abort(t.Context(), key, owner); err != nil {
		t.Fatalf("Abort: %v", err)
	}
}

func (t filterTest) commit() {
	big := make([]byte, 64<<10)
	_, _ = rand.Read(big) // an answer may be any bytes
	for i, answer := range [][]byte{nil, {}, {0}, []byte("<xml>企业</xml>"), big} {
		key := fmt.Sprint(t.key, i)
		t.wantsHold(key, "first", "nobody has asked before")
		t.commitFor(key, "first", answer)
		t.wantsDone(key, answer)
		t.wantsDone(key, answer)
	}
	// The first record stays, and nobody takes it back.
	t.commitFor(t.key+"0", "other", []byte("other"))
	t.abortFor(t.key+"0", "first")
	t.wantsDone(t.key+"0", nil)
}

func (t filterTest) abort() {
	t.abortFor(t.key, "nobody") // absent: no error
	t.wantsHold(t.key, "first", "nobody has asked before")
	t.abortFor(t.key, "other")
	if !t.isHeld(t.key) {
		t.Fatal("one owner aborted for another")
	}
	t.abortFor(t.key, "first")
	t.wantsHold(t.key, "second", "the first has aborted")
	t.commitFor(t.key, "second", []byte("a"))
	t.wantsDone(t.key, []byte("a"))
}

func (t filterTest) keys() {
	keys := []string{t.key, strings.ToLower(t.key), t.key[:len(t.key)-1], t.key + "_", t.key + "-"}
	for i, key := range keys {
		t.wantsHold(key, "first", "it is another event")
		t.commitFor(key, "first", []byte{byte(i)})
	}
	for i, key := range keys {
		t.wantsDone(key, []byte{byte(i)})
	}
}

// Of those who ask at once one holds the key, and the others get its answer.
func (t filterTest) racing() {
	for round := range 3 {
		key := fmt.Sprint(t.key, round)
		var holders, repeats atomic.Int32
		race(storeWriters, func(i int) {
			ctx, cancel := context.WithTimeout(t.Context(), storeLife)
			defer cancel()
			owner := fmt.Sprint("owner ", i)
			answer, done, err := t.filter.Begin(ctx, key, owner)
			switch {
			case err != nil:
				t.Errorf("Begin: %v", err)
			case done && string(answer) == "the answer":
				repeats.Add(1)
			case done:
				t.Error("a repetition got another answer")
			default:
				holders.Add(1)
				pause(ctx, 10*time.Millisecond)
				if err := t.filter.Commit(ctx, key, owner, []byte("the answer")); err != nil {
					t.Errorf("Commit: %v", err)
				}
			}
		})
		if h, r := holders.Load(), repeats.Load(); h != 1 || r != storeWriters-1 {
			t.Fatalf("%d held the key and %d got the answer, want 1 and %d", h, r, storeWriters-1)
		}
	}
}

// After each Abort exactly one of those who wait goes on.
func (t filterTest) takeOver() {
	var inside, holders, repeats atomic.Int32
	race(8, func(i int) {
		ctx, cancel := context.WithTimeout(t.Context(), storeLife)
		defer cancel()
		owner := fmt.Sprint("owner ", i)
		_, done, err := t.filter.Begin(ctx, t.key, owner)
		if err != nil {
			t.Errorf("Begin: %v", err)
			return
		}
		if done {
			repeats.Add(1)
			return
		}
		if inside.Add(1) > 1 {
			t.Error("two hold one key")
		}
		pause(ctx, 5*time.Millisecond)
		inside.Add(-1)
		if holders.Add(1) < 4 {
			err = t.filter.Abort(ctx, t.key, owner)
		} else {
			err = t.filter.Commit(ctx, t.key, owner, nil)
		}
		if err != nil {
			t.Errorf("Abort or Commit: %v", err)
		}
	})
	if h, r := holders.Load(), repeats.Load(); h != 4 || r != 4 {
		t.Errorf("%d held the key and %d were told that it was done, want 4 and 4", h, r)
	}
}

// Waiting ends with the context.
func (t filterTest) bounded() {
	t.wantsHold(t.key, "first", "nobody has asked before")
	ctx, cancel := context.WithTimeout(t.Context(), glance)
	defer cancel()
	begin := time.Now()
	_, done, err := t.filter.Begin(ctx, t.key, "second")
	if done || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Begin: done %t, error %v, want context.DeadlineExceeded inside", done, err)
	}
	if d := time.Since(begin); d > glance+storePrompt {
		t.Errorf("Begin waited %v with a context of %v", d, glance)
	}
	t.abortFor(t.key, "first")
	t.wantsHold(t.key, "third", "who gave up waiting holds nothing")
}

// A holder who has died loses the key when its time is over.
func (t filterTest) deadHolder() {
	begin := time.Now()
	t.wantsHold(t.key, "dead", "nobody has asked before")
	t.wantsHold(t.key, "second", "the first has died")
	if d := time.Since(begin); d < filterHold-100*time.Millisecond || d > filterHold+storePrompt {
		t.Errorf("the key of a dead holder was free after %v, want %v", d, filterHold)
	}
}

// Who held the key too long does not take it from the next, but its work counts.
func (t filterTest) late() {
	t.wantsHold(t.key, "slow", "nobody has asked before")
	t.wantsHold(t.key, "second", "the first was too slow")
	t.abortFor(t.key, "slow")
	if !t.isHeld(t.key) {
		t.Error("a late Abort gave back the key of another")
	}
	t.commitFor(t.key, "slow", []byte("done"))
	t.wantsDone(t.key, []byte("done"))
	t.abortFor(t.key, "second")
	t.wantsDone(t.key, []byte("done"))
}

// What was committed is kept for ttl and no longer.
func (t filterTest) forgetting() {
	t.wantsHold(t.key, "first", "nobody has asked before")
	t.commitFor(t.key, "first", []byte("a"))
	committed := time.Now()
	for {
		_, done := t.begin(t.key, "second")
		if age := time.Since(committed); !done {
			if age < filterHold-100*time.Millisecond {
				t.Errorf("the record was forgotten after %v, want %v", age, filterHold)
			}
			return
		} else if age > filterHold+storePrompt {
			t.Fatalf("the record was there after %v, want %v", age, filterHold)
		}
		pause(t.Context(), 10*time.Millisecond)
	}
}

// noCanary fails if err shows a value.
func noCanary(t *testing.T, operation string, err error) {
	t.Helper()
	if err != nil && strings.Contains(err.Error(), "canary") {
		t.Errorf("%s: the error shows the value", operation)
	}
}

// race runs n copies of f at once and waits for them.
func race(n int, f func(i int)) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			f(i)
		})
	}
	close(start)
	wg.Wait()
}

// pause waits for d or the end of ctx.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
