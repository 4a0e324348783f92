package wecomtest_test

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/wecomtest"
)

func TestContactEvents(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, wecomtest.WithoutServer(), wecomtest.WithContactEvents())
		third, custom := o.p.NewApp(wecomtest.AppConfig{}), o.p.NewTemplate(wecomtest.AppConfig{})
		events, writer := backend(o.p, third), backend(o.p, o.app)
		o.access(third)
		o.access(custom)
		own := &receiver{token: o.corp.Installations()[2].Token, aesKey: o.corp.Installations()[2].AESKey}
		o.p.Handle("custom.example.com", own)
		custom.SetDataURL("https://custom.example.com/$CORPID$")
		seen, written := len(events.all()), len(writer.all())

		o.party(2, 1, "R&D")
		o.person("a", object{"name": "张三", "department": []int{2}})
		o.ok(updateUser+o.token, object{"userid": "a", "alias": "x"})
		require.NoError(t, o.corp.RemoveUser("a"))
		o.ok("/cgi-bin/department/delete"+o.token+"&id=2", nil)
		synctest.Wait()
		got := events.all()[seen:]
		require.Len(t, got, 5)
		for i, change := range []string{"create_party", "create_user", "update_user", "delete_user", "delete_party"} {
			assert.Equal(t, "change_contact", got[i].event.InfoType)
			assert.Equal(t, o.corp.ID, got[i].event.AuthCorpID)
			assert.Contains(t, got[i].message, "<ChangeType><![CDATA["+change+"]]></ChangeType>")
			assert.Contains(t, own.all()[i].message, "<ChangeType><![CDATA["+change+"]]></ChangeType>")
		}
		assert.Contains(t, got[1].message, "<Name><![CDATA[a]]></Name><Department><![CDATA[2]]></Department>")
		assert.Contains(t, own.all()[1].message, "<Name><![CDATA[张三]]></Name>")
		assert.Equal(t, o.corp.ID, own.last().receiver)
		assert.Len(t, writer.all()[written:], 5, "the registration's token is no app's")

		o.ok("/cgi-bin/sync/contact_sync_success"+o.token, nil)
		written = len(writer.all())
		_, err := o.corp.Change(t.Context(), third, wecomtest.VisibleTo(nil, nil))
		require.NoError(t, err)
		seen = len(events.all())
		access := o.access(o.app)
		o.ok(createUser+access, newPerson("b", nil))
		o.ok("/cgi-bin/tag/create"+access, object{"tagname": "t", "tagid": 1})
		o.ok("/cgi-bin/tag/addtagusers"+access, object{"tagid": 1, "userlist": []string{"b"}})
		synctest.Wait()
		assert.Len(t, events.all(), seen, "not what is out of sight")
		assert.Len(t, writer.all(), written+1, "not what the app has done itself: create_auth only")
		assert.Len(t, own.all(), 6)
	})
}

// What is removed leaves the visible range with it: the app is told all the same.
func TestContactEventsOfRemovals(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, wecomtest.WithoutServer(), wecomtest.WithContactEvents())
		app := o.p.NewApp(wecomtest.AppConfig{})
		events := backend(o.p, app)
		o.access(app)
		o.party(2, 1, "R&D")
		o.party(3, 1, "Sales")
		o.person("a", nil)
		o.person("b", nil)
		o.person("c", nil)
		_, err := o.corp.Change(t.Context(), app, wecomtest.VisibleTo([]string{"a", "c"}, []int64{2, 3}))
		require.NoError(t, err)
		synctest.Wait()
		seen := len(events.all())

		require.NoError(t, o.corp.RemoveUser("a"))
		require.NoError(t, o.corp.RemoveUser("b"))
		o.ok("/cgi-bin/user/delete"+o.token+"&userid=c", nil)
		o.ok("/cgi-bin/department/delete"+o.token+"&id=2", nil)
		require.NoError(t, o.corp.RemoveDepartment(3))
		synctest.Wait()
		got := events.all()[seen:]
		require.Len(t, got, 4, "b is out of sight")
		assert.Contains(t, got[0].message, "<ChangeType><![CDATA[delete_user]]></ChangeType><UserID><![CDATA[a]]></UserID>")
		assert.Contains(t, got[1].message, "<ChangeType><![CDATA[delete_user]]></ChangeType><UserID><![CDATA[c]]></UserID>")
		assert.Contains(t, got[2].message, "<ChangeType><![CDATA[delete_party]]></ChangeType><Id>2</Id>")
		assert.Contains(t, got[3].message, "<ChangeType><![CDATA[delete_party]]></ChangeType><Id>3</Id>")
	})
}
