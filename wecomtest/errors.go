package wecomtest

import (
	"fmt"
)

// apiError is a refusal by the API: an errcode and its text.
type apiError struct {
	code int
	text string
}

func (e *apiError) Error() string { return fmt.Sprintf("errcode %d: %s", e.code, e.text) }

// refuse makes an apiError with WeCom's usual text for the code.
func refuse(code int) *apiError { return &apiError{code: code, text: codeText(code)} }

// refusef makes an apiError with a text of its own.
func refusef(code int, format string, args ...any) *apiError {
	return &apiError{code: code, text: fmt.Sprintf(format, args...)}
}

// codeText is the text that WeCom writes for a code where it is known, otherwise
// the meaning from the code table. Texts change on the real platform: a client
// must not branch on them.
func codeText(code int) string {
	switch code {
	case 40001:
		return "invalid credential"
	case 40013:
		return "invalid corpid"
	case 40014:
		return "invalid access_token"
	case 40029:
		return "invalid code"
	case 40078:
		return " invalid auth_code" // WeCom's text starts with a blank
	case 40082:
		return "invalid suite_token"
	case 41001:
		return "access_token missing"
	case 42001:
		return "access_token expired"
	case 42009:
		return "suite_access_token expired"
	case 45009:
		return "api freq out of limit"
	case 60020:
		return "not allow to access from your ip"
	}
	meanings, err := loadMeanings()
	if err != nil || meanings[code] == "" {
		return "error"
	}
	return meanings[code]
}

// errmsg renders a refusal the way the API does.
func (p *Platform) errmsg(e *apiError, ip string) string {
	return fmt.Sprintf("%s, hint: [%d_%d_%s], from ip: %s, more info at https://open.work.weixin.qq.com/devtool/query?e=%d",
		e.text, p.Now().Unix(), 1+p.secrets.bytes(1)[0], p.secrets.hex(32), ip, e.code)
}
