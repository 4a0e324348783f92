package wecom

import (
	"fmt"
	"io"
	"log/slog"
)

// hidden is what every secret shows of itself.
const hidden = "[secret]"

// mask returns what may be shown of s: "[secret]", or "" if there is nothing to hide.
func mask(s string) string {
	if s == "" {
		return ""
	}
	return hidden
}

// Secret holds a credential that must not be shown: an app secret, a ticket, a
// token. fmt, log/slog and the encoders print "[secret]"; an unexported field,
// which fmt reads past its methods, prints an address. Only [Secret.Reveal]
// returns the value. The zero value holds nothing.
//
// A Secret decodes from JSON, XML and text like a string. It does not encode
// back: store what Reveal returns.
type Secret struct{ p *string }

// NewSecret hides s.
func NewSecret(s string) Secret {
	if s == "" {
		return Secret{}
	}
	return Secret{p: &s}
}

// Reveal returns the value itself, "" for the zero Secret.
func (s Secret) Reveal() string {
	if s.p == nil {
		return ""
	}
	return *s.p
}

// IsZero reports whether s holds nothing; encoders use it for omitzero.
func (s Secret) IsZero() bool { return s.p == nil }

// String returns "[secret]", or "" when there is nothing to hide.
func (s Secret) String() string { return mask(s.Reveal()) }

// Format hides the value from every verb of fmt.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue hides the value from log/slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText hides the value from encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText takes the value from a decoder.
func (s *Secret) UnmarshalText(text []byte) error {
	*s = NewSecret(string(text))
	return nil
}

// AuthCode is a temporary authorisation code (临时授权码): 64 to 512 bytes,
// single use, 10 minutes. It comes from the redirect of the install address, or
// in a create_auth or reset_permanent_code event, and buys a permanent code.
// The code of a sign-in is another thing and has another type.
//
// fmt, log/slog and the encoders show "[secret]"; string(code) is the value. In
// an unexported field, where fmt reads past methods, keep a [Secret] instead.
type AuthCode string

// String returns "[secret]", or "" for an empty code.
func (c AuthCode) String() string { return mask(string(c)) }

// Format hides the value from every verb of fmt.
func (c AuthCode) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue hides the value from log/slog.
func (c AuthCode) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalText hides the value from encoders.
func (c AuthCode) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText takes the value from a decoder.
func (c *AuthCode) UnmarshalText(text []byte) error {
	*c = AuthCode(text)
	return nil
}
