// Package workerstest is what tests of programs share whose work is done by
// processes of their own.
package workerstest

import (
	"bytes"
	"strings"
	"sync"
	"testing"
)

// Output takes what a program prints, and can be waited for.
type Output struct {
	mu    sync.Mutex
	text  bytes.Buffer
	wrote chan struct{}
}

// NewOutput returns an empty Output.
func NewOutput() *Output { return &Output{wrote: make(chan struct{}, 1)} }

// Write takes more.
func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case o.wrote <- struct{}{}:
	default:
	}
	return o.text.Write(p)
}

// String is all that was printed.
func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// Await waits until text is printed, and fails the test if the program ends before.
func (o *Output) Await(tb testing.TB, text string, done <-chan error) {
	tb.Helper()
	for !strings.Contains(o.String(), text) {
		select {
		case <-o.wrote:
		case err := <-done:
			tb.Fatalf("ended too early: %v\n%s", err, o)
		}
	}
}

// NoEnv is an environment without variables.
func NoEnv(string) string { return "" }
