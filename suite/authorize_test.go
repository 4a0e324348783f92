package suite_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/suite"
)

const exchangePath = "/cgi-bin/service/v2/get_permanent_code"

func granted(corpID, code string) string {
	return fmt.Sprintf(`{"errcode":0,"permanent_code":%q,"auth_corp_info":{"corpid":%q,"corp_name":"Acme"},`+
		`"auth_user_info":{"userid":"u","open_userid":"o","name":"n","avatar":"a"},"state":"s1"}`, code, corpID)
}

func TestAuthorizeKeepsCodeFirst(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	u.suiteTokens()
	u.on("POST", exchangePath, granted("wpA", "new"))
	u.on("POST", "/cgi-bin/service/get_corp_token", `{"access_token":"old-token","expires_in":7200}`, `{"access_token":"new-token","expires_in":7200}`)
	store := newCodes(record("ww1", "wpA", "old"))
	api := u.api()
	app := thirdParty(t, api, suite.Config{Codes: store})
	token, err := app.Corp("wpA").Token(t.Context())
	require.NoError(t, err)
	require.Equal(t, "old-token", token.Value)
	store.save = func(ctx context.Context) {
		// Nothing else has happened yet: the old token is still there.
		cached, err := api.Cache().Load(ctx, "suite/ww1/corp/wpA/token")
		assert.NoError(t, err)
		assert.Equal(t, "old-token", cached.Value)
	}

	auth, err := app.Authorize(t.Context(), "auth-code")
	require.NoError(t, err)
	assert.Same(t, app.Corp("wpA"), auth.Corp)
	assert.Equal(t, "Acme", auth.CorpInfo.CorpName)
	assert.Equal(t, "o", auth.AuthUser.OpenUserID)
	assert.Equal(t, "s1", auth.State)
	assert.Equal(t, []string{"save wpA"}, store.log)
	assert.Equal(t, map[string]any{"auth_code": "auth-code"}, u.to(exchangePath)[0].body)

	// The token of the earlier authorisation is gone, here and in the cache.
	token, err = auth.Corp.Token(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "new-token", token.Value)
	assert.Equal(t, "new", u.to("/cgi-bin/service/get_corp_token")[1].body["permanent_code"])
}

func TestAuthorizeOutlivesItsCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := newUpstream(t)
		u.suiteTokens()
		u.handle("POST", exchangePath, func(*http.Request) (*http.Response, error) {
			time.Sleep(2 * time.Second)
			return httpmock.NewStringResponse(200, granted("wpA", "code")), nil
		})
		store := newCodes()
		app := thirdParty(t, u.api(), suite.Config{Codes: store})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begin := time.Now()
		_, err := app.Authorize(ctx, "auth-code")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, time.Second, time.Since(begin), "the caller does not wait")

		time.Sleep(5 * time.Second)
		kept, err := store.LoadCode(t.Context(), "ww1", "wpA")
		require.NoError(t, err, "the code works once: what it bought must be kept")
		assert.Equal(t, "code", kept.Code.Reveal())

		// A browser that is gone before anything was sent costs nothing.
		_, err = app.Authorize(ctx, "another-code")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		synctest.Wait()
		assert.Len(t, u.to(exchangePath), 1)
	})
}

func TestAuthorizeOncePerCode(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := newUpstream(t)
		u.suiteTokens()
		u.handle("POST", exchangePath, func(*http.Request) (*http.Response, error) {
			time.Sleep(time.Second)
			if len(u.to(exchangePath)) > 1 {
				return httpmock.NewStringResponse(200, `{"errcode":40078,"errmsg":"invalid auth_code"}`), nil
			}
			return httpmock.NewStringResponse(200, granted("wpA", "code")), nil
		})
		app := thirdParty(t, u.api(), suite.Config{})
		var wg sync.WaitGroup
		for range 50 { // the redirect, the event, and its repetitions
			wg.Go(func() {
				auth, err := app.Authorize(t.Context(), "auth-code")
				if assert.NoError(t, err) {
					assert.Equal(t, "wpA", auth.Corp.ID())
					auth.State = "changed by one caller"
				}
			})
		}
		wg.Wait()
		time.Sleep(9 * time.Minute)
		auth, err := app.Authorize(t.Context(), "auth-code")
		require.NoError(t, err)
		assert.Equal(t, "s1", auth.State, "callers do not share what they may change")
		assert.Len(t, u.to(exchangePath), 1)

		time.Sleep(2 * time.Minute)
		_, err = app.Authorize(t.Context(), "auth-code")
		require.ErrorIs(t, err, wecom.ErrCodeRejected, "a code lives 10 minutes, and so does its memory")
		assert.Len(t, u.to(exchangePath), 2)
	})
}

// A process that shares the token cache learns of the authorisation, and of nothing
// secret; and no longer once the corp has cancelled.
func TestAuthorizeInAnotherProcess(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	u.suiteTokens()
	u.on("POST", exchangePath, strings.Replace(granted("wpA", "CANARY-permanent"), `"state":`,
		`"register_code_info":{"register_code":"CANARY-register","template_id":"tpl","state":"r1"},"state":`, 1),
		`{"errcode":40078,"errmsg":"invalid auth_code"}`)
	cache := &spyCache{TokenCache: wecom.NewMemoryCache()}
	store := newCodes()
	here := thirdParty(t, u.api(wecom.WithTokenCache(cache)), suite.Config{Codes: store})
	there := thirdParty(t, u.api(wecom.WithTokenCache(cache)), suite.Config{Codes: store})
	first, err := here.Authorize(t.Context(), "CANARY-auth")
	require.NoError(t, err)
	require.Equal(t, "CANARY-register", first.RegisterCodeInfo.RegisterCode.Reveal())
	second, err := there.Authorize(t.Context(), "CANARY-auth")
	require.NoError(t, err)
	assert.Same(t, there.Corp("wpA"), second.Corp)
	first.Corp, first.RegisterCodeInfo.RegisterCode = second.Corp, wecom.Secret{}
	assert.Equal(t, first, second)
	assert.Len(t, u.to(exchangePath), 1)
	assert.NotContains(t, cache.seen.String(), "CANARY")

	kept, err := store.LoadCode(t.Context(), "ww1", "wpA")
	require.NoError(t, err)
	require.NoError(t, store.DropCode(t.Context(), kept))
	third := thirdParty(t, u.api(wecom.WithTokenCache(cache)), suite.Config{Codes: store})
	_, err = third.Authorize(t.Context(), "CANARY-auth")
	require.ErrorIs(t, err, wecom.ErrCodeRejected)
}

// spyCache notes what authorisations leave in a cache.
type spyCache struct {
	wecom.TokenCache

	seen strings.Builder
}

func (c *spyCache) Save(ctx context.Context, key string, t wecom.Token) (bool, error) {
	if strings.Contains(key, "/authorized/") {
		_, _ = c.seen.WriteString(key + " " + t.Value + "\n")
	}
	return c.TokenCache.Save(ctx, key, t)
}

func TestAuthorizeRefusalIsNotRemembered(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	u.suiteTokens()
	u.on("POST", exchangePath, `{"errcode":40078,"errmsg":"invalid auth_code"}`, granted("wpA", "code"))
	app := thirdParty(t, u.api(), suite.Config{})
	_, err := app.Authorize(t.Context(), "auth-code")
	require.ErrorIs(t, err, wecom.ErrCodeRejected)
	_, err = app.Authorize(t.Context(), "auth-code")
	require.NoError(t, err)
	_, err = app.Authorize(t.Context(), "")
	require.ErrorContains(t, err, "empty")
}

func TestAuthorizeIsNotRepeatedAfterALostReply(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	u.suiteTokens()
	u.handle("POST", exchangePath, func(*http.Request) (*http.Response, error) {
		return nil, errors.New("connection reset")
	})
	app := thirdParty(t, u.api(), suite.Config{})
	_, err := app.Authorize(t.Context(), "auth-code")
	require.ErrorIs(t, err, wecom.ErrNoReply)
	assert.Len(t, u.to(exchangePath), 1)
}

func TestAuthorizeStoreFails(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	u.suiteTokens()
	u.on("POST", exchangePath, granted("wpA", "precious"))
	store := newCodes()
	app := thirdParty(t, u.api(), suite.Config{Codes: store})
	down := errors.New("disk full")
	store.setFail(down)
	_, err := app.Authorize(t.Context(), "auth-code")
	require.ErrorIs(t, err, down)
	unsaved, ok := errors.AsType[*suite.UnsavedCodeError](err)
	require.True(t, ok)
	assert.Equal(t, "precious", unsaved.Code.Reveal())
	assert.Equal(t, "wpA", unsaved.CorpID)
	assert.Equal(t, "ww1", unsaved.SuiteID)

	// The store panics: nobody hangs, nothing is lost.
	store.setFail(nil)
	store.save = func(context.Context) { panic("bug in the store") }
	_, err = app.Authorize(t.Context(), "auth-code")
	_, ok = errors.AsType[*suite.UnsavedCodeError](err)
	require.True(t, ok)

	// The repetition of the event saves what the first one obtained.
	store.save = nil
	auth, err := app.Authorize(t.Context(), "auth-code")
	require.NoError(t, err)
	assert.Equal(t, "wpA", auth.Corp.ID())
	kept, err := store.LoadCode(t.Context(), "ww1", "wpA")
	require.NoError(t, err)
	assert.Equal(t, "precious", kept.Code.Reveal())
	assert.Len(t, u.to(exchangePath), 1)
}

// A store that ends its goroutine, as a fake does with t.FailNow, does not hang the
// caller, and the code can be saved later.
func TestAuthorizeStoreEndsTheGoroutine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := newUpstream(t)
		u.suiteTokens()
		u.on("POST", exchangePath, granted("wpA", "precious"))
		store := newCodes()
		store.save = func(context.Context) { runtime.Goexit() }
		app := thirdParty(t, u.api(), suite.Config{Codes: store})
		_, err := app.Authorize(t.Context(), "auth-code")
		require.ErrorContains(t, err, "ended without a result")
		store.save = nil
		_, err = app.Authorize(t.Context(), "auth-code")
		require.NoError(t, err)
		assert.Len(t, u.to(exchangePath), 1)
	})
}

func TestAuthorizeOfAZeroApp(t *testing.T) {
	t.Parallel()
	for _, app := range []interface {
		Authorize(ctx context.Context, code wecom.AuthCode) (*suite.Authorization, error)
	}{new(suite.Client), new(suite.Template)} {
		_, err := app.Authorize(t.Context(), "auth-code")
		require.ErrorContains(t, err, "not made by New")
	}
}

func TestAuthorizeMistrustsTheReply(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	u.suiteTokens()
	u.on("POST", exchangePath, `{"errcode":0}`, granted("../ww2/corp/wpB", "code"), granted("", "code"))
	app := thirdParty(t, u.api(), suite.Config{})
	_, err := app.Authorize(t.Context(), "auth-1")
	require.ErrorContains(t, err, "without a permanent code")
	for _, code := range []wecom.AuthCode{"auth-2", "auth-3"} {
		_, err = app.Authorize(t.Context(), code)
		unsaved, ok := errors.AsType[*suite.UnsavedCodeError](err)
		require.True(t, ok, "%v", err)
		assert.Equal(t, "code", unsaved.Code.Reveal())
	}
}

func TestCacheCodes(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	store := suite.NewCacheCodes(wecom.NewMemoryCache())
	_, err := store.LoadCode(ctx, "ww1", "wpA")
	require.ErrorIs(t, err, suite.ErrNoCode)
	at := time.Now().Truncate(time.Millisecond)
	want := suite.PermanentCode{SuiteID: "ww1", CorpID: "wpA", Code: wecom.NewSecret("one"), At: at}
	require.NoError(t, store.SaveCode(ctx, want))
	got, err := store.LoadCode(ctx, "ww1", "wpA")
	require.NoError(t, err)
	assert.Equal(t, "one", got.Code.Reveal())
	assert.True(t, at.Equal(got.At))
	require.NoError(t, store.SaveCode(ctx, want), "saving again is no error")

	// The clock of another machine is behind: what was obtained last still wins.
	want.Code, want.At = wecom.NewSecret("two"), at.Add(-time.Hour)
	require.NoError(t, store.SaveCode(ctx, want))
	got, err = store.LoadCode(ctx, "ww1", "wpA")
	require.NoError(t, err)
	assert.Equal(t, "two", got.Code.Reveal())

	for _, other := range [][2]string{{"ww2", "wpA"}, {"ww1", "wpB"}} {
		_, err = store.LoadCode(ctx, other[0], other[1])
		require.ErrorIs(t, err, suite.ErrNoCode)
	}
	require.NoError(t, store.DropCode(ctx, got))
	require.NoError(t, store.DropCode(ctx, got))
	_, err = store.LoadCode(ctx, "ww1", "wpA")
	require.ErrorIs(t, err, suite.ErrNoCode)

	// ids that would reach into other entries
	_, err = store.LoadCode(ctx, "ww1", "wpA/corp/wpB")
	require.Error(t, err)
	require.NotErrorIs(t, err, suite.ErrNoCode)
	require.Error(t, store.SaveCode(ctx, suite.PermanentCode{SuiteID: "ww1", CorpID: "a/b", Code: wecom.NewSecret("x")}))
	require.Error(t, store.SaveCode(ctx, suite.PermanentCode{SuiteID: "ww1", CorpID: "a"}))
	require.Error(t, store.DropCode(ctx, suite.PermanentCode{CorpID: "a"}))

	broken := suite.NewCacheCodes(brokenCache{})
	_, err = broken.LoadCode(ctx, "ww1", "wpA")
	require.ErrorIs(t, err, errDown)
	require.ErrorIs(t, broken.SaveCode(ctx, want), errDown)
	require.ErrorIs(t, broken.DropCode(ctx, want), errDown)
}
