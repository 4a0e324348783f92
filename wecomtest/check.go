package wecomtest

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// call is a request that agrees with its row of the table.
type call struct {
	row    *endpoint
	query  url.Values
	header http.Header
	body   map[string]any // numbers are json.Number
	upload *upload        // nil unless the row wants a multipart form
	token  *token         // nil where the row wants none
	ip     string
	now    time.Time
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
	c := &call{row: row, query: r.Query, header: r.Header, ip: r.FromIP, now: r.At}
	var err error
	if c.token, err = p.checkToken(row, r.Query); err != nil {
		return nil, err
	}
	if err := p.checkQuery(row, r.Query); err != nil {
		return nil, err
	}
	if strings.HasPrefix(row.ContentType, "multipart/") {
		c.upload, err = readUpload(row, r)
		return c, err
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
	for i := range row.Query {
		f := &row.Query[i]
		value := query.Get(f.Name)
		if value == "" {
			if f.Required {
				return missing(row, f.Name)
			}
			continue
		}
		if err := checkQueryValue(f, value); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if p.settings.strict && name != row.CredentialParam && !hasField(row.Query, name) {
			return refusef(40058, "unknown query parameter %s", name)
		}
		if len(query[name]) > 1 {
			return refusef(40058, "query parameter %s is given %d times", name, len(query[name]))
		}
	}
	return nil
}

func checkQueryValue(f *field, value string) error {
	switch f.Type {
	case "int32", "int64", "uint32":
		if !isInteger(json.Number(value), f.Type) {
			return refusef(40058, "invalid parameter %s: want a number", f.Name)
		}
		return checkLimits(f.Name, f, json.Number(value))
	}
	return checkLimits(f.Name, f, value)
}

// decodeBody reads the one JSON object that a body is; an empty body is an empty
// object.
func decodeBody(body []byte) (map[string]any, error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, nil //nolint:nilnil // No body and no error.
	}
	if !utf8.Valid(body) {
		return nil, refusef(47001, "data format error, the body is not UTF-8")
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
	if err := p.checkNames(path, fields, object); err != nil {
		return err
	}
	for i := range fields {
		f := &fields[i]
		value, present := object[f.Name]
		if !present {
			if f.Required {
				return missingField(row, path, f)
			}
			continue
		}
		if value == "" && f.Required && path == "" {
			return missing(row, f.Name)
		}
		if err := p.checkValue(row, path+f.Name, f.Type, f.Fields, value); err != nil {
			return err
		}
		if err := checkLimits(path+f.Name, f, value); err != nil {
			return err
		}
	}
	return nil
}

// checkNames refuses names that the table does not have, unless
// [AllowUnknownFields] is given.
func (p *Platform) checkNames(path string, fields []field, object map[string]any) error {
	if !p.settings.strict {
		return nil
	}
	var unknown []string
	for name := range object {
		if !hasField(fields, name) {
			unknown = append(unknown, name)
		}
	}
	if unknown == nil {
		return nil
	}
	return refusef(40058, "unknown field %s", path+slices.Min(unknown))
}

func hasField(fields []field, name string) bool {
	for i := range fields { // a field is too large to be copied for this
		if fields[i].Name == name {
			return true
		}
	}
	return false
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

// missingField is the refusal for a field of the body that is absent. In a nested
// object it has the code that the table gives to the field, if there is one.
func missingField(row *endpoint, path string, f *field) *apiError {
	if path != "" && f.Limits.Code != 0 {
		return refusef(f.Limits.Code, "missing parameter %s", path+f.Name)
	}
	return missing(row, path+f.Name)
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
