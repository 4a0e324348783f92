package wecomtest

import (
	"errors"
	"fmt"
	"net"
	"time"
)

// Option changes how a platform behaves.
type Option func(*settings) error

type settings struct {
	noServer            bool
	strict              bool
	omitErrcode         bool
	retryStatus         bool
	retryInterval       time.Duration
	latency             time.Duration
	tokenRule           TokenRule
	newestTicketOnly    bool
	trimmedTickets      bool
	providerExpiredCode int
	lockoutAfter        int
	seed                *uint64
	secret              func(kind string) string
	rateLimits          []RateLimit
	jobDuration         time.Duration
	licenseDelay        time.Duration
	openListID          bool
	contactEvents       bool
	provider            ProviderConfig
	addr                string
	listener            net.Listener
	tries               int
	history             int
	control             bool
	controlHosts        []string
}

// WithoutServer opens no listener: the platform is reached through
// [Platform.Transport] only. With receivers given to [Platform.Handle] it then
// works inside a testing/synctest bubble.
func WithoutServer() Option {
	return func(s *settings) error {
		s.noServer = true
		return nil
	}
}

// AllowUnknownFields accepts query parameters and body fields that the endpoint
// table does not have. By default they are refused with 40058 and a text that
// names them: the real platform may ignore them, but they are nearly always a
// mistake of the client.
func AllowUnknownFields() Option {
	return func(s *settings) error {
		s.strict = false
		return nil
	}
}

// AlwaysErrcode makes every successful reply carry errcode 0 and errmsg. By
// default get_suite_token, get_corp_token, get_provider_token and
// get_permanent_code (v1) leave both out, as the real ones may.
func AlwaysErrcode() Option {
	return func(s *settings) error {
		s.omitErrcode = false
		return nil
	}
}

// RetryOnStatus repeats a push also after a completed answer that was not HTTP
// 200, as older pages of the documentation describe. By default only a failed
// connection and a time-out are followed by another try (90930).
func RetryOnStatus() Option {
	return func(s *settings) error {
		s.retryStatus = true
		return nil
	}
}

// WithRetryInterval waits between the tries of a push. The real interval is not
// documented; the default is none.
func WithRetryInterval(d time.Duration) Option {
	return func(s *settings) error {
		if d < 0 {
			return errors.New("wecomtest: WithRetryInterval: negative duration")
		}
		s.retryInterval = d
		return nil
	}
}

// WithTries sets how often a push is tried; the default is three, as with WeCom.
func WithTries(n int) Option {
	return func(s *settings) error {
		if n < 1 {
			return errors.New("wecomtest: WithTries: the number must be positive")
		}
		s.tries = n
		return nil
	}
}

// WithHistory keeps only the newest n recorded calls, the newest n deliveries and
// the newest n messages: for a platform that runs for long. By default all are
// kept, for a test to read.
func WithHistory(n int) Option {
	return func(s *settings) error {
		if n < 1 {
			return errors.New("wecomtest: WithHistory: the number must be positive")
		}
		s.history = n
		return nil
	}
}

// WithLatency delays the reply of every API call. See [Fault] for single calls.
func WithLatency(d time.Duration) Option {
	return func(s *settings) error {
		if d < 0 {
			return errors.New("wecomtest: WithLatency: negative duration")
		}
		s.latency = d
		return nil
	}
}

// TokenRule says what a repeated request for a suite_access_token, a corp
// access_token of a third-party app or a jsapi_ticket gives. WeCom does not
// document it. gettoken and get_provider_token are documented and always repeat
// the living token with what is left of its life.
type TokenRule int

const (
	// NewTokenEachTime gives a new value; older ones stay valid. It is the default.
	NewTokenEachTime TokenRule = iota
	// SameTokenWhileAlive repeats the living value with what is left of its life.
	SameTokenWhileAlive
	// NewTokenEndsOld gives a new value and revokes the older one.
	NewTokenEndsOld
)

// WithTokenRule chooses the answer to a question that the documentation leaves
// open; see [TokenRule].
func WithTokenRule(rule TokenRule) Option {
	return func(s *settings) error {
		if rule < NewTokenEachTime || rule > NewTokenEndsOld {
			return fmt.Errorf("wecomtest: WithTokenRule: unknown rule %d", rule)
		}
		s.tokenRule = rule
		return nil
	}
}

// NewestTicketOnly accepts only the newest suite_ticket of a suite. By default
// every ticket works for its 30 minutes; the documentation leaves it open.
func NewestTicketOnly() Option {
	return func(s *settings) error {
		s.newestTicketOnly = true
		return nil
	}
}

// TrimmedTickets pushes suite_ticket events without the blank in front of their
// InfoType. By default the blank is there, as in WeCom's own sample: a client that
// does not trim it misses every ticket. Whether it is in what WeCom pushes today is
// not documented.
func TrimmedTickets() Option {
	return func(s *settings) error {
		s.trimmedTickets = true
		return nil
	}
}

// WithExpiredProviderCode chooses the errcode for an expired
// provider_access_token: 40014, 40082, 42001 (default) or 42009. The
// documentation does not establish it.
func WithExpiredProviderCode(code int) Option {
	return func(s *settings) error {
		switch code {
		case 40014, 40082, 42001, 42009:
			s.providerExpiredCode = code
			return nil
		}
		return fmt.Errorf("wecomtest: WithExpiredProviderCode: %d is no token error", code)
	}
}

// WithSeed makes identifiers, secrets, tokens and codes the same in every run
// that makes the same calls in the same order. By default they are random.
func WithSeed(seed uint64) Option {
	return func(s *settings) error {
		s.seed = new(seed)
		return nil
	}
}

// WithSecrets lets f begin every secret value: suite_secret, provider_secret,
// callback_token, encoding_aes_key, suite_ticket, suite_access_token,
// provider_access_token, access_token, contact_token, pre_auth_code, auth_code,
// permanent_code, code, login_auth_code, js_code, user_ticket, session_key,
// jsapi_ticket, register_code, cashier_secret, active_code, mass_call_ticket. The
// first 20 letters and digits of what f returns are used and completed with random
// characters to the usual length, so that values stay distinct. A test can thus
// look for a marker in all output. f must not call the platform.
func WithSecrets(f func(kind string) string) Option {
	return func(s *settings) error {
		if f == nil {
			return errors.New("wecomtest: WithSecrets: nil function")
		}
		s.secret = f
		return nil
	}
}

// WithProvider sets the provider's identity; empty fields are made up.
func WithProvider(cfg ProviderConfig) Option {
	return func(s *settings) error {
		s.provider = cfg
		return nil
	}
}
