package provider_test

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"sync"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/provider"
)

// errLost is what a broken connection gives.
var errLost = errors.New("connection reset by peer")

// request is a call as the platform saw it.
type request struct {
	method, path, body, contentType string
	query                           url.Values
}

// upstream stands for the platform and records what it was asked, the provider
// token apart.
type upstream struct {
	t      *testing.T
	answer func(r request, n int) (string, error) // to the nth request, from 0

	mu   sync.Mutex
	seen []request
}

// newUpstream returns a provider and the platform that answers it.
func newUpstream(t *testing.T, answer func(r request, n int) (string, error)) (*provider.Client, *upstream) {
	t.Helper()
	u := &upstream{t: t, answer: answer}
	mock := httpmock.NewMockTransport()
	mock.RegisterNoResponder(u.respond)
	api, err := wecom.New(wecom.WithTransport(mock))
	require.NoError(t, err)
	return newProvider(t, api), u
}

// inOrder answers with list in order, with the last of it again and again.
func inOrder(list ...string) func(request, int) (string, error) {
	return func(_ request, n int) (string, error) { return list[min(n, len(list)-1)], nil }
}

func (u *upstream) respond(r *http.Request) (*http.Response, error) {
	if r.URL.Path == tokenPath {
		return httpmock.NewStringResponse(http.StatusOK, `{"provider_access_token":"canary-token","expires_in":7200}`), nil
	}
	got := request{method: r.Method, path: r.URL.Path, query: r.URL.Query(), contentType: r.Header.Get("Content-Type")}
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		got.body = string(body)
	}
	if token := got.query["provider_access_token"]; len(token) != 1 || token[0] != "canary-token" {
		u.t.Errorf("%s came with the tokens %q", got.path, token)
	}
	got.query.Del("provider_access_token")
	u.mu.Lock()
	defer u.mu.Unlock()
	n := len(u.seen)
	u.seen = append(u.seen, got)
	reply, err := u.answer(got, n)
	if err != nil {
		return nil, err
	}
	return httpmock.NewStringResponse(http.StatusOK, reply), nil
}

// requests returns what was asked so far.
func (u *upstream) requests() []request {
	u.mu.Lock()
	defer u.mu.Unlock()
	return append([]request(nil), u.seen...)
}

// bodies returns the bodies of what was asked so far.
func (u *upstream) bodies() (bodies []string) {
	for _, r := range u.requests() {
		bodies = append(bodies, r.body)
	}
	return bodies
}
