package register

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/wecom-isv/wecom"
)

// Report is what has become of a plan, over all runs of its migration. It encodes
// as JSON. It holds ids and nothing else of people.
type Report struct {
	Departments Tally `json:"departments"`
	Users       Tally `json:"users"`
	Tags        Tally `json:"tags"`
	Scopes      int   `json:"scopes"` // apps whose visible range was set
	// Refused is what could not be made as planned, and why.
	Refused []Refusal `json:"refused,omitzero"`

	Checked bool `json:"checked"` // everything was read back and compared with the plan
	// Differences are what the comparison has found.
	Differences []Difference `json:"differences,omitzero"`
	// Others are the departments, the root apart, and members that are there and not in
	// the plan, such as the administrator who registered.
	Others int `json:"others"`

	Invited int `json:"invited"` // members
	// InvitesUnsure are members whose invitation was sent and not answered, or cut short
	// by the end of a run. They may have got it: it is not repeated.
	InvitesUnsure int `json:"invites_unsure"`

	// Unlocked says that contact_sync_success was carried out: the contacts are the
	// corp's own now.
	Unlocked bool `json:"unlocked"`

	Runs  int           `json:"runs"`  // that did not come to the end before this one
	Calls int           `json:"calls"` // repetitions by wecom.Client apart, and what earlier runs did after their last checkpoint
	Took  time.Duration `json:"took"`  // nanoseconds; the same
}

// Tally counts the items of one kind. What was not reached is in none of the
// numbers but Planned.
type Tally struct {
	Planned int `json:"planned"`
	Created int `json:"created"` // in the last run of the step
	Skipped int `json:"skipped"` // were there already as planned, for instance since a run that was cut short
	Refused int `json:"refused"`
}

// Refusal is an item that could not be made as planned.
type Refusal struct {
	Kind   Kind       `json:"kind"`
	ID     string     `json:"id,omitzero"`   // department id, user id, tag id, agent id
	Code   wecom.Code `json:"code,omitzero"` // what the platform answered; 0: it was not asked
	Reason string     `json:"reason"`
}

// String names the item and the reason.
func (r Refusal) String() string {
	text := string(r.Kind)
	if r.ID != "" {
		text += " " + r.ID
	}
	if r.Code != 0 {
		text += fmt.Sprintf(": %d", int(r.Code))
	}
	return text + ": " + r.Reason
}

// refusal makes one of what the platform answered.
func refusal(kind Kind, id string, err error) Refusal {
	r := Refusal{Kind: kind, ID: id, Reason: "the call was refused"}
	if answer, ok := errors.AsType[*wecom.Error](err); ok {
		r.Code, r.Reason = answer.Code, cmp.Or(answer.Code.Meaning(), answer.Message, r.Reason)
	}
	return r
}

// Difference is a difference between the plan and what was read back.
type Difference struct {
	Kind   Kind     `json:"kind"`
	ID     string   `json:"id"`
	Fields []string `json:"fields,omitzero"` // that are not as planned, as in Go; nil: the item is missing
}

// String names the item and the fields.
func (d Difference) String() string {
	if d.Fields == nil {
		return fmt.Sprintf("%s %s: is missing", d.Kind, d.ID)
	}
	return fmt.Sprintf("%s %s: differs in %s", d.Kind, d.ID, strings.Join(d.Fields, ", "))
}

// Complete reports whether all of the plan was found in the corp. Invitations do
// not count.
func (r *Report) Complete() bool {
	return r.Checked && len(r.Differences) == 0 && r.refused() == 0
}

// refused counts what could not be made as planned.
func (r *Report) refused() int {
	n := 0
	for _, f := range r.Refused {
		if f.Kind != KindInvitation {
			n++
		}
	}
	return n
}

// String is the report for people, in some lines.
func (r *Report) String() string {
	var b strings.Builder
	for _, line := range [...]struct {
		name  string
		tally Tally
	}{{"departments", r.Departments}, {"users", r.Users}, {"tags", r.Tags}} {
		fmt.Fprintf(&b, "%-12s %6d planned, %6d created, %6d were there, %4d refused\n",
			line.name, line.tally.Planned, line.tally.Created, line.tally.Skipped, line.tally.Refused)
	}
	fmt.Fprintf(&b, "%-12s %6d set\n", "scopes", r.Scopes)
	switch {
	case !r.Checked:
		fmt.Fprintf(&b, "%-12s not read back\n", "check")
	case r.Complete():
		fmt.Fprintf(&b, "%-12s all of the plan is there, and %d beside it\n", "check", r.Others)
	default:
		fmt.Fprintf(&b, "%-12s %d refused, %d differences from the plan; %d beside it\n", "check", r.refused(), len(r.Differences), r.Others)
	}
	fmt.Fprintf(&b, "%-12s %6d sent, %d unsure\n", "invitations", r.Invited, r.InvitesUnsure)
	locked := "still locked"
	if r.Unlocked {
		locked = "unlocked"
	}
	fmt.Fprintf(&b, "%-12s %s\n", "contacts", locked)
	fmt.Fprintf(&b, "%-12s %d calls in %v; earlier runs: %d\n", "effort", r.Calls, r.Took.Round(time.Millisecond), r.Runs)
	writeSome(&b, "refused", r.Refused)
	writeSome(&b, "differs", r.Differences)
	return b.String()
}

// writeSome writes the first twenty of a list, one in a line.
func writeSome[T fmt.Stringer](b *strings.Builder, name string, list []T) {
	const shown = 20
	for i, item := range list {
		if i == shown {
			fmt.Fprintf(b, "%-12s … and %d more\n", name, len(list)-shown)
			return
		}
		fmt.Fprintf(b, "%-12s %s\n", name, item)
	}
}
