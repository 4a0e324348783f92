package suite

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/wecom-isv/wecom"
)

// How many ids one call converts.
const (
	mostUserIDs         = 1000
	mostExternalUserIDs = 1000
	mostTagIDs          = 1000
	mostKFIDs           = 1000
	mostPendingIDs      = 100
	mostTmpUserIDs      = 100
	mostChatIDs         = 100
)

// checkCount refuses lists that the platform refuses, before they are sent.
func checkCount(method string, ids []string, most int) error {
	if n := len(ids); n == 0 || n > most {
		return fmt.Errorf("suite: %s: %d ids: 1 to %d are allowed in a call", method, n, most)
	}
	return nil
}

// OpenIDType is a group of ids that are upgraded together (ID类型).
type OpenIDType int32

// The groups of ids.
const (
	// OpenIDUserAndCorp is userid and corpid.
	OpenIDUserAndCorp OpenIDType = 1
	// OpenIDExternalUser is external_userid; for a customised app (代开发应用) it is
	// external_tagid, open_kfid and msgid as well.
	OpenIDExternalUser OpenIDType = 3
)

// MigrationStatus says whether a group of ids is upgraded (迁移状态).
type MigrationStatus int32

// The states of a group of ids.
const (
	NotMigrated MigrationStatus = 0 // 未升级
	Migrated    MigrationStatus = 1 // 已升级
)

// Migration is the state of one group of ids.
type Migration struct {
	OpenIDType OpenIDType      `json:"openid_type"`
	Status     MigrationStatus `json:"status"`
}

// GetOpenIDMigrationResponse says which ids of the app in the corp are upgraded.
type GetOpenIDMigrationResponse struct {
	MigrationInfo []Migration `json:"migration_info"`
}

// Migrated reports whether the ids of group t are upgraded; a group that the
// platform does not name is not.
func (r *GetOpenIDMigrationResponse) Migrated(t OpenIDType) bool {
	for _, m := range r.MigrationInfo {
		if m.OpenIDType == t {
			return m.Status == Migrated
		}
	}
	return false
}

// GetOpenIDMigration returns which ids the app sees upgraded in this corp
// (查询ID迁移状态): the first step of a migration, and the way to learn what became
// of the last. In between convert every id that is stored, with the Convert
// methods of Corp, and then make the switch with provider.FinishOpenIDMigration.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/96518 and
// https://developer.work.weixin.qq.com/document/path/97104
//
//wecom:endpoint POST /cgi-bin/corp/get_openid_migration
func (c *Corp) GetOpenIDMigration(ctx context.Context) (*GetOpenIDMigrationResponse, error) {
	return inCorp[GetOpenIDMigrationResponse](ctx, c, wecom.Call{
		Method: http.MethodPost,
		Path:   "/cgi-bin/corp/get_openid_migration",
		Safe:   true,
	})
}

// ConvertedUser is a member under both ids.
type ConvertedUser struct {
	UserID     string `json:"userid"`      // plain
	OpenUserID string `json:"open_userid"` // encrypted for the provider; at most 64 bytes, case sensitive
}

// UserIDToOpenUserIDResponse holds converted members.
type UserIDToOpenUserIDResponse struct {
	Users []ConvertedUser `json:"open_userid_list"`
	// Invalid are the ids that are unknown or outside the visible range of the app.
	Invalid []string `json:"invalid_userid_list,omitzero"`
}

type userIDToOpenUserIDBody struct {
	UserIDs []string `json:"userid_list"`
}

// UserIDToOpenUserID converts 1 to 1000 plain user ids of this corp to those that
// are encrypted for the provider (userid转换). The members must be in the visible
// range of the app. [Corp.ConvertUserIDs] takes any number.
//
// Never guess ids: too many wrong ones block the call for a day. The threshold
// grows with the size of the corp; the code of that refusal is not documented.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/97062 and
// https://developer.work.weixin.qq.com/document/path/97106
//
//wecom:endpoint POST /cgi-bin/batch/userid_to_openuserid
func (c *Corp) UserIDToOpenUserID(ctx context.Context, userIDs []string) (*UserIDToOpenUserIDResponse, error) {
	if err := checkCount("UserIDToOpenUserID", userIDs, mostUserIDs); err != nil {
		return nil, err
	}
	return inCorp[UserIDToOpenUserIDResponse](ctx, c, wecom.Call{
		Path: "/cgi-bin/batch/userid_to_openuserid",
		Body: userIDToOpenUserIDBody{UserIDs: userIDs},
		Safe: true,
	})
}

// ConvertedExternalUser is an external contact under both ids.
type ConvertedExternalUser struct {
	ExternalUserID    string `json:"external_userid"`     // as it was given
	NewExternalUserID string `json:"new_external_userid"` // of the provider; equal if that is what was given
}

// GetNewExternalUserIDResponse holds converted external contacts. The platform
// names no invalid ids and need not answer in the order of the call.
type GetNewExternalUserIDResponse struct {
	Items []ConvertedExternalUser `json:"items"`
}

type getNewExternalUserIDBody struct {
	ChatID          string   `json:"chat_id,omitzero"`
	ExternalUserIDs []string `json:"external_userid_list"`
}

// GetNewExternalUserID converts 1 to 1000 ids of external contacts from those of
// the corp to those of the provider (转换external_userid); 200 in a call are advised.
// Success also shows that an administrator has agreed to the upgrade. Customers
// from a customer-service session (微信客服) can be converted for 48 hours.
// [Corp.ConvertExternalUserIDs] takes any number.
//
// Convert before the switch: afterwards a third-party app is refused. Whether an
// unknown id is left out or fails the call is not documented; match the reply by
// ExternalUserID.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/97063 and
// https://developer.work.weixin.qq.com/document/path/97107
//
//wecom:endpoint POST /cgi-bin/externalcontact/get_new_external_userid
func (c *Corp) GetNewExternalUserID(ctx context.Context, externalUserIDs []string) (*GetNewExternalUserIDResponse, error) {
	if err := checkCount("GetNewExternalUserID", externalUserIDs, mostExternalUserIDs); err != nil {
		return nil, err
	}
	return inCorp[GetNewExternalUserIDResponse](ctx, c, wecom.Call{
		Path: "/cgi-bin/externalcontact/get_new_external_userid",
		Body: getNewExternalUserIDBody{ExternalUserIDs: externalUserIDs},
		Safe: true,
	})
}

// GroupChatGetNewExternalUserID is [Corp.GetNewExternalUserID] for members of a
// customer group who are no customers (转换客户群成员external_userid): 1 to 1000 ids.
// The owner of the group must be in the visible range of the app.
// [Corp.ConvertGroupExternalUserIDs] takes any number.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/97063 and
// https://developer.work.weixin.qq.com/document/path/97107
//
//wecom:endpoint POST /cgi-bin/externalcontact/groupchat/get_new_external_userid
func (c *Corp) GroupChatGetNewExternalUserID(ctx context.Context, chatID string, externalUserIDs []string) (*GetNewExternalUserIDResponse, error) {
	if err := checkCount("GroupChatGetNewExternalUserID", externalUserIDs, mostExternalUserIDs); err != nil {
		return nil, err
	}
	if chatID == "" {
		return nil, errors.New("suite: GroupChatGetNewExternalUserID: the id of the group is empty")
	}
	return inCorp[GetNewExternalUserIDResponse](ctx, c, wecom.Call{
		Path: "/cgi-bin/externalcontact/groupchat/get_new_external_userid",
		Body: getNewExternalUserIDBody{ChatID: chatID, ExternalUserIDs: externalUserIDs},
		Safe: true,
	})
}

// UnionIDSubject says under whose name the official account (公众号) or mini program
// (小程序) is certified that a unionid comes from.
type UnionIDSubject int32

// The owners of official accounts and mini programs.
const (
	UnionIDOfCorp     UnionIDSubject = 0 // 主体为企业; the default
	UnionIDOfProvider UnionIDSubject = 1 // 主体为服务商
)

// UnionIDToExternalUserIDRequest names a WeChat user.
type UnionIDToExternalUserIDRequest struct {
	UnionID string // required
	// OpenID is that of the same user at the same official account or mini program.
	// Required.
	OpenID string
	// SubjectType says who owns that account.
	SubjectType UnionIDSubject
	// MassCallTicket, from [Corp.ApplyMassCallTicket], lifts the limits. Optional.
	MassCallTicket wecom.Secret
}

type unionIDToExternalUserIDBody struct {
	UnionID        string         `json:"unionid"`
	OpenID         string         `json:"openid"`
	SubjectType    UnionIDSubject `json:"subject_type,omitzero"`
	MassCallTicket string         `json:"mass_call_ticket,omitzero"`
}

// UnionIDToExternalUserIDResponse is a WeChat user in the corp: one of the two ids
// is there.
type UnionIDToExternalUserIDResponse struct {
	// ExternalUserID is that of a customer of the corp, as the provider sees it.
	ExternalUserID string `json:"external_userid,omitzero"`
	// PendingID stands for a user who is no customer yet: keep it for 90 days and
	// look for it with [Corp.ExternalUserIDToPendingID] when a customer is added. It
	// is of no other use.
	PendingID string `json:"pending_id,omitzero"`
}

// UnionIDToExternalUserID finds a WeChat user among the customers of this corp
// (unionid转换为external_userid). For a user who is none it returns a pending id.
//
// Limits: 100000 an hour, 480000 a day, 7500000 a month; for the accounts of
// corps they count per corp, all providers together, for those of the provider
// they count per provider, all corps together. It may issue a pending id and it
// counts, so it is never repeated by the client.
//
// Errors: 845001 the openid is not of an official account or mini program, 845002
// and 845003 openid or unionid belongs to another owner, 846000 the token is not
// of a third-party or customised app.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/95900 and
// https://developer.work.weixin.qq.com/document/path/97108
//
//wecom:endpoint POST /cgi-bin/idconvert/unionid_to_external_userid
func (c *Corp) UnionIDToExternalUserID(ctx context.Context, req UnionIDToExternalUserIDRequest) (*UnionIDToExternalUserIDResponse, error) {
	if req.UnionID == "" || req.OpenID == "" {
		return nil, errors.New("suite: UnionIDToExternalUserID: UnionID and OpenID are required")
	}
	return inCorp[UnionIDToExternalUserIDResponse](ctx, c, wecom.Call{
		Path: "/cgi-bin/idconvert/unionid_to_external_userid",
		Body: unionIDToExternalUserIDBody{
			UnionID:        req.UnionID,
			OpenID:         req.OpenID,
			SubjectType:    req.SubjectType,
			MassCallTicket: req.MassCallTicket.Reveal(),
		},
	})
}

// ApplyMassCallTicketResponse is a ticket for many calls.
type ApplyMassCallTicketResponse struct {
	MassCallTicket wecom.Secret `json:"mass_call_ticket"` // valid for 7 days
}

// ApplyMassCallTicket obtains the ticket that lifts the limits of
// [Corp.UnionIDToExternalUserID] for the first conversion of all users
// (获取大批量调用凭据). A corp gives it once, within 3 months of its authorisation:
// keep it. Although it is a GET it has an effect.
//
// Never repeated by the client.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/96168 and
// https://developer.work.weixin.qq.com/document/path/96250
//
//wecom:endpoint GET /cgi-bin/corp/apply_mass_call_ticket
func (c *Corp) ApplyMassCallTicket(ctx context.Context) (*ApplyMassCallTicketResponse, error) {
	return inCorp[ApplyMassCallTicketResponse](ctx, c, wecom.Call{Path: "/cgi-bin/corp/apply_mass_call_ticket"})
}

// PendingUser is an external contact with the pending id that was given out for
// the same person.
type PendingUser struct {
	ExternalUserID string `json:"external_userid"`
	PendingID      string `json:"pending_id"`
}

// ExternalUserIDToPendingIDResponse holds the contacts that have a pending id.
type ExternalUserIDToPendingIDResponse struct {
	Result []PendingUser `json:"result"`
}

type externalUserIDToPendingIDBody struct {
	ChatID          string   `json:"chat_id,omitzero"`
	ExternalUserIDs []string `json:"external_userid"`
}

// ExternalUserIDToPendingID tells which pending ids 1 to 100 external contacts had
// (external_userid查询pending_id): call it when a customer or a member of a
// customer group is new. A contact is answered for only if
// [Corp.UnionIDToExternalUserID] gave out a pending id within 90 days. For members
// of a group who are no customers, chatID names the group; otherwise it is "".
// Certified corps (已认证企业) only. [Corp.FindPendingIDs] takes any number.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/95900 and
// https://developer.work.weixin.qq.com/document/path/97108
//
//wecom:endpoint POST /cgi-bin/idconvert/batch/external_userid_to_pending_id
func (c *Corp) ExternalUserIDToPendingID(ctx context.Context, chatID string, externalUserIDs []string) (*ExternalUserIDToPendingIDResponse, error) {
	if err := checkCount("ExternalUserIDToPendingID", externalUserIDs, mostPendingIDs); err != nil {
		return nil, err
	}
	return inCorp[ExternalUserIDToPendingIDResponse](ctx, c, wecom.Call{
		Path: "/cgi-bin/idconvert/batch/external_userid_to_pending_id",
		Body: externalUserIDToPendingIDBody{ChatID: chatID, ExternalUserIDs: externalUserIDs},
		Safe: true,
	})
}

// ConvertedTag is a customer tag, or a group of tags, under both ids.
type ConvertedTag struct {
	ExternalTagID     string `json:"external_tagid"`      // as it was given
	OpenExternalTagID string `json:"open_external_tagid"` // of the provider
}

// ExternalTagIDResponse holds converted tags.
type ExternalTagIDResponse struct {
	Items   []ConvertedTag `json:"items"`
	Invalid []string       `json:"invalid_external_tagid_list,omitzero"`
}

type externalTagIDBody struct {
	ExternalTagIDs []string `json:"external_tagid_list"`
}

// ExternalTagID converts 1 to 1000 ids of customer tags or groups of tags
// (客户标签ID的转换). [Corp.ConvertTagIDs] takes any number.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/96169 and
// https://developer.work.weixin.qq.com/document/path/97109
//
//wecom:endpoint POST /cgi-bin/idconvert/external_tagid
func (c *Corp) ExternalTagID(ctx context.Context, externalTagIDs []string) (*ExternalTagIDResponse, error) {
	if err := checkCount("ExternalTagID", externalTagIDs, mostTagIDs); err != nil {
		return nil, err
	}
	return inCorp[ExternalTagIDResponse](ctx, c, wecom.Call{
		Path: "/cgi-bin/idconvert/external_tagid",
		Body: externalTagIDBody{ExternalTagIDs: externalTagIDs},
		Safe: true,
	})
}

// ConvertedKF is a customer-service account (客服帐号) under both ids.
type ConvertedKF struct {
	OpenKFID    string `json:"open_kfid"`     // as it was given
	NewOpenKFID string `json:"new_open_kfid"` // of the provider
}

// OpenKFIDResponse holds converted customer-service accounts.
type OpenKFIDResponse struct {
	Items   []ConvertedKF `json:"items"`
	Invalid []string      `json:"invalid_open_kfid_list,omitzero"`
}

type openKFIDBody struct {
	OpenKFIDs []string `json:"open_kfid_list"`
}

// OpenKFID converts 1 to 1000 ids of customer-service accounts
// (微信客服ID的转换). [Corp.ConvertKFIDs] takes any number.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/97064 and
// https://developer.work.weixin.qq.com/document/path/97110
//
//wecom:endpoint POST /cgi-bin/idconvert/open_kfid
func (c *Corp) OpenKFID(ctx context.Context, openKFIDs []string) (*OpenKFIDResponse, error) {
	if err := checkCount("OpenKFID", openKFIDs, mostKFIDs); err != nil {
		return nil, err
	}
	return inCorp[OpenKFIDResponse](ctx, c, wecom.Call{
		Path: "/cgi-bin/idconvert/open_kfid",
		Body: openKFIDBody{OpenKFIDs: openKFIDs},
		Safe: true,
	})
}

// TmpBusinessType is where a temporary id comes from (业务类型).
type TmpBusinessType int32

// The origins of temporary ids.
const (
	TmpFromMeeting  TmpBusinessType = 1 // 会议
	TmpFromForm     TmpBusinessType = 2 // 收集表
	TmpFromDocument TmpBusinessType = 3 // smart sheet or document (智能表格, 文档)
)

// TmpUserType is what kind of person a temporary id stands for (用户类型).
type TmpUserType int32

// The kinds of persons.
const (
	TmpCustomer   TmpUserType = 1 // 客户
	TmpLinkedCorp TmpUserType = 2 // 企业互联
	TmpChainCorp  TmpUserType = 3 // 上下游
	TmpCircleCorp TmpUserType = 4 // 互联企业, 圈子
)

// TmpUser is the person behind a temporary id.
type TmpUser struct {
	TmpExternalUserID string `json:"tmp_external_userid"`
	ExternalUserID    string `json:"external_userid,omitzero"` // of a [TmpCustomer]
	CorpID            string `json:"corpid,omitzero"`          // of any other kind
	UserID            string `json:"userid,omitzero"`          // of any other kind
}

// ConvertTmpExternalUserIDRequest names temporary ids.
type ConvertTmpExternalUserIDRequest struct {
	BusinessType TmpBusinessType `json:"business_type"`
	UserType     TmpUserType     `json:"user_type"`
	// TmpExternalUserIDs are 1 to 100 ids.
	TmpExternalUserIDs []string `json:"tmp_external_userid_list"`
}

// ConvertTmpExternalUserIDResponse holds the persons behind temporary ids.
type ConvertTmpExternalUserIDResponse struct {
	Results []TmpUser `json:"results"`
	Invalid []string  `json:"invalid_tmp_external_userid_list,omitzero"`
}

// ConvertTmpExternalUserID tells who is behind 1 to 100 temporary ids
// (tmp_external_userid的转换). Only the app that received an id can ask. [TmpCustomer]
// needs the permission for customer contact (客户联系). [Corp.FindTmpUsers] takes any
// number.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/98729 and
// https://developer.work.weixin.qq.com/document/path/98741
//
//wecom:endpoint POST /cgi-bin/idconvert/convert_tmp_external_userid
func (c *Corp) ConvertTmpExternalUserID(ctx context.Context, req ConvertTmpExternalUserIDRequest) (*ConvertTmpExternalUserIDResponse, error) {
	if err := checkCount("ConvertTmpExternalUserID", req.TmpExternalUserIDs, mostTmpUserIDs); err != nil {
		return nil, err
	}
	return inCorp[ConvertTmpExternalUserIDResponse](ctx, c, wecom.Call{
		Path: "/cgi-bin/idconvert/convert_tmp_external_userid",
		Body: req,
		Safe: true,
	})
}

type applyToUpgradeChatIDBody struct {
	UpgradeTime int64 `json:"upgrade_time"`
}

// ApplyToUpgradeChatID sets when the ids of customer groups are upgraded in this
// corp (申请升级客户群ID): at upgradeTime, in Unix seconds, not in the past and at
// most 7 days ahead, all calls and callbacks of the app switch to the new ids.
// Until then [Corp.ConvertChatIDs] converts those that are stored. Customised apps
// (代开发应用) only.
//
// Never repeated by the client.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/99601
//
//wecom:endpoint POST /cgi-bin/idconvert/apply_to_upgrade_chatid
func (c *Corp) ApplyToUpgradeChatID(ctx context.Context, upgradeTime int64) error {
	if upgradeTime <= 0 {
		return errors.New("suite: ApplyToUpgradeChatID: the time must be given in Unix seconds")
	}
	return c.Do(ctx, wecom.Call{
		Path: "/cgi-bin/idconvert/apply_to_upgrade_chatid",
		Body: applyToUpgradeChatIDBody{UpgradeTime: upgradeTime},
	}, nil)
}

// ConvertedChat is a customer group (客户群) under both ids.
type ConvertedChat struct {
	ChatID    string `json:"chat_id"`     // as it was given
	NewChatID string `json:"new_chat_id"` // equal to ChatID if that is a new id already
}

// ChatIDResponse holds converted groups.
type ChatIDResponse struct {
	Items   []ConvertedChat `json:"items"`
	Invalid []string        `json:"invalid_chat_id_list,omitzero"`
}

type chatIDBody struct {
	ChatIDs []string `json:"chat_id_list"`
}

// ChatID converts 1 to 100 ids of customer groups (转换客户群ID). It works between
// [Corp.ApplyToUpgradeChatID] and the time that was set there, for customised
// apps (代开发应用). [Corp.ConvertChatIDs] takes any number.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/99601
//
//wecom:endpoint POST /cgi-bin/idconvert/chatid
func (c *Corp) ChatID(ctx context.Context, chatIDs []string) (*ChatIDResponse, error) {
	if err := checkCount("ChatID", chatIDs, mostChatIDs); err != nil {
		return nil, err
	}
	return inCorp[ChatIDResponse](ctx, c, wecom.Call{
		Path: "/cgi-bin/idconvert/chatid",
		Body: chatIDBody{ChatIDs: chatIDs},
		Safe: true,
	})
}

// UpgradeChatIDForNewCorp upgrades the ids of customer groups for all corps that
// authorise the template from now on (新授权企业升级客户群ID). Although it is a GET it
// changes something.
//
// Never repeated by the client.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/99601
//
//wecom:endpoint GET /cgi-bin/idconvert/upgrade_chatid_for_new_corp
func (a *Template) UpgradeChatIDForNewCorp(ctx context.Context) error {
	return a.Do(ctx, wecom.Call{Path: "/cgi-bin/idconvert/upgrade_chatid_for_new_corp"}, nil)
}

// UnionIDToExternalUserID3rdRequest names a WeChat user.
type UnionIDToExternalUserID3rdRequest struct {
	UnionID string `json:"unionid"` // required
	OpenID  string `json:"openid"`  // required
	// CorpID limits the search to one corp, which is advised; for members of
	// customer groups it is required.
	CorpID string `json:"corpid,omitzero"`
}

// ExternalUser is a WeChat user as a customer of a corp.
type ExternalUser struct {
	CorpID         string `json:"corpid"`
	ExternalUserID string `json:"external_userid"`
}

// UnionIDToExternalUserID3rdResponse is a WeChat user in each corp that has the
// user as a customer.
type UnionIDToExternalUserID3rdResponse struct {
	ExternalUserIDInfo []ExternalUser `json:"external_userid_info"`
}

// UnionIDToExternalUserID3rd finds a WeChat user among the customers of the corps
// that have authorised the app (unionid转换为第三方external_userid). Limits per
// provider: 50000 an hour, 240000 a day.
//
// Deprecated: use [Corp.UnionIDToExternalUserID].
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/95878
//
//wecom:endpoint POST /cgi-bin/service/externalcontact/unionid_to_external_userid_3rd
func (a *Client) UnionIDToExternalUserID3rd(ctx context.Context, req UnionIDToExternalUserID3rdRequest) (*UnionIDToExternalUserID3rdResponse, error) {
	if req.UnionID == "" || req.OpenID == "" {
		return nil, errors.New("suite: UnionIDToExternalUserID3rd: UnionID and OpenID are required")
	}
	return invoke[UnionIDToExternalUserID3rdResponse](ctx, &a.app, wecom.Call{
		Path: "/cgi-bin/service/externalcontact/unionid_to_external_userid_3rd",
		Body: req,
		Safe: true,
	})
}

// ExternalUserIDResponse is an external contact.
type ExternalUserIDResponse struct {
	ExternalUserID string `json:"external_userid"`
}

type unionIDBody struct {
	UnionID string `json:"unionid"`
	OpenID  string `json:"openid,omitzero"`
}

// ExternalContactUnionIDToExternalUserID finds a WeChat user of a mini program
// that is owned by the corp among its customers (unionid查询external_userid). It is
// the older form of [Corp.UnionIDToExternalUserID] with [UnionIDOfCorp], and gives
// no pending id. openID may be "", as in older samples; the platform asks for it
// now.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/93274
//
//wecom:endpoint POST /cgi-bin/externalcontact/unionid_to_external_userid
func (c *Corp) ExternalContactUnionIDToExternalUserID(ctx context.Context, unionID, openID string) (*ExternalUserIDResponse, error) {
	if unionID == "" {
		return nil, errors.New("suite: ExternalContactUnionIDToExternalUserID: the unionid is empty")
	}
	return inCorp[ExternalUserIDResponse](ctx, c, wecom.Call{
		Path: "/cgi-bin/externalcontact/unionid_to_external_userid",
		Body: unionIDBody{UnionID: unionID, OpenID: openID},
		Safe: true,
	})
}

type externalUserIDBody struct {
	ExternalUserID string `json:"external_userid"`
	SourceAgentID  int64  `json:"source_agentid,omitzero"`
}

// ToServiceExternalUserID converts the id of an external contact that a customised
// app (代开发应用) sees, which is that of the corp, to the one that the third-party
// apps of the provider see (代开发应用external_userid转换). Once the ids of the
// customised app are upgraded the two are the same.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/95195
//
//wecom:endpoint POST /cgi-bin/externalcontact/to_service_external_userid
func (c *Corp) ToServiceExternalUserID(ctx context.Context, externalUserID string) (*ExternalUserIDResponse, error) {
	if externalUserID == "" {
		return nil, errors.New("suite: ToServiceExternalUserID: the id is empty")
	}
	return inCorp[ExternalUserIDResponse](ctx, c, wecom.Call{
		Path: "/cgi-bin/externalcontact/to_service_external_userid",
		Body: externalUserIDBody{ExternalUserID: externalUserID},
		Safe: true,
	})
}
