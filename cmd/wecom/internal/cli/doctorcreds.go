package cli

import (
	"context"
	"errors"
	"time"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/cmd/wecom/internal/lang"
	"github.com/wecom-isv/wecom/cmd/wecom/internal/report"
	"github.com/wecom-isv/wecom/suite"
)

const (
	ticketLife = 30 * time.Minute
	ticketLate = 12 * time.Minute // a push every 10 minutes, and some patience
)

// credentials buys every token that the settings allow, once.
func (p *patient) credentials(ctx context.Context) ([]report.Finding, error) {
	creds, err := p.app.credentials(p.cmd, p.flags.store)
	if err != nil {
		return nil, err
	}
	var findings []report.Finding
	if p.values[providerCorp.env] != "" && p.values[providerSecret.env] != "" {
		source, err := creds.provider()
		if err != nil {
			return nil, err
		}
		findings = append(findings, p.bought(ctx, "provider_access_token", source))
	}
	if p.values[suiteID.env] == "" || p.values[suiteSecret.env] == "" {
		return findings, nil
	}
	client, err := creds.suiteWithTicket(ctx)
	if err != nil {
		return nil, err
	}
	findings = append(findings, p.ticket(ctx, creds), p.bought(ctx, "suite_access_token", client))
	if p.values[authCorp.env] != "" {
		source, err := creds.corp(ctx)
		if err != nil {
			return nil, err
		}
		findings = append(findings, p.bought(ctx, "access_token", source))
	}
	return findings, nil
}

// bought says whether a token can be had, and what to do if not.
func (p *patient) bought(ctx context.Context, name string, source wecom.TokenSource) report.Finding {
	token, err := source.Token(ctx)
	if err == nil {
		left := time.Until(token.ExpiresAt).Round(time.Second)
		return found(name, report.OK, lang.T("%s: works, %s left", "%s：可用，剩余 %s").With(name, left), lang.Text{})
	}
	refusal, refused := errors.AsType[*wecom.Error](err)
	switch {
	case refused && refusal.Code.Is(wecom.ErrIPNotAllowed):
		return found("ip", report.Failure, lang.T("%s: the address %s is not on the IP list (%d)", "%s：地址 %s 不在 IP 白名单中（%d）").With(name, refusal.FromIP, int(refusal.Code)), p.advice(refusal.Code))
	case refused:
		return found(name, report.Failure, lang.T("%s: refused with %s", "%s：被拒绝，%s").With(name, refusal.Code.Error()), p.advice(refusal.Code))
	case errors.Is(err, wecom.ErrNoTicket):
		return found(name, report.Failure, lang.T("%s: cannot be had without a suite_ticket", "%s：没有 suite_ticket，无法获取").With(name), lang.T("see above", "见上"))
	case errors.Is(err, suite.ErrNoCode):
		return found("no_code", report.Note, lang.T("%s: not tried, no permanent code is kept for that corp", "%s：未尝试，没有保存该企业的永久授权码").With(name),
			lang.T("set $%s, or get one with wecom call suite.get_permanent_code_v2", "请设置 $%s，或用 wecom call suite.get_permanent_code_v2 换取").With(permanentCode.env))
	case errors.Is(err, wecom.ErrNoReply):
		return found(name, report.Failure, lang.T("%s: no reply", "%s：没有应答").With(name), lang.T("look at the network and at proxies on the way", "检查网络和中间代理"))
	}
	return found(name, report.Failure, lang.T("%s: %s", "%s：%s").With(name, p.errorText(err)), lang.T("see wecom call --help", "参见 wecom call --help"))
}

// ticket tells how old the suite_ticket is that is kept.
func (p *patient) ticket(ctx context.Context, creds *credentials) report.Finding {
	const id = "ticket"
	push := lang.T("WeCom pushes one every 10 minutes to the command URL: verify that URL, look whether the backend answers success, or push one by hand in the console",
		"企业微信每 10 分钟向指令回调 URL 推送一次：请验证该 URL，检查后端是否应答 success，或在后台手动推送")
	kept, err := creds.cache.Load(ctx, creds.ticketKey())
	if err != nil {
		return found(id, report.Failure, lang.T("no suite_ticket is known, or the last one is older than %d minutes", "没有 suite_ticket，或最后一个已超过 %d 分钟").With(int(ticketLife/time.Minute)), push)
	}
	age := time.Since(time.Unix(kept.Version, 0)).Round(time.Second)
	if age > ticketLate {
		return found(id, report.Warning, lang.T("the suite_ticket is %s old: the last push is late", "suite_ticket 已有 %s：最近一次推送迟到").With(age), push)
	}
	return found(id, report.OK, lang.T("the suite_ticket is %s old", "suite_ticket 已有 %s").With(age), lang.Text{})
}
