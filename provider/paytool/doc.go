// Package paytool is the cash desk (收银台) of a service provider: it opens the
// orders that corps pay for apps with, and follows their invoices.
//
//	desk, err := paytool.New(p, paytool.Config{Secret: apiSecret}) // p is the *provider.Client
//	order, err := desk.OpenOrder(ctx, paytool.OpenOrderRequest{
//		BusinessType: paytool.BusinessThirdApp,
//		PayType:      paytool.PayByCustomer,
//		ProductList: paytool.ProductList{ThirdApp: &paytool.ThirdAppProduct{
//			OrderType:   paytool.OrderNew,
//			BuyInfoList: []paytool.ThirdAppItem{{SuiteID: "ww…", EditionID: "sp…", UserCount: 50, DurationDays: 365}},
//		}},
//	}) // send the customer to order.OrderURL
//	for order, err := range desk.AllOrders(ctx, paytool.GetOrderListRequest{}) {
//		… // order.OrderStatus
//	}
//
// All money is in fen (分), all times are Unix seconds. An order has no number
// of the provider's own: read at [Client.OpenOrder] what to do when its reply is
// lost.
//
// # Signatures
//
// Calls about orders are signed with the cash desk's own secret, calls about
// invoices are not. The client signs each attempt anew, with a fresh nonce and
// the time of this machine, which may be at most 15 minutes off. WeCom answers
// 90318 to a nonce that is empty or was used within 15 minutes, 90319 to a time
// too far off and 90348 while the provider has no payment secret; the code for a
// wrong signature is not documented. [Client.Do] signs calls that this package
// lacks.
//
// WeCom documents no call that refunds an order, though orders can be refunded:
// see [OrderRefunded].
package paytool
