package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wecom-isv/wecom/examples/isv/internal/view"
	"github.com/wecom-isv/wecom/register"
)

// site is the program: one process of the vendor's backend.
type site struct {
	cfg       config
	logger    *slog.Logger
	store     *storage
	vendor    *vendor
	flow      *register.Flow
	callbacks callbacks
	views     *view.Views
	sim       *simulation // nil: the platform is real
	handler   http.Handler

	news     bell // an event has come
	streams  atomic.Int64
	stopping chan struct{} // closed when the server stops: streams end
}

// newSite wires everything and starts nothing but the workers of the pool; serve
// ends them.
func newSite(ctx context.Context, cfg config, sqlite string, sim *simulation, logger *slog.Logger) (_ *site, err error) {
	s := &site{cfg: cfg, logger: logger, sim: sim, stopping: make(chan struct{})}
	if s.store, err = openStorage(ctx, cfg, sqlite); err != nil {
		return nil, err
	}
	if err := s.wire(); err != nil {
		return nil, errors.Join(err, s.store.close())
	}
	return s, nil
}

func (s *site) wire() (err error) {
	about := view.Site{Simulated: s.sim != nil}
	if s.sim != nil {
		about.Simulator = s.sim.platform.URL() + "/"
	}
	if s.views, err = view.New(about); err != nil {
		return err
	}
	if s.vendor, err = newVendor(s.cfg, s.store, s.logger); err != nil {
		return err
	}
	if err := s.newFlow(); err != nil {
		return err
	}
	if s.handler, err = s.newHandler(); err != nil {
		return err
	}
	return s.listen()
}

const (
	farewell   = 15 * time.Second // what requests and events may take to end
	sweepEvery = time.Hour
)

// serve serves until ctx ends, then lets requests and events in hand end and closes
// the store.
func (s *site) serve(ctx context.Context, listener net.Listener) error {
	server := &http.Server{
		Handler: s.handler, ErrorLog: slog.NewLogLogger(s.logger.Handler(), slog.LevelDebug),
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
	}
	server.RegisterOnShutdown(func() {
		close(s.stopping)
		s.flow.Close()
	})
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var background sync.WaitGroup
	background.Go(func() { s.sweep(ctx) })
	if s.sim != nil {
		background.Go(func() { s.sim.pushTickets(ctx, s.logger) })
	}

	var err error
	select {
	case <-ctx.Done():
	case err = <-served:
	}
	cancel()
	background.Wait()
	return errors.Join(err, s.stop(context.WithoutCancel(ctx), server))
}

func (s *site) stop(ctx context.Context, server *http.Server) error {
	ctx, cancel := context.WithTimeout(ctx, farewell)
	defer cancel()
	// In this order: nothing new comes in, what has come is dealt with, and only then
	// is the store closed.
	err := server.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, server.Close()) // whoever is still connected has had enough time
	}
	return errors.Join(err, s.callbacks.pool.Shutdown(ctx), s.store.close())
}

// sweep removes what has expired, now and then.
func (s *site) sweep(ctx context.Context) {
	every := time.NewTicker(sweepEvery)
	defer every.Stop()
	for {
		if err := s.store.sweep(ctx); err != nil && ctx.Err() == nil {
			s.logger.WarnContext(ctx, "the store was not swept", "error", err)
		}
		select {
		case <-every.C:
		case <-ctx.Done():
			return
		}
	}
}

// pageFunc answers a request. An error is logged and becomes a page with an id.
type pageFunc func(w http.ResponseWriter, r *http.Request) error

func (s *site) page(h pageFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			s.fail(w, r, err)
		}
	})
}

// show writes a page for who sends the request.
func (s *site) show(w http.ResponseWriter, r *http.Request, p view.Page) {
	p.Person = personOf(r.Context())
	if err := s.views.Show(w, r, p); err != nil && r.Context().Err() == nil {
		s.logger.WarnContext(r.Context(), "page not shown", "page", p.Name, "error", err)
	}
}

// problem is what a person is told about a failure: never its cause.
type problem struct {
	Message view.Text
	ID      string // the log has it too
	Retry   string // where to try again; may be empty
}

var failed = view.Text{ZH: "没有成功", EN: "That did not work"}

func (s *site) tell(w http.ResponseWriter, r *http.Request, status int, p problem) {
	s.show(w, r, view.Page{Name: "problem", Title: failed, Status: cmp.Or(status, http.StatusInternalServerError), Path: "/", Data: p})
}

// fail logs err under an id and shows that id.
func (s *site) fail(w http.ResponseWriter, r *http.Request, err error) {
	id := rand.Text()[:8]
	s.logger.ErrorContext(r.Context(), "page failed", "id", id, "path", r.URL.Path, "error", err)
	s.tell(w, r, http.StatusInternalServerError, problem{Message: view.Text{ZH: "服务器出了问题，请稍后再试。", EN: "Something went wrong on our side. Please try again later."}, ID: id})
}

// refuse shows why somebody may not see a page.
func (s *site) refuse(w http.ResponseWriter, r *http.Request, why view.Text) {
	s.tell(w, r, http.StatusForbidden, problem{Message: why})
}
