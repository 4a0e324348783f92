package wecomtest

import (
	"errors"
	"time"
)

// lockoutLife is how long an address stays blocked after too many wrong secrets.
const lockoutLife = time.Hour

// lockout counts the wrong secrets of one source address.
type lockout struct {
	wrong int
	until time.Time
}

// WithSecretLockout blocks a source address for an hour after n wrong secrets
// given to get_suite_token, get_provider_token and gettoken: those calls then get
// 45009, whatever the secret. The real platform does so, its number is not
// documented; by default there is no block.
func WithSecretLockout(n int) Option {
	return func(s *settings) error {
		if n < 1 {
			return errors.New("wecomtest: WithSecretLockout: the number must be positive")
		}
		s.lockoutAfter = n
		return nil
	}
}

// guarded wraps an endpoint that takes a secret. The lock is held.
func guarded(take handler) handler {
	return func(p *Platform, c *call) (any, error) {
		l := p.lockouts[c.ip]
		if c.now.Before(l.until) {
			return nil, refuse(45009)
		}
		result, err := take(p, c)
		refusal, refused := errors.AsType[*apiError](err)
		if p.settings.lockoutAfter == 0 || !refused {
			return result, err
		}
		switch refusal.code {
		case 40001, 40080, 40091:
			if l.wrong++; l.wrong >= p.settings.lockoutAfter {
				l = lockout{until: c.now.Add(lockoutLife)}
			}
			p.lockouts[c.ip] = l
		}
		return result, err
	}
}
