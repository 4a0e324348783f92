package apitest

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"math/big"
	"reflect"
	"slices"
	"strings"

	"github.com/wecom-isv/wecom"
)

// decode reads one JSON value and keeps numbers as they are written.
func decode(text []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err != nil {
		return nil, err
	}
	if decoder.More() {
		return nil, fmt.Errorf("more follows after the value")
	}
	return v, nil
}

var (
	secretType    = reflect.TypeFor[wecom.Secret]()
	numberType    = reflect.TypeFor[json.Number]()
	jsonMarshaler = reflect.TypeFor[json.Marshaler]()
	textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()
)

// null is the JSON value.
var null any

func implements(v reflect.Value, iface reflect.Type) bool { return v.Type().Implements(iface) }

// encode returns the JSON value of v as [json.Marshal] would write it, with
// secrets revealed: [wecom.Secret], and types of kind string that hide themselves.
func encode(v reflect.Value) (any, error) {
	if !v.IsValid() {
		return null, nil
	}
	if v.Type() == secretType {
		secret, _ := reflect.TypeAssert[wecom.Secret](v)
		return secret.Reveal(), nil
	}
	if v.Kind() != reflect.Pointer && v.Kind() != reflect.Interface && (implements(v, jsonMarshaler) || v.CanAddr() && implements(v.Addr(), jsonMarshaler)) {
		return marshal(v.Interface())
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return null, nil
		}
		return encode(v.Elem())
	case reflect.String:
		if v.Type() == numberType {
			return json.Number(v.String()), nil
		}
		return v.String(), nil
	case reflect.Bool:
		return v.Bool(), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return json.Number(fmt.Sprint(v.Int())), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return json.Number(fmt.Sprint(v.Uint())), nil
	case reflect.Float32, reflect.Float64:
		return marshal(v.Interface())
	case reflect.Slice, reflect.Array:
		return encodeList(v)
	case reflect.Map:
		return encodeMap(v)
	case reflect.Struct:
		if implements(v, textMarshaler) {
			return marshal(v.Interface())
		}
		object := make(map[string]any)
		return object, encodeFields(object, v)
	default:
		return nil, fmt.Errorf("a %s cannot be encoded", v.Type())
	}
}

// marshal leaves a value to [json.Marshal]; the value must not hide itself.
func marshal(v any) (any, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	if bytes.Contains(text, []byte("[secret]")) {
		return nil, fmt.Errorf("a %T hides itself when it encodes", v)
	}
	return decode(text)
}

func encodeList(v reflect.Value) (any, error) {
	if v.Kind() == reflect.Slice && v.IsNil() {
		return null, nil
	}
	if v.Type().Elem().Kind() == reflect.Uint8 {
		return marshal(v.Interface())
	}
	list := make([]any, 0, v.Len())
	for i := range v.Len() {
		element, err := encode(v.Index(i))
		if err != nil {
			return nil, fmt.Errorf("[%d]: %w", i, err)
		}
		list = append(list, element)
	}
	return list, nil
}

func encodeMap(v reflect.Value) (any, error) {
	if v.IsNil() {
		return null, nil
	}
	object := make(map[string]any, v.Len())
	for _, key := range v.MapKeys() {
		element, err := encode(v.MapIndex(key))
		if err != nil {
			return nil, fmt.Errorf("%v: %w", key, err)
		}
		object[fmt.Sprint(key)] = element
	}
	return object, nil
}

// encodeFields adds the fields of a struct to object.
func encodeFields(object map[string]any, v reflect.Value) error {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		tag, tagged := field.Tag.Lookup("json")
		name, options, _ := strings.Cut(tag, ",")
		value := v.Field(i)
		if tag == "-" {
			continue
		}
		if field.Anonymous && name == "" && value.Kind() == reflect.Struct {
			if err := encodeFields(object, value); err != nil {
				return err
			}
			continue
		}
		if !field.IsExported() {
			continue
		}
		if !tagged {
			return fmt.Errorf("%s.%s has no json tag", v.Type(), field.Name)
		}
		if name == "" {
			name = field.Name
		}
		settings := strings.Split(options, ",")
		if slices.Contains(settings, "omitzero") && isZero(value) || slices.Contains(settings, "omitempty") && isEmpty(value) {
			continue
		}
		encoded, err := encode(value)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if n, ok := encoded.(json.Number); ok && slices.Contains(settings, "string") {
			encoded = n.String()
		}
		object[name] = encoded
	}
	return nil
}

func isZero(v reflect.Value) bool {
	if z, ok := reflect.TypeAssert[interface{ IsZero() bool }](v); ok && (v.Kind() != reflect.Pointer || !v.IsNil()) {
		return z.IsZero() // as encoding/json asks
	}
	return v.IsZero()
}

func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map, reflect.String, reflect.Array:
		return v.Len() == 0
	case reflect.Struct:
		return false
	default:
		return v.IsZero()
	}
}

// differences compares got with want, both as decode returns them. With spare,
// got may have more fields if they hold nothing.
func differences(path string, want, got any, spare bool) []string {
	switch want := want.(type) {
	case map[string]any:
		got, ok := got.(map[string]any)
		if !ok {
			break
		}
		var found []string
		for name, value := range want {
			inner, there := got[name]
			if !there {
				found = append(found, fmt.Sprintf("%s.%s is lost", path, name))
				continue
			}
			found = append(found, differences(path+"."+name, value, inner, spare)...)
		}
		for name, value := range got {
			if _, there := want[name]; !there && !(spare && holdsNothing(value)) {
				found = append(found, fmt.Sprintf("%s.%s is not in the example: %v", path, name, value))
			}
		}
		slices.Sort(found)
		return found
	case []any:
		got, ok := got.([]any)
		if !ok || len(got) != len(want) {
			break
		}
		var found []string
		for i := range want {
			found = append(found, differences(fmt.Sprintf("%s[%d]", path, i), want[i], got[i], spare)...)
		}
		return found
	case json.Number:
		if got, ok := got.(json.Number); ok && sameNumber(want, got) {
			return nil
		}
	default:
		if reflect.DeepEqual(want, got) {
			return nil
		}
	}
	return []string{fmt.Sprintf("%s is %s, want %s", path, show(got), show(want))}
}

func sameNumber(a, b json.Number) bool {
	x, okX := new(big.Rat).SetString(a.String())
	y, okY := new(big.Rat).SetString(b.String())
	return okX && okY && x.Cmp(y) == 0
}

// holdsNothing reports whether v is what a field that was not sent encodes to.
func holdsNothing(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case bool:
		return !v
	case string:
		return v == ""
	case json.Number:
		return sameNumber(v, "0")
	case []any:
		return len(v) == 0
	case map[string]any:
		for _, inner := range v {
			if !holdsNothing(inner) {
				return false
			}
		}
		return true
	}
	return false
}

func show(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(text)
}
