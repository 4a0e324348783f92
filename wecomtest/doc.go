// Package wecomtest is a simulated WeCom (企业微信) platform for service
// providers, in the spirit of net/http/httptest: it answers the API, plays the
// pages a person opens, and pushes signed and encrypted callbacks.
//
//	p := wecomtest.NewPlatform(t)                                  // closes itself
//	app := p.NewApp(wecomtest.AppConfig{CallbackURL: myCallbacks}) // 第三方应用
//	_, err := app.PushTicket(ctx)                                  // suite_ticket arrives
//	_, err = p.NewCorp("Acme").Install(ctx, app)                   // create_auth arrives
//	api, err := wecom.New(wecom.WithBaseURL(p.URL()))              // call it
//
// What it checks. Every request is compared with the endpoint table of this
// module: path, method, which credential under which parameter, required
// fields, types and, unless [AllowUnknownFields] is given, names that the table
// does not have. Secrets, tickets, codes and tokens are checked, expire on the
// platform's own clock ([Platform.Advance]) and are used up as WeCom uses them.
// Endpoints without state of their own answer with the table's example.
//
// Where the specification leaves a question open, the doc comment of the option
// or method says which answer is simulated and how to get the other one.
//
// The platform uses no client package of this module: it has its own cipher
// and its own tables, so a mistake made there is not repeated here.
//
// All methods are safe for concurrent use. No goroutine outlives
// [Platform.Close]. Nothing but loopback sockets is ever opened for the API;
// with [WithoutServer] and [Platform.Handle] there are no sockets at all, so the
// platform also works inside a testing/synctest bubble.
//
// Values made up by the platform (secrets, tickets, tokens, codes) are test
// data: recorded calls and deliveries show them in full.
//
// Beside the platform, [TestTokenCache], [TestLocker], [TestCodeStore] and
// [TestFilter] check that a store of your own keeps the contract of the interface
// that it implements.
package wecomtest
