package flatxml

import (
	"encoding/xml"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// Errors of the package. None quotes a value of the document.
var (
	// ErrSyntax is a document that is not well formed.
	ErrSyntax = errors.New("not well formed")
	// ErrTarget is a target that is not a pointer to a struct.
	ErrTarget = errors.New("target is not a pointer to a struct")
	// ErrNoFit is a document that encoding/xml cannot decode into the target.
	ErrNoFit = errors.New("does not fit the type")
)

// FieldError is an element whose text is not of the type of its field.
type FieldError struct {
	Element string
	Type    reflect.Type
}

// Error names the element and the type.
func (e *FieldError) Error() string {
	return fmt.Sprintf("element %s is not a valid %v", e.Element, e.Type)
}

// Unmarshal decodes doc into v, a pointer to a struct, which it overwrites.
//
// Fields are found by their xml tags as in encoding/xml: a name, a path a>b, or
// the name of the field; a name that differs only in case is taken if no field
// has the exact one. An alt tag holds a second name or path for the same field,
// for elements that WeCom is known to misspell. Strings, numbers, bools, []byte, structs, embedded structs,
// pointers, slices for repeated elements and [encoding.TextUnmarshaler] are
// known. If a type holds anything else, encoding/xml decodes the whole document.
// Elements that no field wants are skipped; of repeated ones the last counts.
func Unmarshal(doc []byte, v any) error {
	target := reflect.ValueOf(v)
	if target.Kind() != reflect.Pointer || target.IsNil() || target.Elem().Kind() != reflect.Struct {
		return ErrTarget
	}
	target = target.Elem()
	p := planFor(target.Type())
	if p.declined {
		target.SetZero()
		if err := xml.Unmarshal(doc, v); err != nil { // its text may quote a value
			return ErrNoFit
		}
		return nil
	}
	ok, err := p.decode(doc, target)
	if ok || err != nil {
		return err
	}
	doc, err = Canonical(doc)
	if err != nil {
		return err
	}
	ok, err = p.decode(doc, target)
	if !ok && err == nil {
		return ErrSyntax
	}
	return err
}

// decoder is a scanner that fills a struct.
type decoder struct {
	Scanner
	depth int
	err   error
}

// decode fills target, or reports false for a document that the scanner declines.
func (p *plan) decode(doc []byte, target reflect.Value) (ok bool, err error) {
	target.SetZero()
	s, root, ok := Open(doc)
	if !ok {
		return false, nil
	}
	d := decoder{Scanner: s}
	ok = d.group(&p.group, root, target)
	return ok, d.err
}

// group reads the children of the element name, which is open, into v.
func (d *decoder) group(g *group, name []byte, v reflect.Value) bool {
	if d.depth++; d.depth > maxDepth {
		return false
	}
	next := 0
	for {
		elem, more, ok := d.Child(name)
		if !ok {
			return false
		}
		if !more {
			d.depth--
			return true
		}
		switch c := g.find(elem, &next); {
		case c == nil:
			ok = d.Skip(elem)
		case c.group != nil:
			ok = d.group(c.group, elem, v)
		case len(c.index) == 1:
			ok = c.read(d, elem, v.Field(c.index[0]))
		default:
			ok = c.read(d, elem, v.FieldByIndex(c.index))
		}
		if !ok {
			return false
		}
	}
}

// Find returns the text of the element at path, as a>b below the root, and
// whether there is one. Case does not matter, and of repeated elements the last
// counts, as in [Unmarshal].
func Find(doc []byte, path string) (text string, found bool, err error) {
	names := strings.Split(path, ">")
	text, found, ok := find(doc, names)
	if ok {
		return text, found, nil
	}
	if doc, err = Canonical(doc); err != nil {
		return "", false, err
	}
	if text, found, ok = find(doc, names); !ok {
		return "", false, ErrSyntax
	}
	return text, found, nil
}

func find(doc []byte, path []string) (text string, found, ok bool) {
	s, root, ok := Open(doc)
	if !ok {
		return "", false, false
	}
	f := finder{Scanner: s}
	ok = f.find(root, path)
	return string(f.text), f.found, ok
}

// finder is a scanner that looks for one element.
type finder struct {
	Scanner
	text  []byte
	found bool
}

// find reads the element parent, which is open, to its end.
func (f *finder) find(parent []byte, path []string) bool {
	for {
		name, more, ok := f.Child(parent)
		if !ok || !more {
			return ok
		}
		switch {
		case !strings.EqualFold(path[0], string(name)):
			ok = f.Skip(name)
		case len(path) > 1:
			ok = f.find(name, path[1:])
		default:
			f.found = true
			f.text, ok = f.Text(name)
			if isID(path[0]) {
				f.text = Trim(f.text)
			}
		}
		if !ok {
			return false
		}
	}
}
