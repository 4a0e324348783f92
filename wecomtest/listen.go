package wecomtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"
)

// headerTimeout ends connections that send nothing.
const headerTimeout = time.Minute

// WithAddr listens on a fixed address, such as 127.0.0.1:8080, in place of a free
// port. An address without a host (:8080) means the loopback interface; to let
// other machines reach the simulator, say so (0.0.0.0:8080).
func WithAddr(addr string) Option {
	return func(s *settings) error {
		host, port, err := net.SplitHostPort(addr)
		if err != nil || port == "" {
			return fmt.Errorf("wecomtest: WithAddr: %q is no host:port", addr)
		}
		if host == "" {
			host = loopbackIP
		}
		s.addr = net.JoinHostPort(host, port)
		return nil
	}
}

// WithListener serves on a listener of the caller's. The platform closes it;
// when [Start] fails it stays open.
func WithListener(l net.Listener) Option {
	return func(s *settings) error {
		if l == nil {
			return errors.New("wecomtest: WithListener: nil listener")
		}
		s.listener = l
		return nil
	}
}

// checkListen refuses options that contradict each other.
func (s *settings) checkListen() error {
	switch {
	case s.addr != "" && s.listener != nil:
		return errors.New("wecomtest: WithAddr and WithListener exclude each other")
	case s.noServer && (s.addr != "" || s.listener != nil):
		return errors.New("wecomtest: WithoutServer excludes WithAddr and WithListener")
	}
	return nil
}

// listen starts the server.
//
//nolint:contextcheck,nolintlint // The first reads this, the second does not see it: Close ends the server, no context does.
func (p *Platform) listen() error {
	listener := p.settings.listener
	if listener == nil {
		addr := p.settings.addr
		if addr == "" {
			addr = net.JoinHostPort(loopbackIP, "0")
		}
		var err error
		if listener, err = new(net.ListenConfig).Listen(context.Background(), "tcp", addr); err != nil {
			return fmt.Errorf("wecomtest: listen on %s: %w", addr, err)
		}
	}
	p.server = &httptest.Server{
		Listener: listener,
		Config:   &http.Server{Handler: http.HandlerFunc(p.serveHTTP), ReadHeaderTimeout: headerTimeout},
	}
	p.url = "http://" + reachable(listener.Addr().String())
	p.server.Start()
	return nil
}

// reachable is an address to call a listener at: loopback for one on all interfaces.
func reachable(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = loopbackIP
	}
	return net.JoinHostPort(host, port)
}

// mount is a handler under a prefix.
type mount struct {
	prefix string
	h      http.Handler
}

// Mount serves everything under a prefix, such as /console/, by a handler of the
// caller's, beside the API: for a console or a page of a test. The prefix begins
// and ends with a slash and is none that the platform serves itself. What the
// handler is asked is not recorded. Through [Platform.Transport] its answers arrive
// whole.
func (p *Platform) Mount(prefix string, h http.Handler) error {
	switch {
	case h == nil:
		return errors.New("wecomtest: Mount: nil handler")
	case len(prefix) < 3 || !strings.HasPrefix(prefix, "/") || !strings.HasSuffix(prefix, "/"):
		return fmt.Errorf("wecomtest: Mount: the prefix %q does not begin and end with a slash", prefix)
	case strings.HasPrefix(prefix, "/cgi-bin/") || isPage(prefix):
		return fmt.Errorf("wecomtest: Mount: the platform itself serves %s", prefix)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range p.mounts {
		if strings.HasPrefix(m.prefix, prefix) || strings.HasPrefix(prefix, m.prefix) {
			return fmt.Errorf("wecomtest: Mount: %s is taken", m.prefix)
		}
	}
	p.mounts = append(p.mounts, mount{prefix: prefix, h: h})
	return nil
}

// mounted is the handler for a path, or nil.
func (p *Platform) mounted(path string) http.Handler {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range p.mounts {
		if strings.HasPrefix(path, m.prefix) {
			return m.h
		}
	}
	return nil
}
