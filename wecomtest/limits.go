package wecomtest

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// limits are the bounds of a parameter; what is zero is unbounded. In a list they
// hold for each element, MinItems and MaxItems apart.
type limits struct {
	Enum     []any    `yaml:"enum"` // texts or integers
	Min      *float64 `yaml:"min"`
	Max      *float64 `yaml:"max"`
	MinBytes int      `yaml:"min_bytes"`
	MaxBytes int      `yaml:"max_bytes"`
	MinChars int      `yaml:"min_chars"` // Unicode characters
	MaxChars int      `yaml:"max_chars"`
	MaxWidth int      `yaml:"max_width"` // Chinese characters; others count half
	MaxParts int      `yaml:"max_parts"` // joined with |
	MinItems int      `yaml:"min_items"`
	MaxItems int      `yaml:"max_items"`
	Code     int      `yaml:"code"` // errcode of what breaks them; 0: 40058
}

// checkLimits compares a value that has the right type with the field's limits. An
// optional parameter that is empty or 0 counts as absent, as it does for a
// platform that keeps messages as protocol buffers.
func checkLimits(path string, f *field, value any) error {
	if !f.Required && isZero(value) {
		return nil
	}
	list, isList := value.([]any)
	if !isList {
		return f.broken(path, f.Limits.fault(value))
	}
	if err := f.broken(path, bounds("count", len(list), f.Limits.MinItems, f.Limits.MaxItems)); err != nil {
		return err
	}
	for _, v := range list {
		if err := f.broken(path, f.Limits.fault(v)); err != nil {
			return err
		}
	}
	return nil
}

// broken is the refusal for a fault; "" is none.
func (f *field) broken(path, fault string) error {
	if fault == "" {
		return nil
	}
	code := f.Limits.Code
	if code == 0 {
		code = 40058
	}
	return refusef(code, "%s %s. Invalid input invalid Request Parameter", path, fault)
}

func isZero(value any) bool {
	switch v := value.(type) {
	case string:
		return v == ""
	case json.Number:
		n, err := v.Float64()
		return err == nil && n == 0
	case []any:
		return len(v) == 0
	}
	return false
}

// fault says how a single value breaks the limits; "" if it does not.
func (l *limits) fault(value any) string {
	switch v := value.(type) {
	case string:
		return l.textFault(v)
	case json.Number:
		return l.numberFault(v)
	}
	return ""
}

func (l *limits) textFault(s string) string {
	if len(l.Enum) > 0 && !slices.Contains(l.Enum, any(s)) {
		return "is none of " + l.enumText()
	}
	if fault := bounds("length", len(s), l.MinBytes, l.MaxBytes); fault != "" {
		return fault
	}
	if fault := bounds("length", utf8.RuneCountInString(s), l.MinChars, l.MaxChars); fault != "" {
		return fault
	}
	if fault := bounds("width", halves(s), 0, 2*l.MaxWidth); fault != "" {
		return fault
	}
	return bounds("count", 1+strings.Count(s, "|"), 0, l.MaxParts)
}

// halves is the width of a text: 2 for a Chinese character, 1 for a Latin one.
func halves(s string) int {
	width := 0
	for _, r := range s {
		if width++; r >= utf8.RuneSelf {
			width++
		}
	}
	return width
}

func (l *limits) numberFault(n json.Number) string {
	value, err := n.Float64()
	switch {
	case err != nil:
		return "is no number"
	case len(l.Enum) > 0 && !l.hasNumber(n):
		return "is none of " + l.enumText()
	case l.Min != nil && value < *l.Min:
		return "exceed min value " + strconv.FormatFloat(*l.Min, 'f', -1, 64)
	case l.Max != nil && value > *l.Max:
		return "exceed max value " + strconv.FormatFloat(*l.Max, 'f', -1, 64)
	}
	return ""
}

func (l *limits) hasNumber(n json.Number) bool {
	value, err := n.Int64()
	return err == nil && slices.ContainsFunc(l.Enum, func(allowed any) bool {
		number, isNumber := allowed.(int)
		return isNumber && int64(number) == value
	})
}

func (l *limits) enumText() string {
	var names []string
	for _, allowed := range l.Enum {
		if n, isNumber := allowed.(int); isNumber {
			names = append(names, strconv.Itoa(n))
		} else if s, isText := allowed.(string); isText {
			names = append(names, s)
		}
	}
	return strings.Join(names, ", ")
}

// bounds words a size out of bounds as WeCom does; 0 is no bound.
func bounds(what string, size, least, most int) string {
	switch {
	case size < least:
		return "exceed min " + what + " " + strconv.Itoa(least)
	case most > 0 && size > most:
		return "exceed max " + what + " " + strconv.Itoa(most)
	}
	return ""
}
