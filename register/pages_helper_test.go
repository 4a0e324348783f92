package register_test

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/callback"
	"github.com/wecom-isv/wecom/provider"
	"github.com/wecom-isv/wecom/register"
	"github.com/wecom-isv/wecom/wecomtest"
)

const flowKey = "CANARY-key-of-thirty-two-bytes-or-more"

// site is a vendor's site on several machines that share a cache.
type site struct {
	platform *wecomtest.Platform
	pkg      *wecomtest.Package
	cache    wecom.TokenCache

	mu         sync.Mutex
	registered []register.Registration
	entered    []register.Entry
	hookErrs   []error // of one call of Registered after another
}

func newSite(t *testing.T) *site {
	t.Helper()
	platform := wecomtest.NewPlatform(t, wecomtest.WithoutServer())
	return &site{
		platform: platform, cache: wecom.NewMemoryCache(),
		pkg: platform.NewPackage(wecomtest.PackageConfig{ContactMigration: true}),
	}
}

// told notes a registration.
func (s *site) told(_ context.Context, reg register.Registration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.registered = append(s.registered, reg)
	if len(s.hookErrs) == 0 {
		return nil
	}
	err := s.hookErrs[0]
	s.hookErrs = s.hookErrs[1:]
	return err
}

func (s *site) toldOf() []register.Registration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]register.Registration(nil), s.registered...)
}

func (s *site) client(t *testing.T, opts ...wecom.Option) *register.Client {
	t.Helper()
	vendor := s.platform.Provider()
	api, err := wecom.New(append([]wecom.Option{
		wecom.WithBaseURL(s.platform.URL()), wecom.WithTransport(s.platform.Transport()), wecom.WithTokenCache(s.cache),
	}, opts...)...)
	require.NoError(t, err)
	p, err := provider.New(api, provider.Config{CorpID: vendor.CorpID, Secret: vendor.Secret})
	require.NoError(t, err)
	return register.New(p)
}

// machine is one more process of the site.
func (s *site) machine(t *testing.T, change ...func(*register.FlowConfig)) *register.Flow {
	t.Helper()
	cfg := register.FlowConfig{
		Key: wecom.NewSecret(flowKey), TemplateID: s.pkg.TemplateID, Registered: s.told,
		Entered: func(_ context.Context, e register.Entry) error {
			s.entered = append(s.entered, e)
			return nil
		},
	}
	for _, f := range change {
		f(&cfg)
	}
	flow, err := register.NewFlow(s.client(t), cfg)
	require.NoError(t, err)
	return flow
}

// receives lets a machine serve the system-event URL.
func (s *site) receives(t *testing.T, flow *register.Flow) {
	t.Helper()
	vendor := s.platform.Provider()
	var mux callback.Mux
	flow.Handle(&mux)
	h, err := callback.NewHandler(callback.Config{Token: vendor.Token, AESKey: vendor.AESKey, Receivers: []string{vendor.CorpID}}, &mux)
	require.NoError(t, err)
	s.platform.Handle("app.example", h)
	vendor.SetCallbackURL("https://app.example/system")
}

// tab is a browser with one page of a Flow open.
type tab struct {
	address string // of the page, with the ticket
	cookie  *http.Cookie
	header  http.Header
}

func (b *tab) request(t *testing.T, method, address string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, address, http.NoBody)
	if b.cookie != nil {
		r.AddCookie(b.cookie)
	}
	maps.Copy(r.Header, b.header)
	return r
}

func (b *tab) do(t *testing.T, h http.Handler, method, address string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, b.request(t, method, address))
	return w
}

// visit opens the page of flow for the first time.
func visit(t *testing.T, flow http.Handler, query string) *tab {
	t.Helper()
	b := new(tab)
	w := b.do(t, flow, http.MethodGet, "https://app.example/register/"+query)
	require.Equal(t, http.StatusSeeOther, w.Code)
	cookies := w.Result().Cookies() //nolint:bodyclose // A recorder.
	require.Len(t, cookies, 1)
	b.cookie = &http.Cookie{Name: cookies[0].Name, Value: cookies[0].Value}
	base, err := url.Parse("https://app.example/register/")
	require.NoError(t, err)
	to, err := base.Parse(w.Header().Get("Location"))
	require.NoError(t, err)
	b.address = to.String()
	return b
}

// at is the address of name, beside the page.
func (b *tab) at(name string) string { return strings.Replace(b.address, "/?", "/"+name+"?", 1) }

func (b *tab) page(t *testing.T, flow http.Handler) *httptest.ResponseRecorder {
	t.Helper()
	return b.do(t, flow, http.MethodGet, b.address)
}

// press sends the form of the button and returns the address at WeCom.
func (b *tab) press(t *testing.T, flow http.Handler) string {
	t.Helper()
	w := b.do(t, flow, http.MethodPost, b.at("open"))
	require.Equal(t, http.StatusSeeOther, w.Code, w.Body)
	link := w.Header().Get("Location")
	require.Contains(t, link, "/3rdservice/wework/register?register_code=")
	require.Empty(t, w.Body.String())
	return link
}

// stream is the open event stream of a page.
type stream struct {
	*httptest.ResponseRecorder
	sent chan string
	done chan struct{}
	stop context.CancelFunc
}

// Write hands over what a browser would get now.
func (s *stream) Write(b []byte) (int, error) {
	s.sent <- string(b)
	return len(b), nil
}

// listen opens the event stream of the page. Use it in a synctest bubble.
func (b *tab) listen(t *testing.T, flow http.Handler, lastEvent string) *stream {
	t.Helper()
	s := &stream{ResponseRecorder: httptest.NewRecorder(), sent: make(chan string, 1000), done: make(chan struct{})}
	r := b.request(t, http.MethodGet, b.at("events"))
	if lastEvent != "" {
		r.Header.Set("Last-Event-Id", lastEvent)
	}
	ctx, stop := context.WithCancel(r.Context())
	s.stop = stop
	t.Cleanup(stop)
	go func() {
		defer close(s.done)
		flow.ServeHTTP(s, r.WithContext(ctx))
	}()
	return s
}

// got returns what was sent since the last call.
func (s *stream) got() string {
	var all strings.Builder
	for {
		select {
		case text := <-s.sent:
			all.WriteString(text)
		default:
			return all.String()
		}
	}
}

func (s *stream) ended() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

// says is an event of a stream.
func says(state register.State) string {
	return "id: " + string(state) + "\nevent: state\ndata: {\"state\":\"" + string(state) + "\"}\n\n"
}

func assertShows(t *testing.T, w *httptest.ResponseRecorder, status int, texts ...string) {
	t.Helper()
	assert.Equal(t, status, w.Code)
	for _, text := range texts {
		assert.Contains(t, w.Body.String(), text)
	}
}

// id is the id of the registration, which is the state that WeCom brings back.
func (b *tab) id() string {
	_, ticket, _ := strings.Cut(b.address, "t=")
	return ticket[:32]
}

// registerCorp is the event of a registration that began in b.
func registerCorp(s *site, b *tab) string {
	return "<xml><ServiceCorpId>" + s.platform.Provider().CorpID + "</ServiceCorpId><InfoType>register_corp</InfoType>" +
		"<TimeStamp>1502682173</TimeStamp><RegisterCode>CANARY-code</RegisterCode><AuthCorpId>wpNewCorp</AuthCorpId>" +
		"<AuthUserInfo><UserId>zhangsan</UserId></AuthUserInfo><State>" + b.id() + "</State>" +
		"<TemplateId>" + s.pkg.TemplateID + "</TemplateId></xml>"
}

func deliver(t *testing.T, s *site, flow *register.Flow, event string) error {
	t.Helper()
	return deliverIn(t.Context(), s, flow, event)
}

// deliverIn hands an event to a machine, as its handler or its queue does.
func deliverIn(ctx context.Context, s *site, flow *register.Flow, event string) error {
	var mux callback.Mux
	flow.Handle(&mux)
	env, err := callback.Parse([]byte(event), s.platform.Provider().CorpID)
	if err != nil {
		return err
	}
	return mux.Dispatch(ctx, env)
}
