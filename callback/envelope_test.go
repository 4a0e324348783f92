package callback_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/callback"
)

func TestParse(t *testing.T) {
	t.Parallel()
	at := time.Unix(1403610513, 0)
	for name, tt := range map[string]struct {
		message string
		want    callback.Envelope
	}{
		"blanks": {
			"\ufeff \r\n<xml>\n<SuiteId> <![CDATA[ww1]]> </SuiteId><InfoType> suite_ticket\n</InfoType><TimeStamp> 1403610513 </TimeStamp></xml>",
			callback.Envelope{Kind: "suite:suite_ticket", Form: callback.FormSuite, SuiteID: "ww1", At: at},
		},
		"literal CDATA": {
			"<xml><SuiteId>![CDATA[ww1]]</SuiteId><InfoType>![CDATA[cancel_auth]]</InfoType></xml>",
			callback.Envelope{Kind: "suite:cancel_auth", Form: callback.FormSuite, SuiteID: "ww1"},
		},
		"paid corp": {
			"<xml><PaidCorpId>wwpaid</PaidCorpId><SuiteId>ww1</SuiteId><InfoType>open_order</InfoType></xml>",
			callback.Envelope{Kind: "suite:open_order", Form: callback.FormSuite, SuiteID: "ww1", CorpID: "wwpaid"},
		},
		"three corps": {
			"<xml><CorpId>wwsharing</CorpId><PaidCorpId>wwpaid</PaidCorpId><AuthCorpId>wwauth</AuthCorpId><SuiteId>ww1</SuiteId><InfoType>a</InfoType></xml>",
			callback.Envelope{Kind: "suite:a", Form: callback.FormSuite, SuiteID: "ww1", CorpID: "wwauth"},
		},
		"time zero":        {"<xml><InfoType>a</InfoType><TimeStamp>0</TimeStamp></xml>", callback.Envelope{Kind: "suite:a", Form: callback.FormSuite}},
		"time before 1970": {"<xml><InfoType>a</InfoType><TimeStamp>-5</TimeStamp></xml>", callback.Envelope{Kind: "suite:a", Form: callback.FormSuite}},
		"time beyond all":  {"<xml><InfoType>a</InfoType><TimeStamp>99999999999999999999</TimeStamp></xml>", callback.Envelope{Kind: "suite:a", Form: callback.FormSuite}},
		"no SuiteId": {
			"<xml><AuthCorpId>wwc</AuthCorpId><InfoType>customer_acquisition</InfoType><ChangeType>change_price</ChangeType></xml>",
			callback.Envelope{Kind: "suite:customer_acquisition.change_price", Form: callback.FormSuite, CorpID: "wwc"},
		},
		"app": {
			"<xml><ToUserName>wwc</ToUserName><FromUserName>zhangsan</FromUserName><CreateTime>1403610513</CreateTime><MsgType>text</MsgType><Content>SuiteId</Content><AgentID>7</AgentID></xml>",
			callback.Envelope{Kind: "app:text", Form: callback.FormApp, CorpID: "wwc", UserID: "zhangsan", AgentID: "7", At: at},
		},
		"bad and repeated": {
			"<xml><TimeStamp>soon</TimeStamp><InfoType>a</InfoType><InfoType>b</InfoType><SuiteId>x<y>z</y></SuiteId></xml>",
			callback.Envelope{Kind: "suite:b", Form: callback.FormSuite, SuiteID: "x"},
		},
		"names inside others do not count": {
			"<xml><Data><InfoType>cancel_auth</InfoType><SuiteId>no</SuiteId></Data><MsgType>event</MsgType></xml>",
			callback.Envelope{Kind: "app:event", Form: callback.FormApp},
		},
		"declaration and attributes": {
			`<?xml version="1.0"?><!DOCTYPE xml [<!ENTITY e "cancel_auth">]><xml v="1"><InfoType a="b"><![CDATA[x&e;]]></InfoType></xml>`,
			callback.Envelope{Kind: "suite:x&e;", Form: callback.FormSuite},
		},
		"none of the known forms": {"<xml><SuiteId>ww1</SuiteId></xml>", callback.Envelope{}},
		"json": {
			`{"SuiteId":"ww1","InfoType":"cancel_auth","TimeStamp":1403610513,"AuthCorpId":"wwc","Nested":{"InfoType":"no"}}`,
			callback.Envelope{Kind: "suite:cancel_auth", Form: callback.FormSuite, SuiteID: "ww1", CorpID: "wwc", At: at, JSON: true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := callback.Parse([]byte(tt.message), "r")
			require.NoError(t, err)
			want := tt.want
			want.Receiver, want.Raw = "r", []byte(tt.message)
			assert.Equal(t, fmt.Sprintf("%#v", want), fmt.Sprintf("%#v", got))
			assert.Equal(t, want.Raw, got.Raw)
			assert.Equal(t, want.JSON, got.JSON)
			assert.Equal(t, want.At, got.At)
			assert.Equal(t, want.Form, got.Form)
		})
	}
	for _, bad := range []string{"", "x", "<", "<xml>", "<xml><InfoType>&nope;</InfoType></xml>", "{", "[]", `{"a":1} x`} {
		_, err := callback.Parse([]byte(bad), "r")
		require.ErrorIs(t, err, callback.ErrMessage, bad)
	}
}

func TestEntitiesAreNotExpanded(t *testing.T) {
	t.Parallel()
	_, err := callback.Parse([]byte(`<!DOCTYPE xml [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml><InfoType>&e;</InfoType></xml>`), "r")
	require.ErrorIs(t, err, callback.ErrMessage)
}

func TestEnvelopeHidesTheMessage(t *testing.T) {
	t.Parallel()
	env := parse(t, ticketEvent("canary"))
	text, err := json.Marshal(env) //nolint:musttag // as a user may log it
	require.NoError(t, err)
	assert.NotContains(t, string(text), "canary")
	assert.NotContains(t, string(text), "Y2FuYXJ5")
	assert.Equal(t, `callback "suite:suite_ticket" suite_id="ww4asffe99e54c0f4c" receiver="ww4asffe99e54c0f4c" at="2014-06-24T11:48:33Z"`, env.String())
	assert.Equal(t, "callback.Envelope("+env.String()+")", fmt.Sprintf("%#v", env))
}

func TestEnvelopeDecode(t *testing.T) {
	t.Parallel()
	env := parse(t, suiteEvent("anything", "<Number> 7 </Number>"))
	var v numbered
	require.NoError(t, env.Decode(&v))
	assert.Equal(t, 7, v.Number)
	require.Error(t, env.Decode(v))
	require.Error(t, env.Decode(nil))

	json := callback.Envelope{Raw: []byte(`{"Number":"8"}`), JSON: true} // not from Parse
	require.NoError(t, json.Decode(&v))
	assert.Equal(t, 8, v.Number)
	json.Raw = []byte("{")
	require.Error(t, json.Decode(&v))
}

func TestEnvelopeField(t *testing.T) {
	t.Parallel()
	const inner = "<ScanCodeInfo><ScanType>qrcode</ScanType><ScanResult><![CDATA[a<b]]></ScanResult></ScanCodeInfo>"
	for name, message := range map[string]string{
		"xml":         suiteEvent("anything", inner),
		"declaration": "<?xml version='1.0'?>" + suiteEvent("anything", inner),
		"json":        `{"InfoType":"anything","ScanCodeInfo":{"ScanType":"qrcode","ScanResult":"a<b"}}`,
	} {
		parsed := parse(t, message)
		for _, env := range []callback.Envelope{parsed, {Raw: parsed.Raw, JSON: parsed.JSON}} {
			for path, want := range map[string]string{"InfoType": "anything", "ScanCodeInfo/ScanResult": "a<b", "scancodeinfo/scantype": "qrcode"} {
				got, ok := env.Field(path)
				assert.True(t, ok, "%s: %s", name, path)
				assert.Equal(t, want, got, "%s: %s", name, path)
			}
			for _, path := range []string{"", "/", "ScanResult", "ScanCodeInfo/ScanResult/x", "xml/InfoType"} {
				_, ok := env.Field(path)
				assert.False(t, ok, "%s: %q", name, path)
			}
		}
	}
	for _, env := range []callback.Envelope{{}, {Raw: []byte("<xml>")}, {Raw: []byte("{"), JSON: true}} {
		_, ok := env.Field("InfoType")
		assert.False(t, ok)
	}
}
