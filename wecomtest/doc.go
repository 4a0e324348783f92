// Package wecomtest is a simulated WeCom (企业微信) platform for service
// providers, in the spirit of net/http/httptest: it answers the API, plays the
// pages a person opens, and pushes signed and encrypted callbacks. A test of your
// own backend is five lines:
//
//	p := wecomtest.NewPlatform(t)                                        // closes itself
//	app := p.NewApp(wecomtest.AppConfig{CallbackURL: server + "/wecom"}) // 第三方应用
//	_, err := p.NewCorp("Acme").Install(t.Context(), app)                // your server gets create_auth
//	call, err := p.AwaitCall(t.Context(), "/cgi-bin/service/v2/get_permanent_code")
//	err = call.JSON(&request)                                            // and this is what it sent
//
// Point the backend at it with wecom.WithBaseURL(p.URL()), or through
// [Platform.Transport] without a socket.
//
// # What it checks
//
// Every request is compared with the endpoint table of this module: path, method,
// which credential under which parameter, required fields, types, lengths, numbers
// of elements, values of enumerations and, unless [AllowUnknownFields] is given,
// names that the table does not have. The errcode is the documented one where
// there is one, otherwise 40058, with a text that names the field. Secrets,
// tickets, codes and tokens are checked, expire on the platform's own clock
// ([Platform.Advance]) and are used up as WeCom uses them.
//
// # What it keeps
//
// Authorisations, tokens and tickets; contact lists with their imports
// ([Corp.AddUser], [Corp.Departments]); files; messages, cards and groups
// ([Platform.Messages]); settings, menus and workbench panels of apps; licences,
// orders and the cash desk; registrations. An endpoint without state of its own
// answers with the table's example. Where the specification leaves a question
// open, the doc comment of the option or method says which answer is simulated and
// how to get the other one.
//
// # What it pushes
//
// [App.PushTicket], [Corp.Install], [Corp.Cancel] and their like push what WeCom
// does at that moment. Beside them every event of the event table can be pushed
// with chosen fields, in XML or JSON, with the deadline and the tries that WeCom
// has for it:
//
//	_, err = corp.PushEvent(ctx, app, "change_contact.create_user", wecomtest.Fields{"UserID": "zhangsan"})
//	_, err = corp.PushEvent(ctx, app, "app:click", wecomtest.Fields{"EventKey": "menu_1"})
//	_, err = p.Provider().PushEvent(ctx, "license_pay_success", nil)
//
// [Events] lists them, [NewEvent] only makes the message, [Platform.VerifyURL]
// does the check of a URL that the console does when it is saved. A push that your
// server does not answer in time or as it must is an error that wraps
// [ErrNotDelivered] and says what each try met.
//
// # What it records
//
// [Platform.Calls], [Platform.LastCall] and [Platform.AwaitCall] give the requests,
// [Platform.Deliveries] and [Platform.AwaitDelivery] the pushes, with what came
// back; [RecordedCall.JSON] decodes a body. [WithHistory] keeps only the newest.
// Values made up by the platform (secrets, tickets, tokens, codes) are test data:
// recorded calls and deliveries show them in full.
//
// # What goes wrong on purpose
//
// [Platform.Inject] lets calls fail, late or half; [Platform.Expire] and
// [Platform.Revoke] end tokens; [Platform.AllowIPs] is the list of trusted
// addresses (60020); [WithRateLimit] counts calls (45009); [WithSecretLockout]
// blocks who guesses; [Disabled] stops an app in a corp; [WithTokenRule],
// [NewestTicketOnly] and [WithExpiredProviderCode] answer open questions the other
// way.
//
// # From other programs and languages
//
// [WithAddr] gives the platform a fixed address, [WithControl] an API to steer it
// by JSON over HTTP, [Platform.Mount] room for pages of your own; docs/simulator.md
// has examples for curl. With [WithSeed] ids and secrets are the same in every run.
//
// # How it is built
//
// The platform uses no client package of this module: it has its own cipher and
// its own tables, so a mistake made there is not repeated here.
//
// All methods are safe for concurrent use. No goroutine outlives
// [Platform.Close]. Nothing but loopback sockets is opened unless an address says
// otherwise; with [WithoutServer] and [Platform.Handle] there are no sockets at all, so
// the platform also works inside a testing/synctest bubble.
//
// Beside the platform, [TestTokenCache], [TestLocker], [TestCodeStore] and
// [TestFilter] check that a store of your own keeps the contract of the interface
// that it implements.
package wecomtest
