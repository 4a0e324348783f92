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
	dedupe   *DedupeConfig
}

// routes are the handlers of one kind.
type routes struct {
	general *route
	bySuite map[string]*route
}

type route struct {
	beforeAnswer bool
	handle       handleFunc
}

// handleFunc runs the handler of a route. It reports false, and why, if the
// message does not fit the event type.
type handleFunc func(context.Context, Envelope) (fits bool, reply Reply, err error)

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
	kind := kindOf[E]("On")
	if fn == nil {
		panic(fmt.Sprintf("callback: On: nil handler for %v", reflect.TypeFor[E]()))
	}
	m.register(kind, func(ctx context.Context, env Envelope) (bool, Reply, error) {
		ev := new(E)
		if err := env.Decode(ev); err != nil {
			return false, nil, err
		}
		return true, nil, fn(ctx, env, *ev)
	}, opts)
}

// kindOf returns the kind of E, and panics on types that cannot be registered.
func kindOf[E Event](caller string) Kind {
	typ := reflect.TypeFor[E]()
	if typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Interface {
		panic(fmt.Sprintf("callback: %s: %v is not a plain event type; register the type that it points to", caller, typ))
	}
	var zero E
	kind := zero.Kind()
	if kind == "" {
		panic(fmt.Sprintf("callback: %s: %v has an empty kind", caller, typ))
	}
	return kind
}

func (m *Mux) register(kind Kind, handle handleFunc, opts []OnOption) {
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
		next.fallback, next.dedupe = t.fallback, t.dedupe
	}
	return next
}

// find returns the route for env, or nil. A nil table has none.
func (t *table) find(env *Envelope) *route {
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
	r := m.table.Load().find(env)
	return r != nil && r.beforeAnswer
}

// Dispatch decodes env and runs its handler, or the fallback. It returns the
// handler's error; a [*DecodeError] if the message does not fit the type that is
// registered and there is no fallback; a [*PanicError] if the handler panicked.
// It is what [Handler] calls, and what the consumer of a durable [Queue] calls
// with an envelope from [Parse].
func (m *Mux) Dispatch(ctx context.Context, env Envelope) error {
	_, err := m.dispatch(ctx, &env, nil)
	return err
}

// dispatch is Dispatch with the body that carries the reply, if there is one.
func (m *Mux) dispatch(ctx context.Context, env *Envelope, s *sealer) (body []byte, err error) {
	defer func() {
		if v := recover(); v != nil {
			body, err = nil, &PanicError{Kind: env.Kind, Value: v, Stack: debug.Stack()}
		}
	}()
	t := m.table.Load()
	r := t.find(env)
	switch {
	case r == nil && (t == nil || t.fallback == nil):
		return nil, env.Err
	case t.dedupe == nil || env.Kind == KindSuiteTicket:
		return t.run(ctx, env, r, s)
	}
	return t.dedupe.once(ctx, env, func() ([]byte, error) { return t.run(ctx, env, r, s) })
}

// run runs the handler of r, or the fallback.
func (t *table) run(ctx context.Context, env *Envelope, r *route, s *sealer) ([]byte, error) {
	if r != nil {
		fits, reply, err := r.handle(ctx, *env)
		switch {
		case !fits:
			env.Err = err
		case err != nil || reply == nil:
			return nil, err
		default:
			return s.seal(env, reply)
		}
	}
	if t.fallback != nil {
		return nil, t.fallback(ctx, *env)
	}
	return nil, env.Err
}
