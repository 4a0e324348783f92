// Package workers is what those examples share whose work is done by processes of
// their own.
package workers

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"time"
)

// Gate serves a platform on a loopback address, so that other processes can call it.
type Gate struct {
	URL    string
	server *http.Server
	served chan error
}

// OpenGate opens a gate to the platform behind transport. before is told of each
// call before the platform is, from many goroutines at once.
func OpenGate(ctx context.Context, transport http.RoundTripper, before func(*http.Request)) (*Gate, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	silent := log.New(io.Discard, "", 0) // of workers that leave in the middle of a call
	proxy := &httputil.ReverseProxy{Transport: transport, Rewrite: toPlatform, ErrorLog: silent, ErrorHandler: cut}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		before(r)
		proxy.ServeHTTP(w, r)
	})
	g := &Gate{
		URL:    "http://" + listener.Addr().String(),
		server: &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, ErrorLog: silent},
		served: make(chan error, 1),
	}
	go func() { g.served <- g.server.Serve(listener) }()
	return g, nil
}

// toPlatform gives a request an address; the platform takes any.
func toPlatform(r *httputil.ProxyRequest) {
	r.Out.URL.Scheme, r.Out.URL.Host = "https", "platform.invalid"
}

// cut hands a connection that the platform has cut on to the client.
func cut(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) }

// Close ends all connections.
func (g *Gate) Close() error {
	err := g.server.Close()
	if served := <-g.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}
