package cli

import (
	"cmp"
	"fmt"
	"os"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/joho/godotenv"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/wecom-isv/wecom/cmd/wecom/internal/lang"
)

// language returns what --lang says, else the environment, else English. It is
// needed before the flags are parsed: their help is in that language.
func language(args []string, getenv func(string) string) lang.Lang {
	for i, arg := range args {
		value, ok := strings.CutPrefix(arg, "--lang=")
		if !ok && arg == "--lang" && i+1 < len(args) {
			value, ok = args[i+1], true
		}
		if l, known := lang.Parse(value); ok && known {
			return l
		}
	}
	for _, name := range []string{"WECOM_LANG", "LC_ALL", "LC_MESSAGES", "LANG"} {
		if value := getenv(name); value != "" {
			l, _ := lang.Parse(value)
			return cmp.Or(l, lang.EN)
		}
	}
	return lang.EN
}

var negative = regexp.MustCompile(`^-\d+$`)

// guardNumbers writes "code -1" as "code errcode-1", since -1 would be taken for a
// flag.
func guardNumbers(args []string) []string {
	guarded := append([]string{}, args...) // for cobra, nil is the arguments of the process
	for i, arg := range args {
		if negative.MatchString(arg) && slices.Contains(args[:i], "code") {
			guarded[i] = errcodePrefix + arg
		}
	}
	return guarded
}

// root returns the command tree.
func (a *app) root() *cobra.Command {
	var (
		language, envFile string
		noColour          bool
	)
	root := &cobra.Command{
		Use:   "wecom",
		Short: a.t("Tools for WeCom (企业微信) service providers", "企业微信服务商开发工具"),
		Long: a.t(`Tools for WeCom (企业微信) service providers: a simulated platform, callbacks by hand, and answers
about codes, endpoints and configurations.

Secrets come from the environment (WECOM_TOKEN, …), from a file (WECOM_TOKEN_FILE, or --token @file) or
from a prompt (--token -). A secret that is typed as a flag works and is warned about: the shell's history
keeps it. No secret is ever printed.

Exit codes: 0 done; 1 a check failed or the platform refused; 2 a flag, an argument, a setting or the input
is wrong; 3 it could not be found out (no reply, a file that cannot be written); 130 interrupted.`,
			`企业微信服务商开发工具：模拟平台、手动发送回调，以及查询错误码、接口和检查配置。

密钥取自环境变量（WECOM_TOKEN 等）、文件（WECOM_TOKEN_FILE 或 --token @文件）或提示输入（--token -）。
直接写在参数里的密钥可以使用，但会收到警告：它会留在 shell 历史里。任何密钥都不会被打印。

退出码：0 完成；1 检查未通过或平台拒绝；2 参数、设置或输入有误；3 无法得出结果（没有应答、文件无法写入）；130 被中断。`),
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
		Version:           version(),
		PersistentPreRunE: func(*cobra.Command, []string) error {
			if _, ok := lang.Parse(language); language != "" && !ok {
				return badUsage(lang.T("--lang is zh or en", "--lang 只能是 zh 或 en"))
			}
			a.colour = a.Terminal && !noColour && a.Getenv("NO_COLOR") == "" && a.Getenv("TERM") != "dumb"
			return a.readEnvFile(envFile)
		},
	}
	flags := root.PersistentFlags()
	flags.StringVar(&language, "lang", "", a.t("`language` of help and output: zh or en (default: LANG)", "帮助和输出的语言 `LANG`：zh 或 en（默认取 LANG）"))
	flags.BoolVar(&a.json, "json", false, a.t("print JSON for programs", "输出 JSON，供程序使用"))
	flags.BoolVar(&noColour, "no-color", false, a.t("no colours; NO_COLOR does the same", "不使用颜色；等同于设置 NO_COLOR"))
	flags.StringVar(&envFile, "env-file", "", a.t("read settings (NAME=value) from this `file`, below the environment", "从 `FILE` 读取设置（NAME=值），环境变量优先"))
	must(root.RegisterFlagCompletionFunc("lang", cobra.FixedCompletions([]string{"zh", "en"}, cobra.ShellCompDirectiveNoFileComp)))
	root.AddGroup(
		&cobra.Group{ID: "callbacks", Title: a.t("Callbacks:", "回调：")},
		&cobra.Group{ID: "api", Title: a.t("API:", "接口：")},
		&cobra.Group{ID: "other", Title: a.t("Other:", "其他：")},
	)
	root.AddCommand(
		a.simulateCommand(), a.triggerCommand(), a.verifyURLCommand(),
		a.decryptCommand(), a.parseCommand(), a.encryptCommand(), a.signCommand(),
		a.codeCommand(), a.endpointCommand(), a.callCommand(), a.doctorCommand(),
		a.completionCommand(root),
	)
	root.SetHelpCommandGroupID("other")
	root.SetHelpCommand(a.helpCommand(root))
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error {
		return misuse(lang.T("bad flag", "参数有误"), err)
	})
	a.translate(root)
	return root
}

// readEnvFile reads the file of --env-file.
func (a *app) readEnvFile(name string) error {
	if name == "" {
		return nil
	}
	text, err := os.ReadFile(name) //nolint:gosec // The person names the file.
	if err != nil {
		return misuse(lang.Both("--env-file"), err)
	}
	values, err := godotenv.UnmarshalBytes(text)
	if err != nil {
		// The text of a parse error quotes the file, which holds secrets.
		return badUsage(lang.T("--env-file: %s must have lines of the form NAME=value", "--env-file：%s 的每行应为 NAME=值").With(name))
	}
	a.env = values
	return nil
}

// usageTemplate is cobra's, with words that translate fills in.
const usageTemplate = `%s{{if .HasAvailableSubCommands}}
  {{.CommandPath}} <%s>{{else}}
  {{.UseLine}}{{if .HasAvailableLocalFlags}} [%s]{{end}}{{end}}{{if .HasExample}}

%s
{{.Example}}{{end}}{{if .HasAvailableSubCommands}}{{$cmds := .Commands}}{{range $group := .Groups}}

{{.Title}}{{range $cmds}}{{if (and (eq .GroupID $group.ID) (or .IsAvailableCommand (eq .Name "help")))}}
  {{rpad .Name .NamePadding }} {{.Short}}{{end}}{{end}}{{end}}{{end}}{{if .HasAvailableLocalFlags}}

%s
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}{{if .HasAvailableInheritedFlags}}

%s
{{.InheritedFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}
`

// translate gives every command the words of cobra in the language of the run.
func (a *app) translate(root *cobra.Command) {
	root.SetUsageTemplate(fmt.Sprintf(usageTemplate, a.t("Usage:", "用法："), a.t("command", "命令"), a.t("flags", "参数"),
		a.t("Examples:", "示例："), a.t("Flags:", "参数："), a.t("Global flags:", "全局参数：")))
	root.SetVersionTemplate("wecom {{.Version}}\n")
	root.InitDefaultVersionFlag()
	root.Flags().Lookup("version").Usage = a.t("print the version", "显示版本")
	for _, c := range append(root.Commands(), root) {
		c.InitDefaultHelpFlag()
		c.Flags().Lookup("help").Usage = a.t("show this help", "显示帮助")
		c.DisableFlagsInUseLine = true
		if a.lang == lang.ZH {
			c.LocalFlags().VisitAll(translateDefault)
		}
	}
	// Without a function of its own, cobra would print the help for a command that is not there.
	root.Args = func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		var names []string
		for _, c := range root.Commands() {
			names = append(names, c.Name())
		}
		return unknown(lang.T("there is no command %q", "没有命令 %q").With(args[0]), args[0], names)
	}
	root.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
}

// translateDefault writes the default of a flag into its text in Chinese, in place
// of the English that the help adds.
func translateDefault(f *pflag.Flag) {
	switch f.DefValue {
	case "", "0", "0s", "false", "[]":
		return // the help does not show it
	}
	f.Usage += "（默认 " + f.DefValue + "）"
	f.DefValue = "0"
	if f.Value.Type() == "string" {
		f.DefValue = ""
	}
}

func (a *app) helpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use: "help [command]", GroupID: "other", Short: a.t("Show the help of a command", "显示命令的帮助"),
		ValidArgsFunction: func(*cobra.Command, []string, string) (names []cobra.Completion, _ cobra.ShellCompDirective) {
			for _, c := range root.Commands() {
				names = append(names, c.Name())
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			c, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return badUsage(lang.T("there is no command %q", "没有命令 %q").With(strings.Join(args, " ")))
			}
			return c.Help()
		},
	}
}

func (a *app) completionCommand(root *cobra.Command) *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use: "completion bash|zsh|fish|powershell", GroupID: "other",
		Short: a.t("Print a script that completes commands, events and endpoints", "输出自动补全脚本（命令、事件、接口）"),
		Example: `  source <(wecom completion bash)
  wecom completion zsh > "${fpath[1]}/_wecom"
  wecom completion fish > ~/.config/fish/completions/wecom.fish`,
		ValidArgs: shells,
		Args:      a.exactly(1, "bash|zsh|fish|powershell"),
		RunE: func(_ *cobra.Command, args []string) error {
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(a.Out, true)
			case "zsh":
				return root.GenZshCompletion(a.Out)
			case "fish":
				return root.GenFishCompletion(a.Out, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(a.Out)
			}
			return unknown(lang.T("there is no completion for %q", "不支持 %q 的补全").With(args[0]), args[0], shells)
		},
	}
}

// exactly refuses another number of arguments than n; what names them.
func (a *app) exactly(n int, what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != n {
			return badUsage(lang.T("want %[1]d argument(s), not %[3]d: %[2]s", "需要 %d 个参数（%s），给了 %d 个").With(n, what, len(args)))
		}
		return nil
	}
}

// noArgs refuses arguments.
func (a *app) noArgs(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return badUsage(lang.T("%s takes no arguments", "%s 不带位置参数").With(c.Name()))
	}
	return nil
}

// version is the version of the module, as go install records it.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}

// must stops the program for a mistake in the command tree itself.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
