package callback_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/callback"
)

// example returns the example of one row, by its form and id.
func example(t *testing.T, form, id string) string {
	t.Helper()
	for _, r := range table(t) {
		if r.Form == form && r.ID == id {
			return r.Example
		}
	}
	require.FailNow(t, "no such row", "%s %s", form, id)
	return ""
}

// decode decodes doc into a new E.
func decode[E callback.Event](t *testing.T, doc string) E {
	t.Helper()
	var ev E
	env := parse(t, doc)
	require.Equal(t, ev.Kind(), env.Kind)
	require.NoError(t, env.Decode(&ev))
	return ev
}

func TestAuthorisationEventsByValue(t *testing.T) {
	t.Parallel()
	suite := func(infoType string) callback.SuiteHead {
		return callback.SuiteHead{SuiteID: suiteID, InfoType: infoType, TimeStamp: 1403610513}
	}
	for id, want := range map[string]callback.Event{
		"suite_ticket": &callback.SuiteTicket{SuiteHead: suite("suite_ticket"), SuiteTicket: wecom.NewSecret("asdfasfdasdfasdf")},
		"create_auth":  &callback.CreateAuth{SuiteHead: suite("create_auth"), AuthCode: "AUTHCODE", State: "123"},
		"create_auth.extra_info": &callback.CreateAuth{
			SuiteHead: suite("create_auth"), AuthCode: "AUTHCODE", State: "123", OpenKFIDs: []string{"wkxxxx1", "wkxxxx2"},
		},
		"change_auth": &callback.ChangeAuth{SuiteHead: suite("change_auth"), AuthCorpID: "wxf8b4f85f3a794e77", State: "abc"},
		"cancel_auth": &callback.CancelAuth{SuiteHead: suite("cancel_auth"), AuthCorpID: "wxf8b4f85f3a794e77"},
		"reset_permanent_code": &callback.ResetPermanentCode{
			SuiteHead: callback.SuiteHead{SuiteID: "dk4asffe99e54c0f4c", InfoType: "reset_permanent_code", TimeStamp: 1403610513}, AuthCode: "AUTHCODE",
		},
	} {
		assert.Equal(t, want, decodeAs(t, want, example(t, "suite", id)), id)
	}
	provider := func(infoType string, at callback.UnixTime) callback.ProviderHead {
		return callback.ProviderHead{ServiceCorpID: providerID, InfoType: infoType, TimeStamp: at}
	}
	for id, want := range map[string]callback.Event{
		"register_corp": &callback.RegisterCorp{
			ProviderHead: provider("register_corp", 1502682173),
			RegisterCode: wecom.NewSecret("pIKi3wRPNWCGF-pyP-YU5KWjDDD"), AuthCorpID: "wwddddccc7775555aaa", State: "state1", TemplateID: "tpl1test",
			ContactSync:  callback.ContactSync{AccessToken: wecom.NewSecret("accesstoken000001"), ExpiresIn: 1800},
			AuthUserInfo: callback.AuthUserInfo{UserID: "zhangshan"},
		},
		"enter_register_package": &callback.EnterRegisterPackage{
			ProviderHead: provider("enter_register_package", 1671632600),
			RegisterCode: wecom.NewSecret("pIKi3wRPNWCGF-YU5KWjD"), AuthCorpID: "wwddddccc7775555aaa", State: "state1", TemplateID: "tpl1test",
			AuthUserInfo: callback.AuthUserInfo{UserID: "zhangshan"},
		},
	} {
		assert.Equal(t, want, decodeAs(t, want, example(t, "provider", id)), id)
	}
	assert.Equal(t, time.Unix(1403610513, 0), callback.UnixTime(1403610513).Time())
	assert.True(t, callback.UnixTime(0).Time().IsZero())
}

func TestBothFormsShareTheirData(t *testing.T) {
	t.Parallel()
	suite := decode[callback.ChangeContactUpdateTag](t, example(t, "suite", "change_contact.update_tag"))
	app := decode[callback.AppChangeContactUpdateTag](t, example(t, "app", "change_contact.update_tag"))
	want := callback.TagData{
		TagID: 1, AddUserItems: callback.CSV{"zhangsan", "lisi"}, DelUserItems: callback.CSV{"zhangsan1", "lisi1"},
		AddPartyItems: callback.IntCSV{1, 2}, DelPartyItems: callback.IntCSV{3, 4},
	}
	assert.Equal(t, want, suite.TagData)
	assert.Equal(t, want, app.TagData)
}

func TestMemberByValue(t *testing.T) {
	t.Parallel()
	ev := decode[callback.AppChangeContactCreateUser](t, example(t, "app", "change_contact.create_user"))
	assert.Equal(t, callback.AppEventHead{
		AppHead:    callback.AppHead{ToUserName: "toUser", FromUserName: "sys", CreateTime: 1403610513, MsgType: "event"},
		Event:      "change_contact",
		ChangeType: "create_user",
	}, ev.AppEventHead)
	assert.Equal(t, callback.MemberData{
		UserID: "zhangsan", Name: "张三", Department: callback.IntCSV{1, 2, 3}, MainDepartment: 1, IsLeaderInDept: callback.IntCSV{1, 0, 0},
		Position: "产品经理", Mobile: "13800000000", Gender: callback.GenderMale, Email: "zhangsan@gzdev.com", Status: callback.MemberActive,
		Avatar: "http://wx.qlogo.cn/mmopen/ajNVdqHZLLA3WJ6DSZUfiakYe37PKnQhBIeOQBO4czqrnZDS79FH5Wm5m4X69TBicnHFlhiafvDwklOpZeXYQQ2icg/0",
		Alias:  "zhangsan", Telephone: "020-123456", Address: "广州市",
		ExtAttr: []callback.ExtAttr{
			{Name: "爱好", Type: callback.ExtAttrText, Text: "旅游"},
			{Name: "卡号", Type: callback.ExtAttrWeb, WebTitle: "企业微信", WebURL: "https://work.weixin.qq.com"},
		},
	}, ev.MemberData)
}

func TestApprovalsByValue(t *testing.T) {
	t.Parallel()
	open := decode[callback.AppOpenApprovalChange](t, example(t, "app", "open_approval_change"))
	assert.Equal(t, callback.OpenApproval{
		ThirdNo: "201806010001", OpenSpName: "付款", OpenTemplateID: "1234567111", OpenSpStatus: callback.OpenApprovalPending,
		ApplyTime: 1527837645, ApplyUserName: "jackiejjwu", ApplyUserID: "WuJunJie", ApplyUserParty: "产品部", ApplyUserImage: "http://www.qq.com/xxx.png",
		ApprovalNodes: []callback.OpenApprovalNode{{
			NodeStatus: callback.DecisionPending, NodeAttr: callback.ApproverAny, NodeType: callback.ApproversFixed,
			Items: []callback.OpenApprover{{
				ItemName: "chauvetxiao", ItemUserID: "XiaoWen", ItemParty: "产品部", ItemImage: "http://www.qq.com/xxx.png", ItemStatus: callback.DecisionPending,
			}},
		}},
		NotifyNodes: []callback.OpenApprovalNotice{{ItemName: "jinhuiguo", ItemUserID: "GuoJinHui", ItemParty: "行政部", ItemImage: "http://www.qq.com/xxx.png"}},
	}, open.ApprovalInfo)
	other := strings.NewReplacer("ItemUserid", "ItemUserId", "<ApproverStep>0</ApproverStep>", "<approverstep>0</approverstep >").Replace(example(t, "app", "open_approval_change"))
	assert.Equal(t, open, decode[callback.AppOpenApprovalChange](t, other), "other pages spell the names in other ways")

	sys := decode[callback.AppSysApprovalChange](t, example(t, "app", "sys_approval_change")).ApprovalInfo
	assert.Equal(t, "201910220003", sys.SpNo)
	assert.Equal(t, callback.ApprovalChangeComment, sys.StatuChangeEvent)
	assert.Equal(t, []callback.ApprovalRecord{
		{SpStatus: callback.ApprovalPending, ApproverAttr: callback.ApproverAll, Details: []callback.ApprovalDetail{
			{ApproverUserID: "WangXiaoMing", SpStatus: callback.ApprovalPending}, {ApproverUserID: "XiaoGangHuang", SpStatus: callback.ApprovalPending},
		}},
		{SpStatus: callback.ApprovalPending, ApproverAttr: callback.ApproverAny, Details: []callback.ApprovalDetail{{ApproverUserID: "XiaoHongLiu", SpStatus: callback.ApprovalPending}}},
	}, sys.SpRecord)
	assert.Equal(t, []callback.ApprovalNode{
		{NodeType: callback.ApprovalNodeApprover, SpStatus: callback.ApprovalPending, ApvRel: callback.ApproverOrderAny, SubNodeList: []callback.ApprovalSubNode{
			{UserID: "userid1", SpYj: callback.DecisionPending}, {UserID: "userid2", SpYj: callback.DecisionPending},
		}},
		{NodeType: callback.ApprovalNodeCopy, SubNodeList: []callback.ApprovalSubNode{{UserID: "userid3"}}},
	}, sys.NodeList)
}

func TestOddSpellings(t *testing.T) {
	t.Parallel()
	card := example(t, "app", "template_card_event")
	misspelt := strings.NewReplacer("OptionIds", "OpitonIds", "OptionId>", "OpitonId>").Replace(card)
	require.NotEqual(t, card, misspelt)
	assert.Equal(t, decode[callback.AppTemplateCardEvent](t, card), decode[callback.AppTemplateCardEvent](t, misspelt))
	assert.Equal(t, []string{"OptionId3", "OptionId4"}, decode[callback.AppTemplateCardEvent](t, misspelt).SelectedItems[1].OptionIDs)

	pics := appEvent("<MsgType>event</MsgType><Event>pic_weixin</Event><SendPicsInfo><Count>2</Count>" +
		"<PicList><item><PicMd5Sum>a</PicMd5Sum></item></PicList><PicList><item><PicMd5Sum>b</PicMd5Sum></item></PicList></SendPicsInfo>")
	assert.Equal(t, callback.SendPicsInfo{Count: 2, PicList: []callback.Picture{{PicMD5Sum: "a"}, {PicMD5Sum: "b"}}},
		decode[callback.AppPicWeixin](t, pics).SendPicsInfo, "PicList itself repeats")

	share := example(t, "suite", "share_agent_change")
	assert.Equal(t, callback.SharedApp{AppID: 11, CorpID: "ww11111", AgentID: 11}, decode[callback.ShareAgentChange](t, share).SharedApp)
	assert.Equal(t, "ww11111", parse(t, share).CorpID)

	department := strings.Replace(example(t, "suite", "change_school_contact.create_department"), "create_department", "create_deparmtment", 1)
	assert.Equal(t, "create_deparmtment", decode[callback.ChangeSchoolContactCreateDepartment](t, department).ChangeType)
}

func TestMessagesInABrokenCDATACannotForgeElements(t *testing.T) {
	t.Parallel()
	doc := appEvent("<MsgType>text</MsgType><Content><![CDATA[x]]</Content><AgentID>9</AgentID><Content>y]]></Content><AgentID>1</AgentID>")
	ev := decode[callback.TextMessage](t, doc)
	assert.Equal(t, "x]]</Content><AgentID>9</AgentID><Content>y", ev.Content)
	assert.EqualValues(t, 1, ev.AgentID)
	assert.Equal(t, "1", parse(t, doc).AgentID)
}

// meetingMedium is an event type of a self-built app.
type meetingMedium struct {
	callback.AppEventHead
	callback.MeetingData
}

func (meetingMedium) Kind() callback.Kind { return "app:event.meeting_change.medium_upload" }

func TestMeetingEventsOfSelfBuiltApps(t *testing.T) {
	t.Parallel()
	head := "<MsgType>event</MsgType><Event>meeting_change</Event><ChangeType>medium_upload</ChangeType><MeetingId>m</MeetingId>"
	ev := decode[meetingMedium](t, appEvent(head+`<AllUploadStatus>true</AllUploadStatus>
		<UploadInfo><MediumUrl>a</MediumUrl><MediumType>2</MediumType><UploadStatus>0</UploadStatus><ErrorMsg>low</ErrorMsg></UploadInfo>
		<UploadInfo><MediumUrl>b</MediumUrl><MediumType>3</MediumType><UploadStatus>1</UploadStatus></UploadInfo>
		<OperatedUser><UserId>u</UserId><TmpOpenId>t</TmpOpenId><UserRole>2</UserRole></OperatedUser>
		<WarmUpInfo><WarmUpPicture>p</WarmUpPicture><UploadStatus>1</UploadStatus></WarmUpInfo>
		<MraAddress><Protocol>1</Protocol><DialString>d</DialString></MraAddress><RoomResponseStatus>3</RoomResponseStatus>`))
	assert.Equal(t, callback.MeetingData{
		MeetingID: "m", AllUploadStatus: true,
		OperatedUser:       callback.MeetingUser{UserID: "u", TmpOpenID: "t", UserRole: 2},
		UploadInfo:         []callback.MeetingUpload{{MediumURL: "a", MediumType: 2, ErrorMsg: "low"}, {MediumURL: "b", MediumType: 3, UploadStatus: 1}},
		WarmUpInfo:         callback.WebinarWarmUp{WarmUpPicture: "p", UploadStatus: 1},
		MraAddress:         callback.MeetingRoomConnector{Protocol: 1, DialString: "d"},
		RoomResponseStatus: callback.MeetingRoomRefused,
	}, ev.MeetingData)
}

// TestPain14_EveryTypeTakesAnEmptyMessage gives each type a message with its
// name and nothing else.
func TestPain14_EveryTypeTakesAnEmptyMessage(t *testing.T) {
	t.Parallel()
	for _, ev := range types {
		form, rest, _ := strings.Cut(string(ev.Kind()), ":")
		parts := strings.SplitN(rest, ".", 3)
		doc := "<xml>"
		switch {
		case form != "app":
			doc += "<InfoType>" + parts[0] + "</InfoType>"
			if form == "provider" {
				doc += "<ServiceCorpId>ww</ServiceCorpId>"
			}
			parts = parts[1:]
		default:
			doc += "<AgentID></AgentID><MsgType>" + parts[0] + "</MsgType>"
			if parts = parts[1:]; len(parts) > 0 {
				doc += "<Event>" + parts[0] + "</Event>"
				parts = parts[1:]
			}
		}
		if len(parts) > 0 {
			doc += "<ChangeType>" + parts[0] + "</ChangeType>"
		}
		doc += "</xml>"
		require.Equal(t, ev.Kind(), parse(t, doc).Kind)
		decodeAs(t, ev, doc)
	}
}

func TestCSV(t *testing.T) {
	t.Parallel()
	var text callback.CSV
	var ints callback.IntCSV
	for in, want := range map[string]callback.CSV{"a": {"a"}, " a , b,, ": {"a", "b"}, "": nil, ",": nil} {
		require.NoError(t, text.UnmarshalText([]byte(in)))
		assert.Equal(t, want, text, in)
	}
	for in, want := range map[string]callback.IntCSV{"1": {1}, " -1 , 9007199254740993,": {-1, 9007199254740993}, "": {}} {
		require.NoError(t, ints.UnmarshalText([]byte(in)))
		assert.Equal(t, want, ints, in)
	}
	for _, bad := range []string{"canary", "1;2", "1,x", "9223372036854775808"} {
		err := ints.UnmarshalText([]byte(bad))
		require.Error(t, err, bad)
		assert.NotContains(t, err.Error(), bad)
	}
	out, err := callback.IntCSV{3, -4}.MarshalText()
	require.NoError(t, err)
	assert.Equal(t, "3,-4", string(out))
	out, err = callback.CSV{"a", "b"}.MarshalText()
	require.NoError(t, err)
	assert.Equal(t, "a,b", string(out))

	var ev callback.ChangeContactCreateUser
	err = parse(t, suiteEvent("change_contact", "<Department>1,canary</Department>")).Decode(&ev)
	require.ErrorContains(t, err, "Department")
	assert.NotContains(t, err.Error(), "canary")
}
