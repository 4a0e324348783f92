// Package valid checks what a caller passes against the platform's documented
// limits, before anything is sent.
package valid

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// FieldError says which field of a request the platform would refuse, and why. It
// does not quote the value.
type FieldError struct {
	Field   string // as in Go, with its path: "Articles[2].Title"
	Problem string
}

// Error names the field.
func (e *FieldError) Error() string { return e.Field + " " + e.Problem }

// Checks collects what is wrong with a request. The zero Checks is ready.
type Checks struct{ errs Errors }

// Errors is everything that is wrong with a request, at least one thing.
type Errors []*FieldError

// Error joins the errors in one line.
func (e Errors) Error() string {
	texts := make([]string, len(e))
	for i, err := range e {
		texts[i] = err.Error()
	}
	return strings.Join(texts, "; ")
}

// Unwrap returns the errors one by one.
func (e Errors) Unwrap() []error {
	errs := make([]error, len(e))
	for i, err := range e {
		errs[i] = err
	}
	return errs
}

// Err returns an error that begins with op, nil if nothing is wrong.
func (c *Checks) Err(op string) error {
	if len(c.errs) == 0 {
		return nil
	}
	return fmt.Errorf("%s: %w", op, c.errs)
}

// Fail says what is wrong with field.
func (c *Checks) Fail(field, format string, args ...any) {
	c.errs = append(c.errs, &FieldError{Field: field, Problem: fmt.Sprintf(format, args...)})
}

// That fails field unless ok.
func (c *Checks) That(ok bool, field, problem string) {
	if !ok {
		c.Fail(field, "%s", problem)
	}
}

// Set fails field if s is empty.
func (c *Checks) Set(field, s string) { c.That(s != "", field, "is missing") }

// Bytes fails field unless s has least to most bytes.
func (c *Checks) Bytes(field, s string, least, most int) {
	c.length(field, len(s), "bytes", least, most)
}

// Chars fails field unless s has least to most characters.
func (c *Checks) Chars(field, s string, least, most int) {
	c.length(field, utf8.RuneCountInString(s), "characters", least, most)
}

// Count fails field unless it has least to most entries.
func (c *Checks) Count(field string, n, least, most int) { c.length(field, n, "entries", least, most) }

func (c *Checks) length(field string, n int, unit string, least, most int) {
	switch {
	case n == 0 && least > 0:
		c.Fail(field, "is missing")
	case n > most && least == 0:
		c.Fail(field, "has %d %s: at most %d are allowed", n, unit, most)
	case n < least || n > most:
		c.Fail(field, "has %d %s: %d to %d are allowed", n, unit, least, most)
	}
}

// Between fails field unless n is from least to most.
func (c *Checks) Between(field string, n, least, most int64) {
	if n < least || n > most {
		c.Fail(field, "is %d: %d to %d are allowed", n, least, most)
	}
}

// Web fails field unless address is empty or begins with http:// or https://.
func (c *Checks) Web(field, address string) {
	c.That(address == "" || IsWeb(address), field, "must begin with http:// or https://")
}

// IsWeb reports whether address begins with http:// or https://.
func IsWeb(address string) bool {
	return strings.HasPrefix(address, "https://") || strings.HasPrefix(address, "http://")
}

// Unique fails field if a value is empty or there twice.
func (c *Checks) Unique(field string, values []string) {
	seen := make(map[string]bool, len(values))
	for i, v := range values {
		switch {
		case v == "":
			c.Fail(fmt.Sprintf("%s[%d]", field, i), "is empty")
		case seen[v]:
			c.Fail(fmt.Sprintf("%s[%d]", field, i), "is there twice")
		}
		seen[v] = true
	}
}

// Each calls check with the name of each of n elements of field.
func Each(field string, n int, check func(i int, field string)) {
	for i := range n {
		check(i, fmt.Sprintf("%s[%d]", field, i))
	}
}
