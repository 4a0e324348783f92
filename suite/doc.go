// Package suite is one app of a service provider: a third-party app
// (第三方应用), a template of customised apps (代开发应用模板), or the provider's
// login authorisation (登录授权). It keeps the app's tickets and tokens, takes it
// through installation, and gives a handle on each corp that has it:
//
//	app, err := suite.New(api, suite.Config{ID: "ww…", Secret: secret})  // or NewTemplate for dk…
//	app.Handle(&mux, suite.Hooks{Authorized: welcome, Cancelled: forget}) // mux: a callback.Mux
//
//	cfg := suite.InstallConfig{                                          // installation from your own site
//		States:      states,                                         // an sso.States
//		RedirectURI: "https://app.example.com/installed",
//		AuthType:    suite.AuthTypeFormal,
//		Authorized:  welcome,                                        // once, whichever comes first
//	}
//	install, err := app.InstallHandler(cfg)                              // http.Handle("/install", install)
//	installed, err := app.InstalledHandler(cfg)                          // http.Handle("/installed", installed)
//
//	err = app.Corp(corpID).Do(ctx, wecom.Call{Path: "/cgi-bin/…"}, &result) // a call in a corp
//
// [Client] and [Template] are different types because the platform treats them
// differently: a third-party app buys the token of a corp with get_corp_token,
// a customised app with gettoken; only the former has an install address.
//
// A token travels with each call by itself; nothing here takes one as a
// parameter. Permanent codes (永久授权码) are the one thing that cannot be fetched
// again: give Config a [CodeStore] on a database.
package suite
