package callback_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"

	"github.com/wecom-isv/wecom/callback"
	"github.com/wecom-isv/wecom/crypto"
)

const (
	exampleToken = "QDG6eK"
	exampleKey   = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
)

// push sends message to h as WeCom would, and prints the answer.
func push(h http.Handler, receiver, message string) {
	codec, err := crypto.New(exampleToken, exampleKey)
	if err != nil {
		log.Fatal(err)
	}
	sealed, err := codec.Seal([]byte(message), receiver, "1403610513", "1372623149")
	if err != nil {
		log.Fatal(err)
	}
	query := url.Values{"msg_signature": {sealed.Signature}, "timestamp": {sealed.Timestamp}, "nonce": {sealed.Nonce}}
	body := "<xml><ToUserName>" + receiver + "</ToUserName><Encrypt>" + string(sealed.Encrypt) + "</Encrypt></xml>"
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/wecom/command?"+query.Encode(), strings.NewReader(body)))
	fmt.Println("WeCom gets:", w.Code, strings.TrimSpace(w.Body.String()))
}

func ExampleNewHandler() {
	var mux callback.Mux
	callback.On(&mux, func(_ context.Context, env callback.Envelope, ev callback.SuiteTicket) error {
		fmt.Println("ticket", ev.SuiteTicket, "of", ev.SuiteID, "from", env.At.UTC().Format(time.DateTime))
		return nil
	})
	mux.Fallback(func(_ context.Context, env callback.Envelope) error {
		fmt.Println("no handler for", env.Kind)
		return nil
	})
	h, err := callback.NewHandler(callback.Config{
		Token:           exampleToken,
		AESKey:          exampleKey,
		Receivers:       []string{"ww4asffe99e54c0f4c"},  // suite id
		VerifyReceivers: []string{"wwddddccc7775555aab"}, // the provider's corp id
	}, &mux)
	if err != nil {
		log.Fatal(err)
	}

	push(h, "ww4asffe99e54c0f4c", `<xml><SuiteId>ww4asffe99e54c0f4c</SuiteId><InfoType>suite_ticket</InfoType><TimeStamp>1403610513</TimeStamp><SuiteTicket>asdfasfdasdfasdf</SuiteTicket></xml>`)
	push(h, "ww4asffe99e54c0f4c", `<xml><SuiteId>ww4asffe99e54c0f4c</SuiteId><InfoType>change_contact</InfoType><ChangeType>create_user</ChangeType></xml>`)
	push(h, "wwsomebodyelse", `<xml><SuiteId>wwsomebodyelse</SuiteId><InfoType>suite_ticket</InfoType></xml>`)
	// Output:
	// ticket [secret] of ww4asffe99e54c0f4c from 2014-06-24 11:48:33
	// WeCom gets: 200 success
	// no handler for suite:change_contact.create_user
	// WeCom gets: 200 success
	// WeCom gets: 403 Forbidden
}

// orderPaid is an event that this package has no type for.
type orderPaid struct {
	callback.SuiteHead
	PaidCorpID string `xml:"PaidCorpId"`
	OrderID    string `xml:"OrderId"`
}

func (orderPaid) Kind() callback.Kind { return "suite:pay_for_app_success" }

func ExampleOn_ownType() {
	var mux callback.Mux
	callback.On(&mux, func(_ context.Context, _ callback.Envelope, ev orderPaid) error {
		fmt.Println(ev.PaidCorpID, "paid", ev.OrderID)
		return nil
	})
	env, err := callback.Parse([]byte(`<xml><SuiteId>ww1</SuiteId><PaidCorpId>ww2</PaidCorpId><InfoType>pay_for_app_success</InfoType><OrderId>order-3</OrderId></xml>`), "ww1")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(mux.Dispatch(context.Background(), env))
	// Output:
	// ww2 paid order-3
	// <nil>
}

func ExamplePool() {
	answered := make(chan struct{}) // for the order of the output
	var mux callback.Mux
	callback.On(&mux, func(_ context.Context, _ callback.Envelope, ev callback.CreateAuth) error {
		<-answered
		if ev.State == "" {
			return errors.New("nobody started this installation")
		}
		fmt.Println("exchanging the code of", ev.State)
		return nil
	})
	pool, err := callback.NewPool(&mux, callback.PoolConfig{
		Workers: 1,
		OnError: func(_ context.Context, env callback.Envelope, err error) { fmt.Println(env.Kind, "failed:", err) },
	})
	if err != nil {
		log.Fatal(err)
	}
	h, err := callback.NewHandler(callback.Config{
		Token: exampleToken, AESKey: exampleKey, Receivers: []string{"ww4asffe99e54c0f4c"}, Queue: pool,
	}, &mux)
	if err != nil {
		log.Fatal(err)
	}
	push(h, "ww4asffe99e54c0f4c", `<xml><SuiteId>ww4asffe99e54c0f4c</SuiteId><AuthCode>c</AuthCode><InfoType>create_auth</InfoType><State>order-7</State></xml>`)
	push(h, "ww4asffe99e54c0f4c", `<xml><SuiteId>ww4asffe99e54c0f4c</SuiteId><AuthCode>c</AuthCode><InfoType>create_auth</InfoType></xml>`)
	close(answered)

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	fmt.Println("drained:", pool.Shutdown(ctx))
	// Output:
	// WeCom gets: 200 success
	// WeCom gets: 200 success
	// exchanging the code of order-7
	// suite:create_auth failed: nobody started this installation
	// drained: <nil>
}
