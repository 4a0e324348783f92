// Package report holds what a check has found, with what to do about it.
package report

import (
	"slices"

	"github.com/wecom-isv/wecom/cmd/wecom/internal/lang"
)

// Level says how bad a finding is.
type Level string

// The levels, from good to bad.
const (
	OK      Level = "ok"      // as it should be
	Note    Level = "note"    // worth knowing
	Warning Level = "warning" // works, and will hurt some day
	Failure Level = "failure" // does not work
)

// Finding is one thing that a check has found. It holds no secret.
type Finding struct {
	ID     string // stable, for programs: "slow"
	Level  Level
	What   lang.Text
	Remedy lang.Text // zero: nothing to do
}

// Failed reports whether one of the findings is a failure.
func Failed(findings []Finding) bool {
	return slices.ContainsFunc(findings, func(f Finding) bool { return f.Level == Failure })
}
