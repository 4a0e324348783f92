package wecom

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/wecom-isv/wecom/internal/rest"
)

// Client is the engine that the packages of this module share: it sends calls,
// attaches and renews tokens, and repeats what may be repeated. It belongs to
// no app and no corp. A Client is safe for concurrent use and needs no Close.
type Client struct {
	rest      *rest.Client
	cache     TokenCache
	locker    Locker
	log       *slog.Logger
	observers []func(context.Context, CallInfo)

	tokenObservers []func(context.Context, TokenInfo)
}

// New returns a Client for the public WeCom API, or as the options say.
func New(opts ...Option) (*Client, error) {
	var s settings
	for _, opt := range opts {
		if opt == nil {
			return nil, errors.New("wecom: New: nil option")
		}
		if err := opt(&s); err != nil {
			return nil, err
		}
	}
	r, err := rest.New(rest.Config{
		BaseURL:    cmp.Or(s.baseURL, DefaultBaseURL),
		HTTPClient: s.httpClient,
		Transport:  s.transport,
		Timeout:    timeout(s),
		MaxReply:   maxReply,
	})
	if err != nil {
		return nil, fmt.Errorf("wecom: New: %w", err)
	}
	c := &Client{
		rest:      r,
		cache:     s.cache,
		locker:    s.locker,
		log:       cmp.Or(s.logger, slog.New(slog.DiscardHandler)),
		observers: s.observers,

		tokenObservers: s.tokenObservers,
	}
	if c.cache == nil {
		c.cache = NewMemoryCache()
	}
	if c.locker == nil {
		if l, ok := c.cache.(Locker); ok {
			c.locker = l
		} else {
			c.locker = NewMemoryCache()
		}
	}
	return c, nil
}

// timeout returns the bound of one attempt: the option's, else the one that
// the given HTTP client has, else the default. It is always set.
func timeout(s settings) (d time.Duration) {
	if s.httpClient != nil {
		d = s.httpClient.Timeout
	}
	return cmp.Or(s.timeout, d, DefaultTimeout)
}

// Cache returns the token cache that this Client was given or made, for callers
// who keep further credentials in it.
func (c *Client) Cache() TokenCache { return c.cache }

// Format prints the type and nothing of what it holds, with every verb.
func (*Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "wecom.Client") }
