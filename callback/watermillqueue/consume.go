package watermillqueue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/message/router/middleware"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/callback"
)

// ConsumerConfig sets up [Queue.Handle]. The zero value is usable.
type ConsumerConfig struct {
	// Name begins the names of the handlers in the router; "": the topic.
	Name string
	// PoisonTopic is where events go that could not be handled; "": the topic with
	// "-poison" behind it. It must not be one of [Queue.Topics].
	PoisonTopic string
	// Tries is how often an event is handled until it goes to the poison topic; 0: 5.
	Tries int
	// Delay is the time before the second try, doubled before each further one up
	// to MaxDelay, and spread by half of it either way; 0: 500 ms and 30 s.
	Delay, MaxDelay time.Duration
	// Timeout limits the context of each try; 0: 10 s. An auth code is valid for 10
	// minutes only, and the clock also runs while a killed process is replaced.
	Timeout time.Duration
	// Drain is how long a closing router waits for running handlers before it ends
	// their contexts and leaves their events to the broker; 0: 20 s. Keep it below
	// the CloseTimeout of the router (30 s by default).
	Drain time.Duration
	// Reason describes the error of a handler for the poison topic, which everybody
	// with access to the broker can read. Default: what sort of error it was, with
	// the errcode if it was WeCom's, but not its text.
	Reason func(err error) string
}

// withDefaults returns c with its zero settings filled in.
func (c ConsumerConfig) withDefaults(topic string) (ConsumerConfig, error) {
	if c.Tries < 0 || c.Delay < 0 || c.MaxDelay < 0 || c.Timeout < 0 || c.Drain < 0 {
		return c, errors.New("watermillqueue: negative Tries, Delay, MaxDelay, Timeout or Drain")
	}
	if c.Name == "" {
		c.Name = topic
	}
	if c.PoisonTopic == "" {
		c.PoisonTopic = topic + "-poison"
	}
	if c.Tries == 0 {
		c.Tries = 5
	}
	if c.Delay == 0 {
		c.Delay = 500 * time.Millisecond
	}
	if c.MaxDelay == 0 {
		c.MaxDelay = 30 * time.Second
	}
	if c.Timeout == 0 {
		c.Timeout = 10 * time.Second
	}
	if c.Drain == 0 {
		c.Drain = 20 * time.Second
	}
	if c.Reason == nil {
		c.Reason = reason
	}
	return c, nil
}

const (
	growth = 2.0 // of the delay
	spread = 0.5 // of the delay, either way
)

// MaxHold returns the longest time for which an event is held between its
// delivery and its acknowledgement, if handlers keep to their context: with the
// defaults a little more than a minute. Brokers that deliver an event again
// when it is not acknowledged in time must wait longer than that.
func (c ConsumerConfig) MaxHold() time.Duration {
	c, err := c.withDefaults("")
	if err != nil {
		return 0
	}
	hold := time.Duration(c.Tries) * c.Timeout
	delay := float64(c.Delay)
	for range c.Tries - 1 {
		delay = min(delay, float64(c.MaxDelay))
		hold += time.Duration(delay * (1 + spread))
		delay *= growth
	}
	return hold
}

// Permanent marks the error of a handler as one that another try would not fix:
// the event goes to the poison topic at once.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return &permanentError{err}
}

type permanentError struct{ err error }

func (e *permanentError) Error() string { return e.err.Error() }
func (e *permanentError) Unwrap() error { return e.err }

// Handle adds handlers to router, one for each of [Queue.Topics], that take the
// events off subscriber and dispatch them to mux. Call it before router.Run; other
// handlers and middlewares of the router are not touched.
//
// The router is closed by router.Close or the end of the context of router.Run.
// Then no more events are taken, running handlers finish (see Drain), and Run
// returns. Close subscriber after that: the router does not do it. Run also returns
// when the broker's client gives up; the process should then end and be started
// again.
//
// A handler of mux gets a context that does not end when the router closes, only
// when its time is up. It may be called several times at once, and again for the
// same event. Events that are handled before the answer never come here.
func (q *Queue) Handle(router *message.Router, subscriber message.Subscriber, mux *callback.Mux, cfg ConsumerConfig) error {
	if router == nil || subscriber == nil || mux == nil {
		return errors.New("watermillqueue: Handle: nil router, subscriber or mux")
	}
	cfg, err := cfg.withDefaults(q.sealer.topic)
	if err != nil {
		return err
	}
	topics := q.Topics()
	if slices.Contains(topics, cfg.PoisonTopic) {
		return fmt.Errorf("watermillqueue: Handle: PoisonTopic is a topic of the queue, %q: what fails would come back endlessly", cfg.PoisonTopic)
	}
	poison, err := middleware.PoisonQueue(q.publisher, cfg.PoisonTopic)
	if err != nil {
		return fmt.Errorf("watermillqueue: Handle: %w", err)
	}
	handlerName := func(topic string) string { return cfg.Name + strings.TrimPrefix(topic, q.sealer.topic) }
	registered := router.Handlers()
	for _, topic := range topics { // all are checked before the first is added
		if _, taken := registered[handlerName(topic)]; taken {
			return fmt.Errorf("watermillqueue: Handle: the router has a handler %q already", handlerName(topic))
		}
	}
	for _, topic := range topics {
		c := &consumer{queue: q, mux: mux, cfg: cfg, topic: topic, poison: poison}
		router.AddConsumerHandler(handlerName(topic), topic, newDrained(subscriber, cfg.Drain), c.consume)
	}
	return nil
}

// consumer handles the events of one topic.
type consumer struct {
	queue  *Queue
	mux    *callback.Mux
	cfg    ConsumerConfig
	topic  string
	poison message.HandlerMiddleware
}

// unhandled says why an event was not handled. Its text goes to the poison topic.
type unhandled struct {
	reason string
	cause  error
}

func (e *unhandled) Error() string { return "watermillqueue: " + e.reason }
func (e *unhandled) Unwrap() error { return e.cause }

// errReturned is what the router sees of an event that is given back to the
// broker; it may print it.
var errReturned = errors.New("watermillqueue: event given back to the broker")

// returnPause keeps events that are given back from going round in a tight loop:
// most brokers deliver them again at once.
const returnPause = time.Second

// consume handles one message: nil acknowledges it, an error gives it back.
func (c *consumer) consume(msg *message.Message) (err error) {
	d := &delivery{consumer: c, msg: msg}
	defer func() {
		if v := recover(); v != nil { // not in a handler: Dispatch recovers those
			err = d.giveBack(fmt.Errorf("watermillqueue: panicked with a %T", v))
		}
	}()
	failure := d.handle()
	switch {
	case failure == nil:
		return nil
	case msg.Context().Err() != nil, // closing: the next process tries it afresh
		errors.Is(failure.cause, callback.ErrInWork): // nobody is known to have handled it
		return d.giveBack(failure.cause)
	}
	_, err = c.poison(func(*message.Message) ([]*message.Message, error) { return nil, failure })(msg)
	if err != nil {
		return d.giveBack(err)
	}
	d.observe(StagePoison, 0, failure.cause)
	d.log(slog.LevelError, "event went to the poison topic", failure.cause)
	return nil
}

// delivery is one message on its way through a consumer.
type delivery struct {
	*consumer
	msg *message.Message
	env callback.Envelope
	at  time.Time // when it was enqueued, as far as is known
	try int
}

// handle opens the message and handles it until a try succeeds or the tries are
// used up.
func (d *delivery) handle() *unhandled {
	env, at, err := d.queue.sealer.open(d.msg.Payload)
	d.at = at
	if errors.Is(err, callback.ErrMessage) { // the text of the rest may quote the message
		return &unhandled{reason: "the event is neither XML nor JSON", cause: callback.ErrMessage}
	} else if err != nil {
		return &unhandled{reason: "the event cannot be opened: " + err.Error(), cause: err}
	}
	d.env = env

	var final error // of an event that is not worth another try
	retry := middleware.Retry{
		MaxRetries:          d.cfg.Tries - 1,
		InitialInterval:     d.cfg.Delay,
		MaxInterval:         d.cfg.MaxDelay,
		Multiplier:          growth,
		RandomizationFactor: spread,
	}
	_, err = retry.Middleware(func(*message.Message) ([]*message.Message, error) {
		err := d.dispatch()
		if isPermanent(err) {
			final, err = err, nil
		}
		return nil, err
	})(d.msg)
	switch {
	case final != nil:
		err = final
	case err == nil:
		return nil
	}
	return &unhandled{reason: fmt.Sprintf("not handled in %s: %s", tries(d.try), d.cfg.Reason(err)), cause: err}
}

// dispatch makes one try.
func (d *delivery) dispatch() error {
	d.try++
	ctx, cancel := context.WithTimeout(runContext(d.msg.Context()), d.cfg.Timeout)
	defer cancel()
	start := time.Now()
	err := d.mux.Dispatch(ctx, d.env)
	d.observe(StageTry, time.Since(start), err)
	if err != nil && d.try < d.cfg.Tries && !isPermanent(err) {
		d.log(slog.LevelWarn, "event was not handled and will be tried again", err)
	}
	return err
}

// giveBack reports that the broker keeps the event, and waits a little unless the
// router closes.
func (d *delivery) giveBack(cause error) error {
	d.observe(StageReturn, 0, cause)
	d.log(slog.LevelWarn, "event was given back to the broker", cause)
	timer := time.NewTimer(returnPause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-d.msg.Context().Done():
	}
	return errReturned
}

func (d *delivery) observe(stage Stage, took time.Duration, err error) {
	info := Info{Stage: stage, Kind: d.env.Kind, Topic: d.topic, Try: d.try, Duration: took, Err: err}
	if !d.at.IsZero() {
		info.Age = max(0, time.Since(d.at))
	}
	d.queue.observe(d.msg.Context(), info)
}

func (d *delivery) log(level slog.Level, text string, err error) {
	attrs := []slog.Attr{
		slog.String("kind", string(d.env.Kind[:min(len(d.env.Kind), 64)])), slog.String("topic", d.topic),
		slog.Int("try", d.try), slog.String("error", err.Error()),
	}
	if p, ok := errors.AsType[*callback.PanicError](err); ok {
		attrs = append(attrs, slog.String("stack", string(p.Stack)))
	}
	d.queue.logger.LogAttrs(d.msg.Context(), level, "watermillqueue: "+text, attrs...)
}

// isPermanent reports whether another try must end like this one.
func isPermanent(err error) bool {
	if _, ok := errors.AsType[*permanentError](err); ok {
		return true
	}
	_, ok := errors.AsType[*callback.DecodeError](err)
	return ok
}

// reason says what sort of error err is without its text, which is a handler's
// and may hold anything.
func reason(err error) string {
	if p, ok := errors.AsType[*callback.PanicError](err); ok {
		return p.Error() // both are safe: types and names only
	}
	if d, ok := errors.AsType[*callback.DecodeError](err); ok {
		return d.Error()
	}
	if code, ok := errors.AsType[wecom.Code](err); ok {
		return code.Error()
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "out of time"
	}
	if p, ok := errors.AsType[*permanentError](err); ok {
		err = p.err
	}
	return fmt.Sprintf("error of type %T", err)
}

func tries(n int) string {
	if n == 1 {
		return "1 try"
	}
	return fmt.Sprintf("%d tries", n)
}
