package callback

// Kinds of the events about members and the app itself, in app form.
const (
	KindAppSubscribe           Kind = "app:event.subscribe"
	KindAppUnsubscribe         Kind = "app:event.unsubscribe"
	KindAppEnterAgent          Kind = "app:event.enter_agent"
	KindAppLocation            Kind = "app:event.LOCATION"
	KindAppShareAgentChange    Kind = "app:event.share_agent_change"
	KindAppShareChainChange    Kind = "app:event.share_chain_change"
	KindAppInactiveAlert       Kind = "app:event.inactive_alert"
	KindAppCloseInactiveAgent  Kind = "app:event.close_inactive_agent"
	KindAppReopenInactiveAgent Kind = "app:event.reopen_inactive_agent"
	KindAppLowActiveAlert      Kind = "app:event.low_active_alert"
	KindAppLowActive           Kind = "app:event.low_active"
	KindAppActiveRestored      Kind = "app:event.active_restored"
	KindAppChangeAppAdmin      Kind = "app:event.change_app_admin"
	KindAppSwitchWorkbenchMode Kind = "app:event.switch_workbench_mode"
)

// WorkbenchMode is whether an app has a workbench page of its own.
type WorkbenchMode int

// Modes of the workbench page.
const (
	WorkbenchDefault WorkbenchMode = 0 // off
	WorkbenchCustom  WorkbenchMode = 1 // on (自定义模式)
)

// AppSubscribe reports that a member has come into the visible range of the
// app, joined the corp or was enabled again (成员关注事件). Mini programs that
// receive messages get it too.
//
// Greet or activate the member. A passive reply (被动回复) is allowed.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90376
type AppSubscribe struct {
	AppEventHead
	EventKey string `xml:"EventKey"` // empty
}

// Kind returns [KindAppSubscribe].
func (AppSubscribe) Kind() Kind { return KindAppSubscribe }

// AppUnsubscribe reports that a member has left the visible range of the app
// (取消关注事件).
//
// Deactivate the member.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90376
type AppUnsubscribe struct {
	AppEventHead
	EventKey string `xml:"EventKey"` // empty
}

// Kind returns [KindAppUnsubscribe].
func (AppUnsubscribe) Kind() Kind { return KindAppUnsubscribe }

// AppEnterAgent reports that a member has opened the app (进入应用); it is sent if
// that is enabled in the settings of the app.
//
// A passive reply (被动回复) is allowed.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90376
type AppEnterAgent struct {
	AppEventHead
	EventKey string `xml:"EventKey"` // empty, or the address opened
}

// Kind returns [KindAppEnterAgent].
func (AppEnterAgent) Kind() Kind { return KindAppEnterAgent }

// AppLocation reports where a member is (上报地理位置). The name of the event is in
// upper case.
//
// Store the place. A passive reply (被动回复) is allowed.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90376
type AppLocation struct {
	AppEventHead
	Latitude  float64 `xml:"Latitude"`  // degrees
	Longitude float64 `xml:"Longitude"` // degrees
	Precision float64 `xml:"Precision"` // metres
	AppType   AppType `xml:"AppType"`   // client
}

// Kind returns [KindAppLocation].
func (AppLocation) Kind() Kind { return KindAppLocation }

// AppShareAgentChange reports that the app was shared with, or taken from,
// linked corps (企业互联共享应用事件); for self-built apps. Third-party apps get
// [ShareAgentChange].
//
// List the corps that share the app again.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90376
type AppShareAgentChange struct {
	AppEventHead
}

// Kind returns [KindAppShareAgentChange].
func (AppShareAgentChange) Kind() Kind { return KindAppShareAgentChange }

// AppShareChainChange reports that the app was shared with, or taken from,
// corps of the up- and downstream (上下游共享应用事件); for self-built apps.
// Third-party apps get [ShareChainChange].
//
// List the corps that share the app again.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90376
type AppShareChainChange struct {
	AppEventHead
}

// Kind returns [KindAppShareChainChange].
func (AppShareChainChange) Kind() Kind { return KindAppShareChainChange }

// AppInactiveAlert reports that the app will be closed because nobody uses it
// (长期未使用应用停用预警事件).
//
// Tell the corp. Known from other SDKs only; the official pages name it
// without an example.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90376
type AppInactiveAlert struct {
	AppEventHead
	EffectTime UnixTime `xml:"EffectTime"` // when that happens
}

// Kind returns [KindAppInactiveAlert].
func (AppInactiveAlert) Kind() Kind { return KindAppInactiveAlert }

// AppCloseInactiveAgent reports that the app was closed because nobody used it
// (长期未使用应用临时停用事件).
//
// Update the state of the app.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90376
type AppCloseInactiveAgent struct {
	AppEventHead
}

// Kind returns [KindAppCloseInactiveAgent].
func (AppCloseInactiveAgent) Kind() Kind { return KindAppCloseInactiveAgent }

// AppReopenInactiveAgent reports that an administrator has opened the app again
// (长期未使用应用重新启用事件).
//
// Update the state of the app.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90376
type AppReopenInactiveAgent struct {
	AppEventHead
}

// Kind returns [KindAppReopenInactiveAgent].
func (AppReopenInactiveAgent) Kind() Kind { return KindAppReopenInactiveAgent }

// AppLowActiveAlert reports that the app will lose its access to customer data
// because it is little used (应用低活跃预警事件).
//
// Tell the corp. Known from other SDKs only; the official pages name it
// without an example.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90376
type AppLowActiveAlert struct {
	AppEventHead
	EffectTime UnixTime `xml:"EffectTime"` // when that happens
}

// Kind returns [KindAppLowActiveAlert].
func (AppLowActiveAlert) Kind() Kind { return KindAppLowActiveAlert }

// AppLowActive reports that the app has lost its access to customer data
// because it is little used (应用低活跃事件).
//
// Update the state of the app. Known from other SDKs only; the official pages
// name it without an example.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90376
type AppLowActive struct {
	AppEventHead
}

// Kind returns [KindAppLowActive].
func (AppLowActive) Kind() Kind { return KindAppLowActive }

// AppActiveRestored reports that the app is used enough again (应用活跃恢复事件).
//
// Update the state of the app. Known from other SDKs only; the official pages
// name it without an example.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90376
type AppActiveRestored struct {
	AppEventHead
}

// Kind returns [KindAppActiveRestored].
func (AppActiveRestored) Kind() Kind { return KindAppActiveRestored }

// AppChangeAppAdmin reports that the administrators of the app have changed
// (应用管理员变更通知).
//
// Read the administrators again.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/95038
type AppChangeAppAdmin struct {
	AppEventHead
}

// Kind returns [KindAppChangeAppAdmin].
func (AppChangeAppAdmin) Kind() Kind { return KindAppChangeAppAdmin }

// AppSwitchWorkbenchMode reports that an administrator has switched the custom
// page of the app on the workbench on or off (切换工作台自定义模式事件).
//
// Update the mode.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/94620
type AppSwitchWorkbenchMode struct {
	AppEventHead
	Mode WorkbenchMode `xml:"Mode"` // mode from now on
}

// Kind returns [KindAppSwitchWorkbenchMode].
func (AppSwitchWorkbenchMode) Kind() Kind { return KindAppSwitchWorkbenchMode }
