package callback

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"time"
)

// Filter remembers which events have been dealt with, for [Mux.Dedupe]. A
// [MemoryFilter] does so for one process; implement it on a shared store, as Redis
// or a database, for several. It is called by several goroutines at once.
//
// A key is held from Begin until Commit or Abort. Whoever holds it may crash:
// after a time, longer than any handler runs, the store gives the key to the next
// that asks. The keys are hashes of 43 characters, safe to show and to store; give
// them a prefix, and limit the I/O of each call to a third of the time that ctx
// leaves: a store that hangs must leave time to handle the event.
type Filter interface {
	// Begin asks whether the event of key has been dealt with. If so, done is true
	// and answer is what Commit was given. If not, owner holds the key from now on.
	// While another holds it, Begin waits until that one has committed (done),
	// aborted or held it too long (owner holds it), or ctx ends (its error). An
	// error means that nothing is known: the key may be held all the same, because
	// the reply was lost. No key need be held for longer than ctx lasts, which is the
	// time that its handler has.
	Begin(ctx context.Context, key, owner string) (answer []byte, done bool, err error)
	// Commit records that the event of key has been dealt with, also when the
	// caller held the key too long and lost it, and ends the waiting. It keeps
	// answer with it: empty for most events, else an encrypted reply of some KB.
	// What is recorded is forgotten after a time, longer than WeCom repeats and
	// the queue delivers again: hours rather than minutes.
	Commit(ctx context.Context, key, owner string, answer []byte) error
	// Abort gives the key back, if owner still holds it and it is not recorded, so
	// that a repetition, waiting now or yet to come, is handled.
	Abort(ctx context.Context, key, owner string) error
}

// DedupeConfig sets up [Mux.Dedupe].
type DedupeConfig struct {
	// Filter remembers the events. Required.
	Filter Filter
	// OnRepeat is called for each event that is dropped because it has been dealt
	// with, before the answer. Default: none.
	OnRepeat func(ctx context.Context, env Envelope)
	// OnError is called when the filter failed. The event is handled all the same: a
	// repetition does less harm than a loss. Default: none.
	OnError func(ctx context.Context, env Envelope, err error)
}

// Dedupe makes the Mux drop repetitions (排重): WeCom pushes an event again when it
// did not get the answer in time, and queues deliver at least once. Without Dedupe,
// which is the default, handlers see each repetition.
//
// An event is the same as another if both decrypted messages agree in every byte,
// and the app (Config.App) and the receiver too; a repetition by WeCom is the same
// message encrypted anew. It counts as dealt with when its handler has returned
// nil, never before: after an error or a panic the repetition is handled. A
// repetition that comes while the first is being handled waits for it; if it was
// replied to (see [Answer]), the repetition gets the same reply. All this happens
// in [Mux.Dispatch], so it is the same with and without a [Queue], and on the
// consumer's side of a durable one.
//
// Handlers must still be idempotent: when a process ends between the work and the
// record, the filter's store is down, or a handler goes on after its context has
// ended, an event is handled twice. The suite_ticket is not filtered, nor is what
// nobody handles.
//
// Apps that share a Filter need a Config.App each: without it two apps in one corp
// get the same event with the same bytes, and the second is dropped.
//
// Dedupe panics if the filter is nil or one is set already.
func (m *Mux) Dedupe(cfg DedupeConfig) {
	if cfg.Filter == nil {
		panic("callback: Dedupe: nil Filter")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	next := m.copyTable()
	if next.dedupe != nil {
		panic("callback: Dedupe: set already")
	}
	next.dedupe = &cfg
	m.table.Store(next)
}

// recordTimeout limits Commit and Abort, which run whatever has become of the
// context of the handler. The answer waits for them.
const recordTimeout = 250 * time.Millisecond

// once runs handle unless the event has been dealt with.
func (c *DedupeConfig) once(ctx context.Context, env *Envelope, handle func() ([]byte, error)) ([]byte, error) {
	key, owner := eventKey(env), rand.Text()
	answer, done, err := c.Filter.Begin(ctx, key, owner)
	switch {
	case done && err == nil:
		if c.OnRepeat != nil {
			c.OnRepeat(ctx, *env)
		}
		return answer, nil
	case err != nil && ctx.Err() != nil: // no time is left to handle it
		recordCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
		defer cancel()
		_ = c.Filter.Abort(recordCtx, key, owner) // the key may be ours: the reply came too late
		return nil, fmt.Errorf("%w: %w", ErrInWork, context.Cause(ctx))
	case err != nil:
		c.report(ctx, env, err) // handled below, and recorded: the key may be ours, the reply lost
	}

	handled := false
	defer func() {
		recordCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
		defer cancel()
		var err error
		if handled {
			err = c.Filter.Commit(recordCtx, key, owner, answer)
		} else { // also after a panic
			err = c.Filter.Abort(recordCtx, key, owner)
		}
		if err != nil {
			c.report(ctx, env, err)
		}
	}()
	answer, err = handle()
	handled = err == nil
	return answer, err
}

func (c *DedupeConfig) report(ctx context.Context, env *Envelope, err error) {
	if c.OnError != nil {
		c.OnError(ctx, *env, err)
	}
}

// eventKey returns the hash of everything that makes an event the same as another.
// Lengths come first, so that no two lists of parts read the same.
func eventKey(env *Envelope) string {
	h := sha256.New()
	var buf [8]byte
	for _, part := range [...][]byte{[]byte(env.App), []byte(env.Receiver), env.Raw} {
		h.Write(binary.BigEndian.AppendUint64(buf[:0], uint64(len(part))))
		h.Write(part)
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}
