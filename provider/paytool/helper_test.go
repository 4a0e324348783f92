package paytool_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/provider"
	"github.com/wecom-isv/wecom/provider/paytool"
	"github.com/wecom-isv/wecom/testdata"
)

// apiSecret is the secret of the vectors.
const apiSecret = "at23pxnPBNQY3JiA8N5U1gabiQqxZwqH_Gihg7a_wrULmlOPVP-iiRjv9JWYPrDk"

// request is what reached the platform.
type request struct {
	Method string
	Path   string
	Query  url.Values
	Body   map[string]any
	Raw    string
}

// platform answers as a test says and notes what it was sent.
type platform struct {
	transport *httpmock.MockTransport

	mu       sync.Mutex
	tokens   int
	requests []request
}

// newDesk returns a cash desk on a platform that gives answers in turn, the last
// one again and again. Tokens are provider-token-1, provider-token-2 and so on.
func newDesk(t *testing.T, answers ...string) (*paytool.Client, *platform) {
	t.Helper()
	p := &platform{transport: httpmock.NewMockTransport()}
	p.transport.RegisterResponder(http.MethodPost, "/cgi-bin/service/get_provider_token", func(*http.Request) (*http.Response, error) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.tokens++
		return reply(fmt.Sprintf(`{"provider_access_token":"provider-token-%d","expires_in":7200}`, p.tokens)), nil
	})
	p.transport.RegisterNoResponder(func(r *http.Request) (*http.Response, error) {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		sent := request{Method: r.Method, Path: r.URL.Path, Query: r.URL.Query(), Raw: string(raw)}
		if err := json.Unmarshal(raw, &sent.Body); err != nil {
			return nil, err
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.requests = append(p.requests, sent)
		return reply(answers[min(len(p.requests), len(answers))-1]), nil
	})
	api, err := wecom.New(wecom.WithTransport(p.transport))
	require.NoError(t, err)
	vendor, err := provider.New(api, provider.Config{CorpID: "wwPROVIDER", Secret: "provider-secret"})
	require.NoError(t, err)
	desk, err := paytool.New(vendor, paytool.Config{Secret: apiSecret})
	require.NoError(t, err)
	return desk, p
}

func reply(body string) *http.Response {
	r := httpmock.NewStringResponse(http.StatusOK, body)
	r.Header.Set("Content-Type", "application/json")
	return r
}

func (p *platform) sent() []request {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.requests
}

// row is an endpoint of the contract table.
type row struct {
	ID             string            `yaml:"id"`
	Method         string            `yaml:"method"`
	Path           string            `yaml:"path"`
	ExampleBody    string            `yaml:"example_body"`
	ExampleResult  string            `yaml:"example_result"`
	BodyVariants   map[string]string `yaml:"example_body_variants"`
	ResultVariants map[string]string `yaml:"example_result_variants"`
}

// rowOf returns the row of the endpoint table with the given id.
func rowOf(t *testing.T, id string) row {
	t.Helper()
	data, err := testdata.Files.ReadFile("api/paytool.yaml")
	require.NoError(t, err)
	var rows []row
	require.NoError(t, yaml.Unmarshal(data, &rows))
	for _, r := range rows {
		if r.ID == id {
			return r
		}
	}
	require.Failf(t, "no such row", "%s", id)
	return row{}
}

// unsigned returns a body without what the client puts in, and what that was.
func unsigned(t *testing.T, body map[string]any) (plain map[string]any, nonce string, ts int64, sig string) {
	t.Helper()
	plain = make(map[string]any)
	for name, v := range body {
		switch name {
		case "nonce_str":
			nonce, _ = v.(string)
		case "ts":
			f, _ := v.(float64)
			ts = int64(f)
		case "sig":
			sig, _ = v.(string)
		default:
			plain[name] = v
		}
	}
	assert.NotEmpty(t, nonce)
	assert.NotZero(t, ts)
	assert.NotEmpty(t, sig)
	return plain, nonce, ts, sig
}

// decoded returns a JSON object as a map.
func decoded(t *testing.T, body string) map[string]any {
	t.Helper()
	var m map[string]any
	require.NoError(t, json.Unmarshal([]byte(body), &m))
	return m
}

// hmacOf signs text as WeCom's page says, apart from the code under test.
func hmacOf(text string) string {
	mac := hmac.New(sha256.New, []byte(apiSecret))
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
