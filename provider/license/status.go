package license

import (
	"context"

	"github.com/wecom-isv/wecom"
)

// GetAppLicenseInfoRequest names an app in a corp.
type GetAppLicenseInfoRequest struct {
	CorpID  string `json:"corpid"`         // required; it must have installed the app
	SuiteID string `json:"suite_id"`       // required
	AppID   int64  `json:"appid,omitzero"` // old multi-app suites (旧的多应用套件) only
}

// CheckStatus says whether licences are checked (接口许可状态).
type CheckStatus int32

// The states of licence checks.
const (
	CheckOff CheckStatus = 0 // 未开启许可检查
	CheckOn  CheckStatus = 1 // 已开启许可检查
)

// GetAppLicenseInfoResponse says whether licences are checked, and from when.
type GetAppLicenseInfoResponse struct {
	LicenseStatus CheckStatus `json:"license_status"`
	// TrialInfo is the trial, zero without one: for test corps, migrated apps and
	// while licences are not checked.
	TrialInfo TrialInfo `json:"trail_info,omitzero"`
	// LicenseCheckTime is when calls without a licence begin to fail, in Unix
	// seconds.
	LicenseCheckTime int64 `json:"license_check_time,omitzero"`
}

// TrialInfo is the time in which no licence is needed (接口许可试用期).
type TrialInfo struct {
	StartTime int64 `json:"start_time"` // Unix seconds
	EndTime   int64 `json:"end_time"`   // Unix seconds; 90 days after the first installation, which another does not change
}

// GetAppLicenseInfo returns whether an app needs licences in a corp, and from when
// (获取应用的接口许可状态).
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/95844
//
//wecom:endpoint POST /cgi-bin/license/get_app_license_info
func (c *Client) GetAppLicenseInfo(ctx context.Context, req GetAppLicenseInfoRequest) (*GetAppLicenseInfoResponse, error) {
	return invoke[GetAppLicenseInfoResponse](ctx, c, wecom.Call{Path: "/cgi-bin/license/get_app_license_info", Body: req, Safe: true})
}

// AutoActiveStatus says whether members get an account automatically when they use
// the app (许可自动激活状态).
type AutoActiveStatus int32

// The states of automatic activation.
const (
	AutoActiveOff AutoActiveStatus = 0 // 关闭
	AutoActiveOn  AutoActiveStatus = 1 // 打开
)

type setAutoActiveStatusBody struct {
	CorpID           string           `json:"corpid"`
	AutoActiveStatus AutoActiveStatus `json:"auto_active_status"` // 0 is sent
}

// SetAutoActiveStatus turns automatic activation on or off in a corp
// (设置企业的许可自动激活状态). The provider must have bought licences for it; those
// that were refunded count. Never repeated by the client.
//
// Errors: 701070 no such status; 701071 no licence was ever bought.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/95873
//
//wecom:endpoint POST /cgi-bin/license/set_auto_active_status
func (c *Client) SetAutoActiveStatus(ctx context.Context, corpID string, status AutoActiveStatus) error {
	return c.Do(ctx, wecom.Call{
		Path: "/cgi-bin/license/set_auto_active_status",
		Body: setAutoActiveStatusBody{CorpID: corpID, AutoActiveStatus: status},
	}, nil)
}

type corpBody struct {
	CorpID string `json:"corpid"`
}

// GetAutoActiveStatusResponse is the reply of [Client.GetAutoActiveStatus].
type GetAutoActiveStatusResponse struct {
	AutoActiveStatus AutoActiveStatus `json:"auto_active_status"`
}

// GetAutoActiveStatus returns whether automatic activation is on in a corp
// (查询企业的许可自动激活状态).
//
// Errors: 701071 no licence was ever bought.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/95874
//
//wecom:endpoint POST /cgi-bin/license/get_auto_active_status
func (c *Client) GetAutoActiveStatus(ctx context.Context, corpID string) (*GetAutoActiveStatusResponse, error) {
	return invoke[GetAutoActiveStatusResponse](ctx, c, wecom.Call{
		Path: "/cgi-bin/license/get_auto_active_status",
		Body: corpBody{corpID},
		Safe: true,
	})
}

// PolicyResult says whether a corp was eligible.
type PolicyResult int32

// The results of a query.
const (
	PolicyNotEligible PolicyResult = 0 // 不符合
	PolicyEligible    PolicyResult = 1 // 符合
)

// PolicyReason is why a corp was not eligible. It is no return code, although
// the numbers look alike.
type PolicyReason int32

// The reasons.
const (
	PolicyVerification   PolicyReason = 701090 // 认证状态
	PolicyIndustry       PolicyReason = 701091 // 行业
	PolicySocialCredit   PolicyReason = 701092 // 统一社会信用代码
	PolicyRisk           PolicyReason = 701096 // 风险检查
	PolicySingleSchool   PolicyReason = 701110 // 单校
	PolicySchoolDistrict PolicyReason = 701111 // 学区
)

// SupportPolicyQueryResponse is the reply of [Client.SupportPolicyQuery].
type SupportPolicyQueryResponse struct {
	QueryResult       PolicyResult   `json:"query_result"`
	UnsatisfiedReason []PolicyReason `json:"unsatisfied_reason,omitzero"`
}

// SupportPolicyQuery returned whether a corp got the discount for public services
// (民生优惠条件查询), once in 30 days for each corp. Never repeated by the client.
//
// Deprecated: the discount ended on 2023-03-31 and every query is refused
// (701112). There is no successor.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/96515
//
//wecom:endpoint POST /cgi-bin/license/support_policy_query
func (c *Client) SupportPolicyQuery(ctx context.Context, corpID string) (*SupportPolicyQueryResponse, error) {
	return invoke[SupportPolicyQueryResponse](ctx, c, wecom.Call{Path: "/cgi-bin/license/support_policy_query", Body: corpBody{corpID}})
}
