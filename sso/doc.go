// Package sso signs people in with WeCom (企业微信身份验证): it builds the addresses of
// the sign-in pages, guards the way back with a state, and turns the code that
// comes back into an [Identity].
//
//	app := sso.NewApp(suiteClient)          // 第三方应用; sso.NewCorpApp(corp) for a customised app (代开发应用)
//	states, err := sso.NewStates(key)       // 32 random bytes, the same on every machine
//
//	func login(w http.ResponseWriter, r *http.Request) {
//		state, err := states.Start(w, r, r.FormValue("next"))
//		page, err := sso.AppOAuth2{SuiteID: id, RedirectURI: back, Scope: sso.ScopeBase, State: state}.URL()
//		http.Redirect(w, r, page, http.StatusFound)
//	}
//
//	func callback(w http.ResponseWriter, r *http.Request) {
//		back, err := sso.ParseCallback(r.URL.Query())      // sso.ErrRefused: the person declined
//		next, err := states.Finish(w, r, back.State)       // before the code is used
//		person, err := app.SignIn(r.Context(), back.Code)  // wecom.ErrCodeRejected: start again
//		// begin a new session for person, then go to next
//	}
//
// # Which page, and who takes its code
//
//	inside the client, third-party app    AppOAuth2         App.SignIn
//	inside the client, customised app     CorpOAuth2        CorpApp.SignIn
//	any browser, provider's site          ServiceLogin      App.SignIn, with the login authorisation (登录授权)
//	any browser, customised app           CorpLogin         CorpApp.SignIn
//	panel inside a page                   Panel             as the two above
//	mini program, wx.qy.login             none              SignInMiniProgram of App and CorpApp
//	home-school communication (家校沟通)     AppOAuth2         App.SignInSchool
//	old QR login, customised app          CorpQRLogin       CorpApp.SignIn
//	old QR login, provider's site         ProviderQRLogin   ProviderLogin.SignIn
//	jump from the admin console (业务设置)   ParseConsole      App.SignInConsole or ProviderLogin.SignIn
//
// The install address of a third-party app is made by package suite
// (Client.Install), links and QR codes that authorise an app come from the
// platform and are opaque, and the address that registers a corp is made by
// package register. Their codes are of other types and cannot be passed here.
//
// # What can be relied on
//
// A code is single use and never sent again once a reply has arrived; when the
// reply is lost, [wecom.ErrCodeRejected] may mean that the first attempt has used
// it. Codes, tickets and session keys hide from fmt, log/slog, encoders and
// errors. Addresses are percent-encoded with %20, never +, in the documented
// order, and each builder refuses what its page would refuse.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/91120 and
// https://developer.work.weixin.qq.com/document/path/98170
package sso
