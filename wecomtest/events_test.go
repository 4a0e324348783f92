package wecomtest_test

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/wecomtest"
)

func TestEvents(t *testing.T) {
	t.Parallel()
	events := wecomtest.Events()
	require.Len(t, events, 217)
	ids := map[string]bool{}
	for _, e := range events {
		assert.False(t, ids[e.ID], e.ID)
		ids[e.ID] = true
		assert.Equal(t, string(e.Form)+":"+e.Name, e.ID)
		assert.Contains(t, []wecomtest.EventReceiver{wecomtest.CommandURL, wecomtest.DataURL, wecomtest.SystemEventURL}, e.Receiver)
		assert.Contains(t, []time.Duration{time.Second, 5 * time.Second}, e.Deadline, e.ID)
		assert.NotEmpty(t, e.Title, e.ID)
		assert.NotEmpty(t, e.Fields, e.ID)
		assert.NotEmpty(t, e.Kind, e.ID)
	}
	created, err := wecomtest.FindEvent("create_auth")
	require.NoError(t, err)
	assert.Equal(t, "suite:create_auth", created.ID)
	assert.Equal(t, time.Second, created.Deadline)
	assert.Equal(t, "success", created.Answer)
	assert.Contains(t, created.Docs, 90642)

	events[0].Fields[0].Name, created.Docs[0] = "changed", 1
	again := wecomtest.Events()
	assert.NotEqual(t, "changed", again[0].Fields[0].Name, "what is handed out is a copy")
	found, err := wecomtest.FindEvent("create_auth")
	require.NoError(t, err)
	assert.NotEqual(t, 1, found.Docs[0])
}

func TestFindEvent(t *testing.T) {
	t.Parallel()
	suite, err := wecomtest.FindEvent("change_contact.create_user")
	require.NoError(t, err)
	assert.Equal(t, wecomtest.SuiteForm, suite.Form, "a shared name stands for the suite form")
	app, err := wecomtest.FindEvent("app:change_contact.create_user")
	require.NoError(t, err)
	assert.Equal(t, wecomtest.AppForm, app.Form)
	assert.Equal(t, "event.change_contact.create_user", app.Kind)

	for wrong, want := range map[string]string{
		"create_aut":         "suite:create_auth",
		"suite:suiteticket":  "suite:suite_ticket",
		"license_pay_succes": "provider:license_pay_success",
		"CLICK":              "app:click",
	} {
		_, err := wecomtest.FindEvent(wrong)
		var unknown *wecomtest.UnknownEventError
		require.ErrorAs(t, err, &unknown, wrong)
		assert.Contains(t, unknown.Nearest, want)
		assert.ErrorContains(t, err, "did you mean")
	}
	_, err = wecomtest.FindEvent("nothing at all like it")
	assert.EqualError(t, err, `wecomtest: no event "nothing at all like it"`)
}

// leaves reads the texts of a message by path; of repeated ones the first.
func leaves(t *testing.T, message []byte) map[string]string {
	t.Helper()
	found := map[string]string{}
	decoder := xml.NewDecoder(strings.NewReader(string(message)))
	var path []string
	text, leaf := "", false
	for {
		token, err := decoder.Token()
		if token == nil {
			require.ErrorContains(t, err, "EOF")
			return found
		}
		switch token := token.(type) {
		case xml.StartElement:
			path, text, leaf = append(path, token.Name.Local), "", true
		case xml.CharData:
			text += string(token)
		case xml.EndElement:
			name := strings.Join(path[1:], "/")
			if _, seen := found[name]; leaf && !seen {
				found[name] = text
			}
			path, leaf = path[:len(path)-1], false
		}
	}
}

// Every event says what its example says, in XML and in JSON, and takes a value for
// every element that it has.
func TestNewEventOfEveryRow(t *testing.T) {
	t.Parallel()
	for _, e := range wecomtest.Events() {
		t.Run(e.ID, func(t *testing.T) {
			t.Parallel()
			made, err := wecomtest.NewEvent(e.ID, nil)
			require.NoError(t, err)
			assert.Equal(t, leaves(t, []byte(e.Example)), leaves(t, made))

			asJSON, err := wecomtest.NewEventJSON(e.ID, nil)
			require.NoError(t, err)
			require.True(t, json.Valid(asJSON), "%s", asJSON)

			fields := wecomtest.Fields{}
			want := map[string]string{}
			for i, f := range e.Fields {
				value := strconv.Itoa(1000 + i)
				if !strings.HasSuffix(f.Type, "group") {
					fields[f.Path], want[f.Path] = value, value
				}
			}
			made, err = wecomtest.NewEvent(e.ID, fields)
			require.NoError(t, err)
			got := leaves(t, made)
			for path, value := range want {
				assert.Equal(t, value, got[path], path)
			}
		})
	}
}

func TestNewEventFields(t *testing.T) {
	t.Parallel()
	event := func(id string, fields wecomtest.Fields) string {
		t.Helper()
		message, err := wecomtest.NewEvent(id, fields)
		require.NoError(t, err)
		return string(message)
	}
	t.Run("forms of values", func(t *testing.T) {
		t.Parallel()
		got := event("change_contact.create_user", wecomtest.Fields{
			"UserID": "a<b]]>&", "Department": []int{1, 2}, "Gender": 1, "MainDepartment": json.Number("7"),
			"DirectLeader": []string{"x", "y"}, "Position": nil,
		})
		values := leaves(t, []byte(got))
		assert.Equal(t, "a<b]]>&", values["UserID"])
		assert.Equal(t, "1,2", values["Department"])
		assert.Equal(t, "x,y", values["DirectLeader"])
		assert.Contains(t, got, "<Gender>1</Gender>", "numbers stand without CDATA")
		assert.Contains(t, got, "<MainDepartment>7</MainDepartment>")
		assert.NotContains(t, got, "<Position>", "nil leaves the element out")
	})
	t.Run("repeated elements", func(t *testing.T) {
		t.Parallel()
		got := event("create_auth.extra_info", wecomtest.Fields{"OpenKfId": []string{"a", "b", "c"}})
		assert.Contains(t, got, "<AuthOpenKfIdList><OpenKfId><![CDATA[a]]></OpenKfId><OpenKfId><![CDATA[b]]></OpenKfId><OpenKfId><![CDATA[c]]></OpenKfId></AuthOpenKfIdList>")
		got = event("create_auth", wecomtest.Fields{"OpenKfId": "one"})
		assert.Contains(t, got, "<ExtraInfo><AuthOpenKfIdList><OpenKfId><![CDATA[one]]></OpenKfId></AuthOpenKfIdList></ExtraInfo>", "groups are made")
	})
	t.Run("groups", func(t *testing.T) {
		t.Parallel()
		got := event("change_contact.create_user", wecomtest.Fields{"ExtAttr": wecomtest.Fields{"Item": []wecomtest.Fields{
			{"Name": "hobby", "Type": 0, "Text": wecomtest.Fields{"Value": "travel"}},
			{"Name": "page", "Type": 1, "Web": map[string]any{"Title": "T", "Url": "https://example.com"}},
		}}})
		assert.Equal(t, 2, strings.Count(got, "<Item>"))
		assert.Equal(t, "hobby", leaves(t, []byte(got))["ExtAttr/Item/Name"])
		got = event("change_contact.create_user", wecomtest.Fields{"ExtAttr/Item": []any{map[string]any{"Name": "n"}}, "ExtAttr/Item/Type": 1})
		assert.Equal(t, 1, strings.Count(got, "<Item>"))
		assert.Equal(t, "1", leaves(t, []byte(got))["ExtAttr/Item/Type"], "a group is set before its elements")
	})
	t.Run("JSON", func(t *testing.T) {
		t.Parallel()
		message, err := wecomtest.NewEventJSON("create_auth.extra_info", wecomtest.Fields{"OpenKfId": "only", "TimeStamp": 17, "State": `a"b`})
		require.NoError(t, err)
		assert.JSONEq(t, `{"SuiteId":"ww4asffe99e54c0f4c","AuthCode":"AUTHCODE","InfoType":"create_auth","TimeStamp":17,"State":"a\"b",
			"ExtraInfo":{"AuthOpenKfIdList":{"OpenKfId":["only"]}}}`, string(message))
	})
	t.Run("the blank of suite_ticket", func(t *testing.T) {
		t.Parallel()
		assert.Contains(t, event("suite_ticket", nil), "<InfoType> <![CDATA[suite_ticket]]></InfoType>")
		message, err := wecomtest.NewEventJSON("suite_ticket", nil)
		require.NoError(t, err)
		assert.Contains(t, string(message), `"InfoType":"suite_ticket"`)
	})
}

func TestNewEventRefuses(t *testing.T) {
	t.Parallel()
	_, err := wecomtest.NewEvent("no_such", nil)
	var noEvent *wecomtest.UnknownEventError
	require.ErrorAs(t, err, &noEvent)
	_, err = wecomtest.NewEventJSON("no_such", nil)
	require.ErrorAs(t, err, &noEvent)

	var noField *wecomtest.UnknownFieldError
	_, err = wecomtest.NewEvent("suite_ticket", wecomtest.Fields{"SuiteTiket": "x"})
	require.ErrorAs(t, err, &noField)
	assert.Equal(t, "suite:suite_ticket", noField.Event)
	assert.Equal(t, []string{"SuiteTicket"}, noField.Nearest)
	_, err = wecomtest.NewEvent("change_contact.create_user", wecomtest.Fields{"ExtAttr": wecomtest.Fields{"Itm": 1}})
	require.ErrorAs(t, err, &noField)
	assert.Contains(t, noField.Nearest, "Item")
	_, err = wecomtest.NewEvent("app:sys_approval_change", wecomtest.Fields{"UserId": "x"})
	require.ErrorAs(t, err, &noField)
	assert.Greater(t, len(noField.Nearest), 2, "all elements of that name: %v", noField.Nearest)

	type bad struct {
		id    string
		field string
		value any
		want  string
	}
	for _, c := range []bad{
		{"suite_ticket", "TimeStamp", "soon", "an integer"},
		{"suite_ticket", "TimeStamp", []int{1, 2}, "one value"},
		{"suite_ticket", "SuiteTicket", struct{}{}, "text"},
		{"suite_ticket", "SuiteTicket", "\x00", "XML"},
		{"suite_ticket", "SuiteTicket", "\xff", "XML"},
		{"change_contact.create_user", "Department", "1,x", "integers"},
		{"change_contact.create_user", "DirectLeader", []string{"a,b"}, "commas"},
		{"change_contact.create_user", "ExtAttr", "x", "the elements of the group"},
		{"change_contact.create_user", "ExtAttr", []wecomtest.Fields{{}, {}}, "the elements of the group"},
		{"change_contact.create_user", "ExtAttr/Item", []any{1}, "list of groups"},
		{"app:LOCATION", "Latitude", "north", "a number"},
	} {
		_, err := wecomtest.NewEvent(c.id, wecomtest.Fields{c.field: c.value})
		var wrong *wecomtest.FieldValueError
		require.ErrorAs(t, err, &wrong, "%s %v", c.field, c.value)
		assert.Contains(t, wrong.Want, c.want)
		assert.NotContains(t, err.Error(), "soon")
	}
	_, err = wecomtest.NewEvent("create_auth", wecomtest.Fields{"OpenKfId": "a", "ExtraInfo/AuthOpenKfIdList/OpenKfId": "b"})
	assert.ErrorContains(t, err, "chosen once")
}

func TestPushEvent(t *testing.T) {
	t.Parallel()
	p := wecomtest.NewPlatform(t, wecomtest.WithoutServer())
	app := p.NewApp(wecomtest.AppConfig{})
	v := backend(p, app)
	system := &receiver{token: p.Provider().Token, aesKey: p.Provider().AESKey}
	p.Handle("system.example.com", system)
	p.Provider().SetCallbackURL("https://system.example.com/")
	corp := p.NewCorp("Acme")
	made, err := corp.Install(t.Context(), app)
	require.NoError(t, err)
	p.Advance(time.Hour)

	t.Run("a ticket that works", func(t *testing.T) {
		_, err := app.PushEvent(t.Context(), "suite_ticket", nil)
		require.NoError(t, err)
		got := v.last()
		assert.Equal(t, app.ID, got.event.SuiteID)
		assert.InDelta(t, p.Now().Unix(), got.event.TimeStamp, 2)
		newClient(t, p).ok("/cgi-bin/service/get_suite_token", object{"suite_id": app.ID, "suite_secret": app.Secret, "suite_ticket": got.event.SuiteTicket})
		_, err = corp.PushEvent(t.Context(), app, "suite_ticket", nil)
		require.NoError(t, err)
		newClient(t, p).ok("/cgi-bin/service/get_suite_token", object{"suite_id": app.ID, "suite_secret": app.Secret, "suite_ticket": v.last().event.SuiteTicket})
		_, err = app.PushEvent(t.Context(), "suite_ticket", wecomtest.Fields{"SuiteTicket": "mine"})
		require.NoError(t, err)
		assert.Equal(t, "mine", v.last().event.SuiteTicket)
	})
	t.Run("an auth code that works", func(t *testing.T) {
		_, err := corp.PushEvent(t.Context(), app, "create_auth", wecomtest.Fields{"State": "s"})
		require.NoError(t, err)
		c := newClient(t, p)
		r := c.ok("/cgi-bin/service/v2/get_permanent_code?suite_access_token="+c.suiteToken(app), object{"auth_code": v.last().event.AuthCode})
		assert.Equal(t, made.PermanentCode, r["permanent_code"])
	})
	t.Run("of a corp to the command URL", func(t *testing.T) {
		d, err := corp.PushEvent(t.Context(), app, "suite:change_contact.create_user", wecomtest.Fields{"UserID": "zhangsan"})
		require.NoError(t, err)
		assert.Equal(t, "change_contact.create_user", d.Kind)
		got := v.last()
		assert.Equal(t, corp.ID, got.event.AuthCorpID)
		assert.Equal(t, app.ID, got.receiver)
		assert.Contains(t, got.message, "zhangsan")
	})
	t.Run("of a corp to the data URL", func(t *testing.T) {
		before := len(v.all())
		d, err := corp.PushEvent(t.Context(), app, "app:msg.text", wecomtest.Fields{"Content": "hello"})
		require.NoError(t, err)
		assert.Contains(t, d.URL, "/data/"+corp.ID)
		got := v.last()
		assert.Equal(t, corp.ID, got.receiver)
		assert.Equal(t, corp.ID, got.event.ToUserName)
		assert.Equal(t, corp.Admin().ID, got.event.FromUserName)
		assert.Equal(t, made.AgentID, got.event.AgentID)
		_, err = corp.PushEvent(t.Context(), app, "app:msg.text", nil)
		require.NoError(t, err)
		assert.NotEqual(t, leaves(t, []byte(v.all()[before].message))["MsgId"], leaves(t, []byte(v.last().message))["MsgId"])
	})
	t.Run("from the system, not from a member", func(t *testing.T) {
		_, err := corp.PushEvent(t.Context(), app, "app:change_contact.create_user", nil)
		require.NoError(t, err)
		assert.Equal(t, "sys", v.last().event.FromUserName)
	})
	t.Run("to the system-event URL", func(t *testing.T) {
		_, err := corp.PushEvent(t.Context(), nil, "license_pay_success", nil)
		require.NoError(t, err)
		assert.Equal(t, p.Provider().CorpID, system.last().event.ServiceCorpID)
		assert.Equal(t, corp.ID, system.last().event.AuthCorpID)
		_, err = p.Provider().PushEvent(t.Context(), "register_corp", wecomtest.Fields{"RegisterCode": "CODE"})
		require.NoError(t, err)
		assert.Equal(t, "CODE", system.last().event.RegisterCode)
		_, err = app.PushEvent(t.Context(), "provider:batch_job_result.provider", nil)
		require.NoError(t, err)
		assert.Equal(t, p.Provider().CorpID, system.last().receiver)
	})
	t.Run("to a target", func(t *testing.T) {
		target := wecomtest.Target{URL: "https://" + app.ID + ".example.com/command", Token: app.Token, AESKey: app.AESKey, Receiver: app.ID}
		_, err := p.PushEvent(t.Context(), target, "cancel_auth", wecomtest.Fields{"AuthCorpId": "wpX", "TimeStamp": 5})
		require.NoError(t, err)
		assert.Equal(t, app.ID, v.last().event.SuiteID)
		assert.Equal(t, "wpX", v.last().event.AuthCorpID)
		assert.EqualValues(t, 5, v.last().event.TimeStamp)
		target.JSON = true
		_, err = p.PushEvent(t.Context(), target, "cancel_auth", nil)
		require.NoError(t, err)
		assert.True(t, json.Valid([]byte(v.last().message)))
		target.JSON, target.URL = false, target.URL+"?callback_format=json"
		_, err = p.PushEvent(t.Context(), target, "cancel_auth", nil)
		require.NoError(t, err)
		assert.True(t, json.Valid([]byte(v.last().message)))
	})
	t.Run("refused", func(t *testing.T) {
		_, err := app.PushEvent(t.Context(), "nothing", nil)
		require.ErrorContains(t, err, "no event")
		_, err = corp.PushEvent(t.Context(), nil, "cancel_auth", nil)
		require.ErrorContains(t, err, "goes to an app")
		_, err = p.Provider().PushEvent(t.Context(), "cancel_auth", nil)
		require.ErrorContains(t, err, "goes to the command_url")
		_, err = corp.PushEvent(t.Context(), p.NewApp(wecomtest.AppConfig{}), "cancel_auth", nil)
		require.ErrorContains(t, err, "no URL is set for command_url")
		_, err = corp.PushEvent(t.Context(), p.NewApp(wecomtest.AppConfig{}), "app:click", nil)
		require.ErrorContains(t, err, "not installed")
		_, err = corp.PushEvent(t.Context(), app, "cancel_auth", wecomtest.Fields{"X": 1})
		require.ErrorContains(t, err, `"X"`)
	})
}

// The deadline and the wanted answer of a push are those of its event.
func TestPushEventDeadlines(t *testing.T) {
	t.Parallel()
	p := wecomtest.NewPlatform(t, wecomtest.WithoutServer(), wecomtest.WithTries(1))
	app := p.NewApp(wecomtest.AppConfig{})
	v := backend(p, app)
	corp := p.NewCorp("Acme")
	_, err := corp.Install(t.Context(), app)
	require.NoError(t, err)
	v.answer = func(w http.ResponseWriter, _ *http.Request, _ []byte) { _, _ = fmt.Fprint(w, "thanks") }
	d, err := corp.PushEvent(t.Context(), app, "cancel_auth", nil)
	require.ErrorIs(t, err, wecomtest.ErrNotDelivered, "command URLs want success")
	assert.Len(t, d.Tries, 1)
	v.answer = func(w http.ResponseWriter, _ *http.Request, _ []byte) { w.WriteHeader(http.StatusOK) }
	_, err = corp.PushEvent(t.Context(), app, "app:click", nil)
	require.NoError(t, err, "data URLs take an empty answer")
}

// Every event of the table arrives where its row says, and opens.
func TestPushEventOfEveryRow(t *testing.T) {
	t.Parallel()
	p := wecomtest.NewPlatform(t, wecomtest.WithoutServer())
	app := p.NewApp(wecomtest.AppConfig{})
	v := backend(p, app)
	system := &receiver{token: p.Provider().Token, aesKey: p.Provider().AESKey}
	p.Handle("system.example.com", system)
	p.Provider().SetCallbackURL("https://system.example.com/")
	corp := p.NewCorp("Acme")
	_, err := corp.Install(t.Context(), app)
	require.NoError(t, err)
	p.ForgetCalls()
	for _, e := range wecomtest.Events() {
		d, err := corp.PushEvent(t.Context(), app, e.ID, nil)
		require.NoError(t, err, e.ID)
		assert.Equal(t, e.Kind, d.Kind, e.ID)
		got := v
		if e.Receiver == wecomtest.SystemEventURL {
			got = system
		}
		assert.Equal(t, string(d.Message), got.last().message, e.ID)
		assert.NotContains(t, string(d.Message), "wxf8b4f85f3a794e77", e.ID+": the corp of the published examples")
	}
	assert.Len(t, p.Deliveries(), 217)
}
