package lenient

import (
	"encoding/json"
	"fmt"
)

// String decodes a string, a number, whose digits it keeps as they are sent, or
// null. It is for identifiers, which may exceed what a float64 can hold. It
// encodes as a string.
type String string

// UnmarshalJSON implements [json.Unmarshaler].
func (s *String) UnmarshalJSON(data []byte) error {
	switch shape(data) {
	case "a string":
		return json.Unmarshal(data, (*string)(s))
	case "a number":
		*s = String(data)
		return nil
	case "null":
		*s = ""
		return nil
	}
	return fmt.Errorf("cannot decode %s as an identifier", shape(data))
}
