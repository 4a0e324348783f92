package register_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/register"
)

// pipes is a listener whose connections are pipes, which a bubble's clock governs.
type pipes struct{ accepted chan net.Conn }

func (p pipes) Accept() (net.Conn, error) {
	conn, open := <-p.accepted
	if !open {
		return nil, net.ErrClosed
	}
	return conn, nil
}

func (p pipes) Close() error { close(p.accepted); return nil }
func (pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p pipes) dial(context.Context, string, string) (net.Conn, error) {
	near, far := net.Pipe()
	p.accepted <- far
	return near, nil
}

// HTTP/2 resets a stream whose write deadline passes, also while nothing is
// written.
func TestStreamOverHTTP2IsQuiet(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		flow := newSite(t).machine(t)
		b := visit(t, flow, "")
		var protocols http.Protocols
		protocols.SetUnencryptedHTTP2(true)
		network := pipes{accepted: make(chan net.Conn)}
		srv := &http.Server{Protocols: &protocols, ReadHeaderTimeout: time.Minute, Handler: behindTLS(flow)}
		ended := make(chan error)
		go func() { ended <- srv.Serve(network) }()
		transport := &http.Transport{Protocols: &protocols, DialContext: network.dial}
		ctx, cancel := context.WithCancel(t.Context())
		reply, err := transport.RoundTrip(b.request(t, http.MethodGet, strings.Replace(b.at("events"), "https:", "http:", 1)).WithContext(ctx))
		require.NoError(t, err)
		require.Equal(t, 2, reply.ProtoMajor)
		lines, broken := make(chan string, 100), make(chan error, 1)
		go func() {
			events := bufio.NewScanner(reply.Body)
			for events.Scan() {
				lines <- events.Text()
			}
			broken <- events.Err()
		}()
		time.Sleep(4*time.Minute + 31*time.Second)
		select {
		case err := <-broken:
			require.Fail(t, "the stream has ended early", "%v", err)
		default:
		}
		var heard strings.Builder
		for len(lines) > 0 {
			heard.WriteString(<-lines + "\n")
		}
		assert.Equal(t, 18, strings.Count(heard.String(), "\n:\n"), "it beats")

		cancel()
		require.ErrorIs(t, <-broken, context.Canceled)
		require.NoError(t, reply.Body.Close())
		transport.CloseIdleConnections()
		require.NoError(t, srv.Close())
		require.ErrorIs(t, <-ended, http.ErrServerClosed)
	})
}

// behindTLS is h behind a proxy that ends TLS.
func behindTLS(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("X-Forwarded-Proto", "https")
		h.ServeHTTP(w, r)
	})
}

// plainWriter is what a middleware makes of a ResponseWriter that forgets Flush
// and Unwrap.
type plainWriter struct {
	header http.Header
	io.Writer
}

func (w plainWriter) Header() http.Header { return w.header }
func (plainWriter) WriteHeader(int)       {}

// A page behind a middleware that cannot flush asks again and again instead.
func TestStreamThatCannotBeFlushed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		s := newSite(t)
		flow := s.machine(t, func(cfg *register.FlowConfig) { cfg.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
		b := visit(t, flow, "")
		b.press(t, flow)
		ask := func(known string) string {
			var body bytes.Buffer
			r := b.request(t, http.MethodGet, b.at("events"))
			r.Header.Set("Last-Event-Id", known)
			flow.ServeHTTP(plainWriter{header: make(http.Header), Writer: &body}, r)
			return body.String()
		}
		const later = "retry: 10000\n\n"
		assert.Equal(t, later+says(register.StateWaiting), ask(""))
		assert.Equal(t, later, ask("waiting"), "nothing is new")
		require.NoError(t, deliver(t, s, flow, registerCorp(s, b)))
		assert.Equal(t, later+says(register.StateRegistered), ask("waiting"))
		assert.Equal(t, 1, strings.Count(log.String(), "cannot be flushed"), "the operator is told, once")
	})
}
