package message

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/valid"
)

// Client calls with one credential. It is safe for concurrent use, holds nothing
// and needs no Close.
type Client struct{ token wecom.AccessToken }

// New returns a client for an app in a corp, a suite.Corp, or for another
// credential that travels as access_token. It makes no call and cannot fail: with
// a credential of another kind each call says so.
func New(token wecom.AccessToken) *Client { return &Client{token} }

// FieldError names the field of a message that is outside the documented limits:
// Field is its name, as "Content.Articles[0].Title", Problem what is wrong with it.
// Nothing was sent. [errors.AsType] finds the first; the text of the error has all.
type FieldError = valid.FieldError

// Message is a message of an app (应用消息).
type Message struct {
	// AgentID is the app in the corp, from its authorisation. Required, except for a
	// MiniProgramNotice.
	AgentID int64
	To      Receivers // required
	Content Content   // required
	// Safe keeps the message from being passed on; for Text, Image, Video, File and
	// MPNews.
	Safe Safety
	// IDTrans shows names in place of ids; for Text, TextCard, News, MPNews,
	// MiniProgramNotice, TemplateMsg and the cards.
	IDTrans bool
	// DuplicateCheck makes WeCom drop the same message if it comes again within that
	// time: whole seconds, at most 4 hours. 0: it does not look. Not for TemplateMsg.
	DuplicateCheck time.Duration
}

// Safety says how far a message may be passed on (保密消息).
type Safety int32

// The degrees of confidentiality.
const (
	Shareable    Safety = 0 // 可对外分享
	NotShareable Safety = 1 // 不能分享且内容显示水印
	CorpOnly     Safety = 2 // 仅限在企业内分享; MPNews only
)

// Receivers are who gets a message: everyone who is on a list.
type Receivers struct {
	Users   []string // user ids, at most 1000
	Parties []int64  // departments, at most 100; not when members authorise (成员授权)
	Tags    []int64  // tags, at most 100; not when members authorise (成员授权)
	All     bool     // everyone who sees the app; then the lists must be empty
}

// ToUsers sends to members.
func ToUsers(userIDs ...string) Receivers { return Receivers{Users: userIDs} }

// ToParties sends to the members of departments.
func ToParties(departmentIDs ...int64) Receivers { return Receivers{Parties: departmentIDs} }

// ToTags sends to the members with tags.
func ToTags(tagIDs ...int64) Receivers { return Receivers{Tags: tagIDs} }

// ToAll sends to everyone who sees the app.
func ToAll() Receivers { return Receivers{All: true} }

const everyone = "@all"

func (r *Receivers) empty() bool { return len(r.Users)+len(r.Parties)+len(r.Tags) == 0 && !r.All }

func (r *Receivers) check(c *valid.Checks) {
	c.Count("To.Users", len(r.Users), 0, 1000)
	c.Count("To.Parties", len(r.Parties), 0, 100)
	c.Count("To.Tags", len(r.Tags), 0, 100)
	c.That(!r.All || len(r.Users)+len(r.Parties)+len(r.Tags) == 0, "To.All", "does not go with Users, Parties or Tags")
	checkUsers(c, "To.Users", r.Users)
}

// checkUsers refuses what would address somebody else.
func checkUsers(c *valid.Checks, field string, ids []string) {
	valid.Each(field, len(ids), func(i int, field string) {
		c.Set(field, ids[i])
		c.That(!strings.Contains(ids[i], "|"), field, "must not hold |: give each user an entry")
		c.That(!strings.EqualFold(ids[i], everyone), field, "must not be @all: there is All for that")
	})
}

// Content is what a message says: a [Text], [Image], [Voice], [Video], [File],
// [TextCard], [News], [MPNews], [Markdown], [MiniProgramNotice], [TemplateMsg], or one
// of the cards, a [Card]. A [MiniProgram] is for [School.Send].
type Content interface {
	// put sets the member of the body that the content is.
	put(c *contents)
	check(c *valid.Checks, field string)
	kind() kind
}

// kind is a msgtype.
type kind string

const (
	kindText              kind = "text"
	kindImage             kind = "image"
	kindVoice             kind = "voice"
	kindVideo             kind = "video"
	kindFile              kind = "file"
	kindTextCard          kind = "textcard"
	kindNews              kind = "news"
	kindMPNews            kind = "mpnews"
	kindMarkdown          kind = "markdown"
	kindMiniProgramNotice kind = "miniprogram_notice"
	kindTemplateMsg       kind = "template_msg"
	kindTemplateCard      kind = "template_card"
	kindMiniProgram       kind = "miniprogram" // of School only
)

// contents is the part of a body in which exactly one member is set.
type contents struct {
	Text              *Text              `json:"text,omitzero"`
	Image             *Image             `json:"image,omitzero"`
	Voice             *Voice             `json:"voice,omitzero"`
	Video             *Video             `json:"video,omitzero"`
	File              *File              `json:"file,omitzero"`
	TextCard          *TextCard          `json:"textcard,omitzero"`
	News              *News              `json:"news,omitzero"`
	MPNews            *MPNews            `json:"mpnews,omitzero"`
	Markdown          *Markdown          `json:"markdown,omitzero"`
	MiniProgramNotice *MiniProgramNotice `json:"miniprogram_notice,omitzero"`
	TemplateMsg       *TemplateMsg       `json:"template_msg,omitzero"`
	TemplateCard      *cardBody          `json:"template_card,omitzero"`
	MiniProgram       *MiniProgram       `json:"miniprogram,omitzero"`
}

// missing reports whether there is nothing in an interface.
func missing(v any) bool {
	r := reflect.ValueOf(v)
	return !r.IsValid() || r.Kind() == reflect.Pointer && r.IsNil()
}

// options is the part of a body that goes with some contents only: a nil member
// is not sent.
type options struct {
	Safe        *Safety `json:"safe,omitzero"`
	IDTrans     *int32  `json:"enable_id_trans,omitzero"`
	Duplicate   *int32  `json:"enable_duplicate_check,omitzero"`
	DuplicateIn *int64  `json:"duplicate_check_interval,omitzero"` // seconds
}

// What the options go with.
var (
	safeKinds    = []kind{kindText, kindImage, kindVideo, kindFile, kindMPNews}
	idTransKinds = []kind{kindText, kindTextCard, kindNews, kindMPNews, kindMiniProgramNotice, kindTemplateMsg, kindTemplateCard, kindMiniProgram}
)

func number(b bool) *int32 {
	if b {
		return new(int32(1))
	}
	return new(int32(0))
}

// setIDTrans sets what goes with some contents only.
func (o *options) setIDTrans(c *valid.Checks, k kind, on bool) {
	if slices.Contains(idTransKinds, k) {
		o.IDTrans = number(on)
		return
	}
	c.That(!on, "IDTrans", "does not go with "+string(k))
}

// setSafe sets what goes with some contents only.
func (o *options) setSafe(c *valid.Checks, k kind, s Safety) {
	switch {
	case !slices.Contains(safeKinds, k):
		c.That(s == Shareable, "Safe", "does not go with "+string(k))
	case s == CorpOnly && k != kindMPNews:
		c.Fail("Safe", "can be CorpOnly for mpnews only")
	default:
		c.Between("Safe", int64(s), int64(Shareable), int64(CorpOnly))
		o.Safe = &s
	}
}

// setDuplicate sets the check for duplicates.
func (o *options) setDuplicate(c *valid.Checks, within time.Duration) {
	const most, otherwise = 4 * time.Hour, 30 * time.Minute
	if within < 0 || within > most || within%time.Second != 0 {
		c.Fail("DuplicateCheck", "is %v: whole seconds up to %v are allowed", within, most)
	}
	o.Duplicate = number(within > 0)
	if within == 0 {
		within = otherwise // what WeCom takes when it is told nothing
	}
	o.DuplicateIn = new(int64(within / time.Second))
}

// sendBody is the body of [Client.Send].
type sendBody struct {
	ToUser  string `json:"touser,omitzero"`
	ToParty string `json:"toparty,omitzero"`
	ToTag   string `json:"totag,omitzero"`
	MsgType kind   `json:"msgtype"`
	AgentID int64  `json:"agentid,omitzero"`
	contents
	options
	Tickets    []string `json:"selected_ticket_list,omitzero"`
	OnlyUnauth bool     `json:"only_unauth,omitzero"`
}

// body checks m and makes the body.
func (m *Message) body() (*sendBody, error) {
	const op = "message: Send"
	var c valid.Checks
	m.To.check(&c)
	if missing(m.Content) {
		c.Fail("Content", "is missing")
		c.That(!m.To.empty(), "To", "names nobody")
		return nil, c.Err(op)
	}
	k := m.Content.kind()
	b := &sendBody{
		ToUser: strings.Join(m.To.Users, "|"), ToParty: joined(m.To.Parties), ToTag: joined(m.To.Tags),
		MsgType: k, AgentID: m.AgentID,
	}
	if m.To.All {
		b.ToUser = everyone
	}
	m.Content.put(&b.contents)
	m.Content.check(&c, "Content")
	b.setSafe(&c, k, m.Safe)
	b.setIDTrans(&c, k, m.IDTrans)
	if k != kindTemplateMsg {
		b.setDuplicate(&c, m.DuplicateCheck)
	} else {
		c.That(m.DuplicateCheck == 0, "DuplicateCheck", "does not go with template_msg")
	}
	switch {
	case k == kindMiniProgramNotice:
		c.That(!m.To.All, "To.All", "does not go with miniprogram_notice")
	case m.AgentID == 0:
		c.Fail("AgentID", "is missing")
	}
	if t := b.TemplateMsg; t != nil {
		b.Tickets, b.OnlyUnauth = t.SelectedTickets, t.OnlyUnauth
	}
	if t := b.Text; t != nil {
		c.That(len(t.MentionedUsers) == 0, "Content.MentionedUsers", "is for group chats only")
	}
	c.That(k != kindMiniProgram, "Content", "of the type MiniProgram is for school notices only")
	c.That(!m.To.empty() || len(b.Tickets) > 0, "To", "names nobody")
	return b, c.Err(op)
}

func joined(ids []int64) string {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = strconv.FormatInt(id, 10)
	}
	return strings.Join(texts, "|")
}

// SendResponse is a message that was sent.
type SendResponse struct {
	InvalidUsers    IDs    `json:"invaliduser,omitzero"`    // unknown or out of sight; in lower case
	InvalidParties  IDs    `json:"invalidparty,omitzero"`   // unknown or out of sight
	InvalidTags     IDs    `json:"invalidtag,omitzero"`     // unknown or out of sight
	UnlicensedUsers IDs    `json:"unlicenseduser,omitzero"` // in sight, without a valid basic licence (基础接口许可)
	MsgID           string `json:"msgid"`                   // for Recall
	// ResponseCode is for one UpdateTemplateCard within 72 hours; only of the three
	// interaction cards and of notices with an ActionMenu. Keep it at once.
	ResponseCode wecom.Secret `json:"response_code,omitzero"`
}

// IDs is a list of ids that the platform joins with a bar: "a|b".
type IDs []string

// UnmarshalJSON reads the joined form, and a list.
func (l *IDs) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '[' {
		return json.Unmarshal(data, (*[]string)(l))
	}
	var joined string
	if err := json.Unmarshal(data, &joined); err != nil {
		return err
	}
	*l = nil
	for id := range strings.SplitSeq(joined, "|") {
		if id = strings.TrimSpace(id); id != "" {
			*l = append(*l, id)
		}
	}
	return nil
}

// MarshalJSON writes the joined form.
func (l IDs) MarshalJSON() ([]byte, error) { return json.Marshal(strings.Join(l, "|")) }

// PartialError says that a message was sent, or a card changed, but not for those
// it names. The others have it: to send it again would reach them twice.
type PartialError struct {
	Op         string   // path of the call
	Users      []string // unknown or out of sight; of School.Send followers by external_userid
	Parties    []string // departments or classes
	Tags       []string
	Unlicensed []string // members without a valid basic licence (基础接口许可)
	Parents    []string // of School.Send
	Students   []string // of School.Send
}

// Error counts who was left out.
func (e *PartialError) Error() string {
	var parts []string
	for _, part := range []struct {
		what string
		ids  []string
	}{
		{"members", e.Users},
		{"departments", e.Parties},
		{"tags", e.Tags},
		{"members without a licence", e.Unlicensed},
		{"parents", e.Parents},
		{"students", e.Students},
	} {
		if len(part.ids) > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", len(part.ids), part.what))
		}
	}
	return fmt.Sprintf("message: %s: not for %s", e.Op, strings.Join(parts, ", "))
}

// orNil returns e if it names anybody.
func (e *PartialError) orNil() error {
	if len(e.Users)+len(e.Parties)+len(e.Tags)+len(e.Unlicensed)+len(e.Parents)+len(e.Students) == 0 {
		return nil
	}
	return e
}

// Send sends a message to members of the corp (发送应用消息).
//
// Receivers that are unknown, out of sight or without a licence are left out: the
// error is then a [*PartialError], and the response is there all the same. If
// nobody is left, the call fails with 81013.
//
// Open to third-party apps and customised apps (代开发应用). An app without a callback
// address cannot send cards that call back. Whether user ids may be open_userids in
// corps that still have plain ids is not documented.
//
// Errors: 81013 nobody can be reached, 301002 the agent id is not that of the token,
// 40007 a media id is unknown or too old, 42014 the task id, 42030 to 42051 faults of
// cards, 45002 too long. Never repeated by the client after a lost reply; see
// DuplicateCheck for doing so by hand.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90372 and
// https://developer.work.weixin.qq.com/document/path/90236
//
//wecom:endpoint POST /cgi-bin/message/send
func (c *Client) Send(ctx context.Context, m Message) (*SendResponse, error) {
	body, err := m.body()
	if err != nil {
		return nil, err
	}
	const path = "/cgi-bin/message/send"
	r, err := wecom.InvokeAs[SendResponse](ctx, c.token, wecom.Call{Path: path, Body: body})
	if err != nil {
		return nil, err
	}
	left := &PartialError{Op: path, Users: r.InvalidUsers, Parties: r.InvalidParties, Tags: r.InvalidTags, Unlicensed: r.UnlicensedUsers}
	return r, left.orNil()
}

type recallBody struct {
	MsgID string `json:"msgid"`
}

// Recall takes a message back from all its receivers, within 24 hours of its sending
// (撤回应用消息). What is in the WeChat plugin (微信插件) stays.
//
// Open to third-party apps and customised apps. Errors: 42052 too late. Never
// repeated by the client after a lost reply; to do so by hand harms nothing.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/94947 and
// https://developer.work.weixin.qq.com/document/path/96460
//
//wecom:endpoint POST /cgi-bin/message/recall
func (c *Client) Recall(ctx context.Context, msgID string) error {
	var v valid.Checks
	v.Set("MsgID", msgID)
	if err := v.Err("message: Recall"); err != nil {
		return err
	}
	return wecom.DoAs(ctx, c.token, wecom.Call{Path: "/cgi-bin/message/recall", Body: recallBody{msgID}}, nil)
}

// Day is a day of the statistics (查询哪天的数据).
type Day int32

// The days that there are statistics of.
const (
	Today     Day = 0 // 当天
	Yesterday Day = 1 // 昨天
)

// GetStatisticsResponse holds what apps have sent.
type GetStatisticsResponse struct {
	Statistics []AppStatistics `json:"statistics"`
}

// AppStatistics is what an app has sent.
type AppStatistics struct {
	AgentID int64  `json:"agentid"`
	AppName string `json:"app_name"`
	Count   int64  `json:"count"` // messages that were sent, times receivers
}

type statisticsBody struct {
	Day Day `json:"time_type"`
}

// GetStatistics returns how many messages apps have sent (查询应用消息发送统计).
//
// The page is of the chapter for a corp's own apps: a third-party app may be
// refused, and whether the endpoint is still there is not known.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92369
//
//wecom:endpoint POST /cgi-bin/message/get_statistics
func (c *Client) GetStatistics(ctx context.Context, day Day) (*GetStatisticsResponse, error) {
	return wecom.InvokeAs[GetStatisticsResponse](ctx, c.token, wecom.Call{Path: "/cgi-bin/message/get_statistics", Body: statisticsBody{day}, Safe: true})
}
