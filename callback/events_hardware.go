package callback

// Kinds of the events about devices (智慧硬件).
const (
	KindAddDevice           Kind = "provider:add_device"
	KindDelDevice           Kind = "provider:del_device"
	KindRemarkDeviceName    Kind = "provider:remark_device_name"
	KindErrorReport         Kind = "provider:error_report"
	KindFetchLogFinish      Kind = "provider:fetch_log_finish"
	KindConnectInfo         Kind = "provider:connect_info"
	KindDisconnectInfo      Kind = "provider:disconnect_info"
	KindDeviceFeatureChange Kind = "provider:device_feature_change"
)

// Device names a device.
type Device struct {
	DeviceSN string `xml:"DeviceSn"` // serial number (设备序列号)
}

// AddDevice reports that a corp has bound a device (设备绑定事件).
//
// Record the binding. Known from other SDKs only. Unknown: which URL it comes
// to; the callbacks of devices are set per provider or per model.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90751
type AddDevice struct {
	ProviderCorpHead
	Device
	RemarkName string `xml:"RemarkName"` // name that the corp gave to the device
	ModelID    string `xml:"ModelId"`    // model
}

// Kind returns [KindAddDevice].
func (AddDevice) Kind() Kind { return KindAddDevice }

// DelDevice reports that a corp has given up a device (设备解绑事件).
//
// Remove the binding. Known from other SDKs only. Unknown: which URL it comes
// to; the callbacks of devices are set per provider or per model.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90751
type DelDevice struct {
	ProviderCorpHead
	Device
}

// Kind returns [KindDelDevice].
func (DelDevice) Kind() Kind { return KindDelDevice }

// RemarkDeviceName reports that a corp has renamed a device (设备备注名变更事件).
//
// Update the name. Known from other SDKs only. Unknown: which URL it comes
// to; the callbacks of devices are set per provider or per model.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90751
type RemarkDeviceName struct {
	ProviderCorpHead
	Device
	RemarkName string `xml:"RemarkName"` // new name
}

// Kind returns [KindRemarkDeviceName].
func (RemarkDeviceName) Kind() Kind { return KindRemarkDeviceName }

// ErrorReport reports that a device has reported an error (设备异常上报事件).
//
// Alert. Known from other SDKs only. Unknown: which URL it comes to; the
// callbacks of devices are set per provider or per model.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90751
type ErrorReport struct {
	ProviderHead
	Device
	ErrCode int    `xml:"ErrCode"` // error code of the device
	ErrMsg  string `xml:"ErrMsg"`  // text
}

// Kind returns [KindErrorReport].
func (ErrorReport) Kind() Kind { return KindErrorReport }

// FetchLogFinish reports that a device has sent its log (设备日志上传完成事件).
//
// Download the log. Known from other SDKs only. Unknown: which URL it comes
// to; the callbacks of devices are set per provider or per model.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90751
type FetchLogFinish struct {
	ProviderHead
	Device
	MediaID string `xml:"MediaId"` // media id of the log
}

// Kind returns [KindFetchLogFinish].
func (FetchLogFinish) Kind() Kind { return KindFetchLogFinish }

// ConnectInfo reports that a device has connected (设备上线事件).
//
// Update its state. Known from other SDKs only. Unknown: which URL it comes
// to; the callbacks of devices are set per provider or per model.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90751
type ConnectInfo struct {
	ProviderCorpHead
	Device
	ConnectTime UnixTime `xml:"ConnectTime"` // when
}

// Kind returns [KindConnectInfo].
func (ConnectInfo) Kind() Kind { return KindConnectInfo }

// DisconnectInfo reports that a device has disconnected (设备离线事件).
//
// Update its state. Known from other SDKs only. Unknown: which URL it comes
// to; the callbacks of devices are set per provider or per model.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90751
type DisconnectInfo struct {
	ProviderCorpHead
	Device
	DisconnectTime UnixTime `xml:"DisconnectTime"` // when
	Reason         int      `xml:"Reason"`         // reason code
}

// Kind returns [KindDisconnectInfo].
func (DisconnectInfo) Kind() Kind { return KindDisconnectInfo }

// DeviceFeatureChange reports that the features of a device have changed
// (设备功能变更事件).
//
// Read the device again. Known from other SDKs only. Unknown: which URL it
// comes to; the callbacks of devices are set per provider or per model.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90751
type DeviceFeatureChange struct {
	ProviderCorpHead
	Device
}

// Kind returns [KindDeviceFeatureChange].
func (DeviceFeatureChange) Kind() Kind { return KindDeviceFeatureChange }
