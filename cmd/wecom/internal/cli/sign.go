package cli

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"crypto/subtle"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/wecom-isv/wecom/cmd/wecom/internal/lang"
	"github.com/wecom-isv/wecom/cmd/wecom/internal/report"
	"github.com/wecom-isv/wecom/crypto"
)

func (a *app) signCommand() *cobra.Command {
	var timestamp, nonce, check string
	c := &cobra.Command{
		Use: "sign", GroupID: "callbacks",
		Short: a.t("Compute or check the msg_signature of an encrypted text", "计算或校验密文的 msg_signature"),
		Long: a.t(`Compute the msg_signature of the encrypted text on the standard input: the lower-case SHA-1 of Token,
timestamp, nonce and text in the order of their bytes. With --check compare it instead.`,
			`计算标准输入中密文的 msg_signature：Token、timestamp、nonce、密文按字节序排序后的小写 SHA-1。
给出 --check 时改为比较。`),
		Example: `  wecom sign --timestamp 1409659813 --nonce 1372623149 < encrypt.txt
  wecom sign --timestamp 1409659813 --nonce 1372623149 --check 477715d1… < encrypt.txt`,
		Args: a.noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			token, err := a.need(c, callbackToken)
			if err != nil {
				return err
			}
			if timestamp == "" || nonce == "" {
				return badUsage(lang.T("--timestamp and --nonce are needed, as in the query of the callback", "需要 --timestamp 和 --nonce，与回调的查询串一致"))
			}
			codec, err := crypto.New(token, anyKey)
			if err != nil {
				return badUsage(lang.T("$%s must be 1 to 32 letters and digits", "$%s 应为 1 到 32 个字母或数字").With(callbackToken.env))
			}
			text, err := a.input(lang.T("the encrypted text", "密文"))
			if err != nil {
				return err
			}
			return a.sign(codec.Sign(timestamp, nonce, []byte(strings.TrimSpace(string(text)))), check)
		},
	}
	a.use(c, callbackToken)
	c.Flags().StringVar(&timestamp, "timestamp", "", a.t("timestamp of the query", "查询串中的 timestamp"))
	c.Flags().StringVar(&nonce, "nonce", "", a.t("nonce of the query", "查询串中的 nonce"))
	c.Flags().StringVar(&check, "check", "", a.t("compare with this msg_signature", "与该 msg_signature 比较"))
	return c
}

// anyKey is an EncodingAESKey for a codec that only signs.
const anyKey = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// sign prints the signature or, given one to check, whether it is right. The
// right one is not printed then: whoever guesses signatures must not learn it.
func (a *app) sign(signature, check string) error {
	matches := subtle.ConstantTimeCompare([]byte(signature), []byte(check)) == 1
	switch {
	case check == "" && a.json:
		return a.printJSON(map[string]string{"msg_signature": signature})
	case check == "":
		a.printf("%s", signature)
		return nil
	case a.json:
		if err := a.printJSON(map[string]bool{"matches": matches}); err != nil {
			return err
		}
	case matches:
		a.printf("%s %s", a.mark(report.OK), a.t("the signature matches", "签名匹配"))
	default:
		a.printf("%s %s", a.mark(report.Failure), a.t("the signature does not match: compare the Token, and that a + in the query did not become a blank",
			"签名不匹配：核对 Token，并确认查询串中的 + 没有变成空格"))
	}
	if !matches {
		return errFailed
	}
	return nil
}

func (a *app) encryptCommand() *cobra.Command {
	var (
		receiver, toUser, agent, timestamp, nonce, form string
		echo                                            bool
	)
	c := &cobra.Command{
		Use: "encrypt", GroupID: "callbacks",
		Short: a.t("Encrypt and sign a message as WeCom does", "像企业微信一样加密并签名消息"),
		Long: a.t(`Encrypt and sign the message on the standard input as WeCom does, and print the body to POST. The query
that goes with it is printed beside the output; --json prints both.`,
			`像企业微信一样加密并签名标准输入中的消息，输出要 POST 的请求体；对应的查询串输出到标准错误。
--json 同时输出两者。`),
		Example: `  wecom encrypt --receiver ww4asffe99e54c0f4c < create_auth.xml
  wecom encrypt --receiver ww4asffe99e54c0f4c --form json < event.json
  echo -n 1616140317555161061 | wecom encrypt --receiver wwPROVIDER --echo`,
		Args: a.noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			codec, err := a.codec(c)
			if err != nil {
				return err
			}
			if receiver == "" {
				return badUsage(lang.T("--receiver is needed: the suite id for command URLs, the corp id for data URLs, the provider's corp id for verifications and the system-event URL",
					"需要 --receiver：指令回调用 SuiteID，数据回调用企业 CorpID，URL 验证和系统事件用服务商 CorpID"))
			}
			message, err := a.input(lang.T("the message", "消息"))
			if err != nil {
				return err
			}
			if echo {
				form, message = "echo", bytes.TrimSpace(message)
			}
			if timestamp == "" {
				timestamp = strconv.FormatInt(time.Now().Unix(), 10)
			}
			if nonce == "" {
				nonce = rand.Text()[:10]
			}
			sealed, err := codec.Seal(message, receiver, timestamp, nonce)
			if err != nil {
				return misuse(lang.T("cannot be encrypted", "无法加密"), err)
			}
			return a.printSealed(sealed, form, cmp.Or(toUser, receiver), agent)
		},
	}
	a.use(c, callbackToken, aesKey)
	flags := c.Flags()
	flags.StringVar(&receiver, "receiver", "", a.t("`id` that the message is sealed for (ReceiveId)", "接收方 `ID`（ReceiveId）"))
	flags.StringVar(&toUser, "to-user", "", a.t("ToUserName of the envelope (default: the receiver)", "信封的 ToUserName（默认同接收方）"))
	flags.StringVar(&agent, "agent-id", "", a.t("AgentID of the envelope", "信封的 AgentID"))
	flags.StringVar(&timestamp, "timestamp", "", a.t("Unix seconds (default: now)", "Unix 秒（默认当前时间）"))
	flags.StringVar(&nonce, "nonce", "", a.t("nonce (default: random)", "随机串（默认随机生成）"))
	flags.StringVar(&form, "form", "xml", a.t("`form` of the envelope: xml or json", "信封格式 `FORMAT`：xml 或 json"))
	flags.BoolVar(&echo, "echo", false, a.t("print the query of a URL verification (echostr) instead of a body", "输出 URL 验证的查询串（echostr），而不是请求体"))
	return c
}

// printSealed prints the body and, beside it, the query.
func (a *app) printSealed(sealed crypto.Sealed, form, toUser, agent string) error {
	query := url.Values{"msg_signature": {sealed.Signature}, "timestamp": {sealed.Timestamp}, "nonce": {sealed.Nonce}}
	var body string
	switch form {
	case "echo":
		query.Set("echostr", string(sealed.Encrypt))
	case "json":
		body = `{"tousername":` + quote(toUser) + `,"agentid":` + quote(agent) + `,"encrypt":` + quote(string(sealed.Encrypt)) + `}`
	case "xml":
		body = "<xml><ToUserName>" + cdata(toUser) + "</ToUserName><AgentID>" + cdata(agent) + "</AgentID><Encrypt>" + cdata(string(sealed.Encrypt)) + "</Encrypt></xml>"
	default:
		return badUsage(lang.T("--form is xml or json", "--form 只能是 xml 或 json"))
	}
	switch {
	case a.json:
		return a.printJSON(map[string]string{
			"query": query.Encode(), "body": body,
			"msg_signature": sealed.Signature, "timestamp": sealed.Timestamp, "nonce": sealed.Nonce, "encrypt": string(sealed.Encrypt),
		})
	case form == "echo":
		a.printf("?%s", query.Encode())
	default:
		a.notef("?%s", query.Encode())
		a.printf("%s", body)
	}
	return nil
}
