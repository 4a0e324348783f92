package probe

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/wecom-isv/wecom/cmd/wecom/internal/lang"
	"github.com/wecom-isv/wecom/cmd/wecom/internal/report"
)

// address reads the URL as WeCom's console does.
func (p *prober) address() (*url.URL, []report.Finding) {
	text := strings.ReplaceAll(p.cfg.URL, corpID, p.cfg.Receiver)
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" || u.Fragment != "" {
		return nil, []report.Finding{failure("url", lang.T("the URL is not an absolute http or https address without fragment",
			"URL 不是完整的 http 或 https 地址，或带有 # 片段"), lang.T("write it as https://app.example.com/callback/command", "应写成 https://app.example.com/callback/command"))}
	}
	if local(u.Hostname()) {
		return u, []report.Finding{{ID: "local", Level: report.Note, What: lang.T(
			"the host is on this machine or in a private network: WeCom cannot reach it", "该主机位于本机或内网，企业微信无法访问",
		), Remedy: lang.T("use a public host name, or a tunnel, before you save it in the console", "在后台保存之前，请换成公网域名或使用内网穿透")}}
	}
	return u, nil
}

func local(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") || strings.HasSuffix(host, ".local") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && (addr.IsLoopback() || addr.IsPrivate() || addr.IsLinkLocalUnicast() || addr.IsUnspecified())
}

// judge says what is wrong with the answer to the right question.
func (p *prober) judge(a answer) []report.Finding {
	if a.err != nil {
		return []report.Finding{Unreachable(a.err, patience)}
	}
	findings := timing(a.duration)
	switch {
	case a.status >= 300 && a.status <= 399:
		return append(findings, failure("redirect", lang.T("the answer is a redirect (HTTP %d): WeCom does not follow it", "应答是重定向（HTTP %d），企业微信不会跟随").With(a.status),
			lang.T("answer at the address itself: check for http to https, a missing slash at the end, and a login page in front",
				"请在该地址直接应答：检查是否有 http 跳 https、末尾斜杠跳转或前置登录页")))
	case a.status != http.StatusOK:
		return append(findings, wrongStatus(a.status))
	case a.body == a.echo:
		return append(findings, report.Finding{ID: "echo", Level: report.OK, What: lang.T("the answer is the decrypted text", "应答就是解密后的明文")})
	}
	return append(findings, wrongBody(a))
}

func timing(d time.Duration) []report.Finding {
	ms := d.Milliseconds()
	switch {
	case d > deadline:
		return []report.Finding{failure("slow", lang.T("the answer took %d ms: WeCom waits 1000 ms", "应答用了 %d 毫秒，企业微信只等 1000 毫秒").With(ms),
			lang.T("answer before any other work; look at cold starts, name look-ups and proxies on the way", "先应答再做其他工作；检查冷启动、域名解析和中间代理"))}
	case d > tight:
		return []report.Finding{{
			ID: "nearly_slow", Level: report.Warning, What: lang.T("the answer took %d of the 1000 ms", "应答用了 1000 毫秒中的 %d 毫秒").With(ms),
			Remedy: lang.T("it may fail from far away or under load: answer before any other work", "跨地域或高负载时可能超时：请先应答再做其他工作"),
		}}
	}
	return []report.Finding{{ID: "time", Level: report.OK, What: lang.T("the answer took %d of the 1000 ms", "应答用了 1000 毫秒中的 %d 毫秒").With(ms)}}
}

// Unreachable says why a server gave no answer within some time, without its
// address.
func Unreachable(err error, within time.Duration) report.Finding {
	if f, isTLS := tlsFinding(err); isTLS {
		return f
	}
	dns, isDNS := errors.AsType[*net.DNSError](err)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return failure("timeout", lang.T("no answer within %d s", "%d 秒内没有应答").With(int(within/time.Second)),
			lang.T("it takes no connection, or takes it and is silent: look at the firewall, the proxy and the handler", "连接不上，或连接后没有应答：检查防火墙、代理和处理程序"))
	case errors.Is(err, context.Canceled):
		return failure("cancelled", lang.T("cancelled", "已取消"), lang.Text{})
	case isDNS && dns.IsNotFound:
		return failure("dns", lang.T("the host name does not exist", "域名不存在"), lang.T("check the name and its DNS record", "检查域名拼写和 DNS 记录"))
	case isDNS:
		return failure("dns", lang.T("the host name cannot be looked up", "域名解析失败"), lang.T("check the DNS server and the network", "检查 DNS 服务器和网络"))
	case errors.Is(err, syscall.ECONNREFUSED):
		return failure("refused", lang.T("nobody listens on that port", "该端口没有程序监听"), lang.T("start the server, check the port, the proxy and the security group", "启动服务，检查端口、代理和安全组"))
	}
	return failure("connection", lang.T("the connection failed or was cut", "连接失败或被中断"),
		lang.T("look at the log of the server and of what stands before it; a panic in the handler cuts the connection", "查看服务器及其前置代理的日志；处理程序崩溃会中断连接"))
}

// tlsFinding recognises what is wrong with a certificate or a handshake.
func tlsFinding(err error) (report.Finding, bool) {
	const id = "tls"
	if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok && e.Reason == x509.Expired {
		return failure(id, lang.T("the certificate has expired or is not valid yet", "证书已过期或尚未生效"), lang.T("renew it, and check the clock", "更新证书并检查系统时钟")), true
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return failure(id, lang.T("the certificate is for another host", "证书与域名不符"), lang.T("install one for this host name", "安装与该域名相符的证书")), true
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return failure(id, lang.T("the certificate is self-signed, or the chain is not complete", "证书为自签名，或证书链不完整"),
			lang.T("install one of a public authority with its intermediate certificates", "安装公共机构签发的证书，并带上中间证书")), true
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return failure(id, lang.T("the port does not speak TLS", "该端口不是 TLS 服务"), lang.T("use http://, or the port of https", "改用 http://，或换成 https 端口")), true
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return failure(id, lang.T("the certificate is not accepted", "证书不被接受"), lang.T("install one of a public authority", "安装公共机构签发的证书")), true
	}
	if _, ok := errors.AsType[tls.AlertError](err); ok {
		return failure(id, lang.T("the TLS handshake was refused", "TLS 握手被拒绝"), lang.T("allow TLS 1.2 and no client certificate", "允许 TLS 1.2，且不要求客户端证书")), true
	}
	return report.Finding{}, false
}

func wrongStatus(status int) report.Finding {
	var remedy lang.Text
	switch {
	case status == http.StatusNotFound:
		remedy = lang.T("no handler has this path: check the path, and prefixes that a proxy adds or removes", "没有处理程序对应该路径：检查路径以及代理增删的前缀")
	case status == http.StatusMethodNotAllowed:
		remedy = lang.T("the handler must take GET (verification) and POST (events)", "处理程序必须同时接受 GET（验证）和 POST（事件）")
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		remedy = lang.T("the handler, a login or a firewall refuses it", "处理程序、登录校验或防火墙拒绝了请求")
	case status >= http.StatusInternalServerError:
		remedy = lang.T("look at the log of the server", "查看服务器日志")
	default:
		remedy = lang.T("answer 200 with the decrypted text", "应以 200 返回解密后的明文")
	}
	return failure("status", lang.T("the answer has HTTP status %d: WeCom wants 200", "应答的 HTTP 状态为 %d，企业微信要求 200").With(status), remedy)
}

// wrongBody recognises the usual mistakes.
func wrongBody(a answer) report.Finding {
	bare, hasBOM := strings.CutPrefix(a.body, "\ufeff")
	switch {
	case hasBOM && bare == a.echo:
		return failure("bom", lang.T("a byte order mark (BOM) stands before the text", "明文前有字节顺序标记（BOM）"),
			lang.T("save the source files without BOM, or write the answer as plain bytes", "源文件保存为无 BOM 的 UTF-8，或直接输出字节"))
	case strings.Trim(a.body, "\"'`") == a.echo:
		return failure("quotes", lang.T("the text is in quotes", "明文被加上了引号"), lang.T("write it as it is, not through a JSON encoder", "原样输出，不要经过 JSON 编码"))
	case strings.TrimSpace(a.body) == a.echo:
		return failure("blanks", lang.T("there are blanks or line breaks around the text", "明文前后有空白或换行"),
			lang.T("write it without a line break: not with Println, echo or a template", "输出时不要带换行：不要用 Println、echo 或模板"))
	case a.body == a.encrypt || a.body == url.QueryEscape(a.encrypt):
		return failure("encrypted", lang.T("the answer is echostr as it came, still encrypted", "应答是未解密的 echostr"), lang.T("decrypt echostr and answer the text in it", "先解密 echostr，再返回其中的明文"))
	case len(a.body) > len(a.echo) && strings.Contains(a.body, a.echo) && !json.Valid([]byte(a.body)) && !strings.Contains(a.body, "<"):
		return failure("layout", lang.T("there are other bytes around the text", "明文前后夹带了其他字节"),
			lang.T("the plaintext is 16 random bytes, 4 bytes of length, the text, the receiver: answer the text only", "解密后依次是 16 字节随机数、4 字节长度、明文、接收方 ID：只返回明文"))
	case strings.Contains(a.body, a.echo):
		return failure("wrapped", lang.T("the text is wrapped in JSON or HTML", "明文被包在 JSON 或 HTML 中"), lang.T("answer the bare text, past every response wrapper", "绕过统一响应包装，只返回明文"))
	case rounded(a):
		return failure("number", lang.T("the text was read as a number and lost digits", "明文被当作数字解析而丢失精度"), lang.T("it is text: never parse it", "它是文本，不要解析成数字"))
	case a.body == "":
		return failure("empty", lang.T("the answer is empty", "应答为空"), lang.T("answer the decrypted text of echostr", "返回 echostr 解密后的明文"))
	case strings.TrimSpace(a.body) == "success":
		return failure("success", lang.T("the answer is success, as for an event", "应答是 success，那是事件的应答"), lang.T("a GET is the verification: answer the decrypted echostr", "GET 是验证请求：返回解密后的 echostr"))
	case bytes.HasPrefix(bytes.TrimSpace([]byte(a.body)), []byte("<")):
		return failure("page", lang.T("the answer is a web page", "应答是一个网页"), lang.T("another handler answers: a front end, an error page or a login", "应答的是别的程序：前端页面、错误页或登录页"))
	}
	return failure("body", lang.T("the answer is another text of %d bytes", "应答是另外的文本，共 %d 字节").With(len(a.body)),
		lang.T("answer 200 and the decrypted text only; errors with another status", "成功时只返回 200 和解密后的明文；出错时使用其他状态码"))
}

// rounded reports whether the body is the echo after a number type took it.
func rounded(a answer) bool {
	body := strings.TrimSpace(a.body)
	return body == "9223372036854775807" || body == "-1" || body == "0" ||
		len(body) > 4 && strings.HasPrefix(body, a.echo[:1]) && strings.ContainsAny(body, "eE.") && strings.Trim(body, "0123456789.eE+") == ""
}

// unrelated reports whether the answer has nothing of the text: the handler
// refused it or did not understand it.
func unrelated(a answer) bool {
	return a.err == nil && !strings.Contains(a.body, a.echo) && a.body != a.encrypt && (a.status < 300 || a.status > 399)
}

func failure(id string, what, remedy lang.Text) report.Finding {
	return report.Finding{ID: id, Level: report.Failure, What: what, Remedy: remedy}
}
