package callback

import "github.com/wecom-isv/wecom"

// Kinds of the events of menus (自定义菜单) and of cards in messages, in app form.
const (
	KindAppClick                 Kind = "app:event.click"
	KindAppView                  Kind = "app:event.view"
	KindAppViewMiniprogram       Kind = "app:event.view_miniprogram"
	KindAppScancodePush          Kind = "app:event.scancode_push"
	KindAppScancodeWaitmsg       Kind = "app:event.scancode_waitmsg"
	KindAppPicSysphoto           Kind = "app:event.pic_sysphoto"
	KindAppPicPhotoOrAlbum       Kind = "app:event.pic_photo_or_album"
	KindAppPicWeixin             Kind = "app:event.pic_weixin"
	KindAppLocationSelect        Kind = "app:event.location_select"
	KindAppTemplateCardEvent     Kind = "app:event.template_card_event"
	KindAppTemplateCardMenuEvent Kind = "app:event.template_card_menu_event"
	KindAppTaskcardClick         Kind = "app:event.taskcard_click"
)

// ScanCodeInfo is what a scan gave.
type ScanCodeInfo struct {
	ScanType   string `xml:"ScanType"`   // usually qrcode
	ScanResult string `xml:"ScanResult"` // text of the code
}

// SendPicsInfo is the pictures that a member chose. They follow as [ImageMessage].
type SendPicsInfo struct {
	Count   int       `xml:"Count"`        // number of pictures
	PicList []Picture `xml:"PicList>item"` // the pictures
}

// Picture is one picture that a member chose.
type Picture struct {
	PicMD5Sum string `xml:"PicMd5Sum"` // MD5 of the picture, to find its message
}

// SendLocationInfo is the place that a member chose.
type SendLocationInfo struct {
	Latitude  float64 `xml:"Location_X"` // degrees
	Longitude float64 `xml:"Location_Y"` // degrees
	Scale     int     `xml:"Scale"`      // zoom of the map
	Label     string  `xml:"Label"`      // name of the place
	PoiName   string  `xml:"Poiname"`    // point of interest; may be empty
}

// CardPress is a button or menu item of a template card (模板卡片) that a member
// has pressed.
type CardPress struct {
	EventKey     string       `xml:"EventKey"`     // key of the button or menu item
	TaskID       string       `xml:"TaskId"`       // task id given when the card was sent
	CardType     CardType     `xml:"CardType"`     // type of the card
	ResponseCode wecom.Secret `xml:"ResponseCode"` // for one update of the card (update_template_card) within 72 hours
}

// CardType is a type of template card.
type CardType string

// Types of template cards.
const (
	CardTextNotice          CardType = "text_notice"          // text (文本通知型)
	CardNewsNotice          CardType = "news_notice"          // picture and text (图文展示型)
	CardButtonInteraction   CardType = "button_interaction"   // buttons (按钮交互型)
	CardVoteInteraction     CardType = "vote_interaction"     // vote (投票选择型)
	CardMultipleInteraction CardType = "multiple_interaction" // several choices (多项选择型)
)

// SelectedItem is the answer to one question of a card.
type SelectedItem struct {
	QuestionKey string   `xml:"QuestionKey"`                                 // key of the question
	OptionIDs   []string `xml:"OptionIds>OptionId" alt:"OpitonIds>OpitonId"` // chosen options
}

// AppClick reports that a member has pressed a menu item of type click
// (点击菜单拉取消息的事件推送).
//
// Act on EventKey. A passive reply (被动回复) is allowed.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90376
type AppClick struct {
	AppEventHead
	EventKey string `xml:"EventKey"` // key of the menu item
}

// Kind returns [KindAppClick].
func (AppClick) Kind() Kind { return KindAppClick }

// AppView reports that a member has opened a link of the menu
// (点击菜单跳转链接的事件推送).
//
// Count it. A passive reply (被动回复) is allowed.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90376
type AppView struct {
	AppEventHead
	EventKey string `xml:"EventKey"` // the link
}

// Kind returns [KindAppView].
func (AppView) Kind() Kind { return KindAppView }

// AppViewMiniprogram reports that a member has opened a mini program of the
// menu (点击菜单跳转小程序的事件推送).
//
// Count it. A passive reply (被动回复) is allowed.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90376
type AppViewMiniprogram struct {
	AppEventHead
	EventKey string `xml:"EventKey"` // path in the mini program
}

// Kind returns [KindAppViewMiniprogram].
func (AppViewMiniprogram) Kind() Kind { return KindAppViewMiniprogram }

// AppScancodePush reports that a member has scanned a code by the menu
// (扫码推事件的事件推送).
//
// Act on the result; the client shows it itself.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90376
type AppScancodePush struct {
	AppEventHead
	EventKey string `xml:"EventKey"` // key of the menu item

	ScanCodeInfo ScanCodeInfo `xml:"ScanCodeInfo"` // the scan
}

// Kind returns [KindAppScancodePush].
func (AppScancodePush) Kind() Kind { return KindAppScancodePush }

// AppScancodeWaitmsg reports that a member has scanned a code by the menu and
// waits for an answer (扫码推事件且弹出“消息接收中”提示框的事件推送).
//
// Answer with a passive reply (被动回复), within 5 seconds.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90376
type AppScancodeWaitmsg struct {
	AppEventHead
	EventKey string `xml:"EventKey"` // key of the menu item

	ScanCodeInfo ScanCodeInfo `xml:"ScanCodeInfo"` // the scan
}

// Kind returns [KindAppScancodeWaitmsg].
func (AppScancodeWaitmsg) Kind() Kind { return KindAppScancodeWaitmsg }

// AppPicSysphoto reports that a member has taken pictures by the menu
// (弹出系统拍照发图的事件推送).
//
// Wait for the messages with the pictures.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90376
type AppPicSysphoto struct {
	AppEventHead
	EventKey string `xml:"EventKey"` // key of the menu item

	SendPicsInfo SendPicsInfo `xml:"SendPicsInfo"` // the pictures
}

// Kind returns [KindAppPicSysphoto].
func (AppPicSysphoto) Kind() Kind { return KindAppPicSysphoto }

// AppPicPhotoOrAlbum reports that a member has taken or chosen pictures by the
// menu (弹出拍照或者相册发图的事件推送).
//
// Wait for the messages with the pictures.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90376
type AppPicPhotoOrAlbum struct {
	AppEventHead
	EventKey string `xml:"EventKey"` // key of the menu item

	SendPicsInfo SendPicsInfo `xml:"SendPicsInfo"` // the pictures
}

// Kind returns [KindAppPicPhotoOrAlbum].
func (AppPicPhotoOrAlbum) Kind() Kind { return KindAppPicPhotoOrAlbum }

// AppPicWeixin reports that a member has chosen pictures of the album by the
// menu (弹出微信相册发图器的事件推送).
//
// Wait for the messages with the pictures.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90376
type AppPicWeixin struct {
	AppEventHead
	EventKey string `xml:"EventKey"` // key of the menu item

	SendPicsInfo SendPicsInfo `xml:"SendPicsInfo"` // the pictures
}

// Kind returns [KindAppPicWeixin].
func (AppPicWeixin) Kind() Kind { return KindAppPicWeixin }

// AppLocationSelect reports that a member has chosen a place by the menu
// (弹出地理位置选择器的事件推送).
//
// Act on the place.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90376
type AppLocationSelect struct {
	AppEventHead
	EventKey string `xml:"EventKey"` // key of the menu item

	SendLocationInfo SendLocationInfo `xml:"SendLocationInfo"` // the place
	AppType          AppType          `xml:"AppType"`          // client
}

// Kind returns [KindAppLocationSelect].
func (AppLocationSelect) Kind() Kind { return KindAppLocationSelect }

// AppTemplateCardEvent reports that a member has pressed a button of a template
// card (模板卡片事件推送).
//
// Act on TaskID and EventKey. Update the card by a passive reply, or later
// with ResponseCode.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90376
type AppTemplateCardEvent struct {
	AppEventHead
	CardPress
	SelectedItems []SelectedItem `xml:"SelectedItems>SelectedItem"` // answers on vote and multiple-choice cards
}

// Kind returns [KindAppTemplateCardEvent].
func (AppTemplateCardEvent) Kind() Kind { return KindAppTemplateCardEvent }

// AppTemplateCardMenuEvent reports that a member has pressed an item of the
// menu of a template card (通用模板卡片右上角菜单事件推送).
//
// Act on TaskID and EventKey. Update the card by a passive reply, or later
// with ResponseCode.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90376
type AppTemplateCardMenuEvent struct {
	AppEventHead
	CardPress
}

// Kind returns [KindAppTemplateCardMenuEvent].
func (AppTemplateCardMenuEvent) Kind() Kind { return KindAppTemplateCardMenuEvent }

// AppTaskcardClick reports that a member has pressed a button of a task card
// (任务卡片事件推送). Template cards have taken their place.
//
// Update the card by a passive reply (update_taskcard).
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90376
type AppTaskcardClick struct {
	AppEventHead
	EventKey string `xml:"EventKey"` // key of the button
	TaskID   string `xml:"TaskId"`   // task id given when the card was sent
}

// Kind returns [KindAppTaskcardClick].
func (AppTaskcardClick) Kind() Kind { return KindAppTaskcardClick }
