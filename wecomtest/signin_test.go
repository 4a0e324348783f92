package wecomtest_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/wecomtest"
)

// A member of another corp has ids that the app's corp has, too: the root
// department, and a userid.
func TestSignInOfAnotherCorpsMember(t *testing.T) {
	t.Parallel()
	w := newLicenseWorld(t)
	code := w.buy(1, 0, 1)[0]
	w.call("set_auto_active_status", object{"corpid": w.corp.ID, "auto_active_status": 1})
	template := w.p.NewTemplate(wecomtest.AppConfig{SensitiveOK: true})
	made, err := w.corp.Install(t.Context(), template)
	require.NoError(t, err)
	agent := "&agentid=" + strconv.FormatInt(made.AgentID, 10)
	other := w.p.NewCorp("Other")
	user := other.AddUser(wecomtest.User{ID: w.corp.Admin().ID})

	_, err = other.Login(t.Context(), user, oauthURL(w.corp.ID, "snsapi_privateinfo", agent))
	var refused *wecomtest.PageError
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, 60021, refused.Code)

	_, err = other.Login(t.Context(), user, oauthURL(w.corp.ID, "snsapi_base", agent))
	require.NoError(t, err)
	assert.EqualValues(t, 1, w.info(code)["status"], "no licence of the app's corp was activated")
}

func TestSignInWhenTheTagOfARemovedAppIsDeleted(t *testing.T) {
	t.Parallel()
	o := newOffice(t, wecomtest.WithoutServer())
	app := o.p.NewApp(wecomtest.AppConfig{SensitiveOK: true})
	_, err := o.corp.Install(t.Context(), app)
	require.NoError(t, err)
	boss := o.corp.Admin()
	tag, err := o.corp.AddTag(wecomtest.Tag{Name: "some", Users: []string{boss.ID}})
	require.NoError(t, err)
	_, err = o.corp.Change(t.Context(), app, wecomtest.VisibleTo(nil, nil), wecomtest.VisibleToTags(tag.ID))
	require.NoError(t, err)
	to, err := o.corp.Login(t.Context(), boss, oauthURL(app.ID, "snsapi_privateinfo", ""))
	require.NoError(t, err)

	_, err = o.corp.Cancel(t.Context(), app)
	require.NoError(t, err)
	o.ok("/cgi-bin/tag/delete"+o.token+"&tagid="+strconv.FormatInt(tag.ID, 10), nil)
	r := o.ok("/cgi-bin/service/auth/getuserinfo3rd?suite_access_token="+o.suiteToken(app)+"&code="+to.Query().Get("code"), nil)
	assert.Equal(t, boss.ID, r["userid"])
	assert.NotContains(t, r, "user_ticket")
}
