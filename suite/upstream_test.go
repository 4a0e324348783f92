package suite_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/suite"
)

// upstream stands for the platform: it gives the replies it was told, in order,
// the last one again and again, and records what came.
type upstream struct {
	t    *testing.T
	mock *httpmock.MockTransport

	mu    sync.Mutex
	calls []call
}

type call struct {
	path  string
	query url.Values
	body  map[string]any
}

func newUpstream(t *testing.T) *upstream {
	t.Helper()
	u := &upstream{t: t, mock: httpmock.NewMockTransport()}
	u.mock.RegisterNoResponder(func(r *http.Request) (*http.Response, error) {
		t.Errorf("unexpected call %s %s", r.Method, r.URL.Path)
		return nil, errors.New("unexpected call")
	})
	return u
}

// on sets the replies to a path.
func (u *upstream) on(method, path string, replies ...string) {
	next := 0
	u.handle(method, path, func(*http.Request) (*http.Response, error) {
		u.mu.Lock()
		defer u.mu.Unlock()
		reply := replies[min(next, len(replies)-1)]
		next++
		return httpmock.NewStringResponse(http.StatusOK, reply), nil
	})
}

// handle sets the responder of a path.
func (u *upstream) handle(method, path string, respond httpmock.Responder) {
	u.mock.RegisterResponder(method, wecom.DefaultBaseURL+path, func(r *http.Request) (*http.Response, error) {
		c := call{path: path, query: r.URL.Query()}
		if r.Body != nil {
			data, err := io.ReadAll(r.Body)
			if err != nil {
				return nil, err
			}
			if len(data) > 0 {
				if err := json.Unmarshal(data, &c.body); err != nil {
					return nil, err
				}
			}
		}
		u.mu.Lock()
		u.calls = append(u.calls, c)
		u.mu.Unlock()
		return respond(r)
	})
}

// suiteTokens lets get_suite_token succeed.
func (u *upstream) suiteTokens() {
	u.on("POST", "/cgi-bin/service/get_suite_token",
		`{"suite_access_token":"suite-token-1","expires_in":7200}`,
		`{"suite_access_token":"suite-token-2","expires_in":7200}`)
}

// to returns the calls to a path.
func (u *upstream) to(path string) []call {
	u.mu.Lock()
	defer u.mu.Unlock()
	var found []call
	for _, c := range u.calls {
		if c.path == path {
			found = append(found, c)
		}
	}
	return found
}

// paths returns where all calls went, in order.
func (u *upstream) paths() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	var paths []string
	for _, c := range u.calls {
		paths = append(paths, c.path)
	}
	return paths
}

func (u *upstream) api(opts ...wecom.Option) *wecom.Client {
	u.t.Helper()
	api, err := wecom.New(append([]wecom.Option{wecom.WithTransport(u.mock)}, opts...)...)
	require.NoError(u.t, err)
	return api
}

// thirdParty returns a third-party app that has a ticket.
func thirdParty(t *testing.T, api *wecom.Client, cfg suite.Config) *suite.Client {
	t.Helper()
	if cfg.ID == "" {
		cfg.ID = "ww1"
	}
	cfg.Secret = "suite-secret"
	app, err := suite.New(api, cfg)
	require.NoError(t, err)
	require.NoError(t, app.SaveTicket(t.Context(), wecom.NewSecret("ticket"), time.Now()))
	return app
}

// customized returns a template that has a ticket.
func customized(t *testing.T, api *wecom.Client, cfg suite.Config) *suite.Template {
	t.Helper()
	cfg.ID, cfg.Secret = "dk1", "template-secret"
	app, err := suite.NewTemplate(api, cfg)
	require.NoError(t, err)
	require.NoError(t, app.SaveTicket(t.Context(), wecom.NewSecret("ticket"), time.Now()))
	return app
}

// codes is a CodeStore that can fail and that tells what was done to it.
type codes struct {
	mu   sync.Mutex
	kept map[[2]string]suite.PermanentCode
	fail error                 // of every operation
	save func(context.Context) // called by SaveCode
	log  []string
}

func newCodes(records ...suite.PermanentCode) *codes {
	s := &codes{kept: make(map[[2]string]suite.PermanentCode)}
	for _, r := range records {
		s.kept[[2]string{r.SuiteID, r.CorpID}] = r
	}
	return s
}

func (s *codes) LoadCode(_ context.Context, suiteID, corpID string) (suite.PermanentCode, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return suite.PermanentCode{}, s.fail
	}
	r, ok := s.kept[[2]string{suiteID, corpID}]
	if !ok {
		return r, suite.ErrNoCode
	}
	return r, nil
}

func (s *codes) SaveCode(ctx context.Context, code suite.PermanentCode) error {
	if s.save != nil {
		s.save(ctx)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return s.fail
	}
	s.log = append(s.log, "save "+code.CorpID)
	s.kept[[2]string{code.SuiteID, code.CorpID}] = code
	return nil
}

func (s *codes) DropCode(_ context.Context, code suite.PermanentCode) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return s.fail
	}
	key := [2]string{code.SuiteID, code.CorpID}
	if s.kept[key].At.Equal(code.At) {
		s.log = append(s.log, "drop "+code.CorpID)
		delete(s.kept, key)
	}
	return nil
}

// setFail makes every operation fail, or none.
func (s *codes) setFail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = err
}

func record(suiteID, corpID, code string) suite.PermanentCode {
	return suite.PermanentCode{SuiteID: suiteID, CorpID: corpID, Code: wecom.NewSecret(code), At: time.Now()}
}

// brokenCache is a token cache that is down.
type brokenCache struct{}

var errDown = errors.New("cache is down")

func (brokenCache) Load(context.Context, string) (wecom.Token, error) { return wecom.Token{}, errDown }

func (brokenCache) Save(context.Context, string, wecom.Token) (bool, error) { return false, errDown }
func (brokenCache) Drop(context.Context, string, int64) error               { return errDown }
