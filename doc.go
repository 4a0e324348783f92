// Package wecom is the engine of an SDK for WeCom (企业微信) service providers
// (服务商): it sends calls, attaches and renews tokens, keeps them in a cache
// that machines may share, and turns refusals into errors. It holds no
// endpoint; the packages that do are built on it:
//
//	api, err := wecom.New()                                      // one engine, shared
//	app, err := suite.New(api, suite.Config{ID: id, Secret: s})  // one third-party app
//	app.Handle(&mux, suite.Hooks{})                              // tickets, cancellations
//	corp := app.Corp(corpID)                                     // one corp that installed it
//	err = corp.Do(ctx, wecom.Call{Path: "/cgi-bin/…"}, &result)  // any endpoint
//
// Packages: [github.com/wecom-isv/wecom/suite] is one app or template,
// [github.com/wecom-isv/wecom/provider] the vendor itself,
// [github.com/wecom-isv/wecom/register] registration of new corps,
// [github.com/wecom-isv/wecom/sso] sign-in,
// [github.com/wecom-isv/wecom/callback] what WeCom pushes, and
// [github.com/wecom-isv/wecom/wecomtest] a simulated platform to test against.
//
// # Errors
//
// A refusal is an [*Error] with a [Code]. Ask for its class:
//
//	errors.Is(err, wecom.ErrRateLimited)
//	errors.Is(err, wecom.Code(60111))
//
// # Secrets
//
// Tokens, tickets, codes and secrets never stand in an error, a log line, a
// metric or a cache key, and the types that hold them print "[secret]".
package wecom
