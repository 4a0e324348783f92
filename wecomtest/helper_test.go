package wecomtest_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1" //nolint:gosec // WeCom signs with SHA-1.
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"sort"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/wecomtest"
)

// client calls the platform with nothing but net/http.
type client struct {
	t    testing.TB
	base string
	http *http.Client
}

func newClient(t testing.TB, p *wecomtest.Platform) *client {
	t.Helper()
	return &client{t: t, base: p.URL(), http: &http.Client{Transport: p.Transport()}}
}

type object = map[string]any

// do sends a request and decodes the reply. body nil: GET.
func (c *client) do(pathAndQuery string, body any) object {
	c.t.Helper()
	r, err := c.send(pathAndQuery, body)
	require.NoError(c.t, err)
	defer closeBody(c.t, r)
	require.Equal(c.t, http.StatusOK, r.StatusCode)
	require.Contains(c.t, r.Header.Get("Content-Type"), "application/json")
	var reply object
	require.NoError(c.t, json.NewDecoder(r.Body).Decode(&reply))
	return reply
}

func (c *client) send(pathAndQuery string, body any) (*http.Response, error) {
	c.t.Helper()
	method, reader := http.MethodGet, io.Reader(http.NoBody)
	switch b := body.(type) {
	case nil:
	case string:
		method, reader = http.MethodPost, strings.NewReader(b)
	default:
		text, err := json.Marshal(body)
		require.NoError(c.t, err)
		method, reader = http.MethodPost, bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.base+pathAndQuery, reader)
	require.NoError(c.t, err)
	return c.http.Do(r)
}

// ok wants success and returns the reply.
func (c *client) ok(pathAndQuery string, body any) object {
	c.t.Helper()
	r := c.do(pathAndQuery, body)
	if code, has := r["errcode"]; has {
		require.EqualValues(c.t, 0, code, "%v", r["errmsg"])
	}
	return r
}

// refused wants an errcode and returns errmsg.
func (c *client) refused(code int, pathAndQuery string, body any) string {
	c.t.Helper()
	r := c.do(pathAndQuery, body)
	require.EqualValues(c.t, code, r["errcode"], "%v", r)
	return text(r, "errmsg")
}

// sendFile uploads a file as the part media and wants success.
func (c *client) sendFile(pathAndQuery, name, content string) object {
	c.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("media", name)
	require.NoError(c.t, err)
	_, err = io.WriteString(part, content)
	require.NoError(c.t, err)
	require.NoError(c.t, form.Close())
	request, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, c.base+pathAndQuery, &body)
	require.NoError(c.t, err)
	request.Header.Set("Content-Type", form.FormDataContentType())
	r := decode(c.t, c.http, request)
	require.EqualValues(c.t, 0, r["errcode"], "%v", r)
	return r
}

func text(o object, name string) string {
	s, _ := o[name].(string)
	return s
}

func dig(o object, names ...string) object {
	for _, name := range names {
		switch v := o[name].(type) {
		case object:
			o = v
		case []any:
			o, _ = v[0].(object)
		}
	}
	return o
}

func (c *client) suiteToken(app *wecomtest.App) string {
	c.t.Helper()
	return text(c.ok("/cgi-bin/service/get_suite_token", object{
		"suite_id": app.ID, "suite_secret": app.Secret, "suite_ticket": app.IssueTicket(),
	}), "suite_access_token")
}

func (c *client) providerToken(p *wecomtest.Platform) string {
	c.t.Helper()
	return text(c.ok("/cgi-bin/service/get_provider_token", object{
		"corpid": p.Provider().CorpID, "provider_secret": p.Provider().Secret,
	}), "provider_access_token")
}

func (c *client) corpToken(suiteToken string, i wecomtest.Installation) string {
	c.t.Helper()
	return text(c.ok("/cgi-bin/service/get_corp_token?suite_access_token="+suiteToken, object{
		"auth_corpid": i.CorpID, "permanent_code": i.PermanentCode,
	}), "access_token")
}

// receiver is a small vendor backend with its own cipher, written against the
// description of the callback protocol and not against the platform's code.
type receiver struct {
	token, aesKey string
	answer        func(w http.ResponseWriter, r *http.Request, message []byte)

	mu       sync.Mutex
	received []received
}

type received struct {
	event    event
	message  string
	receiver string
	query    url.Values
	envelope envelope
}

type envelope struct {
	ToUserName string `json:"tousername" xml:"ToUserName"`
	AgentID    string `json:"agentid"    xml:"AgentID"`
	Encrypt    string `json:"encrypt"    xml:"Encrypt"`
}

type event struct {
	SuiteID       string `xml:"SuiteId"`
	ServiceCorpID string `xml:"ServiceCorpId"`
	InfoType      string `xml:"InfoType"`
	TimeStamp     int64  `xml:"TimeStamp"`
	SuiteTicket   string `xml:"SuiteTicket"`
	AuthCode      string `xml:"AuthCode"`
	AuthCorpID    string `xml:"AuthCorpId"`
	State         string `xml:"State"`
	RegisterCode  string `xml:"RegisterCode"`
	TemplateID    string `xml:"TemplateId"`
	ContactToken  string `xml:"ContactSync>AccessToken"`
	ContactLife   int64  `xml:"ContactSync>ExpiresIn"`
	UserID        string `xml:"AuthUserInfo>UserId"`
	MsgType       string `xml:"MsgType"`
	FromUserName  string `xml:"FromUserName"`
	ToUserName    string `xml:"ToUserName"`
	Content       string `xml:"Content"`
	AgentID       int64  `xml:"AgentID"`
}

func (v *receiver) all() []received {
	v.mu.Lock()
	defer v.mu.Unlock()
	return append([]received(nil), v.received...)
}

func (v *receiver) last() received {
	all := v.all()
	return all[len(all)-1]
}

func (v *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	if r.Method == http.MethodGet {
		message, _, ok := v.open(query, query.Get("echostr"))
		if !ok {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		v.reply(w, r, message)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	var e envelope
	if bytes.HasPrefix(body, []byte("{")) {
		err = json.Unmarshal(body, &e)
	} else {
		err = xml.Unmarshal(body, &e)
	}
	message, id, ok := v.open(query, e.Encrypt)
	if err != nil || !ok {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	got := received{message: string(message), receiver: id, query: query, envelope: e}
	_ = xml.Unmarshal(message, &got.event)
	got.event.InfoType = strings.TrimSpace(got.event.InfoType)
	v.mu.Lock()
	v.received = append(v.received, got)
	v.mu.Unlock()
	v.reply(w, r, []byte("success"))
}

func (v *receiver) reply(w http.ResponseWriter, r *http.Request, message []byte) {
	if v.answer != nil {
		v.answer(w, r, message)
		return
	}
	_, _ = w.Write(message)
}

func (v *receiver) open(query url.Values, encrypt string) (message []byte, id string, ok bool) {
	if v.sign(query.Get("timestamp"), query.Get("nonce"), encrypt) != query.Get("msg_signature") {
		return nil, "", false
	}
	sealed, err := base64.StdEncoding.DecodeString(encrypt)
	if err != nil || len(sealed) == 0 || len(sealed)%32 != 0 {
		return nil, "", false
	}
	key, err := base64.StdEncoding.DecodeString(v.aesKey + "=")
	if err != nil {
		return nil, "", false
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, "", false
	}
	cipher.NewCBCDecrypter(block, key[:16]).CryptBlocks(sealed, sealed)
	plain := sealed[:len(sealed)-int(sealed[len(sealed)-1])]
	size := binary.BigEndian.Uint32(plain[16:])
	return plain[20 : 20+size], string(plain[20+size:]), true
}

// seal makes a passive reply envelope.
func (v *receiver) seal(message, id string) string {
	key, _ := base64.StdEncoding.DecodeString(v.aesKey + "=")
	plain := append([]byte("0123456789abcdef"), 0, 0, 0, byte(len(message)))
	plain = append(append(plain, message...), id...)
	pad := 32 - len(plain)%32
	plain = append(plain, bytes.Repeat([]byte{byte(pad)}, pad)...)
	block, _ := aes.NewCipher(key)
	cipher.NewCBCEncrypter(block, key[:16]).CryptBlocks(plain, plain)
	encrypt := base64.StdEncoding.EncodeToString(plain)
	return "<xml><Encrypt><![CDATA[" + encrypt + "]]></Encrypt><MsgSignature><![CDATA[" + v.sign("1", "2", encrypt) +
		"]]></MsgSignature><TimeStamp>1</TimeStamp><Nonce><![CDATA[2]]></Nonce></xml>"
}

func (v *receiver) sign(timestamp, nonce, encrypt string) string {
	parts := []string{v.token, timestamp, nonce, encrypt}
	sort.Strings(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, ""))) //nolint:gosec // As above.
	return hex.EncodeToString(sum[:])
}

// backend gives the app a receiver on an in-process host of its own.
func backend(p *wecomtest.Platform, app *wecomtest.App) *receiver {
	v := &receiver{token: app.Token, aesKey: app.AESKey}
	host := app.ID + ".example.com"
	p.Handle(host, v)
	app.SetCallbackURL("https://" + host + "/command?app=" + app.ID)
	app.SetDataURL("https://" + host + "/data/$CORPID$")
	return v
}

func closeBody(t testing.TB, r *http.Response) {
	t.Helper()
	assert.NoError(t, r.Body.Close())
}

func decode(t testing.TB, c *http.Client, r *http.Request) object {
	t.Helper()
	response, err := c.Do(r)
	require.NoError(t, err)
	defer closeBody(t, response)
	var reply object
	require.NoError(t, json.NewDecoder(response.Body).Decode(&reply))
	return reply
}
