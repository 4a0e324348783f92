package crypto

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// MaxEnvelope is the largest body that [ParseEnvelope] takes, in bytes.
const MaxEnvelope = 1 << 20

// maxDepth limits the nesting of an XML envelope, which has no reason to nest.
const maxDepth = 8

// Envelope is the body of a callback before it is opened. Nothing in it is
// proven: ToUserName and AgentID are not covered by the signature.
type Envelope struct {
	// ToUserName is the corp id, on suite callbacks the suite id. Use it to choose
	// the keys, and believe the opened message only.
	ToUserName string
	// AgentID is the id of the app, often empty.
	AgentID string
	// Encrypt is the base64 text for [Sealed]. It aliases the body if it stands
	// there as it is, without entities or escapes.
	Encrypt []byte
	// JSON says that the body was JSON (callback_format=json); the opened message
	// is JSON too, and so is the reply.
	JSON bool
}

// ParseEnvelope reads the body of a pushed callback: XML if its first byte after
// blanks and a byte order mark is "<", JSON if it is "{". The HTTP content type
// is not reliable and not needed.
//
// In XML the elements may come in any order, as text or CDATA, with blanks
// around them and with unknown ones between; one of the known twice is refused. A
// DOCTYPE is skipped, an entity that it declares is refused. In JSON the case of
// the keys does not matter, and agentid may be a number. A body that is malformed,
// has no Encrypt or is larger than [MaxEnvelope] is an [ErrEnvelope].
//
// It is not known whether WeCom sends JSON to suite URLs (callback_format=json is
// documented for the callbacks of pay tools); both forms are read everywhere.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90930
func ParseEnvelope(body []byte) (Envelope, error) {
	if len(body) > MaxEnvelope {
		return Envelope{}, fmt.Errorf("%w: %d bytes, more than %d", ErrEnvelope, len(body), MaxEnvelope)
	}
	body = trimLeft(bytes.TrimPrefix(trimLeft(body), []byte("\ufeff")))
	if len(body) == 0 {
		return Envelope{}, fmt.Errorf("%w: it is empty", ErrEnvelope)
	}
	var env Envelope
	var err error
	switch body[0] {
	case '<':
		var ok bool
		if env, ok = scanXML(body); !ok {
			env, err = decodeXML(body)
		}
	case '{':
		var ok bool
		if env, ok = scanJSON(body); !ok {
			env, err = decodeJSON(body)
		}
	default:
		return Envelope{}, fmt.Errorf("%w: neither XML nor JSON", ErrEnvelope)
	}
	if err != nil {
		return Envelope{}, err
	}
	if len(env.Encrypt) == 0 {
		return Envelope{}, fmt.Errorf("%w: no Encrypt", ErrEnvelope)
	}
	return env, nil
}

// isBlank reports whether c is white space in XML and JSON.
func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// trimLeft returns b without blanks at its head.
func trimLeft(b []byte) []byte {
	for len(b) > 0 && isBlank(b[0]) {
		b = b[1:]
	}
	return b
}

// trim returns b without blanks around.
func trim(b []byte) []byte {
	b = trimLeft(b)
	for len(b) > 0 && isBlank(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}

// errTwice is an envelope that says a thing twice: which one counts is a guess.
var errTwice = fmt.Errorf("%w: an element is there twice", ErrEnvelope)

// xmlFields gathers the elements of an XML envelope.
type xmlFields struct {
	env                Envelope
	to, agent, encrypt bool // seen
}

// set takes one element; it fails for a known one that was there before.
func (f *xmlFields) set(name string, value []byte) error {
	var seen *bool
	switch name {
	case "ToUserName":
		seen = &f.to
	case "AgentID", "AgentId":
		seen = &f.agent
	case "Encrypt":
		seen = &f.encrypt
	default:
		return nil
	}
	if *seen {
		return errTwice
	}
	*seen = true
	value = trim(value)
	// Some official examples have lost the "<" and ">" of the CDATA.
	if inner, ok := bytes.CutPrefix(value, []byte("![CDATA[")); ok {
		if inner, ok = bytes.CutSuffix(inner, []byte("]]")); ok {
			value = trim(inner)
		}
	}
	switch seen {
	case &f.to:
		f.env.ToUserName = string(value)
	case &f.agent:
		f.env.AgentID = string(value)
	default:
		f.env.Encrypt = slices.Clip(value)
	}
	return nil
}

// scanXML reads an envelope as WeCom writes it, without copying Encrypt: a root
// with flat children, each plain text or one CDATA, no attribute, entity, comment
// or character beyond ASCII. It reports false for everything else, right or
// wrong, and leaves that to [decodeXML].
func scanXML(b []byte) (Envelope, bool) {
	var f xmlFields
	root, b, ok := openTag(b)
	if !ok {
		return Envelope{}, false
	}
	for {
		b = trimLeft(b)
		if rest, ok := closeTag(b, root); ok {
			return f.env, len(trimLeft(rest)) == 0
		}
		var name, value []byte
		if name, b, ok = openTag(b); !ok {
			return Envelope{}, false
		}
		if value, b, ok = content(b); !ok {
			return Envelope{}, false
		}
		if b, ok = closeTag(b, name); !ok {
			return Envelope{}, false
		}
		if f.set(string(name), value) != nil {
			return Envelope{}, false
		}
	}
}

// openTag cuts "<Name>" from the head of b. A name is letters only.
func openTag(b []byte) (name, rest []byte, ok bool) {
	if len(b) == 0 || b[0] != '<' {
		return nil, nil, false
	}
	for i, c := range b[1:] {
		if c == '>' {
			return b[1 : 1+i], b[2+i:], i > 0
		}
		if (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			break
		}
	}
	return nil, nil, false
}

// closeTag cuts "</name>" from the head of b.
func closeTag(b, name []byte) (rest []byte, ok bool) {
	n := len(name)
	if len(b) < n+3 || b[0] != '<' || b[1] != '/' || b[n+2] != '>' || !bytes.Equal(b[2:n+2], name) {
		return nil, false
	}
	return b[n+3:], true
}

// content cuts plain text, or one CDATA section with blanks around, from the
// head of b.
func content(b []byte) (value, rest []byte, ok bool) {
	if inner, found := bytes.CutPrefix(trimLeft(b), []byte("<![CDATA[")); found {
		value, rest, found = bytes.Cut(inner, []byte("]]>"))
		return value, trimLeft(rest), found && printable(value)
	}
	end := bytes.IndexByte(b, '<')
	if end < 0 || !printable(b[:end]) || has(b[:end], "&>") {
		return nil, nil, false
	}
	return b[:end], b[end:], true
}

// printable reports whether b stands for itself: printable ASCII, and the blanks
// that an XML reader does not change. It looks at eight bytes at a time.
func printable(b []byte) bool {
	const (
		ones  = 0x0101010101010101
		highs = 0x80 * ones
	)
	for len(b) >= 8 {
		w := binary.LittleEndian.Uint64(b)
		// A high bit tells a byte beyond ASCII, below ' ' (borrow) or DEL (carry).
		if (w|(w-' '*ones)|(w+ones))&highs != 0 && !printableSlow(b[:8]) {
			return false
		}
		b = b[8:]
	}
	return printableSlow(b)
}

// printableSlow is printable byte by byte.
func printableSlow(b []byte) bool {
	for _, c := range b {
		if c >= 0x7f || (c < ' ' && c != '\n' && c != '\t') {
			return false
		}
	}
	return true
}

// has reports whether one of the bytes of set is in b.
func has(b []byte, set string) bool {
	for i := range len(set) {
		if bytes.IndexByte(b, set[i]) >= 0 {
			return true
		}
	}
	return false
}

// decodeXML reads what scanXML declined, with the XML reader of the standard
// library, which expands no entity but the five of XML.
func decodeXML(b []byte) (Envelope, error) {
	var f xmlFields
	var name string // of the child of the root that is open
	var text []byte // its text
	depth, done := 0, false
	d := xml.NewDecoder(bytes.NewReader(b))
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) && done {
			return f.env, nil
		}
		if err != nil { // its text quotes the body
			line, _ := d.InputPos()
			return Envelope{}, fmt.Errorf("%w: XML not well formed in line %d", ErrEnvelope, line)
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			depth++
			if done || depth > maxDepth {
				return Envelope{}, fmt.Errorf("%w: two roots or nested deeper than %d", ErrEnvelope, maxDepth)
			}
			if depth == 2 {
				name, text = tok.Name.Local, nil
			}
		case xml.EndElement:
			if depth == 2 {
				if err := f.set(name, text); err != nil {
					return Envelope{}, err
				}
			}
			depth--
			done = depth == 0
		case xml.CharData:
			switch {
			case depth == 2:
				text = append(text, tok...)
			case depth == 0 && len(trim(tok)) > 0:
				return Envelope{}, fmt.Errorf("%w: text outside of the root", ErrEnvelope)
			}
		}
	}
}

// scanJSON reads a flat object of plain strings and whole numbers without
// copying encrypt. It reports false for everything else, right or wrong, and
// leaves that to [decodeJSON].
func scanJSON(b []byte) (Envelope, bool) {
	env := Envelope{JSON: true}
	for b = b[1:]; ; b = b[1:] { // behind "{", then behind ","
		key, isString, rest, ok := scalar(trimLeft(b))
		if !ok || !isString {
			return Envelope{}, false
		}
		if rest = trimLeft(rest); len(rest) == 0 || rest[0] != ':' {
			return Envelope{}, false
		}
		value, isString, rest, ok := scalar(trimLeft(rest[1:]))
		if !ok {
			return Envelope{}, false
		}
		switch {
		case strings.EqualFold(string(key), "agentid"):
			env.AgentID = string(value)
		case !isString:
			return Envelope{}, false
		case strings.EqualFold(string(key), "tousername"):
			env.ToUserName = string(value)
		case strings.EqualFold(string(key), "encrypt"):
			env.Encrypt = value
		}
		if b = trimLeft(rest); len(b) == 0 {
			return Envelope{}, false
		}
		if b[0] == '}' {
			return env, len(trimLeft(b[1:])) == 0
		}
		if b[0] != ',' {
			return Envelope{}, false
		}
	}
}

// scalar cuts a string of printable ASCII without escapes, or a whole number of
// at most 18 digits, from the head of b.
func scalar(b []byte) (value []byte, isString bool, rest []byte, ok bool) {
	if len(b) == 0 {
		return nil, false, nil, false
	}
	if b[0] == '"' {
		end := 1 + bytes.IndexByte(b[1:], '"')
		if end == 0 || !printable(b[1:end]) || has(b[1:end], "\\\n\t") {
			return nil, false, nil, false
		}
		return b[1:end:end], true, b[end+1:], true
	}
	n := 0
	for n < len(b) && b[n] >= '0' && b[n] <= '9' {
		n++
	}
	if n == 0 || n > 18 || b[0] == '0' {
		return nil, false, nil, false
	}
	return b[:n], false, b[n:], true
}

// looseText is a JSON string or number.
type looseText string

// UnmarshalJSON takes the text of a string, or a number as it is written.
func (t *looseText) UnmarshalJSON(b []byte) error {
	if b[0] == '"' {
		return json.Unmarshal(b, (*string)(t))
	}
	return json.Unmarshal(b, (*json.Number)(t)) // null leaves it as it is
}

// decodeJSON reads what scanJSON declined.
func decodeJSON(b []byte) (Envelope, error) {
	var v struct {
		ToUserName string    `json:"tousername"`
		AgentID    looseText `json:"agentid"`
		Encrypt    string    `json:"encrypt"`
	}
	if json.Unmarshal(b, &v) != nil { // its error may quote the body
		return Envelope{}, fmt.Errorf("%w: JSON is malformed or has a field of the wrong type", ErrEnvelope)
	}
	return Envelope{
		ToUserName: v.ToUserName,
		AgentID:    string(v.AgentID),
		Encrypt:    []byte(v.Encrypt),
		JSON:       true,
	}, nil
}

// AppendXML appends the envelope of a passive reply (被动回复) to dst: the elements
// Encrypt, MsgSignature, TimeStamp and Nonce, spelled so. Fields that did not come
// from [Codec.Seal] cannot break out of their element.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90968
func (m Sealed) AppendXML(dst []byte) []byte {
	dst = append(dst, "<xml><Encrypt>"...)
	dst = appendCDATA(dst, m.Encrypt)
	dst = append(dst, "</Encrypt><MsgSignature>"...)
	dst = appendCDATA(dst, []byte(m.Signature))
	dst = append(dst, "</MsgSignature><TimeStamp>"...)
	dst = appendText(dst, m.Timestamp)
	dst = append(dst, "</TimeStamp><Nonce>"...)
	dst = appendCDATA(dst, []byte(m.Nonce))
	return append(dst, "</Nonce></xml>"...)
}

// appendCDATA appends s as CDATA, every "]]>" split over two sections and without
// the characters that XML cannot hold.
func appendCDATA(dst, s []byte) []byte {
	dst = append(dst, "<![CDATA["...)
	if !printable(s) {
		s = legal(s)
	}
	for {
		before, after, found := bytes.Cut(s, []byte("]]>"))
		dst = append(dst, before...)
		if !found {
			return append(dst, "]]>"...)
		}
		dst, s = append(dst, "]]]]><![CDATA[>"...), after
	}
}

// appendText appends s as text of an element.
func appendText(dst []byte, s string) []byte {
	if printable([]byte(s)) && !strings.ContainsAny(s, "<>&") {
		return append(dst, s...)
	}
	buf := bytes.NewBuffer(dst)
	_ = xml.EscapeText(buf, legal([]byte(s))) // a Buffer does not fail
	return buf.Bytes()
}

// legal returns s without the characters that XML 1.0 cannot hold, and without
// bytes that are not UTF-8.
func legal(s []byte) []byte {
	return bytes.Map(func(c rune) rune {
		switch {
		case c == '\t', c == '\n', c == '\r',
			c >= 0x20 && c <= 0xd7ff,
			c >= 0xe000 && c <= 0xfffc, // not U+FFFD, which Map puts for a bad byte
			c >= 0x10000:
			return c
		}
		return -1
	}, s)
}

// AppendJSON appends the reply envelope of a callback in JSON to dst: the keys
// encrypt, msgsignature, timestamp and nonce, all strings.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/97478
func (m Sealed) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"encrypt":`...)
	dst = appendString(dst, string(m.Encrypt))
	dst = append(dst, `,"msgsignature":`...)
	dst = appendString(dst, m.Signature)
	dst = append(dst, `,"timestamp":`...)
	dst = appendString(dst, m.Timestamp)
	dst = append(dst, `,"nonce":`...)
	dst = appendString(dst, m.Nonce)
	return append(dst, '}')
}

// appendString appends s as a JSON string.
func appendString(dst []byte, s string) []byte {
	if printable([]byte(s)) && !strings.ContainsAny(s, "\"\\\n\t") {
		return append(append(append(dst, '"'), s...), '"')
	}
	b, _ := json.Marshal(s) // a string does not fail
	return append(dst, b...)
}
