package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/callback"
	"github.com/wecom-isv/wecom/examples/internal/workers"
	"github.com/wecom-isv/wecom/suite"
	"github.com/wecom-isv/wecom/wecomtest"
)

// latency is what the simulated platform takes for a call: long enough for all
// workers to ask for the same token meanwhile.
const latency = 50 * time.Millisecond

// world is the simulated platform, and the machine of the vendor that receives
// its callbacks.
type world struct {
	platform *wecomtest.Platform
	gate     *workers.Gate
	fetches  atomic.Int64 // of tokens
	console  *wecomtest.App
	shared   *store
	corps    []string
}

// newWorld lets every corp install the app: ticket and permanent codes arrive by
// callback and are kept in the store that the workers share.
func newWorld(ctx context.Context, where place, corps int) (_ *world, err error) {
	w := new(world)
	if w.platform, err = wecomtest.Start(wecomtest.WithoutServer()); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close(ctx))
		}
	}()
	if w.gate, err = workers.OpenGate(ctx, w.platform.Transport(), w.count); err != nil {
		return nil, err
	}
	if w.shared, err = where.open(ctx); err != nil {
		return nil, err
	}
	const host = "vendor.example.com"
	w.console = w.platform.NewApp(wecomtest.AppConfig{Name: "车队示例", CallbackURL: "https://" + host + "/command"})
	app, err := newApp(w.settings(where), w.shared)
	if err != nil {
		return nil, err
	}
	var mux callback.Mux
	app.Handle(&mux, suite.Hooks{})
	commands, err := callback.NewHandler(callback.Config{
		Token: w.console.Token, AESKey: w.console.AESKey, Receivers: []string{app.ID()}, Logger: slog.New(slog.DiscardHandler),
	}, &mux)
	if err != nil {
		return nil, err
	}
	w.platform.Handle(host, commands)
	if _, err := w.console.PushTicket(ctx); err != nil {
		return nil, err
	}
	if err := w.install(ctx, corps); err != nil {
		return nil, err
	}
	w.platform.Inject(wecomtest.Fault{Times: -1, Latency: latency})
	return w, nil
}

// count counts the fetches of tokens.
func (w *world) count(r *http.Request) {
	switch r.URL.Path {
	case "/cgi-bin/service/get_suite_token", "/cgi-bin/service/get_corp_token":
		w.fetches.Add(1)
	}
}

func (w *world) install(ctx context.Context, corps int) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(8)
	for i := range corps {
		corp := w.platform.NewCorp(fmt.Sprintf("客户 %d", i+1))
		w.corps = append(w.corps, corp.ID)
		group.Go(func() error {
			_, err := corp.Install(ctx, w.console)
			return err
		})
	}
	return group.Wait()
}

// settings are what a worker must know.
func (w *world) settings(where place) settings {
	return settings{
		BaseURL: w.gate.URL, SuiteID: w.console.ID, Secret: w.console.Secret, Place: where, Corps: w.corps,
	}
}

// newApp is the same in every process: one engine, one store, one app.
func newApp(s settings, shared *store, opts ...wecom.Option) (*suite.Client, error) {
	opts = append(opts, wecom.WithBaseURL(s.BaseURL), wecom.WithTokenCache(shared.cache), wecom.WithLocker(shared.locker))
	api, err := wecom.New(opts...)
	if err != nil {
		return nil, err
	}
	return suite.New(api, suite.Config{ID: s.SuiteID, Secret: s.Secret, Codes: shared.codes})
}

// verdict compares the fetches that the platform was asked for with the number of
// keys.
func (w *world) verdict(p *printer, sum report) error {
	keys := len(w.corps) + 1 // a token of each corp, and the one of the suite
	fetches := int(w.fetches.Load())
	p.line("%d keys, %d fetches; %d calls, %d failed", keys, fetches, sum.Calls, sum.Failed)
	return judge(keys, fetches, sum)
}

func judge(keys, fetches int, sum report) error {
	switch {
	case sum.Failed > 0:
		return fmt.Errorf("%d calls failed; the first: %s", sum.Failed, sum.FirstError)
	case fetches != keys:
		return fmt.Errorf("%d fetches for %d keys: each token was to be fetched once", fetches, keys)
	}
	return nil
}

// close ends the platform and leaves nothing behind that does not expire.
func (w *world) close(ctx context.Context) (err error) {
	if w.gate != nil {
		err = w.gate.Close()
	}
	w.platform.Close()
	if w.shared == nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer cancel()
	for _, corpID := range w.corps {
		kept, failed := w.shared.codes.LoadCode(ctx, w.console.ID, corpID)
		if failed == nil {
			failed = w.shared.codes.DropCode(ctx, kept)
		}
		if failed != nil {
			err = errors.Join(err, failed)
			break // the others would fail the same way
		}
	}
	return errors.Join(err, w.shared.close())
}
