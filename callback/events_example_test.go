package callback_test

import (
	"context"
	"fmt"

	"github.com/wecom-isv/wecom/callback"
)

// Third-party apps get the changes of contacts in suite form, customised apps
// (代开发) in app form. Both hold the same data, so that one function does for both.
func Example_bothForms() {
	update := func(corpID string, member callback.MemberData) error {
		fmt.Println(corpID, member.UserID, member.Department)
		return nil
	}
	var mux callback.Mux
	callback.On(&mux, func(_ context.Context, env callback.Envelope, ev callback.ChangeContactUpdateUser) error {
		return update(env.CorpID, ev.MemberData)
	})
	callback.On(&mux, func(_ context.Context, env callback.Envelope, ev callback.AppChangeContactUpdateUser) error {
		return update(env.CorpID, ev.MemberData)
	})

	for _, message := range []string{
		`<xml><SuiteId>ww1</SuiteId><AuthCorpId>wpA</AuthCorpId><InfoType>change_contact</InfoType><TimeStamp>1403610513</TimeStamp>
			<ChangeType>update_user</ChangeType><UserID>zhangsan</UserID><Department>1,2</Department></xml>`,
		`<xml><ToUserName>wpB</ToUserName><FromUserName>sys</FromUserName><CreateTime>1403610513</CreateTime><MsgType>event</MsgType>
			<Event>change_contact</Event><ChangeType>update_user</ChangeType><UserID>lisi</UserID><Department>7</Department></xml>`,
	} {
		env, err := callback.Parse([]byte(message), "")
		if err != nil {
			fmt.Println(err)
			return
		}
		if err := mux.Dispatch(context.Background(), env); err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// wpA zhangsan [1 2]
	// wpB lisi [7]
}

// What this package does not know yet is reached through the envelope.
func ExampleEnvelope_Field() {
	var mux callback.Mux
	mux.Fallback(func(_ context.Context, env callback.Envelope) error {
		id, ok := env.Field("Detail/OrderId")
		fmt.Println(env.Kind, id, ok)
		return nil
	})
	env, err := callback.Parse([]byte(`<xml><SuiteId>ww1</SuiteId><InfoType>brand_new</InfoType><Detail><OrderId>N7</OrderId></Detail></xml>`), "ww1")
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := mux.Dispatch(context.Background(), env); err != nil {
		fmt.Println(err)
	}
	// Output:
	// suite:brand_new N7 true
}
