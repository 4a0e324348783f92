package suite

import (
	"crypto/sha256"
	"errors"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
)

func testApp(t testing.TB) *Client {
	t.Helper()
	api, err := wecom.New()
	require.NoError(t, err)
	app, err := New(api, Config{ID: "ww1", Secret: "s"})
	require.NoError(t, err)
	return app
}

// hold puts a live token of a corp into the cache.
func hold(t testing.TB, app *Client, corpID, value string) {
	t.Helper()
	token := wecom.Token{Value: value, Version: time.Now().UnixMilli(), ExpiresAt: time.Now().Add(time.Hour)}
	_, err := app.api.Cache().Save(t.Context(), app.key("corp", corpID, "token"), token)
	require.NoError(t, err)
}

func TestCorpsInUseAreKeptAndOthersLetGo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		app := testApp(t)
		hold(t, app, "wpA", "token-A")
		kept := app.Corp("wpA")
		_, err := kept.Token(t.Context())
		require.NoError(t, err)
		idle := app.Corp("wpIdle")
		time.Sleep(2 * time.Minute)
		for i := range 5000 { // each write looks at a few others
			app.Corp("wp" + strconv.Itoa(i))
		}
		assert.Same(t, kept, app.Corp("wpA"), "it holds a live token")

		// Who kept an idle handle shares the token of its successor.
		require.True(t, idle.retired.Load())
		hold(t, app, "wpIdle", "token-I")
		token, err := idle.Token(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "token-I", token.Value)
		assert.NotSame(t, idle, app.Corp("wpIdle"))
		assert.NotNil(t, app.Corp("wpIdle").token)
		assert.Same(t, app.Corp("wpIdle").token, idle.source())

		// Corps that nobody uses do not pile up.
		time.Sleep(2 * time.Minute)
		for i := range 5000 {
			app.Corp("wq" + strconv.Itoa(i))
		}
		assert.Less(t, app.corps.Len(), 8000)
	})
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	app := testApp(t)
	begin := time.Now()
	var corps [8]*Corp
	var wg sync.WaitGroup
	for i := range corps {
		wg.Go(func() {
			corps[i] = app.Corp("wpA")
			assert.NoError(t, app.SaveTicket(t.Context(), wecom.NewSecret("ticket "+strconv.Itoa(i)), begin.Add(time.Duration(i)*time.Second)))
		})
	}
	wg.Wait()
	for _, c := range corps {
		assert.Same(t, corps[0], c)
	}
	ticket, err := app.newestTicket(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "ticket 7", ticket.Reveal())
	cached, err := app.api.Cache().Load(t.Context(), "suite/ww1/ticket")
	require.NoError(t, err)
	assert.Equal(t, "ticket 7", cached.Value)
}

func TestCorpLookupIsFree(t *testing.T) { //nolint:paralleltest // AllocsPerRun counts for the whole process.
	app := testApp(t)
	hold(t, app, "wpA", "token")
	ctx := t.Context()
	_, err := app.Corp("wpA").Token(ctx)
	require.NoError(t, err)
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		if _, err := app.Corp("wpA").Token(ctx); err != nil {
			t.Error(err)
		}
	}))
}

func TestHostileCorpIDs(t *testing.T) {
	t.Parallel()
	app := testApp(t)
	long := make([]byte, 1<<16)
	for _, id := range []string{"", "a/b", "../x", "a\nb", "a b", "企业", "\x00", string(long)} {
		corp := app.Corp(id)
		_, err := corp.Token(t.Context())
		require.Error(t, err)
		assert.Less(t, len(err.Error()), 300)
		require.Error(t, corp.Reject(t.Context(), wecom.Token{Value: "x"}))
		require.Error(t, corp.Do(t.Context(), wecom.Call{Path: "/x"}, nil))
		_, err = corp.AuthInfo(t.Context())
		require.Error(t, err)
		assert.Empty(t, corp.ID())
	}
	assert.Zero(t, app.corps.Len())
	_, err := app.Corp("wpA").Token(t.Context())
	require.ErrorIs(t, err, ErrNoCode)
	assert.Equal(t, "wpA", app.Corp("wpA").ID())
}

func TestRememberedExchangesAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		app := testApp(t)
		add := func(name string, grant *GetPermanentCodeV2Response) codeHash {
			hash := codeHash(sha256.Sum256([]byte(name)))
			e := &exchange{done: make(chan struct{}), grant: grant}
			app.mu.Lock()
			app.tidy(time.Now())
			app.exchanges[hash] = e
			app.mu.Unlock()
			var err error
			if grant != nil {
				err = errors.New("not saved")
			}
			app.finish(hash, e, &Authorization{Corp: app.Corp("wpA")}, err)
			return hash
		}
		unsaved := add("unsaved", &GetPermanentCodeV2Response{})
		for i := range 3 * maxExchanges {
			time.Sleep(time.Millisecond)
			add(strconv.Itoa(i), nil)
		}
		assert.Len(t, app.exchanges, maxExchanges)
		assert.Contains(t, app.exchanges, unsaved, "the oldest successes go first")
		time.Sleep(codeMemory + time.Second)
		add("last", nil)
		assert.Len(t, app.exchanges, 2)
		app.forgetExchanges("wpB")
		assert.Len(t, app.exchanges, 2)
		app.forgetExchanges("wpA")
		assert.Empty(t, app.exchanges)
	})
}

func BenchmarkCorpToken(b *testing.B) {
	app := testApp(b)
	hold(b, app, "wpA", "token")
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := app.Corp("wpA").Token(ctx); err != nil {
			b.Fatal(err)
		}
	}
}

// What the handles of very many corps cost, tokens apart.
func BenchmarkCorpMemory(b *testing.B) {
	const corps = 100_000
	for b.Loop() {
		app := testApp(b)
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		for i := range corps {
			app.Corp("wpXXXXXXXXXXXXXXXXXXXXXXXXXX" + strconv.Itoa(i))
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/corps, "B/corp")
		runtime.KeepAlive(app)
	}
}
