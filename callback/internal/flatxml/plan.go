package flatxml

import (
	"encoding"
	"encoding/xml"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// plan says how the children of an element fill a struct. It is made once per
// type. Its fields change only while it is made, under building.
type plan struct {
	typ reflect.Type
	group
	declined bool // the type holds what only encoding/xml knows
}

// group is a set of children by name.
type group struct {
	children []*child
	byName   map[string]int
}

// child is one element that a struct knows.
type child struct {
	name   string
	index  []int        // of the field in the struct; nil for a group
	read   reader       // reads the element into the field
	group  *group       // inner part of a path a>b: fields of the same struct
	nested reflect.Type // struct type that read needs the plan of, or nil
}

// reader reads the element name, which is open, into v. It reports false if the
// document was declined, or if d.err is set.
type reader func(d *decoder, name []byte, v reflect.Value) bool

// plans holds a *plan per reflect.Type.
var plans sync.Map

// planFor returns the plan of a struct type.
func planFor(t reflect.Type) *plan {
	if p, ok := plans.Load(t); ok {
		return p.(*plan)
	}
	b := builder{made: make(map[reflect.Type]*plan)}
	p := b.build(t)
	// One declined type declines all that hold it.
	for changed := true; changed; {
		changed = false
		for _, p := range b.made {
			if !p.declined && b.needsDeclined(&p.group) {
				p.declined, changed = true, true
			}
		}
	}
	for t, p := range b.made {
		plans.LoadOrStore(t, p)
	}
	return p
}

// builder makes the plans of a type and of the types in it.
type builder struct{ made map[reflect.Type]*plan }

func (b *builder) needsDeclined(g *group) bool {
	for _, c := range g.children {
		if c.nested != nil && b.made[c.nested].declined || c.group != nil && b.needsDeclined(c.group) {
			return true
		}
	}
	return false
}

func (b *builder) build(t reflect.Type) *plan {
	if p := b.made[t]; p != nil {
		return p
	}
	p := &plan{typ: t}
	b.made[t] = p
	if reflect.PointerTo(t).Implements(unmarshalerType) || reflect.PointerTo(t).Implements(textUnmarshalerType) {
		p.declined = true
		return p
	}
	p.declined = !b.fields(p, t, nil)
	return p
}

// fields adds the fields of struct type t, which is at index in the plan's type.
func (b *builder) fields(p *plan, t reflect.Type, index []int) bool {
	for i := range t.NumField() {
		f := t.Field(i)
		tag := f.Tag.Get("xml")
		if tag == "-" || !f.IsExported() && !f.Anonymous {
			continue
		}
		at := append(slices.Clip(index), i)
		if f.Anonymous && f.Type.Kind() == reflect.Struct {
			if !b.fields(p, f.Type, at) {
				return false
			}
			continue
		}
		path, option, _ := strings.Cut(tag, ",")
		if f.Anonymous || f.Name == "XMLName" || option != "" && option != "omitempty" {
			return false
		}
		if path == "" {
			path = f.Name
		}
		c := &child{index: at}
		names := strings.Split(path, ">")
		c.name = names[len(names)-1]
		if c.read = b.reader(f.Type, c); c.read == nil || !p.add(names, c) {
			return false
		}
		if alt := f.Tag.Get("alt"); alt != "" {
			names, second := strings.Split(alt, ">"), *c
			second.name = names[len(names)-1]
			if !p.add(names, &second) {
				return false
			}
		}
	}
	return true
}

// add puts c under the path names. Of two fields with one path the one that is
// embedded less deep counts, as in Go; two of the same depth are declined.
func (g *group) add(names []string, c *child) bool {
	if g.byName == nil {
		g.byName = make(map[string]int)
	}
	name := names[0]
	if name == "" || strings.ContainsAny(name, " :") {
		return false
	}
	i, found := g.byName[name]
	if len(names) > 1 {
		if !found {
			i = len(g.children)
			g.byName[name] = i
			g.children = append(g.children, &child{name: name, group: new(group)})
		}
		return g.children[i].group != nil && g.children[i].group.add(names[1:], c)
	}
	if !found {
		g.byName[name] = len(g.children)
		g.children = append(g.children, c)
		return true
	}
	old := g.children[i]
	if old.group != nil || len(old.index) == len(c.index) {
		return false
	}
	if len(c.index) < len(old.index) {
		g.children[i] = c
	}
	return true
}

// find returns the child called name, or nil. WeCom writes the elements in one
// order, so that the child after the last one found, at *next, is the best guess.
func (g *group) find(name []byte, next *int) *child {
	if i := *next; i < len(g.children) && string(name) == g.children[i].name {
		*next = i + 1
		return g.children[i]
	}
	if i, ok := g.byName[string(name)]; ok {
		*next = i + 1
		return g.children[i]
	}
	for _, c := range g.children { // some pages of WeCom's spell AgentId, some AgentID
		if len(c.name) == len(name) && strings.EqualFold(c.name, string(name)) {
			return c
		}
	}
	return nil
}

var (
	unmarshalerType     = reflect.TypeFor[xml.Unmarshaler]()
	textUnmarshalerType = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// reader returns the reader for a field of type t, or nil for a type that is
// left to encoding/xml.
func (b *builder) reader(t reflect.Type, c *child) reader {
	if reflect.PointerTo(t).Implements(unmarshalerType) || t.Implements(unmarshalerType) {
		return nil
	}
	if reflect.PointerTo(t).Implements(textUnmarshalerType) {
		return leaf(c.name, setText)
	}
	switch t.Kind() {
	case reflect.Pointer:
		return b.pointer(t, c)
	case reflect.Slice:
		return b.slice(t, c)
	case reflect.Struct:
		p := b.build(t)
		c.nested = t
		return func(d *decoder, name []byte, v reflect.Value) bool { return d.group(&p.group, name, v) }
	case reflect.String:
		return leaf(c.name, setString)
	case reflect.Bool:
		return leaf(c.name, setBool)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return leaf(c.name, setInt)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return leaf(c.name, setUint)
	case reflect.Float32, reflect.Float64:
		return leaf(c.name, setFloat)
	default:
		return nil
	}
}

func (b *builder) pointer(t reflect.Type, c *child) reader {
	read := b.reader(t.Elem(), c)
	if read == nil || t.Elem().Kind() == reflect.Pointer {
		return nil
	}
	return func(d *decoder, name []byte, v reflect.Value) bool {
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		return read(d, name, v.Elem())
	}
}

func (b *builder) slice(t reflect.Type, c *child) reader {
	if t.Elem().Kind() == reflect.Uint8 {
		return leaf(c.name, setBytes)
	}
	if t.Elem().Kind() == reflect.Slice {
		return nil
	}
	read := b.reader(t.Elem(), c)
	if read == nil {
		return nil
	}
	return func(d *decoder, name []byte, v reflect.Value) bool {
		n := v.Len()
		v.Grow(1)
		v.SetLen(n + 1)
		v.Index(n).SetZero()
		return read(d, name, v.Index(n))
	}
}

// setter sets v to what text says.
type setter func(v reflect.Value, text []byte) error

// leaf returns the reader of an element that holds text.
func leaf(name string, set setter) reader {
	trim := isID(name)
	return func(d *decoder, name []byte, v reflect.Value) bool {
		text, ok := d.Text(name)
		if !ok {
			return false
		}
		if trim {
			text = Trim(text)
		}
		if err := set(v, text); err != nil {
			d.err = &FieldError{Element: string(name), Type: v.Type()}
			return false
		}
		return true
	}
}

// isID reports whether blanks around the value of an element mean nothing, by
// its name: ids, types, codes. Text that people write is not touched.
func isID(name string) bool {
	name = strings.ToLower(name)
	for _, suffix := range []string{"id", "ids", "type", "code", "ticket", "token", "event", "username"} {
		if strings.HasSuffix(name, suffix) {
			return true
		}
	}
	return false
}

func setString(v reflect.Value, text []byte) error {
	v.SetString(string(text))
	return nil
}

func setBytes(v reflect.Value, text []byte) error {
	v.SetBytes(append([]byte{}, text...))
	return nil
}

func setText(v reflect.Value, text []byte) error {
	if len(text) == 0 {
		return nil // as good as absent
	}
	return v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText(text)
}

func setBool(v reflect.Value, text []byte) error {
	text = Trim(text)
	if len(text) == 0 {
		v.SetBool(false)
		return nil
	}
	x, err := strconv.ParseBool(string(text))
	v.SetBool(x)
	return err
}

func setInt(v reflect.Value, text []byte) error {
	text = Trim(text)
	if len(text) == 0 {
		v.SetInt(0)
		return nil
	}
	x, err := strconv.ParseInt(string(text), 10, v.Type().Bits())
	v.SetInt(x)
	return err
}

func setUint(v reflect.Value, text []byte) error {
	text = Trim(text)
	if len(text) == 0 {
		v.SetUint(0)
		return nil
	}
	x, err := strconv.ParseUint(string(text), 10, v.Type().Bits())
	v.SetUint(x)
	return err
}

func setFloat(v reflect.Value, text []byte) error {
	text = Trim(text)
	if len(text) == 0 {
		v.SetFloat(0)
		return nil
	}
	x, err := strconv.ParseFloat(string(text), v.Type().Bits())
	v.SetFloat(x)
	return err
}
