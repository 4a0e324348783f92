// Package cli is the command line of the SDK: package main only connects it with
// the machine, so that tests run every command in their own process.
package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/fatih/color"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/cmd/wecom/internal/lang"
	"github.com/wecom-isv/wecom/cmd/wecom/internal/report"
)

// Exit codes. They are part of what scripts rely on.
const (
	ExitOK          = 0   // done
	ExitFailed      = 1   // a check failed, an event was not answered right, the platform refused
	ExitUsage       = 2   // a flag, an argument, a setting or the input is wrong
	ExitUnable      = 3   // it could not be found out: no reply, a file that cannot be written
	ExitInterrupted = 130 // ended from outside
)

// System is the machine that the commands run on.
type System struct {
	In       io.Reader
	Out, Err io.Writer
	Getenv   func(string) string
	// Terminal says that Out is a terminal, where colours are welcome.
	Terminal bool
	// InTerminal says that In is a terminal, from which no input will come by itself.
	InTerminal bool
	// Ask asks the person at the terminal for a secret and does not show what is
	// typed; nil: nobody is there.
	Ask func(prompt string) (string, error)
	// ConfigDir returns the directory for the user's own settings.
	ConfigDir func() (string, error)
}

// app is one run of the program.
type app struct {
	System
	lang   lang.Lang
	json   bool
	colour bool
	env    map[string]string  // of --env-file
	known  map[setting]string // what was read so far
}

// Main runs the program with args, which lack its name, and returns the exit code.
func Main(ctx context.Context, args []string, sys System) int {
	out := &watched{Writer: sys.Out}
	sys.In, sys.Out = interruptible(ctx, sys.In), out
	a := &app{System: sys, lang: language(args, sys.Getenv), known: map[setting]string{}}
	root := a.root() //nolint:contextcheck // Commands take the context of ExecuteContext.
	root.SetArgs(guardNumbers(args))
	root.SetIn(sys.In)
	root.SetOut(sys.Out)
	root.SetErr(sys.Err)
	err := root.ExecuteContext(ctx)
	if out.err != nil {
		err = unable(out.err, "the output cannot be written", "无法输出")
	}
	if err == nil {
		return ExitOK
	}
	code := exitCode(ctx, err)
	a.printError(err, code)
	return code
}

// errFailed ends a command whose output has said already what failed.
var errFailed = errors.New("wecom: a check failed")

// usageError is a mistake of whoever typed the command.
type usageError struct{ cause *lang.Error }

func (e usageError) Error() string { return e.cause.Error() }

func (e usageError) Unwrap() error { return e.cause }

// badUsage returns a usageError with the text.
func badUsage(text lang.Text) error { return usageError{&lang.Error{Text: text}} }

// misuse returns a usageError with the text and its cause.
func misuse(text lang.Text, cause error) error {
	return usageError{&lang.Error{Text: text, Err: cause}}
}

// unable returns an error that says in both languages what could not be done.
func unable(err error, en, zh string) error { return &lang.Error{Text: lang.T(en, zh), Err: err} }

func exitCode(ctx context.Context, err error) int {
	_, usage := errors.AsType[usageError](err)
	_, refused := errors.AsType[*wecom.Error](err)
	switch {
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		return ExitInterrupted
	case usage:
		return ExitUsage
	case errors.Is(err, errFailed), refused:
		return ExitFailed
	case ctx.Err() != nil:
		return ExitInterrupted
	}
	return ExitUnable
}

// printError tells the person, and with --json the program, what went wrong.
func (a *app) printError(err error, code int) {
	if errors.Is(err, errFailed) {
		return
	}
	text := a.errorText(err)
	if code == ExitInterrupted {
		text = a.t("interrupted", "已中断")
	}
	a.notef("%s %s", a.paint(color.FgRed, "wecom:"), text)
	if refusal, ok := errors.AsType[*wecom.Error](err); ok {
		a.notef("%s", a.advice(refusal.Code).In(a.lang))
	}
	if !a.json {
		return
	}
	out := map[string]any{"error": text, "exit_code": code}
	if refusal, ok := errors.AsType[*wecom.Error](err); ok {
		out["errcode"], out["class"], out["hint"], out["from_ip"] = int(refusal.Code), refusal.Code.Class().String(), refusal.Hint, refusal.FromIP
	}
	_ = a.printJSON(out) // nothing is left to do about it
}

// errorText is the text of an error in the language of the run.
func (a *app) errorText(err error) string {
	text := err.Error()
	if both, ok := errors.AsType[*lang.Error](err); ok {
		text = both.Full(a.lang)
	}
	return printable(withoutPackages(text))
}

// t returns the text in the language of the run.
func (a *app) t(en, zh string) string { return lang.T(en, zh).In(a.lang) }

// printf writes a line to the output. What it writes has no secret.
func (a *app) printf(format string, args ...any) { _, _ = fmt.Fprintf(a.Out, format+"\n", args...) }

// notef writes a line beside the output: to the person, not to the next program.
func (a *app) notef(format string, args ...any) { _, _ = fmt.Fprintf(a.Err, format+"\n", args...) }

// printJSON writes v as indented JSON.
func (a *app) printJSON(v any) error {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(v); err != nil {
		return unable(err, "the output cannot be written", "无法输出")
	}
	_, _ = io.WriteString(a.Out, printable(b.String())) // Main hears of a failure
	return nil
}

// paint colours s if the output is a terminal.
func (a *app) paint(attribute color.Attribute, s string) string {
	c := color.New(attribute)
	c.DisableColor()
	if a.colour {
		c.EnableColor()
	}
	return c.Sprint(s)
}

// mark is the sign before a finding.
func (a *app) mark(level report.Level) string {
	switch level {
	case report.OK:
		return a.paint(color.FgGreen, "✓")
	case report.Warning:
		return a.paint(color.FgYellow, "!")
	case report.Failure:
		return a.paint(color.FgRed, "✗")
	default:
		return a.paint(color.FgCyan, "·")
	}
}

// findingDoc is a finding as --json shows it.
type findingDoc struct {
	ID     string       `json:"id"`
	Level  report.Level `json:"level"`
	What   string       `json:"what"`
	Remedy string       `json:"remedy,omitempty"`
}

func (a *app) findingDocs(findings []report.Finding) []findingDoc {
	docs := make([]findingDoc, len(findings))
	for i, f := range findings {
		docs[i] = findingDoc{f.ID, f.Level, f.What.In(a.lang), f.Remedy.In(a.lang)}
	}
	return docs
}

// printFindings lists the findings for a person.
func (a *app) printFindings(findings []report.Finding) {
	for _, f := range findings {
		a.printf("%s %s", a.mark(f.Level), printable(f.What.In(a.lang)))
		if remedy := f.Remedy.In(a.lang); remedy != "" && f.Level != report.OK {
			a.printf("  → %s", printable(remedy))
		}
	}
}
