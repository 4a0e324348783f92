package wecomtest

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// call is a request that agrees with its row of the table.
type call struct {
	row   *endpoint
	query url.Values
	body  map[string]any // numbers are json.Number
	token *token         // nil where the row wants none
	ip    string
	now   time.Time
}

// text returns a string field of the body or a query parameter; "" if absent.
func (c *call) text(name string) string {
	if s, ok := c.body[name].(string); ok {
		return s
	}
	return c.query.Get(name)
}

// number returns an integer field of the body or query parameter.
func (c *call) number(name string) (int64, bool) {
	var digits string
	if n, ok := c.body[name].(json.Number); ok {
		digits = n.String()
	} else {
		digits = c.query.Get(name)
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	return n, err == nil
}

// texts returns a list of strings from the body.
func (c *call) texts(name string) []string {
	list, _ := c.body[name].([]any)
	var all []string
	for _, v := range list {
		if s, ok := v.(string); ok {
			all = append(all, s)
		}
	}
	return all
}

// numbers returns a list of integers from the body.
func (c *call) numbers(name string) []int64 {
	list, _ := c.body[name].([]any)
	var all []int64
	for _, v := range list {
		n, ok := v.(json.Number)
		if !ok {
			continue
		}
		if i, err := n.Int64(); err == nil {
			all = append(all, i)
		}
	}
	return all
}

// checkCall compares a request with its row: method, credential, query, body.
func (p *Platform) checkCall(row *endpoint, r *RecordedCall) (*call, error) {
	if r.Method != row.Method {
		// 40003 is what WeCom gives for a GET on a POST interface; for the
		// reverse no code is documented.
		if row.Method == http.MethodPost {
			return nil, refusef(40003, "invalid method, %s wants POST", row.Path)
		}
		return nil, refusef(40058, "invalid method, %s wants %s", row.Path, row.Method)
	}
	if _, err := url.ParseQuery(r.rawQuery); err != nil {
		return nil, refusef(40058, "invalid query")
	}
	c := &call{row: row, query: r.Query, ip: r.FromIP, now: r.At}
	var err error
	if c.token, err = p.checkToken(row, r.Query); err != nil {
		return nil, err
	}
	if err := p.checkQuery(row, r.Query); err != nil {
		return nil, err
	}
	if strings.HasPrefix(row.ContentType, "multipart/") {
		return c, checkMultipart(row, r)
	}
	if c.body, err = decodeBody(r.Body); err != nil {
		return nil, err
	}
	if err := p.checkObject(row, "", row.Body, c.body); err != nil {
		return nil, err
	}
	return c, nil
}

func (p *Platform) checkQuery(row *endpoint, query url.Values) error {
	known := map[string]bool{row.CredentialParam: true}
	for _, f := range row.Query {
		known[f.Name] = true
		value := query.Get(f.Name)
		if value == "" {
			if f.Required {
				return missing(row, f.Name)
			}
			continue
		}
		switch f.Type {
		case "int32", "int64", "uint32":
			if _, err := strconv.ParseInt(value, 10, 64); err != nil {
				return refusef(40058, "invalid parameter %s: want a number", f.Name)
			}
		}
	}
	for name, values := range query {
		if p.settings.strict && !known[name] {
			return refusef(40058, "unknown query parameter %s", name)
		}
		if len(values) > 1 {
			return refusef(40058, "query parameter %s is given %d times", name, len(values))
		}
	}
	return nil
}

// decodeBody reads the one JSON object that a body is; an empty body is an empty
// object.
func decodeBody(body []byte) (map[string]any, error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, nil //nolint:nilnil // No body and no error.
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var object map[string]any
	if err := dec.Decode(&object); err != nil || object == nil {
		return nil, refusef(47001, "data format error")
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, refusef(47001, "data format error")
	}
	return object, nil
}

// checkObject compares an object with the fields it may have. path is its place
// in the body: "" or "a.b.".
func (p *Platform) checkObject(row *endpoint, path string, fields []field, object map[string]any) error {
	known := make(map[string]bool, len(fields))
	for _, f := range fields {
		known[f.Name] = true
		value, present := object[f.Name]
		if !present {
			if f.Required {
				return missing(row, path+f.Name)
			}
			continue
		}
		if value == "" && f.Required && path == "" {
			return missing(row, f.Name)
		}
		if err := p.checkValue(row, path+f.Name, f.Type, f.Fields, value); err != nil {
			return err
		}
	}
	if p.settings.strict {
		for name := range object {
			if !known[name] {
				return refusef(40058, "unknown field %s", path+name)
			}
		}
	}
	return nil
}

func (p *Platform) checkValue(row *endpoint, path, typ string, fields []field, value any) error {
	if element, isArray := strings.CutPrefix(typ, "array<"); isArray {
		list, ok := value.([]any)
		if !ok {
			return refusef(40058, "invalid parameter %s: want an array", path)
		}
		for _, v := range list {
			if err := p.checkValue(row, path, strings.TrimSuffix(element, ">"), fields, v); err != nil {
				return err
			}
		}
		return nil
	}
	ok := false
	switch typ {
	case "string":
		_, ok = value.(string)
	case "bool":
		_, ok = value.(bool)
	case "int32", "uint32", "int64":
		ok = isInteger(value, typ)
	case "float64":
		_, ok = value.(json.Number)
	case "object":
		var object map[string]any
		if object, ok = value.(map[string]any); ok && fields != nil {
			return p.checkObject(row, path+".", fields, object)
		}
	default:
		ok = true
	}
	if !ok {
		return refusef(40058, "invalid parameter %s: want %s", path, typ)
	}
	return nil
}

func isInteger(value any, typ string) bool {
	n, ok := value.(json.Number)
	if !ok {
		return false
	}
	i, err := n.Int64()
	if err != nil {
		return false
	}
	switch typ {
	case "int32":
		return math.MinInt32 <= i && i <= math.MaxInt32
	case "uint32":
		return 0 <= i && i <= math.MaxUint32
	}
	return true
}

// missing is the refusal for a required parameter that is absent or empty.
func missing(row *endpoint, name string) *apiError {
	code := 40058
	switch name {
	case "suite_id":
		code = 41021
	case "suite_ticket":
		code = 41023
	case "suite_secret":
		code = 41024
	case "permanent_code":
		code = 41025
	case "auth_code", "code", "js_code":
		code = 41008
	case "corpid":
		code = 41002
	case "corpsecret", "provider_secret":
		code = 41004
	case "userid":
		code = 41009
	case "agentid":
		code = 41011
	case "media_id":
		code = 41006
	case "auth_corpid":
		code = 84054
	case "template_id":
		if row.chapter == "register" {
			code = 84019
		}
	case "register_code":
		code = 84021
	}
	return refusef(code, "missing parameter %s", name)
}

// checkMultipart wants one part named as the row says, with a file name and
// content.
func checkMultipart(row *endpoint, r *RecordedCall) error {
	media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != row.ContentType || params["boundary"] == "" {
		return refusef(44001, "empty media data, want %s with a boundary", row.ContentType)
	}
	reader := multipart.NewReader(bytes.NewReader(r.Body), params["boundary"])
	part, err := reader.NextPart()
	if err != nil {
		return refusef(44001, "empty media data")
	}
	content, err := io.ReadAll(part)
	if err != nil || len(content) == 0 {
		return refusef(44001, "empty media data")
	}
	if len(row.Body) > 0 && part.FormName() != row.Body[0].Name {
		return refusef(40058, "unknown part %s, want %s", part.FormName(), row.Body[0].Name)
	}
	if part.FileName() == "" {
		return refusef(40058, "the part has no filename")
	}
	return nil
}
