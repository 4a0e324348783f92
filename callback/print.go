package callback

import (
	"fmt"
	"io"
)

// Format prints the type and nothing of what the pool holds, with every verb.
func (*Pool) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "callback.Pool") }

// Format prints the type and nothing of what is registered, with every verb.
func (*Mux) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "callback.Mux") }

// Format prints the type and nothing of its keys, with every verb.
func (*Handler) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "callback.Handler") }
