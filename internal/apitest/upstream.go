package apitest

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
)

// Upstream is a platform for tests of behaviour beyond a single row: it answers
// calls in turn, with the last reply for ever, and keeps what arrives.
type Upstream struct {
	mu       sync.Mutex
	replies  []string
	requests []Request
}

// Request is a call as it arrived, without its token.
type Request struct {
	Method, Path string
	Query        url.Values
	ContentType  string
	Body         string
}

// NewUpstream returns an upstream and a credential for calls to it.
func NewUpstream(t *testing.T, replies ...string) (wecom.AccessToken, *Upstream) {
	t.Helper()
	u := &Upstream{replies: replies}
	mock := httpmock.NewMockTransport()
	mock.RegisterNoResponder(u.answer)
	api, err := wecom.New(wecom.WithTransport(mock))
	require.NoError(t, err)
	token, err := wecom.NewAccessToken(api, wecom.TokenFunc(func(context.Context) (wecom.Token, error) {
		return wecom.Token{Value: "token"}, nil
	}))
	require.NoError(t, err)
	return token, u
}

func (u *Upstream) answer(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	query := r.URL.Query()
	query.Del(wecom.ParamAccessToken)
	u.mu.Lock()
	defer u.mu.Unlock()
	u.requests = append(u.requests, Request{r.Method, r.URL.Path, query, r.Header.Get("Content-Type"), string(body)})
	return httpmock.NewStringResponse(http.StatusOK, u.replies[min(len(u.requests), len(u.replies))-1]), nil
}

// Requests returns what has arrived so far.
func (u *Upstream) Requests() []Request {
	u.mu.Lock()
	defer u.mu.Unlock()
	return slices.Clone(u.requests)
}
