package cli

import (
	"cmp"
	"errors"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/cmd/wecom/internal/catalog"
	"github.com/wecom-isv/wecom/cmd/wecom/internal/lang"
	"github.com/wecom-isv/wecom/crypto"
)

// setting is something that a command must know, from a flag or the environment.
type setting struct {
	flag   string
	env    string
	secret bool
	what   lang.Text
}

// The settings have the names of the examples.
var (
	baseURL        = setting{"base-url", "WECOM_BASE_URL", false, lang.T("address of the API (default: the public one)", "接口地址（默认为公网地址）")}
	providerCorp   = setting{"provider-corp", "WECOM_CORP_ID", false, lang.T("corp id of the provider itself", "服务商自己的 CorpID")}
	providerSecret = setting{"provider-secret", "WECOM_PROVIDER_SECRET", true, lang.T("provider secret (ProviderSecret)", "服务商的 ProviderSecret")}
	suiteID        = setting{"suite", "WECOM_SUITE_ID", false, lang.T("suite id (ww…) or template id (dk…)", "SuiteID（ww…）或代开发模板 ID（dk…）")}
	suiteSecret    = setting{"suite-secret", "WECOM_SUITE_SECRET", true, lang.T("secret of the app or template", "应用或模板的 Secret")}
	callbackToken  = setting{"token", "WECOM_TOKEN", true, lang.T("Token of the callback URL", "回调 URL 的 Token")}
	aesKey         = setting{"aes-key", "WECOM_ENCODING_AES_KEY", true, lang.T("EncodingAESKey of the callback URL", "回调 URL 的 EncodingAESKey")}
	suiteTicket    = setting{"ticket", "WECOM_SUITE_TICKET", true, lang.T("suite_ticket to use (default: the last one kept)", "使用的 suite_ticket（默认取本地最近保存的）")}
	authCorp       = setting{"corp", "WECOM_AUTH_CORP_ID", false, lang.T("corp id of the customer (wp…)", "授权企业的 CorpID（wp…）")}
	permanentCode  = setting{"permanent-code", "WECOM_PERMANENT_CODE", true, lang.T("permanent code of the app in the corp (default: the one kept)", "应用在该企业的永久授权码（默认取本地保存的）")}
	accessToken    = setting{"access-token", "WECOM_ACCESS_TOKEN", true, lang.T("access_token to use as it is, such as the contact token of a registration", "直接使用的 access_token，例如注册得到的通讯录凭证")}
	publicURL      = setting{"public-url", "WECOM_PUBLIC_URL", false, lang.T("address under which WeCom reaches the backend", "企业微信访问你的后端所用的地址")}
)

// use gives the command flags for the settings.
func (a *app) use(c *cobra.Command, settings ...setting) {
	for _, s := range settings {
		c.Flags().Var(&settingFlag{secret: s.secret}, s.flag, s.what.In(a.lang)+" ($"+s.env+")")
	}
}

// settingFlag is the value of a flag as it was typed. It prints nothing of a secret.
type settingFlag struct {
	text   string
	secret bool
}

// Set takes what was typed.
func (f *settingFlag) Set(text string) error {
	f.text = text
	return nil
}

// String is what the help shows as the default: nothing.
func (*settingFlag) String() string { return "" }

// Type is what the help shows in place of the value.
func (f *settingFlag) Type() string {
	if f.secret {
		return "@file|-"
	}
	return "value"
}

// value returns a setting, "" if it is nowhere. It is read once, so that nobody is
// asked or warned twice.
func (a *app) value(c *cobra.Command, s setting) (string, error) {
	if value, known := a.known[s]; known {
		return value, nil
	}
	value, err := a.lookUp(c, s)
	if err == nil && value != "" {
		a.known[s] = value
	}
	return value, err
}

// lookUp finds a setting in the flags, the environment or a file.
func (a *app) lookUp(c *cobra.Command, s setting) (string, error) {
	if flag := c.Flags().Lookup(s.flag); flag != nil && flag.Changed {
		if value, ok := flag.Value.(*settingFlag); ok {
			return a.flagValue(s, value.text)
		}
	}
	if value := cmp.Or(a.Getenv(s.env), a.env[s.env]); value != "" {
		return strings.TrimSpace(value), nil
	}
	if file := cmp.Or(a.Getenv(s.env+"_FILE"), a.env[s.env+"_FILE"]); s.secret && file != "" {
		return readValue("$"+s.env+"_FILE", file)
	}
	return "", nil
}

// flagValue reads the value of a flag: as it is, @file, or - for a prompt.
func (a *app) flagValue(s setting, text string) (string, error) {
	switch {
	case !s.secret:
		return strings.TrimSpace(text), nil
	case text == "-":
		return a.ask(s)
	case strings.HasPrefix(text, "@"):
		return readValue("--"+s.flag, text[1:])
	}
	a.notef(a.t("warning: a secret in --%s stays in the shell's history; use $%s, --%s @file or --%s -",
		"警告：--%s 中的密钥会留在 shell 历史里；请改用 $%s、--%s @文件 或 --%s -"), s.flag, s.env, s.flag, s.flag)
	return strings.TrimSpace(text), nil
}

// namedValue is the value of a pair name=value in a flag. A secret may stand in a
// file, @file; typed, it is warned about.
func (a *app) namedValue(flag, name, text string) (string, error) {
	if !isSecretName(name[strings.LastIndex(name, "/")+1:]) {
		return text, nil
	}
	if file, ok := strings.CutPrefix(text, "@"); ok {
		return readValue("--"+flag, file)
	}
	a.notef(a.t("warning: a secret in --%s stays in the shell's history; use --%s %s=@file", "警告：--%s 中的密钥会留在 shell 历史里；请改用 --%s %s=@文件"), flag, flag, name)
	return text, nil
}

// readValue reads a setting from the file that the flag or variable names.
func readValue(namedBy, name string) (string, error) {
	const most = 64 << 10
	file, err := os.Open(name) //nolint:gosec // The person names the file.
	if err != nil {
		return "", badUsage(lang.T("%s: the file cannot be read", "%s：文件无法读取").With(namedBy))
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(io.LimitReader(file, most))
	if err != nil {
		return "", badUsage(lang.T("%s: the file cannot be read", "%s：文件无法读取").With(namedBy))
	}
	return strings.TrimSpace(string(text)), nil
}

// ask asks the person at the terminal.
func (a *app) ask(s setting) (string, error) {
	if a.Ask == nil {
		return "", badUsage(lang.T("$%s is not set, and there is no terminal to ask for it: %s", "未设置 $%s，也没有终端可以询问：%s").With(s.env, s.what))
	}
	value, err := a.Ask(s.what.In(a.lang) + " ($" + s.env + "): ")
	if err != nil {
		return "", unable(err, "the prompt failed", "提示输入失败")
	}
	return strings.TrimSpace(value), nil
}

// need returns a setting, and asks for it if it is a secret that is nowhere. The
// error says where the value is found.
func (a *app) need(c *cobra.Command, s setting) (string, error) {
	value, err := a.value(c, s)
	if err != nil || value != "" {
		return value, err
	}
	if s.secret && a.Ask != nil {
		if value, err = a.ask(s); err != nil {
			return "", err
		}
		if value != "" {
			a.known[s] = value
			return value, nil
		}
	}
	return "", badUsage(lang.T("set $%s or --%s: %s", "请设置 $%s 或 --%s：%s").With(s.env, s.flag, s.what))
}

// keys returns the callback settings, checked.
func (a *app) keys(c *cobra.Command) (token, key string, err error) {
	if token, err = a.need(c, callbackToken); err != nil {
		return "", "", err
	}
	if key, err = a.need(c, aesKey); err != nil {
		return "", "", err
	}
	_, err = crypto.New(token, key)
	switch {
	case errors.Is(err, crypto.ErrToken):
		return "", "", badUsage(lang.T("$%s must be 1 to 32 letters and digits, as in the callback settings of the app", "$%s 应为 1 到 32 个字母或数字，与应用的回调配置一致").With(callbackToken.env))
	case err != nil:
		return "", "", badUsage(lang.T("$%s must be 43 letters and digits, as in the callback settings of the app", "$%s 应为 43 个字母或数字，与应用的回调配置一致").With(aesKey.env))
	}
	return token, key, nil
}

// codec returns the codec of the callback settings.
func (a *app) codec(c *cobra.Command) (*crypto.Codec, error) {
	token, key, err := a.keys(c)
	if err != nil {
		return nil, err
	}
	return crypto.New(token, key)
}

// input reads the standard input, at most the size of the largest callback.
func (a *app) input(what lang.Text) ([]byte, error) {
	if a.InTerminal {
		a.notef(a.t("reading %s from the terminal; end with Ctrl-D", "正在从终端读取%s；以 Ctrl-D 结束"), what.In(a.lang))
	}
	text, err := io.ReadAll(io.LimitReader(a.In, crypto.MaxEnvelope+1))
	switch {
	case err != nil:
		return nil, unable(err, "the standard input cannot be read", "无法读取标准输入")
	case len(text) > crypto.MaxEnvelope:
		return nil, badUsage(lang.T("the input is larger than %d bytes", "输入超过 %d 字节").With(crypto.MaxEnvelope))
	case strings.TrimSpace(string(text)) == "":
		return nil, badUsage(lang.T("the standard input is empty: pipe in %s", "标准输入为空：请输入%s").With(what))
	}
	return text, nil
}

// unknown is a usageError about a name that is none of names.
func unknown(text lang.Text, name string, names []string) error {
	return didYouMean(text, catalog.Nearest(name, names))
}

// didYouMean is a usageError about a name, with those that look alike.
func didYouMean(text lang.Text, nearest []string) error {
	if len(nearest) == 0 {
		return badUsage(text)
	}
	list := strings.Join(nearest, ", ")
	return badUsage(lang.T(text.EN+"; did you mean "+list+"?", text.ZH+"；是不是 "+list+"？"))
}

// client returns the engine for the platform that the settings name.
func (a *app) client(c *cobra.Command, opts ...wecom.Option) (*wecom.Client, error) {
	address, err := a.value(c, baseURL)
	if err != nil {
		return nil, err
	}
	if address != "" {
		opts = append(opts, wecom.WithBaseURL(address))
	}
	api, err := wecom.New(opts...)
	if err != nil {
		return nil, misuse(lang.Both("$WECOM_BASE_URL"), err)
	}
	return api, nil
}
