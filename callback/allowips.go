package callback

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wecom-isv/wecom/internal/iplist"
)

// AllowIPsConfig sets up [AllowIPs].
type AllowIPsConfig struct {
	// Load returns the addresses that WeCom pushes from (获取企业微信回调IP段):
	// addresses, wildcards as 101.226.103.*, or CIDR. GetCallbackIP of a
	// suite.Corp is the source. Required.
	Load func(ctx context.Context) ([]string, error)
	// Initial is the list until Load has succeeded, for example the one saved by
	// the last run. Default: none, so that all are let through until then.
	Initial []string
	// Always are entries that are allowed whatever Load returns: your own health
	// checks, addresses that are missing from WeCom's list. Default: none.
	Always []string
	// Every is the age at which the list is loaded again; 0: 24 hours, which is
	// what WeCom asks for. After a failure, and when a stranger comes, it is
	// loaded no sooner than 10 minutes after the last attempt.
	Every time.Duration
	// Enforce refuses strangers with status 403. Default: they are let through,
	// and reported if their request was answered with 200, which means that their
	// signature was correct: callbacks have been seen from addresses that are not
	// on the list, and WeCom may not repeat an event after a completed answer.
	Enforce bool
	// Header names the header in which a proxy of yours passes on the address of
	// the client, such as X-Forwarded-For or X-Real-IP. Set it only if every request
	// comes through the proxy: otherwise a client can put any address into it.
	// Default: none, the address of the connection counts.
	Header string
	// Hops is the number of your own proxies that append to Header: the address
	// taken is that many entries from the right. 0: 1. It has no effect without
	// Header.
	Hops int
	// OnStranger is called for each stranger that is refused, or that was let
	// through and answered with 200, with the status of the answer. The address is
	// the zero Addr if it cannot be read. Default: none.
	OnStranger func(r *http.Request, addr netip.Addr, status int)
	// Logger gets the strangers of OnStranger, at Debug the refused, at Warn the
	// others, and at Warn each list that could not be loaded or has entries that
	// cannot be read. Default: none.
	Logger *slog.Logger
}

// AddressFilter is an [http.Handler] made by [AllowIPs]. It is safe for concurrent
// use.
type AddressFilter struct {
	cfg    AllowIPsConfig
	next   http.Handler
	always []iplist.Entry

	list    atomic.Pointer[addressList] // nil until one is known
	tried   atomic.Int64                // when the last load began, in Unix nanoseconds; 0: never
	loading atomic.Bool
	refresh sync.Mutex // one Refresh at a time
}

type addressList struct {
	entries []iplist.Entry
	at      time.Time // when it was loaded; zero for Initial
}

const (
	listAge     = 24 * time.Hour
	listRetry   = 10 * time.Minute
	listTimeout = 30 * time.Second
)

// AllowIPs puts a check of the source address before next, a [Handler]: a request
// from an address that WeCom does not push from is a stranger's. The check is an
// additional hint and does not replace the signature. By default it only alerts;
// see AllowIPsConfig.Enforce.
//
// The list is loaded when a request finds it too old, in the background: the
// request starts a goroutine that ends with the load, whose context ends after 30
// seconds, and goes on with the list that is there. There is never more than one. Call
// [AddressFilter.Refresh] before the server starts to have the list from the
// first request on. A list that cannot be loaded, or is empty, leaves the old one
// in force.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/98988
func AllowIPs(next http.Handler, cfg AllowIPsConfig) (*AddressFilter, error) {
	switch {
	case next == nil:
		return nil, errors.New("callback: AllowIPs: nil handler")
	case cfg.Load == nil:
		return nil, errors.New("callback: AllowIPs: no Load")
	case cfg.Every < 0 || cfg.Hops < 0:
		return nil, errors.New("callback: AllowIPs: negative Every or Hops")
	case strings.EqualFold(cfg.Header, "Forwarded"):
		return nil, errors.New("callback: AllowIPs: the header Forwarded has a form of its own; use X-Forwarded-For")
	}
	cfg.Every = cmp.Or(cfg.Every, listAge)
	cfg.Hops = cmp.Or(cfg.Hops, 1)
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	f := &AddressFilter{cfg: cfg, next: next}
	var bad int
	if f.always, bad = parseEntries(cfg.Always); bad > 0 {
		return nil, fmt.Errorf("callback: AllowIPs: %d entries of Always are no addresses", bad)
	}
	initial, bad := parseEntries(cfg.Initial)
	if bad > 0 {
		return nil, fmt.Errorf("callback: AllowIPs: %d entries of Initial are no addresses", bad)
	}
	if len(initial) > 0 {
		f.list.Store(&addressList{entries: initial})
	}
	return f, nil
}

// ServeHTTP checks where r comes from, and hands it on unless it is refused.
func (f *AddressFilter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if f.next == nil { // not made by AllowIPs
		answer(w, http.StatusInternalServerError)
		return
	}
	addr := f.source(r)
	list := f.list.Load()
	stranger := list != nil && !contains(f.always, addr) && !contains(list.entries, addr)
	f.loadIfDue(r.Context(), list, stranger)
	switch {
	case !stranger:
		f.next.ServeHTTP(w, r)
	case f.cfg.Enforce:
		answer(w, http.StatusForbidden)
		f.tell(r, addr, http.StatusForbidden, slog.LevelDebug, "callback: request from a strange address refused")
	default:
		seen := &statusWriter{ResponseWriter: w}
		f.next.ServeHTTP(seen, r)
		if cmp.Or(seen.status, http.StatusOK) == http.StatusOK {
			f.tell(r, addr, http.StatusOK, slog.LevelWarn, "callback: accepted from an address that is not on WeCom's list")
		}
	}
}

func (f *AddressFilter) tell(r *http.Request, addr netip.Addr, status int, level slog.Level, what string) {
	f.cfg.Logger.LogAttrs(r.Context(), level, what, slog.String("address", addr.String()), slog.Int("status", status))
	if f.cfg.OnStranger != nil {
		f.cfg.OnStranger(r, addr, status)
	}
}

// Refresh loads the list now. The error is that of Load, or says that the list is
// empty; the old list stays in force then.
func (f *AddressFilter) Refresh(ctx context.Context) error {
	if f.cfg.Load == nil {
		return errors.New("callback: the AddressFilter was not made by AllowIPs")
	}
	f.refresh.Lock()
	defer f.refresh.Unlock()
	f.tried.Store(time.Now().UnixNano())
	lines, err := f.cfg.Load(ctx)
	if err != nil {
		return fmt.Errorf("callback: load the addresses of WeCom: %w", err)
	}
	entries, bad := parseEntries(lines)
	if bad > 0 {
		f.cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "callback: the list of addresses has entries that cannot be read", slog.Int("entries", bad))
	}
	if len(entries) == 0 {
		return errors.New("callback: the list of WeCom's addresses is empty")
	}
	f.list.Store(&addressList{entries: entries, at: time.Now()})
	return nil
}

// loadIfDue starts a load if the list is old, or lacks a stranger.
func (f *AddressFilter) loadIfDue(ctx context.Context, list *addressList, stranger bool) {
	now := time.Now()
	tried := f.tried.Load()
	switch {
	case tried != 0 && now.Sub(time.Unix(0, tried)) < min(listRetry, f.cfg.Every):
		return
	case list != nil && !stranger && now.Sub(list.at) < f.cfg.Every:
		return
	case !f.loading.CompareAndSwap(false, true):
		return
	}
	f.tried.Store(now.UnixNano()) // before the next request looks
	go func() {
		defer f.loading.Store(false)
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), listTimeout)
		defer cancel()
		defer func() {
			if v := recover(); v != nil {
				f.cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "callback: loading the list of addresses panicked", slog.String("value", fmt.Sprintf("%T", v)))
			}
		}()
		if err := f.Refresh(ctx); err != nil {
			f.cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "callback: the list of addresses was not loaded", slog.String("error", err.Error()))
		}
	}()
}

// source returns the address that r came from, the zero Addr if it cannot be told.
func (f *AddressFilter) source(r *http.Request) netip.Addr {
	if f.cfg.Header == "" {
		return parseAddr(r.RemoteAddr)
	}
	hops := strings.Split(strings.Join(r.Header.Values(f.cfg.Header), ","), ",")
	if len(hops) < f.cfg.Hops {
		return netip.Addr{}
	}
	return parseAddr(strings.TrimSpace(hops[len(hops)-f.cfg.Hops]))
}

// parseAddr reads an address with or without a port.
func parseAddr(s string) netip.Addr {
	if at, err := netip.ParseAddrPort(s); err == nil {
		return at.Addr().Unmap()
	}
	addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(s, "["), "]"))
	if err != nil {
		return netip.Addr{}
	}
	return addr.Unmap()
}

// parseEntries returns the entries that can be read, and how many cannot.
func parseEntries(lines []string) (entries []iplist.Entry, bad int) {
	for _, line := range lines {
		e, err := iplist.Parse(strings.TrimSpace(line))
		if err != nil {
			bad++
			continue
		}
		entries = append(entries, e)
	}
	return entries, bad
}

func contains(entries []iplist.Entry, addr netip.Addr) bool {
	return addr.IsValid() && slices.ContainsFunc(entries, func(e iplist.Entry) bool { return e.Contains(addr) })
}

// statusWriter remembers the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader remembers the status.
func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap is for [http.ResponseController].
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
