package wecom

import (
	"context"
	"errors"
	"strings"
	"time"
)

// CallInfo is what an observer learns of one attempt of a call.
type CallInfo struct {
	Op            string        // the path, such as "/cgi-bin/message/send"
	Attempt       int           // 1 for the first
	Latency       time.Duration // of this attempt, token fetch excluded
	Code          Code          // errcode; 0 also when there was no reply
	Status        int           // HTTP status; 0 when there was no reply
	RequestBytes  int           // body
	ResponseBytes int           // body
	Err           error         // nil on success; carries no secret
}

// WithObserver calls observe after every attempt of a call, in the goroutine of
// the call: it should be quick. The option may be given several times.
func WithObserver(observe func(context.Context, CallInfo)) Option {
	return func(s *settings) error {
		if observe == nil {
			return errors.New("wecom: WithObserver: nil function")
		}
		s.observers = append(s.observers, observe)
		return nil
	}
}

// TokenEvent is a step of a [CachedSource] on the way to a token. It is short
// and stable: fit for a metric's label.
type TokenEvent string

// The steps. Those of one refresh come in this order; steps that are not needed
// are left out.
const (
	// TokenHit says that the shared cache had a token, which is used from now on.
	TokenHit TokenEvent = "hit"
	// TokenMiss says that the shared cache had none, or failed (Err).
	TokenMiss TokenEvent = "miss"
	// TokenStale says that the shared cache had a token of no use: expired, in its
	// last minute, refused by the platform, or no newer than the one in hand.
	TokenStale TokenEvent = "stale"
	// TokenLock is the wait for the lock that other processes may hold. When it
	// was not to be had (Err), the fetch goes on without it.
	TokenLock TokenEvent = "lock"
	// TokenFetch is the fetch from the platform.
	TokenFetch TokenEvent = "fetch"
	// TokenSave puts a fetched token into the shared cache.
	TokenSave TokenEvent = "save"

	// TokenWait is one caller who waited for a refresh; Err is what the caller got.
	// A caller who is served from memory, a refresh under way or not, is not seen.
	TokenWait TokenEvent = "wait"
	// TokenRefuse is one caller who was refused without a call, with Err, because
	// the last fetch was refused and nothing has changed.
	TokenRefuse TokenEvent = "refuse"

	// TokenReject says that the platform refused the token in use.
	TokenReject TokenEvent = "reject"
	// TokenDrop removes a refused or forgotten token from the shared cache.
	TokenDrop TokenEvent = "drop"
)

// TokenInfo is what an observer learns of one step on the way to a token. It
// holds no token, and neither does Err, unless a cache or fetch of the user's own
// puts one there.
type TokenInfo struct {
	Event TokenEvent
	// Kind is Key without the ids, for metrics: "suite/corp/token" for all keys
	// "suite/<suite id>/corp/<corp id>/token". A key of another form than name,
	// id, name, ... name, with names of lower-case letters and "_", is "other".
	Kind string
	// Key names the owners of the token, for logs: there are as many as corps.
	Key     string
	Latency time.Duration // of this step
	Err     error         // nil unless the step failed
}

// WithTokenObserver calls observe after every step on the way to a token: the
// cache is asked, a lock waited for, a token fetched, refused, dropped. The way
// that nearly all calls take, the copy in memory, has no step and costs nothing
// more. observe runs in the goroutine of the step, and callers may wait for
// that: it should be quick. The option may be given several times.
func WithTokenObserver(observe func(context.Context, TokenInfo)) Option {
	return func(s *settings) error {
		if observe == nil {
			return errors.New("wecom: WithTokenObserver: nil function")
		}
		s.tokenObservers = append(s.tokenObservers, observe)
		return nil
	}
}

// observe tells the observers of an event that began at start; mu is not held.
func (s *CachedSource) observe(ctx context.Context, event TokenEvent, start time.Time, err error) {
	if len(s.client.tokenObservers) == 0 {
		return
	}
	info := TokenInfo{Event: event, Kind: kindOf(s.key), Key: s.key, Latency: time.Since(start), Err: err}
	for _, observe := range s.client.tokenObservers {
		observe(ctx, info)
	}
}

// kindOf leaves the ids out of key.
func kindOf(key string) string {
	const otherKind, longestKind = "other", 64
	parts := strings.Split(key, "/")
	if len(parts) < 3 || len(parts)%2 == 0 {
		return otherKind
	}
	names := parts[:0]
	for i := 0; i < len(parts); i += 2 {
		if parts[i] == "" || strings.Trim(parts[i], "abcdefghijklmnopqrstuvwxyz_") != "" {
			return otherKind
		}
		names = append(names, parts[i])
	}
	if kind := strings.Join(names, "/"); len(kind) <= longestKind {
		return kind
	}
	return otherKind
}
