package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/wecomtest"
)

// lockedBuffer is written to by many goroutines.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// world is the program with its simulated platform, as runSimulated starts it.
type world struct {
	*site
	file string // SQLite
	log  *lockedBuffer
	stop func() error
}

func newWorld(t *testing.T, opts ...wecomtest.Option) *world {
	t.Helper()
	return newWorldWith(t, "", opts...)
}

// newWorldWith is newWorld with a Redis, if there is an address.
func newWorldWith(t *testing.T, redis string, opts ...wecomtest.Option) *world {
	t.Helper()
	listener := listen(t)
	sim, err := newSimulation("http://"+listener.Addr().String(), opts...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = sim.close() })
	w := &world{file: filepath.Join(t.TempDir(), "isv.db"), log: new(lockedBuffer)}
	logger := slog.New(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug - 4}))
	cfg := sim.configure()
	cfg.redis = redis
	w.site, err = newSite(t.Context(), cfg, w.file, sim, logger)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.serve(ctx, listener) }()
	w.stop = sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	t.Cleanup(func() { assert.NoError(t, w.stop()) })
	inTime(t, func() bool {
		found, err := w.store.records.NewestEvents(t.Context(), 3)
		require.NoError(t, err)
		return len(found) == 2
	}, "the first tickets have come, of the app and of the login authorisation")
	return w
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	return listener
}

// corp returns one of the simulated corps by its name.
func (w *world) corp(name string) *wecomtest.Corp { return w.sim.platform.Corp(name) }

// visitor is a browser without scripts.
type visitor struct {
	t    *testing.T
	base string
	http *http.Client
}

func (w *world) visitor(t *testing.T) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &visitor{t: t, base: w.cfg.PublicURL, http: &http.Client{
		Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// answer is what a visitor gets.
type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) to() string { return a.header.Get("Location") }

// get opens a path of the site, or an absolute address.
func (v *visitor) get(address string, headers ...string) answer {
	v.t.Helper()
	return v.send(http.MethodGet, address, nil, headers...)
}

// post sends a form as a browser does from a page of the site.
func (v *visitor) post(path string, form url.Values, headers ...string) answer {
	v.t.Helper()
	headers = append([]string{"Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin"}, headers...)
	return v.send(http.MethodPost, path, strings.NewReader(form.Encode()), headers...)
}

func (v *visitor) send(method, address string, body io.Reader, headers ...string) answer {
	v.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = v.base + address
	}
	req, err := http.NewRequestWithContext(v.t.Context(), method, address, body)
	require.NoError(v.t, err)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := v.http.Do(req)
	require.NoError(v.t, err)
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	require.NoError(v.t, err)
	return answer{res.StatusCode, res.Header, string(text)}
}

// install goes through the installation as the administrator of corp.
func (v *visitor) install(corp *wecomtest.Corp) answer {
	v.t.Helper()
	page := v.get("/install")
	require.Equal(v.t, http.StatusOK, page.status, page.body)
	back, err := corp.Authorize(v.t.Context(), link(v.t, page.body, "/3rdapp/install"))
	require.NoError(v.t, err)
	return v.get(back.String())
}

// signIn signs in as a member of corp through one of the two buttons.
func (v *visitor) signIn(corp *wecomtest.Corp, user wecomtest.User, button string) answer {
	v.t.Helper()
	start := v.get(button)
	require.Equal(v.t, http.StatusFound, start.status, start.body)
	back, err := corp.Login(v.t.Context(), user, start.to())
	require.NoError(v.t, err)
	return v.get(back.String())
}

// operator returns a visitor who is signed in as staff of the vendor.
func (w *world) operator(t *testing.T) *visitor {
	t.Helper()
	v := w.visitor(t)
	done := v.signIn(w.sim.vendor, w.sim.vendor.Admin(), "/admin?next=/corps")
	require.Equal(t, http.StatusSeeOther, done.status, done.body)
	require.Equal(t, "/corps", done.to())
	return v
}

// link finds a link of a page by a part of its address.
func link(t *testing.T, page, part string) string {
	t.Helper()
	for _, piece := range strings.Split(page, `href="`)[1:] {
		if address, _, _ := strings.Cut(piece, `"`); strings.Contains(address, part) {
			return strings.ReplaceAll(address, "&amp;", "&")
		}
	}
	require.Failf(t, "no such link", "%s in\n%s", part, page)
	return ""
}
