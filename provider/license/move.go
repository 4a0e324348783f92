package license

import (
	"context"

	"github.com/wecom-isv/wecom"
)

// Transfer moves the accounts of one member to another.
type Transfer struct {
	HandoverUserID string `json:"handover_userid"` // who gives
	TakeoverUserID string `json:"takeover_userid"` // who receives
}

// BatchTransferLicenseRequest moves accounts within a corp. Both members are
// required.
type BatchTransferLicenseRequest struct {
	CorpID       string     `json:"corpid"`
	TransferList []Transfer `json:"transfer_list"` // at most 1000
}

// BatchTransferLicenseResponse is what became of each entry.
type BatchTransferLicenseResponse struct {
	TransferResult []ItemResult `json:"transfer_result"` // by HandoverUserID and TakeoverUserID
}

// BatchTransferLicense moves the accounts of members to other members of the same
// corp (账号继承), for instance of those who leave. Entries that failed are an
// [*ItemErrors] beside the response. More than 1000 entries are refused here.
// Never repeated by the client.
//
// Errors of entries: 701016 the giver has no valid account; 701017 the giver, who
// is still a visible member, gave within the last 30 days; 701018 the receiver has
// an account of that type with more than 20 days left. Errors of the call: 701024
// all entries failed, and the platform does not say why.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/95673
//
//wecom:endpoint POST /cgi-bin/license/batch_transfer_license
func (c *Client) BatchTransferLicense(ctx context.Context, req BatchTransferLicenseRequest) (*BatchTransferLicenseResponse, error) {
	const path = "/cgi-bin/license/batch_transfer_license"
	if err := checkCount("BatchTransferLicense", "TransferList", len(req.TransferList), batchMost); err != nil {
		return nil, err
	}
	r, err := invoke[BatchTransferLicenseResponse](ctx, c, wecom.Call{Path: path, Body: req})
	if err != nil {
		return nil, err
	}
	return r, itemErrors(path, failures(r.TransferResult))
}

// CorpLinkType says how two corps are linked (企业关系).
type CorpLinkType int32

// The links between corps.
const (
	LinkUpDown CorpLinkType = 0 // 上下游企业
	LinkLinked CorpLinkType = 1 // 互联企业
)

// BatchShareActiveCodeRequest gives codes to another corp.
type BatchShareActiveCodeRequest struct {
	FromCorpID string // upstream or parent corp; required
	ToCorpID   string // downstream or child corp; required
	// ShareList has at most 1000 unused codes of the upstream corp, and not more
	// than twice the limit of members of the other. Required.
	ShareList    []ActiveCode
	CorpLinkType CorpLinkType // the zero value is for 上下游企业
}

type batchShareActiveCodeBody struct {
	FromCorpID   string          `json:"from_corpid"`
	ToCorpID     string          `json:"to_corpid"`
	ShareList    []shareCodeBody `json:"share_list"`
	CorpLinkType CorpLinkType    `json:"corp_link_type"`
}

type shareCodeBody struct {
	ActiveCode string `json:"active_code"`
}

// BatchShareActiveCodeResponse has the codes that were not given.
type BatchShareActiveCodeResponse struct {
	// ShareResult has failures only, by ActiveCode; empty when all went well.
	ShareResult []ItemResult `json:"share_result,omitzero"`
}

// BatchShareActiveCode gives unused activation codes to a downstream or child corp
// (分配激活码给下游/下级企业), to which the app must be shared. A code can be given
// once. Codes that failed are an [*ItemErrors] beside the response; the platform
// names only these. More than 1000 codes are refused here. Never repeated by the
// client.
//
// Errors: 701051 the app is not shared with the corp; 701054 and 701055 the code
// was given before; 701056 more than twice the members; 701058 the corps are not
// linked; 701150 a test corp.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/96059
//
//wecom:endpoint POST /cgi-bin/license/batch_share_active_code
func (c *Client) BatchShareActiveCode(ctx context.Context, req BatchShareActiveCodeRequest) (*BatchShareActiveCodeResponse, error) {
	const path = "/cgi-bin/license/batch_share_active_code"
	if err := checkCount("BatchShareActiveCode", "ShareList", len(req.ShareList), batchMost); err != nil {
		return nil, err
	}
	body := batchShareActiveCodeBody{FromCorpID: req.FromCorpID, ToCorpID: req.ToCorpID, CorpLinkType: req.CorpLinkType}
	for _, code := range req.ShareList {
		body.ShareList = append(body.ShareList, shareCodeBody{string(code)})
	}
	r, err := invoke[BatchShareActiveCodeResponse](ctx, c, wecom.Call{Path: path, Body: body})
	if err != nil {
		return nil, err
	}
	return r, itemErrors(path, r.ShareResult)
}
