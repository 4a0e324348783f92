// Package message sends messages to the members of a corp (消息推送), takes them back
// and changes cards that were sent.
//
//	m := message.New(app.Corp(corpID)) // cheap; make one whenever needed
//	r, err := m.Send(ctx, message.Message{
//		AgentID: agentID,
//		To:      message.ToUsers("zhangsan", "lisi"),
//		Content: message.Text{Content: "你的快递已到"},
//	})
//	if left, ok := errors.AsType[*message.PartialError](err); ok {
//		report(left.Users, left.Unlicensed) // the others have it: do not send again
//	}
//
// A [Message] has exactly one content, a [Content]: a text, an image, a card. What
// the documented limits forbid is refused before anything is sent, and the error
// names each field: see [FieldError]. The platform itself truncates many of them
// without an error.
//
// # Who may call
//
// [Client.Send], [Client.Recall], [Client.UpdateTemplateCard] and [School.Send] are
// open to third-party apps and to customised apps (代开发应用), the notices of templates
// ([TemplateMsg]) to third-party apps only. Group chats ([Chats]) are kept for the
// corp's own apps. Whether a third party may call [Client.GetStatistics] is not
// documented.
//
// # Limits
//
// An app may send as many messages a day as the corp may have accounts, times 200,
// counting each receiver. A member gets at most 30 a minute and 1000 an hour from
// one app. What exceeds this is dropped without an error. Avoid full and half hours,
// when WeCom is busiest.
//
// # Names in place of ids
//
// With IDTrans the client of the receiver shows names that the app may not read:
// $userName=USERID$, $userAlias=USERID$, $userAliasOrName=USERID$,
// $departmentName=DEPARTMENTID$. What is wrong or out of sight stays as it is written.
//
// # Sending again
//
// No call here is repeated by the client after a lost reply. With DuplicateCheck the
// very same [Message] may be sent again within the time given: WeCom drops the
// second one.
package message
