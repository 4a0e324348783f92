// Package license buys, renews and hands out the interface licences (接口调用许可)
// that the members of a corp need before an app may call most interfaces for
// them. All calls take the token of the service provider:
//
//	lic := license.New(p) // p: a provider.Client
//	order, err := lic.CreateNewOrder(ctx, license.CreateNewOrderRequest{
//		CorpID: corpID, BuyerUserID: "zhangsan",
//		AccountCount:    license.AccountCount{BaseCount: 100},
//		AccountDuration: license.AccountDuration{Months: 12},
//	})
//	job, err := lic.SubmitPayJob(ctx, order.OrderID, "zhangsan") // or pay in the console
//	_, err = lic.WaitPayJob(ctx, job.JobID)
//	// … and when the license_pay_success event says that the codes are made:
//	for account, err := range lic.AllOrderAccounts(ctx, license.ListOrderAccountRequest{OrderID: order.OrderID}) {
//		err = lic.ActiveAccount(ctx, license.ActiveAccountRequest{
//			CorpID: corpID, ActiveCode: account.ActiveCode, UserID: userID,
//		})
//	}
//
// # Terms
//
// An account is of the base type (基础账号) or of the external-contact type
// (互通账号), which includes the former. It is bought as an activation code
// (激活码), which is then bound to a member. It runs from activation to midnight
// after its last day. A month has 31 days everywhere, a year 372.
//
// Times are Unix seconds and prices are in fen (分). Corp ids and user ids may be
// given plain or encrypted (密文); replies have encrypted ones. Buyers and payers
// are members of the provider's own corp and given plain.
//
// Orders for a test corp of the provider cost nothing and are paid at once. Such
// a corp takes at most 1000 accounts for one month.
//
// # Renewals and orders for many corps
//
// [Client.CreateRenewOrderJob] collects any number of accounts in a job, which
// [Client.SubmitOrderJob] turns into an order at once. [Client.CreateNewOrderJob]
// collects purchases for many corps; after [Client.SubmitNewOrderJob]
// [Client.WaitNewOrderJob] waits for the order, and [Client.AllSubOrders] lists
// its parts, one for each corp.
//
// # Partial failure
//
// The platform answers a batch with success although entries of it failed. Here
// that is an [*ItemErrors], beside a response that is complete; a job that has
// failed is a [*JobError]. errors.Is finds the codes inside either.
//
// Calls that order, pay, activate or move something are never repeated after a
// lost reply (wecom.ErrNoReply). Read the state before you repeat one. How often
// the calls may be made is not published; errors.Is(err, wecom.ErrRateLimited)
// says that it was too often.
package license
