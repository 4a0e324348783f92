package flatxml

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Canonical rewrites an XML document into the form that [Scanner] reads: the
// root element alone, without attributes, namespaces, comments, instructions or
// a DOCTYPE. encoding/xml reads it, which expands no entity that a document
// defines. CDATA sections stay what they are. A document that is not well formed
// is read as [repair] mends it, if it can.
func Canonical(doc []byte) ([]byte, error) {
	out, err := canonical(doc)
	if err == nil {
		return out, nil
	}
	if mended, ok := repair(doc); ok {
		if out, err := canonical(mended); err == nil {
			return out, nil
		}
	}
	return nil, err
}

func canonical(doc []byte) ([]byte, error) {
	d := xml.NewDecoder(bytes.NewReader(doc))
	var out []byte
	depth := 0
	for {
		from := d.InputOffset()
		tok, err := d.Token()
		if err != nil { // its text may quote the document
			line, _ := d.InputPos()
			return nil, fmt.Errorf("%w: XML, line %d", ErrSyntax, line)
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			if depth++; depth > maxDepth {
				return nil, fmt.Errorf("%w: nested deeper than %d", ErrSyntax, maxDepth)
			}
			out = appendTag(out, "<", tok.Name.Local)
		case xml.EndElement:
			out = appendTag(out, "</", tok.Name.Local)
			if depth--; depth == 0 {
				return out, nil
			}
		case xml.CharData:
			switch {
			case depth == 0:
			case bytes.HasPrefix(doc[from:], cdataStart):
				out = append(append(append(out, cdataStart...), tok...), cdataEnd...)
			default:
				out = appendEscaped(out, tok)
			}
		}
	}
}

// repair mends two faults of official examples: a CDATA section that ends
// "]]</Name>", without its last bracket, and a stray end tag before the root. It
// reports false if doc has neither. It must not touch a document that is well
// formed: people may write "]]</Name>" in a message.
func repair(doc []byte) (mended []byte, ok bool) {
	rest := bytes.TrimLeft(bytes.TrimPrefix(doc, bom), " \t\r\n")
	for bytes.HasPrefix(rest, []byte("</")) {
		n := bytes.IndexByte(rest, '>')
		if n < 0 {
			return nil, false
		}
		rest, ok = bytes.TrimLeft(rest[n+1:], " \t\r\n"), true
	}
	for closed := true; ; { // whether a "]]>" is left
		start := bytes.Index(rest, cdataStart)
		if start < 0 {
			return append(mended, rest...), ok
		}
		start += len(cdataStart)
		name := openName(rest[:start-len(cdataStart)])
		mended, rest = append(mended, rest[:start]...), rest[start:]
		end := -1
		if closed {
			end = bytes.Index(rest, cdataEnd)
			closed = end >= 0
		}
		section := rest
		if end >= 0 {
			section = rest[:end]
		}
		if name != nil {
			if broken := bytes.Index(section, append([]byte("]]</"), name...)); broken >= 0 {
				mended = append(append(mended, rest[:broken]...), cdataEnd...)
				rest, ok = rest[broken+len("]]"):], true
				continue
			}
		}
		if end < 0 {
			return nil, false
		}
		end += len(cdataEnd)
		mended, rest = append(mended, rest[:end]...), rest[end:]
	}
}

// openName returns the name of the start tag that doc ends with, or nil.
func openName(doc []byte) []byte {
	doc, found := bytes.CutSuffix(Trim(doc), []byte(">"))
	if !found {
		return nil
	}
	doc = Trim(doc[bytes.LastIndexByte(doc, '<')+1:])
	if !isName(string(doc)) {
		return nil
	}
	return doc
}

func appendTag(dst []byte, open, name string) []byte {
	dst = append(dst, open...)
	dst = append(dst, strings.ReplaceAll(name, ":", "_")...)
	return append(dst, '>')
}

func appendEscaped(dst, text []byte) []byte {
	buf := bytes.NewBuffer(dst)
	_ = xml.EscapeText(buf, text) // a Buffer does not fail
	return buf.Bytes()
}

// FromJSON rewrites a JSON object into the XML that WeCom would have sent: a
// member is an element, an array repeats it, null is nothing. Members whose key
// cannot be the name of an element are left out.
func FromJSON(doc []byte) ([]byte, error) {
	doc = bytes.TrimPrefix(doc, bom)
	var probe map[string]json.RawMessage
	if err := json.Unmarshal(doc, &probe); err != nil { // its text may quote the document
		return nil, fmt.Errorf("%w: JSON object", ErrSyntax)
	}
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber()
	out, err := appendJSON(nil, d, "xml", 0)
	if err != nil {
		return nil, err
	}
	return out, nil
}

// appendJSON appends the next value of d as the element name.
func appendJSON(dst []byte, d *json.Decoder, name string, depth int) ([]byte, error) {
	tok, err := d.Token()
	if err != nil && !errors.Is(err, io.EOF) || depth > maxDepth {
		return nil, fmt.Errorf("%w: JSON", ErrSyntax)
	}
	if !isName(name) {
		name = ""
	}
	switch tok := tok.(type) {
	case json.Delim:
		if tok == '[' {
			for d.More() {
				if dst, err = appendJSON(dst, d, name, depth+1); err != nil {
					return nil, err
				}
			}
		} else {
			dst, err = appendObject(dst, d, name, depth)
		}
		if err == nil {
			_, err = d.Token() // the closing bracket
		}
		return dst, err
	case string:
		return appendElement(dst, name, tok), nil
	case json.Number:
		return appendElement(dst, name, tok.String()), nil
	case bool:
		return appendElement(dst, name, fmt.Sprint(tok)), nil
	}
	return dst, nil // null
}

// appendObject appends the members of the object that d is in.
func appendObject(dst []byte, d *json.Decoder, name string, depth int) ([]byte, error) {
	from := len(dst)
	dst = appendTag(dst, "<", name)
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("%w: JSON", ErrSyntax)
		}
		if dst, err = appendJSON(dst, d, key.(string), depth+1); err != nil {
			return nil, err
		}
	}
	if name == "" {
		return dst[:from], nil
	}
	return appendTag(dst, "</", name), nil
}

func appendElement(dst []byte, name, text string) []byte {
	if name == "" {
		return dst
	}
	return appendTag(appendEscaped(appendTag(dst, "<", name), []byte(text)), "</", name)
}

// isName reports whether key can be the name of an element.
func isName(key string) bool {
	for i := range len(key) {
		if !isNameByte[key[i]] {
			return false
		}
	}
	return key != "" && !notFirst(key[0])
}
