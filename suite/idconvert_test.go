package suite_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/suite"
)

// authorised returns a corp that has authorised an app.
func authorised(t *testing.T, u *upstream) *suite.Corp {
	t.Helper()
	u.suiteTokens()
	u.on("POST", "/cgi-bin/service/get_corp_token", `{"access_token":"corp-token","expires_in":7200}`)
	return thirdParty(t, u.api(), suite.Config{Codes: newCodes(record("ww1", "wpA", "code-A"))}).Corp("wpA")
}

// converter answers a conversion: ids that begin with "bad" are invalid, those
// that begin with "gone" are not mentioned at all, the others get a prefix.
type converter struct {
	path, list          string         // of the endpoint, of the list in the body
	out, from, to, none string         // of the reply; none is the list of invalid ids
	most                int            // ids in a call
	body                map[string]any // further fields of each call
}

func (cv converter) serve(u *upstream, refuse func(ids []string) string) {
	u.mock.RegisterResponder(http.MethodPost, wecom.DefaultBaseURL+cv.path, func(r *http.Request) (*http.Response, error) {
		data, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		var body map[string]any
		var lists map[string]json.RawMessage
		var ids []string
		if err := errors.Join(json.Unmarshal(data, &body), json.Unmarshal(data, &lists)); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(lists[cv.list], &ids); err != nil {
			return nil, err
		}
		u.mu.Lock()
		u.calls = append(u.calls, call{path: cv.path, query: r.URL.Query(), body: body})
		u.mu.Unlock()
		if refuse != nil {
			if reply := refuse(ids); reply != "" {
				return httpmock.NewStringResponse(http.StatusOK, reply), nil
			}
		}
		pairs, invalid := []map[string]string{}, []string{}
		for _, id := range ids {
			switch {
			case strings.HasPrefix(id, "bad"):
				invalid = append(invalid, id)
			case !strings.HasPrefix(id, "gone"):
				pairs = append(pairs, map[string]string{cv.from: id, cv.to: "new-" + id})
			}
		}
		slices.Reverse(pairs) // the order is not promised
		reply := map[string]any{"errcode": 0, "errmsg": "", cv.out: pairs}
		if cv.none != "" {
			reply[cv.none] = invalid
		}
		return httpmock.NewJsonResponse(http.StatusOK, reply)
	})
}

func ids(prefix string, n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("%s%04d", prefix, i)
	}
	return list
}

// convertMany is a method that takes any number of ids.
type convertMany func(ctx context.Context, corp *suite.Corp, ids []string) (map[string]string, []string, error)

func manyMethods() map[string]struct {
	converter
	call convertMany
} {
	return map[string]struct {
		converter
		call convertMany
	}{
		"ConvertUserIDs": {
			converter{"/cgi-bin/batch/userid_to_openuserid", "userid_list", "open_userid_list", "userid", "open_userid", "invalid_userid_list", 1000, nil},
			func(ctx context.Context, corp *suite.Corp, ids []string) (map[string]string, []string, error) {
				return corp.ConvertUserIDs(ctx, ids)
			},
		},
		"ConvertExternalUserIDs": {
			converter{"/cgi-bin/externalcontact/get_new_external_userid", "external_userid_list", "items", "external_userid", "new_external_userid", "", 200, nil},
			func(ctx context.Context, corp *suite.Corp, ids []string) (map[string]string, []string, error) {
				return corp.ConvertExternalUserIDs(ctx, ids)
			},
		},
		"ConvertGroupExternalUserIDs": {
			converter{"/cgi-bin/externalcontact/groupchat/get_new_external_userid", "external_userid_list", "items", "external_userid", "new_external_userid", "", 1000, map[string]any{"chat_id": "wrGroup"}},
			func(ctx context.Context, corp *suite.Corp, ids []string) (map[string]string, []string, error) {
				return corp.ConvertGroupExternalUserIDs(ctx, "wrGroup", ids)
			},
		},
		"ConvertTagIDs": {
			converter{"/cgi-bin/idconvert/external_tagid", "external_tagid_list", "items", "external_tagid", "open_external_tagid", "invalid_external_tagid_list", 1000, nil},
			func(ctx context.Context, corp *suite.Corp, ids []string) (map[string]string, []string, error) {
				return corp.ConvertTagIDs(ctx, ids)
			},
		},
		"ConvertKFIDs": {
			converter{"/cgi-bin/idconvert/open_kfid", "open_kfid_list", "items", "open_kfid", "new_open_kfid", "invalid_open_kfid_list", 1000, nil},
			func(ctx context.Context, corp *suite.Corp, ids []string) (map[string]string, []string, error) {
				return corp.ConvertKFIDs(ctx, ids)
			},
		},
		"ConvertChatIDs": {
			converter{"/cgi-bin/idconvert/chatid", "chat_id_list", "items", "chat_id", "new_chat_id", "invalid_chat_id_list", 100, nil},
			func(ctx context.Context, corp *suite.Corp, ids []string) (map[string]string, []string, error) {
				return corp.ConvertChatIDs(ctx, ids)
			},
		},
		"FindPendingIDs": {
			converter{"/cgi-bin/idconvert/batch/external_userid_to_pending_id", "external_userid", "result", "external_userid", "pending_id", "", 100, nil},
			func(ctx context.Context, corp *suite.Corp, ids []string) (map[string]string, []string, error) {
				return corp.FindPendingIDs(ctx, "", ids)
			},
		},
		"FindPendingIDs in a group": {
			converter{"/cgi-bin/idconvert/batch/external_userid_to_pending_id", "external_userid", "result", "external_userid", "pending_id", "", 100, map[string]any{"chat_id": "wrGroup"}},
			func(ctx context.Context, corp *suite.Corp, ids []string) (map[string]string, []string, error) {
				return corp.FindPendingIDs(ctx, "wrGroup", ids)
			},
		},
		"FindTmpUsers": {
			converter{"/cgi-bin/idconvert/convert_tmp_external_userid", "tmp_external_userid_list", "results", "tmp_external_userid", "external_userid", "invalid_tmp_external_userid_list", 100, map[string]any{"business_type": 2.0, "user_type": 3.0}},
			func(ctx context.Context, corp *suite.Corp, ids []string) (map[string]string, []string, error) {
				users, invalid, err := corp.FindTmpUsers(ctx, suite.TmpFromForm, suite.TmpChainCorp, ids)
				m := make(map[string]string)
				for id, u := range users {
					m[id] = u.ExternalUserID
				}
				return m, invalid, err
			},
		},
	}
}

// Every method splits by the limit of its endpoint, sends each id once, and sorts
// out what came back.
func TestConvertMany(t *testing.T) {
	t.Parallel()
	for name, m := range manyMethods() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := newUpstream(t)
			m.serve(u, nil)
			good := ids("id", 2*m.most)
			given := slices.Concat([]string{"bad1"}, good, []string{"gone1", "id0000", "", "bad2"})

			converted, invalid, err := m.call(t.Context(), authorised(t, u), given)
			require.NoError(t, err)
			assert.Len(t, converted, len(good))
			for _, id := range good {
				require.Equal(t, "new-"+id, converted[id])
			}
			assert.Equal(t, []string{"", "bad1", "gone1", "bad2"}, invalid)

			calls := u.to(m.path)
			require.Len(t, calls, 3)
			seen := make(map[any]int)
			for _, c := range calls {
				list, _ := c.body[m.list].([]any)
				assert.LessOrEqual(t, len(list), m.most)
				for _, id := range list {
					seen[id]++
				}
				assert.Equal(t, "corp-token", c.query.Get("access_token"))
				delete(c.body, m.list)
				assert.Equal(t, m.body, nilIfEmpty(c.body))
			}
			assert.Len(t, seen, len(good)+3)
			for id, n := range seen {
				assert.Equal(t, 1, n, id)
			}
		})
	}
}

func nilIfEmpty(m map[string]any) map[string]any {
	if len(m) == 0 {
		return nil
	}
	return m
}

// A refusal of the ids of one call leaves the others alone; the error says which
// ids are left, and why.
func TestConvertManyKeepsWhatSucceeded(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	m := manyMethods()["ConvertExternalUserIDs"]
	m.serve(u, func(ids []string) string {
		if slices.Contains(ids, "wm0300") {
			return `{"errcode":40096,"errmsg":"invalid external userid, hint: [1]"}`
		}
		return ""
	})
	given := ids("wm", 1000)
	converted, invalid, err := m.call(t.Context(), authorised(t, u), given)
	require.ErrorIs(t, err, wecom.Code(40096))
	refusal, ok := errors.AsType[*wecom.Error](err)
	require.True(t, ok)
	assert.Equal(t, m.path, refusal.Op)
	failed, ok := errors.AsType[*suite.ConvertError](err)
	require.True(t, ok)
	assert.Len(t, failed.Failed, 200)
	require.ErrorIs(t, failed.Failed["wm0399"], wecom.Code(40096))
	assert.NotContains(t, failed.Failed, "wm0400")
	require.ErrorContains(t, err, "ConvertExternalUserIDs: no answer for 200 ids: ")
	assert.Less(t, len(err.Error()), 500)
	assert.Len(t, converted, 800)
	assert.Empty(t, invalid)

	// Nothing is lost and nothing is in two places.
	for _, id := range given {
		_, done := converted[id]
		_, left := failed.Failed[id]
		assert.NotEqual(t, done, left, id)
	}
}

// A failure that would befall any call ends the conversion: a limit that is
// reached is not hammered.
func TestConvertManyStops(t *testing.T) {
	t.Parallel()
	for name, code := range map[string]int{"limit": 45009, "cancelled": 48004, "address": 60020, "unknown": 999999} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := newUpstream(t)
			m := manyMethods()["ConvertChatIDs"]
			m.serve(u, func([]string) string { return fmt.Sprintf(`{"errcode":%d,"errmsg":"no"}`, code) })
			given := ids("wr", 10000)
			converted, invalid, err := m.call(t.Context(), authorised(t, u), given)
			require.ErrorIs(t, err, wecom.Code(code))
			assert.LessOrEqual(t, len(u.to(m.path)), 4)
			assert.Empty(t, converted)
			assert.Empty(t, invalid)
			failed, ok := errors.AsType[*suite.ConvertError](err)
			require.True(t, ok)
			assert.Len(t, failed.Failed, len(given))
			require.ErrorIs(t, failed.Failed["wr9999"], wecom.Code(code))
		})
	}
}

func TestConvertManyCancelled(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	m := manyMethods()["ConvertUserIDs"]
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	m.serve(u, func([]string) string {
		cancel()
		return `{"errcode":-1,"errmsg":"system busy"}`
	})
	_, _, err := m.call(ctx, authorised(t, u), ids("u", 20000))
	require.Error(t, err)
	assert.LessOrEqual(t, len(u.to(m.path)), 4)
	failed, ok := errors.AsType[*suite.ConvertError](err)
	require.True(t, ok)
	assert.Len(t, failed.Failed, 20000)

	_, _, err = m.call(ctx, authorised(t, newUpstream(t)), []string{"a"}) // the mock refuses any call
	require.ErrorIs(t, err, context.Canceled)
}

func TestConvertManyWithoutIDs(t *testing.T) {
	t.Parallel()
	for name, m := range manyMethods() {
		converted, invalid, err := m.call(t.Context(), authorised(t, newUpstream(t)), nil) // the mock refuses any call
		require.NoError(t, err, name)
		assert.NotNil(t, converted, name)
		assert.Empty(t, invalid, name)
	}
}

func TestConvertOpenUserIDs(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	cv := converter{"/cgi-bin/batch/openuserid_to_userid", "open_userid_list", "userid_list", "open_userid", "userid", "invalid_open_userid_list", 1000, nil}
	cv.serve(u, nil)
	own, err := suite.NewSelfBuiltApp(u.api(), wecom.TokenFunc(func(context.Context) (wecom.Token, error) {
		return wecom.Token{Value: "self-built-token"}, nil
	}))
	require.NoError(t, err)
	converted, invalid, err := own.ConvertOpenUserIDs(t.Context(), append(ids("wo", 1500), "bad"), 0)
	require.NoError(t, err)
	assert.Len(t, converted, 1500)
	assert.Equal(t, "new-wo0007", converted["wo0007"])
	assert.Equal(t, []string{"bad"}, invalid)
	calls := u.to(cv.path)
	require.Len(t, calls, 2)
	assert.NotContains(t, calls[0].body, "source_agentid", "0 is not an agentid")
	assert.Equal(t, "self-built-token", calls[0].query.Get("access_token"))

	text := fmt.Sprintf("%v %+v %#v", own, own, own)
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "app", own)
	assert.NotContains(t, text+log.String(), "0x")
	assert.Contains(t, log.String(), "suite.SelfBuiltApp")

	_, err = suite.NewSelfBuiltApp(nil, unused())
	require.Error(t, err)
	_, err = suite.NewSelfBuiltApp(u.api(), nil)
	require.Error(t, err)
}

// unused is the token of an app that makes no call.
func unused() wecom.TokenSource {
	return wecom.TokenFunc(func(context.Context) (wecom.Token, error) { return wecom.Token{}, errors.New("not asked") })
}

// What the platform would refuse is found before a call; the mock refuses any.
func TestIDConvertChecksInput(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	corp := authorised(t, u)
	app := thirdParty(t, u.api(), suite.Config{})
	own, err := suite.NewSelfBuiltApp(u.api(), unused())
	require.NoError(t, err)
	ctx := t.Context()
	tests := map[string]func() error{
		"UserIDToOpenUserID: 1001 ids: 1 to 1000":        func() error { _, err := corp.UserIDToOpenUserID(ctx, ids("", 1001)); return err },
		"UserIDToOpenUserID: 0 ids":                      func() error { _, err := corp.UserIDToOpenUserID(ctx, nil); return err },
		"OpenUserIDToUserID: 1001 ids: 1 to 1000":        func() error { _, err := own.OpenUserIDToUserID(ctx, ids("", 1001), 1); return err },
		"GetNewExternalUserID: 1001 ids: 1 to 1000":      func() error { _, err := corp.GetNewExternalUserID(ctx, ids("", 1001)); return err },
		"GroupChatGetNewExternalUserID: 1001 ids":        func() error { _, err := corp.GroupChatGetNewExternalUserID(ctx, "wr", ids("", 1001)); return err },
		"GroupChatGetNewExternalUserID: the id of the":   func() error { _, err := corp.GroupChatGetNewExternalUserID(ctx, "", ids("", 1)); return err },
		"ExternalUserIDToPendingID: 101 ids: 1 to 100":   func() error { _, err := corp.ExternalUserIDToPendingID(ctx, "", ids("", 101)); return err },
		"ExternalTagID: 1001 ids: 1 to 1000":             func() error { _, err := corp.ExternalTagID(ctx, ids("", 1001)); return err },
		"OpenKFID: 1001 ids: 1 to 1000":                  func() error { _, err := corp.OpenKFID(ctx, ids("", 1001)); return err },
		"ChatID: 101 ids: 1 to 100":                      func() error { _, err := corp.ChatID(ctx, ids("", 101)); return err },
		"ApplyToUpgradeChatID: the time":                 func() error { return corp.ApplyToUpgradeChatID(ctx, 0) },
		"ToServiceExternalUserID: the id is empty":       func() error { _, err := corp.ToServiceExternalUserID(ctx, ""); return err },
		"FromServiceExternalUserID: the id and":          func() error { _, err := own.FromServiceExternalUserID(ctx, "wo", 0); return err },
		"FromServiceExternalUserID: the id and the agen": func() error { _, err := own.FromServiceExternalUserID(ctx, "", 1); return err },
		"ExternalContactUnionIDToExternalUserID: the un": func() error { _, err := corp.ExternalContactUnionIDToExternalUserID(ctx, "", "o"); return err },
		"UnionIDToExternalUserID: UnionID and OpenID": func() error {
			_, err := corp.UnionIDToExternalUserID(ctx, suite.UnionIDToExternalUserIDRequest{UnionID: "u"})
			return err
		},
		"UnionIDToExternalUserID3rd: UnionID and OpenID": func() error {
			_, err := app.UnionIDToExternalUserID3rd(ctx, suite.UnionIDToExternalUserID3rdRequest{OpenID: "o"})
			return err
		},
		"ConvertTmpExternalUserID: 101 ids: 1 to 100": func() error {
			_, err := corp.ConvertTmpExternalUserID(ctx, suite.ConvertTmpExternalUserIDRequest{TmpExternalUserIDs: ids("", 101)})
			return err
		},
	}
	for want, call := range tests {
		require.ErrorContains(t, call(), "suite: "+want)
	}
	assert.Empty(t, u.paths())
}

// What is optional is left out when it is not set, and the ticket for many calls
// reaches the platform and no text.
func TestUnionIDToExternalUserID(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	const path = "/cgi-bin/idconvert/unionid_to_external_userid"
	u.on("POST", path,
		`{"errcode":0,"errmsg":"ok","pending_id":"pAAA"}`,
		`{"errcode":0,"errmsg":"ok","external_userid":"wmAAA"}`,
		`{"errcode":845002,"errmsg":"mass-call-canary is bad"}`)
	corp := authorised(t, u)
	req := suite.UnionIDToExternalUserIDRequest{UnionID: "union", OpenID: "open"}
	r, err := corp.UnionIDToExternalUserID(t.Context(), req)
	require.NoError(t, err)
	assert.Equal(t, &suite.UnionIDToExternalUserIDResponse{PendingID: "pAAA"}, r)

	req.MassCallTicket, req.SubjectType = wecom.NewSecret("mass-call-canary"), suite.UnionIDOfProvider
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v", req, req, req), "canary")
	r, err = corp.UnionIDToExternalUserID(t.Context(), req)
	require.NoError(t, err)
	assert.Equal(t, &suite.UnionIDToExternalUserIDResponse{ExternalUserID: "wmAAA"}, r)

	_, err = corp.UnionIDToExternalUserID(t.Context(), req)
	require.ErrorIs(t, err, wecom.Code(845002))
	assert.NotContains(t, err.Error(), "canary")

	calls := u.to(path)
	assert.Equal(t, map[string]any{"unionid": "union", "openid": "open"}, calls[0].body)
	assert.Equal(t, map[string]any{"unionid": "union", "openid": "open", "subject_type": 1.0, "mass_call_ticket": "mass-call-canary"}, calls[1].body)
}

// A GET that has an effect goes out once, whatever happens to its reply.
func TestStateChangingGETsGoOutOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := newUpstream(t)
		corp := authorised(t, u)
		template := customized(t, u.api(), suite.Config{})
		lost := func(*http.Request) (*http.Response, error) { return nil, errors.New("connection reset") }
		u.handle("GET", "/cgi-bin/corp/apply_mass_call_ticket", lost)
		u.handle("GET", "/cgi-bin/idconvert/upgrade_chatid_for_new_corp", lost)
		_, err := corp.ApplyMassCallTicket(t.Context())
		require.ErrorIs(t, err, wecom.ErrNoReply)
		require.ErrorIs(t, template.UpgradeChatIDForNewCorp(t.Context()), wecom.ErrNoReply)
		assert.Len(t, u.to("/cgi-bin/corp/apply_mass_call_ticket"), 1)
		assert.Len(t, u.to("/cgi-bin/idconvert/upgrade_chatid_for_new_corp"), 1)
	})
}

func TestOpenIDMigration(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	u.on("POST", "/cgi-bin/corp/get_openid_migration",
		`{"errcode":0,"errmsg":"","migration_info":[{"openid_type":1,"status":0},{"openid_type":3,"status":1},{"openid_type":9,"status":7}]}`)
	r, err := authorised(t, u).GetOpenIDMigration(t.Context())
	require.NoError(t, err)
	assert.False(t, r.Migrated(suite.OpenIDUserAndCorp))
	assert.True(t, r.Migrated(suite.OpenIDExternalUser))
	assert.False(t, r.Migrated(9), "a state that is not known is not the end")
	assert.False(t, r.Migrated(2))
	assert.EqualValues(t, 7, r.MigrationInfo[2].Status)
}

func TestIPListContains(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	u.on("GET", "/cgi-bin/getcallbackip",
		`{"ip_list":["1.2.3.4","101.226.103.*","10.0.0.0/8","nonsense",""]}`,
		`{"ip_list":[],"errcode":40056,"errmsg":"invalid code"}`)
	corp := authorised(t, u)
	list, err := corp.GetCallbackIP(t.Context())
	require.NoError(t, err)
	for addr, want := range map[string]bool{
		"1.2.3.4": true, "::ffff:1.2.3.4": true, "101.226.103.9": true, "10.1.1.1": true,
		"1.2.3.5": false, "101.226.104.9": false, "::1": false,
	} {
		assert.Equal(t, want, list.Contains(netip.MustParseAddr(addr)), addr)
	}
	assert.False(t, list.Contains(netip.Addr{}))

	list, err = corp.GetCallbackIP(t.Context())
	require.Error(t, err)
	assert.Nil(t, list, "an empty list in a refusal is no list")
}

func TestCorpKey(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	app := thirdParty(t, u.api(), suite.Config{})
	corp := app.Corp("wpA")
	assert.Equal(t, "suite/ww1/corp/wpA/jsapi", corp.Key("jsapi"))
	assert.Same(t, app.API(), corp.API())
}
