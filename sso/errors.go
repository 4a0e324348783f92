package sso

import (
	"errors"
	"fmt"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/page"
)

var (
	// ErrRefused says that the browser came back without a code: the person
	// declined. WeCom documents no other sign of a refusal; its page may also never
	// send the browser back. Offer to sign in again, as for [wecom.ErrCodeRejected].
	ErrRefused = errors.New("sso: the sign-in was refused: the return carries no code")

	// ErrNoUserTicket says that there is no user_ticket to get a profile with: the
	// scope was not [ScopePrivateInfo], the member is outside the app's visible
	// range, or the ticket has expired. The person must sign in again.
	ErrNoUserTicket = errors.New("sso: no live user_ticket")

	// ErrOtherPerson says that a user_ticket gave the profile of somebody else than
	// the one who signed in. That profile is dropped.
	ErrOtherPerson = errors.New("sso: the profile is not that of the person who signed in")

	// ErrIncomplete says that the platform answered with success and named nobody.
	ErrIncomplete = errors.New("sso: the reply names neither a member nor an outsider")

	// ErrNoEntry is for HandlerConfig.EntryOf to return: nobody signs in for that
	// tenant. It is answered with 404.
	ErrNoEntry = errors.New("sso: there is no such entry")

	// ErrOutsideClient says that the browser is not inside the client of WeCom and
	// the [Entry] has no way for others.
	ErrOutsideClient = errors.New("sso: outside the WeCom client")

	// ErrNotAdmin says that somebody is not an administrator of the app; see
	// [FindAdmin].
	ErrNotAdmin = errors.New("sso: not an administrator of the app")
)

// ParamError says which parameter of a sign-in page or of a [States] is not
// usable, and why. It quotes no value. It is a [wecom.ErrBadParameter].
type ParamError struct {
	Op     string // the page or function: "AppOAuth2"
	Param  string // WeCom's name of the parameter: "redirect_uri"
	Reason string
}

// Error names the parameter and what is wrong with it.
func (e *ParamError) Error() string { return fmt.Sprintf("sso: %s: %s %s", e.Op, e.Param, e.Reason) }

// Is reports the class [wecom.ErrBadParameter].
func (e *ParamError) Is(class error) bool {
	return class == wecom.ErrBadParameter || class == page.ErrNext && e.Param == "next"
}

// CodeError says that what came as a code, or as a user_ticket, cannot be one;
// nothing was sent. It quotes no value. Like a code that WeCom refuses it is a
// [wecom.ErrCodeRejected]: the person must sign in again.
type CodeError struct {
	Op     string // the call, or "ParseCallback" and the like
	Param  string // WeCom's name: "code", "auth_code", "js_code", "user_ticket"
	Reason string
}

// Error names the parameter and what is wrong with it.
func (e *CodeError) Error() string { return fmt.Sprintf("sso: %s: %s %s", e.Op, e.Param, e.Reason) }

// Is reports the class [wecom.ErrCodeRejected].
func (e *CodeError) Is(class error) bool {
	return class == wecom.ErrCodeRejected || class == page.ErrRequest
}
