// Command wecom is the command line of the SDK for WeCom (企业微信) service
// providers: a simulated platform, callbacks by hand, and answers about codes,
// endpoints and configurations. Run wecom help; docs/cli.md is the reference.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/term"

	"github.com/wecom-isv/wecom/cmd/wecom/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	code := cli.Main(ctx, os.Args[1:], cli.System{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		Getenv:     os.Getenv,
		Terminal:   isTerminal(os.Stdout),
		InTerminal: isTerminal(os.Stdin),
		Ask:        asker(ctx),
		ConfigDir:  os.UserConfigDir,
	})
	stop()
	os.Exit(code)
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// asker asks at the terminal, also when the standard input comes from elsewhere;
// nil if there is no terminal. A signal ends the question and gives the terminal
// back as it was.
func asker(ctx context.Context) func(prompt string) (string, error) {
	terminal, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		if !isTerminal(os.Stdin) {
			return nil
		}
		terminal = os.Stdin
	}
	return func(prompt string) (string, error) {
		before, err := term.GetState(int(terminal.Fd()))
		if err != nil {
			return "", err
		}
		fmt.Fprint(os.Stderr, prompt)
		defer fmt.Fprintln(os.Stderr)
		typed := make(chan error, 1)
		var text []byte
		go func() { // ends with the process if nobody types
			var err error
			text, err = term.ReadPassword(int(terminal.Fd()))
			typed <- err
		}()
		select {
		case err := <-typed:
			return string(text), err
		case <-ctx.Done():
			return "", errors.Join(ctx.Err(), term.Restore(int(terminal.Fd()), before))
		}
	}
}
