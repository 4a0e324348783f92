package paytool_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/provider"
	"github.com/wecom-isv/wecom/provider/paytool"
)

// An order for 50 seats of a paid edition for a year, which the customer pays.
func ExampleClient_OpenOrder() {
	platform := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/cgi-bin/service/get_provider_token":
			_, _ = fmt.Fprint(w, `{"provider_access_token":"…","expires_in":7200}`)
		case "/cgi-bin/paytool/open_order":
			_, _ = fmt.Fprint(w, `{"errcode":0,"errmsg":"ok","order_id":"N00000F24364","order_url":"https://open.work.weixin.qq.com/payforapp/…","origin_price":500000,"paid_price":375000}`)
		}
	}))
	defer platform.Close()

	api, err := wecom.New(wecom.WithBaseURL(platform.URL)) // without the option: the real platform
	if err != nil {
		log.Fatal(err)
	}
	vendor, err := provider.New(api, provider.Config{CorpID: "ww4asffe99e54c0f4c", Secret: "provider secret"})
	if err != nil {
		log.Fatal(err)
	}
	desk, err := paytool.New(vendor, paytool.Config{Secret: "secret of the cash desk"})
	if err != nil {
		log.Fatal(err)
	}
	order, err := desk.OpenOrder(context.Background(), paytool.OpenOrderRequest{
		BusinessType: paytool.BusinessThirdApp,
		CustomCorpID: "wx979abee1572365f9",
		PayType:      paytool.PayByCustomer,
		ProductList: paytool.ProductList{ThirdApp: &paytool.ThirdAppProduct{
			OrderType: paytool.OrderNew,
			BuyInfoList: []paytool.ThirdAppItem{{
				SuiteID:      "wx63bea8582b858ee7",
				EditionID:    "sp7fd5170a8e807a44",
				UserCount:    50,
				DurationDays: 365,
				DiscountInfo: paytool.Discount{
					DiscountType:    paytool.DiscountPercent,
					DiscountRatio:   75, // three quarters are left to pay
					DiscountRemarks: "老客户优惠",
				},
			}},
		}},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("send the customer to", order.OrderURL)
	if order.PaidPrice != nil {
		fmt.Println("to pay, in fen:", *order.PaidPrice)
	}
	// Output:
	// send the customer to https://open.work.weixin.qq.com/payforapp/…
	// to pay, in fen: 375000
}
