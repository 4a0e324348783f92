package cli

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode"
)

// printable returns s with every character in \u form that could steer a terminal
// or turn the direction of the text: platforms and backends choose what they say.
// Inside a JSON string the form means the same character.
func printable(s string) string {
	if !strings.ContainsFunc(s, steers) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if steers(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

func steers(r rune) bool {
	return r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r))
}

// packageNames are what the errors of this repository begin with.
var packageNames = regexp.MustCompile(`(^|: )(?:(?:wecom|wecomtest|suite|provider|crypto|tokenfile|world): )+`)

// withoutPackages returns the text of an error without the names of the packages
// that it came through: they mean nothing to whoever typed a command.
func withoutPackages(text string) string { return packageNames.ReplaceAllString(text, "$1") }

// watched remembers the first error of a writer: a command that could not say what
// it found has not done its work.
type watched struct {
	io.Writer
	err error
}

// Write implements [io.Writer].
func (w *watched) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	if w.err == nil {
		w.err = err
	}
	return n, err
}

type readFunc func(p []byte) (int, error)

// Read implements [io.Reader].
func (f readFunc) Read(p []byte) (int, error) { return f(p) }

// interruptible returns a reader of in that fails when ctx ends, also while it waits
// for input that nobody types.
func interruptible(ctx context.Context, in io.Reader) io.Reader {
	type chunk struct {
		text []byte
		err  error
	}
	return readFunc(func(p []byte) (int, error) {
		got := make(chan chunk, 1)
		go func() { // outlives its reader until there is input, at most as long as the process
			own := make([]byte, len(p))
			n, err := in.Read(own)
			got <- chunk{own[:n], err}
		}()
		select {
		case c := <-got:
			return copy(p, c.text), c.err
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	})
}
