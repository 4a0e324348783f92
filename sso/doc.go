// Package sso signs people in with WeCom (企业微信身份验证): it builds the addresses of
// the sign-in pages, guards the way back with a state, and turns the code that
// comes back into an [Identity].
//
//	states, err := sso.NewStates(key)       // 32 random bytes, the same on every machine
//	cfg := sso.HandlerConfig{
//		States:      states,
//		RedirectURI: "https://app.example.com/in",
//		LoginPath:   "/login",
//		Entry: sso.Entry{
//			InClient: sso.Way{Page: sso.AppOAuth2{SuiteID: id, Scope: sso.ScopeBase}, SignIn: sso.NewApp(app).SignIn},
//			Web:      sso.Way{Page: sso.ServiceLogin{SuiteID: loginID}, SignIn: sso.NewApp(login).SignIn},
//		},
//		SignedIn: func(w http.ResponseWriter, r *http.Request, id sso.Identity, next string) {
//			// check id.IsMember and id.CorpID, begin a new session
//			http.Redirect(w, r, next, http.StatusSeeOther)
//		},
//	}
//	login, err := sso.LoginHandler(cfg)     // http.Handle("/login", login): also the home page of the app (应用主页)
//	in, err := sso.CallbackHandler(cfg)     // http.Handle("/in", in)
//
// There are also [ConsoleHandler], for the business settings page (业务设置), and
// [PanelHandler]. Without the handlers the steps are [States.Start], the URL of a
// page, [ParseCallback], [States.Finish] before the code is used, and SignIn; after
// [wecom.ErrCodeRejected] and [ErrRefused] the person must start again.
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
// A code is single use. It is sent once, and once more only if the platform
// refused the token and so left it unused; when the reply is lost
// ([wecom.ErrNoReply]), the person must sign in again. Codes, tickets and session
// keys hide from fmt, log/slog, encoders and errors. Addresses are percent-encoded
// with %20, never +, in the documented order, and each builder refuses what its
// page would refuse.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/91120 and
// https://developer.work.weixin.qq.com/document/path/98170
package sso
