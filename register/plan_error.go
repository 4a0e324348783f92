package register

import (
	"fmt"
	"strings"
)

// Kind says what a [Problem], a [Refusal] or a [Difference] is about.
type Kind string

// The kinds.
const (
	KindDepartment Kind = "department"
	KindUser       Kind = "user"
	KindTag        Kind = "tag"
	KindScope      Kind = "scope"      // who sees an app
	KindInvitation Kind = "invitation" // of members
)

// PlanError is everything that is wrong with a plan.
type PlanError struct {
	Problems []Problem // at least one; of departments, then of users, then of tags
}

// Problem is one thing that is wrong with a plan. It quotes ids, never a mobile or
// an email.
type Problem struct {
	Kind Kind `json:"kind"`
	// Row is the place in its sequence, from 1; of a CSV file the row below the header,
	// rows without content and that of the root not counted. 0: none in particular.
	Row     int    `json:"row,omitzero"`
	ID      string `json:"id,omitzero"`    // user id, department id or tag id, if there is one
	Field   string `json:"field,omitzero"` // as in Go, "Mobile", or the title of a column of a CSV file
	Problem string `json:"problem"`
}

// String names the item and the field.
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(string(p.Kind))
	if p.Row > 0 {
		fmt.Fprintf(&b, " %d", p.Row)
	}
	if p.ID != "" {
		fmt.Fprintf(&b, " (%s)", p.ID)
	}
	b.WriteString(":")
	if p.Field != "" {
		b.WriteString(" " + p.Field)
	}
	b.WriteString(" " + p.Problem)
	return b.String()
}

// Error counts the problems and shows the first ten.
func (e *PlanError) Error() string {
	const shown = 10
	var b strings.Builder
	fmt.Fprintf(&b, "register: the plan has %d problems", len(e.Problems))
	for i, p := range e.Problems {
		if i == shown {
			fmt.Fprintf(&b, "; and %d more", len(e.Problems)-shown)
			break
		}
		b.WriteString("; " + p.String())
	}
	return b.String()
}
