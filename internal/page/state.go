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

// What else is wrong with a request. Errors of other packages belong to these
// classes.
var (
	ErrNext    = errors.New("next is not a path on this site")
	ErrRequest = errors.New("the request is not the way back from a page of the platform")
)
