package suite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/wecom-isv/wecom"
)

// SelfBuiltApp is a self-built app (自建应用) of a corp, whose secret and token only
// the corp has. It converts the ids that a provider's app sees to those of the
// corp, which no token of the provider can. It is here for software that a provider
// delivers to run on the corp's side. A SelfBuiltApp is safe for concurrent use.
type SelfBuiltApp struct {
	api   *wecom.Client
	token wecom.TokenSource
}

// NewSelfBuiltApp returns the client of a self-built app. token gives its
// access_token; [wecom.TokenFunc] makes a source of a function, and
// [wecom.Client.TokenSource] one that is cached and shared.
func NewSelfBuiltApp(api *wecom.Client, token wecom.TokenSource) (*SelfBuiltApp, error) {
	if api == nil || token == nil {
		return nil, errors.New("suite: NewSelfBuiltApp: the wecom.Client or the token source is nil")
	}
	return &SelfBuiltApp{api: api, token: token}, nil
}

// String names the type, never the token.
func (s *SelfBuiltApp) String() string { return "suite.SelfBuiltApp" }

// Format keeps every verb of fmt from looking inside.
func (s *SelfBuiltApp) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue keeps log/slog from looking inside.
func (s *SelfBuiltApp) LogValue() slog.Value { return slog.StringValue(s.String()) }

func (s *SelfBuiltApp) auth() wecom.Auth {
	return wecom.Auth{Source: s.token, Param: wecom.ParamAccessToken}
}

// OpenUserIDToUserIDResponse holds converted members.
type OpenUserIDToUserIDResponse struct {
	Users []ConvertedUser `json:"userid_list"`
	// Invalid are the ids that are unknown or outside the visible range of one of the
	// two apps; plain user ids are among them.
	Invalid []string `json:"invalid_open_userid_list,omitzero"`
}

type openUserIDToUserIDBody struct {
	OpenUserIDs   []string `json:"open_userid_list"`
	SourceAgentID int64    `json:"source_agentid,omitzero"`
}

// OpenUserIDToUserID converts 1 to 1000 user ids that are encrypted for a provider
// to the plain ones of the corp (userid转换). sourceAgentID is the agentid, in that
// corp, of the provider's app that the ids came from; 0, which is not sent, is for
// ids that came from a smart bot (智能机器人). The members must be in the visible
// range of both apps. [SelfBuiltApp.ConvertOpenUserIDs] takes any number.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/95884 and
// https://developer.work.weixin.qq.com/document/path/101521
//
//wecom:endpoint POST /cgi-bin/batch/openuserid_to_userid
func (s *SelfBuiltApp) OpenUserIDToUserID(ctx context.Context, openUserIDs []string, sourceAgentID int64) (*OpenUserIDToUserIDResponse, error) {
	if err := checkCount("OpenUserIDToUserID", openUserIDs, mostUserIDs); err != nil {
		return nil, err
	}
	return wecom.Invoke[OpenUserIDToUserIDResponse](ctx, s.api, wecom.Call{
		Path: "/cgi-bin/batch/openuserid_to_userid",
		Body: openUserIDToUserIDBody{OpenUserIDs: openUserIDs, SourceAgentID: sourceAgentID},
		Auth: s.auth(),
		Safe: true,
	})
}

// ConvertOpenUserIDs is [SelfBuiltApp.OpenUserIDToUserID] for any number of ids; see
// [Corp.ConvertUserIDs].
func (s *SelfBuiltApp) ConvertOpenUserIDs(ctx context.Context, openUserIDs []string, sourceAgentID int64) (converted map[string]string, invalid []string, err error) {
	return convert(ctx, "ConvertOpenUserIDs", openUserIDs, mostUserIDs, func(ctx context.Context, ids []string) (map[string]string, error) {
		r, err := s.OpenUserIDToUserID(ctx, ids, sourceAgentID)
		if err != nil {
			return nil, err
		}
		return byID(r.Users, func(u ConvertedUser) (string, string) { return u.OpenUserID, u.UserID }), nil
	})
}

// FromServiceExternalUserID converts the id of an external contact that a
// provider's app shows to the one of the corp (external_userid转换). sourceAgentID is
// the agentid, in that corp, of the provider's app. The self-built app needs the
// permission for customer contact (客户联系).
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/95884
//
//wecom:endpoint POST /cgi-bin/externalcontact/from_service_external_userid
func (s *SelfBuiltApp) FromServiceExternalUserID(ctx context.Context, externalUserID string, sourceAgentID int64) (*ExternalUserIDResponse, error) {
	if externalUserID == "" || sourceAgentID == 0 {
		return nil, errors.New("suite: FromServiceExternalUserID: the id and the agentid are required")
	}
	return wecom.Invoke[ExternalUserIDResponse](ctx, s.api, wecom.Call{
		Path: "/cgi-bin/externalcontact/from_service_external_userid",
		Body: externalUserIDBody{ExternalUserID: externalUserID, SourceAgentID: sourceAgentID},
		Auth: s.auth(),
		Safe: true,
	})
}
