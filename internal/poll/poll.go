// Package poll waits for jobs of the platform that can only be asked about.
package poll

import (
	"context"
	"math/rand/v2"
	"time"
)

// The waits between two questions: they grow from first by half to most, and
// each is spread at random over half of it to one and a half of it, so that
// many waiters do not ask in step.
const (
	first = 500 * time.Millisecond
	most  = 10 * time.Second
)

// Until calls check, at once and then again and again, until it says that the
// job is done or returns an error, which Until returns. When ctx ends in a
// pause, the error is that of ctx. Without a deadline in ctx Until may wait for
// as long as the job runs.
func Until(ctx context.Context, check func(context.Context) (done bool, err error)) error {
	for wait := first; ; wait = min(wait+wait/2, most) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if done, err := check(ctx); done || err != nil {
			return err
		}
		if err := sleep(ctx, wait/2+rand.N(wait)); err != nil { //nolint:gosec // spreads waits, guards nothing
			return err
		}
	}
}

// sleep waits for d, or returns the error of ctx if that ends first.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
