package provider

import (
	"context"
	"errors"

	"github.com/wecom-isv/wecom"
)

// OpenIDType is a group of ids that switch together (ID类型).
type OpenIDType int32

// The groups of ids.
const (
	// OpenIDUserAndCorp is userid and corpid.
	OpenIDUserAndCorp OpenIDType = 1
	// OpenIDExternalUser is external_userid; for a customised app (代开发应用) it is
	// external_tagid, kfid and msgid as well.
	OpenIDExternalUser OpenIDType = 3
)

// FinishOpenIDMigrationRequest says which ids of which apps switch.
type FinishOpenIDMigrationRequest struct {
	CorpID string `json:"corpid"` // corp that authorised the apps; required
	// AgentID is the customised app (代开发应用) that switches. 0, which is not sent:
	// all third-party apps of the provider in the corp.
	AgentID int64 `json:"agentid,omitzero"`
	// OpenIDTypes are the groups that switch. Required.
	OpenIDTypes []OpenIDType `json:"openid_type"`
}

// FinishOpenIDMigration switches a corp to the upgraded ids for good
// (ID迁移完成状态的设置): from then on calls and callbacks carry them only, and
// external contacts come without unionid. It cannot be undone. Convert every
// stored id first: at least external_userid cannot be converted afterwards. An
// app that the provider has authorised to itself needs no switch.
//
// Never repeated by the client. After a lost reply ([wecom.ErrNoReply])
// suite.Corp.GetOpenIDMigration tells what has become of it.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/99375
//
//wecom:endpoint POST /cgi-bin/service/finish_openid_migration
func (c *Client) FinishOpenIDMigration(ctx context.Context, req FinishOpenIDMigrationRequest) error {
	if req.CorpID == "" || len(req.OpenIDTypes) == 0 {
		return errors.New("provider: FinishOpenIDMigration: CorpID and OpenIDTypes are required")
	}
	return c.Do(ctx, wecom.Call{Path: "/cgi-bin/service/finish_openid_migration", Body: req}, nil)
}

type finishExternalUserIDMigrationBody struct {
	CorpID string `json:"corpid"`
}

// FinishExternalUserIDMigration switches a corp to the upgraded external_userid
// for good (设置迁移完成): from then on the third-party apps of the provider get no
// other external_userid there, and no unionid. It cannot be undone. It is the
// older form of [Client.FinishOpenIDMigration] with [OpenIDExternalUser]; both are
// documented. An app that the provider has authorised to itself needs no switch.
//
// Never repeated by the client.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/96516
//
//wecom:endpoint POST /cgi-bin/service/externalcontact/finish_external_userid_migration
func (c *Client) FinishExternalUserIDMigration(ctx context.Context, corpID string) error {
	if corpID == "" {
		return errors.New("provider: FinishExternalUserIDMigration: the corp id is empty")
	}
	return c.Do(ctx, wecom.Call{
		Path: "/cgi-bin/service/externalcontact/finish_external_userid_migration",
		Body: finishExternalUserIDMigrationBody{CorpID: corpID},
	}, nil)
}
