package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/cmd/wecom/internal/catalog"
	"github.com/wecom-isv/wecom/cmd/wecom/internal/lang"
	"github.com/wecom-isv/wecom/cmd/wecom/internal/tokenfile"
)

// calling are the flags of call.
type calling struct {
	body, file, out, store string
	query                  []string
	unchecked              bool
}

func (a *app) callCommand() *cobra.Command {
	var f calling
	c := &cobra.Command{
		Use: "call <endpoint>", GroupID: "api",
		Short: a.t("Call an endpoint of the real or a simulated platform", "调用真实或模拟平台的接口"),
		Long: a.t(`Call an endpoint with the credential that it takes: tokens are fetched as needed and kept in a file that
only you can read. The request is checked against the endpoint table first. Fields that the settings know
(suite_id, secrets, suite_ticket, permanent_code, …) are filled in when they are missing.

The reply is printed with its secrets hidden; --out writes it as it is to a file that only you can read. A
permanent code is kept in the token file by itself: it cannot be fetched twice.

The suite_ticket comes from --ticket, from the last one kept, or from the simulator that $WECOM_BASE_URL names.`,
			`用接口所需的凭证调用它：凭证按需获取，保存在只有你能读取的文件里。请求先按接口表检查。
设置中已有的字段（suite_id、密钥、suite_ticket、permanent_code 等）缺少时会自动填入。

输出的应答会隐藏其中的密钥；--out 把原始应答写入只有你能读取的文件。
永久授权码会自动存入凭证文件：它无法获取第二次。

suite_ticket 取自 --ticket、上次保存的值，或 $WECOM_BASE_URL 所指的模拟器。`),
		Example: `  wecom call suite.get_pre_auth_code
  wecom call suite.get_auth_info --corp wpAAAA
  wecom call suite.get_permanent_code_v2 --body @code.json
  wecom call contact.user.get --corp wpAAAA --query userid=zhangsan
  wecom call media.upload --corp wpAAAA --query type=image --file logo.png`,
		Args:              a.exactly(1, a.t("endpoint", "接口名")),
		ValidArgsFunction: completeEndpoints,
		RunE: func(c *cobra.Command, args []string) error {
			found, err := findEndpoints(args[0])
			if err != nil {
				return err
			}
			if len(found) > 1 {
				var ids []string
				for _, e := range found {
					ids = append(ids, e.ID)
				}
				return badUsage(lang.T("%q may mean %s: give the id", "%q 可能是 %s：请给出 ID").With(args[0], strings.Join(ids, ", ")))
			}
			return a.call(c, found[0], f)
		},
	}
	a.use(c, baseURL, suiteID, suiteSecret, suiteTicket, authCorp, permanentCode, providerCorp, providerSecret, accessToken)
	flags := c.Flags()
	flags.StringVar(&f.body, "body", "", a.t("`JSON` body: text, @file, or - for the standard input", "`JSON` 请求体：文本、@文件，或 - 表示标准输入"))
	flags.StringArrayVar(&f.query, "query", nil, a.t("query parameter `name=value`; may be repeated", "查询参数 `name=value`；可重复"))
	flags.StringVar(&f.file, "file", "", a.t("`file` to upload", "要上传的文件 `FILE`"))
	flags.StringVar(&f.out, "out", "", a.t("write the reply as it is to this `file`, readable by you only", "把原始应答写入 `FILE`（仅本人可读）"))
	flags.StringVar(&f.store, "store", "", a.t("token `file` (default: one for each platform in the user's settings)", "凭证文件 `FILE`（默认在用户配置目录，每个平台一个）"))
	flags.BoolVar(&f.unchecked, "unchecked", false, a.t("send also what the endpoint table does not have", "允许发送接口表中没有的字段"))
	return c
}

func (a *app) call(c *cobra.Command, e *catalog.Endpoint, f calling) error {
	body, query, err := a.request(f)
	if err != nil {
		return err
	}
	creds, err := a.credentials(c, f.store)
	if err != nil {
		return err
	}
	if err := creds.fill(c.Context(), e, body, query); err != nil {
		return err
	}
	if err := check(e, body, query, f); err != nil {
		return err
	}
	reply, err := creds.send(c.Context(), e, body, query, f)
	if creds.renewTicket(c.Context(), err) {
		reply, err = creds.send(c.Context(), e, body, query, f)
	}
	if err != nil {
		return creds.explained(err)
	}
	kept := creds.keep(c.Context(), e, reply) // before anything that may fail
	return errors.Join(kept, a.printReply(e, reply, f.out))
}

// request reads the body and the query from the flags.
func (a *app) request(f calling) (map[string]any, url.Values, error) {
	text := []byte(f.body)
	switch {
	case f.body == "-":
		var err error
		if text, err = a.input(lang.T("the JSON body", "JSON 请求体")); err != nil {
			return nil, nil, err
		}
	case strings.HasPrefix(f.body, "@"):
		var err error
		if text, err = os.ReadFile(f.body[1:]); err != nil {
			return nil, nil, badUsage(lang.T("--body: the file cannot be read", "--body：文件无法读取"))
		}
	}
	body := map[string]any{}
	if len(text) > 0 {
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.UseNumber() // ids have 64 bits
		if err := decoder.Decode(&body); err != nil || body == nil || decoder.More() {
			return nil, nil, badUsage(lang.T("--body is no JSON object", "--body 不是 JSON 对象"))
		}
	}
	if typed := f.body != "" && f.body[0] == '{'; typed && holdsSecret(body) {
		a.notef("%s", a.t("warning: a secret in --body stays in the shell's history; use --body @file or --body -", "警告：--body 中的密钥会留在 shell 历史里；请改用 --body @文件 或 --body -"))
	}
	query := url.Values{}
	for _, pair := range f.query {
		name, value, ok := strings.Cut(pair, "=")
		if !ok {
			return nil, nil, badUsage(lang.T("--query wants name=value", "--query 的格式为 名称=值"))
		}
		value, err := a.namedValue("query", name, value)
		if err != nil {
			return nil, nil, err
		}
		query.Add(name, value)
	}
	return body, query, nil
}

// check compares the request with the endpoint table.
func check(e *catalog.Endpoint, body map[string]any, query url.Values, f calling) error {
	has := func(name string) bool { _, ok := body[name]; return ok }
	var given []string
	for name := range body {
		given = append(given, name)
	}
	switch {
	case e.Upload() && f.file == "":
		return badUsage(lang.T("%s uploads a file: give it with --file", "%s 需要上传文件：请用 --file 给出").With(e.ID))
	case e.Upload():
		has = func(string) bool { return true }
	case f.file != "":
		return badUsage(lang.T("%s uploads no file", "%s 不上传文件").With(e.ID))
	case e.Download() && f.out == "":
		return badUsage(lang.T("%s replies with a file: say where to with --out", "%s 返回文件：请用 --out 指定保存位置").With(e.ID))
	}
	slices.Sort(given)
	if err := checkNames(e, e.Body, given, has, f.unchecked); err != nil {
		return err
	}
	given = given[:0]
	for name := range query {
		given = append(given, name)
	}
	slices.Sort(given)
	return checkNames(e, e.Query, given, query.Has, f.unchecked)
}

func checkNames(e *catalog.Endpoint, fields []catalog.Field, given []string, has func(string) bool, unchecked bool) error {
	var known []string
	for _, field := range fields {
		known = append(known, field.Name)
		if field.Required && !has(field.Name) && !unchecked {
			return badUsage(lang.T("%s needs %s (%s); see wecom endpoint %[1]s", "%s 需要 %s（%s）；参见 wecom endpoint %[1]s").With(e.ID, field.Name, field.Note))
		}
	}
	for _, name := range given {
		if !slices.Contains(known, name) && !unchecked {
			return unknown(lang.T("%s has no parameter %q here; --unchecked sends it all the same", "%s 此处没有参数 %q；--unchecked 可强制发送").With(e.ID, name), name, known)
		}
	}
	return nil
}

// reply is what came back: JSON, or a file.
type reply struct {
	json []byte
	file *wecom.Stream
}

// send makes the call with the credential that the endpoint takes.
func (s *credentials) send(ctx context.Context, e *catalog.Endpoint, body map[string]any, query url.Values, f calling) (reply, error) {
	auth, err := s.auth(ctx, e)
	if err != nil {
		return reply{}, err
	}
	call := wecom.Call{Method: e.Method, Path: e.Path, Query: query, Auth: auth}
	if len(e.Body) > 0 && !e.Upload() || len(body) > 0 {
		call.Body = body
	}
	if e.Upload() {
		file, err := os.Open(f.file)
		if err != nil {
			return reply{}, badUsage(lang.T("--file: the file cannot be read", "--file：文件无法读取"))
		}
		defer func() { _ = file.Close() }()
		info, err := file.Stat()
		if err != nil || !info.Mode().IsRegular() {
			return reply{}, badUsage(lang.T("--file: the file cannot be read", "--file：文件无法读取"))
		}
		call.Body, call.File = nil, &wecom.File{Name: filepath.Base(f.file), Size: info.Size(), Reader: file}
	}
	if e.Download() {
		stream := new(wecom.Stream)
		return reply{file: stream}, s.api.Do(ctx, call, stream)
	}
	var raw wecom.RawReply
	err = s.api.Do(ctx, call, &raw)
	return reply{json: raw.Body}, err
}

// printReply prints the reply without its secrets, and writes it whole to out.
func (a *app) printReply(e *catalog.Endpoint, r reply, out string) error {
	if r.file != nil {
		defer func() { _ = r.file.Close() }()
		n, err := tokenfile.WritePrivate(out, r.file)
		if err != nil {
			return unable(err, "the file cannot be written", "文件无法写入")
		}
		a.notef(a.t("%d bytes in %s", "已写入 %d 字节到 %s"), n, out)
		return nil
	}
	if out != "" {
		if _, err := tokenfile.WritePrivate(out, bytes.NewReader(r.json)); err != nil {
			return unable(err, "the reply cannot be written", "应答无法写入")
		}
		a.notef(a.t("the whole reply is in %s", "完整应答在 %s"), out)
	}
	masked, ok := maskJSON(r.json)
	if !ok {
		return unable(errors.New(e.Path), "the reply is not JSON", "应答不是 JSON")
	}
	return a.printJSON(masked)
}
