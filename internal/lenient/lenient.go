// Package lenient decodes JSON values whose type the platform does not keep to:
// numbers and booleans that arrive as strings, a list that arrives as its only
// element.
package lenient

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Int64 decodes a number, a number in quotes, an empty string or null. It
// encodes as a number.
type Int64 int64

// UnmarshalJSON implements [json.Unmarshaler].
func (n *Int64) UnmarshalJSON(data []byte) error {
	text, err := scalar(data)
	if err != nil {
		return err
	}
	if text == "" {
		*n = 0
		return nil
	}
	v, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return fmt.Errorf("cannot decode %s as an integer", shape(data))
	}
	*n = Int64(v)
	return nil
}

// Bool decodes a boolean, also in quotes, as 0 or 1, an empty string or null.
// It encodes as a boolean.
type Bool bool

// UnmarshalJSON implements [json.Unmarshaler].
func (b *Bool) UnmarshalJSON(data []byte) error {
	text, err := scalar(data)
	if err != nil {
		return err
	}
	switch strings.ToLower(text) {
	case "true", "1":
		*b = true
	case "false", "0", "":
		*b = false
	default:
		return fmt.Errorf("cannot decode %s as a boolean", shape(data))
	}
	return nil
}

// StringList is a list of strings that the platform sends as a plain string
// when it has one element. It encodes in the form in which it was decoded, and
// as a list if it was not decoded.
type StringList struct {
	Items []string
	// Single says that Items is its only element in the encoded form.
	Single bool
}

// UnmarshalJSON implements [json.Unmarshaler].
func (l *StringList) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		var s string
		if err := json.Unmarshal(data, &s); err != nil {
			return err
		}
		*l = StringList{Items: []string{s}, Single: true}
		return nil
	}
	var items []string
	if err := json.Unmarshal(data, &items); err != nil {
		return err
	}
	*l = StringList{Items: items}
	return nil
}

// MarshalJSON implements [json.Marshaler].
func (l StringList) MarshalJSON() ([]byte, error) {
	if l.Single && len(l.Items) == 1 {
		return json.Marshal(l.Items[0])
	}
	return json.Marshal(l.Items)
}

// scalar returns the text of a JSON value that is neither list nor object, ""
// for null.
func scalar(data []byte) (string, error) {
	if len(data) == 0 || data[0] == '{' || data[0] == '[' {
		return "", fmt.Errorf("cannot decode %s as a plain value", shape(data))
	}
	if data[0] == '"' {
		var s string
		err := json.Unmarshal(data, &s)
		return strings.TrimSpace(s), err
	}
	if string(data) == "null" {
		return "", nil
	}
	return string(data), nil
}

// shape names the kind of a JSON value and never quotes it.
func shape(data []byte) string {
	if len(data) == 0 {
		return "nothing"
	}
	switch data[0] {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "a string"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	}
	return "a number"
}
