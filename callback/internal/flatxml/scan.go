// Package flatxml decodes the XML that WeCom pushes: elements without
// attributes, holding text, CDATA or other elements. It fills structs by their
// ordinary xml tags, several times faster than encoding/xml, and is lenient
// where WeCom is known to be careless. What it does not know in a document it
// lets encoding/xml rewrite ([Canonical]); what it does not know in a type it
// lets encoding/xml decode.
package flatxml

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// Scanner walks over a document. Its methods report false when the document is
// malformed or holds something that the scanner does not read: attributes,
// namespaces, processing instructions, a DOCTYPE. The scanner is then at an end.
type Scanner struct {
	doc   []byte
	pos   int
	empty bool // the element that was opened last was <Name/>
}

// Open returns a scanner inside the root element, and the name of the root.
// Blanks and a byte order mark may stand before it.
func Open(doc []byte) (s Scanner, root []byte, ok bool) {
	s = Scanner{doc: doc}
	if bytes.HasPrefix(doc, bom) {
		s.pos = len(bom)
	}
	s.blanks()
	root, ok = s.start()
	return s, root, ok
}

var (
	bom        = []byte("\ufeff")
	cdataStart = []byte("<![CDATA[")
	cdataEnd   = []byte("]]>")
)

// Child goes to the next child of the element parent, which is open, and opens
// it. At the end of parent more is false. The caller reads each child with
// Child, Text or Skip until its end.
func (s *Scanner) Child(parent []byte) (name []byte, more, ok bool) {
	if s.empty {
		s.empty = false
		return nil, false, true
	}
	for {
		n := bytes.IndexByte(s.doc[s.pos:], '<')
		if n < 0 || s.pos+n+1 >= len(s.doc) {
			return nil, false, false
		}
		s.pos += n
		switch s.doc[s.pos+1] {
		case '/':
			return nil, false, s.end(parent)
		case '!':
			if _, _, ok := s.section(); !ok {
				return nil, false, false
			}
		default:
			name, ok = s.start()
			return name, ok, ok
		}
	}
}

// Skip reads to the end of the element name, which is open.
func (s *Scanner) Skip(name []byte) bool {
	var buf [16][]byte
	open := append(buf[:0], name)
	for len(open) > 0 {
		child, more, ok := s.Child(open[len(open)-1])
		switch {
		case !ok || len(open) > maxDepth:
			return false
		case more:
			open = append(open, child)
		default:
			open = open[:len(open)-1]
		}
	}
	return true
}

// maxDepth limits how deep elements may nest.
const maxDepth = 256

// Text reads to the end of the element name, which is open, and returns its own
// text, without that of its children. Entities are resolved and line ends are
// made "\n", as XML wants. Blanks around a CDATA section are dropped, blanks
// inside are kept; text that reads ![CDATA[..]] loses that wrapper. The result
// aliases the document if it stands there as it is.
func (s *Scanner) Text(name []byte) ([]byte, bool) {
	if s.empty {
		s.empty = false
		return nil, true
	}
	from := s.pos
	n := bytes.IndexByte(s.doc[s.pos:], '<')
	if n < 0 || s.pos+n+1 >= len(s.doc) {
		return nil, false
	}
	text := s.doc[s.pos : s.pos+n]
	s.pos += n
	switch {
	case s.doc[s.pos+1] == '/':
		if asIs(text) {
			return unwrap(text), s.end(name)
		}
	case s.doc[s.pos+1] == '!' && isBlank(text):
		cdata, isCDATA, ok := s.section()
		if !ok {
			return nil, false
		}
		s.blanks()
		if isCDATA && s.at('<', '/') && bytes.IndexByte(cdata, '\r') < 0 {
			return cdata, s.end(name)
		}
	}
	s.pos = from
	return s.longText(name)
}

// longText does what Text does for text in pieces.
func (s *Scanner) longText(name []byte) ([]byte, bool) {
	var out, blank []byte // blank: blanks seen last, which may turn out to surround CDATA
	sawCDATA := false
	for {
		n := bytes.IndexByte(s.doc[s.pos:], '<')
		if n < 0 || s.pos+n+1 >= len(s.doc) {
			return nil, false
		}
		text := s.doc[s.pos : s.pos+n]
		s.pos += n
		if isBlank(text) {
			blank = appendText(blank, text)
		} else {
			out = append(out, blank...)
			blank = blank[:0]
			var ok bool
			if out, ok = appendUnescaped(out, text); !ok {
				return nil, false
			}
		}
		switch s.doc[s.pos+1] {
		case '/':
			if sawCDATA {
				return out, s.end(name)
			}
			return unwrap(append(out, blank...)), s.end(name)
		case '!':
			cdata, isCDATA, ok := s.section()
			if !ok {
				return nil, false
			}
			if !isCDATA {
				continue
			}
			if sawCDATA || len(out) > 0 {
				out = append(out, blank...)
			}
			blank = blank[:0]
			sawCDATA = true
			out = appendText(out, cdata)
		default:
			child, ok := s.start()
			if !ok || !s.Skip(child) {
				return nil, false
			}
		}
	}
}

// start reads <Name> or <Name/>.
func (s *Scanner) start() (name []byte, ok bool) {
	from := s.pos + 1
	i := from
	for i < len(s.doc) && isNameByte[s.doc[i]] {
		i++
	}
	if i == from || i >= len(s.doc) || s.doc[from-1] != '<' || notFirst(s.doc[from]) {
		return nil, false
	}
	name = s.doc[from:i]
	s.pos = i
	if s.doc[i] == '>' {
		s.pos++
		return name, true
	}
	s.blanks()
	if s.at('/', '>') {
		s.pos += 2
		s.empty = true
		return name, true
	}
	if s.pos < len(s.doc) && s.doc[s.pos] == '>' {
		s.pos++
		return name, true
	}
	return nil, false
}

// end reads </name>, with blanks before the ">".
func (s *Scanner) end(name []byte) bool {
	rest := s.doc[s.pos+2:]
	if len(rest) <= len(name) || string(rest[:len(name)]) != string(name) {
		return false
	}
	s.pos += 2 + len(name)
	if s.doc[s.pos] != '>' {
		s.blanks()
		if s.pos >= len(s.doc) || s.doc[s.pos] != '>' {
			return false
		}
	}
	s.pos++
	return true
}

// section reads a CDATA section or a comment.
func (s *Scanner) section() (text []byte, isCDATA, ok bool) {
	rest := s.doc[s.pos:]
	if bytes.HasPrefix(rest, cdataStart) {
		rest = rest[len(cdataStart):]
		n := bytes.Index(rest, cdataEnd)
		if n < 0 {
			return nil, false, false
		}
		s.pos += len(cdataStart) + n + len(cdataEnd)
		return rest[:n], true, true
	}
	if bytes.HasPrefix(rest, []byte("<!--")) {
		rest = rest[len("<!--"):]
		n := bytes.Index(rest, []byte("--"))
		if n < 0 || n+2 >= len(rest) || rest[n+2] != '>' {
			return nil, false, false
		}
		s.pos += len("<!--") + n + len("-->")
		return nil, false, true
	}
	return nil, false, false
}

// at reports whether the next two bytes are a and b.
func (s *Scanner) at(a, b byte) bool {
	return s.pos+1 < len(s.doc) && s.doc[s.pos] == a && s.doc[s.pos+1] == b
}

// blanks moves over white space.
func (s *Scanner) blanks() {
	for s.pos < len(s.doc) && isSpace(s.doc[s.pos]) {
		s.pos++
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

func isBlank(b []byte) bool {
	for _, c := range b {
		if !isSpace(c) {
			return false
		}
	}
	return true
}

// Trim returns b without white space around.
func Trim(b []byte) []byte {
	for len(b) > 0 && isSpace(b[0]) {
		b = b[1:]
	}
	for len(b) > 0 && isSpace(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}

// isNameByte marks the bytes of element names. Letters beyond ASCII are not told
// from other characters there: a name is only compared.
var isNameByte = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= 0x80 || c == '_' || c == '-' || c == '.' ||
			'0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
	}
	return t
}()

// notFirst reports whether a name cannot begin with c.
func notFirst(c byte) bool { return c == '-' || c == '.' || '0' <= c && c <= '9' }

// asIs reports whether text means what it says.
func asIs(text []byte) bool {
	if len(text) < 32 { // most are short: numbers, blanks
		for _, c := range text {
			if c == '&' || c == '\r' {
				return false
			}
		}
		return true
	}
	return bytes.IndexByte(text, '&') < 0 && bytes.IndexByte(text, '\r') < 0
}

// unwrap strips a ![CDATA[..]] that lost its angle brackets, as in some official
// examples.
func unwrap(text []byte) []byte {
	inner, found := bytes.CutPrefix(Trim(text), cdataStart[1:])
	if !found {
		return text
	}
	if inner, found = bytes.CutSuffix(inner, cdataEnd[:2]); !found {
		return text
	}
	return inner
}

// appendText appends text with "\r\n" and "\r" made "\n".
func appendText(dst, text []byte) []byte {
	for {
		n := bytes.IndexByte(text, '\r')
		if n < 0 {
			return append(dst, text...)
		}
		dst = append(append(dst, text[:n]...), '\n')
		text = bytes.TrimPrefix(text[n+1:], []byte("\n"))
	}
}

// appendUnescaped appends text with its entities resolved. It declines entities
// that XML does not define.
func appendUnescaped(dst, text []byte) ([]byte, bool) {
	for {
		n := bytes.IndexByte(text, '&')
		if n < 0 {
			return appendText(dst, text), true
		}
		dst = appendText(dst, text[:n])
		name, rest, found := bytes.Cut(text[n+1:], []byte(";"))
		if !found {
			return nil, false
		}
		var ok bool
		if dst, ok = appendEntity(dst, name); !ok {
			return nil, false
		}
		text = rest
	}
}

func appendEntity(dst, name []byte) ([]byte, bool) {
	switch string(name) {
	case "lt":
		return append(dst, '<'), true
	case "gt":
		return append(dst, '>'), true
	case "amp":
		return append(dst, '&'), true
	case "quot":
		return append(dst, '"'), true
	case "apos":
		return append(dst, '\''), true
	}
	digits, found := bytes.CutPrefix(name, []byte("#"))
	if !found {
		return nil, false
	}
	base := 10
	if hex, found := bytes.CutPrefix(digits, []byte("x")); found {
		digits, base = hex, 16
	}
	if len(digits) == 0 || len(digits) > 8 || digits[0] == '+' || digits[0] == '-' {
		return nil, false
	}
	n, err := strconv.ParseUint(string(digits), base, 32)
	if err != nil || n > utf8.MaxRune {
		return nil, false
	}
	return utf8.AppendRune(dst, rune(n)), true
}
