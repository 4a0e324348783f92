package sso

import "fmt"

// PageCode is a number that the web login page shows, and that a [Panel] hands to
// onLoginFail as errCode (Web登录错误码). It is an error; [PageCode.Meaning] says what
// to do.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/98622
type PageCode int

// The numbers that are documented.
const (
	PageBadRedirect  PageCode = -31020 // redirect_uri is outside the login callback domain
	PageBadAppID     PageCode = -31027 // appid is wrong
	PageBadAgentID   PageCode = -31028 // agentid is wrong
	PageBadSource    PageCode = -31033 // the request comes from elsewhere
	PageNotProvider  PageCode = -31034 // the corp is not a provider
	PageNoRedirect   PageCode = -31035 // redirect_uri is empty
	PageNotLoginApp  PageCode = -31037 // appid is not a login authorisation
	PageNotTrusted   PageCode = -31039 // redirect_uri is outside the trusted domain
	PageBadLoginType PageCode = -31040 // login_type is wrong
)

// Meaning says in one line what is wrong and what to do about it.
func (c PageCode) Meaning() string {
	switch c {
	case PageBadRedirect:
		return "the host of redirect_uri is not the login callback domain (登录授权回调域): set that in the provider console, without scheme and path"
	case PageBadAppID:
		return "appid is wrong: ServiceLogin wants the SuiteID of the login authorisation (登录授权), CorpLogin the corpid of the corp"
	case PageBadAgentID:
		return "agentid is wrong: it is that of the app in this corp, from the authorisation info, and the app must be installed"
	case PageBadSource:
		return "the request comes from elsewhere: link to the page from your own site, without Referrer-Policy: no-referrer"
	case PageNotProvider:
		return "the corp is not a service provider: ProviderQRLogin wants the provider's own corpid"
	case PageNoRedirect:
		return "redirect_uri is empty"
	case PageNotLoginApp:
		return "appid is an app and not the login authorisation (登录授权): create that in the provider console and use its SuiteID"
	case PageNotTrusted:
		return "the host of redirect_uri is not the trusted domain (可信域名) or web callback domain of the app: set it in the app"
	case PageBadLoginType:
		return "login_type is neither ServiceApp nor CorpApp"
	}
	return "WeCom does not document this number"
}

// Error names the number and its meaning.
func (c PageCode) Error() string {
	return fmt.Sprintf("sso: login page: %d: %s", int(c), c.Meaning())
}
