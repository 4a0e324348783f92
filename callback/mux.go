package callback

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// Mux hands each callback to the handler registered for its [Kind] with [On],
// and everything else to the handler set with [Mux.Fallback]. The zero Mux is
// ready to use. It is safe for concurrent use; register handlers before the
// first callback arrives, so that none is missed.
type Mux struct {
	mu    sync.Mutex
	table atomic.Pointer[table] // copied on each registration
}

type table struct {
	routes   map[Kind]routes
	fallback func(context.Context, Envelope) error
}

// routes are the handlers of one kind.
type routes struct {
	general *route
	bySuite map[string]*route
}

type route struct {
	beforeAnswer bool
	// handle reports false, and why, if the message does not fit the event type.
	handle func(context.Context, Envelope) (fits bool, err error)
}

// OnOption changes how [On] registers a handler.
type OnOption func(*onOptions)

type onOptions struct {
	suite        string
	beforeAnswer bool
}

// ForSuite limits a handler to the events of one suite or template id, so that
// several apps share a Mux. It wins over a handler registered without it.
func ForSuite(suiteID string) OnOption {
	return func(o *onOptions) { o.suite = suiteID }
}

// BeforeAnswer makes a [Handler] run the handler before it answers WeCom, even
// when the handler has a [Queue]. It is always so for [SuiteTicket].
func BeforeAnswer() OnOption {
	return func(o *onOptions) { o.beforeAnswer = true }
}

// On registers fn for the events of type E: the kind is what E's Kind method
// says. It panics if E has no kind or is a pointer, if fn is nil, or if the kind
// has a handler already (for the same suite), as [net/http.ServeMux] does: these
// are mistakes in the program.
//
// A nil error from fn means that the event is dealt with. What another error
// means depends on who dispatches: see [Handler] and [Queue]. WeCom repeats
// callbacks, so fn must be idempotent; it may run in several goroutines at once.
func On[E Event](m *Mux, fn func(ctx context.Context, env Envelope, ev E) error, opts ...OnOption) {
	typ := reflect.TypeFor[E]()
	if typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Interface {
		panic(fmt.Sprintf("callback: On: %v is not a plain event type; register the type that it points to", typ))
	}
	if fn == nil {
		panic(fmt.Sprintf("callback: On: nil handler for %v", typ))
	}
	var zero E
	kind := zero.Kind()
	if kind == "" {
		panic(fmt.Sprintf("callback: On: %v has an empty kind", typ))
	}
	m.register(kind, func(ctx context.Context, env Envelope) (bool, error) {
		ev := new(E)
		if err := env.Decode(ev); err != nil {
			return false, err
		}
		return true, fn(ctx, env, *ev)
	}, opts)
}

func (m *Mux) register(kind Kind, handle func(context.Context, Envelope) (bool, error), opts []OnOption) {
	var o onOptions
	for _, opt := range opts {
		opt(&o)
	}
	r := &route{handle: handle, beforeAnswer: o.beforeAnswer || kind == KindSuiteTicket}

	m.mu.Lock()
	defer m.mu.Unlock()
	next := m.copyTable()
	at := next.routes[kind]
	switch {
	case o.suite == "" && at.general != nil:
		panic(fmt.Sprintf("callback: On: %q has a handler already", kind))
	case o.suite == "":
		at.general = r
	case at.bySuite[o.suite] != nil:
		panic(fmt.Sprintf("callback: On: %q has a handler for suite %q already", kind, o.suite))
	default:
		at.bySuite = maps.Clone(at.bySuite)
		if at.bySuite == nil {
			at.bySuite = make(map[string]*route)
		}
		at.bySuite[o.suite] = r
	}
	next.routes[kind] = at
	m.table.Store(next)
}

// Fallback sets the handler of every callback that has no other: new events of
// WeCom's, events that this package has no type for, messages that are none of
// the known forms (Kind is ""). It gets the message whole, in env.Raw. It also
// gets an event that does not fit the type registered for it; env.Err says why.
// It panics if fn is nil or a fallback is set already.
//
// Without a fallback, callbacks of unknown kinds are answered with success and
// dropped.
func (m *Mux) Fallback(fn func(ctx context.Context, env Envelope) error) {
	if fn == nil {
		panic("callback: Fallback: nil handler")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	next := m.copyTable()
	if next.fallback != nil {
		panic("callback: Fallback: set already")
	}
	next.fallback = fn
	m.table.Store(next)
}

// copyTable returns a copy of the table to change; m.mu is held.
func (m *Mux) copyTable() *table {
	next := &table{routes: make(map[Kind]routes)}
	if t := m.table.Load(); t != nil {
		maps.Copy(next.routes, t.routes)
		next.fallback = t.fallback
	}
	return next
}

// find returns the route for env, or nil.
func (m *Mux) find(env *Envelope) *route {
	t := m.table.Load()
	if t == nil {
		return nil
	}
	at := t.routes[env.Kind]
	if at.bySuite != nil {
		if r := at.bySuite[env.SuiteID]; r != nil {
			return r
		}
	}
	return at.general
}

// runsBeforeAnswer reports whether env must not wait in a queue.
func (m *Mux) runsBeforeAnswer(env *Envelope) bool {
	if env.Kind == KindSuiteTicket {
		return true
	}
	r := m.find(env)
	return r != nil && r.beforeAnswer
}

// Dispatch decodes env and runs its handler, or the fallback. It returns the
// handler's error; a [*DecodeError] if the message does not fit the type that is
// registered and there is no fallback; a [*PanicError] if the handler panicked.
// It is what [Handler] calls, and what the consumer of a durable [Queue] calls
// with an envelope from [Parse].
func (m *Mux) Dispatch(ctx context.Context, env Envelope) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Kind: env.Kind, Value: v, Stack: debug.Stack()}
		}
	}()
	if r := m.find(&env); r != nil {
		fits, err := r.handle(ctx, env)
		if fits {
			return err
		}
		env.Err = err
	}
	if t := m.table.Load(); t != nil && t.fallback != nil {
		return t.fallback(ctx, env)
	}
	return env.Err
}
