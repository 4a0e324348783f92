// Package lang holds texts in the two languages of the command line, Chinese and
// English.
package lang

import (
	"errors"
	"fmt"
	"strings"
)

// Lang is a language of the texts.
type Lang string

// The languages.
const (
	EN Lang = "en"
	ZH Lang = "zh"
)

// Parse reads a language as --lang or a locale variable has it: zh, zh_CN.UTF-8,
// en-GB. ok is false for every other.
func Parse(s string) (l Lang, ok bool) {
	tag, _, _ := strings.Cut(strings.ReplaceAll(strings.ToLower(s), "-", "_"), "_")
	tag, _, _ = strings.Cut(tag, ".")
	switch Lang(tag) {
	case EN, ZH:
		return Lang(tag), true
	}
	return "", false
}

// Text is one text in both languages.
type Text struct{ EN, ZH string }

// T makes a Text.
func T(en, zh string) Text { return Text{en, zh} }

// Both makes a Text that is the same in both languages.
func Both(s string) Text { return Text{s, s} }

// In returns the text in l.
func (t Text) In(l Lang) string {
	if l == ZH {
		return t.ZH
	}
	return t.EN
}

// With fills the verbs of both texts, as [fmt.Sprintf] does; a Text among args
// stands there in the language of its sentence. Where the order of words differs
// the texts number their arguments: %[2]s.
func (t Text) With(args ...any) Text {
	return Text{fmt.Sprintf(t.EN, in(EN, args)...), fmt.Sprintf(t.ZH, in(ZH, args)...)}
}

func in(l Lang, args []any) []any {
	out := make([]any, len(args))
	for i, arg := range args {
		out[i] = arg
		if t, ok := arg.(Text); ok {
			out[i] = t.In(l)
		}
	}
	return out
}

// Error is an error whose text is there in both languages.
type Error struct {
	Text
	Err error // the cause; may be nil
}

// Error returns the English text.
func (e *Error) Error() string { return e.Full(EN) }

// Full returns the text in l, with the cause, which is in l too if it is an Error.
func (e *Error) Full(l Lang) string {
	if e.Err == nil {
		return e.In(l)
	}
	if cause, ok := errors.AsType[*Error](e.Err); ok {
		return e.In(l) + ": " + cause.Full(l)
	}
	return e.In(l) + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }
