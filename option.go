package wecom

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/wecom-isv/wecom/internal/rest"
)

// DefaultBaseURL is the public API of WeCom.
const DefaultBaseURL = "https://qyapi.weixin.qq.com"

// DefaultTimeout bounds one attempt of a call, from dial to the last byte.
const DefaultTimeout = 10 * time.Second

// maxReply bounds a JSON reply: the member list of the largest corps stays far
// below it.
const maxReply = 32 << 20

// Option is a setting of [New]. The order of options does not matter; one that
// contradicts another is an error.
type Option func(*settings) error

type settings struct {
	baseURL    string
	httpClient *http.Client
	transport  http.RoundTripper
	timeout    time.Duration
	cache      TokenCache
	locker     Locker
	logger     *slog.Logger
	observers  []func(context.Context, CallInfo)

	tokenObservers []func(context.Context, TokenInfo)
}

// WithBaseURL sends all calls to another address: a private deployment
// (私有化部署), a proxy with a fixed IP address, or a simulated platform. A path
// in it is put before the path of each call.
func WithBaseURL(address string) Option {
	return func(s *settings) error {
		if s.baseURL != "" {
			return errors.New("wecom: WithBaseURL is given twice")
		}
		if _, err := rest.ParseBaseURL(address); err != nil {
			return fmt.Errorf("wecom: WithBaseURL: %w", err)
		}
		s.baseURL = address
		return nil
	}
}

// WithHTTPClient sends through a copy of hc. Its cookie jar and its redirect
// policy are not used.
func WithHTTPClient(hc *http.Client) Option {
	return func(s *settings) error {
		if hc == nil {
			return errors.New("wecom: WithHTTPClient: nil client")
		}
		if s.httpClient != nil {
			return errors.New("wecom: an HTTP client is given twice")
		}
		s.httpClient = hc
		return nil
	}
}

// WithHTTPClientOf sends through a copy of the HTTP client that c, such as a
// resty client, wraps. Nothing else of c is used.
func WithHTTPClientOf(c interface{ GetClient() *http.Client }) Option {
	return func(s *settings) error {
		if c == nil {
			return errors.New("wecom: WithHTTPClientOf: nil client")
		}
		return WithHTTPClient(c.GetClient())(s)
	}
}

// WithTransport sends through rt, which takes the place of the HTTP client's
// own transport.
func WithTransport(rt http.RoundTripper) Option {
	return func(s *settings) error {
		if rt == nil {
			return errors.New("wecom: WithTransport: nil transport")
		}
		if s.transport != nil {
			return errors.New("wecom: WithTransport is given twice")
		}
		s.transport = rt
		return nil
	}
}

// WithTimeout bounds one attempt of a call; [DefaultTimeout] unless given. An
// upload has a second more for each 32 KB. A call that is tried again takes
// longer; bound it with its context.
func WithTimeout(d time.Duration) Option {
	return func(s *settings) error {
		if d <= 0 {
			return fmt.Errorf("wecom: WithTimeout: %v is not positive", d)
		}
		if s.timeout != 0 {
			return errors.New("wecom: WithTimeout is given twice")
		}
		s.timeout = d
		return nil
	}
}

// WithTokenCache keeps tokens and tickets in cache, which processes may share.
// If cache is a [Locker] too, it is used as such unless [WithLocker] names
// another. Without this option they live in this process.
func WithTokenCache(cache TokenCache) Option {
	return func(s *settings) error {
		if cache == nil {
			return errors.New("wecom: WithTokenCache: nil cache")
		}
		if s.cache != nil {
			return errors.New("wecom: WithTokenCache is given twice")
		}
		s.cache = cache
		return nil
	}
}

// WithLocker lets l decide which process fetches a token.
func WithLocker(l Locker) Option {
	return func(s *settings) error {
		if l == nil {
			return errors.New("wecom: WithLocker: nil locker")
		}
		if s.locker != nil {
			return errors.New("wecom: WithLocker is given twice")
		}
		s.locker = l
		return nil
	}
}

// WithLogger writes calls at debug level and trouble with the cache at warning
// level to l. No line carries a token, a secret, a code, a query or a body.
// Without this option nothing is logged.
func WithLogger(l *slog.Logger) Option {
	return func(s *settings) error {
		if l == nil {
			return errors.New("wecom: WithLogger: nil logger")
		}
		if s.logger != nil {
			return errors.New("wecom: WithLogger is given twice")
		}
		s.logger = l
		return nil
	}
}
