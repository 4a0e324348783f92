package suite

import (
	"context"
	"net/http"

	"github.com/wecom-isv/wecom"
)

// AdminList is a list of the app's administrators in a corp.
type AdminList struct {
	// Admins leaves out external administrators; it is empty under a member's
	// authorisation (成员授权).
	Admins []Admin `json:"admin"`
}

// Admin is an administrator of the app in a corp (应用管理员).
type Admin struct {
	UserID     string        `json:"userid"`
	OpenUserID string        `json:"open_userid,omitzero"` // only from the old suite-level call
	AuthType   AdminAuthType `json:"auth_type"`
}

// AdminAuthType is the right of an administrator.
type AdminAuthType int32

// The rights of administrators.
const (
	AdminMaySend   AdminAuthType = 0 // 发消息权限
	AdminMayManage AdminAuthType = 1 // 管理权限
)

// GetAdminList returns the administrators of the app in this corp
// (获取应用管理员列表).
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/100073 and
// https://developer.work.weixin.qq.com/document/path/100072
//
//wecom:endpoint POST /cgi-bin/agent/get_admin_list
func (c *Corp) GetAdminList(ctx context.Context) (*AdminList, error) {
	return inCorp[AdminList](ctx, c, wecom.Call{Method: http.MethodPost, Path: "/cgi-bin/agent/get_admin_list", Safe: true})
}

type getAdminListBody struct {
	AuthCorpID string `json:"auth_corpid"`
	AgentID    int64  `json:"agentid"`
}

// GetAdminList returns the administrators of the app in a corp
// (获取应用的管理员列表), with their open_userid.
//
// Deprecated: the platform no longer maintains it; use [Corp.GetAdminList].
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90606
//
//wecom:endpoint POST /cgi-bin/service/get_admin_list
func (a *app) GetAdminList(ctx context.Context, corpID string, agentID int64) (*AdminList, error) {
	return invoke[AdminList](ctx, a, wecom.Call{
		Path: "/cgi-bin/service/get_admin_list",
		Body: getAdminListBody{AuthCorpID: corpID, AgentID: agentID},
		Safe: true,
	})
}

// GetPermissionsResponse is what the app may do in a corp (应用权限详情).
type GetPermissionsResponse struct {
	// AppPermissions are names such as contact:base:base. The platform adds names.
	AppPermissions []string `json:"app_permissions"`
	// AppPermissionsExt are those with a time limit.
	AppPermissionsExt []LimitedPermission `json:"app_permissions_ext,omitzero"`
}

// LimitedPermission is a permission with a time limit.
type LimitedPermission struct {
	PermissionName string `json:"permission_name"`
	ExpireTime     int64  `json:"expire_time"` // Unix seconds; 0: never
}

// GetPermissions returns what the app may do in this corp (获取应用权限详情). Call it
// after a change_auth event, beside [Corp.AuthInfo].
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/99052 and
// https://developer.work.weixin.qq.com/document/path/99108
//
//wecom:endpoint POST /cgi-bin/agent/get_permissions
func (c *Corp) GetPermissions(ctx context.Context) (*GetPermissionsResponse, error) {
	return inCorp[GetPermissionsResponse](ctx, c, wecom.Call{Method: http.MethodPost, Path: "/cgi-bin/agent/get_permissions", Safe: true})
}
