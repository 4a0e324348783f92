package callback

// The cards below answer template_card_event and template_card_menu_event
// (更新点击用户的整张卡片): the card is replaced for the member who pressed it. Only
// the reply to that event does so; later, the update interface with the event's
// ResponseCode does the same. WeCom's own example is not well formed in places:
// the elements here are those of its table.

// TextNoticeCard replaces the card by a text notice (文本通知型).
type TextNoticeCard struct {
	Source                *CardSource      `xml:"Source,omitempty"`
	ActionMenu            *CardMenu        `xml:"ActionMenu,omitempty"`
	MainTitle             *CardText        `xml:"MainTitle,omitempty"`
	EmphasisContent       *CardText        `xml:"EmphasisContent,omitempty"` // key figure
	QuoteArea             *CardQuote       `xml:"QuoteArea,omitempty"`
	SubTitleText          string           `xml:"SubTitleText,omitempty"`
	HorizontalContentList []CardHorizontal `xml:"HorizontalContentList"` // lines of key and value
	JumpList              []CardJump       `xml:"JumpList"`              // lines that lead somewhere
	CardAction            *CardAction      `xml:"CardAction,omitempty"`  // click on the card
}

// MsgType returns "update_template_card".
func (TextNoticeCard) MsgType() string { return updateTemplateCard }

func (TextNoticeCard) cardType() string { return "text_notice" }

// NewsNoticeCard replaces the card by a notice with a picture (图文展示型).
type NewsNoticeCard struct {
	Source                *CardSource      `xml:"Source,omitempty"`
	ActionMenu            *CardMenu        `xml:"ActionMenu,omitempty"`
	MainTitle             *CardText        `xml:"MainTitle,omitempty"`
	CardImage             *CardImage       `xml:"CardImage,omitempty"`
	ImageTextArea         *CardImageText   `xml:"ImageTextArea,omitempty"` // picture left, text right
	QuoteArea             *CardQuote       `xml:"QuoteArea,omitempty"`
	VerticalContentList   []CardText       `xml:"VerticalContentList"`
	HorizontalContentList []CardHorizontal `xml:"HorizontalContentList"` // lines of key and value
	JumpList              []CardJump       `xml:"JumpList"`              // lines that lead somewhere
	CardAction            *CardAction      `xml:"CardAction,omitempty"`  // click on the card
}

// MsgType returns "update_template_card".
func (NewsNoticeCard) MsgType() string { return updateTemplateCard }

func (NewsNoticeCard) cardType() string { return "news_notice" }

// ButtonInteractionCard replaces the card by one with buttons (按钮交互型).
type ButtonInteractionCard struct {
	Source                *CardSource      `xml:"Source,omitempty"`
	ActionMenu            *CardMenu        `xml:"ActionMenu,omitempty"`
	MainTitle             *CardText        `xml:"MainTitle,omitempty"`
	QuoteArea             *CardQuote       `xml:"QuoteArea,omitempty"`
	SubTitleText          string           `xml:"SubTitleText,omitempty"`
	HorizontalContentList []CardHorizontal `xml:"HorizontalContentList"`     // lines of key and value
	CardAction            *CardAction      `xml:"CardAction,omitempty"`      // click on the card
	ButtonSelection       *CardSelection   `xml:"ButtonSelection,omitempty"` // drop-down
	ButtonList            []CardButton     `xml:"ButtonList"`
	ReplaceText           string           `xml:"ReplaceText,omitempty"` // set: the buttons are gone and this is shown
}

// MsgType returns "update_template_card".
func (ButtonInteractionCard) MsgType() string { return updateTemplateCard }

func (ButtonInteractionCard) cardType() string { return "button_interaction" }

// VoteInteractionCard replaces the card by a vote (投票选择型).
type VoteInteractionCard struct {
	Source       *CardSource   `xml:"Source,omitempty"`
	MainTitle    *CardText     `xml:"MainTitle,omitempty"`
	CheckBox     *CardCheckBox `xml:"CheckBox,omitempty"`
	SubmitButton *CardSubmit   `xml:"SubmitButton,omitempty"`
	ReplaceText  string        `xml:"ReplaceText,omitempty"` // set: the button shows this and takes no more clicks
}

// MsgType returns "update_template_card".
func (VoteInteractionCard) MsgType() string { return updateTemplateCard }

func (VoteInteractionCard) cardType() string { return "vote_interaction" }

// MultipleInteractionCard replaces the card by one with several drop-downs
// (多项选择型).
type MultipleInteractionCard struct {
	Source       *CardSource     `xml:"Source,omitempty"`
	MainTitle    *CardText       `xml:"MainTitle,omitempty"`
	SelectList   []CardSelection `xml:"SelectList"`
	SubmitButton *CardSubmit     `xml:"SubmitButton,omitempty"`
	ReplaceText  string          `xml:"ReplaceText,omitempty"` // set: the button shows this and takes no more clicks
}

// MsgType returns "update_template_card".
func (MultipleInteractionCard) MsgType() string { return updateTemplateCard }

func (MultipleInteractionCard) cardType() string { return "multiple_interaction" }

const updateTemplateCard = "update_template_card"

// CardSource is the line above a card that says where it comes from.
type CardSource struct {
	IconURL   string `xml:"IconUrl,omitempty"`
	Desc      string `xml:"Desc,omitempty"`
	DescColor int    `xml:"DescColor,omitempty"` // 0 grey, 1 black, 2 red, 3 green
}

// CardMenu is the menu at the top right of a card, which needs a task id.
type CardMenu struct {
	Desc       string           `xml:"Desc,omitempty"`
	ActionList []CardMenuAction `xml:"ActionList"`
}

// CardMenuAction is an item of a [CardMenu].
type CardMenuAction struct {
	Text string `xml:"Text"`
	Key  string `xml:"Key"` // comes back as EventKey
}

// CardText is a title and a text, each optional.
type CardText struct {
	Title string `xml:"Title,omitempty"`
	Desc  string `xml:"Desc,omitempty"`
}

// CardQuote is a quotation on a card.
type CardQuote struct {
	Type      CardLink `xml:"Type,omitempty"`
	URL       string   `xml:"Url,omitempty"`
	Title     string   `xml:"Title,omitempty"`
	QuoteText string   `xml:"QuoteText,omitempty"`
}

// CardHorizontal is a line of key and value on a card.
type CardHorizontal struct {
	Type    CardLink `xml:"Type,omitempty"`
	KeyName string   `xml:"KeyName"`
	Value   string   `xml:"Value,omitempty"`
	URL     string   `xml:"Url,omitempty"`
}

// CardJump is a line of a card that leads somewhere.
type CardJump struct {
	Type     CardLink `xml:"Type,omitempty"`
	Title    string   `xml:"Title"`
	URL      string   `xml:"Url,omitempty"`
	AppID    string   `xml:"AppId,omitempty"`    // of a mini program (小程序)
	PagePath string   `xml:"PagePath,omitempty"` // of a mini program
}

// CardAction is where a click on the card leads.
type CardAction struct {
	Type     CardLink `xml:"Type,omitempty"`
	URL      string   `xml:"Url,omitempty"`
	AppID    string   `xml:"AppId,omitempty"`    // of a mini program (小程序)
	PagePath string   `xml:"PagePath,omitempty"` // of a mini program
}

// CardLink says what a part of a card links to.
type CardLink int

// What a part of a card links to.
const (
	CardLinkNone        CardLink = 0
	CardLinkURL         CardLink = 1
	CardLinkMiniProgram CardLink = 2
)

// CardImage is the picture of a [NewsNoticeCard].
type CardImage struct {
	URL         string  `xml:"Url"`
	AspectRatio float64 `xml:"AspectRatio,omitempty"` // width by height, 1.3 to 2.25; 0: 1.3
}

// CardImageText is a picture with a text beside it.
type CardImageText struct {
	Type     CardLink `xml:"Type,omitempty"`
	URL      string   `xml:"Url,omitempty"`
	Title    string   `xml:"Title,omitempty"`
	Desc     string   `xml:"Desc,omitempty"`
	ImageURL string   `xml:"ImageUrl"`
}

// CardSelection is a drop-down.
type CardSelection struct {
	QuestionKey string       `xml:"QuestionKey"`
	Title       string       `xml:"Title,omitempty"`
	OptionList  []CardOption `xml:"OptionList"`
	SelectedID  string       `xml:"SelectedId,omitempty"` // option that is chosen already
	Disable     bool         `xml:"Disable"`              // read-only
}

// CardOption is an option of a [CardSelection].
type CardOption struct {
	ID   string `xml:"Id"`
	Text string `xml:"Text"`
}

// CardButton is a button.
type CardButton struct {
	Text  string `xml:"Text"`
	Style int    `xml:"Style,omitempty"` // 1 to 4; 0: 1
	Key   string `xml:"Key"`             // comes back as EventKey
}

// CardCheckBox is the choice of a [VoteInteractionCard].
type CardCheckBox struct {
	QuestionKey string       `xml:"QuestionKey"`
	OptionList  []CardChoice `xml:"OptionList"`
	Disable     bool         `xml:"Disable"` // read-only
	Mode        int          `xml:"Mode"`    // 0 one choice, 1 several
}

// CardChoice is an option of a [CardCheckBox].
type CardChoice struct {
	ID        string `xml:"Id"`
	Text      string `xml:"Text"`
	IsChecked bool   `xml:"IsChecked"`
}

// CardSubmit is the button that sends a choice.
type CardSubmit struct {
	Text string `xml:"Text"`
	Key  string `xml:"Key"` // comes back as EventKey
}
