package callback

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"
)

// element is one element of a reply: a text, or a group of other elements.
type element struct {
	name     string
	text     string
	quoted   bool // the text is a string: CDATA in XML, quoted in JSON
	group    bool
	list     bool // may stand there several times: an array in JSON
	children []element
}

// appendFields appends the fields of the struct v, in their order. Of the options
// of xml tags it knows omitempty.
func appendFields(dst []element, v reflect.Value) ([]element, error) {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		if v.IsNil() {
			return dst, nil
		}
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct {
		return nil, fmt.Errorf("%v is not a struct", v.Type())
	}
	for field, value := range v.Fields() {
		tag, options, _ := strings.Cut(field.Tag.Get("xml"), ",")
		var err error
		switch {
		case tag == "-" || field.Name == "XMLName":
		case field.Anonymous && tag == "":
			dst, err = appendFields(dst, value)
		case !field.IsExported(): // a struct may keep things of its own
		case strings.Contains(tag, ">"), options != "" && options != "omitempty":
			err = fmt.Errorf("field %s: xml tag %q is not supported", field.Name, field.Tag.Get("xml"))
		case options == "omitempty" && value.IsZero():
		default:
			if tag == "" {
				tag = field.Name
			}
			dst, err = appendField(dst, tag, value)
		}
		if err != nil {
			return nil, err
		}
	}
	return dst, nil
}

// appendField appends one field: an element, none for a nil pointer, any number
// for a slice.
func appendField(dst []element, name string, v reflect.Value) ([]element, error) {
	e := element{name: name}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return dst, nil
		}
		return appendField(dst, name, v.Elem())
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			n := len(dst)
			var err error
			if dst, err = appendField(dst, name, v.Index(i)); err != nil {
				return nil, err
			}
			for j := range dst[n:] {
				dst[n+j].list = true
			}
		}
		return dst, nil
	case reflect.Struct:
		children, err := appendFields(nil, v)
		if err != nil {
			return nil, err
		}
		e.group, e.children = true, children
	case reflect.String:
		e.text, e.quoted = v.String(), true
	case reflect.Bool:
		e.text = strconv.FormatBool(v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		e.text = strconv.FormatInt(v.Int(), 10)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		e.text = strconv.FormatUint(v.Uint(), 10)
	case reflect.Float32, reflect.Float64:
		e.text = strconv.FormatFloat(v.Float(), 'f', -1, v.Type().Bits())
		if strings.ContainsAny(e.text, "NI") {
			return nil, fmt.Errorf("element %s is not a finite number", name)
		}
	default:
		return nil, fmt.Errorf("element %s: a reply cannot hold a %v", name, v.Type())
	}
	return append(dst, e), nil
}

func appendXMLElements(dst []byte, elements []element) []byte {
	for _, e := range elements {
		dst = append(append(append(dst, '<'), e.name...), '>')
		switch {
		case e.group:
			dst = appendXMLElements(dst, e.children)
		case e.quoted:
			dst = append(dst, "<![CDATA["...)
			dst = append(dst, strings.ReplaceAll(legal(e.text), "]]>", "]]]]><![CDATA[>")...)
			dst = append(dst, "]]>"...)
		default:
			dst = append(dst, e.text...)
		}
		dst = append(append(append(dst, "</"...), e.name...), '>')
	}
	return dst
}

// appendJSONObject writes repeated elements, which stand beside each other, as an
// array.
func appendJSONObject(dst []byte, elements []element) []byte {
	dst = append(dst, '{')
	for i, e := range elements {
		again := i > 0 && e.list && elements[i-1].name == e.name
		if i > 0 {
			dst = append(dst, ',')
		}
		if !again {
			dst = appendJSONString(dst, e.name)
			dst = append(dst, ':')
			if e.list {
				dst = append(dst, '[')
			}
		}
		switch {
		case e.group:
			dst = appendJSONObject(dst, e.children)
		case e.quoted:
			dst = appendJSONString(dst, legal(e.text))
		default:
			dst = append(dst, e.text...)
		}
		if e.list && (i+1 == len(elements) || elements[i+1].name != e.name) {
			dst = append(dst, ']')
		}
	}
	return append(dst, '}')
}

func appendJSONString(dst []byte, s string) []byte {
	text, _ := json.Marshal(s) // a string does not fail
	return append(dst, text...)
}

// legal returns s without the characters that XML 1.0 cannot hold, and without
// bytes that are not UTF-8.
func legal(s string) string {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "")
	}
	return strings.Map(func(c rune) rune {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == 0xfffe || c == 0xffff {
			return -1
		}
		return c
	}, s)
}
