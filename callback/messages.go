package callback

// Kinds of the messages that members send to an app (接收消息).
const (
	KindTextMessage     Kind = "app:text"
	KindImageMessage    Kind = "app:image"
	KindVoiceMessage    Kind = "app:voice"
	KindVideoMessage    Kind = "app:video"
	KindLocationMessage Kind = "app:location"
	KindLinkMessage     Kind = "app:link"
)

// MessageHead holds what every message of a member has. Message types embed it.
type MessageHead struct {
	AppHead
	MsgID int64 `xml:"MsgId"` // id of the message (消息id); the same when WeCom repeats it
}

// AppType tells which client a location comes from.
type AppType string

// AppTypeWeCom is the client of WeCom. A location that comes from the WeChat
// plug-in (微信插件) names no client.
const AppTypeWeCom AppType = "wxwork"

// VoiceFormat is the encoding of a voice message.
type VoiceFormat string

// Encodings of voice messages; there may be others.
const (
	VoiceAMR   VoiceFormat = "amr"
	VoiceSpeex VoiceFormat = "speex"
)

// TextMessage is a text that a member sent to the app (文本消息).
//
// A passive reply (被动回复) is allowed.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90375
type TextMessage struct {
	MessageHead
	Content string `xml:"Content"` // the text
}

// Kind returns [KindTextMessage].
func (TextMessage) Kind() Kind { return KindTextMessage }

// ImageMessage is a picture that a member sent to the app (图片消息).
//
// Download the media within 3 days. A passive reply (被动回复) is allowed.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90375
type ImageMessage struct {
	MessageHead
	PicURL  string `xml:"PicUrl"`  // address of the picture
	MediaID string `xml:"MediaId"` // media id, valid for 3 days
}

// Kind returns [KindImageMessage].
func (ImageMessage) Kind() Kind { return KindImageMessage }

// VoiceMessage is a voice message that a member sent to the app (语音消息).
//
// Download the media within 3 days. A passive reply (被动回复) is allowed.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90375
type VoiceMessage struct {
	MessageHead
	MediaID string      `xml:"MediaId"` // media id, valid for 3 days
	Format  VoiceFormat `xml:"Format"`  // encoding
}

// Kind returns [KindVoiceMessage].
func (VoiceMessage) Kind() Kind { return KindVoiceMessage }

// VideoMessage is a video that a member sent to the app (视频消息).
//
// Download the media within 3 days. A passive reply (被动回复) is allowed.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90375
type VideoMessage struct {
	MessageHead
	MediaID      string `xml:"MediaId"`      // media id, valid for 3 days
	ThumbMediaID string `xml:"ThumbMediaId"` // media id of the thumbnail, valid for 3 days
}

// Kind returns [KindVideoMessage].
func (VideoMessage) Kind() Kind { return KindVideoMessage }

// LocationMessage is a place that a member sent to the app (位置消息).
//
// A passive reply (被动回复) is allowed.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90375
type LocationMessage struct {
	MessageHead
	Latitude  float64 `xml:"Location_X"` // degrees
	Longitude float64 `xml:"Location_Y"` // degrees
	Scale     int     `xml:"Scale"`      // zoom of the map
	Label     string  `xml:"Label"`      // name of the place
	AppType   AppType `xml:"AppType"`    // client
}

// Kind returns [KindLocationMessage].
func (LocationMessage) Kind() Kind { return KindLocationMessage }

// LinkMessage is a link that a member sent to the app (链接消息).
//
// A passive reply (被动回复) is allowed.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90375
type LinkMessage struct {
	MessageHead
	Title       string `xml:"Title"`       // title
	Description string `xml:"Description"` // description
	URL         string `xml:"Url"`         // the link
	PicURL      string `xml:"PicUrl"`      // address of the cover
}

// Kind returns [KindLinkMessage].
func (LinkMessage) Kind() Kind { return KindLinkMessage }
