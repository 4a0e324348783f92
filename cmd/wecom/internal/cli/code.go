package cli

import (
	"strconv"
	"strings"

	"github.com/fatih/color"
	"github.com/spf13/cobra"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/cmd/wecom/internal/lang"
	"github.com/wecom-isv/wecom/crypto"
)

// codeDoc is what is known of a return code.
type codeDoc struct {
	Code      int      `json:"code"`
	Known     bool     `json:"known"`
	Class     string   `json:"class"`
	ClassText string   `json:"class_text"`
	Meaning   string   `json:"meaning,omitempty"`
	Advice    string   `json:"advice"` // as wecom.Retry prints it
	Remedy    string   `json:"remedy"`
	Errors    []string `json:"errors,omitempty"` // that errors.Is finds
	MoreInfo  string   `json:"more_info,omitempty"`
}

func (a *app) codeCommand() *cobra.Command {
	return &cobra.Command{
		Use: "code <errcode>...", GroupID: "api",
		Short: a.t("Explain return codes: meaning, class, what to do", "解释错误码：含义、类别、处理办法"),
		Long: a.t(`Explain return codes: what they mean, the class that errors.Is finds, and what to do.

Codes from -40001 to -40011 are those of WeCom's own crypto libraries; they never travel on the wire.`,
			`解释错误码：含义、errors.Is 可识别的类别，以及处理办法。

-40001 到 -40011 是企业微信官方加解密库的错误码，不会出现在网络上。`),
		Example: `  wecom code 60020
  wecom code -1 40014 45009`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return badUsage(lang.T("name a code, such as 60020", "请给出错误码，例如 60020"))
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return a.explain(args) },
	}
}

// errcodePrefix may stand before a code, as errors print it.
const errcodePrefix = "errcode"

func (a *app) explain(args []string) error {
	docs := make([]codeDoc, len(args))
	known := true
	for i, arg := range args {
		n, err := strconv.ParseInt(strings.TrimPrefix(arg, errcodePrefix), 10, 32)
		if err != nil {
			return badUsage(lang.T("%q is no return code: want a number such as 60020", "%q 不是错误码：应为数字，例如 60020").With(arg))
		}
		docs[i] = a.codeDoc(wecom.Code(n))
		known = known && docs[i].Known
	}
	if a.json {
		if err := a.printJSON(docs); err != nil {
			return err
		}
	} else {
		for i, doc := range docs {
			if i > 0 {
				a.printf("")
			}
			a.printCode(doc)
		}
	}
	if !known {
		return errFailed
	}
	return nil
}

func (a *app) codeDoc(code wecom.Code) codeDoc {
	if err := officialError(int(code)); err != nil {
		return codeDoc{
			Code: int(code), Known: true, Class: "crypto_library",
			ClassText: a.t("official crypto libraries", "官方加解密库"),
			Meaning:   lang.T(withoutPackages(err.Error()), officialMeaning(err)).In(a.lang), Advice: wecom.RetryNever.String(), Remedy: a.cryptoRemedy(),
		}
	}
	return codeDoc{
		Code: int(code), Known: code.Meaning() != "", Class: code.Class().String(), ClassText: classText(code.Class()).In(a.lang),
		Meaning: code.Meaning(), Advice: code.Advice().String(), Remedy: a.advice(code).In(a.lang),
		Errors: classErrors(code), MoreInfo: code.MoreInfo(),
	}
}

func (a *app) printCode(doc codeDoc) {
	line := func(en, zh, value string) {
		if value != "" {
			a.printf("  %s %s", pad(a.t(en, zh), 8), value)
		}
	}
	title := doc.Class + " · " + doc.ClassText
	if !doc.Known {
		title = a.t("not in the table; "+title, "表中没有；"+title)
	}
	a.printf("%s  %s", a.paint(color.Bold, strconv.Itoa(doc.Code)), title)
	line("meaning", "含义", doc.Meaning)
	line("to do", "处理", doc.Remedy)
	for _, name := range doc.Errors {
		line("in Go", "Go", "errors.Is(err, "+name+")")
	}
	line("more", "详情", doc.MoreInfo)
}

// officialError finds the error of package crypto with an official code.
func officialError(code int) error {
	for _, err := range []error{
		crypto.ErrSignature, crypto.ErrEnvelope, crypto.ErrKey, crypto.ErrReceiver, crypto.ErrPadding,
		crypto.ErrLayout, crypto.ErrBase64, crypto.ErrReply,
	} {
		if crypto.OfficialCode(err) == code {
			return err
		}
	}
	return nil
}

// officialMeaning is an error of package crypto in Chinese.
func officialMeaning(err error) string {
	return map[error]string{
		crypto.ErrSignature: "签名不匹配",
		crypto.ErrEnvelope:  "请求体不是回调信封（XML 或 JSON）",
		crypto.ErrKey:       "EncodingAESKey 非法",
		crypto.ErrReceiver:  "消息是发给其他接收方的",
		crypto.ErrPadding:   "解密后的填充错误",
		crypto.ErrLayout:    "解密后的格式错误",
		crypto.ErrBase64:    "密文不是 base64",
		crypto.ErrReply:     "回复无法加密",
	}[err]
}

func (a *app) cryptoRemedy() string {
	return a.t("compare Token, EncodingAESKey and receiver with the console; wecom verify-url finds out which",
		"核对后台的 Token、EncodingAESKey 和接收方；用 wecom verify-url 可以查出是哪一个")
}

// classErrors names the errors of package wecom that errors.Is finds in code.
func classErrors(code wecom.Code) []string {
	var names []string
	for _, class := range []struct {
		name string
		err  error
	}{
		{"ErrTokenRejected", wecom.ErrTokenRejected},
		{"ErrCredential", wecom.ErrCredential},
		{"ErrTicketRejected", wecom.ErrTicketRejected},
		{"ErrCodeRejected", wecom.ErrCodeRejected},
		{"ErrNotAuthorized", wecom.ErrNotAuthorized},
		{"ErrPermission", wecom.ErrPermission},
		{"ErrIPNotAllowed", wecom.ErrIPNotAllowed},
		{"ErrRateLimited", wecom.ErrRateLimited},
		{"ErrTransient", wecom.ErrTransient},
		{"ErrNotFound", wecom.ErrNotFound},
		{"ErrBadParameter", wecom.ErrBadParameter},
		{"ErrLicense", wecom.ErrLicense},
		{"ErrConflict", wecom.ErrConflict},
	} {
		if code.Is(class.err) {
			names = append(names, "wecom."+class.name)
		}
	}
	return names
}

// advice says what to do about a refusal: by its code where that tells more than
// its class, else by what package wecom advises.
func (a *app) advice(code wecom.Code) lang.Text {
	switch {
	case code == 0:
		return lang.T("nothing: it is success", "无需处理：这是成功")
	case code.Meaning() == "":
		return lang.T("look it up on WeCom's page; do not repeat the call", "请在官方页面查询；不要重复调用")
	case code == -1:
		return lang.T("try again after a while, three times at most", "稍后重试，最多 3 次")
	case code.Is(wecom.ErrIPNotAllowed):
		return lang.T("add the address that the reply names (from ip) to the IP list of the provider (服务商后台 > 通用开发参数); it works after about a minute",
			"把应答中给出的地址（from ip）加入服务商后台 > 通用开发参数的 IP 白名单，约一分钟后生效")
	case code.Is(wecom.ErrNotAuthorized):
		return lang.T("the corp has cancelled, disabled or never given the authorisation: stop working for it until it authorises again",
			"企业已取消、停用或从未授权：停止为它服务，直到重新授权")
	case code.Is(wecom.ErrTicketRejected):
		return lang.T("use the newest suite_ticket; the next one is pushed within 10 minutes, and the console can push one at once",
			"使用最新的 suite_ticket；10 分钟内会推送下一个，也可以在后台手动推送")
	case code.Is(wecom.ErrCredential):
		return lang.T("a person must correct the secret or id; never call in a loop: repeated wrong secrets block the address for an hour",
			"需要人工更正密钥或 ID；切勿循环调用：反复使用错误密钥会使 IP 被封一小时")
	case code.Is(wecom.ErrRateLimited) && code.Advice() == wecom.RetryBackoff:
		return lang.T("call less often and wait until the window is over: a minute, an hour or the rest of the day",
			"降低调用频率，等待限制窗口结束：一分钟、一小时或当天剩余时间")
	}
	return retryText(code.Advice())
}

func retryText(r wecom.Retry) lang.Text {
	switch r {
	case wecom.RetryBackoff:
		return lang.T("try again a few times, with growing pauses", "逐渐拉长间隔，少量重试")
	case wecom.RetryRefreshAccessToken:
		return lang.T("get a new token of the kind that the call used and repeat once; clients of this SDK do so by themselves",
			"重新获取该调用所用的凭证并重试一次；本 SDK 的客户端会自动完成")
	case wecom.RetryRefreshSuiteToken:
		return lang.T("get a new suite_access_token and repeat once; clients of this SDK do so by themselves",
			"重新获取 suite_access_token 并重试一次；本 SDK 的客户端会自动完成")
	case wecom.RetryRefreshProviderToken:
		return lang.T("get a new provider_access_token and repeat once; clients of this SDK do so by themselves",
			"重新获取 provider_access_token 并重试一次；本 SDK 的客户端会自动完成")
	case wecom.RetryRefreshJSAPITicket:
		return lang.T("get a new jsapi_ticket of the right app and repeat once", "为正确的应用重新获取 jsapi_ticket 并重试一次")
	case wecom.RetryNextSuiteTicket:
		return lang.T("wait for the next suite_ticket, within 10 minutes, then repeat", "等待下一个 suite_ticket（10 分钟内），然后重试")
	case wecom.RetryNewUserCode:
		return lang.T("the person must log in or open the link again: the code in hand is dead", "用户须重新登录或重新打开链接：手中的 code 已失效")
	case wecom.RetryConfigurationChange:
		return lang.T("a person must change settings, permission or authorisation first", "需要先由人修改设置、权限或授权")
	default:
		return lang.T("the same call cannot succeed: correct the request", "同样的调用不会成功：请修正请求")
	}
}

func classText(c wecom.Class) lang.Text {
	switch c {
	case wecom.ClassAuthTokenInvalid:
		return lang.T("credential or token wrong", "凭证错误")
	case wecom.ClassAuthTokenExpired:
		return lang.T("token or ticket expired", "凭证过期")
	case wecom.ClassSuiteTicket:
		return lang.T("suite_ticket missing, wrong or expired", "suite_ticket 缺失、错误或过期")
	case wecom.ClassSuiteToken:
		return lang.T("suite_access_token missing, wrong or expired", "suite_access_token 缺失、错误或过期")
	case wecom.ClassProviderToken:
		return lang.T("provider_access_token wrong or expired", "provider_access_token 错误或过期")
	case wecom.ClassPermission:
		return lang.T("not granted, out of range, disabled or cancelled", "未授权、超出范围、被停用或被取消")
	case wecom.ClassIPWhitelist:
		return lang.T("calling address not allowed", "调用方 IP 不在白名单")
	case wecom.ClassRateLimit:
		return lang.T("frequency, concurrency or count limit", "频率、并发或数量超限")
	case wecom.ClassTransient:
		return lang.T("failure inside the service", "服务内部故障")
	case wecom.ClassNotFound:
		return lang.T("object unknown or gone", "对象不存在或已删除")
	case wecom.ClassBadParameter:
		return lang.T("request wrong", "请求有误")
	case wecom.ClassLicense:
		return lang.T("licence state or order rule", "接口许可状态或订单规则")
	case wecom.ClassConflict:
		return lang.T("the state of the object forbids it, or it exists already", "对象状态不允许，或已存在")
	default:
		return lang.T("the rest", "其他")
	}
}
