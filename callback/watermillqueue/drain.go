package watermillqueue

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
)

// drained is a subscriber whose subscription ends gently. A broker's client that
// is closed, or whose context ends, forgets the events it has delivered, and they
// are handled again elsewhere. So the end of the router reaches it only after the
// running handlers are done and acknowledged. The client itself is not closed:
// several subscriptions share it.
type drained struct {
	message.Subscriber
	limit   time.Duration
	running sync.WaitGroup

	mu     sync.Mutex
	stops  []context.CancelFunc // one for each subscription
	closed bool
}

func newDrained(inner message.Subscriber, limit time.Duration) *drained {
	return &drained{Subscriber: inner, limit: limit}
}

// Subscribe subscribes to topic until ctx ends or Close is called.
func (d *drained) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, errors.New("watermillqueue: the subscription is closed")
	}
	inner, cut := context.WithCancel(context.WithoutCancel(ctx))
	stopCut := context.AfterFunc(ctx, cut) // until there is a subscription there is nothing to drain
	in, err := d.Subscriber.Subscribe(inner, topic)
	if !stopCut() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		cut()
		return nil, err
	}
	taking, stop := context.WithCancel(ctx)
	d.stops = append(d.stops, stop)
	s := &subscription{limit: d.limit, out: make(chan *message.Message), cut: cut}
	d.running.Go(func() {
		defer stop()
		s.forward(taking, in)
	})
	return s.out, nil
}

// Close ends the subscriptions, and returns when they have ended.
func (d *drained) Close() error {
	d.mu.Lock()
	d.closed = true
	for _, stop := range d.stops {
		stop()
	}
	d.mu.Unlock()
	d.running.Wait()
	return nil
}

// subscription is one subscription to one topic.
type subscription struct {
	limit time.Duration
	out   chan *message.Message
	cut   context.CancelFunc // ends the broker's side
	busy  sync.WaitGroup     // messages that are being handled
}

// forward hands on what arrives until taking ends, and then lets the handlers finish.
func (s *subscription) forward(taking context.Context, in <-chan *message.Message) {
	defer close(s.out)
	for open := true; open; {
		select {
		case <-taking.Done():
			open = false
		case msg, ok := <-in:
			open = ok && s.hand(taking, msg)
		}
	}
	s.wait()
	s.cut()
	for range in { // until the client is done; what it still has is not acknowledged
	}
}

// hand gives msg to the router. It reports false if taking ended before that.
func (s *subscription) hand(taking context.Context, msg *message.Message) bool {
	// The context of the message ends with taking, so that no retry is waited for;
	// that of the handler with the broker's side; see runContext.
	ctx, cancel := context.WithCancel(context.WithValue(msg.Context(), runKey{}, msg.Context()))
	stop := context.AfterFunc(taking, cancel)
	msg.SetContext(ctx) //nolint:contextcheck // the message brings its own
	s.busy.Go(func() {
		defer cancel()
		defer stop()
		select {
		case <-msg.Acked():
		case <-msg.Nacked():
		}
	})
	select {
	case s.out <- msg:
		return true
	case <-taking.Done():
		msg.Nack()
		return false
	}
}

// ackTime is what a client gets to send the last acknowledgements: it does so
// after the handler is done, and does not tell when.
const ackTime = 200 * time.Millisecond

// wait returns when nothing is being handled any more, or after the limit.
func (s *subscription) wait() {
	idle := make(chan struct{})
	go func() {
		s.busy.Wait()
		close(idle)
	}()
	timer := time.NewTimer(s.limit)
	defer timer.Stop()
	select {
	case <-idle:
		time.Sleep(ackTime)
	case <-timer.C:
	}
}

// runKey finds the context of the broker's side in that of a message.
type runKey struct{}

// runContext returns the context that handlers run on.
func runContext(ctx context.Context) context.Context {
	if run, ok := ctx.Value(runKey{}).(context.Context); ok {
		return run
	}
	return ctx
}
