package callback

// Kinds of the events about permissions and shared apps on the command URL
// (指令回调URL).
const (
	KindCorpArchAuth               Kind = "suite:corp_arch_auth"
	KindApproveSpecialAuth         Kind = "suite:approve_special_auth"
	KindCancelSpecialAuth          Kind = "suite:cancel_special_auth"
	KindAuthDataPermission         Kind = "suite:auth_data_permission"
	KindExpireRemindDataPermission Kind = "suite:expire_remind_data_permission"
	KindShareAgentChange           Kind = "suite:share_agent_change"
	KindShareChainChange           Kind = "suite:share_chain_change"
	KindDeviceDataAuthChange       Kind = "suite:device_data_auth_change"
)

// SpecialAuth is a permission that an administrator confirms on its own, after
// the authorisation.
type SpecialAuth string

// SpecialAuthCustomerAcquisition is customer acquisition (获客助手). Unknown:
// whether there are other special permissions.
const SpecialAuthCustomerAcquisition SpecialAuth = "customer_acquisition"

// DataPermission is an item of data permission (数据权限).
type DataPermission string

// DataPermissionDataZoneChat is the chats of the data zone (数据专区会话). Unknown:
// the names of the items for acquisition data, knowledge sets (知识集) and documents.
const DataPermissionDataZoneChat DataPermission = "data_zone_chat"

// SharedApp names an app that a corp shares with other corps.
type SharedApp struct {
	AppID   int64  `xml:"AppId"`   // app inside a suite of several apps (旧的多应用套件中的应用id); old suites only
	CorpID  string `xml:"CorpId"`  // the corp that shares the app
	AgentID int64  `xml:"AgentId"` // app in that corp
}

// CorpArchAuth reports that a corp has granted the permission on its
// organisation structure (授权组织架构权限通知).
//
// Read the contacts again.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/97378
type CorpArchAuth struct {
	SuiteCorpHead
}

// Kind returns [KindCorpArchAuth].
func (CorpArchAuth) Kind() Kind { return KindCorpArchAuth }

// ApproveSpecialAuth reports that an administrator has confirmed a special
// permission (获客助手权限确认事件).
//
// Enable the feature for the corp.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/98959
type ApproveSpecialAuth struct {
	SuiteCorpHead
	AuthType SpecialAuth `xml:"AuthType"` // the permission
}

// Kind returns [KindApproveSpecialAuth].
func (ApproveSpecialAuth) Kind() Kind { return KindApproveSpecialAuth }

// CancelSpecialAuth reports that an administrator has withdrawn a special
// permission (获客助手权限取消事件).
//
// Disable the feature for the corp.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/98959
type CancelSpecialAuth struct {
	SuiteCorpHead
	AuthType SpecialAuth `xml:"AuthType"` // the permission
}

// Kind returns [KindCancelSpecialAuth].
func (CancelSpecialAuth) Kind() Kind { return KindCancelSpecialAuth }

// AuthDataPermission reports that a corp has granted or renewed one item of
// data permission (数据权限授权成功事件).
//
// Take the item as valid for 90 days from now. Each item comes in an event of
// its own.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/101587
type AuthDataPermission struct {
	SuiteCorpHead
	AuthType DataPermission `xml:"AuthType"` // the item
}

// Kind returns [KindAuthDataPermission].
func (AuthDataPermission) Kind() Kind { return KindAuthDataPermission }

// ExpireRemindDataPermission reports that one item of data permission expires
// in 7 days (数据权限即将到期事件); it is sent once.
//
// Remind the administrator of the corp. Unknown: the InfoType of the event
// that reports the expiry itself; it goes to [Mux.Fallback].
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/101587
type ExpireRemindDataPermission struct {
	SuiteCorpHead
	AuthType DataPermission `xml:"AuthType"` // the item
}

// Kind returns [KindExpireRemindDataPermission].
func (ExpireRemindDataPermission) Kind() Kind { return KindExpireRemindDataPermission }

// ShareAgentChange reports that a corp has changed with which linked corps it
// shares the app (企业互联共享应用事件).
//
// List the corps that share the app again (list_app_share_info). There is no
// AuthCorpId; [Envelope].CorpID is that of CorpID here.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/93373
type ShareAgentChange struct {
	SuiteHead
	SharedApp
}

// Kind returns [KindShareAgentChange].
func (ShareAgentChange) Kind() Kind { return KindShareAgentChange }

// ShareChainChange reports that a corp has changed with which corps of its up-
// and downstream (上下游) it shares the app (上下游共享应用事件).
//
// List the corps that share the app again (list_app_share_info, business_type
// 1). There is no AuthCorpId; [Envelope].CorpID is that of CorpID here.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/93373
type ShareChainChange struct {
	SuiteHead
	SharedApp
}

// Kind returns [KindShareChainChange].
func (ShareChainChange) Kind() Kind { return KindShareChainChange }

// DeviceDataAuthChange reports that a corp has changed which devices give their
// data to the app (设备数据授权变更回调). It comes on the data URL
// (数据回调URL), though in suite form.
//
// Answer within 1000 ms; then read the authorisation of the device data
// again.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/96103
type DeviceDataAuthChange struct {
	SuiteCorpHead
	AgentID int64 `xml:"AgentID"` // app in the corp
}

// Kind returns [KindDeviceDataAuthChange].
func (DeviceDataAuthChange) Kind() Kind { return KindDeviceDataAuthChange }
