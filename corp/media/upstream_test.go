package media_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"sync"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/corp/media"
)

// upstream answers calls in turn, with the last reply for ever, and keeps what
// arrives.
type upstream struct {
	mu      sync.Mutex
	replies []string
	got     []request
}

type request struct {
	method, path string
	query        url.Values
	contentType  string
	body         string
}

func newClient(t *testing.T, replies ...string) (*media.Client, *upstream) {
	t.Helper()
	u := &upstream{replies: replies}
	mock := httpmock.NewMockTransport()
	mock.RegisterNoResponder(u.answer)
	api, err := wecom.New(wecom.WithTransport(mock))
	require.NoError(t, err)
	token, err := wecom.NewAccessToken(api, wecom.TokenFunc(func(context.Context) (wecom.Token, error) {
		return wecom.Token{Value: "token"}, nil
	}))
	require.NoError(t, err)
	return media.New(token), u
}

func (u *upstream) answer(r *http.Request) (*http.Response, error) {
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
	u.got = append(u.got, request{r.Method, r.URL.Path, query, r.Header.Get("Content-Type"), string(body)})
	return httpmock.NewStringResponse(http.StatusOK, u.replies[min(len(u.got), len(u.replies))-1]), nil
}

func (u *upstream) requests() []request {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.got
}
