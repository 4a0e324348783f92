package cli

import (
	"cmp"
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/fatih/color"
	"github.com/spf13/cobra"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/cmd/wecom/internal/lang"
	"github.com/wecom-isv/wecom/cmd/wecom/internal/probe"
	"github.com/wecom-isv/wecom/cmd/wecom/internal/report"
	"github.com/wecom-isv/wecom/crypto"
)

// doctoring are the flags of doctor.
type doctoring struct {
	callbacks []string
	store     string
	offline   bool
}

func (a *app) doctorCommand() *cobra.Command {
	var f doctoring
	c := &cobra.Command{
		Use: "doctor", GroupID: "other",
		Short: a.t("Check a configuration; every finding comes with its remedy", "检查配置，每个问题都附带解决办法"),
		Long: a.t(`Check the settings in the environment: their form, whether the API is reachable, the clock, the IP list, the
secrets, the age of the suite_ticket and the callback URL. Each secret is tried once only: WeCom blocks
addresses that try wrong ones.`,
			`检查环境变量中的设置：格式、接口是否可达、时钟、IP 白名单、密钥、suite_ticket 的时效以及回调 URL。
每个密钥只尝试一次：反复使用错误密钥会被企业微信封禁 IP。`),
		Example: `  wecom doctor --env-file .env
  wecom doctor --offline
  wecom doctor --callback https://app.example.com/callback/command`,
		Args: a.noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.examine(c, f) },
	}
	a.use(c, baseURL, providerCorp, providerSecret, suiteID, suiteSecret, callbackToken, aesKey, suiteTicket, authCorp, permanentCode, publicURL)
	flags := c.Flags()
	flags.StringArrayVar(&f.callbacks, "callback", nil, a.t("verify this callback `URL` too (default: $WECOM_PUBLIC_URL/callback/command)", "同时验证该回调 `URL`（默认 $WECOM_PUBLIC_URL/callback/command）"))
	flags.StringVar(&f.store, "store", "", a.t("token `file`, as of wecom call", "凭证文件 `FILE`，与 wecom call 相同"))
	flags.BoolVar(&f.offline, "offline", false, a.t("look at the settings only", "只检查设置，不访问网络"))
	return c
}

// section is what was found about one matter.
type section struct {
	title    lang.Text
	findings []report.Finding
}

// patient is the configuration under examination.
type patient struct {
	*app
	cmd    *cobra.Command
	flags  doctoring
	values map[string]string // by the name of the variable
}

func (a *app) examine(c *cobra.Command, f doctoring) error {
	p := patient{app: a, cmd: c, flags: f, values: map[string]string{}}
	for _, s := range []setting{baseURL, providerCorp, providerSecret, suiteID, suiteSecret, callbackToken, aesKey, authCorp, publicURL} {
		value, err := a.value(c, s)
		if err != nil {
			return err
		}
		p.values[s.env] = value
	}
	sections := []section{{lang.T("Settings", "设置"), p.settings()}}
	if !f.offline {
		sections = append(sections, section{lang.T("API", "接口"), p.reach(c.Context())})
		if !report.Failed(sections[0].findings) && !report.Failed(sections[1].findings) {
			credentials, err := p.credentials(c.Context())
			if err != nil {
				return err
			}
			sections = append(sections, section{lang.T("Credentials", "凭证"), credentials})
		}
		sections = append(sections, p.callbacks(c.Context())...)
	}
	if err := c.Context().Err(); err != nil {
		return err
	}
	return a.printSections(sections)
}

func (a *app) printSections(sections []section) error {
	var all []report.Finding
	counts := map[report.Level]int{}
	for _, s := range sections {
		all = append(all, s.findings...)
		for _, f := range s.findings {
			counts[f.Level]++
		}
		if !a.json && len(s.findings) > 0 {
			a.printf("%s", a.paint(color.Bold, s.title.In(a.lang)))
			a.printFindings(s.findings)
		}
	}
	failed := report.Failed(all)
	if a.json {
		if err := a.printJSON(map[string]any{"ok": !failed, "findings": a.findingDocs(all)}); err != nil {
			return err
		}
	} else {
		a.printf(a.t("in order: %d, warnings: %d, failures: %d", "%d 项正常，%d 项警告，%d 项失败"), counts[report.OK], counts[report.Warning], counts[report.Failure])
	}
	if failed {
		return errFailed
	}
	return nil
}

func found(id string, level report.Level, what, remedy lang.Text) report.Finding {
	return report.Finding{ID: id, Level: level, What: what, Remedy: remedy}
}

// settings looks at the form of what is set, without calling anybody.
func (p *patient) settings() []report.Finding {
	findings := []report.Finding{
		p.id(providerCorp, lang.T("ww… or wx…", "ww… 或 wx…"), "ww", "wx"),
		p.id(suiteID, lang.T("ww…, wx…, tj… (third-party app) or dk… (template)", "ww…、wx…、tj…（第三方应用）或 dk…（代开发模板）"), "ww", "wx", "tj", "dk"),
		p.secret(providerSecret), p.secret(suiteSecret), p.token(), p.key(),
	}
	same := func(a, b setting) bool { return p.values[a.env] != "" && p.values[a.env] == p.values[b.env] }
	if same(providerCorp, suiteID) {
		findings = append(findings, found("suite_is_corp", report.Failure, lang.T("$WECOM_SUITE_ID and $WECOM_CORP_ID are the same", "$WECOM_SUITE_ID 与 $WECOM_CORP_ID 相同"),
			lang.T("the suite id is on the page of the app, the corp id on 企业信息", "SuiteID 在应用详情页，CorpID 在“我的企业 > 企业信息”")))
	}
	if same(providerSecret, suiteSecret) {
		findings = append(findings, found("same_secret", report.Failure, lang.T("$WECOM_PROVIDER_SECRET and $WECOM_SUITE_SECRET are the same", "$WECOM_PROVIDER_SECRET 与 $WECOM_SUITE_SECRET 相同"),
			lang.T("ProviderSecret is on 通用开发参数, the secret of the app on its own page", "ProviderSecret 在“通用开发参数”，应用的 Secret 在应用详情页")))
	}
	if address := p.values[publicURL.env]; address != "" {
		findings = append(findings, p.public(address))
	}
	return findings
}

// unset is the finding about a setting that is not there.
func unset(s setting) report.Finding {
	return found("unset", report.Warning, lang.T("$%s is not set", "未设置 $%s").With(s.env), lang.T("it is the %s", "它是%s").With(s.what))
}

func (p *patient) id(s setting, form lang.Text, prefixes ...string) report.Finding {
	value := p.values[s.env]
	if value == "" {
		return unset(s)
	}
	for _, prefix := range prefixes {
		if strings.HasPrefix(value, prefix) && len(value) >= 8 && len(value) <= 64 && !strings.ContainsAny(value, " /\t\"'") {
			return found("id", report.OK, lang.T("$%s is well formed: %s", "$%s 的格式正确（%s）").With(s.env, s.what), lang.Text{})
		}
	}
	return found("id", report.Failure, lang.T("$%s does not look like %s", "$%s 不像是%s").With(s.env, s.what), lang.T("it begins with %s; ids are case sensitive", "它以 %s 开头；区分大小写").With(form))
}

func (p *patient) secret(s setting) report.Finding {
	const shortest = 20
	switch value := p.values[s.env]; {
	case value == "":
		return unset(s)
	case strings.ContainsAny(value, " \t\r\n\"'"):
		return found("secret", report.Failure, lang.T("$%s holds blanks or quotes", "$%s 含有空白或引号").With(s.env), lang.T("copy it again, without them", "重新复制，去掉这些字符"))
	case len(value) < shortest:
		return found("secret", report.Failure, lang.T("$%s has %d characters: too few", "$%s 只有 %d 个字符，过短").With(s.env, len(value)), lang.T("copy it whole from the console", "从后台完整复制"))
	}
	return found("secret", report.OK, lang.T("$%s is well formed", "$%s 的格式正确").With(s.env), lang.Text{})
}

func (p *patient) token() report.Finding {
	value := p.values[callbackToken.env]
	if value == "" {
		return unset(callbackToken)
	}
	if _, err := crypto.New(value, anyKey); err != nil {
		return found("token", report.Failure, lang.T("$%s has %d characters, or others than letters and digits", "$%s 有 %d 个字符，或含有字母数字以外的字符").With(callbackToken.env, len(value)),
			lang.T("WeCom allows 1 to 32 letters and digits", "企业微信允许 1 到 32 个字母或数字"))
	}
	return found("token", report.OK, lang.T("$%s is well formed", "$%s 的格式正确").With(callbackToken.env), lang.Text{})
}

func (p *patient) key() report.Finding {
	value := p.values[aesKey.env]
	if value == "" {
		return unset(aesKey)
	}
	if _, err := crypto.New("token", value); err == nil {
		return found("aes_key", report.OK, lang.T("$%s is well formed", "$%s 的格式正确").With(aesKey.env), lang.Text{})
	}
	remedy := lang.T("it is 43 letters and digits: copy it whole from the callback settings of the app", "应为 43 个字母或数字：从应用的回调配置完整复制")
	if len(value) == 44 && strings.HasSuffix(value, "=") {
		remedy = lang.T("leave out the = at the end", "去掉末尾的 =")
	}
	return found("aes_key", report.Failure, lang.T("$%s has %d characters, or others than letters and digits", "$%s 有 %d 个字符，或含有字母数字以外的字符").With(aesKey.env, len(value)), remedy)
}

func (p *patient) public(address string) report.Finding {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "":
		return found("public_url", report.Failure, lang.T("$%s is no address of a web server", "$%s 不是网站地址").With(publicURL.env), lang.T("write it as https://app.example.com", "应写成 https://app.example.com"))
	case u.Scheme == "http":
		return found("public_url", report.Warning, lang.T("$%s is not https", "$%s 不是 https").With(publicURL.env), lang.T("callbacks are encrypted all the same, but pages where people sign in need https", "回调内容本身已加密，但用户登录的页面需要 https"))
	}
	return found("public_url", report.OK, lang.T("$%s is an https address", "$%s 是 https 地址").With(publicURL.env), lang.Text{})
}

// reach makes a call without a token: any errcode shows that the API is there. The
// Date of its answer is compared with the clock of this machine.
func (p *patient) reach(ctx context.Context) []report.Finding {
	base := cmp.Or(p.values[baseURL.env], wecom.DefaultBaseURL)
	ctx, cancel := context.WithTimeout(ctx, wecom.DefaultTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(base, "/")+"/cgi-bin/get_api_domain_ip", nil)
	if err != nil {
		return []report.Finding{found("base_url", report.Failure, lang.T("$%s is no address", "$%s 不是地址").With(baseURL.env), lang.T("write it as https://qyapi.weixin.qq.com", "应写成 https://qyapi.weixin.qq.com"))}
	}
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true}
	defer transport.CloseIdleConnections()
	start := time.Now()
	response, err := transport.RoundTrip(request)
	if err != nil {
		finding := probe.Unreachable(err, wecom.DefaultTimeout)
		finding.What = lang.T("the API at %s: %s", "接口 %s：%s").With(request.URL.Host, finding.What)
		return []report.Finding{finding}
	}
	defer func() { _ = response.Body.Close() }()
	const most = 4 << 10
	text, err := io.ReadAll(io.LimitReader(response.Body, most))
	took := time.Since(start)
	if err != nil || !strings.Contains(string(text), `"errcode"`) {
		return []report.Finding{found("not_wecom", report.Failure, lang.T("%s answers, but not as WeCom's API (HTTP %d)", "%s 有应答，但不是企业微信接口（HTTP %d）").With(request.URL.Host, response.StatusCode),
			lang.T("look at $%s and at proxies on the way", "检查 $%s 和中间代理").With(baseURL.env))}
	}
	return []report.Finding{
		found("reachable", report.OK, lang.T("the API at %s answers in %d ms", "接口 %s 可达，用时 %d 毫秒").With(request.URL.Host, took.Milliseconds()), lang.Text{}),
		clock(response.Header.Get("Date"), start.Add(took/2)),
	}
}

// clock compares the Date of an answer with the time when it was made.
func clock(date string, now time.Time) report.Finding {
	const small, large = 5 * time.Second, time.Minute
	there, err := http.ParseTime(date)
	if err != nil {
		return found("clock", report.Note, lang.T("the answer has no date: the clock was not compared", "应答没有日期，未比较时钟"), lang.Text{})
	}
	skew := now.Sub(there.Add(time.Second / 2)).Round(time.Second) // Date has whole seconds
	remedy := lang.T("let NTP set the clock: tickets, tokens and callbacks are dated", "请用 NTP 校时：ticket、凭证和回调都带有时间")
	switch {
	case skew.Abs() > large:
		return found("clock", report.Failure, lang.T("the clock of this machine is %s off", "本机时钟偏差 %s").With(skew), remedy)
	case skew.Abs() > small:
		return found("clock", report.Warning, lang.T("the clock of this machine is %s off", "本机时钟偏差 %s").With(skew), remedy)
	}
	return found("clock", report.OK, lang.T("the clock of this machine is right", "本机时钟准确"), lang.Text{})
}

// callbacks verifies the callback URLs.
func (p *patient) callbacks(ctx context.Context) []section {
	urls := p.flags.callbacks
	if address := p.values[publicURL.env]; len(urls) == 0 && address != "" {
		urls = []string{strings.TrimRight(address, "/") + "/callback/command"}
	}
	codec, err := crypto.New(p.values[callbackToken.env], p.values[aesKey.env])
	ready := err == nil && p.values[providerCorp.env] != ""
	var others []string
	for _, s := range []setting{suiteID, authCorp} {
		if id := p.values[s.env]; id != "" {
			others = append(others, id)
		}
	}
	var sections []section
	for _, address := range urls {
		s := section{title: lang.T("Callback URL %s", "回调 URL %s").With(maskAddress(address))}
		if ready {
			s.findings = probe.Run(ctx, probe.Config{URL: address, Codec: codec, Receiver: p.values[providerCorp.env], Others: others}).Findings
		} else {
			s.findings = []report.Finding{found("callback", report.Note, lang.T("not verified: its settings are not complete", "未验证：设置不完整"), lang.Text{})}
		}
		sections = append(sections, s)
	}
	return sections
}
