package license

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/paging"
)

// batchMost is how many entries a batch may have.
const batchMost = 1000

// Account is a licence account (账号): an activation code and the member that it is
// bound to. A reply fills what it has.
type Account struct {
	ActiveCode ActiveCode  `json:"active_code,omitzero"`
	Type       AccountType `json:"type"`
	Status     CodeStatus  `json:"status,omitzero"`      // 0: the reply does not say
	UserID     string      `json:"userid,omitzero"`      // encrypted; "" until activated
	CreateTime int64       `json:"create_time,omitzero"` // Unix seconds; when the order was paid
	ActiveTime int64       `json:"active_time,omitzero"` // Unix seconds; first binding
	// ExpireTime is in Unix seconds, 0 until activated. For a code that was merged
	// before it expired it is the time of that.
	ExpireTime int64     `json:"expire_time,omitzero"`
	MergeInfo  MergeInfo `json:"merge_info,omitzero"` // of merged codes
	ShareInfo  ShareInfo `json:"share_info,omitzero"` // of shared codes
}

// CodeStatus is the state of an activation code (账号激活码状态).
type CodeStatus int32

// The states of activation codes.
const (
	CodeUnbound  CodeStatus = 1 // 未绑定
	CodeBound    CodeStatus = 2 // 已绑定且有效
	CodeExpired  CodeStatus = 3 // 已过期
	CodeToMove   CodeStatus = 4 // 待转移: the member left while automatic activation was on
	CodeMerged   CodeStatus = 5 // 已合并: replaced by a newer code, without use
	CodeSharedTo CodeStatus = 6 // 已分配给下游
)

// MergeInfo is what an activation code was merged with (合并信息).
type MergeInfo struct {
	ToActiveCode   ActiveCode `json:"to_active_code,omitzero"`
	FromActiveCode ActiveCode `json:"from_active_code,omitzero"`
}

// ShareInfo is whom an activation code was given to or came from (分配信息).
type ShareInfo struct {
	ToCorpID   string `json:"to_corpid,omitzero"`   // asked as the upstream corp
	FromCorpID string `json:"from_corpid,omitzero"` // asked as the downstream corp
}

// ActiveAccountRequest binds a code to a member. All members are required.
type ActiveAccountRequest struct {
	CorpID     string // that the code belongs to
	ActiveCode ActiveCode
	UserID     string
}

type activeAccountBody struct {
	ActiveCode string `json:"active_code"`
	CorpID     string `json:"corpid"`
	UserID     string `json:"userid"`
}

// ActiveAccount binds an activation code to a member (激活账号). A member holds at
// most one account of each type. One that has at most 20 days left is merged into
// the new code, which gets these days on top, up to five years in all; the old
// code is void then. Never repeated by the client.
//
// Errors: 701003 the code is bound already; 701011 so is the member; 701012 the
// code is past its deadline; 701021 no such code; 701030 beyond five years;
// 701082 the old account has more than 20 days left; 701088 and 701089 the
// member is outside the range of the apps; 701081 two calls met, read the code
// again.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/95553
//
//wecom:endpoint POST /cgi-bin/license/active_account
func (c *Client) ActiveAccount(ctx context.Context, req ActiveAccountRequest) error {
	return c.Do(ctx, wecom.Call{
		Path: "/cgi-bin/license/active_account",
		Body: activeAccountBody{ActiveCode: string(req.ActiveCode), CorpID: req.CorpID, UserID: req.UserID},
	}, nil)
}

// Activation is a code and the member that it is for.
type Activation struct {
	ActiveCode ActiveCode
	UserID     string
}

// BatchActiveAccountRequest binds codes to members. Both members are required.
type BatchActiveAccountRequest struct {
	CorpID     string       // that the codes belong to
	ActiveList []Activation // at most 1000, no code and no member twice
}

type batchActiveAccountBody struct {
	CorpID     string           `json:"corpid"`
	ActiveList []activationBody `json:"active_list"`
}

type activationBody struct {
	ActiveCode string `json:"active_code"`
	UserID     string `json:"userid"`
}

// BatchActiveAccountResponse is what became of each entry.
type BatchActiveAccountResponse struct {
	ActiveResult []ItemResult `json:"active_result"` // by ActiveCode and UserID
}

// BatchActiveAccount binds activation codes to members (批量激活账号) as
// [Client.ActiveAccount] does. Entries that failed are an [*ItemErrors] beside
// the response. More than 1000 entries are refused here. Never repeated by the
// client.
//
// Errors: 701024 all entries failed, and the platform does not say why;
// [Client.ActiveAccount] does.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/95553
//
//wecom:endpoint POST /cgi-bin/license/batch_active_account
func (c *Client) BatchActiveAccount(ctx context.Context, req BatchActiveAccountRequest) (*BatchActiveAccountResponse, error) {
	const path = "/cgi-bin/license/batch_active_account"
	if err := checkCount("BatchActiveAccount", "ActiveList", len(req.ActiveList), batchMost); err != nil {
		return nil, err
	}
	body := batchActiveAccountBody{CorpID: req.CorpID, ActiveList: make([]activationBody, len(req.ActiveList))}
	for i, a := range req.ActiveList {
		body.ActiveList[i] = activationBody{ActiveCode: string(a.ActiveCode), UserID: a.UserID}
	}
	r, err := invoke[BatchActiveAccountResponse](ctx, c, wecom.Call{Path: path, Body: body})
	if err != nil {
		return nil, err
	}
	return r, itemErrors(path, failures(r.ActiveResult))
}

// ActiveAccountByTypeRequest gives a member an account. All members are required.
type ActiveAccountByTypeRequest struct {
	Type   AccountType `json:"type"`
	CorpID string      `json:"corpid"`
	UserID string      `json:"userid"`
}

// ActiveAccountByType gives a member an account without naming a code
// (指定账号类型激活): WeCom takes the unused one of that type whose deadline for
// activation is next, and does not tell which; [Client.GetActiveInfoByUser] does.
// The member must have no account of that type, or an expired one. Never repeated
// by the client.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/95553
//
//wecom:endpoint POST /cgi-bin/license/active_account_by_type
func (c *Client) ActiveAccountByType(ctx context.Context, req ActiveAccountByTypeRequest) error {
	return c.Do(ctx, wecom.Call{Path: "/cgi-bin/license/active_account_by_type", Body: req}, nil)
}

type activeCodeBody struct {
	CorpID     string `json:"corpid"`
	ActiveCode string `json:"active_code"`
}

// GetActiveInfoByCodeResponse is the reply of [Client.GetActiveInfoByCode].
type GetActiveInfoByCodeResponse struct {
	ActiveInfo Account `json:"active_info"`
}

// GetActiveInfoByCode returns the state of an activation code (获取激活码详情).
//
// Errors: 701021 no such code.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/95552
//
//wecom:endpoint POST /cgi-bin/license/get_active_info_by_code
func (c *Client) GetActiveInfoByCode(ctx context.Context, corpID string, code ActiveCode) (*GetActiveInfoByCodeResponse, error) {
	return invoke[GetActiveInfoByCodeResponse](ctx, c, wecom.Call{
		Path: "/cgi-bin/license/get_active_info_by_code",
		Body: activeCodeBody{CorpID: corpID, ActiveCode: string(code)},
		Safe: true,
	})
}

// BatchGetActiveInfoByCodeRequest names the codes. Both members are required.
type BatchGetActiveInfoByCodeRequest struct {
	CorpID         string
	ActiveCodeList []ActiveCode
}

type batchGetActiveInfoByCodeBody struct {
	CorpID         string   `json:"corpid"`
	ActiveCodeList []string `json:"active_code_list"`
}

// BatchGetActiveInfoByCodeResponse is the state of the codes.
type BatchGetActiveInfoByCodeResponse struct {
	ActiveInfoList        []Account    `json:"active_info_list"`
	InvalidActiveCodeList []ActiveCode `json:"invalid_active_code_list,omitzero"` // not of this corp, or no codes
}

// BatchGetActiveInfoByCode returns the states of any number of activation codes
// (批量获取激活码详情): 1000 in a call and as many calls as that takes, one after
// the other. After an error the response has what came before it. Codes that are
// not valid are no error, they are in InvalidActiveCodeList.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/95552
//
//wecom:endpoint POST /cgi-bin/license/batch_get_active_info_by_code
func (c *Client) BatchGetActiveInfoByCode(ctx context.Context, req BatchGetActiveInfoByCodeRequest) (*BatchGetActiveInfoByCodeResponse, error) {
	if len(req.ActiveCodeList) == 0 {
		return nil, fmt.Errorf("license: BatchGetActiveInfoByCode: ActiveCodeList is empty")
	}
	var all *BatchGetActiveInfoByCodeResponse
	for part := range slices.Chunk(req.ActiveCodeList, batchMost) {
		r, err := invoke[BatchGetActiveInfoByCodeResponse](ctx, c, wecom.Call{
			Path: "/cgi-bin/license/batch_get_active_info_by_code",
			Body: batchGetActiveInfoByCodeBody{CorpID: req.CorpID, ActiveCodeList: reveal(part)},
			Safe: true,
		})
		switch {
		case err != nil:
			return all, err
		case all == nil:
			all = r
		default:
			all.ActiveInfoList = append(all.ActiveInfoList, r.ActiveInfoList...)
			all.InvalidActiveCodeList = append(all.InvalidActiveCodeList, r.InvalidActiveCodeList...)
		}
	}
	return all, nil
}

// reveal returns what goes to the platform.
func reveal(codes []ActiveCode) []string {
	plain := make([]string, len(codes))
	for i, code := range codes {
		plain[i] = string(code)
	}
	return plain
}

// ListActivedAccountRequest says whose accounts are wanted.
type ListActivedAccountRequest struct {
	CorpID string `json:"corpid"`          // required; of linked corps (上下游) the upstream one
	Limit  int32  `json:"limit,omitzero"`  // accounts in a page: default 500, at most 1000
	Cursor string `json:"cursor,omitzero"` // NextCursor of the page before
}

// ListActivedAccountResponse is a page of accounts.
type ListActivedAccountResponse struct {
	NextCursor  string    `json:"next_cursor,omitzero"` // "" after the last page
	HasMore     int32     `json:"has_more"`             // 0 no, 1 yes; the page words it the other way round
	AccountList []Account `json:"account_list"`         // UserID, Type and times; expired ones too
}

// ListActivedAccount returns a page of the accounts that a corp has activated
// (获取企业的账号列表); [Client.AllActivedAccounts] returns all. An upstream corp has
// its own activations, a downstream corp also what it was given.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/95544
//
//wecom:endpoint POST /cgi-bin/license/list_actived_account
func (c *Client) ListActivedAccount(ctx context.Context, req ListActivedAccountRequest) (*ListActivedAccountResponse, error) {
	return invoke[ListActivedAccountResponse](ctx, c, wecom.Call{
		Path: "/cgi-bin/license/list_actived_account",
		Body: req,
		Safe: true,
	})
}

// AllActivedAccounts returns all accounts that a corp has activated, page by page;
// req.Cursor is ignored. An error ends the sequence, which is lazy and may be
// ranged over again.
func (c *Client) AllActivedAccounts(ctx context.Context, req ListActivedAccountRequest) iter.Seq2[Account, error] {
	return paging.All(ctx, func(ctx context.Context, cursor string) ([]Account, string, error) {
		page := req
		page.Cursor = cursor
		r, err := c.ListActivedAccount(ctx, page)
		if err != nil {
			return nil, "", err
		}
		// The platform's page contradicts itself about has_more and is clear about
		// the cursor: either of them may say that this was the last page.
		if r.HasMore == 0 {
			return r.AccountList, "", nil
		}
		return r.AccountList, r.NextCursor, nil
	})
}

// ActiveStatus says whether a member has an account (激活状态).
type ActiveStatus int32

// The states of members.
const (
	NotActivated ActiveStatus = 0 // 未激活
	Activated    ActiveStatus = 1 // 已激活
)

type memberBody struct {
	CorpID string `json:"corpid"`
	UserID string `json:"userid"`
}

// GetActiveInfoByUserResponse is what accounts a member has.
type GetActiveInfoByUserResponse struct {
	ActiveStatus   ActiveStatus `json:"active_status"`
	ActiveInfoList []Account    `json:"active_info_list,omitzero"` // at most one of each type, without Status
}

// GetActiveInfoByUser returns the accounts of a member (获取成员的激活详情).
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/95555
//
//wecom:endpoint POST /cgi-bin/license/get_active_info_by_user
func (c *Client) GetActiveInfoByUser(ctx context.Context, corpID, userID string) (*GetActiveInfoByUserResponse, error) {
	return invoke[GetActiveInfoByUserResponse](ctx, c, wecom.Call{
		Path: "/cgi-bin/license/get_active_info_by_user",
		Body: memberBody{CorpID: corpID, UserID: userID},
		Safe: true,
	})
}
