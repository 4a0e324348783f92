package message

import (
	"unicode/utf8"

	"github.com/wecom-isv/wecom/internal/valid"
)

// Text is a plain text (文本消息).
type Text struct {
	// Content is at most 2048 bytes; line feeds and <a href="…"> are allowed.
	// Required.
	Content string `json:"content"`
	// MentionedUsers are addressed in a group chat, "@all" for everyone; for
	// Chats.Send only, and not documented there.
	MentionedUsers []string `json:"mentioned_list,omitzero"`
}

func (m Text) put(c *contents) { c.Text = &m }
func (Text) kind() kind        { return kindText }

func (m Text) check(c *valid.Checks, field string) { c.Bytes(field+".Content", m.Content, 1, 2048) }

// Image is a picture (图片消息).
type Image struct {
	MediaID string `json:"media_id"` // of an uploaded image; required
}

func (m Image) put(c *contents) { c.Image = &m }
func (Image) kind() kind        { return kindImage }

func (m Image) check(c *valid.Checks, field string) { c.Set(field+".MediaID", m.MediaID) }

// Voice is a recording (语音消息).
type Voice struct {
	MediaID string `json:"media_id"` // of an uploaded voice; required
}

func (m Voice) put(c *contents) { c.Voice = &m }
func (Voice) kind() kind        { return kindVoice }

func (m Voice) check(c *valid.Checks, field string) { c.Set(field+".MediaID", m.MediaID) }

// Video is a video (视频消息).
type Video struct {
	MediaID     string `json:"media_id"`             // of an uploaded video; required
	Title       string `json:"title,omitzero"`       // at most 128 bytes
	Description string `json:"description,omitzero"` // at most 512 bytes
}

func (m Video) put(c *contents) { c.Video = &m }
func (Video) kind() kind        { return kindVideo }

func (m Video) check(c *valid.Checks, field string) {
	c.Set(field+".MediaID", m.MediaID)
	c.Bytes(field+".Title", m.Title, 0, 128)
	c.Bytes(field+".Description", m.Description, 0, 512)
}

// File is a file (文件消息); people see the name that it was uploaded with. With
// NotShareable only txt, pdf, doc, docx, ppt, pptx, xls, xlsx, xml, jpg, jpeg, png,
// bmp and gif.
type File struct {
	MediaID string `json:"media_id"` // of an uploaded file; required
}

func (m File) put(c *contents) { c.File = &m }
func (File) kind() kind        { return kindFile }

func (m File) check(c *valid.Checks, field string) { c.Set(field+".MediaID", m.MediaID) }

// TextCard is a text with a link (文本卡片消息).
type TextCard struct {
	Title string `json:"title"` // 1 to 128 characters; required
	// Description is 1 to 512 characters; br, blanks and div of the classes gray,
	// normal and highlight are allowed. Required.
	Description string `json:"description"`
	URL         string `json:"url"`             // at most 2048 bytes, with http or https; required
	ButtonText  string `json:"btntxt,omitzero"` // at most 4 characters; empty: 详情
}

func (m TextCard) put(c *contents) { c.TextCard = &m }
func (TextCard) kind() kind        { return kindTextCard }

func (m TextCard) check(c *valid.Checks, field string) {
	c.Chars(field+".Title", m.Title, 1, 128)
	c.Chars(field+".Description", m.Description, 1, 512)
	c.Bytes(field+".URL", m.URL, 1, 2048)
	c.Chars(field+".ButtonText", m.ButtonText, 0, 4)
}

const mostArticles = 8

// News are articles that are kept elsewhere (图文消息).
type News struct {
	Articles []Article `json:"articles"` // 1 to 8; required
}

// Article is an article that is kept elsewhere.
type Article struct {
	Title       string `json:"title"`                // 1 to 128 bytes; required
	Description string `json:"description,omitzero"` // at most 512 bytes
	URL         string `json:"url,omitzero"`         // at most 2048 bytes, with http or https; this or AppID with PagePath
	PicURL      string `json:"picurl,omitzero"`      // at most 2048 bytes; JPG or PNG of about 1068x455 or 150x150
	AppID       string `json:"appid,omitzero"`       // mini program linked to the app; URL is then of no effect; not for School.Send
	PagePath    string `json:"pagepath,omitzero"`    // at most 128 bytes
}

func (m News) put(c *contents) { c.News = &m }
func (News) kind() kind        { return kindNews }

func (m News) check(c *valid.Checks, field string) {
	c.Count(field+".Articles", len(m.Articles), 1, mostArticles)
	valid.Each(field+".Articles", len(m.Articles), func(i int, field string) {
		a := m.Articles[i]
		c.Bytes(field+".Title", a.Title, 1, 128)
		c.Bytes(field+".Description", a.Description, 0, 512)
		c.Bytes(field+".URL", a.URL, 0, 2048)
		c.Bytes(field+".PicURL", a.PicURL, 0, 2048)
		c.Bytes(field+".PagePath", a.PagePath, 0, 128)
		c.That((a.AppID == "") == (a.PagePath == ""), field+".AppID", "and PagePath go together")
		c.That(a.URL != "" || a.AppID != "", field+".URL", "is missing, and there is no AppID either")
	})
}

// MPNews are articles that WeCom keeps (图文消息（mpnews）); each call makes new ones.
type MPNews struct {
	Articles []MPArticle `json:"articles"` // 1 to 8; required
}

// MPArticle is an article that WeCom keeps.
type MPArticle struct {
	Title            string `json:"title"`                       // 1 to 128 bytes; required
	ThumbMediaID     string `json:"thumb_media_id"`              // cover, an uploaded image; required
	Author           string `json:"author,omitzero"`             // at most 64 bytes
	ContentSourceURL string `json:"content_source_url,omitzero"` // behind 阅读原文
	Content          string `json:"content"`                     // HTML of at most 666 KB, its pictures from media.Client.UploadImg; required
	Digest           string `json:"digest,omitzero"`             // at most 512 bytes
}

func (m MPNews) put(c *contents) { c.MPNews = &m }
func (MPNews) kind() kind        { return kindMPNews }

func (m MPNews) check(c *valid.Checks, field string) {
	c.Count(field+".Articles", len(m.Articles), 1, mostArticles)
	valid.Each(field+".Articles", len(m.Articles), func(i int, field string) {
		a := m.Articles[i]
		c.Bytes(field+".Title", a.Title, 1, 128)
		c.Set(field+".ThumbMediaID", a.ThumbMediaID)
		c.Bytes(field+".Author", a.Author, 0, 64)
		c.Bytes(field+".Content", a.Content, 1, 666<<10)
		c.Bytes(field+".Digest", a.Digest, 0, 512)
	})
}

// Markdown is a formatted text (markdown消息): # to ###### headings, **bold**,
// [text](url), `code`, > quote, and font with the colours info, comment and
// warning. The WeChat plugin (微信插件) does not show it.
type Markdown struct {
	Content string `json:"content"` // 1 to 2048 bytes; required
}

func (m Markdown) put(c *contents) { c.Markdown = &m }
func (Markdown) kind() kind        { return kindMarkdown }

func (m Markdown) check(c *valid.Checks, field string) { c.Bytes(field+".Content", m.Content, 1, 2048) }

// MiniProgramNotice is a notice that opens a mini program (小程序通知消息). Only apps that
// are bound to a mini program may send it, and not to everyone.
type MiniProgramNotice struct {
	AppID             string `json:"appid"`                        // mini program linked to the app; required
	Page              string `json:"page,omitzero"`                // at most 1024 bytes; empty: it opens nothing
	Title             string `json:"title"`                        // 4 to 12 Chinese characters; required
	Description       string `json:"description,omitzero"`         // 4 to 12 Chinese characters
	EmphasisFirstItem bool   `json:"emphasis_first_item,omitzero"` // enlarges the first of Items
	Items             []Item `json:"content_item,omitzero"`        // at most 10
}

// Item is a line of a notice. One without key and value is passed over.
type Item struct {
	Key   string `json:"key"`   // at most 10 Chinese characters; for TemplateMsg 1 to 20 characters
	Value string `json:"value"` // at most 30 Chinese characters; for TemplateMsg 1 to 40 characters
}

func (m MiniProgramNotice) put(c *contents) { c.MiniProgramNotice = &m }
func (MiniProgramNotice) kind() kind        { return kindMiniProgramNotice }

func (m MiniProgramNotice) check(c *valid.Checks, field string) {
	c.Set(field+".AppID", m.AppID)
	c.Bytes(field+".Page", m.Page, 0, 1024)
	c.Set(field+".Title", m.Title)
	checkWidth(c, field+".Title", m.Title, 12)
	checkWidth(c, field+".Description", m.Description, 12)
	c.Count(field+".Items", len(m.Items), 0, 10)
	valid.Each(field+".Items", len(m.Items), func(i int, field string) {
		checkWidth(c, field+".Key", m.Items[i].Key, 10)
		checkWidth(c, field+".Value", m.Items[i].Value, 30)
	})
}

// checkWidth refuses what is wider than most Chinese characters; of others two
// have that width.
func checkWidth(c *valid.Checks, field, s string, most int) {
	width := 0
	for _, r := range s {
		if width++; r >= utf8.RuneSelf {
			width++
		}
	}
	if width > 2*most {
		c.Fail(field, "is wider than %d Chinese characters", most)
	}
}

// TemplateMsg is a notice whose template the provider has applied for
// (模板消息). For third-party apps only, not for customised apps.
type TemplateMsg struct {
	TemplateID  string              `json:"template_id"`          // at most 64 bytes; required
	URL         string              `json:"url,omitzero"`         // at most 2048 bytes, with http or https
	MiniProgram TemplateMiniProgram `json:"miniprogram,omitzero"` // goes before URL
	Items       []Item              `json:"content_item"`         // 1 to 5, as the template has them; required
	// SelectedTickets are at most 10 tickets of the member picker (选人组件); when members
	// authorise (成员授权) they reach people out of sight, but not who picked them.
	SelectedTickets []string `json:"-"`
	// OnlyUnauth reaches only those of SelectedTickets who have not authorised the
	// app; To is then of no effect.
	OnlyUnauth bool `json:"-"`
}

// TemplateMiniProgram is a page of a mini program.
type TemplateMiniProgram struct {
	AppID    string `json:"appid"`    // linked to the app
	PagePath string `json:"pagepath"` //
}

func (m TemplateMsg) put(c *contents) { c.TemplateMsg = &m }
func (TemplateMsg) kind() kind        { return kindTemplateMsg }

func (m TemplateMsg) check(c *valid.Checks, field string) {
	c.Bytes(field+".TemplateID", m.TemplateID, 1, 64)
	c.Bytes(field+".URL", m.URL, 0, 2048)
	c.Web(field+".URL", m.URL)
	c.That((m.MiniProgram.AppID == "") == (m.MiniProgram.PagePath == ""), field+".MiniProgram", "needs both AppID and PagePath")
	c.Count(field+".Items", len(m.Items), 1, 5)
	valid.Each(field+".Items", len(m.Items), func(i int, field string) {
		c.Chars(field+".Key", m.Items[i].Key, 1, 20)
		c.Chars(field+".Value", m.Items[i].Value, 1, 40)
	})
	c.Count(field+".SelectedTickets", len(m.SelectedTickets), 0, 10)
	c.That(!m.OnlyUnauth || len(m.SelectedTickets) > 0, field+".OnlyUnauth", "needs SelectedTickets")
}

// MiniProgram is a page of a mini program (小程序消息), for [School.Send] only. Which of
// its parts are required is not documented for certain.
type MiniProgram struct {
	AppID        string `json:"appid"`          // linked to the corp; required
	Title        string `json:"title,omitzero"` //
	ThumbMediaID string `json:"thumb_media_id"` // cover of about 520x416; required
	PagePath     string `json:"pagepath"`       // required
}

func (m MiniProgram) put(c *contents) { c.MiniProgram = &m }
func (MiniProgram) kind() kind        { return kindMiniProgram }

func (m MiniProgram) check(c *valid.Checks, field string) {
	c.Set(field+".AppID", m.AppID)
	c.Set(field+".ThumbMediaID", m.ThumbMediaID)
	c.Set(field+".PagePath", m.PagePath)
}
