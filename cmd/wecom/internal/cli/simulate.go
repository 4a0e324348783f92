package cli

import (
	"context"
	"errors"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"
	"unicode"

	"github.com/fatih/color"
	"github.com/spf13/cobra"

	"github.com/wecom-isv/wecom/cmd/wecom/internal/console"
	"github.com/wecom-isv/wecom/cmd/wecom/internal/lang"
	"github.com/wecom-isv/wecom/cmd/wecom/internal/report"
	"github.com/wecom-isv/wecom/cmd/wecom/internal/tokenfile"
	"github.com/wecom-isv/wecom/cmd/wecom/internal/world"
	"github.com/wecom-isv/wecom/wecomtest"
)

// simulating are the flags of simulate.
type simulating struct {
	addr, config, writeEnv  string
	commandURL, dataURL     string
	systemURL, listen       string
	hosts, corps            []string
	ticketEvery             time.Duration
	seed                    uint64
	noConsole, allowUnknown bool
	history                 int
}

func (a *app) simulateCommand() *cobra.Command {
	var f simulating
	c := &cobra.Command{
		Use: "simulate", GroupID: "callbacks",
		Short: a.t("Run a simulated platform, with a web console", "运行模拟平台，附带网页控制台"),
		Long: a.t(`Run a simulated WeCom platform: the API, the pages that people open, signed and encrypted callbacks, a
control API for tests in any language, and a web console at /console/.

Your backend takes WECOM_BASE_URL as the address of the API, and also as PageURL of suite.Config and
provider.Config and in sso.PagesAt(…): install, register and login links are pages. --write-env writes
everything that it must be told to a file. Ids, secrets and tokens are made up: they are test data. It listens
on this machine only, unless --addr says otherwise; there is no password.`,
			`运行模拟的企业微信平台：接口、用户打开的页面、签名加密的回调、供任何语言测试使用的控制接口，
以及位于 /console/ 的网页控制台。

后端用 WECOM_BASE_URL 作为接口地址，并把它设为 suite.Config、provider.Config 的 PageURL 和
sso.PagesAt(…)：安装、注册、登录链接都是页面。--write-env 把后端需要的全部设置写入文件。
其中的 ID、密钥、凭证都是虚构的测试数据。默认只监听本机，除非用 --addr 指定；没有密码。`),
		Example: `  wecom simulate --public-url http://127.0.0.1:8080 --write-env .env.simulated
  wecom simulate --config world.yaml --addr 127.0.0.1:7070
  wecom simulate --corp 晨光科技 --corp 远山书店 --seed 1`,
		Args: a.noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.simulate(c, f) },
	}
	a.use(c, publicURL)
	flags := c.Flags()
	flags.StringVar(&f.addr, "addr", "127.0.0.1:7070", a.t("`address` to listen on; :0 takes a free port", "监听地址 `ADDRESS`；:0 表示任取空闲端口"))
	flags.StringVar(&f.config, "config", "", a.t("`file` that describes provider, apps and corps, YAML or JSON (- for the standard input)", "服务商、应用和企业的描述文件 `FILE`，YAML 或 JSON（- 表示标准输入）"))
	flags.StringVar(&f.writeEnv, "write-env", "", a.t("write the settings of the backend to this `file`, readable by you only", "把后端需要的设置写入 `FILE`（仅本人可读）"))
	flags.StringVar(&f.commandURL, "command-url", "", a.t("command `URL` (default: <public URL>/callback/command)", "指令回调 `URL`（默认 <公网地址>/callback/command）"))
	flags.StringVar(&f.dataURL, "data-url", "", a.t("data `URL` (default: <public URL>/callback/data/$CORPID$)", "数据回调 `URL`（默认 <公网地址>/callback/data/$CORPID$）"))
	flags.StringVar(&f.systemURL, "system-url", "", a.t("system-event `URL` (default: <public URL>/callback/system)", "系统事件接收 `URL`（默认 <公网地址>/callback/system）"))
	flags.StringVar(&f.listen, "listen", "", a.t("WECOM_LISTEN (`host:port`) for --write-env", "--write-env 中的 WECOM_LISTEN（`host:port`）"))
	flags.StringArrayVar(&f.corps, "corp", nil, a.t("`name` of a corp; may be repeated", "企业名称 `NAME`；可重复"))
	flags.StringArrayVar(&f.hosts, "host", nil, a.t("further `host` name under which console and control API may be opened", "允许访问控制台和控制接口的其他主机名 `HOST`"))
	flags.DurationVar(&f.ticketEvery, "ticket-every", 10*time.Minute, a.t("push suite_ticket so often; 0: by hand only", "推送 suite_ticket 的间隔；0 表示只手动推送"))
	flags.Uint64Var(&f.seed, "seed", 0, a.t("`number` that makes ids and secrets the same in every run", "随机种子 `NUMBER`：每次运行生成相同的 ID 和密钥"))
	flags.IntVar(&f.history, "history", 1000, a.t("remember so many calls, pushes and messages", "保留最近多少条调用、推送和消息"))
	flags.BoolVar(&f.noConsole, "no-console", false, a.t("no web console", "不提供网页控制台"))
	flags.BoolVar(&f.allowUnknown, "allow-unknown-fields", false, a.t("accept fields that the endpoint table does not have", "接受接口表中没有的字段"))
	must(c.MarkFlagFilename("config", "yaml", "yml", "json"))
	return c
}

func (a *app) simulate(c *cobra.Command, f simulating) error {
	cfg, public, err := a.worldConfig(c, f)
	if err != nil {
		return err
	}
	w, err := world.Start(cfg, public, f.listenAddress(public), f.options(c)...)
	if errors.Is(err, syscall.EADDRINUSE) {
		return badUsage(lang.T("%s is in use, perhaps by another simulator: choose another --addr, such as 127.0.0.1:0", "%s 已被占用，可能是另一个模拟器：请换一个 --addr，例如 127.0.0.1:0").With(f.addr))
	}
	if err != nil {
		return misuse(lang.T("the platform cannot be started", "平台无法启动"), err)
	}
	defer w.Close()
	if !f.noConsole {
		if err := w.Platform.Mount(console.Prefix, console.New(w, console.Config{Hosts: f.hosts})); err != nil {
			return err
		}
	}
	if err := a.announce(w, f); err != nil {
		return err
	}
	if !loopback(w.Platform.URL(), f.addr) {
		a.notef("%s %s", a.mark(report.Warning), a.t("it listens for other machines too, and there is no password: use it in a network that you trust only",
			"正在监听其他机器的访问，且没有密码：只应在可信网络中使用"))
	}
	a.keepTickets(c.Context(), w, f.ticketEvery)
	return nil // ended by a signal, as it is meant to be
}

// worldConfig reads the description and adds what the flags say.
func (a *app) worldConfig(c *cobra.Command, f simulating) (cfg world.Config, public string, err error) {
	if f.config != "" {
		in := a.In
		if f.config != "-" {
			file, err := os.Open(f.config)
			if err != nil {
				return cfg, "", badUsage(lang.T("--config: the file cannot be read", "--config：文件无法读取"))
			}
			defer func() { _ = file.Close() }()
			in = file
		}
		if cfg, err = world.Read(in); err != nil {
			return cfg, "", misuse(lang.Both("--config"), err)
		}
	}
	if public, err = a.value(c, publicURL); err != nil {
		return cfg, "", err
	}
	for _, name := range f.corps {
		cfg.Corps = append(cfg.Corps, world.CorpConfig{Name: name})
	}
	if err := cfg.Fill(public); err != nil {
		return cfg, "", badUsage(lang.T("--public-url is no http or https address of a web server", "--public-url 不是 http 或 https 网站地址"))
	}
	if f.systemURL != "" {
		cfg.Provider.CallbackURL = f.systemURL
	}
	for i := range cfg.Apps {
		if f.commandURL != "" {
			cfg.Apps[i].CallbackURL = f.commandURL
		}
		if f.dataURL != "" && cfg.Apps[i].Kind != "login" {
			cfg.Apps[i].DataURL = f.dataURL
		}
	}
	return cfg, strings.TrimRight(public, "/"), nil
}

// listenAddress is where a backend on this machine listens to be reached at public.
func (f simulating) listenAddress(public string) string {
	u, err := url.Parse(public)
	if f.listen != "" || err != nil || u.Port() == "" {
		return f.listen
	}
	if ip := net.ParseIP(u.Hostname()); ip != nil && ip.IsLoopback() || u.Hostname() == "localhost" {
		return u.Host
	}
	return f.listen
}

// loopback reports whether only this machine reaches the address.
func loopback(platform, addr string) bool {
	u, err := url.Parse(platform)
	if err != nil {
		return false
	}
	host, _, err := net.SplitHostPort(addr)
	if asked := net.ParseIP(host); err != nil || asked != nil && asked.IsUnspecified() {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return ip != nil && ip.IsLoopback()
}

func (f simulating) options(c *cobra.Command) []wecomtest.Option {
	opts := []wecomtest.Option{wecomtest.WithAddr(f.addr), wecomtest.WithControl(f.hosts...), wecomtest.WithHistory(f.history)}
	if c.Flags().Changed("seed") {
		opts = append(opts, wecomtest.WithSeed(f.seed))
	}
	if f.allowUnknown {
		opts = append(opts, wecomtest.AllowUnknownFields())
	}
	return opts
}

// announce says where everything is. The secrets go to the file only.
func (a *app) announce(w *world.World, f simulating) error {
	vars := w.Environment()
	if err := writeEnv(f.writeEnv, vars); err != nil {
		return err
	}
	address := w.Platform.URL()
	if a.json {
		doc := map[string]any{"url": address, "control": address + "/wecomtest/v1/", "environment": shown(vars)}
		if !f.noConsole {
			doc["console"] = address + console.Prefix
		}
		if f.writeEnv != "" {
			doc["env_file"] = f.writeEnv
		}
		return a.printJSON(doc)
	}
	a.printf("%s %s", a.paint(color.Bold, a.t("simulated platform at", "模拟平台地址")), address)
	if !f.noConsole {
		a.printf("  %s %s", a.t("console    ", "控制台  "), address+console.Prefix)
	}
	a.printf("  %s %s", a.t("control API", "控制接口"), address+"/wecomtest/v1/")
	for _, v := range shown(vars) {
		a.printf("  %s=%s", v.Name, v.Value)
	}
	if f.writeEnv != "" {
		a.printf(a.t("the settings, secrets included, are in %s:  set -a; . %s; set +a", "全部设置（含密钥）在 %s：  set -a; . %s; set +a"), f.writeEnv, sourced(f.writeEnv))
	} else {
		a.printf("%s", a.t("--write-env FILE writes the settings with the secrets", "--write-env FILE 可写出含密钥的设置"))
	}
	a.printf("%s", a.t("end with Ctrl-C", "按 Ctrl-C 结束"))
	return nil
}

// writeEnv writes the settings to a file that a shell can read, if one is named.
func writeEnv(name string, vars []world.Variable) error {
	if name == "" {
		return nil
	}
	var b strings.Builder
	b.WriteString("# Written by wecom simulate. All values are made up: test data.\n")
	for _, v := range vars {
		if strings.ContainsFunc(v.Value, func(r rune) bool { return r == '\'' || unicode.IsControl(r) }) {
			return badUsage(lang.T("--write-env: the value of %s has a quote or a line break", "--write-env：%s 的值含有引号或换行").With(v.Name))
		}
		b.WriteString(v.Name + "=" + quoteWord(v.Value) + "\n")
	}
	if _, err := tokenfile.WritePrivate(name, strings.NewReader(b.String())); err != nil {
		return unable(err, "--write-env: the file cannot be written", "--write-env：文件无法写入")
	}
	return nil
}

// sourced is the name of a file as the shell reads it with a dot: without a slash
// it would look in the PATH.
func sourced(name string) string {
	if !strings.ContainsRune(name, filepath.Separator) {
		name = "./" + name
	}
	return quoteWord(name)
}

var plainWord = regexp.MustCompile(`^[\w@%+=:,./-]+$`)

// quoteWord quotes a word for a shell, unless it means itself.
func quoteWord(s string) string {
	if s == "" || plainWord.MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// shownVariable is a line of the environment as it may be shown.
type shownVariable struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func shown(vars []world.Variable) []shownVariable {
	var all []shownVariable
	for _, v := range vars {
		if v.Secret {
			v.Value = hidden
		}
		all = append(all, shownVariable{v.Name, v.Value})
	}
	return all
}

// keepTickets pushes tickets until the run is ended.
func (a *app) keepTickets(ctx context.Context, w *world.World, every time.Duration) {
	if every <= 0 {
		<-ctx.Done()
		return
	}
	silent := map[string]bool{} // about these apps
	w.PushTickets(ctx, every, func(app *wecomtest.App, err error) {
		switch {
		case err == nil:
			silent[app.ID] = false
			a.notef(a.t("%s suite_ticket pushed to %s", "%s 已向 %s 推送 suite_ticket"), a.mark(report.OK), app.ID)
		case !silent[app.ID]:
			silent[app.ID] = true // said once: the backend may not have been started yet
			a.notef(a.t("%s the suite_ticket for %s was not taken; it is pushed again until it is", "%s %s 的 suite_ticket 没有被接收；将继续推送"), a.mark(report.Warning), app.ID)
		}
	})
	<-ctx.Done()
}
