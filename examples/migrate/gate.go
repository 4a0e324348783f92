package main

import (
	"context"
	"errors"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httputil"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wecom-isv/wecom/wecomtest"
)

// gate serves the platform on a loopback address, and lets some of the calls on
// contacts fail, in all the ways that the real one has.
type gate struct {
	platform *wecomtest.Platform
	proxy    *httputil.ReverseProxy
	server   *http.Server
	address  string
	served   chan error
	calls    atomic.Int64
	called   func(n int64) // told of each call; may be nil

	mu     sync.Mutex // guards the dice
	dice   *rand.Rand
	faults float64 // which part of the calls
}

func openGate(ctx context.Context, platform *wecomtest.Platform, faults float64, seed uint64) (*gate, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	g := &gate{
		platform: platform, address: "http://" + listener.Addr().String(), served: make(chan error, 1),
		dice: rand.New(rand.NewPCG(seed, seed)), faults: faults, //nolint:gosec // It throws faults, and guards nothing.
	}
	silent := log.New(io.Discard, "", 0) // of workers that leave in the middle of a call
	g.proxy = &httputil.ReverseProxy{Transport: platform.Transport(), Rewrite: toPlatform, ErrorLog: silent, ErrorHandler: cut}
	g.server = &http.Server{Handler: g, ReadHeaderTimeout: 10 * time.Second, ErrorLog: silent}
	go func() { g.served <- g.server.Serve(listener) }()
	return g, nil
}

// toPlatform gives a request an address; the platform takes any.
func toPlatform(r *httputil.ProxyRequest) {
	r.Out.URL.Scheme, r.Out.URL.Host = "https", "platform.invalid"
}

// cut hands a connection that the platform has cut on to the client.
func cut(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) }

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n := g.calls.Add(1)
	if !strings.HasPrefix(r.URL.Path, "/cgi-bin/service/") { // those calls are the vendor's own
		g.throw(r.URL.Path)
	}
	if g.called != nil {
		g.called(n)
	}
	g.proxy.ServeHTTP(w, r)
}

// throw lets a call fail, now and then.
func (g *gate) throw(path string) {
	kinds := []wecomtest.Fault{
		{Code: -1},
		{Code: 45009},
		{DropReply: true},
		{DropRequest: true},
		{Status: http.StatusBadGateway},
		{CutJSON: true},
		{Code: 40014}, // the token has died
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.dice.Float64() < g.faults {
		fault := kinds[g.dice.IntN(len(kinds))]
		fault.Path = path
		g.platform.Inject(fault)
	}
}

func (g *gate) close() error {
	err := g.server.Close()
	if served := <-g.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}
