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
// # When the cache fails
//
// A token has two places: a copy in each process, which calls use, and the
// [TokenCache] that processes share, which is asked only when a token is due.
//
// The copy is believed until 10 minutes before its expiry, or until the platform
// refuses it. What another process has done to the token meanwhile is seen no
// earlier. That costs at most one refused call in each process, which is repeated
// with the newer token of the cache and needs no fetch. Tokens are therefore never
// "invalidated everywhere": [CachedSource.Forget] ends the copy of its own process.
//
//   - The cache is slow: calls with a token in memory do not notice, early
//     refreshes happen in the background. A key that this process has no token of
//     waits 2 seconds for the cache, then 5 for the lock, or 2 if the cache did not
//     answer, and then fetches; saving takes 2 more at most.
//   - The cache is down: tokens in memory are used and refreshed as ever. Each
//     process fetches for itself what it lacks, once, and puts it into the cache
//     with the next refresh after the cache is back.
//   - The cache comes back empty: tokens in memory are used as ever. A process
//     that lacks one fetches it and shares it; the others take that one when
//     theirs is due. Permanent codes cannot be fetched again: keep them in a
//     store that does not come back empty (CodeStore of package suite).
//   - The lock is down, or its holder died: the fetch waits at most 5 seconds and
//     goes on without it. A call too many is better than none.
//   - suite_ticket: the process that received the push uses it for its 30 minutes
//     with or without the cache; the others get the next one, 10 minutes later.
//
// What failed is logged at warning level, seen by the observers of
// [WithTokenObserver], and named in errors: the step (load, lock, save, drop) and
// the key, never the value.
//
// # Observation
//
// [WithObserver] sees each attempt of a call, [WithTokenObserver] each step on
// the way to a token. Package otelwecom, a module of its own, turns both into
// OpenTelemetry metrics and spans.
//
// # Secrets
//
// Tokens, tickets, codes and secrets never stand in an error, a log line, a
// metric or a cache key, and the types that hold them print "[secret]".
package wecom
