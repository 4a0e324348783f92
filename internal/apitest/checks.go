package apitest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing/synctest"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/contract"
)

// check is one property of a method. It runs in a bubble of testing/synctest.
type check struct {
	name string
	run  func(ctx context.Context, s *subject) error
}

var checks = []check{
	{"request", checkRequest},
	{"result", checkResult},
	{"result with every field", checkComplete},
	{"result in its other forms", checkVariants},
	{"result with unknown fields", checkUnknown},
	{"result without errcode", checkBare},
	{"errcode", checkErrcode},
	{"error page", checkErrorPage},
	{"page instead of a reply", checkPage},
	{"reply cut short", checkCut},
	{"context cancelled before", checkCancelledBefore},
	{"context cancelled during", checkCancelledDuring},
	{"token refused", checkRefused},
	{"transient failure", checkTransient},
}

// failed returns an error unless the call ended as one that failed must: with an
// error, with no result, and with no token in its text or in a log.
func (p *platform) failed(result any, err error) error {
	if err == nil {
		return errors.New("the method returned no error")
	}
	if v := reflect.ValueOf(result); v.IsValid() && !v.IsZero() {
		return fmt.Errorf("the method returned a result with the error: %w", err)
	}
	return p.leak(err.Error())
}

// attempts is how often the method is sent when the platform fails.
func (s *subject) attempts() int {
	if s.Safe {
		return 3
	}
	return 1
}

// success is the reply of the example.
func (s *subject) success() reply {
	if !s.binary() {
		return ok(s.row.ExampleResult)
	}
	for line := range strings.Lines(s.row.ExampleResponse) {
		if value, found := strings.CutPrefix(line, "Content-Type:"); found {
			return reply{http.StatusOK, strings.TrimSpace(value), FileText}
		}
	}
	return reply{http.StatusOK, "application/octet-stream", FileText}
}

// checkRequest: exactly the method, path, query, token and body of the example.
func checkRequest(ctx context.Context, s *subject) error {
	p, err := newPlatform(s, always(s.success()))
	if err != nil {
		return err
	}
	if _, err := s.Call(ctx, p.api); err != nil {
		return err
	}
	sent, err := p.sent(1)
	if err != nil {
		return err
	}
	return errors.Join(s.sameQuery(sent[0], 1), s.sameBody(sent[0]), p.leak(""))
}

// sameQuery compares the query with what it must be, with the n-th token.
func (s *subject) sameQuery(r *request, n int) error {
	want := maps.Clone(s.Query)
	if want == nil {
		want = make(url.Values)
	}
	if s.row.CredentialParam != "" {
		want.Set(s.row.CredentialParam, Value(s.token, n))
	}
	if got := r.URL.Query(); !maps.EqualFunc(got, want, slices.Equal) {
		return fmt.Errorf("the query is %v, want %v", got, want)
	}
	return nil
}

// sameBody compares the body with the example.
func (s *subject) sameBody(r *request) error {
	contentType := r.Header.Get("Content-Type")
	switch {
	case s.uploads():
		return s.sameUpload(contentType, r.body)
	case s.body == nil:
		if len(r.body) > 0 {
			return fmt.Errorf("the body is %s, want none", r.body)
		}
		return nil
	}
	if kind, _, err := mime.ParseMediaType(contentType); err != nil || kind != "application/json" {
		return fmt.Errorf("the body has the content type %q", contentType)
	}
	got, err := decode(r.body)
	if err != nil {
		return fmt.Errorf("the body is no JSON: %w", err)
	}
	want := s.body
	for _, name := range s.Generated {
		object, ok := got.(map[string]any)
		if !ok || holdsNothing(object[name]) {
			return fmt.Errorf("the body lacks %s", name)
		}
		delete(object, name)
		if all, ok := want.(map[string]any); ok {
			rest := maps.Clone(all)
			delete(rest, name)
			want = rest
		}
	}
	return joined(differences("body", want, got, false))
}

// sameUpload checks a form of one part, the file.
func (s *subject) sameUpload(contentType string, body []byte) error {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil || kind != s.row.ContentType {
		return fmt.Errorf("the body has the content type %q", contentType)
	}
	form := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	part, err := form.NextPart()
	if err != nil {
		return fmt.Errorf("the body is no form: %w", err)
	}
	text, err := io.ReadAll(part)
	if err != nil {
		return err
	}
	_, disposition, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
	if err != nil {
		return err
	}
	want := map[string]string{"name": s.row.Body[0].Name, "filename": FileName, "filelength": fmt.Sprint(len(FileText))}
	if !maps.Equal(disposition, want) || string(text) != FileText {
		return fmt.Errorf("the form has the part %v with %q, want %v with %q", disposition, text, want, FileText)
	}
	if _, err := form.NextPart(); !errors.Is(err, io.EOF) {
		return errors.New("the form has more than one part")
	}
	return nil
}

// joined makes an error of lines, nil of none.
func joined(lines []string) error {
	if len(lines) == 0 {
		return nil
	}
	return errors.New(strings.Join(lines, "\n"))
}

// result calls the method, which gets body for a reply, and returns what the
// result encodes to.
func (s *subject) result(ctx context.Context, reply reply) (any, error) {
	p, err := newPlatform(s, always(reply))
	if err != nil {
		return nil, err
	}
	result, err := s.Call(ctx, p.api)
	if err != nil {
		return nil, err
	}
	if _, err := p.sent(1); err != nil {
		return nil, err
	}
	if s.binary() {
		return result, nil
	}
	v := reflect.ValueOf(result)
	if !v.IsValid() {
		return map[string]any{}, nil
	}
	if v.Kind() == reflect.Pointer && v.IsNil() {
		return nil, errors.New("the method returned neither a result nor an error")
	}
	encoded, err := encode(v)
	if err != nil {
		return nil, fmt.Errorf("the result: %w", err)
	}
	return encoded, nil
}

// survives checks that no field of the reply is lost between decode and encode.
func (s *subject) survives(ctx context.Context, text string) error {
	got, err := s.result(ctx, ok(text))
	if err != nil {
		return err
	}
	want, err := object(text)
	if err != nil {
		return err
	}
	return joined(differences("result", want, got, true))
}

// object decodes a reply without errcode and errmsg.
func object(text string) (map[string]any, error) {
	v, err := decode([]byte(text))
	if err != nil {
		return nil, err
	}
	object, isObject := v.(map[string]any)
	if !isObject {
		return nil, fmt.Errorf("%s is no object", text)
	}
	delete(object, "errcode")
	delete(object, "errmsg")
	return object, nil
}

// checkResult: the example survives.
func checkResult(ctx context.Context, s *subject) error {
	if !s.binary() {
		return s.survives(ctx, s.row.ExampleResult)
	}
	got, err := s.result(ctx, s.success())
	if err != nil {
		return err
	}
	if !holdsBytes(reflect.ValueOf(got), []byte(FileText)) {
		return fmt.Errorf("the result %T does not hold the bytes of the reply", got)
	}
	return nil
}

// holdsBytes looks for content in v: bytes, a reader, or a struct with such a
// field.
func holdsBytes(v reflect.Value, content []byte) bool {
	if !v.IsValid() || !v.CanInterface() {
		return false
	}
	switch x := v.Interface().(type) {
	case []byte:
		return bytes.Equal(x, content)
	case io.Reader:
		got, err := io.ReadAll(x)
		return err == nil && bytes.Equal(got, content)
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return !v.IsNil() && holdsBytes(v.Elem(), content)
	case reflect.Struct:
		for _, field := range v.Fields() {
			if holdsBytes(field, content) {
				return true
			}
		}
		return false
	default:
		return false
	}
}

// checkComplete: so does a reply that has every field of the row.
func checkComplete(ctx context.Context, s *subject) error {
	if s.binary() {
		return nil
	}
	full, err := object(s.row.ExampleResult)
	if err != nil {
		return err
	}
	fill(full, s.row.Result)
	text, err := json.Marshal(full)
	if err != nil {
		return err
	}
	return s.survives(ctx, string(text))
}

// fill adds to object the fields that it lacks.
func fill(object map[string]any, fields []contract.Field) {
	for _, f := range fields {
		elem, isList := f.Element()
		value, there := object[f.Name]
		if !there {
			value = sample(elem)
			if isList {
				value = []any{value}
			}
			object[f.Name] = value
		}
		elements, _ := value.([]any)
		for _, element := range append(elements, value) {
			if inner, ok := element.(map[string]any); ok {
				fill(inner, f.Fields)
			}
		}
	}
}

// sample returns a value of a type.
func sample(elem string) any {
	switch elem {
	case "string":
		return "TEXT"
	case "bool":
		return true
	case "object":
		return make(map[string]any)
	case "float64":
		return json.Number("0.5")
	}
	return json.Number("1")
}

// checkVariants: so do the row's other examples of the result.
func checkVariants(ctx context.Context, s *subject) error {
	if s.binary() {
		return nil
	}
	for name, text := range s.row.ExampleResultVariants {
		whole, err := decode([]byte(text))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		variant, ok := whole.(map[string]any)
		if code := variant["errcode"]; !ok || code != nil && code != json.Number("0") {
			continue // a refusal
		}
		named := func(key string) bool {
			return key == "errcode" || key == "errmsg" || slices.ContainsFunc(s.row.Result, func(f contract.Field) bool { return f.Name == key })
		}
		if !slices.ContainsFunc(slices.Collect(maps.Keys(variant)), func(key string) bool { return !named(key) }) {
			if err := s.survives(ctx, text); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return nil
}

// checkUnknown: fields that the platform may add one day change nothing.
func checkUnknown(ctx context.Context, s *subject) error {
	if s.binary() {
		return nil
	}
	whole, err := decode([]byte(s.row.ExampleResult))
	if err != nil {
		return err
	}
	text, err := json.Marshal(withUnknown(whole))
	if err != nil {
		return err
	}
	return s.sameAsExample(ctx, string(text))
}

// withUnknown adds a field to every object in v.
func withUnknown(v any) any {
	switch v := v.(type) {
	case map[string]any:
		more := make(map[string]any, len(v)+1)
		for name, inner := range v {
			more[name] = withUnknown(inner)
		}
		more["added_later"] = map[string]any{"a": []any{json.Number("1"), nil, "x"}}
		return more
	case []any:
		list := make([]any, 0, len(v))
		for _, element := range v {
			list = append(list, withUnknown(element))
		}
		return list
	}
	return v
}

// checkBare: a reply without errcode and errmsg is a success.
func checkBare(ctx context.Context, s *subject) error {
	if s.binary() {
		return nil
	}
	bare, err := object(s.row.ExampleResult)
	if err != nil {
		return err
	}
	text, err := json.Marshal(bare)
	if err != nil {
		return err
	}
	return s.sameAsExample(ctx, string(text))
}

// sameAsExample checks that the result of a reply is that of the example.
func (s *subject) sameAsExample(ctx context.Context, text string) error {
	want, err := s.result(ctx, s.success())
	if err != nil {
		return err
	}
	got, err := s.result(ctx, ok(text))
	if err != nil {
		return err
	}
	return joined(differences("result", want, got, false))
}

// checkErrcode: a refusal becomes a [wecom.Error] that tells everything but
// secrets, and is final.
func checkErrcode(ctx context.Context, s *subject) error {
	p, err := newPlatform(s, func(_ int, r *http.Request) (reply, error) {
		return ok(fmt.Sprintf(`{"errcode":60011,"errmsg":"no privilege for %s, hint: [1576065934_28_e0fae06208ae9b3f], from ip: 203.0.113.7, `+
			`more info at https://open.work.weixin.qq.com/devtool/query?e=60011"}`, r.URL.Query().Get(s.row.CredentialParam))), nil
	})
	if err != nil {
		return err
	}
	result, err := s.Call(ctx, p.api)
	if fault := p.failed(result, err); fault != nil {
		return fault
	}
	refusal, isRefusal := errors.AsType[*wecom.Error](err)
	switch {
	case !isRefusal:
		return fmt.Errorf("the error is no *wecom.Error: %w", err)
	case refusal.Code != 60011 || refusal.Op != s.row.Path || refusal.Status != http.StatusOK:
		return fmt.Errorf("the error tells op %q, code %d, status %d", refusal.Op, int(refusal.Code), refusal.Status)
	case refusal.Hint != "1576065934_28_e0fae06208ae9b3f" || refusal.FromIP != "203.0.113.7":
		return fmt.Errorf("the error tells hint %q, address %q", refusal.Hint, refusal.FromIP)
	case !errors.Is(err, wecom.ErrPermission):
		return fmt.Errorf("the error is not in its class: %w", err)
	}
	_, err = p.sent(1)
	return err
}

// page is what proxies answer.
const page = `<html><head><title>Gateway</title></head><body>upstream page</body></html>`

// checkErrorPage: a 502 with a page is a transient failure.
func checkErrorPage(ctx context.Context, s *subject) error {
	p, err := newPlatform(s, always(reply{http.StatusBadGateway, "text/html", page}))
	if err != nil {
		return err
	}
	result, err := s.Call(ctx, p.api)
	if fault := p.failed(result, err); fault != nil {
		return fault
	}
	if !errors.Is(err, wecom.ErrTransient) || strings.Contains(err.Error(), "upstream page") {
		return fmt.Errorf("the error is not transient, or shows the page: %w", err)
	}
	_, err = p.sent(s.attempts())
	return err
}

// checkPage: a page is no success, whatever its status says.
func checkPage(ctx context.Context, s *subject) error {
	if s.binary() {
		return nil
	}
	p, err := newPlatform(s, always(reply{http.StatusOK, "text/html", page}))
	if err != nil {
		return err
	}
	result, err := s.Call(ctx, p.api)
	if fault := p.failed(result, err); fault != nil {
		return fault
	}
	if strings.Contains(err.Error(), "upstream page") {
		return fmt.Errorf("the error shows the page: %w", err)
	}
	return nil
}

// checkCut: half a reply is no success and says that the outcome is unknown.
func checkCut(ctx context.Context, s *subject) error {
	if s.binary() {
		return nil
	}
	text := s.row.ExampleResult
	lengths := []int{len(`{"er`)}
	if len(s.row.Result) > 0 { // otherwise what follows the errcode does not matter
		lengths = append(lengths, len(text)*2/3, len(text)-1)
	}
	for _, n := range lengths {
		p, err := newPlatform(s, always(ok(text[:n])))
		if err != nil {
			return err
		}
		result, err := s.Call(ctx, p.api)
		if fault := p.failed(result, err); fault != nil {
			return fmt.Errorf("after %d bytes: %w", n, fault)
		}
		if !errors.Is(err, wecom.ErrNoReply) {
			return fmt.Errorf("after %d bytes: the error is no wecom.ErrNoReply: %w", n, err)
		}
		if _, err := p.sent(1); !s.Safe && err != nil {
			return fmt.Errorf("after %d bytes: %w", n, err)
		}
	}
	return nil
}

// checkCancelledBefore: nothing is sent.
func checkCancelledBefore(ctx context.Context, s *subject) error {
	p, err := newPlatform(s, always(s.success()))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	result, err := s.Call(ctx, p.api)
	if fault := p.failed(result, err); fault != nil {
		return fault
	}
	if !errors.Is(err, context.Canceled) {
		return fmt.Errorf("the error is no context.Canceled: %w", err)
	}
	_, err = p.sent(0)
	return err
}

// checkCancelledDuring: the method returns at once and sends nothing more.
func checkCancelledDuring(ctx context.Context, s *subject) error {
	p, err := newPlatform(s, func(_ int, r *http.Request) (reply, error) {
		<-r.Context().Done()
		return reply{}, r.Context().Err()
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type outcome struct {
		result any
		err    error
	}
	done := make(chan outcome, 1)
	go func() {
		result, err := s.Call(ctx, p.api)
		done <- outcome{result, err}
	}()
	synctest.Wait()
	if _, err := p.sent(1); err != nil {
		return err
	}
	cancel()
	synctest.Wait()
	select {
	case end := <-done:
		if fault := p.failed(end.result, end.err); fault != nil {
			return fault
		}
		if !errors.Is(end.err, context.Canceled) {
			return fmt.Errorf("the error is no context.Canceled: %w", end.err)
		}
	default:
		<-done // the time limit of the client ends it
		return errors.New("the method goes on although its context has ended")
	}
	_, err = p.sent(1)
	return err
}

// checkRefused: after a refusal the call goes out once more, with a new token. A
// token that cannot be renewed, or none, makes the refusal final.
func checkRefused(ctx context.Context, s *subject) error {
	codes := []wecom.Code{40014, 42001}
	if s.token == Suite {
		codes = []wecom.Code{40082, 42009}
	}
	for _, code := range codes {
		if err := s.refuseOnce(ctx, code); err != nil {
			return fmt.Errorf("%d: %w", int(code), err)
		}
	}
	return s.refuseAlways(ctx, codes[0])
}

func refusal(code wecom.Code) reply {
	return ok(fmt.Sprintf(`{"errcode":%d,"errmsg":"token refused"}`, int(code)))
}

func (s *subject) refuseOnce(ctx context.Context, code wecom.Code) error {
	p, err := newPlatform(s, func(n int, _ *http.Request) (reply, error) {
		if n == 1 {
			return refusal(code), nil
		}
		return s.success(), nil
	})
	if err != nil {
		return err
	}
	result, err := s.Call(ctx, p.api)
	if !s.token.renewable() {
		return p.final(result, err, 1)
	}
	if err != nil {
		return err
	}
	sent, err := p.sent(2)
	if err != nil {
		return err
	}
	for i, r := range sent {
		if err := errors.Join(s.sameQuery(r, i+1), s.sameBody(r)); err != nil {
			return fmt.Errorf("request %d: %w", i+1, err)
		}
	}
	return nil
}

// refuseAlways: the second refusal is final.
func (s *subject) refuseAlways(ctx context.Context, code wecom.Code) error {
	p, err := newPlatform(s, always(refusal(code)))
	if err != nil {
		return err
	}
	result, err := s.Call(ctx, p.api)
	if s.token.renewable() {
		return p.final(result, err, 2)
	}
	return p.final(result, err, 1)
}

// final checks that a call ended with a refusal of its token after n requests.
func (p *platform) final(result any, err error, n int) error {
	if fault := p.failed(result, err); fault != nil {
		return fault
	}
	if !errors.Is(err, wecom.ErrTokenRejected) {
		return fmt.Errorf("the error is no wecom.ErrTokenRejected: %w", err)
	}
	_, err = p.sent(n)
	return err
}

// checkTransient: -1 is tried again for a method that only reads.
func checkTransient(ctx context.Context, s *subject) error {
	p, err := newPlatform(s, always(ok(`{"errcode":-1,"errmsg":"system error"}`)))
	if err != nil {
		return err
	}
	result, err := s.Call(ctx, p.api)
	if fault := p.failed(result, err); fault != nil {
		return fault
	}
	if !errors.Is(err, wecom.ErrTransient) {
		return fmt.Errorf("the error is not transient: %w", err)
	}
	if _, err := p.sent(s.attempts()); err != nil {
		return fmt.Errorf("the case says Safe: %v: %w", s.Safe, err)
	}
	return nil
}
