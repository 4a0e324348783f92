package wecomtest

import (
	"maps"
	"slices"
	"strings"
)

// mediaOf are the message types whose content is a file, and the kind of it.
var mediaOf = map[string]string{"image": "image", "voice": "voice", "video": "video", "file": "file"}

// checkMessage checks the content of an application message: the object that
// msgtype names must be there, alone, and complete. Lengths and types were checked
// against the table before.
func (p *Platform) checkMessage(c *call) error {
	kind := c.text("msgtype")
	content, known := findField(c.row.Body, kind)
	if !known || content.Type != "object" {
		return refuse(40008)
	}
	if objectOf(c.body[kind]) == nil {
		return refusef(82004, "message content invalid, %s is missing", kind)
	}
	if err := p.checkAlone(c, kind); err != nil {
		return err
	}
	if err := checkSafe(c, kind); err != nil {
		return err
	}
	object := c.object(kind)
	switch kind {
	case "text":
		if object.text("content") == "" {
			return refuse(44004)
		}
	case "template_card":
		return checkCard(c.row.CardTypes, object, p.settings.strict)
	default:
		if mediaOf[kind] != "" {
			return p.checkMediaID(c, kind, object.text("media_id"))
		}
	}
	return nil
}

// checkAlone refuses the content of another type beside that of msgtype: WeCom may
// ignore it, but it is nearly always a mistake of the client.
func (p *Platform) checkAlone(c *call, kind string) error {
	if !p.settings.strict {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(c.body)) {
		if f, _ := findField(c.row.Body, name); f.Type == "object" && name != kind {
			return refusef(40058, "unknown field %s with msgtype %s", name, kind)
		}
	}
	return nil
}

// checkSafe checks which kinds of messages may be confidential.
func checkSafe(c *call, kind string) error {
	switch safe := c.amount("safe"); {
	case safe != 0 && kind == "news":
		return refuse(40074)
	case safe == 2 && kind != "mpnews":
		return refusef(40058, "invalid parameter safe: 2 is for mpnews")
	}
	return nil
}

// checkMediaID wants a living file of the right kind.
func (p *Platform) checkMediaID(c *call, kind, id string) error {
	m, err := p.medium(c, id)
	if err != nil {
		return err
	}
	if m.kind != mediaOf[kind] {
		return refusef(40007, "invalid media_id, it is of type %s", m.kind)
	}
	return nil
}

// cardType says what a kind of template card has, by path.
type cardType struct {
	Required []string `yaml:"required"`
	OneOf    []string `yaml:"one_of"`
	Optional []string `yaml:"optional"`
}

// missingInCard are the codes for what a card lacks.
var missingInCard = map[string]int{
	"main_title.title": 42033, "sub_title_text": 42033, "card_action": 42045, "task_id": 42014,
	"button_list": 42038, "checkbox": 42037, "select_list": 42047, "submit_button": 42049,
	"card_image": 42044, "image_text_area": 42044,
}

// checkCard checks a template card (模板卡片) against its card_type.
func checkCard(kinds map[string]cardType, card *call, strict bool) error {
	kind, known := kinds[card.text("card_type")]
	if !known {
		return refuse(42031)
	}
	for _, path := range kind.Required {
		if !card.hasPath(path) {
			return lacks(path)
		}
	}
	if len(kind.OneOf) > 0 && !slices.ContainsFunc(kind.OneOf, card.hasPath) {
		return lacks(kind.OneOf[0])
	}
	if card.has("action_menu") && card.text("task_id") == "" {
		return lacks("task_id")
	}
	if strict {
		if err := kind.checkForeign(card); err != nil {
			return err
		}
	}
	return checkCardParts(card)
}

func lacks(path string) error {
	return refusef(missingInCard[path], "template_card.%s is missing", path)
}

// checkForeign refuses parts that belong to other kinds of cards. replace_text is
// for updates.
func (k cardType) checkForeign(card *call) error {
	own := map[string]bool{"card_type": true, "replace_text": true}
	for _, path := range slices.Concat(k.Required, k.OneOf, k.Optional) {
		name, _, _ := strings.Cut(path, ".")
		own[name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(card.body)) {
		if !own[name] {
			return refusef(40058, "unknown field template_card.%s for this card_type", name)
		}
	}
	return nil
}

// hasPath tells whether a card has something at a path: text that is not empty,
// a list that has elements, or an object.
func (c *call) hasPath(path string) bool {
	name, rest, deeper := strings.Cut(path, ".")
	if deeper {
		return c.object(name).hasPath(rest)
	}
	value, there := c.body[name]
	return there && value != nil && !isZero(value)
}

// needs are what a linked part wants for each of its types, and the code without.
type needs map[int64]struct {
	field string
	code  int
}

var (
	linkNeeds   = needs{1: {"url", 40058}, 2: {"appid", 42030}}
	lineNeeds   = needs{1: {"url", 40058}, 2: {"media_id", 42029}, 3: {"userid", 42050}}
	buttonNeeds = needs{0: {"key", 42039}, 1: {"url", 40058}}
)

func (n needs) check(part *call, place string) error {
	wanted, found := n[part.amount("type")]
	if found && part.text(wanted.field) == "" {
		return refusef(wanted.code, "template_card.%s.%s is missing", place, wanted.field)
	}
	return nil
}

func checkCardParts(card *call) error {
	for _, name := range []string{"quote_area", "image_text_area", "card_action"} {
		if err := linkNeeds.check(card.object(name), name); err != nil {
			return err
		}
	}
	for _, part := range []struct {
		list  string
		needs needs
	}{{"jump_list", linkNeeds}, {"horizontal_content_list", lineNeeds}, {"button_list", buttonNeeds}} {
		for _, entry := range card.objects(part.list) {
			if err := part.needs.check(entry, part.list); err != nil {
				return err
			}
		}
	}
	return checkCardKeys(card)
}

// checkCardKeys wants keys and ids to be unique where they come back in events.
func checkCardKeys(card *call) error {
	if !unique(card.object("action_menu").objects("action_list"), "key") {
		return refuse(42051)
	}
	if !unique(card.objects("button_list"), "key") {
		return refusef(42039, "template_card.button_list.key is not unique")
	}
	questions := append(card.objects("select_list"), card.object("checkbox"), card.object("button_selection"))
	for _, question := range questions {
		if !unique(question.objects("option_list"), "id") {
			return refusef(42040, "template_card: option_list.id is not unique")
		}
	}
	if !unique(questions, "question_key") {
		return refusef(42043, "template_card: question_key is not unique")
	}
	return nil
}

// unique tells whether no two entries have the same text in a field.
func unique(entries []*call, name string) bool {
	seen := map[string]bool{}
	for _, entry := range entries {
		text := entry.text(name)
		if text != "" && seen[text] {
			return false
		}
		seen[text] = true
	}
	return true
}
