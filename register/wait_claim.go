package register

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"time"

	"github.com/wecom-isv/wecom"
)

const (
	// claimLife is how long a process that has died is waited for. Who lives renews
	// its claim in time, whatever FlowConfig.HookTimeout.
	claimLife  = 90 * time.Second
	claimRenew = claimLife / 3
	doneMark   = "done"
)

// errBusy says that another process is already handling the registration, or this one
// is, for an earlier copy of the event.
var errBusy = errors.New("register: another process is dealing with this registration")

// once calls fn unless it has succeeded before, here or elsewhere. If the cache
// fails, once too often is better than never.
func (f *Flow) once(ctx context.Context, key string, fn func(context.Context) error) error {
	c := claim{flow: f, key: key, value: "claimed " + rand.Text()}
	holder, err := c.extend(ctx)
	switch {
	case err != nil:
		f.warn(ctx, "the cache failed", err)
	case holder == doneMark:
		return nil
	case holder != c.value:
		return errBusy
	}
	succeeded := false
	defer func() { c.settle(ctx, succeeded) }() // also if fn panicked
	err = c.during(ctx, fn)
	succeeded = err == nil
	if err != nil && c.lost {
		return errors.Join(errBusy, err)
	}
	return err
}

// claim is an entry of the cache that keeps the other processes away while this one
// does something. It is not safe for concurrent use.
type claim struct {
	flow    *Flow
	key     string
	value   string // no other claim has it
	version int64
	until   time.Time
	lost    bool // to another process
}

// extend makes or prolongs the claim, and returns the value of the one that holds
// now: empty if that has just ended.
func (c *claim) extend(ctx context.Context) (holder string, err error) {
	c.version++
	if !time.Now().Before(c.until) { // it has ended: perhaps somebody else has one
		c.version = 1
	}
	until := time.Now().Add(claimLife)
	saved, err := c.flow.cache.Save(ctx, c.key, wecom.Token{Value: c.value, Version: c.version, ExpiresAt: until})
	if err != nil {
		return "", err
	}
	if saved {
		c.until = until
		return c.value, nil
	}
	there, err := c.flow.cache.Load(ctx, c.key)
	if errors.Is(err, wecom.ErrNotCached) {
		return "", nil
	}
	if err == nil && there.Value == c.value { // saved by a try whose reply was lost
		c.version, c.until = there.Version, there.ExpiresAt
	}
	return there.Value, err
}

// during calls fn with the time that it has, and holds the claim meanwhile. What does
// not end in its time is held no longer.
func (c *claim) during(ctx context.Context, fn func(context.Context) error) error {
	work, cancel := context.WithTimeout(ctx, c.flow.cfg.HookTimeout)
	var holding sync.WaitGroup
	holding.Go(func() { c.hold(ctx, work, cancel) })
	defer holding.Wait()
	defer cancel()
	return fn(work)
}

// hold prolongs the claim until work has ended, and ends work when another process
// has taken over.
func (c *claim) hold(ctx, work context.Context, end context.CancelFunc) {
	pace := time.NewTicker(claimRenew)
	defer pace.Stop()
	for {
		select {
		case <-work.Done():
			return
		case <-pace.C:
		}
		holder, err := c.extend(ctx)
		if err != nil {
			c.flow.warn(ctx, "the cache failed", err)
		} else if holder != "" && holder != c.value {
			c.lost = true
			end()
			return
		}
	}
}

// settle ends the claim: for good, or so that the next one may try.
func (c *claim) settle(ctx context.Context, succeeded bool) {
	var err error
	switch {
	case succeeded:
		_, err = c.flow.cache.Save(ctx, c.key, wecom.Token{Value: doneMark, Version: c.version + 1, ExpiresAt: time.Now().Add(recordLife)})
	case !c.lost:
		err = c.flow.cache.Drop(ctx, c.key, c.version)
	}
	if err != nil {
		c.flow.warn(ctx, "the cache failed", err)
	}
}
