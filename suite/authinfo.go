package suite

import (
	"context"
	"encoding/json"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/lenient"
)

// AuthInfo is what a corp has granted to an app (企业授权信息).
type AuthInfo struct {
	// DealerCorpInfo is the agent provider (代理服务商) that resold the app, if any.
	DealerCorpInfo DealerCorp `json:"dealer_corp_info,omitzero"`
	AuthCorpInfo   CorpInfo   `json:"auth_corp_info"`
	// AuthInfo is absent for a contacts app (通讯录应用) without an entity app and
	// for the chat-archive interface.
	AuthInfo AgentList `json:"auth_info,omitzero"`
	// EditionInfo comes with an app of paid editions. It is documented for
	// [Client.GetAuthInfo] only.
	EditionInfo EditionInfo `json:"edition_info,omitzero"`
}

// Agent returns the app in the corp, the zero Agent if the platform names none.
func (i *AuthInfo) Agent() Agent { return i.AuthInfo.first() }

// DealerCorp is an agent provider (代理服务商).
type DealerCorp struct {
	CorpID   string `json:"corpid"`
	CorpName string `json:"corp_name"`
}

// CorpInfo is a corp that authorised the app. A reply fills what it has: after
// [Client.GetPermanentCodeV2] that is CorpID and CorpName only.
type CorpInfo struct {
	CorpID            string      `json:"corpid"`                        // case sensitive; encrypted for corps since 2021-11
	CorpName          string      `json:"corp_name"`                     // short name
	CorpType          CorpType    `json:"corp_type,omitzero"`            //
	CorpSquareLogoURL string      `json:"corp_square_logo_url,omitzero"` //
	CorpUserMax       int64       `json:"corp_user_max,omitzero"`        // limit of members
	CorpAgentMax      int64       `json:"corp_agent_max,omitzero"`       // v1; old, may be absent
	CorpFullName      string      `json:"corp_full_name,omitzero"`       // verified corps; being withdrawn in favour of CorpName
	VerifiedEndTime   int64       `json:"verified_end_time,omitzero"`    // Unix seconds
	SubjectType       SubjectType `json:"subject_type,omitzero"`         //
	CorpWXQRCode      string      `json:"corp_wxqrcode,omitzero"`        // v1; QR code of the WeChat plug-in (微信插件)
	CorpScale         string      `json:"corp_scale,omitzero"`           // such as 1-50人; empty if unset
	CorpIndustry      string      `json:"corp_industry,omitzero"`        // empty if unset
	CorpSubIndustry   string      `json:"corp_sub_industry,omitzero"`    // empty if unset
	Location          string      `json:"location,omitzero"`             // v1; old, may be absent
	CorpExName        CorpExName  `json:"corp_ex_name,omitzero"`         // v2; verified corps
}

// CorpExName holds the other certified names of a corp. The platform documents a
// list and shows a plain string; both decode into NameList.
type CorpExName struct {
	NameList []string
	single   bool // came as a plain string
}

type corpExNameJSON struct {
	NameList lenient.StringList `json:"name_list"`
}

// UnmarshalJSON accepts both forms.
func (n *CorpExName) UnmarshalJSON(data []byte) error {
	var wire corpExNameJSON
	if err := json.Unmarshal(data, &wire); err != nil {
		return err
	}
	*n = CorpExName{NameList: wire.NameList.Items, single: wire.NameList.Single}
	return nil
}

// MarshalJSON writes the form that was decoded, else a list.
func (n CorpExName) MarshalJSON() ([]byte, error) {
	return json.Marshal(corpExNameJSON{NameList: lenient.StringList{Items: n.NameList, Single: n.single}})
}

// CorpType says whether a corp is verified (企业认证).
type CorpType string

// The types of corps.
const (
	CorpVerified   CorpType = "verified"
	CorpUnverified CorpType = "unverified"
)

// SubjectType is the legal kind of a corp (企业类型).
type SubjectType int32

// The kinds of corps.
const (
	SubjectCompany      SubjectType = 1 // 企业
	SubjectGovernment   SubjectType = 2 // 政府以及事业单位
	SubjectOrganization SubjectType = 3 // 其他组织
	SubjectTeam         SubjectType = 4 // 团队号
)

// AgentList is the auth_info of a reply: one app, except for old multi-app
// suites (旧的多应用套件).
type AgentList struct {
	Agents []Agent `json:"agent"`
}

func (l AgentList) first() Agent {
	if len(l.Agents) == 0 {
		return Agent{}
	}
	return l.Agents[0]
}

// Agent is the app as it is installed in a corp (授权的应用信息).
type Agent struct {
	AgentID          int64      `json:"agentid"`
	Name             string     `json:"name"`
	RoundLogoURL     string     `json:"round_logo_url,omitzero"`
	SquareLogoURL    string     `json:"square_logo_url,omitzero"`
	AppID            int64      `json:"appid,omitzero"` // old multi-app suites only
	AuthMode         AuthMode   `json:"auth_mode"`
	IsCustomizedApp  bool       `json:"is_customized_app"`  // true for customised apps (代开发应用)
	AuthFromThirdApp bool       `json:"auth_from_thirdapp"` // started from the link of a third-party app
	Privilege        Privilege  `json:"privilege,omitzero"`
	SharedFrom       SharedFrom `json:"shared_from,omitzero"` // set for apps that another corp shares
}

// AuthMode says who authorised the app (授权模式).
type AuthMode int32

// The modes of authorisation.
const (
	AuthModeAdmin  AuthMode = 0 // an administrator (管理员授权)
	AuthModeMember AuthMode = 1 // a member, for himself (成员授权)
)

// Privilege is what the app may see (应用对应的权限).
type Privilege struct {
	Level      PrivilegeLevel `json:"level"`
	AllowParty []int64        `json:"allow_party,omitzero"` // visible departments
	AllowUser  []string       `json:"allow_user,omitzero"`  // visible members
	AllowTag   []int64        `json:"allow_tag,omitzero"`   // visible tags
	ExtraParty []int64        `json:"extra_party,omitzero"` // further contacts scope (额外通讯录)
	ExtraUser  []string       `json:"extra_user,omitzero"`
	ExtraTag   []int64        `json:"extra_tag,omitzero"`
}

// PrivilegeLevel is the right on contacts (权限等级).
type PrivilegeLevel int32

// The levels. For a customised app it is always 0; see [Corp.GetPermissions].
const (
	PrivilegeUnset        PrivilegeLevel = 0
	PrivilegeContactsBase PrivilegeLevel = 1 // 通讯录基本信息只读
	PrivilegeContactsRead PrivilegeLevel = 2 // 通讯录全部信息只读; retired
	PrivilegeContactsEdit PrivilegeLevel = 3 // 通讯录全部信息读写
	PrivilegeSingleBase   PrivilegeLevel = 4 // 单个基本信息只读
	PrivilegeContactsFull PrivilegeLevel = 5 // 通讯录全部信息只写; retired
)

// SharedFrom is the corp that shares the app with this one (共享应用).
type SharedFrom struct {
	CorpID    string    `json:"corpid"`
	ShareType ShareType `json:"share_type"`
}

// ShareType says how two corps are linked.
type ShareType int32

// The ways of sharing.
const (
	ShareLinked     ShareType = 0 // 互联企业
	ShareUpDownCorp ShareType = 1 // 上下游企业
)

// EditionInfo is the paid edition that a corp has (应用付费版本).
type EditionInfo struct {
	Agents []Edition `json:"agent"`
}

// Edition is the paid edition of one app.
type Edition struct {
	AgentID               int64     `json:"agentid"`
	EditionID             string    `json:"edition_id"`
	EditionName           string    `json:"edition_name"`
	AppStatus             AppStatus `json:"app_status"`
	UserLimit             int64     `json:"user_limit"`   // no meaning for a fixed price or a timed trial
	ExpiredTime           int64     `json:"expired_time"` // Unix seconds; no meaning for an unlimited trial
	IsVirtualVersion      bool      `json:"is_virtual_version"`
	IsSharedFromOtherCorp bool      `json:"is_shared_from_other_corp"`
}

// AppStatus is the state of payment (付费状态).
type AppStatus int32

// The states of payment.
const (
	AppUnpaid         AppStatus = 0 // 没有付费
	AppTrial          AppStatus = 1 // 限时试用
	AppTrialOver      AppStatus = 2 // 试用过期
	AppPaid           AppStatus = 3 // 购买期内
	AppPaidOver       AppStatus = 4 // 购买过期
	AppUnlimitedTrial AppStatus = 5 // 不限时试用
	AppOverLimit      AppStatus = 6 // paid, over the limit of users for 7 days at most (购买期内但是人数超标)
	AppOverLimitLong  AppStatus = 7 // paid, over the limit of users for more than 7 days
)

// GetAuthInfoV2 returns what a corp has granted to the app (获取企业授权信息), without
// the QR code and the paid editions that [Client.GetAuthInfo] has, and faster.
// Call it after a change_auth event; [Corp.AuthInfo] takes the code from the
// store.
//
// Errors: 40084 the code is wrong or the corp has removed the app
// ([wecom.ErrNotAuthorized]).
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/100779 and
// https://developer.work.weixin.qq.com/document/path/100795
//
//wecom:endpoint POST /cgi-bin/service/v2/get_auth_info
func (a *app) GetAuthInfoV2(ctx context.Context, corpID string, permanentCode wecom.Secret) (*AuthInfo, error) {
	return invoke[AuthInfo](ctx, a, wecom.Call{
		Path: "/cgi-bin/service/v2/get_auth_info",
		Body: codeBody{AuthCorpID: corpID, PermanentCode: permanentCode.Reveal()},
		Safe: true,
	})
}

// GetAuthInfo returns what a corp has granted to the app (获取企业授权信息) with the QR
// code of the WeChat plug-in, which makes it slow, and the paid editions.
//
// Errors: as [Client.GetAuthInfoV2].
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90604 and
// https://developer.work.weixin.qq.com/document/path/91912
//
//wecom:endpoint POST /cgi-bin/service/get_auth_info
func (a *app) GetAuthInfo(ctx context.Context, corpID string, permanentCode wecom.Secret) (*AuthInfo, error) {
	return invoke[AuthInfo](ctx, a, wecom.Call{
		Path: "/cgi-bin/service/get_auth_info",
		Body: codeBody{AuthCorpID: corpID, PermanentCode: permanentCode.Reveal()},
		Safe: true,
	})
}
