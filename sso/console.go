package sso

import (
	"net/url"

	"github.com/wecom-isv/wecom/provider"
)

// QRCallback is what [ProviderQRLogin] brings back.
type QRCallback struct {
	Code  provider.LoginAuthCode
	State string // for States.Finish
}

// ParseQRCallback reads the query with which the browser returned to redirect_uri
// from [ProviderQRLogin]. Parameters that it does not know, such as the expires_in
// of older platforms, are ignored. Errors are those of [ParseCallback].
func ParseQRCallback(query url.Values) (QRCallback, error) {
	code, state, err := parseReturn("ParseQRCallback", "auth_code", query)
	return QRCallback{Code: provider.LoginAuthCode(code), State: state}, err
}

// ParseConsole reads the query with which an administrator comes from the admin
// console (从企业微信管理后台发起登录, 业务设置) to the app's business settings page. Anything
// that is not usable is a [*CodeError].
//
// There is no state, so nothing ties the visit to the browser: exchange the code
// at once and begin a fresh session, never add to the one that is there. With a
// login authorisation the code goes to [App.SignInConsole], otherwise to
// [ProviderLogin.SignIn].
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/98170
func ParseConsole(query url.Values) (provider.LoginAuthCode, error) {
	code, _, err := parseReturn("ParseConsole", "auth_code", url.Values{"auth_code": query["auth_code"]})
	return provider.LoginAuthCode(code), err
}
