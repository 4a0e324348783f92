// Frameworks mounts the same callback handlers under net/http, chi, gin and echo,
// lets the simulated platform verify the URLs and push to them, and prints what
// arrives. It needs no settings and opens no connection to the outside.
//
// A [callback.Handler] is an http.Handler, so every framework takes it as it is.
// Three things matter, and routers.go shows each: both GET and POST must reach it,
// nothing in front of it may read the body, and a data URL with $CORPID$ needs the
// path value of the request.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/wecom-isv/wecom/wecomtest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "frameworks:", err)
		os.Exit(1)
	}
}

// run plays under one framework after the other.
func run(ctx context.Context, out io.Writer) error {
	for _, f := range frameworks() {
		if err := play(ctx, out, f); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
	}
	return nil
}

// play lets a simulated platform deliver to the handlers under one framework: the
// verification of both URLs, a suite_ticket, an installation, a member's message.
func play(ctx context.Context, out io.Writer, f framework) error {
	platform, err := wecomtest.Start()
	if err != nil {
		return err
	}
	defer platform.Close()
	app := platform.NewApp(wecomtest.AppConfig{
		Name:        "demo",
		CallbackURL: "https://vendor.example/callback/command",
		DataURL:     "https://vendor.example/callback/data/$CORPID$",
	})
	h, err := newHandlers(settings{
		suiteID: app.ID, providerCorpID: platform.Provider().CorpID, token: app.Token, aesKey: app.AESKey,
	}, func(format string, args ...any) {
		_, _ = fmt.Fprintf(out, f.name+": "+format+"\n", args...)
	})
	if err != nil {
		return err
	}
	platform.Handle("vendor.example", f.mount(h))

	corp := platform.NewCorp("Acme")
	err = errors.Join(
		platform.VerifyURL(ctx, app.CommandTarget()),
		platform.VerifyURL(ctx, app.DataTarget()),
	)
	if err != nil {
		return err
	}
	if _, err := app.PushTicket(ctx); err != nil {
		return err
	}
	if _, err := corp.Install(ctx, app); err != nil {
		return err
	}
	_, err = corp.SendMessage(ctx, corp.Admin(), app, "hello")
	return err
}
