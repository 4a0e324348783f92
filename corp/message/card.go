package message

import (
	"context"
	"strings"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/valid"
)

// Card is a card (模板卡片消息): a [TextNotice], [NewsNotice], [ButtonInteraction],
// [VoteInteraction] or [MultipleInteraction]. The WeChat plugin (微信插件) shows none.
// Lengths given as "about" are recommendations.
type Card interface {
	Content
	// card makes the body and says whether it calls back.
	card() (body cardBody, interactive bool)
	checkCard(c *valid.Checks, field string)
}

// CardType is the kind of a card (模板卡片类型).
type CardType string

// The kinds of cards.
const (
	CardTextNotice          CardType = "text_notice"          // 文本通知型
	CardNewsNotice          CardType = "news_notice"          // 图文展示型
	CardButtonInteraction   CardType = "button_interaction"   // 按钮交互型
	CardVoteInteraction     CardType = "vote_interaction"     // 投票选择型
	CardMultipleInteraction CardType = "multiple_interaction" // 多项选择型
)

// cardBody is any card in a body.
type cardBody struct {
	CardType        CardType         `json:"card_type"`
	Source          Source           `json:"source,omitzero"`
	ActionMenu      ActionMenu       `json:"action_menu,omitzero"`
	TaskID          string           `json:"task_id,omitzero"`
	MainTitle       Title            `json:"main_title,omitzero"`
	QuoteArea       QuoteArea        `json:"quote_area,omitzero"`
	Emphasis        Title            `json:"emphasis_content,omitzero"`
	SubTitleText    string           `json:"sub_title_text,omitzero"`
	ImageTextArea   ImageTextArea    `json:"image_text_area,omitzero"`
	CardImage       CardImage        `json:"card_image,omitzero"`
	Vertical        []Title          `json:"vertical_content_list,omitzero"`
	Horizontal      []HorizontalItem `json:"horizontal_content_list,omitzero"`
	Jumps           []Jump           `json:"jump_list,omitzero"`
	Action          Link             `json:"card_action,omitzero"`
	ButtonSelection *Selection       `json:"button_selection,omitzero"`
	Buttons         []Button         `json:"button_list,omitzero"`
	Checkbox        *Checkbox        `json:"checkbox,omitzero"`
	Selections      []Selection      `json:"select_list,omitzero"`
	SubmitButton    SubmitButton     `json:"submit_button,omitzero"`
	ReplaceText     string           `json:"replace_text,omitzero"`
}

// Source says where a card comes from (卡片来源).
type Source struct {
	IconURL   string      `json:"icon_url,omitzero"`   // about 72x72
	Desc      string      `json:"desc,omitzero"`       // about 20 characters
	DescColor SourceColor `json:"desc_color,omitzero"` // not of VoteInteraction and MultipleInteraction
}

// SourceColor is the colour of a source (来源文字的颜色).
type SourceColor int32

// The colours of sources.
const (
	SourceGrey  SourceColor = 0 // 灰色
	SourceBlack SourceColor = 1 // 黑色
	SourceRed   SourceColor = 2 // 红色
	SourceGreen SourceColor = 3 // 绿色
)

// ActionMenu is the menu in the upper right corner of a card (卡片右上角更多操作按钮). A
// choice raises a template_card_menu_event; the card needs a TaskID.
type ActionMenu struct {
	Desc    string       `json:"desc,omitzero"`
	Actions []MenuAction `json:"action_list"` // 1 to 3
}

// MenuAction is an entry of an [ActionMenu].
type MenuAction struct {
	Text string `json:"text"` // required
	Key  string `json:"key"`  // at most 1024 bytes, unique; comes back as EventKey; required
}

// Title is a title with a text below it.
type Title struct {
	Title string `json:"title,omitzero"`
	Desc  string `json:"desc,omitzero"`
}

// LinkType says what a click opens (跳转事件类型).
type LinkType int32

// What a click opens.
const (
	LinkNone        LinkType = 0 // 没有点击事件
	LinkURL         LinkType = 1 // 跳转url
	LinkMiniProgram LinkType = 2 // 跳转小程序
)

// Link is what a click opens.
type Link struct {
	Type     LinkType `json:"type,omitzero"`
	URL      string   `json:"url,omitzero"`      // of LinkURL
	AppID    string   `json:"appid,omitzero"`    // of LinkMiniProgram; linked to the app
	PagePath string   `json:"pagepath,omitzero"` // of LinkMiniProgram; may be empty
}

func (l Link) check(c *valid.Checks, field string) {
	c.Between(field+".Type", int64(l.Type), int64(LinkNone), int64(LinkMiniProgram))
	c.That(l.Type != LinkURL || l.URL != "", field+".URL", "is missing")
	c.That(l.Type != LinkMiniProgram || l.AppID != "", field+".AppID", "is missing")
	c.That(l.Type != LinkNone || l.URL == "" && l.AppID == "", field+".Type", "is missing")
}

// QuoteArea is a quotation (引用文献样式).
type QuoteArea struct {
	Link
	Title     string `json:"title,omitzero"`
	QuoteText string `json:"quote_text,omitzero"`
}

// ImageTextArea is a picture with a text to the right of it (左图右文样式).
type ImageTextArea struct {
	Link
	Title    string `json:"title,omitzero"`
	Desc     string `json:"desc,omitzero"`
	ImageURL string `json:"image_url"` // required
}

// CardImage is the picture of a card (图片样式).
type CardImage struct {
	URL         string  `json:"url"`                   // required
	AspectRatio float64 `json:"aspect_ratio,omitzero"` // width to height, between 1.3 and 2.25; 0: 1.3
}

// HorizontalType is what a [HorizontalItem] shows (链接类型).
type HorizontalType int32

// What a HorizontalItem shows.
const (
	HorizontalText HorizontalType = 0 // 普通文本
	HorizontalURL  HorizontalType = 1 // 跳转url
	HorizontalFile HorizontalType = 2 // 下载附件
	HorizontalUser HorizontalType = 3 // 点击跳转成员详情
)

// HorizontalItem is a pair of a key and a value in one line (二级标题+文本列表).
type HorizontalItem struct {
	Type    HorizontalType `json:"type,omitzero"`
	KeyName string         `json:"keyname"`           // about 5 characters; required
	Value   string         `json:"value,omitzero"`    // about 30 characters; of HorizontalFile its name with the suffix
	URL     string         `json:"url,omitzero"`      // of HorizontalURL
	MediaID string         `json:"media_id,omitzero"` // of HorizontalFile
	UserID  string         `json:"userid,omitzero"`   // of HorizontalUser
}

// Jump is a line that opens something (跳转指引样式).
type Jump struct {
	Link
	Title string `json:"title"` // about 18 characters; required
}

// Selection is a question with one answer out of a list (下拉式的选择器).
type Selection struct {
	QuestionKey string   `json:"question_key"`         // at most 1024 bytes, unique; comes back; required
	Title       string   `json:"title,omitzero"`       // beside or above it
	Options     []Option `json:"option_list"`          // 1 to 10; required
	SelectedID  string   `json:"selected_id,omitzero"` // empty or wrong: the first
	Disable     *bool    `json:"disable,omitzero"`     // UpdateTemplateCard only: nobody can change it
}

// Option is an answer.
type Option struct {
	ID   string `json:"id"`   // at most 128 bytes, unique; required
	Text string `json:"text"` // about 16 characters; required
}

// Checkbox is a question with one or more answers (选择题样式).
type Checkbox struct {
	QuestionKey string        `json:"question_key"`     // at most 1024 bytes; comes back; required
	Options     []CheckOption `json:"option_list"`      // 1 to 20; required
	Mode        CheckMode     `json:"mode,omitzero"`    //
	Disable     *bool         `json:"disable,omitzero"` // UpdateTemplateCard only: nobody can change it
}

// CheckMode says how many answers there may be (选择题模式).
type CheckMode int32

// How many answers there may be.
const (
	CheckOne  CheckMode = 0 // 单选
	CheckMany CheckMode = 1 // 多选
)

// CheckOption is an answer of a [Checkbox].
type CheckOption struct {
	ID        string `json:"id"`         // at most 128 bytes, unique; required
	Text      string `json:"text"`       // about 17 characters; required
	IsChecked bool   `json:"is_checked"` // it is chosen from the start
}

// ButtonType is what a button does (按钮点击事件类型).
type ButtonType int32

// What a button does.
const (
	ButtonCallback ButtonType = 0 // 回调点击事件
	ButtonURL      ButtonType = 1 // 跳转url
)

// Button is a button (按钮).
type Button struct {
	Type  ButtonType `json:"type,omitzero"`
	Text  string     `json:"text"`           // about 10 characters; required
	Style int32      `json:"style,omitzero"` // 1 to 4; 0: 1
	Key   string     `json:"key,omitzero"`   // of ButtonCallback; at most 1024 bytes, unique; comes back as EventKey
	URL   string     `json:"url,omitzero"`   // of ButtonURL
}

// SubmitButton sends the answers (提交按钮).
type SubmitButton struct {
	Text string `json:"text,omitzero"` // about 10 characters; empty: 提交
	Key  string `json:"key"`           // at most 1024 bytes; comes back as EventKey; required
}

// TextNotice is a notice in words (文本通知型). It calls back through its ActionMenu
// only. Clients from 3.1.6 on show it.
type TextNotice struct {
	Source       Source
	ActionMenu   ActionMenu
	TaskID       string           // at most 128 bytes of digits, letters and _-@, unique in the app; with ActionMenu required
	MainTitle    Title            // about 36 and 44 characters; MainTitle.Title or SubTitleText is required
	QuoteArea    QuoteArea        //
	Emphasis     Title            // about 14 and 22 characters
	SubTitleText string           // about 160 characters
	Horizontal   []HorizontalItem // at most 6
	Jumps        []Jump           // at most 3
	Action       Link             // of a click on the card; required
}

// NewsNotice is a notice with a picture (图文展示型). It calls back through its
// ActionMenu only. Clients from 3.1.6 on show it.
type NewsNotice struct {
	Source        Source
	ActionMenu    ActionMenu
	TaskID        string           // at most 128 bytes of digits, letters and _-@, unique in the app; with ActionMenu required
	MainTitle     Title            // about 36 and 44 characters; Title is required
	QuoteArea     QuoteArea        //
	ImageTextArea ImageTextArea    // this or CardImage is required
	CardImage     CardImage        //
	Vertical      []Title          // at most 4, about 38 and 160 characters; each needs a Title
	Horizontal    []HorizontalItem // at most 6
	Jumps         []Jump           // at most 3
	Action        Link             // of a click on the card; required
}

// ButtonInteraction asks for a click on a button (按钮交互型), which raises a
// template_card_event. Clients from 3.1.6 on show it.
type ButtonInteraction struct {
	Source       Source
	ActionMenu   ActionMenu
	TaskID       string           // at most 128 bytes of digits, letters and _-@, unique in the app; required
	MainTitle    Title            // about 36 and 44 characters; Title is required
	QuoteArea    QuoteArea        //
	SubTitleText string           // about 160 characters
	Horizontal   []HorizontalItem // at most 6
	Action       Link             // of a click on the card
	Selection    *Selection       // a list above the buttons
	Buttons      []Button         // 1 to 6; required
	ReplaceText  string           // UpdateTemplateCard only: on the one button, greyed, in place of Buttons
}

// VoteInteraction asks for a vote (投票选择型), which raises a template_card_event.
// Clients from 3.1.12 on show it.
type VoteInteraction struct {
	Source       Source       // without DescColor
	TaskID       string       // at most 128 bytes of digits, letters and _-@, unique in the app; required
	MainTitle    Title        // about 36 and 44 characters; Title is required
	Checkbox     Checkbox     // required
	SubmitButton SubmitButton // required
	ReplaceText  string       // UpdateTemplateCard only: on the button, greyed
}

// MultipleInteraction asks several questions (多项选择型), which raises a
// template_card_event. Clients from 3.1.12 on show it.
type MultipleInteraction struct {
	Source       Source       // without DescColor
	TaskID       string       // at most 128 bytes of digits, letters and _-@, unique in the app; required
	MainTitle    Title        // about 36 and 44 characters; Title is required
	Selections   []Selection  // 1 to 3; required
	SubmitButton SubmitButton // required
	ReplaceText  string       // UpdateTemplateCard only: on the button, greyed
}

func (m TextNotice) card() (cardBody, bool) {
	return cardBody{
		CardType: CardTextNotice, Source: m.Source, ActionMenu: m.ActionMenu, TaskID: m.TaskID, MainTitle: m.MainTitle,
		QuoteArea: m.QuoteArea, Emphasis: m.Emphasis, SubTitleText: m.SubTitleText, Horizontal: m.Horizontal, Jumps: m.Jumps, Action: m.Action,
	}, false
}

func (m NewsNotice) card() (cardBody, bool) {
	return cardBody{
		CardType: CardNewsNotice, Source: m.Source, ActionMenu: m.ActionMenu, TaskID: m.TaskID, MainTitle: m.MainTitle,
		QuoteArea: m.QuoteArea, ImageTextArea: m.ImageTextArea, CardImage: m.CardImage, Vertical: m.Vertical,
		Horizontal: m.Horizontal, Jumps: m.Jumps, Action: m.Action,
	}, false
}

func (m ButtonInteraction) card() (cardBody, bool) {
	return cardBody{
		CardType: CardButtonInteraction, Source: m.Source, ActionMenu: m.ActionMenu, TaskID: m.TaskID, MainTitle: m.MainTitle,
		QuoteArea: m.QuoteArea, SubTitleText: m.SubTitleText, Horizontal: m.Horizontal, Action: m.Action,
		ButtonSelection: m.Selection, Buttons: m.Buttons, ReplaceText: m.ReplaceText,
	}, true
}

func (m VoteInteraction) card() (cardBody, bool) {
	return cardBody{
		CardType: CardVoteInteraction, Source: m.Source, TaskID: m.TaskID, MainTitle: m.MainTitle,
		Checkbox: &m.Checkbox, SubmitButton: m.SubmitButton, ReplaceText: m.ReplaceText,
	}, true
}

func (m MultipleInteraction) card() (cardBody, bool) {
	return cardBody{
		CardType: CardMultipleInteraction, Source: m.Source, TaskID: m.TaskID, MainTitle: m.MainTitle,
		Selections: m.Selections, SubmitButton: m.SubmitButton, ReplaceText: m.ReplaceText,
	}, true
}

func (m TextNotice) put(c *contents)          { putCard(c, m) }
func (m NewsNotice) put(c *contents)          { putCard(c, m) }
func (m ButtonInteraction) put(c *contents)   { putCard(c, m) }
func (m VoteInteraction) put(c *contents)     { putCard(c, m) }
func (m MultipleInteraction) put(c *contents) { putCard(c, m) }

func putCard(c *contents, card Card) {
	body, _ := card.card()
	c.TemplateCard = &body
}

func (TextNotice) kind() kind          { return kindTemplateCard }
func (NewsNotice) kind() kind          { return kindTemplateCard }
func (ButtonInteraction) kind() kind   { return kindTemplateCard }
func (VoteInteraction) kind() kind     { return kindTemplateCard }
func (MultipleInteraction) kind() kind { return kindTemplateCard }

func (m TextNotice) check(c *valid.Checks, field string)          { checkSent(c, field, m) }
func (m NewsNotice) check(c *valid.Checks, field string)          { checkSent(c, field, m) }
func (m ButtonInteraction) check(c *valid.Checks, field string)   { checkSent(c, field, m) }
func (m VoteInteraction) check(c *valid.Checks, field string)     { checkSent(c, field, m) }
func (m MultipleInteraction) check(c *valid.Checks, field string) { checkSent(c, field, m) }

// checkSent checks a card that is sent, not one that replaces another.
func checkSent(c *valid.Checks, field string, card Card) {
	card.checkCard(c, field)
	b, interactive := card.card()
	c.That(b.TaskID != "" || !interactive && len(b.ActionMenu.Actions) == 0, field+".TaskID", "is missing")
	const only = "is for UpdateTemplateCard only"
	c.That(b.ReplaceText == "", field+".ReplaceText", only)
	c.That(b.Checkbox == nil || b.Checkbox.Disable == nil, field+".Checkbox.Disable", only)
	c.That(b.ButtonSelection == nil || b.ButtonSelection.Disable == nil, field+".Selection.Disable", only)
	valid.Each(field+".Selections", len(b.Selections), func(i int, field string) {
		c.That(b.Selections[i].Disable == nil, field+".Disable", only)
	})
}

func (m TextNotice) checkCard(c *valid.Checks, field string) {
	b, _ := m.card()
	b.check(c, field)
	c.That(m.MainTitle.Title != "" || m.SubTitleText != "", field+".MainTitle.Title", "and SubTitleText are both empty")
	c.That(m.Action.Type != LinkNone, field+".Action", "is missing")
}

func (m NewsNotice) checkCard(c *valid.Checks, field string) {
	b, _ := m.card()
	b.check(c, field)
	c.Set(field+".MainTitle.Title", m.MainTitle.Title)
	c.That(m.Action.Type != LinkNone, field+".Action", "is missing")
	image, area := m.CardImage != CardImage{}, m.ImageTextArea != ImageTextArea{}
	c.That(image || area, field+".CardImage", "and ImageTextArea are both missing")
	if image {
		c.Set(field+".CardImage.URL", m.CardImage.URL)
		if r := m.CardImage.AspectRatio; r != 0 && !(r >= 1.3 && r <= 2.25) {
			c.Fail(field+".CardImage.AspectRatio", "is %g: 1.3 to 2.25 are allowed", r)
		}
	}
	if area {
		c.Set(field+".ImageTextArea.ImageURL", m.ImageTextArea.ImageURL)
		m.ImageTextArea.Link.check(c, field+".ImageTextArea")
	}
	c.Count(field+".Vertical", len(m.Vertical), 0, 4)
	valid.Each(field+".Vertical", len(m.Vertical), func(i int, field string) { c.Set(field+".Title", m.Vertical[i].Title) })
}

func (m ButtonInteraction) checkCard(c *valid.Checks, field string) {
	b, _ := m.card()
	b.check(c, field)
	c.Set(field+".MainTitle.Title", m.MainTitle.Title)
	if m.Selection != nil {
		m.Selection.check(c, field+".Selection")
	}
	c.Count(field+".Buttons", len(m.Buttons), 1, 6)
	keys := make(map[string]bool)
	valid.Each(field+".Buttons", len(m.Buttons), func(i int, field string) {
		button := m.Buttons[i]
		c.Set(field+".Text", button.Text)
		c.Between(field+".Style", int64(button.Style), 0, 4)
		switch button.Type {
		case ButtonCallback:
			checkKey(c, field+".Key", button.Key, keys)
		case ButtonURL:
			c.Set(field+".URL", button.URL)
		default:
			c.Fail(field+".Type", "is %d: 0 and 1 are allowed", button.Type)
		}
	})
}

func (m VoteInteraction) checkCard(c *valid.Checks, field string) {
	b, _ := m.card()
	b.check(c, field)
	c.Set(field+".MainTitle.Title", m.MainTitle.Title)
	c.Bytes(field+".Checkbox.QuestionKey", m.Checkbox.QuestionKey, 1, longestKey)
	c.Between(field+".Checkbox.Mode", int64(m.Checkbox.Mode), int64(CheckOne), int64(CheckMany))
	c.Count(field+".Checkbox.Options", len(m.Checkbox.Options), 1, 20)
	ids := make(map[string]bool)
	valid.Each(field+".Checkbox.Options", len(m.Checkbox.Options), func(i int, field string) {
		o := m.Checkbox.Options[i]
		checkOption(c, field, Option{o.ID, o.Text}, ids)
	})
	checkKey(c, field+".SubmitButton.Key", m.SubmitButton.Key, nil)
}

func (m MultipleInteraction) checkCard(c *valid.Checks, field string) {
	b, _ := m.card()
	b.check(c, field)
	c.Set(field+".MainTitle.Title", m.MainTitle.Title)
	c.Count(field+".Selections", len(m.Selections), 1, 3)
	keys := make(map[string]bool)
	valid.Each(field+".Selections", len(m.Selections), func(i int, field string) {
		m.Selections[i].check(c, field)
		c.That(!keys[m.Selections[i].QuestionKey], field+".QuestionKey", "is there twice")
		keys[m.Selections[i].QuestionKey] = true
	})
	checkKey(c, field+".SubmitButton.Key", m.SubmitButton.Key, nil)
}

const (
	longestKey    = 1024
	longestTaskID = 128
)

// check checks what several cards have.
func (b *cardBody) check(c *valid.Checks, field string) {
	c.Bytes(field+".TaskID", b.TaskID, 0, longestTaskID)
	c.That(!strings.ContainsFunc(b.TaskID, notInTaskID), field+".TaskID", "must be of digits, letters and _-@")
	c.Between(field+".Source.DescColor", int64(b.Source.DescColor), int64(SourceGrey), int64(SourceGreen))
	if b.CardType == CardVoteInteraction || b.CardType == CardMultipleInteraction {
		c.That(b.Source.DescColor == SourceGrey, field+".Source.DescColor", "does not go with "+string(b.CardType))
	}
	if b.ActionMenu.Desc != "" || b.ActionMenu.Actions != nil {
		c.Count(field+".ActionMenu.Actions", len(b.ActionMenu.Actions), 1, 3)
		keys := make(map[string]bool)
		valid.Each(field+".ActionMenu.Actions", len(b.ActionMenu.Actions), func(i int, field string) {
			c.Set(field+".Text", b.ActionMenu.Actions[i].Text)
			checkKey(c, field+".Key", b.ActionMenu.Actions[i].Key, keys)
		})
	}
	b.QuoteArea.Link.check(c, field+".QuoteArea")
	b.Action.check(c, field+".Action")
	c.Count(field+".Horizontal", len(b.Horizontal), 0, 6)
	valid.Each(field+".Horizontal", len(b.Horizontal), func(i int, field string) { b.Horizontal[i].check(c, field) })
	c.Count(field+".Jumps", len(b.Jumps), 0, 3)
	valid.Each(field+".Jumps", len(b.Jumps), func(i int, field string) {
		c.Set(field+".Title", b.Jumps[i].Title)
		b.Jumps[i].Link.check(c, field)
	})
}

func notInTaskID(r rune) bool {
	return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '_' && r != '-' && r != '@'
}

func (i HorizontalItem) check(c *valid.Checks, field string) {
	c.Set(field+".KeyName", i.KeyName)
	switch i.Type {
	case HorizontalText:
	case HorizontalURL:
		c.Set(field+".URL", i.URL)
	case HorizontalFile:
		c.Set(field+".MediaID", i.MediaID)
		c.Set(field+".Value", i.Value)
	case HorizontalUser:
		c.Set(field+".UserID", i.UserID)
	default:
		c.Fail(field+".Type", "is %d: 0 to 3 are allowed", i.Type)
	}
}

func (s *Selection) check(c *valid.Checks, field string) {
	c.Bytes(field+".QuestionKey", s.QuestionKey, 1, longestKey)
	c.Count(field+".Options", len(s.Options), 1, 10)
	ids := make(map[string]bool)
	valid.Each(field+".Options", len(s.Options), func(i int, field string) { checkOption(c, field, s.Options[i], ids) })
}

func checkOption(c *valid.Checks, field string, o Option, ids map[string]bool) {
	c.Bytes(field+".ID", o.ID, 1, 128)
	c.That(o.ID == "" || !ids[o.ID], field+".ID", "is there twice")
	ids[o.ID] = true
	c.Set(field+".Text", o.Text)
}

// checkKey checks what comes back in an event. seen is nil if there is only one.
func checkKey(c *valid.Checks, field, key string, seen map[string]bool) {
	c.Bytes(field, key, 1, longestKey)
	if seen != nil {
		c.That(key == "" || !seen[key], field, "is there twice")
		seen[key] = true
	}
}

// UpdateTemplateCardRequest says how a card changes, and for whom. ReplaceName or
// Card is required, and one of Users, Parties, Tags and All.
type UpdateTemplateCardRequest struct {
	AgentID int64 // required
	// ResponseCode comes with the reply to Send and with each click event. It works
	// for 72 hours, once. Required.
	ResponseCode wecom.Secret
	Users        []string // at most 1000
	Parties      []int64  // at most 100
	Tags         []int64  // at most 100
	All          *bool    // new(true): everyone who got the card; nil is not sent
	// ReplaceName greys the buttons out and is what they say then. The card must be one
	// of the three interaction cards.
	ReplaceName string
	// Card takes the place of the card; it may be of another kind. Whether one with an
	// ActionMenu needs its TaskID again is not documented: it is sent if it is there.
	Card    Card
	IDTrans bool // shows names in place of ids in Card
}

type updateBody struct {
	UserIDs      []string    `json:"userids,omitzero"`
	PartyIDs     []int64     `json:"partyids,omitzero"`
	TagIDs       []int64     `json:"tagids,omitzero"`
	AtAll        *int32      `json:"atall,omitzero"`
	AgentID      int64       `json:"agentid"`
	ResponseCode string      `json:"response_code"`
	IDTrans      int32       `json:"enable_id_trans,omitzero"`
	Button       replaceName `json:"button,omitzero"`
	TemplateCard *cardBody   `json:"template_card,omitzero"`
}

type replaceName struct {
	ReplaceName string `json:"replace_name"`
}

func (r *UpdateTemplateCardRequest) body() (*updateBody, error) {
	var c valid.Checks
	c.That(r.AgentID != 0, "AgentID", "is missing")
	c.That(!r.ResponseCode.IsZero(), "ResponseCode", "is missing")
	c.Count("Users", len(r.Users), 0, 1000)
	c.Count("Parties", len(r.Parties), 0, 100)
	c.Count("Tags", len(r.Tags), 0, 100)
	checkUsers(&c, "Users", r.Users)
	all := r.All != nil && *r.All
	c.That(all || len(r.Users)+len(r.Parties)+len(r.Tags) > 0, "Users", "Parties, Tags and All name nobody")
	b := &updateBody{
		UserIDs: r.Users, PartyIDs: r.Parties, TagIDs: r.Tags,
		AgentID: r.AgentID, ResponseCode: r.ResponseCode.Reveal(), Button: replaceName{r.ReplaceName},
	}
	if r.All != nil {
		b.AtAll = number(all)
	}
	switch hasCard := !missing(r.Card); {
	case hasCard && r.ReplaceName != "":
		c.Fail("Card", "does not go with ReplaceName: one or the other")
	case hasCard:
		r.Card.checkCard(&c, "Card")
		card, _ := r.Card.card()
		b.TemplateCard = &card
		if r.IDTrans {
			b.IDTrans = 1
		}
	case r.ReplaceName == "":
		c.Fail("Card", "is missing, and there is no ReplaceName either")
	default:
		c.That(!r.IDTrans, "IDTrans", "needs a Card")
	}
	return b, c.Err("message: UpdateTemplateCard")
}

// UpdateTemplateCardResponse names who was left out.
type UpdateTemplateCardResponse struct {
	InvalidUsers []string `json:"invaliduser,omitzero"` // out of sight, or did not get the card; in lower case
}

// UpdateTemplateCard changes a card that was sent (更新模版卡片消息): an interaction card, or
// a notice with an ActionMenu. The reply to a click event can do so as well, for
// who has clicked.
//
// Members that are out of sight or did not get the card are left out: the error is
// then a [*PartialError], and the response is there all the same.
//
// Open to third-party apps and customised apps. Never repeated by the client after a
// lost reply: the code may have been used up.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/94945 and
// https://developer.work.weixin.qq.com/document/path/96459
//
//wecom:endpoint POST /cgi-bin/message/update_template_card
func (c *Client) UpdateTemplateCard(ctx context.Context, req UpdateTemplateCardRequest) (*UpdateTemplateCardResponse, error) {
	body, err := req.body()
	if err != nil {
		return nil, err
	}
	const path = "/cgi-bin/message/update_template_card"
	r, err := wecom.InvokeAs[UpdateTemplateCardResponse](ctx, c.token, wecom.Call{Path: path, Body: body})
	if err != nil {
		return nil, err
	}
	return r, (&PartialError{Op: path, Users: r.InvalidUsers}).orNil()
}
