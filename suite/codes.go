package suite

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/wire"
)

// ErrNoCode is returned by [CodeStore.LoadCode] when it has no permanent code
// for that app and corp: the corp has never authorised the app, or has
// cancelled. Calls for such a corp fail with it.
var ErrNoCode = errors.New("suite: no permanent code is kept")

// PermanentCode is the right of an app in a corp (永久授权码). It does not expire;
// it ends with cancel_auth or, for a customised app, with a reset in the console.
// It cannot be fetched again without a new authorisation.
//
// fmt, log/slog and JSON do not show Code: a store writes Code.Reveal().
type PermanentCode struct {
	SuiteID string       // suite id or template id
	CorpID  string       // at most 128 bytes; case sensitive
	Code    wecom.Secret // at most 512 bytes; for a customised app it is the app's secret
	At      time.Time    // when it was obtained
}

// CodeStore keeps permanent codes, one for each pair of app and corp. It may be
// shared by many apps and processes, and is safe for concurrent use. Put it on
// the database that your other records of a customer are in.
type CodeStore interface {
	// LoadCode returns the code of the app in the corp, or ErrNoCode. Any other
	// error means that the store failed.
	LoadCode(ctx context.Context, suiteID, corpID string) (PermanentCode, error)
	// SaveCode keeps code in place of what was there. When it returns nil the code
	// survives a crash.
	SaveCode(ctx context.Context, code PermanentCode) error
	// DropCode removes the code of that app and corp if it is still the one that
	// was obtained at code.At, to the millisecond, in one atomic step: a corp that
	// has authorised the app again meanwhile keeps its new code. Absent is no error.
	DropCode(ctx context.Context, code PermanentCode) error
}

// CacheCodes is a [CodeStore] in a [wecom.TokenCache], the default. It is only
// as durable as that cache.
type CacheCodes struct{ cache wecom.TokenCache }

var _ CodeStore = (*CacheCodes)(nil)

// NewCacheCodes keeps permanent codes in cache, without expiry, under
// suite/<suite id>/corp/<corp id>/code.
func NewCacheCodes(cache wecom.TokenCache) *CacheCodes { return &CacheCodes{cache: cache} }

func codeKey(suiteID, corpID string) (string, error) {
	if err := errors.Join(wire.CheckID(suiteID), wire.CheckID(corpID)); err != nil {
		return "", fmt.Errorf("suite: permanent code: %w", err)
	}
	return "suite/" + suiteID + "/corp/" + corpID + "/code", nil
}

func (s *CacheCodes) key(suiteID, corpID string) (string, error) {
	if s == nil || s.cache == nil {
		return "", errors.New("suite: permanent code: the CacheCodes was not made by NewCacheCodes with a cache")
	}
	return codeKey(suiteID, corpID)
}

// LoadCode implements [CodeStore].
func (s *CacheCodes) LoadCode(ctx context.Context, suiteID, corpID string) (PermanentCode, error) {
	key, err := s.key(suiteID, corpID)
	if err != nil {
		return PermanentCode{}, err
	}
	t, err := s.cache.Load(ctx, key)
	if errors.Is(err, wecom.ErrNotCached) {
		return PermanentCode{}, ErrNoCode
	}
	if err != nil {
		return PermanentCode{}, fmt.Errorf("suite: load permanent code: %w", err)
	}
	return PermanentCode{SuiteID: suiteID, CorpID: corpID, Code: wecom.NewSecret(t.Value), At: time.UnixMilli(t.Version)}, nil
}

// SaveCode implements [CodeStore].
func (s *CacheCodes) SaveCode(ctx context.Context, code PermanentCode) error {
	key, err := s.key(code.SuiteID, code.CorpID)
	if err != nil {
		return err
	}
	if code.Code.IsZero() {
		return errors.New("suite: save permanent code: the code is empty")
	}
	t := wecom.Token{Value: code.Code.Reveal(), Version: code.At.UnixMilli()}
	// What was obtained last is right, even if the clock of another machine gave the
	// older code a later time.
	const tries = 5
	for range tries {
		saved, err := s.cache.Save(ctx, key, t)
		if err != nil {
			return fmt.Errorf("suite: save permanent code: %w", err)
		}
		if saved {
			return nil
		}
		old, err := s.cache.Load(ctx, key)
		switch {
		case err == nil && old.Value == t.Value:
			return nil
		case err == nil:
			t.Version = max(t.Version, old.Version+1)
		case !errors.Is(err, wecom.ErrNotCached):
			return fmt.Errorf("suite: save permanent code: %w", err)
		}
	}
	return errors.New("suite: save permanent code: the cache keeps refusing it")
}

// DropCode implements [CodeStore].
func (s *CacheCodes) DropCode(ctx context.Context, code PermanentCode) error {
	key, err := s.key(code.SuiteID, code.CorpID)
	if err != nil {
		return err
	}
	if err := s.cache.Drop(ctx, key, code.At.UnixMilli()); err != nil {
		return fmt.Errorf("suite: drop permanent code: %w", err)
	}
	return nil
}
