package crypto

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseEnvelope(t *testing.T) {
	t.Parallel()
	const cdata = "<ToUserName><![CDATA[wx1]]></ToUserName><AgentID><![CDATA[218]]></AgentID><Encrypt><![CDATA[Ab+/=]]></Encrypt>"
	full := Envelope{ToUserName: "wx1", AgentID: "218", Encrypt: []byte("Ab+/=")}
	fullJSON := full
	fullJSON.JSON = true
	bare := Envelope{Encrypt: []byte("Ab+/=")}

	for _, tc := range []struct {
		name, body string
		want       Envelope
		fast       bool // read by the scanner, without a copy
	}{
		{"documented", "<xml>\n   <ToUserName><![CDATA[wx1]]></ToUserName>\n   <AgentID><![CDATA[218]]></AgentID>\n   <Encrypt><![CDATA[Ab+/=]]></Encrypt>\n</xml>", full, true},
		{"compact", "<xml>" + cdata + "</xml>", full, true},
		{"other order", "<xml><Encrypt><![CDATA[Ab+/=]]></Encrypt><AgentID>218</AgentID><ToUserName>wx1</ToUserName></xml>", full, true},
		{"text", "<xml><ToUserName>wx1</ToUserName><AgentID>218</AgentID><Encrypt>Ab+/=</Encrypt></xml>", full, true},
		{"AgentId", "<xml><ToUserName>wx1</ToUserName><AgentId>218</AgentId><Encrypt>Ab+/=</Encrypt></xml>", full, true},
		{"blank before CDATA", "<xml><ToUserName> <![CDATA[wx1]]> </ToUserName><AgentID>\n<![CDATA[218]]></AgentID><Encrypt>\r\n<![CDATA[Ab+/=]]>\t</Encrypt></xml>", full, true},
		{"blanks inside", "<xml><ToUserName><![CDATA[ wx1 ]]></ToUserName><AgentID> 218 </AgentID><Encrypt>\nAb+/=\n</Encrypt></xml>", full, true},
		{"blanks around", " \r\n\t<xml>" + cdata + "</xml>\n ", full, true},
		{"byte order mark", "\ufeff<xml>" + cdata + "</xml>", full, true},
		{"blank, byte order mark, blank", "\n\ufeff <xml>" + cdata + "</xml>", full, true},
		{"unknown elements", "<xml><X>1</X>" + cdata + "<Y><![CDATA[<b>&amp;]]></Y></xml>", full, true},
		{"other root", "<root>" + cdata + "</root>", full, true},
		{"Encrypt only", "<xml><Encrypt>Ab+/=</Encrypt></xml>", bare, true},
		{"empty AgentID", "<xml><AgentID></AgentID><ToUserName><![CDATA[]]></ToUserName><Encrypt>Ab+/=</Encrypt></xml>", bare, true},
		{"first and last letters", "<az><AZ>1</AZ><zA>2</zA>" + cdata + "</az>", full, true},
		{"CDATA that lost its brackets", "<xml><ToUserName>![CDATA[wx1]]</ToUserName><AgentID>![CDATA[218]]</AgentID><Encrypt>![CDATA[Ab+/=]]</Encrypt></xml>", full, true},

		{"declaration", `<?xml version="1.0" encoding="UTF-8"?>` + "\n<xml>" + cdata + "</xml>", full, false},
		{"attributes", `<xml a="1"><ToUserName b='>'>wx1</ToUserName><AgentID >218</AgentID ><Encrypt c="]]">Ab+/=</Encrypt></xml >`, full, false},
		{"self-closing", "<xml><AgentID/><Encrypt>Ab+/=</Encrypt></xml>", bare, false},
		{"entities", "<xml><ToUserName>w&#x78;1</ToUserName><AgentID>2&#49;8</AgentID><Encrypt>Ab&#43;/=</Encrypt></xml>", full, false},
		{"CDATA in parts", "<xml><ToUserName>w<![CDATA[x]]>1</ToUserName><AgentID><![CDATA[2]]><![CDATA[18]]></AgentID><Encrypt>Ab<![CDATA[+/]]>=</Encrypt></xml>", full, false},
		{"comments", "<!-- a --><xml><!-- <Encrypt>no</Encrypt> -->" + cdata + "</xml><!-- b -->", full, false},
		{"processing instruction", "<xml><?a b?>" + cdata + "</xml>", full, false},
		{"nested", "<xml><X><Encrypt>no</Encrypt><Y/></X>" + cdata + "</xml>", full, false},
		{"eight deep", "<xml>" + strings.Repeat("<a>", 7) + strings.Repeat("</a>", 7) + cdata + "</xml>", full, false},
		{"beyond ASCII in CDATA", "<xml><X><![CDATA[企业]]></X>" + cdata + "</xml>", full, false},
		{"beyond ASCII", "<xml><X>企业</X>" + cdata + "</xml>", full, false},
		{"DOCTYPE", "<!DOCTYPE xml>\n<xml>" + cdata + "</xml>", full, false},

		{"JSON", `{"tousername": "wx1", "encrypt": "Ab+/=", "agentid": "218"}`, fullJSON, true},
		{"JSON number", `{"agentid":218,"tousername":"wx1","encrypt":"Ab+/="}`, fullJSON, true},
		{"JSON number of 18 digits", `{"agentid":109000000000000009,"encrypt":"Ab+/="}`, Envelope{AgentID: "109000000000000009", Encrypt: []byte("Ab+/="), JSON: true}, true},
		{"JSON upper case", "\ufeff {\"ToUserName\":\"wx1\",\r\n\"Encrypt\" : \"Ab+/=\" ,\"AgentID\":\"218\"}\n", fullJSON, true},
		{"JSON more keys", `{"a":"b","tousername":"wx1","c":"","encrypt":"Ab+/=","agentid":"218"}`, fullJSON, true},
		{"JSON number of 19 digits", `{"agentid":1090000000000000009,"encrypt":"Ab+/="}`, Envelope{AgentID: "1090000000000000009", Encrypt: []byte("Ab+/="), JSON: true}, false},
		{"JSON escapes", `{"tousername":"wx\u0031","encrypt":"Ab+\/=","agentid":"218"}`, fullJSON, false},
		{"JSON nested", `{"x":{"encrypt":"no"},"y":[1,null],"tousername":"wx1","encrypt":"Ab+/=","agentid":218}`, fullJSON, false},
		{"JSON null", `{"tousername":null,"encrypt":"Ab+/=","agentid":null}`, Envelope{Encrypt: []byte("Ab+/="), JSON: true}, false},
		{"JSON zero", `{"encrypt":"Ab+/=","agentid":0}`, Envelope{AgentID: "0", Encrypt: []byte("Ab+/="), JSON: true}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			body := []byte(tc.body)
			env, err := ParseEnvelope(body)
			require.NoError(t, err)
			assert.Equal(t, tc.want, env)
			assert.Equal(t, tc.fast, aliases(body, env.Encrypt), "Encrypt is a part of the body")
			_ = append(env.Encrypt, "XXXX"...)
			assert.Equal(t, tc.body, string(body), "appending to Encrypt leaves the body alone")
		})
	}
}

// aliases reports whether part lies in the memory of whole.
func aliases(whole, part []byte) bool {
	for i := range whole {
		if &whole[i] == &part[0] {
			return true
		}
	}
	return false
}

func TestParseEnvelopeRefuses(t *testing.T) {
	t.Parallel()
	const enc = "<Encrypt>AAAA</Encrypt>"
	for name, body := range map[string]string{
		"nil":                    "",
		"blanks":                 " \r\n\t",
		"byte order mark only":   "\ufeff",
		"garbage":                "hello",
		"two byte order marks":   "\ufeff\ufeff<xml>" + enc + "</xml>",
		"UTF-16":                 "\xff\xfe<\x00x\x00m\x00l\x00>\x00",
		"base64":                 "AAAA",
		"HTML":                   "<html><body>502</body></html>",
		"open bracket":           "<",
		"only the root":          "<xml>",
		"no Encrypt":             "<xml><ToUserName>a</ToUserName></xml>",
		"empty Encrypt":          "<xml><Encrypt></Encrypt></xml>",
		"blank Encrypt":          "<xml><Encrypt> <![CDATA[ ]]> </Encrypt></xml>",
		"lower-case encrypt":     "<xml><encrypt>AAAA</encrypt></xml>",
		"Encrypt deeper":         "<xml><X>" + enc + "</X></xml>",
		"Encrypt as root":        enc,
		"Encrypt twice":          "<xml>" + enc + "<Encrypt>BBBB</Encrypt></xml>",
		"ToUserName twice":       "<xml><ToUserName>a</ToUserName><ToUserName>a</ToUserName>" + enc + "</xml>",
		"AgentID and AgentId":    "<xml><AgentID>1</AgentID><AgentId>2</AgentId>" + enc + "</xml>",
		"cut":                    "<xml>" + enc,
		"cut in CDATA":           "<xml><Encrypt><![CDATA[AAAA",
		"cut in CDATA end":       "<xml><Encrypt><![CDATA[AAAA]]",
		"cut in a tag":           "<xml>" + enc + "</xm",
		"element without name":   "<><Encrypt>AAAA</Encrypt></>",
		"blank in an end tag":    "<xml><X y>1</X y>" + enc + "</xml>",
		"crossed tags":           "<xml><a><b></a></b>" + enc + "</xml>",
		"text behind":            "<xml>" + enc + "</xml>x",
		"text before the root":   "<?xml version=\"1.0\"?>x<xml>" + enc + "</xml>",
		"second root":            "<xml>" + enc + "</xml><xml/>",
		"unknown entity":         "<xml><X>&x;</X>" + enc + "</xml>",
		"unescaped ampersand":    "<xml><X>a&b</X>" + enc + "</xml>",
		"end of CDATA in text":   "<xml><X>a]]>b</X>" + enc + "</xml>",
		"control character":      "<xml><X>\x01</X>" + enc + "</xml>",
		"control in CDATA":       "<xml><X><![CDATA[\x01]]></X>" + enc + "</xml>",
		"not UTF-8":              "<xml><X>\xff</X>" + enc + "</xml>",
		"other character set":    `<?xml version="1.0" encoding="GBK"?><xml>` + enc + "</xml>",
		"too deep":               "<xml>" + strings.Repeat("<a>", 8) + strings.Repeat("</a>", 8) + enc + "</xml>",
		"very deep":              "<xml>" + strings.Repeat("<a>", 100_000),
		"JSON empty":             "{}",
		"JSON without encrypt":   `{"tousername":"a"}`,
		"JSON null encrypt":      `{"encrypt":null}`,
		"JSON number encrypt":    `{"encrypt":1}`,
		"JSON object encrypt":    `{"encrypt":{"encrypt":"AAAA"}}`,
		"JSON bool agentid":      `{"encrypt":"AAAA","agentid":true}`,
		"JSON object agentid":    `{"encrypt":"AAAA","agentid":{}}`,
		"JSON number tousername": `{"encrypt":"AAAA","tousername":1}`,
		"JSON cut":               `{"encrypt":"AAAA"`,
		"JSON cut in a string":   `{"encrypt":"AAAA`,
		"JSON cut behind a key":  `{"encrypt"`,
		"JSON comma at the end":  `{"encrypt":"AAAA",}`,
		"JSON without comma":     `{"encrypt":"AAAA" "agentid":1}`,
		"JSON leading zero":      `{"encrypt":"AAAA","agentid":01}`,
		"JSON without colon":     `{"encrypt" "AAAA"}`,
		"JSON key not a string":  `{1:"AAAA"}`,
		"JSON number as a key":   `{1:"x","encrypt":"AAAA"}`,
		"JSON without value":     `{"agentid":,"encrypt":"AAAA"}`,
		"JSON cut in a number":   `{"encrypt":"AAAA","agentid":21`,
		"JSON newline in string": "{\"encrypt\":\"AA\nAA\"}",
		"JSON text behind":       `{"encrypt":"AAAA"}x`,
		"JSON array":             `[{"encrypt":"AAAA"}]`,
		"JSON string":            `"encrypt"`,
		"JSON deep":              `{"x":` + strings.Repeat("[", 100_000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env, err := ParseEnvelope([]byte(body))
			require.ErrorIs(t, err, ErrEnvelope)
			assert.Equal(t, -40002, OfficialCode(err))
			assert.Empty(t, env)
			assert.Less(t, len(err.Error()), 120, "the error does not quote the body")
		})
	}
}

func TestParseEnvelopeSizeLimit(t *testing.T) {
	t.Parallel()
	const head, tail = "<xml><Encrypt>", "</Encrypt></xml>"
	body := []byte(head + strings.Repeat("A", MaxEnvelope-len(head)-len(tail)) + tail)
	require.Len(t, body, MaxEnvelope)
	env, err := ParseEnvelope(body)
	require.NoError(t, err)
	assert.Len(t, env.Encrypt, MaxEnvelope-len(head)-len(tail))
	_, err = ParseEnvelope(append(body, '\n'))
	require.ErrorIs(t, err, ErrEnvelope)
}

// The entity of a DTD is refused, whatever it is worth.
func TestParseEnvelopeExpandsNoEntity(t *testing.T) {
	t.Parallel()
	for _, dtd := range []string{
		`<!DOCTYPE xml [<!ENTITY e "AAAA">]>`,
		`<!DOCTYPE xml [<!ENTITY e SYSTEM "file:///etc/passwd">]>`,
		`<!DOCTYPE xml [<!ENTITY a "AAAA"><!ENTITY e "&a;&a;&a;&a;">]>`,
	} {
		_, err := ParseEnvelope([]byte(dtd + "<xml><Encrypt>&e;</Encrypt></xml>"))
		require.ErrorIs(t, err, ErrEnvelope)
		env, err := ParseEnvelope([]byte(dtd + "<xml><Encrypt>BBBB</Encrypt></xml>"))
		require.NoError(t, err)
		assert.Equal(t, "BBBB", string(env.Encrypt))
	}
}

// reply is the passive reply as WeCom names its parts; "Timestamp" is what other
// libraries send in vain.
type reply struct {
	XMLName  xml.Name `xml:"xml"`
	Children []struct {
		XMLName xml.Name
		Text    string     `xml:",chardata"`
		Inner   []struct{} `xml:",any"`
	} `xml:",any"`
}

func TestAppendXML(t *testing.T) {
	t.Parallel()
	m := Sealed{Signature: "0a1b", Timestamp: "1409659813", Nonce: "1372623149", Encrypt: []byte("Ab+/=")}
	assert.Equal(t, "keep<xml><Encrypt><![CDATA[Ab+/=]]></Encrypt><MsgSignature><![CDATA[0a1b]]></MsgSignature>"+
		"<TimeStamp>1409659813</TimeStamp><Nonce><![CDATA[1372623149]]></Nonce></xml>", string(m.AppendXML([]byte("keep"))))
}

func TestAppendJSON(t *testing.T) {
	t.Parallel()
	m := Sealed{Signature: "0a1b", Timestamp: "1409659813", Nonce: "1372623149", Encrypt: []byte("Ab+/=")}
	assert.Equal(t, `keep{"encrypt":"Ab+/=","msgsignature":"0a1b","timestamp":"1409659813","nonce":"1372623149"}`,
		string(m.AppendJSON([]byte("keep"))))
}

// hostile are texts that try to leave their element or string.
func hostile() []string {
	return []string{
		"", "1", "]]>", "a]]>b", "]]]]>>", "]]]>", "]]>]]>", "</TimeStamp><Encrypt>x</Encrypt><TimeStamp>", "<!--", "&lt;&x;", "\"", `\`, `\u0022`,
		"\",\"encrypt\":\"x", "a\nb\tc", "企业😀", "\u2028", "]]><Evil/><![CDATA[", "]]>企]]>",
		" \ud7ff\ue000\ufffc\U00010000", // the ends of what XML can hold
	}
}

// Whatever the fields hold, the reply has its four parts with just these texts.
func TestReplyCannotBeInjected(t *testing.T) {
	t.Parallel()
	for _, text := range hostile() {
		requireReply(t, Sealed{Signature: text, Timestamp: text, Nonce: text, Encrypt: []byte(text)}, text)
	}
	// What XML cannot hold is left out.
	requireReply(t, Sealed{Signature: "\x00]\x01]\x02>", Timestamp: "\x1f", Nonce: "\xff]]\ufffe>", Encrypt: []byte("\x0b")}, "]]>", "", "]]>", "")
}

// requireReply checks both forms of a reply; want are signature, timestamp,
// nonce and encrypt in XML, one for all or each its own. JSON must hold what m holds.
func requireReply(tb testing.TB, m Sealed, want ...string) {
	tb.Helper()
	if len(want) == 1 {
		want = []string{want[0], want[0], want[0], want[0]}
	}
	var r reply
	out := m.AppendXML(nil)
	require.NoError(tb, xml.Unmarshal(out, &r), "%q", out) //nolint:musttag // XMLName takes the name of each child.
	require.Len(tb, r.Children, 4, "%q", out)
	for i, part := range []struct{ name, text string }{
		{"Encrypt", want[3]}, {"MsgSignature", want[0]}, {"TimeStamp", want[1]}, {"Nonce", want[2]},
	} {
		require.Equal(tb, part.name, r.Children[i].XMLName.Local)
		require.Equal(tb, part.text, r.Children[i].Text, "%q", out)
		require.Empty(tb, r.Children[i].Inner)
	}

	d := json.NewDecoder(bytes.NewReader(m.AppendJSON(nil)))
	var got map[string]string
	require.NoError(tb, d.Decode(&got))
	require.False(tb, d.More())
	valid := func(s string) string { return strings.ToValidUTF8(s, "\ufffd") }
	if s := m.Signature + m.Timestamp + m.Nonce + string(m.Encrypt); valid(s) == s {
		require.Equal(tb, map[string]string{
			"encrypt": string(m.Encrypt), "msgsignature": m.Signature, "timestamp": m.Timestamp, "nonce": m.Nonce,
		}, got)
	} else {
		require.Len(tb, got, 4)
	}
}

func TestPrintable(t *testing.T) {
	t.Parallel()
	for c := range 256 {
		want := c == '\t' || c == '\n' || (c >= ' ' && c < 0x7f)
		for at := range 17 { // in each place of two words and behind them
			text := bytes.Repeat([]byte{'a'}, 17)
			text[at] = byte(c)
			require.Equal(t, want, printable(text), "%#x at %d", c, at)
			text[(at+1)%17] = '\n'
			require.Equal(t, want, printable(text), "%#x at %d before a newline", c, at)
		}
	}
	// The borrow of a blank must not hide its neighbour.
	assert.False(t, printable([]byte("\n\x00\n\n\n\n\n\n")))
	assert.False(t, printable([]byte("\xff\x7f\xff\x7f\xff\x7f\xff\x7f")))
}
