package callback_test

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"net/netip"
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
	body, query := seal(receiver, message)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/callback/command?"+query, strings.NewReader(body)))
	fmt.Println("WeCom gets:", w.Code, strings.TrimSpace(w.Body.String()))
}

// seal encrypts and signs message as WeCom would.
func seal(receiver, message string) (body, query string) {
	codec, err := crypto.New(exampleToken, exampleKey)
	if err != nil {
		log.Fatal(err)
	}
	sealed, err := codec.Seal([]byte(message), receiver, "1403610513", "1372623149")
	if err != nil {
		log.Fatal(err)
	}
	values := url.Values{"msg_signature": {sealed.Signature}, "timestamp": {sealed.Timestamp}, "nonce": {sealed.Nonce}}
	return "<xml><ToUserName>" + receiver + "</ToUserName><Encrypt>" + string(sealed.Encrypt) + "</Encrypt></xml>", values.Encode()
}

// open returns the text of a passive reply as WeCom reads it.
func open(answer []byte, receiver string) string {
	var outer struct {
		Encrypt      string `xml:"Encrypt"`
		MsgSignature string `xml:"MsgSignature"`
		TimeStamp    string `xml:"TimeStamp"`
		Nonce        string `xml:"Nonce"`
	}
	if err := xml.Unmarshal(answer, &outer); err != nil {
		log.Fatal(err)
	}
	codec, err := crypto.New(exampleToken, exampleKey)
	if err != nil {
		log.Fatal(err)
	}
	receivers, err := crypto.NewReceivers(receiver)
	if err != nil {
		log.Fatal(err)
	}
	msg, err := codec.Open(nil, crypto.Sealed{
		Signature: outer.MsgSignature, Timestamp: outer.TimeStamp, Nonce: outer.Nonce, Encrypt: []byte(outer.Encrypt),
	}, receivers)
	if err != nil {
		log.Fatal(err)
	}
	var reply struct {
		Content string `xml:"Content"`
	}
	if err := xml.Unmarshal(msg.Body, &reply); err != nil {
		log.Fatal(err)
	}
	return reply.Content
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

// Two apps with the same callback URL: the Token that signed tells them apart.
func ExampleNewMultiHandler() {
	var mux callback.Mux
	callback.On(&mux, func(_ context.Context, env callback.Envelope, _ callback.SuiteTicket) error {
		fmt.Println("ticket for", env.App)
		return nil
	}, callback.ForSuite("ww4asffe99e54c0f4c"))
	h, err := callback.NewMultiHandler(&mux,
		callback.Config{
			App: "crm", Token: exampleToken, AESKey: exampleKey, Receivers: []string{"ww4asffe99e54c0f4c"},
		},
		callback.Config{
			App: "desk", Token: "tokenOfTheOther", AESKey: exampleKey, Receivers: []string{"ww5bsffe99e54c0f5d"},
			// Keys that are being changed: both work till then.
			OldKeys: []callback.OldKey{{Token: "tokenBefore", Until: time.Now().Add(24 * time.Hour)}},
		},
	)
	if err != nil {
		log.Fatal(err)
	}

	push(h, "ww4asffe99e54c0f4c", `<xml><SuiteId>ww4asffe99e54c0f4c</SuiteId><InfoType>suite_ticket</InfoType><SuiteTicket>t</SuiteTicket></xml>`)
	push(h, "ww5bsffe99e54c0f5d", `<xml><SuiteId>ww5bsffe99e54c0f5d</SuiteId><InfoType>suite_ticket</InfoType></xml>`) // signed for the other app
	// Output:
	// ticket for crm
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

func ExampleAnswer() {
	var mux callback.Mux
	callback.Answer(&mux, func(_ context.Context, env callback.Envelope, ev callback.TextMessage) (callback.Reply, error) {
		if ev.Content != "help" {
			return callback.NoReply{}, nil
		}
		return callback.TextReply{Content: "Ask " + env.UserID + "'s manager."}, nil
	})
	h, err := callback.NewHandler(callback.Config{
		Token: exampleToken, AESKey: exampleKey,
		CorpPath:        "corpid",                        // the data URL ends in $CORPID$
		VerifyReceivers: []string{"wwddddccc7775555aab"}, // the provider's corp id
	}, &mux)
	if err != nil {
		log.Fatal(err)
	}
	routes := http.NewServeMux()
	routes.Handle("/callback/data/{corpid}", h)

	ask := func(path, content string) {
		body, query := seal("wwcorp", `<xml><ToUserName>wwcorp</ToUserName><FromUserName>zhangsan</FromUserName><MsgType>text</MsgType><Content>`+content+`</Content></xml>`)
		w := httptest.NewRecorder()
		routes.ServeHTTP(w, httptest.NewRequestWithContext(context.Background(), http.MethodPost, path+"?"+query, strings.NewReader(body)))
		switch {
		case w.Code != http.StatusOK:
			fmt.Println("WeCom gets:", w.Code)
		case w.Body.Len() == 0:
			fmt.Println("WeCom gets: nothing")
		default:
			fmt.Println("WeCom gets:", open(w.Body.Bytes(), "wwcorp"))
		}
	}
	ask("/callback/data/wwcorp", "hello")
	ask("/callback/data/wwcorp", "help")
	ask("/callback/data/wwother", "help")
	// Output:
	// WeCom gets: nothing
	// WeCom gets: Ask zhangsan's manager.
	// WeCom gets: 403
}

func ExampleMux_Dedupe() {
	filter, err := callback.NewMemoryFilter(callback.MemoryFilterConfig{})
	if err != nil {
		log.Fatal(err)
	}
	var mux callback.Mux
	mux.Dedupe(callback.DedupeConfig{
		Filter:   filter,
		OnRepeat: func(_ context.Context, env callback.Envelope) { fmt.Println("again:", env.Kind) },
	})
	tries := 0
	callback.On(&mux, func(_ context.Context, _ callback.Envelope, ev callback.CancelAuth) error {
		if tries++; tries == 1 {
			return errors.New("database is away")
		}
		fmt.Println("forgetting", ev.AuthCorpID)
		return nil
	})
	h, err := callback.NewHandler(callback.Config{
		Token: exampleToken, AESKey: exampleKey, Receivers: []string{"ww4asffe99e54c0f4c"},
	}, &mux)
	if err != nil {
		log.Fatal(err)
	}
	for range 3 { // WeCom tries three times
		push(h, "ww4asffe99e54c0f4c", `<xml><SuiteId>ww4asffe99e54c0f4c</SuiteId><InfoType>cancel_auth</InfoType><AuthCorpId>wwcorp</AuthCorpId></xml>`)
	}
	// Output:
	// WeCom gets: 500 Internal Server Error
	// forgetting wwcorp
	// WeCom gets: 200 success
	// again: suite:cancel_auth
	// WeCom gets: 200 success
}

func ExampleAllowIPs() {
	var mux callback.Mux
	h, err := callback.NewHandler(callback.Config{
		Token: exampleToken, AESKey: exampleKey, Receivers: []string{"ww4asffe99e54c0f4c"},
	}, &mux)
	if err != nil {
		log.Fatal(err)
	}
	checked, err := callback.AllowIPs(h, callback.AllowIPsConfig{
		Load: func(context.Context) ([]string, error) { // corp.GetCallbackIP in real life
			return []string{"101.226.103.*", "140.207.54.73"}, nil
		},
		OnStranger: func(_ *http.Request, addr netip.Addr, _ int) { fmt.Println("not on the list:", addr) },
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := checked.Refresh(context.Background()); err != nil {
		log.Fatal(err)
	}
	push(checked, "ww4asffe99e54c0f4c", `<xml><SuiteId>ww4asffe99e54c0f4c</SuiteId><InfoType>cancel_auth</InfoType></xml>`)
	// Output:
	// not on the list: 192.0.2.1
	// WeCom gets: 200 success
}
