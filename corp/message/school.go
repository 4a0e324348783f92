package message

import (
	"context"
	"slices"
	"time"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/lenient"
	"github.com/wecom-isv/wecom/internal/valid"
)

// School sends to the families of a school (家校沟通). It is safe for concurrent use.
type School struct{ token wecom.AccessToken }

// School returns the call to families.
func (c *Client) School() School { return School{c.token} }

// RecvScope says who of a family gets a notice (指定发送对象).
type RecvScope int32

// Who gets a notice.
const (
	RecvParents  RecvScope = 0 // 发送给家长
	RecvStudents RecvScope = 1 // 发送给学生
	RecvBoth     RecvScope = 2 // 发送给家长和学生
)

// SchoolMessage is a school notice (学校通知).
type SchoolMessage struct {
	AgentID int64 // required
	Scope   RecvScope
	// Parents, Students, Classes and ExternalUsers name who gets it, All the whole
	// school; one at least is required.
	Parents  []string // parent_userid, at most 1000; for RecvParents and RecvBoth
	Students []string // student_userid, at most 1000: the student or the parents, as Scope says
	Classes  []string // ids of classes, at most 100; whether the platform takes them for numbers is not documented
	// ExternalUsers are followers by external_userid, at most 1000. WeCom will drop
	// them: avoid them.
	ExternalUsers  []string
	All            bool
	Content        Content // Text, Image, Voice, Video, File, News, MPNews or MiniProgram; required
	IDTrans        bool    // shows names in place of ids; for Text, News, MPNews and MiniProgram
	DuplicateCheck time.Duration
}

type schoolBody struct {
	Scope         RecvScope `json:"recv_scope"`
	Parents       []string  `json:"to_parent_userid,omitzero"`
	Students      []string  `json:"to_student_userid,omitzero"`
	Classes       []string  `json:"to_party,omitzero"`
	ExternalUsers []string  `json:"to_external_user,omitzero"`
	All           *int32    `json:"toall"`
	MsgType       kind      `json:"msgtype"`
	AgentID       int64     `json:"agentid"`
	contents
	options
}

var schoolKinds = []kind{kindText, kindImage, kindVoice, kindVideo, kindFile, kindNews, kindMPNews, kindMiniProgram}

func (m *SchoolMessage) body() (*schoolBody, error) {
	const op = "message: Send"
	var c valid.Checks
	c.That(m.AgentID != 0, "AgentID", "is missing")
	c.Between("Scope", int64(m.Scope), int64(RecvParents), int64(RecvBoth))
	named := 0
	for _, list := range []struct {
		field string
		ids   []string
		most  int
	}{{"Parents", m.Parents, 1000}, {"Students", m.Students, 1000}, {"Classes", m.Classes, 100}, {"ExternalUsers", m.ExternalUsers, 1000}} {
		c.Count(list.field, len(list.ids), 0, list.most)
		valid.Each(list.field, len(list.ids), func(i int, field string) { c.Set(field, list.ids[i]) })
		named += len(list.ids)
	}
	c.That(named > 0 || m.All, "Parents", "Students, Classes, ExternalUsers and All name nobody")
	if missing(m.Content) {
		c.Fail("Content", "is missing")
		return nil, c.Err(op)
	}
	k := m.Content.kind()
	if !slices.Contains(schoolKinds, k) {
		c.Fail("Content", "is a %s, which school notices do not have", k)
		return nil, c.Err(op)
	}
	b := &schoolBody{
		Scope: m.Scope, Parents: m.Parents, Students: m.Students, Classes: m.Classes, ExternalUsers: m.ExternalUsers,
		All: number(m.All), MsgType: k, AgentID: m.AgentID,
	}
	m.Content.put(&b.contents)
	m.Content.check(&c, "Content")
	if b.Text != nil {
		c.That(len(b.Text.MentionedUsers) == 0, "Content.MentionedUsers", "is for group chats only")
	}
	if b.News != nil {
		valid.Each("Content.Articles", len(b.News.Articles), func(i int, field string) {
			c.Set(field+".URL", b.News.Articles[i].URL)
			c.That(b.News.Articles[i].AppID == "", field+".AppID", "is not for school notices")
		})
	}
	b.setIDTrans(&c, k, m.IDTrans)
	b.setDuplicate(&c, m.DuplicateCheck)
	return b, c.Err(op)
}

// SchoolSendResponse names who was left out.
type SchoolSendResponse struct {
	InvalidExternalUsers []string  `json:"invalid_external_user,omitzero"`
	InvalidParents       []string  `json:"invalid_parent_userid,omitzero"`
	InvalidStudents      []string  `json:"invalid_student_userid,omitzero"`
	InvalidClasses       []ClassID `json:"invalid_party,omitzero"`
}

// ClassID is the id of a class.
type ClassID string

// UnmarshalJSON accepts a number in place of the string that the documentation
// shows.
func (id *ClassID) UnmarshalJSON(data []byte) error { return (*lenient.String)(id).UnmarshalJSON(data) }

// Send sends a school notice to families (发送「学校通知」). It cannot be taken back: there is
// no id of the message. Only parents whom the app sees are reached.
//
// Who is unknown or out of sight is left out: the error is then a [*PartialError],
// and the response is there all the same.
//
// Open to third-party apps with the home-school right (家校沟通) and to customised apps
// (代开发应用). Never repeated by the client after a lost reply; see
// SchoolMessage.DuplicateCheck for doing so by hand.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92291 and
// https://developer.work.weixin.qq.com/document/path/96720
//
//wecom:endpoint POST /cgi-bin/externalcontact/message/send
func (s School) Send(ctx context.Context, m SchoolMessage) (*SchoolSendResponse, error) {
	body, err := m.body()
	if err != nil {
		return nil, err
	}
	const path = "/cgi-bin/externalcontact/message/send"
	r, err := wecom.InvokeAs[SchoolSendResponse](ctx, s.token, wecom.Call{Path: path, Body: body})
	if err != nil {
		return nil, err
	}
	left := &PartialError{Op: path, Users: r.InvalidExternalUsers, Parents: r.InvalidParents, Students: r.InvalidStudents}
	for _, id := range r.InvalidClasses {
		left.Parties = append(left.Parties, string(id))
	}
	return r, left.orNil()
}
