package wecomtest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"time"
	"unicode/utf8"
)

// What the control API shows. Values are test data and therefore in full.
type (
	stateDoc struct {
		URL      string         `json:"url"`
		Now      time.Time      `json:"now"` // on the platform's clock
		Provider providerDoc    `json:"provider"`
		Apps     []appDoc       `json:"apps"`
		Corps    []corpDoc      `json:"corps"`
		Tokens   []tokenDoc     `json:"tokens"`
		Faults   []faultDoc     `json:"faults"`
		Routes   []controlRoute `json:"routes"`
	}
	providerDoc struct {
		CorpID      string `json:"corpid"`
		Secret      string `json:"provider_secret"`
		Token       string `json:"token"`
		AESKey      string `json:"aes_key"`
		CallbackURL string `json:"callback_url,omitempty"`
	}
	appDoc struct {
		Kind        string `json:"kind"`
		ID          string `json:"id"`
		Name        string `json:"name"`
		Secret      string `json:"secret"`
		Token       string `json:"token"`
		AESKey      string `json:"aes_key"`
		CallbackURL string `json:"callback_url,omitempty"`
		DataURL     string `json:"data_url,omitempty"`
	}
	packageDoc struct {
		TemplateID       string   `json:"template_id"`
		Apps             []string `json:"apps"`
		ContactMigration bool     `json:"contact_migration"`
	}
	corpDoc struct {
		ID            string            `json:"corpid"`
		Name          string            `json:"name"`
		Users         int               `json:"users"`
		Admin         userDoc           `json:"admin"`
		Installations []installationDoc `json:"installations"`
	}
	userDoc struct {
		ID         string `json:"userid"`
		OpenUserID string `json:"open_userid"`
		Name       string `json:"name"`
	}
	installationDoc struct {
		CorpID        string       `json:"corpid"`
		SuiteID       string       `json:"suite_id"`
		AgentID       int64        `json:"agentid"`
		AuthCode      string       `json:"auth_code,omitempty"`
		PermanentCode string       `json:"permanent_code"`
		Token         string       `json:"token"`
		AESKey        string       `json:"aes_key"`
		Delivery      *deliveryDoc `json:"delivery,omitempty"`
	}
	tokenDoc struct {
		Kind      string `json:"kind"`
		Value     string `json:"value"`
		SuiteID   string `json:"suite_id,omitempty"`
		CorpID    string `json:"corpid,omitempty"`
		ExpiresIn int64  `json:"expires_in"` // seconds; negative: expired
		Revoked   bool   `json:"revoked,omitempty"`
	}
	faultDoc struct {
		Path        string `json:"path,omitempty"`
		Skip        int    `json:"skip,omitempty"`
		Times       int    `json:"times,omitempty"`
		Code        int    `json:"code,omitempty"`
		Message     string `json:"message,omitempty"`
		Status      int    `json:"status,omitempty"`
		DropRequest bool   `json:"drop_request,omitempty"`
		DropReply   bool   `json:"drop_reply,omitempty"`
		CutJSON     bool   `json:"cut_json,omitempty"`
		Latency     string `json:"latency,omitempty"` // 1500ms
	}
	limitDoc struct {
		PerMinute   int      `json:"per_minute"`
		PerHour     int      `json:"per_hour"`
		IPPerMinute int      `json:"ip_per_minute"`
		IPPerHour   int      `json:"ip_per_hour"`
		Concurrent  int      `json:"concurrent"`
		Paths       []string `json:"paths"`
		Except      []string `json:"except"`
	}
	callDoc struct {
		Method string     `json:"method"`
		Path   string     `json:"path"`
		Query  url.Values `json:"query"`
		Body   any        `json:"body,omitempty"` // JSON, or text
		FromIP string     `json:"from_ip"`
		At     time.Time  `json:"at"`
		Status int        `json:"status"`
		Code   int        `json:"errcode"`
		Reply  any        `json:"reply,omitempty"`
	}
	deliveryDoc struct {
		URL       string    `json:"url"`
		Kind      string    `json:"kind"`
		Receiver  string    `json:"receiver"`
		At        time.Time `json:"at"`
		Delivered bool      `json:"delivered"`
		Message   any       `json:"message"`
		Reply     any       `json:"reply,omitempty"`
		Tries     []tryDoc  `json:"tries"`
	}
	tryDoc struct {
		Status int     `json:"status"`
		Body   any     `json:"body,omitempty"`
		Millis float64 `json:"ms"`
		Error  string  `json:"error,omitempty"`
	}
	messageDoc struct {
		ID       string   `json:"msgid"`
		CorpID   string   `json:"corpid"`
		AgentID  int64    `json:"agentid"`
		ToUser   []string `json:"touser"`
		Body     any      `json:"body"`
		Recalled bool     `json:"recalled,omitempty"`
	}
	eventDoc struct {
		ID         string          `json:"id"`
		Title      string          `json:"title"`
		Receiver   EventReceiver   `json:"receiver"`
		DeadlineMS int64           `json:"deadline_ms"`
		Docs       []int           `json:"docs,omitempty"`
		Fields     []eventFieldDoc `json:"fields"`
	}
	eventFieldDoc struct {
		Path     string `json:"path"`
		Type     string `json:"type"`
		Optional bool   `json:"optional,omitempty"`
		Note     string `json:"note,omitempty"`
	}
)

// appKindNames are the kinds of apps as the control API writes them.
var appKindNames = map[AppKind]string{ThirdPartyApp: "third_party", Template: "template", LoginSuite: "login"}

func docsOf[T, D any](list []T, doc func(T) D) []D {
	docs := make([]D, len(list))
	for i, v := range list {
		docs[i] = doc(v)
	}
	return docs
}

func (p *Platform) controlState(routes []controlRoute) stateDoc {
	now := p.Now()
	return stateDoc{
		URL: p.URL(), Now: now, Provider: p.provider.doc(), Routes: routes,
		Apps: docsOf(p.Apps(), (*App).doc), Corps: docsOf(p.Corps(), (*Corp).doc),
		Tokens: docsOf(p.Tokens(), func(t TokenInfo) tokenDoc { return t.doc(now) }),
		Faults: docsOf(p.Faults(), faultDocOf),
	}
}

func (v *Provider) doc() providerDoc {
	return providerDoc{CorpID: v.CorpID, Secret: v.Secret, Token: v.Token, AESKey: v.AESKey, CallbackURL: v.Target().URL}
}

func (a *App) doc() appDoc {
	a.p.mu.Lock()
	defer a.p.mu.Unlock()
	return appDoc{
		Kind: appKindNames[a.Kind], ID: a.ID, Name: a.Name, Secret: a.Secret, Token: a.Token, AESKey: a.AESKey,
		CallbackURL: a.callbackURL, DataURL: a.dataURL,
	}
}

func (c *Corp) doc() corpDoc {
	return corpDoc{
		ID: c.ID, Name: c.Name, Users: c.size(), Admin: c.Admin().doc(),
		Installations: docsOf(c.Installations(), Installation.doc),
	}
}

func (u User) doc() userDoc { return userDoc{ID: u.ID, OpenUserID: u.OpenUserID, Name: u.Name} }

func (i Installation) doc() installationDoc {
	doc := installationDoc{
		CorpID: i.CorpID, SuiteID: i.SuiteID, AgentID: i.AgentID, AuthCode: i.AuthCode,
		PermanentCode: i.PermanentCode, Token: i.Token, AESKey: i.AESKey,
	}
	if i.Delivery.URL != "" {
		doc.Delivery = new(i.Delivery.doc())
	}
	return doc
}

func (t TokenInfo) doc(now time.Time) tokenDoc {
	return tokenDoc{
		Kind: t.Kind.String(), Value: t.Value, SuiteID: t.SuiteID, CorpID: t.CorpID,
		ExpiresIn: secondsLeft(t.ExpiresAt, now), Revoked: t.Revoked,
	}
}

func faultDocOf(f Fault) faultDoc {
	doc := faultDoc{
		Path: f.Path, Skip: f.Skip, Times: f.Times, Code: f.Code, Message: f.Message, Status: f.Status,
		DropRequest: f.DropRequest, DropReply: f.DropReply, CutJSON: f.CutJSON,
	}
	if f.Latency != 0 {
		doc.Latency = f.Latency.String()
	}
	return doc
}

func (d faultDoc) fault() (Fault, error) {
	f := Fault{
		Path: d.Path, Skip: d.Skip, Times: d.Times, Code: d.Code, Message: d.Message, Status: d.Status,
		DropRequest: d.DropRequest, DropReply: d.DropReply, CutJSON: d.CutJSON,
	}
	if f.Status != 0 && (f.Status < http.StatusOK || f.Status > 599) {
		return f, badRequest("status: want 200 to 599")
	}
	if d.Latency == "" {
		return f, nil
	}
	var err error
	if f.Latency, err = time.ParseDuration(d.Latency); err != nil || f.Latency < 0 {
		return f, badRequest("latency: want a duration such as 1500ms")
	}
	return f, nil
}

func (c RecordedCall) doc() callDoc {
	return callDoc{
		Method: c.Method, Path: c.Path, Query: c.Query, Body: content(c.Body), FromIP: c.FromIP, At: c.At,
		Status: c.Status, Code: c.Code, Reply: content(c.Reply),
	}
}

func (d Delivery) doc() deliveryDoc {
	return deliveryDoc{
		URL: d.URL, Kind: d.Kind, Receiver: d.Receiver, At: d.At, Delivered: d.Delivered,
		Message: content(d.Message), Reply: content(d.Reply), Tries: docsOf(d.Tries, Try.doc),
	}
}

func (t Try) doc() tryDoc {
	doc := tryDoc{Status: t.Status, Body: content(t.Body), Millis: float64(t.Duration) / float64(time.Millisecond)}
	if t.Err != nil {
		doc.Error = t.Err.Error()
	}
	return doc
}

func (m Message) doc() messageDoc {
	return messageDoc{
		ID: m.ID, CorpID: m.CorpID, AgentID: m.AgentID, ToUser: list(m.ToUser), Body: content(m.Body), Recalled: m.Recalled,
	}
}

func (e EventInfo) doc() eventDoc {
	return eventDoc{
		ID: e.ID, Title: e.Title, Receiver: e.Receiver, DeadlineMS: e.Deadline.Milliseconds(), Docs: e.Docs,
		Fields: docsOf(e.Fields, func(f EventField) eventFieldDoc {
			return eventFieldDoc{Path: f.Path, Type: f.Type, Optional: f.Optional, Note: f.Note}
		}),
	}
}

// content shows a body as the JSON that it is, or as text.
func content(body []byte) any {
	switch {
	case len(body) == 0:
		return nil
	case json.Valid(body):
		return json.RawMessage(body)
	case utf8.Valid(body):
		return string(body)
	}
	return body // base64
}
