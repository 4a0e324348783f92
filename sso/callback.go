package sso

import "net/url"

// Callback is what a sign-in page brings back.
type Callback struct {
	Code  LoginCode
	State string // for States.Finish
}

// ParseCallback reads the query with which the browser returned to redirect_uri
// from [AppOAuth2], [CorpOAuth2], [ServiceLogin], [CorpLogin], a panel or
// [CorpQRLogin]; for a panel with [RedirectCallback] it reads what the page
// posted. Parameters that it does not know are ignored.
//
// A return with a state and no code is [ErrRefused]; State is set then too, so
// that [States.Finish] can end that attempt. How WeCom shows a refusal is not
// documented: the browser may never return, or the code may be refused later with
// [wecom.ErrCodeRejected]. Anything else that is not usable is a [*CodeError].
//
// Trust nothing in it before States.Finish has accepted the state.
func ParseCallback(query url.Values) (Callback, error) {
	code, state, err := parseReturn("ParseCallback", "code", query)
	return Callback{Code: LoginCode(code), State: state}, err
}

// parseReturn reads the code, which the parameter named param carries.
func parseReturn(where, param string, query url.Values) (code, state string, err error) {
	for _, name := range []string{param, "state"} {
		if len(query[name]) > 1 {
			return "", "", &CodeError{Op: where, Param: name, Reason: "is given more than once"}
		}
	}
	code, state = query.Get(param), query.Get("state")
	if code == "" && state != "" {
		return "", state, ErrRefused
	}
	if err := checkCode(where, param, code, maxCode); err != nil {
		return "", state, err
	}
	return code, state, nil
}
