package suite

import (
	"context"
	"errors"
	"fmt"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/seal"
)

// SealCodes keeps permanent codes in inner encrypted: AES-256-GCM, bound to suite
// and corp, so that a code does not open for another customer. inner gets about
// 800 bytes instead of 512 as PermanentCode.Code, in ASCII.
//
// The first key seals, all keys open. To rotate, give the new key to all
// processes as the second, then make it the first, then load and save each code
// once, while no authorisation event is being handled (a code that is reset
// meanwhile would be overwritten by the old one); only then take the old key out.
// A lost key loses the codes it sealed: each corp would have to authorise the app
// again.
//
// A code that does not open is a [*wecom.SealError] of LoadCode. A store that
// holds unsealed codes is moved with [wecom.AcceptUnsealed] among the keys.
func SealCodes(inner CodeStore, keys ...wecom.SealKey) (CodeStore, error) {
	if inner == nil {
		return nil, errors.New("suite: SealCodes: the store is nil")
	}
	ringKeys := make([]seal.Key, len(keys))
	for i, k := range keys {
		ringKeys[i] = seal.Key{ID: k.ID, Secret: k.Key.Reveal()}
	}
	ring, err := seal.New(ringKeys)
	if err != nil {
		return nil, fmt.Errorf("suite: SealCodes: %w", err)
	}
	return &sealedCodes{inner: inner, ring: ring}, nil
}

type sealedCodes struct {
	inner CodeStore
	ring  *seal.Ring
}

// sealedCode is what codes are bound to besides suite and corp: no token opens
// as a permanent code.
const sealedCode = "code"

func (s *sealedCodes) LoadCode(ctx context.Context, suiteID, corpID string) (PermanentCode, error) {
	code, err := s.inner.LoadCode(ctx, suiteID, corpID)
	if err != nil {
		return PermanentCode{}, err
	}
	// Bound to who asks, whatever the record says about itself.
	value, keyID, err := s.ring.Open(code.Code.Reveal(), sealedCode, suiteID, corpID)
	if err != nil {
		name, nameErr := codeKey(suiteID, corpID)
		if nameErr != nil {
			return PermanentCode{}, nameErr
		}
		return PermanentCode{}, &wecom.SealError{Name: name, KeyID: keyID, Err: err}
	}
	code.Code = wecom.NewSecret(value)
	return code, nil
}

func (s *sealedCodes) SaveCode(ctx context.Context, code PermanentCode) error {
	if _, err := codeKey(code.SuiteID, code.CorpID); err != nil {
		return err
	}
	if code.Code.IsZero() {
		return errors.New("suite: save permanent code: the code is empty")
	}
	code.Code = wecom.NewSecret(s.ring.Seal(code.Code.Reveal(), sealedCode, code.SuiteID, code.CorpID))
	return s.inner.SaveCode(ctx, code)
}

func (s *sealedCodes) DropCode(ctx context.Context, code PermanentCode) error {
	return s.inner.DropCode(ctx, code)
}
