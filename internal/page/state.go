package page

import (
	"errors"
	"fmt"
)

// Why a state is refused. Package sso gives these errors their documentation.
var (
	ErrState             = errors.New("sso: state refused")
	ErrStateMissing      = fmt.Errorf("%w: it is missing", ErrState)
	ErrStateForged       = fmt.Errorf("%w: it was not issued here", ErrState)
	ErrStateExpired      = fmt.Errorf("%w: it has expired", ErrState)
	ErrStateOtherBrowser = fmt.Errorf("%w: another browser started this sign-in", ErrState)
	ErrStateReplayed     = fmt.Errorf("%w: it was used before", ErrState)
)
