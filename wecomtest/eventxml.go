package wecomtest

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode"
)

// element is an XML element: text or children.
type element struct {
	name     string
	text     string
	children []*element
}

// parseElement reads one document without attributes.
func parseElement(text string) (*element, error) {
	decoder := xml.NewDecoder(strings.NewReader(text))
	top := &element{}
	open := []*element{top}
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		inner := open[len(open)-1]
		switch t := token.(type) {
		case xml.StartElement:
			child := &element{name: t.Name.Local}
			inner.children = append(inner.children, child)
			open = append(open, child)
		case xml.CharData:
			inner.text += string(t)
		case xml.EndElement:
			if len(inner.children) > 0 {
				inner.text = ""
			}
			open = open[:len(open)-1]
		}
	}
	if len(top.children) != 1 {
		return nil, errors.New("not one element")
	}
	return top.children[0], nil
}

func (x *element) child(name string) *element {
	i := slices.IndexFunc(x.children, func(c *element) bool { return c.name == name })
	if i < 0 {
		return nil
	}
	return x.children[i]
}

// replace puts elements where those of the name are, or at the end.
func (x *element) replace(name string, by ...*element) {
	at := slices.IndexFunc(x.children, func(c *element) bool { return c.name == name })
	x.children = slices.DeleteFunc(x.children, func(c *element) bool { return c.name == name })
	if at < 0 {
		at = len(x.children)
	}
	x.children = slices.Insert(x.children, at, by...)
}

func (e *EventInfo) writeXML(m *xmlMessage, list []*element, path string) {
	for _, x := range list {
		f, _ := e.field(path + x.name)
		switch {
		case len(x.children) > 0 || f.group():
			m.raw("<" + x.name + ">")
			e.writeXML(m, x.children, path+x.name+"/")
			m.raw("</" + x.name + ">")
		case f.numeric():
			m.raw("<" + x.name + ">" + x.text + "</" + x.name + ">")
		default:
			m.blankText(x.name, x.text)
		}
	}
}

// blankText adds an element in CDATA with leading blanks outside of it, as the
// platform's suite_ticket has them.
func (m *xmlMessage) blankText(name, value string) {
	text := strings.TrimLeftFunc(value, unicode.IsSpace)
	blanks := value[:len(value)-len(text)]
	m.raw("<" + name + ">" + blanks + cdata(text) + "</" + name + ">")
}

// appendJSON adds the elements as one object; those of one name become a list.
func (e *EventInfo) appendJSON(b []byte, list []*element, path string) []byte {
	b = append(b, '{')
	done := map[string]bool{}
	for _, x := range list {
		if done[x.name] {
			continue
		}
		if len(done) > 0 {
			b = append(b, ',')
		}
		done[x.name] = true
		b = append(appendJSONText(b, x.name), ':')
		f, _ := e.field(path + x.name)
		if !f.repeated() {
			b = e.appendJSONValue(b, x, f, path)
			continue
		}
		b = append(b, '[')
		for i, same := range sameName(list, x.name) {
			if i > 0 {
				b = append(b, ',')
			}
			b = e.appendJSONValue(b, same, f, path)
		}
		b = append(b, ']')
	}
	return append(b, '}')
}

func sameName(list []*element, name string) []*element {
	var same []*element
	for _, x := range list {
		if x.name == name {
			same = append(same, x)
		}
	}
	return same
}

func (e *EventInfo) appendJSONValue(b []byte, x *element, f EventField, path string) []byte {
	switch {
	case len(x.children) > 0 || f.group():
		return e.appendJSON(b, x.children, path+x.name+"/")
	case f.numeric() && json.Valid([]byte(x.text)):
		return append(b, bytes.TrimSpace([]byte(x.text))...)
	}
	return appendJSONText(b, strings.TrimSpace(x.text))
}

func appendJSONText(b []byte, s string) []byte {
	quoted, err := json.Marshal(s)
	if err != nil {
		return append(b, `""`...) // strings always encode
	}
	return append(b, quoted...)
}
