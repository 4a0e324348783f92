package wecom

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/wecom-isv/wecom/internal/rest"
	"github.com/wecom-isv/wecom/internal/wire"
)

// Error is a refusal: the platform answered, but not with success. Test it by
// class or code, never by text:
//
//	errors.Is(err, wecom.ErrRateLimited)
//	errors.Is(err, wecom.Code(60111))
//	e, ok := errors.AsType[*wecom.Error](err)
//
// No field carries a token, a secret or a code: what the platform quotes of
// the request is replaced by "[secret]".
type Error struct {
	// Op is the path of the call, such as "/cgi-bin/service/get_auth_info".
	Op string
	// Code is the errcode; 0 if the reply had none (an error page, say).
	Code Code
	// Message is the text of errmsg, for people; its form changes.
	Message string
	// Hint is what WeCom's support asks for: "1576065934_28_e0fa…".
	Hint string
	// FromIP is the address that the call came from as WeCom saw it; it belongs
	// on the IP list of the provider when Code is 60020. May be empty.
	FromIP string
	// Status is the HTTP status.
	Status int
}

// Error names the call, the code, its meaning and what WeCom said.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("wecom: ")
	b.WriteString(e.Op)
	if e.Code != 0 {
		fmt.Fprintf(&b, ": %v", e.Code)
	} else {
		fmt.Fprintf(&b, ": HTTP status %d", e.Status)
	}
	if e.Message != "" {
		fmt.Fprintf(&b, ": %q", e.Message)
	}
	if e.FromIP != "" {
		fmt.Fprintf(&b, ", from ip %s", e.FromIP)
	}
	if e.Hint != "" {
		fmt.Fprintf(&b, ", hint %s", e.Hint)
	}
	return b.String()
}

// Unwrap returns the code, so that [errors.Is] finds codes and classes.
func (e *Error) Unwrap() error { return e.Code }

// Is reports the class of a refusal that has a status but no code.
func (e *Error) Is(class error) bool {
	if e.Code != 0 {
		return false // Unwrap answers
	}
	switch class {
	case ErrTransient:
		return e.Status >= 500
	case ErrNoReply: // a gateway's page, not the platform's answer
		return e.Status >= 500 || e.Status < 300
	case ErrRateLimited:
		return e.Status == http.StatusTooManyRequests
	}
	return false
}

// LogValue gives log/slog the parts as a group.
func (e *Error) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("op", e.Op),
		slog.Int("code", int(e.Code)),
		slog.String("message", e.Message),
		slog.String("hint", e.Hint),
		slog.String("from_ip", e.FromIP),
		slog.Int("status", e.Status),
	)
}

// noReplyError says that a call was sent and no usable reply came back.
type noReplyError struct {
	op  string
	err *rest.Error
}

func (e *noReplyError) Error() string { return fmt.Sprintf("wecom: %s: no reply: %v", e.op, e.err) }
func (e *noReplyError) Unwrap() error { return e.err }

func (e *noReplyError) Is(class error) bool {
	return class == ErrNoReply || class == ErrTransient && !errors.Is(e.err, rest.ErrTooLarge)
}

// replyError says that a reply arrived and could not be understood.
type replyError struct {
	op  string
	err error
}

func (e *replyError) Error() string {
	return fmt.Sprintf("wecom: %s: reply is not the JSON that was expected: %v", e.op, e.err)
}
func (e *replyError) Unwrap() error { return e.err }

// Is counts it as no reply: the call may have been carried out, and its answer is
// lost.
func (e *replyError) Is(class error) bool {
	// A reply that was cut short is worth another try, one of another shape is not.
	_, cut := errors.AsType[*json.SyntaxError](e.err)
	return class == ErrNoReply || class == ErrTransient && cut
}

// newError makes the error of a refused call. sent lists what the call carried
// and WeCom may quote.
func newError(op string, status int, code Code, errmsg string, sent *redactor) *Error {
	e := &Error{Op: op, Status: status, Code: code}
	// TEXT[, hint: [HINT]][, from ip: IP][, more info at URL]
	text, _, _ := strings.Cut(errmsg, ", more info at ")
	text, ip, _ := strings.Cut(text, ", from ip: ")
	text, hint, _ := strings.Cut(text, ", hint: [")
	hint, _, _ = strings.Cut(hint, "]")
	e.FromIP = wire.Line(sent.redact(strings.TrimSpace(ip)))
	e.Hint = wire.Line(sent.redact(hint))
	e.Message = wire.Line(sent.redact(strings.TrimSpace(text)))
	return e
}

// redactor knows what a call has sent and hides it in what comes back.
type redactor struct{ values []string }

// redact hides every value that was sent, long ones first: a short one may be
// the beginning of a secret.
func (r *redactor) redact(s string) string {
	slices.SortFunc(r.values, func(a, b string) int { return len(b) - len(a) })
	for _, v := range r.values {
		s = strings.ReplaceAll(s, v, hidden)
	}
	return s
}

// newRedactor collects what req carries, identifiers excepted.
func newRedactor(req rest.Request) *redactor {
	r := new(redactor)
	for pair := range strings.SplitSeq(req.Query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		r.add(name, value)
		if plain, err := url.QueryUnescape(value); err == nil && plain != value {
			r.add(name, plain)
		}
	}
	var body any
	if json.Unmarshal(req.Body, &body) == nil {
		r.walk("", body)
	}
	return r
}

func (r *redactor) walk(name string, v any) {
	switch v := v.(type) {
	case string:
		r.add(name, v)
	case map[string]any:
		for k, member := range v {
			r.walk(k, member)
		}
	case []any:
		for _, element := range v {
			r.walk(name, element)
		}
	}
}

func (r *redactor) add(name, value string) {
	const shortest = 6 // what is shorter is no secret, and hiding it would mangle the text
	if len(value) >= shortest && !publicName(name) {
		r.values = append(r.values, value)
	}
}

// publicName reports whether a parameter is an identifier, which helps whoever
// reads the error and gives nobody access. All others are hidden.
func publicName(name string) bool {
	name = strings.ToLower(name)
	for _, suffix := range []string{"id", "ids", "id_list", "idlist", "user", "party", "tag"} {
		if strings.HasSuffix(name, suffix) {
			return true
		}
	}
	return false
}
