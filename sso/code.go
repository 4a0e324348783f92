package sso

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/wecom-isv/wecom"
)

// hide returns what may be shown of a code: "[secret]", or "" for none.
func hide(code string) string { return wecom.NewSecret(code).String() }

// LoginCode says who signs in: the code that an OAuth2 page (网页授权) or a web
// login (企业微信Web登录) gave the browser. At most 512 bytes, single use, 5
// minutes. It buys an [Identity] and nothing else; the code of an installation
// is a [wecom.AuthCode], that of the old QR login and of the admin console a
// provider.LoginAuthCode.
//
// fmt, log/slog and the encoders show "[secret]"; string(code) is the value.
type LoginCode string

// String returns "[secret]", or "" for an empty code.
func (c LoginCode) String() string { return hide(string(c)) }

// Format hides the value from every verb of fmt.
func (c LoginCode) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue hides the value from log/slog.
func (c LoginCode) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalText hides the value from encoders.
func (c LoginCode) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText takes the value from a decoder: the page of a login panel may
// post it as JSON.
func (c *LoginCode) UnmarshalText(text []byte) error {
	*c = LoginCode(text)
	return nil
}

// JSCode says who uses a mini program (小程序登录): the js_code of wx.qy.login.
// Single use, 5 minutes.
//
// fmt, log/slog and the encoders show "[secret]"; string(code) is the value.
type JSCode string

// String returns "[secret]", or "" for an empty code.
func (c JSCode) String() string { return hide(string(c)) }

// Format hides the value from every verb of fmt.
func (c JSCode) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue hides the value from log/slog.
func (c JSCode) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalText hides the value from encoders.
func (c JSCode) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText takes the value from a decoder, such as that of the mini
// program's request.
func (c *JSCode) UnmarshalText(text []byte) error {
	*c = JSCode(text)
	return nil
}

// Lengths that a code may have. That of a js_code is not documented.
const (
	maxCode   = 512
	maxJSCode = 2048
)

// checkCode refuses what cannot be a code before it is sent: what, the name of
// the parameter, is never its value.
func checkCode(where, what, code string, limit int) error {
	switch {
	case code == "":
		return &CodeError{Op: where, Param: what, Reason: "is empty"}
	case len(code) > limit:
		return &CodeError{Op: where, Param: what, Reason: fmt.Sprintf("is longer than %d bytes", limit)}
	}
	for i := range len(code) {
		if code[i] <= ' ' || code[i] >= 0x7f {
			return &CodeError{Op: where, Param: what, Reason: "holds a blank, a control character or a byte that is not ASCII"}
		}
	}
	return nil
}
