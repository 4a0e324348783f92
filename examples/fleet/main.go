// Fleet shows what many machines do with one set of credentials: it starts
// several worker processes of the same app, each calling the API in the name of
// many corps, and counts how often a token is fetched. However many workers ask
// at the same moment, each token is to be fetched once.
//
//	go run ./examples/fleet -workers 8 -corps 200 -for 30s
//	WECOM_REDIS=127.0.0.1:6379 go run ./examples/fleet
//
// The platform is simulated by the parent, which serves it on a loopback address. The
// workers share a Redis if WECOM_REDIS has the address of one (host:port, or a
// redis:// URL), else a SQLite file in a temporary directory. Once a second the
// parent prints what each worker has done; at the end it compares the fetches
// that the platform has seen with the number of keys, and exits 0 only if they
// are equal and no call failed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/wecom-isv/wecom/examples/internal/workers"
)

func main() {
	if len(os.Args) == 2 && os.Args[1] == workerArg {
		signal.Ignore(os.Interrupt) // of the terminal: the parent says when to stop
		if err := work(context.Background(), os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "fleet: worker:", err)
			os.Exit(1)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "fleet:", err)
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	workers  int
	corps    int
	duration time.Duration
}

func parse(args []string, out io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("fleet", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.IntVar(&o.workers, "workers", 4, "worker processes, 1 to 64")
	flags.IntVar(&o.corps, "corps", 50, "corps that have installed the app, 1 to 10000")
	flags.DurationVar(&o.duration, "for", 10*time.Second, "how long the workers call, at least until each has called every corp; at most 10m")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	switch {
	case flags.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case o.workers < 1 || o.workers > 64:
		return o, fmt.Errorf("-workers %d is not between 1 and 64", o.workers)
	case o.corps < 1 || o.corps > 10000:
		return o, fmt.Errorf("-corps %d is not between 1 and 10000", o.corps)
	case o.duration <= 0 || o.duration > 10*time.Minute:
		return o, fmt.Errorf("-for %v is not between 0 and 10m", o.duration)
	}
	return o, nil
}

// run is the parent.
func run(ctx context.Context, args []string, getenv func(string) string, out io.Writer) (err error) {
	opts, err := parse(args, out)
	if err != nil {
		return err
	}
	where, err := choosePlace(getenv("WECOM_REDIS"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, where.remove()) }()
	w, err := newWorld(ctx, where, opts.corps)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close(ctx)) }()
	p := &printer{out: out, redraw: workers.IsTerminal(out)}
	p.line("%d workers, %d corps; platform at %s, tokens in %s", opts.workers, opts.corps, w.gate.URL, where.Kind)

	crew, err := startCrew(ctx, opts.workers, w.settings(where))
	if err != nil {
		return err
	}
	err = crew.watch(ctx, opts.duration, func(reports []report) {
		w.platform.ForgetCalls() // it remembers each, which is too much for minutes
		p.table(reports)
	})
	if err := errors.Join(err, crew.stop()); err != nil {
		return err
	}
	p.table(crew.reports())
	return w.verdict(p, crew.total())
}
