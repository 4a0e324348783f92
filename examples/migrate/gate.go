package main

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/wecom-isv/wecom/examples/internal/workers"
	"github.com/wecom-isv/wecom/wecomtest"
)

// gate lets the workers call the platform, and lets some of the calls on contacts
// fail, in all the ways that the real one has.
type gate struct {
	*workers.Gate

	platform *wecomtest.Platform
	calls    atomic.Int64
	called   func(n int64) // told of each call; may be nil

	mu     sync.Mutex // guards the dice
	dice   *rand.Rand
	faults float64 // which part of the calls
}

func openGate(ctx context.Context, platform *wecomtest.Platform, faults float64, seed uint64) (*gate, error) {
	g := &gate{
		platform: platform, faults: faults,
		dice: rand.New(rand.NewPCG(seed, seed)), //nolint:gosec // It throws faults, and guards nothing.
	}
	var err error
	if g.Gate, err = workers.OpenGate(ctx, platform.Transport(), g.before); err != nil {
		return nil, err
	}
	return g, nil
}

func (g *gate) before(r *http.Request) {
	n := g.calls.Add(1)
	if !strings.HasPrefix(r.URL.Path, "/cgi-bin/service/") { // those calls are the vendor's own
		g.throw(r.URL.Path)
	}
	if g.called != nil {
		g.called(n)
	}
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
