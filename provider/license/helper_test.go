package license_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/provider"
	"github.com/wecom-isv/wecom/provider/license"
)

const (
	providerSecret = "canary-provider-secret"
	providerToken  = "canary-provider-token"
	tokenPath      = "/cgi-bin/service/get_provider_token"
	prefix         = "/cgi-bin/license/"
)

// lost as a reply is none: the connection breaks after the request.
const lost = "lost"

// platform answers each endpoint with its replies in order, the last one again
// and again, and keeps the bodies that it was sent.
type platform struct {
	t       *testing.T
	replies map[string][]string // by the last segment of the path

	mu     sync.Mutex
	bodies map[string][]string
}

// newClient returns a client of a platform that answers so.
func newClient(t *testing.T, replies map[string][]string, opts ...wecom.Option) (*license.Client, *platform) {
	t.Helper()
	p := &platform{t: t, replies: replies, bodies: make(map[string][]string)}
	mock := httpmock.NewMockTransport()
	mock.RegisterNoResponder(p.answer)
	api, err := wecom.New(append([]wecom.Option{wecom.WithTransport(mock)}, opts...)...)
	require.NoError(t, err)
	return license.New(newProvider(t, api)), p
}

func newProvider(t *testing.T, api *wecom.Client) *provider.Client {
	t.Helper()
	p, err := provider.New(api, provider.Config{CorpID: "wwprovider", Secret: providerSecret})
	require.NoError(t, err)
	return p
}

func (p *platform) answer(r *http.Request) (*http.Response, error) {
	if r.URL.Path == tokenPath {
		return httpmock.NewStringResponse(http.StatusOK, `{"provider_access_token":"`+providerToken+`","expires_in":7200}`), nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if got := r.URL.Query().Get("provider_access_token"); got != providerToken {
		p.t.Errorf("%s came with the token %q", r.URL.Path, got)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	name := strings.TrimPrefix(r.URL.Path, prefix)
	list, n := p.replies[name], len(p.bodies[name])
	p.bodies[name] = append(p.bodies[name], string(body))
	if len(list) == 0 {
		return nil, fmt.Errorf("no reply to %s was prepared", r.URL.Path)
	}
	if reply := list[min(n, len(list)-1)]; reply != lost {
		return httpmock.NewStringResponse(http.StatusOK, reply), nil
	}
	return nil, errors.New("connection reset by peer")
}

// sent returns the bodies that an endpoint was sent.
func (p *platform) sent(name string) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.bodies[name]
}

// calls returns the number of calls of all endpoints.
func (p *platform) calls() (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, bodies := range p.bodies {
		n += len(bodies)
	}
	return n
}
