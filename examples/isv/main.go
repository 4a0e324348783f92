// Isv is a small backend of a software vendor (服务商) with pages: companies install
// the app, register and sign in; the vendor sees its customers, their licences and
// orders, what WeCom pushes, and whether tickets and tokens are well.
//
//	go run ./examples/isv
//
// starts it together with a simulated platform, in whose pages you play WeCom, and
// prints the address to open. With the WECOM_* variables set the same program talks
// to the real platform; config.go names them, and whatever is missing is said with
// where to find it.
//
// What it keeps is in a SQLite file, or in PostgreSQL (WECOM_POSTGRES); tokens and
// what several processes share are in Redis if WECOM_REDIS names one.
//
// The code is meant to be copied. Where a vendor has to decide, a comment that
// begins with "Decide" says so.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal does not wait for what is in hand
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "isv:", err)
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	listen string
	sqlite string
	debug  bool
}

const defaultDB = "wecom-isv.db"

func parse(args []string, out io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("isv", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.StringVar(&o.listen, "listen", "", "address to listen on; default: WECOM_LISTEN, or 127.0.0.1:8080 with the simulated platform")
	flags.StringVar(&o.sqlite, "db", defaultDB, "SQLite file; not used with WECOM_POSTGRES. With the simulated platform it is a temporary one")
	flags.BoolVar(&o.debug, "debug", false, "log every call")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	return o, nil
}

// run runs the program until ctx ends.
func run(ctx context.Context, args []string, getenv func(string) string, out io.Writer) error {
	opts, err := parse(args, out)
	if err != nil {
		return err
	}
	cfg, online, err := configFromEnv(getenv)
	if err != nil {
		return err
	}
	level := slog.LevelInfo
	if opts.debug {
		level = slog.LevelDebug
	}
	logger := slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: level}))
	if online {
		return runReal(ctx, opts, cfg, logger, out)
	}
	if cfg.redis+cfg.postgres+cfg.storeKey != "" || opts.sqlite != defaultDB {
		logger.WarnContext(ctx, "WECOM_REDIS, WECOM_POSTGRES, WECOM_STORE_KEY and -db are for the real platform: what is simulated ends with the process")
	}
	return runSimulated(ctx, opts, logger, out)
}

// runReal serves customers.
func runReal(ctx context.Context, opts options, cfg config, logger *slog.Logger, out io.Writer) error {
	if opts.listen != "" {
		cfg.Listen = opts.listen
	}
	listener, err := listenAt(ctx, cfg.Listen)
	if err != nil {
		return err
	}
	s, err := newSite(ctx, cfg, opts.sqlite, nil, logger)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	_, _ = fmt.Fprintf(out, `Listening on %s. What the console (服务商管理后台) wants to know:
  应用主页            %[2]s/login
  业务设置URL         %[2]s/console
  可信域名, 安装完成回调域名   the host of %[2]s
  指令回调URL         %[2]s/callback/command
  数据回调URL         %[2]s/callback/data/$CORPID$
  系统事件接收URL      %[2]s/callback/system
`, listener.Addr(), cfg.PublicURL)
	return s.serve(ctx, listener)
}

// runSimulated serves whoever tries the program out, on loopback only: on the
// simulated platform anybody can sign in as anybody.
func runSimulated(ctx context.Context, opts options, logger *slog.Logger, out io.Writer) (err error) {
	listener, err := listenLoopback(ctx, opts.listen)
	if err != nil {
		return err
	}
	closing := []func() error{listener.Close}
	defer func() {
		for _, end := range closing {
			if e := end(); e != nil && !errors.Is(e, net.ErrClosed) {
				err = errors.Join(err, e)
			}
		}
	}()
	sim, err := newSimulation("http://" + listener.Addr().String())
	if err != nil {
		return err
	}
	closing = append(closing, sim.close)
	dir, err := os.MkdirTemp("", "wecom-isv-")
	if err != nil {
		return err
	}
	closing = append(closing, func() error { return os.RemoveAll(dir) })
	s, err := newSite(ctx, sim.configure(), dir+"/isv.db", sim, logger)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(out, "\n  Open %s\n  WeCom is simulated at %s\n  Ctrl-C ends both.\n\n", s.cfg.PublicURL, sim.platform.URL())
	return s.serve(ctx, listener)
}

func listenLoopback(ctx context.Context, address string) (net.Listener, error) {
	if address == "" {
		address = "127.0.0.1:8080"
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("-listen: %w", err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, errors.New("with the simulated platform everybody may sign in as anybody: -listen must be a loopback address such as 127.0.0.1:8080")
	}
	return listenAt(ctx, address)
}

func listenAt(ctx context.Context, address string) (net.Listener, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%w\nchoose another address with -listen, for example -listen 127.0.0.1:0", err)
	}
	return listener, nil
}
