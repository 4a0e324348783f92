package wecomtest

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

// Fault is something that goes wrong on purpose for some calls. At most one of
// Code, Status, DropReply, DropRequest and CutJSON is used, in the order
// DropRequest, Status, Code, DropReply, CutJSON; Latency goes with any of them
// or alone.
type Fault struct {
	Path  string // of the API, for example /cgi-bin/gettoken; empty: every path
	Skip  int    // number of calls that pass first
	Times int    // number of calls that are hit; 0: one, negative: all

	Code        int           // errcode; the call is not carried out
	Message     string        // errmsg text for Code; empty: WeCom's usual text
	Status      int           // HTML page with this HTTP status, 200 to 599; the call is not carried out
	DropRequest bool          // the connection is cut before the call is carried out
	DropReply   bool          // the call is carried out, then the connection is cut
	CutJSON     bool          // the call is carried out, half of the reply is sent
	Latency     time.Duration // delay of the reply; the call itself is carried out at once
}

type activeFault struct {
	Fault
	remove bool
}

// Inject adds a fault. Of several faults for a path the oldest one is used up
// first. The returned function ends it early.
func (p *Platform) Inject(f Fault) (end func()) {
	if f.Times == 0 {
		f.Times = 1
	}
	active := &activeFault{Fault: f}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = append(p.faults, active)
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		active.remove = true
		p.dropSpentFaults()
	}
}

// Faults are the faults that are still to hit; Skip and Times are what is left.
func (p *Platform) Faults() []Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := make([]Fault, len(p.faults))
	for i, f := range p.faults {
		all[i] = f.Fault
	}
	return all
}

// EndFaults ends all faults.
func (p *Platform) EndFaults() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = nil
}

// takeFault returns the fault that hits the next call of path, or the zero Fault.
func (p *Platform) takeFault(path string) Fault {
	for _, f := range p.faults {
		if f.Path != "" && f.Path != path {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			continue
		}
		if f.Times > 0 {
			f.Times--
			f.remove = f.Times == 0
		}
		hit := f.Fault
		p.dropSpentFaults()
		return hit
	}
	return Fault{}
}

func (p *Platform) dropSpentFaults() {
	p.faults = slices.DeleteFunc(p.faults, func(f *activeFault) bool { return f.remove })
}

// htmlAnswer is the page of a gateway, not of the API.
func htmlAnswer(status int) answer {
	text := http.StatusText(status)
	return answer{
		status: status,
		header: http.Header{"Content-Type": {htmlType}},
		body:   fmt.Appendf(nil, errorPageFor, status, text, status, text),
	}
}
