package cli

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/wecom-isv/wecom/callback"
	"github.com/wecom-isv/wecom/cmd/wecom/internal/catalog"
	"github.com/wecom-isv/wecom/cmd/wecom/internal/lang"
	"github.com/wecom-isv/wecom/cmd/wecom/internal/report"
	"github.com/wecom-isv/wecom/cmd/wecom/internal/tokenfile"
	"github.com/wecom-isv/wecom/crypto"
)

// decoding are the flags of decrypt.
type decoding struct {
	query                       string
	signature, timestamp, nonce string
	receivers                   []string
	out                         string
}

func (a *app) decryptCommand() *cobra.Command {
	var d decoding
	c := &cobra.Command{
		Use: "decrypt", GroupID: "callbacks",
		Short: a.t("Open an encrypted callback: kind and typed JSON", "解密回调：输出类型和结构化 JSON"),
		Long: a.t(`Open the encrypted callback on the standard input and print its kind, its receiver and the event as typed
JSON. The input is the XML or JSON body of a POST, the reply of a handler, or an echostr.

Give the query of the request to check the signature. Tickets, codes and tokens in the event are hidden;
--out writes the decrypted message as it is to a file that only you can read.`,
			`解密标准输入中的回调，输出事件类型、接收方和结构化 JSON。输入可以是 POST 的 XML 或 JSON 请求体、
处理程序的被动回复，或 echostr。

给出请求的查询串即可校验签名。事件中的 ticket、code、token 会被隐藏；
--out 把解密后的原文写入只有你能读取的文件。`),
		Example: `  wecom decrypt --query 'msg_signature=…&timestamp=…&nonce=…' < body.xml
  wecom decrypt --receiver ww4asffe99e54c0f4c --out message.xml < body.xml`,
		Args: a.noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			codec, err := a.codec(c)
			if err != nil {
				return err
			}
			text, err := a.input(lang.T("an encrypted callback", "加密的回调"))
			if err != nil {
				return err
			}
			return a.decrypt(codec, text, d)
		},
	}
	a.use(c, callbackToken, aesKey)
	flags := c.Flags()
	flags.StringVar(&d.query, "query", "", a.t("`query` or whole address of the request, for the signature", "请求的查询串 `QUERY` 或完整地址，用于校验签名"))
	flags.StringVar(&d.signature, "signature", "", "msg_signature")
	flags.StringVar(&d.timestamp, "timestamp", "", "timestamp")
	flags.StringVar(&d.nonce, "nonce", "", "nonce")
	flags.StringArrayVar(&d.receivers, "receiver", nil, a.t("accept this receiver `id` only; may be repeated", "只接受该接收方 `ID`；可重复"))
	flags.StringVar(&d.out, "out", "", a.t("write the decrypted message to this `file`, readable by you only", "把解密后的原文写入 `FILE`（仅本人可读）"))
	return c
}

func (a *app) parseCommand() *cobra.Command {
	return &cobra.Command{
		Use: "parse", GroupID: "callbacks",
		Short: a.t("Read a decrypted callback: kind and typed JSON", "解析明文回调：输出类型和结构化 JSON"),
		Long: a.t(`Read the decrypted callback on the standard input, XML or JSON, and print its kind and the event as typed
JSON, with tickets, codes and tokens hidden.`,
			`解析标准输入中的明文回调（XML 或 JSON），输出事件类型和结构化 JSON；ticket、code、token 会被隐藏。`),
		Example: `  wecom parse < create_auth.xml`,
		Args:    a.noArgs,
		RunE: func(*cobra.Command, []string) error {
			text, err := a.input(lang.T("a callback in plain XML or JSON", "明文 XML 或 JSON 回调"))
			if err != nil {
				return err
			}
			if _, err := crypto.ParseEnvelope(text); err == nil {
				return badUsage(lang.T("the input is encrypted: use wecom decrypt", "输入是加密的：请使用 wecom decrypt"))
			}
			return a.printMessage(text, "")
		},
	}
}

// decrypt opens text and prints what is in it.
func (a *app) decrypt(codec *crypto.Codec, text []byte, d decoding) error {
	sealed, err := d.sealed(text)
	if err != nil {
		return err
	}
	if sealed.Signature == "" {
		a.notef("%s", a.t("warning: no signature was given, so none was checked; see --query", "警告：没有给出签名，未做校验；见 --query"))
		sealed.Signature = codec.Sign(sealed.Timestamp, sealed.Nonce, sealed.Encrypt)
	}
	receivers, err := crypto.NewReceivers(d.receivers...)
	if err != nil {
		return misuse(lang.Both("--receiver"), err)
	}
	if len(d.receivers) == 0 {
		receivers = receivers.WithResolver(func(string) bool { return true })
	}
	message, err := codec.Open(nil, sealed, receivers)
	if errors.Is(err, crypto.ErrReceiver) && len(d.receivers) == 0 {
		message, err = codec.Open(nil, sealed, crypto.Individual()) // the empty id
	}
	if err != nil {
		return a.notOpened(err)
	}
	if d.out != "" {
		if _, err := tokenfile.WritePrivate(d.out, bytes.NewReader(message.Body)); err != nil {
			return unable(err, "the message cannot be written", "无法写入原文")
		}
		a.notef(a.t("the decrypted message is in %s", "解密后的原文在 %s"), d.out)
	}
	return a.printMessage(message.Body, string(message.Receiver))
}

// sealed finds the encrypted text, and the signature: in the flags, or in the
// envelope of a passive reply.
func (d decoding) sealed(text []byte) (crypto.Sealed, error) {
	sealed := crypto.Sealed{Signature: d.signature, Timestamp: d.timestamp, Nonce: d.nonce}
	if d.query != "" {
		_, query, hasMark := strings.Cut(d.query, "?")
		if !hasMark {
			query = d.query
		}
		values, err := url.ParseQuery(query)
		if err != nil {
			return sealed, badUsage(lang.T("--query cannot be parsed", "--query 无法解析"))
		}
		sealed.Signature, sealed.Timestamp, sealed.Nonce = values.Get("msg_signature"), values.Get("timestamp"), values.Get("nonce")
	}
	text = bytes.TrimSpace(text)
	env, err := crypto.ParseEnvelope(text)
	switch {
	case err == nil:
		sealed.Encrypt = env.Encrypt
	case len(text) > 0 && text[0] != '<' && text[0] != '{':
		sealed.Encrypt = text // an echostr, or the text of Encrypt
	default:
		return sealed, badUsage(lang.T("the input is no envelope with Encrypt, and no encrypted text; plain messages go to wecom parse",
			"输入不是带 Encrypt 的信封，也不是密文；明文请使用 wecom parse"))
	}
	if sealed.Signature == "" {
		var reply struct {
			Signature string `xml:"MsgSignature"`
			Timestamp string `xml:"TimeStamp"`
			Nonce     string `xml:"Nonce"`
		}
		if xml.Unmarshal(text, &reply) == nil {
			sealed.Signature, sealed.Timestamp, sealed.Nonce = reply.Signature, reply.Timestamp, reply.Nonce
		}
	}
	return sealed, nil
}

// notOpened says why an envelope did not open.
func (a *app) notOpened(err error) error {
	remedy := lang.T("compare the EncodingAESKey, and whether the text is whole", "核对 EncodingAESKey，并确认密文完整")
	switch {
	case errors.Is(err, crypto.ErrSignature):
		remedy = lang.T("compare the Token, and that timestamp and nonce are those of this request", "核对 Token，并确认 timestamp、nonce 属于同一请求")
	case errors.Is(err, crypto.ErrReceiver):
		remedy = lang.T("it is for somebody else: compare the ids", "消息属于其他接收方：请核对 ID")
	case errors.Is(err, crypto.ErrBase64):
		remedy = lang.T("the text is not base64: was it cut, or still escaped for a URL?", "不是 base64：是否被截断，或仍是 URL 转义形式？")
	}
	text := withoutPackages(err.Error())
	a.notef("%s %s (%d)", a.mark(report.Failure), printable(text), crypto.OfficialCode(err))
	a.notef("  → %s", remedy.In(a.lang))
	if a.json {
		if err := a.printJSON(map[string]any{"error": text, "official_code": crypto.OfficialCode(err), "remedy": remedy.In(a.lang)}); err != nil {
			return err
		}
	}
	return errFailed
}

// messageDoc is a callback as decrypt and parse print it.
type messageDoc struct {
	Kind     callback.Kind  `json:"kind"`
	Title    string         `json:"title,omitempty"`
	Type     string         `json:"type,omitempty"` // in Go
	Receiver string         `json:"receiver,omitempty"`
	Echo     string         `json:"echo,omitempty"` // of a URL verification
	Event    callback.Event `json:"event,omitempty"`
	Note     string         `json:"note,omitempty"`
}

// printMessage prints a decrypted message as typed JSON. Its secrets have types
// that do not print.
func (a *app) printMessage(message []byte, receiver string) error {
	if echo := strings.TrimSpace(string(message)); receiver != "" && !strings.HasPrefix(echo, "<") && !strings.HasPrefix(echo, "{") {
		return a.printJSON(messageDoc{Kind: "verification", Title: "验证URL有效性", Receiver: receiver, Echo: echo})
	}
	env, err := callback.Parse(message, receiver)
	if err != nil {
		return badUsage(lang.T("the message is neither XML nor a JSON object", "消息既不是 XML 也不是 JSON 对象"))
	}
	ev, err := catalog.Decode(env)
	doc := messageDoc{Kind: env.Kind, Title: catalog.EventTitle(env.Kind), Receiver: receiver, Event: ev}
	switch {
	case err != nil:
		doc.Note = a.t("it does not fit its type: Mux.Fallback gets it whole", "与类型不符：Mux.Fallback 会收到整条消息")
	case env.Kind == "":
		doc.Note = a.t("none of the known forms: neither InfoType nor MsgType", "不属于已知格式：既没有 InfoType 也没有 MsgType")
	case ev == nil:
		doc.Note = a.t("no type has this kind: Mux.Fallback gets it whole", "没有对应的类型：Mux.Fallback 会收到整条消息")
	default:
		doc.Type = strings.TrimPrefix(fmt.Sprintf("%T", ev), "*")
	}
	if err := a.printJSON(doc); err != nil {
		return err
	}
	if env.Kind == "" || err != nil {
		return errFailed
	}
	return nil
}

func quote(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		return `""` // strings always encode
	}
	return string(text)
}

func cdata(s string) string {
	return "<![CDATA[" + strings.ReplaceAll(s, "]]>", "]]]]><![CDATA[>") + "]]>"
}
