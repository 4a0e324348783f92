// Package callback receives what WeCom (企业微信) pushes to a service provider:
// events on the command URL (指令回调URL), the data URL (数据回调URL) and the
// system-event URL (系统事件接收URL), and messages to apps. A [Handler] verifies,
// decrypts and parses them, and a [Mux] hands each to the function registered for
// its type:
//
//	var mux callback.Mux
//	callback.On(&mux, func(ctx context.Context, env callback.Envelope, ev callback.SuiteTicket) error {
//		return app.SaveTicket(ctx, ev.SuiteTicket, env.At)
//	})
//	callback.On(&mux, func(ctx context.Context, env callback.Envelope, ev callback.CreateAuth) error {
//		_, err := app.Authorize(ctx, ev.AuthCode)
//		return err
//	})
//	pool, err := callback.NewPool(&mux, callback.PoolConfig{}) // answers before create_auth is dealt with
//	h, err := callback.NewHandler(callback.Config{
//		Token: token, AESKey: encodingAESKey, Queue: pool,
//		Receivers: []string{suiteID}, VerifyReceivers: []string{providerCorpID},
//	}, &mux)
//	http.Handle("/callback/command", h)
//
// # What can be relied on
//
// WeCom wants an answer to authorisation events within 1000 ms and to all others
// within 5 s, tries three times at most, keeps no order, and may push the same
// event twice. So make handlers idempotent, send slow work through a [Queue], and
// read state again by API rather than computing it from events. The suite_ticket
// is always handled before the answer, with or without a queue.
//
// Events of a kind that nobody registered for, including kinds that this package
// does not know yet, go to [Mux.Fallback] whole. They are never an error. Types of
// your own work like those of this package: see [Event].
//
// # Event types
//
// There is a type for each kind of callback that the page docs/events.md of the
// repository lists. Names come from those of WeCom, so that they can be guessed:
//
//	suite and provider form   InfoType, ChangeType          ChangeContactCreateUser, RegisterCorp
//	events in app form        App, Event, ChangeType        AppChangeContactCreateUser, AppClick
//	messages in app form      MsgType, Message              TextMessage
//
// The [Kind] of a type is the constant with Kind before its name. (batch_job_result
// exists in suite form and in provider form: [BatchJobResult], [ProviderBatchJobResult].)
// Third-party apps get some events in suite form that customised (代开发) and
// self-built apps get in app form; the two types embed the same struct, such as
// [MemberData], so that one function can handle both.
//
// Elements that WeCom leaves out leave their fields zero. A field whose type has
// constants, such as [MemberStatus], may hold a value that is none of them.
//
// # Messages and replies
//
// A data URL may hold $CORPID$; the pattern that takes its place is named in
// Config.CorpPath, and the corp in the path must be the one in the message:
//
//	data, err := callback.NewHandler(callback.Config{
//		Token: token, AESKey: encodingAESKey, CorpPath: "corpid",
//		VerifyReceivers: []string{providerCorpID},
//	}, &mux)
//	http.Handle("/callback/data/{corpid}", data) // configured as https://.../callback/data/$CORPID$
//
// [On] answers with nothing; [Answer] registers a handler that returns a [Reply].
//
// # Running it
//
// Config.OldKeys lets you change keys without losing a callback. [Mux.Dedupe] drops
// repetitions of events that have been dealt with, in memory or by a shared [Filter].
// Config.ReplayWindow refuses what was signed long ago. [AllowIPs] reports pushes
// from addresses that are not WeCom's. A Handler is a plain [net/http.Handler]: it
// works with any router and middleware.
//
// # Secrets
//
// Tickets, codes and tokens in events are [wecom.Secret] and [wecom.AuthCode],
// which do not print. The decrypted message is in [Envelope].Raw only; what this
// package logs or answers holds neither it nor an id. The error of a handler is
// logged as it is: keep events and messages out of its text.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90930
package callback
