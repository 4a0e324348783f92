package callback

import (
	"errors"
	"fmt"
	"runtime"
)

// Errors of this package. Compare with [errors.Is].
var (
	// ErrInWork says that another process was handling the same event, or may have
	// been, until the time was up; see Mux.Dedupe. Whoever keeps the event tries it
	// again later.
	ErrInWork = errors.New("callback: no word in time on whether the event is a repetition")
	// ErrMessage is a decrypted message that is neither well-formed XML nor a
	// JSON object.
	ErrMessage = errors.New("callback: message is neither XML nor JSON")
	// ErrBodyTooLarge is a request with a body above Config.MaxBody.
	ErrBodyTooLarge = errors.New("callback: body is too large")
	// ErrUnknownApp is a request to a handler of several apps that matches none
	// of them.
	ErrUnknownApp = errors.New("callback: no app for this request")
	// ErrPath is a message that is not for the corp whose id is in the path.
	ErrPath = errors.New("callback: corp id in the path does not agree with the message")
	// ErrReplay is a request with a timestamp outside Config.ReplayWindow.
	ErrReplay = errors.New("callback: timestamp is outside of the replay window")
	// ErrNoSender is a reply to an event that was not sent by a member.
	ErrNoSender = errors.New("callback: no member sent this event, so nobody takes a reply")
	// ErrFilterFull is an event that a MemoryFilter has no room for.
	ErrFilterFull = errors.New("callback: filter is full")
	// ErrQueueFull is an event that a queue has no room for.
	ErrQueueFull = errors.New("callback: queue is full")
	// ErrQueueClosed is an event that came after Shutdown of the queue.
	ErrQueueClosed = errors.New("callback: queue is shut down")
)

// DecodeError is a message that does not fit the type it is decoded into. Its
// text names elements and types, never a value.
type DecodeError struct {
	Kind Kind
	Err  error
}

// Error returns the kind and the reason.
func (e *DecodeError) Error() string {
	return fmt.Sprintf("callback: decode %q: %v", short(e.Kind), e.Err)
}

// Unwrap returns the reason.
func (e *DecodeError) Unwrap() error { return e.Err }

// PanicError is a panic of a handler. Its text names only the type of the value,
// which may hold a part of the message, unless the value is a [runtime.Error].
type PanicError struct {
	Kind  Kind
	Value any    // what was passed to panic
	Stack []byte // stack of the goroutine, as runtime/debug.Stack returns it
}

// Error returns the kind and what sort of panic it was.
func (e *PanicError) Error() string {
	if err, ok := e.Value.(runtime.Error); ok { // written by the runtime: no data of ours
		return fmt.Sprintf("callback: handler of %q panicked: %v", short(e.Kind), err)
	}
	return fmt.Sprintf("callback: handler of %q panicked with a %T", short(e.Kind), e.Value)
}

// Unwrap returns the value if it is a [runtime.Error], else nil.
func (e *PanicError) Unwrap() error {
	if err, ok := e.Value.(runtime.Error); ok {
		return err
	}
	return nil
}

// errEcho is an event where the echo text of a verification should be.
var errEcho = errors.New("callback: an event in place of an echo text")
