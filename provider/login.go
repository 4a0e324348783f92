package provider

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/lenient"
)

// LoginAuthCode is the code of a sign-in by the old provider QR login
// (扫码授权登录), or of a jump from the admin console (管理后台单点登录): at most 512 bytes,
// single use, 5 minutes. Although it travels as auth_code it is no
// [wecom.AuthCode], which buys a permanent code.
//
// fmt, log/slog and the encoders show "[secret]"; string(code) is the value.
type LoginAuthCode string

// String returns "[secret]", or "" for an empty code.
func (c LoginAuthCode) String() string { return wecom.NewSecret(string(c)).String() }

// Format hides the value from every verb of fmt.
func (c LoginAuthCode) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue hides the value from log/slog.
func (c LoginAuthCode) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalText hides the value from encoders.
func (c LoginAuthCode) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText takes the value from a decoder.
func (c *LoginAuthCode) UnmarshalText(text []byte) error {
	*c = LoginAuthCode(text)
	return nil
}

// GetLoginInfoResponse says who signed in.
type GetLoginInfoResponse struct {
	UserType LoginUserType `json:"usertype"`
	UserInfo LoginUser     `json:"user_info"`
	CorpInfo LoginCorp     `json:"corp_info"`
	Agents   []LoginAgent  `json:"agent,omitzero"`     // apps that an administrator may use; administrators only
	AuthInfo LoginRights   `json:"auth_info,omitzero"` // rights on contacts; administrators only
}

// LoginUserType is the rank of who signed in (登录用户的类型).
type LoginUserType int32

// The ranks.
const (
	LoginCreator       LoginUserType = 1 // 创建者
	LoginInternalAdmin LoginUserType = 2 // 内部系统管理员
	LoginExternalAdmin LoginUserType = 3 // 外部系统管理员
	LoginGradedAdmin   LoginUserType = 4 // 分级管理员
	LoginMember        LoginUserType = 5 // 成员
)

// LoginUser is who signed in. An external administrator is not in the contacts
// and has no ids.
type LoginUser struct {
	UserID     string `json:"userid,omitzero"`
	OpenUserID string `json:"open_userid,omitzero"` // at most 64 bytes
	Name       string `json:"name,omitzero"`        // the user id since 2020-06-30
	Avatar     string `json:"avatar,omitzero"`
}

// LoginCorp is the corp of who signed in.
type LoginCorp struct {
	CorpID string `json:"corpid"`
}

// LoginAgent is an app that an administrator may use.
type LoginAgent struct {
	AgentID  int64     `json:"agentid"`
	AuthType AgentAuth `json:"auth_type"`
}

// AgentAuth is the right of an administrator on an app.
type AgentAuth int32

// The rights on apps.
const (
	AgentUse    AgentAuth = 0 // 使用权限
	AgentManage AgentAuth = 1 // 管理权限
)

// LoginRights are the rights of an administrator on contacts.
type LoginRights struct {
	Departments []LoginDepartment `json:"department"`
}

// LoginDepartment is a department that an administrator may see.
type LoginDepartment struct {
	ID       int64 `json:"id"`
	Writable bool  `json:"writable"`
}

// UnmarshalJSON also accepts both members as strings, which an older page shows.
func (d *LoginDepartment) UnmarshalJSON(data []byte) error {
	var wire struct {
		ID       lenient.Int64 `json:"id"`
		Writable lenient.Bool  `json:"writable"`
	}
	if err := json.Unmarshal(data, &wire); err != nil {
		return err
	}
	*d = LoginDepartment{ID: int64(wire.ID), Writable: bool(wire.Writable)}
	return nil
}

type getLoginInfoBody struct {
	AuthCode string `json:"auth_code"`
}

// GetLoginInfo returns who signed in by the old provider QR login, or came from
// the admin console (获取登录用户信息). The code works once: nothing is repeated after a
// reply. Once the provider has a login authorisation (登录授权), its
// suite.Client signs in instead.
//
// Errors: 40078 the code is wrong, used or expired ([wecom.ErrCodeRejected]). The
// code for a refused provider token is not established; all of
// [wecom.ErrTokenRejected] are healed.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/91125
//
//wecom:endpoint POST /cgi-bin/service/get_login_info
func (c *Client) GetLoginInfo(ctx context.Context, code LoginAuthCode) (*GetLoginInfoResponse, error) {
	if code == "" {
		return nil, errors.New("provider: GetLoginInfo: the code is empty")
	}
	return wecom.Invoke[GetLoginInfoResponse](ctx, c.api, wecom.Call{
		Path: "/cgi-bin/service/get_login_info",
		Body: getLoginInfoBody{AuthCode: string(code)},
		// The one endpoint where the provider's token goes under this name.
		Auth: wecom.Auth{Source: c.token, Param: wecom.ParamAccessToken},
	})
}
