package cli

import (
	"slices"

	"github.com/spf13/cobra"

	"github.com/wecom-isv/wecom/cmd/wecom/internal/lang"
	"github.com/wecom-isv/wecom/cmd/wecom/internal/probe"
	"github.com/wecom-isv/wecom/cmd/wecom/internal/report"
)

func (a *app) verifyURLCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "verify-url <URL>", GroupID: "callbacks",
		Short: a.t("Do what WeCom does when a callback URL is saved, and say what is wrong", "像保存回调 URL 时那样验证，并指出问题"),
		Long: a.t(`Verify a callback URL as WeCom does when it is saved in the console: a signed GET whose encrypted text must
come back decrypted within one second. If it fails, find out why: signature, key, receiver, quotes, byte
order mark, line break, redirect, certificate, status, time. If it succeeds, look whether the URL also
refuses a wrong signature and another receiver.`,
			`像在后台保存回调 URL 时那样验证：发送带签名的 GET，密文须在一秒内以明文返回。
失败时查明原因：签名、密钥、接收方、引号、BOM、换行、重定向、证书、状态码、用时。
成功时再检查该 URL 是否会拒绝错误的签名和其他接收方。`),
		Example: `  wecom verify-url https://app.example.com/callback/command
  wecom verify-url 'https://app.example.com/callback/data/$CORPID$' --env-file .env`,
		Args: a.exactly(1, "URL"),
		RunE: func(c *cobra.Command, args []string) error {
			codec, err := a.codec(c)
			if err != nil {
				return err
			}
			receiver, err := a.need(c, providerCorp)
			if err != nil {
				return err
			}
			others, err := a.others(c)
			if err != nil {
				return err
			}
			result := probe.Run(c.Context(), probe.Config{URL: args[0], Codec: codec, Receiver: receiver, Others: others})
			if err := c.Context().Err(); err != nil {
				return err
			}
			return a.printProbe(args[0], result)
		},
	}
	a.use(c, callbackToken, aesKey, providerCorp, suiteID, authCorp)
	return c
}

// others are the ids that a URL may take by mistake in a verification.
func (a *app) others(c *cobra.Command) ([]string, error) {
	var ids []string
	for _, s := range []setting{suiteID, authCorp} {
		id, err := a.value(c, s)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return slices.DeleteFunc(ids, func(id string) bool { return id == "" }), nil
}

func (a *app) printProbe(address string, result probe.Result) error {
	failed := report.Failed(result.Findings)
	verdict := lang.T("WeCom would save this URL", "企业微信会接受该 URL")
	if failed {
		verdict = lang.T("WeCom would refuse this URL, or it is not safe", "企业微信不会接受该 URL，或它不安全")
	}
	if a.json {
		if err := a.printJSON(map[string]any{
			"url": maskAddress(address), "ok": !failed, "status": result.Status, "ms": result.Duration.Milliseconds(),
			"findings": a.findingDocs(result.Findings),
		}); err != nil {
			return err
		}
	} else {
		a.printFindings(result.Findings)
		level := report.OK
		if failed {
			level = report.Failure
		}
		a.printf("%s %s", a.mark(level), verdict.In(a.lang))
	}
	if failed {
		return errFailed
	}
	return nil
}
