package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/fatih/color"
	"github.com/spf13/cobra"

	"github.com/wecom-isv/wecom/callback"
	"github.com/wecom-isv/wecom/cmd/wecom/internal/catalog"
	"github.com/wecom-isv/wecom/cmd/wecom/internal/lang"
	"github.com/wecom-isv/wecom/cmd/wecom/internal/report"
	"github.com/wecom-isv/wecom/wecomtest"
)

// triggering are the flags of trigger.
type triggering struct {
	to        []string
	set       []string
	via       string
	receiver  string
	agent     string
	form      string
	tries     int
	all, list bool
}

func (a *app) triggerCommand() *cobra.Command {
	var t triggering
	c := &cobra.Command{
		Use: "trigger <event>", GroupID: "callbacks",
		Short: a.t("Send any event to a callback URL, signed and encrypted", "向回调 URL 发送任意事件（已签名、加密）"),
		Long: a.t(`Send an event to a callback URL as WeCom does, signed and encrypted, and print the answer and its time
against the deadline. The event is the published example; --set chooses its fields.

With --via a running simulator sends it, to its only app or that of --suite. Then a suite_ticket works, and
so do the codes if the corp (--corp) has installed the app. --via only sends and changes nothing on the
simulated platform: install and cancel by its console or control API.

--all skips the events whose URL is not known, and counts them.`,
			`像企业微信一样向回调 URL 发送事件（签名并加密），输出应答及其用时与时限的比较。
事件内容取自官方示例，可用 --set 修改字段。

使用 --via 时由运行中的模拟器发送，发给它唯一的应用或 --suite 指定的应用。此时 suite_ticket 真实可用；
授权码也可用，但企业（--corp）须已安装该应用。--via 只发送事件，不改变模拟平台的状态：安装、取消请用
控制台或控制接口。

--all 跳过 URL 未知的事件并计数。`),
		Example: `  wecom trigger --list
  wecom trigger create_auth --to http://127.0.0.1:8080/callback/command --set State=abc
  wecom trigger app:msg.text --to https://app.example.com/data --corp wpAAAA --set Content=你好
  wecom trigger --all --to command=http://127.0.0.1:8080/callback/command \
      --to 'data=http://127.0.0.1:8080/callback/data/$CORPID$' --to system=http://127.0.0.1:8080/callback/system
  wecom trigger suite_ticket --via http://127.0.0.1:7070`,
		ValidArgsFunction: completeEvents,
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case t.list:
				return a.listEvents()
			case t.all && len(args) > 0, !t.all && len(args) != 1:
				return badUsage(lang.T("name one event, or --all; --list shows them", "请给出一个事件名，或使用 --all；--list 列出全部"))
			}
			return a.trigger(c, t, args)
		},
	}
	a.use(c, callbackToken, aesKey, suiteID, authCorp, providerCorp)
	flags := c.Flags()
	flags.StringArrayVar(&t.to, "to", nil, a.t("callback `URL`; command=URL, data=URL or system=URL for the events of that kind", "回调 `URL`；command=URL、data=URL、system=URL 分别用于指令、数据和系统事件"))
	flags.StringArrayVar(&t.set, "set", nil, a.t("choose a field: `Name=value` or Path/To/Name=value", "设置字段：`Name=value` 或 路径/字段名=值"))
	flags.StringVar(&t.via, "via", "", a.t("`address` of a running simulator that sends the event", "由 `ADDRESS` 处的模拟器发送事件"))
	flags.StringVar(&t.receiver, "receiver", "", a.t("seal for this `id` instead of the one that the URL wants", "改用该接收方 `ID` 加密"))
	flags.StringVar(&t.agent, "agent-id", "", a.t("`id` of the app in the corp", "应用在企业中的 `AgentID`"))
	flags.StringVar(&t.form, "form", "xml", a.t("`form` of envelope and event: xml or json", "信封和事件的格式 `FORMAT`：xml 或 json"))
	flags.IntVar(&t.tries, "tries", 1, a.t("tries after a failed connection or a time-out; WeCom makes 3", "连接失败或超时后的尝试次数；企业微信为 3 次"))
	flags.BoolVar(&t.all, "all", false, a.t("send every event whose URL is known, one after the other, and count", "依次发送 URL 已知的全部事件并统计"))
	flags.BoolVar(&t.list, "list", false, a.t("list the events", "列出全部事件"))
	must(c.RegisterFlagCompletionFunc("form", cobra.FixedCompletions([]string{"xml", "json"}, cobra.ShellCompDirectiveNoFileComp)))
	must(c.RegisterFlagCompletionFunc("set", completeFields))
	return c
}

func completeEvents(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var ids []cobra.Completion
	for _, e := range wecomtest.Events() {
		ids = append(ids, cobra.CompletionWithDesc(e.ID, e.Title))
	}
	return ids, cobra.ShellCompDirectiveNoFileComp
}

// completeFields completes --set with the fields of the event that is named.
func completeFields(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	const directive = cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
	if len(args) != 1 {
		return nil, directive
	}
	e, err := wecomtest.FindEvent(args[0])
	if err != nil {
		return nil, directive
	}
	var names []cobra.Completion
	for _, f := range e.Fields {
		names = append(names, cobra.CompletionWithDesc(f.Path+"=", f.Note))
	}
	return names, directive
}

// eventDoc is an event as --list --json shows it.
type eventDoc struct {
	ID         string `json:"id"`
	Title      string `json:"title"`
	Chinese    string `json:"title_zh,omitempty"`
	URL        string `json:"url"`
	DeadlineMS int64  `json:"deadline_ms"`
	Docs       []int  `json:"docs,omitempty"`
}

func (a *app) listEvents() error {
	events := wecomtest.Events()
	docs := make([]eventDoc, len(events))
	for i, e := range events {
		docs[i] = eventDoc{e.ID, e.Title, eventTitle(e), string(e.Receiver), e.Deadline.Milliseconds(), e.Docs}
	}
	if a.json {
		return a.printJSON(docs)
	}
	for _, e := range docs {
		title := e.Title
		if a.lang == lang.ZH && e.Chinese != "" {
			title = e.Chinese
		}
		a.printf("%-55s %-16s %4d ms  %s", e.ID, e.URL, e.DeadlineMS, a.paint(color.Faint, title))
	}
	return nil
}

// eventTitle is the Chinese title of an event; its kind is written as package
// callback writes it.
func eventTitle(e wecomtest.EventInfo) string {
	return catalog.EventTitle(callback.Kind(string(e.Form) + ":" + e.Kind))
}

// pushed is what became of one event.
type pushed struct {
	ID         string   `json:"id"`
	URL        string   `json:"url,omitempty"` // without its secrets
	Delivered  bool     `json:"delivered"`
	DeadlineMS int64    `json:"deadline_ms"`
	Tries      []tryDoc `json:"tries"`
	Error      string   `json:"error,omitempty"`
}

// sender sends one event.
type sender func(ctx context.Context, e wecomtest.EventInfo, fields wecomtest.Fields) (pushed, error)

func (a *app) trigger(c *cobra.Command, t triggering, args []string) error {
	fields, err := a.chosenFields(t.set)
	if err != nil {
		return err
	}
	events := wecomtest.Events()
	if !t.all {
		e, err := wecomtest.FindEvent(args[0])
		if unknown, ok := errors.AsType[*wecomtest.UnknownEventError](err); ok {
			return didYouMean(lang.T("there is no event %q", "没有事件 %q").With(args[0]), unknown.Nearest)
		}
		if err != nil {
			return err
		}
		events = []wecomtest.EventInfo{e}
	}
	send, stop, err := a.sender(c, t)
	if err != nil {
		return err
	}
	defer stop()
	sent, skipped, err := a.sendAll(c.Context(), events, fields, send)
	if err != nil {
		return err
	}
	return a.sum(sent, skipped, t.all)
}

func (a *app) chosenFields(set []string) (wecomtest.Fields, error) {
	fields := wecomtest.Fields{}
	for _, pair := range set {
		name, value, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return nil, badUsage(lang.T("--set wants Name=value", "--set 的格式为 字段名=值"))
		}
		value, err := a.namedValue("set", name, value)
		if err != nil {
			return nil, err
		}
		fields[name] = value
	}
	return fields, nil
}

// sendAll sends the events and prints what became of them. Of several events it
// skips those whose URL is not known; otherwise an event that cannot be sent at all
// ends the run.
func (a *app) sendAll(ctx context.Context, events []wecomtest.EventInfo, fields wecomtest.Fields, send sender) (sent []pushed, skipped int, err error) {
	sent = make([]pushed, 0, len(events))
	single := len(events) == 1
	for _, e := range events {
		result, err := send(ctx, e, fields)
		if _, noURL := errors.AsType[noURLError](err); noURL && !single {
			skipped++
			continue
		}
		if err != nil {
			return nil, 0, err
		}
		if ctx.Err() != nil {
			return nil, 0, ctx.Err()
		}
		sent = append(sent, result)
		if !a.json {
			a.printPushed(result, single)
		}
	}
	if len(sent) == 0 {
		return nil, 0, badUsage(lang.T("nothing was sent: no event has a URL that is known", "没有发送任何事件：所有事件的 URL 都未知"))
	}
	return sent, skipped, nil
}

// sum prints the count of several events, and with --json everything.
func (a *app) sum(sent []pushed, skipped int, all bool) error {
	failed := 0
	var slowest time.Duration
	for _, p := range sent {
		if !p.Delivered {
			failed++
		}
		slowest = max(slowest, p.duration())
	}
	switch {
	case a.json && all:
		if err := a.printJSON(map[string]any{
			"sent": len(sent), "answered": len(sent) - failed, "failed": failed, "skipped": skipped, "results": sent,
		}); err != nil {
			return err
		}
	case a.json:
		if err := a.printJSON(sent[0]); err != nil {
			return err
		}
	case all:
		a.printf(a.t("%d events sent, %d answered right within their deadline, %d not; slowest answer %d ms",
			"发送 %d 个事件，%d 个在时限内正确应答，%d 个失败；最慢应答 %d 毫秒"), len(sent), len(sent)-failed, failed, slowest.Milliseconds())
		if skipped > 0 {
			a.printf(a.t("%d events skipped: their URL is not known", "跳过 %d 个事件：其 URL 未知"), skipped)
		}
	}
	if failed > 0 {
		return errFailed
	}
	return nil
}

// duration is the time of the last try.
func (p pushed) duration() time.Duration {
	if len(p.Tries) == 0 {
		return 0
	}
	return time.Duration(p.Tries[len(p.Tries)-1].Millis * float64(time.Millisecond))
}

// printPushed prints one line, or with more room every try.
func (a *app) printPushed(p pushed, whole bool) {
	level := report.OK
	switch {
	case !p.Delivered:
		level = report.Failure
	case p.duration().Milliseconds()*2 > p.DeadlineMS:
		level = report.Warning
	}
	a.printf(a.t("%s %s  %d of %d ms", "%s %s  用时 %d / %d 毫秒"), a.mark(level), p.ID, p.duration().Milliseconds(), p.DeadlineMS)
	if !whole && p.Delivered {
		return
	}
	if whole {
		a.printf("  → %s", printable(p.URL))
	}
	for i, try := range p.Tries {
		outcome := a.t("as it must be", "正确")
		if try.Error != "" {
			outcome = printable(tryText(try.Error).In(a.lang))
		}
		answer := a.t("no answer", "没有应答")
		if try.Status != 0 {
			answer = fmt.Sprintf("HTTP %d %q", try.Status, shorten(fmt.Sprint(try.Body)))
		}
		a.printf(a.t("  try %d: %s, %.0f ms: %s", "  第 %d 次：%s，%.0f 毫秒：%s"), i+1, answer, try.Millis, outcome)
	}
}

// tryText is why a try did not count, as the platform says it in English.
func tryText(english string) lang.Text {
	for _, known := range []lang.Text{
		{EN: "the answer has status ", ZH: "应答的 HTTP 状态为 "},
		{EN: "the answer is ", ZH: "应答为 "},
		{EN: "no answer within ", ZH: "没有应答，时限 "},
		{EN: "connection failed: ", ZH: "连接失败："},
		{EN: "given up by the caller: ", ZH: "调用方已放弃："},
		{EN: "the passive reply is no XML envelope", ZH: "被动回复不是 XML 信封"},
		{EN: "the signature of the passive reply is wrong", ZH: "被动回复的签名错误"},
		{EN: "the passive reply does not open: ", ZH: "被动回复无法解密："},
		{EN: "the passive reply is for ", ZH: "被动回复的接收方为 "},
	} {
		if rest, ok := strings.CutPrefix(english, known.EN); ok {
			return lang.T(english, known.ZH+strings.Replace(rest, `", want "`, `"，应为 "`, 1))
		}
	}
	return lang.Both(english)
}

func shorten(s string) string {
	const most = 100
	if s == "<nil>" {
		return ""
	}
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
