package message_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/corp/message"
	"github.com/wecom-isv/wecom/suite"
)

const sent = `{"errcode":0,"errmsg":"ok","msgid":"M1"}`

// good is a message that is right.
func good() message.Message {
	return message.Message{AgentID: 1, To: message.ToUsers("zhangsan"), Content: message.Text{Content: "hello"}}
}

func many(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprint("u", i)
	}
	return ids
}

// The lists are strings with bars and without blanks; @all stands alone.
func TestReceivers(t *testing.T) {
	t.Parallel()
	for want, to := range map[string]message.Receivers{
		`{"touser":"a|b"}`:  message.ToUsers("a", "b"),
		`{"toparty":"1|2"}`: message.ToParties(1, 2),
		`{"totag":"7"}`:     message.ToTags(7),
		`{"touser":"@all"}`: message.ToAll(),
		`{"touser":"a","toparty":"1|2","totag":"3|4294967295"}`: {Users: []string{"a"}, Parties: []int64{1, 2}, Tags: []int64{3, 1<<32 - 1}},
	} {
		c, u := newClient(t, sent)
		m := good()
		m.To = to
		_, err := c.Send(t.Context(), m)
		require.NoError(t, err)
		got := make(map[string]any)
		require.NoError(t, json.Unmarshal([]byte(u.Requests()[0].Body), &got))
		for name := range got {
			if !slices.Contains([]string{"touser", "toparty", "totag"}, name) {
				delete(got, name)
			}
		}
		lists, err := json.Marshal(got)
		require.NoError(t, err)
		assert.JSONEq(t, want, string(lists))
	}
}

// The options that a kind of message does not have are not sent.
func TestOptions(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		m    message.Message
		want string
	}{
		{good(), `{"safe":0,"enable_id_trans":0,"enable_duplicate_check":0,"duplicate_check_interval":1800}`},
		{
			message.Message{Content: message.Text{Content: "x"}, Safe: message.NotShareable, IDTrans: true, DuplicateCheck: 4 * time.Hour},
			`{"safe":1,"enable_id_trans":1,"enable_duplicate_check":1,"duplicate_check_interval":14400}`,
		},
		{
			message.Message{Content: message.MPNews{Articles: []message.MPArticle{{Title: "t", ThumbMediaID: "m", Content: "c"}}}, Safe: message.CorpOnly, DuplicateCheck: time.Second},
			`{"safe":2,"enable_id_trans":0,"enable_duplicate_check":1,"duplicate_check_interval":1}`,
		},
		{message.Message{Content: message.Markdown{Content: "x"}}, `{"enable_duplicate_check":0,"duplicate_check_interval":1800}`},
		{message.Message{Content: &message.Voice{MediaID: "x"}}, `{"enable_duplicate_check":0,"duplicate_check_interval":1800}`},
	} {
		c, u := newClient(t, sent)
		tc.m.AgentID, tc.m.To = 1, message.ToAll()
		_, err := c.Send(t.Context(), tc.m)
		require.NoError(t, err)
		got := make(map[string]any)
		require.NoError(t, json.Unmarshal([]byte(u.Requests()[0].Body), &got))
		for name := range got {
			if !slices.Contains([]string{"safe", "enable_id_trans", "enable_duplicate_check", "duplicate_check_interval"}, name) {
				delete(got, name)
			}
		}
		options, err := json.Marshal(got)
		require.NoError(t, err)
		assert.JSONEq(t, tc.want, string(options))
	}
}

// A message that is sent twice is the same to the byte, which the duplicate check
// may depend on.
func TestTheSameMessageIsTheSameBytes(t *testing.T) {
	t.Parallel()
	c, u := newClient(t, sent)
	for range 5 {
		_, err := c.Send(t.Context(), message.Message{AgentID: 1, To: message.ToAll(), Content: newsNotice(), DuplicateCheck: time.Minute})
		require.NoError(t, err)
	}
	for _, r := range u.Requests() {
		assert.Equal(t, u.Requests()[0].Body, r.Body)
	}
}

// Each message is wrong in one way; none is sent, and the error names the field.
func TestWrongMessages(t *testing.T) {
	t.Parallel()
	cases := []struct {
		field string
		edit  func(m *message.Message)
	}{
		{"To", func(m *message.Message) { m.To = message.Receivers{} }},
		{"To", func(m *message.Message) { m.To = message.ToUsers() }},
		{"To.Users", func(m *message.Message) { m.To = message.ToUsers(many(1001)...) }},
		{"To.Users[0]", func(m *message.Message) { m.To = message.ToUsers("") }},
		{"To.Users[1]", func(m *message.Message) { m.To = message.ToUsers("a", "b|c") }},
		{"To.Users[0]", func(m *message.Message) { m.To = message.ToUsers("@all") }},
		{"To.Users[0]", func(m *message.Message) { m.To = message.ToUsers("@ALL") }},
		{"To.Parties", func(m *message.Message) { m.To = message.ToParties(make([]int64, 101)...) }},
		{"To.Tags", func(m *message.Message) { m.To = message.ToTags(make([]int64, 101)...) }},
		{"To.All", func(m *message.Message) { m.To.All = true }},
		{"AgentID", func(m *message.Message) { m.AgentID = 0 }},
		{"Content", func(m *message.Message) { m.Content = nil }},
		{"Content", func(m *message.Message) { m.Content = (*message.Text)(nil) }},
		{"Content", func(m *message.Message) { m.Content = (*message.TextNotice)(nil) }},
		{"Content", func(m *message.Message) {
			m.Content = message.MiniProgram{AppID: "a", ThumbMediaID: "m", PagePath: "p"}
		}},
		{"Safe", func(m *message.Message) { m.Safe = message.CorpOnly }},
		{"Safe", func(m *message.Message) { m.Safe = 3 }},
		{"Safe", func(m *message.Message) { m.Safe, m.Content = message.NotShareable, message.Markdown{Content: "x"} }},
		{"IDTrans", func(m *message.Message) { m.IDTrans, m.Content = true, message.Image{MediaID: "x"} }},
		{"DuplicateCheck", func(m *message.Message) { m.DuplicateCheck = 4*time.Hour + time.Second }},
		{"DuplicateCheck", func(m *message.Message) { m.DuplicateCheck = time.Millisecond }},
		{"DuplicateCheck", func(m *message.Message) { m.DuplicateCheck = -time.Second }},
	}
	content := func(field string, c message.Content) {
		cases = append(cases, struct {
			field string
			edit  func(m *message.Message)
		}{"Content." + field, func(m *message.Message) { m.Content = c }})
	}
	content("Content", message.Text{})
	content("Content", message.Text{Content: strings.Repeat("字", 683)})
	content("MentionedUsers", message.Text{Content: "x", MentionedUsers: []string{"a"}})
	content("Content", message.Markdown{Content: strings.Repeat("x", 2049)})
	content("MediaID", message.Image{})
	content("MediaID", message.Voice{})
	content("MediaID", message.Video{})
	content("MediaID", message.File{})
	content("Title", message.Video{MediaID: "m", Title: strings.Repeat("x", 129)})
	content("Description", message.Video{MediaID: "m", Description: strings.Repeat("x", 513)})
	card := message.TextCard{Title: "t", Description: "d", URL: "u"}
	content("Title", edited(card, func(c *message.TextCard) { c.Title = strings.Repeat("字", 129) }))
	content("Description", edited(card, func(c *message.TextCard) { c.Description = "" }))
	content("URL", edited(card, func(c *message.TextCard) { c.URL = strings.Repeat("u", 2049) }))
	content("ButtonText", edited(card, func(c *message.TextCard) { c.ButtonText = "一二三四五" }))
	article := message.Article{Title: "t", URL: "u"}
	content("Articles", message.News{})
	content("Articles", message.News{Articles: slices.Repeat([]message.Article{article}, 9)})
	for field, edit := range map[string]func(a *message.Article){
		"Title":       func(a *message.Article) { a.Title = strings.Repeat("字", 43) },
		"Description": func(a *message.Article) { a.Description = strings.Repeat("x", 513) },
		"URL":         func(a *message.Article) { a.URL = "" },
		"PicURL":      func(a *message.Article) { a.PicURL = strings.Repeat("x", 2049) },
		"AppID":       func(a *message.Article) { a.AppID = "wx" },
		"PagePath":    func(a *message.Article) { a.AppID, a.PagePath = "wx", strings.Repeat("x", 129) },
	} {
		content("Articles[1]."+field, message.News{Articles: []message.Article{article, edited(article, edit)}})
	}
	mp := message.MPArticle{Title: "t", ThumbMediaID: "m", Content: "c"}
	content("Articles", message.MPNews{})
	content("Articles", message.MPNews{Articles: slices.Repeat([]message.MPArticle{mp}, 9)})
	for field, edit := range map[string]func(a *message.MPArticle){
		"Title":        func(a *message.MPArticle) { a.Title = "" },
		"ThumbMediaID": func(a *message.MPArticle) { a.ThumbMediaID = "" },
		"Author":       func(a *message.MPArticle) { a.Author = strings.Repeat("x", 65) },
		"Content":      func(a *message.MPArticle) { a.Content = strings.Repeat("x", 666<<10+1) },
		"Digest":       func(a *message.MPArticle) { a.Digest = strings.Repeat("x", 513) },
	} {
		content("Articles[0]."+field, message.MPNews{Articles: []message.MPArticle{edited(mp, edit)}})
	}
	for field, edit := range map[string]func(n *message.MiniProgramNotice){
		"AppID":          func(n *message.MiniProgramNotice) { n.AppID = "" },
		"Page":           func(n *message.MiniProgramNotice) { n.Page = strings.Repeat("x", 1025) },
		"Title":          func(n *message.MiniProgramNotice) { n.Title = strings.Repeat("字", 13) },
		"Description":    func(n *message.MiniProgramNotice) { n.Description = strings.Repeat("字", 13) },
		"Items":          func(n *message.MiniProgramNotice) { n.Items = make([]message.Item, 11) },
		"Items[0].Key":   func(n *message.MiniProgramNotice) { n.Items = []message.Item{{Key: strings.Repeat("字", 11)}} },
		"Items[0].Value": func(n *message.MiniProgramNotice) { n.Items = []message.Item{{Value: strings.Repeat("x", 61)}} },
	} {
		content(field, edited(message.MiniProgramNotice{AppID: "wx", Title: "会议室预订"}, edit))
	}
	content("Title", message.MiniProgramNotice{AppID: "wx"})
	for field, edit := range map[string]func(m *message.TemplateMsg){
		"TemplateID":      func(m *message.TemplateMsg) { m.TemplateID = "" },
		"URL":             func(m *message.TemplateMsg) { m.URL = "a.example" },
		"MiniProgram":     func(m *message.TemplateMsg) { m.MiniProgram.AppID = "wx" },
		"Items":           func(m *message.TemplateMsg) { m.Items = slices.Repeat(m.Items, 6) },
		"Items[0].Key":    func(m *message.TemplateMsg) { m.Items[0].Key = strings.Repeat("字", 21) },
		"Items[0].Value":  func(m *message.TemplateMsg) { m.Items[0].Value = "" },
		"SelectedTickets": func(m *message.TemplateMsg) { m.SelectedTickets = many(11) },
		"OnlyUnauth":      func(m *message.TemplateMsg) { m.OnlyUnauth = true },
	} {
		content(field, edited(message.TemplateMsg{TemplateID: "t", Items: []message.Item{{Key: "k", Value: "v"}}}, edit))
	}
	for _, tc := range wrongCards() {
		content(tc.field, tc.card)
	}
	for field, card := range map[string]message.Card{
		"TaskID":                message.TextNotice{MainTitle: exampleTitle, Action: exampleAction, ActionMenu: exampleMenu},
		"ReplaceText":           edited(buttonInteraction(), func(c *message.ButtonInteraction) { c.ReplaceText = "x" }),
		"Checkbox.Disable":      edited(voteInteraction(), func(c *message.VoteInteraction) { c.Checkbox.Disable = new(true) }),
		"Selections[0].Disable": edited(multipleInteraction(), func(c *message.MultipleInteraction) { c.Selections = selections(new(false))[:1] }),
		"Selection.Disable":     edited(buttonInteraction(), func(c *message.ButtonInteraction) { c.Selection = &selections(new(true))[0] }),
	} {
		content(field, card)
	}
	content("TaskID", edited(voteInteraction(), func(c *message.VoteInteraction) { c.TaskID = "" }))

	for _, tc := range cases {
		c, u := newClient(t, sent)
		m := good()
		tc.edit(&m)
		r, err := c.Send(t.Context(), m)
		fault, ok := errors.AsType[*message.FieldError](err)
		require.True(t, ok, "%s: %v", tc.field, err)
		assert.Equal(t, tc.field, fault.Field, err)
		assert.Nil(t, r)
		assert.Empty(t, u.Requests(), tc.field)
	}
	c, u := newClient(t, sent)
	_, err := c.Send(t.Context(), message.Message{To: message.ToAll(), Content: message.MiniProgramNotice{AppID: "wx", Title: "会议室预订"}})
	require.ErrorContains(t, err, "To.All does not go with miniprogram_notice")
	_, err = c.Send(t.Context(), message.Message{AgentID: 1, To: message.ToAll(), DuplicateCheck: time.Minute, Content: message.TemplateMsg{TemplateID: "t", Items: exampleItems}})
	require.ErrorContains(t, err, "DuplicateCheck does not go with template_msg")
	_, err = c.Send(t.Context(), message.Message{})
	require.EqualError(t, err, "message: Send: Content is missing; To names nobody", "all of it is told")
	assert.Empty(t, u.Requests())
}

// What the limits are is allowed.
func TestLongestMessages(t *testing.T) {
	t.Parallel()
	for _, content := range []message.Content{
		message.Text{Content: strings.Repeat("x", 2048)},
		message.News{Articles: slices.Repeat([]message.Article{{Title: strings.Repeat("x", 128), AppID: "wx", PagePath: "p"}}, 8)},
		message.MPNews{Articles: []message.MPArticle{{Title: "t", ThumbMediaID: "m", Content: strings.Repeat("x", 666<<10)}}},
		message.MiniProgramNotice{AppID: "wx", Title: strings.Repeat("字", 12), Items: make([]message.Item, 10)},
		edited(buttonInteraction(), func(c *message.ButtonInteraction) {
			c.Buttons = nil
			for i := range 6 {
				c.Buttons = append(c.Buttons, message.Button{Text: "b", Key: fmt.Sprint(i)})
			}
		}),
		message.TemplateMsg{TemplateID: "t", Items: exampleItems, SelectedTickets: []string{"a"}, OnlyUnauth: true},
	} {
		c, u := newClient(t, sent)
		m := good()
		m.Content = content
		m.To = message.ToUsers(many(1000)...)
		_, err := c.Send(t.Context(), m)
		require.NoError(t, err)
		assert.Len(t, u.Requests(), 1)
	}
	// Tickets are receivers too.
	c, _ := newClient(t, sent)
	_, err := c.Send(t.Context(), message.Message{AgentID: 1, Content: message.TemplateMsg{TemplateID: "t", Items: exampleItems, SelectedTickets: []string{"a"}}})
	require.NoError(t, err)
}

type wrongCard struct {
	field string
	card  message.Card
}

// wrongCards are wrong wherever they are used.
func wrongCards() []wrongCard {
	var cards []wrongCard
	text := func(field string, edit func(c *message.TextNotice)) {
		cards = append(cards, wrongCard{field: field, card: edited(textNotice(), edit)})
	}
	news := func(field string, edit func(c *message.NewsNotice)) {
		cards = append(cards, wrongCard{field: field, card: edited(newsNotice(), edit)})
	}
	button := func(field string, edit func(c *message.ButtonInteraction)) {
		cards = append(cards, wrongCard{field: field, card: edited(buttonInteraction(), edit)})
	}
	vote := func(field string, edit func(c *message.VoteInteraction)) {
		cards = append(cards, wrongCard{field: field, card: edited(voteInteraction(), edit)})
	}
	multiple := func(field string, edit func(c *message.MultipleInteraction)) {
		cards = append(cards, wrongCard{field: field, card: edited(multipleInteraction(), edit)})
	}
	text("TaskID", func(c *message.TextNotice) { c.TaskID = strings.Repeat("t", 129) })
	text("TaskID", func(c *message.TextNotice) { c.TaskID = "任务" })
	text("Source.DescColor", func(c *message.TextNotice) { c.Source.DescColor = 4 })
	text("ActionMenu.Actions", func(c *message.TextNotice) { c.ActionMenu.Actions = nil })
	text("ActionMenu.Actions", func(c *message.TextNotice) {
		c.ActionMenu.Actions = []message.MenuAction{{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4"}}
	})
	text("ActionMenu.Actions[0].Text", func(c *message.TextNotice) { c.ActionMenu.Actions = []message.MenuAction{{"", "1"}} })
	text("ActionMenu.Actions[0].Key", func(c *message.TextNotice) { c.ActionMenu.Actions = []message.MenuAction{{"a", ""}} })
	text("ActionMenu.Actions[1].Key", func(c *message.TextNotice) { c.ActionMenu.Actions = []message.MenuAction{{"a", "1"}, {"b", "1"}} })
	text("MainTitle.Title", func(c *message.TextNotice) { c.MainTitle, c.SubTitleText = message.Title{Desc: "d"}, "" })
	text("Action", func(c *message.TextNotice) { c.Action = message.Link{} })
	text("Action.Type", func(c *message.TextNotice) { c.Action.Type = 3 })
	text("Action.URL", func(c *message.TextNotice) { c.Action = message.Link{Type: message.LinkURL} })
	text("Action.AppID", func(c *message.TextNotice) { c.Action = message.Link{Type: message.LinkMiniProgram} })
	text("QuoteArea.Type", func(c *message.TextNotice) { c.QuoteArea.Type = message.LinkNone })
	text("Horizontal", func(c *message.TextNotice) { c.Horizontal = slices.Repeat(exampleHorizontal[:1], 7) })
	for field, item := range map[string]message.HorizontalItem{
		"KeyName": {},
		"URL":     {KeyName: "k", Type: message.HorizontalURL},
		"MediaID": {KeyName: "k", Type: message.HorizontalFile, Value: "f.txt"},
		"Value":   {KeyName: "k", Type: message.HorizontalFile, MediaID: "m"},
		"UserID":  {KeyName: "k", Type: message.HorizontalUser},
		"Type":    {KeyName: "k", Type: 4},
	} {
		text("Horizontal[0]."+field, func(c *message.TextNotice) { c.Horizontal = []message.HorizontalItem{item} })
	}
	text("Jumps", func(c *message.TextNotice) { c.Jumps = slices.Repeat(exampleJumps, 2) })
	text("Jumps[0].Title", func(c *message.TextNotice) { c.Jumps = []message.Jump{{}} })
	text("Jumps[0].URL", func(c *message.TextNotice) {
		c.Jumps = []message.Jump{{Title: "t", Link: message.Link{Type: message.LinkURL}}}
	})

	news("MainTitle.Title", func(c *message.NewsNotice) { c.MainTitle.Title = "" })
	news("Action", func(c *message.NewsNotice) { c.Action = message.Link{} })
	news("CardImage", func(c *message.NewsNotice) {
		c.CardImage, c.ImageTextArea = message.CardImage{}, message.ImageTextArea{}
	})
	news("CardImage.URL", func(c *message.NewsNotice) { c.CardImage.URL = "" })
	news("CardImage.AspectRatio", func(c *message.NewsNotice) { c.CardImage.AspectRatio = 2.3 })
	news("CardImage.AspectRatio", func(c *message.NewsNotice) { c.CardImage.AspectRatio = 1.2 })
	news("ImageTextArea.ImageURL", func(c *message.NewsNotice) { c.ImageTextArea.ImageURL = "" })
	news("ImageTextArea.URL", func(c *message.NewsNotice) { c.ImageTextArea.URL = "" })
	news("Vertical", func(c *message.NewsNotice) { c.Vertical = slices.Repeat(exampleVertical, 5) })
	news("Vertical[0].Title", func(c *message.NewsNotice) { c.Vertical = []message.Title{{Desc: "d"}} })

	button("MainTitle.Title", func(c *message.ButtonInteraction) { c.MainTitle.Title = "" })
	button("Buttons", func(c *message.ButtonInteraction) { c.Buttons = nil })
	button("Buttons", func(c *message.ButtonInteraction) {
		c.Buttons = nil
		for i := range 7 {
			c.Buttons = append(c.Buttons, message.Button{Text: "b", Key: fmt.Sprint(i)})
		}
	})
	for field, b := range map[string]message.Button{
		"Text":  {Key: "k"},
		"Key":   {Text: "b"},
		"Style": {Text: "b", Key: "k", Style: 5},
		"URL":   {Text: "b", Type: message.ButtonURL},
		"Type":  {Text: "b", Key: "k", Type: 2},
	} {
		button("Buttons[0]."+field, func(c *message.ButtonInteraction) { c.Buttons = []message.Button{b} })
	}
	button("Buttons[1].Key", func(c *message.ButtonInteraction) { c.Buttons = slices.Repeat(exampleButtons[:1], 2) })
	button("Buttons[0].Key", func(c *message.ButtonInteraction) {
		c.Buttons = []message.Button{{Text: "b", Key: strings.Repeat("k", 1025)}}
	})
	button("Selection.QuestionKey", func(c *message.ButtonInteraction) {
		c.Selection = &message.Selection{Options: selections(nil)[0].Options}
	})
	button("Selection.Options", func(c *message.ButtonInteraction) { c.Selection = &message.Selection{QuestionKey: "q"} })
	button("Selection.Options[1].ID", func(c *message.ButtonInteraction) {
		c.Selection = &message.Selection{QuestionKey: "q", Options: []message.Option{{"a", "a"}, {"a", "b"}}}
	})

	vote("MainTitle.Title", func(c *message.VoteInteraction) { c.MainTitle.Title = "" })
	vote("Source.DescColor", func(c *message.VoteInteraction) { c.Source.DescColor = message.SourceRed })
	vote("Checkbox.QuestionKey", func(c *message.VoteInteraction) { c.Checkbox.QuestionKey = "" })
	vote("Checkbox.Mode", func(c *message.VoteInteraction) { c.Checkbox.Mode = 2 })
	vote("Checkbox.Options", func(c *message.VoteInteraction) { c.Checkbox.Options = nil })
	vote("Checkbox.Options", func(c *message.VoteInteraction) {
		c.Checkbox.Options = nil
		for i := range 21 {
			c.Checkbox.Options = append(c.Checkbox.Options, message.CheckOption{ID: fmt.Sprint(i), Text: "t"})
		}
	})
	vote("Checkbox.Options[0].ID", func(c *message.VoteInteraction) { c.Checkbox.Options = []message.CheckOption{{Text: "t"}} })
	vote("Checkbox.Options[0].Text", func(c *message.VoteInteraction) { c.Checkbox.Options = []message.CheckOption{{ID: "i"}} })
	vote("SubmitButton.Key", func(c *message.VoteInteraction) { c.SubmitButton.Key = "" })

	multiple("MainTitle.Title", func(c *message.MultipleInteraction) { c.MainTitle.Title = "" })
	multiple("Selections", func(c *message.MultipleInteraction) { c.Selections = nil })
	multiple("Selections", func(c *message.MultipleInteraction) {
		c.Selections = nil
		for i := range 4 {
			c.Selections = append(c.Selections, message.Selection{QuestionKey: fmt.Sprint(i), Options: selections(nil)[0].Options})
		}
	})
	multiple("Selections[1].QuestionKey", func(c *message.MultipleInteraction) { c.Selections = slices.Repeat(selections(nil)[:1], 2) })
	multiple("Selections[0].Options", func(c *message.MultipleInteraction) { c.Selections = []message.Selection{{QuestionKey: "q"}} })
	multiple("SubmitButton.Key", func(c *message.MultipleInteraction) { c.SubmitButton.Key = "" })
	return cards
}

func TestWrongUpdates(t *testing.T) {
	t.Parallel()
	cases := map[string]func(r *message.UpdateTemplateCardRequest){
		"AgentID":      func(r *message.UpdateTemplateCardRequest) { r.AgentID = 0 },
		"ResponseCode": func(r *message.UpdateTemplateCardRequest) { r.ResponseCode = wecom.Secret{} },
		"Users":        func(r *message.UpdateTemplateCardRequest) { r.Users = nil },
		"Users[0]":     func(r *message.UpdateTemplateCardRequest) { r.Users = []string{"@all"} },
		"Parties":      func(r *message.UpdateTemplateCardRequest) { r.Parties = make([]int64, 101) },
		"Tags":         func(r *message.UpdateTemplateCardRequest) { r.Tags = make([]int64, 101) },
		"IDTrans":      func(r *message.UpdateTemplateCardRequest) { r.IDTrans = true },
		"Card":         func(r *message.UpdateTemplateCardRequest) { r.Card = textNotice() },
	}
	for field, edit := range cases {
		check := func(edit func(r *message.UpdateTemplateCardRequest)) {
			c, u := newClient(t, `{"errcode":0}`)
			r := message.UpdateTemplateCardRequest{AgentID: 1, ResponseCode: wecom.NewSecret("c"), Users: []string{"a"}, ReplaceName: "done"}
			edit(&r)
			_, err := c.UpdateTemplateCard(t.Context(), r)
			fault, ok := errors.AsType[*message.FieldError](err)
			require.True(t, ok, "%s: %v", field, err)
			assert.Equal(t, field, fault.Field)
			assert.Empty(t, u.Requests())
		}
		check(edit)
		if field == "Users" {
			check(func(r *message.UpdateTemplateCardRequest) { r.Users, r.All = nil, new(false) })
			check(func(r *message.UpdateTemplateCardRequest) { r.Users = many(1001) })
		}
		if field == "Card" {
			check(func(r *message.UpdateTemplateCardRequest) { r.ReplaceName = "" })
			check(func(r *message.UpdateTemplateCardRequest) { r.ReplaceName, r.Card = "", (*message.TextNotice)(nil) })
		}
	}
	for _, tc := range wrongCards() {
		c, u := newClient(t, `{"errcode":0}`)
		_, err := c.UpdateTemplateCard(t.Context(), message.UpdateTemplateCardRequest{
			AgentID: 1, ResponseCode: wecom.NewSecret("c"), Users: []string{"a"}, Card: tc.card,
		})
		fault, ok := errors.AsType[*message.FieldError](err)
		require.True(t, ok, "%s: %v", tc.field, err)
		assert.Equal(t, "Card."+tc.field, fault.Field)
		assert.Empty(t, u.Requests())
	}
}

func TestUpdateForAll(t *testing.T) {
	t.Parallel()
	c, u := newClient(t, `{"errcode":0}`)
	_, err := c.UpdateTemplateCard(t.Context(), message.UpdateTemplateCardRequest{
		AgentID: 1, ResponseCode: wecom.NewSecret("c"), All: new(true), IDTrans: true,
		Card: message.TextNotice{SubTitleText: "s", Action: message.Link{Type: message.LinkURL, URL: "u"}},
	})
	require.NoError(t, err)
	assert.JSONEq(t, `{"atall":1,"agentid":1,"response_code":"c","enable_id_trans":1,
		"template_card":{"card_type":"text_notice","sub_title_text":"s","card_action":{"type":1,"url":"u"}}}`, u.Requests()[0].Body)
}

func TestPartialSuccess(t *testing.T) {
	t.Parallel()
	c, u := newClient(t, `{"errcode":0,"invaliduser":"a|b","invalidparty":"1","invalidtag":"","unlicenseduser":"c","msgid":"M1","response_code":"canary-code"}`)
	r, err := c.Send(t.Context(), good())
	left, ok := errors.AsType[*message.PartialError](err)
	require.True(t, ok)
	assert.Equal(t, &message.PartialError{Op: "/cgi-bin/message/send", Users: []string{"a", "b"}, Parties: []string{"1"}, Unlicensed: []string{"c"}}, left)
	require.EqualError(t, err, "message: /cgi-bin/message/send: not for 2 members, 1 departments, 1 members without a licence")
	require.NotErrorIs(t, err, wecom.ErrTransient)
	require.NotNil(t, r)
	assert.Equal(t, "M1", r.MsgID)
	assert.Equal(t, "canary-code", r.ResponseCode.Reveal())
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v", *r, r, r), "canary")
	assert.Len(t, u.Requests(), 1)

	c, _ = newClient(t, `{"errcode":0,"invaliduser":["a"]}`)
	updated, err := c.UpdateTemplateCard(t.Context(), message.UpdateTemplateCardRequest{AgentID: 1, ResponseCode: wecom.NewSecret("c"), Users: []string{"a"}, ReplaceName: "x"})
	left, ok = errors.AsType[*message.PartialError](err)
	require.True(t, ok)
	assert.Equal(t, []string{"a"}, left.Users)
	assert.NotNil(t, updated)

	c, _ = newClient(t, `{"errcode":0,"invalid_parent_userid":["p"],"invalid_student_userid":["s"],"invalid_external_user":["e"],"invalid_party":[7,"8"]}`)
	school, err := c.School().Send(t.Context(), message.SchoolMessage{AgentID: 1, All: true, Content: message.Text{Content: "x"}})
	left, ok = errors.AsType[*message.PartialError](err)
	require.True(t, ok)
	assert.Equal(t, &message.PartialError{
		Op: "/cgi-bin/externalcontact/message/send", Users: []string{"e"}, Parents: []string{"p"}, Students: []string{"s"}, Parties: []string{"7", "8"},
	}, left)
	assert.NotNil(t, school)

	for _, reply := range []string{sent, `{"errcode":0,"invaliduser":"","invalidparty":null,"invalidtag":[]}`} {
		c, _ = newClient(t, reply)
		_, err = c.Send(t.Context(), good())
		require.NoError(t, err, reply)
	}
	c, _ = newClient(t, `{"errcode":81013,"errmsg":"all invalid","invaliduser":"a"}`)
	r, err = c.Send(t.Context(), good())
	require.ErrorIs(t, err, wecom.Code(81013))
	assert.Nil(t, r)
}

func TestIDs(t *testing.T) {
	t.Parallel()
	for wire, want := range map[string]message.IDs{`"a | b|"`: {"a", "b"}, `["a"]`: {"a"}, `""`: nil, `null`: nil} {
		var got message.IDs
		require.NoError(t, json.Unmarshal([]byte(wire), &got))
		assert.Equal(t, want, got, wire)
	}
	require.Error(t, json.Unmarshal([]byte(`7`), new(message.IDs)))
}

// A lost reply does not send a message twice.
func TestSendIsNotRepeated(t *testing.T) {
	t.Parallel()
	c, u := newClient(t, `{"errcode":-1,"errmsg":"system error"}`)
	m := good()
	m.DuplicateCheck = time.Minute
	_, err := c.Send(t.Context(), m)
	require.ErrorIs(t, err, wecom.ErrTransient)
	assert.Len(t, u.Requests(), 1)
}

func TestRecallNeedsAnID(t *testing.T) {
	t.Parallel()
	c, u := newClient(t, sent)
	require.ErrorContains(t, c.Recall(t.Context(), ""), "MsgID is missing")
	assert.Empty(t, u.Requests())
}

func TestSchoolMessage(t *testing.T) {
	t.Parallel()
	c, u := newClient(t, `{"errcode":0}`)
	_, err := c.School().Send(t.Context(), message.SchoolMessage{
		AgentID: 1, Scope: message.RecvBoth, All: true, DuplicateCheck: time.Minute, IDTrans: true,
		ExternalUsers: []string{"external_userid1"},
		Content:       message.MiniProgram{AppID: "APPID", Title: "欢迎报名夏令营", ThumbMediaID: "MEDIA_ID", PagePath: "PAGE_PATH"},
	})
	require.NoError(t, err)
	assert.JSONEq(t, `{"recv_scope":2,"to_external_user":["external_userid1"],"toall":1,"agentid":1,"msgtype":"miniprogram",
		"miniprogram":{"appid":"APPID","title":"欢迎报名夏令营","thumb_media_id":"MEDIA_ID","pagepath":"PAGE_PATH"},
		"enable_id_trans":1,"enable_duplicate_check":1,"duplicate_check_interval":60}`, u.Requests()[0].Body)

	for field, edit := range map[string]func(m *message.SchoolMessage){
		"AgentID":              func(m *message.SchoolMessage) { m.AgentID = 0 },
		"Scope":                func(m *message.SchoolMessage) { m.Scope = 3 },
		"Parents":              func(m *message.SchoolMessage) { m.All = false },
		"Students":             func(m *message.SchoolMessage) { m.Students = many(1001) },
		"Classes":              func(m *message.SchoolMessage) { m.Classes = many(101) },
		"ExternalUsers[0]":     func(m *message.SchoolMessage) { m.ExternalUsers = []string{""} },
		"Content":              func(m *message.SchoolMessage) { m.Content = message.Markdown{Content: "x"} },
		"Content.AppID":        func(m *message.SchoolMessage) { m.Content = message.MiniProgram{ThumbMediaID: "m", PagePath: "p"} },
		"Content.ThumbMediaID": func(m *message.SchoolMessage) { m.Content = message.MiniProgram{AppID: "a", PagePath: "p"} },
		"Content.PagePath":     func(m *message.SchoolMessage) { m.Content = message.MiniProgram{AppID: "a", ThumbMediaID: "m"} },
		"Content.Articles[0].URL": func(m *message.SchoolMessage) {
			m.Content = message.News{Articles: []message.Article{{Title: "t", AppID: "a", PagePath: "p"}}}
		},
		"Content.MentionedUsers": func(m *message.SchoolMessage) { m.Content = message.Text{Content: "x", MentionedUsers: []string{"a"}} },
		"IDTrans":                func(m *message.SchoolMessage) { m.IDTrans, m.Content = true, message.Voice{MediaID: "m"} },
		"DuplicateCheck":         func(m *message.SchoolMessage) { m.DuplicateCheck = 5 * time.Hour },
	} {
		c, u := newClient(t, `{"errcode":0}`)
		m := message.SchoolMessage{AgentID: 1, All: true, Content: message.Text{Content: "x"}}
		edit(&m)
		_, err := c.School().Send(t.Context(), m)
		fault, ok := errors.AsType[*message.FieldError](err)
		require.True(t, ok, "%s: %v", field, err)
		assert.Equal(t, field, fault.Field)
		assert.Empty(t, u.Requests())
	}
	_, err = c.School().Send(t.Context(), message.SchoolMessage{AgentID: 1, All: true})
	require.ErrorContains(t, err, "Content is missing")
}

func TestChats(t *testing.T) {
	t.Parallel()
	c, u := newClient(t, `{"errcode":0}`)
	require.NoError(t, c.Chats().Send(t.Context(), message.ChatMessage{
		ChatID: "C", Safe: message.NotShareable, Content: message.Text{Content: "x", MentionedUsers: []string{"@all"}},
	}))
	assert.JSONEq(t, `{"chatid":"C","msgtype":"text","text":{"content":"x","mentioned_list":["@all"]},"safe":1}`, u.Requests()[0].Body)

	for field, call := range map[string]func(ctx context.Context, g message.Chats) error{
		"Name": func(ctx context.Context, g message.Chats) error {
			return g.Update(ctx, message.UpdateChatRequest{ChatID: "c", Name: strings.Repeat("字", 51)})
		},
		"Users": func(ctx context.Context, g message.Chats) error {
			_, err := g.Create(ctx, message.CreateChatRequest{Users: many(1)})
			return err
		},
		"Users[1]": func(ctx context.Context, g message.Chats) error {
			_, err := g.Create(ctx, message.CreateChatRequest{Users: []string{"a", "a"}})
			return err
		},
		"ChatID": func(ctx context.Context, g message.Chats) error {
			_, err := g.Create(ctx, message.CreateChatRequest{Users: many(2), ChatID: "a-b"})
			return err
		},
		"Content": func(ctx context.Context, g message.Chats) error {
			return g.Send(ctx, message.ChatMessage{ChatID: "c", Content: textNotice()})
		},
		"Safe": func(ctx context.Context, g message.Chats) error {
			return g.Send(ctx, message.ChatMessage{ChatID: "c", Content: message.Text{Content: "x"}, Safe: message.CorpOnly})
		},
	} {
		c, u := newClient(t, `{"errcode":0}`)
		fault, ok := errors.AsType[*message.FieldError](call(t.Context(), c.Chats()))
		require.True(t, ok, field)
		assert.Equal(t, field, fault.Field)
		assert.Empty(t, u.Requests())
	}
	_, err := c.Chats().Get(t.Context(), "")
	require.ErrorContains(t, err, "ChatID is missing")
	require.ErrorContains(t, c.Chats().Send(t.Context(), message.ChatMessage{}), "ChatID is missing; Content is missing")
	require.ErrorContains(t, c.Chats().Update(t.Context(), message.UpdateChatRequest{}), "ChatID is missing")
}

// The credential is fixed: another kind of token is refused before it is sent.
func TestPain07_OtherCredentialsAreRefused(t *testing.T) {
	t.Parallel()
	api, err := wecom.New()
	require.NoError(t, err)
	app, err := suite.New(api, suite.Config{ID: "ww1", Secret: "secret"})
	require.NoError(t, err)
	_, err = message.New(app).Send(t.Context(), good())
	require.ErrorContains(t, err, "needs an access_token")
	require.ErrorContains(t, message.New(nil).Recall(t.Context(), "m"), "AccessToken is nil")
}
