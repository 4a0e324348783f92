package provider

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strconv"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/lenient"
	"github.com/wecom-isv/wecom/internal/paging"
)

// Device is a piece of smart hardware (智能硬件) that the provider sells. A reply
// fills what it has: all but RemarkName after [Client.AddDevice], DeviceSN and
// ModelID in a list, RemarkName and ModelID for a device that is bound. What the
// calls on devices take and return is known from other SDKs, not from the
// official pages.
type Device struct {
	DeviceSN   string       `json:"device_sn,omitzero"`
	ModelID    string       `json:"model_id,omitzero"`    // of the console of the provider, hwm…
	RemarkName string       `json:"remark_name,omitzero"` //
	CreateTime int64        `json:"create_time,omitzero"` // Unix seconds
	SecretNo   wecom.Secret `json:"secret_no,omitzero"`   // the device's own secret
	// DeviceID is the decimal number that the platform sends, beyond what a float64
	// holds; should it come as a string, that string.
	DeviceID DeviceID `json:"device_id,omitzero"`
	QRCode   string   `json:"qr_code,omitzero"` // what the QR code on the device says; a corp scans it to bind the device
}

// DeviceID is the platform's id of a device.
type DeviceID string

// UnmarshalJSON accepts a number, whose digits are kept, or a string.
func (id *DeviceID) UnmarshalJSON(data []byte) error {
	return (*lenient.String)(id).UnmarshalJSON(data)
}

// MarshalJSON writes a number if id is one, as the platform does.
func (id DeviceID) MarshalJSON() ([]byte, error) {
	if n, err := strconv.ParseUint(string(id), 10, 64); err == nil && strconv.FormatUint(n, 10) == string(id) {
		return []byte(id), nil
	}
	return json.Marshal(string(id))
}

// checkSN refuses what cannot be a serial number.
func checkSN(sn string) error {
	const longest = 128
	if sn == "" || len(sn) > longest {
		return fmt.Errorf("the serial number has %d bytes: 1 to %d are allowed", len(sn), longest)
	}
	return nil
}

type deviceBody struct {
	DeviceSN string `json:"device_sn"`
}

// deviceCall is a call that takes a serial number and nothing else.
func deviceCall(path, sn string) (wecom.Call, error) {
	if err := checkSN(sn); err != nil {
		return wecom.Call{}, fmt.Errorf("provider: %s: %w", path, err)
	}
	return wecom.Call{Path: path, Body: deviceBody{DeviceSN: sn}}, nil
}

// AddDeviceRequest is a device to register.
type AddDeviceRequest struct {
	ModelID    string `json:"model_id"`             // of the console of the provider, hwm…; required
	DeviceSN   string `json:"device_sn"`            // digits and letters, at most 128 bytes, not used before; required
	RemarkName string `json:"remark_name,omitzero"` // not certain that the platform takes it
}

// AddDeviceResponse is the device that was registered.
type AddDeviceResponse struct {
	DeviceInfo Device `json:"device_info"`
}

// AddDevice registers a device (添加设备实例). Keep its SecretNo: no call returns it
// again. A serial number can be registered once.
//
// Never repeated by the client: after a lost reply the device may exist, and
// [Client.ResetSecretNo] lets it fetch its secret by itself.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90626
//
//wecom:endpoint POST /cgi-bin/service/add_device
func (c *Client) AddDevice(ctx context.Context, req AddDeviceRequest) (*AddDeviceResponse, error) {
	if err := checkSN(req.DeviceSN); err != nil {
		return nil, fmt.Errorf("provider: AddDevice: %w", err)
	}
	return invoke[AddDeviceResponse](ctx, c, wecom.Call{
		Path: "/cgi-bin/service/add_device",
		Body: req,
	})
}

// GetDeviceAuthInfoResponse says who uses a device.
type GetDeviceAuthInfoResponse struct {
	AuthCorpInfo DeviceCorp `json:"auth_corp_info,omitzero"` // corp that the device is bound to
	DeviceInfo   Device     `json:"device_info,omitzero"`
}

// DeviceCorp is a corp that a device is bound to.
type DeviceCorp struct {
	CorpID   string `json:"corpid"`
	CorpName string `json:"corp_name"`
}

// GetDeviceAuthInfo returns which corp a device is bound to (查询设备绑定信息).
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90753
//
//wecom:endpoint POST /cgi-bin/service/get_device_auth_info
func (c *Client) GetDeviceAuthInfo(ctx context.Context, deviceSN string) (*GetDeviceAuthInfoResponse, error) {
	call, err := deviceCall("/cgi-bin/service/get_device_auth_info", deviceSN)
	if err != nil {
		return nil, err
	}
	call.Safe = true
	return invoke[GetDeviceAuthInfoResponse](ctx, c, call)
}

// ResetSecretNo revokes the secret of a device (重置设备SecretNo), so that the device
// fetches a new one. Firmware in the field must know how to do that, by
// seed_secret_no. Never repeated by the client.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90631
//
//wecom:endpoint POST /cgi-bin/service/reset_secret_no
func (c *Client) ResetSecretNo(ctx context.Context, deviceSN string) error {
	call, err := deviceCall("/cgi-bin/service/reset_secret_no", deviceSN)
	if err != nil {
		return err
	}
	return c.Do(ctx, call, nil)
}

// ListDeviceRequest is a page of devices.
type ListDeviceRequest struct {
	// Offset is where the page begins. Whether the first device is 0 or 1 is not
	// established; [Client.AllDevices] copes with both.
	Offset int32 `json:"offset,omitzero"`
	Limit  int32 `json:"limit,omitzero"` // devices in the page; its maximum is not established
}

// ListDeviceResponse is a page of devices.
type ListDeviceResponse struct {
	Devices []Device `json:"device_list"` // with DeviceSN and ModelID
}

// ListDevice returns the devices of the provider, a page at a time
// (获取设备列表). The platform gives neither a total nor a mark of the last page;
// see [Client.AllDevices].
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/91346
//
//wecom:endpoint POST /cgi-bin/service/list_device
func (c *Client) ListDevice(ctx context.Context, req ListDeviceRequest) (*ListDeviceResponse, error) {
	return invoke[ListDeviceResponse](ctx, c, wecom.Call{
		Path: "/cgi-bin/service/list_device",
		Body: req,
		Safe: true,
	})
}

var errSameDevices = errors.New("provider: ListDevice: the platform gave the same devices again")

// AllDevices returns all devices of the provider, each once. pageSize is how many
// are asked for at a time, at least 2; 0 leaves it to the platform. An error ends
// the sequence.
func (c *Client) AllDevices(ctx context.Context, pageSize int32) iter.Seq2[Device, error] {
	return func(yield func(Device, error) bool) {
		// Each page is asked for at the count of the devices so far. If the platform
		// counts from 1 it begins with the last device of the page before, which is
		// then left out, and the page after the last one has that device alone.
		seen := make(map[string]struct{})
		pages := paging.All(ctx, func(ctx context.Context, _ string) ([]Device, string, error) {
			req := ListDeviceRequest{Offset: int32(len(seen)), Limit: pageSize}
			if pageSize != 0 {
				req.Limit = max(pageSize, 2)
			}
			r, err := c.ListDevice(ctx, req)
			if err != nil {
				return nil, "", err
			}
			var fresh []Device
			for _, d := range r.Devices {
				if _, again := seen[d.DeviceSN]; !again {
					seen[d.DeviceSN] = struct{}{}
					fresh = append(fresh, d)
				}
			}
			switch {
			case len(fresh) > 0:
				return fresh, strconv.Itoa(len(seen)), nil
			case len(r.Devices) > 1:
				return nil, "", errSameDevices
			}
			return nil, "", nil
		})
		for device, err := range pages {
			if !yield(device, err) {
				return
			}
		}
	}
}

// FetchDeviceLogRequest says which log a device should send.
type FetchDeviceLogRequest struct {
	DeviceSN string `json:"device_sn"`     // required
	Hint     string `json:"hint,omitzero"` // handed to the device, which knows what it means: at most 128 bytes
}

// FetchDeviceLog asks a device to upload its log (上传设备日志). Success says that the
// request was passed on to the device; how the log arrives is not established.
// Never repeated by the client.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/91475
//
//wecom:endpoint POST /cgi-bin/service/fetch_device_log
func (c *Client) FetchDeviceLog(ctx context.Context, req FetchDeviceLogRequest) error {
	const longest = 128
	if err := checkSN(req.DeviceSN); err != nil {
		return fmt.Errorf("provider: FetchDeviceLog: %w", err)
	}
	if len(req.Hint) > longest {
		return fmt.Errorf("provider: FetchDeviceLog: Hint has %d bytes: at most %d are allowed", len(req.Hint), longest)
	}
	return c.Do(ctx, wecom.Call{Path: "/cgi-bin/service/fetch_device_log", Body: req}, nil)
}

// DelDevice removes a device (删除设备实例). Never repeated by the client.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92770
//
//wecom:endpoint POST /cgi-bin/service/del_device
func (c *Client) DelDevice(ctx context.Context, deviceSN string) error {
	call, err := deviceCall("/cgi-bin/service/del_device", deviceSN)
	if err != nil {
		return err
	}
	return c.Do(ctx, call, nil)
}

// PrinterSupport says whether a printer box (打印机盒子) can drive the printer that is
// plugged into it. The platform's own flag says the opposite; the client inverts
// it.
type PrinterSupport bool

// The two answers.
const (
	PrinterSupported    PrinterSupport = true
	PrinterNotSupported PrinterSupport = false
)

type printerBody[T bool | int] struct {
	DeviceSN     string `json:"device_sn"`
	NotSupported T      `json:"not_supported_printer"`
}

// SetPrinterSupportState sets whether a printer box supports its printer
// (设置打印机支持状态).
//
// Whether the platform takes true and false or 1 and 0 is not established: true
// and false are sent and, if it refuses them as malformed (40035, 40058 or
// 47001), 1 and 0. Else never repeated by the client.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92782
//
//wecom:endpoint POST /cgi-bin/service/set_printer_support_state
func (c *Client) SetPrinterSupportState(ctx context.Context, deviceSN string, support PrinterSupport) error {
	if err := checkSN(deviceSN); err != nil {
		return fmt.Errorf("provider: SetPrinterSupportState: %w", err)
	}
	const path = "/cgi-bin/service/set_printer_support_state"
	err := c.Do(ctx, wecom.Call{Path: path, Body: printerBody[bool]{deviceSN, !bool(support)}}, nil)
	refusal, ok := errors.AsType[*wecom.Error](err)
	if !ok {
		return err
	}
	switch refusal.Code {
	case 40035, 40058, 47001:
	default:
		return err
	}
	number := 1
	if support {
		number = 0
	}
	if again := c.Do(ctx, wecom.Call{Path: path, Body: printerBody[int]{deviceSN, number}}, nil); again != nil {
		return errors.Join(err, again)
	}
	return nil
}

// GetDeviceFeatureResponse is what a device says of itself.
type GetDeviceFeatureResponse struct {
	DeviceFeature string `json:"device_feature"` // as the device wrote it, often JSON
}

// GetDeviceFeature returns what a device has reported of itself (获取设备自定义参数). It
// is sent as a POST, as most SDKs do; one sends a GET.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92739
//
//wecom:endpoint POST /cgi-bin/hardware/get_device_feature
func (c *Client) GetDeviceFeature(ctx context.Context, deviceSN string) (*GetDeviceFeatureResponse, error) {
	call, err := deviceCall("/cgi-bin/hardware/get_device_feature", deviceSN)
	if err != nil {
		return nil, err
	}
	call.Safe = true
	return invoke[GetDeviceFeatureResponse](ctx, c, call)
}
