package wecomtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// controlPrefix is where the control API is; WeCom has nothing there.
const controlPrefix = "/wecomtest/v1/"

// WithControl opens the control API under /wecomtest/v1/: JSON over HTTP, by which a
// test in any language makes apps and corps, pushes events, ends tokens, moves the
// clock, injects faults and reads what was recorded. docs/simulator.md describes it
// with examples; GET /wecomtest/v1/ lists the routes. It is off by default.
//
// Against pages of other sites in a browser of the same machine, requests must
// name a loopback host, the platform's own or one of hosts in their Host header,
// come from no other origin, and have bodies of type application/json. There is no
// password: do not open the listener to a network that you do not trust.
func WithControl(hosts ...string) Option {
	return func(s *settings) error {
		if slices.Contains(hosts, "") {
			return errors.New("wecomtest: WithControl: empty host")
		}
		s.control, s.controlHosts = true, append(s.controlHosts, hosts...)
		return nil
	}
}

// controlError is a refusal by the control API.
type controlError struct {
	status int
	text   string
}

func (e *controlError) Error() string { return e.text }

func badRequest(format string, args ...any) error {
	return &controlError{status: http.StatusBadRequest, text: fmt.Sprintf(format, args...)}
}

func notFound(format string, args ...any) error {
	return &controlError{status: http.StatusNotFound, text: fmt.Sprintf(format, args...)}
}

// controlFunc carries out one request of the control API. The result is encoded
// as JSON, also beside an error of a push that was not delivered.
type controlFunc func(r *http.Request) (any, error)

// controlRoute is one call of the control API.
type controlRoute struct {
	Pattern string `json:"call"` // method and path
	Does    string `json:"does"`
	run     controlFunc
}

func (p *Platform) controlHandler() http.Handler {
	routes := p.controlRoutes()
	mux := http.NewServeMux()
	for _, route := range routes {
		method, path, _ := strings.Cut(route.Pattern, " ")
		mux.Handle(method+" "+controlPrefix+path, controlHandler(route.run))
	}
	mux.Handle("GET "+controlPrefix+"{$}", controlHandler(func(*http.Request) (any, error) {
		return p.controlState(routes), nil
	}))
	mux.Handle(controlPrefix, controlHandler(func(r *http.Request) (any, error) {
		return nil, notFound("no call %s %s; GET %s lists them", r.Method, r.URL.Path, controlPrefix)
	}))
	return p.guardControl(mux)
}

// guardControl keeps out browsers that show pages of other sites.
func (p *Platform) guardControl(next http.Handler) http.Handler {
	origins := http.NewCrossOriginProtection()
	origins.SetDenyHandler(controlHandler(func(*http.Request) (any, error) {
		return nil, &controlError{status: http.StatusForbidden, text: "this request comes from a page of another site"}
	}))
	next = origins.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !p.controlHost(r.Host) {
			writeControl(w, http.StatusForbidden, controlFailure{Error: "this Host is not allowed; name it in WithControl"})
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}

// controlHost tells whether requests may name the host: another name may be one
// that a foreign site lets resolve to this machine.
func (p *Platform) controlHost(hostPort string) bool {
	host := hostName(hostPort)
	if ip := net.ParseIP(host); ip != nil && ip.IsLoopback() || strings.EqualFold(host, "localhost") {
		return true
	}
	own, err := url.Parse(p.url)
	return err == nil && own.Host == hostPort || slices.ContainsFunc(p.settings.controlHosts, func(allowed string) bool {
		return strings.EqualFold(allowed, host) || strings.EqualFold(allowed, hostPort)
	})
}

func hostName(hostPort string) string {
	host, _, err := net.SplitHostPort(hostPort)
	if err != nil {
		host = hostPort
	}
	return strings.Trim(host, "[]")
}

// controlFailure is the body of a refusal.
type controlFailure struct {
	Error    string       `json:"error"`
	Delivery *deliveryDoc `json:"delivery,omitempty"` // what was not delivered
}

func controlHandler(run controlFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		result, err := run(r)
		if err == nil {
			writeControl(w, http.StatusOK, result)
			return
		}
		failure := controlFailure{Error: strings.TrimPrefix(err.Error(), "wecomtest: ")}
		if d, isDelivery := result.(deliveryDoc); isDelivery && errors.Is(err, ErrNotDelivered) {
			failure.Delivery = &d
		}
		writeControl(w, controlStatus(err), failure)
	})
}

// controlStatus is the HTTP status for an error.
func controlStatus(err error) int {
	if refused, ok := errors.AsType[*controlError](err); ok {
		return refused.status
	}
	if _, ok := errors.AsType[*UnknownEventError](err); ok {
		return http.StatusNotFound
	}
	if errors.Is(err, ErrNotDelivered) {
		return http.StatusBadGateway
	}
	if errors.Is(err, errNotInstalled) {
		return http.StatusConflict
	}
	return http.StatusBadRequest
}

func writeControl(w http.ResponseWriter, status int, result any) {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false) // messages are XML and are read by eye
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(result); err != nil {
		status = http.StatusInternalServerError
		body.Reset()
		body.WriteString(`{"error":"the result cannot be encoded"}`)
	}
	w.Header().Set("Content-Type", jsonType)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // a client that has gone away is no concern
}

// readControl decodes the request body; an empty one leaves v as it is.
func readControl(r *http.Request, v any) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return badRequest("the body is too large or was cut")
	}
	if len(strings.TrimSpace(string(body))) == 0 {
		return nil
	}
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/json" {
		return &controlError{status: http.StatusUnsupportedMediaType, text: "the body must have Content-Type: application/json"}
	}
	decoder := json.NewDecoder(strings.NewReader(string(body)))
	decoder.DisallowUnknownFields()
	decoder.UseNumber()
	if err := decoder.Decode(v); err != nil {
		return badRequest("the body: %v", err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return badRequest("the body: more than one JSON value")
	}
	return nil
}

// controlApp finds the app that a request names.
func (p *Platform) controlApp(id string) (*App, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if app := p.apps[id]; app != nil {
		return app, nil
	}
	return nil, notFound("no app %q; POST apps makes one", id)
}

// controlCorp finds a corp by its corpid or name.
func (p *Platform) controlCorp(idOrName string) (*Corp, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if corp := p.corpNamed(idOrName); corp != nil {
		return corp, nil
	}
	return nil, notFound("no corp %q; POST corps makes one", idOrName)
}

// tokenKinds reads names of token kinds.
func tokenKinds(names []string) ([]TokenKind, error) {
	var kinds []TokenKind
	for _, name := range names {
		found := TokenKind(0)
		for kind, known := range tokenKindNames {
			if known == name {
				found = kind
			}
		}
		if found == 0 {
			return nil, badRequest("kinds: unknown kind; want suite_access_token, provider_access_token, access_token or contact_token")
		}
		kinds = append(kinds, found)
	}
	return kinds, nil
}
