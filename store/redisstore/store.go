package redisstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-redsync/redsync/v4"
	"github.com/go-redsync/redsync/v4/redis/goredis/v9"
	"github.com/redis/go-redis/v9"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/suite"
)

// DefaultPrefix stands before every key unless [Config] names another.
const DefaultPrefix = "wecom:"

// Config is what a [Store] may be told.
type Config struct {
	// Prefix stands before every key: at most 64 bytes of printable ASCII.
	// Two deployments that share a Redis need two prefixes. Default: "wecom:".
	Prefix string
}

// Store is a [wecom.TokenCache], a [wecom.Locker] and a [suite.CodeStore] in
// Redis. It is safe for concurrent use, by any number of processes. Closing it is
// closing its client.
type Store struct {
	client     redis.UniversalClient
	locks      *redsync.Redsync
	prefix     string
	save, drop *redis.Script // of tokens
	dropCode   *redis.Script
}

var (
	_ wecom.TokenCache = (*Store)(nil)
	_ wecom.Locker     = (*Store)(nil)
	_ suite.CodeStore  = (*Store)(nil)
)

// New returns a store that uses client. It does not connect. The client must have
// ContextTimeoutEnabled: without it go-redis overruns the deadline of a context,
// and with it the time that callers are promised.
func New(client redis.UniversalClient, cfg Config) (*Store, error) {
	if client == nil {
		return nil, errors.New("redisstore: New: the client is nil")
	}
	if !endsWithContext(client) {
		return nil, errors.New("redisstore: New: the client overruns the deadline of a context: set ContextTimeoutEnabled in its options")
	}
	const longest = 64
	if len(cfg.Prefix) > longest || strings.ContainsFunc(cfg.Prefix, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, fmt.Errorf("redisstore: New: Config.Prefix must be at most %d bytes of printable ASCII", longest)
	}
	return &Store{
		client:   client,
		locks:    redsync.New(goredis.NewPool(client)),
		prefix:   cmp.Or(cfg.Prefix, DefaultPrefix),
		save:     redis.NewScript(saveScript),
		drop:     redis.NewScript(dropScript),
		dropCode: redis.NewScript(dropCodeScript),
	}, nil
}

// endsWithContext reports whether operations of client end with their context. A
// client of another package must know by itself.
func endsWithContext(client redis.UniversalClient) bool {
	switch c := client.(type) {
	case *redis.Client:
		return c.Options().ContextTimeoutEnabled
	case *redis.ClusterClient:
		return c.Options().ContextTimeoutEnabled
	case *redis.Ring:
		return c.Options().ContextTimeoutEnabled
	}
	return true
}

// The kinds of keys.
const (
	kindToken = "token"
	kindLock  = "lock"
	kindCode  = "code"
	kindEvent = "event"
)

func (s *Store) key(kind, name string) string { return s.prefix + kind + ":" + name }

// fail says what was tried when err came back.
func fail(ctx context.Context, operation, kind string, err error) error {
	return fmt.Errorf("redisstore: %s %s: %w", operation, kind, plain(ctx, err))
}

// plain takes out of err what must not be shown, and tells the end of ctx from
// a time-out of the client.
func plain(ctx context.Context, err error) error {
	if reply, ok := errors.AsType[redis.Error](err); ok {
		// Of a command it does not know the server quotes the arguments.
		text, _, _ := strings.Cut(reply.Error(), ", with args")
		return &ReplyError{Text: text}
	}
	if ended := ctx.Err(); ended != nil {
		if errors.Is(err, ended) {
			return err
		}
		return fmt.Errorf("%w: %w", ended, err)
	}
	if deadline, ok := ctx.Deadline(); ok && !time.Now().Before(deadline) && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w: %w", context.DeadlineExceeded, err)
	}
	return err
}

// ReplyError is an error that the Redis server answered with.
type ReplyError struct {
	Text string // begins with the kind: "NOPERM", "READONLY", "OOM"
}

// Error returns the text of the server.
func (e *ReplyError) Error() string { return e.Text }
