package sso

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/browser"
	"github.com/wecom-isv/wecom/internal/page"
	"github.com/wecom-isv/wecom/suite"
)

var (
	// ErrState is the class of every refused state: errors.Is tells it from trouble
	// with the store of [WithUsedStates]. Answer 403 and let the person start again.
	ErrState = page.ErrState

	// ErrStateMissing says that the browser returned without a state.
	ErrStateMissing = page.ErrStateMissing
	// ErrStateForged says that the state was not issued with this key.
	ErrStateForged = page.ErrStateForged
	// ErrStateExpired says that the person took too long.
	ErrStateExpired = page.ErrStateExpired
	// ErrStateOtherBrowser says that another browser started this sign-in, or that
	// this one has lost its cookies: somebody may be trying to sign the person in
	// as somebody else.
	ErrStateOtherBrowser = page.ErrStateOtherBrowser
	// ErrStateReplayed says that the state was used before: a reloaded page, or an
	// attack.
	ErrStateReplayed = page.ErrStateReplayed
)

// Limits and defaults of [States].
const (
	// DefaultStateLife is how long a person may take to sign in, or to install an
	// app: the link to WeCom's install page lives 20 minutes.
	DefaultStateLife = 30 * time.Minute
	// MaxNext is the longest path, in bytes, that [States.Start] carries.
	MaxNext = 512

	minStateKey  = 32
	maxStateLife = 24 * time.Hour
	maxFlows     = 8       // sign-ins under way in one browser; a cookie each
	maxCookies   = 4 << 10 // bytes of all these: proxies refuse a header line of 8 KiB
	nameDigits   = 16      // of the id, in the name of a cookie
	idBytes      = 16
	macBytes     = 16
	stateBytes   = idBytes + 8 + macBytes // id, expiry in Unix milliseconds, MAC

	defaultCookie = "wecom_sso"
	openMark      = "open" // a cookie begins with it, and signs it
	usedMark      = "used"
)

// States issues and checks the state of a sign-in (防止 CSRF 攻击的 state): it is
// random, signed, expires, works once, and only in the browser that it was issued
// to. So nobody can make a person return with somebody else's code.
//
// The state is 80 hex digits, which every sign-in page takes. A cookie per
// sign-in, kept for as long as the state lives, ties it to the browser. It holds
// the path to go on to, so that several tabs can sign in at the same time: up to 8,
// or 4 with the longest paths. [States.Start] and [States.Finish] must run on the
// same host. A proxy that ends TLS must set X-Forwarded-Proto; if it does not, use
// [WithHTTPS].
//
// A States is safe for concurrent use. Processes that share its key, and where
// single use matters [WithUsedStates], take each other's states.
type States struct {
	key    wecom.Secret // not a []byte, which fmt would print
	life   time.Duration
	cookie string
	https  bool
	used   UsedStates
}

var _ suite.States = (*States)(nil)

// StatesOption changes what [NewStates] makes.
type StatesOption func(*States) error

// WithStateLife sets how long a person may take to sign in, from a second to 24
// hours; [DefaultStateLife] unless given. The codes of WeCom live 5 minutes, but
// the person may wait before they scan.
func WithStateLife(d time.Duration) StatesOption {
	return func(s *States) error {
		if d < time.Second || d > maxStateLife {
			return &ParamError{Op: "WithStateLife", Param: "life", Reason: "must be from 1 second to 24 hours"}
		}
		s.life = d
		return nil
	}
}

// WithCookieName sets what the names of the cookies begin with, "wecom_sso"
// unless given. States with different names do not take each other's states.
func WithCookieName(name string) StatesOption {
	return func(s *States) error {
		if name == "" || strings.ContainsFunc(name, func(r rune) bool { return !isAlphanumeric(r) && r != '_' && r != '-' }) {
			return &ParamError{Op: "WithCookieName", Param: "name", Reason: "must be made of a-z, A-Z, 0-9, _ and - only"}
		}
		s.cookie = name
		return nil
	}
}

// WithHTTPS says that browsers see the site over https whatever the request
// looks like: for a proxy that ends TLS and does not say so.
func WithHTTPS() StatesOption {
	return func(s *States) error {
		s.https = true
		return nil
	}
}

// WithUsedStates keeps the states that were used in a store that processes
// share, such as [NewCacheUsedStates]. Unless given they are kept in this process, see
// [NewMemoryUsedStates].
func WithUsedStates(store UsedStates) StatesOption {
	return func(s *States) error {
		if store == nil {
			return &ParamError{Op: "WithUsedStates", Param: "store", Reason: "is nil"}
		}
		s.used = store
		return nil
	}
}

// NewStates returns a States that signs with key: at least 32 random bytes, the
// same in every process of the site. A new key ends the sign-ins under way.
func NewStates(key wecom.Secret, opts ...StatesOption) (*States, error) {
	if len(key.Reveal()) < minStateKey {
		return nil, &ParamError{Op: "NewStates", Param: "key", Reason: fmt.Sprintf("is shorter than %d bytes", minStateKey)}
	}
	s := &States{key: key, life: DefaultStateLife, cookie: defaultCookie}
	for _, opt := range opts {
		if opt == nil {
			return nil, &ParamError{Op: "NewStates", Param: "option", Reason: "is nil"}
		}
		if err := opt(s); err != nil {
			return nil, err
		}
	}
	if s.used == nil {
		s.used = NewMemoryUsedStates(0)
	}
	return s, nil
}

// Start begins a sign-in: it sets a cookie on w and returns the state for the
// address of the sign-in page. next is the path on this site that the person
// wants to see afterwards, at most [MaxNext] bytes; empty means "/". Anything but
// a local path is a [*ParamError], so next may come from the request.
//
// Start must run before anything is written to w.
func (s *States) Start(w http.ResponseWriter, r *http.Request, next string) (state string, err error) {
	return s.start(w, r, errand{next: next})
}

// Finish ends a sign-in: state is what the browser brought back. It returns the
// path that [States.Start] was given. A state that is not good is one of the
// ErrState errors; any other error comes from the store of [WithUsedStates], and
// the state is then not accepted either. A state is used up even if what follows
// fails.
//
// Call it before the code is used, also after [ErrRefused], and before anything
// is written to w. Give the person a new session afterwards.
func (s *States) Finish(w http.ResponseWriter, r *http.Request, state string) (next string, err error) {
	e, err := s.finish(w, r, state)
	if err != nil {
		return "", err
	}
	return e.next, nil
}

// errand is what a sign-in is for. The cookie carries it, signed.
type errand struct {
	via    via    // of a handler's sign-in
	tenant string // of a handler's sign-in
	next   string
}

// String returns the form for the cookie: the path, after what a handler adds.
func (e errand) String() string {
	if e.via == "" {
		return e.next
	}
	return string(e.via) + "\x00" + e.tenant + "\x00" + e.next
}

// parseErrand undoes String. The parts hold no NUL.
func parseErrand(s string) errand {
	parts := strings.SplitN(s, "\x00", 3)
	if len(parts) < 3 {
		return errand{next: s}
	}
	return errand{via: via(parts[0]), tenant: parts[1], next: parts[2]}
}

func (s *States) start(w http.ResponseWriter, r *http.Request, e errand) (state string, err error) {
	e.next = cmp.Or(e.next, "/")
	if reason := checkNext(e.next); reason != "" {
		return "", &ParamError{Op: "States.Start", Param: "next", Reason: reason}
	}
	f := flow{expires: time.Now().Add(s.life).Truncate(time.Millisecond)}
	_, _ = rand.Read(f.id[:]) // never fails
	secure, sealed := s.secure(r), s.seal(openMark, f, e)
	s.makeRoom(w, r, secure, cookieSize(s.cookieName(f, secure), sealed))
	s.setCookie(w, f, secure, sealed)
	return s.encode(f), nil
}

// finish is Finish with the whole errand, which comes with an error too if this
// browser has it.
func (s *States) finish(w http.ResponseWriter, r *http.Request, state string) (errand, error) {
	if state == "" {
		return errand{}, ErrStateMissing
	}
	f, ok := s.decode(state)
	if !ok {
		return errand{}, ErrStateForged
	}
	if !time.Now().Before(f.expires) {
		return errand{}, ErrStateExpired
	}
	secure := s.secure(r)
	e, err := s.readCookie(r, f, secure)
	if err != nil {
		return e, err
	}
	s.setCookie(w, f, secure, s.seal(usedMark, f, e))
	first, err := s.used.Use(r.Context(), hex.EncodeToString(f.id[:]), f.expires)
	switch {
	case errors.Is(err, ErrState):
		return e, err
	case err != nil:
		return e, fmt.Errorf("sso: whether the state was used before is not known: %w", err)
	case !first:
		return e, ErrStateReplayed
	}
	return e, nil
}

// flow is one sign-in under way.
type flow struct {
	id      [idBytes]byte
	expires time.Time
}

// mac signs the flow, and data, for one purpose.
func (s *States) mac(purpose string, f flow, data string) []byte {
	h := hmac.New(sha256.New, []byte(s.key.Reveal()))
	h.Write([]byte(purpose + "\x00" + s.cookie + "\x00"))
	h.Write(f.id[:])
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(f.expires.UnixMilli())))
	h.Write([]byte(data))
	return h.Sum(nil)[:macBytes]
}

func (s *States) encode(f flow) string {
	raw := make([]byte, 0, stateBytes)
	raw = append(raw, f.id[:]...)
	raw = binary.BigEndian.AppendUint64(raw, uint64(f.expires.UnixMilli()))
	return hex.EncodeToString(append(raw, s.mac("state", f, "")...))
}

// decode reports false unless state came from encode with the same key.
func (s *States) decode(state string) (f flow, ok bool) {
	if len(state) != hex.EncodedLen(stateBytes) {
		return f, false
	}
	raw, err := hex.DecodeString(state)
	if err != nil {
		return f, false
	}
	copy(f.id[:], raw)
	f.expires = time.UnixMilli(int64(binary.BigEndian.Uint64(raw[idBytes:])))
	return f, hmac.Equal(raw[stateBytes-macBytes:], s.mac("state", f, ""))
}

// secure reports whether the browser talks https.
func (s *States) secure(r *http.Request) bool { return s.https || browser.Secure(r) }

// cookiePrefix is what the names of all cookies of s begin with.
func (s *States) cookiePrefix(secure bool) string { return browser.CookieName(s.cookie+"_", secure) }

func (s *States) cookieName(f flow, secure bool) string {
	return s.cookiePrefix(secure) + hex.EncodeToString(f.id[:])[:nameDigits]
}

func (s *States) setCookie(w http.ResponseWriter, f flow, secure bool, value string) {
	browser.SetCookie(w, s.cookieName(f, secure), value, secure, max(1, int(time.Until(f.expires).Seconds())))
	w.Header().Set("Cache-Control", "no-store")
}

// cookieSize is what a cookie takes in the header of a request.
func cookieSize(name, value string) int { return len(name) + len("=") + len(value) + len("; ") }

// seal returns the cookie of f: mark, errand and what signs both.
func (s *States) seal(mark string, f flow, e errand) string {
	payload := base64.RawURLEncoding.EncodeToString([]byte(e.String()))
	return mark + "." + payload + "." + hex.EncodeToString(s.mac(mark, f, payload))
}

// unseal undoes seal. It reports false for what was not sealed for f.
func (s *States) unseal(value string, f flow) (mark string, e errand, ok bool) {
	mark, rest, _ := strings.Cut(value, ".")
	payload, sum, _ := strings.Cut(rest, ".")
	mac, err := hex.DecodeString(sum)
	if err != nil || mark != openMark && mark != usedMark || !hmac.Equal(mac, s.mac(mark, f, payload)) {
		return "", errand{}, false
	}
	text, err := base64.RawURLEncoding.DecodeString(payload)
	return mark, parseErrand(string(text)), err == nil
}

// readCookie returns the errand in the cookie of f.
func (s *States) readCookie(r *http.Request, f flow, secure bool) (e errand, err error) {
	err = ErrStateOtherBrowser
	for _, cookie := range r.CookiesNamed(s.cookieName(f, secure)) {
		mark, found, ok := s.unseal(cookie.Value, f)
		switch {
		case !ok:
		case mark == openMark:
			return found, nil
		default: // only tells a reloaded page from a foreign browser
			e, err = found, ErrStateReplayed
		}
	}
	return e, err
}

// makeRoom drops cookies of r so that one more, of that size, keeps within
// maxFlows and maxCookies: first those that are used, then others. Abandoned
// sign-ins, or a page of somebody else's that begins them, would otherwise grow the
// header until a proxy refuses it.
func (s *States) makeRoom(w http.ResponseWriter, r *http.Request, secure bool, size int) {
	prefix := s.cookiePrefix(secure)
	var used, open []*http.Cookie
	number := 1
	for _, cookie := range r.Cookies() {
		if !strings.HasPrefix(cookie.Name, prefix) || len(cookie.Name) != len(prefix)+nameDigits {
			continue
		}
		number++
		size += cookieSize(cookie.Name, cookie.Value)
		if strings.HasPrefix(cookie.Value, usedMark+".") {
			used = append(used, cookie)
		} else {
			open = append(open, cookie)
		}
	}
	for _, cookie := range append(used, open...) { // browsers send older cookies first
		if number <= maxFlows && size <= maxCookies {
			return
		}
		browser.SetCookie(w, cookie.Name, "", secure, -1)
		number--
		size -= cookieSize(cookie.Name, cookie.Value)
	}
}

// checkNext says what is wrong with a path to redirect to, "" if nothing is.
func checkNext(next string) string {
	if len(next) > MaxNext {
		return fmt.Sprintf("is longer than %d bytes", MaxNext)
	}
	return page.CheckPath(next)
}

// UsedStates remembers which states were used.
type UsedStates interface {
	// Use marks id as used, in one atomic step, and reports whether that was the
	// first time. The mark may be forgotten after expires. id is 32 hex digits and
	// no secret. A store that cannot remember returns an error.
	Use(ctx context.Context, id string, expires time.Time) (first bool, err error)
}
