package wecomtest

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
)

const (
	authDeadline   = 1000 * time.Millisecond // of authorisation events
	eventDeadline  = 5 * time.Second         // of everything else
	verifyDeadline = time.Second             // of the GET verification
	pushTries      = 3
	maxAnswer      = 1 << 20
	answerExpected = "success"
)

// ErrNotDelivered is what a push returns when no try was answered as it must be.
// The text says how each try ended.
var ErrNotDelivered = errors.New("wecomtest: callback not delivered")

// Target is a callback URL with its keys: where a push goes and how it is sealed.
// [App.CommandTarget], [Corp.DataTarget] and [Provider.Target] make them.
type Target struct {
	URL            string
	Token          string
	AESKey         string        // EncodingAESKey, 43 characters
	Receiver       string        // ReceiveId of a POST
	VerifyReceiver string        // ReceiveId of the GET verification
	ToUserName     string        // of the outer envelope
	AgentID        string        // of the outer envelope
	Deadline       time.Duration // 0: 5 s
	AnyAnswer      bool          // HTTP 200 with any body counts; else the body must be success
	JSON           bool          // envelope in the JSON form (callback_format=json)
}

// Delivery is one push with all its tries.
type Delivery struct {
	URL       string
	Kind      string // InfoType, or MsgType with Event: suite_ticket, event.click
	Message   []byte // the message before it was sealed; all tries carry the same
	Receiver  string
	At        time.Time // on the platform's clock
	Tries     []Try
	Delivered bool
	Reply     []byte // opened passive reply, if there was one
}

// Try is one attempt of a delivery.
type Try struct {
	Status   int // 0: no answer
	Body     []byte
	Duration time.Duration
	Err      error // why it did not count; nil if it did
}

// Handle serves pushes and verifications to the host (as in a URL, with a port
// if the URL has one) in process, by h and without a socket. Deadlines hold as
// for a server: a handler that is late keeps running, but its answer is lost.
func (p *Platform) Handle(host string, h http.Handler) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.receivers[host] = h
}

// Push seals and signs message (an XML or JSON event) for the target and delivers
// it as WeCom does: up to three tries ([WithTries]), each with its own random
// prefix, nonce and timestamp, and the target's deadline. Only a failed connection
// or a time-out is followed by another try, unless [RetryOnStatus] is set. The
// error wraps [ErrNotDelivered] when no try counted.
func (p *Platform) Push(ctx context.Context, target Target, message []byte) (Delivery, error) {
	d := Delivery{URL: target.URL, Kind: messageKind(message), Message: message, Receiver: target.Receiver, At: p.Now()}
	envelope, err := newEnvelopeCipher(target.Token, target.AESKey)
	if err != nil {
		return d, err
	}
	if _, err := target.address(); err != nil {
		return d, err
	}
	for {
		try := p.pushOnce(ctx, target, envelope, message)
		d.Tries = append(d.Tries, try)
		d.Delivered = try.Err == nil
		again := try.Status == 0 || p.settings.retryStatus && try.Status != http.StatusOK
		if d.Delivered || !again || len(d.Tries) == p.settings.tries || ctx.Err() != nil {
			break
		}
		p.wait(ctx, p.settings.retryInterval)
	}
	if d.Delivered && target.AnyAnswer {
		last := &d.Tries[len(d.Tries)-1]
		d.Reply, last.Err = openReply(envelope, last.Body, target.Receiver)
		d.Delivered = last.Err == nil
	}
	p.mu.Lock()
	p.deliveries.add(d)
	p.announce()
	p.mu.Unlock()
	if !d.Delivered {
		var tries []string
		for _, t := range d.Tries {
			tries = append(tries, t.Err.Error())
		}
		return d, fmt.Errorf("%w: %s: %s", ErrNotDelivered, d.Kind, strings.Join(tries, "; "))
	}
	return d, nil
}

func (p *Platform) pushOnce(ctx context.Context, target Target, envelope *envelopeCipher, message []byte) Try {
	encrypt := envelope.seal(p.secrets.bytes(16), message, target.Receiver)
	var body []byte
	contentType := "text/xml; charset=UTF-8"
	if target.JSON {
		contentType = jsonType
		body, _ = json.Marshal(map[string]string{ // strings always encode
			"tousername": target.ToUserName, "agentid": target.AgentID, "encrypt": encrypt,
		})
	} else {
		body = newXML().text("ToUserName", target.ToUserName).text("AgentID", target.AgentID).text("Encrypt", encrypt).bytes()
	}
	deadline := target.Deadline
	if deadline == 0 {
		deadline = eventDeadline
	}
	try := p.send(ctx, http.MethodPost, target, envelope, encrypt, "", contentType, body, deadline)
	if try.Err == nil && !target.AnyAnswer && string(try.Body) != answerExpected {
		try.Err = fmt.Errorf("the answer is %q, want %q", shorten(try.Body), answerExpected)
	}
	return try
}

// VerifyURL does the GET verification (验证URL有效性) that the console does when a
// callback URL is saved: the answer must be HTTP 200 with the bare echo text
// within one second. The error says what is wrong with it.
func (p *Platform) VerifyURL(ctx context.Context, target Target) error {
	envelope, err := newEnvelopeCipher(target.Token, target.AESKey)
	if err != nil {
		return err
	}
	echo := p.secrets.text(1, "123456789") + p.secrets.text(22, "0123456789") // does not fit in 64 bits
	encrypt := envelope.seal(p.secrets.bytes(16), []byte(echo), target.VerifyReceiver)
	try := p.send(ctx, http.MethodGet, target, envelope, encrypt, encrypt, "", nil, verifyDeadline)
	got := string(try.Body)
	switch {
	case try.Err != nil:
		return fmt.Errorf("wecomtest: verification failed: %w", try.Err)
	case got == echo:
		return nil
	case strings.HasPrefix(got, "\uFEFF"):
		return errors.New("wecomtest: verification failed: the answer begins with a byte order mark")
	case strings.Trim(got, `"`) == echo:
		return errors.New("wecomtest: verification failed: the answer is in quotes")
	case strings.TrimSpace(got) == echo:
		return errors.New("wecomtest: verification failed: the answer has blanks or line breaks around the text")
	case got == encrypt:
		return errors.New("wecomtest: verification failed: the answer is still encrypted")
	}
	return fmt.Errorf("wecomtest: verification failed: the answer is %q, not the decrypted text", shorten(try.Body))
}

func (t Target) address() (*url.URL, error) {
	u, err := url.Parse(t.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("wecomtest: the callback URL is not an absolute http address")
	}
	return u, nil
}

// send makes one signed request to the target and reads the answer, all within
// the deadline. Every status but 200 is an error in the Try.
func (p *Platform) send(ctx context.Context, method string, target Target, envelope *envelopeCipher,
	encrypt, echo, contentType string, body []byte, deadline time.Duration,
) Try {
	address, err := target.address()
	if err != nil {
		return Try{Err: err}
	}
	p.signAddress(address, envelope, encrypt, echo)
	limited, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	request, err := http.NewRequestWithContext(limited, method, address.String(), bytes.NewReader(body)) //nolint:gosec,nolintlint // To push to the given address is what it is for.
	if err != nil {
		return Try{Err: errors.New("the callback URL cannot be requested")}
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	request.Header.Set("User-Agent", "Mozilla/4.0")

	start := time.Now()
	response, err := p.receiver(address.Host).RoundTrip(request)
	var answer []byte
	if err == nil {
		answer, err = io.ReadAll(io.LimitReader(response.Body, maxAnswer))
		err = errors.Join(err, response.Body.Close())
	}
	try := Try{Body: answer, Duration: time.Since(start)}
	switch {
	case ctx.Err() != nil:
		try.Err = fmt.Errorf("given up by the caller: %w", ctx.Err())
	case limited.Err() != nil:
		try.Err = fmt.Errorf("no answer within %v", deadline)
	case err != nil:
		try.Err = fmt.Errorf("connection failed: %w", err)
	case response.StatusCode != http.StatusOK:
		try.Status = response.StatusCode
		try.Err = fmt.Errorf("the answer has status %d", response.StatusCode)
	default:
		try.Status = response.StatusCode
	}
	return try
}

// signAddress adds the signature of what is sent to the query of an address.
func (p *Platform) signAddress(address *url.URL, envelope *envelopeCipher, encrypt, echo string) {
	timestamp := strconv.FormatInt(p.Now().Unix(), 10)
	nonce := p.secrets.text(10, "0123456789")
	query := "msg_signature=" + envelope.sign(timestamp, nonce, encrypt) + "&timestamp=" + timestamp + "&nonce=" + nonce
	if echo != "" {
		query += "&echostr=" + url.QueryEscape(echo)
	}
	if address.RawQuery != "" {
		query = address.RawQuery + "&" + query
	}
	address.RawQuery = query
}

// receiver is how a host is reached: in process if Handle named it.
func (p *Platform) receiver(host string) http.RoundTripper {
	p.mu.Lock()
	defer p.mu.Unlock()
	if h := p.receivers[host]; h != nil {
		return roundTripper(func(r *http.Request) (*http.Response, error) { return p.callInProcess(h, r) })
	}
	// A connection per push: none is left open, none is reused when it is stale.
	return &http.Transport{DisableKeepAlives: true}
}

func (p *Platform) callInProcess(h http.Handler, r *http.Request) (*http.Response, error) {
	if !p.begin() {
		return nil, errDropped
	}
	request := r.Clone(r.Context())
	request.RequestURI = r.URL.RequestURI()
	request.Host = r.URL.Host
	request.RemoteAddr = loopbackIP + ":443"
	if request.Body == nil {
		request.Body = http.NoBody // as a server has it
	}
	recorder := httptest.NewRecorder()
	done := make(chan error, 1)
	go func() {
		defer p.running.Done()
		done <- serveRecovered(h, recorder, request)
	}()
	select {
	case <-r.Context().Done():
		return nil, r.Context().Err()
	case err := <-done:
		if err != nil {
			return nil, err
		}
		return recorder.Result(), nil
	}
}

// serveRecovered says of a panic what net/http writes to its log; for the client
// the connection is cut.
func serveRecovered(h http.Handler, w http.ResponseWriter, r *http.Request) (err error) {
	defer func() {
		switch v := recover(); v {
		case nil:
		case http.ErrAbortHandler:
			err = errDropped
		default:
			err = fmt.Errorf("%w: the handler panicked: %v\n%s", errDropped, v, debug.Stack())
		}
	}()
	h.ServeHTTP(w, r)
	return nil
}

// openReply opens the passive reply in the answer to a data callback; an empty
// answer and success are no reply.
func openReply(envelope *envelopeCipher, body []byte, receiver string) ([]byte, error) {
	if len(body) == 0 || string(body) == answerExpected {
		return nil, nil
	}
	var sealed struct {
		XMLName      xml.Name `xml:"xml"`
		Encrypt      string   `xml:"Encrypt"`
		MsgSignature string   `xml:"MsgSignature"`
		TimeStamp    string   `xml:"TimeStamp"`
		Nonce        string   `xml:"Nonce"`
	}
	if err := xml.Unmarshal(body, &sealed); err != nil { //nolint:gosec,nolintlint // Text into text fields.
		return nil, errors.New("the passive reply is no XML envelope")
	}
	if envelope.sign(sealed.TimeStamp, sealed.Nonce, sealed.Encrypt) != sealed.MsgSignature {
		return nil, errors.New("the signature of the passive reply is wrong")
	}
	message, got, err := envelope.open(sealed.Encrypt)
	if err != nil {
		return nil, fmt.Errorf("the passive reply does not open: %w", err)
	}
	if got != receiver {
		return nil, fmt.Errorf("the passive reply is for %q, want %q", got, receiver)
	}
	return message, nil
}

// messageKind names an event by its content.
func messageKind(message []byte) string {
	var m struct {
		InfoType   string `json:"InfoType"   xml:"InfoType"`
		ChangeType string `json:"ChangeType" xml:"ChangeType"`
		MsgType    string `json:"MsgType"    xml:"MsgType"`
		Event      string `json:"Event"      xml:"Event"`
	}
	if bytes.HasPrefix(bytes.TrimSpace(message), []byte("{")) {
		_ = json.Unmarshal(message, &m) // an unknown form has no kind
	} else {
		_ = xml.Unmarshal(message, &m) //nolint:gosec,nolintlint // Text into text fields.
	}
	return eventKind(strings.TrimSpace(m.InfoType), m.MsgType, m.Event, m.ChangeType)
}

// eventKind is the kind of an event with these elements.
func eventKind(infoType, msgType, event, changeType string) string {
	kind := infoType
	if kind == "" {
		kind = msgType
		if event != "" {
			kind += "." + event
		}
	}
	if changeType != "" {
		kind += "." + changeType
	}
	return kind
}

func shorten(b []byte) string {
	const limit = 80
	if len(b) > limit {
		return string(b[:limit]) + "..."
	}
	return string(b)
}

// xmlMessage writes WeCom's flat XML.
type xmlMessage struct{ b strings.Builder }

func newXML() *xmlMessage {
	m := &xmlMessage{}
	m.b.WriteString("<xml>")
	return m
}

// text adds an element in CDATA.
func (m *xmlMessage) text(name, value string) *xmlMessage {
	return m.raw("<" + name + ">" + cdata(value) + "</" + name + ">")
}

func cdata(text string) string {
	return "<![CDATA[" + strings.ReplaceAll(text, "]]>", "]]]]><![CDATA[>") + "]]>"
}

// state adds the element State unless it is empty.
func (m *xmlMessage) state(value string) *xmlMessage {
	if value == "" {
		return m
	}
	return m.text("State", value)
}

// number adds an element without CDATA.
func (m *xmlMessage) number(name string, value int64) *xmlMessage {
	return m.raw("<" + name + ">" + strconv.FormatInt(value, 10) + "</" + name + ">")
}

func (m *xmlMessage) raw(s string) *xmlMessage {
	m.b.WriteString(s)
	return m
}

func (m *xmlMessage) bytes() []byte { return []byte(m.b.String() + "</xml>") }
