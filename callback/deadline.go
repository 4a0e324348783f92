package callback

import (
	"context"
	"sync"
	"time"
)

// deadlineContext is context.WithDeadline over context.WithoutCancel that makes its
// timer and its channel only when a handler asks for them: most look at nothing but
// the deadline. Every answer other than "still running" comes from the real context,
// so that the answers agree whatever the order of the calls.
type deadlineContext struct {
	values   context.Context //nolint:containedctx // the request's, without its end: that is what this type is
	deadline time.Time

	mu       sync.Mutex
	finished bool
	armed    context.Context //nolint:containedctx // nil until asked for
	cancel   context.CancelFunc
}

// withDeadline returns a context with the values of parent that ends after d.
// The caller calls finish when the work is done.
func withDeadline(parent context.Context, d time.Duration) *deadlineContext {
	return &deadlineContext{values: context.WithoutCancel(parent), deadline: time.Now().Add(d)}
}

// Deadline returns the deadline, always.
func (c *deadlineContext) Deadline() (time.Time, bool) { return c.deadline, true }

// Done returns the channel of the real context.
func (c *deadlineContext) Done() <-chan struct{} { return c.arm().Done() }

// Err returns nil until the deadline or finish.
func (c *deadlineContext) Err() error {
	c.mu.Lock()
	running := c.armed == nil && !c.finished && time.Now().Before(c.deadline)
	c.mu.Unlock()
	if running {
		return nil
	}
	return c.arm().Err()
}

// Value asks the real context if there is one: package context finds the parent of
// a derived context that way.
func (c *deadlineContext) Value(key any) any {
	c.mu.Lock()
	armed := c.armed
	c.mu.Unlock()
	if armed != nil {
		return armed.Value(key)
	}
	return c.values.Value(key)
}

// arm returns the real context.
func (c *deadlineContext) arm() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.armed == nil {
		c.armed, c.cancel = context.WithDeadline(c.values, c.deadline)
		if c.finished {
			c.cancel()
		}
	}
	return c.armed
}

// finish ends the context and frees what it holds.
func (c *deadlineContext) finish() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.finished = true
	if c.cancel != nil {
		c.cancel()
	}
}
