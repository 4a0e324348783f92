package suite

import (
	"context"
	"net/netip"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/iplist"
)

// IPList is a list of addresses of the platform.
type IPList struct {
	// IPs are single addresses today. Older samples show wildcards such as
	// 101.226.103.*; those and CIDR are understood.
	IPs []string `json:"ip_list"`
}

// Contains reports whether addr is on the list. Entries in a form that is not
// known are passed over.
func (l *IPList) Contains(addr netip.Addr) bool {
	for _, s := range l.IPs {
		if e, err := iplist.Parse(s); err == nil && e.Contains(addr) {
			return true
		}
	}
	return false
}

// GetAPIDomainIP returns the addresses behind qyapi.weixin.qq.com
// (获取企业微信接口IP段), for rules on outgoing traffic. Refresh the list daily, and keep
// the old one when the call fails.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92520 and
// https://developer.work.weixin.qq.com/document/path/97073
//
//wecom:endpoint GET /cgi-bin/get_api_domain_ip
func (c *Corp) GetAPIDomainIP(ctx context.Context) (*IPList, error) {
	return inCorp[IPList](ctx, c, wecom.Call{Path: "/cgi-bin/get_api_domain_ip", Safe: true})
}

// GetCallbackIP returns the addresses that callbacks come from
// (获取企业微信回调IP段). Refresh the list daily, and keep the old one when the call
// fails. It is for a firewall: it takes nothing from the check of the signature.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90930 and
// https://developer.work.weixin.qq.com/document/path/98988
//
//wecom:endpoint GET /cgi-bin/getcallbackip
func (c *Corp) GetCallbackIP(ctx context.Context) (*IPList, error) {
	return inCorp[IPList](ctx, c, wecom.Call{Path: "/cgi-bin/getcallbackip", Safe: true})
}
