package callback

import (
	"context"
	"crypto/rand"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wecom-isv/wecom/crypto"
)

// Reply is a passive reply (被动回复消息): what the member sees as the answer to a
// message, or what a pressed card turns into. A handler registered with [Answer]
// returns it.
//
// The replies of this package are [TextReply], [ImageReply], [VoiceReply],
// [VideoReply], [NewsReply], [UpdateButtonReply], [UpdateTaskCardReply] and, for
// update_template_card, [TextNoticeCard], [NewsNoticeCard],
// [ButtonInteractionCard], [VoteInteractionCard] and [MultipleInteractionCard]. A
// struct of yours is one as soon as it has the method: its fields carry xml tags
// and are strings, numbers, bools, structs, pointers to these or slices of them.
//
// Texts are written as CDATA, and lose the characters that XML cannot hold.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90241
type Reply interface {
	// MsgType returns the text of the element MsgType.
	MsgType() string
}

// NoReply sends nothing, as a nil [Reply] does.
type NoReply struct{}

// MsgType returns "".
func (NoReply) MsgType() string { return "" }

// TextReply replies with a text (文本消息).
type TextReply struct {
	Content string `xml:"Content"` // at most 2048 bytes, WeCom cuts off the rest; may have newlines
}

// MsgType returns "text".
func (TextReply) MsgType() string { return "text" }

// ImageReply replies with a picture (图片消息).
type ImageReply struct {
	MediaID string // id of a temporary media file (临时素材)
}

// MsgType returns "image".
func (ImageReply) MsgType() string { return "image" }

func (r ImageReply) wire() any {
	return struct {
		Image mediaWire `xml:"Image"`
	}{mediaWire(r)}
}

// VoiceReply replies with a voice message (语音消息).
type VoiceReply struct {
	MediaID string // id of a temporary media file (临时素材)
}

// MsgType returns "voice".
func (VoiceReply) MsgType() string { return "voice" }

func (r VoiceReply) wire() any {
	return struct {
		Voice mediaWire `xml:"Voice"`
	}{mediaWire(r)}
}

type mediaWire struct {
	MediaID string `xml:"MediaId"`
}

// VideoReply replies with a video (视频消息).
type VideoReply struct {
	MediaID     string // id of a temporary media file (临时素材)
	Title       string // optional
	Description string // optional
}

// MsgType returns "video".
func (VideoReply) MsgType() string { return "video" }

func (r VideoReply) wire() any {
	type video struct {
		MediaID     string `xml:"MediaId"`
		Title       string `xml:"Title,omitempty"`
		Description string `xml:"Description,omitempty"`
	}
	return struct {
		Video video `xml:"Video"`
	}{video(r)}
}

// NewsReply replies with articles (图文消息), 1 to 8 of them: more or fewer are an
// error of the handler that returns it.
type NewsReply struct {
	Articles []Article
}

// Article is one article of a [NewsReply].
type Article struct {
	Title       string `xml:"Title"`
	Description string `xml:"Description"`
	PicURL      string `xml:"PicUrl"` // cover
	URL         string `xml:"Url"`    // where a click leads
}

// maxArticles is WeCom's limit.
const maxArticles = 8

// MsgType returns "news".
func (NewsReply) MsgType() string { return "news" }

func (r NewsReply) wire() any {
	type articles struct {
		Item []Article `xml:"item"`
	}
	return struct {
		ArticleCount int      `xml:"ArticleCount"`
		Articles     articles `xml:"Articles"`
	}{len(r.Articles), articles{r.Articles}}
}

func (r NewsReply) check() error {
	if n := len(r.Articles); n == 0 || n > maxArticles {
		return fmt.Errorf("%d articles, not 1 to %d", n, maxArticles)
	}
	return nil
}

// UpdateButtonReply answers template_card_event of a card with buttons: the button
// that the member pressed gets another text (更新点击用户的按钮文案), for that
// member only.
type UpdateButtonReply struct {
	ReplaceName string // new text of the button
}

// MsgType returns "update_button".
func (UpdateButtonReply) MsgType() string { return "update_button" }

func (r UpdateButtonReply) wire() any {
	return struct {
		Button replaceWire `xml:"Button"`
	}{replaceWire(r)}
}

// UpdateTaskCardReply answers taskcard_click, the event of the old task cards
// (更新点击用户的任务卡片), as UpdateButtonReply does for template cards.
type UpdateTaskCardReply struct {
	ReplaceName string // new text of the button
}

// MsgType returns "update_taskcard".
func (UpdateTaskCardReply) MsgType() string { return "update_taskcard" }

func (r UpdateTaskCardReply) wire() any {
	return struct {
		TaskCard replaceWire `xml:"TaskCard"`
	}{replaceWire(r)}
}

type replaceWire struct {
	ReplaceName string `xml:"ReplaceName"`
}

// What a reply may have besides its MsgType.
type (
	wired   interface{ wire() any }        // elements that are not its fields
	card    interface{ cardType() string } // a card to wrap its fields in
	checked interface{ check() error }     // limits
)

// sealer encrypts replies to one delivery. A nil sealer checks and drops them:
// nobody waits for an answer.
type sealer struct {
	codec *crypto.Codec // the one that opened the delivery
	json  bool          // the delivery came as JSON
}

// seal returns the body that carries reply to the sender of env; nil for no reply.
func (s *sealer) seal(env *Envelope, reply Reply) ([]byte, error) {
	if sendsNothing(reply) {
		return nil, nil
	}
	text, err := renderReply(env, reply, time.Now())
	if err != nil || s == nil {
		return nil, err
	}
	sealed, err := s.codec.Seal(text, env.Receiver, strconv.FormatInt(time.Now().Unix(), 10), rand.Text()[:16])
	if err != nil {
		return nil, err
	}
	if s.json {
		return sealed.AppendJSON(nil), nil
	}
	return sealed.AppendXML(nil), nil
}

// sendsNothing also finds a nil pointer to a reply.
func sendsNothing(reply Reply) bool {
	switch reply.(type) {
	case nil, NoReply, *NoReply:
		return true
	}
	v := reflect.ValueOf(reply)
	return v.Kind() == reflect.Pointer && v.IsNil()
}

// renderReply returns the text of reply to the sender of env: the two are swapped.
func renderReply(env *Envelope, reply Reply, now time.Time) ([]byte, error) {
	if env.Form != FormApp || env.UserID == "" || env.UserID == "sys" {
		return nil, ErrNoSender
	}
	body, err := replyElements(reply)
	if err != nil {
		return nil, fmt.Errorf("callback: reply %q: %w", reply.MsgType(), err)
	}
	elements := append([]element{
		{name: "ToUserName", text: env.UserID, quoted: true},
		{name: "FromUserName", text: env.CorpID, quoted: true},
		{name: "CreateTime", text: strconv.FormatInt(now.Unix(), 10)},
		{name: "MsgType", text: reply.MsgType(), quoted: true},
	}, body...)
	if env.JSON {
		return appendJSONObject(nil, elements), nil
	}
	return append(appendXMLElements([]byte("<xml>"), elements), "</xml>"...), nil
}

// replyElements returns what stands in reply after its head.
func replyElements(reply Reply) ([]element, error) {
	if c, ok := reply.(checked); ok {
		if err := c.check(); err != nil {
			return nil, err
		}
	}
	body := any(reply)
	if w, ok := reply.(wired); ok {
		body = w.wire()
	}
	c, ok := reply.(card)
	if !ok {
		return appendFields(nil, reflect.ValueOf(body))
	}
	children, err := appendFields([]element{{name: "CardType", text: c.cardType(), quoted: true}}, reflect.ValueOf(body))
	return []element{{name: "TemplateCard", group: true, children: children}}, err
}

// Answer registers fn for the messages or events of type E, as [On] does, with a
// passive reply: what fn returns is encrypted for the receiver of the message and
// sent back as the answer to the delivery. [NoReply] sends nothing. An error
// sends no reply either, and status 500.
//
// The handler of an Answer always runs before WeCom is answered, with or without
// a [Queue]; it has less than 5 seconds. What takes longer returns nil and sends
// the member a message later. Only messages and events in app form that a member
// sent can be replied to: others make Answer panic, or the reply an error if the
// sender is the system. Which events WeCom takes a reply to is not documented;
// peers agree on messages, subscribe, enter_agent, LOCATION, click, view,
// view_miniprogram, scancode_waitmsg, template_card_event and
// template_card_menu_event.
//
// When nobody waits for an answer, as when a consumer calls [Mux.Dispatch], the
// reply is checked and dropped.
func Answer[E Event](m *Mux, fn func(ctx context.Context, env Envelope, ev E) (Reply, error), opts ...OnOption) {
	kind := kindOf[E]("Answer")
	if fn == nil {
		panic(fmt.Sprintf("callback: Answer: nil handler for %v", reflect.TypeFor[E]()))
	}
	if !strings.HasPrefix(string(kind), "app:") {
		panic(fmt.Sprintf("callback: Answer: %q takes no reply: it is not in app form", kind))
	}
	m.register(kind, func(ctx context.Context, env Envelope) (bool, Reply, error) {
		ev := new(E)
		if err := env.Decode(ev); err != nil {
			return false, nil, err
		}
		reply, err := fn(ctx, env, *ev)
		return true, reply, err
	}, append(slices.Clip(opts), BeforeAnswer()))
}
