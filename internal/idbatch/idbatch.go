// Package idbatch converts any number of ids by calls that each take a few.
package idbatch

import (
	"context"
	"slices"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// Parallel is how many calls are under way at once.
const Parallel = 4

// Outcome is what became of the ids. Each distinct id that was given is in
// exactly one of IDs, Invalid and Failed.
type Outcome[V any] struct {
	IDs     map[string]V     // what the id was converted to
	Invalid []string         // answered for, and not converted; in the order given
	Failed  map[string]error // not answered for, and why; nil if there are none
	Errs    []error          // of the calls that failed; those in Failed are among them
}

// Run calls call with at most size ids at a time, no id twice, until all ids are
// answered for. call returns the new id of each id that has one.
//
// After an error for which onlyThese is false, which would befall any other call
// as well, no further call is made. Those under way are not cut short: what they
// bring is kept.
func Run[V any](
	ctx context.Context, ids []string, size int, onlyThese func(error) bool,
	call func(ctx context.Context, ids []string) (map[string]V, error),
) Outcome[V] {
	out := Outcome[V]{IDs: make(map[string]V, len(ids))}
	todo := make([]string, 0, len(ids))
	seen := make(map[string]struct{}, len(ids))
	for _, id := range ids {
		if _, again := seen[id]; again {
			continue
		}
		seen[id] = struct{}{}
		if id == "" {
			out.Invalid = append(out.Invalid, id)
			continue
		}
		todo = append(todo, id)
	}

	batches := slices.Collect(slices.Chunk(todo, size))
	replies := make([]reply[V], len(batches))
	var stopped atomic.Pointer[error]
	var group errgroup.Group
	group.SetLimit(Parallel)
	for i, batch := range batches {
		group.Go(func() error {
			if stopped.Load() != nil {
				return nil
			}
			r := &replies[i]
			r.called = true
			if r.ids, r.err = call(ctx, batch); r.err != nil && !onlyThese(r.err) {
				stopped.CompareAndSwap(nil, &r.err)
			}
			return nil // each batch has its own error
		})
	}
	_ = group.Wait() // always nil

	for i, batch := range batches {
		switch r := replies[i]; {
		case !r.called:
			out.fail(batch, *stopped.Load())
		case r.err != nil:
			out.fail(batch, r.err)
			out.Errs = append(out.Errs, r.err)
		default:
			out.take(batch, r.ids)
		}
	}
	return out
}

// reply is what one call brought.
type reply[V any] struct {
	called bool
	ids    map[string]V
	err    error
}

func (o *Outcome[V]) take(batch []string, converted map[string]V) {
	for _, id := range batch {
		if v, ok := converted[id]; ok {
			o.IDs[id] = v
		} else {
			o.Invalid = append(o.Invalid, id)
		}
	}
}

func (o *Outcome[V]) fail(batch []string, err error) {
	if o.Failed == nil {
		o.Failed = make(map[string]error, len(batch))
	}
	for _, id := range batch {
		o.Failed[id] = err
	}
}
