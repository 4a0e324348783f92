package suite_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/callback"
	"github.com/wecom-isv/wecom/suite"
)

// push dispatches an event in suite form as a handler would.
func push(t *testing.T, mux *callback.Mux, suiteID, infoType string, at time.Time, rest string) error {
	t.Helper()
	env, err := callback.Parse(fmt.Appendf(nil,
		"<xml><SuiteId><![CDATA[%s]]></SuiteId><InfoType><![CDATA[%s]]></InfoType><TimeStamp>%d</TimeStamp>%s</xml>",
		suiteID, infoType, at.Unix(), rest), suiteID)
	require.NoError(t, err)
	return mux.Dispatch(t.Context(), env)
}

func TestPain10_SuitesOnOneMuxKeepTheirTickets(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	u.suiteTokens()
	api := u.api()
	var mux callback.Mux
	var strangers []string
	mux.Fallback(func(_ context.Context, env callback.Envelope) error {
		strangers = append(strangers, env.SuiteID)
		return nil
	})
	apps := make(map[string]*suite.Client)
	for _, id := range []string{"ww1", "ww2"} {
		app, err := suite.New(api, suite.Config{ID: id, Secret: "s"})
		require.NoError(t, err)
		app.Handle(&mux, suite.Hooks{})
		apps[id] = app
	}
	for _, id := range []string{"ww1", "ww2", "ww3"} {
		require.NoError(t, push(t, &mux, id, "suite_ticket", time.Now(), "<SuiteTicket>ticket of "+id+"</SuiteTicket>"))
	}
	assert.Equal(t, []string{"ww3"}, strangers)
	for id, app := range apps {
		_, err := app.GetSuiteToken(t.Context())
		require.NoError(t, err)
		calls := u.to("/cgi-bin/service/get_suite_token")
		assert.Equal(t, map[string]any{"suite_id": id, "suite_secret": "s", "suite_ticket": "ticket of " + id}, calls[len(calls)-1].body)
	}
	_, err := api.Cache().Load(t.Context(), "suite/ww3/ticket")
	require.ErrorIs(t, err, wecom.ErrNotCached)
	assert.Panics(t, func() { apps["ww1"].Handle(&mux, suite.Hooks{}) })
}

const (
	authInfoPath = "/cgi-bin/service/v2/get_auth_info"
	removed      = `{"errcode":40084,"errmsg":"invalid permanent code"}` // what the platform says after cancel_auth
)

func TestEventsReachHooks(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	u.suiteTokens()
	u.on("POST", exchangePath, granted("wpA", "one"), granted("wpA", "two"))
	u.on("POST", authInfoPath, removed)
	store := newCodes()
	app := thirdParty(t, u.api(), suite.Config{Codes: store})
	var mux callback.Mux
	var log []string
	app.Handle(&mux, suite.Hooks{
		Authorized: func(_ context.Context, auth *suite.Authorization) error {
			log = append(log, fmt.Sprint("authorized ", auth.Corp.ID(), " ", auth.State, " ", auth.OpenKFIDs))
			return nil
		},
		Reset: func(_ context.Context, auth *suite.Authorization) error {
			log = append(log, "reset "+auth.Corp.ID())
			return nil
		},
		Changed: func(_ context.Context, corp *suite.Corp, ev callback.ChangeAuth) error {
			log = append(log, "changed "+corp.ID()+" "+ev.State)
			return nil
		},
		Cancelled: func(_ context.Context, corpID string) error {
			log = append(log, "cancelled "+corpID)
			return nil
		},
	})
	now := time.Now()
	require.NoError(t, push(t, &mux, "ww1", "create_auth", now,
		"<AuthCode>a1</AuthCode><ExtraInfo><AuthOpenKfIdList><OpenKfId>k1</OpenKfId></AuthOpenKfIdList></ExtraInfo>"))
	require.NoError(t, push(t, &mux, "ww1", "reset_permanent_code", now, "<AuthCode>a2</AuthCode>"))
	kept, err := store.LoadCode(t.Context(), "ww1", "wpA")
	require.NoError(t, err)
	assert.Equal(t, "two", kept.Code.Reveal())
	require.NoError(t, push(t, &mux, "ww1", "change_auth", now, "<AuthCorpId>wpA</AuthCorpId><State>abc</State>"))
	require.NoError(t, push(t, &mux, "ww1", "cancel_auth", now.Add(time.Minute), "<AuthCorpId>wpA</AuthCorpId>"))
	require.NoError(t, push(t, &mux, "ww1", "cancel_auth", now.Add(time.Minute), "<AuthCorpId>wpA</AuthCorpId>"), "repeated")
	assert.Equal(t, []string{"authorized wpA s1 [k1]", "reset wpA", "changed wpA abc", "cancelled wpA", "cancelled wpA"}, log)
	_, err = store.LoadCode(t.Context(), "ww1", "wpA")
	require.ErrorIs(t, err, suite.ErrNoCode)

	for _, infoType := range []string{"change_auth", "cancel_auth"} {
		require.Error(t, push(t, &mux, "ww1", infoType, now, "<AuthCorpId>../x</AuthCorpId>"))
		require.Error(t, push(t, &mux, "ww1", infoType, now, ""))
	}
	assert.Len(t, log, 5)
}

func TestHooksMayBeNilAndMayFail(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	u.suiteTokens()
	u.on("POST", exchangePath, granted("wpA", "one"))
	u.on("POST", authInfoPath, removed)
	app := thirdParty(t, u.api(), suite.Config{})
	var mux, failing callback.Mux
	app.Handle(&mux, suite.Hooks{})
	later := time.Now().Add(time.Minute)
	require.NoError(t, push(t, &mux, "ww1", "create_auth", later, "<AuthCode>a1</AuthCode>"))
	require.NoError(t, push(t, &mux, "ww1", "reset_permanent_code", later, "<AuthCode>a1</AuthCode>"))
	require.NoError(t, push(t, &mux, "ww1", "change_auth", later, "<AuthCorpId>wpA</AuthCorpId>"))

	bad := errors.New("hook failed")
	app.Handle(&failing, suite.Hooks{
		Authorized: func(context.Context, *suite.Authorization) error { return bad },
		Reset:      func(context.Context, *suite.Authorization) error { return bad },
		Changed:    func(context.Context, *suite.Corp, callback.ChangeAuth) error { return bad },
		Cancelled:  func(context.Context, string) error { return bad },
	})
	for infoType, rest := range map[string]string{
		"create_auth": "<AuthCode>a1</AuthCode>", "reset_permanent_code": "<AuthCode>a1</AuthCode>", "change_auth": "<AuthCorpId>wpA</AuthCorpId>",
	} {
		require.ErrorIs(t, push(t, &failing, "ww1", infoType, later, rest), bad)
	}
	require.ErrorIs(t, push(t, &failing, "ww1", "cancel_auth", later, "<AuthCorpId>wpA</AuthCorpId>"), bad)
	require.NoError(t, push(t, &mux, "ww1", "cancel_auth", later, "<AuthCorpId>wpB</AuthCorpId>"))
	assert.Len(t, u.to(exchangePath), 1)
}

// An event of an earlier installation arrives after the corp has come back.
func TestLateCancelSparesANewInstallation(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		reply string // to get_auth_info with the code that is kept
		kept  bool
		want  error
	}{
		{"still authorised", `{"errcode":0,"auth_corp_info":{"corpid":"wpA"}}`, true, nil},
		{"cancelled at once", removed, false, nil},
		{"cannot be known", `{"errcode":60020,"errmsg":"not allow to access from your ip"}`, true, wecom.ErrIPNotAllowed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			u := newUpstream(t)
			u.suiteTokens()
			u.on("POST", authInfoPath, tt.reply)
			store := newCodes(record("ww1", "wpA", "new"))
			app := thirdParty(t, u.api(), suite.Config{Codes: store})
			var mux callback.Mux
			var cancelled []string
			app.Handle(&mux, suite.Hooks{Cancelled: func(_ context.Context, corpID string) error {
				cancelled = append(cancelled, corpID)
				return nil
			}})
			err := push(t, &mux, "ww1", "cancel_auth", time.Now().Add(-time.Minute), "<AuthCorpId>wpA</AuthCorpId>")
			require.ErrorIs(t, err, tt.want)
			_, err = store.LoadCode(t.Context(), "ww1", "wpA")
			if tt.kept {
				require.NoError(t, err)
				assert.Empty(t, cancelled)
			} else {
				require.ErrorIs(t, err, suite.ErrNoCode)
				assert.Equal(t, []string{"wpA"}, cancelled)
			}
			assert.Equal(t, "new", u.to(authInfoPath)[0].body["permanent_code"])
		})
	}
}

// The corp authorises the app again while the platform is asked about the
// cancellation: the new permanent code and the corp's data stay.
func TestCancelSparesACodeThatComesMeanwhile(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	u.suiteTokens()
	store := newCodes(record("ww1", "wpA", "old"))
	u.handle("POST", authInfoPath, func(r *http.Request) (*http.Response, error) {
		meanwhile := record("ww1", "wpA", "new")
		meanwhile.At = time.Now().Add(-time.Hour) // of a machine whose clock is behind
		if err := store.SaveCode(r.Context(), meanwhile); err != nil {
			return nil, err
		}
		return httpmock.NewStringResponse(200, removed), nil
	})
	app := thirdParty(t, u.api(), suite.Config{Codes: store})
	var mux callback.Mux
	app.Handle(&mux, suite.Hooks{Cancelled: func(context.Context, string) error {
		t.Error("the corp has the app")
		return nil
	}})
	require.NoError(t, push(t, &mux, "ww1", "cancel_auth", time.Now(), "<AuthCorpId>wpA</AuthCorpId>"))
	kept, err := store.LoadCode(t.Context(), "ww1", "wpA")
	require.NoError(t, err)
	assert.Equal(t, "new", kept.Code.Reveal())
}

func TestCancelReportsAFailingStore(t *testing.T) {
	t.Parallel()
	store := newCodes(record("ww1", "wpA", "code"))
	app := thirdParty(t, newUpstream(t).api(), suite.Config{Codes: store})
	var mux callback.Mux
	app.Handle(&mux, suite.Hooks{Cancelled: func(context.Context, string) error {
		t.Error("the code is still there")
		return nil
	}})
	down := errors.New("disk full")
	store.setFail(down)
	require.ErrorIs(t, push(t, &mux, "ww1", "cancel_auth", time.Now().Add(time.Minute), "<AuthCorpId>wpA</AuthCorpId>"), down)
}

// After cancel_auth a repeated create_auth must not resurrect what is gone.
func TestRepeatedCreateAuthAfterCancel(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	u.suiteTokens()
	u.on("POST", exchangePath, granted("wpA", "one"), `{"errcode":40078,"errmsg":"invalid auth_code"}`)
	u.on("POST", authInfoPath, removed)
	app := thirdParty(t, u.api(), suite.Config{})
	var mux callback.Mux
	app.Handle(&mux, suite.Hooks{})
	require.NoError(t, push(t, &mux, "ww1", "create_auth", time.Now(), "<AuthCode>a1</AuthCode>"))
	require.NoError(t, push(t, &mux, "ww1", "cancel_auth", time.Now().Add(time.Minute), "<AuthCorpId>wpA</AuthCorpId>"))
	require.ErrorIs(t, push(t, &mux, "ww1", "create_auth", time.Now(), "<AuthCode>a1</AuthCode>"), wecom.ErrCodeRejected)
	_, err := app.Corp("wpA").Token(t.Context())
	require.ErrorIs(t, err, suite.ErrNoCode)
}
