// Package rest sends one HTTP request and hands back one reply. It is the only
// importer of resty, and the place where resty's defaults that would repeat a
// call, follow a redirect or print a token are switched off.
package rest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/go-resty/resty/v2"
)

// ErrTooLarge is returned for a reply that is longer than Config.MaxReply.
var ErrTooLarge = errors.New("reply is too large")

const userAgent = "wecom-isv-go"

// Config says where and how to send.
type Config struct {
	// BaseURL is the scheme, host and optional path prefix of the API.
	BaseURL string
	// HTTPClient is copied; the original is never changed. nil: a client with
	// sane timeouts and a connection pool of its own.
	HTTPClient *http.Client
	// Transport replaces the transport of the client; may be nil.
	Transport http.RoundTripper
	// Timeout bounds one attempt from dial to the last byte.
	Timeout time.Duration
	// MaxReply bounds a reply in bytes.
	MaxReply int64
}

// Client sends requests. It is safe for concurrent use.
type Client struct {
	resty    *resty.Client
	base     string
	timeout  time.Duration
	maxReply int64
	buffers  sync.Pool // *bytes.Buffer
}

// Request is one call.
type Request struct {
	Method string
	Path   string
	Query  string // encoded, without the question mark
	Body   []byte // JSON; nil: none
	// Stream is sent in place of Body, of StreamType and exactly StreamSize
	// bytes. It has more time, as a slow line needs.
	Stream     io.Reader
	StreamSize int64
	StreamType string
	// IsFile says whether a reply with this status, header and beginning is a file:
	// it then comes as Reply.File. nil: no reply is one.
	IsFile func(status int, header http.Header, start []byte) bool
	Range  string // the header of that name
	// Once says that the request must not be carried out twice. Without it
	// net/http repeats a GET when a kept connection breaks.
	Once bool
}

// slowest is the lowest rate, in bytes per second, at which a stream may be sent.
const slowest = 32 << 10

// Reply is what came back. Body is valid only inside the function that it is
// handed to.
type Reply struct {
	Status      int
	ContentType string
	Header      http.Header
	Body        []byte
	// File is a reply that Request.IsFile recognised, in place of Body, of Length
	// bytes, -1 if that is not known. The function that is handed it must close it.
	File   io.ReadCloser
	Length int64
}

// New checks cfg and returns a client for it.
func New(cfg Config) (*Client, error) {
	base, err := ParseBaseURL(cfg.BaseURL)
	if err != nil {
		return nil, err
	}
	// resty.NewWithClient writes a transport into the client that it is given.
	var hc http.Client
	if cfg.HTTPClient != nil {
		hc = *cfg.HTTPClient
	} else {
		hc.Transport = newTransport()
	}
	if cfg.Transport != nil {
		hc.Transport = cfg.Transport
	}
	hc.Timeout = 0 // Send sets a deadline that grows with a stream
	hc.Jar = nil   // WeCom sets no cookie that a server should send back

	r := resty.NewWithClient(&hc)
	r.SetLogger(silent{}). // its retry log prints addresses with tokens
				SetRetryCount(0).                            // it would repeat POSTs
				SetRedirectPolicy(resty.NoRedirectPolicy()). // a redirect carries the token away in Referer
				SetDoNotParseResponse(true).                 // it decodes only what calls itself JSON, and errcode would be lost
				SetHeader("User-Agent", userAgent).
				SetPreRequestHook(attachBody)
	return &Client{
		resty:    r,
		base:     base,
		timeout:  cfg.Timeout,
		maxReply: cfg.MaxReply,
		buffers:  sync.Pool{New: func() any { return new(bytes.Buffer) }},
	}, nil
}

// ParseBaseURL checks the address of an API and returns it without a final slash.
func ParseBaseURL(s string) (string, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return "", errors.New("base URL cannot be parsed")
	case u.Scheme != "https" && u.Scheme != "http", u.Host == "":
		return "", errors.New("base URL must begin with https://host or http://host")
	case u.User != nil:
		return "", errors.New("base URL must not carry a user name or password")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return "", errors.New("base URL must not carry a query or fragment")
	}
	return strings.TrimRight(u.String(), "/"), nil
}

func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:     true,
		MaxIdleConns:          200,
		MaxIdleConnsPerHost:   100, // all calls go to one host; the standard library keeps 2
		IdleConnTimeout:       90 * time.Second,
		TLSHandshakeTimeout:   5 * time.Second,
		ExpectContinueTimeout: time.Second,
	}
}

// Send sends req once and hands the reply to use, whose error it returns. An
// error of its own is an *Error, or the context's.
func (c *Client) Send(ctx context.Context, req Request, use func(Reply) error) error {
	if req.IsFile != nil {
		return c.download(ctx, req, use)
	}
	attempt := ctx
	if c.timeout > 0 {
		var cancel context.CancelFunc
		attempt, cancel = context.WithTimeout(ctx, c.timeout+time.Duration(req.StreamSize/slowest)*time.Second)
		defer cancel()
	}
	if req.Stream != nil {
		guarded := newGuardedReader(req.Stream)
		defer guarded.close(attempt)
		req.Stream = guarded
	}
	raw, err := c.execute(ctx, attempt, req)
	if err != nil {
		return err
	}
	defer func() { _ = raw.Body.Close() }()
	return c.read(ctx, raw, raw.Body, use)
}

// execute sends req and returns the reply with its body unread. attempt is ctx
// with the deadline of this attempt.
func (c *Client) execute(ctx, attempt context.Context, req Request) (*http.Response, error) {
	r := c.resty.R().SetContext(attempt)
	r.Header["Accept"] = anyType // else resty matches regular expressions to find one
	if req.Range != "" {
		r.Header["Range"] = []string{req.Range}
	}
	switch {
	case req.Stream != nil:
		r.Header["Content-Type"] = []string{req.StreamType}
		fallthrough
	case req.Body == nil:
		r.SetContext(context.WithValue(attempt, requestKey{}, req))
	default:
		r.Header["Content-Type"] = jsonContentType
		r.Body = bytes.NewReader(req.Body)
	}
	address := c.base + req.Path
	if req.Query != "" {
		address += "?" + req.Query
	}
	res, err := r.Execute(req.Method, address)
	var raw *http.Response
	if res != nil {
		raw = res.RawResponse
	}
	if raw == nil || raw.Body == nil {
		return nil, wrap(ctx, err)
	}
	// With NoRedirectPolicy a redirect is an error that comes with its reply.
	if err != nil {
		_ = raw.Body.Close()
		if raw.StatusCode < 300 || raw.StatusCode > 399 {
			return nil, wrap(ctx, err)
		}
		raw.Body, raw.ContentLength = http.NoBody, 0 // net/http has closed it already
	}
	return raw, nil
}

// read reads body, the whole of raw, and hands it to use.
func (c *Client) read(ctx context.Context, raw *http.Response, body io.Reader, use func(Reply) error) error {
	buf := c.buffers.Get().(*bytes.Buffer)
	defer c.release(buf)
	buf.Reset()
	if n := raw.ContentLength; n > 0 && n <= c.maxReply {
		buf.Grow(int(n) + bytes.MinRead)
	}
	if _, err := buf.ReadFrom(io.LimitReader(body, c.maxReply+1)); err != nil {
		return wrap(ctx, err)
	}
	if int64(buf.Len()) > c.maxReply {
		return &Error{err: ErrTooLarge}
	}
	return use(Reply{Status: raw.StatusCode, ContentType: raw.Header.Get("Content-Type"), Header: raw.Header, Body: buf.Bytes()})
}

// guardedReader is a stream that nobody reads any more once Send has returned:
// net/http may still be sending when an early reply arrives.
type guardedReader struct {
	r    io.Reader
	busy chan struct{} // holds one element during a Read, and forever at the end
}

func newGuardedReader(r io.Reader) *guardedReader {
	return &guardedReader{r: r, busy: make(chan struct{}, 1)}
}

var errSent = errors.New("the request is over")

func (g *guardedReader) Read(p []byte) (int, error) {
	select {
	case g.busy <- struct{}{}:
	default:
		return 0, errSent // one goroutine reads, so this is the end
	}
	defer func() { <-g.busy }()
	return g.r.Read(p)
}

// close waits for a Read under way, but not longer than ctx lives.
func (g *guardedReader) close(ctx context.Context) {
	select {
	case g.busy <- struct{}{}:
	case <-ctx.Done():
	}
}

// requestKey finds the Request whose body resty cannot make.
type requestKey struct{}

// attachBody gives r the body that resty would get wrong: it would read a
// stream into memory, and send none at all in chunks.
func attachBody(_ *resty.Client, r *http.Request) error {
	req, ok := r.Context().Value(requestKey{}).(Request)
	switch {
	case !ok:
	case req.Stream != nil:
		r.Body, r.ContentLength = io.NopCloser(req.Stream), req.StreamSize
	case req.Once && req.Method == http.MethodGet:
		// Empty, but net/http cannot rewind it and does not repeat the request.
		r.Body, r.GetBody = io.NopCloser(strings.NewReader("")), nil
	default:
		r.Body, r.GetBody = http.NoBody, nil
	}
	return nil
}

// Header values; resty copies them.
var (
	anyType         = []string{"*/*"}
	jsonContentType = []string{"application/json; charset=utf-8"}
)

// release keeps ordinary buffers and lets exceptional ones go.
func (c *Client) release(buf *bytes.Buffer) {
	const ordinary = 64 << 10
	if buf.Cap() <= ordinary {
		c.buffers.Put(buf)
	}
}

// Error says that no usable reply arrived: the request may or may not have
// been carried out. Its text and its chain carry no address and no query.
type Error struct{ err error }

func (e *Error) Error() string { return e.err.Error() }

// Unwrap returns the cause, such as a net.Error.
func (e *Error) Unwrap() error { return e.err }

// wrap strips err of the address it names. If the context has ended, that is
// the error.
func wrap(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err == nil {
		err = errors.New("no reply")
	}
	if errors.Is(err, context.DeadlineExceeded) { // not that of ctx
		return &Error{err: timeoutError{}}
	}
	// *url.Error prints the address; what it wraps usually does not.
	for ue := (*url.Error)(nil); errors.As(err, &ue); {
		err = ue.Err
	}
	if text := err.Error(); strings.ContainsAny(text, "?&=") {
		err = scrubbed{text: scrub(text), timeout: isTimeout(err)}
	}
	return &Error{err: err}
}

// timeoutError says that an attempt took longer than Config.Timeout.
type timeoutError struct{}

func (timeoutError) Error() string   { return "timed out" }
func (timeoutError) Timeout() bool   { return true }
func (timeoutError) Temporary() bool { return true }

func isTimeout(err error) bool {
	ne, ok := errors.AsType[net.Error](err)
	return ok && ne.Timeout()
}

// scrubbed stands for an error of a foreign transport whose text quotes a
// query. The original is not in the chain.
type scrubbed struct {
	text    string
	timeout bool
}

func (e scrubbed) Error() string   { return e.text }
func (e scrubbed) Timeout() bool   { return e.timeout }
func (e scrubbed) Temporary() bool { return e.timeout }

// scrub shortens every word of text at the first character that could begin a
// query.
func scrub(text string) string {
	words := strings.Fields(text)
	for i, w := range words {
		if cut := strings.IndexAny(w, "?&="); cut >= 0 {
			words[i] = fmt.Sprintf("%s[…]", w[:cut])
		}
	}
	return strings.Join(words, " ")
}

// silent drops resty's own log lines.
type silent struct{}

func (silent) Errorf(string, ...any) {}
func (silent) Warnf(string, ...any)  {}
func (silent) Debugf(string, ...any) {}
