package wecomtest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Fields are elements chosen for an event. A key is the name of an element or,
// when several have that name, its path ([EventField].Path). A path through a
// repeated group means its first element; give the whole group to have several.
//
// A value is a string, a number, or for a repeated or comma-separated element also a
// slice of these; for a group Fields, for a repeated one []Fields too. Text that
// holds a number is taken for a number. nil leaves the element out.
type Fields map[string]any

// UnknownFieldError says that an event has no such element, or several of that name.
type UnknownFieldError struct {
	Event   string // its id
	Field   string
	Nearest []string // paths that look like it, or all that have the name
}

// Error names the elements that look like it.
func (e *UnknownFieldError) Error() string {
	return fmt.Sprintf("wecomtest: event %s has no one element %q%s", e.Event, e.Field, didYouMean(e.Nearest))
}

// FieldValueError says that a value does not suit the element. It does not hold
// the value.
type FieldValueError struct {
	Event string // its id
	Field string // path of the element
	Want  string
}

// Error says what is wanted.
func (e *FieldValueError) Error() string {
	return fmt.Sprintf("wecomtest: event %s: element %s wants %s", e.Event, e.Field, e.Want)
}

// NewEvent makes an event from the table's example, in XML, with the chosen
// fields in place of the example's. The errors are [*UnknownEventError],
// [*UnknownFieldError] and [*FieldValueError].
func NewEvent(id string, fields Fields) (message []byte, err error) {
	e, err := findEvent(id)
	if err != nil {
		return nil, err
	}
	return e.message(fields, false)
}

// NewEventJSON is [NewEvent] in the JSON form, which WeCom sends to callback URLs
// that end in callback_format=json. Names are the same; numbers are numbers and
// repeated elements lists.
func NewEventJSON(id string, fields Fields) (message []byte, err error) {
	e, err := findEvent(id)
	if err != nil {
		return nil, err
	}
	return e.message(fields, true)
}

func (e *EventInfo) message(fields Fields, asJSON bool) ([]byte, error) {
	root, err := parseElement(e.Example)
	if err != nil {
		return nil, fmt.Errorf("wecomtest: the example of %s: %w", e.ID, err)
	}
	if err := e.choose(root, "", fields); err != nil {
		return nil, err
	}
	if asJSON {
		return e.appendJSON(nil, root.children, ""), nil
	}
	m := newXML()
	e.writeXML(m, root.children, "")
	return m.bytes(), nil
}

// choose sets the fields below the element at path ("" or "ExtAttr/Item/").
func (e *EventInfo) choose(at *element, path string, fields Fields) error {
	chosen := make(map[string]EventField, len(fields))
	keys := make(map[string]any, len(fields))
	for key, value := range fields {
		f, err := e.resolve(path, key)
		if err != nil {
			return err
		}
		if _, twice := keys[f.Path]; twice {
			return &FieldValueError{Event: e.ID, Field: f.Path, Want: "to be chosen once, by name or by path"}
		}
		chosen[f.Path], keys[f.Path] = f, value
	}
	for _, p := range slices.Sorted(maps.Keys(chosen)) { // a group before its elements
		if err := e.set(at, path, chosen[p], keys[p]); err != nil {
			return err
		}
	}
	return nil
}

// resolve finds the element that a key names, below path.
func (e *EventInfo) resolve(path, key string) (EventField, error) {
	if f, ok := e.field(path + key); ok {
		return f, nil
	}
	var named, below []string
	for _, f := range e.Fields {
		rest, inside := strings.CutPrefix(f.Path, path)
		if !inside {
			continue
		}
		below = append(below, rest)
		if f.Name == key {
			named = append(named, rest)
		}
	}
	if len(named) == 1 {
		f, _ := e.field(path + named[0])
		return f, nil
	}
	if len(named) == 0 {
		named = nearest(key, below)
	}
	return EventField{}, &UnknownFieldError{Event: e.ID, Field: path + key, Nearest: named}
}

// set gives one element its value and makes the groups that it is in. at is the
// element at path.
func (e *EventInfo) set(at *element, path string, f EventField, value any) error {
	groups := strings.Split(strings.TrimPrefix(f.Path, path), "/")
	for _, name := range groups[:len(groups)-1] {
		inner := at.child(name)
		if inner == nil {
			inner = &element{name: name}
			at.children = append(at.children, inner)
		}
		at = inner
	}
	elements, err := e.elements(f, value)
	if err != nil {
		return err
	}
	at.replace(f.Name, elements...)
	return nil
}

// elements makes what stands for a value: none, one, or several of one name.
func (e *EventInfo) elements(f EventField, value any) ([]*element, error) {
	if value == nil {
		return nil, nil
	}
	if f.group() {
		return e.groups(f, value)
	}
	texts, isList, err := e.texts(f, value)
	switch {
	case err != nil:
		return nil, err
	case isList && strings.HasPrefix(f.Type, "csv"):
		texts = []string{strings.Join(texts, ",")}
	case isList && !f.repeated():
		return nil, &FieldValueError{Event: e.ID, Field: f.Path, Want: "one value"}
	}
	all := make([]*element, len(texts))
	for i, text := range texts {
		all[i] = &element{name: f.Name, text: text}
	}
	return all, nil
}

func (e *EventInfo) groups(f EventField, value any) ([]*element, error) {
	list, err := groupList(value)
	if err != nil || len(list) != 1 && !f.repeated() {
		want := "the elements of the group"
		if f.repeated() {
			want += ", or a list of groups"
		}
		return nil, &FieldValueError{Event: e.ID, Field: f.Path, Want: want}
	}
	var all []*element
	for _, fields := range list {
		group := &element{name: f.Name}
		if err := e.choose(group, f.Path+"/", fields); err != nil {
			return nil, err
		}
		all = append(all, group)
	}
	return all, nil
}

var errNoGroup = errors.New("not a group")

func groupList(value any) ([]Fields, error) {
	switch v := value.(type) {
	case Fields:
		return []Fields{v}, nil
	case map[string]any:
		return []Fields{v}, nil
	case []Fields:
		return v, nil
	case []any:
		var all []Fields
		for _, one := range v {
			group, err := groupList(one)
			if err != nil || len(group) != 1 {
				return nil, errNoGroup
			}
			all = append(all, group[0])
		}
		return all, nil
	}
	return nil, errNoGroup
}

// texts are the texts of a value; isList tells a slice from a single value.
func (e *EventInfo) texts(f EventField, value any) (texts []string, isList bool, err error) {
	var values []any
	switch v := value.(type) {
	case []any:
		values, isList = v, true
	case []string:
		values, isList = anyList(v), true
	case []int:
		values, isList = anyList(v), true
	case []int64:
		values, isList = anyList(v), true
	default:
		values = []any{v}
	}
	for _, v := range values {
		text, ok := leafText(v)
		if !ok || !f.accepts(text, isList) {
			return nil, isList, &FieldValueError{Event: e.ID, Field: f.Path, Want: f.wanted()}
		}
		texts = append(texts, text)
	}
	return texts, isList, nil
}

func anyList[T any](list []T) []any {
	all := make([]any, len(list))
	for i, v := range list {
		all[i] = v
	}
	return all
}

// leafText renders a single value; false for what is none.
func leafText(value any) (string, bool) {
	switch v := value.(type) {
	case string:
		return v, true
	case int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64:
		return fmt.Sprint(v), true
	case float32:
		return strconv.FormatFloat(float64(v), 'f', -1, 32), true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	case fmt.Stringer: // also json.Number
		return v.String(), true
	}
	return "", false
}

// accepts tells whether a text suits the element; part means that it is one of a
// comma-separated list.
func (f EventField) accepts(text string, part bool) bool {
	if !isXMLText(text) {
		return false
	}
	switch f.Type {
	case "int", "int64", "[]int":
		return isInt(text)
	case "float":
		_, err := strconv.ParseFloat(text, 64)
		return err == nil
	case "csv":
		return !part || !strings.Contains(text, ",")
	case "csv_int":
		return text == "" || !slices.ContainsFunc(strings.Split(text, ","), func(n string) bool { return !isInt(n) })
	}
	return true
}

func (f EventField) wanted() string {
	switch f.Type {
	case "int", "int64":
		return "an integer"
	case "[]int":
		return "integers"
	case "float":
		return "a number"
	case "csv":
		return "a list of texts without commas"
	case "csv_int":
		return "a list of integers"
	case "[]string":
		return "texts that XML can carry"
	}
	return "text that XML can carry"
}

func isInt(text string) bool {
	_, err := strconv.ParseInt(text, 10, 64)
	return err == nil
}

// isXMLText tells whether XML 1.0 has all the characters.
func isXMLText(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == '\uFFFE' || r == '\uFFFF'
	})
}
