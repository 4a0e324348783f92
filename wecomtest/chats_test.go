package wecomtest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/wecomtest"
)

func TestChatIDsAreOfOneCorp(t *testing.T) {
	t.Parallel()
	s := newSender(t)
	group := func(corp *wecomtest.Corp) object {
		return object{"chatid": "sales", "userlist": []string{corp.Admin().ID, corp.AddUser(wecomtest.User{}).ID}}
	}
	const path = "/cgi-bin/appchat/"
	s.ok(path+"create"+s.access, group(s.corp))
	other := s.p.NewCorp("Other")
	made, err := other.Install(t.Context(), s.app)
	require.NoError(t, err)
	access := "?access_token=" + s.corpToken(s.suiteToken(s.app), made)
	s.refused(86003, path+"get"+access+"&chatid=sales", nil)
	s.ok(path+"create"+access, group(other))
	assert.Contains(t, dig(s.ok(path+"get"+access+"&chatid=sales", nil), "chat_info")["userlist"], other.Admin().ID)

	second := s.p.NewApp(wecomtest.AppConfig{})
	made, err = other.Install(t.Context(), second)
	require.NoError(t, err)
	s.refused(86008, path+"get?access_token="+s.corpToken(s.suiteToken(second), made)+"&chatid=sales", nil)
}

func TestChatUserIDsIgnoreCase(t *testing.T) {
	t.Parallel()
	s := newSender(t)
	for _, id := range []string{"bob", "carl", "dave"} {
		s.corp.AddUser(wecomtest.User{ID: id})
	}
	const path = "/cgi-bin/appchat/"
	s.ok(path+"create"+s.access, object{"chatid": "c", "userlist": []string{"bob", "carl", "dave"}, "owner": "BOB"})
	s.ok(path+"update"+s.access, object{"chatid": "c", "del_user_list": []string{"CARL"}})
	info := dig(s.ok(path+"get"+s.access+"&chatid=c", nil), "chat_info")
	assert.Equal(t, "bob", info["owner"])
	assert.Equal(t, []any{"bob", "dave"}, info["userlist"])
}
