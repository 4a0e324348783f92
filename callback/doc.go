// Package callback receives what WeCom (企业微信) pushes to a service provider:
// events on the command URL (指令回调URL), the data URL (数据回调URL) and the
// system-event URL (系统事件接收URL), and messages to apps. A [Handler] verifies,
// decrypts and parses them, a [Mux] hands each to the function registered for
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
// event twice. So handlers are idempotent, slow work goes through a [Queue], and
// state is read again by API rather than computed from events. The suite_ticket
// is handled before the answer in every set-up.
//
// Events of a kind that nobody registered for, also kinds that this package does
// not know yet, go to [Mux.Fallback] whole. They are never an error. Types of
// one's own take part in everything: see [Event].
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
// A constant of the name with Kind before it is the [Kind]. (batch_job_result is in
// both suite form and provider form: [BatchJobResult], [ProviderBatchJobResult].)
// Third-party apps get some events in suite form that customised (代开发) and
// self-built apps get in app form; the two types embed the same struct, as
// [MemberData], so that the work is written once.
//
// Elements that WeCom leaves out leave their fields zero. Values that have a type
// of their own, as [MemberStatus], may be others than its constants.
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
// Keys are changed without a loss with Config.OldKeys. [Mux.Dedupe] drops
// repetitions, in memory or by a shared [Filter], only of what has been dealt with.
// Config.ReplayWindow refuses what was signed long ago. [AllowIPs] tells of pushes
// from addresses that are not WeCom's. A Handler is a plain [net/http.Handler]: any
// router and middleware fits.
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
