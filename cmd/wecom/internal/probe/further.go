package probe

import (
	"context"
	"net/http"
	"strings"

	"github.com/wecom-isv/wecom/cmd/wecom/internal/lang"
	"github.com/wecom-isv/wecom/cmd/wecom/internal/report"
)

// badSignature has the form of a signature and is none.
var badSignature = strings.Repeat("0", 40)

// askWhy asks a URL that refused a right verification what it would have taken.
func (p *prober) askWhy(ctx context.Context, refused answer) []report.Finding {
	for _, id := range p.cfg.Others {
		if id == p.cfg.Receiver {
			continue
		}
		if a := p.ask(ctx, question{receiver: id}); a.err == nil && a.body == a.echo {
			return []report.Finding{failure("receiver", lang.T("it expects the receiver %s, but WeCom verifies with %s, the provider's own corp id",
				"它期望接收方 %s，而企业微信验证时用的是服务商自己的 CorpID %s").With(id, p.cfg.Receiver),
				lang.T("allow %[2]s for the verification too (VerifyReceivers of callback.Config)", "验证时也要允许 %[2]s（callback.Config 的 VerifyReceivers）").With(id, p.cfg.Receiver))}
		}
	}
	forged := p.ask(ctx, question{receiver: p.cfg.Receiver, signature: badSignature})
	switch {
	case forged.err != nil:
		return nil
	case refused.status == http.StatusNotFound, refused.status == http.StatusMethodNotAllowed:
		return nil // what was said of the status is all there is
	case forged.status != refused.status || forged.body != refused.body:
		return []report.Finding{{
			ID: "token_ok", Level: report.Note, What: lang.T("a wrong signature is refused in another way: the Token is probably right, the EncodingAESKey or the receiver is not",
				"错误签名得到的应答不同：Token 很可能正确，而 EncodingAESKey 或接收方不对"),
			Remedy: lang.T("compare the EncodingAESKey of the server with the one given here, and allow the receiver %s", "核对服务端与此处的 EncodingAESKey，并允许接收方 %s").With(p.cfg.Receiver),
		}}
	}
	return []report.Finding{{
		ID: "signature", Level: report.Note, What: lang.T("a wrong signature is answered in the same way: probably the signature does not match",
			"错误签名得到同样的应答：很可能是签名不匹配"),
		Remedy: lang.T("compare Token, EncodingAESKey and receiver; sign the four values as they are after one decoding of the query, with + kept as +",
			"核对 Token、EncodingAESKey 和接收方；四个值须在查询串解码一次之后参与签名，其中的 + 不得变成空格"),
	}}
}

// askWrong looks whether a URL that answers right also refuses what it must, and
// takes what it must.
func (p *prober) askWrong(ctx context.Context) []report.Finding {
	var findings []report.Finding
	accepts := func(q question) bool {
		a := p.ask(ctx, q)
		return a.err == nil && a.status == http.StatusOK && strings.Contains(a.body, a.echo)
	}
	if accepts(question{receiver: p.cfg.Receiver, signature: badSignature}) {
		findings = append(findings, failure("unsigned", lang.T("a wrong signature is accepted: anybody can forge callbacks", "错误的签名也被接受：任何人都能伪造回调"),
			lang.T("compare msg_signature before decrypting, in constant time", "解密之前先校验 msg_signature，并使用常数时间比较")))
	} else {
		findings = append(findings, report.Finding{ID: "signed", Level: report.OK, What: lang.T("a wrong signature is refused", "错误的签名被拒绝")})
	}
	if accepts(question{receiver: stranger}) {
		findings = append(findings, report.Finding{
			ID: "any_receiver", Level: report.Warning, What: lang.T("a message sealed for another receiver is accepted", "加密给其他接收方的消息也被接受"),
			Remedy: lang.T("compare the receiver inside the message with the ids that the URL serves", "将消息中的接收方 ID 与该 URL 服务的 ID 比较"),
		})
	} else {
		findings = append(findings, report.Finding{ID: "receiver_checked", Level: report.OK, What: lang.T("another receiver is refused", "其他接收方被拒绝")})
	}
	if !accepts(question{receiver: p.cfg.Receiver, extra: true}) {
		findings = append(findings, report.Finding{
			ID: "extra", Level: report.Warning, What: lang.T("a query parameter more makes it fail", "多一个查询参数就会失败"),
			Remedy: lang.T("sign timestamp, nonce and echostr only, and ignore the rest", "只用 timestamp、nonce、echostr 参与签名，忽略其余参数"),
		})
	}
	return findings
}
