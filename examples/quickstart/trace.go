package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// printer writes the steps. It is safe for concurrent use: callbacks arrive
// while a step is under way.
type printer struct {
	mu   sync.Mutex
	out  io.Writer
	step int
}

func (p *printer) line(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, _ = fmt.Fprintf(p.out, format+"\n", args...)
}

// heading begins a step.
func (p *printer) heading(title string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.step++
	_, _ = fmt.Fprintf(p.out, "\n%2d  %s\n", p.step, title)
}

// shown are the names whose values anybody may see. Everything else is masked:
// a list of what is secret would miss something.
var shown = map[string]bool{
	"errcode": true, "expires_in": true, "ExpiresIn": true, "suite_id": true, "SuiteId": true, "corpid": true, "corp_name": true,
	"auth_corpid": true, "AuthCorpId": true, "ServiceCorpId": true, "userid": true, "UserId": true, "touser": true, "agentid": true,
	"auth_type": true, "usertype": true, "InfoType": true, "TimeStamp": true, "template_id": true, "TemplateId": true, "msgtype": true,
	"content": true, "level": true, "allow_user": true, "allow_party": true, "app_permissions": true, "name": true, "id": true,
	"parentid": true, "department": true, "redirect_uri": true, "appid": true, "scope": true, "login_type": true,
}

const masked = "***"

func show(name, value string) string {
	if value != "" && !shown[name] {
		return masked
	}
	if strings.ContainsAny(value, " \t\n") {
		return strconv.Quote(value)
	}
	return value
}

// showQuery lists the parameters of a query as name=value in order.
func showQuery(query url.Values) []string {
	var sent []string
	for _, name := range slices.Sorted(maps.Keys(query)) {
		for _, v := range query[name] {
			sent = append(sent, name+"="+show(name, v))
		}
	}
	return sent
}

// tracer is the transport of the API client: it prints what is sent and what
// comes back.
type tracer struct {
	next http.RoundTripper
	to   *printer
}

func (t tracer) RoundTrip(r *http.Request) (*http.Response, error) {
	sent := showQuery(r.URL.Query())
	if r.Body != nil && r.Body != http.NoBody {
		body, err := io.ReadAll(r.Body)
		_ = r.Body.Close()
		if err != nil {
			return nil, err
		}
		r = r.Clone(r.Context())
		r.Body = io.NopCloser(bytes.NewReader(body))
		sent = append(sent, jsonLeaves(body)...)
	}
	t.to.line("    → %s %s  %s", r.Method, r.URL.Path, strings.Join(sent, " "))

	res, err := t.next.RoundTrip(r)
	if err != nil {
		t.to.line("    ← no reply")
		return nil, err
	}
	body, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if err != nil {
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	t.to.line("    ← %d  %s", res.StatusCode, strings.Join(jsonLeaves(body), " "))
	return res, nil
}

// jsonLeaves lists the values of a JSON object as name=value in their order.
func jsonLeaves(body []byte) []string {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var leaves []string
	var walk func(name string) error
	walk = func(name string) error {
		tok, err := dec.Token()
		if err != nil {
			return err
		}
		switch tok {
		case json.Delim('{'):
			for dec.More() {
				key, err := dec.Token()
				if err != nil {
					return err
				}
				if err := walk(fmt.Sprint(key)); err != nil {
					return err
				}
			}
			_, err = dec.Token()
			return err
		case json.Delim('['):
			for dec.More() {
				if err := walk(name); err != nil {
					return err
				}
			}
			_, err = dec.Token()
			return err
		}
		if name != "errmsg" {
			leaves = append(leaves, name+"="+show(name, fmt.Sprint(tok)))
		}
		return nil
	}
	if err := walk(""); err != nil && len(body) > 0 {
		return []string{fmt.Sprintf("(%d bytes)", len(body))}
	}
	return leaves
}

// xmlLeaves lists the elements of a callback as name=value.
func xmlLeaves(raw []byte) []string {
	var leaves []string
	var name, text string
	for dec := xml.NewDecoder(bytes.NewReader(raw)); ; {
		tok, err := dec.Token()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				leaves = append(leaves, "(not well formed)")
			}
			return leaves
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			name, text = tok.Name.Local, ""
		case xml.CharData:
			text += string(tok)
		case xml.EndElement:
			if tok.Name.Local == name {
				leaves = append(leaves, name+"="+show(name, strings.TrimSpace(text)))
			}
			name = ""
		}
	}
}
