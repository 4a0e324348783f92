package apitest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/jarcoal/httpmock"

	"github.com/wecom-isv/wecom"
)

// Kind is a kind of token.
type Kind string

// The kinds of tokens. The platform of a case gives out the first three.
const (
	Suite     Kind = "suite"      // suite_access_token
	Provider  Kind = "provider"   // provider_access_token
	Corp      Kind = "corp"       // access_token of an app in a corp
	Contact   Kind = "contact"    // access_token of a registration, which nothing renews: the case passes Value(Contact, 1)
	SelfBuilt Kind = "self-built" // access_token of a self-built app: the case passes Tokens(SelfBuilt)
)

// kindOf says what kind of token a row's credential usually is.
var kindOf = map[string]Kind{
	"suite_access_token":    Suite,
	"provider_access_token": Provider,
	"access_token":          Corp,
}

// Value returns the n-th token of a kind, counted from 1.
func Value(kind Kind, n int) string { return fmt.Sprintf("%s-token-%06d", kind, n) }

// renewable reports whether a refused token is followed by another.
func (k Kind) renewable() bool { return k != "" && k != Contact }

// Tokens returns a source for a token that does not come from the platform of the
// case. It gives Value(kind, 1), after its refusal Value(kind, 2), and so on.
func Tokens(kind Kind) wecom.TokenSource { return &source{kind: kind, n: 1} }

type source struct {
	kind Kind
	mu   sync.Mutex
	n    int
}

func (s *source) Token(context.Context) (wecom.Token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return wecom.Token{Value: Value(s.kind, s.n)}, nil
}

func (s *source) Reject(_ context.Context, bad wecom.Token) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if bad.Value == Value(s.kind, s.n) {
		s.n++
	}
	return nil
}

// issuer is an endpoint that gives tokens.
type issuer struct {
	endpoint string // as contract.Row.Endpoint
	kind     Kind
	field    string // of the reply
}

var issuers = []issuer{
	{"POST /cgi-bin/service/get_suite_token", Suite, "suite_access_token"},
	{"POST /cgi-bin/service/get_provider_token", Provider, "provider_access_token"},
	{"POST /cgi-bin/service/get_corp_token", Corp, "access_token"},
	{"GET /cgi-bin/gettoken", Corp, "access_token"},
}

// platform answers the calls of one check.
type platform struct {
	api  *wecom.Client
	logs lockedBuffer

	mu       sync.Mutex
	requests []*request // to the row's endpoint
	strays   []string   // requests that nobody should send
	issued   map[Kind]int
}

// request is what arrived at the row's endpoint.
type request struct {
	*http.Request
	body []byte
}

// reply is what the platform answers.
type reply struct {
	status      int
	contentType string
	body        string
}

func ok(body string) reply {
	return reply{http.StatusOK, "application/json; charset=UTF-8", body}
}

// answer replies to the n-th request at the row's endpoint, counted from 1.
type answer func(n int, r *http.Request) (reply, error)

// always gives the same reply to every request.
func always(r reply) answer {
	return func(int, *http.Request) (reply, error) { return r, nil }
}

func newPlatform(s *subject, answer answer) (*platform, error) {
	p := &platform{issued: make(map[Kind]int)}
	transport := httpmock.NewMockTransport()
	register := func(endpoint string, responder httpmock.Responder) {
		method, path, _ := strings.Cut(endpoint, " ")
		transport.RegisterResponder(method, wecom.DefaultBaseURL+path, responder)
	}
	for _, i := range issuers {
		register(i.endpoint, func(*http.Request) (*http.Response, error) {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.issued[i.kind]++
			body := fmt.Sprintf(`{"errcode":0,"errmsg":"ok",%q:%q,"expires_in":7200}`, i.field, Value(i.kind, p.issued[i.kind]))
			return ok(body).response(), nil
		})
	}
	register(s.row.Endpoint(), func(r *http.Request) (*http.Response, error) {
		n, err := p.record(r)
		if err != nil {
			return nil, err
		}
		reply, err := answer(n, r)
		if err != nil {
			return nil, err
		}
		return reply.response(), nil
	})
	transport.RegisterNoResponder(func(r *http.Request) (*http.Response, error) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.strays = append(p.strays, r.Method+" "+r.URL.Path)
		return ok(`{"errcode":40066,"errmsg":"no such endpoint"}`).response(), nil
	})
	var err error
	p.api, err = wecom.New(
		wecom.WithTransport(transportFunc(func(r *http.Request) (*http.Response, error) {
			if err := r.Context().Err(); err != nil {
				return nil, err // as net/http's own transport does
			}
			return transport.RoundTrip(r)
		})),
		wecom.WithLogger(slog.New(slog.NewTextHandler(&p.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))),
	)
	return p, err
}

type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func (r reply) response() *http.Response {
	res := httpmock.NewStringResponse(r.status, r.body)
	res.Header.Set("Content-Type", r.contentType)
	return res
}

// record keeps r and returns how many there are.
func (p *platform) record(r *http.Request) (int, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return 0, err
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests = append(p.requests, &request{r, body})
	return len(p.requests), nil
}

// sent returns what arrived at the row's endpoint, which must be n requests, and
// nothing anywhere else.
func (p *platform) sent(n int) ([]*request, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.strays) > 0 {
		return nil, fmt.Errorf("sent %s, which the row does not have", strings.Join(p.strays, ", "))
	}
	if len(p.requests) != n {
		return nil, fmt.Errorf("sent %d requests, want %d", len(p.requests), n)
	}
	return slices.Clone(p.requests), nil
}

// leak returns an error if text or a log line shows a token.
func (p *platform) leak(text string) error {
	for _, kind := range []Kind{Suite, Provider, Corp, Contact, SelfBuilt} {
		stem := strings.TrimRight(Value(kind, 0), "0")
		for where, s := range map[string]string{"the error": text, "the log": p.logs.String()} {
			if strings.Contains(s, stem) {
				return fmt.Errorf("%s shows a %s token: %s", where, kind, s)
			}
		}
	}
	return nil
}

// lockedBuffer takes log lines.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
