// Quickstart runs the whole life of a third-party app (第三方应用) and prints every
// step: ticket push, suite token, installation, permanent code, corp token, an
// API call, sign-in of a member and of an administrator, registration of a new
// corp, contact migration, a revoked token, cancel_auth.
//
// Without settings the platform is simulated in this process: no network, no
// set-up. With the WECOM_* variables set the same code talks to the real
// platform and asks you to do what a person must do. See config.go.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Stdout, os.Getenv)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "\nquickstart:", err)
		os.Exit(1)
	}
}

// run goes through the whole life once.
func run(ctx context.Context, out io.Writer, getenv func(string) string) error {
	cfg, online, err := configFromEnv(getenv)
	if err != nil {
		return err
	}
	to, quiet := &printer{out: out}, slog.New(slog.DiscardHandler)
	if online {
		return runReal(ctx, to, cfg, quiet)
	}
	return runSimulated(ctx, to, quiet)
}

// runReal lets the person at the terminal play the customers.
func runReal(ctx context.Context, to *printer, cfg config, logger *slog.Logger) error {
	v, err := newVendor(ctx, cfg, to, logger)
	if err != nil {
		return err
	}
	defer v.close(context.WithoutCancel(ctx))
	to.line("WeCom quickstart, real platform; listening on %s, reached at %s", cfg.Listen, cfg.PublicURL)
	return live(ctx, to, v, &terminal{v})
}
