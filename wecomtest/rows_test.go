package wecomtest

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tableCaller calls rows of the table with their examples over a Transport.
type tableCaller struct {
	p      *Platform
	corp   *Corp
	tokens map[string]string // by kind of credential
}

func newTableCaller(t *testing.T) *tableCaller {
	t.Helper()
	p := NewPlatform(t, WithoutServer())
	app, corp := p.NewApp(AppConfig{ContactWrite: true}), p.NewCorp("Acme")
	made, err := corp.Install(t.Context(), app)
	require.NoError(t, err)
	c := &tableCaller{p: p, corp: corp, tokens: map[string]string{}}
	for path, body := range map[string]map[string]string{
		"/cgi-bin/service/get_suite_token":    {"suite_id": app.ID, "suite_secret": app.Secret, "suite_ticket": app.IssueTicket()},
		"/cgi-bin/service/get_provider_token": {"corpid": p.provider.CorpID, "provider_secret": p.provider.Secret},
	} {
		c.keep(t, path, body)
	}
	c.keep(t, "/cgi-bin/service/get_corp_token?suite_access_token="+c.tokens["suite_access_token"],
		map[string]string{"auth_corpid": corp.ID, "permanent_code": made.PermanentCode})
	return c
}

// keep calls an endpoint that gives a token.
func (c *tableCaller) keep(t *testing.T, pathAndQuery string, body map[string]string) {
	t.Helper()
	text, err := json.Marshal(body)
	require.NoError(t, err)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.p.URL()+pathAndQuery, bytes.NewReader(text))
	require.NoError(t, err)
	_, answer := c.do(t, r)
	for name, value := range answer {
		if token, isText := value.(string); isText && strings.HasSuffix(name, "access_token") {
			c.tokens[name] = token
		}
	}
}

func (c *tableCaller) do(t *testing.T, r *http.Request) (*http.Response, map[string]any) {
	t.Helper()
	response, err := c.p.Transport().RoundTrip(r)
	require.NoError(t, err)
	defer func() { assert.NoError(t, response.Body.Close()) }()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	if !strings.HasPrefix(response.Header.Get("Content-Type"), "application/json") {
		return response, nil
	}
	answer, err := decodeBody(body)
	require.NoError(t, err, "%s", body)
	return response, answer
}

// exampleRequest is the row's example with a credential that lives.
func (c *tableCaller) exampleRequest(t *testing.T, row *endpoint) *http.Request {
	t.Helper()
	query := url.Values{}
	if row.CredentialParam != "" {
		query.Set(row.CredentialParam, c.credential(row))
	}
	for _, f := range row.Query {
		if f.Required {
			query.Set(f.Name, exampleValue(&f))
		}
	}
	body, contentType := io.Reader(strings.NewReader(row.ExampleBody)), "application/json"
	if strings.HasPrefix(row.ContentType, "multipart/") {
		body, contentType = exampleForm(t, row)
	}
	r, err := http.NewRequestWithContext(t.Context(), row.Method, c.p.URL()+row.Path+"?"+query.Encode(), body)
	require.NoError(t, err)
	r.Header.Set("Content-Type", contentType)
	return r
}

// credential is a living token for the row. What a registration calls gets a new
// one each time: contact_sync_success ends it.
func (c *tableCaller) credential(row *endpoint) string {
	if row.chapter != "register" || row.Credential != "access_token" {
		return c.tokens[row.Credential]
	}
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	return c.p.issue(tokenKey{kind: ContactToken, owner: c.corp}, NewTokenEachTime, kindContactToken, c.p.Now(),
		func(t *token) { t.corp = c.corp }).value
}

func exampleValue(f *field) string {
	switch {
	case f.Name == "grant_type":
		return "authorization_code"
	case len(f.Limits.Enum) > 0:
		if n, isNumber := f.Limits.Enum[0].(int); isNumber {
			return strconv.Itoa(n)
		}
		text, _ := f.Limits.Enum[len(f.Limits.Enum)-1].(string) // file, not image, which must be one
		return text
	case f.Type == "string":
		return "agent_config" // a type that ticket/get wants, and any text elsewhere
	}
	return "1"
}

func exampleForm(t *testing.T, row *endpoint) (io.Reader, string) {
	t.Helper()
	name := "media"
	if len(row.Body) > 0 {
		name = row.Body[0].Name
	}
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile(name, "example.txt")
	require.NoError(t, err)
	_, err = io.WriteString(part, "an example")
	require.NoError(t, err)
	require.NoError(t, form.Close())
	return &body, form.FormDataContentType()
}

// formCodes are refusals of a request as such: an example must not meet them.
var formCodes = []int{-1, 40003, 40008, 40014, 40058, 40082, 41001, 41022, 42001, 42009, 44001, 47001, 48001}

// placeholders are examples whose made-up values WeCom would refuse too.
var placeholders = []string{
	"suite.get_permanent_code", "suite.get_permanent_code_v2", "suite.set_session_info", // codes
	"contact.user.list_id", "paytool.get_invoice_list", // cursors
	"license.list_order", // its times are the same
}

// Every row of the table answers its own example: with a result that fits the row,
// or with a refusal that the code table knows because the example's ids mean nothing
// here.
func TestEveryRowAnswersItsExample(t *testing.T) {
	t.Parallel()
	table, err := loadTable()
	require.NoError(t, err)
	meanings, err := loadMeanings()
	require.NoError(t, err)
	c := newTableCaller(t)
	answered, refused := 0, 0
	for _, row := range table {
		response, answer := c.do(t, c.exampleRequest(t, row))
		require.Equal(t, http.StatusOK, response.StatusCode, row.ID)
		if answer == nil { // a download
			assert.NotEmpty(t, row.ExampleResponse, row.ID)
			answered++
			continue
		}
		code := 0
		if n, isNumber := answer["errcode"].(json.Number); isNumber {
			n, err := n.Int64()
			require.NoError(t, err)
			code = int(n)
		}
		if code != 0 {
			refused++
			if !slices.Contains(placeholders, row.ID) {
				assert.NotContains(t, formCodes, code, "%s: %v", row.ID, answer["errmsg"])
			}
			assert.NotEmpty(t, meanings[code], "%s: %d", row.ID, code)
			continue
		}
		answered++
		fields := slices.Concat([]field{{Name: "errcode", Type: "int32"}, {Name: "errmsg", Type: "string"}}, row.Result)
		if _, stateful := c.p.handlers[row.ID]; stateful { // the published examples have faults of their own
			assert.NoError(t, c.p.checkObject(row, "", fields, answer), row.ID)
		}
	}
	t.Logf("%d rows: %d answered, %d refused for their state", len(table), answered, refused)
	assert.GreaterOrEqual(t, len(table), 165)
	assert.Greater(t, answered, 30) // the others are answered in TestStatefulRepliesFitTheTable
}

// The page about the simulator lists every call of the control API and names what
// its requests may hold.
func TestControlIsDocumented(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/simulator.md")
	require.NoError(t, err)
	p := NewPlatform(t, WithoutServer(), WithControl())
	for _, route := range p.controlRoutes() {
		assert.Contains(t, string(page), "`"+route.Pattern+"`")
		assert.NotEmpty(t, route.Does, route.Pattern)
	}
	for name := range tokenKindNames {
		assert.Contains(t, string(page), "`"+name.String()+"`")
	}
}
