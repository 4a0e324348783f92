package cli

import (
	"errors"
	"strconv"
	"strings"

	"github.com/fatih/color"
	"github.com/spf13/cobra"

	"github.com/wecom-isv/wecom/cmd/wecom/internal/catalog"
	"github.com/wecom-isv/wecom/cmd/wecom/internal/lang"
)

func (a *app) endpointCommand() *cobra.Command {
	var list bool
	c := &cobra.Command{
		Use: "endpoint <name>", GroupID: "api",
		Short: a.t("Show an endpoint: Go method, credential, fields, link", "查看接口：Go 方法、凭证、字段、文档链接"),
		Long: a.t(`Show an endpoint: the Go method that calls it, the credential, the fields of request and reply, notes
and a link to WeCom's page.

The name is an id (suite.get_auth_info), a path or its end (v2/get_permanent_code), a Go method
(GetPermanentCode) or a part of a Chinese title.`,
			`查看接口：调用它的 Go 方法、所需凭证、请求和应答字段、注意事项以及官方文档链接。

名称可以是 ID（suite.get_auth_info）、路径或路径结尾（v2/get_permanent_code）、Go 方法名
（GetPermanentCode）或中文标题的一部分。`),
		Example: `  wecom endpoint get_permanent_code
  wecom endpoint 获取企业凭证
  wecom endpoint --list | grep license`,
		ValidArgsFunction: completeEndpoints,
		RunE: func(_ *cobra.Command, args []string) error {
			if list {
				return a.listEndpoints(args)
			}
			if len(args) != 1 {
				return badUsage(lang.T("name one endpoint, such as suite.get_auth_info; --list shows all", "请给出一个接口名，例如 suite.get_auth_info；--list 列出全部"))
			}
			found, err := findEndpoints(args[0])
			if err != nil {
				return err
			}
			return a.showEndpoints(found)
		},
	}
	c.Flags().BoolVar(&list, "list", false, a.t("list all endpoints, or those of the chapters that are named", "列出全部接口，或指定章节的接口"))
	return c
}

func completeEndpoints(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	table, err := catalog.Endpoints()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	ids := make([]cobra.Completion, len(table))
	for i, e := range table {
		ids[i] = cobra.CompletionWithDesc(e.ID, e.Title)
	}
	return ids, cobra.ShellCompDirectiveNoFileComp
}

// findEndpoints is catalog.Find with errors in both languages.
func findEndpoints(name string) ([]*catalog.Endpoint, error) {
	found, err := catalog.Find(name)
	if e, ok := errors.AsType[*catalog.UnknownEndpointError](err); ok {
		return nil, didYouMean(lang.T("no endpoint is called %q", "没有名为 %q 的接口").With(name), e.Nearest)
	}
	return found, err
}

func (a *app) listEndpoints(chapters []string) error {
	table, err := catalog.Endpoints()
	if err != nil {
		return err
	}
	wanted := map[string]bool{}
	for _, c := range chapters {
		wanted[c] = true
	}
	var rows []*catalog.Endpoint
	for _, e := range table {
		if len(wanted) == 0 || wanted[e.Chapter] {
			rows = append(rows, e)
		}
	}
	if len(rows) == 0 {
		return unknown(lang.T("there is no chapter %q", "没有章节 %q").With(strings.Join(chapters, " ")), chapters[0], chapterNames(table))
	}
	if a.json {
		return a.printJSON(rows)
	}
	for _, e := range rows {
		a.printf("%-38s %-4s %s  %s", e.ID, e.Method, e.Path, a.paint(color.Faint, e.Title))
	}
	return nil
}

func chapterNames(table []*catalog.Endpoint) (names []string) {
	seen := map[string]bool{}
	for _, e := range table {
		if !seen[e.Chapter] {
			seen[e.Chapter] = true
			names = append(names, e.Chapter)
		}
	}
	return names
}

// showEndpoints prints the endpoints in full, or their ids if there are many.
func (a *app) showEndpoints(found []*catalog.Endpoint) error {
	const most = 4
	if a.json {
		return a.printJSON(found)
	}
	if len(found) > most {
		a.printf(a.t("%d endpoints have that name:", "有 %d 个接口符合："), len(found))
		for _, e := range found {
			a.printf("  %-38s %s", e.ID, e.Title)
		}
		return nil
	}
	for i, e := range found {
		if i > 0 {
			a.printf("")
		}
		a.showEndpoint(e)
	}
	return nil
}

func (a *app) showEndpoint(e *catalog.Endpoint) {
	line := func(en, zh, value string) {
		if value != "" {
			a.printf("  %s %s", pad(a.t(en, zh), 10), value)
		}
	}
	status := ""
	if e.Deprecated {
		status = a.t("  (deprecated)", "  （已被取代）")
	}
	a.printf("%s  %s%s", a.paint(color.Bold, e.ID), e.Title, a.paint(color.FgYellow, status))
	line("request", "请求", e.Method+" "+e.Path)
	for _, method := range e.Go {
		line("Go", "Go", method)
	}
	line("credential", "凭证", a.credentialText(e))
	for _, n := range e.Doc {
		line("docs", "文档", catalog.DocsURL+strconv.Itoa(n))
	}
	a.fields(a.t("query", "查询参数"), e.Query)
	a.fields(a.t("body", "请求体"), e.Body)
	a.fields(a.t("reply", "应答"), e.Result)
	if e.ExampleBody != "" {
		a.printf("  %s", a.t("example", "示例"))
		a.printf("    %s", e.ExampleBody)
	}
	if len(e.Notes) > 0 {
		a.printf("  %s", a.t("notes", "说明"))
	}
	for _, note := range e.Notes {
		a.printf("    - %s", note)
	}
}

func (a *app) credentialText(e *catalog.Endpoint) string {
	switch e.Credential {
	case "none":
		return a.t("none", "不需要")
	case e.CredentialParam:
		return e.Credential
	}
	return e.Credential + a.t(" as ", "，参数名 ") + e.CredentialParam
}

func (a *app) fields(title string, fields []catalog.Field) {
	if len(fields) == 0 {
		return
	}
	a.printf("  %s", title)
	a.fieldLines(fields, "    ")
}

func (a *app) fieldLines(fields []catalog.Field, indent string) {
	width := 0
	for _, f := range fields {
		width = max(width, len(f.Name)+1)
	}
	for _, f := range fields {
		name := f.Name
		if f.Required {
			name += "*"
		}
		a.printf("%s%s %s  %s", indent, pad(name, width), pad(f.Type, 8), a.paint(color.Faint, f.Note))
		a.fieldLines(f.Fields, indent+"  ")
	}
}

// pad fills s with blanks to a width in columns; a Chinese character takes two.
func pad(s string, width int) string {
	for _, r := range s {
		width--
		if r > 0x2e80 {
			width--
		}
	}
	return s + strings.Repeat(" ", max(0, width))
}
