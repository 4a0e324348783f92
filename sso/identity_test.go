package sso_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/provider"
	"github.com/wecom-isv/wecom/sso"
	"github.com/wecom-isv/wecom/suite"
)

func newRecorder() *httptest.ResponseRecorder { return httptest.NewRecorder() }

// canned returns clients whose identity calls all get reply.
func canned(t *testing.T, reply string) (*sso.App, *sso.CorpApp, *sso.ProviderLogin) {
	t.Helper()
	const token = `{"suite_access_token":"T","provider_access_token":"T","access_token":"T","expires_in":7200}`
	mock := httpmock.NewMockTransport()
	mock.RegisterNoResponder(func(r *http.Request) (*http.Response, error) {
		for _, path := range []string{"/get_suite_token", "/get_provider_token", "/gettoken"} {
			if strings.HasSuffix(r.URL.Path, path) {
				return httpmock.NewStringResponse(http.StatusOK, token), nil
			}
		}
		return httpmock.NewStringResponse(http.StatusOK, reply), nil
	})
	api, err := wecom.New(wecom.WithTransport(mock))
	require.NoError(t, err)
	app, err := suite.New(api, suite.Config{ID: "ww1", Secret: "S"})
	require.NoError(t, err)
	require.NoError(t, app.SaveTicket(t.Context(), wecom.NewSecret("T"), time.Now()))
	codes := suite.NewCacheCodes(api.Cache())
	require.NoError(t, codes.SaveCode(t.Context(), suite.PermanentCode{SuiteID: "dk1", CorpID: "wpAcme", Code: wecom.NewSecret("P"), At: time.Now()}))
	template, err := suite.NewTemplate(api, suite.Config{ID: "dk1", Secret: "S", Codes: codes})
	require.NoError(t, err)
	p, err := provider.New(api, provider.Config{CorpID: "wwProvider", Secret: "S"})
	require.NoError(t, err)
	return sso.NewApp(app), sso.NewCorpApp(template.Corp("wpAcme")), sso.NewProviderLogin(p)
}

type signIn func(t *testing.T, reply string) (sso.Identity, error)

func third(t *testing.T, reply string) (sso.Identity, error) {
	t.Helper()
	app, _, _ := canned(t, reply)
	return app.SignIn(t.Context(), "CODE")
}

func school(t *testing.T, reply string) (sso.Identity, error) {
	t.Helper()
	app, _, _ := canned(t, reply)
	return app.SignInSchool(t.Context(), "CODE")
}

func mini(t *testing.T, reply string) (sso.Identity, error) {
	t.Helper()
	app, _, _ := canned(t, reply)
	return app.SignInMiniProgram(t.Context(), "CODE")
}

func corp(t *testing.T, reply string) (sso.Identity, error) {
	t.Helper()
	_, app, _ := canned(t, reply)
	return app.SignIn(t.Context(), "CODE")
}

func corpMini(t *testing.T, reply string) (sso.Identity, error) {
	t.Helper()
	_, app, _ := canned(t, reply)
	return app.SignInMiniProgram(t.Context(), "CODE")
}

func admin(t *testing.T, reply string) (sso.Identity, error) {
	t.Helper()
	_, _, p := canned(t, reply)
	return p.SignIn(t.Context(), "CODE")
}

func TestIdentityOfReplies(t *testing.T) {
	t.Parallel()
	secret := wecom.NewSecret
	for name, tc := range map[string]struct {
		signIn signIn
		reply  string
		want   sso.Identity
		life   time.Duration // of the ticket
	}{
		"third-party member": {
			third, `{"errcode":0,"errmsg":"ok","corpid":"CORPID","userid":"USERID","user_ticket":"USER_TICKET","expires_in":7200,"open_userid":"wwxxxx","user_doc_ticket":"USER_DOC_TICKET"}`,
			sso.Identity{CorpID: "CORPID", UserID: "USERID", OpenUserID: "wwxxxx", Ticket: sso.UserTicket{Value: secret("USER_TICKET")}, DocTicket: secret("USER_DOC_TICKET")},
			2 * time.Hour,
		},
		"third-party member, ticket without expires_in": {
			third, `{"corpid":"C","userid":"U","user_ticket":"T"}`,
			sso.Identity{CorpID: "C", UserID: "U", Ticket: sso.UserTicket{Value: secret("T")}},
			30 * time.Minute,
		},
		"third-party member, empty parents": {
			third, `{"errcode":0,"errmsg":"ok","corpid":"C","userid":"U","parents":[],"new_field":{"a":1}}`,
			sso.Identity{CorpID: "C", UserID: "U"},
			0,
		},
		"third-party member, keys of the old path": {
			third, `{"errcode":0,"errmsg":"ok","CorpId":"C","UserId":"U","DeviceId":"D"}`,
			sso.Identity{CorpID: "C", UserID: "U"},
			0,
		},
		"outsider": {third, `{"errcode":0,"errmsg":"ok","openid":"OPENID"}`, sso.Identity{OpenID: "OPENID"}, 0},
		"outsider, older copy": {
			third, `{"errcode":0,"errmsg":"ok","OpenId":"OPENID","DeviceId":"D"}`, sso.Identity{OpenID: "OPENID"}, 0,
		},
		"outsider, empty strings": {
			third, `{"errcode":0,"errmsg":"ok","corpid":"","userid":"","openid":"OPENID"}`, sso.Identity{OpenID: "OPENID"}, 0,
		},
		"parent": {
			school, `{"errcode":0,"errmsg":"ok","CorpId":"wxCorpId1","DeviceId":"DEVICEID","external_userid":"zhangsan_external","parents":[{"corpid":"wxCorpId1","parent_userid":"zhangsan","external_userid":"zhangsan_external"},{"corpid":"wxCorpId2","parent_userid":"lisi","external_userid":"lisi_external"}]}`,
			sso.Identity{CorpID: "wxCorpId1", DeviceID: "DEVICEID", ExternalUserID: "zhangsan_external", Parents: []sso.Parent{
				{CorpID: "wxCorpId1", ParentUserID: "zhangsan", ExternalUserID: "zhangsan_external"},
				{CorpID: "wxCorpId2", ParentUserID: "lisi", ExternalUserID: "lisi_external"},
			}},
			0,
		},
		"member on the old path": {
			school, `{"errcode":0,"errmsg":"ok","CorpId":"CORPID","UserId":"USERID","DeviceId":"DEVICEID"}`,
			sso.Identity{CorpID: "CORPID", UserID: "USERID", DeviceID: "DEVICEID"},
			0,
		},
		"outsider on the old path": {
			school, `{"errcode":0,"errmsg":"ok","OpenId":"O","DeviceId":"D"}`, sso.Identity{OpenID: "O", DeviceID: "D"}, 0,
		},
		"customised app": {
			corp, `{"errcode":0,"errmsg":"ok","userid":"USERID","user_ticket":"USER_TICKET","user_doc_ticket":"USER_DOC_TICKET"}`,
			sso.Identity{CorpID: "wpAcme", UserID: "USERID", AppCorpID: "wpAcme", Ticket: sso.UserTicket{Value: secret("USER_TICKET")}, DocTicket: secret("USER_DOC_TICKET")},
			30 * time.Minute,
		},
		"customised app, linked corp": {
			corp, `{"userid":"wpPartner/zhang.san"}`, sso.Identity{CorpID: "wpPartner", UserID: "zhang.san", AppCorpID: "wpAcme"}, 0,
		},
		"customised app, customer": {
			corp, `{"errcode":0,"errmsg":"ok","openid":"OPENID","external_userid":"EXTERNAL_USERID"}`,
			sso.Identity{AppCorpID: "wpAcme", OpenID: "OPENID", ExternalUserID: "EXTERNAL_USERID"},
			0,
		},
		"mini program": {
			mini, `{"corpid":"CORPID","userid":"USERID","session_key":"kJtdi6RF+Dv67QkbLlPGjw==","open_userid":"woTD_bDwAA6qQBOujKfgScxHP3msqqng","errcode":0,"errmsg":"ok"}`,
			sso.Identity{CorpID: "CORPID", UserID: "USERID", OpenUserID: "woTD_bDwAA6qQBOujKfgScxHP3msqqng", SessionKey: secret("kJtdi6RF+Dv67QkbLlPGjw==")},
			0,
		},
		"mini program of a customised app": {
			corpMini, `{"corpid":"CORPID","userid":"USERID","session_key":"K","errcode":0,"errmsg":"ok"}`,
			sso.Identity{CorpID: "CORPID", UserID: "USERID", AppCorpID: "wpAcme", SessionKey: secret("K")},
			0,
		},
		"administrator": {
			admin, `{"errcode": 0, "errmsg": "ok", "usertype": 1, "user_info": {"userid": "xxxx", "open_userid": "xxx", "name": "xxxx", "avatar": "pic"}, "corp_info": {"corpid": "wxCorpId"}, "agent": [{"agentid": 0, "auth_type": 1}, {"agentid": 1, "auth_type": 0}], "auth_info": {"department": [{"id": 2, "writable": true}]}}`,
			sso.Identity{CorpID: "wxCorpId", UserID: "xxxx", OpenUserID: "xxx", Profile: sso.Profile{Name: "xxxx", Avatar: "pic"}, Admin: &sso.Admin{
				Type:        provider.LoginCreator,
				Agents:      []provider.LoginAgent{{AgentID: 0, AuthType: provider.AgentManage}, {AgentID: 1, AuthType: provider.AgentUse}},
				Departments: []provider.LoginDepartment{{ID: 2, Writable: true}},
			}},
			0,
		},
		"administrator, strings as on an older page": {
			admin, `{"usertype":4,"user_info":{"userid":"u"},"corp_info":{"corpid":"c"},"auth_info":{"department":[{"id":"2","writable":"true"}]}}`,
			sso.Identity{CorpID: "c", UserID: "u", Admin: &sso.Admin{Type: provider.LoginGradedAdmin, Departments: []provider.LoginDepartment{{ID: 2, Writable: true}}}},
			0,
		},
		"external administrator": {
			admin, `{"usertype":3,"user_info":{"name":"n"},"corp_info":{"corpid":"c"}}`,
			sso.Identity{CorpID: "c", Profile: sso.Profile{Name: "n"}, Admin: &sso.Admin{Type: provider.LoginExternalAdmin}},
			0,
		},
		"member by QR code": {
			admin, `{"usertype":5,"user_info":{"userid":"u"},"corp_info":{"corpid":"c"},"agent":[]}`, sso.Identity{CorpID: "c", UserID: "u"}, 0,
		},
		"unknown rank": {
			admin, `{"usertype":6,"user_info":{"userid":"u"},"corp_info":{"corpid":"c"},"agent":[{"agentid":1,"auth_type":1}]}`, sso.Identity{CorpID: "c", UserID: "u"}, 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := tc.signIn(t, tc.reply)
			require.NoError(t, err)
			if tc.life > 0 {
				assert.WithinDuration(t, time.Now().Add(tc.life), got.Ticket.ExpiresAt, time.Minute)
				assert.True(t, got.Ticket.Live())
				got.Ticket.ExpiresAt = time.Time{}
			}
			assert.Equal(t, tc.want, got)
			// Secrets are compared through pointers above; by value here.
			assert.Equal(t, tc.want.Ticket.Value.Reveal(), got.Ticket.Value.Reveal())
			kinds := 0
			for _, is := range []bool{got.IsMember(), got.IsParent(), got.IsOutsider(), got.IsAdmin() && !got.IsMember()} {
				if is {
					kinds++
				}
			}
			assert.Equal(t, 1, kinds)
		})
	}
}

// Nobody is signed in on the strength of a reply that names nobody, or a member
// of no corp: the same userid exists in many corps.
func TestIncompleteReplies(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		signIn signIn
		reply  string
	}{
		"nobody":                 {third, `{"errcode":0,"errmsg":"ok"}`},
		"empty object":           {third, `{}`},
		"empty strings":          {third, `{"corpid":"","userid":"","openid":""}`},
		"corp only":              {third, `{"corpid":"C"}`},
		"member of no corp":      {third, `{"userid":"U"}`},
		"member with an openid":  {third, `{"userid":"U","openid":"O"}`},
		"old path":               {school, `{"DeviceId":"D"}`},
		"old path, no parents":   {school, `{"CorpId":"C","parents":[]}`},
		"customised app":         {corp, `{}`},
		"linked corp, no member": {corp, `{"userid":"wpPartner/"}`},
		"linked corp, no corp":   {corp, `{"userid":"/zhangsan"}`},
		"mini program":           {mini, `{"session_key":"K"}`},
		"administrator":          {admin, `{"usertype":1,"user_info":{"userid":"u"}}`},
		"external administrator": {admin, `{"usertype":3,"corp_info":{}}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := tc.signIn(t, tc.reply)
			require.ErrorIs(t, err, sso.ErrIncomplete)
			assert.Zero(t, got)
		})
	}
}

func TestProfileOfReplies(t *testing.T) {
	t.Parallel()
	app, _, _ := canned(t, `{"errcode":0,"errmsg":"ok","corpid":"wwxxxxxxyyyyy","userid":"lisi","name":"李四","gender":"1","avatar":"http://shp.qpic.cn/bizmp/xxxxxxxxxxx/0","qr_code":"https://open.work.weixin.qq.com/wwopen/userQRCode?vcode=vcfc13b01dfs78e981c"}`)
	id := sso.Identity{CorpID: "wwxxxxxxyyyyy", UserID: "lisi", OpenUserID: "wo1", Ticket: sso.UserTicket{Value: wecom.NewSecret("T"), ExpiresAt: time.Now().Add(time.Hour)}}
	got, err := app.WithProfile(t.Context(), id)
	require.NoError(t, err)
	want := id
	want.Profile = sso.Profile{Name: "李四", Gender: sso.GenderMale, Avatar: "http://shp.qpic.cn/bizmp/xxxxxxxxxxx/0", QRCode: "https://open.work.weixin.qq.com/wwopen/userQRCode?vcode=vcfc13b01dfs78e981c"}
	assert.Equal(t, want, got)

	_, corpApp, _ := canned(t, `{"errcode":0,"errmsg":"ok","userid":"lisi","gender":2,"avatar":"http://shp.qpic.cn/bizmp/xxxxxxxxxxx/0","qr_code":"Q","mobile":"13800000000","email":"zhangsan@gzdev.com","biz_mail":"zhangsan@qyycs2.wecom.work","address":"广州市海珠区新港中路"}`)
	id.CorpID, id.AppCorpID = "wpAcme", "wpAcme"
	got, err = corpApp.WithProfile(t.Context(), id)
	require.NoError(t, err)
	want = id
	want.Profile = sso.Profile{
		Gender: sso.GenderFemale, Avatar: "http://shp.qpic.cn/bizmp/xxxxxxxxxxx/0", QRCode: "Q", Mobile: "13800000000",
		Email: "zhangsan@gzdev.com", BizMail: "zhangsan@qyycs2.wecom.work", Address: "广州市海珠区新港中路",
	}
	assert.Equal(t, want, got)

	_, corpApp, _ = canned(t, `{"errcode":0,"userid":"wpPartner/lisi"}`)
	_, err = corpApp.WithProfile(t.Context(), id)
	require.ErrorIs(t, err, sso.ErrOtherPerson, "the same userid in another corp is another person")
	_, corpApp, _ = canned(t, `{"errcode":0}`)
	_, err = corpApp.WithProfile(t.Context(), id)
	require.ErrorIs(t, err, sso.ErrOtherPerson)
}

func TestGender(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]sso.Gender{
		`"1"`: sso.GenderMale, `2`: sso.GenderFemale, `"0"`: sso.GenderUnknown, `0`: sso.GenderUnknown, `null`: "", `""`: "", ` 1 `: sso.GenderMale, `"9"`: "9",
	} {
		var got struct {
			Gender sso.Gender `json:"gender"`
		}
		require.NoError(t, json.Unmarshal([]byte(`{"gender":`+text+`}`), &got), text)
		assert.Equal(t, want, got.Gender, text)
	}
	for _, text := range []string{`true`, `{}`, `[1]`} {
		var got struct {
			Gender sso.Gender `json:"gender"`
		}
		require.Error(t, json.Unmarshal([]byte(`{"gender":`+text+`}`), &got), text)
	}
	text, err := json.Marshal(sso.GenderMale)
	require.NoError(t, err)
	assert.JSONEq(t, `"1"`, string(text))
}

func TestIdentityEncodesNoSecret(t *testing.T) {
	t.Parallel()
	id := sso.Identity{
		CorpID: "c", UserID: "u", Ticket: sso.UserTicket{Value: wecom.NewSecret("CANARY"), ExpiresAt: time.Now()},
		DocTicket: wecom.NewSecret("CANARY"), SessionKey: wecom.NewSecret("CANARY"),
	}
	text, err := json.Marshal(id)
	require.NoError(t, err)
	assert.JSONEq(t, `{"corp_id":"c","user_id":"u"}`, string(text))
	var back sso.Identity
	require.NoError(t, json.Unmarshal(text, &back))
	assert.Equal(t, sso.Identity{CorpID: "c", UserID: "u"}, back)
}
