package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/provider"
	"github.com/wecom-isv/wecom/register"
	"github.com/wecom-isv/wecom/wecomtest"
)

const successPath = "/cgi-bin/sync/contact_sync_success"

// world is the simulated platform, and a corp that has just registered.
type world struct {
	platform *wecomtest.Platform
	gate     *gate
	corp     *wecomtest.Corp
	code     wecom.Secret
}

func newWorld(ctx context.Context, faults float64) (_ *world, err error) {
	const jobTakes = 2 * time.Second
	w := new(world)
	if w.platform, err = wecomtest.Start(wecomtest.WithoutServer(), wecomtest.WithJobDuration(jobTakes)); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	if w.gate, err = openGate(ctx, w.platform, faults, 1); err != nil {
		return nil, err
	}
	pack := w.platform.NewPackage(wecomtest.PackageConfig{ContactMigration: true})
	api, err := wecom.New(wecom.WithBaseURL(w.gate.URL))
	if err != nil {
		return nil, err
	}
	vendor, err := provider.New(api, provider.Config{CorpID: w.platform.Provider().CorpID, Secret: w.platform.Provider().Secret})
	if err != nil {
		return nil, err
	}
	link, err := register.New(vendor).Start(ctx, register.GetRegisterCodeRequest{TemplateID: pack.TemplateID})
	if err != nil {
		return nil, err
	}
	w.code = link.Code
	w.corp, err = w.platform.Register(ctx, link.URL, wecomtest.RegisterForm{CorpName: "新注册企业"})
	return w, err
}

func (w *world) close() error {
	var err error
	if w.gate != nil {
		err = w.gate.Close()
	}
	w.platform.Close()
	return err
}

func (w *world) job(o options) job {
	return job{
		BaseURL: w.gate.URL, CorpID: w.platform.Provider().CorpID, ProviderSecret: w.platform.Provider().Secret,
		RegisterCode: w.code.Reveal(), Options: o,
	}
}

// simulate lets worker after worker migrate, until one comes to the end.
func simulate(ctx context.Context, o options, in io.Reader, out io.Writer, interrupts <-chan os.Signal) (err error) {
	if _, err := readPlan(o); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "migrate-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if o.Checkpoint == "" {
		o.Checkpoint = filepath.Join(dir, "checkpoint.json")
	}
	w, err := newWorld(ctx, o.Faults)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	to := newDisplay(out)
	to.line("the platform is simulated at %s; Ctrl-C stops the migration in the middle", w.gate.URL)
	lines := bufio.NewReader(in)
	for {
		err := w.runWorker(ctx, o, out, interrupts)
		if err == nil {
			return w.verdict(to)
		}
		if !errors.Is(err, errInterrupted) {
			return err
		}
		to.line("\nstopped, the process has ended. Enter: a new one goes on. Ctrl-C: that is it.")
		if !enter(lines, interrupts) {
			return errInterrupted
		}
	}
}

// enter waits for the next line; false if the input has ended, or at a signal.
func enter(lines *bufio.Reader, interrupts <-chan os.Signal) bool {
	read := make(chan error, 1)
	go func() {
		_, err := lines.ReadString('\n')
		read <- err
	}()
	select {
	case err := <-read:
		return err == nil
	case <-interrupts:
		return false
	}
}

// runWorker starts a process that migrates and waits for its end.
func (w *world) runWorker(ctx context.Context, o options, out io.Writer, interrupts <-chan os.Signal) error {
	command, err := w.startWorker(o, out)
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	for {
		select {
		case err := <-ended:
			if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == exitInterrupted {
				return errInterrupted
			}
			if err != nil {
				return fmt.Errorf("the worker: %w", err)
			}
			return nil
		case <-interrupts: // on a terminal the worker has got it as well
			_ = command.Process.Signal(os.Interrupt) // it may have ended
		case <-ctx.Done():
			_ = command.Process.Kill() // it may have ended
			return errors.Join(ctx.Err(), <-ended)
		}
	}
}

func (w *world) startWorker(o options, out io.Writer) (*exec.Cmd, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(w.job(o)) // the secret goes through a pipe to a process of our own
	if err != nil {
		return nil, err
	}
	// A context would kill it; it is to stop by itself.
	command := exec.Command(program, workerArg) //nolint:gosec,noctx // See above; the program is this one.
	command.Stdin, command.Stdout, command.Stderr = strings.NewReader(string(text)), out, os.Stderr
	return command, command.Start()
}

// verdict compares what is there with what there should be.
func (w *world) verdict(to *display) error {
	unlocked := 0
	for _, call := range w.platform.Calls(successPath) {
		if call.Code == 0 && len(call.Reply) > 0 {
			unlocked++
		}
	}
	to.line("%-12s %d departments and %d members beside the root and the administrator; %d calls, contact_sync_success carried out %d times",
		"the corp has", len(w.corp.Departments())-1, len(w.corp.Users())-1, w.gate.calls.Load(), unlocked)
	switch {
	case w.corp.ContactsLocked():
		return errors.New("the contacts are still locked")
	case unlocked != 1:
		return errors.New("contact_sync_success was to be carried out once")
	}
	return nil
}
