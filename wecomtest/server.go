package wecomtest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net"
	"net/http"
	"strconv"
	"time"
)

const (
	loopbackIP   = "127.0.0.1"
	maxBody      = 32 << 20
	jsonType     = "application/json; charset=UTF-8"
	htmlType     = "text/html; charset=UTF-8"
	errorPageFor = "<html>\r\n<head><title>%d %s</title></head>\r\n<body>\r\n<center><h1>%d %s</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)

// errDropped is what a client sees of a connection that was cut.
var errDropped = errors.New("wecomtest: connection cut")

// reply is the JSON object of a successful answer, without errcode and errmsg.
type reply map[string]any

// file is a successful answer that is no JSON.
type file struct {
	contentType  string
	name         string
	contentRange string // of a part of the file; empty: the whole
	body         []byte
}

// handler carries out one endpoint. It runs with the platform's lock held and
// returns a reply or a *file.
type handler func(p *Platform, c *call) (any, error)

// answer is one HTTP answer, however it will travel.
type answer struct {
	status int
	header http.Header
	body   []byte
	drop   bool // cut the connection instead
}

// AllowIPs sets the list of source addresses that may call the API; others get
// 60020 with their address in the text. Without arguments everybody may.
func (p *Platform) AllowIPs(ips ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.allowedIPs = nil
	for _, ip := range ips {
		if p.allowedIPs == nil {
			p.allowedIPs = map[string]bool{}
		}
		p.allowedIPs[ip] = true
	}
}

// Transport reaches the platform without a socket: every request, whatever its
// host, is answered by the platform as if it came from 127.0.0.1.
func (p *Platform) Transport() http.RoundTripper { return p.TransportFrom(loopbackIP) }

// TransportFrom is [Platform.Transport] for a caller with another source address.
func (p *Platform) TransportFrom(ip string) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.Body != nil {
			defer func() { _ = r.Body.Close() }() // as a RoundTripper must
		}
		if err := r.Context().Err(); err != nil {
			return nil, err
		}
		if h := p.mounted(r.URL.Path); h != nil {
			return p.callInProcess(h, r)
		}
		a := p.serve(r, ip)
		if err := r.Context().Err(); err != nil {
			return nil, err
		}
		if a.drop {
			return nil, errDropped
		}
		return &http.Response{
			Status:        strconv.Itoa(a.status) + " " + http.StatusText(a.status),
			StatusCode:    a.status,
			Proto:         "HTTP/1.1",
			ProtoMajor:    1,
			ProtoMinor:    1,
			Header:        a.header,
			Body:          io.NopCloser(bytes.NewReader(a.body)),
			ContentLength: int64(len(a.body)),
			Request:       r,
		}, nil
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// serveHTTP is the loopback server.
func (p *Platform) serveHTTP(w http.ResponseWriter, r *http.Request) {
	if h := p.mounted(r.URL.Path); h != nil {
		h.ServeHTTP(w, r)
		return
	}
	ip, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		ip = loopbackIP
	}
	a := p.serve(r, ip)
	if a.drop {
		panic(http.ErrAbortHandler) // net/http cuts the connection without a word
	}
	maps.Copy(w.Header(), a.header)
	w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // a client that has gone away is no concern
}

// serve answers one request: faults first, then the checks, then the endpoint.
func (p *Platform) serve(r *http.Request, ip string) answer {
	if !p.begin() {
		return answer{drop: true}
	}
	defer p.running.Done()

	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(io.LimitReader(r.Body, maxBody+1)); err != nil {
			return answer{drop: true}
		}
		if len(body) > maxBody {
			return htmlAnswer(http.StatusRequestEntityTooLarge)
		}
	}
	if isPage(r.URL.Path) {
		return p.servePage(r, body)
	}
	recorded := RecordedCall{
		Method: r.Method, Path: r.URL.Path, Query: r.URL.Query(), Header: r.Header.Clone(),
		Body: body, FromIP: ip, At: p.Now(), rawQuery: r.URL.RawQuery,
	}

	defer p.endTurn(&recorded) // also when a handler panics
	a, latency := p.carryOutAndRecord(&recorded)
	p.wait(r.Context(), latency)
	return a
}

// carryOutAndRecord returns also how long the answer is to be delayed.
func (p *Platform) carryOutAndRecord(r *RecordedCall) (answer, time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock() // also when a handler panics: the next call must not hang
	fault := p.takeFault(r.Path)
	a, code := p.execute(r, fault)
	r.Code, r.Reply = code, a.body
	if !a.drop {
		r.Status = a.status
	}
	p.calls.add(*r)
	p.announce()
	return a, p.settings.latency + fault.Latency
}

// execute runs the call with the lock held and applies the fault.
func (p *Platform) execute(r *RecordedCall, fault Fault) (answer, int) {
	switch {
	case fault.DropRequest:
		return answer{drop: true}, 0
	case fault.Status != 0:
		return htmlAnswer(fault.Status), 0
	case fault.Code != 0:
		refusal := refuse(fault.Code)
		if fault.Message != "" {
			refusal.text = fault.Message
		}
		return p.refusalAnswer(refusal, r.FromIP), fault.Code
	}
	row, known := p.table[r.Path]
	if !known {
		return htmlAnswer(http.StatusNotFound), 0
	}
	a, code := p.carryOut(row, r)
	switch {
	case fault.DropReply:
		a.drop = true
	case fault.CutJSON:
		a.body = a.body[:len(a.body)/2]
	}
	return a, code
}

func (p *Platform) carryOut(row *endpoint, r *RecordedCall) (answer, int) {
	a, err := p.dispatch(row, r)
	if err == nil {
		return a, 0
	}
	refusal, known := errors.AsType[*apiError](err)
	if !known {
		refusal = refusef(-1, "system busy: %v", err)
	}
	return p.refusalAnswer(refusal, r.FromIP), refusal.code
}

// dispatch checks the request against its row and lets the endpoint answer.
func (p *Platform) dispatch(row *endpoint, r *RecordedCall) (answer, error) {
	if p.allowedIPs != nil && !p.allowedIPs[r.FromIP] {
		return answer{}, refuse(60020)
	}
	c, err := p.checkCall(row, r)
	if err != nil {
		return answer{}, err
	}
	p.runJobs(c.now)
	if err := p.takeTurn(c, r); err != nil {
		return answer{}, err
	}
	handle, stateful := p.handlers[row.ID]
	if !stateful {
		return exampleAnswer(row)
	}
	result, err := handle(p, c)
	if err != nil {
		return answer{}, err
	}
	if f, isFile := result.(*file); isFile {
		return fileAnswer(f), nil
	}
	fields, isReply := result.(reply)
	if !isReply {
		return answer{}, fmt.Errorf("unexpected result %T", result)
	}
	if !p.settings.omitErrcode || !mayOmitErrcode(row.ID) {
		fields["errcode"] = 0
		fields["errmsg"] = cmp.Or(fields["errmsg"], any("ok"))
	}
	body, err := json.Marshal(fields)
	if err != nil {
		return answer{}, err
	}
	return jsonAnswer(body), nil
}

// mayOmitErrcode tells the endpoints whose success may lack errcode.
func mayOmitErrcode(id string) bool {
	switch id {
	case "suite.get_suite_token", "suite.get_permanent_code", "suite.get_corp_token", "provider.get_provider_token":
		return true
	}
	return false
}

// exampleAnswer is the answer of an endpoint without state: the table's example.
func exampleAnswer(row *endpoint) (answer, error) {
	if row.ExampleResponse != "" { // a download
		return fileAnswer(&file{contentType: "application/octet-stream", name: "example.bin", body: []byte("(binary)")}), nil
	}
	if !json.Valid([]byte(row.ExampleResult)) {
		return answer{}, refusef(-1, "the endpoint table has no example for %s", row.ID)
	}
	return jsonAnswer([]byte(row.ExampleResult)), nil
}

func (p *Platform) refusalAnswer(e *apiError, ip string) answer {
	body, err := json.Marshal(struct {
		Code    int    `json:"errcode"`
		Message string `json:"errmsg"`
	}{e.code, p.errmsg(e, ip)})
	if err != nil {
		return answer{drop: true}
	}
	return jsonAnswer(body)
}

func jsonAnswer(body []byte) answer {
	return answer{status: http.StatusOK, header: http.Header{"Content-Type": {jsonType}}, body: body}
}

func fileAnswer(f *file) answer {
	a := answer{
		status: http.StatusOK,
		header: http.Header{
			"Content-Type":        {f.contentType},
			"Content-Disposition": {mime.FormatMediaType("attachment", map[string]string{"filename": f.name})},
		},
		body: f.body,
	}
	if f.contentRange != "" {
		a.status = http.StatusPartialContent
		a.header.Set("Accept-Ranges", "bytes")
		a.header.Set("Content-Range", f.contentRange)
	}
	return a
}

// wait sleeps for d, or less if the caller or the platform goes away.
func (p *Platform) wait(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	case <-p.done:
	}
}
