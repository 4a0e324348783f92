package main

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"sync/atomic"
	"time"

	"github.com/wecom-isv/wecom/wecomtest"
)

// gate serves the platform on a loopback address and counts the fetches of tokens
// that go through. The platform itself remembers every call, which is too much for
// a fleet that runs for minutes: the gate lets it forget them.
type gate struct {
	platform *wecomtest.Platform
	proxy    *httputil.ReverseProxy
	server   *http.Server
	address  string
	fetches  atomic.Int64
	served   chan error
}

func openGate(ctx context.Context, platform *wecomtest.Platform) (*gate, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	g := &gate{platform: platform, address: "http://" + listener.Addr().String(), served: make(chan error, 1)}
	silent := log.New(io.Discard, "", 0) // of workers that leave in the middle of a call
	g.proxy = &httputil.ReverseProxy{Transport: platform.Transport(), Rewrite: toPlatform, ErrorLog: silent}
	g.server = &http.Server{Handler: g, ReadHeaderTimeout: 10 * time.Second, ErrorLog: silent}
	go func() { g.served <- g.server.Serve(listener) }()
	return g, nil
}

// toPlatform gives a request an address; the platform takes any.
func toPlatform(r *httputil.ProxyRequest) {
	r.Out.URL.Scheme, r.Out.URL.Host = "https", "platform.invalid"
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/cgi-bin/service/get_suite_token", "/cgi-bin/service/get_corp_token":
		g.fetches.Add(1)
	}
	g.proxy.ServeHTTP(w, r)
}

// forget bounds what the platform keeps.
func (g *gate) forget() { g.platform.ForgetCalls() }

func (g *gate) close() error {
	err := g.server.Close()
	if served := <-g.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}
