package callback_test

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/wecom-isv/wecom/callback"
	"github.com/wecom-isv/wecom/crypto"
)

// replies holds the value that gives the example of each row of the replies in
// testdata/events/data.yaml.
var replies = map[string]callback.Reply{
	"reply.text":            callback.TextReply{Content: "this is a test"},
	"reply.image":           callback.ImageReply{MediaID: "media_id"},
	"reply.voice":           callback.VoiceReply{MediaID: "media_id"},
	"reply.video":           callback.VideoReply{MediaID: "media_id", Title: "title", Description: "description"},
	"reply.update_button":   callback.UpdateButtonReply{ReplaceName: "ReplaceName"},
	"reply.update_taskcard": callback.UpdateTaskCardReply{ReplaceName: "ReplaceName"},
	"reply.news": callback.NewsReply{Articles: []callback.Article{
		{Title: "title1", Description: "description1", PicURL: "picurl", URL: "url"},
		{Title: "title", Description: "description", PicURL: "picurl", URL: "url"},
	}},
	"reply.update_template_card.text_notice": callback.TextNoticeCard{
		Source: cardSource, ActionMenu: cardMenu, MainTitle: cardTitle,
		EmphasisContent: &callback.CardText{Title: "100", Desc: "desc"},
		QuoteArea:       cardQuote, SubTitleText: "sub_title",
		HorizontalContentList: cardLines, JumpList: cardJumps, CardAction: cardAction,
	},
	"reply.update_template_card.news_notice": callback.NewsNoticeCard{
		Source: cardSource, ActionMenu: cardMenu, MainTitle: cardTitle,
		CardImage:     &callback.CardImage{URL: "image_url", AspectRatio: 1.3},
		ImageTextArea: &callback.CardImageText{Type: callback.CardLinkURL, URL: "url", Title: "title", Desc: "desc", ImageURL: "image_url"},
		QuoteArea:     cardQuote, VerticalContentList: []callback.CardText{{Title: "title", Desc: "desc"}},
		HorizontalContentList: cardLines, JumpList: cardJumps, CardAction: cardAction,
	},
	"reply.update_template_card.button_interaction": callback.ButtonInteractionCard{
		Source: cardSource, ActionMenu: cardMenu, MainTitle: cardTitle, QuoteArea: cardQuote, SubTitleText: "sub_title",
		HorizontalContentList: cardLines, CardAction: cardAction, ButtonSelection: &cardSelection,
		ButtonList:  []callback.CardButton{{Text: "text", Style: 1, Key: "key1"}, {Text: "text", Style: 2, Key: "key2"}},
		ReplaceText: "已提交",
	},
	"reply.update_template_card.vote_interaction": &callback.VoteInteractionCard{
		Source: cardSource, MainTitle: cardTitle,
		CheckBox: &callback.CardCheckBox{
			QuestionKey: "question_key", Mode: 1,
			OptionList: []callback.CardChoice{{ID: "id_1", Text: "text_1", IsChecked: true}, {ID: "id_2", Text: "text_2"}},
		},
		SubmitButton: cardSubmit, ReplaceText: "已提交",
	},
	"reply.update_template_card.multiple_interaction": callback.MultipleInteractionCard{
		Source: cardSource, MainTitle: cardTitle, SelectList: []callback.CardSelection{cardSelection},
		SubmitButton: cardSubmit, ReplaceText: "已提交",
	},
}

var (
	cardSource = &callback.CardSource{IconURL: "source_url", Desc: "企业微信", DescColor: 1}
	cardMenu   = &callback.CardMenu{Desc: "desc", ActionList: []callback.CardMenuAction{{Text: "接收推送", Key: "A"}, {Text: "不再推送", Key: "B"}}}
	cardTitle  = &callback.CardText{Title: "main_title", Desc: "desc"}
	cardQuote  = &callback.CardQuote{Type: callback.CardLinkURL, URL: "quote_url", Title: "quote_title", QuoteText: "quote_text"}
	cardAction = &callback.CardAction{Type: callback.CardLinkURL, URL: "jump_url"}
	cardSubmit = &callback.CardSubmit{Text: "提交", Key: "key"}
	cardLines  = []callback.CardHorizontal{{KeyName: "keyname", Value: "value"}, {Type: callback.CardLinkURL, KeyName: "keyname", Value: "value", URL: "url"}}
	cardJumps  = []callback.CardJump{
		{Type: callback.CardLinkURL, Title: "title", URL: "url"},
		{Type: callback.CardLinkMiniProgram, Title: "title", AppID: "appid", PagePath: "pagepath"},
	}
	cardSelection = callback.CardSelection{
		QuestionKey: "question_key", Title: "title", SelectedID: "id_1", Disable: true,
		OptionList: []callback.CardOption{{ID: "id_1", Text: "text_1"}, {ID: "id_2", Text: "text_2"}},
	}
)

// elementsOf returns the elements of doc in their order, with their texts.
func elementsOf(t *testing.T, doc string) []string {
	t.Helper()
	var path, found []string
	var text strings.Builder
	d := xml.NewDecoder(strings.NewReader(doc))
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return found
		}
		require.NoError(t, err, doc)
		switch tok := tok.(type) {
		case xml.StartElement:
			path = append(path, tok.Name.Local)
			found = append(found, strings.Join(path, "/"))
			text.Reset()
		case xml.CharData:
			text.Write(tok)
		case xml.EndElement:
			if s := strings.TrimSpace(text.String()); s != "" {
				found[len(found)-1] += "=" + s
			}
			text.Reset()
			path = path[:len(path)-1]
		}
	}
}

// text is a message that a member sent.
func text(content string) string {
	return strings.Replace(appEvent("<MsgType><![CDATA[text]]></MsgType><Content><![CDATA["+content+"]]></Content>"), "[sys]", "[zhangsan]", 1)
}

// replying returns a handler that answers every text message with reply.
func replying(t *testing.T, cfg callback.Config, reply callback.Reply) http.Handler {
	t.Helper()
	var mux callback.Mux
	callback.Answer(&mux, func(context.Context, callback.Envelope, callback.TextMessage) (callback.Reply, error) {
		return reply, nil
	})
	return newHandler(t, cfg, &mux)
}

func corpConfig() callback.Config {
	return callback.Config{Token: accountA.token, AESKey: accountA.key, Receivers: []string{corpID}, VerifyReceivers: []string{providerID}}
}

// opened takes the reply out of an answer, as WeCom does.
func opened(t *testing.T, a account, receiver string, w *httptest.ResponseRecorder) string {
	t.Helper()
	require.Equal(t, http.StatusOK, w.Code, w.Body.String())
	var outer struct {
		Encrypt      string `xml:"Encrypt" json:"encrypt"`
		MsgSignature string `xml:"MsgSignature" json:"msgsignature"`
		TimeStamp    string `xml:"TimeStamp" json:"timestamp"`
		Nonce        string `xml:"Nonce" json:"nonce"`
	}
	if w.Header().Get("Content-Type") == "application/json; charset=utf-8" {
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &outer))
	} else {
		require.Equal(t, "text/xml; charset=utf-8", w.Header().Get("Content-Type"))
		require.NoError(t, xml.Unmarshal(w.Body.Bytes(), &outer))
	}
	codec, err := crypto.New(a.token, a.key)
	require.NoError(t, err)
	receivers := crypto.Individual()
	if receiver != "" {
		receivers, err = crypto.NewReceivers(receiver)
		require.NoError(t, err)
	}
	msg, err := codec.Open(nil, crypto.Sealed{
		Signature: outer.MsgSignature, Timestamp: outer.TimeStamp, Nonce: outer.Nonce, Encrypt: []byte(outer.Encrypt),
	}, receivers)
	require.NoError(t, err)
	return string(msg.Body)
}

func TestRepliesOfTheTable(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("../testdata/events/data.yaml")
	require.NoError(t, err)
	var file struct {
		Replies []struct {
			ID      string `yaml:"id"`
			MsgType string `yaml:"msg_type"`
			Example string `yaml:"example"`
			Fields  []struct {
				Path string `yaml:"path"`
			} `yaml:"fields"`
		} `yaml:"replies"`
	}
	require.NoError(t, yaml.Unmarshal(source, &file))
	require.Len(t, file.Replies, len(replies))
	for _, row := range file.Replies {
		reply := replies[row.ID]
		require.NotNil(t, reply, row.ID)
		assert.Equal(t, row.MsgType, reply.MsgType(), row.ID)
		before := time.Now().Unix()
		got := opened(t, accountA, corpID, delivery{account: accountA, message: text("hi"), receiver: corpID}.post(t, replying(t, corpConfig(), reply)))

		want := elementsOf(t, row.Example)
		have := elementsOf(t, got)
		require.Len(t, have, len(want), got)
		assert.Equal(t, []string{"xml/ToUserName=zhangsan", "xml/FromUserName=" + corpID}, have[1:3], row.ID)
		assert.Equal(t, want[4:], have[4:], row.ID)
		var created struct {
			CreateTime int64 `xml:"CreateTime"`
		}
		require.NoError(t, xml.Unmarshal([]byte(got), &created))
		assert.InDelta(t, before, created.CreateTime, 60, row.ID)
		for _, f := range row.Fields { // the example has every field of the table, so the type does
			path := strings.Trim(strings.ReplaceAll(f.Path, "[]", ""), "/")
			assert.Contains(t, strings.Join(have, "\n"), path, row.ID)
		}
	}
}

func TestReplyJSON(t *testing.T) {
	t.Parallel()
	message := `{"ToUserName":"` + corpID + `","FromUserName":"zhangsan","CreateTime":1,"MsgType":"text","Content":"hi"}`
	for want, reply := range map[string]callback.Reply{
		`"Content":"a \"b\" ]]\u003e c"`: callback.TextReply{Content: "a \"b\" ]]> c\x00"},
		`"ArticleCount":2,"Articles":{"item":[{"Title":"1","Description":"","PicUrl":"","Url":""},{"Title":"2","Description":"","PicUrl":"","Url":""}]}`: callback.NewsReply{
			Articles: []callback.Article{{Title: "1"}, {Title: "2"}},
		},
		`"TemplateCard":{"CardType":"vote_interaction","CheckBox":{"QuestionKey":"q","OptionList":[{"Id":"1","Text":"t","IsChecked":true}],"Disable":false,"Mode":0}}`: callback.VoteInteractionCard{
			CheckBox: &callback.CardCheckBox{QuestionKey: "q", OptionList: []callback.CardChoice{{ID: "1", Text: "t", IsChecked: true}}},
		},
	} {
		w := delivery{account: accountA, message: message, receiver: corpID, json: true}.post(t, replying(t, corpConfig(), reply))
		got := opened(t, accountA, corpID, w)
		assert.True(t, json.Valid([]byte(got)), got)
		assert.Contains(t, got, want)
		assert.Contains(t, got, `{"ToUserName":"zhangsan","FromUserName":"`+corpID+`","CreateTime":`)
		assert.Contains(t, got, `"MsgType":"`+reply.MsgType()+`"`)
	}
}

func TestReplyTextCannotBreakOut(t *testing.T) {
	t.Parallel()
	const evil = "a]]></Content><MsgType>x</MsgType>]]>\x00\x0b\ufffe\uffff\xff\xed\xa0\x80 企业\t\r\n<&>\U0001f600]]>]]]"
	got := opened(t, accountA, corpID, delivery{account: accountA, message: text("hi"), receiver: corpID}.post(t, replying(t, corpConfig(), callback.TextReply{Content: evil})))
	var parsed struct {
		MsgType []string `xml:"MsgType"`
		Content string   `xml:"Content"`
	}
	require.NoError(t, xml.Unmarshal([]byte(got), &parsed))
	assert.Equal(t, []string{"text"}, parsed.MsgType)
	assert.Equal(t, "a]]></Content><MsgType>x</MsgType>]]> 企业\t\n<&>\U0001f600]]>]]]", parsed.Content) // XML reads \r\n as \n
}

func TestReplyIsEncryptedForWhoAsked(t *testing.T) {
	t.Parallel()
	reply := callback.TextReply{Content: "hello"}
	// On a data URL, for the corp; with the key that the message came with.
	cfg := callback.Config{
		Token: accountB.token, AESKey: accountB.key, OldKeys: []callback.OldKey{{Token: accountA.token, AESKey: accountA.key}},
		VerifyReceivers: []string{providerID}, AcceptReceiver: func(string) bool { return true },
	}
	for _, a := range []account{accountA, accountB} {
		for _, receiver := range []string{corpID, "wwplain"} {
			got := opened(t, a, receiver, delivery{account: a, message: text("hi"), receiver: receiver}.post(t, replying(t, cfg, reply)))
			assert.Contains(t, got, "<FromUserName><![CDATA["+corpID+"]]></FromUserName>")
		}
	}
	individual := callback.Config{Token: accountA.token, AESKey: accountA.key, Individual: true}
	got := opened(t, accountA, "", delivery{account: accountA, message: text("hi"), receiver: "-"}.post(t, replying(t, individual, reply)))
	assert.Contains(t, got, "hello")
	// Two replies to the same message differ: nonce and random bytes are new.
	d := delivery{account: accountA, message: text("hi"), receiver: corpID}
	h := replying(t, corpConfig(), reply)
	first, second := d.post(t, h), d.post(t, h)
	assert.NotEqual(t, first.Body.String(), second.Body.String())
}

func TestReplyOfEightArticles(t *testing.T) {
	t.Parallel()
	reply := callback.NewsReply{Articles: make([]callback.Article, 8)}
	got := opened(t, accountA, corpID, delivery{account: accountA, message: text("hi"), receiver: corpID}.post(t, replying(t, corpConfig(), reply)))
	assert.Contains(t, got, "<ArticleCount>8</ArticleCount>")
	assert.Equal(t, 8, strings.Count(got, "<item>"))
}

type ownReply struct {
	XMLName struct{} `xml:"xml"`
	base
	Stream  *ownStream `xml:"Stream"`
	Absent  *ownStream
	Skipped string   `xml:"-"`
	Sizes   []uint16 `xml:"Size,omitempty"`
	Plain   string
	Ratio   float32
	hidden  string
	*Extra
}

// Extra is what few replies have.
type Extra struct{ More string }

type base struct{ ID string }

type ownStream struct {
	Finish bool `xml:"Finish"`
}

func (ownReply) MsgType() string { return "own" }

func TestReplyOfOnesOwn(t *testing.T) {
	t.Parallel()
	reply := ownReply{base: base{"i"}, Stream: &ownStream{true}, Skipped: "x", Sizes: []uint16{1, 2}, Plain: "p", Ratio: 0.5, hidden: "h"}
	got := opened(t, accountA, corpID, delivery{account: accountA, message: text("hi"), receiver: corpID}.post(t, replying(t, corpConfig(), reply)))
	assert.Equal(t, []string{
		"xml/MsgType=own", "xml/ID=i", "xml/Stream", "xml/Stream/Finish=true", "xml/Size=1", "xml/Size=2", "xml/Plain=p", "xml/Ratio=0.5",
	}, elementsOf(t, got)[4:])
	reply = ownReply{Extra: &Extra{"m"}}
	got = opened(t, accountA, corpID, delivery{account: accountA, message: text("hi"), receiver: corpID}.post(t, replying(t, corpConfig(), reply)))
	assert.Equal(t, []string{"xml/MsgType=own", "xml/ID", "xml/Plain", "xml/Ratio=0", "xml/More=m"}, elementsOf(t, got)[4:])
}

type (
	mapReply  struct{ M map[string]string }
	pathReply struct {
		T string `xml:"A>B"`
	}
	attrReply struct {
		T string `xml:"a,attr"`
	}
	floatReply struct{ F []float64 }
	funcReply  struct{ S []struct{ F func() } }
	textReply  string
	panicReply struct{}
)

func (mapReply) MsgType() string   { return "own" }
func (pathReply) MsgType() string  { return "own" }
func (attrReply) MsgType() string  { return "own" }
func (floatReply) MsgType() string { return "own" }
func (funcReply) MsgType() string  { return "own" }
func (textReply) MsgType() string  { return "own" }
func (panicReply) MsgType() string { panic("canary") }

// A reply that cannot be sent is an error of the handler.
func TestRepliesThatCannotBeSent(t *testing.T) {
	t.Parallel()
	for want, reply := range map[string]callback.Reply{
		"0 articles, not 1 to 8":                       callback.NewsReply{},
		"9 articles, not 1 to 8":                       &callback.NewsReply{Articles: make([]callback.Article, 9)},
		"element M: a reply cannot hold a map":         mapReply{},
		`field T: xml tag "A>B" is not supported`:      pathReply{},
		`field T: xml tag "a,attr" is not supported`:   attrReply{},
		"element F is not a finite number":             floatReply{[]float64{1, math.Inf(1)}},
		"element F: a reply cannot hold a func()":      funcReply{make([]struct{ F func() }, 1)},
		"callback_test.textReply is not a struct":      textReply("x"),
		`handler of "app:text" panicked with a string`: panicReply{},
	} {
		log := new(strings.Builder)
		cfg := corpConfig()
		cfg.Logger = textLogger(log)
		requireRefused(t, http.StatusInternalServerError, delivery{account: accountA, message: text("hi"), receiver: corpID}.post(t, replying(t, cfg, reply)))
		assert.Contains(t, strings.ReplaceAll(log.String(), `\"`, `"`), want)
		assert.NotContains(t, log.String(), "canary")

		// So it is when nobody waits for it.
		var mux callback.Mux
		callback.Answer(&mux, func(context.Context, callback.Envelope, callback.TextMessage) (callback.Reply, error) {
			return reply, nil
		})
		require.ErrorContains(t, mux.Dispatch(t.Context(), parse(t, text("hi"))), want)
	}

	// Nobody takes a reply to what the system says.
	var mux callback.Mux
	callback.Answer(&mux, func(context.Context, callback.Envelope, callback.TextMessage) (callback.Reply, error) {
		return callback.TextReply{Content: "to whom"}, nil
	})
	for _, message := range []string{appEvent("<MsgType>text</MsgType>"), "<xml><ToUserName>wwc</ToUserName><MsgType>text</MsgType></xml>"} {
		require.ErrorIs(t, mux.Dispatch(t.Context(), parse(t, message)), callback.ErrNoSender)
	}
	require.NoError(t, mux.Dispatch(t.Context(), parse(t, text("hi"))))
}

func TestAnswerWithNothing(t *testing.T) {
	t.Parallel()
	d := delivery{account: accountA, message: text("hi"), receiver: corpID}
	for _, reply := range []callback.Reply{nil, (*callback.TextReply)(nil), callback.NoReply{}, &callback.NoReply{}} {
		w := d.post(t, replying(t, corpConfig(), reply))
		requireNothing(t, w)
		assert.Empty(t, w.Header().Get("Content-Type"))
	}
	var mux callback.Mux
	callback.Answer(&mux, func(context.Context, callback.Envelope, callback.TextMessage) (callback.Reply, error) {
		return callback.TextReply{Content: "x"}, errors.New("failed all the same")
	})
	requireRefused(t, http.StatusInternalServerError, d.post(t, newHandler(t, corpConfig(), &mux)))
}

// A message that does not fit its type reaches no handler, so nobody replies to it.
func TestAnswerToWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	var mux callback.Mux
	callback.Answer(&mux, func(context.Context, callback.Envelope, callback.LocationMessage) (callback.Reply, error) {
		return callback.TextReply{Content: "you are there"}, nil
	})
	message := appEvent("<MsgType>location</MsgType><Scale>canary</Scale>")
	err := mux.Dispatch(t.Context(), parse(t, message))
	decode, ok := errors.AsType[*callback.DecodeError](err)
	require.True(t, ok)
	assert.EqualValues(t, "app:location", decode.Kind)
	assert.NotContains(t, err.Error(), "canary")
	requireRefused(t, http.StatusInternalServerError, delivery{account: accountA, message: message, receiver: corpID}.post(t, newHandler(t, corpConfig(), &mux)))
}

// A handler that replies does not wait in a queue; the others do.
func TestAnswerBesideAQueue(t *testing.T) {
	t.Parallel()
	var mux callback.Mux
	callback.Answer(&mux, func(_ context.Context, _ callback.Envelope, ev callback.TextMessage) (callback.Reply, error) {
		return callback.TextReply{Content: "you said " + ev.Content}, nil
	})
	cfg := corpConfig()
	cfg.Queue = refusingQueue{}
	h := newHandler(t, cfg, &mux)
	got := opened(t, accountA, corpID, delivery{account: accountA, message: text("hi"), receiver: corpID}.post(t, h))
	assert.Contains(t, got, "you said hi")
	image := appEvent("<MsgType>image</MsgType>")
	requireRefused(t, http.StatusServiceUnavailable, delivery{account: accountA, message: image, receiver: corpID}.post(t, h))
}

func TestAnswerPanicsOnMistakes(t *testing.T) {
	t.Parallel()
	var mux callback.Mux
	assert.PanicsWithValue(t, `callback: Answer: "suite:suite_ticket" takes no reply: it is not in app form`, func() {
		callback.Answer(&mux, func(context.Context, callback.Envelope, callback.SuiteTicket) (callback.Reply, error) {
			return callback.NoReply{}, nil
		})
	})
	assert.PanicsWithValue(t, "callback: Answer: nil handler for callback.TextMessage", func() { callback.Answer[callback.TextMessage](&mux, nil) })
	assert.Panics(t, func() {
		callback.Answer(&mux, func(context.Context, callback.Envelope, *callback.TextMessage) (callback.Reply, error) {
			return callback.NoReply{}, nil
		})
	})
	callback.On(&mux, func(context.Context, callback.Envelope, callback.TextMessage) error { return nil })
	assert.PanicsWithValue(t, `callback: On: "app:text" has a handler already`, func() {
		callback.Answer(&mux, func(context.Context, callback.Envelope, callback.TextMessage) (callback.Reply, error) {
			return callback.NoReply{}, nil
		})
	})
	// The caller's options are left alone.
	opts := make([]callback.OnOption, 1, 2)
	opts[0] = callback.ForSuite("a")
	callback.Answer(&mux, func(context.Context, callback.Envelope, callback.ImageMessage) (callback.Reply, error) {
		return callback.NoReply{}, nil
	}, opts...)
	assert.Nil(t, opts[:2][1])
}

// FuzzReply puts any text into a reply: WeCom reads it back, but for what XML
// cannot hold, and nothing else.
func FuzzReply(f *testing.F) {
	for _, seed := range []string{"", "hi", "]]>", "]]]>", "a]]>b]]>", "<![CDATA[x]]>", "\x00\x1f\ufffe", "\xff\xfe", "&amp;<xml>", "企业\r\n微信", "\U0010ffff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, content string) {
		got := opened(t, accountA, corpID, delivery{account: accountA, message: text("hi"), receiver: corpID}.post(t, replying(t, corpConfig(), callback.TextReply{Content: content})))
		var parsed struct {
			MsgType []string `xml:"MsgType"`
			Content []string `xml:"Content"`
		}
		require.NoError(t, xml.Unmarshal([]byte(got), &parsed))
		want := strings.Map(func(c rune) rune {
			if c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == 0xfffe || c == 0xffff {
				return -1
			}
			return c
		}, strings.ToValidUTF8(content, ""))
		want = strings.ReplaceAll(strings.ReplaceAll(want, "\r\n", "\n"), "\r", "\n") // so XML reads them
		require.Equal(t, []string{"text"}, parsed.MsgType)
		require.Equal(t, []string{want}, parsed.Content)
	})
}
