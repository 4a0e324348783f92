package wecom

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/wecom-isv/wecom/internal/rest"
)

// Call is one request to the API.
type Call struct {
	// Method defaults to GET without a Body and to POST with one.
	Method string
	// Path begins with a slash: "/cgi-bin/service/get_auth_info".
	Path string
	// Query holds the parameters other than the token.
	Query url.Values
	// Body is encoded as JSON, anew for each attempt; nil sends none.
	Body any
	// File is uploaded as a multipart form, in place of a Body.
	File *File
	// Range asks for a part of a file, such as "bytes=0-1023". Only for a call
	// whose result is a [*Stream].
	Range string
	// Auth is the credential; the zero Auth sends none.
	Auth Auth
	// Safe says that the call only reads, or that doing it twice is the same as
	// doing it once. Only such a call is sent again after a failure inside the
	// platform or a lost reply.
	Safe bool
}

// RawReply takes a reply that is not JSON, such as an image, when it is the
// result of [Client.Do]. A refusal, which is JSON, becomes an [Error] as usual;
// so what begins with a brace must be JSON. For files there is [Stream].
type RawReply struct {
	ContentType string
	Body        []byte
}

const (
	maxTries  = 3                      // of a safe call; WeCom's advice for -1
	firstWait = 200 * time.Millisecond // before the second try; four times as long before each further one
)

// Invoke is [Client.Do] with a result of type T.
func Invoke[T any](ctx context.Context, c *Client, call Call) (*T, error) {
	result := new(T)
	if err := c.Do(ctx, call, result); err != nil {
		return nil, err
	}
	return result, nil
}

// Do sends call and decodes the reply into result, a pointer, which may be nil.
// It is the way to endpoints that this module lacks.
//
// A reply with an errcode other than 0 is an [*Error]. When the token is
// refused, Do gets another and repeats the call once. A [Call.Safe] call is
// tried three times in all when the platform fails inside or no reply arrives.
// A business error is never repeated.
func (c *Client) Do(ctx context.Context, call Call, result any) error {
	req, err := call.request()
	if err != nil {
		return err
	}
	if c == nil || c.rest == nil {
		return fmt.Errorf("wecom: %s: the Client was not made by New", call.Path)
	}
	upload, err := call.File.open()
	if err != nil {
		return fmt.Errorf("wecom: %s: %w", call.Path, err)
	}
	var refusal error // of the first token
	tries, wait := 1, firstWait
	for attempt := 1; ; attempt++ {
		token, err := call.authorize(ctx, &req)
		if err != nil && refusal != nil {
			return fmt.Errorf("%w; and there is no other token: %w", refusal, err)
		}
		if err != nil {
			return err
		}
		if err := call.encode(&req); err != nil {
			return err
		}
		if err := upload.attach(&req); err != nil {
			return fmt.Errorf("wecom: %s: %w", call.Path, err)
		}
		err = c.try(ctx, req, attempt, result)
		switch {
		case err == nil:
			return nil
		case refusal == nil && call.Auth.Source != nil && errors.Is(err, ErrTokenRejected):
			refusal = err
			if err := call.Auth.Source.Reject(ctx, token); err != nil {
				c.log.WarnContext(ctx, "wecom: a refused token could not be dropped", slog.String("op", call.Path), slog.Any("err", err))
			}
			if !upload.repeatable() {
				return refusal
			}
		case call.Safe && upload.repeatable() && tries < maxTries && errors.Is(err, ErrTransient):
			tries++
			if !sleep(ctx, jitter(wait)) {
				return err
			}
			wait *= 4
		default:
			return err
		}
	}
}

// request checks call and makes what does not change between attempts.
func (call *Call) request() (rest.Request, error) {
	req := rest.Request{Method: call.Method, Path: call.Path, Range: call.Range, Once: !call.Safe}
	if !strings.HasPrefix(call.Path, "/") || strings.ContainsAny(call.Path, "?#\\ ") || strings.Contains(call.Path, "..") {
		clean, _, _ := strings.Cut(call.Path, "?") // a query may hold a token
		return req, fmt.Errorf("wecom: path %q of the call must begin with / and hold no query, fragment, blank or dots", clean)
	}
	if call.Auth.Source != nil && call.Auth.Param == "" || call.Auth.Source == nil && call.Auth.Param != "" {
		return req, fmt.Errorf("wecom: %s: Auth needs a source and a parameter name", call.Path)
	}
	if call.Query.Has(call.Auth.Param) {
		return req, fmt.Errorf("wecom: %s: Query must not hold %s: that is the place of the token", call.Path, call.Auth.Param)
	}
	if req.Method == "" {
		req.Method = http.MethodGet
		if call.Body != nil || call.File != nil {
			req.Method = http.MethodPost
		}
	}
	switch {
	case call.Body == nil && call.File == nil:
		return req, nil
	case req.Method != http.MethodPost:
		return req, fmt.Errorf("wecom: %s: a body needs POST", call.Path)
	case call.Body != nil && call.File != nil:
		return req, fmt.Errorf("wecom: %s: a call has a Body or a File, not both", call.Path)
	}
	return req, nil
}

// encode makes the body of req. A Body that is a [json.Marshaler] may sign
// itself: each attempt has a body of its own.
func (call *Call) encode(req *rest.Request) (err error) {
	if call.Body == nil {
		return nil
	}
	if req.Body, err = json.Marshal(call.Body); err != nil {
		// The text of the error could quote the body.
		return fmt.Errorf("wecom: %s: body of type %T cannot be encoded as JSON", call.Path, call.Body)
	}
	return nil
}

// authorize makes the query of req, with a token if call needs one.
func (call *Call) authorize(ctx context.Context, req *rest.Request) (Token, error) {
	if call.Auth.Source == nil {
		req.Query = call.Query.Encode()
		return Token{}, nil
	}
	token, err := call.Auth.Source.Token(ctx)
	if err != nil {
		return Token{}, fmt.Errorf("wecom: %s: %w", call.Path, err)
	}
	if token.Value == "" {
		return Token{}, fmt.Errorf("wecom: %s: the token source gave an empty token", call.Path)
	}
	req.Query = call.Auth.Param + "=" + url.QueryEscape(token.Value)
	if len(call.Query) > 0 {
		req.Query += "&" + call.Query.Encode()
	}
	return token, nil
}

// try sends req once.
func (c *Client) try(ctx context.Context, req rest.Request, attempt int, result any) error {
	info := CallInfo{Op: req.Path, Attempt: attempt, RequestBytes: len(req.Body) + int(req.StreamSize)}
	start := time.Now()
	if _, ok := result.(*Stream); ok {
		req.IsFile = isFile
	}
	err := c.rest.Send(ctx, req, func(reply rest.Reply) error {
		info.Status, info.ResponseBytes = reply.Status, len(reply.Body)
		return decode(req, reply, result)
	})
	info.Latency = time.Since(start)
	if lost, ok := errors.AsType[*rest.Error](err); ok {
		err = &noReplyError{op: req.Path, err: lost}
	} else if refusal, ok := errors.AsType[*Error](err); ok {
		info.Code = refusal.Code
	} else if err != nil && ctx.Err() != nil {
		err = fmt.Errorf("wecom: %s: %w", req.Path, err)
	}
	info.Err = err
	c.observe(ctx, info)
	return err
}

func (c *Client) observe(ctx context.Context, info CallInfo) {
	for _, observe := range c.observers {
		observe(ctx, info)
	}
	if !c.log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	attrs := []slog.Attr{
		slog.String("op", info.Op), slog.Int("attempt", info.Attempt), slog.Duration("latency", info.Latency),
		slog.Int("status", info.Status), slog.Int("code", int(info.Code)),
		slog.Int("request_bytes", info.RequestBytes), slog.Int("response_bytes", info.ResponseBytes),
	}
	if info.Err != nil {
		attrs = append(attrs, slog.Any("err", info.Err))
	}
	c.log.LogAttrs(ctx, slog.LevelDebug, "wecom: call", attrs...)
}

// status is the part that every JSON reply may have.
type status struct {
	ErrCode Code   `json:"errcode"`
	ErrMsg  string `json:"errmsg"`
}

// decode checks errcode and fills result. An absent errcode is success.
func decode(req rest.Request, reply rest.Reply, result any) error {
	if stream, ok := result.(*Stream); ok {
		if reply.File != nil {
			stream.take(req.Path, reply)
			return nil
		}
		result = new(notFile)
	}
	raw, wantsRaw := result.(*RawReply)
	isJSON := bytes.HasPrefix(bytes.TrimLeft(reply.Body, " \t\r\n\ufeff"), []byte("{"))
	succeeded := reply.Status >= 200 && reply.Status <= 299
	if !isJSON {
		if wantsRaw && succeeded {
			*raw = RawReply{ContentType: reply.ContentType, Body: bytes.Clone(reply.Body)}
			return nil
		}
		return &Error{Op: req.Path, Status: reply.Status, Message: "the reply is not JSON"}
	}
	body := bytes.TrimPrefix(bytes.TrimSpace(reply.Body), []byte("\ufeff"))
	if !succeeded || !beginsWithSuccess(body) {
		var st status
		if err := json.Unmarshal(body, &st); err != nil {
			if !succeeded {
				return &Error{Op: req.Path, Status: reply.Status, Message: "the reply is not JSON"}
			}
			return &replyError{op: req.Path, err: err}
		}
		if st.ErrCode != 0 || !succeeded {
			return newError(req.Path, reply.Status, st.ErrCode, st.ErrMsg, newRedactor(req))
		}
	}
	if wantsRaw {
		*raw = RawReply{ContentType: reply.ContentType, Body: bytes.Clone(body)}
		return nil
	}
	if result == nil {
		result = new(struct{}) // the reply must be whole all the same
	}
	if err := json.Unmarshal(body, result); err != nil {
		return &replyError{op: req.Path, err: err}
	}
	return nil
}

// notFile refuses to decode: a reply that is neither a file nor a refusal is an
// error where a [Stream] was expected.
type notFile struct{}

func (*notFile) UnmarshalJSON([]byte) error { return errors.New("a file was expected") }

// beginsWithSuccess reports whether body begins as nearly every reply does,
// {"errcode":0, ...}; it spares decoding it twice.
func beginsWithSuccess(body []byte) bool {
	for _, want := range []string{"{", `"errcode"`, ":", "0"} {
		body = bytes.TrimLeft(body, " \t\r\n")
		rest, ok := bytes.CutPrefix(body, []byte(want))
		if !ok {
			return false
		}
		body = rest
	}
	body = bytes.TrimLeft(body, " \t\r\n")
	return len(body) > 0 && (body[0] == ',' || body[0] == '}')
}

// sleep waits for d and reports false if ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// jitter spreads d over half of it to one and a half of it.
func jitter(d time.Duration) time.Duration {
	return d/2 + rand.N(d) //nolint:gosec // spreads waits, guards nothing
}
