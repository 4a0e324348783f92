package message_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/jarcoal/httpmock"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/corp/message"
)

// exampleCorp is an app in a corp; a program takes suite.Client.Corp.
func exampleCorp(reply string) wecom.AccessToken {
	mock := httpmock.NewMockTransport()
	mock.RegisterNoResponder(httpmock.NewStringResponder(http.StatusOK, reply))
	api, err := wecom.New(wecom.WithTransport(mock))
	if err != nil {
		panic(err)
	}
	corp, err := wecom.NewAccessToken(api, wecom.TokenFunc(func(context.Context) (wecom.Token, error) {
		return wecom.Token{Value: "token"}, nil
	}))
	if err != nil {
		panic(err)
	}
	return corp
}

func ExampleClient_Send() {
	corp := exampleCorp(`{"errcode":0,"errmsg":"ok","msgid":"M1","response_code":"R1","unlicenseduser":"lisi"}`)

	r, err := message.New(corp).Send(context.Background(), message.Message{
		AgentID: 1000005,
		To:      message.ToUsers("zhangsan", "lisi"),
		Content: message.ButtonInteraction{
			TaskID:    "leave-4711",
			MainTitle: message.Title{Title: "请假审批", Desc: "王五 3 天"},
			Buttons: []message.Button{
				{Text: "同意", Style: 1, Key: "approve"},
				{Text: "驳回", Style: 2, Key: "reject"},
			},
		},
	})
	left, partly := errors.AsType[*message.PartialError](err)
	if err != nil && !partly {
		fmt.Println(err)
		return
	}
	fmt.Println("sent", r.MsgID)
	if partly {
		fmt.Println("no licence:", left.Unlicensed)
	}
	// Output:
	// sent M1
	// no licence: [lisi]
}

func ExampleFieldError() {
	_, err := message.New(exampleCorp("")).Send(context.Background(), message.Message{
		AgentID: 1000005,
		To:      message.ToAll(),
		Content: message.News{Articles: []message.Article{{Title: "中秋节礼品领取"}}},
	})
	fmt.Println(err)
	if fault, ok := errors.AsType[*message.FieldError](err); ok {
		fmt.Println(fault.Field)
	}
	// Output:
	// message: Send: Content.Articles[0].URL is missing, and there is no AppID either
	// Content.Articles[0].URL
}
