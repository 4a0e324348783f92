package wecom

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
)

//go:generate go run ./internal/gen/codes

// The classes of refusals. Test with [errors.Is] against any error of this
// module. A code may be in several classes: 48002 is both [ErrPermission] and
// [ErrNotAuthorized]. Codes of [ClassOther] are in none.
var (
	// ErrTokenRejected says that the token of the call was refused: 40014, 42001,
	// 40082 and 42009. Clients of this module get a new token and repeat the call
	// once, so whoever sees it has been refused twice. For a suite token and a
	// provider token WeCom may answer with any of the four; tell the kinds of
	// token apart by the call, not by the code.
	ErrTokenRejected = errors.New("wecom: token rejected")

	// ErrCredential says that a credential is wrong or missing in a way that a new
	// token does not heal: a secret (40001, 40080, 40091, 41004, 41024, 45031), the
	// id that goes with it (40013, 40083, 40086, 48003), a token that the call
	// lacked (41001, 41022), or a ticket, device, model or login token (40106,
	// 42012, 42021, 90307, 710400 to 710402). After reset_permanent_code a
	// customised app (代开发应用) whose old code is used gets this class (40001 or
	// 40091) or [ErrNotAuthorized] (40084). Never call in a loop: repeated wrong
	// secrets block the calling IP address for an hour.
	ErrCredential = errors.New("wecom: credential wrong")

	// ErrNoTicket says that no suite_ticket has arrived yet or that the last one
	// has expired, so the suite token cannot be fetched. It is found locally,
	// without a call. WeCom pushes a ticket every 10 minutes.
	ErrNoTicket = errors.New("wecom: no suite_ticket yet")

	// ErrTicketRejected says that WeCom refused the suite_ticket (40085) or found
	// none in the call (41023). The next push, within 10 minutes, brings a new one.
	ErrTicketRejected = errors.New("wecom: suite_ticket rejected")

	// ErrCodeRejected says that a single-use code, or the short-lived ticket that a
	// visit of a person gave, is wrong, used or expired: OAuth code, auth_code,
	// pre_auth_code, register_code, user_ticket and the like. The person must start
	// that visit again. After a lost reply it can also mean that the first attempt
	// has used the code up.
	ErrCodeRejected = errors.New("wecom: code rejected")

	// ErrNotAuthorized says that the corp has cancelled, disabled or never given
	// the authorisation of the app: 40084, 48002, 48004, 48006 and 50003. Stop
	// working for that corp until it authorises again.
	ErrNotAuthorized = errors.New("wecom: not authorised by the corp")

	// ErrPermission says that the app, the member or the corp may not do this.
	ErrPermission = errors.New("wecom: permission denied")

	// ErrIPNotAllowed says that the calling address is not on the white list
	// (60020, 90308, 301042). A change of the list takes about a minute.
	ErrIPNotAllowed = errors.New("wecom: IP address not allowed")

	// ErrRateLimited says that a limit of frequency, concurrency or count was
	// reached. A block lasts as long as its window: a minute, an hour, the rest of
	// the day, 30 days. [Code.Advice] says whether to repeat at all.
	ErrRateLimited = errors.New("wecom: rate limited")

	// ErrTransient says that the service failed inside (-1 and others): repeat
	// after a while, at most three times.
	ErrTransient = errors.New("wecom: transient failure of the service")

	// ErrNotFound says that what the call names is unknown or gone.
	ErrNotFound = errors.New("wecom: not found")

	// ErrBadParameter says that the request is wrong.
	ErrBadParameter = errors.New("wecom: bad parameter")

	// ErrLicense says that an interface licence (接口许可) or an order of licences
	// is missing, used up or in a state that forbids the call.
	ErrLicense = errors.New("wecom: licence does not allow it")

	// ErrConflict says that the state of the object forbids the call, or that it
	// exists already.
	ErrConflict = errors.New("wecom: conflict")

	// ErrNoReply says that a request was sent and no usable reply came back: it may
	// or may not have been carried out. It is found locally, it is not a code.
	ErrNoReply = errors.New("wecom: no reply")
)

// Class is the kind of a return code. [Code.Class] gives the one class of a
// code; errors.Is against the Err variables is the better test in most programs.
type Class uint8

// The classes, in the order of the code table.
const (
	ClassAuthTokenInvalid Class = iota + 1 // credential or token wrong
	ClassAuthTokenExpired                  // token or ticket expired
	ClassSuiteTicket                       // suite_ticket missing, wrong or expired
	ClassSuiteToken                        // suite_access_token missing, wrong or expired
	ClassProviderToken                     // provider_access_token wrong or expired; no code of its own
	ClassPermission                        // not granted, out of range, disabled or cancelled
	ClassIPWhitelist                       // calling address not allowed
	ClassRateLimit                         // frequency, concurrency or count limit
	ClassTransient                         // failure inside the service
	ClassNotFound                          // object unknown or gone
	ClassBadParameter                      // request wrong
	ClassLicense                           // interface licence state or order rule
	ClassConflict                          // state forbids the call, or exists already
	ClassOther                             // the rest, success and every unknown code
)

// String returns the name of c as the code table has it, such as "rate_limit".
// It is short and stable: fit for a metric's label.
func (c Class) String() string {
	switch c {
	case ClassAuthTokenInvalid:
		return "auth_token_invalid"
	case ClassAuthTokenExpired:
		return "auth_token_expired"
	case ClassSuiteTicket:
		return "suite_ticket"
	case ClassSuiteToken:
		return "suite_token"
	case ClassProviderToken:
		return "provider_token"
	case ClassPermission:
		return "permission"
	case ClassIPWhitelist:
		return "ip_whitelist"
	case ClassRateLimit:
		return "rate_limit"
	case ClassTransient:
		return "transient"
	case ClassNotFound:
		return "not_found"
	case ClassBadParameter:
		return "bad_parameter"
	case ClassLicense:
		return "license"
	case ClassConflict:
		return "conflict"
	case ClassOther:
		return "other"
	}
	return "Class(" + strconv.Itoa(int(c)) + ")"
}

// Retry is the advice on what must happen before a refused call can succeed. It
// is a recommendation of this module, not a field of the platform, and it does
// not make a call idempotent: repeat a call that sends, orders or creates only
// if the refusal came before anything was done.
type Retry uint8

// The pieces of advice, in the order of the code table.
const (
	RetryNever                Retry = iota + 1 // the same call cannot succeed
	RetryBackoff                               // repeat a few times with growing, jittered pauses; at most 3 times for -1
	RetryRefreshAccessToken                    // get a new token of the kind the call used, repeat once
	RetryRefreshSuiteToken                     // get a new suite_access_token, repeat once
	RetryRefreshProviderToken                  // get a new provider_access_token, repeat once; no code of its own
	RetryRefreshJSAPITicket                    // get a new jsapi_ticket of the right app, repeat once
	RetryNextSuiteTicket                       // wait for the next suite_ticket push, then repeat
	RetryNewUserCode                           // the user must log in or open the link again
	RetryConfigurationChange                   // a person must change settings, permission or authorisation first
)

// String returns the name of r as the code table has it, such as "backoff".
func (r Retry) String() string {
	switch r {
	case RetryNever:
		return "never"
	case RetryBackoff:
		return "backoff"
	case RetryRefreshAccessToken:
		return "refresh_access_token"
	case RetryRefreshSuiteToken:
		return "refresh_suite_token"
	case RetryRefreshProviderToken:
		return "refresh_provider_token"
	case RetryRefreshJSAPITicket:
		return "refresh_jsapi_ticket"
	case RetryNextSuiteTicket:
		return "next_suite_ticket"
	case RetryNewUserCode:
		return "new_user_code"
	case RetryConfigurationChange:
		return "configuration_change"
	}
	return "Retry(" + strconv.Itoa(int(r)) + ")"
}

// Code is an errcode of the platform (全局错误码). It is an error itself, so that
// errors.Is(err, wecom.Code(60111)) works, and it belongs to classes:
// errors.Is(err, wecom.ErrRateLimited). Codes that the table does not know are
// codes like any other, with [ClassOther], [RetryNever] and no meaning.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90313
type Code int

// Error returns "errcode 45009: call frequency exceeded; ..." or, for a code
// that the table does not know, "errcode 123456".
func (c Code) Error() string {
	s := "errcode " + strconv.Itoa(int(c))
	if m := c.Meaning(); m != "" {
		s += ": " + m
	}
	return s
}

// Meaning returns one line in English on what c says, "" if the table does not
// know c.
func (c Code) Meaning() string {
	info, _ := lookupCode(c)
	return info.meaning
}

// Class returns the class of c, [ClassOther] if the table does not know c.
func (c Code) Class() Class {
	if info, ok := lookupCode(c); ok {
		return info.class
	}
	return ClassOther
}

// Advice returns what must happen before the same call can succeed,
// [RetryNever] if the table does not know c.
func (c Code) Advice() Retry {
	if info, ok := lookupCode(c); ok {
		return info.retry
	}
	return RetryNever
}

// MoreInfo returns the address of WeCom's own page about c (错误码查询工具).
func (c Code) MoreInfo() string {
	return "https://open.work.weixin.qq.com/devtool/query?e=" + strconv.Itoa(int(c))
}

// Is reports whether c belongs to the class that target stands for, one of the
// Err variables of this package. [errors.Is] calls it.
func (c Code) Is(target error) bool {
	switch target {
	case ErrTokenRejected:
		return c.rejectsToken()
	case ErrCredential:
		return c.rejectsCredential()
	case ErrTicketRejected:
		return c.Class() == ClassSuiteTicket
	case ErrCodeRejected:
		return c.rejectsCode()
	case ErrNotAuthorized:
		return c.deniesAuthorization()
	case ErrPermission:
		return c.Class() == ClassPermission
	case ErrIPNotAllowed:
		return c.Class() == ClassIPWhitelist
	case ErrRateLimited:
		return c.Class() == ClassRateLimit
	case ErrTransient:
		return c.Class() == ClassTransient
	case ErrNotFound:
		return c.Class() == ClassNotFound
	case ErrBadParameter:
		return c.Class() == ClassBadParameter
	case ErrLicense:
		return c.Class() == ClassLicense
	case ErrConflict:
		return c.Class() == ClassConflict
	}
	return false
}

// rejectsToken reports whether a new token and one more try may heal c.
func (c Code) rejectsToken() bool {
	switch c {
	case 40014, // access, suite or provider token invalid, or of the wrong kind
		42001, // access token expired
		40082, // suite token invalid or expired
		42009: // suite token expired
		return true
	}
	return false
}

// rejectsCredential: the token classes apart from rejectsToken, and the codes
// that the table counts as bad parameters although they name a credential.
func (c Code) rejectsCredential() bool {
	switch c {
	case 40013, // corp id invalid
		40083, // suite_id unknown
		40086, // appid of the suite unknown
		41004, // secret missing
		41024, // secret missing
		48003: // suite_id does not fit the suite_access_token
		return true
	}
	switch c.Class() {
	case ClassAuthTokenInvalid, ClassAuthTokenExpired, ClassSuiteToken, ClassProviderToken:
		return !c.rejectsToken()
	default:
		return false
	}
}

// rejectsCode: whatever the table answers with "the user must start again", and
// the codes of flows that the vendor's own page or link starts again.
func (c Code) rejectsCode() bool {
	switch c {
	case 40077, // pre_auth_code invalid
		40078, // auth_code invalid or used
		42007, // pre_auth_code expired
		84022, // register_code invalid
		84071, // external contact authorisation code invalid or used
		84075: // authcode invalid or expired
		return true
	}
	return c.Advice() == RetryNewUserCode
}

// deniesAuthorization reports whether c is what calls get after cancel_auth.
func (c Code) deniesAuthorization() bool {
	switch c {
	case 40084, // permanent code wrong, or authorisation cancelled
		48002, // app lacks permission for this API
		48004, // no valid authorisation
		48006, // permission withdrawn after long inactivity
		50003: // app disabled in the corp
		return true
	}
	return false
}

// codeInfo is what the table knows of a code.
type codeInfo struct {
	class   Class
	retry   Retry
	meaning string
}

// codeRow is a line of the generated codeTable. The table is laid out by the
// linker: it costs nothing at start-up.
type codeRow struct {
	code    int32
	class   Class
	retry   Retry
	meaning string
}

// lookupCode finds c in the table without allocating.
func lookupCode(c Code) (codeInfo, bool) {
	i, ok := slices.BinarySearchFunc(codeTable[:], c, func(row codeRow, c Code) int {
		return cmp.Compare(Code(row.code), c)
	})
	if !ok {
		return codeInfo{}, false
	}
	row := &codeTable[i]
	return codeInfo{class: row.class, retry: row.retry, meaning: row.meaning}, true
}
