package callback

import (
	"bytes"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/wecom-isv/wecom/callback/internal/flatxml"
)

// Envelope is what is known of a callback before its type: where it belongs,
// when it was sent, and the decrypted message itself. Everything in it comes
// from the decrypted message; nothing comes from the unsigned outer envelope.
//
// Raw holds tickets, codes and personal data. fmt and log/slog leave it out of
// what they print, and encoding/json too: a queue that stores envelopes stores
// Raw and Receiver, encrypted, and rebuilds the envelope with [Parse].
type Envelope struct {
	Kind          Kind      // what a Mux dispatches on; "" if the message is none of the known forms
	Form          Form      // family of the message
	SuiteID       string    // SuiteId: the suite or template that the event is for; suite form only
	ServiceCorpID string    // ServiceCorpId: the service provider; provider form only
	CorpID        string    // the corp concerned: AuthCorpId, else PaidCorpId or CorpId; ToUserName in app form; may be ""
	UserID        string    // FromUserName in app form: a member, or "sys"
	AgentID       string    // AgentID in app form; "" in most events
	App           string    // Config.App of the Config that received it; a queue that leaves the process carries it along
	Receiver      string    // the id that the message was encrypted for (ReceiveId), checked by the Handler
	At            time.Time // TimeStamp or CreateTime; zero if absent
	JSON          bool      // the message is JSON, not XML
	Raw           []byte    `json:"-"` // the decrypted message, whole; it is not used again and may be kept
	Err           error     `json:"-"` // set for Fallback: why the message does not fit the type registered for it

	doc []byte // the message in the form that flatxml reads, if that is not Raw
}

// Parse reads the head of a decrypted message, XML or JSON, that was encrypted
// for receiver. [Handler] calls it after it has opened a callback; the consumer
// of a durable [Queue] calls it to rebuild the envelope. The envelope keeps raw.
//
// A message of a form or kind that is not known is no error. The error is an
// [ErrMessage] if raw is neither well-formed XML nor a JSON object.
func Parse(raw []byte, receiver string) (Envelope, error) {
	env := Envelope{Receiver: receiver, Raw: raw}
	var h head
	if first := bytes.TrimLeft(bytes.TrimPrefix(raw, []byte("\ufeff")), " \t\r\n"); len(first) > 0 && first[0] == '{' {
		env.JSON = true
		doc, err := flatxml.FromJSON(raw)
		if err != nil {
			return Envelope{}, fmt.Errorf("%w: %w", ErrMessage, err)
		}
		env.doc = doc
		if !h.scan(doc) {
			return Envelope{}, ErrMessage
		}
	} else if !h.scan(raw) {
		doc, err := flatxml.Canonical(raw)
		if err != nil {
			return Envelope{}, fmt.Errorf("%w: %w", ErrMessage, err)
		}
		env.doc, h = doc, head{}
		if !h.scan(doc) {
			return Envelope{}, ErrMessage
		}
	}
	h.fill(&env)
	return env, nil
}

// Decode decodes the message into v, a pointer to a struct with xml tags. It
// is more lenient than [encoding/xml]: names that differ only in case match,
// blanks around ids and numbers are dropped, an empty number is 0, and JSON
// messages decode with the same tags. The error is a [*DecodeError].
func (e Envelope) Decode(v any) error {
	doc, err := e.document()
	if err == nil {
		err = flatxml.Unmarshal(doc, v)
	}
	if err != nil {
		return &DecodeError{Kind: e.Kind, Err: err}
	}
	return nil
}

// Field returns the text of one element of the message, found by its path below
// the root, as in Field("ScanCodeInfo/ScanResult"), and whether it is there. It
// reaches what an event type does not know, XML or JSON. Names may differ in
// case; of repeated elements the last counts; an element with children has no
// text of its own. The text may be a secret: keep it out of logs.
func (e Envelope) Field(path string) (string, bool) {
	doc, err := e.document()
	if err != nil {
		return "", false
	}
	text, found, err := flatxml.Find(doc, strings.ReplaceAll(path, "/", ">"))
	return text, found && err == nil
}

// document returns the message in a form that flatxml reads.
func (e Envelope) document() ([]byte, error) {
	switch {
	case e.doc != nil:
		return e.doc, nil
	case e.JSON:
		return flatxml.FromJSON(e.Raw)
	default:
		return e.Raw, nil
	}
}

// String describes the envelope without the message.
func (e Envelope) String() string {
	var b strings.Builder
	b.WriteString("callback ")
	b.WriteString(strconv.Quote(string(e.Kind)))
	for _, f := range e.fields() {
		if v := f.Value.String(); v != "" {
			b.WriteString(" " + f.Key + "=" + strconv.Quote(v))
		}
	}
	return b.String()
}

// GoString describes the envelope without the message.
func (e Envelope) GoString() string { return "callback.Envelope(" + e.String() + ")" }

// LogValue describes the envelope without the message.
func (e Envelope) LogValue() slog.Value {
	return slog.GroupValue(append([]slog.Attr{slog.String("kind", string(e.Kind))}, e.fields()...)...)
}

func (e Envelope) fields() []slog.Attr {
	var at string
	if !e.At.IsZero() {
		at = e.At.UTC().Format(time.RFC3339)
	}
	return []slog.Attr{
		slog.String("suite_id", e.SuiteID),
		slog.String("service_corp_id", e.ServiceCorpID),
		slog.String("corp_id", e.CorpID),
		slog.String("user_id", e.UserID),
		slog.String("agent_id", e.AgentID),
		slog.String("receiver", e.Receiver),
		slog.String("at", at),
	}
}

// The elements under the root that say what a message is.
const (
	suiteID = iota
	serviceCorpID
	infoType
	timeStamp
	authCorpID
	paidCorpID
	sharingCorpID
	toUserName
	fromUserName
	createTime
	msgType
	event
	agentID
	changeType
	headLen
)

var headNames = [headLen]string{
	suiteID: "SuiteId", serviceCorpID: "ServiceCorpId", infoType: "InfoType", timeStamp: "TimeStamp",
	authCorpID: "AuthCorpId", paidCorpID: "PaidCorpId", sharingCorpID: "CorpId", toUserName: "ToUserName", fromUserName: "FromUserName",
	createTime: "CreateTime", msgType: "MsgType", event: "Event", agentID: "AgentID", changeType: "ChangeType",
}

// head holds the values of these elements, which alias the document.
type head [headLen][]byte

// scan fills h from the children of the root. It reports false for a document
// that flatxml's scanner declines.
func (h *head) scan(doc []byte) bool {
	s, root, ok := flatxml.Open(doc)
	if !ok {
		return false
	}
	for next := 0; ; {
		name, more, ok := s.Child(root)
		if !ok || !more {
			return ok
		}
		i := headIndex(name, next)
		if i < 0 {
			if !s.Skip(name) {
				return false
			}
			continue
		}
		value, ok := s.Text(name)
		if !ok {
			return false
		}
		h[i], next = flatxml.Trim(value), i+1
	}
}

// headIndex returns the index of the element, or -1. As in flatxml case does not
// matter: JSON pushes have been seen with keys in lower case, and some pages
// spell AgentId. The element after the last one found is tried first.
func headIndex(name []byte, next int) int {
	if next < headLen && string(name) == headNames[next] {
		return next
	}
	for i, known := range headNames {
		if len(known) == len(name) && strings.EqualFold(known, string(name)) {
			return i
		}
	}
	return -1
}

// fill copies what h found into env.
func (h *head) fill(env *Envelope) {
	var buf [96]byte
	kind := buf[:0]
	at := h[timeStamp]
	switch {
	case len(h[infoType]) > 0:
		env.Form = FormSuite
		if len(h[suiteID]) == 0 && len(h[serviceCorpID]) > 0 {
			env.Form = FormProvider
		}
		kind = append(kind, env.Form.String()...)
		kind = append(append(kind, ':'), h[infoType]...)
		kind = appendPart(kind, h[changeType])
		env.SuiteID = env.id(h[suiteID])
		env.ServiceCorpID = env.id(h[serviceCorpID])
		for _, id := range [...]int{authCorpID, paidCorpID, sharingCorpID} {
			if len(h[id]) > 0 {
				env.CorpID = env.id(h[id])
				break
			}
		}
	case len(h[msgType]) > 0 || len(h[event]) > 0:
		env.Form = FormApp
		kind = append(kind, "app:"...)
		if len(h[msgType]) > 0 {
			kind = append(kind, h[msgType]...)
		} else {
			kind = append(kind, "event"...)
		}
		if string(kind) == "app:event" {
			kind = appendPart(appendPart(kind, h[event]), h[changeType])
		}
		env.CorpID = env.id(h[toUserName])
		env.UserID = string(h[fromUserName])
		env.AgentID = string(h[agentID])
		at = h[createTime]
	}
	env.Kind = internKind(kind)
	if sec, err := strconv.ParseInt(string(at), 10, 64); err == nil && sec > 0 {
		env.At = time.Unix(sec, 0)
	}
}

// id returns the text of an id. One is that of the receiver most times: it is not
// copied again.
func (e *Envelope) id(text []byte) string {
	if string(text) == e.Receiver {
		return e.Receiver
	}
	return string(text)
}

func appendPart(kind, part []byte) []byte {
	if len(part) == 0 {
		return kind
	}
	return append(append(kind, '.'), part...)
}

// internKind returns the kind as a string. It spares the copy of the kind that is
// pushed most often, and puts right the spellings that WeCom has two of.
func internKind(b []byte) Kind {
	switch string(b) {
	case string(KindSuiteTicket):
		return KindSuiteTicket
	case "suite:change_edition":
		return KindChangeEdition
	case "suite:change_school_contact.create_deparmtment":
		return KindChangeSchoolContactCreateDepartment
	case "suite:change_school_contact.update_deparmtment":
		return KindChangeSchoolContactUpdateDepartment
	case "suite:change_school_contact.delete_deparmtment":
		return KindChangeSchoolContactDeleteDepartment
	case "app:event.change_school_contact.create_deparmtment":
		return KindAppChangeSchoolContactCreateDepartment
	case "app:event.change_school_contact.update_deparmtment":
		return KindAppChangeSchoolContactUpdateDepartment
	case "app:event.change_school_contact.delete_deparmtment":
		return KindAppChangeSchoolContactDeleteDepartment
	default:
		return Kind(b)
	}
}
